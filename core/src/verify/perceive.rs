//! Notices that people perceive become evidence.
//!
//! By themselves they make content suspected (Measures, Article 6 (3)): they are explicit labels
//! found where no implicit one was.

use crate::carrier::notice::{ocr, picture, rhythm, words};
use crate::codec;
use crate::codec::sound::{self, SoundShape};
use crate::codec::tool::Programs;
use crate::codec::video::{Frame, View};
use crate::error::{Error, Result};
use crate::finding::{self, Finding, Site};
use crate::format::{Format, Modality};
use crate::limits::Limits;
use crate::message::notice::seen as seen_rows;
use crate::message::notice::video::NO_VIDEO;
use crate::notice::{Form, Moment, Perceived, Reader};
use crate::render;
use crate::report::{CarrierKind, Claim, Evidence, LabelKind, Reason};
use crate::source::{ReadSeek, Source};

use super::{Collected, Verifier, bare};

/// Moments of a film at which is looked, in seconds: those that show whether a notice of the first
/// frame is seen for two seconds (GB 45438-2025 5.4).
const MOMENTS: [f64; 6] = [0.0, 0.4, 0.8, 1.2, 1.6, 1.96];
/// For how long a frame is taken to be seen, in milliseconds: one of 25 in a second.
const FRAME_MS: u64 = 40;

/// Frames of a film in which a watermark is looked for.
const SPREAD: u32 = 5;

/// What is looked at in search of notices for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Look {
    /// Nothing.
    Nothing,
    /// The words of texts and documents.
    #[default]
    Words,
    /// Pictures, sound and frames as well: they are decoded. Words in pictures, films and coded sound
    /// take installed programs, see [`Verifier::programs`].
    Everything,
}

/// What was looked at.
pub(super) struct Looked {
    /// What people perceive.
    pub(super) modality: Modality,
    /// Why the content was not looked at for notices; nothing if it was.
    pub(super) notices: Result<(), Reason>,
    /// Whether it was searched for watermarks.
    pub(super) watermarks: bool,
}

/// Evidence of a notice.
fn evidence(notice: Perceived, site: Site) -> Evidence {
    Evidence {
        kind: LabelKind::Explicit,
        notice: Some(notice),
        ..bare(CarrierKind::ExplicitNotice, site, Claim::SuspectedAi)
    }
}

