//! The only code that copies bytes to an output: a list of byte edits and one streaming `apply`.

use std::io::Write;
use std::ops::Range;
use std::sync::mpsc;

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::message::general;
use crate::source::Source;

/// Replaces `remove` bytes at `at` by `insert`. Offsets count in the source, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// First byte affected.
    pub at: u64,
    /// How many source bytes are left out.
    pub remove: u64,
    /// What stands there instead.
    pub insert: Vec<u8>,
}

/// Edits of one file in ascending order, not overlapping. Every byte outside them is copied
/// unchanged, which is what makes losslessness provable and memory independent of media size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    source_len: u64,
    edits: Vec<Edit>,
}

impl Patch {
    /// A patch without edits for a source of `source_len` bytes.
    #[must_use]
    pub const fn new(source_len: u64) -> Self {
        Self { source_len, edits: Vec::new() }
    }

    /// Adds an edit in ascending order.
    ///
    /// # Errors
    /// [`Error::Internal`] if it overlaps the edit before it or reaches past the source.
    pub fn push(&mut self, edit: Edit) -> Result<()> {
        let end = edit.at.checked_add(edit.remove).filter(|end| *end <= self.source_len);
        let after = self.edits.last().map_or(0, |last| last.at + last.remove);
        if end.is_none() || edit.at < after {
            return Err(Error::Internal(general::BAD_PATCH.problem().at(edit.at)));
        }
        if edit.remove > 0 || !edit.insert.is_empty() {
            self.edits.push(edit);
        }
        Ok(())
    }

    /// Adds an insertion at `at`.
    ///
    /// # Errors
    /// As [`Patch::push`].
    pub fn insert(&mut self, at: u64, bytes: Vec<u8>) -> Result<()> {
        self.push(Edit { at, remove: 0, insert: bytes })
    }

    /// Adds the replacement of `range`, narrowed to the bytes that differ from `old`.
    ///
    /// # Errors
    /// As [`Patch::push`].
    pub fn replace(&mut self, at: u64, old: &[u8], new: &[u8]) -> Result<()> {
        let head = old.iter().zip(new).take_while(|(a, b)| a == b).count();
        let old_rest = old.get(head..).unwrap_or_default();
        let new_rest = new.get(head..).unwrap_or_default();
        let tail = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(a, b)| a == b).count();
        let insert = new_rest.get(..new_rest.len() - tail).unwrap_or_default().to_vec();
        self.push(Edit { at: at + head as u64, remove: (old_rest.len() - tail) as u64, insert })
    }

    /// The edits, ascending.
    #[must_use]
    pub fn edits(&self) -> &[Edit] {
        &self.edits
    }

    /// Whether nothing changes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.edits.is_empty()
    }

    /// Length of the result, in bytes.
    #[must_use]
    pub fn output_len(&self) -> u64 {
        self.edits.iter().fold(self.source_len, |len, edit| len - edit.remove + edit.insert.len() as u64)
    }

    /// Writes the patched file to `out`, copying through one window, and returns its length and
    /// SHA-256.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Internal`] if the source is not the one that was mapped.
    pub fn apply(&self, source: &mut Source<'_>, out: &mut dyn Write) -> Result<Written> {
        if source.len() != self.source_len {
            return Err(Error::Internal(general::BAD_PATCH.problem().at(source.len())));
        }
        if self.output_len() >= BESIDE
            && !cfg!(target_family = "wasm")
            && let Some(written) = self.apply_beside(source, out)
        {
            return written;
        }
        let mut hash = Sha256::new();
        let bytes = self.write(source, out, &mut |part| hash.update(part))?;
        Ok(Written { bytes, sha256: hash.finalize().into() })
    }

    /// The same with the hash in a thread of its own: hashing costs more than copying. `None` if
    /// there is no thread to be had; then nothing has been written.
    fn apply_beside(&self, source: &mut Source<'_>, out: &mut dyn Write) -> Option<Result<Written>> {
        std::thread::scope(|scope| {
            let (send, parts) = mpsc::sync_channel::<Vec<u8>>(WAITING);
            let hashed = move || {
                let mut hash = Sha256::new();
                parts.iter().for_each(|part| hash.update(part));
                hash.finalize().into()
            };
            let hasher = std::thread::Builder::new().spawn_scoped(scope, hashed).ok()?;
            let mut part = Vec::with_capacity(PART);
            let bytes = self.write(source, out, &mut |bytes| {
                part.extend_from_slice(bytes);
                if part.len() >= PART {
                    // If nobody listens any more, joining says so.
                    let _ = send.send(std::mem::replace(&mut part, Vec::with_capacity(PART)));
                }
            });
            let _ = send.send(part);
            drop(send);
            let lost = |_| Error::Internal(general::BAD_PATCH.problem());
            let hash: Result<[u8; 32]> = hasher.join().map_err(lost);
            Some(bytes.and_then(|bytes| Ok(Written { bytes, sha256: hash? })))
        })
    }

    /// Copies and edits, and shows every byte that was written.
    fn write(&self, source: &mut Source<'_>, out: &mut dyn Write, seen: &mut dyn FnMut(&[u8])) -> Result<u64> {
        let mut bytes = 0u64;
        let mut put = |part: &[u8]| -> Result<()> {
            seen(part);
            bytes = bytes.saturating_add(part.len() as u64);
            out.write_all(part).map_err(|e| Error::io("write", e))
        };
        let mut at = 0u64;
        for edit in &self.edits {
            source.copy(at..edit.at, &mut put)?;
            put(&edit.insert)?;
            at = edit.at + edit.remove;
        }
        source.copy(at..self.source_len, &mut put)?;
        Ok(bytes)
    }
}

