//! The explicit label as a caller asks for it.

use crate::codec::video::Span;
use crate::error::{Error, Result};
use crate::label::{Label, Level, wording};
use crate::message::write as rows;
use crate::notice::{Moment, SoundNotice, Voice};
use crate::profile::{Explicit as Notices, NoticeRow, Profile};
use crate::render::Placement;

/// Length of the short sound of the rhythm in milliseconds, unless a profile states another (the
/// standard states none; inferred).
const UNIT_MS: u32 = 120;

/// The language of the caller's own words, as far as it has to be known to speak them.
fn tongue(words: &str) -> String {
    let han = words.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
    if han { "zh-Hans" } else { "en" }.to_owned()
}

/// The notice that people perceive: where, in which words, in which languages.
///
/// ```
/// use biaoshi::{Explicit, Placement};
/// let notice = Explicit::corner(Placement::TopLeft).language("zh-Hans").language("pt");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Explicit {
    pub(super) placement: Placement,
    languages: Vec<String>,
    lines: Vec<String>,
    pub(super) font: Option<Vec<u8>>,
    pub(super) waived: Option<String>,
    at: Vec<Moment>,
    pub(super) each_page: bool,
    spoken: Spoken,
    pub(super) span: Option<Span>,
}

/// What is heard in a sound.
#[derive(Debug, Clone, Default)]
enum Spoken {
    #[default]
    Rhythm,
    Words,
    Clip(Vec<u8>),
}

impl Explicit {
    /// A notice at this corner or edge of the picture as displayed (GB 45438-2025 5.2).
    #[must_use]
    pub fn corner(placement: Placement) -> Self {
        Self { placement, ..Self::default() }
    }

    /// No notice, because of `reason`, which is kept in the receipt. The Measures allow it on a
    /// user's request after an agreement (Article 9), with a log kept for six months.
    #[must_use]
    pub fn none(reason: impl Into<String>) -> Self {
        Self { waived: Some(reason.into()), ..Self::default() }
    }

    /// Adds a place in a text, a document or a sound: the start (the default if none is asked for),
    /// the middle, the end (GB 45438-2025 5.1, 5.3).
    #[must_use]
    pub fn at(mut self, moment: Moment) -> Self {
        if !self.at.contains(&moment) {
            self.at.push(moment);
            self.at.sort_unstable();
        }
        self
    }

    /// Puts the notice on each page, slide or sheet of a document, and not on one alone. Off by
    /// default.
    #[must_use]
    pub const fn each_page(mut self, on: bool) -> Self {
        self.each_page = on;
        self
    }

    /// Speaks the words in a sound, by an installed speech synthesis program, instead of the rhythm
    /// short-long short-short (GB 45438-2025 5.3). They are the first line of the notice.
    #[must_use]
    pub fn spoken(mut self) -> Self {
        self.spoken = Spoken::Words;
        self
    }

    /// Puts this recording, a WAV file, into a sound instead of the rhythm. That it says the words is
    /// the caller's duty; the rate of speech is checked by the first line of the notice.
    #[must_use]
    pub fn clip(mut self, wav: Vec<u8>) -> Self {
        self.spoken = Spoken::Clip(wav);
        self
    }

    /// When it is seen in a film, instead of as the profiles ask.
    #[must_use]
    pub const fn span(mut self, span: Span) -> Self {
        self.span = Some(span);
        self
    }

