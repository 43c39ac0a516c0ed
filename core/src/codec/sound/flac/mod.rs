//! FLAC (RFC 9639): frames with the notice between those of the content, which get other numbers.
//!
//! In a stream of blocks of one length only the last may be short. A notice is filled up with
//! silence to whole blocks; behind a short last block, that block is coded anew with it.

mod encode;
mod frame;

use std::collections::VecDeque;
use std::io::SeekFrom;
use std::ops::Range;

use md5::{Digest as _, Md5};

use super::mark::Marking;
use super::pcm::quantise;
use super::signal::{Insert, Made};
use super::wav::Moves;
use super::{Done, Kept, Sink, SoundShape, chapters, unread};
use crate::container::flac::Flac;
use crate::container::{Container as _, SegmentMap};
use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::sound as rows;
use crate::notice::Moment;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};
use frame::{Frame, Frames, Header};

/// Bytes of a seek point.
const POINT: usize = 18;
/// Bytes of a CUESHEET before its tracks, of a track before its index points, of an index point.
const SHEET: usize = 396;
const TRACK: usize = 36;
const INDEX: usize = 12;

/// STREAMINFO (RFC 9639 8.2).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Info {
    blocks: [u16; 2],
    shape: SoundShape,
    bits: u32,
    total: u64,
    md5: [u8; 16],
}

impl Info {
    fn read(bytes: &[u8]) -> Option<Self> {
        let ([a, b, c, d, _, _, _, _, _, _, packed @ ..], md5) =
            (bytes.first_chunk::<18>()?, bytes.get(18..34)?.first_chunk::<16>()?);
        let packed = u64::from_be_bytes(*packed);
        let shape = SoundShape { rate: (packed >> 44) as u32, channels: (packed >> 41 & 7) as u16 + 1 };
        let bits = (packed >> 36 & 31) as u32 + 1;
        let blocks = [u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])];
        let info = Self { blocks, shape, bits, total: packed & 0xF_FFFF_FFFF, md5: *md5 };
        (shape.rate > 0 && blocks.iter().all(|b| *b > 0)).then_some(info)
    }

    /// The block with the lengths of frames as they are now.
    fn bytes(&self, frames: [u32; 2]) -> Vec<u8> {
        let mut out: Vec<u8> = self.blocks.iter().flat_map(|b| b.to_be_bytes()).collect();
        out.extend(frames.iter().flat_map(|len| len.to_be_bytes().into_iter().skip(1)));
        let packed = u64::from(self.shape.rate) << 44
            | u64::from(self.shape.channels.saturating_sub(1)) << 41
            | u64::from(self.bits - 1) << 36
            | self.total & 0xF_FFFF_FFFF;
        out.extend(packed.to_be_bytes());
        out.extend(self.md5);
        out
    }
}

/// What stands where.
struct Parts {
    map: SegmentMap,
    info: Info,
    /// Where STREAMINFO has its data.
    at: u64,
    frames: Range<u64>,
}

fn open(source: &mut Source<'_>, limits: &Limits) -> Result<Parts> {
    let map = Flac.map(Format::Flac, source, limits)?;
    let part = map.first("STREAMINFO").map(|s| s.range.clone()).filter(|_| !map.damaged);
    let at = part.ok_or_else(|| unread("FLAC", "STREAMINFO"))?.start;
    let bytes = source.bytes(at..at.saturating_add(34), 34, "metadata_bytes")?;
    let info = Info::read(&bytes).ok_or_else(|| unread("FLAC", "STREAMINFO"))?;
    let frames = map.first("frames").map(|s| s.range.clone());
    let frames = frames.ok_or_else(|| Error::Malformed(rows::EMPTY.problem()))?;
    Ok(Parts { map, info, at, frames })
}

