//! A signer whose key and certificates are PEM text, in memory or in files.

use std::fmt;

use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::DecodePrivateKey as _;
use x509_cert::Certificate;
use x509_cert::der::asn1::ObjectIdentifier;

use super::certificate::{CertificateInfo, parse, pem_certificates};
use super::public_key::{PublicKey, SM2_USER_ID};
use super::{Algorithm, Signer};
use crate::error::{Error, Result};
use crate::message::sign;

/// RFC 8410 section 3.
const ID_ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
/// RFC 5480 section 2.1.1.
const ID_EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");

/// Longest chain that is accepted; C2PA chains have two or three certificates.
const CHAIN_MAX: usize = 10;

enum Key {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
    Sm2(Box<sm2::SecretKey>),
}

/// A private key with its certificate chain, or an SM2 key alone; the key is wiped from memory
/// when dropped.
///
/// The arithmetic behind SM2 signatures is a borrowed crate's that nobody has audited: use such a
/// key where others can't measure the time of signing. While it signs, that crate holds a copy of
/// the key that it does not wipe.
pub struct Identity {
    key: Key,
    certificates: Vec<Vec<u8>>,
    info: Option<CertificateInfo>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity")
            .field("algorithm", &self.algorithm())
            .field("certificate", &self.info)
            .finish_non_exhaustive()
    }
}

impl Identity {
    /// Reads a certificate chain (signer's first) and its private key (PKCS #8 or, for P-256,
    /// SEC 1), both PEM. The period of the certificate is not looked at, see
    /// [`Identity::check_period`].
    ///
    /// # Errors
    /// [`Error::Signing`] if either does not parse, the key is of another kind or encrypted, the
    /// two do not match, or the chain is not in order.
    pub fn from_pem(chain_pem: &str, key_pem: &str) -> Result<Self> {
        let certificates = pem_certificates(chain_pem, "PEM")?;
        let parsed = certificates
            .iter()
            .enumerate()
            .take(CHAIN_MAX.saturating_add(1))
            .map(|(index, der)| parse(der, "PEM", index.saturating_add(1)))
            .collect::<Result<Vec<_>>>()?;
        crate::source::check_limit("certificates", parsed.len() as u64, CHAIN_MAX as u64)?;
        let (Some(leaf), Some(leaf_der)) = (parsed.first(), certificates.first()) else {
            return Err(Error::Signing(sign::CERTIFICATE_MISSING.with("source", "PEM")));
        };
        for (index, (one, next)) in parsed.iter().zip(parsed.iter().skip(1)).enumerate() {
            if one.tbs_certificate().issuer() != next.tbs_certificate().subject() {
                let number = index.saturating_add(1);
                return Err(Error::Signing(sign::CHAIN_ORDER.with("number", number)));
            }
        }
        let info = CertificateInfo::of(leaf, leaf_der);
        let key = read_key(key_pem)?;
        if matches!(key, Key::Sm2(_)) {
            return Err(Error::Signing(sign::KEY_KIND.with("kind", "SM2")));
        }
        if !belongs(&key, leaf)? {
            return Err(Error::Signing(sign::KEY_MISMATCH.with("subject", info.subject())));
        }
        Ok(Self { key, certificates, info: Some(info) })
    }

    /// Reads an SM2 private key (PKCS #8 or SEC 1, PEM), which needs no certificate.
    ///
    /// # Errors
    /// [`Error::Signing`] if it does not parse, is encrypted, or is of a kind that needs one.
    pub fn from_key_pem(key_pem: &str) -> Result<Self> {
        match read_key(key_pem)? {
            key @ Key::Sm2(_) => Ok(Self { key, certificates: Vec::new(), info: None }),
            _ => Err(Error::Signing(sign::CERTIFICATE_MISSING.with("source", "PEM"))),
        }
    }

    /// Refuses a certificate outside its period at `now`, in seconds since
    /// 1970-01-01T00:00:00Z. A key without a certificate has no period.
    ///
    /// # Errors
    /// [`Error::Signing`] if it has expired or is not valid yet.
    pub fn check_period(&self, now: u64) -> Result<()> {
        let Some(info) = &self.info else { return Ok(()) };
        if now > info.not_after {
            return Err(Error::Signing(
                sign::CERTIFICATE_EXPIRED.with("subject", info.subject()).arg("not_after", &info.not_after_text),
            ));
        }
        if now < info.not_before {
            return Err(Error::Signing(
                sign::CERTIFICATE_NOT_YET.with("subject", info.subject()).arg("not_before", &info.not_before_text),
            ));
        }
        Ok(())
    }

