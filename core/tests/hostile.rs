//! Files made to hurt, one for each trick: a typed error or a named finding, within one second
//! and 64 MiB of heap for at most 1 MiB of input.
#![allow(
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;
#[path = "hostile/full_size.rs"]
mod full_size;
mod r#gen;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use biaoshi::{Explicit, Format, Inspection, Label, Labeler, Lang, Placement, Profile, Report, Result, Status};
use common::{codes, label, picture, plain, png_chunk};
use r#gen::jpeg::{extended, segment, xmp_segment};
use r#gen::png::{deflate, itxt};
use r#gen::webp::{chunk as riff_chunk, riff, vp8x};
use r#gen::xmp::with_label;

#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);
static ONE: Mutex<()> = Mutex::new(());
const BOUND: usize = 64 << 20;

/// One test at a time: the heap is counted for the whole process.
fn alone() -> MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs `work` under the bounds of facts 4.2.
fn bounded<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let before = HEAP.allocated();
    let peak = HEAP.max_allocated();
    let started = Instant::now();
    let out = work();
    let (took, most) = (started.elapsed(), HEAP.max_allocated());
    assert!(took < Duration::from_secs(1), "{name} took {took:?}");
    assert!(most <= peak.max(before + BOUND), "{name} took {} MiB", (most - before) >> 20);
    out
}

struct Seen {
    verify: Result<Report>,
    inspect: Result<Inspection>,
    label: Result<(Vec<u8>, biaoshi::Receipt)>,
}

fn look(name: &str, bytes: &[u8]) -> Seen {
    assert!(bytes.len() <= 1 << 20, "{name} is too large to prove anything");
    let inspect = bounded(name, || biaoshi::inspect(bytes));
    let verify = bounded(name, || biaoshi::verify(bytes));
    let label = bounded(name, || plain().label_bytes(bytes, &label()));
    Seen { verify, inspect, label }
}

/// Expects this finding from the verifier and this error (empty: none) from the labeler.
fn expect(name: &str, bytes: &[u8], finding: &str, error: &str) -> Report {
    let seen = look(name, bytes);
    let report = seen.verify.unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(finding.is_empty() || report.has(finding), "{name}: wanted {finding}, got {:?}", codes(&report));
    match seen.label {
        Ok(_) => assert_eq!(error, "", "{name}: was labelled"),
        Err(e) => assert_eq!(e.code(), error, "{name}: {e}"),
    }
    assert!(seen.inspect.is_ok(), "{name}");
    report
}

/// Expects this error from all three.
fn expect_error(name: &str, bytes: &[u8], code: &str) {
    let seen = look(name, bytes);
    for got in [seen.verify.err(), seen.inspect.err(), seen.label.err()] {
        assert_eq!(got.map(|e| e.code()), Some(code), "{name}");
    }
}

fn png_with(chunks: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = picture(Format::Png, 24, 16, 1);
    bytes.splice(33..33, chunks.concat());
    bytes
}

fn jpeg_with(segments: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = picture(Format::Jpeg, 24, 16, 1);
    bytes.splice(2..2, segments.concat());
    bytes
}

fn webp_with(chunks: &[Vec<u8>]) -> Vec<u8> {
    let (kind, data) = r#gen::webp::picture((24, 16), 1, false, false);
    let mut body = vp8x(0x04, (24, 16));
    body.extend(riff_chunk(&kind, &data));
    body.extend(chunks.concat());
    riff(&body)
}

fn png_xmp(packet: &[u8]) -> Vec<u8> {
    png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\0\0\0\0".as_slice(), packet].concat())
}

/// A packet in each of the three formats.
fn everywhere(packet: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut out = vec![("PNG", png_with(&[png_xmp(packet)])), ("WebP", webp_with(&[riff_chunk(b"XMP ", packet)]))];
    if packet.len() < 65_000 {
        out.push(("JPEG", jpeg_with(&[xmp_segment(packet)])));
    }
    out
}

fn json(id: &str) -> String {
    format!(
        r#"{{"Label":"1","ContentProducer":"acme","ProduceID":"{id}","ReservedCode1":"","ContentPropagator":"acme","PropagateID":"{id}","ReservedCode2":""}}"#
    )
}

