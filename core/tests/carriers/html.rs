use biaoshi::container::{CONTAINERS, NewValue, Slot};
use biaoshi::source::Source;
use biaoshi::{Format, Label, Limits, Verifier};
use std::io::Cursor;
use std::time::{Duration, Instant};

use crate::lossless::{CODE, labeler, splice, verify};

/// Puts `value` into its place without any check of what it says, and reads it back.
pub(crate) fn round_trip(name: &str, bytes: &[u8], slot: &Slot, value: &str) -> (Vec<u8>, Vec<String>) {
    let limits = Limits::default();
    let read = |bytes: &[u8]| {
        let mut cursor = Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let row = Format::sniff(&mut source, Some(name)).unwrap().unwrap();
        let mut map = row.container.map(row.format, &mut source, &limits).unwrap();
        let values = row.container.values(&mut map, &mut source, &limits).unwrap();
        let texts: Vec<_> = values.into_iter().filter(|v| v.slot == *slot).map(|v| v.bytes).collect();
        (row.container, map, texts)
    };
    let (container, map, _) = read(bytes);
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let values = [NewValue { slot: slot.clone(), bytes: value.as_bytes().to_vec() }];
    let placed = container.put(&map, &mut source, &values, &limits).unwrap();
    let out = splice(bytes, &placed.patch);
    let (_, _, texts) = read(&out);
    (out, texts.into_iter().map(|text| String::from_utf8(text).unwrap()).collect())
}

/// An object whose texts stress every escape there is.
pub(crate) fn wild() -> String {
    let texts = [
        "编号-人工智能",
        "😀👩‍👩‍👧‍👦",
        "\" ' ` \\ \n",
        "]]> --> */ <!-- <![CDATA[ &amp; & < > &#x41;",
        "\u{feff}\u{2028}",
        "# : {}",
    ];
    let members: Vec<_> = texts.iter().enumerate().map(|(n, t)| format!("\"k{n}\":{}", serde_json::json!(t))).collect();
    format!("{{{}}}", members.join(","))
}

/// Runs `work` and asks that it be quick.
pub(crate) fn quick<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let started = Instant::now();
    let out = work();
    // Tests run beside each other and without optimisation.
    assert!(started.elapsed() < Duration::from_secs(8), "{what} took {:?}", started.elapsed());
    out
}

/// Verifies and labels hostile bytes: an answer or a typed error, and soon.
pub(crate) fn hostile(name: &str, what: &str, bytes: &[u8]) {
    let label = Label::new(CODE).with_produce_id("hostile");
    let internal = |e: &biaoshi::Error| matches!(e, biaoshi::Error::Internal(_) | biaoshi::Error::Io { .. });
    let verified = quick(what, || Verifier::new().file_name(name).verify_bytes(bytes).err());
    let labelled = quick(what, || labeler(name).label_bytes(bytes, &label).err());
    for error in [verified, labelled].into_iter().flatten() {
        assert!(!internal(&error), "{what}: {error}");
    }
}

#[test]
fn any_text_reads_back_from_a_meta_element() {
    let slot = Slot::item("meta", "AIGC");
    for document in
        ["<!doctype html><p>x", "<html><head></head></html>", "<?xml version='1.0'?><html xmlns='x'><head/></html>"]
    {
        let (_, texts) = round_trip("a.html", document.as_bytes(), &slot, &wild());
        assert_eq!(texts, [wild()], "{document}");
        for big in [false, true] {
            let unit = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
            let wide: Vec<u8> = format!("\u{feff}{document}").encode_utf16().flat_map(unit).collect();
            let (out, texts) = round_trip("a.html", &wide, &slot, &wild());
            assert_eq!((texts, out.len() % 2), (vec![wild()], 0), "{document}");
        }
    }
}

#[test]
fn a_value_that_is_there_is_replaced_and_nothing_else() {
    let slot = Slot::item("meta", "AIGC");
    for quoted in ["\"old &quot;\"", "'old \"'", "old"] {
        let document = format!("<!doctype html><head><meta NAME=Aigc\n content={quoted} x=y><title>t</title>");
        let (out, texts) = round_trip("a.html", document.as_bytes(), &Slot::item("meta", "Aigc"), "{\"a\":\"b\"}");
        let due =
            "<!doctype html><head><meta NAME=Aigc\n content=\"{&quot;a&quot;:&quot;b&quot;}\" x=y><title>t</title>";
        assert_eq!((String::from_utf8(out).unwrap().as_str(), texts.len()), (due, 1), "{quoted}");
        let (out, _) = round_trip("a.html", document.as_bytes(), &slot, "{\"a\":\"b\"}");
        assert_eq!(String::from_utf8(out).unwrap(), due, "the name counts in any case");
    }
}

