//! Tests of the byte grammar.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::string_slice)]

mod notices;

use std::io::{Cursor, Write};

use proptest::prelude::*;

use super::edit::{Change, patch};
use super::zip::{Archive, DEFLATED, crc};
use super::*;

/// How an entry is written.
#[derive(Debug, Clone, Default)]
struct Item {
    name: String,
    content: Vec<u8>,
    deflate: bool,
    /// 0: none, then with and without signature, and both with 64 bits.
    descriptor: u8,
    wide: bool,
    extra: Vec<u8>,
}

fn item(name: &str, content: &str) -> Item {
    Item { name: name.to_owned(), content: content.as_bytes().to_vec(), deflate: true, ..Item::default() }
}

/// A ZIP file in any of the forms that writers use.
fn build(items: &[Item], comment: &[u8], zip64: bool) -> Vec<u8> {
    let (mut out, mut central) = (Vec::new(), Vec::new());
    let le16 = |out: &mut Vec<u8>, fields: &[u16]| fields.iter().for_each(|f| out.extend(f.to_le_bytes()));
    let le32 = |out: &mut Vec<u8>, fields: &[u32]| fields.iter().for_each(|f| out.extend(f.to_le_bytes()));
    let le64 = |out: &mut Vec<u8>, fields: &[u64]| fields.iter().for_each(|f| out.extend(f.to_le_bytes()));
    for item in items {
        let mut data = item.content.clone();
        if item.deflate {
            let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
            packer.write_all(&item.content).unwrap();
            data = packer.finish().unwrap();
        }
        let (sum, packed, unpacked) = (crc(&item.content), data.len() as u32, item.content.len() as u32);
        let at = out.len();
        let late = item.descriptor > 0;
        let flags = if late { 8u16 } else { 0 };
        let method = if item.deflate { 8u16 } else { 0 };
        let mut local = item.extra.clone();
        if item.wide {
            le16(&mut local, &[1, 16]);
            le64(&mut local, &if late { [0, 0] } else { [unpacked.into(), packed.into()] });
        }
        out.extend(b"PK\x03\x04");
        le16(&mut out, &[45, flags, method, 0x6000, 0x5821]);
        let sizes = if item.wide {
            [u32::MAX, u32::MAX]
        } else if late {
            [0, 0]
        } else {
            [packed, unpacked]
        };
        le32(&mut out, &[if late { 0 } else { sum }, sizes[0], sizes[1]]);
        le16(&mut out, &[item.name.len() as u16, local.len() as u16]);
        out.extend(item.name.as_bytes());
        out.extend(&local);
        out.extend(&data);
        if late {
            if item.descriptor % 2 == 1 {
                out.extend(b"PK\x07\x08");
            }
            le32(&mut out, &[sum]);
            if item.descriptor > 2 {
                le64(&mut out, &[packed.into(), unpacked.into()]);
            } else {
                le32(&mut out, &[packed, unpacked]);
            }
        }
        let mut extra = item.extra.clone();
        if item.wide {
            le16(&mut extra, &[1, 24]);
            le64(&mut extra, &[unpacked.into(), packed.into(), at as u64]);
        }
        central.extend(b"PK\x01\x02");
        le16(&mut central, &[45, 45, flags, method, 0x6000, 0x5821]);
        let fields = if item.wide { [u32::MAX; 3] } else { [packed, unpacked, at as u32] };
        le32(&mut central, &[sum, fields[0], fields[1]]);
        le16(&mut central, &[item.name.len() as u16, extra.len() as u16, 3, 0, 0]);
        le32(&mut central, &[0o600 << 16, fields[2]]);
        central.extend(item.name.as_bytes());
        central.extend(&extra);
        central.extend(b"ab\x00");
    }
    let (start, size, count) = (out.len() as u64, central.len() as u64, items.len() as u64);
    out.extend(central);
    if zip64 {
        let at = out.len() as u64;
        out.extend(b"PK\x06\x06");
        le64(&mut out, &[44]);
        le16(&mut out, &[45, 45]);
        le32(&mut out, &[0, 0]);
        le64(&mut out, &[count, count, size, start]);
        out.extend(b"PK\x06\x07");
        le32(&mut out, &[0]);
        le64(&mut out, &[at]);
        le32(&mut out, &[1]);
    }
    out.extend(b"PK\x05\x06");
    le16(&mut out, &[0, 0]);
    if zip64 {
        le16(&mut out, &[u16::MAX, u16::MAX]);
        le32(&mut out, &[u32::MAX, u32::MAX]);
    } else {
        le16(&mut out, &[count as u16, count as u16]);
        le32(&mut out, &[size as u32, start as u32]);
    }
    le16(&mut out, &[comment.len() as u16]);
    out.extend(comment);
    out
}

