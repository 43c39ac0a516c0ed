//! The store of the command: what is added is found again after its label was lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

mod common;

use std::fs;
use std::path::Path;
use std::process::Output;

use biaoshi::Verifier;
use biaoshi::verify::lookup::PHASH;
use common::{CODE, json, names, run, status, text, with_identity};
use serde_json::Value;

const SCHEME: &str = "org.biaoshi.lattice.1";
const SIDE: u32 = 448;

/// A picture with shapes and grain; another for each seed.
fn pixels(seed: u32) -> Vec<u8> {
    let seed = f64::from(seed);
    let mut grain = 0x9E37_79B9_u32;
    let mut out = Vec::new();
    for (y, x) in (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (f64::from(y), f64::from(x)))) {
        grain = grain.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // Waves in directions and of lengths that differ from picture to picture.
        let wave = |k: f64| {
            let angle = seed * 1.7 + k * 2.3;
            ((x * angle.cos() + y * angle.sin()) / (22.0 + (seed * 7.0 + k * 11.0) % 30.0) + seed * k).sin()
        };
        let shape = [1.0, 2.0, 3.0, 4.0].map(wave).iter().sum::<f64>() * 22.0;
        let level = 128.0 + shape + f64::from(grain >> 27) - 16.0;
        out.extend([level, level * 0.9, level * 0.8].map(|v| v.clamp(0.0, 255.0) as u8));
    }
    out
}

fn write_png(path: &Path, (width, height): (u32, u32), pixels: &[u8]) {
    let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
}

fn draw(path: &Path, seed: u32) {
    write_png(path, (SIDE, SIDE), &pixels(seed));
}

/// The same pixels in another file, with nothing beside them.
fn strip(from: &Path, to: &Path) {
    let mut reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(from).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    write_png(to, (info.width, info.height), &pixels);
}

fn mark(folder: &Path, from: &str, to: &str, more: &[&str]) {
    let first = ["label", from, "-o", to, "--producer", CODE, "--explicit", "none", "--reason", "test"];
    let output = run(folder, &[first.as_slice(), more].concat());
    assert_eq!(status(&output), 0, "{}{}", text(&output.stdout), text(&output.stderr));
}

fn store(folder: &Path, verb: &str, files: &[&str], more: &[&str]) -> Output {
    run(folder, &[["store", verb, "--store", "s.db"].as_slice(), more, files].concat())
}

/// The lines of JSON that a verb prints about files.
fn lines(folder: &Path, verb: &str, files: &[&str], more: &[&str]) -> (i32, Vec<Value>) {
    let output = store(folder, verb, files, &[more, &["--json"]].concat());
    let all = text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (status(&output), all)
}

/// The error that is printed when nothing else is.
fn refused(output: &Output, code: &str) -> String {
    let told = text(&output.stderr);
    assert_eq!((status(output), text(&output.stdout).as_str()), (2, ""), "{told}");
    assert!(told.contains(&format!("error[{code}]")), "{told}");
    told
}

