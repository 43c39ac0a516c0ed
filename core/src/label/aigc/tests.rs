#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use proptest::prelude::*;

use super::*;
use crate::message::Lang;

const CODE: &str = "001191110102MACQD9K64010000";

fn read(text: &str) -> Result<Parsed, Broken> {
    parse(text, &Limits::default())
}

fn lenient(text: &str) -> Vec<Leniency> {
    read(text).unwrap_or_else(|b| panic!("{b:?} for {text}")).leniencies
}

fn reason(text: &str) -> BrokenReason {
    read(text).unwrap_err().reason
}

fn good() -> Aigc {
    Aigc::from_label(&Label::new(CODE), "id-1").unwrap()
}

#[test]
fn first_writing_names_the_producer_as_propagator() {
    assert_eq!(
        good().to_json(),
        format!(
            r#"{{"Label":"1","ContentProducer":"{CODE}","ProduceID":"id-1","ReservedCode1":"","ContentPropagator":"{CODE}","PropagateID":"id-1","ReservedCode2":""}}"#
        )
    );
    let parsed = read(&good().to_json()).unwrap();
    assert!(parsed.is_strict() && parsed.leniencies.is_empty(), "{:?}", parsed.leniencies);
    assert_eq!(parsed.level, Some(Level::Is));
    let own = Label::new("acme").with_produce_id("own");
    assert_eq!(Aigc::from_label(&own, "ignored").unwrap().produce_id, "own");
}

#[test]
fn propagation_keeps_what_the_producer_stated() {
    let first = good();
    let next = first.propagated("site", "s-9", "").unwrap();
    assert!(first.same_production(&next) && !first.same_propagation(&next));
    assert_eq!((next.content_propagator.as_str(), next.propagate_id.as_str()), ("site", "s-9"));
    assert!(first.propagated("", "s-9", "").is_err());
    assert!(first.propagated("站点", "s-9", "").is_err());
}

#[test]
fn a_platform_need_not_know_the_producer() {
    let found = Label::new("").with_level(Level::Suspected).with_propagator("site", "s-1");
    let aigc = Aigc::from_label(&found, "").unwrap();
    assert_eq!((aigc.label.as_str(), aigc.content_producer.as_str()), ("3", ""));
    let sure = found.with_level(Level::Is);
    assert_eq!(Aigc::from_label(&sure, "").unwrap_err().code(), "label.field_empty");
}

