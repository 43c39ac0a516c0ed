//! `label`, `propagate` and `inspect` work in a second process: what a hostile file may cost is bounded
//! from outside, as it is for `verify`, and whatever happens no half-written file stays.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use biaoshi::Error;

use crate::args::WorkArgs;
use crate::output::Exit;
use crate::process::{self, PAUSE, is_running};
use crate::text;

/// Set for the process that does the work; its value is the bound on memory, in MiB.
pub(crate) const GUARDED: &str = "BIAOSHI_GUARDED";

/// How long the work has to stop after Ctrl-C. Ended from outside, it leaves no more behind.
const GRACE: Duration = Duration::from_millis(500);

/// Whose turn it is.
pub(crate) enum Guard {
    /// This process does the work.
    Inside,
    /// Another one did, and has said what there is to say.
    Done(Exit),
}

/// Whether this process does the work for another one.
pub(crate) fn is_inside() -> bool {
    std::env::var_os(GUARDED).is_some()
}

/// Stops this process, as Ctrl-C does, when the one that waits for it ends.
pub(crate) fn follow() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::INT));
}

/// Does the work in a process of its own, unless this is it. `seconds` is the usual bound on time;
/// `output` the file that is written, whose half-written form is removed if the work is ended.
///
/// # Errors
/// [`Error::Limit`] past the bounds, [`Error::Internal`] if the process is lost, [`Error::Io`].
pub(crate) fn enter(work: &WorkArgs, seconds: u32, output: Option<&Path>) -> Result<Guard, Error> {
    if is_inside() {
        return Ok(Guard::Inside);
    }
    let io = |error| Error::io("biaoshi", error);
    let seconds = work.time_limit.unwrap_or(seconds);
    let mut command = process::own();
    command.env(GUARDED, work.memory_limit.to_string());
    if std::io::stdin().is_terminal() {
        // A process in a group of its own must not read from the terminal.
        command.stdin(Stdio::null());
    }
    let folder = process::apart(&mut command).map_err(io)?;
    let stop = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&stop);
    // Only one can be set; without it, the process that works ends with this one.
    let _ = ctrlc::set_handler(move || told.store(true, Ordering::Relaxed));
    let mut child = command.spawn().map_err(io)?;
    let number = child.id();
    let begin = Instant::now();
    let mut deadline = begin.checked_add(Duration::from_secs(seconds.into()));
    let (mut late, mut stopped) = (false, false);
    while is_running(&mut child) {
        if stop.load(Ordering::Relaxed) && !stopped {
            stopped = true;
            process::interrupt(&mut child);
            deadline = Instant::now().checked_add(GRACE);
        }
        if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            late = true;
            break;
        }
        // Short work is not kept waiting.
        std::thread::sleep(if begin.elapsed() < Duration::from_millis(100) { PAUSE / 5 } else { PAUSE });
    }
    let status = process::kill(&mut child);
    process::swept(folder);
    if let Some(output) = output {
        remove_halves(output, number);
    }
    let status = status.map_err(io)?;
    match status.code().and_then(Exit::of_code) {
        // Work that ends in time says so as an error.
        Some(Exit::Error) if stopped && !late => Ok(Guard::Done(Exit::Stopped)),
        Some(exit) if !late => Ok(Guard::Done(exit)),
        _ if stopped => Ok(Guard::Done(Exit::Stopped)),
        _ if late => Err(Error::Limit(text::WORKER_LATE.with("max", seconds))),
        _ if process::out_of_memory(status) => Err(Error::Limit(text::WORKER_MEMORY.with("max", work.memory_limit))),
        _ => Err(Error::Internal(text::WORKER_ENDED.with("status", status))),
    }
}

/// Removes what a process began to write beside its output. The names hold its number.
fn remove_halves(output: &Path, number: u32) {
    let folder = crate::output::folder(output);
    let prefix = biaoshi::half_written(number);
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let own = entry.file_name().to_str().is_some_and(|name| name.starts_with(&prefix));
        if own && entry.file_type().is_ok_and(|kind| kind.is_file()) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
