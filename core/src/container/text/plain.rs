//! Text as such: what tells it from other bytes, and the subtitles that have no metadata.

use super::units::Form;
use crate::container::Head;
use crate::format::Format;

/// Whether a file that begins like this is text: UTF-8, UTF-16 with its mark, or by the ending of
/// its name GB18030; not empty, and without controls that no text has.
pub(in crate::container) fn is_text(head: &Head<'_>) -> bool {
    let (form, bom) = Form::of(head.bytes);
    let body = head.bytes.get(usize::try_from(bom).unwrap_or(0)..).unwrap_or_default();
    if body.is_empty() || form.units(body).iter().any(|b| is_binary(*b)) {
        return false;
    }
    // The last character may be cut where the head ends.
    let cut = if head.bytes.len() == Head::LEN { 4 } else { 0 };
    if form != Form::Byte {
        return body.len() % 2 == 0 || cut > 0;
    }
    match std::str::from_utf8(body) {
        Ok(_) => true,
        Err(e) if e.error_len().is_none() && cut > 0 => true,
        Err(_) => {
            let named = |format: Format| head.extension.is_some_and(|e| format.row().extensions.contains(&e));
            [Format::Txt, Format::Csv, Format::Srt, Format::Markdown, Format::Html, Format::Json].into_iter().any(named)
                && is_gb18030(body, cut)
        }
    }
}

/// Controls but tab, line feed, form feed, carriage return, escape, and delete, which JSON allows in
/// strings (RFC 8259 section 7).
const fn is_binary(unit: u8) -> bool {
    matches!(unit, 0..=0x08 | 0x0B | 0x0E..=0x1A | 0x1C..=0x1F)
}

/// Whether bytes follow each other as in GB18030 (GB 18030-2022 5.2).
fn is_gb18030(bytes: &[u8], cut: usize) -> bool {
    let mut rest = bytes;
    loop {
        rest = match rest {
            [] => return true,
            [0..=0x7F, rest @ ..]
            | [0x81..=0xFE, 0x40..=0x7E | 0x80..=0xFE, rest @ ..]
            | [0x81..=0xFE, b'0'..=b'9', 0x81..=0xFE, b'0'..=b'9', rest @ ..] => rest,
            _ => return rest.len() < cut,
        };
    }
}

/// Whether a text begins with a cue of SubRip: a number, and a line of two times.
pub(super) fn is_subrip(units: &[u8]) -> bool {
    let mut lines = units.trim_ascii_start().split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let number = lines.next().unwrap_or_default();
    let times = lines.next().unwrap_or_default();
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    let time = |text: &[u8]| {
        let parts: Vec<&[u8]> = text.split(|b| matches!(b, b':' | b',' | b'.')).collect();
        parts.len() == 4 && parts.into_iter().all(digits)
    };
    let Some(arrow) = times.windows(3).position(|w| w == b"-->") else { return false };
    let (from, to) = (times.get(..arrow).unwrap_or_default(), times.get(arrow + 3..).unwrap_or_default());
    let to = to.trim_ascii().split(|b| *b == b' ').next().unwrap_or_default();
    digits(number) && time(from.trim_ascii()) && time(to)
}
