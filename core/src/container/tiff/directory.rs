//! Headers, image file directories and their entries (TIFF 6.0, section 2; BigTIFF), and the walk
//! over all of a file's directories.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use crate::error::Result;
use crate::limits::Limits;
use crate::metadata::exif::ByteOrder;
use crate::source::{Source, check_limit, limit_error};

/// Tags that say where things are.
pub(super) mod tag {
    pub(crate) const IMAGE_WIDTH: u16 = 256;
    pub(crate) const IMAGE_LENGTH: u16 = 257;
    pub(crate) const STRIP_OFFSETS: u16 = 273;
    pub(crate) const STRIP_BYTE_COUNTS: u16 = 279;
    pub(crate) const TILE_OFFSETS: u16 = 324;
    pub(crate) const TILE_BYTE_COUNTS: u16 = 325;
    pub(crate) const SUB_IFDS: u16 = 330;
    pub(crate) const JPEG_OFFSET: u16 = 513;
    pub(crate) const JPEG_LENGTH: u16 = 514;
    pub(crate) const XMP: u16 = 700;
    pub(crate) const EXIF_IFD: u16 = 0x8769;
    pub(crate) const DNG_VERSION: u16 = 0xC612;
    pub(crate) const C2PA: u16 = 0xCD41;
}

/// Field type BYTE, which ISO 16684-3 and the DNG specification give the packet.
pub(super) const BYTE: u16 = 1;
/// Field type UNDEFINED, which C2PA gives the manifest store.
pub(super) const UNDEFINED: u16 = 7;
/// How many numbers of a list are read at a time.
pub(super) const PIECE: u64 = 4096;
/// Parts of the picture that lie closer than this are one stretch: padding, and the lengths that
/// some writers put around tiles.
const GAP: u64 = 16;

/// Byte order, variant and first directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) order: ByteOrder,
    /// Whether offsets and counts have 64 bits.
    pub(super) big: bool,
    /// Offset of the first directory.
    pub(super) first: u64,
}

/// One entry of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) tag: u16,
    pub(super) kind: u16,
    pub(super) count: u64,
    /// Bytes of the value in the file; empty for an unknown field type.
    pub(super) value: Range<u64>,
}

/// A directory and where the next one is.
#[derive(Debug, Clone)]
pub(super) struct Directory {
    /// All of its bytes, as far as the file goes.
    pub(super) range: Range<u64>,
    pub(super) entries: Vec<Entry>,
    /// Offset of the next one, or 0; `None` if the file ends before.
    pub(super) next: Option<u64>,
}

impl Directory {
    pub(super) fn find(&self, tag: u16) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }
}

/// An unsigned number of up to eight bytes.
fn number(bytes: &[u8], order: ByteOrder) -> u64 {
    let add = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
    match order {
        ByteOrder::Little => bytes.iter().rev().fold(0, add),
        ByteOrder::Big => bytes.iter().fold(0, add),
    }
}

