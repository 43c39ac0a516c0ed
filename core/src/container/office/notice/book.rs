//! EPUB (EPUB 3.3 5.7): a paragraph at the beginning of the first document of the spine, or at the
//! end of the last one; on request at the beginning of each.

use std::collections::BTreeMap;

use crate::container::{Shown, shown};
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::container::office as rows;
use crate::message::notice::document as own;
use crate::notice::{Moment, TextNotice};

use super::super::epub;
use super::super::package::{Package, Part, refused};
use super::super::xml::{self, Element, Place, Scope, TextEdit, Visitor, append};
use super::draft::Draft;
use super::relations::resolve;
use super::{looked_at, passages, tagged};

const XHTML: &str = "http://www.w3.org/1999/xhtml";
const XHTML_TYPE: &str = "application/xhtml+xml";

/// Manifest, spine and kind of a book.
#[derive(Default)]
struct Outline {
    /// Paths and media types of resources by their identifiers.
    items: BTreeMap<String, (String, String)>,
    /// Identifiers of the documents in reading order, those beside it left out.
    spine: Vec<String>,
    /// Whether pages have a fixed layout.
    fixed: bool,
    version_3: bool,
}

impl<'t> Visitor<'t> for Outline {
    fn wants(&self, element: &Element<'t>, _: &[Element<'t>]) -> bool {
        element.value("property") == Some("rendition:layout")
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        let value = |name| element.value(name).unwrap_or_default().to_owned();
        match (open.len(), element.local()) {
            (0, "package") => self.version_3 = value("version").trim_start().starts_with('3'),
            (2, "item") => {
                self.items.insert(value("id"), (value("href"), value("media-type")));
            }
            (2, "itemref") if element.value("linear").is_none_or(|linear| linear.trim() != "no") => {
                self.spine.push(value("idref"));
            }
            (2, "meta") => {
                self.fixed |= element.value("name") == Some("fixed-layout") && element.value("content") == Some("true");
                self.fixed |= element.text.take().is_some_and(|text| text.trim() == "pre-paginated");
            }
            _ => {}
        }
    }
}

/// A book as its first package document tells it.
struct Book {
    /// Paths of the documents of the spine, and whether each is XHTML.
    pages: Vec<(String, bool)>,
    fixed: bool,
    version_3: bool,
}

/// A path with `%` and two digits for a byte, as the bytes that it stands for.
fn unescaped(path: &str) -> String {
    let mut out = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        rest = match tail {
            [a, b, after @ ..] if *first == b'%' => match hex(a).zip(hex(b)) {
                Some((high, low)) => {
                    out.push(high << 4 | low);
                    after
                }
                None => {
                    out.push(*first);
                    tail
                }
            },
            _ => {
                out.push(*first);
                tail
            }
        };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn book(package: &mut Package<'_, '_>) -> Result<std::result::Result<Book, (String, Problem)>> {
    let (paths, lack) = epub::parts(package)?;
    let (path, None) = (paths.into_iter().next().unwrap_or_default(), &lack) else {
        return Ok(Err(lack.unwrap_or_else(|| (String::new(), rows::PART_MISSING.problem()))));
    };
    let part = match package.part(&path)? {
        Ok(part) => part,
        Err(why) => return Ok(Err((path, why))),
    };
    let mut outline = Outline::default();
    if let Err(why) = part.scan(package.limits, &mut outline) {
        return Ok(Err((path, why)));
    }
    let page = |id: &String| {
        let (href, kind) = outline.items.get(id)?;
        Some((resolve(&path, &unescaped(href))?, kind == XHTML_TYPE))
    };
    let pages = outline.spine.iter().filter_map(page).collect();
    Ok(Ok(Book { pages, fixed: outline.fixed, version_3: outline.version_3 }))
}

/// The body of a document.
#[derive(Default)]
struct Body {
    found: Option<(Place, String, std::ops::Range<usize>)>,
}

impl<'t> Visitor<'t> for Body {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if open.len() == 1 && element.is(XHTML, "body") && self.found.is_none() {
            self.found = Some((element.place, element.qname.to_owned(), element.inner));
        }
    }
}

/// The paragraph: black on white, above the page where its layout is fixed.
fn paragraph(part: &Part, notice: &TextNotice, qname: &str, book: &Book) -> Result<String> {
    let prefix = qname.split_once(':').map_or(String::new(), |(prefix, _)| format!("{prefix}:"));
    let place = if book.fixed { "position:absolute;left:0;top:0;z-index:9999;margin:0" } else { "margin:0 0 1em 0" };
    let mut out = format!(
        "<{prefix}p style=\"{place};padding:0.2em 0.4em;text-indent:0;font-size:1em;color:#000;background:#fff\">"
    );
    for (number, (line, language)) in tagged(notice).enumerate() {
        if number > 0 {
            out.push_str(&format!("<{prefix}br/>"));
        }
        let text = part.escape(line, false)?;
        match language {
            // XHTML 1.1 has the one attribute alone.
            Some(tag) if book.version_3 => {
                out.push_str(&format!("<{prefix}span lang=\"{tag}\" xml:lang=\"{tag}\">{text}</{prefix}span>"));
            }
            Some(tag) => out.push_str(&format!("<{prefix}span xml:lang=\"{tag}\">{text}</{prefix}span>")),
            None => out.push_str(&text),
        }
    }
    out.push_str(&format!("</{prefix}p>"));
    Ok(out)
}

