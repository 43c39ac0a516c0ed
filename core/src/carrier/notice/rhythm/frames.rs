//! Short-time spectra, and what dominates each.

use std::fmt;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlannerScalar};

/// Samples of a window: 16 to 32 ms, shorter than the shortest gap.
const WINDOW: usize = 256;
/// Spectral lines kept of each window.
const BINS: usize = 118;
/// Windows kept: more than six seconds.
const KEEP: usize = 1_280;
/// Windows a second, nearly.
const PER_SECOND: f64 = 200.0;
/// What is counted as sound, in hertz.
const BAND_HZ: [f32; 2] = [190.0, 3_560.0];
/// Where the tone may be, in hertz.
const PITCH_HZ: [f32; 2] = [330.0, 3_520.0];

/// What dominates one window. Powers are mean squares, full scale at 1.0.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Frame {
    /// The strongest tone, in hertz.
    pub(super) pitch: f32,
    /// Its power.
    pub(super) tone: f32,
    /// Power in the band.
    pub(super) total: f32,
    /// The share that the tone and its overtones have of it, 0 to 1.
    pub(super) share: f32,
}

/// The last six seconds as spectra.
pub(super) struct Frames {
    line: Vec<f32>,
    hop: usize,
    window: Vec<f32>,
    fft: Arc<dyn Fft<f32>>,
    work: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    /// Hertz from one spectral line to the next.
    step: f32,
    powers: Vec<[f32; BINS]>,
    frames: Vec<Frame>,
    count: usize,
}

impl fmt::Debug for Frames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frames").field("count", &self.count).field("hop", &self.hop).finish_non_exhaustive()
    }
}

impl Frames {
    pub(super) fn new(rate: f64) -> Self {
        let fft = FftPlannerScalar::new().plan_fft_forward(WINDOW);
        let window = (0..WINDOW)
            .map(|i| 0.5 - 0.5 * (std::f64::consts::TAU * (i as f64 + 0.5) / WINDOW as f64).cos())
            .map(|w| w as f32)
            .collect();
        Self {
            // A sound that begins with the recording begins here in silence.
            line: vec![0.0; WINDOW],
            hop: ((rate / PER_SECOND + 0.5) as usize).max(1),
            window,
            work: vec![Complex::default(); WINDOW],
            scratch: vec![Complex::default(); fft.get_inplace_scratch_len()],
            fft,
            step: rate as f32 / WINDOW as f32,
            powers: vec![[0.0; BINS]; KEEP],
            frames: vec![Frame::default(); KEEP],
            count: 0,
        }
    }

    /// Takes the next samples.
    pub(super) fn extend(&mut self, samples: impl Iterator<Item = f32>) {
        self.line.extend(samples);
    }

    /// Makes the next two spectra, one in the real and one in the imaginary part; false if more
    /// samples are needed.
    pub(super) fn advance(&mut self) -> bool {
        let (Some(first), Some(second)) = (self.line.get(..WINDOW), self.line.get(self.hop..self.hop + WINDOW)) else {
            return false;
        };
        for (((out, a), b), w) in self.work.iter_mut().zip(first).zip(second).zip(&self.window) {
            *out = Complex::new(a * w, b * w);
        }
        self.fft.process_with_scratch(&mut self.work, &mut self.scratch);
        self.line.drain(..2 * self.hop);
        let (first, second) = separate(&self.work);
        self.store(first);
        self.store(second);
        true
    }

    /// The indices of the spectra made last.
    pub(super) fn newest(&self) -> std::ops::Range<usize> {
        self.count.saturating_sub(2)..self.count
    }

    /// What dominates the window `index`, if it is kept.
    pub(super) fn get(&self, index: usize) -> Option<&Frame> {
        self.kept(index).and_then(|at| self.frames.get(at))
    }

    /// The windows from `base` on.
    pub(super) const fn view(&self, base: usize) -> View<'_> {
        View { frames: self, base }
    }

    fn kept(&self, index: usize) -> Option<usize> {
        (index < self.count && index + KEEP >= self.count).then_some(index % KEEP)
    }

    fn store(&mut self, power: [f32; BINS]) {
        let at = self.count % KEEP;
        if let Some(frame) = self.frames.get_mut(at) {
            *frame = describe(&power, self.step);
        }
        if let Some(kept) = self.powers.get_mut(at) {
            *kept = power;
        }
        self.count += 1;
    }
}

