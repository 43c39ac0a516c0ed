//! `biaoshi verify`: what files state, whether to believe it, which rules hold.

mod inputs;
mod pool;
mod sarif;
mod summary;
mod worker;

use std::io::{IsTerminal as _, Seek as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use biaoshi::report::Outcome;
use biaoshi::{Error, Profile, Report, TrustStore};
use serde_json::Value;

use crate::args::{VerifyArgs, limits};
use crate::output::{self, Exit, Failure, Out, is_dash, style};
use crate::report;
use crate::text;

use inputs::Input;
use pool::Budget;
use sarif::Sarif;
use summary::Summary;

pub(crate) use pool::WORKER;

/// How long nothing is said about how far it is.
const PATIENCE: Duration = Duration::from_secs(1);

pub(crate) fn run(options: &VerifyArgs, out: &mut Out) -> Result<Exit, Failure> {
    if std::env::var_os(WORKER).is_some() {
        return worker::run(options, out);
    }
    let mut inputs = inputs::expand(options)?;
    let lists = options.files_from.iter().filter(|list| is_dash(list)).count();
    if inputs.iter().filter(|input| is_dash(&input.path)).count().saturating_add(lists) > 1 {
        return Err(Failure::invalid(text::STDIN_TWICE.problem()));
    }
    // What is wrong with the anchors is said once.
    trust(options)?;
    let stdin = copied(&inputs, options)?;
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // Without a handler the signal ends the program at once, which is no harm either.
    let _ = ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed));
    let budget = Budget {
        time: Duration::from_secs(options.time_limit.into()),
        memory_mib: usize::try_from(options.memory_limit).unwrap_or(usize::MAX),
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let jobs = options.jobs.map_or(cores, usize::from);

    let many = inputs.len() > 1 || inputs.iter().any(|input| input.found);
    let total = inputs.len();
    let bar = Bar::new(total);
    let mut printer = Printer { options, out, summary: Summary::default(), sarif: Sarif::default(), printed: false };
    let copy = stdin.as_ref().map(|file| file.path().to_owned());
    let answered = pool::run(
        &mut inputs,
        copy.as_ref(),
        (jobs, budget),
        &stop,
        &mut |input, answer| bar.aside(|| printer.print(input, answer)),
        &mut |answered| bar.show(answered),
    );
    bar.end();
    let answered = answered?;
    printer.finish(many, answered, total)
}

/// Standard input as a file, if it is asked for.
fn copied(inputs: &[Input], options: &VerifyArgs) -> Result<Option<tempfile::NamedTempFile>, Failure> {
    if !inputs.iter().any(|input| is_dash(&input.path)) {
        return Ok(None);
    }
    let write = |e| Error::io("stage", e);
    let mut file = tempfile::NamedTempFile::new().map_err(write)?;
    output::copy_stdin(file.as_file_mut(), limits(&options.limit).file_bytes)?;
    file.rewind().map_err(write)?;
    Ok(Some(file))
}

fn trust(options: &VerifyArgs) -> Result<TrustStore, Failure> {
    let mut trust = TrustStore::new();
    for path in &options.trust {
        trust.add_path(path)?;
    }
    Ok(trust)
}

/// How far it is, on a terminal, when it takes longer than a second.
struct Bar {
    bar: indicatif::ProgressBar,
    started: Instant,
    shown: std::cell::Cell<bool>,
}

impl Bar {
    fn new(total: usize) -> Self {
        let bar = indicatif::ProgressBar::hidden();
        bar.set_length(total as u64);
        Self { bar, started: Instant::now(), shown: std::cell::Cell::new(false) }
    }

    fn show(&self, answered: usize) {
        if !self.shown.get() && self.started.elapsed() >= PATIENCE && std::io::stderr().is_terminal() {
            self.shown.set(true);
            if let Ok(style) = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len} {eta}") {
                self.bar.set_style(style);
            }
            self.bar.set_draw_target(indicatif::ProgressDrawTarget::stderr());
        }
        self.bar.set_position(answered as u64);
    }

    fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        if self.shown.get() { self.bar.suspend(print) } else { print() }
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// Shows answers as they come in order.
struct Printer<'a> {
    options: &'a VerifyArgs,
    out: &'a Out,
    summary: Summary,
    sarif: Sarif,
    printed: bool,
}

