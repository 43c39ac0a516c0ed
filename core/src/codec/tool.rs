//! Installed programs: started without a shell, with a bounded answer and a bounded running time.
//!
//! Nothing is started unless the caller hands in [`Programs`]. Input and output are files or pipes;
//! what a program prints on its error stream comes back in errors, shortened.

#![cfg_attr(target_arch = "wasm32", allow(dead_code, reason = "no program can be started there"))]

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::Message;
use crate::message::notice::tool as rows;

/// Bytes of a program's error stream that errors quote.
const QUOTED: usize = 2048;
/// How often a running program is looked at.
const TICK: Duration = Duration::from_millis(15);

/// Told how far a long step is, from 0.0 to 1.0.
pub type Progress = dyn Fn(f64) + Send + Sync;

/// The programs that may be started, by name (looked up in `PATH`) or path.
#[derive(Clone)]
#[non_exhaustive]
pub struct Programs {
    /// FFmpeg: lays notices over films, codes sound.
    pub ffmpeg: PathBuf,
    /// FFprobe: says what is in a film or sound.
    pub ffprobe: PathBuf,
    /// eSpeak NG: speaks.
    pub espeak: PathBuf,
    /// Tesseract: reads words in pictures.
    pub tesseract: PathBuf,
    /// Set to true by another thread: the running program is stopped with all that it started, and
    /// the call returns an error.
    pub cancel: Arc<AtomicBool>,
    /// Whether programs stay in the process group of this process, for callers that end that group
    /// as a whole. Else each program gets a group of its own, which is ended with it (Unix).
    pub shared_group: bool,
    /// Told how far a long step is.
    pub progress: Option<Arc<Progress>>,
}

impl std::fmt::Debug for Programs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Programs").field("ffmpeg", &self.ffmpeg).finish_non_exhaustive()
    }
}

impl Default for Programs {
    fn default() -> Self {
        Self::installed()
    }
}

/// What to start, and why.
#[derive(Debug)]
pub(crate) struct Job<'j> {
    pub(crate) program: &'j OsStr,
    /// The Debian package that has it.
    pub(crate) package: &'static str,
    pub(crate) purpose: &'static Message,
    pub(crate) args: Vec<OsString>,
    /// What it reads on its standard input.
    pub(crate) input: &'j [u8],
}

impl Job<'_> {
    fn name(&self) -> String {
        std::path::Path::new(self.program).file_name().unwrap_or(self.program).to_string_lossy().into_owned()
    }
}

/// What a program said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) stdout: Vec<u8>,
    /// The end of what it printed on its error stream.
    pub(crate) stderr: String,
}

impl Programs {
    /// The programs as installed, under their usual names.
    #[must_use]
    pub fn installed() -> Self {
        Self {
            ffmpeg: "ffmpeg".into(),
            ffprobe: "ffprobe".into(),
            espeak: "espeak-ng".into(),
            tesseract: "tesseract".into(),
            cancel: Arc::default(),
            shared_group: false,
            progress: None,
        }
    }

