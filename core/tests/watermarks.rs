//! Watermarks of labels: written with the label, read back, compared with it, looked up.
#![cfg(target_pointer_width = "64")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::io::Cursor;

use biaoshi::carrier::watermark::{PICTURE, identifier};
use biaoshi::sign::{Generated, KeygenOptions, generate};
use biaoshi::verify::Look;
use biaoshi::watermark::{Key, MarkedLevel, Payload};
use biaoshi::{
    Algorithm, CarrierKind, CheckResult, Claim, Evidence, Explicit, Identity, Imprint, Integrity, Label, LabelKind,
    Labeler, Level, Profile, Receipt, Report, Status, Verifier,
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

const PRODUCER: &str = "001191110102MACQD9K64010000";

/// Soft shapes with some grain: nothing that a camera could not have taken.
fn photo(width: u32, height: u32) -> RgbImage {
    let mut state = 0x9E37_79B9u32;
    RgbImage::from_fn(width, height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let grain = (state % 13) as f32 - 6.0;
        let (x, y) = (x as f32 / 37.0, y as f32 / 29.0);
        let wave = |phase: f32| (128.0 + 50.0 * (x + phase).sin() + 40.0 * (y * 1.3 + x * 0.4).cos() + grain) as u8;
        Rgb([wave(0.0), wave(0.6), wave(1.1)])
    })
}

fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn labeler() -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test")).watermark(Imprint::of_label())
}

fn label() -> Label {
    Label::new(PRODUCER).with_produce_id("content-1")
}

fn looked(bytes: &[u8]) -> Report {
    Verifier::new().look(Look::Everything).verify_bytes(bytes).unwrap()
}

fn mark(report: &Report) -> Option<&Evidence> {
    report.evidence.iter().find(|e| e.carrier == CarrierKind::Watermark)
}

/// The pixels alone, as a program that knows nothing of labels saves them.
fn saved_again(bytes: &[u8], change: impl Fn(DynamicImage) -> DynamicImage) -> Vec<u8> {
    let image = image::load_from_memory(bytes).unwrap();
    written(&DynamicImage::ImageRgb8(change(image).to_rgb8()), ImageFormat::Jpeg)
}

fn identity() -> (Generated, Identity) {
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
    (made, identity)
}

#[test]
fn every_picture_format_carries_the_mark_of_its_label() {
    let image = DynamicImage::ImageRgb8(photo(600, 448));
    let sixteen = DynamicImage::ImageRgb16(image.to_rgb16());
    let grey = DynamicImage::ImageLuma8(image.to_luma8());
    let files = [
        written(&image, ImageFormat::Png),
        written(&sixteen, ImageFormat::Png),
        written(&grey, ImageFormat::Png),
        written(&image, ImageFormat::Jpeg),
        written(&grey, ImageFormat::Jpeg),
        written(&image, ImageFormat::WebP),
    ];
    for (n, file) in files.iter().enumerate() {
        for level in [Level::Is, Level::Possible, Level::Suspected] {
            let (out, receipt): (Vec<u8>, Receipt) =
                labeler().label_bytes(file, &label().with_level(level)).unwrap_or_else(|e| panic!("{n}: {e}"));
            let made = receipt.watermark.unwrap();
            assert_eq!(made.scheme, PICTURE);
            assert!(made.psnr_db.is_some_and(|db| db > 38.0), "{n}: {:?}", made.psnr_db);

            let report = looked(&out);
            let found = mark(&report).unwrap_or_else(|| panic!("{n}: no mark"));
            assert_eq!((found.kind, found.claim), (LabelKind::ImplicitContent, Claim::SuspectedAi));
            assert_eq!(found.integrity, Integrity::Absent);
            let read = found.watermark.as_ref().unwrap();
            assert_eq!((read.of_label, read.key), (Some(true), None), "{n}");
            assert_eq!(read.payload, made.payload);
            let payload = Payload::from_bits(u64::from_str_radix(&read.payload, 16).unwrap()).unwrap();
            let said = match level {
                Level::Is => MarkedLevel::Is,
                Level::Possible => MarkedLevel::Possible,
                Level::Suspected => MarkedLevel::Suspected,
            };
            assert_eq!((payload.level(), payload.identifier()), (said, identifier(PRODUCER, "content-1")));
            assert!(!report.has("watermark.alone") && !report.has("watermark.other_label"), "{n}");
            let verdict = report.verdict("cn-gb45438").unwrap();
            let check = verdict.checks.iter().find(|c| c.id == "content.watermark").unwrap();
            assert_eq!(check.result, CheckResult::Pass);
        }
    }
}

