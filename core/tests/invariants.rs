//! What holds for every file: I1 to I15 of the test plan, over files rich in structure.
//!
//! I3 is the inverse of the patch (there is no way to remove a label), I5 a refusal (labels are
//! never overwritten). I13 and I14 have no test here: there are no text formats yet, and 32-bit
//! runs are another target of the same tests.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;
mod r#gen;

use std::io::Cursor;

use biaoshi::carrier::{IPTC_NAMESPACE, TC260_NAMESPACE};
use biaoshi::container::Slot;
use biaoshi::metadata::xmp as packets;
use biaoshi::{
    Aigc, Error, Explicit, Format, Integrity, Label, LabelFields, Labeler, Level, Limits, Placement, Profile, Verifier,
};
use common::{label, plain};
use r#gen::io::{Chunked, Failing, Fuse, Pace};
use r#gen::{Made, any_file, probe};
use proptest::prelude::*;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, max_shrink_iters: 400, failure_persistence: None, ..ProptestConfig::default() }
}

/// Labels a generated file. Its pictures decode, and it is not damaged, so nothing but the room in
/// a JPEG segment can stand against it.
fn labelled(file: &Made) -> Vec<u8> {
    plain().label_bytes(&file.bytes, &label()).unwrap_or_else(|e| panic!("{e} ({})", e.code())).0
}

