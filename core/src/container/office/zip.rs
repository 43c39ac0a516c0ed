//! ZIP (APPNOTE.TXT 6.3.10): end record, central directory, local headers, data descriptors.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

use super::extra::{other_path, widen};
use crate::container::inflate;
use crate::error::{Problem, Result};
use crate::limits::Limits;
use crate::message::container::office as rows;
use crate::message::reason;
use crate::source::{Source, check_limit};

/// Signatures (4.3.6 to 4.3.16).
const LOCAL: &[u8; 4] = b"PK\x03\x04";
const CENTRAL: &[u8; 4] = b"PK\x01\x02";
const END: &[u8; 4] = b"PK\x05\x06";
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_64: &[u8; 4] = b"PK\x06\x07";
pub(super) const DESCRIPTOR: &[u8; 4] = b"PK\x07\x08";

/// Lengths of the fixed parts.
pub(super) const LOCAL_LEN: u64 = 30;
pub(super) const CENTRAL_LEN: u64 = 46;
const END_LEN: u64 = 22;
pub(super) const LOCATOR_LEN: u64 = 20;

/// Flag bits (4.4.4).
const FLAG_ENCRYPTED: u16 = 1;
const FLAG_DESCRIPTOR: u16 = 1 << 3;
const FLAG_UTF8: u16 = 1 << 11;

/// Compression methods (4.4.5).
pub(super) const STORED: u16 = 0;
pub(super) const DEFLATED: u16 = 8;

/// A field that says "look in the ZIP64 extra field" (4.4.1.4).
pub(super) const WIDE: u32 = u32::MAX;

/// Most bytes of one part that is read: parts with metadata are small.
pub(super) const PART: usize = 4 << 20;
/// Most complaints about one archive.
const FAULTS: usize = 64;
/// Longest comment, and so the furthest that the end record can be from the end.
const COMMENT: u64 = u16::MAX as u64;

pub(super) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |b| u16::from_le_bytes(*b))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b))
}

pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |b| u64::from_le_bytes(*b))
}

/// What is wrong with an archive.
#[derive(Debug)]
pub(super) enum Fault {
    /// It ends early; so many bytes are missing at least.
    Cut(u64),
    /// A part of it is wrong.
    At {
        /// The part.
        part: String,
        /// What is wrong.
        reason: Problem,
        /// Its bytes.
        range: Range<u64>,
    },
}

/// One entry as the central directory has it.
#[derive(Debug)]
pub(super) struct Entry {
    name: Vec<u8>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// Compressed size.
    pub(super) packed: u64,
    /// Uncompressed size.
    pub(super) unpacked: u64,
    /// Where its local header stands.
    pub(super) header: u64,
    /// Its central header.
    pub(super) central: Range<u64>,
    /// Where the ZIP64 extra field has the 64-bit values, for those that stand there.
    pub(super) wide: Wide,
    /// Another name than its own, by which some programs know it.
    path: Option<Vec<u8>>,
}

/// Positions of 64-bit values in the file; 0 for a value that is not there.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Wide {
    pub(super) unpacked: u64,
    pub(super) packed: u64,
    pub(super) header: u64,
}

impl Entry {
    pub(super) fn name(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.name)
    }

    /// Its name as it stands there.
    pub(super) fn raw_name(&self) -> &[u8] {
        &self.name
    }

    /// Another name than its own, by which some programs know it.
    pub(super) fn path(&self) -> Option<&[u8]> {
        self.path.as_deref()
    }

    /// Whether its own bytes say all about its name.
    fn is_named(&self) -> bool {
        self.name.is_ascii() || self.flags & FLAG_UTF8 != 0
    }

    /// Its name if every reader reads the same from it: ASCII, or marked as UTF-8.
    pub(super) fn plain_name(&self) -> Option<&str> {
        let name = std::str::from_utf8(&self.name).ok()?;
        let plain = self.name.is_ascii() || self.flags & FLAG_UTF8 != 0;
        (plain && !name.contains(['\\', '\0'])).then_some(name)
    }

    pub(super) const fn encrypted(&self) -> bool {
        self.flags & FLAG_ENCRYPTED != 0
    }

    pub(super) fn folder(&self) -> bool {
        self.name.ends_with(b"/")
    }

    /// Its name for a segment: a name can have 65,535 bytes.
    pub(super) fn shown(&self) -> String {
        self.name().chars().take(96).collect()
    }
}

