//! Signed manifests in every format that takes one: label and signature in one call, nothing lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;
#[path = "common/lossless.rs"]
mod lossless;

use std::sync::LazyLock;

use biaoshi::format::Embedding;
use biaoshi::sign::Generated;
use biaoshi::{Algorithm, CarrierKind, Identity, Integrity, Key, Report, TrustStore, Verifier};
use common::{IDENTITY, bases, identity_for, label, trust};
use lossless::{essence, labeler};

static OTHER: LazyLock<(Identity, Generated)> = LazyLock::new(|| identity_for(Algorithm::Es256, "A platform"));

/// Files of formats that take a manifest which can't take one: their tags, sizes or further parts
/// would not stay as they are or would not be found.
const UNSIGNED: [&str; 13] = [
    "avi/opendml-ok.avi",
    "heif/grid-behind-mdat-ok.heic",
    "mov/classic-ok.mov",
    "mp4/base-offsets-ok.mp4",
    "mp4/fragmented-ok.mp4",
    "mp3/v22-ok.mp3",
    "mp3/v23-unsync-ok.mp3",
    "mp3/v24-plain-sizes-ok.mp3",
    "svg/entities-ok.svg",
    "svg/gbk-ok.svg",
    "svg/utf16-ok.svg",
    "wav/bw64-ok.wav",
    "wav/rf64-ok.wav",
];

fn verify(name: &str, bytes: &[u8]) -> Report {
    let trust = trust();
    Verifier::new().trust(&trust).file_name(name).verify_bytes(bytes).unwrap()
}

/// What the file says of its metadata values, the manifest left out.
fn values(name: &str, bytes: &[u8]) -> Vec<(String, Option<String>)> {
    let found = biaoshi::inspect_source(&mut std::io::Cursor::new(bytes), Some(name), &biaoshi::Limits::default());
    let mut out: Vec<_> = found.unwrap().values.into_iter().map(|v| (v.slot, v.text)).collect();
    out.sort();
    out
}

#[test]
fn every_format_that_takes_a_manifest_is_signed_and_loses_nothing() {
    let (mut signed, mut failed) = (0, Vec::new());
    for (name, bytes) in bases() {
        let plain = labeler(&name).label_bytes(&bytes, &label()).unwrap().0;
        let (out, receipt) = match labeler(&name).signer(&IDENTITY.0).label_bytes(&bytes, &label()) {
            Ok(done) => done,
            Err(error) => {
                failed.push(format!("{name}: {} {error}", error.code()));
                continue;
            }
        };
        if receipt.format.row().embedding == Embedding::None || UNSIGNED.contains(&name.as_str()) {
            assert!(!receipt.signed && receipt.sealed && out != plain, "{name}");
            assert!(receipt.notes.iter().any(|n| n.message.code == "note.manifest_not_embedded"), "{name}");
            continue;
        }
        let report = verify(&name, &out);
        let sound = report.evidence.iter().all(|e| e.integrity == Integrity::Intact && e.key == Some(Key::Trusted));
        if !sound || !report.evidence.iter().any(|e| e.carrier == CarrierKind::C2paManifest) {
            let what: Vec<_> = report.evidence.iter().map(|e| (e.carrier, e.integrity, &e.codes)).collect();
            failed.push(format!("{name}: {what:?}"));
            continue;
        }
        if essence(&name, &out) != essence(&name, &bytes) {
            failed.push(format!("{name}: the content changed"));
        }
        let complaint = report.findings.iter().find(|f| f.severity() > biaoshi::Severity::Info);
        if let Some(complaint) = complaint {
            failed.push(format!("{name}: {}", complaint.code()));
        }
        let strip = |values: Vec<(String, Option<String>)>| -> Vec<(String, Option<String>)> {
            // The label names the signer, the packet holds the label.
            values.into_iter().filter(|(slot, _)| slot != "xmp" && !slot.ends_with(":AIGC")).collect()
        };
        if strip(values(&name, &out)) != strip(values(&name, &plain)) {
            failed.push(format!("{name}: metadata changed"));
        }
        let (again, receipt) = labeler(&name).signer(&IDENTITY.0).label_bytes(&out, &label()).unwrap();
        if receipt.changed || again != out {
            failed.push(format!("{name}: not idempotent"));
        }
        signed += 1;
    }
    assert!(failed.is_empty(), "{signed} signed, {} failed\n{}", failed.len(), failed.join("\n"));
    assert!(signed > 40, "{signed}");
}

