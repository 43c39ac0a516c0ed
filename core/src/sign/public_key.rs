//! Public keys: SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) of the algorithms that are handled.

use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;
use x509_cert::der::{Decode as _, Encode as _};
use x509_cert::spki::SubjectPublicKeyInfoRef;

use super::Algorithm;
use super::certificate::fingerprint;
use crate::error::{Error, Result};
use crate::message::sign;

/// User id of SM2 signatures, where none was agreed (GM/T 0009-2012 section 10).
pub(crate) const SM2_USER_ID: &str = "1234567812345678";

/// RFC 8410 section 3.
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 5480 section 2.1.1.
const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 5480 section 2.1.1.1.
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
/// GM/T 0006-2012.
const SM2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.156.10197.1.301");

/// DER in front of the 32 bytes of an Ed25519 key.
const ED25519_HEAD: &[u8] = &[0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00];
/// DER in front of the 65 bytes of a point of P-256.
const P256_HEAD: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE,
    0x3D, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// DER in front of the 65 bytes of a point of SM2.
const SM2_HEAD: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x81, 0x1C, 0xCF,
    0x55, 0x01, 0x82, 0x2D, 0x03, 0x42, 0x00,
];

/// A public key of Ed25519, P-256 or SM2; points are kept uncompressed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PublicKey {
    algorithm: Algorithm,
    spki: Vec<u8>,
    x_only: bool,
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// [`Error::Signing`] if it does not parse, is of another kind, or holds no point of its curve.
    pub fn from_spki_der(der: &[u8]) -> Result<Self> {
        let unreadable = || Error::Signing(sign::PUBLIC_KEY_UNREADABLE.problem());
        let spki = SubjectPublicKeyInfoRef::from_der(der).map_err(|_| unreadable())?;
        let curve = || spki.algorithm.parameters.and_then(|p| p.decode_as::<ObjectIdentifier>().ok());
        let algorithm = match spki.algorithm.oid {
            ID_ED25519 => Algorithm::Ed25519,
            ID_EC_PUBLIC_KEY => match curve() {
                Some(P256) => Algorithm::Es256,
                Some(SM2) => Algorithm::Sm2,
                Some(other) => return Err(Error::Signing(sign::KEY_KIND.with("kind", other))),
                None => return Err(unreadable()),
            },
            other => return Err(Error::Signing(sign::KEY_KIND.with("kind", other))),
        };
        let whole = spki.subject_public_key.as_bytes();
        whole.and_then(|bytes| Self::from_bytes(algorithm, bytes)).ok_or_else(unreadable)
    }

    /// The key of a certificate in DER.
    ///
    /// # Errors
    /// As [`PublicKey::from_spki_der`].
    pub fn from_certificate_der(der: &[u8]) -> Result<Self> {
        Self::from_spki_der(&spki_of(der)?)
    }

    /// The 32 bytes of Ed25519, or a point as SEC 1 section 2.3.3 writes it; `None` if it is none.
    pub(crate) fn from_bytes(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let (head, point): (&[u8], Vec<u8>) = match algorithm {
            Algorithm::Ed25519 => {
                let key = ed25519_dalek::VerifyingKey::try_from(bytes).ok()?;
                (ED25519_HEAD, key.as_bytes().to_vec())
            }
            Algorithm::Es256 => {
                let key = p256::PublicKey::from_sec1_bytes(bytes).ok()?;
                (P256_HEAD, p256::ecdsa::VerifyingKey::from(key).to_sec1_point(false).as_bytes().to_vec())
            }
            Algorithm::Sm2 => {
                use sm2::elliptic_curve::sec1::ToSec1Point as _;
                let key = sm2::PublicKey::from_sec1_bytes(bytes).ok()?;
                (SM2_HEAD, key.to_sec1_point(false).as_bytes().to_vec())
            }
        };
        Some(Self { algorithm, spki: [head, &point].concat(), x_only: false })
    }

    /// This key, of which a file names the first coordinate only.
    pub(crate) const fn known_by_x(mut self) -> Self {
        self.x_only = true;
        self
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The SubjectPublicKeyInfo in DER.
    #[must_use]
    pub fn spki_der(&self) -> &[u8] {
        &self.spki
    }

    /// SHA-256 of the SubjectPublicKeyInfo, lower-case hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        fingerprint(&self.spki)
    }

    /// The key as PEM text with the label `PUBLIC KEY` (RFC 7468 section 13).
    #[must_use]
    pub fn to_pem(&self) -> String {
        use x509_cert::der::pem::{LineEnding, encode_string};
        encode_string("PUBLIC KEY", LineEnding::LF, &self.spki).unwrap_or_default()
    }

    /// Whether the file named the first coordinate only: the second has two values, and who holds
    /// the private key of one holds the other's.
    #[must_use]
    pub const fn is_known_by_x(&self) -> bool {
        self.x_only
    }

    /// Whether both are the same key. Where one is known by its first coordinate, that decides.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same_x = || {
            let x = |key: &Self| key.point().get(1..33).map(<[u8]>::to_vec);
            self.algorithm != Algorithm::Ed25519 && x(self).is_some() && x(self) == x(other)
        };
        self.algorithm == other.algorithm && (self.spki == other.spki || ((self.x_only || other.x_only) && same_x()))
    }

    fn point(&self) -> &[u8] {
        let head = match self.algorithm {
            Algorithm::Ed25519 => ED25519_HEAD,
            Algorithm::Es256 => P256_HEAD,
            Algorithm::Sm2 => SM2_HEAD,
        };
        self.spki.get(head.len()..).unwrap_or_default()
    }

    /// Whether `signature`, 64 bytes as [`super::Signer::sign`] returns them, is this key's over
    /// `message`. SM2 takes the user id `1234567812345678`.
    #[must_use]
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.verify(message, signature).is_some()
    }

    fn verify(&self, message: &[u8], signature: &[u8]) -> Option<()> {
        match self.algorithm {
            Algorithm::Ed25519 => {
                let key = ed25519_dalek::VerifyingKey::try_from(self.point()).ok()?;
                let signature = ed25519_dalek::Signature::from_slice(signature).ok()?;
                key.verify_strict(message, &signature).ok()
            }
            Algorithm::Es256 => {
                use p256::ecdsa::signature::Verifier as _;
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(self.point()).ok()?;
                key.verify(message, &p256::ecdsa::Signature::from_slice(signature).ok()?).ok()
            }
            Algorithm::Sm2 => {
                use sm2::dsa::signature::Verifier as _;
                let key = sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_USER_ID, self.point()).ok()?;
                key.verify(message, &sm2::dsa::Signature::from_slice(signature).ok()?).ok()
            }
        }
    }
}

