//! Files on disk: outputs appear whole or not at all, and are what the system's user expects.
#![cfg(unix)]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;

use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use biaoshi::{Error, Format};
use common::{label, picture, plain};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn names(folder: &Path) -> Vec<OsString> {
    let mut out: Vec<_> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    out.sort();
    out
}

/// A folder with one picture in it.
fn folder() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let input = folder.path().join("in.png");
    fs::write(&input, picture(Format::Png, 64, 48, 1)).unwrap();
    (folder, input)
}

fn labelled(path: &Path) -> bool {
    plain().label_bytes(&fs::read(path).unwrap(), &label()).is_ok_and(|(_, receipt)| !receipt.changed)
}

/// Another file takes the name again and again while it is verified: each report is of one of the two
/// files in whole.
#[test]
fn what_is_judged_is_what_was_opened() {
    let (folder, bare) = folder();
    let (marked, name) = (folder.path().join("marked.png"), folder.path().join("name.png"));
    plain().label_file(&bare, &marked, &label(), false).unwrap();
    let report = |path: &Path| biaoshi::Verifier::new().file_name("name.png").verify_file(path).unwrap();
    let (one, other) = (report(&bare), report(&marked));
    assert_ne!(one, other);
    fs::hard_link(&bare, &name).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let next = folder.path().join("next.png");
            for turn in [&marked, &bare].into_iter().cycle() {
                if stop.load(std::sync::atomic::Ordering::Relaxed) {
                    break;
                }
                fs::hard_link(turn, &next).unwrap();
                fs::rename(&next, &name).unwrap();
            }
        });
        let mut seen = [0, 0];
        let mut mixture = None;
        for _ in 0..20_000 {
            let found = biaoshi::Verifier::new().file_name("name.png").verify_file(&name);
            match found {
                Ok(found) if found == one => seen[0] += 1,
                Ok(found) if found == other => seen[1] += 1,
                found => mixture = Some(found),
            }
            if mixture.is_some() || seen.iter().all(|n| *n > 50) {
                break;
            }
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(mixture.is_none() && seen.iter().all(|n| *n > 50), "{seen:?} {mixture:?}");
    });
}

#[test]
fn permissions_are_kept_on_replacing() {
    for bits in [0o600, 0o640, 0o644, 0o666, 0o755, 0o400] {
        let (folder, input) = folder();
        let output = folder.path().join("out.png");
        fs::write(&output, b"old").unwrap();
        fs::set_permissions(&output, Permissions::from_mode(bits)).unwrap();
        plain().label_file(&input, &output, &label(), true).unwrap();
        assert_eq!(mode(&output), bits);
        assert!(labelled(&output));
        assert_eq!(names(folder.path()), ["in.png", "out.png"]);
    }
}

#[test]
fn privileges_do_not_pass_to_the_new_file() {
    let (folder, input) = folder();
    let output = folder.path().join("out.png");
    fs::write(&output, b"old").unwrap();
    fs::set_permissions(&output, Permissions::from_mode(0o4755)).unwrap();
    plain().label_file(&input, &output, &label(), true).unwrap();
    assert_eq!(mode(&output), 0o755);
}

/// Runs one test of this program again under a shell command.
fn again(shell: &str, test: &str) -> std::process::Output {
    Command::new("sh")
        .arg("-c")
        .arg(format!("{shell}; exec \"$0\" --exact {test} --nocapture"))
        .arg(std::env::current_exe().unwrap())
        .env("BIAOSHI_AGAIN", "1")
        .output()
        .unwrap()
}

#[test]
fn new_files_obey_the_mask() {
    if std::env::var_os("BIAOSHI_AGAIN").is_some() {
        let (folder, input) = folder();
        let output = folder.path().join("out.png");
        plain().label_file(&input, &output, &label(), false).unwrap();
        println!("mode {:o}", mode(&output));
        return;
    }
    for (mask, wanted) in [("022", "mode 644"), ("077", "mode 600"), ("002", "mode 664"), ("027", "mode 640")] {
        let out = again(&format!("umask {mask}"), "new_files_obey_the_mask");
        let text = String::from_utf8_lossy(&out.stdout);
        assert!(text.contains(wanted), "{mask}: {text}");
    }
}

#[test]
fn a_full_disk_leaves_the_old_file_and_no_temporary() {
    if let Some(folder) = std::env::var_os("BIAOSHI_FOLDER") {
        let folder = Path::new(&folder);
        let error = plain().label_file(folder.join("in.png"), folder.join("out.png"), &label(), true).unwrap_err();
        println!("code {}", error.code());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("in.png"), picture(Format::Png, 300, 300, 1)).unwrap();
    fs::write(folder.path().join("out.png"), b"old").unwrap();
    let before = fs::read(folder.path().join("in.png")).unwrap();
    assert!(before.len() > 16 << 10);
    // A limit on file size stands for the full disk: writing fails in the middle.
    let shell = format!("trap '' XFSZ; ulimit -f 8; export BIAOSHI_FOLDER='{}'", folder.path().display());
    let out = again(&shell, "a_full_disk_leaves_the_old_file_and_no_temporary");
    let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(text.contains("code io"), "{text}");
    assert_eq!(fs::read(folder.path().join("out.png")).unwrap(), b"old");
    assert_eq!(fs::read(folder.path().join("in.png")).unwrap(), before);
    assert_eq!(names(folder.path()), ["in.png", "out.png"]);
}

