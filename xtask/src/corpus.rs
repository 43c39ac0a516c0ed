//! Replays a folder of real and hostile files: no panic, no lost byte, bounded time and memory.
//!
//! Each half of the machine's work runs in a process of its own, so that the heap bound is per
//! file and an abort is the finding of one file and not the end of the run.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use biaoshi::source::Source;
use biaoshi::{Error, Explicit, Format, Label, Labeler, Limits, Profile, Verifier};
use cap::Cap;
use serde::{Deserialize, Serialize};

use crate::run::{cache, own, root, run};

mod check;

#[global_allocator]
static HEAP: Cap<std::alloc::System> = Cap::new(std::alloc::System, usize::MAX);

/// Set in the processes that do the work.
const WORKER: &str = "BIAOSHI_CORPUS_WORKER";
const MIB: usize = 1 << 20;
/// Pictures up to this size are also drawn on.
const PIXELS: u64 = 4 << 20;

/// What became of one file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Outcome {
    format: String,
    verified: String,
    labelled: String,
    notice: String,
    ms: u64,
    failures: Vec<String>,
}

pub fn corpus(folder: Option<&Path>) -> Result<()> {
    if std::env::var_os(WORKER).is_some() {
        return work();
    }
    let folder = folder.map_or_else(|| root().join("../shared/corpus"), Path::to_owned);
    if !folder.is_dir() {
        println!("corpus: not present, 0 files\n0 passed, 0 failed");
        return Ok(());
    }
    let mut files = Vec::new();
    collect(&folder, &mut files)?;
    for archive in archives(&folder)? {
        collect(&unpacked(&archive)?, &mut files)?;
    }
    files.retain(|path| sniff(path));
    files.sort();
    let started = Instant::now();
    let results = replay(files)?;
    report(&results, started.elapsed())
}

fn archives(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut out: Vec<PathBuf> = std::fs::read_dir(folder)?.filter_map(|e| Some(e.ok()?.path())).collect();
    out.retain(|path| path.file_name().is_some_and(|n| n.to_string_lossy().ends_with(".tar.xz")));
    out.sort();
    Ok(out)
}

/// Unpacks once; name, size and time of the archive are the key.
fn unpacked(archive: &Path) -> Result<PathBuf> {
    let meta = archive.metadata()?;
    let modified = meta.modified()?.duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs());
    let name = archive.file_name().unwrap_or_default().to_string_lossy().replace(".tar.xz", "");
    let target = cache()?.join("corpus").join(format!("{name}-{}-{modified}", meta.len()));
    if target.is_dir() {
        return Ok(target);
    }
    let staging = target.with_extension(format!("partial-{}", std::process::id()));
    std::fs::create_dir_all(&staging)?;
    run(Command::new("tar")
        .args(["--no-same-owner", "--no-same-permissions", "-xJf"])
        .arg(archive)
        .arg("-C")
        .arg(&staging))?;
    if std::fs::rename(&staging, &target).is_err() {
        std::fs::remove_dir_all(&staging)?;
    }
    Ok(target)
}

/// Every regular file below `folder`; links are not followed.
fn collect(folder: &Path, out: &mut Vec<PathBuf>) -> Result<()> {
    let mut pending = vec![folder.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                pending.push(entry.path());
            } else if kind.is_file() {
                out.push(entry.path());
            }
        }
    }
    Ok(())
}

/// Whether the content is one of our formats.
fn sniff(path: &Path) -> bool {
    let Ok(mut file) = std::fs::File::open(path) else { return false };
    let name = path.display().to_string();
    Source::new(&mut file, &Limits::default())
        .and_then(|mut source| Format::sniff(&mut source, Some(&name)))
        .is_ok_and(|row| row.is_some())
}

// ---- The parent: deals out files, gathers outcomes --------------------------------------------

fn worker() -> Result<(Child, BufReader<std::process::ChildStdout>)> {
    let mut child = Command::new(own()?)
        .arg("corpus")
        .env(WORKER, "1")
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let out = child.stdout.take().context("no pipe")?;
    Ok((child, BufReader::new(out)))
}

/// Longest time for one file before its process is ended.
const HANG: Duration = Duration::from_secs(120);

