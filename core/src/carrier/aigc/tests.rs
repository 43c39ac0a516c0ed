#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use base64::Engine as _;
use proptest::prelude::*;

use super::*;
use crate::label::Label;

const BARE: &str = r#"{"Label":"1","ContentProducer":"acme","ProduceID":"i-1","ReservedCode1":"","ContentPropagator":"acme","PropagateID":"i-1","ReservedCode2":""}"#;

fn value(slot: Slot, bytes: &[u8]) -> RawValue {
    RawValue {
        slot,
        segment: "part".into(),
        range: 100..100 + bytes.len() as u64,
        plain_at: Some(100),
        bytes: bytes.to_vec(),
        after_essence: false,
    }
}

fn packet(name: &str, text: &str) -> Vec<u8> {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
         <rdf:Description rdf:about=\"\" xmlns:a=\"http://example.com/\"><a:{name}>{text}</a:{name}></rdf:Description></rdf:RDF></x:xmpmeta>"
    )
    .into_bytes()
}

/// Exif with one user comment.
fn exif_comment(text: &[u8]) -> Vec<u8> {
    let count = u32::try_from(text.len() + 8).unwrap().to_le_bytes();
    let mut out = b"II*\0\x08\0\0\0\x01\0\x69\x87\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0".to_vec();
    out.extend(b"\x01\0\x86\x92\x07\0");
    out.extend(count);
    out.extend(b"\x2c\0\0\0\0\0\0\0ASCII\0\0\0");
    out.extend(text);
    out
}

fn found(format: Format, values: &[RawValue]) -> Metadata {
    detect(format, values, &Limits::default())
}

fn codes(metadata: &Metadata) -> Vec<&'static str> {
    metadata.findings.iter().map(Finding::code).collect()
}

/// Free-text places of several formats that hold this text.
fn places(text: &[u8]) -> Vec<(Format, RawValue)> {
    let mut out = vec![
        (Format::Jpeg, value(Slot::Comment, text)),
        (Format::Jpeg, value(Slot::App(9), text)),
        (Format::Png, value(Slot::item("text", "Comment"), text)),
        (Format::Flac, value(Slot::item("vorbis", "COMMENT"), text)),
        (Format::Mp3, value(Slot::item("comm", ""), text)),
        (Format::Mp3, value(Slot::item("txxx", "note"), text)),
        (Format::Mp4, value(Slot::item("ilst", "©cmt"), text)),
        (Format::Wav, value(Slot::item("info", "ICMT"), text)),
        (Format::Pdf, value(Slot::item("info", "Keywords"), text)),
        (Format::Docx, value(Slot::item("custom", "Note"), text)),
    ];
    if let Ok(text) = std::str::from_utf8(text)
        && !text.contains(|c: char| c < ' ' || c == '\u{feff}')
    {
        out.push((Format::Png, value(Slot::Xmp, &packet("note", text))));
        if text.is_ascii() {
            out.push((Format::Jpeg, value(Slot::Exif, &exif_comment(text.as_bytes()))));
        }
    }
    out
}

