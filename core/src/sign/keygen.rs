//! Makes a private root and a signer's certificate under it.
//!
//! The certificates follow C2PA 2.4 section 14.5.1: version 3, authority key identifier, key
//! usage digitalSignature and contentCommitment, extended key usages emailProtection and
//! c2pa-kp-claimSigning, not an authority, at most 366 days. The root's key is thrown away after
//! its one use, so nobody can issue another certificate under that root.

use std::fmt;
use std::time::Duration;

use p256::ecdsa::signature::Signer as _;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, DnValue, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyIdMethod, KeyUsagePurpose, PublicKeyData, SerialNumber, SignatureAlgorithm, SigningKey,
};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::Algorithm;
use super::certificate::CertificateInfo;
use super::public_key::PublicKey;
use crate::error::{Error, Result};
use crate::message::{is_unsafe_to_show, sign};

/// c2pa-kp-claimSigning (C2PA 2.4 section 14.5.1).
const CLAIM_SIGNING: &[u64] = &[1, 3, 6, 1, 4, 1, 62558, 2, 1];
/// 9999-12-31T23:59:59Z, the last second that a certificate can name (RFC 5280 4.1.2.5).
const LAST_SECOND: u64 = 253_402_300_799;
const DAY: u64 = 86_400;
/// A draw outside 1..n happens once in 2^32; drawing again keeps it uniform.
const DRAWS: usize = 8;
/// Life of the root, in days: time-stamped signatures can be checked after the signer's end.
const ROOT_DAYS: u64 = 3_660;

/// What the certificate shall say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeygenOptions {
    /// Algorithm of both keys.
    pub algorithm: Algorithm,
    /// Organization (O), 1 to 64 characters.
    pub organization: String,
    /// Common name (CN), 1 to 64 characters.
    pub common_name: String,
    /// Country (C), two capital letters of ISO 3166-1.
    pub country: String,
    /// Start of the period, in seconds since 1970-01-01T00:00:00Z.
    pub not_before: u64,
    /// Length of the period, 1 to 366 days.
    pub days: u16,
}

/// A new key with its certificates, all PEM. An SM2 key has none, so both are empty there.
pub struct Generated {
    /// Private key in PKCS #8; wiped when dropped.
    pub key_pem: Zeroizing<String>,
    /// Signer's certificate, then the root.
    pub chain_pem: String,
    /// The root: the anchor that others need to trust this signer.
    pub root_pem: String,
    /// The public key: what others need to pin this signer for the protection data of labels.
    pub public_pem: String,
    /// Names, fingerprint and period of the signer's certificate; `None` for SM2.
    pub certificate: Option<CertificateInfo>,
}

impl fmt::Debug for Generated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generated").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// Makes a root, a key and a certificate for it from the system's random bytes; for SM2, which
/// C2PA does not know, a key alone.
///
/// # Errors
/// [`Error::Invalid`] if an option breaks its rule, [`Error::Signing`] if there is no randomness
/// or a certificate could not be made.
pub fn generate(options: &KeygenOptions) -> Result<Generated> {
    check(options)?;
    if options.algorithm == Algorithm::Sm2 {
        return sm2_key();
    }
    let end = |days: u64| {
        let period = days.checked_mul(DAY)?;
        options.not_before.checked_add(period)?.checked_sub(1).filter(|end| *end <= LAST_SECOND)
    };
    let leaf_end = end(u64::from(options.days)).ok_or_else(|| invalid("not_before", options.not_before))?;
    let root_end = end(ROOT_DAYS).unwrap_or(LAST_SECOND);

    let root_key = NewKey::random(options.algorithm)?;
    let leaf_key = NewKey::random(options.algorithm)?;

    let mut root = params(options, &root_key, root_end)?;
    // An attribute that no leaf has: were the two names equal, the leaf would count as self-signed.
    root.distinguished_name.push(DnType::OrganizationalUnitName, "C2PA signing root");
    // Readers show the issuer by its common name, of at most 64 characters (RFC 5280 appendix A).
    let short: String = options.common_name.chars().take(59).collect();
    root.distinguished_name.push(DnType::CommonName, format!("{short} root"));
    root.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let root_certificate = root.self_signed(&root_key).map_err(failed)?;

    let mut leaf = params(options, &leaf_key, leaf_end)?;
    leaf.is_ca = IsCa::ExplicitNoCa;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::ContentCommitment];
    leaf.extended_key_usages =
        vec![ExtendedKeyUsagePurpose::EmailProtection, ExtendedKeyUsagePurpose::Other(CLAIM_SIGNING.to_vec())];
    let issuer = Issuer::from_params(&root, &root_key);
    let leaf_certificate = leaf.signed_by(&leaf_key, &issuer).map_err(failed)?;

    let root_pem = super::to_pem(root_certificate.der());
    Ok(Generated {
        key_pem: leaf_key.to_pem()?,
        chain_pem: format!("{}{root_pem}", super::to_pem(leaf_certificate.der())),
        root_pem,
        public_pem: PublicKey::from_certificate_der(leaf_certificate.der())?.to_pem(),
        certificate: Some(CertificateInfo::from_der(leaf_certificate.der())?),
    })
}