fn replay(files: Vec<PathBuf>) -> Result<Vec<(PathBuf, Outcome)>> {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let queue = Arc::new(Mutex::new(files.into_iter()));
    let next = |queue: &Mutex<std::vec::IntoIter<PathBuf>>| queue.lock().ok().and_then(|mut q| q.next());
    let threads: Vec<_> = (0..cores)
        .map(|_| {
            let queue = Arc::clone(&queue);
            std::thread::spawn(move || -> Result<Vec<(PathBuf, Outcome)>> {
                let mut results = Vec::new();
                let (mut child, mut out) = worker()?;
                while let Some(path) = next(&queue) {
                    let mut input = child.stdin.take().context("no pipe")?;
                    let asked = writeln!(input, "{}", path.display()).and_then(|()| input.flush());
                    child.stdin = Some(input);
                    // A watchdog ends a process that hangs; the read below then ends too.
                    let (done, waiting) = std::sync::mpsc::channel::<()>();
                    let child_shared = Arc::new(Mutex::new(child));
                    let guard = Arc::clone(&child_shared);
                    let watchdog = std::thread::spawn(move || {
                        let timed_out = waiting.recv_timeout(HANG) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
                        if let (true, Ok(mut child)) = (timed_out, guard.lock()) {
                            let _ = child.kill();
                        }
                        timed_out
                    });
                    let mut line = String::new();
                    let read = out.read_line(&mut line);
                    let _ = done.send(());
                    let hung = watchdog.join().unwrap_or(true);
                    let Some(back) = Arc::into_inner(child_shared).and_then(|m| m.into_inner().ok()) else {
                        bail!("the watchdog broke");
                    };
                    child = back;
                    let answer = read.ok().and_then(|_| serde_json::from_str::<Outcome>(&line).ok());
                    if let (Some(outcome), Ok(())) = (answer, asked) {
                        results.push((path, outcome));
                        continue;
                    }
                    let _ = child.kill();
                    let status = child.wait()?;
                    let why = if hung {
                        format!("no answer in {HANG:?}")
                    } else {
                        format!("the process ended: {status} (heap bound or stack)")
                    };
                    results.push((path, Outcome { failures: vec![why], ..Outcome::default() }));
                    (child, out) = worker()?;
                }
                drop(child.stdin.take());
                child.wait()?;
                Ok(results)
            })
        })
        .collect();
    let mut all = Vec::new();
    for thread in threads {
        all.extend(thread.join().map_err(|_| anyhow::anyhow!("a thread panicked"))??);
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}

fn report(results: &[(PathBuf, Outcome)], took: Duration) -> Result<()> {
    let mut table: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for (_, outcome) in results {
        let row = table.entry(if outcome.format.is_empty() { "?" } else { &outcome.format }).or_default();
        for cell in [
            "files".to_owned(),
            format!("verify: {}", outcome.verified),
            format!("label: {}", outcome.labelled),
            format!("notice: {}", outcome.notice),
        ] {
            *row.entry(cell).or_default() += 1;
        }
        if !outcome.failures.is_empty() {
            *row.entry("FAILED".to_owned()).or_default() += 1;
        }
    }
    for (format, row) in &table {
        println!("{format}");
        for (cell, count) in row {
            println!("  {count:>6}  {cell}");
        }
    }
    let mut slow: Vec<_> = results.iter().map(|(path, o)| (o.ms, path)).collect();
    slow.sort_by(|a, b| b.cmp(a));
    for (ms, path) in slow.iter().take(3).filter(|(ms, _)| *ms > 1000) {
        println!("slow: {ms} ms {}", path.display());
    }
    let failed: Vec<_> = results.iter().filter(|(_, o)| !o.failures.is_empty()).collect();
    for (path, outcome) in &failed {
        for failure in &outcome.failures {
            println!("FAILED {}: {failure}", path.display());
        }
    }
    let passed = results.len() - failed.len();
    println!("corpus: {passed} passed, {} failed, in {} s", failed.len(), took.as_secs());
    println!("{passed} passed, {} failed", failed.len());
    if !failed.is_empty() {
        bail!("{} files of the corpus failed", failed.len());
    }
    Ok(())
}

// ---- The worker: one file after the other -------------------------------------------------------

fn work() -> Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let outcome = file(Path::new(&line?));
        serde_json::to_writer(&mut out, &outcome)?;
        out.write_all(b"\n")?;
        out.flush()?;
    }
    Ok(())
}

/// Runs one step under its bounds; a panic and a late answer are failures.
fn bounded<T>(outcome: &mut Outcome, what: &str, file: usize, heap: usize, step: impl FnOnce() -> T) -> Option<T> {
    let started = Instant::now();
    // Reaching the limit aborts the process, which the parent reports.
    let _ = HEAP.set_limit(HEAP.allocated().saturating_add(heap));
    let result = catch_unwind(AssertUnwindSafe(step));
    let _ = HEAP.set_limit(usize::MAX);
    let took = started.elapsed().as_millis() as u64;
    outcome.ms += took;
    // 1 s and 50 ms per MiB is the goal of optimised code; this build is about ten times slower.
    let most = 10_000 + 500 * (file / MIB) as u64;
    if took > most {
        outcome.failures.push(format!("{what}: {took} ms, allowed are {most}"));
    }
    match result {
        Ok(value) => Some(value),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
            outcome.failures.push(format!("{what}: panic: {text}"));
            None
        }
    }
}