impl Printer<'_> {
    fn print(&mut self, input: &Input, answer: Result<Value, Error>) -> Result<(), Failure> {
        let path = input.path.to_string_lossy();
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => worker::failed(&input.path, &error, self.out),
        };
        if input.found && worker::unknown(&answer) {
            self.summary.pass_over();
            return Ok(());
        }
        self.summary.add(&answer);
        let part = |key: &str| answer.get(key).and_then(Value::as_str).unwrap_or_default();
        if self.options.sarif {
            let shown = if is_dash(&input.path) { "stdin".into() } else { path };
            self.sarif.add(&shown, &answer);
        } else if self.options.json {
            self.out.json(answer.get("json").unwrap_or(&Value::Null))?;
        } else if !part("error").is_empty() {
            self.out.note(part("error"));
        } else {
            let gap = if self.printed { "\n" } else { "" };
            self.out.print(&format!("{gap}{}", part("text")))?;
            self.printed = true;
        }
        Ok(())
    }

    fn finish(self, many: bool, answered: usize, total: usize) -> Result<Exit, Failure> {
        let lang = self.out.lang();
        let stopped = answered < total;
        if self.options.sarif {
            let complete = !stopped && self.summary.complete();
            self.out.json(&self.sarif.document(complete, lang))?;
        } else if many && !self.options.json {
            let gap = if self.printed { "\n" } else { "" };
            self.out.print(&format!("{gap}{}", self.summary.page(lang)))?;
        }
        if stopped {
            let args = [("done", answered.to_string()), ("count", total.to_string())];
            self.out.note(&format!("{}\n", text::STOPPED.fill(lang, &args)));
            return Ok(Exit::Stopped);
        }
        Ok(self.summary.exit())
    }
}

/// The exit status of one report. A broken signature outweighs what the rules say.
fn judge(report: &Report, asked: &[Profile]) -> Exit {
    let satisfied = if asked.is_empty() {
        report.carries_intact_label()
    } else {
        // Rules that are not about this kind of content ask for nothing.
        let holds = |outcome| matches!(outcome, Outcome::Compliant | Outcome::NotApplicable);
        asked.iter().all(|profile| report.verdict(profile.id()).is_some_and(|v| holds(v.outcome)))
    };
    match (report.is_broken(), satisfied) {
        (true, _) => Exit::Broken,
        (false, true) => Exit::Success,
        (false, false) => Exit::Unsatisfied,
    }
}

/// The report for people.
fn page(report: &Report, path: &std::path::Path, exit: Exit, options: &VerifyArgs, out: &Out) -> String {
    let lang = out.lang();
    let name = output::shown_path(path, lang);
    let mut page = report::page(report, &name, options.declared, !options.profile.is_empty(), lang);
    if exit == Exit::Unsatisfied && options.profile.is_empty() {
        let labelled = report.evidence.iter().any(|e| e.carrier.is_label());
        let why = if labelled { &text::LAST_WHY_WEAK } else { &text::LAST_WHY_NONE };
        page.gap();
        page.wrapped("", why.get(lang), 0, style::DIM);
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::{broken, labelled, unmarked};
    use biaoshi::finding;

    #[test]
    fn without_a_profile_an_intact_label_is_what_counts() {
        assert_eq!(judge(&labelled(), &[]), Exit::Success);
        assert_eq!(judge(&unmarked(), &[]), Exit::Unsatisfied);
        assert_eq!(judge(&broken(), &[]), Exit::Broken);
        let mut warned = labelled();
        warned.findings.push(finding::LABEL_LATE.finding());
        assert_eq!(judge(&warned, &[]), Exit::Unsatisfied);
    }

    #[test]
    fn with_profiles_every_verdict_counts_and_a_broken_signature_outweighs_them() {
        let asked = [Profile::CN_GB45438];
        let mut report = labelled();
        assert_eq!(judge(&report, &asked), Exit::Success);
        report.findings.push(finding::LABEL_LATE.finding());
        assert_eq!(judge(&report, &asked), Exit::Success, "a warning alone is not the profile's");
        for verdict in &mut report.verdicts {
            verdict.outcome = Outcome::NotApplicable;
        }
        assert_eq!(judge(&report, &asked), Exit::Success, "rules that are not about it ask for nothing");
        for outcome in [Outcome::Noncompliant, Outcome::NotFound, Outcome::Inconclusive] {
            for verdict in &mut report.verdicts {
                verdict.outcome = outcome;
            }
            assert_eq!(judge(&report, &asked), Exit::Unsatisfied, "{outcome:?}");
        }
        report.verdicts.clear();
        assert_eq!(judge(&report, &asked), Exit::Unsatisfied, "not judged is not satisfied");
        assert_eq!(judge(&broken(), &asked), Exit::Broken);
    }
}
