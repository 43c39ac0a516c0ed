//! Which encoder, with which options: the source's own coding, near its quality, in its own form.

use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use crate::codec::tool::file;
use crate::error::{Error, Result};
use crate::message::notice::video as rows;

use super::probe::Film;
use super::{Encoder, args, hevc};

/// Bits per second against the source that the encoder may spend, where it keeps its quality under
/// such a bound; libvpx spoils the first frames to keep it.
const MORE: f64 = 2.0;
/// Bits per second that are always allowed.
const LEAST: f64 = 400_000.0;

/// How frames may be reordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reorder {
    /// Frames are decoded in the order in which they are shown.
    None,
    /// A frame is decoded at most one place early.
    One,
    /// As the encoder likes: two places at most.
    Two,
}

/// What an encoder needs to know beside the film.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) reorder: Reorder,
    /// Bits per second of the source.
    pub(super) bits: Option<f64>,
    /// Number of the parameter sets of H.264 that is free.
    pub(super) id: Option<u32>,
}

/// An encoder and what it is told.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    pub(super) name: &'static str,
    pub(super) args: Vec<String>,
    /// FFmpeg's writer for a temporary movie with these samples.
    pub(super) writer: &'static str,
}

/// How two encoders' samples of one coding can be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Join {
    H264,
    Hevc(Option<hevc::Ids>),
    /// The decoder's set-up has to be the same.
    SameConfig,
    /// Each keyframe says everything.
    Free,
    Never,
}

/// How parts of this coding can be joined.
pub(super) fn join(codec: &str) -> Join {
    match codec {
        "h264" => Join::H264,
        "hevc" => Join::Hevc(None),
        "av1" => Join::SameConfig,
        "vp9" | "mjpeg" | "prores" | "qtrle" | "png" | "rawvideo" => Join::Free,
        _ => Join::Never,
    }
}

/// FFmpeg's name of what `overlay` works in, and of the form that the notice gets for it.
pub(super) fn layer(form: &str) -> Option<(&'static str, &'static str)> {
    Some(match form {
        "yuv420p" | "yuvj420p" | "nv12" => ("yuv420", "yuva420p"),
        "yuv420p10le" => ("yuv420p10", "yuva420p10le"),
        "yuv422p" | "yuvj422p" => ("yuv422", "yuva422p"),
        "yuv422p10le" => ("yuv422p10", "yuva422p10le"),
        "yuv444p" | "yuvj444p" => ("yuv444", "yuva444p"),
        "gbrp" => ("gbrp", "gbrap"),
        "rgb24" | "bgr24" | "rgb0" | "bgr0" | "0rgb" | "0bgr" => ("rgb", "rgba"),
        "yuva420p" => ("auto", "yuva420p"),
        "yuva422p" => ("auto", "yuva422p"),
        "yuva444p" => ("auto", "yuva444p"),
        "argb" | "rgba" | "abgr" | "bgra" => ("auto", "rgba"),
        "gbrap" => ("auto", "gbrap"),
        _ => return None,
    })
}

/// The form of the mask for `maskedmerge`, for forms that `overlay` can't draw on.
pub(super) fn deep(form: &str) -> Option<&'static str> {
    match form {
        "yuv444p10le" | "yuv444p12le" => Some("yuv444p"),
        "yuva444p10le" | "yuva444p12le" => Some("yuva444p"),
        _ => None,
    }
}

/// The form of samples that the encoder of a coding takes.
fn taken<'f>(codec: &str, form: &'f str) -> &'f str {
    match (codec, form) {
        // Decoders of ProRes 4444 give 12 bits.
        ("prores", "yuv444p12le") => "yuv444p10le",
        ("prores", "yuva444p12le") => "yuva444p10le",
        _ => form,
    }
}

impl Choice {
    /// The form of samples that it encodes.
    pub(super) fn form(&self, film: &Film) -> String {
        taken(&film.video.codec_name, film.form()).to_owned()
    }

    /// What FFmpeg is told to encode into `out`.
    pub(super) fn words(&self, out: &Path) -> Vec<OsString> {
        let mut words = args(["-c:v", self.name]);
        words.extend(self.args.iter().map(OsString::from));
        words.extend(args(["-f", self.writer]));
        words.push(file(out));
        words
    }

    pub(super) fn encoder(&self) -> Encoder {
        Encoder { name: self.name.to_owned(), settings: self.args.join(" "), lossless: lossless(self.name) }
    }
}

