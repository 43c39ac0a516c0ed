//! The shape of a profile's data file.

use serde::{Deserialize, Serialize};

use crate::format::Modality;
use crate::label::Level;
use crate::report::{DutyKind, Reason, Status, Sure, Who};
use crate::table::{Cell, names, row};

/// A profile's data file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProfileData {
    /// The profile's name.
    pub id: String,
    /// Title in English.
    pub name_en: String,
    /// Title in Chinese.
    pub name_zh: String,
    /// The instruments that it rests on, and where what is known of them comes from.
    pub source: String,
    /// In force since (ISO 8601 date).
    pub in_force: String,
    /// State of knowledge (ISO 8601 date).
    pub as_of: String,
    /// What its checks are about.
    pub subject: Subject,
    /// The kinds of content that it is about; empty for all.
    #[serde(default)]
    pub modalities: Vec<Modality>,
    /// The status at which the rules ask for a label, so that a file without one does not satisfy
    /// them. At any other status there is nothing to judge without a label.
    #[serde(default)]
    pub due: Vec<Status>,
    /// Further dates.
    #[serde(default, rename = "date")]
    pub dates: Vec<DateRow>,
    /// Explicit labels by modality.
    #[serde(default)]
    pub explicit: Explicit,
    /// Wordings by level and language. Where no clause prescribes one they are proposals.
    #[serde(rename = "wording")]
    pub wordings: Vec<Wording>,
    /// What is checked in a file, and what a file can't show.
    #[serde(rename = "check")]
    pub checks: Vec<CheckRow>,
    /// What has to be done with a file, by its status.
    #[serde(default, rename = "duty")]
    pub duties: Vec<DutyRow>,
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

    /// Whether the rules are about this kind of content.
    #[must_use]
    pub fn covers(&self, modality: Modality) -> bool {
        self.modalities.is_empty() || self.modalities.contains(&modality)
    }
}

/// What the checks of a profile are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The AIGC object in a metadata place.
    AigcMetadata,
    /// Any statement of AI that machines read, a trace excepted.
    MachineMark,
    /// A C2PA manifest, whatever it states.
    Manifest,
}

/// A date that matters beside the day of entry into force.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DateRow {
    /// ISO 8601 date.
    pub date: String,
    /// What happens then, in English.
    pub what_en: String,
    /// What happens then, in Chinese.
    pub what_zh: String,
    /// How well that is known.
    pub sure: Sure,
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

/// Explicit labels by modality. A missing row: the rules that we know say nothing about it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explicit {
    /// In text.
    pub text: Option<NoticeRow>,
    /// On pictures. Without clause: the rules that we know say nothing about it.
    #[serde(default)]
    pub image: NoticeRow,
    /// In sound.
    pub audio: Option<NoticeRow>,
    /// In moving pictures.
    pub video: Option<NoticeRow>,
    /// In virtual scenes.
    pub virtual_scene: Option<NoticeRow>,
    /// In the interface around the content.
    pub interface: Option<NoticeRow>,
}

impl Explicit {
    /// The row for a kind of content, if the rules state one.
    #[must_use]
    pub fn of(&self, modality: Modality) -> Option<&NoticeRow> {
        match modality {
            Modality::Text => self.text.as_ref(),
            Modality::Image => Some(&self.image).filter(|row| !row.clause.is_empty()),
            Modality::Audio => self.audio.as_ref(),
            Modality::Video => self.video.as_ref(),
            Modality::VirtualScene => self.virtual_scene.as_ref(),
        }
    }

    /// Every row that there is, with the name of its modality.
    #[must_use]
    pub fn rows(&self) -> Vec<(&'static str, &NoticeRow)> {
        let image = Some(&self.image).filter(|row| !row.clause.is_empty());
        [
            ("text", self.text.as_ref()),
            ("image", image),
            ("audio", self.audio.as_ref()),
            ("video", self.video.as_ref()),
            ("virtual_scene", self.virtual_scene.as_ref()),
            ("interface", self.interface.as_ref()),
        ]
        .into_iter()
        .filter_map(|(name, row)| row.map(|row| (name, row)))
        .collect()
    }
}

