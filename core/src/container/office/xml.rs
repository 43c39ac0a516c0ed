//! XML parts of a package: read in one pass with an explicit stack, changed at byte positions.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

use crate::error::Problem;
use crate::limits::Limits;
use crate::message::container::office as rows;
use crate::message::general;

/// An attribute.
#[derive(Debug)]
pub(super) struct Attribute<'t> {
    /// Empty without prefix.
    pub(super) namespace: Rc<str>,
    pub(super) name: &'t str,
    pub(super) value: String,
    /// The value as it stands in the text, without quotes.
    pub(super) range: Range<usize>,
}

/// Where content can be added to an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before this end tag.
    Before(usize),
    /// The element closes itself; this is its slash.
    Slash(usize),
}

/// An element, complete when it is visited and without content while it is open.
#[derive(Debug)]
pub(super) struct Element<'t> {
    pub(super) namespace: Rc<str>,
    /// As it stands there, with prefix.
    pub(super) qname: &'t str,
    pub(super) attributes: Vec<Attribute<'t>>,
    pub(super) range: Range<usize>,
    /// Behind the name in the start tag.
    pub(super) name_end: usize,
    pub(super) inner: Range<usize>,
    pub(super) place: Place,
    /// What stands in it, as far as no element within wants it for itself.
    pub(super) text: Option<String>,
}

impl<'t> Element<'t> {
    pub(super) fn local(&self) -> &'t str {
        self.qname.split_once(':').map_or(self.qname, |(_, local)| local)
    }

    pub(super) fn is(&self, namespace: &str, local: &str) -> bool {
        &*self.namespace == namespace && self.local() == local
    }

    /// The attribute without prefix.
    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute<'t>> {
        self.attributes.iter().find(|a| a.name == name)
    }

    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.attribute(name).map(|a| a.value.as_str())
    }

    /// The attribute of a namespace.
    pub(super) fn value_in(&self, namespace: &str, local: &str) -> Option<&str> {
        let named = |a: &&Attribute<'_>| {
            &*a.namespace == namespace && a.name.split_once(':').is_some_and(|(_, name)| name == local)
        };
        self.attributes.iter().find(named).map(|a| a.value.as_str())
    }

    /// The name of an element of the same namespace.
    pub(super) fn sibling(&self, local: &str) -> String {
        self.qname.split_once(':').map_or_else(|| local.to_owned(), |(prefix, _)| format!("{prefix}:{local}"))
    }

    /// The edit that adds content behind what is there.
    pub(super) fn append(&self, content: &str) -> TextEdit {
        append(self.place, self.qname, content)
    }

    /// The edit that puts content in place of what is there.
    pub(super) fn fill(&self, content: &str) -> TextEdit {
        match self.place {
            Place::Before(_) => (self.inner.clone(), content.to_owned()),
            Place::Slash(_) => self.append(content),
        }
    }
}

/// Bytes of a text and what takes their place.
pub(super) type TextEdit = (Range<usize>, String);

/// The edit that adds content to the element of this name.
pub(super) fn append(place: Place, qname: &str, content: &str) -> TextEdit {
    match place {
        Place::Before(at) => (at..at, content.to_owned()),
        Place::Slash(at) => (at..at.saturating_add(1), format!(">{content}</{qname}")),
    }
}

/// Prefixes in force.
#[derive(Debug)]
pub(super) struct Scope(HashMap<String, Vec<Rc<str>>>);

impl Scope {
    /// A prefix for a namespace; the default namespace is none, as attributes can't use it.
    pub(super) fn prefix(&self, namespace: &str) -> Option<String> {
        let bound = |(prefix, uris): &(&String, &Vec<Rc<str>>)| {
            !prefix.is_empty() && uris.last().is_some_and(|uri| &**uri == namespace)
        };
        self.0.iter().filter(bound).map(|(prefix, _)| prefix.clone()).min()
    }

    fn resolve(&self, prefix: &str) -> Option<Rc<str>> {
        let bound = self.0.get(prefix).and_then(|uris| uris.last()).cloned();
        bound.or_else(|| prefix.is_empty().then(|| Rc::from("")))
    }
}

