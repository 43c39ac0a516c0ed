//! The process that looks at files, one request per line.

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use biaoshi::verify::Look;
use biaoshi::watermark::Key;
use biaoshi::{Error, Limits, Report, TrustStore, Verifier};
use serde_json::{Value, json};

use crate::args::{VerifyArgs, limits};
use crate::output::{self, Exit, Failure, Out};
use crate::process;

use super::{inputs, judge, page, trust};

/// Answers every request until there are no more.
pub(super) fn run(options: &VerifyArgs, out: &Out) -> Result<Exit, Failure> {
    let trust = trust(options)?;
    let mut answers = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.map_err(|e| Error::io("read", e))?;
        let request: Value = serde_json::from_str(&line).map_err(output::internal)?;
        let bytes = request.get("path").and_then(Value::as_array).into_iter().flatten();
        let bytes: Vec<u8> = bytes.filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect();
        let path = inputs::path_from(&bytes)?;
        let stdin = request.get("stdin").and_then(Value::as_bool).unwrap_or(false);
        let answer = answer(path, stdin, options, &trust, out)?;
        writeln!(answers, "{answer}").and_then(|()| answers.flush()).map_err(Failure::stdout)?;
    }
    Ok(Exit::Success)
}

fn answer(path: PathBuf, stdin: bool, options: &VerifyArgs, trust: &TrustStore, out: &Out) -> Result<Value, Failure> {
    let shown = if stdin { PathBuf::from("-") } else { path.clone() };
    let report = match verify(&path, stdin, options, trust) {
        Ok(report) => report,
        Err(error) => return Ok(failed(&shown, &error, out)),
    };
    let exit = judge(&report, &options.profile);
    let document = serde_json::to_value(report.document(out.lang())).map_err(output::internal)?;
    Ok(json!({
        "exit": exit.word(),
        "text": page(&report, &shown, exit, options, out),
        "json": document,
        "intact": report.carries_intact_label(),
    }))
}

/// The limits, with less time for a program that is started than for the file: so it is ended, and
/// its files go, before this process is.
fn bounds(options: &VerifyArgs) -> Limits {
    let mut limits = limits(&options.limit);
    let time = u64::from(options.time_limit);
    limits.tool_seconds = limits.tool_seconds.min(time.saturating_mul(4) / 5).max(1);
    limits
}

fn verify(path: &Path, stdin: bool, options: &VerifyArgs, trust: &TrustStore) -> Result<Report, Error> {
    let verifier = options
        .profile
        .iter()
        .fold(Verifier::new(), |verifier, profile| verifier.profile(*profile))
        .trust(trust)
        .limits(bounds(options))
        .declared(options.declared);
    let verifier = if options.look { verifier.look(Look::Everything).programs(process::programs()) } else { verifier };
    let mut verifier = verifier;
    for path in &options.watermark_key {
        verifier = verifier.watermark_key(Key::load(path)?);
    }
    if stdin {
        let mut copy = std::fs::File::open(path).map_err(|e| Error::io("read", e))?;
        return verifier.file_name("-").verify(&mut copy);
    }
    output::check_input(path)?;
    verifier.verify_file(path)
}

/// The answer about a file that could not be read.
pub(super) fn failed(path: &Path, error: &Error, out: &Out) -> Value {
    json!({
        "exit": Exit::Error.word(),
        "error": out.error_page(&output::shown_path(path, out.lang()), error),
        "json": output::error_json(&path.to_string_lossy(), error, out.lang()),
    })
}

/// Whether the content is of no known format, or of one that is known only by name.
pub(super) fn unknown(answer: &Value) -> bool {
    let code = answer.get("json").and_then(|json| json.get("error")?.get("code")?.as_str());
    code.is_some_and(|code| code == "format.unknown" || code == "format.unsupported")
}
