//! The AIGC field: seven strings in one JSON object (GB 45438-2025 Annex E).
//!
//! The writer is strict and the reader lenient: it reads what products really write, and names
//! each way in which that differs from the standard as a [`Leniency`]. It repairs nothing in
//! silence: a misspelt key is reported and its value is not used.

use std::collections::HashSet;
use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::label as rows;

use super::provider::{self, ProviderCode};
use super::{Label, Level};

pub(crate) mod json;
mod loose;
mod read;

pub use loose::Crooked;
pub(crate) use read::parse_loose;
pub use read::{Broken, BrokenReason, JsonKind, Leniency, Parsed, parse};

/// What a value of the AIGC field says, as the bindings and the test vectors give it: `fields`,
/// `level`, `strict` and `leniencies` (each with its `code`), or `broken` and `offset`.
///
/// ```
/// use biaoshi::{Limits, label::aigc};
/// let said = aigc::answer(br#"{"Label":1}"#, &Limits::default());
/// assert_eq!(said["level"], "1");
/// assert_eq!(said["leniencies"][0]["code"], "not_a_string");
/// ```
#[must_use]
pub fn answer(value: &[u8], limits: &Limits) -> Value {
    match parse(value, limits) {
        Ok(parsed) => {
            let field = |key: Key| (key.name().to_owned(), Value::from(parsed.aigc.get(key)));
            json!({
                "fields": Key::ALL.into_iter().map(field).collect::<serde_json::Map<_, _>>(),
                "level": parsed.level.map(Level::code),
                "strict": parsed.is_strict(),
                "leniencies": serde_json::to_value(&parsed.leniencies).unwrap_or_default(),
            })
        }
        Err(broken) => serde_json::to_value(broken).unwrap_or_default(),
    }
}

/// The seven keys, in the order of Annex E.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub enum Key {
    /// `Label`: how sure, item c).
    Label,
    /// `ContentProducer`: name or code of the generating provider, item d).
    ContentProducer,
    /// `ProduceID`: its number for this content, item e).
    #[serde(rename = "ProduceID")]
    ProduceId,
    /// `ReservedCode1`: its protection data, item f); may be empty.
    ReservedCode1,
    /// `ContentPropagator`: name or code of the spreading provider, item g).
    ContentPropagator,
    /// `PropagateID`: its number for this content, item h).
    #[serde(rename = "PropagateID")]
    PropagateId,
    /// `ReservedCode2`: its protection data, item i); may be empty.
    ReservedCode2,
}

impl Key {
    /// All keys, in the order of Annex E.
    pub const ALL: [Self; 7] = [
        Self::Label,
        Self::ContentProducer,
        Self::ProduceId,
        Self::ReservedCode1,
        Self::ContentPropagator,
        Self::PropagateId,
        Self::ReservedCode2,
    ];

    /// The key as Annex E spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Label => "Label",
            Self::ContentProducer => "ContentProducer",
            Self::ProduceId => "ProduceID",
            Self::ReservedCode1 => "ReservedCode1",
            Self::ContentPropagator => "ContentPropagator",
            Self::PropagateId => "PropagateID",
            Self::ReservedCode2 => "ReservedCode2",
        }
    }

    /// The key with exactly this spelling.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// Whether the field holds protection data, which may be empty.
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        matches!(self, Self::ReservedCode1 | Self::ReservedCode2)
    }

    /// Whether the field names a provider, by name or code.
    #[must_use]
    pub const fn is_provider(self) -> bool {
        matches!(self, Self::ContentProducer | Self::ContentPropagator)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A key that Annex E does not know, kept so that rewriting a label drops nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The key.
    pub key: String,
    /// Its value as JSON, without white space between tokens.
    pub json: String,
}

/// The values of the seven keys, as they stand in a file. A key that is missing is empty here.
///
/// Values can be personal (ids hold file paths and task numbers in some products): do not log
/// them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aigc {
    /// `Label`.
    pub label: String,
    /// `ContentProducer`.
    pub content_producer: String,
    /// `ProduceID`.
    pub produce_id: String,
    /// `ReservedCode1`.
    pub reserved_code1: String,
    /// `ContentPropagator`.
    pub content_propagator: String,
    /// `PropagateID`.
    pub propagate_id: String,
    /// `ReservedCode2`.
    pub reserved_code2: String,
    /// Further keys, in the order found.
    pub unknown: Vec<Unknown>,
}

