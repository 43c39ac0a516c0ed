//! Value syntax inside a metadata slot: XMP packets, Exif blocks, ID3v2 tags, Vorbis comments.

pub mod exif;
pub(crate) mod id3;
pub(crate) mod vorbis;
pub mod xmp;
