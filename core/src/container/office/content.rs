//! The content of a package: its entries as they are stored, without those that are about the
//! document; of the parts that a label changes, what is not the label's.

use std::collections::BTreeSet;

use super::package::Package;
use super::xml::{Element, Scope, Visitor};
use super::zip::Archive;
use super::{STORE, epub, folds, odf, ooxml};
use crate::container::content::Sink;
use crate::error::Result;
use crate::format::Format;
use crate::limits::Limits;
use crate::source::Source;

/// Types of relationships to parts that are about the document, by their ends (29500-2, 29500-1).
const ABOUT: [&str; 6] = [
    "/metadata/core-properties",
    "/metadata/thumbnail",
    "/extended-properties",
    "/extendedProperties",
    "/custom-properties",
    "/customProperties",
];

pub(super) fn write(format: Format, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let mut archive = Archive::read(source, limits)?;
    let records = archive.records(source)?;
    let mut package = Package::new(archive, source, limits, folds(format));
    let mut aside = BTreeSet::new();
    match format {
        Format::Epub => book(&mut package, sink, &mut aside)?,
        Format::Odt | Format::Ods | Format::Odp => aside.extend(package.find(odf::META)),
        _ => document(&mut package, sink, &mut aside)?,
    }
    for record in records {
        let Some(entry) = package.archive.entries.get(record.entry) else { continue };
        if let Some(path) = entry.path() {
            sink.item("path", path)?;
        } else if entry.name() == STORE || (entry.folder() && entry.unpacked == 0) || aside.contains(&record.entry) {
            continue;
        }
        sink.item("name", entry.raw_name())?;
        let head = [entry.method.to_be_bytes(), entry.flags.to_be_bytes()].concat();
        sink.joined(package.source, "entry", &head, std::slice::from_ref(&record.data))?;
    }
    Ok(())
}

/// Relationships or content types, attribute by attribute.
struct List<'l> {
    attributes: &'l [&'l str],
    entries: Vec<Vec<String>>,
}

impl<'t> Visitor<'t> for List<'_> {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if open.len() == 1 {
            let value = |name: &&str| element.value(name).unwrap_or_default().to_owned();
            let mut entry = vec![element.local().to_owned()];
            entry.extend(self.attributes.iter().map(value));
            self.entries.push(entry);
        }
    }
}

/// The entries of a list; nothing if it can't be read, and then its bytes are hashed as they are.
fn list(package: &mut Package<'_, '_>, name: &str, attributes: &[&str]) -> Result<Option<(usize, Vec<Vec<String>>)>> {
    let Ok(part) = package.part(name)? else { return Ok(None) };
    let mut list = List { attributes, entries: Vec::new() };
    let read = part.scan(package.limits, &mut list);
    Ok(read.is_ok().then_some((part.index, list.entries)))
}

fn put(sink: &mut Sink, tag: &str, entry: &[String]) -> Result<()> {
    sink.item(tag, entry.join("\n").as_bytes())
}

/// Office Open XML: relationships and content types without those of the parts about the document.
fn document(package: &mut Package<'_, '_>, sink: &mut Sink, aside: &mut BTreeSet<usize>) -> Result<()> {
    let (custom, _) = ooxml::parts(package)?;
    let path = |name: &str| name.trim_start_matches("./").trim_start_matches('/').to_ascii_lowercase();
    let mut about: BTreeSet<String> = custom.iter().skip(2).map(|name| path(name)).collect();
    about.extend([path(ooxml::CUSTOM), path(STORE)]);
    if let Some((index, entries)) = list(package, ooxml::RELATIONSHIPS, &["Type", "Target", "TargetMode"])? {
        aside.insert(index);
        for entry in &entries {
            let [_, kind, target, ..] = entry.as_slice() else { continue };
            if ABOUT.iter().any(|end| kind.ends_with(end)) {
                about.insert(path(target));
            } else {
                put(sink, "relationship", entry)?;
            }
        }
    }
    if let Some((index, entries)) = list(package, ooxml::TYPES, &["PartName", "Extension", "ContentType"])? {
        aside.insert(index);
        for entry in &entries {
            let named = entry.get(1).is_some_and(|name| about.contains(&path(name)));
            if !named {
                put(sink, "type", entry)?;
            }
        }
    }
    let entries = package.archive.entries.iter().enumerate();
    aside.extend(entries.filter(|(_, entry)| about.contains(&path(&entry.name()))).map(|(index, _)| index));
    Ok(())
}

