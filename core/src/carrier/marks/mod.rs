//! Marks that are no label of the standard: vendors' own blocks, and traces of generating programs.
//!
//! The forms are data (`rows.toml`): a new one is a row. A trace is never a label; it is what the
//! Measures call other traces of generation (Article 6 (3)).

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::finding::Site;
use crate::report::Claim;

/// What kind of mark it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkKind {
    /// A vendor's own statement about the content.
    Vendor,
    /// What a program leaves behind by habit.
    Trace,
}

/// How sure it is that the form means what the row says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Sure {
    /// Seen in public files.
    Seen,
    /// Stated by a published source.
    Stated,
    /// Common knowledge of the program's files, not read again.
    General,
}

/// What a row says that a mark states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum States {
    Ai,
    Possible,
    Suspected,
    Silent,
}

impl States {
    const fn claim(self) -> Claim {
        match self {
            Self::Ai => Claim::Ai,
            Self::Possible => Claim::PossiblyAi,
            Self::Suspected => Claim::SuspectedAi,
            Self::Silent => Claim::Silent,
        }
    }
}

/// One form of a mark.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkRow {
    /// Stable name.
    pub id: String,
    /// Its kind.
    pub kind: MarkKind,
    /// Program or service; empty if the mark names it itself.
    pub system: String,
    /// Where the form is known from.
    pub source: String,
    /// How sure that is.
    pub sure: Sure,
    slots: Vec<String>,
    #[serde(default)]
    all: Vec<String>,
    #[serde(default)]
    any: Vec<String>,
    #[serde(default)]
    key: String,
    value: Vec<(String, String, States)>,
    claim: States,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    mark: Vec<MarkRow>,
}

static TABLE: LazyLock<Vec<MarkRow>> =
    LazyLock::new(|| toml::from_str::<Table>(include_str!("rows.toml")).map(|t| t.mark).unwrap_or_default());

/// Every row, in the order in which they are tried.
#[must_use]
pub fn rows() -> &'static [MarkRow] {
    &TABLE
}

/// A mark found in a text.
#[derive(Debug, Clone)]
pub struct FoundMark {
    /// Its row.
    pub row: &'static MarkRow,
    /// What it states.
    pub claim: Claim,
    /// The program or service; empty if nothing names it.
    pub system: String,
    /// Where it stands.
    pub site: Site,
}

/// The row that a text in this place fits, what it states, and who made it.
#[must_use]
pub fn read(slot: &str, text: &str) -> Option<(&'static MarkRow, Claim, String)> {
    let mut object = None;
    let mut lower = None;
    rows().iter().find_map(|row| {
        if !row.slots.iter().any(|pattern| fits(pattern, slot)) || !row.all.iter().all(|word| text.contains(word)) {
            return None;
        }
        let name = if row.any.is_empty() {
            String::new()
        } else {
            let lower: &str = lower.get_or_insert_with(|| text.to_lowercase());
            row.any.iter().find(|name| names(lower, name))?.clone()
        };
        let mut claim = row.claim.claim();
        if let Some(first) = row.key.split('.').next().filter(|key| !key.is_empty()) {
            if !text.contains(first) {
                return None;
            }
            let value: &Value = object.get_or_insert_with(|| first_object(text));
            member(value, &row.key)?;
            let stated = row.value.iter().find(|(path, wanted, _)| {
                member(value, path).is_some_and(|found| match found {
                    Value::String(text) => text == wanted,
                    other => serde_json::to_string(other).is_ok_and(|text| text == *wanted),
                })
            });
            claim = stated.map_or(claim, |(_, _, states)| states.claim());
        }
        let system = if row.system.is_empty() { name } else { row.system.clone() };
        Some((row, claim, system))
    })
}

/// Whether a place fits a pattern, in which each `*` stands for any text.
fn fits(pattern: &str, slot: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| slot.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        last = Some((rest, part));
        rest = rest.get(at.saturating_add(part.len())..).unwrap_or_default();
    }
    match last {
        Some((from, part)) => from.ends_with(part),
        None => rest.is_empty(),
    }
}

