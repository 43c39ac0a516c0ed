//! JSON without surprises: nesting, white space and repeated keys are looked at before use.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::limits::Limits;

use super::read::BrokenReason;

/// Whether a text is one JSON value without white space, within the limits and without a
/// repeated key.
pub(crate) fn is_json(text: &str, limits: &Limits) -> bool {
    text.len() <= limits.label_bytes
        && scan(text, limits.json_depth).is_ok_and(|s| !s.whitespace)
        && check_duplicates(text).is_ok()
}

/// The JSON without white space between tokens; everything else byte for byte.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for c in json.chars() {
        if in_string {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c == '"' {
            in_string = true;
        } else if c.is_ascii_whitespace() {
            continue;
        }
        out.push(c);
    }
    out
}

pub(crate) struct Scan {
    pub(crate) whitespace: bool,
}

/// One pass before any parser recurses: nesting and white space. The error is the offset of the
/// bracket that is one too deep.
pub(crate) fn scan(text: &str, max_depth: usize) -> Result<Scan, usize> {
    let (mut in_string, mut escaped, mut whitespace) = (false, false, false);
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => {
                depth = depth.saturating_add(1);
                if depth > max_depth {
                    return Err(at);
                }
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            b' ' | b'\t' | b'\r' | b'\n' => whitespace = true,
            _ => {}
        }
    }
    Ok(Scan { whitespace })
}

/// Byte offset of a parser's complaint.
pub(crate) fn offset_of(text: &str, error: &serde_json::Error) -> usize {
    let lines = error.line().saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(lines).map(str::len).sum();
    start.saturating_add(error.column().saturating_sub(1)).min(text.len())
}

/// The members of one object, values unread.
pub(crate) struct Pairs<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'a> Pairs<'a> {
    pub(crate) fn read(text: &'a str) -> Result<Self, serde_json::Error> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let pairs = reader.deserialize_map(Members)?;
        reader.end()?;
        Ok(pairs)
    }
}

/// The members of one object in order, as they stand.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, &RawValue)>, serde_json::Error> {
    Ok(Pairs::read(text)?.0)
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Pairs<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<'de>, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry::<String, &'de RawValue>()? {
            pairs.push(pair);
        }
        Ok(Pairs(pairs))
    }
}

/// Reads a whole JSON text and stops at the first key that stands twice in its object. The
/// recursion is bounded by the scan that comes before.
pub(crate) fn check_duplicates(text: &str) -> Result<(), (BrokenReason, usize)> {
    let found = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(text);
    let result = Unique(&found).deserialize(&mut reader).and_then(|()| reader.end());
    result.map_err(|error| {
        let at = offset_of(text, &error);
        match found.take() {
            Some(key) => (BrokenReason::DuplicateKey { key }, at),
            None => (BrokenReason::NotJson, at),
        }
    })
}

struct Unique<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Unique<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unique<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Unique(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if seen.contains(&key) {
                self.0.replace(Some(key));
                return Err(de::Error::custom("repeated key"));
            }
            map.next_value_seed(Unique(self.0))?;
            seen.insert(key);
        }
        Ok(())
    }
}
