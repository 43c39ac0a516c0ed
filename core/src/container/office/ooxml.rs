//! Office Open XML (ISO/IEC 29500, ECMA-376): custom properties behind package relationships.

use std::collections::{BTreeSet, HashSet};

use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::office as rows;

use super::STORE;
use super::edit::Change;
use super::package::{Found, Package, Part, Places, Value, refused};
use super::xml::{self, Element, Scope, TextEdit, Visitor};
use super::zip::DEFLATED;

/// Parts with fixed names (29500-2 7.2.3, 6.5.2.2).
/// The type of a manifest store (C2PA 2.4, 11.4).
const STORE_TYPE: &str = "application/c2pa";
pub(super) const TYPES: &str = "[Content_Types].xml";
pub(super) const RELATIONSHIPS: &str = "_rels/.rels";
/// Where custom properties stand when nothing says otherwise.
pub(super) const CUSTOM: &str = "docProps/custom.xml";

pub(super) const TYPES_NS: &str = "http://schemas.openxmlformats.org/package/2006/content-types";
pub(super) const RELATIONSHIPS_NS: &str = "http://schemas.openxmlformats.org/package/2006/relationships";
const CORE_NS: &str = "http://schemas.openxmlformats.org/package/2006/metadata/core-properties";
pub(super) const DC_NS: &str = "http://purl.org/dc/elements/1.1/";

const CUSTOM_TYPE: &str = "application/vnd.openxmlformats-officedocument.custom-properties+xml";
/// Format of properties that the user names (29500-1 22.3.2.2).
const FMTID: &str = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}";

/// Names of one of the two conformance classes (29500-1 Annex A, 29500-4).
struct Class {
    custom_relationship: &'static str,
    custom: &'static str,
    variants: &'static str,
}

const TRANSITIONAL: Class = Class {
    custom_relationship: "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties",
    custom: "http://schemas.openxmlformats.org/officeDocument/2006/custom-properties",
    variants: "http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes",
};

const STRICT: Class = Class {
    custom_relationship: "http://purl.oclc.org/ooxml/officeDocument/relationships/custom-properties",
    custom: "http://purl.oclc.org/ooxml/officeDocument/customProperties",
    variants: "http://purl.oclc.org/ooxml/officeDocument/docPropsVTypes",
};

/// Content types of main parts, without what they end in.
const MAIN: &[(&str, Format)] = &[
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Format::Docx),
    ("application/vnd.openxmlformats-officedocument.wordprocessingml.template", Format::Docx),
    ("application/vnd.ms-word.document.macroenabled", Format::Docx),
    ("application/vnd.ms-word.template.macroenabledtemplate", Format::Docx),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", Format::Xlsx),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.template", Format::Xlsx),
    ("application/vnd.ms-excel.sheet.macroenabled", Format::Xlsx),
    ("application/vnd.ms-excel.template.macroenabled", Format::Xlsx),
    ("application/vnd.ms-excel.addin.macroenabled", Format::Xlsx),
    ("application/vnd.openxmlformats-officedocument.presentationml.presentation", Format::Pptx),
    ("application/vnd.openxmlformats-officedocument.presentationml.slideshow", Format::Pptx),
    ("application/vnd.openxmlformats-officedocument.presentationml.template", Format::Pptx),
    ("application/vnd.ms-powerpoint.presentation.macroenabled", Format::Pptx),
    ("application/vnd.ms-powerpoint.slideshow.macroenabled", Format::Pptx),
    ("application/vnd.ms-powerpoint.template.macroenabled", Format::Pptx),
    ("application/vnd.ms-powerpoint.addin.macroenabled", Format::Pptx),
];

/// The list of content types.
#[derive(Default)]
struct Types {
    format: Option<Format>,
    overridden: HashSet<String>,
    /// The edit that adds the part with custom properties.
    end: Option<TextEdit>,
    /// The edit that adds the manifest store.
    store: Option<TextEdit>,
}

