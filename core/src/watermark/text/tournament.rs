//! What a tournament does to the odds of the candidates.

/// Partial sums that are kept apart, so that they needn't wait for each other. The order of additions
/// is part of the result.
const LANES: usize = 4;

/// Sum of values, each times its 0 or 1.
fn mass(probabilities: &[f64], g_values: &[u64], layer: usize) -> f64 {
    let mut sums = [0.0f64; LANES];
    for (ps, gs) in probabilities.chunks(LANES).zip(g_values.chunks(LANES)) {
        for ((sum, p), g) in sums.iter_mut().zip(ps).zip(gs) {
            *sum += if (g >> layer) & 1 == 1 { *p } else { 0.0 };
        }
    }
    sums.iter().sum()
}

/// Replaces scores by the logarithms of the probabilities that a tournament of `depth` layers leaves: per
/// layer p becomes p (1 + g - sum of p g). Minus infinity stays for what has no odds at all.
///
/// Returns false, and leaves the scores as they are, where a score is not a number or positive
/// infinity, or all are minus infinity.
pub(super) fn update(scores: &mut [f64], g_values: &[u64], depth: usize) -> bool {
    let Some(top) = highest(scores.iter().copied()) else { return false };
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = libm::exp(*score - top);
        sum += *score;
    }
    for score in scores.iter_mut() {
        *score /= sum;
    }
    for layer in 0..depth {
        let mass = mass(scores, g_values, layer);
        let (lost, won) = (1.0 - mass, 2.0 - mass);
        for (score, g) in scores.iter_mut().zip(g_values) {
            *score *= if (g >> layer) & 1 == 1 { won } else { lost };
        }
    }
    for score in scores.iter_mut() {
        // Rounding may leave a mass a little above 1.
        *score = if *score > 0.0 { libm::log(*score) } else { f64::NEG_INFINITY };
    }
    true
}

/// The highest of the scores, if they make a distribution.
fn highest(scores: impl Iterator<Item = f64>) -> Option<f64> {
    let mut top = f64::NEG_INFINITY;
    for score in scores {
        if score.is_nan() || score == f64::INFINITY {
            return None;
        }
        top = top.max(score);
    }
    (top > f64::NEG_INFINITY).then_some(top)
}

/// A logarithm as 32 bits hold it. Odds that 32 bits can't hold are none: the lowest finite number, as in
/// the reference.
pub(super) fn single(log: f64) -> f32 {
    // Half of the least positive number, where rounding turns to zero.
    const LEAST: f64 = -103.972_077_083_991_8;
    if log > LEAST { log as f32 } else { f32::MIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_layer_by_hand() {
        // Odds 1/2, 1/4, 1/4; the second wins: 1/4 goes to 1/4 * (2 - 1/4), the others shrink by 3/4.
        let mut scores = [2f64.ln(), 0.0, 0.0];
        assert!(update(&mut scores, &[0, 1, 0], 1));
        let odds = scores.map(f64::exp);
        for (got, want) in odds.iter().zip([0.375, 0.4375, 0.1875]) {
            assert!((got - want).abs() < 1e-15);
        }
        assert!((odds.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }

    #[test]
    fn a_lone_candidate_stays_certain() {
        for g in [0, u64::MAX] {
            let mut scores = [-700.0];
            assert!(update(&mut scores, &[g], 64));
            assert_eq!(scores, [0.0]);
        }
    }

    #[test]
    fn what_is_no_distribution_stays() {
        for scores in [vec![], vec![f64::NAN, 0.0], vec![0.0, f64::INFINITY], vec![f64::NEG_INFINITY; 3]] {
            let mut changed = scores.clone();
            assert!(!update(&mut changed, &[1, 2, 3], 2));
            assert_eq!(format!("{changed:?}"), format!("{scores:?}"));
        }
    }

    #[test]
    fn odds_too_small_for_32_bits_are_the_lowest_number() {
        assert_eq!(single(f64::NEG_INFINITY), f32::MIN);
        let least = f64::from(f32::from_bits(1));
        assert!((least.ln() - f64::ln(2.0) + 103.972_077_083_991_8).abs() < 1e-12);
        assert_eq!(single(-103.98), f32::MIN);
        assert_eq!(single(-103.9), -103.9);
    }
}
