//! The tile as numbers: from waves, and back to what each wave carries.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

use super::lattice::Wave;
use super::plane::{Plane, count};

/// Fourier transforms of a square of `side` × `side`.
pub(super) struct Square {
    side: usize,
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    scratch: Vec<Complex<f32>>,
}

impl Square {
    pub(super) fn new(side: usize) -> Self {
        let mut planner = FftPlannerScalar::new();
        let forward = planner.plan_fft_forward(side);
        let inverse = planner.plan_fft_inverse(side);
        let length = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        Self { side, forward, inverse, scratch: vec![Complex::default(); length] }
    }

    fn both_ways(&mut self, grid: &mut Vec<Complex<f32>>, forward: bool) {
        let plan = if forward { &self.forward } else { &self.inverse };
        plan.process_with_scratch(grid, &mut self.scratch);
        let mut turned = transposed(grid, self.side);
        plan.process_with_scratch(&mut turned, &mut self.scratch);
        // Turned: the first index is the one across.
        *grid = turned;
    }

    fn place(&self, k: i32, l: i32) -> usize {
        let side = i64::try_from(self.side).unwrap_or(1).max(1);
        let wrap = |v: i32| usize::try_from(i64::from(v).rem_euclid(side)).unwrap_or(0);
        // Turned.
        wrap(k).saturating_mul(self.side).saturating_add(wrap(l))
    }

    /// The sum of these waves, each of its amplitude (negative ones turn the sign).
    pub(super) fn sum(&mut self, waves: &[(Wave, f32)]) -> Plane {
        let mut grid = vec![Complex::default(); self.side.saturating_mul(self.side)];
        for (wave, amplitude) in waves {
            let half = Complex::new(wave.cos, wave.sin) * (0.5 * amplitude);
            // The sum is symmetric in both directions, so the turned grid serves both.
            for (place, value) in [(self.place(wave.l, wave.k), half), (self.place(-wave.l, -wave.k), half.conj())] {
                if let Some(to) = grid.get_mut(place) {
                    *to += value;
                }
            }
        }
        self.both_ways(&mut grid, false);
        // `place(l, k)` put l first, and the transform turns: rows are down again only after one more turn.
        let grid = transposed(&grid, self.side);
        Plane { width: self.side, height: self.side, data: grid.iter().map(|c| c.re).collect() }
    }

    /// All frequencies of a tile, for [`Square::carried`].
    pub(super) fn transform(&mut self, tile: &Plane) -> Vec<Complex<f32>> {
        let mut grid: Vec<Complex<f32>> = tile.data.iter().map(|v| Complex::new(*v, 0.0)).collect();
        grid.resize(self.side.saturating_mul(self.side), Complex::default());
        self.both_ways(&mut grid, true);
        grid
    }

    /// What the transform has at this wave, turned by its phase: the sign that it carries is the real part's.
    pub(super) fn carried(&self, transform: &[Complex<f32>], wave: &Wave) -> Complex<f32> {
        let value = transform.get(self.place(wave.k, wave.l)).copied().unwrap_or_default();
        value * Complex::new(wave.cos, -wave.sin)
    }
}

fn transposed(grid: &[Complex<f32>], side: usize) -> Vec<Complex<f32>> {
    let mut out = vec![Complex::default(); grid.len()];
    // In squares of 8, so that both sides stay in the cache.
    for (by, band) in grid.chunks(side.saturating_mul(8).max(1)).enumerate() {
        for bx in (0..side).step_by(8) {
            for (dy, row) in band.chunks(side.max(1)).enumerate() {
                let y = by.saturating_mul(8).saturating_add(dy);
                for (dx, v) in row.iter().skip(bx).take(8).enumerate() {
                    let x = bx.saturating_add(dx);
                    if let Some(to) = out.get_mut(x.saturating_mul(side).saturating_add(y)) {
                        *to = *v;
                    }
                }
            }
        }
    }
    out
}

/// Root of the mean square.
pub(super) fn deviation(tile: &Plane) -> f32 {
    (tile.data.iter().map(|v| v * v).sum::<f32>() / count(tile.data.len().max(1))).sqrt()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn waves_come_back() {
        for side in [128, 140] {
            let mut square = Square::new(side);
            let waves =
                [(Wave { k: 5, l: 9, cos: 0.6, sin: 0.8 }, 2.0), (Wave { k: -7, l: 3, cos: -0.8, sin: 0.6 }, -1.5)];
            let tile = square.sum(&waves);
            // cos(2π(kx + ly)/side + phase) at two places.
            for (x, y) in [(0usize, 0usize), (17, 40)] {
                let expected: f64 = waves
                    .iter()
                    .map(|(w, a)| {
                        let angle = std::f64::consts::TAU * (f64::from(w.k) * x as f64 + f64::from(w.l) * y as f64)
                            / side as f64
                            + f64::from(w.sin).atan2(f64::from(w.cos));
                        f64::from(*a) * angle.cos()
                    })
                    .sum();
                assert!((f64::from(tile.row(y)[x]) - expected).abs() < 1e-4);
            }
            let transform = square.transform(&tile);
            let scale = (side * side) as f32 / 2.0;
            for (wave, amplitude) in waves {
                let got = square.carried(&transform, &wave) / scale;
                assert!((got.re - amplitude).abs() < 1e-4 && got.im.abs() < 1e-4, "{got} {amplitude}");
            }
        }
    }
}
