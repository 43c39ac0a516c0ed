//! What of a JPEG's marker segments is needed to write the same kind of JPEG again.

use ::jpeg_encoder::SamplingFactor;

use super::{super::malformed, JPEG};
use crate::{
    error::{Error, Result},
    limits::Limits,
    message::{codec, general},
};

/// Natural position of each coefficient in zigzag order (ITU-T T.81 figure A.6).
#[rustfmt::skip]
const ZIGZAG: [u8; 64] = [
     0,  1,  8, 16,  9,  2,  3, 10, 17, 24, 32, 25, 18, 11,  4,  5,
    12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13,  6,  7, 14, 21, 28,
    35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
    58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

type Table = [u16; 64];

/// Meaning of the components.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    /// One component.
    Grey,
    /// Y'CbCr.
    Ycc,
    /// Red, green, blue (Adobe transform 0, or components named R, G, B).
    Direct,
    /// Four inks as they are.
    Inks,
    /// Four inks, inverted, as Adobe writes them.
    Inverted,
    /// Y'CbCr of three inverted inks, and inverted black (Adobe transform 2).
    Ycck,
}

/// One component of the frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Component {
    pub(super) id: u8,
    horizontal: u8,
    vertical: u8,
    table: u8,
}

/// Parameters that the output shares with the source.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) components: Vec<Component>,
    pub(super) colour: Colour,
    pub(super) progressive: bool,
    pub(super) restart: u16,
    pub(super) sampling: SamplingFactor,
    /// Table of the first (and fourth) component, natural order.
    pub(super) first_table: Table,
    /// Table of the second and third component, natural order.
    pub(super) second_table: Table,
    /// Byte after EOI.
    pub(super) end: usize,
}

impl Header {
    /// Whether the encoder writes one scan of all components.
    pub(super) const fn interleaves(&self) -> bool {
        use SamplingFactor as S;
        matches!(self.sampling, S::F_1_1 | S::F_2_1 | S::F_1_2 | S::F_2_2)
    }
}

/// A marker segment; a scan comes with its entropy-coded data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) marker: u8,
    /// Content after the length field.
    pub(super) payload: &'a [u8],
    /// From 0xFF to the end of the payload.
    pub(super) bytes: &'a [u8],
    /// Entropy-coded data and restart markers up to the next segment.
    pub(super) scan: &'a [u8],
    /// Offset of the byte after the segment and its scan.
    end: usize,
}

/// Walks marker segments up to EOI; an error ends the walk.
pub(super) fn segments(file: &[u8], most: usize) -> impl Iterator<Item = Result<Segment<'_>>> {
    let mut at = 0_usize;
    let mut done = false;
    let mut count = 0_usize;
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        count = count.saturating_add(1);
        if count > most {
            done = true;
            let problem = general::LIMIT.with("limit", "segments").arg("value", count);
            return Some(Err(Error::Limit(problem.arg("max", most))));
        }
        let segment = segment(file, at);
        match segment {
            Some(segment) => {
                at = segment.end;
                done = segment.marker == 0xD9;
                Some(Ok(segment))
            }
            None => {
                done = true;
                Some(Err(malformed(JPEG, "it ends before EOI")))
            }
        }
    })
}

fn segment(file: &[u8], at: usize) -> Option<Segment<'_>> {
    let mut start = at;
    // Fill bytes may stand before a marker (T.81 B.1.1.2).
    while file.get(start) == Some(&0xFF) && file.get(start.checked_add(1)?) == Some(&0xFF) {
        start = start.checked_add(1)?;
    }
    let [0xFF, marker] = *file.get(start..start.checked_add(2)?)? else {
        return None;
    };
    let body = start.checked_add(2)?;
    if matches!(marker, 0x01 | 0xD0..=0xD9) {
        let bytes = file.get(start..body)?;
        return Some(Segment { marker, payload: &[], bytes, scan: &[], end: body });
    }
    let length = file.get(body..body.checked_add(2)?)?;
    let length = usize::from(u16::from_be_bytes(length.try_into().ok()?));
    let stop = body.checked_add(length.max(2))?;
    let payload = file.get(body.checked_add(2)?..stop)?;
    let bytes = file.get(start..stop)?;
    let end = if marker == 0xDA { scan_end(file, stop)? } else { stop };
    Some(Segment { marker, payload, bytes, scan: file.get(stop..end)?, end })
}

