//! Labels on AI-generated content: write and verify them.
//!
//! Biaoshi (标识, "label") writes what China's Measures for Labeling AI-Generated Synthetic Content
//! and GB 45438-2025 ask for, and what C2PA and IPTC readers understand: a notice that people
//! see, a label in the metadata, a signed manifest. And it reads all of that back, says what each
//! mark is worth, and judges it by rule sets that are data.
//!
//! # A tour
//!
//! Label a picture. The notice is drawn into the bottom right corner, the label goes into the
//! format's own metadata place, every other byte stays:
//!
//! ```
//! use biaoshi::{Label, Profile, Status};
//! # let png = biaoshi::doc_picture();
//! let label = Label::new("001191110102MACQD9K64010000"); // a provider code, TC260-PG-20252A
//! let labelled: Vec<u8> = biaoshi::label(&png, &label, Profile::CN_GB45438)?;
//!
//! let report = biaoshi::verify(&labelled)?;
//! assert_eq!(report.status, Status::Confirmed);
//! assert!(report.carries_intact_label());
//! # Ok::<(), biaoshi::Error>(())
//! ```
//!
//! A report answers three questions in three fields and has no truth value. What does the file
//! state? `status`. Can it be believed? `integrity` of each piece of evidence. Does it satisfy a
//! rule set? One verdict per profile.
//!
//! ```
//! use biaoshi::{Integrity, Label, Outcome, Profile};
//! # let png = biaoshi::doc_picture();
//! # let labelled = biaoshi::label(&png, &Label::new("example"), Profile::CN_GB45438)?;
//! let report = biaoshi::verify(&labelled)?;
//! // Nothing was signed: anyone could have written this label, and the report says so.
//! assert!(report.evidence.iter().all(|e| e.integrity == Integrity::Absent));
//! assert!(report.has("label.unsigned"));
//! assert_eq!(report.verdict("cn-gb45438").map(|v| v.outcome), Some(Outcome::Compliant));
//! # Ok::<(), biaoshi::Error>(())
//! ```
//!
//! The second storey: choose corner and languages, sign, stream.
//!
#![cfg_attr(all(feature = "keygen", feature = "c2pa", not(target_arch = "wasm32")), doc = "```")]
#![cfg_attr(not(all(feature = "keygen", feature = "c2pa", not(target_arch = "wasm32"))), doc = "```ignore")]
//! use biaoshi::{Explicit, Identity, Integrity, Key, Label, Labeler, Placement, Profile, TrustStore, Verifier};
//! # let png = biaoshi::doc_picture();
//! # let made = biaoshi::sign::generate(&biaoshi::sign::KeygenOptions {
//! #     algorithm: biaoshi::Algorithm::Ed25519, organization: "Example".into(), common_name: "Example".into(),
//! #     country: "CN".into(), not_before: biaoshi::doc_now() - 60, days: 2 })?;
//! # let (chain_pem, key_pem, root_pem) = (made.chain_pem.as_str(), made.key_pem.as_str(), made.root_pem.as_str());
//! let identity = Identity::from_pem(chain_pem, key_pem)?; // or Identity::load("identity", now)
//! let labeler = Labeler::new(Profile::CN_GB45438)
//!     .explicit(Explicit::corner(Placement::BottomLeft).language("zh-Hans").language("en"))
//!     .signer(&identity);
//! let (signed, receipt) = labeler.label_bytes(&png, &Label::new("example-provider"))?;
//! assert!(receipt.signed);
//!
//! let trust = TrustStore::from_pem(root_pem)?;
//! let report = Verifier::new().trust(&trust).verify_bytes(&signed)?;
//! assert!(report.evidence.iter().all(|e| e.integrity == Integrity::Intact && e.key == Some(Key::Trusted)));
//! # Ok::<(), biaoshi::Error>(())
//! ```
//!
//! # What this is not
//!
//! No detector of unlabelled AI content: [`Status::None`] says that no mark was found and nothing
//! about how content was made. No statement that content is true or authentic. And no way to
//! remove a label: Article 10 of the Measures forbids tools for that.
//!
//! # Features
//!
//! - `write` (default): labelling, with everything below but `c2pa`. Without it the library reads.
//! - `c2pa` (default): signed manifests. Without it, files with a manifest are reported as not
//!   checked. Implies `certificates` and `documents`.
//! - `pdf-manifests` (default): with `c2pa`, signed manifests in PDF.
//! - `documents`: PDF, Office Open XML, OpenDocument, EPUB, and Markdown with front matter in TOML.
//! - `charsets`: texts in GB 18030 and other encodings than UTF-8 and UTF-16.
//! - `certificates`: X.509 certificates in a [`TrustStore`].
//! - `look`: pictures and sound are decoded, for notices ([`verify::Look::Everything`]) and for
//!   perceptual hashes that protection data is tied to.
//! - `keygen`: makes private identities.
//! - `schema`: JSON Schema of the report.
//!
//! Where a part is missing that a file takes, the answer is [`Error::Unsupported`] with the code
//! `build.charsets`, `build.documents`, `build.certificates`, `build.look` or `build.pdf_manifests`: never
//! a verdict that rests on less.