/// A WebP whose header announces a chunk that is not there: some decoders refuse it.
fn odd_flags(file: &Made) -> bool {
    file.format == Format::Webp && !file.what.contains("wrong_flags: 0")
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn i1_pixels_are_equal(file in any_file()) {
        let before = probe::decode(&file.bytes);
        prop_assert!(before.is_some() || odd_flags(&file), "the generator made a file that does not decode");
        if before.is_some() {
            prop_assert_eq!(probe::decode(&labelled(&file)), before);
        }
    }

    #[test]
    fn i2_bytes_outside_the_edits_are_equal(file in any_file()) {
        let out = labelled(&file);
        let packet = probe::packet(&out).unwrap();
        let patch = probe::patch(&file.bytes, &packet);
        prop_assert_eq!(patch.output_len(), out.len() as u64);
        prop_assert_eq!(&probe::splice(&file.bytes, &patch), &out, "the output is the input with these edits and no others");
        // The edits leave nothing out but the old packet, a size field and a flag.
        let (map, _) = probe::read(&file.bytes);
        let old = map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)).map(|s| s.range.clone());
        for e in patch.edits() {
            let inside = old.as_ref().is_some_and(|r| e.at >= r.start && e.at + e.remove <= r.end);
            let frame = match file.format {
                Format::Webp => (e.at == 4 && e.remove == 4) || (e.at == 20 && e.remove == 1),
                Format::Jpeg => patched_offset(&file.bytes, e.at, e.remove),
                _ => false,
            };
            prop_assert!(e.remove == 0 || inside || frame, "{} bytes at {} left out", e.remove, e.at);
        }
        // The old packet is the new one with one insertion cut out.
        if let Some(old) = probe::packet(&file.bytes) {
            let head = old.iter().zip(&packet).take_while(|(a, b)| a == b).count();
            let tail = old[head..].iter().rev().zip(packet[head..].iter().rev()).take_while(|(a, b)| a == b).count();
            // A self-closing element gives up its slash.
            let lost = old.len() - head - tail;
            prop_assert!(lost <= 2, "{lost} bytes of the old packet are gone");
        }
    }

    #[test]
    fn i3_the_exact_inverse_gives_the_input(file in any_file()) {
        let out = labelled(&file);
        let patch = probe::patch(&file.bytes, &probe::packet(&out).unwrap());
        prop_assert_eq!(probe::undo(&out, &file.bytes, &patch), file.bytes);
    }

    #[test]
    fn i4_labelling_twice_is_labelling_once(file in any_file()) {
        let once = labelled(&file);
        let (twice, receipt) = plain().label_bytes(&once, &label()).unwrap();
        prop_assert!(!receipt.changed);
        prop_assert_eq!(twice, once);
    }

    #[test]
    fn i5_another_label_is_refused(file in any_file(), field in 0usize..4) {
        let once = labelled(&file);
        let other = match field {
            0 => label().with_produce_id("test-0002"),
            1 => Label { producer: "somebody-else".to_owned(), ..label() },
            2 => label().with_level(Level::Possible),
            _ => label().with_propagator("site", "s-1"),
        };
        let mut out = Vec::new();
        let error = plain().label(&mut Cursor::new(&once), &other, &mut out).unwrap_err();
        prop_assert!(matches!(error, Error::Refused(_)));
        prop_assert_eq!(error.code(), "label.exists");
        prop_assert!(out.is_empty());
    }

    #[test]
    fn i7_all_other_metadata_is_equal(file in any_file()) {
        let out = labelled(&file);
        let (before, after) = (probe::rest(&file.bytes), probe::rest(&out));
        // The place of the second picture moves with the bytes before it; i8 follows it.
        let still = |mut values: Vec<(Slot, String, Vec<u8>, bool)>| {
            for value in values.iter_mut().filter(|v| v.2.starts_with(b"MPF\0") && v.2.len() == 86) {
                value.2[78..82].fill(0);
            }
            values
        };
        prop_assert_eq!(still(before.0), still(after.0), "values");
        if !has_mpf(&file.bytes) {
            prop_assert_eq!(before.1, after.1, "parts");
        }
        let ours = |p: &(String, String, String, String)| p.0 == TC260_NAMESPACE && p.1 == "AIGC";
        let source_type = |p: &(String, String, String, String)| p.0 == IPTC_NAMESPACE && p.1 == "DigitalSourceType";
        let before = probe::packet(&file.bytes).map(|p| probe::properties(&p)).unwrap_or_default();
        let mut after = probe::properties(&probe::packet(&out).unwrap());
        prop_assert_eq!(after.iter().filter(|p| ours(p)).count(), 1);
        prop_assert!(after.iter().any(source_type));
        let had = before.iter().any(source_type);
        after.retain(|p| !ours(p) && (had || !source_type(p)));
        prop_assert_eq!(after, before, "XMP properties");
    }

    #[test]
    fn i8_the_output_is_sound(file in any_file()) {
        let out = labelled(&file);
        prop_assert!(probe::decode(&out).is_some() || odd_flags(&file));
        let before: Vec<_> = probe::read(&file.bytes).0.findings.iter().map(|f| f.code()).collect();
        let after: Vec<_> = probe::read(&out).0.findings.iter().map(|f| f.code()).collect();
        // Labelling sets a flag that was wrong; nothing else about the structure changes.
        let before: Vec<_> = before.into_iter().filter(|code| *code != "xmp.flag_missing").collect();
        prop_assert_eq!(before, after, "no new complaint about the structure");
        if file.format == Format::Webp {
            let riff = 8 + u32::from_le_bytes(out[4..8].try_into().unwrap()) as usize;
            prop_assert!(riff <= out.len() && riff.is_multiple_of(2));
            prop_assert_eq!(&out[12..16], b"VP8X");
            prop_assert_eq!(out[20] & 0x04, 0x04, "the XMP flag");
        }
        if file.format == Format::Jpeg {
            prop_assert_eq!(second_picture(&file.bytes), second_picture(&out), "the multi-picture index points elsewhere");
        }
    }

    #[test]
    fn i9_reading_in_pieces_changes_nothing(file in any_file(), seed: u32, interrupt: bool) {
        let whole = labelled(&file);
        let report = biaoshi::verify(&whole).unwrap();
        for pace in [Pace::Fixed(1), Pace::Fixed(7), Pace::Fixed(4096), Pace::Random(seed)] {
            let mut out = Vec::new();
            let receipt = plain().label(&mut Chunked::new(&file.bytes, pace, interrupt), &label(), &mut out).unwrap();
            prop_assert!(receipt.changed);
            prop_assert_eq!(&out, &whole, "{:?}", pace);
            let again = Verifier::new().verify(&mut Chunked::new(&whole, pace, interrupt)).unwrap();
            prop_assert_eq!(&again, &report, "{:?}", pace);
        }
    }

    #[test]
    fn i15_growth_is_bounded(file in any_file()) {
        let out = labelled(&file);
        let grown = out.len() as i64 - file.bytes.len() as i64;
        let fields = LabelFields::from(&Aigc::from_label(&label(), "").unwrap());
        let json = serde_json::to_string(&fields).unwrap().len() as i64;
        // Names, namespaces and the source type take less than 700 bytes; UTF-16 doubles that.
        let old = probe::packet(&file.bytes);
        let wide = old.as_ref().is_some_and(|p| p.starts_with(&[0xFE, 0xFF]) || p.starts_with(&[0xFF, 0xFE]));
        let packet = (700 + 6 * json) * if wide { 2 } else { 1 };
        let padding = if old.is_none() { 2048 + 200 } else { 0 };
        let inflated = old.map_or(0, |p| p.len() as i64);
        prop_assert!(grown > 0);
        prop_assert!(grown <= packet + padding + inflated + 64, "{grown} bytes");
        let plain_packet = !file.what.contains("Compressed");
        prop_assert!(grown <= packet + padding + 64 || !plain_packet, "{grown} bytes");
    }
}