/// The local header of an entry.
#[derive(Debug)]
pub(super) struct Local {
    pub(super) crc: u32,
    pub(super) packed: u32,
    pub(super) unpacked: u32,
    pub(super) wide: Wide,
    /// Where its data stands.
    pub(super) data: Range<u64>,
    /// What stands behind the data, and whether that was found where the flag asks for it.
    pub(super) descriptor: Descriptor,
    disagrees: Option<&'static str>,
}

/// A data descriptor (4.3.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Descriptor {
    /// None is due.
    None,
    /// One is due, and what stands there is none.
    Missing,
    /// With or without signature, with 32 or 64 bits per size.
    Here {
        /// With signature.
        signed: bool,
        /// With 64-bit sizes.
        wide: bool,
    },
}

impl Descriptor {
    const fn len(self) -> u64 {
        match self {
            Self::None | Self::Missing => 0,
            Self::Here { signed, wide } => {
                let sizes = if wide { 16 } else { 8 };
                (if signed { 8 } else { 4 }) + sizes
            }
        }
    }
}

impl Local {
    /// Where the record of header, data and descriptor ends.
    pub(super) const fn end(&self) -> u64 {
        self.data.end.saturating_add(self.descriptor.len())
    }
}

/// Bytes of a part, and what is wrong with them although they could be read; or why they could not.
pub(super) type Content = std::result::Result<(Vec<u8>, Option<Problem>), Problem>;

/// Header, data and descriptor of one entry.
#[derive(Debug)]
pub(super) struct Record {
    /// Index of the entry.
    pub(super) entry: usize,
    pub(super) range: Range<u64>,
    pub(super) data: Range<u64>,
}

/// End record and central directory.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// In the order of the central directory.
    pub(super) entries: Vec<Entry>,
    pub(super) directory: Range<u64>,
    /// The ZIP64 end record.
    pub(super) wide: Option<Range<u64>>,
    /// The end record with its comment.
    pub(super) end: Range<u64>,
    pub(super) faults: Vec<Fault>,
    /// Whether editing would be unsafe.
    pub(super) damaged: bool,
}

impl Archive {
    fn fault(&mut self, part: &str, reason: impl Into<Problem>, range: Range<u64>) {
        if self.faults.len() < FAULTS {
            self.faults.push(Fault::At { part: part.to_owned(), reason: reason.into(), range });
        }
    }

    fn fatal(&mut self, part: &str, reason: impl Into<Problem>, range: Range<u64>) {
        self.damaged = true;
        self.fault(part, reason, range);
    }

    /// Reads the end record and the central directory.
    pub(super) fn read(source: &mut Source<'_>, limits: &Limits) -> Result<Self> {
        let mut out = Self::default();
        if out.find_end(source)?
            && let Some(count) = out.find_directory(source, limits)?
        {
            out.read_directory(count, source, limits)?;
        }
        Ok(out)
    }

