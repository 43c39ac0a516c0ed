//! OpenDocument (ISO/IEC 26300): user-defined metadata in `meta.xml`.

use crate::error::{Error, Result};
use crate::message::container::office as rows;

use super::edit::Change;
use super::ooxml::DC_NS;
use super::package::{Found, Package, Part, Places, Value, refused};
use super::xml::{Element, Scope, TextEdit, Visitor};

/// Files with fixed names (26300-3 3.2; 26300-1 3.1.3).
pub(super) const META: &str = "meta.xml";
const MANIFEST: &str = "META-INF/manifest.xml";

pub(super) const OFFICE_NS: &str = "urn:oasis:names:tc:opendocument:xmlns:office:1.0";
const META_NS: &str = "urn:oasis:names:tc:opendocument:xmlns:meta:1.0";
const MANIFEST_NS: &str = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";

/// Names of the parts that a label changes.
pub(super) fn parts() -> Places {
    (vec![META.to_owned()], None)
}

/// The metadata.
#[derive(Default)]
struct Metadata<'t> {
    values: Vec<Value>,
    /// For an edit: the name that is looked for.
    key: &'t str,
    found: Vec<Element<'t>>,
    meta: Option<(Element<'t>, Option<String>)>,
    root: Option<(Element<'t>, Option<String>)>,
}

impl<'t> Visitor<'t> for Metadata<'t> {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        let named = match &*element.namespace {
            DC_NS => matches!(element.local(), "title" | "subject" | "description"),
            META_NS => matches!(element.local(), "user-defined" | "keyword"),
            _ => false,
        };
        open.len() == 2 && named
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], scope: &Scope) {
        let (text, at) = (element.text.take(), element.inner.clone());
        match (open.len(), text) {
            (2, Some(text)) if element.local() == "user-defined" => {
                let name = element.value_in(META_NS, "name").unwrap_or_default().to_owned();
                let here = !self.key.is_empty() && name == self.key;
                self.values.push(Value { place: "user-defined", key: name, text, at });
                if here {
                    self.found.push(element);
                }
            }
            (2, Some(text)) if !text.is_empty() => {
                self.values.push(Value { place: "meta", key: element.local().to_owned(), text, at });
            }
            (1, _) if element.is(OFFICE_NS, "meta") && self.meta.is_none() => {
                self.meta = Some((element, scope.prefix(META_NS)));
            }
            (0, _) if element.is(OFFICE_NS, "document-meta") => {
                self.root = Some((element, scope.prefix(META_NS)));
            }
            _ => {}
        }
    }
}

/// Every value that is a text.
pub(super) fn values(package: &mut Package<'_, '_>) -> Result<Found> {
    let mut found = Found::default();
    if package.find(META).is_some() {
        found.take(package, META, &|part, limits| {
            let mut metadata = Metadata::default();
            let end = part.scan(limits, &mut metadata);
            (metadata.values, end)
        })?;
    }
    Ok(found)
}

/// Whether any part is encrypted (26300-3 4.9).
#[derive(Default)]
struct Encrypted {
    part: Option<String>,
}

impl<'t> Visitor<'t> for Encrypted {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if element.is(MANIFEST_NS, "encryption-data") {
            let path = open.last().and_then(|entry| entry.value_in(MANIFEST_NS, "full-path"));
            self.part.get_or_insert_with(|| path.unwrap_or_default().chars().take(256).collect());
        }
    }
}

/// Refuses documents that are signed or encrypted.
pub(super) fn is_open(package: &mut Package<'_, '_>) -> Result<()> {
    let signed = |name: &str| name.starts_with("meta-inf/") && name.contains("signatures") && name.ends_with(".xml");
    package.unsigned(&signed)?;
    if package.find(MANIFEST).is_some() {
        let mut encrypted = Encrypted::default();
        package.editable(MANIFEST)?.study(package.limits, &mut encrypted)?;
        if let Some(part) = encrypted.part {
            return Err(Error::Refused(rows::OFFICE_ENCRYPTED.with("part", part)));
        }
    }
    Ok(())
}

/// The changes that give the document a user-defined value.
pub(super) fn put(package: &mut Package<'_, '_>, key: &str, value: &str) -> Result<Vec<Change>> {
    is_open(package)?;
    let part = package.editable(META)?;
    let mut metadata = Metadata { key, ..Metadata::default() };
    part.study(package.limits, &mut metadata)?;
    Ok(vec![part.edited(vec![edit(&part, metadata, value)?])])
}

fn edit(part: &Part, metadata: Metadata<'_>, value: &str) -> Result<TextEdit> {
    let value = part.escape(value, false)?;
    let key = part.escape(metadata.key, true)?;
    let element = |prefix: Option<&String>| {
        let declaration = if prefix.is_none() { format!(" xmlns:meta=\"{META_NS}\"") } else { String::new() };
        let p = prefix.map_or("meta", String::as_str);
        format!(
            "<{p}:user-defined{declaration} {p}:name=\"{key}\" {p}:value-type=\"string\">{value}</{p}:user-defined>"
        )
    };
    let (root, outer) =
        metadata.root.ok_or_else(|| refused(&part.name, rows::XML_ELEMENT.with("name", "office:document-meta")))?;
    match (metadata.found.as_slice(), &metadata.meta) {
        ([one], Some((_, prefix))) => Ok((one.range.clone(), element(prefix.as_ref()))),
        ([], Some((meta, prefix))) => Ok(meta.append(&element(prefix.as_ref()))),
        ([], None) => {
            let meta = root.sibling("meta");
            Ok(root.append(&format!("<{meta}>{}</{meta}>", element(outer.as_ref()))))
        }
        _ => Err(refused(&part.name, rows::XML_TWICE.with("name", metadata.key))),
    }
}