/// Offset of the first marker after `from` that is neither stuffed nor a restart marker.
fn scan_end(file: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = file.get(at..)?;
        let step = rest.iter().position(|byte| *byte == 0xFF)?;
        at = at.checked_add(step)?;
        match file.get(at.checked_add(1)?)? {
            0x00 | 0xD0..=0xD7 => at = at.checked_add(2)?,
            0xFF => at = at.checked_add(1)?,
            _ => return Some(at),
        }
    }
}

/// What the walk collects.
#[derive(Debug, Default)]
struct Seen {
    tables: [Option<Table>; 4],
    frame: Option<(u8, Vec<u8>)>,
    adobe: Option<u8>,
    jfif: bool,
    restart: u16,
    scans: usize,
    end: usize,
}

/// Reads the segments of a whole file.
pub(super) fn read(file: &[u8], limits: &Limits) -> Result<Header> {
    if !file.starts_with(&[0xFF, 0xD8]) {
        return Err(malformed(JPEG, "SOI"));
    }
    let mut seen = Seen::default();
    for segment in segments(file, limits.segments) {
        let segment = segment?;
        seen.end = segment.end;
        match segment.marker {
            0xDB => {
                if seen.scans > 0 {
                    return Err(tables("they change between scans"));
                }
                read_tables(segment.payload, &mut seen.tables)?;
            }
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                if seen.frame.is_some() {
                    return Err(process("more than one frame"));
                }
                seen.frame = Some((segment.marker, segment.payload.to_vec()));
            }
            0xCC => return Err(process("arithmetic coding")),
            0xDC => return Err(process("a DNL segment")),
            0xDD => {
                if let [a, b] = *segment.payload {
                    seen.restart = u16::from_be_bytes([a, b]);
                }
            }
            0xE0 => seen.jfif |= segment.payload.starts_with(b"JFIF\0"),
            0xEE if segment.payload.starts_with(b"Adobe") => {
                seen.adobe = segment.payload.get(11).copied();
            }
            0xDA => seen.scans = seen.scans.saturating_add(1),
            _ => {}
        }
    }
    build(seen)
}

fn build(seen: Seen) -> Result<Header> {
    let (marker, frame) = seen.frame.ok_or_else(|| malformed(JPEG, "SOF"))?;
    let progressive = match marker {
        0xC0 | 0xC1 => false,
        0xC2 => true,
        0xC3 => return Err(process("lossless coding")),
        0xC5..=0xC7 | 0xCD..=0xCF => return Err(process("hierarchical coding")),
        _ => return Err(process("arithmetic coding")),
    };
    let [precision, a, b, c, d, count, parts @ ..] = frame.as_slice() else {
        return Err(malformed(JPEG, "SOF"));
    };
    if *precision != 8 {
        return Err(process(&format!("{precision} bits per sample")));
    }
    let (height, width) = (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d]));
    if width == 0 {
        return Err(malformed(JPEG, "SOF"));
    }
    if height == 0 {
        return Err(process("a DNL segment"));
    }
    let mut components = Vec::new();
    for part in parts.chunks_exact(3).take(usize::from(*count)) {
        if let [id, factors, table] = *part {
            let (horizontal, vertical) = (factors >> 4, factors & 15);
            components.push(Component { id, horizontal, vertical, table });
        }
    }
    if components.len() != usize::from(*count) || seen.scans == 0 {
        return Err(malformed(JPEG, "SOF"));
    }
    let ids: Vec<u8> = components.iter().map(|c| c.id).collect();
    let colour = match (components.len(), seen.adobe) {
        (1, _) => Colour::Grey,
        (3, Some(0)) => Colour::Direct,
        (3, None) if !seen.jfif && ids == *b"RGB" => Colour::Direct,
        (3, _) => Colour::Ycc,
        (4, Some(2)) => Colour::Ycck,
        (4, Some(_)) => Colour::Inverted,
        (4, None) => Colour::Inks,
        (count, _) => return Err(process(&format!("{count} components"))),
    };
    // zune-jpeg 0.5.15 decodes such files wrongly when chroma is subsampled vertically.
    if !progressive && seen.scans > 1 {
        return Err(process("sequential coding in several scans"));
    }
    let (first_table, second_table) = pick_tables(&components, &seen.tables)?;
    Ok(Header {
        width,
        height,
        sampling: sampling(&components)?,
        components,
        colour,
        progressive,
        restart: seen.restart,
        first_table,
        second_table,
        end: seen.end,
    })
}