#[test]
fn what_is_left_of_a_stripped_label_makes_content_suspected_and_names_nobody() {
    let file = written(&DynamicImage::ImageRgb8(photo(640, 480)), ImageFormat::Png);
    let (out, _) = labeler().label_bytes(&file, &label()).unwrap();
    let changes: [(&str, &dyn Fn(DynamicImage) -> DynamicImage); 4] = [
        ("saved again", &|image| image),
        ("cropped", &|image| image.crop_imm(61, 47, 500, 380)),
        ("smaller", &|image| image.resize_exact(480, 360, image::imageops::FilterType::CatmullRom)),
        ("turned and mirrored", &|image| image.rotate90().fliph()),
    ];
    for (name, change) in changes {
        let report = looked(&saved_again(&out, change));
        assert_eq!(report.status, Status::Suspected, "{name}");
        assert!(report.has("watermark.alone"), "{name}");
        let found = mark(&report).unwrap();
        assert_eq!(found.watermark.as_ref().unwrap().of_label, None);
        assert!(found.label.is_none() && found.stated.is_none() && found.signer.is_none(), "{name}");
        assert!(!report.carries_intact_label(), "{name}");
    }
    // Who does not look finds nothing, and says that it did not look.
    let blind = Verifier::new().verify_bytes(&saved_again(&out, |image| image)).unwrap();
    assert_eq!(blind.status, Status::None);
    // A picture without a mark is not said to have none.
    let plain = looked(&labelled_without_mark(&file));
    let verdict = plain.verdict("cn-gb45438").unwrap();
    let check = verdict.checks.iter().find(|c| c.id == "content.watermark").unwrap();
    assert_eq!(check.result, CheckResult::NotCheckable);
    assert!(mark(&plain).is_none());
}

fn labelled_without_mark(file: &[u8]) -> Vec<u8> {
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test"));
    labeler.label_bytes(file, &label()).unwrap().0
}

#[test]
fn a_mark_of_another_label_is_told() {
    let file = written(&DynamicImage::ImageRgb8(photo(640, 480)), ImageFormat::Png);
    let (first, _) = labeler().label_bytes(&file, &label()).unwrap();
    let pixels = written(&image::load_from_memory(&first).unwrap(), ImageFormat::Png);
    let other = Label::new(PRODUCER).with_produce_id("content-2");
    let plain = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test"));
    let report = looked(&plain.label_bytes(&pixels, &other).unwrap().0);
    assert!(report.has("watermark.other_label") && !report.carries_intact_label());
    assert_eq!(report.status, Status::Confirmed);
    assert_eq!(mark(&report).unwrap().watermark.as_ref().unwrap().of_label, Some(false));
}

#[test]
fn a_secret_mark_is_read_with_its_key_alone() {
    let key = Key::secret(b"a key of more than sixteen bytes").unwrap();
    let other = Key::secret(b"another key of many more bytes!!").unwrap();
    let bits = 0xDEAD_BEEF_0123_4567;
    let file = written(&DynamicImage::ImageRgb8(photo(640, 480)), ImageFormat::Png);
    let imprint = Imprint::secret(key.clone(), bits);
    assert!(!format!("{imprint:?}").contains("sixteen"), "{imprint:?}");
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test")).watermark(imprint);
    let (out, receipt) = labeler.label_bytes(&file, &label()).unwrap();
    assert_eq!(receipt.watermark.unwrap().payload, "deadbeef01234567");
    assert!(mark(&looked(&out)).is_none());
    let with = |keys: &[&Key]| {
        let verifier =
            keys.iter().fold(Verifier::new().look(Look::Everything), |v, key| v.watermark_key((*key).clone()));
        verifier.verify_bytes(&out).unwrap()
    };
    assert!(mark(&with(&[&other])).is_none());
    let report = with(&[&other, &key]);
    let read = mark(&report).unwrap().watermark.clone().unwrap();
    assert_eq!((read.payload.as_str(), read.key, read.of_label), ("deadbeef01234567", Some(1), None));
    assert!(!report.has("watermark.other_label") && !report.has("watermark.alone"));
}