/// Puts the paragraph into the asked documents.
pub(super) fn put(package: &mut Package<'_, '_>, draft: &mut Draft, notice: &TextNotice) -> Result<()> {
    package.unsigned(&|name| name == "meta-inf/signatures.xml")?;
    let book = book(package)?.map_err(|(path, why)| refused(&path, why))?;
    let first = book.pages.iter().position(|(_, page)| *page);
    let last = book.pages.iter().rposition(|(_, page)| *page);
    let (Some(first), Some(last)) = (first, last) else {
        let part = book.pages.first().map(|(path, _)| path.clone()).unwrap_or_default();
        return Err(Error::Unsupported(own::NO_PAGE_TEXT.with("part", part)));
    };
    // Where in each document: at its beginning, at its end.
    let mut wanted: BTreeMap<usize, [bool; 2]> = BTreeMap::new();
    let mut want = |at: usize, end: usize| {
        if let Some(flag) = wanted.entry(at).or_default().get_mut(end) {
            *flag = true;
        }
    };
    for at in &notice.at {
        let middle = (first.saturating_add(last) / 2..=last).find(|at| book.pages.get(*at).is_some_and(|(_, p)| *p));
        match at {
            Moment::Start => want(first, 0),
            Moment::Middle if first == last => want(last, 1),
            Moment::Middle => want(middle.unwrap_or(last), 0),
            Moment::End => want(last, 1),
        }
    }
    if notice.each_page {
        (first..=last).filter(|at| book.pages.get(*at).is_some_and(|(_, page)| *page)).for_each(|at| want(at, 0));
    }
    let mut done: BTreeMap<usize, ()> = BTreeMap::new();
    for (at, [start, end]) in wanted {
        let Some((path, _)) = book.pages.get(at) else { continue };
        if epub::is_encrypted(package, path)? {
            return Err(Error::Refused(rows::OFFICE_ENCRYPTED.with("part", path)));
        }
        let part = package.editable(path)?;
        if done.insert(part.index, ()).is_none() {
            let edits = edits(&part, package.limits, notice, &book, [start, end])?;
            draft.edit(&part, package.limits, edits)?;
        }
    }
    Ok(())
}

fn edits(
    part: &Part,
    limits: &Limits,
    notice: &TextNotice,
    book: &Book,
    [start, end]: [bool; 2],
) -> Result<Vec<TextEdit>> {
    let mut body = Body::default();
    xml::scan_as(&part.text, limits, &mut body, true).map_err(|why| refused(&part.name, why))?;
    let missing = || refused(&part.name, rows::XML_ELEMENT.with("name", "body"));
    let (place, qname, inner) = body.found.ok_or_else(missing)?;
    let text = paragraph(part, notice, &qname, book)?;
    if matches!(place, Place::Slash(_)) {
        return Ok(vec![append(place, &qname, &text)]);
    }
    let mut out = Vec::new();
    if start {
        out.push((inner.start..inner.start, text.clone()));
    }
    if end {
        out.push((inner.end..inner.end, text));
    }
    Ok(out)
}

/// Elements that stand in lines of text.
const INLINE: [&str; 34] = [
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins", "kbd", "mark", "q",
    "rb", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
    "acronym", "big",
];

/// The words of a document: text between the tags of blocks.
#[derive(Default)]
struct Words {
    out: Vec<String>,
}

impl<'t> Visitor<'t> for Words {
    fn wants(&self, element: &Element<'t>, _: &[Element<'t>]) -> bool {
        // Each block takes its own text; lines belong to the block around them.
        !INLINE.contains(&element.local())
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        let body = open.iter().any(|outer| outer.local() == "body") || element.local() == "body";
        let hidden = |name: &str| matches!(name, "script" | "style" | "template" | "head" | "rt" | "rp");
        let aside = hidden(element.local()) || open.iter().any(|outer| hidden(outer.local()));
        if let Some(text) = element.text.take().filter(|_| body && !aside) {
            let line = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
            self.out.push(text.split(xml::LINE).map(line).collect::<Vec<_>>().join("\n"));
        }
    }
}

/// Words of the first, the middle and the last documents.
pub(super) fn shown(package: &mut Package<'_, '_>) -> Result<Vec<Shown>> {
    let Ok(book) = book(package)? else { return Ok(Vec::new()) };
    let mut out = Vec::new();
    for (at, moment) in looked_at(book.pages.len()) {
        let Some((path, true)) = book.pages.get(at) else { continue };
        if epub::is_encrypted(package, path)? {
            continue;
        }
        let Ok(part) = package.part(path)? else { continue };
        let mut words = Words::default();
        let _ = xml::scan_as(&part.text, package.limits, &mut words, true);
        out.extend(passages(package, &part, words.out, moment)?);
    }
    Ok(shown::choose(out, package.limits))
}