/// What a notice has to look or sound like. A field that is missing or zero: no rule states it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeRow {
    /// The clause.
    pub clause: String,
    /// How well the row is known as a whole.
    pub sure: Sure,
    /// Fields of this row that are inferred.
    pub inferred: Vec<String>,
    /// Fields of this row that were not seen in a source that cites the official text.
    pub unconfirmed: Vec<String>,
    /// Whether the rules leave it free.
    pub optional: bool,
    /// Whether both wording elements are required: 人工智能 or AI, and 生成 or 合成.
    pub both_elements: bool,
    /// Wording elements: of each list, one must appear.
    pub elements: Vec<Vec<String>>,
    /// Languages of which one must be used (BCP 47 tags).
    pub languages: Vec<String>,
    /// Forms, any of which will do: `text`, `corner_mark`, `speech`, `rhythm`, `icon`, `interface`.
    pub forms: Vec<String>,
    /// Places, any of which will do: `start`, `middle`, `end`, `first_frame`, `edge`, `corner`,
    /// `around`, `in_content`, `title`, `caption`.
    pub placement: Vec<String>,
    /// Least ink height against the shortest side, 0 to 1.
    pub min_height_ratio: f64,
    /// Least contrast of text against its ground, 1 to 21.
    pub min_contrast: f64,
    /// Least time in seconds at normal speed.
    pub min_seconds: Option<f64>,
    /// Whether it has to be there as long as the content is shown.
    pub continuous: bool,
    /// The rhythm, in Morse letters: `.` short, `-` long, a space between letters.
    pub rhythm: Option<String>,
    /// Length of the short sound in milliseconds, from and to.
    pub rhythm_unit_ms: Option<[u32; 2]>,
    /// Speed of speech in characters per minute, from and to.
    pub characters_per_minute: Option<[u32; 2]>,
    /// What else there is to know, in English.
    pub note_en: String,
    /// What else there is to know, in Chinese.
    pub note_zh: String,
}

/// A check as the data file states it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRow {
    /// Stable name within the profile.
    pub id: String,
    /// The clause that it rests on.
    pub clause: String,
    /// How well the rule is known.
    pub sure: Sure,
    /// Name of the code that runs it.
    pub test: Test,
    /// Finding codes that make it fail, whatever the test says.
    #[serde(default)]
    pub findings: Vec<String>,
    /// Keys of Annex E: only findings about these count. Empty for all.
    #[serde(default)]
    pub keys: Vec<String>,
    /// The kinds of content that it is about; empty for all.
    #[serde(default)]
    pub modalities: Vec<Modality>,
    /// What has to be stated, for [`Test::Stated`].
    pub field: Option<Field>,
    /// Why a file can't show it, for [`Test::NotCheckable`].
    pub reason: Option<Reason>,
    /// Whether the rules only recommend it: a failure does not make the verdict noncompliant.
    #[serde(default)]
    pub recommended: bool,
}

/// The code that runs a check. All but the first five apply only where the profile's subject was
/// found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Test {
    /// A file can't show it, or we can't read it there.
    NotCheckable,
    /// A notice for people was perceived, with the height, the time and the elements that the profile
    /// asks for. Not checkable where none was recognised.
    ExplicitNotice,
    /// A readable AIGC object stands in the metadata.
    LabelPresent,
    /// Some mark states AI in a form that machines read; traces don't count.
    MachineMark,
    /// There is a C2PA manifest that could be checked.
    ManifestPresent,
    /// None of the named findings is in the report.
    NoFindings,
    /// A signature or hash binding over the mark was checked and holds.
    Signed,
    /// Someone whom the caller trusts signed. Not checkable when the caller gave no anchor.
    SignerTrusted,
    /// A time stamp goes with the signature.
    TimeStamp,
    /// Some mark states the field that the row names.
    Stated,
    /// The manifest states a known digital source type.
    DigitalSourceType,
    /// A mark in the metadata and another in the content itself. Not checkable as long as only the
    /// one in the metadata was found.
    TwoLayers,
    /// A watermark was read from the content itself. Not checkable where none was: there are more schemes
    /// than a reader knows.
    Watermark,
}

