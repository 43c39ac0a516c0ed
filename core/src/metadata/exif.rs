//! Exif blocks: a bounded reader of the few tags that labels and their context use.
//!
//! A block is a TIFF structure (TIFF 6.0; Exif 2.3, CIPA DC-008). Files in the wild are sloppy, so
//! a bad entry is an anomaly and the rest is read. Nothing is copied while reading: an entry is a
//! byte range, and its text is decoded when it is asked for.

use std::collections::{HashSet, VecDeque};
use std::ops::Range;

use crate::error::Error;
use crate::limits::Limits;
use crate::message::{general, label as rows};

/// Tags that are read; others are passed over.
pub mod tag {
    /// `ImageDescription`.
    pub const IMAGE_DESCRIPTION: u16 = 0x010E;
    /// `Make`.
    pub const MAKE: u16 = 0x010F;
    /// `Model`.
    pub const MODEL: u16 = 0x0110;
    /// `Orientation`, 1 to 8.
    pub const ORIENTATION: u16 = 0x0112;
    /// `Software`.
    pub const SOFTWARE: u16 = 0x0131;
    /// `Artist`.
    pub const ARTIST: u16 = 0x013B;
    /// An XMP packet, in TIFF files (XMP part 3).
    pub const XMP: u16 = 0x02BC;
    /// `Copyright`.
    pub const COPYRIGHT: u16 = 0x8298;
    /// `XPTitle`, UTF-16LE (Microsoft).
    pub const XP_TITLE: u16 = 0x9C9B;
    /// `XPComment`, UTF-16LE (Microsoft).
    pub const XP_COMMENT: u16 = 0x9C9C;
    /// `XPKeywords`, UTF-16LE (Microsoft).
    pub const XP_KEYWORDS: u16 = 0x9C9E;
    /// `UserComment`, with a character code of 8 bytes.
    pub const USER_COMMENT: u16 = 0x9286;
    pub(super) const EXIF_IFD: u16 = 0x8769;
    pub(super) const GPS_IFD: u16 = 0x8825;
    pub(super) const INTEROP_IFD: u16 = 0xA005;
}

const INTEREST: [u16; 12] = [
    tag::IMAGE_DESCRIPTION,
    tag::MAKE,
    tag::MODEL,
    tag::ORIENTATION,
    tag::SOFTWARE,
    tag::ARTIST,
    tag::XMP,
    tag::COPYRIGHT,
    tag::XP_TITLE,
    tag::XP_COMMENT,
    tag::XP_KEYWORDS,
    tag::USER_COMMENT,
];

/// Byte order of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// `II`: least significant byte first.
    Little,
    /// `MM`: most significant byte first.
    Big,
}

/// An image file directory, by the way it was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ifd {
    /// One of the chain, counted from 0: 0 is the main image, 1 the thumbnail.
    Chain(usize),
    /// The Exif directory.
    Exif,
    /// The GPS directory.
    Gps,
    /// The interoperability directory.
    Interop,
}

/// Character code of a `UserComment` (Exif 2.3, table 9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CharacterCode {
    /// `ASCII\0\0\0`.
    Ascii,
    /// `UNICODE\0`.
    Unicode,
    /// `JIS\0\0\0\0\0`; not decoded.
    Jis,
    /// Eight NULs.
    Undefined,
    /// None of them: the text begins at once, which the standard does not allow.
    Missing,
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExifEntry {
    /// The directory it stands in.
    pub ifd: Ifd,
    /// Its tag, one of [`tag`].
    pub tag: u16,
    /// Its TIFF field type: 2 ASCII, 3 SHORT, 7 UNDEFINED and so on.
    pub field_type: u16,
    /// Bytes of the value in the block.
    pub range: Range<usize>,
    order: ByteOrder,
}

/// Text of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExifText {
    /// The text, without NULs at the end.
    pub text: String,
    /// The character code, for `UserComment`.
    pub code: Option<CharacterCode>,
    /// Whether the bytes break their encoding and were read as the nearest one that fits: ASCII
    /// as UTF-8 is not counted, Latin-1 and swapped or broken UTF-16 are.
    pub guessed: bool,
}

impl ExifEntry {
    /// The bytes of the value; `block` must be the block that was read.
    #[must_use]
    pub fn bytes<'a>(&self, block: &'a [u8]) -> &'a [u8] {
        block.get(self.range.clone()).unwrap_or_default()
    }

    /// The value as one unsigned number, for BYTE, SHORT and LONG.
    #[must_use]
    pub fn number(&self, block: &[u8]) -> Option<u32> {
        let bytes = self.bytes(block);
        match self.field_type {
            1 => bytes.first().map(|b| u32::from(*b)),
            3 => u16_at(bytes, 0, self.order).map(u32::from),
            4 => u32_at(bytes, 0, self.order),
            _ => None,
        }
    }

    /// The value as text; `None` for numbers and for JIS.
    #[must_use]
    pub fn text(&self, block: &[u8]) -> Option<ExifText> {
        decode(self.tag, self.field_type, self.bytes(block), self.order)
    }
}

