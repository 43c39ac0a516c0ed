//! What half size and JPEG leave of the mark, foreseen: where the rounded coefficient of a block is
//! about to change in favour of the mark, a small push makes it, and a whole step is won.
//!
//! Who reads knows nothing of it. Pushes go the way of the mark, so they help under other codecs too,
//! by what they are: a little more of the mark.

use super::math::turn;
use super::plane::{Interpolated, Plane};

/// Steps of luminance at quality 50 (ITU-T T.81, table K.1), by frequency down and across.
const STEPS: Block = [
    [16.0, 11.0, 10.0, 16.0, 24.0, 40.0, 51.0, 61.0],
    [12.0, 12.0, 14.0, 19.0, 26.0, 58.0, 60.0, 55.0],
    [14.0, 13.0, 16.0, 24.0, 40.0, 57.0, 69.0, 56.0],
    [14.0, 17.0, 22.0, 29.0, 51.0, 87.0, 80.0, 62.0],
    [18.0, 22.0, 37.0, 56.0, 68.0, 109.0, 103.0, 77.0],
    [24.0, 35.0, 55.0, 64.0, 81.0, 104.0, 113.0, 92.0],
    [49.0, 64.0, 78.0, 87.0, 103.0, 121.0, 120.0, 101.0],
    [72.0, 92.0, 95.0, 98.0, 112.0, 100.0, 103.0, 99.0],
];
/// Squared frequencies, in half periods a block, that are pushed: where the mark lies at half size.
const PUSHED: std::ops::RangeInclusive<usize> = 2..=36;
/// Squared push over the step that it wins times what the mark has there: no more is spent.
const WORTH: f32 = 0.7;
/// So far beyond the boundary, in levels and in steps.
const BEYOND: (f32, f32) = (0.5, 0.02);
/// Weights of four neighbours a quarter beyond the second (Catmull and Rom).
const NEAR: [f32; 4] = [-0.070_312_5, 0.867_187_5, 0.226_562_5, -0.023_437_5];

type Block = [[f32; 8]; 8];

/// The transpose of the product of both.
#[inline]
fn times(block: &Block, table: &Block) -> Block {
    let mut products = [[0.0; 8]; 8];
    for (to, row) in products.iter_mut().zip(block) {
        for (v, cosines) in row.iter().zip(table) {
            to.iter_mut().zip(cosines).for_each(|(t, c)| *t += v * c);
        }
    }
    transposed(&products)
}

#[inline]
fn transposed(block: &Block) -> Block {
    let mut out = [[0.0; 8]; 8];
    for (i, row) in block.iter().enumerate() {
        for (to, v) in out.iter_mut().filter_map(|to| to.get_mut(i)).zip(row) {
            *to = *v;
        }
    }
    out
}

/// Discrete cosine transforms of blocks of 8 × 8.
struct Cosines {
    forward: Block,
    inverse: Block,
}

impl Cosines {
    #[allow(clippy::cast_possible_truncation)]
    fn new() -> Self {
        let mut inverse = [[0.0; 8]; 8];
        for (u, row) in (0u8..).zip(&mut inverse) {
            let norm = if u == 0 { 0.125f64.sqrt() } else { 0.5 };
            for (x, v) in (0u8..).zip(row) {
                *v = (norm * turn(f64::from(u) * (2.0 * f64::from(x) + 1.0) / 32.0).0) as f32;
            }
        }
        Self { forward: transposed(&inverse), inverse }
    }

    /// Of the block of `rows` that starts at `left`.
    fn of(&self, rows: &Plane, left: usize) -> Block {
        let mut block = [[0.0; 8]; 8];
        for (to, row) in block.iter_mut().zip(rows.rows()) {
            if let Some(from) = row.get(left..).and_then(|r| r.first_chunk::<8>()) {
                *to = *from;
            }
        }
        times(&times(&block, &self.forward), &self.forward)
    }
}

/// Means of 2 × 2 numbers.
fn halved(plane: &Plane) -> Plane {
    let mut out = Plane::new(plane.width / 2, plane.height / 2);
    for (y, to) in out.rows_mut().enumerate() {
        add_halves(plane, y, to);
    }
    out
}

fn add_halves(plane: &Plane, y: usize, to: &mut [f32]) {
    for row in [2 * y, 2 * y + 1].map(|y| plane.row(y)) {
        to.iter_mut().zip(row.as_chunks::<2>().0).for_each(|(t, [a, b])| *t += 0.25 * (a + b));
    }
}