impl<'t> Visitor<'t> for Types {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if &*element.namespace != TYPES_NS {
            return;
        }
        match (open.len(), element.local()) {
            (0, "Types") => {
                let name = element.sibling("Override");
                let entry = format!("<{name} PartName=\"/{CUSTOM}\" ContentType=\"{CUSTOM_TYPE}\"/>");
                self.end = Some(element.append(&entry));
                let entry = format!("<{name} PartName=\"/{STORE}\" ContentType=\"{STORE_TYPE}\"/>");
                self.store = Some(element.append(&entry));
            }
            (1, "Override" | "Default") => {
                let kind = element.value("ContentType").unwrap_or_default().to_ascii_lowercase();
                if let Some(kind) = kind.strip_suffix(".main+xml") {
                    let main = MAIN.iter().find(|(name, _)| *name == kind).map(|(_, format)| *format);
                    self.format = self.format.or(main);
                }
                if let Some(part) = element.value("PartName") {
                    self.overridden.insert(part.to_ascii_lowercase());
                }
            }
            _ => {}
        }
    }
}

/// The format that a list of content types tells, even where it breaks off.
pub(super) fn format(text: &str, limits: &Limits) -> Option<Format> {
    let mut types = Types::default();
    let _ = xml::scan(text, limits, &mut types);
    types.format
}

/// The relationships of the package.
#[derive(Default)]
struct Roots {
    /// Names of the parts with custom properties.
    custom: Vec<String>,
    core: Option<String>,
    signed: bool,
    strict: bool,
    ids: HashSet<String>,
    /// Place and name of the list, and the name of an entry.
    root: Option<(xml::Place, String, String)>,
}

impl<'t> Visitor<'t> for Roots {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if &*element.namespace != RELATIONSHIPS_NS {
            return;
        }
        match (open.len(), element.local()) {
            (0, "Relationships") => {
                let names = (element.qname.to_owned(), element.sibling("Relationship"));
                self.root = Some((element.place, names.0, names.1));
            }
            (1, "Relationship") => {
                let kind = element.value("Type").unwrap_or_default();
                let target = element.value("Target").unwrap_or_default();
                let target = target.trim_start_matches("./").trim_start_matches('/');
                if kind == TRANSITIONAL.custom_relationship || kind == STRICT.custom_relationship {
                    // The package may have one; more than a few need not be told apart.
                    let known = self.custom.iter().any(|name| name.eq_ignore_ascii_case(target));
                    if !known && self.custom.len() < 16 {
                        self.custom.push(target.to_owned());
                    }
                } else if kind.ends_with("/metadata/core-properties") {
                    self.core.get_or_insert_with(|| target.to_owned());
                }
                self.signed |= kind.contains("/digital-signature/");
                self.strict |= kind.starts_with("http://purl.oclc.org/ooxml/");
                self.ids.insert(element.value("Id").unwrap_or_default().to_owned());
            }
            _ => {}
        }
    }
}

impl Roots {
    /// The parts with custom properties: those that relationships name, else the one with the usual name.
    fn parts(&self, package: &Package<'_, '_>) -> Vec<String> {
        let usual = || package.find(CUSTOM).map(|_| CUSTOM.to_owned()).into_iter().collect();
        if self.custom.is_empty() { usual() } else { self.custom.clone() }
    }
}

/// What the relationships say, and why they could not be read to the end.
fn roots(package: &mut Package<'_, '_>) -> Result<(Roots, Option<Problem>)> {
    let mut roots = Roots::default();
    let end = match package.part(RELATIONSHIPS)? {
        Ok(part) => part.scan(package.limits, &mut roots).err(),
        Err(why) => Some(why),
    };
    Ok((roots, end))
}

/// Names of the parts that a label changes, and why there is no place for one.
pub(super) fn parts(package: &mut Package<'_, '_>) -> Result<Places> {
    let (roots, end) = roots(package)?;
    let mut out = vec![TYPES.to_owned(), RELATIONSHIPS.to_owned()];
    // A part that is not there yet will be one of those.
    out.extend(roots.parts(package).into_iter().take(1));
    let missing = [TYPES, RELATIONSHIPS].into_iter().find(|name| package.find(name).is_none());
    let missing = missing.map(|name| (name.to_owned(), rows::PART_MISSING.problem()));
    Ok((out, missing.or_else(|| end.map(|why| (RELATIONSHIPS.to_owned(), why)))))
}

/// Custom properties.
#[derive(Default)]
struct Properties<'t> {
    values: Vec<Value>,
    /// Value of the open property.
    inner: Option<(String, std::ops::Range<usize>)>,
    /// For an edit: the name that is looked for.
    key: &'t str,
    found: Vec<Element<'t>>,
    ids: BTreeSet<u32>,
    root: Option<(Element<'t>, Option<String>, Option<String>)>,
}

