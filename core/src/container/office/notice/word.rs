//! WordprocessingML (ISO/IEC 29500-1 17): a paragraph before the first block, in the middle or
//! before the last section's properties; on request at the top of every header.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::container::{Shown, shown};
use crate::error::Result;
use crate::message::container::office as rows;
use crate::notice::{Moment, TextNotice};

use super::super::package::{Package, Part, refused};
use super::super::xml::{Element, Place, Scope, TextEdit, Visitor, append};
use super::draft::Draft;
use super::drawing::Paragraphs;
use super::relations::{self, Relations};
use super::{Escape, Prefix, escape_in, escape_new, is_off, passages, tagged};

const TRANSITIONAL: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const STRICT: &str = "http://purl.oclc.org/ooxml/wordprocessingml/main";
const HEADER_TYPE: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.header+xml";
/// Kinds of headers (17.18.36).
const KINDS: [&str; 3] = ["default", "first", "even"];
/// Most headers and footers of a document that are looked at.
const HEADERS: usize = 64;

fn is_word(namespace: &str) -> bool {
    namespace == TRANSITIONAL || namespace == STRICT
}

/// The attribute of this name in the element's own namespace.
fn own_value<'e>(element: &'e Element<'_>, name: &str) -> Option<&'e str> {
    element.value_in(&element.namespace, name)
}

/// One paragraph: black on white, whatever the styles of the document say.
fn paragraph(notice: &TextNotice, prefix: &Prefix, escape: Escape<'_>) -> Result<String> {
    let (w, declaration) = (&prefix.name, &prefix.declaration);
    let mut out = format!(
        "<{w}:p{declaration}><{w}:pPr><{w}:spacing {w}:before=\"0\" {w}:after=\"120\"/>\
         <{w}:ind {w}:left=\"0\" {w}:right=\"0\" {w}:firstLine=\"0\"/></{w}:pPr>"
    );
    for (number, (line, language)) in tagged(notice).enumerate() {
        let language = match language {
            Some(tag) if is_east_asian(tag) => format!("<{w}:lang {w}:val=\"{tag}\" {w}:eastAsia=\"{tag}\"/>"),
            Some(tag) => format!("<{w}:lang {w}:val=\"{tag}\"/>"),
            None => String::new(),
        };
        let line_break = if number > 0 { format!("<{w}:br/>") } else { String::new() };
        let text = escape(line)?;
        out.push_str(&format!(
            "<{w}:r><{w}:rPr><{w}:rFonts {w}:hint=\"eastAsia\" {w}:ascii=\"Arial\" {w}:hAnsi=\"Arial\" \
             {w}:eastAsia=\"Microsoft YaHei\"/><{w}:color {w}:val=\"000000\"/><{w}:sz {w}:val=\"24\"/>\
             <{w}:szCs {w}:val=\"24\"/><{w}:shd {w}:val=\"clear\" {w}:color=\"auto\" {w}:fill=\"FFFFFF\"/>{language}\
             </{w}:rPr>{line_break}<{w}:t xml:space=\"preserve\">{text}</{w}:t></{w}:r>"
        ));
    }
    out.push_str(&format!("</{w}:p>"));
    Ok(out)
}

/// Languages that are set in East Asian fonts (17.3.2.26).
pub(super) fn is_east_asian(tag: &str) -> bool {
    let head = tag.split('-').next().unwrap_or_default();
    ["zh", "ja", "ko", "yue"].iter().any(|name| head.eq_ignore_ascii_case(name))
}

/// The properties of a section.
struct Section {
    prefix: Prefix,
    relations: Prefix,
    place: Place,
    qname: String,
    inner: usize,
    /// Its headers: kind and identifier of the relationship.
    headers: Vec<(String, String)>,
}

/// What stands where in the main part.
#[derive(Default)]
struct Body {
    prefix: Option<(Prefix, String)>,
    /// Place, name and inside of the body.
    body: Option<(Place, String, Range<usize>)>,
    /// Where blocks begin that no field spans.
    starts: Vec<usize>,
    /// The properties of the last section.
    last: Option<usize>,
    sections: Vec<Section>,
    headers: Vec<(usize, String, String)>,
    title_page: bool,
    /// Fields that are open now, and were when the last block ended.
    fields: i64,
    fields_before: i64,
}

