//! Predictors (ISO 32000-2 7.4.4.4), and data written in letters (7.4.2, 7.4.3).

use super::lex::{self, Dict, Kind};

/// Undoes `ASCIIHexDecode`.
pub(super) fn hexadecimal(bytes: &[u8]) -> Vec<u8> {
    let end = bytes.iter().position(|b| *b == b'>').unwrap_or(bytes.len());
    lex::string(Kind::Hex, bytes.get(..end).unwrap_or_default()).unwrap_or_default()
}

/// Undoes `ASCII85Decode`; nothing for letters that it does not have.
pub(super) fn base85(bytes: &[u8]) -> Option<Vec<u8>> {
    let bytes = bytes.trim_ascii_start().strip_prefix(b"<~").unwrap_or(bytes);
    let mut out = Vec::with_capacity(bytes.len().div_ceil(5).saturating_mul(4));
    let (mut value, mut count) = (0u32, 0usize);
    for byte in bytes.iter().filter(|b| !lex::is_space(**b)) {
        match byte {
            b'~' => break,
            b'z' if count == 0 => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                value = value.checked_mul(85)?.checked_add(u32::from(byte - b'!'))?;
                count += 1;
                if count == 5 {
                    out.extend_from_slice(&value.to_be_bytes());
                    (value, count) = (0, 0);
                }
            }
            _ => return None,
        }
    }
    if count > 0 {
        for _ in count..5 {
            value = value.checked_mul(85)?.checked_add(84)?;
        }
        out.extend_from_slice(value.to_be_bytes().get(..count - 1)?);
    }
    Some(out)
}

/// Undoes the predictor that the parameters name; nothing if it is unknown or the data don't fit.
pub(super) fn unpredict(mut bytes: Vec<u8>, parameters: Option<&Dict<'_>>) -> Option<Vec<u8>> {
    let number = |key: &[u8], default: u64| parameters.and_then(|p| p.number(key)).unwrap_or(default);
    let predictor = number(b"Predictor", 1);
    if predictor <= 1 {
        return Some(bytes);
    }
    if predictor < 10 {
        return None;
    }
    let bits = number(b"Colors", 1).checked_mul(number(b"BitsPerComponent", 8))?;
    let pixel = usize::try_from(bits.div_ceil(8)).ok()?.max(1);
    let row = usize::try_from(bits.checked_mul(number(b"Columns", 1))?.div_ceil(8)).ok()?;
    if row == 0 || row >= bytes.len().max(2) {
        return None;
    }
    // Rows move to the front, each by the tags before it.
    let (mut from, mut to) = (0usize, 0usize);
    while let Some(tag) = bytes.get(from).copied() {
        let len = row.min(bytes.len() - from - 1);
        for i in 0..len {
            let raw = bytes.get(from + 1 + i).copied()?;
            let here = to + i;
            let left = if i >= pixel { bytes.get(here - pixel).copied()? } else { 0 };
            let up = if to >= row { bytes.get(here - row).copied()? } else { 0 };
            let corner = if to >= row && i >= pixel { bytes.get(here - row - pixel).copied()? } else { 0 };
            let guess = match tag {
                0 => 0,
                1 => left,
                2 => up,
                3 => u8::try_from(u16::midpoint(u16::from(left), u16::from(up))).ok()?,
                4 => paeth(left, up, corner),
                _ => return None,
            };
            *bytes.get_mut(here)? = raw.wrapping_add(guess);
        }
        from += 1 + len;
        to += len;
    }
    bytes.truncate(to);
    Some(bytes)
}

/// ISO/IEC 15948 9.4.
fn paeth(a: u8, b: u8, c: u8) -> u8 {
    let guess = i16::from(a) + i16::from(b) - i16::from(c);
    let far = |x: u8| (guess - i16::from(x)).abs();
    if far(a) <= far(b) && far(a) <= far(c) {
        a
    } else if far(b) <= far(c) {
        b
    } else {
        c
    }
}