/// The text of a value, for a reader of directories that is not in a block; `None` for numbers and
/// for JIS.
pub(crate) fn decode(tag: u16, field_type: u16, bytes: &[u8], order: ByteOrder) -> Option<ExifText> {
    match tag {
        tag::USER_COMMENT => user_comment(bytes, order),
        tag::XP_TITLE | tag::XP_COMMENT | tag::XP_KEYWORDS => {
            let (text, guessed) = utf16(bytes, ByteOrder::Little);
            Some(ExifText { text, code: None, guessed })
        }
        _ if matches!(field_type, 1 | 2 | 7 | 129) => {
            let (text, guessed) = narrow(bytes);
            Some(ExifText { text, code: None, guessed })
        }
        _ => None,
    }
}

/// Something odd that does not stop reading.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anomaly {
    /// `Exif\0\0` before the TIFF header, where the container does not ask for it.
    ExifPrefix,
    /// A value or directory outside of the block; offset of the entry that points there.
    OutOfBounds(usize),
    /// A directory that was read already: a cycle, or two entries that share one.
    RepeatedIfd(usize),
    /// An unknown field type at this offset.
    FieldType(usize),
    /// A tag that stands twice in the same directory.
    RepeatedTag(u16),
    /// A directory that ends with the block, before its last entry.
    TruncatedIfd(usize),
}

/// What a block holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExifView {
    /// Byte order.
    pub order: ByteOrder,
    /// Entries of interest, directory by directory.
    pub entries: Vec<ExifEntry>,
    /// Oddities, at most 256.
    pub anomalies: Vec<Anomaly>,
}

impl ExifView {
    /// The entries with this tag, in any directory.
    pub fn find(&self, tag: u16) -> impl Iterator<Item = &ExifEntry> {
        self.entries.iter().filter(move |entry| entry.tag == tag)
    }

    /// The orientation of the main image, 1 to 8; anything else is no orientation.
    #[must_use]
    pub fn orientation(&self, block: &[u8]) -> Option<u8> {
        let entry = self.find(tag::ORIENTATION).find(|entry| entry.ifd == Ifd::Chain(0))?;
        u8::try_from(entry.number(block)?).ok().filter(|value| (1..=8).contains(value))
    }
}

/// Why a block cannot be read, or not to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExifError {
    /// No TIFF header: `II*\0` or `MM\0*` is due.
    Header,
    /// The first directory is outside of the block.
    Truncated,
    /// A bound of [`Limits`] was reached.
    Limit {
        /// Its name.
        name: &'static str,
        /// What was found.
        value: usize,
        /// The bound.
        max: usize,
    },
}

impl From<ExifError> for Error {
    fn from(error: ExifError) -> Self {
        match error {
            ExifError::Header => Self::Malformed(rows::EXIF_HEADER.problem()),
            ExifError::Truncated => Self::Malformed(rows::EXIF_TRUNCATED.problem()),
            ExifError::Limit { name, value, max } => {
                Self::Limit(general::LIMIT.with("limit", name).arg("value", value).arg("max", max))
            }
        }
    }
}

impl std::fmt::Display for ExifError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&Error::from(self.clone()), f)
    }
}

impl std::error::Error for ExifError {}

/// Reads a block.
///
/// # Errors
///
/// [`ExifError`] if there is no TIFF header or no first directory, or where a limit is reached:
/// block bytes and the sum of value bytes ([`Limits::metadata_bytes`]), directories
/// ([`Limits::ifds`]), entries of a directory ([`Limits::ifd_entries`]).
pub fn read(block: &[u8], limits: &Limits) -> Result<ExifView, ExifError> {
    match read_lenient(block, limits) {
        (view, None) => Ok(view),
        (_, Some(error)) => Err(error),
    }
}

/// Reads a block as far as it goes: what was found before a limit stays available.
#[must_use]
pub fn read_lenient(block: &[u8], limits: &Limits) -> (ExifView, Option<ExifError>) {
    let mut view = ExifView { order: ByteOrder::Little, entries: Vec::new(), anomalies: Vec::new() };
    let error = walk(block, limits, &mut view).err();
    (view, error)
}