fn with<T>(bytes: &[u8], f: impl FnOnce(&mut Source<'_>) -> T) -> T {
    let mut cursor = Cursor::new(bytes.to_vec());
    f(&mut Source::new(&mut cursor, &Limits::default()).unwrap())
}

/// Faults, and for every entry its name, its content, and its record.
type Read = (Vec<Fault>, Vec<(String, Vec<u8>, Vec<u8>)>);

fn read(bytes: &[u8]) -> Read {
    with(bytes, |source| {
        let mut archive = Archive::read(source, &Limits::default()).unwrap();
        let mut records = archive.records(source).unwrap();
        records.sort_by_key(|r| r.entry);
        let entries = archive.entries.iter().zip(&records).map(|(entry, record)| {
            let (content, fault) = archive.part(entry, source, &Limits::default()).unwrap().unwrap();
            assert!(fault.is_none());
            let range = record.range.start as usize..record.range.end as usize;
            (entry.name().into_owned(), content, bytes[range].to_vec())
        });
        let entries = entries.collect();
        (archive.faults, entries)
    })
}

fn change(bytes: &[u8], changes: Vec<Change>) -> Vec<u8> {
    with(bytes, |source| {
        let archive = Archive::read(source, &Limits::default()).unwrap();
        let mut out = Vec::new();
        patch(&archive, source, changes).unwrap().apply(source, &mut out).unwrap();
        out
    })
}

prop_compose! {
    fn items()(list in prop::collection::vec(
        (prop::collection::vec(any::<u8>(), 0..200), any::<bool>(), 0u8..5, any::<bool>(), any::<bool>()), 1..8,
    )) -> Vec<Item> {
        list.into_iter().enumerate().map(|(n, (content, deflate, descriptor, wide, extra))| Item {
            name: format!("folder/part-{n}.xml"),
            content,
            deflate,
            descriptor,
            wide,
            extra: if extra { vec![0x55, 0x54, 5, 0, 1, 2, 3, 4, 5] } else { Vec::new() },
        }).collect()
    }
}

proptest! {
    #[test]
    fn a_changed_part_leaves_every_other_record_as_it_is(
        items in items(),
        comment in prop::collection::vec(any::<u8>(), 0..40),
        zip64 in any::<bool>(),
        at in any::<prop::sample::Index>(),
        new in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let bytes = build(&items, &comment, zip64);
        let (faults, before) = read(&bytes);
        prop_assert!(faults.is_empty(), "{faults:?}");
        let at = at.index(items.len());
        let out = change(&bytes, vec![
            Change::Replace { entry: at, bytes: new.clone() },
            Change::Add { name: "added.xml".to_owned(), method: DEFLATED, bytes: b"<added/>".to_vec() },
        ]);
        let (faults, after) = read(&out);
        prop_assert!(faults.is_empty(), "{faults:?}");
        prop_assert!(out.ends_with(&comment));
        prop_assert_eq!(after.len(), before.len() + 1);
        for (n, (old, now)) in before.iter().zip(&after).enumerate() {
            prop_assert_eq!(&old.0, &now.0);
            if n == at { prop_assert_eq!(&now.1, &new); } else { prop_assert_eq!(old, now); }
        }
        let added = after.last().unwrap();
        prop_assert_eq!((added.0.as_str(), added.1.as_slice()), ("added.xml", &b"<added/>"[..]));
        // What was changed can be changed back: no field keeps a trace of the way.
        let old = items[at].content.clone();
        let back = change(&change(&bytes, vec![Change::Replace { entry: at, bytes: new }]),
            vec![Change::Replace { entry: at, bytes: old }]);
        let contents = |(_, entries): Read| entries.into_iter().map(|(n, c, _)| (n, c)).collect::<Vec<_>>();
        prop_assert_eq!(contents(read(&back)), contents(read(&bytes)));
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..600), marks in prop::collection::vec(
        (any::<prop::sample::Index>(), prop::sample::select(vec!["PK\x03\x04", "PK\x01\x02", "PK\x05\x06", "PK\x06\x06", "PK\x06\x07"])), 0..6,
    )) {
        let mut bytes = bytes;
        for (at, mark) in marks {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, mark.bytes());
        }
        with(&bytes, |source| {
            for format in [Format::Docx, Format::Epub, Format::Odt] {
                let mut map = Office.map(format, source, &Limits::default()).unwrap();
                let mut at = 0;
                for segment in &map.segments {
                    assert_eq!(segment.range.start, at);
                    at = segment.range.end;
                }
                assert_eq!(at, map.len);
                Office.values(&mut map, source, &Limits::default()).unwrap();
            }
        });
    }

    #[test]
    fn values_of_any_text_come_back(value in "\\PC{0,60}", format in 0usize..4) {
        let (name, slot, bytes) = sample(format);
        let out = put(&bytes, name, slot.clone(), &value).unwrap();
        prop_assert_eq!(get(&out, name, &slot), vec![value.clone()]);
        // A second value takes the place of the first.
        let out = put(&out, name, slot.clone(), "other").unwrap();
        prop_assert_eq!(get(&out, name, &slot), vec!["other".to_owned()]);
    }
}

