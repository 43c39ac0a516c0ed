//! Reads and validates the manifest that a file holds.

use serde_json::Value;

use super::binding::{HardBinding, hard_binding};
use super::history::{Ingredient, history};
use super::{TEXT_MAX, asset_error, context, guarded, measure};
use crate::error::Result;
use crate::label::source_type::{AiMeaning, SourceType};
use crate::limits::Limits;
use crate::report::Signer;
use crate::sign::{CertificateInfo, cap, pem_certificates};
use crate::source::{ReadSeek, check_limit};
use crate::trust::TrustStore;

/// Status codes, actions and assertions that are kept, each.
pub(super) const ITEMS_MAX: usize = 256;
/// Largest assertion whose content is kept, in bytes of JSON.
const ASSERTION_MAX: usize = 64 << 10;

/// Outcome of validation (C2PA 2.4 section 15.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManifestState {
    /// There is a manifest and it does not hold: see the failure codes.
    Invalid,
    /// Signature and bindings hold; who signed is not vouched for.
    Valid,
    /// Valid, and the signer's certificate leads to an anchor of the trust store.
    Trusted,
    /// The file only names an address where its manifest is; it was not fetched.
    Remote,
}

/// Kind of a status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    /// A check that held.
    Success,
    /// Something to know.
    Informational,
    /// A check that did not hold.
    Failure,
}

/// One validation status code (C2PA 2.4 section 15.2) as the library reported it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct StatusCode {
    /// For example `claimSignature.validated`.
    pub code: String,
    /// JUMBF address of what was checked.
    pub url: Option<String>,
    /// The library's sentence, English.
    pub explanation: Option<String>,
    /// Whether the check held.
    pub kind: StatusKind,
    /// Whether it is about an ingredient and not about this file's own manifest.
    pub ingredient: bool,
}

/// One entry of `c2pa.actions` (C2PA 2.4 section 18.17).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Action {
    /// For example `c2pa.created`.
    pub action: String,
    /// IPTC digital source type, a URI.
    pub digital_source_type: Option<String>,
    /// Name and version of the software or model.
    pub software_agent: Option<String>,
    /// RFC 3339 as claimed by the signer.
    pub when: Option<String>,
}

/// One assertion of the active manifest.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Assertion {
    /// For example `c2pa.ai-disclosure`.
    pub label: String,
    /// Whether the signer vouches for it itself (created) or took it over (gathered).
    pub created: bool,
    /// Content; null if it is longer than 64 KiB of JSON or binary.
    pub data: Value,
}

/// What the manifest of a file says and how it validated. Strings are cut at 1,024 characters,
/// lists at 256 entries.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct ManifestReading {
    /// Outcome.
    pub state: ManifestState,
    /// Label of the active manifest, usually a `urn:c2pa:` name.
    pub active_label: Option<String>,
    /// Who signed the active manifest.
    pub signer: Option<Signer>,
    /// Every status code, the active manifest's first.
    pub codes: Vec<StatusCode>,
    /// Actions of the active manifest, in order.
    pub actions: Vec<Action>,
    /// Assertions of the active manifest, in order.
    pub assertions: Vec<Assertion>,
    /// Product that made the claim, with version.
    pub claim_generator: Option<String>,
    /// Ingredients of the active manifest.
    pub ingredients: usize,
    /// What the content was made from, over all manifests that the active one reaches; the closest
    /// first, each manifest once.
    #[serde(default)]
    pub history: Vec<Ingredient>,
    /// Where the manifest is said to be; reported, never fetched.
    pub remote_url: Option<String>,
    /// How the manifest is bound to the file; `None` if that can't be told.
    pub binding: Option<HardBinding>,
}

impl ManifestReading {
    fn bare(state: ManifestState) -> Self {
        Self {
            state,
            active_label: None,
            signer: None,
            codes: Vec::new(),
            actions: Vec::new(),
            assertions: Vec::new(),
            claim_generator: None,
            ingredients: 0,
            history: Vec::new(),
            remote_url: None,
            binding: None,
        }
    }

    /// Failures of this file's own manifest.
    pub fn failures(&self) -> impl Iterator<Item = &StatusCode> {
        self.codes.iter().filter(|code| code.kind == StatusKind::Failure && !code.ingredient)
    }

