//! What transcripts can't show: exit status over real bytes, pipes, permissions, odd names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::Stdio;

use common::{CODE, command, fixture, json, label, names, run, status, text, with_identity};

const FORMATS: [&str; 3] = ["png", "jpg", "webp"];

/// Changes one byte of the content near the end of the file.
fn tamper(from: &Path, to: &Path, extension: &str) {
    let mut bytes = fs::read(from).unwrap();
    let at = match extension {
        "png" => find(&bytes, b"IDAT") + 40,
        "jpg" => bytes.len() - 40,
        _ => find(&bytes, b"VP8L") + 60,
    };
    bytes[at] ^= 1;
    fs::write(to, bytes).unwrap();
}

fn find(bytes: &[u8], needle: &[u8]) -> usize {
    bytes.windows(needle.len()).position(|w| w == needle).unwrap()
}

#[test]
fn verify_answers_with_its_exit_status() {
    let folder = with_identity();
    let at = folder.path();
    for extension in FORMATS {
        let [plain, bare, signed, bad] = ["plain", "bare", "signed", "bad"].map(|n| format!("{n}.{extension}"));
        fs::copy(fixture(extension), at.join(&plain)).unwrap();
        assert_eq!(status(&label(at, extension, &bare, &[])), 0);
        assert_eq!(status(&label(at, extension, &signed, &["--sign", "id"])), 0);
        tamper(&at.join(&signed), &at.join(&bad), extension);
        let verify = |more: &[&str]| status(&run(at, &[&["verify"], more].concat()));
        assert_eq!(verify(&[&bare]), 0, "{extension}");
        assert_eq!(verify(&[&signed]), 0, "{extension}: an untrusted signer is not a broken signature");
        assert_eq!(verify(&[&bare, &signed, "--profile", "cn-gb45438", "--trust", "id"]), 0);
        assert_eq!(verify(&[&plain]), 1, "{extension}");
        assert_eq!(verify(&[&plain, "--profile", "cn-gb45438"]), 1);
        assert_eq!(verify(&[&bare, &plain]), 1);
        assert_eq!(verify(&["missing"]), 2);
        assert_eq!(verify(&[&bad]), 3, "{extension}");
        assert_eq!(verify(&[&bad, &plain]), 3, "{extension}: 3 outweighs 1");
        assert_eq!(verify(&[&plain, &bad]), 3);
        assert_eq!(verify(&[&bad, "missing"]), 2, "{extension}: 2 outweighs 3");
        assert_eq!(verify(&["missing", &bare]), 2);
    }
}

#[test]
fn one_file_that_cannot_be_read_does_not_silence_the_others() {
    let folder = tempfile::tempdir().unwrap();
    label(folder.path(), "png", "a.png", &[]);
    fs::create_dir(folder.path().join("folder")).unwrap();
    fs::copy(folder.path().join("a.png"), folder.path().join("folder/b.png")).unwrap();
    let output = run(folder.path(), &["verify", "--json", "missing.png", "a.png", "folder"]);
    assert_eq!(status(&output), 2);
    assert!(output.stderr.is_empty());
    let stdout = text(&output.stdout);
    let lines: Vec<serde_json::Value> = stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[0]["file"], "missing.png");
    assert_eq!(lines[0]["error"]["code"], "io");
    assert_eq!(lines[1]["schema"], "biaoshi.report/1");
    assert_eq!(lines[1]["file"], "a.png");
    assert_eq!(lines[1]["status"], "confirmed");
    assert_eq!(lines[2]["file"], Path::new("folder").join("b.png").to_str().unwrap());
}

#[test]
fn a_trusted_signer_is_told_from_one_that_only_the_file_vouches_for() {
    let folder = with_identity();
    assert_eq!(status(&label(folder.path(), "png", "s.png", &["--sign", "id"])), 0);
    let trusted = |more: &[&str]| {
        let report = json(&run(folder.path(), &[&["verify", "s.png", "--json"], more].concat()));
        let evidence = report["evidence"].as_array().unwrap().clone();
        assert!(evidence.iter().all(|e| e["integrity"] == "intact"), "{evidence:?}");
        evidence.iter().all(|e| e["key"] == "trusted")
    };
    assert!(!trusted(&[]));
    assert!(trusted(&["--trust", "id"]));
    assert!(trusted(&["--trust", "id/root.pem"]));
}

