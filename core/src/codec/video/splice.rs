//! New samples in the place of old ones within a movie file.

use std::fs::File;
use std::io::{BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::codec::tool::Programs;
use crate::codec::watch::Watched;
use crate::container::bmff::boxes::SizeForm;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::notice::video as rows;
use crate::source::Source;

use super::Span;
use super::atoms::{Atom, Movie, Stop, layout};
use super::encode::{Join, Reorder};
use super::stsd::Description;
use super::table::{self, Sample};
use super::{h264, hevc};

/// Largest sample that is looked into for what kind of picture it is.
const LOOKED: u32 = 64 << 20;
/// How the sample table is reached from `trak`.
const STBL: [&[u8; 4]; 3] = [b"mdia", b"minf", b"stbl"];

/// The video track of a movie.
#[derive(Debug)]
pub(super) struct Track {
    /// Its number among the boxes of `moov`.
    at: usize,
    pub(super) samples: Vec<Sample>,
    pub(super) description: Description,
    pub(super) ticks: u32,
    /// First moment of the media that is played, in ticks.
    start: i64,
}

impl Track {
    pub(super) fn read(movie: &Movie, number: Option<u32>, limits: &Limits) -> Result<Self, Stop> {
        let at = movie.track(number).ok_or_else(|| layout("trak"))?;
        let trak = movie.moov.children().get(at).ok_or_else(|| layout("trak"))?;
        let stbl = trak.find(&STBL).ok_or_else(|| layout("stbl"))?;
        if !own(trak) {
            return Err(layout("dref"));
        }
        let samples = table::read(stbl, limits)?;
        let stsd = stbl.find(&[b"stsd"]).and_then(|b| Description::read(b.content()));
        let description = stsd.ok_or_else(|| layout("stsd"))?;
        let mdhd = trak.find(&[b"mdia", b"mdhd"]).map(Atom::content).unwrap_or_default();
        let place = if mdhd.first() == Some(&1) { 20 } else { 12 };
        let ticks = mdhd.get(place..).and_then(|b| b.first_chunk::<4>()).map(|n| u32::from_be_bytes(*n));
        let ticks = ticks.filter(|n| *n > 0).ok_or_else(|| layout("mdhd"))?;
        let first = samples.iter().map(Sample::pts).min().ok_or_else(|| layout("stsz"))?;
        let start = edit(trak)?.unwrap_or(first).max(first);
        Ok(Self { at, samples, description, ticks, start })
    }

    /// Times of showing, in order.
    pub(super) fn shown(&self) -> Vec<i64> {
        let mut out: Vec<i64> = self.samples.iter().map(Sample::pts).collect();
        out.sort_unstable();
        out
    }

    /// When a notice that begins with playing ends, in ticks of the media.
    pub(super) fn end(&self, seconds: f64) -> i64 {
        self.start.saturating_add((seconds * f64::from(self.ticks)).ceil() as i64)
    }

    /// How far frames may be reordered without one being shown before it can be decoded.
    pub(super) fn reorder(&self, samples: usize) -> Reorder {
        let shown = self.shown();
        let least = self.samples.iter().map(|s| s.cts).min().unwrap_or(0).min(0);
        let allows = |delay: usize| {
            self.samples.iter().take(samples).enumerate().all(|(index, sample)| {
                shown.get(index.saturating_sub(delay)).is_some_and(|pts| *pts >= sample.dts.saturating_add(least))
            })
        };
        if allows(2) {
            Reorder::Two
        } else if allows(1) {
            Reorder::One
        } else {
            Reorder::None
        }
    }

    /// How many samples have to be made anew for a notice that ends: up to the first keyframe from
    /// there on that stands alone. All of them where there is none.
    pub(super) fn cut(&self, movie: &Movie, span: Span, join: Join, limits: &Limits) -> Result<usize, Stop> {
        let Span::Start { seconds } = span else { return Err(Stop::Other(rows::WHY_THROUGHOUT.problem())) };
        let end = self.end(seconds);
        let count = self.samples.len();
        // The least time of showing from each sample on.
        let mut least = vec![i64::MAX; count.saturating_add(1)];
        for (index, sample) in self.samples.iter().enumerate().rev() {
            let after = least.get(index.saturating_add(1)).copied().unwrap_or(i64::MAX);
            if let Some(place) = least.get_mut(index) {
                *place = after.min(sample.pts());
            }
        }
        let mut file = File::open(&movie.path).map_err(|e| Error::io("temporary file", e))?;
        let mut source = Source::new(&mut file, limits)?;
        let mut before = i64::MIN;
        for (index, sample) in self.samples.iter().enumerate() {
            let closed = sample.pts() > before && least.get(index) == Some(&sample.pts());
            if index > 0 && sample.sync && sample.pts() >= end && closed && alone(&mut source, sample, join)? {
                return Ok(index);
            }
            before = before.max(sample.pts());
        }
        Err(Stop::Other(rows::WHY_NO_KEYFRAME.problem()))
    }
}

/// Whether a keyframe begins a part that needs nothing before it.
fn alone(source: &mut Source<'_>, sample: &Sample, join: Join) -> Result<bool> {
    if !matches!(join, Join::H264 | Join::Hevc(_)) {
        return Ok(join != Join::Never);
    }
    let range = sample.offset..sample.offset.saturating_add(u64::from(sample.size));
    let bytes = source.bytes(range, u64::from(LOOKED), "metadata_bytes")?;
    Ok(if join == Join::H264 { h264::stands_alone(&bytes) } else { hevc::stands_alone(&bytes) })
}

/// Whether the samples of a track lie in this file.
fn own(trak: &Atom) -> bool {
    let dinf = trak.find(&[b"mdia", b"minf", b"dinf"]).map(Atom::content).unwrap_or_default();
    let dref = super::atoms::flat(dinf).0;
    let Some(dref) = dref.iter().find(|b| &b.kind == b"dref") else { return true };
    let (entries, rest) = super::atoms::flat(dref.content().get(8..).unwrap_or_default());
    rest.is_empty() && entries.iter().all(|entry| entry.content().get(3).is_some_and(|flags| flags & 1 == 1))
}

/// The first moment of the media that an edit list plays; none without a list.
fn edit(trak: &Atom) -> Result<Option<i64>, Stop> {
    let Some(elst) = trak.find(&[b"edts", b"elst"]).map(Atom::content) else { return Ok(None) };
    let wide = elst.first() == Some(&1);
    let size = if wide { 20 } else { 12 };
    let entries = elst.get(8..).unwrap_or_default().chunks_exact(size).map(|entry| {
        let (time, rate) = entry.get(size / 2 - 2..).and_then(|b| b.split_at_checked(if wide { 8 } else { 4 }))?;
        let number = time.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        let time = if wide { number.cast_signed() } else { i64::from((number as u32).cast_signed()) };
        Some((time, rate == [0, 1, 0, 0]))
    });
    let entries: Vec<(i64, bool)> = entries.collect::<Option<_>>().ok_or_else(|| layout("elst"))?;
    let mut played = entries.iter().skip_while(|(time, _)| *time == -1);
    match (played.next(), played.next()) {
        (None, _) if entries.is_empty() => Ok(None),
        (Some((time, true)), None) if *time >= 0 => Ok(Some(*time)),
        _ => Err(layout("elst")),
    }
}

/// What the encoder made.
#[derive(Debug)]
pub(super) struct Fresh {
    pub(super) movie: Movie,
    pub(super) track: Track,
}

/// The new content of `stsd`, or why the two do not go together.
fn description(old: &Description, new: &Description, join: Join, whole: bool) -> Option<Vec<u8>> {
    match (old.config(), new.config()) {
        (Some((kind, _)), Some((fresh_kind, _))) if kind != fresh_kind => None,
        (Some(_), Some((_, fresh))) if whole => old.with_config(fresh),
        (Some((_, config)), Some((_, fresh))) => match join {
            Join::H264 => old.with_config(&h264::join(config, fresh)?),
            Join::Hevc(ids) => old.with_config(&hevc::join(config, fresh, ids?)?),
            Join::SameConfig => (config == fresh).then(|| old.with_config(config))?,
            Join::Free => old.with_config(config),
            Join::Never => None,
        },
        (None, None) if old.kind == new.kind => old.same(),
        _ => None,
    }
}

/// One change of the file: these bytes of it give way to those of another file or of memory.
struct Change<'c> {
    at: u64,
    remove: u64,
    insert: Insert<'c>,
}

