//! The lenient reader of the AIGC field.

use std::fmt;

use serde::Serialize;

use crate::error::Error;
use crate::label::Level;
use crate::label::provider::{self, CodeError, ProviderCode};
use crate::limits::Limits;
use crate::message::{general, label as rows};
use crate::names::{plain_name, same_name};

use super::json::{Pairs, check_duplicates, compact, offset_of, scan};
use super::loose::{self, Crooked};
use super::{Aigc, Key, Unknown};

/// Kind of a JSON value that stands where a string is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum JsonKind {
    /// A number; its digits are used.
    Number,
    /// An object; its JSON is used.
    Object,
    /// An array; its JSON is used.
    Array,
    /// `true` or `false`; the word is used.
    Bool,
    /// `null`; read as empty.
    Null,
}

/// A way in which a label that could be read differs from GB 45438-2025 or common form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Leniency {
    /// The object stands under a key `AIGC`: right where the carrier has no key of its own.
    WrappedOnce,
    /// The object stands under two keys `AIGC`.
    WrappedTwice,
    /// The wrapping key is not spelt `AIGC`.
    WrapperCase {
        /// The key found.
        found: String,
    },
    /// A key beside the wrapping key; its value is not part of the label.
    BesideWrapper {
        /// The key.
        key: String,
    },
    /// The JSON stands inside a JSON string.
    JsonInString,
    /// A byte order mark, white space or NUL around the JSON.
    Padding,
    /// White space between the tokens of the JSON.
    WhitespaceInJson,
    /// A value that is no string; the text used is in the field.
    NotAString {
        /// The key.
        key: Key,
        /// What stands there.
        found: JsonKind,
    },
    /// A key that looks like one of the seven; its value is not used.
    MisspeltKey {
        /// The key found.
        found: String,
        /// The key probably meant.
        likely: Key,
    },
    /// A key that Annex E does not know.
    UnknownKey {
        /// The key.
        key: String,
    },
    /// A key of Annex E is not there.
    MissingKey {
        /// The key.
        key: Key,
    },
    /// The keys stand in another order than in Annex E.
    KeyOrder,
    /// A field other than protection data is empty.
    EmptyField {
        /// The key.
        key: Key,
    },
    /// `Label` is not "1", "2" or "3".
    LabelOutsideEnum {
        /// The value found.
        value: String,
    },
    /// A character outside of Annex E j).
    CharsetViolation {
        /// The key.
        key: Key,
        /// The first such character.
        found: char,
        /// Its position, counted in characters from 1.
        position: usize,
    },
    /// Protection data with quotation marks or backslashes and no other violation, as the
    /// security guide's JSON needs them.
    QuotesInReserved {
        /// The key.
        key: Key,
    },
    /// A name where most put the provider code; the standard allows both.
    NameForCode {
        /// The key.
        key: Key,
    },
    /// A provider code that breaks TC260-PG-20252A.
    BadProviderCode {
        /// The key.
        key: Key,
        /// The rule it breaks.
        why: CodeError,
    },
    /// A provider code or number that is all zeros.
    AllZeroId {
        /// The key.
        key: Key,
    },
    /// A field longer than the writer's limit.
    LongField {
        /// The key.
        key: Key,
        /// Its length in bytes.
        bytes: usize,
    },
    /// The object is no JSON, or stands in a text as no carrier has it. [`parse`] reads JSON alone
    /// and never gives this; carriers do.
    #[serde(skip_serializing)]
    Crooked(Crooked),
}

/// A label that could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parsed {
    /// The fields.
    pub aigc: Aigc,
    /// The level stated; `None` if `Label` is missing or outside of its values.
    pub level: Option<Level>,
    /// The value as it stands in the file.
    pub raw: String,
    /// Every difference from the standard, outer ones first.
    pub leniencies: Vec<Leniency>,
}

impl Parsed {
    /// Whether nothing was lenient but the wrapping, which some carriers need.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.leniencies.iter().all(|l| matches!(l, Leniency::WrappedOnce))
    }
}

/// Why a value is no readable label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "broken", rename_all = "snake_case")]
#[non_exhaustive]
pub enum BrokenReason {
    /// More bytes than [`Limits::label_bytes`].
    TooLong {
        /// Bytes found.
        found: usize,
        /// The limit.
        max: usize,
    },
    /// JSON nested deeper than [`Limits::json_depth`].
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// Not UTF-8.
    NotUtf8,
    /// Nothing there.
    Empty,
    /// Not JSON.
    NotJson,
    /// JSON, but no object.
    NotObject,
    /// A key stands twice in one object, anywhere in the value.
    DuplicateKey {
        /// The key.
        key: String,
    },
    /// An object without any of the seven keys or a misspelling of them.
    NoLabelKeys {
        /// The keys found, at most 16.
        found: Vec<String>,
    },
    /// Label keys beside the wrapping key `AIGC`: two labels in one value.
    TwoLabels,
    /// Wrapped more than twice.
    WrappedTooOften,
}

