//! How loud a sound is (EBU R 128, ITU-R BS.1770-5), and where it is quiet.

use ebur128::{EbuR128, Mode};

use super::SoundShape;
use crate::error::{Error, Result};
use crate::message::notice::sound as rows;

/// Measures gated loudness and, if asked, the true peak.
#[derive(Debug)]
pub(super) struct Meter {
    inner: EbuR128,
    channels: u16,
}

impl Meter {
    pub(super) fn new(shape: SoundShape, peaks: bool) -> Result<Self> {
        // The histogram bounds its memory.
        let mode = Mode::I | Mode::HISTOGRAM | if peaks { Mode::TRUE_PEAK } else { Mode::I };
        let inner = EbuR128::new(u32::from(shape.channels), shape.rate, mode);
        let refused = |_| super::unread("PCM", format!("{} Hz, {} channels", shape.rate, shape.channels));
        Ok(Self { inner: inner.map_err(refused)?, channels: shape.channels })
    }

    pub(super) fn add(&mut self, block: &[f32]) -> Result<()> {
        self.inner.add_frames_f32(block).map_err(|e| super::unread("PCM", e))
    }

    /// Integrated loudness in LUFS; none for silence and for what is shorter than 400 ms.
    pub(super) fn loudness(&self) -> Option<f64> {
        self.inner.loudness_global().ok().filter(|lufs| lufs.is_finite())
    }

    /// The highest true peak of all channels, 1.0 being full scale.
    pub(super) fn peak(&self) -> f64 {
        let peaks = (0..u32::from(self.channels)).filter_map(|channel| self.inner.true_peak(channel).ok());
        peaks.fold(0.0, f64::max)
    }
}

/// What is known of the content when all of it has been heard.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) shape: SoundShape,
    /// Samples of one channel.
    pub(super) frames: u64,
    /// Integrated loudness in LUFS.
    pub(super) loudness: Option<f64>,
    /// Energy of each window, and samples of one channel in it.
    energies: Vec<f32>,
    window: u32,
}

impl Heard {
    /// A fitting middle place: the quietest moment of the middle fifth, at its nearest to the middle,
    /// in samples from the start.
    pub(super) fn middle(&self) -> u64 {
        let window = u64::from(self.window);
        let count = self.energies.len();
        let half = count / 2;
        let rest = |at: usize| -> f32 {
            let around = self.energies.get(at.saturating_sub(2)..at.saturating_add(2).min(count));
            around.unwrap_or_default().iter().sum()
        };
        let places = count.saturating_mul(2) / 5..=count.saturating_mul(3) / 5;
        let best = places.min_by(|a, b| rest(*a).total_cmp(&rest(*b)).then(a.abs_diff(half).cmp(&b.abs_diff(half))));
        (best.unwrap_or(half) as u64).saturating_mul(window).min(self.frames)
    }
}

/// Most windows that are kept: where there are more, each two become one.
const WINDOWS: usize = 1 << 16;
/// Lowest sample rate.
const RATE: u32 = 1000;

/// Listens to content that comes in blocks.
#[derive(Debug, Default)]
pub(super) struct Ear {
    meter: Option<(Meter, SoundShape)>,
    frames: u64,
    energies: Vec<f32>,
    sum: f32,
    filled: u32,
    /// At first 50 ms.
    window: u32,
}

impl Ear {
    pub(super) fn add(&mut self, shape: SoundShape, block: &[f32]) -> Result<()> {
        let (meter, shape) = match self.meter.as_mut() {
            Some((meter, shape)) => (meter, *shape),
            None => {
                if shape.rate < RATE {
                    return Err(super::unread("PCM", format!("{} Hz", shape.rate)));
                }
                self.window = shape.rate / 20;
                let (meter, shape) = self.meter.insert((Meter::new(shape, false)?, shape));
                (meter, *shape)
            }
        };
        meter.add(block)?;
        for frame in block.chunks_exact(usize::from(shape.channels.max(1))) {
            self.sum += frame.iter().map(|s| s * s).sum::<f32>();
            self.filled += 1;
            self.frames += 1;
            if self.filled == self.window {
                self.energies.push(std::mem::take(&mut self.sum));
                self.filled = 0;
                self.halve();
            }
        }
        Ok(())
    }

    fn halve(&mut self) {
        if self.energies.len() == WINDOWS {
            self.energies = self.energies.chunks(2).map(|pair| pair.iter().sum()).collect();
            self.window = self.window.saturating_mul(2);
        }
    }

    pub(super) fn finish(self) -> Result<Heard> {
        let (meter, shape) = self.meter.ok_or_else(|| Error::Malformed(rows::EMPTY.problem()))?;
        Ok(Heard {
            shape,
            frames: self.frames,
            loudness: meter.loudness(),
            energies: self.energies,
            window: self.window,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn the_middle_is_where_it_is_quiet() -> Result<()> {
        let shape = SoundShape { rate: 8000, channels: 2 };
        // 100 s; a pause at 53 s, a longer one at 20 s, which is not the middle.
        let pause = |at: u32, from: u32, to: u32| (8000 * from..8000 * to).contains(&at);
        let mut ear = Ear::default();
        for at in 0..800_000u32 {
            let loud = if pause(at, 53, 54) || pause(at, 20, 25) { 0.0 } else { (at as f32 * 0.3).sin() };
            ear.add(shape, &[loud, loud])?;
        }
        let heard = ear.finish()?;
        assert!(pause(heard.middle() as u32, 53, 54), "{}", heard.middle());
        assert_eq!(heard.frames, 800_000);
        Ok(())
    }

    #[test]
    fn long_sound_takes_no_more_memory() -> Result<()> {
        let shape = SoundShape { rate: 1000, channels: 1 };
        let mut ear = Ear::default();
        for part in 0..700u32 {
            ear.add(shape, &vec![if part == 360 { 0.0 } else { 0.1 }; 10_000])?;
        }
        let heard = ear.finish()?;
        assert!(heard.energies.len() <= WINDOWS && heard.window == 200);
        assert_eq!(heard.middle() / 10_000, 360);
        assert!(Ear::default().add(SoundShape { rate: 999, channels: 1 }, &[0.0]).is_err());
        Ok(())
    }
}
