//! TIFF 6.0, BigTIFF and DNG: a graph of directories that point to values and to strips or tiles
//! of the picture anywhere in the file.
//!
//! Nothing is moved: a new value and a new copy of the first directory go to the end, and the
//! header points to that copy. A value that was there before stays as bytes to which nothing
//! points any more.
//!
//! A manifest store goes into the first directory too, as it did before C2PA 2.2: in a directory
//! of its own behind the last one (C2PA 2.4, A.3.4) it would be one more page to most readers.

mod content;
mod directory;

use std::ops::Range;

use crate::container::{
    Container, Edit, FINDINGS, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, payload,
};
use crate::error::{Error, Problem, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::tiff as rows;
use crate::message::general;
use crate::metadata::exif;
use crate::source::{Source, check_limit};
use directory::{BYTE, Directory, Header, Step, Stretches, UNDEFINED, Way, tag, walk};

/// The TIFF byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Tiff;

/// Name of the first directory.
const FIRST: &str = "IFD0";

/// The name of a tag whose text may hold a label.
const fn text_name(tag: u16) -> Option<&'static str> {
    match tag {
        exif::tag::USER_COMMENT => Some("UserComment"),
        exif::tag::IMAGE_DESCRIPTION => Some("ImageDescription"),
        exif::tag::SOFTWARE => Some("Software"),
        exif::tag::ARTIST => Some("Artist"),
        exif::tag::COPYRIGHT => Some("Copyright"),
        exif::tag::XP_TITLE => Some("XPTitle"),
        exif::tag::XP_COMMENT => Some("XPComment"),
        exif::tag::XP_KEYWORDS => Some("XPKeywords"),
        _ => None,
    }
}

fn header(source: &mut Source<'_>) -> Result<Option<Header>> {
    let mut head = [0u8; 16];
    let n = source.read_at(0, &mut head)?;
    Ok(Header::read(head.get(..n).unwrap_or_default()))
}

/// Parts of `range` that none of `taken` has; those are ascending and apart from each other.
fn without(range: &Range<u64>, taken: &[Range<u64>], out: &mut Vec<Range<u64>>) {
    let mut at = range.start;
    let from = taken.partition_point(|t| t.end <= range.start);
    for other in taken.iter().skip(from).take_while(|t| t.start < range.end) {
        if at < other.start {
            out.push(at..other.start);
        }
        at = at.max(other.end);
    }
    if at < range.end {
        out.push(at..range.end);
    }
}

