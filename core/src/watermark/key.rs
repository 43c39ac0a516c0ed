//! Keys: the public one of labels, and secret ones for tracing.

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::random::Random;

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
        Ok(Self { seed: seed(b"biaoshi watermark secret key 1", bytes), public: false })
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
    fn secrets_do_not_show() {
        let key = Key::secret(b"0123456789abcdef").unwrap();
        assert_eq!(format!("{key:?}"), "Key(secret)");
        assert_eq!(Key::secret(&[0; 15]).unwrap_err().length, 15);
    }
}
