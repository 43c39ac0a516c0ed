//! `biaoshi verify`: what files state, whether to believe it, which rules hold.

use std::path::Path;

use biaoshi::report::{Claim, Outcome};
use biaoshi::{Error, Profile, Report, TrustStore, Verifier};

use crate::args::VerifyArgs;
use crate::output::{self, Exit, Failure, Out, is_dash, style};
use crate::report;
use crate::text;

#[derive(Debug, Default)]
struct Tally {
    good: usize,
    bad: usize,
    broken: usize,
    errors: usize,
}

pub(crate) fn run(options: &VerifyArgs, out: &mut Out) -> Result<Exit, Failure> {
    output::check_one_stdin(&options.files)?;
    let mut trust = TrustStore::new();
    for path in &options.trust {
        trust.add_path(path)?;
    }
    let mut exit = Exit::Success;
    let mut tally = Tally::default();
    let mut printed = false;
    for file in &options.files {
        let one = match verify(file, options, &trust) {
            Ok(report) => {
                let one = judge(&report, &options.profile);
                if printed && !options.json {
                    out.print("\n")?;
                }
                printed = true;
                show(&report, file, one, options, out)?;
                one
            }
            Err(error) => {
                if options.json {
                    out.json(&output::error_json(&file.to_string_lossy(), &error, out.lang()))?;
                } else {
                    out.error_about(&output::shown_path(file, out.lang()), &error);
                }
                Exit::Error
            }
        };
        let count = match one {
            Exit::Success => &mut tally.good,
            Exit::Unsatisfied => &mut tally.bad,
            Exit::Broken => &mut tally.broken,
            Exit::Error => &mut tally.errors,
        };
        *count = count.saturating_add(1);
        exit = exit.and(one);
    }
    if options.files.len() > 1 && !options.json {
        let args = [
            ("count", options.files.len().to_string()),
            ("good", tally.good.to_string()),
            ("bad", tally.bad.to_string()),
            ("broken", tally.broken.to_string()),
            ("errors", tally.errors.to_string()),
        ];
        let gap = if printed { "\n" } else { "" };
        out.print(&format!("{gap}{}\n", text::SUMMARY.fill(out.lang(), &args)))?;
    }
    Ok(exit)
}

fn verify(file: &Path, options: &VerifyArgs, trust: &TrustStore) -> Result<Report, Error> {
    output::check_input(file)?;
    let verifier = options
        .profile
        .iter()
        .fold(Verifier::new(), |verifier, profile| verifier.profile(*profile))
        .trust(trust)
        .declared(options.declared);
    if is_dash(file) {
        verifier.file_name("-").verify_bytes(&output::read_stdin()?)
    } else {
        verifier.verify_file(file)
    }
}

/// The exit status of one report. A broken signature outweighs what the rules say.
fn judge(report: &Report, asked: &[Profile]) -> Exit {
    let satisfied = if asked.is_empty() {
        report.carries_intact_label()
    } else {
        asked.iter().all(|profile| report.verdict(profile.id()).is_some_and(|v| v.outcome == Outcome::Compliant))
    };
    match (report.is_broken(), satisfied) {
        (true, _) => Exit::Broken,
        (false, true) => Exit::Success,
        (false, false) => Exit::Unsatisfied,
    }
}

fn show(report: &Report, file: &Path, exit: Exit, options: &VerifyArgs, out: &Out) -> Result<(), Failure> {
    let lang = out.lang();
    if options.json {
        let value = serde_json::to_value(report.document(lang)).map_err(output::internal)?;
        return out.json(&value);
    }
    let name = output::shown_path(file, lang);
    let mut page = report::page(report, &name, options.declared, lang);
    if exit == Exit::Unsatisfied && options.profile.is_empty() {
        let labelled =
            report.evidence.iter().any(|e| matches!(e.claim, Claim::Ai | Claim::PossiblyAi | Claim::SuspectedAi));
        let why = if labelled || !report.evidence.is_empty() { &text::LAST_WHY_WEAK } else { &text::LAST_WHY_NONE };
        page.gap();
        page.wrapped("", why.get(lang), 0, style::DIM);
    }
    out.print(&page.finish())
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
