//! Round trips, fixed bytes, and pictures that must not give a mark.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;
use crate::watermark::random::Random;

const PAYLOAD: u64 = 0x1400_0123_4567_89AB;

/// Hills of several sizes with noise, so that parts are smooth and parts are rough.
fn scene(width: usize, height: usize, channels: Channels, seed: u8) -> Vec<u8> {
    let mut random = Random::new([seed; 32]);
    let waves: Vec<(f64, f64, f64, f64)> = (0..24)
        .map(|i| {
            let mut next = || f64::from(random.word()) / 4_294_967_296.0;
            let fast = 0.002 * 1.25f64.powi(i);
            ((next() - 0.5) * fast, (next() - 0.5) * fast, next(), 30.0 / (1.0 + f64::from(i)))
        })
        .collect();
    let mut out = Vec::with_capacity(width * height * channels.count());
    for y in 0..height {
        for x in 0..width {
            let (x, y) = (x as f64, y as f64);
            let level: f64 = 120.0 + waves.iter().map(|(a, b, c, s)| s * math::turn(a * x + b * y + c).0).sum::<f64>();
            let rough = 12.0 * (x / width as f64);
            for c in 0..channels.count() {
                if channels.alpha() && c + 1 == channels.count() {
                    out.push(255);
                } else {
                    let noise = f64::from(random.word() >> 16) / 65536.0 - 0.5;
                    out.push((level + 8.0 * c as f64 + rough * noise).clamp(0.0, 255.0) as u8);
                }
            }
        }
    }
    out
}

fn found(detection: Detection) -> Option<u64> {
    match detection {
        Detection::Found(found) => Some(found.payload),
        Detection::Absent => None,
    }
}

fn read(samples: &[u8], size: (usize, usize), channels: Channels, key: &Key) -> Option<u64> {
    found(detect(Samples::U8(samples), size, channels, key).unwrap())
}

fn marked(size: (usize, usize), channels: Channels, key: &Key) -> Vec<u8> {
    let mut samples = scene(size.0, size.1, channels, 1);
    let made = embed(SamplesMut::U8(&mut samples), size, channels, PAYLOAD, key, Strength::Scheme).unwrap();
    assert!(made.psnr > 42.0 && made.psnr < 60.0, "{made:?}");
    samples
}

#[test]
fn bytes_are_fixed() {
    let samples = marked((320, 240), Channels::Rgb, &Key::public());
    let hash: [u8; 32] = Sha256::digest(&samples).into();
    assert_eq!(crate::hex::hex(&hash), GOLDEN);
}

/// SHA-256 of the marked scene of 320 × 240 pixels.
const GOLDEN: &str = "fb90ddeb0e3d7dcd01e19b34fc9d4e4964e527fc964767a38e758995b495d43c";

