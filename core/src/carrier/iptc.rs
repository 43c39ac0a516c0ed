//! IPTC `DigitalSourceType` in XMP, as a statement about how content came to be.

use crate::finding::{self, Finding, Site};
use crate::label::source_type::{AiMeaning, SourceType};
use crate::report::Claim;

/// What a source type states about AI. A merely algorithmic picture is no AI claim.
#[must_use]
pub const fn claim(meaning: AiMeaning) -> Claim {
    match meaning {
        AiMeaning::Generated | AiMeaning::PartlyGenerated => Claim::Ai,
        AiMeaning::Algorithmic | AiMeaning::Unknown => Claim::Silent,
        AiMeaning::NotAi => Claim::NotAi,
    }
}

/// Reads a stored value: what it claims, and what there is to say about its form.
#[must_use]
pub fn read(value: &str, site: &Site) -> (Claim, Option<Finding>) {
    let reading = SourceType::read(value);
    let found = match reading.source_type {
        None => Some(finding::SOURCE_UNKNOWN.finding()),
        Some(_) if !reading.deviations.is_empty() => Some(finding::SOURCE_FORM.finding()),
        Some(_) => None,
    };
    let meaning = reading.source_type.map_or(AiMeaning::Unknown, SourceType::ai_meaning);
    (claim(meaning), found.map(|f| f.arg("value", value).at(site.clone())))
}