/// Reads every frame; checks that they are of one stream, and the limits.
fn each(
    source: &mut Source<'_>,
    parts: &Parts,
    limits: &Limits,
    sink: &mut dyn FnMut(&Frame) -> Result<()>,
) -> Result<u64> {
    let channels = usize::from(parts.info.shape.channels);
    let mut frames = Frames::new(source, parts.frames.clone());
    let mut done = 0u64;
    while let Some(frame) = frames.next()? {
        if frame.samples.len() != frame.block.saturating_mul(channels) || frame.block == 0 {
            return Err(unread("FLAC", "frames of another shape than STREAMINFO states"));
        }
        done = done.saturating_add(frame.block as u64);
        check_limit("samples", done.saturating_mul(channels as u64), limits.samples)?;
        sink(&frame)?;
        frames.reuse(frame);
    }
    if parts.info.total != 0 && done != parts.info.total {
        return Err(unread("FLAC", format!("{done} samples, STREAMINFO states {}", parts.info.total)));
    }
    Ok(frames.position())
}

pub(super) fn decode(source: &mut dyn ReadSeek, limits: &Limits, sink: &mut Sink<'_>) -> Result<SoundShape> {
    let mut source = Source::new(source, limits)?;
    let parts = open(&mut source, limits)?;
    let full = f64::from(1u32 << (parts.info.bits - 1));
    let mut block = Vec::new();
    each(&mut source, &parts, limits, &mut |frame| {
        block.clear();
        block.extend(frame.interleaved().into_iter().map(|sample| (f64::from(sample) / full) as f32));
        sink(parts.info.shape, &block)
    })?;
    Ok(parts.info.shape)
}

/// Writes frames with running numbers and keeps account of them.
struct Writer<'w> {
    out: &'w mut dyn ReadWriteSeek,
    info: Info,
    /// Of the first frame of the content.
    like: Option<Header>,
    /// Frames and samples of one channel written, and bytes.
    frames: u64,
    samples: u64,
    bytes: u64,
    lengths: [u32; 2],
    md5: Md5,
}

impl<'w> Writer<'w> {
    fn new(out: &'w mut dyn ReadWriteSeek, parts: &Parts) -> Self {
        let info = parts.info.clone();
        Self { out, info, like: None, frames: 0, samples: 0, bytes: 0, lengths: [0, 0], md5: Md5::new() }
    }

    fn number(&self) -> u64 {
        if self.like.as_ref().is_some_and(|like| like.variable) { self.samples } else { self.frames }
    }

    fn write(&mut self, bytes: &[u8], samples: &[i32]) -> Result<()> {
        let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let [least, most] = self.lengths;
        self.lengths = [if least == 0 { length } else { least.min(length) }, most.max(length)];
        self.frames += 1;
        self.samples = self.samples.saturating_add(samples.len() as u64 / u64::from(self.info.shape.channels.max(1)));
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        digest(&mut self.md5, samples, self.info.bits);
        self.out.write_all(bytes).map_err(|e| Error::io("write", e))
    }

    /// Writes samples in blocks of the stream's own length.
    fn encode(&mut self, samples: &[i32]) -> Result<()> {
        let Some(like) = self.like.clone() else { return Ok(()) };
        let channels = usize::from(self.info.shape.channels);
        let block = usize::from(self.info.blocks[1]).saturating_mul(channels);
        for part in samples.chunks(block.max(channels)) {
            let bytes = encode::frame(&like, self.number(), part, channels as u8, self.info.bits);
            self.write(&bytes, part)?;
        }
        Ok(())
    }

    /// Writes what stands before the frames as they are now; says whether the MD5 that stood there was
    /// that of the content: else none stands there now.
    fn states(mut self, content: Md5, parts: &Parts, points: &Points) -> Result<bool> {
        let right = content.finalize().as_slice() == parts.info.md5;
        let stated = parts.info.md5 != [0; 16];
        if stated {
            self.info.md5 = if right { self.md5.finalize().into() } else { [0; 16] };
        }
        self.info.total = self.samples;
        if self.samples >> 36 != 0 {
            return Err(Error::Refused(rows::LENGTHS.with("field", "STREAMINFO")));
        }
        put(self.out, parts.at, &self.info.bytes(self.lengths))?;
        if let Some(at) = points.at {
            put(self.out, at, &points.bytes())?;
        }
        Ok(right || !stated)
    }

    fn insert(&mut self, insert: &Insert) -> Result<u64> {
        let start = self.samples.saturating_add(insert.begins);
        self.encode(&numbers(insert, self.info.bits))?;
        Ok(start)
    }
}

