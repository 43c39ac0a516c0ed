//! What happens to a signed label when somebody touches the file: each case has its own finding,
//! and none is reported as an intact label.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;
use biaoshi::{CarrierKind, Format, Integrity, Key, Label, Status, Verifier};
use common::*;

#[test]
fn a_signed_label_is_intact_and_trusted() {
    for format in FORMATS {
        let report = verify(&signed(format, 1, "a"));
        assert_eq!(report.status, Status::Confirmed, "{format:?}");
        assert!(report.carries_intact_label(), "{format:?} {:?}", report.findings);
        assert!(report.evidence.iter().all(|e| e.integrity == Integrity::Intact && e.key == Some(Key::Trusted)));
        let carriers: Vec<_> = report.evidence.iter().map(|e| e.carrier).collect();
        for wanted in [
            CarrierKind::AigcMetadata,
            CarrierKind::IptcSourceType,
            CarrierKind::C2paManifest,
            CarrierKind::C2paAssertion,
        ] {
            assert!(carriers.contains(&wanted), "{format:?} lacks {wanted:?}");
        }
    }
}

#[test]
fn without_an_anchor_the_signature_holds_and_nobody_is_trusted() {
    let report = Verifier::new().verify_bytes(&signed(Format::Png, 1, "a")).unwrap();
    assert!(report.has("manifest.untrusted_signer"));
    assert!(report.evidence.iter().all(|e| e.integrity == Integrity::Intact && e.key == Some(Key::Embedded)));
}

fn expect(name: &str, bytes: &[u8], code: &str) {
    let report = verify(bytes);
    assert!(report.has(code), "{name}: wanted {code}, got {:?}", codes(&report));
    assert!(!report.carries_intact_label(), "{name}: reported as intact");
    assert_ne!(report.status, Status::None, "{name}: the mark disappeared");
}

#[test]
fn manifest_stripped_with_metadata_left() {
    for format in FORMATS {
        let mut bytes = signed(format, 1, "a");
        bytes.drain(slot(&bytes, "c2pa"));
        if format == Format::Webp {
            repair_riff(&mut bytes);
        }
        expect(&format!("{format:?}"), &bytes, "manifest.missing");
        assert!(!verify(&bytes).is_broken());
    }
}

#[test]
fn metadata_edited_after_signing() {
    for format in FORMATS {
        let mut bytes = signed(format, 1, "aaaa");
        let xmp = slot(&bytes, "xmp");
        let at = xmp.start + bytes[xmp].windows(4).position(|w| w == b"aaaa").unwrap();
        bytes[at..at + 4].copy_from_slice(b"bbbb");
        if format == Format::Png {
            repair_png(&mut bytes, at);
        }
        expect(&format!("{format:?}"), &bytes, "manifest.label_differs");
        expect(&format!("{format:?}"), &bytes, "manifest.metadata_changed");
        let report = verify(&bytes);
        let label = report.evidence.iter().find(|e| e.carrier == CarrierKind::AigcMetadata).unwrap();
        assert_eq!(label.integrity, Integrity::Broken);
        assert!(report.is_broken());
    }
}

#[test]
fn pixels_edited() {
    for format in FORMATS {
        let mut bytes = signed(format, 1, "a");
        let range = essence(&bytes);
        let at = range.start + range.len() / 2;
        bytes[at] ^= 1;
        if format == Format::Png {
            repair_png(&mut bytes, at);
        }
        expect(&format!("{format:?}"), &bytes, "manifest.content_changed");
        assert!(verify(&bytes).is_broken());
    }
}

/// Takes the manifest store of `from` into `to`, which had one of its own in the same place.
fn transplant(from: &[u8], to: &[u8], format: Format) -> Vec<u8> {
    let store = from[slot(from, "c2pa")].to_vec();
    let mut out = to.to_vec();
    out.splice(slot(to, "c2pa"), store);
    if format == Format::Webp {
        repair_riff(&mut out);
    }
    out
}

#[test]
fn manifest_moved_to_another_picture() {
    for format in FORMATS {
        let bytes = transplant(&signed(format, 1, "a"), &signed(format, 2, "b"), format);
        expect(&format!("{format:?}"), &bytes, "manifest.transplanted");
        assert!(verify(&bytes).is_broken());
    }
}

#[test]
fn all_pairs_of_signed_files_refuse_each_others_manifests() {
    let files: Vec<Vec<u8>> = (0..7).map(|n| signed(Format::Png, n, &format!("id-{n}"))).collect();
    for (i, from) in files.iter().enumerate() {
        for (j, to) in files.iter().enumerate() {
            if i != j {
                let report = verify(&transplant(from, to, Format::Png));
                assert!(report.is_broken() && !report.carries_intact_label(), "{i} into {j}");
            }
        }
    }
}

