//! Reading the mark of a film: of each frame by itself, then of frames together.
//!
//! What an encoder leaves of the mark differs from frame to frame, and where it predicts a frame from another
//! the mark moves along with what is shown. So frames are not added up: each is folded and synchronised by
//! itself, and what its carriers say is added.

use super::align::{Aligner, whole};
use super::detect::{Guess, MOST_DECODINGS, Read, Reader, cell, reduction};
use super::lattice::{CARRIERS, LIST, Lattice, TILE};
use super::mask::Activity;
use super::plane::Plane;
use super::search::Matrix;
use super::soft::likelihoods;
use super::tile::deviation;
use super::{Channels, Found, SHORTEST_READ, view};
use crate::watermark::Key;

/// Frames of a film that are looked at by themselves.
const MOST_FRAMES: usize = 7;
/// Frames that are kept to be looked at together.
const MOST_KEPT: usize = 12;
/// How often frames are looked at together.
const MOST_JOINED: usize = 2;
/// Ways in which the tile may lie that are tried of frames together.
const GUESSES: usize = 6;
/// Coherence from which on a frame counts: about that of chance.
const CHANCE: f32 = 0.65;
/// Coherence above it at which it counts fully.
const CLEAR: f32 = 0.2;
/// How far guesses of one group lie apart, over their size.
const NEAR: f64 = 0.004;
/// How far a mean of guesses is from lying straight and is taken to.
const STRAIGHT: f64 = 0.006;

/// Decodings tried of one film at most: of each frame, and of frames together each guess with the tile where
/// each frame has it, and where all of them have it.
const DECODINGS: usize = MOST_FRAMES * MOST_DECODINGS + MOST_JOINED * GUESSES * 2;

/// Bound on the probability that a film without a mark of the key gives one.
#[allow(clippy::cast_precision_loss)]
pub(crate) const FALSE_ALARM: f64 = (DECODINGS * LIST) as f64 / 4_294_967_296.0;

const _: () = assert!(FALSE_ALARM <= 1e-6);

/// A frame that gave no mark by itself.
struct Frame {
    plane: Plane,
    guesses: Vec<Guess>,
}

/// Looks for a mark of one key in the frames of a film.
pub(crate) struct FilmReader {
    lattice: Lattice,
    /// That of the first frame.
    size: Option<(usize, usize)>,
    frames: Vec<Frame>,
    looked: usize,
    joined: usize,
}

impl FilmReader {
    pub(crate) fn new(key: &Key) -> Self {
        Self { lattice: Lattice::new(key), size: None, frames: Vec::new(), looked: 0, joined: 0 }
    }

    /// Looks at one more frame by itself. Those of another size than the first, and more than the bound on false
    /// readings allows for, are left out.
    pub(crate) fn look(&mut self, samples: &[u8], size: (usize, usize), channels: Channels) -> Option<Found> {
        if self.looked >= MOST_FRAMES {
            return None;
        }
        let plane = self.plane(samples, size, channels)?;
        self.looked = self.looked.saturating_add(1);
        let by = reduction(size);
        let mut reader = Reader::new(&self.lattice, &plane);
        if let Some(read) = reader.read(size, by) {
            return Some(read.found(by, &self.lattice));
        }
        let guesses = reader.guesses();
        self.keep(Frame { plane, guesses });
        None
    }

    /// Keeps one more frame for what is read of frames together.
    pub(crate) fn add(&mut self, samples: &[u8], size: (usize, usize), channels: Channels) {
        if let Some(plane) = self.plane(samples, size, channels) {
            self.keep(Frame { plane, guesses: Vec::new() });
        }
    }

    fn keep(&mut self, frame: Frame) {
        if self.frames.len() < MOST_KEPT {
            self.frames.push(frame);
        }
    }

    /// `None` for what has not the size of the first frame.
    fn plane(&mut self, samples: &[u8], size: (usize, usize), channels: Channels) -> Option<Plane> {
        let large = size.0.min(size.1) >= SHORTEST_READ && view::fits(samples.len(), size.0, size.1, channels);
        let fits = large && *self.size.get_or_insert(size) == size;
        fits.then(|| view::reduced(samples, size, channels, reduction(size)))
    }

    /// Looks at all frames so far together.
    pub(crate) fn together(&mut self) -> Option<Found> {
        let by = reduction(self.size?);
        if self.joined >= MOST_JOINED || self.frames.len() < 2 {
            return None;
        }
        self.joined = self.joined.saturating_add(1);
        let mut aligner = Aligner::new(&self.lattice);
        let mut sums: Vec<Sum> = self.guesses().into_iter().map(Sum::new).collect();
        for frame in &self.frames {
            let mut weighted: Vec<(usize, Plane)> = Vec::new();
            for sum in &mut sums {
                let cell = cell(&sum.matrix);
                if !weighted.iter().any(|(c, _)| *c == cell) {
                    weighted.push((cell, Activity::of(&frame.plane, cell).weighted()));
                }
                if let Some((_, plane)) = weighted.iter().find(|(c, _)| *c == cell) {
                    sum.add(plane, &mut aligner, &self.lattice);
                }
            }
        }
        sums.iter().find_map(|sum| sum.read(&mut aligner, &self.lattice)).map(|read| read.found(by, &self.lattice))
    }

