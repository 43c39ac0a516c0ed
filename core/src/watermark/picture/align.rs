//! Folding the picture into one tile, and finding to a thousandth how the tile lies in it.

use rustfft::num_complex::Complex;

use super::lattice::{Lattice, TILE, Wave};
use super::math::turn;
use super::plane::{Plane, count};
use super::search::Matrix;
use super::tile::Square;

/// Shifts tried of a part of the picture, each way, and quarters of a cell between them.
const DRIFT: i32 = 12;

/// The tile folded from a picture, as frequencies.
pub(super) struct Folded {
    pub(super) transform: Vec<Complex<f32>>,
    /// Mean cosine by which the sync carriers agree, -1 to 1.
    pub(super) coherence: f32,
    /// Where the tile starts, in cells.
    pub(super) shift: (f32, f32),
    /// Whether the tile lies upside down: then all is conjugate.
    pub(super) turned: bool,
    pub(super) matrix: Matrix,
}

impl Folded {
    /// The matrix under which the tile lies upright.
    pub(super) fn upright(&self) -> Matrix {
        if self.turned { self.matrix.map(|v| -v) } else { self.matrix }
    }

    /// What a carrier says, free of shift and phase.
    pub(super) fn carried(&self, square: &Square, wave: &Wave) -> Complex<f32> {
        let value = square.carried(&self.transform, &Wave { sin: 0.0, cos: 1.0, ..*wave });
        let value = if self.turned { value.conj() } else { value };
        let (k, l) = numbers(wave);
        value * unit((k * self.shift.0 + l * self.shift.1) / count(TILE)) * Complex::new(wave.cos, -wave.sin)
    }
}

fn numbers(wave: &Wave) -> (f32, f32) {
    #[allow(clippy::cast_precision_loss)]
    (wave.k as f32, wave.l as f32)
}

#[allow(clippy::cast_possible_truncation)]
fn unit(turns: f32) -> Complex<f32> {
    let (c, s) = turn(f64::from(turns));
    Complex::new(c as f32, s as f32)
}

/// Tables for one lattice.
pub(super) struct Aligner<'a> {
    lattice: &'a Lattice,
    square: Square,
    /// For each sync carrier the cosines and sines of its steps across.
    across: Vec<(Vec<f32>, Vec<f32>)>,
}

impl<'a> Aligner<'a> {
    pub(super) fn new(lattice: &'a Lattice) -> Self {
        let across = lattice
            .syncs
            .iter()
            .map(|w| {
                let steps = (0..TILE).map(|x| unit(numbers(w).0 * count(x) / count(TILE)));
                steps.map(|c| (c.re, c.im)).unzip()
            })
            .collect();
        Self { lattice, square: Square::new(TILE), across }
    }

    pub(super) fn square(&self) -> &Square {
        &self.square
    }

    /// Folds without looking for a better matrix.
    pub(super) fn plain(&mut self, weighted: &Plane, matrix: Matrix) -> Folded {
        self.folded(&whole(weighted, &matrix), matrix)
    }

    /// Folds, and corrects the matrix by how parts of the picture drift against each other. Says whether the
    /// sync carriers agree.
    ///
    /// `sure`: less agreement will do.
    pub(super) fn aligned(&mut self, weighted: &Plane, mut matrix: Matrix, sure: bool) -> (Folded, bool) {
        // Noise agrees to 0.6, and to 0.75 once the matrix follows it.
        let asked = if sure { 0.8 } else { 1.0 };
        let mut steps = [(3usize, 0.5), (3, 0.6), (4, 0.68), (4, 0.74)].into_iter().peekable();
        loop {
            let (parts, least) = steps.next().unwrap_or((1, 1.0));
            let mut tiles = Vec::with_capacity(parts * parts);
            let (w, h) = (weighted.width, weighted.height);
            for by in 0..parts {
                for bx in 0..parts {
                    let mut tile = Plane::new(TILE, TILE);
                    let from = (bx * w / parts, by * h / parts);
                    let to = ((bx + 1) * w / parts, (by + 1) * h / parts);
                    fold(weighted, &matrix, from, to, &mut tile);
                    let centre = (0.5 * count(from.0 + to.0), 0.5 * count(from.1 + to.1));
                    tiles.push((tile, centre));
                }
            }
            let mut all = Plane::new(TILE, TILE);
            for (tile, _) in &tiles {
                all.data.iter_mut().zip(&tile.data).for_each(|(a, v)| *a += v);
            }
            let folded = self.folded(&all, matrix);
            let agrees = folded.coherence >= least * asked;
            if !agrees || steps.peek().is_none() {
                return (folded, agrees);
            }
            let drifts: Vec<_> = tiles
                .iter()
                .filter_map(|(tile, centre)| self.drift(tile, &folded).map(|(d, weight)| (*centre, d, weight)))
                .collect();
            let Some(change) = slopes(&drifts) else { return (folded, true) };
            // Drift is in cells a pixel; the shift of what was turned goes backwards.
            let sign = if folded.turned { -1.0 } else { 1.0 };
            let [xx, xy, yx, yy] = change.map(|v| v * sign);
            let [a, b, c, d] = matrix;
            matrix = [a - xx, b - yx, c - xy, d - yy];
        }
    }

