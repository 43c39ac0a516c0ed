//! The text watermark against answers of the published reference (`watermark_text/make.py`), and its detector
//! on texts drawn from made-up distributions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::print_stdout)]

use biaoshi::watermark::text::{
    Answer, BayesModel, Options, Scheme, Score, Step, TextDetector, TextKey, TextWatermark, mean_score,
    weighted_mean_score,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn vectors() -> Value {
    serde_json::from_str(include_str!("watermark_text/synthid.json")).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().unwrap()
}

fn integers(value: &Value, name: &str) -> Vec<i64> {
    list(value, name).iter().map(|x| x.as_i64().unwrap()).collect()
}

fn floats(value: &Value, name: &str) -> Vec<f64> {
    list(value, name).iter().map(|x| x.as_f64().unwrap()).collect()
}

fn flags(value: &Value, name: &str) -> Vec<bool> {
    list(value, name).iter().map(|x| x.as_i64() == Some(1)).collect()
}

fn masks(value: &Value, name: &str) -> Vec<u64> {
    list(value, name).iter().map(|x| u64::from_str_radix(x.as_str().unwrap(), 16).unwrap()).collect()
}

fn count(value: &Value, name: &str) -> usize {
    usize::try_from(value[name].as_u64().unwrap()).unwrap()
}

/// The key of a configuration, by way of the text of a key file.
fn key(config: &Value) -> TextKey {
    TextKey::from_text(&config.to_string()).unwrap()
}

#[test]
fn sampling_tables_are_torchs() {
    let vectors = vectors();
    for table in list(&vectors, "tables") {
        let (size, seed) = (table["size"].as_u64().unwrap(), table["seed"].as_i64().unwrap());
        // The bits of a table are seen through g-values: with the one key that undoes the last step of the hash.
        let text =
            serde_json::json!({"keys": [0], "ngram_len": 2, "sampling_table_size": size, "sampling_table_seed": seed});
        let mark = TextWatermark::new(&key(&text));
        const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
        let inverse = (0..6).fold(1u64, |x, _| x.wrapping_mul(2u64.wrapping_sub(MULTIPLIER.wrapping_mul(x))));
        let back = |hash: u64| hash.wrapping_sub(1).wrapping_mul(inverse);
        // Context 0: (1 + 0) M + 1.
        let context = 1u64.wrapping_mul(MULTIPLIER).wrapping_add(1);
        let ids: Vec<i64> = (0..size).map(|n| back(back(n)).wrapping_sub(context).cast_signed()).collect();
        let bits: Vec<u8> = mark.g_values(&[0], &ids).unwrap().iter().map(|g| *g as u8).collect();
        assert_eq!(bits.iter().map(|b| u64::from(*b)).sum::<u64>(), table["ones"].as_u64().unwrap());
        let digest: String = Sha256::digest(&bits).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(digest, table["sha256"].as_str().unwrap(), "{size} {seed}");
    }
}

#[test]
fn g_values_and_masks_are_the_references() {
    let vectors = vectors();
    let mut cases = 0;
    for entry in list(&vectors, "configs") {
        let config = key(&entry["config"]);
        for case in list(entry, "tokens") {
            let mark = TextWatermark::new(&config.clone().context_history_size(count(case, "history")).unwrap());
            let tokens = integers(case, "tokens");
            assert_eq!(mark.g_values_of(&tokens), masks(case, "g_values"));
            assert_eq!(mark.not_repeated(&tokens), flags(case, "not_repeated"));
            let end = case["eos"].as_i64().unwrap();
            assert_eq!(TextDetector::not_ended(&tokens, end), flags(case, "not_ended"));
            cases += 1;
        }
    }
    for case in list(&vectors["synthid-lcg"], "cases") {
        let key = TextKey::new(Scheme::SynthidLcg, integers(case, "keys")).unwrap();
        let mark = TextWatermark::new(&key.ngram_len(count(case, "ngram_len")).unwrap());
        assert_eq!(mark.g_values_of(&integers(case, "tokens")), masks(case, "g_values"));
        cases += 1;
    }
    assert!(cases >= 39, "{cases}");
}

/// How far the reference's arithmetic of `epsilon` may lie from exact logarithms of probabilities, to first order:
/// errors of one layer are not carried through the next ones, whose sum of probabilities pulls back to 1.
///
/// A unit is `epsilon / 2`. Softmax: the difference from the highest score is rounded, which exp turns into as
/// many units as the difference is large; its sum of n is wrong by at most n units. Each layer: a mass is a sum of n
/// products, wrong by at most n units (of a value below 1), which a factor 1 + g - mass feels the more the smaller it
/// is; two roundings. At last the logarithm is rounded.
fn bound(g_values: &[u64], scores: &[f64], depth: usize, epsilon: f64) -> Vec<f64> {
    let unit = epsilon / 2.0;
    let n = scores.len() as f64 + 8.0;
    let top = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let sum: f64 = scores.iter().map(|s| (s - top).exp()).sum();
    let mut odds: Vec<f64> = scores.iter().map(|s| (s - top).exp() / sum).collect();
    let mut off: Vec<f64> = scores.iter().map(|s| unit * ((top - s).min(200.0) + n)).collect();
    for layer in 0..depth {
        let is_one = |g: &u64| (g >> layer) & 1 == 1;
        let mass: f64 = odds.iter().zip(g_values).filter(|(_, g)| is_one(g)).map(|(p, _)| p).sum();
        for ((p, e), g) in odds.iter_mut().zip(&mut off).zip(g_values) {
            let factor = if is_one(g) { 2.0 - mass } else { 1.0 - mass };
            *e += unit * n / factor.max(1e-300) + 2.0 * unit;
            *p *= factor;
        }
    }
    odds.iter().zip(off).map(|(p, e)| e + unit * p.max(1e-300).ln().abs()).collect()
}

/// Compares logarithms; `None` means the lowest number. Returns the largest difference
/// where odds are above a millionth.
fn compare(got: &[f64], expected: &[Option<f64>], bound: &[f64], least: f64) -> f64 {
    assert_eq!(got.len(), expected.len());
    let mut worst = 0.0f64;
    for ((got, expected), bound) in got.iter().zip(expected).zip(bound) {
        match expected {
            // Also what rounding pushed below zero.
            None => assert!(*got <= least || (*bound > 0.1 && *got < -10.0), "{got} {bound}"),
            // Where odds are denormal or their error is of their own size nothing is promised but that they are low.
            Some(x) if *x < least || *bound > 0.1 => assert!(*got < -10.0 && *x < -10.0, "{got} {x} {bound}"),
            Some(x) => {
                assert!((got - x).abs() <= *bound, "{got} {x} {bound}");
                worst = if *x > -13.8 { worst.max((got - x).abs()) } else { worst };
            }
        }
    }
    worst
}

/// Logarithms of the least normal numbers.
const LEAST32: f64 = -87.3;
const LEAST64: f64 = -708.3;

#[test]
fn scores_of_candidates_are_the_references() {
    let vectors = vectors();
    let (mut worst32, mut worst64) = (0.0f64, 0.0f64);
    for entry in list(&vectors, "configs") {
        let mark = TextWatermark::new(&key(&entry["config"]));
        for case in list(entry, "candidates") {
            let (context, ids, scores) = (integers(case, "context"), integers(case, "ids"), floats(case, "scores"));
            let g_values = mark.g_values(&context, &ids).unwrap();
            assert_eq!(g_values, masks(case, "g_values"));
            let mut got = scores.clone();
            assert!(mark.update_scores(&g_values, &mut got).unwrap());
            let some = |name| floats(case, name).into_iter().map(Some).collect::<Vec<_>>();
            let bounds = bound(&g_values, &scores, mark.depth(), f64::EPSILON);
            worst64 = worst64.max(compare(&got, &some("float64"), &bounds, LEAST64));
            // The same in a sequence, with 32-bit scores in and out.
            let mut sequence = mark.sequence();
            context.iter().for_each(|token| sequence.push(*token));
            let mut single: Vec<f32> = scores.iter().map(|s| *s as f32).collect();
            assert_eq!(mark.reweight(&mut sequence, &ids, &mut single).unwrap(), Step::Marked);
            let single: Vec<f64> = single.into_iter().map(f64::from).collect();
            let bounds = bound(&g_values, &scores, mark.depth(), f64::from(f32::EPSILON));
            worst32 = worst32.max(compare(&single, &some("float32"), &bounds, LEAST32));
        }
    }
    println!("largest difference from the reference: {worst32:.1e} in 32 bits, {worst64:.1e} in 64");
}

/// A number, the lowest number, or minus infinity.
fn entry(value: &Value) -> f64 {
    match value {
        Value::Null => f64::NEG_INFINITY,
        Value::String(_) => f64::from(f32::MIN),
        number => number.as_f64().unwrap(),
    }
}

#[test]
fn generation_is_the_references_call_by_call() {
    let vectors = vectors();
    let mut steps = Vec::new();
    let mut worst = 0.0f64;
    for one in list(&vectors, "configs") {
        for case in list(one, "generation") {
            let key = key(&one["config"]).context_history_size(count(case, "history")).unwrap();
            let mark = TextWatermark::new(&key.skip_first_ngram_calls(case["skip"].as_bool().unwrap()));
            let vocabulary: Vec<i64> = (0..count(case, "vocabulary") as i64).collect();
            for row in 0..2 {
                let mut sequence = mark.sequence();
                let mut tokens = vec![0i64; mark.ngram_len() - 1];
                for call in list(case, "steps") {
                    let scores: Vec<f64> = call["scores"][row].as_array().unwrap().iter().map(entry).collect();
                    let expected: Vec<f64> = call["float32"][row].as_array().unwrap().iter().map(entry).collect();
                    let mut got: Vec<f32> = scores.iter().map(|s| *s as f32).collect();
                    let step = mark.reweight_vocabulary(&mut sequence, &mut got).unwrap();
                    let got: Vec<f64> = got.into_iter().map(f64::from).collect();
                    if step == Step::Marked {
                        let context = &tokens[tokens.len() + 1 - mark.ngram_len()..];
                        let g_values = mark.g_values(context, &vocabulary).unwrap();
                        let bounds = bound(&g_values, &scores, mark.depth(), f64::from(f32::EPSILON));
                        let expected: Vec<Option<f64>> =
                            expected.into_iter().map(|x| (x > f64::from(f32::MIN)).then_some(x)).collect();
                        worst = worst.max(compare(&got, &expected, &bounds, LEAST32));
                    } else {
                        // Not changed means not by a bit.
                        assert_eq!((&got, &got), (&expected, &scores));
                    }
                    steps.push(step);
                    let picked = integers(call, "picked")[row];
                    sequence.push(picked);
                    tokens.push(picked);
                }
            }
        }
    }
    let of = |step| steps.iter().filter(|one| **one == step).count();
    println!("marked {}, repeated {}, skipped {}", of(Step::Marked), of(Step::Repeated), of(Step::Skipped));
    println!("largest difference from the reference: {worst:.1e}");
    assert!(of(Step::Marked) > 50 && of(Step::Repeated) > 15 && of(Step::Skipped) > 15);
}

#[test]
fn scores_of_texts_are_the_references() {
    let vectors = vectors();
    for case in list(&vectors, "scores") {
        let (g_values, mask, depth) = (masks(case, "g_values"), flags(case, "mask"), count(case, "depth"));
        let close = |got: Option<f64>, name| (got.unwrap() - case[name].as_f64().unwrap()).abs() < 1e-14;
        assert!(close(mean_score(&g_values, &mask, depth), "mean"));
        assert!(close(weighted_mean_score(&g_values, &mask, depth), "weighted_mean"));
        assert_eq!(mean_score(&g_values, &vec![false; mask.len()], depth), None);
    }
    for case in list(&vectors, "bayes") {
        let delta = list(case, "delta").iter().enumerate();
        let delta = delta.map(|(n, row)| row.as_array().unwrap()[..n].iter().map(|d| d.as_f64().unwrap()).collect());
        let prior = case["prior"].as_f64().unwrap();
        let model = BayesModel::new(prior, floats(case, "beta"), delta.collect()).unwrap();
        let model = BayesModel::from_json(&model.to_json()).unwrap();
        let g_values = masks(case, "g_values");
        for (mask, posterior) in list(case, "masks").iter().zip(floats(case, "posteriors")) {
            let kept = g_values.iter().zip(mask.as_array().unwrap()).filter(|(_, m)| m.as_i64() == Some(1));
            let kept: Vec<u64> = kept.map(|(g, _)| *g).collect();
            let got = model.posterior(model.log_odds(&kept));
            assert!((got - posterior).abs() < 1e-12, "{got} {posterior}");
        }
    }
}

/// Numbers below 1, always the same.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let mixed = (self.0 ^ (self.0 >> 29)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed ^ (mixed >> 32)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.next().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }
}

