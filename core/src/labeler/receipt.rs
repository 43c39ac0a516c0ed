//! What a labeler tells of its work.

use crate::codec::Reencoded;
use crate::error::Problem;
use crate::format::Format;
use crate::notice::Made;
use crate::report::{LabelFields, Report};

use super::Imprinted;

/// What was written, measured and read back.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Receipt {
    /// Whether anything was written: false if the file carried this very label already.
    pub changed: bool,
    /// What the file is.
    pub format: Format,
    /// The label as it stands in the file; all fields are empty where the format has no place for
    /// one, and the notice was written alone.
    pub label: LabelFields,
    /// The notice that people perceive, measured.
    pub notice: Option<Made>,
    /// Why there is no visible notice.
    pub notice_waived: Option<String>,
    /// The watermark that was put into the content.
    pub watermark: Option<Imprinted>,
    /// What became of the picture or sound outside the notice; nothing where every byte stayed.
    pub reencoded: Option<Reencoded>,
    /// Whether a platform's fields were written, and not a producer's label.
    pub propagated: bool,
    /// Whether a manifest was signed.
    pub signed: bool,
    /// Whether the label itself was signed, together with a hash of the content: in `ReservedCode1`
    /// by a producer, in `ReservedCode2` by a platform.
    pub sealed: bool,
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
