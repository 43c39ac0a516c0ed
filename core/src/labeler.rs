//! Writing labels: content, then metadata, then manifest, then reading back.
//!
//! The order is fixed because a manifest covers everything before it: a notice changes pixels,
//! metadata surrounds them, the signature comes last and nothing may change after it.

use std::io::{Seek, Write};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::carrier::{SIGNED_MARKER, slots};
use crate::codec::tool::Programs;
use crate::codec::watch::Watched;
use crate::container::Patch;
use crate::error::{Error, Problem, Result};
use crate::format::{Format, Modality};
use crate::hex::hex;
use crate::label::aigc::Key;
use crate::label::{Aigc, Label, Level, Origin, SourceType};
use crate::limits::Limits;
use crate::message::{general, write as rows};
use crate::profile::Profile;
use crate::report::{LabelFields, Report};
use crate::sign::Signer;
use crate::source::{ReadSeek, ReadWriteSeek, Source};
use crate::verify::{Collected, collect, collect_as};

mod animated;
mod content;
mod explicit;
mod imprint;
mod plan;
mod propagate;
mod receipt;
mod seal;
#[cfg(feature = "c2pa")]
mod sign;
mod streams;
#[cfg(test)]
mod texts;
mod there;
mod tongue;
mod write;

use content::{Due, Once, Perceivable};
pub use explicit::Explicit;
pub use imprint::{Imprint, Imprinted};
pub use propagate::Propagator;
pub use receipt::Receipt;
use there::There;
use write::{digest, stage};

/// Errors of embedding after which the label is written without a manifest, and the receipt says so.
const NOT_EMBEDDED: [&str; 6] = [
    "reason.no_manifest_place",
    "reason.no_sm2_manifest",
    "manifest.would_lose",
    "manifest.asset",
    "manifest.not_placed",
    "manifest.not_read_alike",
];

/// Error of a content hash that would leave content out.
const NOT_BOUND: &str = "content.not_bound";

/// What is to be written, and how.
struct Work<'w> {
    label: &'w Label,
    wanted: &'w Aigc,
    /// Whether the label stands in the file already.
    keep: bool,
    /// Whether the caller made the content, and not only spreads it.
    made: bool,
    /// Whether what else the label states goes beside it.
    beside: bool,
    /// Whether the file as given is named as what this one comes from.
    parent: bool,
    notice: bool,
    /// Payload of the watermark, if one is to be written.
    imprint: Option<u64>,
    notes: Vec<Problem>,
}

/// Writes labels. Cheap to make, and shared between threads.
///
/// ```
/// use biaoshi::{Explicit, Label, Labeler, Placement, Profile};
/// # let png = biaoshi::doc_picture();
/// let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::corner(Placement::TopRight));
/// let (out, receipt) = labeler.label_bytes(&png, &Label::new("example-provider"))?;
/// assert!(receipt.changed && receipt.notice.is_some());
/// # assert!(out.len() > png.len());
/// # Ok::<(), biaoshi::Error>(())
/// ```
#[derive(Clone)]
pub struct Labeler<'a> {
    profiles: Vec<Profile>,
    explicit: Explicit,
    imprint: Option<Imprint>,
    signer: Option<&'a dyn Signer>,
    /// Whether the signature goes into the label itself, because no manifest can be embedded.
    apart: bool,
    limits: Limits,
    iptc_ai_fields: bool,
    sign_over_broken: bool,
    title: Option<String>,
    file_name: Option<String>,
    programs: Option<Programs>,
    cancel: Option<Arc<AtomicBool>>,
}

impl std::fmt::Debug for Labeler<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Labeler")
            .field("profiles", &self.profiles)
            .field("explicit", &self.explicit)
            .field("signed", &self.signer.is_some())
            .finish_non_exhaustive()
    }
}

