//! Watermarks become evidence.
//!
//! A mark is a pointer, never proof: it makes content suspected and names nobody.

use crate::carrier::watermark::{Listener, Picture, Reading, Watcher, identifier, read_picture};
use crate::codec::sound::SoundShape;
use crate::codec::video::Frame;
use crate::error::{Error, Result};
use crate::finding::{self, Finding, Site};
use crate::report::{CarrierKind, Claim, Evidence, LabelKind, Watermark};
use crate::watermark::{Key, Payload};

use super::{Verifier, bare};

/// Evidence of a watermark.
fn evidence(reading: Reading, key: Option<usize>, site: Site) -> Evidence {
    let watermark = Watermark {
        scheme: reading.scheme.to_owned(),
        payload: format!("{:016x}", reading.bits),
        key,
        of_label: None,
        confidence_permille: reading.confidence_permille,
        false_alarm_exponent: reading.false_alarm_exponent,
    };
    Evidence {
        kind: LabelKind::ImplicitContent,
        watermark: Some(watermark),
        ..bare(CarrierKind::Watermark, site, Claim::SuspectedAi)
    }
}

impl Verifier<'_> {
    /// Reads the watermarks of a decoded picture. Says whether it could be searched.
    pub(super) fn read_marks(&self, picture: Picture<'_>, site: &Site, out: &mut Vec<Evidence>) -> bool {
        let public = Key::public();
        let keys = std::iter::once((None, &public)).chain(self.keys.iter().enumerate().map(|(n, key)| (Some(n), key)));
        for (number, key) in keys {
            if let Some(reading) = read_picture(picture, key) {
                out.push(evidence(reading, number, site.clone()));
            }
        }
        true
    }

    /// Reads the watermarks of a film from frames of its begin, and where they show none from `more`.
    /// Says whether it could be searched.
    pub(super) fn watch_marks(
        &self,
        frames: &[Frame],
        more: &mut dyn FnMut() -> Result<Vec<Frame>>,
        site: &Site,
        out: &mut Vec<Evidence>,
    ) -> Result<bool> {
        let public = Key::public();
        let last = frames.get(1..).and_then(<[_]>::last);
        let ends: Vec<&Frame> = frames.first().into_iter().chain(last).collect();
        let mut others: Option<Vec<Frame>> = None;
        for (number, key) in std::iter::once(&public).chain(&self.keys).enumerate() {
            let mut watcher = Watcher::new(key);
            frames.iter().skip(1).rev().skip(1).rev().for_each(|frame| watcher.add(frame.picture()));
            let mut reading = watcher.look(ends.iter().map(|frame| frame.picture()));
            if reading.is_none() {
                let others = match &mut others {
                    Some(others) => others,
                    None => others.insert(match more() {
                        Ok(frames) => frames,
                        // What the begin showed stays.
                        Err(Error::Malformed(_) | Error::Unsupported(_) | Error::Limit(_)) => Vec::new(),
                        Err(error) => return Err(error),
                    }),
                };
                reading = watcher.look(others.iter().map(Frame::picture));
            }
            out.extend(reading.map(|reading| evidence(reading, number.checked_sub(1), site.clone())));
        }
        Ok(!frames.is_empty() && others.is_none_or(|others| !others.is_empty()))
    }

    /// Reads the watermarks of an animation from some of its frames. Says whether it could be searched.
    #[cfg(feature = "look")]
    pub(super) fn leaf_marks(&self, frames: &[(usize, usize, Vec<u8>)], site: &Site, out: &mut Vec<Evidence>) -> bool {
        let public = Key::public();
        for (number, key) in std::iter::once(&public).chain(&self.keys).enumerate() {
            let pictures = frames.iter().map(|(width, height, rgb)| (&rgb[..], *width, *height));
            let reading = Watcher::new(key).look(pictures);
            out.extend(reading.map(|reading| evidence(reading, number.checked_sub(1), site.clone())));
        }
        !frames.is_empty()
    }

    /// What listens for the public mark and those of the keys.
    pub(super) fn listener(&self, shape: SoundShape) -> Listener {
        Listener::new(shape, std::iter::once(&Key::public()).chain(&self.keys))
    }

    /// What it heard becomes evidence. Says whether the sound could be searched.
    pub(super) fn heard_marks(&self, listener: Listener, site: &Site, out: &mut Vec<Evidence>) -> bool {
        let (searched, found) = listener.finish();
        out.extend(found.into_iter().map(|(number, reading)| evidence(reading, number.checked_sub(1), site.clone())));
        searched
    }
}

/// Compares watermarks with the labels beside them.
pub(super) fn compare(evidence: &mut [Evidence], findings: &mut Vec<Finding>) {
    let labels = evidence.iter().filter(|e| e.carrier.is_label()).filter_map(|e| e.label.as_ref());
    let known: Vec<u64> = labels.map(|label| identifier(&label.content_producer, &label.produce_id)).collect();
    let stated = |e: &Evidence| {
        e.carrier.is_label() && matches!(e.claim, Claim::Ai | Claim::PossiblyAi | Claim::SuspectedAi | Claim::Unclear)
    };
    let beside = evidence.iter().any(stated);
    for found in evidence.iter_mut() {
        let Some(mark) = found.watermark.as_mut() else { continue };
        let bits = u64::from_str_radix(&mark.payload, 16).ok().filter(|_| mark.key.is_none());
        let identifier = bits.and_then(Payload::from_bits).map(Payload::identifier);
        mark.of_label = identifier.filter(|_| !known.is_empty()).map(|identifier| known.contains(&identifier));
        let told = |rule: &'static finding::Rule| {
            rule.finding().arg("payload", &mark.payload).arg("scheme", &mark.scheme).at(found.site.clone())
        };
        if mark.of_label == Some(false) {
            findings.push(told(&finding::WATERMARK_OTHER));
        } else if !beside {
            findings.push(told(&finding::WATERMARK_ALONE));
        }
    }
}
