#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
use std::io::Cursor;

use html5ever::tendril::TendrilSink;
use markup5ever_rcdom::{Handle, NodeData, RcDom};
use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::container::{CONTAINERS, Container, Head, NewValue, Placed, SegmentMap, Shown, Slot};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::notice::{Moment, TextNotice};
use crate::source::Source;

const AT: [Moment; 3] = [Moment::Start, Moment::Middle, Moment::End];

fn notice(lines: &[&str], at: &[Moment]) -> TextNotice {
    TextNotice { lines: lines.iter().map(|l| (*l).to_owned()).collect(), at: at.to_vec(), ..TextNotice::default() }
}

fn mapped<T>(bytes: &[u8], name: &str, work: impl FnOnce(&dyn Container, &SegmentMap, &mut Source<'_>) -> T) -> T {
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
    let head = Head { bytes: &bytes[..bytes.len().min(Head::LEN)], extension: Some(name) };
    for container in &CONTAINERS[CONTAINERS.len() - 2..] {
        if let Some(format) = container.identify(&head, &mut source).unwrap() {
            let map = container.map(format, &mut source, &Limits::default()).unwrap();
            return work(*container, &map, &mut source);
        }
    }
    panic!("no text: {bytes:?}");
}

fn place(bytes: &[u8], name: &str, notice: &TextNotice) -> Result<Placed> {
    mapped(bytes, name, |container, map, source| container.put_notice(map, source, notice, &Limits::default()))
}

/// The labelled file. What was inserted, taken out again, gives the file that it was.
fn put(bytes: &[u8], name: &str, notice: &TextNotice) -> Vec<u8> {
    let placed = place(bytes, name, notice).unwrap();
    let out = mapped(bytes, name, |_, _, source| {
        let mut out = Vec::new();
        placed.patch.apply(source, &mut out).unwrap();
        out
    });
    let mut back = out.clone();
    for edit in placed.patch.edits().iter().rev() {
        assert_eq!(edit.remove, 0);
        let before: usize = placed.patch.edits().iter().filter(|e| e.at < edit.at).map(|e| e.insert.len()).sum();
        let at = edit.at as usize + before;
        assert_eq!(&back[at..at + edit.insert.len()], edit.insert);
        back.drain(at..at + edit.insert.len());
    }
    assert_eq!(back, bytes);
    let (format, damaged) = mapped(&out, name, |_, map, _| (map.format, map.damaged));
    assert_eq!(format, mapped(bytes, name, |_, map, _| map.format));
    assert!(!damaged);
    out
}

fn text(out: &[u8]) -> &str {
    std::str::from_utf8(out).unwrap()
}

fn seen(bytes: &[u8], name: &str) -> Vec<Shown> {
    mapped(bytes, name, |container, map, source| container.shown(map, source, &Limits::default()).unwrap())
}

/// Puts the label's own value into its place behind the notice.
fn relabel(bytes: &[u8], name: &str) -> Vec<u8> {
    mapped(bytes, name, |container, map, source| {
        let place = match map.format {
            Format::Html => "meta",
            Format::Json => "member",
            Format::Vtt => "note",
            _ => "front-matter",
        };
        let value = NewValue { slot: Slot::item(place, "AIGC"), bytes: br#"{"Label":"1"}"#.to_vec() };
        let placed = container.put(map, source, &[value], &Limits::default()).unwrap();
        let mut out = Vec::new();
        placed.patch.apply(source, &mut out).unwrap();
        out
    })
}

#[test]
fn plain_text_gets_lines_of_its_own() {
    let lines = &["AI生成", "AI-generated"];
    for (input, at, due) in [
        ("a\n", AT[0], "AI生成\nAI-generated\n\na\n"),
        ("a\r\nb", AT[0], "AI生成\r\nAI-generated\r\n\r\na\r\nb"),
        ("\u{feff}a\r", AT[0], "\u{feff}AI生成\rAI-generated\r\ra\r"),
        ("a", AT[2], "a\n\nAI生成\nAI-generated"),
        ("a\n", AT[2], "a\n\nAI生成\nAI-generated\n"),
        ("a\n\n", AT[2], "a\n\nAI生成\nAI-generated\n"),
        ("a\r\nb\r\n", AT[2], "a\r\nb\r\n\r\nAI生成\r\nAI-generated\r\n"),
        ("a\n\nb\n\nc\n", AT[1], "a\n\nAI生成\nAI-generated\n\nb\n\nc\n"),
        ("a\nb", AT[1], "a\n\nAI生成\nAI-generated\n\nb"),
    ] {
        assert_eq!(text(&put(input.as_bytes(), "txt", &notice(lines, &[at]))), due, "{input:?}");
    }
    assert!(matches!(place(b"one line", "txt", &notice(lines, &[AT[1]])), Err(Error::Refused(_))));
    assert!(matches!(place(b"#!/bin/sh\n", "txt", &notice(lines, &[AT[0]])), Err(Error::Refused(_))));
    assert!(matches!(place(b"a,b\n", "csv", &notice(lines, &[AT[0]])), Err(Error::Unsupported(_))));
    assert!(matches!(place(b"var a;", "js", &notice(lines, &[AT[0]])), Err(Error::Unsupported(_))));
}

#[test]
fn encodings_are_kept() {
    let words = "你好\r\n";
    let notice = notice(&["AI生成"], &[AT[0], AT[2]]);
    let due = "AI生成\r\n\r\n你好\r\n\r\nAI生成\r\n";
    let (gb, ..) = encoding_rs::GB18030.encode(words);
    let placed = place(&gb, "txt", &notice).unwrap();
    assert_eq!(placed.notes.first().map(|n| n.message.code), Some("note.taken_for"));
    assert_eq!(encoding_rs::GB18030.decode_without_bom_handling(&put(&gb, "txt", &notice)).0, due);
    for (mark, big) in [([0xFF, 0xFE], false), ([0xFE, 0xFF], true)] {
        let wide = |text: &str| -> Vec<u8> {
            let units = text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() });
            mark.into_iter().chain(units).collect()
        };
        assert_eq!(put(&wide(words), "txt", &notice), wide(due));
        assert_eq!(put(&wide(words), "md", &notice), wide(due));
        assert_eq!(seen(&wide(due), "txt")[0].text, "AI生成");
    }
    assert_eq!(seen(&put(&gb, "txt", &notice), "txt")[1].text, "你好");
    // Neither UTF-8 nor GB18030: the bytes are text only by their beginning.
    let bytes = [b"a".repeat(5000), vec![0xFF, 0xFF, b'\n']].concat();
    assert!(matches!(place(&bytes, "txt", &notice), Err(Error::Unsupported(_))));
}