/// Tokens drawn from 40 candidates of a vocabulary of 50,000, with the mark or without.
fn text(draw: &mut Draw, mark: Option<&TextWatermark>, count: usize, spread: f64) -> Vec<i64> {
    let mut sequence = mark.map(TextWatermark::sequence);
    let mut tokens = Vec::new();
    while tokens.len() < count {
        let ids: Vec<i64> = (0..40).map(|_| (draw.next() * 50_000.0) as i64).collect();
        let mut scores: Vec<f32> = ids.iter().map(|_| (draw.normal() * spread) as f32).collect();
        if let (Some(mark), Some(sequence)) = (mark, &mut sequence) {
            mark.reweight(sequence, &ids, &mut scores).unwrap();
        }
        let odds: Vec<f64> = scores.iter().map(|s| f64::from(*s).exp()).collect();
        let mut left = draw.next() * odds.iter().sum::<f64>();
        let at = odds.iter().position(|p| {
            left -= p;
            left < 0.0
        });
        let token = ids[at.unwrap_or(0)];
        tokens.push(token);
        if let Some(sequence) = &mut sequence {
            sequence.push(token);
        }
    }
    tokens
}

const SCHEMES: [Scheme; 3] = [Scheme::SynthidTable, Scheme::SynthidLcg, Scheme::HmacSha256];

