//! How likely each bit is.

use super::align::Folded;
use super::lattice::Lattice;
use super::plane::count;
use super::tile::Square;

/// Neighbours by radius from which signal and noise are taken.
const NEAR: usize = 48;

/// For each bit of the code word log P(0) - log P(1).
pub(super) fn likelihoods(folded: &Folded, square: &Square, lattice: &Lattice) -> Vec<f32> {
    let values: Vec<_> = lattice.carriers.iter().map(|w| folded.carried(square, w)).collect();
    // The mark is in the real parts only: the imaginary ones are the noise.
    let ordered: Vec<(f32, f32)> =
        lattice.by_radius.iter().map(|&i| values.get(i).map_or((0.0, 0.0), |v| (v.re * v.re, v.im * v.im))).collect();
    let mut out = vec![0.0; values.len()];
    for (place, &i) in lattice.by_radius.iter().enumerate() {
        let start = place.saturating_sub(NEAR / 2).min(ordered.len().saturating_sub(NEAR));
        let near = ordered.get(start..start.saturating_add(NEAR)).unwrap_or(&ordered);
        let (mut real, mut noise) = (0.0f32, 0.0f32);
        for (r, n) in near {
            real += r;
            noise += n;
        }
        let n = count(near.len().max(1));
        let noise = noise / n + 1e-20;
        let signal = (real / n - noise).max(0.04 * noise);
        let noise = noise.max(0.02 * signal);
        let (Some(to), Some(value), Some(scramble)) = (out.get_mut(i), values.get(i), lattice.scramble.get(i)) else {
            continue;
        };
        let likelihood = (2.0 * signal.sqrt() * value.re / noise).clamp(-20.0, 20.0);
        *to = if *scramble == 0 { likelihood } else { -likelihood };
    }
    out
}
