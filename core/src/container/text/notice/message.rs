//! Notices in message bodies: the strings of a JSON answer that people see.

use std::ops::Range;

use serde_json::value::RawValue;

use super::charset::Charset;
use super::shown::Collector;
use super::{encoded, insert_all, markdown};
use crate::container::{Placed, SegmentMap, Shown};
use crate::error::{Error, Result};
use crate::label::aigc::json::pairs;
use crate::limits::Limits;
use crate::message::notice::text as rows;
use crate::notice::{Moment, TextNotice};
use crate::source::{Source, check_limit};

/// Where words for people stand in the answers of text models, as paths of members; `[]` is every
/// item of an array. A path that ends in an array of items leads to several strings of one
/// message, in order.
///
/// Chat completions and completions (OpenAI and those who follow it), Responses, Messages
/// (Anthropic), generateContent (Gemini), DashScope, Ollama, and a message by itself.
const PATHS: &[&[&str]] = &[
    &["choices", "[]", "message", "content"],
    &["choices", "[]", "text"],
    &["output_text"],
    &["output", "[]", "content"],
    &["output", "choices", "[]", "message", "content"],
    &["output", "text"],
    &["candidates", "[]", "content", "parts"],
    &["message", "content"],
    &["content"],
];

/// A string of a JSON text: its literal with the quotation marks.
pub(crate) struct Literal<'t> {
    pub(crate) raw: &'t str,
    /// Where it begins in the text.
    pub(crate) at: usize,
}

/// Where a part of `text` begins in it.
pub(crate) fn at_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// The member of an object. Where a key stands twice nobody knows which one counts: then nothing.
pub(crate) fn member<'t>(raw: &'t str, key: &str) -> Option<&'t str> {
    let mut found = pairs(raw).ok()?.into_iter().filter(|(name, _)| name == key);
    let value = found.next()?.1.get();
    found.next().is_none().then_some(value)
}

/// The items of an array.
pub(crate) fn items(raw: &str) -> Option<Vec<&str>> {
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

/// The values at the end of a path.
fn follow<'t>(raw: &'t str, path: &[&str]) -> Vec<&'t str> {
    let mut found = vec![raw];
    for step in path {
        found = match *step {
            "[]" => found.into_iter().filter_map(items).flatten().collect(),
            key => found.into_iter().filter_map(|value| member(value, key)).collect(),
        };
    }
    found
}

/// Kinds of items whose text is the answer; an item without a kind counts too.
const SHOWN: &[&str] = &["\"text\"", "\"output_text\""];

/// Whether an answer is itself JSON: for programs, which words in it would break.
fn is_data(text: &str) -> bool {
    let text = text.trim();
    text.starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(text).is_ok()
}

/// The strings of one message: the value itself, or the texts of its items.
fn literals<'t>(text: &'t str, value: &'t str) -> Vec<Literal<'t>> {
    let sound = |raw: &&'t str| serde_json::from_str::<String>(raw).is_ok_and(|t| !t.is_empty() && !is_data(&t));
    let raws: Vec<&str> = if value.starts_with('"') {
        vec![value]
    } else {
        let shown = |item: &&str| {
            let thought = member(item, "thought").is_some_and(|t| t == "true");
            !thought && member(item, "type").is_none_or(|kind| SHOWN.contains(&kind))
        };
        let items = items(value).unwrap_or_default();
        items.into_iter().filter(shown).filter_map(|item| member(item, "text")).collect()
    };
    let raws = raws.into_iter().filter(|raw| raw.starts_with('"')).filter(sound);
    raws.map(|raw| Literal { raw, at: at_in(text, raw) }).collect()
}

/// Every message of an answer with the strings that people see, in order.
pub(crate) fn messages(text: &str) -> Vec<Vec<Literal<'_>>> {
    let role = member(text, "role");
    if role.is_some_and(|role| role != "\"assistant\"" && role != "\"model\"") {
        return Vec::new();
    }
    let mut out = Vec::new();
    for path in PATHS {
        // Many things have content; only a message says whose it is.
        if *path == ["content"] && role.is_none() {
            continue;
        }
        for value in follow(text, path) {
            let found = literals(text, value);
            if !found.is_empty() {
                out.push(found);
            }
        }
    }
    out
}

/// How far into a literal the character at `at` of its text stands.
pub(crate) fn offset_in(raw: &str, at: usize) -> usize {
    let mut read = 0usize;
    let mut chars = raw.char_indices().skip(1);
    while let Some((place, c)) = chars.next() {
        if read >= at || (c == '"' && place + 1 == raw.len()) {
            return place;
        }
        if c != '\\' {
            read += c.len_utf8();
            continue;
        }
        match chars.next() {
            Some((digits, 'u')) => {
                let unit = |from: usize| raw.get(from..from + 4).and_then(|hex| u16::from_str_radix(hex, 16).ok());
                let first = unit(digits + 1).unwrap_or(0);
                let high = (0xD800..0xDC00).contains(&first);
                read += match first {
                    _ if high => 4,
                    0..0x80 => 1,
                    0x80..0x800 => 2,
                    _ => 3,
                };
                let rest = if high { 10 } else { 4 };
                chars.nth(rest - 1);
            }
            _ => read += 1,
        }
    }
    raw.len().saturating_sub(1)
}