/// Where the element goes: behind the text before it.
#[test]
fn the_declaration_of_the_encoding_stays_in_front() {
    let late = format!("<head>{}<meta charset=gbk>", "<link rel=x>".repeat(200));
    for (document, before) in [
        ("<html><head><title>t</title><meta charset=utf-8><p>", "<html><head><title>t</title><meta charset=utf-8>"),
        ("<head><meta http-equiv='Content-Type' content='x'><p>", "<head><meta http-equiv='Content-Type' content='x'>"),
        ("<body><p><meta charset=big5>", "<body><p><meta charset=big5>"),
        ("<!-- <head> --><html><p><head>", "<!-- <head> --><html>"),
        ("<html><header><script>'<head>'</script>", "<html>"),
        ("<head a='<head>' b=>x", "<head a='<head>' b=>"),
        ("<title>x", ""),
        (late.as_str(), late.as_str()),
    ] {
        let (out, _) = round_trip("a.html", document.as_bytes(), &Slot::item("meta", "AIGC"), "{}");
        let due = format!("{before}<meta name=\"AIGC\" content=\"{{}}\">");
        assert!(out.starts_with(due.as_bytes()), "{}", String::from_utf8_lossy(&out));
    }
}

/// Readers look for the declaration in the first 1,024 bytes, in whatever element they stand.
#[test]
fn a_declaration_that_counts_stays_within_the_first_bytes() {
    let slot = Slot::item("meta", "AIGC");
    let pad = |n: usize| " ".repeat(n);
    let value = format!("{{{}}}", "x".repeat(300));
    let meta = "<meta charset=gbk>";
    for (open, close) in [
        ("<script>'", "'</script>"),
        ("<noscript>", "</noscript>"),
        ("<template>", "</template>"),
        ("<title>", "</title>"),
        ("<style>/*", "*/</style>"),
        ("<template><noscript>", "</noscript></template>"),
    ] {
        let document = |n: usize| format!("<html><head>{}{open}{meta}{close}<title>t</title><p>", pad(n));
        // In front, where there is room, and else behind the element.
        for (n, before) in
            [(0, "<html><head>".to_owned()), (900, document(900).split("<title>t").next().unwrap().to_owned())]
        {
            let (out, texts) = round_trip("a.html", document(n).as_bytes(), &slot, &value);
            let out = String::from_utf8(out).unwrap();
            assert!(out.starts_with(&format!("{before}<meta name=\"AIGC\"")), "{open} {n}: {out}");
            assert!(out.find(meta).unwrap() + meta.len() <= 1024, "{open} {n}");
            assert_eq!(texts, [value.as_str()], "{open} {n}");
        }
        // Beyond them it does not count.
        let late = document(1100);
        let (out, _) = round_trip("a.html", late.as_bytes(), &slot, &value);
        assert!(out.starts_with(b"<html><head><meta name=\"AIGC\""), "{open}");
        // A mark at the start counts before any declaration.
        let marked = format!("\u{feff}{}", document(900));
        let (out, _) = round_trip("a.html", marked.as_bytes(), &slot, &value);
        assert!(out.starts_with("\u{feff}<html><head><meta name=\"AIGC\"".as_bytes()), "{open}");
    }
    for hidden in ["<!-- <meta charset=gbk> -->", "<a title='<meta charset=gbk>'>"] {
        let document = format!("<html>{}{hidden}", pad(900));
        let (out, _) = round_trip("a.html", document.as_bytes(), &slot, &value);
        assert!(out.starts_with(b"<html><meta name=\"AIGC\""), "{hidden}");
    }
    // A value that is there grows, if the declaration stays where it counts.
    for (n, fits) in [(0, true), (950, false)] {
        let document = format!("<html><meta name=AIGC content=\"\">{}{meta}", pad(n));
        let limits = Limits::default();
        let mut cursor = Cursor::new(document.as_bytes());
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let html = Format::Html.row().container;
        let map = html.map(Format::Html, &mut source, &limits).unwrap();
        let values = [NewValue { slot: slot.clone(), bytes: value.as_bytes().to_vec() }];
        let out = html.put(&map, &mut source, &values, &limits).map_err(|e| e.code());
        assert_eq!(out.map(drop), if fits { Ok(()) } else { Err("html.declaration") });
    }
    // In the body, behind it; where no element can follow, nothing is written.
    let body = format!("<body>{}<p>{meta}x", pad(900));
    let (out, _) = round_trip("a.html", body.as_bytes(), &slot, &value);
    assert!(String::from_utf8(out).unwrap().contains(&format!("{meta}<meta name=\"AIGC\"")));
    for stuck in
        [format!("<html>{}<body><p><script>'{meta}'</script>", pad(900)), format!("<html>{}<title>{meta}", pad(900))]
    {
        let label = Label::new(CODE).with_produce_id("x".repeat(300));
        let error = labeler("a.html").label_bytes(stuck.as_bytes(), &label).unwrap_err();
        assert_eq!(error.code(), "html.declaration", "{stuck}");
    }
}