#[test]
fn geometry_is_undone_and_reported() {
    let (w, h) = (500, 400);
    let samples = marked((w, h), Channels::Grey, &Key::public());
    let at = |x: usize, y: usize| samples[y * w + x];
    let look = |samples: &[u8], size| match detect(Samples::U8(samples), size, Channels::Grey, &Key::public()).unwrap()
    {
        Detection::Found(f) => {
            assert_eq!(f.payload, PAYLOAD);
            assert!(f.false_alarm <= FALSE_ALARM);
            (f.scale, f.rotation, f.mirrored)
        }
        Detection::Absent => panic!("absent"),
    };
    let near = |got: (f64, f64, bool), scale: f64, rotation: f64, mirrored: bool| {
        assert!((got.0 / scale - 1.0).abs() < 0.01, "{got:?}");
        assert!(((got.1 - rotation + 540.0) % 360.0 - 180.0).abs() < 0.5, "{got:?}");
        assert_eq!(got.2, mirrored, "{got:?}");
    };
    near(look(&samples, (w, h)), 1.0, 0.0, false);
    // Anticlockwise by 90 degrees: the last column becomes the first row.
    let turned: Vec<u8> = (0..w).flat_map(|x| (0..h).map(move |y| (x, y))).map(|(x, y)| at(w - 1 - x, y)).collect();
    near(look(&turned, (h, w)), 1.0, 90.0, false);
    let over: Vec<u8> = samples.iter().rev().copied().collect();
    near(look(&over, (w, h)), 1.0, 180.0, false);
    let mirrored: Vec<u8> = samples.chunks(w).flat_map(|r| r.iter().rev().copied()).collect();
    near(look(&mirrored, (w, h)), 1.0, 0.0, true);
    let cropped: Vec<u8> = samples.chunks(w).skip(61).take(300).flat_map(|r| r[37..437].to_vec()).collect();
    near(look(&cropped, (400, 300)), 1.0, 0.0, false);
    // Bilinear, by a half more.
    let (bw, bh) = (w * 3 / 2, h * 3 / 2);
    let larger: Vec<u8> = (0..bh - 2)
        .flat_map(|y| (0..bw - 2).map(move |x| (x as f32 / 1.5, y as f32 / 1.5)))
        .map(|(x, y)| {
            let (i, j) = (x as usize, y as usize);
            let (t, u) = (x - i as f32, y - j as f32);
            let mix = |a: u8, b: u8, t: f32| f32::from(a) * (1.0 - t) + f32::from(b) * t;
            let (i2, j2) = ((i + 1).min(w - 1), (j + 1).min(h - 1));
            let (a, b) = (mix(at(i, j), at(i2, j), t), mix(at(i, j2), at(i2, j2), t));
            (a * (1.0 - u) + b * u + 0.5) as u8
        })
        .collect();
    near(look(&larger, (bw - 2, bh - 2)), 1.5, 0.0, false);
}

#[test]
fn keys_keep_apart() {
    let secret = Key::secret(b"0123456789abcdef").unwrap();
    let other = Key::secret(b"0123456789abcdeg").unwrap();
    let size = (400, 300);
    let samples = marked(size, Channels::Grey, &secret);
    assert_eq!(read(&samples, size, Channels::Grey, &secret), Some(PAYLOAD));
    assert_eq!(read(&samples, size, Channels::Grey, &other), None);
    assert_eq!(read(&samples, size, Channels::Grey, &Key::public()), None);
    // Marks of two keys live together.
    let mut both = samples;
    embed(SamplesMut::U8(&mut both), size, Channels::Grey, 7, &Key::public(), Strength::Scheme).unwrap();
    assert_eq!(read(&both, size, Channels::Grey, &secret), Some(PAYLOAD));
    assert_eq!(read(&both, size, Channels::Grey, &Key::public()), Some(7));
}

#[test]
fn transparent_pixels_stay() {
    let size = (300, 260);
    for channels in [Channels::Rgba, Channels::GreyAlpha] {
        let n = channels.count();
        let mut samples = scene(size.0, size.1, channels, 2);
        for (i, pixel) in samples.chunks_exact_mut(n).enumerate() {
            if i % size.0 < 60 {
                pixel[n - 1] = 0;
            }
        }
        let before = samples.clone();
        embed(SamplesMut::U8(&mut samples), size, channels, PAYLOAD, &Key::public(), Strength::Scheme).unwrap();
        let mut changed = 0;
        for (a, b) in before.chunks_exact(n).zip(samples.chunks_exact(n)) {
            assert_eq!(a[n - 1], b[n - 1]);
            if a[n - 1] == 0 {
                assert_eq!(a, b);
            } else {
                changed += usize::from(a != b);
            }
        }
        assert!(changed > 1000);
        assert_eq!(read(&samples, size, channels, &Key::public()), Some(PAYLOAD));
        for pixel in samples.chunks_exact_mut(n) {
            pixel[n - 1] = 0;
        }
        let before = samples.clone();
        let made = embed(SamplesMut::U8(&mut samples), size, channels, 1, &Key::public(), Strength::Scheme);
        assert_eq!(made, Err(PictureError::Transparent));
        assert_eq!(samples, before);
    }
}

