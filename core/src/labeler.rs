//! Writing labels: content, then metadata, then manifest, then reading back.
//!
//! The order is fixed because a manifest covers everything before it: a notice changes pixels,
//! metadata surrounds them, the signature comes last and nothing may change after it.

use std::io::{Read, Seek, SeekFrom, Write};

use crate::carrier::{
    DCTERMS_NAMESPACE, IPTC_NAMESPACE, IPTC_PREFIX, SIGNED_MARKER, TC260_NAMESPACE, TC260_PREFIX, aigc as found,
};
use crate::hex::hex;
use crate::codec::{PixelFormat, Reencoded, redraw};
use crate::container::patch::hash_ranges;
use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::label::{Aigc, Label, Level, wording};
use crate::limits::Limits;
use crate::message::{Lang, general, write as rows};
use crate::metadata::xmp::{self, Addition};
use crate::profile::Profile;
use crate::render::{Drawn, Notice, Placement, draw_notice};
use crate::report::{Claim, Integrity, LabelFields, Report, Status};
use crate::sign::Signer;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};
use crate::verify::{Collected, Verifier, collect};

/// The visible notice: where, in which words, in which languages.
///
/// ```
/// use biaoshi::{Explicit, Placement};
/// let notice = Explicit::corner(Placement::TopLeft).language("zh-Hans").language("pt");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Explicit {
    placement: Placement,
    languages: Vec<String>,
    lines: Vec<String>,
    font: Option<Vec<u8>>,
    waived: Option<String>,
}

impl Explicit {
    /// A notice at this corner or edge of the picture as displayed (GB 45438-2025 5.2).
    #[must_use]
    pub fn corner(placement: Placement) -> Self {
        Self { placement, ..Self::default() }
    }

    /// No notice, because of `reason`, which is kept in the receipt. The Measures allow it on a
    /// user's request after an agreement (Article 9), with a log kept for six months.
    #[must_use]
    pub fn none(reason: impl Into<String>) -> Self {
        Self { waived: Some(reason.into()), ..Self::default() }
    }

    /// Adds a line in this language, in the profile's default wording: `zh-Hans` (the default if
    /// none is asked for), `zh-Hant`, `en`, `pt`.
    #[must_use]
    pub fn language(mut self, tag: &str) -> Self {
        self.languages.push(tag.to_owned());
        self
    }

    /// Adds a line in the caller's own words, instead of the profile's. At least one line must
    /// hold both elements where the profile asks for them.
    #[must_use]
    pub fn text(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// Draws with this TrueType or OpenType font instead of the embedded one.
    #[must_use]
    pub fn font(mut self, bytes: Vec<u8>) -> Self {
        self.font = Some(bytes);
        self
    }

    /// The lines to draw for a label of this level.
    fn lines(&self, label: &Label, profiles: &[Profile]) -> Result<Vec<String>> {
        let data = profiles.iter().find_map(|p| p.data());
        let mut lines = self.lines.clone();
        let default = vec!["zh-Hans".to_owned()];
        let languages = if self.languages.is_empty() && lines.is_empty() { &default } else { &self.languages };
        for language in languages {
            let wording = data.and_then(|d| d.wording(label.level, language)).ok_or_else(|| {
                Error::Invalid(rows::WORDING_LANGUAGE.with("language", language))
            })?;
            // Simplified and traditional wording can be the same characters: one line serves both.
            if !lines.iter().any(|l| l == wording) {
                lines.push(wording.to_owned());
            }
        }
        let strict = profiles.iter().filter_map(|p| p.data()).any(|d| d.explicit.image.both_elements);
        if strict && !lines.iter().any(|l| wording::has_both_elements(l)) {
            return Err(Error::Invalid(rows::WORDING_ELEMENTS.with("text", lines.join(" / "))));
        }
        Ok(lines)
    }
}

/// What was written, measured and read back.
#[derive(Debug, Clone, serde::Serialize)]
#[non_exhaustive]
pub struct Receipt {
    /// Whether anything was written: false if the file carried this very label already.
    pub changed: bool,
    /// What the file is.
    pub format: Format,
    /// The label as it stands in the file.
    pub label: LabelFields,
    /// The visible notice, measured.
    pub notice: Option<Drawn>,
    /// Why there is no visible notice.
    pub notice_waived: Option<String>,
    /// What became of the pixels outside the notice.
    pub reencoded: Option<Reencoded>,
    /// Whether a manifest was signed.
    pub signed: bool,
    /// Length of the output in bytes.
    pub bytes: u64,
    /// SHA-256 of the output, in hex.
    pub sha256: String,
    /// What else there is to know.
    #[serde(skip)]
    pub notes: Vec<Problem>,
    /// What the verifier says about the output.
    #[serde(skip)]
    pub report: Report,
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
    signer: Option<&'a dyn Signer>,
    limits: Limits,
    iptc_ai_fields: bool,
    sign_over_broken: bool,
    title: Option<String>,
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
            signer: None,
            limits: Limits::default(),
            iptc_ai_fields: false,
            sign_over_broken: false,
            title: None,
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

