//! WAVE, RF64 and BW64: samples put between samples. Positions that other chunks give move with them.

use std::ops::Range;

use super::mark::{Marked, Marking};
use super::pcm::Coding;
use super::signal::{Insert, Made};
use super::{Done, Kept, Sink, SoundShape, unread};
use crate::container::riff::{self, Walk};
use crate::container::wav::{Form, RIFF_SIZE, Wav};
use crate::container::{Container as _, Edit, Patch, SegmentMap};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::sound as rows;
use crate::notice::Moment;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};

/// Bytes of sound read at a time, about.
const BLOCK: u64 = 64 << 10;
/// Bytes of `fmt ` that say something here.
const FMT: u64 = 40;
/// WAVE_FORMAT_EXTENSIBLE: the coding stands at the start of the sub-format.
const EXTENSIBLE: u16 = 0xFFFE;

/// What `fmt ` says.
#[derive(Debug, Clone, Copy)]
struct Fmt {
    shape: SoundShape,
    coding: Coding,
}

impl Fmt {
    /// Bytes of the samples of one moment.
    const fn frame(self) -> u64 {
        self.shape.channels as u64 * self.coding.bytes() as u64
    }

    fn read(map: &SegmentMap, source: &mut Source<'_>) -> Result<Self> {
        let part = map.first("fmt ").ok_or_else(|| Error::Malformed(rows::EMPTY.problem()))?;
        let end = part.payload.end.min(part.payload.start.saturating_add(FMT));
        let bytes = source.bytes(part.payload.start..end, FMT, "metadata_bytes")?;
        let word = |at: usize| bytes.get(at..)?.first_chunk::<2>().map(|b| u16::from_le_bytes(*b));
        let rate = bytes.get(4..).and_then(|b| b.first_chunk::<4>()).map(|b| u32::from_le_bytes(*b));
        let (Some(tag), Some(channels), Some(rate), Some(align), Some(bits)) =
            (word(0), word(2), rate, word(12), word(14))
        else {
            return Err(unread("WAV", "fmt "));
        };
        let tag = if tag == EXTENSIBLE { word(24).unwrap_or(tag) } else { tag };
        let shape = SoundShape { rate, channels };
        if !(1..=64).contains(&channels) || !(1..=i32::MAX as u32).contains(&rate) {
            return Err(unread("WAV", format!("{channels} channels, {rate} Hz")));
        }
        // The container of a sample may be wider than its bits (WAVEFORMATEX, nBlockAlign).
        let bytes = usize::from(align / channels);
        let coding = match (tag, bytes) {
            (1, 1..=4) if usize::from(bits).div_ceil(8) <= bytes => Coding::Int(bytes),
            (3, 4) => Coding::Float,
            (3, 8) => Coding::Double,
            (6, 1) => Coding::ALaw,
            (7, 1) => Coding::MuLaw,
            _ => {
                let coding = format!("{tag:#06X}, {bits} bit");
                return Err(Error::Unsupported(rows::CODING.with("format", "WAV").arg("coding", coding)));
            }
        };
        let fmt = Self { shape, coding };
        if u64::from(align) == fmt.frame() { Ok(fmt) } else { Err(unread("WAV", "nBlockAlign")) }
    }
}

/// Map, `fmt ` and the range of the sound.
fn open(source: &mut Source<'_>, limits: &Limits) -> Result<(SegmentMap, Fmt, Range<u64>)> {
    let map = Wav.map(Format::Wav, source, limits)?;
    let fmt = Fmt::read(&map, source)?;
    let sounds = map.segments.iter().filter(|s| s.name == "data" || s.name == "LIST wavl").count();
    let data = map.first("data").filter(|_| sounds == 1).map(|s| s.payload.clone());
    let data = data.ok_or_else(|| Error::Malformed(rows::EMPTY.problem()))?;
    Ok((map, fmt, data))
}

pub(super) fn decode(source: &mut dyn ReadSeek, limits: &Limits, sink: &mut Sink<'_>) -> Result<SoundShape> {
    let mut source = Source::new(source, limits)?;
    let (_, fmt, data) = open(&mut source, limits)?;
    let mut samples = Vec::new();
    blocks(&mut source, fmt, data, limits, &mut |bytes| {
        samples.clear();
        fmt.coding.decode(bytes, &mut samples);
        sink(fmt.shape, &samples)
    })?;
    Ok(fmt.shape)
}

