//! Whom to trust: certificates and public keys that the caller loads. Nothing is trusted by default.

use crate::error::Result;
use crate::sign::{CertificateInfo, PublicKey, fingerprint, parse, pem_certificates, pem_public_keys, to_pem};

/// A certificate that is trusted to issue signers' certificates, or to sign itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    der: Vec<u8>,
    source: String,
    sha256: String,
}

impl Anchor {
    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Where it was loaded from, as the caller named it.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// SHA-256 of the DER, lower-case hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Names and period.
    ///
    /// # Errors
    /// [`crate::Error::Signing`], not expected: the certificate was parsed when it was added.
    pub fn info(&self) -> Result<CertificateInfo> {
        CertificateInfo::from_der(&self.der)
    }
}

/// Trust anchors for signatures in manifests, and pinned keys for the protection data of labels;
/// empty means that nobody is trusted.
///
/// The key of every anchor counts as pinned too. Protection data holds no certificates: pin the
/// key that signs, which for an identity of key generation is that of the first certificate of
/// `chain.pem`, not that of the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustStore {
    anchors: Vec<Anchor>,
    keys: Vec<PublicKey>,
}

impl TrustStore {
    /// A store that trusts nobody.
    #[must_use]
    pub const fn new() -> Self {
        Self { anchors: Vec::new(), keys: Vec::new() }
    }

    /// Trusts every certificate and every public key of a PEM text.
    ///
    /// # Errors
    /// As [`TrustStore::add_pem`].
    pub fn from_pem(pem: &str) -> Result<Self> {
        let mut store = Self::new();
        store.add_pem(pem, "PEM")?;
        Ok(store)
    }

    /// Adds every `CERTIFICATE` and `PUBLIC KEY` block of a PEM text; one that is there already is
    /// not added again. `source` says where it came from, for people. After an error nothing was
    /// added.
    ///
    /// # Errors
    /// [`crate::Error::Signing`] if there is neither, or one does not parse, or a public key is
    /// not Ed25519, P-256 or SM2.
    pub fn add_pem(&mut self, pem: &str, source: &str) -> Result<()> {
        let keys = pem_public_keys(pem)?;
        #[cfg(not(feature = "certificates"))]
        if pem.contains("-----BEGIN CERTIFICATE-----") {
            return Err(crate::Error::Unsupported(crate::message::general::NO_CERTIFICATES.problem()));
        }
        #[cfg(not(feature = "certificates"))]
        if keys.is_empty() {
            return Err(crate::Error::Signing(crate::message::sign::CERTIFICATE_MISSING.with("source", source)));
        }
        #[cfg(feature = "certificates")]
        self.add_anchors(pem, source, keys.is_empty())?;
        for key in keys {
            self.pin(key);
        }
        Ok(())
    }

    #[cfg(feature = "certificates")]
    fn add_anchors(&mut self, pem: &str, source: &str, needed: bool) -> Result<()> {
        let found = if needed || pem.contains("-----BEGIN CERTIFICATE-----") {
            pem_certificates(pem, source)?
        } else {
            Vec::new()
        };
        for (index, der) in found.iter().enumerate() {
            parse(der, source, index.saturating_add(1))?;
        }
        for der in found {
            let sha256 = fingerprint(&der);
            // The key of an anchor may be of a kind that signs no protection data, such as RSA.
            if let Ok(key) = PublicKey::from_certificate_der(&der) {
                self.pin(key);
            }
            if !self.anchors.iter().any(|anchor| anchor.sha256 == sha256) {
                self.anchors.push(Anchor { der, source: source.to_owned(), sha256 });
            }
        }
        Ok(())
    }

    /// Pins a public key, given as SubjectPublicKeyInfo in DER.
    ///
    /// # Errors
    /// As [`PublicKey::from_spki_der`].
    pub fn add_key_der(&mut self, spki: &[u8]) -> Result<()> {
        self.pin(PublicKey::from_spki_der(spki)?);
        Ok(())
    }

    fn pin(&mut self, key: PublicKey) {
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }

    /// Every pinned key, those of the anchors included, in the order in which it was added.
    #[must_use]
    pub fn pinned_keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// Whether a key is pinned, as [`PublicKey::is_same`] compares.
    #[must_use]
    pub fn is_pinned(&self, key: &PublicKey) -> bool {
        self.keys.iter().any(|pinned| pinned.is_same(key))
    }

    /// Every anchor, in the order in which it was added.
    #[must_use]
    pub fn anchors(&self) -> &[Anchor] {
        &self.anchors
    }

