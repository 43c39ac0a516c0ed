//! Round trips, refusals and arbitrary bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Cursor;

use proptest::prelude::*;

use super::ebml::{self, Header, element};
use super::*;
use crate::container::Patch;

/// Some media: what a cluster holds does not matter here.
fn cluster(fill: u8) -> Vec<u8> {
    let timestamp = element(0xE7, &[fill]);
    let block = element(0xA3, &[&[0x81, 0, 0, 0x80][..], &[fill; 40]].concat());
    element(id::CLUSTER, &[timestamp, block].concat())
}

fn head(doc_type: &str) -> Vec<u8> {
    element(id::EBML, &element(id::DOC_TYPE, doc_type.as_bytes()))
}

fn void(total: u64) -> Vec<u8> {
    if total < 2 {
        return Vec::new();
    }
    let (mut out, payload) = ebml::void(total);
    out.resize(out.len() + payload as usize, 0x55);
    out
}

fn simple(name: &str, value: &str, more: &[u8]) -> Vec<u8> {
    let name = element(id::TAG_NAME, name.as_bytes());
    element(id::SIMPLE_TAG, &[&name, &element(id::TAG_STRING, value.as_bytes()), more].concat())
}

fn with_checksum(payload: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(payload);
    [&element(id::CRC_32, &crc.sum().to_le_bytes()), payload].concat()
}

fn tags(simple: &[u8], checksum: bool) -> Vec<u8> {
    let tag = element(id::TAG, &[&element(id::TARGETS, &[]), simple].concat());
    element(id::TAGS, &if checksum { with_checksum(&tag) } else { tag })
}

/// A Segment of `width` bytes of size; unknown if `known` is not set.
fn segment(payload: &[u8], width: usize, known: bool) -> Vec<u8> {
    let mut out = vec![0x18, 0x53, 0x80, 0x67];
    if known {
        ebml::push_size(&mut out, payload.len() as u64, width);
    } else {
        out.extend([&[0x01][..], &[0xFF; 7]].concat());
    }
    out.extend_from_slice(payload);
    out
}

fn run<T>(bytes: &[u8], act: impl FnOnce(&mut SegmentMap, &mut Source<'_>, &Limits) -> T) -> T {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let mut map = Matroska.map(Format::Matroska, &mut source, &limits).unwrap();
    act(&mut map, &mut source, &limits)
}

fn values(bytes: &[u8]) -> Vec<(String, String)> {
    let show = |v: RawValue| (v.slot.to_string(), String::from_utf8_lossy(&v.bytes).into_owned());
    run(bytes, |map, source, limits| Matroska.values(map, source, limits).unwrap().into_iter().map(show).collect())
}

fn put(bytes: &[u8], value: &str) -> Result<Placed> {
    let value = NewValue { slot: Slot::item("tag", "KEY"), bytes: value.as_bytes().to_vec() };
    run(bytes, |map, source, limits| Matroska.put(map, source, std::slice::from_ref(&value), limits))
}

fn apply(bytes: &[u8], patch: &Patch) -> Vec<u8> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut out = Vec::new();
    patch.apply(&mut Source::new(&mut cursor, &limits).unwrap(), &mut out).unwrap();
    out
}

fn names(bytes: &[u8]) -> Vec<String> {
    run(bytes, |map, _, _| map.segments.iter().map(|s| s.name.clone()).collect())
}

