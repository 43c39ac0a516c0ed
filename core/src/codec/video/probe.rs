//! What ffprobe says of a film.

use serde::Deserialize;
use serde_json::Value;

use crate::codec::tool::{Programs, file};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::Message;
use crate::message::notice::video as rows;

use super::protect::{Protected, protected};
use super::{Work, args};

/// A film: its first video stream that is no cover, and what else is in the file.
#[derive(Debug, Clone)]
pub(super) struct Film {
    pub(super) video: Stream,
    pub(super) streams: Vec<Stream>,
    /// Length of playing in seconds, 0 if unknown.
    pub(super) seconds: f64,
    /// Exif orientation of the picture as stored.
    pub(super) orientation: u8,
    /// Sample aspect ratio, not reduced to 1 on either side.
    pub(super) aspect: (u32, u32),
    /// What the first decoded frame says.
    pub(super) frame: FirstFrame,
    /// What is encrypted, beside the video, which is not.
    pub(super) protected: Protected,
}

/// One stream.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stream {
    pub(super) index: usize,
    pub(super) codec_name: String,
    pub(super) codec_type: String,
    pub(super) codec_tag_string: String,
    pub(super) profile: Option<Value>,
    pub(super) level: Option<i64>,
    pub(super) id: Option<String>,
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) pix_fmt: Option<String>,
    pub(super) has_b_frames: u32,
    pub(super) refs: Option<u32>,
    pub(super) field_order: Option<String>,
    pub(super) sample_aspect_ratio: Option<String>,
    pub(super) color_range: Option<String>,
    pub(super) color_space: Option<String>,
    pub(super) color_transfer: Option<String>,
    pub(super) color_primaries: Option<String>,
    pub(super) chroma_location: Option<String>,
    pub(super) time_base: String,
    pub(super) bit_rate: Option<String>,
    pub(super) avg_frame_rate: Option<String>,
    pub(super) start_time: Option<String>,
    pub(super) duration: Option<String>,
    disposition: std::collections::BTreeMap<String, u8>,
    pub(super) tags: std::collections::BTreeMap<String, String>,
    pub(super) side_data_list: Vec<Value>,
}

