#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::io::Cursor;

use proptest::prelude::*;

use super::units::{Form, Units};
use super::{json, markdown, yaml};
use crate::container::{CONTAINERS, Head, SegmentMap};
use crate::limits::Limits;
use crate::source::Source;

fn with_source<T>(bytes: &[u8], work: impl FnOnce(&mut Source<'_>) -> T) -> T {
    let mut cursor = Cursor::new(bytes);
    work(&mut Source::new(&mut cursor, &Limits::default()).unwrap())
}

/// How the grammar of JSON judges a text: `Some(true)` for one value, `None` for a cut one.
fn judged(text: &[u8]) -> Option<bool> {
    with_source(text, |source| {
        let mut units = Units::new(source, Form::Byte, 0, u64::MAX);
        match json::scan(&mut units, true, &|_| false, &Limits::default()).unwrap() {
            json::Outcome::Sound(scan) => Some(text[scan.end as usize..].trim_ascii().is_empty()),
            json::Outcome::Cut => None,
            json::Outcome::Other => Some(false),
        }
    })
}

/// Maps and reads `bytes` as every format of text; the parts cover the file in order.
fn covered(bytes: &[u8], extension: &str) {
    let limits = Limits::default();
    for container in &CONTAINERS[CONTAINERS.len() - 2..] {
        with_source(bytes, |source| {
            let head = Head { bytes: &bytes[..bytes.len().min(Head::LEN)], extension: Some(extension) };
            let Some(format) = container.identify(&head, source).unwrap() else { return };
            let mut map: SegmentMap = container.map(format, source, &limits).unwrap();
            let mut at = 0;
            for segment in &map.segments {
                assert_eq!(segment.range.start, at, "{format:?} {:?}", map.segments);
                assert!(segment.range.end >= at && segment.payload.start <= segment.payload.end);
                at = segment.range.end;
            }
            assert_eq!(at, bytes.len() as u64, "{format:?}");
            for value in container.values(&mut map, source, &limits).unwrap() {
                assert!(value.range.end <= bytes.len() as u64);
                if let Some(plain) = value.plain_at {
                    let plain = plain as usize;
                    assert_eq!(&bytes[plain..plain + value.bytes.len()], value.bytes);
                }
            }
        });
    }
}

/// Pieces of every grammar, so that arbitrary texts get far.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "<!--",
        "-->",
        "<meta name=a content=",
        "<meta charset=utf-8>",
        "<script>",
        "</script>",
        "<head>",
        "<html>",
        ">",
        "\"",
        "'",
        "---\n",
        "+++\n",
        "WEBVTT\n",
        "NOTE a {",
        "\n",
        "\r\n",
        "\n\n",
        "{",
        "}",
        "[",
        "]",
        "\"AIGC\":",
        ":",
        ",",
        "a: b\n",
        "  c:\n",
        "- ",
        "|\n",
        "#",
        " ",
        "\t",
        "1",
        "-",
        "\\",
        "&amp;",
        "&#x41;",
        "\u{feff}",
        "标",
        "null",
        "```",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #[test]
    fn parts_cover_any_text(text in pieces(), wide in any::<bool>(), extension in "html|md|json|vtt|txt") {
        covered(&text, &extension);
        for start in ["<html>", "---\na: b\n", "WEBVTT\n\n", "{"] {
            covered(&[start.as_bytes(), &text].concat(), &extension);
        }
        if wide {
            let text = String::from_utf8(text).unwrap();
            let units: Vec<u8> = format!("\u{feff}<html>{text}").encode_utf16().flat_map(u16::to_be_bytes).collect();
            covered(&units, &extension);
        }
    }

    #[test]
    fn parts_cover_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        covered(&bytes, "md");
        covered(&[b"<html>".to_vec(), bytes].concat(), "html");
    }

    #[test]
    fn json_is_what_other_readers_take_for_it(text in "[\\[\\]{}:,\"a1e.+\\-0 \\\\untrlsf]{0,12}") {
        let value = serde_json::from_str::<&serde_json::value::RawValue>(&text).is_ok();
        let ours = judged(text.as_bytes());
        prop_assert_eq!(ours == Some(true), value, "{} {:?}", text, ours);
    }

    #[test]
    fn quoted_text_reads_back(text in any::<String>(), other in "[a-z]{1,5}") {
        let block = format!("{other}: x\nkey: {}\n", markdown::quoted(&text));
        let entries = yaml::read(&block);
        let json = &entries.last().unwrap().json;
        prop_assert_eq!(serde_json::from_str::<String>(json).unwrap(), text.clone());
        let table: toml::Table = toml::from_str(&format!("key = {}", markdown::quoted(&text))).unwrap();
        prop_assert_eq!(table["key"].as_str().unwrap(), text);
    }

    #[test]
    fn whatever_yaml_is_read_is_json(text in pieces()) {
        for entry in yaml::read(&String::from_utf8(text).unwrap()) {
            let value = serde_json::from_str::<serde_json::Value>(&entry.json);
            prop_assert!(value.is_ok(), "{}", entry.json);
        }
    }
}