#[test]
fn label_moved_into_a_manifest_of_the_same_picture() {
    // Same pixels, signed twice with different labels: the manifest of one in the other.
    let input = picture(Format::Png, 240, 160, 1);
    let make =
        |id: &str| plain().signer(&IDENTITY.0).label_bytes(&input, &Label::new(CODE).with_produce_id(id)).unwrap().0;
    let bytes = transplant(&make("aaaa"), &make("bbbb"), Format::Png);
    expect("same picture", &bytes, "manifest.label_differs");
    assert!(verify(&bytes).is_broken());
}

#[test]
fn two_labels_that_agree_and_two_that_contradict() {
    let (bytes, _) = plain().label_bytes(&picture(Format::Png, 240, 160, 1), &label()).unwrap();
    let json = biaoshi::verify(&bytes).unwrap();
    let fields = json.evidence.iter().find_map(|e| e.label.clone()).unwrap();
    let text = serde_json::json!({
        "Label": fields.label, "ContentProducer": fields.content_producer, "ProduceID": fields.produce_id,
        "ReservedCode1": "", "ContentPropagator": fields.content_propagator, "PropagateID": fields.propagate_id,
        "ReservedCode2": "",
    });
    let with = |text: String| {
        let mut out = bytes.clone();
        let chunk = png_chunk(b"tEXt", format!("AIGC\0{text}").as_bytes());
        out.splice(33..33, chunk);
        out
    };
    expect("same", &with(text.to_string()), "label.duplicate");
    expect("other", &with(text.to_string().replace("test-0001", "test-0002")), "label.conflict");
    let report = biaoshi::verify(&with(text.to_string().replace("\"1\"", "\"3\""))).unwrap();
    assert_eq!(report.status, Status::Confirmed, "a weaker statement never cancels the stronger");
    assert!(report.has("label.conflict"));
}

#[test]
fn truncated_files_say_so() {
    for format in FORMATS {
        let bytes = signed(format, 1, "a");
        let cut = &bytes[..bytes.len() - 40];
        let report = verify(cut);
        assert!(report.has("file.truncated"), "{format:?} {:?}", codes(&report));
        assert!(!report.carries_intact_label());
    }
}

#[test]
fn a_png_named_jpg_is_read_by_content_and_named() {
    let bytes = signed(Format::Png, 1, "a");
    let trust = trust();
    let report = Verifier::new().trust(&trust).file_name("photo.JPG").verify_bytes(&bytes).unwrap();
    assert_eq!(report.format, Format::Png);
    assert!(report.has("file.extension_mismatch"));
    assert!(!report.carries_intact_label());
    assert!(!report.is_broken(), "the signature itself holds");
}

#[test]
fn bytes_between_the_parts_of_a_jpeg_store_are_not_overlooked() {
    let bytes = signed(Format::Jpeg, 1, "a");
    let range = slot(&bytes, "c2pa");
    // Another picture in a segment inside of what the signature leaves out.
    let mut foreign = picture(Format::Jpeg, 32, 32, 9);
    foreign.truncate(60_000);
    let mut segment = vec![0xFF, 0xEC];
    segment.extend_from_slice(&((foreign.len() + 2) as u16).to_be_bytes());
    segment.extend_from_slice(&foreign);
    for at in [range.start, range.end] {
        let mut out = bytes.clone();
        out.splice(at..at, segment.clone());
        let report = verify(&out);
        assert!(report.is_broken() && !report.carries_intact_label(), "{:?}", codes(&report));
    }
}

#[test]
fn a_look_alike_certificate_is_never_trusted() {
    let (fake, _) = identity_for(biaoshi::Algorithm::Ed25519, "Biaoshi tests");
    let (bytes, _) = plain().signer(&fake).label_bytes(&picture(Format::Png, 240, 160, 1), &label()).unwrap();
    let report = verify(&bytes);
    assert!(report.has("manifest.untrusted_signer"));
    assert!(report.evidence.iter().all(|e| e.key != Some(Key::Trusted)));
}

#[test]
fn a_garbled_store_is_never_compliant() {
    use biaoshi::Outcome;
    for format in FORMATS {
        let bytes = signed(format, 1, "a");
        let range = slot(&bytes, "c2pa");
        let mut zeros = bytes.clone();
        // Behind the framing and the first box headers, so that the place is still a store.
        zeros[range.start + 60..range.end - 8].fill(0);
        if format == Format::Png {
            repair_png(&mut zeros, range.start + 100);
        }
        let report = verify(&zeros);
        assert!(report.is_broken(), "{format:?} {:?}", codes(&report));
        assert_ne!(report.verdict("cn-gb45438").unwrap().outcome, Outcome::Compliant, "{format:?}");
    }
}

