//! Matroska and WebM (RFC 9559): EBML elements, told apart by their document type.

mod content;
mod ebml;
mod pointers;
mod tags;
mod write;

#[cfg(test)]
mod tests;

use self::ebml::{Children, Element, Part};
use crate::container::{
    Container, FINDINGS, Head, NewValue, Placed, RawValue, Segment, SegmentMap, Sink, Slot, TRAILING, payload,
};
use crate::error::{Problem, Result};
use crate::finding::{self, Finding, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::matroska as rows;
use crate::source::{Source, check_limit};

/// Element IDs (RFC 8794 11, RFC 9559 5.1).
mod id {
    pub(super) const EBML: u32 = 0x1A45_DFA3;
    pub(super) const DOC_TYPE: u32 = 0x4282;
    pub(super) const MAX_ID_LENGTH: u32 = 0x42F2;
    pub(super) const MAX_SIZE_LENGTH: u32 = 0x42F3;
    pub(super) const VOID: u32 = 0xEC;
    pub(super) const CRC_32: u32 = 0xBF;
    pub(super) const SEGMENT: u32 = 0x1853_8067;
    pub(super) const SEEK_HEAD: u32 = 0x114D_9B74;
    pub(super) const SEEK: u32 = 0x4DBB;
    pub(super) const SEEK_ID: u32 = 0x53AB;
    pub(super) const SEEK_POSITION: u32 = 0x53AC;
    pub(super) const INFO: u32 = 0x1549_A966;
    pub(super) const TITLE: u32 = 0x7BA9;
    pub(super) const MUXING_APP: u32 = 0x4D80;
    pub(super) const WRITING_APP: u32 = 0x5741;
    pub(super) const DATE_UTC: u32 = 0x4461;
    pub(super) const TRACKS: u32 = 0x1654_AE6B;
    pub(super) const CHAPTERS: u32 = 0x1043_A770;
    pub(super) const CLUSTER: u32 = 0x1F43_B675;
    pub(super) const BLOCK_GROUP: u32 = 0xA0;
    pub(super) const CUES: u32 = 0x1C53_BB6B;
    pub(super) const ATTACHMENTS: u32 = 0x1941_A469;
    pub(super) const TAGS: u32 = 0x1254_C367;
    pub(super) const TAG: u32 = 0x7373;
    pub(super) const TARGETS: u32 = 0x63C0;
    pub(super) const SIMPLE_TAG: u32 = 0x67C8;
    pub(super) const TAG_NAME: u32 = 0x45A3;
    pub(super) const TAG_STRING: u32 = 0x4487;
}

/// Names of the elements that a map shows.
mod name {
    pub(super) const EBML: &str = "EBML";
    pub(super) const SEGMENT: &str = "Segment";
    pub(super) const SEEK_HEAD: &str = "SeekHead";
    pub(super) const INFO: &str = "Info";
    pub(super) const CLUSTER: &str = "Cluster";
    pub(super) const TAGS: &str = "Tags";
    pub(super) const VOID: &str = "Void";
    pub(super) const CRC_32: &str = "CRC-32";
    pub(super) const UNREADABLE: &str = "unreadable";
}

/// The elements of a Segment, and those of the level above.
const NAMES: &[(u32, &str)] = &[
    (id::EBML, name::EBML),
    (id::SEGMENT, name::SEGMENT),
    (id::SEEK_HEAD, name::SEEK_HEAD),
    (id::INFO, name::INFO),
    (id::TRACKS, "Tracks"),
    (id::CHAPTERS, "Chapters"),
    (id::CLUSTER, name::CLUSTER),
    (id::CUES, "Cues"),
    (id::ATTACHMENTS, "Attachments"),
    (id::TAGS, name::TAGS),
    (id::VOID, name::VOID),
    (id::CRC_32, name::CRC_32),
];

/// Whether an ID stands on the level of the Segment or on that of its children: it ends a cluster
/// of unknown size (RFC 8794 6.2).
fn is_top(id: u32) -> bool {
    id > 0x00FF_FFFF && NAMES.iter().any(|(known, _)| *known == id)
}

const fn is_root(id: u32) -> bool {
    matches!(id, id::EBML | id::SEGMENT)
}

/// Most bytes of a file that are searched for the next element behind something unreadable.
const SEARCH: u64 = 4 << 20;

/// The Matroska byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Matroska;

/// What an EBML header says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Document {
    doc_type: Option<Vec<u8>>,
    /// Whether IDs and sizes have other bounds than Matroska's.
    odd_lengths: bool,
}

