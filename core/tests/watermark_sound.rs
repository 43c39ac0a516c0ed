//! The sound watermark: marked sound gives its payload back, whatever the rate, channels and pieces;
//! sound without a mark gives none, however strange it is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use biaoshi::watermark::sound::{Absent, Detection, Detector, Embedder, Found, UnsupportedSound};
use biaoshi::watermark::{Key, MarkedLevel, Payload};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};

#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// Numbers that look random, -1 to 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 40) as f32 - 8_388_608.0) / 8_388_608.0
    }
}

/// Something like a voice: a row of overtones that glides, and hiss that comes and goes. Interleaved.
/// Made of sums and products only, so it is the same on every machine.
fn voice(rate: u32, channels: usize, seconds: f32, seed: u64) -> Vec<f32> {
    let mut noise = Noise(seed.wrapping_add(7));
    let (mut phase, mut pitch, mut level, mut goal, mut hiss) = (0.0_f32, 140.0_f32, 0.0_f32, 0.1_f32, 0.0_f32);
    let smooth = 40.0 / rate as f32;
    let mut out = Vec::new();
    for moment in 0..(seconds * rate as f32) as usize {
        if moment % (rate as usize / 8) == 0 {
            goal = 0.02 + 0.15 * noise.next().abs();
            pitch = 100.0 + 60.0 * noise.next().abs();
        }
        level += (goal - level) * smooth;
        phase += pitch / rate as f32;
        phase -= phase.floor();
        // A sawtooth has all overtones.
        let white = noise.next();
        hiss = 0.6 * hiss + 0.4 * white;
        let sample = level * (phase - 0.5 + 0.4 * hiss);
        for channel in 0..channels {
            out.push(sample * (1.0 - 0.1 * channel as f32));
        }
    }
    out
}

fn payload(identifier: u64) -> u64 {
    Payload::new(MarkedLevel::Is, identifier).to_bits()
}

fn mark(sound: &[f32], rate: u32, channels: usize, payload: u64, key: &Key) -> Vec<f32> {
    let mut embedder = Embedder::new(rate, channels, payload, key, 1.0).unwrap();
    let mut out = embedder.push(sound);
    out.append(&mut embedder.finish());
    out
}

fn detect(sound: &[f32], rate: u32, channels: usize, key: &Key) -> Detection {
    let mut detector = Detector::new(rate, channels, key).unwrap();
    detector.push(sound);
    detector.finish()
}

fn found(sound: &[f32], rate: u32, channels: usize, key: &Key) -> Found {
    match detect(sound, rate, channels, key) {
        Detection::Found(found) => found,
        Detection::Absent(absent) => panic!("{absent:?}"),
    }
}

