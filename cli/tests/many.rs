//! Many files: order, limits, interrupts, SARIF.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::process::{Command, Output, Stdio};

use common::{command, fixture, json, label, run, status, text};

/// Folders, patterns and lists mean the same files, in the same order.
#[test]
fn many_files_are_verified_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("in/deeper")).unwrap();
    for (name, extension) in [("b.png", "png"), ("a.jpg", "jpg"), ("deeper/c.webp", "webp")] {
        fs::copy(fixture(extension), root.join("in").join(name)).unwrap();
    }
    fs::write(root.join("in/noise.bin"), [0u8, 1, 2, 250, 251]).unwrap();
    assert_eq!(status(&label(root, "png", "in/d.png", &["--explicit", "none", "--reason", "test"])), 0);

    let files = |output: &Output| -> Vec<String> {
        let lines = text(&output.stdout);
        let file = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["file"].clone();
        lines.lines().map(|line| file(line).as_str().unwrap().to_owned()).collect()
    };
    let wanted = ["in/a.jpg", "in/b.png", "in/d.png", "in/deeper/c.webp"];
    for jobs in ["1", "3"] {
        let output = run(root, &["verify", "in", "--json", "--jobs", jobs]);
        assert_eq!((files(&output), status(&output)), (wanted.map(str::to_owned).to_vec(), 1));
    }
    let output = run(root, &["verify", "in/*.[jp]*", "--json"]);
    assert_eq!(files(&output), ["in/a.jpg", "in/b.png", "in/d.png"]);
    fs::write(root.join("list"), "in/d.png\r\n\nin/a.jpg\n").unwrap();
    let output = run(root, &["verify", "--files-from", "list", "--json"]);
    assert_eq!(files(&output), ["in/d.png", "in/a.jpg"]);
    fs::write(root.join("list"), "in/d.png\0in/missing.png\0").unwrap();
    let output = run(root, &["verify", "-0", "--files-from", "list"]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("missing.png"));
    assert!(text(&output.stdout).contains("2 files: 1 satisfied, 0 not, 0 with a broken signature, 1 not read"));

    let output = run(root, &["verify", "in"]);
    let shown = text(&output.stdout);
    assert!(shown.contains("4 files: 1 satisfied, 3 not, 0 with a broken signature, 0 not read\n"), "{shown}");
    assert!(shown.contains("\n1 more in folders are of no known format and were passed over\n"), "{shown}");
    assert!(shown.contains("\nformat  files  with a mark"), "{shown}");
    // Named, it is an error.
    assert_eq!(status(&run(root, &["verify", "in/noise.bin"])), 2);
}

#[test]
fn findings_come_as_one_sarif_document() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::write(root.join("cut 图.png"), &fs::read(fixture("png")).unwrap()[..200]).unwrap();
    fs::write(root.join("x.bin"), [0u8, 1, 2, 250, 251]).unwrap();
    let output = run(root, &["verify", "cut 图.png", "x.bin", "--sarif"]);
    let document = json(&output);
    assert_eq!(document["version"], "2.1.0");
    let found = &document["runs"][0];
    let rules = found["tool"]["driver"]["rules"].as_array().unwrap();
    let result = &found["results"][0];
    assert_eq!(result["ruleId"], "file.truncated");
    assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], "file.truncated");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "cut%20%E5%9B%BE.png");
    let region = &place["region"];
    assert!(region["byteOffset"].as_u64().unwrap() + region["byteLength"].as_u64().unwrap() <= 200);
    let invocation = &found["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"][0]["descriptor"]["id"], "format.unknown");
}

/// A whole SVG is held in memory; what that takes is bounded.
#[test]
fn a_file_that_takes_too_much_memory_ends_its_process_alone() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let big = format!("<svg xmlns=\"http://www.w3.org/2000/svg\"><desc>{}</desc></svg>", "x".repeat(15 << 20));
    fs::write(root.join("big.svg"), big).unwrap();
    let more = ["--explicit", "none", "--reason", "test"];
    assert_eq!(status(&label(root, "jpg", "small.jpg", &more)), 0);
    let output = run(root, &["verify", "big.svg", "small.jpg", "--memory-limit", "16", "--jobs", "1", "--json"]);
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["error"]["code"], "cli.memory_limit");
    assert_eq!(lines[1]["status"], "confirmed");
    assert_eq!(status(&output), 2);
}

/// An interrupt ends it between two files, and says how far it came.
#[cfg(unix)]
#[test]
fn an_interrupt_stops_cleanly() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::copy(fixture("png"), root.join("a.png")).unwrap();
    let list = "a.png\n".repeat(200_000);
    fs::write(root.join("list"), list).unwrap();
    let mut command = command();
    command.current_dir(root).args(["verify", "--files-from", "list", "--jobs", "1"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(said.contains("of 200000 files looked at"), "{said}");
}

/// Ctrl-C on a terminal reaches every process of the group; the one that prints is to say how far it
/// came, and no file is told to have taken too much.
#[cfg(unix)]
#[test]
fn an_interrupt_of_the_whole_group_is_no_finding_about_a_file() {
    use std::os::unix::process::CommandExt as _;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::copy(fixture("png"), root.join("a.png")).unwrap();
    fs::write(root.join("list"), "a.png\n".repeat(200_000)).unwrap();
    let mut command = command();
    command.current_dir(root).args(["verify", "--files-from", "list", "--jobs", "2", "--sarif"]).process_group(0);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(2));
    let group = format!("-{}", child.id());
    assert!(Command::new("kill").args(["-INT", "--", &group]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert!(text(&output.stderr).contains("of 200000 files looked at"), "{}", text(&output.stderr));
    let invocation = &json(&output)["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    assert_eq!(invocation["toolExecutionNotifications"].as_array().map_or(0, Vec::len), 0, "{invocation}");
}

#[test]
fn a_list_on_standard_input_names_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::copy(fixture("png"), root.join("a b.png")).unwrap();
    let mut command = command();
    command.current_dir(root).args(["verify", "--files-from", "-", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"a b.png\nmissing.png\n").unwrap();
    let output = child.wait_with_output().unwrap();
    let lines: Vec<serde_json::Value> =
        text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["file"], "a b.png");
    assert_eq!(lines[1]["error"]["code"], "io");
    assert_eq!(status(&output), 2);
}

#[test]
fn a_limit_that_is_met_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let output = run(
        folder.path(),
        &[OsStr::new("verify"), fixture("png").as_os_str(), OsStr::new("--limit"), OsStr::new("segments=2")],
    );
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("segments"), "{}", text(&output.stderr));
    let output = run(folder.path(), &["verify", "x.png", "--limit", "no_such=2"]);
    assert_eq!(status(&output), 2);
    assert!(text(&output.stderr).contains("no_such"), "{}", text(&output.stderr));
}
