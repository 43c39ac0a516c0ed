//! Where in the sound the blocks are, and how fast it runs.

use super::layout::{CELL, CELLS, FIRST, Known, Layout, PAIRS, UNITS};
use super::math::{DB, log2};
use super::shape::CLIP;

/// Samples from one spectrum to the next when detecting.
pub(super) const STEP: usize = 128;
/// Spectra in one half of a unit.
const HALF: usize = 6;
/// Spectra from one unit to the next.
pub(super) const UNIT_STEPS: usize = 2 * HALF;
/// First spectral line kept, and how many: room for sound that runs faster or slower.
pub(super) const KEPT_FIRST: usize = FIRST - 1;
pub(super) const KEPT: usize = 226;
/// Share of the mean power below which a cell counts as empty.
const FLOOR: f32 = 3e-5;

/// How a copy differs from the marked sound: both 1.0 when it doesn't.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// Factor on frequencies.
    pub(super) pitch: f32,
    /// Factor on the rate at which time runs.
    pub(super) time: f32,
}

/// The spectra of a stretch of sound: powers of the kept lines, spectrum after spectrum.
#[derive(Debug, Clone, Default)]
pub(super) struct Stretch {
    powers: Vec<f32>,
}

/// What each pair says at each place, one pair after the other.
#[derive(Debug, Clone)]
pub(super) struct Field {
    len: usize,
    values: Vec<f32>,
}

/// All so far, block upon block, at the speed that it was marked at. The past fades.
#[derive(Debug, Clone, Default)]
pub(super) struct Fold {
    values: Vec<f32>,
}

impl Fold {
    /// What stays of the past after each addition.
    const FADE: f32 = 0.85;

    /// Adds what `field`, which begins at the place `start` of the sound, says from its place `from` on.
    pub(super) fn add(&mut self, field: &Field, from: usize, start: usize) {
        let period = Field::period(1.0);
        self.values.resize(period * PAIRS, 0.0);
        self.values.iter_mut().for_each(|value| *value *= Self::FADE);
        for (pair, sums) in self.values.chunks_exact_mut(period).enumerate() {
            for (at, value) in field.pair(pair).iter().enumerate().skip(from) {
                if let Some(sum) = sums.get_mut((start + at) % period) {
                    *sum += value;
                }
            }
        }
    }

    /// Two blocks of it.
    pub(super) fn field(&self) -> Field {
        let period = Field::period(1.0);
        let values = self.values.chunks_exact(period).flat_map(|line| line.iter().chain(line)).copied().collect();
        Field { len: 2 * period, values }
    }
}

impl Scale {
    pub(super) const SAME: Self = Self { pitch: 1.0, time: 1.0 };
}

impl Stretch {
    pub(super) fn push(&mut self, powers: &[f32; KEPT]) {
        self.powers.extend_from_slice(powers);
    }

    /// Drops the first spectra.
    pub(super) fn forget(&mut self, spectra: usize) {
        self.powers.drain(..(spectra * KEPT).min(self.powers.len()));
    }

    pub(super) fn len(&self) -> usize {
        self.powers.len() / KEPT
    }

    pub(super) fn is_silent(&self) -> bool {
        self.powers.iter().all(|power| *power == 0.0)
    }

