//! Figures of the text watermark: tokens until it is found, and what it costs.
//!
//! `cargo run --release --no-default-features --example watermark_text [tokens]` prints both tables. The text is
//! synthetic: odds of 50 candidates from a normal distribution whose spread varies from token to token, scaled to a
//! mean entropy. No language model is in it.

#![allow(clippy::print_stdout)]

use std::time::Instant;

use biaoshi::watermark::text::{
    BayesModel, Options, Scheme, TextDetector, TextKey, TextWatermark, largest, weighted_mean_score,
};

const CANDIDATES: usize = 50;
/// Where the normal curve has a millionth above it, and a hundredth.
const MILLIONTH: f64 = 4.753_424;
const HUNDREDTH: f64 = 2.326_348;

/// Numbers below 1, always the same.
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.next().max(1e-300).ln()).sqrt() * (std::f64::consts::TAU * self.next()).cos()
    }

    /// Scores of candidates; `spread` is that of a token of middling certainty.
    fn scores(&mut self, spread: f64) -> Vec<f32> {
        let own = spread * (0.8 * self.normal()).exp();
        (0..CANDIDATES).map(|_| (self.normal() * own) as f32).collect()
    }
}

fn odds(scores: &[f32]) -> Vec<f64> {
    let top = scores.iter().copied().fold(f32::MIN, f32::max);
    let all: Vec<f64> = scores.iter().map(|s| f64::from(s - top).exp()).collect();
    let sum: f64 = all.iter().sum();
    all.into_iter().map(|p| p / sum).collect()
}

fn entropy(scores: &[f32]) -> f64 {
    odds(scores).into_iter().filter(|p| *p > 0.0).map(|p| -p * p.ln()).sum()
}

