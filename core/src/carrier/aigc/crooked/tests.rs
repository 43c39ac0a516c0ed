#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

use proptest::prelude::*;

use super::*;

fn of(text: &[u8], hint: Hint) -> Option<Found> {
    read(text, hint, &Limits::default())
}

fn ways(parsed: &Parsed) -> Vec<Crooked> {
    parsed.leniencies.iter().filter_map(|l| if let Leniency::Crooked(way) = l { Some(*way) } else { None }).collect()
}

const BARE: &str = r#"{"Label":"1","ContentProducer":"acme","ProduceID":"i-1","ReservedCode1":"","ContentPropagator":"acme","PropagateID":"i-1","ReservedCode2":""}"#;

#[test]
fn a_label_is_found_where_it_stands() {
    for (before, behind, expected) in [
        ("AIGC=", "", &[Crooked::Prefixed][..]),
        ("aigc: ", "", &[Crooked::Prefixed]),
        ("AIGC ", "\n", &[Crooked::Prefixed]),
        ("ＡＩＧＣ：", "", &[Crooked::Prefixed]),
        ("AIGC标识：", "", &[Crooked::Prefixed]),
        ("AIGC label: ", "", &[Crooked::Prefixed, Crooked::AmidText]),
        ("a cat. AIGC=>", "", &[Crooked::Prefixed, Crooked::AmidText]),
        ("a cat ", " on a mat", &[Crooked::AmidText]),
        ("\u{feff}", "", &[Crooked::Padded]),
        ("\0\0", "\0", &[Crooked::Padded]),
        ("\u{feff}AIGC=", "", &[Crooked::Prefixed, Crooked::Padded]),
        ("中文 {} AIGC AIGC ", "", &[Crooked::Prefixed, Crooked::AmidText]),
    ] {
        let text = format!("{before}{BARE}{behind}");
        let found = of(text.as_bytes(), Hint::Text).unwrap_or_else(|| unreachable!("{text}"));
        let parsed = found.parsed.unwrap();
        assert_eq!(parsed.aigc, aigc::parse(BARE, &Limits::default()).unwrap().aigc);
        assert_eq!(ways(&parsed), expected, "{text}");
        assert_eq!(found.span, Some(before.len()..before.len() + BARE.len()), "{text}");
        assert_eq!(found.amid, expected.contains(&Crooked::AmidText), "{text}");
    }
}

