//! What there is to say about a label that was read: one finding for each leniency.

use crate::finding::{self, Finding, Site};
use crate::label::aigc::{Crooked, Key, Leniency, Parsed};
use crate::message::reason;

/// Adds the findings of a label, each once.
pub(super) fn leniencies(label: &Parsed, site: &Site, bare_due: bool, out: &mut Vec<Finding>) {
    let platform = matches!(label.aigc.label.as_str(), "2" | "3") && !label.aigc.content_propagator.is_empty();
    let empty = |key: Key| match key {
        Key::ContentPropagator | Key::PropagateId => Some(finding::LABEL_PROPAGATOR.finding().arg("key", key)),
        Key::ReservedCode1 | Key::ReservedCode2 => Some(finding::LABEL_KEY.finding().arg("key", key)),
        Key::ContentProducer | Key::ProduceId if platform => None,
        _ => Some(finding::LABEL_FIELD.finding().arg("key", key)),
    };
    for leniency in &label.leniencies {
        let found = match leniency {
            Leniency::WrappedOnce if bare_due => Some(finding::LABEL_WRAPPED.finding()),
            Leniency::WrappedOnce => None,
            Leniency::WrappedTwice => Some(finding::LABEL_WRAPPED_TWICE.finding()),
            Leniency::JsonInString => Some(finding::LABEL_JSON_STRING.finding()),
            Leniency::NotAString { key, found } => {
                Some(finding::LABEL_TYPE.finding().arg("key", key).arg("found", format!("{found:?}").to_lowercase()))
            }
            Leniency::MisspeltKey { found, likely } => {
                Some(finding::LABEL_MISSPELT.finding().arg("key", found).arg("likely", likely))
            }
            Leniency::UnknownKey { key } | Leniency::BesideWrapper { key } => {
                Some(finding::LABEL_UNKNOWN_KEY.finding().arg("key", key))
            }
            Leniency::MissingKey { key } | Leniency::EmptyField { key } => empty(*key),
            Leniency::LabelOutsideEnum { value } => Some(finding::LABEL_VALUE.finding().arg("value", value)),
            Leniency::CharsetViolation { key, .. } => Some(finding::LABEL_CHARSET.finding().arg("key", key)),
            Leniency::NameForCode { key } => Some(finding::LABEL_NAME.finding().arg("key", key)),
            Leniency::BadProviderCode { key, why } => {
                Some(finding::LABEL_CODE.finding().arg("key", key).because("reason", crate::Error::from(why.clone())))
            }
            Leniency::AllZeroId { key } => Some(finding::LABEL_ZERO_ID.finding().arg("key", key)),
            Leniency::Padding if label.raw.starts_with(['\u{feff}', '\0']) => Some(finding::LABEL_PADDED.finding()),
            Leniency::WhitespaceInJson | Leniency::Padding => Some(finding::LABEL_SPACE.finding()),
            Leniency::KeyOrder => Some(finding::LABEL_ORDER.finding()),
            Leniency::LongField { key, bytes } => {
                Some(finding::LABEL_LONG.finding().arg("key", key).arg("bytes", bytes))
            }
            Leniency::QuotesInReserved { .. } => None,
            Leniency::WrapperCase { found } => {
                Some(finding::LABEL_MISSPELT.finding().arg("key", found).arg("likely", "AIGC"))
            }
            Leniency::Crooked(how) => Some(crooked(*how)),
        };
        if let Some(found) = found {
            let found = found.at(site.clone());
            if !out.contains(&found) {
                out.push(found);
            }
        }
    }
}

fn crooked(how: Crooked) -> Finding {
    let loose = |why| finding::LABEL_LOOSE.finding().because("reason", why);
    match how {
        Crooked::SingleQuotes => finding::LABEL_QUOTES.finding(),
        Crooked::WideMarks => finding::LABEL_WIDE.finding(),
        Crooked::Unquoted => finding::LABEL_UNQUOTED.finding(),
        Crooked::Commas => loose(&reason::JSON_COMMAS),
        Crooked::Comment => loose(&reason::JSON_COMMENT),
        Crooked::EqualsSign => loose(&reason::JSON_EQUALS),
        Crooked::ControlCharacter => loose(&reason::JSON_CONTROL),
        Crooked::OddEscape => loose(&reason::JSON_ESCAPE),
        Crooked::OddSpace => loose(&reason::JSON_SPACE),
        Crooked::Prefixed => finding::LABEL_PREFIXED.finding(),
        Crooked::AmidText => finding::LABEL_AMID.finding(),
        Crooked::Padded => finding::LABEL_PADDED.finding(),
        Crooked::Utf16 => finding::LABEL_UTF16.finding(),
        Crooked::Escaped => finding::LABEL_JSON_STRING.finding(),
        Crooked::HtmlEscaped => finding::LABEL_HTML.finding(),
        Crooked::PercentEncoded => finding::LABEL_PERCENT.finding(),
        Crooked::Base64 => finding::LABEL_BASE64.finding(),
    }
}