/// Bytes of one value of a field type (TIFF 6.0, section 2; TIFF technical note 1; BigTIFF).
const fn size_of(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 | 129 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

impl Header {
    /// Reads the header from the first bytes of a file.
    pub(super) fn read(head: &[u8]) -> Option<Self> {
        let order = match head.get(..2)? {
            b"II" => ByteOrder::Little,
            b"MM" => ByteOrder::Big,
            _ => return None,
        };
        let field = |range: Range<usize>| Some(number(head.get(range)?, order));
        match field(2..4)? {
            42 => Some(Self { order, big: false, first: field(4..8)? }),
            43 if field(4..6)? == 8 && field(6..8)? == 0 => Some(Self { order, big: true, first: field(8..16)? }),
            _ => None,
        }
    }

    /// Length of the header.
    pub(super) const fn len(self) -> u64 {
        if self.big { 16 } else { 8 }
    }

    /// Bytes of an offset; the offset of the first directory is the last field of the header.
    pub(super) const fn offset_len(self) -> usize {
        if self.big { 8 } else { 4 }
    }

    pub(super) const fn count_len(self) -> usize {
        if self.big { 8 } else { 2 }
    }

    pub(super) const fn entry_len(self) -> usize {
        if self.big { 20 } else { 12 }
    }

    /// The low `len` bytes of a number, in the file's byte order.
    pub(super) fn bytes(self, value: u64, len: usize) -> Vec<u8> {
        let mut out: Vec<u8> = value.to_le_bytes().into_iter().take(len).collect();
        if self.order == ByteOrder::Big {
            out.reverse();
        }
        out
    }

    /// A number of at most eight bytes at `at`, if the file goes so far.
    fn number_at(self, source: &mut Source<'_>, at: u64, len: usize) -> Result<Option<u64>> {
        let mut buf = [0u8; 8];
        let buf = buf.get_mut(..len).unwrap_or_default();
        let got = source.read_at(at, buf)?;
        Ok((got == len).then(|| number(buf, self.order)))
    }

    /// Reads a directory; `None` if the file has none there.
    pub(super) fn directory(self, source: &mut Source<'_>, at: u64, limits: &Limits) -> Result<Option<Directory>> {
        let Some(due) = self.number_at(source, at, self.count_len())?.filter(|_| at >= self.len()) else {
            return Ok(None);
        };
        let size = self.entry_len() as u64;
        let start = at.saturating_add(self.count_len() as u64);
        let count = due.min(source.len().saturating_sub(start) / size);
        check_limit("ifd_entries", count, limits.ifd_entries as u64)?;
        let end = start.saturating_add(count.saturating_mul(size));
        let table = source.bytes(start..end, u64::MAX, "ifd_entries")?;
        let mut entries = Vec::new();
        for (raw, n) in table.chunks_exact(self.entry_len()).zip(0u64..) {
            let field = |from: usize, len: usize| number(raw.get(from..from + len).unwrap_or_default(), self.order);
            let (tag, kind) = (field(0, 2) as u16, field(2, 2) as u16);
            let count = field(4, self.offset_len());
            let len = size_of(kind).unwrap_or(0).saturating_mul(count);
            let place = 4 + self.offset_len();
            let inside = start.saturating_add(n * size).saturating_add(place as u64);
            let from = if len <= self.offset_len() as u64 { inside } else { field(place, self.offset_len()) };
            entries.push(Entry { tag, kind, count, value: from..from.saturating_add(len) });
        }
        let next = if count < due { None } else { self.number_at(source, end, self.offset_len())? };
        let end = end.saturating_add(next.map_or(0, |_| self.offset_len() as u64));
        Ok(Some(Directory { range: at..end, entries, next }))
    }

    /// Numbers `from..to` of a list; fewer if the file ends or they are not whole numbers.
    pub(super) fn numbers(self, source: &mut Source<'_>, entry: &Entry, span: Range<u64>) -> Result<Vec<u64>> {
        let size = match entry.kind {
            1 | 3 | 4 | 13 | 16 | 18 => size_of(entry.kind).unwrap_or(1),
            _ => return Ok(Vec::new()),
        };
        let at = |n: u64| entry.value.start.saturating_add(n.saturating_mul(size));
        let bytes = source.bytes(at(span.start)..at(span.end), PIECE * 8, "metadata_bytes")?;
        let step = usize::try_from(size).unwrap_or(1);
        Ok(bytes.chunks_exact(step).map(|raw| number(raw, self.order)).collect())
    }

    /// The first number of an entry.
    pub(super) fn value(self, source: &mut Source<'_>, entry: &Entry) -> Result<Option<u64>> {
        Ok(self.numbers(source, entry, 0..entry.count.min(1))?.first().copied())
    }
}

/// How a directory was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By the header and the chain from there.
    Chain,
    /// From a tag `SubIFDs`, and the chain from there.
    Sub,
    /// From a tag `ExifIFD`.
    Exif,
}

/// What a walk meets.
pub(super) enum Step<'a> {
    /// A directory.
    Found(Way, &'a Directory),
    /// The chain leads to where it was before.
    Cycle(u64),
    /// A directory is due outside of the file.
    Outside(u64),
}

