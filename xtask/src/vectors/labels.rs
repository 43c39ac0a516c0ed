//! Values of the AIGC field, and provider codes.

use serde_json::{Value, json};

use super::bytes::{code, object, other_code, plain, with_id, wrapped};
use super::run;
use super::suite::{Files, Suite};

pub fn build(out: &mut Files) {
    valid(out);
    invalid(out);
    codes(out);
}

fn add(suite: &mut Suite, broken: bool, id: &str, flags: &[&str], comment: &str, value: &str) {
    let expected = run::label(value.as_bytes());
    assert_eq!(expected.get("broken").is_some(), broken, "{id}: {expected}");
    suite.add(id, flags, comment, json!({ "value": value, "expected": expected }));
}

fn valid(out: &mut Files) {
    let mut suite = Suite::new("label/valid", "label");
    let (own, other) = (code('1', "0001"), other_code('2', "0001"));
    let mut ok =
        |id: &str, flags: &[&str], comment: &str, value: &str| add(&mut suite, false, id, flags, comment, value);
    let seven = |values: [&str; 7]| object(values);

    ok("strict", &["Normative"], "what our writer writes", &plain());
    ok("strict-wrapped", &["Wrapping"], "right where the carrier has no key of its own", &wrapped(&plain()));
    ok("level-2", &["Level"], "possible", &seven(["2", &own, "a", "", &own, "a", ""]));
    ok("level-3", &["Level"], "suspected", &seven(["3", &own, "a", "", &own, "a", ""]));
    ok("propagated", &["Normative"], "another propagator", &seven(["1", &own, "a", "", &other, "b", ""]));
    ok("platform", &["Level"], "a platform that found no label", &seven(["3", "", "", "", &other, "b", ""]));
    ok(
        "reserved-hex",
        &["Normative"],
        "protection data in hex as in F.4",
        &seven(["1", &own, "a", "00112233445566778899aabbccddeeff00112233", &own, "a", ""]),
    );
    ok(
        "reserved-json",
        &["Value"],
        "protection data is JSON with quotes",
        &seven(["1", &own, "a", "{\"v\":1}", &own, "a", ""]),
    );
    ok("empty-propagator", &["Wild"], "both propagator fields empty", &seven(["1", &own, "a", "", "", "", ""]));
    ok(
        "slash-id",
        &["Wild"],
        "a slash in the number",
        &seven(["1", &own, "bucket-i-0a1b/77", "", &other, "bucket-i-0a1b/77", ""]),
    );
    ok("hash-id", &["Wild"], "a number with # and /", &seven(["1", &own, "3612#178/a", "", &own, "3612#178/a", ""]));
    ok("name", &["Wild"], "a name where a code can be checked", &seven(["1", "example", "a", "", "example", "a", ""]));
    ok(
        "chinese-name",
        &["Value"],
        "Annex E j) leaves multi-byte characters out",
        &seven(["1", "示例公司", "a", "", "示例公司", "a", ""]),
    );
    ok(
        "chinese-id",
        &["Value"],
        "a path with Chinese in a number",
        &seven(["1", &own, "1/所有对话/A.md", "", &own, "1", ""]),
    );
    ok("space-in-id", &["Value"], "a space", &seven(["1", &own, "a b", "", &own, "a b", ""]));
    ok("control-in-id", &["Value"], "an escaped control character", &seven(["1", &own, "a\u{1}b", "", &own, "a", ""]));
    ok(
        "quote-in-id",
        &["Value"],
        "a quotation mark outside of protection data",
        &seven(["1", &own, "a\"b", "", &own, "a", ""]),
    );
    ok("escaped-characters", &["Form"], "\\u escapes mean the same", &plain().replace("vector", "\\u0076ector"));
    ok("surrogate-pair", &["Value"], "an escape pair is one character", &plain().replace("vector", "\\ud83d\\ude00"));
    ok(
        "bad-check-digit",
        &["ProviderCode"],
        "one digit of the code is off",
        &seven(["1", &own.replace("T1A", "T2A"), "a", "", &own, "a", ""]),
    );
    ok(
        "zero-code",
        &["Wild"],
        "a dummy code of 29 zeros",
        &seven(["1", &"0".repeat(29), "a", "", &"0".repeat(29), "a", ""]),
    );
    ok(
        "zero-id",
        &["Wild"],
        "32 zeros identify nothing",
        &seven(["1", &own, &"0".repeat(32), "", &own, &"0".repeat(32), ""]),
    );
    ok(
        "zero-uuid",
        &["Value"],
        "the nil UUID",
        &seven(["1", &own, "00000000-0000-0000-0000-000000000000", "", &own, "a", ""]),
    );
    ok("label-word", &["Wild"], "Label is a word", &seven(["AIGC", &own, "a", "", &own, "a", ""]));
    ok("label-zero", &["Value"], "Label 0 is no level", &seven(["0", &own, "a", "", &own, "a", ""]));
    ok("label-four", &["Value"], "Label 4 is no level", &seven(["4", &own, "a", "", &own, "a", ""]));
    ok(
        "label-padded",
        &["Value"],
        "a space behind the digit is another value",
        &seven(["1 ", &own, "a", "", &own, "a", ""]),
    );
    ok("label-empty", &["Value"], "Label is empty", &seven(["", &own, "a", "", &own, "a", ""]));
    ok("label-number", &["Wild"], "a number where a string is due", &plain().replace("\"Label\":\"1\"", "\"Label\":1"));
    ok("label-number-fraction", &["Form"], "1.0 is not 1", &plain().replace("\"Label\":\"1\"", "\"Label\":1.0"));
    ok("label-bool", &["Form"], "true is no level", &plain().replace("\"Label\":\"1\"", "\"Label\":true"));
    ok("label-null", &["Form"], "null is empty", &plain().replace("\"Label\":\"1\"", "\"Label\":null"));
    ok(
        "object-code",
        &["Wild"],
        "an object where a string is due",
        &format!(
            "{{\"Label\":\"1\",\"ContentProducer\":{{\"code\":\"{own}\"}},\"ProduceID\":\"a\",\"ReservedCode1\":\"\",\"ContentPropagator\":\"\",\"PropagateID\":\"\",\"ReservedCode2\":\"\"}}"
        ),
    );
    ok(
        "array-id",
        &["Form"],
        "an array where a string is due",
        &plain().replace("\"ProduceID\":\"vector-0001\"", "\"ProduceID\":[\"a\",\"b\"]"),
    );
    ok(
        "order",
        &["Wild"],
        "alphabetical keys",
        &format!(
            "{{\"ContentProducer\":\"{own}\",\"ContentPropagator\":\"{own}\",\"Label\":\"1\",\"ProduceID\":\"a\",\"PropagateID\":\"a\",\"ReservedCode1\":\"\",\"ReservedCode2\":\"\"}}"
        ),
    );
    ok(
        "two-keys",
        &["Wild"],
        "Label and producer alone, wrapped",
        "{\"AIGC\":{\"Label\":\"1\",\"ContentProducer\":\"example\"}}",
    );
    ok("label-alone", &["Form"], "only Label", "{\"Label\":\"1\"}");
    ok("no-label", &["Form"], "Label is missing", &plain().replace("\"Label\":\"1\",", ""));
    ok(
        "typos",
        &["Wild"],
        "keys misspelt as seen; their values are not used",
        &format!(
            "{{\"Label\":\"1\",\"ContentProducer\":\"{own}\",\"ProduceID\":\"a\",\"ReserveCode1\":\"x\",\"Propagator\":\"{own}\",\"PropatorID\":\"a\",\"ReservedCode2: \":\"\"}}"
        ),
    );
    ok(
        "lower-case-keys",
        &["Form"],
        "keys in lower case",
        &format!("{{\"label\":\"1\",\"contentproducer\":\"{own}\"}}"),
    );
    ok(
        "extra-key",
        &["Wild"],
        "a further key is kept and not interpreted",
        &plain().replace("\"ReservedCode2\"", "\"Timestamp\":1758000000,\"ReservedCode2\""),
    );
    ok("beside-wrapper", &["Form"], "a key beside AIGC", &format!("{{\"v\":1,\"AIGC\":{}}}", plain()));
    ok("wrapper-case", &["Form"], "aigc in lower case", &format!("{{\"aigc\":{}}}", plain()));
    ok("wrapped-twice", &["Wrapping"], "two wrappers", &wrapped(&wrapped(&plain())));
    ok("json-in-string", &["Wrapping"], "the object as a JSON string", &Value::from(plain()).to_string());
    ok(
        "wrapped-json-in-string",
        &["Wrapping"],
        "the wrapper holds a JSON string",
        &format!("{{\"AIGC\":{}}}", Value::from(plain())),
    );
    ok("line-feeds", &["Wild"], "line feeds between members", &plain().replace(",\"", ",\n  \""));
    ok("space-after-colon", &["Wild"], "one space", &plain().replace("\":\"", "\": \""));
    ok("trailing-nul", &["Form"], "a NUL behind the object", &format!("{}\0", plain()));
    ok("byte-order-mark", &["Form"], "a byte order mark before it", &format!("\u{feff}{}", plain()));
    ok("longest-field", &["Value"], "4,096 bytes are the most that the writer writes", &with_id(&"a".repeat(4096)));
    ok("long-field", &["Value"], "4,097 bytes are long", &with_id(&"a".repeat(4097)));
    suite.finish("label/label_valid.json", out);
}