fn walk(block: &[u8], limits: &Limits, view: &mut ExifView) -> Result<(), ExifError> {
    let max = usize::try_from(limits.metadata_bytes).unwrap_or(usize::MAX);
    check("metadata_bytes", block.len(), max)?;
    let base = if block.starts_with(b"Exif\0\0") { 6 } else { 0 };
    if base > 0 {
        view.anomalies.push(Anomaly::ExifPrefix);
    }
    let tiff = block.get(base..).unwrap_or_default();
    view.order = match tiff {
        [b'I', b'I', 42, 0, ..] => ByteOrder::Little,
        [b'M', b'M', 0, 42, ..] => ByteOrder::Big,
        _ => return Err(ExifError::Header),
    };
    let first = u32_at(tiff, 4, view.order).ok_or(ExifError::Truncated)?;
    let mut walk = Walk { tiff, base, limits, max, view, kept: 0, queue: VecDeque::new() };
    walk.queue.push_back((Ifd::Chain(0), index(first), 4));
    let mut seen = HashSet::new();
    while let Some((ifd, at, from)) = walk.queue.pop_front() {
        if !seen.insert(at) {
            walk.odd(Anomaly::RepeatedIfd(from.saturating_add(base)));
            continue;
        }
        check("ifds", seen.len(), limits.ifds)?;
        walk.directory(ifd, at, from)?;
    }
    Ok(())
}

struct Walk<'a> {
    tiff: &'a [u8],
    /// Bytes of the block before the TIFF header.
    base: usize,
    limits: &'a Limits,
    max: usize,
    view: &'a mut ExifView,
    /// Sum of the value bytes of all entries kept, so that overlapping values cost no more than
    /// the block may.
    kept: usize,
    /// Directories to read: kind, offset, and the offset of the pointer.
    queue: VecDeque<(Ifd, usize, usize)>,
}

impl Walk<'_> {
    fn odd(&mut self, anomaly: Anomaly) {
        if self.view.anomalies.len() < 256 {
            self.view.anomalies.push(anomaly);
        }
    }

    fn directory(&mut self, ifd: Ifd, at: usize, from: usize) -> Result<(), ExifError> {
        let order = self.view.order;
        let Some(count) = u16_at(self.tiff, at, order) else {
            if ifd == Ifd::Chain(0) {
                return Err(ExifError::Truncated);
            }
            self.odd(Anomaly::OutOfBounds(from.saturating_add(self.base)));
            return Ok(());
        };
        let due = usize::from(count);
        let room = self.tiff.len().saturating_sub(at.saturating_add(2)).checked_div(12);
        let count = due.min(room.unwrap_or(0));
        if count < due {
            self.odd(Anomaly::TruncatedIfd(at.saturating_add(self.base)));
        }
        check("ifd_entries", count, self.limits.ifd_entries)?;
        let mut tags = HashSet::new();
        for number in 0..count {
            let entry = at.saturating_add(2).saturating_add(number.saturating_mul(12));
            let Some(field) = self.tiff.get(entry..) else { break };
            let tag = u16_at(field, 0, order).unwrap_or_default();
            let sub = match tag {
                tag::EXIF_IFD => Some(Ifd::Exif),
                tag::GPS_IFD => Some(Ifd::Gps),
                tag::INTEROP_IFD => Some(Ifd::Interop),
                _ => None,
            };
            if let Some(kind) = sub {
                let offset = index(u32_at(field, 8, order).unwrap_or_default());
                self.queue.push_back((kind, offset, entry));
            } else if INTEREST.contains(&tag) {
                if !tags.insert(tag) {
                    self.odd(Anomaly::RepeatedTag(tag));
                }
                self.entry(ifd, tag, field, entry)?;
            }
        }
        let next = at.saturating_add(2).saturating_add(due.saturating_mul(12));
        match (ifd, u32_at(self.tiff, next, order)) {
            (Ifd::Chain(n), Some(offset)) if offset != 0 => {
                self.queue.push_back((Ifd::Chain(n.saturating_add(1)), index(offset), next));
            }
            _ => {}
        }
        Ok(())
    }

    fn entry(&mut self, ifd: Ifd, tag: u16, field: &[u8], at: usize) -> Result<(), ExifError> {
        let order = self.view.order;
        let field_type = u16_at(field, 2, order).unwrap_or_default();
        let size = match field_type {
            1 | 2 | 6 | 7 | 129 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 => 8,
            _ => {
                self.odd(Anomaly::FieldType(at.saturating_add(self.base)));
                return Ok(());
            }
        };
        let count = index(u32_at(field, 4, order).unwrap_or_default());
        let length = count.saturating_mul(size);
        let start = if length <= 4 { at.saturating_add(8) } else { index(u32_at(field, 8, order).unwrap_or_default()) };
        let end = start.saturating_add(length);
        if end > self.tiff.len() {
            self.odd(Anomaly::OutOfBounds(at.saturating_add(self.base)));
            return Ok(());
        }
        self.kept = self.kept.saturating_add(length);
        check("metadata_bytes", self.kept, self.max)?;
        let range = start.saturating_add(self.base)..end.saturating_add(self.base);
        self.view.entries.push(ExifEntry { ifd, tag, field_type, range, order });
        Ok(())
    }
}

