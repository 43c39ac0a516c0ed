//! Labelled texts as a whole: encodings, names, languages, places.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::{Explicit, Labeler, Propagator, Receipt};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::label::Label;
use crate::notice::{Made, Moment};
use crate::profile::Profile;
use crate::report::CheckResult;
use crate::verify::Verifier;

fn labelled(profile: Profile, explicit: Explicit, name: &str, bytes: &[u8]) -> Result<(Vec<u8>, Receipt)> {
    let labeler = Labeler::new(profile).explicit(explicit).file_name(name);
    labeler.label_bytes(bytes, &Label::new("example-provider"))
}

fn label(name: &str, bytes: &[u8]) -> Result<(Vec<u8>, Receipt)> {
    labelled(Profile::CN_GB45438, Explicit::default(), name, bytes)
}

/// Whether the rules' explicit check finds the notice.
fn passes(name: &str, bytes: &[u8]) -> bool {
    let verifier = Verifier::new().file_name(name).profile(Profile::CN_GB45438);
    let report = verifier.verify(&mut std::io::Cursor::new(bytes)).unwrap();
    let mut checks = report.verdicts.iter().flat_map(|verdict| &verdict.checks);
    checks.any(|check| check.id == "explicit.text" && check.result == CheckResult::Pass)
}