impl<'a> Labeler<'a> {
    /// A labeler for this rule set: notice at the bottom right, no signature.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self {
            profiles: vec![profile],
            explicit: Explicit::default(),
            imprint: None,
            signer: None,
            apart: false,
            limits: Limits::default(),
            iptc_ai_fields: false,
            sign_over_broken: false,
            title: None,
            file_name: None,
            programs: None,
            cancel: None,
        }
    }

    /// Satisfies this rule set as well.
    #[must_use]
    pub fn also(mut self, profile: Profile) -> Self {
        if !self.profiles.contains(&profile) {
            self.profiles.push(profile);
        }
        self
    }

    /// Sets the visible notice.
    #[must_use]
    pub fn explicit(mut self, explicit: Explicit) -> Self {
        self.explicit = explicit;
        self
    }

    /// Also puts an imperceptible watermark into pictures (PNG, JPEG, WebP), sound and films, after
    /// the notice and before encoding. None is by default: it changes every pixel or sample a little, and
    /// what is coded with loss is coded anew.
    #[must_use]
    pub fn watermark(mut self, imprint: Imprint) -> Self {
        self.imprint = Some(imprint);
        self
    }

    /// Signs the result: a C2PA manifest over all of it or, where the format or this file can't hold
    /// one and for SM2, which C2PA does not know, protection data in the label over its text and a
    /// hash of the content (`spec/security.md`).
    #[must_use]
    pub fn signer(mut self, signer: &'a dyn Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Sets the bounds on memory and work.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits.whole();
        self
    }

    /// Also writes the AI fields of IPTC 2025.1 that the label's origin holds, the prompt among
    /// them. Off by default: prompts can be personal.
    #[must_use]
    pub const fn iptc_ai_fields(mut self, on: bool) -> Self {
        self.iptc_ai_fields = on;
        self
    }

    /// Signs a file whose present manifest is broken, leaving that manifest out. Off by default.
    #[must_use]
    pub const fn sign_over_broken(mut self, on: bool) -> Self {
        self.sign_over_broken = on;
        self
    }

    /// Sets the title in the manifest.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Allows installed programs to be started, which notices in films and coded sound need. None are
    /// by default.
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

    /// Names the file: its ending tells Markdown and CSV from plain text. Content decides
    /// everything else.
    #[must_use]
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// The edits that would put the label into the metadata of `source`, nothing drawn and
    /// nothing signed; none if the file carries this label already.
    ///
    /// # Errors
    /// As [`Labeler::label`].
    pub fn plan(&self, source: &mut dyn ReadSeek, label: &Label) -> Result<Patch> {
        let before = self.collected(source)?;
        let existing = self.existing(&before, label)?;
        if existing.is_some() {
            return Ok(Patch::new(before.map.len));
        }
        let wanted = self.aigc(label, None)?;
        let mut bounded = Source::new(source, &self.limits)?;
        self.placed(Some(label), &wanted, &before, &mut bounded, &mut Vec::new())
    }

    /// Labels bytes in memory.
    ///
    /// # Errors
    /// As [`Labeler::label`].
    pub fn label_bytes(&self, input: &[u8], label: &Label) -> Result<(Vec<u8>, Receipt)> {
        let mut stage = std::io::Cursor::new(Vec::new());
        let receipt = self.run(&mut std::io::Cursor::new(input), label, &mut stage)?;
        Ok((stage.into_inner(), receipt))
    }

    /// Labels the content of `source` and writes the result to `out`, which gets nothing before
    /// the result has been read back and found as promised.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a label or wording that breaks a rule; [`Error::Refused`] if the
    /// file carries another label, or a manifest that this would break; [`Error::Malformed`] for
    /// damaged files; [`Error::Unsupported`], [`Error::Limit`], [`Error::Signing`],
    /// [`Error::Io`]; [`Error::Internal`] if the result does not read back.
    pub fn label(&self, source: &mut dyn ReadSeek, label: &Label, out: &mut dyn Write) -> Result<Receipt> {
        let mut stage = stage();
        let receipt = self.run(source, label, &mut stage)?;
        stage.rewind().map_err(|e| Error::io("stage", e))?;
        std::io::copy(&mut stage, out).map_err(|e| Error::io("write", e))?;
        out.flush().map_err(|e| Error::io("write", e))?;
        Ok(receipt)
    }

    /// Labels a file; the output appears whole or not at all, with the permissions of the file
    /// that it replaces.
    ///
    /// # Errors
    /// As [`Labeler::label`], and [`Error::Refused`] if `output` exists and `replace` is off or
    /// is a symbolic link.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn label_file(
        &self,
        input: impl AsRef<std::path::Path>,
        output: impl AsRef<std::path::Path>,
        label: &Label,
        replace: bool,
    ) -> Result<Receipt> {
        let input = input.as_ref();
        let mut source = crate::output::open_regular(input)?;
        let mut named = self.clone();
        named.file_name.get_or_insert_with(|| input.display().to_string());
        let mut out = crate::output::Output::create(output.as_ref(), replace)?;
        let receipt = named.run(&mut source, label, out.file())?;
        out.commit()?;
        Ok(receipt)
    }

    /// Maps and reads a file that is sound enough to be edited.
    fn collected(&self, source: &mut dyn ReadSeek) -> Result<Collected> {
        let mut bounded = Source::new(source, &self.limits)?;
        let before = collect(&mut bounded, self.file_name.as_deref(), &self.limits)?;
        if before.map.damaged {
            let problem = general::DAMAGED.problem();
            let worst = before.map.findings.iter().max_by_key(|f| f.severity());
            return Err(Error::Malformed(match worst {
                Some(found) => problem.because("reason", found.clone()),
                None => problem.arg("reason", "?"),
            }));
        }
        Ok(before)
    }

    fn run(&self, source: &mut dyn ReadSeek, label: &Label, out: &mut dyn ReadWriteSeek) -> Result<Receipt> {
        let programs = self.programs.as_ref();
        let cancel = self.cancel.as_ref();
        let (mut source, mut out) = (Watched::by(cancel, source), Watched::by(cancel, out));
        let (mut source, mut out) = (Watched::new(programs, &mut source), Watched::new(programs, &mut out));
        let mut once = Once::default();
        let written = self.or_apart(&mut |labeler| labeler.attempt(&mut source, label, &mut out, &mut once));
        programs.map_or(Ok(()), Programs::go_on).and(written)
    }

    /// Runs `write`, and once more with the signature in the label if no manifest can be embedded.
    fn or_apart(&self, write: &mut dyn FnMut(&Self) -> Result<Receipt>) -> Result<Receipt> {
        match write(self) {
            // Nothing has been written yet.
            Err(error) if self.signer.is_some() && !self.apart && NOT_EMBEDDED.contains(&error.code()) => {
                let (mut receipt, unbound) = match write(&Self { apart: true, ..self.clone() }) {
                    // Nothing that could be signed would hold the content.
                    Err(unbound) if unbound.code() == NOT_BOUND => {
                        (write(&Self { signer: None, ..self.clone() })?, Some(unbound))
                    }
                    written => (written?, None),
                };
                if receipt.changed {
                    for error in std::iter::once(error).chain(unbound) {
                        let reason = error.problem().cloned().unwrap_or_else(|| rows::MANIFEST_LOSES.problem());
                        receipt.notes.push(rows::NOTE_NO_MANIFEST.problem().because("reason", reason));
                    }
                }
                Ok(receipt)
            }
            result => result,
        }
    }

    /// Who signs a manifest.
    fn notary(&self) -> Option<&'a dyn Signer> {
        self.signer.filter(|_| !self.apart)
    }

    /// Who signs the label itself.
    fn sealer(&self) -> Option<&'a dyn Signer> {
        self.signer.filter(|_| self.apart)
    }

    fn attempt(
        &self,
        source: &mut dyn ReadSeek,
        label: &Label,
        out: &mut dyn ReadWriteSeek,
        once: &mut Once,
    ) -> Result<Receipt> {
        let before = self.collected(source)?;
        let row = before.format.row();
        let waived = self.explicit.waived.is_some();
        if row.modality == Modality::Text && !waived && !slots::has_place(before.format) {
            return self.notice_alone(source, &before, label, out);
        }
        let existing = self.existing(&before, label)?;
        if before.map.closed.is_some() && !waived && existing.is_none() {
            return self.notice_alone(source, &before, label, out);
        }
        self.check_embedding(row)?;
        let clash = |record: &LabelFields| plan::clash(label, existing.as_ref(), record);
        let (manifest, record) = self.manifest_state(source, &before, &clash)?;
        let mut adopted = plan::adopt(label, record.as_ref());
        if adopted.produce_id.is_none() && existing.is_none() {
            // The watermark is made once and carries this number, however often the label is written.
            adopted.produce_id = Some(match &once.number {
                Some(number) => number.clone(),
                None => once.number.insert(plan::new_id()?).clone(),
            });
        }
        let label = &adopted;
        let mut notes = Vec::new();
        if existing.is_some() && self.imprint.is_some() {
            notes.push(rows::NOTE_NO_SECOND_IMPRINT.problem());
        }
        let wanted = self.aigc(label, existing.as_ref())?;
        // A label that somebody wrote without a notice, or whose content lost it, gets one.
        let due = match &existing {
            Some(there) if !waived => self.lacks_notice(source, (&before, there, manifest), label, once, &mut notes)?,
            there => there.is_none() && !waived,
        };
        let sealed = existing.as_ref().is_some_and(|there| self.is_sealed(there));
        if existing.is_some()
            && !due
            && (self.signer.is_none() || sealed || manifest.is_some_and(|m| m.sound && m.ours))
        {
            if label.origin != Origin::default() || label.source_type != SourceType::default() {
                notes.push(rows::NOTE_ONLY_CHECKED.problem());
            }
            let mut bounded = Source::new(source, &self.limits)?;
            let written = Patch::new(before.map.len).apply(&mut bounded, out)?;
            let report = self.read_back(out, &wanted, (manifest.is_some(), None), false)?;
            return Ok(self.receipt(before.format, &wanted, &report, written.bytes, written.sha256, notes));
        }
        if manifest.is_some_and(|m| !m.sound) {
            notes.push(rows::NOTE_MANIFEST_LEFT_OUT.problem());
        }
        if manifest.is_some() && self.notary().is_none() {
            return Err(Error::Refused(rows::WOULD_BREAK_MANIFEST.problem()));
        }

        let mut wants_notice = due;
        if wants_notice && existing.is_none() {
            let there = match once.there {
                Some(there) => there,
                None => *once.there.insert(self.is_there(source, &before, label)?),
            };
            notes.extend(there.note());
            wants_notice = there != There::Asked;
        }
        let imprint = self.imprint.as_ref().filter(|_| existing.is_none());
        let imprint = imprint.map(|imprint| imprint.payload_for(label.level, &wanted));
        let work = Work {
            label,
            wanted: &wanted,
            keep: existing.is_some() && self.sealer().is_none(),
            made: label.level == Level::Is,
            beside: existing.is_none(),
            parent: manifest.is_some() || label.level != Level::Is,
            notice: wants_notice,
            imprint,
            notes,
        };
        self.written(work, source, &before, out, &mut once.made)
    }

    /// Whether content that has its label in the metadata lacks the notice that is due, as far as that
    /// can be told, and one can be made without breaking a signature.
    fn lacks_notice(
        &self,
        source: &mut dyn ReadSeek,
        (before, there, manifest): (&Collected, &Aigc, Option<plan::Store>),
        label: &Label,
        once: &mut Once,
        notes: &mut Vec<Problem>,
    ) -> Result<bool> {
        // Protection data can bind the content, and nobody here can make them anew.
        let codes = [&there.reserved_code1, &there.reserved_code2];
        let sealed = codes.iter().any(|code| !code.is_empty() && !code.starts_with(SIGNED_MARKER));
        let signed = codes.iter().any(|code| !code.is_empty()) || manifest.is_some();
        let fixed = sealed || (signed && self.signer.is_none());
        let seen = self.look(source, before, label).unwrap_or(None);
        let mut why = None;
        if seen == Some(There::Nothing) && !fixed {
            match self.perceivable(source, before, label, Due { notice: true, imprint: None }) {
                Ok(made) => {
                    once.made = Some(made);
                    return Ok(true);
                }
                Err(error @ Error::Io { .. }) => return Err(error),
                Err(error) => why = Some(error),
            }
        }
        notes.push(match (seen, why) {
            (Some(There::Asked), _) => rows::NOTE_NOTICE_THERE.problem(),
            (Some(There::Nothing), None) => rows::NOTE_NOTICE_MISSING.problem(),
            (Some(There::Nothing), Some(why)) => rows::NOTE_NOTICE_NOT_MADE.problem().because("reason", why),
            (Some(There::Other) | None, _) => rows::NOTE_NOT_REDRAWN.problem(),
        });
        Ok(false)
    }

    /// Content, metadata, manifest, reading back.
    fn written(
        &self,
        work: Work<'_>,
        source: &mut dyn ReadSeek,
        before: &Collected,
        out: &mut dyn ReadWriteSeek,
        made_notice: &mut Option<Perceivable>,
    ) -> Result<Receipt> {
        let Work { label, wanted, keep, made, beside, parent, notice: wants_notice, imprint, mut notes } = work;
        let row = before.format.row();
        let mut wanted = wanted.clone();
        // Content: only if due, and not again on a file that was labelled before.
        let (mut notice, mut watermark) = (None, None);
        let mut drawn_stage = None;
        let mut reencoded = None;
        let due = Due { notice: wants_notice, imprint };
        if due.notice || due.imprint.is_some() {
            let perceived = match made_notice {
                Some(made) => made,
                None => made_notice.insert(self.perceivable(source, before, label, due)?),
            };
            notes.extend(perceived.notes.iter().cloned());
            notice.clone_from(&perceived.made);
            watermark.clone_from(&perceived.imprinted);
            reencoded = perceived.reencoded;
            drawn_stage = Some(&mut perceived.stage);
        }

        // Metadata: streaming, every other byte as it was.
        let mut metadata_stage = None;
        let mut written = None;
        {
            let current: &mut dyn ReadSeek = match drawn_stage {
                Some(stage) => stage,
                None => source,
            };
            let mut current = Watched::new(self.programs.as_ref(), current);
            let mut bounded = Source::new(&mut current, &self.limits)?;
            let now = collect_as(row, &mut bounded, &self.limits)?;
            // A program that wrote the content anew may have left the label out.
            let there = || now.metadata.labels.iter().filter_map(|l| l.parsed.as_ref().ok());
            let patch = if keep && there().any(|parsed| parsed.aigc == wanted) {
                Patch::new(now.map.len)
            } else if keep {
                self.placed(None, &wanted, &now, &mut bounded, &mut notes)?
            } else {
                let field = if made { Key::ReservedCode1 } else { Key::ReservedCode2 };
                self.seal(&mut wanted, field, &now.map, &mut bounded)?;
                self.placed((made && beside).then_some(label), &wanted, &now, &mut bounded, &mut notes)?
            };
            if self.notary().is_none() {
                written = Some(patch.apply(&mut bounded, out)?);
            } else {
                let mut next = stage();
                patch.apply(&mut bounded, &mut next)?;
                metadata_stage = Some(next);
            }
        }

        // Manifest: last, over the final bytes.
        if let (Some(signer), Some(mut staged)) = (self.notary(), metadata_stage) {
            let parent = parent.then_some(source);
            #[cfg(feature = "c2pa")]
            {
                let (notice, watermark) = (notice.as_ref(), watermark.as_ref());
                let job = sign::Job { signer, label, made, aigc: &wanted, format: before.format, notice, watermark };
                notes.extend(self.sign(&job, &mut staged, parent, out)?);
            }
            #[cfg(not(feature = "c2pa"))]
            {
                let _ = (signer, &mut staged, parent);
                return Err(Error::Unsupported(rows::NO_MANIFESTS.problem()));
            }
        }

        let sealed = self.sealer().is_some();
        let report = self.read_back(out, &wanted, (self.notary().is_some(), Some(sealed)), true)?;
        // What streamed through was hashed on the way; a signed file was written by the library.
        let (bytes, sha256) = match written {
            Some(written) => (written.bytes, written.sha256),
            None => digest(out, &self.limits)?,
        };
        for found in report.findings.iter().filter(|f| f.severity() > crate::finding::Severity::Info) {
            notes.push(rows::NOTE_FINDING.with("code", found.code()).because("text", found.clone()));
        }
        let mut receipt = self.receipt(before.format, &wanted, &report, bytes, sha256, notes);
        receipt.changed = true;
        receipt.notice = notice;
        receipt.watermark = watermark;
        receipt.reencoded = reencoded;
        receipt.signed = self.notary().is_some();
        receipt.sealed = sealed;
        Ok(receipt)
    }

    fn receipt(
        &self,
        format: Format,
        label: &Aigc,
        report: &Report,
        bytes: u64,
        sha256: [u8; 32],
        notes: Vec<Problem>,
    ) -> Receipt {
        Receipt {
            changed: false,
            format,
            label: LabelFields::from(label),
            notice: None,
            watermark: None,
            notice_waived: self.explicit.waived.clone(),
            reencoded: None,
            propagated: false,
            signed: false,
            sealed: false,
            bytes,
            sha256: hex(&sha256),
            notes,
            report: report.clone(),
        }
    }
}
