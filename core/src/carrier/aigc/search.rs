//! Objects in ordinary text: where a label may stand, and where a text only speaks of one.

use super::decode::escapes;
use crate::format::Format;
use crate::limits::Limits;

/// Cuts one JSON object out of text, from its opening brace to the matching one.
pub(super) fn object(bytes: &[u8]) -> &[u8] {
    let (mut depth, mut string, mut escaped) = (0usize, false, false);
    for (at, b) in bytes.iter().enumerate() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if string => escaped = true,
            b'"' => string = !string,
            b'{' if !string => depth += 1,
            b'}' if !string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return bytes.get(..=at).unwrap_or(bytes);
                }
            }
            _ => {}
        }
    }
    bytes
}

pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let Some(first) = needle.first() else { return Some(0) };
    let mut from = 0usize;
    loop {
        let rest = haystack.get(from..)?;
        let at = rest.iter().position(|b| b == first)?;
        if rest.get(at..).is_some_and(|rest| rest.starts_with(needle)) {
            return from.checked_add(at);
        }
        from = from.checked_add(at)?.checked_add(1)?;
    }
}

/// Where the object begins that has a key `AIGC`; the word as a value is ordinary text. Nothing if
/// more text than a label may have stands between the two.
pub(super) fn keyed(text: &[u8], limits: &Limits) -> Option<usize> {
    const KEY: &[u8] = b"\"AIGC\"";
    let mut from = 0usize;
    // Each try looks back to the start: a text made of keys must not cost its square.
    for _ in 0..16 {
        let key = from + find(text.get(from..)?, KEY)?;
        from = key + KEY.len();
        if text.get(from..)?.iter().find(|b| !b.is_ascii_whitespace()) != Some(&b':') {
            continue;
        }
        let mut closed = 0usize;
        let start = key.saturating_sub(limits.label_bytes);
        for (at, b) in text.get(start..key)?.iter().enumerate().rev() {
            match b {
                b'}' => closed += 1,
                b'{' if closed == 0 => return start.checked_add(at),
                b'{' => closed -= 1,
                _ => {}
            }
        }
    }
    None
}

/// Where a bare object begins that is a whole text and has the keys that no other object has.
pub(super) fn nameless(text: &[u8]) -> Option<usize> {
    const KEYS: [&[u8]; 3] = [b"\"Label\"", b"\"ContentProducer\"", b"\"ProduceID\""];
    let start = text.len() - text.trim_ascii_start().len();
    let object = text.get(start..)?.starts_with(b"{");
    (object && KEYS.iter().all(|key| find(text, key).is_some())).then_some(start)
}

/// A text with a label inside of a string, one level of escapes taken off, and where its object
/// begins.
pub(super) fn unescaped(text: &[u8], limits: &Limits) -> Option<(Vec<u8>, usize)> {
    find(text, br#"\"AIGC\""#)?;
    let plain = escapes(text)?;
    let at = keyed(&plain, limits)?;
    Some((plain, at))
}

/// Formats of text, in which words and objects may be about anything.
pub(super) const fn is_text(format: Option<Format>) -> bool {
    matches!(format, Some(Format::Html | Format::JavaScript | Format::Json | Format::Markdown | Format::Vtt))
}

/// Whether a value in a text is an object, in a string or not: a key of this name with a word, a number
/// or nothing behind it is ordinary text.
pub(super) fn begins_object(value: &[u8]) -> bool {
    let first =
        value.iter().find(|b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'\\' | 0xEF | 0xBB | 0xBF));
    first == Some(&b'{')
}

/// Whether a place holds a program, which may well build labels for other things.
pub(super) fn is_program(format: Option<Format>, slot: &str) -> bool {
    let script = || slot.strip_prefix("script:").is_some_and(|kind| !kind.to_ascii_lowercase().contains("json"));
    match format {
        Some(Format::JavaScript) => true,
        Some(Format::Html) => script(),
        _ => false,
    }
}

/// Whether a place holds text that speaks of things: comments, descriptions and programs of pages.
/// Front matter in the scripts of a built site has the same form as a program that quotes a label.
pub(super) fn is_quoted(format: Option<Format>, slot: &str) -> bool {
    let described = || slot.strip_prefix("meta:").is_some_and(|name| !name.eq_ignore_ascii_case("AIGC"));
    is_program(format, slot) || (format == Some(Format::Html) && (slot == "comment" || described()))
}