/// A value that is no readable label: malformed, not absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Broken {
    /// Why.
    #[serde(flatten)]
    pub reason: BrokenReason,
    /// Where in the value, in bytes; inside a JSON string, where that string begins.
    pub offset: usize,
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        let at = u64::try_from(broken.offset).unwrap_or(u64::MAX);
        let limit = |name: &str, value: String, max: usize| {
            Self::Limit(general::LIMIT.with("limit", name).arg("value", value).arg("max", max))
        };
        match broken.reason {
            BrokenReason::TooLong { found, max } => limit("label_bytes", found.to_string(), max),
            BrokenReason::TooDeep { max } => limit("json_depth", max.saturating_add(1).to_string(), max),
            BrokenReason::NotUtf8 => Self::Malformed(rows::LABEL_UTF8.problem().at(at)),
            BrokenReason::Empty => Self::Malformed(rows::LABEL_EMPTY.problem()),
            BrokenReason::NotJson => Self::Malformed(rows::LABEL_JSON.problem().at(at)),
            BrokenReason::NotObject => Self::Malformed(rows::LABEL_NOT_OBJECT.problem().at(at)),
            BrokenReason::DuplicateKey { key } => Self::Malformed(rows::LABEL_DUPLICATE_KEY.with("key", key).at(at)),
            BrokenReason::NoLabelKeys { .. } => Self::Malformed(rows::LABEL_NO_KEYS.problem().at(at)),
            BrokenReason::TwoLabels => Self::Malformed(rows::LABEL_TWO.problem().at(at)),
            BrokenReason::WrappedTooOften => Self::Malformed(rows::LABEL_WRAPPED.problem().at(at)),
        }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&Error::from(self.clone()), f)
    }
}

impl std::error::Error for Broken {}

/// Reads the value of an AIGC field: the bare object, the object under one or two keys `AIGC`, or
/// either inside a JSON string.
///
/// ```
/// use biaoshi::label::aigc::{Leniency, parse};
/// use biaoshi::{Limits, label::Level};
/// # fn main() -> biaoshi::Result<()> {
/// let parsed = parse(r#"{"AIGC":{"Label":1,"Propagator":"x"}}"#, &Limits::default())?;
/// assert_eq!(parsed.level, Some(Level::Is));
/// assert!(parsed.leniencies.iter().any(|l| matches!(l, Leniency::MisspeltKey { .. })));
/// assert_eq!(parsed.aigc.content_propagator, "");
/// # Ok(())
/// # }
/// ```
///
/// # Errors
///
/// [`Broken`] if the value is longer or deeper than `limits` allow, is not UTF-8 JSON, repeats a
/// key, or holds no key of Annex E.
pub fn parse(value: impl AsRef<[u8]>, limits: &Limits) -> Result<Parsed, Broken> {
    let bytes = value.as_ref();
    if bytes.len() > limits.label_bytes {
        let (found, max) = (bytes.len(), limits.label_bytes);
        return Err(broken(BrokenReason::TooLong { found, max }, max));
    }
    let raw = std::str::from_utf8(bytes).map_err(|e| broken(BrokenReason::NotUtf8, e.valid_up_to()))?;
    let is_padding = |c: char| matches!(c, '\u{feff}' | '\0' | ' ' | '\t' | '\r' | '\n');
    let trimmed = raw.trim_matches(is_padding);
    let mut leniencies = Vec::new();
    if trimmed.len() != raw.len() {
        leniencies.push(Leniency::Padding);
    }
    if trimmed.is_empty() {
        return Err(broken(BrokenReason::Empty, 0));
    }
    let mut place = Place { start: distance(raw, trimmed), exact: true };
    let mut text = trimmed.to_owned();
    let (mut wraps, mut strings, mut spaced) = (0_u8, 0_u8, false);
    let aigc = loop {
        let scan = scan(&text, limits.json_depth)
            .map_err(|at| broken(BrokenReason::TooDeep { max: limits.json_depth }, place.at(at)))?;
        spaced |= scan.whitespace;
        check_duplicates(&text).map_err(|(reason, at)| broken(reason, place.at(at)))?;
        let inner = match text.chars().next() {
            Some('"') => {
                strings = strings.saturating_add(1);
                if strings > 2 {
                    return Err(broken(BrokenReason::WrappedTooOften, place.at(0)));
                }
                leniencies.push(Leniency::JsonInString);
                place.exact = false;
                let inner: String = serde_json::from_str(&text)
                    .map_err(|e| broken(BrokenReason::NotJson, place.at(offset_of(&text, &e))))?;
                inner.trim_matches(is_padding).to_owned()
            }
            Some('{') => {
                let pairs =
                    Pairs::read(&text).map_err(|e| broken(BrokenReason::NotJson, place.at(offset_of(&text, &e))))?;
                match unwrap(&pairs, &mut leniencies) {
                    Ok(Some(inner)) => {
                        wraps = wraps.saturating_add(1);
                        if wraps > 2 {
                            return Err(broken(BrokenReason::WrappedTooOften, place.at(0)));
                        }
                        place.start = place.at(distance(&text, inner));
                        inner.to_owned()
                    }
                    Ok(None) => break take_fields(&pairs, &mut leniencies, limits),
                    Err(reason) => return Err(broken(reason, place.at(0))),
                }
            }
            _ => return Err(broken(BrokenReason::NotObject, place.at(0))),
        };
        text = inner;
    };
    match wraps {
        0 => {}
        1 => leniencies.insert(0, Leniency::WrappedOnce),
        _ => leniencies.insert(0, Leniency::WrappedTwice),
    }
    if spaced {
        leniencies.push(Leniency::WhitespaceInJson);
    }
    judge(&aigc, &mut leniencies);
    Ok(Parsed { level: aigc.level(), aigc, raw: raw.to_owned(), leniencies })
}