impl Document {
    /// Reads the header's children, as far as they are there.
    fn parse(bytes: &[u8]) -> Self {
        let mut out = Self::default();
        let whole = Part { id: id::EBML, start: 0, size_at: 0, body: 0, end: bytes.len() };
        for part in Children::of(bytes, &whole) {
            let payload = part.payload(bytes);
            match part.id {
                id::DOC_TYPE => out.doc_type = Some(ebml::text(payload).to_vec()),
                id::MAX_ID_LENGTH => out.odd_lengths |= ebml::uint(payload) != Some(4),
                id::MAX_SIZE_LENGTH => {
                    out.odd_lengths |= !ebml::uint(payload).is_some_and(|most| (4..=8).contains(&most));
                }
                _ => {}
            }
        }
        out
    }
}

fn malformed(part: &str, reason: impl Into<Problem>, at: u64, end: u64) -> Finding {
    finding::FILE_MALFORMED.finding().arg("part", part).because("reason", reason).at(Site::new(part, &(at..end)))
}

/// A walk over the elements of a file.
struct Walk<'w, 's> {
    source: &'w mut Source<'s>,
    limits: &'w Limits,
    map: SegmentMap,
    /// Headers read so far.
    elements: u64,
    /// Bytes searched so far.
    searched: u64,
}

impl Walk<'_, '_> {
    fn read(&mut self, at: u64, end: u64) -> Result<Option<Element>> {
        self.elements += 1;
        check_limit("elements", self.elements, self.limits.elements as u64)?;
        ebml::read(self.source, at, end)
    }

    fn push(&mut self, segment: Segment) -> Result<()> {
        check_limit("segments", self.map.segments.len() as u64, self.limits.segments as u64)?;
        self.map.segments.push(segment);
        Ok(())
    }

    fn damage(&mut self, finding: Finding) {
        self.map.damaged = true;
        if (self.map.findings.len() as u64) < FINDINGS {
            self.map.findings.push(finding);
        }
    }

    /// Says that an element reaches past `end`, where its parent or the file ends.
    fn past(&mut self, part: &str, at: u64, stop: u64, end: u64) {
        let cut = &finding::FILE_TRUNCATED;
        if end < self.map.len {
            self.damage(malformed(part, rows::PAST_PARENT.problem(), at, end));
        } else if !self.map.findings.iter().any(|f| f.rule == cut) {
            let missing = stop - end;
            let finding = cut.finding().arg("part", part).arg("missing", missing);
            self.damage(finding.at(Site::new(part, &(at..end))));
        }
        self.map.damaged = true;
    }

    /// EBML headers and Segments, one after the other.
    fn file(&mut self) -> Result<()> {
        let len = self.map.len;
        let mut at = 0u64;
        while at < len {
            let Some(element) = self.read(at, len)? else { break };
            let stop = element.end();
            match (element.id, stop) {
                (id::SEGMENT, _) => at = self.segment(at, &element)?,
                (id::EBML, Some(stop)) => {
                    self.header(at, element.body, stop)?;
                    at = stop.min(len);
                }
                (id::VOID, Some(stop)) if stop <= len => {
                    self.push(Segment::plain(name::VOID, at..stop))?;
                    at = stop;
                }
                _ => break,
            }
        }
        let found = self.map.segments.iter().any(|s| s.name == name::SEGMENT);
        if !found {
            self.damage(malformed(name::EBML, rows::NO_SEGMENT.problem(), 0, at));
        }
        if at < len {
            let name = if found { TRAILING } else { name::UNREADABLE };
            self.push(Segment::plain(name, at..len))?;
            if found {
                let site = Site::new(TRAILING, &(at..len));
                self.map.findings.push(finding::FILE_TRAILING.finding().arg("length", len - at).at(site));
            }
        }
        Ok(())
    }