const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/w.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
const RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="w.xml"/></Relationships>"#;
const CONTAINER: &str = r#"<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="p.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"#;
const META: &str = r#"<office:document-meta xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"><office:meta/></office:document-meta>"#;

fn mimetype(kind: &str) -> Item {
    Item { name: "mimetype".to_owned(), content: kind.as_bytes().to_vec(), ..Item::default() }
}

fn book(package: &str) -> Vec<u8> {
    let items = [mimetype("application/epub+zip"), item("META-INF/container.xml", CONTAINER), item("p.opf", package)];
    build(&items, b"", false)
}

fn opf(version: &str, more: &str) -> String {
    format!("<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"{version}\"{more}><metadata/></package>")
}

fn sample(n: usize) -> (Format, Slot, Vec<u8>) {
    match n {
        0 => {
            let items = [item(TYPES_NAME, TYPES), item("_rels/.rels", RELS), item("w.xml", "<w/>")];
            (Format::Docx, Slot::item("custom", "Key"), build(&items, b"", false))
        }
        1 => (Format::Epub, Slot::item("opf", "Key"), book(&opf("3.0", ""))),
        2 => (Format::Epub, Slot::item("opf", "Key"), book(&opf("2.0", ""))),
        _ => {
            let items = [mimetype("application/vnd.oasis.opendocument.text"), item("meta.xml", META)];
            (Format::Odt, Slot::item("user-defined", "Key"), build(&items, b"", false))
        }
    }
}
const TYPES_NAME: &str = "[Content_Types].xml";

fn put(bytes: &[u8], format: Format, slot: Slot, value: &str) -> Result<Vec<u8>> {
    with(bytes, |source| {
        let map = Office.map(format, source, &Limits::default())?;
        assert!(!map.damaged && map.findings.is_empty(), "{:?}", map.findings);
        let value = NewValue { slot, bytes: value.as_bytes().to_vec() };
        let placed = Office.put(&map, source, &[value], &Limits::default())?;
        let mut out = Vec::new();
        placed.patch.apply(source, &mut out)?;
        Ok(out)
    })
}

fn get(bytes: &[u8], format: Format, slot: &Slot) -> Vec<String> {
    with(bytes, |source| {
        let mut map = Office.map(format, source, &Limits::default()).unwrap();
        let values = Office.values(&mut map, source, &Limits::default()).unwrap();
        assert!(map.findings.is_empty(), "{:?}", map.findings);
        values.into_iter().filter(|v| v.slot == *slot).map(|v| String::from_utf8(v.bytes).unwrap()).collect()
    })
}

fn part(bytes: &[u8], name: &str) -> String {
    let (_, entries) = read(bytes);
    String::from_utf8(entries.into_iter().find(|(n, ..)| n == name).unwrap().1).unwrap()
}

#[test]
fn values_with_markup_and_beyond_ascii_come_back() {
    for n in 0..4 {
        let (format, slot, bytes) = sample(n);
        for value in ["标识 “甲” 'b' \"c\"", "]]> & &amp; <a/> -->", "😀👩‍👩‍👧 tab\tline\nreturn\r", "\u{85}\u{2028}"]
        {
            let out = put(&bytes, format, slot.clone(), value).unwrap();
            assert_eq!(get(&out, format, &slot), [value], "{format:?}");
        }
        let error = put(&bytes, format, slot, "a\u{1}").unwrap_err();
        assert_eq!(error.code(), "office.value");
    }
}

#[test]
fn a_book_declares_the_prefix_once_and_keeps_those_it_has() {
    let slot = Slot::item("opf", "Key");
    let text = |more: &str| part(&put(&book(&opf("3.0", more)), Format::Epub, slot.clone(), "v").unwrap(), "p.opf");
    let url = "http://www.tc260.org.cn/ns/AIGC/1.0/";
    let none = text("");
    assert!(none.starts_with(&format!("<package prefix=\"key: {url}\" xmlns=")), "{none}");
    assert!(none.contains("<metadata><meta property=\"key:Key\">v</meta></metadata>"), "{none}");
    let other = text(" prefix='a: http://a/'");
    assert!(other.contains(&format!("prefix='a: http://a/ key: {url}'")), "{other}");
    let known = text(&format!(" prefix='x: {url}'"));
    assert!(known.contains(&format!("prefix='x: {url}'")) && known.contains("\"x:Key\""), "{known}");
    let taken = text(" prefix='key: http://b/'");
    assert!(taken.contains(&format!("key: http://b/ key1: {url}'")) && taken.contains("\"key1:Key\""), "{taken}");
}