/// An error as a cell of the table. I/O and our own faults never stem from a file's content.
fn typed(outcome: &mut Outcome, what: &str, error: &Error) -> String {
    let (kind, ours) = match error {
        Error::Malformed(_) => ("malformed", false),
        Error::Unsupported(_) => ("unsupported", false),
        Error::Limit(_) => ("limit", false),
        Error::Refused(_) => ("refused", false),
        // Too small for legible characters: the file's property, the caller's choice.
        Error::Invalid(p) => ("invalid", p.message.code != "render.picture_too_small"),
        Error::Signing(_) => ("signing", true),
        Error::Io { .. } => ("io", true),
        _ => ("internal", true),
    };
    if ours {
        outcome.failures.push(format!("{what}: {kind}: {error}"));
    }
    format!("{kind} {}", error.code())
}

fn file(path: &Path) -> Outcome {
    let mut outcome = Outcome { verified: "-".into(), labelled: "-".into(), notice: "-".into(), ..Outcome::default() };
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) => {
            outcome.failures.push(format!("read: {e}"));
            return outcome;
        }
    };
    let size = bytes.len();
    let heap = 64 * MIB + 16 * size;
    let label = Label::new("corpus").with_produce_id("corpus-0001");

    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let verifier = Verifier::new().file_name(&name);
    let verified = bounded(&mut outcome, "verify", size, heap, || verifier.verify_bytes(&bytes));
    outcome.verified = match verified {
        Some(Ok(report)) => {
            outcome.format = report.format.row().name.to_owned();
            serde_json::to_value(report.status).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
        }
        Some(Err(e)) => typed(&mut outcome, "verify", &e),
        None => "panic".into(),
    };
    let before = bounded(&mut outcome, "inspect", size, heap, || check::inspect(&name, &bytes));
    let before = match before {
        Some(Ok(found)) => found,
        Some(Err(e)) => {
            typed(&mut outcome, "inspect", &e);
            return outcome;
        }
        None => return outcome,
    };

    let plain = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("corpus")).file_name(name.as_str());
    let written = bounded(&mut outcome, "label", size, heap, || plain.label_bytes(&bytes, &label));
    outcome.labelled = match written {
        Some(Ok((out, receipt))) => {
            let job = check::Job { name: &name, labeler: &plain, label: &label, input: &bytes, before: &before, heap };
            check::written(&mut outcome, &job, &out, receipt.changed);
            if receipt.changed { "labelled".into() } else { "labelled before".into() }
        }
        Some(Err(e)) => typed(&mut outcome, "label", &e),
        None => "panic".into(),
    };

    if !matches!(before.format, Format::Png | Format::Jpeg | Format::Webp) {
        outcome.notice = "not tried".into();
        return outcome;
    }
    let pixels = before.size.map_or(0, |(w, h)| u64::from(w) * u64::from(h));
    if pixels == 0 || pixels > PIXELS {
        outcome.notice = "not tried".into();
        return outcome;
    }
    let drawn = Labeler::new(Profile::CN_GB45438);
    // Decoded pixels, canvas and encoder: a fixed part and some bytes per pixel.
    let heap = 256 * MIB + 16 * size + 64 * pixels as usize;
    let noticed = bounded(&mut outcome, "notice", size, heap, || drawn.label_bytes(&bytes, &label));
    outcome.notice = match noticed {
        Some(Ok((_, receipt))) if receipt.notice.is_some() => "drawn".into(),
        Some(Ok(_)) => "labelled before".into(),
        Some(Err(e)) => typed(&mut outcome, "notice", &e),
        None => "panic".into(),
    };
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_and_our_own_errors_are_failures() {
        let mut outcome = Outcome::default();
        assert!(bounded(&mut outcome, "step", 0, usize::MAX, || panic!("told")).map(|(): ()| ()).is_none());
        assert!(outcome.failures[0].contains("panic: told"));
        let refused = biaoshi::verify(b"\0\x01nothing known\xFF").expect_err("no format");
        typed(&mut outcome, "verify", &refused);
        assert_eq!(outcome.failures.len(), 1, "a typed refusal is no failure");
        let ours = Error::io("read", std::io::Error::other("x"));
        typed(&mut outcome, "verify", &ours);
        assert_eq!(outcome.failures.len(), 2);
    }
}
