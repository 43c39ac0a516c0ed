//! Sound made to mislead or to wear out the reader of sound watermarks: no mark is read, and memory
//! stays bounded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use biaoshi::watermark::Key;
use biaoshi::watermark::sound::{Detection, Detector};

#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// The most that a reader may hold, whatever it hears.
const MOST: usize = 256 << 20;

/// Reads `moments` moments, given piece by piece, each sample by what `sample` says of its moment and channel.
fn listen(name: &str, (rate, channels): (u32, usize), moments: usize, sample: impl Fn(usize, usize) -> f32) {
    const PIECE: usize = 4_096;
    let mut detector = Detector::new(rate, channels, &Key::public()).unwrap();
    let mut piece = Vec::new();
    for start in (0..moments).step_by(PIECE) {
        piece.clear();
        for moment in start..(start + PIECE).min(moments) {
            piece.extend((0..channels).map(|channel| sample(moment, channel)));
        }
        detector.push(&piece);
    }
    match detector.finish() {
        Detection::Found(found) => panic!("{name} at {rate} Hz: {found:?}"),
        Detection::Absent(absent) => {
            assert!((absent.seconds - moments as f64 / f64::from(rate)).abs() < 1e-9, "{name}");
            // A minute has five looks.
            assert!(absent.false_alarm <= 2e-8, "{name} at {rate} Hz: {absent:?}");
        }
    }
    assert!(HEAP.max_allocated() < MOST, "{name} at {rate} Hz: {}", HEAP.max_allocated());
}

/// Something that looks random, of the moment alone: -1 to 1.
fn noise(moment: usize) -> f32 {
    let mixed = (moment as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((mixed >> 40) as f32 - 8_388_608.0) / 8_388_608.0
}

fn sine(moment: usize, hertz: f64, rate: u32) -> f32 {
    (std::f64::consts::TAU * hertz * moment as f64 / f64::from(rate)).sin() as f32
}

/// Longer than one look and short of two, which other speeds are tried in too.
fn half_a_minute(rate: u32, channels: usize) {
    let moments = rate as usize * 26;
    let shape = (rate, channels);
    let period = |hertz: usize| rate as usize / hertz;
    listen("no number", shape, moments, |_, _| f32::NAN);
    listen(
        "infinity and its opposite",
        shape,
        moments,
        |m, _| if m % 2 == 0 { f32::INFINITY } else { f32::NEG_INFINITY },
    );
    listen("numbers and none", shape, moments, |m, c| if noise(m + c) > 0.0 { f32::NAN } else { noise(m) });
    listen("denormal", shape, moments, |m, _| f32::from_bits(1 + m as u32 % 9));
    listen("huge", shape, moments, |m, _| noise(m) * f32::MAX);
    listen("constant", shape, moments, |_, c| 0.9 - 0.2 * c as f32);
    listen("one tone", shape, moments, |m, _| sine(m, 1_000.0, rate));
    listen("many tones", shape, moments, |m, _| (1..9).map(|n| sine(m, 375.0 * f64::from(n), rate)).sum::<f32>() / 9.0);
    listen("tone of a block", shape, moments, |m, _| sine(m, 1_000.0, rate) * sine(m, 1.0 / 6.144, rate));
    listen("clicks", shape, moments, |m, _| if m % period(10) == 0 { 1.0 } else { 0.0 });
    listen("square of 8 bits", shape, moments, |m, _| if m / period(440) % 2 == 0 { 127.0 / 128.0 } else { -1.0 });
    listen("halves of a unit", shape, moments, |m, _| if m / period(20) % 2 == 0 { noise(m) } else { 0.0 });
    listen("noise in turns", shape, moments, |m, c| if m % 8 == c { noise(m) } else { 0.0 });
}

#[test]
fn of_8_000_hertz() {
    half_a_minute(8_000, 1);
}

#[test]
fn of_8_channels() {
    half_a_minute(16_000, 8);
}

#[test]
fn of_192_000_hertz() {
    let shape = (192_000, 2);
    listen("huge", shape, 192_000 * 25, |m, c| noise(m + c) * f32::MAX);
    listen("tone", shape, 192_000 * 25, |m, _| sine(m, 5_000.0, 192_000));
}

#[test]
fn of_no_length() {
    for (rate, channels) in [(8_000, 1), (44_100, 8), (192_000, 8)] {
        for moments in [0, 1, 2, 127, 128, 129, 4_097] {
            for value in [0.0, 1.0, f32::NAN, f32::MAX, f32::INFINITY] {
                listen("short", (rate, channels), moments, |_, _| value);
            }
        }
    }
}

#[test]
fn noise_that_repeats_in_step_with_the_blocks() {
    // The same noise again and again, in step with the blocks of the mark: what is read adds up, and is nothing.
    let block = (16_000.0 * 6.144) as usize;
    listen("noise of a block", (16_000, 1), 16_000 * 50, |m, _| noise(m % block) * 0.3);
}

/// An hour in which nothing sounds, and two minutes of what the dither of a recorder adds.
#[test]
fn an_hour_of_silence() {
    let hour = 8_000 * 3_600;
    listen("silence", (8_000, 1), hour, |_, _| 0.0);
    listen("almost silence", (8_000, 1), 8_000 * 120, |m, _| (noise(m) * 0.6).round() / 32_768.0);
}
