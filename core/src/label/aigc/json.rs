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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9..1e9f64).prop_map(Value::from),
            "[ \\t\\n\"\\\\{}\\[\\],:a中]{0,9}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::vec(("[ \"\\\\{a-z]{0,4}", inner), 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn depth(value: &Value) -> usize {
        let below: Vec<&Value> = match value {
            Value::Array(items) => items.iter().collect(),
            Value::Object(members) => members.values().collect(),
            _ => return 0,
        };
        below.into_iter().map(depth).max().unwrap_or(0).saturating_add(1)
    }

    proptest! {
        #[test]
        fn white_space_is_seen_and_taken_off(value in value()) {
            let (dense, loose) = (value.to_string(), serde_json::to_string_pretty(&value).unwrap());
            prop_assert_eq!(&compact(&loose), &dense);
            prop_assert_eq!(&compact(&dense), &dense);
            prop_assert_eq!(scan(&dense, 9).map(|s| s.whitespace), Ok(false));
            prop_assert_eq!(scan(&loose, 9).map(|s| s.whitespace), Ok(loose != dense));
            let limits = Limits::default();
            prop_assert!(is_json(&dense, &limits));
            prop_assert_eq!(is_json(&loose, &limits), loose == dense);
        }

        #[test]
        fn nesting_is_counted(value in value()) {
            let (text, depth) = (value.to_string(), depth(&value));
            for (max, fits) in [(depth, true), (depth.saturating_add(1), true), (depth.wrapping_sub(1), depth == 0)] {
                prop_assert_eq!(scan(&text, max).is_ok(), fits, "{} {}", &text, max);
                prop_assert_eq!(is_json(&text, &Limits { json_depth: max, ..Limits::default() }), fits);
            }
        }

        #[test]
        fn length_is_bounded(value in value()) {
            let text = value.to_string();
            let within = |label_bytes| is_json(&text, &Limits { label_bytes, ..Limits::default() });
            prop_assert!(within(text.len()) && !within(text.len() - 1));
        }

        #[test]
        fn a_key_that_stands_twice_is_found_wherever_it_stands(value in value(), other in value(), deep in 0..3usize) {
            let (open, close) = ([("", ""), ("[1,", "]"), ("{\"x\":", "}")])[deep];
            let once = format!("{open}{{\"a\":{value},\"b\":{other}}}{close}");
            let twice = format!("{open}{{\"a\":{value},\"b\":{other},\"\\u0061\":1}}{close}");
            prop_assert_eq!(check_duplicates(&once), Ok(()));
            let (reason, at) = check_duplicates(&twice).unwrap_err();
            prop_assert_eq!(reason, BrokenReason::DuplicateKey { key: "a".into() });
            prop_assert!(at > once.len() - close.len() - 1 && at < twice.len(), "{} {}", at, twice);
        }
    }

    #[test]
    fn a_complaint_has_its_place_on_any_line() {
        for text in ["{x", "{\n\"a\":1,\nx", "{\"a\":\n\n\"中\",x"] {
            let error = serde_json::from_str::<Value>(text).unwrap_err();
            assert_eq!(offset_of(text, &error), text.len() - 1, "{text}");
        }
        assert_eq!(check_duplicates("{\"a\":1} x"), Err((BrokenReason::NotJson, 8)));
    }

    #[test]
    fn members_are_of_an_object_alone() {
        let text = r#"{"b":[1, 2],"a":{"c":1},"b":null}"#;
        let found: Vec<_> = pairs(text).unwrap().into_iter().map(|(key, raw)| (key, raw.get())).collect();
        assert_eq!(found, [("b".into(), "[1, 2]"), ("a".into(), "{\"c\":1}"), ("b".into(), "null")]);
        assert_eq!(Pairs::read("{}").unwrap().0.len(), 0);
        for text in ["", "1", "[]", "{", "{} x"] {
            assert!(pairs(text).is_err(), "{text}");
        }
        assert!(pairs("1").unwrap_err().to_string().contains("expected an object"));
    }
}
