//! Files of `spec/` that come from code.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, bail};

use biaoshi::carrier::slots::SLOTS;
use biaoshi::format::Embedding;
use biaoshi::{CarrierKind, FORMATS, finding};

use crate::run::root;

mod profiles;

pub fn generate(check: bool) -> Result<()> {
    let mut stale = Vec::new();
    for (name, text) in [
        ("spec/report.schema.json", schema()?),
        ("spec/carriers.md", carriers()?),
        ("spec/findings.md", findings()),
        ("spec/profiles.md", profiles::page()),
    ] {
        let path = root().join(name);
        if check {
            if std::fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
                stale.push(name);
            }
        } else {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            std::fs::write(&path, text)?;
            println!("wrote {name}");
        }
    }
    if !stale.is_empty() {
        bail!("not current: {}; run `cargo xtask generate`", stale.join(", "));
    }
    Ok(())
}

fn schema() -> Result<String> {
    let mut text = serde_json::to_string_pretty(&biaoshi::Document::schema())?;
    text.push('\n');
    Ok(text)
}

const NOTICE: &str = "<!-- Written by `cargo xtask generate` from the tables in the code. -->\n\n";

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn word<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

fn carriers() -> Result<String> {
    let mut out = format!(
        "# Carriers\n\n{NOTICE}Which label stands in which place of which format. `w` is written, `r` is read.\n\n"
    );
    out.push_str("| format | place | carries | | clause or source | form |\n| --- | --- | --- | --- | --- | --- |\n");
    for row in SLOTS {
        let mode = if row.write { "r w" } else { "r" };
        let _ = writeln!(
            out,
            "| {} | `{}` | {} | {mode} | {} | {} |",
            row.format.row().name,
            row.slot,
            word(&row.carrier),
            cell(row.clause),
            cell(row.note)
        );
    }
    out.push_str(
        "\n## Formats\n\nWhat is written and read in short, how a signed manifest gets in, and which programs by others find the \
         exact label in what we write (proved by `tests/oracles/test_carriers.py`; `-`: none of them shows it).\n\n\
         | format | media type | endings | written | also read | manifest | found by |\n\
         | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    let agreement = agreement()?;
    for row in FORMATS {
        let places = |write: bool| {
            let slots = SLOTS.iter().filter(|s| s.format == row.format && s.carrier == CarrierKind::AigcMetadata);
            let names: Vec<String> = slots.filter(|s| s.write == write).map(|s| format!("`{}`", s.slot)).collect();
            if names.is_empty() { "-".to_owned() } else { names.join(", ") }
        };
        let embedding = match row.embedding {
            Embedding::Library => "embedded",
            Embedding::Own(_) => "embedded by our container",
            Embedding::None => "-",
        };
        let readers = agreement.readers.get(&word(&row.format)).filter(|r| !r.is_empty());
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} | {embedding} | {} |",
            row.name,
            row.mime,
            row.extensions.join(", "),
            places(true),
            places(false),
            readers.map_or_else(|| "-".to_owned(), |r| r.join(", ")),
        );
    }
    Ok(out)
}

/// `tests/oracles/agreement.toml`.
#[derive(serde::Deserialize)]
struct Agreement {
    readers: BTreeMap<String, Vec<String>>,
}

fn agreement() -> Result<Agreement> {
    let text = std::fs::read_to_string(root().join("tests/oracles/agreement.toml"))?;
    Ok(toml::from_str(&text)?)
}

fn findings() -> String {
    let mut out = format!("# Findings\n\n{NOTICE}");
    out.push_str("| code | severity | clause or source | English | 中文 |\n| --- | --- | --- | --- | --- |\n");
    for rule in finding::ALL {
        let join = |text: &str, hint: &str| {
            if hint.is_empty() { cell(text) } else { format!("{}<br>→ {}", cell(text), cell(hint)) }
        };
        let m = &rule.message;
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            m.code,
            word(&rule.severity),
            cell(rule.clause),
            join(m.en, m.hint_en),
            join(m.zh, m.hint_zh)
        );
    }
    out
}
