//! Formats, found by content and never by name.

use crate::container::{Container, jpeg::Jpeg, png::Png, webp::Webp};
use crate::error::Result;
use crate::source::Source;

/// What kind of content a file holds (Measures, Article 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Modality {
    /// 文本
    Text,
    /// 图片
    Image,
    /// 音频
    Audio,
    /// 视频
    Video,
    /// 虚拟场景
    VirtualScene,
}

/// A file format that can be read and labelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Format {
    /// Portable Network Graphics, animated or not (ISO/IEC 15948).
    Png,
    /// JPEG (ITU-T T.81) in any application flavour.
    Jpeg,
    /// WebP (RFC 9649).
    Webp,
}

/// One row of the table of formats.
#[derive(Debug)]
pub struct FormatRow {
    /// The format.
    pub format: Format,
    /// Name for people.
    pub name: &'static str,
    /// What it holds.
    pub modality: Modality,
    /// Media type (RFC 6838).
    pub mime: &'static str,
    /// File name endings that fit, in lower case, the usual one first.
    pub extensions: &'static [&'static str],
    /// Its byte grammar.
    pub container: &'static dyn Container,
}

/// Every format, in the order in which content is tried.
pub static FORMATS: &[FormatRow] = &[
    FormatRow {
        format: Format::Png,
        name: "PNG",
        modality: Modality::Image,
        mime: "image/png",
        extensions: &["png", "apng"],
        container: &Png,
    },
    FormatRow {
        format: Format::Jpeg,
        name: "JPEG",
        modality: Modality::Image,
        mime: "image/jpeg",
        extensions: &["jpg", "jpeg", "jpe", "jfif"],
        container: &Jpeg,
    },
    FormatRow {
        format: Format::Webp,
        name: "WebP",
        modality: Modality::Image,
        mime: "image/webp",
        extensions: &["webp"],
        container: &Webp,
    },
];

/// Formats that are recognised by their first bytes so that the answer can name them, although
/// no label is read or written there yet.
pub static RECOGNISED: &[(&str, usize, &[u8])] = &[
    ("GIF", 0, b"GIF8"),
    ("PDF", 0, b"%PDF-"),
    ("MP4/QuickTime/HEIF", 4, b"ftyp"),
    ("TIFF", 0, b"II*\0"),
    ("TIFF", 0, b"MM\0*"),
    ("BigTIFF", 0, b"II+\0"),
    ("BMP", 0, b"BM"),
    ("Matroska/WebM", 0, b"\x1A\x45\xDF\xA3"),
    ("JPEG XL", 0, b"\0\0\0\x0CJXL "),
    ("JPEG XL", 0, b"\xFF\x0A"),
    ("FLAC", 0, b"fLaC"),
    ("Ogg", 0, b"OggS"),
    ("MP3", 0, b"ID3"),
    ("WAV", 8, b"WAVE"),
    ("AVI", 8, b"AVI "),
    ("FLV", 0, b"FLV\x01"),
    ("ZIP (DOCX, XLSX, PPTX, EPUB, ODF)", 0, b"PK\x03\x04"),
];

impl Format {
    /// The table row of this format.
    #[must_use]
    pub fn row(self) -> &'static FormatRow {
        // The table has one row per variant; a test proves it.
        FORMATS.iter().find(|row| row.format == self).unwrap_or(&FIRST)
    }

    /// Finds the format by the first bytes of the content.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub fn sniff(source: &mut Source<'_>) -> Result<Option<&'static FormatRow>> {
        let mut head = [0u8; 32];
        let n = source.read_at(0, &mut head)?;
        let head = head.get(..n).unwrap_or_default();
        Ok(FORMATS.iter().find(|row| row.container.is(head)))
    }

    /// Name of a recognised but unsupported format.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub fn recognise(source: &mut Source<'_>) -> Result<Option<&'static str>> {
        let mut head = [0u8; 32];
        let n = source.read_at(0, &mut head)?;
        let head = head.get(..n).unwrap_or_default();
        Ok(RECOGNISED
            .iter()
            .find(|(_, at, magic)| head.get(*at..).is_some_and(|rest| rest.starts_with(magic)))
            .map(|(name, _, _)| *name))
    }
}

static FIRST: FormatRow = FormatRow {
    format: Format::Png,
    name: "PNG",
    modality: Modality::Image,
    mime: "image/png",
    extensions: &["png"],
    container: &Png,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_own_row() {
        for format in [Format::Png, Format::Jpeg, Format::Webp] {
            assert_eq!(format.row().format, format);
            assert_eq!(FORMATS.iter().filter(|row| row.format == format).count(), 1);
        }
    }
}