impl Verifier<'_> {
    /// Looks for notices and watermarks; says why not, if it does not, and what people perceive: a film's
    /// container can hold sound alone.
    pub(super) fn perceive(
        &self,
        source: &mut dyn ReadSeek,
        collected: &Collected,
        out: &mut Vec<Evidence>,
        findings: &mut Vec<Finding>,
    ) -> Result<Looked> {
        let modality = collected.format.row().modality;
        let mut looked = Looked { modality, notices: Ok(()), watermarks: false };
        looked.notices = self.perceived(source, collected, out, findings, &mut looked)?;
        Ok(looked)
    }

    fn perceived(
        &self,
        source: &mut dyn ReadSeek,
        collected: &Collected,
        out: &mut Vec<Evidence>,
        findings: &mut Vec<Finding>,
        state: &mut Looked,
    ) -> Result<Result<(), Reason>> {
        if self.look == Look::Nothing || collected.map.damaged {
            return Ok(Err(Reason::NotLooked));
        }
        let looked = match state.modality {
            Modality::Text => self.read_words(source, collected, out),
            _ if self.look != Look::Everything => return Ok(Err(Reason::NotLooked)),
            Modality::Image => self.see(source, collected, out, &mut state.watermarks),
            Modality::Audio => self.listen(source, collected, out, &mut state.watermarks),
            Modality::Video => match self.watch(source, collected, out, &mut state.watermarks) {
                Err(error) if error.code() == NO_VIDEO.code => {
                    state.modality = Modality::Audio;
                    self.listen(source, collected, out, &mut state.watermarks)
                }
                watched => watched,
            },
            Modality::VirtualScene => return Ok(Err(Reason::NotLooked)),
        };
        match looked {
            Ok(reason) => Ok(reason),
            Err(error @ Error::Io { .. }) => Err(error),
            Err(error) if error.is_of_build() => Err(error),
            // That it can't be decoded, or takes too much, says nothing against what else was found.
            Err(error) => {
                let missing = is_missing(error.code());
                findings.push(finding::NOTICE_NOT_LOOKED.finding().because("reason", error));
                Ok(Err(if missing { Reason::NoProgram } else { Reason::NotLooked }))
            }
        }
    }

    #[cfg(feature = "documents")]
    fn read_words(
        &self,
        source: &mut dyn ReadSeek,
        collected: &Collected,
        out: &mut Vec<Evidence>,
    ) -> Result<Result<(), Reason>> {
        let mut bounded = Source::new(source, &self.limits)?;
        let container = collected.format.row().container;
        let shown = container.shown(&collected.map, &mut bounded, &self.limits)?;
        for found in words::find(&shown) {
            out.push(evidence(found.perceived, Site::new(found.part, &found.range)));
        }
        Ok(Ok(()))
    }

    #[cfg(feature = "look")]
    fn see(
        &self,
        source: &mut dyn ReadSeek,
        collected: &Collected,
        out: &mut Vec<Evidence>,
        watermarks: &mut bool,
    ) -> Result<Result<(), Reason>> {
        if collected.map.animated && matches!(collected.format, Format::Png | Format::Webp) {
            let frames = codec::animated::frames(collected.format, source, &self.limits)?;
            *watermarks = self.leaf_marks(&frames, &site_of(collected, "frames"), out);
            let name = collected.format.row().name;
            return Err(Error::Unsupported(crate::message::codec::ANIMATED.with("format", name)));
        }
        let (width, height, rgb) = codec::decode(collected.format, source, &self.limits)?;
        let site = site_of(collected, "picture");
        *watermarks = self.read_marks((&rgb, width, height), &site, out);
        let (width, height) = (u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0));
        let orientation = collected.metadata.orientation.unwrap_or(1);
        let (rgb, width, height) = render::displayed(&rgb, width, height, orientation);
        let (seen, looked) = self.look_at(&rgb, width, height)?;
        out.extend(seen.into_iter().map(|notice| evidence(notice, site.clone())));
        Ok(looked)
    }

    /// Notices in a picture as displayed: our own first, then words, if a program that reads them may
    /// be started.
    fn look_at(&self, rgb: &[u8], width: u32, height: u32) -> Result<(Vec<Perceived>, Result<(), Reason>)> {
        let own = picture::find(rgb, width, height);
        let known = own.iter().any(|seen| seen.text.is_some());
        let mut looked = Ok(());
        let mut seen = own;
        if !known {
            match self.programs.as_ref().map(|programs| ocr::read(rgb, width, height, programs, &self.limits)) {
                Some(Ok(read)) => seen.extend(read),
                Some(Err(error)) if !is_missing(error.code()) => return Err(error),
                Some(Err(_)) | None => looked = Err(Reason::NoProgram),
            }
        }
        Ok((seen.iter().filter_map(|seen| notice_of(seen, width, height)).collect(), looked))
    }

    #[cfg(feature = "look")]
    fn listen(
        &self,
        source: &mut dyn ReadSeek,
        collected: &Collected,
        out: &mut Vec<Evidence>,
        watermarks: &mut bool,
    ) -> Result<Result<(), Reason>> {
        let mut marks = None;
        let mut also = |shape: SoundShape, block: &[f32]| marks.get_or_insert_with(|| self.listener(shape)).push(block);
        let found = heard(collected.format, source, self.programs.as_ref(), &self.limits, &mut also)?;
        let site = site_of(collected, "sound");
        *watermarks = marks.is_some_and(|marks| self.heard_marks(marks, &site, out));
        out.extend(found.into_iter().map(|notice| evidence(notice, site.clone())));
        Ok(Ok(()))
    }

    #[cfg(feature = "look")]
    fn watch(
        &self,
        source: &mut dyn ReadSeek,
        collected: &Collected,
        out: &mut Vec<Evidence>,
        watermarks: &mut bool,
    ) -> Result<Result<(), Reason>> {
        let Some(programs) = &self.programs else { return Ok(Err(Reason::NoProgram)) };
        let view = View::open(collected.format, source, programs, &self.limits)?;
        let mut frames = view.frames(&MOMENTS)?;
        let mut short = frames.len() < MOMENTS.len();
        if short {
            frames = view.frames(&all_of(view.seconds()))?;
        }
        let site = site_of(collected, "frames");
        let mut looked = Ok(());
        let mut seen: Vec<Perceived> = Vec::new();
        let mut before = None;
        for frame in &frames {
            programs.go_on()?;
            let (notices, this) = match self.look_at(&frame.rgb, frame.width, frame.height) {
                Ok(found) => found,
                // What earlier frames showed stays.
                Err(_) if !seen.is_empty() => {
                    looked = Err(Reason::NotLooked);
                    short = false;
                    break;
                }
                Err(error) => return Err(error),
            };
            looked = looked.and(this);
            for notice in notices {
                // Seen in the frame before as well, at the same place: one notice.
                let until = |known: &Perceived| Some(known.start_ms? + known.duration_ms?);
                let known = seen.iter_mut().find(|known| {
                    near(known, &notice) && before.is_some_and(|time| until(known) == Some(time + FRAME_MS))
                });
                match known {
                    Some(known) => {
                        let since = known.start_ms.unwrap_or(0);
                        known.duration_ms = Some(frame.time_ms.saturating_sub(since) + FRAME_MS);
                        known.height_permille = known.height_permille.min(notice.height_permille);
                        known.both_elements |= notice.both_elements;
                    }
                    None => seen.push(Perceived {
                        at: Some(if frame.time_ms == 0 { Moment::Start } else { Moment::Middle }),
                        start_ms: Some(frame.time_ms),
                        duration_ms: Some(FRAME_MS),
                        ..notice
                    }),
                }
            }
            before = Some(frame.time_ms);
        }
        // A film shorter than the last moment shows it as long as it can, if each frame does.
        for notice in seen.iter_mut().filter(|notice| short && notice.start_ms == Some(0)) {
            if notice.duration_ms == before.map(|time| time + FRAME_MS) {
                notice.duration_ms = None;
            }
        }
        out.extend(seen.into_iter().map(|notice| evidence(notice, site.clone())));
        *watermarks = self.watch_marks(&frames, &mut || spread(&view), &site, out)?;
        Ok(looked)
    }
}