#[test]
fn what_lost_its_label_is_found_by_watermark_first_and_then_by_how_it_looks() {
    let folder = with_identity();
    let at = folder.path();
    for (seed, name) in [(1, "one.png"), (2, "two.png"), (3, "three.png")] {
        draw(&at.join(name), seed);
    }
    mark(at, "one.png", "marked.png", &["--id", "first", "--watermark", "--sign", "id"]);
    mark(at, "one.png", "bare.png", &["--id", "second"]);
    mark(at, "two.png", "other.png", &["--id", "other"]);
    let (code, added) = lines(at, "add", &["bare.png", "marked.png", "other.png", "marked.png"], &[]);
    assert_eq!(code, 0, "{added:?}");
    assert_eq!(added.iter().map(|line| line["added"].clone()).collect::<Vec<_>>(), [true, true, true, false]);
    assert_eq!(added[1]["watermarks"][0]["alg"], SCHEME);
    assert_eq!((&added[0]["watermarks"], added[0]["phash"].as_str().unwrap().len()), (&Value::Array(vec![]), 16));
    assert!(added[0]["manifestId"].as_str().unwrap().starts_with("sha256:"));

    strip(&at.join("marked.png"), &at.join("copy.png"));
    strip(&at.join("two.png"), &at.join("plain.png"));
    assert_eq!(status(&run(at, &["verify", "copy.png"])), 1, "its label is gone");
    let (code, found) = lines(at, "find", &["copy.png", "plain.png", "three.png"], &[]);
    assert_eq!(code, 1, "one of three is not there: {found:?}");
    let matches = found[0]["matches"].as_array().unwrap();
    assert_eq!(matches.len(), 2, "{matches:?}");
    assert_eq!((&matches[0]["alg"], &matches[0]["name"]), (&SCHEME.into(), &"marked.png".into()));
    assert_eq!((&matches[0]["samePicture"], &matches[0]["hasManifest"]), (&true.into(), &true.into()));
    assert_eq!(matches[0]["label"]["content_producer"], CODE);
    assert_eq!(matches[0]["manifestId"], added[1]["manifestId"]);
    assert!((0..=100).contains(&matches[0]["similarityScore"].as_i64().unwrap()));
    assert!(matches[0].get("key").is_none() && matches[0].get("error").is_none());
    assert_eq!((&matches[1]["alg"], &matches[1]["label"]["produce_id"]), (&PHASH.into(), &"second".into()));
    assert_eq!(found[1]["matches"][0]["name"], "other.png");
    assert_eq!(found[1]["matches"][0]["similarityScore"], 100);
    assert_eq!(found[2]["matches"], Value::Array(vec![]));
    assert_eq!(lines(at, "find", &["copy.png"], &[]).0, 0);

    let page = text(&store(at, "find", &["copy.png", "three.png"], &[]).stdout);
    for words in ["Found by its watermark, and it looks like", "A stored picture looks like it (", CODE, "marked.png"] {
        assert!(page.contains(words), "{page}");
    }
    assert!(page.contains("three.png\n  Nothing in the store has its watermark or looks like it."), "{page}");
    let page = text(&store(at, "find", &["copy.png"], &["--lang", "zh-CN"]).stdout);
    assert!(page.contains("按水印找到，且外观与存储的内容一致") && page.contains("生成方"), "{page}");
    let page = text(&store(at, "add", &["marked.png"], &[]).stdout);
    assert!(page.contains("marked.png is in the store already") && page.contains(SCHEME), "{page}");

    // The signed manifest comes out as it stands in the file.
    let id = added[1]["manifestId"].as_str().unwrap();
    assert!(id.starts_with("urn:c2pa:"), "{id}");
    let out = |to: &str, more: &[&str]| store(at, "manifest", &[id, "-o", to], more);
    assert_eq!(status(&out("m.c2pa", &[])), 0);
    let written = fs::read(at.join("m.c2pa")).unwrap();
    let signed = fs::read(at.join("marked.png")).unwrap();
    assert!(signed.windows(written.len()).any(|part| part == written) && written.len() > 1000);
    let record = Verifier::new().record(&mut std::io::Cursor::new(&signed)).unwrap();
    assert_eq!((record.manifest.as_ref(), record.manifest_id.as_deref()), (Some(&written), Some(id)));
    assert_eq!(out("-", &[]).stdout, written);
    refused(&out("m.c2pa", &[]), "output.exists");
    assert_eq!(status(&out("m.c2pa", &["--force"])), 0);
    refused(&store(at, "manifest", &["urn:c2pa:none", "-o", "n.c2pa"], &[]), "cli.store_no_manifest");
    let bare = added[0]["manifestId"].as_str().unwrap();
    refused(&store(at, "manifest", &[bare, "-o", "n.c2pa"], &[]), "cli.store_no_manifest");
    assert!(!at.join("n.c2pa").exists());
}

/// A watermark that was copied leads to the label of something else, and that is said.
#[test]
fn a_watermark_on_another_picture_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    draw(&at.join("one.png"), 1);
    draw(&at.join("two.png"), 6);
    mark(at, "one.png", "marked.png", &["--watermark", "--id", "x"]);
    mark(at, "two.png", "forged.png", &["--watermark", "--id", "x"]);
    assert_eq!(status(&store(at, "add", &["marked.png"], &[])), 0);
    let (code, found) = lines(at, "find", &["forged.png"], &[]);
    assert_eq!(code, 0);
    let first = &found[0]["matches"][0];
    assert_eq!((&first["alg"], &first["samePicture"]), (&SCHEME.into(), &false.into()), "{first}");
    let page = text(&store(at, "find", &["forged.png"], &[]).stdout);
    assert!(page.contains("does not look like what was stored"), "{page}");
}

