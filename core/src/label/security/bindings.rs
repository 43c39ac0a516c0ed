//! What ties a label to content, and values that vendors put anywhere.

use serde_json::Value;

use crate::label::aigc::json::compact;

use super::form::{Alg, unhex};
use super::{Binding, BindingKind, HashAlg, Oddity};

/// Most different values of one name.
const CANDIDATES: usize = 4;

/// Values found by name, wherever they stand; different ones only, at most four of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Loose {
    /// Perceptual hashes: 16 hexadecimal digits.
    pub(super) phash: Vec<String>,
    /// Times as they are written.
    pub(super) timestamp: Vec<String>,
    /// Names of keys' versions.
    pub(super) key_version: Vec<String>,
    /// Values of 32 bytes in hexadecimal, keys and signatures excepted.
    pub(super) digests: Vec<String>,
}

impl Loose {
    /// Walks the object; its nesting was bounded before it was parsed.
    pub(super) fn of(root: &Value) -> Self {
        let mut found = Self::default();
        let mut open = vec![("", root, false)];
        while let Some((name, value, in_phash)) = open.pop() {
            match value {
                Value::Object(members) => {
                    let text = |key: &str| members.get(key).and_then(Value::as_str);
                    let is_phash = in_phash
                        || plain(name) == "phash"
                        || ["AlgID", "Type"]
                            .iter()
                            .any(|key| text(key).is_some_and(|id| Alg::read(id).0 == Alg::PHash));
                    open.extend(members.iter().map(|(key, value)| (key.as_str(), value, is_phash)));
                }
                Value::Array(items) => open.extend(items.iter().map(|item| (name, item, in_phash))),
                Value::String(text) => found.leaf(name, text, in_phash),
                Value::Number(number) => found.leaf(name, &number.to_string(), in_phash),
                Value::Null | Value::Bool(_) => {}
            }
        }
        found
    }

    fn leaf(&mut self, name: &str, text: &str, in_phash: bool) {
        let bytes = unhex(text).map_or(0, |bytes| bytes.len());
        let list = match plain(name).as_str() {
            "timestamp" => &mut self.timestamp,
            "keyversion" => &mut self.key_version,
            "keyvalue" | "signature" => return,
            "phash" if bytes == 8 => &mut self.phash,
            _ if in_phash && bytes == 8 => &mut self.phash,
            _ if bytes == 32 => &mut self.digests,
            _ => return,
        };
        if list.len() < CANDIDATES && !list.iter().any(|known| known == text) {
            list.push(text.to_owned());
        }
    }

    /// The names that have more than one value.
    pub(super) fn ambiguous(&self) -> impl Iterator<Item = Oddity> {
        [("pHash", &self.phash), ("Timestamp", &self.timestamp), ("KeyVersion", &self.key_version)]
            .into_iter()
            .filter(|(_, values)| values.len() > 1)
            .map(|(name, _)| Oddity::Ambiguous { name })
    }
}

/// A name without case and punctuation.
fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

/// One entry of `Bindings`, from its JSON.
pub(super) fn binding(raw: &str) -> Option<Binding> {
    let entry: Value = serde_json::from_str(raw).ok()?;
    let members = entry.as_object()?;
    let text = |wanted: &str| {
        let found = members.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted));
        found.and_then(|(_, value)| value.as_str()).unwrap_or_default().to_owned()
    };
    let (alg_id, rule, value) = (text("AlgID"), text("CntSel"), text("Value"));
    let alg = match Alg::read(&alg_id).0 {
        Alg::Sm3 => Some(HashAlg::Sm3),
        Alg::Sha256 => Some(HashAlg::Sha256),
        _ => None,
    };
    let bytes = unhex(&value).map(|bytes| bytes.len());
    let kind = match (alg, Alg::read(&alg_id).0, bytes) {
        (_, Alg::PHash, Some(8)) => BindingKind::PerceptualHash,
        (Some(alg), _, Some(32)) if !rule.is_empty() => BindingKind::ContentHash { rule, alg },
        _ => BindingKind::Unknown,
    };
    Some(Binding { kind, value, signed: false, alg_id, json: compact(raw) })
}

/// The perceptual hashes that stand outside of `Bindings`, as bindings.
pub(super) fn add_loose(bindings: &mut Vec<Binding>, loose: &Loose) {
    for value in &loose.phash {
        let known = bindings.iter().any(|b| b.kind == BindingKind::PerceptualHash && b.value == *value);
        if !known {
            bindings.push(Binding {
                kind: BindingKind::PerceptualHash,
                value: value.clone(),
                signed: false,
                alg_id: "phash".to_owned(),
                json: String::new(),
            });
        }
    }
}
