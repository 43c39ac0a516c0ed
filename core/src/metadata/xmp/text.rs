//! Encodings, offsets and escaping of XMP packets.

use std::borrow::Cow;

/// How a packet is encoded (XMP part 1, 7.3.2, and part 3 allow the Unicode encodings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// UTF-8; the only one that JPEG, PNG and most others allow.
    #[default]
    Utf8,
    /// UTF-16, most significant byte first.
    Utf16Be,
    /// UTF-16, least significant byte first.
    Utf16Le,
    /// UTF-32, most significant byte first.
    Utf32Be,
    /// UTF-32, least significant byte first.
    Utf32Le,
}

impl Encoding {
    /// The encoding's name, for example `UTF-16BE`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "UTF-8",
            Self::Utf16Be => "UTF-16BE",
            Self::Utf16Le => "UTF-16LE",
            Self::Utf32Be => "UTF-32BE",
            Self::Utf32Le => "UTF-32LE",
        }
    }

    /// The encoding and the length of its byte order mark.
    fn detect(packet: &[u8]) -> (Self, usize) {
        match packet {
            [0xEF, 0xBB, 0xBF, ..] => (Self::Utf8, 3),
            [0, 0, 0xFE, 0xFF, ..] => (Self::Utf32Be, 4),
            [0xFF, 0xFE, 0, 0, ..] => (Self::Utf32Le, 4),
            [0xFE, 0xFF, ..] => (Self::Utf16Be, 2),
            [0xFF, 0xFE, ..] => (Self::Utf16Le, 2),
            [0, 0, 0, c, ..] if *c != 0 => (Self::Utf32Be, 0),
            [c, 0, 0, 0, ..] if *c != 0 => (Self::Utf32Le, 0),
            [0, c, 0, d, ..] if *c != 0 && *d != 0 => (Self::Utf16Be, 0),
            [c, 0, d, 0, ..] if *c != 0 && *d != 0 => (Self::Utf16Le, 0),
            _ => (Self::Utf8, 0),
        }
    }

    /// The bytes of a text in this encoding, without byte order mark.
    pub(crate) fn encode(self, text: &str) -> Vec<u8> {
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf16Be => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            Self::Utf16Le => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Utf32Be => text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect(),
            Self::Utf32Le => text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect(),
        }
    }

    const fn stored_length(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16Be | Self::Utf16Le => c.len_utf16().saturating_mul(2),
            Self::Utf32Be | Self::Utf32Le => 4,
        }
    }
}

/// A packet as text, with the way back to its bytes.
pub(crate) struct Decoded<'a> {
    /// The text up to the first error, without byte order mark and without NULs at the end.
    pub(crate) text: Cow<'a, str>,
    pub(crate) encoding: Encoding,
    /// Bytes of NUL after the text.
    pub(crate) nuls: usize,
    /// Where the bytes stop being text, in bytes of the packet.
    pub(crate) error: Option<usize>,
    bom: usize,
    /// For wide encodings: offsets in text and packet, one pair about every 256 bytes.
    checkpoints: Vec<(usize, usize)>,
}

impl<'a> Decoded<'a> {
    pub(crate) fn new(packet: &'a [u8]) -> Self {
        let (encoding, bom) = Encoding::detect(packet);
        let body = packet.get(bom..).unwrap_or_default();
        let mut checkpoints = Vec::new();
        let (text, error) = match encoding {
            Encoding::Utf8 => match std::str::from_utf8(body) {
                Ok(text) => (Cow::Borrowed(text), None),
                Err(e) => {
                    let good = body.get(..e.valid_up_to()).unwrap_or_default();
                    let text = std::str::from_utf8(good).unwrap_or_default();
                    (Cow::Borrowed(text), Some(bom.saturating_add(e.valid_up_to())))
                }
            },
            _ => {
                let (text, error) = wide(encoding, body, bom, &mut checkpoints);
                (Cow::Owned(text), error)
            }
        };
        let kept = text.trim_end_matches('\0').len();
        let nuls = match (error, encoding) {
            (Some(_), _) => 0,
            (None, Encoding::Utf8) => text.len().saturating_sub(kept),
            // What is left of the body is less than one unit, and NUL.
            (None, _) => {
                let width = encoding.stored_length('\0');
                let rest = body.len().checked_rem(width).unwrap_or(0);
                text.len().saturating_sub(kept).saturating_mul(width).saturating_add(rest)
            }
        };
        let text = match text {
            Cow::Borrowed(t) => Cow::Borrowed(t.get(..kept).unwrap_or_default()),
            Cow::Owned(mut t) => {
                t.truncate(kept);
                Cow::Owned(t)
            }
        };
        Self { text, encoding, nuls, error, bom, checkpoints }
    }

