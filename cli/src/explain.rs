//! `biaoshi explain`: the row behind a code.

use biaoshi::message::{self, Message};
use biaoshi::profile::{CheckRow, ProfileData, Test};
use biaoshi::{Lang, Profile, Sure, finding};

use crate::args::ExplainArgs;
use crate::list;
use crate::output::{self, Exit, Failure, Out, Page, shown, style};
use crate::text::{self, PROBLEMS};

/// Column where values start.
const COLUMN: usize = 14;

pub(crate) fn run(options: &ExplainArgs, out: &mut Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    let code = options.code.trim().to_ascii_lowercase();
    let rule = finding::find(&code);
    let Some(message) = rule.map(|r| &r.message).or_else(|| find(&code)) else {
        if check(&code, options.json, out)? {
            return Ok(Exit::Success);
        }
        return Err(unknown(&options.code, &code));
    };
    let kind = if rule.is_some() { &text::KIND_FINDING } else { &text::KIND_ERROR };
    if options.json {
        out.json(&serde_json::json!({
            "code": message.code,
            "kind": if rule.is_some() { "finding" } else { "error" },
            "severity": rule.map(|r| r.severity),
            "clause": rule.map(|r| r.clause(lang)),
            "message": message.text(lang),
            "hint": message.hint(lang),
        }))?;
        return Ok(Exit::Success);
    }
    let mut page = Page::new(lang);
    let mut row = |name: &text::Text, value: &str| page.row(0, COLUMN, name.get(lang), value, style::PLAIN);
    row(&text::ROW_CODE, message.code);
    row(&text::ROW_KIND, kind.get(lang));
    if let Some(rule) = rule {
        row(&text::ROW_SEVERITY, output::severity(rule.severity).0.get(lang));
        row(&text::ROW_CLAUSE, &rule.clause(lang));
    }
    row(&text::ROW_TEXT, message.text(lang));
    let hint = message.hint(lang);
    row(&text::ROW_FIX, if hint.is_empty() { text::NO_HINT.get(lang) } else { hint });
    out.print(&page.finish())?;
    Ok(Exit::Success)
}

/// Explains a check of the rule sets, such as `metadata.single` or, of one rule set alone,
/// `cn-gb45438/metadata.single`; says whether there is one.
fn check(asked: &str, json: bool, out: &mut Out) -> Result<bool, Failure> {
    let lang = out.lang();
    let (profile, id) = asked.split_once('/').map_or((None, asked), |(profile, id)| (Some(profile), id));
    let mut found = false;
    for data in Profile::ALL.iter().filter_map(|p| p.data()).filter(|d| profile.is_none_or(|p| p == d.id)) {
        for check in data.checks.iter().filter(|check| check.id == id) {
            let clause = message::clause(&check.clause, lang);
            if json {
                out.json(&serde_json::json!({
                    "code": check.id, "kind": "check", "profile": data.id, "clause": clause, "sure": check.sure,
                    "test": check.test, "findings": check.findings, "reason": check.reason,
                    "modalities": check.modalities, "recommended": check.recommended,
                }))?;
            } else {
                let gap = if found { "\n" } else { "" };
                out.print(&format!("{gap}{}", check_page(data, check, &clause, lang).finish()))?;
            }
            found = true;
        }
    }
    Ok(found)
}

fn check_page(data: &ProfileData, check: &CheckRow, clause: &str, lang: Lang) -> Page {
    let mut page = Page::new(lang);
    let mut row = |name: &text::Text, value: &str| page.row(0, COLUMN, name.get(lang), value, style::PLAIN);
    row(&text::ROW_CODE, &check.id);
    row(&text::ROW_KIND, &text::KIND_CHECK.with(lang, "profile", data.id.clone()));
    row(&text::ROW_CLAUSE, clause);
    row(&text::CHECK_SURE, sure(check.sure).get(lang));
    if !check.modalities.is_empty() {
        let names = check.modalities.iter().map(|m| list::modality(*m).get(lang));
        row(&text::CHECK_MODALITIES, &names.collect::<Vec<_>>().join(text::LIST_COMMA.get(lang)));
    }
    let mut how = how(check, lang);
    if !check.findings.is_empty() {
        let fails = text::CHECK_FAILS_BY.with(lang, "codes", check.findings.join(text::LIST_COMMA.get(lang)));
        how = if check.test == Test::NoFindings { fails } else { format!("{how}; {fails}") };
    }
    row(&text::ROW_TEXT, &how);
    page
}