/// What a pass over a text asks for.
pub(super) trait Visitor<'t> {
    /// Whether the text of this element is wanted.
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool;
    /// Takes an element when it closes, with those around it from the outermost.
    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], scope: &Scope);
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn limit(name: &'static str, value: usize, max: usize) -> Result<(), Problem> {
    if value > max { Err(general::LIMIT.with("limit", name).arg("value", value).arg("max", max)) } else { Ok(()) }
}

fn syntax(at: usize) -> Problem {
    rows::XML_SYNTAX.with("at", at)
}

/// Stands for the end of a line within a paragraph of XHTML.
pub(super) const LINE: &str = "\u{2028}";

/// Reads a text to its end.
pub(super) fn scan<'t>(text: &'t str, limits: &Limits, visitor: &mut dyn Visitor<'t>) -> Result<(), Problem> {
    scan_as(text, limits, visitor, false)
}

/// As [`scan`]; a `page` of XHTML may have a document type without declarations of its own, and
/// entities that XML does not define, which stand for one character that is not told.
pub(super) fn scan_as<'t>(
    text: &'t str,
    limits: &Limits,
    visitor: &mut dyn Visitor<'t>,
    page: bool,
) -> Result<(), Problem> {
    const XML: &str = "http://www.w3.org/XML/1998/namespace";
    let mut reader = quick_xml::Reader::from_str(text);
    let mut stack: Vec<Element<'t>> = Vec::new();
    let mut scope = Scope(HashMap::from([("xml".to_owned(), vec![Rc::from(XML)])]));
    let mut roots = 0usize;
    loop {
        let start = offset(reader.buffer_position());
        let event = reader.read_event().map_err(|_| syntax(offset(reader.error_position())))?;
        let end = offset(reader.buffer_position());
        match event {
            Event::Start(tag) | Event::Empty(tag) => {
                roots += usize::from(stack.is_empty());
                limit("xml_depth", stack.len().saturating_add(1), limits.xml_depth)?;
                limit("xml_tag_bytes", end.saturating_sub(start), limits.xml_tag_bytes)?;
                let mut element = open(text, &tag, start..end, limits, (&mut scope, page))?;
                if visitor.wants(&element, &stack) {
                    element.text = Some(String::new());
                }
                if matches!(element.place, Place::Slash(_)) {
                    if page && element.local() == "br" || element.local() == "line-break" {
                        add(&mut stack, LINE);
                    }
                    close(element, &stack, &mut scope, visitor);
                } else {
                    stack.push(element);
                }
            }
            Event::End(_) => {
                let Some(mut element) = stack.pop() else { return Err(syntax(start)) };
                element.range.end = end;
                element.inner.end = start;
                element.place = Place::Before(start);
                close(element, &stack, &mut scope, visitor);
            }
            Event::Text(data) => add(&mut stack, &data.xml10_content()),
            Event::CData(data) => add(&mut stack, &data.xml10_content()),
            Event::GeneralRef(name) => {
                let unknown = || rows::XML_ENTITY.with("at", start);
                match name.resolve_char_ref() {
                    Ok(Some(c)) => add(&mut stack, c.encode_utf8(&mut [0; 4])),
                    Ok(None) => match resolve_xml_entity(&name) {
                        Some(value) => add(&mut stack, value),
                        None if page => add(&mut stack, entity(&name)),
                        None => return Err(unknown()),
                    },
                    Err(_) => return Err(unknown()),
                }
            }
            Event::DocType(kind) if page && !kind.contains('[') => {}
            Event::DocType(_) => return Err(rows::XML_DOCTYPE.problem()),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof if stack.is_empty() && roots == 1 => return Ok(()),
            Event::Eof => return Err(syntax(end)),
        }
    }
}

/// Text belongs to the innermost element that wants it.
fn add(stack: &mut [Element<'_>], text: &str) {
    if let Some(out) = stack.iter_mut().rev().find_map(|element| element.text.as_mut()) {
        out.push_str(text);
    }
}

/// What an entity of XHTML stands for, spaces apart from characters.
fn entity(name: &str) -> &'static str {
    match name {
        "nbsp" | "ensp" | "emsp" | "thinsp" => " ",
        "shy" | "zwnj" | "zwj" | "lrm" | "rlm" => "",
        _ => "\u{FFFD}",
    }
}