impl<'t> Visitor<'t> for Body {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], scope: &Scope) {
        if !is_word(&element.namespace) {
            return;
        }
        let depth = open.len();
        match element.local() {
            "fldChar" => match own_value(&element, "fldCharType") {
                Some("begin") => self.fields = self.fields.saturating_add(1),
                Some("end") => self.fields = self.fields.saturating_sub(1),
                _ => {}
            },
            "titlePg" => self.title_page |= !is_off(own_value(&element, "val")),
            "headerReference" => {
                let kind = own_value(&element, "type").unwrap_or("default").to_owned();
                let id = relations::id_of(&element).unwrap_or_default().to_owned();
                self.headers.push((depth, kind, id));
            }
            "sectPr" if open.last().is_none_or(|outer| outer.local() != "sectPrChange") => {
                let own = depth.saturating_add(1);
                let (mine, rest) = std::mem::take(&mut self.headers).into_iter().partition(|(at, ..)| *at == own);
                self.headers = rest;
                let headers: Vec<(usize, String, String)> = mine;
                if depth == 2 {
                    self.last = Some(element.range.start);
                }
                self.sections.push(Section {
                    prefix: Prefix::of(scope, &element.namespace, "w"),
                    relations: Prefix::of(scope, relations::office(&element.namespace), "r"),
                    place: element.place,
                    qname: element.qname.to_owned(),
                    inner: element.inner.start,
                    headers: headers.into_iter().map(|(_, kind, id)| (kind, id)).collect(),
                });
            }
            "body" if depth == 1 => {
                self.prefix = Some((Prefix::of(scope, &element.namespace, "w"), element.namespace.to_string()));
                self.body = Some((element.place, element.qname.to_owned(), element.inner));
            }
            "p" | "tbl" if depth == 2 => {
                if self.fields_before <= 0 {
                    self.starts.push(element.range.start);
                }
                self.fields_before = self.fields;
            }
            _ => {}
        }
    }
}

/// Whether the settings ask for other headers on even pages (17.10.1).
#[derive(Default)]
struct Settings {
    even: bool,
}

impl<'t> Visitor<'t> for Settings {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        let named = open.len() == 1 && is_word(&element.namespace) && element.local() == "evenAndOddHeaders";
        self.even |= named && !is_off(own_value(&element, "val"));
    }
}

/// Puts the paragraph at the asked places, and into every header.
pub(super) fn put(package: &mut Package<'_, '_>, draft: &mut Draft, notice: &TextNotice) -> Result<()> {
    let main = relations::editable_main(package)?;
    let part = package.editable(&main)?;
    let mut body = Body::default();
    part.study(package.limits, &mut body)?;
    let missing = || refused(&part.name, rows::XML_ELEMENT.with("name", "body"));
    let (Some((prefix, namespace)), Some((place, qname, inner))) = (body.prefix.take(), body.body.take()) else {
        return Err(missing());
    };
    let text = paragraph(notice, &prefix, &escape_in(&part))?;
    let end = body.last.unwrap_or(inner.end);
    let centre = inner.start.saturating_add(end) / 2;
    // The first block does not count: before it is the start.
    let middle = body.starts.iter().copied().skip(1).filter(|at| *at < end);
    let middle = middle.min_by_key(|at| at.abs_diff(centre)).unwrap_or(end);
    let mut edits: Vec<TextEdit> = Vec::new();
    for at in &notice.at {
        let at = match at {
            Moment::Start => inner.start,
            Moment::Middle => middle,
            Moment::End => end,
        };
        edits.push((at..at, text.clone()));
    }
    if notice.each_page {
        let references = headers(package, draft, notice, (&main, &namespace), &body)?;
        edits.extend(section(&body, &references, (&prefix, &namespace), inner.end));
    }
    // An empty body is opened once, for everything.
    if matches!(place, Place::Slash(_)) {
        edits.sort_by_key(|(range, _)| range.start);
        let all: String = edits.into_iter().map(|(_, text)| text).collect();
        edits = vec![append(place, &qname, &all)];
    }
    draft.edit(&part, package.limits, edits)
}

/// The edit that names new headers in the first section, from which the others take them over.
fn section(body: &Body, new: &[(&str, String)], (prefix, namespace): (&Prefix, &str), end: usize) -> Option<TextEdit> {
    if new.is_empty() {
        return None;
    }
    let references = |(w, own): (&str, &str), r: &Prefix| -> String {
        let one = |(kind, id): &(&str, String)| {
            let Prefix { name, declaration } = r;
            format!("<{w}:headerReference{own}{declaration} {w}:type=\"{kind}\" {name}:id=\"{id}\"/>")
        };
        new.iter().map(one).collect()
    };
    Some(match body.sections.first() {
        Some(section) => {
            let own = (section.prefix.name.as_str(), section.prefix.declaration.as_str());
            let text = references(own, &section.relations);
            match section.place {
                Place::Before(_) => (section.inner..section.inner, text),
                Place::Slash(_) => append(section.place, &section.qname, &text),
            }
        }
        None => {
            let Prefix { name, declaration } = prefix;
            let text = references((name, ""), &Prefix::fresh(relations::office(namespace), "r"));
            (end..end, format!("<{name}:sectPr{declaration}>{text}</{name}:sectPr>"))
        }
    })
}

