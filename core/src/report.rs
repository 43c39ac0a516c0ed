//! What the verifier answers: three questions, three fields, never one boolean.
//!
//! What does the file state ([`Status`])? Can it be believed ([`Integrity`] of each piece of
//! evidence)? Does it satisfy a rule set ([`Verdict`] per profile)? `none` never means made by a
//! human; an untrusted signer is not a broken signature.

use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Severity, Site};
use crate::format::{Format, Modality};
use crate::label::aigc::Aigc;
use crate::message::Lang;
use crate::notice::Perceived;

mod duty;
mod mark;
mod verdict;

pub use duty::{Duty, DutyDocument, DutyKind, Who};
pub use mark::Watermark;
pub use verdict::{Check, CheckResult, Outcome, Reason, Sure, Verdict};

/// Version of the JSON form of a report; see `spec/report.schema.json`.
pub const SCHEMA: &str = "biaoshi.report/1";

/// What a platform has to assume about the content (Measures, Article 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A mark states that it is AI-generated or synthesised (属于).
    Confirmed,
    /// A mark or the user states that it may be (可能).
    Possible,
    /// A mark states that it is suspected, or traces were found (疑似).
    Suspected,
    /// A mark is present and can't be relied on: broken, truncated, unreadable.
    Inconclusive,
    /// No mark was found. This says nothing about how the content was made.
    None,
}

/// Whether a piece of evidence can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Integrity {
    /// There is a signature or binding and it was not checked.
    NotChecked,
    /// A signature or binding was checked and holds; `key` says whose key it was.
    Intact,
    /// A signature or binding was checked and does not hold.
    Broken,
    /// There is a signature or binding of a kind that can't be checked.
    Unsupported,
    /// Nothing protects this evidence: anyone could have written it.
    Absent,
}

/// Whose key an intact signature was made with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// It chains to an anchor that the caller gave.
    Trusted,
    /// It is one of the keys that the caller gave.
    Pinned,
    /// It travels in the file: integrity only, no identity.
    Embedded,
    /// It travels in the file and its certificate is outside its period.
    Expired,
}

/// What ties an intact signature to this content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// A hash of the content.
    Content,
    /// How the picture looks: a perceptual hash.
    Picture,
    /// Nothing: the statement may have been taken from other content.
    Nothing,
}

/// The way in which a statement is carried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum CarrierKind {
    /// The AIGC object of GB 45438-2025 Annex E in a metadata place.
    AigcMetadata,
    /// IPTC `DigitalSourceType` in XMP.
    IptcSourceType,
    /// A C2PA manifest.
    C2paManifest,
    /// The AIGC object inside a C2PA manifest, as an assertion.
    C2paAssertion,
    /// The manifest of something that the content was made from, in the same store.
    C2paIngredient,
    /// The AI fields of IPTC 2025.1 in XMP.
    IptcAiFields,
    /// A vendor's own mark; no label of the standard.
    VendorMark,
    /// What a generating program leaves behind by habit: settings, prompts, its name. A trace, never a
    /// label.
    GeneratorTrace,
    /// A notice that people perceive, in the words, the picture or the sound itself. Whatever it says,
    /// it counts as [`Claim::SuspectedAi`]: an explicit label found where no implicit one was makes
    /// content suspected (Measures, Article 6 (3)).
    ExplicitNotice,
    /// An imperceptible watermark in the picture or sound itself. Anyone can write one and nothing ties
    /// it to who made the content, so whatever it carries counts as [`Claim::SuspectedAi`].
    Watermark,
}

impl CarrierKind {
    /// Whether it is a machine-readable statement with a form of its own, and no vendor's mark, trace,
    /// notice for people or watermark.
    #[must_use]
    pub const fn is_label(self) -> bool {
        !matches!(self, Self::VendorMark | Self::GeneratorTrace | Self::ExplicitNotice | Self::Watermark)
    }
}

/// Whether people or machines perceive it (Measures, Article 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LabelKind {
    /// 显式标识: people perceive it.
    Explicit,
    /// 隐式标识 in file metadata.
    ImplicitMetadata,
    /// 隐式标识 in the content itself.
    ImplicitContent,
}

/// What a piece of evidence states about the making of the content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Claim {
    /// It is AI-generated or synthesised, wholly or partly.
    Ai,
    /// It may be.
    PossiblyAi,
    /// It is suspected to be.
    SuspectedAi,
    /// It was made in another way. Never outweighs an AI claim.
    NotAi,
    /// A mark is there that can't be understood.
    Unclear,
    /// It is readable and says nothing about this.
    Silent,
}