    /// Looks for the end record from the end (4.3.16).
    fn find_end(&mut self, source: &mut Source<'_>) -> Result<bool> {
        let len = source.len();
        let base = len.saturating_sub(END_LEN + COMMENT);
        let tail = source.bytes(base..len, END_LEN + COMMENT, "metadata_bytes")?;
        let found = |at: usize| {
            let stated = u64::from(u16_at(&tail, at.saturating_add(20)));
            let at = base.saturating_add(at as u64);
            at..at.saturating_add(END_LEN + stated)
        };
        let marks: Vec<usize> =
            tail.windows(END.len()).enumerate().filter(|(_, w)| w == END).map(|(at, _)| at).collect();
        let fits = |range: &Range<u64>| range.end <= len;
        let mut ranges = marks.iter().map(|at| found(*at));
        // One whose comment reaches to the end of the file is meant, if there is one.
        let exact = ranges.clone().find(|range| range.end == len);
        let Some(end) = exact.or_else(|| ranges.clone().rev().find(fits)) else {
            let missing = ranges.next_back().map_or(END_LEN, |range| range.end.saturating_sub(len));
            self.faults.push(Fault::Cut(missing));
            self.damaged = true;
            return Ok(false);
        };
        if marks.iter().any(|at| base.saturating_add(*at as u64) > end.start) {
            self.fatal("end record", &rows::ZIP_END_RECORDS, end.start..len);
        }
        self.end = end;
        Ok(true)
    }

    /// Reads the end record, and the ZIP64 end record if there is one (4.3.14, 4.3.15): how many
    /// entries there are.
    fn find_directory(&mut self, source: &mut Source<'_>, limits: &Limits) -> Result<Option<u64>> {
        let at = self.end.clone();
        let end = source.array::<22>(at.start)?.unwrap_or_default();
        let mut disks = (u32::from(u16_at(&end, 4)), u32::from(u16_at(&end, 6)));
        let mut counts = (u64::from(u16_at(&end, 8)), u64::from(u16_at(&end, 10)));
        let (mut size, mut start) = (u64::from(u32_at(&end, 12)), u64::from(u32_at(&end, 16)));
        let mut stop = at.start;
        let locator = match at.start.checked_sub(LOCATOR_LEN) {
            Some(locator) => source.array::<20>(locator)?.filter(|bytes| bytes.starts_with(LOCATOR_64)),
            None => None,
        };
        if let Some(locator) = locator {
            let from = u64_at(&locator, 8);
            let to = at.start.saturating_sub(LOCATOR_LEN);
            let record = source.array::<56>(from)?.filter(|bytes| bytes.starts_with(END_64)).unwrap_or([0; 56]);
            let whole = from.checked_add(u64_at(&record, 4)).and_then(|end| end.checked_add(12));
            if whole != Some(to) {
                self.fatal("ZIP64 end record", &rows::ZIP_END, from.min(to)..at.start);
                return Ok(None);
            }
            self.wide = Some(from..to);
            stop = from;
            // What is not saturated must say the same.
            let same = |narrow: u64, max: u64, wide: u64| narrow == max || narrow == wide;
            let max = u64::from(u16::MAX);
            let (wide_size, wide_start) = (u64_at(&record, 40), u64_at(&record, 48));
            let wide_counts = (u64_at(&record, 24), u64_at(&record, 32));
            if !same(size, WIDE.into(), wide_size)
                || !same(start, WIDE.into(), wide_start)
                || !same(counts.0, max, wide_counts.0)
                || !same(counts.1, max, wide_counts.1)
            {
                self.fatal("ZIP64 end record", &rows::ZIP_END, from..at.end);
            }
            disks = (u32_at(&record, 16), u32_at(&record, 20));
            (counts, size, start) = (wide_counts, wide_size, wide_start);
        }
        if disks != (0, 0) || counts.0 != counts.1 {
            self.fatal("end record", &rows::ZIP_SPLIT, at.clone());
        }
        if start.checked_add(size) != Some(stop) || size < counts.1.saturating_mul(CENTRAL_LEN) {
            self.fatal("end record", &rows::ZIP_END, at);
            return Ok(None);
        }
        check_limit("segments", counts.1, limits.segments as u64)?;
        check_limit("metadata_bytes", size, limits.metadata_bytes)?;
        self.directory = start..stop;
        Ok(Some(counts.1))
    }

