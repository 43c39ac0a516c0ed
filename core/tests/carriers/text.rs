use biaoshi::container::Slot;
use biaoshi::source::Source;
use biaoshi::{Format, Label, Limits, Status};
use std::io::Cursor;

use crate::html::{hostile, round_trip, wild};
use crate::lossless::{CODE, hold, labeler, verify};

fn sniff(name: &str, bytes: &[u8]) -> Option<Format> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    Format::sniff(&mut Source::new(&mut cursor, &limits).unwrap(), Some(name)).unwrap().map(|row| row.format)
}

fn refusal(name: &str, bytes: &[u8]) -> String {
    let label = Label::new(CODE).with_produce_id("x");
    labeler(name).label_bytes(bytes, &label).err().map(|e| e.code().to_owned()).unwrap_or_default()
}

#[test]
fn any_text_reads_back_from_every_grammar() {
    for (name, text, place) in [
        ("a.json", "{}", "member"),
        ("a.json", "{\n  \"a\": 1\n}", "member"),
        ("a.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nx\n", "note"),
        ("a.md", "x", "front-matter"),
        ("a.md", "---\na: b\n---\nx", "front-matter"),
        ("a.md", "+++\na = 1\n+++\nx", "front-matter"),
        ("a.md", "{\"a\":1}\nx", "front-matter"),
        ("a.md", ";;;\n{\"a\":1}\n;;;\nx", "front-matter"),
    ] {
        let (_, texts) = round_trip(name, text.as_bytes(), &Slot::item(place, "AIGC"), &wild());
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(texts.iter().map(|t| value(t)).collect::<Vec<_>>(), [value(&wild())], "{text}");
    }
}

#[test]
fn a_value_that_is_there_is_replaced_in_its_place() {
    for (name, text, place, due) in [
        ("a.json", "{\"a\":1, \"AIGC\" : [2] ,\"b\":3}", "member", "{\"a\":1, \"AIGC\" : {\"k\":\"v\"} ,\"b\":3}"),
        ("a.vtt", "WEBVTT\n\nNOTE AIGC {\n}\n\n", "note", "WEBVTT\n\nNOTE AIGC {\"k\":\"v\"}\n\n"),
        ("a.md", "---\nAIGC: >\n  x\n  y\nb: c\n---\n", "front-matter", "---\nAIGC:\n  k: \"v\"\nb: c\n---\n"),
    ] {
        let (out, _) = round_trip(name, text.as_bytes(), &Slot::item(place, "AIGC"), "{\"k\":\"v\"}");
        assert_eq!(String::from_utf8(out).unwrap(), due);
    }
}

#[test]
fn content_decides_and_the_ending_where_no_byte_does() {
    for (name, text, due) in [
        ("a", "WEBVTT", Some(Format::Vtt)),
        ("a", "WEBVTTX", Some(Format::Txt)),
        ("a", " {\"a\":[1,-0.5e+3,true,null,\"\\u00e9\"]} ", Some(Format::Json)),
        ("a", "[]", Some(Format::Json)),
        ("a", "{\"a\":01}", Some(Format::Txt)),
        ("a", "{\"a\":1,}", Some(Format::Txt)),
        ("a", "{\"a\":1", Some(Format::Txt)),
        ("a", "[1] [2]", Some(Format::Txt)),
        ("a.jsonl", "{}\n{}\n", Some(Format::Json)),
        ("a.json", "12", Some(Format::Json)),
        ("a", "12", Some(Format::Txt)),
        ("a", "---\na: b\n---\n", Some(Format::Markdown)),
        ("a.yaml", "---\na: b\n---\n", Some(Format::Txt)),
        ("a", "---\njust text\n---\n", Some(Format::Txt)),
        ("a", "+++\na = 1\n+++\n", Some(Format::Markdown)),
        ("a.md", "{\"a\":1}\n", Some(Format::Markdown)),
        ("a.mdx", "x", Some(Format::Markdown)),
        ("a", "1\n00:00:00,000 --> 00:00:01,000\nx", Some(Format::Srt)),
        ("a.csv", "a,b", Some(Format::Csv)),
        ("a.py", "import os", Some(Format::Txt)),
        ("a.txt", "BMW", Some(Format::Txt)),
        ("a", "", None),
        ("a.txt", "\u{feff}", None),
        ("a", "x\0y", None),
        ("a", "P3\n2 2\n255", None),
        ("a", "{\\rtf1 x}", None),
    ] {
        assert_eq!(sniff(name, text.as_bytes()), due, "{text}");
    }
    assert_eq!(sniff("a.txt", b"\xCE\xD2\xCA\xC7"), Some(Format::Txt), "GB18030");
    assert_eq!(sniff("a", b"\xCE\xD2\xCA\xC7"), None);
    assert_eq!(sniff("a", b"\xFF\xFEa\0b\0"), Some(Format::Txt), "UTF-16");
}