#[test]
fn wrong_notices_are_refused() {
    let long = "a".repeat(121);
    for lines in [&["a\nb"][..], &[""], &[" a"], &["a\u{202E}"], &[long.as_str()], &["a"; 9], &[]] {
        assert!(matches!(place(b"a", "txt", &notice(lines, &[AT[0]])), Err(Error::Invalid(_))), "{lines:?}");
    }
    for at in [&[][..], &[AT[2], AT[0]], &[AT[0], AT[0]]] {
        assert!(matches!(place(b"a", "txt", &notice(&["AI生成"], at)), Err(Error::Invalid(_))));
    }
    // U+E5E5 of the private use area is what GB18030 lacks, and U+FFFE is no character of a notice elsewhere.
    let (gb, ..) = encoding_rs::GB18030.encode("你好");
    assert!(place(&gb, "txt", &notice(&["AI生成 \u{1F600}"], &[AT[0]])).is_ok());
}

#[test]
fn markdown_keeps_its_blocks() {
    let one = &["AI生成"];
    for (input, at, due) in [
        ("# T\n\ntext\n", AT[0], "AI生成\n\n# T\n\ntext\n"),
        ("---\ntitle: a\n---\n# T\n", AT[0], "---\ntitle: a\n---\nAI生成\n\n# T\n"),
        ("+++\ntitle = 1\n+++", AT[0], "+++\ntitle = 1\n+++\nAI生成\n\n"),
        ("- a\n- b", AT[2], "- a\n- b\n\nAI生成"),
        ("| a |\n|---|\n| b |\n", AT[2], "| a |\n|---|\n| b |\n\nAI生成\n"),
        ("o\n\n```\na\n\nb\n```\n\ntwo words", AT[1], "o\n\n```\na\n\nb\n```\n\nAI生成\n\ntwo words"),
        ("a\n\nb\n", AT[1], "a\n\nAI生成\n\nb\n"),
        ("a\n# b", AT[1], "a\n\nAI生成\n\n# b"),
        ("[x]: /u\n\n[x]", AT[2], "[x]: /u\n\n[x]\n\nAI生成"),
    ] {
        assert_eq!(text(&put(input.as_bytes(), "md", &notice(one, &[at]))), due, "{input:?}");
    }
    // Within code and HTML that stay open there is no end.
    for open in ["a\n\n```\ncode\n", "- x\n\n  ~~~\n  code", "<!-- open\n", "<script>\nvar a\n"] {
        let placed = place(open.as_bytes(), "md", &notice(one, &[AT[2]])).unwrap();
        let moved = placed.notes.iter().any(|n| n.message.code == "note.notice_moved");
        let out = put(open.as_bytes(), "md", &notice(one, &[AT[2]]));
        let ends = text(&out).ends_with("AI生成\n") || text(&out).ends_with("AI生成");
        assert_eq!(text(&out).starts_with("AI生成\n\n"), moved, "{open}");
        assert!(moved != ends, "{open}");
    }
    for text in ["% Title\n\ntext", "Title: A\nAuthor: B\n\ntext"] {
        assert!(matches!(place(text.as_bytes(), "md", &notice(one, &[AT[0]])), Err(Error::Refused(_))));
        assert!(place(text.as_bytes(), "md", &notice(one, &[AT[2]])).is_ok());
    }
    // A wording that reads as metadata at the very start.
    let out = put(b"text", "md", &notice(&["Note: AI", "Zh: AI生成"], &[AT[0]]));
    assert_eq!(text(&out), "\nNote: AI  \nZh: AI生成\n\ntext");
    assert!(text(&relabel(&out, "md")).starts_with("---\nAIGC:"));
}

