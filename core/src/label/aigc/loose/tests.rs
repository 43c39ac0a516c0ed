#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use Crooked::*;
use proptest::prelude::*;

fn of(text: &str) -> Option<(String, Vec<Crooked>)> {
    read(text, 8).map(|loose| (loose.json, loose.crooked))
}

#[test]
fn each_form_is_rewritten_and_named() {
    for (text, json, crooked) in [
        (r#"{"a":"1","b":[1,true,null,{"c":-1.5e3}]}"#, r#"{"a":"1","b":[1,true,null,{"c":-1.5e3}]}"#, &[][..]),
        ("{'a':'1'}", r#"{"a":"1"}"#, &[SingleQuotes]),
        (r#"{'a':'it"s'}"#, r#"{"a":"it\"s"}"#, &[SingleQuotes]),
        (r"{'a':'it\'s'}", r#"{"a":"it's"}"#, &[SingleQuotes, OddEscape]),
        ("{`a`:`1`}", r#"{"a":"1"}"#, &[SingleQuotes]),
        ("{“a”：“1”，“b”:“2”}", r#"{"a":"1","b":"2"}"#, &[WideMarks]),
        ("｛＂a＂:”1”｝", r#"{"a":"1"}"#, &[WideMarks]),
        ("{“a\":“say \"x\" now”}", r#"{"a":"say \"x\" now"}"#, &[WideMarks]),
        ("{‘a’:「1」}", r#"{"a":"1"}"#, &[WideMarks]),
        (
            "{a:1,b:x y , c:None,d:undefined,e:True,f:NaN,g:01}",
            r#"{"a":1,"b":"x y", "c":null,"d":null,"e":"True","f":"NaN","g":"01"}"#,
            &[Unquoted],
        ),
        ("{a:http://x/y?z}", r#"{"a":"http://x/y?z"}"#, &[Unquoted]),
        ("{u'a': u'1'}", r#"{"a": "1"}"#, &[SingleQuotes, Unquoted]),
        (r#"{"a":"1", }"#, r#"{"a":"1"}"#, &[Commas]),
        (r#"{,"a":"1",,"b":["x",],}"#, r#"{"a":"1","b":["x"]}"#, &[Commas]),
        (r#"{"a":"1" "b":"2";"c":"3"}"#, r#"{"a":"1" ,"b":"2","c":"3"}"#, &[Commas]),
        ("{/* x */\"a\":1, // y\n\"b\":2 # z\n}", "{\"a\":1, \n\"b\":2 \n}", &[Comment]),
        ("{\"a\"=\"1\",\"b\"=>2,\"c\"＝3}", r#"{"a":"1","b":2,"c":3}"#, &[EqualsSign]),
        ("{a=1, b=x}", r#"{"a":1, "b":"x"}"#, &[Unquoted, EqualsSign]),
        ("{\"a\":\"x\ny\"}", r#"{"a":"x\ny"}"#, &[ControlCharacter]),
        ("{\u{3000}\"a\"\u{a0}:\u{200b}\"1\"}", r#"{"a":"1"}"#, &[OddSpace]),
        ("{\"a\":［1，2］，\"b\"：【3、4】}", r#"{"a":[1,2],"b":[3,4]}"#, &[WideMarks]),
        ("{“a\"=“b\" , “c\" : 1}", r#"{"a":"b" , "c" : 1}"#, &[WideMarks, EqualsSign]),
        (r#"{'a':'x","y'}"#, r#"{"a":"x\",\"y"}"#, &[SingleQuotes]),
        ("{a:x\nb:y;c:z}", "{\"a\":\"x\"\n,\"b\":\"y\",\"c\":\"z\"}", &[Unquoted, Commas]),
        (r#"{a:x "b":y}"#, r#"{"a":"x","b":"y"}"#, &[Unquoted, Commas]),
        ("{a:x=y, b:it's}", r#"{"a":"x=y", "b":"it's"}"#, &[Unquoted]),
        ("{None:1,true:2,3:4}", r#"{"None":1,"true":2,"3":4}"#, &[Unquoted]),
        (r#"{"a":"\udbff\udfff\ud800\udc00"}"#, "{\"a\":\"\u{10ffff}\u{10000}\"}", &[]),
        (r#"{"a":"\x41\U00000042\u0043\ud83d\ude00\b\f\n\r\t\/"}"#, r#"{"a":"ABC😀\b\f\n\r\t/"}"#, &[OddEscape]),
    ] {
        let (found, overlooked) = of(text).unwrap_or_else(|| unreachable!("{text}"));
        assert_eq!((found.as_str(), overlooked.as_slice()), (json, crooked), "{text}");
    }
}

#[test]
fn what_is_no_object_or_does_not_close_is_not_read() {
    for text in [
        "",
        "a",
        "[1]",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":\"1}",
        "{'a':'1",
        "{a}",
        "{a,b}",
        "{:1}",
        "{\"a\":}",
        "{\"a\":1]",
        "{\"a\":[1}",
        "{\"a\":\"\\ud800\"}",
        "{\"a\":\"\\u12\"}",
        "{/* a }",
        "{\"a\" \"b\"}",
        "{\"a\":\"\\ud800\\u0041\"}",
        "{\"a\":\"\\ud800\\ue000\"}",
        "{\"a\":\"\\u+041\"}",
        "{\"a\":\"\\x+1\"}",
        "{{\"a\":1}}",
        "{\"a\":1 ",
    ] {
        assert_eq!(of(text), None, "{text}");
    }
    assert!(read("{a:{b:{c:1}}}", 3).is_some());
    assert!(read("{a:{b:{c:1}}}", 2).is_none());
}

#[test]
fn it_ends_where_the_object_ends() {
    for (text, len) in [("{a:1} and {b:2}", 5), ("{'a':'}'}}", 9), ("｛a:1｝x", 9)] {
        assert_eq!(read(text, 8).unwrap().len, len, "{text}");
    }
}

/// A way to write a part of an object, and what has to be overlooked to read it.
type Form<T> = (T, Option<Crooked>);

const STRINGS: &[Form<(char, char)>] = &[
    (('"', '"'), None),
    (('\'', '\''), Some(SingleQuotes)),
    (('`', '`'), Some(SingleQuotes)),
    (('“', '”'), Some(WideMarks)),
    (('「', '」'), Some(WideMarks)),
    (('‘', '’'), Some(WideMarks)),
    (('＂', '＂'), Some(WideMarks)),
];
const BRACES: &[Form<(char, char)>] = &[(('{', '}'), None), (('｛', '｝'), Some(WideMarks))];
const BRACKETS: &[Form<(char, char)>] =
    &[(('[', ']'), None), (('［', '］'), Some(WideMarks)), (('【', '】'), Some(WideMarks))];
const COLONS: &[Form<&str>] = &[
    (":", None),
    ("：", Some(WideMarks)),
    ("=", Some(EqualsSign)),
    ("＝", Some(EqualsSign)),
    ("=>", Some(EqualsSign)),
];
const COMMAS: &[Form<&str>] = &[
    (",", None),
    ("，", Some(WideMarks)),
    ("、", Some(WideMarks)),
    (";", Some(Commas)),
    ("；", Some(Commas)),
    ("", Some(Commas)),
    (",,", Some(Commas)),
    (", ;", Some(Commas)),
];
const GAPS: &[Form<&str>] = &[
    ("", None),
    (" \t\r\n", None),
    ("\u{3000}", Some(OddSpace)),
    ("\u{feff}\0", Some(OddSpace)),
    ("/* ,}\" */", Some(Comment)),
    ("// ]'\n", Some(Comment)),
    ("# {\n", Some(Comment)),
];

/// Writes an object part by part, each in the form that the next number chooses.
struct Writer {
    numbers: std::vec::IntoIter<usize>,
    text: String,
    crooked: std::collections::BTreeSet<Crooked>,
}

impl Writer {
    fn choose<T: Copy>(&mut self, forms: &[Form<T>]) -> T {
        let (form, crooked) = forms[self.numbers.next().unwrap_or(0) % forms.len()];
        self.crooked.extend(crooked);
        form
    }

    fn part(&mut self, forms: &[Form<&str>]) {
        let part = self.choose(forms);
        self.text.push_str(part);
        let gap = self.choose(GAPS);
        self.text.push_str(gap);
    }

    fn string(&mut self, text: &str) {
        let (open, close) = self.choose(STRINGS);
        self.text.extend([open].into_iter().chain(text.chars()).chain([close]));
        self.part(&[("", None)]);
    }

    fn list(&mut self, items: &[String]) {
        let (open, close) = self.choose(BRACKETS);
        self.text.push(open);
        self.part(&[("", None)]);
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.part(COMMAS);
            }
            self.string(item);
        }
        self.text.push(close);
        self.part(&[("", None)]);
    }

    fn object(&mut self, members: &[(String, Vec<String>)]) {
        let (open, close) = self.choose(BRACES);
        self.text.push(open);
        self.part(&[("", None)]);
        for (i, (key, items)) in members.iter().enumerate() {
            if i > 0 {
                self.part(COMMAS);
            }
            self.string(key);
            self.part(COLONS);
            match items.as_slice() {
                [one] => self.string(one),
                items => self.list(items),
            }
        }
        self.text.push(close);
    }
}

proptest! {
    /// Of the parts of an object each can be written in many ways; what it holds stays the same, and
    /// exactly the ways used are named.
    #[test]
    fn forms_change_no_value(
        members in proptest::collection::vec(("[a-z0-9 =,:;#/{}\\[\\]中，]{0,9}", proptest::collection::vec("[A-Z=,:;#/{}\\[\\]文：]{0,9}", 0..4)), 0..5),
        numbers in proptest::collection::vec(prop_oneof![3 => Just(0), 2 => 0..100usize], 0..120),
        behind in "[ -~]{0,9}",
    ) {
        let mut writer = Writer { numbers: numbers.into_iter(), text: String::new(), crooked: Default::default() };
        writer.object(&members);
        let loose = read(&format!("{}{behind}", writer.text), 2);
        prop_assert!(loose.is_some(), "{}", writer.text);
        let loose = loose.unwrap();
        let due: Vec<_> = members.iter().map(|(key, items)| match items.as_slice() {
            [one] => (key.clone(), serde_json::Value::from(one.as_str())),
            items => (key.clone(), items.to_vec().into()),
        }).collect();
        let pairs = crate::label::aigc::json::pairs(&loose.json).unwrap();
        let found: Vec<_> =
            pairs.into_iter().map(|(key, raw)| (key, serde_json::from_str(raw.get()).unwrap())).collect();
        prop_assert_eq!(found, due, "{} {}", &writer.text, &loose.json);
        prop_assert_eq!(loose.crooked, writer.crooked.into_iter().collect::<Vec<_>>(), "{}", &writer.text);
        prop_assert_eq!(loose.len, writer.text.len());
    }

    #[test]
    fn what_is_json_stays_the_same(members in proptest::collection::vec(("\\PC{0,9}", "\\PC{0,20}"), 0..6)) {
        let object: serde_json::Map<_, _> = members.into_iter().map(|(k, v)| (k, v.into())).collect();
        let text = serde_json::Value::Object(object).to_string();
        let loose = read(&text, 8).unwrap();
        prop_assert_eq!((&loose.json, loose.len, loose.crooked.len()), (&text, text.len(), 0));
    }

    #[test]
    fn what_is_read_is_json(text in "[{\\[]?[{}\\[\\]:,'\"“”=a1\\\\ /#*\n：，]{0,40}[}\\]]?") {
        if let Some(loose) = read(&text, 8) {
            prop_assert!(serde_json::from_str::<serde_json::Value>(&loose.json).is_ok(), "{} {}", text, loose.json);
            prop_assert!(loose.len <= text.len());
        }
    }
}