    /// The responses for sound whose pitch was changed by the factor `pitch`. With `heed_floor`, cells
    /// count less the nearer they are to what they have at quiet times: better where noise was added.
    pub(super) fn field(&self, pitch: f32, heed_floor: bool) -> Field {
        let frames = self.len();
        let len = frames.saturating_sub(HALF + 5).max(1);
        let taps = taps(pitch);
        let mut cells = vec![0.0_f32; frames * CELLS];
        for (out, lines) in cells.chunks_exact_mut(CELLS).zip(self.powers.chunks_exact(KEPT)) {
            for (out, tap) in out.iter_mut().zip(&taps) {
                if let Some(lines) = lines.get(tap.first..tap.first + 4) {
                    *out = lines.iter().zip(tap.weights).map(|(line, w)| line * w).sum();
                }
            }
        }
        let mean = cells.iter().sum::<f32>() / cells.len().max(1) as f32;
        let floor = (FLOOR * mean * 5.0).max(1e-12);
        let mut levels = vec![0.0_f32; frames * CELLS];
        for (frame, out) in levels.chunks_exact_mut(CELLS).enumerate() {
            let near = cells.get(frame * CELLS..((frame + 5) * CELLS).min(cells.len())).unwrap_or_default();
            for row in near.chunks_exact(CELLS) {
                for (out, cell) in out.iter_mut().zip(row) {
                    *out += cell;
                }
            }
            for out in out {
                *out = DB * log2(*out + floor);
            }
        }
        let floors = heed_floor.then(|| floors(&levels));
        let mut values = vec![0.0_f32; len * PAIRS];
        let mut weights = vec![1.0_f32; if heed_floor { len * PAIRS } else { 0 }];
        for place in 0..len {
            let row = |at: usize| levels.get(at * CELLS..(at + 1) * CELLS).unwrap_or_default().chunks_exact(2);
            for (pair, (before, after)) in row(place).zip(row(place + HALF)).enumerate() {
                let at = pair * len + place;
                if let ([a, b], [c, d], Some(out)) = (before, after, values.get_mut(at)) {
                    *out = (a - b - c + d).clamp(-CLIP, CLIP);
                }
                let floor = floors.as_ref().and_then(|floors| floors.get(2 * pair..2 * pair + 2));
                if let ([a, b], [c, d], Some([f, g]), Some(weight)) = (before, after, floor, weights.get_mut(at)) {
                    *weight = over(a - f) + over(b - g) + over(c - f) + over(d - g);
                }
            }
        }
        for line in values.chunks_exact_mut(len) {
            whiten(line);
        }
        values.iter_mut().zip(&weights).for_each(|(value, weight)| *value *= weight);
        Field { len, values }
    }
}

/// How much a cell counts that is so many decibels above the floor.
fn over(level: f32) -> f32 {
    (level * 0.025).clamp(0.025, 0.25)
}

/// What each cell has when little sounds in it: the mean of the levels below their mean.
fn floors(levels: &[f32]) -> Vec<f32> {
    let rows = (levels.len() / CELLS).max(1) as f32;
    let mut means = vec![0.0_f32; CELLS];
    for row in levels.chunks_exact(CELLS) {
        means.iter_mut().zip(row).for_each(|(mean, level)| *mean += level);
    }
    means.iter_mut().for_each(|mean| *mean /= rows);
    let mut sums = vec![(0.0_f32, 1e-3_f32); CELLS];
    for row in levels.chunks_exact(CELLS) {
        for ((sum, mean), level) in sums.iter_mut().zip(&means).zip(row) {
            if level < mean {
                *sum = (sum.0 + level, sum.1 + 1.0);
            }
        }
    }
    sums.iter().map(|(sum, count)| sum / count + 1.0).collect()
}

/// Weighs each response by how much its neighbours in time vary.
fn whiten(line: &mut [f32]) {
    const PIECE: usize = 24;
    const LEAST: f32 = 6.0;
    let vars: Vec<f32> =
        line.chunks(PIECE).map(|piece| piece.iter().map(|v| v * v).sum::<f32>() / piece.len() as f32).collect();
    for (at, piece) in line.chunks_mut(PIECE).enumerate() {
        let near = vars.get(at.saturating_sub(2)..(at + 3).min(vars.len())).unwrap_or_default();
        let var = near.iter().sum::<f32>() / near.len().max(1) as f32;
        let weight = 1.0 / (var + LEAST);
        piece.iter_mut().for_each(|v| *v *= weight);
    }
}

struct Tap {
    first: usize,
    weights: [f32; 4],
}

fn taps(pitch: f32) -> Vec<Tap> {
    (0..CELLS)
        .map(|cell| {
            let low = ((FIRST + CELL * cell) as f32 - 0.5) * pitch + 0.5 - KEPT_FIRST as f32;
            let high = low + CELL as f32 * pitch;
            let first = low.max(0.0) as usize;
            let mut weights = [0.0; 4];
            for (at, weight) in weights.iter_mut().enumerate() {
                let line = (first + at) as f32;
                *weight = (high.min(line + 1.0) - low.max(line)).max(0.0);
            }
            Tap { first, weights }
        })
        .collect()
}