fn sm2_key() -> Result<Generated> {
    use sm2::pkcs8::EncodePrivateKey as _;
    let mut seed = Zeroizing::new([0u8; 32]);
    for _ in 0..DRAWS {
        random(seed.as_mut())?;
        let Ok(key) = sm2::SecretKey::from_slice(seed.as_ref()) else { continue };
        let public = PublicKey::from_bytes(Algorithm::Sm2, &key.public_key().to_sec1_bytes());
        return Ok(Generated {
            key_pem: key.to_pkcs8_pem(sm2::pkcs8::LineEnding::LF).map_err(failed)?,
            chain_pem: String::new(),
            root_pem: String::new(),
            public_pem: public.ok_or_else(|| failed("SM2"))?.to_pem(),
            certificate: None,
        });
    }
    Err(failed("SM2"))
}

fn check(options: &KeygenOptions) -> Result<()> {
    for (field, value) in [("organization", &options.organization), ("common_name", &options.common_name)] {
        let length = value.chars().count();
        if !(1..=64).contains(&length) || value.chars().any(is_unsafe_to_show) || value.trim() != value {
            return Err(invalid(field, value));
        }
    }
    let country = options.country.as_bytes();
    if country.len() != 2 || !country.iter().all(u8::is_ascii_uppercase) {
        return Err(invalid("country", &options.country));
    }
    if !(1..=366).contains(&options.days) {
        return Err(invalid("days", options.days));
    }
    Ok(())
}

fn invalid(field: &'static str, value: impl ToString) -> Error {
    Error::Invalid(sign::KEYGEN_OPTION.with("field", field).arg("value", value))
}

fn failed(reason: impl ToString) -> Error {
    Error::Signing(sign::FAILED.with("reason", reason))
}

fn params(options: &KeygenOptions, key: &NewKey, end: u64) -> Result<CertificateParams> {
    let mut name = DistinguishedName::new();
    let country = options.country.as_str().try_into().map_err(failed)?;
    name.push(DnType::CountryName, DnValue::PrintableString(country));
    name.push(DnType::OrganizationName, options.organization.as_str());
    name.push(DnType::CommonName, options.common_name.as_str());

    let mut serial = [0u8; 16];
    random(&mut serial)?;
    // Positive and without leading zeros (RFC 5280 4.1.2.2).
    if let Some(first) = serial.first_mut() {
        *first = (*first & 0x7F) | 0x40;
    }
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let mut params = CertificateParams::default();
    let at = |seconds: u64| {
        let since = Duration::from_secs(seconds).try_into().map_err(failed)?;
        epoch.checked_add(since).ok_or_else(|| invalid("not_before", seconds))
    };
    params.not_before = at(options.not_before)?;
    params.not_after = at(end)?;
    params.serial_number = Some(SerialNumber::from_slice(&serial));
    params.distinguished_name = name;
    params.use_authority_key_identifier_extension = true;
    // RFC 7093 section 2, method 1.
    let digest = Sha256::digest(key.der_bytes());
    params.key_identifier_method = KeyIdMethod::PreSpecified(digest.iter().take(20).copied().collect());
    Ok(params)
}

fn random(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|reason| Error::Signing(sign::RANDOM.with("reason", reason)))
}

enum Secret {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
}

struct NewKey {
    secret: Secret,
    public: Vec<u8>,
}

