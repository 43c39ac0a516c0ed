//! The tables of a track (ISO/IEC 14496-12 8.6, 8.7): read, and written with other samples among them.

use std::ops::Range;

use crate::codec::sound::{SoundShape, unread};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::notice::sound as rows;
use crate::source::check_limit;

use super::titles::Titles;

/// Samples of sound in a frame.
pub(super) const FRAME: u64 = 1024;
/// Boxes that hold boxes, on the way to the tables.
const HOLDERS: [&[u8; 4]; 7] = [b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"udta"];
/// Sample rates by index (ISO/IEC 14496-3 table 1.18).
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// A notice among the samples.
#[derive(Debug, Clone)]
pub(super) struct Put {
    /// Before which sample.
    pub(super) before: usize,
    pub(super) sizes: Vec<u32>,
    /// Where its data begins among that of all notices.
    pub(super) offset: u64,
    /// Whether it stands at the end.
    pub(super) last: bool,
}

/// The one track of sound of a file, and its tables.
#[derive(Debug)]
pub(super) struct Track {
    pub(super) shape: SoundShape,
    /// Profile less one, index of the rate and channels, four bits each.
    pub(super) config: u16,
    /// Samples of sound at the start that the edit list leaves out.
    pub(super) skipped: u64,
    pub(super) sizes: Vec<u32>,
    /// Place and samples of each chunk.
    chunks: Vec<(u64, u32)>,
    /// How long the last sample lasts; all others last a frame.
    tail: u32,
    /// Units per second of the movie.
    scale: u32,
    /// Whether there is an edit list.
    edits: bool,
    /// The tracks of chapters beside it, by their number among the tracks.
    titles: Vec<(usize, Titles)>,
}

/// The boxes in `bytes`: type, all of it, content. What is too short for a box is left.
pub(super) fn list(bytes: &[u8]) -> Vec<([u8; 4], Range<usize>, Range<usize>)> {
    let (mut out, mut at) = (Vec::new(), 0usize);
    while let Some([s0, s1, s2, s3, kind @ ..]) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
        let stated = u32::from_be_bytes([*s0, *s1, *s2, *s3]);
        let (len, head) = match stated {
            0 => (Some(bytes.len() - at), 8),
            1 => (number(bytes, at + 8, 8).and_then(|len| usize::try_from(len).ok()), 16),
            len => (usize::try_from(len).ok(), 8),
        };
        let Some(end) =
            len.filter(|len| *len >= head).and_then(|len| at.checked_add(len)).filter(|end| *end <= bytes.len())
        else {
            break;
        };
        out.push((*kind, at..end, at + head..end));
        at = end;
    }
    out
}

/// A number of up to 8 bytes.
pub(super) fn number(bytes: &[u8], at: usize, len: usize) -> Option<u64> {
    let part = bytes.get(at..at.checked_add(len)?)?;
    Some(part.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

pub(super) fn put(bytes: &mut [u8], at: usize, len: usize, value: u64) {
    let value = value.to_be_bytes();
    if let (Some(place), Some(value)) = (bytes.get_mut(at..at + len), value.get(8 - len..)) {
        place.copy_from_slice(value);
    }
}

/// The content of the first box with this path.
pub(super) fn find<'b>(bytes: &'b [u8], path: &[&[u8; 4]]) -> Option<&'b [u8]> {
    path.iter().try_fold(bytes, |bytes, kind| {
        let (_, _, body) = list(bytes).into_iter().find(|(found, ..)| found == *kind)?;
        bytes.get(body)
    })
}

/// Entries of `width` bytes behind `head` bytes, the last four of which count them.
pub(super) fn entries<'b>(
    table: &'b [u8],
    head: usize,
    width: usize,
    limits: &Limits,
) -> Result<Option<Vec<&'b [u8]>>> {
    let Some(count) = number(table, head - 4, 4) else { return Ok(None) };
    check_limit("elements", count, limits.elements as u64)?;
    let rest = table.get(head..).unwrap_or_default();
    let out: Vec<&[u8]> = rest.chunks_exact(width).take(usize::try_from(count).unwrap_or(0)).collect();
    Ok((out.len() as u64 == count).then_some(out))
}

pub(super) fn word(entry: &[u8], at: usize) -> u32 {
    number(entry, at, 4).and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
}