fn close<'t>(element: Element<'t>, stack: &[Element<'t>], scope: &mut Scope, visitor: &mut dyn Visitor<'t>) {
    let names: Vec<&'t str> = element.attributes.iter().map(|a| a.name).collect();
    visitor.visit(element, stack, scope);
    for prefix in names.into_iter().filter_map(declaration) {
        if let Some(uris) = scope.0.get_mut(prefix) {
            uris.pop();
        }
    }
}

/// The prefix that an attribute of this name declares.
fn declaration(name: &str) -> Option<&str> {
    if name == "xmlns" { Some("") } else { name.strip_prefix("xmlns:") }
}

/// Reads a start tag and what it declares.
fn open<'t>(
    text: &'t str,
    tag: &BytesStart<'_>,
    range: Range<usize>,
    limits: &Limits,
    (scope, page): (&mut Scope, bool),
) -> Result<Element<'t>, Problem> {
    let bad = || syntax(range.start);
    let name_end = range.start.saturating_add(1).saturating_add(tag.name().into_inner().len());
    let qname = text.get(range.start.saturating_add(1)..name_end).ok_or_else(bad)?;
    let raw = text.get(name_end..).ok_or_else(bad)?;
    let base = tag.attributes_raw().as_ptr().addr();
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|_| bad())?;
        limit("xml_attributes", attributes.len().saturating_add(1), limits.xml_attributes)?;
        // Both lie in the tag, which the reader borrows from the text.
        let at = |part: &str| part.as_ptr().addr().wrapping_sub(base);
        let name = attribute.key.into_inner();
        let name = raw.get(at(name)..).and_then(|rest| rest.get(..name.len())).ok_or_else(bad)?;
        let start = name_end.saturating_add(at(&attribute.value));
        let range = start..start.saturating_add(attribute.value.len());
        let value = attribute.normalized_value(XmlVersion::Implicit1_0);
        let value = match value {
            Ok(value) => value.into_owned(),
            Err(_) if page => text.get(range.clone()).unwrap_or_default().to_owned(),
            Err(_) => return Err(rows::XML_ENTITY.with("at", start)),
        };
        if let Some(prefix) = declaration(name) {
            scope.0.entry(prefix.to_owned()).or_default().push(Rc::from(value.as_str()));
        }
        attributes.push(Attribute { namespace: Rc::from(""), name, value, range });
    }
    let resolve = |prefix: &str| {
        let shown = || prefix.chars().take(64).collect::<String>();
        scope.resolve(prefix).ok_or_else(|| rows::XML_PREFIX.with("prefix", shown()))
    };
    for attribute in &mut attributes {
        if let Some((prefix, _)) = attribute.name.split_once(':').filter(|(prefix, _)| *prefix != "xmlns") {
            attribute.namespace = resolve(prefix)?;
        }
    }
    let namespace = resolve(qname.split_once(':').map_or("", |(prefix, _)| prefix))?;
    let slash = range.end.saturating_sub(2);
    let empty = text.get(slash..range.end) == Some("/>");
    let place = if empty { Place::Slash(slash) } else { Place::Before(range.end) };
    let inner = range.end..range.end;
    Ok(Element { namespace, qname, attributes, range, name_end, inner, place, text: None })
}

/// Whether XML 1.0 can hold a character (2.2).
const fn allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Text for the content of an element or, with `quoted`, for an attribute in double quotes. With
/// `ascii`, other characters become references.
pub(super) fn escape(text: &str, quoted: bool, ascii: bool) -> Option<String> {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if quoted => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' if quoted => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c if !allowed(c) => return None,
            c if ascii && !c.is_ascii() => {
                let _ = write!(out, "&#x{:X};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Some(out)
}

/// The encoding that an XML declaration names, in lower case.
pub(super) fn declared_encoding(text: &str) -> Option<String> {
    let declaration = text.strip_prefix("<?xml")?.split_once("?>")?.0;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value.get(1..)?.split_once(quote)?.0.to_ascii_lowercase())
}

/// Whether a key can stand as a name and within a quoted value.
pub(super) fn is_name(key: &str) -> bool {
    let mut chars = key.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic())
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}