fn mark(scheme: Scheme, first: i64) -> TextWatermark {
    let keys = (0..30).map(|n| first + n * n * 1_000_003).collect();
    TextWatermark::new(&TextKey::new(scheme, keys).unwrap().skip_first_ngram_calls(true))
}

#[test]
fn marks_are_found_by_their_key_alone() {
    let mut draw = Draw(1);
    for scheme in SCHEMES {
        let (own, other) = (mark(scheme, 17), mark(scheme, 40_427));
        let tokens = text(&mut draw, Some(&own), 400, 1.5);
        let found = TextDetector::new(&own).detect(&tokens, None, &Options::default()).unwrap();
        assert_eq!((found.answer, found.tokens), (Answer::Found, 400));
        assert!(found.log10_p < -6.0 && found.p_weighted_mean < 1e-6 && found.scored > 390, "{found:?}");
        // Edited in one place of ten, and in the middle of another text, it is still there.
        let edited: Vec<i64> = tokens.iter().enumerate().map(|(n, t)| if n % 10 == 0 { 7 } else { *t }).collect();
        let plain = text(&mut draw, None, 100, 1.5);
        let mixed = [&plain[..50], &edited, &plain[50..]].concat();
        assert_eq!(TextDetector::new(&own).detect(&mixed, None, &Options::default()).unwrap().answer, Answer::Found);
        for (detector, tokens) in [(&other, &tokens), (&own, &text(&mut draw, None, 400, 1.5))] {
            let found = TextDetector::new(detector).detect(tokens, None, &Options::default()).unwrap();
            assert_eq!(found.answer, Answer::Absent, "{scheme:?} {found:?}");
            assert!(found.log10_p > -5.0 && found.missed <= 0.01);
        }
        let few = TextDetector::new(&other).detect(&tokens[..60], None, &Options::default()).unwrap();
        assert_eq!(few.answer, Answer::TooShort);
        // Behind the end nothing counts.
        let mut ended = vec![1, 2, 3, -5];
        ended.extend(&tokens);
        let found = TextDetector::new(&own).detect(&ended, Some(-5), &Options::default()).unwrap();
        assert_eq!((found.scored, found.answer), (0, Answer::TooShort));
        assert_eq!((found.log10_p, found.mean, found.strength), (0.0, 0.5, 0.0));
    }
}

