//! Whether a file satisfies a rule set.

use serde::{Deserialize, Serialize};

use crate::message::{Lang, Message, verdict as words};

/// What a rule set says about the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Everything that can be checked in a file holds.
    Compliant,
    /// Something that can be checked does not hold.
    Noncompliant,
    /// No label was found to judge.
    NotFound,
    /// A label is there but can't be relied on or read.
    Inconclusive,
    /// The rules are not about this kind of content.
    NotApplicable,
}

/// How well a rule is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Sure {
    /// A standard, or a source that cites the official text, says so.
    Stated,
    /// We conclude it.
    Inferred,
    /// From the public web or from memory: confirm it against the official text.
    #[default]
    Unconfirmed,
}

impl Sure {
    /// Whether a source that cites the official text says so.
    #[must_use]
    #[allow(clippy::trivially_copy_pass_by_ref)] // the shape that serde asks for
    pub const fn is_stated(&self) -> bool {
        matches!(self, Self::Stated)
    }
}

/// Why a check could not be run on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// It stands in the picture, sound or text itself, and is not read there.
    InContent,
    /// Nobody asked to look at the picture, the frames or the sound.
    NotLooked,
    /// A program that it takes is not installed, or may not be started.
    NoProgram,
    /// No notice was recognised, which does not show that there is none.
    NotRecognised,
    /// No watermark was read, which does not show that there is none.
    NoWatermark,
    /// A notice was recognised, in a form or language that these rules don't ask for.
    OtherNotice,
    /// A service shows or does it, around the file.
    InService,
    /// It stands in agreements, logs or other records.
    InRecord,
    /// The form of the value is its writer's own.
    Opaque,
    /// What was done with the file before can't be seen in it.
    History,
    /// It is in the file and this reader does not tell of it.
    Unread,
    /// The form that the rules ask for is not published, or not known to us.
    Unpublished,
    /// There is a signature that was not checked or can't be.
    SignatureUnchecked,
    /// Nobody said whom to trust.
    NoAnchors,
}

impl Reason {
    /// Every reason.
    pub const ALL: &'static [Self] = &[
        Self::InContent,
        Self::NotLooked,
        Self::NoProgram,
        Self::NotRecognised,
        Self::NoWatermark,
        Self::OtherNotice,
        Self::InService,
        Self::InRecord,
        Self::Opaque,
        Self::History,
        Self::Unread,
        Self::Unpublished,
        Self::SignatureUnchecked,
        Self::NoAnchors,
    ];

    /// The row of the message table.
    #[must_use]
    pub const fn message(self) -> &'static Message {
        match self {
            Self::InContent => &words::IN_CONTENT,
            Self::NotLooked => &words::NOT_LOOKED,
            Self::NoProgram => &words::NO_PROGRAM,
            Self::NotRecognised => &words::NOT_RECOGNISED,
            Self::NoWatermark => &words::NO_WATERMARK,
            Self::OtherNotice => &words::OTHER_NOTICE,
            Self::InService => &words::IN_SERVICE,
            Self::InRecord => &words::IN_RECORD,
            Self::Opaque => &words::OPAQUE,
            Self::History => &words::HISTORY,
            Self::Unread => &words::UNREAD,
            Self::Unpublished => &words::UNPUBLISHED,
            Self::SignatureUnchecked => &words::SIGNATURE_UNCHECKED,
            Self::NoAnchors => &words::NO_ANCHORS,
        }
    }
}

/// Result of one check of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckResult {
    /// It holds.
    Pass,
    /// It does not hold; `findings` say why.
    Fail,
    /// A file can't show it.
    NotCheckable,
    /// There is nothing to apply it to.
    NotApplicable,
}

/// One check of a profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Check {
    /// Stable name within the profile.
    pub id: String,
    /// The clause that it rests on.
    pub clause: String,
    /// How it came out.
    pub result: CheckResult,
    /// Why it could not be run, if `result` is `not_checkable`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<Reason>,
    /// How well the rule is known; left out if it is `stated`.
    #[serde(skip_serializing_if = "Sure::is_stated", default = "stated")]
    pub sure: Sure,
    /// Whether it is only recommended: a failure does not count in the outcome.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub recommended: bool,
    /// Codes of the findings that made it fail.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub findings: Vec<String>,
}

const fn stated() -> Sure {
    Sure::Stated
}

/// Whether the file satisfies one profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Verdict {
    /// The profile's name, for example `cn-gb45438`.
    pub profile: String,
    /// The sum of its checks.
    pub outcome: Outcome,
    /// Every check, those a file can't show included.
    pub checks: Vec<Check>,
}

impl Verdict {
    /// The checks that could not be run on this file; each has a [`Check::reason`].
    pub fn not_judged(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|c| c.result == CheckResult::NotCheckable)
    }

    /// The verdict with its clauses named in `lang`.
    #[must_use]
    pub fn in_language(&self, lang: Lang) -> Self {
        let mut out = self.clone();
        for check in &mut out.checks {
            check.clause = crate::message::clause(&check.clause, lang);
        }
        out
    }
}
