//! FLAC (RFC 9639): blocks of metadata, then frames; a tag of ID3v2 may stand in front.

use std::ops::Range;

use crate::container::{Container, Edit, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Slot};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::vorbis as rows;
use crate::message::{Message, general};
use crate::metadata::{id3, vorbis};
use crate::source::{Source, check_limit};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Flac;

const MARKER: &[u8; 4] = b"fLaC";
/// Most bytes of a block (RFC 9639 8.1).
const BLOCK: u64 = 0xFF_FFFF;
const STREAMINFO: u8 = 0;
const PADDING: u8 = 1;
const COMMENT: u8 = 4;
/// Most tags in front of the marker.
const TAGS: usize = 4;
/// Media types of a manifest store in a tag (C2PA 2.2 A.3.7 and before).
const STORES: [&[u8]; 2] = [b"application/c2pa", b"application/x-c2pa-manifest-store"];

/// A metadata block.
#[derive(Debug, Clone)]
struct Block {
    kind: u8,
    last: bool,
    /// Where its header of 4 bytes stands.
    at: u64,
    body: Range<u64>,
}

impl Block {
    const fn len(&self) -> u64 {
        self.body.end.saturating_sub(self.body.start)
    }

    const fn name(&self) -> &'static str {
        match self.kind {
            STREAMINFO => "STREAMINFO",
            PADDING => "PADDING",
            2 => "APPLICATION",
            3 => "SEEKTABLE",
            COMMENT => "VORBIS_COMMENT",
            5 => "CUESHEET",
            6 => "PICTURE",
            _ => "block",
        }
    }

    /// A header for `len` bytes.
    fn header(kind: u8, last: bool, len: u64) -> Result<Vec<u8>> {
        match u32::try_from(len).map(u32::to_be_bytes) {
            Ok([0, a, b, c]) => Ok(vec![kind | if last { 0x80 } else { 0 }, a, b, c]),
            _ => Err(Error::Refused(general::TOO_LARGE.with("part", "VORBIS_COMMENT"))),
        }
    }
}

/// Everything in front of the frames.
struct Front {
    tags: Vec<Range<u64>>,
    /// Where `fLaC` stands.
    marker: u64,
    blocks: Vec<Block>,
    /// Where the blocks end.
    end: u64,
    fault: Option<(&'static Message, Range<u64>)>,
}

/// The tags of ID3v2 at the start (ID3v2.4 3.1), and where they end.
fn tags(source: &mut Source<'_>) -> Result<(Vec<Range<u64>>, u64)> {
    let (mut out, mut at) = (Vec::new(), 0u64);
    while out.len() < TAGS {
        let Some([b'I', b'D', b'3', _, _, flags, a, b, c, d]) = source.array::<10>(at)? else { break };
        let size = [a, b, c, d].iter().fold(0u64, |size, b| size << 7 | u64::from(b & 0x7F));
        let end = at.saturating_add(size).saturating_add(if flags & 0x10 != 0 { 20 } else { 10 });
        out.push(at..end);
        at = end;
    }
    Ok((out, at))
}

impl Front {
    fn read(source: &mut Source<'_>, limits: &Limits) -> Result<Self> {
        let (tags, marker) = tags(source)?;
        let mut at = marker.saturating_add(4);
        let mut out = Self { tags, marker, blocks: Vec::new(), end: at, fault: None };
        loop {
            check_limit("segments", out.blocks.len() as u64, limits.segments as u64)?;
            let header = source.array::<4>(at)?;
            let body = at.saturating_add(4);
            let size = header.map_or(0, |[_, a, b, c]| u64::from(u32::from_be_bytes([0, a, b, c])));
            let end = body.saturating_add(size);
            let Some([kind, ..]) = header.filter(|_| end <= source.len()) else {
                out.fault = Some((&rows::BLOCK_PAST_END, at.min(source.len())..source.len()));
                break;
            };
            let last = kind & 0x80 != 0;
            out.blocks.push(Block { kind: kind & 0x7F, last, at, body: body..end });
            (at, out.end) = (end, end);
            if last {
                break;
            }
        }
        let sound = out.blocks.first().is_some_and(|b| b.kind == STREAMINFO && b.len() == 34)
            && out.blocks.iter().filter(|b| b.kind == STREAMINFO).count() == 1;
        if out.fault.is_none() && !sound {
            out.fault = Some((&rows::STREAM_INFO, marker..out.end));
        }
        // A wrong length of a block leads to anywhere but a frame.
        let frame = source.array::<2>(out.end)?;
        if out.fault.is_none() && out.end < source.len() && !matches!(frame, Some([0xFF, 0xF8 | 0xF9])) {
            out.fault = Some((&rows::NO_FRAME, out.end..source.len()));
        }
        Ok(out)
    }