/// Text as the inside of a JSON string.
pub(crate) fn escaped(text: &str) -> String {
    let literal = serde_json::Value::from(text).to_string();
    literal.get(1..literal.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

/// Text to be put at an offset of the whole text.
type Insertion = (usize, String);

/// Insertions into one string, and whether a place was moved.
fn insertions(literal: &Literal<'_>, notice: &TextNotice, at: &[Moment]) -> Result<(Vec<Insertion>, bool)> {
    let text: String = serde_json::from_str(literal.raw).unwrap_or_default();
    let places = markdown::place(&text, &notice.lines, at)?;
    let piece = |piece: &markdown::Piece| {
        let at = literal.at + offset_in(literal.raw, piece.at);
        (at, escaped(&piece.text))
    };
    Ok((places.pieces.iter().map(piece).collect(), places.moved))
}

/// The text of a file, and what leads from places in it to those in the file.
struct Body {
    charset: Charset,
    bytes: Vec<u8>,
    base: u64,
    text: String,
}

impl Body {
    fn read(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Option<Self>> {
        let (form, bom) = crate::container::text::form(source)?;
        check_limit("metadata_bytes", map.len, limits.metadata_bytes)?;
        let Some(charset) = Charset::detect(source, form, bom)? else { return Ok(None) };
        let bytes = source.bytes(bom..map.len, limits.metadata_bytes, "metadata_bytes")?;
        Ok(Some(Self { charset, text: charset.decode(bytes.clone()), bytes, base: bom }))
    }

    /// Places in the file for those in the text, which are in order.
    fn places(&self, places: &[usize]) -> impl Iterator<Item = u64> {
        let base = self.base;
        self.charset.offsets(&self.bytes, &self.text, places).into_iter().map(move |at| base.saturating_add(at))
    }
}

pub(super) fn put(map: &SegmentMap, source: &mut Source<'_>, notice: &TextNotice, limits: &Limits) -> Result<Placed> {
    let none = || Error::Unsupported(rows::NO_MESSAGE.problem());
    let body = Body::read(map, source, limits)?.ok_or_else(none)?;
    let found = messages(&body.text);
    if found.is_empty() {
        return Err(none());
    }
    let (mut pieces, mut moved, mut all_moved) = (Vec::new(), false, true);
    for strings in &found {
        let (Some(first), Some(last)) = (strings.first(), strings.last()) else { continue };
        let middle = strings.get(strings.len() / 2).unwrap_or(first);
        // Places in the same string are found together.
        let mut asked: Vec<(&Literal<'_>, Vec<Moment>)> = Vec::new();
        for moment in &notice.at {
            let literal = match moment {
                Moment::Start => first,
                Moment::Middle => middle,
                Moment::End => last,
            };
            match asked.iter_mut().find(|(there, _)| there.at == literal.at) {
                Some((_, moments)) => moments.push(*moment),
                None => asked.push((literal, vec![*moment])),
            }
        }
        for (literal, moments) in asked {
            let (inserted, was_moved) = insertions(literal, notice, &moments)?;
            pieces.extend(inserted);
            moved |= was_moved;
            all_moved &= was_moved || !moments.contains(&Moment::End);
        }
    }
    pieces.sort_by_key(|(at, _)| *at);
    let places: Vec<usize> = pieces.iter().map(|(at, _)| *at).collect();
    let texts = pieces.iter().map(|(_, text)| encoded(body.charset, text));
    let pieces = body.places(&places).zip(texts).map(|(at, bytes)| Ok((at, bytes?))).collect::<Result<_>>()?;
    let mut notes = if moved { vec![rows::MOVED.problem()] } else { Vec::new() };
    if body.charset == Charset::Gb18030 {
        notes.push(rows::TAKEN_FOR.with("encoding", "GB18030"));
    }
    // Of several messages, what is true of one of them alone is in the notes.
    let at = markdown::moved_to(&notice.at, all_moved && moved);
    Ok(Placed { patch: insert_all(map, pieces)?, notes, at })
}

pub(super) fn shown(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
    if map.len > limits.metadata_bytes {
        return Ok(Vec::new());
    }
    let Some(body) = Body::read(map, source, limits)? else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for strings in messages(&body.text).iter().take(limits.segments) {
        let mut found = Collector::new(map.len, limits);
        let ends: Vec<usize> = strings.iter().flat_map(|one| [one.at, one.at + one.raw.len()]).collect();
        let mut places = body.places(&ends);
        for literal in strings {
            let range: Range<u64> = places.next().unwrap_or(0)..places.next().unwrap_or(0);
            let words: String = serde_json::from_str(literal.raw).unwrap_or_default();
            markdown::blocks(&words, &mut |block, _| found.push(block, range.clone()));
        }
        out.extend(found.finish(map.format.row().name));
    }
    Ok(out)
}