enum Insert<'c> {
    Fresh(&'c Sample),
    Bytes(Vec<u8>),
}

/// Writes `movie` to `out` with the first samples of its track replaced by all of `fresh`.
pub(super) fn put(
    movie: &Movie,
    track: &Track,
    fresh: &Fresh,
    join: Join,
    (programs, limits): (&Programs, &Limits),
    out: &Path,
) -> Result<(), Stop> {
    let count = fresh.track.samples.len();
    let whole = count == track.samples.len();
    let stsd = description(&track.description, &fresh.track.description, join, whole);
    let stsd = stsd.ok_or_else(|| Stop::Other(rows::WHY_PARAMETERS.problem()))?;
    let samples = timed(track, &fresh.track)?;
    let mut changes: Vec<Change<'_>> = Vec::with_capacity(count.saturating_add(8));
    for (old, new) in track.samples.iter().zip(&fresh.track.samples) {
        changes.push(Change { at: old.offset, remove: u64::from(old.size), insert: Insert::Fresh(new) });
    }
    changes.sort_by_key(|change| change.at);
    apart(movie, &changes)?;
    // Sizes of boxes that hold samples.
    let mut heads = Vec::new();
    for mdat in movie.top.iter().filter(|b| &b.kind == b"mdat") {
        let within = changes.iter().filter(|c| mdat.payload.contains(&c.at));
        let grown = within.map(|c| i64::from(c.insert.size()) - c.remove.cast_signed()).sum::<i64>();
        let size = (mdat.range.end - mdat.range.start).saturating_add_signed(grown);
        let (at, insert) = match mdat.size {
            SizeForm::Short => {
                (mdat.range.start, u32::try_from(size).map_err(|_| layout("mdat"))?.to_be_bytes().to_vec())
            }
            SizeForm::Long => (mdat.range.start.saturating_add(8), size.to_be_bytes().to_vec()),
            SizeForm::ToEnd => continue,
        };
        heads.push(Change { at, remove: insert.len() as u64, insert: Insert::Bytes(insert) });
    }
    changes.extend(heads);
    let header = movie.top.iter().find(|b| &b.kind == b"moov").ok_or_else(|| layout("moov"))?;
    let moov = header_of(movie, track, samples, count, stsd, &changes, limits)?;
    changes.push(Change {
        at: header.range.start,
        remove: header.range.end - header.range.start,
        insert: Insert::Bytes(moov),
    });
    changes.sort_by_key(|change| change.at);
    write(movie, fresh, &changes, (programs, limits), out)?;
    Ok(())
}

