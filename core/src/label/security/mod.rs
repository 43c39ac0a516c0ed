//! Protection data in `ReservedCode1` and `ReservedCode2`: the SecurityData object of
//! TC260-PG-202511A, as products really write it, and our own scheme.
//!
//! Values in, values out. What is read, what is checked and what is ours stands in
//! `spec/security.md`. A key that travels with the label proves that nothing was changed since it
//! signed; only a pinned key says who signed.

mod bindings;
mod build;
mod check;
mod dialect;
mod form;
mod message;
mod oddity;
pub mod phash;
mod read;
#[cfg(test)]
mod tests;

pub use build::build;
pub use check::check;
pub use dialect::{Cover, Dialect, Form, MessageKind, NamedBy, Sure, Wrapper, dialects};
pub use form::{Alg, KeyForm};
pub use oddity::Oddity;
pub use read::read;

pub use crate::sign::PublicKey;

use crate::error::Problem;
use crate::label::aigc::Key;

/// Name of our scheme: dialect, `TBSData.Type` and first line of what is signed.
pub const SCHEME: &str = "biaoshi-security-1";

/// Most entries of `PubSD`, and of `Bindings`.
pub const ENTRIES_MAX: usize = 8;

/// What stands in a field of protection data.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reserved {
    /// Nothing.
    Empty,
    /// Our marker that a signed manifest goes with the label.
    Marker,
    /// Something that only its writer understands.
    Opaque,
    /// A signature of ECDSA or SM2 without a key, as 64 bytes.
    Signature(Vec<u8>),
    /// A SecurityData object.
    Data(Box<SecurityData>),
    /// JSON that says it is a SecurityData object and cannot be read as one.
    Malformed(Problem),
}

/// A SecurityData object.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct SecurityData {
    /// Whether it stands under the key `SecurityData`.
    pub wrapped: bool,
    /// The spelling of `PubSD`; empty if there is none.
    pub public_spelling: String,
    /// Signatures, in the order found.
    pub signatures: Vec<SignatureEntry>,
    /// Public keys, in the order found.
    pub keys: Vec<KeyEntry>,
    /// Ties to the content, in the order found.
    pub bindings: Vec<Binding>,
    /// Ways in which it differs from the guide.
    pub oddities: Vec<Oddity>,
    /// `Bindings` as JSON without white space between tokens; empty if there is none.
    bindings_json: String,
    /// Whether `Type` is `TC260PG` and `Version` 1 or missing.
    familiar: bool,
    /// Values found by name anywhere in the object.
    loose: bindings::Loose,
}

/// An entry `DS` of `PubSD`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureEntry {
    /// The algorithm.
    pub alg: Alg,
    /// As it stands in the file.
    pub alg_id: String,
    /// Whether `alg_id` is a name.
    pub by_name: bool,
    /// The key's number.
    pub key_id: Option<String>,
    /// `TBSData.Type`, trimmed; empty if there is none.
    pub subject: String,
    /// 64 bytes; `None` if it cannot be read.
    pub signature: Option<Vec<u8>>,
}

/// An entry `PubKey` of `PubSD`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyEntry {
    /// As it stands in the file.
    pub alg_id: String,
    /// The key's number.
    pub key_id: Option<String>,
    /// The form of the value.
    pub form: KeyForm,
    /// The value; empty if it is not hexadecimal.
    pub value: Vec<u8>,
}

/// Hash algorithm of a content binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HashAlg {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SM3 (GB/T 32905-2016).
    Sm3,
}

/// A hash of content that a rule selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentHash {
    /// Name of the rule, for example `biaoshi-content-1`.
    pub rule: String,
    /// The algorithm.
    pub alg: HashAlg,
    /// The hash.
    pub value: [u8; 32],
}

/// What ties a label to content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindingKind {
    /// [`phash`] of a picture.
    PerceptualHash,
    /// A hash of content.
    ContentHash {
        /// The rule that selects the content (`CntSel`).
        rule: String,
        /// The algorithm.
        alg: HashAlg,
    },
    /// Nothing is known of how to check it.
    Unknown,
}

/// One tie to the content.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Binding {
    /// What it is.
    pub kind: BindingKind,
    /// Its value as it stands in the file, hexadecimal in all that are known; empty if none.
    pub value: String,
    /// Whether an intact signature covers it. One that is not covered proves nothing: anyone can
    /// have put it there.
    pub signed: bool,
    /// The algorithm as it stands in the file.
    pub alg_id: String,
    /// The entry as JSON without white space between tokens.
    json: String,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// There is nothing to check.
    Absent,
    /// Only its writer can check it.
    Opaque,
    /// A signature holds over the fields in [`Checked::covers`].
    Intact,
    /// The dialect is known, and the signature or hash does not fit the label.
    Broken(Problem),
    /// It cannot be checked here.
    Unsupported(Problem),
}

/// The result of [`check`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was found.
    pub outcome: Outcome,
    /// The dialect, a name of `dialects.toml`; `None` if none fits.
    pub dialect: Option<&'static str>,
    /// The key: the one that the signature holds with or, if it does not hold, the one that is
    /// named.
    pub key: Option<PublicKey>,
    /// Whether the signature holds and its key is pinned.
    pub pinned: bool,
    /// The fields that the signature covers; empty unless it holds. The text of Annex A.1 covers
    /// no propagator, also in `ReservedCode2`.
    pub covers: Vec<Key>,
    /// Ties to the content.
    pub bindings: Vec<Binding>,
    /// Ways in which the data differs from the guide.
    pub oddities: Vec<Oddity>,
}

impl HashAlg {
    /// The algorithm as protection data names it.
    #[must_use]
    pub const fn alg(self) -> Alg {
        match self {
            Self::Sha256 => Alg::Sha256,
            Self::Sm3 => Alg::Sm3,
        }
    }
}
