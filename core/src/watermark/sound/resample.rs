//! Change of sampling rate by a windowed sinc, sample for sample as the input arrives.

use std::f64::consts::PI;

/// Zero crossings of the sinc on either side.
const CROSSINGS: f64 = 16.0;
/// Pass band, as a share of the lower rate's band.
const PASS: f64 = 0.93;
/// Filters kept; a phase between two of them takes the nearer.
const PHASES: u64 = 512;

/// Resamples one channel: output sample `n` is the input at `n * from / to`, whatever the pieces.
#[derive(Debug, Clone)]
pub(super) struct Resampler {
    from: u64,
    to: u64,
    half: usize,
    phases: u64,
    /// One filter after the other, `2 * half` taps each.
    filters: Vec<f32>,
    line: Vec<f32>,
    /// Input samples already dropped from `line`, which begins `half` samples before the input.
    dropped: u64,
    next: u64,
}

impl Resampler {
    /// From one rate to another, in hertz; both at least 1.
    pub(super) fn new(from: u32, to: u32) -> Self {
        let shared = gcd(from, to).max(1);
        let (from, to) = (u64::from((from / shared).max(1)), u64::from((to / shared).max(1)));
        if from == to {
            return Self { from, to, half: 0, phases: 0, filters: Vec::new(), line: Vec::new(), dropped: 0, next: 0 };
        }
        let scale = (to as f64 / from as f64).min(1.0) * PASS;
        let half = (CROSSINGS / scale) as usize + 1;
        let phases = to.min(PHASES);
        let mut filters = Vec::with_capacity(phases as usize * 2 * half);
        for phase in 0..phases {
            let start = filters.len();
            let place = phase as f64 / phases as f64;
            // Tap i weighs the input sample i - half + 1 after the one at or before the place.
            filters.extend((0..2 * half).map(|tap| {
                let x = (tap as f64 - half as f64 + 1.0 - place) * scale;
                (sinc(x) * hann(x / (half as f64 * scale))) as f32
            }));
            let sum: f32 = filters.iter().skip(start).sum();
            filters.iter_mut().skip(start).for_each(|tap| *tap /= sum);
        }
        Self { from, to, half, phases, filters, line: vec![0.0; half], dropped: 0, next: 0 }
    }

    /// Takes input samples and appends what they complete to `out`.
    pub(super) fn push(&mut self, input: &[f32], out: &mut Vec<f32>) {
        if self.half == 0 {
            out.extend_from_slice(input);
            return;
        }
        self.line.extend_from_slice(input);
        let taps = 2 * self.half;
        let mut used = 0;
        loop {
            let at = self.next * self.from;
            let (mut whole, rest) = (at / self.to, at % self.to);
            let mut phase =
                if self.to == self.phases { rest } else { (rest * self.phases * 2 + self.to) / (self.to * 2) };
            if phase == self.phases {
                (whole, phase) = (whole + 1, 0);
            }
            // The line's first sample is the input's sample `dropped - half`.
            let first = (whole + 1).saturating_sub(self.dropped) as usize;
            let Some(samples) = self.line.get(first..first + taps) else {
                used = first.min(self.line.len()).max(used);
                break;
            };
            let filter = self.filters.get(phase as usize * taps..(phase as usize + 1) * taps).unwrap_or_default();
            out.push(dot(samples, filter));
            self.next += 1;
            used = first;
        }
        // Rounding up a phase can look one sample further than the next one does.
        let used = used.saturating_sub(1);
        self.line.drain(..used);
        self.dropped += used as u64;
    }

    /// Input samples that an output sample waits for.
    pub(super) const fn latency(&self) -> usize {
        self.half + 1
    }
}

/// Sum of products in a fixed order, in eight lanes.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (mut a, mut b) = (a.chunks_exact(8), b.chunks_exact(8));
    let mut lanes = [0.0_f32; 8];
    for (a, b) in a.by_ref().zip(b.by_ref()) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    let rest: f32 = a.remainder().iter().zip(b.remainder()).map(|(a, b)| a * b).sum();
    lanes.iter().sum::<f32>() + rest
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-9 { 1.0 } else { libm::sin(PI * x) / (PI * x) }
}

/// Hann's window over -1 to 1.
fn hann(x: f64) -> f64 {
    if x.abs() >= 1.0 { 0.0 } else { 0.5 + 0.5 * libm::cos(PI * x) }
}
