//! Encodings of text: found out over the whole file, and written.

use std::ops::Range;

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8};

use crate::container::text::units::{Form, Units};
use crate::error::Result;
use crate::source::Source;
#[cfg(not(feature = "charsets"))]
use crate::{error::Error, message::general::NO_CHARSETS};

/// The encoding of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::container) enum Charset {
    Utf8,
    /// UTF-16 with its byte order mark.
    Utf16(Form),
    /// GB 18030, as the WHATWG Encoding Standard reads it.
    Gb18030,
}

impl Charset {
    /// The encoding that every byte behind the mark agrees with. What is no UTF-8 and could be
    /// GB 18030 is taken for that.
    pub(in crate::container) fn detect(source: &mut Source<'_>, form: Form, bom: u64) -> Result<Option<Self>> {
        let body = bom..source.len();
        if form != Form::Byte {
            return Ok(((body.end - body.start) % 2 == 0).then_some(Self::Utf16(form)));
        }
        Self::of_bytes(source, bom, &body)
    }

    #[cfg(not(feature = "charsets"))]
    fn of_bytes(source: &mut Source<'_>, _: u64, body: &Range<u64>) -> Result<Option<Self>> {
        // Bytes of a character that the next block ends.
        let mut open: Vec<u8> = Vec::new();
        let mut sound = true;
        source.copy(body.clone(), &mut |part| {
            if sound {
                open.extend_from_slice(part);
                let error = std::str::from_utf8(&open).err();
                sound = error.is_none_or(|error| error.error_len().is_none());
                open.drain(..error.map_or(open.len(), |error| error.valid_up_to()));
            }
            Ok(())
        })?;
        // Tables of other encodings are larger than all else.
        if sound && open.is_empty() { Ok(Some(Self::Utf8)) } else { Err(Error::Unsupported(NO_CHARSETS.problem())) }
    }

    #[cfg(feature = "charsets")]
    fn of_bytes(source: &mut Source<'_>, bom: u64, body: &Range<u64>) -> Result<Option<Self>> {
        if agrees(source, UTF_8, body)? {
            return Ok(Some(Self::Utf8));
        }
        Ok((bom == 0 && agrees(source, GB18030, body)?).then_some(Self::Gb18030))
    }

    /// Text in this encoding; nothing if a character has no place in it.
    pub(in crate::container) fn encode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Utf8 => Some(text.as_bytes().to_vec()),
            Self::Utf16(form) => Some(form.encode(text)),
            Self::Gb18030 => {
                let (bytes, _, replaced) = GB18030.encode(text);
                (!replaced).then(|| bytes.into_owned())
            }
        }
    }

    /// The text; what can't be read becomes U+FFFD.
    pub(in crate::container) fn decode(self, bytes: Vec<u8>) -> String {
        let utf8 = match self {
            Self::Utf8 => bytes,
            Self::Utf16(form) => form.decode(bytes),
            #[cfg(not(feature = "charsets"))]
            Self::Gb18030 => bytes,
            #[cfg(feature = "charsets")]
            Self::Gb18030 => return GB18030.decode_without_bom_handling(&bytes).0.into_owned(),
        };
        String::from_utf8(utf8).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
    }

    /// Where in `bytes` each of the `places` stands in the text that [`Charset::decode`] made of them.
    /// They are in order, and the bytes are of this encoding.
    pub(in crate::container) fn offsets(self, bytes: &[u8], text: &str, places: &[usize]) -> Vec<u64> {
        let mut chars = text.char_indices().peekable();
        let mut at = 0usize;
        let mut out = Vec::with_capacity(places.len());
        for place in places {
            while let Some((_, c)) = chars.next_if(|(start, _)| start < place) {
                at = at.saturating_add(match (self, bytes.get(at..)) {
                    (Self::Utf8, _) => c.len_utf8(),
                    (Self::Utf16(_), _) => c.len_utf16().saturating_mul(2),
                    // A character has one, two or four bytes (GB 18030-2022 5.2).
                    (Self::Gb18030, Some([0..=0x80, ..])) => 1,
                    (Self::Gb18030, Some([_, b'0'..=b'9', ..])) => 4,
                    (Self::Gb18030, _) => 2,
                });
            }
            out.push(at.min(bytes.len()) as u64);
        }
        out
    }

    /// Where in the file the character at `at` of the text stands that [`Charset::decode`] made of
    /// `body`. `at` is the begin of a line or the end.
    pub(in crate::container) fn offset(
        self,
        source: &mut Source<'_>,
        (text, body): (&str, Range<u64>),
        at: usize,
    ) -> Result<u64> {
        if self == Self::Utf8 {
            return Ok(body.start.saturating_add(at as u64).min(body.end));
        }
        if at >= text.len() {
            return Ok(body.end);
        }
        let form = if let Self::Utf16(form) = self { form } else { Form::Byte };
        let is_break = |b: u8| matches!(b, b'\n' | b'\r');
        let before = text.as_bytes().iter().take(at).filter(|b| is_break(**b)).count();
        let mut units = Units::new(source, form, body.start, body.end);
        for _ in 0..before {
            units.skip_to(is_break)?;
            units.next()?;
        }
        Ok(units.offset())
    }
}

