#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Cursor;

use proptest::prelude::*;

use super::inside::texts;
use super::*;
use crate::container::{NewValue, Patch};

fn syncsafe_bytes(n: usize) -> Vec<u8> {
    (0..4).rev().map(|i| (n >> (7 * i) & 0x7F) as u8).collect()
}

fn frame(major: u8, id: &[u8], flags: u16, content: &[u8]) -> Vec<u8> {
    let mut out = id.to_vec();
    match major {
        2 => out.extend(&(content.len() as u32).to_be_bytes()[1..]),
        3 => out.extend((content.len() as u32).to_be_bytes()),
        _ => out.extend(syncsafe_bytes(content.len())),
    }
    if major > 2 {
        out.extend(flags.to_be_bytes());
    }
    out.extend(content);
    out
}

fn tag(major: u8, flags: u8, body: &[u8]) -> Vec<u8> {
    let mut out = b"ID3".to_vec();
    out.extend([major, 0, flags]);
    out.extend(syncsafe_bytes(body.len()));
    out.extend(body);
    out
}

fn read(bytes: &[u8]) -> Vec<(String, String)> {
    let (texts, problem) = texts(bytes, &Limits::default());
    assert_eq!(problem, None);
    for text in &texts {
        if let Some(at) = text.plain_at {
            assert_eq!(&bytes[at as usize..at as usize + text.bytes.len()], &text.bytes[..]);
        }
    }
    texts.into_iter().map(|t| (t.slot.to_string(), String::from_utf8(t.bytes).unwrap())).collect()
}

fn put(bytes: &[u8], values: &[NewValue]) -> Result<Vec<u8>> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes.to_vec());
    let mut source = Source::new(&mut cursor, &limits)?;
    let end = source.len();
    let tags: Vec<Tag> = Tag::read(&mut source, 0, end, &limits, &mut 0)?.into_iter().collect();
    let home = (!tags.is_empty()).then_some(0);
    let edits = edits(&mut source, &tags, home, &wanted(values, &limits)?, &[], &limits)?;
    let mut patch = Patch::new(end);
    for edit in edits.tags.into_iter().flatten() {
        patch.push(edit)?;
    }
    if let Some(tag) = edits.fresh {
        patch.insert(0, tag)?;
    }
    let mut out = Vec::new();
    patch.apply(&mut source, &mut out)?;
    Ok(out)
}

fn text(key: &str, value: &str) -> NewValue {
    NewValue { slot: Slot::item("txxx", key), bytes: value.into() }
}

fn store(bytes: &[u8]) -> NewValue {
    NewValue { slot: Slot::Manifest, bytes: bytes.to_vec() }
}

