//! Text strings (ISO 32000-2 7.9.2.2).

/// PDFDocEncoding where it is not Latin-1 (ISO 32000-2 annex D.3): codes 0x18 to 0x1F.
const LOW: [char; 8] = ['˘', 'ˇ', 'ˆ', '˙', '˝', '˛', '˚', '˜'];
/// Codes 0x80 to 0x9E.
const HIGH: [char; 31] = [
    '•', '†', '‡', '…', '—', '–', 'ƒ', '⁄', '‹', '›', '−', '‰', '„', '“', '”', '‘', '’', '‚', '™', 'ﬁ', 'ﬂ', 'Ł', 'Œ',
    'Š', 'Ÿ', 'Ž', 'ı', 'ł', 'œ', 'š', 'ž',
];

fn pick(table: &[char], first: u8, byte: u8) -> Option<char> {
    table.get(usize::from(byte.checked_sub(first)?)).copied()
}

fn doc_char(byte: u8) -> char {
    pick(&LOW, 0x18, byte).or_else(|| pick(&HIGH, 0x80, byte)).unwrap_or(match byte {
        0x9F | 0xAD => char::REPLACEMENT_CHARACTER,
        0xA0 => '€',
        _ => char::from(byte),
    })
}

/// The text that the bytes of a string stand for.
pub(super) fn decode(bytes: &[u8]) -> String {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let units = rest.chunks(2).map(|pair| match pair {
            [a, b] => unit([*a, *b]),
            _ => 0xFFFD,
        });
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
    };
    match bytes {
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        // Not in the standard, and written by several programs.
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => match std::str::from_utf8(bytes) {
            // UTF-8 without its mark: not in the standard either, and meant as such.
            Ok(text) if !bytes.is_ascii() => text.to_owned(),
            _ => bytes.iter().map(|b| doc_char(*b)).collect(),
        },
    }
}

/// Whether a text reads the same in ASCII and in PDFDocEncoding, and has no line ends, which a
/// literal string would change.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| (0x20..=0x7E).contains(&b))
}

/// A text string as it is written: a literal string of ASCII, else UTF-16BE in hexadecimal.
pub(super) fn encode(text: &str) -> Vec<u8> {
    if is_plain(text) {
        let mut out = vec![b'('];
        for byte in text.bytes() {
            if matches!(byte, b'(' | b')' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b')');
        return out;
    }
    let mut out = "<FEFF".to_owned();
    for unit in text.encode_utf16() {
        use std::fmt::Write as _;
        let _ = write!(out, "{unit:04X}");
    }
    out.push('>');
    out.into_bytes()
}
