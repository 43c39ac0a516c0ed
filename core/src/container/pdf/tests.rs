#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
mod notices;

use std::io::Cursor;

use proptest::prelude::*;

use super::lex::{Dict, Kind, Lexer, digits, name, string, written_name};
use super::*;

const DEPTH: usize = 64;

fn base(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../xtask/bases/pdf/{name}.pdf", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn map(bytes: &[u8]) -> SegmentMap {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    Pdf.map(Format::Pdf, &mut source, &limits).unwrap()
}

fn put(bytes: &[u8], values: &[NewValue]) -> Result<Vec<u8>> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits)?;
    let map = Pdf.map(Format::Pdf, &mut source, &limits)?;
    let mut out = Vec::new();
    Pdf.put(&map, &mut source, values, &limits)?.patch.apply(&mut source, &mut out)?;
    Ok(out)
}

fn values(bytes: &[u8]) -> Vec<RawValue> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let mut map = Pdf.map(Format::Pdf, &mut source, &limits).unwrap();
    Pdf.values(&mut map, &mut source, &limits).unwrap()
}

fn text(key: &str, value: &str) -> NewValue {
    NewValue { slot: Slot::item("info", key), bytes: value.as_bytes().to_vec() }
}

fn packet(inner: &str) -> NewValue {
    let text = format!(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about=''>{inner}\
         </rdf:Description></rdf:RDF>"
    );
    NewValue { slot: Slot::Xmp, bytes: text.into_bytes() }
}

fn store(bytes: &[u8]) -> [NewValue; 1] {
    [NewValue { slot: Slot::Manifest, bytes: bytes.to_vec() }]
}

fn manifest(map: &SegmentMap) -> Option<&Segment> {
    map.segments.iter().find(|s| s.slot == Some(Slot::Manifest))
}

fn essence(bytes: &[u8]) -> Vec<u8> {
    map(bytes).essence().iter().flat_map(|r| bytes[r.start as usize..r.end as usize].to_vec()).collect()
}

const SOUND: [&str; 9] = [
    "table-ok",
    "info-cr-ok",
    "info-crlf-ok",
    "shifted-ok",
    "stream-ok",
    "linear-ok",
    "archive-ok",
    "hybrid-ok",
    "revisions-ok",
];

#[test]
fn segments_cover_the_file() {
    for name in SOUND {
        let bytes = base(name);
        let map = map(&bytes);
        let mut at = 0;
        for segment in &map.segments {
            assert_eq!(segment.range.start, at, "{name}");
            at = segment.range.end;
        }
        assert_eq!(at, bytes.len() as u64, "{name}");
        assert!(map.findings.is_empty() && !map.damaged, "{name}: {:?}", map.findings);
    }
}

#[test]
fn strings_are_read_as_the_standard_says() {
    let read = |text: &[u8]| {
        let value = Lexer::new(text, 0).value(DEPTH).unwrap();
        text::decode(&string(value.kind, &text[value.range]).unwrap())
    };
    assert_eq!(read(b"(a (nested) \\( \\) \\\\ b)"), "a (nested) ( ) \\ b");
    assert_eq!(read(b"(\\101\\1012\\7x\\53)"), "AA2\u{7}x+");
    assert_eq!(read(b"(one\\\r\ntwo\\\nthree\r\nfour\rfive)"), "onetwothree\nfour\nfive");
    assert_eq!(read(b"<48 65 6C6c6F 2>"), "Hello ");
    assert_eq!(read(b"(\xFE\xFF\x4E\x2D\xD8\x3D\xDE\x00)"), "中😀");
    assert_eq!(read(b"(\xEF\xBB\xBF\xE4\xB8\xAD)"), "中");
    assert_eq!(read("(中)".as_bytes()), "中");
    assert_eq!(read(b"(\\200\xA0\\030\\377)"), "•€˘ÿ");
}

#[test]
fn values_end_where_they_end() {
    let cases: [(&[u8], Kind, usize); 8] = [
        (b"12 0 R ", Kind::Reference(lex::Reference { number: 12, generation: 0 }), 6),
        (b"12 0 X", Kind::Number, 2),
        (b"12 /R", Kind::Number, 2),
        (b"<</A[1 0 R(])<5D>]/B<<>>>>x", Kind::Dict, 26),
        (b"[<<>>%]\n]", Kind::Array, 9),
        (b"/A#20B/C", Kind::Name, 6),
        (b"true]", Kind::Word, 4),
        (b"-.5>>", Kind::Number, 3),
    ];
    for (bytes, kind, end) in cases {
        let value = Lexer::new(bytes, 0).value(DEPTH).unwrap();
        assert_eq!((value.kind, value.range.end), (kind, end), "{}", bytes.escape_ascii());
    }
    for broken in [&b"<< /A 1"[..], b"[ >>", b"<</A endobj >>", b"(a", b"<41", b")", b"", b"{1}", b"<</A {>>"] {
        assert!(Lexer::new(broken, 0).value(DEPTH).is_none(), "{}", broken.escape_ascii());
    }
    let nested = [vec![b'['; 100], vec![b']'; 100]].concat();
    assert!(Lexer::new(&nested, 0).value(DEPTH).is_none());
    assert!(Lexer::new(&nested, 50).value(DEPTH).is_some());
}

