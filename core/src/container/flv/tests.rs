//! Round trips, refusals and arbitrary bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Cursor;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

fn tag(kind: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![kind];
    out.extend_from_slice(&(data.len() as u32).to_be_bytes()[1..]);
    out.extend_from_slice(&[0; 7]);
    out.extend_from_slice(data);
    out.extend_from_slice(&(data.len() as u32 + 11).to_be_bytes());
    out
}

fn file(tags: &[Vec<u8>]) -> Vec<u8> {
    [b"FLV\x01\x05\0\0\0\x09\0\0\0\0", tags.concat().as_slice()].concat()
}

fn named(key: &str) -> Vec<u8> {
    [&(key.len() as u16).to_be_bytes()[..], key.as_bytes()].concat()
}

fn text(key: &str, value: &str) -> Vec<u8> {
    [named(key), amf::string(value.as_bytes()).unwrap()].concat()
}

fn number(key: &str, value: f64) -> Vec<u8> {
    [&named(key)[..], &[0], &value.to_be_bytes()].concat()
}

fn object(inner: &[u8]) -> Vec<u8> {
    [&[3][..], inner, &[0, 0, 9]].concat()
}

/// `onMetaData` with an ECMA array of `count` properties.
fn script(count: u32, inner: &[u8]) -> Vec<u8> {
    [&amf::string(b"onMetaData").unwrap()[..], &[8], &count.to_be_bytes(), inner, &[0, 0, 9]].concat()
}

fn keyframes(positions: &[f64]) -> Vec<u8> {
    let items: Vec<u8> = positions.iter().flat_map(|p| [&[0][..], &p.to_be_bytes()].concat()).collect();
    let array = [&[10][..], &(positions.len() as u32).to_be_bytes(), &items].concat();
    [named("keyframes"), object(&[named("filepositions"), array].concat())].concat()
}