    fn failed(&self, codes: &[&str]) -> bool {
        self.failures().any(|status| codes.contains(&status.code.as_str()))
    }

    /// Whether the content is not what was signed: a hard binding's hash differs.
    #[must_use]
    pub fn hash_mismatch(&self) -> bool {
        self.failures().any(|status| is_hash(&status.code) && !is_exclusion(status))
    }

    /// Whether the claim's signature is missing or does not verify.
    #[must_use]
    pub fn signature_broken(&self) -> bool {
        self.failed(&["claimSignature.mismatch", "claimSignature.missing", "claim.missing"])
    }

    /// Whether an assertion was changed, removed or added after signing.
    #[must_use]
    pub fn assertion_tampered(&self) -> bool {
        self.failed(&[
            "assertion.hashedURI.mismatch",
            "assertion.missing",
            "assertion.undeclared",
            "assertion.inaccessible",
        ])
    }

    /// Whether the signed hash leaves out bytes that are not the manifest itself, or may do so:
    /// foreign bytes may stand there unnoticed (C2PA 2.4 section 15.12.1). Which parts they are
    /// says [`ManifestReading::binding`].
    #[must_use]
    pub fn leaves_out_more(&self) -> bool {
        self.codes.iter().any(|status| !status.ingredient && status.code.ends_with(".additionalExclusionsPresent"))
    }

    /// Whether the bytes that the signed hash leaves out are not those of the manifest.
    #[must_use]
    pub fn exclusion_abuse(&self) -> bool {
        self.failures().any(is_exclusion)
    }

    /// Whether an ingredient does not hold, beyond an untrusted signer.
    #[must_use]
    pub fn ingredient_broken(&self) -> bool {
        self.codes.iter().any(|status| {
            status.ingredient && status.kind == StatusKind::Failure && status.code != "signingCredential.untrusted"
        })
    }

    /// Whether the signer's certificate does not lead to an anchor.
    #[must_use]
    pub fn untrusted(&self) -> bool {
        self.failed(&["signingCredential.untrusted"])
    }

    /// Whether the certificate was outside its period, with no trusted time to save it.
    #[must_use]
    pub fn expired(&self) -> bool {
        self.failed(&["signingCredential.expired", "claimSignature.outsideValidity"])
    }
}

fn is_hash(code: &str) -> bool {
    matches!(
        code,
        "assertion.dataHash.mismatch"
            | "assertion.bmffHash.mismatch"
            | "assertion.boxesHash.mismatch"
            | "assertion.boxesHash.unknownBox"
            | "assertion.collectionHash.mismatch"
            | "assertion.multiAssetHash.mismatch"
    )
}

/// Whether a code says that a hard binding's hash fits.
fn is_match(code: &str) -> bool {
    code.starts_with("assertion.") && code.ends_with("Hash.match")
}

/// The library reports a wrong exclusion with the code of a wrong hash; only its sentence
/// differs ("data hash exclusion does not match the manifest location in the asset").
fn is_exclusion(status: &StatusCode) -> bool {
    is_hash(&status.code) && status.explanation.as_deref().is_some_and(|text| text.contains("exclusion does not match"))
}

/// Reads and validates the manifest of a file; `Ok(None)` if it has none.
///
/// A manifest that is too damaged to be read is [`ManifestState::Invalid`] with the code
/// `general.error`. Nothing is fetched from a network. Certificates are checked at the system's
/// time.
///
/// # Errors
/// [`crate::Error::Limit`] if the file is too long, [`crate::Error::Io`],
/// [`crate::Error::Unsupported`] for a media type without manifests,
/// [`crate::Error::Malformed`] if the file's own structure cannot be followed,
/// [`crate::Error::Internal`] if the library panicked.
pub fn read(
    source: &mut dyn ReadSeek,
    mime: &str,
    trust: &TrustStore,
    limits: &Limits,
) -> Result<Option<ManifestReading>> {
    measure(source, mime, limits)?;
    guarded(|| {
        let context = context(trust, limits).map_err(|e| asset_error(e, mime))?;
        match c2pa::Reader::from_context(context).with_stream(mime, &mut *source) {
            Ok(reader) => Ok(Some(reading(&reader))),
            Err(error) => unreadable(error, mime),
        }
    })?
}

