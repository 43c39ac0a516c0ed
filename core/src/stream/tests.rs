#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::label::{Aigc, Label};

fn notice(at: &[Moment]) -> TextNotice {
    TextNotice { lines: vec!["AI生成".to_owned()], at: at.to_vec(), ..TextNotice::default() }
}

const BOTH: [Moment; 2] = [Moment::Start, Moment::End];

fn aigc() -> Aigc {
    Aigc::from_label(&Label::new("example"), "id-1").unwrap()
}

fn events(pieces: &[&[u8]], at: &[Moment]) -> Vec<u8> {
    let mut stream = EventStream::new(&aigc(), Some(&notice(at)), Markup::Markdown).unwrap();
    let mut out: Vec<u8> = pieces.iter().flat_map(|piece| stream.push(piece)).collect();
    out.extend(stream.finish());
    out
}

fn whole(text: &str) -> String {
    String::from_utf8(events(&[text.as_bytes()], &BOTH)).unwrap()
}

/// The JSON of every event.
fn values(text: &str) -> Vec<Value> {
    let data = text.split(['\n', '\r']).filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    data.filter(|data| data.starts_with('{')).map(|data| serde_json::from_str(data).unwrap()).collect()
}

/// The words of one answer, joined.
fn said(values: &[Value], index: u64) -> String {
    let choices = values.iter().flat_map(|v| v["choices"].as_array().cloned().unwrap_or_default());
    let own = choices.filter(|c| c["index"].as_u64().unwrap_or(0) == index);
    own.filter_map(|c| c["delta"]["content"].as_str().or(c["text"].as_str()).map(str::to_owned)).collect()
}

const CHAT: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}\n\n\
: keep alive\n\n\
data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"你\"},\"finish_reason\":null}]}\n\n\
data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"好\"},\"finish_reason\":null}]}\n\n\
data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"total_tokens\":3}}\n\n\
data: [DONE]\n\n";

#[test]
fn a_chat_is_labelled_at_its_ends() {
    let out = whole(CHAT);
    let values = values(&out);
    assert_eq!(values.len(), 6);
    assert_eq!(said(&values, 0), "AI生成\n\n你好\n\nAI生成");
    let label: Value = serde_json::from_str(&aigc().to_json()).unwrap();
    let labelled: Vec<bool> = values.iter().map(|v| v["AIGC"] == label).collect();
    assert_eq!(labelled, [true, false, false, false, true, true]);
    // The added event stands before the end of the answer and repeats who answers.
    assert_eq!((&values[3]["id"], &values[3]["choices"][0]["finish_reason"]), (&Value::from("c"), &Value::Null));
    assert!(out.contains(": keep alive\n\n") && out.ends_with("data: [DONE]\n\n"));
}

#[test]
fn every_event_but_those_of_answers_is_as_it_was() {
    for other in [
        "event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"a\"}\n\n",
        "data: {\"error\":{\"message\":\"x\"}}\n\n",
        "data: not JSON\n\n",
        "id: 1\nretry: 2\n\n",
        "data: {\"choices\":1}\n\n",
        "data: {\"choices\":[],\"choices\":[{}]}\n\n",
        "data: {\"choices\":[\ndata: ]}\n\n",
        "data: [DONE]\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n",
        "data: {\"cho",
        "\u{feff}: c\r\r\n\n",
    ] {
        assert_eq!(whole(other), other);
    }
    let bytes = b"data: {\"choices\":[], \"a\":\"\xFF\"}\n\n";
    assert_eq!(events(&[bytes], &BOTH), bytes);
}

