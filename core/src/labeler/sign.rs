//! The manifest: last, over the final bytes.

use std::io::Seek as _;

use crate::carrier::ASSERTION;
use crate::carrier::manifest::{Agent, ManifestPlan, collection as packed, reserve, sign};
use crate::container::patch::hash_ranges;
use crate::container::{NewValue, Slot};
use crate::error::{Error, Problem, Result};
use crate::finding;
use crate::format::{Binding, Embedding, Format};
use crate::hex::hex;
use crate::label::{Aigc, Label};
use crate::message::{general, reason, write as rows};
use crate::notice::Made;
use crate::report::{CarrierKind, Evidence, Integrity};
use crate::sign::Signer;
use crate::source::{ReadSeek, ReadWriteSeek, Source};

use super::write::{Stage, stage};
use super::{Imprinted, Labeler};

/// What is to be signed.
pub(super) struct Job<'a> {
    pub(super) signer: &'a dyn Signer,
    pub(super) label: &'a Label,
    /// Whether the signer made the content.
    pub(super) made: bool,
    pub(super) aigc: &'a Aigc,
    pub(super) format: Format,
    pub(super) notice: Option<&'a Made>,
    pub(super) watermark: Option<&'a Imprinted>,
}

/// That a container has no place for a store is no reason not to label.
fn not_placed(error: Error) -> Error {
    match error {
        Error::Refused(problem) | Error::Unsupported(problem) => {
            Error::Refused(rows::MANIFEST_NOT_PLACED.problem().because("reason", problem))
        }
        error => error,
    }
}

