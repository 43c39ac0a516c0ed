//! MPEG audio, layers II and III (ISO/IEC 11172-3, 13818-3), and AAC in ADTS frames (ISO/IEC 13818-7
//! 6.2): frames with the notice between those of the content.
//!
//! A frame of layer III may have its data in frames before it (2.4.3.4, main_data_begin). The notice
//! is encoded without that. Where it is put before a frame that has, silent frames that hold that
//! data come between.

use super::ffmpeg::Bench;
use super::signal::Made;
use super::wav::Moves;
use super::{Attempt, Done, Kept, SoundShape, chapters};
use crate::codec::tool::Programs;
use crate::container::mp3::{Mp3, frames};
use crate::container::{Container as _, Edit, Patch};
use crate::error::Result;
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::sound as rows;
use crate::notice::Moment;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};
use std::ops::Range;

mod info;

use info::Info;

/// Longest frame, and how far the next is looked for behind junk.
const LONGEST: u64 = 8191;
/// How many frames around the wanted place are looked at for one that needs little data before it.
const AROUND: u64 = 8;
/// Most that main_data_begin can state.
const BEHIND: usize = 511;
/// Samples by which the decoder of layer III lags (ISO/IEC 11172-3), and by which LAME does.
const DECODER: u64 = 529;
const ENCODER: u64 = 576;
/// Samples by which the encoders of layer II and AAC lag.
const LAYER_II: u64 = 481;
const AAC: u64 = 1024;
/// Sample rates of ADTS by index (ISO/IEC 13818-7 table 35).
const RATES: [u32; 13] =
    [96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350];

/// A frame, as its header and side information tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Frame {
    header: [u8; 4],
    len: u64,
    /// 1 to 3; 0 for AAC.
    layer: u8,
    rate: u32,
    channels: u16,
    /// Samples of one channel.
    samples: u64,
    /// Bytes before the data: header, checksum, side information.
    side: u64,
    /// How many bytes of its data stand in frames before.
    begin: u64,
}

impl Frame {
    fn read(bytes: &[u8]) -> Option<Self> {
        let found = frames::frame(bytes).filter(|f| f.len > 0)?;
        let header = *bytes.first_chunk::<4>()?;
        if found.format == Format::Aac {
            return Self::adts(header, found.len as u64, *bytes.get(6)?);
        }
        let [_, b1, b2, b3] = header;
        let first = b1 >> 3 & 3 == 3;
        let layer = 4 - (b1 >> 1 & 3);
        let base = *[44_100u32, 48_000, 32_000].get(usize::from(b2 >> 2 & 3))?;
        let rate = base >> [2u32, 0, 1, 0].get(usize::from(b1 >> 3 & 3))?;
        let channels = if b3 >> 6 == 3 { 1 } else { 2 };
        let at = if b1 & 1 == 0 { 6 } else { 4 };
        let (side, begin) = match (layer, first, channels) {
            (3, true, 1) => (17, 9),
            (3, true, _) => (32, 9),
            (3, false, 1) => (9, 8),
            (3, false, _) => (17, 8),
            _ => (0, 0),
        };
        let word = bytes.get(at..).and_then(|b| b.first_chunk::<2>()).map_or(0, |b| u16::from_be_bytes(*b));
        Some(Self {
            header,
            len: found.len as u64,
            layer,
            rate,
            channels,
            samples: if layer == 3 && !first { 576 } else { 1152 },
            side: at as u64 + side,
            begin: if begin == 0 { 0 } else { u64::from(word >> (16 - begin)) },
        })
    }

    fn adts(header: [u8; 4], len: u64, last: u8) -> Option<Self> {
        let [_, _, b2, b3] = header;
        let rate = *RATES.get(usize::from(b2 >> 2 & 15))?;
        let channels = match (b2 & 1) << 2 | b3 >> 6 {
            7 => 8,
            other => u16::from(other),
        };
        let samples = 1024 * (u64::from(last & 3) + 1);
        Some(Self { header, len, layer: 0, rate, channels, samples, side: 0, begin: 0 })
    }