fn put(out: &mut dyn ReadWriteSeek, at: u64, bytes: &[u8]) -> Result<()> {
    out.seek(SeekFrom::Start(at)).map_err(|e| Error::io("seek", e))?;
    out.write_all(bytes).map_err(|e| Error::io("write", e))
}

/// The samples of a notice as whole numbers.
fn numbers(insert: &Insert, bits: u32) -> Vec<i32> {
    insert.samples.iter().map(|sample| quantise(*sample, bits)).collect()
}

/// Samples as the MD5 of STREAMINFO counts them: in turn, least byte first, in whole bytes.
fn digest(md5: &mut Md5, samples: &[i32], bits: u32) {
    let width = bits.div_ceil(8) as usize;
    let mut bytes = Vec::with_capacity(samples.len().saturating_mul(width));
    for sample in samples {
        bytes.extend_from_slice(sample.to_le_bytes().get(..width).unwrap_or_default());
    }
    md5.update(&bytes);
}

/// Puts a watermark in: every frame is coded anew, with the samples of as many moments.
pub(super) fn mark(
    source: &mut dyn ReadSeek,
    marking: &mut Marking<'_>,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Vec<Problem>> {
    let mut source = Source::new(source, limits)?;
    let parts = open(&mut source, limits)?;
    source.copy(0..parts.frames.start, &mut |part| out.write_all(part).map_err(|e| Error::io("write", e)))?;
    let mut points = Points::read(&mut source, &parts, limits)?;
    let mut embedder = marking(parts.info.shape)?;
    let mut work = Writer::new(out, &parts);
    let (mut content, mut waiting) = (Md5::new(), Waiting::new(&parts.info));
    let end = each(&mut source, &parts, limits, &mut |frame| {
        let samples = frame.interleaved();
        digest(&mut content, &samples, parts.info.bits);
        let marked = embedder.push(&waiting.plain(&samples));
        waiting.take(&frame.header, samples, &marked);
        waiting.write(&mut work, &mut points)
    })?;
    waiting.marked.extend(embedder.finish());
    waiting.write(&mut work, &mut points)?;
    source.copy(end..source.len(), &mut |part| work.out.write_all(part).map_err(|e| Error::io("write", e)))?;
    let right = work.states(content, &parts, &points)?;
    out.flush().map_err(|e| Error::io("write", e))?;
    Ok(if right { Vec::new() } else { vec![rows::NOTE_MD5.problem()] })
}

/// Frames whose samples have not all been marked.
struct Waiting {
    channels: u8,
    bits: u32,
    frames: VecDeque<(Header, Vec<i32>)>,
    marked: VecDeque<f32>,
}

impl Waiting {
    fn new(info: &Info) -> Self {
        let channels = u8::try_from(info.shape.channels).unwrap_or(1);
        Self { channels, bits: info.bits, frames: VecDeque::new(), marked: VecDeque::new() }
    }

    fn plain(&self, samples: &[i32]) -> Vec<f32> {
        let full = f64::from(1u32 << (self.bits - 1));
        samples.iter().map(|sample| (f64::from(*sample) / full) as f32).collect()
    }

    fn take(&mut self, header: &Header, samples: Vec<i32>, marked: &[f32]) {
        self.frames.push_back((header.clone(), samples));
        self.marked.extend(marked);
    }

    /// Writes the frames that are ready.
    fn write(&mut self, work: &mut Writer<'_>, points: &mut Points) -> Result<()> {
        while let Some((header, mut samples)) =
            self.frames.pop_front_if(|(_, samples)| samples.len() <= self.marked.len())
        {
            let before = self.plain(&samples);
            let now: Vec<f32> = self.marked.drain(..samples.len()).collect();
            for ((sample, was), now) in samples.iter_mut().zip(&before).zip(&now) {
                if was.to_bits() != now.to_bits() {
                    *sample = quantise(*now, self.bits);
                }
            }
            let block = (samples.len() / usize::from(self.channels.max(1))) as u64;
            points.pass(work.samples, block, work.samples, work.bytes);
            let number = if header.variable { work.samples } else { work.frames };
            let bytes = encode::frame(&header, number, &samples, self.channels, self.bits);
            work.write(&bytes, &samples)?;
        }
        Ok(())
    }
}