fn absent(sound: &[f32], rate: u32, channels: usize, key: &Key) -> Absent {
    match detect(sound, rate, channels, key) {
        Detection::Found(found) => panic!("{found:?}"),
        Detection::Absent(absent) => absent,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn marked_sound_gives_its_payload_back(
        rate in prop_oneof![Just(8_000_u32), Just(11_025), Just(16_000), Just(22_050), Just(44_100), Just(48_000),
            Just(96_000), 8_000..192_000_u32],
        channels in 1..=8_usize,
        seconds in 6.0..9.0_f32,
        identifier in 0..1_u64 << 56,
        secret in proptest::option::of(any::<[u8; 16]>()),
        seed in any::<u64>(),
    ) {
        let key = secret.map_or_else(Key::public, |bytes| Key::secret(&bytes).unwrap());
        let sound = voice(rate, channels, seconds, seed);
        let marked = mark(&sound, rate, channels, payload(identifier), &key);
        prop_assert_eq!(marked.len(), sound.len());
        let found = found(&marked, rate, channels, &key);
        prop_assert_eq!(found.payload, payload(identifier));
        prop_assert_eq!((found.pitch, found.tempo), (1.0, 1.0));
        prop_assert!(found.false_alarm < 1e-6);
        absent(&sound, rate, channels, &key);
        if secret.is_some() {
            absent(&marked, rate, channels, &Key::public());
        }
    }

    #[test]
    fn pieces_do_not_matter(
        rate in 8_000..192_000_u32,
        channels in 1..=8_usize,
        cuts in proptest::collection::vec(0..3_000_usize, 1..40),
        length in 0..20_000_usize,
        seed in any::<u64>(),
    ) {
        let mut sound = voice(rate, channels, 1.0, seed);
        sound.truncate(length);
        let whole = mark(&sound, rate, channels, payload(1), &Key::public());
        let mut embedder = Embedder::new(rate, channels, payload(1), &Key::public(), 1.0).unwrap();
        let mut parts = Vec::new();
        let mut rest = sound.as_slice();
        for cut in cuts.into_iter().chain([usize::MAX]) {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            parts.append(&mut embedder.push(now));
            rest = later;
        }
        parts.append(&mut embedder.finish());
        prop_assert_eq!(parts.len(), sound.len());
        prop_assert!(parts.iter().zip(&whole).all(|(a, b)| a.to_bits() == b.to_bits()));
    }

    #[test]
    fn any_samples_are_taken(
        rate in 8_000..192_000_u32,
        channels in 1..=8_usize,
        samples in proptest::collection::vec(any::<u32>().prop_map(f32::from_bits), 0..4_000),
    ) {
        let marked = mark(&samples, rate, channels, payload(1), &Key::public());
        prop_assert_eq!(marked.len(), samples.len());
        for (before, after) in samples.iter().zip(&marked) {
            if before.is_finite() {
                prop_assert!(after.abs() <= before.abs().max(1.0));
            } else {
                prop_assert_eq!(before.to_bits(), after.to_bits());
            }
        }
        absent(&marked, rate, channels, &Key::public());
    }
}

#[test]
fn delay_is_below_half_a_second() {
    for rate in [8_000, 16_000, 44_100, 48_000, 192_000] {
        let sound = voice(rate, 2, 3.0, 1);
        let mut embedder = Embedder::new(rate, 2, payload(1), &Key::public(), 1.0).unwrap();
        let mut given = 0;
        for (piece, samples) in sound.chunks(rate as usize / 50).enumerate() {
            given += embedder.push(samples).len();
            let taken = (piece * (rate as usize / 50) + samples.len()).min(sound.len());
            assert!((taken - given) as f64 / 2.0 / f64::from(rate) < 0.5);
        }
    }
}

#[test]
fn silence_stays_silence() {
    let mut sound = voice(48_000, 2, 2.0, 1);
    sound.extend(vec![0.0; 96_000]);
    let marked = mark(&sound, 48_000, 2, payload(1), &Key::public());
    // The windows reach 48 ms.
    assert!(marked[2 * 96_000 + 2 * 4_800..].iter().all(|sample| *sample == 0.0));
    let mut one = voice(48_000, 2, 2.0, 1);
    one.chunks_exact_mut(2).for_each(|moment| moment[1] = 0.0);
    let marked = mark(&one, 48_000, 2, payload(1), &Key::public());
    assert!(marked.chunks_exact(2).all(|moment| moment[1] == 0.0));
    assert!(marked.iter().zip(&one).any(|(a, b)| a != b));
}

#[test]
fn the_change_is_small_and_never_clips() {
    let loud: Vec<f32> = voice(44_100, 1, 4.0, 3).iter().map(|sample| (sample * 8.0).clamp(-1.0, 1.0)).collect();
    let marked = mark(&loud, 44_100, 1, payload(1), &Key::public());
    assert!(marked.iter().all(|sample| sample.abs() <= 1.0));
    let power = |of: &mut dyn Iterator<Item = f32>| of.map(|v| f64::from(v) * f64::from(v)).sum::<f64>();
    let sound = power(&mut loud.iter().copied());
    let change = power(&mut loud.iter().zip(&marked).map(|(a, b)| a - b));
    let decibels = 10.0 * (sound / change).log10();
    assert!((18.0..40.0).contains(&decibels), "{decibels}");
}

#[test]
fn a_part_from_the_middle_suffices() {
    let marked = mark(&voice(44_100, 1, 20.0, 5), 44_100, 1, payload(77), &Key::public());
    let part = &marked[44_100 * 7 + 123..44_100 * 13 + 123];
    assert_eq!(found(part, 44_100, 1, &Key::public()).payload, payload(77));
}

#[test]
fn a_marked_part_among_other_sound_is_found() {
    let marked = mark(&voice(16_000, 1, 9.0, 5), 16_000, 1, payload(78), &Key::public());
    let mut sound = voice(16_000, 1, 31.0, 6);
    sound.extend(marked);
    sound.extend(voice(16_000, 1, 17.0, 7));
    let found = found(&sound, 16_000, 1, &Key::public());
    assert_eq!(found.payload, payload(78));
}

#[test]
fn other_speeds_are_found_and_said() {
    // Sound at 44,100 Hz that is played as if it had another rate.
    let marked = mark(&voice(44_100, 1, 12.0, 9), 44_100, 1, payload(5), &Key::public());
    for rate in [42_000_u32, 43_660, 44_542, 46_200] {
        let found = found(&marked, rate, 1, &Key::public());
        assert_eq!(found.payload, payload(5));
        let factor = rate as f32 / 44_100.0;
        assert!((found.tempo - factor).abs() < 0.004, "{rate} {found:?}");
        assert!((found.pitch - factor).abs() < 0.004, "{rate} {found:?}");
    }
}

#[test]
fn the_place_is_said() {
    let marked = mark(&voice(16_000, 1, 14.0, 2), 16_000, 1, payload(5), &Key::public());
    let mut sound = vec![0.0; 16_000 * 3 / 2];
    sound.extend(&marked);
    let place = found(&sound, 16_000, 1, &Key::public()).offset % 6.144;
    // The first spectrum begins 16 ms before the sound.
    assert!((place - 1.5).abs() < 0.05, "{place}");
}

#[test]
fn strange_sound_gives_nothing() {
    const RATE: u32 = 16_000;
    const LENGTH: usize = RATE as usize * 9;
    let mut noise = Noise(1);
    let sounds: Vec<(&str, Vec<f32>)> = vec![
        ("nothing", Vec::new()),
        ("one", vec![1.0]),
        ("silence", vec![0.0; LENGTH]),
        ("constant", vec![0.7; LENGTH]),
        ("largest", vec![f32::MAX; LENGTH]),
        ("infinite", vec![f32::INFINITY; LENGTH]),
        ("no number", vec![f32::NAN; LENGTH]),
        ("denormal", vec![f32::from_bits(1); LENGTH]),
        ("square", (0..LENGTH).map(|at| if at / 20 % 2 == 0 { 0.9 } else { -0.9 }).collect()),
        ("square of slots", (0..LENGTH).map(|at| if at / 768 % 2 == 0 { 0.9 } else { -0.9 }).collect()),
        ("alternating", (0..LENGTH).map(|at| if at % 2 == 0 { 1.0 } else { -1.0 }).collect()),
        ("impulses", (0..LENGTH).map(|at| if at % 1_536 == 0 { 1.0 } else { 0.0 }).collect()),
        ("noise", (0..LENGTH).map(|_| noise.next()).collect()),
        ("bursts", (0..LENGTH).map(|at| if at / 768 % 2 == 0 { noise.next() } else { 0.0 }).collect()),
        ("sweep", (0..LENGTH).map(|at| ((at as f32 * at as f32 * 1e-6) % 1.0) - 0.5).collect()),
        ("bits", (0..LENGTH).map(|at| f32::from_bits((at as u32).wrapping_mul(2_654_435_761))).collect()),
    ];
    for (name, sound) in sounds {
        for channels in [1, 2] {
            let absent = absent(&sound, RATE, channels, &Key::public());
            assert!(absent.false_alarm < 1e-6, "{name}");
            assert_eq!(absent.seconds, (sound.len() / channels) as f64 / f64::from(RATE), "{name}");
        }
        let marked = mark(&sound, RATE, 1, payload(3), &Key::public());
        assert_eq!(marked.len(), sound.len(), "{name}");
    }
}

#[test]
fn false_alarms_of_a_minute_are_bounded() {
    let mut noise = Noise(3);
    let minutes = 1.0;
    let sound: Vec<f32> = (0..(8_000.0 * 60.0 * minutes) as usize).map(|_| noise.next()).collect();
    let absent = absent(&sound, 8_000, 1, &Key::public());
    assert!(absent.false_alarm > 0.0 && absent.false_alarm / minutes < 1e-6, "{absent:?}");
}

#[test]
fn memory_does_not_grow_with_the_sound() {
    const MOST: usize = 64 << 20;
    let half_a_minute = voice(8_000, 1, 30.0, 1);
    let mut detector = Detector::new(8_000, 1, &Key::public()).unwrap();
    let mut embedder = Embedder::new(8_000, 1, payload(1), &Key::public(), 1.0).unwrap();
    let before = HEAP.allocated();
    for _ in 0..3 {
        for piece in half_a_minute.chunks(8_000) {
            detector.push(piece);
            drop(embedder.push(piece));
        }
        assert!(HEAP.allocated().saturating_sub(before) < MOST);
    }
    assert!(HEAP.max_allocated() < 256 << 20, "{}", HEAP.max_allocated());
    assert!(matches!(detector.finish(), Detection::Absent(_)));
}

#[test]
fn other_rates_and_channels_are_refused() {
    for (rate, channels) in [(7_999, 1), (192_001, 1), (0, 1), (u32::MAX, 1), (48_000, 0), (48_000, 9)] {
        let refused = UnsupportedSound { rate, channels };
        assert_eq!(Embedder::new(rate, channels, payload(1), &Key::public(), 1.0).unwrap_err(), refused);
        assert_eq!(Detector::new(rate, channels, &Key::public()).unwrap_err(), refused);
        assert!(refused.to_string().contains("192,000 Hz"));
    }
}

#[test]
fn strange_strengths_are_taken_for_near_ones() {
    let sound = voice(16_000, 1, 2.0, 1);
    let with = |strength: f32| {
        let mut embedder = Embedder::new(16_000, 1, payload(1), &Key::public(), strength).unwrap();
        let mut out = embedder.push(&sound);
        out.append(&mut embedder.finish());
        out
    };
    assert_eq!(with(f32::NAN), with(1.0));
    assert_eq!(with(f32::INFINITY), with(4.0));
    assert_eq!(with(-1.0), with(0.25));
}

/// Sound, key and payload of this scheme version give these samples, rounded to 16 bits, on every machine.
#[test]
fn golden() {
    let mut all = Sha256::new();
    for (rate, channels) in [(16_000, 1), (44_100, 2), (48_000, 1)] {
        let sound = voice(rate, channels, 4.0, 11);
        for sample in mark(&sound, rate, channels, payload(0x00C0_FFEE_1234_5678), &Key::public()) {
            all.update(((sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) as i16).to_le_bytes());
        }
    }
    let hash: String = all.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, GOLDEN);
}

const GOLDEN: &str = "0e6257530984ad729317f2354f4c532df1eee3c2e1193151192101a2a0789f52";