    fn of(&self, kind: u8) -> impl Iterator<Item = &Block> {
        self.blocks.iter().filter(move |b| b.kind == kind)
    }
}

/// Whether a tag holds a manifest store.
fn holds_store(source: &mut Source<'_>, tag: &Range<u64>, limits: &Limits) -> Result<bool> {
    let end = tag.end.min(tag.start.saturating_add(limits.metadata_bytes));
    let bytes = source.bytes(tag.start..end, limits.metadata_bytes, "metadata_bytes")?;
    // Both begin alike, and few bytes do.
    let mut starts = bytes.windows(12).enumerate().filter(|(_, w)| *w == b"application/").map(|(at, _)| at);
    Ok(starts.any(|at| STORES.iter().any(|name| bytes.get(at..).is_some_and(|rest| rest.starts_with(name)))))
}

impl Container for Flac {
    fn identify(&self, _: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>> {
        let (_, marker) = tags(source)?;
        Ok((source.array::<4>(marker)?.as_ref() == Some(MARKER)).then_some(Format::Flac))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(format, len);
        let front = Front::read(source, limits)?;
        for tag in front.tags {
            let slot = holds_store(source, &tag, limits)?.then_some(Slot::Manifest);
            map.segments.push(Segment { slot, ..Segment::plain("ID3", tag) });
        }
        let marker = front.marker.min(len)..front.marker.saturating_add(4).min(len);
        map.segments.push(Segment::plain("fLaC", marker.clone()));
        let mut at = marker.end;
        for block in front.blocks {
            let name = block.name();
            at = block.body.end;
            if block.kind == STREAMINFO {
                // Its header may change: it says whether it is the last block.
                map.segments.push(Segment::plain("header", block.at..block.body.start));
                map.segments.push(Segment { essence: true, ..Segment::plain(name, block.body) });
            } else {
                let payload = block.body.clone();
                map.segments.push(Segment { payload, ..Segment::plain(name, block.at..block.body.end) });
            }
        }
        if at < len {
            map.segments.push(Segment { essence: true, ..Segment::plain("frames", at..len) });
        }
        if let Some((why, range)) = front.fault {
            let found = finding::FILE_MALFORMED.finding().arg("part", "fLaC").because("reason", why);
            map.findings.push(found.at(Site::new("fLaC", &range)));
            map.damaged = true;
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut out = Vec::new();
        let mut total = 0u64;
        for segment in map.segments.clone() {
            let name = segment.name.as_str();
            if !matches!(name, "ID3" | "VORBIS_COMMENT") {
                continue;
            }
            if name == "ID3" && segment.payload.end - segment.payload.start > id3::INSIDE {
                map.findings.push(id3::long(&segment));
                continue;
            }
            total = total.saturating_add(segment.payload.end - segment.payload.start);
            check_limit("metadata_bytes", total, limits.metadata_bytes)?;
            let bytes = source.bytes(segment.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
            if name == "ID3" {
                out.push(RawValue {
                    slot: Slot::item("id3", ""),
                    segment: segment.name,
                    range: segment.range,
                    plain_at: Some(segment.payload.start),
                    bytes,
                    after_essence: false,
                });
                continue;
            }
            let list = vorbis::read(&bytes, limits)?;
            check_limit("segments", (out.len() + list.entries.len()) as u64, limits.segments as u64)?;
            let at = segment.payload.start;
            let place = |range: &Range<usize>| at + range.start as u64..at + range.end as u64;
            out.extend(list.entries.iter().map(|entry| RawValue {
                slot: Slot::item("vorbis", entry.name.clone()),
                segment: segment.name.clone(),
                range: place(&entry.range),
                plain_at: Some(place(&entry.value).start),
                bytes: vorbis::head(&bytes, entry, limits).to_vec(),
                after_essence: false,
            }));
            if let Some(why) = list.fault {
                let found = finding::FILE_VALUE.finding().arg("part", name).because("reason", why);
                map.findings.push(found.at(Site::new(name, &segment.range)));
            }
        }
        Ok(id3::expand(out, map, limits))
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let [NewValue { slot: Slot::Item { place: "vorbis", key }, bytes }] = values else {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        };
        let front = Front::read(source, limits)?;
        let Some(info) = front.blocks.first() else {
            return Err(Error::Malformed(general::MALFORMED.with("part", "STREAMINFO")));
        };
        let count = front.of(COMMENT).count();
        if count > 1 {
            return Err(Error::Refused(rows::SEVERAL_BLOCKS.with("count", count)));
        }
        let mut edits = Vec::new();
        let (before, after);
        if let Some(old) = front.of(COMMENT).next() {
            let list = source.bytes(old.body.clone(), BLOCK, "metadata_bytes")?;
            let list = vorbis::put(&list, key, bytes, limits)?;
            (before, after) = (old.len(), list.len() as u64);
            let mut insert = Block::header(COMMENT, old.last, after)?;
            insert.extend(list);
            edits.push(Edit { at: old.at, remove: old.body.end - old.at, insert });
        } else {
            let list = vorbis::put(&vorbis::EMPTY, key, bytes, limits)?;
            let mut insert = Block::header(COMMENT, info.last, list.len() as u64)?;
            insert.extend(list);
            (before, after) = (0, insert.len() as u64);
            if info.last {
                edits.push(Edit { at: info.at, remove: 1, insert: vec![STREAMINFO] });
            }
            edits.push(Edit { at: info.body.end, remove: 0, insert });
        }
        edits.extend(padding(source, &front, before, after)?);
        edits.sort_by_key(|e| e.at);
        let mut patch = Patch::new(map.len);
        edits.into_iter().try_for_each(|edit| patch.push(edit))?;
        Ok(patch.into())
    }
}

/// The edits of a padding block that give or take what the other blocks take or give, so that the
/// frames stay where they are; none if there is no block for it.
fn padding(source: &mut Source<'_>, front: &Front, before: u64, after: u64) -> Result<Vec<Edit>> {
    for block in front.of(PADDING) {
        let Some(len) = block.len().saturating_add(before).checked_sub(after).filter(|len| *len <= BLOCK) else {
            continue;
        };
        let cut = block.len().saturating_sub(len);
        let lost = block.body.end.saturating_sub(cut)..block.body.end;
        let mut empty = true;
        source.copy(lost.clone(), &mut |part| {
            empty &= part.iter().all(|b| *b == 0);
            Ok(())
        })?;
        if empty {
            let added = usize::try_from(len.saturating_sub(block.len())).unwrap_or(0);
            return Ok(vec![
                Edit { at: block.at, remove: 4, insert: Block::header(PADDING, block.last, len)? },
                Edit { at: lost.start, remove: cut, insert: vec![0; added] },
            ]);
        }
    }
    Ok(Vec::new())
}
