//! The notice as samples: made, brought to the loudness of the content, and set between silences.

use super::dense::{level, spread};
use super::level::Heard;
use super::{SoundShape, clip, speech};
use crate::codec::tool::Programs;
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::notice::sound as rows;
use crate::notice::{Moment, SoundNotice, Voice};
use crate::render::rhythm;

/// A notice is never quieter than this, in LUFS, however quiet the content is. Inferred: GB
/// 45438-2025 5.3 f) asks that it be clearly audible, without a number.
const FLOOR: f64 = -30.0;
/// From how many LU on a notice that is quieter than the content is told of.
const QUIETER: f64 = 3.0;
/// Silence between notice and content, and at the outer end, in milliseconds.
const GAP: u32 = 500;
const MARGIN: u32 = 150;

/// A notice at its place.
#[derive(Debug, Clone)]
pub(super) struct Insert {
    pub(super) at: Moment,
    /// Before which sample of the content.
    pub(super) frame: u64,
    /// Silence, the notice, silence: samples of all channels.
    pub(super) samples: Vec<f32>,
    /// Where the notice itself begins, and how long it is, in samples of one channel.
    pub(super) begins: u64,
    pub(super) lasts: u64,
}

impl Insert {
    /// Samples of one channel.
    pub(super) fn frames(&self, channels: u16) -> u64 {
        (self.samples.len() / usize::from(channels.max(1))) as u64
    }

    /// Adds silence behind until the length is a multiple of `block` samples of one channel.
    pub(super) fn pad(&mut self, channels: u16, block: u64) {
        let frames = self.frames(channels);
        let more = frames.next_multiple_of(block.max(1)).saturating_sub(frames).saturating_mul(u64::from(channels));
        let len = self.samples.len().saturating_add(usize::try_from(more).unwrap_or(0));
        self.samples.resize(len, 0.0);
    }
}

/// The notice, ready to be put in.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) shape: SoundShape,
    /// Samples of one channel that the content has.
    #[cfg_attr(target_arch = "wasm32", allow(dead_code))]
    pub(super) content: u64,
    /// In order of their places.
    pub(super) inserts: Vec<Insert>,
    /// That of the content, in LUFS.
    pub(super) content_loudness: Option<f64>,
    /// Integrated loudness of the notice in LUFS, and its true peak.
    pub(super) loudness: Option<f64>,
    pub(super) peak: f64,
    /// What is to be known of its loudness and its words.
    pub(super) notes: Vec<Problem>,
    pub(super) characters_per_minute: Option<u32>,
}

impl Made {
    /// Nothing to be put in.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) const fn nothing(shape: SoundShape, content: u64) -> Self {
        Self {
            shape,
            content,
            inserts: Vec::new(),
            content_loudness: None,
            loudness: None,
            peak: 0.0,
            notes: Vec::new(),
            characters_per_minute: None,
        }
    }
}

/// Makes the notice for this content.
pub(super) fn make(notice: &SoundNotice, heard: &Heard, programs: Option<&Programs>, limits: &Limits) -> Result<Made> {
    let (sound, characters_per_minute) = voice(notice, heard.shape.rate, programs, limits)?;
    let wanted = heard.loudness.unwrap_or(FLOOR).max(FLOOR);
    let speaks = !matches!(notice.voice, Voice::Rhythm { .. });
    let silent = || Error::Invalid(rows::CLIP.problem().because("reason", &rows::CLIP_SILENT));
    let sound = level(&sound, heard.shape, wanted, speaks)?.ok_or_else(silent)?;
    let insert = |(at, frame)| insert(at, frame, &sound.samples, heard.shape);
    let inserts = places(notice, heard).into_iter().map(insert).collect();
    let less = wanted - sound.loudness;
    let mut notes = Vec::new();
    if heard.loudness.is_none_or(|content| content < FLOOR) {
        notes.push(rows::NOTE_FLOOR.problem());
    }
    if less > QUIETER {
        notes.push(rows::NOTE_QUIETER.with("lu", format!("{less:.1}")));
    }
    if matches!(notice.voice, Voice::Clip { words: None, .. }) {
        notes.push(rows::NOTE_RATE_UNCHECKED.problem());
    }
    Ok(Made {
        shape: heard.shape,
        content: heard.frames,
        inserts,
        content_loudness: heard.loudness,
        loudness: Some(sound.loudness),
        peak: sound.peak,
        notes,
        characters_per_minute,
    })
}

/// One channel of the notice without silence around it.
fn voice(
    notice: &SoundNotice,
    rate: u32,
    programs: Option<&Programs>,
    limits: &Limits,
) -> Result<(Vec<f32>, Option<u32>)> {
    match &notice.voice {
        Voice::Rhythm { unit_ms } => Ok((rhythm::render(rhythm::AI, *unit_ms, rate)?, None)),
        Voice::Clip { wav, words } => {
            let clip = clip::read(wav, programs, limits)?;
            let spoken = words.as_ref().map(|words| clip.characters_per_minute(words));
            if let Some(spoken) = spoken {
                speech::check(spoken, notice.characters_per_minute)?;
            }
            Ok((clip.at(rate), spoken))
        }
        Voice::Speech { words, language } => {
            let (clip, spoken) = speech::speak(words, language, notice.characters_per_minute, programs, limits)?;
            Ok((clip.at(rate), Some(spoken)))
        }
    }
}

/// The places in order, with the sample of the content before which each lies.
fn places(notice: &SoundNotice, heard: &Heard) -> Vec<(Moment, u64)> {
    let mut out: Vec<(Moment, u64)> = notice
        .at
        .iter()
        .map(|at| match at {
            Moment::Start => (*at, 0),
            Moment::Middle => (*at, heard.middle()),
            Moment::End => (*at, heard.frames),
        })
        .collect();
    out.sort();
    out
}

fn insert(at: Moment, frame: u64, sound: &[f32], shape: SoundShape) -> Insert {
    let (before, after) = match at {
        Moment::Start => (MARGIN, GAP),
        Moment::Middle => (GAP, GAP),
        Moment::End => (GAP, MARGIN),
    };
    let silence = |ms: u32| (u64::from(shape.rate).saturating_mul(u64::from(ms)) / 1000) as usize;
    let channels = usize::from(shape.channels);
    let mut samples = vec![0.0; silence(before).saturating_mul(channels)];
    samples.extend(spread(sound, shape));
    samples.resize(samples.len().saturating_add(silence(after).saturating_mul(channels)), 0.0);
    Insert { at, frame, samples, begins: silence(before) as u64, lasts: sound.len() as u64 }
}