const fn sure(sure: Sure) -> &'static text::Text {
    match sure {
        Sure::Stated => &text::SURE_WORD_STATED,
        Sure::Inferred => &text::SURE_WORD_INFERRED,
        Sure::Unconfirmed => &text::SURE_WORD_UNCONFIRMED,
    }
}

/// What a check looks for, in words.
fn how(check: &CheckRow, lang: Lang) -> String {
    let plain = |text: &text::Text| text.get(lang).to_owned();
    match check.test {
        Test::NotCheckable => {
            let reason = check.reason.unwrap_or(biaoshi::Reason::Unread).message();
            text::CHECK_NOT_SHOWN.with(lang, "reason", reason.text(lang).to_owned())
        }
        Test::LabelPresent => plain(&text::CHECK_LABEL),
        Test::MachineMark => plain(&text::CHECK_MARK),
        Test::ManifestPresent => plain(&text::CHECK_MANIFEST),
        Test::Signed => plain(&text::CHECK_SIGNED),
        Test::SignerTrusted => plain(&text::CHECK_TRUSTED),
        Test::TimeStamp => plain(&text::CHECK_TIME),
        Test::Stated => {
            let field = serde_json::to_value(check.field).ok();
            let name = field.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
            text::CHECK_STATED.with(lang, "field", name.to_owned())
        }
        Test::DigitalSourceType => plain(&text::CHECK_SOURCE),
        Test::TwoLayers => plain(&text::CHECK_LAYERS),
        Test::Watermark => plain(&text::CHECK_WATERMARK),
        _ => plain(&text::CHECK_NO_FINDINGS),
    }
}

fn find(code: &str) -> Option<&'static Message> {
    message::find(code).or_else(|| PROBLEMS.iter().copied().find(|m| m.code == code))
}

fn unknown(asked: &str, code: &str) -> Failure {
    let all = finding::ALL.iter().map(|r| r.code());
    let all = all.chain(message::all().map(|m| m.code)).chain(PROBLEMS.iter().map(|m| m.code));
    let steps = |known: &str| {
        let part = code.len() >= 4 && (known.starts_with(code) || known.ends_with(&format!(".{code}")));
        if part { 0 } else { distance(code, known) }
    };
    let near = all.map(|known| (steps(known), known)).min();
    match near {
        Some((steps, known)) if steps <= code.len().min(12).div_euclid(4) => {
            output::invalid(&text::CODE_NEAR, vec![("code", shown(asked)), ("near", known.to_owned())])
        }
        _ => output::invalid(&text::CODE_UNKNOWN, vec![("code", shown(asked))]),
    }
}

/// How many characters must be added, dropped or exchanged to make one text the other; texts over
/// 64 characters are infinitely far.
fn distance(a: &str, b: &str) -> usize {
    if a.len() > 64 || b.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i.saturating_add(1)];
        for ((y, diagonal), above) in b.chars().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(0);
            let exchange = diagonal.saturating_add(usize::from(x != y));
            next.push(exchange.min(left.saturating_add(1)).min(above.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, steps) in [("", "", 0), ("a", "", 1), ("label.duplicat", "label.duplicate", 1), ("abc", "acb", 2)] {
            assert_eq!(distance(a, b), steps, "{a} {b}");
        }
        assert_eq!(distance(&"x".repeat(65), "x"), usize::MAX);
    }

    #[test]
    fn a_mistyped_code_gets_a_proposal_and_nonsense_gets_none() {
        let code = |asked: &str| match unknown(asked, asked) {
            Failure::Core(error) => (error.code(), error.hint(biaoshi::Lang::En)),
            Failure::Pipe => ("pipe", String::new()),
        };
        assert_eq!(code("label.dupliate"), ("cli.code_near", "did you mean label.duplicate?".to_owned()));
        assert_eq!(code("zzzzzzzzzzzz").0, "cli.code_unknown");
    }
}
