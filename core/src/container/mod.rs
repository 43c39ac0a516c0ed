//! Byte grammars: what lies where in a file, and the edits that put a value into a place.
//!
//! A container knows nothing of labels. It answers two questions: [`Container::map`], where the
//! parts of this file are; and [`Container::put`] and [`Container::put_pixels`], which edits
//! put values into their places so that the file stays valid. It never writes a file itself: [`Patch::apply`] does.

use std::any::Any;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Problem, Result};
use crate::finding::Finding;
use crate::format::Format;
use crate::limits::Limits;
use crate::message::{Message, general, write};
use crate::notice::{Moment, TextNotice};
use crate::source::Source;

#[cfg(not(feature = "documents"))]
mod absent;
pub mod aiff;
pub mod avi;
pub mod bmff;
pub mod content;
pub mod flac;
pub mod flv;
pub mod gif;
pub mod heif;
pub mod html;
pub(crate) mod inflate;
pub mod jpeg;
pub mod jxl;
pub mod matroska;
pub mod mp3;
pub mod office;
pub mod ogg;
pub mod patch;
pub mod pdf;
pub mod png;
pub(crate) mod riff;
mod room;
pub(crate) mod shown;
pub mod svg;
pub mod text;
pub mod tiff;
pub mod wav;
pub mod webp;

#[cfg(not(feature = "documents"))]
pub use absent::{Office, Pdf};
pub use content::{ContentAlg, Sink, content_hash};
#[cfg(feature = "documents")]
pub use office::Office;
pub use patch::{Edit, Patch, Written};
#[cfg(feature = "documents")]
pub use pdf::Pdf;

/// A named place for metadata in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Slot {
    /// The XMP packet in the format's own place.
    Xmp,
    /// Further XMP: that of a JPEG, joined from its parts (XMP part 3, 1.1.3.1); in HEIF and AVIF,
    /// what describes something else than the picture.
    XmpExtended,
    /// The Exif block, starting at its TIFF header.
    Exif,
    /// A named value: the structure that holds it, in lower case, and its name there. Examples:
    /// the PNG text chunk `text:AIGC`, the Vorbis comment `vorbis:AIGC`.
    Item {
        /// The structure, as sites name it.
        place: &'static str,
        /// The name within it, as the file spells it.
        key: String,
    },
    /// The JPEG comment segment.
    Comment,
    /// A JPEG application segment that is none of the above.
    App(u8),
    /// The C2PA manifest store.
    Manifest,
}

impl Slot {
    /// A named value.
    #[must_use]
    pub fn item(place: &'static str, key: impl Into<String>) -> Self {
        Self::Item { place, key: key.into() }
    }
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xmp => f.write_str("xmp"),
            Self::XmpExtended => f.write_str("xmp_extended"),
            Self::Exif => f.write_str("exif"),
            Self::Item { place, key } => write!(f, "{place}:{key}"),
            Self::Comment => f.write_str("comment"),
            Self::App(n) => write!(f, "app{n}"),
            Self::Manifest => f.write_str("c2pa"),
        }
    }
}

/// One part of a file: a chunk, a segment, a scan, what trails behind the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// The format's own name for it, for example `iTXt` or `APP1`.
    pub name: String,
    /// All of its bytes, framing included.
    pub range: Range<u64>,
    /// Its payload.
    pub payload: Range<u64>,
    /// The metadata place it is, if it is one.
    pub slot: Option<Slot>,
    /// Whether it carries the picture, sound or text itself.
    pub essence: bool,
}

impl Segment {
    /// A part that is no metadata place and does not carry the content.
    pub(crate) fn plain(name: &str, range: Range<u64>) -> Self {
        Self { name: name.to_owned(), payload: range.clone(), range, slot: None, essence: false }
    }
}

/// What a container found in a file.
#[derive(Debug, Clone)]
pub struct SegmentMap {
    /// The format that was mapped.
    pub format: Format,
    /// Length of the file in bytes.
    pub len: u64,
    /// Every part in file order; together they cover the file.
    pub segments: Vec<Segment>,
    /// What is wrong with the structure; empty for a sound file.
    pub findings: Vec<Finding>,
    /// Whether the structure is too damaged to be edited safely.
    pub damaged: bool,
    /// Whether the picture is animated.
    pub animated: bool,
    /// Width and height in stored pixels, when the header states them.
    pub size: Option<(u32, u32)>,
    /// Why this file can't hold a label in its metadata, although its format has a place for one.
    pub closed: Option<&'static Message>,
    /// What the grammar read while it mapped and would else read again.
    kept: Option<Arc<dyn Any + Send + Sync>>,
}

