//! Marking, token by token.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::fmt;

use super::hash::Hasher;
use super::key::TextKey;
use super::tournament::{single, update};
use crate::error::{Error, Result};
use crate::message::watermark_text as message;

/// What came of a token's candidates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Step {
    /// Their scores now bear the mark.
    Marked,
    /// Nothing was changed: this context came before, and a second mark there would shift the choice
    /// of words.
    Repeated,
    /// Nothing was changed: the key leaves the first tokens of a text alone.
    Skipped,
    /// Nothing was changed: no candidate, or scores that make no distribution (not a number, positive
    /// infinity, all minus infinity).
    NotScored,
}

/// A key made ready for marking texts and for reading marks. Shows nothing of the key.
#[derive(Clone)]
pub struct TextWatermark {
    pub(super) hasher: Hasher,
    ngram_len: usize,
    history: usize,
    skip_first: bool,
}

impl fmt::Debug for TextWatermark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TextWatermark")
            .field("layers", &self.depth())
            .field("ngram_len", &self.ngram_len)
            .finish_non_exhaustive()
    }
}

/// Where a text stands that is being made: the last tokens, and the contexts that came before.
#[derive(Debug, Clone)]
pub struct TextSequence {
    context: VecDeque<i64>,
    /// Hashes of contexts, the latest first.
    history: VecDeque<u64>,
    calls: usize,
}

/// One of several texts that are made side by side.
#[derive(Debug)]
pub struct Row<'a> {
    /// Where it stands.
    pub sequence: &'a mut TextSequence,
    /// Candidate tokens.
    pub ids: &'a [i64],
    /// Their scores.
    pub scores: &'a mut [f32],
}

impl TextSequence {
    /// Says which token was chosen.
    pub fn push(&mut self, token: i64) {
        self.context.pop_front();
        self.context.push_back(token);
    }

    /// Whether a context came before; it has from now on. The memory starts full of zeros, as that of
    /// the reference.
    fn seen(&mut self, hash: u64, size: usize) -> bool {
        let seen = (hash == 0 && self.history.len() < size) || self.history.contains(&hash);
        self.history.push_front(hash);
        self.history.truncate(size);
        seen
    }
}

fn shape(what: &'static str, found: usize, expected: usize) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(Error::Invalid(message::SHAPE.with("what", what).arg("found", found).arg("expected", expected)))
}

impl TextWatermark {
    /// Makes a key ready; that of [`super::Scheme::SynthidTable`] has a table that is made here.
    #[must_use]
    pub fn new(key: &TextKey) -> Self {
        Self {
            hasher: Hasher::new(key),
            ngram_len: key.ngram_len,
            history: key.context_history_size,
            skip_first: key.skip_first_ngram_calls,
        }
    }

