//! The picture watermark: what marked pictures survive, on a few made by code with the codecs at hand, and
//! that no picture without a mark gives one, however strange it is, within bounds of time and memory.
//! `tests/watermarks` does the same on photographs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::time::{Duration, Instant};

use biaoshi::watermark::Key;
use biaoshi::watermark::picture::{Channels, Detection, PictureError, Samples, SamplesMut, Strength, detect, embed};

#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

const PAYLOAD: u64 = 0x1400_0123_4567_89AB;

/// Numbers that look random, 0 to 2³² - 1.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 32) as u32
    }

    /// 0 to 1.
    fn part(&mut self) -> f32 {
        (self.next() >> 8) as f32 / 16_777_216.0
    }
}

/// RGB, 8 bits.
#[derive(Clone)]
struct Picture {
    width: usize,
    height: usize,
    data: Vec<u8>,
}

impl Picture {
    fn of(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [f32; 3]) -> Self {
        let mut data = Vec::with_capacity(width * height * 3);
        for y in 0..height {
            for x in 0..width {
                data.extend(pixel(x, y).map(|v| (v + 0.5) as u8));
            }
        }
        Self { width, height, data }
    }

    fn at(&self, x: usize, y: usize) -> [f32; 3] {
        let i = (y.min(self.height - 1) * self.width + x.min(self.width - 1)) * 3;
        [self.data[i], self.data[i + 1], self.data[i + 2]].map(f32::from)
    }

    /// Between four pixels; black outside.
    fn between(&self, x: f32, y: f32) -> [f32; 3] {
        if x < 0.0 || y < 0.0 || x > (self.width - 1) as f32 || y > (self.height - 1) as f32 {
            return [0.0; 3];
        }
        let (i, j) = (x as usize, y as usize);
        let (t, u) = (x - i as f32, y - j as f32);
        let (a, b, c, d) = (self.at(i, j), self.at(i + 1, j), self.at(i, j + 1), self.at(i + 1, j + 1));
        std::array::from_fn(|k| (a[k] * (1.0 - t) + b[k] * t) * (1.0 - u) + (c[k] * (1.0 - t) + d[k] * t) * u)
    }

    /// Means of areas where it shrinks, else between pixels.
    fn resized(&self, width: usize, height: usize) -> Self {
        let (sx, sy) = (self.width as f32 / width as f32, self.height as f32 / height as f32);
        let n = sx.max(sy).ceil() as usize;
        Self::of(width, height, |x, y| {
            let mut sum = [0.0; 3];
            for j in 0..n {
                for i in 0..n {
                    let place = |k: usize, v: usize, s: f32| (v as f32 + (k as f32 + 0.5) / n as f32) * s - 0.5;
                    let edge = |v: f32, most: usize| v.clamp(0.0, (most - 1) as f32);
                    let v = self.between(edge(place(i, x, sx), self.width), edge(place(j, y, sy), self.height));
                    sum.iter_mut().zip(v).for_each(|(s, v)| *s += v / (n * n) as f32);
                }
            }
            sum
        })
    }

    fn scaled(&self, across: f32, down: f32) -> Self {
        self.resized((self.width as f32 * across).round() as usize, (self.height as f32 * down).round() as usize)
    }

    fn cropped(&self, share: f32) -> Self {
        let (width, height) = ((self.width as f32 * share) as usize, (self.height as f32 * share) as usize);
        let (left, top) = ((self.width - width) / 2, (self.height - height) / 2);
        Self::of(width, height, |x, y| self.at(left + x, top + y))
    }

    fn turned(&self, cos: f32, sin: f32) -> Self {
        let (cx, cy) = ((self.width - 1) as f32 / 2.0, (self.height - 1) as f32 / 2.0);
        Self::of(self.width, self.height, |x, y| {
            let (x, y) = (x as f32 - cx, y as f32 - cy);
            self.between(cx + cos * x - sin * y, cy + sin * x + cos * y)
        })
    }

    fn levels(&self, change: impl Fn(f32) -> f32) -> Self {
        let data = self.data.iter().map(|v| (change(f32::from(*v)) + 0.5) as u8).collect();
        Self { data, ..*self }
    }

