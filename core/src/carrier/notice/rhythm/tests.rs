#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
mod synth;

use proptest::prelude::*;

use self::synth::{Random, Rhythm, SHAPES, any_notice, content, mix, noise};
use super::{Heard, Listener};

fn listen(rate: u32, channels: u16, samples: &[f32]) -> Vec<Heard> {
    let mut listener = Listener::new(rate, channels).unwrap();
    listener.push(samples);
    listener.finish()
}

fn silence(rate: u32, ms: f64) -> Vec<f32> {
    vec![0.0; (f64::from(rate) * ms / 1000.0) as usize]
}

/// Silence, the rhythm, silence.
fn alone(rhythm: &Rhythm, rate: u32, before_ms: f64, after_ms: f64) -> Vec<f32> {
    let mut out = silence(rate, before_ms);
    out.extend(rhythm.samples(f64::from(rate)));
    out.extend(silence(rate, after_ms));
    out
}

#[track_caller]
fn found(heard: &[Heard], rhythm: &Rhythm, start_ms: f64) {
    let [one] = heard else { panic!("{rhythm:?}: {heard:?}") };
    let near = |is: f64, due: f64, by: f64| assert!((is - due).abs() <= by, "{rhythm:?}: {one:?}, {due}");
    near(one.start_ms as f64, start_ms, 8.0 + rhythm.ramp_ms);
    near(one.duration_ms as f64, rhythm.ms(), 8.0 + 2.0 * rhythm.ramp_ms);
    near(f64::from(one.unit_ms), rhythm.unit_ms, 0.04 * rhythm.unit_ms);
}

#[test]
fn every_shape_unit_and_gap() {
    for shape in SHAPES {
        for (unit, pitch) in [(60.0, 3400.0), (100.0, 350.0), (120.0, 1046.5), (150.0, 880.0), (250.0, 2000.0)] {
            for (gap, ramp_ms) in [(1.0, 0.0), (3.0, 5.0), (2.0, 0.15 * unit)] {
                let rhythm = Rhythm { shape, ramp_ms, ..Rhythm::notice(gap, unit, pitch) };
                found(&listen(16_000, 1, &alone(&rhythm, 16_000, 500.0, 300.0)), &rhythm, 500.0);
            }
        }
    }
}

#[test]
fn every_rate() {
    let rhythm = Rhythm::notice(3.0, 120.0, 1046.5);
    for rate in [8_000, 11_025, 12_000, 15_999, 16_000, 22_050, 24_000, 32_000, 37_801, 44_100, 48_000, 96_000, 192_000]
    {
        let heard = listen(rate, 1, &alone(&rhythm, rate, 700.0, 0.0));
        found(&heard, &rhythm, 700.0);
        assert!(heard[0].pitch_hz.abs_diff(1046) <= 3, "{rate}: {heard:?}");
        assert!(heard[0].score > 9_000, "{rate}: {heard:?}");
    }
}

#[test]
fn first_and_last_in_the_recording() {
    let rhythm = Rhythm::notice(3.0, 120.0, 1046.5);
    found(&listen(44_100, 1, &alone(&rhythm, 44_100, 0.0, 0.0)), &rhythm, 0.0);
}

#[test]
fn the_long_sound_from_two_and_a_half_to_three_and_a_half() {
    for (long, is) in [(2.0, false), (2.5, true), (3.0, true), (3.5, true), (4.5, false)] {
        let mut rhythm = Rhythm::notice(3.0, 120.0, 1046.5);
        rhythm.units[2] = long;
        let heard = listen(16_000, 1, &alone(&rhythm, 16_000, 900.0, 900.0));
        assert_eq!(heard.len() == 1, is, "{long}: {heard:?}");
    }
}

#[test]
fn one_channel_of_two() {
    let rhythm = Rhythm::notice(1.0, 100.0, 700.0);
    let stereo: Vec<f32> = alone(&rhythm, 22_050, 400.0, 400.0).iter().flat_map(|s| [*s, 0.0]).collect();
    found(&listen(22_050, 2, &stereo), &rhythm, 400.0);
}

