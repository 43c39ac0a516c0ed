//! Watermarks of labels in films: in every frame, written with the label, read back from frames; timing and
//! the other streams stay.
#![cfg(target_pointer_width = "64")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::path::Path;
use std::process::Command;

use biaoshi::carrier::watermark::{PICTURE, identifier};
use biaoshi::codec::tool::Programs;
use biaoshi::verify::Look;
use biaoshi::watermark::{Key, MarkedLevel, Payload};
use biaoshi::{CarrierKind, Explicit, Imprint, Label, Labeler, Profile, Report, Status, Verifier};
use image::{Rgb, RgbImage};

const PRODUCER: &str = "001191110102MACQD9K64010000";

/// Soft shapes with some grain.
fn photo(width: u32, height: u32) -> RgbImage {
    let mut state = 0x9E37_79B9u32;
    RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let grain = (state % 13) as f32 - 6.0;
        let (x, y) = (x as f32 / 37.0, y as f32 / 29.0);
        let wave = |phase: f32| (128.0 + 50.0 * (x + phase).sin() + 40.0 * (y * 1.3 + x * 0.4).cos() + grain) as u8;
        Rgb([wave(0.0), wave(0.6), wave(1.1)])
    })
}

fn run(args: &[&str], out: &Path) {
    let done = Command::new("ffmpeg").args(["-v", "error", "-y"]).args(args).arg(out).status().unwrap();
    assert!(done.success(), "{args:?}");
}

/// A camera that moves over a picture, with a tone: `seconds` of it at 8 frames a second.
fn film(folder: &Path, name: &str, size: (u32, u32), seconds: u32, coding: &[&str]) -> Vec<u8> {
    let picture = folder.join("photo.png");
    photo(size.0 + 120, size.1 + 120).save(&picture).unwrap();
    let crop = format!("crop={}:{}:x='20*t':y='14*t'", size.0, size.1);
    let seconds = seconds.to_string();
    let mut args = vec!["-loop", "1", "-framerate", "8", "-i", picture.to_str().unwrap()];
    args.extend(["-f", "lavfi", "-i", "sine=440", "-vf", &crop, "-t", &seconds]);
    args.extend(coding);
    let out = folder.join(name);
    run(&args, &out);
    std::fs::read(out).unwrap()
}

fn again(folder: &Path, file: &[u8], name: &str, args: &[&str]) -> Vec<u8> {
    let (from, to) = (folder.join("from"), folder.join(name));
    std::fs::write(&from, file).unwrap();
    run(&[&["-i", from.to_str().unwrap()], args].concat(), &to);
    std::fs::read(to).unwrap()
}

/// Kind, time stamps of every packet, and for sound its bytes.
fn packets(folder: &Path, file: &[u8]) -> Vec<String> {
    let from = folder.join("packets");
    std::fs::write(&from, file).unwrap();
    let entries = "packet=codec_type,pts,duration,data_hash";
    let answer = Command::new("ffprobe")
        .args(["-v", "error", "-show_packets", "-show_data_hash", "md5", "-show_entries", entries, "-of", "csv=p=0"])
        .arg(&from)
        .output()
        .unwrap();
    let text = String::from_utf8(answer.stdout).unwrap();
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| match line.starts_with("video") {
            true => line.rsplit_once(',').unwrap().0.to_owned(),
            false => line.to_owned(),
        })
        .collect();
    lines.sort();
    lines
}

fn labeler() -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).watermark(Imprint::of_label()).programs(Programs::installed())
}

fn label() -> Label {
    Label::new(PRODUCER).with_produce_id("content-1")
}

fn looking() -> Verifier<'static> {
    Verifier::new().look(Look::Everything).programs(Programs::installed())
}

fn mark(report: &Report) -> Option<&biaoshi::report::Watermark> {
    report.evidence.iter().find(|e| e.carrier == CarrierKind::Watermark)?.watermark.as_ref()
}