    fn jpeg(&self, quality: u8) -> Self {
        let mut out = Vec::new();
        let mut encoder = jpeg_encoder::Encoder::new(&mut out, quality);
        encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::R_4_2_0);
        let (width, height) = (u16::try_from(self.width).unwrap(), u16::try_from(self.height).unwrap());
        encoder.encode(&self.data, width, height, jpeg_encoder::ColorType::Rgb).unwrap();
        let data = image::load_from_memory(&out).unwrap().to_rgb8().into_raw();
        Self { data, ..*self }
    }

    fn noisy(&self, deviation: f32) -> Self {
        let mut noise = Noise(7);
        // Four uniform draws have a deviation of the root of a third.
        let data = self.data.iter().map(|v| {
            let drawn = (0..4).map(|_| noise.part() - 0.5).sum::<f32>() * 3f32.sqrt();
            (f32::from(*v) + deviation * drawn + 0.5) as u8
        });
        Self { data: data.collect(), ..*self }
    }

    /// The four highest levels of each colour: 64 colours in all.
    fn palette(&self) -> Self {
        self.levels(|v| (v / 85.0).round() * 85.0)
    }

    fn read(&self) -> Option<u64> {
        match detect(Samples::U8(&self.data), (self.width, self.height), Channels::Rgb, &Key::public()).unwrap() {
            Detection::Found(found) => Some(found.payload),
            Detection::Absent => None,
        }
    }
}

/// Hills of several sizes, edges, and roughness that grows to the right.
fn scene(width: usize, height: usize, seed: u64) -> Picture {
    let mut noise = Noise(seed);
    let mut sum = vec![[125.0f32; 3]; width * height];
    for octave in 1..=7 {
        let n = 1usize << octave;
        let size = 70.0 / 1.6f32.powi(octave);
        let grid = Picture::of(n + 2, n + 2, |_, _| [0.0; 3]);
        let data = grid.data.iter().map(|_| (noise.part() * 255.0) as u8).collect();
        let grid = Picture { data, ..grid };
        for (i, to) in sum.iter_mut().enumerate() {
            let (x, y) = ((i % width) as f32 / width as f32, (i / width) as f32 / height as f32);
            let v = grid.between(x * n as f32, y * n as f32);
            to.iter_mut().zip(v).for_each(|(t, v)| *t += (v - 127.0) / 80.0 * size);
        }
    }
    for (i, to) in sum.iter_mut().enumerate() {
        let rough = 16.0 * (i % width) as f32 / width as f32;
        let (x, y) = ((i % width) / 90, (i / width) / 70);
        let step = if (x * 7 + y * 13 + seed as usize).is_multiple_of(5) { 24.0 } else { 0.0 };
        to.iter_mut().for_each(|t| *t += step + rough * (noise.part() - 0.5));
    }
    Picture::of(width, height, |x, y| sum[y * width + x])
}

fn marked(picture: &Picture) -> Picture {
    let mut out = picture.clone();
    let size = (out.width, out.height);
    let made =
        embed(SamplesMut::U8(&mut out.data), size, Channels::Rgb, PAYLOAD, &Key::public(), Strength::Scheme).unwrap();
    assert!(made.psnr > 44.0, "{made:?}");
    out
}

#[test]
fn what_marked_pictures_survive() {
    let (cos, sin) = (0.996_194_7, 0.087_155_74);
    type Attack = fn(&Picture) -> Picture;
    let attacks: [(&str, Attack); 19] = [
        ("none", Picture::clone),
        ("JPEG 75", |p| p.jpeg(75)),
        ("JPEG 50", |p| p.jpeg(50)),
        ("to 25 % and back", |p| p.scaled(0.25, 0.25).resized(p.width, p.height)),
        ("to 50 %", |p| p.scaled(0.5, 0.5)),
        ("to 200 %", |p| p.scaled(2.0, 2.0)),
        ("0.9 x 1.1", |p| p.scaled(0.9, 1.1)),
        ("half the area", |p| p.cropped(std::f32::consts::FRAC_1_SQRT_2)),
        ("mirrored", |p| Picture::of(p.width, p.height, |x, y| p.at(p.width - 1 - x, y))),
        ("turned by 90", |p| Picture::of(p.height, p.width, |x, y| p.at(p.width - 1 - y, x))),
        ("brightness +30 %", |p| p.levels(|v| v * 1.3)),
        ("brightness -30 %", |p| p.levels(|v| v * 0.7)),
        ("contrast +30 %", |p| p.levels(|v| (v - 128.0) * 1.3 + 128.0)),
        ("contrast -30 %", |p| p.levels(|v| (v - 128.0) * 0.7 + 128.0)),
        ("noise 10", |p| p.noisy(10.0)),
        ("64 colours", Picture::palette),
        ("crop 75 %, JPEG 50", |p| p.cropped(0.75).jpeg(50)),
        ("to 50 %, JPEG 50", |p| p.scaled(0.5, 0.5).jpeg(50)),
        ("to 75 %, JPEG 75", |p| p.scaled(0.75, 0.75).jpeg(75)),
    ];
    let mut lost = Vec::new();
    for seed in [1, 2] {
        let picture = marked(&scene(840, 620, seed));
        for (name, attack) in attacks {
            if attack(&picture).read() != Some(PAYLOAD) {
                lost.push((seed, name));
            }
        }
        if picture.turned(cos, sin).read() != Some(PAYLOAD) {
            lost.push((seed, "turned by 5"));
        }
    }
    assert_eq!(lost, []);
}

