//! Signatures: the trait that key stores implement, and identities kept in files.

mod certificate;
mod identity;
#[cfg(feature = "keygen")]
mod keygen;
mod public_key;
#[cfg(not(target_arch = "wasm32"))]
pub(crate) mod secret_file;

pub use certificate::CertificateInfo;
#[cfg(feature = "c2pa")]
pub(crate) use certificate::{cap, is_self_issued};
pub(crate) use certificate::{fingerprint, parse, pem_certificates, to_pem};
pub use identity::Identity;
#[cfg(all(feature = "keygen", not(target_arch = "wasm32")))]
pub use keygen::write_identity;
#[cfg(feature = "keygen")]
pub use keygen::{Generated, KeygenOptions, generate};
pub use public_key::PublicKey;
pub(crate) use public_key::{pem_public_keys, spki_of};

use crate::error::{Error, Result};
use crate::message::sign as rows;

/// Signature algorithm. C2PA 2.4 section 13.2 allows the first two; SM2 signs the protection data
/// of labels only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    #[default]
    Ed25519,
    /// ECDSA with P-256 and SHA-256 (RFC 7518).
    Es256,
    /// SM2 with SM3 (GB/T 32918.2-2016), user id `1234567812345678`.
    Sm2,
}

impl Algorithm {
    /// Length of a signature, in bytes: 64 for all.
    #[must_use]
    pub const fn signature_len(self) -> usize {
        64
    }
}

/// The certificates of a PEM text in DER, in its order: a chain for [`Signer::certificates`].
///
/// # Errors
/// [`Error::Signing`] if there is none or one does not parse.
pub fn certificates_from_pem(pem: &str) -> Result<Vec<Vec<u8>>> {
    pem_certificates(pem, "PEM")
}

/// Makes signatures; implement it to keep the key in a key service or a hardware module.
pub trait Signer: Send + Sync {
    /// The algorithm of the key.
    fn algorithm(&self) -> Algorithm;

    /// The certificate chain in DER, the signer's own first, the root optional. Empty for
    /// SM2, which C2PA does not know.
    fn certificates(&self) -> &[Vec<u8>];

    /// Signs `message` itself, not a hash of it.
    ///
    /// The result is 64 bytes: R and S of RFC 8032 for Ed25519, the numbers r and s in 32
    /// big-endian bytes each for ES256 and SM2 (RFC 7518 section 3.4, not DER). SM2 signs the hash
    /// of `message` behind that of user and key (Z of GB/T 32918.2-2016 section 5.5).
    ///
    /// # Errors
    /// [`crate::Error::Signing`] or [`crate::Error::Io`] if the key could not be used.
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>>;

    /// The public key as SubjectPublicKeyInfo in DER; by default that of the first certificate.
    ///
    /// # Errors
    /// [`crate::Error::Signing`] if there is no certificate or it does not parse.
    fn public_key(&self) -> Result<Vec<u8>> {
        let missing = || Error::Signing(rows::CERTIFICATE_MISSING.with("source", "Signer"));
        spki_of(self.certificates().first().ok_or_else(missing)?)
    }
}
