//! Odds of the mark by a model that is fitted on marked texts.
//!
//! The model is that of the reference (`BayesianDetectorModel`): in each match of a layer either one token met
//! itself, then its g-value is a fair coin, or two different ones met, then it is 1 three times out of four;
//! which of both is a logistic function of the g-values of the layers in front. How often it is two grows with
//! the choice that the text's model had, so the fit depends on the texts. In text without the mark every g-value
//! is a fair coin, whatever the model.

use serde::{Deserialize, Serialize};

use super::key::LAYERS_MAX;
use crate::error::{Error, Result};
use crate::message::watermark_text as message;

/// Fewest scored tokens of marked text that a model is fitted on.
pub const FIT_MIN: usize = 1000;
/// Most that are used; more would only take time.
const FIT_MAX: usize = 100_000;
/// Largest parameter.
const PARAMETER_MAX: f64 = 30.0;
/// Inverse variances of the parameters' priors, which keep layers that say nothing from running away.
const LOOSE: f64 = 0.04;
const TIGHT: f64 = 50.0;
/// Format of the model as JSON.
const FORMAT: &str = "biaoshi.text-bayes/1";

/// Parameters of the model: per layer a constant, and what each layer in front adds to it.
#[derive(Debug, Clone, PartialEq)]
pub struct BayesModel {
    prior: f64,
    beta: Vec<f64>,
    /// Row n has n values.
    delta: Vec<Vec<f64>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    format: String,
    prior: f64,
    beta: Vec<f64>,
    delta: Vec<Vec<f64>>,
}

fn unusable(field: &'static str) -> Error {
    Error::Invalid(message::MODEL.with("field", field))
}

fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + libm::exp(-x))
    } else {
        let e = libm::exp(x);
        e / (1.0 + e)
    }
}

/// What is added for each layer in front that is 1.
fn latent(g: u64, beta: f64, delta: &[f64]) -> f64 {
    let ones = delta.iter().enumerate().filter(|(layer, _)| (g >> layer) & 1 == 1);
    ones.fold(beta, |sum, (_, d)| sum + d)
}

/// A g-value of 0 or 1 as -1/2 or 1/2.
fn centered(g: u64, layer: usize) -> f64 {
    if (g >> layer) & 1 == 1 { 0.5 } else { -0.5 }
}

impl BayesModel {
    /// A model with these parameters: `beta` for each layer, `delta` for each layer and each layer in front of
    /// it (row n has n values), and the share of marked texts that is assumed (`prior`, 0 to 1).
    ///
    /// # Errors
    /// [`Error::Invalid`] if they don't fit together or are not numbers between -30 and 30.
    pub fn new(prior: f64, beta: Vec<f64>, delta: Vec<Vec<f64>>) -> Result<Self> {
        let usable = |x: &f64| x.abs() <= PARAMETER_MAX;
        if !(0.0..=1.0).contains(&prior) {
            return Err(unusable("prior"));
        }
        if beta.is_empty() || beta.len() > LAYERS_MAX || !beta.iter().all(usable) {
            return Err(unusable("beta"));
        }
        let shaped = delta.len() == beta.len() && delta.iter().enumerate().all(|(n, row)| row.len() == n);
        if !shaped || !delta.iter().flatten().all(usable) {
            return Err(unusable("delta"));
        }
        Ok(Self { prior, beta, delta })
    }

    /// Fits a model on g-values of marked texts, by
    /// [`TextDetector::scored`](super::TextDetector::scored): what makes them likeliest, with a prior that
    /// keeps parameters near zero. The same input gives the same model on every machine.
    ///
    /// The texts must be of the key and of the kind that is looked for. Of the first 100,000 tokens, at least
    /// [`FIT_MIN`].
    ///
    /// # Errors
    /// [`Error::Invalid`] for too few tokens, or `depth` or `prior` outside their range.
    pub fn fit(g_values: &[u64], depth: usize, prior: f64) -> Result<Self> {
        if g_values.len() < FIT_MIN {
            return Err(Error::Invalid(message::FIT.with("needed", FIT_MIN).arg("found", g_values.len())));
        }
        if depth == 0 || depth > LAYERS_MAX {
            return Err(unusable("depth"));
        }
        let used = g_values.get(..FIT_MAX.min(g_values.len())).unwrap_or_default();
        let layers: Vec<Vec<f64>> = (0..depth).map(|layer| fit_layer(used, layer)).collect();
        let beta = layers.iter().map(|row| row.last().copied().unwrap_or(0.0)).collect();
        let delta = layers.iter().enumerate().map(|(n, row)| row.iter().take(n).copied().collect()).collect();
        Self::new(prior, beta, delta)
    }

    /// Reads a model.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it is none, as [`BayesModel::new`].
    pub fn from_json(text: &str) -> Result<Self> {
        let stored: Stored = serde_json::from_str(text).map_err(|_| unusable("JSON"))?;
        if stored.format != FORMAT {
            return Err(unusable("format"));
        }
        Self::new(stored.prior, stored.beta, stored.delta)
    }

