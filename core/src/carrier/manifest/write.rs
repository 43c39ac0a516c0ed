//! Signs: builds the manifest, binds it to the bytes and embeds it.

use std::cell::RefCell;

use serde_json::{Value, json};

use super::read::{ManifestReading, ManifestState, StatusKind, read};
use super::{TEXT_MAX, asset_error, context, guarded, measure};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::{is_unsafe_to_show, sign as message};
use crate::sign::{Algorithm, Signer, cap, is_self_issued};
use crate::source::{ReadSeek, ReadWriteSeek, check_limit};
use crate::trust::TrustStore;

/// Version of C2PA that the content of the manifest follows.
const SPEC_VERSION: &str = "2.4";
/// Room in the signature box beside certificates and signature, in bytes. The library would
/// reserve 1,024, padding that every file would carry; below 300 it cannot fit its padding.
const COSE_OVERHEAD: usize = 320;
/// Names the parent between the two places of the definition; not written to the file.
const PARENT: &str = "parent";

/// Name and version of a product or model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Name.
    pub name: String,
    /// Version.
    pub version: Option<String>,
}

impl Agent {
    fn json(&self) -> Value {
        match &self.version {
            Some(version) => json!({ "name": self.name, "version": version }),
            None => json!({ "name": self.name }),
        }
    }
}

/// A value by which content is found again after its manifest was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SoftBinding {
    /// Name of the algorithm.
    pub alg: String,
    /// The value that its reader gives.
    pub value: Vec<u8>,
}

/// What the manifest shall say, and who signs it.
pub struct ManifestPlan<'a> {
    /// Makes the signature.
    pub signer: &'a dyn Signer,
    /// Title of the work; a name without a path.
    pub title: Option<String>,
    /// Media type of the file, for example `image/png`.
    pub mime: &'a str,
    /// The program that labels.
    pub claim_generator: Agent,
    /// IPTC digital source type, a URI: how the content came to be. `None`: the signer does not
    /// say, and only adds metadata to content of others.
    pub source_type_uri: Option<&'a str>,
    /// Whether existing content was edited rather than created. A file that carries a manifest
    /// counts as edited in any case.
    pub altered: bool,
    /// The model or program that made or edited the content.
    pub software_agent: Option<Agent>,
    /// When it did, RFC 3339.
    pub when: Option<String>,
    /// Content of `c2pa.ai-disclosure` (C2PA 2.4 section 18.28).
    pub ai_disclosure: Option<Value>,
    /// A watermark that was put into the content, for the action `c2pa.watermarked.bound` and the
    /// assertion `c2pa.soft-binding` (C2PA 2.4 sections 18.15.4 and 18.10; numbers inferred).
    pub soft_binding: Option<SoftBinding>,
    /// Further assertions as JSON; labels are reversed domain names (C2PA 2.4 section 6.2).
    pub vendor_assertions: Vec<(String, Value)>,
    /// Sign although the existing manifest is not valid, leaving it out. Without this, such a
    /// file is refused.
    pub drop_broken_parent: bool,
}

impl std::fmt::Debug for ManifestPlan<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ManifestPlan")
            .field("mime", &self.mime)
            .field("title", &self.title)
            .field("source_type_uri", &self.source_type_uri)
            .field("altered", &self.altered)
            .finish_non_exhaustive()
    }
}

/// What was embedded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Length of the manifest store, in bytes.
    pub manifest_bytes: u64,
    /// Label of the new manifest.
    pub manifest_label: Option<String>,
    /// Whether the parent's manifest was kept as an ingredient.
    pub parent_kept: bool,
}

/// Copies `source` to the empty `dest` with a signed manifest.
///
/// `parent` is the file as it was before this program changed it; give it whenever `source` was
/// changed, for then a manifest in `source` no longer fits it. If the parent (or, without one,
/// `source`) carries a valid manifest, that is kept as an ingredient. `dest` is not to be used
/// after an error. Reading the result back is left to the caller.
///
/// # Errors
/// [`Error::Refused`] with `manifest.parent_broken` if the existing manifest is not valid,
/// [`Error::Limit`], [`Error::Invalid`] for a value that cannot be written, [`Error::Signing`] if
/// the signer fails or its certificate is not allowed, [`Error::Unsupported`] (also with
/// `sign.not_for_manifests` for an SM2 key), [`Error::Malformed`], [`Error::Io`], [`Error::Internal`].
pub fn sign(
    source: &mut dyn ReadSeek,
    parent: Option<&mut dyn ReadSeek>,
    dest: &mut dyn ReadWriteSeek,
    plan: &ManifestPlan<'_>,
    limits: &Limits,
) -> Result<Signed> {
    let adapter = Adapter::new(plan.signer)?;
    let mut prepared = prepare(context, source, parent, plan, limits)?;
    source.rewind().map_err(|e| Error::io("seek", e))?;
    let outcome = guarded(|| {
        let (mut source, mut dest) = (source, dest);
        prepared.builder.sign(&adapter, plan.mime, &mut source, &mut dest)
    })?;
    let store = match outcome {
        Ok(store) => store,
        Err(error) => {
            return Err(adapter.failure().unwrap_or_else(|| failed(error, plan.mime)));
        }
    };
    signed(&store, prepared.parent_kept, limits)
}