fn is_custom(namespace: &str) -> bool {
    namespace == TRANSITIONAL.custom || namespace == STRICT.custom
}

impl<'t> Visitor<'t> for Properties<'t> {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        match open {
            [_] => is_custom(&element.namespace) && element.local() == "property",
            [_, property] => property.text.is_some(),
            _ => false,
        }
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], scope: &Scope) {
        let text = element.text.take();
        match (open, text) {
            ([_, _], Some(text)) => {
                // A second child is none that the schema knows.
                self.inner.get_or_insert_with(|| (text, element.inner.clone()));
            }
            ([_], Some(own)) => {
                let name = element.value("name").unwrap_or_default();
                let inner = self.inner.take();
                // Text beside an empty value: programs that take the property's whole text find it.
                let beside = inner.as_ref().is_some_and(|(text, _)| text.trim().is_empty()) && !own.trim().is_empty();
                let place = if beside { "property" } else { "custom" };
                let (text, at) = inner.filter(|_| !beside).unwrap_or((own, element.inner.clone()));
                self.ids.extend(element.value("pid").and_then(|id| id.trim().parse::<u32>().ok()));
                self.values.push(Value { place, key: name.to_owned(), text, at });
                if !self.key.is_empty() && name.eq_ignore_ascii_case(self.key) {
                    self.found.push(element);
                }
            }
            ([], _) if is_custom(&element.namespace) && element.local() == "Properties" => {
                let prefixes = [TRANSITIONAL.variants, STRICT.variants].map(|ns| scope.prefix(ns));
                let [transitional, strict] = prefixes;
                self.root = Some((element, transitional, strict));
            }
            _ => {}
        }
    }
}

/// Core properties that people fill in (29500-2 8.3.4).
#[derive(Default)]
struct Core {
    values: Vec<Value>,
}

impl<'t> Visitor<'t> for Core {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        let named = match &*element.namespace {
            DC_NS => matches!(element.local(), "title" | "subject" | "description"),
            CORE_NS => matches!(element.local(), "keywords" | "category"),
            _ => false,
        };
        open.len() == 1 && named
    }

    fn visit(&mut self, element: Element<'t>, _: &[Element<'t>], _: &Scope) {
        let (key, at) = (element.local().to_owned(), element.inner.clone());
        if let Some(text) = element.text.filter(|text| !text.is_empty()) {
            self.values.push(Value { place: "core", key, text, at });
        }
    }
}

/// Every value that is a text.
pub(super) fn values(package: &mut Package<'_, '_>) -> Result<Found> {
    let mut found = Found::default();
    let (roots, end) = roots(package)?;
    if let Some(why) = end {
        found.fault(package, RELATIONSHIPS, why);
    }
    for name in roots.parts(package) {
        found.take(package, &name, &|part, limits| {
            let mut properties = Properties::default();
            let end = part.scan(limits, &mut properties);
            (properties.values, end)
        })?;
    }
    if let Some(name) = roots.core.filter(|name| package.find(name).is_some()) {
        found.take(package, &name, &|part, limits| {
            let mut core = Core::default();
            let end = part.scan(limits, &mut core);
            (core.values, end)
        })?;
    }
    Ok(found)
}

