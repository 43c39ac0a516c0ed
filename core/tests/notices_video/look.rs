//! Programs started by the tests, and what is measured on what they say: independent of the code
//! under test.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use biaoshi::codec::video::Frame;
use biaoshi::render::Rect;
use serde_json::Value;

/// Runs a program to its end; what it needs must be installed.
pub fn run(program: &str, args: &[&str]) -> (String, String) {
    let done = Command::new(program).args(args).env("AV_LOG_FORCE_NOCOLOR", "1").output();
    let done =
        done.unwrap_or_else(|e| panic!("{program} is needed by this test (Debian: apt-get install ffmpeg): {e}"));
    let (out, err) =
        (String::from_utf8_lossy(&done.stdout).into_owned(), String::from_utf8_lossy(&done.stderr).into_owned());
    assert!(done.status.success(), "{program} {args:?}: {err}");
    (out, err)
}

/// FFmpeg with its arguments in one line, `OUT` standing for `path`.
pub fn ffmpeg(line: &str, path: &Path) {
    let path = path.to_str().unwrap();
    let words: Vec<String> = line.split_whitespace().map(|word| word.replace("OUT", path)).collect();
    let words = ["-y", "-v", "error", "-nostdin"].into_iter().chain(words.iter().map(String::as_str));
    run("ffmpeg", &words.collect::<Vec<_>>());
}

fn probe(path: &Path, what: &[&str]) -> Value {
    let args = [&["-v", "error", "-of", "json"][..], what, &[path.to_str().unwrap()]].concat();
    serde_json::from_str(&run("ffprobe", &args).0).unwrap()
}

/// What must be the same of every stream, chapters and tags of the file.
pub fn description(path: &Path) -> Value {
    const KEPT: &[&str] = &[
        "codec_name",
        "codec_type",
        "width",
        "height",
        "sample_aspect_ratio",
        "pix_fmt",
        "color_range",
        "color_space",
        "color_transfer",
        "color_primaries",
        "chroma_location",
        "disposition",
        "channels",
        "sample_rate",
        "profile",
    ];
    let whole = probe(path, &["-show_streams", "-show_format", "-show_chapters"]);
    let streams = whole["streams"].as_array().unwrap().iter().map(|stream| {
        let mut out: serde_json::Map<String, Value> =
            KEPT.iter().map(|k| ((*k).to_owned(), stream[*k].clone())).collect();
        for tag in ["language", "title", "handler_name", "filename", "mimetype", "alpha_mode"] {
            let tags = stream["tags"].as_object().into_iter().flatten();
            let value = { tags }.find(|(k, _)| k.eq_ignore_ascii_case(tag)).map_or(Value::Null, |(_, v)| v.clone());
            out.insert(tag.to_owned(), value);
        }
        // Display matrices, light of the mastering display, content light level.
        let side = stream["side_data_list"].as_array().into_iter().flatten();
        out.insert("side".into(), side.filter(|d| d["side_data_type"] != "CPB properties").cloned().collect());
        Value::Object(out)
    });
    let chapters = whole["chapters"].as_array().into_iter().flatten();
    let chapters = chapters.map(|c| serde_json::json!([c["start_time"], c["end_time"], c["tags"]]));
    let tags = whole["format"]["tags"].as_object().cloned().unwrap_or_default();
    let tags = tags.into_iter().filter(|(k, _)| {
        !matches!(k.as_str(), "encoder" | "ENCODER" | "major_brand" | "minor_version" | "compatible_brands")
    });
    serde_json::json!({
        "streams": streams.collect::<Vec<_>>(),
        "chapters": chapters.collect::<Vec<_>>(),
        "tags": tags.collect::<serde_json::Map<_, _>>(),
    })
}

/// Side data of the first frame by name.
pub fn side_data(path: &Path, name: &str) -> Option<Value> {
    let frame = probe(path, &["-select_streams", "v:0", "-show_frames", "-read_intervals", "%+#1"]);
    frame["frames"][0]["side_data_list"].as_array()?.iter().find(|d| d["side_data_type"] == name).cloned()
}