    pub(super) fn folded(&mut self, tile: &Plane, matrix: Matrix) -> Folded {
        let transform = self.square.transform(tile);
        let mut values: Vec<Complex<f32>> =
            self.lattice.syncs.iter().map(|w| self.square.carried(&transform, w)).collect();
        // None counts more than three times the middle one.
        let mut sizes: Vec<f32> = values.iter().map(|v| v.norm_sqr().sqrt()).collect();
        sizes.sort_by(f32::total_cmp);
        let most = 3.0 * sizes.get(sizes.len() / 2).copied().unwrap_or(0.0);
        let mut total = 1e-12f32;
        for v in &mut values {
            let size = v.norm_sqr().sqrt();
            let kept = size.min(most);
            *v *= kept / (size + 1e-12);
            total += kept;
        }
        let upright = self.correlate(&values);
        // Of what lies upside down the transform is conjugate, but the phases of the waves are not.
        let mut turned: Vec<Complex<f32>> = values.clone();
        for (v, w) in turned.iter_mut().zip(&self.lattice.syncs) {
            let phase = Complex::new(w.cos, w.sin);
            *v = (*v * phase).conj() * phase.conj();
        }
        let reversed = self.correlate(&turned);
        let (best, is_turned) = if reversed.0 > upright.0 { (reversed, true) } else { (upright, false) };
        Folded { transform, coherence: best.0 / total, shift: best.1, turned: is_turned, matrix }
    }

    /// The largest agreement over all shifts, and the shift.
    fn correlate(&self, values: &[Complex<f32>]) -> (f32, (f32, f32)) {
        let mut best = (f32::MIN, 0usize, 0usize);
        let mut sums = vec![0.0f32; TILE];
        for y in 0..TILE {
            self.agreement(values, count(y), &mut sums);
            for (x, v) in sums.iter().enumerate() {
                if *v > best.0 {
                    best = (*v, x, y);
                }
            }
        }
        // Newton's steps on the sum of cosines.
        let (mut x, mut y) = (count(best.1), count(best.2));
        let mut value = best.0;
        for _ in 0..4 {
            let (mut v, mut gx, mut gy, mut hxx, mut hxy, mut hyy) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0);
            let scale = std::f32::consts::TAU / count(TILE);
            for (c, w) in values.iter().zip(&self.lattice.syncs) {
                let (k, l) = numbers(w);
                let turned = c * unit((k * x + l * y) / count(TILE));
                let (k, l) = (k * scale, l * scale);
                v += turned.re;
                gx -= k * turned.im;
                gy -= l * turned.im;
                hxx -= k * k * turned.re;
                hxy -= k * l * turned.re;
                hyy -= l * l * turned.re;
            }
            value = value.max(v);
            let determinant = hxx * hyy - hxy * hxy;
            if hxx >= 0.0 || determinant <= 1e-12 {
                break;
            }
            x -= ((gx * hyy - gy * hxy) / determinant).clamp(-0.5, 0.5);
            y -= ((gy * hxx - gx * hxy) / determinant).clamp(-0.5, 0.5);
        }
        (value, (x, y))
    }

    fn agreement(&self, values: &[Complex<f32>], y: f32, sums: &mut [f32]) {
        sums.fill(0.0);
        for ((c, w), (cos, sin)) in values.iter().zip(&self.lattice.syncs).zip(&self.across) {
            let c = c * unit(numbers(w).1 * y / count(TILE));
            for ((s, a), b) in sums.iter_mut().zip(cos).zip(sin) {
                *s += c.re * a - c.im * b;
            }
        }
    }

    /// How far a part is shifted against the whole, in cells, and how clearly.
    fn drift(&mut self, tile: &Plane, whole: &Folded) -> Option<((f32, f32), f32)> {
        let transform = self.square.transform(tile);
        let part = Folded { transform, coherence: 0.0, shift: whole.shift, turned: whole.turned, matrix: whole.matrix };
        let values: Vec<(Complex<f32>, f32, f32)> = self
            .lattice
            .syncs
            .iter()
            .map(|w| {
                let v = part.carried(&self.square, w);
                let (k, l) = numbers(w);
                (v * (1.0 / (v.norm_sqr().sqrt() + 1e-12)), k / count(TILE), l / count(TILE))
            })
            .collect();
        let mut best = (f32::MIN, 0.0, 0.0);
        let quarters: Vec<f32> =
            (-DRIFT..=DRIFT).filter_map(|i| i8::try_from(i).ok()).map(|i| f32::from(i) * 0.25).collect();
        for &y in &quarters {
            let row: Vec<(Complex<f32>, Complex<f32>)> =
                values.iter().map(|(v, k, l)| (v * unit(l * y - k * 0.25 * 12.0), unit(k * 0.25))).collect();
            let mut now: Vec<Complex<f32>> = row.iter().map(|r| r.0).collect();
            for &x in &quarters {
                let mut sum = 0.0;
                for (n, (_, step)) in now.iter_mut().zip(&row) {
                    sum += n.re;
                    *n *= step;
                }
                if sum > best.0 {
                    best = (sum, x, y);
                }
            }
        }
        let clear = best.0 / count(values.len().max(1)) - 0.15;
        (clear > 0.0).then_some(((best.1, best.2), clear * clear))
    }
}