fn run<T>(bytes: &[u8], act: impl FnOnce(&mut SegmentMap, &mut Source<'_>, &Limits) -> T) -> T {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let mut map = Flv.map(Format::Flv, &mut source, &limits).unwrap();
    act(&mut map, &mut source, &limits)
}

fn values(bytes: &[u8]) -> Vec<(String, String)> {
    let show = |v: RawValue| (v.slot.to_string(), String::from_utf8_lossy(&v.bytes).into_owned());
    run(bytes, |map, source, limits| Flv.values(map, source, limits).unwrap().into_iter().map(show).collect())
}

fn put(bytes: &[u8], value: &str) -> Result<Vec<u8>> {
    let value = NewValue { slot: Slot::item("onMetaData", "KEY"), bytes: value.as_bytes().to_vec() };
    run(bytes, |map, source, limits| {
        let placed = Flv.put(map, source, std::slice::from_ref(&value), limits)?;
        let mut out = Vec::new();
        placed.patch.apply(source, &mut out)?;
        Ok(out)
    })
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn texts_are_read_wherever_they_stand() {
    let long = [&named("long")[..], &[12, 0, 0, 0, 2], b"ab"].concat();
    let date = [&named("date")[..], &[11], &[0; 10]].concat();
    let typed = [&named("typed")[..], &[16], &named("Class"), &text("in", "side"), &[0, 0, 9]].concat();
    let array = [&named("list")[..], &[10, 0, 0, 0, 1, 2, 0, 1, b'x']].concat();
    let inner = [text("a", "1"), long, date, object_named("o", &text("b", "2")), typed, array, text("z", "")].concat();
    let expected = [
        ("onMetaData:a", "1"),
        ("onMetaData:long", "ab"),
        ("onMetaData.nested:b", "2"),
        ("onMetaData.nested:in", "side"),
        ("onMetaData.nested:", "x"),
        ("onMetaData:z", ""),
    ];
    let script = script(7, &inner);
    assert_eq!(values(&file(&[tag(18, &script)])), owned(&expected));
    let sent = [amf::string(b"@setDataFrame").unwrap(), script].concat();
    assert_eq!(values(&file(&[tag(18, &sent)])), owned(&expected));
    assert_eq!(values(&file(&[tag(18, &amf::string(b"onCuePoint").unwrap())])), []);
}

fn object_named(key: &str, inner: &[u8]) -> Vec<u8> {
    [named(key), object(inner)].concat()
}

#[test]
fn a_value_is_replaced_and_the_count_stays() {
    let media = tag(9, b"frame");
    for value in ["", "same", "longer than it was", &"l".repeat(70_000)] {
        let before = file(&[tag(18, &script(2, &[text("KEY", "same"), text("b", "2")].concat())), media.clone()]);
        let after = file(&[tag(18, &script(2, &[text("KEY", value), text("b", "2")].concat())), media.clone()]);
        assert_eq!(put(&before, value).unwrap(), after);
    }
    let bare = file(&[tag(18, &script(1, &text("b", "2"))), media.clone()]);
    let full = file(&[tag(18, &script(2, &[text("b", "2"), text("KEY", "v")].concat())), media]);
    assert_eq!(put(&bare, "v").unwrap(), full);
}

#[test]
fn numbers_that_speak_of_the_file_follow() {
    // Everything that moves is `by` bytes further on afterwards.
    let build = |by: f64, more: &[u8]| {
        let inner = |head: f64, len: f64| {
            let numbers = [
                number("filesize", len),
                number("datasize", len - 13.0),
                number("metadatasize", head - 13.0 - 15.0),
                number("lastkeyframelocation", head),
                number("videosize", 20.0),
                keyframes(&[head, head + 20.0]),
            ];
            [numbers.concat(), more.to_vec()].concat()
        };
        let media = [tag(9, b"frame"), tag(8, b"s")];
        let head = 13.0 + tag(18, &script(6, &inner(0.0, 0.0))).len() as f64;
        let count = if by > 0.0 { 7 } else { 6 };
        let len = head + media.concat().len() as f64;
        let file = file(&[tag(18, &script(count, &inner(head, len))), media.concat()]);
        assert_eq!(file.len() as f64, len);
        file
    };
    let before = build(0.0, &[]);
    let after = build(1.0, &text("KEY", "value"));
    assert_eq!(put(&before, "value").unwrap(), after);
}

#[test]
fn what_does_not_fit_is_refused() {
    let media = tag(9, b"frame");
    let code = |tags: &[Vec<u8>]| put(&file(tags), "v").unwrap_err().code();
    assert_eq!(code(std::slice::from_ref(&media)), "flv.no_metadata");
    assert_eq!(code(&[media.clone(), tag(18, &script(0, &[]))]), "flv.no_metadata");
    assert_eq!(code(&[tag(18, &amf::string(b"onCuePoint").unwrap()), tag(18, &script(0, &[]))]), "flv.no_metadata");
    let mut open = script(0, &[]);
    open.truncate(open.len() - 3);
    assert_eq!(code(&[tag(18, &open), media.clone()]), "flv.broken_metadata");
    for position in [0.0, 13.0, 100.5, -1.0, f64::NAN, f64::INFINITY, 1e300, 4096.0] {
        assert_eq!(code(&[tag(18, &script(1, &keyframes(&[position]))), media.clone()]), "flv.positions");
    }
    let good = tag(18, &script(0, &[]));
    let later = tag(18, &script(1, &keyframes(&[13.0 + good.len() as f64])));
    assert_eq!(code(&[good, media.clone(), later]), "flv.positions");
    let large = tag(18, &script(1, &text("x", &"x".repeat((1 << 24) - 60))));
    assert_eq!(put(&file(&[large, media]), &"v".repeat(100)).unwrap_err().code(), "file.part_too_large");
}

#[test]
fn a_wrong_size_behind_a_tag_stays() {
    let mut script = tag(18, &script(0, &[]));
    let end = script.len();
    script[end - 1] = 0;
    let out = put(&file(&[script.clone(), tag(9, b"f")]), "v").unwrap();
    assert!(out.ends_with(&[&script[end - 4..], &tag(9, b"f")[..]].concat()));
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..300), kinds in vec(0u8..17, 0..40)) {
        let files = [
            [b"FLV\x01", bytes.as_slice()].concat(),
            file(std::slice::from_ref(&bytes)),
            file(&[tag(18, &script(1, &bytes)), tag(9, &bytes)]),
            file(&[tag(18, &script(1, &[named("k"), kinds].concat()))]),
        ];
        for file in files {
            run(&file, |map, source, limits| {
                let covered = map.segments.iter().fold(0, |at, s| { assert_eq!(s.range.start, at); s.range.end });
                assert_eq!(covered, file.len() as u64);
                let _ = Flv.values(map, source, limits);
            });
            let _ = put(&file, "value");
        }
    }

    #[test]
    fn whatever_stands_there_a_value_reads_back(keys in vec("[a-z]{0,5}", 0..5), value in ".{0,300}") {
        let inner: Vec<u8> = keys.iter().flat_map(|key| text(key, "x")).collect();
        // A property without a name and the end marker differ in the byte behind the length.
        let before = file(&[tag(18, &script(0, &inner)), tag(9, b"frame")]);
        let after = put(&before, &value).unwrap();
        let mut expected = values(&before);
        expected.push(("onMetaData:KEY".to_owned(), value.clone()));
        prop_assert_eq!(values(&after), expected);
        prop_assert_eq!(put(&after, &value).unwrap(), after);
    }
}
