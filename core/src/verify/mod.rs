//! Reads every label of a file, says what it is worth, and judges it.
//!
//! Collect, check, decide: carriers find evidence, signatures and bindings give it an
//! [`Integrity`], [`decide()`] derives the status, profiles judge.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::carrier::marks::MarkKind;
use crate::carrier::{self, aigc, iptc};
use crate::codec::tool::Programs;
use crate::codec::watch::Watched;
use crate::container::{Container, SegmentMap, Slot};
use crate::error::{Error, Result};
use crate::finding::{self, Finding, Site};
use crate::format::{Format, FormatRow};
use crate::label::{Aigc, Level};
use crate::limits::Limits;
use crate::message::general;
use crate::profile::{Facts, Profile};
use crate::report::{CarrierKind, Claim, Evidence, Integrity, LabelFields, LabelKind, Report, Stated};
use crate::source::{ReadSeek, Source, limit_error};
use crate::trust::TrustStore;

mod decide;
#[cfg(feature = "look")]
pub mod lookup;
#[cfg(feature = "c2pa")]
mod manifest;
#[cfg(feature = "look")]
mod marks;
#[cfg(feature = "c2pa")]
mod origin;
mod perceive;
mod security;

pub use decide::decide;
pub use perceive::Look;
pub(crate) use perceive::{heard, spread};

/// What collecting found before anything was judged.
pub(crate) struct Collected {
    pub(crate) format: Format,
    pub(crate) map: SegmentMap,
    pub(crate) metadata: aigc::Metadata,
    /// The packet in the format's own XMP place.
    pub(crate) packet: Option<Vec<u8>>,
}

impl Collected {
    /// Whether the file carries a manifest store.
    pub(crate) fn has_manifest(&self) -> bool {
        self.manifest_site().is_some()
    }

    /// Whether no label was found in front of what was left unread: nothing is called absent from a file
    /// that was not read to its end. The chunks of a PNG are all known, only their sums are not.
    fn may_hold_more(&self) -> bool {
        self.format != Format::Png && self.metadata.labels.is_empty()
    }

    /// Whether something in the file is or may be a signature over its content.
    fn has_signature(&self) -> bool {
        let codes = |aigc: &Aigc| [&aigc.reserved_code1, &aigc.reserved_code2].into_iter().any(|code| !code.is_empty());
        let mut labels = self.metadata.labels.iter().filter_map(|label| label.parsed.as_ref().ok());
        // The packet may name a store that stands behind what was read.
        self.has_manifest() || self.metadata.xmp.provenance.is_some() || labels.any(|parsed| codes(&parsed.aigc))
    }

    /// From the first to the last part of the manifest store.
    pub(crate) fn manifest_site(&self) -> Option<Site> {
        let mut stores = self.map.segments.iter().filter(|s| s.slot == Some(Slot::Manifest));
        let first = stores.next()?;
        let last = stores.next_back().unwrap_or(first);
        Some(Site::new("c2pa", &(first.range.start..last.range.end.max(first.range.end))))
    }
}

/// Sniffs, maps and reads every metadata place.
pub(crate) fn collect(source: &mut Source<'_>, name: Option<&str>, limits: &Limits) -> Result<Collected> {
    let Some(row) = Format::sniff(source, name)? else {
        let problem = match Format::recognise(source)? {
            Some((name, instead)) => general::FORMAT_UNSUPPORTED.with("format", name).because("instead", instead),
            None => general::FORMAT_UNKNOWN.problem(),
        };
        return Err(Error::Unsupported(problem));
    };
    collect_as(row, source, limits)
}

/// Maps and reads every metadata place of a file of known format.
pub(crate) fn collect_as(row: &FormatRow, source: &mut Source<'_>, limits: &Limits) -> Result<Collected> {
    let container: &dyn Container = row.container;
    let mut map = container.map(row.format, source, limits)?;
    let values = container.values(&mut map, source, limits)?;
    let len = map.len;
    map.findings.iter_mut().filter_map(|found| found.site.as_mut()).for_each(|site| site.clamp(len));
    // Only the first place is written to, so a second packet never stands in for a first one that
    // can't be read.
    let place = map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)).map(|s| s.range.start);
    let packet = values.iter().find(|v| v.slot == Slot::Xmp && Some(v.range.start) == place).map(|v| v.bytes.clone());
    let mut metadata = aigc::detect(row.format, &values, limits);
    aigc::unreadable_places(&map.findings, &mut metadata);
    if let Some((limit, value, max)) = metadata.crowded {
        return Err(limit_error(limit, value, max));
    }
    Ok(Collected { format: row.format, map, metadata, packet })
}

