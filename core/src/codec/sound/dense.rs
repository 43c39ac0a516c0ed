//! Speech made denser, so that it is as loud as the content within its peaks.

use std::collections::VecDeque;

use super::SoundShape;
use super::level::Meter;
use crate::error::Result;

/// Highest true peak, as a part of full scale: -1 dBTP (EBU R 128).
pub(super) const CEILING: f64 = 0.891;
/// For how long to each side of a peak the gain is reduced, in seconds: about a period of a deep
/// voice, so that the voice is not distorted.
const REACH: f64 = 0.008;
/// How far a voice is raised into the limiter at most, as a factor (18 dB); more lifts its noise alone.
const MOST: f64 = 8.0;
/// Steps to the loudness asked for, and what is near enough, in LU.
const STEPS: usize = 8;
const NEAR: f64 = 0.2;

/// A notice at its loudness.
#[derive(Debug)]
pub(super) struct Levelled {
    /// One channel.
    pub(super) samples: Vec<f32>,
    /// Integrated loudness in LUFS.
    pub(super) loudness: f64,
    /// True peak, as a part of full scale.
    pub(super) peak: f64,
}

/// Brings one channel of sound to `wanted` LUFS, or as near to it from below as its peaks allow; none
/// if it is silent. Where `dense`, peaks give way; a rhythm has none that could.
pub(super) fn level(sound: &[f32], shape: SoundShape, wanted: f64, dense: bool) -> Result<Option<Levelled>> {
    let (Some(now), peak) = measure(sound, shape)? else { return Ok(None) };
    let most = CEILING / peak.max(1e-9);
    let asked = factor(wanted - now);
    let plain = scaled(sound, now, peak, asked.min(most));
    if asked <= most || !dense {
        return Ok(Some(plain));
    }
    let (mut best, mut gain) = (plain, most);
    for _ in 0..STEPS {
        gain = (gain * factor(wanted - best.loudness)).min(most * MOST);
        let limited = limited(sound, shape, gain);
        let (Some(now), peak) = measure(&limited, shape)? else { break };
        // Between samples peaks can be higher than at them.
        let next = scaled(&limited, now, peak, factor(wanted - now).min(CEILING / peak.max(1e-9)));
        if next.loudness < best.loudness + 0.05 {
            break;
        }
        best = next;
        if best.loudness > wanted - NEAR || gain >= most * MOST {
            break;
        }
    }
    Ok(Some(best))
}

fn factor(decibels: f64) -> f64 {
    10f64.powf(decibels / 20.0)
}

fn scaled(sound: &[f32], loudness: f64, peak: f64, gain: f64) -> Levelled {
    let samples = sound.iter().map(|sample| (f64::from(*sample) * gain) as f32).collect();
    Levelled { samples, loudness: loudness + 20.0 * gain.log10(), peak: peak * gain }
}

/// The sound raised by `gain`, no sample above the ceiling: the gain falls before a peak and rises
/// behind it, as the mean of the least that is allowed around.
fn limited(sound: &[f32], shape: SoundShape, gain: f64) -> Vec<f32> {
    let reach = ((f64::from(shape.rate) * REACH) as usize).max(1);
    let allowed =
        sound.iter().map(|s| (CEILING / (f64::from(s.abs()) * gain).max(1e-9)).min(1.0)).collect::<Vec<f64>>();
    let least = around(&allowed, reach);
    let mut sum = 0.0;
    let mut sums = vec![0.0];
    for value in &least {
        sum += value;
        sums.push(sum);
    }
    let mean = |at: usize| {
        let (from, to) = (at.saturating_sub(reach), at.saturating_add(reach + 1).min(least.len()));
        let part = sums.get(to).zip(sums.get(from)).map_or(0.0, |(to, from)| to - from);
        part / to.saturating_sub(from).max(1) as f64
    };
    sound.iter().enumerate().map(|(at, sample)| (f64::from(*sample) * gain * mean(at)) as f32).collect()
}

