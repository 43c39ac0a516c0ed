//! Byte grammars: what lies where in a file, and the edits that put a value into a place.
//!
//! A container knows nothing of labels. It answers two questions: [`Container::map`], where the
//! parts of this file are; and [`Container::put_xmp`] and [`Container::put_pixels`], which edits
//! put a value into its place so that the file stays valid. It never writes a file itself: [`Patch::apply`] does.

use std::fmt;
use std::ops::Range;

use crate::error::Result;
use crate::finding::Finding;
use crate::format::Format;
use crate::limits::Limits;
use crate::source::Source;

pub mod jpeg;
pub mod patch;
pub mod png;
pub mod webp;

pub use patch::{Edit, Patch, Written};

/// A named place for metadata in a file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Slot {
    /// The XMP packet in the format's own place.
    Xmp,
    /// Extended XMP of a JPEG, joined from its parts (XMP part 3, 1.1.3.1).
    XmpExtended,
    /// The Exif block, starting at its TIFF header.
    Exif,
    /// A PNG text chunk (`tEXt`, `zTXt`, `iTXt`) with this keyword.
    Text(String),
    /// The JPEG comment segment.
    Comment,
    /// A JPEG application segment that is none of the above.
    App(u8),
    /// The C2PA manifest store.
    Manifest,
}

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xmp => f.write_str("xmp"),
            Self::XmpExtended => f.write_str("xmp_extended"),
            Self::Exif => f.write_str("exif"),
            Self::Text(keyword) => write!(f, "text:{keyword}"),
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
}

impl SegmentMap {
    pub(crate) const fn new(format: Format, len: u64) -> Self {
        Self { format, len, segments: Vec::new(), findings: Vec::new(), damaged: false, animated: false, size: None }
    }

    /// The parts that carry the content itself, in file order, for hashing.
    #[must_use]
    pub fn essence(&self) -> Vec<Range<u64>> {
        self.segments.iter().filter(|s| s.essence).map(|s| s.range.clone()).collect()
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

/// A byte grammar.
///
/// Call order: `is`, then `map`, then any of `values` and `put` with that map on the same source.
pub trait Container: fmt::Debug + Sync {
    /// Whether a file that starts with `head` (up to 32 bytes) is of this format.
    fn is(&self, head: &[u8]) -> bool;

    /// Finds every part of the file. Damage is a finding in the map, not an error.
    ///
    /// # Errors
    /// [`crate::Error::Io`], [`crate::Error::Limit`].
    fn map(&self, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap>;

    /// Reads every metadata place of the map, the manifest store excepted. A value that cannot
    /// be read (a broken deflate stream, say) is a finding added to the map.
    ///
    /// # Errors
    /// [`crate::Error::Io`], [`crate::Error::Limit`].
    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>>;

    /// The edits that put `packet` into the format's XMP place, instead of the packet that is
    /// there.
    ///
    /// # Errors
    /// [`crate::Error::Limit`] or [`crate::Error::Refused`] if the place cannot hold the value.
    fn put_xmp(&self, map: &SegmentMap, source: &mut Source<'_>, packet: &[u8], limits: &Limits) -> Result<Patch>;

    /// The edits that replace the picture data, every other part staying as it is.
    ///
    /// # Errors
    /// [`crate::Error::Refused`] if the pieces don't fit this format.
    fn put_pixels(&self, map: &SegmentMap, source: &mut Source<'_>, pixels: &crate::codec::Pixels) -> Result<Patch>;
}

/// Most complaints about the values of one file; a file with more is made to cost, not to be read.
pub(crate) const FINDINGS: u64 = 1024;

/// Reads the part of `segment` between its payload bounds.
pub(crate) fn payload(source: &mut Source<'_>, segment: &Segment, limits: &Limits) -> Result<Vec<u8>> {
    source.bytes(segment.payload.clone(), limits.metadata_bytes, "metadata_bytes")
}