    /// Whether a frame may follow in the same stream.
    fn goes_with(&self, other: &Self) -> bool {
        let ([_, _, a, _], [_, _, b, _]) = (self.header, other.header);
        let same = if self.layer == 0 { a >> 6 == b >> 6 } else { self.samples == other.samples };
        self.layer == other.layer && self.rate == other.rate && self.channels == other.channels && same
    }

    /// By how many samples a notice lags behind its first frame.
    const fn lag(&self) -> u64 {
        match self.layer {
            3 => DECODER + ENCODER,
            2 => LAYER_II,
            _ => AAC,
        }
    }

    /// A silent frame whose data are these bytes at its end; as many of them as it takes.
    fn silent(&self, data: &mut Vec<u8>) -> Option<Vec<u8>> {
        let [a, b, c, d] = self.header;
        // No checksum, no padding.
        let header = [a, b | 1, c & !2, d];
        let frame = Self::read(&[header[..].to_vec(), vec![0; 4]].concat())?;
        let room = usize::try_from(frame.len.checked_sub(frame.side)?).ok()?;
        let taken = data.split_off(data.len().saturating_sub(room));
        let mut out = header.to_vec();
        out.resize(usize::try_from(frame.len).ok()?.saturating_sub(taken.len()), 0);
        out.extend(taken);
        Some(out)
    }
}

/// Hands every frame of `range` to `sink`, with its number and place; junk between is passed over.
/// Returns where the last one ends.
fn each(
    source: &mut Source<'_>,
    range: Range<u64>,
    sink: &mut dyn FnMut(&mut Source<'_>, u64, u64, &Frame) -> Result<()>,
) -> Result<(u64, u64)> {
    let (mut at, mut number, mut end) = (range.start, 0u64, range.start);
    let mut like: Option<Frame> = None;
    while at < range.end {
        let fits = |found: &Frame, at: u64| {
            at.saturating_add(found.len) <= range.end && like.is_none_or(|like| like.goes_with(found))
        };
        let found = read(source, at)?.filter(|found| fits(found, at));
        // Behind junk, or at first, one frame alone may be chance.
        let sure = match found {
            Some(found) if at != end || like.is_none() => {
                let next = at.saturating_add(found.len);
                next >= range.end || read(source, next)?.is_some_and(|next| next.goes_with(&found))
            }
            found => found.is_some(),
        };
        match found.filter(|_| sure) {
            Some(found) => {
                sink(source, number, at, &found)?;
                like = Some(found);
                at = at.saturating_add(found.len);
                (number, end) = (number.saturating_add(1), at);
            }
            None => at = at.saturating_add(1),
        }
    }
    Ok((number, end))
}

fn read(source: &mut Source<'_>, at: u64) -> Result<Option<Frame>> {
    if source.window(at)?.first() != Some(&0xFF) {
        return Ok(None);
    }
    Ok(source.array::<8>(at)?.as_ref().and_then(|bytes| Frame::read(bytes)))
}

/// Where a notice goes, and what has to stand between it and the content behind.
#[derive(Debug)]
struct Cut {
    /// Number of the content's frame behind, and its place.
    number: u64,
    at: u64,
    /// Silent frames.
    bridge: Vec<Vec<u8>>,
}

/// What a walk over the frames tells.
struct Content {
    audio: Range<u64>,
    /// The first frame, and the header frame if it is one.
    first: (u64, Frame),
    info: Option<Info>,
    /// The first frame of sound.
    sound: u64,
    opens: Frame,
    /// Frames of sound, and where they end.
    count: u64,
    end: u64,
    /// Whether all have the same bit rate.
    constant: bool,
}

impl Content {
    /// Samples at the start that players leave out.
    fn skipped(&self) -> u64 {
        self.info.as_ref().and_then(Info::delay).map_or(0, |delay| delay.saturating_add(DECODER))
    }
}

/// Looks at all frames; what is not supported is said.
fn look(
    format: Format,
    source: &mut Source<'_>,
    limits: &Limits,
) -> Result<std::result::Result<Content, &'static str>> {
    let map = Mp3.map(format, source, limits)?;
    let Some(audio) = map.first("audio").map(|s| s.range.clone()) else { return Ok(Err("no frames")) };
    let (mut first, mut second, mut constant) = (None, None, true);
    let (count, end) = each(source, audio.clone(), &mut |_, number, at, frame| {
        match number {
            0 => first = Some((at, *frame)),
            1 => second = Some((at, *frame)),
            _ => constant &= second.is_some_and(|(_, s): (u64, Frame)| s.header[2] >> 4 == frame.header[2] >> 4),
        }
        Ok(())
    })?;
    let Some((at, frame)) = first else { return Ok(Err("no frames")) };
    let bytes = source.bytes(at..at.saturating_add(frame.len), LONGEST, "metadata_bytes")?;
    if bytes.get(36..40) == Some(b"VBRI") {
        return Ok(Err("VBRI"));
    }
    let info = if frame.layer == 3 { Info::read(&bytes, frame.side) } else { None };
    let (sound, count) = match (&info, second) {
        (Some(_), Some(second)) => (second, count - 1),
        (Some(_), None) => return Ok(Err("no frames")),
        (None, _) => ((at, frame), count),
    };
    match frame.layer {
        1 => return Ok(Err("layer I")),
        0 if frame.channels == 0 || frame.header[2] >> 6 != 1 => return Ok(Err("AAC profile")),
        _ => {}
    }
    if sound.1.begin > 0 {
        // Without its data it is silent now; behind other frames it would take theirs.
        return Ok(Err("main_data_begin"));
    }
    Ok(Ok(Content { audio, first: (at, frame), info, sound: sound.0, opens: sound.1, count, end, constant }))
}

