//! Labels that somebody wrote crookedly into a text: under no key, amid words, with marks of another
//! language, escaped or encoded as a whole.
//!
//! What counts is the keys of Annex E in an object; the word AIGC alone is ordinary text. Every pass
//! is linear in the text, and the objects that are tried are few and bounded.

use std::borrow::Cow;
use std::ops::Range;

use super::Hint;
use super::decode::decoded;
use super::search::object;
use crate::label::aigc::{self, Broken, BrokenReason, Crooked, Key, Leniency, Parsed};
use crate::limits::Limits;
use crate::names::same_name;

/// What was found in a text.
#[derive(Debug)]
pub(super) struct Found {
    /// The label, every way in which it is crooked among its leniencies; or why it can't be read.
    pub(super) parsed: Result<Parsed, Broken>,
    /// Where in the text it stands; nothing if the text had to be decoded.
    pub(super) span: Option<Range<usize>>,
    /// Whether it stands crookedly amid other text.
    pub(super) amid: bool,
}

/// Most encodings around one text.
const LAYERS: usize = 4;
/// Most objects that are tried in one text.
const TRIES: usize = 32;
/// Most bytes between the word AIGC and the object that it names.
const NEAR: usize = 48;
/// Most open braces that are remembered.
const NESTED: usize = 64;

/// The first label of a text, however crooked.
pub(super) fn read(bytes: &[u8], hint: Hint, limits: &Limits) -> Option<Found> {
    let mut text = Cow::Borrowed(bytes);
    let mut ways = Vec::new();
    let mut broken = None;
    for _ in 0..=LAYERS {
        if let Some(mut found) = locate(&text, hint, limits) {
            if !ways.is_empty() {
                found.span = None;
            }
            if let Ok(parsed) = &mut found.parsed {
                parsed.leniencies.extend(ways.into_iter().map(Leniency::Crooked));
                return Some(found);
            }
            broken.get_or_insert(found);
        }
        let Some((plain, way)) = decoded(&text) else { break };
        if !ways.contains(&way) {
            ways.push(way);
        }
        text = Cow::Owned(plain);
    }
    broken
}

/// Where an object may be a label.
struct Spot {
    /// Where it begins.
    start: usize,
    /// Where else it may begin: the inner object of a key.
    inner: Option<usize>,
    /// The word AIGC in front of the object.
    word: Option<Range<usize>>,
    /// Whether the word AIGC stands at the object.
    named: bool,
}

fn locate(text: &[u8], hint: Hint, limits: &Limits) -> Option<Found> {
    let mut broken = None;
    let first =
        || text.iter().position(|b| *b == b'{').or_else(|| (0..text.len()).find(|at| brace(text, *at).is_some()));
    let whole = (hint == Hint::Named).then(first).flatten();
    let whole = whole.map(|start| Spot { start, inner: None, word: None, named: true });
    for spot in words(text).take(TRIES).chain(whole).chain(bare(text).take(TRIES)) {
        match attempt(text, &spot, limits) {
            Some(found) if found.parsed.is_ok() => return Some(found),
            Some(found) => {
                broken.get_or_insert(found);
            }
            None => {}
        }
    }
    broken
}

/// The length of an opening brace that stands here.
fn brace(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    if rest.starts_with(b"{") {
        return Some(1);
    }
    rest.starts_with("｛".as_bytes()).then_some("｛".len())
}

/// Bytes of spaces, also of those that can't be seen, and of marks around a word.
fn is_around(b: u8) -> bool {
    b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'`' | b'\\' | 0) || !b.is_ascii()
}

/// The length of the word AIGC that stands here, in any case and width.
fn word(text: &[u8], at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    match rest.first()? {
        b'A' | b'a' => rest.get(..4).filter(|w| w.eq_ignore_ascii_case(b"AIGC")).map(<[u8]>::len),
        0xEF => {
            let wide = std::str::from_utf8(rest.get(..12)?).ok()?;
            same_name(wide, "AIGC").then_some(12)
        }
        _ => None,
    }
}

