//! Finding the mark in the tokens of a text.

use serde::Serialize;

use super::bayes::BayesModel;
use super::generate::TextWatermark;
use super::null::{Null, normal_quantile, normal_tail, weighted};
use crate::error::{Error, Result};
use crate::message::watermark_text as message;

/// What the answer goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Score {
    /// Sum of g-values, where the first layer weighs ten times as much as the last.
    #[default]
    WeightedMean,
    /// Sum of g-values.
    Mean,
    /// Likelihood ratio by a fitted model.
    Bayes,
}

/// What to ask for.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Options {
    /// Chance that a text without the mark is taken for one with it, per text and key; 1e-6 at first.
    pub false_alarm: f64,
    /// Chance that a text with a mark of this `strength` is missed and called absent; 0.01 at first.
    pub miss: f64,
    /// How far the mark shifts the score of a token, in standard deviations of unmarked text. 0.397 at
    /// first: what synthetic text of 0.6 nat per token gave. Text that leaves less choice has less; measure
    /// your own by [`Detection::strength`] of texts known to be marked.
    pub strength: f64,
    /// What decides.
    pub score: Score,
}

impl Default for Options {
    fn default() -> Self {
        Self { false_alarm: 1e-6, miss: 0.01, strength: 0.397, score: Score::default() }
    }
}

impl Options {
    /// Other rates of errors, each between 0 and 1, neither included.
    #[must_use]
    pub const fn rates(mut self, false_alarm: f64, miss: f64) -> Self {
        (self.false_alarm, self.miss) = (false_alarm, miss);
        self
    }

    /// Another assumed strength.
    #[must_use]
    pub const fn strength(mut self, deviations: f64) -> Self {
        self.strength = deviations;
        self
    }

    /// Another score decides.
    #[must_use]
    pub const fn score(mut self, score: Score) -> Self {
        self.score = score;
        self
    }

    fn check(&self) -> Result<()> {
        let range = |field: &'static str, value: f64, high: f64| {
            if value > 0.0 && value < high {
                return Ok(());
            }
            Err(Error::Invalid(message::OPTION.with("field", field).arg("low", 0).arg("high", high)))
        };
        range("false_alarm", self.false_alarm, 1.0)?;
        range("miss", self.miss, 1.0)?;
        range("strength", self.strength, 100.0)
    }
}

/// What the detector says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Answer {
    /// The mark of this key is there; unmarked text gives this answer with a chance of at most
    /// [`Options::false_alarm`].
    Found,
    /// No mark as strong as [`Options::strength`]; text with one gives this answer with a chance of about
    /// [`Options::miss`] or less.
    Absent,
    /// Not found, but text this short with such a mark is often not found.
    TooShort,
}

/// What a fitted model says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Bayes {
    /// Logarithm of how much likelier the g-values are with the mark than without.
    pub log_odds: f64,
    /// Probability of the mark, by the model's prior.
    pub posterior: f64,
    /// Bound on the chance that text without the mark reaches these odds: 1 / odds (Markov). It holds for
    /// every model, well fitted or not, where layers are independent: exactly for
    /// [`Scheme::HmacSha256`](super::Scheme::HmacSha256), nearly for the others.
    pub p_bound: f64,
}

/// What was found in a text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Detection {
    /// The answer.
    pub answer: Answer,
    /// What it goes by.
    pub score: Score,
    /// Tokens of the text.
    pub tokens: usize,
    /// Tokens that count: with a whole n-gram, in front of the end, behind a context that is new in
    /// the text.
    pub scored: usize,
    /// Share of ones among the g-values; about a half without the mark.
    pub mean: f64,
    /// The same, weighted by layer.
    pub weighted_mean: f64,
    /// Chance that text without the mark reaches this mean. 0 below 1e-308.
    pub p_mean: f64,
    /// Chance that text without the mark reaches this weighted mean. 0 below 1e-308.
    pub p_weighted_mean: f64,
    /// Decimal logarithm of the chance that decides, which has no smallest value.
    pub log10_p: f64,
    /// How far the weighted mean lies above that of unmarked text, in standard deviations of a token.
    pub strength: f64,
    /// Chance that a mark as strong as was assumed is missed in a text of this length.
    pub missed: f64,
    /// What the fitted model says, if one was given.
    pub bayes: Option<Bayes>,
}

/// Looks for the mark of one key.
#[derive(Debug, Clone)]
pub struct TextDetector {
    mark: TextWatermark,
    weights: Vec<u32>,
    null: Null,
    null_plain: Null,
    model: Option<BayesModel>,
}

/// Weights that fall evenly from ten to one, times a whole number that makes them whole.
fn weights(depth: usize) -> Vec<u32> {
    let last = u32::try_from(depth.saturating_sub(1)).unwrap_or(0);
    if last == 0 {
        return vec![1; depth];
    }
    (0..=last).map(|layer| 10 * last - 9 * layer).collect()
}

/// Mean of the g-values where `mask` is true, over all of the first `depth` layers; nothing if it is
/// true nowhere.
#[must_use]
pub fn mean_score(g_values: &[u64], mask: &[bool], depth: usize) -> Option<f64> {
    share(g_values, mask, &vec![1; depth.min(64)])
}

/// The same with weights that fall from ten to one with the layer.
#[must_use]
pub fn weighted_mean_score(g_values: &[u64], mask: &[bool], depth: usize) -> Option<f64> {
    share(g_values, mask, &weights(depth.min(64)))
}

