//! Two programs, and this one between them.

use std::io::{Read, Write};
use std::process::{Child, ExitStatus};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Instant;

use super::{Job, Programs, TICK, failed, has_ended, pump, tail};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::notice::tool as rows;

/// Why both programs were ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ended {
    Cancelled,
    TooLate,
}

impl Programs {
    /// Runs `from` and `to`; what the first writes goes to the second in pieces of `size` bytes, each of
    /// which `work` changes in between. Gives how many there were.
    ///
    /// # Errors
    /// As [`Programs::run`], but the time is that between two pieces; [`Error::Malformed`] if the last piece is not whole; whatever `work` returns.
    pub(crate) fn between(
        &self,
        (from, to): (Job<'_>, Job<'_>),
        size: usize,
        limits: &Limits,
        work: &mut dyn FnMut(&mut [u8]) -> Result<()>,
    ) -> Result<u64> {
        let (from_name, to_name) = (from.name(), to.name());
        let mut reader = self.start(&from, &from_name)?;
        let mut writer = match self.started(&to, &to_name, true) {
            Ok(writer) => writer,
            Err(error) => {
                self.end(&mut reader, true);
                let _ = reader.wait();
                return Err(error);
            }
        };
        let pipes = (reader.stdout.take(), writer.stdin.take());
        let (said, heard, answer) = (reader.stderr.take(), writer.stderr.take(), writer.stdout.take());
        let both = Mutex::new([reader, writer]);
        let (done, ended) = (AtomicBool::new(false), Mutex::new(None));
        // A long film takes longer than a program may rest.
        let (begin, last) = (Instant::now(), AtomicU64::new(0));
        let moved = || last.store(begin.elapsed().as_secs(), Ordering::Relaxed);
        let rests = || begin.elapsed().as_secs().saturating_sub(last.load(Ordering::Relaxed)) >= limits.tool_seconds;
        std::thread::scope(|scope| {
            let said = scope.spawn(move || said.map(tail).unwrap_or_default());
            let heard = scope.spawn(move || heard.map(tail).unwrap_or_default());
            let (sender, receiver) = std::sync::mpsc::sync_channel::<Vec<u8>>(1);
            scope.spawn(move || answer.map(|pipe| pump(pipe, &sender)));
            scope.spawn(move || while receiver.recv().is_ok() {});
            // Pipes block: another thread looks at the clock.
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    let why = match () {
                        () if self.cancel.load(Ordering::Relaxed) => Some(Ended::Cancelled),
                        () if rests() => Some(Ended::TooLate),
                        () => None,
                    };
                    if why.is_some() {
                        *lock(&ended) = why;
                        return self.end_both(&both, &done);
                    }
                    std::thread::sleep(TICK);
                }
            });
            let passed = passed(pipes, size, work, &moved);
            if passed.is_err() {
                self.end_both(&both, &done);
            }
            let statuses = self.reaped(&both, &done);
            let errors = [said.join().unwrap_or_default(), heard.join().unwrap_or_default()];
            match *lock(&ended) {
                Some(Ended::Cancelled) => return Err(Error::Refused(rows::CANCELLED.with("program", from_name))),
                Some(Ended::TooLate) => {
                    let late = rows::TIMEOUT.with("program", from_name).arg("seconds", limits.tool_seconds);
                    return Err(Error::Limit(late));
                }
                None => {}
            }
            let passed = passed?;
            let told = statuses.into_iter().zip([&from_name, &to_name]).zip(&errors);
            let mut told: Vec<_> = told.collect();
            // The first fails as well if the second takes no more.
            if passed == Passed::NotTaken {
                told.reverse();
            }
            for ((status, name), error) in told {
                let status = status.map_err(|e| Error::io(name, e))?;
                if !status.success() {
                    return Err(failed(name, status, error));
                }
            }
            match passed {
                Passed::Whole(pieces) => Ok(pieces),
                Passed::Cut | Passed::NotTaken => Err(Error::Malformed(rows::CUT.with("program", from_name))),
            }
        })
    }

    /// Ends both, unless their numbers have been given back.
    fn end_both(&self, both: &Mutex<[Child; 2]>, done: &AtomicBool) {
        let mut both = lock(both);
        if !done.load(Ordering::Relaxed) {
            both.iter_mut().for_each(|child| self.end(child, true));
        }
    }

    /// Waits for both in steps, so that the clock's thread can end them; then ends what they started, which
    /// may hold the pipes open.
    fn reaped(&self, both: &Mutex<[Child; 2]>, done: &AtomicBool) -> [std::io::Result<ExitStatus>; 2] {
        while !lock(both).iter_mut().all(|child| has_ended(child).unwrap_or(true)) {
            std::thread::sleep(TICK);
        }
        let mut both = lock(both);
        both.iter_mut().for_each(|child| self.end(child, false));
        done.store(true, Ordering::Relaxed);
        let [from, to] = &mut *both;
        [from.wait(), to.wait()]
    }
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What came of handing on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Passed {
    /// So many pieces.
    Whole(u64),
    /// The last piece is not whole.
    Cut,
    /// The second program took no more.
    NotTaken,
}