#[test]
fn refusals_name_what_else_helps() {
    for (name, bytes, code) in [
        ("a.txt", &b"text"[..], "label.no_place"),
        ("a.csv", b"a,b", "label.no_place"),
        ("a.srt", b"1\n00:00:00,000 --> 00:00:01,000\nx", "label.no_place"),
        ("a.json", b"[{}]", "json.no_object"),
        ("a.json", b"\"x\"", "json.no_object"),
        ("a.jsonl", b"{}\n{}", "json.several_values"),
        ("a.md", b"---\n{a: b}\n---\n", "front_matter.refused"),
        ("a.md", b"+++\na = \n+++\n", "front_matter.refused"),
        ("a.md", b"\xCE\xD2\xCA\xC7", "front_matter.encoding"),
        ("a.md", b"\xFF\xFEa\0", "front_matter.encoding"),
        ("a.html", b"<html><head><meta charset=iso-2022-jp>", "html.encoding"),
        ("a", b"BM\x9A\0\0\0\0\0\0\0\x7A\0\0\0\x6C\0\0\0", "format.unsupported"),
        ("a", b"Rar!\x1A\x07\x01\0", "format.unsupported"),
        ("a", b"PK\x03\x04\x14\0\0\0\0\0OFD.xml", "format.unsupported"),
        ("a", b"\x00\x01\x02", "format.unknown"),
    ] {
        assert_eq!(refusal(name, bytes), code, "{name} {}", String::from_utf8_lossy(bytes));
    }
}

const FIELDS: [&str; 7] =
    ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"];

/// A mapping as foreign programs write it.
fn lines(indent: &str, quote: &str, order: impl Iterator<Item = usize>) -> String {
    let value = |n: usize| match n {
        0 => "1",
        1 | 4 => CODE,
        2 | 5 => "vector-0001",
        _ => "",
    };
    order.map(|n| format!("{indent}{}: {quote}{}{quote}\n", FIELDS[n], value(n))).collect()
}

#[test]
fn front_matter_is_read_however_it_is_written() {
    let object = |quote: &str| {
        let members: Vec<_> = lines("", "\"", 0..7)
            .lines()
            .map(|l| {
                let (key, value) = l.split_once(": ").unwrap();
                format!("{quote}{key}{quote}: {value}")
            })
            .collect();
        format!("{{{}}}", members.join(", "))
    };
    let json = object("\"");
    for (n, block) in [
        format!("AIGC:\n{}", lines("  ", "\"", 0..7)),
        format!("title: x\nAIGC: # a comment\n{}tail: y\n", lines("\t", "'", (0..7).rev())),
        format!("\"AIGC\":\n\n{}", lines("      ", "", 0..7)),
        format!("AIGC: {json}\n"),
        format!("AIGC: {}\n", object("")),
        format!("AIGC: {}\n", json.replace(", ", ",\n  ").replace('}', "\n}")),
        format!("AIGC: '{json}'\n"),
        format!("AIGC: {}\n", serde_json::json!(json)),
        format!("AIGC: |\n  {json}\n"),
        format!("AIGC: >-\n  {}\n", json.replace(", ", ",\n  ")),
        format!("metadata:\n  AIGC:\n{}", lines("    ", "\"", 0..7)),
        format!("list:\n- name: x\n  AIGC:\n{}", lines("    ", "\"", 0..7)),
        format!("AIGC:\n  AIGC:\n{}", lines("    ", "\"", 0..7)),
        format!("aigc:\n{}", lines("  ", "\"", 0..7)),
        format!("{{\"title\": \"x\", \"AIGC\": {json}}}\n"),
    ]
    .into_iter()
    .enumerate()
    {
        for text in [format!("---\n{block}---\nbody\n"), format!("---\n{block}---\nbody\n").replace('\n', "\r\n")] {
            let report = verify("a.md", text.as_bytes());
            let found: Vec<_> = report.evidence.iter().filter_map(|e| e.label.as_ref()).collect();
            assert_eq!(report.status, Status::Confirmed, "{n}: {text}");
            assert_eq!(found.len(), 1, "{n}");
            assert_eq!(
                (found[0].produce_id.as_str(), found[0].content_producer.as_str()),
                ("vector-0001", CODE),
                "{n}"
            );
        }
    }
    for text in
        ["---\nAIGC: &a\n  Label: *a\n---\n", "# x\n\n    <!-- AIGC{\"Label\":\"1\"} -->\n", "AIGC{\"Label\":\"1\"}"]
    {
        assert_ne!(verify("a.md", text.as_bytes()).status, Status::Confirmed, "{text}");
    }
}

