//! Signed manifests in every format that takes one: label and signature in one call, nothing lost.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;
#[path = "common/lossless.rs"]
mod lossless;

use std::path::Path;
use std::sync::LazyLock;

use biaoshi::format::Embedding;
use biaoshi::sign::Generated;
use biaoshi::{Algorithm, CarrierKind, Identity, Integrity, Key, Report, TrustStore, Verifier};
use common::{IDENTITY, identity_for, label, trust};
use lossless::{essence, labeler};

static OTHER: LazyLock<(Identity, Generated)> = LazyLock::new(|| identity_for(Algorithm::Es256, "A platform"));

/// Files of formats that take a manifest which can't take one: their tags, sizes or further parts
/// would not stay as they are or would not be found.
const UNSIGNED: [&str; 11] = [
    "avi/opendml-ok.avi",
    "heif/grid-behind-mdat-ok.heic",
    "mov/classic-ok.mov",
    "mp3/v22-ok.mp3",
    "mp3/v23-unsync-ok.mp3",
    "mp3/v24-plain-sizes-ok.mp3",
    "svg/entities-ok.svg",
    "svg/gbk-ok.svg",
    "svg/utf16-ok.svg",
    "wav/bw64-ok.wav",
    "wav/rf64-ok.wav",
];

fn bases() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases");
    let mut out = Vec::new();
    for folder in std::fs::read_dir(&root).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.file_stem().unwrap().to_string_lossy().ends_with("-ok") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                out.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    out.sort();
    out
}

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
            assert!(!receipt.signed && out == plain, "{name}");
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

/// Manifests of others in these formats leave out more than the store: the framing of the store,
/// or boxes without content. That is no hole, and a change of anything else is seen.
#[test]
fn a_manifest_with_the_usual_gaps_holds() {
    use biaoshi::carrier::manifest::{Agent, ManifestPlan, sign};
    for (wanted, mime) in
        [("mp4/plain-ok.mp4", "video/mp4"), ("tiff/little-ok.tif", "image/tiff"), ("heif/plain-ok.heic", "image/heic")]
    {
        let (name, bytes) = bases().into_iter().find(|(name, _)| name == wanted).unwrap();
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
            vendor_assertions: Vec::new(),
            drop_broken_parent: false,
        };
        let mut out = std::io::Cursor::new(Vec::new());
        sign(&mut std::io::Cursor::new(&bytes), None, &mut out, &plan, &biaoshi::Limits::default()).unwrap();
        let store = |file: &[u8]| {
            let report = verify(&name, file);
            let found = report.evidence.into_iter().find(|e| e.carrier == CarrierKind::C2paManifest).unwrap();
            (found.integrity, found.codes)
        };
        let (integrity, codes) = store(out.get_ref());
        assert_eq!(integrity, Integrity::Intact, "{name}: {codes:?}");
        // The two exclusions of TIFF are reported as they are.
        assert_eq!(codes.iter().any(|c| c.ends_with("additionalExclusionsPresent")), mime == "image/tiff", "{codes:?}");
        let mut changed = out.into_inner();
        let at = changed.len() - 3;
        changed[at] ^= 1;
        assert_ne!(store(&changed).0, Integrity::Intact, "{name}");
    }
}