/// Where the multi-picture index of a JPEG stands: its header.
fn mpf_header(bytes: &[u8]) -> Option<usize> {
    let (map, _) = probe::read(bytes);
    map.segments.iter().find_map(|s| {
        let at = s.payload.start as usize;
        (s.name == "APP2" && bytes[at..].starts_with(b"MPF\0")).then_some(at + 4)
    })
}

fn has_mpf(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0xFF, 0xD8]) && mpf_header(bytes).is_some()
}

/// The bytes that the multi-picture index says are the second picture.
fn second_picture(bytes: &[u8]) -> Option<Vec<u8>> {
    let header = mpf_header(bytes)?;
    let at = header + 50 + 16;
    let four = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (size, offset) = (four(at + 4), four(at + 8));
    Some(bytes[header + offset..header + offset + size].to_vec())
}

/// Whether an edit replaces an offset or size of the multi-picture index.
fn patched_offset(bytes: &[u8], at: u64, remove: u64) -> bool {
    mpf_header(bytes).is_some_and(|h| at >= h as u64 && at + remove <= (h + 50 + 32) as u64)
}

/// Characters of Annex E j).
fn value(max: usize) -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[!#-\\[\\]-~]{1,40}",
        1 => Just("<a&b>]]>'-->".to_owned()),
        1 => (1usize..max).prop_map(|n| "~<&".chars().cycle().take(n).collect()),
    ]
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn i6_every_legal_label_reads_back(
        file in any_file(), level in 0usize..3, producer in value(60), id in value(4096), reserved in prop::option::of(value(200)),
        json in prop::bool::weighted(0.2), spread in prop::option::of((value(60), value(300))), reserved2 in prop::option::of(value(100)),
    ) {
        let mut wanted = Label::new(producer).with_produce_id(id).with_level(Level::ALL[level]);
        wanted.reserved_code1 = if json { Some(r#"{"alg":"SM3","v":"a\\\"b"}"#.to_owned()) } else { reserved };
        if let Some((name, id)) = spread {
            wanted = wanted.with_propagator(name, id);
        }
        wanted.reserved_code2 = reserved2;
        let Ok(aigc) = Aigc::from_label(&wanted, "") else { return Err(TestCaseError::reject("the label breaks a rule of its own")) };
        let out = match plain().label_bytes(&file.bytes, &wanted) {
            Ok((out, _)) => out,
            Err(e) if file.format == Format::Jpeg && e.code() == "xmp.too_large" => return Ok(()),
            Err(e) => panic!("{e} ({})", e.code()),
        };
        let report = biaoshi::verify(&out).unwrap();
        let found: Vec<_> = report.evidence.iter().filter_map(|e| e.label.clone()).collect();
        prop_assert_eq!(found, vec![LabelFields::from(&aigc)]);
        let malformed = report.findings.iter().any(|f| f.severity() == biaoshi::Severity::Error);
        prop_assert!(!malformed, "{:?}", common::codes(&report));
    }

    #[test]
    fn i11_anything_goes_in_and_nothing_bursts(
        file in any_file(), hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 0..12),
        noise in prop::collection::vec(any::<u8>(), 0..300), head in 0usize..5,
    ) {
        let mut mutated = file.bytes.clone();
        for (at, byte, how) in hits {
            let at = at.index(mutated.len());
            match how {
                0 => mutated[at] = byte,
                1 => mutated[at] ^= 1 << (byte % 8),
                2 => { mutated.truncate(at.max(1)); }
                _ => { mutated.splice(at..at, noise.iter().copied().take(20)); }
            }
        }
        let heads: [&[u8]; 5] = [b"", b"\x89PNG\r\n\x1a\n", b"\xFF\xD8\xFF", b"RIFF\xFF\0\0\0WEBP", b"\x89PNG\r\n\x1a\n\0\0\0\x0DIHDR"];
        let random = [heads[head], &noise].concat();
        for bytes in [mutated, random] {
            let started = std::time::Instant::now();
            let _ = biaoshi::inspect(&bytes);
            let report = biaoshi::verify(&bytes);
            let result = plain().label_bytes(&bytes, &label());
            if let (Err(e), Ok((out, _))) = (&report, &result) {
                panic!("labelled {} bytes that can't be verified: {e}", out.len());
            }
            prop_assert!(!matches!(result, Err(Error::Internal(_))), "{:?}", result.map(|_| ()));
            prop_assert!(started.elapsed().as_secs() < 2);
        }
    }

    #[test]
    fn i11_mutated_pictures_never_burst_the_notice(
        format in 0usize..3, hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = NOTICE_INPUTS[format].clone();
        for (at, byte) in hits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let result = Labeler::new(Profile::CN_GB45438).limits(Limits::server()).label_bytes(&bytes, &label());
        prop_assert!(!matches!(result, Err(Error::Internal(_))), "{:?}", result.map(|_| ()));
    }
}

