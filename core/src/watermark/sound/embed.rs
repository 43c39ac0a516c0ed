//! Embedding, while the sound arrives.

use std::collections::VecDeque;

use rustfft::num_complex::Complex;

use super::UnsupportedSound;
use super::layout::{CELL, CELLS, HOP, Layout, RATE, SLOT, UNIT, WINDOW};
use super::math::exp2;
use super::resample::Resampler;
use super::shape::{Powers, Shaper};
use super::spectrum::{LINES, START, Spectra, gather, hann, sine};
use crate::watermark::Key;

/// Interleaved samples worked on at a time.
const PIECE: usize = 65_536;

#[derive(Debug, Clone)]
struct Lane {
    down: Resampler,
    up: Resampler,
    /// At the rate of the analysis, from the begin of the next unit's first spectrum.
    line: Vec<f32>,
    /// Spectra already added for the samples that the next unit still changes.
    overlap: Vec<f32>,
    /// What is to be added, at the rate of the sound.
    delta: VecDeque<f32>,
}

/// Marks sound while it arrives.
#[derive(Debug, Clone)]
pub struct Embedder {
    lanes: Vec<Lane>,
    /// Interleaved samples of an incomplete moment.
    partial: Vec<f32>,
    /// Interleaved samples that have not been given out.
    waiting: VecDeque<f32>,
    layout: Layout,
    code: Vec<f32>,
    shaper: Shaper,
    spectra: Spectra,
    sine: Vec<f32>,
    hann: Vec<f32>,
    unit: usize,
}

impl Embedder {
    /// For sound of this rate in hertz and so many channels. With the public key the payload is that of a
    /// [`Payload`](crate::watermark::Payload), or nothing will read it. `strength` is 1.0 by default;
    /// from 0.25 to 4.0, others are taken for the nearest.
    ///
    /// # Errors
    ///
    /// Rates outside of 8,000 to 192,000 Hz; no channel, or more than 8.
    pub fn new(rate: u32, channels: usize, payload: u64, key: &Key, strength: f32) -> Result<Self, UnsupportedSound> {
        super::supported(rate, channels)?;
        let code: Vec<f32> =
            super::code().encode(payload).iter().map(|bit| if *bit == 1 { -1.0 } else { 1.0 }).collect();
        let lane = Lane {
            down: Resampler::new(rate, RATE),
            up: Resampler::new(RATE, rate),
            line: vec![0.0; HOP],
            overlap: vec![0.0; HOP],
            delta: VecDeque::new(),
        };
        let strength = if strength.is_nan() { 1.0 } else { strength.clamp(0.25, 4.0) };
        Ok(Self {
            lanes: vec![lane; channels],
            partial: Vec::new(),
            waiting: VecDeque::new(),
            shaper: Shaper::new(code.len(), strength),
            layout: Layout::new(code.len(), &mut key.stream(super::STREAM)),
            code,
            spectra: Spectra::new(),
            sine: sine(),
            hann: hann(),
            unit: 0,
        })
    }

    /// Takes interleaved samples, full scale at 1.0, in pieces of any length, and gives those that are
    /// ready, in order.
    pub fn push(&mut self, interleaved: &[f32]) -> Vec<f32> {
        let mut out = Vec::with_capacity(interleaved.len());
        for piece in interleaved.chunks(PIECE) {
            let whole = super::whole(&mut self.partial, piece, self.lanes.len());
            self.waiting.extend(&whole);
            self.feed(&whole);
            self.give(&mut out);
        }
        out
    }

    /// Gives the rest: what was given is then as long as what was taken.
    pub fn finish(mut self) -> Vec<f32> {
        let zeros = vec![0.0; UNIT * HOP * self.lanes.len()];
        let mut out = Vec::new();
        self.give(&mut out);
        while !self.waiting.is_empty() {
            self.feed(&zeros);
            self.give(&mut out);
        }
        out.append(&mut self.partial);
        out
    }

    fn feed(&mut self, interleaved: &[f32]) {
        let channels = self.lanes.len();
        let mut one = Vec::with_capacity(interleaved.len() / channels);
        for (channel, lane) in self.lanes.iter_mut().enumerate() {
            one.clear();
            one.extend(interleaved.iter().skip(channel).step_by(channels).map(|sample| super::sane(*sample)));
            lane.down.push(&one, &mut lane.line);
        }
        while self.lanes.iter().all(|lane| lane.line.len() >= (UNIT - 1) * HOP + WINDOW) {
            self.mark_unit();
        }
    }

