#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

mod attack;
mod embed;

use std::io::Cursor;
use std::time::{SystemTime, UNIX_EPOCH};

use image::{ImageFormat, Rgb, RgbImage};
use serde_json::json;

use super::*;
use crate::sign::{Algorithm, Generated, Identity, KeygenOptions, Signer, generate};

const AI: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
const COMPOSITE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia";
const FORMATS: [(ImageFormat, &str); 3] =
    [(ImageFormat::Png, "image/png"), (ImageFormat::Jpeg, "image/jpeg"), (ImageFormat::WebP, "image/webp")];

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn made(algorithm: Algorithm, organization: &str, not_before: u64, days: u16) -> Generated {
    generate(&KeygenOptions {
        algorithm,
        organization: organization.to_owned(),
        common_name: "Test signer".to_owned(),
        country: "CN".to_owned(),
        not_before,
        days,
    })
    .unwrap()
}

fn identity(algorithm: Algorithm) -> (Identity, TrustStore) {
    let made = made(algorithm, "某某科技", now() - 60, 30);
    let identity = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
    (identity, TrustStore::from_pem(&made.root_pem).unwrap())
}

/// A picture with enough texture that formats do not come out tiny.
fn picture(format: ImageFormat, seed: u32) -> Vec<u8> {
    let image = RgbImage::from_fn(48, 40, |x, y| {
        let v = (x * 5 + y * 3).wrapping_mul(seed.wrapping_mul(7) | 1);
        Rgb([v as u8, (v >> 1) as u8, (x ^ y) as u8])
    });
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn plan<'a>(signer: &'a dyn Signer, mime: &'a str) -> ManifestPlan<'a> {
    ManifestPlan {
        signer,
        title: Some("测试".to_owned()),
        mime,
        claim_generator: Agent { name: "Biaoshi".to_owned(), version: Some("0.1.0".to_owned()) },
        source_type_uri: Some(AI),
        altered: false,
        software_agent: Some(Agent { name: "Model".to_owned(), version: Some("2".to_owned()) }),
        when: Some("2026-01-02T03:04:05Z".to_owned()),
        ai_disclosure: Some(json!({ "modelType": "c2pa.types.model", "modelName": "Model" })),
        soft_binding: None,
        vendor_assertions: vec![("org.example.aigc".to_owned(), json!({ "Label": "1", "B": 2, "A": 1 }))],
        drop_broken_parent: false,
    }
}

fn sign_with(bytes: &[u8], plan: &ManifestPlan<'_>) -> Result<(Vec<u8>, Signed)> {
    let mut dest = Cursor::new(Vec::new());
    let signed = sign(&mut Cursor::new(bytes), None, &mut dest, plan, &Limits::default())?;
    Ok((dest.into_inner(), signed))
}

fn look(bytes: &[u8], mime: &str, trust: &TrustStore) -> ManifestReading {
    read(&mut Cursor::new(bytes), mime, trust, &Limits::default()).unwrap().unwrap()
}

fn failures(reading: &ManifestReading) -> Vec<String> {
    let line = |s: &StatusCode| format!("{} | {}", s.code, s.explanation.clone().unwrap_or_default());
    reading.failures().map(line).collect()
}

fn find(haystack: &[u8], needle: &[u8]) -> usize {
    haystack.windows(needle.len()).position(|window| window == needle).expect("present")
}

/// Range of the whole PNG chunk or RIFF chunk that holds the store, header and all.
fn store_range(bytes: &[u8], mime: &str) -> std::ops::Range<usize> {
    let be = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    match mime {
        "image/png" => {
            let at = find(bytes, b"caBX") - 4;
            at..at + 12 + be(at)
        }
        "image/webp" => {
            let at = find(bytes, b"C2PA");
            let len = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
            at..at + 8 + len + len % 2
        }
        _ => {
            let at = find(bytes, &[0xFF, 0xEB]);
            let len = u16::from_be_bytes(bytes[at + 2..at + 4].try_into().unwrap()) as usize;
            at..at + 2 + len
        }
    }
}

/// A byte of the content proper, well after the store.
fn content_at(bytes: &[u8], mime: &str) -> usize {
    match mime {
        "image/png" => find(bytes, b"IDAT") + 40,
        "image/webp" => find(bytes, b"VP8") + 40,
        _ => bytes.len() - 40,
    }
}

struct OwnSigner(Identity, Vec<Vec<u8>>);
impl c2pa::Signer for OwnSigner {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        Ok(self.0.sign(data).unwrap())
    }
    fn alg(&self) -> c2pa::SigningAlg {
        c2pa::SigningAlg::Ed25519
    }
    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        Ok(self.1.clone())
    }
    fn reserve_size(&self) -> usize {
        4_096
    }
}

fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let tail = [kind.as_slice(), body].concat();
    [&(body.len() as u32).to_be_bytes()[..], &tail, &crc32(&tail).to_be_bytes()].concat()
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| (c >> 1) ^ (0xEDB8_8320 & (c & 1).wrapping_neg()))
    })
}

fn bare_definition() -> serde_json::Value {
    json!({
        "claim_generator_info": [{ "name": "x" }],
        "assertions": [{ "label": "c2pa.actions.v2", "created": true, "data": {
            "actions": [{ "action": "c2pa.created", "digitalSourceType": AI }] } }],
    })
}

#[test]
fn signed_files_are_valid_without_and_trusted_with_the_anchor() {
    for algorithm in [Algorithm::Ed25519, Algorithm::Es256] {
        let (signer, trust) = identity(algorithm);
        for (format, mime) in FORMATS {
            let (out, signed) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
            let nobody = look(&out, mime, &TrustStore::new());
            assert_eq!(nobody.state, ManifestState::Valid, "{mime}: {:?}", failures(&nobody));
            assert!(nobody.untrusted() && !nobody.hash_mismatch() && !nobody.exclusion_abuse());
            let ours = look(&out, mime, &trust);
            assert_eq!(ours.state, ManifestState::Trusted, "{mime}: {:?}", failures(&ours));
            assert_eq!(failures(&ours), Vec::<String>::new());
            assert_eq!(ours.active_label, signed.manifest_label);
            assert!(ours.active_label.unwrap().starts_with("urn:c2pa:"));
            assert!((1_500..2_700).contains(&signed.manifest_bytes), "{}", signed.manifest_bytes);
            assert_eq!(ours.ingredients, 0);
        }
    }
}

#[test]
fn the_manifest_says_what_the_plan_said() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    let (out, _) = sign_with(&picture(ImageFormat::Png, 1), &plan(&signer, "image/png")).unwrap();
    let reading = look(&out, "image/png", &trust);
    assert_eq!(reading.claim_generator.as_deref(), Some("Biaoshi 0.1.0"));
    let expected = Action {
        action: "c2pa.created".to_owned(),
        digital_source_type: Some(AI.to_owned()),
        software_agent: Some("Model 2".to_owned()),
        when: Some("2026-01-02T03:04:05Z".to_owned()),
    };
    assert_eq!(reading.actions, [expected]);
    let by = |label: &str| reading.assertions.iter().find(|a| a.label == label).unwrap();
    let actions = by("c2pa.actions.v2");
    assert!(actions.created && actions.data["allActionsIncluded"] == json!(true));
    assert_eq!(by("c2pa.ai-disclosure").data["modelName"], json!("Model"));
    let vendor = by("org.example.aigc");
    assert!(vendor.created);
    assert_eq!(vendor.data.to_string(), r#"{"Label":"1","B":2,"A":1}"#);
    let who = reading.signer.unwrap();
    assert_eq!(who.name.as_deref(), Some("Test signer"));
    assert_eq!(who.organization.as_deref(), Some("某某科技"));
    assert_eq!(who.algorithm.as_deref(), Some("ed25519"));
    assert_eq!(who.certificate_sha256.as_deref(), Some(signer.certificate().unwrap().sha256.as_str()));
    assert_eq!(who.serial.as_deref(), Some(signer.certificate().unwrap().serial.as_str()));
    assert_eq!(who.time, None);
    assert!(out.windows(11).any(|w| w == b"specVersion"));
}

#[test]
fn a_file_without_a_manifest_has_none() {
    for (format, mime) in FORMATS {
        let bytes = picture(format, 1);
        let reading = read(&mut Cursor::new(bytes), mime, &TrustStore::new(), &Limits::default()).unwrap();
        assert_eq!(reading, None, "{mime}");
    }
}

#[test]
fn certificates_outside_their_period_do_not_sign() {
    let old = made(Algorithm::Ed25519, "Old", now() - 3 * 86_400, 2);
    let early = made(Algorithm::Es256, "Early", now() + 86_400, 2);
    for made in [old, early] {
        let signer = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
        assert!(signer.check_period(now()).is_err());
        let error = sign_with(&picture(ImageFormat::Png, 1), &plan(&signer, "image/png")).unwrap_err();
        assert_eq!(error.code(), "sign.certificate_refused", "{error}");
    }
}

#[test]
fn a_certificate_that_expired_since_is_reported() {
    let start = now();
    // Two seconds of life: the last day of a one-day certificate.
    let made = made(Algorithm::Ed25519, "Short", start + 3 - 86_400, 1);
    let signer = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
    assert_eq!(signer.not_after().unwrap(), start + 2);
    let (out, _) = sign_with(&picture(ImageFormat::Png, 1), &plan(&signer, "image/png")).unwrap();
    while now() <= start + 3 {
        std::thread::sleep(std::time::Duration::from_millis(200));
    }
    let trust = TrustStore::from_pem(&made.root_pem).unwrap();
    let reading = look(&out, "image/png", &trust);
    // The library calls an expired certificate untrusted as well, whatever the anchors.
    assert!(reading.expired() && reading.untrusted(), "{:?}", failures(&reading));
    assert_eq!(reading.state, ManifestState::Invalid);
}

