//! The forms in which algorithms, keys and signatures stand in protection data.

use serde::Deserialize;

use crate::sign::{Algorithm, PublicKey};

/// An algorithm that is named in protection data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Alg {
    /// SM2 with SM3.
    Sm2,
    /// ECDSA with P-256 and SHA-256.
    Es256,
    /// Ed25519.
    Ed25519,
    /// RSA in any form; not checked.
    Rsa,
    /// The hash SM3.
    Sm3,
    /// The hash SHA-256.
    Sha256,
    /// The perceptual hash of [`super::phash`].
    PHash,
    /// Another one.
    Other,
}

/// Object identifier (empty: none) and names.
const ALGS: &[(Alg, &str, &[&str])] = &[
    (Alg::Sm2, "1.2.156.10197.1.501", &["sm2", "sm3withsm2", "sm2withsm3"]),
    (Alg::Es256, "1.2.840.10045.4.3.2", &["es256"]),
    (Alg::Ed25519, "1.3.101.112", &["ed25519"]),
    (Alg::Rsa, "1.2.840.113549.1.1.11", &["rsa", "sha256withrsa"]),
    (Alg::Rsa, "1.2.840.113549.1.1.1", &[]),
    (Alg::Sm3, "1.2.156.10197.1.401", &["sm3"]),
    (Alg::Sha256, "2.16.840.1.101.3.4.2.1", &["sha256", "sha-256"]),
    (Alg::PHash, "", &["phash"]),
];

impl Alg {
    /// Reads an object identifier or a name; says whether it is a name.
    pub(super) fn read(id: &str) -> (Self, bool) {
        let id = id.trim();
        let by_oid = ALGS.iter().find(|(_, oid, _)| !oid.is_empty() && *oid == id);
        let by_name = || ALGS.iter().find(|(_, _, names)| names.iter().any(|name| name.eq_ignore_ascii_case(id)));
        match by_oid {
            Some((alg, _, _)) => (*alg, false),
            None => match by_name() {
                Some((alg, _, _)) => (*alg, true),
                None => (Self::Other, !id.chars().all(|c| c.is_ascii_digit() || c == '.')),
            },
        }
    }

    /// The object identifier; empty if there is none.
    #[must_use]
    pub fn oid(self) -> &'static str {
        ALGS.iter().find(|(alg, _, _)| *alg == self).map_or("", |(_, oid, _)| oid)
    }

    /// The signature algorithm, if it is one that is checked.
    #[must_use]
    pub const fn signature(self) -> Option<Algorithm> {
        match self {
            Self::Sm2 => Some(Algorithm::Sm2),
            Self::Es256 => Some(Algorithm::Es256),
            Self::Ed25519 => Some(Algorithm::Ed25519),
            _ => None,
        }
    }

    pub(super) const fn of(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sm2 => Self::Sm2,
            Algorithm::Es256 => Self::Es256,
            Algorithm::Ed25519 => Self::Ed25519,
        }
    }
}

/// The form of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeyForm {
    /// SubjectPublicKeyInfo in DER.
    Spki,
    /// `04`, X, Y: 65 bytes.
    Point,
    /// `02` or `03`, X: 33 bytes.
    Compressed,
    /// `00`, X: 33 bytes; the sign of Y is not said.
    ZeroX,
    /// X, Y: 64 bytes.
    Xy,
    /// X alone, or the key of Ed25519: 32 bytes.
    X,
    /// None of these.
    Unknown,
}

impl KeyForm {
    pub(super) fn of(bytes: &[u8]) -> Self {
        match (bytes.first(), bytes.len()) {
            (Some(0x04), 65) => Self::Point,
            (Some(0x02 | 0x03), 33) => Self::Compressed,
            (Some(0x00), 33) => Self::ZeroX,
            (_, 64) => Self::Xy,
            (_, 32) => Self::X,
            (Some(0x30), 40..=512) => Self::Spki,
            _ => Self::Unknown,
        }
    }

    /// A word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Spki => "SubjectPublicKeyInfo",
            Self::Point => "04 X Y",
            Self::Compressed => "02/03 X",
            Self::ZeroX => "00 X",
            Self::Xy => "X Y",
            Self::X => "X",
            Self::Unknown => "?",
        }
    }
}

/// The keys that the bytes can mean, the likeliest first: two if the sign of Y is not said.
pub(super) fn keys(algorithm: Algorithm, bytes: &[u8]) -> Vec<PublicKey> {
    let one = |key: Option<PublicKey>| key.into_iter().collect();
    let prefixed = |prefix: u8, rest: &[u8]| PublicKey::from_bytes(algorithm, &[&[prefix], rest].concat());
    let both = |x: &[u8]| {
        let signs = [0x02, 0x03].into_iter();
        signs.filter_map(|sign| prefixed(sign, x)).map(PublicKey::known_by_x).collect()
    };
    match KeyForm::of(bytes) {
        KeyForm::Spki => one(PublicKey::from_spki_der(bytes).ok().filter(|key| key.algorithm() == algorithm)),
        KeyForm::X if algorithm == Algorithm::Ed25519 => one(PublicKey::from_bytes(algorithm, bytes)),
        _ if algorithm == Algorithm::Ed25519 => Vec::new(),
        KeyForm::Point | KeyForm::Compressed => one(PublicKey::from_bytes(algorithm, bytes)),
        KeyForm::Xy => one(prefixed(0x04, bytes)),
        KeyForm::ZeroX => both(bytes.get(1..).unwrap_or_default()),
        KeyForm::X => both(bytes),
        KeyForm::Unknown => Vec::new(),
    }
}

