//! Notices made, spoiled and found again.

use std::ops::Range;
use std::path::Path;

use biaoshi::carrier::notice::rhythm::{Heard, Listener};

use super::alarms::BOUND;
use super::synth::{self, Random, Rhythm};
use super::{Result, ffmpeg};

/// Rate of the recordings before they are spoiled. MP3 has the harder work at the higher.
const fn rate(through: Through) -> u32 {
    if matches!(through, Through::Mp3) { 44_100 } else { 22_050 }
}

/// Rate of recordings that content is cut from.
const CONTENT: u32 = 22_050;
/// Recordings that go through `ffmpeg` at once.
const BATCH: usize = 20;

/// What the whole recording goes through at last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Through {
    Nothing,
    /// MP3 at 64 kb/s.
    Mp3,
    /// 300 to 3,400 Hz, 8 kHz, µ-law.
    Telephone,
}

struct Condition {
    name: &'static str,
    /// Noise, in decibels against the sounds of the notice.
    noise: Option<f64>,
    /// Something else at the same time, in decibels against the sounds of the notice, from and to.
    behind: Option<[f64; 2]>,
    /// Played up to 3 % slower or faster.
    speed: bool,
    through: Through,
}

const fn condition(name: &'static str) -> Condition {
    Condition { name, noise: None, behind: None, speed: false, through: Through::Nothing }
}

const QUIET: Option<[f64; 2]> = Some([-20.0, -12.0]);

fn conditions() -> [Condition; 12] {
    let noise = Some(-20.0);
    [
        condition("as made"),
        Condition { noise, ..condition("noise 20 dB") },
        Condition { through: Through::Mp3, ..condition("MP3 64 kb/s") },
        Condition { through: Through::Telephone, ..condition("telephone") },
        Condition { speed: true, ..condition("speed ±3 %") },
        Condition { noise, through: Through::Mp3, ..condition("noise, MP3") },
        Condition { noise, speed: true, through: Through::Mp3, ..condition("noise, speed, MP3") },
        Condition { noise, speed: true, through: Through::Telephone, ..condition("noise, speed, telephone") },
        Condition { behind: QUIET, ..condition("content behind, -20 to -12 dB") },
        Condition {
            behind: QUIET,
            noise,
            speed: true,
            through: Through::Mp3,
            ..condition("behind, noise, speed, MP3")
        },
        Condition { behind: Some([-12.0, -6.0]), ..condition("beyond: content behind, -12 to -6 dB") },
        Condition { noise: Some(-10.0), ..condition("beyond: noise 10 dB") },
    ]
}

/// Stretches of something else, one channel.
struct Contents(Vec<Vec<f32>>);

impl Contents {
    fn read(folder: Option<&Path>) -> Result<Self> {
        let Some(folder) = folder else { return Ok(Self(Vec::new())) };
        let (mut random, mut found) = (Random(99), Vec::new());
        let files = ffmpeg::recordings(folder)?;
        for _ in 0..4 * files.len().min(60) {
            let mut samples = Vec::new();
            let file = &files[(random.next() % files.len() as u64) as usize];
            ffmpeg::decode(file, CONTENT, &["-t", "20"], |block| {
                samples.extend(block.chunks_exact(2).map(|s| (s[0] + s[1]) / 2.0));
            })?;
            if samples.len() > 8 * CONTENT as usize {
                found.push(samples);
            }
            if found.len() == 30 {
                break;
            }
        }
        Ok(Self(found))
    }

    fn cut(&self, random: &mut Random, rate: f64, seconds: f64, level: f64) -> Vec<f32> {
        if self.0.is_empty() {
            return synth::content(random, rate, seconds, level);
        }
        let from = &self.0[(random.next() % self.0.len() as u64) as usize];
        let step = f64::from(CONTENT) / rate;
        let count = ((seconds * rate) as usize).min((from.len() as f64 / step) as usize - 1);
        let at = random.unit() * (from.len() as f64 - 1.0 - count as f64 * step);
        let mut out: Vec<f32> = (0..count)
            .map(|i| {
                let place = at + i as f64 * step;
                let (below, part) = (place as usize, place.fract() as f32);
                from[below] + (from[below + 1] - from[below]) * part
            })
            .collect();
        synth::set_level(&mut out, level);
        out
    }
}