/// Whether the text is `name`, with nothing behind it but a version. Names of people and titles begin
/// with such words too.
fn names(lower: &str, name: &str) -> bool {
    let version = |c: char| c.is_ascii_digit() || matches!(c, ' ' | '.' | 'v' | '-' | '_' | '(' | ')');
    let rest = lower.trim().strip_prefix(name);
    rest.is_some_and(|rest| rest.chars().all(version) && !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

/// The first JSON object of a text; null if there is none. What follows it doesn't count.
fn first_object(text: &str) -> Value {
    let Some(at) = text.find('{') else { return Value::Null };
    let mut values = serde_json::Deserializer::from_str(text.get(at..).unwrap_or_default()).into_iter::<Value>();
    values.next().and_then(Result::ok).unwrap_or(Value::Null)
}

fn member<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, key| value.get(key))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn found(slot: &str, text: &str) -> Option<(&'static str, Claim)> {
        read(slot, text).map(|(row, claim, _)| (row.id.as_str(), claim))
    }

    #[test]
    fn the_table_loads_and_every_row_can_be_met() {
        assert!(toml::from_str::<Table>(include_str!("rows.toml")).is_ok());
        let mut seen = std::collections::BTreeSet::new();
        for row in rows() {
            assert!(seen.insert(&row.id), "{} twice", row.id);
            assert!(!row.source.is_empty() && !row.slots.is_empty(), "{}", row.id);
            let bare = row.all.is_empty() && row.any.is_empty() && row.key.is_empty();
            assert!(!bare || row.slots.iter().all(|slot| !slot.contains('*')), "{} fits everything", row.id);
            assert!(row.kind == MarkKind::Vendor || row.claim == States::Suspected, "{}: a trace is no label", row.id);
        }
        assert!(seen.len() > 10);
    }

    #[test]
    fn a_vendors_block_states_what_its_type_says() {
        let block = |n: &str| format!("{{\"aigc_info\":{{\"aigc_label_type\":{n},\"source_info\":\"dreamina\"}}}}");
        for (value, claim) in [("1", Claim::Ai), ("2", Claim::Ai), ("\"1\"", Claim::Ai), ("0", Claim::SuspectedAi)] {
            assert_eq!(found("exif:UserComment", &block(value)), Some(("bytedance-aigc-info", claim)), "{value}");
        }
        let service = r#"{"AIGC":{"ServiceProvider":"x","ServiceUser":"y","Time":"z","ContentId":"1"}}"#;
        assert_eq!(found("exif:ImageDescription", service), Some(("tencent-service", Claim::SuspectedAi)));
        assert_eq!(found("exif:UserComment", "the word aigc_info in a sentence"), None);
    }

    #[test]
    fn traces_are_known_by_their_form() {
        let settings = "a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 64x64";
        assert_eq!(found("text:parameters", settings), Some(("stable-diffusion-parameters", Claim::SuspectedAi)));
        let graph = r#"{"3":{"inputs":{"seed":1},"class_type":"KSampler"}}"#;
        assert_eq!(found("text:prompt", graph), Some(("comfyui", Claim::SuspectedAi)));
        let names = [
            ("Adobe Firefly 3", true),
            ("DALL-E v3.1", true),
            ("Minimax Chess Screenshot", false),
            ("Midjourney2", false),
            ("Jimeng Zhang", false),
        ];
        for (name, trace) in names {
            assert_eq!(found("exif:Software", name).is_some(), trace, "{name}");
        }
        assert_eq!(found("exif:ImageDescription", "Site inspection, Job ID: 48213"), None);
        assert_eq!(found("text:Comment", settings), None);
        assert_eq!(found("vorbis:TITLE", "Suno AI"), None);
        // A title or a description may well speak of a program.
        assert_eq!(found("exif:ImageDescription", "made with Midjourney"), None);
        assert_eq!(read("exif:Software", "Midjourney 6").unwrap().2, "midjourney");
    }

    #[test]
    fn patterns() {
        for (pattern, slot, fit) in [
            ("*", "exif:Software", true),
            ("text:*", "text:a", true),
            ("text:*", "xmp:a", false),
            ("exif:Software", "exif:Software", true),
            ("exif:Software", "exif:Software2", false),
            ("keys:*software", "keys:com.apple.quicktime.software", true),
            ("keys:*software", "keys:software.x", false),
            ("*iptc*", "app13 iptc x", true),
        ] {
            assert_eq!(fits(pattern, slot), fit, "{pattern} {slot}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_complaint(slot in "[a-z]{0,5}:?\\PC{0,8}", text in "\\PC{0,200}") {
            let _ = read(&slot, &text);
        }
    }
}
