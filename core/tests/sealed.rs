//! Labels that carry their own signature, in every format: moving or editing is seen.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs
)]

mod common;
#[path = "common/lossless.rs"]
mod lossless;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use biaoshi::sign::{Generated, KeygenOptions, PublicKey, generate};
use biaoshi::{
    Algorithm, Bound, CarrierKind, Error, Evidence, Identity, Integrity, Key, Label, Labeler, Limits, Propagator,
    Signer as _, TrustStore, Verifier,
};
use common::{CODE, bases, codes, identity_for, label};
use lossless::labeler;

static ED: LazyLock<(Identity, Generated)> = LazyLock::new(|| identity_for(Algorithm::Ed25519, "Biaoshi tests"));
static SM: LazyLock<(Identity, Generated)> = LazyLock::new(|| {
    let made = generate(&KeygenOptions {
        algorithm: Algorithm::Sm2,
        organization: "Biaoshi tests".into(),
        common_name: "SM2".into(),
        country: "CN".into(),
        not_before: common::now(),
        days: 30,
    })
    .unwrap();
    (Identity::from_key_pem(&made.key_pem).unwrap(), made)
});

fn pinned(identity: &Identity) -> TrustStore {
    let mut trust = TrustStore::new();
    trust.add_key_der(&identity.public_key().unwrap()).unwrap();
    trust
}

fn found(name: &str, bytes: &[u8], trust: &TrustStore) -> (Vec<Evidence>, Vec<&'static str>) {
    let report = Verifier::new().file_name(name).trust(trust).verify_bytes(bytes).unwrap();
    let codes = codes(&report);
    (report.evidence.into_iter().filter(|e| e.carrier == CarrierKind::AigcMetadata).collect(), codes)
}

/// SM2 signs the label itself in every format.
fn sealed(name: &str, bytes: &[u8]) -> Vec<u8> {
    let (out, receipt) =
        labeler(name).signer(&SM.0).label_bytes(bytes, &label()).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(receipt.changed && receipt.sealed && !receipt.signed, "{name}");
    out
}

#[test]
fn every_format_takes_a_label_that_is_signed_and_bound() {
    let (own, nobody) = (pinned(&SM.0), TrustStore::new());
    let mut kinds: BTreeMap<bool, u32> = BTreeMap::new();
    for (name, bytes) in bases() {
        let out = sealed(&name, &bytes);
        for (trust, key) in [(&own, Key::Pinned), (&nobody, Key::Embedded)] {
            let (labels, codes) = found(&name, &out, trust);
            assert!(!labels.is_empty(), "{name}");
            for item in &labels {
                assert_eq!((item.integrity, item.key), (Integrity::Intact, Some(key)), "{name}: {codes:?}");
                assert_eq!((item.bound, item.dialect.as_deref()), (Some(Bound::Content), Some("biaoshi-security-1")));
            }
            assert!(!codes.contains(&"label.unsigned"), "{name}");
        }
        // The same again changes nothing.
        let (again, receipt) = labeler(&name).signer(&SM.0).label_bytes(&out, &label()).unwrap();
        assert!(!receipt.changed && again == out, "{name}");
        // Ed25519 signs a manifest where there is room for one, else the label.
        let (out, receipt) = labeler(&name).signer(&ED.0).label_bytes(&bytes, &label()).unwrap();
        assert!(receipt.signed != receipt.sealed, "{name}");
        *kinds.entry(receipt.sealed).or_default() += 1;
        let (labels, codes) = found(&name, &out, &pinned(&ED.0));
        assert!(
            labels.iter().all(|e| e.integrity == Integrity::Intact && e.bound == Some(Bound::Content)),
            "{name}: {codes:?}"
        );
    }
    assert!(kinds[&true] > 25 && kinds[&false] > 40, "{kinds:?}");
}

/// A label written without a look at what comes out, as a forger would.
fn forged(name: &str, bytes: &[u8], label: &Label) -> Vec<u8> {
    let mut cursor = std::io::Cursor::new(bytes);
    let patch = labeler(name).plan(&mut cursor, label).unwrap_or_else(|e| panic!("{name}: {e}"));
    let limits = Limits::default();
    let mut source = biaoshi::source::Source::new(&mut cursor, &limits).unwrap();
    let mut out = Vec::new();
    patch.apply(&mut source, &mut out).unwrap();
    out
}

