//! The surface that a notice is drawn on: native samples behind one small trait.

use crate::error::Result;

/// A colour: sRGB-encoded red, green and blue, and alpha, each 0.0 to 1.0, not premultiplied.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rgba {
    /// Red, 0.0 to 1.0, sRGB-encoded.
    pub r: f32,
    /// Green, 0.0 to 1.0, sRGB-encoded.
    pub g: f32,
    /// Blue, 0.0 to 1.0, sRGB-encoded.
    pub b: f32,
    /// Alpha, 0.0 (transparent) to 1.0 (opaque).
    pub a: f32,
}

impl Rgba {
    /// Opaque white.
    pub const WHITE: Self = Self::grey(1.0);
    /// Fully transparent.
    pub const CLEAR: Self = Self { r: 0.0, g: 0.0, b: 0.0, a: 0.0 };

    /// An opaque grey; `level` is 0.0 to 1.0, sRGB-encoded.
    #[must_use]
    pub const fn grey(level: f32) -> Self {
        Self { r: level, g: level, b: level, a: 1.0 }
    }

    /// An opaque colour from 8-bit samples.
    #[must_use]
    pub fn from_rgb8(r: u8, g: u8, b: u8) -> Self {
        let part = |v: u8| f32::from(v) / 255.0;
        Self { r: part(r), g: part(g), b: part(b), a: 1.0 }
    }

    /// Red, green and blue as 8-bit samples; alpha is ignored.
    #[must_use]
    pub fn to_rgb8(self) -> [u8; 3] {
        [to_u8(self.r), to_u8(self.g), to_u8(self.b)]
    }

    /// Relative luminance of the opaque colour, 0.0 to 1.0 (WCAG 2.2, "relative luminance").
    #[must_use]
    pub fn luminance(self) -> f64 {
        0.2126 * linear(self.r) + 0.7152 * linear(self.g) + 0.0722 * linear(self.b)
    }

    /// The colour at `t` between `self` (0.0) and `other` (1.0), mixed in encoded values.
    #[must_use]
    pub fn mix(self, other: Self, t: f32) -> Self {
        let part = |a: f32, b: f32| a + (b - a) * t;
        Self { r: part(self.r, other.r), g: part(self.g, other.g), b: part(self.b, other.b), a: part(self.a, other.a) }
    }

    /// As [`Rgba::mix`] for opaque colours, mixed in linear light: right for antialiased edges.
    #[must_use]
    pub fn mix_light(self, other: Self, t: f32) -> Self {
        let part = |a: f32, b: f32| {
            let (a, b) = (linear(a), linear(b));
            encoded(a + (b - a) * f64::from(t))
        };
        Self { r: part(self.r, other.r), g: part(self.g, other.g), b: part(self.b, other.b), a: 1.0 }
    }

    /// This colour with coverage `alpha` laid over `under` ("over" of alpha compositing).
    #[must_use]
    pub fn over(self, under: Self, alpha: f32) -> Self {
        let a = alpha + under.a * (1.0 - alpha);
        if a <= 0.0 {
            return under;
        }
        let part = |top: f32, low: f32| (top * alpha + low * under.a * (1.0 - alpha)) / a;
        Self { r: part(self.r, under.r), g: part(self.g, under.g), b: part(self.b, under.b), a }
    }
}

/// Contrast of two luminances, 1.0 to 21.0 (WCAG 2.2, "contrast ratio").
#[must_use]
pub fn contrast_ratio(one: f64, other: f64) -> f64 {
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The colours to draw with on one canvas.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paint {
    /// Colour of the text.
    pub ink: Rgba,
    /// Colour of the plate under the text.
    pub plate: Rgba,
    /// Whether shades between `ink` and `plate` can be stored.
    pub smooth: bool,
    /// Whether the plate may let the picture shine through.
    pub translucent: bool,
}

/// Decoded pixels in the file's own samples.
pub trait Canvas {
    /// Width in stored pixels, before any Exif orientation.
    fn width(&self) -> u32;

    /// Height in stored pixels, before any Exif orientation.
    fn height(&self) -> u32;

    /// The colour at a stored pixel; transparent outside the picture.
    fn get(&self, x: u32, y: u32) -> Rgba;

    /// Stores the nearest colour that the samples can hold; does nothing outside the picture.
    fn set(&mut self, x: u32, y: u32, colour: Rgba);

    /// Makes room for two colours and `shades` between them, and says what can be used instead.
    ///
    /// # Errors
    ///
    /// [`crate::Error::Refused`] if no two legible colours can be stored.
    fn reserve(&mut self, ink: Rgba, plate: Rgba, shades: &[Rgba]) -> Result<Paint> {
        let _ = shades;
        Ok(Paint { ink, plate, smooth: true, translucent: true })
    }
}

/// The 8-bit sample nearest to a value of 0.0 to 1.0.
pub(crate) fn to_u8(value: f32) -> u8 {
    quantise(value, 255) as u8
}

/// The sample of 0 to `max` nearest to a value of 0.0 to 1.0.
pub(crate) fn quantise(value: f32, max: u16) -> u16 {
    (value.clamp(0.0, 1.0) * f32::from(max)).round() as u16
}

fn linear(value: f32) -> f64 {
    let value = f64::from(value);
    if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn encoded(light: f64) -> f32 {
    let value = if light <= 0.003_130_8 { light * 12.92 } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    value as f32
}
