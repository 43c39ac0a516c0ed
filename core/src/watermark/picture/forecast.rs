//! How clear the mark will be at half size and JPEG 50, from a quarter of the picture's blocks: so that
//! pictures in which it is drowned get more of it, and those that carry it easily less.

use super::foresee::{Block, Cosines, PUSHED, STEPS, add_halves, halved, pushed};
use super::mask::READ_FLOOR;
use super::plane::{Interpolated, Plane, count};

/// Of so many rows of blocks, and of so many blocks in a row, one is looked at.
const EACH: usize = 2;
/// Least and most by which the strength changes.
pub(super) const LEAST: f32 = 0.87;
pub(super) const MOST: f32 = 1.22;
/// By what the strength can change.
const TIMES: [f32; 7] = [LEAST, 0.92, 0.98, 1.04, 1.1, 1.16, MOST];
/// Clearness from which marks were read.
const CLEAR: f32 = 1.28;

/// By what the strength changes: the least that leaves the mark clear. `asked`: what the mask holds of the
/// scheme's strength.
pub(super) fn enough(luminance: &Plane, wanted: &Plane, mask: &Plane, cell: usize, asked: f32) -> f32 {
    let clear = clearness(luminance, wanted, mask, cell, asked);
    let least = TIMES.iter().zip(clear).find(|(_, clear)| *clear >= CLEAR).or(TIMES.iter().zip(clear).last());
    least.map_or(1.0, |(times, _)| *times)
}

/// For each change of the strength signal over noise of a carrier, about.
fn clearness(luminance: &Plane, wanted: &Plane, mask: &Plane, cell: usize, asked: f32) -> [f32; TIMES.len()] {
    let width = luminance.width / 2;
    let cosines = Cosines::new();
    let wanted = halved(wanted);
    let side = wanted.width.max(1);
    let mut masks = Interpolated::new(mask, cell / 2);
    let mut hidden = vec![0.0; width];
    let mut bare = Plane::new(width, 8);
    let mut wishes = Plane::new(width, 8);
    let mut sums = [(0.0f32, 0.0f32); TIMES.len()];
    let end = (luminance.height / 2).saturating_sub(7);
    for (row, top) in (0..end).step_by(8 * EACH).enumerate() {
        for (y, (bare, wishes)) in (top..).zip(bare.rows_mut().zip(wishes.rows_mut())) {
            masks.row(y, &mut hidden);
            bare.fill(0.0);
            add_halves(luminance, y, bare);
            for (hidden, wishes) in hidden.chunks(side).zip(wishes.chunks_mut(side)) {
                wishes.iter_mut().zip(hidden).zip(wanted.row(y % side)).for_each(|((v, h), t)| *v = h * t);
            }
        }
        for left in (8 * (row % EACH)..width.saturating_sub(7)).step_by(8 * EACH) {
            let (values, wishes) = (cosines.of(&bare, left), cosines.of(&wishes, left));
            let hidden = hidden.get(left.saturating_add(4)).copied().unwrap_or(1.0).max(1e-3);
            for (sum, times) in sums.iter_mut().zip(TIMES) {
                let (signal, noise) = kept(&values, &wishes, times / asked);
                // The reader expects the tile, not what the mask makes of it.
                sum.0 += signal / hidden;
                sum.1 += noise / (hidden * hidden);
            }
        }
    }
    let all = (count(EACH * EACH) / 512.0).sqrt();
    sums.map(|(signal, noise)| all * signal / (noise.sqrt() + 1e-6))
}

/// What is left of the mark in a block, along the mark, and the square of what is across, as the reader weights both.
fn kept(values: &Block, wishes: &Block, times: f32) -> (f32, f32) {
    let (mut signal, mut noise, mut energy) = (0.0, 0.0, 0.0);
    for (down, ((values, wishes), steps)) in values.iter().zip(wishes).zip(&STEPS).enumerate() {
        for (across, ((value, wish), step)) in values.iter().zip(wishes).zip(steps).enumerate() {
            if PUSHED.contains(&(down * down + across * across)) {
                let mark = times * wish;
                let marked = value + mark;
                let after = step * ((marked + pushed(marked, mark, *step)) / step + 0.5).floor();
                let before = step * (value / step + 0.5).floor();
                signal += (after - before) * wish;
                noise += after * after * wish * wish;
                energy += after * after;
            }
        }
    }
    let deviation = (energy * (1.0 / 64.0)).sqrt() + READ_FLOOR;
    // To the power -11/8.
    let quarter = deviation.sqrt().sqrt();
    let weight = 1.0 / (deviation * quarter * quarter.sqrt());
    (signal * weight, noise * weight * weight)
}