    fn give(&mut self, out: &mut Vec<f32>) {
        let channels = self.lanes.len();
        let moments = self.lanes.iter().map(|lane| lane.delta.len()).min().unwrap_or(0);
        for _ in 0..moments.min(self.waiting.len() / channels) {
            for lane in &mut self.lanes {
                if let (Some(sample), Some(delta)) = (self.waiting.pop_front(), lane.delta.pop_front()) {
                    out.push(add(sample, delta));
                }
            }
        }
    }

    fn mark_unit(&mut self) {
        let mono = self.mono();
        let powers = self.host(&mono);
        let changes = self.shaper.changes(&powers, self.layout.unit(self.unit), &self.code);
        self.unit += 1;
        let mut gains = [[0.0_f32; LINES]; 2];
        for (gains, changes) in gains.iter_mut().zip(&changes) {
            for (lines, change) in gains.chunks_exact_mut(CELL).zip(changes) {
                lines.fill(exp2(change / 6.020_6) - 1.0);
            }
        }
        let mut added = Vec::new();
        for lane in &mut self.lanes {
            let mut sum = vec![0.0_f32; UNIT * HOP + HOP];
            for (at, sample) in sum.iter_mut().zip(&lane.overlap) {
                *at = *sample;
            }
            for frame in 0..UNIT {
                let samples = lane.line.get(frame * HOP..frame * HOP + WINDOW).unwrap_or_default();
                self.spectra.forward(samples, &[0.0; WINDOW], &self.sine);
                let Some(gains) = gains.get(frame / SLOT) else { continue };
                filter(&mut self.spectra.work, gains);
                self.spectra.inverse();
                let out = sum.iter_mut().skip(frame * HOP);
                for ((out, value), w) in out.zip(&self.spectra.work).zip(&self.sine) {
                    *out += value.re * w / WINDOW as f32;
                }
            }
            lane.line.drain(..UNIT * HOP);
            lane.overlap.clear();
            lane.overlap.extend(sum.drain(UNIT * HOP..));
            // The first spectrum begins before the sound.
            let skip = if self.unit == 1 { HOP } else { 0 };
            added.clear();
            lane.up.push(sum.get(skip..).unwrap_or_default(), &mut added);
            lane.delta.extend(&added);
        }
    }

    fn mono(&self) -> Vec<f32> {
        let mut mono = vec![0.0_f32; (UNIT - 1) * HOP + WINDOW];
        for lane in &self.lanes {
            for (sum, sample) in mono.iter_mut().zip(&lane.line) {
                *sum += sample;
            }
        }
        let share = 1.0 / self.lanes.len().max(1) as f32;
        mono.iter_mut().for_each(|sample| *sample *= share);
        mono
    }

    /// Powers of the cells, as the detector sees them before the mark.
    fn host(&mut self, mono: &[f32]) -> Powers {
        let mut powers = [[0.0; CELLS]; 2];
        let (mut first, mut second) = ([0.0; LINES], [0.0; LINES]);
        for frame in (0..UNIT).step_by(2) {
            let at = |frame: usize| mono.get(frame * HOP..frame * HOP + WINDOW).unwrap_or_default();
            self.spectra.forward(at(frame), at(frame + 1), &self.hann);
            self.spectra.powers(START, &mut first, &mut second);
            for (frame, lines) in [(frame, &first), (frame + 1, &second)] {
                if let Some(half) = powers.get_mut(frame / SLOT) {
                    gather(lines, half);
                }
            }
        }
        powers
    }
}

/// Keeps what the gains change of a real signal's spectrum.
fn filter(work: &mut [Complex<f32>], gains: &[f32; LINES]) {
    let mut gains = gains.iter();
    for (line, value) in work.iter_mut().enumerate() {
        let gain = if (START..=WINDOW / 2).contains(&line) { gains.next().copied().unwrap_or(0.0) } else { 0.0 };
        // Only one half of the lines: twice their real part is the signal.
        *value *= 2.0 * gain;
    }
}

/// The mark goes past full scale no further than the sound itself did.
fn add(sample: f32, delta: f32) -> f32 {
    if !sample.is_finite() || delta == 0.0 {
        return sample;
    }
    let most = sample.abs().max(1.0);
    (sample + delta).clamp(-most, most)
}