#[test]
fn standard_input_and_output_carry_files() {
    let folder = tempfile::tempdir().unwrap();
    let feed = |arguments: &[&str], input: &[u8]| {
        let mut child = command()
            .current_dir(folder.path())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    };
    for extension in FORMATS {
        let plain = fs::read(fixture(extension)).unwrap();
        let labelled = feed(&["label", "-", "-o", "-", "--producer", CODE, "--id", "x"], &plain);
        assert_eq!(status(&labelled), 0);
        assert!(text(&labelled.stderr).contains("Wrote standard output"));
        let report = feed(&["verify", "-", "--json"], &labelled.stdout);
        assert_eq!(status(&report), 0);
        assert_eq!(json(&report)["file"], "-");

        let out = format!("out.{extension}");
        let stored = feed(&["label", "-", "-o", &out, "--producer", CODE, "--id", "x"], &plain);
        assert_eq!(status(&stored), 0);
        assert_eq!(fs::read(folder.path().join(&out)).unwrap(), labelled.stdout, "{extension}");
        let receipt = feed(&["label", "-", "-o", "-", "--producer", CODE, "--json"], &plain);
        let receipt: serde_json::Value = serde_json::from_slice(&receipt.stderr).unwrap();
        assert_eq!(receipt["changed"], true);
    }
    let refused = feed(&["label", "-", "-o", "-", "--producer", CODE], b"\0not a picture");
    assert_eq!(status(&refused), 2);
    assert!(refused.stdout.is_empty(), "nothing but complete results");
}

#[test]
fn a_reader_that_leaves_early_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    label(folder.path(), "png", "a.png", &["--id", "x"]);
    let many: Vec<&str> = ["verify", "--json"].into_iter().chain(std::iter::repeat_n("a.png", 200)).collect();
    for arguments in [
        many.as_slice(),
        &["list", "findings"],
        &["schema"],
        &["completions", "zsh"],
        &["--help"],
        &["inspect", "a.png"],
        &["label", "a.png", "-o", "-", "--producer", CODE, "--id", "x"],
    ] {
        // Nobody reads from the start: the first write fails.
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child =
            command().current_dir(folder.path()).args(arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let mut complaint = String::new();
        child.stderr.take().unwrap().read_to_string(&mut complaint).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments:?}");
        assert_eq!(complaint, "", "{arguments:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = with_identity();
    let key = folder.path().join("id/key.pem");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let output = label(folder.path(), "png", "s.png", &["--sign", "id"]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("error[sign.key_mode]"), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("0644"));
    assert!(!folder.path().join("s.png").exists());
}

#[test]
fn a_failure_leaves_nothing_behind_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let plain = fs::read(fixture("png")).unwrap();
    fs::write(at.join("cut.png"), &plain[..plain.len() - 20]).unwrap();
    fs::write(at.join("kept.png"), b"\0precious").unwrap();
    let before = names(at);
    for arguments in [
        ["label", "cut.png", "-o", "new.png", "--producer", CODE].as_slice(),
        &["label", "cut.png", "-o", "kept.png", "--producer", CODE, "--force"],
        &["label", "kept.png", "-o", "new.png", "--producer", CODE],
        &["label", "missing.png", "-o", "new.png", "--producer", CODE],
        &["label", "cut.png", "-o", "new.png", "--producer", "with space"],
        &["label", "cut.png", "-o", "new.png", "--producer", CODE, "--sign", "missing"],
    ] {
        let output = run(at, arguments);
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
        assert_eq!(names(at), before, "{arguments:?}");
        assert_eq!(fs::read(at.join("kept.png")).unwrap(), b"\0precious");
    }
}

#[cfg(unix)]
#[test]
fn an_output_that_is_a_link_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("target"), b"\0precious").unwrap();
    std::os::unix::fs::symlink("target", at.join("link.png")).unwrap();
    let output = label(at, "png", "link.png", &["--force"]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("error[output.symlink]"));
    assert_eq!(fs::read(at.join("target")).unwrap(), b"\0precious");
}