pub(crate) fn run(cases: u64, folder: Option<&Path>, only: &str) -> Result<()> {
    let contents = Contents::read(folder)?;
    println!("{} recordings as content", contents.0.len());
    println!(
        "condition                            | cases | found | recall    | others heard | lowest score | start off by ms, most"
    );
    for condition in conditions().into_iter().filter(|condition| condition.name.contains(only)) {
        let (mut found, mut others, mut least, mut off) = (0, 0, u32::MAX, 0.0f64);
        let batch = if condition.through == Through::Nothing { 1 } else { BATCH };
        for first in (0..cases).step_by(batch) {
            let cases = first..cases.min(first + batch as u64);
            let (heard, starts) = listen(&condition, &contents, cases)?;
            let is = |heard: &Heard, start: f64| (heard.start_ms as f64 - start).abs() < 100.0;
            for start in &starts {
                let best = heard.iter().find(|heard| is(heard, *start));
                let Some(heard) = best.filter(|heard| heard.score >= BOUND) else {
                    eprintln!("  missed: {first}.., at {start:.0} ms: {best:?}");
                    continue;
                };
                (found, least) = (found + 1, least.min(heard.score));
                off = off.max((heard.start_ms as f64 - start).abs());
            }
            let other = |heard: &&Heard| heard.score >= BOUND && !starts.iter().any(|start| is(heard, *start));
            others += heard.iter().filter(other).count();
        }
        println!(
            "{:<36} | {cases:>5} | {found:>5} | {:>7.2} % | {others:>12} | {least:>12} | {off:>6.1}",
            condition.name,
            100.0 * f64::from(found) / cases as f64
        );
    }
    Ok(())
}

/// What was heard in recordings by the condition, one behind the other with a pause between, and when
/// the notices start, in milliseconds.
fn listen(condition: &Condition, contents: &Contents, cases: Range<u64>) -> Result<(Vec<Heard>, Vec<f64>)> {
    let rate = rate(condition.through);
    let (mut samples, mut starts) = (Vec::new(), Vec::new());
    for case in cases {
        let random = &mut Random(case);
        let rhythm = synth::any_notice(random);
        let speed = if condition.speed { random.between(0.97, 1.03) } else { 1.0 };
        if !samples.is_empty() {
            samples.resize(samples.len() + 3 * rate as usize, 0.0);
        }
        // Played faster is the same samples made for a lower rate.
        let (mono, start) = recording(&rhythm, condition, contents, f64::from(rate) / speed, random);
        starts.push((samples.len() as f64 / 2.0 + start) / f64::from(rate) * 1000.0);
        samples.extend(mono.iter().flat_map(|s| [*s, *s]));
    }
    let (samples, back) = match condition.through {
        Through::Nothing => (samples, rate),
        Through::Mp3 => (ffmpeg::coded(&samples, rate, &["-b:a", "64k"], "mp3", rate)?, rate),
        Through::Telephone => {
            let options = ["-af", "highpass=f=300,lowpass=f=3400", "-ac", "1", "-ar", "8000", "-c:a", "pcm_mulaw"];
            (ffmpeg::coded(&samples, rate, &options, "wav", 8_000)?, 8_000)
        }
    };
    let mut listener = Listener::new(back, 2)?.least_score(1);
    listener.push(&samples);
    Ok((listener.finish(), starts))
}

/// One channel, and the sample at which the notice starts.
fn recording(
    rhythm: &Rhythm,
    condition: &Condition,
    contents: &Contents,
    rate: f64,
    random: &mut Random,
) -> (Vec<f32>, f64) {
    let place = random.next() % 3;
    let mut side = |here: bool| {
        let level = (rhythm.level + random.between(-6.0, 6.0)).min(-9.0);
        let seconds = random.between(0.8, 2.0);
        let pause = (random.between(0.25, 1.0) * rate) as usize;
        if here { (contents.cut(random, rate, seconds, level), pause) } else { (Vec::new(), 0) }
    };
    let ((before, pause), (behind, rest)) = (side(place != 0), side(place != 2));
    let start = before.len() + pause;
    let mut out = before;
    out.resize(start, 0.0);
    out.extend(rhythm.samples(rate));
    out.resize(out.len() + rest, 0.0);
    out.extend(behind);
    if let Some([from, to]) = condition.behind {
        let level = rhythm.level + random.between(from, to);
        let quiet = contents.cut(random, rate, rhythm.ms() / 1000.0, level);
        synth::mix(&mut out, start, &quiet);
    }
    if let Some(noise) = condition.noise {
        let count = out.len();
        synth::mix(&mut out, 0, &synth::noise(random, count, rhythm.level + noise));
    }
    (out, start as f64)
}