    /// The model as JSON. It holds no key.
    #[must_use]
    pub fn to_json(&self) -> String {
        let stored =
            Stored { format: FORMAT.to_owned(), prior: self.prior, beta: self.beta.clone(), delta: self.delta.clone() };
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Layers.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.beta.len()
    }

    /// Logarithm of how much likelier these g-values are with the mark than without.
    #[must_use]
    pub fn log_odds(&self, g_values: &[u64]) -> f64 {
        let token = |g: u64| -> f64 {
            let layers = self.beta.iter().zip(&self.delta).enumerate();
            layers.map(|(n, (beta, delta))| libm::log1p(centered(g, n) * logistic(latent(g, *beta, delta)))).sum()
        };
        g_values.iter().map(|g| token(*g)).sum()
    }

    /// Probability of the mark at these odds, by the prior, which is kept between 1e-5 and 1 - 1e-5 as in
    /// the reference.
    #[must_use]
    pub fn posterior(&self, log_odds: f64) -> f64 {
        let prior = self.prior.clamp(1e-5, 1.0 - 1e-5);
        logistic(libm::log(prior) - libm::log(1.0 - prior) + log_odds)
    }
}

/// Logarithm of likelihood and prior, up to a constant.
fn objective(g_values: &[u64], layer: usize, parameters: &[f64]) -> f64 {
    let (delta, beta) = parameters.split_at(layer);
    let beta = beta.first().copied().unwrap_or(0.0);
    let fit: f64 = g_values.iter().map(|g| libm::log1p(centered(*g, layer) * logistic(latent(*g, beta, delta)))).sum();
    fit - 0.5 * (LOOSE * beta * beta + TIGHT * delta.iter().map(|d| d * d).sum::<f64>())
}

/// What makes one layer's g-values likeliest: deltas, then beta. Fisher's scoring with halved steps.
fn fit_layer(g_values: &[u64], layer: usize) -> Vec<f64> {
    let size = layer + 1;
    let mut parameters = vec![0.0; size];
    let mut now = objective(g_values, layer, &parameters);
    for _ in 0..50 {
        let (gradient, information) = slopes(g_values, layer, &parameters);
        let Some(step) = solve(information, gradient) else { break };
        let mut scale = 1.0;
        let mut better = None;
        while scale > 1e-6 {
            let moved = parameters.iter().zip(&step).map(|(p, s)| (p + scale * s).clamp(-PARAMETER_MAX, PARAMETER_MAX));
            let moved: Vec<f64> = moved.collect();
            let then = objective(g_values, layer, &moved);
            if then > now {
                better = Some((moved, then));
                break;
            }
            scale *= 0.5;
        }
        let Some((moved, then)) = better else { break };
        let gain = then - now;
        (parameters, now) = (moved, then);
        if gain < 1e-9 * (g_values.len() as f64) {
            break;
        }
    }
    parameters
}

/// Gradient of the objective and the expected information, as rows.
fn slopes(g_values: &[u64], layer: usize, parameters: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = layer + 1;
    let (delta, beta) = parameters.split_at(layer);
    let beta = beta.first().copied().unwrap_or(0.0);
    let mut gradient = vec![0.0; size];
    let mut information = vec![vec![0.0; size]; size];
    let mut on = Vec::with_capacity(size);
    for g in g_values {
        let two = logistic(latent(*g, beta, delta));
        let slope = two * (1.0 - two);
        let c = centered(*g, layer);
        let first = slope * c / (1.0 + c * two);
        let weight = slope * slope * 0.25 / (1.0 - 0.25 * two * two);
        on.clear();
        on.extend((0..layer).filter(|n| (g >> n) & 1 == 1));
        on.push(layer);
        for (at, n) in on.iter().enumerate() {
            if let (Some(one), Some(row)) = (gradient.get_mut(*n), information.get_mut(*n)) {
                *one += first;
                for m in on.iter().take(at + 1) {
                    if let Some(cell) = row.get_mut(*m) {
                        *cell += weight;
                    }
                }
            }
        }
    }
    for (n, (one, row)) in gradient.iter_mut().zip(&mut information).enumerate() {
        let (prior, value) = if n == layer { (LOOSE, beta) } else { (TIGHT, delta.get(n).copied().unwrap_or(0.0)) };
        *one -= prior * value;
        if let Some(cell) = row.get_mut(n) {
            *cell += prior;
        }
    }
    (gradient, information)
}

