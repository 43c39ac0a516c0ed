//! ID3v2 tags of versions 2.2, 2.3 and 2.4: a bounded reader of the texts in them, and the edits
//! that put a frame in.
//!
//! A tag may be 256 MiB long, so it is walked by its frame headers; only frames that can hold a
//! text or a manifest store are read. Offsets count in the source.

mod first;
mod inside;
mod text;
mod write;

use std::ops::Range;

use crate::container::{RawValue, Segment, Slot, inflate};
use crate::error::{Problem, Result};
use crate::limits::Limits;
use crate::message::container::id3 as rows;
use crate::source::{Source, check_limit};

pub(crate) use first::{Carried, LENGTH as FIRST_LENGTH, carried};
pub(crate) use inside::{INSIDE, expand, long};
pub(crate) use write::{edits, wanted};

/// Bytes of a tag header and of a footer.
const HEADER: u64 = 10;
/// Most bytes of an object's head: encoding, media type, file name, description.
const OBJECT_HEAD: u64 = 4096;
/// Longest text frame that is read; a label is far shorter.
const TEXT: u64 = 1 << 20;
/// Media types of a C2PA manifest store; the first is written, the second is of older writers.
const STORE_TYPES: [&str; 2] = ["application/c2pa", "application/x-c2pa-manifest-store"];

/// Tag header flags.
const UNSYNCHRONISED: u8 = 0x80;
const EXTENDED: u8 = 0x40;
const FOOTER: u8 = 0x10;

/// The ten bytes at the start of a tag (ID3v2.4 structure, 3.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Header {
    major: u8,
    flags: u8,
    size: u32,
}

impl Header {
    /// Reads a header, or a footer if `mark` is `3DI`.
    pub(crate) fn parse(bytes: [u8; 10], mark: [u8; 3]) -> Option<Self> {
        let [m0, m1, m2, major, minor, flags, s0, s1, s2, s3] = bytes;
        if [m0, m1, m2] != mark || major == 0xFF || minor == 0xFF {
            return None;
        }
        Some(Self { major, flags, size: syncsafe([s0, s1, s2, s3])? })
    }

    const fn footer(self) -> bool {
        self.major == 4 && self.flags & FOOTER != 0
    }

    /// Length of the whole tag.
    pub(crate) fn len(self) -> u64 {
        HEADER + u64::from(self.size) + if self.footer() { HEADER } else { 0 }
    }
}

/// A number of four times seven bits; `None` if a high bit is set.
fn syncsafe(bytes: [u8; 4]) -> Option<u32> {
    bytes.iter().try_fold(0u32, |n, b| (b & 0x80 == 0).then_some(n << 7 | u32::from(*b)))
}

/// A frame of interest.
#[derive(Debug, Clone)]
struct Frame {
    id: [u8; 4],
    flags: u16,
    /// Bytes in the source, header included.
    range: Range<u64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    UserText,
    Comment,
    Object,
    Private,
}

impl Frame {
    const fn kind(&self) -> Option<Kind> {
        match &self.id {
            b"TXXX" | b"TXX\0" => Some(Kind::UserText),
            b"COMM" | b"COM\0" => Some(Kind::Comment),
            b"GEOB" | b"GEO\0" => Some(Kind::Object),
            b"PRIV" => Some(Kind::Private),
            _ => None,
        }
    }

    fn name(&self) -> String {
        self.id.iter().filter(|b| **b != 0).map(|b| char::from(*b)).collect()
    }
}

/// The content of a frame, and where it stands in the source if it stands there as it is.
type Content = (Vec<u8>, Option<u64>);

/// What the flags of a frame header say (2.3: 3.3.1; 2.4: 4.1).
#[derive(Clone, Copy, Default)]
struct Form {
    compressed: bool,
    encrypted: bool,
    unsynchronised: bool,
    /// Bytes between the frame header and the content.
    skip: usize,
}

/// A manifest store in a tag.
#[derive(Debug, Clone)]
struct Store {
    frame: Range<u64>,
    name: String,
    /// The store itself; the whole frame if it does not stand there plainly.
    bytes: Range<u64>,
}

/// What there is to know of an extended header.
#[derive(Debug, Clone, Copy, Default)]
struct Extended {
    present: bool,
    checksum: bool,
    /// Version 2.3: where the size of the padding is stated, and the size.
    padding: Option<(u64, u32)>,
}

