//! Python's types of the report, from its schema.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

const WORDS: &str = r#""""The words that a report uses. Written by `cargo xtask generate` from the report's schema."""

from __future__ import annotations

from enum import StrEnum
"#;
const TYPES: &str = r#""""What a report holds, as types. Written by `cargo xtask generate` from the report's schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

"#;

/// Definitions whose name in Rust is not the one for people.
const NAMES: &[(&str, &str)] = &[("FindingDocument", "Finding"), ("DutyDocument", "Duty"), ("Signer", "SignerInfo")];
/// Words that Python keeps for itself.
const KEPT: &[&str] = &["from"];

/// The module of words, and that of the types that are made of them.
pub(super) fn modules() -> Result<[String; 2]> {
    let schema = serde_json::to_value(biaoshi::Document::schema())?;
    let defs = schema.get("$defs").and_then(Value::as_object).context("no definitions")?;
    let (mut listed, mut made) = (WORDS.to_owned(), TYPES.to_owned());
    made.push_str("from ._words import (\n");
    for (name, def) in defs.iter().filter(|(_, def)| !is_object(def)) {
        words(name, def, &mut listed)?;
        let _ = writeln!(made, "    {0} as {0},", named(name));
    }
    made.push_str(")\n");
    // Python's annotations may name what comes later; the code in methods too.
    for (name, def) in defs.iter().filter(|(_, def)| is_object(def)) {
        class(name, def, &mut made)?;
    }
    Ok([listed, made])
}

fn is_object(def: &Value) -> bool {
    def.get("type").and_then(Value::as_str) == Some("object")
}

fn named(name: &str) -> &str {
    NAMES.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to)
}

/// A sentence for a docstring, without the marks of Rust's documentation.
fn doc(value: &Value, indent: &str) -> String {
    let text = value.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = text.replace("[`", "`").replace("`]", "`").replace("FindingDocument", "Finding");
    let text = text.replace('\n', &format!("\n{indent}"));
    if text.is_empty() { String::new() } else { format!("{indent}\"\"\"{text}\"\"\"\n") }
}

fn words(name: &str, def: &Value, out: &mut String) -> Result<()> {
    let _ = write!(out, "\n\nclass {}(StrEnum):\n{}", named(name), doc(def, "    "));
    let described = def.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    let mut any = false;
    for choice in described {
        let listed = choice.get("enum").and_then(Value::as_array);
        let values = listed.into_iter().flatten().chain(choice.get("const"));
        for value in values.filter_map(Value::as_str) {
            let _ = write!(out, "\n    {} = \"{value}\"\n{}", constant(value), doc(choice, "    "));
            any = true;
        }
    }
    for value in def.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        let _ = write!(out, "\n    {} = \"{value}\"\n", constant(value));
        any = true;
    }
    if !any {
        bail!("{name}: neither an object nor a list of words");
    }
    Ok(())
}

fn constant(value: &str) -> String {
    let upper: String =
        value.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if upper.starts_with(|c: char| c.is_ascii_digit()) { format!("_{upper}") } else { upper }
}

fn class(name: &str, def: &Value, out: &mut String) -> Result<()> {
    let none = Map::new();
    let fields = def.get("properties").and_then(Value::as_object).unwrap_or(&none);
    let required: Vec<_> =
        def.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let _ = write!(out, "\n\n@dataclass(frozen=True, slots=True, kw_only=True)\nclass {}:\n", named(name));
    out.push_str(&doc(def, "    "));
    let mut made = String::new();
    for (key, field) in fields {
        let needed = required.contains(&key.as_str());
        let (kind, make) = kind(field, &format!("data[\"{key}\"]")).with_context(|| format!("{name}.{key}"))?;
        let own = if KEPT.contains(&key.as_str()) { format!("{key}_") } else { key.clone() };
        let empty = kind.starts_with("tuple[");
        let default = match (needed, empty) {
            (true, _) => "",
            (false, true) => " = ()",
            (false, false) => " = None",
        };
        let kind = if needed || empty || kind.ends_with("| None") { kind } else { format!("{kind} | None") };
        let _ = write!(out, "\n    {own}: {kind}{default}\n{}", doc(field, "    "));
        let absent = if empty { "()" } else { "None" };
        let value = if needed && !kind.ends_with("| None") {
            make
        } else if needed {
            format!("None if data[\"{key}\"] is None else {make}")
        } else if make == format!("data[\"{key}\"]") {
            format!("data.get(\"{key}\")")
        } else {
            format!("{make} if data.get(\"{key}\") is not None else {absent}")
        };
        let _ = writeln!(made, "            {own}={value},");
    }
    let _ = write!(
        out,
        "\n    @classmethod\n    def from_dict(cls, data: Mapping[str, Any]) -> {0}:\n        \
         \"\"\"Reads the JSON form.\"\"\"\n        return cls(\n{made}        )\n",
        named(name)
    );
    Ok(())
}

/// The annotation of a value, and the expression that makes it from JSON.
fn kind(field: &Value, from: &str) -> Result<(String, String)> {
    if let Some(target) = field.get("$ref").and_then(Value::as_str) {
        let name = target.rsplit('/').next().unwrap_or_default();
        let is_word = word_of(name)?;
        let make =
            if is_word { format!("{}({from})", named(name)) } else { format!("{}.from_dict({from})", named(name)) };
        return Ok((named(name).to_owned(), make));
    }
    if let Some(choices) = field.get("anyOf").and_then(Value::as_array) {
        let own =
            choices.iter().find(|c| c.get("type").and_then(Value::as_str) != Some("null")).context("only null")?;
        let (kind, make) = kind(own, from)?;
        return Ok((format!("{kind} | None"), make));
    }
    let kinds: Vec<&str> = match field.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let null = if kinds.contains(&"null") { " | None" } else { "" };
    let one = kinds.iter().find(|kind| **kind != "null").copied().unwrap_or_default();
    Ok(match one {
        "string" => (format!("str{null}"), from.to_owned()),
        "integer" => (format!("int{null}"), from.to_owned()),
        "boolean" => (format!("bool{null}"), from.to_owned()),
        "array" => {
            let items = field.get("items");
            let prefix = field.get("prefixItems").and_then(Value::as_array).and_then(|items| items.first());
            let (kind, make) = kind(items.filter(|i| i.is_object()).or(prefix).context("items of any kind")?, "item")?;
            let make =
                if make == "item" { format!("tuple({from})") } else { format!("tuple({make} for item in {from})") };
            (format!("tuple[{kind}, ...]{null}"), make)
        }
        other => bail!("a value of kind {other:?}"),
    })
}

/// Whether a definition is a list of words.
fn word_of(name: &str) -> Result<bool> {
    let schema = serde_json::to_value(biaoshi::Document::schema())?;
    let def = schema.get("$defs").and_then(|defs| defs.get(name)).with_context(|| name.to_owned())?;
    Ok(!is_object(def))
}
