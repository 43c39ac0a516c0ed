//! How often a minute's best score would pass the bound: a generalised Pareto tail.
//!
//! Scores are put on the scale ln(score / (10,000 - score)): the distance from a perfect notice, which
//! is a sum of squares, on a logarithmic scale. The excesses over a high threshold are fitted by most
//! likelihood (shape and scale); the interval is the middle 95 % of fits to 1,000 redrawn sets, drawn
//! in runs of ten minutes since neighbouring minutes are alike.

use super::Result;
use super::alarms::BOUND;
use super::synth::Random;

const RUN: usize = 10;
const DRAWS: usize = 1_000;

pub(crate) fn run(files: &[&str]) -> Result<()> {
    let mut scores = Vec::new();
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            let score: u32 = line.rsplit(' ').next().unwrap_or_default().parse()?;
            scores.push(score);
        }
    }
    let alarms = scores.iter().filter(|score| **score >= BOUND).count();
    println!("{} minutes, best score {:?}, {alarms} at or over {BOUND}", scores.len(), scores.iter().max());
    let values: Vec<f64> = scores.iter().map(|score| scale(*score)).collect();
    println!("threshold | excesses | shape xi | sigma | expected in 10,000 minutes (95 %)   | bound for one in 10,000");
    for part in [0.2, 0.1, 0.05, 0.025] {
        let Some((fit, draws)) = fits(&values, part) else { continue };
        let rate = |fit: &Fit| 10_000.0 * fit.beyond(scale(BOUND));
        let (low, high) = middle(draws.iter().map(rate).collect());
        let bound = |fit: &Fit| unscale(fit.level(1e-4));
        let (least, most) = middle(draws.iter().map(bound).collect());
        println!(
            "{:>9.0} | {:>8} | {:>8.3} | {:>5.3} | {:>9.5} ({low:.5} to {high:.5}) | {:.0} ({least:.0} to {most:.0})",
            unscale(fit.threshold),
            fit.excesses,
            fit.shape,
            fit.scale,
            rate(&fit),
            bound(&fit)
        );
        check(&values, &fit);
    }
    Ok(())
}

/// How many minutes pass some scores, and how many the fit expects.
fn check(values: &[f64], fit: &Fit) {
    let at = [500, 700, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000, BOUND];
    let line = at.iter().filter(|score| scale(**score) > fit.threshold).map(|score| {
        let is = values.iter().filter(|value| **value >= scale(*score)).count();
        format!("{score}: {is} / {:.2}", fit.beyond(scale(*score)) * values.len() as f64)
    });
    println!("    score: minutes over it / expected  {}", line.collect::<Vec<_>>().join("  "));
}

fn scale(score: u32) -> f64 {
    if score == 0 { f64::NEG_INFINITY } else { (f64::from(score) / f64::from(10_000 - score.min(9_999))).ln() }
}

fn unscale(value: f64) -> f64 {
    10_000.0 / (1.0 + (-value).exp())
}

fn middle(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    (values[values.len() / 40], values[values.len() - 1 - values.len() / 40])
}

#[derive(Debug, Clone)]
struct Fit {
    threshold: f64,
    excesses: usize,
    /// Part of the minutes that pass the threshold.
    part: f64,
    shape: f64,
    scale: f64,
}

impl Fit {
    /// Part of the minutes that pass a value.
    fn beyond(&self, value: f64) -> f64 {
        let x = (value - self.threshold) / self.scale;
        let inner = 1.0 + self.shape * x;
        if self.shape.abs() < 1e-6 {
            self.part * (-x).exp()
        } else if inner <= 0.0 {
            0.0
        } else {
            self.part * inner.powf(-1.0 / self.shape)
        }
    }

    /// The value that this part of the minutes passes.
    fn level(&self, part: f64) -> f64 {
        let times = self.part / part;
        let x = if self.shape.abs() < 1e-6 { times.ln() } else { (times.powf(self.shape) - 1.0) / self.shape };
        self.threshold + self.scale * x
    }

    fn new(values: &[f64], threshold: f64) -> Option<Self> {
        let excess: Vec<f64> = values.iter().filter(|v| **v > threshold).map(|v| v - threshold).collect();
        if excess.len() < 15 {
            return None;
        }
        let (count, most) = (excess.len() as f64, excess.iter().copied().fold(0.0, f64::max));
        let mean = excess.iter().sum::<f64>() / count;
        // The likelihood as a function of shape / scale alone.
        let shape = |ratio: f64| excess.iter().map(|x| (ratio * x).ln_1p()).sum::<f64>() / count;
        let likelihood = |ratio: f64| {
            if ratio.abs() < 1e-7 {
                return -count * (mean.ln() + 1.0);
            }
            let shape = shape(ratio);
            // Shapes under -0.5 have no regular estimate.
            if shape < -0.5 { f64::NEG_INFINITY } else { -count * ((shape / ratio).ln() + shape + 1.0) }
        };
        let (low, high) = (-0.999 / most, 5.0 / mean);
        let mut best = (f64::NEG_INFINITY, 0.0);
        let mut span = (low, high);
        for _ in 0..4 {
            let step = (span.1 - span.0) / 60.0;
            for at in 0..=60 {
                let ratio = span.0 + step * f64::from(at);
                let value = likelihood(ratio);
                if value > best.0 {
                    best = (value, ratio);
                }
            }
            span = ((best.1 - step).max(low), (best.1 + step).min(high));
        }
        let ratio = best.1;
        let (shape, scale) = if ratio.abs() < 1e-7 { (0.0, mean) } else { (shape(ratio), shape(ratio) / ratio) };
        Some(Self { threshold, excesses: excess.len(), part: count / values.len() as f64, shape, scale })
    }
}

/// The fit over the threshold that `part` of the minutes pass, and fits to redrawn minutes.
fn fits(values: &[f64], part: f64) -> Option<(Fit, Vec<Fit>)> {
    let mut sorted = values.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let threshold = *sorted.get((part * sorted.len() as f64) as usize)?;
    if !threshold.is_finite() {
        return None;
    }
    let fit = Fit::new(values, threshold)?;
    let runs: Vec<&[f64]> = values.chunks(RUN).collect();
    let mut random = Random(5);
    let draws = (0..DRAWS).filter_map(|_| {
        let drawn: Vec<f64> = (0..runs.len()).flat_map(|_| random.pick(&runs).iter().copied()).collect();
        Fit::new(&drawn, threshold)
    });
    let draws: Vec<Fit> = draws.collect();
    (draws.len() > DRAWS / 2).then_some((fit, draws))
}