#[test]
fn sixteen_bits() {
    let size = (300, 240);
    let mut samples: Vec<u16> = scene(size.0, size.1, Channels::Rgb, 3).iter().map(|v| u16::from(*v) * 257).collect();
    let made = embed(SamplesMut::U16(&mut samples), size, Channels::Rgb, PAYLOAD, &Key::public(), Strength::Scheme);
    assert!(made.unwrap().psnr > 42.0);
    let got = detect(Samples::U16(&samples), size, Channels::Rgb, &Key::public()).unwrap();
    assert_eq!(found(got), Some(PAYLOAD));
    let eight: Vec<u8> = samples.iter().map(|v| (v >> 8) as u8).collect();
    assert_eq!(read(&eight, size, Channels::Rgb, &Key::public()), Some(PAYLOAD));
}

#[test]
fn a_target_of_noise_is_met() {
    let size = (400, 300);
    for db in [42.0, 46.0, 50.0] {
        let mut samples = scene(size.0, size.1, Channels::Rgb, 4);
        let strength = Strength::Psnr(db);
        let made = embed(SamplesMut::U8(&mut samples), size, Channels::Rgb, 9, &Key::public(), strength).unwrap();
        assert!((made.psnr - db).abs() < 0.7, "{made:?}");
        assert_eq!(read(&samples, size, Channels::Rgb, &Key::public()), Some(9));
    }
}

#[test]
fn sizes_that_do_not_fit_are_refused() {
    let key = Key::public();
    for size in [(1, 1), (1, 100_000), (100_000, 1), (191, 4000), (4000, 191)] {
        let mut samples = vec![90u8; size.0 * size.1];
        let made = embed(SamplesMut::U8(&mut samples), size, Channels::Grey, 1, &key, Strength::Scheme);
        assert_eq!(made, Err(PictureError::Small { width: size.0, height: size.1, shortest: SHORTEST_SIDE }));
        let got = detect(Samples::U8(&samples), size, Channels::Grey, &key);
        assert!(matches!(got, Err(PictureError::Small { .. }) | Ok(Detection::Absent)));
    }
    let mut samples = vec![0u8; 300 * 300];
    for size in [(300, 301), (0, 0), (usize::MAX, 2), (0, 300)] {
        let got = detect(Samples::U8(&samples), size, Channels::Grey, &key);
        assert!(matches!(got, Err(PictureError::Size { .. })));
    }
    for strength in [Strength::Times(f32::NAN), Strength::Times(9.0), Strength::Psnr(f64::NAN), Strength::Psnr(90.0)] {
        let made = embed(SamplesMut::U8(&mut samples), (300, 300), Channels::Grey, 1, &key, strength);
        assert_eq!(made, Err(PictureError::Strength));
    }
}

#[test]
fn frames_say_together_what_none_says_alone() {
    let ((width, height), key) = ((400, 320), Key::public());
    let wide = (width + 60, height + 60);
    // Windows that move over marked frames, as a codec drags a mark along with what is shown, with noise.
    let frame = |number: u8, marked: bool| {
        let mut samples = scene(wide.0, wide.1, Channels::Grey, 1 + number);
        if marked {
            embed(SamplesMut::U8(&mut samples), wide, Channels::Grey, PAYLOAD, &key, Strength::Scheme).unwrap();
        }
        let mut random = Random::new([90 + number; 32]);
        let (left, top) = (usize::from(number) * 9, usize::from(number) * 5);
        let mut out = Vec::new();
        for (y, x) in (0..height).flat_map(|y| (0..width).map(move |x| (y, x))) {
            let noise = f64::from(random.word() >> 16) / 65536.0 - 0.5;
            out.push((f64::from(samples[(y + top) * wide.0 + x + left]) + 84.0 * noise).clamp(0.0, 255.0) as u8);
        }
        out
    };
    for (marked, expected) in [(true, Some(PAYLOAD)), (false, None)] {
        let mut film = FilmReader::new(&key);
        for number in 0..6 {
            let frame = frame(number, marked);
            assert!(film.look(&frame, (width, height), Channels::Grey).is_none(), "frame {number}");
            // What has another size is left out.
            assert!(film.look(&frame[..200 * 200], (200, 200), Channels::Grey).is_none());
        }
        let found = film.together();
        assert_eq!(found.map(|found| found.payload), expected);
        assert!(found.is_none_or(|found| found.false_alarm <= FILM_FALSE_ALARM));
    }
}