    /// Reads the central directory (4.3.12), whose extent was checked.
    fn read_directory(&mut self, count: u64, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
        let Range { start: mut at, end } = self.directory.clone();
        while at < end {
            check_limit("segments", self.entries.len() as u64, limits.segments as u64)?;
            let head = source.array::<46>(at)?.filter(|bytes| bytes.starts_with(CENTRAL)).unwrap_or([0; 46]);
            let lengths = [28, 30, 32].map(|field| u64::from(u16_at(&head, field)));
            let next = lengths.iter().fold(at.saturating_add(CENTRAL_LEN), |at, len| at.saturating_add(*len));
            if !head.starts_with(CENTRAL) || next > end {
                self.fatal("central directory", rows::ZIP_DIRECTORY.with("index", self.entries.len()), at..end);
                return Ok(());
            }
            let [names, extras, _] = lengths;
            let extra_at = at + CENTRAL_LEN + names;
            let name = source.bytes(at + CENTRAL_LEN..extra_at, COMMENT, "metadata_bytes")?;
            let extra = source.bytes(extra_at..extra_at + extras, COMMENT, "metadata_bytes")?;
            let mut values = [u32_at(&head, 24), u32_at(&head, 20), u32_at(&head, 42)].map(u64::from);
            let wide = widen(&extra, extra_at, &mut values);
            let [unpacked, packed, header] = values;
            let path = other_path(&extra, &name);
            self.entries.push(Entry {
                name,
                path,
                flags: u16_at(&head, 8),
                method: u16_at(&head, 10),
                crc: u32_at(&head, 16),
                packed,
                unpacked,
                header,
                central: at..next,
                wide,
            });
            at = next;
        }
        if self.entries.len() as u64 != count || self.entries.is_empty() {
            let reason = rows::ZIP_COUNT.with("stated", count).arg("found", self.entries.len());
            self.fatal("central directory", reason, self.directory.clone());
        }
        Ok(())
    }

    /// Compares every entry with its local header; gives back their records in file order.
    pub(super) fn records(&mut self, source: &mut Source<'_>) -> Result<Vec<Record>> {
        let entries = std::mem::take(&mut self.entries);
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by_key(|index| entries.get(*index).map_or(0, |e| e.header));
        let mut seen = HashSet::with_capacity(entries.len());
        let mut encrypted = None;
        for entry in &entries {
            if !seen.insert(entry.name.as_slice()) {
                self.fatal(&entry.shown(), &rows::ZIP_DUPLICATE, entry.central.clone());
            }
            if entry.path.is_some() && entry.is_named() {
                self.fatal(&entry.shown(), &rows::ZIP_PATH, entry.central.clone());
            }
            if unsafe_name(&entry.name) {
                self.fault(&entry.shown(), &rows::ZIP_NAME, entry.central.clone());
            }
            if entry.encrypted() {
                encrypted.get_or_insert(entry);
            }
        }
        if let Some(entry) = encrypted {
            self.fault(&entry.shown(), &rows::ZIP_ENCRYPTED, entry.central.clone());
        }
        let mut out = Vec::with_capacity(entries.len());
        let mut at = 0u64;
        for index in order {
            let Some(entry) = entries.get(index) else { continue };
            let name = || entry.shown();
            if entry.header < at {
                self.fatal(&name(), &rows::ZIP_OVERLAP, entry.central.clone());
                continue;
            }
            let local = self.local(entry, source)?;
            let Some(local) = local else {
                self.fatal(&name(), &rows::ZIP_LOCAL, entry.central.clone());
                continue;
            };
            if let Some(field) = local.disagrees {
                let range = entry.header..local.data.start;
                self.fatal(&name(), rows::ZIP_DISAGREE.with("field", field), range);
            }
            if local.descriptor == Descriptor::Missing && !entry.folder() {
                self.fault(&name(), &rows::ZIP_DESCRIPTOR, entry.header..local.data.end);
            }
            if entry.header > at {
                self.gap(source, at..entry.header)?;
            }
            at = at.max(local.end());
            out.push(Record { entry: index, range: entry.header..local.end(), data: local.data });
        }
        if at < self.directory.start {
            self.gap(source, at..self.directory.start)?;
        }
        self.entries = entries;
        Ok(out)
    }

