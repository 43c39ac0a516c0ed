//! Pictures without an index are checked by range where `coded_bytes` says so: little is read, the
//! report says what was passed over, and a signature over the content is checked all the same.
#![cfg(target_pointer_width = "64")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

#[path = "common/lossless.rs"]
mod lossless;

use std::io::{Cursor, Read, Seek, SeekFrom};

use biaoshi::sign::{KeygenOptions, generate};
use biaoshi::verify::Look;
use biaoshi::{
    Algorithm, Explicit, Identity, Integrity, Label, Labeler, Lang, Limits, Outcome, Profile, Report, Status, Verifier,
};
use image::{ExtendedColorType, ImageEncoder as _, Rgb, RgbImage};
use proptest::prelude::*;

use lossless::CODE;

/// A reader that counts.
struct Counted<'a> {
    inner: Cursor<&'a [u8]>,
    read: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.read += n as u64;
        Ok(n)
    }
}

impl Seek for Counted<'_> {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(to)
    }
}

fn by_range(bytes: &[u8], coded: u64, look: Look) -> (Report, u64) {
    let mut limits = Limits::default();
    assert!(limits.set("coded_bytes", coded));
    let mut source = Counted { inner: Cursor::new(bytes), read: 0 };
    let report = Verifier::new().limits(limits).look(look).verify(&mut source).unwrap();
    (report, source.read)
}

/// Noise, so that the coded picture is long.
fn noise(width: u32, height: u32) -> RgbImage {
    let mut state = 0x9E37_79B9u32;
    RgbImage::from_fn(width, height, |_, _| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let [r, g, b, _] = state.to_le_bytes();
        Rgb([r, g, b])
    })
}

fn pictures() -> Vec<(&'static str, Vec<u8>)> {
    let picture = noise(640, 480);
    let (width, height) = picture.dimensions();
    let mut png = Vec::new();
    let coder = image::codecs::png::PngEncoder::new(&mut png);
    coder.write_image(picture.as_raw(), width, height, ExtendedColorType::Rgb8).unwrap();
    let mut jpeg = Vec::new();
    image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(&picture).unwrap();
    let mut gif = b"GIF89a\x80\x02\xe0\x01\0\0\0,\0\0\0\0\x80\x02\xe0\x01\0\x08".to_vec();
    for block in picture.as_raw().chunks(255) {
        gif.push(u8::try_from(block.len()).unwrap());
        gif.extend_from_slice(block);
    }
    gif.extend_from_slice(b"\0;");
    vec![("png", png), ("jpeg", jpeg), ("gif", gif)]
}

fn labelled(bytes: &[u8], identity: Option<&Identity>) -> Vec<u8> {
    let mut labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test"));
    if let Some(identity) = identity {
        labeler = labeler.signer(identity);
    }
    labeler.label_bytes(bytes, &Label::new(CODE)).unwrap().0
}

fn json(report: &Report) -> serde_json::Value {
    serde_json::to_value(report.document(Lang::En)).unwrap()
}

/// What the file states, without what is only judged of it when it was read to its end.
fn told(report: &Report) -> serde_json::Value {
    let mut value = json(report);
    let fields = value.as_object_mut().unwrap();
    fields.remove("verdicts");
    fields["findings"].as_array_mut().unwrap().retain(|found| found["code"] != "file.unread");
    value
}

#[test]
fn a_label_is_found_by_reading_little_and_the_rest_is_named() {
    for (name, bytes) in pictures() {
        let bytes = labelled(&bytes, None);
        assert!(bytes.len() > 200_000, "{name}: {}", bytes.len());
        let (report, read) = by_range(&bytes, 0, Look::Nothing);
        assert_eq!(report.status, Status::Confirmed, "{name}");
        assert!(report.has("file.unread") && !report.carries_intact_label(), "{name}");
        let outcome = |report: &Report| report.verdict("cn-gb45438").map(|v| v.outcome);
        assert_eq!(outcome(&report), Some(Outcome::Inconclusive), "{name}");
        // A PNG has a header before each of its chunks, so most of it is passed over in steps.
        let most = if name == "png" { bytes.len() as u64 / 2 } else { 40_000 };
        assert!(read <= most, "{name}: {read} of {}", bytes.len());
        let (whole, all) = by_range(&bytes, u64::MAX, Look::Nothing);
        assert!(!whole.has("file.unread") && all >= bytes.len() as u64, "{name}: {all}");
        assert_eq!(outcome(&whole), Some(Outcome::Compliant), "{name}");
        assert_eq!(told(&report), told(&whole), "{name}");
    }
}

#[test]
fn a_file_that_is_not_sound_is_never_called_compliant() {
    for (name, bytes) in pictures() {
        let mut bytes = labelled(&bytes, None);
        bytes.truncate(bytes.len() / 2);
        for coded in [0, 1000, u64::MAX] {
            let (report, _) = by_range(&bytes, coded, Look::Nothing);
            assert_ne!(report.verdict("cn-gb45438").map(|v| v.outcome), Some(Outcome::Compliant), "{name} {coded}");
        }
    }
}

