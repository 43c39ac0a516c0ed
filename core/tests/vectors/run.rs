//! How one vector is run. The generator (`cargo xtask vectors`) and the test share it; what comes
//! out is JSON that another implementation can compare with.

use biaoshi::label::{aigc, provider};
use biaoshi::verify::Look;
use biaoshi::{
    Bound, Claim, Error, Explicit, Integrity, Key, Label, Labeler, Lang, Limits, Profile, Report, Statement, Status,
    Verifier,
};
use serde_json::{Value, json};

/// Bounds that the parameters of a vector set.
fn limits(params: &Value) -> Limits {
    let mut limits = Limits::default();
    for (name, value) in params.get("limits").and_then(Value::as_object).into_iter().flatten() {
        let n = value.as_u64().expect("a limit is a number");
        assert!(limits.set(name, n), "unknown limit {name}");
    }
    limits
}

/// Who must act, and the stable code.
fn error(error: &Error) -> Value {
    json!({ "error": { "kind": error.kind(), "code": error.code() } })
}

fn document(result: Result<Report, Error>) -> Value {
    match result {
        Ok(report) => json!({ "report": serde_json::to_value(report.document(Lang::En)).unwrap() }),
        Err(e) => error(&e),
    }
}

fn verifier(params: &Value) -> Verifier<'static> {
    let mut verifier = Verifier::new().limits(limits(params));
    if let Some(name) = params.get("file_name").and_then(Value::as_str) {
        verifier = verifier.file_name(name);
    }
    if params.get("look").and_then(Value::as_bool).unwrap_or(false) {
        verifier = verifier.look(Look::Everything);
    }
    verifier.declared(params.get("declared").and_then(Value::as_bool).unwrap_or(false))
}

/// Kind `verify`: the whole report, or the error.
pub fn verify(bytes: &[u8], params: &Value) -> Value {
    document(verifier(params).verify_bytes(bytes))
}

/// Kind `write`: the metadata layer alone. The labelled bytes, and the report about them. The
/// parameter `file_name` tells kinds of text apart.
pub fn write(bytes: &[u8], label: &Value, params: &Value) -> (Option<Vec<u8>>, Value) {
    let label: Label = match serde_json::from_value(label.clone()) {
        Ok(label) => label,
        Err(e) => panic!("label of a vector: {e}"),
    };
    let mut labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("vector"));
    if let Some(name) = params.get("file_name").and_then(Value::as_str) {
        labeler = labeler.file_name(name);
    }
    match labeler.label_bytes(bytes, &label) {
        Ok((out, receipt)) => {
            let mut value = verify(&out, params);
            value.as_object_mut().unwrap().insert("changed".into(), receipt.changed.into());
            (Some(out), value)
        }
        Err(e) => (None, error(&e)),
    }
}

/// Kind `label`: the fields, level and leniencies of a value, or why it can't be read.
pub fn label(value: &[u8]) -> Value {
    aigc::answer(value, &Limits::default())
}

/// Kind `code`: `valid`, `acceptable` (right, but its service digit is not known) or `invalid`.
pub fn code(text: &str) -> Value {
    provider::answer(text)
}

/// Every state of a carrier in the truth table: absent, or claim and integrity. `vouched`: intact
/// under an anchor or pinned key; `intact`: under a key of the file's own; `open`: nothing that was
/// checked protects it.
pub fn decide_states() -> Vec<String> {
    let claims = ["ai", "possibly_ai", "suspected_ai", "not_ai", "unclear", "silent"];
    let mut out = vec!["absent".to_owned()];
    for claim in claims {
        out.extend(["vouched", "intact", "open", "broken"].map(|integrity| format!("{claim}/{integrity}")));
    }
    out
}

fn statement(state: &str) -> Option<Statement> {
    let (claim, integrity) = state.split_once('/')?;
    let claim = serde_json::from_value::<Claim>(claim.into()).expect("a claim");
    let (integrity, key) = match integrity {
        "vouched" => (Integrity::Intact, Some(Key::Trusted)),
        "intact" => (Integrity::Intact, Some(Key::Embedded)),
        "open" => (Integrity::Absent, None),
        _ => (Integrity::Broken, None),
    };
    Some(Statement { claim, integrity, key, bound: Some(Bound::Content) })
}

/// Kind `decide`: one letter for each state of the second, third and fourth carrier in turn, the
/// last one running fastest, first not declared and then declared: `c`onfirmed, `p`ossible,
/// `s`uspected, `i`nconclusive, `n`one.
pub fn decide(first: &str) -> String {
    let states: Vec<Option<Statement>> = decide_states().iter().map(|s| statement(s)).collect();
    let first = statement(first);
    let mut out = String::new();
    for second in &states {
        for third in &states {
            for fourth in &states {
                let evidence: Vec<Statement> = [first, *second, *third, *fourth].into_iter().flatten().collect();
                for declared in [false, true] {
                    out.push(match biaoshi::verify::decide(&evidence, declared) {
                        Status::Confirmed => 'c',
                        Status::Possible => 'p',
                        Status::Suspected => 's',
                        Status::Inconclusive => 'i',
                        Status::None => 'n',
                    });
                }
            }
        }
    }
    out
}