pub(super) fn signed(store: &[u8], parent_kept: bool, limits: &Limits) -> Result<Signed> {
    let manifest_bytes = store.len() as u64;
    check_limit("manifest_bytes", manifest_bytes, limits.manifest_bytes)?;
    Ok(Signed { manifest_bytes, manifest_label: last_label(store), parent_kept })
}

/// A manifest that is ready to be bound and signed.
pub(super) struct Prepared {
    pub(super) builder: c2pa::Builder,
    pub(super) parent_kept: bool,
}

/// Checks the plan and the existing manifest, and builds the new one.
pub(super) fn prepare(
    context: impl FnOnce(&TrustStore, &Limits) -> c2pa::Result<c2pa::Context>,
    source: &mut dyn ReadSeek,
    mut parent: Option<&mut dyn ReadSeek>,
    plan: &ManifestPlan<'_>,
    limits: &Limits,
) -> Result<Prepared> {
    check(plan, limits)?;
    measure(source, plan.mime, limits)?;
    let before = match parent.as_deref_mut() {
        Some(parent) => read(parent, plan.mime, &TrustStore::new(), limits)?,
        None => read(source, plan.mime, &TrustStore::new(), limits)?,
    };
    let state = before.as_ref().map(|reading| reading.state);
    if state == Some(ManifestState::Invalid) && !plan.drop_broken_parent {
        return Err(broken_parent(before.as_ref()));
    }
    let parent_kept = matches!(state, Some(ManifestState::Valid | ManifestState::Trusted));
    let broken = state == Some(ManifestState::Invalid);
    // A broken parent cannot be an ingredient: it would be presented as the origin.
    let edited = parent_kept || ((plan.altered || plan.source_type_uri.is_none()) && !broken);
    let definition = definition(plan, edited);
    source.rewind().map_err(|e| Error::io("seek", e))?;
    let outcome = guarded(|| -> c2pa::Result<c2pa::Builder> {
        let context = context(&TrustStore::new(), limits)?.into_shared();
        let mut builder = c2pa::Builder::from_shared_context(&context).with_definition(definition)?;
        if edited {
            let ingredient = json!({ "relationship": "parentOf", "label": PARENT }).to_string();
            let mut from: &mut dyn ReadSeek = match parent {
                Some(parent) => parent,
                None => &mut *source,
            };
            from.rewind()?;
            builder.add_ingredient_from_stream(ingredient, plan.mime, &mut from)?;
        }
        Ok(builder)
    })?;
    let builder = outcome.map_err(|error| failed(error, plan.mime))?;
    Ok(Prepared { builder, parent_kept })
}

fn broken_parent(before: Option<&ManifestReading>) -> Error {
    let mut codes: Vec<&str> = Vec::new();
    for status in before.into_iter().flat_map(|reading| &reading.codes) {
        let code = status.code.as_str();
        let breaks = status.kind == StatusKind::Failure && code != "signingCredential.untrusted";
        if breaks && !codes.contains(&code) && codes.len() < 8 {
            codes.push(code);
        }
    }
    Error::Refused(message::PARENT_BROKEN.with("codes", codes.join(", ")))
}

fn definition(plan: &ManifestPlan<'_>, edited: bool) -> Value {
    let mut generator = plan.claim_generator.json();
    insert(&mut generator, "specVersion", Some(json!(SPEC_VERSION)));

    let action = match (plan.source_type_uri, edited) {
        (None, _) => "c2pa.edited.metadata",
        (Some(_), true) => "c2pa.edited",
        (Some(_), false) => "c2pa.created",
    };
    let mut made = json!({ "action": action });
    insert(&mut made, "digitalSourceType", plan.source_type_uri.map(|uri| json!(uri)));
    insert(&mut made, "softwareAgent", plan.software_agent.as_ref().map(Agent::json));
    insert(&mut made, "when", plan.when.as_ref().map(|when| json!(when)));
    let mut actions = Vec::new();
    if edited {
        // No source type here (C2PA 2.4 section 18.17.3).
        actions.push(json!({ "action": "c2pa.opened", "parameters": { "ingredientIds": [PARENT] } }));
    }
    actions.push(made);
    if plan.soft_binding.is_some() {
        actions.push(json!({ "action": "c2pa.watermarked.bound" }));
    }

    let mut assertions = vec![json!({
        "label": "c2pa.actions.v2",
        "created": true,
        "data": { "actions": actions, "allActionsIncluded": true },
    })];
    if let Some(binding) = &plan.soft_binding {
        let block = json!({ "scope": {}, "value": binding.value });
        let data = json!({ "alg": binding.alg, "blocks": [block], "pad": [] });
        assertions.push(json!({ "label": "c2pa.soft-binding", "created": true, "data": data }));
    }
    if let Some(data) = &plan.ai_disclosure {
        assertions.push(json!({ "label": "c2pa.ai-disclosure", "created": true, "data": data }));
    }
    for (label, data) in &plan.vendor_assertions {
        assertions.push(json!({ "label": label, "kind": "Json", "created": true, "data": data }));
    }
    let mut definition = json!({ "claim_generator_info": [generator], "assertions": assertions });
    insert(&mut definition, "title", plan.title.as_ref().map(|title| json!(title)));
    definition
}