/// A platform signs on: the first manifest becomes the parent of the second, in the same place.
#[test]
fn another_signer_keeps_the_first_manifest() {
    let mut signed = 0;
    for (name, bytes) in bases() {
        let (first, receipt) = labeler(&name).signer(&IDENTITY.0).label_bytes(&bytes, &label()).unwrap();
        if !receipt.signed {
            continue;
        }
        let (second, receipt) = labeler(&name).signer(&OTHER.0).label_bytes(&first, &label()).unwrap();
        assert!(receipt.signed && receipt.changed, "{name}: {:?}", receipt.notes);
        assert_eq!(essence(&name, &second), essence(&name, &bytes), "{name}");
        let trust = TrustStore::from_pem(&OTHER.1.root_pem).unwrap();
        let report = Verifier::new().trust(&trust).file_name(&name).verify_bytes(&second).unwrap();
        assert!(report.carries_intact_label(), "{name}: {:?}", report.findings);
        let stores: Vec<_> = report.evidence.iter().filter(|e| e.carrier == CarrierKind::C2paManifest).collect();
        assert!(matches!(stores.as_slice(), [one] if one.key == Some(Key::Trusted)), "{name}");
        let reading = biaoshi::carrier::manifest::read(
            &mut std::io::Cursor::new(&second),
            receipt.format.row().mime,
            &trust,
            &biaoshi::Limits::default(),
        );
        assert_eq!(reading.unwrap().unwrap().ingredients, 1, "{name}");
        signed += 1;
    }
    assert!(signed > 80, "{signed}");
}

#[test]
fn a_changed_byte_of_the_content_is_seen() {
    for (name, bytes) in bases() {
        let (mut out, receipt) = labeler(&name).signer(&IDENTITY.0).label_bytes(&bytes, &label()).unwrap();
        let content = essence(&name, &out);
        if !receipt.signed || content.is_empty() {
            continue;
        }
        let inspected =
            biaoshi::inspect_source(&mut std::io::Cursor::new(&out), Some(&name), &biaoshi::Limits::default()).unwrap();
        let part = inspected.segments.iter().filter(|s| s.essence).max_by_key(|s| s.length).unwrap();
        out[(part.offset + part.length / 2) as usize] ^= 1;
        let trust = trust();
        let Ok(report) = Verifier::new().trust(&trust).file_name(&name).verify_bytes(&out) else { continue };
        assert!(!report.carries_intact_label(), "{name}: byte {}", part.offset + part.length / 2);
    }
}

/// The base file with every box of one type taken for another.
fn renamed(name: &str, from: &[u8; 4], to: &[u8; 4]) -> Vec<u8> {
    let (_, mut bytes) = bases().into_iter().find(|(base, _)| base == name).unwrap();
    let mut at = 0;
    while at + 8 <= bytes.len() {
        let size = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        if &bytes[at + 4..at + 8] == from {
            bytes[at + 4..at + 8].copy_from_slice(to);
        }
        at += size.max(8);
    }
    bytes
}

fn signed_by_the_library(mime: &str, bytes: &[u8]) -> Vec<u8> {
    use biaoshi::carrier::manifest::{Agent, ManifestPlan, sign};
    let plan = ManifestPlan {
        signer: &IDENTITY.0,
        title: None,
        mime,
        claim_generator: Agent { name: "camera".into(), version: None },
        source_type_uri: Some("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"),
        altered: false,
        software_agent: None,
        when: None,
        ai_disclosure: None,
        soft_binding: None,
        vendor_assertions: Vec::new(),
        drop_broken_parent: false,
    };
    let mut out = std::io::Cursor::new(Vec::new());
    sign(&mut std::io::Cursor::new(bytes), None, &mut out, &plan, &biaoshi::Limits::default()).unwrap();
    out.into_inner()
}