impl Aigc {
    /// The field for a first writing: a propagator that the label leaves out is the producer, and
    /// so is its number (GB 45438-2025 Annex E g) and h)).
    ///
    /// `produce_id` is used if the label has none. A platform that found no label writes level
    /// "possible" or "suspected" and need not know a producer (inferred): producer and number may
    /// then be empty if a propagator is given.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] as [`Aigc::check`] with the default limits.
    pub fn from_label(label: &Label, produce_id: &str) -> Result<Self> {
        let id = label.produce_id.as_deref().unwrap_or(produce_id);
        let aigc = Self {
            label: label.level.code().to_owned(),
            content_producer: label.producer.clone(),
            produce_id: id.to_owned(),
            reserved_code1: label.reserved_code1.clone().unwrap_or_default(),
            content_propagator: label.propagator.clone().unwrap_or_else(|| label.producer.clone()),
            propagate_id: label.propagate_id.clone().unwrap_or_else(|| id.to_owned()),
            reserved_code2: label.reserved_code2.clone().unwrap_or_default(),
            unknown: Vec::new(),
        };
        aigc.check(&Limits::default())?;
        Ok(aigc)
    }

    /// This field with a new propagator; everything the producer stated stays as it is (Measures,
    /// Article 6). `reserved_code2` replaces the old one, which protected the old propagator.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] as [`Aigc::check`] for the three new values; the old ones are not
    /// checked.
    pub fn propagated(&self, propagator: &str, propagate_id: &str, reserved_code2: &str) -> Result<Self> {
        let limits = Limits::default();
        for (key, value) in [
            (Key::ContentPropagator, propagator),
            (Key::PropagateId, propagate_id),
            (Key::ReservedCode2, reserved_code2),
        ] {
            require(key, value)?;
            check_value(key, value, &limits)?;
        }
        Ok(Self {
            content_propagator: propagator.to_owned(),
            propagate_id: propagate_id.to_owned(),
            reserved_code2: reserved_code2.to_owned(),
            ..self.clone()
        })
    }

