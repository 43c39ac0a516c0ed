//! The only code that copies bytes to an output: a list of byte edits and one streaming `apply`.

use std::io::Write;
use std::ops::Range;

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
        let mut hash = Sha256::new();
        let mut bytes = 0u64;
        let mut put = |part: &[u8]| -> Result<()> {
            hash.update(part);
            bytes += part.len() as u64;
            out.write_all(part).map_err(|e| Error::io("write", e))
        };
        let mut at = 0u64;
        for edit in &self.edits {
            source.copy(at..edit.at, &mut put)?;
            put(&edit.insert)?;
            at = edit.at + edit.remove;
        }
        source.copy(at..self.source_len, &mut put)?;
        Ok(Written { bytes, sha256: hash.finalize().into() })
    }
}

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
