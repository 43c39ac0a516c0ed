//! The watermark that goes into a picture, a sound or a film.

use crate::carrier::{
    self,
    watermark::{Listener, Picture, Reading, Watcher},
};
use crate::codec::sound::SoundShape;
use crate::codec::video::Frame;
use crate::error::{Error, Result};
use crate::label::{Aigc, Level};
use crate::message::{Message, watermark};
use crate::render::Canvas;
use crate::watermark::Key;
use crate::watermark::picture::{SamplesMut, Strength};
use crate::watermark::sound::Embedder;

/// A watermark to be put into pictures, sound and films: with which key, what it carries, how strong it is.
///
/// ```
/// use biaoshi::watermark::Key;
/// use biaoshi::{Imprint, Label, Labeler, Profile};
/// # let png = biaoshi::doc_photo();
/// // Anyone can read it; it carries the level and a number made from producer and ProduceID.
/// let labeler = Labeler::new(Profile::CN_GB45438).watermark(Imprint::of_label());
/// let (out, receipt) = labeler.label_bytes(&png, &Label::new("example-provider"))?;
/// assert!(receipt.watermark.is_some());
/// # Ok::<(), biaoshi::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Imprint {
    key: Key,
    /// What a secret mark carries.
    bits: Option<u64>,
    strength: Strength,
}

impl Imprint {
    /// The mark of the label itself, which anyone can read: its level, and the first 56 bits of a hash
    /// of its producer and `ProduceID`.
    #[must_use]
    pub fn of_label() -> Self {
        Self { key: Key::public(), bits: None, strength: Strength::Scheme }
    }

    /// A mark that only those who hold `key` can read, with 64 bits of the caller's own.
    #[must_use]
    pub fn secret(key: Key, bits: u64) -> Self {
        Self { key, bits: Some(bits), strength: Strength::Scheme }
    }

    /// Sets how strong it is, instead of what the scheme takes for the content. In sound it is
    /// [`Strength::Times`] of 0.25 to 4.
    #[must_use]
    pub const fn strength(mut self, strength: Strength) -> Self {
        self.strength = strength;
        self
    }

    pub(super) fn payload_for(&self, level: Level, aigc: &Aigc) -> u64 {
        let label = || carrier::watermark::payload(level, &aigc.content_producer, &aigc.produce_id).to_bits();
        self.bits.unwrap_or_else(label)
    }

    /// Puts the mark into decoded samples.
    pub(super) fn put(&self, canvas: &mut dyn Canvas, bits: u64) -> Result<Imprinted> {
        let psnr_db = carrier::watermark::put_picture(canvas, bits, &self.key, self.strength)?;
        Ok(Self::in_pictures(bits, psnr_db))
    }

    /// Reads the mark back from the encoded picture.
    pub(super) fn read_back(&self, picture: Picture<'_>, bits: u64) -> Result<()> {
        match carrier::watermark::read_picture(picture, &self.key) {
            Some(reading) if reading.bits == bits => Ok(()),
            other => Err(lost(other, &watermark::NOT_HELD)),
        }
    }
}

impl Imprint {
    /// Puts the mark into the luminance of a frame; gives the peak signal-to-noise ratio in dB.
    pub(super) fn frame(&self, samples: SamplesMut<'_>, size: (usize, usize), bits: u64) -> Result<f64> {
        carrier::watermark::put_frame(samples, size, bits, &self.key, self.strength)
    }

    /// Reads the mark back from frames as they were encoded; tells of it.
    pub(super) fn seen(&self, frames: &[Frame], bits: u64, psnr_db: f64) -> Result<Imprinted> {
        match Watcher::new(&self.key).look(frames.iter().map(Frame::picture)) {
            Some(reading) if reading.bits == bits => Ok(Self::in_pictures(bits, psnr_db)),
            other => Err(lost(other, &watermark::NOT_SEEN)),
        }
    }

    /// Reads the mark back from frames of an animation; tells of it.
    pub(super) fn seen_again(&self, frames: &[(usize, usize, Vec<u8>)], bits: u64, psnr_db: f64) -> Result<Imprinted> {
        let pictures = frames.iter().map(|(width, height, rgb)| (&rgb[..], *width, *height));
        match Watcher::new(&self.key).look(pictures) {
            Some(reading) if reading.bits == bits => Ok(Self::in_pictures(bits, psnr_db)),
            other => Err(lost(other, &watermark::NOT_HELD)),
        }
    }

    fn in_pictures(bits: u64, psnr_db: f64) -> Imprinted {
        let scheme = carrier::watermark::PICTURE.to_owned();
        Imprinted { scheme, payload: format!("{bits:016x}"), bits, psnr_db: Some(psnr_db) }
    }

    /// What puts the mark into sound of this shape.
    pub(super) fn sound(&self, shape: SoundShape, bits: u64) -> Result<Embedder> {
        carrier::watermark::sound_mark(shape, bits, &self.key, self.strength)
    }

    /// What listens for the mark.
    pub(super) fn listener(&self, shape: SoundShape) -> Listener {
        Listener::new(shape, std::iter::once(&self.key))
    }

    /// Whether it heard the mark; tells of it.
    pub(super) fn heard(listener: Option<Listener>, bits: u64) -> Result<Imprinted> {
        let found = listener.map(|listener| listener.finish().1).unwrap_or_default();
        if !found.iter().any(|(_, reading)| reading.bits == bits) {
            return Err(lost(found.first().map(|(_, reading)| *reading), &watermark::NOT_HEARD));
        }
        let scheme = carrier::watermark::SOUND.to_owned();
        Ok(Imprinted { scheme, payload: format!("{bits:016x}"), bits, psnr_db: None })
    }
}

/// Why the mark was not read back: nothing was, or another one.
fn lost(read: Option<Reading>, nothing: &'static Message) -> Error {
    let another = read.map(|read| watermark::ANOTHER.with("payload", format!("{:016x}", read.bits)));
    Error::Refused(another.unwrap_or_else(|| nothing.problem()))
}

/// A watermark as it was put into content.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Imprinted {
    /// The scheme, as `spec/watermark.md` names it.
    pub scheme: String,
    /// The 64 bits that it carries: 16 hexadecimal digits.
    pub payload: String,
    #[serde(skip)]
    bits: u64,
    /// Peak signal-to-noise ratio of the picture with it against the one without, in dB, before
    /// encoding. Says little about what is seen; `spec/watermark.md` has the figures that do.
    /// Of a film or an animation the least of its frames; nothing for sound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub psnr_db: Option<f64>,
}

#[cfg(feature = "c2pa")]
impl Imprinted {
    /// For the manifest, so that it can be found again.
    pub(super) fn soft_binding(&self) -> crate::carrier::manifest::SoftBinding {
        crate::carrier::manifest::SoftBinding { alg: self.scheme.clone(), value: self.bits.to_be_bytes().to_vec() }
    }
}