    /// Names, fingerprint and period of the signer's certificate; `None` for SM2.
    #[must_use]
    pub const fn certificate(&self) -> Option<&CertificateInfo> {
        self.info.as_ref()
    }

    /// Last second of the certificate's period, in seconds since 1970-01-01T00:00:00Z; `None`
    /// for SM2.
    #[must_use]
    pub fn not_after(&self) -> Option<u64> {
        self.info.as_ref().map(|info| info.not_after)
    }

    /// [`Identity::not_after`] as RFC 3339 text in UTC.
    #[must_use]
    pub fn not_after_text(&self) -> Option<&str> {
        self.info.as_ref().map(|info| info.not_after_text.as_str())
    }
}

impl Signer for Identity {
    fn algorithm(&self) -> Algorithm {
        match self.key {
            Key::Ed25519(_) => Algorithm::Ed25519,
            Key::P256(_) => Algorithm::Es256,
            Key::Sm2(_) => Algorithm::Sm2,
        }
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
        let failed = |reason: ed25519_dalek::SignatureError| Error::Signing(sign::FAILED.with("reason", reason));
        match &self.key {
            Key::Ed25519(key) => key.try_sign(message).map(|signature| signature.to_bytes().to_vec()).map_err(failed),
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature = key.try_sign(message).map_err(failed)?;
                Ok(signature.to_bytes().to_vec())
            }
            Key::Sm2(key) => {
                let key = sm2::dsa::SigningKey::new(SM2_USER_ID, key).map_err(failed)?;
                let signature: sm2::dsa::Signature = key.try_sign(message).map_err(failed)?;
                Ok(signature.to_bytes().to_vec())
            }
        }
    }

    fn public_key(&self) -> Result<Vec<u8>> {
        let failed = || Error::Signing(sign::PUBLIC_KEY_UNREADABLE.problem());
        let key = match &self.key {
            Key::Ed25519(key) => PublicKey::from_bytes(Algorithm::Ed25519, key.verifying_key().as_bytes()),
            Key::P256(key) => {
                PublicKey::from_bytes(Algorithm::Es256, key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Key::Sm2(key) => PublicKey::from_bytes(Algorithm::Sm2, &key.public_key().to_sec1_bytes()),
        };
        Ok(key.ok_or_else(failed)?.spki_der().to_vec())
    }
}

fn read_key(pem: &str) -> Result<Key> {
    let unreadable = || Error::Signing(sign::KEY_UNREADABLE.problem());
    if pem.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") || pem.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(Error::Signing(sign::KEY_ENCRYPTED.problem()));
    }
    // Tools write other blocks (EC PARAMETERS, certificates) into the same file.
    let pem = ["PRIVATE KEY", "EC PRIVATE KEY"]
        .iter()
        .find_map(|label| {
            let end = format!("-----END {label}-----");
            let start = pem.find(&format!("-----BEGIN {label}-----"))?;
            let rest = pem.get(start..)?;
            rest.get(..rest.find(&end)?.checked_add(end.len())?)
        })
        .ok_or_else(unreadable)?;
    if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_pem(pem) {
        return Ok(Key::Ed25519(Box::new(key)));
    }
    let secret = p256::SecretKey::from_pkcs8_pem(pem).ok().or_else(|| p256::SecretKey::from_sec1_pem(pem).ok());
    if let Some(secret) = secret {
        return Ok(Key::P256(Box::new(secret.into())));
    }
    let secret = sm2::SecretKey::from_pkcs8_pem(pem).ok().or_else(|| sm2::SecretKey::from_sec1_pem(pem).ok());
    secret.map(|secret| Key::Sm2(Box::new(secret))).ok_or_else(unreadable)
}