impl NewKey {
    fn random(algorithm: Algorithm) -> Result<Self> {
        let mut seed = Zeroizing::new([0u8; 32]);
        match algorithm {
            Algorithm::Ed25519 => {
                random(seed.as_mut())?;
                let key = ed25519_dalek::SigningKey::from_bytes(&seed);
                let public = key.verifying_key().as_bytes().to_vec();
                Ok(Self { secret: Secret::Ed25519(Box::new(key)), public })
            }
            Algorithm::Es256 => {
                for _ in 0..DRAWS {
                    random(seed.as_mut())?;
                    if let Ok(key) = p256::ecdsa::SigningKey::from_slice(seed.as_ref()) {
                        let public = key.verifying_key().to_sec1_point(false).as_bytes().to_vec();
                        return Ok(Self { secret: Secret::P256(Box::new(key)), public });
                    }
                }
                Err(failed("P-256"))
            }
            Algorithm::Sm2 => Err(failed("SM2")),
        }
    }

    fn to_pem(&self) -> Result<Zeroizing<String>> {
        use ed25519_dalek::pkcs8::{EncodePrivateKey as _, KeypairBytes, spki::der::pem::LineEnding};
        match &self.secret {
            Secret::Ed25519(key) => {
                // Without the public half: version 1 of the structure, which every tool reads.
                let mut secret_key = key.to_bytes();
                let pair = KeypairBytes { secret_key, public_key: None };
                secret_key.zeroize();
                pair.to_pkcs8_pem(LineEnding::LF).map_err(failed)
            }
            Secret::P256(key) => p256::SecretKey::from(key.as_ref()).to_pkcs8_pem(LineEnding::LF).map_err(failed),
        }
    }
}

impl PublicKeyData for NewKey {
    fn der_bytes(&self) -> &[u8] {
        &self.public
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.secret {
            Secret::Ed25519(_) => &rcgen::PKCS_ED25519,
            Secret::P256(_) => &rcgen::PKCS_ECDSA_P256_SHA256,
        }
    }
}

impl SigningKey for NewKey {
    fn sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, rcgen::Error> {
        match &self.secret {
            Secret::Ed25519(key) => Ok(key.sign(message).to_bytes().to_vec()),
            Secret::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                Ok(signature.to_der().as_bytes().to_vec())
            }
        }
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub use files::write_identity;

#[cfg(not(target_arch = "wasm32"))]
mod files {
    #[cfg(unix)]
    use std::fs::File;
    use std::fs::{self, DirBuilder};
    use std::io::ErrorKind;
    use std::path::{Path, PathBuf};

    use super::Generated;
    use crate::error::{Error, Result};
    use crate::sign::secret_file::{exists, write_new};

    /// Writes `key.pem` (mode 0600), `chain.pem` and `root.pem`, or for SM2 `key.pem` and
    /// `public.pem`, into `dir`, which is made with mode 0700 if it does not exist. Nothing is overwritten; after a failure nothing is left.
    ///
    /// # Errors
    /// [`Error::Refused`] if one of the files exists, [`Error::Io`].
    pub fn write_identity(dir: impl AsRef<Path>, generated: &Generated) -> Result<()> {
        let dir = dir.as_ref();
        let mut undo = Undo::default();
        if make_dir(dir)? {
            undo.dir = Some(dir.to_owned());
        }
        let mut files = vec![("key.pem", generated.key_pem.as_str(), true)];
        if generated.certificate.is_some() {
            files.push(("chain.pem", generated.chain_pem.as_str(), false));
            files.push(("root.pem", generated.root_pem.as_str(), false));
        } else {
            files.push(("public.pem", generated.public_pem.as_str(), false));
        }
        for &(name, _, _) in &files {
            // A look first, so that nothing is written when one of the later names is taken.
            let path = dir.join(name);
            if fs::symlink_metadata(&path).is_ok() {
                return Err(exists(&path));
            }
        }
        for (name, text, secret) in files {
            let path = dir.join(name);
            write_new(&path, text.as_bytes(), secret)?;
            undo.files.push(path);
        }
        #[cfg(unix)]
        File::open(dir).and_then(|handle| handle.sync_all()).map_err(|e| Error::io(dir.display().to_string(), e))?;
        undo.keep();
        Ok(())
    }

    fn make_dir(dir: &Path) -> Result<bool> {
        let mut builder = DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(dir) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::AlreadyExists && dir.is_dir() => Ok(false),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(exists(dir)),
            Err(e) => Err(Error::io(dir.display().to_string(), e)),
        }
    }