impl Labeler<'_> {
    /// Signs `staged` into `out`, and gives what there is to know about it; `parent` is the file as
    /// the caller gave it, if it has a history.
    ///
    /// # Errors
    /// As [`crate::carrier::manifest::sign`].
    pub(super) fn sign(
        &self,
        job: &Job<'_>,
        staged: &mut dyn ReadSeek,
        parent: Option<&mut dyn ReadSeek>,
        out: &mut dyn ReadWriteSeek,
    ) -> Result<Vec<Problem>> {
        let Job { signer, label, made: generated, aigc, format, notice, watermark } = *job;
        let essence = {
            let mut bounded = Source::new(staged, &self.limits)?;
            let map = format.row().container.map(format, &mut bounded, &self.limits)?;
            hex(&hash_ranges(&mut bounded, &map.essence())?)
        };
        let record: serde_json::Value =
            serde_json::from_str(&aigc.to_json()).map_err(|e| Error::Internal(general::READ_BACK.with("reason", e)))?;
        let mut assertion = serde_json::json!({
            "version": 1,
            "aigc": record,
            "essence": { "alg": "sha256", "rule": "biaoshi-essence-1", "hash": essence },
        });
        if let (Some(notice), Some(object)) = (notice, assertion.as_object_mut()) {
            object.insert("notice".to_owned(), record_of(notice));
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
            soft_binding: watermark.map(Imprinted::soft_binding),
            vendor_assertions: vec![(ASSERTION.to_owned(), assertion)],
            drop_broken_parent: self.sign_over_broken,
        };
        match format.row().embedding {
            Embedding::Library => {
                let mut signed = stage();
                sign(staged, parent, &mut signed, &plan, &self.limits)?;
                if self.kept(format, staged)? != self.kept(format, &mut signed)? {
                    return Err(Error::Refused(rows::MANIFEST_LOSES.problem()));
                }
                self.checked(aigc, signed, out)?;
                Ok(Vec::new())
            }
            Embedding::Own(Binding::Entries) => self.pack((format, aigc), staged, parent, &plan, out),
            Embedding::Own(binding) => self.embed((format, binding, aigc), staged, parent, &plan, out),
            Embedding::None => Err(Error::Unsupported(reason::NO_MANIFEST_PLACE.with("format", format.row().name))),
        }
    }

    /// What embedding must leave as it is: the content, and the bytes behind the format's end.
    fn kept(&self, format: Format, file: &mut dyn ReadSeek) -> Result<[u8; 32]> {
        let mut source = Source::new(file, &self.limits)?;
        let map = format.row().container.map(format, &mut source, &self.limits)?;
        let mut ranges = map.essence();
        ranges.extend(map.trailing().map(|s| s.range.clone()));
        hash_ranges(&mut source, &ranges)
    }

    /// Lets our own container place the store: room for it first, then the signed one the same way.
    fn embed(
        &self,
        (format, binding, wanted): (Format, Binding, &Aigc),
        staged: &mut dyn ReadSeek,
        parent: Option<&mut dyn ReadSeek>,
        plan: &ManifestPlan<'_>,
        out: &mut dyn ReadWriteSeek,
    ) -> Result<Vec<Problem>> {
        let pending = reserve(staged, parent, plan, binding, &self.limits)?;
        let mut roomy = stage();
        self.place(format, staged, pending.room(), &mut roomy)?;
        let at = {
            let mut source = Source::new(&mut roomy, &self.limits)?;
            let map = format.row().container.map(format, &mut source, &self.limits)?;
            map.segments.iter().find(|s| s.slot == Some(Slot::Manifest)).map(|s| s.payload.clone())
        };
        let at = at.ok_or_else(|| Error::Internal(general::READ_BACK.with("reason", "the manifest has no place")))?;
        let (store, _) = pending.sign(&mut roomy, &at, &self.limits)?;
        drop(roomy);
        let mut signed = stage();
        let notes = self.place(format, staged, &store, &mut signed)?;
        self.checked(wanted, signed, out)?;
        Ok(notes)
    }

    /// The same for a package of entries.
    fn pack(
        &self,
        (format, wanted): (Format, &Aigc),
        staged: &mut dyn ReadSeek,
        mut parent: Option<&mut dyn ReadSeek>,
        plan: &ManifestPlan<'_>,
        out: &mut dyn ReadWriteSeek,
    ) -> Result<Vec<Problem>> {
        let container = format.row().container;
        let collected =
            |file: &mut dyn ReadSeek| container.collection(&mut Source::new(file, &self.limits)?, &self.limits);
        // An entry more or less is in the hash: the names are those of a package with a store.
        let mut named = stage();
        self.place(format, staged, b"-", &mut named)?;
        let names = collected(&mut named).map_err(not_placed)?;
        drop(named);
        let history: Option<&mut dyn ReadSeek> = match &mut parent {
            Some(parent) => Some(&mut **parent),
            None => None,
        };
        let room = packed::room(staged, history, plan, &names, &self.limits)?;
        let mut roomy = stage();
        self.place(format, staged, &room, &mut roomy)?;
        let names = collected(&mut roomy)?;
        let store = packed::store(staged, parent, plan, (&mut roomy, &names, &room), &self.limits)?;
        drop(roomy);
        let mut signed = stage();
        let notes = self.place(format, staged, &store, &mut signed)?;
        self.checked(wanted, signed, out)?;
        Ok(notes)
    }

    /// Hands on a signed file that reads back as intact: the library may read a file in another way
    /// than we do, and others read with it.
    fn checked(&self, wanted: &Aigc, mut signed: Stage, out: &mut dyn ReadWriteSeek) -> Result<()> {
        let unread = |why: Option<Problem>| {
            let problem = rows::MANIFEST_UNREAD.problem();
            Error::Refused(match why {
                Some(why) => problem.because("reason", why),
                None => problem.arg("reason", "-"),
            })
        };
        let report = match self.read_back(&mut signed, wanted, (true, None), true) {
            Ok(report) => report,
            Err(error @ (Error::Io { .. } | Error::Limit(_))) => return Err(error),
            Err(error) => return Err(unread(error.problem().cloned())),
        };
        let intact = |e: &Evidence| e.carrier != CarrierKind::C2paManifest || e.integrity == Integrity::Intact;
        if !report.evidence.iter().all(intact) {
            let finding = report.findings.iter().find(|f| f.code() == finding::MANIFEST_NOT_CHECKED.message.code);
            return Err(unread(finding.cloned().map(Problem::from)));
        }
        signed.rewind().map_err(|e| Error::io("stage", e))?;
        std::io::copy(&mut signed, &mut { out }).map(drop).map_err(|e| Error::io("write", e))
    }

    /// Writes `staged` with a store in its place.
    fn place(
        &self,
        format: Format,
        staged: &mut dyn ReadSeek,
        store: &[u8],
        out: &mut dyn ReadWriteSeek,
    ) -> Result<Vec<Problem>> {
        let container = format.row().container;
        let mut source = Source::new(staged, &self.limits)?;
        let map = container.map(format, &mut source, &self.limits)?;
        let value = NewValue { slot: Slot::Manifest, bytes: store.to_vec() };
        let placed = container.put(&map, &mut source, &[value], &self.limits).map_err(not_placed)?;
        placed.patch.apply(&mut source, out)?;
        Ok(placed.notes)
    }
}

/// The notice as our assertion records it (`spec/manifest.md`).
fn record_of(notice: &Made) -> serde_json::Value {
    let mut record = serde_json::json!({ "lines": notice.lines() });
    let mut put = |key: &str, value: serde_json::Value| {
        if let Some(object) = record.as_object_mut() {
            object.insert(key.to_owned(), value);
        }
    };
    if let Some(drawn) = notice.drawn() {
        put("rect", serde_json::json!(drawn.rect));
        put("inkHeight", drawn.ink_height_px.into());
    }
    match notice {
        Made::Text(worded) => put("at", serde_json::json!(worded.at)),
        Made::Sound(sounded) => put("at", serde_json::json!(sounded.places)),
        Made::Video(film) => put("at", serde_json::json!(film.spans)),
        Made::Picture(_) => {}
    }
    record
}