/// The label of one file, signature and all, written to another.
fn moved(name: &str, from: &[u8], to: &[u8]) -> Vec<u8> {
    let (labels, _) = found(name, from, &TrustStore::new());
    let fields = labels[0].label.clone().unwrap();
    let mut label = Label::new(fields.content_producer).with_produce_id(fields.produce_id);
    label.reserved_code1 = Some(fields.reserved_code1);
    forged(name, to, &label)
}

/// Bases that hold the same content and differ in metadata or in how it is packed.
const ALIKE: &[&[&str]] = &[
    &["aac/bare-ok.aac", "aac/hls-ok.aac"],
    &["aiff/bare-ok.aiff", "aiff/id3-ok.aiff"],
    &["avi/bare-ok.avi", "avi/junk-ok.avi", "avi/notes-ok.avi"],
    &["avif/exif-xmp-ok.avif", "avif/plain-ok.avif"],
    &["docx/docx-custom-ok.docx", "docx/docx-zip64-ok.docx"],
    &["flac/bare-ok.flac", "flac/id3-ok.flac", "flac/padded-ok.flac", "flac/seek-ok.flac"],
    &["flv/object-ok.flv", "flv/plain-ok.flv"],
    &["jxl/bare-ok.jxl", "jxl/kept-ok.jxl", "jxl/parts-ok.jxl"],
    &["m4a/faststart-ok.m4a", "m4a/itunes-ok.m4a"],
    &["mov/moov-meta-ok.mov", "mov/plain-ok.mov"],
    &[
        "mp3/bare-ok.mp3",
        "mp3/tails-ok.mp3",
        "mp3/v22-ok.mp3",
        "mp3/v23-ok.mp3",
        "mp3/v23-unsync-ok.mp3",
        "mp3/v24-footer-ok.mp3",
        "mp3/v24-ok.mp3",
        "mp3/v24-plain-sizes-ok.mp3",
    ],
    &["mp4/faststart-itunes-ok.mp4", "mp4/plain-ok.mp4"],
    &["ogg/spread-ok.ogg", "ogg/vorbis-ok.ogg"],
    &["opus/binary-ok.opus", "opus/opus-ok.opus"],
    &["wav/bext-ok.wav", "wav/pcm-ok.wav"],
];

#[test]
fn a_label_moved_to_other_content_is_seen_in_every_format() {
    let bases = bases();
    let mut by_ending: BTreeMap<String, Vec<&(String, Vec<u8>)>> = BTreeMap::new();
    for base in &bases {
        let folder = base.0.split('/').next().unwrap().to_owned();
        by_ending.entry(folder).or_default().push(base);
    }
    let (mut tried, mut alike) = (0, Vec::new());
    for files in by_ending.values() {
        for (name, bytes) in files.iter().copied() {
            let from = sealed(name, bytes);
            for (other, target) in files.iter().copied().filter(|(other, _)| other != name) {
                let out = moved(other, &from, target);
                let (labels, codes) = found(other, &out, &pinned(&SM.0));
                // Some bases hold the same content with other metadata.
                if labels.iter().all(|e| e.integrity == Integrity::Intact) {
                    alike.push((name.as_str(), other.as_str()));
                    continue;
                }
                tried += 1;
                assert!(labels.iter().all(|e| e.integrity == Integrity::Broken), "{name} to {other}: {codes:?}");
                assert!(codes.contains(&"signature.content_changed"), "{name} to {other}: {codes:?}");
            }
        }
    }
    println!("{tried} labels moved to other content, all seen; {} pairs hold the same content", alike.len());
    for (one, other) in alike {
        assert!(ALIKE.iter().any(|group| group.contains(&one) && group.contains(&other)), "{one} to {other}");
    }
    assert!(tried > 200, "{tried}");
}

/// Parts of documents that hold properties and no content.
const METADATA: [&str; 2] = ["docProps/core.xml", "docProps/app.xml"];