/// Reads labels and judges them. Cheap to make, and shared between threads.
///
/// ```
/// use biaoshi::{Profile, Status, Verifier};
/// # let png = biaoshi::doc_picture();
/// let report = Verifier::new().profile(Profile::CN_GB45438).verify_bytes(&png)?;
/// assert_eq!(report.status, Status::None); // no mark; says nothing about how it was made
/// # Ok::<(), biaoshi::Error>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Verifier<'a> {
    profiles: Vec<Profile>,
    trust: Option<&'a TrustStore>,
    limits: Limits,
    file_name: Option<String>,
    /// A name that tells kinds of text apart but is not reported.
    taken_for: Option<String>,
    declared: bool,
    look: Look,
    #[cfg(feature = "look")]
    keys: Vec<crate::watermark::Key>,
    programs: Option<Programs>,
    cancel: Option<Arc<AtomicBool>>,
}

impl<'a> Verifier<'a> {
    /// A verifier with default limits, no anchors, and the profiles of [`Profile::DEFAULT`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks for a verdict of this profile; without any, those of
    /// [`Profile::DEFAULT`] are judged.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        if !self.profiles.contains(&profile) {
            self.profiles.push(profile);
        }
        self
    }

    /// Knows whose keys are whose. Without anchors no signer is trusted.
    #[must_use]
    pub const fn trust(mut self, trust: &'a TrustStore) -> Self {
        self.trust = Some(trust);
        self
    }

    /// Sets the bounds on memory and work.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Names the file in the report, and compares its ending with the content.
    #[must_use]
    pub fn file_name(mut self, name: &str) -> Self {
        self.file_name = Some(name.to_owned());
        self
    }

    /// Tells kinds of text apart by this name, without naming the file.
    pub(crate) fn taken_for(mut self, name: Option<&str>) -> Self {
        self.taken_for = name.map(str::to_owned);
        self
    }

    /// Says that the user who published the content declared it (Measures, Article 6 (2)).
    #[must_use]
    pub const fn declared(mut self, declared: bool) -> Self {
        self.declared = declared;
        self
    }

    /// Says what is looked at in search of notices for people: [`Look::Words`] unless told.
    #[must_use]
    pub const fn look(mut self, look: Look) -> Self {
        self.look = look;
        self
    }

    /// Also reads watermarks that were written with this secret key, where the content is looked at
    /// ([`Look::Everything`]). Those of the public key are read without being asked for.
    #[must_use]
    #[cfg(feature = "look")]
    pub fn watermark_key(mut self, key: crate::watermark::Key) -> Self {
        self.keys.push(key);
        self
    }

    /// Allows installed programs to be started: for films, coded sound and words in pictures. None
    /// are by default.
    #[must_use]
    pub fn programs(mut self, programs: Programs) -> Self {
        self.programs = Some(programs);
        self
    }

    /// Ends the work with an error soon after another thread has set this flag; programs have one of
    /// their own ([`Programs::cancel`]).
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = Some(flag);
        self
    }

    /// Reads and judges bytes in memory.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub fn verify_bytes(&self, bytes: &[u8]) -> Result<Report> {
        self.verify(&mut std::io::Cursor::new(bytes))
    }

    /// Reads and judges a file, under its own name unless another was given.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn verify_file(&self, path: impl AsRef<std::path::Path>) -> Result<Report> {
        let path = path.as_ref();
        let mut file = crate::output::open_regular(path)?;
        let name = self.file_name.clone().unwrap_or_else(|| path.display().to_string());
        self.clone().file_name(&name).verify(&mut file)
    }

    /// Reads and judges `source`. Everything wrong inside the file is a finding of the report.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Limit`], and [`Error::Unsupported`] for content of another format.
    pub fn verify(&self, source: &mut dyn ReadSeek) -> Result<Report> {
        let source = &mut Watched::by(self.cancel.as_ref(), source);
        let name = self.file_name.as_deref().or(self.taken_for.as_deref());
        let (collected, bytes) = {
            let mut bounded = Source::new(source, &self.limits)?;
            let first = if self.look == Look::Everything { &self.limits.whole() } else { &self.limits };
            let collected = collect(&mut bounded, name, first)?;
            let again = collected.map.unread() && (collected.has_signature() || collected.may_hold_more());
            let whole = if again { collect(&mut bounded, name, &self.limits.whole())? } else { collected };
            (whole, bounded.len())
        };
        let mut evidence = Vec::new();
        let mut findings = collected.map.findings.clone();
        findings.extend(collected.metadata.findings.iter().cloned());
        self.check_name(collected.format, &mut findings);
        self.metadata_evidence(&collected, &mut evidence, &mut findings);

        #[cfg(feature = "c2pa")]
        manifest::check(source, &collected, self.trust, &self.limits, &mut evidence, &mut findings)?;
        #[cfg(not(feature = "c2pa"))]
        if let Some(site) = collected.manifest_site() {
            let reason = &crate::message::reason::NOT_BUILT;
            findings.push(finding::MANIFEST_NOT_CHECKED.finding().because("reason", reason).at(site.clone()));
            evidence.push(bare(CarrierKind::C2paManifest, site, Claim::Unclear));
            // Whether it covers the metadata can't be told without it.
            evidence.iter_mut().for_each(|e| e.integrity = Integrity::NotChecked);
        }

        security::check(source, &collected, self.trust, &self.limits, &mut evidence, &mut findings)?;
        let looked = self.perceive(source, &collected, &mut evidence, &mut findings)?;
        #[cfg(feature = "look")]
        marks::compare(&mut evidence, &mut findings);
        self.relate(&evidence, &mut findings);
        let statements: Vec<_> = evidence.iter().map(Evidence::statement).collect();
        let status = decide(&statements, self.declared);
        findings.sort_by_key(|f| std::cmp::Reverse(f.severity()));
        let profiles = if self.profiles.is_empty() { Profile::DEFAULT } else { &self.profiles };
        let facts = Facts {
            evidence: &evidence,
            findings: &findings,
            modality: looked.modality,
            status,
            anchors: self.trust.is_some_and(|t| !t.is_empty()),
            looked: looked.notices,
            sought: looked.watermarks,
        };
        let verdicts = profiles.iter().map(|p| p.judge(&facts)).collect();
        let duties = profiles.iter().flat_map(|p| p.duties(&facts)).collect();
        Ok(Report {
            file: self.file_name.clone(),
            format: collected.format,
            bytes,
            status,
            evidence,
            findings,
            verdicts,
            duties,
        })
    }

    /// The manifest store and how it validated, in crJSON, for programs that read C2PA's own form;
    /// `None` if the file has no manifest. What it means for the labels is in [`Verifier::verify`].
    ///
    /// # Errors
    /// As [`Verifier::verify`], and [`Error::Malformed`] for a store that can't be read.
    #[cfg(feature = "c2pa")]
    pub fn crjson(&self, source: &mut dyn ReadSeek) -> Result<Option<serde_json::Value>> {
        let name = self.file_name.as_deref().or(self.taken_for.as_deref());
        let collected = collect(&mut Source::new(source, &self.limits)?, name, &self.limits.whole())?;
        if !collected.has_manifest() {
            return Ok(None);
        }
        let none = TrustStore::default();
        let mime = collected.format.row().mime;
        carrier::manifest::crjson(source, mime, self.trust.unwrap_or(&none), &self.limits)
    }

    fn check_name(&self, format: Format, findings: &mut Vec<Finding>) {
        let Some(name) = &self.file_name else { return };
        let Some(extension) = crate::format::extension(name) else { return };
        let known = crate::format::FORMATS.iter().any(|row| row.extensions.contains(&extension.as_str()))
            || OTHER_EXTENSIONS.contains(&extension.as_str());
        if known && !format.row().extensions.contains(&extension.as_str()) {
            findings
                .push(finding::FILE_EXTENSION.finding().arg("extension", extension).arg("format", format.row().name));
        }
    }

    fn metadata_evidence(&self, collected: &Collected, evidence: &mut Vec<Evidence>, findings: &mut Vec<Finding>) {
        for label in &collected.metadata.labels {
            let (claim, fields) = match &label.parsed {
                Ok(parsed) if label.quoted => (Claim::SuspectedAi, Some(LabelFields::from(&parsed.aigc))),
                Ok(parsed) => (level_claim(parsed.level), Some(LabelFields::from(&parsed.aigc))),
                Err(_) => (Claim::Unclear, None),
            };
            evidence.push(Evidence { label: fields, ..bare(CarrierKind::AigcMetadata, label.site.clone(), claim) });
        }
        for (value, site) in &collected.metadata.xmp.source_types {
            let (claim, found) = iptc::read(value, site);
            findings.extend(found);
            evidence.push(Evidence {
                source_type: Some(value.clone()),
                ..bare(CarrierKind::IptcSourceType, site.clone(), claim)
            });
        }
        ai_fields(&collected.metadata.xmp.ai_fields, evidence);
        for mark in &collected.metadata.marks {
            let carrier = match mark.row.kind {
                MarkKind::Vendor => CarrierKind::VendorMark,
                MarkKind::Trace => CarrierKind::GeneratorTrace,
            };
            let system = Some(mark.system.clone()).filter(|system| !system.is_empty());
            evidence.push(Evidence {
                stated: system.map(|system| Stated { system: Some(system), ..Stated::default() }),
                dialect: Some(mark.row.id.clone()),
                ..bare(carrier, mark.site.clone(), mark.claim)
            });
        }
        if let Some((value, site)) = collected.metadata.xmp.provenance.as_ref().filter(|_| !collected.has_manifest()) {
            let remote = value.starts_with("http://") || value.starts_with("https://");
            let rule = if remote { &finding::MANIFEST_REMOTE } else { &finding::MANIFEST_GONE };
            findings.push(rule.finding().at(site.clone()));
        }
    }

    /// Findings that need more than one piece of evidence.
    fn relate(&self, evidence: &[Evidence], findings: &mut Vec<Finding>) {
        let ai = evidence.iter().any(|e| matches!(e.claim, Claim::Ai | Claim::PossiblyAi | Claim::SuspectedAi));
        for other in evidence.iter().filter(|e| ai && e.claim == Claim::NotAi) {
            let value = other.source_type.clone().unwrap_or_default();
            findings.push(finding::SOURCE_CONFLICT.finding().arg("value", value).at(other.site.clone()));
        }
        for label in evidence.iter().filter(|e| e.carrier == CarrierKind::AigcMetadata && e.label.is_some()) {
            let marked = label.label.as_ref().is_some_and(|l| l.reserved_code1.starts_with(carrier::SIGNED_MARKER));
            let store = evidence.iter().any(|e| e.carrier == CarrierKind::C2paManifest);
            if marked && !store {
                findings.push(finding::MANIFEST_MISSING.finding().at(label.site.clone()));
            } else if label.integrity == Integrity::Absent && !store {
                findings.push(finding::LABEL_UNSIGNED.finding().at(label.site.clone()));
            }
        }
    }
}