#[test]
fn properties_get_a_free_number_and_the_document_its_entries() {
    let (format, slot, bytes) = sample(0);
    let out = put(&bytes, format, slot.clone(), "v").unwrap();
    assert!(part(&out, "_rels/.rels").contains("Id=\"rId2\""));
    assert!(part(&out, TYPES_NAME).contains("PartName=\"/docProps/custom.xml\""));
    let out = put(&out, format, Slot::item("custom", "More"), "w").unwrap();
    let custom = part(&out, "docProps/custom.xml");
    assert!(custom.contains("pid=\"2\" name=\"Key\"") && custom.contains("pid=\"3\" name=\"More\""), "{custom}");
    assert_eq!(part(&out, "_rels/.rels").matches("custom-properties").count(), 1);
    assert_eq!(part(&out, TYPES_NAME).matches("docProps/custom.xml").count(), 1);
    assert_eq!(get(&out, format, &slot), ["v"]);
}

#[test]
fn declared_encodings_other_than_unicode_get_references() {
    let package = format!("<?xml version='1.0' encoding='ASCII'?>{}", opf("3.0", ""));
    let slot = Slot::item("opf", "Key");
    let out = put(&book(&package), Format::Epub, slot.clone(), "标😀").unwrap();
    assert!(part(&out, "p.opf").contains("&#x6807;&#x1F600;"));
    assert_eq!(get(&out, Format::Epub, &slot), ["标😀"]);
}

#[test]
fn wide_text_is_read_and_not_edited() {
    let text = opf("2.0", "").replace("<metadata/>", "<metadata><meta name='Key' content='标'/></metadata>");
    let wide: Vec<u8> = std::iter::once(0xFEFFu16).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let mut package = item("p.opf", "");
    package.content = wide;
    let items = [mimetype("application/epub+zip"), item("META-INF/container.xml", CONTAINER), package];
    let bytes = build(&items, b"", false);
    let slot = Slot::item("opf", "Key");
    with(&bytes, |source| {
        let mut map = Office.map(Format::Epub, source, &Limits::default()).unwrap();
        let values = Office.values(&mut map, source, &Limits::default()).unwrap();
        assert_eq!(values[0].bytes, "标".as_bytes());
    });
    assert_eq!(put(&bytes, Format::Epub, slot, "v").unwrap_err().code(), "office.part");
}

#[test]
fn stored_values_say_where_they_stand() {
    let text = opf("2.0", "").replace("<metadata/>", "<metadata><meta name='Key' content='abc'/></metadata>");
    let package = Item { name: "p.opf".to_owned(), content: text.into_bytes(), ..Item::default() };
    let items = [mimetype("application/epub+zip"), item("META-INF/container.xml", CONTAINER), package];
    let bytes = build(&items, b"", false);
    with(&bytes, |source| {
        let mut map = Office.map(Format::Epub, source, &Limits::default()).unwrap();
        let values = Office.values(&mut map, source, &Limits::default()).unwrap();
        let at = values[0].plain_at.unwrap() as usize;
        assert_eq!(&bytes[at..at + 3], b"abc");
    });
}

/// Two names of one place would share one hash in a manifest, and the content of one would be free.
#[test]
fn names_that_lead_to_the_same_place_are_no_collection() {
    let collected = |names: &[&str]| {
        let text = |name: &str| if name.ends_with('/') { "" } else { "x" };
        let items: Vec<Item> = names.iter().map(|name| item(name, text(name))).collect();
        with(&build(&items, b"", false), |source| store::collection(source, &Limits::default()))
    };
    let found = collected(&["a/b.xml", "c/", STORE]).unwrap();
    let names: Vec<&str> = found.entries.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!((names, found.directory.len()), (vec!["a/b.xml"], 2));
    for names in [
        &["a/b.xml", "a/b.xml/"][..],
        &["a/b.xml", "a/./b.xml"],
        &["a/b.xml", "a//b.xml"],
        &["a/b.xml", "./a/b.xml"],
        &["a/b.xml", "a/b.xml/."],
        &["a\\b.xml"],
        &["a/b.xml", "/a/b.xml"],
    ] {
        assert_eq!(collected(names).unwrap_err().code(), "office.store_name", "{names:?}");
    }
}