    /// Checks every rule of the strict writer.
    ///
    /// The characters of Annex E j) are 0x21 to 0x7E without `"` and `\`. Protection data that is a
    /// JSON object may hold those two as well: the security guide TC260-PG-202511A puts JSON
    /// there (inferred).
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] with the field, and for characters also which and where: an empty field,
    /// a character outside the set, a provider code that [`ProviderCode::parse`] refuses, a further key that
    /// is none; [`Error::Unsupported`] for a code of a form that is not known. [`Error::Limit`] for a field longer than [`Limits::field_bytes`].
    pub fn check(&self, limits: &Limits) -> Result<()> {
        let platform = matches!(self.level(), Some(Level::Possible | Level::Suspected));
        for key in Key::ALL {
            let value = self.get(key);
            let spared = platform && matches!(key, Key::ContentProducer | Key::ProduceId);
            if !spared {
                require(key, value)?;
            }
            check_value(key, value, limits)?;
        }
        if self.level().is_none() {
            return Err(charset(Key::Label, &self.label)
                .unwrap_or_else(|| Error::Invalid(rows::FIELD_EMPTY.with("field", Key::Label))));
        }
        let mut seen = HashSet::new();
        for unknown in &self.unknown {
            let repeated = !seen.insert(unknown.key.as_str());
            let clash = unknown.key == "AIGC" || Key::from_name(&unknown.key).is_some();
            if repeated || clash || !json::is_json(&unknown.json, limits) {
                return Err(Error::Invalid(rows::FIELD_UNKNOWN.with("field", &unknown.key)));
            }
        }
        Ok(())
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: Key) -> &str {
        match key {
            Key::Label => &self.label,
            Key::ContentProducer => &self.content_producer,
            Key::ProduceId => &self.produce_id,
            Key::ReservedCode1 => &self.reserved_code1,
            Key::ContentPropagator => &self.content_propagator,
            Key::PropagateId => &self.propagate_id,
            Key::ReservedCode2 => &self.reserved_code2,
        }
    }

    /// Sets the value of a key, unchecked.
    pub fn set(&mut self, key: Key, value: impl Into<String>) {
        let slot = match key {
            Key::Label => &mut self.label,
            Key::ContentProducer => &mut self.content_producer,
            Key::ProduceId => &mut self.produce_id,
            Key::ReservedCode1 => &mut self.reserved_code1,
            Key::ContentPropagator => &mut self.content_propagator,
            Key::PropagateId => &mut self.propagate_id,
            Key::ReservedCode2 => &mut self.reserved_code2,
        };
        *slot = value.into();
    }

    /// The level that `Label` states; `None` if its value is not "1", "2" or "3".
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        Level::from_code(&self.label)
    }

    /// Whether both state the same about production: label, producer, number, protection data.
    #[must_use]
    pub fn same_production(&self, other: &Self) -> bool {
        [Key::Label, Key::ContentProducer, Key::ProduceId, Key::ReservedCode1]
            .into_iter()
            .all(|key| self.get(key) == other.get(key))
    }

    /// Whether both state the same about propagation: propagator, number, protection data.
    #[must_use]
    pub fn same_propagation(&self, other: &Self) -> bool {
        [Key::ContentPropagator, Key::PropagateId, Key::ReservedCode2]
            .into_iter()
            .all(|key| self.get(key) == other.get(key))
    }

    /// The bare object: no white space, keys in the order of Annex E, further keys last.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::from("{");
        for key in Key::ALL {
            if out.len() > 1 {
                out.push(',');
            }
            push_string(&mut out, key.name());
            out.push(':');
            push_string(&mut out, self.get(key));
        }
        for unknown in &self.unknown {
            out.push(',');
            push_string(&mut out, &unknown.key);
            out.push(':');
            out.push_str(&unknown.json);
        }
        out.push('}');
        out
    }

    /// The object under the key `AIGC`, for carriers that have no key of their own.
    #[must_use]
    pub fn to_wrapped_json(&self) -> String {
        format!("{{\"AIGC\":{}}}", self.to_json())
    }
}

pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push_str(&serde_json::Value::from(text).to_string());
}

fn require(key: Key, value: &str) -> Result<()> {
    if value.is_empty() && !key.is_reserved() {
        return Err(Error::Invalid(rows::FIELD_EMPTY.with("field", key)));
    }
    Ok(())
}

fn check_value(key: Key, value: &str, limits: &Limits) -> Result<()> {
    if value.len() > limits.field_bytes {
        return Err(Error::Limit(
            rows::FIELD_LENGTH.with("field", key).arg("found", value.len()).arg("max", limits.field_bytes),
        ));
    }
    if let Some(error) = charset(key, value) {
        let quotes_only = matches!(read::first_violation(value), Some((_, '"' | '\\')));
        let json = key.is_reserved()
            && quotes_only
            && read::quotes_are_the_only_violation(value)
            && value.starts_with('{')
            && json::is_json(value, limits);
        if !json {
            return Err(error);
        }
    }
    if key.is_provider() && !value.is_empty() {
        if provider::is_credit_code(value) {
            return Err(Error::Invalid(rows::FIELD_CREDIT_CODE.with("field", key)));
        }
        if provider::looks_like_code(value) {
            ProviderCode::parse(value).map_err(|why| why.in_field(key.name()))?;
        }
    }
    Ok(())
}

/// The error for the first character outside the set of Annex E j).
fn charset(key: Key, value: &str) -> Option<Error> {
    let (position, found) = read::first_violation(value)?;
    let name = key.is_provider() && u32::from(found) >= 0x2E80;
    let row = if name { &rows::FIELD_CHARSET_NAME } else { &rows::FIELD_CHARSET };
    Some(Error::Invalid(row.with("field", key).arg("position", position).arg("found", found)))
}

#[cfg(test)]
mod tests;