/// The AI fields of one file are one piece of evidence: a system that was used to generate it.
fn ai_fields(fields: &[(&'static str, String, Site)], evidence: &mut Vec<Evidence>) {
    let Some((_, _, site)) = fields.first() else { return };
    let of = |name: &str| fields.iter().find(|(n, v, _)| *n == name && !v.is_empty()).map(|(_, v, _)| v.clone());
    let stated = Stated { system: of("AISystemUsed"), system_version: of("AISystemVersionUsed"), ..Stated::default() };
    evidence.push(Evidence {
        stated: (stated != Stated::default()).then_some(stated),
        ..bare(CarrierKind::IptcAiFields, site.clone(), Claim::Ai)
    });
}

/// Endings of formats that have no place for a label but say what the content is not.
const OTHER_EXTENSIONS: &[&str] = &["bmp", "ico", "zip", "wmv", "ts", "psd"];

/// Evidence with nothing but carrier, place and claim.
pub(crate) const fn bare(carrier: CarrierKind, site: Site, claim: Claim) -> Evidence {
    Evidence {
        carrier,
        kind: LabelKind::ImplicitMetadata,
        site,
        claim,
        integrity: Integrity::Absent,
        key: None,
        bound: None,
        label: None,
        source_type: None,
        signer: None,
        codes: Vec::new(),
        stated: None,
        dialect: None,
        notice: None,
        watermark: None,
        signals: Vec::new(),
    }
}

/// What a level states; a value outside the enum is unclear.
pub(crate) const fn level_claim(level: Option<Level>) -> Claim {
    match level {
        Some(Level::Is) => Claim::Ai,
        Some(Level::Possible) => Claim::PossiblyAi,
        Some(Level::Suspected) => Claim::SuspectedAi,
        None => Claim::Unclear,
    }
}