#[test]
fn chance_is_as_rare_as_stated() {
    // 3000 unmarked texts: how often p is below a tenth and a hundredth must fit, for each scheme and score.
    let mut draw = Draw(2);
    for scheme in SCHEMES {
        let detector = TextDetector::new(&mark(scheme, 99));
        let mut below = [[0u32; 2]; 2];
        for n in 0..3000usize {
            let tokens: Vec<i64> = (0..8 + n % 60).map(|_| (draw.next() * 50_000.0) as i64).collect();
            let found = detector.detect(&tokens, None, &Options::default()).unwrap();
            for (counts, p) in below.iter_mut().zip([found.p_weighted_mean, found.p_mean]) {
                for (count, limit) in counts.iter_mut().zip([0.1, 0.01]) {
                    *count += u32::from(p <= limit);
                }
            }
        }
        println!("{scheme:?}: of 3000, p <= 0.1 and p <= 0.01 by weighted mean and mean: {below:?}");
        for [tenth, hundredth] in below {
            // 300 and 30 are expected at most; four and a half standard deviations.
            assert!((200..=374).contains(&tenth) && (5..=55).contains(&hundredth), "{scheme:?} {below:?}");
        }
    }
}

#[test]
fn a_text_that_repeats_itself_counts_once() {
    let mark = mark(Scheme::HmacSha256, 5);
    let mut draw = Draw(3);
    let phrase = text(&mut draw, None, 30, 1.0);
    // Far beyond the contexts that the reference remembers.
    let tokens: Vec<i64> = phrase.iter().copied().cycle().take(30_000).collect();
    let found = TextDetector::new(&mark).detect(&tokens, None, &Options::default()).unwrap();
    assert_eq!(found.scored, 30);
}

