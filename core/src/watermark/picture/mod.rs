//! Imperceptible watermarks in pictures: 64 bits that outlive recompression, scaling, turning,
//! mirroring, cropping and screenshots.
//!
//! The mark is a tile of 128 × 128 pixels (176 × 176 from half a megapixel, more from 2.3), repeated over the picture
//! and added to all colours alike: a sum of waves whose frequencies are points of a lattice. 512
//! waves carry one bit each of a polar code by their sign; 24 of known phase show how the tile
//! lies. How strong it is follows what each place of the picture hides, carriers that the picture
//! itself drowns are made stronger (Miller, Doërr and Cox 2004 call this informed), and what a codec
//! would round away is foreseen.
//!
//! Who reads looks at the spectrum for scales and rotations that put the known waves on lines,
//! folds the picture into one tile, finds its shift by phase correlation, and decodes. A mark
//! counts only if a CRC-32 holds, so [`FALSE_ALARM`] bounds what is read out of any picture that
//! bears no mark, whatever it shows.
//!
//! A mark made with [`Key::public`] can be copied and erased by anyone: it leads to a label, and
//! proves nothing. Re-drawing by a generative model removes it.
//!
//! ```
//! use biaoshi::watermark::picture::{Channels, Detection, Samples, SamplesMut, Strength, detect, embed};
//! use biaoshi::watermark::{Key, MarkedLevel, Payload};
//!
//! let (width, height) = (400, 300);
//! let mut rgb: Vec<u8> =
//!     (0u32..width * height * 3).map(|i| (i.wrapping_mul(2_654_435_761) >> 26) as u8 + 90).collect();
//! let (width, height) = (width as usize, height as usize);
//! let payload = Payload::new(MarkedLevel::Is, 0x1234).to_bits();
//! let key = Key::public();
//! let made = embed(SamplesMut::U8(&mut rgb), (width, height), Channels::Rgb, payload, &key, Strength::Scheme)?;
//! assert!(made.psnr > 40.0);
//! match detect(Samples::U8(&rgb), (width, height), Channels::Rgb, &key)? {
//!     Detection::Found(found) => assert_eq!(found.payload, payload),
//!     Detection::Absent => panic!("the mark was just made"),
//! }
//! # Ok::<(), biaoshi::watermark::picture::PictureError>(())
//! ```

mod align;
mod detect;
mod embed;
mod foresee;
mod lattice;
mod mask;
mod math;
mod plane;
mod search;
mod soft;
mod spectrum;
mod tile;
mod view;

#[cfg(test)]
mod tests;

use std::fmt;

use super::Key;
use lattice::Lattice;
pub use view::{Channels, Samples, SamplesMut};

/// Pixels of the shorter side of the smallest picture that is marked. Of 12 square crops of photographs
/// 11 returned their payload at 192 and at 256 pixels (also after JPEG 75), all at 320: read back what matters.
pub const SHORTEST_SIDE: usize = 192;

/// Pixels of the smallest picture that is looked at for a mark, on the shorter side.
pub const SHORTEST_READ: usize = 64;

/// Bound on the probability that a picture without a mark of the key gives one: decodings tried,
/// times paths of the decoder, times 2⁻³² of the checksum. It holds for any picture that was not
/// made with knowledge of the key.
#[allow(clippy::cast_precision_loss)]
pub const FALSE_ALARM: f64 = (detect::MOST_DECODINGS * lattice::LIST) as f64 / 4_294_967_296.0;

/// How strong a mark is made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Strength {
    /// As the scheme has it: what the picture hides, more in smooth and small pictures.
    Scheme,
    /// So much of what the scheme would take: 0.1 to 4.
    Times(f32),
    /// So that the peak signal-to-noise ratio is about this, in decibels: 30 to 60.
    Psnr(f64),
}

/// What was embedded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Embedded {
    /// Peak signal-to-noise ratio of the marked samples, as measured after rounding, in decibels.
    pub psnr: f64,
    /// The strength taken: grey levels per hidden grey level.
    pub strength: f32,
    /// Pixels of one side of the repeated tile.
    pub tile: usize,
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Detection {
    /// A mark of the key.
    Found(Found),
    /// No mark of the key, or none that can still be read.
    Absent,
}