impl Track {
    /// Reads the track of `moov`, a whole box; what stands against putting samples in is said.
    pub(super) fn read(moov: &[u8], limits: &Limits) -> Result<std::result::Result<Self, &'static str>> {
        let Some(body) = find(moov, &[b"moov"]) else { return Ok(Err("moov")) };
        let tracks: Vec<&[u8]> = list(body)
            .into_iter()
            .filter(|(kind, ..)| kind == b"trak")
            .filter_map(|(.., range)| body.get(range))
            .collect();
        let sounds = |trak: &&[u8]| find(trak, &[b"mdia", b"hdlr"]).and_then(|b| b.get(8..12)) == Some(b"soun");
        let own = tracks.iter().position(sounds).unwrap_or(0);
        let Some(trak) = tracks.get(own).copied() else { return Ok(Err("tracks")) };
        let mut titles = Vec::new();
        for (number, other) in tracks.iter().enumerate().filter(|(number, _)| *number != own) {
            let Some(found) = Titles::read(other, trak, limits)? else { return Ok(Err("tracks")) };
            titles.push((number, found));
        }
        let Some(stbl) = find(trak, &[b"mdia", b"minf", b"stbl"]) else { return Ok(Err("tracks")) };
        let known: [&[u8; 4]; 7] = [b"stsd", b"stts", b"stsz", b"stsc", b"stco", b"co64", b"sgpd"];
        let strange = |(kind, _, body): &([u8; 4], Range<usize>, Range<usize>)| match kind {
            // Groups of samples: one that holds all of them.
            b"sbgp" => stbl
                .get(body.clone())
                .is_none_or(|group| number(group, if group.first() == Some(&1) { 12 } else { 8 }, 4) != Some(1)),
            b"free" | b"skip" => false,
            other => !known.contains(&other),
        };
        if list(stbl).iter().any(strange) {
            return Ok(Err("tables"));
        }
        let table = |kind: &[u8; 4]| find(stbl, &[kind]);
        let mdhd = find(trak, &[b"mdia", b"mdhd"]).unwrap_or_default();
        let mvhd = find(body, &[b"mvhd"]).unwrap_or_default();
        let scale = |header: &[u8]| word(header, if header.first() == Some(&1) { 20 } else { 12 });
        let Some((config, shape)) = table(b"stsd").and_then(config).filter(|(_, shape)| shape.rate == scale(mdhd))
        else {
            return Ok(Err("AAC profile"));
        };
        let Some(sizes) = table(b"stsz").map(|t| sizes(t, limits)).transpose()?.flatten() else {
            return Ok(Err("stsz"));
        };
        let Some(chunks) = chunks(stbl, sizes.len(), limits)? else { return Ok(Err("stsc")) };
        let times = table(b"stts").map(|t| entries(t, 8, 8, limits)).transpose()?.flatten().unwrap_or_default();
        let (mut count, mut tail, mut even) = (0u64, 0u32, true);
        for (at, time) in times.iter().enumerate() {
            count = count.saturating_add(u64::from(word(time, 0)));
            tail = word(time, 4);
            even &= u64::from(tail) == FRAME || (at + 1 == times.len() && word(time, 0) == 1);
        }
        if count != sizes.len() as u64 || !even || u64::from(tail) > FRAME || sizes.is_empty() {
            return Ok(Err("stts"));
        }
        let edit = find(trak, &[b"edts", b"elst"]);
        let skipped = match edit.map(|list| (list.first().copied(), word(list, 4))) {
            None => Some(0),
            Some((Some(0), 1)) => edit.map(|list| u64::from(word(list, 12))).filter(|time| *time < 1 << 31),
            Some((Some(1), 1)) => edit.and_then(|list| number(list, 16, 8)).filter(|time| *time < 1 << 31),
            _ => None,
        };
        let Some(skipped) = skipped else { return Ok(Err("elst")) };
        let (scale, edits) = (scale(mvhd), edit.is_some());
        Ok(Ok(Self { shape, config, skipped, sizes, chunks, tail, scale, edits, titles }))
    }

    /// Bits per second.
    pub(super) fn bits(&self) -> u64 {
        let bytes: u64 = self.sizes.iter().map(|size| u64::from(*size)).sum();
        bytes.saturating_mul(8 * u64::from(self.shape.rate)) / (self.sizes.len() as u64).saturating_mul(FRAME).max(1)
    }

    /// The box `moov` with the notices. `data` is where their data begins in the new file; everything
    /// of the old one behind `at`, where the box stands, moves by `by`; places reach up to `most`.
    pub(super) fn write(&self, moov: &[u8], puts: &[Put], data: u64, by: u64, at: u64, most: u64) -> Result<Vec<u8>> {
        let added: u64 = puts.iter().map(|put| put.sizes.len() as u64).sum();
        let total = (self.sizes.len() as u64).saturating_add(added);
        let ends = puts.iter().any(|put| put.last);
        // What is cut off at the end of the content comes back where a notice follows it.
        let tail = if ends { FRAME } else { u64::from(self.tail) };
        let length = total.saturating_sub(1).saturating_mul(FRAME).saturating_add(tail);
        let grown = added.saturating_mul(FRAME);
        let in_movie = |samples: u64| samples.saturating_mul(u64::from(self.scale)) / u64::from(self.shape.rate.max(1));
        let presented = |old: u64| match (ends, self.edits) {
            (true, true) => in_movie(length.saturating_sub(self.skipped)),
            (true, false) => in_movie(length),
            _ => old.saturating_add(in_movie(grown)),
        };
        let places: Vec<(u64, u32)> = self.places(puts, data, by, at);
        let wide = most > u64::from(u32::MAX);
        let mut failed = None;
        let mut visit = |kind: &[u8; 4], body: &[u8]| -> Option<([u8; 4], Vec<u8>)> {
            let mut body = body.to_vec();
            let long = body.first() == Some(&1);
            let mut duration = |at: [usize; 2], new: &dyn Fn(u64) -> u64| {
                let (at, len) = if long { (at[1], 8) } else { (at[0], 4) };
                let value = new(number(&body, at, len).unwrap_or(0));
                if !long && value > u64::from(u32::MAX) {
                    failed = Some("duration");
                }
                put(&mut body, at, len, value);
            };
            match kind {
                b"mvhd" => duration([16, 24], &presented),
                b"tkhd" => duration([20, 28], &presented),
                b"mdhd" => duration([16, 24], &|_| length),
                b"elst" => duration([8, 8], &presented),
                b"stts" => body = self.times(total, tail),
                b"stsz" => body = self.spliced(puts),
                b"stsc" => body = runs(&places),
                b"stco" | b"co64" => {
                    let width = if wide || kind == b"co64" { 8 } else { 4 };
                    body = [&[0; 4][..], &(places.len() as u32).to_be_bytes()].concat();
                    for (place, _) in &places {
                        body.extend_from_slice(place.to_be_bytes().get(8 - width..).unwrap_or_default());
                    }
                    return Some((if width == 8 { *b"co64" } else { *b"stco" }, body));
                }
                b"sbgp" => {
                    let at = if long { 16 } else { 12 };
                    put(&mut body, at, 4, total);
                }
                b"chpl" => self.chapters(&mut body, puts),
                b"meta" => gapless(&mut body, grown),
                _ => return None,
            }
            Some((*kind, body))
        };
        let (mut out, mut tracks) = (Vec::with_capacity(moov.len()), 0usize);
        let body = find(moov, &[b"moov"]).unwrap_or_default();
        let place = |old: u64| if old > at { old.saturating_add(by) } else { old };
        for (kind, all, _) in list(body) {
            let whole = body.get(all).unwrap_or_default();
            let titles = self.titles.iter().find(|(number, _)| &kind == b"trak" && *number == tracks);
            tracks += usize::from(&kind == b"trak");
            out.extend(match titles {
                Some((_, titles)) => {
                    titles.write(whole, (puts, self.skipped, self.shape.rate), self.scale, &place, wide)?
                }
                None => rewrite(whole, 1, &mut visit)?,
            });
        }
        let len = u32::try_from(out.len().saturating_add(8)).map_err(|_| unread("MP4", "moov"))?;
        let out = [&len.to_be_bytes()[..], b"moov", &out].concat();
        match failed {
            Some(field) => Err(Error::Refused(rows::LENGTHS.with("field", field))),
            None => Ok(out),
        }
    }

    /// Place and samples of each chunk, those of the notices among them.
    fn places(&self, puts: &[Put], data: u64, by: u64, at: u64) -> Vec<(u64, u32)> {
        let mut out = Vec::new();
        let mut waiting = puts.iter().peekable();
        let mut number = 0usize;
        for (place, count) in &self.chunks {
            let mut place = if *place > at { place.saturating_add(by) } else { *place };
            let mut left = *count as usize;
            while let Some(put) = waiting.next_if(|put| put.before < number.saturating_add(left)) {
                let first = put.before.saturating_sub(number).min(left);
                if first > 0 {
                    out.push((place, first as u32));
                    let bytes = self.sizes.get(number..number + first).unwrap_or_default();
                    place = place.saturating_add(bytes.iter().map(|size| u64::from(*size)).sum());
                }
                out.push((data.saturating_add(put.offset), put.sizes.len() as u32));
                (number, left) = (number + first, left - first);
            }
            if left > 0 {
                out.push((place, left as u32));
            }
            number += left;
        }
        out.extend(waiting.map(|put| (data.saturating_add(put.offset), put.sizes.len() as u32)));
        out
    }

    fn times(&self, total: u64, tail: u64) -> Vec<u8> {
        let entry = |count: u64, delta: u64| [(count as u32).to_be_bytes(), (delta as u32).to_be_bytes()].concat();
        // A short sample that is not the last any more has become a whole one.
        let body = match tail {
            FRAME => vec![entry(total, FRAME)],
            _ => [vec![entry(total - 1, FRAME)], vec![entry(1, tail)]].concat(),
        };
        [vec![0; 4], (body.len() as u32).to_be_bytes().to_vec(), body.concat()].concat()
    }

    fn spliced(&self, puts: &[Put]) -> Vec<u8> {
        let mut sizes: Vec<u32> = Vec::new();
        let mut at = 0;
        for put in puts {
            sizes.extend_from_slice(self.sizes.get(at..put.before).unwrap_or_default());
            sizes.extend_from_slice(&put.sizes);
            at = put.before;
        }
        sizes.extend_from_slice(self.sizes.get(at..).unwrap_or_default());
        let mut out = [[0; 4], [0; 4], (sizes.len() as u32).to_be_bytes()].concat();
        out.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
        out
    }

    /// Begins of chapters in Nero's form, in units of 100 ns.
    fn chapters(&self, body: &mut [u8], puts: &[Put]) {
        let mut at = if body.first() == Some(&1) { 9 } else { 5 };
        let count = body.get(at - 1).copied().unwrap_or(0);
        for _ in 0..count {
            let (Some(time), Some(len)) = (number(body, at, 8), body.get(at + 8).copied()) else { return };
            let rate = u128::from(self.shape.rate.max(1));
            let sample =
                u64::try_from(u128::from(time) * rate / 10_000_000).unwrap_or(u64::MAX).saturating_add(self.skipped);
            let before = puts.iter().filter(|put| !put.last && (put.before as u64).saturating_mul(FRAME) <= sample);
            let frames: u64 = before.map(|put| put.sizes.len() as u64).sum();
            let by = u128::from(frames.saturating_mul(FRAME)) * 10_000_000 / rate;
            put(body, at, 8, time.saturating_add(u64::try_from(by).unwrap_or(0)));
            at += 9 + usize::from(len);
        }
    }
}

