//! Notices and other sounds to listen to.

use std::f64::consts::{PI, TAU};

/// Numbers that look random: SplitMix64.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// From 0 to 1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub(crate) fn between(&mut self, least: f64, most: f64) -> f64 {
        least + (most - least) * self.unit()
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[(self.next() % from.len() as u64) as usize]
    }

    /// Normal, mean 0, deviation 1, nearly.
    pub(crate) fn normal(&mut self) -> f64 {
        ((0..4).map(|_| self.unit()).sum::<f64>() - 2.0) * 3f64.sqrt()
    }
}

/// Steps of a period.
const PERIOD: usize = 4096;

/// Form of a tone: parts of the amplitude by multiple of the pitch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Sine,
    Overtones,
    Square,
    Triangle,
    Pulse,
}

pub(crate) const SHAPES: [Shape; 5] = [Shape::Sine, Shape::Overtones, Shape::Square, Shape::Triangle, Shape::Pulse];

impl Shape {
    fn part(self, n: u32) -> f64 {
        let x = f64::from(n);
        let odd = n % 2 == 1;
        match self {
            Self::Sine => f64::from(u8::from(n == 1)),
            Self::Overtones => [1.0, 0.5, 0.25, 0.12].get(n as usize - 1).copied().unwrap_or(0.0),
            Self::Square => f64::from(u8::from(odd)) / x,
            Self::Triangle => f64::from(u8::from(odd)) / (x * x),
            Self::Pulse => (PI * x * 0.3).sin() / x,
        }
    }

    /// One period, in steps of [`PERIOD`], with overtones below `most` times the pitch.
    fn period(self, most: u32) -> Vec<f64> {
        let at = |phase: f64| (1..=most.clamp(1, 40)).map(|n| self.part(n) * (TAU * phase * f64::from(n)).sin()).sum();
        (0..=PERIOD).map(|i| at(i as f64 / PERIOD as f64)).collect()
    }

    fn power(self, most: u32) -> f64 {
        (1..=most.clamp(1, 40)).map(|n| self.part(n).powi(2) / 2.0).sum()
    }
}

/// A rhythm: sounds and pauses by turns, in units.
#[derive(Debug, Clone)]
pub(crate) struct Rhythm {
    pub(crate) units: Vec<f64>,
    pub(crate) unit_ms: f64,
    pub(crate) pitch: f64,
    pub(crate) shape: Shape,
    /// Length of the raised-cosine ramps at both ends of a sound, in milliseconds.
    pub(crate) ramp_ms: f64,
    /// Level of the sounds in decibels below full scale, root mean square.
    pub(crate) level: f64,
}

impl Rhythm {
    /// The notice with the letters `gap` units apart.
    pub(crate) fn notice(gap: f64, unit_ms: f64, pitch: f64) -> Self {
        let units = vec![1.0, 1.0, 3.0, gap, 1.0, 1.0, 1.0];
        Self { units, unit_ms, pitch, shape: Shape::Sine, ramp_ms: 5.0, level: -20.0 }
    }

    pub(crate) fn ms(&self) -> f64 {
        self.units.iter().sum::<f64>() * self.unit_ms
    }

    pub(crate) fn samples(&self, rate: f64) -> Vec<f32> {
        let most = (rate / 2.0 / self.pitch) as u32;
        let gain = 10f64.powf(self.level / 20.0) / self.shape.power(most).sqrt();
        let period = self.shape.period(most);
        let mut out = vec![0.0; (self.ms() / 1000.0 * rate).ceil() as usize];
        let mut begin = 0.0;
        for (at, units) in self.units.iter().enumerate() {
            let end = begin + units * self.unit_ms / 1000.0;
            if at % 2 == 0 {
                for (i, sample) in out.iter_mut().enumerate().skip((begin * rate).ceil() as usize) {
                    let time = i as f64 / rate;
                    if time >= end {
                        break;
                    }
                    let ramp = (1000.0 * (time - begin).min(end - time) / self.ramp_ms.max(1e-6)).min(1.0);
                    let ramp = 0.5 - 0.5 * (PI * ramp).cos();
                    let place = ((time - begin) * self.pitch).fract() * PERIOD as f64;
                    let (below, above) = (period[place as usize], period[place as usize + 1]);
                    *sample = (gain * ramp * (below + (above - below) * place.fract())) as f32;
                }
            }
            begin = end;
        }
        out
    }
}

/// A notice as products might make it.
pub(crate) fn any_notice(random: &mut Random) -> Rhythm {
    let unit_ms = random.between(60.0, 250.0);
    Rhythm {
        units: vec![1.0, 1.0, 3.0, random.pick(&[1.0, 2.0, 3.0]), 1.0, 1.0, 1.0],
        unit_ms,
        pitch: 350.0 * (3400.0f64 / 350.0).powf(random.unit()),
        shape: random.pick(&SHAPES),
        ramp_ms: random.pick(&[0.0, 2.0, 5.0, 10.0, 0.15 * unit_ms]),
        level: random.between(-35.0, -10.0),
    }
}

/// White noise at a level in decibels below full scale, root mean square.
pub(crate) fn noise(random: &mut Random, count: usize, level: f64) -> Vec<f32> {
    let gain = 10f64.powf(level / 20.0);
    (0..count).map(|_| (gain * random.normal()) as f32).collect()
}

/// Something like talk and music: syllables of coloured noise with harmonics, chords that fade.
pub(crate) fn content(random: &mut Random, rate: f64, seconds: f64, level: f64) -> Vec<f32> {
    let count = (seconds * rate) as usize;
    let mut out = vec![0.0f32; count];
    let talk = random.unit() < 0.5;
    let mut at = 0;
    while at < count {
        let long = (rate * random.between(0.08, 0.5)) as usize;
        let voices = if talk { 1 } else { 3 };
        for _ in 0..voices {
            let base = if talk { random.between(90.0, 260.0) } else { 110.0 * 2f64.powf(random.between(0.0, 3.0)) };
            let (glide, parts) = (random.between(-0.2, 0.2), random.pick(&[6u32, 12, 20]));
            let weights: Vec<f64> = (1..=parts).map(|n| random.unit() / f64::from(n).sqrt()).collect();
            for (i, sample) in out.iter_mut().skip(at).take(long).enumerate() {
                let (time, part) = (i as f64 / rate, i as f64 / long as f64);
                let pitch = if talk { base * (1.0 + glide * part) } else { base };
                let envelope = if talk { (PI * part).sin() } else { (1.0 - part).powi(2) };
                let tone = (1u32..).zip(&weights).filter(|(n, _)| f64::from(*n) * base < 0.45 * rate);
                *sample +=
                    (envelope * tone.map(|(n, w)| w * (TAU * time * pitch * f64::from(n)).sin()).sum::<f64>()) as f32;
            }
        }
        at += (rate * random.between(0.1, 0.6)) as usize;
    }
    set_level(&mut out, level);
    out
}

/// Root mean square, in decibels below full scale.
pub(crate) fn level(samples: &[f32]) -> f64 {
    let power = samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len().max(1) as f64;
    10.0 * power.max(1e-12).log10()
}

pub(crate) fn set_level(samples: &mut [f32], target: f64) {
    let gain = 10f64.powf((target - level(samples)) / 20.0) as f32;
    samples.iter_mut().for_each(|sample| *sample *= gain);
}

pub(crate) fn mix(into: &mut [f32], at: usize, samples: &[f32]) {
    into.iter_mut().skip(at).zip(samples).for_each(|(into, sample)| *into += sample);
}
