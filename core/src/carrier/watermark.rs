//! Watermarks as carriers of a label: what one says of the label that it was written with.

use sha2::{Digest, Sha256};

use crate::codec::sound::SoundShape;
use crate::error::{Error, Result};
use crate::label::Level;
use crate::message::watermark as rows;
use crate::render::{Canvas, Rgba, quantise};
use crate::watermark::picture::{self, Channels, Detection, FilmReader, PictureError, Samples, SamplesMut, Strength};
use crate::watermark::{Key, MarkedLevel, Payload, sound};

/// Name of the scheme for pictures, as an algorithm of soft bindings. Ours; see `spec/watermark.md`.
pub const PICTURE: &str = "org.biaoshi.lattice.1";

/// Name of the scheme for sound, as an algorithm of soft bindings. Ours; see `spec/watermark.md`.
pub const SOUND: &str = "org.biaoshi.cells.1";

/// Of a probability the power of ten that it does not exceed, with the sign turned: 0 to 30.
fn exponent(probability: f64) -> u8 {
    (0..=30u8).rev().find(|power| probability <= 10f64.powi(-i32::from(*power))).unwrap_or(0)
}

/// The 56 bits that lead from a mark to its label: the first seven bytes of SHA-256 over
/// `biaoshi label 1`, the length of the producer as 8 bytes, the producer and the `ProduceID`, all big
/// endian. Ours; see `spec/watermark.md`.
///
/// Two labels in a store of 10 million share one with a probability below 0.1 %: who looks one up
/// compares the label, and the content.
#[must_use]
pub fn identifier(producer: &str, produce_id: &str) -> u64 {
    let mut hash = Sha256::new();
    hash.update(b"biaoshi label 1");
    hash.update((producer.len() as u64).to_be_bytes());
    hash.update(producer);
    hash.update(produce_id);
    let [a, b, c, d, e, f, g, ..] = <[u8; 32]>::from(hash.finalize());
    u64::from_be_bytes([0, a, b, c, d, e, f, g])
}

/// What the mark of a label carries.
#[must_use]
pub fn payload(level: Level, producer: &str, produce_id: &str) -> Payload {
    let level = match level {
        Level::Is => MarkedLevel::Is,
        Level::Possible => MarkedLevel::Possible,
        Level::Suspected => MarkedLevel::Suspected,
    };
    Payload::new(level, identifier(producer, produce_id))
}

/// A mark that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) scheme: &'static str,
    pub(crate) bits: u64,
    pub(crate) confidence_permille: u16,
    /// Content without a mark gives a reading at most once in 10 to the power of this number of looks, by
    /// construction (`spec/watermark.md`).
    pub(crate) false_alarm_exponent: u8,
}

impl Reading {
    fn new(scheme: &'static str, bits: u64, confidence: f32, false_alarm: f64) -> Self {
        let confidence_permille = (confidence * 1000.0).clamp(0.0, 1000.0) as u16;
        Self { scheme, bits, confidence_permille, false_alarm_exponent: exponent(false_alarm) }
    }
}

/// Reads the mark of a picture. `None` also for what is too small.
pub(crate) fn read_picture((rgb, width, height): Picture<'_>, key: &Key) -> Option<Reading> {
    match picture::detect(Samples::U8(rgb), (width, height), Channels::Rgb, key) {
        Ok(Detection::Found(found)) => {
            Some(Reading::new(PICTURE, found.payload, found.confidence, picture::FALSE_ALARM))
        }
        Ok(Detection::Absent) | Err(_) => None,
    }
}

/// A decoded picture: 3 bytes a pixel, rows from the top; width, height.
pub(crate) type Picture<'p> = (&'p [u8], usize, usize);

/// Reads the mark of a film: of its frames one by one, then of frames together.
pub(crate) struct Watcher {
    reader: FilmReader,
}

impl Watcher {
    pub(crate) fn new(key: &Key) -> Self {
        Self { reader: FilmReader::new(key) }
    }

    /// Keeps a frame to be looked at together with others.
    pub(crate) fn add(&mut self, (rgb, width, height): Picture<'_>) {
        self.reader.add(rgb, (width, height), Channels::Rgb);
    }

    /// Looks at more frames, and if none of them gives a mark, at all of them so far.
    pub(crate) fn look<'f>(&mut self, frames: impl IntoIterator<Item = Picture<'f>>) -> Option<Reading> {
        let mut alone =
            frames.into_iter().filter_map(|(rgb, width, height)| self.reader.look(rgb, (width, height), Channels::Rgb));
        let found = alone.next();
        drop(alone);
        let found = found.or_else(|| self.reader.together())?;
        Some(Reading::new(PICTURE, found.payload, found.confidence, picture::FILM_FALSE_ALARM))
    }
}

/// Puts a mark into the luminance of a frame; gives the peak signal-to-noise ratio in dB.
///
/// # Errors
/// As [`put_picture`].
pub(crate) fn put_frame(
    samples: SamplesMut<'_>,
    size: (usize, usize),
    bits: u64,
    key: &Key,
    strength: Strength,
) -> Result<f64> {
    let shown = (u32::try_from(size.0).unwrap_or(u32::MAX), u32::try_from(size.1).unwrap_or(u32::MAX));
    let made = picture::embed(samples, size, Channels::Grey, bits, key, strength);
    made.map(|made| made.psnr).map_err(|error| refused(error, shown.0, shown.1))
}

