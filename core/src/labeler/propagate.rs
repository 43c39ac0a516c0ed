//! The fields of a platform that spreads content (Measures, Article 6).

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crate::carrier::aigc::differing;
use crate::codec::watch::Watched;
use crate::error::{Error, Result};
use crate::label::{Aigc, Label, Level};
use crate::limits::Limits;
use crate::message::write as rows;
use crate::profile::Profile;
use crate::report::{CarrierKind, Evidence, Integrity, LabelFields, Report, Status};
use crate::sign::Signer;
use crate::source::{ReadSeek, ReadWriteSeek, Source};
use crate::verify::Collected;

use super::plan::{new_id, vacant};
use super::write::stage;
use super::{Explicit, Labeler, Patch, Receipt, Work};

/// Writes the propagator's fields next to the producer's, which stay as they are; on a file without
/// a label, the platform is the first to mark it: "possible" if the user declared it, "suspected" if
/// something was detected, another mark that states more included.
///
/// No content is changed: the notice that Article 6 asks for stands around the content, and the
/// report's duties say what it has to say.
///
/// ```
/// use biaoshi::{Label, Profile, Propagator};
/// # let png = biaoshi::doc_picture();
/// let labelled = biaoshi::label(&png, &Label::new("example-provider"), Profile::CN_GB45438)?;
/// let (out, receipt) = Propagator::new("example-platform").id("post-7").propagate_bytes(&labelled)?;
/// assert_eq!(receipt.label.content_producer, "example-provider");
/// assert_eq!(receipt.label.propagate_id, "post-7");
/// // A second time changes nothing.
/// let (same, receipt) = Propagator::new("example-platform").id("post-7").propagate_bytes(&out)?;
/// assert!(!receipt.changed && same == out);
/// # Ok::<(), biaoshi::Error>(())
/// ```
#[derive(Clone)]
pub struct Propagator<'a> {
    propagator: String,
    id: Option<String>,
    reserved: Option<String>,
    declared: bool,
    detected: bool,
    labeler: Labeler<'a>,
}

impl std::fmt::Debug for Propagator<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Propagator")
            .field("propagator", &self.propagator)
            .field("declared", &self.declared)
            .field("detected", &self.detected)
            .field("signed", &self.labeler.signer.is_some())
            .finish_non_exhaustive()
    }
}

/// What a platform writes.
enum Plan {
    /// Nothing: its fields are there.
    There(Aigc),
    /// Its fields beside the producer's.
    Beside(Aigc),
    /// A label of its own.
    First(Aigc),
}