/// The frame near `wanted` that needs least data from before, with silent frames for it.
fn cut(source: &mut Source<'_>, content: &Content, wanted: u64) -> Result<Option<Cut>> {
    let mut best: Option<(u64, u64, u64, Frame, Vec<u8>)> = None;
    let mut behind: Vec<u8> = Vec::new();
    each(source, content.sound..content.audio.end, &mut |source, number, at, frame| {
        if number.abs_diff(wanted) <= AROUND && number > 0 {
            let key = (frame.begin, number.abs_diff(wanted));
            if best.as_ref().is_none_or(|(begin, number, ..)| key < (*begin, number.abs_diff(wanted))) {
                let needed = behind.len().saturating_sub(usize::try_from(frame.begin).unwrap_or(0));
                let data = behind.get(needed..).unwrap_or_default().to_vec();
                best = Some((frame.begin, number, at, *frame, data));
            }
        }
        if number.saturating_add(BEHIND as u64) >= wanted && number <= wanted.saturating_add(AROUND) {
            let data = at.saturating_add(frame.side)..at.saturating_add(frame.len);
            behind.extend(source.bytes(data, LONGEST, "metadata_bytes")?);
            let excess = behind.len().saturating_sub(BEHIND);
            behind.drain(..excess);
        }
        Ok(())
    })?;
    let Some((begin, number, at, frame, mut data)) = best else { return Ok(None) };
    if (data.len() as u64) < begin {
        return Ok(None);
    }
    let mut bridge = Vec::new();
    while !data.is_empty() {
        let before = data.len();
        let Some(silent) = frame.silent(&mut data).filter(|_| data.len() < before) else { return Ok(None) };
        bridge.insert(0, silent);
    }
    Ok(Some(Cut { number, at, bridge }))
}

/// Encodes a notice; none if its frames don't fit the stream.
fn encode(
    samples: &[f32],
    shape: SoundShape,
    like: &Frame,
    bits: u64,
    programs: &Programs,
    limits: &Limits,
) -> Result<Option<(Vec<u8>, Vec<u64>)>> {
    let bits = bits.to_string();
    let args: &[&str] = match like.layer {
        3 => &[
            "-c:a",
            "libmp3lame",
            "-b:a",
            &bits,
            "-reservoir",
            "0",
            "-write_xing",
            "0",
            "-id3v2_version",
            "0",
            "-f",
            "mp3",
        ],
        2 => &["-c:a", "mp2", "-b:a", &bits, "-f", "mp2"],
        _ => &["-c:a", "aac", "-b:a", &bits, "-f", "adts"],
    };
    let mut file = Bench::new()?.encode(samples, shape, args, programs, limits)?;
    let (mut lengths, mut fits, mut next) = (Vec::new(), true, 0);
    let mut cursor = std::io::Cursor::new(&file);
    let mut source = Source::new(&mut cursor, limits)?;
    let end = source.len();
    each(&mut source, 0..end, &mut |_, _, at, frame| {
        fits &= at == next && frame.goes_with(like) && frame.begin == 0;
        next = at.saturating_add(frame.len);
        lengths.push(frame.len);
        Ok(())
    })?;
    if like.layer == 0 {
        // The bit that tells MPEG-2 from MPEG-4 stays that of the stream.
        let mut at = 0usize;
        for length in &lengths {
            if let Some(byte) = file.get_mut(at + 1) {
                *byte = *byte & !8 | like.header[1] & 8;
            }
            at = at.saturating_add(usize::try_from(*length).unwrap_or(usize::MAX));
        }
    }
    Ok((fits && next == end && !lengths.is_empty()).then_some((file, lengths)))
}

