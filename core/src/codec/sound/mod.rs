//! Sound: heard, and a rhythm or spoken notice put in (GB 45438-2025 5.3).
//!
//! Where the coding allows, the notice alone is encoded and its frames or packets are put between
//! those of the content, which stay as they are. Tags, chapters and pictures stay; other code writes
//! labels afterwards.

mod chapters;
mod clip;
mod dense;
#[cfg(not(target_arch = "wasm32"))]
mod ffmpeg;
mod flac;
mod level;
#[cfg(not(target_arch = "wasm32"))]
mod m4a;
mod mark;
#[cfg(not(target_arch = "wasm32"))]
mod mp3;
#[cfg(not(target_arch = "wasm32"))]
mod opus;
mod pcm;
#[cfg(not(target_arch = "wasm32"))]
mod recode;
mod signal;
mod speech;
mod wav;

use std::fmt::Display;

use serde::Serialize;

use super::tool::Programs;
use super::watch::Watched;
use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::{sound as rows, tool};
use crate::notice::{Moment, SoundNotice};
use crate::source::{ReadSeek, ReadWriteSeek};
pub(crate) use mark::Marking;

/// How samples are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct SoundShape {
    /// Samples of each channel in a second, 1 to 2,147,483,647.
    pub rate: u32,
    /// Channels, 1 to 64, in the order of WAVE: left, right, middle, effects, then others.
    pub channels: u16,
}

/// What became of the content's own packets or samples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "KeptSound"))]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// They are the same bit by bit; in FLAC and Ogg their numbers and checksums count on.
    Spliced,
    /// All were decoded and encoded anew.
    Reencoded {
        /// Program and encoder.
        by: String,
        /// Whether the coding is without loss: the content's samples are the same bit by bit.
        lossless: bool,
    },
}

/// A notice where it is heard. The silence around it is not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// Which place was asked for.
    pub at: Moment,
    /// Begin on the new time line, in milliseconds, to within one frame of the coding.
    pub start_ms: u64,
    /// Length in milliseconds.
    pub duration_ms: u64,
}

/// What was done to put a notice into a sound. Loudness and peak are measured before a watermark is put in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Sounded {
    /// Where the notice is heard, in order.
    pub places: Vec<Place>,
    /// What became of the content.
    pub kept: Kept,
    /// Gated loudness of the content in tenths of LUFS (ITU-R BS.1770); none if it is silent or
    /// shorter than 400 ms.
    pub content_loudness: Option<i32>,
    /// That of the notice: at least -300, and that of the content where its peaks allow.
    pub notice_loudness: Option<i32>,
    /// True peak of the notice in tenths of dBTP, at most -10.
    pub notice_peak: i32,
    /// Letters, digits and ideographs spoken per minute, if words are spoken and known.
    pub characters_per_minute: Option<u32>,
    /// What else is to be known.
    #[serde(skip)]
    pub notes: Vec<Problem>,
}

/// What a format's code did.
#[derive(Debug)]
struct Done {
    /// Where each notice itself begins, in samples of one channel on the new time line.
    starts: Vec<u64>,
    kept: Kept,
    notes: Vec<Problem>,
}

/// What came of trying to put frames between those of the content.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug)]
enum Attempt {
    Done(Done),
    /// Nothing was written: why not.
    Not(Problem),
}

/// Told of each block of samples, all channels in turn.
type Sink<'a> = dyn FnMut(SoundShape, &[f32]) -> Result<()> + 'a;