static NOTICE_INPUTS: std::sync::LazyLock<Vec<Vec<u8>>> =
    std::sync::LazyLock::new(|| common::FORMATS.iter().map(|f| common::picture(*f, 120, 80, 1)).collect());

proptest! {
    #![proptest_config(config(64))]

    #[test]
    fn i1_outside_the_notice_pixels_are_equal(color in 0u8..8, seed in 0u32..9, width in 100u32..200, height in 100u32..200, corner in 0usize..4, webp: bool) {
        let format = if webp { Format::Webp } else { Format::Png };
        let color = if webp { 2 + color % 2 } else { color };
        let mut cursor = Cursor::new(Vec::new());
        let kind = if webp { image::ImageFormat::WebP } else { image::ImageFormat::Png };
        r#gen::pixels(width, height, seed, color).write_to(&mut cursor, kind).unwrap();
        let input = cursor.into_inner();
        let places = [Placement::BottomRight, Placement::BottomLeft, Placement::TopLeft, Placement::TopRight];
        let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::corner(places[corner]));
        let (out, receipt) = labeler.label_bytes(&input, &label()).unwrap();
        prop_assert_eq!(receipt.format, format);
        prop_assert_eq!(receipt.reencoded, Some(biaoshi::codec::Reencoded::Lossless));
        let rect = receipt.notice.unwrap().drawn().unwrap().rect;
        let (before, after) = (image::load_from_memory(&input).unwrap(), image::load_from_memory(&out).unwrap());
        prop_assert_eq!(before.color(), after.color());
        let (before, after) = (before.to_rgba16(), after.to_rgba16());
        let mut changed = 0;
        for (x, y, pixel) in before.enumerate_pixels() {
            let inside = (rect.x..rect.x + rect.width).contains(&x) && (rect.y..rect.y + rect.height).contains(&y);
            if inside {
                changed += u32::from(pixel != after.get_pixel(x, y));
            } else {
                prop_assert_eq!(pixel, after.get_pixel(x, y), "at {},{}", x, y);
            }
        }
        prop_assert!(changed > 50, "a notice was drawn");
    }
}

