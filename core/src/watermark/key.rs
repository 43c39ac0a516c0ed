//! Keys: the public one of labels, and secret ones for tracing.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::random::Random;

/// What seeds of secret keys begin with.
const SECRET: &[u8] = b"biaoshi watermark secret key 1";

/// What decides where a mark lies and how its bits are scrambled.
///
/// Anyone can find, copy and erase marks made with the public key: they serve labels, which
/// everyone shall be able to read. With a secret key only its holders find the mark.
///
/// ```
/// use biaoshi::watermark::Key;
///
/// let label = Key::public();
/// let trace = Key::secret(b"at least sixteen bytes of randomness")?;
/// assert!(Key::secret(b"short").is_err());
/// # assert_ne!(label, trace);
/// # Ok::<(), biaoshi::watermark::KeyTooShort>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    seed: Zeroizing<[u8; 32]>,
    public: bool,
}

/// Secret keys have 16 bytes or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyTooShort {
    /// Bytes given.
    pub length: usize,
}

impl fmt::Display for KeyTooShort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a secret watermark key has at least {} bytes, here are {}", Key::SHORTEST, self.length)
    }
}

impl std::error::Error for KeyTooShort {}

impl Key {
    /// Bytes of the shortest secret key.
    pub const SHORTEST: usize = 16;

    /// The fixed key of labels.
    pub fn public() -> Self {
        Self { seed: seed(b"biaoshi watermark public key 1", &[]), public: true }
    }

    /// A key that only its holders know: any bytes, as random as the secret shall be hard to guess.
    ///
    /// # Errors
    ///
    /// Fewer than 16 bytes.
    pub fn secret(bytes: &[u8]) -> Result<Self, KeyTooShort> {
        if bytes.len() < Self::SHORTEST {
            return Err(KeyTooShort { length: bytes.len() });
        }
        Ok(Self { seed: seed(SECRET, bytes), public: false })
    }

    /// A secret key from a file: all its bytes, at most 64 KiB.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Io`]; [`crate::Error::Signing`] if others may read the file (Unix);
    /// [`crate::Error::Invalid`] for fewer than 16 bytes.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn load(path: impl AsRef<std::path::Path>) -> crate::Result<Self> {
        let bytes = crate::sign::secret_file::read_bytes(path.as_ref(), true)?;
        let short = |short: KeyTooShort| {
            let problem = crate::message::watermark::KEY_SHORT.with("found", short.length);
            crate::Error::Invalid(problem.arg("least", Self::SHORTEST))
        };
        Self::secret(&bytes).map_err(short)
    }

    /// Makes a secret key of 32 random bytes and writes it to a new file that only its owner may read (Unix).
    ///
    /// # Errors
    ///
    /// [`crate::Error::Refused`] if something stands there: nothing is overwritten; [`crate::Error::Io`];
    /// [`crate::Error::Signing`] if the system gives no random bytes.
    #[cfg(all(feature = "look", not(target_arch = "wasm32")))]
    pub fn make_file(path: impl AsRef<std::path::Path>) -> crate::Result<Self> {
        let mut bytes = Zeroizing::new([0; 32]);
        getrandom::fill(bytes.as_mut_slice())
            .map_err(|reason| crate::Error::Signing(crate::message::sign::RANDOM.with("reason", reason)))?;
        crate::sign::secret_file::write_new(path.as_ref(), bytes.as_slice(), true)?;
        Ok(Self { seed: seed(SECRET, bytes.as_slice()), public: false })
    }

    /// Names a secret key without revealing it: 16 hexadecimal digits, the first 8 bytes of HMAC-SHA-256 of
    /// `biaoshi watermark key id 1` under the key's seed (`spec/watermark.md`). `None` for the public key.
    ///
    /// Who guesses the key can confirm the guess by it, as by any picture that was marked with it.
    pub fn id(&self) -> Option<String> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.seed.as_slice()).ok().filter(|_| !self.public)?;
        mac.update(b"biaoshi watermark key id 1");
        let tag = <[u8; 32]>::from(mac.finalize().into_bytes());
        tag.get(..8).map(crate::hex::hex)
    }

    /// Whether this is the key of labels.
    pub fn is_public(&self) -> bool {
        self.public
    }

    /// The generator of one medium and scheme version, such as `picture 1`: independent of all others.
    pub(crate) fn stream(&self, domain: &str) -> Random {
        Random::new(*seed(self.seed.as_slice(), domain.as_bytes()))
    }
}

/// SHA-256 of the length of `kind` as one byte, `kind`, and `bytes`.
fn seed(kind: &[u8], bytes: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha256::new();
    hash.update([u8::try_from(kind.len()).unwrap_or(u8::MAX)]);
    hash.update(kind);
    hash.update(bytes);
    Zeroizing::new(hash.finalize().into())
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.public { "Key(public)" } else { "Key(secret)" })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn streams_differ_by_key_and_domain() {
        let a = Key::secret(b"0123456789abcdef").unwrap();
        let b = Key::secret(b"0123456789abcdeg").unwrap();
        let first = |key: &Key, domain| key.stream(domain).word();
        let all =
            [first(&a, "picture 1"), first(&a, "sound 1"), first(&b, "picture 1"), first(&Key::public(), "picture 1")];
        for (i, x) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|y| y != x));
        }
        assert_eq!(first(&a, "picture 1"), first(&a.clone(), "picture 1"));
    }

    #[test]
    fn ids_tell_keys_apart_and_keep_their_form() {
        let ids = [&b"0123456789abcdef"[..], b"0123456789abcdeg"].map(|key| Key::secret(key).unwrap().id().unwrap());
        // Computed by Python's hashlib and hmac from the definition.
        assert_eq!(ids, ["c66d4df256f4e90a", "cdd280e376e459de"]);
        assert_eq!(Key::public().id(), None);
    }

    #[test]
    fn a_made_file_is_read_again_and_never_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("\u{5bc6}\u{94a5}");
        let made = Key::make_file(&path).unwrap();
        assert!(!made.is_public() && made == Key::load(&path).unwrap());
        assert_ne!(Some(&made), Key::make_file(folder.path().join("other")).ok().as_ref());
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len(), 32);
        assert_eq!(Key::make_file(&path).unwrap_err().code(), "sign.identity_exists");
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        #[cfg(unix)]
        {
            use std::os::unix::fs::{PermissionsExt as _, symlink};
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            let link = folder.path().join("link");
            symlink("nowhere", &link).unwrap();
            assert_eq!(Key::make_file(&link).unwrap_err().code(), "sign.identity_exists");
            assert!(!folder.path().join("nowhere").exists());
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let key = Key::secret(b"0123456789abcdef").unwrap();
        assert_eq!(format!("{key:?}"), "Key(secret)");
        assert_eq!(Key::secret(&[0; 15]).unwrap_err().length, 15);
    }
}
