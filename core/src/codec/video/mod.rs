//! Notices over moving pictures (GB 45438-2025 5.4), and frames for the verifier.
//!
//! The notice is drawn by [`crate::render`] and laid over by an installed FFmpeg. As little as
//! possible is encoded again:
//!
//! - In an MP4, QuickTime or 3GP file that is not fragmented, new samples take the place of the old
//!   ones within the file; every other byte of the file, timing and edit lists above all, stays. If
//!   the notice ends, and the coding allows to join what two encoders made, only the samples up to
//!   the next keyframe that stands alone are replaced (H.264, H.265, VP9, AV1, and codings without
//!   dependent frames).
//! - In Matroska, WebM, Flash Video and fragmented MP4 the video stream is taken out, treated in
//!   this way and put back by FFmpeg.
//! - Else FFmpeg encodes the video whole and copies the other streams.
//!
//! The result is proved by hashes of every packet that should be unchanged, by the time stamps of
//! all of them and by decoding what was joined. A proof that fails leads to the next way.

#[cfg(target_arch = "wasm32")]
mod absent;
#[cfg(not(target_arch = "wasm32"))]
mod atoms;
#[cfg(not(target_arch = "wasm32"))]
mod draw;
#[cfg(not(target_arch = "wasm32"))]
mod encode;
#[cfg(not(target_arch = "wasm32"))]
mod frames;
#[cfg(not(target_arch = "wasm32"))]
mod h264;
#[cfg(not(target_arch = "wasm32"))]
mod hevc;
#[cfg(not(target_arch = "wasm32"))]
mod layer;
#[cfg(not(target_arch = "wasm32"))]
mod mark;
#[cfg(not(target_arch = "wasm32"))]
mod overlay;
#[cfg(not(target_arch = "wasm32"))]
mod probe;
#[cfg(not(target_arch = "wasm32"))]
mod proof;
#[cfg(not(target_arch = "wasm32"))]
mod protect;
#[cfg(not(target_arch = "wasm32"))]
mod rbsp;
#[cfg(not(target_arch = "wasm32"))]
mod spans;
#[cfg(not(target_arch = "wasm32"))]
mod splice;
#[cfg(not(target_arch = "wasm32"))]
mod stsd;
#[cfg(not(target_arch = "wasm32"))]
mod table;
#[cfg(not(target_arch = "wasm32"))]
mod work;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::video as rows;
use crate::render::{Drawn, Placement};
use crate::source::{ReadSeek, ReadWriteSeek};
use crate::watermark::picture::SamplesMut;

use super::tool::Programs;
use super::watch::Watched;

#[cfg(target_arch = "wasm32")]
use absent::{Opened, run};
#[cfg(not(target_arch = "wasm32"))]
use work::{Work, args};
#[cfg(not(target_arch = "wasm32"))]
use {frames::Opened, overlay::run};

/// When the notice is seen, on the time line of the film as played.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Span {
    /// From the first frame on, for so many seconds (GB 45438-2025 5.4: at least 2).
    Start {
        /// Seconds, above 0.
        seconds: f64,
    },
    /// From the first frame to the last.
    Throughout,
    /// At the start and again at intervals.
    Every {
        /// From the begin of one notice to the begin of the next, in seconds.
        period: f64,
        /// For how long each of them is seen, in seconds, above 0 and at most the period.
        seconds: f64,
    },
}

/// A notice for a film.
#[derive(Debug, Clone, PartialEq)]
pub struct VideoNotice {
    /// One to eight lines of at most 120 characters, top to bottom. Wording is the caller's duty.
    pub lines: Vec<String>,
    /// Where it stands in the picture as displayed.
    pub placement: Placement,
    /// Least text height as a part of the shortest side as displayed, above 0 and at most 0.5.
    pub min_height_ratio: f64,
    /// A TrueType or OpenType font to use instead of the embedded one.
    pub font: Option<Vec<u8>>,
    /// When it is seen.
    pub span: Span,
}

/// Which way was gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The first frames were encoded again, the others copied.
    Spliced,
    /// All frames of the video stream were encoded again.
    Whole,
}

/// What stayed as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "KeptFilm"))]
pub struct Kept {
    /// Packets of the video stream.
    pub video_packets: u64,
    /// How many of them were copied, bit for bit those of the source (compared by SHA-256); 0 where all
    /// were encoded again.
    pub video_packets_identical: u64,
    /// The other streams, all of them copied packet for packet: index and coding.
    pub streams: Vec<String>,
    /// Whether everything outside of the video's samples and their tables is byte for byte that
    /// of the source.
    pub file: bool,
}

/// What encoded the frames with the notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Encoder {
    /// FFmpeg's name of the encoder.
    pub name: String,
    /// The options it got, as on a command line.
    pub settings: String,
    /// Whether its coding is without loss: beside the notice, every pixel is as it was.
    pub lossless: bool,
}

/// A film with its notice.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Overlaid {
    /// The notice as drawn, measured before the encoder saw it. `rect` counts in coded pixels,
    /// `display_rect` in those displayed.
    pub drawn: Drawn,
    /// For how many seconds it is seen at least, each time; a last one that the film's end cuts is not
    /// counted beside others.
    pub seconds: f64,
    /// From when to when, in seconds of playing; at most 1,000 of them.
    pub spans: Vec<[f64; 2]>,
    /// Which way was gone.
    pub way: Way,
    /// What stayed as it was.
    pub kept: Kept,
    /// What encoded the frames.
    pub encoder: Encoder,
    /// What else there is to know.
    #[serde(skip)]
    pub notes: Vec<Problem>,
}

