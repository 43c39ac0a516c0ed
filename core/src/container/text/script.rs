//! JavaScript, read only: sites that are built from labelled Markdown carry its front matter as JSON
//! in their scripts.

use crate::container::{Segment, Slot};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::{Source, check_limit};

/// The key that is looked for.
const KEY: &[u8] = b"\"AIGC\"";
/// The same inside of a string.
const ESCAPED: &[u8] = b"\\\"AIGC\\\"";
/// Bytes looked at in one go.
const STEP: u64 = 64 << 10;
/// Most places of one file; a bundle of more is no file of labels.
const PLACES: usize = 256;

/// Every place that begins with the key, in file order. Each ends where the next begins.
pub(super) fn parts(source: &mut Source<'_>, bom: u64, limits: &Limits) -> Result<Vec<Segment>> {
    let len = source.len();
    let mut starts: Vec<u64> = Vec::new();
    let mut at = bom;
    while at < len {
        let end = len.min(at.saturating_add(STEP).saturating_add(ESCAPED.len() as u64));
        let block = source.bytes(at..end, STEP.saturating_mul(2), "metadata_bytes")?;
        for n in 0..block.len().min(usize::try_from(STEP).unwrap_or(usize::MAX)) {
            let rest = block.get(n..).unwrap_or_default();
            let quoted = rest.starts_with(KEY) && n.checked_sub(1).and_then(|p| block.get(p)) != Some(&b'\\');
            if quoted || rest.starts_with(ESCAPED) {
                starts.push(at.saturating_add(n as u64));
                check_limit("segments", starts.len() as u64, PLACES as u64)?;
            }
        }
        at = at.saturating_add(STEP);
    }
    let most = limits.label_bytes as u64;
    let ends = starts.iter().skip(1).copied().chain([len]);
    let ranges = starts.iter().zip(ends).map(|(start, next)| *start..next.min(start.saturating_add(most)));
    Ok(ranges
        .map(|range| Segment { slot: Some(Slot::item("script", "text")), ..Segment::plain("object", range) })
        .collect())
}

/// The member as an object of its own, escaped as it stands; nothing if its value is no object.
pub(super) fn object(member: &[u8]) -> Vec<u8> {
    let escaped = member.starts_with(ESCAPED);
    let quote: &[u8] = if escaped { b"\\\"" } else { b"\"" };
    let key = if escaped { ESCAPED.len() } else { KEY.len() };
    let mut rest = member.get(key..).unwrap_or_default().trim_ascii_start();
    let Some(value) = rest.strip_prefix(b":").map(<[u8]>::trim_ascii_start) else { return Vec::new() };
    if !value.starts_with(b"{") {
        return Vec::new();
    }
    rest = value;
    let (mut depth, mut string) = (0usize, false);
    while let Some((byte, after)) = rest.split_first() {
        if rest.starts_with(quote) {
            string = !string;
            rest = rest.get(quote.len()..).unwrap_or_default();
            continue;
        }
        match byte {
            // What is escaped: one character in JSON, more inside of a string.
            b'\\' if escaped => rest = rest.get(4.min(rest.len())..).unwrap_or_default(),
            b'\\' => rest = rest.get(2.min(rest.len())..).unwrap_or_default(),
            b'{' if !string => depth = depth.saturating_add(1),
            b'}' if !string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if *byte != b'\\' {
            rest = after;
        }
        if depth == 0 {
            let end = member.len().saturating_sub(rest.len());
            return [b"{", member.get(..end).unwrap_or_default(), b"}"].concat();
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_member_ends_with_its_value() {
        for (member, wanted) in [
            (&b"\"AIGC\":{\"a\":\"}\"},\"title\":1}"[..], &b"{\"AIGC\":{\"a\":\"}\"}}"[..]),
            (b"\"AIGC\" : {\"a\":{\"b\":\"\\\"}\"}} tail", b"{\"AIGC\" : {\"a\":{\"b\":\"\\\"}\"}}}"),
            (br#"\"AIGC\":{\"a\":\"}\\\"\"},\"b\":1}"#, br#"{\"AIGC\":{\"a\":\"}\\\"\"}}"#),
            (b"\"AIGC\":\"1\"", b""),
            (b"\"AIGC\":{\"a\":", b""),
            (b"\"AIGC\"", b""),
        ] {
            assert_eq!(object(member), wanted, "{}", String::from_utf8_lossy(member));
        }
    }
}
