//! Every cut, every flipped bit and every wrong length of small files: nothing bursts, and nothing
//! that was changed is reported as an intact label.
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;
mod r#gen;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use biaoshi::{Format, Report, TrustStore, Verifier};
use common::{FORMATS, IDENTITY, codes, label, picture, plain, trust};

#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);
static ONE: Mutex<()> = Mutex::new(());
const BOUND: usize = 64 << 20;

fn alone() -> MutexGuard<'static, ()> {
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Verifies under the bounds; an error must be a typed one about the file.
fn verify(bytes: &[u8], trust: &TrustStore) -> Option<Report> {
    let before = HEAP.allocated();
    let peak = HEAP.max_allocated();
    let started = Instant::now();
    let result = Verifier::new().trust(trust).verify_bytes(bytes);
    assert!(started.elapsed() < Duration::from_secs(1), "{:?}", started.elapsed());
    assert!(HEAP.max_allocated() <= peak.max(before + BOUND), "{} bytes of heap", HEAP.max_allocated() - before);
    match result {
        Ok(report) => Some(report),
        Err(e) => {
            assert!(["format.unknown", "format.unsupported", "limit"].contains(&e.code()), "{e}");
            None
        }
    }
}

/// Small labelled files of each format and variant, without and with a manifest.
fn labelled() -> Vec<(Format, Vec<u8>)> {
    FORMATS.iter().map(|f| (*f, plain().label_bytes(&picture(*f, 8, 6, 1), &label()).unwrap().0)).collect()
}

fn signed() -> Vec<(Format, Vec<u8>)> {
    FORMATS
        .iter()
        .map(|f| (*f, plain().signer(&IDENTITY.0).label_bytes(&picture(*f, 8, 6, 1), &label()).unwrap().0))
        .collect()
}

#[test]
fn cut_anywhere_a_labelled_file_is_not_intact() {
    let _one = alone();
    let trust = trust();
    for (format, bytes) in labelled() {
        assert!(verify(&bytes, &trust).unwrap().carries_intact_label(), "{format:?}");
        for len in 0..bytes.len() {
            if let Some(report) = verify(&bytes[..len], &trust) {
                assert!(!report.carries_intact_label(), "{format:?} cut at {len}");
                // The first letters of a signature are plain text.
                if report.format == Format::Txt && len < 12 {
                    continue;
                }
                assert!(
                    report.has("file.truncated") || report.has("file.malformed"),
                    "{format:?} {len} {:?}",
                    codes(&report)
                );
            }
        }
    }
}

#[test]
fn cut_anywhere_a_signed_file_is_not_intact() {
    let _one = alone();
    let trust = trust();
    for (format, bytes) in signed() {
        assert!(verify(&bytes, &trust).unwrap().carries_intact_label(), "{format:?}");
        // Every place at both ends, and every seventh between.
        let lens = (0..200).chain((200..bytes.len() - 200).step_by(7)).chain(bytes.len() - 200..bytes.len());
        for len in lens {
            if let Some(report) = verify(&bytes[..len], &trust) {
                assert!(!report.carries_intact_label(), "{format:?} cut at {len}");
            }
        }
    }
}

#[test]
fn every_bit_of_the_first_four_kilobytes() {
    let _one = alone();
    let trust = trust();
    for (_, bytes) in labelled() {
        let mut changed = bytes.clone();
        for at in 0..bytes.len().min(4096) {
            for bit in 0..8 {
                changed[at] ^= 1 << bit;
                let report = verify(&changed, &trust);
                // Whatever the bit was, the bytes themselves were all looked at.
                if let Some(report) = report {
                    assert_eq!(report.bytes, bytes.len() as u64);
                }
                changed[at] ^= 1 << bit;
            }
        }
        assert_eq!(changed, bytes);
    }
}

/// Bytes inside the store that the signature does not cover, by what stands there. C2PA leaves
/// the store itself out of the hash of the file; what is in it is covered through hashes of its
/// boxes, except the unprotected header of the COSE signature and the box framing around it.
fn uncovered(bytes: &[u8], at: usize, format: Format) -> Option<&'static str> {
    let store = common::slot(bytes, "c2pa");
    if !store.contains(&at) {
        return None;
    }
    let inside = &bytes[store.clone()];
    // The unprotected header of the signature: key `pad`, its byte string of zeros.
    let key = inside.windows(4).rposition(|w| w == b"\x63pad").unwrap();
    let end = (key + 5..inside.len()).find(|n| inside[*n] != 0 && *n > key + 7).unwrap();
    if (store.start + key..store.start + end).contains(&at) {
        return Some("COSE padding");
    }
    if format == Format::Png && at >= store.end - 4 {
        return Some("checksum of the PNG chunk");
    }
    if format == Format::Jpeg && at < store.start + 12 {
        return Some("JPEG box framing");
    }
    if format == Format::Webp && at == store.end - 1 && inside[inside.len() - 1] == 0 {
        return Some("RIFF pad byte");
    }
    let near = |needle: &[u8], before: usize, after: usize| {
        inside.windows(needle.len()).enumerate().filter(|(_, w)| *w == needle).any(|(n, _)| {
            let found = store.start + n;
            at + before >= found && at < found + needle.len() + after
        })
    };
    // Superbox descriptions: type, toggles and label of the store, the manifest and its parts.
    if near(b"jumd", 8, 70) || near(b"jumb", 8, 4) {
        return Some("JUMBF description");
    }
    None
}

