//! Processes that look at one file after the other and can be ended: what a hostile file may cost
//! is bounded from outside.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use biaoshi::Error;
use serde_json::Value;

use super::inputs::{self, Input};
use crate::output::Failure;
use crate::process::{self, PATIENCE, PAUSE, is_running, out_of_memory};
use crate::text;

/// Set for the processes that do the work; its value is the bound on memory, in MiB.
pub(crate) const WORKER: &str = "BIAOSHI_VERIFY_WORKER";

/// How often somebody who waits looks whether to stop.
const TICK: Duration = Duration::from_millis(100);

/// Takes the answer about an input.
pub(super) type Show<'a> = dyn FnMut(&Input, Result<Value, Error>) -> Result<(), Failure> + 'a;

/// What every file may cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Budget {
    pub(super) time: Duration,
    pub(super) memory_mib: usize,
}

/// A process that answers.
struct Worker {
    child: Child,
    requests: ChildStdin,
    answers: mpsc::Receiver<String>,
    /// Its temporary files, and those of the programs that it starts.
    folder: tempfile::TempDir,
    /// Whether its number is free again.
    waited: bool,
}

impl Worker {
    /// This program once more, with the same arguments.
    fn own(budget: Budget) -> std::io::Result<Self> {
        let mut command = process::own();
        command.env(WORKER, budget.memory_mib.to_string());
        Self::start(&mut command)
    }