impl SegmentMap {
    /// A map without parts.
    #[must_use]
    pub const fn new(format: Format, len: u64) -> Self {
        Self {
            format,
            len,
            segments: Vec::new(),
            findings: Vec::new(),
            damaged: false,
            animated: false,
            size: None,
            closed: None,
            kept: None,
        }
    }

    /// Keeps something for later calls with this map.
    pub(crate) fn keep<T: Send + Sync + 'static>(&mut self, what: Arc<T>) {
        self.kept = Some(what);
    }

    /// What was kept, if it is of this type.
    pub(crate) fn kept<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.kept.clone().and_then(|kept| kept.downcast().ok())
    }

    /// The parts that carry the content itself, in file order, for hashing.
    #[must_use]
    pub fn essence(&self) -> Vec<Range<u64>> {
        self.segments.iter().filter(|s| s.essence).map(|s| s.range.clone()).collect()
    }

    /// Whether part of the coded picture was passed over ([`Limits::coded_bytes`]).
    pub(crate) fn unread(&self) -> bool {
        self.findings.iter().any(|found| found.rule == &crate::finding::FILE_UNREAD)
    }

    /// The first part with this name.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&Segment> {
        self.segments.iter().find(|s| s.name == name)
    }

    /// Bytes behind the format's own end.
    #[must_use]
    pub fn trailing(&self) -> Option<&Segment> {
        self.segments.iter().find(|s| s.name == TRAILING)
    }
}

/// Key of the one value that is no content where the values beside it are: a member of a JSON
/// object, a `meta` element of HTML, a note of WebVTT. In any case of letters; JSON also in
/// another width and with spaces.
pub const ASIDE: &str = "AIGC";

/// Name of the part behind the format's end.
pub const TRAILING: &str = "trailing";

/// The raw value of a metadata place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawValue {
    /// The place.
    pub slot: Slot,
    /// The format's name of the part, for example `iTXt`.
    pub segment: String,
    /// Bytes of the file that hold it, framing included.
    pub range: Range<u64>,
    /// First byte of the value in the file, when it is stored plainly.
    pub plain_at: Option<u64>,
    /// The value, inflated and joined where the format splits or compresses it.
    pub bytes: Vec<u8>,
    /// Whether it stands behind the picture data, where some readers don't look.
    pub after_essence: bool,
}

/// A value to be put into a metadata place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewValue {
    /// The place.
    pub slot: Slot,
    /// What is to stand there. [`Slot::Xmp`]: a whole packet, which takes the place of the present
    /// one. [`Slot::Item`]: UTF-8 text without NUL, which the container writes in the form that
    /// the place has. [`Slot::Manifest`]: a C2PA manifest store.
    pub bytes: Vec<u8>,
}

/// The edits that put values into their places, and what there is to know about them.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The edits.
    pub patch: Patch,
    /// For example that a value was left out because another place of this file holds it, or that
    /// a bare codestream was wrapped.
    pub notes: Vec<Problem>,
    /// Where a notice stands, if not where it was asked for.
    pub at: Option<Vec<Moment>>,
}

impl From<Patch> for Placed {
    fn from(patch: Patch) -> Self {
        Self { patch, notes: Vec::new(), at: None }
    }
}

/// Words that people see in a text or document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The words: a paragraph, a line, a heading; without mark-up, line ends as `\n`.
    pub text: String,
    /// The part that holds them, for example `word/document.xml`, `page 1`; the format's name of
    /// the content where there is one part.
    pub part: String,
    /// The bytes of the file that hold them, compressed or not.
    pub range: Range<u64>,
    /// Where in the content.
    pub at: Moment,
}

/// What the hash of a package of entries covers (C2PA 2.4 section 18.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Names and bytes of the entries, the manifest store and folders left out. No two names lead to
    /// the same place.
    pub entries: Vec<(String, Range<u64>)>,
    /// The central directory to the end of the file, without the checksum of the store.
    pub directory: Vec<Range<u64>>,
}

/// What is known of a file before it is mapped.
#[derive(Debug, Clone, Copy)]
pub struct Head<'a> {
    /// The first bytes, up to [`Head::LEN`].
    pub bytes: &'a [u8],
    /// The ending of the file's name in lower case, if the name is known. It decides between
    /// formats that no byte tells apart, such as plain text and Markdown, and nothing else.
    pub extension: Option<&'a str>,
}

impl Head<'_> {
    /// Most bytes of a head.
    pub const LEN: usize = 4096;
}

/// A byte grammar.
///
/// Call order: `identify`, then `map`, then any of `values` and `put` with that map on the same source.
pub trait Container: fmt::Debug + Sync {
    /// The format of a file that starts like this, if it is one of this grammar.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    fn identify(&self, head: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>>;

