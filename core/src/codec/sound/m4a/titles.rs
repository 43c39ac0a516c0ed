//! Tracks of chapter titles (QuickTime File Format, chapter lists): samples of text, each of which lasts
//! as long as its chapter.

use std::ops::Range;

use super::tables::{self, Put, entries, find, list, number, word};
use crate::codec::sound::unread;
use crate::error::Result;
use crate::limits::Limits;
use crate::source::check_limit;

/// A track of titles beside the sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Titles {
    /// How long each title lasts.
    times: Vec<u32>,
    /// Units of that in a second.
    scale: u32,
}

/// Where a box of 4 or 8 bytes stands, by version.
fn versioned(header: &[u8], short: usize, long: usize) -> usize {
    if header.first() == Some(&1) { long } else { short }
}

impl Titles {
    /// Reads the content of a `trak` that the `trak` of the sound names as its chapters; none if it is
    /// another track, or one whose times are not plain.
    pub(super) fn read(trak: &[u8], sound: &[u8], limits: &Limits) -> Result<Option<Self>> {
        let header = find(trak, &[b"tkhd"]).unwrap_or_default();
        let id = word(header, versioned(header, 12, 20));
        let named = find(sound, &[b"tref", b"chap"]).unwrap_or_default();
        let handler = find(trak, &[b"mdia", b"hdlr"]).and_then(|hdlr| hdlr.get(8..12)).unwrap_or_default();
        let (mdhd, stbl) = (find(trak, &[b"mdia", b"mdhd"]), find(trak, &[b"mdia", b"minf", b"stbl"]));
        let (Some(mdhd), Some(stbl)) = (mdhd, stbl) else { return Ok(None) };
        let mine = named.chunks_exact(4).any(|entry| word(entry, 0) == id)
            && [b"text", b"sbtl"].iter().any(|k| handler == **k);
        let known: [&[u8; 4]; 9] = [b"stsd", b"stts", b"stsz", b"stsc", b"stco", b"co64", b"stss", b"free", b"skip"];
        let plain = list(stbl).iter().all(|(kind, ..)| known.contains(&kind));
        let begins = match find(trak, &[b"edts", b"elst"]) {
            None => true,
            Some(edit) => word(edit, 4) == 1 && number(edit, versioned(edit, 12, 16), versioned(edit, 4, 8)) == Some(0),
        };
        let scale = word(mdhd, versioned(mdhd, 12, 20));
        let runs = find(stbl, &[b"stts"]).map(|table| entries(table, 8, 8, limits)).transpose()?.flatten();
        let Some(runs) = runs.filter(|_| mine && plain && begins && scale > 0) else { return Ok(None) };
        let count = runs.iter().map(|run| u64::from(word(run, 0))).sum::<u64>();
        check_limit("elements", count, limits.elements as u64)?;
        let times: Vec<u32> = runs.iter().flat_map(|run| vec![word(run, 4); word(run, 0) as usize]).collect();
        Ok((!times.is_empty()).then_some(Self { times, scale }))
    }

    /// The times with the notices: the title that is shown where one is put lasts longer by it.
    /// `skipped` samples of sound are not played; sound has `rate` samples in a second.
    fn longer(&self, puts: &[Put], skipped: u64, rate: u32) -> Vec<u32> {
        let mut times = self.times.clone();
        let units = |samples: u64| {
            u64::try_from(u128::from(samples) * u128::from(self.scale) / u128::from(rate.max(1))).unwrap_or(u64::MAX)
        };
        for put in puts.iter().filter(|put| !put.last) {
            let at = units((put.before as u64).saturating_mul(tables::FRAME).saturating_sub(skipped));
            let mut end = 0u64;
            let shown = self.times.iter().position(|time| {
                end = end.saturating_add(u64::from(*time));
                at <= end
            });
            let by = units((put.sizes.len() as u64).saturating_mul(tables::FRAME));
            if let Some(time) = shown.and_then(|shown| times.get_mut(shown)) {
                *time = u32::try_from(by).unwrap_or(u32::MAX).saturating_add(*time);
            }
        }
        times
    }

