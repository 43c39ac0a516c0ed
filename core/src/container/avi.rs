//! AVI, with the further RIFFs of OpenDML (AVI File Format Extensions 1.02).
//!
//! Indexes hold positions in the file: `idx1` from the list `movi` or from the start of the file, the `indx` and
//! `ix##` of OpenDML always from the start of the file. So nothing in front of sound and pictures
//! ever moves.

mod index;

use std::ops::Range;

use crate::container::riff::{self, Chunk, Fault, Id, Values, Walk, chunk};
use crate::container::{Container, Edit, Head, NewValue, Placed, RawValue, Segment, SegmentMap, Sink, Slot};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::riff as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Avi;

const RIFF: &str = "RIFF";
const MOVIE: &str = "LIST movi";
const HEADERS: &str = "LIST hdrl";
const INFO: &str = "LIST INFO";
const FILLER: &str = "JUNK";

/// The length that the header states; none if it was left open.
fn stated(source: &mut Source<'_>) -> Result<Option<u64>> {
    let size = source.array::<4>(4)?.map_or(0, u32::from_le_bytes);
    Ok((size != 0 && size != u32::MAX).then_some(u64::from(size)))
}

const fn length(range: &Range<u64>) -> u64 {
    range.end.saturating_sub(range.start)
}

/// The first RIFF: where the file may be edited.
struct First<'a> {
    end: u64,
    parts: Vec<&'a Segment>,
    /// Whether positions behind it are pointed at.
    followed: bool,
}

impl<'a> First<'a> {
    fn read(map: &'a SegmentMap, source: &mut Source<'_>) -> Result<Self> {
        let Some(size) = stated(source)? else {
            return Err(Error::Refused(rows::OPEN_END.with("part", RIFF).at(4)));
        };
        let end = size.saturating_add(8).min(map.len);
        let parts = map.segments.iter().filter(|s| s.range.start >= 12 && s.range.end <= end).collect();
        let followed = map.segments.iter().any(|s| s.name == RIFF && s.range.start > 0);
        Ok(Self { end, parts, followed })
    }

    /// The value `id` of an information list, with the list.
    fn find(&self, source: &mut Source<'_>, id: &Id) -> Result<Option<(&'a Segment, Chunk)>> {
        for list in self.parts.iter().filter(|s| s.name == INFO) {
            let mut walk = Walk::new(list.payload.clone());
            while let Some(child) = walk.next(source)? {
                if child.id == *id && child.fault.is_none() {
                    return Ok(Some((list, child)));
                }
            }
        }
        Ok(None)
    }

    /// The edit that takes `need` bytes at the start of a filler chunk. None if there is not as
    /// much room, or if the room is not empty: cameras keep notes in fillers.
    fn take(source: &mut Source<'_>, filler: &Segment, need: u64) -> Result<Option<Edit>> {
        let total = length(&filler.range);
        let left = total.checked_sub(need).filter(|left| filler.name == FILLER && matches!(left, 0 | 8..));
        let Some(left) = left.filter(|_| total.is_multiple_of(2)) else { return Ok(None) };
        let mut empty = true;
        let lost = filler.payload.start..filler.payload.end.min(filler.payload.start.saturating_add(need));
        source.copy(lost, &mut |part| {
            empty &= part.iter().all(|b| *b == 0);
            Ok(())
        })?;
        let mut insert = Vec::new();
        if let Some(size) = left.checked_sub(8) {
            insert.extend_from_slice(FILLER.as_bytes());
            let size = u32::try_from(size).map_err(|_| Error::Refused(riff::too_long()))?;
            insert.extend_from_slice(&size.to_le_bytes());
        }
        let remove = need.saturating_add(8).min(total);
        Ok(empty.then_some(Edit { at: filler.range.start, remove, insert }))
    }

    /// Whether a list is chunks to its end, so that one more behind them is found.
    fn whole(source: &mut Source<'_>, list: &Segment) -> Result<bool> {
        let mut walk = Walk::new(list.payload.clone());
        let mut end = list.payload.start;
        while let Some(child) = walk.next(source)? {
            if child.fault.is_some() {
                return Ok(false);
            }
            end = child.range.end;
        }
        Ok(end == list.payload.end)
    }

