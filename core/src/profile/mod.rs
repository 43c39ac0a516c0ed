//! Rule sets as data: wording, sizes, required layers and fields, clause, source, date.
//!
//! A profile is a TOML file that a lawyer can read, plus named checks. Checks take values and
//! return results; they never see bytes. Each row says how well it is known ([`Sure`](crate::report::Sure)).

use std::fmt;
use std::sync::LazyLock;

use crate::report::{Check, CheckResult, Duty, Outcome, Status, Verdict};

mod checks;
mod data;
mod notice;
#[cfg(test)]
mod tests;

pub use checks::Facts;
pub use data::{
    CheckRow, DateRow, DutyRow, DutyText, Explicit, Field, FieldWrite, LabelState, NoticeRow, ProfileData, Subject,
    Test, Wording,
};

use checks::Found;

use crate::table::Cell;

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

macro_rules! profiles {
    ($($(#[$doc:meta])* $name:ident = $id:literal;)*) => {
        impl Profile {
            $($(#[$doc])* pub const $name: Self = Self($id);)*

            /// Every profile.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The profile's data. A test proves that every built-in file loads.
            #[must_use]
            pub fn data(self) -> Option<&'static ProfileData> {
                $(
                    static $name: LazyLock<Option<ProfileData>> =
                        LazyLock::new(|| read(include_str!(concat!($id, ".json"))));
                )*
                match self.0 {
                    $($id => $name.as_ref(),)*
                    _ => None,
                }
            }
        }
    };
}

fn read(text: &str) -> Option<ProfileData> {
    Cell::read(&serde_json::from_str(text).ok()?)
}

profiles! {
    /// China: GB 45438-2025 and the Measures.
    CN_GB45438 = "cn-gb45438";
    /// European Union: Article 50 of the AI Act and the Code of Practice.
    EU_AI_ACT_50 = "eu-ai-act-50";
    /// California: the AI Transparency Act (SB 942, AB 853).
    US_CA_SB942 = "us-ca-sb942";
    /// Korea: AI Basic Act, Article 31.
    KR = "kr";
    /// India: the amended IT rules of 2026.
    IN = "in";
    /// Vietnam: AI Law, Article 11.
    VN = "vn";
    /// C2PA: a conforming manifest.
    C2PA = "c2pa";
}

impl Profile {
    /// What is judged when no profile is asked for: only `cn-gb45438`. Which other rules a file is
    /// under, no file tells.
    pub const DEFAULT: &'static [Self] = &[Self::CN_GB45438];

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

    /// Judges what was found.
    ///
    /// - Rules that are not about this kind of content: [`Outcome::NotApplicable`], and so is every
    ///   check.
    /// - The profile's subject was found: its checks decide.
    /// - It is there and can't be read or relied on: [`Outcome::Inconclusive`].
    /// - It is not there, and at this status the rules ask for it: [`Outcome::Noncompliant`]. For
    ///   China that is so when another mark states AI, or the user does.
    /// - Otherwise there is nothing to judge: [`Outcome::NotFound`].
    #[must_use]
    pub fn judge(self, facts: &Facts<'_>) -> Verdict {
        let profile = self.0.to_owned();
        let Some(data) = self.data() else {
            return Verdict { profile, outcome: Outcome::NotApplicable, checks: Vec::new() };
        };
        let covered = data.covers(facts.modality);
        let checks: Vec<Check> = data
            .checks
            .iter()
            .map(|row| {
                let (result, reason, findings) = match covered {
                    true => facts.run(row, data.subject, &data.explicit),
                    false => (CheckResult::NotApplicable, None, Vec::new()),
                };
                Check {
                    id: row.id.clone(),
                    clause: row.clause.clone(),
                    result,
                    reason,
                    sure: row.sure,
                    recommended: row.recommended,
                    findings,
                }
            })
            .collect();
        let failed = checks.iter().any(|c| c.result == CheckResult::Fail && !c.recommended);
        let outcome = match facts.find(data.subject) {
            _ if !covered => Outcome::NotApplicable,
            Found::Label if failed => Outcome::Noncompliant,
            Found::Label if facts.is_unread() => Outcome::Inconclusive,
            Found::Label => Outcome::Compliant,
            Found::Damaged => Outcome::Inconclusive,
            Found::Nothing if data.due.contains(&facts.status) => Outcome::Noncompliant,
            Found::Nothing if facts.status == Status::Inconclusive && data.subject != Subject::Manifest => {
                Outcome::Inconclusive
            }
            Found::Nothing => Outcome::NotFound,
        };
        Verdict { profile, outcome, checks }
    }

    /// What has to be done with the file under these rules.
    #[must_use]
    pub fn duties(self, facts: &Facts<'_>) -> Vec<Duty> {
        let Some(data) = self.data().filter(|data| data.covers(facts.modality)) else { return Vec::new() };
        let state = facts.label_state();
        data.duties
            .iter()
            .filter(|row| row.status.contains(&facts.status) && (row.label.is_empty() || row.label.contains(&state)))
            .map(|row| Duty { profile: self, row })
            .collect()
    }
}