#[test]
fn nothing_remains_where_nothing_could_be_added() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("words.txt"), "A text without a watermark.\n").unwrap();
    fs::write(at.join("noise.bin"), b"\0\x01\x02").unwrap();
    let before = names(at);
    let bad = ["words.txt", "noise.bin", "missing.png", "."];
    let (code, told) = lines(at, "add", &bad, &[]);
    assert_eq!(code, 2);
    let codes: Vec<_> = told.iter().map(|line| line["error"]["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["cli.store_no_key", "format.unknown", "io", "cli.directory"]);
    assert_eq!(names(at), before);
    let output = store(at, "add", &bad, &[]);
    assert_eq!((status(&output), text(&output.stdout).as_str()), (2, ""));
    assert_eq!(text(&output.stderr).matches("error[").count(), 4);
    assert_eq!(names(at), before);

    // A good one among them is added, and the exit status tells that others were not.
    draw(&at.join("one.png"), 1);
    let (code, told) = lines(at, "add", &["words.txt", "one.png", "missing.png"], &[]);
    assert_eq!((code, told.len(), &told[1]["added"]), (2, 3, &true.into()));
    let (code, told) = lines(at, "find", &["missing.png", "one.png"], &[]);
    assert_eq!((code, told[0]["error"]["code"].as_str()), (2, Some("io")));
    assert_eq!(told[1]["matches"][0]["name"], "one.png");
    assert_eq!(names(at), ["noise.bin", "one.png", "s.db", "words.txt"]);

    // No folder to make it in: told before anything is looked at.
    let output = run(at, &["store", "add", "one.png", "--store", "gone/s.db"]);
    assert!(refused(&output, "io").contains("gone"));
}

#[test]
fn what_is_no_store_is_told_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    draw(&at.join("one.png"), 1);
    assert_eq!(status(&store(at, "add", &["one.png"], &[])), 0);
    let good = fs::read(at.join("s.db")).unwrap();
    let verbs = |code: &str| {
        refused(&store(at, "find", &["one.png"], &[]), code);
        refused(&store(at, "add", &["one.png"], &[]), code);
        refused(&store(at, "manifest", &["x", "-o", "x.c2pa"], &[]), code);
    };
    let put = |bytes: &[u8]| fs::write(at.join("s.db"), bytes).unwrap();
    put(b"These are words and no database at all.");
    verbs("cli.store_other");
    assert_eq!(fs::read(at.join("s.db")).unwrap(), b"These are words and no database at all.");
    put(&good[..good.len() / 2]);
    verbs("cli.store_other");
    // Databases of others, of a later version, and ours without a table or a column.
    for change in [
        "DROP TABLE binding",
        "DROP TABLE content",
        "ALTER TABLE content DROP COLUMN label",
        "ALTER TABLE binding RENAME COLUMN key TO lock",
        "PRAGMA user_version = 99",
        "PRAGMA application_id = 7",
    ] {
        put(&good);
        rusqlite::Connection::open(at.join("s.db")).unwrap().execute_batch(change).unwrap();
        let before = fs::read(at.join("s.db")).unwrap();
        verbs("cli.store_other");
        assert_eq!(fs::read(at.join("s.db")).unwrap(), before, "{change}");
    }
    fs::remove_file(at.join("s.db")).unwrap();
    rusqlite::Connection::open(at.join("s.db")).unwrap().execute_batch("CREATE TABLE poems (line TEXT)").unwrap();
    verbs("cli.store_other");
    // An empty file becomes one, when something is added.
    put(b"");
    refused(&store(at, "find", &["one.png"], &[]), "cli.store_other");
    assert_eq!(status(&store(at, "add", &["one.png"], &[])), 0);
    assert_eq!(status(&store(at, "find", &["one.png"], &[])), 0);
    fs::remove_file(at.join("s.db")).unwrap();
    refused(&store(at, "find", &["one.png"], &[]), "io");
    assert!(!at.join("s.db").exists());
    fs::create_dir(at.join("s.db")).unwrap();
    verbs("cli.directory");
    // A name that the library for databases takes for memory is a file like any other.
    let inside = at.join("inside");
    fs::create_dir(&inside).unwrap();
    fs::copy(at.join("one.png"), inside.join("one.png")).unwrap();
    assert_eq!(status(&run(&inside, &["store", "add", "one.png", "--store", ":memory:"])), 0);
    assert_eq!(names(&inside), [":memory:", "one.png"]);
}

