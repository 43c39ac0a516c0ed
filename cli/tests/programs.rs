//! Programs that the command starts, and their files, end with it.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice)]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::{CODE, command, names, status};

/// Longest time in which everything has to be gone after an interrupt.
const SOON: Duration = Duration::from_millis(1000);

/// A folder with a film, a folder for temporary files, and programs that start another process, leave
/// a file, and never end.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// `holds`: whether the other process holds the pipes of the program open.
    fn new(holds: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        for name in ["temporary", "bin"] {
            fs::create_dir(root.join(name)).unwrap();
        }
        let mut film = Command::new("ffmpeg");
        film.args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=1"]);
        assert!(film.arg(root.join("a.mp4")).status().expect("ffmpeg is installed").success());
        let quiet = if holds { "" } else { ">/dev/null 2>&1" };
        let script =
            format!("#!/bin/sh\nsleep 300 {quiet} &\n: > \"$TMPDIR/left\"\necho \"$$ $!\" >> \"$PIDS\"\nwait\n");
        for name in ["ffmpeg", "ffprobe"] {
            let path = root.join("bin").join(name);
            fs::write(&path, &script).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command();
        let path = std::env::var("PATH").unwrap();
        command.current_dir(self.folder.path()).env("TMPDIR", self.path("temporary")).env("PIDS", self.path("pids"));
        command.env("PATH", format!("{}:{path}", self.path("bin").display())).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// The processes that the programs said.
    fn started(&self) -> Vec<String> {
        let told = fs::read_to_string(self.path("pids")).unwrap_or_default();
        told.split_whitespace().map(str::to_owned).collect()
    }

    fn start(&self, arguments: &[&str]) -> Child {
        let child = self.command(arguments).spawn().unwrap();
        wait_until(Duration::from_secs(60), || self.started().len() >= 2);
        child
    }

    /// No process runs any more, and no temporary file is left.
    fn nothing_is_left(&self) {
        let started = self.started();
        assert!(started.len() >= 2, "no program was started");
        wait_until(SOON, || !started.iter().any(|pid| runs(pid)));
        assert_eq!(started.iter().filter(|pid| runs(pid)).collect::<Vec<_>>(), Vec::<&String>::new());
        assert_eq!(names(&self.path("temporary")), Vec::<String>::new());
    }
}

fn wait_until(longest: Duration, done: impl Fn() -> bool) {
    let started = Instant::now();
    while !done() && started.elapsed() < longest {
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs. One that has ended and that nobody waited for does not.
fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// How long a process takes to end, and whether it ended well.
fn ended(child: &mut Child) -> (Duration, bool) {
    let started = Instant::now();
    let status = child.wait().unwrap();
    (started.elapsed(), status.success())
}

#[test]
fn a_file_out_of_time_leaves_no_program_and_no_file() {
    for holds in [true, false] {
        let place = Place::new(holds);
        let output = place.command(&["verify", "a.mp4", "--look", "--time-limit", "2"]).output().unwrap();
        // A program that is stopped alone leaves a report without what it would have told.
        assert_eq!(status(&output), if holds { 2 } else { 1 });
        place.nothing_is_left();
    }
}

#[test]
fn an_interrupt_ends_programs_and_removes_files() {
    for name in ["-INT", "-TERM"] {
        let place = Place::new(true);
        let mut child = place.start(&["verify", "a.mp4", "--look"]);
        signal(&child, name);
        let (time, _) = ended(&mut child);
        assert!(time < SOON, "{time:?}");
        place.nothing_is_left();

        let place = Place::new(true);
        let mut child = place.start(&["label", "a.mp4", "-o", "b.mp4", "--producer", CODE]);
        signal(&child, name);
        let (time, well) = ended(&mut child);
        assert!(time < SOON && !well, "{time:?}");
        // What a program puts beside our folders is its own.
        let _ = fs::remove_file(place.path("temporary/left"));
        place.nothing_is_left();
        assert!(!place.path("b.mp4").exists());
    }
}

/// What `label` and `inspect` cost is bounded as it is for `verify`.
#[test]
fn work_out_of_time_or_memory_leaves_no_program_and_no_file() {
    let place = Place::new(true);
    let arguments = ["label", "a.mp4", "-o", "b.mp4", "--producer", CODE, "--time-limit", "1", "--json"];
    let output = place.command(&arguments).stdout(Stdio::piped()).output().unwrap();
    assert_eq!((status(&output), &common::json(&output)["error"]["code"]), (2, &"cli.time_limit".into()));
    place.nothing_is_left();

    let root = place.folder.path();
    let mut large = Command::new("ffmpeg");
    large.args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=6000x6000", "-frames:v", "1"]);
    assert!(large.arg(root.join("large.png")).status().unwrap().success());
    for verb in [&["label", "large.png", "-o", "b.png", "--producer", CODE] as &[&str], &["inspect", "large.png"]] {
        let mut command = place.command(verb);
        let output = command.args(["--memory-limit", "16", "--json"]).stdout(Stdio::piped()).output().unwrap();
        if verb[0] == "inspect" {
            // Nothing is decoded to look at the parts.
            assert_eq!(status(&output), 0);
        } else {
            assert_eq!((status(&output), &common::json(&output)["error"]["code"]), (2, &"cli.memory_limit".into()));
        }
        assert!(names(root).iter().all(|name| !name.starts_with(".biaoshi-") && !name.starts_with("b.")), "{verb:?}");
        assert_eq!(names(&place.path("temporary")), Vec::<String>::new());
    }
}

/// Whoever is killed takes the process that works along.
#[test]
#[cfg(target_os = "linux")]
fn the_process_that_works_ends_with_the_one_that_waits() {
    let place = Place::new(false);
    let mut child = place.start(&["label", "a.mp4", "-o", "b.mp4", "--producer", CODE]);
    let of = |parent: u32| -> Vec<String> {
        let all =
            fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
        all.filter(|pid| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let mut fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(1);
            fields.next() == Some(parent.to_string().as_str())
        })
        .collect()
    };
    let workers = of(child.id());
    assert_eq!(workers.len(), 1);
    signal(&child, "-KILL");
    child.wait().unwrap();
    wait_until(Duration::from_secs(3), || !runs(&workers[0]));
    assert!(!runs(&workers[0]));
    assert!(!place.path("b.mp4").exists());
}

/// A long sound of silence that takes no room.
fn long(path: &Path) {
    let data: u32 = 1 << 30;
    let mut head = b"RIFF".to_vec();
    head.extend((data + 36).to_le_bytes());
    head.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    head.extend(48_000u32.to_le_bytes());
    head.extend(96_000u32.to_le_bytes());
    head.extend(b"\x02\0\x10\0data");
    head.extend(data.to_le_bytes());
    fs::write(path, &head).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_len(u64::from(data) + head.len() as u64).unwrap();
}

/// No program runs: the loops that listen and copy end by themselves.
#[test]
fn an_interrupt_ends_listening_and_copying() {
    let without: &[&str] = &["--explicit", "none", "--reason", "test"];
    for (more, written) in [(&[] as &[&str], 0), (without, 1 << 20)] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir(root.join("temporary")).unwrap();
        long(&root.join("a.wav"));
        let mut command = command();
        command.current_dir(root).env("TMPDIR", root.join("temporary"));
        command.args(["label", "a.wav", "-o", "b.wav", "--producer", CODE]).args(more);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = || {
            let files = fs::read_dir(root).unwrap().flatten();
            let own = files.filter(|file| file.file_name().to_string_lossy().starts_with(".biaoshi-"));
            own.filter_map(|file| file.metadata().ok()).any(|file| file.len() >= written)
        };
        wait_until(Duration::from_secs(60), begun);
        std::thread::sleep(Duration::from_millis(100));
        assert!(child.try_wait().unwrap().is_none(), "it ended before it was interrupted");
        signal(&child, "-INT");
        let (time, well) = ended(&mut child);
        assert!(time < SOON && !well, "{more:?}: {time:?}");
        assert_eq!(names(root), ["a.wav", "temporary"], "{more:?}");
        assert_eq!(names(&root.join("temporary")), Vec::<String>::new());
    }
}

/// Names that FFmpeg would take for options, protocols or lists are names of files.
#[test]
fn names_are_never_options_or_protocols() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for (name, codec) in [("-i.mp3", "libmp3lame"), ("concat:a|b.ogg", "libvorbis"), ("http:x.wav", "pcm_s16le")] {
        let source = "sine=frequency=330:duration=3";
        let made = root.join("made").with_extension(Path::new(name).extension().unwrap());
        let mut tone = Command::new("ffmpeg");
        tone.args(["-y", "-v", "error", "-f", "lavfi", "-i", source, "-c:a", codec]).arg(&made);
        assert!(tone.status().expect("ffmpeg is installed").success());
        fs::copy(&made, root.join(name)).unwrap();
        // The folder for temporary files is named so too, and not from the root.
        let temporary = "http:-i|t";
        let _ = fs::create_dir(root.join(temporary));
        let mut label = command();
        label.current_dir(root).env("TMPDIR", temporary);
        let out = format!("out-{name}");
        label.args(["label", "--json", "--producer", CODE, "-o", &out, "--", name]);
        let output = label.output().unwrap();
        assert_eq!(status(&output), 0, "{name}: {}", common::text(&output.stdout));
        assert_eq!(common::json(&output)["notice"]["form"], "sound");
        let mut verify = command();
        verify.current_dir(root).env("TMPDIR", temporary);
        let report = common::json(&verify.args(["verify", "--look", "--json", "--", &out]).output().unwrap());
        let checks = report["verdicts"][0]["checks"].as_array().unwrap();
        let heard = checks.iter().find(|c| c["id"] == "explicit.audio").unwrap();
        assert_eq!(heard["result"], "pass", "{name}: {heard}");
        assert_eq!(names(&root.join(temporary)), Vec::<String>::new());
    }
}
