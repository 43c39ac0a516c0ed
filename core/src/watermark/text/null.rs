//! How likely sums of g-values are in text that bears no mark.

use super::hash::{Hasher, SAMPLE};

/// Longest texts whose chance is summed exactly, in tokens: of independent layers, and of others, whose sum
/// takes longer. Behind them the approximation lies within 0.1 % and within 5 % of it.
const EXACT_COINS: usize = 8;
const EXACT_JOINT: usize = 1;
/// Largest table whose outcomes are all gone through; those of larger ones are as good as independent.
const TABLE_WHOLE: u32 = 1 << 20;

/// Distribution of the weighted sum of one token's g-values over all tokens, by a whole number each.
///
/// Weights are whole numbers, so that the sums of a text are ones too.
#[derive(Debug, Clone)]
pub(super) struct Null {
    /// Probability of each sum.
    token: Vec<f64>,
    mean: f64,
    variance: f64,
    /// Weights and the chance of a 1, if the layers are independent.
    coins: Option<(Vec<u32>, f64)>,
}

/// Probabilities with one more coin of this weight.
fn toss(sums: &mut Vec<f64>, weight: usize, chance: f64) {
    let before = sums.len();
    sums.resize(before.saturating_add(weight), 0.0);
    let old: Vec<f64> = sums.clone();
    for sum in sums.iter_mut() {
        *sum *= 1.0 - chance;
    }
    for (sum, add) in sums.iter_mut().skip(weight).zip(old) {
        *sum += add * chance;
    }
}

impl Null {
    /// Of a key and weights of its layers. For a table of a power of two, and at most 2^20, the joint
    /// distribution of all layers is known exactly: the hash is as good as even over its rest modulo the size, and
    /// the rest decides. The layers of [`Scheme::SynthidLcg`](super::Scheme::SynthidLcg) depend on each other a
    /// little (pairs up to a correlation of 0.09, which changes the variance of a sum by up to 12 %): theirs is counted
    /// for 131,072 hashes. Else the layers are independent coins, which fall on 1 as often as the table has ones, or
    /// fair ones.
    pub(super) fn new(hasher: &Hasher, weights: &[u32]) -> Self {
        let most: usize = weights.iter().map(|weight| *weight as usize).sum();
        let mut token;
        let mut coins = None;
        match hasher.table() {
            Some(table) if table.size().is_power_of_two() && table.size() <= TABLE_WHOLE => {
                token = vec![0.0; most.saturating_add(1)];
                let share = 1.0 / f64::from(table.size());
                for rest in 0..u64::from(table.size()) {
                    let sum = weighted(hasher.of_table(table, rest), weights);
                    if let Some(one) = token.get_mut(sum) {
                        *one += share;
                    }
                }
            }
            None if hasher.is_sampled() => {
                let mut counts = vec![0u32; most.saturating_add(1)];
                hasher.sample(|g| {
                    if let Some(one) = counts.get_mut(weighted(g, weights)) {
                        *one = one.saturating_add(1);
                    }
                });
                // A one is as likely as a zero: what the sample has on one side counts on both.
                let both = counts.iter().zip(counts.iter().rev());
                token = both.map(|(a, b)| f64::from(a.saturating_add(*b)) / (2 * SAMPLE) as f64).collect();
            }
            table => {
                let chance = table.map_or(0.5, |table| f64::from(table.ones()) / f64::from(table.size().max(1)));
                token = vec![1.0];
                for weight in weights {
                    toss(&mut token, *weight as usize, chance);
                }
                coins = Some((weights.to_vec(), chance));
            }
        }
        let moment = |center: f64, power: i32| -> f64 {
            (0u32..).zip(&token).map(|(sum, p)| p * (f64::from(sum) - center).powi(power)).sum()
        };
        let mean = moment(0.0, 1);
        let variance = moment(mean, 2);
        Self { token, mean, variance, coins }
    }

    /// Standard deviation of one token's sum.
    pub(super) fn deviation(&self) -> f64 {
        self.variance.sqrt()
    }

    pub(super) const fn mean(&self) -> f64 {
        self.mean
    }

    /// Natural logarithm of the chance that `count` tokens without a mark reach at least `sum`.
    ///
    /// Exact (to the rounding of 64 bits) for few tokens, by Lugannani and Rice's saddlepoint formula for
    /// lattices otherwise; a test compares the two.
    pub(super) fn log_tail(&self, count: usize, sum: u64) -> f64 {
        let exact = if self.coins.is_some() { EXACT_COINS } else { EXACT_JOINT };
        if count <= exact { self.exact(count, sum) } else { self.saddle(count, sum) }
    }