/// Puts the paragraph at the top of every header, and adds those that are missing: their kinds and
/// the identifiers of their relationships.
fn headers<'k>(
    package: &mut Package<'_, '_>,
    draft: &mut Draft,
    notice: &TextNotice,
    (main, namespace): (&str, &str),
    body: &Body,
) -> Result<Vec<(&'k str, String)>> {
    let mut list = Relations::read(package, main)?;
    let mut done = BTreeSet::new();
    let named = body.sections.iter().flat_map(|section| &section.headers);
    let paths: Vec<String> = named.filter_map(|(_, id)| list.by_id(id)).map(|relation| relation.path.clone()).collect();
    for path in paths {
        let part = package.editable(&path)?;
        if done.insert(part.index) {
            let edit = top(&part, package, notice)?;
            draft.edit(&part, package.limits, vec![edit])?;
        }
    }
    let mut settings = Settings::default();
    if let Some(path) = list.first("settings").map(|relation| relation.path.clone())
        && let Ok(part) = package.part(&path)?
    {
        let _ = part.scan(package.limits, &mut settings);
    }
    let first = body.sections.first();
    let has = |kind: &str| first.is_some_and(|section| section.headers.iter().any(|(k, _)| k == kind));
    let wanted = [true, body.title_page, settings.even];
    let mut out = Vec::new();
    for (kind, _) in KINDS.into_iter().zip(wanted).filter(|(kind, wanted)| *wanted && !has(kind)) {
        let name = draft.free(package, "word/header", ".xml");
        let prefix = Prefix { name: "w".to_owned(), declaration: String::new() };
        let text = paragraph(notice, &prefix, &escape_new)?;
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:hdr xmlns:w=\"{namespace}\">{text}</w:hdr>"
        );
        draft.add(name.clone(), HEADER_TYPE, &text);
        out.push((kind, list.add(format!("{}/header", relations::office(namespace)), &name)));
    }
    draft.relate(list);
    Ok(out)
}

/// Where a header begins.
#[derive(Default)]
struct Top {
    found: Option<(Prefix, Place, String, usize)>,
}

impl<'t> Visitor<'t> for Top {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], scope: &Scope) {
        if open.is_empty() && is_word(&element.namespace) && element.local() == "hdr" {
            let prefix = Prefix::of(scope, &element.namespace, "w");
            self.found = Some((prefix, element.place, element.qname.to_owned(), element.inner.start));
        }
    }
}

fn top(part: &Part, package: &Package<'_, '_>, notice: &TextNotice) -> Result<TextEdit> {
    let mut top = Top::default();
    part.study(package.limits, &mut top)?;
    let missing = || refused(&part.name, rows::XML_ELEMENT.with("name", "hdr"));
    let (prefix, place, qname, inner) = top.found.ok_or_else(missing)?;
    let text = paragraph(notice, &prefix, &escape_in(part))?;
    Ok(match place {
        Place::Before(_) => (inner..inner, text),
        Place::Slash(_) => append(place, &qname, &text),
    })
}

/// Words of the headers, of the main part, and of the footers.
pub(super) fn shown(package: &mut Package<'_, '_>) -> Result<Vec<Shown>> {
    let Some(main) = relations::main_part(package)? else { return Ok(Vec::new()) };
    let list = Relations::read(package, &main)?;
    let mut out = beside(package, &list, "header", Moment::Start)?;
    if let Ok(part) = package.part(&main)? {
        let texts = Paragraphs::of(&part, package.limits);
        let found = passages(package, &part, texts, Moment::Start)?;
        out.extend(shown::choose(found, package.limits));
    }
    out.extend(beside(package, &list, "footer", Moment::End)?);
    Ok(out)
}

/// Words of headers or footers, each once.
fn beside(package: &mut Package<'_, '_>, list: &Relations, kind: &str, at: Moment) -> Result<Vec<Shown>> {
    let mut out = Vec::new();
    let paths: BTreeSet<&String> = list.list.iter().filter(|r| r.is(kind)).map(|r| &r.path).take(HEADERS).collect();
    for path in paths {
        if let Ok(part) = package.part(path)? {
            let texts = Paragraphs::of(&part, package.limits);
            out.extend(passages(package, &part, texts, at)?);
        }
    }
    Ok(super::bounded(out, package.limits))
}
