//! Notices in words: found by their two elements, in several languages, as data.
//!
//! What states that the content is AI-generated is told from what denies it, asks about it, quotes it or
//! speaks of the subject. A sentence counts only if every word of it is one that notices are made
//! of (`words.toml`): an unknown word makes it talk. So a notice in unusual words can be missed,
//! and what is found is one. GB 45438-2025 prescribes no sentence: all of this is inferred.

use std::ops::Range;

use crate::container::Shown;
use crate::notice::{Form, Moment, Perceived, Reader};

mod fold;
mod rows;
mod scan;
#[cfg(test)]
mod tests;

/// What a sentence does with the two elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stance {
    /// It says that content is AI-generated.
    Stated,
    /// It says that it is not.
    Negated,
    /// It asks whether or how.
    Asked,
    /// It names the words of somebody else.
    Quoted,
    /// It speaks of AI-generated content in general.
    Mentioned,
}

/// A sentence that holds both elements in some language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The part of the sentence that holds them, as written.
    pub text: String,
    /// Where it stands in the text that was judged, in bytes.
    pub range: Range<usize>,
    /// BCP 47 tag of the language by whose words it was judged.
    pub language: &'static str,
    /// Whether it holds both elements as GB 45438-2025 names them (clause 5): 人工智能 or AI, and 生成
    /// or 合成. Spaces, full-width letters and invisible characters don't matter; other languages
    /// and 人工智慧 don't have them (inferred).
    pub both_elements: bool,
    /// What it does with them.
    pub stance: Stance,
}

/// A notice in the words of a text or document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What was perceived.
    pub perceived: Perceived,
    /// BCP 47 tag of the language.
    pub language: &'static str,
    /// The part of the file that holds it.
    pub part: String,
    /// The bytes of the file that hold it, compressed or not.
    pub range: Range<u64>,
}

/// Most bytes of a text that are judged: a notice is short.
const MOST: usize = 64 << 10;
/// Most characters that stand beside a notice in a paragraph in the middle of a text.
const BESIDE: usize = 40;

/// The longest start of `text` that is not longer than [`MOST`].
fn start(text: &str) -> &str {
    let end = (0..=text.len().min(MOST)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// What a short text, such as words read from a picture, says about being AI-generated: a
/// statement if there is one, else the first sentence that holds both elements.
#[must_use]
pub fn judge(text: &str) -> Option<Statement> {
    let all = scan::statements(start(text));
    let stated = all.iter().position(|found| found.statement.stance == Stance::Stated);
    all.into_iter().nth(stated.unwrap_or(0)).map(|found| found.statement)
}

/// Whether a sentence of a paragraph stands where GB 45438-2025 5.1 wants notices: near the start or the end of
/// the text, or alone in its middle.
fn is_placed(shown: &Shown, found: &scan::Found) -> bool {
    let whole = shown.text.chars().count();
    let own = found.statement.text.chars().count();
    let alone = whole <= own.saturating_add(BESIDE);
    let first = found.sentence < 2;
    let last = found.sentence.saturating_add(2) >= found.sentences;
    match shown.at {
        Moment::Start => first || alone,
        Moment::End => last || alone,
        Moment::Middle => alone,
    }
}

/// Most characters of a line that are looked at together with the next one.
const LINE: usize = 200;

/// Whether a statement goes on from the line before and, read with it, does not state what its own line
/// alone would: texts with line ends of their own. `before` is the part before this one.
fn is_undone(before: Option<&Shown>, part: &Shown, statement: &Statement) -> bool {
    let (front, own) = part.text.split_at_checked(statement.range.start).unwrap_or_default();
    let mut lines = front.rsplit('\n');
    if lines.next().is_some_and(|same| !same.trim().is_empty()) {
        return false;
    }
    let adjacent = |line: &&Shown| line.part == part.part && line.range.end.checked_add(1) == Some(part.range.start);
    let outside = || before.filter(adjacent).and_then(|line| line.text.rsplit('\n').next());
    let Some(line) = lines.next().or_else(outside) else { return false };
    let skipped = line.chars().count().saturating_sub(LINE);
    let own = own.split('\n').next().unwrap_or_default();
    let whole: String = line.chars().skip(skipped).chain([' ']).chain(own.chars().take(LINE)).collect();
    let said = scan::statements(&whole);
    let is = |stances: &[Stance]| said.iter().any(|found| stances.contains(&found.statement.stance));
    is(&[Stance::Negated, Stance::Asked, Stance::Quoted]) && !is(&[Stance::Stated])
}

/// Finds the notices in the words that people see (GB 45438-2025 5.1): at the start, at the end, or on a line of
/// their own in the middle. A corner mark of `AI` alone is not judged in plain text.
#[must_use]
pub fn find(shown: &[Shown]) -> Vec<Found> {
    let mut out = Vec::new();
    let mut before = None;
    for part in shown {
        let text = start(&part.text);
        // In a long last paragraph the notice stands at its end.
        let found = scan::statements(text).into_iter();
        let line = before.replace(part);
        let stated = found.filter(|found| found.statement.stance == Stance::Stated && is_placed(part, found));
        for found in stated.filter(|found| !is_undone(line, part, &found.statement)) {
            out.push(Found {
                language: found.statement.language,
                part: part.part.clone(),
                range: part.range.clone(),
                perceived: Perceived {
                    form: Form::Text,
                    reader: Reader::Biaoshi,
                    text: Some(found.statement.text),
                    both_elements: found.statement.both_elements,
                    at: Some(part.at),
                    rect: None,
                    edge: None,
                    height_permille: None,
                    start_ms: None,
                    duration_ms: None,
                },
            });
        }
    }
    out
}
