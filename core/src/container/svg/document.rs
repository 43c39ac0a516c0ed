//! One pass over the tokens of a document: where its metadata stands.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::dtd::{self, Dtd};
use crate::error::{Problem, Result};
use crate::limits::Limits;
use crate::message::container::raster as rows;
use crate::metadata::xmp::{META, RDF, push_lines, reference};
use crate::source::check_limit;

/// Most bytes of namespaces for which entities are resolved.
const EXPANDED: usize = 1 << 20;

/// Namespace of `c2pa:manifest` (C2PA 2.2, A.3.3).
const C2PA: &str = "http://c2pa.org/manifest";

/// A tag: all of it, and where its closing `>` or `/>` begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) range: Range<usize>,
    pub(super) close: usize,
}

/// An element that can take more content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// As it is written, prefix and all.
    pub(super) name: String,
    pub(super) start: Tag,
    /// Its end tag; `None`: it closes itself, or is not closed.
    pub(super) end: Option<Range<usize>>,
}

impl Element {
    /// From its start tag to behind its end.
    pub(super) fn range(&self) -> Range<usize> {
        self.start.range.start..self.end.as_ref().map_or(self.start.range.end, |end| end.end)
    }
}

/// An XMP packet, or RDF without what surrounds a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    pub(super) range: Range<usize>,
    /// Whether it stands in a `metadata` element of the root, and so is about the whole picture.
    pub(super) own: bool,
    /// Prefixes that it uses and the elements around it declare, with their namespaces.
    pub(super) borrowed: BTreeMap<String, Arc<str>>,
    /// Whether it borrows more prefixes than the limit on attributes allows.
    pub(super) crowded: bool,
}

/// Text that says something about the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Note {
    /// The element that holds it; `None`: a comment.
    pub(super) name: Option<String>,
    pub(super) range: Range<usize>,
    /// Cut if it is longer than any label.
    pub(super) text: String,
    /// Whether it stands in the document exactly so.
    pub(super) plain: bool,
}

/// What a document holds, as offsets in its text.
#[derive(Debug, Default, Clone)]
pub(super) struct Document {
    pub(super) root: Option<Element>,
    /// The `metadata` elements that are children of the root.
    pub(super) metadata: Vec<Element>,
    pub(super) packets: Vec<Packet>,
    /// Manifest stores: the element, and its text.
    pub(super) stores: Vec<(Range<usize>, Range<usize>)>,
    /// Within packets and stores, elements that a viewer acts on, and tags with an identifier.
    pub(super) active: Vec<Range<usize>>,
    pub(super) notes: Vec<Note>,
    pub(super) dtd: Dtd,
    /// Where reading stopped, and why.
    pub(super) fault: Option<(usize, Problem)>,
}

/// Reads as far as it goes.
pub(super) fn read(text: &str, limits: &Limits) -> Result<Document> {
    let mut pass = Pass::new(limits);
    pass.run(text)?;
    Ok(pass.document)
}

/// Whether the first element of a document is `svg`, as far as its beginning tells.
pub(super) fn begins(text: &str) -> bool {
    let mut reader = Reader::from_str(text);
    loop {
        let at = position(reader.buffer_position());
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => return tag.local_name().as_ref() == "svg",
            Ok(Event::Text(data)) if data.trim_ascii().is_empty() => {}
            Ok(Event::DocType(data)) if is_svg(data.trim_ascii_start()) => {}
            Ok(Event::Decl(_) | Event::PI(_) | Event::Comment(_)) => {}
            Ok(_) => return false,
            Err(_) => {
                // The beginning ends inside of a tag or a document type.
                let rest = text.get(at..).unwrap_or_default().trim_ascii_start();
                let name = rest.strip_prefix("<!DOCTYPE").map(str::trim_ascii_start);
                return is_svg(name.or_else(|| rest.strip_prefix('<')).unwrap_or_default());
            }
        }
    }
}