/// The SubjectPublicKeyInfo of a certificate, in DER.
pub(crate) fn spki_of(certificate: &[u8]) -> Result<Vec<u8>> {
    let unreadable = || Error::Signing(sign::PUBLIC_KEY_UNREADABLE.problem());
    let certificate = Certificate::from_der(certificate).map_err(|_| unreadable())?;
    certificate.tbs_certificate().subject_public_key_info().to_der().map_err(|_| unreadable())
}

const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
const END: &str = "-----END PUBLIC KEY-----";

/// Every public key of a PEM text, in order; other blocks are skipped.
///
/// # Errors
/// [`Error::Signing`] if one does not parse or is of another kind.
pub(crate) fn pem_public_keys(pem: &str) -> Result<Vec<PublicKey>> {
    let unreadable = || Error::Signing(sign::PUBLIC_KEY_UNREADABLE.problem());
    let read = |block: &str| {
        let (body, _) = block.split_once(END).ok_or_else(unreadable)?;
        let whole = format!("{BEGIN}{body}{END}\n");
        let (_, der) = x509_cert::der::pem::decode_vec(whole.as_bytes()).map_err(|_| unreadable())?;
        PublicKey::from_spki_der(&der)
    };
    pem.split(BEGIN).skip(1).map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]

    use super::*;
    use proptest::prelude::*;

    /// The base point of SM2 (GB/T 32918.5-2017), compressed: its y is even.
    const G: &str = "0232c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
    }

    #[test]
    fn compressed_and_whole_points_are_one_key() {
        let even = PublicKey::from_bytes(Algorithm::Sm2, &bytes(G)).unwrap();
        assert_eq!(PublicKey::from_spki_der(even.spki_der()).unwrap(), even);
        let mut compressed = [SM2_HEAD, &bytes(G)].concat();
        compressed[1] -= 32;
        let at = SM2_HEAD.len() - 2;
        compressed[at] -= 32;
        assert_eq!(PublicKey::from_spki_der(&compressed).unwrap(), even);
        // Bits that are said not to be used make another encoding of the same key.
        let mut unused = even.spki_der().to_vec();
        unused[SM2_HEAD.len() - 1] = 1;
        assert!(PublicKey::from_spki_der(&unused).is_err());
        let pem = format!("# a comment\n{}\n", even.to_pem());
        assert_eq!(pem_public_keys(&pem).unwrap(), [even]);
    }

    #[test]
    fn keys_known_by_x_are_compared_by_x() {
        let even = PublicKey::from_bytes(Algorithm::Sm2, &bytes(G)).unwrap();
        let odd = PublicKey::from_bytes(Algorithm::Sm2, &bytes(&G.replacen("02", "03", 1))).unwrap();
        assert!(!even.is_same(&odd));
        assert!(even.is_same(&odd.clone().known_by_x()) && odd.known_by_x().is_same(&even));
        let ed = PublicKey::from_bytes(Algorithm::Ed25519, &[1; 32]);
        assert!(ed.is_none_or(|ed| !ed.is_same(&even.known_by_x())));
    }

    #[test]
    fn other_kinds_are_named() {
        let rsa = bytes("301a300d06092a864886f70d01010105000309003006020103020103");
        let error = PublicKey::from_spki_der(&rsa).unwrap_err();
        assert_eq!(error.code(), "sign.key_kind");
        assert!(error.to_string().contains("1.2.840.113549.1.1.1"), "{error}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_an_error_and_not_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..120), body in "[A-Za-z0-9+/=\n-]{0,120}",
        ) {
            prop_assert!(PublicKey::from_spki_der(&bytes).is_err());
            let end = format!("{BEGIN}\n{body}\n{END}");
            prop_assert!(pem_public_keys(&end).is_err());
        }
    }
}
