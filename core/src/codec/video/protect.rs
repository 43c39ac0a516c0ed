//! Samples that are encrypted: nothing can be drawn on what can't be decoded.

use std::path::Path;

use crate::container::bmff::boxes;
use crate::error::Result;
use crate::limits::Limits;
use crate::source::{Source, check_limit};

use super::atoms::{Atom, flat};
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

/// Number of each track of a movie, and whether its samples are encrypted (ISO/IEC 14496-12, 8.12; the
/// older kinds of iTunes as well). What can't be read is taken for plain: other code says what is wrong.
fn tracks(path: &Path, limits: &Limits) -> Result<Vec<(Option<u32>, bool)>> {
    let io = |e| crate::error::Error::io("temporary file", e);
    let mut file = std::fs::File::open(path).map_err(io)?;
    let mut source = Source::new(&mut file, limits)?;
    let (mut at, mut count, len) = (0, 0u64, source.len());
    while at < len {
        count = count.saturating_add(1);
        check_limit("segments", count, limits.segments as u64)?;
        let (Some(found), _) = boxes::read(&mut source, at, len)? else { break };
        if &found.kind == b"moov" {
            let moov = source.bytes(found.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
            return Ok(flat(&moov).0.iter().filter(|b| &b.kind == b"trak").map(track).collect());
        }
        if found.range.end <= at {
            break;
        }
        at = found.range.end;
    }
    Ok(Vec::new())
}

fn track(trak: &Atom) -> (Option<u32>, bool) {
    let within = |of: &Atom, kind: &[u8; 4]| flat(of.content()).0.into_iter().find(|b| b.kind == *kind);
    let id = within(trak, b"tkhd").and_then(|tkhd| {
        let at = if tkhd.content().first() == Some(&1) { 20 } else { 12 };
        tkhd.content().get(at..)?.first_chunk::<4>().map(|n| u32::from_be_bytes(*n))
    });
    let path: [&[u8; 4]; 4] = [b"mdia", b"minf", b"stbl", b"stsd"];
    let stsd = path.iter().try_fold(trak.clone(), |atom, kind| within(&atom, kind));
    let entries = stsd.map(|stsd| flat(stsd.content().get(8..).unwrap_or_default()).0).unwrap_or_default();
    let coded = |kind: &[u8; 4]| kind.starts_with(b"enc") || kind.starts_with(b"drm");
    (id, entries.iter().any(|entry| coded(&entry.kind)))
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
        let all = movie(&[b"encv"]);
        for cut in 0..all.len() {
            let _ = read(&all[..cut]);
        }
    }
}
