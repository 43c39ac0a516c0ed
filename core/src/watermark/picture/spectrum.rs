//! Where the picture has lines: power of each frequency over that of its neighbours.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

use super::math::turn;
use super::plane::{Plane, count};

/// Longest side that is transformed in one piece; larger pictures are covered by several.
const LONGEST: usize = 1024;
/// Share of each side that fades in and out.
const FADE: f32 = 0.12;
/// Border of the table, so that neighbourhoods need no tests.
const BORDER: usize = 10;
/// A ratio of so much counts half of the most that any ratio counts.
const HALF: f32 = 5.0;

/// Ratios of power, at frequencies of 0 to 1/2 across and -1/2 to 1/2 down.
pub(super) struct Spectrum {
    pub(super) across: usize,
    pub(super) down: usize,
    /// Rows are frequencies across.
    ratio: Plane,
    /// The largest of nine neighbours, compressed to a byte.
    largest: Vec<u8>,
}

impl Spectrum {
    pub(super) fn of(weighted: &Plane) -> Self {
        let across = weighted.width.clamp(64, LONGEST).next_power_of_two();
        let down = weighted.height.clamp(64, LONGEST).next_power_of_two();
        let mut power = Plane::new(down, across / 2 + 1);
        let mut plan = Plans::new(across, down);
        for top in starts(weighted.height, down) {
            for left in starts(weighted.width, across) {
                plan.add(weighted, left, top, &mut power);
            }
        }
        let padded = padded(&power, across, down);
        let ratio = over_neighbours(&padded);
        let largest = largest(&ratio);
        Self { across, down, ratio, largest }
    }

