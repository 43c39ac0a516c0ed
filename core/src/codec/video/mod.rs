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

mod atoms;
mod draw;
mod encode;
mod frames;
mod h264;
mod hevc;
mod overlay;
mod probe;
mod proof;
mod rbsp;
mod splice;
mod stsd;
mod table;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::{tool, video as rows};
use crate::render::{Drawn, Placement};
use crate::source::{ReadSeek, ReadWriteSeek};

use super::tool::Programs;

pub use frames::{Frame, frames};

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
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The first frames were encoded again, the others copied.
    Spliced,
    /// All frames of the video stream were encoded again.
    Whole,
}

/// What stayed as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// Packets of the video stream.
    pub video_packets: u64,
    /// How many of them are bit for bit those of the source (compared by SHA-256).
    pub video_packets_identical: u64,
    /// The other streams, all of them copied packet for packet: index and coding.
    pub streams: Vec<String>,
    /// Whether everything outside of the video's samples and their tables is byte for byte that
    /// of the source.
    pub file: bool,
}

/// What encoded the frames with the notice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Encoder {
    /// FFmpeg's name of the encoder.
    pub name: String,
    /// The options it got, as on a command line.
    pub settings: String,
}

/// A film with its notice.
#[derive(Debug, Clone, Serialize)]
pub struct Overlaid {
    /// The notice as drawn, measured before the encoder saw it. `rect` counts in coded pixels,
    /// `display_rect` in those displayed.
    pub drawn: Drawn,
    /// For how many seconds it is seen at least, each time.
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
    check(notice.span)?;
    overlay::run(format, source, notice, programs, limits, out)
}

/// How long the film is played, in seconds; 0 if the file doesn't say.
///
/// # Errors
/// As [`frames`].
pub fn duration(format: Format, source: &mut dyn ReadSeek, programs: &Programs, limits: &Limits) -> Result<f64> {
    let work = Work::new(format, source, limits)?;
    let film = probe::film(&work, programs, limits, &tool::PURPOSE_FRAMES)?;
    Ok(film.seconds)
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

/// A folder for one piece of work, removed at its end, with the film in it.
struct Work {
    folder: tempfile::TempDir,
    source: std::path::PathBuf,
    /// FFmpeg's name of the format's reader: nothing is guessed, so no film can be taken for a list
    /// of other files.
    reader: &'static str,
}

impl Work {
    fn new(format: Format, source: &mut dyn ReadSeek, limits: &Limits) -> Result<Self> {
        let reader = match format {
            Format::Mp4 | Format::Mov | Format::ThreeGp => "mov",
            Format::Matroska | Format::Webm => "matroska",
            Format::Avi => "avi",
            Format::Flv => "flv",
            _ => return Err(Error::Unsupported(rows::NO_VIDEO.problem())),
        };
        let folder = tempfile::Builder::new().prefix("biaoshi-video-").tempdir();
        let folder = folder.map_err(|e| Error::io("temporary folder", e))?;
        let path = folder.path().join("source");
        let mut source = crate::source::Source::new(source, limits)?;
        let mut file = std::fs::File::create_new(&path).map_err(|e| Error::io("temporary file", e))?;
        let all = 0..source.len();
        source.copy(all, &mut |part| {
            std::io::Write::write_all(&mut file, part).map_err(|e| Error::io("temporary file", e))
        })?;
        Ok(Self { folder, source: path, reader })
    }

    /// A new file in the folder.
    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }
}

/// A path as FFmpeg's argument: taken for a file whatever its name.
fn file(path: &std::path::Path) -> std::ffi::OsString {
    let mut out = std::ffi::OsString::from("file:");
    out.push(path);
    out
}

/// Arguments as the program gets them.
fn args<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<std::ffi::OsString> {
    words.into_iter().map(Into::into).collect()
}