    /// The offset in the packet of an offset in the text.
    pub(crate) fn stored(&self, offset: usize) -> usize {
        if self.encoding == Encoding::Utf8 {
            return self.bom.saturating_add(offset);
        }
        let next = self.checkpoints.partition_point(|(text, _)| *text <= offset);
        let (from, at) = self.checkpoints.get(next.saturating_sub(1)).copied().unwrap_or((0, self.bom));
        let between = self.text.get(from..offset.min(self.text.len())).unwrap_or_default();
        between.chars().map(|c| self.encoding.stored_length(c)).fold(at, usize::saturating_add)
    }
}

/// Decodes UTF-16 or UTF-32; the error is the offset in the packet of the first bad unit.
fn wide(encoding: Encoding, body: &[u8], bom: usize, checkpoints: &mut Vec<(usize, usize)>) -> (String, Option<usize>) {
    let width = if matches!(encoding, Encoding::Utf16Be | Encoding::Utf16Le) { 2 } else { 4 };
    let units = body.chunks_exact(width).map(|unit| {
        let big = matches!(encoding, Encoding::Utf16Be | Encoding::Utf32Be);
        let fold = |value: u32, byte: &u8| value.wrapping_shl(8) | u32::from(*byte);
        if big { unit.iter().fold(0, fold) } else { unit.iter().rev().fold(0, fold) }
    });
    let mut text = String::with_capacity(body.len().checked_div(width).unwrap_or(0));
    let mut at = bom;
    let mut push = |decoded: Option<char>| {
        let c = decoded?;
        if checkpoints.last().is_none_or(|(last, _)| text.len().saturating_sub(*last) >= 256) {
            checkpoints.push((text.len(), at));
        }
        text.push(c);
        at = at.saturating_add(encoding.stored_length(c));
        Some(())
    };
    let complete = if width == 2 {
        let halves = units.map(|unit| u16::try_from(unit).unwrap_or(u16::MAX));
        char::decode_utf16(halves).map(Result::ok).try_for_each(&mut push)
    } else {
        units.map(char::from_u32).try_for_each(&mut push)
    };
    let rest = body.chunks_exact(width).remainder();
    let error = complete.is_none() || rest.iter().any(|byte| *byte != 0);
    (text, error.then_some(at))
}

/// Text of an element: markup characters and quotation marks escaped; a carriage return too, or
/// readers would turn it into a line feed (XML 1.0, 2.11).
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_mul(2));
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
    out
}

/// Text of an attribute: as [`escape`], tabs and line feeds too (XML 1.0, 3.3.3).
pub(crate) fn escape_attribute(text: &str) -> String {
    escape(text).replace('\t', "&#9;").replace('\n', "&#10;")
}

/// Whether XML 1.0 allows a character at all.
pub(super) const fn is_xml_char(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The character that a reference (without `&` and `;`) stands for: one of the five entities of
/// XML, or a character reference. Nothing else exists without a DTD.
pub(crate) fn reference(name: &str) -> Option<char> {
    match name {
        "amp" => return Some('&'),
        "lt" => return Some('<'),
        "gt" => return Some('>'),
        "quot" => return Some('"'),
        "apos" => return Some('\''),
        _ => {}
    }
    let number = name.strip_prefix('#')?;
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    if digits.starts_with('+') {
        return None;
    }
    char::from_u32(u32::from_str_radix(digits, radix).ok()?).filter(|c| is_xml_char(*c))
}

/// Adds character data to `out` with line ends as XML reads them (XML 1.0, 2.11).
pub(crate) fn push_lines(out: &mut String, data: &str) {
    let mut chars = data.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\r' {
            chars.next_if_eq(&'\n');
            out.push('\n');
        } else {
            out.push(c);
        }
    }
}

/// The value of an attribute as XML reads it; the error is the offset and name of a reference that
/// stands for nothing.
pub(crate) fn attribute_value(raw: &str) -> Result<String, (usize, String)> {
    let mut out = String::with_capacity(raw.len());
    let plain = |out: &mut String, part: &str| {
        let mut lines = String::with_capacity(part.len());
        push_lines(&mut lines, part);
        out.extend(lines.chars().map(|c| if matches!(c, '\n' | '\t') { ' ' } else { c }));
    };
    let mut rest = raw;
    while let Some(at) = rest.find('&') {
        let (head, tail) = rest.split_at(at);
        plain(&mut out, head);
        let offset = raw.len().saturating_sub(tail.len());
        // Longer names than this are no reference; looking further would cost quadratic time.
        let end = tail.bytes().take(16).position(|b| b == b';');
        let name = end.and_then(|end| tail.get(1..end));
        let Some((name, c)) = name.and_then(|name| Some((name, reference(name)?))) else {
            let shown = name.map_or_else(|| tail.chars().take(16).collect(), str::to_owned);
            return Err((offset, shown));
        };
        out.push(c);
        rest = tail.get(name.len().saturating_add(2)..).unwrap_or_default();
    }
    plain(&mut out, rest);
    Ok(out)
}