#[test]
fn a_damaged_label_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    draw(&at.join("one.png"), 1);
    mark(at, "one.png", "marked.png", &[]);
    assert_eq!(status(&store(at, "add", &["marked.png"], &[])), 0);
    let change = |change: &str| rusqlite::Connection::open(at.join("s.db")).unwrap().execute_batch(change).unwrap();
    for damage in ["{", "[1]", "{\"label\":7}", ""] {
        change(&format!("UPDATE content SET label = '{damage}'"));
        let (code, found) = lines(at, "find", &["one.png"], &[]);
        let first = &found[0]["matches"][0];
        assert_eq!((code, &first["label"], &first["name"]), (2, &Value::Null, &"marked.png".into()));
        assert_eq!(first["error"]["code"], "cli.store_label", "{damage}");
        let page = text(&store(at, "find", &["one.png"], &[]).stdout);
        assert!(page.contains("error[cli.store_label]") && page.contains("s.db"), "{page}");
    }
    // Nothing stored is no damage: content without a label has none.
    change("UPDATE content SET label = NULL");
    let (code, found) = lines(at, "find", &["one.png"], &[]);
    assert_eq!((code, found[0]["matches"][0].get("error")), (0, None));
}

#[cfg(unix)]
#[test]
fn links_are_not_written_through() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    draw(&at.join("one.png"), 1);
    symlink("real.db", at.join("s.db")).unwrap();
    refused(&store(at, "add", &["one.png"], &[]), "output.symlink");
    assert!(!at.join("real.db").exists());
    assert_eq!(status(&run(at, &["store", "add", "one.png", "--store", "real.db"])), 0);
    let before = fs::read(at.join("real.db")).unwrap();
    refused(&store(at, "add", &["one.png"], &[]), "output.symlink");
    // Reading follows links, as for every file that is read, and changes nothing.
    assert_eq!(status(&store(at, "find", &["one.png"], &[])), 0);
    assert_eq!(fs::read(at.join("real.db")).unwrap(), before);
    assert!(names(at).iter().all(|name| !name.contains("journal")), "{:?}", names(at));
}

#[test]
fn chinese_paths_work() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("存储 (1)");
    fs::create_dir(&at).unwrap();
    draw(&at.join("图 片.png"), 4);
    let run = |verb: &str| run(&at, &["store", verb, "图 片.png", "--store", "标识 库.db", "--lang", "zh-CN"]);
    let output = run("add");
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("已加入：图 片.png"), "{}", text(&output.stdout));
    let output = run("find");
    assert_eq!(status(&output), 0);
    assert!(text(&output.stdout).contains("存储名称"), "{}", text(&output.stdout));
    assert_eq!(names(&at), ["图 片.png", "标识 库.db"]);
}

/// What was traced with a secret key is found by who has the key, and the store doesn't hold it.
#[test]
fn marks_of_secret_keys_are_found_with_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let made = json(&run(at, &["keygen", "--watermark-key", "a.key", "--json"]));
    assert_eq!(status(&run(at, &["keygen", "--watermark-key", "b.key"])), 0);
    let id = made["id"].as_str().unwrap();
    draw(&at.join("one.png"), 1);
    // Another picture by its looks, the same by its mark.
    draw(&at.join("two.png"), 6);
    for (from, to) in [("one.png", "traced.png"), ("two.png", "leaked.png")] {
        mark(at, from, to, &["--watermark-key", "a.key", "--watermark-bits", "00000000000004d2"]);
    }
    strip(&at.join("leaked.png"), &at.join("leak.png"));
    let (code, added) = lines(at, "add", &["traced.png"], &[]);
    assert_eq!((code, &added[0]["watermarks"]), (0, &Value::Array(vec![])));
    // Again, with the key: what was not read before is added to what is there.
    let (code, added) = lines(at, "add", &["traced.png"], &["--watermark-key", "a.key"]);
    assert_eq!((code, &added[0]["added"]), (0, &false.into()));
    let mark = serde_json::json!({ "alg": SCHEME, "value": "00000000000004d2", "key": id });
    assert_eq!(added[0]["watermarks"], Value::Array(vec![mark]));

    for (keys, hits) in [
        (vec![], 0),
        (vec!["--watermark-key", "b.key"], 0),
        (vec!["--watermark-key", "b.key", "--watermark-key", "a.key"], 1),
    ] {
        let (code, found) = lines(at, "find", &["leak.png"], &keys);
        let matches = found[0]["matches"].as_array().unwrap();
        assert_eq!((matches.len(), code), (hits, i32::from(hits == 0)), "{found:?}");
        for found in matches {
            assert_eq!(
                (&found["alg"], &found["key"], &found["samePicture"]),
                (&SCHEME.into(), &id.into(), &false.into())
            );
        }
    }
    let page = text(&store(at, "find", &["leak.png"], &["--watermark-key", "a.key"]).stdout);
    assert!(page.contains(&format!("secret key    {id}")) && page.contains("need not be that"), "{page}");
    let page = text(&store(at, "add", &["traced.png"], &["--watermark-key", "a.key"]).stdout);
    assert!(page.contains(id), "{page}");

    let secret = fs::read(at.join("a.key")).unwrap();
    let kept = fs::read(at.join("s.db")).unwrap();
    assert!(kept.windows(id.len()).any(|part| part == id.as_bytes()));
    assert!(!kept.windows(8).any(|part| secret.windows(8).any(|piece| piece == part)));
    refused(&store(at, "find", &["leak.png"], &["--watermark-key", "gone.key"]), "io");
}

