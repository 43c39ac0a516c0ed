//! The rhythm notice: Morse signals as sound (GB 45438-2025 5.3 c): short-long, short-short; lengths
//! by ITU-R M.1677-1: a long sound is three short ones, one between sounds, three between letters).
//!
//! The tone and its overtone lie within the telephone band of 300 to 3,400 Hz. Its edges are slow
//! enough not to click.

use crate::error::{Error, Result};
use crate::message::notice::sound as rows;

/// Pitch of the tone, in Hz.
pub const TONE_HZ: f64 = 1046.5;
/// Morse for the letters A and I: short-long, short-short.
pub const AI: &str = ".- ..";
/// Shortest and longest short sound, in milliseconds.
pub const UNIT_MS: [u32; 2] = [50, 400];

/// Part of the amplitude that the tone has; the rest is its overtone of twice the pitch.
const GROUND: f64 = 0.9;
/// Length of an edge in seconds, and the part of a short sound that it takes at most.
const EDGE: f64 = 0.008;
const EDGE_PART: f64 = 0.2;

/// When the tone sounds, in short sounds from the beginning: from and to. Signs other than `.`, `-`
/// and the space between letters say nothing.
fn tones(code: &str) -> Vec<[u32; 2]> {
    let mut out = Vec::new();
    let mut at = 0u32;
    for sign in code.chars() {
        let long = match sign {
            '.' => 1,
            '-' => 3,
            // The gap behind the sound before is one already.
            ' ' => {
                at = at.saturating_add(2);
                continue;
            }
            _ => continue,
        };
        out.push([at, at.saturating_add(long)]);
        at = at.saturating_add(long).saturating_add(1);
    }
    out
}

/// Renders `code` (`.` short, `-` long, space between letters) as one channel with an amplitude of
/// at most 1.0, at `rate` samples per second. `unit_ms` is the length of the short sound, 50 to
/// 400 ms, between the points where the edges are half as loud as the tone.
///
/// # Errors
/// [`Error::Invalid`] if the unit is out of range, the code has no sound or more than 64 signs, or
/// the rate is below 1,000.
pub fn render(code: &str, unit_ms: u32, rate: u32) -> Result<Vec<f32>> {
    let tones = tones(code);
    let [least, most] = UNIT_MS;
    if !(least..=most).contains(&unit_ms) {
        return Err(Error::Invalid(rows::UNIT.with("value", unit_ms).arg("least", least).arg("most", most)));
    }
    let Some([_, end]) = tones.last().copied().filter(|_| code.len() <= 64 && rate >= 1000) else {
        return Err(Error::Invalid(rows::RHYTHM.with("code", code).arg("rate", rate)));
    };
    let (unit, rate) = (f64::from(unit_ms) / 1000.0, f64::from(rate));
    let edge = EDGE.min(unit * EDGE_PART);
    // Few sample rates are so low that the tone does not fit.
    let pitch = TONE_HZ.min(rate / 4.0);
    let ground = if pitch * 2.0 < rate * 0.45 { GROUND } else { 1.0 };
    let length = (f64::from(end) * unit + edge) * rate;
    let sample = |number: u32| {
        let time = f64::from(number) / rate - edge / 2.0;
        let loud: f64 = tones
            .iter()
            .map(|[from, to]| {
                swell((time - f64::from(*from) * unit) / edge) * swell((f64::from(*to) * unit - time) / edge)
            })
            .sum();
        let phase = std::f64::consts::TAU * pitch * time;
        (loud * (ground * phase.sin() + (1.0 - ground) * (2.0 * phase).sin())) as f32
    };
    Ok((0..length.ceil() as u32).map(sample).collect())
}

/// A raised cosine from 0 at -1/2 to 1 at 1/2.
fn swell(at: f64) -> f64 {
    let at = (at + 0.5).clamp(0.0, 1.0);
    (1.0 - (std::f64::consts::PI * at).cos()) / 2.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    /// Where the sound rises over and falls below half of its loudness, in milliseconds: its mean
    /// power over one period of the tone is followed.
    fn edges(samples: &[f32], rate: u32) -> Vec<f64> {
        let window = (f64::from(rate) / TONE_HZ).round() as usize;
        let power: Vec<f32> = samples.windows(window).map(|w| w.iter().map(|s| s * s).sum::<f32>()).collect();
        let most = power.iter().copied().fold(0.0, f32::max);
        let loud: Vec<bool> = power.iter().map(|p| *p > most / 4.0).collect();
        let mut out = Vec::new();
        let mut before = false;
        for (at, now) in loud.iter().chain([&false]).enumerate() {
            if *now != before {
                out.push((at as f64 + window as f64 / 2.0) / f64::from(rate) * 1000.0);
            }
            before = *now;
        }
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn lengths_are_those_of_morse(unit in 50u32..=400, rate in prop::sample::select(vec![8_000u32, 22_050, 44_100, 48_000, 96_000])) {
            let samples = render(AI, unit, rate).unwrap();
            let found = edges(&samples, rate);
            prop_assert_eq!(found.len(), 8);
            let start = found[0];
            for (edge, due) in found.iter().zip([0, 1, 2, 5, 8, 9, 10, 11]) {
                prop_assert!((edge - start - f64::from(due * unit)).abs() < 2.0, "{edge} {due} {unit}");
            }
        }

        #[test]
        fn it_begins_and_ends_in_silence_and_never_jumps(unit in 50u32..=400, rate in 4_000u32..200_000) {
            let samples = render(AI, unit, rate).unwrap();
            prop_assert!(samples.iter().all(|s| s.abs() <= 1.0));
            prop_assert!(samples[0].abs() < 1e-6 && samples[samples.len() - 1].abs() < 0.01);
            // The steepest slope of the tone and its overtone together, and not more.
            let slope = std::f64::consts::TAU * TONE_HZ.min(f64::from(rate) / 4.0) / f64::from(rate) * (0.9 + 0.2);
            prop_assert!(samples.windows(2).all(|w| f64::from((w[1] - w[0]).abs()) <= slope.max(1.0) + 0.05));
        }
    }

    #[test]
    fn the_tone_lies_within_the_telephone_band() {
        let samples = render(AI, 120, 16_000).unwrap();
        let power = |hz: f64| {
            let turn = std::f64::consts::TAU * hz / 16_000.0;
            let (mut re, mut im) = (0.0, 0.0);
            for (n, s) in samples.iter().enumerate() {
                re += f64::from(*s) * (turn * n as f64).cos();
                im += f64::from(*s) * (turn * n as f64).sin();
            }
            re * re + im * im
        };
        let inside: f64 = (300..3400).step_by(5).map(|hz| power(f64::from(hz))).sum();
        let outside: f64 = (0..300).chain(3400..8_000).step_by(5).map(|hz| power(f64::from(hz))).sum();
        assert!(outside / inside < 1e-4, "{}", outside / inside);
        assert!(power(TONE_HZ) > 10.0 * power(TONE_HZ * 2.0));
    }

    #[test]
    fn bad_units_and_codes_are_refused() {
        assert!(render(AI, 49, 48_000).is_err() && render(AI, 401, 48_000).is_err());
        assert!(render("", 120, 48_000).is_err() && render("ab", 120, 48_000).is_err());
        assert!(render(&".".repeat(65), 120, 48_000).is_err() && render(AI, 120, 999).is_err());
        assert_eq!(tones(AI), [[0, 1], [2, 5], [8, 9], [10, 11]]);
    }
}