#[test]
fn shapes_of_answers() {
    // Several answers, a tool call, words together with the reason, the older shape.
    let two = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}},{\"index\":1,\"delta\":{\"content\":\"b\"}}]}\r\n\r\n\
data: {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\n\
data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"c\"},\"finish_reason\":\"length\"}]}\r\n\r\ndata: [DONE]\r\n\r\n";
    let out = whole(two);
    assert_eq!(said(&values(&out), 0), "AI生成\n\nac\n\nAI生成");
    assert_eq!(said(&values(&out), 1), "AI生成\n\nb\n\nAI生成");
    assert!(!out.replace("\r\n", "").contains(['\r', '\n']));
    let tool = "data:{\"choices\":[{\"delta\":{\"content\":null,\"tool_calls\":[]}}]}\n\ndata:{\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";
    let out = whole(tool);
    assert_eq!(said(&values(&out), 0), "");
    assert!(values(&out).iter().all(|v| v["AIGC"].is_object()));
    let old = "data: {\"choices\":[{\"text\":\"a\",\"index\":0,\"finish_reason\":null}]}\n\ndata: {\"choices\":[{\"text\":\"\",\"index\":0,\"finish_reason\":\"stop\"}]}\n\n";
    assert_eq!(said(&values(&whole(old)), 0), "AI生成\n\na\n\nAI生成");
    // A label that is there stays; an end without its event gets one.
    let theirs = "data: {\"AIGC\":{\"Label\":\"1\"},\"choices\":[]}\n\n";
    assert_eq!(whole(theirs), theirs);
    let cut = "data: {\"id\":\"x\",\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n";
    for end in ["", "data: [DONE]\n\n"] {
        let out = whole(&format!("{cut}{end}"));
        let last = values(&out).pop().unwrap();
        assert_eq!((last["id"].as_str(), last["AIGC"]["Label"].as_str()), (Some("x"), Some("1")));
        assert!(out.ends_with(end));
    }
}

#[test]
fn nothing_waits_that_could_go() {
    let mut stream = EventStream::new(&aigc(), Some(&notice(&BOTH)), Markup::Markdown).unwrap();
    let mut complete = 0;
    let mut out = String::new();
    for (at, byte) in CHAT.bytes().enumerate() {
        out.push_str(&String::from_utf8_lossy(&stream.push(&[byte])));
        if CHAT.as_bytes()[..=at].ends_with(b"\n\n") {
            complete += 1;
            assert!(out.matches("\n\n").count() >= complete, "{at} {out}");
            assert!(out.ends_with("\n\n"), "{at}");
        }
    }
    // A comment goes at the end of its line.
    assert_eq!(stream.push(b": ping\n"), b": ping\n");
    let mut text = TextStream::new(&notice(&BOTH), Markup::Plain).unwrap();
    assert_eq!(text.push_text("你".as_bytes()), "AI生成\n\n你");
    assert_eq!(text.push_text(&"好".as_bytes()[..2]), "");
    assert_eq!(text.push_text(&"好!".as_bytes()[2..]), "好!");
    assert_eq!(text.push_text(b"\xE4"), "");
    assert_eq!(text.finish_text(), "\u{FFFD}\n\nAI生成");
    assert_eq!(text.finish_text(), "");
}

#[test]
fn long_events_and_wrong_notices() {
    let long = format!("data: {{\"choices\":[],\"a\":\"{}\"}}\n\n", "x".repeat(5 << 20));
    let out = whole(&format!("{long}{CHAT}"));
    assert!(out.starts_with(&long));
    assert_eq!(out[long.len()..], whole(CHAT));
    assert!(TextStream::new(&notice(&[Moment::Middle]), Markup::Plain).is_err());
    assert!(EventStream::new(&Aigc::default(), None, Markup::Plain).is_err());
    assert_eq!(TextStream::new(&notice(&BOTH), Markup::Plain).unwrap().finish(), b"");
    let marked = TextNotice { lines: vec!["*AI生成*".to_owned()], at: BOTH.to_vec(), ..TextNotice::default() };
    assert_eq!(TextStream::new(&marked, Markup::Markdown).unwrap().push(b"a"), "\\*AI生成\\*\n\na".as_bytes());
}