    /// A job for FFmpeg. Interaction is off, network protocols are.
    pub(crate) fn ffmpeg(&self, purpose: &'static Message, args: impl IntoIterator<Item = OsString>) -> Job<'_> {
        let first = ["-nostdin", "-hide_banner", "-nostats", "-v", "error", "-protocol_whitelist", "file,pipe,fd"];
        let args = first.into_iter().map(OsString::from).chain(args).collect();
        Job { program: self.ffmpeg.as_os_str(), package: "ffmpeg", purpose, args, input: &[] }
    }

    /// A job for FFprobe, as [`Programs::ffmpeg`].
    pub(crate) fn ffprobe(&self, purpose: &'static Message, args: impl IntoIterator<Item = OsString>) -> Job<'_> {
        let first = ["-hide_banner", "-v", "error", "-protocol_whitelist", "file,pipe,fd"];
        let args = first.into_iter().map(OsString::from).chain(args).collect();
        Job { program: self.ffprobe.as_os_str(), package: "ffmpeg", purpose, args, input: &[] }
    }

    /// Refuses to go on once the work is cancelled.
    ///
    /// # Errors
    /// [`Error::Refused`].
    pub(crate) fn go_on(&self) -> Result<()> {
        if self.cancel.load(Ordering::Relaxed) {
            return Err(Error::Refused(rows::CANCELLED.with("program", "biaoshi")));
        }
        Ok(())
    }

    /// Runs a job to its end.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the program is missing, [`Error::Malformed`] if it fails,
    /// [`Error::Limit`] past `tool_seconds` or `tool_bytes`, [`Error::Refused`] if cancelled.
    pub(crate) fn run(&self, job: Job<'_>, limits: &Limits) -> Result<Answer> {
        self.gathered(job, limits, None)
    }

    /// Runs a job to its end; `line` is called with each whole line of its standard output, which is
    /// kept as well.
    ///
    /// # Errors
    /// As [`Programs::run`].
    pub(crate) fn watched(&self, job: Job<'_>, limits: &Limits, line: &mut dyn FnMut(&str)) -> Result<Answer> {
        self.gathered(job, limits, Some(line))
    }

    fn gathered(&self, job: Job<'_>, limits: &Limits, line: Option<&mut dyn FnMut(&str)>) -> Result<Answer> {
        let name = job.name();
        let mut child = self.start(&job, &name)?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let deadline = Instant::now().checked_add(Duration::from_secs(limits.tool_seconds));
        let (status, out, err) = std::thread::scope(|scope| -> Result<_> {
            let input = job.input;
            scope.spawn(move || stdin.map(|mut pipe| pipe.write_all(input)));
            let errors = scope.spawn(move || stderr.map(tail).unwrap_or_default());
            let (sender, receiver) = std::sync::mpsc::sync_channel::<Vec<u8>>(16);
            scope.spawn(move || stdout.map(|pipe| pump(pipe, &sender)));
            let gathered = self.gather(&mut child, &receiver, deadline, limits, &name, line);
            // The readers end when the pipes do, and what the program left behind may hold them open.
            self.end(&mut child, gathered.is_err());
            if gathered.is_err() {
                while receiver.recv().is_ok() {}
            }
            let status = child.wait().map_err(|e| Error::io(&name, e));
            let (out, err) = (gathered?, errors.join().unwrap_or_default());
            Ok((status?, out, err))
        })?;
        if !status.success() {
            return Err(failed(&name, status, &err));
        }
        Ok(Answer { stdout: out, stderr: err })
    }

    fn start(&self, job: &Job<'_>, name: &str) -> Result<Child> {
        self.started(job, name, !job.input.is_empty())
    }

    /// `fed`: something is written to its standard input.
    fn started(&self, job: &Job<'_>, name: &str, fed: bool) -> Result<Child> {
        let mut command = Command::new(job.program);
        command.args(&job.args).env("AV_LOG_FORCE_NOCOLOR", "1").env("LC_ALL", "C.UTF-8");
        command.stdin(if fed { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        if !self.shared_group {
            std::os::unix::process::CommandExt::process_group(&mut command, 0);
        }
        command.spawn().map_err(|e| match e.kind() {
            // Unsupported: where there are no processes, no program is installed.
            ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::Unsupported => {
                missing(name, job.package, job.purpose)
            }
            _ => Error::io(name, e),
        })
    }

    /// Ends a program's group, and the program itself if it is to be stopped. Its number is not free
    /// for another process before it is waited for.
    fn end(&self, child: &mut Child, stop: bool) {
        #[cfg(unix)]
        if !self.shared_group {
            let _ = rustix::process::kill_process_group(
                rustix::process::Pid::from_child(child),
                rustix::process::Signal::KILL,
            );
        }
        if stop {
            let _ = child.kill();
        }
    }

    fn gather(
        &self,
        child: &mut Child,
        pieces: &std::sync::mpsc::Receiver<Vec<u8>>,
        deadline: Option<Instant>,
        limits: &Limits,
        name: &str,
        mut line: Option<&mut dyn FnMut(&str)>,
    ) -> Result<Vec<u8>> {
        use std::sync::mpsc::RecvTimeoutError;
        let mut out: Vec<u8> = Vec::new();
        let mut told = 0;
        loop {
            if self.cancel.load(Ordering::Relaxed) {
                return Err(Error::Refused(rows::CANCELLED.with("program", name)));
            }
            if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Err(Error::Limit(rows::TIMEOUT.with("program", name).arg("seconds", limits.tool_seconds)));
            }
            match pieces.recv_timeout(TICK) {
                Ok(piece) => {
                    out.extend_from_slice(&piece);
                    crate::source::check_limit("tool_bytes", out.len() as u64, limits.tool_bytes)?;
                    // Only where somebody listens: pictures and sound have no lines.
                    while let Some(line) = line.as_mut()
                        && let Some(end) = out.get(told..).and_then(|rest| rest.iter().position(|b| *b == b'\n'))
                    {
                        let text = out.get(told..told + end).unwrap_or_default();
                        line(&String::from_utf8_lossy(text));
                        told += end + 1;
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    // Its output is closed: it ends, or has to be waited for with the clock running.
                    if has_ended(child).map_err(|e| Error::io(name, e))? {
                        return Ok(out);
                    }
                    std::thread::sleep(TICK);
                }
            }
        }
    }
}

/// A program is not there.
pub(crate) fn missing(program: &str, package: &str, purpose: &'static Message) -> Error {
    Error::Unsupported(rows::MISSING.with("program", program).arg("package", package).because("purpose", purpose))
}

/// A path as FFmpeg's argument: taken for a file whatever its name.
pub(crate) fn file(path: &std::path::Path) -> OsString {
    let mut out = OsString::from("file:");
    out.push(path);
    out
}

/// Whether it has ended. It is not waited for: its group can still be ended by its number.
#[cfg(unix)]
fn has_ended(child: &Child) -> std::io::Result<bool> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    Ok(waitid(WaitId::Pid(Pid::from_child(child)), options)?.is_some())
}

#[cfg(not(unix))]
fn has_ended(child: &mut Child) -> std::io::Result<bool> {
    child.try_wait().map(|status| status.is_some())
}

fn failed(name: &str, status: ExitStatus, stderr: &str) -> Error {
    let reason = if stderr.trim().is_empty() { "?" } else { stderr.trim() };
    Error::Malformed(rows::FAILED.with("program", name).arg("status", status).arg("reason", reason))
}

/// Hands on what comes out of a pipe.
fn pump(mut pipe: impl Read, to: &std::sync::mpsc::SyncSender<Vec<u8>>) {
    let mut block = vec![0u8; 64 << 10];
    while let Ok(n @ 1..) = pipe.read(&mut block) {
        if to.send(block.get(..n).unwrap_or_default().to_vec()).is_err() {
            break;
        }
    }
}

/// The end of what comes out of a pipe, read to its end.
fn tail(mut pipe: impl Read) -> String {
    let mut kept = Vec::new();
    let mut block = [0u8; 4096];
    while let Ok(n @ 1..) = pipe.read(&mut block) {
        kept.extend_from_slice(block.get(..n).unwrap_or_default());
        let excess = kept.len().saturating_sub(QUOTED);
        kept.drain(..excess);
    }
    String::from_utf8_lossy(&kept).into_owned()
}

#[cfg(not(target_arch = "wasm32"))]
mod between;

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn job<'j>(program: &'j str, args: &[&str], input: &'j [u8]) -> Job<'j> {
        let args = args.iter().map(OsString::from).collect();
        Job { program: OsStr::new(program), package: "coreutils", purpose: &rows::PURPOSE_VIDEO, args, input }
    }

    fn code(result: Result<Answer>) -> String {
        result.err().map(|e| e.code().to_owned()).unwrap_or_default()
    }

    #[test]
    fn what_goes_in_comes_out_however_large() {
        let big: Vec<u8> = (0..3 << 20).map(|n: u32| (n % 251) as u8).collect();
        let answer = Programs::installed().run(job("cat", &[], &big), &Limits::default());
        assert_eq!(answer.map(|a| a.stdout == big).ok(), Some(true));
    }

    #[test]
    fn lines_are_told_as_they_come() {
        let mut lines = Vec::new();
        let done =
            Programs::installed().watched(job("printf", &["one\ntwo\nrest"], &[]), &Limits::default(), &mut |line| {
                lines.push(line.to_owned())
            });
        assert_eq!(done.map(|a| a.stdout).ok(), Some(b"one\ntwo\nrest".to_vec()));
        assert_eq!(lines, ["one", "two"]);
    }

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let error = Programs::installed().run(job("no-such-program-here", &[], &[]), &Limits::default()).err();
        let text = error.as_ref().map(ToString::to_string).unwrap_or_default();
        assert!(matches!(error, Some(Error::Unsupported(_))) && text.contains("no-such-program-here"), "{text}");
    }

    #[test]
    fn a_failure_quotes_what_the_program_said() {
        let error = Programs::installed().run(job("ls", &["/no/such/folder"], &[]), &Limits::default()).err();
        assert!(error.is_some_and(|e| e.code() == "tool.failed" && e.to_string().contains("/no/such/folder")));
    }

    /// Whether a process runs. One that has ended and that nobody waited for does not.
    fn runs(pid: &str) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
    }