    /// Bytes before, between or behind the entries. What looks like an entry is one to programs that
    /// read from the front, and none to those that read the directory.
    fn gap(&mut self, source: &mut Source<'_>, range: Range<u64>) -> Result<()> {
        let length = range.end - range.start;
        if source.array::<4>(range.start)?.is_some_and(|head| head == *LOCAL) {
            self.fatal(GAP, &rows::ZIP_HIDDEN, range);
        } else {
            self.fault(GAP, rows::ZIP_GAP.with("length", length), range);
        }
        Ok(())
    }

    /// Reads an entry's local header; `None` if there is none or its data lies outside.
    pub(super) fn local(&self, entry: &Entry, source: &mut Source<'_>) -> Result<Option<Local>> {
        let Some(head) = source.array::<30>(entry.header)?.filter(|head| head.starts_with(LOCAL)) else {
            return Ok(None);
        };
        let names = u64::from(u16_at(&head, 26));
        let extras = u64::from(u16_at(&head, 28));
        let extra_at = entry.header.saturating_add(LOCAL_LEN).saturating_add(names);
        let start = extra_at.saturating_add(extras);
        let Some(end) = start.checked_add(entry.packed).filter(|end| *end <= self.directory.start) else {
            return Ok(None);
        };
        let name = source.bytes(entry.header + LOCAL_LEN..extra_at, COMMENT, "metadata_bytes")?;
        let extra = source.bytes(extra_at..start, COMMENT, "metadata_bytes")?;
        let (crc, packed, unpacked) = (u32_at(&head, 14), u32_at(&head, 18), u32_at(&head, 22));
        let mut values = [unpacked.into(), packed.into(), 0];
        let wide = widen(&extra, extra_at, &mut values);
        let flags = u16_at(&head, 6);
        let late = flags & FLAG_DESCRIPTOR != 0;
        // Behind the flag, the header may leave them empty.
        let same = |value: u64, stated: u64| value == stated || (late && value == 0);
        let [long_unpacked, long_packed, _] = values;
        let path = other_path(&extra, &name);
        let disagrees = if name != entry.name || (path.is_some() && path != entry.path) {
            Some("name")
        } else if u16_at(&head, 8) != entry.method {
            Some("method")
        } else if (flags ^ entry.flags) & FLAG_ENCRYPTED != 0 {
            Some("flags")
        } else if !same(long_packed, entry.packed) || !same(long_unpacked, entry.unpacked) {
            Some("size")
        } else if !same(crc.into(), entry.crc.into()) && entry.crc != 0 && crc != 0 {
            // A manifest store stands with a checksum of 0 in one of the two (C2PA 2.2 A.6).
            Some("CRC-32")
        } else {
            None
        };
        let descriptor = if late { descriptor(entry, end, source)? } else { Descriptor::None };
        Ok(Some(Local { crc, packed, unpacked, wide, data: start..end, descriptor, disagrees }))
    }

    /// The index of the entry with this name; `fold`: in any case, as packages compare names.
    pub(super) fn find(&self, name: &str, fold: bool) -> Option<usize> {
        let name = name.as_bytes();
        let exact = self.entries.iter().position(|e| e.name == name);
        exact.or_else(|| self.entries.iter().position(|e| fold && e.name.eq_ignore_ascii_case(name)))
    }

    /// The bytes of an entry, inflated within bounds.
    #[cfg(test)]
    pub(super) fn part(&self, entry: &Entry, source: &mut Source<'_>, limits: &Limits) -> Result<Content> {
        self.part_within(entry, source, limits, PART)
    }