    fn start(command: &mut Command) -> std::io::Result<Self> {
        let folder = process::apart(command)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let gone = || std::io::Error::other("no pipe");
        let requests = child.stdin.take().ok_or_else(gone)?;
        let lines = BufReader::new(child.stdout.take().ok_or_else(gone)?).lines();
        let (send, answers) = mpsc::channel();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { child, requests, answers, folder, waited: false })
    }

    /// What it says about a file; nothing if told to stop meanwhile.
    fn ask(&mut self, request: &str, budget: Budget, stop: &AtomicBool) -> Option<Result<Value, Error>> {
        let sent = writeln!(self.requests, "{request}").and_then(|()| self.requests.flush());
        let deadline = Instant::now().checked_add(budget.time);
        while sent.is_ok() {
            let left = deadline.map_or(TICK, |end| end.saturating_duration_since(Instant::now()));
            match self.answers.recv_timeout(left.min(TICK)) {
                Ok(line) => {
                    let unread = |_| Error::Internal(text::WORKER_ENDED.with("status", "?"));
                    return Some(serde_json::from_str(&line).map_err(unread));
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
                Err(mpsc::RecvTimeoutError::Timeout) if stop.load(Ordering::Relaxed) => return None,
                Err(mpsc::RecvTimeoutError::Timeout) if left.is_zero() => {
                    return Some(Err(Error::Limit(text::WORKER_LATE.with("max", budget.time.as_secs()))));
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
        Some(Err(self.lost(budget)))
    }

    /// Why it gives no answer any more.
    fn lost(&mut self, budget: Budget) -> Error {
        // Its pipe is closed: it is about to end.
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && is_running(&mut self.child) {
            std::thread::sleep(PAUSE);
        }
        match self.kill() {
            Ok(status) if out_of_memory(status) => Error::Limit(text::WORKER_MEMORY.with("max", budget.memory_mib)),
            Ok(status) => Error::Internal(text::WORKER_ENDED.with("status", status)),
            Err(error) => Error::io("wait", error),
        }
    }

    /// Ends the process and all that it started, once: another group can have its number then.
    fn kill(&mut self) -> std::io::Result<ExitStatus> {
        let status = if self.waited { self.child.wait() } else { process::kill(&mut self.child) };
        self.waited = true;
        status
    }

    fn end(mut self) {
        let _ = self.kill();
        process::swept(self.folder);
    }
}

/// Asks about every input and hands the answers over in order. `stop` ends it early; the number of
/// inputs answered is given back.
pub(super) fn run(
    inputs: &mut [Input],
    stdin: Option<&PathBuf>,
    (jobs, budget): (usize, Budget),
    stop: &AtomicBool,
    each: &mut Show<'_>,
    tick: &mut dyn FnMut(usize),
) -> Result<usize, Failure> {
    let requests: Vec<Option<String>> = inputs
        .iter()
        .map(|input| match (&input.error, stdin) {
            (Some(_), _) => None,
            (None, Some(copy)) if crate::output::is_dash(&input.path) => Some(request(copy, true)),
            (None, _) => Some(request(&input.path, false)),
        })
        .collect();
    let next = AtomicUsize::new(0);
    let (send, answers) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, inputs.len().max(1)) {
            let (send, next, requests) = (send.clone(), &next, &requests);
            scope.spawn(move || {
                let mut worker = None;
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(request) = requests.get(index) else { break };
                    let answer = match request.as_ref().map(|request| asked(&mut worker, request, budget, stop)) {
                        Some(None) => break,
                        Some(answer) => answer,
                        None => None,
                    };
                    if send.send((index, answer)).is_err() {
                        break;
                    }
                }
                if let Some(worker) = worker {
                    worker.end();
                }
            });
        }
        drop(send);
        let mut waiting = BTreeMap::new();
        let mut done = 0usize;
        let mut answered = 0usize;
        loop {
            match answers.recv_timeout(Duration::from_millis(100)) {
                Ok((index, answer)) => {
                    answered = answered.saturating_add(1);
                    waiting.insert(index, answer);
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
            tick(answered);
            while let Some(answer) = waiting.remove(&done) {
                let Some(input) = inputs.get_mut(done) else { break };
                let answer = answer.or_else(|| input.error.take().map(Err));
                if let Some(answer) = answer
                    && let Err(failure) = each(input, answer)
                {
                    stop.store(true, Ordering::Relaxed);
                    return Err(failure);
                }
                done = done.saturating_add(1);
            }
        }
        Ok(done)
    })
}

fn request(path: &std::path::Path, stdin: bool) -> String {
    serde_json::json!({ "path": inputs::bytes_of(path), "stdin": stdin }).to_string()
}

fn asked(
    worker: &mut Option<Worker>,
    request: &str,
    budget: Budget,
    stop: &AtomicBool,
) -> Option<Result<Value, Error>> {
    let mut running = match worker.take().map_or_else(|| Worker::own(budget), Ok) {
        Ok(running) => running,
        Err(error) => return Some(Err(Error::io("start", error))),
    };
    let answer = running.ask(request, budget, stop);
    match &answer {
        Some(Ok(_)) => *worker = Some(running),
        // It may be anywhere in the file, or gone.
        _ => running.end(),
    }
    answer
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(command: &mut Command, stop: bool) -> Option<Result<Value, Error>> {
        let mut worker = Worker::start(command).unwrap();
        let budget = Budget { time: Duration::from_millis(300), memory_mib: 64 };
        let answer = worker.ask("{\"a\":1}", budget, &AtomicBool::new(stop));
        worker.end();
        answer
    }

    fn code(command: &mut Command) -> String {
        ask(command, false).unwrap().unwrap_err().code().to_owned()
    }

    #[test]
    fn a_process_that_answers_late_or_not_is_ended() {
        assert_eq!(ask(&mut Command::new("cat"), false).unwrap().unwrap(), serde_json::json!({ "a": 1 }));
        let started = Instant::now();
        assert_eq!(code(Command::new("sleep").arg("30")), "cli.time_limit");
        assert!(ask(Command::new("sleep").arg("30"), true).is_none());
        assert!(started.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_process_that_ends_says_how() {
        assert_eq!(code(Command::new("sh").args(["-c", "kill -ABRT $$"])), "cli.memory_limit");
        assert_eq!(code(&mut Command::new("true")), "cli.worker_ended");
        assert_eq!(code(Command::new("sh").args(["-c", "exit 101"])), "cli.worker_ended");
    }

    #[test]
    fn what_is_no_answer_is_none() {
        let mut said = Command::new("sh");
        // It goes on running: only what it said is wrong.
        let error = ask(said.args(["-c", "echo no JSON; sleep 30"]), false).unwrap().unwrap_err();
        assert_eq!(error.code(), "cli.worker_ended");
    }
}