#[test]
fn messages_change_in_their_words_alone() {
    let both = notice(&["AI生成"], &[AT[0], AT[2]]);
    for (input, due) in [
        (
            r#"{"id":1,"choices":[{"index":0,"message":{"role":"assistant","content":"你好\n\"a\"\\"}}],"usage":{"a":1}}"#,
            r#"{"id":1,"choices":[{"index":0,"message":{"role":"assistant","content":"AI生成\n\n你好\n\"a\"\\\n\nAI生成"}}],"usage":{"a":1}}"#,
        ),
        (r#"{"choices":[{"text":"a"}]}"#, r#"{"choices":[{"text":"AI生成\n\na\n\nAI生成"}]}"#),
        (
            r#"{"type":"message","role":"assistant","content":[{"type":"thinking","thinking":"x"},{"type":"text","text":"a"},{"type":"text","text":"b"}]}"#,
            r#"{"type":"message","role":"assistant","content":[{"type":"thinking","thinking":"x"},{"type":"text","text":"AI生成\n\na"},{"type":"text","text":"b\n\nAI生成"}]}"#,
        ),
        (
            r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"\ud83d\ude00"}]}],"output_text":"a"}"#,
            r#"{"output":[{"type":"message","content":[{"type":"output_text","text":"AI生成\n\n\ud83d\ude00\n\nAI生成"}]}],"output_text":"AI生成\n\na\n\nAI生成"}"#,
        ),
    ] {
        let out = put(input.as_bytes(), "json", &both);
        assert_eq!(text(&out), due);
        assert!(text(&relabel(&out, "json")).contains(r#""AIGC":{"Label":"1"}"#));
        assert_eq!(seen(&out, "json")[0].text, "AI生成");
    }
    // Code that is not closed.
    let out = put(br#"{"output_text":"```\na"}"#, "json", &notice(&["AI生成"], &[AT[2]]));
    assert_eq!(text(&out), r#"{"output_text":"AI生成\n\n```\na"}"#);
    for other in [
        r#"{"a":"b"}"#,
        r#"[1]"#,
        r#"{"role":"user","content":"a"}"#,
        r#"{"choices":[{"message":{"content":null,"tool_calls":[]}}]}"#,
        r#"{"content":"a page"}"#,
        r#"{"choices":[{"message":{"content":" {\"a\":1}"}}]}"#,
        r#"{"choices":[],"choices":[{"text":"a"}]}"#,
    ] {
        assert!(matches!(place(other.as_bytes(), "json", &both), Err(Error::Unsupported(_))), "{other}");
    }
}

#[test]
fn subtitles_get_a_cue_where_there_is_time() {
    let start = notice(&["AI生成"], &[AT[0]]);
    let srt = "1\r\n00:00:03,500 --> 00:00:05,000\r\nHello\r\n";
    let due = "0\r\n00:00:00,000 --> 00:00:03,500\r\nAI生成\r\n\r\n1\r\n00:00:03,500 --> 00:00:05,000\r\nHello\r\n";
    assert_eq!(text(&put(srt.as_bytes(), "srt", &start)), due);
    let vtt = "WEBVTT\n\nNOTE x --\n\nSTYLE\n::cue{}\n\nid\n01:00:09.000 --> 01:00:10.000\nHi\n";
    let out = put(vtt.as_bytes(), "vtt", &notice(&["A&B <AI生成>"], &[AT[0]]));
    assert!(text(&out).contains("\n\n00:00:00.000 --> 00:00:05.000\nA&amp;B &lt;AI生成&gt;\n\nid\n01:00:09.000"));
    assert!(text(&relabel(&out, "vtt")).contains("NOTE AIGC {"));
    let early = "1\n00:00:01,999 --> 00:00:05,000\nHello\n";
    // Where there is no time before the first cue, the notice is shown together with it.
    let beside = "0\n00:00:00,000 --> 00:00:03,000\nAI生成\n\n";
    assert_eq!(text(&put(early.as_bytes(), "srt", &start)), format!("{beside}{early}"));
    let notes = place(early.as_bytes(), "srt", &start).unwrap().notes;
    assert_eq!(notes.iter().map(|n| n.message.code).collect::<Vec<_>>(), ["note.beside_cue"]);
    let early = "WEBVTT\n\n00:00.000 --> 00:05.000\nHello\n";
    let due = "WEBVTT\n\n00:00:00.000 --> 00:00:03.000 line:0\nAI生成\n\n00:00.000 --> 00:05.000\nHello\n";
    assert_eq!(text(&put(early.as_bytes(), "vtt", &start)), due);
    let broken = "WEBVTT\n\n00:x --> y\nHello\n";
    assert!(matches!(place(broken.as_bytes(), "vtt", &start), Err(Error::Unsupported(_))));
    assert!(matches!(place(srt.as_bytes(), "srt", &notice(&["AI生成"], &[AT[2]])), Err(Error::Unsupported(_))));
    assert!(matches!(place(srt.as_bytes(), "srt", &notice(&["<AI生成>"], &[AT[0]])), Err(Error::Invalid(_))));
    assert_eq!(seen(due.as_bytes(), "srt").iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), ["AI生成", "Hello"]);
}

/// The body's children as text: names and words.
fn tree(node: &Handle, out: &mut String) {
    match &node.data {
        NodeData::Text { contents } => out.push_str(&format!("[{}]", contents.borrow())),
        NodeData::Comment { contents } => out.push_str(&format!("<!{contents}>")),
        NodeData::Element { name, attrs, template_contents, .. } => {
            let attrs: Vec<String> = attrs.borrow().iter().map(|a| format!("{}={}", a.name.local, a.value)).collect();
            out.push_str(&format!("<{} {}>", name.local, attrs.join(" ")));
            if let Some(inner) = template_contents.borrow().as_ref() {
                tree(inner, out);
            }
            node.children.borrow().iter().for_each(|child| tree(child, out));
            out.push_str("</>");
        }
        _ => node.children.borrow().iter().for_each(|child| tree(child, out)),
    }
}

fn parsed(html: &str) -> String {
    let dom = html5ever::parse_document(RcDom::default(), html5ever::ParseOpts::default()).one(html);
    let mut out = String::new();
    tree(&dom.document, &mut out);
    out
}

/// Without the notice's element.
fn without(tree: &str, element: &str) -> String {
    tree.replacen(element, "", 1)
}

#[test]
fn documents_get_a_paragraph_and_nothing_else() {
    let pages = [
        "<!doctype html><html><head><title>t</title></head><body class=a><div>x</div></body></html>",
        "<!doctype html><title>t</title><p>one<p>two",
        "<!doctype html><title>a</title>words <b>bold",
        "<html><head><script>var a='<body>'</script><template><body><p>x</p></template></head><body>\n<p>a</p></body>\n</html>\n",
        "<!doctype html>\n<!-- <body> -->\n<link rel=x><h1>h</h1><ul><li>a<li>b</ul><style>p{}</style>",
        "<body><textarea></body></textarea><p>x</p></body>",
        "<html><head></head></html>",
        "<div>just a part</div>",
        "<body><table><tr><td><p>x</p></td></tr></table></body>",
    ];
    for page in pages {
        for at in [AT[0], AT[2]] {
            let mut asked = notice(&["AI生成 <&\"'>"], &[at]);
            asked.languages = vec!["zh-Hans".to_owned()];
            let out = put(page.as_bytes(), "html", &asked);
            assert!(out.is_ascii() || !page.is_ascii());
            let (before, after) = (parsed(page), parsed(text(&out)));
            let from = after.find("<p role=note lang=zh-Hans style=").unwrap_or_else(|| panic!("{after}"));
            let len = after[from..].find("[AI生成 <&\"'>]</>").unwrap() + "[AI生成 <&\"'>]</>".len();
            let element = after[from..from + len].to_owned();
            let rest = without(&after, &element).replace("][", "");
            assert_eq!(rest, before.replace("][", ""), "{page}");
            // First or last in the body.
            let body = after.find("<body ").unwrap();
            let body = body + after[body..].find('>').unwrap() + 1;
            if at == AT[0] {
                assert_eq!(from, body, "{after}");
            }
            let labelled = relabel(&out, "html");
            assert!(text(&labelled).contains("<meta name=\"AIGC\""));
            assert!(seen(&out, "html").iter().any(|s| s.text == "AI生成 <&\"'>"), "{:?}", seen(&out, "html"));
        }
    }
    let end = notice(&["AI生成"], &[AT[2]]);
    for open in ["<p>a<!-- ", "<p>a<script>x", "<p>a<b class=\"", "<p>a<template>"] {
        assert!(matches!(place(open.as_bytes(), "html", &end), Err(Error::Refused(_))), "{open}");
    }
    assert!(matches!(place(b"<html><frameset cols=1></frameset></html>", "html", &end), Err(Error::Unsupported(_))));
}

#[test]
fn documents_of_several_lines_and_rules() {
    let mut two = notice(&["AI生成", "AI-generated"], &[AT[0], AT[1], AT[2]]);
    two.languages = vec!["zh-Hans".to_owned(), "en".to_owned()];
    let page = "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title/></head><body><p>a</p><p>b</p></body></html>";
    let out = put(page.as_bytes(), "html", &two);
    let spans = "<span lang=\"zh-Hans\" xml:lang=\"zh-Hans\">AI&#x751F;&#x6210;</span><br/><span lang=\"en\" xml:lang=\"en\">AI-generated</span></p>";
    assert_eq!(text(&out).matches(spans).count(), 3);
    let mut reader = quick_xml::Reader::from_reader(out.as_slice());
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
    // A page that allows no styles in attributes gets none.
    for (rule, styled) in
        [("default-src 'self'", false), ("style-src 'self' 'unsafe-inline'", true), ("img-src *", true)]
    {
        let page = format!("<!doctype html><meta http-equiv=Content-Security-Policy content=\"{rule}\"><p>a");
        let out = put(page.as_bytes(), "html", &notice(&["AI生成"], &[AT[0]]));
        assert_eq!(text(&out).contains("style="), styled, "{rule}");
    }
}

#[test]
fn words_that_people_see_are_bounded_and_placed() {
    let many: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    let limits = Limits { shown_bytes: 4096, ..Limits::default() };
    for name in ["txt", "md", "html"] {
        let file = match name {
            "html" => format!("<!doctype html>{}", many.replace("line", "<p>line")),
            "md" => many.replace('\n', "\n\n"),
            _ => many.clone(),
        };
        let found =
            mapped(file.as_bytes(), name, |container, map, source| container.shown(map, source, &limits).unwrap());
        let total: usize = found.iter().map(|s| s.text.len()).sum();
        assert!(total <= 3 * 4096 + 64, "{name} {total}");
        assert_eq!(found.first().map(|s| (s.text.as_str(), s.at)), Some(("line 0", Moment::Start)), "{name}");
        assert_eq!(found.last().map(|s| (s.text.as_str(), s.at)), Some(("line 19999", Moment::End)), "{name}");
        assert!(
            found.iter().any(|s| s.range.start.abs_diff(file.len() as u64 / 2) < 64 && s.at == Moment::Middle),
            "{name}"
        );
        for part in &found {
            let range = part.range.start as usize..part.range.end as usize;
            assert!(file[range].contains(&part.text), "{name}");
        }
    }
    let page = "<title>t</title><style>a</style><p>one <b>two</b>\nthree<script>x</script><p><code>AI生成</code><div>&#x4F60;&amp;</div><template><p>no</template>";
    let words: Vec<String> = seen(format!("<html>{page}").as_bytes(), "html").into_iter().map(|s| s.text).collect();
    assert_eq!(words, ["one two three", "“AI生成”", "你&"]);
}

/// The words and structure of Markdown without the notice.
fn blocks(text: &str, options: Options) -> Vec<Vec<Event<'_>>> {
    let (mut out, mut depth) = (Vec::new(), 0);
    for event in Parser::new_ext(text, options) {
        if depth == 0 {
            out.push(Vec::new());
        }
        depth += i32::from(matches!(event, Event::Start(_))) - i32::from(matches!(event, Event::End(_)));
        out.last_mut().unwrap().push(event);
    }
    out
}

fn is_notice(block: &[Event<'_>], line: &str) -> bool {
    let words: String =
        block.iter().filter_map(|e| if let Event::Text(t) = e { Some(t.to_string()) } else { None }).collect();
    block.first() == Some(&Event::Start(Tag::Paragraph))
        && block.last() == Some(&Event::End(TagEnd::Paragraph))
        && words == line
}

fn markdown_pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "# h",
        "text",
        "\n",
        "\n\n",
        "\r\n",
        "- ",
        "1. ",
        "> ",
        "    ",
        "```",
        "~~~",
        "\n```\n",
        "| a | b |\n|--|--|\n",
        "<div>",
        "</div>",
        "<!--",
        "-->",
        "[x]: /u\n",
        "[x]",
        "[^1]",
        "[^1]: note\n",
        "***",
        "---\n",
        "===",
        "**b**",
        "`c`",
        "标识",
        "\t",
        "$$",
        ": d",
        "\\",
        "<script>",
        " ",
    ]);
    prop::collection::vec(piece, 1..30).prop_map(|parts| parts.concat())
}