/// The seven fields of a label as found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LabelFields {
    /// `Label`
    pub label: String,
    /// `ContentProducer`
    pub content_producer: String,
    /// `ProduceID`
    pub produce_id: String,
    /// `ReservedCode1`
    pub reserved_code1: String,
    /// `ContentPropagator`
    pub content_propagator: String,
    /// `PropagateID`
    pub propagate_id: String,
    /// `ReservedCode2`
    pub reserved_code2: String,
}

impl From<&Aigc> for LabelFields {
    fn from(aigc: &Aigc) -> Self {
        Self {
            label: aigc.label.clone(),
            content_producer: aigc.content_producer.clone(),
            produce_id: aigc.produce_id.clone(),
            reserved_code1: aigc.reserved_code1.clone(),
            content_propagator: aigc.content_propagator.clone(),
            propagate_id: aigc.propagate_id.clone(),
            reserved_code2: aigc.reserved_code2.clone(),
        }
    }
}

/// Who signed, according to the certificate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Signer {
    /// Common name of the certificate's subject. A claim unless the key is trusted.
    pub name: Option<String>,
    /// Organisation of the certificate's subject. A claim unless the key is trusted.
    pub organization: Option<String>,
    /// Issuer of the certificate.
    pub issuer: Option<String>,
    /// Serial number of the certificate.
    pub serial: Option<String>,
    /// Signature algorithm.
    pub algorithm: Option<String>,
    /// SHA-256 of the certificate, in hex.
    pub certificate_sha256: Option<String>,
    /// SHA-256 of the public key (SubjectPublicKeyInfo), in hex, where there is no certificate.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub public_key_sha256: Option<String>,
    /// Time of signing, if a time stamp states one (RFC 3339).
    pub time: Option<String>,
}

/// What a mark states about the origin of the content, as written there.
///
/// Prompts and names of people are never taken over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Stated {
    /// Who provides the generating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The generating system or model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system: Option<String>,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_version: Option<String>,
    /// When the content was made or changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// The number of this content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unique_id: Option<String>,
    /// What people checked or did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oversight: Option<String>,
}

/// One thing found, with the place where it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Evidence {
    /// How it is carried.
    pub carrier: CarrierKind,
    /// Who perceives it.
    pub kind: LabelKind,
    /// Where it stands.
    pub site: Site,
    /// What it states.
    pub claim: Claim,
    /// Whether that can be believed.
    pub integrity: Integrity,
    /// Whose key, if `integrity` is `intact`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// What ties it to this content, if `integrity` is `intact`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bound: Option<Bound>,
    /// The label's fields, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<LabelFields>,
    /// The source type or action that it states, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_type: Option<String>,
    /// Who signed it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signer: Option<Signer>,
    /// Validation codes as the C2PA standard names them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub codes: Vec<String>,
    /// What it states about the origin.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stated: Option<Stated>,
    /// The row of the table of vendor marks, traces or signature dialects that it was read by.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub dialect: Option<String>,
    /// What was perceived, if it is a notice for people.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub notice: Option<Perceived>,
    /// What was read, if it is a watermark.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub watermark: Option<Watermark>,
    /// Signals as the C2PA asset rubrics name them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub signals: Vec<String>,
}

/// What [`crate::verify::decide`] has to know of a piece of evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Statement {
    /// What it states.
    pub claim: Claim,
    /// Whether that can be believed.
    pub integrity: Integrity,
    /// Whose key, if `integrity` is [`Integrity::Intact`].
    pub key: Option<Key>,
    /// What ties it to this content, if `integrity` is [`Integrity::Intact`].
    pub bound: Option<Bound>,
}

impl Statement {
    /// Whether someone whom the caller trusts signed it, for this content.
    #[must_use]
    pub const fn is_vouched(self) -> bool {
        matches!(self.integrity, Integrity::Intact)
            && matches!(self.key, Some(Key::Trusted | Key::Pinned))
            && matches!(self.bound, Some(Bound::Content | Bound::Picture))
    }
}

impl Evidence {
    /// Claim, integrity, key and what it is tied to.
    #[must_use]
    pub const fn statement(&self) -> Statement {
        Statement { claim: self.claim, integrity: self.integrity, key: self.key, bound: self.bound }
    }
}