/// What a build answers that lacks the part.
#[cfg(not(feature = "documents"))]
impl Verifier<'_> {
    fn read_words(&self, _: &mut dyn ReadSeek, _: &Collected, _: &mut Vec<Evidence>) -> Result<Result<(), Reason>> {
        Err(Error::Unsupported(crate::message::general::NO_DOCUMENTS.problem()))
    }
}

/// What a build answers that lacks the part.
#[cfg(not(feature = "look"))]
impl Verifier<'_> {
    fn see(
        &self,
        _: &mut dyn ReadSeek,
        _: &Collected,
        _: &mut Vec<Evidence>,
        _: &mut bool,
    ) -> Result<Result<(), Reason>> {
        Err(Error::Unsupported(crate::message::general::NO_LOOK.problem()))
    }

    fn listen(
        &self,
        source: &mut dyn ReadSeek,
        of: &Collected,
        out: &mut Vec<Evidence>,
        watermarks: &mut bool,
    ) -> Result<Result<(), Reason>> {
        self.see(source, of, out, watermarks)
    }

    fn watch(
        &self,
        source: &mut dyn ReadSeek,
        of: &Collected,
        out: &mut Vec<Evidence>,
        watermarks: &mut bool,
    ) -> Result<Result<(), Reason>> {
        self.see(source, of, out, watermarks)
    }
}

