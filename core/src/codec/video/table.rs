//! Sample tables (ISO/IEC 14496-12, 8.6 and 8.7): where samples lie and when they are shown.

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::general;
use crate::source::check_limit;

use super::atoms::{Atom, Stop, layout};

/// One sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sample {
    pub(super) offset: u64,
    pub(super) size: u32,
    /// Decoding time in ticks of the track.
    pub(super) dts: i64,
    /// From decoding to showing, in ticks.
    pub(super) cts: i64,
    pub(super) sync: bool,
}

impl Sample {
    pub(super) const fn pts(&self) -> i64 {
        self.dts.saturating_add(self.cts)
    }
}

fn broken(kind: &[u8; 4]) -> Stop {
    let part = String::from_utf8_lossy(kind).into_owned();
    Stop::Error(Error::Malformed(general::MALFORMED.with("part", part)))
}

/// The numbers of 32 bits behind version, flags and `skip` more bytes; the count stands before them.
fn numbers(stbl: &Atom, kind: &[u8; 4], per: usize, limits: &Limits) -> Result<Option<Vec<u32>>, Stop> {
    let Some(found) = stbl.find(&[kind]) else { return Ok(None) };
    let body = found.content().get(4..).ok_or_else(|| broken(kind))?;
    counted(body, kind, per, limits).map(Some)
}

fn counted(body: &[u8], kind: &[u8; 4], per: usize, limits: &Limits) -> Result<Vec<u32>, Stop> {
    let (count, rest) = body.split_first_chunk::<4>().ok_or_else(|| broken(kind))?;
    let count = u64::from(u32::from_be_bytes(*count));
    check_limit("elements", count, limits.elements as u64)?;
    let len = usize::try_from(count).unwrap_or(0).saturating_mul(per).saturating_mul(4);
    let entries = rest.get(..len).ok_or_else(|| broken(kind))?;
    Ok(entries.as_chunks::<4>().0.iter().map(|n| u32::from_be_bytes(*n)).collect())
}

fn pairs(flat: &[u32]) -> impl Iterator<Item = (u32, u32)> + '_ {
    flat.as_chunks::<2>().0.iter().map(|[a, b]| (*a, *b))
}

/// The positions of chunks.
pub(super) fn chunks(stbl: &Atom, limits: &Limits) -> Result<Vec<u64>, Stop> {
    if let Some(short) = numbers(stbl, b"stco", 1, limits)? {
        return Ok(short.into_iter().map(u64::from).collect());
    }
    let long = numbers(stbl, b"co64", 2, limits)?.ok_or_else(|| broken(b"stco"))?;
    Ok(pairs(&long).map(|(high, low)| u64::from(high) << 32 | u64::from(low)).collect())
}

/// Sizes of all samples.
fn sizes(stbl: &Atom, limits: &Limits) -> Result<Vec<u32>, Stop> {
    let body = stbl.find(&[b"stsz"]).ok_or_else(|| layout("stz2"))?.content();
    let (same, rest) = body.get(4..).and_then(|b| b.split_first_chunk::<4>()).ok_or_else(|| broken(b"stsz"))?;
    match u32::from_be_bytes(*same) {
        0 => counted(rest, b"stsz", 1, limits),
        same => {
            let count = rest.first_chunk::<4>().map(|n| u32::from_be_bytes(*n)).ok_or_else(|| broken(b"stsz"))?;
            check_limit("elements", u64::from(count), limits.elements as u64)?;
            Ok(vec![same; count as usize])
        }
    }
}

/// Spreads runs of (count, value) over samples.
fn spread(runs: &[u32], total: usize) -> Vec<u32> {
    let mut out = Vec::with_capacity(total);
    for (count, value) in pairs(runs) {
        let room = total.saturating_sub(out.len()).min(count as usize);
        out.extend(std::iter::repeat_n(value, room));
    }
    out
}