/// Hands on all pieces; `moved` is told of each.
fn passed(
    (from, to): (Option<impl Read>, Option<impl Write>),
    size: usize,
    work: &mut dyn FnMut(&mut [u8]) -> Result<()>,
    moved: &dyn Fn(),
) -> Result<Passed> {
    let (Some(mut from), Some(mut to)) = (from, to) else { return Ok(Passed::Cut) };
    let mut piece = vec![0u8; size.max(1)];
    let mut pieces = 0u64;
    loop {
        let mut filled = 0;
        while let Some(rest) = piece.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match from.read(rest) {
                Ok(0) => break,
                Ok(n) => filled += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Error::io("pipe", e)),
            }
        }
        if filled < piece.len() {
            return Ok(if filled == 0 { Passed::Whole(pieces) } else { Passed::Cut });
        }
        work(&mut piece)?;
        if to.write_all(&piece).is_err() {
            return Ok(Passed::NotTaken);
        }
        pieces += 1;
        moved();
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::ffi::{OsStr, OsString};
    use std::time::Duration;

    fn job<'j>(program: &'j str, args: &[&str]) -> Job<'j> {
        let args = args.iter().map(OsString::from).collect();
        Job { program: OsStr::new(program), package: "coreutils", purpose: &rows::PURPOSE_VIDEO, args, input: &[] }
    }

    fn code(result: Result<u64>) -> String {
        result.err().map(|e| e.code().to_owned()).unwrap_or_default()
    }

    #[test]
    fn pieces_pass_changed_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("out");
        let script = format!("cat > '{}'", out.display());
        let jobs = (job("head", &["-c", "3000000", "/dev/zero"]), job("sh", &["-c", &script]));
        let mut number = 0u8;
        let passed = Programs::installed().between(jobs, 1_000_000, &Limits::default(), &mut |piece| {
            number += 1;
            piece.fill(number);
            Ok(())
        });
        assert_eq!(passed.unwrap(), 3);
        let all = std::fs::read(out).unwrap();
        assert!(
            all.chunks(1_000_000).zip(1u8..).all(|(piece, n)| piece.iter().all(|b| *b == n)) && all.len() == 3_000_000
        );
    }

    #[test]
    fn what_goes_wrong_ends_both() {
        let programs = Programs::installed();
        let limits = Limits::default();
        let pass = &mut |_: &mut [u8]| Ok(());
        let started = Instant::now();
        let cut = programs.between((job("printf", &["abc"]), job("cat", &[])), 2, &limits, pass);
        assert_eq!(code(cut), "tool.cut");
        assert_eq!(code(programs.between((job("false", &[]), job("cat", &[])), 2, &limits, pass)), "tool.failed");
        assert_eq!(code(programs.between((job("yes", &[]), job("false", &[])), 2, &limits, pass)), "tool.failed");
        let missing = (job("yes", &[]), job("no-such-program-here", &[]));
        assert_eq!(code(programs.between(missing, 2, &limits, pass)), "tool.missing");
        let stop = &mut |_: &mut [u8]| Err(Error::Refused(rows::CANCELLED.with("program", "test")));
        assert_eq!(code(programs.between((job("yes", &[]), job("cat", &[])), 2, &limits, stop)), "tool.cancelled");
        let short = Limits { tool_seconds: 0, ..Limits::default() };
        assert_eq!(code(programs.between((job("sleep", &["60"]), job("cat", &[])), 2, &short, pass)), "tool.timeout");
        programs.cancel.store(true, Ordering::Relaxed);
        assert_eq!(code(programs.between((job("yes", &[]), job("cat", &[])), 2, &limits, pass)), "tool.cancelled");
        assert!(started.elapsed() < Duration::from_secs(30), "nobody waited for a program");
    }

    #[test]
    fn what_the_second_says_is_told_and_what_it_started_ends() {
        let programs = Programs::installed();
        let pass = &mut |_: &mut [u8]| Ok(());
        let second = job("sh", &["-c", "echo no such encoder >&2; exit 3"]);
        let error = programs.between((job("yes", &[]), second), 2, &Limits::default(), pass).err();
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("no such encoder"), "{text}");
        // It holds the pipe of errors, and the program itself ends well.
        let started = Instant::now();
        let first = job("sh", &["-c", "sleep 60 >/dev/null & printf abcd"]);
        let passed = programs.between((first, job("cat", &[])), 2, &Limits::default(), pass);
        assert_eq!(passed.unwrap(), 2);
        assert!(started.elapsed() < Duration::from_secs(30), "nobody waited for what it started");
    }
}
