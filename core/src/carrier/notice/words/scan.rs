//! Sentences, the parts of them, and what each part says.

use super::fold::{Unit, fold, is_han, is_word};
use super::rows::{LANGUAGES, Language, Role};
use super::{Stance, Statement};
use crate::label::wording::has_both_elements;

/// A part that holds both elements, and which sentence of how many it stands in.
pub(super) struct Found {
    pub(super) statement: Statement,
    pub(super) sentence: usize,
    pub(super) sentences: usize,
}

/// Most characters of a part that is looked at: notices are short.
const PART: usize = 160;
/// Most characters between the two elements.
const APART: usize = 40;
/// Most unknown words of a name, and most characters where words have no spaces.
const NAME: usize = 3;
const NAME_HAN: usize = 10;

/// A part of a sentence, in units.
#[derive(Debug, Clone, Copy)]
struct Part {
    from: usize,
    to: usize,
    sentence: usize,
    /// Whether it stands in quotation marks, or in those of titles.
    quoted: bool,
    title: bool,
}

/// Whether a character ends a sentence.
fn ends_sentence(unit: &Unit, next: Option<&Unit>) -> bool {
    match unit.c {
        '。' | '।' | '！' | '!' | '？' | '?' | '\n' | '；' | ';' | '｡' => true,
        '.' => next.is_none_or(|next| next.c == ' ' || is_han(next.c)),
        _ => false,
    }
}

/// Whether a character divides a sentence.
const fn divides(c: char) -> bool {
    matches!(
        c,
        ',' | '，'
            | '|'
            | '/'
            | '\\'
            | '·'
            | '•'
            | '—'
            | '―'
            | '…'
            | '('
            | ')'
            | '['
            | ']'
            | '{'
            | '}'
            | '<'
            | '>'
            | '【'
            | '】'
            | '〔'
            | '〕'
            | '〖'
            | '〗'
            | '※'
            | '*'
            | '#'
            | '='
            | '~'
            | '-'
            | '►'
            | '▶'
            | '■'
            | '●'
            | '★'
            | '☆'
            | '◆'
            | '@'
            | '+'
            | '©'
    ) || opens(c)
        || closes(c)
}

const fn opens(c: char) -> bool {
    matches!(c, '“' | '「' | '『' | '«' | '《' | '〈' | '„' | '"')
}

const fn closes(c: char) -> bool {
    matches!(c, '”' | '」' | '』' | '»' | '》' | '〉' | '"')
}

/// Divides a text.
fn parts(units: &[Unit]) -> (Vec<Part>, Vec<bool>) {
    let mut out = Vec::new();
    // Whether each sentence is a question.
    let mut asks = Vec::new();
    let (mut from, mut sentence, mut quotes, mut titles) = (0, 0usize, 0usize, 0usize);
    let mut any = false;
    for (at, unit) in units.iter().enumerate() {
        let end = ends_sentence(unit, units.get(at + 1));
        // A single quotation mark that is no apostrophe.
        let lone = unit.c == '\''
            && !(at.checked_sub(1).and_then(|at| units.get(at)).is_some_and(|u| is_word(u.c))
                && units.get(at + 1).is_some_and(|u| is_word(u.c)));
        if !end && !divides(unit.c) && !lone {
            any |= unit.c.is_alphanumeric();
            continue;
        }
        if at > from {
            out.push(Part { from, to: at, sentence, quoted: quotes > 0, title: titles > 0 });
        }
        from = at + 1;
        match unit.c {
            '"' | '\'' if quotes > 0 => quotes -= 1,
            '《' | '〈' => titles = titles.saturating_add(1),
            '》' | '〉' => titles = titles.saturating_sub(1),
            c if opens(c) || lone => quotes = quotes.saturating_add(1),
            c if closes(c) => quotes = quotes.saturating_sub(1),
            _ => {}
        }
        if end {
            // Marks in a row end one sentence.
            if any {
                asks.push(false);
                sentence = sentence.saturating_add(1);
                any = false;
            }
            if matches!(unit.c, '?' | '？')
                && let Some(last) = asks.last_mut()
            {
                *last = true;
            }
            if unit.c == '\n' {
                (quotes, titles) = (0, 0);
            }
        }
    }
    if units.len() > from {
        out.push(Part { from, to: units.len(), sentence, quoted: quotes > 0, title: titles > 0 });
    }
    if any {
        asks.push(false);
    }
    (out, asks)
}