    /// Signs a C2PA manifest over the result.
    #[must_use]
    pub fn signer(mut self, signer: &'a dyn Signer) -> Self {
        self.signer = Some(signer);
        self
    }

    /// Sets the bounds on memory and work.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
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
        let mut source = crate::output::open_regular(input.as_ref())?;
        let mut out = crate::output::Output::create(output.as_ref(), replace)?;
        let receipt = self.run(&mut source, label, out.file())?;
        out.commit()?;
        Ok(receipt)
    }

    fn run(&self, source: &mut dyn ReadSeek, label: &Label, out: &mut dyn ReadWriteSeek) -> Result<Receipt> {
        let before = {
            let mut bounded = Source::new(source, &self.limits)?;
            collect(&mut bounded, &self.limits)?
        };
        if before.map.damaged {
            let reason = before.map.findings.first().map(|f| f.text(Lang::En)).unwrap_or_default();
            return Err(Error::Malformed(general::DAMAGED.with("reason", reason)));
        }
        let existing = self.existing(&before, label)?;
        let manifest = self.manifest_state(source, &before)?;
        let mut notes = Vec::new();
        let wanted = self.aigc(label, existing.as_ref())?;

        if existing.is_some() && (self.signer.is_none() || manifest == Some(true)) {
            let mut bounded = Source::new(source, &self.limits)?;
            let written = crate::container::Patch::new(before.map.len).apply(&mut bounded, out)?;
            let report = self.read_back(out, &wanted, manifest.is_some(), false)?;
            return Ok(self.receipt(before.format, &wanted, &report, written.bytes, written.sha256, notes));
        }
        if manifest.is_some() && self.signer.is_none() {
            return Err(Error::Refused(rows::WOULD_BREAK_MANIFEST.problem()));
        }

        // Content: only if due, and not again on a file that was labelled before.
        let mut notice = None;
        let mut drawn_stage = None;
        let mut reencoded = None;
        let wants_notice = self.explicit.waived.is_none() && existing.is_none();
        if existing.is_some() && self.explicit.waived.is_none() {
            notes.push(rows::NOTE_NOT_REDRAWN.problem());
        }
        if wants_notice {
            let drawn = self.draw(source, &before, label, &mut notes)?;
            notice = Some(drawn.drawn);
            reencoded = Some(drawn.reencoded);
            drawn_stage = Some(drawn.stage);
        }

        // Metadata: streaming, every other byte as it was.
        let mut metadata_stage = None;
        {
            let current: &mut dyn ReadSeek = match drawn_stage.as_mut() {
                Some(stage) => stage,
                None => source,
            };
            let mut bounded = Source::new(current, &self.limits)?;
            let now = collect(&mut bounded, &self.limits)?;
            let patch = if existing.is_some() {
                crate::container::Patch::new(now.map.len)
            } else {
                let additions = self.additions(label, &wanted, &now, &mut notes);
                let packet = xmp::insert(now.packet.as_deref(), &additions, &self.limits)?;
                now.format.row().container.put_xmp(&now.map, &mut bounded, &packet, &self.limits)?
            };
            if self.signer.is_none() {
                patch.apply(&mut bounded, out)?;
            } else {
                let mut next = stage();
                patch.apply(&mut bounded, &mut next)?;
                metadata_stage = Some(next);
            }
        }

        // Manifest: last, over the final bytes.
        if let (Some(signer), Some(mut staged)) = (self.signer, metadata_stage) {
            let parent = (manifest.is_some() || label.level != Level::Is).then_some(source);
            self.sign(signer, label, &wanted, &mut staged, parent, out, before.format, notice.as_ref())?;
        }

        let report = self.read_back(out, &wanted, self.signer.is_some(), true)?;
        let (bytes, sha256) = digest(out, &self.limits)?;
        let mut receipt = self.receipt(before.format, &wanted, &report, bytes, sha256, notes);
        receipt.changed = true;
        receipt.notice = notice;
        receipt.reencoded = reencoded;
        receipt.signed = self.signer.is_some();
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
            notice_waived: self.explicit.waived.clone(),
            reencoded: None,
            signed: false,
            bytes,
            sha256: hex(&sha256),
            notes,
            report: report.clone(),
        }
    }

    /// The label that the file carries already, if it is the very one asked for.
    fn existing(&self, before: &Collected, label: &Label) -> Result<Option<Aigc>> {
        let labels = &before.metadata.labels;
        if labels.is_empty() {
            return Ok(None);
        }
        let mut first: Option<Aigc> = None;
        for label in labels {
            let here = label.site.offset;
            let Ok(parsed) = &label.parsed else {
                return Err(Error::Refused(rows::EXISTING_UNREADABLE.with("slot", &label.site.slot).at(here)));
            };
            match &first {
                None => first = Some(parsed.aigc.clone()),
                Some(one) => {
                    let fields = found::differing(one, &parsed.aigc);
                    if !fields.is_empty() {
                        let problem = rows::EXISTING_CONFLICT.with("fields", fields.join(", "));
                        return Err(Error::Refused(problem.at(here)));
                    }
                }
            }
        }
        let Some(there) = first else { return Ok(None) };
        let asked = [
            ("Label", Some(label.level.code()), &there.label),
            ("ContentProducer", Some(label.producer.as_str()), &there.content_producer),
            ("ProduceID", label.produce_id.as_deref(), &there.produce_id),
            ("ReservedCode1", label.reserved_code1.as_deref(), &there.reserved_code1),
            ("ContentPropagator", label.propagator.as_deref(), &there.content_propagator),
            ("PropagateID", label.propagate_id.as_deref(), &there.propagate_id),
            ("ReservedCode2", label.reserved_code2.as_deref(), &there.reserved_code2),
        ];
        let fields: Vec<&str> = asked
            .iter()
            .filter(|(_, want, have)| want.is_some_and(|want| want != have.as_str()))
            .map(|(name, _, _)| *name)
            .collect();
        if fields.is_empty() {
            return Ok(Some(there));
        }
        let at = labels.first().map_or(0, |l| l.site.offset);
        Err(Error::Refused(rows::EXISTING_LABEL.with("fields", fields.join(", ")).at(at)))
    }

    /// Whether the file carries a manifest, and whether that is sound.
    fn manifest_state(&self, source: &mut dyn ReadSeek, before: &Collected) -> Result<Option<bool>> {
        if !before.has_manifest() {
            return Ok(None);
        }
        let report = Verifier::new().limits(self.limits.clone()).verify(source)?;
        let store = report.evidence.iter().find(|e| e.carrier == crate::report::CarrierKind::C2paManifest);
        match store.map(|e| e.integrity) {
            Some(Integrity::Intact) => Ok(Some(true)),
            Some(Integrity::Broken) if self.sign_over_broken && self.signer.is_some() => Ok(Some(false)),
            Some(Integrity::Broken) => {
                let codes: Vec<&str> = report.findings.iter().map(|f| f.code()).filter(|c| c.starts_with("manifest.")).collect();
                let problem = crate::message::sign::PARENT_BROKEN.with("codes", codes.join(", "));
                Err(Error::Refused(problem))
            }
            _ => Err(Error::Refused(rows::MANIFEST_UNCHECKED.problem())),
        }
    }

    fn aigc(&self, label: &Label, existing: Option<&Aigc>) -> Result<Aigc> {
        if let Some(existing) = existing {
            return Ok(existing.clone());
        }
        let id = match &label.produce_id {
            Some(id) => id.clone(),
            None => new_id()?,
        };
        let mut aigc = Aigc::from_label(label, &id)?;
        if aigc.reserved_code1.is_empty() {
            if let Some(certificate) = self.signer.and_then(|s| s.certificates().first().cloned()) {
                use sha2::Digest as _;
                let print: [u8; 32] = sha2::Sha256::digest(&certificate).into();
                aigc.reserved_code1 = format!("{SIGNED_MARKER}{}", hex(&print));
            }
        }
        aigc.check(&self.limits)?;
        Ok(aigc)
    }

    fn draw(&self, source: &mut dyn ReadSeek, before: &Collected, label: &Label, notes: &mut Vec<Problem>) -> Result<DrawnStage> {
        let lines = self.explicit.lines(label, &self.profiles)?;
        let ratio = self
            .profiles
            .iter()
            .filter_map(|p| p.data())
            .map(|d| d.explicit.image.min_height_ratio)
            .fold(crate::render::MIN_HEIGHT_RATIO, f64::max);
        let notice = Notice {
            placement: self.explicit.placement,
            min_height_ratio: ratio,
            font: self.explicit.font.clone(),
            ..Notice::new(lines)
        };
        check_limit("pixel_bytes", before.map.len, self.limits.pixel_bytes)?;
        let mut file = Vec::new();
        source.rewind().map_err(|e| Error::io("seek", e))?;
        source
            .take(self.limits.pixel_bytes.saturating_add(1))
            .read_to_end(&mut file)
            .map_err(|e| Error::io("read", e))?;
        let format = match before.format {
            Format::Png => PixelFormat::Png,
            Format::Jpeg => PixelFormat::Jpeg,
            Format::Webp => PixelFormat::Webp,
        };
        let orientation = before.metadata.orientation.unwrap_or(1);
        let mut drawn = None;
        let redrawn = redraw(format, &file, &self.limits, &mut |canvas| {
            drawn = Some(draw_notice(canvas, orientation, &notice)?);
            Ok(())
        })?;
        let Some(drawn) = drawn else {
            return Err(Error::Internal(general::READ_BACK.with("reason", "no notice was drawn")));
        };
        if redrawn.deinterlaced {
            notes.push(rows::NOTE_DEINTERLACED.problem());
        }
        if redrawn.became_lossless {
            notes.push(rows::NOTE_BECAME_LOSSLESS.problem());
        }
        let mut cursor = std::io::Cursor::new(file);
        let mut bounded = Source::new(&mut cursor, &self.limits)?;
        let patch = before.format.row().container.put_pixels(&before.map, &mut bounded, &redrawn.pixels)?;
        let mut next = stage();
        patch.apply(&mut bounded, &mut next)?;
        Ok(DrawnStage { drawn, reencoded: redrawn.reencoded, stage: next })
    }

    fn additions(&self, label: &Label, aigc: &Aigc, now: &Collected, notes: &mut Vec<Problem>) -> Vec<Addition> {
        let add = |namespace: &str, prefix: &str, local: &str, value: &str| Addition {
            namespace: namespace.to_owned(),
            prefix: prefix.to_owned(),
            local: local.to_owned(),
            value: value.to_owned(),
        };
        let mut out = vec![add(TC260_NAMESPACE, TC260_PREFIX, "AIGC", &aigc.to_json())];
        let mut iptc = |local: &str, value: &str, present: bool| {
            if present {
                notes.push(rows::NOTE_KEPT_PROPERTY.with("property", local));
            } else {
                out.push(add(IPTC_NAMESPACE, IPTC_PREFIX, local, value));
            }
        };
        let uri = label.source_type.uri();
        let stated: Vec<&String> = now.metadata.xmp.source_types.iter().map(|(value, _)| value).collect();
        // "Possible" and "suspected" don't say how the content was made.
        if label.level == Level::Is && !stated.iter().any(|value| **value == uri) {
            iptc("DigitalSourceType", &uri, !stated.is_empty());
        }
        if self.iptc_ai_fields {
            let view = now.packet.as_deref().map(|p| xmp::read_lenient(p, &self.limits).0);
            let present = |local: &str| {
                view.as_ref().is_some_and(|v| {
                    v.properties.iter().any(|p| &*p.namespace == IPTC_NAMESPACE && p.local == local)
                })
            };
            let origin = &label.origin;
            for (local, value) in [
                ("AISystemUsed", &origin.system_name),
                ("AISystemVersionUsed", &origin.system_version),
                ("AIPromptInformation", &origin.prompt),
                ("AIPromptWriterName", &origin.prompt_writer),
            ] {
                if let Some(value) = value {
                    iptc(local, value, present(local));
                }
            }
        }
        debug_assert!(out.iter().all(|a| a.namespace != DCTERMS_NAMESPACE));
        out
    }

    #[cfg(feature = "c2pa")]
    #[allow(clippy::too_many_arguments)]
    fn sign(
        &self,
        signer: &dyn Signer,
        label: &Label,
        aigc: &Aigc,
        staged: &mut dyn ReadSeek,
        parent: Option<&mut dyn ReadSeek>,
        out: &mut dyn ReadWriteSeek,
        format: Format,
        notice: Option<&Drawn>,
    ) -> Result<()> {
        use crate::carrier::ASSERTION;
        use crate::carrier::manifest::{Agent, ManifestPlan, sign};
        let essence = {
            let mut bounded = Source::new(staged, &self.limits)?;
            let map = format.row().container.map(&mut bounded, &self.limits)?;
            hex(&hash_ranges(&mut bounded, &map.essence())?)
        };
        let record: serde_json::Value = serde_json::from_str(&aigc.to_json())
            .map_err(|e| Error::Internal(general::READ_BACK.with("reason", e)))?;
        let mut assertion = serde_json::json!({
            "version": 1,
            "aigc": record,
            "essence": { "alg": "sha256", "rule": "biaoshi-essence-1", "hash": essence },
        });
        if let (Some(notice), Some(object)) = (notice, assertion.as_object_mut()) {
            let drawn = serde_json::json!({
                "lines": notice.lines, "rect": notice.rect, "inkHeight": notice.ink_height_px,
            });
            object.insert("notice".to_owned(), drawn);
        }
        let origin = &label.origin;
        let agent = origin.system_name.clone().map(|name| Agent { name, version: origin.system_version.clone() });
        let mut disclosure = serde_json::json!({ "modelType": "c2pa.types.model" });
        if let Some(object) = disclosure.as_object_mut() {
            let mut put = |key: &str, value: Option<serde_json::Value>| {
                if let Some(value) = value {
                    object.insert(key.to_owned(), value);
                }
            };
            put("modelName", origin.system_name.clone().map(Into::into));
            put("modelIdentifier", origin.model_id.clone().map(Into::into));
            put(
                "contentProfile",
                origin.human_oversight.as_ref().map(|o| serde_json::json!({ "humanOversightLevel": o })),
            );
        }
        let uri = label.source_type.uri();
        // A platform that says "possible" or "suspected" did not make the content.
        let generated = label.level == Level::Is;
        let plan = ManifestPlan {
            signer,
            title: self.title.clone(),
            mime: format.row().mime,
            claim_generator: Agent { name: "biaoshi".to_owned(), version: Some(crate::VERSION.to_owned()) },
            source_type_uri: generated.then_some(uri.as_str()),
            altered: !generated,
            software_agent: agent,
            when: origin.created_at.clone(),
            ai_disclosure: generated.then_some(disclosure),
            vendor_assertions: vec![(ASSERTION.to_owned(), assertion)],
            drop_broken_parent: self.sign_over_broken,
        };
        sign(staged, parent, out, &plan, &self.limits)?;
        Ok(())
    }

    #[cfg(not(feature = "c2pa"))]
    #[allow(clippy::too_many_arguments, clippy::unused_self)]
    fn sign(
        &self,
        _: &dyn Signer,
        _: &Label,
        _: &Aigc,
        _: &mut dyn ReadSeek,
        _: Option<&mut dyn ReadSeek>,
        _: &mut dyn ReadWriteSeek,
        _: Format,
        _: Option<&Drawn>,
    ) -> Result<()> {
        Err(Error::Unsupported(rows::NO_MANIFESTS.problem()))
    }

    /// Reads the output as a stranger would, and compares it with what was promised.
    fn read_back(&self, out: &mut dyn ReadWriteSeek, label: &Aigc, signed: bool, fresh: bool) -> Result<Report> {
        out.flush().map_err(|e| Error::io("write", e))?;
        let mut reader = &mut *out;
        let mut verifier = Verifier::new().limits(self.limits.clone());
        for profile in &self.profiles {
            verifier = verifier.profile(*profile);
        }
        let report = verifier.verify(&mut reader)?;
        let fail = |reason: String| Err(Error::Internal(general::READ_BACK.with("reason", reason)));
        let fields = LabelFields::from(label);
        if !report.evidence.iter().any(|e| e.label.as_ref() == Some(&fields)) {
            return fail("the label is not there".to_owned());
        }
        if matches!(report.status, Status::None | Status::Inconclusive) {
            return fail("the status is not the label's".to_owned());
        }
        let broken = report.evidence.iter().find(|e| e.integrity == Integrity::Broken);
        if let Some(broken) = broken.filter(|_| fresh) {
            return fail(format!("{:?} is broken: {}", broken.carrier, broken.codes.join(", ")));
        }
        let store = report.evidence.iter().any(|e| e.carrier == crate::report::CarrierKind::C2paManifest);
        if signed != store {
            return fail("the manifest is not there".to_owned());
        }
        debug_assert!(report.evidence.iter().all(|e| e.claim != Claim::Unclear));
        Ok(report)
    }
}