/// Reads the table of a track with one sample description.
pub(super) fn read(stbl: &Atom, limits: &Limits) -> Result<Vec<Sample>, Stop> {
    let sizes = sizes(stbl, limits)?;
    let total = sizes.len();
    let chunks = chunks(stbl, limits)?;
    let steps = spread(&numbers(stbl, b"stts", 2, limits)?.ok_or_else(|| broken(b"stts"))?, total);
    let offsets = numbers(stbl, b"ctts", 2, limits)?.map(|runs| spread(&runs, total));
    let syncs = numbers(stbl, b"stss", 1, limits)?;
    let to_chunks = numbers(stbl, b"stsc", 3, limits)?.ok_or_else(|| broken(b"stsc"))?;
    let to_chunks = to_chunks.as_chunks::<3>().0;
    if to_chunks.iter().any(|[_, _, description]| *description != 1) {
        return Err(layout("stsd"));
    }
    if steps.len() != total || offsets.as_ref().is_some_and(|o| o.len() != total) {
        return Err(broken(b"stts"));
    }
    let mut out = Vec::with_capacity(total);
    let (mut dts, mut syncs_left) = (0i64, syncs.as_deref().map(<[u32]>::iter).map(Iterator::peekable));
    let mut left = sizes.iter().zip(&steps).enumerate();
    for (number, chunk) in chunks.iter().enumerate() {
        let run = to_chunks.partition_point(|[first, ..]| *first as usize <= number.saturating_add(1));
        let per = run.checked_sub(1).and_then(|run| to_chunks.get(run)).map_or(0, |[_, per, _]| *per);
        let mut offset = *chunk;
        for (index, (size, step)) in left.by_ref().take(per as usize) {
            let cts = offsets.as_ref().and_then(|o| o.get(index)).map_or(0, |o| i64::from(o.cast_signed()));
            let sync = syncs_left.as_mut().is_none_or(|syncs| {
                while syncs.next_if(|n| (**n as usize) <= index).is_some() {}
                syncs.next_if(|n| **n as usize == index.saturating_add(1)).is_some()
            });
            out.push(Sample { offset, size: *size, dts, cts, sync });
            offset = offset.saturating_add(u64::from(*size));
            dts = dts.saturating_add(i64::from(*step));
        }
    }
    if out.len() != total {
        return Err(broken(b"stsc"));
    }
    Ok(out)
}

fn full(version: u8, parts: &[u32]) -> Vec<u8> {
    let mut out = vec![version, 0, 0, 0];
    out.extend(parts.iter().flat_map(|n| n.to_be_bytes()));
    out
}

fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Writes sizes, offsets to the time of showing, keyframes and what is said of single samples; of
/// the first `fresh` samples nothing is known but what `samples` say. Chunks stay.
pub(super) fn write(stbl: &mut Atom, samples: &[Sample], fresh: usize) -> Result<(), Stop> {
    let sizes = [0, count(samples.len())].into_iter().chain(samples.iter().map(|s| s.size));
    stbl.set(b"stsz", Some(full(0, &sizes.collect::<Vec<_>>())));
    let mut runs: Vec<(u32, i64)> = Vec::new();
    for sample in samples {
        match runs.last_mut().filter(|(_, cts)| *cts == sample.cts) {
            Some((count, _)) => *count = count.saturating_add(1),
            None => runs.push((1, sample.cts)),
        }
    }
    let version = stbl.find(&[b"ctts"]).and_then(|b| b.content().first()).copied().unwrap_or(0);
    let body: Vec<u32> = runs.iter().flat_map(|(count, cts)| [*count, *cts as i32 as u32]).collect();
    let none = runs.iter().all(|(_, cts)| *cts == 0) && stbl.find(&[b"ctts"]).is_none();
    stbl.set(b"ctts", (!none).then(|| full(version, &[&[count(runs.len())], body.as_slice()].concat())));
    let syncs: Vec<u32> = samples.iter().zip(1u32..).filter(|(s, _)| s.sync).map(|(_, n)| n).collect();
    let all = syncs.len() == samples.len();
    stbl.set(b"stss", (!all).then(|| full(0, &[&[count(syncs.len())], syncs.as_slice()].concat())));
    if let Some(partial) = stbl.find(&[b"stps"]) {
        let old = partial.content().get(8..).unwrap_or_default().as_chunks::<4>().0;
        let kept: Vec<u32> = old.iter().map(|n| u32::from_be_bytes(*n)).filter(|n| *n as usize > fresh).collect();
        stbl.set(b"stps", Some(full(0, &[&[count(kept.len())], kept.as_slice()].concat())));
    }
    dependencies(stbl, fresh);
    bounds(stbl, samples)?;
    groups(stbl, fresh)
}