impl Insert<'_> {
    fn size(&self) -> u32 {
        match self {
            Self::Fresh(sample) => sample.size,
            Self::Bytes(bytes) => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
        }
    }
}

/// The table with the fresh samples: those shown first are shown when the old ones were.
fn timed(track: &Track, fresh: &Track) -> Result<Vec<Sample>, Stop> {
    let count = fresh.samples.len();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by_key(|at| fresh.samples.get(*at).map(Sample::pts));
    let mut shown: Vec<i64> = track.samples.iter().take(count).map(Sample::pts).collect();
    shown.sort_unstable();
    let least = track.samples.iter().map(|s| s.cts).min().unwrap_or(0).min(0);
    let mut out = track.samples.clone();
    for (at, pts) in order.into_iter().zip(shown) {
        let (Some(place), Some(new)) = (out.get_mut(at), fresh.samples.get(at)) else { continue };
        (place.size, place.sync, place.cts) = (new.size, new.sync, pts.saturating_sub(place.dts));
        if place.cts < least || i32::try_from(place.cts).is_err() {
            return Err(Stop::Other(rows::WHY_PARAMETERS.problem()));
        }
    }
    Ok(out)
}

/// Samples must not lie over one another, and all of them within media data.
fn apart(movie: &Movie, changes: &[Change<'_>]) -> Result<(), Stop> {
    let mut before = 0;
    for change in changes {
        let end = change.at.saturating_add(change.remove);
        let within = |b: &&crate::container::bmff::boxes::BoxAt| {
            &b.kind == b"mdat" && b.payload.start <= change.at && end <= b.payload.end
        };
        if change.at < before || !movie.top.iter().any(|b| within(&b)) {
            return Err(layout("mdat"));
        }
        before = end;
    }
    Ok(())
}

/// The bytes of the new `moov`.
fn header_of(
    movie: &Movie,
    track: &Track,
    samples: Vec<Sample>,
    fresh: usize,
    stsd: Vec<u8>,
    changes: &[Change<'_>],
    limits: &Limits,
) -> Result<Vec<u8>, Stop> {
    let old = movie.top.iter().find(|b| &b.kind == b"moov").ok_or_else(|| layout("moov"))?;
    let mut moov = movie.moov.clone();
    let trak = moov.children_mut().get_mut(track.at);
    let stbl = trak.and_then(|trak| trak.find_mut(&STBL)).ok_or_else(|| layout("stbl"))?;
    table::write(stbl, &samples, fresh)?;
    stbl.set(b"stsd", Some(stsd));
    let grown: i64 = changes.iter().map(|c| i64::from(c.insert.size()) - c.remove.cast_signed()).sum();
    let wide = movie.len.saturating_add_signed(grown).saturating_add(1 << 20) > u64::from(u32::MAX);
    let moved = Moved::new(changes);
    // The tables get their length first and their values then, because they say where things are
    // behind themselves.
    let tables: Vec<Option<Vec<u64>>> =
        moov.children().iter().map(|b| positions(b, limits)).collect::<Result<_, _>>()?;
    let mut by = 0i64;
    for _ in 0..2 {
        for (child, table) in moov.children_mut().iter_mut().zip(&tables) {
            let (Some(stbl), Some(table)) = (child.find_mut(&STBL), table) else { continue };
            let to = |at: &u64| {
                let behind = if *at >= old.range.end { by } else { 0 };
                moved.to(*at).map(|to| to.saturating_add_signed(behind)).ok_or_else(|| layout("stco"))
            };
            let new = table.iter().map(to).collect::<Result<Vec<u64>, Stop>>()?;
            let was_wide = stbl.find(&[b"co64"]).is_some();
            table::set_chunks(stbl, &new, wide || was_wide)?;
        }
        let mut bytes = Vec::new();
        moov.write(&mut bytes)?;
        by = bytes.len() as i64 - (old.range.end - old.range.start).cast_signed();
    }
    let mut bytes = Vec::new();
    moov.write(&mut bytes)?;
    Ok(bytes)
}

/// The positions of a track's chunks, if they lie in this file.
fn positions(child: &Atom, limits: &Limits) -> Result<Option<Vec<u64>>, Stop> {
    match child.find(&STBL) {
        Some(stbl) if &child.kind == b"trak" && own(child) => table::chunks(stbl, limits).map(Some),
        Some(_) if &child.kind == b"trak" => Err(layout("dref")),
        _ => Ok(None),
    }
}

/// Where bytes stand after changes.
struct Moved {
    /// Begin and end of what gives way, and by how much everything behind it moves, in order.
    steps: Vec<(u64, u64, i64)>,
}

impl Moved {
    fn new(changes: &[Change<'_>]) -> Self {
        let mut sorted: Vec<&Change<'_>> = changes.iter().collect();
        sorted.sort_by_key(|change| change.at);
        let mut sum = 0i64;
        let steps = sorted.into_iter().map(|change| {
            sum = sum.saturating_add(i64::from(change.insert.size()) - change.remove.cast_signed());
            (change.at, change.at.saturating_add(change.remove), sum)
        });
        Self { steps: steps.collect() }
    }

    /// None within what gives way.
    fn to(&self, position: u64) -> Option<u64> {
        let behind = self.steps.partition_point(|(at, ..)| *at < position);
        let Some((_, end, by)) = behind.checked_sub(1).and_then(|last| self.steps.get(last)) else {
            return Some(position);
        };
        (*end <= position).then(|| position.checked_add_signed(*by)).flatten()
    }
}

fn write(
    movie: &Movie,
    fresh: &Fresh,
    changes: &[Change<'_>],
    (programs, limits): (&Programs, &Limits),
    out: &Path,
) -> Result<()> {
    let io = |e| Error::io("temporary file", e);
    let mut file = File::open(&movie.path).map_err(io)?;
    let mut file = Watched::new(Some(programs), &mut file);
    let mut source = Source::new(&mut file, limits)?;
    let mut from = File::open(&fresh.movie.path).map_err(io)?;
    let mut from = Watched::new(Some(programs), &mut from);
    let mut to = BufWriter::new(File::create_new(out).map_err(io)?);
    let mut at = 0;
    for change in changes {
        source.copy(at..change.at, &mut |part| to.write_all(part).map_err(io))?;
        match &change.insert {
            Insert::Bytes(bytes) => to.write_all(bytes).map_err(io)?,
            Insert::Fresh(sample) => {
                from.seek(SeekFrom::Start(sample.offset)).map_err(io)?;
                let copied = std::io::copy(&mut (&mut from).take(u64::from(sample.size)), &mut to).map_err(io)?;
                if copied != u64::from(sample.size) {
                    return Err(io(std::io::ErrorKind::UnexpectedEof.into()));
                }
            }
        }
        at = change.at.saturating_add(change.remove);
    }
    source.copy(at..movie.len, &mut |part| to.write_all(part).map_err(io))?;
    to.flush().map_err(io)
}