#[test]
fn a_valid_parent_becomes_an_ingredient() {
    let (first, first_trust) = identity(Algorithm::Ed25519);
    let (second, trust) = identity(Algorithm::Es256);
    for (format, mime) in FORMATS {
        let (parent, _) = sign_with(&picture(format, 1), &plan(&first, mime)).unwrap();
        let mut plan = plan(&second, mime);
        plan.source_type_uri = Some(COMPOSITE);
        let (out, signed) = sign_with(&parent, &plan).unwrap();
        assert!(signed.parent_kept);
        let reading = look(&out, mime, &trust);
        assert_ne!(reading.state, ManifestState::Invalid);
        assert_eq!(reading.ingredients, 1);
        let names: Vec<&str> = reading.actions.iter().map(|a| a.action.as_str()).collect();
        assert_eq!(names, ["c2pa.opened", "c2pa.edited"]);
        assert_eq!(reading.actions[0].digital_source_type, None);
        assert_eq!(reading.actions[1].digital_source_type.as_deref(), Some(COMPOSITE));
        let mut both = trust.clone();
        both.add_pem(&first_trust.to_pem(), "first").unwrap();
        assert_eq!(look(&out, mime, &both).state, ManifestState::Trusted);
    }
}

#[test]
fn a_parent_from_before_the_change_is_kept() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    let mime = "image/png";
    let (parent, _) = sign_with(&picture(ImageFormat::Png, 1), &plan(&signer, mime)).unwrap();
    let changed = [&parent[..33], &chunk(b"tEXt", b"a\0b"), &parent[33..]].concat();
    let error = sign_with(&changed, &plan(&signer, mime)).unwrap_err();
    assert!(matches!(error, Error::Refused(_)));
    assert_eq!(error.code(), "manifest.parent_broken");
    let mut dest = Cursor::new(Vec::new());
    let mut before = Cursor::new(&parent);
    let signed =
        sign(&mut Cursor::new(&changed), Some(&mut before), &mut dest, &plan(&signer, mime), &Limits::default())
            .unwrap();
    assert!(signed.parent_kept);
    let out = dest.into_inner();
    let reading = look(&out, mime, &trust);
    assert_eq!(reading.state, ManifestState::Trusted, "{:?}", failures(&reading));
    assert_eq!(reading.ingredients, 1);
    assert_eq!(out.windows(4).filter(|w| w == b"caBX").count(), 1);
}

#[test]
fn a_broken_parent_is_refused_unless_told() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let (mut parent, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        let at = content_at(&parent, mime);
        parent[at] ^= 1;
        let error = sign_with(&parent, &plan(&signer, mime)).unwrap_err();
        assert_eq!(error.code(), "manifest.parent_broken");
        let mut plan = plan(&signer, mime);
        plan.drop_broken_parent = true;
        let (out, signed) = sign_with(&parent, &plan).unwrap();
        assert!(!signed.parent_kept);
        let reading = look(&out, mime, &trust);
        assert_eq!(reading.state, ManifestState::Trusted, "{:?}", failures(&reading));
        assert_eq!(reading.ingredients, 0);
    }
}

#[test]
fn altered_content_without_a_manifest_is_opened_and_edited() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let mut plan = plan(&signer, mime);
        plan.altered = true;
        plan.source_type_uri = Some(COMPOSITE);
        let (out, signed) = sign_with(&picture(format, 1), &plan).unwrap();
        assert!(!signed.parent_kept);
        let reading = look(&out, mime, &trust);
        assert_eq!(reading.state, ManifestState::Trusted, "{:?}", failures(&reading));
        let names: Vec<&str> = reading.actions.iter().map(|a| a.action.as_str()).collect();
        assert_eq!(names, ["c2pa.opened", "c2pa.edited"]);
    }
}

#[test]
fn a_remote_manifest_is_reported_and_not_fetched() {
    let (signer, _) = identity(Algorithm::Ed25519);
    let (other, _) = identity(Algorithm::Ed25519);
    let certificates = other.certificates().to_vec();
    let adapter = OwnSigner(other, certificates);
    let context = context(&TrustStore::new(), &Limits::default()).unwrap();
    let definition = bare_definition();
    let mut builder = c2pa::Builder::from_context(context).with_definition(definition).unwrap();
    builder.set_remote_url("http://127.0.0.1:9/x.c2pa").set_no_embed(true);
    let mut dest = Cursor::new(Vec::new());
    let mut from = Cursor::new(picture(ImageFormat::Png, 1));
    builder.sign(&adapter, "image/png", &mut from, &mut dest).unwrap();
    let bytes = dest.into_inner();
    let reading = look(&bytes, "image/png", &TrustStore::new());
    assert_eq!(reading.state, ManifestState::Remote);
    assert_eq!(reading.remote_url.as_deref(), Some("http://127.0.0.1:9/x.c2pa"));
    let (out, signed) = sign_with(&bytes, &plan(&signer, "image/png")).unwrap();
    assert!(!signed.parent_kept);
    assert_eq!(look(&out, "image/png", &TrustStore::new()).state, ManifestState::Valid);
}

