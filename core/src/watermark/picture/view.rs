//! Pictures as the watermark sees them: rows of samples, and their luminance.

use super::plane::{Plane, count};

/// Samples of a picture, pixel by pixel, rows from top to bottom without gaps.
#[derive(Debug, Clone, Copy)]
pub enum Samples<'a> {
    /// 8 bits each.
    U8(&'a [u8]),
    /// 16 bits each, over their whole range.
    U16(&'a [u16]),
}

/// The same, to be written.
#[derive(Debug)]
pub enum SamplesMut<'a> {
    /// 8 bits each.
    U8(&'a mut [u8]),
    /// 16 bits each, over their whole range.
    U16(&'a mut [u16]),
}

/// What the samples of a pixel are, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channels {
    /// Grey.
    Grey,
    /// Grey and opacity.
    GreyAlpha,
    /// Red, green, blue.
    Rgb,
    /// Red, green, blue, opacity.
    Rgba,
}

impl Channels {
    /// Samples of a pixel.
    pub fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::GreyAlpha => 2,
            Self::Rgb => 3,
            Self::Rgba => 4,
        }
    }

    /// Whether the last sample is opacity (not multiplied into the others).
    pub fn alpha(self) -> bool {
        matches!(self, Self::GreyAlpha | Self::Rgba)
    }
}

/// Whether `length` samples are a picture of this size.
pub(super) fn fits(length: usize, width: usize, height: usize, channels: Channels) -> bool {
    width > 0 && height > 0 && width.checked_mul(height).and_then(|n| n.checked_mul(channels.count())) == Some(length)
}

pub(super) trait Sample: Copy {
    /// Of this the brightest is 255.
    fn level(self) -> f32;
    /// The nearest sample, kept within its range.
    fn nearest(level: f32) -> Self;
    fn is_zero(self) -> bool;
}

impl Sample for u8 {
    #[inline]
    fn level(self) -> f32 {
        f32::from(self)
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn nearest(level: f32) -> Self {
        // Saturates; what is not a number becomes 0.
        (level + 0.5) as Self
    }

    #[inline]
    fn is_zero(self) -> bool {
        self == 0
    }
}

impl Sample for u16 {
    #[inline]
    fn level(self) -> f32 {
        f32::from(self) * (1.0 / 257.0)
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn nearest(level: f32) -> Self {
        (level * 257.0 + 0.5) as Self
    }

    #[inline]
    fn is_zero(self) -> bool {
        self == 0
    }
}

/// Luminance (weights of ITU-R BT.601), of transparent pictures over white, from 0 to 255.
pub(super) fn luminance<S: Sample>(samples: &[S], (width, height): (usize, usize), channels: Channels) -> Plane {
    let mut out = Plane::new(width, height);
    let opaque = S::nearest(255.0).level();
    let over = |level: f32, alpha: S| 255.0 + (level - 255.0) * (alpha.level() / opaque);
    match channels {
        Channels::Grey => out.data.iter_mut().zip(samples).for_each(|(y, v)| *y = v.level()),
        Channels::GreyAlpha => {
            for (y, [v, a]) in out.data.iter_mut().zip(samples.as_chunks::<2>().0) {
                *y = over(v.level(), *a);
            }
        }
        Channels::Rgb => {
            for (y, [r, g, b]) in out.data.iter_mut().zip(samples.as_chunks::<3>().0) {
                *y = 0.299 * r.level() + 0.587 * g.level() + 0.114 * b.level();
            }
        }
        Channels::Rgba => {
            for (y, [r, g, b, a]) in out.data.iter_mut().zip(samples.as_chunks::<4>().0) {
                *y = over(0.299 * r.level() + 0.587 * g.level() + 0.114 * b.level(), *a);
            }
        }
    }
    out
}

/// Luminance, in means of `by` × `by` pixels; what is left over at the right and below is dropped.
pub(super) fn reduced<S: Sample>(
    samples: &[S],
    (width, height): (usize, usize),
    channels: Channels,
    by: usize,
) -> Plane {
    if by <= 1 {
        return luminance(samples, (width, height), channels);
    }
    let mut out = Plane::new(width / by, height / by);
    let band = width.saturating_mul(channels.count()).saturating_mul(by);
    for (to, band) in out.rows_mut().zip(samples.chunks_exact(band.max(1))) {
        for row in band.chunks_exact(width.saturating_mul(channels.count()).max(1)) {
            // One row at a time, so that memory stays small however large the picture is.
            let row = luminance(row, (width, 1), channels);
            for (to, part) in to.iter_mut().zip(row.data.chunks_exact(by)) {
                *to += part.iter().sum::<f32>();
            }
        }
        let share = 1.0 / (count(by) * count(by));
        to.iter_mut().for_each(|v| *v *= share);
    }
    out
}