/// Reads an object that begins `text` and need be no JSON; also gives its length in bytes.
///
/// # Errors
///
/// As [`parse`]; not JSON for what does not close or is no object.
pub(crate) fn parse_loose(text: &str, limits: &Limits) -> Result<(Parsed, usize), Broken> {
    let found = loose::read(text, limits.json_depth.saturating_add(2)).ok_or(broken(BrokenReason::NotJson, 0))?;
    // Escapes make the JSON longer than the text, which is bounded.
    let wider = Limits { label_bytes: found.json.len().max(limits.label_bytes), ..limits.clone() };
    let mut parsed = parse(&found.json, &wider).map_err(|e| broken(e.reason, 0))?;
    text.get(..found.len).unwrap_or_default().clone_into(&mut parsed.raw);
    parsed.leniencies.extend(found.crooked.into_iter().map(Leniency::Crooked));
    Ok((parsed, found.len))
}

/// Maps offsets in the current text to the value, as long as no string was decoded.
struct Place {
    start: usize,
    exact: bool,
}

impl Place {
    fn at(&self, offset: usize) -> usize {
        if self.exact { self.start.saturating_add(offset) } else { self.start }
    }
}

fn broken(reason: BrokenReason, offset: usize) -> Broken {
    Broken { reason, offset }
}

/// Bytes from the start of `outer` to the start of `inner`, a part of it.
fn distance(outer: &str, inner: &str) -> usize {
    (inner.as_ptr() as usize).saturating_sub(outer.as_ptr() as usize)
}

/// The object inside a wrapping key, if this object is a wrapper.
fn unwrap<'a>(pairs: &Pairs<'a>, leniencies: &mut Vec<Leniency>) -> Result<Option<&'a str>, BrokenReason> {
    let labelled = pairs.0.iter().any(|(key, _)| Key::from_name(key).is_some());
    let exact = pairs.0.iter().find(|(key, _)| key == "AIGC");
    let found = match (exact, labelled) {
        (Some(_), true) => return Err(BrokenReason::TwoLabels),
        (Some(pair), false) => pair,
        (None, true) => return Ok(None),
        (None, false) => {
            let mut similar = pairs.0.iter().filter(|(key, _)| same_name(key, "AIGC"));
            match (similar.next(), similar.next()) {
                (Some(pair), None) => pair,
                (Some(_), Some(_)) => return Err(BrokenReason::TwoLabels),
                (None, _) => {
                    if pairs.0.iter().any(|(key, _)| misspelt(key).is_some()) {
                        return Ok(None);
                    }
                    let found = pairs.0.iter().take(16).map(|(key, _)| key.clone()).collect();
                    return Err(BrokenReason::NoLabelKeys { found });
                }
            }
        }
    };
    if found.0 != "AIGC" {
        leniencies.push(Leniency::WrapperCase { found: found.0.clone() });
    }
    for (key, _) in &pairs.0 {
        if *key != found.0 {
            leniencies.push(Leniency::BesideWrapper { key: key.clone() });
        }
    }
    Ok(Some(found.1.get()))
}