/// The manifest store as it stands in a file that the library can read; `None` if there is none, or it
/// can't.
///
/// # Errors
/// [`crate::Error::Io`], [`crate::Error::Limit`] for a file or store that is too long, and
/// [`crate::Error::Internal`] if the library panicked.
pub fn store(source: &mut dyn ReadSeek, mime: &str, limits: &Limits) -> Result<Option<Vec<u8>>> {
    measure(source, mime, limits)?;
    let mut source = source;
    let Ok(store) = guarded(|| c2pa::jumbf_io::load_jumbf_from_stream(mime, &mut source))? else { return Ok(None) };
    check_limit("manifest_bytes", store.len() as u64, limits.manifest_bytes)?;
    Ok(Some(store))
}

/// The manifest store of a file and how it validated, as the C2PA library writes it in crJSON;
/// `Ok(None)` if the file has none.
///
/// Strings are those of the file, uncut: it is a form for machines.
///
/// # Errors
/// As [`read`], and [`crate::Error::Malformed`] if the store can't be read.
pub fn crjson(source: &mut dyn ReadSeek, mime: &str, trust: &TrustStore, limits: &Limits) -> Result<Option<Value>> {
    measure(source, mime, limits)?;
    guarded(|| {
        let context = context(trust, limits).map_err(|e| asset_error(e, mime))?;
        let reader = match c2pa::Reader::from_context(context).with_stream(mime, &mut *source) {
            Ok(reader) => reader,
            Err(c2pa::Error::JumbfNotFound | c2pa::Error::ProvenanceMissing) => return Ok(None),
            Err(error) => return Err(asset_error(error, mime)),
        };
        reader.to_crjson_value().map(Some).map_err(|e| asset_error(e, mime))
    })?
}

fn unreadable(error: c2pa::Error, mime: &str) -> Result<Option<ManifestReading>> {
    use c2pa::Error as E;
    match error {
        E::JumbfNotFound | E::ProvenanceMissing => Ok(None),
        E::RemoteManifestUrl(url) | E::RemoteManifestFetch(url) => {
            let mut reading = ManifestReading::bare(ManifestState::Remote);
            reading.remote_url = Some(cap(&url, TEXT_MAX));
            Ok(Some(reading))
        }
        error @ (E::IoError(_) | E::UnsupportedType | E::InvalidAsset(_) | E::BadParam(_)) => {
            Err(asset_error(error, mime))
        }
        other => {
            let mut reading = ManifestReading::bare(ManifestState::Invalid);
            reading.codes.push(StatusCode {
                code: "general.error".to_owned(),
                url: None,
                explanation: Some(cap(&other.to_string(), TEXT_MAX)),
                kind: StatusKind::Failure,
                ingredient: false,
            });
            Ok(Some(reading))
        }
    }
}

fn reading(reader: &c2pa::Reader) -> ManifestReading {
    let mut reading = ManifestReading::bare(match reader.validation_state() {
        c2pa::ValidationState::Trusted => ManifestState::Trusted,
        c2pa::ValidationState::Valid => ManifestState::Valid,
        c2pa::ValidationState::Invalid => ManifestState::Invalid,
    });
    reading.active_label = reader.active_label().map(|label| cap(label, TEXT_MAX));
    reading.remote_url = reader.remote_url().map(|url| cap(url, TEXT_MAX));
    if let Some(results) = reader.validation_results() {
        let own = results.active_manifest().map(|codes| (codes, false));
        let deltas = results.ingredient_deltas().into_iter().flatten();
        let others = deltas.map(|delta| (delta.validation_deltas(), true));
        for (codes, ingredient) in own.into_iter().chain(others) {
            let lists = [
                (codes.failure(), StatusKind::Failure),
                (codes.informational(), StatusKind::Informational),
                (codes.success(), StatusKind::Success),
            ];
            for (list, kind) in lists {
                let room = ITEMS_MAX.saturating_sub(reading.codes.len());
                reading.codes.extend(list.iter().take(room).map(|status| StatusCode {
                    code: cap(status.code(), TEXT_MAX),
                    url: status.url().map(|url| cap(url, TEXT_MAX)),
                    explanation: status.explanation().map(|text| cap(text, TEXT_MAX)),
                    kind,
                    ingredient,
                }));
            }
        }
    }
    if let Ok(document) = reader.to_crjson_value() {
        let urls = reading.codes.iter().filter(|status| is_match(&status.code)).filter_map(|s| s.url.as_deref());
        reading.binding = hard_binding(&document, reading.active_label.as_deref(), urls);
    }
    let Some(manifest) = reader.active_manifest() else { return reading };
    reading.ingredients = manifest.ingredients().len();
    reading.signer = manifest.signature_info().map(signer);
    reading.claim_generator = generator(manifest);
    reading.actions = actions(manifest);
    reading.assertions = assertions(manifest, &|_| true);
    reading.history = history(reader);
    reading
}