/// Time of showing and hash of each packet of each stream.
pub fn packets(path: &Path) -> BTreeMap<u64, Vec<(String, String)>> {
    let all = probe(path, &["-show_packets", "-show_data_hash", "md5"]);
    let mut out = BTreeMap::<u64, Vec<_>>::new();
    for packet in all["packets"].as_array().unwrap() {
        let text = |key: &str| packet[key].as_str().unwrap_or_default().to_owned();
        out.entry(packet["stream_index"].as_u64().unwrap()).or_default().push((text("pts_time"), text("data_hash")));
    }
    out
}

/// Decodes everything: times of showing of the video's frames, and what the decoders complained of.
pub fn decoded(path: &Path) -> (Vec<String>, String) {
    let path = path.to_str().unwrap();
    let args = [
        "-v",
        "warning",
        "-nostdin",
        "-copyts",
        "-i",
        path,
        "-map",
        "0:V:0",
        "-map",
        "0:a?",
        "-fps_mode",
        "passthrough",
        "-c:a",
        "pcm_s16le",
        "-f",
        "framecrc",
        "-",
    ];
    let (out, complaints) = run("ffmpeg", &args);
    let times =
        out.lines().filter(|line| line.starts_with("0,")).map(|line| line.split(',').nth(2).unwrap().trim().to_owned());
    // Without the addresses of FFmpeg's own parts.
    let words = complaints.split_whitespace().filter(|word| !word.starts_with("0x"));
    (times.collect(), words.collect::<Vec<_>>().join(" "))
}

fn pixel(frame: &Frame, x: u32, y: u32) -> [u8; 3] {
    let at = (y as usize * frame.width as usize + x as usize) * 3;
    [frame.rgb[at], frame.rgb[at + 1], frame.rgb[at + 2]]
}

fn luminance(rgb: [u8; 3]) -> f64 {
    let linear = |v: u8| {
        let v = f64::from(v) / 255.0;
        if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2])
}

/// Height of the white ink on the plate, in rows, and the contrast of ink and plate by the medians
/// of their lightest and darkest tenths.
pub fn ink(frame: &Frame, plate: Rect) -> (u32, f64) {
    // Rounded corners let the picture through.
    let inset = plate.height / 8 + 1;
    let rows = plate.y + inset..plate.y + plate.height - inset;
    let white = |x: u32, y: u32| pixel(frame, x, y).iter().all(|v| *v >= 128);
    let inked: Vec<u32> =
        rows.clone().filter(|y| (plate.x + inset..plate.x + plate.width - inset).any(|x| white(x, *y))).collect();
    let mut light: Vec<f64> = rows
        .flat_map(|y| (plate.x + inset..plate.x + plate.width - inset).map(move |x| (x, y)))
        .map(|(x, y)| luminance(pixel(frame, x, y)))
        .collect();
    light.sort_by(f64::total_cmp);
    let (dark, bright) = (light[light.len() / 4], light[light.len() - light.len() / 20 - 1]);
    let height = inked.last().zip(inked.first()).map_or(0, |(last, first)| last - first + 1);
    (height, (bright + 0.05) / (dark + 0.05))
}

/// Peak signal-to-noise ratio in decibels of two frames: within a rectangle, or outside of it.
pub fn psnr(one: &Frame, other: &Frame, rect: Rect, within: bool) -> f64 {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let (mut sum, mut count) = (0.0, 0u64);
    // A block of a coder that the plate touches may change a little beyond it.
    let margin = if within { 0 } else { 16 };
    // Every third column and row: enough, and quick without optimisation.
    for y in (0..one.height).step_by(3) {
        for x in (0..one.width).step_by(3) {
            let inside = x + margin >= rect.x
                && x < rect.x + rect.width + margin
                && y + margin >= rect.y
                && y < rect.y + rect.height + margin;
            if inside == within {
                let (a, b) = (pixel(one, x, y), pixel(other, x, y));
                sum += a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(b)).powi(2)).sum::<f64>();
                count += 3;
            }
        }
    }
    10.0 * (255.0 * 255.0 / (sum / count as f64).max(1e-9)).log10()
}