/// Puts a mark into decoded samples; gives the peak signal-to-noise ratio in dB.
///
/// # Errors
/// [`Error::Unsupported`] if the picture can't hold one.
pub(crate) fn put_picture(canvas: &mut dyn Canvas, bits: u64, key: &Key, strength: Strength) -> Result<f64> {
    let (width, height) = (canvas.width(), canvas.height());
    let places = || (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    let mut samples: Vec<u16> = Vec::new();
    for (x, y) in places() {
        let Rgba { r, g, b, a } = canvas.get(x, y);
        samples.extend([r, g, b, a].map(|part| quantise(part, u16::MAX)));
    }
    let size = (width as usize, height as usize);
    // Samples of 8 bits are rounded by the scheme itself, which makes up for it.
    let narrow: Option<Vec<u8>> =
        samples.iter().map(|s| (*s % 257 == 0).then(|| u8::try_from(*s / 257).ok()).flatten()).collect();
    let before = samples.clone();
    let made = match narrow {
        Some(mut narrow) => {
            let made = picture::embed(SamplesMut::U8(&mut narrow), size, Channels::Rgba, bits, key, strength);
            samples = narrow.into_iter().map(|s| u16::from(s) * 257).collect();
            made
        }
        None => picture::embed(SamplesMut::U16(&mut samples), size, Channels::Rgba, bits, key, strength),
    };
    let made = made.map_err(|error| refused(error, width, height))?;
    for ((x, y), (now, was)) in places().zip(samples.as_chunks::<4>().0.iter().zip(before.as_chunks::<4>().0)) {
        if now != was {
            let [r, g, b, a] = now.map(|part| f32::from(part) / f32::from(u16::MAX));
            canvas.set(x, y, Rgba { r, g, b, a });
        }
    }
    Ok(made.psnr)
}

/// What listens for the marks of several keys at once.
pub(crate) struct Listener {
    /// None where sound of this shape is not looked at.
    detectors: Vec<Option<sound::Detector>>,
}

impl Listener {
    /// For sound of this shape.
    pub(crate) fn new<'k>(shape: SoundShape, keys: impl Iterator<Item = &'k Key>) -> Self {
        let channels = usize::from(shape.channels);
        Self { detectors: keys.map(|key| sound::Detector::new(shape.rate, channels, key).ok()).collect() }
    }

    /// Takes samples, all channels in turn.
    pub(crate) fn push(&mut self, block: &[f32]) {
        self.detectors.iter_mut().flatten().for_each(|detector| detector.push(block));
    }

    /// Whether the sound was searched, and the readings with the number of their key in the order given.
    pub(crate) fn finish(self) -> (bool, Vec<(usize, Reading)>) {
        let searched = self.detectors.iter().all(Option::is_some);
        let found = self.detectors.into_iter().flatten().enumerate().filter_map(|(number, detector)| {
            let sound::Detection::Found(found) = detector.finish() else { return None };
            Some((number, Reading::new(SOUND, found.payload, found.agreement, found.false_alarm)))
        });
        (searched, found.collect())
    }
}

/// What puts a mark into sound of this shape.
///
/// # Errors
/// [`Error::Unsupported`] if such sound can't hold one, [`Error::Invalid`] for a strength of pictures.
pub(crate) fn sound_mark(shape: SoundShape, bits: u64, key: &Key, strength: Strength) -> Result<sound::Embedder> {
    let times = match strength {
        Strength::Scheme => 1.0,
        Strength::Times(times) if (0.25..=4.0).contains(&times) => times,
        Strength::Times(_) | Strength::Psnr(_) => return Err(Error::Invalid(rows::SOUND_STRENGTH.problem())),
    };
    sound::Embedder::new(shape.rate, usize::from(shape.channels), bits, key, times)
        .map_err(|_| Error::Unsupported(rows::SOUND.with("rate", shape.rate).arg("channels", shape.channels)))
}

fn refused(error: PictureError, width: u32, height: u32) -> Error {
    match error {
        PictureError::Small { shortest, .. } => {
            let problem = rows::TOO_SMALL.with("width", width).arg("height", height);
            Error::Unsupported(problem.arg("least", shortest))
        }
        PictureError::Strength => Error::Invalid(rows::STRENGTH.problem()),
        PictureError::Transparent | PictureError::Size { .. } => Error::Unsupported(rows::TRANSPARENT.problem()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        let all = [identifier("a", "bc"), identifier("ab", "c"), identifier("abc", ""), identifier("", "abc")];
        for (n, one) in all.iter().enumerate() {
            assert!(*one < 1 << 56);
            assert!(all.iter().skip(n + 1).all(|other| other != one));
        }
        // Computed by: printf 'biaoshi label 1\0\0\0\0\0\0\0\001abc' | sha256sum
        assert_eq!(identifier("a", "bc"), 0xa3aed357108be0);
    }
}
