//! The perceptual hash of a picture, as `imagehash.phash` computes it with Pillow.
//!
//! Grey is (299 R + 587 G + 114 B) / 1000, rounded; alpha is not looked at. The picture is scaled
//! to 32 × 32 by a Lanczos filter with three lobes, wide enough for the reduction, first along
//! rows and then along columns, both rounded to bytes. Of its two-dimensional DCT-II, not
//! normalised, the 8 × 8 lowest coefficients are compared with their median. Verified on pictures
//! of one vendor; the bound for "same picture" is inferred. Versions of Pillow differ in which way
//! they scale first, and by that in a bit or two.

use std::f64::consts::PI;

/// Largest distance, of 64 bits, at which two hashes count as those of the same picture. Inferred.
pub const SAME_MAX: u32 = 10;

/// Side of the scaled picture, in pixels.
const SIDE: usize = 32;
/// Side of the block of coefficients.
const LOW: usize = 8;
/// Lobes of the filter.
const LOBES: f64 = 3.0;
/// Bits behind the point in the filter's weights.
const BITS: u32 = 22;

/// The hash of a picture of `width` × `height` pixels, in rows from the top, `channels` bytes a
/// pixel: 3 (RGB) or 4 (RGBA). `None` if that is not what `pixels` holds, or a side is 0.
///
/// The first of the 8 rows of coefficients stands in the highest byte, its first in the highest
/// bit. Memory: 32 bytes a row of the picture.
#[must_use]
pub fn phash(width: usize, height: usize, pixels: &[u8], channels: usize) -> Option<u64> {
    let stride = width.checked_mul(channels)?;
    if !matches!(channels, 3 | 4) || stride == 0 || height == 0 || pixels.len() != stride.checked_mul(height)? {
        return None;
    }
    let across = Weights::new(width);
    let mut grey = vec![0_u8; width];
    let mut narrow = Vec::with_capacity(height.checked_mul(SIDE)?);
    for row in pixels.chunks_exact(stride) {
        for (grey, pixel) in grey.iter_mut().zip(row.chunks_exact(channels)) {
            *grey = luma(pixel);
        }
        narrow.extend(across.apply(&grey));
    }
    let down = Weights::new(height);
    let columns: Vec<Vec<u8>> = (0..SIDE)
        .map(|x| {
            let column: Vec<u8> = narrow.iter().skip(x).step_by(SIDE).copied().collect();
            down.apply(&column).collect()
        })
        .collect();
    Some(bits(&lowest(&columns)))
}

/// Bits in which two hashes differ, 0 to 64.
#[must_use]
pub const fn hamming(one: u64, other: u64) -> u32 {
    (one ^ other).count_ones()
}

/// 16 hexadecimal digits in lower case.
#[must_use]
pub fn to_hex(hash: u64) -> String {
    format!("{hash:016x}")
}

/// Reads 16 hexadecimal digits in either case.
#[must_use]
pub fn from_hex(text: &str) -> Option<u64> {
    let digits = text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    digits.then(|| u64::from_str_radix(text, 16).ok()).flatten()
}

fn luma(pixel: &[u8]) -> u8 {
    let weighted: u32 = pixel.iter().zip([299, 587, 114]).map(|(value, weight)| u32::from(*value) * weight).sum();
    u8::try_from((weighted + 500) / 1000).unwrap_or(u8::MAX)
}

/// For each of the 32 results, the first input and the weights from there.
struct Weights(Vec<(usize, Vec<i64>)>);

impl Weights {
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn new(input: usize) -> Self {
        let scale = input as f64 / SIDE as f64;
        let wide = scale.max(1.0);
        let support = LOBES * wide;
        let one = |index: usize| {
            let center = (index as f64 + 0.5) * scale;
            // A cast to an integer goes to zero for what is below it.
            let first = (center - support + 0.5) as usize;
            let end = ((center + support + 0.5) as usize).min(input);
            let weight = |at: usize| lanczos((at as f64 - center + 0.5) / wide);
            let weights: Vec<f64> = (first..end).map(weight).collect();
            let sum: f64 = weights.iter().sum();
            let scaled = weights.iter().map(|w| (w / sum * f64::from(1_u32 << BITS)).round() as i64);
            (first, scaled.collect())
        };
        Self((0..SIDE).map(one).collect())
    }

    fn apply(&self, line: &[u8]) -> impl Iterator<Item = u8> {
        self.0.iter().map(|(first, weights)| {
            let values = line.iter().skip(*first);
            let sum: i64 = weights.iter().zip(values).map(|(w, v)| w.saturating_mul(i64::from(*v))).sum();
            let rounded = sum.saturating_add(1 << (BITS - 1)) >> BITS;
            u8::try_from(rounded.clamp(0, 255)).unwrap_or_default()
        })
    }
}

fn lanczos(x: f64) -> f64 {
    if (-LOBES..LOBES).contains(&x) { sinc(x) * sinc(x / LOBES) } else { 0.0 }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { (x * PI).sin() / (x * PI) }
}

