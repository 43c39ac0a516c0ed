//! The reader: one pass over the tokens, explicit stack.

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use quick_xml::Reader;
use quick_xml::errors::{Error as XmlError, IllFormedError};
use quick_xml::events::{BytesStart, Event};

use crate::limits::Limits;

use super::text::{Decoded, attribute_value, push_lines, reference};
use super::{Anomaly, Form, META, RDF, XML, XmpError, XmpErrorKind, XmpProperty, XmpView};

/// A place where content can be added to an element, as offsets in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Before this end tag.
    Before(usize),
    /// The element closes itself; this is its slash.
    Slash(usize),
}

/// What adding to a packet needs to know.
#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Name of the first `rdf:RDF` as written, and where its content ends.
    pub(super) rdf: Option<(String, Place)>,
    /// The same for the first `x:xmpmeta`.
    pub(super) meta: Option<(String, Place)>,
    /// Start of the last `<?xpacket end…?>`.
    pub(super) trailer: Option<usize>,
    /// Whether there is any element.
    pub(super) root: bool,
    /// `rdf:about` of the first description.
    pub(super) about: Option<String>,
    /// Every prefix and the namespaces it is bound to anywhere in the packet.
    pub(super) prefixes: HashSet<(String, Arc<str>)>,
}

/// Reads as far as it goes.
pub(super) fn read(packet: &[u8], limits: &Limits) -> (XmpView, Layout, Option<XmpError>) {
    let max = usize::try_from(limits.metadata_bytes).unwrap_or(usize::MAX);
    if packet.len() > max {
        let kind = XmpErrorKind::Limit { name: "metadata_bytes", value: packet.len(), max };
        let error = Some(XmpError { kind, offset: max });
        return (XmpView::default(), Layout::default(), error);
    }
    let decoded = Decoded::new(packet);
    let mut pass = Pass::new(&decoded, limits);
    let mut error = pass.run().err().map(|(kind, offset)| XmpError { kind, offset: decoded.stored(offset) });
    if let Some(offset) = decoded.error {
        // The text was cut where it stops being text, so later complaints are about the cut.
        if error.as_ref().is_none_or(|e| e.offset >= offset || pass.cut) {
            error = Some(XmpError { kind: XmpErrorKind::Encoding(decoded.encoding), offset });
        }
    }
    let (view, layout) = pass.finish(packet);
    (view, layout, error)
}

type Fault = (XmpErrorKind, usize);

/// What an open element is.
enum Role {
    /// Not in `rdf:RDF`; `meta`: the first `x:xmpmeta`.
    Outside {
        meta: bool,
    },
    Rdf,
    Node {
        about: Arc<str>,
    },
    Property(Box<Open>),
    /// Inside a property; `Some` if its text is an item or a qualified value.
    Inner {
        leaf: Option<Form>,
    },
}

/// A property that is being read.
struct Open {
    namespace: Arc<str>,
    prefix: String,
    local: String,
    about: Arc<str>,
    /// Something was read from inside, or from an attribute.
    emitted: bool,
    /// Attributes that make it a structure.
    fields: bool,
}

struct Frame {
    role: Role,
    /// Prefixes that this element declares.
    declared: Vec<String>,
    /// Text so far, if anyone wants it.
    text: Option<String>,
    /// Start of the content, in the text.
    content: usize,
    children: bool,
}

struct Name<'a> {
    namespace: Arc<str>,
    prefix: &'a str,
    local: &'a str,
}

impl Name<'_> {
    fn is(&self, namespace: &str, local: &str) -> bool {
        &*self.namespace == namespace && self.local == local
    }
}

struct Attribute<'a> {
    name: &'a str,
    value: String,
    /// Of the value, in the text.
    range: Range<usize>,
}

struct Pass<'d, 'a> {
    decoded: &'d Decoded<'a>,
    limits: &'d Limits,
    view: XmpView,
    layout: Layout,
    stack: Vec<Frame>,
    bindings: HashMap<String, Vec<Arc<str>>>,
    /// Index in the stack of the open property.
    property: Option<usize>,
    rdf_count: usize,
    wrapper: bool,
    /// Whether the complaint is that the text ended.
    cut: bool,
}