    /// Removes on drop what this call made, and only that.
    #[derive(Default)]
    struct Undo {
        files: Vec<PathBuf>,
        dir: Option<PathBuf>,
    }

    impl Undo {
        fn keep(mut self) {
            self.files.clear();
            self.dir = None;
        }
    }

    impl Drop for Undo {
        fn drop(&mut self) {
            for path in &self.files {
                let _ = fs::remove_file(path);
            }
            if let Some(dir) = &self.dir {
                let _ = fs::remove_dir(dir);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

    use proptest::prelude::*;

    use super::*;
    use crate::sign::{Identity, Signer as _};

    fn options(algorithm: Algorithm) -> KeygenOptions {
        KeygenOptions {
            algorithm,
            organization: "某某科技有限公司".to_owned(),
            common_name: "Signer".to_owned(),
            country: "CN".to_owned(),
            not_before: 1_780_000_000,
            days: 366,
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn options_are_refused_or_give_a_usable_identity(
            organization in "\\PC{0,70}", common_name in ".{0,70}", country in "[A-Za-z]{1,3}",
            not_before in prop_oneof![any::<u64>(), 0..LAST_SECOND], days in 0u16..400,
        ) {
            let options = KeygenOptions {
                algorithm: Algorithm::Ed25519, organization, common_name, country, not_before, days,
            };
            match generate(&options) {
                Ok(made) => {
                    let signer = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
                    let info = signer.certificate().unwrap();
                    prop_assert_eq!(info.organization.as_deref(), Some(options.organization.as_str()));
                    prop_assert_eq!(info.subject_common_name.as_deref(), Some(options.common_name.as_str()));
                    prop_assert_eq!(info.not_before, not_before);
                    prop_assert_eq!(info.not_after, not_before + u64::from(days) * DAY - 1);
                }
                Err(error) => prop_assert_eq!(error.code(), "sign.keygen_option"),
            }
        }
    }

    #[test]
    fn certificates_follow_the_profile() {
        use x509_cert::der::{Decode as _, asn1::ObjectIdentifier};
        use x509_cert::ext::pkix::{
            AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectKeyIdentifier,
        };
        for algorithm in [Algorithm::Ed25519, Algorithm::Es256] {
            let made = generate(&options(algorithm)).unwrap();
            let chain = crate::sign::pem_certificates(&made.chain_pem, "chain").unwrap();
            let [leaf_der, root_der] = chain.as_slice() else { unreachable!() };
            let leaf = x509_cert::Certificate::from_der(leaf_der).unwrap();
            let root = x509_cert::Certificate::from_der(root_der).unwrap();
            let (leaf, root) = (leaf.tbs_certificate(), root.tbs_certificate());
            assert_ne!(leaf.subject(), root.subject());
            assert_eq!(leaf.issuer(), root.subject());
            let (critical, usage) = leaf.get_extension::<KeyUsage>().unwrap().unwrap();
            assert!(critical && usage.digital_signature() && usage.non_repudiation());
            assert!(!usage.key_cert_sign());
            let (_, purposes) = leaf.get_extension::<ExtendedKeyUsage>().unwrap().unwrap();
            let wanted = ["1.3.6.1.5.5.7.3.4", "1.3.6.1.4.1.62558.2.1"].map(ObjectIdentifier::new_unwrap);
            assert_eq!(purposes.0, wanted);
            let (_, constraints) = leaf.get_extension::<BasicConstraints>().unwrap().unwrap();
            assert!(!constraints.ca);
            let (_, constraints) = root.get_extension::<BasicConstraints>().unwrap().unwrap();
            assert!(constraints.ca && constraints.path_len_constraint == Some(0));
            let (_, authority) = leaf.get_extension::<AuthorityKeyIdentifier>().unwrap().unwrap();
            let (_, subject) = root.get_extension::<SubjectKeyIdentifier>().unwrap().unwrap();
            assert_eq!(authority.key_identifier.unwrap(), subject.0);
            assert_eq!(made.root_pem, crate::sign::to_pem(root_der));
            assert_eq!(made.certificate.unwrap().sha256, crate::sign::fingerprint(leaf_der));
        }
    }

    #[test]
    fn no_two_runs_share_a_key_or_a_number() {
        let one = generate(&options(Algorithm::Ed25519)).unwrap();
        let two = generate(&options(Algorithm::Ed25519)).unwrap();
        assert_ne!(*one.key_pem, *two.key_pem);
        assert_ne!(one.certificate.unwrap().serial, two.certificate.unwrap().serial);
        assert_ne!(one.root_pem, two.root_pem);
    }

    #[test]
    fn names_that_act_on_a_terminal_are_refused() {
        for name in ["", " x", "a\u{1b}[2J", "a\u{202e}b", &"x".repeat(65)] {
            let mut options = options(Algorithm::Ed25519);
            options.organization = name.to_owned();
            assert!(matches!(generate(&options), Err(Error::Invalid(_))), "{name:?}");
        }
    }

    #[test]
    fn files_are_private_and_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("id");
        let made = generate(&options(Algorithm::Ed25519)).unwrap();
        write_identity(&home, &made).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode(&home), 0o700);
            assert_eq!(mode(&home.join("key.pem")), 0o600);
        }
        let before = std::fs::read(home.join("key.pem")).unwrap();
        let other = generate(&options(Algorithm::Ed25519)).unwrap();
        let error = write_identity(&home, &other).unwrap_err();
        assert_eq!(error.code(), "sign.identity_exists");
        assert_eq!(std::fs::read(home.join("key.pem")).unwrap(), before);
        let store = crate::trust::TrustStore::from_path(&home).unwrap();
        assert_eq!(store.to_pem(), made.root_pem);
    }

