//! HTML and XHTML: metadata in `meta` elements, scripts and comments, edited by position.
//!
//! The document is never written anew: a `meta` element goes behind the declaration of the
//! encoding, so that this declaration stays within the first 1,024 bytes where readers look for it
//! (HTML 4.2.5.4), and is ASCII alone, so that no encoding matters.

use std::ops::Range;

use crate::container::text::{self, plain, units::Form};
use crate::container::{
    ASIDE, Container, Edit, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Shown, Slot,
};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::html as rows;
use crate::notice::TextNotice;
use crate::source::{Source, check_limit};

mod hidden;
mod notice;
mod prescan;
mod tokens;

use tokens::{Tag, Token, Tokens};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Html;

/// Readers look for the declaration of the encoding in so many bytes.
const PRESCAN: u64 = 1024;
/// Most bytes of a name, a type or an encoding.
const WORD: u64 = 256;

/// Elements with which a document begins; `link` and `base` begin other things too.
const FIRST: &[&[u8]] = &[b"html", b"head", b"body", b"meta", b"title"];
/// Elements that may stand in `head`; any other begins the body.
const IN_HEAD: &[&[u8]] = &[
    b"html",
    b"head",
    b"title",
    b"base",
    b"basefont",
    b"bgsound",
    b"link",
    b"meta",
    b"style",
    b"script",
    b"noscript",
    b"noframes",
    b"template",
];

/// What a text begins with.
#[derive(PartialEq, Eq)]
enum Start {
    /// A document.
    Document,
    /// A tag of another element, or a comment that is longer than what was looked at.
    Markup,
    /// Something else.
    Other,
}

/// What a text begins with behind white space, comments and an XML declaration.
fn begins(units: &[u8]) -> Start {
    let mut rest = units.trim_ascii_start();
    let mut xml = false;
    // A declaration ends where browsers end it, at the first `>`.
    let skipped = [(&b"<!--"[..], &b"-->"[..]), (b"<?xml", b">")];
    while let Some((skip, end)) = skipped.into_iter().find(|(open, _)| rest.starts_with(open)) {
        xml |= skip == b"<?xml";
        let Some(at) = rest.windows(end.len()).position(|w| w == end) else { return Start::Markup };
        rest = rest.get(at + end.len()..).unwrap_or_default().trim_ascii_start();
    }
    let Some(markup) = rest.strip_prefix(b"<") else { return Start::Other };
    let word = |text: &[u8]| -> Vec<u8> {
        let word = text.iter().take_while(|b| !b.is_ascii_whitespace() && !matches!(b, b'>' | b'/'));
        word.take(16).map(u8::to_ascii_lowercase).collect()
    };
    let name = word(markup);
    if name == b"!doctype" {
        let root = word(markup.get(name.len()..).unwrap_or_default().trim_ascii_start());
        return if root == b"html" { Start::Document } else { Start::Other };
    }
    let first = if xml { name == b"html" } else { FIRST.contains(&name.as_slice()) };
    match markup.first() {
        Some(_) if first => Start::Document,
        Some(letter) if letter.is_ascii_alphabetic() && !xml => Start::Markup,
        _ => Start::Other,
    }
}

/// Text as the value of a quoted attribute, in ASCII.
pub(crate) fn attribute(text: &str) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            ' '..='~' => out.push(c),
            // References to these stand for other characters or for none (HTML 13.2.5.80).
            c if c.is_control() => {
                return Err(Error::Refused(rows::HTML_CONTROL.with("code", format!("U+{:04X}", u32::from(c)))));
            }
            c => out.push_str(&format!("&#x{:X};", u32::from(c))),
        }
    }
    Ok(out)
}

