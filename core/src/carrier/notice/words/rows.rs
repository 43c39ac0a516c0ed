//! The lists of words, read once.

use std::sync::LazyLock;

use serde::Deserialize;

use super::fold::{Unit, fold, is_word};

/// What a word does in a notice. Where two of the same length fit, the first counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    Deny,
    Ask,
    Ai,
    Made,
    By,
    This,
    Brand,
    Means,
    Fill,
}

/// A language of the data file.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    tag: String,
    #[serde(rename = "sure")]
    _sure: String,
    ai: Vec<String>,
    made: Vec<String>,
    by: Vec<String>,
    this: Vec<String>,
    fill: Vec<String>,
    #[serde(default)]
    means: Vec<String>,
    #[serde(default)]
    duty: Vec<String>,
    deny: Vec<String>,
    ask: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    brands: Vec<String>,
    language: Vec<Row>,
}

/// A word in the form in which it is compared.
#[derive(Debug, Clone)]
pub(super) struct Word {
    chars: Vec<char>,
    /// Whether its case counts.
    capitals: bool,
    pub(super) role: Role,
}

impl Word {
    fn new(text: &str, role: Role) -> Self {
        let units = fold(text);
        let capitals = units.iter().all(|unit| unit.c.is_ascii_uppercase());
        let chars = units.iter().map(|unit| if capitals { unit.c } else { unit.lower }).collect();
        Self { chars, capitals, role }
    }

    pub(super) const fn len(&self) -> usize {
        self.chars.len()
    }

    /// Whether it stands at the start of `rest`, as a word of its own where its script has spaces.
    pub(super) fn begins(&self, before: Option<char>, rest: &[Unit]) -> bool {
        let Some(there) = rest.get(..self.chars.len()) else { return false };
        let same = |(unit, c): (&Unit, &char)| if self.capitals { unit.c == *c } else { unit.lower == *c };
        let first = self.chars.first().is_some_and(|c| is_word(*c));
        let last = self.chars.last().is_some_and(|c| is_word(*c));
        let after = rest.get(self.chars.len()).map(|unit| unit.c);
        there.iter().zip(&self.chars).all(same)
            && !(first && before.is_some_and(is_word))
            && !(last && after.is_some_and(is_word))
    }
}

/// A language.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) tag: &'static str,
    /// Longer words first, by their first character.
    words: Vec<Word>,
    pub(super) duty: Vec<String>,
}

impl Language {
    /// The longest word at the start of `rest`.
    pub(super) fn word(&self, before: Option<char>, rest: &[Unit]) -> Option<&Word> {
        let first = rest.first()?;
        let key = |word: &Word| word.chars.first().map(char::to_ascii_lowercase);
        let wanted = Some(first.lower);
        let from = self.words.partition_point(|word| key(word) < wanted);
        let rest_of = self.words.get(from..).unwrap_or_default().iter();
        rest_of.take_while(|word| key(word) == wanted).find(|word| word.begins(before, rest))
    }

    /// Whether a word of this role stands anywhere in `units`.
    pub(super) fn has(&self, role: Role, units: &[Unit]) -> bool {
        let before = |at: usize| at.checked_sub(1).and_then(|at| units.get(at)).map(|unit| unit.c);
        let there =
            |word: &Word| (0..units.len()).any(|at| units.get(at..).is_some_and(|rest| word.begins(before(at), rest)));
        self.words.iter().filter(|word| word.role == role).any(there)
    }
}

/// Every language, in the order in which they are tried.
pub(super) static LANGUAGES: LazyLock<Vec<Language>> = LazyLock::new(|| {
    // That the file is sound is a test.
    let file: File = serde_json::from_str(include_str!("../words.json")).unwrap_or_default();
    let language = |row: &Row| {
        let lists = [
            (&row.deny, Role::Deny),
            (&row.ask, Role::Ask),
            (&row.ai, Role::Ai),
            (&row.made, Role::Made),
            (&row.by, Role::By),
            (&row.this, Role::This),
            (&file.brands, Role::Brand),
            (&row.means, Role::Means),
            (&row.fill, Role::Fill),
        ];
        let all = lists.into_iter().flat_map(|(list, role)| list.iter().map(move |text| Word::new(text, role)));
        let mut words: Vec<Word> = all.filter(|word| !word.chars.is_empty()).collect();
        let first = |word: &Word| word.chars.first().map(char::to_ascii_lowercase);
        words.sort_by(|a, b| (first(a), b.len(), a.role).cmp(&(first(b), a.len(), b.role)));
        Language { tag: tag(&row.tag), words, duty: row.duty.clone() }
    };
    file.language.iter().map(language).collect()
});

/// The tags, so that statements need not hold strings.
const TAGS: &[&str] = &["zh", "en", "pt", "es", "fr", "de", "ko", "ja", "vi", "hi"];

fn tag(text: &str) -> &'static str {
    TAGS.iter().find(|tag| **tag == text).copied().unwrap_or("und")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_data_file_is_sound() {
        let file: File = toml::from_str(include_str!("../words.toml")).unwrap();
        let tags: Vec<&str> = file.language.iter().map(|row| row.tag.as_str()).collect();
        assert_eq!(tags, TAGS);
        for row in &file.language {
            assert!(matches!(row._sure.as_str(), "stated" | "seen" | "inferred"), "{}", row.tag);
            assert!(!row.ai.is_empty() && !row.made.is_empty() && !row.deny.is_empty(), "{}", row.tag);
        }
    }
}