#[test]
fn the_strict_writer_names_field_character_and_position() {
    let cases = [
        (Label::new("a b"), "label.field_charset", "ContentProducer"),
        (Label::new("字节跳动"), "label.field_charset_name", "ContentProducer"),
        (Label::new("a\"b"), "label.field_charset", "ContentProducer"),
        (Label::new("acme").with_produce_id("a\\b"), "label.field_charset", "ProduceID"),
        (Label::new("acme").with_produce_id("a\u{7f}"), "label.field_charset", "ProduceID"),
        (Label::new("acme").with_produce_id("文件"), "label.field_charset", "ProduceID"),
        (Label::new("acme").with_reserved_code1("a b"), "label.field_charset", "ReservedCode1"),
        (Label::new("acme").with_reserved_code1("a\"b"), "label.field_charset", "ReservedCode1"),
        (Label::new("acme").with_reserved_code1("{\"a\": 1}"), "label.field_charset", "ReservedCode1"),
        (Label::new("acme").with_produce_id("x".repeat(4097)), "label.field_length", "ProduceID"),
        (Label::new("001191110102MACQD9K65010000"), "provider.check_digit", "ContentProducer"),
        (Label::new("00119111O102MACQD9K64010000"), "provider.lookalike", "ContentProducer"),
        (Label::new("001191110102MACQD9K6401000"), "provider.length", "ContentProducer"),
        (Label::new("91110102MACQD9K640"), "label.credit_code", "ContentProducer"),
        (Label::new(""), "label.field_empty", "ContentProducer"),
        (Label::new("acme").with_propagator("", "x"), "label.field_empty", "ContentPropagator"),
    ];
    for (label, code, field) in cases {
        let error = Aigc::from_label(&label, "id").unwrap_err();
        assert_eq!(error.code(), code, "{label:?}");
        for lang in [Lang::En, Lang::Zh] {
            let text = error.text(lang);
            assert!(text.contains(field) && !text.contains("{field}"), "{text}");
        }
    }
    let error = Aigc::from_label(&Label::new("ab字"), "id").unwrap_err();
    assert!(error.to_string().contains("character 3"), "{error}");
    assert!(error.hint(Lang::En).contains("provider code"));
    assert!(Aigc::from_label(&Label::new("x".repeat(4096)), "id").is_ok());
    let json = Label::new("acme").with_reserved_code1(r#"{"SecurityData":{"Type":"TC260PG"}}"#);
    let aigc = Aigc::from_label(&json, "id").unwrap();
    assert_eq!(
        lenient(&aigc.to_json()),
        [
            Leniency::NameForCode { key: Key::ContentProducer },
            Leniency::QuotesInReserved { key: Key::ReservedCode1 },
            Leniency::NameForCode { key: Key::ContentPropagator },
        ]
    );
}

#[test]
fn further_keys_are_kept_and_must_be_sound() {
    let text = r#"{"Label":"1","Extra":{ "a" : [1, "x y"] }}"#;
    let parsed = read(text).unwrap();
    assert_eq!(parsed.aigc.unknown, [Unknown { key: "Extra".into(), json: r#"{"a":[1,"x y"]}"#.into() }]);
    assert!(parsed.leniencies.contains(&Leniency::UnknownKey { key: "Extra".into() }));
    for (key, json) in [("Label", "1"), ("AIGC", "{}"), ("a", "{"), ("a", "1 "), ("a", "")] {
        let mut aigc = good();
        aigc.unknown.push(Unknown { key: key.into(), json: json.into() });
        let error = aigc.check(&Limits::default()).unwrap_err();
        assert_eq!(error.code(), "label.field_unknown", "{key} {json}");
    }
}

#[test]
fn wrapping_is_undone_twice_and_reported() {
    let bare = good().to_json();
    let once = good().to_wrapped_json();
    assert_eq!(lenient(&once), [Leniency::WrappedOnce]);
    assert!(read(&once).unwrap().is_strict());
    assert_eq!(lenient(&format!("{{\"AIGC\":{once}}}")), [Leniency::WrappedTwice]);
    assert_eq!(reason(&format!("{{\"AIGC\":{{\"AIGC\":{once}}}}}")), BrokenReason::WrappedTooOften);
    let quoted = serde_json::to_string(&bare).unwrap();
    assert_eq!(lenient(&quoted), [Leniency::JsonInString]);
    let inside = format!("{{\"AIGC\":{}}}", serde_json::to_string(&once).unwrap());
    assert_eq!(lenient(&inside), [Leniency::WrappedTwice, Leniency::JsonInString]);
    let case = format!("{{\"aigc\":{bare},\"x\":1}}");
    assert_eq!(
        lenient(&case),
        [
            Leniency::WrappedOnce,
            Leniency::WrapperCase { found: "aigc".into() },
            Leniency::BesideWrapper { key: "x".into() }
        ]
    );
    for text in [&once, &inside, &quoted, &case] {
        let parsed = read(text).unwrap();
        assert_eq!((parsed.aigc, &parsed.raw), (good(), text));
    }
    assert_eq!(reason(&format!("{{\"AIGC\":{bare},\"Label\":\"2\"}}")), BrokenReason::TwoLabels);
    assert_eq!(reason(&format!("{{\"aigc\":{bare},\"Aigc\":{bare}}}")), BrokenReason::TwoLabels);
}

#[test]
fn padding_white_space_and_order_are_reported() {
    let bare = good().to_json();
    for padded in [format!("\u{feff}{bare}"), format!("{bare}\0"), format!(" {bare}\r\n")] {
        assert_eq!(lenient(&padded), [Leniency::Padding]);
    }
    assert_eq!(lenient(&bare.replace(",\"", ",\n\"")), [Leniency::WhitespaceInJson]);
    let swapped = format!(
        r#"{{"ContentProducer":"{CODE}","Label":"1","ProduceID":"i","ReservedCode1":"","ContentPropagator":"{CODE}","PropagateID":"i","ReservedCode2":""}}"#
    );
    assert_eq!(lenient(&swapped), [Leniency::KeyOrder]);
}

#[test]
fn wrong_kinds_of_values_are_read_and_reported() {
    let text = r#"{"Label":1,"ContentProducer":true,"ProduceID":null,"ReservedCode1":{"a": 1},"ContentPropagator":[1, 2],"PropagateID":-1.50e3,"ReservedCode2":""}"#;
    let parsed = read(text).unwrap();
    let a = &parsed.aigc;
    assert_eq!(parsed.level, Some(Level::Is));
    assert_eq!(
        [&a.content_producer, &a.produce_id, &a.reserved_code1, &a.content_propagator, &a.propagate_id],
        ["true", "", r#"{"a":1}"#, "[1,2]", "-1.50e3"]
    );
    for (key, found) in [
        (Key::Label, JsonKind::Number),
        (Key::ContentProducer, JsonKind::Bool),
        (Key::ProduceId, JsonKind::Null),
        (Key::ReservedCode1, JsonKind::Object),
        (Key::ContentPropagator, JsonKind::Array),
        (Key::PropagateId, JsonKind::Number),
    ] {
        assert!(parsed.leniencies.contains(&Leniency::NotAString { key, found }), "{key}");
    }
}

#[test]
fn a_misspelt_key_is_reported_and_not_used() {
    for (found, likely) in [
        ("ReserveCode1", Key::ReservedCode1),
        ("ReservedCode2: ", Key::ReservedCode2),
        ("Propagator", Key::ContentPropagator),
        ("PropatorID", Key::PropagateId),
        ("produceId", Key::ProduceId),
        ("content_producer", Key::ContentProducer),
        ("label", Key::Label),
    ] {
        let text = format!("{{\"{found}\":\"v\"}}");
        let parsed = read(&text).unwrap();
        assert!(Key::ALL.iter().all(|k| parsed.aigc.get(*k).is_empty()), "{found}");
        assert!(
            parsed.leniencies.contains(&Leniency::MisspeltKey { found: found.into(), likely }),
            "{found}: {:?}",
            parsed.leniencies
        );
        assert_eq!(parsed.level, None);
    }
    let mixed = read(r#"{"Label":"1","Timestamp":"x"}"#).unwrap();
    assert!(mixed.leniencies.contains(&Leniency::UnknownKey { key: "Timestamp".into() }));
}

#[test]
fn values_are_judged() {
    let l = lenient(
        r#"{"Label":"AIGC","ContentProducer":"MiniMax","ProduceID":"00000000-0000","ReservedCode1":"a b","ContentPropagator":"001191110102MACQD9K65010000","PropagateID":"","ReservedCode2":""}"#,
    );
    assert!(l.contains(&Leniency::LabelOutsideEnum { value: "AIGC".into() }), "{l:?}");
    assert!(l.contains(&Leniency::NameForCode { key: Key::ContentProducer }));
    assert!(l.contains(&Leniency::AllZeroId { key: Key::ProduceId }));
    assert!(l.contains(&Leniency::CharsetViolation { key: Key::ReservedCode1, found: ' ', position: 2 }));
    assert!(l.contains(&Leniency::EmptyField { key: Key::PropagateId }));
    assert!(l.iter().any(|l| matches!(
        l,
        Leniency::BadProviderCode { key: Key::ContentPropagator, why: provider::CodeError::CheckDigit { .. } }
    )));
    let few = lenient(r#"{"AIGC":{"Label":"1","ContentProducer":"NETA"}}"#);
    assert!(few.contains(&Leniency::MissingKey { key: Key::ProduceId }));
}

#[test]
fn broken_values_say_why_and_where() {
    use BrokenReason as R;
    let cases: Vec<(&[u8], R, usize)> = vec![
        (b"", R::Empty, 0),
        (b" \0", R::Empty, 0),
        (b"AIGC", R::NotJson, 0),
        (b"7", R::NotObject, 0),
        (b"  [1]", R::NotObject, 2),
        (b"{\"Label\":\"1\"", R::NotJson, 12),
        (b"{\"Label\":\"1\",}", R::NotJson, 13),
        (b"{\"Label\":\"1\"}x", R::NotJson, 13),
        (b"{\"Label\":\"\xff\"}", R::NotUtf8, 10),
        (b"{\"x\":1}", R::NoLabelKeys { found: vec!["x".into()] }, 0),
        (b"{\"Label\":\"\\ud800\"}", R::NotJson, 16),
    ];
    for (text, reason, offset) in cases {
        let broken = parse(text, &Limits::default()).unwrap_err();
        assert_eq!(broken.reason, reason, "{}", String::from_utf8_lossy(text));
        assert!(broken.offset.abs_diff(offset) <= 1, "{broken:?} {}", String::from_utf8_lossy(text));
    }
    for text in [
        r#"{"Label":"1","Label":"2"}"#,
        r#"{"Label":"1","\u004cabel":"1"}"#,
        r#"{"AIGC":{"Label":"1"},"AIGC":{"Label":"1"}}"#,
        r#"{"AIGC":{"Label":"1","Label":"1"}}"#,
        r#"{"Label":"1","ReservedCode1":{"a":1,"a":2}}"#,
        r#"{"Label":"1","x":[{"a":1,"a":2}]}"#,
    ] {
        assert!(matches!(reason(text), R::DuplicateKey { .. }), "{text}");
    }
    for broken in [read("").unwrap_err(), read("{}").unwrap_err(), read(r#"{"Label":"1","Label":"2"}"#).unwrap_err()] {
        assert!(!Error::from(broken).text(Lang::Zh).contains('{'));
    }
}

#[test]
fn limits_hold_at_n_and_n_plus_one() {
    let limits = Limits { label_bytes: 40, json_depth: 3, ..Limits::default() };
    let fits = format!("{{\"Label\":\"{}\"}}", "1".repeat(40 - 12));
    assert_eq!(fits.len(), 40);
    assert!(parse(&fits, &limits).is_ok());
    let long = format!("{fits} ");
    assert!(matches!(parse(&long, &limits).unwrap_err().reason, BrokenReason::TooLong { found: 41, max: 40 }));
    assert!(parse(r#"{"Label":[[1]]}"#, &limits).is_ok());
    let deep = parse(r#"{"Label":[[[1]]]}"#, &limits).unwrap_err();
    assert_eq!((deep.reason, deep.offset), (BrokenReason::TooDeep { max: 3 }, 11));
    // Brackets in a string are no nesting, also behind escaped quotes and escapes.
    for text in [r#"{"Label":"\"[[[[["}"#, r#"{"Label":"\\","x":"\\\"[[[["}"#, r#"{"Label":"[[[[","x":"a\"]"}"#] {
        assert!(parse(text, &limits).is_ok(), "{text}");
    }
    let bomb = "[".repeat(60_000);
    assert!(matches!(reason(&bomb), BrokenReason::TooDeep { .. }));
    let strings = "\"\\\"\\\\\\\"".repeat(100);
    assert!(read(&strings).is_err());
}

#[test]
fn numbers_of_zeros_alone_identify_nothing() {
    for (id, zero) in [("0", true), ("00000000-0000-0000-0000-000000000000", true), ("0-1", false), ("10", false)] {
        let found = lenient(&format!(r#"{{"Label":"1","ContentProducer":"NETA","ProduceID":"{id}"}}"#));
        assert_eq!(found.contains(&Leniency::AllZeroId { key: Key::ProduceId }), zero, "{id}");
    }
}

#[test]
fn files_of_real_products_read_as_they_should() {
    let doubao = r#"{"Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"e357","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}"#;
    assert_eq!(
        lenient(doubao),
        [Leniency::EmptyField { key: Key::ContentPropagator }, Leniency::EmptyField { key: Key::PropagateId }]
    );
    let service = r#"{"AIGC":{"ServiceProvider":"腾讯云","ServiceUser":"u","Time":"t","ContentId":"c"}}"#;
    assert!(matches!(reason(service), BrokenReason::NoLabelKeys { found } if found.len() == 4));
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "[ -~]{0,30}", "\\PC{0,20}", Just(CODE.to_owned())]
}

prop_compose! {
    fn any_aigc()(f in prop::array::uniform7(field()), keys in prop::collection::btree_set("[A-Za-z\"\\\\ é]{1,12}", 0..4), n in any::<i32>(), s in any::<String>()) -> Aigc {
        let mut aigc = Aigc::default();
        for (key, value) in Key::ALL.into_iter().zip(f) {
            aigc.set(key, value);
        }
        for (i, key) in keys.into_iter().enumerate() {
            if Key::from_name(&key).is_some() || key == "AIGC" { continue; }
            let json = match i {
                0 => n.to_string(),
                1 => serde_json::to_string(&s).unwrap(),
                2 => format!("{{\"k\":[{n},null,{}]}}", serde_json::to_string(&s).unwrap()),
                _ => "[]".into(),
            };
            aigc.unknown.push(Unknown { key, json });
        }
        aigc
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(aigc in any_aigc()) {
        let parsed = read(&aigc.to_json()).unwrap();
        prop_assert_eq!(&parsed.aigc, &aigc);
        prop_assert_eq!(read(&aigc.to_wrapped_json()).unwrap().aigc, aigc);
    }

    #[test]
    fn what_passes_the_strict_check_reads_without_a_charset_violation(aigc in any_aigc()) {
        if aigc.check(&Limits::default()).is_ok() {
            let parsed = read(&aigc.to_json()).unwrap();
            let violated = parsed.leniencies.iter().any(|l| matches!(l, Leniency::CharsetViolation { .. } | Leniency::LabelOutsideEnum { .. } | Leniency::BadProviderCode { .. }));
            prop_assert!(!violated, "{:?}", parsed.leniencies);
        }
    }

    #[test]
    fn legal_labels_are_written(name in "[a-zA-Z][!#-\\[\\]-~]{0,20}", id in "[!#-\\[\\]-~]{1,64}") {
        prop_assume!(!provider::looks_like_code(&name) && !provider::is_credit_code(&name));
        let aigc = Aigc::from_label(&Label::new(name), &id).unwrap();
        prop_assert_eq!(read(&aigc.to_json()).unwrap().aigc, aigc);
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes, &Limits::default());
    }

    #[test]
    fn json_like_text_is_read_without_panic(text in "[\\[\\]{}\":,\\\\ntfu0-9AIGCLabel .e-]{0,120}") {
        if let Err(broken) = read(&text) {
            prop_assert!(broken.offset <= text.len());
            let _ = Error::from(broken).to_string();
        }
    }

    #[test]
    fn a_damaged_label_never_panics(at in 0..200_usize, byte in any::<u8>()) {
        let mut bytes = good().to_wrapped_json().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        if let Err(broken) = parse(&bytes, &Limits::default()) {
            prop_assert!(broken.offset <= bytes.len());
        }
    }
}

#[test]
fn a_platform_changes_its_three_fields_and_no_others() {
    let one = Aigc::from_label(&Label::new("producer").with_produce_id("p"), "").unwrap();
    let two = one.propagated("platform", "s-1", "check").unwrap();
    assert_eq!((two.content_propagator.as_str(), two.propagate_id.as_str()), ("platform", "s-1"));
    assert_eq!(two.reserved_code2, "check");
    assert!(one.same_production(&two) && !one.same_propagation(&two));
    assert!(one.same_propagation(&one.clone()));
    for key in Key::ALL {
        let mut other = one.clone();
        other.set(key, "other");
        let spread = matches!(key, Key::ContentPropagator | Key::PropagateId | Key::ReservedCode2);
        assert_eq!(one.same_propagation(&other), !spread, "{key}");
        assert_eq!(one.same_production(&other), spread, "{key}");
    }
    assert!(one.propagated("", "s", "").is_err() && one.propagated("p", "", "").is_err());
}

#[test]
fn further_keys_stand_once_and_are_json() {
    let one = Aigc::from_label(&Label::new("producer").with_produce_id("p"), "").unwrap();
    let with = |keys: &[(&str, &str)]| {
        let unknown = keys.iter().map(|(key, json)| Unknown { key: (*key).into(), json: (*json).into() }).collect();
        Aigc { unknown, ..one.clone() }.check(&Limits::default()).is_ok()
    };
    assert!(with(&[("a", "1"), ("b", "{}")]));
    assert!(!with(&[("a", "1"), ("a", "1")]));
    assert!(!with(&[("Label", "1")]) && !with(&[("AIGC", "1")]) && !with(&[("a", "{")]));
}

#[test]
fn bounds_hold_at_n_and_are_passed_at_n_plus_one() {
    let text = one_text();
    let of = |bytes: usize| parse(&text, &Limits { label_bytes: bytes, ..Limits::default() });
    assert!(of(text.len()).is_ok() && of(text.len() + 1).is_ok());
    assert!(of(text.len() - 1).is_err());
    let long = |bytes: usize| {
        let limits = Limits { field_bytes: bytes, ..Limits::default() };
        let parsed = parse(&text, &limits).unwrap();
        parsed.leniencies.iter().filter(|l| matches!(l, Leniency::LongField { .. })).count()
    };
    // The longest field is the producer's code, 27 bytes; it stands there twice.
    assert_eq!((long(26), long(27), long(28)), (2, 0, 0));
}

fn one_text() -> String {
    Aigc::from_label(&Label::new(CODE).with_produce_id("p-1"), "").unwrap().to_json()
}

#[test]
fn strict_is_what_the_writer_writes() {
    assert!(read(&one_text()).unwrap().is_strict());
    assert!(!read(&one_text().replace("\"1\"", "1")).unwrap().is_strict());
}

#[test]
fn what_is_broken_says_why() {
    let broken = read("{\"Label\":").unwrap_err();
    assert!(broken.to_string().len() > 10, "{broken}");
}

#[test]
fn two_strings_around_an_object_are_read_and_three_are_not() {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let two = quoted(&quoted(&one_text()));
    assert_eq!(read(&two).unwrap().aigc, read(&one_text()).unwrap().aigc);
    assert_eq!(reason(&quoted(&two)), BrokenReason::WrappedTooOften);
}

#[test]
fn the_strict_writer_spares_and_asks_no_more_than_it_says() {
    // A platform that marks first may leave out the producer, not itself.
    let nameless = Label::new("").with_level(Level::Possible);
    for (name, id) in [("", "s-1"), ("site", "")] {
        let error = Aigc::from_label(&nameless.clone().with_propagator(name, id), "").unwrap_err();
        assert_eq!(error.code(), "label.field_empty", "{name} {id}");
    }
    // The two further characters are for objects of JSON in protection data.
    for text in [r#"{"a""#, r#""a""#, r#"["a"]"#, r#"{"a":1}"}"#, r"{\}"] {
        let error = Aigc::from_label(&Label::new("acme").with_reserved_code1(text), "id").unwrap_err();
        assert_eq!(error.code(), "label.field_charset", "{text}");
    }
    for text in [r#""a""#, r#"{"a":1}"#] {
        let error = Aigc::from_label(&Label::new("acme").with_produce_id(text), "id").unwrap_err();
        assert_eq!(error.code(), "label.field_charset", "{text}");
    }
    // What would be a wrong code of a provider is a number like any other.
    for id in ["91110102MACQD9K640", "001191110102MACQD9K65010000"] {
        assert!(Aigc::from_label(&Label::new("acme").with_produce_id(id), "").is_ok(), "{id}");
    }
}

#[test]
fn names_of_keys_are_guessed_by_two_letters_at_most() {
    let guess = |name: &str| {
        let object = serde_json::json!({ "ReservedCode2": "", name: "" }).to_string();
        let found = lenient(&object).into_iter().find_map(|l| match l {
            Leniency::MisspeltKey { likely, .. } => Some(Ok(likely)),
            Leniency::UnknownKey { key } => Some(Err(key)),
            _ => None,
        });
        found.unwrap().ok()
    };
    for (name, likely) in [
        ("producer", Some(Key::ContentProducer)),
        ("contentProduce", Some(Key::ContentProducer)),
        ("Propagator", Some(Key::ContentPropagator)),
        ("content_propagate", Some(Key::ContentPropagator)),
        ("ProducerID", Some(Key::ProduceId)),
        ("productId", Some(Key::ProduceId)),
        ("propagatorID", Some(Key::PropagateId)),
        ("PropatorID", Some(Key::PropagateId)),
        ("propagationID", Some(Key::PropagateId)),
        ("Lable1", None),
        ("Lable", None),
        ("Labels", Some(Key::Label)),
        ("Labeled", None),
        ("abel", Some(Key::Label)),
        ("ReservCode1", Some(Key::ReservedCode1)),
        ("ResrvCode1", None),
        ("ProduceIDxy", Some(Key::ProduceId)),
        ("ProduceIDxyz", None),
        ("ＬＡＢＥＬ", Some(Key::Label)),
        ("Model", None),
    ] {
        assert_eq!(guess(name), likely, "{name}");
    }
    // Longer names are not compared, whatever they are.
    for (length, likely) in [(63, Some(Key::Label)), (64, Some(Key::Label)), (65, None), (66, None)] {
        assert_eq!(guess(&format!("{:length$}", "label")), likely, "{length}");
    }
}

#[test]
fn protection_data_and_level_are_no_numbers() {
    let found = lenient(r#"{"Label":"0","ContentProducer":"0","ProduceID":"-","ReservedCode1":"0","PropagateID":"x"}"#);
    let zeros: Vec<_> = found.into_iter().filter(|l| matches!(l, Leniency::AllZeroId { .. })).collect();
    assert_eq!(zeros, [Key::ContentProducer, Key::ProduceId].map(|key| Leniency::AllZeroId { key }));
}

#[test]
fn a_crooked_object_is_read_to_its_end_and_its_length_is_that_of_the_text() {
    let limits = Limits { label_bytes: 60, ..Limits::default() };
    // As JSON it is longer than the limit, as it stands it is not.
    let text = format!("{{'Label':'1','Note':'{}'}}", "\"".repeat(36));
    let (parsed, len) = parse_loose(&format!("{text} and more"), &limits).unwrap();
    assert_eq!((len, parsed.raw.as_str(), parsed.level), (text.len(), text.as_str(), Some(Level::Is)));
    assert!(text.len() <= limits.label_bytes && parsed.aigc.unknown[0].json.len() > limits.label_bytes);
    assert!(parsed.leniencies.contains(&Leniency::Crooked(Crooked::SingleQuotes)));
    let deep = |depth: usize| {
        let limits = Limits { json_depth: 3, ..Limits::default() };
        parse_loose(&format!("{{Label:{}1{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1)), &limits)
    };
    assert!(deep(3).is_ok());
    assert_eq!(deep(4).unwrap_err(), Broken { reason: BrokenReason::TooDeep { max: 3 }, offset: 0 });
    assert_eq!(deep(6).unwrap_err(), Broken { reason: BrokenReason::NotJson, offset: 0 });
}