/// A place where a block may begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) scale: Scale,
    /// Spectra from the begin of the stretch.
    pub(super) place: usize,
    /// How many standard deviations the known symbols stand out.
    pub(super) score: f32,
}

impl Field {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The part that begins at `start`.
    pub(super) fn part(&self, start: usize, len: usize) -> Self {
        let len = len.min(self.len.saturating_sub(start)).max(1);
        let values = (0..PAIRS).flat_map(|pair| self.pair(pair).iter().skip(start).take(len)).copied().collect();
        Self { len, values }
    }

    fn pair(&self, pair: usize) -> &[f32] {
        self.values.get(pair * self.len..(pair + 1) * self.len).unwrap_or_default()
    }

    /// Places of a unit in all blocks that touch the stretch, from the begin of the first block on.
    fn visits(&self, unit: usize, time: f32) -> impl Iterator<Item = usize> {
        let blocks = self.len / (UNITS * UNIT_STEPS) + 2;
        (0..blocks).map(move |block| {
            let units = (block * UNITS + unit) as f32;
            (units * UNIT_STEPS as f32 / time + 0.5) as usize
        })
    }

    /// Spectra of one block.
    pub(super) fn period(time: f32) -> usize {
        ((UNITS * UNIT_STEPS) as f32 / time + 0.5) as usize
    }

    /// The best places for blocks to begin.
    pub(super) fn search(&self, layout: &Layout, scale: Scale, most: usize) -> Vec<Candidate> {
        let period = Self::period(scale.time);
        let mut sums = vec![0.0_f32; period];
        let mut squares = vec![1e-9_f32; period];
        for Known { unit, pair, sign } in layout.known() {
            let line = self.pair(usize::from(*pair));
            for visit in self.visits(usize::from(*unit), scale.time) {
                // A block that begins at `place` began also one period earlier.
                let (skip, from) = if visit >= period { (0, visit - period) } else { (period - visit, 0) };
                let Some(part) = line.get(from..) else { continue };
                let sums = sums.iter_mut().zip(&mut squares).skip(skip);
                for ((sum, square), value) in sums.zip(part) {
                    *sum += sign * value;
                    *square += value * value;
                }
            }
        }
        let mut scores: Vec<(usize, f32)> =
            sums.iter().zip(&squares).map(|(sum, square)| sum / square.sqrt()).enumerate().collect();
        scores.sort_by(|a, b| b.1.total_cmp(&a.1));
        let mut out: Vec<Candidate> = Vec::new();
        for (place, score) in scores.into_iter().take(most * 6) {
            if out.len() < most && !out.iter().any(|c| c.place.abs_diff(place) < 3) {
                out.push(Candidate { scale, place, score });
            }
        }
        out
    }

    /// The soft values of the code word's bits.
    pub(super) fn read(&self, layout: &Layout, at: &Candidate, bits: usize) -> Vec<f32> {
        let period = Self::period(at.scale.time);
        let mut soft = vec![0.0_f32; bits];
        let (mut sum, mut square, mut count) = (0.0_f32, 1e-9_f32, 1e-9_f32);
        for unit in 0..UNITS {
            for visit in self.visits(unit, at.scale.time) {
                let Some(place) = (visit + at.place).checked_sub(period) else { continue };
                for (pair, symbol) in layout.unit(unit).iter().enumerate() {
                    let Some(value) = self.values.get(pair * self.len + place).filter(|_| place < self.len) else {
                        continue;
                    };
                    let value = if symbol.turned { -value } else { *value };
                    match symbol.bit.and_then(|bit| soft.get_mut(usize::from(bit))) {
                        Some(soft) => *soft += value,
                        None => (sum, square, count) = (sum + value, square + value * value, count + 1.0),
                    }
                }
            }
        }
        let mean = (sum / count).max(1e-9);
        let var = (square / count - mean * mean).max(1e-9);
        soft.iter_mut().for_each(|value| *value = (*value * 2.0 * mean / var).clamp(-30.0, 30.0));
        soft
    }
}