#[test]
fn a_dictionary_keeps_what_is_not_changed() {
    let change = |bytes: &[u8], key: &[u8], new: &[u8]| {
        let value = Lexer::new(bytes, 0).value(DEPTH).unwrap();
        Dict::parse(bytes, &value, DEPTH).unwrap().with(&[(key, new.to_vec())])
    };
    assert_eq!(change(b"<</A 1/B 2>>", b"B", b"(x)"), b"<</A 1/B (x)\n>>");
    assert_eq!(change(b"<</A(x)/B 2>>", b"A", b"1 0 R"), b"<</A 1 0 R/B 2\n>>");
    assert_eq!(change(b"<<>>", b"A B", b"1"), b"<<\n/A#20B 1\n>>");
    assert_eq!(change(b"<< /A 1 % >>\n >>", b"B", b"2"), b"<< /A 1 % >>\n \n/B 2\n>>");
    assert_eq!(change(b"<</#41 1/A 2>>", b"A", b"3"), b"<</#41 3/A 3\n>>");
}

#[test]
fn every_kind_of_file_takes_texts_and_a_packet() {
    for name in SOUND {
        let bytes = base(name);
        for key in ["AIGC", "a/b #(1)", "Title"] {
            let new = [text(key, "plain (a) \\"), packet("<a:b xmlns:a='urn:a'>中</a:b>")];
            let out = put(&bytes, &new).unwrap();
            assert!(out.starts_with(&bytes), "{name}");
            assert_eq!(essence(&out), essence(&bytes), "{name}");
            let found = values(&out);
            let of =
                |slot: &Slot| found.iter().filter(|v| v.slot == *slot).map(|v| v.bytes.clone()).collect::<Vec<_>>();
            assert_eq!(of(&new[0].slot), vec![new[0].bytes.clone()], "{name}");
            assert_eq!(of(&Slot::Xmp), vec![new[1].bytes.clone()], "{name}");
            let kept = |values: &[RawValue]| {
                let other = values.iter().filter(|v| v.slot != new[0].slot && v.slot != Slot::Xmp);
                other.map(|v| (v.slot.clone(), v.bytes.clone())).collect::<Vec<_>>()
            };
            assert_eq!(kept(&found), kept(&values(&bytes)), "{name}: other texts");
            for value in found {
                if let Some(at) = value.plain_at {
                    assert!(out[at as usize..].starts_with(&value.bytes), "{name} {}", value.slot);
                }
            }
        }
    }
}

#[test]
fn a_store_stands_alone_in_its_room() {
    for name in SOUND {
        let bytes = put(&base(name), &[text("AIGC", "x")]).unwrap();
        let (a, b) = (vec![0u8; 3000], vec![b'\n'; 3000]);
        let (first, second) = (put(&bytes, &store(&a)).unwrap(), put(&bytes, &store(&b)).unwrap());
        let map = map(&first);
        let at = manifest(&map).unwrap().payload.clone();
        let at = at.start as usize..at.end as usize;
        assert_eq!(first[at.clone()], a, "{name}");
        assert_eq!(second[at.clone()], b, "{name}");
        assert!(first[..at.start] == second[..at.start] && first[at.end..] == second[at.end..], "{name}");
        assert!(first.starts_with(&bytes) && essence(&first) == essence(&bytes), "{name}");
        // Another one takes its place.
        let third = put(&first, &store(b"other")).unwrap();
        let map = super::tests::map(&third);
        assert_eq!(&third[manifest(&map).map(|s| s.payload.start as usize..s.payload.end as usize).unwrap()], b"other");
        assert!(third.starts_with(&first) && essence(&third) == essence(&bytes), "{name}");
        let limits = Limits::default();
        let mut cursor = Cursor::new(&third);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let mut doc = Doc::open(&mut source, &limits).unwrap();
        let catalog = doc.catalog().unwrap().unwrap();
        let text = String::from_utf8_lossy(catalog.text()).into_owned();
        let dict = catalog.dict(DEPTH).unwrap();
        let files = lex::array(dict.bytes, dict.get(b"AF").unwrap(), DEPTH, 9).unwrap();
        let before = if matches!(name, "stream-ok" | "linear-ok") { 1 } else { 0 };
        assert_eq!(files.len(), before + 1, "{name}: {text}");
        let names = doc.get(&catalog, b"Names", 0).unwrap().unwrap();
        let tree = doc.get(&names, b"EmbeddedFiles", 0).unwrap().unwrap();
        let list = doc.get(&tree, b"Names", 0).unwrap().unwrap();
        let list = lex::array(&list.bytes, &list.value, DEPTH, 99).unwrap();
        assert_eq!(list.len(), 4 * before + 2, "{name}");
    }
}