pub(super) fn add(
    source: &mut dyn ReadSeek,
    made: &Made,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Done> {
    let mut source = Source::new(source, limits)?;
    let parts = open(&mut source, limits)?;
    source.copy(0..parts.frames.start, &mut |part| out.write_all(part).map_err(|e| Error::io("write", e)))?;
    let mut points = Points::read(&mut source, &parts, limits)?;
    let block = usize::from(parts.info.blocks[1]);
    let mut inserts = made.inserts.clone();
    inserts.iter_mut().for_each(|insert| insert.pad(made.shape.channels, block as u64));
    let mut waiting = inserts.iter().peekable();
    let mut work = Writer::new(out, &parts);
    let (mut starts, mut moves, mut notes) = (Vec::new(), Moves::new(), Vec::new());
    let (mut content, mut short, mut seen, mut last) = (Md5::new(), None, 0u64, u16::MAX);
    let end = each(&mut source, &parts, limits, &mut |frame| {
        if short.is_some() || frame.block > block {
            return Err(unread("FLAC", "blocks of another length than STREAMINFO states"));
        }
        let variable = work.like.get_or_insert_with(|| frame.header.clone()).variable;
        // The end of the content lies behind its last frame.
        while let Some(insert) = waiting.next_if(|i| i.at != Moment::End && i.frame <= seen) {
            moves.put(seen, insert.frames(made.shape.channels));
            starts.push(work.insert(insert)?);
        }
        let samples = frame.interleaved();
        digest(&mut content, &samples, parts.info.bits);
        points.pass(seen, frame.block as u64, work.samples, work.bytes);
        seen = seen.saturating_add(frame.block as u64);
        last = u16::try_from(frame.block).unwrap_or(u16::MAX);
        if frame.block < block && !variable {
            short = Some((frame.numbered(work.number()), samples));
            return Ok(());
        }
        let bytes = frame.numbered(work.number());
        work.write(&bytes, &samples)
    })?;
    let tail: Vec<&Insert> = waiting.collect();
    match short {
        Some((bytes, samples)) if tail.is_empty() => work.write(&bytes, &samples)?,
        Some((_, mut samples)) => {
            // One run of samples: the blocks in it need not end where the content does.
            let before = work.samples.saturating_mul(u64::from(made.shape.channels));
            for insert in &tail {
                let at = before.saturating_add(samples.len() as u64) / u64::from(made.shape.channels);
                starts.push(at.saturating_add(insert.begins));
                moves.end(insert.frames(made.shape.channels));
                samples.extend(numbers(insert, parts.info.bits));
            }
            points.stretch(work.samples, block.min(samples.len() / usize::from(made.shape.channels.max(1))));
            work.encode(&samples)?;
            notes.push(rows::NOTE_LAST_BLOCK.problem());
        }
        None => {
            if !tail.is_empty() {
                // Of blocks of different lengths, the last of the content is not the last any more.
                work.info.blocks[0] = work.info.blocks[0].min(last);
            }
            for insert in &tail {
                moves.end(insert.frames(made.shape.channels));
                starts.push(work.insert(insert)?);
            }
        }
    }
    source.copy(end..source.len(), &mut |part| work.out.write_all(part).map_err(|e| Error::io("write", e)))?;
    if !work.states(content, &parts, &points)? {
        notes.push(rows::NOTE_MD5.problem());
    }
    let mut put = |at: u64, bytes: &[u8]| put(out, at, bytes);
    for part in parts.map.segments.iter().filter(|s| s.name == "VORBIS_COMMENT") {
        let old = source.bytes(part.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
        let mut list = old.clone();
        chapters::comments(&mut list, &moves, made.shape.rate);
        if list != old {
            put(part.payload.start, &list)?;
        }
    }
    for part in parts.map.segments.iter().filter(|s| s.name == "CUESHEET") {
        let mut sheet = source.bytes(part.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
        if cues(&mut sheet, &moves) {
            notes.push(rows::NOTE_NOT_CD.problem());
        }
        put(part.payload.start, &sheet)?;
    }
    out.flush().map_err(|e| Error::io("write", e))?;
    Ok(Done { starts, kept: Kept::Spliced, notes })
}

/// A seek point: sample, byte, samples in the frame.
type Point = (u64, u64, u16);

/// The seek table (RFC 9639 8.5).
#[derive(Debug, Default)]
struct Points {
    at: Option<u64>,
    /// First sample, and what the point becomes.
    list: Vec<(u64, Option<Point>)>,
    next: usize,
}

impl Points {
    fn read(source: &mut Source<'_>, parts: &Parts, limits: &Limits) -> Result<Self> {
        let Some(part) = parts.map.first("SEEKTABLE") else { return Ok(Self::default()) };
        let bytes = source.bytes(part.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
        let first = |point: &[u8]| point.first_chunk::<8>().map_or(u64::MAX, |b| u64::from_be_bytes(*b));
        let mut list: Vec<_> = bytes.chunks_exact(POINT).map(|point| (first(point), None)).collect();
        list.sort();
        Ok(Self { at: Some(part.payload.start), list, next: 0 })
    }

    /// A frame of the content passes: points into it get its new place.
    fn pass(&mut self, from: u64, block: u64, sample: u64, byte: u64) {
        while let Some((wanted, found)) =
            self.list.get_mut(self.next).filter(|(at, _)| *at < from.saturating_add(block))
        {
            if *wanted >= from {
                *found = Some((sample, byte, u16::try_from(block).unwrap_or(u16::MAX)));
            }
            self.next += 1;
        }
    }

    /// The frame that begins at this sample has another length.
    fn stretch(&mut self, sample: u64, block: usize) {
        for found in self.list.iter_mut().filter_map(|(_, found)| found.as_mut()) {
            if found.0 == sample {
                found.2 = u16::try_from(block).unwrap_or(u16::MAX);
            }
        }
    }

    /// Points to the same frame are one; places left over are placeholders at the end.
    fn bytes(&self) -> Vec<u8> {
        let mut found: Vec<_> = self.list.iter().filter_map(|(_, found)| *found).collect();
        found.dedup();
        let mut out = Vec::new();
        for (sample, byte, block) in &found {
            out.extend(sample.to_be_bytes());
            out.extend(byte.to_be_bytes());
            out.extend(block.to_be_bytes());
        }
        for _ in found.len()..self.list.len() {
            out.extend([0xFF; 8]);
            out.extend([0; 10]);
        }
        out
    }
}

/// Moves the tracks and index points of a CUESHEET (RFC 9639 8.7); says whether it can't be that of
/// a Compact Disc any more.
fn cues(sheet: &mut [u8], moves: &Moves) -> bool {
    let disc = sheet.get(136).is_some_and(|flags| flags & 0x80 != 0);
    let count = sheet.get(SHEET - 1).copied().unwrap_or(0);
    let (mut at, mut whole) = (SHEET, true);
    let mut last = None;
    for _ in 0..count {
        let Some(track) = number(sheet, at) else { break };
        let (Some(id), Some(points)) = (sheet.get(at + 8).copied(), sheet.get(at + TRACK - 1).copied()) else { break };
        // The track behind the last one states the end.
        let lead_out = id == 170 || id == 255;
        let new = if lead_out { track.saturating_add(moves.total()) } else { moves.moved(track) };
        whole &= new % 588 == 0;
        place(sheet, at, new);
        if lead_out {
            last = Some(at + 8);
        }
        for point in 0..usize::from(points) {
            let at = at + TRACK + point * INDEX;
            let Some(index) = number(sheet, at) else { break };
            let index = moves.moved(track.saturating_add(index)).saturating_sub(new);
            whole &= index % 588 == 0;
            place(sheet, at, index);
        }
        at = at.saturating_add(TRACK).saturating_add(usize::from(points) * INDEX);
    }
    if !disc || whole {
        return false;
    }
    if let Some(flags) = sheet.get_mut(136) {
        *flags &= 0x7F;
    }
    // No lead-in, and another number for the end (RFC 9639 8.7).
    place(sheet, 128, 0);
    if let Some(id) = last.and_then(|at| sheet.get_mut(at)) {
        *id = 255;
    }
    true
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk::<8>().map(|b| u64::from_be_bytes(*b))
}

fn place(bytes: &mut [u8], at: usize, value: u64) {
    if let Some(place) = bytes.get_mut(at..at.saturating_add(8)) {
        place.copy_from_slice(&value.to_be_bytes());
    }
}

#[cfg(test)]
#[path = "../tests/flac.rs"]
mod tests;
