//! Findings as a SARIF 2.1.0 document (OASIS), for tools that gather results of checks.

use biaoshi::finding::ALL;
use biaoshi::{Lang, Severity};
use serde_json::{Value, json};

/// One document of everything that was found.
#[derive(Debug, Default)]
pub(super) struct Sarif {
    results: Vec<Value>,
    artifacts: Vec<Value>,
    failed: Vec<Value>,
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

const fn pick(lang: Lang, en: &'static str, zh: &'static str) -> &'static str {
    match lang {
        Lang::En => en,
        Lang::Zh => zh,
    }
}

/// A path as the reference of a URI (RFC 3986): what is not unreserved is escaped. On Windows alone
/// a backslash parts folders.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    for byte in path.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

/// A sentence as a message: braces would be placeholders (SARIF 2.1.0 3.11.5), brackets links
/// (3.11.6).
fn message(text: &str) -> Value {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '{' | '}' => out.extend([c, c]),
            '[' | ']' | '\\' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    json!({ "text": out })
}

impl Sarif {
    /// Adds a report or the error about a file.
    pub(super) fn add(&mut self, path: &str, answer: &Value) {
        let place = json!({ "uri": uri(path) });
        let Some(report) = answer.get("json").filter(|report| report.get("error").is_none()) else {
            let error = answer.get("json").and_then(|json| json.get("error"));
            let text = |key| error.and_then(|error| error.get(key)).cloned().unwrap_or_default();
            self.failed.push(json!({
                "level": "error",
                "message": message(text("message").as_str().unwrap_or_default()),
                "descriptor": { "id": text("code") },
                "locations": [{ "physicalLocation": { "artifactLocation": place } }],
            }));
            return;
        };
        let field = |key: &str| report.get(key).cloned().unwrap_or_default();
        self.artifacts.push(json!({
            "location": place,
            "length": field("bytes"),
            "properties": { "format": field("format"), "status": field("status") },
        }));
        for finding in report.get("findings").and_then(Value::as_array).into_iter().flatten() {
            let part = |key: &str| finding.get(key).cloned().unwrap_or_default();
            let code = part("code");
            let rule = ALL.iter().position(|rule| Some(rule.message.code) == code.as_str());
            let level = match part("severity").as_str() {
                Some("error") => "error",
                Some("warning") => "warning",
                _ => "note",
            };
            let mut physical = json!({ "artifactLocation": place });
            if let (Some(site), Some(object)) = (finding.get("site"), physical.as_object_mut()) {
                let number = |key: &str| site.get(key).and_then(Value::as_u64).unwrap_or(0);
                let region = json!({ "byteOffset": number("offset"), "byteLength": number("length") });
                object.insert("region".to_owned(), region);
            }
            self.results.push(json!({
                "ruleId": code,
                "ruleIndex": rule,
                "level": level,
                "message": message(part("message").as_str().unwrap_or_default()),
                "locations": [{ "physicalLocation": physical }],
            }));
        }
    }

    /// The whole document.
    pub(super) fn document(self, complete: bool, lang: Lang) -> Value {
        let rules: Vec<Value> = ALL
            .iter()
            .map(|rule| {
                json!({
                    "id": rule.message.code,
                    "shortDescription": message(pick(lang, rule.message.en, rule.message.zh)),
                    "help": message(pick(lang, rule.message.hint_en, rule.message.hint_zh)),
                    "defaultConfiguration": { "level": level(rule.severity) },
                    "properties": { "clause": rule.clause },
                })
            })
            .collect();
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{
                "tool": { "driver": {
                    "name": "biaoshi",
                    "semanticVersion": biaoshi::VERSION,
                    "rules": rules,
                } },
                "columnKind": "unicodeCodePoints",
                "invocations": [{
                    "executionSuccessful": complete,
                    "toolExecutionNotifications": self.failed,
                }],
                "artifacts": self.artifacts,
                "results": self.results,
            }],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{message, uri};

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("a b/图.png"), "a%20b/%E5%9B%BE.png");
        assert_eq!(uri("x%\"<"), "x%25%22%3C");
        assert_eq!(uri("x\\y"), if cfg!(windows) { "x/y" } else { "x%5Cy" });
    }

    #[test]
    fn sentences_hold_no_placeholder_and_no_link() {
        let found = message("a {0} [b](c) \\u{7}");
        assert_eq!(found, serde_json::json!({ "text": "a {{0}} \\[b\\](c) \\\\u{{7}}" }));
    }
}
