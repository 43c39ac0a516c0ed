//! A report for people: what the file states, by what evidence, what is wrong, which rules hold.
//!
//! The words are about the label. Whether a file is true, authentic or made by a human is
//! nothing that this can tell, so no sentence says it.

use biaoshi::report::{CarrierKind, Check, CheckResult, Claim, Key, LabelFields, LabelKind, Outcome, Signer, Verdict};
use biaoshi::{Bound, Evidence, Finding, Integrity, Lang, Report, Severity, Site, Status};

use crate::output::{Page, number, severity, shown, style};
use crate::text::{self, Text};

/// Column where the values of evidence start.
const COLUMN: usize = 16;

/// Writes the whole report; `declared` is whether the user declared the content, `asked` whether
/// rule sets were asked for by name.
pub(crate) fn page(report: &Report, name: &str, declared: bool, asked: bool, lang: Lang) -> Page {
    let mut page = Page::new(lang);
    head(&mut page, report, name, lang);
    status(&mut page, report, declared, lang);
    for item in &report.evidence {
        evidence(&mut page, item, lang);
    }
    findings(&mut page, &report.findings, lang);
    verdicts(&mut page, report, lang);
    duties::section(&mut page, report, asked, lang);
    page
}

fn head(page: &mut Page, report: &Report, name: &str, lang: Lang) {
    let about =
        text::FILE_LINE.fill(lang, &[("format", report.format.row().name.to_owned()), ("bytes", number(report.bytes))]);
    let (bold, end) = (style::TITLE, style::TITLE.render_reset());
    page.line(&format!("{bold}{name}{end}{about}"), style::PLAIN);
}

/// What the file states, as one sentence about its marks.
pub(crate) fn status_text(report: &Report, declared: bool) -> &'static Text {
    let claims = |wanted: Claim| report.evidence.iter().any(|e| e.claim == wanted);
    match report.status {
        Status::Confirmed => &text::STATUS_CONFIRMED,
        Status::Possible if declared && !claims(Claim::PossiblyAi) => &text::STATUS_DECLARED,
        Status::Possible => &text::STATUS_POSSIBLE,
        Status::Suspected if claims(Claim::SuspectedAi) => &text::STATUS_SUSPECTED,
        Status::Suspected => &text::STATUS_TRACES,
        Status::Inconclusive => &text::STATUS_INCONCLUSIVE,
        Status::None if !report.evidence.is_empty() => &text::STATUS_NO_AI_MARK,
        Status::None if report.has("file.truncated") || report.has("file.malformed") => &text::STATUS_NONE_DAMAGED,
        Status::None => &text::STATUS_NONE,
    }
}

fn status(page: &mut Page, report: &Report, declared: bool, lang: Lang) {
    page.wrapped("", status_text(report, declared).get(lang), 0, style::PLAIN);
    if report.is_broken() {
        page.wrapped("✗ ", text::CAUTION_BROKEN.get(lang), 2, style::BAD);
    }
}