/// Moments of a film that is shorter than [`MOMENTS`], from its first frame to its last, in seconds.
fn all_of(length: f64) -> [f64; MOMENTS.len()] {
    let last = (length - FRAME_MS as f64 / 2000.0).clamp(0.0, 2.0);
    let steps = MOMENTS.len().saturating_sub(1).max(1) as f64;
    std::array::from_fn(|n| (last * n as f64 / steps * 1000.0).floor() / 1000.0)
}

/// Frames from all of a film, in which a watermark is looked for.
pub(crate) fn spread(view: &View<'_>) -> Result<Vec<Frame>> {
    let length = view.seconds().max(0.04);
    let times: Vec<f64> = (0..SPREAD).map(|n| (f64::from(n) + 0.5) / f64::from(SPREAD) * length).collect();
    view.frames(&times)
}

/// Rhythm notices that are heard in a sound; `also` is told its samples.
pub(crate) fn heard(
    format: Format,
    source: &mut dyn ReadSeek,
    programs: Option<&Programs>,
    limits: &Limits,
    also: &mut dyn FnMut(SoundShape, &[f32]),
) -> Result<Vec<Perceived>> {
    let mut out = Vec::new();
    let mut listener: Option<rhythm::Listener> = None;
    let mut samples = 0u64;
    let mut add = |shape: SoundShape, block: &[f32]| {
        let listening = match &mut listener {
            Some(listening) => listening,
            None => listener.insert(rhythm::Listener::new(shape.rate, shape.channels)?),
        };
        samples = samples.saturating_add(block.len() as u64);
        listening.push(block);
        also(shape, block);
        Ok(())
    };
    let shape = sound::decode_shaped(format, source, programs, limits, &mut add)?;
    let rate = u64::from(shape.rate).saturating_mul(u64::from(shape.channels)).max(1);
    let length = samples.saturating_mul(1000) / rate;
    for heard in listener.map(rhythm::Listener::finish).unwrap_or_default() {
        let end = heard.start_ms.saturating_add(heard.duration_ms);
        let left = length.saturating_sub(end);
        let at = match () {
            () if heard.start_ms.min(left) >= NEAR_MS => Moment::Middle,
            () if heard.start_ms <= left => Moment::Start,
            () => Moment::End,
        };
        let notice = Perceived {
            form: Form::Rhythm,
            reader: Reader::Biaoshi,
            text: None,
            both_elements: true,
            at: Some(at),
            rect: None,
            edge: None,
            height_permille: None,
            start_ms: Some(heard.start_ms),
            duration_ms: Some(heard.duration_ms),
        };
        out.push(notice);
    }
    Ok(out)
}

/// A notice, if what was seen is one: our own words, or words at an edge or corner that state it.
fn notice_of(seen: &picture::Seen, width: u32, height: u32) -> Option<Perceived> {
    let text = seen.text.as_deref()?;
    let perceived = seen.perceived(width, height);
    if seen.reader == Reader::Biaoshi {
        return Some(perceived);
    }
    let both_elements = match words::judge(text) {
        Some(said) if said.stance != words::Stance::Stated => return None,
        Some(said) => said.both_elements || ocr::states_ai(text),
        None if ocr::states_ai(text) => true,
        None => return None,
    };
    seen.placement.map(|_| Perceived { both_elements, ..perceived })
}

/// How near to the begin or end of a sound a notice still stands there, in milliseconds.
const NEAR_MS: u64 = 3_000;

/// The content as a whole.
fn site_of(collected: &Collected, what: &str) -> Site {
    let parts = collected.map.essence();
    let begin = parts.iter().map(|range| range.start).min().unwrap_or(0);
    let end = parts.iter().map(|range| range.end).max().unwrap_or(collected.map.len);
    Site::new(what, &(begin..end))
}

/// Whether an error says that a program is not there, or may not be started.
fn is_missing(code: &str) -> bool {
    matches!(code, "tool.missing" | "tool.not_allowed") || code == seen_rows::NO_LANGUAGE.code
}

/// Whether two notices of two frames stand at the same place.
fn near(a: &Perceived, b: &Perceived) -> bool {
    let (Some(a), Some(b)) = (a.rect, b.rect) else { return false };
    let far = a[3].max(b[3]);
    a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= far)
}