    #[test]
    fn an_sm2_key_stands_alone_and_signs() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().join("id");
        let made = generate(&options(Algorithm::Sm2)).unwrap();
        assert!(made.certificate.is_none() && made.chain_pem.is_empty() && made.root_pem.is_empty());
        write_identity(&home, &made).unwrap();
        let mut names: Vec<_> = std::fs::read_dir(&home).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["key.pem", "public.pem"]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(home.join("key.pem")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let signer = Identity::load(&home, Some(1)).unwrap();
        assert_eq!(signer.algorithm(), Algorithm::Sm2);
        assert!(signer.certificate().is_none() && signer.certificates().is_empty());
        let store = crate::trust::TrustStore::from_path(&home).unwrap();
        let key = PublicKey::from_spki_der(&signer.public_key().unwrap()).unwrap();
        assert!(store.is_pinned(&key) && key.to_pem() == made.public_pem);
        let signature = signer.sign(b"message").unwrap();
        assert!(key.verifies(b"message", &signature) && !key.verifies(b"messagf", &signature));
        // An SM2 key does not go with a certificate, nor another key without one.
        let other = generate(&options(Algorithm::Es256)).unwrap();
        assert_eq!(Identity::from_pem(&other.chain_pem, &made.key_pem).unwrap_err().code(), "sign.key_kind");
        assert_eq!(Identity::from_key_pem(&other.key_pem).unwrap_err().code(), "sign.certificate_missing");
        let shown = format!("{signer:?} {made:?}");
        let body: Vec<&str> = made.key_pem.lines().filter(|line| !line.starts_with("-----")).collect();
        assert!(!body.is_empty() && body.iter().all(|line| !shown.contains(line)) && !shown.contains('['), "{shown}");
    }

    #[test]
    fn a_failure_leaves_nothing_of_its_own_and_all_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let made = generate(&options(Algorithm::Ed25519)).unwrap();
        for name in ["key.pem", "chain.pem", "root.pem"] {
            let home = dir.path().join(name);
            std::fs::create_dir(&home).unwrap();
            std::fs::write(home.join(name), "mine").unwrap();
            let error = write_identity(&home, &made).unwrap_err();
            assert_eq!(error.code(), "sign.identity_exists");
            assert_eq!(std::fs::read_dir(&home).unwrap().count(), 1, "{name}");
            assert_eq!(std::fs::read_to_string(home.join(name)).unwrap(), "mine");
        }
        let file = dir.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(write_identity(&file, &made).unwrap_err().code(), "sign.identity_exists");
        assert!(matches!(write_identity(dir.path().join("a/b"), &made), Err(Error::Io { .. })));
        #[cfg(unix)]
        {
            let home = dir.path().join("dangling");
            std::fs::create_dir(&home).unwrap();
            let target = dir.path().join("elsewhere");
            std::os::unix::fs::symlink(&target, home.join("key.pem")).unwrap();
            assert!(write_identity(&home, &made).is_err());
            assert!(!target.exists());
        }
    }
}
