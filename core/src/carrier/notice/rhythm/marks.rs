//! Stretches in which one tone dominates.

use super::frames::Frame;

/// Least share of a dominating tone.
const LEAST_SHARE: f32 = 0.45;
/// Least power of a tone: about 63 dB below a full-scale sine.
const LEAST_POWER: f32 = 2.5e-7;
/// A tone ends when its power falls to this part of its most.
const FALL: f32 = 0.125;
/// A tone begins anew when its power rises to this multiple of the least since it ended.
const RISE: f32 = 4.0;
/// Windows that may fail within a tone.
const MISSES: usize = 1;
/// Fewest windows of a mark.
const SHORTEST: usize = 4;

/// One sounding of a tone: its windows from `first` to `last` are sure, its edges are not yet known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mark {
    pub(super) first: usize,
    pub(super) last: usize,
    /// In hertz.
    pub(super) pitch: f32,
    /// Mean power of the loud windows.
    pub(super) power: f32,
}

impl Mark {
    /// Whether both are soundings of one tone.
    pub(super) fn alike(&self, other: &Self) -> bool {
        near(self.pitch, other.pitch) && self.power < other.power / FALL && other.power < self.power / FALL
    }
}

/// Whether two pitches are the same as far as one window tells.
pub(super) fn near(a: f32, b: f32) -> bool {
    (a - b).abs() <= (0.025 * a.max(b)).max(15.0)
}

#[derive(Debug)]
struct Run {
    first: usize,
    last: usize,
    most: f32,
    /// Power, and pitch by power, summed.
    power: f32,
    pitch: f32,
    windows: usize,
}

impl Run {
    fn new(index: usize, frame: &Frame) -> Self {
        let mut run = Self { first: index, last: index, most: 0.0, power: 0.0, pitch: 0.0, windows: 0 };
        run.add(index, frame);
        run
    }

    fn add(&mut self, index: usize, frame: &Frame) {
        // What came while the sound still rose says little.
        if frame.tone > 2.0 * self.most {
            (self.power, self.pitch, self.windows) = (0.0, 0.0, 0);
        }
        self.most = self.most.max(frame.tone);
        self.last = index;
        if 2.0 * frame.tone >= self.most {
            self.power += frame.tone;
            self.pitch += frame.tone * frame.pitch;
            self.windows += 1;
        }
    }

    fn holds(&self, frame: &Frame) -> bool {
        near(self.pitch / self.power, frame.pitch) || frame.tone > 4.0 * self.most
    }

    fn mark(&self) -> Option<Mark> {
        let pitch = self.pitch / self.power;
        let long = self.last - self.first + 1 >= SHORTEST && pitch.is_finite();
        long.then(|| Mark { first: self.first, last: self.last, pitch, power: self.power / self.windows.max(1) as f32 })
    }
}

/// Follows the dominating tone from window to window.
#[derive(Debug, Default)]
pub(super) struct Tracker {
    run: Option<Run>,
    misses: usize,
    /// Least power since a tone faded.
    faded: Option<f32>,
}

impl Tracker {
    /// Takes the next window; a mark that has just ended.
    pub(super) fn step(&mut self, index: usize, frame: &Frame) -> Option<Mark> {
        let tonal = frame.share >= LEAST_SHARE && frame.tone >= LEAST_POWER;
        let Some(run) = &mut self.run else {
            self.begin(index, frame, tonal);
            return None;
        };
        if tonal && frame.tone < FALL * run.most && run.holds(frame) {
            self.faded = Some(frame.tone);
        } else if tonal && run.holds(frame) {
            self.misses = 0;
            run.add(index, frame);
            return None;
        } else {
            self.misses += 1;
            if self.misses <= MISSES {
                return None;
            }
        }
        let mark = run.mark();
        self.run = None;
        self.misses = 0;
        self.begin(index, frame, tonal);
        mark
    }

    fn begin(&mut self, index: usize, frame: &Frame, tonal: bool) {
        if !tonal {
            self.faded = None;
            return;
        }
        if let Some(least) = &mut self.faded {
            *least = least.min(frame.tone);
            if frame.tone < RISE * *least {
                return;
            }
        }
        self.faded = None;
        self.run = Some(Run::new(index, frame));
    }
}