#[test]
fn plain_pictures_give_no_mark() {
    for seed in 10..14 {
        assert_eq!(scene(520, 400, seed).read(), None);
        assert_eq!(scene(500, 300, seed).jpeg(40).read(), None);
    }
}

/// Grey pictures that look like lattices, blocks or nothing at all.
fn hostile() -> Vec<(&'static str, (usize, usize), Vec<u8>)> {
    let (w, h) = (1400, 1100);
    let mut noise = Noise(3);
    let mut out = Vec::new();
    let mut add = |name, (w, h): (usize, usize), pixel: &mut dyn FnMut(usize, usize) -> u8| {
        let mut data = Vec::with_capacity(w * h);
        (0..h).for_each(|y| (0..w).for_each(|x| data.push(pixel(x, y))));
        out.push((name, (w, h), data));
    };
    add("noise", (w, h), &mut |_, _| (noise.next() >> 24) as u8);
    add("constant", (w, h), &mut |_, _| 128);
    for n in [1, 2, 3, 8, 11] {
        add("chessboard", (w, h), &mut |x, y| if (x / n + y / n) % 2 == 0 { 255 } else { 0 });
    }
    add("halftone", (w, h), &mut |x, y| if (x % 6) * (y % 6) > x / 60 { 255 } else { 0 });
    add("turned halftone", (w, h), &mut |x, y| {
        if ((3 * x + y) % 11) * ((x + 30 * h - 3 * y) % 11) > 30 { 255 } else { 0 }
    });
    let tile: Vec<u8> = (0..176 * 176).map(|_| (noise.next() >> 24) as u8).collect();
    for side in [88, 128, 176] {
        add("periodic noise", (w, h), &mut |x, y| tile[y % side * 176 + x % side]);
    }
    add("stripes", (w, h), &mut |x, y| if (x * 3 + y) % 17 < 8 { 200 } else { 60 });
    add("ramp", (w, h), &mut |x, _| (x * 255 / w) as u8);
    add("blocks", (w, h), &mut |x, y| ((x / 8 * 37 + y / 8 * 101) % 256) as u8);
    add("ribbon", (100_000, 64), &mut |x, y| ((x * 31 + y * 17) % 251) as u8);
    add("column", (64, 100_000), &mut |_, _| (noise.next() >> 24) as u8);
    add("large", (6000, 4000), &mut |x, y| ((x * y) % 256) as u8);
    add("smallest", (64, 64), &mut |_, _| (noise.next() >> 24) as u8);
    out
}

#[test]
fn strange_pictures_give_no_mark_in_little_time_and_memory() {
    let key = Key::public();
    for (name, size, data) in hostile() {
        let before = HEAP.allocated();
        HEAP.set_limit(before + (256 << 20)).unwrap();
        let begun = Instant::now();
        let got = detect(Samples::U8(&data), size, Channels::Grey, &key);
        let took = begun.elapsed();
        HEAP.set_limit(usize::MAX).unwrap();
        assert_eq!(got, Ok(Detection::Absent), "{name}");
        // Ten times the goal of release builds: these are slow ones, on machines that do other things too.
        assert!(took < Duration::from_secs(20), "{name}: {took:?}");
    }
    let transparent = vec![0u8; 500 * 400 * 4];
    assert_eq!(detect(Samples::U8(&transparent), (500, 400), Channels::Rgba, &key), Ok(Detection::Absent));
    let extreme: Vec<u16> = (0..500 * 400).map(|i| if i % 3 == 0 { u16::MAX } else { 0 }).collect();
    assert_eq!(detect(Samples::U16(&extreme), (500, 400), Channels::Grey, &key), Ok(Detection::Absent));
    let line = vec![0u8; 100_000];
    assert!(matches!(detect(Samples::U8(&line), (1, 100_000), Channels::Grey, &key), Err(PictureError::Small { .. })));
}