/// The actions of a manifest. A statement about AI is kept wherever it stands.
pub(super) fn actions(manifest: &c2pa::Manifest) -> Vec<Action> {
    let lists = manifest.assertions().iter().filter(|a| a.label().starts_with("c2pa.actions"));
    let all = lists.filter_map(|a| a.value().ok()?.get("actions")?.as_array()).flatten().filter_map(action);
    let mut out: Vec<Action> = Vec::new();
    let is_ai = |action: &Action| {
        let meaning = action.digital_source_type.as_deref().map(SourceType::meaning_of);
        matches!(meaning, Some(AiMeaning::Generated | AiMeaning::PartlyGenerated))
    };
    for action in all {
        if out.len() < ITEMS_MAX || (is_ai(&action) && !out.iter().any(is_ai)) {
            out.push(action);
        }
    }
    out
}

/// The assertions of a manifest of the wanted kinds.
pub(super) fn assertions(manifest: &c2pa::Manifest, wanted: &dyn Fn(&str) -> bool) -> Vec<Assertion> {
    let kept = |assertion: &c2pa::ManifestAssertion| {
        let data = assertion.value().cloned().unwrap_or(Value::Null);
        let short = serde_json::to_string(&data).is_ok_and(|text| text.len() <= ASSERTION_MAX);
        Assertion {
            label: cap(&assertion.label_with_instance(), TEXT_MAX),
            created: assertion.created(),
            data: if short { data } else { Value::Null },
        }
    };
    manifest.assertions().iter().filter(|a| wanted(a.label())).take(ITEMS_MAX).map(kept).collect()
}

fn string(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(|text| cap(text, TEXT_MAX))
}

/// A name with its version, from text or from an object.
fn named(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(cap(text, TEXT_MAX));
    }
    let name = string(value, "name")?;
    Some(match string(value, "version") {
        Some(version) => format!("{name} {version}"),
        None => name,
    })
}

fn action(value: &Value) -> Option<Action> {
    Some(Action {
        action: string(value, "action")?,
        digital_source_type: string(value, "digitalSourceType"),
        software_agent: value.get("softwareAgent").and_then(named),
        when: string(value, "when"),
    })
}

fn generator(manifest: &c2pa::Manifest) -> Option<String> {
    let first = manifest.claim_generator_info.as_ref().and_then(|list| list.first());
    first
        .and_then(|info| serde_json::to_value(info).ok())
        .and_then(|info| named(&info))
        .or_else(|| manifest.claim_generator().map(|text| cap(text, TEXT_MAX)))
}

pub(super) fn signer(info: &c2pa::SignatureInfo) -> Signer {
    let certificate = pem_certificates(info.cert_chain(), "x5chain")
        .ok()
        .and_then(|chain| CertificateInfo::from_der(chain.first()?).ok());
    let short = |text: &Option<String>| text.as_deref().map(|text| cap(text, 256));
    let algorithm = info.alg.map(|algorithm| algorithm.to_string());
    let time = short(&info.time);
    match certificate {
        Some(certificate) => Signer {
            name: certificate.subject_common_name,
            organization: certificate.organization,
            issuer: certificate.issuer,
            serial: Some(certificate.serial),
            algorithm,
            certificate_sha256: Some(certificate.sha256),
            public_key_sha256: None,
            time,
        },
        // Certificates that are not strict DER: the library's own reading, which calls the
        // subject's organization the issuer.
        None => Signer {
            name: short(&info.common_name),
            organization: short(&info.issuer),
            issuer: None,
            serial: None,
            algorithm,
            certificate_sha256: None,
            public_key_sha256: None,
            time,
        },
    }
}