#[test]
fn headers_follow_the_specification() {
    let parse = Header::parse;
    let header = |id, id_len, width, size| Some(Header { id, id_len, width, size });
    assert_eq!(parse(&[0xEC, 0x80]), header(0xEC, 1, 1, Some(0)));
    assert_eq!(parse(&[0xEC, 0xFF]), header(0xEC, 1, 1, None));
    assert_eq!(parse(&[0xEC, 0x40, 0x7F]), header(0xEC, 1, 2, Some(127)));
    assert_eq!(
        parse(&[0x1F, 0x43, 0xB6, 0x75, 0x01, 255, 255, 255, 255, 255, 255, 255]),
        header(id::CLUSTER, 4, 8, None)
    );
    assert_eq!(parse(&[0xEC, 0x01, 255, 255, 255, 255, 255, 255, 254]), header(0xEC, 1, 8, Some((1 << 56) - 2)));
    for no_header in
        [&[][..], &[0xEC], &[0xEC, 0x40], &[0, 0x81], &[0xFF, 0x81], &[0x80, 0x81], &[0xEC, 0], &[8, 1, 1, 1, 1, 0x80]]
    {
        assert_eq!(parse(no_header), None, "{no_header:02x?}");
    }
}

#[test]
fn a_void_has_exactly_the_length_asked_for() {
    for total in (2..70_000).chain([2_097_150, 2_097_151, 2_097_152, 2_097_153, 1 << 40]) {
        let (header, payload) = ebml::void(total);
        assert_eq!(header.len() as u64 + payload, total);
        let read = Header::parse(&header).unwrap();
        assert_eq!((read.id, read.size, read.len()), (id::VOID, Some(payload), header.len()));
    }
}

#[test]
fn the_document_type_decides() {
    let identify = |bytes: &[u8]| {
        let limits = Limits::default();
        let mut cursor = Cursor::new(bytes);
        let head = Head { bytes, extension: None };
        Matroska.identify(&head, &mut Source::new(&mut cursor, &limits).unwrap()).unwrap()
    };
    assert_eq!(identify(&head("webm")), Some(Format::Webm));
    assert_eq!(identify(&head("webm\0\0")), Some(Format::Webm));
    assert_eq!(identify(&head("matroska")), Some(Format::Matroska));
    assert_eq!(identify(&head("something")), None);
    assert_eq!(identify(&element(id::EBML, &[])), Some(Format::Matroska));
    assert_eq!(identify(b"\x1A\x45\xDF"), None);
}