fn code(result: Result<Vec<u8>>) -> (String, String) {
    match result.unwrap_err() {
        crate::Error::Refused(problem) => {
            let reason = match problem.args.first() {
                Some((_, crate::error::Arg::Problem(reason))) => reason.message.code,
                _ => "",
            };
            (problem.message.code.to_owned(), reason.to_owned())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn all_encodings_are_read() {
    let utf16 = |text: &str| super::text::to_utf16(text);
    let be = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let bodies = [
        [b"\x01".to_vec(), utf16("键"), vec![0, 0], utf16("值😀")].concat(),
        [b"\x01\xFE\xFF".to_vec(), be("键"), vec![0, 0, 0xFE, 0xFF], be("值😀"), vec![0, 0]].concat(),
        [b"\x02".to_vec(), be("键"), vec![0, 0], be("值😀")].concat(),
        [b"\x03".to_vec(), "键\0值😀\0rest".into()].concat(),
        [b"\x00".to_vec(), "键\0值😀".into()].concat(),
    ];
    for body in bodies {
        for major in [3, 4] {
            let bytes = tag(major, 0, &frame(major, b"TXXX", 0, &body));
            assert_eq!(read(&bytes), [("txxx:键".to_owned(), "值😀".to_owned())], "{body:?}");
        }
    }
    let latin = tag(2, 0, &frame(2, b"COM", 0, b"\0engd\xE9\0caf\xE9"));
    assert_eq!(read(&latin), [("comm:dé".to_owned(), "café".to_owned())]);
    let (none, problem) = texts(&tag(4, 0, &frame(4, b"TXXX", 0, b"\x04a\0b")), &Limits::default());
    assert!(none.is_empty() && problem.unwrap().message.code == "reason.id3_encoding");
}

#[test]
fn flags_of_frames_are_obeyed() {
    use std::io::Write as _;
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    zlib.write_all(b"\x03AIGC\0value").unwrap();
    let zlib = zlib.finish().unwrap();
    let with = |head: &[u8]| [head, &zlib].concat();
    for (major, flags, content) in [
        (3, 0x0080, with(&[0, 0, 0, 11])),
        (3, 0x00A0, with(&[0, 0, 0, 11, 7])),
        (4, 0x0009, with(&[0, 0, 0, 11])),
        (4, 0x0049, with(&[7, 0, 0, 0, 11])),
        (4, 0x0002, b"\x03AIGC\0value".to_vec()),
        (4, 0x0041, b"\x07\0\0\0\x0B\x03AIGC\0value".to_vec()),
    ] {
        let bytes = tag(major, 0, &frame(major, b"TXXX", flags, &content));
        assert_eq!(read(&bytes), [("txxx:AIGC".to_owned(), "value".to_owned())], "{major} {flags:x}");
    }
    for (major, flags) in [(3, 0x40), (4, 0x04)] {
        let (none, problem) = texts(&tag(major, 0, &frame(major, b"TXXX", flags, b"\0\0a\0b")), &Limits::default());
        assert!(none.is_empty() && problem.unwrap().message.code == "reason.id3_encrypted");
    }
}

#[test]
fn extended_headers_are_passed() {
    let txxx = |major| frame(major, b"TXXX", 0, b"\0a\0b");
    let v23 = [vec![0, 0, 0, 6, 0, 0, 0, 0, 0, 0], txxx(3)].concat();
    let v24 = [vec![0, 0, 0, 6, 1, 0], txxx(4)].concat();
    let lie = txxx(3);
    for (major, body) in [(3, v23), (4, v24), (3, lie)] {
        assert_eq!(read(&tag(major, 0x40, &body)).len(), 1);
    }
    for size in [0u32, 5, 0x7F, 0x7FFF_FFFF, u32::MAX] {
        for major in [3, 4] {
            let body = [size.to_be_bytes().to_vec(), vec![0; 20], txxx(major)].concat();
            let bytes = tag(major, 0x40, &body);
            assert_eq!(texts(&bytes, &Limits::default()).1.unwrap().message.code, "reason.id3_extended_header");
            assert_eq!(code(put(&bytes, &[text("AIGC", "x")])).0, "id3.kept");
        }
    }
}

#[test]
fn plain_sizes_of_version_4_are_told_by_walking() {
    let plain = |id: &[u8], content: &[u8]| [id, &(content.len() as u32).to_be_bytes(), &[0, 0], content].concat();
    let picture = plain(b"APIC", &[1; 300]);
    let body = [picture.clone(), plain(b"TXXX", b"\x03a\0b"), vec![0; 10]].concat();
    assert_eq!(read(&tag(4, 0, &body)).len(), 1);
    let out = put(&tag(4, 0, &body), &[text("AIGC", &"x".repeat(200))]).unwrap();
    assert_eq!(read(&out).len(), 2);
    assert!(out.windows(picture.len()).any(|w| w == picture));
    assert_eq!(code(put(&tag(4, 0, &body), &[store(b"jumb")])).1, "reason.id3_store_sizes");
}

#[test]
fn padding_is_used_before_the_tag_grows() {
    let other = frame(3, b"TIT2", 0, b"\0title");
    let padded = tag(3, 0, &[other.clone(), vec![0; 100]].concat());
    let out = put(&padded, &[text("AIGC", "{}")]).unwrap();
    assert_eq!(out.len(), padded.len());
    let mine = frame(3, b"TXXX", 0, b"\0AIGC\0{}");
    assert_eq!(out[10..], [mine.clone(), other.clone(), vec![0; 100 - mine.len()]].concat());
    // What does not fit takes nothing from the padding.
    let out = put(&padded, &[text("AIGC", &"x".repeat(200))]).unwrap();
    assert_eq!(out.len(), padded.len() + 10 + 6 + 200 + 1024);
    // Bytes behind the padding are no room; in version 2.4 they make the walk ambiguous.
    let broken = tag(4, 0, &[frame(4, b"TIT2", 0, b"\0title"), vec![0; 18], vec![1; 40]].concat());
    assert_eq!(code(put(&broken, &[text("AIGC", "{}")])).1, "reason.id3_broken_frames");
    let junk = tag(3, 0, &[other, vec![0; 18], vec![1; 40]].concat());
    let out = put(&junk, &[text("AIGC", "{}")]).unwrap();
    assert_eq!(read(&out)[0].0, "txxx:AIGC");
    assert!(out.len() > junk.len() && out.ends_with(&[1; 40]));
}

#[test]
fn the_stated_padding_of_version_3_is_kept_in_step() {
    let other = frame(3, b"TIT2", 0, b"\0title");
    let body = [vec![0, 0, 0, 6, 0, 0, 0, 0, 0, 100], other, vec![0; 100]].concat();
    let out = put(&tag(3, 0x40, &body), &[text("AIGC", "{}")]).unwrap();
    assert_eq!(out.len(), body.len() + 10);
    assert_eq!(out[16..20], [0, 0, 0, 100 - 18]);
    assert_eq!(code(put(&tag(3, 0x40, &body), &[store(b"jumb")])).1, "reason.id3_store_extended");
    let crc = [vec![0, 0, 0, 10, 0x80, 0, 0, 0, 0, 0, 1, 2, 3, 4], vec![0; 40]].concat();
    assert_eq!(code(put(&tag(3, 0x40, &crc), &[text("AIGC", "{}")])).1, "reason.id3_checksum");
    let crc = [vec![0, 0, 0, 12, 1, 0x20, 5, 0, 0, 0, 0, 1], vec![0; 40]].concat();
    assert_eq!(code(put(&tag(4, 0x40, &crc), &[text("AIGC", "{}")])).1, "reason.id3_checksum");
}

#[test]
fn a_footer_says_what_the_header_says() {
    let body = frame(4, b"TIT2", 0, b"\0title");
    let mut bytes = tag(4, 0x10, &body);
    let footer = [b"3DI".to_vec(), bytes[3..10].to_vec()].concat();
    bytes.extend(footer);
    let out = put(&bytes, &[text("AIGC", &"长".repeat(90))]).unwrap();
    assert_eq!(&out[out.len() - 10..out.len() - 7], b"3DI");
    assert_eq!(out[out.len() - 7..], out[3..10]);
    assert_eq!(out.len(), bytes.len() + 10 + 6 + 270);
    assert_eq!(read(&out).len(), 1);
    // Shorter again: there is no padding to fill.
    let again = put(&out, &[text("AIGC", "{}")]).unwrap();
    assert_eq!(again.len(), bytes.len() + 18);
    assert_eq!(again[again.len() - 7..], again[3..10]);
}

#[test]
fn stores_of_one_length_differ_in_their_bytes_alone() {
    for bytes in [tag(3, 0, &[0; 50]), tag(4, 0, &frame(4, b"TIT2", 0, b"\0t")), Vec::new()] {
        let (a, b) = (vec![0xA5; 3000], vec![0x5A; 3000]);
        let first = put(&bytes, &[text("AIGC", "人"), store(&a)]).unwrap();
        let second = put(&first, &[store(&b)]).unwrap();
        assert_eq!(first.len(), second.len());
        let at = first.windows(3000).position(|w| w == a).unwrap();
        assert_eq!([&first[..at], &b, &first[at + 3000..]].concat(), second);
        assert_eq!(put(&bytes, &[text("AIGC", "人"), store(&b)]).unwrap(), second);
        let limits = Limits::default();
        let mut cursor = Cursor::new(second.clone());
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let found = Tag::read(&mut source, 0, second.len() as u64, &limits, &mut 0).unwrap().unwrap();
        let parts = found.segments("ID3", found.range.clone(), &mut source, &limits, &mut 0).unwrap();
        let stores: Vec<_> = parts.iter().filter(|p| p.slot == Some(Slot::Manifest)).collect();
        assert_eq!(stores.len(), 1);
        assert_eq!(stores[0].payload, at as u64..at as u64 + 3000);
        assert!(parts.windows(2).all(|w| w[0].range.end == w[1].range.start));
    }
    for (bytes, why) in [
        (tag(2, 0, &[0; 9]), "reason.id3_store_version"),
        (tag(3, 0x80, &[0; 9]), "reason.id3_store_unsynchronised"),
        (tag(4, 0x80, &[0; 9]), "reason.id3_store_unsynchronised"),
    ] {
        assert_eq!(code(put(&bytes, &[store(b"jumb")])), ("id3.store_kept_out".to_owned(), why.to_owned()));
    }
}

#[test]
fn bombs_are_named() {
    use std::io::Write as _;
    let limits = Limits::default();
    let problem = |bytes: &[u8]| texts(bytes, &limits).1.unwrap().message.code;
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(&vec![0; 8 << 20]).unwrap();
    let body = frame(4, b"TXXX", 9, &[vec![0; 4], zlib.finish().unwrap()].concat());
    assert_eq!(problem(&tag(4, 0, &body)), "reason.inflates");
    let tiny = frame(3, b"TXXX", 0, b"").repeat(1_000_000);
    assert_eq!(problem(&tag(3, 0, &tiny)), "limit");
    assert_eq!(problem(&tag(3, 0x80, &[0xFF, 0].repeat(9 << 20))), "limit");
    assert_eq!(problem(&tag(3, 0, &[b"TXXX".to_vec(), vec![0xFF; 20]].concat())), "reason.id3_frame_past_end");
    assert_eq!(problem(b"ID3\x03\0\0\x7F\x7F\x7F\x7F"), "reason.id3_cut_off");
    assert_eq!(problem(b"ID4"), "reason.id3_no_tag");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_read_and_written_without_a_panic(
        major in 2u8..5,
        flags in any::<u8>(),
        body in prop::collection::vec(prop_oneof![Just(0u8), Just(0xFF), any::<u8>()], 0..200),
        head in prop::sample::select(vec![&b"TXXX\0\0\0\x08\0\0\0a\0b"[..], b"GEOB\0\0\0\x04", b"TXX\0\0\x05", b""]),
    ) {
        let bytes = tag(major, flags, &[head, &body].concat());
        let _ = texts(&bytes, &Limits::default());
        let values = [text("AIGC", "值"), store(b"jumb")];
        for values in [&values[..1], &values[1..], &values[..]] {
            if let Ok(out) = put(&bytes, values) {
                let _ = texts(&out, &Limits::default());
            }
        }
    }

    #[test]
    fn what_is_written_is_read_and_other_frames_stay(
        major in 2u8..5,
        unsynchronised in any::<bool>(),
        others in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..300), 0..4),
        padding in 0usize..400,
        key in "[A-Z]{1,8}|\\PC{1,4}",
        values in prop::collection::vec("[ -~]{0,80}|\\PC{0,80}", 1..4),
    ) {
        let id: &[u8] = if major == 2 { b"TT2" } else { b"TIT2" };
        let plain: Vec<u8> = others.iter().flat_map(|content| frame(major, id, 0, content)).collect();
        let whole = unsynchronised && major < 4;
        let stored = if whole { super::text::unsynchronise(&plain) } else { plain };
        let mut bytes = tag(major, if whole { 0x80 } else { 0 }, &[stored.clone(), vec![0; padding]].concat());
        for value in &values {
            bytes = put(&bytes, &[text(&key, value)]).unwrap();
            let found = read(&bytes);
            prop_assert_eq!(&found, &[(format!("txxx:{key}"), value.clone())]);
            let from = bytes.len() - bytes.iter().rev().take_while(|b| **b == 0).count();
            prop_assert!(stored.is_empty() || bytes[..(from + stored.len()).min(bytes.len())].windows(stored.len()).any(|w| w == stored));
        }
    }

    #[test]
    fn unsynchronisation_is_taken_back(bytes in prop::collection::vec(prop_oneof![Just(0xFFu8), Just(0), any::<u8>()], 0..60)) {
        let safe = super::text::unsynchronise(&bytes);
        prop_assert!(safe.windows(2).all(|w| w[0] != 0xFF || w[1] < 0xE0));
        prop_assert_eq!(super::text::resynchronise(&safe), Some(bytes));
    }
}