/// A tag and its frames of interest.
#[derive(Debug, Clone)]
pub(crate) struct Tag {
    /// All of its bytes, header and footer included.
    pub(crate) range: Range<u64>,
    /// Bytes that are missing before the stated end.
    pub(crate) missing: u64,
    /// The first thing wrong with its structure.
    pub(crate) problem: Option<Problem>,
    header: Header,
    extended: Extended,
    /// Whether the frame sizes of a 2.4 tag are plain numbers, as iTunes wrote them.
    plain_sizes: bool,
    frames: Vec<Frame>,
    /// Where the frames begin, behind the extended header.
    frames_start: u64,
    /// Where they end.
    frames_end: u64,
    /// Where the padding ends.
    body_end: u64,
    /// Whether nothing but padding follows the frames.
    clean: bool,
}

/// Reads through whole-tag unsynchronisation: a zero behind FF is left out.
#[derive(Clone, Copy)]
struct Stream {
    at: u64,
    end: u64,
    unsynchronised: bool,
}

impl Stream {
    /// Passes `n` bytes, which go to `keep`; says whether there were so many.
    fn take(&mut self, source: &mut Source<'_>, n: u64, mut keep: Option<&mut Vec<u8>>) -> Result<bool> {
        if !self.unsynchronised {
            if self.end.saturating_sub(self.at) < n {
                return Ok(false);
            }
            if let Some(keep) = keep {
                keep.extend(source.bytes(self.at..self.at.saturating_add(n), n, "metadata_bytes")?);
            }
            self.at = self.at.saturating_add(n);
            return Ok(true);
        }
        let (mut left, mut after_ff) = (n, false);
        while self.at < self.end && (left > 0 || after_ff) {
            let room = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
            let window = source.window(self.at)?;
            if window.is_empty() {
                break;
            }
            for byte in window.iter().take(room) {
                if after_ff && *byte == 0 {
                    after_ff = false;
                } else if left == 0 {
                    return Ok(true);
                } else {
                    left -= 1;
                    after_ff = *byte == 0xFF;
                    if let Some(keep) = keep.as_deref_mut() {
                        keep.push(*byte);
                    }
                }
                self.at += 1;
                if left == 0 && !after_ff {
                    return Ok(true);
                }
            }
        }
        Ok(left == 0)
    }
}

/// One way through the frames of a tag.
struct Walk {
    frames: Vec<Frame>,
    count: u64,
    end: u64,
    clean: bool,
    /// Whether a size reads differently as a plain number.
    ambiguous: bool,
    problem: Option<Problem>,
}

fn is_frame_name(id: &[u8]) -> bool {
    let letter = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    // Some writers put a name of version 2.2 into a tag of version 2.3.
    id.split_last().is_some_and(|(last, head)| head.iter().all(letter) && (letter(last) || matches!(last, 0 | b' ')))
}

/// Whether there is nothing but zeros.
fn zeros(source: &mut Source<'_>, range: Range<u64>) -> Result<bool> {
    let mut at = range.start;
    while at < range.end {
        let room = usize::try_from(range.end - at).unwrap_or(usize::MAX);
        let window = source.window(at)?;
        let part = window.get(..window.len().min(room)).unwrap_or_default();
        if part.is_empty() || part.iter().any(|b| *b != 0) {
            return Ok(false);
        }
        at = at.saturating_add(part.len() as u64);
    }
    Ok(true)
}