#[test]
fn nested_tags_are_read_with_their_names_as_written() {
    let inner = simple("inner", "b", &[]);
    let body = [tags(&simple("Outer", "a", &inner), true), cluster(1), tags(&simple("x", "c\0d", &[]), false)].concat();
    let file = [head("matroska"), segment(&body, 8, true)].concat();
    let expected = [("tag:Outer", "a"), ("tag:inner", "b"), ("tag:x", "c")];
    assert_eq!(values(&file), expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
}

#[test]
fn a_second_string_in_one_tag_is_read_too() {
    let tag = element(
        id::SIMPLE_TAG,
        &[element(id::TAG_STRING, b"1"), element(id::TAG_NAME, b"n"), element(id::TAG_STRING, b"2")].concat(),
    );
    let file = [head("webm"), segment(&tags(&tag, false), 8, true)].concat();
    assert_eq!(values(&file).into_iter().map(|(_, v)| v).collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn clusters_of_unknown_size_end_where_something_else_begins() {
    let block = element(0xA3, &[0x81, 0, 0, 0x80, 1, 2, 3]);
    let group = [&[0xA0, 0xFF][..], &element(0xA1, &[0x81, 0, 0, 0, 9])].concat();
    // The bytes of an ID inside a block are no element.
    let trap = element(0xA3, &[&[0x81, 0, 0, 0x80][..], &id::TAGS.to_be_bytes(), &[0x80]].concat());
    let live = [&[0x1F, 0x43, 0xB6, 0x75, 0xFF][..], &block, &group, &trap, &void(9)].concat();
    let file = |last: &[u8]| {
        let body = [&live[..], &live, &element(id::CUES, &[]), &live, last].concat();
        [head("webm"), segment(&body, 8, false)].concat()
    };
    assert_eq!(names(&file(&[])), ["EBML", "Segment", "Cluster", "Cues", "Cluster"]);
    let labelled = apply(&file(&[]), &put(&file(&[]), "v").unwrap().patch);
    assert_eq!(names(&labelled), ["EBML", "Segment", "Cluster", "Cues", "Cluster", "Tags"]);
    let chained = file(&[head("webm"), segment(&live, 8, false)].concat());
    assert_eq!(names(&chained)[5..], ["EBML", "Segment", "Cluster"]);
    assert!(put(&chained, "v").is_err());
}

#[test]
fn what_is_unreadable_is_skipped_and_said() {
    let body = [cluster(1), vec![0; 100], tags(&simple("n", "v", &[]), false), cluster(2)].concat();
    let file = [head("webm"), segment(&body, 8, true)].concat();
    assert_eq!(names(&file), ["EBML", "Segment", "Cluster", "unreadable", "Tags", "Cluster"]);
    run(&file, |map, _, _| {
        assert!(map.damaged);
        assert_eq!(map.findings.len(), 1);
    });
    assert_eq!(values(&file).len(), 1);
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    let nested = simple("other", "x", &simple("KEY", "old", &simple("below", "y", &[])));
    for (after, longer) in [(void(200), true), (Vec::new(), false)] {
        let body = [tags(&nested, true), after, cluster(1)].concat();
        let file = [head("webm"), segment(&body, 8, true)].concat();
        for value in ["", "o", "ol", "new", &"n".repeat(130)] {
            if value.len() > 3 && !longer {
                assert!(put(&file, value).is_err());
                continue;
            }
            let out = apply(&file, &put(&file, value).unwrap().patch);
            assert_eq!(out.len(), file.len());
            assert_eq!(
                values(&out),
                [("other", "x"), ("KEY", value), ("below", "y")].map(|(k, v)| (format!("tag:{k}"), v.to_owned()))
            );
            assert!(run(&out, |map, source, limits| {
                Matroska.values(map, source, limits).unwrap();
                map.findings.is_empty() && !map.damaged
            }));
        }
    }
}

#[test]
fn the_size_of_the_segment_has_to_fit_its_field() {
    let body = [cluster(1), cluster(2)].concat();
    let file = [head("webm"), segment(&body, 1, true)].concat();
    assert_eq!(put(&file, &"v".repeat(60)).unwrap_err().code(), "matroska.segment_size");
    let file = [head("webm"), segment(&with_checksum(&body), 8, true)].concat();
    assert_eq!(put(&file, "v").unwrap_err().code(), "matroska.segment_checksum");
}

/// What may stand in a Segment, and how much Void behind it.
#[derive(Debug, Clone)]
struct Plan {
    seek: Option<(bool, u64)>,
    front: Option<(bool, u64)>,
    void: u64,
    back: Option<(bool, u64)>,
    known: bool,
    trailing: bool,
    value: usize,
}

fn plans() -> impl Strategy<Value = Plan> {
    let part = || proptest::option::of((any::<bool>(), prop_oneof![0u64..400, 0u64..40]));
    let void = prop_oneof![Just(0u64), 0u64..400];
    (part(), part(), void, part(), any::<bool>(), any::<bool>(), 0usize..300).prop_map(
        |(seek, front, void, back, known, trailing, value)| {
            // Nothing can trail a Segment of unknown size.
            Plan { seek, front, void, back, known, trailing: trailing && known, value }
        },
    )
}

impl Plan {
    fn build(&self) -> Vec<u8> {
        let mut body = Vec::new();
        if let Some((checksum, room)) = self.seek {
            let entry = [element(id::SEEK_ID, &id::INFO.to_be_bytes()), element(id::SEEK_POSITION, &[1])].concat();
            let entry = element(id::SEEK, &entry);
            body.extend(element(id::SEEK_HEAD, &if checksum { with_checksum(&entry) } else { entry }));
            body.extend(void(room));
        }
        body.extend(element(id::INFO, &element(id::TITLE, b"t")));
        if let Some((checksum, room)) = self.front {
            body.extend(tags(&simple("FRONT", "f", &[]), checksum));
            body.extend(void(room));
        }
        body.extend(element(id::TRACKS, &[]));
        body.extend(void(self.void));
        body.extend([cluster(1), cluster(2), element(id::CUES, &[7; 20])].concat());
        if let Some((checksum, room)) = self.back {
            body.extend(tags(&simple("BACK", "b", &[]), checksum));
            body.extend(void(room));
        }
        let mut file = [head("webm"), segment(&body, 8, self.known)].concat();
        if self.trailing {
            file.extend_from_slice(b"\0trailing");
        }
        file
    }
}

proptest! {
    #[test]
    fn whatever_the_layout_nothing_else_moves(plan in plans()) {
        let file = plan.build();
        let value = "v".repeat(plan.value);
        let placed = put(&file, &value).unwrap();
        let out = apply(&file, &placed.patch);
        let before = run(&file, |map, _, _| map.clone());
        let (after, read) = run(&out, |map, source, limits| {
            let read = Matroska.values(map, source, limits).unwrap();
            (map.clone(), read)
        });
        let trailing = usize::from(plan.trailing);
        prop_assert!(!after.damaged && after.findings.len() == trailing, "{:?}", after.findings);
        prop_assert_eq!(after.essence(), before.essence());
        for range in before.essence() {
            let range = range.start as usize..range.end as usize;
            prop_assert_eq!(&out[range.clone()], &file[range]);
        }
        for name in ["Info", "Tracks", "Cues"] {
            prop_assert_eq!(after.first(name), before.first(name));
        }
        let of = |key: &str| -> Vec<Vec<u8>> {
            read.iter().filter(|v| v.slot == Slot::item("tag", key)).map(|v| v.bytes.clone()).collect()
        };
        prop_assert_eq!(of("KEY"), [value.into_bytes()]);
        prop_assert_eq!(of("FRONT").len(), usize::from(plan.front.is_some()));
        prop_assert_eq!(of("BACK").len(), usize::from(plan.back.is_some()));

        // A label behind the clusters is in the index, or it is said that it is not.
        let at = read.iter().find(|v| v.slot == Slot::item("tag", "KEY")).unwrap().range.start;
        let tags = after.segments.iter().find(|s| s.range.contains(&at)).unwrap().range.start;
        let data = before.segments[1].range.end;
        let position = (tags - data).to_be_bytes();
        let position: Vec<u8> = position.into_iter().skip_while(|b| *b == 0).collect();
        let entry = [element(id::SEEK_ID, &id::TAGS.to_be_bytes()), element(id::SEEK_POSITION, &position)].concat();
        let indexed = out.windows(entry.len()).any(|w| w == entry);
        let late = tags > before.essence()[0].start;
        prop_assert_eq!(late && !indexed, !placed.notes.is_empty());

        let again = put(&out, &"v".repeat(plan.value)).unwrap();
        prop_assert!(again.patch.is_empty(), "{:?}", again.patch);
    }

    #[test]
    fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400), cut in 0usize..60) {
        let start = [head("webm"), segment(&tags(&simple("a", "b", &[]), true), 8, false)].concat();
        for file in [bytes.clone(), [&start[..cut.min(start.len())], &bytes].concat(), [&start[..], &bytes].concat()] {
            run(&file, |map, source, limits| {
                let covered = map.segments.iter().fold(0, |at, s| { assert_eq!(s.range.start, at); s.range.end });
                assert_eq!(covered, file.len() as u64);
                let _ = Matroska.values(map, source, limits);
            });
            let _ = put(&file, "value");
        }
    }

    #[test]
    fn sizes_read_back(value in 0u64..(1 << 56) - 1, more in 0usize..8) {
        let width = (ebml::width_of(value) + more).min(8);
        let mut bytes = vec![0xEC];
        ebml::push_size(&mut bytes, value, width);
        prop_assert_eq!(Header::parse(&bytes), Some(Header { id: id::VOID, id_len: 1, width, size: Some(value) }));
    }
}