#[cfg(unix)]
#[test]
fn devices_are_no_files() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        ["verify", "/dev/null"].as_slice(),
        &["inspect", "/dev/null"],
        &["label", "/dev/null", "-o", "-", "--producer", CODE],
        &["label", "/dev/null", "-o", "a.png", "--producer", CODE],
    ] {
        let output = run(folder.path(), arguments);
        assert_eq!(status(&output), 2, "{arguments:?}");
        assert!(text(&output.stderr).contains("error[input.not_a_file]: /dev/null"), "{arguments:?}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn replacing_needs_force() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::copy(fixture("png"), at.join("a.png")).unwrap();
    let arguments = ["label", "a.png", "-o", "a.png", "--producer", CODE];
    assert_eq!(status(&run(at, &arguments)), 2);
    assert_eq!(fs::read(at.join("a.png")).unwrap(), fs::read(fixture("png")).unwrap());
    assert_eq!(status(&run(at, &[arguments.as_slice(), &["--force"]].concat())), 0);
    assert_eq!(status(&run(at, &["verify", "a.png"])), 0);
    assert_eq!(names(at), ["a.png"]);
}

#[cfg(unix)]
#[test]
fn names_and_labels_cannot_act_on_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let name = "a\u{1b}[31m\u{202e}gpj\r\nb.png";
    let labelled = run(at, &["label", fixture("png").to_str().unwrap(), "-o", name, "--producer", CODE]);
    assert_eq!(status(&labelled), 0, "{}", text(&labelled.stderr));
    // A label that another program wrote, with the same tricks inside.
    let mut png = fs::read(fixture("png")).unwrap();
    let value = format!("AIGC\0{{\"AIGC\":{{\"Label\":\"1\",\"ContentProducer\":\"{}\"}}}}", "x\\u001b[2J\\u202ey");
    let mut chunk = u32::try_from(value.len()).unwrap().to_be_bytes().to_vec();
    chunk.extend(b"tEXt");
    chunk.extend(value.as_bytes());
    chunk.extend(crc(&chunk[4..]).to_be_bytes());
    png.splice(33..33, chunk);
    fs::write(at.join("evil.png"), png).unwrap();
    for arguments in [
        ["verify", name].as_slice(),
        &["verify", "evil.png"],
        &["verify", "evil.png", "--json"],
        &["verify", name, "--json", "--lang", "zh-CN"],
        &["inspect", "evil.png"],
        &["inspect", "evil.png", "--json"],
        &["inspect", name],
        &["explain", name],
        &["provider", "check", name],
        &["verify", "gone\u{1b}[2J.png"],
        &["label", "evil.png", "-o", name, "--producer", CODE],
        &["verify", "--gone\u{1b}[2J"],
        &["list", name],
        &[name],
    ] {
        let output = run(at, arguments);
        for stream in [&output.stdout, &output.stderr] {
            let shown = text(stream);
            assert!(!shown.contains(['\u{1b}', '\u{202e}', '\r']), "{arguments:?}\n{shown}");
        }
        assert!(!output.stdout.is_empty() || !output.stderr.is_empty());
    }
    assert!(text(&run(at, &["verify", "evil.png"]).stdout).contains("x\\u{1b}[2J\\u{202e}y"));
    let report = json(&run(at, &["verify", "evil.png", "--json"]));
    assert_eq!(report["evidence"][0]["label"]["content_producer"], "x\u{1b}[2J\u{202e}y");
}

/// CRC-32 as in ISO/IEC 15948 annex D.
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}

#[test]
fn colour_is_for_those_who_ask() {
    let folder = tempfile::tempdir().unwrap();
    label(folder.path(), "png", "a.png", &[]);
    let coloured = |when: &str| run(folder.path(), &["verify", "a.png", "--color", when]).stdout.contains(&0x1B);
    assert!(!coloured("auto"), "standard output is no terminal");
    assert!(!coloured("never"));
    assert!(coloured("always"));
    let plain = text(&run(folder.path(), &["verify", "a.png"]).stdout);
    let bright = text(&run(folder.path(), &["verify", "a.png", "--color", "always"]).stdout);
    assert_eq!(anstream::adapter::strip_str(&bright).to_string(), plain, "colour adds nothing to the words");
}

#[test]
fn paths_with_spaces_and_other_scripts_work() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("我的 图片 (1)");
    fs::create_dir(&inside).unwrap();
    fs::copy(fixture("jpg"), inside.join("原 图.jpg")).unwrap();
    let name = "我的 图片 (1)/带 标识.jpg";
    let output =
        run(folder.path(), &["label", "我的 图片 (1)/原 图.jpg", "-o", name, "--producer", CODE, "--lang", "zh-CN"]);
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains(name));
    let output = run(folder.path(), &["verify", name, "--json"]);
    assert_eq!(status(&output), 0);
    assert_eq!(json(&output)["file"], name);
}

#[test]
fn the_same_label_again_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for extension in FORMATS {
        let (one, two) = (format!("1.{extension}"), format!("2.{extension}"));
        assert_eq!(status(&label(at, extension, &one, &["--id", "x"])), 0);
        let again = run(at, &["label", &one, "-o", &two, "--producer", CODE, "--id", "x", "--json"]);
        assert_eq!(status(&again), 0, "{}", text(&again.stdout));
        assert_eq!(json(&again)["changed"], false);
        assert_eq!(fs::read(at.join(one)).unwrap(), fs::read(at.join(two)).unwrap());
    }
}

#[test]
fn the_schema_names_every_field_of_a_report() {
    let folder = tempfile::tempdir().unwrap();
    label(folder.path(), "png", "a.png", &[]);
    let schema = json(&run(folder.path(), &["schema"]));
    let report = json(&run(folder.path(), &["verify", "a.png", "--json"]));
    for key in report.as_object().unwrap().keys() {
        assert!(schema["properties"].get(key).is_some(), "{key}");
    }
    let required = schema["required"].as_array().unwrap();
    assert!(required.iter().any(|k| k == "evidence"));
}