struct DrawnStage {
    drawn: Drawn,
    reencoded: Reencoded,
    stage: Stage,
}

/// Where a file lies between two steps: in memory while small, on disk beyond that.
#[cfg(not(target_arch = "wasm32"))]
type Stage = tempfile::SpooledTempFile;
#[cfg(not(target_arch = "wasm32"))]
fn stage() -> Stage {
    tempfile::SpooledTempFile::new(16 << 20)
}
#[cfg(target_arch = "wasm32")]
type Stage = std::io::Cursor<Vec<u8>>;
#[cfg(target_arch = "wasm32")]
fn stage() -> Stage {
    std::io::Cursor::new(Vec::new())
}

fn digest(out: &mut dyn ReadWriteSeek, limits: &Limits) -> Result<(u64, [u8; 32])> {
    out.seek(SeekFrom::Start(0)).map_err(|e| Error::io("seek", e))?;
    let mut reader = &mut *out;
    let mut bounded = Source::new(&mut reader, limits)?;
    let len = bounded.len();
    let whole = [0..len];
    Ok((len, hash_ranges(&mut bounded, &whole)?))
}



/// A random identifier in the form of a version 4 UUID (RFC 9562 5.4), without hyphens outside
/// the usual places.
fn new_id() -> Result<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes)
        .map_err(|e| Error::Signing(crate::message::sign::RANDOM.with("reason", e)))?;
    if let [.., v, _, n, _, _, _, _, _, _, _] = bytes.get_mut(..16).unwrap_or_default() {
        *v = (*v & 0x0F) | 0x40;
        *n = (*n & 0x3F) | 0x80;
    }
    let text = hex(&bytes);
    let cut = |a: usize, b: usize| text.get(a..b).unwrap_or_default();
    Ok(format!("{}-{}-{}-{}-{}", cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)))
}