/// A mark.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The 64 bits.
    pub payload: u64,
    /// Pixels of one side of the tile as it lies in the picture, over those of the smallest tile: the scale
    /// against the picture that was marked, if that had up to 0.26 megapixels; 1.375 times as much from 0.5
    /// to 2.3 megapixels.
    pub scale: f64,
    /// Degrees by which the picture was turned anticlockwise, after mirroring: -180 to 180.
    pub rotation: f64,
    /// Whether it was mirrored.
    pub mirrored: bool,
    /// How well the waves of known phase agree: 0.5 to 1.
    pub confidence: f32,
    /// Bound on the probability that a picture without a mark gives this one. At most [`FALSE_ALARM`].
    pub false_alarm: f64,
}

/// Why a picture is not marked, or not looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PictureError {
    /// Samples are not as many as the size says.
    Size {
        /// Samples given.
        samples: usize,
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
    },
    /// The shorter side is below [`SHORTEST_SIDE`], or for reading [`SHORTEST_READ`].
    Small {
        /// Pixels across.
        width: usize,
        /// Pixels down.
        height: usize,
        /// Pixels needed on the shorter side.
        shortest: usize,
    },
    /// The strength is out of its range.
    Strength,
    /// Every pixel is fully transparent.
    Transparent,
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { samples, width, height } => {
                write!(f, "{samples} samples are no picture of {width} x {height} pixels")
            }
            Self::Small { width, height, shortest } => {
                write!(f, "{width} x {height} pixels are too few for a watermark: both sides have {shortest} or more")
            }
            Self::Strength => f.write_str("the strength of a watermark is out of its range"),
            Self::Transparent => f.write_str("every pixel is fully transparent: there is nothing to mark"),
        }
    }
}

impl std::error::Error for PictureError {}

/// Marks a picture. Fully transparent pixels stay as they are.
///
/// Rough small pictures can drown a mark: who must know calls [`detect`] on what was made.
///
/// Needs about eleven bytes of memory per pixel besides the picture.
///
/// # Errors
///
/// [`PictureError`]; the picture is then unchanged.
pub fn embed(
    samples: SamplesMut<'_>,
    size: (usize, usize),
    channels: Channels,
    payload: u64,
    key: &Key,
    strength: Strength,
) -> Result<Embedded, PictureError> {
    let length = match &samples {
        SamplesMut::U8(s) => s.len(),
        SamplesMut::U16(s) => s.len(),
    };
    check(length, size, channels, SHORTEST_SIDE)?;
    let right = match strength {
        Strength::Scheme => true,
        Strength::Times(times) => (0.1..=4.0).contains(&times),
        Strength::Psnr(db) => (30.0..=60.0).contains(&db),
    };
    if !right {
        return Err(PictureError::Strength);
    }
    let lattice = Lattice::new(key);
    let made = match samples {
        SamplesMut::U8(s) => embed::embed(s, size, channels, &lattice, payload, strength),
        SamplesMut::U16(s) => embed::embed(s, size, channels, &lattice, payload, strength),
    };
    made.ok_or(PictureError::Transparent)
}

/// Looks for a mark of this key.
///
/// Pictures of more than 2.6 megapixels are looked at reduced, so memory stays below 128 MiB.
///
/// # Errors
///
/// [`PictureError::Size`] and [`PictureError::Small`].
pub fn detect(
    samples: Samples<'_>,
    size: (usize, usize),
    channels: Channels,
    key: &Key,
) -> Result<Detection, PictureError> {
    let length = match samples {
        Samples::U8(s) => s.len(),
        Samples::U16(s) => s.len(),
    };
    check(length, size, channels, SHORTEST_READ)?;
    let lattice = Lattice::new(key);
    let by = detect::reduction(size);
    let plane = match samples {
        Samples::U8(s) => view::reduced(s, size, channels, by),
        Samples::U16(s) => view::reduced(s, size, channels, by),
    };
    let read = detect::Reader::new(&lattice, &plane).read(size, by);
    Ok(read.map_or(Detection::Absent, |read| Detection::Found(read.found(by, &lattice))))
}

fn check(length: usize, (width, height): (usize, usize), channels: Channels, least: usize) -> Result<(), PictureError> {
    if !view::fits(length, width, height, channels) {
        return Err(PictureError::Size { samples: length, width, height });
    }
    if width.min(height) < least {
        return Err(PictureError::Small { width, height, shortest: least });
    }
    Ok(())
}