#[test]
fn symbolic_links_are_not_followed_on_output() {
    let (folder, input) = folder();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    fs::write(&target, b"precious").unwrap();
    symlink(&target, &link).unwrap();
    let dangling = folder.path().join("dangling");
    symlink(folder.path().join("nowhere"), &dangling).unwrap();
    for path in [&link, &dangling] {
        for replace in [false, true] {
            let error = plain().label_file(&input, path, &label(), replace).unwrap_err();
            assert!(matches!(error, Error::Refused(_)));
            assert_eq!(error.code(), "output.symlink");
        }
    }
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    assert_eq!(names(folder.path()), ["dangling", "in.png", "link", "target"]);
    // A link as input is read.
    let other = folder.path().join("in-link");
    symlink(&input, &other).unwrap();
    plain().label_file(&other, folder.path().join("out.png"), &label(), false).unwrap();
}

#[test]
fn an_existing_output_needs_leave() {
    let (folder, input) = folder();
    let output = folder.path().join("out.png");
    fs::write(&output, b"old").unwrap();
    let error = plain().label_file(&input, &output, &label(), false).unwrap_err();
    assert_eq!(error.code(), "output.exists");
    assert_eq!(fs::read(&output).unwrap(), b"old");
    assert_eq!(names(folder.path()), ["in.png", "out.png"]);
    let error = plain().label_file(&input, &input, &label(), false).unwrap_err();
    assert_eq!(error.code(), "output.exists");
    assert!(!labelled(&input));
}

#[test]
fn a_file_can_be_replaced_by_its_labelled_form() {
    let (folder, input) = folder();
    let before = fs::read(&input).unwrap();
    let node = fs::metadata(&input).unwrap().ino();
    let receipt = plain().label_file(&input, &input, &label(), true).unwrap();
    assert!(receipt.changed && labelled(&input));
    assert_ne!(fs::metadata(&input).unwrap().ino(), node, "replaced, not written over");
    let expected = plain().label_bytes(&before, &label()).unwrap().0;
    assert_eq!(fs::read(&input).unwrap(), expected);
    assert_eq!(receipt.bytes, expected.len() as u64);
    assert_eq!(names(folder.path()), ["in.png"]);
    // A hard link keeps the old content.
    let (folder, input) = self::folder();
    let twin = folder.path().join("twin.png");
    fs::hard_link(&input, &twin).unwrap();
    plain().label_file(&input, &input, &label(), true).unwrap();
    assert!(!labelled(&twin) && labelled(&input));
}

#[test]
fn only_regular_files_are_read_and_written() {
    let (folder, input) = folder();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let output = folder.path().join("out.png");
    // A pipe without a writer must not hang the caller.
    let started = Instant::now();
    let (sender, receiver) = std::sync::mpsc::channel();
    let paths = [folder.path().to_owned(), pipe.clone(), "/dev/null".into(), "/dev/zero".into()];
    for path in paths {
        let (sender, output) = (sender.clone(), output.clone());
        std::thread::spawn(move || {
            let error = plain().label_file(&path, &output, &label(), false).unwrap_err();
            let verify = biaoshi::Verifier::new().verify_file(&path).unwrap_err();
            sender.send((path, error.code(), verify.code())).unwrap();
        });
    }
    for _ in 0..4 {
        let (path, code, verify) = receiver.recv_timeout(Duration::from_secs(5)).expect("hangs");
        assert_eq!((code, verify), ("input.not_a_file", "input.not_a_file"), "{}", path.display());
    }
    assert!(started.elapsed() < Duration::from_secs(5));
    for path in [folder.path(), &pipe] {
        for replace in [false, true] {
            let error = plain().label_file(&input, path, &label(), replace).unwrap_err();
            assert_eq!(error.code(), "input.not_a_file", "{}", path.display());
        }
    }
    assert_eq!(names(folder.path()), ["in.png", "pipe"]);
    let error = plain().label_file(folder.path().join("none.png"), &output, &label(), false).unwrap_err();
    assert_eq!(error.code(), "io");
    assert!(!output.exists());
}