/// A frame as displayed: turned, with square pixels, in the light of a standard display.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The moment at which it is seen, from the start of playing, in milliseconds.
    pub time_ms: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Red, green and blue, 8 bits each, rows from the top.
    pub rgb: Vec<u8>,
}

impl Frame {
    /// The pixels, width and height.
    pub(crate) fn picture(&self) -> (&[u8], usize, usize) {
        (&self.rgb, usize::try_from(self.width).unwrap_or(0), usize::try_from(self.height).unwrap_or(0))
    }
}

/// Lays `notice` over the film `source` and writes the result to `out`, which should be empty.
///
/// Picture size, rotation, sample aspect ratio, pixel format, colour description, time stamps of
/// every frame, other streams, chapters, tags and dispositions stay. The encoder is of the source's
/// own coding; its quality is near that of the source.
///
/// # Errors
/// [`Error::Unsupported`] if FFmpeg is missing, for formats that are no films, codings that can't be
/// encoded, and films with dynamic HDR metadata that would be lost; [`Error::Invalid`] if the
/// picture is too small or the notice can't be drawn; [`Error::Malformed`] if FFmpeg can't decode
/// the film; [`Error::Limit`]; [`Error::Refused`] if cancelled; [`Error::Io`].
pub fn overlay(
    format: Format,
    source: &mut dyn ReadSeek,
    notice: &VideoNotice,
    programs: &Programs,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Overlaid> {
    laid(format, source, (Some(notice), None), programs, limits, out)?.notice.ok_or_else(unlaid)
}

/// Told the luminance of each frame of a film, and its width and height in pixels; changes it.
pub(crate) type Marking<'m> = dyn FnMut(SamplesMut<'_>, (usize, usize)) -> Result<()> + 'm;

/// What was done to a film.
pub(crate) struct Laid {
    /// The notice, if one was to be laid over it.
    pub(crate) notice: Option<Overlaid>,
    /// What else there is to know.
    pub(crate) notes: Vec<Problem>,
}

/// As [`overlay`], with or without a notice, and with a watermark in all frames.
pub(crate) fn laid(
    format: Format,
    source: &mut dyn ReadSeek,
    (notice, marking): (Option<&VideoNotice>, Option<&mut Marking<'_>>),
    programs: &Programs,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Laid> {
    notice.map_or(Ok(()), |notice| check(notice.span))?;
    let mut source = Watched::new(Some(programs), source);
    let mut out = Watched::new(Some(programs), out);
    let laid = run(format, &mut source, (notice, marking), programs, limits, &mut out);
    programs.go_on().and(laid)
}

fn unlaid() -> Error {
    Error::Internal(crate::message::general::READ_BACK.with("reason", "no notice was laid over the film"))
}

/// How long the film is played, in seconds; 0 if the file doesn't say.
///
/// # Errors
/// As [`frames`].
pub fn duration(format: Format, source: &mut dyn ReadSeek, programs: &Programs, limits: &Limits) -> Result<f64> {
    View::open(format, source, programs, limits).map(|view| view.seconds())
}

/// A film that is looked at more than once: it is copied and asked about only once.
pub(crate) struct View<'p> {
    opened: Opened,
    programs: &'p Programs,
    limits: &'p Limits,
}

impl<'p> View<'p> {
    /// # Errors
    /// As [`frames`].
    pub(crate) fn open(
        format: Format,
        source: &mut dyn ReadSeek,
        programs: &'p Programs,
        limits: &'p Limits,
    ) -> Result<Self> {
        let opened = Opened::new(format, &mut Watched::new(Some(programs), source), programs, limits);
        programs.go_on()?;
        Ok(Self { opened: opened?, programs, limits })
    }

    /// As [`duration`].
    pub(crate) const fn seconds(&self) -> f64 {
        self.opened.seconds()
    }

    /// As [`frames`].
    pub(crate) fn frames(&self, times: &[f64]) -> Result<Vec<Frame>> {
        if let Some(time) = times.iter().find(|t| !(0.0..=1e6).contains(*t)) {
            return Err(Error::Invalid(rows::SPAN.with("seconds", 0).arg("period", time)));
        }
        let found = self.opened.at(self.programs, self.limits, times);
        self.programs.go_on().and(found)
    }
}

/// The frames that are seen at `times`, in seconds from the start of playing.
///
/// They come in the order of `times`; a time after the end has no frame. Frames of HDR films are
/// shown with reference white (ITU-R BT.2408) as white.
///
/// # Errors
/// [`Error::Unsupported`] if FFmpeg is missing or the format is no film, [`Error::Malformed`] if it
/// can't be decoded, [`Error::Limit`] past `pixels`, `pixel_bytes` (all frames together),
/// `tool_bytes` or `tool_seconds`, [`Error::Invalid`] for times that are negative or no numbers,
/// [`Error::Io`].
pub fn frames(
    format: Format,
    source: &mut dyn ReadSeek,
    programs: &Programs,
    limits: &Limits,
    times: &[f64],
) -> Result<Vec<Frame>> {
    View::open(format, source, programs, limits)?.frames(times)
}

fn check(span: Span) -> Result<()> {
    let (period, seconds) = match span {
        Span::Start { seconds } => (f64::INFINITY, seconds),
        Span::Throughout => return Ok(()),
        Span::Every { period, seconds } => (period, seconds),
    };
    if seconds > 0.0 && seconds <= period && seconds.is_finite() && period >= 0.1 {
        return Ok(());
    }
    Err(Error::Invalid(rows::SPAN.with("seconds", seconds).arg("period", period)))
}