/// What becomes of a box of this kind and body: another kind and body, or nothing new.
pub(super) type Visit<'v> = dyn FnMut(&[u8; 4], &[u8]) -> Option<([u8; 4], Vec<u8>)> + 'v;

/// The boxes in `bytes` with what `visit` makes of those that hold no boxes. The depth is that of the
/// tables.
pub(super) fn rewrite(bytes: &[u8], depth: usize, visit: &mut Visit<'_>) -> Result<Vec<u8>> {
    let (mut out, mut end) = (Vec::with_capacity(bytes.len()), 0);
    for (kind, all, body) in list(bytes) {
        end = all.end;
        let (whole, body) = (bytes.get(all).unwrap_or_default(), bytes.get(body).unwrap_or_default());
        let new = if depth < HOLDERS.len() && HOLDERS.contains(&&kind) {
            Some((kind, rewrite(body, depth + 1, visit)?))
        } else {
            visit(&kind, body)
        };
        let Some((kind, body)) = new else {
            out.extend_from_slice(whole);
            continue;
        };
        let len = u32::try_from(body.len().saturating_add(8)).map_err(|_| unread("MP4", "moov"))?;
        out.extend(len.to_be_bytes());
        out.extend(kind);
        out.extend(body);
    }
    out.extend_from_slice(bytes.get(end..).unwrap_or_default());
    Ok(out)
}