    /// The edits that make the list hold `child`, in the place of `old` if there is one.
    fn grow(
        &self,
        source: &mut Source<'_>,
        list: &Segment,
        old: Option<&Chunk>,
        child: &[u8],
    ) -> Result<Option<Vec<Edit>>> {
        let gone = old.map_or(list.payload.end..list.payload.end, |old| old.range.clone());
        let Some(more) = (child.len() as u64).checked_sub(length(&gone)) else { return Ok(None) };
        if length(&list.range) % 2 == 1 || length(&list.payload) % 2 == 1 || !Self::whole(source, list)? {
            return Ok(None);
        }
        let size = length(&list.payload).saturating_add(4).saturating_add(more);
        let Ok(size) = u32::try_from(size) else { return Ok(None) };
        let mut edits = vec![
            Edit { at: list.range.start.saturating_add(4), remove: 4, insert: size.to_le_bytes().to_vec() },
            Edit { at: gone.start, remove: length(&gone), insert: child.to_vec() },
        ];
        let behind = self.parts.iter().filter(|s| s.name == MOVIE).all(|s| s.range.end <= list.range.start);
        if behind && !self.followed {
            return Ok(Some(edits));
        }
        let Some(filler) = self.parts.iter().find(|s| s.range.start == list.range.end) else { return Ok(None) };
        let Some(taken) = Self::take(source, filler, more)? else { return Ok(None) };
        edits.push(taken);
        Ok(Some(edits))
    }

    /// The edits that put a value into the first RIFF.
    fn put(&self, source: &mut Source<'_>, id: Id, text: &[u8]) -> Result<Vec<Edit>> {
        // A text ends with a NUL, which counts.
        let text = [text, &[0]].concat();
        let found = self.find(source, &id)?;
        if let Some((_, old)) = found.as_ref().filter(|(_, old)| text.len() as u64 <= length(&old.payload)) {
            let mut insert = text;
            insert.resize(usize::try_from(length(&old.payload)).unwrap_or(insert.len()), 0);
            return Ok(vec![Edit { at: old.payload.start, remove: length(&old.payload), insert }]);
        }
        let child = chunk(&id, &text)?;
        let (list, old) = match &found {
            Some((list, old)) => (Some(*list), Some(old)),
            None => (self.parts.iter().copied().find(|s| s.name == INFO), None),
        };
        if let Some(list) = list
            && let Some(edits) = self.grow(source, list, old, &child)?
        {
            return Ok(edits);
        }
        let mut edits = Vec::new();
        if let Some(old) = old {
            // It can't be taken out where it stands: it becomes filler.
            let mut filler = FILLER.as_bytes().to_vec();
            filler.extend_from_slice(&old.stated.to_le_bytes());
            filler.resize(usize::try_from(length(&old.range)).unwrap_or(filler.len()), 0);
            edits.push(Edit { at: old.range.start, remove: length(&old.range), insert: filler });
        }
        let list = chunk(b"LIST", &[b"INFO", &child[..]].concat())?;
        for filler in self.parts.iter().filter(|s| s.name == FILLER) {
            if let Some(mut taken) = Self::take(source, filler, list.len() as u64)? {
                taken.insert.splice(..0, list);
                edits.push(taken);
                return Ok(edits);
            }
        }
        if self.followed {
            return Err(Error::Refused(rows::NO_ROOM.with("need", list.len())));
        }
        // A manifest store stays last.
        let store = self.parts.last().filter(|s| s.slot == Some(Slot::Manifest));
        let at = store.map_or(self.end, |s| s.range.start);
        edits.push(Edit { at, remove: 0, insert: if at % 2 == 1 { [&[0], &list[..]].concat() } else { list } });
        Ok(edits)
    }
}