    /// What is heard in a sound, and the words if there are any.
    pub(super) fn sound(&self, label: &Label, profiles: &[Profile]) -> Result<(SoundNotice, Vec<String>)> {
        let asked: Vec<&NoticeRow> =
            profiles.iter().filter_map(|p| p.data()).filter_map(|d| d.explicit.audio.as_ref()).collect();
        let forms = |form: &str| asked.iter().any(|row| row.forms.iter().any(|own| own == form));
        if matches!(self.spoken, Spoken::Rhythm) && !asked.is_empty() && !forms("rhythm") {
            return Err(Error::Invalid(rows::NOTICE_FORM.problem()));
        }
        let unit = asked.iter().find_map(|row| row.rhythm_unit_ms);
        let unit_ms = unit.map_or(UNIT_MS, |[from, to]| UNIT_MS.max(from).min(to));
        let (lines, languages) = match self.spoken {
            Spoken::Rhythm => (Vec::new(), Vec::new()),
            // What a recording says only the caller knows.
            Spoken::Clip(_) => (self.lines.clone(), Vec::new()),
            Spoken::Words => self.lines(label, profiles, |e| e.audio.as_ref())?,
        };
        // One line is spoken, so that one has to hold the elements.
        let words = lines.first().cloned().unwrap_or_default();
        let strict = asked.iter().any(|row| row.both_elements);
        if strict && !words.is_empty() && !wording::has_both_elements(&words) {
            return Err(Error::Invalid(rows::WORDING_ELEMENTS.with("text", words)));
        }
        let language = languages.into_iter().next().filter(|l| !l.is_empty()).unwrap_or_else(|| tongue(&words));
        // Note 4 of 5.3 states the rate for Mandarin.
        let rate = asked.iter().find_map(|row| row.characters_per_minute).filter(|_| language.starts_with("zh"));
        let voice = match &self.spoken {
            Spoken::Rhythm => Voice::Rhythm { unit_ms },
            Spoken::Words => Voice::Speech { words, language },
            Spoken::Clip(wav) => Voice::Clip { wav: wav.clone(), words: Some(words).filter(|w| !w.is_empty()) },
        };
        Ok((SoundNotice { voice, at: self.moments(), characters_per_minute: rate }, lines))
    }

    /// Whether the caller named the words or their languages.
    pub(super) const fn names_words(&self) -> bool {
        !self.lines.is_empty() || !self.languages.is_empty()
    }

    /// Where in a text or sound, as far as the caller named it.
    pub(super) fn named_moments(&self) -> &[Moment] {
        &self.at
    }

    /// Where in a text or sound.
    pub(super) fn moments(&self) -> Vec<Moment> {
        if self.at.is_empty() { vec![Moment::Start] } else { self.at.clone() }
    }

    /// Adds a line in this language, in the profile's default wording: `zh-Hans` (the default if
    /// none is asked for), `zh-Hant`, `en`, `pt`.
    #[must_use]
    pub fn language(mut self, tag: &str) -> Self {
        self.languages.push(tag.to_owned());
        self
    }

