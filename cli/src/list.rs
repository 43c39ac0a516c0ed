//! `biaoshi list`: the tables that the program works from.

use biaoshi::carrier::slots::{SLOTS, SlotRow};
use biaoshi::format::FormatRow;
use biaoshi::profile::ProfileData;
use biaoshi::{FORMATS, Lang, Limits, Modality, Profile, finding};
use serde_json::json;

use crate::args::{ListArg, ListArgs};
use crate::output::{self, Exit, Failure, Out, Page, number, pad, style};
use crate::report;
use crate::text::{self, Text};

/// Column where values start.
const COLUMN: usize = 26;

pub(crate) fn run(options: &ListArgs, out: &mut Out) -> Result<Exit, Failure> {
    let lang = out.lang();
    if options.json {
        for value in values(options.what, lang) {
            out.json(&value)?;
        }
        return Ok(Exit::Success);
    }
    let mut page = Page::new(lang);
    match options.what {
        ListArg::Formats => FORMATS.iter().for_each(|row| format(&mut page, row, lang)),
        ListArg::Carriers => carriers(&mut page, lang),
        ListArg::Profiles => {
            Profile::ALL.iter().filter_map(|p| p.data()).for_each(|data| profile(&mut page, data, lang))
        }
        ListArg::Findings => findings(&mut page, lang),
        ListArg::Limits => {
            let limits = Limits::default();
            for name in Limits::NAMES {
                page.row(0, 24, name, &number(limits.get(name).unwrap_or_default()), style::PLAIN);
            }
        }
    }
    out.print(&page.finish())?;
    Ok(Exit::Success)
}

fn values(what: ListArg, lang: Lang) -> Vec<serde_json::Value> {
    match what {
        ListArg::Formats => FORMATS
            .iter()
            .map(|row| {
                json!({
                    "format": row.format, "name": row.name, "modality": row.modality, "mime": row.mime,
                    "extensions": row.extensions,
                    "reads": places(row, |slot| slot.read), "writes": places(row, |slot| slot.write),
                })
            })
            .collect(),
        ListArg::Carriers => SLOTS
            .iter()
            .map(|row| {
                json!({
                    "format": row.format, "slot": row.slot, "carrier": row.carrier, "read": row.read,
                    "write": row.write, "clause": row.clause, "note": row.note,
                })
            })
            .collect(),
        ListArg::Profiles => Profile::ALL
            .iter()
            .filter_map(|p| p.data())
            .map(|data| {
                json!({
                    "profile": data.id, "name": title(data, lang), "source": data.source,
                    "in_force": data.in_force, "as_of": data.as_of,
                    "checks": data.checks.iter()
                        .map(|row| json!({ "id": row.id, "clause": row.clause, "findings": row.findings }))
                        .collect::<Vec<_>>(),
                })
            })
            .collect(),
        ListArg::Findings => finding::ALL
            .iter()
            .map(|rule| {
                json!({
                    "code": rule.code(), "severity": rule.severity, "clause": rule.clause(lang),
                    "message": rule.message.text(lang), "hint": rule.message.hint(lang),
                })
            })
            .collect(),
        ListArg::Limits => {
            let limits = Limits::default();
            Limits::NAMES.iter().map(|name| json!({ "limit": name, "default": limits.get(name) })).collect()
        }
    }
}

/// Names of the places of a format, each once, in the order of the table.
fn places(format: &FormatRow, wanted: impl Fn(&SlotRow) -> bool) -> Vec<&'static str> {
    let mut out: Vec<&'static str> = Vec::new();
    for row in SLOTS.iter().filter(|row| row.format == format.format && wanted(row)) {
        if !out.contains(&row.slot) {
            out.push(row.slot);
        }
    }
    out
}

fn format(page: &mut Page, row: &FormatRow, lang: Lang) {
    let modality = match row.modality {
        Modality::Text => &text::MODALITY_TEXT,
        Modality::Image => &text::MODALITY_IMAGE,
        Modality::Audio => &text::MODALITY_AUDIO,
        Modality::Video => &text::MODALITY_VIDEO,
        _ => &text::MODALITY_SCENE,
    };
    let (bold, end) = (style::TITLE, style::TITLE.render_reset());
    page.line(&format!("{bold}{}{end}  {}, {}", row.name, modality.get(lang), row.mime), style::PLAIN);
    let comma = text::LIST_COMMA.get(lang);
    let mut line = |name: &Text, value: String| page.row(2, COLUMN, name.get(lang), &value, style::PLAIN);
    line(&text::FORMAT_ENDINGS, row.extensions.join(comma));
    line(&text::FORMAT_READS, places(row, |slot| slot.read).join(comma));
    line(&text::FORMAT_WRITES, places(row, |slot| slot.write).join(comma));
}

fn carriers(page: &mut Page, lang: Lang) {
    let mut last = None;
    for row in SLOTS {
        if last != Some(row.format) {
            if last.is_some() {
                page.gap();
            }
            page.line(row.format.row().name, style::TITLE);
            last = Some(row.format);
        }
        let how = if row.write { &text::SLOT_WRITE } else { &text::SLOT_READ };
        let words = format!(
            "{}{comma}{}{comma}{}",
            report::carrier(row.carrier).get(lang),
            how.get(lang),
            row.clause,
            comma = text::LIST_COMMA.get(lang),
        );
        page.row(2, 18, row.slot, &words, style::PLAIN);
        page.wrapped(&format!("{:18}", ""), row.note, 18, style::DIM);
    }
}

fn title(data: &ProfileData, lang: Lang) -> &str {
    match lang {
        Lang::En => &data.name_en,
        Lang::Zh => &data.name_zh,
    }
}

fn profile(page: &mut Page, data: &ProfileData, lang: Lang) {
    page.line(&data.id, style::TITLE);
    page.wrapped("  ", title(data, lang), 2, style::PLAIN);
    let mut line = |name: &Text, value: &str| page.row(2, 18, name.get(lang), value, style::PLAIN);
    line(&text::PROFILE_SOURCE, &data.source);
    line(&text::PROFILE_FORCE, &data.in_force);
    line(&text::PROFILE_AS_OF, &data.as_of);
    page.line(&format!("  {}", text::PROFILE_CHECKS.get(lang)), style::DIM);
    for row in &data.checks {
        page.row(4, 28, &row.id, &biaoshi::message::clause(&row.clause, lang), style::PLAIN);
    }
}

fn findings(page: &mut Page, lang: Lang) {
    for rule in finding::ALL {
        let (word, look) = output::severity(rule.severity);
        let (end, word) = (look.render_reset(), pad(word.get(lang), 8));
        page.line(&format!("{look}{word}{end} {}", rule.code()), style::PLAIN);
        page.wrapped("         ", rule.message.text(lang), 9, style::PLAIN);
        page.wrapped("         ", &rule.clause(lang), 9, style::DIM);
    }
}