impl<'d, 'a> Pass<'d, 'a> {
    fn new(decoded: &'d Decoded<'a>, limits: &'d Limits) -> Self {
        let bindings = HashMap::from([("xml".to_owned(), vec![Arc::from(XML)])]);
        let view = XmpView { encoding: decoded.encoding, ..XmpView::default() };
        Self {
            decoded,
            limits,
            view,
            layout: Layout::default(),
            stack: Vec::new(),
            bindings,
            property: None,
            rdf_count: 0,
            wrapper: false,
            cut: false,
        }
    }

    fn run(&mut self) -> Result<(), Fault> {
        let text: &str = &self.decoded.text;
        let mut reader = Reader::from_str(text);
        loop {
            let start = offset(reader.buffer_position());
            let event = reader.read_event().map_err(|error| {
                self.cut = matches!(error, XmlError::Syntax(_))
                    || matches!(error, XmlError::IllFormed(IllFormedError::UnclosedReference));
                fault(&error, offset(reader.error_position()))
            })?;
            let end = offset(reader.buffer_position());
            match event {
                Event::Start(tag) => self.open(&tag, start, end, false)?,
                Event::Empty(tag) => {
                    self.open(&tag, start, end, true)?;
                    self.close(end, Some(end.saturating_sub(2)))?;
                }
                Event::End(_) => self.close(start, None)?,
                Event::Text(data) => {
                    if let Some(out) = self.wanted() {
                        push_lines(out, &data);
                    }
                }
                Event::CData(data) => {
                    if let Some(out) = self.wanted() {
                        push_lines(out, &data);
                    }
                }
                Event::GeneralRef(name) => {
                    let Some(c) = reference(&name) else {
                        let shown = name.chars().take(64).collect();
                        return Err((XmpErrorKind::Entity(shown), start));
                    };
                    if let Some(out) = self.wanted() {
                        out.push(c);
                    }
                }
                Event::PI(data) => self.instruction(&data, start),
                Event::Decl(data) => {
                    self.odd(Anomaly::XmlDeclaration);
                    self.declaration(&data);
                }
                Event::DocType(_) => return Err((XmpErrorKind::Doctype, start)),
                Event::Comment(_) => {}
                Event::Eof => {
                    if self.stack.is_empty() {
                        return Ok(());
                    }
                    self.cut = true;
                    return Err((XmpErrorKind::EndTag("…".to_owned()), end));
                }
            }
        }
    }

    fn odd(&mut self, anomaly: Anomaly) {
        if self.view.anomalies.len() < 256 {
            self.view.anomalies.push(anomaly);
        }
    }

    fn wanted(&mut self) -> Option<&mut String> {
        self.stack.last_mut()?.text.as_mut()
    }

    fn instruction(&mut self, data: &str, start: usize) {
        let Some(rest) = data.strip_prefix("xpacket") else { return };
        self.wrapper = true;
        if rest.trim_start().starts_with("end") {
            self.layout.trailer = Some(start);
            self.view.writable = Some(rest.contains(['w', 'W']));
        }
    }

