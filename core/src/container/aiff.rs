//! AIFF and AIFF-C: an IFF file of chunks padded to even length, numbers big-endian.

use std::ops::Range;

use crate::container::{
    Container, Edit, FINDINGS, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, TRAILING,
};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::id3 as rows;
use crate::message::{general, reason};
use crate::metadata::id3::{self, Tag};
use crate::source::{Source, check_limit};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Aiff;

/// One chunk.
#[derive(Debug, Clone)]
struct Chunk {
    id: [u8; 4],
    /// Header, data and pad byte.
    range: Range<u64>,
    data: Range<u64>,
    /// Bytes that are missing before the stated end.
    missing: u64,
}

impl Chunk {
    fn is_tag(&self) -> bool {
        self.id.eq_ignore_ascii_case(b"ID3 ")
    }

    fn name(&self) -> String {
        self.id.iter().map(|b| char::from(*b)).collect()
    }
}

/// What stands where.
struct Layout {
    chunks: Vec<Chunk>,
    /// Where the form ends according to its size field.
    stated: u64,
    /// Where it ends in this file.
    end: u64,
    /// Bytes in the form that are too few for a chunk.
    rest: Range<u64>,
}

impl Layout {
    fn read(source: &mut Source<'_>, limits: &Limits) -> Result<Self> {
        let len = source.len();
        let stated = 8 + source.array::<4>(4)?.map_or(0, |size| u64::from(u32::from_be_bytes(size)));
        let end = stated.min(len).max(12.min(len));
        let mut chunks = Vec::new();
        let mut at = 12.min(len);
        while end - at >= 8 {
            check_limit("segments", chunks.len() as u64, limits.segments as u64)?;
            let Some([k0, k1, k2, k3, size @ ..]) = source.array::<8>(at)? else { break };
            let data = at + 8;
            let data_end = data + u64::from(u32::from_be_bytes(size));
            let next = data_end + (data_end - data) % 2;
            chunks.push(Chunk {
                id: [k0, k1, k2, k3],
                range: at..next.min(end),
                data: data..data_end.min(end),
                missing: data_end.saturating_sub(end),
            });
            at = next.min(end);
        }
        Ok(Self { chunks, stated, end, rest: at..end })
    }

    /// The chunks that hold a tag, with it.
    fn tags(&self, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<(&Chunk, Option<Tag>)>> {
        let mut count = 0;
        let mut out = Vec::new();
        for chunk in self.chunks.iter().filter(|chunk| chunk.is_tag()) {
            out.push((chunk, Tag::read(source, chunk.data.start, chunk.data.end, limits, &mut count)?));
        }
        Ok(out)
    }
}

/// The texts of a chunk `COMT`: each with a time stamp, a marker and a length before it.
fn comments(chunk: &Chunk, bytes: &[u8], limits: &Limits, out: &mut Vec<RawValue>) -> Result<()> {
    let mut at = 2usize;
    while let Some(rest) = bytes.get(at..)
        && let Some(([_, _, _, _, _, _, l0, l1], rest)) = rest.split_first_chunk::<8>()
        && let Some(text) = rest.get(..usize::from(u16::from_be_bytes([*l0, *l1])))
    {
        let start = at.saturating_add(8);
        out.push(value(chunk, start, text));
        check_limit("segments", out.len() as u64, limits.segments as u64)?;
        at = start.saturating_add(text.len()).saturating_add(text.len() % 2);
    }
    Ok(())
}

fn value(chunk: &Chunk, skip: usize, bytes: &[u8]) -> RawValue {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last + 1);
    RawValue {
        slot: Slot::item("aiff", chunk.name()),
        segment: chunk.name(),
        range: chunk.range.clone(),
        plain_at: Some(chunk.data.start.saturating_add(skip as u64)),
        bytes: bytes.get(..end).unwrap_or_default().to_vec(),
        after_essence: false,
    }
}