    pub(super) fn exact(&self, count: usize, sum: u64) -> f64 {
        let mut sums = vec![1.0];
        for _ in 0..count {
            if let Some((weights, chance)) = &self.coins {
                for weight in weights {
                    toss(&mut sums, *weight as usize, *chance);
                }
            } else {
                let mut next = vec![0.0; sums.len().saturating_add(self.token.len()).saturating_sub(1)];
                for (n, one) in sums.iter().enumerate() {
                    for (at, p) in next.iter_mut().skip(n).zip(&self.token) {
                        *at += one * p;
                    }
                }
                sums = next;
            }
        }
        let from = usize::try_from(sum).unwrap_or(usize::MAX);
        // The small ones first.
        let tail: f64 = sums.iter().skip(from).rev().sum();
        libm::log(tail.min(1.0))
    }

    /// Logarithm of the mean of exp(theta sum), and its first two derivatives.
    fn cumulants(&self, theta: f64) -> (f64, f64, f64) {
        // Taken from the end that weighs most, so that nothing overflows.
        let anchor = if theta > 0.0 { self.token.len().saturating_sub(1) as f64 } else { 0.0 };
        let (mut whole, mut first, mut second) = (0.0, 0.0, 0.0);
        for (sum, p) in (0u32..).zip(&self.token) {
            if *p > 0.0 {
                let sum = f64::from(sum);
                let weight = p * libm::exp(theta * (sum - anchor));
                whole += weight;
                first += weight * sum;
                second += weight * sum * sum;
            }
        }
        let mean = first / whole;
        (theta * anchor + libm::log(whole), mean, second / whole - mean * mean)
    }

    pub(super) fn saddle(&self, count: usize, sum: u64) -> f64 {
        let n = count as f64;
        let least = self.token.iter().position(|p| *p > 0.0).unwrap_or(0);
        let most = self.token.iter().rposition(|p| *p > 0.0).unwrap_or(0);
        if sum <= (least as u64).saturating_mul(count as u64) {
            return 0.0;
        }
        let ceiling = (most as u64).saturating_mul(count as u64);
        if sum > ceiling {
            return f64::NEG_INFINITY;
        }
        if sum == ceiling {
            return n * libm::log(self.token.get(most).copied().unwrap_or(0.0));
        }
        let wanted = sum as f64 / n;
        // The mean under theta rises with theta.
        let (mut low, mut high) = (-1.0, 1.0);
        while self.cumulants(low).1 > wanted && low > -700.0 {
            low *= 2.0;
        }
        while self.cumulants(high).1 < wanted && high < 700.0 {
            high *= 2.0;
        }
        let mut theta = ((wanted - self.mean) / self.variance).clamp(low, high);
        for _ in 0..200 {
            let (_, mean, variance) = self.cumulants(theta);
            if mean < wanted {
                low = theta;
            } else {
                high = theta;
            }
            let newton = theta + (wanted - mean) / variance;
            let next = if newton > low && newton < high { newton } else { f64::midpoint(low, high) };
            let done = (next - theta).abs() <= 1e-14 * theta.abs().max(1e-6);
            theta = next;
            if done {
                break;
            }
        }
        let (whole, _, variance) = self.cumulants(theta);
        let w = (2.0 * n * (theta * wanted - whole)).max(0.0).sqrt().copysign(theta);
        if w.abs() < 1e-3 {
            // Here the formula is a difference of large numbers; the sum is at its mean.
            return libm::log(0.5);
        }
        let u = -libm::expm1(-theta) * (n * variance).sqrt();
        let odds = mills(w) + (1.0 / u - 1.0 / w);
        (-0.5 * w * w - 0.5 * libm::log(2.0 * std::f64::consts::PI) + libm::log(odds.max(f64::MIN_POSITIVE))).min(0.0)
    }
}

/// Sum of the weights of the layers that are 1.
pub(super) fn weighted(g_values: u64, weights: &[u32]) -> usize {
    let ones = weights.iter().enumerate().filter(|(layer, _)| (g_values >> layer) & 1 == 1);
    ones.map(|(_, weight)| *weight as usize).sum()
}

/// What lies above `x` under the normal curve.
pub(super) fn normal_tail(x: f64) -> f64 {
    0.5 * libm::erfc(x / std::f64::consts::SQRT_2)
}