    /// Finds every part of a file that was identified as `format`. Damage is a finding in the
    /// map, not an error.
    ///
    /// # Errors
    /// [`crate::Error::Io`], [`crate::Error::Limit`].
    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap>;

    /// Reads every metadata place of the map, the manifest store excepted. A value that cannot
    /// be read (a broken deflate stream, say) is a finding added to the map.
    ///
    /// # Errors
    /// [`crate::Error::Io`], [`crate::Error::Limit`].
    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>>;

    /// The edits that put `values` into their places, each instead of the value that is there.
    /// No two have the same place.
    ///
    /// # Errors
    /// [`crate::Error::Limit`], [`crate::Error::Refused`] or [`crate::Error::Unsupported`] if a
    /// place cannot hold its value or this file must not be edited,
    /// [`crate::Error::Malformed`], [`crate::Error::Io`]; [`crate::Error::Internal`] for a place
    /// that the format does not have.
    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed>;

    /// Hands everything that makes up the content to `sink`, in order, by the rule
    /// `biaoshi-content-1`: what labelling and further metadata leave as it is.
    ///
    /// # Errors
    /// [`crate::Error::Io`], [`crate::Error::Limit`], [`crate::Error::Malformed`].
    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        let _ = limits;
        sink.essence(map, source)
    }

    /// What the hash of a package covers.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] if the names of its entries are not read alike by all programs;
    /// [`crate::Error::Internal`] for a format that is no package.
    fn collection(&self, source: &mut Source<'_>, limits: &Limits) -> Result<Collection> {
        let _ = (source, limits);
        Err(Error::Internal(general::BAD_PIECES.problem()))
    }

    /// The edits that put a notice into the content, every other part staying as it is.
    ///
    /// # Errors
    /// [`crate::Error::Unsupported`] if the format has no way to show one, or this file's variant
    /// of it; [`crate::Error::Refused`] if it would break something that the file holds;
    /// [`crate::Error::Invalid`] for lines that the format or encoding can't hold; else as [`Container::put`].
    #[cfg(feature = "write")]
    fn put_notice(
        &self,
        map: &SegmentMap,
        source: &mut Source<'_>,
        notice: &TextNotice,
        limits: &Limits,
    ) -> Result<Placed> {
        let _ = (source, notice, limits);
        Err(Error::Unsupported(write::NO_NOTICE.with("format", map.format.row().name)))
    }

    /// The words that people see at the beginning, in the middle and at the end of a text or
    /// document, in order, mark-up taken away. Bounded: not the whole of a long text.
    ///
    /// # Errors
    /// [`crate::Error::Io`], [`crate::Error::Limit`]. What can't be read gives nothing.
    #[cfg(feature = "documents")]
    fn shown(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
        let _ = (map, source, limits);
        Ok(Vec::new())
    }

    /// The edits that replace the picture data, every other part staying as it is.
    ///
    /// # Errors
    /// [`crate::Error::Internal`] if the pieces don't fit this format.
    #[cfg(feature = "write")]
    fn put_pixels(&self, map: &SegmentMap, source: &mut Source<'_>, pixels: &crate::codec::Pixels) -> Result<Patch> {
        let _ = (map, source, pixels);
        Err(Error::Internal(general::BAD_PIECES.problem()))
    }
}

/// Every byte grammar, in the order in which content is tried: those with a signature first, plain
/// text last.
pub static CONTAINERS: &[&dyn Container] = &[
    &png::Png,
    &jpeg::Jpeg,
    &webp::Webp,
    &gif::Gif,
    &tiff::Tiff,
    &heif::Heif,
    &jxl::Jxl,
    &svg::Svg,
    &bmff::Movie,
    &matroska::Matroska,
    &avi::Avi,
    &flv::Flv,
    &wav::Wav,
    &mp3::Mp3,
    &aiff::Aiff,
    &flac::Flac,
    &ogg::Ogg,
    &Pdf,
    &Office,
    &html::Html,
    &text::Text,
];

/// The XMP packet of `values`, for a format that has no other place.
pub(crate) fn only_xmp(values: &[NewValue]) -> Result<&[u8]> {
    match values {
        [NewValue { slot: Slot::Xmp, bytes }] => Ok(bytes),
        _ => Err(Error::Internal(general::BAD_PIECES.problem())),
    }
}

/// Most complaints about the values of one file; a file with more is made to cost, not to be read.
pub(crate) const FINDINGS: u64 = 1024;

/// Reads the part of `segment` between its payload bounds.
pub(crate) fn payload(source: &mut Source<'_>, segment: &Segment, limits: &Limits) -> Result<Vec<u8>> {
    source.bytes(segment.payload.clone(), limits.metadata_bytes, "metadata_bytes")
}