fn invalid(out: &mut Files) {
    let mut suite = Suite::new("label/invalid", "label");
    let mut bad = |id: &str, comment: &str, value: &str| add(&mut suite, true, id, &["Broken"], comment, value);
    bad("empty", "nothing", "");
    bad("spaces", "white space alone", " \n ");
    bad("not-json", "a word", "AIGC");
    bad("cut", "the object ends early", plain().get(..40).unwrap_or_default());
    bad("cut-in-string", "cut inside a string", plain().get(..30).unwrap_or_default());
    bad("trailing-comma", "JSON allows none", &plain().replace('}', ",}"));
    bad("single-quotes", "Python's form", &plain().replace('"', "'"));
    bad("comment", "JSON has no comments", &plain().replace('{', "{/* a */"));
    bad("trailing-text", "text behind the object", &format!("{} and more", plain()));
    bad("two-objects", "a second object behind the first", &format!("{}{}", plain(), plain()));
    bad("array", "an array", &format!("[{}]", plain()));
    bad("number", "a number", "1");
    bad("null", "null", "null");
    bad(
        "duplicate-key",
        "Label stands twice: readers differ in which one they take",
        &plain().replace("\"ProduceID\"", "\"Label\":\"3\",\"ProduceID\""),
    );
    bad("duplicate-wrapper", "AIGC stands twice", &format!("{{\"AIGC\":{},\"AIGC\":{}}}", plain(), with_id("b")));
    bad(
        "duplicate-escaped",
        "the same key written with an escape",
        &plain().replace("\"ProduceID\"", "\"\\u004cabel\":\"3\",\"ProduceID\""),
    );
    bad("two-labels", "fields and a wrapper in one object", &format!("{{\"Label\":\"1\",\"AIGC\":{}}}", plain()));
    bad("two-cases", "aigc and Aigc", &format!("{{\"aigc\":{},\"Aigc\":{}}}", plain(), plain()));
    bad(
        "other-schema",
        "a vendor's own object",
        "{\"ServiceProvider\":\"example\",\"Time\":\"2026-01-01\",\"ContentId\":\"a\"}",
    );
    bad("empty-object", "no keys at all", "{}");
    bad("wrapped-three-times", "deeper than seen anywhere", &wrapped(&wrapped(&wrapped(&plain()))));
    bad("deep", "nested deeper than 8", &format!("{{\"Label\":\"1\",\"x\":{}1{}}}", "[".repeat(9), "]".repeat(9)));
    bad("lone-surrogate", "half of an escape pair", &plain().replace("vector", "\\ud83d"));
    bad("raw-control", "an unescaped control character in a string", &plain().replace("vector", "a\u{1}"));
    bad("escape-cut", "an escape without its digits", &plain().replace("vector", "\\u00"));
    let mut hex = |id: &str, comment: &str, value: &[u8]| {
        let text: String = value.iter().map(|b| format!("{b:02x}")).collect();
        suite.add(id, &["Broken"], comment, json!({ "value_hex": text, "expected": run::label(value) }));
    };
    hex("latin1", "a byte that is no UTF-8", b"{\"Label\":\"1\",\"ContentProducer\":\"caf\xe9\"}");
    hex("utf16", "UTF-16", &"{\"Label\":\"1\"}".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>());
    hex("overlong", "an overlong form of a slash", b"{\"Label\":\"1\",\"ProduceID\":\"\xc0\xaf\"}");
    suite.finish("label/label_invalid.json", out);
}

