//! Relationships of parts (ISO/IEC 29500-2 6.5).

use crate::error::{Error, Result};
use crate::message::container::office as rows;

use super::super::ooxml::RELATIONSHIPS_NS;
use super::super::package::{Package, refused};
use super::super::xml::{Element, Scope, Visitor};

/// Most relationships of a part that are read.
const MOST: usize = 65_536;

/// A relationship to another part of the package.
#[derive(Debug, Clone)]
pub(super) struct Relation {
    pub(super) id: String,
    pub(super) kind: String,
    /// The name of the part.
    pub(super) path: String,
}

impl Relation {
    /// Whether its type ends so; the two conformance classes begin differently.
    pub(super) fn is(&self, end: &str) -> bool {
        self.kind.strip_suffix(end).is_some_and(|head| head.ends_with('/'))
    }
}

/// The relationships of one part, and those that are to be added.
#[derive(Debug)]
pub(super) struct Relations {
    /// The name of the list.
    pub(super) name: String,
    pub(super) list: Vec<Relation>,
    ids: Vec<String>,
    pub(super) added: Vec<Relation>,
}

/// A path that stands in the part `base`, without fragment, as the name of a part.
pub(super) fn resolve(base: &str, target: &str) -> Option<String> {
    let target = target.split(['#', '?']).next().unwrap_or_default();
    let folder = base.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut out: Vec<&str> = Vec::new();
    let (from, rest) = match target.strip_prefix('/') {
        Some(rest) => ("", rest),
        None => (folder, target),
    };
    for segment in from.split('/').chain(rest.split('/')) {
        match segment {
            "" | "." => {}
            ".." => {
                out.pop()?;
            }
            name => out.push(name),
        }
    }
    (!out.is_empty() && !target.contains(':')).then(|| out.join("/"))
}

/// The list of relationships that belongs to a part, or to the package for an empty name.
fn list_of(part: &str) -> String {
    match part.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/_rels/{name}.rels"),
        None => format!("_rels/{part}.rels"),
    }
}

struct List<'b> {
    base: &'b str,
    list: Vec<Relation>,
    ids: Vec<String>,
}

impl<'t> Visitor<'t> for List<'_> {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if open.len() != 1 || !element.is(RELATIONSHIPS_NS, "Relationship") || self.ids.len() >= MOST {
            return;
        }
        let value = |name| element.value(name).unwrap_or_default().to_owned();
        let (id, kind) = (value("Id"), value("Type"));
        self.ids.push(id.clone());
        if element.value("TargetMode") != Some("External")
            && let Some(path) = resolve(self.base, &value("Target"))
        {
            self.list.push(Relation { id, kind, path });
        }
    }
}

impl Relations {
    /// Those of a part; none if there is no list or it can't be read.
    pub(super) fn read(package: &mut Package<'_, '_>, part: &str) -> Result<Self> {
        let name = list_of(part);
        let mut list = List { base: part, list: Vec::new(), ids: Vec::new() };
        if let Ok(found) = package.part(&name)? {
            let _ = found.scan(package.limits, &mut list);
        }
        Ok(Self { name, list: list.list, ids: list.ids, added: Vec::new() })
    }

    /// The part that a relationship with this identifier leads to.
    pub(super) fn by_id(&self, id: &str) -> Option<&Relation> {
        self.list.iter().find(|relation| relation.id == id)
    }

    /// The first of this type.
    pub(super) fn first(&self, end: &str) -> Option<&Relation> {
        self.list.iter().find(|relation| relation.is(end))
    }

    /// Adds one, and gives its identifier.
    pub(super) fn add(&mut self, kind: String, path: &str) -> String {
        // One more number than there are that could be taken.
        let names = (1..=self.ids.len().saturating_add(1)).map(|n| format!("rId{n}"));
        let id = { names }.find(|id| !self.ids.contains(id)).unwrap_or_default();
        self.ids.push(id.clone());
        self.added.push(Relation { id: id.clone(), kind, path: path.to_owned() });
        id
    }
}

/// Name of the main part, for a package that is not signed.
pub(super) fn main_part(package: &mut Package<'_, '_>) -> Result<Option<String>> {
    let roots = Relations::read(package, "")?;
    Ok(roots.first("officeDocument").map(|relation| relation.path.clone()))
}

/// As [`main_part`] for an edit: signed packages are refused.
pub(super) fn editable_main(package: &mut Package<'_, '_>) -> Result<String> {
    package.unsigned(&|name| name.starts_with("_xmlsignatures/"))?;
    let roots = Relations::read(package, "")?;
    if roots.list.iter().any(|relation| relation.kind.contains("/digital-signature/")) {
        return Err(Error::Refused(rows::OFFICE_SIGNED.with("part", roots.name)));
    }
    let missing = || refused(&roots.name, rows::XML_ELEMENT.with("name", "officeDocument"));
    roots.first("officeDocument").map(|relation| relation.path.clone()).ok_or_else(missing)
}

/// The namespace of relationships as attributes use it, in the conformance class of `namespace`.
pub(super) fn office(namespace: &str) -> &'static str {
    if namespace.starts_with("http://purl.oclc.org/") {
        "http://purl.oclc.org/ooxml/officeDocument/relationships"
    } else {
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    }
}

/// The identifier of a relationship that an element names.
pub(super) fn id_of<'e>(element: &'e Element<'_>) -> Option<&'e str> {
    ["", "http://purl.oclc.org/"].iter().find_map(|class| element.value_in(office(class), "id"))
}