fn walk(source: &mut Source<'_>, mut stream: Stream, major: u8, plain: bool, limits: &Limits) -> Result<Walk> {
    let mut out = Walk { frames: Vec::new(), count: 0, end: stream.at, clean: false, ambiguous: false, problem: None };
    let width: u64 = if major == 2 { 6 } else { 10 };
    let mut header = Vec::new();
    loop {
        out.end = stream.at;
        header.clear();
        let whole = stream.take(source, width, Some(&mut header))?;
        if header.first().is_none_or(|b| *b == 0) || !whole {
            out.clean = zeros(source, out.end..stream.end)?;
            return Ok(out);
        }
        let (id, size, flags) = match header.as_slice() {
            [a, b, c, s0, s1, s2] => ([*a, *b, *c, 0], Some(u32::from_be_bytes([0, *s0, *s1, *s2])), 0),
            [a, b, c, d, s0, s1, s2, s3, f0, f1] => {
                let size = [*s0, *s1, *s2, *s3];
                let number = u32::from_be_bytes(size);
                let read = if major == 4 && !plain { syncsafe(size) } else { Some(number) };
                out.ambiguous |= read != Some(number) || number > 127;
                ([*a, *b, *c, *d], read, u16::from_be_bytes([*f0, *f1]))
            }
            _ => return Ok(out),
        };
        let name = if major == 2 { id.get(..3) } else { id.get(..) };
        if !name.is_some_and(is_frame_name) {
            out.problem = Some(rows::NO_FRAME.problem().at(out.end));
            return Ok(out);
        }
        if !matches!(size, Some(size) if stream.take(source, u64::from(size), None)?) {
            out.problem = Some(rows::FRAME_PAST_END.problem().at(out.end));
            return Ok(out);
        }
        out.count += 1;
        check_limit("segments", out.count, limits.segments as u64)?;
        let frame = Frame { id, flags, range: out.end..stream.at };
        if frame.kind().is_some() {
            out.frames.push(frame);
        }
    }
}

fn extended(source: &mut Source<'_>, stream: &mut Stream, major: u8) -> Result<Option<Extended>> {
    let start = *stream;
    let mut bytes = Vec::new();
    if !stream.take(source, 4, Some(&mut bytes))? {
        return Ok(None);
    }
    let Some(size) = bytes.first_chunk::<4>().copied() else { return Ok(None) };
    if size.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()) {
        // Some writers set the flag and go on with a frame.
        *stream = start;
        return Ok(Some(Extended::default()));
    }
    let mut out = Extended { present: true, ..Extended::default() };
    // Version 2.4 counts the size field itself, in syncsafe form (2.4: 3.2; 2.3: 3.2).
    let (fixed, rest) = if major == 4 {
        (2, syncsafe(size).and_then(|n| n.checked_sub(6)))
    } else {
        (6, u32::from_be_bytes(size).checked_sub(6))
    };
    let Some(rest) = rest else { return Ok(None) };
    bytes.clear();
    let fields_at = stream.at;
    if !stream.take(source, fixed, Some(&mut bytes))? || !stream.take(source, u64::from(rest), None)? {
        return Ok(None);
    }
    match bytes.as_slice() {
        [_, flags] => out.checksum = flags & 0x20 != 0,
        [flags, _, p0, p1, p2, p3] => {
            out.checksum = flags & 0x80 != 0;
            out.padding = Some((fields_at.saturating_add(2), u32::from_be_bytes([*p0, *p1, *p2, *p3])));
        }
        _ => {}
    }
    Ok(Some(out))
}

impl Tag {
    /// Reads the tag that starts at `at` and must not reach past `end`; `None` if there is none.
    /// `count` sums up the frames of all tags of a file.
    pub(crate) fn read(
        source: &mut Source<'_>,
        at: u64,
        end: u64,
        limits: &Limits,
        count: &mut u64,
    ) -> Result<Option<Self>> {
        let end = end.min(source.len());
        let room = end.saturating_sub(at) >= HEADER;
        let Some(bytes) = source.array::<10>(at)?.filter(|_| room) else { return Ok(None) };
        let Some(header) = Header::parse(bytes, *b"ID3") else { return Ok(None) };
        let stated = at.saturating_add(header.len());
        let start = at.saturating_add(HEADER);
        let body_end = start.saturating_add(u64::from(header.size)).min(end);
        let mut tag = Self {
            range: at..stated.min(end),
            missing: stated.saturating_sub(end),
            problem: None,
            header,
            extended: Extended::default(),
            plain_sizes: false,
            frames: Vec::new(),
            frames_start: start,
            frames_end: start,
            body_end,
            clean: false,
        };
        if !(2..=4).contains(&header.major) {
            tag.problem = Some(rows::VERSION.with("version", header.major).at(at));
            return Ok(Some(tag));
        }
        if header.major == 2 && header.flags & EXTENDED != 0 {
            tag.problem = Some(rows::COMPRESSED_TAG.problem().at(at));
            return Ok(Some(tag));
        }
        let mut stream = Stream { at: start, end: body_end, unsynchronised: tag.unsynchronised() };
        if stream.unsynchronised {
            check_limit("metadata_bytes", body_end - start, limits.metadata_bytes)?;
        }
        if header.major > 2 && header.flags & EXTENDED != 0 {
            match extended(source, &mut stream, header.major)? {
                Some(found) => tag.extended = found,
                None => {
                    tag.problem = Some(rows::EXTENDED_HEADER.problem().at(start));
                    return Ok(Some(tag));
                }
            }
        }
        let mut best = walk(source, stream, header.major, false, limits)?;
        if header.major == 4 && best.ambiguous && !best.clean {
            let plain = walk(source, stream, header.major, true, limits)?;
            if plain.clean {
                best = plain;
                tag.plain_sizes = true;
            }
        }
        *count = count.saturating_add(best.count).saturating_add(1);
        check_limit("segments", *count, limits.segments as u64)?;
        tag.frames = best.frames;
        tag.frames_start = stream.at;
        tag.frames_end = best.end;
        tag.clean = best.clean;
        let cut = (tag.missing > 0).then(|| rows::CUT_OFF.with("missing", tag.missing).at(at));
        tag.problem = best.problem.or(cut);
        Ok(Some(tag))
    }