/// What a mark can state about the origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// The provider: stated as such, `ContentProducer`, or the organisation in the certificate of an
    /// intact signature (the last is inferred).
    Provider,
    /// The generating system.
    System,
    /// Its version.
    SystemVersion,
    /// When the content was made or changed, or when it was signed (the latter is inferred).
    Time,
    /// A number that only this content has: stated as such, or `ProduceID`.
    UniqueId,
}

/// A duty as the data file states it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DutyRow {
    /// Stable name within the profile.
    pub id: String,
    /// What kind of act it asks for.
    pub kind: DutyKind,
    /// Who owes it.
    pub who: Who,
    /// The status at which it arises.
    pub status: Vec<Status>,
    /// The state of the AIGC object in the metadata at which it arises; empty for any.
    #[serde(default)]
    pub label: Vec<LabelState>,
    /// The clause.
    pub clause: String,
    /// How well it is known.
    pub sure: Sure,
    /// From when on, if later than the profile (ISO 8601 date).
    pub from: Option<String>,
    /// When it is owed and when not, in English; may be empty.
    #[serde(default)]
    pub note_en: String,
    /// The same in Chinese.
    #[serde(default)]
    pub note_zh: String,
    /// The words to show, by language.
    #[serde(default)]
    pub texts: Vec<DutyText>,
    /// The fields of the AIGC object to write.
    #[serde(default)]
    pub writes: Vec<FieldWrite>,
    /// The fields to leave as they are.
    #[serde(default)]
    pub keep: Vec<String>,
    /// What a record has to hold.
    #[serde(default)]
    pub record: Vec<String>,
    /// How long it has to be kept, in months, at least.
    pub months: Option<u32>,
}

/// State of the AIGC object in the metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelState {
    /// It is there and can be read.
    Readable,
    /// Something is there that can't be read.
    Unreadable,
    /// There is none.
    Absent,
}

/// Words to show.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DutyText {
    /// BCP 47 tag.
    pub language: String,
    /// The words.
    pub text: String,
}

/// A field of the AIGC object to write.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FieldWrite {
    /// The key of Annex E.
    pub key: String,
    /// The value, where the rule fixes it; otherwise it is the writer's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

names!(Subject, Test, Field, LabelState, Modality, DutyKind, Reason, Status, Who);

impl Cell for Sure {
    fn read(value: &serde_json::Value) -> Option<Self> {
        crate::table::name(value)
    }

    fn missing() -> Option<Self> {
        Some(Self::default())
    }
}

row!(ProfileData {
    id, name_en, name_zh, source, in_force, as_of, subject, modalities, due, dates = "date", explicit,
    wordings = "wording", checks = "check", duties = "duty",
});
row!(DateRow { date, what_en, what_zh, sure });
row!(Wording { level, language, text });
row!(Explicit { text, image, audio, video, virtual_scene, interface } missing Self::default());
row!(NoticeRow {
    clause, sure, inferred, unconfirmed, optional, both_elements, elements, languages, forms, placement,
    min_height_ratio, min_contrast, min_seconds, continuous, rhythm, rhythm_unit_ms, characters_per_minute, note_en,
    note_zh,
} missing Self::default());
row!(CheckRow { id, clause, sure, test, findings, keys, modalities, field, reason, recommended });
row!(DutyRow {
    id,
    kind,
    who,
    status,
    label,
    clause,
    sure,
    from,
    note_en,
    note_zh,
    texts,
    writes,
    keep,
    record,
    months,
});
row!(DutyText { language, text });
row!(FieldWrite { key, value });