#[test]
fn a_manifest_names_the_watermark_and_a_store_finds_the_label_by_it() {
    let (made, identity) = identity();
    let file = written(&DynamicImage::ImageRgb8(photo(640, 480)), ImageFormat::Jpeg);
    let (out, receipt) = labeler().signer(&identity).label_bytes(&file, &label()).unwrap();
    assert!(receipt.signed);
    let payload = receipt.watermark.unwrap().payload;
    let trust = biaoshi::TrustStore::from_pem(&made.root_pem).unwrap();
    let verifier = Verifier::new().trust(&trust);
    let report = verifier.clone().look(Look::Everything).verify_bytes(&out).unwrap();
    assert!(report.evidence.iter().all(|e| e.integrity != Integrity::Broken));
    assert_eq!(report.status, Status::Confirmed);
    let json = verifier.crjson(&mut Cursor::new(&out)).unwrap().unwrap();
    let assertions = &json["manifests"][0]["assertions"];
    assert_eq!(assertions["c2pa.soft-binding"]["alg"], PICTURE);
    let actions = assertions["c2pa.actions.v2"]["actions"].as_array().unwrap();
    assert!(actions.iter().any(|action| action["action"] == "c2pa.watermarked.bound"));

    let stored = verifier.record(&mut Cursor::new(&out)).unwrap();
    let manifest = stored.manifest.unwrap();
    // The value is a byte string, as the standard has it.
    let value = u64::from_str_radix(&payload, 16).unwrap().to_be_bytes().to_vec();
    let cbor = [b"evalue\x48", value.as_slice()].concat();
    assert!(manifest.windows(cbor.len()).any(|window| window == cbor));
    assert_eq!(stored.label.unwrap().produce_id, "content-1");
    assert!(stored.manifest_id.unwrap().starts_with("urn:c2pa:"));

    let copy = saved_again(&out, |image| image.resize_exact(560, 420, image::imageops::FilterType::Triangle));
    let found = Verifier::new().record(&mut Cursor::new(&copy)).unwrap();
    assert_eq!(found.bindings, stored.bindings);
    assert_eq!(found.bindings[0].value, value);
    assert!((found.phash.unwrap() ^ stored.phash.unwrap()).count_ones() <= biaoshi::verify::lookup::SAME_MAX);
    assert!(found.manifest.is_none() && found.label.is_none());
}

#[test]
fn what_holds_no_mark_is_refused_whole() {
    let small = written(&DynamicImage::ImageRgb8(photo(24, 24)), ImageFormat::Png);
    let narrow = written(&DynamicImage::ImageRgb8(photo(900, 40)), ImageFormat::Png);
    for file in [small, narrow] {
        let error = labeler().label_bytes(&file, &label()).unwrap_err();
        assert_eq!(error.code(), "watermark.too_small", "{error}");
    }
    let text = b"# A text\n\nwith some words.\n";
    let labeler = labeler().file_name("text.md");
    assert_eq!(labeler.label_bytes(text, &label()).unwrap_err().code(), "watermark.no_scheme");
}

#[test]
fn a_labelled_file_gets_no_second_mark() {
    let file = written(&DynamicImage::ImageRgb8(photo(640, 480)), ImageFormat::Png);
    let once = labelled_without_mark(&file);
    let (twice, receipt) = labeler().label_bytes(&once, &label()).unwrap();
    assert_eq!(twice, once);
    assert!(receipt.notes.iter().any(|note| note.message.code == "note.no_second_watermark"));
    assert!(receipt.watermark.is_none() && !receipt.changed);
}

#[test]
fn a_palette_and_few_levels_hold_no_mark() {
    for (colour, depth) in
        [(png::ColorType::Indexed, png::BitDepth::Eight), (png::ColorType::Grayscale, png::BitDepth::Four)]
    {
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, 256, 256);
        encoder.set_color(colour);
        encoder.set_depth(depth);
        if colour == png::ColorType::Indexed {
            encoder.set_palette((0..=255u8).flat_map(|n| [n, n / 2, 255 - n]).collect::<Vec<_>>());
        }
        let length = if depth == png::BitDepth::Eight { 256 * 256 } else { 256 * 128 };
        let samples: Vec<u8> = (0..length).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        encoder.write_header().unwrap().write_image_data(&samples).unwrap();
        let error = labeler().label_bytes(&file, &label()).unwrap_err();
        assert_eq!(error.code(), "watermark.palette", "{error}");
    }
}