    /// Whether the tag as a whole is unsynchronised; in version 2.4 frames are, one by one.
    const fn unsynchronised(&self) -> bool {
        self.header.major < 4 && self.header.flags & UNSYNCHRONISED != 0
    }

    const fn frame_header(&self) -> usize {
        if self.header.major == 2 { 6 } else { 10 }
    }

    fn form(&self, flags: u16) -> Form {
        let set = |bit: u16| flags & bit != 0;
        let len = |bit: u16, n: usize| if set(bit) { n } else { 0 };
        match self.header.major {
            3 => Form {
                compressed: set(0x80),
                encrypted: set(0x40),
                unsynchronised: false,
                skip: len(0x80, 4) + len(0x40, 1) + len(0x20, 1),
            },
            4 => Form {
                compressed: set(0x08),
                encrypted: set(0x04),
                unsynchronised: set(0x02) || self.header.flags & UNSYNCHRONISED != 0,
                skip: len(0x40, 1) + len(0x04, 1) + len(0x01, 4),
            },
            _ => Form::default(),
        }
    }

    /// The content of a frame.
    fn content(
        &self,
        source: &mut Source<'_>,
        frame: &Frame,
        budget: &mut u64,
        limits: &Limits,
    ) -> Result<Result<Content, Problem>> {
        let mut spend = |n: u64| {
            *budget = budget.saturating_add(n);
            check_limit("metadata_bytes", *budget, limits.metadata_bytes)
        };
        let form = self.form(frame.flags);
        if form.encrypted {
            return Ok(Err(rows::ENCRYPTED.problem().at(frame.range.start)));
        }
        spend(frame.range.end - frame.range.start)?;
        let mut bytes = source.bytes(frame.range.clone(), limits.metadata_bytes, "metadata_bytes")?;
        if self.unsynchronised() {
            bytes = text::resynchronise(&bytes).unwrap_or(bytes);
        }
        let skip = self.frame_header().saturating_add(form.skip).min(bytes.len());
        bytes.drain(..skip);
        let mut plain = !self.unsynchronised() && !form.compressed;
        if form.unsynchronised
            && let Some(clear) = text::resynchronise(&bytes)
        {
            plain &= clear == bytes;
            bytes = clear;
        }
        if form.compressed {
            bytes = match inflate::zlib(&bytes, limits) {
                Ok(bytes) => bytes,
                Err(problem) => return Ok(Err(problem.at(frame.range.start))),
            };
            spend(bytes.len() as u64)?;
        }
        Ok(Ok((bytes, plain.then(|| frame.range.start.saturating_add(skip as u64)))))
    }

