//! What each fuzz target does with its bytes. `core/tests/regressions.rs` includes this file and
//! runs the same functions on stable, so nothing here may need the fuzzer.

pub mod aigc;
pub mod container;
pub mod exif;
pub mod label_roundtrip;
pub mod notice;
mod packets;
pub mod security;
pub mod split_independent;
pub mod verify;
pub mod watermark_picture;
pub mod watermark_sound;
pub mod xmp;

use std::fmt::Debug;

use biaoshi::{Error, Lang, Limits};

/// A target: panics if a promise is broken.
pub type Target = fn(&[u8]);

/// Every target by its name.
pub fn targets() -> impl Iterator<Item = (&'static str, Target)> {
    TARGETS.iter().copied().chain(container::TARGETS.iter().map(|(name, run, _)| (*name, *run)))
}

/// The targets that go beyond one container.
const TARGETS: &[(&str, Target)] = &[
    ("aigc", aigc::run),
    ("exif", exif::run),
    ("label_roundtrip", label_roundtrip::run),
    ("notice", notice::run),
    ("security", security::run),
    ("split_independent", split_independent::run),
    ("verify", verify::run),
    ("watermark_picture", watermark_picture::run),
    ("watermark_sound", watermark_sound::run),
    ("xmp", xmp::run),
];

/// Bounds in which a fuzzer gets far: small enough that reaching them is common.
pub fn limits() -> Limits {
    let mut limits = Limits::server();
    limits.file_bytes = 1 << 20;
    limits.metadata_bytes = 256 << 10;
    limits.inflate_bytes = 256 << 10;
    limits.segments = 4_096;
    limits.pixels = 1 << 20;
    limits.pixel_bytes = 16 << 20;
    limits
}

/// An error that a file may cause: not one of ours, the caller's, the operator's keys or the disk.
pub fn expected(error: &Error) {
    let theirs = matches!(error, Error::Malformed(_) | Error::Unsupported(_) | Error::Limit(_) | Error::Refused(_));
    assert!(theirs || error.code() == "render.picture_too_small", "{error:?}");
    spoken(error);
}

/// An error in words that are safe to print.
pub fn spoken(error: &Error) {
    for lang in [Lang::En, Lang::Zh] {
        printable(&error.text(lang));
        printable(&error.hint(lang));
    }
}

/// Nothing that moves a cursor, hides text or turns its direction gets into a message.
pub fn printable(text: &str) {
    let evil = |c: char| {
        c.is_control()
            || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
    };
    assert!(!text.contains(evil), "{text:?}");
}

/// Asserts that two are equal, without printing either: they can be long.
pub fn same<T: PartialEq + Debug>(what: &str, one: &T, other: &T) {
    assert!(one == other, "{what} differs");
}
