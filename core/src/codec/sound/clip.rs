//! A recording of a spoken notice: read, trimmed, brought to another sample rate.

use std::io::Cursor;

use crate::codec::tool::Programs;
use crate::error::{Error, Problem, Result};
use crate::format::{Format, Modality};
use crate::limits::Limits;
use crate::message::notice::sound as rows;
use crate::source::Source;

/// What is quieter than the loudest moment by this factor (-40 dB) is silence at the edges.
const SILENCE: f32 = 0.01;
/// Shortest and longest clip, in seconds.
const SECONDS: [f64; 2] = [0.2, 60.0];
/// Samples of the content to each side that make one of another rate.
const REACH: i64 = 32;

/// One channel of a recording, without the silence at its edges.
#[derive(Debug)]
pub(super) struct Clip {
    rate: u32,
    samples: Vec<f32>,
}

fn unusable(reason: impl Into<Problem>) -> Error {
    Error::Invalid(rows::CLIP.problem().because("reason", reason))
}

/// Reads a whole file of sound, of any number of channels, which are mixed to one. WAV and FLAC are
/// read here, other formats where programs may be started.
pub(super) fn read(file: &[u8], programs: Option<&Programs>, limits: &Limits) -> Result<Clip> {
    let row = Format::sniff(&mut Source::new(&mut Cursor::new(file), limits)?, None)?;
    let sounds = row.filter(|row| matches!(row.modality, Modality::Audio | Modality::Video));
    let row = sounds.ok_or_else(|| unusable(&rows::CLIP_FORMAT))?;
    if programs.is_none() && !matches!(row.format, Format::Wav | Format::Flac) {
        return Err(unusable(rows::CLIP_PROGRAMS.with("format", row.name)));
    }
    decoded(row.format, file, programs, limits)
}

/// Reads a whole file of this format.
pub(super) fn decoded(format: Format, file: &[u8], programs: Option<&Programs>, limits: &Limits) -> Result<Clip> {
    let mut samples: Vec<f32> = Vec::new();
    let shape = super::hear(format, &mut Cursor::new(file), programs, limits, &mut |shape, block| {
        let channels = usize::from(shape.channels.max(1));
        samples.extend(block.chunks_exact(channels).map(|frame| frame.iter().sum::<f32>() / channels as f32));
        let seconds = samples.len() as f64 / f64::from(shape.rate);
        if seconds > SECONDS[1] + 10.0 { Err(unusable(length(seconds))) } else { Ok(()) }
    });
    let shape = shape.map_err(|error| match error {
        // A program that is missing is named as it is.
        Error::Unsupported(problem) if problem.message.code.starts_with("tool.") => Error::Unsupported(problem),
        Error::Malformed(problem) | Error::Unsupported(problem) => unusable(problem),
        other => other,
    })?;
    let clip = Clip { rate: shape.rate, samples: trimmed(&samples, shape.rate) };
    if clip.samples.is_empty() {
        return Err(unusable(&rows::CLIP_SILENT));
    }
    let seconds = clip.seconds();
    let allowed = (SECONDS[0]..=SECONDS[1]).contains(&seconds);
    if allowed { Ok(clip) } else { Err(unusable(length(seconds))) }
}

fn length(seconds: f64) -> Problem {
    rows::CLIP_LENGTH.with("seconds", format!("{seconds:.1}"))
}

/// The part between the first and the last moment that can be heard.
fn trimmed(samples: &[f32], rate: u32) -> Vec<f32> {
    let window = (rate as usize / 100).max(1);
    let power = |part: &[f32]| part.iter().map(|s| s * s).sum::<f32>() / part.len().max(1) as f32;
    let most = samples.chunks(window).map(power).fold(0.0, f32::max);
    let heard = |part: &[f32]| power(part) > most * SILENCE * SILENCE;
    let first = samples.chunks(window).position(heard);
    let last = samples.chunks(window).rposition(heard);
    let (Some(first), Some(last)) = (first, last) else { return Vec::new() };
    let end = last.saturating_add(1).saturating_mul(window).min(samples.len());
    samples.get(first.saturating_mul(window)..end).unwrap_or_default().to_vec()
}

impl Clip {
    pub(super) fn seconds(&self) -> f64 {
        self.samples.len() as f64 / f64::from(self.rate.max(1))
    }

    /// Letters, digits and ideographs of `words` that are spoken in a minute.
    pub(super) fn characters_per_minute(&self, words: &str) -> u32 {
        let count = words.chars().filter(|c| c.is_alphanumeric()).count();
        (count as f64 * 60.0 / self.seconds().max(0.001)).round() as u32
    }