    /// How the tile may lie, by how many frames agree and how well, most likely first.
    fn guesses(&self) -> Vec<Matrix> {
        let mut groups: Vec<Group> = Vec::new();
        for (number, guess) in self.frames.iter().enumerate().flat_map(|(n, f)| f.guesses.iter().map(move |g| (n, g))) {
            match groups.iter_mut().find(|group| group.holds(&guess.matrix)) {
                Some(group) => group.add(number, *guess),
                None => groups.push(Group { first: guess.matrix, best: vec![(number, *guess)] }),
            }
        }
        groups.sort_by(|a, b| b.weight().total_cmp(&a.weight()));
        groups.iter().take(GUESSES).map(Group::matrix).collect()
    }
}

/// Guesses of several frames that are one.
struct Group {
    first: Matrix,
    /// The number of a frame, and the clearest guess of it.
    best: Vec<(usize, Guess)>,
}

impl Group {
    /// Whether a matrix puts the waves on the lines of the first one; a wave upside down lies on its own line.
    fn holds(&self, matrix: &Matrix) -> bool {
        self.near(matrix, 1.0) || self.near(matrix, -1.0)
    }

    fn near(&self, matrix: &Matrix, sign: f64) -> bool {
        self.first.iter().zip(matrix).all(|(a, b)| (a - sign * b).abs() <= NEAR * size(&self.first))
    }

    fn add(&mut self, number: usize, guess: Guess) {
        match self.best.iter_mut().find(|(of, _)| *of == number) {
            Some((_, best)) if best.coherence < guess.coherence => *best = guess,
            Some(_) => {}
            None => self.best.push((number, guess)),
        }
    }

    fn weight(&self) -> f32 {
        self.best.iter().map(|(_, guess)| weight(guess)).sum()
    }

    /// The mean; what lies almost straight lies straight, since films are scaled and cut but rarely turned.
    fn matrix(&self) -> Matrix {
        let mut sums = [0.0f64; 4];
        let mut total = 0.0;
        for (_, guess) in &self.best {
            let part = f64::from(weight(guess)) + 1e-6;
            let sign = if self.near(&guess.matrix, 1.0) { part } else { -part };
            sums.iter_mut().zip(guess.matrix).for_each(|(sum, v)| *sum += sign * v);
            total += part;
        }
        let mean = sums.map(|sum| sum / total);
        let [a, b, c, d] = mean;
        let least = STRAIGHT * size(&mean);
        match () {
            () if b.abs() <= least && c.abs() <= least => [a, 0.0, 0.0, d],
            () if a.abs() <= least && d.abs() <= least => [0.0, b, c, 0.0],
            () => mean,
        }
    }
}

fn weight(guess: &Guess) -> f32 {
    let clear = (guess.coherence - CHANCE).max(0.0);
    clear * clear
}

fn size(matrix: &Matrix) -> f64 {
    matrix.iter().fold(0.0f64, |most, v| most.max(v.abs()))
}

/// What frames say together, if the tile lies like this.
struct Sum {
    matrix: Matrix,
    /// Likelihoods of the bits, with the tile where each frame has it.
    apart: Vec<f32>,
    /// The clearest frame: its coherence, and the matrix under which the tile lies upright.
    best: (f32, Matrix),
    /// The tiles over each other.
    tile: Plane,
}

impl Sum {
    fn new(matrix: Matrix) -> Self {
        Self { matrix, apart: vec![0.0; CARRIERS], best: (CHANCE, matrix), tile: Plane::new(TILE, TILE) }
    }

    fn add(&mut self, weighted: &Plane, aligner: &mut Aligner<'_>, lattice: &Lattice) {
        let tile = whole(weighted, &self.matrix);
        let folded = aligner.folded(&tile, self.matrix);
        let share = 1.0 / deviation(&tile).max(1e-9);
        self.tile.data.iter_mut().zip(&tile.data).for_each(|(sum, v)| *sum += v * share);
        let weight = ((folded.coherence - CHANCE) / CLEAR).clamp(0.0, 1.0);
        if weight > 0.0 {
            let soft = likelihoods(&folded, aligner.square(), lattice);
            self.apart.iter_mut().zip(&soft).for_each(|(sum, v)| *sum += v * weight);
        }
        if folded.coherence > self.best.0 {
            self.best = (folded.coherence, folded.upright());
        }
    }

    fn read(&self, aligner: &mut Aligner<'_>, lattice: &Lattice) -> Option<Read> {
        let read = |payload: u64, (coherence, matrix): (f32, Matrix)| {
            let decodings = u32::try_from(DECODINGS).unwrap_or(u32::MAX);
            Read { payload, matrix, coherence, decodings }
        };
        if let Some(payload) = lattice.code.decode(&self.apart) {
            return Some(read(payload, self.best));
        }
        let folded = aligner.folded(&self.tile, self.matrix);
        let soft = likelihoods(&folded, aligner.square(), lattice);
        let payload = lattice.code.decode(&soft)?;
        Some(read(payload, (folded.coherence, folded.upright())))
    }
}