/// The 8 × 8 lowest coefficients, in rows; `columns` are the picture's.
#[allow(clippy::cast_precision_loss)]
fn lowest(columns: &[Vec<u8>]) -> Vec<f64> {
    let wave = |k: usize, n: usize| (PI * k as f64 * (2 * n + 1) as f64 / (2 * SIDE) as f64).cos();
    let transformed = |values: &[f64], k: usize| -> f64 {
        let sum: f64 = values.iter().enumerate().map(|(n, value)| value * wave(k, n)).sum();
        2.0 * sum
    };
    let mut out = Vec::with_capacity(LOW * LOW);
    for down in 0..LOW {
        let row: Vec<f64> = columns
            .iter()
            .map(|column| {
                let values: Vec<f64> = column.iter().map(|v| f64::from(*v)).collect();
                transformed(&values, down)
            })
            .collect();
        out.extend((0..LOW).map(|across| transformed(&row, across)));
    }
    out
}

fn bits(coefficients: &[f64]) -> u64 {
    let mut sorted = coefficients.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let pair = sorted.iter().skip(middle.saturating_sub(1)).take(2);
    let median = pair.sum::<f64>() / 2.0;
    coefficients.iter().fold(0, |hash, value| hash << 1 | u64::from(*value > median))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, clippy::string_slice)]
    use super::*;
    use proptest::prelude::*;

    fn picture(width: i64, height: i64, channels: i64, value: impl Fn(i64, i64, i64) -> i64) -> Vec<u8> {
        let mut out = Vec::new();
        for y in 0..height {
            for x in 0..width {
                out.extend((0..channels).map(|c| u8::try_from(value(x, y, c) & 255).unwrap()));
            }
        }
        out
    }

    fn noise(seed: i64) -> impl Fn(i64, i64, i64) -> i64 {
        move |x, y, c| {
            let mask = 0xFFFF_FFFF;
            let n = (x * 374_761_393 + y * 668_265_263 + c * 2_147_483_647 + seed * 1_274_126_177) & mask;
            let n = ((n ^ (n >> 13)) * 1_274_126_177) & mask;
            n ^ (n >> 16)
        }
    }

    fn blobs(x: i64, y: i64, c: i64) -> i64 {
        x * x / 7 + y * y / 5 + x * y / 9 + c * 40
    }

    fn edges(x: i64, y: i64, c: i64) -> i64 {
        c * 10 + if (x / 17 + y / 11) % 2 == 0 { x * 3 } else { 255 - y * 2 }
    }

    fn ramp(x: i64, y: i64, c: i64) -> i64 {
        if c == 3 { x * 7 } else { (x * x * 3 / 50 + if y > 30 { 200 } else { y * 5 }) / 2 }
    }

    /// The hashes are those of imagehash 4.3.2 on Pillow 12.3 for the same pixels. Pillow 13.0 gives
    /// the third as 89d2d792127ad792: it scales some pictures along columns first.
    #[test]
    fn hashes_are_those_of_imagehash() {
        let of = |w: i64, h: i64, c: i64, pixels: Vec<u8>| {
            let size = |n: i64| usize::try_from(n).unwrap();
            to_hex(phash(size(w), size(h), &pixels, size(c)).unwrap())
        };
        assert_eq!(of(97, 61, 3, picture(97, 61, 3, noise(1))), "860675c4efd31d54");
        assert_eq!(of(200, 120, 3, picture(200, 120, 3, blobs)), "e6e9d024449b857f");
        assert_eq!(of(131, 257, 4, picture(131, 257, 4, edges)), "89f2d7921272d792");
        assert_eq!(of(64, 80, 4, picture(64, 80, 4, ramp)), "aa414136befe6343");
        assert_eq!(of(20, 13, 3, picture(20, 13, 3, noise(2))), "867aabcb818cfc83");
        assert_eq!(of(32, 32, 3, picture(32, 32, 3, noise(3))), "d8e42ab5401ebcd7");
        assert_eq!(of(700, 9, 3, picture(700, 9, 3, edges)), "d52ad4c16a3ad5d1");
    }

    #[test]
    fn small_changes_stay_near_and_other_pictures_do_not() {
        let one = picture(200, 120, 3, blobs);
        let brighter: Vec<u8> = one.iter().map(|v| v.saturating_add(2)).collect();
        let hash = phash(200, 120, &one, 3).unwrap();
        assert!(hamming(hash, phash(200, 120, &brighter, 3).unwrap()) <= SAME_MAX);
        let other = phash(97, 61, &picture(97, 61, 3, noise(1)), 3).unwrap();
        assert!(hamming(hash, other) > SAME_MAX);
        assert_eq!((hamming(0, u64::MAX), hamming(5, 5)), (64, 0));
    }

    #[test]
    fn shapes_that_do_not_fit_are_none() {
        for (width, height, length, channels) in
            [(0, 1, 0, 3), (1, 0, 0, 3), (2, 2, 11, 3), (2, 2, 8, 2), (usize::MAX, 2, 8, 4), (2, usize::MAX, 8, 4)]
        {
            assert_eq!(phash(width, height, &vec![0; length], channels), None);
        }
        assert!(phash(1, 1, &[1, 2, 3], 3).is_some());
    }

    proptest! {
        #[test]
        fn hexadecimal_goes_there_and_back(hash in any::<u64>()) {
            prop_assert_eq!(from_hex(&to_hex(hash)), Some(hash));
            prop_assert_eq!(from_hex(&to_hex(hash)[1..]), None);
        }
    }

    #[test]
    fn signs_are_no_digits() {
        assert_eq!(from_hex("+123456789abcdef"), None);
        assert_eq!(from_hex("0B16CCC93C73930C"), Some(0x0B16_CCC9_3C73_930C));
    }
}