#[test]
fn films_carry_the_mark_of_their_label_beside_the_notice() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let cases: [(&str, &[&str]); 3] = [
        ("film.mp4", &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "2"]),
        ("film.mkv", &["-c:v", "libvpx-vp9", "-pix_fmt", "yuv420p", "-deadline", "realtime", "-cpu-used", "8"]),
        ("film.mov", &["-c:v", "libx265", "-pix_fmt", "yuv420p10le", "-x265-params", "log-level=error"]),
    ];
    for (name, coding) in cases {
        let file = film(folder, name, (480, 360), 2, coding);
        let (out, receipt) = labeler().label_bytes(&file, &label()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(receipt.notice.is_some(), "{name}");
        let made = receipt.watermark.unwrap();
        assert!(made.scheme == PICTURE && made.psnr_db.is_some_and(|db| db > 36.0), "{name} {:?}", made.psnr_db);
        assert_eq!(packets(folder, &file), packets(folder, &out), "{name}");
        let report = looking().verify_bytes(&out).unwrap();
        assert_eq!(report.status, Status::Confirmed, "{name}");
        let found = mark(&report).unwrap_or_else(|| panic!("{name}: no mark"));
        let payload = Payload::new(MarkedLevel::Is, identifier(PRODUCER, "content-1"));
        assert_eq!(
            (found.payload.clone(), found.of_label),
            (format!("{:016x}", payload.to_bits()), Some(true)),
            "{name}"
        );
    }
}

#[test]
fn what_is_coded_again_and_shrunk_makes_a_film_suspected() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let file = film(folder, "film.mp4", (640, 400), 2, &["-c:v", "libx264", "-pix_fmt", "yuv420p", "-crf", "18"]);
    let plain = labeler().explicit(Explicit::none("a test"));
    let (out, receipt) = plain.label_bytes(&file, &label()).unwrap();
    assert!(receipt.notice.is_none() && receipt.watermark.is_some());
    assert_eq!(packets(folder, &file), packets(folder, &out));
    let stripped = again(folder, &out, "again.mp4", &["-map_metadata", "-1", "-vf", "scale=512:-2", "-crf", "23"]);
    let report = looking().verify_bytes(&stripped).unwrap();
    assert_eq!(report.status, Status::Suspected);
    assert!(report.findings.iter().any(|f| f.code() == "watermark.alone"));
    // Without a mark there is none.
    assert!(mark(&looking().verify_bytes(&file).unwrap()).is_none());
}

#[test]
fn secret_marks_in_films_are_read_with_their_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = film(folder.path(), "film.mp4", (480, 360), 1, &["-c:v", "libx264", "-pix_fmt", "yuv420p"]);
    let key = || Key::secret(&[5; 32]).unwrap();
    let plain = labeler().explicit(Explicit::none("a test")).watermark(Imprint::secret(key(), u64::MAX));
    let (out, _) = plain.label_bytes(&file, &label()).unwrap();
    assert!(mark(&looking().verify_bytes(&out).unwrap()).is_none());
    let report = looking().watermark_key(key()).verify_bytes(&out).unwrap();
    assert_eq!(mark(&report).map(|m| (m.payload.as_str(), m.key)), Some(("ffffffffffffffff", Some(0))));
}

#[test]
fn films_that_hold_no_mark_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let code = |file: &[u8]| {
        let mut out = Vec::new();
        let result = labeler().label(&mut std::io::Cursor::new(file), &label(), &mut out);
        assert!(out.is_empty());
        result.err().map(|error| error.code().to_owned()).unwrap_or_default()
    };
    let h264 = ["-c:v", "libx264", "-pix_fmt", "yuv420p"];
    assert_eq!(code(&film(folder, "small.mp4", (320, 128), 1, &h264)), "watermark.too_small");
    assert_eq!(code(&film(folder, "rgb.mov", (320, 240), 1, &["-c:v", "qtrle"])), "watermark.frames");
    let avi = film(folder, "old.avi", (320, 240), 1, &["-c:v", "mpeg4"]);
    assert_eq!(code(&avi), "watermark.film");
    // Of a film that can't be looked into, nobody says that it could hold one.
    let silent = Labeler::new(Profile::CN_GB45438).watermark(Imprint::of_label());
    let file = film(folder, "film.mp4", (320, 240), 1, &h264);
    assert_eq!(silent.label_bytes(&file, &label()).unwrap_err().code(), "tool.not_allowed");
}
