//! Which scales, rotations and mirrorings put the sync carriers on lines of the spectrum.
//!
//! In logarithmic polar coordinates scaling and turning are shifts, in logarithms of both
//! frequencies unequal scaling is one: each hypothesis is a sum of table rows beside each other.

use super::lattice::{Lattice, SYNCS, TILE};
use super::math::{exp, turn};
use super::plane::count;
use super::spectrum::Spectrum;

/// From periods in the tile, over its side, to periods per pixel: row by row.
pub(super) type Matrix = [f64; 4];

/// Highest frequency looked at.
const HIGHEST: f64 = 0.47;
/// Steps of logarithms.
const STEP: f64 = 0.005;
/// Steps of half a turn.
const ANGLES: usize = 720;
/// Sides of the tile that are looked for, over 128 pixels: logarithms in steps.
const SMALLEST: i32 = -303;
const LARGEST: i32 = 290;
/// The same of unequal scaling, and how unequal.
const UNEQUAL: (i32, i32) = (-184, 192);
const SKEW: i32 = 60;
/// Hypotheses that are refined.
const REFINED: usize = 240;
/// Sync carriers that must lie below the highest frequency.
const NEEDED: usize = 10;

/// A hypothesis and how unlikely it is by chance, in deviations.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) matrix: Matrix,
    pub(super) score: f32,
}

/// The best hypotheses, refined, most likely first.
pub(super) fn candidates(spectrum: &Spectrum, lattice: &Lattice) -> Vec<Candidate> {
    let mut found = turned(spectrum, lattice);
    found.extend(unequal(spectrum, lattice));
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(REFINED);
    let noise = Noise::of(spectrum);
    let mut refined: Vec<Candidate> = found.iter().filter_map(|c| refine(spectrum, lattice, &noise, c)).collect();
    refined.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut out: Vec<Candidate> = Vec::new();
    for c in refined {
        let size = c.matrix.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        let far = |o: &Candidate| o.matrix.iter().zip(&c.matrix).any(|(a, b)| (a - b).abs() > 0.004 * size);
        if out.iter().all(far) {
            out.push(c);
        }
    }
    out
}