    /// Layers of the tournament.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.hasher.depth()
    }

    /// Length of the n-grams that are hashed, in tokens.
    #[must_use]
    pub const fn ngram_len(&self) -> usize {
        self.ngram_len
    }

    /// The start of a text: in front of it stand zeros, as in the reference, and nothing of a prompt.
    #[must_use]
    pub fn sequence(&self) -> TextSequence {
        TextSequence {
            context: std::iter::repeat_n(0, self.ngram_len.saturating_sub(1)).collect(),
            history: VecDeque::new(),
            calls: 0,
        }
    }

    /// g-values of candidate tokens behind `context`, the `ngram_len - 1` tokens in front. Bit n of a
    /// number is layer n.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the context has another length.
    pub fn g_values(&self, context: &[i64], ids: &[i64]) -> Result<Vec<u64>> {
        shape("context", context.len(), self.ngram_len.saturating_sub(1))?;
        let mut out = Vec::new();
        self.hasher.g_values(&self.hasher.context(context.iter().copied()), ids, &mut out);
        Ok(out)
    }

    /// The same for several contexts at once, one after another in `contexts`, each with as many of
    /// `ids`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the lengths don't fit `rows`.
    pub fn g_values_batch(&self, contexts: &[i64], ids: &[i64], rows: usize) -> Result<Vec<u64>> {
        let width = self.ngram_len.saturating_sub(1);
        shape("contexts", contexts.len(), rows.saturating_mul(width))?;
        let count = ids.len().checked_div(rows).unwrap_or(0);
        shape("ids", ids.len(), count.saturating_mul(rows))?;
        let (mut out, mut row) = (Vec::with_capacity(ids.len()), Vec::new());
        if count > 0 {
            for (context, ids) in contexts.chunks_exact(width.max(1)).zip(ids.chunks_exact(count)) {
                self.hasher.g_values(&self.hasher.context(context.iter().copied()), ids, &mut row);
                out.append(&mut row);
            }
        }
        Ok(out)
    }

    /// What the tournament makes of scores: logarithms of probabilities, in the arithmetic of 64 bits;
    /// minus infinity where nothing is left. False, and nothing changed, if the scores make no distribution.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there are not as many g-values as scores.
    pub fn update_scores(&self, g_values: &[u64], scores: &mut [f64]) -> Result<bool> {
        shape("g_values", g_values.len(), scores.len())?;
        Ok(update(scores, g_values, self.depth()))
    }

    /// Puts the mark into the scores of a text's next token.
    ///
    /// `ids` are the candidates that top-k and top-p left, in any order, each once; `scores` their logits after
    /// temperature. They become logarithms of probabilities: draw from them without another temperature and
    /// without another cut. Candidates of a score of minus infinity get the lowest finite number, as
    /// in the reference. Then say by [`TextSequence::push`] what was drawn.
    ///
    /// # Errors
    /// [`Error::Invalid`] if `ids` and `scores` differ in length, or the sequence is of a key with
    /// n-grams of another length; nothing was changed then.
    pub fn reweight(&self, sequence: &mut TextSequence, ids: &[i64], scores: &mut [f32]) -> Result<Step> {
        shape("scores", scores.len(), ids.len())?;
        shape("context", sequence.context.len(), self.ngram_len.saturating_sub(1))?;
        let Some(context) = self.next(sequence) else { return Ok(Step::Skipped) };
        if sequence.seen(context.number, self.history) {
            return Ok(Step::Repeated);
        }
        let mut g_values = Vec::new();
        self.hasher.g_values(&context, ids, &mut g_values);
        let mut odds: Vec<f64> = scores.iter().map(|score| f64::from(*score)).collect();
        if !update(&mut odds, &g_values, self.depth()) {
            return Ok(Step::NotScored);
        }
        for (score, log) in scores.iter_mut().zip(odds) {
            *score = single(log);
        }
        Ok(Step::Marked)
    }

    /// [`TextWatermark::reweight`] for several texts at once.
    ///
    /// # Errors
    /// The first of theirs; rows in front of it are done then.
    pub fn reweight_batch(&self, rows: &mut [Row<'_>]) -> Result<Vec<Step>> {
        rows.iter_mut().map(|row| self.reweight(row.sequence, row.ids, row.scores)).collect()
    }

    /// Puts the mark into scores of a whole vocabulary, token 0 first. The candidates are those that are
    /// above minus infinity; the others get the lowest finite number, as in the reference.
    ///
    /// # Errors
    /// As [`TextWatermark::reweight`].
    pub fn reweight_vocabulary(&self, sequence: &mut TextSequence, scores: &mut [f32]) -> Result<Step> {
        let is_one = |score: f32| score > f32::NEG_INFINITY || score.is_nan();
        let (mut ids, mut kept) = (Vec::new(), Vec::new());
        for (id, score) in (0i64..).zip(scores.iter()) {
            if is_one(*score) {
                ids.push(id);
                kept.push(*score);
            }
        }
        let step = self.reweight(sequence, &ids, &mut kept)?;
        if step == Step::Marked {
            let mut kept = kept.into_iter();
            for score in scores.iter_mut() {
                *score = if is_one(*score) { kept.next().unwrap_or(f32::MIN) } else { f32::MIN };
            }
        }
        Ok(step)
    }

    /// Catches up with tokens that were chosen elsewhere, as if each had been asked for and pushed:
    /// a request that is resumed.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the sequence is of a key with n-grams of another length.
    pub fn observe(&self, sequence: &mut TextSequence, tokens: &[i64]) -> Result<()> {
        shape("context", sequence.context.len(), self.ngram_len.saturating_sub(1))?;
        for token in tokens {
            if let Some(context) = self.next(sequence) {
                sequence.seen(context.number, self.history);
            }
            sequence.push(*token);
        }
        Ok(())
    }

    /// Counts a call; the context, unless this call is one that is left out.
    fn next(&self, sequence: &mut TextSequence) -> Option<super::hash::Context> {
        sequence.calls = sequence.calls.saturating_add(1);
        if self.skip_first && sequence.calls < self.ngram_len {
            return None;
        }
        Some(self.hasher.context(sequence.context.iter().copied()))
    }

    /// g-values at each place of a text that has a whole n-gram: `ngram_len - 1` fewer than tokens.
    #[must_use]
    pub fn g_values_of(&self, tokens: &[i64]) -> Vec<u64> {
        let (mut out, mut one) = (Vec::with_capacity(tokens.len()), Vec::with_capacity(1));
        for ngram in tokens.windows(self.ngram_len) {
            let Some((last, context)) = ngram.split_last() else { continue };
            self.hasher.g_values(&self.hasher.context(context.iter().copied()), &[*last], &mut one);
            out.append(&mut one);
        }
        out
    }

    /// Whether the context at each of these places is new among the last ones, as many as the key
    /// remembers.
    #[must_use]
    pub fn not_repeated(&self, tokens: &[i64]) -> Vec<bool> {
        let mut sequence = self.sequence();
        self.contexts(tokens).map(|context| !sequence.seen(context, self.history)).collect()
    }

    /// Hashes of the contexts at each place that has a whole n-gram.
    pub(super) fn contexts(&self, tokens: &[i64]) -> impl Iterator<Item = u64> {
        tokens.windows(self.ngram_len).map(|ngram| {
            let context = ngram.split_last().map_or(&[][..], |(_, context)| context);
            self.hasher.context(context.iter().copied()).number
        })
    }
}