#[test]
fn hostile_pictures_give_no_mark() {
    let (w, h) = (384, 320);
    let mut random = Random::new([5; 32]);
    let noise: Vec<u8> = (0..w * h).map(|_| (random.word() >> 24) as u8).collect();
    let chess = |n: usize| move |i: usize| if (i % w / n + i / w / n).is_multiple_of(2) { 255u8 } else { 0 };
    let mut pictures: Vec<Vec<u8>> = vec![noise.clone(), vec![0; w * h], vec![255; w * h], vec![128; w * h]];
    for n in [1, 2, 3, 4, 8, 16] {
        pictures.push((0..w * h).map(chess(n)).collect());
    }
    // A halftone, stripes, a tile of noise as large as ours, a ramp.
    pictures.push((0..w * h).map(|i| if (i % w % 6) * (i / w % 6) > (i % w) / 26 { 255 } else { 0 }).collect());
    pictures.push((0..w * h).map(|i| if (i % w * 3 + i / w) % 17 < 8 { 200 } else { 60 }).collect());
    pictures.push((0..w * h).map(|i| noise[(i / w % 128) * w + i % w % 128]).collect());
    pictures.push((0..w * h).map(|i| (i % w * 255 / w) as u8).collect());
    for (i, picture) in pictures.iter().enumerate() {
        assert_eq!(read(picture, (w, h), Channels::Grey, &Key::public()), None, "picture {i}");
        // What is hard to hide in stays a picture.
        let mut copy = picture.clone();
        embed(SamplesMut::U8(&mut copy), (w, h), Channels::Grey, 3, &Key::public(), Strength::Scheme).unwrap();
    }
}

#[test]
fn large_pictures_are_reduced() {
    let size = (2000, 1500);
    let samples = marked(size, Channels::Grey, &Key::public());
    assert!(detect::reduction(size) == 2);
    assert_eq!(read(&samples, size, Channels::Grey, &Key::public()), Some(PAYLOAD));
}

#[test]
fn rough_grey_as_the_fuzz_target_has_it() {
    let rest: Vec<u8> =
        (0u32..60_000).map(|i| 100 + (i.wrapping_mul(2_654_435_761).rotate_left(9) >> 28) as u8).collect();
    let mut samples: Vec<u8> = (0..300 * 240).map(|i: usize| rest[(i + i / rest.len() * 7) % rest.len()]).collect();
    embed(SamplesMut::U8(&mut samples), (300, 240), Channels::Grey, 5, &Key::public(), Strength::Scheme).unwrap();
    assert_eq!(read(&samples, (300, 240), Channels::Grey, &Key::public()), Some(5));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn what_goes_in_comes_out(
        width in SHORTEST_SIDE..520,
        height in SHORTEST_SIDE..420,
        payload: u64,
        times in 0.8f32..2.0,
        key in proptest::option::of(proptest::array::uniform16(0u8..)),
        seed: u8,
    ) {
        let key = key.map_or(Key::public(), |k| Key::secret(&k).unwrap());
        let mut samples = scene(width, height, Channels::Grey, seed);
        embed(SamplesMut::U8(&mut samples), (width, height), Channels::Grey, payload, &key, Strength::Times(times)).unwrap();
        prop_assert_eq!(read(&samples, (width, height), Channels::Grey, &key), Some(payload));
    }
}