/// An attribute's text with its references resolved (HTML 13.2.5.72), as far as labels need names.
pub(crate) fn resolve(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|b| *b == b'&') {
        out.extend_from_slice(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        match reference(rest) {
            Some((c, len)) => {
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                rest = rest.get(len..).unwrap_or_default();
            }
            None => {
                out.push(b'&');
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out.extend_from_slice(rest);
    out
}

/// The character that the reference at the start of `text` names, and its length.
fn reference(text: &[u8]) -> Option<(char, usize)> {
    const NAMES: &[(&[u8], char)] = &[
        (b"&amp;", '&'),
        (b"&lt;", '<'),
        (b"&gt;", '>'),
        (b"&quot;", '"'),
        (b"&apos;", '\''),
        (b"&nbsp;", '\u{A0}'),
        (b"&lbrace;", '{'),
        (b"&rbrace;", '}'),
        (b"&colon;", ':'),
        (b"&comma;", ','),
    ];
    if let Some((name, c)) = NAMES.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*c, name.len()));
    }
    let number = text.strip_prefix(b"&#")?;
    let (digits, radix, skip) = match number {
        [b'x' | b'X', hex @ ..] => (hex, 16, 3),
        _ => (number, 10, 2),
    };
    let len = digits.iter().take(16).take_while(|b| char::from(**b).is_digit(radix)).count();
    let value = std::str::from_utf8(digits.get(..len)?).ok().and_then(|d| u32::from_str_radix(d, radix).ok());
    let c = value.and_then(char::from_u32).filter(|c| *c != '\0').unwrap_or('\u{FFFD}');
    let semicolon = usize::from(digits.get(len) == Some(&b';'));
    (len > 0).then_some((c, skip + len + semicolon))
}

/// The text of a short attribute.
fn word(tag: &Tag, name: &str, form: Form, tokens: &mut Tokens<'_, '_>) -> Result<Option<String>> {
    let Some(range) = tag.attribute(name).filter(|range| range.end - range.start <= WORD * form.width()) else {
        return Ok(None);
    };
    let bytes = resolve(&form.decode(tokens.bytes(range)?));
    Ok(String::from_utf8(bytes).ok().map(|text| text.trim().to_owned()))
}

/// A part that is content like the text around it.
fn mark(name: &str, range: Range<u64>) -> Segment {
    Segment { essence: true, ..Segment::plain(name, range) }
}

/// A `meta` element: a declaration of the encoding, a named value, or both. All of it is content:
/// browsers act on its other attributes.
fn meta(tag: &Tag, form: Form, in_head: bool, tokens: &mut Tokens<'_, '_>) -> Result<Option<Segment>> {
    let http = word(tag, "http-equiv", form, tokens)?;
    let declares = tag.attribute("charset").is_some() || http.is_some_and(|h| h.eq_ignore_ascii_case("content-type"));
    let counts = declares && (in_head || tag.range.start < PRESCAN);
    let mut part = mark(if counts { "charset" } else { "meta" }, tag.range.clone());
    if let Some(content) = tag.attribute("content") {
        for name in ["name", "property", "itemprop"] {
            if let Some(key) = word(tag, name, form, tokens)? {
                part.payload = content;
                part.slot = Some(Slot::item("meta", key));
                break;
            }
        }
    }
    Ok((counts || part.slot.is_some()).then_some(part))
}

/// Whether this is the label's element as it is written here: its name, its value, and nothing
/// else that a browser could act on.
fn is_own(tag: &Tag, part: &Segment) -> bool {
    let named = matches!(&part.slot, Some(Slot::Item { key, .. }) if key == ASIDE);
    part.name == "meta" && named && tag.count == 2 && tag.attribute("name").is_some()
}