/// A word of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    /// Nothing for a word that notices don't have.
    role: Option<Role>,
    at: usize,
    end: usize,
    /// Whether it is a character of a script without spaces.
    han: bool,
}

/// The words of a part.
fn tokens(language: &Language, units: &[Unit]) -> Vec<Token> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(unit) = units.get(at) {
        let before = at.checked_sub(1).and_then(|at| units.get(at)).map(|unit| unit.c);
        let rest = units.get(at..).unwrap_or_default();
        let (role, len) = match language.word(before, rest) {
            Some(word) => (Some(word.role), word.len()),
            None if is_word(unit.c) => {
                let len = rest.iter().take_while(|unit| is_word(unit.c)).count();
                let digits = rest.iter().take(len).all(|unit| unit.c.is_ascii_digit());
                (digits.then_some(Role::Fill), len)
            }
            None if unit.c.is_alphanumeric() => (None, 1),
            // A mark that divides nothing.
            None => {
                at += 1;
                continue;
            }
        };
        out.push(Token { role, at, end: at + len, han: !is_word(unit.c) });
        at += len;
    }
    out
}

/// The two elements that stand nearest to each other, as places in the list of words.
fn pair(tokens: &[Token]) -> Option<(usize, usize)> {
    let of = |role: Role| tokens.iter().enumerate().filter(move |(_, t)| t.role == Some(role));
    let distance = |a: &Token, m: &Token| if a.at < m.at { m.at - a.end } else { a.at - m.end };
    of(Role::Ai)
        .flat_map(|(a, ai)| of(Role::Made).map(move |(m, made)| (distance(ai, made), a, m)))
        .filter(|(apart, ..)| *apart <= APART)
        .min()
        .map(|(_, a, m)| (a, m))
}

/// How many names unknown words make, where they stand together: whether that is short enough for one.
fn is_name(tokens: &[Token]) -> bool {
    let unknown = tokens.iter().filter(|t| t.role.is_none());
    let (han, words) = unknown.fold((0, 0), |(han, words), t| if t.han { (han + 1, words) } else { (han, words + 1) });
    han <= NAME_HAN && words <= NAME
}

/// Whether every word of a part is one that notices are made of.
fn is_statement(tokens: &[Token], (ai, made): (usize, usize)) -> bool {
    let role = |index: usize| tokens.get(index).and_then(|t| t.role);
    let first = ai.min(made);
    let last = ai.max(made);
    // What leads to the means: the last such word before it.
    let by = (0..ai).rev().find(|index| role(*index) == Some(Role::By));
    if made < ai && by.is_none_or(|by| by < made) {
        let bare = (made + 1..ai).all(|index| matches!(role(index), Some(Role::Fill | Role::Brand)));
        let han = tokens.get(made).is_some_and(|t| t.han);
        if !(bare && han) {
            return false;
        }
    }
    let this = (0..first)
        .find(|index| role(*index) == Some(Role::This))
        .filter(|index| (0..*index).all(|before| matches!(role(before), Some(Role::Fill))));
    let named = |index: usize| by.is_some_and(|by| index > by && index < ai);
    let subject = |index: usize| {
        // A subject of another name needs a verb behind it.
        this.is_some_and(|this| index > this) && by.is_some() && index < first && by.is_none_or(|by| index < by)
    };
    let maker = |index: usize| {
        index < ai && ai <= made && (index..ai).all(|i| role(i).is_none()) && tokens.get(index).is_some_and(|t| !t.han)
    };
    let means = |index: usize| {
        (index > first && index < last) || (made < ai && index > ai) || by.is_some_and(|by| index > by && index < last)
    };
    for (index, token) in tokens.iter().enumerate() {
        let sound = match token.role {
            None => named(index) || subject(index) || maker(index),
            Some(Role::Means) => means(index),
            Some(_) => true,
        };
        if !sound {
            return false;
        }
    }
    let slice = |from: usize, to: usize| tokens.get(from..to).unwrap_or_default();
    let subject_end = by.map_or(first, |by| by.min(first));
    let after_subject = slice(last + 1, tokens.len()).iter().all(|t| t.at >= t.end || t.role.is_some());
    let unknown_subject = slice(0, subject_end).iter().any(|t| t.role.is_none());
    // A thing of another name is stated about only where nothing but an ending follows.
    let han = tokens.get(made).is_some_and(|t| t.han);
    let plain_end = slice(last + 1, tokens.len()).len() <= if han { 0 } else { 3 };
    is_name(slice(0, subject_end))
        && is_name(slice(subject_end, ai.max(subject_end)))
        && after_subject
        && (!unknown_subject || plain_end)
}