/// Bytes of hexadecimal digits in either case; `None` for anything else and for nothing.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.is_empty() || !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// How the two numbers of a signature stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// DER as it should be.
    Der,
    /// DER with zeros too many or too few in front of a number.
    Zeros,
    /// 64 bytes without DER.
    Raw,
}

/// The 64 bytes of r and s.
pub(super) fn numbers(bytes: &[u8]) -> Option<(Vec<u8>, Numbers)> {
    if let Some(found) = der_numbers(bytes) {
        return Some(found);
    }
    (bytes.len() == 64).then(|| (bytes.to_vec(), Numbers::Raw))
}

/// SEQUENCE of two INTEGERs and nothing behind it; lengths are below 128 (X.690 8.1.3.4).
pub(super) fn der_numbers(bytes: &[u8]) -> Option<(Vec<u8>, Numbers)> {
    let (body, rest) = element(bytes, 0x30)?;
    let (r, body) = element(body, 0x02)?;
    let (s, tail) = element(body, 0x02)?;
    if !rest.is_empty() || !tail.is_empty() {
        return None;
    }
    let ((r, r_right), (s, s_right)) = (number(r)?, number(s)?);
    let form = if r_right && s_right { Numbers::Der } else { Numbers::Zeros };
    Some(([r, s].concat(), form))
}

fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let [found, length, rest @ ..] = bytes else { return None };
    if *found != tag || *length >= 0x80 {
        return None;
    }
    rest.split_at_checked(usize::from(*length))
}

/// A number as 32 bytes, and whether its leading zeros are as DER wants them.
fn number(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let zeros = bytes.iter().take_while(|b| **b == 0).count();
    let digits = bytes.get(zeros..).filter(|d| !d.is_empty())?;
    let wanted = usize::from(digits.first().is_some_and(|b| *b >= 0x80));
    let missing = 32_usize.checked_sub(digits.len())?;
    Some(([&vec![0; missing], digits].concat(), zeros == wanted))
}

/// DER of the 64 bytes of r and s.
pub(super) fn to_der(numbers: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = numbers.split_at_checked(32)?;
    let integer = |bytes: &[u8]| {
        let zeros = bytes.iter().take_while(|b| **b == 0).count();
        let digits = bytes.get(zeros..)?;
        let pad: &[u8] = if digits.first().is_none_or(|b| *b >= 0x80) { &[0] } else { &[] };
        let length = u8::try_from(pad.len().checked_add(digits.len())?).ok()?;
        Some([&[0x02, length], pad, digits].concat())
    };
    let body = [integer(r)?, integer(s)?].concat();
    Some([&[0x30, u8::try_from(body.len()).ok()?][..], &body].concat())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn der_goes_there_and_back(mut bytes in prop::collection::vec(any::<u8>(), 64), cut in 0_usize..32) {
            bytes[..cut].fill(0);
            bytes[32] = 0;
            bytes[31] |= 1;
            bytes[63] |= 1;
            let der = to_der(&bytes).unwrap();
            prop_assert_eq!(numbers(&der).unwrap(), (bytes, Numbers::Der));
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..140)) {
            let _ = (numbers(&bytes), KeyForm::of(&bytes));
            for algorithm in [Algorithm::Sm2, Algorithm::Es256, Algorithm::Ed25519] {
                prop_assert!(keys(algorithm, &bytes).len() <= 2);
            }
        }
    }

    #[test]
    fn zeros_too_many_and_too_few_are_read() {
        let number = [0x81_u8; 32];
        let plain = [number, number].concat();
        let zeros = [&[0x30, 0x45, 0x02, 0x20][..], &number, &[0x02, 0x21, 0], &number].concat();
        assert_eq!(numbers(&zeros).unwrap(), (plain.clone(), Numbers::Zeros));
        let more = [&[0x30, 0x48, 0x02, 0x23, 0, 0, 0][..], &number, &[0x02, 0x21, 0], &number].concat();
        assert_eq!(numbers(&more).unwrap(), (plain.clone(), Numbers::Zeros));
        assert_eq!(numbers(&plain).unwrap(), (plain.clone(), Numbers::Raw));
        assert!(numbers(&[&more[..], &[0]].concat()).is_none());
        assert!(numbers(&plain[1..]).is_none());
    }

    #[test]
    fn algorithms_go_by_identifier_or_name() {
        assert_eq!(Alg::read("1.2.156.10197.1.501"), (Alg::Sm2, false));
        assert_eq!(Alg::read(" SM2 "), (Alg::Sm2, true));
        assert_eq!(Alg::read("phash"), (Alg::PHash, true));
        assert_eq!(Alg::read("1.2.3"), (Alg::Other, false));
        assert_eq!(Alg::read(""), (Alg::Other, false));
        assert_eq!(Alg::Sm3.oid(), "1.2.156.10197.1.401");
    }

    #[test]
    fn hexadecimal_is_even_and_not_empty() {
        assert_eq!(unhex("0aF0"), Some(vec![0x0A, 0xF0]));
        for wrong in ["", "0", "0g", "+1", "é"] {
            assert_eq!(unhex(wrong), None, "{wrong}");
        }
    }
}
