//! RIFF (Multimedia Programming Interface 1.0, chapter 2): chunks of a four-letter name, a length
//! in 32 bits and data padded to even length, the ground of WebP, WAVE and AVI.

use std::ops::Range;

use crate::container::{Edit, FINDINGS, Patch, RawValue, Segment, SegmentMap, Slot, TRAILING};
use crate::error::{Error, Problem, Result};
use crate::finding::{self, Site};
use crate::limits::Limits;
use crate::message::container::riff as rows;
use crate::message::{Message, general, reason};
use crate::source::{Source, check_limit};

/// The name of a chunk.
pub(crate) type Id = [u8; 4];

/// A chunk with its pad byte.
pub(crate) fn chunk(kind: &Id, data: &[u8]) -> Result<Vec<u8>> {
    let len = u32::try_from(data.len())
        .map_err(|_| Error::Refused(general::TOO_LARGE.with("part", String::from_utf8_lossy(kind))))?;
    let mut out = kind.to_vec();
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(data);
    if len % 2 == 1 {
        out.push(0);
    }
    Ok(out)
}

/// A chunk name from the key of a slot.
pub(crate) fn id(key: &str) -> Result<Id> {
    let id = <Id>::try_from(key.as_bytes()).ok().filter(|id| id.iter().all(|b| matches!(b, 0x20..=0x7E)));
    id.ok_or_else(|| Error::Internal(general::BAD_PIECES.problem()))
}

/// What is wrong with the end of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It reaches past the end of what holds it.
    PastEnd,
    /// The pad byte is missing at the very end: common, and harmless to read.
    Unpadded,
}

/// One chunk, cut at the end of what holds it.
#[derive(Debug, Clone)]
pub(crate) struct Chunk {
    pub(crate) id: Id,
    /// Its name, with the type behind it for a list: `LIST INFO`.
    pub(crate) name: String,
    /// The length that its header states.
    pub(crate) stated: u32,
    /// All of it, with the pad byte.
    pub(crate) range: Range<u64>,
    /// Its data; of a list, what is behind the type.
    pub(crate) payload: Range<u64>,
    pub(crate) fault: Option<Fault>,
}

/// Chunks one after the other.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    at: u64,
    end: u64,
    /// Lengths of chunks that don't fit 32 bits (ITU-R BS.2088), by name.
    long: &'a [(Id, u64)],
    /// Whether a chunk of unknown length reaches to the end.
    open: bool,
}

impl<'a> Walk<'a> {
    pub(crate) const fn new(range: Range<u64>) -> Self {
        Self { at: range.start, end: range.end, long: &[], open: false }
    }

    pub(crate) const fn with(mut self, long: &'a [(Id, u64)], open: bool) -> Self {
        self.long = long;
        self.open = open;
        self
    }

    /// What has not been walked.
    pub(crate) const fn rest(&self) -> Range<u64> {
        self.at..self.end
    }

    /// The next chunk; none at the end, or where fewer than 8 bytes are left.
    pub(crate) fn next(&mut self, source: &mut Source<'_>) -> Result<Option<Chunk>> {
        let (at, end) = (self.at, self.end);
        if end.saturating_sub(at) < 8 {
            return Ok(None);
        }
        let Some([k0, k1, k2, k3, s0, s1, s2, s3]) = source.array::<8>(at)? else { return Ok(None) };
        let id = [k0, k1, k2, k3];
        let stated = u32::from_le_bytes([s0, s1, s2, s3]);
        let long = self.long.iter().find(|(name, _)| stated == u32::MAX && *name == id);
        let body = at.saturating_add(8);
        let size = match long {
            Some((_, size)) => *size,
            None if self.open && stated == u32::MAX => end.saturating_sub(body),
            None => u64::from(stated),
        };
        let next = body.saturating_add(size).saturating_add(size % 2);
        let fault = match next {
            next if size % 2 == 1 && next == end.saturating_add(1) => Some(Fault::Unpadded),
            next if next > end => Some(Fault::PastEnd),
            _ => None,
        };
        let mut payload = body.min(end)..body.saturating_add(size).min(end);
        let mut name: String = id.iter().map(|b| char::from(*b)).collect();
        if id == *b"LIST"
            && payload.end.saturating_sub(payload.start) >= 4
            && let Some(kind) = source.array::<4>(body)?
        {
            name.push(' ');
            name.extend(kind.iter().map(|b| char::from(*b)));
            payload.start = payload.start.saturating_add(4);
        }
        self.at = next.min(end);
        Ok(Some(Chunk { id, name, stated, range: at..next.min(end), payload, fault }))
    }