#[test]
fn a_png_without_its_critical_parts_is_not_sound() {
    let (bytes, _) = plain().label_bytes(&picture(Format::Png, 240, 160, 1), &label()).unwrap();
    let found = biaoshi::inspect(&bytes).unwrap();
    let part = |name: &str| {
        let s = found.segments.iter().find(|s| s.name == name).unwrap();
        s.offset as usize..(s.offset + s.length) as usize
    };
    let mut none = bytes.clone();
    none.drain(part("IDAT"));
    let mut twice = bytes.clone();
    let header = bytes[part("IHDR")].to_vec();
    twice.splice(33..33, header);
    let mut short = bytes.clone();
    short.splice(part("IHDR"), png_chunk(b"IHDR", &[]));
    let mut checksum = bytes.clone();
    let at = part("IDAT").start + 20;
    checksum[at] ^= 1;
    let mut torn = bytes.clone();
    let text = png_chunk(b"tEXt", b"Title\0x");
    let data = bytes[part("IDAT")].to_vec();
    torn.splice(part("IDAT").end..part("IDAT").end, [text, data].concat());
    for (name, bytes) in
        [("no IDAT", none), ("two IHDR", twice), ("empty IHDR", short), ("checksum", checksum), ("two runs", torn)]
    {
        let report = verify(&bytes);
        assert!(report.has("file.malformed"), "{name}: {:?}", codes(&report));
        assert!(!report.carries_intact_label(), "{name}");
        assert_eq!(plain().label_bytes(&bytes, &label()).unwrap_err().code(), "file.damaged", "{name}");
    }
}

#[test]
fn a_wrong_checksum_on_the_store_or_the_label_is_noticed() {
    let bytes = signed(Format::Png, 1, "a");
    for name in ["c2pa", "xmp"] {
        let mut wrong = bytes.clone();
        let end = slot(&bytes, name).end;
        wrong[end - 1] ^= 1;
        expect(name, &wrong, "file.checksum");
    }
}

#[test]
fn a_manifest_replaced_by_another_signers_is_noticed() {
    let (other, made) = identity_for(biaoshi::Algorithm::Ed25519, "Other");
    for format in FORMATS {
        let mut bytes = signed(format, 1, "a");
        bytes.drain(slot(&bytes, "c2pa"));
        if format == Format::Webp {
            repair_riff(&mut bytes);
        }
        let (taken, _) = plain().signer(&other).label_bytes(&bytes, &Label::new(CODE).with_produce_id("a")).unwrap();
        let trust = biaoshi::TrustStore::from_pem(&made.root_pem).unwrap();
        let report = Verifier::new().trust(&trust).verify_bytes(&taken).unwrap();
        assert!(report.has("manifest.other_signer"), "{format:?} {:?}", codes(&report));
        assert!(!report.carries_intact_label());
    }
}

#[test]
fn what_was_signed_is_never_signed_over_with_another_label() {
    let (other, _) = identity_for(biaoshi::Algorithm::Ed25519, "Other");
    for format in FORMATS {
        let bytes = signed(format, 1, "aaaa");
        let forced = || plain().signer(&other).sign_over_broken(true);
        // Metadata removed, then another producer.
        let mut bare = bytes.clone();
        bare.drain(slot(&bytes, "xmp"));
        if format == Format::Webp {
            repair_riff(&mut bare);
        }
        let error = forced().label_bytes(&bare, &Label::new("evil")).unwrap_err();
        assert_eq!(error.code(), "label.exists_signed", "{format:?}");
        // Metadata edited, then the edited label asked for.
        let mut edited = bytes.clone();
        let xmp = slot(&bytes, "xmp");
        let at = xmp.start + bytes[xmp].windows(4).position(|w| w == b"aaaa").unwrap();
        edited[at..at + 4].copy_from_slice(b"bbbb");
        if format == Format::Png {
            repair_png(&mut edited, at);
        }
        let error = forced().label_bytes(&edited, &Label::new(CODE).with_produce_id("bbbb")).unwrap_err();
        assert_eq!(error.code(), "label.exists_signed", "{format:?}");
    }
}

#[test]
fn a_store_too_large_to_check_leaves_nothing_said_about_the_label() {
    let bytes = signed(Format::Jpeg, 1, "a");
    let mut limits = biaoshi::Limits::default();
    limits.manifest_jpeg_bytes = 100;
    let report = Verifier::new().limits(limits).verify_bytes(&bytes).unwrap();
    assert!(report.has("manifest.not_checked"));
    assert!(!report.has("label.unsigned"));
    assert!(report.evidence.iter().all(|e| e.integrity == Integrity::NotChecked));
    assert!(!report.carries_intact_label());
}

#[test]
fn a_signed_record_gives_back_what_the_metadata_lost() {
    for format in FORMATS {
        let bytes = signed(format, 1, "kept-id");
        let mut bare = bytes.clone();
        bare.drain(slot(&bytes, "xmp"));
        if format == Format::Webp {
            repair_riff(&mut bare);
        }
        let labeler = plain().signer(&IDENTITY.0).sign_over_broken(true);
        let (out, receipt) = labeler.label_bytes(&bare, &Label::new(CODE)).unwrap();
        assert_eq!(receipt.label.produce_id, "kept-id", "{format:?}");
        assert!(receipt.notes.iter().any(|n| n.message.code == "note.manifest_left_out"));
        assert!(verify(&out).carries_intact_label());
    }
}