/// Solves for a positive definite matrix, of which the lower half is read, by Cholesky's way.
fn solve(mut matrix: Vec<Vec<f64>>, mut values: Vec<f64>) -> Option<Vec<f64>> {
    let size = values.len();
    for n in 0..size {
        for m in 0..=n {
            let (upper, lower) = (matrix.get(m)?.clone(), matrix.get(n)?);
            let sum: f64 = lower.iter().zip(&upper).take(m).map(|(a, b)| a * b).sum();
            let rest = lower.get(m)? - sum;
            let made = if n == m {
                if rest <= 0.0 || !rest.is_finite() {
                    return None;
                }
                rest.sqrt()
            } else {
                rest / upper.get(m)?
            };
            *matrix.get_mut(n)?.get_mut(m)? = made;
        }
    }
    for n in 0..size {
        let row = matrix.get(n)?;
        let sum: f64 = row.iter().zip(&values).take(n).map(|(a, b)| a * b).sum();
        let made = (values.get(n)? - sum) / row.get(n)?;
        *values.get_mut(n)? = made;
    }
    for n in (0..size).rev() {
        let mut sum = 0.0;
        for m in n + 1..size {
            sum += matrix.get(m)?.get(n)? * values.get(m)?;
        }
        let made = (values.get(n)? - sum) / matrix.get(n)?.get(n)?;
        *values.get_mut(n)? = made;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use proptest::prelude::*;

    use super::*;

    /// Numbers below 1, always the same.
    struct Draw(u64);

    impl Draw {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            (mixed >> 11) as f64 / (1u64 << 53) as f64
        }
    }

    fn drawn(model: &BayesModel, count: usize) -> Vec<u64> {
        let mut draw = Draw(7);
        let mut one = || {
            let mut g = 0;
            for (n, (beta, delta)) in model.beta.iter().zip(&model.delta).enumerate() {
                let chance = 0.5 * (1.0 + 0.5 * logistic(latent(g, *beta, delta)));
                g |= u64::from(draw.next() < chance) << n;
            }
            g
        };
        (0..count).map(|_| one()).collect()
    }

    #[test]
    fn a_fit_finds_the_parameters_back() {
        let model = BayesModel::new(0.5, vec![1.5, 0.0, -1.0], vec![vec![], vec![-1.0], vec![0.8, -0.5]]).unwrap();
        let fitted = BayesModel::fit(&drawn(&model, 60_000), 3, 0.5).unwrap();
        for (one, two) in model.beta.iter().zip(&fitted.beta) {
            assert!((one - two).abs() < 0.25, "{fitted:?}");
        }
        for (one, two) in model.delta.iter().flatten().zip(fitted.delta.iter().flatten()) {
            assert!((one - two).abs() < 0.4, "{fitted:?}");
        }
        // In text of its own the fit is likelier than what it was drawn by, and it is likelier than nothing.
        let other = drawn(&model, 3000);
        assert!(fitted.log_odds(&other) > 0.5 * model.log_odds(&other));
        assert_eq!(BayesModel::fit(&drawn(&model, 60_000), 3, 0.5).unwrap(), fitted);
    }

    #[test]
    fn odds_of_chance_are_one_on_average() {
        // Over all g-values of a token the likelihood ratio is 1: what the bound on p rests on.
        let model = BayesModel::new(0.5, vec![2.0, -3.0, 0.5], vec![vec![], vec![1.0], vec![-2.0, 3.0]]).unwrap();
        let mean: f64 = (0..8).map(|g| model.log_odds(&[g]).exp() / 8.0).sum();
        assert!((mean - 1.0).abs() < 1e-12);
    }

    #[test]
    fn models_are_written_and_read_and_bad_ones_refused() {
        let model = BayesModel::new(0.25, vec![0.1, -2.0], vec![vec![], vec![1.0 / 3.0]]).unwrap();
        assert_eq!(BayesModel::from_json(&model.to_json()).unwrap(), model);
        for text in [
            "",
            "{}",
            r#"{"format":"biaoshi.text-bayes/2","prior":0.5,"beta":[1],"delta":[[]]}"#,
            r#"{"format":"biaoshi.text-bayes/1","prior":1.5,"beta":[1],"delta":[[]]}"#,
            r#"{"format":"biaoshi.text-bayes/1","prior":0.5,"beta":[],"delta":[]}"#,
            r#"{"format":"biaoshi.text-bayes/1","prior":0.5,"beta":[31],"delta":[[]]}"#,
            r#"{"format":"biaoshi.text-bayes/1","prior":0.5,"beta":[1],"delta":[[1]]}"#,
            r#"{"format":"biaoshi.text-bayes/1","prior":0.5,"beta":[1,1],"delta":[[]]}"#,
            r#"{"format":"biaoshi.text-bayes/1","prior":0.5,"beta":[1e999],"delta":[[]]}"#,
        ] {
            assert_eq!(BayesModel::from_json(text).unwrap_err().code(), "watermark.text.model", "{text}");
        }
        assert!(BayesModel::new(f64::NAN, vec![0.0], vec![vec![]]).is_err());
        assert!(BayesModel::new(0.5, vec![f64::NAN], vec![vec![]]).is_err());
        assert_eq!(BayesModel::fit(&[1; 999], 30, 0.5).unwrap_err().code(), "watermark.text.fit");
        assert!(BayesModel::fit(&[1; 1000], 0, 0.5).is_err() && BayesModel::fit(&[1; 1000], 65, 0.5).is_err());
    }

    proptest! {
        #[test]
        fn any_g_values_can_be_fitted(
            g_values in prop::collection::vec(prop_oneof![any::<u64>(), Just(0), Just(u64::MAX)], 1000..1020),
            depth in 1usize..12,
        ) {
            let model = BayesModel::fit(&g_values, depth, 0.5).unwrap();
            prop_assert!(model.log_odds(&g_values).is_finite());
        }
    }
}