#[test]
fn folders_that_cannot_be_written_are_an_error() {
    let (folder, input) = folder();
    for output in [Path::new("/proc/biaoshi-out.png"), &folder.path().join("missing/out.png"), &input.join("out.png")] {
        let error = plain().label_file(&input, output, &label(), false).unwrap_err();
        assert_eq!(error.code(), "io", "{}", output.display());
    }
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, Permissions::from_mode(0o555)).unwrap();
    let result = plain().label_file(&input, closed.join("out.png"), &label(), false);
    // The superuser may write anyway.
    match result {
        Ok(_) => assert_eq!(names(&closed), ["out.png"]),
        Err(e) => {
            assert_eq!(e.code(), "io");
            assert!(names(&closed).is_empty());
        }
    }
    fs::set_permissions(&closed, Permissions::from_mode(0o755)).unwrap();
    assert_eq!(names(folder.path()), ["closed", "in.png"]);
}

#[test]
fn odd_names_are_names_like_others() {
    let (folder, input) = folder();
    let long = "n".repeat(255);
    let odd: [&OsStr; 9] = [
        OsStr::from_bytes(b"\xFF\xFE not UTF-8.png"),
        OsStr::new("-o"),
        OsStr::new("two\nlines.png"),
        OsStr::new(" "),
        OsStr::new("图片 标识.png"),
        OsStr::new("\u{202e}gnp.exe"),
        OsStr::new("CON"),
        OsStr::new("a%s{path}\\b"),
        OsStr::new(&long),
    ];
    for name in odd {
        let output = folder.path().join(name);
        plain().label_file(&input, &output, &label(), false).unwrap();
        assert!(labelled(&output));
        let report = biaoshi::Verifier::new().verify_file(&output).unwrap();
        assert_eq!(report.status, biaoshi::Status::Confirmed);
        plain().label_file(&output, &output, &label(), true).unwrap();
        fs::remove_file(&output).unwrap();
    }
    let error = plain().label_file(&input, folder.path().join("n".repeat(256)), &label(), false).unwrap_err();
    assert_eq!(error.code(), "io");
    assert_eq!(names(folder.path()), ["in.png"]);
}

#[test]
fn a_bare_name_is_in_the_current_folder() {
    if let Some(folder) = std::env::var_os("BIAOSHI_FOLDER") {
        std::env::set_current_dir(&folder).unwrap();
        plain().label_file("in.png", "out.png", &label(), false).unwrap();
        return;
    }
    let (folder, _) = folder();
    let out =
        again(&format!("export BIAOSHI_FOLDER='{}'", folder.path().display()), "a_bare_name_is_in_the_current_folder");
    assert!(out.status.success());
    assert_eq!(names(folder.path()), ["in.png", "out.png"]);
    assert!(labelled(&folder.path().join("out.png")));
}

#[test]
fn many_at_once_on_one_file_leave_one_whole_result() {
    let (folder, input) = folder();
    let before = fs::read(&input).unwrap();
    let outputs: Vec<Vec<u8>> =
        (0..8).map(|n| plain().label_bytes(&before, &label().with_produce_id(format!("id-{n}"))).unwrap().0).collect();
    let (input, target) = (&input, &folder.path().join("out.png"));
    std::thread::scope(|scope| {
        for n in 0..8 {
            scope.spawn(move || {
                plain().label_file(input, target, &label().with_produce_id(format!("id-{n}")), true).unwrap();
            });
        }
    });
    assert!(outputs.contains(&fs::read(target).unwrap()), "a mixture");
    assert_eq!(names(folder.path()), ["in.png", "out.png"]);
    // Without leave to replace, exactly one wins.
    fs::remove_file(target).unwrap();
    let won = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|n| {
                scope.spawn(move || {
                    plain().label_file(input, target, &label().with_produce_id(format!("id-{n}")), false).is_ok()
                })
            })
            .collect();
        all.into_iter().map(|t| t.join().unwrap()).filter(|ok| *ok).count()
    });
    assert_eq!(won, 1);
    assert_eq!(names(folder.path()), ["in.png", "out.png"]);
}

/// Nothing half-written stays, and the error is one of reading or writing.
#[test]
fn work_that_is_cancelled_ends_and_leaves_nothing() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("a.png"), folder.path().join("b.png"));
    std::fs::write(&input, biaoshi::doc_picture()).unwrap();
    let flag = Arc::new(AtomicBool::new(false));
    let label = biaoshi::Label::new("example");
    let labeler = biaoshi::Labeler::new(biaoshi::Profile::CN_GB45438).cancel(Arc::clone(&flag));
    let platform = biaoshi::Propagator::new("platform").declared(true).cancel(Arc::clone(&flag));
    let verifier = biaoshi::Verifier::new().cancel(Arc::clone(&flag));
    flag.store(true, Ordering::Relaxed);
    assert_eq!(labeler.label_file(&input, &output, &label, false).unwrap_err().code(), "io");
    assert_eq!(platform.propagate_file(&input, &output, false).unwrap_err().code(), "io");
    assert_eq!(verifier.verify_file(&input).unwrap_err().code(), "io");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["a.png"]);
    flag.store(false, Ordering::Relaxed);
    assert!(labeler.label_file(&input, &output, &label, false).is_ok());
    assert!(verifier.verify_file(&output).unwrap().carries_intact_label());
}
