//! `biaoshi list`: the tables that the program works from.

use biaoshi::carrier::slots::{SLOTS, SlotRow};
use biaoshi::format::FormatRow;
use biaoshi::profile::{DateRow, ProfileData};
use biaoshi::{FORMATS, Lang, Limits, Modality, Profile, Sure, finding};
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
        ListArg::Profiles => {
            Profile::ALL.iter().filter_map(|p| p.data()).map(|data| profile_value(data, lang)).collect()
        }
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

fn profile_value(data: &ProfileData, lang: Lang) -> serde_json::Value {
    let clause = |text: &str| biaoshi::message::clause(text, lang);
    let dates = data.dates.iter().map(|row| json!({ "date": row.date, "what": what(row, lang), "sure": row.sure }));
    let explicit: serde_json::Map<_, _> =
        data.explicit.rows().into_iter().map(|(name, row)| (name.to_owned(), json!(row))).collect();
    let wordings = data.wordings.iter().map(|w| json!({ "level": w.level, "language": w.language, "text": w.text }));
    let checks = data.checks.iter().map(|row| {
        json!({
            "id": row.id, "clause": clause(&row.clause), "sure": row.sure, "test": row.test, "findings": row.findings,
            "modalities": row.modalities, "recommended": row.recommended, "reason": row.reason,
        })
    });
    let duties = data.duties.iter().map(|row| {
        json!({ "id": row.id, "kind": row.kind, "who": row.who, "status": row.status, "clause": clause(&row.clause), "sure": row.sure })
    });
    json!({
        "profile": data.id, "name": title(data, lang), "source": data.source, "in_force": data.in_force,
        "as_of": data.as_of, "default": Profile::DEFAULT.iter().any(|p| p.id() == data.id),
        "modalities": data.modalities, "dates": dates.collect::<Vec<_>>(), "explicit": explicit,
        "wordings": wordings.collect::<Vec<_>>(), "checks": checks.collect::<Vec<_>>(),
        "duties": duties.collect::<Vec<_>>(),
    })
}

fn what(row: &DateRow, lang: Lang) -> &str {
    match lang {
        Lang::En => &row.what_en,
        Lang::Zh => &row.what_zh,
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

/// The word for a kind of content.
pub(crate) const fn modality(modality: Modality) -> &'static Text {
    match modality {
        Modality::Text => &text::MODALITY_TEXT,
        Modality::Image => &text::MODALITY_IMAGE,
        Modality::Audio => &text::MODALITY_AUDIO,
        Modality::Video => &text::MODALITY_VIDEO,
        _ => &text::MODALITY_SCENE,
    }
}

fn format(page: &mut Page, row: &FormatRow, lang: Lang) {
    let modality = modality(row.modality);
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
    if !data.modalities.is_empty() {
        let names: Vec<&str> = data.modalities.iter().map(|m| modality(*m).get(lang)).collect();
        line(&text::CHECK_MODALITIES, &names.join(text::LIST_COMMA.get(lang)));
    }
    for row in &data.dates {
        page.row(2, 18, &row.date, &marked(what(row, lang), row.sure, lang), style::PLAIN);
    }
    page.line(&format!("  {}", text::PROFILE_CHECKS.get(lang)), style::DIM);
    for row in &data.checks {
        let clause = biaoshi::message::clause(&row.clause, lang);
        page.row(4, 28, &row.id, &marked(&clause, row.sure, lang), style::PLAIN);
    }
    if !data.duties.is_empty() {
        page.line(&format!("  {}", text::PROFILE_DUTIES.get(lang)), style::DIM);
    }
    for row in &data.duties {
        let clause = biaoshi::message::clause(&row.clause, lang);
        page.row(4, 28, &row.id, &marked(&clause, row.sure, lang), style::PLAIN);
    }
}

/// A text with how well it is known behind it.
pub(crate) fn marked(text: &str, sure: Sure, lang: Lang) -> String {
    let mark = match sure {
        Sure::Stated => return text.to_owned(),
        Sure::Inferred => &text::SURE_INFERRED,
        Sure::Unconfirmed => &text::SURE_UNCONFIRMED,
    };
    format!("{text}{}", mark.get(lang))
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