#[test]
fn late_in_a_long_recording() {
    let rhythm = Rhythm::notice(3.0, 120.0, 1046.5);
    let mut listener = Listener::new(8_000, 1).unwrap();
    let minute = silence(8_000, 60_000.0);
    for _ in 0..30 {
        listener.push(&minute);
    }
    listener.push(&alone(&rhythm, 8_000, 250.0, 0.0));
    found(&listener.finish(), &rhythm, 30.0 * 60_000.0 + 250.0);
}

#[test]
fn two_notices() {
    let rhythm = Rhythm::notice(3.0, 120.0, 1046.5);
    let twice = [alone(&rhythm, 16_000, 500.0, 500.0), alone(&rhythm, 16_000, 500.0, 500.0)].concat();
    let heard = listen(16_000, 1, &twice);
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[0].start_ms < heard[1].start_ms);
}

/// Morse letters and other rows of beeps. Of the Morse alphabet only "L" is the notice with equal
/// gaps, which the standard does not rule out.
#[test]
fn other_rhythms() {
    let rows: [(&str, &[f64]); 12] = [
        ("S", &[1.0, 1.0, 1.0, 1.0, 1.0]),
        ("N", &[3.0, 1.0, 1.0]),
        ("H", &[1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("A", &[1.0, 1.0, 3.0]),
        ("I", &[1.0, 1.0, 1.0]),
        ("IA", &[1.0, 1.0, 1.0, 3.0, 1.0, 1.0, 3.0]),
        ("AN", &[1.0, 1.0, 3.0, 3.0, 3.0, 1.0, 1.0]),
        ("AIR", &[1.0, 1.0, 3.0, 3.0, 1.0, 1.0, 1.0, 3.0, 1.0, 1.0, 3.0, 1.0, 1.0]),
        ("RAI", &[1.0, 1.0, 3.0, 1.0, 1.0, 3.0, 1.0, 1.0, 3.0, 3.0, 1.0, 1.0, 1.0]),
        ("SOS", &[1.0, 1.0, 1.0, 1.0, 1.0, 3.0, 3.0, 1.0, 3.0, 1.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("B", &[3.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
        ("F", &[1.0, 1.0, 1.0, 1.0, 3.0, 1.0, 1.0]),
    ];
    for (name, units) in rows {
        for shape in SHAPES {
            let rhythm = Rhythm { units: units.to_vec(), shape, ..Rhythm::notice(3.0, 120.0, 1046.5) };
            let heard = listen(16_000, 1, &alone(&rhythm, 16_000, 900.0, 900.0));
            assert!(heard.is_empty(), "{name}: {heard:?}");
        }
    }
}

/// One quality of the notice after the other is missing.
#[test]
fn nearly_notices() {
    let rate = 16_000.0;
    let notice = Rhythm::notice(3.0, 120.0, 1046.5);
    let part = |units: &[f64], pitch: f64, level: f64| {
        Rhythm { units: units.to_vec(), pitch, level, ..notice.clone() }.samples(rate)
    };
    let gap = |units: f64| vec![0.0; (units * 0.12 * rate) as usize];
    let row = |pitches: [f64; 4], levels: [f64; 4]| {
        let mut out = gap(8.0);
        for ((pitch, level), [sound, pause]) in
            pitches.into_iter().zip(levels).zip([[1.0, 1.0], [3.0, 3.0], [1.0, 1.0], [1.0, 8.0]])
        {
            out.extend(part(&[sound], pitch, level));
            out.extend(gap(pause));
        }
        listen(16_000, 1, &out).len()
    };
    assert_eq!(row([1000.0; 4], [-20.0; 4]), 1);
    assert_eq!(row([1000.0, 1000.0, 1060.0, 1000.0], [-20.0; 4]), 0, "another pitch");
    assert_eq!(row([1000.0; 4], [-20.0, -20.0, -26.0, -20.0]), 0, "another level");
    // A chord, and a tone that fades like a bell.
    let mut chord = alone(&notice, 16_000, 900.0, 900.0);
    mix(&mut chord, 900 * 16, &part(&notice.units, 1318.5, -20.0));
    assert!(listen(16_000, 1, &chord).is_empty());
    let mut bell = gap(8.0);
    for units in [2.0, 6.0, 2.0, 10.0] {
        let long = (units * 0.12 * rate) as usize;
        let tone = part(&[units], 1046.5, -10.0);
        bell.extend(tone.iter().take(long).enumerate().map(|(i, s)| s * (-(i as f32) / 1500.0).exp()));
    }
    assert!(listen(16_000, 1, &bell).is_empty());
}

#[test]
fn noise_and_content_without_a_notice() {
    let mut random = Random(7);
    assert!(listen(44_100, 1, &noise(&mut random, 44_100 * 20, -20.0)).is_empty());
    for _ in 0..10 {
        assert!(listen(16_000, 1, &content(&mut random, 16_000.0, 20.0, -20.0)).is_empty());
    }
}

#[test]
fn rates_and_channels_that_are_not_heard() {
    for (rate, channels) in [(7_999, 1), (192_001, 1), (44_100, 0), (44_100, 65), (0, 0)] {
        assert!(matches!(Listener::new(rate, channels), Err(crate::Error::Unsupported(_))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn found_in_noise_between_content(seed: u64) {
        let random = &mut Random(seed);
        let rate = random.pick(&[8_000u32, 16_000, 22_050]);
        let hz = f64::from(rate);
        let rhythm = any_notice(random);
        let pause = 4.1 * rhythm.unit_ms;
        let mut samples = content(random, hz, 2.0, rhythm.level);
        let start = 2000.0 + pause;
        samples.extend(alone(&rhythm, rate, pause, pause));
        samples.extend(content(random, hz, 2.0, rhythm.level));
        let count = samples.len();
        mix(&mut samples, 0, &noise(random, count, rhythm.level - 20.0));
        let heard = listen(rate, 1, &samples);
        prop_assert_eq!(heard.len(), 1, "{:?}: {:?}", rhythm, heard);
        prop_assert!((heard[0].start_ms as f64 - start).abs() < 10.0 + rhythm.ramp_ms, "{rhythm:?}: {heard:?}");
    }

    #[test]
    fn blocks_do_not_matter(seed: u64, cuts in prop::collection::vec(1usize..9000, 1..40), channels in 1u16..4) {
        let random = &mut Random(seed);
        let rhythm = any_notice(random);
        let rate = random.pick(&[8_000u32, 11_025, 22_050, 48_000]);
        let mut mono = alone(&rhythm, rate, 300.0, 300.0);
        let count = mono.len();
        mix(&mut mono, 0, &noise(random, count, rhythm.level - 20.0));
        let samples: Vec<f32> = mono.iter().flat_map(|s| std::iter::repeat_n(*s, channels.into())).collect();
        let whole = listen(rate, channels, &samples);
        let mut listener = Listener::new(rate, channels).unwrap();
        let mut rest = samples.as_slice();
        for cut in cuts.iter().cycle() {
            let (block, others) = rest.split_at((*cut).min(rest.len()));
            listener.push(block);
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(whole.len(), 1);
        prop_assert_eq!(listener.finish(), whole);
    }

    #[test]
    fn any_numbers_at_all(
        samples in prop::collection::vec(prop_oneof![
            any::<f32>(), Just(f32::NAN), Just(f32::INFINITY), Just(f32::MAX), Just(0.0), -1.0f32..1.0
        ], 0..6000),
        rate in 8_000u32..=192_000, channels in 1u16..=64, repeats in 1usize..6,
    ) {
        let mut listener = Listener::new(rate, channels).unwrap().least_score(0);
        (0..repeats).for_each(|_| listener.push(&samples));
        for heard in listener.finish() {
            prop_assert!(heard.score <= 10_000);
        }
    }
}