#[test]
fn a_changed_byte_of_the_content_or_of_the_label_is_seen() {
    let trust = pinned(&SM.0);
    let mut flips = 0;
    for (name, bytes) in bases() {
        let out = sealed(&name, &bytes);
        let limits = Limits::default();
        let mut cursor = std::io::Cursor::new(&out);
        let inspection = biaoshi::inspect_source(&mut cursor, Some(&name), &limits).unwrap();
        for part in
            inspection.segments.iter().filter(|s| s.essence && s.length > 0 && !METADATA.contains(&s.name.as_str()))
        {
            for at in [part.offset, part.offset + part.length / 2, part.offset + part.length - 1] {
                let mut changed = out.clone();
                changed[at as usize] ^= 0x40;
                let Ok(report) = Verifier::new().file_name(&name).trust(&trust).verify_bytes(&changed) else {
                    continue;
                };
                // Bytes that frame the content show as damage.
                let passes = report.carries_intact_label();
                assert!(!passes, "{name}: byte {at} of {}: {:?}", part.name, codes(&report));
                flips += 1;
            }
        }
        // Another number under the same signature.
        let (labels, _) = found(&name, &out, &trust);
        let mut other = Label::new(CODE).with_produce_id("test-0002");
        other.reserved_code1 = Some(labels[0].label.clone().unwrap().reserved_code1);
        let error = labeler(&name).label_bytes(&bytes, &other).unwrap_err();
        assert_eq!(error.code(), "label.reserved_wrong", "{name}");
        let (labels, codes) = found(&name, &forged(&name, &bytes, &other), &trust);
        assert!(labels.iter().all(|e| e.integrity == Integrity::Broken), "{name}: {codes:?}");
        assert!(codes.contains(&"signature.broken"), "{name}: {codes:?}");
    }
    println!("{flips} bytes of content changed, all seen");
    assert!(flips > 500, "{flips}");
}

#[test]
fn a_platform_leaves_the_producers_signature_and_adds_its_own() {
    for (name, bytes) in bases() {
        let out = sealed(&name, &bytes);
        let call = Propagator::new("platform").id("p-1").file_name(&name);
        let spread = match call.propagate_bytes(&out) {
            Ok((spread, _)) => spread,
            // The tag stands before the media and has no room left.
            Err(error) if name == "matroska/void-ok.mkv" => {
                assert!(matches!(error, Error::Refused(_)), "{error}");
                continue;
            }
            Err(error) => panic!("{name}: {error}"),
        };
        let (labels, codes) = found(&name, &spread, &pinned(&SM.0));
        assert!(
            labels.iter().all(|e| e.key == Some(Key::Pinned) && e.bound == Some(Bound::Content)),
            "{name}: {codes:?}"
        );
        // The platform's own signature covers both.
        if name == "matroska/void-ok.mkv" {
            continue;
        }
        let (signed, receipt) = call.signer(&SM.0).propagate_bytes(&out).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(receipt.sealed && receipt.label.reserved_code2.contains("SecurityData"), "{name}");
        let (labels, codes) = found(&name, &signed, &pinned(&SM.0));
        assert!(labels.iter().all(|e| e.integrity == Integrity::Intact), "{name}: {codes:?}");
        let there = labels[0].label.clone().unwrap();
        let mut label =
            Label::new(there.content_producer).with_produce_id(there.produce_id).with_propagator("other", "p-1");
        label.reserved_code1 = Some(there.reserved_code1);
        label.reserved_code2 = Some(there.reserved_code2);
        // The producer's signature stands; what the platform is said to state does not.
        let out = forged(&name, &bytes, &label);
        let report = Verifier::new().file_name(&name).trust(&pinned(&SM.0)).verify_bytes(&out).unwrap();
        assert!(report.has("signature.broken") && !report.carries_intact_label(), "{name}");
        let labels: Vec<_> = report.evidence.iter().filter(|e| e.carrier == CarrierKind::AigcMetadata).collect();
        assert!(labels.iter().all(|e| e.integrity == Integrity::Intact), "{name}");
    }
}