impl Container for Aiff {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        let form = matches!(head.bytes.get(8..12), Some(b"AIFF" | b"AIFC"));
        Ok((head.bytes.starts_with(b"FORM") && form).then_some(Format::Aiff))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let layout = Layout::read(source, limits)?;
        let mut map = SegmentMap::new(format, source.len());
        let malformed = |part: &str, reason, range: &Range<u64>| {
            finding::FILE_MALFORMED.finding().arg("part", part).because("reason", reason).at(Site::new(part, range))
        };
        map.segments.push(Segment::plain("FORM", 0..12.min(map.len)));
        if layout.stated > map.len {
            let found = finding::FILE_TRUNCATED.finding().arg("part", "FORM").arg("missing", layout.stated - map.len);
            map.findings.push(found.at(Site::new("FORM", &(0..map.len))));
            map.damaged = true;
        }
        let mut tags = layout.tags(source, limits)?.into_iter();
        let mut budget = 0;
        for chunk in &layout.chunks {
            let name = chunk.name();
            if chunk.missing > 0 {
                if layout.stated <= map.len {
                    map.findings.push(malformed(&name, &reason::CHUNK_PAST_END, &chunk.range));
                }
                map.damaged = true;
            }
            let tag = if chunk.is_tag() { tags.next().and_then(|(_, tag)| tag) } else { None };
            match tag {
                Some(tag) => {
                    if tag.missing > 0 {
                        map.findings.push(malformed(&name, &rows::TAG_PAST_END, &chunk.range));
                        map.damaged = true;
                    }
                    map.segments.extend(tag.segments(&name, chunk.range.clone(), source, limits, &mut budget)?);
                }
                None => {
                    // A pad byte is no sound: one that is missing is added.
                    let range = chunk.range.start..chunk.data.end;
                    map.segments.push(Segment {
                        payload: chunk.data.clone(),
                        essence: matches!(&chunk.id, b"COMM" | b"SSND"),
                        ..Segment::plain(&name, range)
                    });
                    if chunk.data.end < chunk.range.end {
                        map.segments.push(Segment::plain("pad", chunk.data.end..chunk.range.end));
                    }
                }
            }
            check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
        }
        if !layout.rest.is_empty() {
            map.findings.push(malformed("FORM", &reason::CHUNK_TAIL, &layout.rest));
            map.segments.push(Segment::plain("unreadable", layout.rest.clone()));
            map.damaged = true;
        }
        if !layout.chunks.iter().any(|chunk| chunk.id == *b"COMM") {
            map.findings.push(malformed("FORM", &rows::NO_COMMON_CHUNK, &(0..map.len)));
            map.damaged = true;
        }
        if layout.end < map.len {
            let trailing = layout.end..map.len;
            let found = finding::FILE_TRAILING.finding().arg("length", trailing.end - trailing.start);
            map.findings.push(found.at(Site::new(TRAILING, &trailing)));
            map.segments.push(Segment::plain(TRAILING, trailing));
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let layout = Layout::read(source, limits)?;
        let mut out = Vec::new();
        let mut budget = 0u64;
        let mut complaints = 0u64;
        for (chunk, tag) in layout.tags(source, limits)? {
            let problem = match tag {
                Some(tag) => tag.texts(source, limits, &mut budget, &mut out)?,
                None => Some(rows::NO_TAG.problem()),
            };
            if let Some(problem) = problem {
                complaints += 1;
                check_limit("findings", complaints, FINDINGS)?;
                let found = finding::FILE_VALUE.finding().arg("part", "ID3").because("reason", problem);
                map.findings.push(found.at(Site::new("ID3", &chunk.range)));
            }
        }
        for chunk in &layout.chunks {
            if !matches!(&chunk.id, b"NAME" | b"AUTH" | b"ANNO" | b"(c) " | b"COMT") {
                continue;
            }
            budget = budget.saturating_add(chunk.data.end - chunk.data.start);
            check_limit("metadata_bytes", budget, limits.metadata_bytes)?;
            let bytes = source.bytes(chunk.data.clone(), limits.metadata_bytes, "metadata_bytes")?;
            if chunk.id == *b"COMT" {
                comments(chunk, &bytes, limits, &mut out)?;
            } else {
                out.push(value(chunk, 0, &bytes));
            }
            check_limit("segments", out.len() as u64, limits.segments as u64)?;
        }
        out.sort_by_key(|value| value.range.start);
        Ok(out)
    }

    /// The type of the form and its version say how the sound is to be read.
    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, _: &Limits, sink: &mut Sink) -> Result<()> {
        sink.ranges(source, "form", std::slice::from_ref(&(8..12)))?;
        let versions = map.segments.iter().filter(|s| s.name == "FVER");
        sink.ranges(source, "version", &versions.map(|s| s.range.clone()).collect::<Vec<_>>())?;
        sink.essence(map, source)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let wanted = id3::wanted(values, limits)?;
        let layout = Layout::read(source, limits)?;
        let mut tags = Vec::new();
        let mut chunks = Vec::new();
        for (chunk, tag) in layout.tags(source, limits)? {
            let broken = || Error::Malformed(general::MALFORMED.with("part", "ID3").at(chunk.range.start));
            tags.push(tag.ok_or_else(broken)?);
            chunks.push(chunk);
        }
        // Most readers know the name in upper case alone.
        let home = chunks.iter().position(|chunk| chunk.id == *b"ID3 ");
        let edits = id3::edits(source, &tags, home, &wanted, &[], limits)?;
        let mut out = Vec::new();
        for (chunk, edits) in chunks.into_iter().zip(edits.tags) {
            let old = chunk.data.end - chunk.data.start;
            let new = edits.iter().fold(old, |len, edit| len - edit.remove + edit.insert.len() as u64);
            if new != old {
                out.push(Edit { at: chunk.range.start + 4, remove: 4, insert: number(new)?.to_vec() });
            }
            out.extend(edits);
            let pad = chunk.range.end - chunk.data.end;
            if new % 2 != pad {
                out.push(Edit { at: chunk.data.end, remove: pad, insert: vec![0; usize::from(new % 2 == 1)] });
            }
        }
        if let Some(tag) = edits.fresh {
            // A pad byte that is missing behind the last chunk is due before the next one.
            let last = layout.chunks.last().filter(|chunk| (chunk.data.end - chunk.data.start) % 2 == 1);
            let mut insert = vec![0; usize::from(last.is_some_and(|chunk| chunk.range.end == chunk.data.end))];
            insert.extend(b"ID3 ");
            insert.extend(number(tag.len() as u64)?);
            let odd = tag.len() % 2 == 1;
            insert.extend(tag);
            insert.resize(insert.len() + usize::from(odd), 0);
            out.push(Edit { at: layout.end, remove: 0, insert });
        }
        let end = out.iter().fold(layout.end, |len, edit| len - edit.remove + edit.insert.len() as u64);
        let mut patch = Patch::new(map.len);
        if end != layout.end {
            patch.push(Edit { at: 4, remove: 4, insert: number(end - 8)?.to_vec() })?;
        }
        for edit in out {
            patch.push(edit)?;
        }
        Ok(patch.into())
    }
}

/// A size field.
fn number(size: u64) -> Result<[u8; 4]> {
    let size = u32::try_from(size).map_err(|_| Error::Refused(general::TOO_LARGE.with("part", "FORM")))?;
    Ok(size.to_be_bytes())
}
