//! Ways of carrying a label. Carriers know formats' places and nothing of profiles.

pub mod aigc;
pub mod iptc;
#[cfg(feature = "c2pa")]
pub mod manifest;
pub mod marks;
pub mod notice;
pub mod slots;
#[cfg(feature = "look")]
pub mod watermark;

/// Namespace of the property `TC260:AIGC` (TC260-PG-20259A).
pub const TC260_NAMESPACE: &str = "http://www.tc260.org.cn/ns/AIGC/1.0/";
/// Usual prefix of [`TC260_NAMESPACE`].
pub const TC260_PREFIX: &str = "TC260";
/// Namespace of the IPTC extension schema.
pub const IPTC_NAMESPACE: &str = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
/// Usual prefix of [`IPTC_NAMESPACE`].
pub const IPTC_PREFIX: &str = "Iptc4xmpExt";
/// Dublin Core terms; `provenance` points to a manifest (C2PA 2.2 11.4).
pub const DCTERMS_NAMESPACE: &str = "http://purl.org/dc/terms/";

/// Label of the assertion in which we put the label record, so that metadata and manifest can be
/// compared. Ours; see `spec/manifest.md`.
pub const ASSERTION: &str = "org.biaoshi.label";

/// Start of the `ReservedCode1` value that says that a signed manifest goes with the label; the
/// SHA-256 of the signer's certificate follows in hex. Ours; see `spec/manifest.md`.
pub const SIGNED_MARKER: &str = "biaoshi-c2pa-1:";
