//! Notices that people perceive, by the command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use common::{CODE, command, json, names, run, status, text};

#[test]
fn a_text_without_metadata_gets_its_notice_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("a.txt"), "The harbour was built in 1874.\r\n").unwrap();
    let label = |from: &str, to: &str, more: &[&str]| {
        run(root, &[["label", from, "-o", to, "--producer", CODE].as_slice(), more].concat())
    };
    let output = label("a.txt", "b.txt", &["--notice-at", "end", "--json"]);
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    let receipt = json(&output);
    assert_eq!(receipt["notice"]["form"], "text");
    assert_eq!(receipt["notice"]["at"], serde_json::json!(["end"]));
    assert_eq!(receipt["notes"][0]["code"], "note.notice_alone");
    let written = fs::read_to_string(root.join("b.txt")).unwrap();
    assert!(written.starts_with("The harbour was built in 1874.\r\n") && written.contains("AI生成"), "{written:?}");
    let again = label("b.txt", "c.txt", &["--json"]);
    assert_eq!((status(&again), json(&again)["changed"].clone()), (0, false.into()));
    assert_eq!(fs::read(root.join("b.txt")).unwrap(), fs::read(root.join("c.txt")).unwrap());
    let report = json(&run(root, &["verify", "b.txt", "--json"]));
    assert_eq!(report["evidence"][0]["carrier"], "explicit_notice");
    // Two lines, the second in the language of the text; of few words the first half is a beginning.
    let last = report["evidence"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["notice"]["text"], &last["notice"]["at"]), (&"AI-generated".into(), &"end".into()));
    // Without a notice nothing would be written at all.
    let output = label("a.txt", "d.txt", &["--explicit", "none", "--reason", "test"]);
    assert_eq!(status(&output), 2);
    assert!(!root.join("d.txt").exists());
}

/// What no words fit into is not handed to the program that reads words, and neither is more than it takes.
#[test]
fn thin_pictures_are_looked_at_without_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (width, height) in [(1, 100_000), (16, 60_000)] {
        let mut encoder = png::Encoder::new(fs::File::create(root.join("thin.png")).unwrap(), width, height);
        encoder.set_color(png::ColorType::Rgb);
        let pixels = vec![90; (width * height * 3) as usize];
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        let output = run(root, &["verify", "--look", "thin.png", "--json"]);
        let report = json(&output);
        assert_eq!((status(&output), &report["findings"]), (1, &serde_json::json!([])), "{width}x{height}");
    }
}

/// A film of some length, made by FFmpeg.
#[cfg(unix)]
fn film(path: &Path, seconds: u32) {
    let source = format!("testsrc2=size=640x480:rate=25:duration={seconds}");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-f", "lavfi", "-i", &source, "-pix_fmt", "yuv420p", "-g", "1000"]).arg(path);
    assert!(command.status().expect("ffmpeg is installed").success());
}

/// An interrupt ends FFmpeg too, and nothing stays behind.
#[cfg(unix)]
#[test]
fn a_film_is_labelled_or_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let temporary = root.join("temporary");
    fs::create_dir(&temporary).unwrap();
    film(&root.join("long.mp4"), 60);
    let mut command = command();
    command.current_dir(root).env("TMPDIR", &temporary);
    command.args(["label", "long.mp4", "-o", "out.mp4", "--producer", CODE, "--notice-seconds", "all"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Wait until it works in its folder.
    let works = || fs::read_dir(&temporary).unwrap().count() > 0;
    let started = std::time::Instant::now();
    while !works() && started.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(names(&temporary), Vec::<String>::new());
    assert_eq!(names(root), ["long.mp4", "temporary"]);
}

#[cfg(unix)]
#[test]
fn notices_in_sound_and_film_are_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    film(&root.join("a.mp4"), 4);
    let mut tone = Command::new("ffmpeg");
    tone.args(["-v", "error", "-f", "lavfi", "-i", "sine=frequency=330:duration=4"]).arg(root.join("a.wav"));
    assert!(tone.status().unwrap().success());
    for (name, form) in [("a.mp4", "video"), ("a.wav", "sound")] {
        let out = format!("out-{name}");
        let output = run(root, &["label", name, "-o", &out, "--producer", CODE, "--json"]);
        assert_eq!(status(&output), 0, "{}", text(&output.stdout));
        assert_eq!(json(&output)["notice"]["form"], form);
        let look = |more: &[&str]| {
            let report = json(&run(root, &[["verify", out.as_str(), "--json"].as_slice(), more].concat()));
            let check = |id: &str| {
                let checks = report["verdicts"][0]["checks"].as_array().unwrap();
                checks.iter().find(|c| c["id"] == id).unwrap().clone()
            };
            check(if form == "video" { "explicit.video" } else { "explicit.audio" })
        };
        assert_eq!(look(&["--look"])["result"], "pass", "{name}");
        assert_eq!(look(&[])["reason"], "not_looked", "{name}");
        assert_eq!(status(&run(root, &["verify", &out])), 0, "{name}");
    }
}