fn belongs(key: &Key, leaf: &Certificate) -> Result<bool> {
    let spki = leaf.tbs_certificate().subject_public_key_info();
    let bytes = spki.subject_public_key.raw_bytes();
    match (key, spki.algorithm.oid) {
        (Key::Ed25519(key), ID_ED25519) => Ok(key.verifying_key().as_bytes() == bytes),
        (Key::P256(key), ID_EC_PUBLIC_KEY) => Ok(p256::PublicKey::from_sec1_bytes(bytes)
            .is_ok_and(|public| public == p256::PublicKey::from(key.verifying_key()))),
        (_, ID_ED25519 | ID_EC_PUBLIC_KEY) => Ok(false),
        (_, other) => Err(Error::Signing(sign::KEY_KIND.with("kind", other))),
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod files {
    use std::fs;
    use std::path::Path;

    use super::Identity;
    use crate::error::Result;
    use crate::sign::secret_file::read;

    impl Identity {
        /// Loads `chain.pem` and `key.pem` from a directory, as key generation writes them; an SM2
        /// key has no `chain.pem`.
        ///
        /// `now`, in seconds since 1970-01-01T00:00:00Z, is compared with the certificate's
        /// period; with `None` the period is not looked at.
        ///
        /// # Errors
        /// As [`Identity::load_files`].
        pub fn load(dir: impl AsRef<Path>, now: Option<u64>) -> Result<Self> {
            let dir = dir.as_ref();
            let chain = dir.join("chain.pem");
            if fs::symlink_metadata(&chain).is_err_and(|e| e.kind() == std::io::ErrorKind::NotFound) {
                let key = read(&dir.join("key.pem"), true)?;
                if let Ok(identity) = Self::from_key_pem(&key) {
                    return Ok(identity);
                }
            }
            Self::load_files(chain, dir.join("key.pem"), now)
        }

        /// Loads a certificate chain and a private key, both PEM; `now` as in
        /// [`Identity::load`].
        ///
        /// # Errors
        /// [`crate::Error::Io`] if a file cannot be read, [`crate::Error::Limit`] if one is longer
        /// than 64 KiB, [`crate::Error::Signing`] if others may read the key file (Unix), and what
        /// [`Identity::from_pem`] and [`Identity::check_period`] return.
        pub fn load_files(chain: impl AsRef<Path>, key: impl AsRef<Path>, now: Option<u64>) -> Result<Self> {
            let key = read(key.as_ref(), true)?;
            let chain = read(chain.as_ref(), false)?;
            let identity = Self::from_pem(&chain, &key)?;
            if let Some(now) = now {
                identity.check_period(now)?;
            }
            Ok(identity)
        }
    }
}

#[cfg(all(test, feature = "keygen"))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]

    use ed25519_dalek::Verifier as _;
    use proptest::prelude::*;

    use super::*;
    use crate::sign::{Generated, KeygenOptions, generate};

    const START: u64 = 1_780_000_000;

    fn made(algorithm: Algorithm) -> Generated {
        generate(&KeygenOptions {
            algorithm,
            organization: "Example".to_owned(),
            common_name: "Signer".to_owned(),
            country: "CN".to_owned(),
            not_before: START,
            days: 2,
        })
        .unwrap()
    }

    proptest! {
        #[test]
        fn any_key_text_is_an_error_and_not_a_panic(parts in prop::collection::vec(
            prop_oneof![
                Just("-----BEGIN PRIVATE KEY-----".to_owned()),
                Just("-----END PRIVATE KEY-----".to_owned()),
                Just("-----BEGIN EC PRIVATE KEY-----".to_owned()),
                Just("-----END EC PRIVATE KEY-----".to_owned()),
                Just("\n".to_owned()), "[A-Za-z0-9+/=\n]{0,80}", "\\PC{0,20}",
            ], 0..12,
        )) {
            prop_assert!(read_key(&parts.concat()).is_err());
        }
    }

    #[test]
    fn signatures_verify_and_have_64_bytes() {
        let ed = made(Algorithm::Ed25519);
        let signer = Identity::from_pem(&ed.chain_pem, &ed.key_pem).unwrap();
        let signature = signer.sign(b"message").unwrap();
        let Key::Ed25519(key) = &signer.key else { panic!("kind") };
        let parsed = ed25519_dalek::Signature::from_slice(&signature).unwrap();
        key.verifying_key().verify(b"message", &parsed).unwrap();
        assert!(key.verifying_key().verify(b"messagf", &parsed).is_err());

        let es = made(Algorithm::Es256);
        let signer = Identity::from_pem(&es.chain_pem, &es.key_pem).unwrap();
        assert_eq!(signer.algorithm(), Algorithm::Es256);
        let signature = signer.sign(b"message").unwrap();
        assert_eq!(signature.len(), 64);
        let spki = crate::sign::spki_of(signer.certificates().first().unwrap()).unwrap();
        assert_eq!(signer.public_key().unwrap(), spki);
        let Key::P256(key) = &signer.key else { panic!("kind") };
        let parsed = p256::ecdsa::Signature::from_slice(&signature).unwrap();
        key.verifying_key().verify(b"message", &parsed).unwrap();
    }

    #[test]
    fn a_key_of_another_certificate_is_refused() {
        for (one, two) in [
            (Algorithm::Ed25519, Algorithm::Ed25519),
            (Algorithm::Es256, Algorithm::Es256),
            (Algorithm::Ed25519, Algorithm::Es256),
        ] {
            let error = Identity::from_pem(&made(one).chain_pem, &made(two).key_pem).unwrap_err();
            assert_eq!(error.code(), "sign.key_mismatch");
        }
    }

    #[test]
    fn a_chain_out_of_order_is_refused() {
        let (one, two) = (made(Algorithm::Ed25519), made(Algorithm::Ed25519));
        let root_first = format!("{}{}", one.root_pem, one.chain_pem);
        assert!(Identity::from_pem(&root_first, &one.key_pem).is_err());
        let twice = format!("{}{}", one.chain_pem, two.chain_pem);
        let error = Identity::from_pem(&twice, &one.key_pem).unwrap_err();
        assert_eq!(error.code(), "sign.chain_order");
        let long = format!("{}{}", one.chain_pem, one.root_pem.repeat(9));
        assert!(matches!(Identity::from_pem(&long, &one.key_pem), Err(Error::Limit(_))));
    }

    #[test]
    fn the_period_is_closed_at_both_ends() {
        let made = made(Algorithm::Ed25519);
        let signer = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
        assert_eq!(signer.not_after().unwrap(), START + 2 * 86_400 - 1);
        assert_eq!(signer.not_after_text().unwrap(), "2026-05-30T20:26:39Z");
        signer.check_period(START).unwrap();
        let last = signer.not_after().unwrap();
        signer.check_period(last).unwrap();
        let error = signer.check_period(last + 1).unwrap_err();
        assert_eq!(error.code(), "sign.certificate_expired");
        assert!(error.to_string().contains("2026-05-30T20:26:39Z"));
        assert_eq!(signer.check_period(START - 1).unwrap_err().code(), "sign.certificate_not_yet");
    }

    #[test]
    fn encrypted_keys_and_other_texts_are_told_apart() {
        let made = made(Algorithm::Ed25519);
        let code = |key: &str| Identity::from_pem(&made.chain_pem, key).unwrap_err().code();
        assert_eq!(code("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"), "sign.key_encrypted");
        assert_eq!(code(""), "sign.key_unreadable");
        assert_eq!(code(&made.root_pem), "sign.key_unreadable");
    }

    #[test]
    fn keys_in_company_and_with_crlf_are_read() {
        let made = made(Algorithm::Es256);
        let company = format!("note\n{}{}", made.root_pem, *made.key_pem).replace('\n', "\r\n");
        Identity::from_pem(&made.chain_pem.replace('\n', "\r\n"), &company).unwrap();
    }

    #[test]
    fn nothing_secret_is_shown() {
        for algorithm in [Algorithm::Ed25519, Algorithm::Es256] {
            let made = made(algorithm);
            let signer = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
            let shown = format!("{signer:?} {signer:#?} {made:?} {made:#?}");
            let body: Vec<&str> = made.key_pem.lines().filter(|line| !line.starts_with("-----")).collect();
            assert!(!body.is_empty() && body.iter().all(|line| !shown.contains(line)));
            assert!(shown.contains("Signer"));
            // The bytes as lists of numbers are not there either.
            assert!(!shown.contains("secret") && !shown.contains('['), "{shown}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn key_files_that_others_can_read_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("id");
        let made = made(Algorithm::Ed25519);
        crate::sign::write_identity(&home, &made).unwrap();
        let key = home.join("key.pem");
        Identity::load(&home, Some(START)).unwrap();
        Identity::load(&home, None).unwrap();
        assert_eq!(Identity::load(&home, Some(1)).unwrap_err().code(), "sign.certificate_not_yet");
        for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
            std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
            let error = Identity::load(&home, Some(START)).unwrap_err();
            assert_eq!(error.code(), "sign.key_mode");
            assert!(error.to_string().contains(&format!("{mode:04o}")), "{error}");
            assert!(error.hint(crate::Lang::En).starts_with("chmod 600 "));
        }
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o400)).unwrap();
        let link = dir.path().join("link.pem");
        std::os::unix::fs::symlink(&key, &link).unwrap();
        Identity::load_files(home.join("chain.pem"), &link, Some(START)).unwrap();
        assert!(matches!(Identity::load(dir.path(), None), Err(Error::Io { .. })));
    }
}