/// Tokens of the `count` largest scores of a vocabulary, in rising order; of equal ones the lower. Scores that
/// are not a number or minus infinity are no candidates.
///
/// ```
/// assert_eq!(biaoshi::watermark::text::largest(&[0.1, f32::NAN, 3.0, 2.0], 2), [2, 3]);
/// ```
#[must_use]
pub fn largest(scores: &[f32], count: usize) -> Vec<i64> {
    let mut held: Vec<(f32, i64)> = Vec::with_capacity(count.saturating_mul(2).min(scores.len()));
    let mut least = f32::NEG_INFINITY;
    let better = |a: &(f32, i64), b: &(f32, i64)| b.0.partial_cmp(&a.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1));
    for (id, score) in (0i64..).zip(scores) {
        if *score > least {
            held.push((*score, id));
            if count > 0 && held.len() >= count.saturating_mul(2) {
                held.select_nth_unstable_by(count.saturating_sub(1), better);
                held.truncate(count);
                least = held.last().map_or(least, |last| last.0);
            }
        }
    }
    held.sort_unstable_by(better);
    let mut ids: Vec<i64> = held.into_iter().take(count).map(|(_, id)| id).collect();
    ids.sort_unstable();
    ids
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]

    use proptest::prelude::*;

    use super::super::key::Scheme;
    use super::*;

    fn mark(scheme: Scheme, ngram_len: usize) -> TextWatermark {
        TextWatermark::new(&TextKey::new(scheme, (1..=30).collect()).unwrap().ngram_len(ngram_len).unwrap())
    }

    const SCHEMES: [Scheme; 3] = [Scheme::SynthidTable, Scheme::SynthidLcg, Scheme::HmacSha256];

    #[test]
    fn lists_of_unequal_length_are_refused_and_nothing_moves() {
        let mark = mark(Scheme::SynthidTable, 5);
        let mut sequence = mark.sequence();
        assert_eq!(mark.reweight(&mut sequence, &[1, 2], &mut [0.0]).unwrap_err().code(), "watermark.text.shape");
        assert_eq!((sequence.calls, sequence.history.len()), (0, 0));
        assert!(mark.g_values(&[1, 2, 3], &[1]).is_err());
        assert!(mark.g_values_batch(&[1, 2, 3, 4], &[1, 2, 3], 2).is_err());
        assert!(mark.g_values_batch(&[], &[], 0).unwrap().is_empty());
        assert!(mark.update_scores(&[1], &mut []).is_err());
        let other = super::tests::mark(Scheme::SynthidTable, 3);
        assert!(other.reweight(&mut sequence, &[1], &mut [0.0]).is_err());
        assert!(other.observe(&mut sequence, &[1]).is_err());
    }

    #[test]
    fn several_texts_at_once_are_as_each_alone() {
        for scheme in SCHEMES {
            let mark = mark(scheme, 4);
            let mut sequences = [mark.sequence(), mark.sequence(), mark.sequence()];
            let mut alone = sequences.clone();
            for step in 0..6i64 {
                let ids: Vec<Vec<i64>> = (0..3).map(|n| (step..step + 2 + n).collect()).collect();
                let mut scores: Vec<Vec<f32>> =
                    ids.iter().map(|ids| ids.iter().map(|id| *id as f32).collect()).collect();
                let mut expected = scores.clone();
                let mut rows: Vec<Row<'_>> = Vec::new();
                for ((sequence, ids), scores) in sequences.iter_mut().zip(&ids).zip(&mut scores) {
                    rows.push(Row { sequence, ids, scores });
                }
                let steps = mark.reweight_batch(&mut rows).unwrap();
                for (n, one) in alone.iter_mut().enumerate() {
                    assert_eq!(mark.reweight(one, &ids[n], &mut expected[n]).unwrap(), steps[n]);
                    one.push(7);
                }
                assert_eq!(scores, expected);
                sequences.iter_mut().for_each(|one| one.push(7));
            }
        }
    }

    #[test]
    fn a_batch_of_g_values_is_its_rows() {
        for scheme in SCHEMES {
            let mark = mark(scheme, 3);
            // More than the tokens whose hashes are computed side by side, and no multiple of them.
            let ids: Vec<i64> = (100..134).collect();
            let both = mark.g_values_batch(&[1, 2, 3, 4], &ids, 2).unwrap();
            let (one, two) = ids.split_at(17);
            assert_eq!(both[..17], mark.g_values(&[1, 2], one).unwrap());
            assert_eq!(both[17..], mark.g_values(&[3, 4], two).unwrap());
            assert!(both.iter().all(|g| g >> 30 == 0));
        }
    }

    #[test]
    fn g_values_are_fair_and_differ_between_layers_and_keys() {
        for scheme in SCHEMES {
            let mark = mark(scheme, 2);
            let g = mark.g_values(&[77], &(0..20_000).collect::<Vec<i64>>()).unwrap();
            for layer in 0..30 {
                let ones = g.iter().filter(|g| (*g >> layer) & 1 == 1).count();
                // Five standard deviations of a fair coin, which are 71 each.
                assert!((9_646..=10_354).contains(&ones), "{scheme:?} {layer} {ones}");
            }
            if scheme == Scheme::SynthidLcg {
                // The reference's own layers are not independent, see `Null`.
                continue;
            }
            let same = g.iter().filter(|g| (*g >> 3) & 1 == (*g >> 4) & 1).count();
            assert!((9_646..=10_354).contains(&same), "{scheme:?} {same}");
        }
    }

    #[test]
    fn a_resumed_text_goes_on_as_it_would_have() {
        for skip in [false, true] {
            let key = TextKey::new(Scheme::SynthidTable, (1..=30).collect()).unwrap();
            let mark = TextWatermark::new(&key.context_history_size(3).unwrap().skip_first_ngram_calls(skip));
            let tokens = [1, 1, 1, 1, 1, 1, 1, 2, 3, 4, 1, 1, 1, 1];
            for cut in 0..tokens.len() {
                let (mut one, mut two) = (mark.sequence(), mark.sequence());
                for token in &tokens[..cut] {
                    mark.reweight(&mut one, &[1, 2], &mut [0.0, 0.0]).unwrap();
                    one.push(*token);
                }
                mark.observe(&mut two, &tokens[..cut]).unwrap();
                for token in &tokens[cut..] {
                    let (mut a, mut b) = ([0.0, 1.0], [0.0, 1.0]);
                    assert_eq!(
                        mark.reweight(&mut one, &[1, 2], &mut a).unwrap(),
                        mark.reweight(&mut two, &[1, 2], &mut b).unwrap()
                    );
                    assert_eq!(a, b);
                    one.push(*token);
                    two.push(*token);
                }
            }
        }
    }

    #[test]
    fn nothing_of_the_key_is_shown() {
        let key = TextKey::new(Scheme::HmacSha256, vec![1_234_567_891, 5]).unwrap();
        let shown = format!("{:?}", TextWatermark::new(&key));
        assert!(!shown.contains("12345") && shown.contains("layers: 2"), "{shown}");
    }

    fn any_score() -> impl Strategy<Value = f32> {
        prop_oneof![
            4 => -30f32..30f32,
            1 => prop::num::f32::ANY,
            1 => Just(f32::NEG_INFINITY),
            1 => prop_oneof![Just(f32::MAX), Just(f32::MIN), Just(0.0)],
        ]
    }

    proptest! {
        #[test]
        fn hostile_scores_never_panic_and_stay_a_distribution(
            scores in prop::collection::vec(any_score(), 0..60),
            ids in prop::collection::vec(any::<i64>(), 60),
            tokens in prop::collection::vec(any::<i64>(), 0..8),
            scheme in prop::sample::select(SCHEMES.to_vec()),
            ngram_len in 2usize..=64,
        ) {
            let mark = mark(scheme, ngram_len);
            let mut sequence = mark.sequence();
            mark.observe(&mut sequence, &tokens).unwrap();
            let mut vocabulary = sequence.clone();
            let mut got = scores.clone();
            let step = mark.reweight(&mut sequence, &ids[..scores.len()], &mut got).unwrap();
            if step == Step::Marked {
                let sum: f64 = got.iter().map(|score| f64::from(*score).exp()).sum();
                prop_assert!((sum - 1.0).abs() < 1e-4, "{sum}");
                prop_assert!(got.iter().all(|score| score.is_finite()));
            } else {
                prop_assert_eq!(format!("{got:?}"), format!("{scores:?}"));
            }
            let mut got = scores.clone();
            prop_assert_eq!(mark.reweight_vocabulary(&mut vocabulary, &mut got).unwrap(), step);
            prop_assert!(largest(&scores, 7).len() <= 7);
            prop_assert_eq!(mark.g_values_of(&tokens).len(), (tokens.len() + 1).saturating_sub(ngram_len));
            prop_assert_eq!(mark.not_repeated(&tokens).len(), (tokens.len() + 1).saturating_sub(ngram_len));
        }

        #[test]
        fn the_largest_are_those_of_a_sort(scores in prop::collection::vec(any_score(), 0..200), count in 0usize..30) {
            let mut all: Vec<(usize, f32)> =
                scores.iter().copied().enumerate().filter(|(_, s)| *s > f32::NEG_INFINITY).collect();
            all.sort_by(|a, b| b.1.partial_cmp(&a.1).unwrap().then(a.0.cmp(&b.0)));
            let mut ids: Vec<i64> = all.iter().take(count).map(|(n, _)| *n as i64).collect();
            ids.sort_unstable();
            prop_assert_eq!(largest(&scores, count), ids);
        }
    }
}