fn codes(out: &mut Files) {
    let mut suite = Suite::new("code/provider_code", "code");
    let own = code('1', "0001");
    let mut add = |id: &str, result: &str, comment: &str, value: &str| {
        let expected = run::code(value);
        assert_eq!(expected["result"], result, "{id} {value}: {expected}");
        let flag = if result == "valid" { "Normative" } else { "ProviderCode" };
        suite.add(id, &[flag], comment, json!({ "value": value, "expected": expected }));
    };
    add("generation", "valid", "service 1", &own);
    add("propagation", "valid", "service 2", &code('2', "0001"));
    add("unused", "valid", "the extension is not used", &code('0', "0000"));
    add("letters", "valid", "letters in the extension", &code('1', "XGW3"));
    add("extension-io", "valid", "I and O are plain letters outside of the credit code", &code('1', "YO0I"));
    add("other-subject", "valid", "another subject", &other_code('1', "0001"));
    // Every check digit there is: the last character before it takes each value.
    for (n, c) in "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().enumerate() {
        let body: String = format!("91110108MA00T1A0{c}");
        add(
            &format!("check-digit-{n:02}"),
            "valid",
            "each character of the alphabet at position 21",
            &super::bytes::subject(&body, '1', "0001"),
        );
    }
    add("service-3", "acceptable", "a service digit that is not known here", &code('3', "0001"));
    add("service-letter", "acceptable", "a letter at position 23", &code('A', "0001"));
    add("empty", "invalid", "nothing", "");
    add("short", "invalid", "26 characters", own.get(1..).unwrap_or_default());
    add("long", "invalid", "28 characters", &format!("{own}0"));
    add("credit-code", "invalid", "the bare credit code", own.get(4..22).unwrap_or_default());
    add("name", "invalid", "a name", "example");
    add("lower-case", "invalid", "letters in lower case", &own.to_ascii_lowercase());
    add("format-01", "invalid", "another format code", &own.replacen("00", "01", 1));
    add("subject-2", "invalid", "an individual: the form is not known here", &own.replacen("0011", "0021", 1));
    add("binding-2", "invalid", "bound to something else", &own.replacen("0011", "0012", 1));
    add("check-digit", "invalid", "one character off", &own.replace("T1A", "T2A"));
    add("swapped", "invalid", "two neighbours swapped", &own.replace("T1A", "1TA"));
    for (name, c) in [("i", 'I'), ("o", 'O'), ("s", 'S'), ("v", 'V'), ("z", 'Z')] {
        add(
            &format!("alphabet-{name}"),
            "invalid",
            "not in the alphabet of the credit code",
            &own.replacen('T', &c.to_string(), 1),
        );
    }
    add("space", "invalid", "a space inside", &own.replacen('T', " ", 1));
    add("full-width", "invalid", "a full-width digit", &own.replacen('T', "１", 1));
    add("zeros", "invalid", "27 zeros", &"0".repeat(27));
    suite.finish("code/provider_code.json", out);
}