/// The spread that gives this mean entropy, in nats.
fn spread(wanted: f64) -> f64 {
    let (mut low, mut high) = (0.1, 500.0);
    for _ in 0..40 {
        let middle = f64::sqrt(low * high);
        let mut draw = Draw(1);
        let mean = (0..4000).map(|_| entropy(&draw.scores(middle))).sum::<f64>() / 4000.0;
        if mean > wanted {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// A marked text, and its mean entropy before it was marked.
fn text(draw: &mut Draw, mark: &TextWatermark, spread: f64, count: usize) -> biaoshi::Result<(Vec<i64>, f64)> {
    let mut sequence = mark.sequence();
    let (mut tokens, mut sum) = (Vec::with_capacity(count), 0.0);
    for _ in 0..count {
        let ids: Vec<i64> = (0..CANDIDATES).map(|_| (draw.next() * 150_000.0) as i64).collect();
        let mut scores = draw.scores(spread);
        sum += entropy(&scores);
        mark.reweight(&mut sequence, &ids, &mut scores)?;
        let mut left = draw.next();
        let at = odds(&scores).iter().position(|p| {
            left -= p;
            left < 0.0
        });
        let token = at.and_then(|at| ids.get(at)).copied().unwrap_or(0);
        tokens.push(token);
        sequence.push(token);
    }
    Ok((tokens, sum / count as f64))
}

/// Mean and deviation of a score per token.
fn moments(scores: &[f64]) -> (f64, f64) {
    let n = scores.len() as f64;
    let mean = scores.iter().sum::<f64>() / n;
    (mean, (scores.iter().map(|s| (s - mean) * (s - mean)).sum::<f64>() / n).sqrt())
}

/// Share of pieces of `length` tokens in which the mark is found with a false alarm rate of 1e-6.
fn found(detector: &TextDetector, tokens: &[i64], length: usize) -> biaoshi::Result<(usize, usize)> {
    let mut count = (0, 0);
    for piece in tokens.chunks_exact(length) {
        let one = detector.detect(piece, None, &Options::default())?;
        count = (count.0 + usize::from(one.log10_p <= -6.0), count.1 + 1);
    }
    Ok(count)
}

fn tokens_needed(count: usize) -> biaoshi::Result<()> {
    println!("Synthetic text, {count} tokens a row, 50 candidates, 30 layers, false alarms 1e-6.");
    println!("| scheme | nat | strength | 99 % by formula | found at that length | Bayes, 99 % by formula |");
    println!("| --- | --- | --- | --- | --- | --- |");
    for (scheme, wanted) in
        [Scheme::HmacSha256, Scheme::SynthidTable].into_iter().flat_map(|s| [0.3, 0.6, 1.0].map(|w| (s, w)))
    {
        let keys = (0..30i64).map(|n| 1_000_003 * n * n + 17).collect();
        let mark = TextWatermark::new(&TextKey::new(scheme, keys)?.skip_first_ngram_calls(true));
        let detector = TextDetector::new(&mark);
        let mut draw = Draw(3);
        let (tokens, nats) = text(&mut draw, &mark, spread(wanted), count)?;
        let g_values = detector.scored(&tokens, None);
        let deviation = {
            let weights: Vec<f64> = (0..30).map(|n| 10.0 - 9.0 * f64::from(n) / 29.0).collect();
            weights.iter().map(|w| w * w).sum::<f64>().sqrt() * 0.5 / weights.iter().sum::<f64>()
        };
        let by_token: Vec<f64> = g_values
            .iter()
            .map(|g| (weighted_mean_score(&[*g], &[true], 30).unwrap_or(0.5) - 0.5) / deviation)
            .collect();
        let (mean, spread) = moments(&by_token);
        let needed = ((MILLIONTH + HUNDREDTH * spread) / mean).powi(2).ceil();
        // The context of a piece's first tokens lies in front of it.
        let (hits, pieces) = found(&detector, &tokens, needed as usize + 4)?;
        let (fit_on, rest) = g_values.split_at(g_values.len() / 2);
        let model = BayesModel::fit(fit_on, 30, 0.5)?;
        let (mean_odds, spread_odds) = moments(&rest.iter().map(|g| model.log_odds(&[*g])).collect::<Vec<f64>>());
        // n m - 2.33 s sqrt(n) = ln 1e6.
        let root = (HUNDREDTH * spread_odds
            + (HUNDREDTH.powi(2) * spread_odds.powi(2) + 4.0 * mean_odds * 1e6f64.ln()).sqrt())
            / (2.0 * mean_odds);
        println!(
            "| {} | {nats:.2} | {mean:.3} | {needed} | {hits} of {pieces} | {:.0} |",
            scheme.name(),
            (root * root).ceil()
        );
    }
    Ok(())
}

/// The fastest and the median of many runs, in microseconds.
fn timed(mut run: impl FnMut()) -> (f64, f64) {
    let mut times: Vec<f64> = (0..2000)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    (times.first().copied().unwrap_or(0.0), times.get(1000).copied().unwrap_or(0.0))
}

fn cost() -> biaoshi::Result<()> {
    println!("\nMicroseconds per token and sequence, one thread, 30 layers: fastest and median of 2000.");
    println!("| scheme | 40 candidates | 100 candidates |\n| --- | --- | --- |");
    let mut draw = Draw(5);
    for scheme in [Scheme::SynthidTable, Scheme::SynthidLcg, Scheme::HmacSha256] {
        let mark = TextWatermark::new(&TextKey::new(scheme, (1..=30).collect())?);
        let mut cells = Vec::new();
        for count in [40usize, 100] {
            let ids: Vec<i64> = (0..count).map(|_| (draw.next() * 150_000.0) as i64).collect();
            let scores: Vec<f32> = (0..count).map(|_| draw.normal() as f32).collect();
            let (mut sequence, mut token) = (mark.sequence(), 0);
            let (least, median) = timed(|| {
                let mut own = scores.clone();
                let _ = mark.reweight(&mut sequence, &ids, &mut own);
                token += 1;
                sequence.push(token);
            });
            cells.push(format!("{least:.1}, {median:.1}"));
        }
        println!("| {} | {} |", scheme.name(), cells.join(" | "));
    }
    let whole: Vec<f32> = (0..150_000).map(|_| draw.normal() as f32).collect();
    let (least, median) = timed(|| {
        std::hint::black_box(largest(&whole, 100));
    });
    println!("The 100 largest of 150,000 scores: {least:.1}, {median:.1}.");
    Ok(())
}

fn main() -> biaoshi::Result<()> {
    let count = std::env::args().nth(1).and_then(|n| n.parse().ok()).unwrap_or(60_000);
    cost()?;
    tokens_needed(count)
}