    /// Adds a line in the caller's own words, instead of the profile's. At least one line must
    /// hold both elements where the profile asks for them.
    #[must_use]
    pub fn text(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Draws with this TrueType or OpenType font instead of the embedded one.
    #[must_use]
    pub fn font(mut self, bytes: Vec<u8>) -> Self {
        self.font = Some(bytes);
        self
    }

    /// Whether the font can draw what a text in this language would get.
    pub(super) fn draws(&self, label: &Label, profiles: &[Profile], written: Option<&str>) -> bool {
        let words = written.and_then(|language| wording_in(label.level, profiles, language));
        words.is_none_or(|words| crate::render::can_draw(self.font.as_deref(), &words))
    }

    /// The lines for a label of this level and their languages, empty where not known; `row` gives
    /// what a profile asks of them.
    pub(super) fn lines(
        &self,
        label: &Label,
        profiles: &[Profile],
        row: impl Fn(&Notices) -> Option<&NoticeRow>,
    ) -> Result<(Vec<String>, Vec<String>)> {
        self.lines_of(label, profiles, row, None)
    }

    /// The same for a text in the language `written`, if that is known: without words or languages of
    /// the caller one line is in it.
    pub(super) fn lines_of(
        &self,
        label: &Label,
        profiles: &[Profile],
        row: impl Fn(&Notices) -> Option<&NoticeRow>,
        written: Option<&str>,
    ) -> Result<(Vec<String>, Vec<String>)> {
        let data = profiles.iter().find_map(|p| p.data());
        let mut lines = self.lines.clone();
        let mut languages = vec![String::new(); lines.len()];
        let default = if self.languages.is_empty() && lines.is_empty() {
            let drawn = |text: &str| crate::render::can_draw(self.font.as_deref(), text);
            let own = tongues(label.level, profiles, &row, written, &drawn);
            for (language, wording) in own {
                lines.push(wording);
                languages.push(language);
            }
            lines.is_empty().then(|| "zh-Hans".to_owned())
        } else {
            None
        };
        let asked = default.as_slice().iter().chain(&self.languages);
        for language in asked {
            let wording = data
                .and_then(|d| d.wording(label.level, language))
                .ok_or_else(|| Error::Invalid(rows::WORDING_LANGUAGE.with("language", language)))?;
            // Simplified and traditional wording can be the same characters: one line serves both.
            if !lines.iter().any(|l| l == wording) {
                lines.push(wording.to_owned());
                languages.push(language.clone());
            }
        }
        let mut asked = profiles.iter().filter_map(|p| row(&p.data()?.explicit));
        if asked.any(|row| row.both_elements) && !lines.iter().any(|l| wording::has_both_elements(l)) {
            return Err(Error::Invalid(rows::WORDING_ELEMENTS.with("text", lines.join(" / "))));
        }
        Ok((lines, languages))
    }
}

/// What a rule set asks of the notices of one kind of content.
type Row<'r> = dyn Fn(&Notices) -> Option<&NoticeRow> + 'r;

/// The default wordings: for each rule set the first of its languages that the font can draw, unless it
/// takes one that another asked for. So one notice serves everywhere the file goes.
fn tongues(
    level: Level,
    profiles: &[Profile],
    row: &Row<'_>,
    written: Option<&str>,
    drawn: &dyn Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let own = |language: &str| written == Some(language);
    for data in profiles.iter().filter_map(|p| p.data()) {
        let Some(asked) = row(&data.explicit).map(|row| &row.languages) else { continue };
        if out.iter().any(|(language, _)| asked.contains(language)) {
            continue;
        }
        let known = asked.iter().filter_map(|language| Some((language, data.wording(level, language)?)));
        // The language of the text before others; it needs no font of ours.
        let (text, rest): (Vec<_>, Vec<_>) = known.partition(|(language, _)| own(language));
        if let Some((language, wording)) = text.into_iter().chain(rest).find(|(l, wording)| own(l) || drawn(wording)) {
            out.push((language.clone(), wording.to_owned()));
        }
    }
    let missing = written.filter(|language| !out.iter().any(|(there, _)| there == language));
    if let Some((language, wording)) =
        missing.and_then(|language| Some((language, wording_in(level, profiles, language)?)))
        && !out.iter().any(|(_, there)| *there == wording)
    {
        out.push((language.to_owned(), wording));
    }
    out
}

/// The default wording in a language: of the rule sets asked for, else of any.
fn wording_in(level: Level, profiles: &[Profile], language: &str) -> Option<String> {
    let all = profiles.iter().chain(Profile::ALL).filter_map(|p| p.data());
    all.filter_map(|data| data.wording(level, language)).map(str::to_owned).next()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn lines(profiles: &[Profile], level: Level) -> Vec<(String, String)> {
        let label = Label::new("example-provider").with_level(level);
        let explicit = Explicit::default();
        let (lines, languages) = explicit.lines(&label, profiles, |e| Some(&e.image)).unwrap();
        languages.into_iter().zip(lines).collect()
    }

    #[test]
    fn the_default_words_serve_every_rule_set_that_was_asked_for() {
        let of =
            |profiles: &[Profile]| -> Vec<String> { lines(profiles, Level::Is).into_iter().map(|l| l.0).collect() };
        assert_eq!(of(&[Profile::CN_GB45438]), ["zh-Hans"]);
        assert_eq!(of(&[Profile::CN_GB45438, Profile::EU_AI_ACT_50]), ["zh-Hans", "en"]);
        assert_eq!(of(&[Profile::EU_AI_ACT_50, Profile::US_CA_SB942]), ["en"]);
        assert_eq!(of(&[Profile::C2PA]), ["zh-Hans"]);
        // What the built-in font can't draw is passed over.
        assert_eq!(of(&[Profile::KR]), ["en"]);
    }
}