    fn header(&mut self, at: u64, body: u64, stop: u64) -> Result<()> {
        let len = self.map.len;
        if stop > len {
            self.past(name::EBML, at, stop, len);
        }
        let stop = stop.min(len);
        self.push(Segment { payload: body.min(stop)..stop, ..Segment::plain(name::EBML, at..stop) })?;
        let children = body..stop.min(body.saturating_add(Head::LEN as u64));
        let bytes = self.source.bytes(children, self.limits.metadata_bytes, "metadata_bytes")?;
        if Document::parse(&bytes).odd_lengths {
            self.damage(malformed(name::EBML, rows::LENGTHS.problem(), at, stop));
        }
        Ok(())
    }

    /// The children of a Segment; gives back where it ends.
    fn segment(&mut self, start: u64, segment: &Element) -> Result<u64> {
        let len = self.map.len;
        let stated = segment.end();
        let end = stated.unwrap_or(len).min(len);
        self.push(Segment { payload: segment.body..end, ..Segment::plain(name::SEGMENT, start..segment.body) })?;
        if let Some(stop) = stated.filter(|stop| *stop > len) {
            self.past(name::SEGMENT, start, stop, len);
        }
        let mut at = segment.body;
        while at < end {
            let Some(element) = self.read(at, end)? else {
                at = self.unreadable(at, end, rows::NO_ELEMENT.problem())?;
                continue;
            };
            if stated.is_none() && is_root(element.id) {
                break;
            }
            let name = NAMES.iter().find(|(id, _)| *id == element.id).map(|(_, name)| *name);
            let stop = match element.end() {
                Some(stop) => stop,
                None if element.id == id::CLUSTER => self.cluster(element.body, end)?,
                None => {
                    at = self.unreadable(at, end, rows::UNKNOWN_SIZE.problem())?;
                    continue;
                }
            };
            if stop > end {
                self.past(name.unwrap_or(name::SEGMENT), at, stop, end);
            }
            let range = at..stop.min(end);
            at = range.end;
            if element.id == id::CLUSTER {
                self.run(range)?;
                continue;
            }
            let name = name.map_or_else(|| format!("0x{:X}", element.id), str::to_owned);
            self.push(Segment { payload: element.body..range.end, ..Segment::plain(&name, range) })?;
        }
        Ok(at)
    }

    /// Adds a cluster to the run that ends where it starts, or begins one.
    fn run(&mut self, range: std::ops::Range<u64>) -> Result<()> {
        match self.map.segments.last_mut() {
            Some(last) if last.essence && last.range.end == range.start => {
                last.range.end = range.end;
                last.payload.end = range.end;
                Ok(())
            }
            _ => self.push(Segment { essence: true, ..Segment::plain(name::CLUSTER, range) }),
        }
    }

    /// Where a cluster of unknown size ends: before the next element that cannot be in it. Only
    /// headers are read.
    fn cluster(&mut self, body: u64, end: u64) -> Result<u64> {
        let mut at = body;
        while at < end {
            let Some(element) = self.read(at, end)? else { break };
            if is_top(element.id) {
                break;
            }
            match element.end() {
                // The rest is the caller's to complain about.
                Some(stop) if stop > end => return Ok(stop),
                Some(stop) => at = stop,
                // A group is left where its cluster is: its children are walked as the cluster's.
                None if element.id == id::BLOCK_GROUP => at = element.body,
                None => break,
            }
        }
        Ok(at)
    }

    /// Reports what stands at `at`, and gives back where the next element seems to begin.
    fn unreadable(&mut self, at: u64, end: u64, reason: Problem) -> Result<u64> {
        let next = self.search(at.saturating_add(1), end)?;
        self.damage(malformed(name::SEGMENT, reason, at, next));
        self.push(Segment::plain(name::UNREADABLE, at..next))?;
        Ok(next)
    }