fn evidence(page: &mut Page, item: &Evidence, lang: Lang) {
    let layer = match item.kind {
        LabelKind::Explicit => &text::LAYER_EXPLICIT,
        LabelKind::ImplicitMetadata => &text::LAYER_METADATA,
        LabelKind::ImplicitContent => &text::LAYER_CONTENT,
    };
    page.gap();
    page.wrapped(&format!("{} · ", layer.get(lang)), carrier(item.carrier).get(lang), 2, style::TITLE);
    row(page, &text::ROW_FOUND, &site(&item.site, lang), style::PLAIN, lang);
    let mut states = claim(item.claim).get(lang).to_owned();
    if let Some(label) = item.label.as_ref().filter(|label| !label.label.is_empty()) {
        states.push_str(&text::LABEL_VALUE.with(lang, "value", shown(&label.label)));
    }
    // What a notice says stands in the notice; what follows from it is the platform's to conclude.
    if item.notice.is_none() {
        row(page, &text::ROW_STATES, &states, style::PLAIN, lang);
    }
    if let Some(seen) = &item.notice {
        row(page, &text::ROW_NOTICE_SEEN, &notice::perceived(seen, lang), style::PLAIN, lang);
    }
    if let Some(mark) = &item.watermark {
        let bound = match mark.of_label {
            Some(true) => &text::WATERMARK_OF_LABEL,
            Some(false) => &text::WATERMARK_OF_OTHER,
            None => &text::WATERMARK_UNBOUND,
        };
        let args =
            [("payload", shown(&mark.payload)), ("scheme", shown(&mark.scheme)), ("whose", bound.get(lang).to_owned())];
        row(page, &text::ROW_WATERMARK, &text::WATERMARK_READ.fill(lang, &args), style::PLAIN, lang);
    }
    if let Some(source_type) = &item.source_type {
        row(page, &text::ROW_SOURCE, &shown(source_type), style::PLAIN, lang);
    }
    if let Some(label) = &item.label {
        fields(page, label, lang);
    }
    let (words, look) = integrity(item, lang);
    row(page, &text::ROW_INTEGRITY, &words, look, lang);
    // A manifest is tied to the content by its nature; a label's own signature need not be.
    let own = item.signer.as_ref().is_some_and(|signer| signer.public_key_sha256.is_some());
    if let (Some(bound), true) = (item.bound, own) {
        let (words, look) = match bound {
            Bound::Content => (&text::TIED_CONTENT, style::PLAIN),
            Bound::Picture => (&text::TIED_PICTURE, style::PLAIN),
            Bound::Nothing => (&text::TIED_NOTHING, style::WARN),
        };
        row(page, &text::ROW_TIED, words.get(lang), look, lang);
    }
    if let Some(time) = item.signer.as_ref().and_then(|signer| signer.time.as_ref()) {
        row(page, &text::ROW_SIGNED_AT, &shown(time), style::PLAIN, lang);
    }
}

fn row(page: &mut Page, name: &Text, value: &str, look: anstyle::Style, lang: Lang) {
    page.row(2, COLUMN, name.get(lang), value, look);
}

/// Producer, propagator and what else a label holds.
fn fields(page: &mut Page, label: &LabelFields, lang: Lang) {
    let value = |text: &str| {
        if text.is_empty() { text::EMPTY.get(lang).to_owned() } else { shown(text) }
    };
    row(page, &text::ROW_PRODUCER, &value(&label.content_producer), style::PLAIN, lang);
    row(page, &text::ROW_ID, &value(&label.produce_id), style::PLAIN, lang);
    let first_writing = label.content_propagator == label.content_producer && label.propagate_id == label.produce_id;
    if first_writing && !label.content_producer.is_empty() {
        let same = text::SAME_AS_PRODUCER.get(lang);
        row(page, &text::ROW_PROPAGATOR, same, style::PLAIN, lang);
    } else {
        row(page, &text::ROW_PROPAGATOR, &value(&label.content_propagator), style::PLAIN, lang);
        row(page, &text::ROW_PROPAGATE_ID, &value(&label.propagate_id), style::PLAIN, lang);
    }
    for (name, reserved) in
        [(&text::ROW_RESERVED1, &label.reserved_code1), (&text::ROW_RESERVED2, &label.reserved_code2)]
    {
        if !reserved.is_empty() {
            row(page, name, &protection(reserved, lang), style::PLAIN, lang);
        }
    }
}

/// Protection data: whole if it is short, else what it is; all of it is in the JSON.
fn protection(value: &str, lang: Lang) -> String {
    const SHORT: usize = 120;
    if value.len() <= SHORT {
        return shown(value);
    }
    let scheme = if value.contains("SecurityData") { "SecurityData" } else { "…" };
    text::PROTECTION.fill(lang, &[("scheme", scheme.to_owned()), ("bytes", number(value.len() as u64))])
}

/// The word for a way of carrying.
pub(crate) fn carrier(kind: CarrierKind) -> &'static Text {
    match kind {
        CarrierKind::AigcMetadata => &text::CARRIER_AIGC,
        CarrierKind::IptcSourceType => &text::CARRIER_IPTC,
        CarrierKind::C2paManifest => &text::CARRIER_MANIFEST,
        CarrierKind::C2paAssertion => &text::CARRIER_ASSERTION,
        CarrierKind::C2paIngredient => &text::CARRIER_INGREDIENT,
        CarrierKind::IptcAiFields => &text::CARRIER_IPTC_AI,
        CarrierKind::VendorMark => &text::CARRIER_VENDOR,
        CarrierKind::GeneratorTrace => &text::CARRIER_TRACE,
        CarrierKind::ExplicitNotice => &text::CARRIER_NOTICE,
        CarrierKind::Watermark => &text::CARRIER_WATERMARK,
        _ => &text::CARRIER_OTHER,
    }
}