/// `sdtp`: unknown for fresh samples.
fn dependencies(stbl: &mut Atom, fresh: usize) {
    if let Some(mut body) = stbl.find(&[b"sdtp"]).map(|b| b.content().to_vec()) {
        body.iter_mut().skip(4).take(fresh).for_each(|known| *known = 0);
        stbl.set(b"sdtp", Some(body));
    }
}

/// `cslg`: the least and greatest offset to the time of showing.
fn bounds(stbl: &mut Atom, samples: &[Sample]) -> Result<(), Stop> {
    let Some(mut body) = stbl.find(&[b"cslg"]).map(|b| b.content().to_vec()) else { return Ok(()) };
    let wide = body.first() == Some(&1);
    let least = samples.iter().map(|s| s.cts).min().unwrap_or(0);
    let greatest = samples.iter().map(|s| s.cts).max().unwrap_or(0);
    let width = if wide { 8 } else { 4 };
    for (value, place) in [(least, 1), (greatest, 2)] {
        let at = 4 + place * width;
        let bytes = value.to_be_bytes();
        let bytes = bytes.get(8 - width..).unwrap_or_default();
        body.get_mut(at..at + width).ok_or_else(|| broken(b"cslg"))?.copy_from_slice(bytes);
    }
    stbl.set(b"cslg", Some(body));
    Ok(())
}

/// `sbgp`: fresh samples belong to no group. `subs` and `saiz` speak of bytes that are gone.
fn groups(stbl: &mut Atom, fresh: usize) -> Result<(), Stop> {
    for gone in [b"subs", b"saiz", b"saio"] {
        if stbl.find(&[gone]).is_some() {
            return Err(layout(String::from_utf8_lossy(gone)));
        }
    }
    for atom in stbl.children_mut().iter_mut().filter(|b| &b.kind == b"sbgp") {
        let old = atom.content().to_vec();
        let skip = if old.first() == Some(&1) { 12 } else { 8 };
        let head = old.get(..skip).ok_or_else(|| broken(b"sbgp"))?;
        let runs = old.get(skip.saturating_add(4)..).ok_or_else(|| broken(b"sbgp"))?.as_chunks::<8>().0;
        let (mut left, mut new) = (fresh, vec![(count(fresh), 0u32)]);
        for [c0, c1, c2, c3, group @ ..] in runs {
            let have = u32::from_be_bytes([*c0, *c1, *c2, *c3]);
            let taken = left.min(have as usize);
            left -= taken;
            let have = have.saturating_sub(count(taken));
            if have > 0 {
                new.push((have, u32::from_be_bytes(*group)));
            }
        }
        let body = new.iter().flat_map(|(have, group)| [*have, *group]).flat_map(u32::to_be_bytes);
        let body: Vec<u8> = head.iter().copied().chain(count(new.len()).to_be_bytes()).chain(body).collect();
        *atom = Atom::bytes(b"sbgp", body);
    }
    Ok(())
}