#[test]
fn no_flipped_bit_of_a_signed_file_passes() {
    let _one = alone();
    let trust = trust();
    for (format, bytes) in signed() {
        let mut changed = bytes.clone();
        let mut passed = std::collections::BTreeMap::<&str, u32>::new();
        let (mut rejected, mut unseen) = (0, Vec::new());
        for at in 0..bytes.len() {
            // One bit of each byte: every bit number comes up in every eight bytes.
            changed[at] ^= 1 << (at % 8);
            match verify(&changed, &trust) {
                Some(report) if report.carries_intact_label() => match uncovered(&bytes, at, format) {
                    Some(why) => *passed.entry(why).or_default() += 1,
                    None => unseen.push(at),
                },
                _ => rejected += 1,
            }
            changed[at] ^= 1 << (at % 8);
        }
        println!("{format:?}: {rejected} of {} rejected, not covered by C2PA: {passed:?}", bytes.len());
        let shown = |at: &usize| {
            let around = String::from_utf8_lossy(&bytes[at.saturating_sub(24)..(at + 8).min(bytes.len())])
                .escape_debug()
                .to_string();
            format!("{at} in {around}")
        };
        let list: Vec<String> = unseen.iter().map(shown).collect();
        assert!(unseen.is_empty(), "{format:?}: changed and nobody saw it, of {} bytes: {list:#?}", bytes.len());
        assert!(rejected > bytes.len() / 2, "{rejected} of {}", bytes.len());
    }
}

/// Where numbers of lengths stand: position, width in bytes, big-endian.
fn lengths(format: Format, bytes: &[u8]) -> Vec<(usize, usize, bool)> {
    let found = biaoshi::inspect(bytes).unwrap();
    let parts = found.segments.iter().filter(|s| s.name != "scan");
    match format {
        Format::Png => parts.filter(|s| s.name != "signature").map(|s| (s.offset as usize, 4, true)).collect(),
        Format::Jpeg => parts.filter(|s| s.length > 4).map(|s| (s.offset as usize + 2, 2, true)).collect(),
        _ => parts.map(|s| (s.offset as usize + 4, 4, false)).collect(),
    }
}

#[test]
fn every_length_field_told_wrong() {
    let _one = alone();
    let trust = trust();
    let files = labelled().into_iter().map(|f| (f, false)).chain(signed().into_iter().map(|f| (f, true)));
    for ((format, bytes), signed) in files {
        let fields = lengths(format, &bytes);
        assert!(fields.len() >= 3, "{format:?}");
        for (at, width, big) in fields {
            let field = &bytes[at..at + width];
            let read = field.iter().fold(0u64, |v, b| v << 8 | u64::from(*b));
            let right = if big { read } else { u64::from(u32::from_le_bytes(field.try_into().unwrap())) };
            for wrong in [
                0,
                1,
                right.wrapping_sub(1),
                right + 1,
                (1 << 31) - 1,
                1 << 31,
                (1 << 31) + 1,
                u64::from(u32::MAX),
                u64::from(u32::MAX) - 8,
            ] {
                let new =
                    if big { wrong.to_be_bytes()[8 - width..].to_vec() } else { wrong.to_le_bytes()[..width].to_vec() };
                if new == field {
                    continue;
                }
                let mut changed = bytes.clone();
                changed[at..at + width].copy_from_slice(&new);
                let _ = biaoshi::inspect(&changed);
                if let Some(report) = verify(&changed, &trust) {
                    // Without a signature a scan header may be cut otherwise and still be one.
                    let seen = !report.carries_intact_label() || !signed;
                    assert!(seen, "{format:?} {wrong} at {at}: {:?}", codes(&report));
                }
                if let Err(e) = plain().label_bytes(&changed, &label()) {
                    assert!(!matches!(e, biaoshi::Error::Internal(_)), "{format:?} {wrong} at {at}: {e}");
                }
            }
        }
    }
}

/// Every picture of the vectors up to 8 KiB, hostile ones among them.
fn vectors() -> Vec<Vec<u8>> {
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors")];
    let mut out = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| ["png", "jpg", "webp"].iter().any(|x| e == *x)) {
                let bytes = std::fs::read(&path).unwrap();
                if bytes.len() <= 8 << 10 {
                    out.push(bytes);
                }
            }
        }
    }
    assert!(out.len() > 150, "{} vectors", out.len());
    out
}

#[test]
fn vectors_cut_at_every_byte() {
    let _one = alone();
    let trust = trust();
    for bytes in vectors() {
        let tail = biaoshi::inspect(&bytes)
            .ok()
            .and_then(|found| found.segments.iter().find(|s| s.name == "trailing").map(|s| s.offset as usize));
        let end = tail.unwrap_or(bytes.len());
        for at in 0..end {
            if let Some(report) = verify(&bytes[..at], &trust) {
                assert!(!report.carries_intact_label(), "cut at {at} of {}", bytes.len());
            }
        }
    }
}

#[test]
fn every_bit_of_every_header_of_the_vectors() {
    let _one = alone();
    let trust = trust();
    let mut flips = 0u64;
    for bytes in vectors() {
        let Ok(found) = biaoshi::inspect(&bytes) else { continue };
        let mut changed = bytes.clone();
        // Length, type and the first bytes of each part.
        for part in found.segments.iter().take(64) {
            for at in part.offset as usize..(part.offset + part.length.min(12)) as usize {
                for bit in 0..8 {
                    changed[at] ^= 1 << bit;
                    let _ = verify(&changed, &trust);
                    changed[at] ^= 1 << bit;
                    flips += 1;
                }
            }
        }
        assert_eq!(changed, bytes);
    }
    assert!(flips > 100_000, "{flips}");
}