    /// Whether nobody is trusted.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.anchors.is_empty() && self.keys.is_empty()
    }

    /// All anchors as one PEM text, without the keys that are pinned alone.
    #[must_use]
    pub fn to_pem(&self) -> String {
        self.anchors.iter().map(|anchor| to_pem(&anchor.der)).collect()
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod files {
    use std::fs::File;
    use std::io::Read as _;
    use std::path::{Path, PathBuf};

    use super::TrustStore;
    use crate::error::{Error, Result};
    use crate::sign::{PublicKey, pem_certificates};

    /// Largest file of anchors, in bytes.
    const FILE_MAX: u64 = 4 << 20;

    fn anchor_of(dir: &Path) -> PathBuf {
        let (root, public) = (dir.join("root.pem"), dir.join("public.pem"));
        if !root.exists() && public.exists() { public } else { root }
    }

    impl TrustStore {
        /// Trusts every certificate and public key of a PEM file, or the `root.pem` (for SM2 the
        /// `public.pem`) of a directory that key generation wrote.
        ///
        /// # Errors
        /// As [`TrustStore::add_path`].
        pub fn from_path(path: impl AsRef<Path>) -> Result<Self> {
            let mut store = Self::new();
            store.add_path(path)?;
            Ok(store)
        }

        /// Adds what [`TrustStore::from_path`] loads.
        ///
        /// # Errors
        /// [`Error::Io`], [`Error::Limit`] for a file over 4 MiB, and what
        /// [`TrustStore::add_pem`] returns.
        pub fn add_path(&mut self, path: impl AsRef<Path>) -> Result<()> {
            let path = path.as_ref();
            let file = if path.is_dir() { anchor_of(path) } else { path.to_owned() };
            let name = file.display().to_string();
            let io = |source| Error::io(name.as_str(), source);
            let mut bytes = Vec::new();
            let handle = File::open(&file).map_err(io)?;
            handle.take(FILE_MAX.saturating_add(1)).read_to_end(&mut bytes).map_err(io)?;
            crate::source::check_limit("anchor_file_bytes", bytes.len() as u64, FILE_MAX)?;
            self.add_pem(&String::from_utf8_lossy(&bytes), &name)?;
            // Protection data holds no certificates: the key that signs is pinned itself.
            let chain = path.join("chain.pem");
            if path.is_dir() && chain.is_file() {
                let name = chain.display().to_string();
                let text = std::fs::read_to_string(&chain).map_err(|e| Error::io(name.as_str(), e))?;
                let first = pem_certificates(&text, &name)?;
                if let Some(key) = first.first().and_then(|der| PublicKey::from_certificate_der(der).ok()) {
                    self.pin(key);
                }
            }
            Ok(())
        }
    }
}

#[cfg(all(test, feature = "keygen"))]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::sign::{Generated, KeygenOptions, generate};

    fn made() -> Generated {
        generate(&KeygenOptions {
            algorithm: crate::sign::Algorithm::Ed25519,
            organization: "Example".to_owned(),
            common_name: "Signer".to_owned(),
            country: "CN".to_owned(),
            not_before: 1_780_000_000,
            days: 30,
        })
        .unwrap()
    }

    #[test]
    fn bundles_with_comments_are_read_and_copies_counted_once() {
        let (one, two) = (made(), made());
        let bundle = format!("# one\n{}\n# two\n{}{}", one.root_pem, two.root_pem, one.root_pem);
        let store = TrustStore::from_pem(&bundle).unwrap();
        assert_eq!(store.anchors().len(), 2);
        assert_eq!(store.to_pem(), format!("{}{}", one.root_pem, two.root_pem));
        let anchor = store.anchors().first().unwrap();
        assert_eq!(anchor.sha256().len(), 64);
        assert_eq!(anchor.sha256(), anchor.info().unwrap().sha256);
        assert_eq!(anchor.source(), "PEM");
    }

    #[test]
    fn one_bad_certificate_adds_nothing() {
        let mut store = TrustStore::new();
        let good = made().root_pem;
        let bad = good.replacen("MII", "MIJ", 1);
        assert!(store.add_pem(&format!("{good}{bad}"), "x").is_err());
        assert!(store.is_empty());
        assert_eq!(store.add_pem("", "x").unwrap_err().code(), "sign.certificate_missing");
    }

    #[test]
    fn keys_alone_or_beside_certificates_are_pinned() {
        let made = made();
        let mut store = TrustStore::from_pem(&made.public_pem).unwrap();
        assert!(store.anchors().is_empty() && !store.is_empty());
        let chain = TrustStore::from_pem(&made.chain_pem).unwrap();
        assert_eq!(chain.pinned_keys().len(), 2);
        let leaf = store.pinned_keys().first().unwrap().clone();
        assert!(chain.is_pinned(&leaf));
        store.add_key_der(leaf.spki_der()).unwrap();
        assert_eq!(store.pinned_keys().len(), 1);
        store.add_pem(&format!("{}{}", made.root_pem, made.public_pem), "x").unwrap();
        assert_eq!((store.pinned_keys().len(), store.anchors().len()), (2, 1));
        assert!(!TrustStore::from_pem(&made.root_pem).unwrap().is_pinned(&leaf));
        let bad = made.public_pem.replacen("MC", "MD", 1);
        assert_eq!(store.add_pem(&bad, "x").unwrap_err().code(), "sign.public_key_unreadable");
        assert!(store.add_key_der(b"0").is_err());
    }

    #[test]
    fn directories_and_files_are_loaded() {
        let dir = tempfile::tempdir().unwrap();
        let made = made();
        std::fs::write(dir.path().join("root.pem"), &made.root_pem).unwrap();
        std::fs::write(dir.path().join("chain.pem"), &made.chain_pem).unwrap();
        assert_eq!(TrustStore::from_path(dir.path()).unwrap().anchors().len(), 1);
        let chain = dir.path().join("chain.pem");
        let store = TrustStore::from_path(&chain).unwrap();
        assert_eq!(store.anchors().len(), 2);
        assert_eq!(store.anchors().first().unwrap().source(), chain.display().to_string());
        assert!(TrustStore::from_path(dir.path().join("none.pem")).is_err());
    }
}