/// Writes positions of chunks: with 64 bits if `wide`.
pub(super) fn set_chunks(stbl: &mut Atom, chunks: &[u64], wide: bool) -> Result<(), Stop> {
    let mut body = full(0, &[count(chunks.len())]);
    for chunk in chunks {
        if wide {
            body.extend(chunk.to_be_bytes());
        } else {
            body.extend(u32::try_from(*chunk).map_err(|_| layout("stco"))?.to_be_bytes());
        }
    }
    stbl.set(if wide { b"stco" } else { b"co64" }, None);
    stbl.set(if wide { b"co64" } else { b"stco" }, Some(body));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::super::atoms::Body;
    use super::*;
    use proptest::prelude::*;

    /// A table as a file would have it.
    fn table(samples: &[Sample], per: u32, version: u8) -> Atom {
        let mut stbl = Atom { kind: *b"stbl", body: Body::Boxes(Vec::new()) };
        let steps: Vec<u32> = samples.windows(2).map(|w| (w[1].dts - w[0].dts) as u32).chain([1]).collect();
        let stts: Vec<u32> = steps.iter().flat_map(|step| [1, *step]).collect();
        stbl.set(b"stts", Some(full(0, &[&[count(steps.len())], stts.as_slice()].concat())));
        stbl.set(b"stsc", Some(full(0, &[1, 1, per, 1])));
        stbl.set(b"ctts", Some(full(version, &[0])));
        let chunks: Vec<u64> = samples.iter().step_by(per as usize).map(|s| s.offset).collect();
        set_chunks(&mut stbl, &chunks, chunks.iter().any(|c| *c > u64::from(u32::MAX))).ok().unwrap();
        write(&mut stbl, samples, 0).ok().unwrap();
        stbl
    }

    proptest! {
        #[test]
        fn tables_read_back_as_written(
            sizes in prop::collection::vec((1u32..5000, 1i64..4000, 0i64..9000, any::<bool>()), 1..60),
            per in 1u32..7, start in prop::sample::select(vec![40u64, u64::from(u32::MAX) + 7]),
        ) {
            let (mut offset, mut dts) = (start, 0);
            let samples: Vec<Sample> = sizes.iter().enumerate().map(|(i, (size, step, cts, sync))| {
                if i % per as usize == 0 { offset += 13; }
                let sample = Sample { offset, size: *size, dts, cts: *cts, sync: *sync };
                offset += u64::from(*size);
                dts += step;
                sample
            }).collect();
            let stbl = table(&samples, per, 0);
            prop_assert_eq!(read(&stbl, &Limits::default()).ok().unwrap(), samples);
        }
    }

    #[test]
    fn fresh_samples_leave_their_groups() {
        let samples: Vec<Sample> =
            (0..9).map(|n| Sample { offset: n * 10, size: 10, dts: n as i64, cts: 0, sync: true }).collect();
        let mut stbl = table(&samples, 1, 0);
        let body = full(0, &[u32::from_be_bytes(*b"rap "), 2, 5, 1, 4, 2]);
        stbl.set(b"sbgp", Some(body));
        stbl.set(b"sdtp", Some(vec![0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9]));
        write(&mut stbl, &samples, 6).ok().unwrap();
        let sbgp = stbl.find(&[b"sbgp"]).unwrap().content();
        assert_eq!(sbgp, full(0, &[u32::from_be_bytes(*b"rap "), 2, 6, 0, 3, 2]));
        assert_eq!(stbl.find(&[b"sdtp"]).unwrap().content(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9]);
    }

    #[test]
    fn counts_beyond_the_box_are_refused() {
        let mut stbl = table(&[Sample { offset: 0, size: 1, dts: 0, cts: 0, sync: true }], 1, 0);
        stbl.set(b"stsz", Some(full(0, &[0, u32::MAX])));
        assert!(matches!(read(&stbl, &Limits::default()), Err(Stop::Error(Error::Limit(_)))));
        stbl.set(b"stsz", Some(full(0, &[0, 5])));
        assert!(matches!(read(&stbl, &Limits::default()), Err(Stop::Error(Error::Malformed(_)))));
    }
}