#[test]
fn an_unsigned_label_gets_its_signature_later() {
    for name in ["markdown/front-ok.md", "matroska/ffmpeg-ok.mkv", "opus/opus-ok.opus"] {
        let (_, bytes) = bases().into_iter().find(|(n, _)| n == name).unwrap();
        let (plain, _) = labeler(name).label_bytes(&bytes, &label()).unwrap();
        let (out, receipt) = labeler(name).signer(&ED.0).label_bytes(&plain, &label()).unwrap();
        assert!(receipt.changed && receipt.sealed, "{name}");
        let (labels, _) = found(name, &out, &pinned(&ED.0));
        assert!(labels.len() == 1 && labels[0].key == Some(Key::Pinned), "{name}");
    }
    let mut taken = label();
    taken.reserved_code1 = Some("mine".into());
    let (_, bytes) = bases().into_iter().find(|(n, _)| n == "opus/opus-ok.opus").unwrap();
    let error = labeler("x.opus").signer(&ED.0).label_bytes(&bytes, &taken).unwrap_err();
    assert_eq!(error.code(), "label.reserved_taken");
}

#[test]
fn a_signer_without_a_key_is_an_error_and_nothing_is_written() {
    let key = PublicKey::from_spki_der(&ED.0.public_key().unwrap()).unwrap();
    assert_eq!(key.algorithm(), Algorithm::Ed25519);
    let labeler: Labeler<'_> = labeler("x.md").signer(&SM.0);
    assert!(labeler.label_bytes(b"\xff\xfe", &label()).is_err());
}

#[test]
fn the_strongest_key_counts_whoever_else_signed() {
    let name = "png/apng-ok.png";
    let (_, bytes) = bases().into_iter().find(|(n, _)| n == name).unwrap();
    let trust = pinned(&SM.0);
    // A producer that nobody knows, a platform whose key is pinned.
    let (other, _) = (&ED.0, ());
    let md = b"# Title\n\nText.\n";
    let produced = labeler("a.md").signer(other).label_bytes(md, &label()).unwrap().0;
    let spread =
        Propagator::new("platform").id("p").file_name("a.md").signer(&SM.0).propagate_bytes(&produced).unwrap().0;
    let (labels, codes) = found("a.md", &spread, &trust);
    assert_eq!(labels[0].key, Some(Key::Pinned), "{codes:?}");
    // A pinned label in a file that a stranger signed again.
    let sealed = sealed(name, &bytes);
    let stranger = labeler(name).signer(other).label_bytes(&sealed, &label()).unwrap();
    assert!(stranger.1.signed, "the manifest goes beside the label's own signature");
    let (labels, codes) = found(name, &stranger.0, &trust);
    assert_eq!((labels[0].integrity, labels[0].key), (Integrity::Intact, Some(Key::Pinned)), "{codes:?}");
}

#[test]
fn a_platforms_fields_under_the_producers_signature_are_said_to_be_open() {
    let md = b"# Title\n\nText.\n";
    let out = sealed("a.md", md);
    let (_, codes) = found("a.md", &out, &pinned(&SM.0));
    assert!(!codes.contains(&"signature.partial"), "{codes:?}");
    let (spread, _) = Propagator::new("platform").id("p").file_name("a.md").propagate_bytes(&out).unwrap();
    let (_, codes) = found("a.md", &spread, &pinned(&SM.0));
    assert!(codes.contains(&"signature.partial"), "{codes:?}");
}

#[test]
fn a_label_whose_signature_does_not_hold_is_not_passed_on() {
    let out = String::from_utf8(sealed("a.md", b"# Title\n\nText.\n")).unwrap().replace("Text", "Other");
    for call in [Propagator::new("platform"), Propagator::new("platform").signer(&SM.0)] {
        let error = call.file_name("a.md").propagate_bytes(out.as_bytes()).unwrap_err();
        assert_eq!(error.code(), "propagate.broken");
    }
}

#[test]
fn a_second_platform_is_told_what_it_replaces_and_a_signer_signs_what_is_there() {
    let md = b"# Title\n\nText.\n";
    let first = Propagator::new("first").id("1").declared(true).file_name("a.md").signer(&SM.0);
    let (one, receipt) = first.propagate_bytes(md).unwrap();
    assert!(receipt.sealed);
    let (_, receipt) = Propagator::new("second").id("2").file_name("a.md").propagate_bytes(&one).unwrap();
    assert!(receipt.notes.iter().any(|n| n.message.code == "note.propagator_replaced"), "{:?}", receipt.notes);
    let (plain, _) = Propagator::new("first").id("1").declared(true).file_name("a.md").propagate_bytes(md).unwrap();
    let (_, receipt) = first.propagate_bytes(&plain).unwrap();
    assert!(receipt.changed && receipt.sealed);
}