    fn declaration(&mut self, data: &str) {
        let Some(declared) = data.split("encoding").nth(1) else { return };
        let name: String = declared
            .chars()
            .skip_while(|c| !c.is_ascii_alphanumeric())
            .take_while(|c| c.is_ascii_alphanumeric() || *c == '-' || *c == '_')
            .take(32)
            .collect();
        let encoding = self.decoded.encoding.name();
        let family = encoding.get(..6).unwrap_or(encoding);
        if !name.get(..family.len()).is_some_and(|n| n.eq_ignore_ascii_case(family)) {
            self.odd(Anomaly::DeclaredEncoding(name));
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>, start: usize, end: usize, empty: bool) -> Result<(), Fault> {
        self.layout.root = true;
        limit("xml_tag_bytes", end.saturating_sub(start), self.limits.xml_tag_bytes, start)?;
        limit("xml_depth", self.stack.len().saturating_add(1), self.limits.xml_depth, start)?;
        let qname = tag.get(..tag.len().saturating_sub(tag.attributes_raw().len())).unwrap_or("");
        let first = start.saturating_add(1).saturating_add(qname.len());
        let attributes = attributes(tag.attributes_raw(), first, self.limits)?;
        let declared = self.declare(&attributes);
        let name = self.resolve(qname, false).map_err(|kind| (kind, start))?;
        if let Some(parent) = self.stack.last_mut() {
            parent.children = true;
        }
        let mut text = None;
        let role = match self.stack.last().map(|frame| &frame.role) {
            None | Some(Role::Outside { .. }) => {
                if name.is(RDF, "RDF") {
                    self.rdf_count = self.rdf_count.saturating_add(1);
                    if self.layout.rdf.is_none() {
                        self.layout.rdf = Some((qname.to_owned(), Place::Before(usize::MAX)));
                    }
                    Role::Rdf
                } else {
                    let meta = &*name.namespace == META && self.layout.meta.is_none();
                    if meta {
                        self.layout.meta = Some((qname.to_owned(), Place::Before(usize::MAX)));
                    }
                    Role::Outside { meta }
                }
            }
            Some(Role::Rdf) => self.node(&name, qname, &attributes)?,
            Some(Role::Node { about }) => {
                let open = Open {
                    namespace: name.namespace.clone(),
                    prefix: name.prefix.to_owned(),
                    local: name.local.to_owned(),
                    about: about.clone(),
                    emitted: false,
                    fields: false,
                };
                self.property = Some(self.stack.len());
                text = Some(String::new());
                self.property_attributes(open, &attributes)?
            }
            Some(Role::Property(_) | Role::Inner { .. }) => {
                let level = self.property.map_or(usize::MAX, |at| self.stack.len().saturating_sub(at));
                let leaf = if level == 2 && name.is(RDF, "li") {
                    Some(Form::Item)
                } else if level <= 2 && name.is(RDF, "value") {
                    Some(Form::Qualified)
                } else {
                    None
                };
                text = leaf.map(|_| String::new());
                Role::Inner { leaf }
            }
        };
        let content = if empty { start } else { end };
        self.stack.push(Frame { role, declared, text, content, children: false });
        Ok(())
    }

    /// A child of `rdf:RDF`: the description of one resource, with properties as attributes.
    fn node(&mut self, name: &Name<'_>, qname: &str, attributes: &[Attribute<'_>]) -> Result<Role, Fault> {
        if !name.is(RDF, "Description") {
            self.odd(Anomaly::TypedNode(qname.chars().take(64).collect()));
        }
        let mut about: Arc<str> = Arc::from("");
        let mut named = Vec::with_capacity(attributes.len());
        for attribute in attributes.iter().filter(|a| !is_declaration(a.name)) {
            let name = self.resolve(attribute.name, true).map_err(|kind| (kind, attribute.range.start))?;
            let bare = name.namespace.is_empty();
            if name.local == "about" && (bare || &*name.namespace == RDF) {
                about = Arc::from(attribute.value.as_str());
            } else if bare {
                let shown = attribute.name.chars().take(64).collect();
                self.odd(Anomaly::UnqualifiedAttribute(shown));
            } else if !matches!(&*name.namespace, RDF | XML) {
                named.push((name, attribute));
            }
        }
        match &self.layout.about {
            None => self.layout.about = Some(about.to_string()),
            Some(first) if **first != *about => {
                if !self.view.anomalies.contains(&Anomaly::SeveralSubjects) {
                    self.view.anomalies.push(Anomaly::SeveralSubjects);
                }
            }
            Some(_) => {}
        }
        for (name, attribute) in named {
            self.emit(XmpProperty {
                namespace: name.namespace,
                local: name.local.to_owned(),
                prefix: name.prefix.to_owned(),
                value: attribute.value.clone(),
                form: Form::Attribute,
                range: attribute.range.clone(),
                about: about.clone(),
            })?;
        }
        Ok(Role::Node { about })
    }