/// Samples can lie in any box; those that a hash leaves out must not make them look protected.
#[test]
fn samples_in_boxes_that_a_hash_leaves_out_are_not_called_intact() {
    let name = "plain-ok.mp4";
    let integrity = |bytes: &[u8]| {
        let report = verify(name, bytes);
        let store = report.evidence.iter().find(|e| e.carrier == CarrierKind::C2paManifest).unwrap();
        let intact = report.evidence.iter().any(|e| e.integrity == Integrity::Intact);
        assert_eq!(intact, store.integrity == Integrity::Intact, "{:?}", report.evidence);
        store.integrity
    };
    // An index is left out: we don't sign such a file, and don't believe in it.
    let mut index = renamed("mp4/plain-ok.mp4", b"mdat", b"free");
    // The empty box in front of the samples becomes the head of one around them.
    let at = index.windows(4).position(|window| window == b"free").unwrap() - 4;
    let size = u32::from_be_bytes(index[at + 8..at + 12].try_into().unwrap()) + 8;
    index[at..at + 8].copy_from_slice(&[&size.to_be_bytes()[..], b"mfra"].concat());
    let (out, receipt) = labeler(name).signer(&IDENTITY.0).label_bytes(&index, &label()).unwrap();
    assert!(!receipt.signed && receipt.notes.iter().any(|n| n.message.code == "note.manifest_not_embedded"));
    assert_eq!(verify(name, &out).evidence[0].integrity, Integrity::Absent);
    assert_eq!(integrity(&signed_by_the_library("video/mp4", &index)), Integrity::NotChecked);
    // Free space is bound by us.
    let free = renamed("mp4/plain-ok.mp4", b"mdat", b"free");
    let (mut out, receipt) = labeler(name).signer(&IDENTITY.0).label_bytes(&free, &label()).unwrap();
    assert!(receipt.signed);
    assert_eq!(integrity(&out), Integrity::Intact);
    let content = &free[200..400];
    let at = out.windows(content.len()).position(|window| window == content).unwrap();
    out[at + 7] ^= 1;
    assert_ne!(integrity(&out), Integrity::Intact);
    // A second file type, in which samples lie, is none that we sign.
    let twice = renamed("mp4/plain-ok.mp4", b"mdat", b"ftyp");
    assert!(!labeler(name).signer(&IDENTITY.0).label_bytes(&twice, &label()).unwrap().1.signed);
    // Something appended where the hash does not look.
    let (_, bytes) = bases().into_iter().find(|(base, _)| base == "mp4/plain-ok.mp4").unwrap();
    let (mut out, _) = labeler(name).signer(&IDENTITY.0).label_bytes(&bytes, &label()).unwrap();
    out.extend_from_slice(b"\0\0\0\x10mfraXXXXXXXX");
    assert_ne!(integrity(&out), Integrity::Intact);
}

/// The brands decide which program reads a file how, and the hash of boxes leaves them out.
#[test]
fn other_brands_are_other_content() {
    for name in ["mp4/plain-ok.mp4", "heif/plain-ok.heic"] {
        let (_, bytes) = bases().into_iter().find(|(base, _)| base == name).unwrap();
        let (mut out, receipt) = labeler(name).signer(&IDENTITY.0).label_bytes(&bytes, &label()).unwrap();
        assert!(receipt.signed, "{name}");
        out[15] ^= 1;
        let report = verify(name, &out);
        assert!(!report.carries_intact_label(), "{name}");
        assert!(report.evidence.iter().all(|e| e.integrity != Integrity::Intact), "{name}: {:?}", report.evidence);
    }
}

/// What is due behind the end must not come to be the label.
#[test]
fn a_movie_without_its_samples_is_refused() {
    let (name, bytes) = bases().into_iter().find(|(base, _)| base == "mp4/long-mdat-ok.mp4").unwrap();
    let cut = bytes.windows(4).position(|window| window == b"mdat").unwrap() - 4;
    let error = labeler(&name).label_bytes(&bytes[..cut], &label()).unwrap_err();
    assert_eq!(error.code(), "movie.samples_behind");
}

/// Free space next to the movie's end is not taken if samples lie in it.
#[test]
fn samples_in_free_space_stay() {
    let name = "faststart-itunes-ok.mp4";
    let bytes = renamed("mp4/faststart-itunes-ok.mp4", b"mdat", b"free");
    let content = bytes[bytes.len() - 900..].to_vec();
    let (out, _) = labeler(name).label_bytes(&bytes, &label()).unwrap();
    assert!(out.windows(content.len()).any(|window| window == content));
}

/// Manifests of others leave out the count of the store in TIFF, and `ftyp` in files of boxes (free
/// space is left out by c2pa-python, see tests/oracles). That is no hole, and a change of anything
/// else is seen.
#[test]
fn a_manifest_with_the_usual_gaps_holds() {
    for (wanted, mime) in
        [("mp4/plain-ok.mp4", "video/mp4"), ("tiff/little-ok.tif", "image/tiff"), ("heif/plain-ok.heic", "image/heic")]
    {
        let (name, bytes) = bases().into_iter().find(|(name, _)| name == wanted).unwrap();
        let out = signed_by_the_library(mime, &bytes);
        let store = |file: &[u8]| {
            let report = verify(&name, file);
            let found = report.evidence.into_iter().find(|e| e.carrier == CarrierKind::C2paManifest).unwrap();
            (found.integrity, found.codes)
        };
        let (integrity, codes) = store(&out);
        assert_eq!(integrity, Integrity::Intact, "{name}: {codes:?}");
        // The two exclusions of TIFF are reported as they are.
        assert_eq!(codes.iter().any(|c| c.ends_with("additionalExclusionsPresent")), mime == "image/tiff", "{codes:?}");
        let mut changed = out;
        let at = changed.len() - 3;
        changed[at] ^= 1;
        assert_ne!(store(&changed).0, Integrity::Intact, "{name}");
    }
}
