//! Rule sets as data: wording, sizes, required layers and fields, clause, source, date.
//!
//! A profile is a TOML file that a lawyer can read, plus named checks. Checks take a report and
//! return results; they never see bytes.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::finding::{self, Finding};
use crate::label::Level;
use crate::report::{CarrierKind, Check, CheckResult, Claim, Evidence, Integrity, Outcome, Verdict};

/// A rule set, by name.
///
/// ```
/// use biaoshi::Profile;
/// assert_eq!(Profile::find("cn-gb45438"), Some(Profile::CN_GB45438));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Profile(&'static str);

impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// A wording of the explicit label.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wording {
    /// The level that it states: `1`, `2` or `3`.
    pub level: String,
    /// BCP 47 tag.
    pub language: String,
    /// The words.
    pub text: String,
}

/// A check as the data file states it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRow {
    /// Stable name within the profile.
    pub id: String,
    /// The clause that it rests on.
    pub clause: String,
    /// Name of the code that runs it.
    pub test: Test,
    /// Finding codes that make it fail.
    pub findings: Vec<String>,
}

/// The code that runs a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// A file can't show it.
    NotCheckable,
    /// A readable label stands in the metadata.
    LabelPresent,
    /// None of the named findings is in the report.
    NoFindings,
}

/// A profile's data file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ProfileData {
    /// The profile's name.
    pub id: String,
    /// Title in English.
    pub name_en: String,
    /// Title in Chinese.
    pub name_zh: String,
    /// The instruments that it rests on.
    pub source: String,
    /// In force since (ISO 8601 date).
    pub in_force: String,
    /// State of knowledge (ISO 8601 date).
    pub as_of: String,
    /// Explicit labels by modality.
    pub explicit: Explicit,
    /// Wordings by level and language.
    #[serde(rename = "wording")]
    pub wordings: Vec<Wording>,
    /// What is checked in a file.
    #[serde(rename = "check")]
    pub checks: Vec<CheckRow>,
}

/// Explicit labels by modality.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Explicit {
    /// On pictures.
    pub image: ImageRow,
}

/// Size and legibility on pictures.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageRow {
    /// The clause.
    pub clause: String,
    /// Whether both wording elements are required.
    pub both_elements: bool,
    /// Least ink height against the shortest side, 0 to 1.
    pub min_height_ratio: f64,
    /// Least contrast of text against its ground, 1 to 21.
    pub min_contrast: f64,
}

static CN: LazyLock<Option<ProfileData>> = LazyLock::new(|| toml::from_str(include_str!("cn-gb45438.toml")).ok());

impl Profile {
    /// China: GB 45438-2025 and the Measures.
    pub const CN_GB45438: Self = Self("cn-gb45438");

    /// Every profile.
    pub const ALL: &'static [Self] = &[Self::CN_GB45438];

    /// The profile's name.
    #[must_use]
    pub const fn id(self) -> &'static str {
        self.0
    }

    /// Finds a profile by name.
    #[must_use]
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|p| p.0 == id)
    }

    /// The profile's data. A test proves that every built-in file loads.
    #[must_use]
    pub fn data(self) -> Option<&'static ProfileData> {
        match self.0 {
            "cn-gb45438" => CN.as_ref(),
            _ => None,
        }
    }

    /// Judges what was found.
    #[must_use]
    pub fn judge(self, evidence: &[Evidence], findings: &[Finding]) -> Verdict {
        let rows = self.data().map(|d| d.checks.as_slice()).unwrap_or_default();
        let labelled = evidence
            .iter()
            .any(|e| e.carrier == CarrierKind::AigcMetadata && e.label.is_some() && e.integrity != Integrity::Broken);
        let unreadable = findings.iter().any(|f| f.rule == &finding::LABEL_MALFORMED)
            || evidence.iter().any(|e| e.integrity == Integrity::Broken || e.claim == Claim::Unclear);
        let checks: Vec<Check> = rows
            .iter()
            .map(|row| {
                let hits: Vec<String> = row
                    .findings
                    .iter()
                    .filter(|code| findings.iter().any(|f| f.code() == code.as_str()))
                    .cloned()
                    .collect();
                let result = match row.test {
                    Test::NotCheckable => CheckResult::NotCheckable,
                    Test::LabelPresent if labelled => CheckResult::Pass,
                    Test::LabelPresent => CheckResult::Fail,
                    Test::NoFindings if !hits.is_empty() => CheckResult::Fail,
                    Test::NoFindings if labelled => CheckResult::Pass,
                    Test::NoFindings => CheckResult::NotApplicable,
                };
                Check { id: row.id.clone(), clause: row.clause.clone(), result, findings: hits }
            })
            .collect();
        let failed = checks.iter().any(|c| c.result == CheckResult::Fail);
        let outcome = match (labelled, unreadable, failed) {
            (true, _, false) => Outcome::Compliant,
            (true, _, true) => Outcome::Noncompliant,
            (false, true, _) => Outcome::Inconclusive,
            (false, false, _) => Outcome::NotFound,
        };
        Verdict { profile: self.0.to_owned(), outcome, checks }
    }
}

impl ProfileData {
    /// The default wording of a language for a level.
    #[must_use]
    pub fn wording(&self, level: Level, language: &str) -> Option<&str> {
        self.wordings
            .iter()
            .find(|w| w.level == level.code() && w.language.eq_ignore_ascii_case(language))
            .map(|w| w.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use super::*;

    #[test]
    fn every_error_of_label_manifest_and_file_fails_a_check() {
        for profile in Profile::ALL {
            let data = profile.data().unwrap();
            for rule in finding::ALL.iter().filter(|r| r.severity == finding::Severity::Error) {
                let named = data.checks.iter().any(|row| row.findings.iter().any(|code| code == rule.code()));
                assert!(named, "{} lets {} pass", profile.id(), rule.code());
            }
        }
    }

    #[test]
    fn every_profile_loads_and_names_real_findings() {
        for profile in Profile::ALL {
            let data = profile.data().expect("data file loads");
            assert_eq!(data.id, profile.id());
            for row in &data.checks {
                for code in &row.findings {
                    assert!(finding::find(code).is_some(), "{} names {code}", row.id);
                }
            }
            for level in [Level::Is, Level::Possible, Level::Suspected] {
                for language in ["zh-Hans", "zh-Hant", "en", "pt"] {
                    assert!(data.wording(level, language).is_some(), "{language} {level:?}");
                }
            }
        }
    }
}
