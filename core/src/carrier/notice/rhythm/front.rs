//! From interleaved samples of any rate to one channel of 8 to 16 kHz.

use std::f64::consts::PI;

/// Samples taken in one go.
pub(super) const BLOCK: usize = 4_096;
/// Tones up to here pass unchanged, in hertz.
const PASS_HZ: f64 = 3_520.0;
/// No sample counts for more than this: keeps sums finite.
const LOUDEST: f32 = 16.0;
/// Sums kept side by side in the filter, in a fixed order on every machine.
const LANES: usize = 8;

/// Mixes to one channel, filters, and keeps each `factor`th sample.
#[derive(Debug)]
pub(super) struct Front {
    rate: f64,
    channels: u16,
    factor: usize,
    taps: Vec<f32>,
    channel: u16,
    sum: f32,
    /// Samples of one channel that the filter still needs.
    line: Vec<f32>,
    out: Vec<f32>,
}

impl Front {
    pub(super) fn new(rate: u32, channels: u16) -> Self {
        let factor = rate / 8_000;
        let taps = taps(f64::from(rate), factor);
        let line = vec![0.0; taps.len().saturating_sub(1)];
        Self {
            rate: f64::from(rate) / f64::from(factor.max(1)),
            channels,
            factor: usize::try_from(factor).unwrap_or(1).max(1),
            taps,
            channel: 0,
            sum: 0.0,
            line,
            out: Vec::new(),
        }
    }

    /// Rate of what comes out, in hertz.
    pub(super) const fn rate(&self) -> f64 {
        self.rate
    }

    /// How much later a sound comes out than it went in, in samples of what comes out.
    pub(super) fn delay(&self) -> f64 {
        self.taps.len().saturating_sub(1) as f64 / 2.0 / self.factor as f64
    }

    /// What comes out for the next samples.
    pub(super) fn push(&mut self, interleaved: &[f32]) -> impl Iterator<Item = f32> + '_ {
        self.mix(interleaved);
        self.filter();
        self.out.drain(..)
    }

    /// What is left in the filter.
    pub(super) fn rest(&mut self) -> &[f32] {
        let zeros = self.taps.len() / 2 + self.factor;
        self.line.extend(std::iter::repeat_n(0.0, zeros));
        self.filter();
        &self.out
    }

    fn mix(&mut self, interleaved: &[f32]) {
        let share = 1.0 / f32::from(self.channels);
        for sample in interleaved {
            // Not a number fails both comparisons.
            let sample = if sample.abs() <= LOUDEST {
                *sample
            } else if sample.is_finite() {
                LOUDEST.copysign(*sample)
            } else {
                0.0
            };
            self.sum += sample;
            self.channel += 1;
            if self.channel == self.channels {
                self.line.push(self.sum * share);
                self.sum = 0.0;
                self.channel = 0;
            }
        }
    }

    fn filter(&mut self) {
        let need = self.taps.len();
        if need == 0 {
            self.out.append(&mut self.line);
            return;
        }
        let mut at = 0;
        while let Some(window) = self.line.get(at..at + need) {
            self.out.push(dot(window, &self.taps));
            at += self.factor;
        }
        self.line.drain(..at.min(self.line.len()));
    }
}

/// A low pass with its stop band where aliases would fall below [`PASS_HZ`]; none for `factor` 1.
fn taps(rate: f64, factor: u32) -> Vec<f32> {
    if factor <= 1 {
        return Vec::new();
    }
    let out = rate / f64::from(factor);
    let width = out - 2.0 * PASS_HZ;
    let count = ((3.3 * rate / width) as usize).next_multiple_of(LANES);
    let middle = (count as f64 - 1.0) / 2.0;
    let taps: Vec<f64> = (0..count)
        .map(|i| {
            let x = i as f64 - middle;
            let hamming = 0.54 + 0.46 * (2.0 * PI * x / count as f64).cos();
            let angle = PI * x * out / rate;
            if x == 0.0 { hamming } else { hamming * angle.sin() / angle }
        })
        .collect();
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|tap| (tap / sum) as f32).collect()
}

fn dot(window: &[f32], taps: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    for (window, taps) in window.chunks_exact(LANES).zip(taps.chunks_exact(LANES)) {
        for ((lane, sample), tap) in lanes.iter_mut().zip(window).zip(taps) {
            *lane += sample * tap;
        }
    }
    lanes.iter().sum()
}
