//! Short-time spectra of the analysis.

use std::fmt;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

use super::layout::{CELL, CELLS, FIRST, WINDOW};

/// Spectral lines in use.
pub(super) const LINES: usize = CELL * CELLS;

/// Transforms of `WINDOW` samples.
#[derive(Clone)]
pub(super) struct Spectra {
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    scratch: Vec<Complex<f32>>,
    pub(super) work: Vec<Complex<f32>>,
}

impl fmt::Debug for Spectra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spectra").finish_non_exhaustive()
    }
}

impl Spectra {
    pub(super) fn new() -> Self {
        let mut planner = FftPlannerScalar::new();
        let (forward, inverse) = (planner.plan_fft_forward(WINDOW), planner.plan_fft_inverse(WINDOW));
        let scratch = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        Self { forward, inverse, scratch: vec![Complex::default(); scratch], work: vec![Complex::default(); WINDOW] }
    }

    /// The transform of two real signals, the first in the real, the second in the imaginary part.
    pub(super) fn forward(&mut self, first: &[f32], second: &[f32], window: &[f32]) {
        for (((out, a), b), w) in self.work.iter_mut().zip(first).zip(second).zip(window) {
            *out = Complex::new(a * w, b * w);
        }
        self.forward.process_with_scratch(&mut self.work, &mut self.scratch);
    }

    pub(super) fn inverse(&mut self) {
        self.inverse.process_with_scratch(&mut self.work, &mut self.scratch);
    }

    /// The powers of the two signals in the lines from `first` on.
    pub(super) fn powers(&self, first: usize, out: &mut [f32], other: &mut [f32]) {
        let lines = self.work.iter().skip(first).zip(self.work.iter().rev().skip(first - 1));
        for ((out, other), (z, mirror)) in out.iter_mut().zip(other).zip(lines) {
            *out = (z + mirror.conj()).norm_sqr();
            *other = (z - mirror.conj()).norm_sqr();
        }
    }
}

/// Sine: its square sums to one at half its length.
pub(super) fn sine() -> Vec<f32> {
    (0..WINDOW).map(|i| libm::sin(std::f64::consts::PI * (i as f64 + 0.5) / WINDOW as f64) as f32).collect()
}

/// Hann's window.
pub(super) fn hann() -> Vec<f32> {
    sine().into_iter().map(|s| s * s).collect()
}

/// Adds the lines in use of a spectrum to cells.
pub(super) fn gather(lines: &[f32], cells: &mut [f32; CELLS]) {
    for (cell, lines) in cells.iter_mut().zip(lines.chunks_exact(CELL)) {
        *cell += lines.iter().sum::<f32>();
    }
}

/// First line in use.
pub(super) const START: usize = FIRST;