/// Mean and deviation of numbers.
fn moments(values: impl Iterator<Item = f64>) -> (f32, f32) {
    let (mut n, mut sum, mut squares) = (0.0f64, 0.0f64, 0.0f64);
    for v in values {
        n += 1.0;
        sum += v;
        squares += v * v;
    }
    let mean = sum / n.max(1.0);
    #[allow(clippy::cast_possible_truncation)]
    let out = (mean as f32, (squares / n.max(1.0) - mean * mean).max(1e-6).sqrt() as f32);
    out
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn nearest(x: f64) -> i32 {
    (x + 0.5).floor() as i32
}

fn index(i: i32) -> Option<usize> {
    usize::try_from(i).ok()
}

/// Rotation, equal scaling, mirroring.
#[allow(clippy::cast_possible_truncation)]
fn turned(spectrum: &Spectrum, lattice: &Lattice) -> Vec<Candidate> {
    let top = super::math::ln(HIGHEST);
    // Of each sync carrier the row at scale 1 and the angle.
    let places: Vec<(i32, usize)> = lattice
        .polar
        .iter()
        .map(|(radius, angle)| {
            (
                nearest((top - radius) / STEP),
                index(nearest(angle * 2.0 * f64::from(count(ANGLES)))).unwrap_or(0) % ANGLES,
            )
        })
        .collect();
    let rows = places.iter().map(|p| p.0).max().unwrap_or(0).saturating_add(LARGEST).saturating_add(1);
    let rows = index(rows).unwrap_or(0);
    let directions: Vec<(f32, f32)> = (0..ANGLES)
        .map(|i| {
            let (c, s) = turn(f64::from(count(i)) / f64::from(count(2 * ANGLES)));
            (c as f32, s as f32)
        })
        .collect();
    let mut table = vec![0u8; rows.saturating_mul(2 * ANGLES)];
    for (i, row) in table.chunks_exact_mut(2 * ANGLES).enumerate() {
        let radius = (HIGHEST * exp(-STEP * f64::from(count(i)))) as f32;
        let (first, second) = row.split_at_mut(ANGLES);
        for ((a, b), (c, s)) in first.iter_mut().zip(second).zip(&directions) {
            *a = spectrum.largest(radius * c, radius * s);
            *b = *a;
        }
    }
    let (mean, deviation) = moments(table.iter().map(|v| f64::from(*v)));
    let mut out = Vec::new();
    let mut sums = vec![0u16; ANGLES];
    for step in SMALLEST..=LARGEST {
        for mirrored in [false, true] {
            sums.fill(0);
            let mut n = 0usize;
            for (row, angle) in &places {
                let Some(row) = index(row.saturating_add(step)) else { continue };
                let angle = if mirrored { (ANGLES - angle) % ANGLES } else { *angle };
                let start = row.saturating_mul(2 * ANGLES).saturating_add(angle);
                let Some(values) = table.get(start..start.saturating_add(ANGLES)) else { continue };
                n = n.saturating_add(1);
                sums.iter_mut().zip(values).for_each(|(s, v)| *s = s.wrapping_add(u16::from(*v)));
            }
            if n < NEEDED {
                continue;
            }
            for (block, part) in sums.chunks(8).enumerate() {
                let Some((place, sum)) = part.iter().enumerate().max_by_key(|(_, v)| **v) else { continue };
                let score = (f32::from(*sum) - count(n) * mean) / (deviation * count(n).sqrt());
                if score > 3.3 {
                    let angle = block.saturating_mul(8).saturating_add(place);
                    let size = exp(-STEP * f64::from(step));
                    let (c, s) = turn(f64::from(count(angle)) / f64::from(count(2 * ANGLES)));
                    let matrix = if mirrored {
                        [c * size, s * size, s * size, -c * size]
                    } else {
                        [c * size, -s * size, s * size, c * size]
                    };
                    out.push(Candidate { matrix, score });
                }
            }
        }
    }
    out
}

/// Different scaling across and down, with mirroring and quarter turns.
#[allow(clippy::cast_possible_truncation)]
fn unequal(spectrum: &Spectrum, lattice: &Lattice) -> Vec<Candidate> {
    let top = super::math::ln(HIGHEST);
    let row = |periods: i32| nearest((top - super::math::ln(f64::from(periods.abs()) / 128.0)) / STEP);
    let places: Vec<(i32, i32, bool)> =
        lattice.syncs.iter().map(|w| (row(w.k), row(w.l), (w.k < 0) != (w.l < 0))).collect();
    let most = places.iter().map(|p| p.0.max(p.1)).max().unwrap_or(0);
    let length = index(most + UNEQUAL.1 + SKEW + 1).unwrap_or(0);
    let frequencies: Vec<f32> = (0..length).map(|i| (HIGHEST * exp(-STEP * f64::from(count(i)))) as f32).collect();
    let mut table = vec![0u8; length.saturating_mul(length).saturating_mul(2)];
    for (i, part) in table.chunks_exact_mut(length.max(1)).enumerate() {
        let x = frequencies.get(i / 2).copied().unwrap_or(0.0);
        let sign = if i % 2 == 0 { 1.0 } else { -1.0 };
        part.iter_mut().zip(&frequencies).for_each(|(v, y)| *v = spectrum.largest(x, sign * y));
    }
    let (mean, deviation) = moments(table.iter().map(|v| f64::from(*v)));
    let mut out = Vec::new();
    let width = index(2 * SKEW + 1).unwrap_or(1);
    let mut sums = vec![0u16; width];
    for swapped in [false, true] {
        for mirrored in [false, true] {
            for step in UNEQUAL.0..=UNEQUAL.1 {
                sums.fill(0);
                let mut n = 0usize;
                for &(across, down, opposite) in &places {
                    let (x, y) = if swapped { (down, across) } else { (across, down) };
                    let Some(row) = index(x + step) else { continue };
                    let Some(column) = index(y + step - SKEW) else { continue };
                    let row = row.saturating_mul(2).saturating_add(usize::from(opposite != mirrored));
                    let start = row.saturating_mul(length).saturating_add(column);
                    let Some(values) = table.get(start..start.saturating_add(width)) else { continue };
                    n = n.saturating_add(1);
                    sums.iter_mut().zip(values).for_each(|(s, v)| *s = s.wrapping_add(u16::from(*v)));
                }
                if n < NEEDED {
                    continue;
                }
                for (skew, sum) in (-SKEW..=SKEW).zip(&sums) {
                    let score = (f32::from(*sum) - count(n) * mean) / (deviation * count(n).sqrt());
                    if score > 3.8 {
                        let x = exp(-STEP * f64::from(step));
                        let y = exp(-STEP * f64::from(step + skew)) * if mirrored { -1.0 } else { 1.0 };
                        let matrix = if swapped { [0.0, x, y, 0.0] } else { [x, 0.0, 0.0, y] };
                        out.push(Candidate { matrix, score });
                    }
                }
            }
        }
    }
    out
}

/// What ratios are by chance.
struct Noise {
    largest: (f32, f32),
    ratio: (f32, f32),
}

/// Ratios beyond this count no more when all carriers are looked at.
const CUT: f32 = 12.0;

impl Noise {
    fn of(spectrum: &Spectrum) -> Self {
        // Odd steps, so that no regular line is hit again and again.
        let places = || (0..4000u16).map(|i| (f32::from(i % 61) * 0.0077 + 0.004, f32::from(i / 61) * 0.0143 - 0.46));
        Self {
            largest: moments(places().map(|(x, y)| f64::from(spectrum.largest(x, y)))),
            ratio: moments(places().map(|(x, y)| f64::from(spectrum.ratio(x, y, CUT)))),
        }
    }
}

#[allow(clippy::cast_possible_truncation)]
fn mapped(m: &Matrix, k: i32, l: i32) -> (f32, f32) {
    let side = f64::from(count(TILE));
    let (k, l) = (f64::from(k) / side, f64::from(l) / side);
    ((m[0] * k + m[1] * l) as f32, (m[2] * k + m[3] * l) as f32)
}

fn visible(x: f32, y: f32) -> bool {
    x.abs() < 0.475 && y.abs() < 0.475
}

/// Fits the matrix to the lines beside where it puts the sync carriers, and scores it by all carriers.
fn refine(spectrum: &Spectrum, lattice: &Lattice, noise: &Noise, coarse: &Candidate) -> Option<Candidate> {
    let mut matrix = coarse.matrix;
    for reach in [3, 2, 2] {
        let mut seen: Vec<([f64; 2], [f64; 2], f64)> = Vec::with_capacity(SYNCS);
        for wave in &lattice.syncs {
            let (x, y) = mapped(&matrix, wave.k, wave.l);
            if !visible(x, y) {
                continue;
            }
            if let Some((value, [fx, fy])) = spectrum.peak(x, y, reach).filter(|p| p.0 > 3.5) {
                let side = f64::from(count(TILE));
                let lattice = [f64::from(wave.k) / side, f64::from(wave.l) / side];
                seen.push((lattice, [f64::from(fx), f64::from(fy)], f64::from(value.min(40.0))));
            }
        }
        if seen.len() < 7 {
            break;
        }
        let fitted = fit(&seen, (f64::from(count(spectrum.across)), f64::from(count(spectrum.down))))?;
        let size = matrix.iter().fold(0.0f64, |m, v| m.max(v.abs()));
        if fitted.iter().zip(&matrix).any(|(a, b)| (a - b).abs() > 0.03 * size) {
            break;
        }
        matrix = fitted;
    }
    let (mut n, mut sum) = (0usize, 0.0f32);
    for wave in &lattice.syncs {
        let (x, y) = mapped(&matrix, wave.k, wave.l);
        if visible(x, y) {
            n = n.saturating_add(1);
            sum += f32::from(spectrum.largest(x, y));
        }
    }
    if n < NEEDED {
        return None;
    }
    let syncs = (sum - count(n) * noise.largest.0) / (noise.largest.1 * count(n).sqrt());
    let (mut n, mut sum) = (0usize, 0.0f32);
    for wave in &lattice.carriers {
        let (x, y) = mapped(&matrix, wave.k, wave.l);
        if visible(x, y) {
            n = n.saturating_add(1);
            sum += spectrum.ratio(x, y, CUT);
        }
    }
    let all = (sum - count(n) * noise.ratio.0) / (noise.ratio.1 * count(n.max(1)).sqrt());
    Some(Candidate { matrix, score: syncs + all })
}

/// The matrix of least squares, of lines far off (in bins of `bins` per period) less and less.
fn fit(seen: &[([f64; 2], [f64; 2], f64)], bins: (f64, f64)) -> Option<Matrix> {
    let mut weights: Vec<f64> = seen.iter().map(|s| s.2).collect();
    let mut matrix = [0.0; 4];
    for _ in 0..4 {
        let (mut a, mut b, mut d) = (1e-9, 0.0, 1e-9);
        let mut right = [0.0; 4];
        for ((p, f, _), w) in seen.iter().zip(&weights) {
            a += w * p[0] * p[0];
            b += w * p[0] * p[1];
            d += w * p[1] * p[1];
            for (r, v) in right.iter_mut().zip([f[0] * p[0], f[0] * p[1], f[1] * p[0], f[1] * p[1]]) {
                *r += w * v;
            }
        }
        let determinant = a * d - b * b;
        if determinant <= 1e-18 {
            return None;
        }
        let [r0, r1, r2, r3] = right;
        matrix = [(r0 * d - r1 * b), (r1 * a - r0 * b), (r2 * d - r3 * b), (r3 * a - r2 * b)].map(|v| v / determinant);
        for ((p, f, w), to) in seen.iter().zip(&mut weights) {
            let x = (matrix[0] * p[0] + matrix[1] * p[1] - f[0]) * bins.0;
            let y = (matrix[2] * p[0] + matrix[3] * p[1] - f[1]) * bins.1;
            let near = 1.0 / (1.0 + x * x + y * y);
            *to = w * near * near + 1e-6;
        }
    }
    matrix.iter().all(|v| v.is_finite()).then_some(matrix)
}
