//! The rhythm notice short-long short-short (Morse "AI", GB 45438-2025 5.3 c)), heard in recordings.
//!
//! The sound is brought to about 8 kHz, cut into overlapping windows, and each window is asked for
//! its one dominating tone. Tones that begin and end sharply become marks; four in a row at the
//! same pitch are measured against the rhythm by `judge`. The standard gives no unit, pitch or
//! loudness, so all three are found out: what counts is that the four sounds are one tone with
//! lengths 1, 3, 1 and 1, that the gaps are gaps, and that the tone is silent around them.
//!
//! Memory is bounded: six seconds of spectra, whatever the length of the recording. Blocks may be cut
//! anywhere. Arithmetic is the same on all machines but for the last bit of a few constants, and
//! results are rounded.

mod frames;
mod front;
mod judge;
mod marks;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use self::frames::Frames;
use self::front::Front;
use self::judge::Judge;
use self::marks::Tracker;
use crate::error::{Error, Result};
use crate::message::notice::sound;

/// Sample rates that are listened to, in hertz.
const RATES: std::ops::RangeInclusive<u32> = 8_000..=192_000;
/// Most channels that are mixed down.
const CHANNELS: u16 = 64;
/// A score from which the rhythm is a notice, in ten-thousandths. The example `rhythm_figures` measures what it costs and keeps out.
const LEAST_SCORE: u32 = 5_000;
/// Most notices reported of one recording; what comes later is not listened for.
const MOST: usize = 4_096;
/// Silence listened to behind the last sample, in seconds.
const AFTER_S: f64 = 1.5;

/// A rhythm notice as heard (GB 45438-2025 5.3 c)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Heard {
    /// Begin of the first short sound, in milliseconds from the recording's begin.
    pub start_ms: u64,
    /// From the begin of the first sound to the end of the fourth, in milliseconds.
    pub duration_ms: u64,
    /// Length of the short sound, in milliseconds: 58 to 258.
    pub unit_ms: u32,
    /// The strongest partial of the tone, in hertz: 330 to 3,520.
    pub pitch_hz: u32,
    /// How near it is to a perfect notice, in ten-thousandths: 10,000 is perfect.
    pub score: u32,
}

/// Listens to a recording for rhythm notices (GB 45438-2025 5.3 c)).
///
/// Heard are single tones of 350 to 3,400 Hz with or without overtones, units of 60 to 250 ms, the
/// long sound of 2.5 to 3.5 units, and one to three units between the letters. The tone must be
/// louder than what sounds with it, and pause for about four units before and behind the notice.
///
/// ```
/// use biaoshi::carrier::notice::rhythm::Listener;
///
/// let mut listener = Listener::new(48_000, 2)?;
/// listener.push(&[0.0; 96_000]);
/// assert!(listener.finish().is_empty());
/// # Ok::<(), biaoshi::Error>(())
/// ```
#[derive(Debug)]
pub struct Listener {
    front: Front,
    frames: Frames,
    tracker: Tracker,
    judge: Judge,
    least: u32,
    heard: Vec<Heard>,
}

impl Listener {
    /// A listener for samples of `rate` hertz (8,000 to 192,000) in 1 to 64 interleaved channels.
    /// The channels are mixed to one.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] for another rate or number of channels.
    pub fn new(rate: u32, channels: u16) -> Result<Self> {
        if !RATES.contains(&rate) || !(1..=CHANNELS).contains(&channels) {
            return Err(Error::Unsupported(sound::RATE.with("rate", rate).arg("channels", channels)));
        }
        let front = Front::new(rate, channels);
        let frames = Frames::new(front.rate());
        let judge = Judge::new(front.rate(), front.delay());
        Ok(Self { front, frames, tracker: Tracker::default(), judge, least: LEAST_SCORE, heard: Vec::new() })
    }

    /// Reports from this score on, 0 to 10,000, instead of from the score of a notice. For
    /// measurements: below the usual bound nearly everything is something else.
    #[must_use]
    pub const fn least_score(mut self, score: u32) -> Self {
        self.least = score;
        self
    }

    /// Listens to the next samples, interleaved, full scale at 1.0. Blocks may be of any length and
    /// end between channels. What is no finite number counts as silence.
    pub fn push(&mut self, interleaved: &[f32]) {
        for block in interleaved.chunks(front::BLOCK) {
            self.frames.extend(self.front.push(block));
            self.listen();
        }
    }

    /// Ends listening. What was heard, in order of time, without overlaps.
    #[must_use]
    pub fn finish(mut self) -> Vec<Heard> {
        let silence = (self.front.rate() * AFTER_S) as usize;
        self.frames.extend(self.front.rest().iter().copied());
        self.listen();
        for _ in 0..silence.div_ceil(front::BLOCK) {
            self.frames.extend(std::iter::repeat_n(0.0, front::BLOCK));
            self.listen();
        }
        self.heard
    }

    fn listen(&mut self) {
        while self.frames.advance() {
            for index in self.frames.newest() {
                let Some(frame) = self.frames.get(index) else { continue };
                if let Some(mark) = self.tracker.step(index, frame) {
                    self.judge.mark(mark);
                }
                while let Some(heard) = self.judge.step(index, &self.frames) {
                    self.keep(heard);
                }
            }
        }
    }

    /// Of overlapping ones the better is kept.
    fn keep(&mut self, heard: Heard) {
        if heard.score < self.least {
            return;
        }
        while let Some(last) = self.heard.last() {
            if last.start_ms.saturating_add(last.duration_ms) <= heard.start_ms {
                break;
            }
            if last.score >= heard.score {
                return;
            }
            self.heard.pop();
        }
        if self.heard.len() < MOST {
            self.heard.push(heard);
        }
    }
}