#[test]
fn i6_other_properties_with_awkward_text_survive() {
    for (n, text) in ["]]>", "\"'", "一只猫", "👩‍🎨", "&lt;", "\u{10FFFD}"].into_iter().enumerate() {
        let plan = r#gen::xmp::Plan {
            wrapper: true,
            meta: true,
            self_closing: false,
            about: String::new(),
            properties: vec![
                r#gen::xmp::Property::Element(text.into()),
                r#gen::xmp::Property::Cdata(text.into()),
                r#gen::xmp::Property::Attribute(text.into()),
            ],
            comment: true,
            prefix_taken: true,
            padding: n,
            nul: false,
            coding: r#gen::xmp::Coding::Utf8,
            source_type: 0,
        };
        let packet = r#gen::xmp::build(&plan);
        let mut input = common::picture(Format::Jpeg, 16, 16, 1);
        input.splice(2..2, r#gen::jpeg::xmp_segment(&packet));
        let (out, _) = plain().label_bytes(&input, &label()).unwrap();
        let (view, error) = packets::read_lenient(&probe::packet(&out).unwrap(), &Limits::default());
        assert_eq!(error, None);
        let values: Vec<_> = ["note", "cd", "attr"]
            .iter()
            .map(|name| view.properties.iter().find(|p| p.local == *name).unwrap().value.as_str())
            .collect();
        assert_eq!(values, [text; 3]);
    }
}

fn fuse(n: u64, what: usize) -> Fuse {
    let mut fuse = Fuse::default();
    match what {
        0 => fuse.fail_read = Some(n),
        1 => fuse.fail_seek = Some(n),
        _ => fuse.fail_write = Some(n),
    }
    fuse
}

#[test]
fn i10_every_failing_operation_is_an_error_and_leaves_nothing() {
    for format in common::FORMATS {
        let input = common::picture(format, 120, 80, 1);
        for notice in [false, true] {
            let labeler = if notice { Labeler::new(Profile::CN_GB45438) } else { plain() };
            let mut source = Failing { inner: Cursor::new(input.clone()), fuse: Fuse::default() };
            let mut out = Failing { inner: Cursor::new(Vec::new()), fuse: Fuse::default() };
            labeler.label(&mut source, &label(), &mut out).unwrap();
            let totals = [source.fuse.reads, source.fuse.seeks, out.fuse.writes];
            assert!(totals.iter().all(|n| *n > 0), "{totals:?}");
            for (what, total) in totals.into_iter().enumerate() {
                for n in 0..total {
                    let mut source = Failing { inner: Cursor::new(input.clone()), fuse: fuse(n, what) };
                    let mut out = Failing { inner: Cursor::new(Vec::new()), fuse: fuse(n, what) };
                    let error = labeler.label(&mut source, &label(), &mut out).expect_err("the failure was overlooked");
                    assert_eq!(error.code(), "io", "{format:?} {what} {n}: {error}");
                    assert_eq!(source.inner.into_inner(), input);
                    if what < 2 {
                        assert!(out.inner.into_inner().is_empty(), "output before the result was read back");
                    }
                }
            }
        }
    }
}

#[test]
fn i10_reading_errors_of_verify_are_errors_also_with_a_manifest() {
    for format in common::FORMATS {
        let bytes = common::signed(format, 1, "a");
        let mut source = Failing { inner: Cursor::new(bytes.clone()), fuse: Fuse::default() };
        assert!(Verifier::new().verify(&mut source).unwrap().evidence.iter().all(|e| e.integrity == Integrity::Intact));
        for (what, total) in [source.fuse.reads, source.fuse.seeks].into_iter().enumerate() {
            let step = (total / 60).max(1) as usize;
            for n in (0..total).step_by(step) {
                let mut source = Failing { inner: Cursor::new(bytes.clone()), fuse: fuse(n, what) };
                match Verifier::new().verify(&mut source) {
                    Err(e) => assert_eq!(e.code(), "io"),
                    Ok(report) => assert!(
                        report.evidence.iter().all(|e| e.integrity == Integrity::Intact)
                            || !report.carries_intact_label(),
                        "{format:?} {what} {n}"
                    ),
                }
            }
        }
    }
}