/// From this length of the result on, the hash has a thread of its own, in bytes.
const BESIDE: u64 = 4 << 20;
/// Bytes that are handed to it at a time, and how many times it may be behind.
const PART: usize = 64 << 10;
const WAITING: usize = 4;

/// What [`Patch::apply`] wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of the bytes (FIPS 180-4).
    pub sha256: [u8; 32],
}

/// SHA-256 over the given ranges of a file, in order.
///
/// # Errors
/// [`Error::Io`].
pub fn hash_ranges(source: &mut Source<'_>, ranges: &[Range<u64>]) -> Result<[u8; 32]> {
    let mut hash = Sha256::new();
    for range in ranges {
        source.copy(range.clone(), &mut |part| {
            hash.update(part);
            Ok(())
        })?;
    }
    Ok(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::limits::Limits;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn run(patch: &Patch, bytes: &[u8]) -> Vec<u8> {
        let mut cursor = Cursor::new(bytes.to_vec());
        let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
        let mut out = Vec::new();
        let written = patch.apply(&mut source, &mut out).unwrap();
        assert_eq!(written.bytes, out.len() as u64);
        out
    }

    #[test]
    fn long_results_have_the_hash_of_their_bytes() {
        for len in [BESIDE - 9, BESIDE - 8, BESIDE + 1, BESIDE * 2 + 12_345] {
            let bytes: Vec<u8> = (0..len).map(|n| (n % 251) as u8).collect();
            let mut patch = Patch::new(len);
            patch.push(Edit { at: 3, remove: 2, insert: b"0123456789".to_vec() }).unwrap();
            let mut cursor = Cursor::new(&bytes);
            let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
            let mut out = Vec::new();
            let written = patch.apply(&mut source, &mut out).unwrap();
            assert_eq!(out.len() as u64, len + 8);
            assert_eq!((written.bytes, written.sha256), (len + 8, Sha256::digest(&out).into()));
            assert!(out.starts_with(&[0, 1, 2, b'0']) && out.ends_with(&bytes[bytes.len() - 9..]));
        }
        // An output that fails ends it with its error.
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let bytes = vec![0; (BESIDE * 2) as usize];
        let mut cursor = Cursor::new(&bytes);
        let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
        let error = Patch::new(BESIDE * 2).apply(&mut source, &mut Full).unwrap_err();
        assert!(matches!(error, Error::Io { .. }), "{error}");
    }

    proptest! {
        #[test]
        fn replace_gives_the_new_bytes_and_touches_only_what_differs(
            head in prop::collection::vec(any::<u8>(), 0..200_000),
            old in prop::collection::vec(any::<u8>(), 0..50),
            new in prop::collection::vec(any::<u8>(), 0..50),
            tail in prop::collection::vec(any::<u8>(), 0..50),
        ) {
            let source = [&head[..], &old[..], &tail[..]].concat();
            let mut patch = Patch::new(source.len() as u64);
            patch.replace(head.len() as u64, &old, &new).unwrap();
            let out = run(&patch, &source);
            prop_assert_eq!(&out, &[&head[..], &new[..], &tail[..]].concat());
            prop_assert_eq!(patch.output_len(), out.len() as u64);
            if old == new { prop_assert!(patch.is_empty()); }
        }
    }

    #[test]
    fn overlapping_and_out_of_range_edits_are_refused() {
        let mut patch = Patch::new(10);
        patch.push(Edit { at: 2, remove: 3, insert: vec![1] }).unwrap();
        assert!(patch.push(Edit { at: 4, remove: 1, insert: vec![] }).is_err());
        assert!(patch.push(Edit { at: 9, remove: 2, insert: vec![] }).is_err());
        assert!(patch.push(Edit { at: u64::MAX, remove: 2, insert: vec![] }).is_err());
    }
}