/// What is told by the first frame alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct FirstFrame {
    pub(super) pix_fmt: Option<String>,
    pub(super) interlaced_frame: u8,
    pub(super) top_field_first: u8,
    pub(super) side_data_list: Vec<Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Whole {
    streams: Vec<Stream>,
    frames: Vec<FirstFrame>,
    format: Container,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Container {
    duration: Option<String>,
}

impl Stream {
    pub(super) fn is_film(&self) -> bool {
        self.codec_type == "video" && !self.is("attached_pic") && !self.is("timed_thumbnails")
    }

    fn is(&self, disposition: &str) -> bool {
        self.disposition.get(disposition).is_some_and(|n| *n == 1)
    }

    /// What the stream is for, as FFmpeg takes it.
    pub(super) fn dispositions(&self) -> String {
        let set: Vec<&str> = self.disposition.iter().filter(|(_, n)| **n == 1).map(|(name, _)| name.as_str()).collect();
        if set.is_empty() { "0".to_owned() } else { set.join("+") }
    }

    /// Whether the coded picture has a channel for transparency beside it (WebM).
    pub(super) fn has_side_alpha(&self) -> bool {
        self.tags.iter().any(|(key, value)| key.eq_ignore_ascii_case("alpha_mode") && value == "1")
    }

    /// Bits per second: of the stream if it says so.
    pub(super) fn bits(&self) -> Option<f64> {
        self.bit_rate.as_ref().and_then(|text| text.parse().ok()).filter(|bits| *bits > 0.0)
    }

    /// The number of the track, as written in the container.
    pub(super) fn track(&self) -> Option<u32> {
        u32::from_str_radix(self.id.as_deref()?.strip_prefix("0x")?, 16).ok()
    }

    /// Whether it has side data whose name begins so.
    pub(super) fn side(&self, name: &str) -> bool {
        let kind = |data: &Value| data.get("side_data_type").and_then(Value::as_str).map(|t| t.starts_with(name));
        self.side_data_list.iter().any(|data| kind(data) == Some(true))
    }

    pub(super) fn profile(&self) -> String {
        match &self.profile {
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => String::new(),
        }
    }

    pub(super) fn interlaced(&self) -> bool {
        matches!(self.field_order.as_deref(), Some("tt" | "bb" | "tb" | "bt"))
    }
}

impl Film {
    /// How samples are stored.
    pub(super) fn form(&self) -> &str {
        self.frame.pix_fmt.as_deref().or(self.video.pix_fmt.as_deref()).unwrap_or_default()
    }

    /// Width and height in coded pixels made square: one side grows, none shrinks.
    pub(super) fn squared(&self) -> (u32, u32) {
        let (num, den) = self.aspect;
        let grow = |side: u32, by: u32, of: u32| {
            let exact = f64::from(side) * f64::from(by) / f64::from(of.max(1));
            exact.round().clamp(1.0, f64::from(u32::MAX)) as u32
        };
        let (width, height) = (self.video.width, self.video.height);
        if num >= den { (grow(width, num, den), height) } else { (width, grow(height, den, num)) }
    }

    /// Width and height as displayed.
    pub(super) fn displayed(&self) -> (u32, u32) {
        let (width, height) = self.squared();
        if self.orientation >= 5 { (height, width) } else { (width, height) }
    }

    /// Side data of stream or first frame, by name.
    pub(super) fn side(&self, name: &str) -> Option<&Value> {
        let all = self.video.side_data_list.iter().chain(&self.frame.side_data_list);
        all.into_iter()
            .find(|data| data.get("side_data_type").and_then(Value::as_str).is_some_and(|t| t.contains(name)))
    }

    /// Dynamic metadata for displays, which no encoder here writes again.
    pub(super) fn dynamic(&self) -> Option<&'static str> {
        if self.side("DOVI").or_else(|| self.side("Dolby Vision")).is_some() {
            return Some("Dolby Vision");
        }
        self.side("HDR Dynamic Metadata").or_else(|| self.side("HDR10+")).map(|_| "HDR10+")
    }
}

/// Asks ffprobe about the film of the work.
pub(super) fn film(work: &Work, programs: &Programs, limits: &Limits, purpose: &'static Message) -> Result<Film> {
    let mut words = args(["-f", work.reader, "-show_streams", "-show_format", "-of", "json"]);
    words.push(file(&work.source));
    let whole = ask(programs, limits, purpose, words)?;
    let films = whole.streams.iter().filter(|s| s.is_film());
    let video = films.clone().find(|s| s.is("default")).or_else(|| films.clone().next());
    let Some(video) = video.filter(|v| v.width > 0 && v.height > 0).cloned() else {
        return Err(Error::Unsupported(rows::NO_VIDEO.problem()));
    };
    super::super::check_size(video.width, video.height, 32, limits)?;
    let mut out = Film {
        orientation: orientation(&video)?,
        aspect: aspect(video.sample_aspect_ratio.as_deref()),
        video,
        streams: whole.streams,
        seconds: 0.0,
        frame: FirstFrame::default(),
        protected: Protected::default(),
    };
    out.protected = protected(&work.source, work.reader, &out, limits)?;
    if out.protected.video {
        return Err(Error::Unsupported(rows::ENCRYPTED.problem()));
    }
    let index = out.video.index.to_string();
    let mut words = args(["-f", work.reader, "-select_streams", &index, "-show_frames", "-read_intervals", "%+#1"]);
    words.extend(args(["-of", "json"]));
    words.push(file(&work.source));
    out.frame = ask(programs, limits, purpose, words)?.frames.into_iter().next().unwrap_or_default();
    let parse = |text: &Option<String>| text.as_ref().and_then(|t| t.parse::<f64>().ok()).filter(|n| n.is_finite());
    let seconds = parse(&out.video.duration).or_else(|| parse(&whole.format.duration));
    out.seconds = seconds.unwrap_or(0.0).max(0.0);
    let (width, height) = out.squared();
    super::super::check_size(width, height, 32, limits)?;
    Ok(out)
}

