//! Whether content has the very notice already that is asked for.

use crate::carrier::notice::{picture, words};
use crate::codec::{
    self,
    video::{Span, View},
};
use crate::container::Shown;
use crate::error::{Error, Problem, Result};
use crate::format::Modality;
use crate::label::wording::has_both_elements;
use crate::label::{Label, Level};
use crate::message::notice::video::NO_VIDEO;
use crate::message::write as rows;
use crate::notice::{Form, Moment, Voice};
use crate::profile::{NoticeRow, Profile};
use crate::render::{self, min_text_height};
use crate::source::{ReadSeek, Source};
use crate::verify::{Collected, heard};

use super::{Labeler, tongue};

/// Words that say less than that content is generated, in the languages of the profiles (inferred).
const HEDGES: &[(&str, Level)] = &[
    ("疑似", Level::Suspected),
    ("suspect", Level::Suspected),
    ("suspeit", Level::Suspected),
    ("可能", Level::Possible),
    ("或许", Level::Possible),
    ("或許", Level::Possible),
    ("也许", Level::Possible),
    ("也許", Level::Possible),
    ("possib", Level::Possible),
    ("possiv", Level::Possible),
    ("possív", Level::Possible),
    ("probab", Level::Possible),
    ("provav", Level::Possible),
    ("perhaps", Level::Possible),
    ("maybe", Level::Possible),
    ("may be", Level::Possible),
    ("may have", Level::Possible),
    ("might", Level::Possible),
    ("talvez", Level::Possible),
    ("의심", Level::Suspected),
    ("수 있", Level::Possible),
    ("nghi do", Level::Suspected),
    ("có thể", Level::Possible),
    ("संदेह", Level::Suspected),
    ("संभव", Level::Possible),
];

/// When frames are looked at, as parts of the time for which a notice is due.
const PARTS: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 0.98];
/// Frames of a film that is marked throughout are looked at up to here, in seconds.
const LATEST: f64 = 3600.0;

/// How exactly the height of a notice in a picture is measured, in pixels.
const EXACT: u32 = 1;

/// What people perceive in the content as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum There {
    /// No notice that is known.
    Nothing,
    /// A notice, but not as asked for.
    Other,
    /// The notice that is asked for.
    Asked,
}

impl There {
    /// What the receipt says of it.
    pub(super) fn note(self) -> Option<Problem> {
        match self {
            Self::Nothing => None,
            Self::Other => Some(rows::NOTE_NOTICE_OTHER.problem()),
            Self::Asked => Some(rows::NOTE_NOTICE_THERE.problem()),
        }
    }
}

/// The level that a notice states.
fn level_of(text: &str) -> Level {
    let text = text.to_lowercase();
    HEDGES.iter().find(|(hedge, _)| text.contains(hedge)).map_or(Level::Is, |(_, level)| *level)
}

/// What is asked for, to be compared with what is there.
struct Asked<'a> {
    lines: Vec<String>,
    /// Whether the caller named words or languages: then other ones don't do.
    exact: bool,
    /// Whether the profiles ask for both elements.
    strict: bool,
    label: &'a Label,
}

impl Asked<'_> {
    /// What was seen, unless these words are none that can be recognised in a picture.
    fn told(&self, there: There) -> Option<There> {
        let known = self.lines.iter().any(|line| picture::knows(line));
        (known || there != There::Nothing).then_some(there)
    }

    /// Whether these words do.
    fn is_met(&self, words: &str) -> bool {
        let has = |line: &String| words.lines().any(|there| there.trim() == line);
        if self.exact {
            return self.lines.iter().all(has);
        }
        // Of several lines, one with the elements.
        self.lines.iter().any(|line| has(line) && (!self.strict || has_both_elements(line)))
            || (level_of(words) == self.label.level && (!self.strict || has_both_elements(words)))
    }
}