/// The words for what a mark states.
pub(crate) fn claim(claim: Claim) -> &'static Text {
    match claim {
        Claim::Ai => &text::CLAIM_AI,
        Claim::PossiblyAi => &text::CLAIM_POSSIBLE,
        Claim::SuspectedAi => &text::CLAIM_SUSPECTED,
        Claim::NotAi => &text::CLAIM_NOT_AI,
        Claim::Silent => &text::CLAIM_SILENT,
        Claim::Unclear => &text::CLAIM_UNCLEAR,
    }
}

fn site(site: &Site, lang: Lang) -> String {
    text::SITE
        .fill(lang, &[("slot", shown(&site.slot)), ("offset", number(site.offset)), ("length", number(site.length))])
}

/// Whether evidence can be believed, in words.
fn integrity(item: &Evidence, lang: Lang) -> (String, anstyle::Style) {
    let plain = |text: &Text| text.get(lang).to_owned();
    match (item.integrity, item.key) {
        (Integrity::Absent, _) => (plain(&text::UNPROTECTED), style::PLAIN),
        (Integrity::NotChecked, _) => (plain(&text::NOT_CHECKED), style::WARN),
        (Integrity::Unsupported, _) => (plain(&text::UNSUPPORTED), style::WARN),
        (Integrity::Intact, Some(Key::Pinned)) => (plain(&text::INTACT_PINNED), style::GOOD),
        (Integrity::Intact, Some(Key::Embedded))
            if item.signer.as_ref().is_some_and(|s| s.public_key_sha256.is_some()) =>
        {
            (plain(&text::INTACT_OWN_KEY), style::PLAIN)
        }
        (Integrity::Intact, Some(Key::Trusted)) if item.signer.is_none() => {
            (plain(&text::COVERED_TRUSTED), style::GOOD)
        }
        (Integrity::Intact, Some(Key::Embedded)) if item.signer.is_none() => {
            (plain(&text::COVERED_EMBEDDED), style::PLAIN)
        }
        (Integrity::Intact, Some(Key::Trusted)) => {
            (text::INTACT_TRUSTED.with(lang, "who", who(item.signer.as_ref(), lang)), style::GOOD)
        }
        (Integrity::Intact, Some(Key::Embedded)) => {
            (text::INTACT_EMBEDDED.with(lang, "who", who(item.signer.as_ref(), lang)), style::PLAIN)
        }
        (Integrity::Intact, Some(Key::Expired)) => {
            (text::INTACT_EXPIRED.with(lang, "who", who(item.signer.as_ref(), lang)), style::WARN)
        }
        (Integrity::Intact, None) => (plain(&text::INTACT), style::PLAIN),
        (Integrity::Broken, _) => {
            let codes = join(item.codes.iter().filter(|code| !is_harmless(code)).map(|code| shown(code)), lang);
            let words =
                if codes.is_empty() { plain(&text::BROKEN) } else { text::BROKEN_CODES.with(lang, "codes", codes) };
            (words, style::BAD)
        }
    }
}

/// Whether a C2PA code says that something holds, was not looked at, or is told elsewhere.
fn is_harmless(code: &str) -> bool {
    let last = code.rsplit('.').next().unwrap_or_default();
    matches!(
        last,
        "match" | "validated" | "insideValidity" | "trusted" | "untrusted" | "skipped" | "notRevoked" | "accessible"
    )
}

fn who(signer: Option<&Signer>, lang: Lang) -> String {
    let name = signer.and_then(|s| s.name.as_deref());
    let organization = signer.and_then(|s| s.organization.as_deref());
    match (name, organization) {
        (Some(name), Some(organization)) if name != organization => {
            text::SIGNER_OF.fill(lang, &[("name", shown(name)), ("organization", shown(organization))])
        }
        (Some(name), _) | (None, Some(name)) => shown(name),
        (None, None) => text::SIGNER_UNNAMED.get(lang).to_owned(),
    }
}

