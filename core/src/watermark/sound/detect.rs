//! Detection.

use super::UnsupportedSound;
use super::layout::{Layout, RATE, WINDOW};
use super::resample::Resampler;
use super::search::{Candidate, Field, Fold, KEPT, KEPT_FIRST, STEP, Scale, Stretch};
use super::spectrum::{Spectra, hann};
use crate::watermark::polar::{Code, LIST};
use crate::watermark::{Key, Payload};

/// Spectra looked at together: 24 seconds.
const SPAN: usize = 24 * RATE as usize / STEP;
/// Spectra from one look to the next: 12 seconds.
const TURN: usize = SPAN / 2;
/// Spectra of the short parts looked at when the whole gives nothing: 8 seconds.
const SHORT: usize = SPAN / 3;
/// Least standing out of the known symbols, in standard deviations, that is worth an attempt.
const LEAST: f32 = 3.5;
/// Places tried in the stretch as it is, in each short part, in all so far, and at other speeds.
const TRIES: [usize; 4] = [4, 2, 4, 16];
/// Other speeds tried on either side, and how far apart.
const SPEEDS: i16 = 24;
const SPEED_STEP: f32 = 0.0025;
/// Places that each other speed proposes.
const PROPOSED: usize = 3;
/// Moments worked on at a time.
const PIECE: usize = 65_536;
/// Bits that are fixed in the payload of a label: version and reserved ones. A wrong one fits them by
/// chance.
const FIXED_BITS: i32 = 6;

/// What a detector found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Detection {
    /// A mark.
    Found(Found),
    /// None.
    Absent(Absent),
}

/// A mark that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// The 64 bits.
    pub payload: u64,
    /// Where the first block that it was read from begins, in seconds from the begin of the sound.
    pub offset: f64,
    /// How many times higher the pitch is than that of the marked sound.
    pub pitch: f32,
    /// How many times faster the sound runs than the marked sound.
    pub tempo: f32,
    /// How many standard deviations the part of the mark that is known beforehand stands out: 3.5 or
    /// more.
    pub confidence: f32,
    /// How far what was read agrees with the code word of the payload: up to 1, by chance 0.
    pub agreement: f32,
    /// Bound on the probability that sound without a mark would have given any payload up to here.
    pub false_alarm: f64,
}

/// That no mark was found says nothing of how the sound came to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Absent {
    /// Sound looked at, in seconds.
    pub seconds: f64,
    /// Bound on the probability that sound without a mark would have given any payload.
    pub false_alarm: f64,
}

/// Looks for a mark while the sound arrives. Memory doesn't grow with the sound.
///
/// ```
/// use biaoshi::watermark::Key;
/// use biaoshi::watermark::sound::{Detection, Detector};
///
/// let mut detector = Detector::new(48_000, 2, &Key::public())?;
/// detector.push(&[0.0; 9_600]);
/// assert!(matches!(detector.finish(), Detection::Absent(_)));
/// # Ok::<(), biaoshi::watermark::sound::UnsupportedSound>(())
/// ```
#[derive(Debug, Clone)]
pub struct Detector {
    down: Resampler,
    channels: usize,
    rate: u32,
    /// Interleaved samples of an incomplete moment.
    partial: Vec<f32>,
    /// Moments taken.
    taken: u64,
    line: Vec<f32>,
    stretch: Stretch,
    /// Spectra before the stretch.
    dropped: usize,
    /// Spectra not looked at yet.
    fresh: usize,
    fold: Fold,
    layout: Layout,
    code: Code,
    /// Whether only the payloads of labels count.
    public: bool,
    spectra: Spectra,
    hann: Vec<f32>,
    found: Option<Found>,
    tries: u32,
}

impl Detector {
    /// For sound of this rate in hertz and so many channels.
    ///
    /// # Errors
    ///
    /// Rates outside of 8,000 to 192,000 Hz; no channel, or more than 8.
    pub fn new(rate: u32, channels: usize, key: &Key) -> Result<Self, UnsupportedSound> {
        super::supported(rate, channels)?;
        let code = super::code();
        Ok(Self {
            down: Resampler::new(rate, RATE),
            channels,
            rate,
            partial: Vec::new(),
            taken: 0,
            line: vec![0.0; WINDOW / 2],
            stretch: Stretch::default(),
            dropped: 0,
            fresh: 0,
            fold: Fold::default(),
            layout: Layout::new(code.length(), &mut key.stream(super::STREAM)),
            code,
            public: key.is_public(),
            spectra: Spectra::new(),
            hann: hann(),
            found: None,
            tries: 0,
        })
    }

    /// Takes interleaved samples, full scale at 1.0, in pieces of any length. The first mark found is
    /// the answer: what comes after it isn't looked at.
    pub fn push(&mut self, interleaved: &[f32]) {
        for piece in interleaved.chunks(PIECE) {
            if self.found.is_some() {
                return;
            }
            let whole = super::whole(&mut self.partial, piece, self.channels);
            self.taken += (whole.len() / self.channels) as u64;
            let share = 1.0 / self.channels as f32;
            let mono: Vec<f32> = whole
                .chunks_exact(self.channels)
                .map(|moment| moment.iter().map(|sample| super::sane(*sample)).sum::<f32>() * share)
                .collect();
            self.take(&mono);
        }
    }

