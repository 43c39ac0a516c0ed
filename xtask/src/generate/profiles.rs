//! `spec/profiles.md`.

use std::fmt::Write as _;

use biaoshi::profile::{CheckRow, DutyRow, NoticeRow, ProfileData, Test};
use biaoshi::{Modality, Profile, Sure};

use super::{NOTICE, cell, word};

pub(super) fn page() -> String {
    let mut out = format!(
        "# Profiles\n\n{NOTICE}What each rule set asks for, as data ([verdict.md](verdict.md) says how it is judged). \
         \"known\" says how well: `stated` by a standard or a source that cites the official text, `inferred` by us, \
         `unconfirmed` (from the public web: confirm it against the official text before quoting it). Where no profile is \
         asked for, only `{}` is judged.\n\n",
        Profile::DEFAULT.iter().map(|p| p.id()).collect::<Vec<_>>().join("`, `")
    );
    for data in Profile::ALL.iter().filter_map(|p| p.data()) {
        profile(&mut out, data);
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn profile(out: &mut String, data: &ProfileData) {
    let _ = writeln!(
        out,
        "## `{}`\n\n{} · {}\n\nSource: {}. In force since {}; state of knowledge {}. For {}. A file without a mark does not \
         satisfy it at the status {}.\n",
        data.id,
        data.name_en,
        data.name_zh,
        data.source,
        data.in_force,
        data.as_of,
        if data.modalities.is_empty() { "every kind of content".to_owned() } else { modalities(&data.modalities) },
        if data.due.is_empty() { "(none)".to_owned() } else { list(data.due.iter().map(word)) },
    );
    if !data.dates.is_empty() {
        out.push_str("| date | what | 内容 | known |\n| --- | --- | --- | --- |\n");
        for row in &data.dates {
            let _ = writeln!(out, "| {} | {} | {} | {} |", row.date, row.what_en, row.what_zh, word(&row.sure));
        }
        out.push('\n');
    }
    explicit(out, data);
    out.push_str("| check | clause | how | known |\n| --- | --- | --- | --- |\n");
    for row in &data.checks {
        let _ = writeln!(out, "| `{}` | {} | {} | {} |", row.id, cell(&row.clause), how(row), word(&row.sure));
    }
    if !data.duties.is_empty() {
        out.push_str("\n| duty | at the status | clause | what | known |\n| --- | --- | --- | --- | --- |\n");
        for row in &data.duties {
            duty(out, row);
        }
    }
    out.push_str("\n| level | language | wording |\n| --- | --- | --- |\n");
    for wording in &data.wordings {
        let _ = writeln!(out, "| {} | {} | {} |", wording.level, wording.language, wording.text);
    }
    out.push('\n');
}

fn explicit(out: &mut String, data: &ProfileData) {
    let rows = data.explicit.rows();
    if rows.is_empty() {
        return;
    }
    out.push_str("| explicit label | clause | what | known |\n| --- | --- | --- | --- |\n");
    for (name, row) in rows {
        let _ = writeln!(out, "| {name} | {} | {} | {} |", cell(&row.clause), notice(row), known(row));
    }
    out.push('\n');
}

fn known(row: &NoticeRow) -> String {
    let mut parts = vec![word(&row.sure)];
    for (sure, fields) in [(Sure::Inferred, &row.inferred), (Sure::Unconfirmed, &row.unconfirmed)] {
        if !fields.is_empty() {
            parts.push(format!("{}: {}", word(&sure), list(fields.iter().cloned())));
        }
    }
    parts.join("; ")
}

fn notice(row: &NoticeRow) -> String {
    let mut parts = Vec::new();
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            parts.push(format!("{name}: {value}"));
        }
    };
    let flag = |set: bool| if set { "yes".to_owned() } else { String::new() };
    let number = |value: f64| if value > 0.0 { value.to_string() } else { String::new() };
    let range = |value: Option<[u32; 2]>| value.map_or_else(String::new, |[from, to]| format!("{from} to {to}"));
    put("optional", flag(row.optional));
    put("form", row.forms.join(" or "));
    let elements: Vec<String> = row.elements.iter().map(|any| any.join(" or ")).collect();
    put("elements", elements.join(" and "));
    put("languages", row.languages.join(" or "));
    put("place", row.placement.join(" or "));
    put("least height, of the shortest side", number(row.min_height_ratio));
    put("least contrast", number(row.min_contrast));
    put("least seconds", row.min_seconds.map_or_else(String::new, |s| s.to_string()));
    put("continuous", flag(row.continuous));
    put("rhythm", row.rhythm.as_ref().map_or_else(String::new, |r| format!("`{r}`")));
    put("short sound, ms", range(row.rhythm_unit_ms));
    put("characters per minute", range(row.characters_per_minute));
    put("note", row.note_en.clone());
    cell(&parts.join("; "))
}

fn how(row: &CheckRow) -> String {
    let mut parts = Vec::new();
    if !row.modalities.is_empty() {
        parts.push(format!("only {}", modalities(&row.modalities)));
    }
    match row.test {
        Test::NotCheckable => {
            parts.push(format!("not judged: {}", row.reason.map_or("", |r| r.message().en)));
        }
        Test::NoFindings => {}
        test => {
            let field = row.field.map_or_else(String::new, |f| format!(" `{}`", word(&f)));
            parts.push(format!("`{}`{field}", word(&test)));
        }
    }
    if !row.findings.is_empty() {
        parts.push(row.findings.iter().map(|f| format!("no `{f}`")).collect::<Vec<_>>().join(", "));
    }
    if !row.keys.is_empty() {
        parts.push(format!("about {}", list(row.keys.iter().cloned())));
    }
    if row.recommended {
        parts.push("does not count".to_owned());
    }
    parts.join("; ")
}

fn duty(out: &mut String, row: &DutyRow) {
    let mut parts = vec![format!("{}: {}", word(&row.who), word(&row.kind))];
    parts.extend(row.texts.iter().map(|t| format!("{} {}", t.language, t.text)));
    let value = |value: &String| format!(" = {value}");
    let writes = row.writes.iter().map(|w| format!("{}{}", w.key, w.value.as_ref().map_or_else(String::new, value)));
    for (name, items) in [
        ("write", list(writes)),
        ("keep", list(row.keep.iter().cloned())),
        ("record", list(row.record.iter().cloned())),
        ("months", row.months.map_or_else(String::new, |m| m.to_string())),
        ("from", row.from.clone().unwrap_or_default()),
        ("note", row.note_en.clone()),
    ] {
        if !items.is_empty() {
            parts.push(format!("{name}: {items}"));
        }
    }
    let state = row.label.iter().map(|l| format!(" (AIGC field {l:?})").to_lowercase().replace("aigc", "AIGC"));
    let status = format!("{}{}", list(row.status.iter().map(word)), state.collect::<String>());
    let clause = cell(&row.clause);
    let _ = writeln!(out, "| `{}` | {status} | {clause} | {} | {} |", row.id, cell(&parts.join("; ")), word(&row.sure));
}

fn modalities(all: &[Modality]) -> String {
    list(all.iter().map(word))
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}