/// Where a part of the picture lies, how far it is shifted, and how clearly.
type Drift = ((f32, f32), (f32, f32), f32);

/// Slopes of the drift: of its part across by x and by y, of its part down by x and by y.
fn slopes(drifts: &[Drift]) -> Option<[f64; 4]> {
    if drifts.len() < 4 {
        return None;
    }
    let mut weights: Vec<f64> = drifts.iter().map(|d| f64::from(d.2)).collect();
    let mut out = [0.0; 4];
    for _ in 0..4 {
        let total: f64 = weights.iter().sum();
        let mut means = [0.0; 4];
        for ((c, d, _), w) in drifts.iter().zip(&weights) {
            for (m, v) in means.iter_mut().zip([c.0, c.1, d.0, d.1]) {
                *m += w * f64::from(v) / total;
            }
        }
        let (mut a, mut b, mut e) = (1e-6, 0.0, 1e-6);
        let mut right = [0.0; 4];
        let centred = |c: &(f32, f32), d: &(f32, f32)| {
            [f64::from(c.0) - means[0], f64::from(c.1) - means[1], f64::from(d.0) - means[2], f64::from(d.1) - means[3]]
        };
        for ((c, d, _), w) in drifts.iter().zip(&weights) {
            let [x, y, u, v] = centred(c, d);
            a += w * x * x;
            b += w * x * y;
            e += w * y * y;
            for (r, t) in right.iter_mut().zip([u * x, u * y, v * x, v * y]) {
                *r += w * t;
            }
        }
        let determinant = a * e - b * b;
        if determinant <= 1e-9 {
            return None;
        }
        let [r0, r1, r2, r3] = right;
        out = [r0 * e - r1 * b, r1 * a - r0 * b, r2 * e - r3 * b, r3 * a - r2 * b].map(|v| v / determinant);
        for ((c, d, first), w) in drifts.iter().zip(&mut weights) {
            let [x, y, u, v] = centred(c, d);
            let (du, dv) = (u - out[0] * x - out[1] * y, v - out[2] * x - out[3] * y);
            let near = 1.0 / (1.0 + (du * du + dv * dv) / 0.49);
            *w = f64::from(*first) * near * near + 1e-9;
        }
    }
    out.iter().all(|v| v.is_finite()).then_some(out)
}

/// All of a picture folded into one tile.
pub(super) fn whole(weighted: &Plane, matrix: &Matrix) -> Plane {
    let mut tile = Plane::new(TILE, TILE);
    fold(weighted, matrix, (0, 0), (weighted.width, weighted.height), &mut tile);
    tile
}

/// Adds each number to the cell that the matrix puts it in; the tile repeats.
///
/// Positions are fractions of the tile in units of 2⁻³², which wrap as the tile does.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn fold(weighted: &Plane, matrix: &Matrix, from: (usize, usize), to: (usize, usize), tile: &mut Plane) {
    let side = f64::from(count(TILE));
    let fraction = |v: f64| {
        let v = v - v.floor();
        (v * 4_294_967_296.0) as u64 as u32
    };
    let (ux, vx) = (fraction(matrix[0] / side), fraction(matrix[1] / side));
    for y in from.1..to.1 {
        let row = weighted.row(y).get(from.0..to.0).unwrap_or_default();
        let (x0, y0) = (f64::from(count(from.0)), f64::from(count(y)));
        // Half a cell more: the nearest one.
        let mut u = fraction((matrix[0] * x0 + matrix[2] * y0 + 0.5) / side);
        let mut v = fraction((matrix[1] * x0 + matrix[3] * y0 + 0.5) / side);
        for value in row {
            let cell = ((v >> 25) << 7) | (u >> 25);
            if let Some(to) = tile.data.get_mut(cell as usize) {
                *to += value;
            }
            u = u.wrapping_add(ux);
            v = v.wrapping_add(vx);
        }
    }
}