    /// The answer.
    pub fn finish(mut self) -> Detection {
        if self.found.is_none() {
            self.take(&vec![0.0; self.down.latency() + 2 * WINDOW * self.rate as usize / RATE as usize]);
            if self.fresh > 0 && self.found.is_none() {
                self.look();
            }
        }
        let seconds = self.taken as f64 / f64::from(self.rate);
        match self.found {
            Some(found) => Detection::Found(found),
            None => Detection::Absent(Absent { seconds, false_alarm: self.false_alarm() }),
        }
    }

    /// Attempts, times words looked at in each, times the share of words whose checksum and fixed bits fit.
    fn false_alarm(&self) -> f64 {
        let fixed = if self.public { FIXED_BITS } else { 0 };
        f64::from(self.tries) * LIST as f64 / f64::from(u32::MAX) / f64::from(1 << fixed)
    }

    fn take(&mut self, mono: &[f32]) {
        self.down.push(mono, &mut self.line);
        let (mut first, mut second) = ([0.0; KEPT], [0.0; KEPT]);
        let mut at = 0;
        while let (Some(a), Some(b)) = (self.line.get(at..at + WINDOW), self.line.get(at + STEP..at + STEP + WINDOW)) {
            self.spectra.forward(a, b, &self.hann);
            self.spectra.powers(KEPT_FIRST, &mut first, &mut second);
            self.stretch.push(&first);
            self.stretch.push(&second);
            at += 2 * STEP;
            self.fresh += 2;
            if self.stretch.len() >= SPAN && self.found.is_none() {
                self.look();
                self.stretch.forget(TURN);
                self.dropped += TURN;
                self.fresh = 0;
            }
        }
        self.line.drain(..at);
    }

    fn look(&mut self) {
        // Recordings hold hours of silence, which can't say anything.
        if self.stretch.is_silent() {
            return;
        }
        let field = self.stretch.field(1.0, false);
        let mut candidates = field.search(&self.layout, Scale::SAME, TRIES[0]);
        if self.attempt(&field, &candidates, self.dropped) {
            return;
        }
        let heeding = self.stretch.field(1.0, true);
        candidates = heeding.search(&self.layout, Scale::SAME, TRIES[0]);
        if self.attempt(&heeding, &candidates, self.dropped) {
            return;
        }
        for start in (0..field.len()).step_by(SHORT / 2) {
            if field.len() > SHORT && start + SHORT / 2 < field.len() {
                let part = field.part(start, SHORT);
                candidates = part.search(&self.layout, Scale::SAME, TRIES[1]);
                if self.attempt(&part, &candidates, self.dropped + start) {
                    return;
                }
            }
        }
        let fresh = field.len().saturating_sub(self.fresh);
        self.fold.add(&field, fresh, self.dropped);
        if self.dropped > 0 {
            let all = self.fold.field();
            candidates = all.search(&self.layout, Scale::SAME, TRIES[2]);
            if self.attempt(&all, &candidates, 0) {
                return;
            }
        }
        self.look_faster_and_slower(&field);
    }

    fn look_faster_and_slower(&mut self, field: &Field) {
        let mut candidates = Vec::new();
        for step in (-SPEEDS..=SPEEDS).filter(|step| *step != 0) {
            let time = f32::from(step).mul_add(SPEED_STEP, 1.0);
            candidates.extend(field.search(&self.layout, Scale { pitch: 1.0, time }, PROPOSED));
            let turned = self.stretch.field(time, false);
            candidates.extend(turned.search(&self.layout, Scale { pitch: time, time }, PROPOSED));
        }
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score));
        candidates.truncate(TRIES[3]);
        for candidate in candidates {
            let done = if candidate.scale.pitch == 1.0 {
                self.attempt(field, &[candidate], self.dropped)
            } else {
                let turned = self.stretch.field(candidate.scale.pitch, false);
                self.attempt(&turned, &[candidate], self.dropped)
            };
            if done {
                return;
            }
        }
    }

    /// Tries to read a payload at the places, which are counted from the spectrum `start` of the sound.
    fn attempt(&mut self, field: &Field, candidates: &[Candidate], start: usize) -> bool {
        for candidate in candidates.iter().filter(|candidate| candidate.score >= LEAST) {
            let soft = field.read(&self.layout, candidate, self.code.length());
            self.tries = self.tries.saturating_add(1);
            let decoded = self.code.decode(&soft);
            if let Some(payload) = decoded.filter(|bits| !self.public || Payload::from_bits(*bits).is_some()) {
                self.found = Some(Found {
                    payload,
                    agreement: agreement(&soft, &self.code.encode(payload)),
                    offset: ((start + candidate.place) * STEP) as f64 / f64::from(RATE),
                    pitch: candidate.scale.pitch,
                    tempo: candidate.scale.time,
                    confidence: candidate.score,
                    false_alarm: self.false_alarm(),
                });
                return true;
            }
        }
        false
    }
}

/// Part of what was read that agrees with the word, less the part that does not.
fn agreement(soft: &[f32], word: &[u8]) -> f32 {
    let (mut with, mut all) = (0.0f32, f32::MIN_POSITIVE);
    for (value, bit) in soft.iter().zip(word) {
        with += if *bit == 1 { -value } else { *value };
        all += value.abs();
    }
    with / all
}