#[test]
fn i10_refused_and_damaged_files_leave_the_folder_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.bin"), folder.path().join("out.bin"));
    for format in common::FORMATS {
        let good = common::picture(format, 120, 80, 1);
        let once = plain().label_bytes(&good, &label()).unwrap().0;
        let signed = common::signed(format, 1, "a");
        let cases: [(&str, Vec<u8>, Label, &str); 6] = [
            ("damaged", good[..good.len() - 20].to_vec(), label(), "file.damaged"),
            ("another label", once, label().with_produce_id("x"), "label.exists"),
            ("bad field", good.clone(), Label::new("acme").with_produce_id("with space"), "label.field_charset"),
            ("no producer", good.clone(), Label::new(""), "label.field_empty"),
            ("signed, another label", signed, label(), "label.exists"),
            ("no picture", b"\0\x01 no picture at all \xFF".to_vec(), label(), "format.unknown"),
        ];
        for (name, bytes, label, code) in cases {
            std::fs::write(&input, &bytes).unwrap();
            let error = plain().label_file(&input, &output, &label, false).unwrap_err();
            assert_eq!(error.code(), code, "{format:?} {name}: {error}");
            assert_eq!(std::fs::read(&input).unwrap(), bytes);
            let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
            assert_eq!(names, ["in.bin"], "{format:?} {name}");
        }
    }
}

#[test]
fn i12_sign_after_label_holds_and_label_after_sign_is_refused() {
    for format in common::FORMATS {
        let input = common::picture(format, 120, 80, 1);
        let (once, _) = plain().label_bytes(&input, &label()).unwrap();
        let (signed, receipt) = plain().signer(&common::IDENTITY.0).label_bytes(&once, &label()).unwrap();
        assert!(receipt.changed && receipt.signed);
        assert!(common::verify(&signed).carries_intact_label(), "{format:?}");

        let camera = common::unlabelled_but_signed(format);
        let mut out = Vec::new();
        let error = plain().label(&mut Cursor::new(&camera), &label(), &mut out).unwrap_err();
        assert!(matches!(error, Error::Refused(_)) && out.is_empty());
        assert_eq!(error.code(), "manifest.would_break", "{format:?}");

        let (resigned, _) = plain().signer(&common::IDENTITY.0).label_bytes(&camera, &label()).unwrap();
        let report = common::verify(&resigned);
        assert!(report.carries_intact_label(), "{format:?} {:?}", common::codes(&report));
        let reading = biaoshi::carrier::manifest::read(
            &mut Cursor::new(&resigned),
            format.row().mime,
            &common::trust(),
            &Limits::default(),
        )
        .unwrap()
        .unwrap();
        assert_eq!(reading.ingredients, 1, "the parent is kept");
        // Signed and labelled already: nothing to do, whoever asks.
        for labeler in [plain(), plain().signer(&common::IDENTITY.0)] {
            let (same, receipt) = labeler.label_bytes(&resigned, &label()).unwrap();
            assert!(!receipt.changed && same == resigned);
        }
    }
}

#[test]
fn i9_signed_files_verify_alike_in_pieces() {
    for format in common::FORMATS {
        let bytes = common::signed(format, 1, "a");
        let whole = common::verify(&bytes);
        let trust = common::trust();
        for pace in [Pace::Fixed(7), Pace::Fixed(4096), Pace::Random(5)] {
            let report = Verifier::new().trust(&trust).verify(&mut Chunked::new(&bytes, pace, false)).unwrap();
            assert_eq!(report, whole, "{format:?} {pace:?}");
        }
    }
}
