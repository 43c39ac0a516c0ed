//! Texts that are encoded as a whole: UTF-16 where bytes are due, percent-encoding, Base64,
//! character references.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::search::find;
use crate::container::html::resolve;
use crate::label::aigc::Crooked;

/// The text without its outermost encoding, and which that was; nothing if it has none.
pub(super) fn decoded(text: &[u8]) -> Option<(Vec<u8>, Crooked)> {
    let of = |plain: Option<Vec<u8>>, way| plain.map(|plain| (plain, way));
    of(utf16(text), Crooked::Utf16)
        .or_else(|| of(percent(text), Crooked::PercentEncoded))
        .or_else(|| of(base64(text), Crooked::Base64))
        .or_else(|| of(references(text), Crooked::HtmlEscaped))
        .or_else(|| of(escapes(text), Crooked::Escaped))
}

/// Parts of the label's keys in UTF-16, the first byte of their first letter left out where it comes
/// first.
const WIDE: [&[u8]; 2] = [b"r\0o\0d\0u\0c", b"L\0a\0b\0e\0l"];

fn utf16(text: &[u8]) -> Option<Vec<u8>> {
    let at = WIDE.iter().find_map(|part| find(text, part))?;
    let big = at % 2 == 1;
    let units = text.chunks_exact(2).map(|pair| match pair {
        [a, b] if big => u16::from_be_bytes([*a, *b]),
        [a, b] => u16::from_le_bytes([*a, *b]),
        _ => 0,
    });
    let plain: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    Some(plain.trim_start_matches('\u{feff}').to_owned().into_bytes())
}

fn percent(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    text.contains(&b'%').then_some(())?;
    let lower = text.to_ascii_lowercase();
    // As a whole, or behind a name, as in addresses.
    let object = [&b"%7b"[..], b"%257b", b"{%"].iter().any(|head| lower.starts_with(head))
        || [&b"=%7b%22"[..], b"%3d%7b%22", b"aigc%7b%22"].iter().any(|head| find(&lower, head).is_some());
    if !object || !text.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    // Programs for forms write a space as a plus sign; behind a colon or comma it can be nothing else.
    let form = [&b"%3a+"[..], b"%2c+", b"%7b+"].iter().any(|mark| find(&lower, mark).is_some());
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let mut digit = || char::from(*bytes.next()?).to_digit(16);
                let value = digit()?.checked_mul(16)?.checked_add(digit()?)?;
                out.push(u8::try_from(value).ok()?);
            }
            b'+' if form => out.push(b' '),
            other => out.push(*other),
        }
    }
    Some(out)
}

/// Shorter ones hold no label.
const LEAST: usize = 16;

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let usual = |b: &u8| match b {
        b'-' => b'+',
        b'_' => b'/',
        other => *other,
    };
    let digits = || text.iter().filter(|b| !b.is_ascii_whitespace()).map(usual);
    let head: Vec<u8> = digits().take(LEAST).collect();
    let start = ENGINE.decode(&head).ok().filter(|_| head.len() == LEAST)?;
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&start).trim_ascii_start();
    if !start.starts_with(b"{") && !start.starts_with("｛".as_bytes()) {
        return None;
    }
    ENGINE.decode(digits().collect::<Vec<u8>>()).ok()
}

fn references(text: &[u8]) -> Option<Vec<u8>> {
    const MARKS: [&[u8]; 8] = [b"&quot;", b"&#34;", b"&#x22;", b"&#X22;", b"&apos;", b"&#39;", b"&#x27;", b"&amp;"];
    text.contains(&b'&').then_some(())?;
    MARKS.iter().any(|mark| find(text, mark).is_some()).then(|| resolve(text))
}

/// One level of the escapes of JSON taken off; those that stand for characters stay for the reader of the
/// text within.
pub(super) fn escapes(text: &[u8]) -> Option<Vec<u8>> {
    find(text, b"\\\"")?;
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        if *byte != b'\\' {
            out.push(*byte);
            continue;
        }
        match bytes.next() {
            Some(mark @ (b'"' | b'\\' | b'/')) => out.push(*mark),
            Some(b'n' | b'r' | b't') => out.push(b' '),
            Some(other) => out.extend([b'\\', *other]),
            None => out.push(b'\\'),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(text: &[u8]) -> Option<(String, Crooked)> {
        decoded(text).map(|(plain, way)| (String::from_utf8_lossy(&plain).into_owned(), way))
    }

    fn wide(text: &str, big: bool) -> Vec<u8> {
        text.encode_utf16().flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect()
    }

    #[test]
    fn each_encoding_is_taken_off_and_named() {
        for (text, plain, way) in [
            (&b"%7B%22a%22%3A%221%22%7D"[..], "{\"a\":\"1\"}", Crooked::PercentEncoded),
            (b" %7b%22a%22:%221+2%22%7d\n", "{\"a\":\"1+2\"}", Crooked::PercentEncoded),
            (b"%7B%22a%22%3A+%221+2%22%7D", "{\"a\": \"1 2\"}", Crooked::PercentEncoded),
            (b"%257B%2522a%2522", "%7B%22a%22", Crooked::PercentEncoded),
            (b"{%22a%22:1}", "{\"a\":1}", Crooked::PercentEncoded),
            (b"AIGC=%7B%22a%22%3A1%7D", "AIGC={\"a\":1}", Crooked::PercentEncoded),
            (b"https://a.b/?AIGC=%7B%22a%22:1%7D&c=1", "https://a.b/?AIGC={\"a\":1}&c=1", Crooked::PercentEncoded),
            (b"AIGC%3D%7B%22a%22%3A1%7D", "AIGC={\"a\":1}", Crooked::PercentEncoded),
            (b"eyJhIjoiMTIzNDU2Nzg5In0=", "{\"a\":\"123456789\"}", Crooked::Base64),
            (b"eyJhIjoi\nMTIzNDU2Nzg5In0\n", "{\"a\":\"123456789\"}", Crooked::Base64),
            (b"77u/eyJhIjoiMTIzNDU2Nzg5In0=", "\u{feff}{\"a\":\"123456789\"}", Crooked::Base64),
            (b"eyJhIjoifj8-Pz8_PiJ9", "{\"a\":\"~?>???>\"}", Crooked::Base64),
            (b"{&quot;a&quot;:&#34;1&#x22;}", "{\"a\":\"1\"}", Crooked::HtmlEscaped),
            (br#"{\"a\":\"b\\u0041\n\\\"\"}"#, r#"{"a":"b\u0041 \""}"#, Crooked::Escaped),
            (b"{&amp;quot;a&amp;quot;:1}", "{&quot;a&quot;:1}", Crooked::HtmlEscaped),
        ] {
            assert_eq!(of(text), Some((plain.to_owned(), way)), "{}", String::from_utf8_lossy(text));
        }
        for big in [false, true] {
            let plain = "中{\"Label\":1}";
            assert_eq!(of(&wide(plain, big)), Some((plain.to_owned(), Crooked::Utf16)));
            assert_eq!(of(&wide(&format!("\u{feff}{plain}"), big)), Some((plain.to_owned(), Crooked::Utf16)));
        }
    }

    #[test]
    fn other_texts_are_as_they_are() {
        for text in [
            "",
            "a word",
            "{\"a\":1}",
            "%7B a %7D",
            "%7B%2",
            "100 %7B",
            "eyJhIjoi",
            "aGVsbG8gd29ybGQhISEh",
            "a & b",
            "&lt;b&gt;",
            "eyJhIjoiMTIzNDU2Nzg5In0=!",
        ] {
            assert_eq!(of(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_complaint(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = decoded(&bytes);
        }
    }
}
