//! HEIF and AVIF (ISO/IEC 23008-12; AV1 Image File Format): pictures as items of a `meta` box.

mod brands;
mod content;
mod write;

use std::collections::HashSet;
use std::ops::Range;

use crate::container::bmff::boxes::BoxAt;
use crate::container::bmff::items::{File, Item, Kind, Meta};
use crate::container::bmff::store;
use crate::container::{
    Container, FINDINGS, Head, NewValue, Placed, RawValue, Segment, SegmentMap, Sink, Slot, TRAILING, only_xmp,
};
use crate::error::{Problem, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::heif as rows;
use crate::source::{Source, check_limit};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Heif;

/// Counted for a value on top of its bytes, so that empty ones don't come for free.
const COST: u64 = 256;

/// The bytes of a metadata item among those of the pictures.
struct Mark {
    range: Range<u64>,
    name: &'static str,
    slot: Slot,
}

/// The packet of the picture, and its bytes if they can be read plainly.
struct Chosen<'a> {
    item: Option<&'a Item>,
    ranges: Option<Vec<Range<u64>>>,
}

impl<'a> Chosen<'a> {
    fn of(file: &'a File) -> Self {
        let found = file.meta.as_ref().and_then(|meta| Some((meta, meta.packet()?)));
        Self { item: found.map(|(_, item)| item), ranges: found.and_then(|(meta, item)| meta.ranges(item).ok()) }
    }

    /// The place that an item is. What describes another image is read, but is not the place for a
    /// statement about the picture. Tracks may share the packet of the file.
    fn slot(&self, item: &Item, ranges: Option<&[Range<u64>]>) -> (&'static str, Slot) {
        let same = ranges.is_some() && ranges == self.ranges.as_deref();
        match item.kind {
            Kind::Exif => ("Exif", Slot::Exif),
            Kind::Xmp if same || self.item.is_some_and(|chosen| std::ptr::eq(chosen, item)) => ("mime", Slot::Xmp),
            Kind::Xmp => ("mime", Slot::XmpExtended),
        }
    }
}

/// The bytes of every metadata item that can be read plainly, in file order.
fn marks(file: &File) -> Vec<Mark> {
    let chosen = Chosen::of(file);
    let mut out = Vec::new();
    for meta in file.all() {
        for item in meta.items.values() {
            let Ok(ranges) = meta.ranges(item) else { continue };
            let (name, slot) = chosen.slot(item, Some(&ranges));
            out.extend(ranges.into_iter().map(|range| Mark { range, name, slot: slot.clone() }));
        }
    }
    out.sort_by_key(|mark| (mark.range.start, mark.range.end));
    out
}

/// Adds parts to a map.
struct Parts<'a> {
    map: SegmentMap,
    marks: Vec<Mark>,
    stores: Vec<(u64, Range<u64>)>,
    limits: &'a Limits,
}

impl Parts<'_> {
    fn push(&mut self, segment: Segment) -> Result<()> {
        check_limit("segments", self.map.segments.len() as u64, self.limits.segments as u64)?;
        if !segment.range.is_empty() {
            self.map.segments.push(segment);
        }
        Ok(())
    }

    fn plain(&mut self, name: &str, range: Range<u64>) -> Result<()> {
        self.push(Segment::plain(name, range))
    }

    /// A box that holds the bytes of items: `mdat`, `idat`.
    fn content(&mut self, found: &BoxAt) -> Result<()> {
        let name = found.name();
        self.plain(&name, found.range.start..found.payload.start)?;
        let essence = |range: Range<u64>| Segment { essence: true, ..Segment::plain(&name, range) };
        let mut at = found.payload.start;
        let mut next = self.marks.partition_point(|mark| mark.range.start < at);
        while let Some(mark) = self.marks.get(next).filter(|mark| mark.range.start < found.payload.end) {
            next += 1;
            if mark.range.start < at || mark.range.end > found.payload.end {
                continue;
            }
            let item = Segment { slot: Some(mark.slot.clone()), ..Segment::plain(mark.name, mark.range.clone()) };
            self.push(essence(at..item.range.start))?;
            at = item.range.end;
            self.push(item)?;
        }
        self.push(essence(at..found.payload.end))
    }

    fn meta(&mut self, found: &BoxAt, meta: &Meta) -> Result<()> {
        let first = meta.children.first().map_or(found.range.end, |b| b.range.start);
        self.plain("meta", found.range.start..first)?;
        for child in &meta.children {
            match &child.kind {
                b"idat" => self.content(child)?,
                _ => self.plain(&child.name(), child.range.clone())?,
            }
        }
        self.plain("meta", meta.end.max(first)..found.range.end)
    }

    fn top(&mut self, found: &BoxAt, file: &File) -> Result<()> {
        match &found.kind {
            b"mdat" => self.content(found),
            b"meta" => match file.meta.as_ref().filter(|meta| meta.at == *found) {
                Some(meta) => self.meta(found, meta),
                None => self.plain("meta", found.range.clone()),
            },
            kind => {
                let (slot, payload) = match store::slot(&self.stores, found) {
                    Some((slot, payload)) => (Some(slot), payload),
                    None => (File::is_loose_xmp(found).then_some(Slot::XmpExtended), found.payload.clone()),
                };
                let essence = matches!(kind, b"ftyp" | b"imda" | b"mini");
                let range = found.range.clone();
                self.push(Segment { name: found.name(), range, payload, slot, essence })
            }
        }
    }
}

