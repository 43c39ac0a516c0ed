//! C2PA manifests: the adapter around the crate `c2pa`, which nothing else names.
//!
//! That library has no network features compiled in and is told to stay offline; it reads the
//! system clock to check certificates, since it has no setting for another time.

#![deny(deprecated)]

mod binding;
pub(crate) mod collection;
mod embed;
mod history;
mod read;
#[cfg(all(test, feature = "keygen"))]
mod tests;
mod write;

pub(crate) use binding::gap;
pub use binding::{Exclusion, Gap, HardBinding};
pub use embed::{Pending, reserve};
pub use history::{Ingredient, Relationship};
pub use read::{Action, Assertion, ManifestReading, ManifestState, StatusCode, StatusKind, crjson, read, store};
pub use write::{Agent, ManifestPlan, Signed, SoftBinding, sign};

use std::io::SeekFrom;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::{general::NO_PDF_MANIFESTS, sign as message};
use crate::sign::cap;
use crate::source::{ReadSeek, check_limit};
use crate::trust::TrustStore;

/// Extended key usages that may sign claims (C2PA 2.4 section 14.5.1): e-mail protection,
/// document signing, time stamping, OCSP signing, Microsoft document signing, C2PA claim signing.
/// Without this list the library refuses certificates that have the C2PA purpose alone.
const TRUST_CONFIG: &str = "1.3.6.1.5.5.7.3.4\n1.3.6.1.5.5.7.3.36\n1.3.6.1.5.5.7.3.8\n\
1.3.6.1.5.5.7.3.9\n1.3.6.1.4.1.311.76.59.1.9\n1.3.6.1.4.1.62558.2.1";

/// Longest sentence taken over from the library or the file, in characters.
const TEXT_MAX: usize = 1_024;

fn context(trust: &TrustStore, limits: &Limits) -> c2pa::Result<c2pa::Context> {
    let megabytes = limits.manifest_bytes.div_ceil(1 << 20).clamp(1, 1_024);
    let mut settings = serde_json::json!({
        "verify": {
            "remote_manifest_fetch": false,
            "ocsp_fetch": false,
            "verify_after_sign": false,
        },
        "core": {
            "decode_identity_assertions": false,
            "allowed_network_hosts": [],
            "allow_redirects": false,
            "max_decompressed_manifest_size_in_mb": megabytes,
            "backing_store_memory_threshold_in_mb": 16,
        },
        // Free space may hold anything: what is signed here covers it.
        "builder": { "thumbnail": { "enabled": false }, "bmff_hash_exclude_free_and_skip_boxes": false },
        "trust": { "trust_config": TRUST_CONFIG },
    });
    if !trust.anchors().is_empty()
        && let Some(section) = settings.get_mut("trust").and_then(|trust| trust.as_object_mut())
    {
        let anchors = serde_json::json!([
            { "trust_anchors": trust.to_pem(), "trust_kind": "manifest", "trust_uri": "caller" }
        ]);
        section.insert("anchors".to_owned(), anchors);
    }
    let settings = c2pa::Settings::new().with_json(&settings.to_string())?;
    c2pa::Context::new().with_settings(settings)
}

/// Measures a stream, compares with the limits and goes back to its start.
fn measure(stream: &mut dyn ReadSeek, mime: &str, limits: &Limits) -> Result<()> {
    if !cfg!(feature = "pdf-manifests") && mime == "application/pdf" {
        return Err(Error::Unsupported(NO_PDF_MANIFESTS.problem()));
    }
    let length = stream.seek(SeekFrom::End(0)).map_err(|e| Error::io("seek", e))?;
    check_limit("manifest_file_bytes", length, limits.manifest_file_bytes)?;
    if matches!(mime, "image/jpeg" | "image/jpg") {
        check_limit("manifest_jpeg_bytes", length, limits.manifest_jpeg_bytes)?;
    }
    stream.rewind().map_err(|e| Error::io("seek", e))
}

/// Runs the library; a panic in it becomes an error.
fn guarded<T>(run: impl FnOnce() -> T) -> Result<T> {
    catch_unwind(AssertUnwindSafe(run)).map_err(|_| Error::Internal(message::MANIFEST_PANIC.problem()))
}

/// Whether an I/O error says that the device failed, not that the bytes are wrong.
fn is_environment(error: &std::io::Error) -> bool {
    use std::io::ErrorKind as Kind;
    !matches!(
        error.kind(),
        Kind::UnexpectedEof | Kind::InvalidData | Kind::InvalidInput | Kind::Other | Kind::Unsupported
    )
}

fn asset_error(error: c2pa::Error, mime: &str) -> Error {
    match error {
        c2pa::Error::IoError(e) if is_environment(&e) => Error::io("C2PA", e),
        // The library also says this of broken files of a type that it does support.
        c2pa::Error::UnsupportedType if !c2pa::Reader::supported_mime_types().iter().any(|known| known == mime) => {
            Error::Unsupported(message::MANIFEST_UNSUPPORTED.with("mime", mime))
        }
        other => Error::Malformed(message::MANIFEST_ASSET.with("reason", cap(&other.to_string(), TEXT_MAX))),
    }
}