#[test]
fn unusual_texts_are_labelled_without_loss() {
    for (name, text) in [
        ("a.md", "---\n---\n"),
        ("a.md", "---\n# only a comment\n...\nbody"),
        ("a.md", "---\nkeep: |+\n  text\n\n\n---\nbody"),
        ("a.md", "---"),
        ("a.md", "---\nno end"),
        ("a.md", ";;;\n{}\n;;;\nbody"),
        ("a.md", "{% raw %} text"),
        ("a.md", "{\"not\": \"front matter\"} text"),
        ("a.md", "+++\n+++\n"),
        ("a.json", "{\"AIG\\u0043x\":{},\"b\":\"AIGC{\\\"Label\\\":1}\"}"),
        ("a.json", "{\r\n}"),
        ("a.json", "{                                                                                  \"a\":1}"),
        ("a.vtt", "WEBVTT\n"),
        ("a.vtt", "WEBVTT\r\rNOTE x\r\r00:00.000 --> 00:01.000\rx"),
        ("a.vtt", "WEBVTT\n00:00.000 --> 00:01.000\nx"),
        ("a.vtt", "WEBVTT\n\nNOTE\n\nNOTE\n\n\n"),
    ] {
        hold(name, text.as_bytes());
    }
}

#[test]
fn hostile_texts_are_answered_soon() {
    let many = 1 << 18;
    for (name, what, text) in [
        ("a.json", "nested braces", "{\"a\":".repeat(1_000_000)),
        ("a.json", "nested arrays, closed", format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000))),
        ("a.json", "nested labels", format!("{}1{}", "{\"AIGC\":".repeat(many), "}".repeat(many))),
        ("a.json", "many labels", format!("[{}{{}}]", "{\"AIGC\":1},".repeat(many))),
        ("a.json", "quote never closed", format!("{{\"{}", "\\\"".repeat(1 << 20))),
        ("a.json", "many lines", "{}\n".repeat(many)),
        ("a.json", "long key", format!("{{\"{}\":1}}", "k".repeat(1 << 20))),
        ("a.md", "one line", "x".repeat(4 << 20)),
        ("a.md", "no closing line", format!("---\na: b\n{}", "c: d\n".repeat(many))),
        ("a.md", "long front matter", format!("---\n{}---\n", "c: d\n".repeat(many))),
        (
            "a.md",
            "deep mapping",
            format!("---\n{}---\n", (0..600).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>()),
        ),
        ("a.md", "deep sequence", format!("---\na:\n  {}\n---\n", "- ".repeat(100_000))),
        ("a.md", "deep flow", format!("---\na: {}\n---\n", "[".repeat(200_000))),
        ("a.md", "flow without end", format!("---\n{}---\n", "a: {b: : \n".repeat(20_000))),
        ("a.md", "quotes without end", format!("---\n{}---\n", "a: \"\\\"\n  x\n".repeat(20_000))),
        ("a.md", "quotes on one line", format!("---\na: {}\n---\n", "\"'".repeat(100_000))),
        ("a.md", "colons", format!("---\na: b\n{}: c\n---\n", "x:".repeat(100_000))),
        ("a.md", "aliases", format!("---\na: &a [x]\n{}---\n", "b: &b [*a, *a, *a, *a]\n".repeat(1000))),
        ("a.md", "nested tables", format!("+++\n[{}a]\n+++\n", "a.".repeat(100_000))),
        ("a.md", "nested TOML arrays", format!("+++\na = {}\n+++\n", "[".repeat(100_000))),
        ("a.md", "comments", "<!-- {\n".repeat(many)),
        ("a.md", "empty comments", "<!---->\n".repeat(many)),
        ("a.md", "fences", "```\n".repeat(many)),
        ("a.vtt", "notes", format!("WEBVTT\n\n{}", "NOTE AIGC {}\n\n".repeat(many))),
        ("a.vtt", "breaks", format!("WEBVTT{}", "\n".repeat(1 << 20))),
        ("a.vtt", "one long note", format!("WEBVTT\n\nNOTE AIGC {{{}", "x\n".repeat(1 << 20))),
        ("a.srt", "one line", "1\n".repeat(1 << 20)),
        ("a.txt", "one line", " ".repeat(1 << 20)),
    ] {
        hostile(name, what, text.as_bytes());
    }
}

/// Front matter before lines of metadata would make text of them.
#[test]
fn lines_of_metadata_stay_first() {
    let label = Label::new(CODE).with_produce_id("vector-0001");
    let put = |text: &str| labeler("a.md").label_bytes(text.as_bytes(), &label);
    for text in ["Title: A\nAuthor: B\n\ntext\n", "Title: A\r\n\r\ntext\r\n", "\u{feff}Alice: hello\nBob: hello\n"] {
        let Err(biaoshi::Error::Refused(problem)) = put(text) else { panic!("{text}") };
        assert!(format!("{problem:?}").contains("reason.front_metadata"), "{text}: {problem:?}");
    }
    for text in ["Note: a sentence.\n\ntext\n", "---\nTitle: A\nAuthor: B\n---\ntext\n", "http://e.com\n"] {
        let (out, _) = put(text).unwrap();
        assert_eq!(verify("a.md", &out).evidence.len(), 1, "{text}");
    }
}
