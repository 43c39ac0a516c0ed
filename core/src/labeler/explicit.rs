//! The explicit label as a caller asks for it.

use crate::error::{Error, Result};
use crate::label::{Label, wording};
use crate::message::write as rows;
use crate::notice::Moment;
use crate::profile::{Explicit as Notices, NoticeRow, Profile};
use crate::render::Placement;

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

    /// The lines for a label of this level and their languages, empty where not known; `row` gives
    /// what a profile asks of them.
    pub(super) fn lines(
        &self,
        label: &Label,
        profiles: &[Profile],
        row: impl Fn(&Notices) -> Option<&NoticeRow>,
    ) -> Result<(Vec<String>, Vec<String>)> {
        let data = profiles.iter().find_map(|p| p.data());
        let mut lines = self.lines.clone();
        let mut languages = vec![String::new(); lines.len()];
        let default = vec!["zh-Hans".to_owned()];
        let asked = if self.languages.is_empty() && lines.is_empty() { &default } else { &self.languages };
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
