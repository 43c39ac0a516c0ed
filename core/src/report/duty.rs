//! What has to be done with a file.

use serde::{Deserialize, Serialize};

use crate::message::{self, Lang};
use crate::profile::{DutyRow, DutyText, FieldWrite, Profile};

use super::Sure;

/// What kind of act a duty asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DutyKind {
    /// Show a notice.
    Display,
    /// Write fields into the metadata.
    Write,
    /// Keep a record.
    Log,
    /// Remind the user to declare.
    Remind,
}

/// Who owes a duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Who passes content on to the public.
    Platform,
    /// Who provides the generating service.
    Provider,
    /// Who uses the generating system and publishes what it makes.
    Deployer,
}

/// What has to be done with a file at its status, by one profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duty {
    /// The profile that states it.
    pub profile: Profile,
    /// The row of its data file.
    pub row: &'static DutyRow,
}

impl Duty {
    /// When it is owed and when not, in `lang`; may be empty.
    #[must_use]
    pub fn note(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => &self.row.note_en,
            Lang::Zh => &self.row.note_zh,
        }
    }

    /// The JSON form, with clause and note in `lang`.
    #[must_use]
    pub fn document(&self, lang: Lang) -> DutyDocument {
        let row = self.row;
        DutyDocument {
            profile: self.profile.id().to_owned(),
            id: row.id.clone(),
            kind: row.kind,
            who: row.who,
            clause: message::clause(&row.clause, lang),
            sure: row.sure,
            from: row.from.clone(),
            note: self.note(lang).to_owned(),
            texts: row.texts.clone(),
            writes: row.writes.clone(),
            keep: row.keep.clone(),
            record: row.record.clone(),
            months: row.months,
        }
    }
}

/// The JSON form of a [`Duty`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DutyDocument {
    /// The profile that states it.
    pub profile: String,
    /// Stable name within the profile.
    pub id: String,
    /// What kind of act it asks for.
    pub kind: DutyKind,
    /// Who owes it.
    pub who: Who,
    /// The clause.
    pub clause: String,
    /// How well it is known.
    pub sure: Sure,
    /// From when on, if later than the profile (ISO 8601 date).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// When it is owed and when not, in the language asked for; may be empty.
    pub note: String,
    /// The words to show, by language.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<DutyText>,
    /// The fields of the AIGC object to write.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub writes: Vec<FieldWrite>,
    /// The fields to leave as they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keep: Vec<String>,
    /// What a record has to hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub record: Vec<String>,
    /// How long it has to be kept, in months, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub months: Option<u32>,
}