/// Whether the bytes are text of this encoding to the last.
fn agrees(source: &mut Source<'_>, encoding: &'static Encoding, body: &Range<u64>) -> Result<bool> {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut scratch = vec![0u8; 32 << 10];
    let mut sound = true;
    let mut feed = |mut bytes: &[u8], last: bool| {
        while sound {
            match decoder.decode_to_utf8_without_replacement(bytes, &mut scratch, last) {
                (DecoderResult::InputEmpty, _, _) => break,
                (DecoderResult::OutputFull, read, _) => bytes = bytes.get(read..).unwrap_or_default(),
                (DecoderResult::Malformed(..), _, _) => sound = false,
            }
        }
    };
    source.copy(body.clone(), &mut |part| {
        feed(part, false);
        Ok(())
    })?;
    feed(&[], true);
    Ok(sound)
}

/// The text of a short part of a file, in the encoding that its bytes agree with.
///
/// # Errors
/// [`crate::Error::Unsupported`] for what is no UTF-8, in builds that read nothing else.
pub(in crate::container) fn text_of(bytes: &[u8], form: Form, declared: Option<&'static Encoding>) -> Result<String> {
    if form != Form::Byte {
        return Ok(Charset::Utf16(form).decode(bytes.to_vec()));
    }
    match std::str::from_utf8(bytes).or_else(|error| within(bytes).ok_or(error)) {
        Ok(text) => Ok(text.to_owned()),
        Err(_) => other_text(bytes, declared),
    }
}

/// The whole characters of a piece of UTF-8 that was cut out of a text at any byte: so long pieces alone are.
fn within(bytes: &[u8]) -> Option<&str> {
    let begin = bytes.iter().take(3).take_while(|byte| **byte & 0xC0 == 0x80).count();
    let piece = bytes.get(begin..).filter(|piece| piece.len() >= 1024)?;
    match std::str::from_utf8(piece) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(piece.get(..error.valid_up_to())?).ok(),
        Err(_) => None,
    }
}

#[cfg(not(feature = "charsets"))]
fn other_text(_: &[u8], _: Option<&'static Encoding>) -> Result<String> {
    Err(Error::Unsupported(NO_CHARSETS.problem()))
}

#[cfg(feature = "charsets")]
fn other_text(bytes: &[u8], declared: Option<&'static Encoding>) -> Result<String> {
    let read = |encoding: &'static Encoding| encoding.decode_without_bom_handling_and_without_replacement(bytes);
    let text = declared.and_then(read).or_else(|| read(GB18030));
    Ok(text.map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), std::borrow::Cow::into_owned))
}