/// The objects that the word AIGC names, as a key or in front of them.
fn words(text: &[u8]) -> impl Iterator<Item = Spot> + '_ {
    let mut from = 0usize;
    std::iter::from_fn(move || {
        while from < text.len() {
            let start = from;
            let Some(len) = word(text, start) else {
                from = from.saturating_add(1);
                continue;
            };
            let end = start.saturating_add(len);
            from = end;
            let near = end..text.len().min(end.saturating_add(NEAR));
            let ends = |at: &usize| brace(text, *at).is_some() || text.get(*at) == Some(&b'}');
            let Some(inner) = near.clone().find(ends).filter(|at| brace(text, *at).is_some()) else { continue };
            // A key stands behind the brace of its object.
            let before = text.get(start.saturating_sub(NEAR)..start).unwrap_or_default();
            let back = before.iter().rev().take_while(|b| is_around(**b) && **b != 0x9B).count();
            let outer = start.saturating_sub(back);
            let holder = [1, "｛".len()].iter().find_map(|len| {
                let at = outer.checked_sub(*len)?;
                (brace(text, at) == Some(*len)).then_some(at)
            });
            return Some(match holder {
                Some(holder) => Spot { start: holder, inner: Some(inner), word: None, named: true },
                None => Spot { start: inner, inner: None, word: Some(start..end), named: true },
            });
        }
        None
    })
}

/// Keys of the standard whose names nothing else has.
const OWN: [&[u8]; 2] = [b"ContentProducer", b"ProduceID"];

/// The length of one of these keys that stands here with a colon behind it.
fn anchor(text: &[u8], at: usize, names: &[&[u8]]) -> Option<usize> {
    let rest = text.get(at..)?;
    let name = names.iter().find(|name| rest.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name)))?;
    let behind = rest.get(name.len()..)?;
    let mark = behind.iter().take(16).find(|b| matches!(b, b':' | b'=') || !is_around(**b));
    let wide = behind.get(..behind.len().min(12)).unwrap_or_default();
    let colon = matches!(mark, Some(b':' | b'='))
        || ["：", "＝"].iter().any(|c| super::search::find(wide, c.as_bytes()).is_some());
    colon.then_some(name.len())
}

/// The objects that have such a key, each once.
fn bare(text: &[u8]) -> impl Iterator<Item = Spot> + '_ {
    let (mut at, mut open, mut last) = (0usize, Vec::new(), None);
    std::iter::from_fn(move || {
        while let Some(byte) = text.get(at) {
            let here = at;
            at = at.saturating_add(1);
            match byte {
                b'{' | 0xEF if brace(text, here).is_some() => {
                    if open.len() >= NESTED {
                        open.remove(0);
                    }
                    open.push(here);
                }
                b'}' => drop(open.pop()),
                0xEF if text.get(here..).is_some_and(|rest| rest.starts_with("｝".as_bytes())) => drop(open.pop()),
                b'C' | b'c' | b'P' | b'p' => {
                    let holder = open.last().copied().filter(|holder| last != Some(*holder));
                    if let Some(start) = holder.filter(|_| anchor(text, here, &OWN).is_some()) {
                        last = Some(start);
                        return Some(Spot { start, inner: None, word: None, named: false });
                    }
                }
                _ => {}
            }
        }
        None
    })
}

/// Reads the object of a spot. Nothing if it has nothing of a label.
fn attempt(text: &[u8], spot: &Spot, limits: &Limits) -> Option<Found> {
    let mut broken = None;
    for start in [Some(spot.start), spot.inner].into_iter().flatten() {
        let end = text.len().min(start.saturating_add(limits.label_bytes));
        let window = text.get(start..end).unwrap_or_default();
        match one(window, limits) {
            Ok((parsed, len)) if is_label(&parsed, spot.named) => {
                let word = spot.word.clone().filter(|_| start == spot.start);
                return Some(found(text, start..start.saturating_add(len), word, parsed));
            }
            Ok(_) | Err(Broken { reason: BrokenReason::NoLabelKeys { .. }, .. }) => {}
            Err(reason) if speaks(window, spot.named) => {
                broken.get_or_insert(Found { parsed: Err(reason), span: Some(start..end), amid: true });
            }
            Err(_) => {}
        }
    }
    broken
}