/// Pieces of streams, so that arbitrary ones get far.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}",
        "data:{\"id\":1,\"choices\":[{\"index\":1,\"delta\":{\"content\":\"\\\"\\u4f60\\\\\"},\"finish_reason\":\"stop\"}]}",
        "data: {\"choices\":[{\"text\":\"标识\"}]}",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}",
        "data: {\"choices\":[],\"usage\":{}}",
        "data: [DONE]",
        "data",
        ": comment",
        "event: a",
        "id: 标",
        "\n",
        "\n\n",
        "\r\n\r\n",
        "\r\r",
        "\r",
        "\u{feff}",
        "{",
    ]);
    prop::collection::vec(piece, 0..25).prop_map(|parts| parts.concat())
}

/// Whether `text` is `out` without some of its characters, in order.
fn is_within(text: &[u8], out: &[u8]) -> bool {
    let mut left = text.iter().peekable();
    for byte in out {
        if left.peek() == Some(&byte) {
            left.next();
        }
    }
    left.peek().is_none()
}

proptest! {
    #[test]
    fn any_cutting_gives_the_same(text in pieces(), cuts in prop::collection::vec(1usize..40, 0..60)) {
        let due = events(&[text.as_bytes()], &BOTH);
        let mut rest = text.as_bytes();
        let mut parts = Vec::new();
        for cut in cuts {
            let (part, behind) = rest.split_at(cut.min(rest.len()));
            parts.push(part);
            rest = behind;
        }
        parts.push(rest);
        prop_assert_eq!(&events(&parts, &BOTH), &due);
        prop_assert!(is_within(text.as_bytes(), &due));
        // What was an event of JSON still is one.
        let sound = |text: &str| text.split(['\n', '\r']).filter_map(|l| l.strip_prefix("data:")).filter(|d| serde_json::from_str::<Value>(d).is_ok()).count();
        prop_assert!(sound(std::str::from_utf8(&due).unwrap()) >= sound(&text));
    }

    #[test]
    fn without_what_was_added_it_is_the_same(words in prop::collection::vec("\\PC{0,6}", 1..8), ends in any::<bool>()) {
        let mut text = String::new();
        for word in &words {
            text.push_str(&format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{}}}}}]}}\n\n", Value::from(word.as_str())));
        }
        if ends {
            text.push_str("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
        }
        let out = whole(&text);
        let own: String = words.concat();
        let around = if own.is_empty() { own } else { format!("AI生成\n\n{own}{}", if ends { "\n\nAI生成" } else { "" }) };
        prop_assert_eq!(said(&values(&out), 0), around);
        let label = format!("\"AIGC\":{},", aigc().to_json());
        let mut back = out.replace(&label, "").replace("AI生成\\n\\n", "");
        back = back.replace("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\n\\nAI生成\"},\"finish_reason\":null}]}\n\n", "");
        back = back.replace(&format!("data: {{\"choices\":[],\"AIGC\":{}}}\n\n", aigc().to_json()), "");
        prop_assert_eq!(back, text);
    }

    #[test]
    fn text_goes_through_as_it_comes(text in "\\PC{1,40}", cuts in prop::collection::vec(1usize..7, 0..20)) {
        let mut bytes = TextStream::new(&notice(&BOTH), Markup::Plain).unwrap();
        let mut strings = bytes.clone();
        let mut rest = text.as_bytes();
        let (mut out, mut words) = (Vec::new(), String::new());
        let mut given = 0;
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (part, behind) = rest.split_at(cut.min(rest.len()));
            rest = behind;
            given += part.len();
            out.extend(bytes.push(part));
            words.push_str(&strings.push_text(part));
            let lead = "AI生成\n\n".len();
            prop_assert_eq!(out.len(), if given > 0 { given + lead } else { 0 });
            let whole = (0..=given).rev().find(|n| text.is_char_boundary(*n)).unwrap();
            prop_assert_eq!(words.len(), if whole > 0 { whole + lead } else { 0 });
        }
        out.extend(bytes.finish());
        words.push_str(&strings.finish_text());
        let due = format!("AI生成\n\n{text}\n\nAI生成");
        prop_assert_eq!(&words, &due);
        prop_assert_eq!(out, due.into_bytes());
    }
}
