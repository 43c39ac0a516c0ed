//! Signatures: the trait that key stores implement, and identities kept in files.

mod certificate;
mod identity;
#[cfg(feature = "keygen")]
mod keygen;

pub use certificate::CertificateInfo;
#[cfg(feature = "c2pa")]
pub(crate) use certificate::{cap, is_self_issued};
pub(crate) use certificate::{fingerprint, parse, pem_certificates, to_pem};
pub use identity::Identity;
#[cfg(all(feature = "keygen", not(target_arch = "wasm32")))]
pub use keygen::write_identity;
#[cfg(feature = "keygen")]
pub use keygen::{Generated, KeygenOptions, generate};

use crate::error::Result;

/// Signature algorithm, both allowed by C2PA 2.4 section 13.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    #[default]
    Ed25519,
    /// ECDSA with P-256 and SHA-256 (RFC 7518).
    Es256,
}

impl Algorithm {
    /// Length of a signature, in bytes: 64 for both.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        64
    }
}

/// Makes signatures; implement it to keep the key in a key service or a hardware module.
pub trait Signer: Send + Sync {
    /// The algorithm of the key.
    fn algorithm(&self) -> Algorithm;

    /// The certificate chain in DER, the signer's own first, the root optional.
    fn certificates(&self) -> &[Vec<u8>];

    /// Signs `message` itself, not a hash of it.
    ///
    /// The result is 64 bytes: R and S of RFC 8032 for Ed25519, the numbers r and s in 32
    /// big-endian bytes each for ES256 (RFC 7518 section 3.4, not DER).
    ///
    /// # Errors
    /// [`crate::Error::Signing`] or [`crate::Error::Io`] if the key could not be used.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;
}
