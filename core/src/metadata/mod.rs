//! Value syntax inside a metadata slot: XMP packets and Exif blocks.

pub mod exif;
pub mod xmp;