    /// The next chunk of the file, what is wrong with it noted in the map.
    pub(crate) fn noted(
        &mut self,
        map: &mut SegmentMap,
        source: &mut Source<'_>,
        limits: &Limits,
    ) -> Result<Option<Chunk>> {
        let rest = self.rest();
        if rest.start < rest.end {
            check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
        }
        let Some(chunk) = self.next(source)? else {
            if rest.start < rest.end {
                broken(map, "RIFF", &reason::CHUNK_TAIL, &rest);
                map.segments.push(Segment::plain("unreadable", rest));
                map.damaged = true;
            }
            return Ok(None);
        };
        if chunk.fault == Some(Fault::PastEnd) {
            // A file that is cut off has been said to be.
            if !map.findings.iter().any(|f| f.rule == &finding::FILE_TRUNCATED) {
                broken(map, &chunk.name, &reason::CHUNK_PAST_END, &chunk.range);
            }
            map.damaged = true;
        }
        Ok(Some(chunk))
    }
}

/// Notes that a part is broken.
pub(crate) fn broken(map: &mut SegmentMap, part: &str, why: &'static Message, range: &Range<u64>) {
    let found = finding::FILE_MALFORMED.finding().arg("part", part).because("reason", why);
    map.findings.push(found.at(Site::new(part, range)));
}

/// Where a RIFF ends whose header states `size`, cut at the end of the file, which is noted.
pub(crate) fn form_end(map: &mut SegmentMap, size: u64) -> u64 {
    let end = size.saturating_add(8);
    if end > map.len {
        let found = finding::FILE_TRUNCATED.finding().arg("part", "RIFF").arg("missing", end - map.len);
        map.findings.push(found.at(Site::new("RIFF", &(0..map.len))));
        map.damaged = true;
    }
    // A size that does not even hold the form type: nothing is left for chunks.
    end.min(map.len).max(12.min(map.len))
}

/// Adds what stands behind `end`, the end of the format, to the map.
pub(crate) fn trailing(map: &mut SegmentMap, end: u64) {
    let rest = end..map.len;
    if rest.start < rest.end {
        let found = finding::FILE_TRAILING.finding().arg("length", rest.end - rest.start);
        map.findings.push(found.at(Site::new(TRAILING, &rest)));
        map.segments.push(Segment::plain(TRAILING, rest));
    }
}

/// The length of the RIFF that ends at `end`, less its header, after these edits.
pub(crate) fn grown(end: u64, edits: &[Edit]) -> u64 {
    let len = edits.iter().fold(end, |len, e| len.saturating_sub(e.remove).saturating_add(e.insert.len() as u64));
    len.saturating_sub(8)
}

/// The edits in order, with the one of the size field of the RIFF that ends at `end`.
pub(crate) fn finish(map: &SegmentMap, end: u64, mut edits: Vec<Edit>, too_long: Problem) -> Result<Patch> {
    // Chunks need not stand in the order of a specification.
    edits.sort_by_key(|e| e.at);
    let size = u32::try_from(grown(end, &edits)).map_err(|_| Error::Refused(too_long))?;
    let mut patch = Patch::new(map.len);
    patch.push(Edit { at: 4, remove: 4, insert: size.to_le_bytes().to_vec() })?;
    edits.into_iter().try_for_each(|edit| patch.push(edit))?;
    Ok(patch)
}

/// That a plain RIFF can't grow as far.
pub(crate) fn too_long() -> Problem {
    rows::TOO_LONG.problem()
}

/// Collects the values of chunks within the limits.
#[derive(Debug)]
pub(crate) struct Values<'a> {
    limits: &'a Limits,
    total: u64,
    pub(crate) found: Vec<RawValue>,
}

impl<'a> Values<'a> {
    pub(crate) const fn new(limits: &'a Limits) -> Self {
        Self { limits, total: 0, found: Vec::new() }
    }

    /// Adds what stands at `payload`.
    fn add(
        &mut self,
        source: &mut Source<'_>,
        slot: Slot,
        (segment, range): (&str, &Range<u64>),
        payload: Range<u64>,
    ) -> Result<()> {
        self.total = self.total.saturating_add(payload.end.saturating_sub(payload.start));
        check_limit("metadata_bytes", self.total, self.limits.metadata_bytes)?;
        check_limit("segments", self.found.len() as u64, self.limits.segments as u64)?;
        self.found.push(RawValue {
            slot,
            segment: segment.to_owned(),
            range: range.clone(),
            plain_at: Some(payload.start),
            bytes: source.bytes(payload, self.limits.metadata_bytes, "metadata_bytes")?,
            after_essence: false,
        });
        Ok(())
    }

    /// Adds the whole payload of a part of the map.
    pub(crate) fn whole(&mut self, source: &mut Source<'_>, slot: Slot, segment: &Segment) -> Result<()> {
        self.add(source, slot, (&segment.name, &segment.range), segment.payload.clone())
    }