#[test]
fn keygen_makes_watermark_keys_that_are_never_shown_or_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let output = run(at, &["keygen", "--watermark-key", "水印.key"]);
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    let bytes = fs::read(at.join("水印.key")).unwrap();
    let key = biaoshi::watermark::Key::load(at.join("水印.key")).unwrap();
    assert_eq!(bytes.len(), 32);
    assert!(text(&output.stdout).contains(&key.id().unwrap()) && text(&output.stdout).contains("水印.key"));
    let output = run(at, &["keygen", "--text-key", "text.key", "--json"]);
    assert_eq!(text(&output.stdout), "{\"key\":\"text.key\"}\n");
    let words = fs::read_to_string(at.join("text.key")).unwrap();
    let text_key = biaoshi::watermark::text::TextKey::load(at.join("text.key")).unwrap();
    assert_eq!(text_key.scheme().name(), "hmac-sha256");
    #[cfg(unix)]
    for name in ["水印.key", "text.key"] {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(at.join(name)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    refused(&run(at, &["keygen", "--watermark-key", "水印.key"]), "sign.identity_exists");
    refused(&run(at, &["keygen", "--text-key", "text.key"]), "sign.identity_exists");
    assert_eq!(fs::read(at.join("水印.key")).unwrap(), bytes);
    assert_eq!(fs::read_to_string(at.join("text.key")).unwrap(), words);
    for wrong in [
        ["keygen"].as_slice(),
        &["keygen", "--watermark-key", "x", "--out", "y"],
        &["keygen", "--watermark-key", "x", "--text-key", "y"],
        &["keygen", "--watermark-key", "x", "--days", "3"],
    ] {
        assert_eq!(status(&run(at, wrong)), 2, "{wrong:?}");
    }
    assert_eq!(names(at), ["text.key", "水印.key"]);
}

/// Sound that FFmpeg decodes, and a film: their marks are read by programs, which end with the work.
#[test]
fn coded_sound_and_films_are_found_by_their_marks() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let ffmpeg = |arguments: &[&str]| {
        let mut command = std::process::Command::new("ffmpeg");
        let status = command.args(["-v", "error", "-y"]).args(arguments).current_dir(at).status().unwrap();
        assert!(status.success(), "{arguments:?}");
    };
    draw(&at.join("still.png"), 3);
    let voice =
        "aevalsrc='0.2*sin(2*PI*(180+40*sin(2*PI*3*t))*t)*(1+sin(2*PI*2.3*t))+0.08*(random(0)-0.5)':d=14:s=44100";
    ffmpeg(&["-f", "lavfi", "-i", voice, "-c:a", "libmp3lame", "-b:a", "128k", "song.mp3"]);
    ffmpeg(&["-loop", "1", "-i", "still.png", "-t", "2", "-r", "10", "-pix_fmt", "yuv420p", "film.mp4"]);
    for (file, scheme) in [("song.mp3", "org.biaoshi.cells.1"), ("film.mp4", SCHEME)] {
        let (marked, bare) = (format!("marked-{file}"), format!("bare-{file}"));
        mark(at, file, &marked, &["--watermark"]);
        let (code, added) = lines(at, "add", &[&marked], &[]);
        assert_eq!((code, &added[0]["watermarks"][0]["alg"]), (0, &scheme.into()), "{added:?}");
        // The same packets in a file that says nothing.
        ffmpeg(&["-i", &marked, "-map_metadata", "-1", "-fflags", "+bitexact", "-c", "copy", &bare]);
        let (code, found) = lines(at, "find", &[&bare], &[]);
        assert_eq!((code, &found[0]["matches"][0]["alg"]), (0, &scheme.into()), "{found:?}");
        assert_eq!(found[0]["matches"][0]["manifestId"], added[0]["manifestId"], "{found:?}");
    }
}