fn insert(object: &mut Value, key: &str, value: Option<Value>) {
    if let (Some(object), Some(value)) = (object.as_object_mut(), value) {
        object.insert(key.to_owned(), value);
    }
}

fn check(plan: &ManifestPlan<'_>, limits: &Limits) -> Result<()> {
    let generator = Some(&plan.claim_generator);
    let agents = generator.into_iter().chain(plan.software_agent.as_ref());
    let texts = agents
        .flat_map(|agent| [Some(agent.name.as_str()), agent.version.as_deref()])
        .chain([plan.title.as_deref(), plan.when.as_deref(), plan.source_type_uri])
        .flatten();
    for text in texts {
        check_limit("field_bytes", text.len() as u64, limits.field_bytes as u64)?;
        if text.is_empty() || text.chars().any(is_unsafe_to_show) {
            return Err(Error::Invalid(
                message::MANIFEST_VALUE.with("field", "text").arg("value", cap(text, TEXT_MAX)),
            ));
        }
    }
    for (label, data) in &plan.vendor_assertions {
        if !is_vendor_label(label) {
            return Err(Error::Invalid(message::ASSERTION_LABEL.with("label", cap(label, TEXT_MAX))));
        }
        check_limit("label_bytes", data.to_string().len() as u64, limits.label_bytes as u64)?;
    }
    if let Some(data) = &plan.ai_disclosure {
        check_limit("label_bytes", data.to_string().len() as u64, limits.label_bytes as u64)?;
    }
    Ok(())
}

/// A reversed domain name outside the name spaces that standards own (C2PA 2.4 section 6.2).
fn is_vendor_label(label: &str) -> bool {
    let mut parts = label.split('.');
    let standard = parts.next().is_none_or(|first| matches!(first, "c2pa" | "cawg" | "stds" | "adobe"));
    !standard
        && label.len() <= 128
        && label.split('.').count() >= 2
        && !label.contains("__")
        && label
            .split('.')
            .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_'))
}

pub(super) fn failed(error: c2pa::Error, mime: &str) -> Error {
    use c2pa::Error as E;
    match error {
        E::CoseInvalidCert
        | E::CoseNoCerts
        | E::CoseX5ChainMissing
        | E::CertificateProfileError(_)
        | E::InvalidCertificateError(_) => {
            Error::Signing(message::CERTIFICATE_REFUSED.with("reason", cap(&error.to_string(), TEXT_MAX)))
        }
        E::IoError(_) | E::UnsupportedType | E::InvalidAsset(_) => asset_error(error, mime),
        E::BadParam(_)
        | E::ValidationRule(_)
        | E::AssertionEncoding(_)
        | E::AssertionSpecificError(_)
        | E::JsonError(_)
        | E::CborError(_) => Error::Invalid(message::MANIFEST_FAILED.with("reason", cap(&error.to_string(), TEXT_MAX))),
        other => Error::Internal(message::MANIFEST_FAILED.with("reason", cap(&other.to_string(), TEXT_MAX))),
    }
}

/// What the library has to know of a signer before it signs.
pub(super) struct Shape {
    pub(super) algorithm: Algorithm,
    alg: c2pa::SigningAlg,
    pub(super) certificates: Vec<Vec<u8>>,
}

impl Shape {
    /// # Errors
    /// [`Error::Unsupported`] for an algorithm that C2PA does not know.
    pub(super) fn new(signer: &dyn Signer) -> Result<Self> {
        let algorithm = signer.algorithm();
        let alg = match algorithm {
            Algorithm::Ed25519 => c2pa::SigningAlg::Ed25519,
            Algorithm::Es256 => c2pa::SigningAlg::Es256,
            Algorithm::Sm2 => return Err(Error::Unsupported(message::NOT_FOR_MANIFESTS.with("algorithm", "SM2"))),
        };
        let chain = signer.certificates().iter().enumerate();
        // A root proves nothing from inside the file: those who trust it have it (RFC 9360).
        let needed = chain.filter(|(index, der)| *index == 0 || !is_self_issued(der));
        Ok(Self { algorithm, alg, certificates: needed.map(|(_, der)| der.clone()).collect() })
    }

