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
    /// Energy of each window of 50 ms.
    energies: Vec<f32>,
}

impl Heard {
    /// A fitting middle place: the quietest moment of the middle fifth, at its nearest to the middle,
    /// in samples from the start.
    pub(super) fn middle(&self) -> u64 {
        let window = u64::from(window(self.shape.rate));
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

/// Samples of a window.
fn window(rate: u32) -> u32 {
    (rate / 20).max(1)
}

/// Listens to content that comes in blocks.
#[derive(Debug, Default)]
pub(super) struct Ear {
    meter: Option<(Meter, SoundShape)>,
    frames: u64,
    energies: Vec<f32>,
    sum: f32,
    filled: u32,
}

impl Ear {
    pub(super) fn add(&mut self, shape: SoundShape, block: &[f32]) -> Result<()> {
        let (meter, shape) = match self.meter.as_mut() {
            Some((meter, shape)) => (meter, *shape),
            None => {
                let (meter, shape) = self.meter.insert((Meter::new(shape, false)?, shape));
                (meter, *shape)
            }
        };
        meter.add(block)?;
        for frame in block.chunks_exact(usize::from(shape.channels.max(1))) {
            self.sum += frame.iter().map(|s| s * s).sum::<f32>();
            self.filled += 1;
            self.frames += 1;
            if self.filled == window(shape.rate) {
                self.energies.push(std::mem::take(&mut self.sum));
                self.filled = 0;
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Heard> {
        let (meter, shape) = self.meter.ok_or_else(|| Error::Malformed(rows::EMPTY.problem()))?;
        Ok(Heard { shape, frames: self.frames, loudness: meter.loudness(), energies: self.energies })
    }
}