    /// Adds text, of which no more is read than is looked at, up to a NUL.
    pub(crate) fn text(
        &mut self,
        source: &mut Source<'_>,
        slot: Slot,
        part: (&str, &Range<u64>),
        payload: Range<u64>,
    ) -> Result<()> {
        let most = self.limits.text_share(self.total);
        let end = payload.end.min(payload.start.saturating_add(most));
        self.add(source, slot, part, payload.start..end)?;
        if let Some(value) = self.found.last_mut() {
            let text = value.bytes.iter().position(|b| *b == 0).unwrap_or(value.bytes.len());
            value.bytes.truncate(text);
        }
        Ok(())
    }

    /// Adds every text of a `LIST INFO`; says what is wrong with it in the map.
    pub(crate) fn info(&mut self, source: &mut Source<'_>, list: Range<u64>, map: &mut SegmentMap) -> Result<()> {
        let mut walk = Walk::new(list);
        while let Some(child) = walk.next(source)? {
            let slot = Slot::item("info", child.name.clone());
            if child.fault == Some(Fault::PastEnd) {
                let found = finding::FILE_VALUE.finding().arg("part", "LIST INFO");
                let site = Site::new(slot.to_string(), &child.range);
                map.findings.push(found.because("reason", &reason::CHUNK_PAST_END).at(site));
                check_limit("findings", map.findings.len() as u64, FINDINGS)?;
                break;
            }
            self.text(source, slot, ("LIST INFO", &child.range), child.payload)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::format::Format;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn walked(bytes: &[u8]) -> Vec<Chunk> {
        let mut cursor = Cursor::new(bytes.to_vec());
        let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
        let mut walk = Walk::new(0..bytes.len() as u64);
        std::iter::from_fn(|| walk.next(&mut source).unwrap()).collect()
    }

    proptest! {
        #[test]
        fn chunks_are_walked_as_they_were_built(
            parts in prop::collection::vec((prop::array::uniform4(b'a'..=b'z'), prop::collection::vec(any::<u8>(), 0..40)), 0..9),
        ) {
            let bytes: Vec<u8> = parts.iter().flat_map(|(id, data)| chunk(id, data).unwrap()).collect();
            let found = walked(&bytes);
            prop_assert_eq!(found.len(), parts.len());
            for (chunk, (id, data)) in found.iter().zip(&parts) {
                prop_assert_eq!(&chunk.id, id);
                prop_assert_eq!(chunk.fault, None);
                prop_assert_eq!(&bytes[chunk.payload.start as usize..chunk.payload.end as usize], &data[..]);
            }
        }

        #[test]
        fn any_bytes_are_walked_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut at = 0;
            for chunk in walked(&bytes) {
                prop_assert_eq!(chunk.range.start, at);
                prop_assert!(chunk.payload.start <= chunk.payload.end && chunk.payload.end <= chunk.range.end);
                at = chunk.range.end;
            }
            prop_assert!(at <= bytes.len() as u64 && bytes.len() as u64 - at < 8);
        }

        #[test]
        fn any_list_is_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut cursor = Cursor::new(bytes.clone());
            let limits = Limits::default();
            let mut source = Source::new(&mut cursor, &limits).unwrap();
            let mut map = SegmentMap::new(Format::Wav, bytes.len() as u64);
            let mut values = Values::new(&limits);
            values.info(&mut source, 0..bytes.len() as u64, &mut map).unwrap();
        }
    }

    #[test]
    fn a_length_of_32_ones_is_past_the_end_unless_stated_elsewhere() {
        let mut bytes = b"data\xFF\xFF\xFF\xFF".to_vec();
        bytes.extend([7; 6]);
        assert_eq!(walked(&bytes)[0].fault, Some(Fault::PastEnd));
        let mut cursor = Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
        let long = [(*b"data", 6)];
        let found = Walk::new(0..14).with(&long, false).next(&mut source).unwrap().unwrap();
        assert_eq!((found.fault, found.payload), (None, 8..14));
        let huge = [(*b"data", u64::MAX)];
        let found = Walk::new(0..14).with(&huge, false).next(&mut source).unwrap().unwrap();
        assert_eq!((found.fault, found.payload), (Some(Fault::PastEnd), 8..14));
    }

    #[test]
    fn a_missing_pad_byte_at_the_end_is_told_from_a_cut() {
        assert_eq!(walked(b"abcd\x01\0\0\0x")[0].fault, Some(Fault::Unpadded));
        assert_eq!(walked(b"abcd\x03\0\0\0x")[0].fault, Some(Fault::PastEnd));
    }
}
