//! Files of `spec/` that come from code.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Result, bail};

use biaoshi::carrier::slots::SLOTS;
use biaoshi::format::Embedding;
use biaoshi::{CarrierKind, FORMATS, Profile, finding};

use crate::run::root;

mod profiles;
mod python;
mod typescript;

pub fn generate(check: bool) -> Result<()> {
    let mut stale = Vec::new();
    let [words, types] = python::modules()?;
    let mut files = tables()?;
    files.extend(
        [
            ("spec/report.schema.json", schema()?),
            ("spec/carriers.md", carriers()?),
            ("spec/findings.md", findings()),
            ("spec/profiles.md", profiles::page()),
            ("spec/marks.md", marks()),
            ("spec/wild.md", wild()),
            ("bindings-python/python/biaoshi/_words.py", words),
            ("bindings-python/python/biaoshi/_types.py", types),
            ("bindings-wasm/npm/src/types.ts", typescript::module()?),
        ]
        .map(|(name, text)| (name.to_owned(), text)),
    );
    for (name, text) in files {
        let path = root().join(&name);
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

/// Tables that people write in TOML, as the library reads them: JSON, so that it needs no parser of TOML.
fn tables() -> Result<Vec<(String, String)>> {
    let mut names = vec![
        "core/src/carrier/marks/rows".to_owned(),
        "core/src/carrier/notice/words".to_owned(),
        "core/src/label/security/dialects".to_owned(),
    ];
    names.extend(Profile::ALL.iter().map(|profile| format!("core/src/profile/{}", profile.id())));
    let table = |name: String| {
        let text = std::fs::read_to_string(root().join(format!("{name}.toml")))?;
        let value: serde_json::Value = toml::from_str(&text)?;
        Ok((format!("{name}.json"), format!("{}\n", sorted(value))))
    };
    names.into_iter().map(table).collect()
}

/// The value with the members of its objects in the order of their names.
fn sorted(value: serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match value {
        Value::Object(members) => {
            let ordered: BTreeMap<String, Value> =
                members.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
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

fn marks() -> String {
    let mut out = format!(
        "# Marks that are no label\n\n{NOTICE}Forms of vendors' own marks and of what generating programs leave behind, \
         as `core/src/carrier/marks/rows.toml` has them. They are evidence: a vendor's mark states something in the \
         vendor's own words, a trace states nothing and is what Article 6 (3) of the Measures calls other traces. None \
         of them is a label of the standard, and none fulfils the duty to label.\n\n\
         `seen`: in public files. `stated`: by a published source. `general`: common knowledge of the program's files, \
         not read again.\n\n| mark | kind | program or service | known from | how sure |\n| --- | --- | --- | --- | --- |\n"
    );
    for row in biaoshi::carrier::marks::rows() {
        let system = if row.system.is_empty() { "as named" } else { &row.system };
        let (kind, sure) = (word(&row.kind), word(&row.sure));
        let _ = writeln!(out, "| `{}` | {kind} | {} | {} | {sure} |", row.id, cell(system), cell(&row.source));
    }
    out
}

fn wild() -> String {
    let mut out = format!(
        "# Variants in the wild\n\n{NOTICE}What real products were seen to write, numbered as in our collection of \
         facts, each rebuilt as a small file of our own with own bytes and codes, and what the verifier says about it. \
         Nothing is mapped silently: each way in which a variant differs from the standard is a finding. \
         `label.unsigned` says that nothing protects the label.\n\n\
         | variant | vector | status | findings |\n| --- | --- | --- | --- |\n"
    );
    for [number, vector, status, findings] in crate::vectors::wild() {
        let _ = writeln!(out, "| {number} | {} | {status} | {findings} |", cell(&vector));
    }
    out
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