/// For each value the least of those up to `reach` before and behind it.
fn around(values: &[f64], reach: usize) -> Vec<f64> {
    let mut out = Vec::with_capacity(values.len());
    // Places whose values rise: the first is the least of the window.
    let mut rising: VecDeque<(usize, f64)> = VecDeque::new();
    let mut next = values.iter().enumerate();
    for at in 0..values.len() {
        while next.len() > 0 && values.len() - next.len() <= at.saturating_add(reach) {
            let Some((place, value)) = next.next() else { break };
            while rising.back().is_some_and(|(_, last)| last >= value) {
                rising.pop_back();
            }
            rising.push_back((place, *value));
        }
        while rising.front().is_some_and(|(place, _)| place.saturating_add(reach) < at) {
            rising.pop_front();
        }
        out.push(rising.front().map_or(1.0, |(_, value)| *value));
    }
    out
}

/// One channel in the first two channels, left and right; the others, effects and surroundings, are
/// silent.
pub(super) fn spread(sound: &[f32], shape: SoundShape) -> Vec<f32> {
    let channels = 0..usize::from(shape.channels);
    sound.iter().flat_map(|sample| channels.clone().map(|channel| if channel < 2 { *sample } else { 0.0 })).collect()
}

/// Loudness and true peak of one channel as spread. What is shorter than the 400 ms of a measurement
/// is repeated.
fn measure(sound: &[f32], shape: SoundShape) -> Result<(Option<f64>, f64)> {
    let samples = spread(sound, shape);
    let mut meter = Meter::new(shape, true)?;
    let needed = u64::from(shape.rate).saturating_mul(u64::from(shape.channels)) as usize;
    let mut done = 0usize;
    loop {
        meter.add(&samples)?;
        done = done.saturating_add(samples.len());
        if done >= needed || samples.is_empty() {
            return Ok((meter.loudness(), meter.peak()));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    const SHAPE: SoundShape = SoundShape { rate: 16_000, channels: 2 };

    /// Syllables of a voice of this pitch, with pauses and single high peaks.
    fn voice(pitch: f64, height: f64) -> Vec<f32> {
        (0..48_000u32)
            .map(|n| {
                let time = f64::from(n) / 16_000.0;
                let tone: f64 =
                    (1..9).map(|k| (time * pitch * f64::from(k) * std::f64::consts::TAU).sin() / f64::from(k)).sum();
                let swell = (time * 4.0 * std::f64::consts::PI).sin().max(0.0).powi(2);
                let peak = if n % 4_000 < 3 { height } else { 0.0 };
                (0.1 * tone * swell + peak) as f32
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]
        #[test]
        fn peaks_stay_below_and_loudness_is_what_is_told(pitch in 80.0..300.0f64, height in 0.0..0.9f64, wanted in -40.0..3.0f64) {
            let sound = voice(pitch, height);
            let plain = level(&sound, SHAPE, wanted, false).unwrap().unwrap();
            let dense = level(&sound, SHAPE, wanted, true).unwrap().unwrap();
            prop_assert!(dense.loudness >= plain.loudness - 0.01 && dense.loudness <= wanted + 0.3);
            let (loudness, peak) = measure(&dense.samples, SHAPE).unwrap();
            prop_assert!((loudness.unwrap() - dense.loudness).abs() < 0.2, "{loudness:?} {}", dense.loudness);
            prop_assert!(peak <= CEILING * 1.001 && (peak - dense.peak).abs() < 0.01, "{peak} {}", dense.peak);
        }

        #[test]
        fn the_least_around_is_the_least(values in prop::collection::vec(0.0..1.0f64, 0..60), reach in 1usize..9) {
            let due: Vec<f64> = (0..values.len()).map(|at| {
                values[at.saturating_sub(reach)..(at + reach + 1).min(values.len())].iter().copied().fold(1.0, f64::min)
            }).collect();
            prop_assert_eq!(around(&values, reach), due);
        }
    }

    #[test]
    fn a_voice_with_peaks_becomes_as_loud_as_music() {
        let sound = voice(120.0, 0.8);
        let plain = level(&sound, SHAPE, -9.0, false).unwrap().unwrap();
        let dense = level(&sound, SHAPE, -9.0, true).unwrap().unwrap();
        assert!(plain.loudness < -13.0, "{}", plain.loudness);
        assert!(dense.loudness > -12.0, "{}", dense.loudness);
        assert!(level(&[0.0; 16_000], SHAPE, -9.0, true).unwrap().is_none());
    }
}