    /// The bytes of an entry, inflated to at most `most` bytes.
    pub(super) fn part_within(
        &self,
        entry: &Entry,
        source: &mut Source<'_>,
        limits: &Limits,
        most: usize,
    ) -> Result<Content> {
        if entry.encrypted() {
            return Ok(Err(rows::ZIP_ENCRYPTED.problem()));
        }
        let Some(local) = self.local(entry, source)? else { return Ok(Err(rows::ZIP_LOCAL.problem())) };
        let max = most.min(usize::try_from(limits.metadata_bytes).unwrap_or(usize::MAX));
        if entry.packed > max as u64 {
            return Ok(Err(reason::INFLATES.with("max", max)));
        }
        let packed = source.bytes(local.data, max as u64, "metadata_bytes")?;
        let cap = max.min(packed.len().saturating_mul(limits.inflate_ratio).max(64 << 10));
        let bytes = match entry.method {
            STORED => packed,
            DEFLATED => match inflate::raw(&packed, cap) {
                Ok(bytes) => bytes,
                Err(problem) => return Ok(Err(problem)),
            },
            method => return Ok(Err(reason::COMPRESSION.with("method", method))),
        };
        let sound = bytes.len() as u64 == entry.unpacked && crc(&bytes) == entry.crc;
        Ok(Ok((bytes, (!sound).then(|| reason::CHECKSUM.problem()))))
    }
}

/// Name of the part for bytes that belong to no entry.
pub(super) const GAP: &str = "gap";

/// CRC-32 of the uncompressed bytes (4.4.7).
pub(super) fn crc(bytes: &[u8]) -> u32 {
    let mut crc = crate::crc::Crc::new();
    crc.update(bytes);
    crc.sum()
}

/// Which of the four forms of a data descriptor stands at `at`.
fn descriptor(entry: &Entry, at: u64, source: &mut Source<'_>) -> Result<Descriptor> {
    let mut bytes = [0u8; 24];
    let n = source.read_at(at, &mut bytes)?;
    let bytes = bytes.get(..n).unwrap_or_default();
    for signed in [true, false] {
        let rest = if signed { bytes.strip_prefix(DESCRIPTOR) } else { Some(bytes) };
        let Some(rest) = rest.filter(|rest| u32_at(rest, 0) == entry.crc) else { continue };
        let narrow = (u64::from(u32_at(rest, 4)), u64::from(u32_at(rest, 8)));
        if rest.len() >= 20 && (u64_at(rest, 4), u64_at(rest, 12)) == (entry.packed, entry.unpacked) {
            return Ok(Descriptor::Here { signed, wide: true });
        }
        if rest.len() >= 12 && narrow == (entry.packed, entry.unpacked) {
            return Ok(Descriptor::Here { signed, wide: false });
        }
    }
    Ok(Descriptor::Missing)
}

/// Whether a name is absolute, leads upwards, or means different things to different systems.
fn unsafe_name(name: &[u8]) -> bool {
    name.is_empty()
        || name.starts_with(b"/")
        || name.iter().any(|b| matches!(b, b'\\' | 0))
        || name.get(1) == Some(&b':')
        || name.split(|b| *b == b'/').any(|part| part == b"..")
}

/// Name and data of a file's first entry, without its directory: for naming the format of a file that
/// was cut off.
pub(super) fn first(source: &mut Source<'_>) -> Result<Option<(Vec<u8>, Vec<u8>)>> {
    const MOST: u64 = 64 << 10;
    let Some(head) = source.array::<30>(0)?.filter(|head| head.starts_with(LOCAL)) else { return Ok(None) };
    let data = LOCAL_LEN + u64::from(u16_at(&head, 26)) + u64::from(u16_at(&head, 28));
    let name = source.bytes(LOCAL_LEN..LOCAL_LEN + u64::from(u16_at(&head, 26)), COMMENT, "metadata_bytes")?;
    let stated = match u64::from(u32_at(&head, 18)) {
        0 => MOST,
        stated => stated.min(MOST),
    };
    let bytes = source.bytes(data..data + stated, MOST, "metadata_bytes")?;
    let bytes = match u16_at(&head, 8) {
        STORED => bytes,
        DEFLATED => inflate::raw(&bytes, PART).unwrap_or_default(),
        _ => Vec::new(),
    };
    Ok(Some((name, bytes)))
}