fn check(name: &'static str, value: usize, max: usize) -> Result<(), ExifError> {
    if value > max { Err(ExifError::Limit { name, value, max }) } else { Ok(()) }
}

fn index(value: u32) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn u16_at(bytes: &[u8], at: usize, order: ByteOrder) -> Option<u16> {
    let raw = *bytes.get(at..)?.first_chunk()?;
    Some(match order {
        ByteOrder::Little => u16::from_le_bytes(raw),
        ByteOrder::Big => u16::from_be_bytes(raw),
    })
}

fn u32_at(bytes: &[u8], at: usize, order: ByteOrder) -> Option<u32> {
    let raw = *bytes.get(at..)?.first_chunk()?;
    Some(match order {
        ByteOrder::Little => u32::from_le_bytes(raw),
        ByteOrder::Big => u32::from_be_bytes(raw),
    })
}

fn user_comment(bytes: &[u8], order: ByteOrder) -> Option<ExifText> {
    let (code, body) = match bytes.split_at_checked(8) {
        Some((b"ASCII\0\0\0", body)) => (CharacterCode::Ascii, body),
        Some((b"UNICODE\0", body)) => (CharacterCode::Unicode, body),
        Some((b"JIS\0\0\0\0\0", _)) => return None,
        Some(([0, 0, 0, 0, 0, 0, 0, 0], body)) => (CharacterCode::Undefined, body),
        _ => (CharacterCode::Missing, bytes),
    };
    let (text, guessed) = match code {
        CharacterCode::Unicode => utf16(body, order),
        _ => narrow(body),
    };
    Some(ExifText { text, code: Some(code), guessed })
}

/// ASCII or UTF-8, else Latin-1; NULs at the end are dropped.
fn narrow(bytes: &[u8]) -> (String, bool) {
    let end = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last.saturating_add(1));
    let bytes = bytes.get(..end).unwrap_or_default();
    match std::str::from_utf8(bytes) {
        Ok(text) => (text.to_owned(), false),
        Err(_) => (bytes.iter().map(|b| char::from(*b)).collect(), true),
    }
}

/// UTF-16 in the order due; a byte order mark, or ASCII in the other order, turns it round. Bytes
/// that are plainly UTF-8 instead are read as such.
fn utf16(bytes: &[u8], due: ByteOrder) -> (String, bool) {
    let zeros = |parity: usize| bytes.iter().skip(parity).step_by(2).take(64).filter(|b| **b == 0).count();
    let (high, low) = match due {
        ByteOrder::Big => (zeros(0), zeros(1)),
        ByteOrder::Little => (zeros(1), zeros(0)),
    };
    let other = match due {
        ByteOrder::Big => ByteOrder::Little,
        ByteOrder::Little => ByteOrder::Big,
    };
    let (order, body, marked) = match bytes {
        [0xFE, 0xFF, body @ ..] => (ByteOrder::Big, body, true),
        [0xFF, 0xFE, body @ ..] => (ByteOrder::Little, body, true),
        _ if low > high => (other, bytes, false),
        _ => (due, bytes, false),
    };
    let printable = bytes.iter().take(64).all(|b| matches!(b, b' '..=b'~' | b'\n' | b'\t' | 0x80..));
    if !marked && high == 0 && low == 0 && printable && bytes.first() == Some(&b'{') {
        let (text, _) = narrow(bytes);
        return (text, true);
    }
    let units = body.chunks_exact(2).map(|pair| {
        let raw = *pair.first_chunk().unwrap_or(&[0, 0]);
        match order {
            ByteOrder::Little => u16::from_le_bytes(raw),
            ByteOrder::Big => u16::from_be_bytes(raw),
        }
    });
    let mut broken = false;
    let mut text: String = char::decode_utf16(units)
        .map(|unit| {
            unit.unwrap_or_else(|_| {
                broken = true;
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    text.truncate(text.trim_end_matches('\0').len());
    (text, broken || order != due)
}

/// The tag's name in Exif 2.32.
pub(crate) const fn name(tag: u16) -> &'static str {
    match tag {
        tag::IMAGE_DESCRIPTION => "ImageDescription",
        tag::MAKE => "Make",
        tag::MODEL => "Model",
        tag::ORIENTATION => "Orientation",
        tag::SOFTWARE => "Software",
        tag::ARTIST => "Artist",
        tag::XMP => "XMP",
        tag::COPYRIGHT => "Copyright",
        tag::XP_TITLE => "XPTitle",
        tag::XP_COMMENT => "XPComment",
        tag::XP_KEYWORDS => "XPKeywords",
        tag::USER_COMMENT => "UserComment",
        _ => "tag",
    }
}

#[cfg(test)]
mod tests;
