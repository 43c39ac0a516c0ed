//! The registry of findings: code, severity, clause, text in two languages, hint.
//!
//! A finding is what the verifier says about a file. Codes are stable; text is not. `biaoshi
//! explain CODE` prints a row.

use std::ops::Range;

use crate::error::{Arg, Problem, Told, render};
use crate::message::{self, Lang, Message};

mod rows;

pub use rows::*;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Info,
    /// Departs from a recommendation, or limits what can be concluded.
    Warning,
    /// Breaks a rule, or the evidence cannot be relied on.
    Error,
}

/// One row of the registry.
#[derive(Debug)]
pub struct Rule {
    /// Code and text.
    pub message: Message,
    /// Weight.
    pub severity: Severity,
    /// Clause or source that it rests on.
    pub clause: &'static str,
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.message == other.message
    }
}
impl Eq for Rule {}

/// Where in a file something stands.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Site {
    /// The metadata place or part, for example `xmp`, `text:AIGC`, `IDAT`.
    pub slot: String,
    /// First byte, counted from the start of the file.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

impl Site {
    /// A site from a place's name and its byte range.
    #[must_use]
    pub fn new(slot: impl Into<String>, range: &Range<u64>) -> Self {
        Self { slot: slot.into(), offset: range.start, length: range.end.saturating_sub(range.start) }
    }

    /// The part of it that lies in a file of `len` bytes: headers can point behind the end.
    pub(crate) fn clamp(&mut self, len: u64) {
        self.offset = self.offset.min(len);
        self.length = self.length.min(len - self.offset);
    }
}

/// Something the verifier has to say about a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The registry row.
    pub rule: &'static Rule,
    /// Named arguments of its text; values may come from the file.
    pub args: Vec<(&'static str, Arg)>,
    /// Where it applies, if at a place.
    pub site: Option<Site>,
}

impl Rule {
    /// A finding of this rule.
    #[must_use]
    pub const fn finding(&'static self) -> Finding {
        Finding { rule: self, args: Vec::new(), site: None }
    }

    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.message.code
    }

    /// The clause or source in `lang`.
    #[must_use]
    pub fn clause(&self, lang: Lang) -> String {
        message::clause(self.clause, lang)
    }
}

impl Finding {
    /// Adds a named argument.
    #[must_use]
    pub fn arg(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, Arg::Text(value.to_string())));
        self
    }

    /// Adds a named argument that is a message itself.
    #[must_use]
    pub fn because(mut self, name: &'static str, problem: impl Into<Problem>) -> Self {
        self.args.push((name, Arg::Problem(problem.into())));
        self
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, site: Site) -> Self {
        self.site = Some(site);
        self
    }

    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.rule.message.code
    }

    /// Weight.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.rule.severity
    }

    /// The sentence in `lang`, strings from the file escaped.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        message::fill(self.rule.message.text(lang), &render(&self.args, lang))
    }

    /// The hint in `lang`; may be empty.
    #[must_use]
    pub fn hint(&self, lang: Lang) -> String {
        message::fill(self.rule.message.hint(lang), &render(&self.args, lang))
    }
}

impl From<Finding> for Problem {
    /// What a finding says, to be used as a reason.
    fn from(finding: Finding) -> Self {
        let offset = finding.site.as_ref().map(|s| s.offset);
        Told { message: &finding.rule.message, args: finding.args, offset }.into()
    }
}

/// That this much of a coded picture was passed over, as [`crate::Limits::coded_bytes`] asked.
pub(crate) fn unread(length: u64, site: Site) -> Finding {
    FILE_UNREAD.finding().arg("length", length).at(site)
}

/// Finds a row by its code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|rule| rule.message.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names(template: &str) -> BTreeSet<&str> {
        template.split('{').skip(1).filter_map(|part| part.split('}').next()).collect()
    }

    #[test]
    fn every_rule_speaks_both_languages_and_names_its_source() {
        let mut seen = BTreeSet::new();
        for rule in ALL {
            let m = &rule.message;
            assert!(seen.insert(m.code), "{} twice", m.code);
            assert!(!rule.clause.is_empty(), "{}", m.code);
            assert_eq!(names(m.en), names(m.zh), "{}", m.code);
            assert!(!m.hint_en.is_empty() && !m.hint_zh.is_empty(), "{} has no hint", m.code);
            assert_eq!(names(m.hint_en), names(m.hint_zh), "{}", m.code);
            assert!(m.hint_zh.chars().any(|c| c > '\u{2e80}'), "{}: hint is not Chinese", m.code);
            assert!(m.zh.chars().any(|c| c > '\u{2e80}'), "{} is not Chinese", m.code);
            assert!(crate::message::find(m.code).is_none(), "{} is also an error", m.code);
        }
    }
}
