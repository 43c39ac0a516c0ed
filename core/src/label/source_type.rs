//! The IPTC vocabulary of digital source types.
//!
//! Terms are those of the IPTC NewsCodes scheme `digitalsourcetype`, plus two that C2PA 2.x adds
//! under its own base. Which terms are retired is from general knowledge of the scheme (inferred).

use std::fmt;

use serde::{Deserialize, Serialize};

/// Base of the IPTC terms.
pub const IPTC_BASE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";
/// Base of the terms that C2PA adds.
pub const C2PA_BASE: &str = "http://c2pa.org/digitalsourcetype/";

/// What a source type says about generation by AI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AiMeaning {
    /// Made by a trained model.
    Generated,
    /// Holds parts, or may hold parts, made by a trained model.
    PartlyGenerated,
    /// Made or changed by an algorithm that need not be a trained model.
    Algorithmic,
    /// Made by people or captured.
    NotAi,
    /// Says nothing either way.
    Unknown,
}

macro_rules! source_types {
    ($($(#[$doc:meta])* $name:ident = $base:ident $term:literal $meaning:ident $retired:literal;)*) => {
        /// A term of the digital source type vocabulary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum SourceType {
            $($(#[$doc])* #[serde(rename = $term)] $name,)*
        }

        impl SourceType {
            /// Every term, retired ones included.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The last part of the URI, for example `trainedAlgorithmicMedia`.
            #[must_use]
            pub const fn term(self) -> &'static str {
                match self { $(Self::$name => $term,)* }
            }

            /// The base of the term's URI, with a slash at the end.
            #[must_use]
            pub const fn base(self) -> &'static str {
                match self { $(Self::$name => $base,)* }
            }

            /// What the term says about generation by AI.
            #[must_use]
            pub const fn ai_meaning(self) -> AiMeaning {
                match self { $(Self::$name => AiMeaning::$meaning,)* }
            }

            /// Whether the term is retired: read it, do not write it.
            #[must_use]
            pub const fn is_retired(self) -> bool {
                match self { $(Self::$name => $retired,)* }
            }
        }
    };
}

source_types! {
    /// Made by a trained model from sampled content.
    #[default]
    TrainedAlgorithmicMedia = IPTC_BASE "trainedAlgorithmicMedia" Generated false;
    /// Edited with a trained model, for example inpainting.
    CompositeWithTrainedAlgorithmicMedia = IPTC_BASE "compositeWithTrainedAlgorithmicMedia" PartlyGenerated false;
    /// A mix that holds at least one synthetic element.
    CompositeSynthetic = IPTC_BASE "compositeSynthetic" PartlyGenerated false;
    /// Made by an algorithm alone, not by a model trained on samples.
    AlgorithmicMedia = IPTC_BASE "algorithmicMedia" Algorithmic false;
    /// Corrected or improved by an algorithm.
    AlgorithmicallyEnhanced = IPTC_BASE "algorithmicallyEnhanced" Algorithmic false;
    /// Drawn from data, for example a chart.
    DataDrivenMedia = IPTC_BASE "dataDrivenMedia" Algorithmic false;
    /// Captured from a real source with a digital device.
    DigitalCapture = IPTC_BASE "digitalCapture" NotAi false;
    /// Several frames of a real source, combined in the device.
    ComputationalCapture = IPTC_BASE "computationalCapture" NotAi false;
    /// Scanned from a photographic negative.
    NegativeFilm = IPTC_BASE "negativeFilm" NotAi false;
    /// Scanned from a photographic positive.
    PositiveFilm = IPTC_BASE "positiveFilm" NotAi false;
    /// Scanned from print or another non-transparent medium.
    Print = IPTC_BASE "print" NotAi false;
    /// Changed by people with non-generative tools.
    HumanEdits = IPTC_BASE "humanEdits" NotAi false;
    /// Changed slightly by people; retired in favour of `humanEdits`.
    MinorHumanEdits = IPTC_BASE "minorHumanEdits" NotAi true;
    /// Made by people with digital tools.
    DigitalCreation = IPTC_BASE "digitalCreation" NotAi false;
    /// Digital art; retired in favour of `digitalCreation`.
    DigitalArt = IPTC_BASE "digitalArt" NotAi true;
    /// Made by software; retired.
    SoftwareImage = IPTC_BASE "softwareImage" Unknown true;
    /// A capture of a screen.
    ScreenCapture = IPTC_BASE "screenCapture" Unknown false;
    /// A recording of a live event in a virtual place.
    VirtualRecording = IPTC_BASE "virtualRecording" Unknown false;
    /// A mix of several elements, of any kind.
    Composite = IPTC_BASE "composite" Unknown false;
    /// A mix of captured elements only.
    CompositeCapture = IPTC_BASE "compositeCapture" NotAi false;
    /// Data, not media, made by a trained model (C2PA).
    TrainedAlgorithmicData = C2PA_BASE "trainedAlgorithmicData" Generated false;
    /// Empty content, before anything was added (C2PA).
    Empty = C2PA_BASE "empty" Unknown false;
}

/// How a stored value differs from the term's URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deviation {
    /// White space around the value.
    Whitespace,
    /// `https:` where the vocabulary has `http:`.
    Https,
    /// Only the term, without a base.
    TermOnly,
    /// A slash after the term.
    TrailingSlash,
    /// Capitals differ.
    Case,
    /// Right term under the other vocabulary's base.
    OtherBase,
}