/// Whether a text begins with the name `svg`, with a prefix or without.
fn is_svg(text: &str) -> bool {
    let name = text.split(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/' | '[')).next().unwrap_or_default();
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    local == "svg" && prefix.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_')
}

fn position(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// What is known of a packet that is not closed yet.
struct Open {
    packet: Packet,
    /// How many elements are open around it.
    depth: usize,
}

struct Pass<'l> {
    /// Bytes that namespaces take so far, entities resolved.
    expanded: usize,
    limits: &'l Limits,
    document: Document,
    /// Elements so far.
    elements: u64,
    depth: usize,
    /// Whether the open child of the root is a `metadata` element.
    inside: bool,
    /// Namespaces by prefix, the innermost last, each with the depth of the element that declares it.
    bindings: HashMap<Arc<str>, Vec<(usize, Arc<str>)>>,
    /// Which element declared which prefix.
    declared: Vec<(usize, Arc<str>)>,
    open: Option<Open>,
    /// Start of a `<?xpacket begin?>` with nothing but white space behind it so far.
    header: Option<usize>,
    /// Whether nothing but white space stands behind the last packet so far.
    trailer: bool,
    /// An element whose text is wanted: its depth, name and text so far.
    text: Option<(usize, Note)>,
    store: Option<(usize, Range<usize>)>,
    /// The outermost element that a viewer acts on: its depth, and where it begins.
    active: Option<(usize, usize)>,
}

/// Namespaces whose elements viewers act on wherever they stand: styles, scripts, pictures.
const ACTIVE: [&str; 2] = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xhtml"];

impl<'l> Pass<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            expanded: 0,
            limits,
            document: Document::default(),
            elements: 0,
            depth: 0,
            inside: false,
            bindings: HashMap::new(),
            declared: Vec::new(),
            open: None,
            header: None,
            trailer: false,
            text: None,
            store: None,
            active: None,
        }
    }

    fn run(&mut self, text: &str) -> Result<()> {
        let mut reader = Reader::from_str(text);
        loop {
            let start = position(reader.buffer_position());
            let event = match reader.read_event() {
                Ok(event) => event,
                Err(_) => {
                    self.stop(position(reader.error_position()).clamp(start, text.len()), rows::SVG_SYNTAX.problem());
                    return Ok(());
                }
            };
            let range = start..position(reader.buffer_position());
            let space = matches!(&event, Event::Text(data) if data.trim_ascii().is_empty());
            let done = self.depth == 0 && self.document.root.is_some();
            if done && !space && !matches!(event, Event::Comment(_) | Event::PI(_) | Event::Eof) {
                self.stop(start, rows::SVG_AFTER_ROOT.problem());
                return Ok(());
            }
            let (header, trailer) = (self.header.take(), std::mem::take(&mut self.trailer));
            match event {
                Event::Start(tag) => {
                    self.start(&tag, range, header, false)?;
                    check_limit("segments", self.depth as u64, self.limits.segments as u64)?;
                }
                Event::Empty(tag) => {
                    self.start(&tag, range.clone(), header, true)?;
                    self.end(range.end..range.end, true)?;
                }
                Event::End(_) => self.end(range, false)?,
                Event::Text(data) if space => {
                    (self.header, self.trailer) = (header, trailer);
                    self.add(|out, most| push_lines(out, head(&data, most)), true);
                }
                Event::Text(data) => {
                    self.add(|out, most| push_lines(out, head(&data, most)), !data.contains('\r'));
                }
                Event::CData(data) => self.add(|out, most| push_lines(out, head(&data, most)), false),
                Event::GeneralRef(name) => {
                    self.add(|out, most| out.extend(reference(&name).filter(|_| most > 0)), false)
                }
                Event::PI(data) => {
                    self.add(|_, _| (), false);
                    self.instruction(&data, range, trailer);
                }
                Event::Comment(data) if self.depth <= 1 => {
                    let plain = start.saturating_add("<!--".len());
                    let text = head(&data, self.longest()).to_owned();
                    let range = plain..plain.saturating_add(data.len());
                    self.note(Note { name: None, range, text, plain: true })?;
                }
                Event::DocType(data) => self.document.dtd = dtd::read(&data, self.limits)?,
                Event::Eof if self.depth > 0 || self.document.root.is_none() => {
                    self.stop(start, rows::SVG_OPEN.problem());
                    return Ok(());
                }
                Event::Eof => return Ok(()),
                Event::Comment(_) => self.add(|_, _| (), false),
                Event::Decl(_) => {}
            }
        }
    }

    /// Keeps what was read up to an error.
    fn stop(&mut self, at: usize, reason: Problem) {
        if let Some(Open { mut packet, .. }) = self.open.take() {
            packet.range.end = at;
            self.document.packets.push(packet);
        }
        if let Some((_, note)) = self.text.take() {
            self.document.notes.push(note);
        }
        if let Some((_, range)) = self.store.take() {
            self.document.stores.push((range.start..at, range.end..at));
        }
        if let Some(last) = self.document.metadata.last_mut().filter(|_| self.inside) {
            last.end = Some(at..at);
        }
        self.document.fault = Some((at, reason));
    }

    fn note(&mut self, note: Note) -> Result<()> {
        if note.text.trim_ascii().is_empty() {
            return Ok(());
        }
        self.document.notes.push(note);
        check_limit("segments", self.document.notes.len() as u64, self.limits.segments as u64)
    }

    /// Most bytes of a text that are kept: no label is longer with all its escapes.
    const fn longest(&self) -> usize {
        self.limits.label_bytes.saturating_mul(8)
    }

    /// Adds to the open text; `push` is told how many bytes are still kept.
    fn add(&mut self, push: impl FnOnce(&mut String, usize), plain: bool) {
        let longest = self.longest();
        if let Some((_, note)) = self.text.as_mut() {
            let most = longest.saturating_sub(note.text.len());
            push(&mut note.text, most);
            note.plain &= plain;
        }
    }

    fn instruction(&mut self, data: &str, range: Range<usize>, trailer: bool) {
        let Some(rest) = data.strip_prefix("xpacket") else { return };
        if self.open.is_some() {
            return;
        }
        match self.document.packets.last_mut().filter(|_| trailer && rest.trim_ascii_start().starts_with("end")) {
            Some(packet) => packet.range.end = range.end,
            None => self.header = Some(range.start),
        }
    }

    fn start(&mut self, tag: &BytesStart<'_>, range: Range<usize>, header: Option<usize>, empty: bool) -> Result<()> {
        self.depth = self.depth.saturating_add(1);
        self.elements = self.elements.saturating_add(1);
        check_limit("elements", self.elements, self.limits.elements as u64)?;
        self.declare(tag)?;
        let close = range.end.saturating_sub(if empty { 2 } else { 1 });
        let name = tag.name();
        let (qname, local) = (name.as_ref(), tag.local_name());
        let local = local.as_ref();
        let prefix = qname.strip_suffix(local).and_then(|p| p.strip_suffix(':')).unwrap_or_default();
        let element = || Element { name: qname.to_owned(), start: Tag { range: range.clone(), close }, end: None };
        if self.document.root.is_none() {
            self.document.root = Some(element());
            return Ok(());
        }
        // Text of one element ends where another begins.
        if let Some((_, note)) = self.text.take() {
            self.note(note)?;
        }
        if self.open.is_none() {
            let own = self.inside;
            if self.depth == 2 && local == "metadata" && self.namespace(prefix) == self.root_namespace() {
                self.document.metadata.push(element());
                self.inside = true;
                check_limit("segments", self.document.metadata.len() as u64, self.limits.segments as u64)?;
                self.text = Some((self.depth, begun(qname, &range)));
                return Ok(());
            }
            if self.is(prefix, "rdf", local, "RDF", RDF) || self.is(prefix, "x", local, "xmpmeta", META) {
                let start = header.unwrap_or(range.start);
                let packet = Packet { range: start..start, own, borrowed: BTreeMap::new(), crowded: false };
                self.open = Some(Open { packet, depth: self.depth });
            } else if own && self.store.is_none() && self.is(prefix, "c2pa", local, "manifest", C2PA) {
                self.store = Some((self.depth, range.clone()));
            } else if own || (self.depth == 2 && matches!(local, "title" | "desc")) {
                self.text = Some((self.depth, begun(qname, &range)));
            }
        }
        if self.inside && self.active.is_none() && (self.open.is_some() || self.store.is_some()) {
            self.note_active(tag, prefix, &range)?;
        }
        self.borrow(tag, prefix);
        Ok(())
    }

    /// Notes what a viewer acts on although it stands within metadata.
    fn note_active(&mut self, tag: &BytesStart<'_>, prefix: &str, range: &Range<usize>) -> Result<()> {
        // A namespace that can't be told could be any.
        let acts = |uri: &str| ACTIVE.contains(&uri) || uri.contains('&');
        let named =
            |attribute: quick_xml::events::attributes::Attribute<'_>| matches!(attribute.key.as_ref(), "id" | "xml:id");
        let most = self.limits.xml_attributes;
        let crowded = tag.attributes().with_checks(false).nth(most).is_some();
        if crowded || self.namespace(prefix).is_some_and(acts) {
            self.active = Some((self.depth, range.start));
        } else if tag.attributes().with_checks(false).flatten().any(named) {
            self.document.active.push(range.clone());
        }
        check_limit("segments", self.document.active.len() as u64, self.limits.segments as u64)
    }

    fn namespace(&self, prefix: &str) -> Option<&str> {
        self.bindings.get(prefix).and_then(|stack| stack.last()).map(|(_, uri)| &**uri)
    }

    fn root_namespace(&self) -> Option<&str> {
        let root = self.document.root.as_ref()?;
        let prefix = root.name.split_once(':').map_or("", |(prefix, _)| prefix);
        // The root's own declarations are the outermost ones; of two, the last counts.
        let own = self.bindings.get(prefix)?.iter().take_while(|(depth, _)| *depth == 1);
        own.last().map(|(_, uri)| &**uri)
    }

    /// Whether a name is this one; by its usual prefix, if that is not declared at all.
    fn is(&self, prefix: &str, usual: &str, local: &str, wanted: &str, namespace: &str) -> bool {
        local == wanted && self.namespace(prefix).map_or(prefix == usual, |found| found == namespace)
    }

    fn declare(&mut self, tag: &BytesStart<'_>) -> Result<()> {
        if !tag.attributes_raw().contains("xmlns") {
            return Ok(());
        }
        for attribute in tag.attributes().with_checks(false).flatten().take(self.limits.xml_attributes) {
            let name = attribute.key.as_ref();
            let prefix = match name.split_once(':') {
                Some(("xmlns", prefix)) => prefix,
                None if name == "xmlns" => "",
                _ => continue,
            };
            // Entities must not make a document many times longer than it is.
            let uri: Arc<str> = match self.expanded < EXPANDED && attribute.value.contains('&') {
                true => self.document.dtd.expand(&attribute.value).into(),
                false => Arc::from(&*attribute.value),
            };
            self.expanded = self.expanded.saturating_add(uri.len());
            let known = self.bindings.get_key_value(prefix).map(|(known, _)| Arc::clone(known));
            let prefix = known.unwrap_or_else(|| prefix.into());
            self.bindings.entry(Arc::clone(&prefix)).or_default().push((self.depth, uri));
            self.declared.push((self.depth, prefix));
            let most = self.declared.len().max(self.bindings.len());
            check_limit("segments", most as u64, self.limits.segments as u64)?;
        }
        Ok(())
    }

    /// Notes the prefixes of a tag inside of a packet that are declared outside of it.
    fn borrow(&mut self, tag: &BytesStart<'_>, prefix: &str) {
        let Some(open) = self.open.as_mut() else { return };
        let mut note = |used: &str| {
            let Some((depth, uri)) = self.bindings.get(used).and_then(|stack| stack.last()) else { return };
            if *depth < open.depth && !open.packet.crowded && !open.packet.borrowed.contains_key(used) {
                open.packet.borrowed.insert(used.to_owned(), Arc::clone(uri));
                open.packet.crowded = open.packet.borrowed.len() > self.limits.xml_attributes;
            }
        };
        note(prefix);
        if tag.attributes_raw().contains(':') {
            for attribute in tag.attributes().with_checks(false).flatten() {
                if let Some((used, _)) = attribute.key.as_ref().split_once(':') {
                    note(used);
                }
            }
        }
    }

    /// Closes the innermost element; `range` is its end tag.
    fn end(&mut self, range: Range<usize>, empty: bool) -> Result<()> {
        let depth = self.depth;
        if let Some((_, note)) = self.text.take_if(|(at, _)| *at == depth) {
            self.note(note)?;
        }
        if let Some((_, start)) = self.active.take_if(|(at, _)| *at == depth) {
            self.document.active.push(start..range.end);
        }
        if let Some((_, tag)) = self.store.take_if(|(at, _)| *at == depth) {
            self.document.stores.push((tag.start..range.end, tag.end..range.start));
        }
        if let Some(Open { mut packet, .. }) = self.open.take_if(|open| open.depth == depth) {
            packet.range.end = range.end;
            self.document.packets.push(packet);
            self.trailer = true;
        }
        let places = self.document.packets.len().saturating_add(self.document.stores.len());
        check_limit("segments", places as u64, self.limits.segments as u64)?;
        let end = (!empty).then_some(range);
        match depth {
            1 => {
                if let Some(root) = self.document.root.as_mut() {
                    root.end = end;
                }
            }
            2 if std::mem::take(&mut self.inside) => {
                if let Some(last) = self.document.metadata.last_mut() {
                    last.end = end;
                }
            }
            _ => {}
        }
        while let Some((_, prefix)) = self.declared.pop_if(|(at, _)| *at == depth) {
            if let Some(stack) = self.bindings.get_mut(&prefix) {
                stack.pop();
            }
        }
        self.depth = depth.saturating_sub(1);
        Ok(())
    }
}

/// At most so many bytes of a text.
fn head(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or_default()
}

fn begun(name: &str, tag: &Range<usize>) -> Note {
    Note { name: Some(name.to_owned()), range: tag.end..tag.end, text: String::new(), plain: true }
}