/// The parts that have a name, while they are found.
struct Parts {
    header: Header,
    len: u64,
    first: Option<Range<u64>>,
    size: (Option<u64>, Option<u64>),
    /// Packet of the first directory, and manifest stores.
    slots: Vec<(&'static str, Slot, Range<u64>)>,
    stretches: Stretches,
    /// Problems: part, reason, place.
    broken: Vec<(&'static str, Problem, u64)>,
    /// Where the value ends that reaches farthest.
    end: u64,
}

impl Parts {
    fn fault(&mut self, part: &'static str, reason: Problem, at: u64) {
        if (self.broken.len() as u64) < FINDINGS {
            self.broken.push((part, reason, at));
        }
    }

    fn directory(&mut self, way: Way, found: &Directory, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
        if way == Way::Exif {
            return Ok(());
        }
        if found.next.is_none() {
            self.end = self.end.max(self.len.saturating_add(1));
        }
        self.stretches.add(self.header, found, source, limits)?;
        if way == Way::Sub {
            return Ok(());
        }
        let first = self.first.is_none();
        if first {
            self.first = Some(found.range.clone());
            let mut side = |tag| found.find(tag).map_or(Ok(None), |entry| self.header.value(source, entry));
            self.size = (side(tag::IMAGE_WIDTH)?, side(tag::IMAGE_LENGTH)?);
        }
        for entry in &found.entries {
            // Bytes that are due behind the end must not come to be those of a new packet.
            self.end = self.end.max(entry.value.end);
            let (name, slot) = match entry.tag {
                tag::XMP if first => ("XMP", Slot::Xmp),
                tag::C2PA => ("C2PA", Slot::Manifest),
                _ => continue,
            };
            if slot == Slot::Xmp && self.slots.iter().any(|(_, there, _)| *there == slot) {
                self.fault(name, rows::IFD_REPEATED.problem(), found.range.start);
                continue;
            }
            let value = entry.value.start..entry.value.end.min(self.len);
            if !value.is_empty() && (self.slots.len() as u64) < FINDINGS {
                self.slots.push((name, slot, value));
            }
        }
        Ok(())
    }

    /// Every part in order.
    fn segments(self, map: &mut SegmentMap, limits: &Limits) -> Result<()> {
        let Self { header, len, mut slots, stretches, .. } = self;
        let head = 0..header.len().min(len);
        let mut out = vec![Segment::plain("header", head.clone())];
        let picture = stretches.within(&(head.end..len));
        check_limit("segments", picture.len() as u64 * 2, limits.segments as u64)?;
        slots.sort_by_key(|(_, _, range)| range.start);
        let mut taken = Vec::from([head]);
        for (name, slot, range) in slots {
            let mut free = Vec::new();
            without(&range, &taken, &mut free);
            let mut clear = Vec::new();
            without(&range, &picture, &mut clear);
            if free.as_slice() != [range.clone()] || clear.as_slice() != [range.clone()] {
                map.findings.push(
                    finding::FILE_MALFORMED
                        .finding()
                        .arg("part", name)
                        .because("reason", &rows::IFD_OVERLAP)
                        .at(Site::new(name, &range)),
                );
                map.damaged = true;
            }
            let Some(range) = free.into_iter().next() else { continue };
            taken.push(range.clone());
            out.push(Segment { slot: Some(slot), ..Segment::plain(name, range) });
        }
        let mut free = Vec::new();
        for range in &picture {
            without(range, &taken, &mut free);
        }
        taken.extend(free.iter().cloned());
        taken.sort_by_key(|range| range.start);
        out.extend(free.into_iter().map(|range| Segment { essence: true, ..Segment::plain("image", range) }));
        let mut rest = Vec::new();
        if let Some(first) = self.first {
            without(&(first.start..first.end.min(len)), &taken, &mut rest);
            taken.extend(rest.iter().cloned());
            taken.sort_by_key(|range| range.start);
            out.extend(rest.drain(..).map(|range| Segment::plain(FIRST, range)));
        }
        without(&(0..len), &taken, &mut rest);
        out.extend(rest.into_iter().map(|range| Segment::plain("data", range)));
        out.sort_by_key(|segment| segment.range.start);
        check_limit("segments", out.len() as u64, limits.segments as u64)?;
        map.segments = out;
        Ok(())
    }
}

impl Container for Tiff {
    fn identify(&self, head: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>> {
        let Some(header) = Header::read(head.bytes) else { return Ok(None) };
        // A raw file of Canon, which is a TIFF only on the outside.
        if !header.big && head.bytes.get(8..10) == Some(b"CR") {
            return Ok(None);
        }
        let bound = Limits { ifd_entries: usize::from(u16::MAX), ..Limits::default() };
        let first = match header.directory(source, header.first, &bound) {
            Err(Error::Limit(_)) => None,
            read => read?,
        };
        let raw = first.is_some_and(|first| first.find(tag::DNG_VERSION).is_some());
        Ok(Some(if raw { Format::Dng } else { Format::Tiff }))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(format, len);
        let Some(header) = header(source)? else {
            return Err(Error::Malformed(general::MALFORMED.with("part", "header")));
        };
        let mut parts = Parts {
            header,
            len,
            first: None,
            size: (None, None),
            slots: Vec::new(),
            stretches: Stretches::default(),
            broken: Vec::new(),
            end: 0,
        };
        walk(header, source, limits, &mut |step, source| {
            match step {
                Step::Found(way, found) => parts.directory(way, found, source, limits)?,
                Step::Cycle(at) => parts.fault("IFD", rows::IFD_CYCLE.problem(), at),
                Step::Outside(at) => parts.fault("IFD", rows::IFD_OUTSIDE.problem(), at),
            }
            Ok(())
        })?;
        for (part, reason, at) in std::mem::take(&mut parts.broken) {
            let site = Site::new(part, &(at.min(len)..at.min(len)));
            map.findings.push(finding::FILE_MALFORMED.finding().arg("part", part).because("reason", reason).at(site));
            map.damaged = true;
        }
        let end = parts.end.max(parts.stretches.end);
        if end > len {
            let part = if parts.stretches.end > len { "image" } else { "IFD" };
            let missing = end - len;
            let lost = finding::FILE_TRUNCATED.finding().arg("part", part).arg("missing", missing);
            map.findings.push(lost.at(Site::new(part, &(0..len))));
            map.damaged = true;
        }
        if let (Some(width), Some(height)) = parts.size {
            map.size = u32::try_from(width).ok().zip(u32::try_from(height).ok());
        }
        parts.segments(&mut map, limits)?;
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let Some(header) = header(source)? else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        let mut total = 0u64;
        for segment in map.segments.iter().filter(|s| s.slot == Some(Slot::Xmp)) {
            total = total.saturating_add(segment.payload.end - segment.payload.start);
            out.push(RawValue {
                slot: Slot::Xmp,
                segment: segment.name.clone(),
                range: segment.range.clone(),
                plain_at: Some(segment.payload.start),
                bytes: payload(source, segment, limits)?,
                after_essence: false,
            });
        }
        walk(header, source, limits, &mut |step, source| {
            let Step::Found(_, found) = step else { return Ok(()) };
            for entry in &found.entries {
                let Some(name) = text_name(entry.tag) else { continue };
                let most = limits.text_share(total);
                let end = entry.value.end.min(entry.value.start.saturating_add(most)).min(map.len);
                let range = entry.value.start..end;
                if range.is_empty() {
                    continue;
                }
                total = total.saturating_add(range.end - range.start);
                check_limit("metadata_bytes", total, limits.metadata_bytes)?;
                let stored = source.bytes(range.clone(), most, "metadata_bytes")?;
                let Some(text) = exif::decode(entry.tag, entry.kind, &stored, header.order) else { continue };
                if text.text.is_empty() {
                    continue;
                }
                // The text stands in the file as it is, behind a character code of 8 bytes or none.
                let skip = [0usize, 8]
                    .into_iter()
                    .find(|skip| stored.get(*skip..).is_some_and(|rest| rest.starts_with(text.text.as_bytes())));
                out.push(RawValue {
                    slot: Slot::item("exif", name),
                    segment: name.to_owned(),
                    plain_at: skip.map(|skip| range.start.saturating_add(skip as u64)),
                    range,
                    bytes: text.text.into_bytes(),
                    after_essence: false,
                });
            }
            Ok(())
        })?;
        Ok(out)
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        content::write(map, source, limits, sink)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let (slot, tag, value) = match values {
            [NewValue { slot: Slot::Xmp, bytes }] => (Slot::Xmp, tag::XMP, bytes),
            [NewValue { slot: Slot::Manifest, bytes }] => (Slot::Manifest, tag::C2PA, bytes),
            _ => return Err(Error::Internal(general::BAD_PIECES.problem())),
        };
        let (what, most) = match slot {
            Slot::Manifest => ("manifest_bytes", limits.manifest_bytes),
            _ => ("metadata_bytes", limits.metadata_bytes),
        };
        check_limit(what, value.len() as u64, most)?;
        let broken = || Error::Malformed(general::MALFORMED.with("part", FIRST));
        let header = header(source)?.ok_or_else(broken)?;
        let first = header.directory(source, header.first, limits)?.ok_or_else(broken)?;
        first.next.ok_or_else(broken)?;
        let mut patch = Patch::new(map.len);
        let mut present = map.segments.iter().filter(|s| s.slot.as_ref() == Some(&slot));
        let old = present.next();
        // Readers look into the last directory before the first.
        let elsewhere = present.next().is_some() || (old.is_some() && first.find(tag).is_none());
        if slot == Slot::Manifest && elsewhere {
            return Err(Error::Refused(rows::STORE_ELSEWHERE.problem()));
        }
        // One place for one value: where the new one has the length of the old one, it takes it.
        if let Some(old) = old
            && old.range.end - old.range.start == value.len() as u64
            && (old.range.end <= first.range.start || first.range.end <= old.range.start)
        {
            let there = source.bytes(old.payload.clone(), most, what)?;
            patch.replace(old.range.start, &there, value)?;
            return Ok(patch.into());
        }
        let align = if header.big { 8 } else { 2 };
        let mut tail = Vec::new();
        let pad = |tail: &mut Vec<u8>| {
            while !(map.len.saturating_add(tail.len() as u64)).is_multiple_of(align) {
                tail.push(0);
            }
            map.len.saturating_add(tail.len() as u64)
        };
        let at = pad(&mut tail);
        tail.extend_from_slice(value);
        let directory_at = pad(&mut tail);
        let old = source.bytes(first.range.clone(), limits.metadata_bytes, "metadata_bytes")?;
        tail.extend(with_entry(header, &first, &old, tag, at, value.len() as u64).ok_or_else(broken)?);
        let size = map.len.saturating_add(tail.len() as u64);
        if !header.big && size > u64::from(u32::MAX) {
            return Err(Error::Refused(rows::CLASSIC_FULL.with("size", size)));
        }
        let pointer = header.bytes(directory_at, header.offset_len());
        let place = header.len().saturating_sub(header.offset_len() as u64);
        patch.push(Edit { at: place, remove: pointer.len() as u64, insert: pointer })?;
        patch.insert(map.len, tail)?;
        Ok(patch.into())
    }
}

/// A directory with an entry for the value at `at`: instead of the one that it has, or before the first
/// tag that is greater (TIFF 6.0, section 2: ascending order).
fn with_entry(header: Header, first: &Directory, old: &[u8], which: u16, at: u64, len: u64) -> Option<Vec<u8>> {
    let mut entry = header.bytes(u64::from(which), 2);
    // Stores are of type UNDEFINED (C2PA), packets of type BYTE (ISO 16684-3).
    let kind = if which == tag::C2PA { UNDEFINED } else { BYTE };
    entry.extend(header.bytes(u64::from(kind), 2));
    entry.extend(header.bytes(len, header.offset_len()));
    if len <= header.offset_len() as u64 {
        return None;
    }
    entry.extend(header.bytes(at, header.offset_len()));
    let there = first.entries.iter().position(|e| e.tag == which);
    let number = first.entries.len();
    let place = there.or_else(|| first.entries.iter().position(|e| e.tag > which)).unwrap_or(number);
    let count = if there.is_some() { number } else { number.checked_add(1)? };
    if !header.big && count > usize::from(u16::MAX) {
        return None;
    }
    let start = header.count_len().checked_add(place.checked_mul(header.entry_len())?)?;
    let rest = if there.is_some() { start.checked_add(header.entry_len())? } else { start };
    let mut out = header.bytes(count as u64, header.count_len());
    out.extend_from_slice(old.get(header.count_len()..start)?);
    out.extend(entry);
    out.extend_from_slice(old.get(rest..)?);
    Some(out)
}

#[cfg(test)]
mod tests;