/// Text in each of the encodings.
fn encodings(text: &str) -> [Vec<u8>; 3] {
    let little = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let big = [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect();
    [little, big, encoding_rs::GB18030.encode(text).0.into_owned()]
}

fn decoded(bytes: &[u8]) -> String {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0.into_owned(),
        [0xFE, 0xFF, rest @ ..] => encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0.into_owned(),
        _ => encoding_rs::GB18030.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

fn same_json(name: &str, content: &str) {
    let body = serde_json::json!({ "id": "一", "role": "assistant", "content": content, "n": 1.0 });
    for bytes in encodings(&body.to_string()) {
        let (out, receipt) = label(name, &bytes).unwrap();
        assert_eq!(receipt.format, Format::Json);
        assert_eq!(out[..2] == [0xFF, 0xFE], bytes[..2] == [0xFF, 0xFE]);
        let mut now: serde_json::Value = serde_json::from_str(&decoded(&out)).unwrap();
        let words = now["content"].as_str().unwrap().to_owned();
        assert!(words.starts_with("AI生成\n") && words.ends_with(content), "{words:?}");
        now["content"] = content.into();
        assert_eq!(now.as_object_mut().unwrap().remove("AIGC").unwrap()["ContentProducer"], "example-provider");
        assert_eq!(now, body);
        assert!(passes(name, &out));
        let (again, receipt) = label(name, &out).unwrap();
        assert!(!receipt.changed && again == out);
    }
}

#[test]
fn json_keeps_its_encoding() {
    // Second bytes of GB 18030 that look like marks of JSON, and characters of four bytes.
    same_json("a.json", "你好");
    same_json("a.json", "俓俕倇乗乕乛𠀀😀é€ \" \\ \n 乣");
}

#[test]
fn json_lines_and_broken_json_are_refused_in_every_encoding() {
    for text in ["{\"role\":\"assistant\",\"content\":\"你好\"", "{a: '你好'}"] {
        for bytes in encodings(text) {
            let error = label("a.json", &bytes).unwrap_err();
            assert_eq!(error.code(), "notice.program_name", "{text}");
        }
    }
}

#[test]
fn markdown_of_other_encodings_gets_the_notice_alone() {
    let text = "---\ntitle: 港口\n---\n\n# 船\n\n有很多船。\n\n```\n代码\n```\n";
    for bytes in encodings(text) {
        let (out, receipt) = label("a.md", &bytes).unwrap();
        assert_eq!(decoded(&out), text.replace("---\n\n#", "---\nAI生成\n\n\n#"));
        assert_eq!(receipt.format, Format::Markdown);
        assert!(receipt.notes.iter().any(|note| note.message.code == "note.notice_only"));
        assert!(receipt.label.label.is_empty() && passes("a.md", &out));
        // Without a notice nothing would stand there.
        let none = labelled(Profile::CN_GB45438, Explicit::none("agreed"), "a.md", &bytes).unwrap_err();
        assert_eq!(none.code(), "front_matter.encoding");
    }
    // Front matter is known by its content too.
    let [little, ..] = encodings(text);
    assert_eq!(label("a", &little).unwrap().1.format, Format::Markdown);
}

#[test]
fn programs_and_data_are_refused() {
    for (name, text) in [
        ("b.py", "import os\n"),
        ("b.c", "int main(void) { return 0; }\n"),
        ("b.toml", "[a]\nb = 1\n"),
        ("y.yaml", "a: 1\n"),
        ("Dockerfile", "FROM scratch\n"),
        ("Makefile", "all:\n\ttrue\n"),
        ("a.sql", "select 1;\n"),
        ("a.xml", "<a/>\n"),
    ] {
        let error = label(name, text.as_bytes()).unwrap_err();
        assert!(matches!(error, Error::Refused(_)) && error.code() == "notice.program_name", "{name}: {error}");
        assert!(label("a.txt", text.as_bytes()).is_ok(), "{name}");
    }
    let events = "data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: [DONE]\n\n";
    assert_eq!(label("a.txt", events.as_bytes()).unwrap_err().code(), "notice.events");
}

const ENGLISH: &str = "The ships lie in the harbour, and there is no wind for them.\n";

#[test]
fn the_notice_is_in_the_language_of_the_text() {
    let cases = [
        (Profile::CN_GB45438, ENGLISH, &["AI生成", "AI-generated"][..]),
        (Profile::CN_GB45438, "港口里有很多船，这里没有风。\n", &["AI生成"]),
        (Profile::CN_GB45438, "항구에는 배가 많이 있습니다.\n", &["AI生成", "AI로 생성됨"]),
        (Profile::CN_GB45438, "これは港の話です。\n", &["AI生成"]),
        (Profile::EU_AI_ACT_50, "Os navios estão no porto e não há vento para eles.\n", &["Gerado por IA"]),
        (Profile::EU_AI_ACT_50, "港口里有很多船，这里没有风。\n", &["AI-generated", "AI生成"]),
        (Profile::KR, "항구에는 배가 많이 있습니다.\n", &["AI로 생성됨"]),
        (Profile::VN, ENGLISH, &["AI-generated"]),
        (Profile::VN, "Có nhiều con tàu ở bến cảng và không có gió.\n", &["Nội dung do AI tạo ra"]),
    ];
    for (profile, text, lines) in cases {
        let (out, receipt) = labelled(profile, Explicit::default(), "a.txt", text.as_bytes()).unwrap();
        assert_eq!(receipt.notice.unwrap().lines(), lines, "{text}");
        assert!(String::from_utf8(out.clone()).unwrap().starts_with(&lines.join("\n")));
        let (again, receipt) = labelled(profile, Explicit::default(), "a.txt", &out).unwrap();
        assert!(!receipt.changed && again == out, "{text}");
    }
    let possible = Label::new("example-provider").with_level(crate::label::Level::Possible);
    let (out, _) =
        Labeler::new(Profile::CN_GB45438).label_bytes("港口裡有很多船，這裡沒有風。\n".as_bytes(), &possible).unwrap();
    assert!(out.starts_with("可能為AI生成\n".as_bytes()));
    // A line without the elements that the rules ask for is none.
    let there = format!("AI-generated\n\n{ENGLISH}");
    assert!(
        label("a.txt", there.as_bytes()).unwrap().0.starts_with("AI生成\nAI-generated\n\nAI-generated\n".as_bytes())
    );
    // What was asked for stands alone.
    let asked = Explicit::default().language("zh-Hant");
    let (_, receipt) = labelled(Profile::CN_GB45438, asked, "a.txt", ENGLISH.as_bytes()).unwrap();
    assert_eq!(receipt.notice.unwrap().lines(), ["AI生成"]);
}

#[test]
fn the_receipt_says_where_the_notice_stands() {
    let at = |at: &[Moment], text: &str| {
        let explicit = at.iter().fold(Explicit::default(), |explicit, moment| explicit.at(*moment));
        let (_, receipt) = labelled(Profile::CN_GB45438, explicit, "a.md", text.as_bytes()).unwrap();
        let Some(Made::Text(worded)) = receipt.notice else { unreachable!() };
        worded.at
    };
    let open = "Words\n\n```\ncode\n";
    assert_eq!(at(&[Moment::Start, Moment::End], open), [Moment::Start]);
    assert_eq!(at(&[Moment::End], open), [Moment::Start]);
    assert_eq!(at(&[Moment::End], "Words\n"), [Moment::End]);
    assert_eq!(at(&[Moment::Start, Moment::End], "Words\n"), [Moment::Start, Moment::End]);
}

#[test]
fn what_nobody_sees_is_no_notice() {
    let page = |start: &str| format!("<!doctype html><title>x</title>{start}<p>Ships.</p></body></html>");
    for start in [
        "<html><body style=\"display:none\">",
        "<html hidden><body>",
        "<html><body hidden=\"until-found\">",
        "<html style='opacity: 0'><body>",
        "<html><body style=\"display&#58;none\">",
    ] {
        let error = label("a.html", page(start).as_bytes()).unwrap_err();
        assert_eq!(error.code(), "notice.hidden", "{start}");
        let words = page(start).replace("<p>", "<p>AI生成</p><p>");
        assert!(!passes("a.html", words.as_bytes()), "{start}");
    }
    for (hidden, seen) in [
        ("<div style=\"display:none\"><p>AI生成</p></div><p>Ships.</p>", false),
        ("<p hidden>AI生成<p>Ships.</p>", false),
        ("<p hidden>x<p>AI生成</p>", true),
        ("<ul hidden><li>x</ul><p>AI生成</p>", true),
        ("<div hidden><div>x</div><p>AI生成</p></div>", false),
        ("<div style=\"visibility:hidden\"><p style=\"visibility:visible\">AI生成</p></div>", true),
        ("<div style=\"visibility:hidden\"><p>AI生成</p></div>", false),
        ("<img hidden><input hidden><p>AI生成</p>", true),
        ("<p>AI生成</p>", true),
    ] {
        let text = format!("<!doctype html><html><body>{hidden}</body></html>");
        assert_eq!(passes("a.html", text.as_bytes()), seen, "{hidden}");
    }
    // The notice says of itself that it is visible.
    let (out, receipt) = label("a.html", page("<html><body style=\"visibility:hidden\">").as_bytes()).unwrap();
    assert!(receipt.changed && passes("a.html", &out));
}

/// A key of the label's name may hold somebody's own object.
#[test]
fn an_object_that_is_no_label_is_not_replaced_by_one() {
    for (name, text) in [
        ("a.md", "---\ntitle: a\nAIGC:\n  note: mine\n---\nWords.\n"),
        ("a.md", "---\ntitle: a\nAIGC: {note: mine}\n---\nWords.\n"),
        ("a.json", "{\"AIGC\": {\"note\": \"mine\"}, \"content\": \"Words.\"}"),
        (
            "a.html",
            "<!DOCTYPE html><html><head><meta name=\"AIGC\" content='{\"note\":\"mine\"}'></head><body><p>w</p></body></html>",
        ),
    ] {
        assert_eq!(label(name, text.as_bytes()).unwrap_err().code(), "label.place_taken", "{text}");
        let platform = Propagator::new("platform").declared(true).file_name(name);
        assert_eq!(platform.propagate_bytes(text.as_bytes()).unwrap_err().code(), "label.place_taken", "{text}");
    }
    let empty = b"{\"AIGC\": {}, \"role\": \"assistant\", \"content\": \"Words.\"}";
    assert!(label("a.json", empty).is_ok(), "nothing is lost");
}

const QUOTED: &str = "<!-- so: {\"AIGC\":{\"Label\":\"1\",\"ContentProducer\":\"someone\",\"ProduceID\":\"7\"}} -->";

#[test]
fn a_label_that_a_page_quotes_is_not_the_page_s() {
    let page = format!("<!DOCTYPE html><html><head><title>x</title></head><body>{QUOTED}<p>w</p></body></html>");
    let platform = Propagator::new("platform").id("p-1").file_name("a.html");
    let (out, receipt) = platform.propagate_bytes(page.as_bytes()).unwrap();
    let label = &receipt.label;
    assert_eq!((label.label.as_str(), label.content_producer.as_str()), ("3", ""), "a trace, and nobody's statement");
    assert_eq!(label.content_propagator, "platform");
    let codes = |bytes: &[u8]| {
        let report = Verifier::new().file_name("a.html").verify_bytes(bytes).unwrap();
        report.findings.iter().map(|finding| finding.code()).collect::<Vec<_>>()
    };
    let found = codes(&out);
    assert!(found.contains(&"label.quoted") && !found.contains(&"label.conflict"), "{found:?}");
    assert!(!found.contains(&"label.earlier_copy") && !found.contains(&"label.duplicate"), "{found:?}");
    let (again, receipt) = platform.propagate_bytes(&out).unwrap();
    assert!(!receipt.changed && again == out);
    // Two that the file states do contradict each other.
    let two = String::from_utf8(out).unwrap().replace(
        "</head>",
        "<meta name=\"AIGC\" content='{\"Label\":\"1\",\"ContentProducer\":\"other\",\"ProduceID\":\"7\"}'></head>",
    );
    assert!(codes(two.as_bytes()).contains(&"label.conflict"));
}

#[test]
fn an_item_in_the_middle_is_not_the_notice_of_a_text() {
    let part = "港口里有很多船，这里没有风。\n\n".repeat(8);
    let text = format!("# 港口\n\n{part}- 人工写作\n- AI生成\n\n{part}");
    let (out, receipt) = label("a.md", text.as_bytes()).unwrap();
    assert!(receipt.notice.is_some(), "{:?}", receipt.notes);
    assert_eq!(String::from_utf8(out).unwrap().matches("AI生成").count(), 2);
}

#[test]
fn a_line_that_goes_on_from_the_one_before_is_read_with_it() {
    let rest = "港口里有很多船，船只停在那里。\n\n".repeat(3);
    for (text, notice) in [
        ("本文并非\nAI生成\n\n", false),
        ("This text is not\nAI-generated\nat all.\n\n", false),
        ("This text is not\n\nAI生成\n\n", true),
        ("标题\nAI生成\n\n", true),
        ("AI生成\nAI-generated\n\n", true),
    ] {
        for name in ["a.md", "a.txt"] {
            let report = Verifier::new().file_name(name).verify_bytes(format!("{text}{rest}").as_bytes()).unwrap();
            let found = report.evidence.iter().any(|e| e.notice.is_some());
            assert_eq!(found, notice, "{name} {text:?}");
        }
    }
}

#[cfg(feature = "keygen")]
#[test]
fn a_label_that_seals_its_content_stays_where_no_notice_can_be_added() {
    use crate::sign::{Algorithm, Identity, KeygenOptions, generate};
    let made = generate(&KeygenOptions {
        algorithm: Algorithm::Sm2,
        organization: "Biaoshi tests".into(),
        common_name: "SM2".into(),
        country: "CN".into(),
        not_before: 1_700_000_000,
        days: 30,
    })
    .unwrap();
    let signer = Identity::from_key_pem(&made.key_pem).unwrap();
    let wanted = Label::new("example-provider").with_produce_id("n-1");
    let labeler = |explicit| Labeler::new(Profile::CN_GB45438).explicit(explicit).file_name("a.md");
    let bare = labeler(Explicit::none("agreed")).signer(&signer);
    let (sealed, receipt) = bare.label_bytes(ENGLISH.as_bytes(), &wanted).unwrap();
    assert!(receipt.sealed);
    for again in [labeler(Explicit::default()).signer(&signer), labeler(Explicit::default())] {
        let (out, receipt) = again.label_bytes(&sealed, &wanted).unwrap();
        assert!(out == sealed && !receipt.changed);
        assert!(receipt.notes.iter().any(|note| note.message.code == "note.notice_missing"), "{:?}", receipt.notes);
    }
}

/// A reason is told as it is.
#[test]
fn why_a_missing_notice_could_not_be_added_is_said() {
    let wanted = Label::new("example-provider").with_produce_id("n-1");
    let labeler = |explicit| Labeler::new(Profile::CN_GB45438).explicit(explicit).file_name("a.html");
    let page = "<!doctype html><html><head><title>x</title></head><body style=\"display:none\"><p>w</p></body></html>";
    let (bare, _) = labeler(Explicit::none("agreed")).label_bytes(page.as_bytes(), &wanted).unwrap();
    let (_, receipt) = labeler(Explicit::default()).label_bytes(&bare, &wanted).unwrap();
    let codes: Vec<_> = receipt.notes.iter().map(|note| note.message.code).collect();
    assert!(codes.contains(&"note.notice_not_made") && !codes.contains(&"note.notice_missing"), "{codes:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn json_of_any_words_keeps_its_encoding(content in "\\PC{1,40}") {
        // What is data for programs is left alone; GB 18030 maps a few characters of private use anew.
        prop_assume!(content.trim() == content && !content.starts_with(['[', '{']));
        prop_assume!(encoding_rs::GB18030.decode(&encoding_rs::GB18030.encode(&content).0).0 == content);
        for bytes in encodings(&serde_json::json!({ "role": "assistant", "content": content }).to_string()) {
            // What can't be labelled is refused; what is labelled is whole.
            if let Ok((out, _)) = label("a.json", &bytes) {
                let now: serde_json::Value = serde_json::from_str(&decoded(&out)).unwrap();
                prop_assert!(now["content"].as_str().unwrap().ends_with(&content));
                prop_assert!(now["AIGC"].is_object());
            }
        }
    }
}
