//! What containers say, one table per family of formats.

pub mod bmff;
pub mod heif;
pub mod html;
pub mod id3;
pub mod matroska;
pub mod office;
pub mod pdf;
pub mod raster;
pub mod riff;
pub mod text;
pub mod tiff;
pub mod vorbis;

use super::Message;

/// Every row of every family.
pub fn all() -> impl Iterator<Item = &'static &'static Message> {
    [
        bmff::ALL,
        heif::ALL,
        html::ALL,
        id3::ALL,
        matroska::ALL,
        office::ALL,
        pdf::ALL,
        raster::ALL,
        riff::ALL,
        text::ALL,
        tiff::ALL,
        vorbis::ALL,
    ]
    .into_iter()
    .flatten()
}