#[test]
fn two_keys_of_the_standard_make_a_label_and_the_word_makes_it_surer() {
    for (text, label) in [
        (r#"x {"Label":"1","ContentProducer":"a"}"#, true),
        (r#"x {"Label":"1","ProduceID":"a"}"#, false),
        (r#"x {"label":"1","contentProducer":"a","produceId":"b"}"#, true),
        (r#"x {"label":"1","contentProducer":"a"}"#, false),
        (r#"AIGC={"Label":"1"}"#, true),
        (r#"AIGC={"Label":"x"}"#, false),
        (r#"AIGC={"Label":"x","ProduceID":"y"}"#, true),
        (r#"AIGC={"label":"1","produceId":"y"}"#, true),
        (r#"AIGC={"label":"1"}"#, false),
        ("{'AIGC': {'Label': '2'}}", true),
        ("{AIGC: {Label: 3}}", true),
        ("{AIGC={Label=3, ContentProducer=x}}", true),
        (r#"{"aigc":{"Label":"1"},"x":{}} y"#, true),
    ] {
        let found = of(text.as_bytes(), Hint::Text);
        assert_eq!(found.is_some_and(|f| f.parsed.is_ok()), label, "{text}");
    }
}

#[test]
fn what_names_the_keys_and_does_not_close_is_a_label_that_cannot_be_read() {
    for text in [
        "AIGC={'Label':'1','ContentProducer':'a'",
        "AIGC={'Label':'1'",
        "AIGC：{“Label”：“3",
        r#"a {"Label":"1","ContentProducer":"a","ProduceID":"b"#,
        r#"AIGC {"Label":"1","ContentProducer":"a","Label":"2"}"#,
    ] {
        assert!(of(text.as_bytes(), Hint::Text).unwrap().parsed.is_err(), "{text}");
    }
}

#[test]
fn ordinary_text_is_none() {
    for text in [
        "",
        "AIGC",
        "AIGC: generated",
        "AIGC {}",
        "AIGC {a picture}",
        "what AIGC {Label, ContentProducer, ProduceID} mean",
        "the keys Label, ContentProducer: who, ProduceID: which",
        "{see} ContentProducer: x, ProduceID: y, Label: z",
        r#"{"AIGC":"a word"}"#,
        r#"{"AIGC":{"model":"x"}}"#,
        "AIGC={'model':'x'",
        "AIGC={'Label':'x'",
        "{Label: x, ContentProducer also: y",
        "{see｝ ContentProducer: x, ProduceID: y, Label: z",
        "AIGC: {Label: a, ContentProducer, ProduceID}",
        r#"{"Label":"a","Value":"b"}"#,
        "eyJtb2RlbCI6ICJ4IiwgInNlZWQiOiAxMjN9",
    ] {
        assert!(of(text.as_bytes(), Hint::Text).is_none(), "{text}");
        assert!(of(text.as_bytes(), Hint::Named).is_none_or(|found| found.parsed.is_err()), "{text}");
    }
}

#[test]
fn a_named_place_needs_no_word() {
    assert!(of(br#"see {"Label":"1"}"#, Hint::Named).unwrap().parsed.is_ok());
    assert!(of(br#"see {"Label":"1"}"#, Hint::Text).is_none());
}

#[test]
fn a_key_is_part_of_its_object_and_a_word_before_it_is_not() {
    let bare = BARE.replace('"', "'");
    for (text, start, wrapped, expected) in [
        (format!("{{'AIGC':{bare}}}"), 0, true, &[Crooked::SingleQuotes][..]),
        (format!("\n{{ AIGC : {bare}}}"), 1, true, &[Crooked::SingleQuotes, Crooked::Unquoted]),
        (format!("｛“AIGC”：{bare}}}"), 0, true, &[Crooked::SingleQuotes, Crooked::WideMarks]),
        (format!("｛ＡＩＧＣ：{bare}｝"), 0, true, &[Crooked::SingleQuotes, Crooked::WideMarks, Crooked::Unquoted]),
        (format!("'AIGC':{bare}"), 7, false, &[Crooked::SingleQuotes, Crooked::Prefixed, Crooked::AmidText]),
        (format!("AIGC：{bare}"), 7, false, &[Crooked::SingleQuotes, Crooked::Prefixed]),
    ] {
        let found = of(text.as_bytes(), Hint::Text).unwrap_or_else(|| unreachable!("{text}"));
        let parsed = found.parsed.unwrap();
        assert_eq!((ways(&parsed), found.span), (expected.to_vec(), Some(start..text.len())), "{text}");
        assert_eq!(parsed.leniencies.contains(&Leniency::WrappedOnce), wrapped, "{text}");
    }
    // Without the word, marks of full width end no object and begin none.
    let wide = BARE.replace(':', "：").replace(',', "，");
    let text = format!("猫，{wide}｝");
    let found = of(text.as_bytes(), Hint::Text).unwrap();
    assert_eq!(found.span, Some("猫，".len().."猫，".len() + wide.len()));
    assert_eq!(ways(&found.parsed.unwrap()), [Crooked::WideMarks, Crooked::AmidText]);
}

#[test]
fn a_label_that_can_be_read_goes_before_one_that_cannot() {
    let twice = r#"AIGC={"Label":"1","Label":"2"}"#;
    let text = format!("{twice} AIGC={BARE}");
    let found = of(text.as_bytes(), Hint::Text).unwrap();
    assert_eq!(found.span, Some(text.len() - BARE.len()..text.len()));
    assert!(found.parsed.is_ok());
    let broken = of(format!("{twice} {twice}").as_bytes(), Hint::Text).unwrap();
    assert_eq!(broken.span.unwrap().start, 5);
    assert!(matches!(broken.parsed.unwrap_err().reason, BrokenReason::DuplicateKey { .. }));
}

#[test]
fn an_encoded_label_has_no_place_and_its_encodings_are_named_once() {
    let html = |text: &str| text.replace('&', "&amp;").replace('"', "&quot;");
    let percent = |text: &str| text.bytes().map(|b| format!("%{b:02x}")).collect::<String>();
    for (text, expected) in [
        (html(BARE), &[Crooked::HtmlEscaped][..]),
        (html(&html(BARE)), &[Crooked::HtmlEscaped]),
        (percent(BARE), &[Crooked::PercentEncoded]),
        (percent(&html(BARE)), &[Crooked::PercentEncoded, Crooked::HtmlEscaped]),
    ] {
        let found = of(text.as_bytes(), Hint::Text).unwrap_or_else(|| unreachable!("{text}"));
        assert_eq!((ways(&found.parsed.unwrap()), found.span), (expected.to_vec(), None), "{text}");
    }
    let broken = of(html(r#"AIGC={"Label":"1","Label":"2"}"#).as_bytes(), Hint::Text).unwrap();
    assert!(broken.parsed.is_err() && broken.span.is_none());
}

#[test]
fn what_stands_around_an_object_of_json_is_named() {
    let label = aigc::parse(BARE, &Limits::default()).unwrap();
    for (before, behind, prefixed, expected) in [
        ("", "", false, &[][..]),
        (" ", "\n", false, &[]),
        ("a cat ", "", false, &[Crooked::AmidText]),
        ("", " on a mat", false, &[Crooked::AmidText]),
        ("\0", "\0", false, &[Crooked::Padded]),
        ("\u{feff}", "", false, &[Crooked::Padded]),
        ("AIGC", "", true, &[Crooked::Prefixed]),
        ("a cat AIGC", "", true, &[Crooked::Prefixed, Crooked::AmidText]),
        ("{\"x\":[", "]}", false, &[]),
        ("\u{feff}{\"x\":[", "]}", false, &[]),
        ("{\"x\":[", "]", false, &[Crooked::AmidText]),
    ] {
        let text = format!("{before}{BARE}{behind}");
        let parsed = around(text.as_bytes(), before.len()..before.len() + BARE.len(), prefixed, label.clone());
        assert_eq!(ways(&parsed), expected, "{text}");
        assert_eq!(parsed.aigc, label.aigc);
    }
}

#[test]
fn texts_built_to_cost_time_do_not() {
    let parts = [
        "{",
        "{\"AIGC\":",
        "AIGC{",
        "AIGC={'Label':'",
        "{\"ContentProducer\":",
        "ContentProducer:\"Label",
        "\"AIGC\":{\"Label\":",
        "&amp;",
        "&quot;{",
        "%7B%22",
        "eyJh",
        "{a:",
        "'",
        "“",
        "ＡＩＧＣ",
        "\\\"AIGC\\\":{",
        "/*",
        "{#",
        "L\0a\0b\0e\0l\0",
    ];
    for part in parts {
        let text = part.repeat((1 << 20) / part.len());
        let started = std::time::Instant::now();
        let _ = of(text.as_bytes(), Hint::Text);
        let _ = super::super::json(text.as_bytes(), Hint::Text, &Limits::default());
        assert!(started.elapsed() < std::time::Duration::from_secs(4), "{part}: {:?}", started.elapsed());
    }
    // What is behind all that is found as long as it is no seeming label itself.
    for part in ["AIGC {a} ", "ContentProducer: ", "{{}", "AIGC, "] {
        let text = format!("{}AIGC={BARE}", part.repeat(20));
        assert!(of(text.as_bytes(), Hint::Text).unwrap().parsed.is_ok(), "{part}");
    }
}

#[test]
fn a_label_behind_a_long_text_is_found() {
    for filler in ["a cat on a mat, ", "{\"class_type\":\"x\"}, ", "中文 "] {
        let long = filler.repeat((1 << 20) / filler.len());
        for form in
            [format!("AIGC={BARE}"), BARE.to_owned(), format!("{{\"AIGC\":{BARE}}}"), format!("{{'AIGC':{BARE}}}")]
        {
            let text = format!("{long}{form}{long}");
            let found = of(text.as_bytes(), Hint::Text).unwrap();
            assert!(found.parsed.is_ok() && found.amid, "{filler} {form}");
            let inside = format!(
                "{{\"prompt\":\"{}\",\"AIGC\":{BARE},\"x\":\"{}\"}}",
                filler.replace('"', "'"),
                long.replace('"', "'")
            );
            assert!(of(inside.as_bytes(), Hint::Text).unwrap().parsed.is_ok(), "{filler}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_complaint(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = of(&bytes, Hint::Text);
        let _ = of(&bytes, Hint::Named);
    }

    #[test]
    fn a_text_without_an_object_is_none(text in "[^{｛%]{0,200}", keys in any::<bool>()) {
        let text = if keys { format!("AIGC Label: 1, ContentProducer: a, ProduceID: b {text}") } else { text };
        prop_assert!(of(text.as_bytes(), Hint::Text).is_none());
    }

    #[test]
    fn objects_without_the_keys_are_none(text in "(AIGC|aigc)?[=: ]{0,2}\\{['\"]?[a-z]{1,9}['\"]?[:=]['\"]?[a-zA-Z0-9 ]{0,9}['\"]?\\}") {
        prop_assume!(!text.to_lowercase().contains("label"));
        prop_assert!(of(text.as_bytes(), Hint::Text).is_none_or(|f| f.parsed.is_err()), "{}", text);
    }
}