    /// The whole `trak` with the notices. `movie` is the scale of the movie; `place` tells where in the
    /// new file something lies that lay elsewhere in the old one; 64 bits for that if `wide`.
    pub(super) fn write(
        &self,
        trak: &[u8],
        (puts, skipped, rate): (&[Put], u64, u32),
        movie: u32,
        place: &dyn Fn(u64) -> u64,
        wide: bool,
    ) -> Result<Vec<u8>> {
        let times = self.longer(puts, skipped, rate);
        let sum = |times: &[u32]| times.iter().map(|time| u64::from(*time)).sum::<u64>();
        let more = sum(&times).saturating_sub(sum(&self.times));
        let in_movie = u64::try_from(u128::from(more) * u128::from(movie) / u128::from(self.scale.max(1))).unwrap_or(0);
        let mut failed = false;
        let mut visit = |kind: &[u8; 4], body: &[u8]| -> Option<([u8; 4], Vec<u8>)> {
            let mut body = body.to_vec();
            let mut grow = |short: usize, long: usize, by: u64| {
                let (at, len) = (versioned(&body, short, long), versioned(&body, 4, 8));
                let value = number(&body, at, len).unwrap_or(0).saturating_add(by);
                failed |= len == 4 && value > u64::from(u32::MAX);
                tables::put(&mut body, at, len, value);
            };
            match kind {
                b"tkhd" => grow(20, 28, in_movie),
                b"mdhd" => grow(16, 24, more),
                b"elst" => grow(8, 8, in_movie),
                b"stts" => {
                    body = [vec![0; 4], (times.len() as u32).to_be_bytes().to_vec()].concat();
                    body.extend(times.iter().flat_map(|time| [1u32.to_be_bytes(), time.to_be_bytes()]).flatten());
                }
                b"stco" | b"co64" => return Some(moved(kind == b"co64", &body, place, wide)),
                _ => return None,
            }
            Some((*kind, body))
        };
        let out = tables::rewrite(trak, 1, &mut visit)?;
        if failed { Err(unread("MP4", "stts")) } else { Ok(out) }
    }
}

/// Positions of chunks, moved.
fn moved(long: bool, table: &[u8], place: &dyn Fn(u64) -> u64, wide: bool) -> ([u8; 4], Vec<u8>) {
    let (old, new) = (if long { 8 } else { 4 }, if long || wide { 8 } else { 4 });
    let head: Range<usize> = 0..8;
    let mut body = table.get(head).unwrap_or_default().to_vec();
    for entry in table.get(8..).unwrap_or_default().chunks_exact(old) {
        let to = place(number(entry, 0, old).unwrap_or(0)).to_be_bytes();
        body.extend_from_slice(to.get(8 - new..).unwrap_or_default());
    }
    (if new == 8 { *b"co64" } else { *b"stco" }, body)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn put(before: usize, frames: usize, last: bool) -> Put {
        Put { before, sizes: vec![1; frames], offset: 0, last }
    }

    #[test]
    fn the_title_shown_lasts_longer() {
        // 1,024 samples of sound are one unit of the titles: 10 and 20 frames.
        let titles = Titles { times: vec![10, 20], scale: 1000 };
        let longer = |puts: &[Put]| titles.longer(puts, 0, 1_024_000);
        assert_eq!(longer(&[put(0, 3, false)]), [13, 20]);
        assert_eq!(longer(&[put(10, 3, false)]), [13, 20], "the second begins behind the notice");
        assert_eq!(longer(&[put(11, 3, false)]), [10, 23]);
        assert_eq!(longer(&[put(30, 3, true)]), [10, 20], "behind the content");
        assert_eq!(longer(&[put(0, 3, false), put(30, 4, true)]), [13, 20]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Titles::read(&bytes, &bytes, &Limits::default());
            let _ = moved(true, &bytes, &|at| at, true);
        }
    }
}