/// The changes that give the document a custom property.
pub(super) fn put(package: &mut Package<'_, '_>, key: &str, value: &str) -> Result<Vec<Change>> {
    package.unsigned(&|name| name.starts_with("_xmlsignatures/"))?;
    let relationships = package.editable(RELATIONSHIPS)?;
    let mut roots = Roots::default();
    relationships.study(package.limits, &mut roots)?;
    if roots.signed {
        return Err(Error::Refused(rows::OFFICE_SIGNED.with("part", RELATIONSHIPS)));
    }
    let class = if roots.strict { STRICT } else { TRANSITIONAL };
    let mut changes = Vec::new();
    let named = roots.parts(package);
    let part = match named.as_slice() {
        [] => {
            let bytes = fresh(&class, key, value)?.into_bytes();
            changes.push(Change::Add { name: CUSTOM.to_owned(), method: DEFLATED, bytes });
            CUSTOM.to_owned()
        }
        [name] => {
            let part = package.editable(name)?;
            changes.push(with_property(&part, key, value, package.limits)?);
            name.clone()
        }
        [..] => return Err(refused(RELATIONSHIPS, rows::XML_TWICE.with("name", "custom-properties"))),
    };
    if roots.custom.is_empty() {
        let missing = || refused(RELATIONSHIPS, rows::XML_ELEMENT.with("name", "Relationships"));
        let (place, list, element) = roots.root.as_ref().ok_or_else(missing)?;
        // One more number than there are that could be taken.
        let id = (1..=roots.ids.len().saturating_add(1)).map(|n| format!("rId{n}"));
        let id = { id }.find(|id| !roots.ids.contains(id)).ok_or_else(missing)?;
        let kind = class.custom_relationship;
        let entry = format!("<{element} Id=\"{id}\" Type=\"{kind}\" Target=\"{CUSTOM}\"/>");
        changes.push(relationships.edited(vec![xml::append(*place, list, &entry)]));
    }
    let types = package.editable(TYPES)?;
    let mut list = Types::default();
    types.study(package.limits, &mut list)?;
    if part == CUSTOM && !list.overridden.contains(&format!("/{}", CUSTOM.to_ascii_lowercase())) {
        let missing = || refused(TYPES, rows::XML_ELEMENT.with("name", "Types"));
        changes.push(types.edited(vec![list.end.ok_or_else(missing)?]));
    }
    Ok(changes)
}

/// The change that names the type of the manifest store; programs take a part without a type for
/// damage (ISO/IEC 29500-2, 7.2.3).
pub(super) fn typed(package: &mut Package<'_, '_>) -> Result<Vec<Change>> {
    let types = package.editable(TYPES)?;
    let mut list = Types::default();
    types.study(package.limits, &mut list)?;
    if list.overridden.contains(&format!("/{}", STORE.to_ascii_lowercase())) {
        return Ok(Vec::new());
    }
    let missing = || refused(TYPES, rows::XML_ELEMENT.with("name", "Types"));
    Ok(vec![types.edited(vec![list.store.ok_or_else(missing)?])])
}

fn property(name: &str, id: u32, key: &str, inner: &str) -> String {
    format!("<{name} fmtid=\"{FMTID}\" pid=\"{id}\" name=\"{key}\">{inner}</{name}>")
}

/// A part with one property.
fn fresh(class: &Class, key: &str, value: &str) -> Result<String> {
    let bad = || Error::Refused(rows::OFFICE_VALUE.with("part", CUSTOM));
    let key = xml::escape(key, true, false).ok_or_else(bad)?;
    let value = xml::escape(value, false, false).ok_or_else(bad)?;
    let (custom, variants) = (class.custom, class.variants);
    let property = property("property", 2, &key, &format!("<vt:lpwstr>{value}</vt:lpwstr>"));
    Ok(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
         <Properties xmlns=\"{custom}\" xmlns:vt=\"{variants}\">{property}</Properties>"
    ))
}

/// The part with a property more, or with another value of the one that has this name.
fn with_property(part: &Part, key: &str, value: &str, limits: &Limits) -> Result<Change> {
    let mut properties = Properties { key, ..Properties::default() };
    part.study(limits, &mut properties)?;
    let missing = || refused(&part.name, rows::XML_ELEMENT.with("name", "Properties"));
    let (root, transitional, strict) = properties.root.ok_or_else(missing)?;
    let value = part.escape(value, false)?;
    let own = if &*root.namespace == STRICT.custom { (STRICT, strict) } else { (TRANSITIONAL, transitional) };
    let text = match own {
        (_, Some(prefix)) => format!("<{prefix}:lpwstr>{value}</{prefix}:lpwstr>"),
        (class, None) => format!("<vt:lpwstr xmlns:vt=\"{}\">{value}</vt:lpwstr>", class.variants),
    };
    let edit = match properties.found.as_slice() {
        [] => {
            let next = properties.ids.last().map_or(2, |last| last.saturating_add(1)).max(2);
            // Identifiers are positive 32-bit numbers with sign: take a free one when they run out.
            let id =
                if next <= i32::MAX as u32 { next } else { (2..).find(|id| !properties.ids.contains(id)).unwrap_or(2) };
            let key = part.escape(key, true)?;
            root.append(&property(&root.sibling("property"), id, &key, &text))
        }
        [one] => one.fill(&text),
        [..] => return Err(refused(&part.name, rows::XML_TWICE.with("name", key))),
    };
    Ok(part.edited(vec![edit]))
}