/// Profile, rate and channels of the one entry of `stsd`, if it is AAC LC without extension.
fn config(stsd: &[u8]) -> Option<(u16, SoundShape)> {
    let [(kind, _, entry)] = &list(stsd.get(8..)?)[..] else { return None };
    let entry = stsd.get(8..)?.get(entry.clone())?;
    // Version 0 (ISO/IEC 14496-12 12.2.3).
    if kind != b"mp4a" || number(entry, 8, 2)? != 0 {
        return None;
    }
    let esds = find(entry.get(28..)?, &[b"esds"])?.get(4..)?;
    let (3, body, _) = descriptor(esds)? else { return None };
    // No more than the number of the stream and its priority (ISO/IEC 14496-1 7.2.6.5).
    let (4, body, _) = descriptor(body.get(3..).filter(|_| body.get(2).is_some_and(|flags| flags & 0xE0 == 0))?)?
    else {
        return None;
    };
    let (5, specific, _) = descriptor(body.get(13..).filter(|_| body.first() == Some(&0x40))?)? else { return None };
    let [a, b, rest @ ..] = specific else { return None };
    let bits = u16::from_be_bytes([*a, *b]);
    let (object, rate, channels) = (bits >> 11, bits >> 7 & 15, bits >> 3 & 15);
    // A frame of 960 samples, a core coder or an extension.
    let extended = bits & 7 != 0 || (rest.len() >= 3 && rest.starts_with(&[0x56, 0xE5]) && rest.get(2)? & 0x80 != 0);
    let shape = SoundShape { rate: *RATES.get(usize::from(rate))?, channels: if channels == 7 { 8 } else { channels } };
    (object == 2 && !extended && (1..=7).contains(&channels))
        .then_some(((object - 1) << 8 | rate << 4 | channels, shape))
}