/// What was read from a stored value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The term; `None` if the value names none that is known.
    pub source_type: Option<SourceType>,
    /// How the value differs from the term's URI, in the order it was noticed.
    pub deviations: Vec<Deviation>,
}

impl SourceType {
    /// The full URI, for example `http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture`.
    #[must_use]
    pub fn uri(self) -> String {
        format!("{}{}", self.base(), self.term())
    }

    /// The exact term, without base.
    #[must_use]
    pub fn from_term(term: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|t| t.term() == term)
    }

    /// Reads a stored value and says how it differs from the term's URI.
    #[must_use]
    pub fn read(value: &str) -> Reading {
        let mut deviations = Vec::new();
        let mut rest = value.trim();
        if rest.len() != value.len() {
            deviations.push(Deviation::Whitespace);
        }
        if let Some(head) = rest.strip_suffix('/') {
            deviations.push(Deviation::TrailingSlash);
            rest = head;
        }
        let mut base = None;
        for (scheme, secure) in [("http://", false), ("https://", true)] {
            for known in [IPTC_BASE, C2PA_BASE] {
                let tail = known.strip_prefix("http://").unwrap_or(known);
                if let Some((after, exact)) =
                    strip(rest, scheme).and_then(|(r, a)| strip(r, tail).map(|(r, b)| (r, a && b)))
                {
                    if secure {
                        deviations.push(Deviation::Https);
                    }
                    if !exact {
                        deviations.push(Deviation::Case);
                    }
                    base = Some(known);
                    rest = after;
                    break;
                }
            }
            if base.is_some() {
                break;
            }
        }
        let found = Self::from_term(rest).or_else(|| {
            let found = Self::ALL.iter().copied().find(|t| t.term().eq_ignore_ascii_case(rest));
            if found.is_some() && !deviations.contains(&Deviation::Case) {
                deviations.push(Deviation::Case);
            }
            found
        });
        match (found, base) {
            (Some(_), None) => deviations.push(Deviation::TermOnly),
            (Some(t), Some(b)) if t.base() != b => deviations.push(Deviation::OtherBase),
            _ => {}
        }
        Reading { source_type: found, deviations }
    }

    /// What the term says about generation by AI, as [`AiMeaning`]; unknown values mean nothing.
    #[must_use]
    pub fn meaning_of(value: &str) -> AiMeaning {
        Self::read(value).source_type.map_or(AiMeaning::Unknown, Self::ai_meaning)
    }
}

/// Strips an ASCII prefix whatever its case; says whether the case matched.
fn strip<'a>(text: &'a str, prefix: &str) -> Option<(&'a str, bool)> {
    let (head, tail) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some((tail, head == prefix))
}

impl fmt::Display for SourceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.term())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_uri_reads_back_without_deviation() {
        for &t in SourceType::ALL {
            let reading = SourceType::read(&t.uri());
            assert_eq!(reading, Reading { source_type: Some(t), deviations: vec![] }, "{t}");
            assert_eq!(serde_json::to_value(t).unwrap(), t.term());
        }
    }

    #[test]
    fn each_deviation_is_named() {
        use Deviation::*;
        let t = Some(SourceType::TrainedAlgorithmicMedia);
        for (value, expected) in [
            ("trainedAlgorithmicMedia", vec![TermOnly]),
            ("TrainedAlgorithmicMedia", vec![Case, TermOnly]),
            ("https://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia", vec![Https]),
            ("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia/", vec![TrailingSlash]),
            ("HTTP://CV.iptc.org/newscodes/digitalSourceType/trainedalgorithmicmedia", vec![Case]),
            (" http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\n", vec![Whitespace]),
            ("http://c2pa.org/digitalsourcetype/trainedAlgorithmicMedia", vec![OtherBase]),
        ] {
            assert_eq!(SourceType::read(value), Reading { source_type: t, deviations: expected }, "{value}");
        }
        for unknown in ["", "/", "http://example.com/trainedAlgorithmicMedia", "trainedAlgorithmicMediaX", "训练"] {
            assert_eq!(SourceType::read(unknown).source_type, None, "{unknown}");
        }
    }

    #[test]
    fn meanings() {
        assert_eq!(SourceType::default().ai_meaning(), AiMeaning::Generated);
        assert_eq!(SourceType::meaning_of("compositeSynthetic"), AiMeaning::PartlyGenerated);
        assert_eq!(SourceType::meaning_of("algorithmicMedia"), AiMeaning::Algorithmic);
        assert_eq!(SourceType::meaning_of("digitalCapture"), AiMeaning::NotAi);
        assert_eq!(SourceType::meaning_of("nonsense"), AiMeaning::Unknown);
        assert!(SourceType::DigitalArt.is_retired());
    }

    proptest! {
        #[test]
        fn any_text_reads_without_panic(text in any::<String>()) {
            let _ = SourceType::read(&text);
        }
    }
}
