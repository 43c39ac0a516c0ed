//! How strongly each cell of a unit is raised or lowered.

use super::layout::{CELL, CELLS, FIRST, PAIRS, RATE, Symbol, WINDOW};
use super::math::{DB, log2};

/// Powers of the cells of a unit's two halves.
pub(super) type Powers = [[f32; CELLS]; 2];

/// What the mark changes by default, in decibels, between these frequencies in hertz.
const STRENGTH_DB: [(f32, f32); 4] = [(400.0, 0.6), (1_000.0, 0.85), (3_000.0, 1.36), (7_000.0, 1.6)];
/// Share of the mean power below which a cell counts as empty.
const FLOOR: f32 = 3e-5;
/// How much less a bit is marked for each decibel that the sound itself already says it.
const FEEDBACK: f32 = 0.08;
/// What a unit keeps of what was said before it: for about four seconds.
const MEMORY: f32 = 0.975;
/// Least and most that a symbol is marked with, of the usual.
const LEAST: f32 = 0.4;
const MOST: f32 = 1.8;
/// Share of the change that a detector hears: the windows smear the rest.
const HEARD: f32 = 0.6;
/// Power of the change, by a cell's power against its surroundings; and its range.
const MASK_SLOPE: f32 = 0.25;
const MASKED: [f32; 2] = [0.6, 1.5];
/// Largest response of a pair that is believed, in decibels.
pub(super) const CLIP: f32 = 14.0;

/// The response of each pair: what its four cells say together, in decibels.
pub(super) fn responses(powers: &Powers, floor: f32) -> [f32; PAIRS] {
    let mut out = [0.0; PAIRS];
    let [before, after] = powers;
    let pairs = before.chunks_exact(2).zip(after.chunks_exact(2));
    for (out, pair) in out.iter_mut().zip(pairs) {
        if let ([a, b], [c, d]) = pair {
            let level = |power: &f32| log2(power + floor);
            *out = (DB * (level(a) - level(b) - level(c) + level(d))).clamp(-CLIP, CLIP);
        }
    }
    out
}

/// Decides the changes of one unit after the other.
#[derive(Debug, Clone)]
pub(super) struct Shaper {
    base: [f32; CELLS],
    /// How far the bits are ahead of what the mark alone would give, in decibels.
    ahead: Vec<f32>,
    mean: f32,
}

impl Shaper {
    pub(super) fn new(bits: usize, strength: f32) -> Self {
        let mut base = [0.0; CELLS];
        for (cell, base) in base.iter_mut().enumerate() {
            let line = FIRST as f32 + (CELL * cell) as f32 + CELL as f32 / 2.0;
            *base = strength * between(line * RATE as f32 / WINDOW as f32);
        }
        Self { base, ahead: vec![0.0; bits], mean: 0.0 }
    }

    /// The changes of the cells in decibels. `code` has the bits' signs.
    pub(super) fn changes(&mut self, powers: &Powers, symbols: &[Symbol], code: &[f32]) -> Powers {
        let now = powers.iter().flatten().sum::<f32>() / (2 * CELLS) as f32;
        self.mean = if self.mean == 0.0 { now } else { self.mean.max(1e-12) * 0.99 + now * 0.01 };
        let floor = FLOOR * self.mean + 1e-12;
        let limits = [limits(&powers[0], &self.base), limits(&powers[1], &self.base)];
        let heard = responses(powers, floor);
        self.ahead.iter_mut().for_each(|ahead| *ahead *= MEMORY);
        let mut out = [[0.0; CELLS]; 2];
        for (pair, (symbol, heard)) in symbols.iter().zip(heard).enumerate() {
            let sign = match symbol.bit {
                Some(bit) => code.get(usize::from(bit)).copied().unwrap_or(1.0),
                None => 1.0,
            } * if symbol.turned { -1.0 } else { 1.0 };
            let cells = 2 * pair..2 * pair + 2;
            let full: f32 = limits.iter().filter_map(|half| half.get(cells.clone())).flatten().sum();
            let usual: f32 = self.base.get(cells.clone()).unwrap_or_default().iter().sum::<f32>() * 2.0;
            let gain = HEARD * full;
            let ahead = symbol.bit.and_then(|bit| self.ahead.get_mut(usize::from(bit)));
            let before = ahead.as_ref().map_or(0.0, |ahead| **ahead) + sign * heard;
            let factor = (1.0 - FEEDBACK * before).clamp(LEAST, MOST);
            if let Some(ahead) = ahead {
                *ahead = (before + factor * gain - HEARD * usual).clamp(-60.0, 60.0);
            }
            for (half, (out, limits)) in out.iter_mut().zip(&limits).enumerate() {
                let row = out.iter_mut().zip(limits).skip(cells.start).take(2).enumerate();
                for (side, (out, limit)) in row {
                    let direction = if half == side { sign } else { -sign };
                    *out = direction * factor * limit;
                }
            }
        }
        out
    }
}

/// What the cells bear, in decibels: less where one stands out of its surroundings, more in the gaps.
fn limits(powers: &[f32; CELLS], base: &[f32; CELLS]) -> [f32; CELLS] {
    let mut out = *base;
    for (cell, (out, power)) in out.iter_mut().zip(powers).enumerate() {
        // About one critical band on either side.
        let reach = 1 + cell / 16;
        let around = powers.get(cell.saturating_sub(reach)..(cell + reach + 1).min(CELLS)).unwrap_or_default();
        let mean = around.iter().sum::<f32>() / around.len().max(1) as f32;
        let octaves = log2(power + 1e-12) - log2(mean + 1e-12);
        *out *= super::math::exp2(-MASK_SLOPE * octaves).clamp(MASKED[0], MASKED[1]);
    }
    out
}

fn between(hz: f32) -> f32 {
    let mut last = STRENGTH_DB[0];
    for point in STRENGTH_DB {
        if hz < point.0 {
            let share = (hz - last.0) / (point.0 - last.0).max(1.0);
            return last.1 + (point.1 - last.1) * share.max(0.0);
        }
        last = point;
    }
    last.1
}
