//! Marks that are no label of the standard: vendors' own blocks, and traces of generating programs.
//!
//! The forms are data (`rows.toml`): a new one is a row. A trace is never a label; it is what the
//! Measures call other traces of generation (Article 6 (3)).

use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::Value;

use crate::finding::Site;
use crate::report::Claim;
use crate::table::{Cell, names, row};

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
#[derive(Debug, PartialEq, Eq, Deserialize)]
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

#[cfg(test)]
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    mark: Vec<MarkRow>,
}

names!(MarkKind, Sure, States);
row!(MarkRow { id, kind, system, source, sure, slots, all, any, key, value, claim });

impl Cell for (String, String, States) {
    fn read(value: &Value) -> Option<Self> {
        let [field, form, states] = value.as_array()?.as_slice() else { return None };
        Some((Cell::read(field)?, Cell::read(form)?, Cell::read(states)?))
    }
}

static TABLE: LazyLock<Vec<MarkRow>> = LazyLock::new(|| crate::table::rows(include_str!("rows.json"), "mark"));

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
    let mut lower = None;
    rows().iter().find_map(|row| {
        if !row.slots.iter().any(|pattern| fits(pattern, slot)) || !row.all.iter().all(|word| text.contains(word)) {
            return None;
        }
        let name = if row.any.is_empty() {
            String::new()
        } else {
            // Longer texts are no names.
            let short = Some(text).filter(|text| text.len() <= NAME)?;
            let lower: &str = lower.get_or_insert_with(|| short.to_lowercase());
            row.any.iter().find(|name| names(lower, name))?.clone()
        };
        let claim = if row.key.is_empty() { row.claim } else { row.stated(slot, text)? };
        let system = if row.system.is_empty() { name } else { row.system.clone() };
        Some((row, claim.claim(), system))
    })
}

/// Longest name of a program, in bytes.
const NAME: usize = 1024;
/// Most members of one name that are looked at in a text.
const TRIES: usize = 16;
/// Longest member that is read, in bytes.
const MEMBER: usize = 64 << 10;

impl MarkRow {
    /// What the member of a text states; nothing if the text has none.
    fn stated(&self, slot: &str, text: &str) -> Option<States> {
        let (first, rest) = self.key.split_once('.').unwrap_or((&self.key, ""));
        let place = slot.rsplit_once(':').is_some_and(|(_, key)| key.eq_ignore_ascii_case(first));
        let whole = place.then(|| value(text)).flatten();
        let escaped = if text.contains('\\') { text.replace("\\\"", "\"") } else { String::new() };
        let member = whole
            .into_iter()
            .chain(members(text, first))
            .chain(members(&escaped, first))
            .find(|found| rest.is_empty() && found.is_object() || member(found, rest).is_some())?;
        let stated = self.value.iter().find(|(path, wanted, _)| {
            let path = path.split_once('.').map_or("", |(_, path)| path);
            self::member(&member, path).is_some_and(|found| match found {
                Value::String(text) => text == wanted,
                other => serde_json::to_string(other).is_ok_and(|text| text == *wanted),
            })
        });
        Some(stated.map_or(self.claim, |(_, _, states)| *states))
    }
}

/// The value that begins a text; what follows it doesn't count. JSON inside of a string is read.
fn value(text: &str) -> Option<Value> {
    let end = text.char_indices().map(|(at, _)| at).take_while(|at| *at <= MEMBER).last()?;
    let text = if text.len() <= MEMBER { text } else { text.get(..end)? };
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
    match values.next()?.ok()? {
        Value::String(inner) => serde_json::from_str(&inner).ok(),
        other => Some(other),
    }
}

/// The values of the first members of this name in a text.
fn members<'t>(text: &'t str, name: &'t str) -> impl Iterator<Item = Value> + 't {
    let behind = |at: usize| text.get(at..)?.get(name.len()..)?.strip_prefix('"')?.trim_start().strip_prefix(':');
    let key = move |at: usize| at.checked_sub(1).is_some_and(|at| text.as_bytes().get(at) == Some(&b'"'));
    text.match_indices(name).filter(move |(at, _)| key(*at)).take(TRIES).filter_map(move |(at, _)| value(behind(at)?))
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

/// What stands at the end of a path of keys with dots between them.
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
        assert_eq!(toml::from_str::<Table>(include_str!("rows.toml")).unwrap().mark, rows());
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
        assert_eq!(found("exif:UserComment", "a member \"aigc_info\" in a sentence"), None);
    }

    #[test]
    fn a_vendors_block_counts_in_every_place_and_anywhere_in_its_text() {
        let block = r#"{"aigc_info":{"aigc_label_type":1}}"#;
        let escaped = r#"{"v":"{\"aigc_info\":{\"aigc_label_type\":1}}"}"#;
        let string = r#"{"aigc_info":"{\"aigc_label_type\":1}"}"#;
        let nested = format!("words {{\"a\":[1,{block}]}} and words");
        for slot in
            ["vorbis:COMMENT", "info:ICMT", "comm:", "txxx:x", "custom:x", "onMetaData:x", "xmp:description", "app9"]
        {
            for text in [block, escaped, string, &nested, &format!("{}{block}", "a prompt ".repeat(40_000))] {
                assert_eq!(found(slot, text), Some(("bytedance-aigc-info", Claim::Ai)), "{slot}");
            }
        }
        assert_eq!(found("txxx:aigc_info", r#"{"aigc_label_type":2}"#), Some(("bytedance-aigc-info", Claim::Ai)));
        assert_eq!(found("vorbis:AIGC", r#"{"ServiceProvider":"x"}"#), Some(("tencent-service", Claim::SuspectedAi)));
        assert_eq!(found("txxx:other", r#"{"aigc_label_type":2}"#), None);
        assert_eq!(found("vorbis:AIGC", r#"{"Label":"1"}"#), None);
        assert_eq!(found("x:y", &format!("\"aigc_info\":[{}", "[".repeat(100_000))), None);
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
