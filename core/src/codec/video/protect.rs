//! Samples that are encrypted: nothing can be drawn on what can't be decoded.

use std::ops::Range;
use std::path::Path;

use crate::container::bmff::boxes::{self, BoxAt};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::{Source, limit_error};

use super::atoms::flat;
use super::probe::Film;

/// What FFprobe calls the keys' data of a protected Matroska track.
const SIDE_DATA: &str = "Encryption";

/// Whether the video of a film is encrypted, and whether any other track is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Protected {
    pub(super) video: bool,
    pub(super) other: bool,
}

/// What is protected in the file behind `film`.
pub(super) fn protected(path: &Path, reader: &str, film: &Film, limits: &Limits) -> Result<Protected> {
    if reader != "mov" {
        let mut others = film.streams.iter().filter(|s| s.index != film.video.index);
        return Ok(Protected { video: film.video.side(SIDE_DATA), other: others.any(|s| s.side(SIDE_DATA)) });
    }
    let tracks = tracks(path, limits)?;
    let own = film.video.track();
    Ok(Protected {
        video: tracks.iter().any(|(id, coded)| *coded && *id == own),
        other: tracks.iter().any(|(id, coded)| *coded && *id != own),
    })
}

/// Longest list of descriptions of samples that is looked at, in bytes.
const DESCRIPTIONS: u64 = 1 << 20;

/// Number of each track of a movie, and whether its samples are encrypted (ISO/IEC 14496-12, 8.12; the
/// older kinds of iTunes as well). What can't be read is taken for plain: other code says what is wrong.
/// Tables of samples, which are long in long films, are stepped over.
fn tracks(path: &Path, limits: &Limits) -> Result<Vec<(Option<u32>, bool)>> {
    let io = |e| crate::error::Error::io("temporary file", e);
    let mut file = std::fs::File::open(path).map_err(io)?;
    let mut source = Source::new(&mut file, limits)?;
    let mut left = limits.segments as u64;
    let all = 0..source.len();
    let Some(moov) = within(&mut source, all, &[b"moov"], &mut left, limits)? else { return Ok(Vec::new()) };
    let traks = children(&mut source, moov, None, &mut left, limits)?;
    let mut out = Vec::new();
    for trak in traks.into_iter().filter(|found| &found.kind == b"trak") {
        out.push(track(&mut source, trak.payload, &mut left, limits)?);
    }
    Ok(out)
}

fn track(source: &mut Source<'_>, trak: Range<u64>, left: &mut u64, limits: &Limits) -> Result<(Option<u32>, bool)> {
    let mut id = None;
    if let Some(tkhd) = within(source, trak.clone(), &[b"tkhd"], left, limits)? {
        let long = source.array::<1>(tkhd.start)? == Some([1]);
        let at = tkhd.start.saturating_add(if long { 20 } else { 12 });
        id = source.array::<4>(at)?.filter(|_| at.saturating_add(4) <= tkhd.end).map(u32::from_be_bytes);
    }
    let Some(stsd) = within(source, trak, &[b"mdia", b"minf", b"stbl", b"stsd"], left, limits)? else {
        return Ok((id, false));
    };
    let end = stsd.end.min(stsd.start.saturating_add(DESCRIPTIONS));
    let bytes = source.bytes(stsd.start..end, DESCRIPTIONS, "metadata_bytes")?;
    let entries = flat(bytes.get(8..).unwrap_or_default()).0;
    let coded = |kind: &[u8; 4]| kind.starts_with(b"enc") || kind.starts_with(b"drm");
    Ok((id, entries.iter().any(|entry| coded(&entry.kind))))
}

/// The content of the first box with this path.
fn within(
    source: &mut Source<'_>,
    range: Range<u64>,
    path: &[&[u8; 4]],
    left: &mut u64,
    limits: &Limits,
) -> Result<Option<Range<u64>>> {
    let mut range = range;
    for kind in path {
        let found = children(source, range, Some(kind), left, limits)?.pop().filter(|found| found.kind == **kind);
        let Some(found) = found else { return Ok(None) };
        range = found.payload;
    }
    Ok(Some(range))
}

/// The boxes within a range, up to the first of the kind `last`; `left` counts those that may still be
/// looked at.
fn children(
    source: &mut Source<'_>,
    range: Range<u64>,
    last: Option<&[u8; 4]>,
    left: &mut u64,
    limits: &Limits,
) -> Result<Vec<BoxAt>> {
    let (mut at, mut out) = (range.start, Vec::new());
    while at < range.end {
        let max = limits.segments as u64;
        *left = left.checked_sub(1).ok_or_else(|| limit_error("segments", max.saturating_add(1), max))?;
        let (Some(found), _) = boxes::read(source, at, range.end)? else { break };
        if found.range.end <= at {
            break;
        }
        at = found.range.end;
        let done = last == Some(&found.kind);
        out.push(found);
        if done {
            break;
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
    }

    fn movie(kinds: &[&[u8; 4]]) -> Vec<u8> {
        let trak = |(number, kind): (usize, &&[u8; 4])| {
            let tkhd = [&[0; 12][..], &(number as u32 + 1).to_be_bytes(), &[0; 68]].concat();
            let stsd = [&[0, 0, 0, 0, 0, 0, 0, 1][..], &boxed(kind, &[0; 16])].concat();
            let stbl = boxed(b"stbl", &boxed(b"stsd", &stsd));
            let mdia = boxed(b"mdia", &boxed(b"minf", &stbl));
            boxed(b"trak", &[boxed(b"tkhd", &tkhd), mdia].concat())
        };
        let traks: Vec<u8> = kinds.iter().enumerate().flat_map(trak).collect();
        [boxed(b"ftyp", b"isom"), boxed(b"moov", &traks), boxed(b"moof", &[])].concat()
    }

    #[test]
    fn encrypted_tracks_are_told_from_plain_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let read = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            tracks(&path, &Limits::default()).unwrap()
        };
        let found = read(&movie(&[b"avc1", b"encv", b"enca", b"mp4a", b"drms"]));
        assert_eq!(found, [(Some(1), false), (Some(2), true), (Some(3), true), (Some(4), false), (Some(5), true)]);
        // A movie whose header is longer than metadata may be.
        let long = movie(&[b"avc1", b"encv"]);
        let narrow = Limits { metadata_bytes: 16, ..Limits::default() };
        std::fs::write(&path, &long).unwrap();
        assert_eq!(tracks(&path, &narrow).unwrap(), [(Some(1), false), (Some(2), true)]);
        let all = movie(&[b"encv"]);
        for cut in 0..all.len() {
            let _ = read(&all[..cut]);
        }
    }
}