/// Whether an encoder, told what [`choose`] tells it, is without loss. A source in a lossless kind of
/// H.264, H.265, VP9 or AV1 is encoded with loss.
fn lossless(name: &str) -> bool {
    matches!(name, "qtrle" | "png" | "rawvideo" | "ffv1" | "huffyuv" | "ffvhuff" | "utvideo")
}

fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

/// Chooses the encoder for a film.
///
/// # Errors
/// [`Error::Unsupported`] for codings without encoder and forms of samples that can't be drawn on.
pub(super) fn choose(film: &Film, task: Task) -> Result<Choice> {
    let (codec, form) = (film.video.codec_name.as_str(), film.form());
    let cap = task.bits.map(|bits| (bits * MORE).clamp(LEAST, 2e9) as u64);
    let vbv = cap.map(|cap| format!("-maxrate {cap} -bufsize {}", cap.saturating_mul(2))).unwrap_or_default();
    let target = format!("-b:v {}", cap.unwrap_or(8_000_000));
    let (name, text, writer) = match codec {
        "h264" => ("libx264", format!("-preset fast -crf 17 {vbv} {}", h264(film, task)), "mp4"),
        "hevc" => ("libx265", format!("-preset fast -crf 19 {vbv} {}", hevc_options(film, task)), "mp4"),
        "vp9" => {
            let alpha = if form.starts_with("yuva") { "-auto-alt-ref 0" } else { "" };
            ("libvpx-vp9", format!("-crf 18 -b:v 0 -deadline good -cpu-used 4 -row-mt 1 {alpha}"), "mp4")
        }
        "vp8" => {
            let alpha = if form.starts_with("yuva") { "-auto-alt-ref 0" } else { "" };
            ("libvpx", format!("-crf 6 {target} -deadline good -cpu-used 3 {alpha}"), "matroska")
        }
        "av1" if matches!(form, "yuv420p" | "yuv420p10le") => ("libsvtav1", "-preset 8 -crf 24".to_owned(), "mp4"),
        "av1" => ("libaom-av1", "-crf 20 -b:v 0 -cpu-used 6 -row-mt 1".to_owned(), "mp4"),
        "mpeg4" => ("mpeg4", "-q:v 2 -bf 0".to_owned(), "mp4"),
        "msmpeg4v2" => ("msmpeg4v2", "-q:v 2".to_owned(), "matroska"),
        "msmpeg4v3" => ("msmpeg4", "-q:v 2".to_owned(), "matroska"),
        "mpeg1video" => ("mpeg1video", "-q:v 2 -bf 0".to_owned(), "matroska"),
        "mpeg2video" => ("mpeg2video", "-q:v 2 -bf 0".to_owned(), "mov"),
        "flv1" => ("flv", "-q:v 2".to_owned(), "flv"),
        "h263" => ("h263", "-q:v 2".to_owned(), "mov"),
        "theora" => ("libtheora", "-q:v 9".to_owned(), "matroska"),
        "mjpeg" => ("mjpeg", "-q:v 2".to_owned(), "mov"),
        "prores" => ("prores_ks", prores(film), "mov"),
        "qtrle" => ("qtrle", String::new(), "mov"),
        "png" => ("png", String::new(), "mov"),
        "rawvideo" => ("rawvideo", String::new(), "mov"),
        "ffv1" => ("ffv1", "-level 3 -slicecrc 1".to_owned(), "matroska"),
        "huffyuv" => ("huffyuv", String::new(), "avi"),
        "ffvhuff" => ("ffvhuff", String::new(), "avi"),
        "utvideo" => ("utvideo", String::new(), "avi"),
        other => return Err(Error::Unsupported(rows::CODEC.with("codec", other))),
    };
    if layer(form).is_none() && deep(form).is_none() {
        return Err(Error::Unsupported(rows::PIXEL_FORMAT.with("form", form).arg("codec", codec)));
    }
    let mut args = words(&text);
    args.extend(words(&format!("-pix_fmt {}", taken(codec, form))));
    args.extend(colours(film));
    if film.video.interlaced() {
        args.extend(words("-flags +ildct+ilme"));
    }
    args.retain(|word| !word.is_empty());
    Ok(Choice { name, args, writer })
}