fn ask(
    programs: &Programs,
    limits: &Limits,
    purpose: &'static Message,
    words: Vec<std::ffi::OsString>,
) -> Result<Whole> {
    let answer = programs.run(programs.ffprobe(purpose, words), limits)?;
    serde_json::from_slice(&answer.stdout).map_err(|e| Error::Malformed(rows::PROBE.with("reason", e)))
}

/// A ratio such as `4:3`; 1 to 1 where it is unknown or beyond reason.
fn aspect(text: Option<&str>) -> (u32, u32) {
    let parts = text.and_then(|text| text.split_once(':'));
    let parts = parts.and_then(|(a, b)| Some((a.parse::<u32>().ok()?, b.parse::<u32>().ok()?)));
    let sane = |(a, b): &(u32, u32)| *a > 0 && *b > 0 && *a <= b.saturating_mul(8) && *b <= a.saturating_mul(8);
    parts.filter(sane).unwrap_or((1, 1))
}

/// The Exif orientation that says the same as the display matrix (ISO/IEC 14496-12, 8.3.2).
fn orientation(video: &Stream) -> Result<u8> {
    let Some(text) = video.side_data_list.iter().find_map(|d| d.get("displaymatrix").and_then(Value::as_str)) else {
        return Ok(1);
    };
    let numbers: Vec<i64> = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .flat_map(|(_, row)| row.split_whitespace().filter_map(|n| n.parse().ok()))
        .collect();
    let &[a, b, _, c, d, ..] = numbers.as_slice() else { return Ok(1) };
    match (a.signum(), b.signum(), c.signum(), d.signum()) {
        (1, 0, 0, 1) | (0, 0, 0, 0) => Ok(1),
        (-1, 0, 0, 1) => Ok(2),
        (-1, 0, 0, -1) => Ok(3),
        (1, 0, 0, -1) => Ok(4),
        (0, 1, 1, 0) => Ok(5),
        (0, 1, -1, 0) => Ok(6),
        (0, -1, -1, 0) => Ok(7),
        (0, -1, 1, 0) => Ok(8),
        _ => Err(Error::Unsupported(rows::ROTATION.problem())),
    }
}

/// Transparency beside the picture is not in what ffprobe's decoder says.
pub(super) fn with_alpha(mut film: Film) -> Film {
    if film.video.has_side_alpha()
        && matches!(film.video.codec_name.as_str(), "vp8" | "vp9")
        && film.form() == "yuv420p"
    {
        film.frame.pix_fmt = Some("yuva420p".to_owned());
    }
    film
}

/// Bits per second of the whole file.
pub(super) fn average(work: &Work, film: &Film) -> Option<f64> {
    let bytes = std::fs::metadata(&work.source).ok()?.len();
    (film.seconds > 0.01).then(|| bytes as f64 * 8.0 / film.seconds)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;

    fn matrix(a: i64, b: i64, c: i64, d: i64) -> Stream {
        let text = format!("\n00000000: {a} {b} 0\n00000001: {c} {d} 0\n00000002: 0 0 1073741824\n");
        Stream { side_data_list: vec![serde_json::json!({ "displaymatrix": text })], ..Stream::default() }
    }

    #[test]
    fn matrices_are_orientations() {
        let one = 65_536;
        assert_eq!(orientation(&Stream::default()).unwrap(), 1);
        // As telephones write for films held upright: to be turned clockwise by a quarter.
        assert_eq!(orientation(&matrix(0, one, -one, 0)).unwrap(), 6);
        assert_eq!(orientation(&matrix(0, -one, one, 0)).unwrap(), 8);
        assert_eq!(orientation(&matrix(-one, 0, 0, -one)).unwrap(), 3);
        assert_eq!(orientation(&matrix(-one, 0, 0, one)).unwrap(), 2);
        assert!(orientation(&matrix(one, one, -one, one)).is_err());
    }

    #[test]
    fn aspect_ratios_are_bounded() {
        assert_eq!(aspect(Some("4:3")), (4, 3));
        assert_eq!(aspect(Some("0:1")), (1, 1));
        assert_eq!(aspect(Some("4000000000:1")), (1, 1));
        assert_eq!(aspect(None), (1, 1));
    }
}