/// Goes over every directory of a file: the chain first, then what hangs below it.
///
/// Pages may be many, so their bound is an eighth of [`Limits::segments`]; the bytes of all
/// directories together are bounded by [`Limits::metadata_bytes`].
pub(super) fn walk(
    header: Header,
    source: &mut Source<'_>,
    limits: &Limits,
    step: &mut dyn FnMut(Step<'_>, &mut Source<'_>) -> Result<()>,
) -> Result<()> {
    let most = (limits.segments / 8).max(1) as u64;
    let mut queue = VecDeque::from([(Way::Chain, header.first)]);
    let (mut seen, mut bytes) = (HashSet::new(), 0u64);
    while let Some((way, at)) = queue.pop_front() {
        if !seen.insert(at) {
            if way == Way::Chain {
                step(Step::Cycle(at), source)?;
            }
            continue;
        }
        check_limit("segments", seen.len() as u64, most)?;
        let Some(directory) = header.directory(source, at, limits)? else {
            step(Step::Outside(at), source)?;
            continue;
        };
        bytes = bytes.saturating_add(directory.range.end - directory.range.start);
        check_limit("metadata_bytes", bytes, limits.metadata_bytes)?;
        step(Step::Found(way, &directory), source)?;
        if way == Way::Exif {
            continue;
        }
        for entry in &directory.entries {
            let below = match entry.tag {
                tag::EXIF_IFD => Way::Exif,
                tag::SUB_IFDS => Way::Sub,
                _ => continue,
            };
            let left = most.saturating_sub(queue.len() as u64);
            let count = if below == Way::Exif { 1 } else { entry.count };
            check_limit("segments", count, left.min(PIECE))?;
            queue.extend(header.numbers(source, entry, 0..count)?.into_iter().map(|at| (below, at)));
        }
        match directory.next {
            // The chain is walked to its end first, so that its numbering is that of the pages.
            Some(next) if next != 0 => queue.push_front((way, next)),
            _ => {}
        }
    }
    Ok(())
}

/// The stretches of a file that hold strips and tiles.
#[derive(Debug, Default)]
pub(super) struct Stretches {
    ranges: Vec<Range<u64>>,
    /// Bytes of lists read so far.
    listed: u64,
    /// Where the part ends that reaches farthest.
    pub(super) end: u64,
}

impl Stretches {
    /// Adds what a directory points to.
    pub(super) fn add(
        &mut self,
        header: Header,
        directory: &Directory,
        source: &mut Source<'_>,
        limits: &Limits,
    ) -> Result<()> {
        for (offsets, lengths) in [
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS),
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS),
            (tag::JPEG_OFFSET, tag::JPEG_LENGTH),
        ] {
            let (Some(offsets), Some(lengths)) = (directory.find(offsets), directory.find(lengths)) else { continue };
            let count = offsets.count.min(lengths.count);
            let mut done = 0u64;
            while done < count {
                let span = done..count.min(done + PIECE);
                self.listed = self.listed.saturating_add((span.end - span.start) * 8);
                check_limit("metadata_bytes", self.listed, limits.metadata_bytes)?;
                let starts = header.numbers(source, offsets, span.clone())?;
                let sizes = header.numbers(source, lengths, span.clone())?;
                if starts.is_empty() || sizes.is_empty() {
                    break;
                }
                for (start, size) in starts.into_iter().zip(sizes) {
                    self.push(start..start.saturating_add(size), limits)?;
                }
                done = span.end;
            }
        }
        Ok(())
    }

    fn push(&mut self, range: Range<u64>, limits: &Limits) -> Result<()> {
        if range.is_empty() {
            return Ok(());
        }
        self.end = self.end.max(range.end);
        match self.ranges.last_mut() {
            Some(last) if last.start <= range.start && range.start <= last.end.saturating_add(GAP) => {
                last.end = last.end.max(range.end);
            }
            _ => self.ranges.push(range),
        }
        if self.ranges.len() > limits.segments {
            self.merge();
            // Halved at least, or the next merge would come too soon.
            if self.ranges.len() > limits.segments / 2 {
                return Err(limit_error("segments", self.ranges.len() as u64 * 2, limits.segments as u64));
            }
        }
        Ok(())
    }

    fn merge(&mut self) {
        self.ranges.sort_unstable_by_key(|range| range.start);
        self.ranges.dedup_by(|next, last| {
            let joined = next.start <= last.end.saturating_add(GAP);
            if joined {
                last.end = last.end.max(next.end);
            }
            joined
        });
    }

    /// The stretches within `bounds`, ascending and apart from each other.
    pub(super) fn within(mut self, bounds: &Range<u64>) -> Vec<Range<u64>> {
        self.merge();
        let cut = self.ranges.into_iter().map(|r| r.start.max(bounds.start)..r.end.min(bounds.end));
        cut.filter(|range| !range.is_empty()).collect()
    }
}