    /// Adds the texts of the tag to `out`: user texts as `txxx:DESCRIPTION`, comments as
    /// `comm:DESCRIPTION`, and the XMP packet of a private frame. Gives back the first problem,
    /// which may be one of the structure. `budget` sums up the bytes read from all tags of a file.
    pub(crate) fn texts(
        &self,
        source: &mut Source<'_>,
        limits: &Limits,
        budget: &mut u64,
        out: &mut Vec<RawValue>,
    ) -> Result<Option<Problem>> {
        let mut first = self.problem.clone();
        for frame in &self.frames {
            let Some(kind) = frame.kind().filter(|kind| *kind != Kind::Object) else { continue };
            if frame.range.end - frame.range.start > TEXT {
                if kind != Kind::Private {
                    first.get_or_insert(rows::LONG_TEXT.with("max", TEXT).at(frame.range.start));
                }
                continue;
            }
            let (bytes, at) = match self.content(source, frame, budget, limits)? {
                Ok(content) => content,
                Err(problem) => {
                    first.get_or_insert(problem);
                    continue;
                }
            };
            let found = match kind {
                Kind::UserText => text::described(&bytes, 0).map(|t| Some((Slot::item("txxx", t.key), t.value, t.at))),
                // Three letters of a language stand before the description.
                Kind::Comment => text::described(&bytes, 3).map(|t| Some((Slot::item("comm", t.key), t.value, t.at))),
                Kind::Private => Ok(bytes.strip_prefix(b"XMP\0").map(|xmp| (Slot::Xmp, xmp.to_vec(), Some(4)))),
                Kind::Object => Ok(None),
            };
            let (slot, value, inner) = match found {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(problem) => {
                    first.get_or_insert(problem.at(frame.range.start));
                    continue;
                }
            };
            *budget = budget.saturating_add(value.len() as u64);
            out.push(RawValue {
                slot,
                segment: frame.name(),
                range: frame.range.clone(),
                plain_at: at.zip(inner).map(|(at, inner)| at.saturating_add(inner as u64)),
                bytes: value,
                after_essence: false,
            });
        }
        Ok(first)
    }

    /// The manifest stores of the tag.
    fn stores(&self, source: &mut Source<'_>, limits: &Limits, budget: &mut u64) -> Result<Vec<Store>> {
        let mut out = Vec::new();
        for frame in self.frames.iter().filter(|f| f.kind() == Some(Kind::Object)) {
            let form = self.form(frame.flags);
            let skip = (self.frame_header() + form.skip) as u64;
            let start = frame.range.start.saturating_add(skip).min(frame.range.end);
            let stored = !form.compressed && !form.unsynchronised && !self.unsynchronised() && !form.encrypted;
            let head = if form.compressed && frame.range.end - frame.range.start <= TEXT {
                self.content(source, frame, budget, limits)?.map(|(bytes, _)| bytes).unwrap_or_default()
            } else {
                let end = start.saturating_add(OBJECT_HEAD).min(frame.range.end);
                let head = source.bytes(start..end, OBJECT_HEAD, "metadata_bytes")?;
                if stored { head } else { text::resynchronise(&head).unwrap_or(head) }
            };
            let Some((_, data)) = text::object(&head).filter(|(media, _)| STORE_TYPES.contains(&media.as_str())) else {
                continue;
            };
            let bytes = match data.filter(|_| stored) {
                Some(data) => start.saturating_add(data as u64).min(frame.range.end)..frame.range.end,
                None => frame.range.clone(),
            };
            out.push(Store { frame: frame.range.clone(), name: frame.name(), bytes });
        }
        Ok(out)
    }

    /// Divides `outer`, the part of the file with this tag in it, so that each manifest store is
    /// a part of its own.
    pub(crate) fn segments(
        &self,
        name: &str,
        outer: Range<u64>,
        source: &mut Source<'_>,
        limits: &Limits,
        budget: &mut u64,
    ) -> Result<Vec<Segment>> {
        let mut out = Vec::new();
        let mut at = outer.start;
        for store in self.stores(source, limits, budget)? {
            if at < store.frame.start {
                out.push(Segment::plain(name, at..store.frame.start));
            }
            at = store.frame.end;
            out.push(Segment {
                name: store.name,
                range: store.frame,
                payload: store.bytes,
                slot: Some(Slot::Manifest),
                essence: false,
            });
        }
        if at < outer.end || out.is_empty() {
            out.push(Segment::plain(name, at..outer.end));
        }
        Ok(out)
    }
}

#[cfg(test)]
mod tests;