/// Tag, content and what follows of a descriptor (ISO/IEC 14496-1 8.3.3).
fn descriptor(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (mut len, mut rest) = (0usize, rest);
    for _ in 0..4 {
        let (byte, behind) = rest.split_first()?;
        (len, rest) = (len << 7 | usize::from(byte & 0x7F), behind);
        if byte & 0x80 == 0 {
            break;
        }
    }
    let (body, behind) = rest.split_at_checked(len)?;
    Some((*tag, body, behind))
}

fn sizes(stsz: &[u8], limits: &Limits) -> Result<Option<Vec<u32>>> {
    let (Some(same), Some(count)) = (number(stsz, 4, 4), number(stsz, 8, 4)) else { return Ok(None) };
    check_limit("elements", count, limits.elements as u64)?;
    if same != 0 {
        return Ok(Some(vec![u32::try_from(same).unwrap_or(0); usize::try_from(count).unwrap_or(0)]));
    }
    Ok(entries(stsz, 12, 4, limits)?.map(|sizes| sizes.iter().map(|size| word(size, 0)).collect()))
}

/// Chunks with their samples, if they hold `total` in all and one description says what they are.
fn chunks(stbl: &[u8], total: usize, limits: &Limits) -> Result<Option<Vec<(u64, u32)>>> {
    let places: Option<Vec<u64>> = match (find(stbl, &[b"stco"]), find(stbl, &[b"co64"])) {
        (Some(table), None) => entries(table, 8, 4, limits)?.map(|e| e.iter().map(|e| u64::from(word(e, 0))).collect()),
        (None, Some(table)) => {
            entries(table, 8, 8, limits)?.map(|e| e.iter().map(|e| number(e, 0, 8).unwrap_or(0)).collect())
        }
        _ => None,
    };
    let runs = find(stbl, &[b"stsc"]).map(|t| entries(t, 8, 12, limits)).transpose()?.flatten();
    let (Some(places), Some(runs)) = (places, runs) else { return Ok(None) };
    let mut out: Vec<(u64, u32)> = Vec::with_capacity(places.len());
    let (mut next, mut count) = (0usize, 0u32);
    for (at, place) in places.iter().enumerate() {
        while let Some(run) = runs.get(next).filter(|run| word(run, 0) as usize <= at + 1) {
            count = word(run, 4);
            next += 1;
        }
        out.push((*place, count));
    }
    let sum: u64 = out.iter().map(|(_, count)| u64::from(*count)).sum();
    let one = runs.iter().all(|run| word(run, 8) == 1);
    Ok((one && sum == total as u64).then_some(out))
}