    /// Runs a script that starts another process and says its number.
    fn leaves(script: &str, limits: &Limits) -> (Result<Answer>, bool) {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("pid");
        let told = told.to_str().unwrap();
        let result = Programs::installed().run(job("sh", &["-c", script, "sh", told], &[]), limits);
        let pid = std::fs::read_to_string(told).unwrap();
        assert!(!pid.trim().is_empty());
        // The system takes it away a moment after it was told to.
        let until = Instant::now() + Duration::from_secs(2);
        while runs(&pid) && Instant::now() < until {
            std::thread::sleep(TICK);
        }
        (result, runs(&pid))
    }

    #[test]
    fn what_a_program_started_ends_with_it() {
        let started = Instant::now();
        let short = Limits { tool_seconds: 1, ..Limits::default() };
        let (result, left) = leaves("sleep 60 & echo $! > \"$1\"; wait", &short);
        assert_eq!((code(result).as_str(), left), ("tool.timeout", false));
        // It holds the pipe of errors, and the program itself ends well.
        let (result, left) = leaves("sleep 60 >/dev/null & echo $! > \"$1\"; echo done", &Limits::default());
        assert_eq!((result.unwrap().stdout, left), (b"done\n".to_vec(), false));
        assert!(started.elapsed() < Duration::from_secs(30), "nobody waited for it");
    }

    #[test]
    fn time_size_and_cancelling_end_it() {
        let programs = Programs::installed();
        let short = Limits { tool_seconds: 0, ..Limits::default() };
        assert_eq!(code(programs.run(job("sleep", &["30"], &[]), &short)), "tool.timeout");
        let small = Limits { tool_bytes: 1000, ..Limits::default() };
        assert_eq!(code(programs.run(job("yes", &[], &[]), &small)), "limit");
        programs.cancel.store(true, Ordering::Relaxed);
        assert_eq!(code(programs.run(job("sleep", &["30"], &[]), &Limits::default())), "tool.cancelled");
    }
}