pub(super) fn add(
    format: Format,
    source: &mut dyn ReadSeek,
    made: &Made,
    programs: &Programs,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Attempt> {
    let mut source = Source::new(source, limits)?;
    let not = |what: &str| Ok(Attempt::Not(rows::REASON_SPLICE.with("what", what)));
    let content = match look(format, &mut source, limits)? {
        Ok(content) => content,
        Err(what) => return not(what),
    };
    let like = content.opens;
    if made.shape != (SoundShape { rate: like.rate, channels: like.channels }) {
        return not("sample rate");
    }
    // Of the sound as a whole; of a constant rate, its own in steps of 8 kbit/s.
    let bytes = content.end.saturating_sub(content.sound);
    let average = bytes.saturating_mul(8 * u64::from(like.rate)) / content.count.saturating_mul(like.samples).max(1);
    let bits = match (like.layer, content.constant) {
        (2 | 3, true) => (average + 4000) / 8000 * 8000,
        _ => average.max(48_000),
    };
    let skipped = content.skipped();
    let lag = like.lag();
    let (mut edits, mut starts, mut put, mut added) = (Vec::new(), Vec::new(), Vec::new(), 0u64);
    let mut moves = Moves::new();
    for insert in &made.inserts {
        let Some((mut file, mut lengths)) = encode(&insert.samples, made.shape, &like, bits, programs, limits)? else {
            return not("notice");
        };
        let wanted = insert.frame.saturating_add(skipped) / like.samples;
        let place = match insert.at {
            Moment::Start => Some(Cut { number: 0, at: content.sound, bridge: Vec::new() }),
            Moment::Middle => cut(&mut source, &content, wanted)?,
            Moment::End => Some(Cut { number: content.count, at: content.end, bridge: Vec::new() }),
        };
        let Some(cut) = place else { return not("main_data_begin") };
        let begins = cut.number.saturating_add(added).saturating_mul(like.samples).saturating_add(lag);
        starts.push(begins.saturating_add(insert.begins).saturating_sub(skipped));
        for frame in &cut.bridge {
            lengths.push(frame.len() as u64);
            file.extend_from_slice(frame);
        }
        added = added.saturating_add(lengths.len() as u64);
        let before = if cut.number == content.count { u64::MAX } else { cut.number.saturating_mul(like.samples) };
        moves.put(before.saturating_sub(skipped), (lengths.len() as u64).saturating_mul(like.samples));
        put.push((cut.number, lengths));
        edits.push(Edit { at: cut.at, remove: 0, insert: file });
    }
    if let Some(info) = &content.info {
        let header = renewed(&mut source, &content, info, &edits, &put)?;
        edits.insert(0, Edit { at: content.first.0, remove: content.first.1.len, insert: header });
    }
    edits.extend(chapters::id3(&mut source, &moves, like.rate, limits)?);
    edits.sort_by_key(|edit| edit.at);
    let mut patch = Patch::new(source.len());
    edits.into_iter().try_for_each(|edit| patch.push(edit))?;
    check_limit("file_bytes", patch.output_len(), limits.file_bytes)?;
    patch.apply(&mut source, &mut *out)?;
    out.flush().map_err(|e| crate::error::Error::io("write", e))?;
    Ok(Attempt::Done(Done { starts, kept: Kept::Spliced, notes: Vec::new() }))
}

/// The header frame for the sound as it will be: counts, table of places, checksums.
fn renewed(
    source: &mut Source<'_>,
    content: &Content,
    info: &Info,
    edits: &[Edit],
    put: &[(u64, Vec<u64>)],
) -> Result<Vec<u8>> {
    let frames: u64 = put.iter().map(|(_, lengths)| lengths.len() as u64).sum();
    let bytes: u64 = put.iter().flat_map(|(_, lengths)| lengths).sum();
    let header = content.first.1.len;
    let total = header.saturating_add(content.end.saturating_sub(content.sound)).saturating_add(bytes);
    let mut table = info::Table::new(content.count.saturating_add(frames), total);
    let mut at = header;
    let mut waiting = put.iter().peekable();
    let mut pass = |number: u64, at: &mut u64, table: &mut info::Table| {
        while let Some((_, lengths)) = waiting.next_if(|(before, _)| *before <= number) {
            for length in lengths {
                table.frame(*at);
                *at = at.saturating_add(*length);
            }
        }
    };
    each(source, content.sound..content.end, &mut |_, number, _, frame| {
        pass(number, &mut at, &mut table);
        table.frame(at);
        at = at.saturating_add(frame.len);
        Ok(())
    })?;
    pass(u64::MAX, &mut at, &mut table);
    let (mut old, mut new) = (0u16, 0u16);
    let mut from = content.sound;
    for edit in edits {
        source.copy(from..edit.at, &mut |part| {
            (old, new) = (info::crc(old, part), info::crc(new, part));
            Ok(())
        })?;
        new = info::crc(new, &edit.insert);
        from = edit.at;
    }
    source.copy(from..content.end, &mut |part| {
        (old, new) = (info::crc(old, part), info::crc(new, part));
        Ok(())
    })?;
    Ok(info.renewed(frames, bytes, &table.finish(), old, new))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::error::Error;

    const HEADER: [u8; 4] = [0xFF, 0xFB, 0x90, 0x64];

    #[test]
    fn frames_tell_where_their_data_begins() {
        let frame = Frame::read(&[0xFF, 0xFB, 0x90, 0x64, 0x7F, 0x80, 0, 0]).unwrap();
        assert_eq!((frame.len, frame.samples, frame.side, frame.begin), (417, 1152, 36, 0xFF));
        assert_eq!((frame.rate, frame.channels, frame.layer), (44_100, 2, 3));
        // With a checksum, version 2, one channel.
        let frame = Frame::read(&[0xFF, 0xF2, 0x84, 0xC4, 1, 2, 0x10, 0]).unwrap();
        assert_eq!((frame.len, frame.samples, frame.side, frame.begin), (192, 576, 15, 0x10));
        assert_eq!((frame.rate, frame.channels), (24_000, 1));
        let frame = Frame::read(&[0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC, 0]).unwrap();
        assert_eq!((frame.len, frame.samples, frame.rate, frame.channels, frame.layer), (16, 1024, 44_100, 2, 0));
    }

    #[test]
    fn silent_frames_hold_the_data_that_the_next_needs() {
        let frame = Frame::read(&[&HEADER[..], &[0; 4]].concat()).unwrap();
        let data: Vec<u8> = (0..500).map(|n| n as u8 | 1).collect();
        let mut rest = data.clone();
        let second = frame.silent(&mut rest).unwrap();
        let first = frame.silent(&mut rest).unwrap();
        assert!(rest.is_empty() && first.len() == 417 && second.len() == 417);
        assert_eq!([&first[417 - 119..], &second[36..]].concat(), data);
        assert!(first[4..417 - 119].iter().chain(&second[4..36]).all(|b| *b == 0));
    }

    #[test]
    fn junk_between_frames_is_passed_over() {
        let mut file = vec![0u8; 10];
        let mut places = Vec::new();
        for n in 0..6 {
            places.push(file.len() as u64);
            file.extend(HEADER);
            file.resize(file.len() + 413, 0);
            if n == 2 {
                file.extend([1, 2, 0xFF, 0xFB, 0x90, 0x64, 3]);
            }
        }
        let mut cursor = std::io::Cursor::new(&file);
        let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
        let mut found = Vec::new();
        let end = file.len() as u64;
        let done = each(&mut source, 0..end, &mut |_, _, at, _| {
            found.push(at);
            Ok::<(), Error>(())
        })
        .unwrap();
        assert_eq!((done, found), ((6, end), places));
    }
}