/// What a part says in one language; nothing if it lacks an element.
fn stance(language: &Language, units: &[Unit], sentence: &[Unit], question: bool, behind: usize) -> Option<Stance> {
    let tokens = tokens(language, units);
    let pair = pair(&tokens)?;
    let has = |role: Role| tokens.iter().any(|t| t.role == Some(role));
    if has(Role::Deny) {
        return Some(Stance::Negated);
    }
    if question || has(Role::Ask) {
        return Some(Stance::Asked);
    }
    let before = sentence.get(..behind.min(sentence.len())).unwrap_or_default();
    if self::tokens(language, before).first().is_some_and(|t| t.role == Some(Role::Ask)) {
        return Some(Stance::Asked);
    }
    if !is_statement(&tokens, pair) {
        return Some(Stance::Mentioned);
    }
    // A rule about such content: a thing named, and a duty behind it.
    let last = pair.0.max(pair.1);
    let thing = tokens.len() > last + 1 && !has(Role::By) && !has(Role::This);
    let after: String = sentence.get(behind + units.len()..).unwrap_or_default().iter().map(|u| u.c).collect();
    let duty = thing && language.duty.iter().any(|word| after.contains(word.as_str()));
    Some(if duty { Stance::Mentioned } else { Stance::Stated })
}

/// Which of two judgements of one part counts: a denial or question in any language does.
const fn rank(stance: Stance) -> u8 {
    match stance {
        Stance::Negated => 0,
        Stance::Asked => 1,
        Stance::Quoted => 2,
        Stance::Stated => 3,
        Stance::Mentioned => 4,
    }
}

/// Whether a sentence has words outside of this part's quotation marks.
fn has_words(units: &[Unit], parts: &[Part], part: &Part) -> bool {
    parts.iter().filter(|other| other.from != part.from && !(other.quoted && part.quoted)).any(|other| {
        let units = units.get(other.from..other.to).unwrap_or_default();
        other.sentence == part.sentence && units.iter().any(|unit| unit.c.is_alphanumeric())
    })
}

/// Every part of a text that holds both elements.
pub(super) fn statements(text: &str) -> Vec<Found> {
    let units = fold(text);
    let (parts, asks) = parts(&units);
    let mut out = Vec::new();
    for part in &parts {
        let slice = units.get(part.from..part.to).unwrap_or_default();
        if slice.len() > PART {
            continue;
        }
        let whole = |p: &&Part| p.sentence == part.sentence;
        let from = parts.iter().find(whole).map_or(part.from, |p| p.from);
        let to = parts.iter().rev().find(whole).map_or(part.to, |p| p.to);
        let sentence = units.get(from..to).unwrap_or_default();
        let question = asks.get(part.sentence).copied().unwrap_or(false);
        let judged = |language: &&Language| language.has(Role::Ai, slice) && language.has(Role::Made, slice);
        let best = LANGUAGES
            .iter()
            .filter(judged)
            .filter_map(|language| {
                let stance = stance(language, slice, sentence, question, part.from - from)?;
                Some((rank(stance), stance, language.tag))
            })
            .min_by_key(|(rank, ..)| *rank);
        let Some((_, mut stance, language)) = best else { continue };
        let quoted = part.title || (part.quoted && has_words(&units, &parts, part));
        if quoted && matches!(stance, Stance::Stated | Stance::Mentioned) {
            stance = Stance::Quoted;
        }
        let (Some(first), Some(last)) = (slice.first(), slice.last()) else { continue };
        let range = first.start..last.end;
        let plain: String = slice.iter().map(|unit| unit.c).collect();
        let statement = Statement {
            text: text.get(range.clone()).unwrap_or_default().trim().to_owned(),
            range,
            language,
            both_elements: has_both_elements(&plain),
            stance,
        };
        out.push(Found { statement, sentence: part.sentence, sentences: asks.len() });
    }
    out
}