/// What is added at half size.
///
/// `tile`: of the mark, `wanted`: what of it shall be won; `mask`: by what both are multiplied, in cells.
pub(super) fn pushes(luminance: &Plane, tile: &Plane, wanted: &Plane, mask: &Plane, cell: usize) -> Plane {
    let mut change = Plane::new(luminance.width / 2, luminance.height / 2);
    let width = change.width;
    let cosines = Cosines::new();
    let (tile, wanted) = (halved(tile), halved(wanted));
    let side = tile.width.max(1);
    let mut masks = Interpolated::new(mask, cell / 2);
    let mut hidden = vec![0.0; width];
    let mut marked = Plane::new(width, 8);
    let mut wishes = Plane::new(width, 8);
    for (top, band) in (0..).step_by(8).zip(change.data.chunks_exact_mut(width.saturating_mul(8).max(1))) {
        for (y, (marked, wishes)) in (top..).zip(marked.rows_mut().zip(wishes.rows_mut())) {
            masks.row(y, &mut hidden);
            marked.fill(0.0);
            add_halves(luminance, y, marked);
            let parts = hidden.chunks(side).zip(marked.chunks_mut(side)).zip(wishes.chunks_mut(side));
            for ((hidden, marked), wishes) in parts {
                marked.iter_mut().zip(hidden).zip(tile.row(y % side)).for_each(|((v, h), t)| *v += h * t);
                wishes.iter_mut().zip(hidden).zip(wanted.row(y % side)).for_each(|((v, h), t)| *v = h * t);
            }
        }
        for left in (0..width.saturating_sub(7)).step_by(8) {
            let mut push = [[0.0; 8]; 8];
            let mut any = false;
            let (values, wishes) = (cosines.of(&marked, left), cosines.of(&wishes, left));
            for (down, (((to, values), wishes), steps)) in
                push.iter_mut().zip(&values).zip(&wishes).zip(&STEPS).enumerate()
            {
                for (across, (((to, value), wish), step)) in
                    to.iter_mut().zip(values).zip(wishes).zip(steps).enumerate()
                {
                    if PUSHED.contains(&(down * down + across * across)) {
                        *to = pushed(*value, *wish, *step);
                        any |= *to != 0.0;
                    }
                }
            }
            if any {
                let push = times(&times(&push, &cosines.inverse), &cosines.inverse);
                for (to, row) in band.chunks_exact_mut(width).zip(&push) {
                    to.iter_mut().skip(left).zip(row).for_each(|(t, v)| *t = *v);
                }
            }
        }
    }
    change
}

/// How far a coefficient is pushed.
#[inline]
fn pushed(value: f32, wish: f32, step: f32) -> f32 {
    // As if the wish were positive.
    let along = if wish < 0.0 { -value } else { value };
    let steps = along / step + 0.5;
    let left = (steps.ceil() - steps) * step + BEYOND.0 + BEYOND.1 * step;
    if left * left > WORTH * step * wish.abs() {
        0.0
    } else if wish < 0.0 {
        -left
    } else {
        left
    }
}

/// Rows of what is added at half size, at full size.
pub(super) struct Enlarged<'a> {
    change: &'a Plane,
    between: Vec<f32>,
}

impl<'a> Enlarged<'a> {
    pub(super) fn new(change: &'a Plane) -> Self {
        Self { change, between: Vec::new() }
    }

    /// Adds row `y`.
    pub(super) fn add(&mut self, y: usize, to: &mut [f32]) {
        let last = self.change.height.saturating_sub(1);
        let row = |i: usize| self.change.row(i.min(last));
        let j = y / 2;
        let (before, after) = (row(j.saturating_sub(1)), row(j.saturating_add(1)));
        let near = if y.is_multiple_of(2) {
            [after, row(j), before, row(j.saturating_sub(2))]
        } else {
            [before, row(j), after, row(j.saturating_add(2))]
        };
        let [a, b, c, d] = near;
        let [w0, w1, w2, w3] = NEAR;
        self.between.clear();
        self.between.extend([0.0; 2]);
        self.between
            .extend(a.iter().zip(b).zip(c).zip(d).map(|(((a, b), c), d)| (a * w0 + b * w1) + (c * w2 + d * w3)));
        self.between.extend([0.0; 3]);
        let from = |i: usize| self.between.get(i..).unwrap_or_default();
        let five = from(0).iter().zip(from(1)).zip(from(2)).zip(from(3)).zip(from(4));
        for ([left, right], ((((a, b), c), d), e)) in to.as_chunks_mut::<2>().0.iter_mut().zip(five) {
            *left += (a * w3 + b * w2) + (c * w1 + d * w0);
            *right += (b * w0 + c * w1) + (d * w2 + e * w3);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

    use super::super::plane::count;
    use super::*;

    #[test]
    fn transforms_are_inverse_and_orthonormal() {
        let cosines = Cosines::new();
        let mut rows = Plane::new(16, 8);
        rows.data.iter_mut().enumerate().for_each(|(i, v)| *v = count(i * i % 97));
        let there = cosines.of(&rows, 8);
        let back = times(&times(&there, &cosines.inverse), &cosines.inverse);
        let energy = |b: &Block| b.iter().flatten().map(|v| v * v).sum::<f32>();
        assert!((energy(&there) / energy(&back) - 1.0).abs() < 1e-5);
        for (y, row) in back.iter().enumerate() {
            for (x, v) in row.iter().enumerate() {
                assert!((v - rows.row(y)[8 + x]).abs() < 1e-3);
            }
        }
    }

    #[test]
    fn pushes_go_just_beyond_the_boundary_and_the_way_of_the_wish() {
        for (value, wish, step) in [(7.0, 3.0, 16.0), (-7.5, -3.0, 16.0), (9.0, -4.0, 16.0), (22.0, 8.0, 16.0)] {
            let push = pushed(value, wish, step);
            assert!(push * wish > 0.0, "{value} {wish}: {push}");
            let won = ((value + push) / step).round() - (value / step).round();
            assert_eq!(won, wish.signum());
        }
        // Too far for what is won.
        assert_eq!(pushed(0.0, 1.0, 16.0), 0.0);
        assert_eq!(pushed(0.0, 0.0, 16.0), 0.0);
    }

    #[test]
    fn what_is_enlarged_is_the_same_when_halved() {
        let mut change = Plane::new(40, 40);
        for (y, row) in change.rows_mut().enumerate() {
            row.iter_mut().enumerate().for_each(|(x, v)| *v = turn(f64::from(count(3 * x + y)) / 16.0).0 as f32);
        }
        let mut full = Plane::new(80, 80);
        let mut rows = Enlarged::new(&change);
        full.rows_mut().enumerate().for_each(|(y, row)| rows.add(y, row));
        let half = halved(&full);
        for y in 4..36 {
            for x in 4..36 {
                assert!((half.row(y)[x] - change.row(y)[x]).abs() < 0.12);
            }
        }
    }
}
