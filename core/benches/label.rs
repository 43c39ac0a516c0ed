//! Label and verify, cost split by layer, on a JPEG of about 1 MB and a PNG of about 10 MB.
//!
//! Run with `cargo bench --ignore-rust-version -p biaoshi --all-features`. Compare rows of one
//! run, not runs of different machines.
#![allow(missing_docs, clippy::print_stdout, clippy::unwrap_used)]

use std::io::Cursor;
use std::sync::LazyLock;

use biaoshi::sign::{KeygenOptions, generate};
use biaoshi::{Algorithm, Explicit, Format, Identity, Label, Labeler, Placement, Profile, TrustStore, Verifier};

fn main() {
    for (name, bytes) in [("jpeg", &*JPEG), ("png", &*PNG)] {
        println!("{name}: {} bytes, {} signed", bytes.len(), signed(bytes).len());
    }
    divan::main();
}

/// Smooth shapes with noise, so that the codecs have work like that of a photograph.
fn picture(format: Format, width: u32, height: u32, noise: u32) -> Vec<u8> {
    let mut state = 1u32;
    let image = image::RgbImage::from_fn(width, height, |x, y| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = (state >> 24) % noise;
        let wave = ((f64::from(x) / 97.0).sin() + (f64::from(y) / 61.0).cos()) * 50.0 + 110.0;
        let at = |shift: u32| (wave as u32 + shift + grain).min(255) as u8;
        image::Rgb([at(0), at(x * 60 / width), at(y * 60 / height)])
    });
    let kind = if format == Format::Png { image::ImageFormat::Png } else { image::ImageFormat::Jpeg };
    let mut out = Cursor::new(Vec::new());
    image::DynamicImage::ImageRgb8(image).write_to(&mut out, kind).unwrap();
    out.into_inner()
}

static JPEG: LazyLock<Vec<u8>> = LazyLock::new(|| picture(Format::Jpeg, 3080, 2320, 24));
static PNG: LazyLock<Vec<u8>> = LazyLock::new(|| picture(Format::Png, 2430, 1800, 24));

static KEYS: LazyLock<(Identity, TrustStore)> = LazyLock::new(|| {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let made = generate(&KeygenOptions {
        algorithm: Algorithm::Ed25519,
        organization: "Bench".into(),
        common_name: "Bench".into(),
        country: "CN".into(),
        not_before: now - 60,
        days: 2,
    })
    .unwrap();
    (Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap(), TrustStore::from_pem(&made.root_pem).unwrap())
});

fn metadata() -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("benchmark of the metadata layer"))
}

fn notice() -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).explicit(Explicit::corner(Placement::BottomRight))
}

fn label() -> Label {
    Label::new("example").with_produce_id("bench")
}

fn signed(bytes: &[u8]) -> Vec<u8> {
    metadata().signer(&KEYS.0).label_bytes(bytes, &label()).unwrap().0
}

fn of(name: &str) -> &'static [u8] {
    if name == "jpeg" { &JPEG } else { &PNG }
}

const FILES: [&str; 2] = ["jpeg", "png"];

#[divan::bench(args = FILES, sample_count = 10)]
fn label_metadata(bencher: divan::Bencher<'_, '_>, name: &str) {
    bencher.bench(|| metadata().label_bytes(of(name), &label()).unwrap());
}

#[divan::bench(args = FILES, sample_count = 5)]
fn label_metadata_and_notice(bencher: divan::Bencher<'_, '_>, name: &str) {
    bencher.bench(|| notice().label_bytes(of(name), &label()).unwrap());
}

#[divan::bench(args = FILES, sample_count = 5)]
fn label_metadata_and_manifest(bencher: divan::Bencher<'_, '_>, name: &str) {
    bencher.bench(|| metadata().signer(&KEYS.0).label_bytes(of(name), &label()).unwrap());
}

#[divan::bench(args = FILES, sample_count = 5)]
fn label_all_layers(bencher: divan::Bencher<'_, '_>, name: &str) {
    bencher.bench(|| notice().signer(&KEYS.0).label_bytes(of(name), &label()).unwrap());
}

#[divan::bench(args = FILES, sample_count = 20)]
fn verify_metadata(bencher: divan::Bencher<'_, '_>, name: &str) {
    let bytes = metadata().label_bytes(of(name), &label()).unwrap().0;
    bencher.bench(|| Verifier::new().verify_bytes(&bytes).unwrap());
}

#[divan::bench(args = FILES, sample_count = 10)]
fn verify_manifest(bencher: divan::Bencher<'_, '_>, name: &str) {
    let bytes = signed(of(name));
    bencher.bench(|| Verifier::new().trust(&KEYS.1).verify_bytes(&bytes).unwrap());
}

#[divan::bench(args = FILES, sample_count = 20)]
fn copy_for_comparison(bencher: divan::Bencher<'_, '_>, name: &str) {
    bencher.bench(|| of(name).to_vec());
}
