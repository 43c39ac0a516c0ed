#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::container::Patch;
use crate::container::bmff::tree::make;

fn head<'a>(bytes: &'a [u8]) -> Head<'a> {
    Head { bytes, extension: None }
}

fn with<T>(bytes: &[u8], then: impl FnOnce(&mut Source<'_>) -> T) -> T {
    let mut cursor = Cursor::new(bytes);
    then(&mut Source::new(&mut cursor, &Limits::default()).unwrap())
}

fn identify(bytes: &[u8]) -> Option<Format> {
    with(bytes, |source| Movie.identify(&head(bytes), source).unwrap())
}

fn values(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    with(bytes, |source| {
        let mut map = Movie.map(Format::Mp4, source, &Limits::default()).unwrap();
        let values = Movie.values(&mut map, source, &Limits::default()).unwrap();
        for value in values.iter().filter(|v| v.plain_at.is_some()) {
            let at = value.plain_at.unwrap() as usize;
            assert_eq!(&bytes[at..at + value.bytes.len()], &value.bytes[..], "plain_at");
        }
        values.into_iter().map(|v| (v.slot.to_string(), v.bytes)).collect()
    })
}

fn put(bytes: &[u8], value: &str) -> Result<Vec<u8>> {
    with(bytes, |source| {
        let map = Movie.map(Format::Mp4, source, &Limits::default())?;
        let value = NewValue { slot: Slot::item(KEYS, "AIGC"), bytes: value.as_bytes().to_vec() };
        let patch: Patch = Movie.put(&map, source, &[value], &Limits::default())?.patch;
        let mut out = Vec::new();
        patch.apply(source, &mut out)?;
        Ok(out)
    })
}

fn ftyp(brands: &[&[u8; 4]]) -> Vec<u8> {
    let mut content = brands[0].to_vec();
    content.extend([0; 4]);
    brands.iter().for_each(|brand| content.extend_from_slice(*brand));
    make(b"ftyp", &[&content]).unwrap()
}

fn item(index: u32, kind: u32, value: &[u8]) -> Vec<u8> {
    make(&index.to_be_bytes(), &[&make(b"data", &[&kind.to_be_bytes(), &[0; 4], value]).unwrap()]).unwrap()
}

fn keys(names: &[&str]) -> Vec<u8> {
    let entries: Vec<u8> = names.iter().flat_map(|name| make(b"mdta", &[name.as_bytes()]).unwrap()).collect();
    make(b"keys", &[&[0; 4], &(names.len() as u32).to_be_bytes(), &entries]).unwrap()
}

fn meta(full: bool, handler: &[u8; 4], rest: &[&[u8]]) -> Vec<u8> {
    let version: &[u8] = if full { &[0; 4] } else { &[] };
    let hdlr = make(b"hdlr", &[&[0; 8], handler, &[0; 13]]).unwrap();
    make(b"meta", &[version, &hdlr, &rest.concat()]).unwrap()
}

fn movie(parts: &[&[u8]]) -> Vec<u8> {
    let moov = make(b"moov", &[&make(b"mvhd", &[&[0; 100]]).unwrap(), &parts.concat()]).unwrap();
    [ftyp(&[b"isom"]), moov, make(b"mdat", &[b"samples"]).unwrap()].concat()
}

fn udta(parts: &[&[u8]]) -> Vec<u8> {
    make(b"udta", &[&parts.concat()]).unwrap()
}

#[test]
fn the_major_brand_decides_and_pictures_are_left_alone() {
    let moov = make(b"moov", &[]).unwrap();
    for (brands, format) in [
        (&[b"qt  "][..], Some(Format::Mov)),
        (&[b"M4A ", b"isom"], Some(Format::M4a)),
        (&[b"M4B "], Some(Format::M4a)),
        (&[b"3gp4", b"isom"], Some(Format::ThreeGp)),
        (&[b"3g2a"], Some(Format::ThreeGp)),
        (&[b"isom", b"3gp4"], Some(Format::Mp4)),
        (&[b"mp42", b"M4A "], Some(Format::Mp4)),
        (&[b"M4V "], Some(Format::Mp4)),
        (&[b"cmfc"], Some(Format::Mp4)),
        (&[b"????", b"3gp6"], Some(Format::ThreeGp)),
        (&[b"????"], Some(Format::Mp4)),
        (&[b"heic", b"isom"], None),
        (&[b"avis", b"iso8"], None),
        (&[b"crx ", b"isom"], None),
        (&[b"????", b"mif1"], None),
    ] {
        assert_eq!(identify(&[ftyp(brands), moov.clone()].concat()), format, "{brands:?}");
    }
    let wide = make(b"wide", &[]).unwrap();
    assert_eq!(identify(&[wide.clone(), moov.clone()].concat()), Some(Format::Mov));
    assert_eq!(identify(&[wide.clone(), make(b"mdat", &[b"1234"]).unwrap(), moov].concat()), Some(Format::Mov));
    assert_eq!(identify(&wide), None);
    assert_eq!(identify(&make(b"styp", &[b"msdh"]).unwrap()), Some(Format::Mp4));
    assert_eq!(identify(b"free text that is no movie"), None);
    assert_eq!(identify(&ftyp(&[b"????"])), None, "no movie in it");
}

#[test]
fn the_value_goes_where_readers_look_for_it() {
    let other = meta(true, b"mdta", &[&keys(&["com.example"]), &make(b"ilst", &[&item(1, 1, b"kept")]).unwrap()]);
    let itunes =
        meta(true, b"mdir", &[&make(b"ilst", &[&make(b"\xA9cmt", &[&item(1, 1, b"kept")[8..]]).unwrap()]).unwrap()]);
    let quick = meta(false, b"mdta", &[&keys(&["com.example"]), &make(b"ilst", &[&item(1, 1, b"kept")]).unwrap()]);
    let named = meta(true, b"mdta", &[&keys(&["AIGC", "x"]), &make(b"ilst", &[&item(2, 1, b"kept")]).unwrap()]);
    let bare = meta(true, b"mdta", &[&keys(&["x"])]);
    let empty = meta(true, b"mdta", &[&make(b"ilst", &[]).unwrap()]);
    for (name, file, kept) in [
        ("nothing", movie(&[]), None),
        ("user data", movie(&[&udta(&[&make(b"name", &[b"kept"]).unwrap()])]), Some("udta:name")),
        ("terminated", movie(&[&udta(&[&make(b"name", &[b"kept"]).unwrap(), &[0; 4]])]), Some("udta:name")),
        ("other keys", movie(&[&udta(&[&other])]), Some("keys:com.example")),
        ("iTunes", movie(&[&udta(&[&itunes])]), Some("ilst:\u{a9}cmt")),
        ("QuickTime", movie(&[&quick]), Some("keys:com.example")),
        ("QuickTime and iTunes", movie(&[&udta(&[&itunes]), &quick]), Some("keys:com.example")),
        ("a key without a value", movie(&[&udta(&[&named])]), Some("keys:x")),
        ("no list", movie(&[&udta(&[&bare])]), None),
        ("no keys", movie(&[&udta(&[&empty])]), None),
    ] {
        let out = put(&file, "first").unwrap();
        let found = values(&out);
        assert!(found.contains(&("keys:AIGC".to_owned(), b"first".to_vec())), "{name}: {found:?}");
        assert!(kept.is_none_or(|kept| found.contains(&(kept.to_owned(), b"kept".to_vec()))), "{name}: {found:?}");
        assert_eq!(out.windows(4).filter(|w| w == b"keys").count(), 1, "{name}: one list of keys");
        // Another value takes its place, also a shorter and an empty one.
        for next in ["a longer value than the first one", "firsT", "1234", ""] {
            let again = put(&out, next).unwrap();
            let mut expected = found.clone();
            expected.iter_mut().filter(|(slot, _)| slot == "keys:AIGC").for_each(|v| v.1 = next.as_bytes().to_vec());
            assert_eq!(values(&again), expected, "{name} {next:?}");
        }
    }
}

#[test]
fn a_broken_list_of_keys_is_not_added_to() {
    let mut names = keys(&["one", "two"]);
    let len = names.len();
    names[len - 8..len - 4].copy_from_slice(&99u32.to_be_bytes());
    let broken = movie(&[&udta(&[&meta(true, b"mdta", &[&names, &make(b"ilst", &[]).unwrap()])])]);
    assert!(matches!(put(&broken, "x"), Err(Error::Malformed(_))));
    let orphans = movie(&[&udta(&[&meta(true, b"mdta", &[&make(b"ilst", &[&item(1, 1, b"x")]).unwrap()])])]);
    assert!(matches!(put(&orphans, "x"), Err(Error::Malformed(_))));
}

#[test]
fn every_place_is_read() {
    let text = |name: &[u8], value: &[u8]| {
        let mean = make(b"mean", &[&[0; 4], b"com.example"]).unwrap();
        let name = make(b"name", &[&[0; 4], name]).unwrap();
        let data = make(b"data", &[&1u32.to_be_bytes(), &[0; 4], value]).unwrap();
        make(b"----", &[&mean, &name, &data]).unwrap()
    };
    let wide: Vec<u8> = "标".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let list = [text(b"AIGC", b"free"), make(b"desc", &[&item(1, 2, &wide)[8..]]).unwrap()].concat();
    let cover = make(b"covr", &[&item(1, 13, b"\xFF\xD8")[8..]]).unwrap();
    let itunes = meta(true, b"mdir", &[&make(b"ilst", &[&list, &cover]).unwrap()]);
    let track = meta(false, b"mdta", &[&keys(&["lens"]), &make(b"ilst", &[&item(1, 1, b"track")]).unwrap()]);
    let user = [
        make(b"\xA9cmt", &[&3u16.to_be_bytes(), &[0x55, 0xC4], b"one", &3u16.to_be_bytes(), &[0; 2], b"two"]).unwrap(),
        make(b"\xA9nam", &[b"not so"]).unwrap(),
        make(b"AIGC", &[b"{}"]).unwrap(),
        make(b"XMP_", &[b"<x/>"]).unwrap(),
        make(b"free", &[b"AIGC{}"]).unwrap(),
        itunes,
    ];
    let file = movie(&[&make(b"trak", &[&track]).unwrap(), &udta(&[&user.concat()])]);
    let uuid = make(b"uuid", &[&tree::XMP, b"<y/>"]).unwrap();
    let found = values(&[file, uuid].concat());
    let found: Vec<(&str, &[u8])> = found.iter().map(|(slot, value)| (slot.as_str(), value.as_slice())).collect();
    let expected: [(&str, &[u8]); 9] = [
        ("meta:lens", b"track"),
        ("udta:\u{a9}cmt", b"one"),
        ("udta:\u{a9}cmt", b"two"),
        ("udta:\u{a9}nam", b"not so"),
        ("udta:AIGC", b"{}"),
        ("xmp", b"<x/>"),
        ("ilst:AIGC", b"free"),
        ("ilst:desc", "标".as_bytes()),
        ("xmp", b"<y/>"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn bytes_inserted_elsewhere_move_what_lies_behind_them() {
    let chunks = |positions: &[u32]| {
        let table: Vec<u8> = positions.iter().flat_map(|p| p.to_be_bytes()).collect();
        let stco = make(b"stco", &[&[0; 4], &(positions.len() as u32).to_be_bytes(), &table]).unwrap();
        let parents: [&[u8; 4]; 4] = [b"stbl", b"minf", b"mdia", b"trak"];
        parents.iter().fold(stco, |inner, kind| make(kind, &[&inner]).unwrap())
    };
    let read = |bytes: &[u8]| -> Vec<u64> {
        let at = bytes.windows(4).position(|w| w == b"stco" || w == b"co64").unwrap();
        let width = if bytes[at] == b's' { 4 } else { 8 };
        let number = |part: &[u8]| part.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        bytes[at + 12..at + 12 + 3 * width].chunks(width).map(number).collect()
    };
    // The first lies before the bytes, the second between them and the movie, the third behind.
    for (last, by, expected) in [(2000, 50, [10, 550, 2050]), (u32::MAX, 50, [10, 550, u64::from(u32::MAX) + 62])] {
        let before = ftyp(&[b"msf1"]);
        let file = [before, make(b"meta", &[&[0; 600]]).unwrap(), movie(&[&chunks(&[10, 500, last])])].concat();
        let edits = with(&file, |source| {
            let top = tree::run(source, FILE, &(0..file.len() as u64), &Limits::default()).unwrap().boxes;
            offsets::edits(source, &top, 100, by, &Limits::default()).unwrap()
        });
        let mut patch = Patch::new(file.len() as u64);
        let mut edits = edits;
        edits.sort_by_key(|edit| (edit.at, edit.remove));
        edits.into_iter().for_each(|edit| patch.push(edit).unwrap());
        let mut out = Vec::new();
        with(&file, |source| patch.apply(source, &mut out).map(drop)).unwrap();
        assert_eq!(read(&out), expected);
        let map = with(&out, |source| Movie.map(Format::Mp4, source, &Limits::default())).unwrap();
        assert!(!map.damaged, "{:?}", map.findings);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = identify(&bytes);
        let _ = put(&bytes, "value");
        values(&bytes);
    }

    #[test]
    fn any_bytes_in_a_movie_are_answered(
        bytes in prop::collection::vec(any::<u8>(), 0..100),
        parent in prop::sample::select(vec![*b"udta", *b"meta", *b"trak", *b"mdia", *b"keys", *b"ilst"]),
    ) {
        let file = movie(&[&make(&parent, &[&bytes]).unwrap()]);
        values(&file);
        if let Ok(out) = put(&file, "value") {
            prop_assert!(values(&out).contains(&("keys:AIGC".to_owned(), b"value".to_vec())));
        }
        let file = movie(&[&udta(&[&meta(true, b"mdta", &[&make(&parent, &[&bytes]).unwrap()])])]);
        values(&file);
        let _ = put(&file, "value");
    }
}