#[test]
fn scripts_and_comments_hide_what_looks_like_a_label() {
    for hidden in [
        "<script>'<meta name=AIGC content={x>'</script>",
        "<script><!-- <script> </script> <meta name=AIGC content={x> --></script>",
        "<title><meta name=AIGC content={x></title>",
        "<!-- > <meta name=AIGC content={x> -->",
        "<style><meta name=AIGC content={x></style>",
        "<a title=\"<meta name=AIGC content={x>\">",
        "<template><template></template><meta name=AIGC content={x></template>",
        "<textarea><meta name=AIGC content={x>",
    ] {
        let report = verify("a.html", format!("<!doctype html>{hidden}").as_bytes());
        assert!(report.evidence.is_empty(), "{hidden}");
    }
    for shown in [
        "<!--><meta name=AIGC content={x> -->",
        "<script></script><meta name=AIGC content={x>",
        "<!x><meta name=AIGC content={x>",
    ] {
        assert_eq!(verify("a.html", format!("<!doctype html>{shown}").as_bytes()).evidence.len(), 1, "{shown}");
    }
}

#[test]
fn content_decides_what_is_a_document() {
    let sniff = |name: &str, bytes: &[u8]| {
        let limits = Limits::default();
        let mut cursor = Cursor::new(bytes);
        Format::sniff(&mut Source::new(&mut cursor, &limits).unwrap(), Some(name)).unwrap().map(|row| row.format)
    };
    for (name, text, due) in [
        ("a", "\u{feff} \n<!-- x --><!DOCTYPE  HTML>", Some(Format::Html)),
        ("a", "<HtMl>", Some(Format::Html)),
        ("a", "<?xml version='1.0'?>\n<html xmlns='http://www.w3.org/1999/xhtml'/>", Some(Format::Html)),
        ("a", "<?xml version='1.0'?><rss><title>x</title></rss>", Some(Format::Txt)),
        ("a", "<?php echo 1 ?><html>", Some(Format::Txt)),
        ("a.html", "<p>x", Some(Format::Html)),
        ("a", "<p>x", Some(Format::Txt)),
        ("a", "<header>x", Some(Format::Txt)),
        ("a.html", "no markup", Some(Format::Txt)),
    ] {
        assert_eq!(sniff(name, text.as_bytes()), due, "{text}");
    }
    assert!(CONTAINERS.last().is_some_and(|last| format!("{last:?}") == "Text"), "plain text is tried last");
}

#[test]
fn hostile_documents_are_answered_soon() {
    let many = 1 << 17;
    for (what, text) in [
        ("brackets", "<".repeat(1 << 20)),
        ("comments never closed", "<!--".repeat(many)),
        ("empty comments", "<!---->".repeat(many)),
        ("quotes never closed", "<meta content=\"".repeat(many)),
        ("attributes", format!("<meta {}", "a=b ".repeat(many))),
        ("scripts", "<script>".repeat(many)),
        ("script ends", "<script></script".repeat(many)),
        ("templates", "<template>".repeat(many)),
        ("dashes", format!("<!--{}", "-".repeat(1 << 20))),
        ("references", format!("<meta name=AIGC content=\"{}\">", "&#x1F600;&amp".repeat(many))),
        ("declarations", "<meta charset=utf-8>".repeat(many)),
        ("one line", format!("<p>{}", "x".repeat(4 << 20))),
        ("metas", "<meta name=AIGC content={x>".repeat(1000)),
    ] {
        hostile("a.html", what, format!("<!doctype html>{text}").as_bytes());
    }
}