/// The windows from one on, counted from there: places stay small numbers in a long recording.
pub(super) struct View<'a> {
    frames: &'a Frames,
    base: usize,
}

impl View<'_> {
    /// What dominates the window `at`, if it is kept.
    pub(super) fn get(&self, at: usize) -> Option<&Frame> {
        self.frames.get(self.base + at)
    }

    /// Power near `pitch` in the window `at`; 0 if it is not kept.
    pub(super) fn power(&self, at: usize, pitch: f32) -> f32 {
        let line = (pitch / self.frames.step + 0.5) as usize;
        let power = self.frames.kept(self.base + at).and_then(|at| self.frames.powers.get(at));
        power.map_or(0.0, |power| around(power, line, 1))
    }

    /// Samples from one window to the next.
    pub(super) fn hop(&self) -> f64 {
        self.frames.hop as f64
    }

    /// Middle of the window at the place `at`, in samples from the begin; places between windows are
    /// no whole numbers.
    pub(super) fn middle(&self, at: f32) -> f64 {
        (self.base as f64 + f64::from(at)) * self.hop() - (WINDOW / 2) as f64
    }

    /// Half of a window's length, in windows.
    pub(super) fn blur(&self) -> f32 {
        (WINDOW / 2) as f32 / self.frames.hop as f32
    }
}

/// The spectra of the two signals in one transform, as power: a tone's lines sum to its mean square.
fn separate(both: &[Complex<f32>]) -> ([f32; BINS], [f32; BINS]) {
    const SCALE: f32 = 16.0 / (3.0 * (WINDOW * WINDOW) as f32) / 4.0;
    let (mut first, mut second) = ([0.0; BINS], [0.0; BINS]);
    let lines = both.iter().skip(1).zip(both.iter().rev());
    for ((a, b), (z, mirror)) in first.iter_mut().skip(1).zip(second.iter_mut().skip(1)).zip(lines) {
        *a = (z + mirror.conj()).norm_sqr() * SCALE;
        *b = (z - mirror.conj()).norm_sqr() * SCALE;
    }
    (first, second)
}

/// Sum of the lines from `line - reach` to `line + reach`.
fn around(power: &[f32; BINS], line: usize, reach: usize) -> f32 {
    let end = (line + reach + 1).min(BINS);
    power.get(line.saturating_sub(reach)..end).map_or(0.0, |lines| lines.iter().sum())
}

fn describe(power: &[f32; BINS], step: f32) -> Frame {
    let line = |hz: f32| ((hz / step + 0.5) as usize).min(BINS);
    let band = [line(BAND_HZ[0]), line(BAND_HZ[1])];
    let total: f32 = power.get(band[0]..band[1]).map_or(0.0, |lines| lines.iter().sum());
    let (mut top, mut most) = (0, 0.0);
    for (at, value) in power.iter().enumerate().take(line(PITCH_HZ[1])).skip(line(PITCH_HZ[0])) {
        if *value > most {
            (top, most) = (at, *value);
        }
    }
    if most <= 0.0 || total <= 0.0 {
        return Frame::default();
    }
    let place = top as f32 + offset(power, top);
    let tone = around(power, top, 2);
    let mut with_overtones = tone;
    let mut overtone = 2.0 * place;
    while (overtone as usize) + 2 < band[1] {
        with_overtones += around(power, (overtone + 0.5) as usize, 1);
        overtone += place;
    }
    Frame { pitch: place * step, tone, total, share: (with_overtones / total).min(1.0) }
}

/// Where between the lines the tone is: exact for a single tone in a Hann window.
fn offset(power: &[f32; BINS], top: usize) -> f32 {
    let at = |i: usize| power.get(i).copied().unwrap_or(0.0);
    let (before, here, behind) = (at(top.saturating_sub(1)), at(top), at(top + 1));
    let ratio = (before.max(behind) / here).sqrt();
    let offset = ((2.0 * ratio - 1.0) / (1.0 + ratio)).clamp(0.0, 0.5);
    if behind >= before { offset } else { -offset }
}