/// Every part that is a metadata place or a place to go by, in file order.
fn parts(source: &mut Source<'_>, form: Form, bom: u64, limits: &Limits) -> Result<Vec<Segment>> {
    let mut out: Vec<Segment> = Vec::new();
    let mut tokens = Tokens::new(source, form, bom);
    let (mut in_head, mut templates, mut script, mut seen) = (true, 0u64, None, Vec::new());
    let (mut unscripted, mut own) = (false, false);
    while let Some(token) = tokens.next()? {
        check_limit("segments", out.len() as u64, limits.segments as u64)?;
        let part = match token {
            Token::Declaration(range) => Some(mark("xml", range)),
            Token::Doctype(range) => Some(mark("doctype", range)),
            // Frameworks leave thousands of empty comments behind.
            Token::Comment { range, inner, brace } => {
                brace.then(|| Segment { payload: inner, slot: Some(Slot::Comment), ..mark("comment", range) })
            }
            Token::Raw(inner) => script
                .take()
                .map(|key: String| Segment { slot: Some(Slot::item("script", key)), ..mark("script", inner) }),
            Token::End(name) => {
                match name.as_slice() {
                    b"template" => templates = templates.saturating_sub(1),
                    b"head" => in_head = false,
                    b"noscript" => unscripted = false,
                    _ => {}
                }
                None
            }
            Token::Start(tag) => {
                in_head &= IN_HEAD.contains(&tag.name.as_slice());
                match tag.name.as_slice() {
                    b"template" => {
                        templates = templates.saturating_add(1);
                        None
                    }
                    b"noscript" => {
                        unscripted = true;
                        None
                    }
                    b"meta" if templates == 0 => {
                        let mut part = meta(&tag, form, in_head, &mut tokens)?;
                        // Where scripts run, what stands in `noscript` is no element: nothing goes there.
                        if unscripted {
                            part = part.filter(|part| part.slot.is_some());
                            part.iter_mut().for_each(|part| "meta".clone_into(&mut part.name));
                        } else if let Some(part) = part.as_mut().filter(|part| !own && is_own(&tag, part)) {
                            // Where the writer puts it: elsewhere an element can change what is shown.
                            own = in_head
                                || out
                                    .last()
                                    .is_some_and(|last| last.name == "charset" && last.range.end == part.range.start);
                            part.essence = !own;
                        }
                        part
                    }
                    b"html" => {
                        let xml = tokens.is_xml() || tag.attribute("xmlns").is_some();
                        Some(mark(if xml { "xhtml" } else { "html" }, tag.range))
                    }
                    // An empty element of XML has no inside.
                    b"head" if !(tokens.is_xml() && tag.closed) => Some(mark("head", tag.range)),
                    b"script" if templates == 0 && tag.attribute("src").is_none() => {
                        let id = word(&tag, "id", form, &mut tokens)?;
                        script = Some(match id {
                            Some(id) => id,
                            None => word(&tag, "type", form, &mut tokens)?.unwrap_or_default(),
                        });
                        None
                    }
                    _ => None,
                }
            }
        };
        let Some(part) = part else { continue };
        // The first of these counts, and it counts only outside of the body.
        let once = matches!(part.name.as_str(), "doctype" | "html" | "xhtml" | "head" | "xml");
        if once && (seen.contains(&part.name) || !in_head) {
            continue;
        }
        if once {
            seen.push(part.name.clone());
        }
        out.push(part);
    }
    Ok(out)
}

/// Where a new element goes: behind every declaration of the encoding, else as early as the
/// document allows.
fn insertion(map: &SegmentMap) -> u64 {
    let last = map.segments.iter().rev().find(|s| s.name == "charset");
    let first = || ["head", "xhtml", "html", "doctype", "bom"].iter().find_map(|name| map.first(name));
    last.or_else(first).map_or(0, |segment| segment.range.end)
}

/// The declaration that the search of the first bytes meets last, where no byte order mark counts
/// before it.
fn first_bytes(source: &mut Source<'_>) -> Result<Option<(Range<usize>, Vec<u8>)>> {
    if text::form(source)? != (Form::Byte, 0) {
        return Ok(None);
    }
    let head = source.bytes(0..PRESCAN, PRESCAN, "metadata_bytes")?;
    Ok(prescan::declared(&head).map(|found| (found.clone(), head.get(found).unwrap_or_default().to_vec())))
}

/// Refuses a document in whose declared encoding ASCII letters can stand for other characters, and
/// gives where the declaration in its first bytes ends.
fn check_declarations(map: &SegmentMap, source: &mut Source<'_>, form: Form) -> Result<Option<u64>> {
    let (declared, mut declarations) = match first_bytes(source)? {
        Some((found, bytes)) => (Some(found.end as u64), vec![bytes]),
        None => (None, Vec::new()),
    };
    for segment in map.segments.iter().filter(|s| s.name == "charset") {
        declarations.push(source.bytes(segment.range.clone(), PRESCAN * PRESCAN, "metadata_bytes")?);
    }
    for bytes in declarations {
        let lower = form.units(&bytes).to_ascii_lowercase();
        let shifts = |name: &&&[u8]| lower.windows(name.len()).any(|w| w == **name);
        if let Some(name) = [&b"iso-2022"[..], b"utf-7", b"hz-gb"].iter().find(shifts) {
            return Err(Error::Refused(rows::HTML_SHIFTS.with("encoding", String::from_utf8_lossy(name))));
        }
    }
    Ok(declared)
}

/// A place behind the first `end` bytes that is in the head and in no other element.
fn in_head_behind(source: &mut Source<'_>, end: u64) -> Result<Option<u64>> {
    let mut tokens = Tokens::new(source, Form::Byte, 0);
    let mut inside = 0u64;
    while let Some(token) = tokens.next()? {
        let holds = |name: &[u8]| matches!(name, b"template" | b"noscript");
        match token {
            Token::Start(tag) if holds(&tag.name) => inside = inside.saturating_add(1),
            Token::Start(tag) if !IN_HEAD.contains(&tag.name.as_slice()) => return Ok(None),
            Token::End(name) if holds(&name) => inside = inside.saturating_sub(1),
            Token::End(name) if name == b"head" => return Ok(None),
            // Text without markup ends with the file where its end tag is missing.
            Token::Raw(_) if !tokens.pass_end()? => return Ok(None),
            _ => {}
        }
        if inside == 0 && !tokens.in_raw() && tokens.offset() >= end {
            return Ok(Some(tokens.offset()));
        }
    }
    Ok(None)
}

