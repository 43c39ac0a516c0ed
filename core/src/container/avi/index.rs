//! Where the indexes of a file lead: they may count from its start, while filler moves the list
//! `movi`.

use std::ops::Range;

use super::{HEADERS, MOVIE};
use crate::container::content::{Positions, not_bound};
use crate::container::riff::Walk;
use crate::container::{SegmentMap, Sink};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::{Source, check_limit};

/// Bytes of an index read at a time, a multiple of all lengths of an entry.
const PIECE: u64 = 48 << 10;

/// What has been found to lie in the essence.
struct Places<'p> {
    positions: &'p Positions,
    limits: &'p Limits,
    count: u64,
}

/// For each index that counts from the start of the file: where in the essence its entries lie.
///
/// # Errors
/// [`crate::Error::Refused`] if an index leads elsewhere.
pub(super) fn write(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let movies: Vec<_> = map.segments.iter().filter(|s| s.name == MOVIE).map(|s| s.range.clone()).collect();
    let positions = Positions::of(&movies);
    let mut places = Places { positions: &positions, limits, count: 0 };
    for found in map.segments.iter().filter(|s| s.name == "idx1") {
        places.old(&found.payload, movies.first(), source, sink)?;
    }
    for list in map.segments.iter().filter(|s| s.name == HEADERS) {
        let mut walk = Walk::new(list.payload.clone());
        while let Some(stream) = walk.next(source)? {
            places.spend(1)?;
            if stream.name != "LIST strl" {
                continue;
            }
            let mut walk = Walk::new(stream.payload);
            while let Some(chunk) = walk.next(source)? {
                places.spend(1)?;
                if chunk.id == *b"indx" {
                    places.index(&chunk.payload, true, source, sink)?;
                }
            }
        }
    }
    Ok(())
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// Hands over the entries of `len` bytes one after the other.
fn entries(
    source: &mut Source<'_>,
    range: &Range<u64>,
    len: usize,
    each: &mut dyn FnMut(&mut Source<'_>, &[u8]) -> Result<()>,
) -> Result<()> {
    let mut at = range.start;
    while at < range.end {
        let end = at.saturating_add(PIECE).min(range.end);
        let bytes = source.bytes(at..end, PIECE, "metadata_bytes")?;
        bytes.chunks_exact(len).try_for_each(|entry| each(source, entry))?;
        at = end;
    }
    Ok(())
}

impl Places<'_> {
    fn spend(&mut self, count: u64) -> Result<()> {
        self.count = self.count.saturating_add(count);
        check_limit("segments", self.count, self.limits.segments as u64)
    }

    /// `idx1` counts from the list, or from the start of the file.
    fn old(
        &self,
        range: &Range<u64>,
        movie: Option<&Range<u64>>,
        source: &mut Source<'_>,
        sink: &mut Sink,
    ) -> Result<()> {
        let Some(movie) = movie else { return Ok(()) };
        let (mut relative, mut absolute) = (true, true);
        let mut digest = sink.inner();
        entries(source, range, 16, &mut |_, entry| {
            let far = number(entry.get(8..12).unwrap_or_default());
            relative &= movie.contains(&movie.start.saturating_add(8).saturating_add(far));
            absolute &= self.positions.part(far).is_some();
            digest.update(&self.positions.get(far).to_be_bytes());
            Ok(())
        })?;
        match (relative, absolute) {
            (false, false) => Err(not_bound(range.start)),
            (true, false) => Ok(()),
            (_, true) => sink.item("places", &digest.finish()),
        }
    }

    /// `indx` and `ix##` of OpenDML: of indexes if it is an `outer` one, or of chunks.
    fn index(&mut self, range: &Range<u64>, outer: bool, source: &mut Source<'_>, sink: &mut Sink) -> Result<()> {
        let Some([longs, _, _, kind, count @ ..]) = source.array::<8>(range.start)? else { return Ok(()) };
        let base = source.array::<8>(range.start.saturating_add(12))?.map_or(0, u64::from_le_bytes);
        let len = usize::from(longs).saturating_mul(4);
        let start = range.start.saturating_add(24);
        let end = start.saturating_add(u64::from(u32::from_le_bytes(count)).saturating_mul(len as u64));
        // What is none of the two, or does not end in its chunk, is anyone's guess.
        if !matches!((kind, len), (0, 16) | (1, 8 | 12)) || end > range.end || (kind == 0 && !outer) {
            return Err(not_bound(range.start));
        }
        let mut digest = sink.inner();
        let mut inner = Vec::new();
        entries(source, &(start..end), len, &mut |_, entry| {
            let position = match kind {
                0 => number(entry.get(..8).unwrap_or_default()),
                _ => base.saturating_add(number(entry.get(..4).unwrap_or_default())),
            };
            self.positions.part(position).ok_or_else(|| not_bound(range.start))?;
            digest.update(&self.positions.get(position).to_be_bytes());
            if kind == 0 {
                check_limit("segments", inner.len() as u64, self.limits.segments as u64)?;
                inner.push(position);
            }
            Ok(())
        })?;
        sink.item("places", &digest.finish())?;
        for at in inner {
            self.spend(1)?;
            let part = self.positions.part(at).map_or(at..at, |part| at..part.end);
            if let Some(chunk) = Walk::new(part).next(source)? {
                self.index(&chunk.payload, false, source, sink)?;
            }
        }
        Ok(())
    }
}