    pub(super) const fn alg(&self) -> c2pa::SigningAlg {
        self.alg
    }

    pub(super) fn reserve_size(&self) -> usize {
        self.certificates
            .iter()
            .map(|der| der.len().saturating_add(8))
            .fold(self.algorithm.signature_len(), usize::saturating_add)
            .saturating_add(COSE_OVERHEAD)
    }
}

/// The signature over `data`, of the length that its algorithm has.
pub(super) fn signature(signer: &dyn Signer, data: &[u8]) -> Result<Vec<u8>> {
    let expected = signer.algorithm().signature_len();
    let signature = signer.sign(data)?;
    if signature.len() == expected {
        return Ok(signature);
    }
    Err(Error::Signing(message::SIGNATURE_LENGTH.with("found", signature.len()).arg("expected", expected)))
}

/// Gives our signer to the library, and keeps its error, which the library would flatten.
pub(super) struct Adapter<'a> {
    signer: &'a dyn Signer,
    shape: Shape,
    failure: RefCell<Option<Error>>,
}

impl<'a> Adapter<'a> {
    pub(super) fn new(signer: &'a dyn Signer) -> Result<Self> {
        Ok(Self { signer, shape: Shape::new(signer)?, failure: RefCell::new(None) })
    }
}

impl Adapter<'_> {
    /// The signer's own error.
    pub(super) fn failure(self) -> Option<Error> {
        self.failure.into_inner()
    }
}

impl c2pa::Signer for Adapter<'_> {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        signature(self.signer, data).map_err(|error| {
            *self.failure.borrow_mut() = Some(error);
            c2pa::Error::CoseSignature
        })
    }

    fn alg(&self) -> c2pa::SigningAlg {
        self.shape.alg()
    }

    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        Ok(self.shape.certificates.clone())
    }

    fn reserve_size(&self) -> usize {
        self.shape.reserve_size()
    }
}

/// Label of the last manifest of a store, the active one (C2PA 2.4 section 11.1.4).
fn last_label(store: &[u8]) -> Option<String> {
    let (b"jumb", mut rest, _) = split_box(store)? else { return None };
    let mut label = None;
    while let Some((kind, body, tail)) = split_box(rest) {
        if kind == b"jumb" {
            let (b"jumd", description, _) = split_box(body)? else { return None };
            // UUID of the content type and one byte of toggles come before the label.
            let text = description.get(17..)?;
            let text = text.split(|byte| *byte == 0).next()?;
            label = std::str::from_utf8(text).ok().map(|text| cap(text, TEXT_MAX));
        }
        rest = tail;
    }
    label
}

/// Type, content and remainder of a box with a 32-bit length (ISO 19566-5).
fn split_box(bytes: &[u8]) -> Option<(&[u8; 4], &[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (kind, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?.checked_sub(8)?;
    let (body, tail) = rest.split_at_checked(length)?;
    Some((kind, body, tail))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]

    use super::*;
    use proptest::prelude::*;

    fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
        let length = u32::try_from(body.len() + 8).unwrap();
        [&length.to_be_bytes(), kind.as_slice(), body].concat()
    }

    fn described(label: &str) -> Vec<u8> {
        boxed(b"jumd", &[&[0; 16], &[3u8][..], label.as_bytes(), &[0]].concat())
    }

    proptest! {
        #[test]
        fn any_store_is_read_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = last_label(&bytes);
            let _ = last_label(&boxed(b"jumb", &bytes));
            let _ = last_label(&boxed(b"jumb", &boxed(b"jumb", &bytes)));
        }

        #[test]
        fn the_last_label_is_found(labels in prop::collection::vec("[a-z:0-9]{1,60}", 1..5)) {
            let manifests = labels.iter().map(|label| boxed(b"jumb", &described(label)));
            let body = [described("c2pa"), manifests.collect::<Vec<_>>().concat()].concat();
            prop_assert_eq!(last_label(&boxed(b"jumb", &body)), labels.last().cloned());
        }
    }

    #[test]
    fn vendor_labels_are_reversed_domain_names() {
        assert!(is_vendor_label("org.example.aigc"));
        assert!(is_vendor_label("cn.gb45438.aigc-label_v1"));
        for label in ["c2pa.x", "cawg.x", "stds.exif", "aigc", "", ".", "a.", "a. b", "a.b__1", "a.签"] {
            assert!(!is_vendor_label(label), "{label}");
        }
    }
}
