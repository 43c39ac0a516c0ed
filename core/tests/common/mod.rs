//! Pictures, identities and small surgery for the integration tests.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Cursor;
use std::sync::LazyLock;

use biaoshi::sign::{Generated, KeygenOptions, generate};
use biaoshi::{Algorithm, Explicit, Format, Identity, Label, Labeler, Profile, Report, TrustStore, Verifier};

pub const CODE: &str = "001191110102MACQD9K64010000";

pub fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

pub fn identity_for(algorithm: Algorithm, organization: &str) -> (Identity, Generated) {
    let made = generate(&KeygenOptions {
        algorithm,
        organization: organization.into(),
        common_name: format!("{organization} signer"),
        country: "CN".into(),
        not_before: now() - 60,
        days: 30,
    })
    .unwrap();
    (Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap(), made)
}

pub static IDENTITY: LazyLock<(Identity, Generated)> =
    LazyLock::new(|| identity_for(Algorithm::Ed25519, "Biaoshi tests"));

pub fn trust() -> TrustStore {
    TrustStore::from_pem(&IDENTITY.1.root_pem).unwrap()
}

/// A picture with some structure; `seed` makes different ones.
pub fn picture(format: Format, width: u32, height: u32, seed: u32) -> Vec<u8> {
    let image = image::RgbImage::from_fn(width, height, |x, y| {
        let v = x.wrapping_mul(7 + seed) ^ y.wrapping_mul(13 + seed * 3);
        image::Rgb([(v & 0xFF) as u8, ((x * 255) / width.max(1)) as u8, ((y * 255) / height.max(1)) as u8])
    });
    let kind = match format {
        Format::Png => image::ImageFormat::Png,
        Format::Jpeg => image::ImageFormat::Jpeg,
        Format::Webp => image::ImageFormat::WebP,
        _ => unreachable!(),
    };
    let mut out = Cursor::new(Vec::new());
    image::DynamicImage::ImageRgb8(image).write_to(&mut out, kind).unwrap();
    out.into_inner()
}

pub const FORMATS: [Format; 3] = [Format::Png, Format::Jpeg, Format::Webp];

pub fn label() -> Label {
    Label::new(CODE).with_produce_id("test-0001")
}

/// Metadata only: no notice, no signature.
pub fn plain() -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("test of the metadata layer"))
}

pub fn signed(format: Format, seed: u32, id: &str) -> Vec<u8> {
    let input = picture(format, 240, 160, seed);
    let label = Label::new(CODE).with_produce_id(id);
    plain().signer(&IDENTITY.0).label_bytes(&input, &label).unwrap().0
}

pub fn verify(bytes: &[u8]) -> Report {
    let trust = trust();
    Verifier::new().trust(&trust).verify_bytes(bytes).unwrap()
}

pub fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|f| f.code()).collect()
}

/// The byte range of the part that holds `slot`.
pub fn slot(bytes: &[u8], slot: &str) -> std::ops::Range<usize> {
    let found = biaoshi::inspect(bytes).unwrap();
    let parts: Vec<_> = found.segments.iter().filter(|s| s.slot.as_deref() == Some(slot)).collect();
    let first = parts.first().unwrap_or_else(|| panic!("no {slot}"));
    let last = parts.last().unwrap();
    first.offset as usize..(last.offset + last.length) as usize
}

/// The largest part of the picture data.
pub fn essence(bytes: &[u8]) -> std::ops::Range<usize> {
    let found = biaoshi::inspect(bytes).unwrap();
    let part = found.segments.iter().filter(|s| s.essence).max_by_key(|s| s.length).unwrap();
    part.offset as usize..(part.offset + part.length) as usize
}

pub fn crc(bytes: &[u8]) -> u32 {
    let mut c = 0xFFFF_FFFFu32;
    for b in bytes {
        c ^= u32::from(*b);
        for _ in 0..8 {
            c = if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 };
        }
    }
    !c
}

pub fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = (data.len() as u32).to_be_bytes().to_vec();
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    let sum = crc(&out[4..]);
    out.extend_from_slice(&sum.to_be_bytes());
    out
}

/// Repairs the checksum of the PNG chunk that holds `at`.
pub fn repair_png(bytes: &mut [u8], at: usize) {
    let found = biaoshi::inspect(bytes).unwrap();
    for s in &found.segments {
        let (from, to) = (s.offset as usize, (s.offset + s.length) as usize);
        if (from..to).contains(&at) && s.name != "signature" {
            let sum = crc(&bytes[from + 4..to - 4]);
            bytes[to - 4..to].copy_from_slice(&sum.to_be_bytes());
        }
    }
}

pub fn repair_riff(bytes: &mut [u8]) {
    let size = (bytes.len() - 8) as u32;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
}

/// A picture with a valid manifest and no label in its metadata.
pub fn unlabelled_but_signed(format: Format) -> Vec<u8> {
    use biaoshi::carrier::manifest::{Agent, ManifestPlan, sign};
    let mut source = std::io::Cursor::new(picture(format, 240, 160, 8));
    let mut out = std::io::Cursor::new(Vec::new());
    let plan = ManifestPlan {
        signer: &IDENTITY.0,
        title: None,
        mime: format.row().mime,
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
    sign(&mut source, None, &mut out, &plan, &biaoshi::Limits::default()).unwrap();
    out.into_inner()
}

/// Every base that is labelled, by folder and name.
pub fn bases() -> Vec<(String, Vec<u8>)> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases");
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
    assert!(out.len() > 90, "{}", out.len());
    out
}