#![cfg_attr(
    not(feature = "write"),
    allow(dead_code, unused_imports, reason = "what only labelling reaches is left out by the linker")
)]

pub mod carrier;
pub mod codec;
pub mod container;
mod crc;
pub mod error;
pub mod finding;
pub mod format;
mod hex;
mod inspect;
pub mod label;
#[cfg(feature = "write")]
mod labeler;
pub mod limits;
pub mod message;
pub mod metadata;
mod names;
pub mod notice;
#[cfg(not(target_arch = "wasm32"))]
mod output;
pub mod profile;
pub mod render;
pub mod report;
pub mod sign;
pub mod source;
#[cfg(feature = "write")]
pub mod stream;
mod table;
pub mod trust;
pub mod verify;
pub mod watermark;

pub use error::{Error, Problem, Result, Told};
pub use finding::{Finding, Rule, Severity, Site};
pub use format::{FORMATS, Format, Modality};
pub use inspect::{Inspection, SegmentView, ValueView, inspect_source};
pub use label::{Aigc, Label, Level, Origin, ProviderCode, SourceType};
#[cfg(feature = "write")]
pub use labeler::{Explicit, Imprint, Imprinted, Labeler, Propagator, Receipt};
pub use limits::Limits;
pub use message::Lang;
#[cfg(not(target_arch = "wasm32"))]
pub use output::{half_written, open_regular, refuse_link, write_whole};
pub use profile::Profile;
pub use render::Placement;
pub use report::{
    Bound, CarrierKind, Check, CheckResult, Claim, Document, Duty, DutyKind, Evidence, Integrity, Key, LabelFields,
    LabelKind, Outcome, Reason, Report, Stated, Statement, Status, Sure, Verdict, Who,
};
pub use sign::{Algorithm, Identity, Signer};
pub use source::{ReadSeek, ReadWriteSeek};
pub use trust::TrustStore;
pub use verify::Verifier;

#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;

#[cfg(doctest)]
#[doc = include_str!("../../docs/adding-a-format.md")]
struct Recipe;

/// Version of this crate.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Labels bytes in memory: notice at the bottom right, label in the metadata, no signature.
///
/// [`Labeler`] chooses the notice, signs, streams and reports what it did.
///
/// # Errors
/// As [`Labeler::label`].
#[cfg(feature = "write")]
pub fn label(input: &[u8], label: &Label, profile: Profile) -> Result<Vec<u8>> {
    Labeler::new(profile).label_bytes(input, label).map(|(out, _)| out)
}

/// Reads every label of bytes in memory and judges it by the profiles of [`Profile::DEFAULT`].
///
/// [`Verifier`] takes anchors, limits, a file name and streams.
///
/// # Errors
/// As [`Verifier::verify`].
pub fn verify(input: &[u8]) -> Result<Report> {
    Verifier::new().verify_bytes(input)
}

/// Lists every part and metadata value of bytes in memory, without judging.
///
/// # Errors
/// As [`inspect_source`].
pub fn inspect(input: &[u8]) -> Result<Inspection> {
    inspect_source(&mut std::io::Cursor::new(input), None, &Limits::default())
}

/// A small picture for the examples in these pages.
#[doc(hidden)]
#[must_use]
pub fn doc_picture() -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 240, 160);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    if let Ok(mut writer) = encoder.write_header() {
        let _ = writer.write_image_data(&[0x7F; 240 * 160 * 3]);
    }
    out
}

/// A picture with some detail for the examples in these pages.
#[doc(hidden)]
#[must_use]
pub fn doc_photo() -> Vec<u8> {
    let (width, height) = (512u32, 512u32);
    let mut state = 1u32;
    let samples: Vec<u8> = (0..width * height)
        .flat_map(|n| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (n % width, n / width);
            let level = 96 + (x * y / 2048 % 64) + (state >> 28);
            let level = u8::try_from(level).unwrap_or(u8::MAX);
            [level, level.saturating_add(12), level.saturating_sub(20)]
        })
        .collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    if let Ok(mut writer) = encoder.write_header() {
        let _ = writer.write_image_data(&samples);
    }
    out
}

/// The time for the examples in these pages, in seconds since 1970.
#[doc(hidden)]
#[must_use]
#[cfg(not(target_arch = "wasm32"))]
pub fn doc_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs())
}