impl Container for Html {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        let (form, bom) = Form::of(head.bytes);
        let units = form.units(head.bytes.get(usize::try_from(bom).unwrap_or(0)..).unwrap_or_default());
        let named = || head.extension.is_some_and(|e| Format::Html.row().extensions.contains(&e));
        Ok(match begins(&units) {
            Start::Document => Some(Format::Html),
            Start::Markup if named() && plain::is_text(head) => Some(Format::Html),
            Start::Markup | Start::Other => None,
        })
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let (form, bom) = text::form(source)?;
        let mut map = SegmentMap::new(format, source.len());
        let parts = parts(source, form, bom, limits)?;
        text::fill(&mut map, bom, parts);
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let (form, _) = text::form(source)?;
        text::values(map, source, limits, &mut |segment, bytes| {
            let text = form.decode(bytes);
            if matches!(segment.name.as_str(), "meta" | "charset") { resolve(&text) } else { text }
        })
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], _: &Limits) -> Result<Placed> {
        let (form, _) = text::form(source)?;
        let (key, value) = text::only_item(values, "meta")?;
        let content = format!("\"{}\"", attribute(value)?);
        let mut patch = Patch::new(map.len);
        let declared = check_declarations(map, source, form)?;
        let there = |segment: &&Segment| match &segment.slot {
            Some(Slot::Item { place: "meta", key: found }) => found.eq_ignore_ascii_case(key),
            _ => false,
        };
        let mut there = map.segments.iter().filter(|s| s.name == "meta").filter(there);
        let first = there.clone().next();
        if let Some(segment) = there.find(|s| !s.essence).or(first) {
            // Quotation marks around the value go with it.
            let width = form.width();
            let before = source.bytes(segment.payload.start - width..segment.payload.start, width, "metadata_bytes")?;
            let quoted = if matches!(form.units(&before).as_slice(), [b'"' | b'\'']) { width } else { 0 };
            let range = segment.payload.start - quoted..segment.payload.end + quoted;
            let at = range.start;
            let remove = range.end - at;
            let insert = form.encode(&content);
            let moved = declared.filter(|found| at < *found).map(|found| found.saturating_add(insert.len() as u64));
            if moved.is_some_and(|end| end.saturating_sub(remove) > PRESCAN) {
                return Err(Error::Refused(rows::HTML_DECLARATION.problem()));
            }
            patch.push(Edit { at, remove, insert })?;
            return Ok(patch.into());
        }
        let xml = map.first("xhtml").is_some() || map.first("xml").is_some();
        let close = if xml { "/>" } else { ">" };
        let element = form.encode(&format!("<meta name=\"{}\" content={content}{close}", attribute(key)?));
        let mut at = insertion(map);
        if let Some(declared) = declared.filter(|end| at < *end) {
            // In front of a declaration, unless that would leave the bytes that are searched for it.
            if declared.saturating_add(element.len() as u64) > PRESCAN {
                let behind = in_head_behind(source, declared)?;
                at = behind.ok_or_else(|| Error::Refused(rows::HTML_DECLARATION.problem()))?;
            }
        }
        patch.insert(at, element)?;
        Ok(patch.into())
    }

    #[cfg(feature = "write")]
    fn put_notice(&self, map: &SegmentMap, source: &mut Source<'_>, notice: &TextNotice, _: &Limits) -> Result<Placed> {
        notice::put(map, source, notice)
    }

    #[cfg(feature = "documents")]
    fn shown(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
        notice::shown(map, source, limits)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn attributes_read_back(text in "\\PC*") {
            let stored = attribute(&text).unwrap();
            prop_assert!(stored.bytes().all(|b| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'<' | b'>')));
            prop_assert_eq!(resolve(stored.as_bytes()), text.into_bytes());
        }

        #[test]
        fn any_reference_resolves(text in "[&#xX0-9a-f;mpqut]{0,20}") {
            resolve(text.as_bytes());
        }
    }

    #[test]
    fn a_control_is_refused() {
        assert!(attribute("a\u{85}b").is_err() && attribute("a\tb").is_err());
    }
}