fn moments() -> impl Strategy<Value = Vec<Moment>> {
    prop::sample::subsequence(AT.to_vec(), 1..=3)
}

proptest! {
    #[test]
    fn any_text_keeps_its_bytes(body in "\\PC{0,20}(\n|\r\n|\r)\\PC{0,20}(\n\n|\r\n)?\\PC{1,20}", at in moments(), form in 0..4u8, line in "[A-Za-z人工智能生成é!？ -]{1,30}") {
        let line = line.trim();
        prop_assume!(!line.is_empty());
        let body = body.replace('\u{feff}', "");
        let file: Vec<u8> = match form {
            0 => body.into_bytes(),
            1 => format!("\u{feff}{body}").into_bytes(),
            2 => encoding_rs::GB18030.encode(&body).0.into_owned(),
            _ => format!("\u{feff}{body}").encode_utf16().flat_map(u16::to_le_bytes).collect(),
        };
        prop_assume!(!file.is_empty());
        let is_txt = { let mut c = Cursor::new(&file); let mut s = Source::new(&mut c, &Limits::default()).unwrap();
            let head = Head { bytes: &file, extension: Some("txt") };
            CONTAINERS[CONTAINERS.len() - 2..].iter().find_map(|c| c.identify(&head, &mut s).unwrap()) == Some(Format::Txt) };
        prop_assume!(is_txt);
        let asked = notice(&[line], &at);
        match place(&file, "txt", &asked) {
            Ok(_) => {
                let out = put(&file, "txt", &asked);
                prop_assert!(seen(&out, "txt").iter().any(|s| s.text == line));
            }
            Err(Error::Refused(_)) => {}
            Err(error) => prop_assert!(false, "{}", error),
        }
    }

    #[test]
    fn markdown_has_one_paragraph_more(body in markdown_pieces(), at in prop::sample::select(AT.to_vec()), line in "[A-Za-z*_`#>|~$<&\\[\\]!=生成0-9.){}^:+-]{1,20}") {
        let asked = notice(&[&line], &[at]);
        let Ok(placed) = place(body.as_bytes(), "md", &asked) else { return Ok(()) };
        let out = put(body.as_bytes(), "md", &asked);
        let format = mapped(body.as_bytes(), "md", |_, map, _| map.first("front-matter").map_or(0, |f| f.range.end));
        let (old, new) = (&body[format as usize..], &text(&out)[format as usize..]);
        prop_assume!(!old.contains('\r') || old.replace("\r\n", "").find('\r').is_none());
        prop_assert_eq!(placed.patch.edits().len(), 1);
        for options in [Options::empty(), Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_STRIKETHROUGH] {
            let (old, mut new) = (blocks(old, options), blocks(new, options));
            prop_assert_eq!(new.len(), old.len() + 1);
            // The first block that differs is the notice.
            let place = (0..new.len()).find(|n| old.get(*n) != Some(&new[*n])).unwrap();
            let place = (0..=place).rev().find(|n| is_notice(&new[*n], &line)).unwrap();
            new.remove(place);
            prop_assert_eq!(new, old);
        }
    }

    #[test]
    fn messages_of_any_words(words in any::<String>(), ascii in any::<bool>(), at in moments()) {
        prop_assume!(!words.is_empty());
        let mut literal = serde_json::Value::from(words.clone()).to_string();
        if ascii {
            literal = literal.chars().map(|c| if c.is_ascii() { c.to_string() } else { c.encode_utf16(&mut [0; 2]).iter().map(|u| format!("\\u{u:04x}")).collect() }).collect();
        }
        let file = format!("{{\"x\": 1e400, \"choices\" : [ {{\"message\":{{\"content\": {literal} , \"b\":[]}} }} ]}}");
        let Ok(_) = place(file.as_bytes(), "json", &notice(&["AI生成"], &at)) else { return Ok(()) };
        let out = put(file.as_bytes(), "json", &notice(&["AI生成"], &at));
        let content = super::message::messages(text(&out)).pop().unwrap().pop().unwrap().raw;
        let found: String = serde_json::from_str(content).unwrap();
        prop_assert!(found.contains("AI生成"));
        let rest = text(&out).replacen(content, &literal, 1);
        prop_assert_eq!(rest, file);
    }

    #[test]
    fn documents_of_any_pieces_keep_their_words(pieces in prop::collection::vec(prop::sample::select(vec![
        "<html>", "<head>", "</head>", "<body>", "</body>", "</html>", "<p>", "</p>", "<div>", "</div>", "<script>", "</script>", "<!--", "-->", "<title>", "</title>",
        "<template>", "</template>", "text", " ", "\n", "<table>", "<td>", "</table>", "<br>", "<meta charset=utf-8>", "<style>", "</style>", "<svg>", "</svg>", "<?x>", "<", "</", "&amp;", "<b", "\"", "<select>", "<noscript>", "</noscript>",
    ]), 1..25), at in prop::sample::select(AT.to_vec())) {
        let page = format!("<!doctype html>{}", pieces.concat());
        let asked = notice(&["AI生成"], &[at]);
        let Ok(_) = place(page.as_bytes(), "html", &asked) else { return Ok(()) };
        let out = put(page.as_bytes(), "html", &asked);
        // A real parser sees the notice as an element, and as often as it was put.
        prop_assert_eq!(parsed(text(&out)).matches("[AI生成]").count(), 1, "{}", text(&out));
        prop_assert_eq!(parsed(text(&out)).matches("<p role=note").count(), 1, "{}", text(&out));
    }

    #[test]
    fn any_bytes_are_answered(
        start in prop::sample::select(vec!["", "<html>", "---\na: b\n---\n", "WEBVTT\n\n", "{\"choices\":[{\"text\":\"", "1\n00:00:05,000 --> 00:00:06,000\n", "\u{feff}<?xml ?><html><body>"]),
        bytes in prop::collection::vec(prop::sample::select(b"<>/!-?pbodyhtml \n\r\t\"'`~#*[](){}:;,=&\\u0aA|\xE4\xBD\xA0\xFF\x81".to_vec()), 0..60),
        wide in any::<bool>(),
        name in prop::sample::select(vec!["txt", "md", "html", "json", "vtt", "srt", "csv"]),
        at in moments(),
    ) {
        let mut file = [start.as_bytes(), &bytes].concat();
        if wide {
            file = [vec![0xFE, 0xFF], file.into_iter().flat_map(|b| [0, b]).collect()].concat();
        }
        let limits = Limits::default();
        let mut cursor = Cursor::new(&file);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        for container in &CONTAINERS[CONTAINERS.len() - 2..] {
            let head = Head { bytes: &file, extension: Some(name) };
            let Some(format) = container.identify(&head, &mut source).unwrap() else { continue };
            let Ok(map) = container.map(format, &mut source, &limits) else { continue };
            match container.put_notice(&map, &mut source, &notice(&["AI生成"], &at), &limits) {
                Ok(placed) => prop_assert!(placed.patch.edits().iter().all(|e| e.remove == 0)),
                Err(Error::Unsupported(_) | Error::Refused(_)) => {}
                Err(error) => prop_assert!(false, "{:?}", error),
            }
            for part in container.shown(&map, &mut source, &limits).unwrap() {
                prop_assert!(part.range.start <= part.range.end && part.range.end <= file.len() as u64);
            }
        }
    }
}
