//! Imperceptible mark in sound: 64 bits that survive what usually happens to a recording.
//!
//! The levels of cells of time and frequency (48 ms by 62.5 Hz, from 360 to 6,860 Hz) are raised or
//! lowered by about one decibel. Four cells carry a symbol, two of them raised and two lowered: the
//! loudness in each critical band stays, and what stands still in time or is smooth in frequency
//! cancels in the reading. A block of 6.144 s carries the code word and symbols that are known
//! beforehand; blocks follow each other for as long as the sound lasts, so a part is enough.
//!
//! The change is made at 16 kHz and added to the samples at their own rate, in each channel in
//! proportion to itself: silence stays silence, sample by sample. Six seconds of usual speech or
//! music suffice for reading. Sound that is silent between 360 and 6,860 Hz carries nothing, nor
//! do channels that cancel each other in their mean.

mod detect;
mod embed;
mod layout;
mod math;
mod resample;
mod search;
mod shape;
mod spectrum;

use std::fmt;

pub use detect::{Absent, Detection, Detector, Found};
pub use embed::Embedder;

use crate::watermark::polar::Code;

/// The key's stream for this scheme.
const STREAM: &str = "sound 1";
/// Samples beyond are taken for this large where the sound is analysed.
const LARGEST: f32 = 64.0;

/// Sound of this kind is neither marked nor read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnsupportedSound {
    /// Sampling rate in hertz: 8,000 to 192,000 is supported.
    pub rate: u32,
    /// Channels: 1 to 8 are supported.
    pub channels: usize,
}

impl fmt::Display for UnsupportedSound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rate, channels } = self;
        write!(f, "sound watermarks need 8,000 to 192,000 Hz and 1 to 8 channels, here are {rate} Hz and {channels}")
    }
}

impl std::error::Error for UnsupportedSound {}

fn supported(rate: u32, channels: usize) -> Result<(), UnsupportedSound> {
    if (8_000..=192_000).contains(&rate) && (1..=8).contains(&channels) {
        return Ok(());
    }
    Err(UnsupportedSound { rate, channels })
}

fn code() -> Code {
    Code::of_512(b"biaoshi sound 1")
}

/// What `partial` held and `piece`, without the samples of an incomplete moment, which `partial` holds then.
fn whole(partial: &mut Vec<f32>, piece: &[f32], channels: usize) -> Vec<f32> {
    let mut whole = std::mem::take(partial);
    whole.extend_from_slice(piece);
    *partial = whole.split_off(whole.len() - whole.len() % channels.max(1));
    whole
}

/// The sample as it is analysed: what is no number is silence.
fn sane(sample: f32) -> f32 {
    if sample.is_finite() { sample.clamp(-LARGEST, LARGEST) } else { 0.0 }
}
