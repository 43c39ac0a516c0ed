//! A watermark, as a report tells of it.

use serde::{Deserialize, Serialize};

/// A watermark that was read from the content itself.
///
/// A pointer, never proof: whoever knows the public scheme can write one, and can damage one. It
/// names no provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Watermark {
    /// The scheme, as `spec/watermark.md` names it.
    pub scheme: String,
    /// The 64 bits that it carries: 16 hexadecimal digits.
    pub payload: String,
    /// Which of the keys that the caller gave it was read with, from 0; nothing for the public one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub key: Option<usize>,
    /// Whether it belongs to the label in the metadata: `false` if it is that of another label. Nothing
    /// where there is no label to compare with, or the payload is of another kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of_label: Option<bool>,
    /// How much of its coded signal agrees with what was read, 0 to 1000.
    pub confidence_permille: u16,
    /// Content without a watermark gives a reading like this at most once in 10 to the power of this
    /// number of looks, by construction.
    pub false_alarm_exponent: u8,
}
