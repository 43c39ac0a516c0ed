//! `biaoshi provider`: the 27-character provider code of TC260-PG-20252A.

use biaoshi::label::provider::Service;
use biaoshi::{Error, ProviderCode};
use serde_json::json;

use crate::args::{CheckArgs, ComposeArgs, ProviderArgs, ProviderVerb, ServiceArg};
use crate::output::{Exit, Failure, Out, Page, pad, style};
use crate::text;

pub(crate) fn run(options: &ProviderArgs, out: &mut Out) -> Result<Exit, Failure> {
    match &options.verb {
        ProviderVerb::Compose(options) => compose(options, out),
        ProviderVerb::Check(options) => check(options, out),
    }
}

fn compose(options: &ComposeArgs, out: &Out) -> Result<Exit, Failure> {
    let service = match options.service {
        ServiceArg::None => Service::None,
        ServiceArg::Generation => Service::Generation,
        ServiceArg::Propagation => Service::Propagation,
    };
    let code = ProviderCode::compose(&options.credit_code, service, &options.extension).map_err(Error::from)?;
    if options.json {
        out.json(&describe(&code, out))?;
    } else {
        out.print(&format!("{code}\n"))?;
    }
    Ok(Exit::Success)
}

fn check(options: &CheckArgs, out: &Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    let code = match ProviderCode::parse(&options.code) {
        Ok(code) => code,
        Err(reason) => {
            invalid(&options.code, &reason.in_field(&options.code), options.json, out)?;
            return Ok(Exit::Unsatisfied);
        }
    };
    if options.json {
        out.json(&describe(&code, out))?;
        return Ok(Exit::Success);
    }
    let mut page = Page::new(lang);
    page.wrapped("✓ ", &text::PROVIDER_VALID.with(lang, "code", &code), 2, style::PLAIN);
    for part in code.explain() {
        let positions = if part.first == part.last {
            part.first.to_string()
        } else {
            text::POSITIONS.fill(lang, &[("first", part.first.to_string()), ("last", part.last.to_string())])
        };
        let line = format!("  {} {} {}", pad(&positions, 6), pad(&part.value, 10), part.meaning(lang));
        page.line(&line, style::PLAIN);
    }
    page.wrapped("", text::PROVIDER_NOTE.get(lang), 0, style::PLAIN);
    out.print(&page.finish())?;
    Ok(Exit::Success)
}

/// That a code is invalid is what was asked: a result, on standard output.
fn invalid(code: &str, error: &Error, as_json: bool, out: &Out) -> Result<(), Failure> {
    let lang = out.lang();
    if as_json {
        return out.json(&json!({ "code": code, "valid": false, "error": {
            "code": error.code(), "message": error.text(lang), "hint": error.hint(lang),
        }}));
    }
    let mut page = Page::new(lang);
    let words = text::PROVIDER_INVALID.with(lang, "reason", error.text(lang));
    page.wrapped("✗ ", &words, 2, style::PLAIN);
    page.hint(&error.hint(lang), 2);
    out.print(&page.finish())
}

fn describe(code: &ProviderCode, out: &Out) -> serde_json::Value {
    let lang = out.lang();
    let parts: Vec<_> = code
        .explain()
        .iter()
        .map(|part| {
            json!({
                "first": part.first, "last": part.last, "value": part.value, "meaning": part.meaning(lang),
            })
        })
        .collect();
    json!({
        "code": code.as_str(), "valid": true, "credit_code": code.credit_code(),
        "service": code.service().code().to_string(), "extension": code.extension(), "parts": parts,
    })
}