/// EPUB: the package document without its metadata and the prefixes for it, properties of how the
/// book is laid out excepted.
fn book(package: &mut Package<'_, '_>, sink: &mut Sink, aside: &mut BTreeSet<usize>) -> Result<()> {
    let (paths, _) = epub::parts(package)?;
    let Some(path) = paths.first() else { return Ok(()) };
    let Ok(part) = package.part(path)? else { return Ok(()) };
    let mut outline = Outline::default();
    let read = part.scan(package.limits, &mut outline);
    let (Ok(()), Some(root)) = (read, outline.root) else { return Ok(()) };
    aside.insert(part.index);
    sink.item("package", root.join("\n").as_bytes())?;
    for property in outline.layout {
        sink.item("layout", property.as_bytes())?;
    }
    // Readers that look for the list of parts by its name find it anywhere.
    for range in outline.others {
        sink.item("other", part.text.get(range).unwrap_or_default().as_bytes())?;
    }
    let mut at = outline.inner.start;
    let mut rest = String::new();
    for cut in outline.metadata {
        rest.push_str(part.text.get(at..cut.start).unwrap_or_default());
        at = at.max(cut.end);
    }
    rest.push_str(part.text.get(at..outline.inner.end).unwrap_or_default());
    sink.item("parts", rest.as_bytes())
}

/// What a package document says.
#[derive(Default)]
struct Outline {
    /// Name and attributes of the root, prefixes excepted.
    root: Option<Vec<String>>,
    inner: std::ops::Range<usize>,
    metadata: Vec<std::ops::Range<usize>>,
    /// Properties of the vocabulary for rendering (EPUB 3.3 8.2), and those of OPF 2 for it.
    layout: Vec<String>,
    /// What stands in the metadata and is none.
    others: Vec<std::ops::Range<usize>>,
}

/// Elements of the metadata (EPUB 3.3 5.5, OPF 2.0.1 2.2): those of Dublin Core and two more.
const ABOUT_BOOK: [&str; 17] = [
    "contributor",
    "coverage",
    "creator",
    "date",
    "description",
    "format",
    "identifier",
    "language",
    "link",
    "meta",
    "publisher",
    "relation",
    "rights",
    "source",
    "subject",
    "title",
    "type",
];

/// Whether an element in the metadata is not about the book: it is none of those, or stands in one.
fn is_other(element: &Element<'_>, open: &[Element<'_>]) -> bool {
    let about = |element: &Element<'_>| ABOUT_BOOK.contains(&element.local());
    let inside = open.get(1).is_some_and(|outer| outer.local() == "metadata");
    inside && open.get(2).map_or_else(|| !about(element), about)
}

fn is_layout(name: &str) -> bool {
    name.trim().starts_with("rendition:") || matches!(name.trim(), "fixed-layout" | "original-resolution")
}

impl<'t> Visitor<'t> for Outline {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        open.len() == 2 && element.value("property").is_some_and(is_layout)
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        match open.len() {
            0 => {
                let attributes = element.attributes.iter().filter(|a| a.name != "prefix");
                let mut root = vec![element.qname.to_owned()];
                root.extend(attributes.map(|a| format!("{}={}", a.name, serde_json::Value::from(a.value.as_str()))));
                self.root = Some(root);
                self.inner = element.inner;
            }
            1 if element.local() == "metadata" => self.metadata.push(element.range),
            2 | 3 if is_other(&element, open) => self.others.push(element.range),
            2 => {
                let name = element.value("property").or_else(|| element.value("name")).unwrap_or_default();
                if open.get(1).is_some_and(|outer| outer.local() == "metadata") && is_layout(name) {
                    let value = element.text.as_deref().or_else(|| element.value("content")).unwrap_or_default();
                    self.layout.push(format!("{name}={value}"));
                }
            }
            _ => {}
        }
    }
}
