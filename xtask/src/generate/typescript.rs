//! TypeScript's types of what the library answers with, from its schemas.

use std::fmt::Write as _;

use anyhow::{Context as _, Result, bail};
use serde_json::{Map, Value};

const HEAD: &str = "// What the library answers with. Written by `cargo xtask generate` from its schemas.\n";

/// Definitions whose name in Rust is not the one for people.
const NAMES: &[(&str, &str)] = &[
    ("FindingDocument", "Finding"),
    ("DutyDocument", "Duty"),
    ("Signer", "SignerInfo"),
    ("Document", "Report"),
    ("Receipt", "ReceiptFields"),
];

/// The module of all types.
pub(super) fn module() -> Result<String> {
    let mut all = Map::new();
    for schema in [biaoshi::Document::schema(), biaoshi::Inspection::schema(), biaoshi::Receipt::schema()] {
        let mut root = serde_json::to_value(schema)?;
        let own = root.get("title").and_then(Value::as_str).context("a schema without a title")?.to_owned();
        let defs = root.as_object_mut().and_then(|root| root.remove("$defs"));
        for (name, def) in defs.and_then(|defs| defs.as_object().cloned()).into_iter().flatten().chain([(own, root)]) {
            match all.get(&name) {
                Some(same) if *same != def => bail!("two definitions of {name}"),
                _ => all.insert(name, def),
            };
        }
    }
    let mut out = HEAD.to_owned();
    for (name, def) in &all {
        let _ = write!(out, "\n{}export type {} = {};\n", doc(def, ""), named(name), kind(def, "")?);
    }
    Ok(out)
}

fn named(name: &str) -> &str {
    NAMES.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to)
}

/// A comment, without the marks of Rust's documentation.
fn doc(value: &Value, indent: &str) -> String {
    let text = value.get("description").and_then(Value::as_str).unwrap_or_default();
    let text = text.replace("[`", "`").replace("`]", "`").replace("*/", "* /");
    let text = NAMES.iter().fold(text, |text, (from, to)| text.replace(&format!("`{from}`"), &format!("`{to}`")));
    if text.is_empty() { text } else { format!("/** {} */\n{indent}", text.replace('\n', &format!("\n{indent} * "))) }
}

fn literal(value: &Value) -> String {
    value.to_string()
}

/// A type as TypeScript spells it.
fn kind(def: &Value, indent: &str) -> Result<String> {
    if let Some(target) = def.get("$ref").and_then(Value::as_str) {
        let name = named(target.rsplit('/').next().unwrap_or_default()).to_owned();
        return match def.get("properties") {
            Some(_) => Ok(format!("{name} & {}", object(def, indent)?)),
            None => Ok(name),
        };
    }
    if let Some(value) = def.get("const") {
        return Ok(literal(value));
    }
    if let Some(values) = def.get("enum").and_then(Value::as_array) {
        return Ok(values.iter().map(literal).collect::<Vec<_>>().join(" | "));
    }
    for key in ["oneOf", "anyOf"] {
        if let Some(choices) = def.get(key).and_then(Value::as_array) {
            let choices = choices.iter().map(|choice| kind(choice, indent)).collect::<Result<Vec<_>>>()?;
            return Ok(choices.join(" | "));
        }
    }
    let kinds: Vec<&str> = match def.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let spelled = kinds.iter().map(|kind| {
        Ok(match *kind {
            "string" => "string".to_owned(),
            "integer" | "number" => "number".to_owned(),
            "boolean" => "boolean".to_owned(),
            "null" => "null".to_owned(),
            "array" => array(def, indent)?,
            "object" => object(def, indent)?,
            other => bail!("a value of kind {other:?}"),
        })
    });
    let spelled = spelled.collect::<Result<Vec<_>>>()?;
    if spelled.is_empty() {
        bail!("a value of no kind: {def}");
    }
    Ok(spelled.join(" | "))
}

fn array(def: &Value, indent: &str) -> Result<String> {
    if let Some(items) = def.get("prefixItems").and_then(Value::as_array) {
        let items = items.iter().map(|item| kind(item, indent)).collect::<Result<Vec<_>>>()?;
        return Ok(format!("[{}]", items.join(", ")));
    }
    let item = kind(def.get("items").context("items of any kind")?, indent)?;
    Ok(if item.contains(' ') { format!("({item})[]") } else { format!("{item}[]") })
}

fn object(def: &Value, indent: &str) -> Result<String> {
    let Some(fields) = def.get("properties").and_then(Value::as_object) else {
        let rest = def.get("additionalProperties").filter(|rest| rest.is_object());
        let rest = rest.map_or(Ok("unknown".to_owned()), |rest| kind(rest, indent))?;
        return Ok(format!("{{ [key: string]: {rest} }}"));
    };
    let required: Vec<_> =
        def.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let inner = format!("{indent}  ");
    let mut out = "{\n".to_owned();
    for (key, field) in fields {
        let needed = if required.contains(&key.as_str()) { "" } else { "?" };
        let kind = kind(field, &inner).with_context(|| key.clone())?;
        let _ = writeln!(out, "{inner}{}{key}{needed}: {kind};", doc(field, &inner));
    }
    out.push_str(indent);
    out.push('}');
    Ok(out)
}