/// Reads values.
struct Reader<'a> {
    values: Vec<RawValue>,
    total: u64,
    limits: &'a Limits,
}

impl Reader<'_> {
    fn bytes(&mut self, source: &mut Source<'_>, ranges: &[Range<u64>]) -> Result<Option<Vec<u8>>> {
        let mut out = Vec::new();
        for range in ranges {
            self.total = self.total.saturating_add(range.end.saturating_sub(range.start)).saturating_add(COST);
            if range.end > source.len() {
                return Ok(None);
            }
            check_limit("metadata_bytes", self.total, self.limits.metadata_bytes)?;
            out.extend(source.bytes(range.clone(), self.limits.metadata_bytes, "metadata_bytes")?);
        }
        Ok(Some(out))
    }

    fn item(
        &mut self,
        source: &mut Source<'_>,
        ranges: &[Range<u64>],
        (name, slot): (&'static str, Slot),
    ) -> Result<Option<Problem>> {
        let Some(mut bytes) = self.bytes(source, ranges)? else { return Ok(Some(rows::ITEM_OUTSIDE.problem())) };
        let mut skip = 0usize;
        if slot == Slot::Exif {
            // Four bytes say how far behind them the TIFF header stands (ISO/IEC 23008-12, A.2.1).
            let far = bytes.first_chunk::<4>().map_or(u32::MAX, |far| u32::from_be_bytes(*far));
            skip = usize::try_from(far).unwrap_or(usize::MAX).saturating_add(4);
            let prefix = bytes.get(skip..).is_some_and(|rest| rest.starts_with(b"Exif\0\0"));
            skip = skip.saturating_add(if prefix { 6 } else { 0 });
            if skip > bytes.len() {
                return Ok(Some(rows::TIFF_OFFSET.problem()));
            }
            bytes.drain(..skip);
        }
        let start = ranges.iter().map(|range| range.start).min().unwrap_or(0);
        let end = ranges.iter().map(|range| range.end).max().unwrap_or(0);
        self.values.push(RawValue {
            slot,
            segment: name.to_owned(),
            range: start..end,
            plain_at: (ranges.len() == 1).then(|| start.saturating_add(skip as u64)),
            bytes,
            after_essence: false,
        });
        Ok(None)
    }
}

impl Container for Heif {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        Ok(brands::identify(head.bytes))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let file = File::read(source, limits)?;
        let stores = store::places(source, &file.top)?;
        let mut parts = Parts { map: SegmentMap::new(format, len), marks: marks(&file), stores, limits };
        for found in &file.top {
            parts.top(found, &file)?;
        }
        if file.end < len {
            let rest = file.end..len;
            let name = if file.trailing { TRAILING } else { "unreadable" };
            if file.trailing {
                let length = len - file.end;
                let finding = finding::FILE_TRAILING.finding().arg("length", length);
                parts.map.findings.push(finding.at(Site::new(TRAILING, &rest)));
            }
            parts.plain(name, rest)?;
        }
        let mut map = parts.map;
        map.damaged = !file.findings.is_empty();
        map.findings.extend(file.findings.iter().take(FINDINGS as usize).cloned());
        map.animated = file.top.iter().any(|b| &b.kind == b"moov");
        if let Some(meta) = &file.meta {
            map.size = meta.size(source, limits)?;
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let file = File::read(source, limits)?;
        let mut reader = Reader { values: Vec::new(), total: 0, limits };
        // Items of tracks may be those of the file once more.
        let mut seen = HashSet::new();
        let mut said = 0u64;
        let chosen = Chosen::of(&file);
        for meta in file.all() {
            let first = chosen.item.filter(|item| meta.items.get(&item.id).is_some_and(|own| std::ptr::eq(own, *item)));
            let others = meta.items.values().filter(|item| first.is_none_or(|first| !std::ptr::eq(first, *item)));
            for item in first.into_iter().chain(others) {
                let ranges = meta.ranges(item);
                let place = chosen.slot(item, ranges.as_deref().ok());
                let name = place.0;
                let problem = match ranges {
                    Ok(ranges) if seen.contains(&(item.kind, ranges.clone())) => None,
                    Ok(ranges) => {
                        let problem = reader.item(source, &ranges, place)?;
                        seen.insert((item.kind, ranges));
                        problem
                    }
                    Err(problem) => Some(problem),
                };
                if let Some(problem) = problem {
                    said = said.saturating_add(1);
                    check_limit("findings", said, FINDINGS)?;
                    let finding = finding::FILE_VALUE.finding().arg("part", name).because("reason", problem);
                    map.findings.push(finding.at(Site::new(name, &meta.at.range)));
                }
            }
        }
        for found in file.top.iter().filter(|b| File::is_loose_xmp(b)) {
            reader.item(source, std::slice::from_ref(&found.payload), ("uuid", Slot::XmpExtended))?;
        }
        Ok(reader.values)
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        content::file(map, source, limits, sink)
    }

    #[cfg(feature = "write")]
    fn put(&self, _: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        if let [NewValue { slot: Slot::Manifest, bytes }] = values {
            return store::put(source, bytes, limits).map(Placed::from);
        }
        let packet = only_xmp(values)?;
        check_limit("metadata_bytes", packet.len() as u64, limits.metadata_bytes)?;
        let file = File::read(source, limits)?;
        write::put(&file, source, packet, limits).map(Placed::from)
    }
}
