//! The named tests: from values to a result. They never see bytes.

use crate::error::Arg;
use crate::finding::{self, Finding};
use crate::format::Modality;
use crate::label::source_type::SourceType;
use crate::report::{CarrierKind, CheckResult, Claim, Evidence, Integrity, LabelKind, Reason, Status};

use super::data::{CheckRow, Explicit, Field, LabelState, Subject, Test};
use super::notice;

/// What profiles judge: everything that was found, and what kind of content it was found in.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Everything found.
    pub evidence: &'a [Evidence],
    /// Everything there is to say about it.
    pub findings: &'a [Finding],
    /// What kind of content the file holds.
    pub modality: Modality,
    /// What the file states.
    pub status: Status,
    /// Whether the caller said whom he trusts.
    pub anchors: bool,
    /// Why the content was not looked at for notices; nothing if it was.
    pub looked: Result<(), Reason>,
    /// Whether the content was searched for watermarks.
    pub sought: bool,
}

/// What there is to judge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    Label,
    Damaged,
    Nothing,
}

impl Facts<'_> {
    /// Whether the subject of a profile is in the file.
    pub(super) fn find(&self, subject: Subject) -> Found {
        let (good, bad) = match subject {
            Subject::AigcMetadata => (
                self.aigc().any(|e| e.label.is_some() && e.integrity != Integrity::Broken),
                self.aigc().next().is_some() || self.findings.iter().any(|f| f.rule == &finding::LABEL_MALFORMED),
            ),
            Subject::MachineMark => (self.marks().next().is_some(), self.machine_readable().any(is_damaged)),
            Subject::Manifest => (self.manifests().any(was_checked), self.manifests().next().is_some()),
        };
        match (good, bad) {
            (true, _) => Found::Label,
            (false, true) => Found::Damaged,
            (false, false) => Found::Nothing,
        }
    }

    /// The state of the AIGC object in the metadata.
    pub(super) fn label_state(&self) -> LabelState {
        match (self.aigc().any(|e| e.label.is_some()), self.aigc().next()) {
            (true, _) => LabelState::Readable,
            (false, Some(_)) => LabelState::Unreadable,
            (false, None) => LabelState::Absent,
        }
    }

    /// Whether part of the file was passed over (`Limits::coded_bytes`).
    pub(super) fn is_unread(&self) -> bool {
        self.findings.iter().any(|found| found.rule == &crate::finding::FILE_UNREAD)
    }

    /// Runs a check. The codes are those of the findings that made it fail.
    pub(super) fn run(
        &self,
        row: &CheckRow,
        subject: Subject,
        notices: &Explicit,
    ) -> (CheckResult, Option<Reason>, Vec<String>) {
        if !row.modalities.is_empty() && !row.modalities.contains(&self.modality) {
            return (CheckResult::NotApplicable, None, Vec::new());
        }
        if row.test == Test::NotCheckable {
            return (CheckResult::NotCheckable, Some(row.reason.unwrap_or(Reason::Unread)), Vec::new());
        }
        let hits: Vec<String> = row.findings.iter().filter(|code| self.has(code, &row.keys)).cloned().collect();
        if !hits.is_empty() {
            return (CheckResult::Fail, None, hits);
        }
        let (result, reason) = match row.test {
            Test::ExplicitNotice => notice::judge(self, notices),
            _ => self.test(row, subject),
        };
        (result, reason, hits)
    }

    fn test(&self, row: &CheckRow, subject: Subject) -> (CheckResult, Option<Reason>) {
        let found = |subject| of(self.find(subject) == Found::Label);
        match row.test {
            Test::NotCheckable | Test::ExplicitNotice => (CheckResult::NotCheckable, row.reason),
            Test::LabelPresent => found(Subject::AigcMetadata),
            Test::MachineMark => found(Subject::MachineMark),
            Test::ManifestPresent => found(Subject::Manifest),
            _ if self.find(subject) != Found::Label => (CheckResult::NotApplicable, None),
            // What stands in the rest was not read.
            Test::NoFindings if self.is_unread() => (CheckResult::NotCheckable, Some(Reason::Unread)),
            Test::NoFindings => of(true),
            Test::Signed => self.signed(subject),
            Test::SignerTrusted => self.signer_trusted(subject),
            Test::TimeStamp => of(self.subjects(subject).any(|e| {
                e.integrity == Integrity::Intact && e.signer.as_ref().is_some_and(|s| filled(s.time.as_ref()))
            })),
            Test::Stated => of(row.field.is_some_and(|field| self.states(field))),
            Test::DigitalSourceType => of(self.manifests().any(|e| {
                let known = |value: &String| SourceType::read(value).source_type.is_some();
                e.integrity != Integrity::Broken && e.source_type.as_ref().is_some_and(known)
            })),
            Test::TwoLayers => self.two_layers(),
            Test::Watermark => self.watermark(),
        }
    }

    fn signed(&self, subject: Subject) -> (CheckResult, Option<Reason>) {
        let any = |wanted: Integrity| self.subjects(subject).any(|e| e.integrity == wanted);
        if any(Integrity::Intact) {
            of(true)
        } else if any(Integrity::NotChecked) || any(Integrity::Unsupported) {
            (CheckResult::NotCheckable, Some(Reason::SignatureUnchecked))
        } else {
            of(false)
        }
    }

    fn signer_trusted(&self, subject: Subject) -> (CheckResult, Option<Reason>) {
        let mut intact = self.subjects(subject).filter(|e| e.integrity == Integrity::Intact).peekable();
        if intact.peek().is_none() {
            (CheckResult::NotApplicable, None)
        } else if intact.any(|e| e.statement().is_vouched()) {
            of(true)
        } else if self.anchors {
            of(false)
        } else {
            (CheckResult::NotCheckable, Some(Reason::NoAnchors))
        }
    }

    fn watermark(&self) -> (CheckResult, Option<Reason>) {
        if self.marks().any(|e| e.kind == LabelKind::ImplicitContent) {
            return of(true);
        }
        (CheckResult::NotCheckable, Some(if self.sought { Reason::NoWatermark } else { Reason::InContent }))
    }

    fn two_layers(&self) -> (CheckResult, Option<Reason>) {
        let layer = |kind: LabelKind| self.marks().any(|e| e.kind == kind);
        match (layer(LabelKind::ImplicitMetadata), layer(LabelKind::ImplicitContent)) {
            (true, true) => of(true),
            (true, false) => (CheckResult::NotCheckable, Some(Reason::InContent)),
            (false, _) => of(false),
        }
    }

    /// Whether a mark that is no trace and not broken states a field.
    fn states(&self, field: Field) -> bool {
        self.machine_readable().filter(|e| e.integrity != Integrity::Broken).any(|e| {
            let stated = e.stated.as_ref();
            let label = e.label.as_ref();
            let signer = e.signer.as_ref().filter(|_| e.integrity == Integrity::Intact);
            match field {
                Field::Provider => {
                    filled(stated.and_then(|s| s.provider.as_ref()))
                        || filled(label.map(|l| &l.content_producer))
                        || filled(signer.and_then(|s| s.organization.as_ref()))
                }
                Field::System => filled(stated.and_then(|s| s.system.as_ref())),
                Field::SystemVersion => filled(stated.and_then(|s| s.system_version.as_ref())),
                Field::Time => {
                    filled(stated.and_then(|s| s.time.as_ref())) || filled(signer.and_then(|s| s.time.as_ref()))
                }
                Field::UniqueId => {
                    let number = |text: Option<&String>| text.is_some_and(|t| t.chars().any(|c| c != '0' && c != '-'));
                    number(stated.and_then(|s| s.unique_id.as_ref())) || number(label.map(|l| &l.produce_id))
                }
            }
        })
    }

    /// Whether a finding with this code, about one of these keys of Annex E, is there.
    fn has(&self, code: &str, keys: &[String]) -> bool {
        // A finding that names no key is about all of them.
        let about = |finding: &Finding| {
            keys.is_empty()
                || finding.args.iter().find(|(name, _)| *name == "key").is_none_or(|(_, value)| match value {
                    Arg::Text(key) => keys.contains(key),
                    Arg::Problem(_) => false,
                })
        };
        self.findings.iter().any(|f| f.code() == code && about(f))
    }

    fn aigc(&self) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().filter(|e| e.carrier == CarrierKind::AigcMetadata)
    }

    fn manifests(&self) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().filter(|e| e.carrier == CarrierKind::C2paManifest)
    }

    /// What machines read; a trace is no mark.
    fn machine_readable(&self) -> impl Iterator<Item = &Evidence> {
        self.evidence.iter().filter(|e| e.kind != LabelKind::Explicit && e.carrier != CarrierKind::GeneratorTrace)
    }

    /// Marks that state AI and are not broken.
    fn marks(&self) -> impl Iterator<Item = &Evidence> {
        self.machine_readable().filter(|e| {
            matches!(e.claim, Claim::Ai | Claim::PossiblyAi | Claim::SuspectedAi) && e.integrity != Integrity::Broken
        })
    }

    /// The evidence that a profile's subject consists of.
    fn subjects(&self, subject: Subject) -> impl Iterator<Item = &Evidence> {
        let all: Vec<&Evidence> = match subject {
            Subject::AigcMetadata => self.aigc().filter(|e| e.label.is_some()).collect(),
            Subject::MachineMark => self.marks().collect(),
            Subject::Manifest => self.manifests().collect(),
        };
        all.into_iter()
    }
}

pub(super) const fn of(holds: bool) -> (CheckResult, Option<Reason>) {
    (if holds { CheckResult::Pass } else { CheckResult::Fail }, None)
}

fn filled(text: Option<&String>) -> bool {
    text.is_some_and(|t| !t.trim().is_empty())
}

/// Whether something may have stated AI and can't be relied on.
fn is_damaged(e: &Evidence) -> bool {
    e.claim == Claim::Unclear || (e.integrity == Integrity::Broken && e.claim != Claim::NotAi)
}

/// Whether a manifest was looked at: a broken one is judged, an unchecked one can't be.
const fn was_checked(e: &Evidence) -> bool {
    matches!(e.integrity, Integrity::Intact | Integrity::Broken)
}