    /// Row and column of a frequency in periods per pixel.
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        let (x, y) = if x < 0.0 { (-x, -y) } else { (x, y) };
        (x * count(self.across) + count(BORDER), y * count(self.down) + count(self.down / 2 + BORDER))
    }

    /// The compressed largest ratio at and beside this frequency.
    #[inline]
    pub(super) fn largest(&self, x: f32, y: f32) -> u8 {
        let (row, column) = self.place(x, y);
        let at = whole(row + 0.5).saturating_mul(self.ratio.width).saturating_add(whole(column + 0.5));
        self.largest.get(at).copied().unwrap_or(0)
    }

    /// The ratio at this frequency, from the four around it, each cut at `cut`.
    pub(super) fn ratio(&self, x: f32, y: f32, cut: f32) -> f32 {
        let (row, column) = self.place(x, y);
        let (r, c) = (whole(row), whole(column));
        let (t, u) = (row - count(r), column - count(c));
        let at = r.saturating_mul(self.ratio.width).saturating_add(c);
        let pair = |at: usize| match self.ratio.data.get(at..at.saturating_add(2)) {
            Some([a, b]) => a.min(cut) * (1.0 - u) + b.min(cut) * u,
            _ => 0.0,
        };
        pair(at) * (1.0 - t) + pair(at.saturating_add(self.ratio.width)) * t
    }

    /// The highest ratio within `reach` bins of a frequency, and its place, to a fraction of a bin.
    pub(super) fn peak(&self, x: f32, y: f32, reach: usize) -> Option<(f32, [f32; 2])> {
        let (row, column) = self.place(x, y);
        let (r, c) = (whole(row + 0.5), whole(column + 0.5));
        let mut best = (0.0, 0, 0);
        for i in r.checked_sub(reach)?..=r.saturating_add(reach) {
            let from = c.checked_sub(reach)?;
            let part = self.ratio.row(i).get(from..c.saturating_add(reach).saturating_add(1))?;
            for (j, v) in part.iter().enumerate() {
                if *v > best.0 {
                    best = (*v, i, from.saturating_add(j));
                }
            }
        }
        let (value, i, j) = best;
        let at = |di: usize, dj: usize| {
            self.ratio.row(i.saturating_add(di).saturating_sub(1)).get(j.saturating_add(dj).saturating_sub(1)).copied()
        };
        let between = |a: f32, b: f32, c: f32| {
            let (a, b, c) = (a.sqrt(), b.sqrt(), c.sqrt());
            let bend = a - 2.0 * b + c;
            if bend < 0.0 { (0.5 * (a - c) / bend).clamp(-0.5, 0.5) } else { 0.0 }
        };
        let di = between(at(0, 1)?, value, at(2, 1)?);
        let dj = between(at(1, 0)?, value, at(1, 2)?);
        let fx = (count(i) + di - count(BORDER)) / count(self.across);
        let fy = (count(j) + dj - count(self.down / 2 + BORDER)) / count(self.down);
        Some((value, if x < 0.0 { [-fx, -fy] } else { [fx, fy] }))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(x: f32) -> usize {
    // Saturates; what is not a number becomes 0.
    x as usize
}

/// Where pieces of `piece` start that cover `length`.
fn starts(length: usize, piece: usize) -> Vec<usize> {
    if length <= piece {
        return vec![0];
    }
    let spare = length.saturating_sub(piece);
    // The pieces overlap by what fades at least.
    let n = spare.div_ceil(piece.saturating_sub(piece / 8).max(1));
    (0..=n).map(|i| spare.saturating_mul(i) / n.max(1)).collect()
}

struct Plans {
    across: Arc<dyn Fft<f32>>,
    down: Arc<dyn Fft<f32>>,
    sizes: (usize, usize),
    scratch: Vec<Complex<f32>>,
}

impl Plans {
    fn new(width: usize, height: usize) -> Self {
        let mut planner = FftPlannerScalar::new();
        let across = planner.plan_fft_forward(width);
        let down = planner.plan_fft_forward(height);
        let length = across.get_inplace_scratch_len().max(down.get_inplace_scratch_len());
        Self { across, down, sizes: (width, height), scratch: vec![Complex::default(); length] }
    }

    /// Adds the power of the piece at `left`, `top`.
    fn add(&mut self, weighted: &Plane, left: usize, top: usize, power: &mut Plane) {
        let (width, height) = self.sizes;
        let shown = weighted.width.saturating_sub(left).min(width);
        let high = weighted.height.saturating_sub(top).min(height);
        let fade_x = fade(shown);
        let fade_y = fade(high);
        let kept = width / 2 + 1;
        let mut columns = vec![Complex::default(); kept.saturating_mul(height)];
        let mut pair = vec![Complex::default(); width];
        let mut band = vec![Complex::default(); kept.saturating_mul(8)];
        // Two real rows make one complex one; eight rows are written to the columns at a time.
        for from in (0..high).step_by(8) {
            band.fill(Complex::default());
            for (i, two) in band.chunks_exact_mut(kept.saturating_mul(2)).enumerate() {
                let y = from.saturating_add(i.saturating_mul(2));
                if y >= high {
                    break;
                }
                pair.fill(Complex::default());
                let row = |y: usize| {
                    let row = weighted.row(top.saturating_add(y)).get(left..).unwrap_or_default();
                    (row, fade_y.get(y).copied().unwrap_or(0.0))
                };
                let (a, fa) = row(y);
                let (b, fb) = if y.saturating_add(1) < high { row(y.saturating_add(1)) } else { (a, 0.0) };
                for (((p, a), b), f) in pair.iter_mut().zip(a).zip(b).zip(&fade_x) {
                    *p = Complex::new(a * f * fa, b * f * fb);
                }
                self.across.process_with_scratch(&mut pair, &mut self.scratch);
                let (first, second) = two.split_at_mut(kept);
                let mirrored = pair.first().into_iter().chain(pair.iter().skip(1).rev());
                for (((z, w), a), b) in pair.iter().zip(mirrored).zip(first).zip(second) {
                    let w = w.conj();
                    *a = (z + w) * 0.5;
                    let d = (z - w) * 0.5;
                    *b = Complex::new(d.im, -d.re);
                }
            }
            for (k, column) in columns.chunks_exact_mut(height).enumerate() {
                let to = column.iter_mut().skip(from).take(8);
                for (to, v) in to.zip(band.iter().skip(k).step_by(kept)) {
                    *to = *v;
                }
            }
        }
        self.down.process_with_scratch(&mut columns, &mut self.scratch);
        power.data.iter_mut().zip(&columns).for_each(|(p, c)| *p += c.norm_sqr());
    }
}

fn fade(length: usize) -> Vec<f32> {
    let mut out = vec![1.0; length];
    let part = whole(count(length) * FADE).max(8).min(length / 2);
    for i in 0..part {
        #[allow(clippy::cast_possible_truncation)]
        let rise = (0.5 - 0.5 * turn(0.5 * f64::from(count(i) + 0.5) / f64::from(count(part))).0) as f32;
        for at in [i, length.saturating_sub(1).saturating_sub(i)] {
            if let Some(v) = out.get_mut(at) {
                *v = rise;
            }
        }
    }
    out
}

/// With frequencies down from -1/2, and a border of what comes periodically next.
fn padded(power: &Plane, across: usize, down: usize) -> Plane {
    let border = BORDER;
    let rows = power.height.saturating_add(2 * border);
    let mut out = Plane::new(down.saturating_add(2 * border), rows);
    for (i, to) in out.rows_mut().enumerate() {
        // Row `-i` is row `i` backwards; so is the one as far beyond the last.
        let (row, turned) = if i < border {
            (border.saturating_sub(i), true)
        } else if i.saturating_sub(border) < power.height {
            (i.saturating_sub(border), false)
        } else {
            (across.saturating_sub(i.saturating_sub(border)), true)
        };
        let from = power.row(row);
        for (j, v) in to.iter_mut().enumerate() {
            let frequency = j.saturating_add(2 * down).saturating_sub(border).saturating_sub(down / 2) % down;
            let frequency = if turned { down.saturating_sub(frequency) % down } else { frequency };
            *v = from.get(frequency).copied().unwrap_or(0.0);
        }
    }
    out
}

/// Each number over the mean of the 17 × 17 around it without the 5 × 5 in the middle.
fn over_neighbours(padded: &Plane) -> Plane {
    let wide = boxed(padded, 8);
    let near = boxed(padded, 2);
    let mut out = padded.clone();
    let mean: f64 = padded.data.iter().map(|v| f64::from(*v)).sum::<f64>() / f64::from(count(padded.data.len().max(1)));
    #[allow(clippy::cast_possible_truncation)]
    let least = (mean * 1e-4) as f32 + 1e-12;
    for ((v, w), n) in out.data.iter_mut().zip(&wide.data).zip(&near.data) {
        let around = (w - n) * (1.0 / (17.0 * 17.0 - 25.0));
        *v /= around.max(least);
    }
    out
}

/// Sums of the (2 `reach` + 1)² around; those over the edge are left out.
fn boxed(plane: &Plane, reach: usize) -> Plane {
    let mut across = Plane::new(plane.width, plane.height);
    for (to, row) in across.rows_mut().zip(plane.rows()) {
        for shift in 0..=reach {
            let ahead = row.get(shift..).unwrap_or_default();
            to.iter_mut().zip(ahead).for_each(|(t, v)| *t += v);
            if shift > 0 {
                to.iter_mut().skip(shift).zip(row).for_each(|(t, v)| *t += v);
            }
        }
    }
    let mut out = Plane::new(plane.width, plane.height);
    let last = plane.height.saturating_sub(1);
    for (y, to) in out.rows_mut().enumerate() {
        for i in y.saturating_sub(reach)..=y.saturating_add(reach).min(last) {
            to.iter_mut().zip(across.row(i)).for_each(|(t, v)| *t += v);
        }
    }
    out
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn largest(ratio: &Plane) -> Vec<u8> {
    let small: Vec<u8> = ratio.data.iter().map(|r| (255.0 * r / (r + HALF)) as u8).collect();
    let width = ratio.width.max(1);
    let mut across = small.clone();
    for (to, row) in across.chunks_exact_mut(width).zip(small.chunks_exact(width)) {
        to.iter_mut().zip(row.iter().skip(1)).for_each(|(t, v)| *t = (*t).max(*v));
        to.iter_mut().skip(1).zip(row).for_each(|(t, v)| *t = (*t).max(*v));
    }
    let mut out = across.clone();
    out.iter_mut().zip(across.iter().skip(width)).for_each(|(t, v)| *t = (*t).max(*v));
    out.iter_mut().skip(width).zip(&across).for_each(|(t, v)| *t = (*t).max(*v));
    out
}