fn share(g_values: &[u64], mask: &[bool], weights: &[u32]) -> Option<f64> {
    let (count, sum) = sums(g_values, mask, weights);
    let all: u32 = weights.iter().sum();
    let whole = count as f64 * f64::from(all);
    (whole > 0.0).then(|| sum as f64 / whole)
}

/// How many places count, and their weighted sum.
fn sums(g_values: &[u64], mask: &[bool], weights: &[u32]) -> (usize, u64) {
    let used = g_values.iter().zip(mask).filter(|(_, used)| **used);
    used.fold((0, 0), |(count, sum), (g, _)| (count + 1, sum + weighted(*g, weights) as u64))
}

impl TextDetector {
    /// For a key that was made ready.
    #[must_use]
    pub fn new(mark: &TextWatermark) -> Self {
        let weights = weights(mark.depth());
        let null = Null::new(&mark.hasher, &weights);
        let null_plain = Null::new(&mark.hasher, &vec![1; mark.depth()]);
        Self { mark: mark.clone(), weights, null, null_plain, model: None }
    }

    /// Also asks a model that was fitted on marked texts.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it was fitted for another number of layers.
    pub fn model(mut self, model: BayesModel) -> Result<Self> {
        if model.depth() != self.mark.depth() {
            return Err(Error::Invalid(message::MODEL.with("field", "depth")));
        }
        self.model = Some(model);
        Ok(self)
    }

    /// Whether each token stands in front of the first `end` token.
    #[must_use]
    pub fn not_ended(tokens: &[i64], end: i64) -> Vec<bool> {
        let first = tokens.iter().position(|token| *token == end).unwrap_or(tokens.len());
        (0..tokens.len()).map(|at| at < first).collect()
    }

    /// g-values of the places of a text that count, and how many there are: those in front of the first
    /// `end` token whose context is new in the whole text. The reference forgets contexts after
    /// `context_history_size` others; here none counts twice, since equal n-grams have equal g-values and would
    /// make a chance find look like many.
    #[must_use]
    pub fn scored(&self, tokens: &[i64], end: Option<i64>) -> Vec<u64> {
        let first = end.and_then(|end| tokens.iter().position(|token| *token == end));
        let text = tokens.get(..first.unwrap_or(tokens.len())).unwrap_or_default();
        let mut seen = std::collections::HashSet::new();
        let contexts = self.mark.contexts(text);
        let places = self.mark.g_values_of(text).into_iter().zip(contexts);
        places.filter(|(_, context)| seen.insert(*context)).map(|(g, _)| g).collect()
    }

    /// Looks for the mark in a text's tokens, without those of its prompt. `end` is the token that ends
    /// texts, if there is one; what stands behind it doesn't count.
    ///
    /// # Errors
    /// [`Error::Invalid`] if an option is outside its range, or [`Score::Bayes`] is asked for without
    /// a model.
    pub fn detect(&self, tokens: &[i64], end: Option<i64>, options: &Options) -> Result<Detection> {
        options.check()?;
        let g_values = self.scored(tokens, end);
        let mask = vec![true; g_values.len()];
        let (scored, sum) = sums(&g_values, &mask, &self.weights);
        let (_, plain) = sums(&g_values, &mask, &vec![1; self.mark.depth()]);
        let log_weighted = self.null.log_tail(scored, sum);
        let log_plain = self.null_plain.log_tail(scored, plain);
        let bayes = self.model.as_ref().map(|model| {
            let log_odds = model.log_odds(&g_values);
            Bayes { log_odds, posterior: model.posterior(log_odds), p_bound: libm::exp(-log_odds).min(1.0) }
        });
        let log_p = match (options.score, &bayes) {
            (Score::WeightedMean, _) => log_weighted,
            (Score::Mean, _) => log_plain,
            (Score::Bayes, Some(bayes)) => (-bayes.log_odds).min(0.0),
            (Score::Bayes, None) => return Err(Error::Invalid(message::MODEL.with("field", "model"))),
        };
        let count = scored as f64;
        let shift = options.strength * count.sqrt();
        let missed = match options.score {
            // Of a marked text the log odds have at least half of its squared shift as mean, and the shift as
            // deviation; the bound asks for 1 / false_alarm.
            Score::Bayes => normal_tail(0.5 * shift + libm::log(options.false_alarm) / shift.max(f64::MIN_POSITIVE)),
            Score::WeightedMean | Score::Mean => normal_tail(shift - normal_quantile(options.false_alarm)),
        };
        let answer = if log_p <= libm::log(options.false_alarm) {
            Answer::Found
        } else if missed <= options.miss {
            Answer::Absent
        } else {
            Answer::TooShort
        };
        let per_token = if scored == 0 { self.null.mean() } else { sum as f64 / count };
        Ok(Detection {
            answer,
            score: options.score,
            tokens: tokens.len(),
            scored,
            mean: mean_score(&g_values, &mask, self.mark.depth()).unwrap_or(0.5),
            weighted_mean: weighted_mean_score(&g_values, &mask, self.mark.depth()).unwrap_or(0.5),
            p_mean: libm::exp(log_plain),
            p_weighted_mean: libm::exp(log_weighted),
            log10_p: log_p / std::f64::consts::LN_10,
            strength: (per_token - self.null.mean()) / self.null.deviation().max(f64::MIN_POSITIVE),
            missed,
            bayes,
        })
    }
}
