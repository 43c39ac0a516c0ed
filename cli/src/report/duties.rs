//! What has to be done with the file: notices, fields to write, records to keep.

use biaoshi::report::{Duty, DutyKind, Who};
use biaoshi::{Lang, Report};

use crate::list;
use crate::output::{Page, style};
use crate::text;

/// Writes the section. If no rule set was asked for, only what has to be shown.
pub(super) fn section(page: &mut Page, report: &Report, asked: bool, lang: Lang) {
    let wanted = |duty: &&Duty| asked || matches!(duty.row.kind, DutyKind::Display | DutyKind::Remind);
    let duties: Vec<&Duty> = report.duties.iter().filter(wanted).collect();
    if duties.is_empty() {
        return;
    }
    page.gap();
    page.line(text::DUTIES.get(lang), style::TITLE);
    for duty in duties {
        one(page, duty, asked, lang);
    }
}

fn one(page: &mut Page, duty: &Duty, asked: bool, lang: Lang) {
    let row = duty.row;
    let who = match row.who {
        Who::Platform => &text::WHO_PLATFORM,
        Who::Provider => &text::WHO_PROVIDER,
        Who::Deployer => &text::WHO_DEPLOYER,
    };
    let kind = match row.kind {
        DutyKind::Display => &text::DUTY_DISPLAY,
        DutyKind::Write => &text::DUTY_WRITE,
        DutyKind::Log => &text::DUTY_LOG,
        DutyKind::Remind => &text::DUTY_REMIND,
    };
    let clause = biaoshi::message::clause(&row.clause, lang);
    let head = text::DUTY
        .fill(lang, &[("who", who.get(lang).to_owned()), ("kind", kind.get(lang).to_owned()), ("clause", clause)]);
    page.wrapped("  · ", &list::marked(&head, row.sure, lang), 4, style::PLAIN);
    for words in row.texts.iter().filter(|words| asked || main(&words.language, lang)) {
        page.wrapped("    ", &format!("{}: {}", words.language, words.text), 6, style::PLAIN);
    }
    if !asked {
        return;
    }
    let field = |write: &biaoshi::profile::FieldWrite| match &write.value {
        Some(value) => format!("{} = {value}", write.key),
        None => write.key.clone(),
    };
    let comma = text::LIST_COMMA.get(lang);
    let mut list = |name: &text::Text, items: Vec<String>| {
        if !items.is_empty() {
            page.wrapped("    ", &name.with(lang, "items", items.join(comma)), 6, style::PLAIN);
        }
    };
    list(&text::DUTY_FIELDS, row.writes.iter().map(field).collect());
    list(&text::DUTY_KEEP, row.keep.clone());
    list(&text::DUTY_RECORD, row.record.iter().map(|item| record(item, lang)).collect());
    list(&text::DUTY_MONTHS, row.months.iter().map(ToString::to_string).collect());
    list(&text::DUTY_FROM, row.from.iter().cloned().collect());
    if !duty.note(lang).is_empty() {
        page.wrapped("    ", duty.note(lang), 4, style::DIM);
    }
}

/// Whether words are in the language of the report; the Chinese notice always is wanted.
fn main(language: &str, lang: Lang) -> bool {
    language == "zh-Hans" || (lang == Lang::En && language == "en")
}

fn record(item: &str, lang: Lang) -> String {
    match item {
        "recipient" => text::RECORD_RECIPIENT.get(lang).to_owned(),
        other => other.to_owned(),
    }
}