#[test]
fn a_failing_signer_keeps_its_own_error() {
    struct Broken(Vec<Vec<u8>>, Option<usize>);
    impl Signer for Broken {
        fn algorithm(&self) -> Algorithm {
            Algorithm::Ed25519
        }
        fn certificates(&self) -> &[Vec<u8>] {
            &self.0
        }
        fn sign(&self, _: &[u8]) -> Result<Vec<u8>> {
            match self.1 {
                Some(length) => Ok(vec![0; length]),
                None => Err(Error::Signing(message::FAILED.with("reason", "token removed"))),
            }
        }
    }
    let (signer, _) = identity(Algorithm::Ed25519);
    let bytes = picture(ImageFormat::Png, 1);
    let down = Broken(signer.certificates().to_vec(), None);
    let error = sign_with(&bytes, &plan(&down, "image/png")).unwrap_err();
    assert!(error.to_string().contains("token removed"), "{error}");
    let long = Broken(signer.certificates().to_vec(), Some(71));
    let error = sign_with(&bytes, &plan(&long, "image/png")).unwrap_err();
    assert_eq!(error.code(), "sign.signature_length");
    let none = Broken(Vec::new(), Some(64));
    let error = sign_with(&bytes, &plan(&none, "image/png")).unwrap_err();
    assert_eq!(error.code(), "sign.certificate_refused", "{error}");
}

#[test]
fn an_sm2_key_signs_no_manifest() {
    let made = crate::sign::generate(&KeygenOptions {
        algorithm: Algorithm::Sm2,
        organization: "Example".to_owned(),
        common_name: "Signer".to_owned(),
        country: "CN".to_owned(),
        not_before: now(),
        days: 1,
    })
    .unwrap();
    let signer = Identity::from_key_pem(&made.key_pem).unwrap();
    let bytes = picture(ImageFormat::Png, 1);
    let error = sign_with(&bytes, &plan(&signer, "image/png")).unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    assert_eq!(error.code(), "sign.not_for_manifests");
}

#[test]
fn limits_and_values_are_checked() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    let bytes = picture(ImageFormat::Jpeg, 1);
    let mut limits = Limits { manifest_jpeg_bytes: bytes.len() as u64 - 1, ..Limits::default() };
    let error = read(&mut Cursor::new(&bytes), "image/jpeg", &trust, &limits).unwrap_err();
    assert!(matches!(error, Error::Limit(_)));
    limits.manifest_jpeg_bytes += 1;
    assert_eq!(read(&mut Cursor::new(&bytes), "image/jpeg", &trust, &limits).unwrap(), None);
    limits.manifest_file_bytes = 10;
    let error =
        sign(&mut Cursor::new(&bytes), None, &mut Cursor::new(Vec::new()), &plan(&signer, "image/jpeg"), &limits);
    assert!(matches!(error, Err(Error::Limit(_))));

    for label in ["c2pa.actions", "cawg.metadata", "x", "", "a..b", "a.b__2", "a.b/c", "a.b\u{202e}"] {
        let mut plan = plan(&signer, "image/jpeg");
        plan.vendor_assertions = vec![(label.to_owned(), json!({}))];
        let error = sign_with(&bytes, &plan).unwrap_err();
        assert_eq!(error.code(), "manifest.assertion_label", "{label}");
    }
    let mut titled = plan(&signer, "image/jpeg");
    titled.title = Some("x".repeat(10_000));
    assert!(matches!(sign_with(&bytes, &titled), Err(Error::Limit(_))));
    titled.title = Some("a\u{1b}[2J".to_owned());
    assert_eq!(sign_with(&bytes, &titled).unwrap_err().code(), "manifest.value");
}

#[test]
fn wrong_media_types_are_errors() {
    let bytes = b"plain words, nothing else".to_vec();
    let outcome = read(&mut Cursor::new(bytes), "application/x-unknown", &TrustStore::new(), &Limits::default());
    assert!(matches!(outcome, Err(Error::Unsupported(_))));
}

#[test]
fn a_panic_of_the_library_becomes_an_error() {
    let error = guarded(|| panic!("on purpose")).unwrap_err();
    assert_eq!(error.code(), "manifest.panic");
    assert!(!error.to_string().contains("on purpose"));
}
