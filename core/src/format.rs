//! Formats, found by content and never by name.

use crate::container::{CONTAINERS, Container, Head, png::Png};
use crate::error::Result;
use crate::message::Message;
use crate::source::Source;

mod recognised;
mod rows;

pub use recognised::{RECOGNISED, Recognised};
pub use rows::FORMATS;

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
    /// GIF87a and GIF89a, animated or not.
    Gif,
    /// TIFF 6.0 and BigTIFF.
    Tiff,
    /// Digital Negative: TIFF with the tag DNGVersion.
    Dng,
    /// HEIF with any coding but AV1 (ISO/IEC 23008-12).
    Heif,
    /// AV1 Image File Format.
    Avif,
    /// JPEG XL, container or bare codestream (ISO/IEC 18181).
    Jxl,
    /// Scalable Vector Graphics.
    Svg,
    /// MPEG-4 file, fragmented or not (ISO/IEC 14496-14).
    Mp4,
    /// QuickTime movie.
    Mov,
    /// MPEG-4 file that holds sound alone.
    M4a,
    /// 3GPP file (TS 26.244).
    #[serde(rename = "3gp")]
    ThreeGp,
    /// Matroska (RFC 9559).
    Matroska,
    /// WebM: the subset of Matroska for the web.
    Webm,
    /// Audio Video Interleave, OpenDML too.
    Avi,
    /// Flash Video.
    Flv,
    /// WAVE, RF64 and Broadcast Wave (ITU-R BS.2088).
    Wav,
    /// MPEG audio, layers I to III (ISO/IEC 11172-3).
    Mp3,
    /// AAC in ADTS frames.
    Aac,
    /// Audio Interchange File Format.
    Aiff,
    /// Free Lossless Audio Codec (RFC 9639).
    Flac,
    /// Vorbis and other codings in Ogg (RFC 3533).
    Ogg,
    /// Opus in Ogg (RFC 7845).
    Opus,
    /// Portable Document Format (ISO 32000).
    Pdf,
    /// Word document, template or macro form (ISO/IEC 29500).
    Docx,
    /// Excel workbook, template or macro form (ISO/IEC 29500).
    Xlsx,
    /// PowerPoint presentation, template or macro form (ISO/IEC 29500).
    Pptx,
    /// EPUB (ISO/IEC 23736).
    Epub,
    /// OpenDocument text (ISO/IEC 26300).
    Odt,
    /// OpenDocument spreadsheet.
    Ods,
    /// OpenDocument presentation.
    Odp,
    /// HTML.
    Html,
    /// JSON (RFC 8259).
    Json,
    /// WebVTT subtitles.
    Vtt,
    /// SubRip subtitles.
    Srt,
    /// Markdown, with front matter or by its name (RFC 7763).
    Markdown,
    /// Comma-separated values, by its name (RFC 4180).
    Csv,
    /// JavaScript, by its name (RFC 9239).
    #[serde(rename = "javascript")]
    JavaScript,
    /// Plain text in any encoding that can be told.
    Txt,
}

/// One row of the table of formats.
#[derive(Debug)]
pub struct FormatRow {
    /// The format.
    pub format: Format,
    /// Name for people.
    pub name: &'static str,
    /// What it usually holds. A container of films that holds sound alone, such as `.mka` or WebM
    /// with Opus, has the row of the films: what is found by content is the grammar, and labels
    /// stand in the same places.
    pub modality: Modality,
    /// Media type (RFC 6838).
    pub mime: &'static str,
    /// File name endings that fit, in lower case, the usual one first.
    pub extensions: &'static [&'static str],
    /// Its byte grammar.
    pub container: &'static dyn Container,
    /// How a signed manifest gets into it.
    pub embedding: Embedding,
    /// What else helps where the format has no place for a label.
    pub instead: Option<&'static Message>,
}

/// What a manifest that our container writes is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// Every byte of the file but those of the store (`c2pa.hash.data`, C2PA 2.4 section 18.5).
    Bytes,
    /// Every entry of the package and its central directory (`c2pa.hash.collection.data`, section
    /// 18.8).
    Entries,
    /// Every box of the file but those of C2PA, `ftyp` and `mfra` (`c2pa.hash.bmff.v3`, section
    /// 18.7); free space is bound too.
    Boxes,
}

/// How a signed manifest gets into a format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Embedding {
    /// The C2PA library writes it. What it wrote is compared: content and trailing bytes are the
    /// same, or the manifest is left out.
    Library,
    /// Our container writes it, because the library's way loses data.
    Own(Binding),
    /// It can't be embedded, or the library's way would not leave the rest of the file as it is.
    None,
}

impl Format {
    /// The table row of this format.
    #[must_use]
    pub fn row(self) -> &'static FormatRow {
        // The table has one row per variant; a test proves it.
        FORMATS.iter().find(|row| row.format == self).unwrap_or(&FIRST)
    }

    /// Finds the format by the content; the ending of `name` decides only between texts that no
    /// byte tells apart.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub fn sniff(source: &mut Source<'_>, name: Option<&str>) -> Result<Option<&'static FormatRow>> {
        let extension = name.and_then(extension);
        let mut bytes = [0u8; Head::LEN];
        let n = source.read_at(0, &mut bytes)?;
        let head = Head { bytes: bytes.get(..n).unwrap_or_default(), extension: extension.as_deref() };
        for container in CONTAINERS {
            if let Some(format) = container.identify(&head, source)? {
                return Ok(Some(format.row()));
            }
        }
        Ok(None)
    }
}

/// The ending of a file's name, in lower case.
pub(crate) fn extension(name: &str) -> Option<String> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let (stem, extension) = base.rsplit_once('.')?;
    (!stem.is_empty() && !extension.is_empty()).then(|| extension.to_ascii_lowercase())
}

static FIRST: FormatRow = FormatRow {
    format: Format::Png,
    name: "PNG",
    modality: Modality::Image,
    mime: "image/png",
    extensions: &["png"],
    container: &Png,
    embedding: Embedding::Library,
    instead: None,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_its_own_row() {
        for row in FORMATS {
            assert!(std::ptr::eq(row.format.row(), row), "{:?} has two rows", row.format);
        }
        let variants = FORMATS.iter().map(|row| row.format as usize).max().map_or(0, |last| last + 1);
        assert_eq!(variants, FORMATS.len(), "a variant without a row");
    }

    #[test]
    fn no_ending_belongs_to_two_formats() {
        let mut seen = std::collections::BTreeSet::new();
        for ending in FORMATS.iter().flat_map(|row| row.extensions) {
            assert!(seen.insert(ending), "{ending}");
        }
    }
}