    /// Attributes of a property element: a resource, a qualified value, or fields of a structure.
    fn property_attributes(&mut self, mut open: Open, attributes: &[Attribute<'_>]) -> Result<Role, Fault> {
        for attribute in attributes.iter().filter(|a| !is_declaration(a.name)) {
            let name = self.resolve(attribute.name, true).map_err(|kind| (kind, attribute.range.start))?;
            let form = match (&*name.namespace, name.local) {
                (RDF, "resource") => Form::Resource,
                (RDF, "value") => Form::Qualified,
                (RDF | XML, _) => continue,
                _ => {
                    open.fields = true;
                    continue;
                }
            };
            open.emitted = true;
            self.emit(open.property(attribute.value.clone(), form, attribute.range.clone()))?;
        }
        Ok(Role::Property(Box::new(open)))
    }

    /// Closes the innermost element, whose content ends at `end`. Empty elements give their slash.
    fn close(&mut self, end: usize, slash: Option<usize>) -> Result<(), Fault> {
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        for prefix in &frame.declared {
            if let Some(stack) = self.bindings.get_mut(prefix) {
                stack.pop();
            }
        }
        let place = slash.map_or(Place::Before(end), Place::Slash);
        let range = if slash.is_some() { end..end } else { frame.content..end };
        let unset = Place::Before(usize::MAX);
        match frame.role {
            Role::Rdf => {
                if let Some((_, at)) = self.layout.rdf.as_mut().filter(|(_, at)| *at == unset) {
                    *at = place;
                }
            }
            Role::Outside { meta } => {
                if let Some((_, at)) = self.layout.meta.as_mut().filter(|_| meta) {
                    *at = place;
                }
            }
            Role::Node { .. } => {}
            Role::Property(open) => {
                self.property = None;
                if open.emitted {
                    return Ok(());
                }
                let simple = !frame.children && !open.fields;
                let (value, form) = if simple {
                    (frame.text.unwrap_or_default(), Form::Element)
                } else {
                    (String::new(), Form::Structure)
                };
                self.emit(open.property(value, form, range))?;
            }
            Role::Inner { leaf } => {
                let Some(form) = leaf.filter(|_| !frame.children) else { return Ok(()) };
                let value = frame.text.unwrap_or_default();
                let owner = self.property.and_then(|at| self.stack.get_mut(at));
                let Some(Role::Property(open)) = owner.map(|f| &mut f.role) else { return Ok(()) };
                open.emitted = true;
                let property = open.property(value, form, range);
                self.emit(property)?;
            }
        }
        Ok(())
    }

    fn emit(&mut self, property: XmpProperty) -> Result<(), Fault> {
        let count = self.view.properties.len().saturating_add(1);
        limit("segments", count, self.limits.segments, property.range.start)?;
        self.view.properties.push(property);
        Ok(())
    }

    fn declare(&mut self, attributes: &[Attribute<'_>]) -> Vec<String> {
        let mut declared = Vec::new();
        for attribute in attributes.iter().filter(|a| is_declaration(a.name)) {
            let prefix = attribute.name.strip_prefix("xmlns:").unwrap_or_default();
            let uri: Arc<str> = Arc::from(attribute.value.as_str());
            self.layout.prefixes.insert((prefix.to_owned(), uri.clone()));
            self.bindings.entry(prefix.to_owned()).or_default().push(uri);
            declared.push(prefix.to_owned());
        }
        declared
    }

    fn resolve<'n>(&self, qname: &'n str, attribute: bool) -> Result<Name<'n>, XmpErrorKind> {
        let (prefix, local) = qname.split_once(':').unwrap_or(("", qname));
        let none = || Arc::from("");
        if prefix.is_empty() && attribute {
            return Ok(Name { namespace: none(), prefix, local });
        }
        match self.bindings.get(prefix).and_then(|stack| stack.last()) {
            Some(uri) => Ok(Name { namespace: uri.clone(), prefix, local }),
            None if prefix.is_empty() => Ok(Name { namespace: none(), prefix, local }),
            None => Err(XmpErrorKind::Prefix(prefix.chars().take(64).collect())),
        }
    }