/// Everything the verifier has to say about one file. It has no truth value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// Name of the file, if it has one.
    pub file: Option<String>,
    /// What the content is.
    pub format: Format,
    /// Length in bytes.
    pub bytes: u64,
    /// What the file states.
    pub status: Status,
    /// Everything found.
    pub evidence: Vec<Evidence>,
    /// Everything there is to say about it, the weightiest first.
    pub findings: Vec<Finding>,
    /// One verdict per profile.
    pub verdicts: Vec<Verdict>,
    /// What has to be done with the file at its status, by these profiles.
    pub duties: Vec<Duty>,
}

impl Report {
    /// Whether a label stands in the file and nothing found speaks against relying on it: no
    /// evidence is broken and no finding is a warning or an error.
    ///
    /// This is about the label, not about the truth of what it says.
    #[must_use]
    pub fn carries_intact_label(&self) -> bool {
        let labelled = self.evidence.iter().any(|e| {
            e.carrier.is_label()
                && matches!(e.claim, Claim::Ai | Claim::PossiblyAi | Claim::SuspectedAi)
                && matches!(e.integrity, Integrity::Intact | Integrity::Absent)
        });
        labelled && !self.is_broken() && self.findings.iter().all(|f| f.severity() == Severity::Info)
    }

    /// Whether a signature or hash binding in the file is broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.evidence.iter().any(|e| e.integrity == Integrity::Broken)
    }

    /// The verdict for a profile, if it was asked for.
    #[must_use]
    pub fn verdict(&self, profile: &str) -> Option<&Verdict> {
        self.verdicts.iter().find(|v| v.profile == profile)
    }

    /// Whether a finding with this code is in the report.
    #[must_use]
    pub fn has(&self, code: &str) -> bool {
        self.findings.iter().any(|f| f.code() == code)
    }

    /// The JSON form, with text in `lang`; strings from the file are escaped in texts and kept
    /// as they are in values.
    #[must_use]
    pub fn document(&self, lang: Lang) -> Document {
        Document {
            schema: SCHEMA.to_owned(),
            file: self.file.clone(),
            format: self.format,
            modality: self.format.row().modality,
            bytes: self.bytes,
            status: self.status,
            evidence: self.evidence.clone(),
            findings: self.findings.iter().map(|f| FindingDocument::new(f, lang)).collect(),
            verdicts: self.verdicts.iter().map(|v| v.in_language(lang)).collect(),
            duties: self.duties.iter().map(|d| d.document(lang)).collect(),
        }
    }
}

/// The JSON form of a [`Report`]; its schema is `spec/report.schema.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Document {
    /// Always `biaoshi.report/1`.
    pub schema: String,
    /// Name of the file, if it has one.
    pub file: Option<String>,
    /// What the content is.
    pub format: Format,
    /// What kind of content the format holds.
    pub modality: Modality,
    /// Length in bytes.
    pub bytes: u64,
    /// What the file states.
    pub status: Status,
    /// Everything found.
    pub evidence: Vec<Evidence>,
    /// Everything there is to say about it.
    pub findings: Vec<FindingDocument>,
    /// One verdict per profile.
    pub verdicts: Vec<Verdict>,
    /// What has to be done with the file at its status, by these profiles.
    pub duties: Vec<DutyDocument>,
}

#[cfg(feature = "schema")]
impl Document {
    /// JSON Schema (draft 2020-12) of what is written: a field that is always there is required.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schema::<Self>()
    }
}

#[cfg(feature = "schema")]
pub(crate) fn schema<T: schemars::JsonSchema>() -> schemars::Schema {
    schemars::generate::SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}

#[cfg(feature = "schema")]
impl crate::Receipt {
    /// JSON Schema (draft 2020-12) of its JSON form; notes and report are written beside it.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        schema::<Self>()
    }
}

/// The JSON form of a finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FindingDocument {
    /// Stable code, see `biaoshi list findings`.
    pub code: String,
    /// Weight.
    pub severity: Severity,
    /// Clause or source.
    pub clause: String,
    /// The sentence, in the language asked for.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
    /// Where it applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub site: Option<Site>,
}

impl FindingDocument {
    fn new(finding: &Finding, lang: Lang) -> Self {
        Self {
            code: finding.code().to_owned(),
            severity: finding.severity(),
            clause: finding.rule.clause(lang),
            message: finding.text(lang),
            hint: finding.hint(lang),
            site: finding.site.clone(),
        }
    }
}