    /// The samples at another rate, band-limited.
    pub(super) fn at(&self, rate: u32) -> Vec<f32> {
        if rate == self.rate {
            return self.samples.clone();
        }
        let step = f64::from(self.rate) / f64::from(rate.max(1));
        // Going down, what the new rate can't hold has to go.
        let band = (1.0 / step).min(1.0) * 0.96;
        let reach = (REACH as f64 / band).ceil();
        let count = (self.samples.len() as f64 / step).floor() as u64;
        (0..count)
            .map(|number| {
                let at = number as f64 * step;
                let from = (at - reach).ceil().max(0.0) as usize;
                let to = (at + reach).floor().max(0.0) as usize;
                let around = self.samples.get(from..to.saturating_add(1).min(self.samples.len())).unwrap_or_default();
                let sum: f64 = around
                    .iter()
                    .enumerate()
                    .map(|(place, sample)| {
                        let away = from.saturating_add(place) as f64 - at;
                        f64::from(*sample) * sinc(away * band) * window(away / reach) * band
                    })
                    .sum();
                sum as f32
            })
            .collect()
    }
}

fn sinc(x: f64) -> f64 {
    let angle = std::f64::consts::PI * x;
    if angle.abs() < 1e-9 { 1.0 } else { angle.sin() / angle }
}

/// Blackman's, from -1 to 1.
fn window(x: f64) -> f64 {
    let angle = std::f64::consts::PI * x;
    0.42 + 0.5 * angle.cos() + 0.08 * (2.0 * angle).cos()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::super::wav;
    use super::*;

    fn tone(hz: f64, rate: u32, seconds: f64) -> Vec<f32> {
        let turn = std::f64::consts::TAU * hz / f64::from(rate);
        (0..(seconds * f64::from(rate)) as u32).map(|n| (f64::from(n) * turn).sin() as f32 * 0.5).collect()
    }

    #[test]
    fn a_tone_stays_the_same_tone_at_another_rate() {
        for (from, to) in [(22_050, 48_000), (48_000, 8_000), (44_100, 48_000), (16_000, 44_100)] {
            let clip = Clip { rate: from, samples: tone(1000.0, from, 0.5) };
            let (found, due) = (clip.at(to), tone(1000.0, to, 0.5));
            assert!(found.len().abs_diff(due.len()) <= 2);
            let inner = 400..found.len() - 400;
            let worst = inner.map(|n| (found[n] - due[n]).abs()).fold(0.0, f32::max);
            assert!(worst < 0.002, "{from} {to} {worst}");
        }
        // What is above the new rate's band is gone.
        let gone = Clip { rate: 48_000, samples: tone(6000.0, 48_000, 0.5) }.at(8_000);
        assert!(gone[400..gone.len() - 400].iter().all(|s| s.abs() < 0.002));
    }

    #[test]
    fn silence_at_the_edges_is_no_speech() {
        let speech = [vec![0.0; 22_050], tone(300.0, 22_050, 3.0), vec![0.0001; 22_050]].concat();
        let bytes = wav::tests::file(&speech, 22_050, 1);
        let clip = read(&bytes, None, &Limits::default()).unwrap();
        assert!((clip.seconds() - 3.0).abs() < 0.03, "{}", clip.seconds());
        assert_eq!(clip.characters_per_minute("人工智能，AI"), (6.0f64 * 60.0 / clip.seconds()).round() as u32);
    }

    #[test]
    fn what_is_read_without_programs_is_said() {
        let reason = |bytes: &[u8]| read(bytes, None, &Limits::default()).unwrap_err().to_string();
        let frame = [&[0xFF, 0xFB, 0x90, 0x64][..], &[0; 413]].concat();
        let said = reason(&frame.repeat(8));
        assert!(said.contains("MP3") && said.contains("WAV and FLAC"), "{said}");
        let said = reason(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0");
        assert!(said.contains("no file of sound"), "{said}");
    }

    #[test]
    fn clips_that_are_silent_short_long_or_no_wav_are_refused() {
        let code = |bytes: &[u8]| read(bytes, None, &Limits::default()).err().map(|e| e.code());
        assert_eq!(code(b"RIFF"), Some("sound.clip"));
        assert_eq!(code(&wav::tests::file(&vec![0.0; 44_100], 22_050, 1)), Some("sound.clip"));
        assert_eq!(code(&wav::tests::file(&tone(440.0, 8000, 0.1), 8000, 1)), Some("sound.clip"));
        assert_eq!(code(&wav::tests::file(&tone(440.0, 8000, 61.0), 8000, 1)), Some("sound.clip"));
        assert_eq!(code(&wav::tests::file(&tone(440.0, 8000, 75.0), 8000, 1)), Some("sound.clip"));
    }
}