#[test]
fn completions_complete_the_verbs() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = text(&run(folder.path(), &["completions", shell]).stdout);
        for verb in ["label", "verify", "inspect", "keygen", "--trust", "--producer"] {
            let word = if shell == "fish" { verb.trim_start_matches('-') } else { verb };
            assert!(script.contains(word), "{shell} lacks {verb}");
        }
    }
}

#[test]
fn keygen_says_when_the_certificate_really_expires() {
    let folder = tempfile::tempdir().unwrap();
    let page = text(&run(folder.path(), &["keygen", "--out", "id", "--days", "30"]).stdout);
    let identity = biaoshi::Identity::load(folder.path().join("id"), None).unwrap();
    assert!(page.contains(identity.not_after_text().unwrap()), "{page}");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let left = identity.not_after().unwrap() - now;
    assert!((29 * 86_400..=30 * 86_400).contains(&left), "{left} seconds");
}

#[test]
fn keygen_makes_sm2_keys_that_sign_the_label_and_no_manifest() {
    let folder = tempfile::tempdir().unwrap();
    let page = text(&run(folder.path(), &["keygen", "--out", "id", "--algorithm", "sm2"]).stdout);
    assert!(page.contains("id/public.pem") && page.contains("SM2") && !page.contains("chain.pem"), "{page}");
    assert_eq!(names(&folder.path().join("id")), ["key.pem", "public.pem"]);
    let made = run(folder.path(), &["keygen", "--out", "two", "--algorithm", "sm2", "--json"]);
    let json: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!(json["public"], "two/public.pem");
    assert_eq!((json["algorithm"].as_str(), json.get("chain")), (Some("sm2"), None));
    assert_eq!(json["sha256"].as_str().unwrap().len(), 64);
    let signed = label(folder.path(), "png", "out.png", &["--sign", "id"]);
    assert_eq!(status(&signed), 0, "{}", text(&signed.stderr));
    assert!(text(&signed.stdout).contains("the label itself, over its text and a hash of the content (SM2)"));
    let page = text(&run(folder.path(), &["verify", "out.png", "--trust", "id"]).stdout);
    assert!(
        page.contains("intact, signed with a key that you gave") && page.contains("this content, by a hash"),
        "{page}"
    );
    let page = text(&run(folder.path(), &["verify", "out.png"]).stdout);
    assert!(page.contains("by a signature in the label"), "{page}");
}

/// Article 6: the platform's fields stand beside the producer's, a second time changes nothing, and
/// a manifest is not broken by them.
#[test]
fn propagate_writes_the_platforms_fields() {
    let folder = with_identity();
    let root = folder.path();
    assert_eq!(status(&label(root, "png", "made.png", &["--explicit", "none", "--reason", "test"])), 0);
    let propagate = |from: &str, to: &str, more: &[&str]| {
        let mut arguments = vec!["propagate", from, "-o", to, "--propagator", "example-platform", "--json"];
        arguments.extend(more);
        run(root, &arguments)
    };
    let output = propagate("made.png", "spread.png", &["--id", "P-1"]);
    assert_eq!(status(&output), 0, "{}", text(&output.stderr));
    let fields = &json(&output)["label"];
    assert_eq!(fields["content_propagator"], "example-platform");
    assert_eq!(fields["propagate_id"], "P-1");
    assert_eq!(fields["label"], "1");
    let output = propagate("spread.png", "again.png", &["--id", "P-1"]);
    assert_eq!((status(&output), json(&output)["changed"].clone()), (0, false.into()));
    assert_eq!(fs::read(root.join("spread.png")).unwrap(), fs::read(root.join("again.png")).unwrap());

    // Nothing found, nothing declared: there is nothing to propagate.
    fs::copy(fixture("jpg"), root.join("bare.jpg")).unwrap();
    let output = propagate("bare.jpg", "out.jpg", &[]);
    assert_eq!(status(&output), 2);
    assert!(!root.join("out.jpg").exists());
    let output = propagate("bare.jpg", "out.jpg", &["--declared"]);
    assert_eq!((status(&output), json(&output)["label"]["label"].clone()), (0, "2".into()));

    let signed = label(root, "png", "signed.png", &["--explicit", "none", "--reason", "test", "--sign", "id"]);
    assert_eq!(status(&signed), 0, "{}", text(&signed.stderr));
    let output = propagate("signed.png", "broken.png", &[]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stdout).contains("--sign"), "{}", text(&output.stdout));
    assert!(!root.join("broken.png").exists());
}
