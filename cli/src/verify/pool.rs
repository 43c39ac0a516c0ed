//! Processes that look at one file after the other and can be ended: what a hostile file may cost
//! is bounded from outside.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use biaoshi::Error;
use serde_json::Value;

use super::inputs::{self, Input};
use crate::output::Failure;
use crate::text;

/// Set for the processes that do the work; its value is the bound on memory, in MiB.
pub(crate) const WORKER: &str = "BIAOSHI_VERIFY_WORKER";

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
}

impl Worker {
    /// This program once more, with the same arguments.
    fn own(budget: Budget) -> std::io::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(std::env::args_os().skip(1)).env(WORKER, budget.memory_mib.to_string());
        Self::start(&mut command)
    }

    fn start(command: &mut Command) -> std::io::Result<Self> {
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
        Ok(Self { child, requests, answers })
    }

    /// What it says about a file.
    fn ask(&mut self, request: &str, budget: Budget) -> Result<Value, Error> {
        let sent = writeln!(self.requests, "{request}").and_then(|()| self.requests.flush());
        let answer = match sent {
            Ok(()) => self.answers.recv_timeout(budget.time),
            Err(_) => Err(mpsc::RecvTimeoutError::Disconnected),
        };
        let lost = || Error::Limit(text::WORKER_LOST.with("max", budget.memory_mib));
        match answer {
            Ok(line) => serde_json::from_str(&line).map_err(|_| lost()),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                Err(Error::Limit(text::WORKER_LATE.with("max", budget.time.as_secs())))
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => Err(lost()),
        }
    }

    fn end(mut self) {
        drop(self.requests);
        let _ = self.child.kill();
        let _ = self.child.wait();
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
                    let answer = request.as_ref().map(|request| asked(&mut worker, request, budget));
                    if stop.load(Ordering::Relaxed) || send.send((index, answer)).is_err() {
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

fn asked(worker: &mut Option<Worker>, request: &str, budget: Budget) -> Result<Value, Error> {
    let mut running = match worker.take() {
        Some(running) => running,
        None => Worker::own(budget).map_err(|e| Error::io("start", e))?,
    };
    let answer = running.ask(request, budget);
    match &answer {
        // It may be anywhere in the file, or gone.
        Err(_) => running.end(),
        Ok(_) => *worker = Some(running),
    }
    answer
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn ask(command: &mut Command) -> Result<Value, Error> {
        let mut worker = Worker::start(command).unwrap();
        let answer = worker.ask("{\"a\":1}", Budget { time: Duration::from_millis(300), memory_mib: 64 });
        worker.end();
        answer
    }

    #[test]
    fn a_process_that_answers_late_or_not_is_ended() {
        assert_eq!(ask(&mut Command::new("cat")).unwrap(), serde_json::json!({ "a": 1 }));
        let started = std::time::Instant::now();
        let late = ask(Command::new("sleep").arg("30")).unwrap_err();
        assert_eq!(late.code(), "cli.time_limit");
        assert!(started.elapsed() < Duration::from_secs(20));
        assert_eq!(ask(&mut Command::new("true")).unwrap_err().code(), "cli.memory_limit");
        assert_eq!(ask(Command::new("echo").arg("no JSON")).unwrap_err().code(), "cli.memory_limit");
    }
}