/// Every chunk of the headers but filler, names and dates.
fn headers(range: Range<u64>, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let mut walk = Walk::new(range);
    let mut count = 0u64;
    let mut outer: Vec<Walk<'_>> = Vec::new();
    loop {
        count = count.saturating_add(1);
        check_limit("segments", count, limits.segments as u64)?;
        let Some(chunk) = walk.next(source)? else {
            sink.ranges(source, "tail", std::slice::from_ref(&walk.rest()))?;
            match outer.pop() {
                Some(next) => walk = next,
                None => return Ok(()),
            }
            continue;
        };
        match chunk.name.as_str() {
            FILLER | INFO | "strn" | "IDIT" | "ISMP" => {}
            "LIST strl" | "LIST odml" => {
                sink.item("list", chunk.name.as_bytes())?;
                outer.push(std::mem::replace(&mut walk, Walk::new(chunk.payload)));
            }
            _ => {
                let head = [chunk.id, chunk.stated.to_le_bytes()].concat();
                sink.joined(source, "chunk", &head, std::slice::from_ref(&chunk.payload))?;
            }
        }
    }
}

impl Container for Avi {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        Ok((head.bytes.starts_with(b"RIFF") && head.bytes.get(8..12) == Some(b"AVI ")).then_some(Format::Avi))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(format, len);
        map.segments.push(Segment::plain(RIFF, 0..12.min(len)));
        let size = stated(source)?;
        let mut end = match size {
            Some(size) => riff::form_end(&mut map, size),
            None => len,
        };
        let mut walk = Walk::new(12..end).with(&[], size.is_none());
        loop {
            while let Some(chunk) = walk.noted(&mut map, source, limits)? {
                let slot = match &chunk.id {
                    b"_PMX" => Some(Slot::Xmp),
                    b"C2PA" => Some(Slot::Manifest),
                    _ => None,
                };
                let essence = chunk.name == MOVIE;
                map.segments.push(Segment {
                    name: chunk.name,
                    range: chunk.range,
                    payload: chunk.payload,
                    slot,
                    essence,
                });
            }
            // OpenDML goes on in further RIFFs.
            let Some(next) = Walk::new(end..len).next(source)?.filter(|c| c.id == *b"RIFF") else { break };
            let body = next.payload.start.saturating_add(4).min(next.range.end);
            if source.array::<4>(next.payload.start)? != Some(*b"AVIX") {
                break;
            }
            if next.fault == Some(Fault::PastEnd) {
                riff::form_end(&mut map, next.range.start.saturating_add(u64::from(next.stated)));
            }
            check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
            map.segments.push(Segment::plain(RIFF, next.range.start..body));
            end = next.range.end;
            walk = Walk::new(body..end);
        }
        if !map.damaged && map.first(MOVIE).is_none() {
            riff::broken(&mut map, RIFF, &rows::NO_MOVIE, &(0..len));
            map.damaged = true;
        }
        riff::trailing(&mut map, end);
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut values = Values::new(limits);
        for segment in map.segments.clone() {
            match segment.name.as_str() {
                "_PMX" => values.whole(source, Slot::Xmp, &segment)?,
                INFO => values.info(source, segment.payload, map)?,
                // Old writers put the list into the header.
                HEADERS => {
                    let mut walk = Walk::new(segment.payload);
                    for _ in 0..limits.segments {
                        let Some(list) = walk.next(source)? else { break };
                        if list.name == INFO {
                            values.info(source, list.payload, map)?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(values.found)
    }

    /// Headers, sound and pictures, and the index: nothing that it points to ever moves.
    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        for segment in map.segments.iter().filter(|s| s.name == HEADERS) {
            headers(segment.payload.clone(), source, limits, sink)?;
        }
        sink.essence(map, source)?;
        let index = map.segments.iter().filter(|s| s.name == "idx1");
        sink.ranges(source, "idx1", &index.map(|s| s.payload.clone()).collect::<Vec<_>>())?;
        index::write(map, source, limits, sink)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let [NewValue { slot: Slot::Item { place: "info", key }, bytes }] = values else {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        };
        check_limit("metadata_bytes", bytes.len() as u64, limits.metadata_bytes)?;
        let first = First::read(map, source)?;
        let edits = first.put(source, riff::id(key)?, bytes)?;
        riff::finish(map, first.end, edits, riff::too_long()).map(Placed::from)
    }
}