/// Puts `notice` into a copy of `source`, a whole file of `format`, which is written to `out`.
///
/// The notice gets the loudness of the content, but at least -30 LUFS, and true peaks of at most
/// -1 dBTP: speech is limited for that, and a note tells where more than 3 LU are missing still; 0.5 s of silence part it from the content. A middle place is the quietest moment of the
/// content's middle fifth, moved to the next frame or packet. Clause: GB 45438-2025 5.3.
///
/// # Errors
/// [`Error::Invalid`] for places, units, clips and words that can't be used and for a rate of speech
/// outside of `notice.characters_per_minute`; [`Error::Unsupported`] for codings without a way, and
/// without a program that is needed; [`Error::Malformed`] for content that does not decode;
/// [`Error::Refused`] if the result would pass what a header can count; [`Error::Limit`] past
/// `samples`, `file_bytes`, `tool_seconds`; [`Error::Io`].
pub fn add_notice(
    format: Format,
    source: &mut dyn ReadSeek,
    notice: &SoundNotice,
    programs: Option<&Programs>,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Sounded> {
    let (mut source, mut out) = (Watched::new(programs, source), Watched::new(programs, out));
    let added = add(format, &mut source, notice, programs, limits, &mut out);
    programs.map_or(Ok(()), Programs::go_on).and(added)
}

fn add(
    format: Format,
    source: &mut dyn ReadSeek,
    notice: &SoundNotice,
    programs: Option<&Programs>,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Sounded> {
    let made = made(format, source, notice, programs, limits)?;
    out.rewind().map_err(|e| Error::io("seek", e))?;
    let done = match format {
        Format::Wav => wav::add(source, &made, limits, out)?,
        Format::Flac => flac::add(source, &made, limits, out)?,
        other => coded(other, source, &made, programs, limits, out)?,
    };
    Ok(sounded(&made, done))
}

/// The notice for this sound.
fn made(
    format: Format,
    source: &mut dyn ReadSeek,
    notice: &SoundNotice,
    programs: Option<&Programs>,
    limits: &Limits,
) -> Result<signal::Made> {
    let twice = notice.at.iter().enumerate().any(|(n, at)| notice.at.iter().take(n).any(|before| before == at));
    if notice.at.is_empty() || twice {
        return Err(Error::Invalid(rows::PLACES.problem()));
    }
    let mut ear = level::Ear::default();
    hear(format, source, programs, limits, &mut |shape, block| ear.add(shape, block))?;
    let heard = ear.finish()?;
    signal::make(notice, &heard, programs, limits)
}

fn sounded(made: &signal::Made, done: Done) -> Sounded {
    let Done { starts, kept, mut notes } = done;
    notes.extend(made.notes.iter().cloned());
    let ms = |frames: u64| frames.saturating_mul(1000) / u64::from(made.shape.rate.max(1));
    let places = made.inserts.iter().zip(starts);
    Sounded {
        places: places.map(|(i, at)| Place { at: i.at, start_ms: ms(at), duration_ms: ms(i.lasts) }).collect(),
        kept,
        content_loudness: made.content_loudness.map(tenths),
        notice_loudness: made.loudness.map(tenths),
        notice_peak: tenths(20.0 * made.peak.max(1e-9).log10()),
        characters_per_minute: made.characters_per_minute,
        notes,
    }
}

/// What came of a watermark.
#[derive(Debug)]
pub(crate) struct MarkedSound {
    /// The notice that was put in before.
    pub(crate) notice: Option<Sounded>,
    pub(crate) notes: Vec<Problem>,
}

/// Whether samples of this format are written here, and not by an installed program.
pub(crate) const fn is_written_here(format: Format) -> bool {
    matches!(format, Format::Wav | Format::Flac)
}

/// Puts a watermark into every sample of a copy of `source`, behind the notice, if there is one to be put
/// in: where a program encodes, both are encoded once. Into [`is_written_here`] formats the notice has
/// been put before.
///
/// # Errors
/// As [`add_notice`], and what `marking` returns.
pub(crate) fn mark(
    format: Format,
    source: &mut dyn ReadSeek,
    notice: Option<&SoundNotice>,
    marking: &mut Marking<'_>,
    (programs, limits): (Option<&Programs>, &Limits),
    out: &mut dyn ReadWriteSeek,
) -> Result<MarkedSound> {
    out.rewind().map_err(|e| Error::io("seek", e))?;
    let (mut source, mut out) = (Watched::new(programs, source), Watched::new(programs, out));
    let marked = match format {
        Format::Wav => {
            wav::mark(&mut source, marking, limits, &mut out).map(|()| MarkedSound { notice: None, notes: Vec::new() })
        }
        Format::Flac => {
            let notes = flac::mark(&mut source, marking, limits, &mut out);
            notes.map(|notes| MarkedSound { notice: None, notes })
        }
        other => recoded(other, &mut source, notice, marking, (programs, limits), &mut out),
    };
    programs.map_or(Ok(()), Programs::go_on).and(marked)
}

#[cfg(not(target_arch = "wasm32"))]
fn recoded(
    format: Format,
    source: &mut dyn ReadSeek,
    notice: Option<&SoundNotice>,
    marking: &mut Marking<'_>,
    (programs, limits): (Option<&Programs>, &Limits),
    out: &mut dyn ReadWriteSeek,
) -> Result<MarkedSound> {
    let made = match notice {
        Some(notice) => made(format, source, notice, programs, limits)?,
        None => {
            let mut frames = 0u64;
            let shape = hear(format, source, programs, limits, &mut |shape, block| {
                frames = frames.saturating_add(block.len() as u64 / u64::from(shape.channels.max(1)));
                Ok(())
            })?;
            signal::Made::nothing(shape, frames)
        }
    };
    let reason = rows::REASON_WATERMARK.problem();
    let programs = programs.ok_or_else(no_programs)?;
    let done = recode::add(format, source, &made, reason, Some(marking), (programs, limits), out)?;
    Ok(match notice {
        Some(_) => MarkedSound { notice: Some(sounded(&made, done)), notes: Vec::new() },
        None => MarkedSound { notice: None, notes: done.notes },
    })
}

#[cfg(target_arch = "wasm32")]
fn recoded(
    _: Format,
    _: &mut dyn ReadSeek,
    _: Option<&SoundNotice>,
    _: &mut Marking<'_>,
    (programs, _): (Option<&Programs>, &Limits),
    _: &mut dyn ReadWriteSeek,
) -> Result<MarkedSound> {
    Err(absent(programs))
}

/// Decodes the sound of `source`, a whole file of `format`: `sink` gets blocks of samples, all
/// channels in turn, 1.0 being full scale. Memory does not depend on the length.
///
/// WAV and FLAC are decoded here, other formats by an installed FFmpeg.
///
/// # Errors
/// [`Error::Unsupported`] for formats without sound and without a program that is needed,
/// [`Error::Malformed`] for content that does not decode, [`Error::Limit`] past `samples`, and
/// whatever `sink` returns.
pub fn decode(
    format: Format,
    source: &mut dyn ReadSeek,
    programs: Option<&Programs>,
    limits: &Limits,
    sink: &mut dyn FnMut(&[f32]) -> Result<()>,
) -> Result<SoundShape> {
    decode_shaped(format, source, programs, limits, &mut |_, block| sink(block))
}

/// As [`decode`], with the shape of the sound before its end: `sink` is told it with every block.
///
/// # Errors
/// As [`decode`].
pub fn decode_shaped(
    format: Format,
    source: &mut dyn ReadSeek,
    programs: Option<&Programs>,
    limits: &Limits,
    sink: &mut dyn FnMut(SoundShape, &[f32]) -> Result<()>,
) -> Result<SoundShape> {
    let heard = hear(format, &mut Watched::new(programs, source), programs, limits, sink);
    programs.map_or(Ok(()), Programs::go_on).and(heard)
}

fn hear(
    format: Format,
    source: &mut dyn ReadSeek,
    programs: Option<&Programs>,
    limits: &Limits,
    sink: &mut Sink<'_>,
) -> Result<SoundShape> {
    match format {
        Format::Wav => wav::decode(source, limits, sink),
        Format::Flac => flac::decode(source, limits, sink),
        #[cfg(not(target_arch = "wasm32"))]
        other => {
            ffmpeg::demuxer(other)?;
            ffmpeg::decode(other, source, programs.ok_or_else(no_programs)?, limits, sink)
        }
        #[cfg(target_arch = "wasm32")]
        _ => Err(absent(programs)),
    }
}

/// Puts the notice into sound that an installed program has to encode.
#[cfg(not(target_arch = "wasm32"))]
fn coded(
    format: Format,
    source: &mut dyn ReadSeek,
    made: &signal::Made,
    programs: Option<&Programs>,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Done> {
    let programs = programs.ok_or_else(no_programs)?;
    let attempt = match format {
        Format::Opus => opus::add(source, made, programs, limits, out)?,
        Format::Mp3 | Format::Aac => mp3::add(format, source, made, programs, limits, out)?,
        Format::M4a | Format::Mp4 | Format::Mov | Format::ThreeGp => m4a::add(source, made, programs, limits, out)?,
        Format::Ogg => Attempt::Not(rows::REASON_VORBIS.problem()),
        other => Attempt::Not(rows::REASON_SPLICE.with("what", other.row().name)),
    };
    match attempt {
        Attempt::Done(done) => Ok(done),
        Attempt::Not(reason) => recode::add(format, source, made, reason, None, (programs, limits), out),
    }
}

#[cfg(target_arch = "wasm32")]
fn coded(
    _: Format,
    _: &mut dyn ReadSeek,
    _: &signal::Made,
    programs: Option<&Programs>,
    _: &Limits,
    _: &mut dyn ReadWriteSeek,
) -> Result<Done> {
    Err(absent(programs))
}

/// Where no program can be started, none is installed.
#[cfg(target_arch = "wasm32")]
fn absent(programs: Option<&Programs>) -> Error {
    programs.map_or_else(no_programs, |_| super::tool::missing("ffmpeg", "ffmpeg", &tool::PURPOSE_SOUND))
}

fn tenths(value: f64) -> i32 {
    (value * 10.0).round() as i32
}

/// The format has no sound that can be handled.
#[cfg(not(target_arch = "wasm32"))]
fn no_way(format: Format) -> Error {
    Error::Unsupported(rows::CODING.with("format", format.row().name).arg("coding", "?"))
}

/// The sound does not decode.
fn unread(format: &str, reason: impl Display) -> Error {
    Error::Malformed(rows::BROKEN.with("format", format).arg("reason", reason))
}

/// A program is needed and none may be started.
fn no_programs() -> Error {
    Error::Unsupported(tool::NO_PROGRAMS.problem().because("purpose", &tool::PURPOSE_SOUND))
}