    fn finish(mut self, packet: &[u8]) -> (XmpView, Layout) {
        let unset = Place::Before(usize::MAX);
        self.layout.rdf.take_if(|(_, at)| *at == unset);
        self.layout.meta.take_if(|(_, at)| *at == unset);
        let anomalies = &mut self.view.anomalies;
        match self.decoded.encoding {
            super::Encoding::Utf8 if packet.starts_with(&[0xEF, 0xBB, 0xBF]) => {
                anomalies.push(Anomaly::ByteOrderMark);
            }
            super::Encoding::Utf8 => {}
            wide => anomalies.push(Anomaly::Wide(wide)),
        }
        if !self.wrapper {
            anomalies.push(Anomaly::NoWrapper);
        }
        if self.decoded.nuls > 0 {
            anomalies.push(Anomaly::TrailingNuls(self.decoded.nuls));
        }
        if self.rdf_count > 1 {
            anomalies.push(Anomaly::SeveralRdf);
        }
        if let Some((_, Place::Before(at))) = self.layout.rdf {
            self.view.rdf_end = Some(self.decoded.stored(at));
        }
        for property in &mut self.view.properties {
            let Range { start, end } = property.range;
            property.range = self.decoded.stored(start)..self.decoded.stored(end);
        }
        (self.view, self.layout)
    }
}

impl Open {
    fn property(&self, value: String, form: Form, range: Range<usize>) -> XmpProperty {
        XmpProperty {
            namespace: self.namespace.clone(),
            local: self.local.clone(),
            prefix: self.prefix.clone(),
            value,
            form,
            range,
            about: self.about.clone(),
        }
    }
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn limit(name: &'static str, value: usize, max: usize, at: usize) -> Result<(), Fault> {
    if value > max { Err((XmpErrorKind::Limit { name, value, max }, at)) } else { Ok(()) }
}

fn is_declaration(name: &str) -> bool {
    name == "xmlns" || name.starts_with("xmlns:")
}

fn fault(error: &XmlError, at: usize) -> Fault {
    let short = |name: &str| name.chars().take(64).collect::<String>();
    let kind = match error {
        XmlError::IllFormed(IllFormedError::MismatchedEndTag { found, .. }) => XmpErrorKind::EndTag(short(found)),
        XmlError::IllFormed(IllFormedError::UnmatchedEndTag(name) | IllFormedError::MissingEndTag(name)) => {
            XmpErrorKind::EndTag(short(name))
        }
        XmlError::IllFormed(IllFormedError::UnclosedReference) => XmpErrorKind::Entity("&".to_owned()),
        XmlError::IllFormed(IllFormedError::MissingDoctypeName) => XmpErrorKind::Doctype,
        _ => XmpErrorKind::Syntax,
    };
    (kind, at)
}

/// Splits the inside of a tag into attributes; `first` is where it begins in the text.
fn attributes<'t>(raw: &'t str, first: usize, limits: &Limits) -> Result<Vec<Attribute<'t>>, Fault> {
    let mut found = Vec::new();
    let mut names = HashSet::new();
    let mut rest = raw.trim_ascii_start();
    while !rest.is_empty() {
        let here = |rest: &str| first.saturating_add(raw.len().saturating_sub(rest.len()));
        let at = here(rest);
        let length = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
        let (name, tail) = rest.split_at(length);
        let bad = || (XmpErrorKind::Attribute(name.chars().take(64).collect()), at);
        let tail = tail.trim_ascii_start().strip_prefix('=').ok_or_else(bad)?.trim_ascii_start();
        let quote = tail.chars().next().filter(|c| matches!(c, '"' | '\'')).ok_or_else(bad)?;
        let tail = tail.get(1..).unwrap_or_default();
        let (value, after) = tail.split_once(quote).ok_or_else(bad)?;
        if name.is_empty() || name.contains(['"', '\'', '<', '&', '/']) || !names.insert(name) {
            return Err(bad());
        }
        limit("xml_attributes", names.len(), limits.xml_attributes, at)?;
        let start = here(tail);
        let decoded =
            attribute_value(value).map_err(|(at, name)| (XmpErrorKind::Entity(name), start.saturating_add(at)))?;
        let range = start..start.saturating_add(value.len());
        found.push(Attribute { name, value: decoded, range });
        rest = after.trim_ascii_start();
    }
    Ok(found)
}