impl<'a> Propagator<'a> {
    /// A propagator of this name or 27-character code.
    #[must_use]
    pub fn new(propagator: impl Into<String>) -> Self {
        let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("propagated"));
        Self { propagator: propagator.into(), id: None, reserved: None, declared: false, detected: false, labeler }
    }

    /// The platform's number for this content (`PropagateID`); without it, one is made.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The platform's protection data (`ReservedCode2`).
    #[must_use]
    pub fn reserved_code2(mut self, value: impl Into<String>) -> Self {
        self.reserved = Some(value.into());
        self
    }

    /// Says that the user who published the content declared it (Article 6 (2)).
    #[must_use]
    pub const fn declared(mut self, declared: bool) -> Self {
        self.declared = declared;
        self
    }

    /// Says that the platform detected an explicit label or other traces by its own means (Article
    /// 6 (3)). Traces that [`crate::Verifier`] finds need not be said.
    #[must_use]
    pub const fn detected(mut self, detected: bool) -> Self {
        self.detected = detected;
        self
    }

    /// Judges the result by this rule set as well.
    #[must_use]
    pub fn also(mut self, profile: Profile) -> Self {
        self.labeler = self.labeler.also(profile);
        self
    }

    /// Signs the result. A manifest that the file has becomes its parent.
    #[must_use]
    pub fn signer(mut self, signer: &'a dyn Signer) -> Self {
        self.labeler = self.labeler.signer(signer);
        self
    }

    /// Signs a file whose present manifest is broken, leaving that manifest out. Off by default.
    #[must_use]
    pub fn sign_over_broken(mut self, on: bool) -> Self {
        self.labeler = self.labeler.sign_over_broken(on);
        self
    }

    /// Sets the bounds on memory and work.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.labeler = self.labeler.limits(limits);
        self
    }

    /// Ends the work with an error soon after another thread has set this flag.
    #[must_use]
    pub fn cancel(mut self, flag: Arc<AtomicBool>) -> Self {
        self.labeler = self.labeler.cancel(flag);
        self
    }

    /// Sets the title in the manifest.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.labeler = self.labeler.title(title);
        self
    }

    /// Names the file, as [`Labeler::file_name`].
    #[must_use]
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.labeler = self.labeler.file_name(name);
        self
    }

    /// Works on bytes in memory.
    ///
    /// # Errors
    /// As [`Propagator::propagate`].
    pub fn propagate_bytes(&self, input: &[u8]) -> Result<(Vec<u8>, Receipt)> {
        let mut stage = std::io::Cursor::new(Vec::new());
        let receipt = self.run(&mut std::io::Cursor::new(input), &mut stage)?;
        Ok((stage.into_inner(), receipt))
    }

    /// Reads `source` and writes it with the platform's fields to `out`, which gets nothing before
    /// the result was read back.
    ///
    /// # Errors
    /// [`Error::Refused`] if there is nothing to propagate, if labels contradict each other or can't
    /// be read, or if the fields would break a manifest and no signer was given; else as
    /// [`Labeler::label`].
    pub fn propagate(&self, source: &mut dyn ReadSeek, out: &mut dyn std::io::Write) -> Result<Receipt> {
        use std::io::Seek as _;
        let mut stage = stage();
        let receipt = self.run(source, &mut stage)?;
        stage.rewind().map_err(|e| Error::io("stage", e))?;
        std::io::copy(&mut stage, out).map_err(|e| Error::io("write", e))?;
        out.flush().map_err(|e| Error::io("write", e))?;
        Ok(receipt)
    }

    /// Works on a file; the output appears whole or not at all.
    ///
    /// # Errors
    /// As [`Propagator::propagate`], and [`Error::Refused`] if `output` exists and `replace` is off.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn propagate_file(
        &self,
        input: impl AsRef<std::path::Path>,
        output: impl AsRef<std::path::Path>,
        replace: bool,
    ) -> Result<Receipt> {
        let input = input.as_ref();
        let mut source = crate::output::open_regular(input)?;
        let mut named = self.clone();
        named.labeler.file_name.get_or_insert_with(|| input.display().to_string());
        let mut out = crate::output::Output::create(output.as_ref(), replace)?;
        let receipt = named.run(&mut source, out.file())?;
        out.commit()?;
        Ok(receipt)
    }

    fn run(&self, source: &mut dyn ReadSeek, out: &mut dyn ReadWriteSeek) -> Result<Receipt> {
        let cancel = self.labeler.cancel.as_ref();
        let (mut source, mut out) = (Watched::by(cancel, source), Watched::by(cancel, out));
        self.labeler.or_apart(&mut |labeler| self.attempt(labeler, &mut source, &mut out))
    }

    fn attempt(
        &self,
        labeler: &Labeler<'_>,
        source: &mut dyn ReadSeek,
        out: &mut dyn ReadWriteSeek,
    ) -> Result<Receipt> {
        let before = labeler.collected(source)?;
        let report = labeler.verifier().declared(self.declared).verify(source)?;
        let plan = self.plan(&before, &report)?;
        let (Plan::There(wanted) | Plan::Beside(wanted) | Plan::First(wanted)) = &plan;
        // A platform adds to what the producer signed and contradicts none of it.
        let clash = |record: &LabelFields| {
            let there = LabelFields::from(wanted);
            [
                ("Label", &record.label, &there.label),
                ("ContentProducer", &record.content_producer, &there.content_producer),
                ("ProduceID", &record.produce_id, &there.produce_id),
                ("ReservedCode1", &record.reserved_code1, &there.reserved_code1),
            ]
            .into_iter()
            .filter(|(_, signed, wanted)| signed != wanted)
            .map(|(name, ..)| name)
            .collect()
        };
        let (manifest, _) = labeler.manifest_state(source, &before, &clash)?;
        // Its own signature does not hold: what it says is not passed on under another name.
        let denied = |e: &Evidence| e.carrier == CarrierKind::AigcMetadata && e.integrity == Integrity::Broken;
        if manifest.is_none() && report.evidence.iter().any(denied) {
            return Err(Error::Refused(rows::PROPAGATE_BROKEN.problem()));
        }
        let settled = labeler.signer.is_none() || manifest.is_some_and(|m| m.ours) || labeler.is_sealed(wanted);
        if matches!(plan, Plan::There(_)) && settled && manifest.is_none_or(|m| m.sound) {
            let mut bounded = Source::new(source, &labeler.limits)?;
            let written = Patch::new(before.map.len).apply(&mut bounded, out)?;
            let report = labeler.read_back(out, wanted, (manifest.is_some(), None), false)?;
            let mut receipt =
                labeler.receipt(before.format, wanted, &report, written.bytes, written.sha256, Vec::new());
            receipt.propagated = true;
            receipt.notice_waived = None;
            return Ok(receipt);
        }
        labeler.check_embedding(before.format.row())?;
        if manifest.is_some() && labeler.notary().is_none() {
            return Err(Error::Refused(rows::PROPAGATE_MANIFEST.problem()));
        }
        let mut notes = Vec::new();
        if manifest.is_some_and(|m| !m.sound) {
            notes.push(rows::NOTE_MANIFEST_LEFT_OUT.problem());
        }
        let level = wanted.level().unwrap_or_default();
        let label = Label::new(&wanted.content_producer).with_level(level);
        let keep = matches!(plan, Plan::There(_)) && labeler.sealer().is_none();
        let replaced = self.there(&before)?.filter(|there| {
            let other =
                there.content_propagator != self.propagator && there.content_propagator != there.content_producer;
            (other && !there.content_propagator.is_empty()) || (!there.reserved_code2.is_empty() && !keep)
        });
        if let Some(there) = replaced {
            notes.push(rows::NOTE_REPLACED.with("propagator", there.content_propagator));
        }
        let stays = before.metadata.labels.iter().find(|l| !l.normative && !l.quoted);
        if let Some(stays) = stays.filter(|_| !before.metadata.labels.iter().any(|l| l.normative)) {
            notes.push(rows::NOTE_EARLIER_STAYS.with("slot", &stays.site.slot));
        }
        let work = Work {
            label: &label,
            wanted,
            keep,
            made: false,
            beside: false,
            parent: true,
            notice: false,
            imprint: None,
            notes,
        };
        let mut receipt = labeler.written(work, source, &before, out, &mut None)?;
        receipt.propagated = true;
        receipt.notice_waived = None;
        Ok(receipt)
    }

    fn plan(&self, before: &Collected, report: &Report) -> Result<Plan> {
        match self.there(before)? {
            Some(there) => {
                let same = there.content_propagator == self.propagator
                    && self.id.as_ref().is_none_or(|id| *id == there.propagate_id)
                    && self.reserved.as_ref().is_none_or(|code| *code == there.reserved_code2)
                    && !there.propagate_id.is_empty();
                if same && before.metadata.labels.iter().any(|l| l.normative) {
                    return Ok(Plan::There(there));
                }
                let id = self.number()?;
                let reserved = self.reserved.clone().unwrap_or_default();
                there.propagated(&self.propagator, &id, &reserved).map(Plan::Beside)
            }
            None => {
                // Never "is", whatever other marks state: that asks for a producer's code, which is
                // not the platform's to give.
                let level = match report.status {
                    _ if self.declared => Level::Possible,
                    Status::None if !self.detected => return Err(Error::Refused(rows::PROPAGATE_NOTHING.problem())),
                    _ => Level::Suspected,
                };
                let mut label = Label::new("").with_level(level).with_propagator(&self.propagator, self.number()?);
                label.reserved_code2.clone_from(&self.reserved);
                let aigc = Aigc::from_label(&label, "")?;
                Ok(Plan::First(aigc))
            }
        }
    }

    fn number(&self) -> Result<String> {
        self.id.clone().map_or_else(new_id, Ok)
    }

    /// The label that the file carries: all of them state the same of production. One that a text quotes
    /// may be that of something else: a trace.
    fn there(&self, before: &Collected) -> Result<Option<Aigc>> {
        vacant(before)?;
        let mut first: Option<(&Aigc, bool)> = None;
        for label in before.metadata.labels.iter().filter(|l| !l.quoted) {
            let at = label.site.offset;
            let Ok(parsed) = &label.parsed else {
                return Err(Error::Refused(rows::EXISTING_UNREADABLE.with("slot", &label.site.slot).at(at)));
            };
            match first {
                Some((one, _)) if !one.same_production(&parsed.aigc) => {
                    let fields = differing(one, &parsed.aigc).join(", ");
                    return Err(Error::Refused(rows::EXISTING_CONFLICT.with("fields", fields).at(at)));
                }
                // What stands in the format's own place is the newest: platforms write there.
                Some((_, true)) => {}
                _ => first = Some((&parsed.aigc, label.normative)),
            }
        }
        Ok(first.map(|(aigc, _)| aigc.clone()))
    }
}