/// Reads all whole moments of the sound, in blocks; gives where they end.
fn blocks(
    source: &mut Source<'_>,
    fmt: Fmt,
    data: Range<u64>,
    limits: &Limits,
    sink: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<u64> {
    let sample = fmt.coding.bytes() as u64;
    let length = data.end.saturating_sub(data.start);
    check_limit("samples", length / sample, limits.samples)?;
    let step = (BLOCK / fmt.frame()).max(1).saturating_mul(fmt.frame());
    let (mut at, end) = (data.start, data.start.saturating_add(length / fmt.frame() * fmt.frame()));
    while at < end {
        let next = at.saturating_add(step).min(end);
        let bytes = source.bytes(at..next, step, "samples")?;
        if bytes.is_empty() {
            break;
        }
        sink(&bytes)?;
        at = next;
    }
    Ok(at)
}

/// Puts a watermark in; the file stays as long as it was.
pub(super) fn mark(
    source: &mut dyn ReadSeek,
    marking: &mut Marking<'_>,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<()> {
    let mut source = Source::new(source, limits)?;
    let (_, fmt, data) = open(&mut source, limits)?;
    let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(|e| Error::io("write", e));
    source.copy(0..data.start, &mut put)?;
    let mut marked = Marked::new(fmt.coding, marking(fmt.shape)?);
    let end = blocks(&mut source, fmt, data, limits, &mut |bytes| put(&marked.push(bytes)))?;
    put(&marked.finish())?;
    let behind = end..source.len();
    source.copy(behind, &mut put)?;
    out.flush().map_err(|e| Error::io("write", e))
}

pub(super) fn add(
    source: &mut dyn ReadSeek,
    made: &Made,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Done> {
    let mut source = Source::new(source, limits)?;
    let (map, fmt, data) = open(&mut source, limits)?;
    let form = Form::read(&mut source)?;
    Wav::closed(&map, &mut source, &form)?;
    let frame = fmt.frame();
    let mut edits = Vec::new();
    let mut moves = Moves::new();
    let mut starts = Vec::new();
    for insert in &made.inserts {
        let bytes = fmt.coding.encode(&insert.samples);
        starts.push(insert.frame.saturating_add(moves.total()).saturating_add(insert.begins));
        moves.push(insert, bytes.len() as u64 / frame);
        edits.push(Edit {
            at: data.start.saturating_add(insert.frame.saturating_mul(frame)),
            remove: 0,
            insert: bytes,
        });
    }
    let grown = edits.iter().fold(0u64, |sum, edit| sum.saturating_add(edit.insert.len() as u64));
    let length = data.end.saturating_sub(data.start).saturating_add(grown);
    edits.extend(pad(&map, data.end, length));
    if !form.wide {
        let length = u32::try_from(length).map_err(|_| Error::Refused(riff::too_long()))?;
        edits.push(word(data.start.saturating_sub(4), length));
    }
    edits.extend(moves.chunks(&map, &mut source, limits)?);
    let end = Wav::end(&map);
    let patch = if form.wide {
        let mut wide = vec![
            Edit { at: RIFF_SIZE, remove: 8, insert: riff::grown(end, &edits).to_le_bytes().to_vec() },
            Edit { at: RIFF_SIZE + 8, remove: 8, insert: length.to_le_bytes().to_vec() },
        ];
        // The number of samples stands behind the two lengths (ITU-R BS.2088 4).
        if source.array::<8>(RIFF_SIZE + 16)?.is_some_and(|count| count != [0; 8]) {
            let count = (length / frame).to_le_bytes().to_vec();
            wide.push(Edit { at: RIFF_SIZE + 16, remove: 8, insert: count });
        }
        // A header whose 32 bits state the length of the sound all the same.
        let stated = data.start.saturating_sub(4);
        if source.array::<4>(stated)? != Some([0xFF; 4]) {
            wide.push(word(stated, u32::try_from(length).unwrap_or(u32::MAX)));
        }
        if source.array::<4>(4)? != Some([0xFF; 4]) {
            wide.push(word(4, u32::MAX));
        }
        edits.extend(wide);
        in_order(&map, edits)?
    } else {
        riff::finish(&map, end, edits, riff::too_long())?
    };
    patch.apply(&mut source, &mut *out)?;
    out.flush().map_err(|e| Error::io("write", e))?;
    Ok(Done { starts, kept: Kept::Spliced, notes: Vec::new() })
}

fn in_order(map: &SegmentMap, mut edits: Vec<Edit>) -> Result<Patch> {
    edits.sort_by_key(|edit| edit.at);
    let mut patch = Patch::new(map.len);
    edits.into_iter().try_for_each(|edit| patch.push(edit))?;
    Ok(patch)
}

fn word(at: u64, value: u32) -> Edit {
    Edit { at, remove: 4, insert: value.to_le_bytes().to_vec() }
}

/// The pad byte behind sound that ends at `end` and gets `length` bytes.
fn pad(map: &SegmentMap, end: u64, length: u64) -> Option<Edit> {
    let old = map.segments.iter().find(|s| s.name == "pad" && s.range.start == end);
    match (old, length % 2) {
        (Some(pad), 0) => Some(Edit { at: end, remove: pad.range.end - pad.range.start, insert: Vec::new() }),
        (None, 1) => Some(Edit { at: end, remove: 0, insert: vec![0] }),
        _ => None,
    }
}

/// What was put in: before which sample, and how many.
#[derive(Debug)]
pub(super) struct Moves(Vec<(u64, u64)>);

impl Moves {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Behind the end nothing moves: a mark there stays the end of the content.
    fn push(&mut self, insert: &Insert, count: u64) {
        self.put(if insert.at == Moment::End { u64::MAX } else { insert.frame }, count);
    }

    /// Before this sample.
    pub(super) fn put(&mut self, frame: u64, count: u64) {
        self.0.push((frame, count));
    }

    /// Behind the end.
    pub(super) fn end(&mut self, count: u64) {
        self.put(u64::MAX, count);
    }

    pub(super) fn total(&self) -> u64 {
        self.0.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Where a sample of the content lies now.
    pub(super) fn moved(&self, sample: u64) -> u64 {
        let before = self.0.iter().filter(|(at, _)| *at <= sample);
        before.fold(sample, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// Edits of all chunks that count in samples.
    fn chunks(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Edit>> {
        let mut out = Vec::new();
        for part in &map.segments {
            let at = part.payload.start;
            let count = |source: &mut Source<'_>, at: u64, size: u64| -> Result<u64> {
                let stated = source.array::<4>(at)?.map_or(0, u32::from_le_bytes);
                let fits = part.payload.end.saturating_sub(at) / size;
                check_limit("segments", u64::from(stated).min(fits), limits.segments as u64)?;
                Ok(u64::from(stated).min(fits))
            };
            match part.name.as_str() {
                // The number of samples (Multimedia Programming Interface 1.0).
                "fact" if part.payload.end.saturating_sub(at) >= 4 => {
                    let samples = source.array::<4>(at)?.map_or(0, u32::from_le_bytes);
                    if samples != 0 && samples != u32::MAX {
                        let grown = u64::from(samples).saturating_add(self.total());
                        out.push(word(at, u32::try_from(grown).unwrap_or(u32::MAX)));
                    }
                }
                "cue " => {
                    // Points of 24 bytes: the position second, the offset in the sound last.
                    for point in 0..count(source, at, 24)? {
                        let point = at.saturating_add(4).saturating_add(point.saturating_mul(24));
                        self.shift(source, part.payload.end, point.saturating_add(4), &mut out)?;
                        self.shift(source, part.payload.end, point.saturating_add(20), &mut out)?;
                    }
                }
                "smpl" => {
                    // Loops of 24 bytes behind 36: start and end third and fourth.
                    let loops = at.saturating_add(28);
                    for number in 0..count(source, loops, 24)? {
                        let start = at.saturating_add(36 + 8).saturating_add(number.saturating_mul(24));
                        self.shift(source, part.payload.end, start, &mut out)?;
                        self.shift(source, part.payload.end, start.saturating_add(4), &mut out)?;
                    }
                }
                // Peaks of float sound: 8 bytes each behind 8, the position second.
                "PEAK" => {
                    let peaks = part.payload.end.saturating_sub(at.saturating_add(8)) / 8;
                    for peak in 0..peaks.min(64) {
                        self.shift(source, part.payload.end, at.saturating_add(12 + peak * 8), &mut out)?;
                    }
                }
                "bext" => out.extend(self.time(source, at, part.payload.end)?),
                "LIST adtl" => {
                    let cues = Self::cues(map, source, limits)?;
                    self.ranges(source, part.payload.clone(), &cues, limits, &mut out)?;
                }
                _ => {}
            }
        }
        Ok(out)
    }

    /// Moves the position that stands in 32 bits at `at`.
    fn shift(&self, source: &mut Source<'_>, end: u64, at: u64, out: &mut Vec<Edit>) -> Result<()> {
        if at.saturating_add(4) > end {
            return Ok(());
        }
        let Some(old) = source.array::<4>(at)?.map(u32::from_le_bytes) else { return Ok(()) };
        let new = u32::try_from(self.moved(u64::from(old))).unwrap_or(u32::MAX);
        if new != old {
            out.push(word(at, new));
        }
        Ok(())
    }

    /// TimeReference (EBU Tech 3285 2.3): the content keeps its time of day if a notice comes first.
    fn time(&self, source: &mut Source<'_>, bext: u64, end: u64) -> Result<Option<Edit>> {
        let at = bext.saturating_add(338);
        let first = self.0.iter().filter(|(at, _)| *at == 0).fold(0u64, |sum, (_, count)| sum.saturating_add(*count));
        let old = if at.saturating_add(8) <= end { source.array::<8>(at)?.map(u64::from_le_bytes) } else { None };
        let new = old.and_then(|old| old.checked_sub(first)).filter(|_| first > 0);
        Ok(new.map(|new| Edit { at, remove: 8, insert: new.to_le_bytes().to_vec() }))
    }

    /// Lengths of labelled ranges (`ltxt`, 20 bytes or more: cue, length), which grow where a notice
    /// now lies within.
    fn ranges(
        &self,
        source: &mut Source<'_>,
        list: Range<u64>,
        cues: &[(u32, u32)],
        limits: &Limits,
        out: &mut Vec<Edit>,
    ) -> Result<()> {
        let mut walk = Walk::new(list);
        let mut count = 0;
        while let Some(child) = walk.next(source)? {
            count += 1;
            check_limit("segments", count, limits.segments as u64)?;
            let at = child.payload.start;
            if child.id != *b"ltxt" || child.payload.end.saturating_sub(at) < 8 {
                continue;
            }
            let Some([a, b, c, d, e, f, g, h]) = source.array::<8>(at)? else { continue };
            let (cue, length) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
            let Some((_, from)) = cues.iter().find(|(id, _)| *id == cue).filter(|_| length > 0) else { continue };
            let last = u64::from(*from).saturating_add(u64::from(length) - 1);
            let new = self.moved(last).saturating_add(1).saturating_sub(self.moved(u64::from(*from)));
            if new != u64::from(length) {
                out.push(word(at.saturating_add(4), u32::try_from(new).unwrap_or(u32::MAX)));
            }
        }
        Ok(())
    }

    /// Identifier and position of each cue point.
    fn cues(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<(u32, u32)>> {
        let Some(part) = map.first("cue ") else { return Ok(Vec::new()) };
        let bytes = source.bytes(part.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
        let number = |point: &[u8], at: usize| {
            point.get(at..).and_then(|rest| rest.first_chunk::<4>()).map_or(0, |b| u32::from_le_bytes(*b))
        };
        let points = bytes.get(4..).unwrap_or_default().chunks_exact(24);
        Ok(points.take(limits.segments).map(|point| (number(point, 0), number(point, 20))).collect())
    }
}

#[cfg(test)]
#[path = "tests/wav.rs"]
pub(super) mod tests;