#[test]
fn a_fitted_model_decides_too() {
    let mut draw = Draw(4);
    let mark = mark(Scheme::HmacSha256, 23);
    let plain = TextDetector::new(&mark);
    let marked: Vec<u64> = (0..8).flat_map(|_| plain.scored(&text(&mut draw, Some(&mark), 600, 2.0), None)).collect();
    let model = BayesModel::fit(&marked, 30, 0.5).unwrap();
    let options = Options::default().score(Score::Bayes);
    assert!(plain.detect(&[1; 9], None, &options).is_err());
    let detector = plain.model(model.clone()).unwrap();
    let found = detector.detect(&text(&mut draw, Some(&mark), 600, 2.0), None, &options).unwrap();
    let bayes = found.bayes.unwrap();
    assert_eq!((found.answer, found.score), (Answer::Found, Score::Bayes));
    assert!(bayes.p_bound < 1e-6 && bayes.posterior > 0.999_999, "{found:?}");
    let absent = detector.detect(&text(&mut draw, None, 600, 2.0), None, &options).unwrap();
    assert_eq!(absent.answer, Answer::Absent);
    assert!(absent.bayes.unwrap().p_bound > 0.01 && absent.bayes.unwrap().posterior < 0.5, "{absent:?}");
    let short = TextWatermark::new(&TextKey::new(Scheme::HmacSha256, vec![1, 2]).unwrap());
    assert!(TextDetector::new(&short).model(model).is_err());
}

#[test]
fn odds_over_many_keys_stay_what_they_were() {
    // Whatever the candidates' odds, the mean over keys of what the mark leaves is those odds.
    for scheme in SCHEMES {
        let scores = [1.0f64, 0.5, 0.0, -1.0, -2.5];
        let sum: f64 = scores.iter().map(|s| s.exp()).sum();
        let mut mean = [0.0; 5];
        const KEYS: i64 = 4000;
        for n in 0..KEYS {
            let mark = mark(scheme, n * 7919);
            let g_values = mark.g_values(&[5, 6, 7, 8], &[10, 20, 30, 40, 50]).unwrap();
            let mut odds = scores;
            mark.update_scores(&g_values, &mut odds).unwrap();
            for (mean, log) in mean.iter_mut().zip(odds) {
                *mean += log.exp() / KEYS as f64;
            }
        }
        for (mean, score) in mean.iter().zip(scores) {
            // Five standard deviations of a coin with these odds.
            let odds = score.exp() / sum;
            let most = 5.0 * (odds * (1.0 - odds) / KEYS as f64).sqrt();
            assert!((mean - odds).abs() < most, "{scheme:?} {mean} {odds}");
        }
    }
}

#[test]
fn options_outside_their_range_are_refused() {
    let detector = TextDetector::new(&mark(Scheme::SynthidLcg, 1));
    for options in [
        Options::default().rates(0.0, 0.01),
        Options::default().rates(1.0, 0.01),
        Options::default().rates(f64::NAN, 0.01),
        Options::default().rates(1e-6, -1.0),
        Options::default().strength(0.0),
        Options::default().strength(f64::INFINITY),
    ] {
        let error = detector.detect(&[1; 9], None, &options).unwrap_err();
        assert_eq!(error.code(), "watermark.text.option");
    }
}