/// A gigabyte of zeros, deflated.
fn bomb() -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let block = [0u8; 1 << 16];
    for _ in 0..(1 << 12) {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn png_text_bombs() {
    let _one = alone();
    let mut bomb = bomb();
    bomb.truncate(900_000);
    let ztxt = png_chunk(b"zTXt", &[b"Comment\0\0".as_slice(), &bomb].concat());
    expect("zTXt", &png_with(&[ztxt]), "file.value_unreadable", "");
    let compressed = png_chunk(b"iTXt", &[b"Comment\0\x01\0\0\0".as_slice(), &bomb].concat());
    expect("iTXt", &png_with(&[compressed]), "file.value_unreadable", "");
    // In the label's own place the packet can't be read, so it can't be added to, and is not lost.
    let packet = png_chunk(b"iTXt", &[b"XML:com.adobe.xmp\0\x01\0\0\0".as_slice(), &bomb].concat());
    expect("XMP", &png_with(&[packet]), "file.value_unreadable", "file.malformed_for_writing");
    let second = [png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0no deflate"), png_xmp(&with_label(&json("a")))];
    expect("the first of two can't be read", &png_with(&second), "file.value_unreadable", "label.exists");
    let two = [
        png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\x01\0\0\0no deflate"),
        png_xmp(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"),
    ];
    expect("the first of two can't be read", &png_with(&two), "file.value_unreadable", "file.malformed_for_writing");
}

#[test]
fn png_many_small_bombs_share_one_budget() {
    let _one = alone();
    // Each stays below the ratio of 200 by padding with what does not compress.
    let noise: Vec<u8> = (0..5_400u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).take(4_300).collect();
    let mut text = noise;
    text.resize(1_000_000, b' ');
    let one = png_chunk(b"zTXt", &[b"Comment\0\0".as_slice(), &deflate(&text)].concat());
    let many = vec![one; 120];
    expect_error("120 zTXt of 1 MB", &png_with(&many), "limit");
}

#[test]
fn too_many_chunks() {
    let _one = alone();
    let chunk = png_chunk(b"abCd", b"");
    expect_error("65,537 chunks", &png_with(&vec![chunk; 65_537]), "limit");
    let segments = vec![vec![0xFF, 0xE5, 0, 2]; 65_537];
    expect_error("65,537 segments", &jpeg_with(&segments), "limit");
    expect_error("65,537 RIFF chunks", &webp_with(&vec![riff_chunk(b"abcd", b""); 65_537]), "limit");
}

#[test]
fn tens_of_thousands_of_labels_cost_no_more_than_one() {
    let _one = alone();
    let text = png_chunk(b"tEXt", b"AIGC\0{\"Label\":1}");
    expect_error("PNG texts", &png_with(&vec![text; 30_000]), "limit");
    let comment = segment(0xFE, b"AIGC{\"Label\":\"1\"}");
    expect_error("JPEG comments", &jpeg_with(&vec![comment; 40_000]), "limit");
    let property = "<a:AIGC>x</a:AIGC>".repeat(45_000);
    let packet = format!(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" xmlns:a=\"b\">{property}</rdf:Description></rdf:RDF>"
    );
    expect_error("XMP properties", &webp_with(&[riff_chunk(b"XMP ", packet.as_bytes())]), "limit");
    let source = "<a:DigitalSourceType>x</a:DigitalSourceType>".repeat(20_000);
    let packet = format!(
        "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description rdf:about=\"\" xmlns:a=\"http://iptc.org/std/Iptc4xmpExt/2008-02-29/\">{source}</rdf:Description></rdf:RDF>"
    );
    let seen = look("source types", &png_with(&[png_xmp(packet.as_bytes())]));
    assert_eq!(seen.verify.err().map(|e| e.code()), Some("limit"));
}

#[test]
fn many_findings_stay_within_the_bounds() {
    let _one = alone();
    let mut wrong = png_chunk(b"tEXt", b"x");
    *wrong.last_mut().unwrap() ^= 1;
    let seen = look("broken text chunks", &png_with(&vec![wrong; 65_000]));
    match seen.verify {
        Ok(report) => assert!(report.has("file.checksum")),
        Err(e) => assert_eq!(e.code(), "limit"),
    }
}

#[test]
fn png_lengths() {
    let _one = alone();
    for (length, code) in
        [(0x8000_0000u32, "file.malformed"), (0xFFFF_FFFF, "file.malformed"), (0x7FFF_FFFF, "file.truncated")]
    {
        let mut bytes = picture(Format::Png, 24, 16, 1);
        bytes.splice(33..33, [&length.to_be_bytes()[..], b"tEXtAIGC\0x"].concat());
        let report = expect("length", &bytes, code, "file.damaged");
        assert!(!report.carries_intact_label());
    }
}

#[test]
fn headers_that_lie_about_the_canvas() {
    let _one = alone();
    let mut png = picture(Format::Png, 24, 16, 1);
    png[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    let sum = common::crc(&png[12..29]).to_be_bytes();
    png[29..33].copy_from_slice(&sum);
    let mut jpeg = picture(Format::Jpeg, 24, 16, 1);
    let sof = jpeg.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    jpeg[sof + 5..sof + 9].copy_from_slice(&[0xFF; 4]);
    let (kind, data) = r#gen::webp::picture((24, 16), 1, false, false);
    let webp = riff(&[vp8x(0, (1 << 24, 1 << 24)), riff_chunk(&kind, &data)].concat());
    let mut lossless = data.clone();
    lossless[1..5].copy_from_slice(&[0xFF, 0xFF, 0xFF, 0x0F]);
    let simple = riff(&riff_chunk(b"VP8L", &lossless));
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::corner(Placement::BottomRight));
    for (name, bytes, wanted) in [
        ("PNG", png, ["limit", "codec.pixels_malformed"]),
        ("JPEG", jpeg, ["limit", "codec.pixels_malformed"]),
        ("WebP canvas", webp, ["limit", "codec.pixels_malformed"]),
        ("WebP frame", simple, ["limit", "codec.pixels_malformed"]),
    ] {
        let started = Instant::now();
        // A decoder may hold what `pixel_bytes` allows; here it is told 32 MiB.
        let mut limits = biaoshi::Limits::server();
        limits.pixel_bytes = 32 << 20;
        let before = (HEAP.allocated(), HEAP.max_allocated());
        let error = labeler.clone().limits(limits).label_bytes(&bytes, &label()).unwrap_err();
        assert!(wanted.contains(&error.code()), "{name}: {error}");
        assert!(HEAP.max_allocated() <= before.1.max(before.0 + BOUND), "{name}");
        assert!(started.elapsed() < Duration::from_secs(1), "{name}");
    }
}

#[test]
fn xml_tricks() {
    let _one = alone();
    let rdf =
        |inner: &str| format!("<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">{inner}</rdf:RDF>");
    let laughs = format!(
        "<!DOCTYPE x [<!ENTITY a \"{}\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>{}",
        "lol".repeat(1000),
        rdf("<rdf:Description>&b;</rdf:Description>")
    );
    let entity = rdf("<rdf:Description xmlns:a=\"b\"><a:b>&nbsp;</a:b></rdf:Description>");
    let deep = rdf(&format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000)));
    let attributes: String = (0..80_000).map(|n| format!(" a{n}=\"\"")).collect();
    let wide = rdf(&format!("<rdf:Description{attributes}/>"));
    let prefixes: String = (0..40_000).map(|n| format!(" xmlns:a{n}=\"b\"")).collect();
    let bound = rdf(&format!("<rdf:Description{prefixes}/>"));
    let open = format!("{}<", rdf("").repeat(2));
    for (name, packet, error) in [
        ("doctype", laughs, "xmp.doctype"),
        ("entity", entity, "xmp.entity"),
        ("nesting", deep, "limit"),
        ("attributes", wide, "limit"),
        ("declarations", bound, "limit"),
        ("unclosed", open, "xmp.syntax"),
    ] {
        for (format, bytes) in everywhere(packet.as_bytes()) {
            expect(&format!("{name} in {format}"), &bytes, "xmp.malformed", error);
        }
    }
}

#[test]
fn packets_where_none_is_due() {
    let _one = alone();
    let label_packet = with_label(&json("one"));
    let other = with_label(&json("two"));
    let report = expect(
        "two in PNG",
        &png_with(&[png_xmp(&label_packet), png_xmp(&other)]),
        "xmp.several_packets",
        "label.exists_conflict",
    );
    assert!(report.has("label.conflict") && !report.carries_intact_label());
    let report = expect(
        "two in JPEG",
        &jpeg_with(&[xmp_segment(&label_packet), xmp_segment(&other)]),
        "xmp.several_packets",
        "label.exists_conflict",
    );
    assert!(!report.carries_intact_label());
    let chunks = [riff_chunk(b"XMP ", &label_packet), riff_chunk(b"XMP ", &other)];
    expect("two in WebP", &webp_with(&chunks), "xmp.several_packets", "label.exists_conflict");
    // Behind the end of the picture nothing is this file's label.
    for format in common::FORMATS {
        let mut bytes = picture(format, 24, 16, 1);
        bytes.extend(match format {
            Format::Png => png_xmp(&label_packet),
            Format::Jpeg => xmp_segment(&label_packet),
            _ => riff_chunk(b"XMP ", &label_packet),
        });
        let report = expect("behind the end", &bytes, "file.trailing_data", "");
        assert_eq!(report.status, Status::None, "{format:?}");
        assert!(report.evidence.is_empty());
    }
}

#[test]
fn a_second_picture_and_an_archive_behind_the_end() {
    let _one = alone();
    let labelled = plain().label_bytes(&picture(Format::Jpeg, 24, 16, 2), &label()).unwrap().0;
    for format in common::FORMATS {
        for tail in [labelled.clone(), b"PK\x03\x04\x14\0\0\0\0\0AIGC{\"Label\":\"1\"}".to_vec()] {
            let mut bytes = picture(format, 24, 16, 1);
            bytes.extend(&tail);
            let report = expect("tail", &bytes, "file.trailing_data", "");
            assert_eq!(report.status, Status::None, "{format:?}: a label of something else");
            let out = plain().label_bytes(&bytes, &label()).unwrap().0;
            assert!(out.ends_with(&tail), "{format:?}: the tail stays");
            let here = biaoshi::verify(&out).unwrap().evidence.iter().filter(|e| e.label.is_some()).count();
            assert_eq!(here, 1);
        }
    }
}

#[test]
fn extended_xmp_that_lies() {
    let _one = alone();
    let guid = b"0123456789ABCDEF0123456789ABCDEF";
    let body = with_label(&json("hidden"));
    let total = body.len() as u32;
    for (name, parts) in [
        ("total too large", vec![extended(guid, u32::MAX, 0, &body)]),
        ("total too small", vec![extended(guid, total - 1, 0, &body)]),
        ("overlap", vec![extended(guid, total, 0, &body), extended(guid, total, 10, &body[10..])]),
        ("hole", vec![extended(guid, total + 10, 0, &body[..50]), extended(guid, total + 10, 60, &body[50..])]),
        ("offset at the end of numbers", vec![extended(guid, total, u32::MAX, &body)]),
        ("no header", vec![segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0short")]),
        ("two totals", vec![extended(guid, total, 0, &body[..50]), extended(guid, total + 1, 50, &body[50..])]),
    ] {
        let bytes = jpeg_with(&parts);
        let report = biaoshi::verify(&bytes).unwrap();
        assert!(report.has("file.value_unreadable"), "{name}");
        assert!(!report.carries_intact_label(), "{name}");
        // What can't be joined and speaks of a label is a mark, and nothing is written beside it.
        let speaks = parts.iter().any(|part| part.windows(4).any(|w| w == b"AIGC"));
        assert_eq!(report.status == Status::None, !speaks, "{name}: {:?}", report.status);
        assert_eq!(plain().label_bytes(&bytes, &label()).is_err(), speaks, "{name}");
    }
    // Many groups that don't join cost no more than their bytes.
    let many: Vec<Vec<u8>> = (0..6_000u32)
        .map(|n| extended(format!("{n:032}").as_bytes().try_into().unwrap(), 500, 0, b"<x:y AIGC/>"))
        .collect();
    let _ = biaoshi::verify(&jpeg_with(&many));
    // A group that is broken does not count the one that is whole twice.
    let mixed = [extended(guid, total, 0, &body), extended(b"FEDCBA9876543210FEDCBA9876543210", 99, 0, b"<a/>")];
    let report = biaoshi::verify(&jpeg_with(&mixed)).unwrap();
    assert!(!report.has("label.duplicate"));
    let report = expect(
        "a label in the extension only",
        &jpeg_with(&[extended(guid, total, 0, &body)]),
        "label.wrong_slot",
        "label.exists",
    );
    assert!(!report.carries_intact_label());
}

#[test]
fn exif_loops_and_counts() {
    let _one = alone();
    let ifd = |entries: &[[u8; 12]], next: u32| {
        let mut out = b"II*\0\x08\0\0\0".to_vec();
        out.extend((entries.len() as u16).to_le_bytes());
        out.extend(entries.concat());
        out.extend(next.to_le_bytes());
        out
    };
    let entry = |tag: u16, kind: u16, count: u32, value: u32| -> [u8; 12] {
        [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value.to_le_bytes()]
            .concat()
            .try_into()
            .unwrap()
    };
    let cycle = ifd(&[entry(0x8769, 4, 1, 8)], 8);
    let counts = ifd(
        &[entry(0x010E, 2, u32::MAX, 8), entry(0x9286, 7, 0x8000_0000, 8), entry(0x010F, 12, 0x2000_0001, 8)],
        u32::MAX,
    );
    let mut many = ifd(&[], 0)[..8].to_vec();
    many.extend(0xFFFFu16.to_le_bytes());
    many.resize(60_000, 0);
    for (name, block, finding) in [
        ("cycle", &cycle, ""),
        ("counts", &counts, ""),
        ("65,535 entries", &many, "exif.malformed"),
        ("header", &b"XX*\0".to_vec(), "exif.malformed"),
    ] {
        let report = expect(name, &jpeg_with(&[segment(0xE1, &[b"Exif\0\0".as_slice(), block].concat())]), finding, "");
        assert_eq!(report.status, Status::None, "{name}");
        expect(name, &png_with(&[png_chunk(b"eXIf", block)]), finding, "");
        expect(name, &webp_with(&[riff_chunk(b"EXIF", block)]), finding, "");
    }
    // Entries that share one long text: the sum of what they say they hold is bounded.
    let shared: Vec<[u8; 12]> = (0..500).map(|_| entry(0x010E, 2, 9_000, 6_100)).collect();
    let mut block = ifd(&shared, 0);
    block.resize(16_000, b'A');
    expect_error("60 blocks of shared texts", &png_with(&vec![png_chunk(b"eXIf", &block); 60]), "limit");
}

#[test]
fn jpeg_markers() {
    let _one = alone();
    let start = [0xFF, 0xD8];
    let fill = [&start[..], &vec![0xFF; 1_000_000]].concat();
    expect("endless fill", &fill, "file.truncated", "file.damaged");
    let good = picture(Format::Jpeg, 24, 16, 1);
    let filled = [&start[..], &vec![0xFF; 900_000], &good[2..]].concat();
    expect("long fill", &filled, "", "");
    for (length, finding) in [(0u16, "file.malformed"), (1, "file.malformed"), (0xFFFF, "file.truncated")] {
        let bytes = [&start[..], &[0xFF, 0xE1], &length.to_be_bytes(), &[0; 20]].concat();
        expect("length", &bytes, finding, "file.damaged");
    }
    expect("FF 00", &[&start[..], &[0xFF, 0x00, 0xFF, 0xD9]].concat(), "file.malformed", "file.damaged");
    expect("no marker", &[&start[..], &[0xFF, 0xE5, 0, 2, b'x']].concat(), "file.malformed", "file.damaged");
    expect("no scan", &[&start[..], &[0xFF, 0xD9]].concat(), "file.malformed", "file.damaged");
    expect("only starts", &[&start[..], &[0xFF, 0xD8].repeat(30_000)].concat(), "file.truncated", "file.damaged");
}

#[test]
fn webp_sizes() {
    let _one = alone();
    let good = picture(Format::Webp, 24, 16, 1);
    for (name, at, value, finding) in [
        ("RIFF of all ones", 4, u32::MAX, "file.truncated"),
        ("RIFF of nothing", 4, 0, "file.malformed"),
        ("RIFF of 3", 4, 3, "file.malformed"),
        ("chunk of all ones", 16, u32::MAX, "file.malformed"),
        ("chunk of all ones but one", 16, u32::MAX - 1, "file.malformed"),
        ("chunk of 2^31", 16, 1 << 31, "file.malformed"),
    ] {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        expect(name, &bytes, finding, "file.damaged");
    }
    let (kind, data) = r#gen::webp::picture((24, 16), 1, false, false);
    for size in [0usize, 4, 9] {
        let short =
            riff(&[riff_chunk(b"VP8X", &vec![0; size]), riff_chunk(b"ABCD", b""), riff_chunk(&kind, &data)].concat());
        expect("short extended header", &short, "file.malformed", "file.damaged");
    }
    // The extended header stands behind the packet: odd, and nothing may be lost by it.
    let late = riff(
        &[riff_chunk(b"XMP ", b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"), vp8x(0, (24, 16)), riff_chunk(&kind, &data)]
            .concat(),
    );
    let seen = look("late header", &late);
    assert!(!matches!(seen.label, Err(biaoshi::Error::Internal(_))), "{:?}", seen.label.err());
}

#[test]
fn labels_of_hostile_json() {
    let _one = alone();
    let good = json("a");
    let twice = good.replace("\"Label\":\"1\"", "\"Label\":\"1\",\"Label\":\"3\"");
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep_object = format!("{}1{}", "{\"AIGC\":".repeat(20_000), "}".repeat(20_000));
    let long = json(&"x".repeat((64 << 10) + 1));
    for (name, text) in [
        ("duplicate keys", twice),
        ("deep arrays", deep),
        ("deep objects", deep_object),
        ("64 KiB and more", long),
        ("not closed", good[..40].to_owned()),
    ] {
        let report =
            expect(name, &png_with(&[png_xmp(&with_label(&text))]), "label.malformed", "label.exists_unreadable");
        assert_eq!(report.status, Status::Inconclusive, "{name}");
        let report = expect(
            name,
            &png_with(&[png_chunk(b"tEXt", &[b"AIGC\0".as_slice(), text.as_bytes()].concat())]),
            "label.malformed",
            "label.exists_unreadable",
        );
        assert!(!report.carries_intact_label());
        if text.len() < 60_000 {
            expect(name, &jpeg_with(&[xmp_segment(&with_label(&text))]), "label.malformed", "label.exists_unreadable");
        }
    }
}

const INJECTIONS: [&str; 7] = [
    "\u{1b}[31mred\u{1b}[0m",
    "\u{202e}gnp.exe\u{202c}",
    "\u{2066}isolate\u{2069}",
    "a\r\nfake: line",
    "zero\u{200b}width\u{feff}",
    "tag\u{e0041}\u{fe0f}",
    "bell\u{7}\u{9b}",
];

/// Nothing in a text for people acts on a terminal or turns the line round.
fn harmless(name: &str, text: &str) {
    assert!(!text.chars().any(biaoshi::message::is_unsafe_to_show), "{name}: {text:?}");
}

#[test]
fn strings_from_files_come_out_escaped() {
    let _one = alone();
    let mut spoken = 0;
    for hostile in INJECTIONS {
        for key in [
            "Label",
            "ContentProducer",
            "ProduceID",
            "ReservedCode1",
            "ContentPropagator",
            "PropagateID",
            "ReservedCode2",
            "Other",
        ] {
            let mut value: serde_json::Value = serde_json::from_str(&json("a")).unwrap();
            value[key] = hostile.into();
            value[hostile] = "key".into();
            let text = value.to_string();
            let latin = png_chunk(b"tEXt", &[hostile.as_bytes(), b"\0", text.as_bytes()].concat());
            for bytes in [
                png_with(&[png_chunk(b"iTXt", &[b"AIGC\0\0\0\0\0".as_slice(), text.as_bytes()].concat()), latin]),
                jpeg_with(&[segment(0xFE, format!("AIGC{text}").as_bytes())]),
                webp_with(&[riff_chunk(b"EXIF", &r#gen::exif(1, &format!("{{\"AIGC\":{text}}}"), false))]),
            ] {
                let seen = look("injection", &bytes);
                let report = seen.verify.unwrap();
                assert!(report.evidence.iter().any(|e| e.label.is_some()), "the label was not found");
                for finding in &report.findings {
                    for lang in [Lang::En, Lang::Zh] {
                        harmless(finding.code(), &finding.text(lang));
                        harmless(finding.code(), &finding.hint(lang));
                        spoken += 1;
                    }
                }
                for found in report.document(Lang::En).findings {
                    harmless(&found.code, &found.message);
                }
                let error = seen.label.unwrap_err();
                harmless("label", &error.to_string());
                for (code, text) in seen.inspect.unwrap().findings {
                    harmless(&code, &text);
                }
            }
        }
        for error in [
            plain().label_bytes(&picture(Format::Png, 24, 16, 1), &Label::new(hostile)).unwrap_err(),
            plain().label_file(hostile, "out", &label(), false).unwrap_err(),
        ] {
            for lang in [Lang::En, Lang::Zh] {
                harmless(error.code(), &error.text(lang));
            }
        }
    }
    assert!(spoken > 1000);
    // Structure: chunk and segment names are bytes of the file too.
    let mut bytes = picture(Format::Png, 24, 16, 1);
    bytes.splice(33..33, [&8u32.to_be_bytes()[..], b"\x1b[31aaaaaaaa"].concat());
    let report = expect("chunk name", &bytes, "file.malformed", "file.damaged");
    report.findings.iter().for_each(|f| harmless("chunk name", &f.text(Lang::En)));
    let text = itxt("Comment", false, "x".as_bytes());
    assert!(biaoshi::verify(&png_with(&[text])).unwrap().evidence.is_empty());
}