fn take_fields(pairs: &Pairs<'_>, leniencies: &mut Vec<Leniency>, limits: &Limits) -> Aigc {
    let mut aigc = Aigc::default();
    let mut seen = Vec::new();
    for (name, raw) in &pairs.0 {
        let Some(key) = Key::from_name(name) else {
            leniencies.push(match misspelt(name) {
                Some(likely) => Leniency::MisspeltKey { found: name.clone(), likely },
                None => Leniency::UnknownKey { key: name.clone() },
            });
            aigc.unknown.push(Unknown { key: name.clone(), json: compact(raw.get()) });
            continue;
        };
        seen.push(key);
        let (value, kind) = text_of(raw.get());
        if let Some(found) = kind {
            leniencies.push(Leniency::NotAString { key, found });
        }
        if value.len() > limits.field_bytes {
            leniencies.push(Leniency::LongField { key, bytes: value.len() });
        }
        aigc.set(key, value);
    }
    if !seen.is_sorted() {
        leniencies.push(Leniency::KeyOrder);
    }
    for key in Key::ALL {
        if !seen.contains(&key) {
            leniencies.push(Leniency::MissingKey { key });
        } else if aigc.get(key).is_empty() && !key.is_reserved() {
            leniencies.push(Leniency::EmptyField { key });
        }
    }
    aigc
}

/// Looks at the values: level, character set, codes.
fn judge(aigc: &Aigc, leniencies: &mut Vec<Leniency>) {
    if !aigc.label.is_empty() && aigc.level().is_none() {
        leniencies.push(Leniency::LabelOutsideEnum { value: aigc.label.clone() });
    }
    for key in Key::ALL {
        let value = aigc.get(key);
        if let Some((position, found)) = first_violation(value) {
            leniencies.push(if key.is_reserved() && quotes_are_the_only_violation(value) {
                Leniency::QuotesInReserved { key }
            } else {
                Leniency::CharsetViolation { key, found, position }
            });
        }
        if value.is_empty() || key.is_reserved() || key == Key::Label {
            continue;
        }
        if value.chars().all(|c| c == '0' || c == '-') {
            leniencies.push(Leniency::AllZeroId { key });
        } else if key.is_provider() {
            match ProviderCode::parse(value) {
                Ok(_) => {}
                Err(why) if provider::looks_like_code(value) => {
                    leniencies.push(Leniency::BadProviderCode { key, why });
                }
                Err(_) => leniencies.push(Leniency::NameForCode { key }),
            }
        }
    }
}

/// The first character outside of Annex E j), with its position counted from 1.
pub(super) fn first_violation(value: &str) -> Option<(usize, char)> {
    let at = |(at, c): (usize, char)| (at.saturating_add(1), c);
    value.chars().enumerate().find(|(_, c)| !in_charset(*c)).map(at)
}

pub(super) fn quotes_are_the_only_violation(value: &str) -> bool {
    value.chars().all(|c| in_charset(c) || c == '"' || c == '\\')
}

const fn in_charset(c: char) -> bool {
    matches!(c, '\x21'..='\x7e') && c != '"' && c != '\\'
}

/// The key that a wrong one was probably meant to be.
fn misspelt(name: &str) -> Option<Key> {
    if name.len() > 64 {
        return None;
    }
    let plain: Vec<char> = plain_name(name).chars().filter(|c| c.is_alphanumeric()).take(40).collect();
    let text: String = plain.iter().collect();
    // Names in use that are further from the right one than a slip of two letters.
    match text.as_str() {
        "producer" => return Some(Key::ContentProducer),
        "propagator" => return Some(Key::ContentPropagator),
        "propatorid" | "propagationid" => return Some(Key::PropagateId),
        _ => {}
    }
    Key::ALL
        .into_iter()
        .map(|key| {
            let due: Vec<char> = key.name().chars().map(|c| c.to_ascii_lowercase()).collect();
            (edits(&plain, &due), key)
        })
        .filter(|(edits, key)| *edits <= if *key == Key::Label { 1 } else { 2 })
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, key)| key)
}

/// Levenshtein distance; both are at most 40 characters long.
fn edits(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = Vec::with_capacity(row.len());
        let mut left = i.saturating_add(1);
        next.push(left);
        for ((y, diagonal), up) in b.iter().zip(&row).zip(row.iter().skip(1)) {
            let swap = diagonal.saturating_add(usize::from(x != y));
            left = swap.min(up.saturating_add(1)).min(left.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

/// The text of a JSON value, and its kind unless it is a string.
fn text_of(raw: &str) -> (String, Option<JsonKind>) {
    match raw.chars().next() {
        Some('"') => (serde_json::from_str(raw).unwrap_or_default(), None),
        Some('{') => (compact(raw), Some(JsonKind::Object)),
        Some('[') => (compact(raw), Some(JsonKind::Array)),
        Some('n') => (String::new(), Some(JsonKind::Null)),
        Some('t' | 'f') => (raw.to_owned(), Some(JsonKind::Bool)),
        _ => (raw.to_owned(), Some(JsonKind::Number)),
    }
}