/// `stsc` for these chunks.
fn runs(places: &[(u64, u32)]) -> Vec<u8> {
    let (mut body, mut count, mut before) = (Vec::new(), 0u32, None);
    for (at, (_, samples)) in places.iter().enumerate() {
        if before != Some(*samples) {
            for value in [at as u32 + 1, *samples, 1] {
                body.extend(value.to_be_bytes());
            }
            count += 1;
            before = Some(*samples);
        }
    }
    [vec![0; 4], count.to_be_bytes().to_vec(), body].concat()
}

/// iTunes' own record of how many samples are to be played (`iTunSMPB`): spaces, three numbers of
/// eight digits, then the count in sixteen.
fn gapless(meta: &mut [u8], grown: u64) {
    let Some(at) = meta.windows(8).position(|part| part == b"iTunSMPB") else { return };
    let Some(data) = meta.get(at..).and_then(|rest| rest.windows(4).take(64).position(|part| part == b"data")) else {
        return;
    };
    let place = at + data + 12 + 28;
    let digits = meta.get(place..place + 16).and_then(|text| std::str::from_utf8(text).ok());
    let Some(count) = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok()) else { return };
    if let Some(place) = meta.get_mut(place..place + 16) {
        place.copy_from_slice(format!("{:016X}", count.saturating_add(grown)).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn samples_stay_in_their_order(
            counts in prop::collection::vec(1u32..5, 1..9),
            cuts in prop::collection::btree_set(0usize..40, 0..4),
        ) {
            let total: u32 = counts.iter().sum();
            let sizes: Vec<u32> = (0..total).map(|n| n + 1).collect();
            // Chunks with holes between them, so that no place is right by chance.
            let mut at = 1000u64;
            let mut chunks = Vec::new();
            let mut next = 0u32;
            let mut due = Vec::new();
            for count in &counts {
                chunks.push((at, *count));
                for _ in 0..*count {
                    due.push(at);
                    next += 1;
                    at += u64::from(next);
                }
                at += 13;
            }
            let shape = SoundShape { rate: 48_000, channels: 2 };
            let track = Track { shape, config: 0, skipped: 0, sizes: sizes.clone(), chunks, tail: 1024, scale: 1, edits: true, titles: Vec::new() };
            let cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(total as usize)).collect();
            let puts: Vec<Put> = cuts.iter().enumerate().map(|(n, cut)| {
                Put { before: *cut, sizes: vec![900, 901], offset: n as u64 * 1801, last: false }
            }).collect();
            let mut expected: Vec<(u64, u32)> = due.iter().map(|at| at + 7).zip(sizes).collect();
            for put in puts.iter().rev() {
                let at = 50_000 + put.offset;
                expected.splice(put.before..put.before, [(at, 900), (at + 900, 901)]);
            }
            let new = track.spliced(&puts);
            let mut found = Vec::new();
            let mut sizes = new[12..].chunks(4).map(|b| word(b, 0));
            for (mut at, count) in track.places(&puts, 50_000, 7, 500) {
                for _ in 0..count {
                    let size = sizes.next().unwrap();
                    found.push((at, size));
                    at += u64::from(size);
                }
            }
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Track::read(&bytes, &Limits::default());
            let _ = config(&bytes);
            let mut meta = [&b"iTunSMPBdata"[..], &bytes].concat();
            gapless(&mut meta, 5);
            prop_assert_eq!(rewrite(&bytes, 0, &mut |_, _| None).unwrap().len() >= bytes.len().min(8), true);
        }
    }

    #[test]
    fn gapless_counts_go_on() {
        let mut meta =
            b"...iTunSMPB\0\0\0\x80data\0\0\0\x01\0\0\0\0 00000000 00000840 000001CA 00000000003F31F6 0".to_vec();
        gapless(&mut meta, 0x400);
        assert!(meta.ends_with(b" 00000000 00000840 000001CA 00000000003F35F6 0"));
    }
}
