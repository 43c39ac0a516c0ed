//! Reading the mark.

use super::Found;
use super::align::{Aligner, Folded};
use super::embed::{side_for, usual_side};
use super::lattice::{LIST, Lattice, TILE};
use super::mask::{Activity, cell_of};
use super::plane::{Plane, count};
use super::search::{Matrix, candidates};
use super::soft::likelihoods;
use super::spectrum::Spectrum;

/// A mark that was read.
pub(super) struct Read {
    pub(super) payload: u64,
    /// From waves of the tile to waves of the plane.
    pub(super) matrix: Matrix,
    pub(super) coherence: f32,
    pub(super) decodings: u32,
}

/// How the tile may lie in the plane, and how well the sync carriers agree with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guess {
    pub(super) matrix: Matrix,
    pub(super) coherence: f32,
}

/// Candidates of the search that are folded.
const FOLDED: usize = 6;
/// Deviations below which a candidate is chance.
const LIKELY: f32 = 5.0;
/// Deviations from which a candidate is no chance, though its waves may agree no better than noise does.
const SURE: f32 = 12.0;
/// Coherence of a picture as it lies from which it is decoded.
const COHERENT: f32 = 0.56;
/// Decodings tried of one picture at most: five of the picture as it lies, one of each candidate.
pub(super) const MOST_DECODINGS: usize = FOLDED + 5;
/// Pixels of the largest plane that is looked at.
const MOST_PIXELS: usize = 2_600_000;

/// By how much a picture of this size is reduced before it is looked at.
pub(super) fn reduction((width, height): (usize, usize)) -> usize {
    (1..).find(|by| (width / by).saturating_mul(height / by) <= MOST_PIXELS).unwrap_or(1)
}

impl Read {
    pub(super) fn found(&self, by: usize, lattice: &Lattice) -> Found {
        let [a, b, c, d] = self.matrix;
        let determinant = a * d - b * c;
        let mirrored = determinant < 0.0;
        // The matrix takes waves of the tile to waves of the picture. A mirrored one turns the first
        // axis, which is mirrored first, the other way round.
        let (x, y) = if mirrored { (-a, -c) } else { (a, c) };
        #[allow(clippy::cast_precision_loss)]
        Found {
            payload: self.payload,
            scale: f64::from(count(by)) * f64::from(count(TILE))
                / f64::from(count(lattice.base))
                / determinant.abs().max(1e-12).sqrt(),
            // Down is positive in pictures.
            rotation: -y.atan2(x).to_degrees(),
            mirrored,
            confidence: self.coherence.min(1.0),
            false_alarm: f64::from(self.decodings) * LIST as f64 / 4_294_967_296.0,
        }
    }
}

/// Looks at one plane.
pub(super) struct Reader<'a> {
    lattice: &'a Lattice,
    plane: &'a Plane,
    aligner: Aligner<'a>,
    weighted: Vec<(usize, Plane)>,
    decodings: u32,
    /// Whatever was folded.
    guesses: Vec<Guess>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(lattice: &'a Lattice, plane: &'a Plane) -> Self {
        Self { lattice, plane, aligner: Aligner::new(lattice), weighted: Vec::new(), decodings: 0, guesses: Vec::new() }
    }

    /// What was tried.
    pub(super) fn guesses(self) -> Vec<Guess> {
        self.guesses
    }

    /// `size`: of the picture, which the plane shows reduced `by` so much.
    pub(super) fn read(&mut self, size: (usize, usize), by: usize) -> Option<Read> {
        let base = self.lattice.base;
        // As it was marked, cut from a larger picture, or shown at half size.
        let twice = side_for((size.0.saturating_mul(2), size.1.saturating_mul(2)), base);
        let mut sides = vec![side_for(size, base)];
        for side in [twice / 2, usual_side(base), base] {
            if !sides.contains(&side) {
                sides.push(side);
            }
        }
        for side in sides {
            let size = f64::from(count(TILE)) * f64::from(count(by)) / f64::from(count(side));
            let matrix = [size, 0.0, 0.0, size];
            if let Some(read) = self.try_plain(matrix) {
                return Some(read);
            }
            // A picture whose sides were odd was not halved exactly.
            if side == twice / 2
                && let Some(read) = self.try_aligned(matrix, true)
            {
                return Some(read);
            }
        }
        let weighted = self.take(4);
        let spectrum = Spectrum::of(&weighted);
        self.weighted.push((4, weighted));
        // Of a tile that is larger than the picture too little is seen.
        let shortest = f64::from(count(self.plane.width.min(self.plane.height)));
        let side = |m: &Matrix| f64::from(count(TILE)) / determinant(m).sqrt();
        let likely = candidates(&spectrum, self.lattice).into_iter().filter(|c| c.score > LIKELY);
        for candidate in likely.filter(|c| side(&c.matrix) <= shortest).take(FOLDED) {
            if let Some(read) = self.try_aligned(candidate.matrix, candidate.score > SURE) {
                return Some(read);
            }
        }
        None
    }

    fn take(&mut self, cell: usize) -> Plane {
        match self.weighted.iter().position(|(c, _)| *c == cell) {
            Some(i) => self.weighted.swap_remove(i).1,
            None => Activity::of(self.plane, cell).weighted(),
        }
    }

    fn try_aligned(&mut self, matrix: Matrix, sure: bool) -> Option<Read> {
        let cell = cell(&matrix);
        let weighted = self.take(cell);
        let (folded, agrees) = self.aligner.aligned(&weighted, matrix, sure);
        self.weighted.push((cell, weighted));
        self.guesses.push(Guess { matrix: folded.matrix, coherence: folded.coherence });
        agrees.then_some(folded).and_then(|f| self.decode(f))
    }

    fn try_plain(&mut self, matrix: Matrix) -> Option<Read> {
        let cell = cell(&matrix);
        let weighted = self.take(cell);
        let folded = self.aligner.plain(&weighted, matrix);
        self.weighted.push((cell, weighted));
        self.guesses.push(Guess { matrix, coherence: folded.coherence });
        if folded.coherence < COHERENT {
            return None;
        }
        self.decode(folded)
    }

    fn decode(&mut self, folded: Folded) -> Option<Read> {
        self.decodings = self.decodings.saturating_add(1);
        let soft = likelihoods(&folded, self.aligner.square(), self.lattice);
        let payload = self.lattice.code.decode(&soft)?;
        Some(Read { payload, matrix: folded.upright(), coherence: folded.coherence, decodings: self.decodings })
    }
}

fn determinant(matrix: &Matrix) -> f64 {
    (matrix[0] * matrix[3] - matrix[1] * matrix[2]).abs().max(1e-6)
}

#[allow(clippy::cast_possible_truncation)]
pub(super) fn cell(matrix: &Matrix) -> usize {
    cell_of((f64::from(count(TILE)) / determinant(matrix).sqrt()) as f32)
}
