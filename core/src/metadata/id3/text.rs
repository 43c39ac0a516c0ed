//! Encoded texts and unsynchronisation.

use crate::error::Problem;
use crate::message::container::id3 as rows;

/// A text with a description.
pub(super) struct Described {
    pub(super) key: String,
    /// UTF-8, except that what is stored as UTF-8 is given as it is.
    pub(super) value: Vec<u8>,
    /// Where the value begins in the content, if it stands there as it is.
    pub(super) at: Option<usize>,
}

/// Reads an encoding byte, `skip` bytes, a description and a text (2.4: 4.2.6, 4.10).
pub(super) fn described(content: &[u8], skip: usize) -> Result<Described, Problem> {
    let encoding = content.first().copied().ok_or_else(|| rows::NO_TEXT.problem())?;
    if encoding > 3 {
        return Err(rows::ENCODING.with("number", encoding));
    }
    let start = skip.saturating_add(1);
    let body = content.get(start..).unwrap_or_default();
    // Without a separator there is only a text.
    let (key, at) = match terminator(encoding, body) {
        Some((end, next)) => (body.get(..end).unwrap_or_default(), next),
        None => (&[][..], 0),
    };
    let rest = body.get(at..).unwrap_or_default();
    let value = terminator(encoding, rest).and_then(|(end, _)| rest.get(..end)).unwrap_or(rest);
    let decoded = decode(encoding, value);
    Ok(Described {
        key: String::from_utf8_lossy(&decode(encoding, key)).into_owned(),
        at: (decoded == value).then(|| start.saturating_add(at)),
        value: decoded,
    })
}

/// Media type of an object, and where its data begins in the content (2.4: 4.15).
pub(super) fn object(content: &[u8]) -> Option<(String, Option<usize>)> {
    let (encoding, rest) = content.split_first()?;
    let (end, mut at) = terminator(0, rest)?;
    let media = rest.get(..end)?.iter().map(|b| char::from(*b)).collect();
    for _ in ["file name", "description"] {
        let Some((_, next)) = terminator(*encoding, rest.get(at..)?) else { return Some((media, None)) };
        at = at.checked_add(next)?;
    }
    Some((media, at.checked_add(1)))
}

/// Where the first string ends, and where what follows it begins.
fn terminator(encoding: u8, bytes: &[u8]) -> Option<(usize, usize)> {
    if matches!(encoding, 1 | 2) {
        let pairs = bytes.chunks_exact(2).position(|pair| pair == [0, 0])?.checked_mul(2)?;
        return Some((pairs, pairs.checked_add(2)?));
    }
    let end = bytes.iter().position(|b| *b == 0)?;
    Some((end, end.checked_add(1)?))
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let units = bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk::<2>().copied()).map(unit);
    let mut out = String::with_capacity(bytes.len());
    out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    out.into_bytes()
}

fn decode(encoding: u8, bytes: &[u8]) -> Vec<u8> {
    match (encoding, bytes) {
        (1, [0xFE, 0xFF, rest @ ..]) => utf16(rest, u16::from_be_bytes),
        // Without a byte order mark it is what the writers' machines have.
        (1, [0xFF, 0xFE, rest @ ..]) | (1, rest) => utf16(rest, u16::from_le_bytes),
        (2, _) => utf16(bytes, u16::from_be_bytes),
        // Many writers state Latin-1 and write UTF-8. Latin-1 hardly ever looks like UTF-8.
        (0, _) if std::str::from_utf8(bytes).is_err() => {
            let high = bytes.iter().filter(|b| **b > 0x7F).count();
            let mut out = String::with_capacity(bytes.len().saturating_add(high));
            out.extend(bytes.iter().map(|b| char::from(*b)));
            out.into_bytes()
        }
        _ => bytes.to_vec(),
    }
}

/// UTF-16 in the machine order of nearly all writers, with its mark.
pub(super) fn to_utf16(text: &str) -> Vec<u8> {
    let mut out = vec![0xFF, 0xFE];
    out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    out
}

/// Takes unsynchronisation back; `None` if the bytes cannot have been made by it.
pub(super) fn resynchronise(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut after_ff = false;
    for byte in bytes {
        match (after_ff, *byte) {
            (true, 0) => after_ff = false,
            (true, 0xE0..) => return None,
            (_, byte) => {
                out.push(byte);
                after_ff = byte == 0xFF;
            }
        }
    }
    Some(out)
}

/// Applies unsynchronisation (2.3: 5): no FF is left before a byte from E0 on or a zero.
pub(super) fn unsynchronise(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().peekable();
    while let Some(byte) = rest.next() {
        out.push(*byte);
        // What will follow the last byte is not known.
        if *byte == 0xFF && rest.peek().is_none_or(|next| matches!(next, 0 | 0xE0..)) {
            out.push(0);
        }
    }
    out
}