#[test]
fn what_changes_pages_is_content() {
    let bytes = base("table-ok");
    let start = text_of(&bytes, "startxref").split_whitespace().next().unwrap().to_owned();
    let update = |object: &str| {
        let mut out = bytes.clone();
        out.push(b'\n');
        let at = out.len();
        let number: u32 = object.split(' ').next().unwrap().parse().unwrap();
        out.extend_from_slice(format!("{object}\nendobj\n").as_bytes());
        let xref = out.len();
        out.extend_from_slice(
            format!(
                "xref\n{number} 1\n{at:010} 00000 n \ntrailer << /Size 9 /Root 1 0 R /Prev {start} >>\n\
                 startxref\n{xref}\n%%EOF"
            )
            .as_bytes(),
        );
        assert!(!map(&out).damaged, "{object}");
        essence(&out) == essence(&bytes)
    };
    assert!(update("7 0 obj << /New true >>"));
    assert!(update("1 0 obj << /Type /Catalog /Pages 2 0 R /Metadata 7 0 R >>"));
    assert!(update("1 0 obj << /Type /Catalog /Pages 2 0 R /AF [] /Names << /EmbeddedFiles 8 0 R >> >>"));
    assert!(!update("3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] >>"));
    assert!(!update("1 0 obj << /Type /Catalog /Pages 7 0 R >>"));
    assert!(!update("1 0 obj << /Type /Catalog /Pages 2 0 R /OpenAction 7 0 R >>"));
    assert!(!update("1 0 obj << /Type /Catalog /Pages 2 0 R /Names << /JavaScript 8 0 R >> >>"));
}

fn text_of(bytes: &[u8], after: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.rsplit(after).next().unwrap().to_owned()
}

#[test]
fn the_same_edit_gives_the_same_file() {
    let bytes = base("info-crlf-ok");
    let new = [text("AIGC", "x")];
    let out = put(&bytes, &new).unwrap();
    assert_eq!(out, put(&bytes, &new).unwrap());
    let id = |bytes: &[u8]| text_of(bytes, "/ID ").split(']').next().unwrap().to_owned();
    assert_ne!(id(&out), id(&put(&bytes, &[text("AIGC", "y")]).unwrap()));
    assert!(id(&out).starts_with("[<00112233445566778899aabbccddeeff> <"));
}

#[test]
fn predictors_are_undone() {
    let parameters = b"<< /Predictor 15 /Columns 4 /Colors 1 >>";
    let value = Lexer::new(parameters, 0).value(DEPTH).unwrap();
    let dict = Dict::parse(parameters, &value, DEPTH).unwrap();
    // ISO 15948 9.2: none, sub, up, average, Paeth.
    let rows = [0, 1, 2, 3, 4, 1, 1, 1, 1, 1, 2, 1, 1, 1, 1, 3, 1, 1, 1, 1, 4, 1, 1, 1, 1];
    let want = [1, 2, 3, 4, 1, 2, 3, 4, 2, 3, 4, 5, 2, 3, 4, 5, 3, 4, 5, 6];
    assert_eq!(filter::unpredict(rows.to_vec(), Some(&dict)).unwrap(), want);
    assert_eq!(filter::unpredict(vec![1, 2], None).unwrap(), [1, 2]);
    assert!(filter::unpredict(vec![9, 2, 3, 4, 5], Some(&dict)).is_none());
}

fn never_panics(bytes: &[u8]) {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let Ok(mut map) = Pdf.map(Format::Pdf, &mut source, &limits) else { return };
    let _ = Pdf.values(&mut map, &mut source, &limits);
    let _ = Pdf.put(&map, &mut source, &[text("AIGC", "x"), packet("")], &limits);
    let _ = Pdf.put(&map, &mut source, &store(b"x"), &limits);
}

proptest! {
    #[test]
    fn texts_survive(value in "\\PC*", plain in "[ -~]*") {
        for value in [value, plain] {
            let written = text::encode(&value);
            let read = Lexer::new(&written, 0).value(DEPTH).unwrap();
            prop_assert_eq!(read.range.end, written.len());
            prop_assert_eq!(text::decode(&string(read.kind, &written).unwrap()), value);
        }
    }

    #[test]
    fn names_survive(key in prop::collection::vec(any::<u8>(), 0..20)) {
        let written = written_name(&key);
        let read = Lexer::new(&written, 0).value(DEPTH).unwrap();
        prop_assert_eq!((read.kind, read.range.end), (Kind::Name, written.len()));
        prop_assert_eq!(name(&written), key);
    }

    #[test]
    fn numbers_are_read(n in 0u64..1 << 60) {
        prop_assert_eq!(digits(n.to_string().as_bytes()), Some(n));
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        never_panics(&bytes);
        let mut lexer = Lexer::new(&bytes, 0);
        while lexer.value(DEPTH).is_some() {}
    }

    #[test]
    fn changed_files_are_read(
        base in prop::sample::select(vec!["table-ok", "stream-ok", "hybrid-ok", "revisions-ok", "linear-ok"]),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = super::tests::base(base);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        never_panics(&bytes);
    }
}