/// Reads DQT (T.81 B.2.4.1).
fn read_tables(payload: &[u8], into: &mut [Option<Table>; 4]) -> Result<()> {
    let mut rest = payload;
    while let Some((head, tail)) = rest.split_first() {
        let wide = head >> 4 != 0;
        let size = if wide { 128 } else { 64 };
        let (Some(slot), Some((values, tail))) = (into.get_mut(usize::from(head & 15)), tail.split_at_checked(size))
        else {
            return Err(malformed(JPEG, "DQT"));
        };
        let values: Vec<u16> = if wide {
            let pairs = values.chunks_exact(2);
            pairs.filter_map(|p| Some(u16::from_be_bytes(p.try_into().ok()?))).collect()
        } else {
            values.iter().copied().map(u16::from).collect()
        };
        let mut table = [0; 64];
        for (place, value) in ZIGZAG.iter().zip(values) {
            if let Some(cell) = table.get_mut(usize::from(*place)) {
                *cell = value;
            }
        }
        *slot = Some(table);
        rest = tail;
    }
    Ok(())
}

/// The encoder has two tables: one for components 1 and 4, one for 2 and 3.
fn pick_tables(components: &[Component], all: &[Option<Table>; 4]) -> Result<(Table, Table)> {
    let mut used = Vec::new();
    for component in components {
        let table = all.get(usize::from(component.table)).copied().flatten();
        let table = table.ok_or_else(|| malformed(JPEG, "DQT"))?;
        if table.contains(&0) {
            return Err(malformed(JPEG, "DQT"));
        }
        if table.iter().any(|value| *value > 255) {
            return Err(tables("they hold values above 255"));
        }
        used.push(table);
    }
    match used.as_slice() {
        [only] => Ok((*only, *only)),
        [a, b, c] if b == c => Ok((*a, *b)),
        [a, b, c, d] if b == c && a == d => Ok((*a, *b)),
        _ => Err(tables("components that belong together use different ones")),
    }
}

/// The encoder subsamples components 2 and 3 against 1 and 4.
fn sampling(components: &[Component]) -> Result<SamplingFactor> {
    let factors: Vec<(u8, u8)> = components.iter().map(|c| (c.horizontal, c.vertical)).collect();
    let ratio = |(h, v): (u8, u8), (low_h, low_v): (u8, u8)| {
        let whole = |a: u8, b: u8| a.checked_div(b).filter(|_| a.checked_rem(b) == Some(0));
        SamplingFactor::from_factors(whole(h, low_h)?, whole(v, low_v)?)
    };
    let found = match factors.as_slice() {
        [_] => Some(SamplingFactor::F_1_1),
        [a, b, c] if b == c => ratio(*a, *b),
        [a, b, c, d] if b == c && a == d => ratio(*a, *b),
        _ => None,
    };
    found.ok_or_else(|| {
        let shown: Vec<String> = factors.iter().map(|(h, v)| format!("{h}x{v}")).collect();
        Error::Unsupported(codec::JPEG_SAMPLING.with("factors", shown.join(",")))
    })
}

fn process(what: &str) -> Error {
    Error::Unsupported(codec::JPEG_PROCESS.with("process", what))
}

fn tables(reason: &str) -> Error {
    Error::Unsupported(codec::JPEG_TABLES.with("reason", reason))
}
