//! What is signed, byte by byte.

use sha2::Sha256;
use sm3::{Digest as _, Sm3};

use crate::hex::hex;
use crate::label::Aigc;
use crate::label::aigc::{Key, push_string};

use super::bindings::Loose;
use super::{HashAlg, SCHEME};

/// The fields of Annex A.1.
pub(super) const PRODUCTION: [Key; 3] = [Key::Label, Key::ContentProducer, Key::ProduceId];

/// The fields that our scheme signs in `ReservedCode2`.
const SPREADING: [Key; 6] =
    [Key::Label, Key::ContentProducer, Key::ProduceId, Key::ReservedCode1, Key::ContentPropagator, Key::PropagateId];

/// The fields that our scheme signs in `which`.
pub(super) fn fields(which: Key) -> &'static [Key] {
    if which == Key::ReservedCode2 { &SPREADING } else { &PRODUCTION }
}

/// A text that a signature can be over.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// The bytes.
    pub(super) bytes: Vec<u8>,
    /// The fields in it.
    pub(super) covers: Vec<Key>,
    /// The perceptual hash in it.
    pub(super) phash: Option<String>,
    /// Whether the dialect is known to sign this.
    pub(super) expected: bool,
}

/// `"Label":"1","ContentProducer":"…"`: names and values as JSON, commas, no braces, no spaces.
pub(super) fn members(aigc: &Aigc, keys: &[Key]) -> String {
    let mut out = String::new();
    for key in keys {
        if !out.is_empty() {
            out.push(',');
        }
        push_string(&mut out, key.name());
        out.push(':');
        push_string(&mut out, aigc.get(*key));
    }
    out
}

/// The text of our scheme.
pub(super) fn ours(aigc: &Aigc, which: Key, bindings: &str) -> Vec<u8> {
    format!("{SCHEME}\n{}\n{bindings}", members(aigc, fields(which))).into_bytes()
}

/// The text with these fields, and its SM3.
pub(super) fn plain_and_hashed(aigc: &Aigc, keys: &[Key], expect: (bool, bool)) -> [Candidate; 2] {
    let text = members(aigc, keys).into_bytes();
    let candidate = |bytes, expected| Candidate { bytes, covers: keys.to_vec(), phash: None, expected };
    let hashed = HashAlg::Sm3.digest(&text).to_vec();
    [candidate(text, expect.0), candidate(hashed, expect.1)]
}

/// SM3 of provider, number, pHash, time and key version, without separators. Where the file names
/// a value more than once, those choices whose hash it stores; at most four.
pub(super) fn concatenated(aigc: &Aigc, which: Key, loose: &Loose) -> Vec<Candidate> {
    let covers = if which == Key::ReservedCode2 {
        [Key::ContentPropagator, Key::PropagateId]
    } else {
        [Key::ContentProducer, Key::ProduceId]
    };
    let [provider, number] = covers.map(|key| aigc.get(key));
    let (mut stored, mut others) = (Vec::new(), Vec::new());
    for phash in &loose.phash {
        for timestamp in &loose.timestamp {
            for version in &loose.key_version {
                let text = [provider, number, phash, timestamp, version].concat();
                let bytes = HashAlg::Sm3.digest(text.as_bytes()).to_vec();
                let digest = hex(&bytes);
                let phash = Some(phash.clone());
                let found = Candidate { bytes, covers: covers.to_vec(), phash, expected: true };
                let is_stored = loose.digests.iter().any(|known| known.eq_ignore_ascii_case(&digest));
                if is_stored { &mut stored } else { &mut others }.push(found);
            }
        }
    }
    let mut found = if stored.is_empty() { others } else { stored };
    found.truncate(4);
    found
}

impl HashAlg {
    /// The hash of `bytes`.
    #[must_use]
    pub fn digest(self, bytes: &[u8]) -> [u8; 32] {
        match self {
            Self::Sha256 => Sha256::digest(bytes).into(),
            Self::Sm3 => Sm3::digest(bytes).into(),
        }
    }
}