/// The object that begins a text: as JSON, else as something that was meant as such.
fn one(window: &[u8], limits: &Limits) -> Result<(Parsed, usize), Broken> {
    let cut = object(window);
    if let Ok(parsed) = aigc::parse(cut, limits) {
        return Ok((parsed, cut.len()));
    }
    let text = match std::str::from_utf8(window) {
        Ok(text) => text,
        Err(e) => window.get(..e.valid_up_to()).and_then(|sound| std::str::from_utf8(sound).ok()).unwrap_or_default(),
    };
    aigc::parse_loose(text, limits)
}

/// Whether an object has the keys of a label: more of them where the word AIGC does not stand at it.
fn is_label(parsed: &Parsed, named: bool) -> bool {
    let missing = |key: Key| parsed.leniencies.contains(&Leniency::MissingKey { key });
    let exact = Key::ALL.into_iter().filter(|key| !missing(*key)).count();
    let likely = |of: Key| matches!(of, Key::Label | Key::ContentProducer | Key::ProduceId);
    let misspelt =
        parsed.leniencies.iter().filter(|l| matches!(l, Leniency::MisspeltKey { likely: of, .. } if likely(*of)));
    let keys = exact.saturating_add(misspelt.count());
    let producer = !missing(Key::Label) && !missing(Key::ContentProducer);
    if named { keys >= 2 || (exact == 1 && parsed.level.is_some()) } else { producer || keys >= 3 }
}

/// Whether a text that can't be read has keys of the standard: where the word AIGC stands at it, a
/// stated level is enough.
fn speaks(window: &[u8], named: bool) -> bool {
    let first = |names: &[&[u8]]| (0..window.len()).find_map(|at| Some(at.saturating_add(anchor(window, at, names)?)));
    let Some(behind) = first(&[b"Label"]) else { return false };
    let value = window
        .get(behind..)
        .and_then(|rest| rest.iter().take(NEAR).find(|b| !is_around(**b) && !matches!(b, b':' | b'=')));
    (named && matches!(value, Some(b'1'..=b'3'))) || first(&OWN).is_some()
}

/// Text without the spaces around it, also those that can't be seen.
fn trimmed(text: &[u8]) -> &[u8] {
    const UNSEEN: [&[u8]; 7] = [b" ", b"\t", b"\r", b"\n", b"\0", b"\xEF\xBB\xBF", b"\xE2\x80\x8B"];
    let mut rest = text;
    while let Some(next) = UNSEEN.iter().find_map(|c| rest.strip_prefix(*c).or_else(|| rest.strip_suffix(*c))) {
        rest = next;
    }
    rest
}

fn found(text: &[u8], span: Range<usize>, word: Option<Range<usize>>, mut parsed: Parsed) -> Found {
    let before = text.get(..word.as_ref().map_or(span.start, |word| word.start)).unwrap_or_default();
    let behind = text.get(span.end..).unwrap_or_default();
    let between = word.as_ref().and_then(|word| text.get(word.end..span.start)).unwrap_or_default();
    let words = between.iter().any(|b| b.is_ascii_alphanumeric());
    let amid = words || !trimmed(before).is_empty() || !trimmed(behind).is_empty();
    let front = before.len().saturating_sub(before.trim_ascii_start().len());
    let padded = before.get(front..).is_some_and(|rest| rest.starts_with(b"\0") || rest.starts_with(b"\xEF\xBB\xBF"));
    let ways = [(word.is_some(), Crooked::Prefixed), (amid, Crooked::AmidText), (padded, Crooked::Padded)];
    parsed.leniencies.extend(ways.into_iter().filter(|(is, _)| *is).map(|(_, way)| Leniency::Crooked(way)));
    Found { parsed: Ok(parsed), span: Some(span), amid }
}

/// What there is to say about an object of JSON that a text holds: whether the word AIGC stands in
/// front of it, and other text around it. A larger value of JSON is no such text.
pub(super) fn around(text: &[u8], span: Range<usize>, prefixed: bool, parsed: Parsed) -> Parsed {
    let word = prefixed.then(|| span.start.saturating_sub(4)..span.start);
    let found = found(text, span, word, parsed.clone());
    let whole = || serde_json::from_slice::<serde::de::IgnoredAny>(trimmed(text)).is_ok();
    match found.parsed {
        Ok(_) if found.amid && whole() => parsed,
        Ok(read) => read,
        Err(_) => parsed,
    }
}

#[cfg(test)]
mod tests;
