//! How one vector is run. The generator (`cargo xtask vectors`) and the test share it; what comes
//! out is JSON that another implementation can compare with.

use biaoshi::label::aigc::{self, Broken, BrokenReason, Leniency};
use biaoshi::label::provider::{CodeError, ProviderCode, Service};
use biaoshi::verify::Look;
use biaoshi::{
    Bound, Claim, Error, Explicit, Integrity, Key, Label, Labeler, Lang, Limits, Profile, Report, Statement, Status,
    Verifier,
};
use serde_json::{Map, Value, json};

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
    let kind = match error {
        Error::Io { .. } => "io",
        Error::Malformed(_) => "malformed",
        Error::Unsupported(_) => "unsupported",
        Error::Limit(_) => "limit",
        Error::Invalid(_) => "invalid",
        Error::Refused(_) => "refused",
        Error::Signing(_) => "signing",
        _ => "internal",
    };
    json!({ "error": { "kind": kind, "code": error.code() } })
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

fn snake(debug: &str) -> String {
    let mut out = String::new();
    for c in debug.chars().take_while(char::is_ascii_alphanumeric) {
        if c.is_ascii_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn leniency(leniency: &Leniency) -> Value {
    let mut out = Map::new();
    out.insert("code".into(), snake(&format!("{leniency:?}")).into());
    let mut put = |name: &str, value: Value| out.insert(name.into(), value);
    match leniency {
        Leniency::WrapperCase { found } => drop(put("found", found.as_str().into())),
        Leniency::BesideWrapper { key } | Leniency::UnknownKey { key } => drop(put("key", key.as_str().into())),
        Leniency::NotAString { key, found } => {
            put("key", key.name().into());
            put("found", snake(&format!("{found:?}")).into());
        }
        Leniency::MisspeltKey { found, likely } => {
            put("found", found.as_str().into());
            put("likely", likely.name().into());
        }
        Leniency::LabelOutsideEnum { value } => drop(put("value", value.as_str().into())),
        Leniency::CharsetViolation { key, found, position } => {
            put("key", key.name().into());
            put("found", found.to_string().into());
            put("position", (*position).into());
        }
        Leniency::BadProviderCode { key, why } => {
            put("key", key.name().into());
            put("why", reason(why));
        }
        Leniency::LongField { key, bytes } => {
            put("key", key.name().into());
            put("bytes", (*bytes).into());
        }
        Leniency::MissingKey { key }
        | Leniency::EmptyField { key }
        | Leniency::QuotesInReserved { key }
        | Leniency::NameForCode { key }
        | Leniency::AllZeroId { key } => drop(put("key", key.name().into())),
        _ => {}
    }
    Value::Object(out)
}

fn broken(broken: &Broken) -> Value {
    let mut out = json!({ "broken": snake(&format!("{:?}", broken.reason)), "offset": broken.offset });
    match &broken.reason {
        BrokenReason::DuplicateKey { key } => out["key"] = key.as_str().into(),
        BrokenReason::NoLabelKeys { found } => out["found"] = json!(found),
        _ => {}
    }
    out
}

/// Kind `label`: the fields, level and leniencies of a value, or why it can't be read.
pub fn label(value: &[u8]) -> Value {
    match aigc::parse(value, &Limits::default()) {
        Ok(parsed) => {
            let fields: Map<String, Value> =
                aigc::Key::ALL.into_iter().map(|k| (k.name().to_owned(), parsed.aigc.get(k).into())).collect();
            json!({
                "fields": fields,
                "level": parsed.level.map(|l| l.code()),
                "strict": parsed.is_strict(),
                "leniencies": parsed.leniencies.iter().map(leniency).collect::<Vec<_>>(),
            })
        }
        Err(e) => broken(&e),
    }
}

fn reason(why: &CodeError) -> Value {
    let mut out = json!({ "code": snake(&format!("{why:?}")) });
    match why {
        CodeError::Length { found, due } => {
            out["found"] = (*found).into();
            out["due"] = (*due).into();
        }
        CodeError::Character { position, found, likely } => {
            out["position"] = (*position).into();
            out["found"] = found.to_string().into();
            out["likely"] = likely.map(|c| c.to_string()).into();
        }
        CodeError::CheckDigit { found, right } => {
            out["found"] = found.to_string().into();
            out["right"] = right.to_string().into();
        }
        CodeError::Format { found } => out["found"] = found.as_str().into(),
        CodeError::Subject { found } | CodeError::Binding { found } => out["found"] = found.to_string().into(),
        _ => {}
    }
    out
}

/// Kind `code`: `valid`, `acceptable` (right, but its service digit is not known) or `invalid`.
pub fn code(text: &str) -> Value {
    match ProviderCode::parse(text) {
        Ok(code) => json!({
            "result": if matches!(code.service(), Service::Other(_)) { "acceptable" } else { "valid" },
            "credit_code": code.credit_code(),
            "service": code.service().code().to_string(),
            "extension": code.extension(),
        }),
        Err(why) => json!({ "result": "invalid", "reason": reason(&why) }),
    }
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