/// What lies above `x` under the normal curve, divided by its height there.
fn mills(x: f64) -> f64 {
    if x < 20.0 {
        return normal_tail(x) * (2.0 * std::f64::consts::PI).sqrt() * libm::exp(0.5 * x * x);
    }
    // Laplace's continued fraction.
    let mut below = x;
    for k in (1u32..=40).rev() {
        below = x + f64::from(k) / below;
    }
    1.0 / below
}

/// Where the normal curve has this much above it (0 to 1).
pub(super) fn normal_quantile(tail: f64) -> f64 {
    let (mut low, mut high) = (-40.0, 40.0);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if normal_tail(middle) > tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::key::{Scheme, TextKey};
    use super::*;

    /// 290, 281, … 29: ten times to once, in whole numbers.
    fn weights() -> Vec<u32> {
        (0..30).map(|layer| 290 - 9 * layer).collect()
    }

    fn null(scheme: Scheme, weights: &[u32]) -> Null {
        let keys = (0..weights.len()).map(|n| (n * n * 977 + 13) as i64).collect();
        Null::new(&Hasher::new(&TextKey::new(scheme, keys).unwrap()), weights)
    }

    #[test]
    fn coins_are_counted_as_by_hand() {
        let coins = null(Scheme::HmacSha256, &[1; 30]);
        assert!((coins.exact(1, 30) - 0.5f64.powi(30).ln()).abs() < 1e-12);
        assert!((coins.exact(2, 59) - (61.0 * 0.5f64.powi(60)).ln()).abs() < 1e-12);
        assert!(coins.exact(3, 0).abs() < 1e-12);
        assert_eq!(coins.exact(3, 91), f64::NEG_INFINITY);
        assert!((coins.mean() - 15.0).abs() < 1e-12 && (coins.deviation() - 7.5f64.sqrt()).abs() < 1e-12);
        // Weights 2 and 1: sums 0 to 3 are equally likely.
        let two = null(Scheme::HmacSha256, &[2, 1]);
        assert!(two.token.iter().all(|p| (p - 0.25).abs() < 1e-15) && two.token.len() == 4);
    }

    #[test]
    fn the_approximation_agrees_with_the_exact_sum() {
        for (scheme, counts) in [
            (Scheme::HmacSha256, [(2usize, 0.02), (9, 1e-3), (24, 1e-4)]),
            (Scheme::SynthidTable, [(2, 0.05), (3, 0.05), (4, 0.05)]),
        ] {
            for weights in [weights(), vec![1; 30]] {
                let null = null(scheme, &weights);
                for (count, bound) in counts {
                    for z in [-3.0, -1.0, 0.5, 1.0, 2.0, 3.0, 4.5, 6.0] {
                        let sum = count as f64 * null.mean() + z * null.deviation() * (count as f64).sqrt();
                        let (exact, near) =
                            (null.exact(count, sum.ceil() as u64), null.saddle(count, sum.ceil() as u64));
                        // Two tokens of a table never reach six deviations: then both are minus infinity.
                        let agree = exact == near || (near - exact).abs() < bound;
                        assert!(agree, "{scheme:?} {count} {z} {exact} {near}");
                    }
                }
            }
        }
    }

    #[test]
    fn long_texts_and_ends_have_answers() {
        for scheme in [Scheme::HmacSha256, Scheme::SynthidTable] {
            let null = null(scheme, &weights());
            let all = null.token.len() as u64 - 1;
            for count in [1usize, 25, 1000, 1_000_000] {
                let most = count as u64 * all;
                assert!(null.log_tail(count, 0).abs() < 1e-9);
                assert_eq!(null.log_tail(count, most + 1), f64::NEG_INFINITY);
                let mut last = 0.0;
                for share in 0..=50u64 {
                    let tail = null.saddle(count.max(25), count.max(25) as u64 * all * share / 50);
                    assert!(tail <= last + 1e-9 && !tail.is_nan(), "{count} {share} {tail} {last}");
                    last = tail;
                }
            }
            assert_eq!(null.log_tail(0, 0), 0.0);
        }
        let fair = null(Scheme::HmacSha256, &weights());
        let most = 100 * (fair.token.len() as u64 - 1);
        assert!((fair.log_tail(100, most) - 3000.0 * 0.5f64.ln()).abs() < 1e-9);
    }

    #[test]
    fn the_normal_curve_is_the_tabled_one() {
        assert!((normal_tail(4.753_424_308_822_899) - 1e-6).abs() < 1e-17);
        assert!((normal_quantile(1e-6) - 4.753_424_308_822_899).abs() < 1e-9);
        assert!((mills(19.999_999) / mills(20.000_001) - 1.0).abs() < 1e-6);
    }
}