fn join(parts: impl Iterator<Item = String>, lang: Lang) -> String {
    parts.collect::<Vec<_>>().join(text::LIST_COMMA.get(lang))
}

/// Findings with severity in words, code, sentence and hint.
pub(crate) fn findings(page: &mut Page, findings: &[Finding], lang: Lang) {
    if findings.is_empty() {
        return;
    }
    page.gap();
    page.line(text::FINDINGS.get(lang), style::TITLE);
    for finding in findings {
        let (word, look) = severity(finding.severity());
        let symbol = match finding.severity() {
            Severity::Info => "·",
            Severity::Warning => "!",
            Severity::Error => "✗",
        };
        let (end, word) = (look.render_reset(), word.get(lang));
        page.line(&format!("  {look}{symbol} {word}{end} {}", finding.code()), style::PLAIN);
        let mut sentence = finding.text(lang);
        if let Some(place) = &finding.site {
            sentence.push_str(&text::AT.with(lang, "site", site(place, lang)));
        }
        page.wrapped("    ", &sentence, 4, style::PLAIN);
        page.hint(&finding.hint(lang), 4);
    }
}

fn verdicts(page: &mut Page, report: &Report, lang: Lang) {
    if report.verdicts.is_empty() {
        return;
    }
    page.gap();
    page.line(text::VERDICTS.get(lang), style::TITLE);
    for one in &report.verdicts {
        verdict(page, one, lang);
    }
}

/// The word for an outcome, with its symbol.
pub(crate) fn outcome(outcome: Outcome) -> (&'static str, &'static Text, anstyle::Style) {
    match outcome {
        Outcome::Compliant => ("✓", &text::OUTCOME_COMPLIANT, style::GOOD),
        Outcome::Noncompliant => ("✗", &text::OUTCOME_NONCOMPLIANT, style::BAD),
        Outcome::NotFound => ("·", &text::OUTCOME_NOT_FOUND, style::PLAIN),
        Outcome::Inconclusive => ("!", &text::OUTCOME_INCONCLUSIVE, style::WARN),
        Outcome::NotApplicable => ("·", &text::OUTCOME_NOT_APPLICABLE, style::PLAIN),
    }
}

fn verdict(page: &mut Page, verdict: &Verdict, lang: Lang) {
    let (symbol, words, look) = outcome(verdict.outcome);
    let colon = text::COLON.get(lang);
    let head = format!("  {look}{symbol}{} {}{colon}", look.render_reset(), shown(&verdict.profile));
    page.wrapped(&head, words.get(lang), 4, look);
    let of = |wanted: CheckResult| verdict.checks.iter().filter(move |c| c.result == wanted);
    let passed = of(CheckResult::Pass).count();
    let failed: Vec<&Check> = of(CheckResult::Fail).collect();
    let judged = passed.saturating_add(failed.len());
    if !matches!(verdict.outcome, Outcome::NotFound | Outcome::NotApplicable) {
        let args = [("passed", passed.to_string()), ("count", judged.to_string())];
        page.wrapped("    ", &text::CHECKS_PASSED.fill(lang, &args), 4, style::PLAIN);
        for check in failed {
            let args = [("id", shown(&check.id)), ("clause", shown(&biaoshi::message::clause(&check.clause, lang)))];
            let mut line = text::CHECK_FAILED.fill(lang, &args);
            if !check.findings.is_empty() {
                let codes = join(check.findings.iter().map(|code| shown(code)), lang);
                line.push_str(&text::CHECK_BECAUSE.with(lang, "codes", codes));
            }
            if check.recommended {
                line.push_str(text::CHECK_RECOMMENDED.get(lang));
            }
            page.wrapped("    ✗ ", &line, 6, style::PLAIN);
        }
    }
    let unseen = join(verdict.not_judged().map(|check| shown(&check.id)), lang);
    if !unseen.is_empty() {
        page.wrapped("    ", &text::NOT_CHECKABLE.with(lang, "ids", unseen), 4, style::DIM);
    }
}

mod duties;
pub(crate) mod notice;
#[cfg(test)]
pub(crate) mod tests;