fn h264(film: &Film, task: Task) -> String {
    let frames = match task.reorder {
        Reorder::None => "-bf 0",
        Reorder::One => "-bf 2 -b-pyramid none",
        Reorder::Two => "-bf 3 -b-pyramid normal",
    };
    let profile = match film.video.profile().as_str() {
        // B-frames are not in them.
        "Baseline" | "Constrained Baseline" => "-profile:v baseline -bf 0",
        "Main" => "-profile:v main",
        "High" => "-profile:v high",
        "High 10" => "-profile:v high10",
        "High 4:2:2" => "-profile:v high422",
        "High 4:4:4 Predictive" => "-profile:v high444",
        _ => "",
    };
    let refs = film.video.refs.filter(|n| (1..=8).contains(n)).map(|n| format!("-refs {n}")).unwrap_or_default();
    let id = task.id.map(|id| format!("-x264-params sps-id={id}")).unwrap_or_default();
    format!("{frames} {profile} {refs} {id}")
}

fn hevc_options(film: &Film, task: Task) -> String {
    let frames = match task.reorder {
        Reorder::None => "bframes=0",
        Reorder::One => "bframes=2:b-pyramid=0",
        Reorder::Two => "bframes=3",
    };
    let light = film.side("Mastering display").and_then(mastering);
    let levels = film.side("Content light level").and_then(|data| {
        let part = |name: &str| data.get(name).and_then(Value::as_u64);
        Some(format!(":max-cll={},{}", part("max_content")?, part("max_average")?))
    });
    let light = light.map(|text| format!(":hdr10=1:hdr10-opt=1:master-display={text}")).unwrap_or_default();
    let tag = if film.video.codec_tag_string == "hvc1" { "-tag:v hvc1" } else { "" };
    let levels = levels.unwrap_or_default();
    format!("{tag} -x265-params log-level=error:open-gop=0:info=0:repeat-headers=0:{frames}{light}{levels}")
}

/// Mastering display colour volume as x265 takes it: in steps of 0.00002 and of 0.0001 cd/m².
fn mastering(data: &Value) -> Option<String> {
    let part = |name: &str, steps: f64| {
        let (a, b) = data.get(name)?.as_str()?.split_once('/')?;
        let value = a.parse::<f64>().ok()? / b.parse::<f64>().ok().filter(|b| *b > 0.0)?;
        Some((value * steps).round() as u64)
    };
    let point = |name: &str| {
        Some(format!("({},{})", part(&format!("{name}_x"), 50_000.0)?, part(&format!("{name}_y"), 50_000.0)?))
    };
    let light = (part("max_luminance", 10_000.0)?, part("min_luminance", 10_000.0)?);
    let (green, blue, red, white) = (point("green")?, point("blue")?, point("red")?, point("white_point")?);
    Some(format!("G{green}B{blue}R{red}WP{white}L({},{})", light.0, light.1))
}

fn prores(film: &Film) -> String {
    let profile = match film.video.codec_tag_string.as_str() {
        "apco" => "proxy",
        "apcs" => "lt",
        "apch" => "hq",
        "ap4h" => "4444",
        "ap4x" => "4444xq",
        _ => "standard",
    };
    format!("-profile:v {profile} -vendor apl0")
}

/// The colour description, so that nothing is guessed.
fn colours(film: &Film) -> Vec<String> {
    let video = &film.video;
    let known = |value: &Option<String>| {
        let known = value.as_deref().filter(|v| !matches!(*v, "unknown" | "unspecified" | "reserved" | "gbr"));
        known.map(str::to_owned)
    };
    let all = [
        ("-color_primaries", &video.color_primaries),
        ("-color_trc", &video.color_transfer),
        ("-colorspace", &video.color_space),
        ("-color_range", &video.color_range),
        ("-chroma_sample_location", &video.chroma_location),
    ];
    all.into_iter().filter_map(|(name, value)| Some([name.to_owned(), known(value)?])).flatten().collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn mastering_display_is_written_as_x265_reads_it() {
        let data = serde_json::json!({
            "red_x": "34000/50000", "red_y": "16000/50000", "green_x": "13250/50000", "green_y": "34500/50000",
            "blue_x": "7500/50000", "blue_y": "3000/50000", "white_point_x": "15635/50000",
            "white_point_y": "16450/50000", "min_luminance": "1/10000", "max_luminance": "10000000/10000",
        });
        let text = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)";
        assert_eq!(mastering(&data).as_deref(), Some(text));
        assert_eq!(mastering(&serde_json::json!({ "red_x": "1/0" })), None);
    }
}