#[test]
fn looking_at_the_picture_and_signatures_over_it_read_all() {
    let made = generate(&KeygenOptions {
        algorithm: Algorithm::Ed25519,
        organization: "Example".into(),
        common_name: "Example".into(),
        country: "CN".into(),
        not_before: biaoshi::doc_now() - 60,
        days: 2,
    })
    .unwrap();
    let identity = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
    for (name, bytes) in pictures() {
        let plain = labelled(&bytes, None);
        let (report, _) = by_range(&plain, 0, Look::Everything);
        assert_eq!(told(&report), told(&by_range(&plain, u64::MAX, Look::Everything).0), "{name}");
        assert!(!report.has("file.unread"), "{name}");

        let signed = labelled(&bytes, Some(&identity));
        let (report, _) = by_range(&signed, 0, Look::Nothing);
        assert!(!report.has("file.unread"), "{name}");
        let (whole, _) = by_range(&signed, u64::MAX, Look::Nothing);
        assert_eq!(json(&report), json(&whole), "{name}");
        // A changed picture is found out although its bytes would have been passed over.
        let mut changed = signed.clone();
        let middle = changed.len() / 2;
        changed[middle] ^= 0x55;
        let (report, _) = by_range(&changed, 0, Look::Nothing);
        assert_eq!(told(&report), told(&by_range(&changed, u64::MAX, Look::Nothing).0), "{name}");
        assert!(whole.evidence.iter().all(|e| e.integrity == Integrity::Intact), "{name}");
        assert!(report.evidence.iter().any(|e| e.integrity == Integrity::Broken), "{name}");
    }
}

#[test]
fn nothing_is_called_absent_from_a_file_that_was_not_read() {
    for (name, bytes) in pictures() {
        let (report, read) = by_range(&bytes, 0, Look::Nothing);
        assert_eq!(report.status, Status::None, "{name}");
        if name != "png" {
            // What a window of the file ends inside of, a sub-block of a GIF, is passed over to its end: at most
            // 255 bytes of every 4,096.
            let least = if name == "gif" { bytes.len() as u64 * 15 / 16 } else { bytes.len() as u64 };
            assert!(!report.has("file.unread") && read >= least, "{name}: {read} of {}", bytes.len());
        }
    }
    // A label behind the picture, in front of the trailer.
    let gif = pictures().pop().unwrap().1;
    let labelled = labelled(&gif, None);
    let packet = 13..13 + labelled.len() - gif.len();
    let mut moved = [&gif[..gif.len() - 1], &labelled[packet.clone()], b";"].concat();
    assert_eq!(labelled[packet.start], 0x21, "an extension");
    assert_eq!(by_range(&moved, 0, Look::Nothing).0.status, Status::Confirmed);
    moved.truncate(gif.len() - 1);
    assert_eq!(by_range(&moved, 0, Look::Nothing).0.status, by_range(&moved, u64::MAX, Look::Nothing).0.status);
}

#[test]
fn labelling_reads_all_whatever_the_bound() {
    for (name, bytes) in pictures() {
        let mut tailed = bytes.clone();
        tailed.extend_from_slice(b"what stands behind");
        let mut limits = Limits::default();
        assert!(limits.set("coded_bytes", 0));
        let labeler =
            |limits: Limits| Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test")).limits(limits);
        let label = Label { produce_id: Some("1".to_owned()), ..Label::new(CODE) };
        let bounded = labeler(limits).label_bytes(&tailed, &label).unwrap().0;
        assert_eq!(bounded, labeler(Limits::default()).label_bytes(&tailed, &label).unwrap().0, "{name}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_bound_gives_the_same_or_says_what_it_left(which in 0usize..3, coded in 0u64..400_000, at in 0usize..400_000, to: u8) {
        thread_local! {
            static MADE: Vec<(&'static str, Vec<u8>)> =
                pictures().into_iter().map(|(name, bytes)| (name, labelled(&bytes, None))).collect();
        }
        let mut bytes = MADE.with(|made| made[which].1.clone());
        let at = at % bytes.len();
        bytes[at] = to;
        let mut limits = Limits::default();
        prop_assert!(limits.set("coded_bytes", coded));
        let bounded = Verifier::new().limits(limits).look(Look::Nothing).verify_bytes(&bytes);
        let whole = Verifier::new().look(Look::Nothing).verify_bytes(&bytes);
        match (bounded, whole) {
            (Ok(bounded), Ok(whole)) => {
                if !bounded.has("file.unread") {
                    prop_assert_eq!(json(&bounded), json(&whole));
                } else {
                    prop_assert_eq!(bounded.status, whole.status);
                    let compliant = |report: &Report| report.verdicts.iter().any(|v| v.outcome == Outcome::Compliant);
                    prop_assert!(!compliant(&bounded));
                }
            }
            (bounded, whole) => prop_assert_eq!(bounded.err().map(|e| e.code()), whole.err().map(|e| e.code())),
        }
    }
}