    /// The next child of a Segment by its four bytes; `end` if none is near.
    fn search(&mut self, from: u64, end: u64) -> Result<u64> {
        let mut at = from;
        while at < end && self.searched < SEARCH {
            let window = self.source.window(at)?;
            let most = usize::try_from(end - at).unwrap_or(usize::MAX).min(window.len());
            // All these IDs begin with a byte from 0x10 to 0x1F.
            let skip = window.get(..most).unwrap_or_default().iter().position(|b| b >> 4 == 1);
            let step = skip.unwrap_or(most) as u64;
            self.searched = self.searched.saturating_add(step + 1);
            at = at.saturating_add(step);
            if skip.is_none() {
                if step == 0 {
                    break;
                }
                continue;
            }
            if let Some(element) = ebml::read(self.source, at, end)?
                && is_top(element.id)
                && element.end().map_or(element.id == id::CLUSTER, |stop| stop <= end)
            {
                return Ok(at);
            }
            at = at.saturating_add(1);
        }
        Ok(end)
    }
}

impl Container for Matroska {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        let Some(header) = ebml::Header::parse(head.bytes).filter(|h| h.id == id::EBML) else { return Ok(None) };
        let most = header.size.and_then(|size| usize::try_from(size).ok()).unwrap_or(usize::MAX);
        let body = head.bytes.get(header.len()..).unwrap_or_default();
        let document = Document::parse(body.get(..most.min(body.len())).unwrap_or_default());
        Ok(match document.doc_type.as_deref() {
            Some(b"webm") => Some(Format::Webm),
            Some(b"matroska") | None => Some(Format::Matroska),
            Some(_) => None,
        })
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let map = SegmentMap::new(format, source.len());
        let mut walk = Walk { source, limits, map, elements: 0, searched: 0 };
        walk.file()?;
        Ok(walk.map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut out = Vec::new();
        let mut found: Vec<Finding> = Vec::new();
        let mut total = 0u64;
        for segment in map.segments.iter().filter(|s| s.name == name::TAGS || s.name == name::INFO) {
            total = total.saturating_add(segment.payload.end - segment.payload.start);
            check_limit("metadata_bytes", total, limits.metadata_bytes)?;
            let bytes = payload(source, segment, limits)?;
            let base = segment.payload.start;
            let place = |part: &Part| base + part.start as u64..base + part.end as u64;
            let mut push = |slot: Slot, range, string: &Part| -> Result<()> {
                check_limit("segments", out.len() as u64, limits.segments as u64)?;
                out.push(RawValue {
                    slot,
                    segment: segment.name.clone(),
                    range,
                    plain_at: Some(base + string.body as u64),
                    bytes: ebml::text(string.payload(&bytes)).to_vec(),
                    after_essence: false,
                });
                Ok(())
            };
            let whole = Part { id: id::TAGS, start: 0, size_at: 0, body: 0, end: bytes.len() };
            if segment.name == name::INFO {
                for (name, part) in tags::info(&bytes, &whole) {
                    push(Slot::item("info", name), place(&part), &part)?;
                }
                continue;
            }
            let broken = tags::walk(&bytes, whole, &mut |_, text| {
                let key = String::from_utf8_lossy(text.name).into_owned();
                push(Slot::item("tag", key), place(&text.tag), &text.string)
            })?;
            if let Some(broken) = broken {
                let (at, reason) = match broken {
                    tags::Broken::Element(at) => (at, rows::PAST_PARENT.problem()),
                    tags::Broken::Deep(at) => (at, rows::TOO_DEEP.problem()),
                };
                found.push(malformed(name::TAGS, reason, base + at as u64, segment.range.end));
                map.damaged = true;
            }
            if ebml::checksum(&bytes, &whole).is_some_and(|sum| !sum.holds) {
                let site = Site::new(name::TAGS, &segment.range);
                found.push(finding::FILE_CHECKSUM.finding().arg("part", name::TAGS).at(site));
            }
            check_limit("findings", found.len() as u64, FINDINGS)?;
        }
        // A nested tag is seen before the one around it.
        out.sort_by_key(|value| value.plain_at);
        map.findings.append(&mut found);
        Ok(out)
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        content::write(map, source, limits, sink)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        write::put(map, source, values, limits)
    }
}