impl Labeler<'_> {
    /// Looks at the content: by own means, and by programs only to decode it. A notice that nobody
    /// can recognise is not there.
    pub(super) fn is_there(&self, source: &mut dyn ReadSeek, now: &Collected, label: &Label) -> Result<There> {
        Ok(self.look(source, now, label)?.unwrap_or(There::Nothing))
    }

    /// As [`Labeler::is_there`]; nothing where it can't be told whether the notice is there.
    pub(super) fn look(&self, source: &mut dyn ReadSeek, now: &Collected, label: &Label) -> Result<Option<There>> {
        let looked = match now.format.row().modality {
            Modality::Text => self.read(source, now, label).map(Some),
            Modality::Image => self.see(source, now, label),
            Modality::Audio => self.hear(source, now, label),
            Modality::Video => match self.watch(source, now, label) {
                Err(error) if error.code() == NO_VIDEO.code => self.hear(source, now, label),
                looked => looked,
            },
            Modality::VirtualScene => Ok(None),
        };
        match looked {
            Err(error @ (Error::Io { .. } | Error::Refused(_) | Error::Invalid(_))) => Err(error),
            // What can't be decoded, or not here, is said where the notice is made.
            looked => Ok(looked.unwrap_or(None)),
        }
    }

    fn asked<'l>(
        &self,
        label: &'l Label,
        row: impl Fn(&crate::profile::Explicit) -> Option<&NoticeRow>,
        written: Option<&str>,
    ) -> Result<Asked<'l>> {
        let (lines, _) = self.explicit.lines_of(label, &self.profiles, &row, written)?;
        let mut rows = self.profiles.iter().filter_map(|p: &Profile| row(&p.data()?.explicit));
        let strict = rows.any(|row| row.both_elements);
        Ok(Asked { lines, exact: self.explicit.names_words(), strict, label })
    }

    fn read(&self, source: &mut dyn ReadSeek, now: &Collected, label: &Label) -> Result<There> {
        let shown = self.shown(source, now)?;
        let asked = self.asked(label, |e| e.text.as_ref(), tongue::of_shown(&shown))?;
        let found = words::find(&shown);
        // The line itself counts too where it is in no words that are known.
        let line = |shown: &Shown| asked.lines.iter().any(|line| shown.text.lines().any(|own| own.trim() == line));
        let notices: Vec<(Moment, String)> = shown
            .iter()
            .filter(|shown| line(shown))
            .map(|shown| (shown.at, shown.text.clone()))
            .chain(found.into_iter().filter_map(|f| Some((f.perceived.at?, f.perceived.text?))))
            .collect();
        if notices.is_empty() {
            return Ok(There::Nothing);
        }
        // All that stands at one place is one notice.
        let at = |place: Moment| -> String {
            let here = notices.iter().filter(|(at, _)| *at == place).map(|(_, text)| text.as_str());
            here.collect::<Vec<_>>().join("\n")
        };
        let met = |place: &Moment| asked.is_met(&at(*place));
        // In the middle, an item of a list or a cell of a table can have the same words.
        let usual = [Moment::Start, Moment::End];
        let places = self.explicit.named_moments();
        let met = if places.is_empty() { usual.iter().any(met) } else { places.iter().all(met) };
        Ok(if met { There::Asked } else { There::Other })
    }

    fn see(&self, source: &mut dyn ReadSeek, now: &Collected, label: &Label) -> Result<Option<There>> {
        let asked = self.asked(label, |e| Some(&e.image), None)?;
        let ratio = self.height_ratio(|e| Some(&e.image));
        let (width, height, rgb) = codec::decode(now.format, source, &self.limits)?;
        let (width, height) = (u32::try_from(width).unwrap_or(0), u32::try_from(height).unwrap_or(0));
        let (rgb, width, height) = render::displayed(&rgb, width, height, now.metadata.orientation.unwrap_or(1));
        Ok(asked.told(self.in_picture(&asked, ratio, &rgb, width, height)))
    }

    fn in_picture(&self, asked: &Asked<'_>, ratio: f64, rgb: &[u8], width: u32, height: u32) -> There {
        let seen = picture::find(rgb, width, height);
        let known: Vec<(&str, &picture::Seen)> = seen.iter().filter_map(|s| Some((s.text.as_deref()?, s))).collect();
        let does = |(text, seen): &(&str, &picture::Seen)| {
            asked.is_met(text)
                && seen.placement == Some(self.explicit.placement)
                && seen.height_px.saturating_add(EXACT) >= min_text_height(width, height, ratio)
        };
        match known.is_empty() {
            true => There::Nothing,
            false if known.iter().any(does) => There::Asked,
            false => There::Other,
        }
    }

    fn watch(&self, source: &mut dyn ReadSeek, now: &Collected, label: &Label) -> Result<Option<There>> {
        let Some(programs) = &self.programs else { return Ok(None) };
        let asked = self.asked(label, |e| e.video.as_ref(), None)?;
        let ratio = self.height_ratio(|e| e.video.as_ref());
        let (span, least) = self.span()?;
        let view = View::open(now.format, source, programs, &self.limits)?;
        let lasts = |until: f64| PARTS.map(|part| part * until).to_vec();
        let times = match span {
            // As long as rules ask, if the caller names no time.
            Span::Start { .. } if self.explicit.span.is_none() => lasts(least),
            Span::Start { seconds } => lasts(seconds),
            Span::Throughout | Span::Every { .. } => {
                let length = view.seconds().min(LATEST);
                // Of a film that doesn't say how long it is, nobody can tell where it ends.
                if length <= 0.0 {
                    return Ok(None);
                }
                match span {
                    Span::Every { period, seconds } if period < length => {
                        let last = (length / period).floor() * period;
                        [0.0, last]
                            .iter()
                            .flat_map(|from| lasts(seconds.min(length - from)).into_iter().map(move |t| from + t))
                            .collect()
                    }
                    Span::Every { seconds, .. } => lasts(seconds.min(length)),
                    _ => lasts(length),
                }
            }
        };
        let frames = view.frames(&times)?;
        let seen = frames.iter().map(|f| self.in_picture(&asked, ratio, &f.rgb, f.width, f.height));
        let seen: Vec<There> = seen.collect();
        Ok(asked.told(match () {
            () if seen.iter().all(|there| *there == There::Nothing) => There::Nothing,
            () if seen.iter().all(|there| *there == There::Asked) => There::Asked,
            () => There::Other,
        }))
    }

    fn hear(&self, source: &mut dyn ReadSeek, now: &Collected, label: &Label) -> Result<Option<There>> {
        let (asked, _) = self.explicit.sound(label, &self.profiles)?;
        let found = heard(now.format, source, self.programs.as_ref(), &self.limits, &mut |_, _| {})?;
        // Of what is spoken nobody can tell.
        let rhythm = matches!(asked.voice, Voice::Rhythm { .. });
        let at = |place: &Moment| found.iter().any(|heard| heard.form == Form::Rhythm && heard.at == Some(*place));
        let places = self.explicit.named_moments();
        let met = if places.is_empty() { !found.is_empty() } else { places.iter().all(at) };
        Ok(match () {
            () if found.is_empty() => rhythm.then_some(There::Nothing),
            () if rhythm && met => Some(There::Asked),
            () => Some(There::Other),
        })
    }

    pub(super) fn shown(&self, source: &mut dyn ReadSeek, now: &Collected) -> Result<Vec<Shown>> {
        let mut bounded = Source::new(source, &self.limits)?;
        now.format.row().container.shown(&now.map, &mut bounded, &self.limits)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::labeler::Once;

    /// What was made once is not made again, whatever happens to the label.
    #[test]
    fn a_notice_is_made_once() {
        let mut wav =
            b"RIFF\x24\x7d\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data\0\x7d\0\0"
                .to_vec();
        wav.extend(
            (0..16_000u32).flat_map(|n| ((f64::from(n) * 0.3).sin() * 9000.0).to_bits().to_le_bytes()[6..].to_vec()),
        );
        let label = Label::new("example-provider");
        let run = |labeler: &Labeler<'_>, once: &mut Once| {
            let mut out = std::io::Cursor::new(Vec::new());
            let receipt = labeler.attempt(&mut std::io::Cursor::new(&wav), &label, &mut out, once);
            receipt.map(|receipt| (receipt, out.into_inner()))
        };
        let labeler = Labeler::new(Profile::CN_GB45438);
        let mut once = Once::default();
        let (first, bytes) = run(&labeler, &mut once).unwrap();
        assert!(first.notice.is_some() && bytes.len() > wav.len());
        // Nothing could be made within these limits.
        let narrow = labeler.limits(crate::limits::Limits { samples: 10, ..Default::default() });
        assert_eq!(run(&narrow, &mut Once::default()).unwrap_err().code(), "limit");
        let (second, _) = run(&narrow, &mut once).unwrap();
        assert_eq!(format!("{:?}", second.notice), format!("{:?}", first.notice));
        assert_eq!(second.reencoded, first.reencoded);
    }

    /// Every wording of every profile states its level.
    #[test]
    fn wordings_of_the_profiles_state_their_level() {
        for profile in Profile::ALL {
            for wording in profile.data().into_iter().flat_map(|data| &data.wordings) {
                assert_eq!(level_of(&wording.text).code(), wording.level, "{}", wording.text);
            }
        }
    }
}
