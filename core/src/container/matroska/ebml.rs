//! EBML (RFC 8794): variable-size integers, element headers, lists of elements.

use super::id;
use crate::error::Result;
use crate::source::Source;

/// Most bytes of an element's header: an ID of 4 and a size of 8.
const HEADER: usize = 12;
/// Most bytes of a size.
pub(super) const WIDTH: usize = 8;

/// ID and size of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: u32,
    /// Bytes of the ID.
    pub(super) id_len: usize,
    /// Bytes of the size.
    pub(super) width: usize,
    /// Bytes of the payload; `None` if unknown (RFC 8794 6.2).
    pub(super) size: Option<u64>,
}

impl Header {
    /// Reads a header at the start of `bytes`; `None` if none begins there.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let first = *bytes.first()?;
        let id_len = 1 + first.leading_zeros() as usize;
        if id_len > 4 {
            return None;
        }
        let id = bytes.get(..id_len)?.iter().fold(0u32, |id, b| id << 8 | u32::from(*b));
        // All data bits zero or all one are reserved (RFC 8794 5).
        let data = id & !(1u32 << (7 * id_len));
        if data == 0 || data == (1u32 << (7 * id_len)) - 1 {
            return None;
        }
        let rest = bytes.get(id_len..)?;
        let width = 1 + rest.first()?.leading_zeros() as usize;
        let field = rest.get(..width).filter(|_| width <= WIDTH)?;
        let value = field.iter().fold(0u64, |value, b| value << 8 | u64::from(*b)) & unknown(width);
        Some(Self { id, id_len, width, size: (value != unknown(width)).then_some(value) })
    }

    /// Bytes of the header.
    pub(super) const fn len(&self) -> usize {
        self.id_len + self.width
    }
}

/// All data bits of a size of `width` bytes: it stands for an unknown size.
const fn unknown(width: usize) -> u64 {
    (1u64 << (7 * width)) - 1
}

/// Whether a size of `width` bytes can say `value`.
pub(super) const fn fits(value: u64, width: usize) -> bool {
    width >= 1 && width <= WIDTH && value < unknown(width)
}

/// Fewest bytes that say `value`.
pub(super) fn width_of(value: u64) -> usize {
    (1..WIDTH).find(|width| fits(value, *width)).unwrap_or(WIDTH)
}

/// Appends `value` as a size of `width` bytes, which has to fit.
pub(super) fn push_size(out: &mut Vec<u8>, value: u64, width: usize) {
    let marked = value | 1u64 << (7 * width);
    out.extend_from_slice(marked.to_be_bytes().get(8usize.saturating_sub(width)..).unwrap_or_default());
}

/// Appends an ID.
pub(super) fn push_id(out: &mut Vec<u8>, id: u32) {
    out.extend(id.to_be_bytes().into_iter().skip_while(|b| *b == 0));
}

/// An element of these bytes.
pub(super) fn element(id: u32, payload: &[u8]) -> Vec<u8> {
    let len = payload.len() as u64;
    let mut out = Vec::with_capacity(payload.len() + HEADER);
    push_id(&mut out, id);
    push_size(&mut out, len, width_of(len));
    out.extend_from_slice(payload);
    out
}

/// Header of a Void that takes `total` bytes, of which there are at least two, and how many
/// bytes its payload has.
pub(super) fn void(total: u64) -> (Vec<u8>, u64) {
    let payload = |width: usize| total.saturating_sub(1 + width as u64);
    let width = (1..WIDTH).find(|width| fits(payload(*width), *width)).unwrap_or(WIDTH);
    let mut out = vec![0xEC];
    push_size(&mut out, payload(width), width);
    (out, payload(width))
}

/// An element in a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Element {
    pub(super) id: u32,
    /// First byte of its size.
    pub(super) size_at: u64,
    /// First byte of its payload.
    pub(super) body: u64,
    /// Bytes of its payload, if known.
    pub(super) size: Option<u64>,
}

impl Element {
    /// Where it ends, if its size is known.
    pub(super) const fn end(&self) -> Option<u64> {
        match self.size {
            Some(size) => Some(self.body.saturating_add(size)),
            None => None,
        }
    }
}

/// Reads the header at `at`, which has to end before `end`.
pub(super) fn read(source: &mut Source<'_>, at: u64, end: u64) -> Result<Option<Element>> {
    let mut bytes = [0u8; HEADER];
    let want = usize::try_from(end.saturating_sub(at)).unwrap_or(HEADER).min(HEADER);
    let got = source.read_at(at, bytes.get_mut(..want).unwrap_or_default())?;
    Ok(Header::parse(bytes.get(..got).unwrap_or_default()).map(|h| Element {
        id: h.id,
        size_at: at.saturating_add(h.id_len as u64),
        body: at.saturating_add(h.len() as u64),
        size: h.size,
    }))
}

/// An element in memory; offsets count from the start of the bytes walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) id: u32,
    pub(super) start: usize,
    /// First byte of its size.
    pub(super) size_at: usize,
    /// First byte of its payload.
    pub(super) body: usize,
    pub(super) end: usize,
}

impl Part {
    /// The element at `at` of `bytes`, which has to end by `end`.
    pub(super) fn at(bytes: &[u8], at: usize, end: usize) -> Option<Self> {
        let header = Header::parse(bytes.get(at..end)?)?;
        let body = at.checked_add(header.len())?;
        let stop = body.checked_add(usize::try_from(header.size?).ok()?).filter(|stop| *stop <= end)?;
        Some(Self { id: header.id, start: at, size_at: at + header.id_len, body, end: stop })
    }

    pub(super) fn payload<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        bytes.get(self.body..self.end).unwrap_or_default()
    }
}

/// The children of a part, until the first thing that is no element; `broken` tells where.
pub(super) struct Children<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
    pub(super) broken: Option<usize>,
}

impl<'a> Children<'a> {
    pub(super) fn of(bytes: &'a [u8], part: &Part) -> Self {
        Self { bytes, at: part.body, end: part.end, broken: None }
    }
}

impl Iterator for Children<'_> {
    type Item = Part;

    fn next(&mut self) -> Option<Part> {
        if self.at >= self.end {
            return None;
        }
        let part = Part::at(self.bytes, self.at, self.end);
        match &part {
            Some(part) => self.at = part.end,
            None => {
                self.broken = Some(self.at);
                self.at = self.end;
            }
        }
        part
    }
}

/// A text: EBML strings end at the first NUL or at the element's end (RFC 8794 7.5).
pub(super) fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or_default()
}

/// An unsigned integer of up to eight bytes (RFC 8794 7.2).
pub(super) fn uint(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |value, b| value << 8 | u64::from(*b)))
}

/// The checksum that a master's first child states, and the one of the bytes behind it
/// (RFC 8794 11.3.1); `None` if it has none.
pub(super) fn checksum(bytes: &[u8], master: &Part) -> Option<Checksum> {
    let first = Part::at(bytes, master.body, master.end).filter(|first| first.id == id::CRC_32)?;
    let stated = first.payload(bytes).first_chunk::<4>().filter(|_| first.end - first.body == 4)?;
    let mut crc = crate::crc::Crc::new();
    crc.update(bytes.get(first.end..master.end).unwrap_or_default());
    Some(Checksum { at: first.body, holds: u32::from_le_bytes(*stated) == crc.sum(), due: crc.sum().to_le_bytes() })
}

/// See [`checksum`].
pub(super) struct Checksum {
    /// First byte of the stated one.
    pub(super) at: usize,
    pub(super) holds: bool,
    /// What ought to stand there.
    pub(super) due: [u8; 4],
}