/// A label in a form, and the finding that names it.
type Form = (fn(&Aigc) -> Vec<u8>, &'static str);

fn bare(label: &Aigc, from: &str, to: &str) -> Vec<u8> {
    label.to_json().replace(from, to).into_bytes()
}

const FORMS: &[Form] = &[
    (|a| format!("AIGC={}", a.to_json()).into_bytes(), "label.prefixed"),
    (|a| format!("AIGC: {}", a.to_json()).into_bytes(), "label.prefixed"),
    (|a| format!("AIGC {}", a.to_json()).into_bytes(), "label.prefixed"),
    (|a| format!("aigc：{}", a.to_json()).into_bytes(), "label.prefixed"),
    (|a| format!("{{'AIGC':{}}}", a.to_json().replace('"', "'")).into_bytes(), "label.single_quotes"),
    (|a| bare(a, "\"", "'"), "label.single_quotes"),
    (|a| format!("{{AIGC:{}}}", unquoted(a)).into_bytes(), "label.unquoted"),
    (|a| unquoted(a).into_bytes(), "label.unquoted"),
    (|a| format!("a cat {} on a mat", a.to_json()).into_bytes(), "label.amid_text"),
    (|a| format!("{{\"aigc\":{}}}", a.to_json()).into_bytes(), "label.misspelt_key"),
    (|a| format!("{{\"ＡＩＧＣ\":{}}}", a.to_json()).into_bytes(), "label.misspelt_key"),
    (|a| format!("{{\"AIGC\u{200b}\":{}}}", a.to_json()).into_bytes(), "label.misspelt_key"),
    (|a| a.to_wrapped_json().replace('&', "&amp;").replace('"', "&quot;").into_bytes(), "label.html_escaped"),
    (|a| a.to_wrapped_json().replace('&', "&#38;").replace('"', "&#34;").into_bytes(), "label.html_escaped"),
    (
        |a| a.to_wrapped_json().replace('&', "&amp;").replace('"', "&quot;").replace('&', "&amp;").into_bytes(),
        "label.html_escaped",
    ),
    (|a| percent(&a.to_wrapped_json()), "label.percent_encoded"),
    (|a| percent(&a.to_json()), "label.percent_encoded"),
    (|a| base64::engine::general_purpose::STANDARD.encode(a.to_wrapped_json()).into_bytes(), "label.base64"),
    (|a| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(a.to_json()).into_bytes(), "label.base64"),
    (|a| format!("\u{feff}{}", a.to_json()).into_bytes(), "label.padded"),
    (|a| format!("\0{}", a.to_wrapped_json()).into_bytes(), "label.padded"),
    (|a| wide(&a.to_json(), '“', '”'), "label.wide_marks"),
    (|a| wide(&a.to_wrapped_json(), '＂', '＂'), "label.wide_marks"),
    (|a| a.to_json().encode_utf16().flat_map(u16::to_le_bytes).collect(), "label.utf16"),
    (|a| format!("\u{feff}AIGC={}", a.to_json()).encode_utf16().flat_map(u16::to_be_bytes).collect(), "label.utf16"),
    (|a| bare(a, "}", ",}"), "label.loose_json"),
    (|a| bare(a, "{", "{/* label */ "), "label.loose_json"),
    (|a| bare(a, "\":", "\"="), "label.loose_json"),
    (|a| a.to_wrapped_json().replace("\":", "\"\u{3000}:").into_bytes(), "label.loose_json"),
    (|a| bare(a, "\"", "\\\""), "label.json_in_string"),
    (|a| serde_json::Value::from(a.to_json()).to_string().into_bytes(), "label.json_in_string"),
];

fn unquoted(label: &Aigc) -> String {
    let mut text = label.to_json();
    for key in Key::ALL {
        text = text.replace(&format!("\"{key}\":"), &format!("{key}:"));
    }
    text
}

fn percent(text: &str) -> Vec<u8> {
    let encoded = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(encoded).collect::<String>().into_bytes()
}

/// The label as an editor for Chinese writes it.
fn wide(json: &str, open: char, close: char) -> Vec<u8> {
    let mut out = String::new();
    let mut inside = false;
    for c in json.chars() {
        out.push(match c {
            '"' => {
                inside = !inside;
                if inside { open } else { close }
            }
            ':' if !inside => '：',
            ',' if !inside => '，',
            c => c,
        });
    }
    out.into_bytes()
}

/// Characters of Annex E j), but those that a form itself uses.
fn field() -> impl Strategy<Value = String> {
    "[!#-&(-~]{1,40}".prop_map(|text| text.replace(['\\', '`'], "_"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_label_in_any_form_and_place_reads_as_itself_and_the_form_is_named(
        producer in "[a-z]{1,12}",
        id in field(),
        level in 0usize..3,
        propagator in "[a-z]{1,9}",
    ) {
        // What stands for itself in one form is a mark of another: braces end bare words, `":` and `&` are rewritten.
        let id = id.replace(['{', '}', '[', ']', '=', '<', ':'], "-");
        let level = [crate::label::Level::Is, crate::label::Level::Possible, crate::label::Level::Suspected][level];
        let label = Label::new(producer).with_level(level).with_produce_id(&id).with_propagator(&propagator, "p-1");
        let aigc = Aigc::from_label(&label, "x").unwrap();
        for (number, (form, code)) in FORMS.iter().enumerate() {
            let text = form(&aigc);
            for (format, raw) in places(&text) {
                let slot = raw.slot.to_string();
                let seen = found(format, &[raw]);
                let shown = String::from_utf8_lossy(&text);
                let label = seen.labels.first();
                prop_assert_eq!(seen.labels.len(), 1, "form {} in {}: {}", number, slot, shown);
                let parsed = label.and_then(|l| l.parsed.as_ref().ok());
                prop_assert_eq!(parsed.map(|p| &p.aigc), Some(&aigc), "form {} in {}: {}", number, slot, shown);
                prop_assert!(codes(&seen).contains(code), "form {} in {}: {:?} {}", number, slot, codes(&seen), shown);
            }
        }
    }

    #[test]
    fn text_without_an_object_is_no_label(text in "[^{｛%]{0,120}") {
        let text = format!("AIGC Label ContentProducer ProduceID: {text}");
        for (format, raw) in places(text.as_bytes()) {
            let seen = found(format, &[raw]);
            prop_assert!(seen.labels.is_empty() && seen.marks.is_empty(), "{}", text);
        }
    }
}

#[test]
fn the_normative_place_is_read_crookedly_too_and_does_not_count_as_sound() {
    for text in [format!("AIGC={BARE}"), BARE.replace('"', "'"), BARE.replace('}', ",}"), format!("see {BARE}")] {
        for (format, slot) in [(Format::Flac, Slot::item("vorbis", "AIGC")), (Format::Png, Slot::item("text", "AIGC"))]
        {
            let seen = found(format, &[value(slot, text.as_bytes())]);
            assert!(seen.labels[0].parsed.is_ok() && !seen.labels[0].normative, "{text}");
        }
        let packet = packet("AIGC", &text);
        let packet = String::from_utf8(packet).unwrap().replace("http://example.com/", TC260_NAMESPACE);
        let seen = found(Format::Png, &[value(Slot::Xmp, packet.as_bytes())]);
        assert!(seen.labels[0].parsed.is_ok() && !seen.labels[0].normative, "{text}");
    }
    let sound = found(Format::Flac, &[value(Slot::item("vorbis", "AIGC"), BARE.as_bytes())]);
    assert!(
        sound.labels[0].normative && sound.findings.iter().all(|f| f.code() == "label.name_for_code"),
        "{:?}",
        codes(&sound)
    );
    for text in ["", "AIGC", "{", "{'Label':'1'", "[1]", "{\"x\":1}"] {
        let seen = found(Format::Flac, &[value(Slot::item("vorbis", "AIGC"), text.as_bytes())]);
        assert!(seen.labels[0].parsed.is_err() && seen.labels[0].normative, "{text}");
    }
}

#[test]
fn texts_that_speak_of_labels_are_not_called_labels() {
    let prose = format!("write AIGC={BARE} here");
    for (format, slot, text, quoted) in [
        (Format::JavaScript, Slot::item("script", "text"), format!("{{AIGC:{BARE}}}"), None),
        (Format::Html, Slot::item("script", "text/javascript"), format!("x = {{AIGC:{BARE}}}"), None),
        (Format::Html, Slot::Comment, prose.clone(), Some(true)),
        (Format::Html, Slot::item("meta", "description"), prose.clone(), Some(true)),
        (Format::Html, Slot::item("meta", "AIGC"), format!("AIGC={BARE}"), Some(false)),
        (Format::Html, Slot::item("meta", "AIGC"), "generated".into(), None),
        (Format::Html, Slot::item("meta", "AIGC"), prose.clone(), Some(true)),
        (Format::Markdown, Slot::Comment, prose.clone(), Some(true)),
        (Format::Markdown, Slot::Comment, BARE.replace('"', "'"), Some(false)),
        (Format::Json, Slot::item("member", "AIGC"), format!("\"{}\"", prose.replace('"', "'")), Some(true)),
        (Format::Json, Slot::item("member", "AIGC"), "\"a word\"".into(), None),
        (Format::Vtt, Slot::Comment, prose.clone(), Some(true)),
        (Format::Png, Slot::item("text", "Comment"), prose, Some(false)),
    ] {
        let seen = found(format, &[value(slot.clone(), text.as_bytes())]);
        assert_eq!(seen.labels.first().map(|l| l.quoted), quoted, "{format:?} {slot} {text}");
        assert_eq!(codes(&seen).contains(&"label.quoted"), quoted == Some(true));
    }
}

/// Characters written as escapes are themselves, at whatever depth.
#[test]
fn escapes_within_strings_are_read_as_what_they_stand_for() {
    let inner = r#"{"AIGC":{"Label":"1","ContentProducer":"中国","ProduceID":"a/b"}}"#;
    let ascii = |text: &str| text.replace('中', "\\u4e2d").replace('国', "\\u56fd");
    let string = |text: &str| serde_json::to_string(text).unwrap();
    for text in [
        string(inner),
        ascii(&string(inner)),
        string(&ascii(inner)),
        format!("{{\"v\":{}}}", ascii(&string(inner))),
        ascii(&string(&inner.replace(':', ":\n\t"))),
        ascii(&string(inner)).replace('/', "\\/"),
    ] {
        let seen = found(Format::Png, &[value(Slot::item("text", "Comment"), text.as_bytes())]);
        let parsed = seen.labels[0].parsed.as_ref().unwrap();
        assert_eq!((parsed.aigc.content_producer.as_str(), parsed.aigc.produce_id.as_str()), ("中国", "a/b"), "{text}");
        assert!(codes(&seen).contains(&"label.json_in_string"), "{text}");
    }
}

#[test]
fn marks_of_vendors_count_in_every_place_but_not_in_texts_that_quote() {
    let block = r#"{"aigc_info":{"aigc_label_type":1}}"#;
    for (format, raw) in places(block.as_bytes()) {
        let slot = raw.slot.to_string();
        let seen = found(format, &[raw]);
        assert_eq!(seen.marks.iter().map(|m| m.claim).collect::<Vec<_>>(), [Claim::Ai], "{slot}");
    }
    for (format, slot, claims) in [
        (Format::Html, Slot::item("meta", "aigc_info"), &[Claim::SuspectedAi][..]),
        (Format::Html, Slot::Comment, &[Claim::SuspectedAi]),
        (Format::Markdown, Slot::Comment, &[Claim::SuspectedAi]),
        (Format::Html, Slot::item("script", ""), &[]),
        (Format::JavaScript, Slot::item("script", "text"), &[]),
    ] {
        let seen = found(format, &[value(slot.clone(), block.as_bytes())]);
        assert_eq!(seen.marks.iter().map(|m| m.claim).collect::<Vec<_>>(), claims, "{format:?} {slot}");
    }
    let service = r#"{"AIGC":{"ServiceProvider":"x"}}"#;
    for slot in [Slot::item("vorbis", "AIGC"), Slot::item("vorbis", "NOTE")] {
        let seen = found(Format::Flac, &[value(slot.clone(), service.as_bytes())]);
        assert_eq!(seen.marks.len(), 1, "{slot}");
        assert!(!codes(&seen).contains(&"label.other_schema"), "{slot}");
    }
}

#[test]
fn a_label_behind_a_megabyte_of_text_is_found() {
    let prompt = "a cat on a mat, ".repeat(1 << 16);
    for text in [format!("{prompt}{{\"AIGC\":{BARE}}}"), format!("{{\"prompt\":\"{prompt}\",\"AIGC\":{BARE}}}")] {
        for (format, raw) in places(text.as_bytes()) {
            let slot = raw.slot.to_string();
            let seen = found(format, &[raw]);
            assert!(seen.labels.first().is_some_and(|l| l.parsed.is_ok()), "{slot}");
        }
    }
}

#[test]
fn every_rule_of_crooked_labels_is_told_apart_in_both_languages() {
    let texts: std::collections::BTreeSet<_> =
        FORMS.iter().map(|(_, code)| finding::find(code).unwrap().message.zh).collect();
    let codes: std::collections::BTreeSet<_> = FORMS.iter().map(|(_, code)| code).collect();
    assert_eq!(texts.len(), codes.len());
}

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// A way to write an object crookedly, and its name; the number chooses a place.
type Bend = (&'static str, fn(&str, usize) -> String);

const BENT: &[Bend] = &[
    ("duplicate key", |s, _| s.replacen('{', "{\"ProduceID\":\"twice\",\"ProduceID\":\"twice\",", 1)),
    ("duplicate label", |s, _| s.replacen("\"Label\"", "\"Label\":\"2\",\"Label\"", 1)),
    ("trailing comma", |s, _| s.replace('}', ",}")),
    ("comment", |s, n| at(s, n, &['{', ','], "/* a: {b} */")),
    ("line comment", |s, n| at(s, n, &['{', ','], "// a\n")),
    ("NaN", |s, _| s.replacen("\"ReservedCode1\":\"\"", "\"ReservedCode1\":NaN", 1)),
    ("nested arrays", |s, _| s.replacen("\"ReservedCode2\":\"\"", "\"ReservedCode2\":[[[\"a\"],[]]]", 1)),
    ("array around", |s, _| format!("[[{s}]]")),
    ("white space", |s, _| s.replace(':', " \t: ").replace(',', " , ")),
    ("CRLF", |s, _| s.replace(',', ",\r\n").replace('{', "{\r\n")),
    ("number", |s, _| s.replace("\"Label\":\"1\"", "\"Label\":1")),
    ("null", |s, _| s.replace(":\"\"", ":null")),
    ("None", |s, _| s.replace(":\"\"", ":None")),
    ("space in a key", |s, _| s.replace("ProduceID\"", "ProduceID \"")),
    ("zero width in a key", |s, _| s.replace("ReservedCode1\"", "Reserved\u{200b}Code1\"")),
    ("zero width between", |s, n| at(s, n, &['{', ','], "\u{200b}")),
    ("full-width word", |s, _| s.replace("AIGC", "ＡＩＧＣ")),
    ("full-width key", |s, _| s.replace("\"PropagateID", "\"Ｐｒｏｐａｇａｔｅ")),
    ("space behind the word", |s, _| s.replace("AIGC\"", "AIGC \"")),
    ("lower-case word", |s, _| s.replace("AIGC", "aigc")),
    ("single quotes", |s, _| s.replace('"', "'")),
    ("curly quotes", |s, _| s.replace('"', "”")),
    ("half curly quotes", |s, _| s.replace("\":", "”:")),
    ("full-width colons", |s, _| s.replace("\":", "\"：")),
    ("full-width braces", |s, _| s.replace('{', "｛").replace('}', "｝")),
    ("no commas", |s, _| s.replace("\",", "\" ")),
    ("semicolons", |s, _| s.replace("\",", "\";")),
    ("equals signs", |s, _| s.replace("\":", "\"=")),
    ("bare keys", |s, _| s.replace("\"Label\"", "Label").replace("\"ContentProducer\"", "ContentProducer")),
    ("line in a string", |s, _| s.replace("\"ReservedCode2\":\"", "\"ReservedCode2\":\"a\nb")),
    ("cut", |s, n| s.chars().take(s.chars().count().saturating_sub(1 + n % 9)).collect()),
    ("words around", |s, _| format!("label: {s} (end)")),
    ("byte order mark", |s, _| format!("\u{feff}{s}")),
    ("references", |s, _| s.replace('&', "&amp;").replace('"', "&quot;")),
    ("escaped", |s, _| s.replace('\\', "\\\\").replace('"', "\\\"")),
    ("string", |s, _| serde_json::Value::from(s).to_string()),
];

/// Puts a text behind one of these marks.
fn at(text: &str, n: usize, marks: &[char], insert: &str) -> String {
    let places: Vec<usize> = text.match_indices(marks).map(|(at, mark)| at + mark.len()).collect();
    let Some(at) = places.get(n % places.len().max(1)) else { return text.to_owned() };
    format!("{}{insert}{}", text.get(..*at).unwrap(), text.get(*at..).unwrap())
}

/// Every value of the label vectors that can be read.
fn vector_labels() -> Vec<(String, String)> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/label/label_valid.json");
    let suite: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let text = |test: &serde_json::Value, name: &str| test[name].as_str().unwrap().to_owned();
    suite["tests"].as_array().unwrap().iter().map(|t| (text(t, "id"), text(t, "value"))).collect()
}

#[test]
fn no_crooked_writing_of_any_label_makes_it_none() {
    let mut dice = Dice(45438);
    let (mut read, mut malformed, mut lost) = (0u32, 0u32, Vec::new());
    for (id, plain) in vector_labels() {
        let wrapped =
            if plain.contains("AIGC") || plain.contains("aigc") { plain } else { format!("{{\"AIGC\":{plain}}}") };
        let text = |text: &str| found(Format::Png, &[value(Slot::item("text", "Comment"), text.as_bytes())]);
        // A level or key of its own is what makes it a label of the standard at all.
        let parsed = text(&wrapped).labels.first().and_then(|l| l.parsed.clone().ok());
        let Some(parsed) = parsed.filter(|p| p.level.is_some() && !p.aigc.content_producer.is_empty()) else {
            continue;
        };
        for (first, (name, bend)) in BENT.iter().enumerate() {
            for round in 0..6 {
                let mut bent = bend(&wrapped, dice.roll(16));
                let mut names = vec![*name];
                for _ in 0..round / 2 {
                    let (name, bend) = BENT[(first + 1 + dice.roll(BENT.len() - 1)) % BENT.len()];
                    bent = bend(&bent, dice.roll(16));
                    names.push(name);
                }
                let seen = text(&bent);
                match seen.labels.first().map(|l| &l.parsed) {
                    Some(Ok(label)) => {
                        read += 1;
                        let told = bent == wrapped || seen.findings.iter().any(|f| f.code() != "label.wrong_slot");
                        assert!(told || label.aigc == parsed.aigc, "{id} {names:?}: read without a word: {bent}");
                    }
                    Some(Err(_)) => {
                        malformed += 1;
                        assert!(codes(&seen).contains(&"label.malformed"), "{id} {names:?}: {bent}");
                    }
                    None => lost.push(format!("{id} {names:?}: {bent}")),
                }
            }
        }
    }
    assert!(
        lost.is_empty(),
        "{} of {} are lost:\n{}",
        lost.len(),
        read + malformed,
        lost.iter().take(40).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(read > 3000 && malformed > 100, "{read} read, {malformed} malformed");
}

#[test]
fn a_decoy_does_not_hide_the_label_behind_it() {
    let one = |level: &str| format!("AIGC{{\"Label\":\"{level}\",\"ContentProducer\":\"a\",\"ProduceID\":\"b\"}}");
    for decoy in ["3", "0"] {
        for between in ["", " ", " and ", "\n"] {
            for (format, value) in places(format!("{}{between}{}", one(decoy), one("1")).as_bytes()) {
                let out = found(format, &[value]);
                let levels: Vec<_> = out.labels.iter().map(|l| l.parsed.as_ref().unwrap().level).collect();
                assert_eq!(levels, [crate::Level::from_code(decoy), Some(crate::Level::Is)], "{format:?} {decoy}");
            }
        }
    }
    // A bounded number of them is read.
    for (format, value) in places(one("3").repeat(50).as_bytes()) {
        assert_eq!(found(format, &[value]).labels.len(), IN_TEXT, "{format:?}");
    }
}
