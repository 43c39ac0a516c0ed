//! MPEG audio (ISO/IEC 11172-3, 13818-3) of layers I to III, and AAC in ADTS frames (ISO/IEC
//! 13818-7): frames one after the other, with tags before and behind them.

pub(crate) mod frames;
mod tail;

use std::ops::Range;

use crate::container::content::not_bound;
use crate::container::{Container, FINDINGS, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink};
use crate::error::Result;
use crate::finding::{self, Finding, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::id3 as rows;
use crate::metadata::id3::{self, Header, Tag};
use crate::source::{Source, check_limit};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Mp3;

/// A part beside the sound.
#[derive(Debug)]
enum Part {
    Id3(Tag),
    /// An APE tag: all of its bytes, and its items.
    Ape(Range<u64>, Range<u64>),
    /// One that is kept and not read.
    Other(&'static str, Range<u64>),
}

impl Part {
    const fn range(&self) -> &Range<u64> {
        match self {
            Self::Id3(tag) => &tag.range,
            Self::Ape(range, _) | Self::Other(_, range) => range,
        }
    }
}

/// What stands where.
struct Layout {
    /// Before the sound.
    head: Vec<Part>,
    audio: Range<u64>,
    /// Behind the sound.
    tail: Vec<Part>,
}

impl Layout {
    fn read(source: &mut Source<'_>, limits: &Limits) -> Result<Self> {
        let len = source.len();
        let (mut at, mut count) = (0u64, 0u64);
        let mut head = Vec::new();
        loop {
            check_limit("segments", head.len() as u64, limits.segments as u64)?;
            let part = match Tag::read(source, at, len, limits, &mut count)? {
                Some(tag) => Part::Id3(tag),
                None => match tail::ape_from_start(source, at)? {
                    Some(part) => part,
                    None => break,
                },
            };
            at = part.range().end;
            head.push(part);
        }
        let tail = tail::read(source, at, limits, &mut count)?;
        let end = tail.first().map_or(len, |part| part.range().start);
        Ok(Self { head, audio: at..end, tail })
    }

    fn parts(&self) -> impl Iterator<Item = &Part> {
        self.head.iter().chain(&self.tail)
    }
}

/// Where the tags at the start end, going by their headers.
fn behind_tags(source: &mut Source<'_>) -> Result<u64> {
    let mut at = 0u64;
    for _ in 0..64 {
        let tag = source.array::<10>(at)?.and_then(|bytes| Header::parse(bytes, *b"ID3"));
        let next = match tag {
            Some(tag) => Some(at.saturating_add(tag.len())),
            None => tail::ape_from_start(source, at)?.map(|part| part.range().end),
        };
        let Some(next) = next else { break };
        at = next;
    }
    Ok(at)
}

fn unreadable(slot: &str, problem: crate::error::Problem, range: &Range<u64>) -> Finding {
    finding::FILE_VALUE.finding().arg("part", slot).because("reason", problem).at(Site::new(slot, range))
}

impl Container for Mp3 {
    fn identify(&self, head: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>> {
        match head.bytes {
            [b'I', b'D', b'3', ..] | [b'A', b'P', b'E', b'T', ..] => match behind_tags(source)? {
                0 => Ok(None),
                // With a sound header, a tag that is cut off or all that is left is MP3 more than anything.
                start => frames::behind_tag(
                    source,
                    start,
                    matches!(head.bytes, [_, _, _, 2..=4, _, flags, ..] if flags & 0xF == 0),
                ),
            },
            [0 | 0xFF, ..] => frames::at_start(source),
            _ => Ok(None),
        }
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let layout = Layout::read(source, limits)?;
        let mut map = SegmentMap::new(format, source.len());
        let mut budget = 0;
        let mut add = |map: &mut SegmentMap, part: &Part, source: &mut Source<'_>| -> Result<()> {
            match part {
                Part::Id3(tag) => {
                    if tag.missing > 0 {
                        let found = finding::FILE_TRUNCATED.finding().arg("part", "ID3").arg("missing", tag.missing);
                        map.findings.push(found.at(Site::new("ID3", &tag.range)));
                        map.damaged = true;
                    }
                    map.segments.extend(tag.segments("ID3", tag.range.clone(), source, limits, &mut budget)?);
                }
                Part::Ape(range, _) => map.segments.push(Segment::plain("APE", range.clone())),
                Part::Other(name, range) => map.segments.push(Segment::plain(name, range.clone())),
            }
            check_limit("segments", map.segments.len() as u64, limits.segments as u64)
        };
        for part in &layout.head {
            add(&mut map, part, source)?;
        }
        if layout.audio.start < layout.audio.end {
            map.segments.push(Segment { essence: true, ..Segment::plain("audio", layout.audio.clone()) });
        } else {
            let found = finding::FILE_MALFORMED.finding().arg("part", "audio").because("reason", &rows::NO_AUDIO);
            map.findings.push(found);
            map.damaged = true;
        }
        for part in &layout.tail {
            add(&mut map, part, source)?;
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let layout = Layout::read(source, limits)?;
        let mut out = Vec::new();
        let mut budget = 0;
        let mut complaints = 0u64;
        for part in layout.parts() {
            match part {
                Part::Id3(tag) => {
                    if let Some(problem) = tag.texts(source, limits, &mut budget, &mut out)? {
                        complaints += 1;
                        check_limit("findings", complaints, FINDINGS)?;
                        map.findings.push(unreadable("ID3", problem, &tag.range));
                    }
                }
                Part::Ape(_, items) => tail::ape_items(source, items.clone(), limits, &mut budget, &mut out)?,
                Part::Other(..) => {}
            }
        }
        Ok(out)
    }

    /// Players take an APE tag in front of the frames for sound.
    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        let layout = Layout::read(source, limits)?;
        let is_ape = |part: &&Part| matches!(part, Part::Ape(..));
        let behind = layout.head.iter().skip_while(|part| !is_ape(part));
        if let Some(tag) = behind.clone().find(|part| !is_ape(part)) {
            return Err(not_bound(tag.range().start));
        }
        let front: Vec<_> = behind.map(|part| part.range().clone()).collect();
        if !front.is_empty() {
            sink.ranges(source, "ape", &front)?;
        }
        sink.essence(map, source)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let wanted = id3::wanted(values, limits)?;
        let layout = Layout::read(source, limits)?;
        let tag = |part: &Part| if let Part::Id3(tag) = part { Some(tag.clone()) } else { None };
        let tags: Vec<Tag> = layout.parts().filter_map(tag).collect();
        // Readers look for a tag at the start; one behind the sound is no home for a new frame.
        let home = layout.head.iter().any(|part| matches!(part, Part::Id3(_))).then_some(0);
        // Beside a tag that was there before, ID3v1 is as visible as it was.
        let carried = if tags.is_empty() { tail::carried(source, &layout.tail)? } else { Vec::new() };
        let edits = id3::edits(source, &tags, home, &wanted, &carried, limits)?;
        let mut patch = Patch::new(map.len);
        if let Some(tag) = edits.fresh {
            patch.insert(0, tag)?;
        }
        for edit in edits.tags.into_iter().flatten() {
            patch.push(edit)?;
        }
        Ok(patch.into())
    }
}
