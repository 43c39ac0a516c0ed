//! Changes of a package in the making.

use std::collections::HashSet;

use crate::error::{Problem, Result};
use crate::limits::Limits;
use crate::message::container::office as rows;
use crate::source::check_limit;

use super::super::edit::Change;
use super::super::ooxml::{RELATIONSHIPS_NS, TYPES, TYPES_NS};
use super::super::package::{Package, Part, refused};
use super::super::xml::{self, Element, Place, Scope, TextEdit, Visitor};
use super::super::zip::DEFLATED;
use super::relations::Relations;

/// Text that one notice may cost, in units of [`Limits::metadata_bytes`].
const BUDGET: u64 = 8;

/// Changed and added parts, and what the lists of the package have to say of them.
#[derive(Default)]
pub(super) struct Draft {
    changes: Vec<Change>,
    lists: Vec<Relations>,
    /// Added parts with their content types.
    added: Vec<(String, &'static str)>,
    pub(super) notes: Vec<Problem>,
    spent: u64,
}

/// The root of a list.
#[derive(Default)]
struct Root {
    names: HashSet<String>,
    root: Option<(String, Place, String)>,
}

impl<'t> Visitor<'t> for Root {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if open.is_empty() {
            let child = match &*element.namespace {
                TYPES_NS => element.sibling("Override"),
                RELATIONSHIPS_NS => element.sibling("Relationship"),
                _ => return,
            };
            self.root = Some((element.qname.to_owned(), element.place, child));
        } else if let Some(name) = element.value("PartName") {
            self.names.insert(name.to_ascii_lowercase());
        }
    }
}

/// The edit that adds entries to a list.
fn extend(part: &Part, limits: &Limits, entry: &dyn Fn(&Root, &str) -> String) -> Result<Vec<TextEdit>> {
    let mut root = Root::default();
    part.study(limits, &mut root)?;
    let missing = || refused(&part.name, rows::XML_ELEMENT.with("name", "Relationships"));
    let (qname, place, child) = root.root.clone().ok_or_else(missing)?;
    let text = entry(&root, &child);
    Ok(if text.is_empty() { Vec::new() } else { vec![xml::append(place, &qname, &text)] })
}

impl Draft {
    /// Changes a part. No part is changed twice.
    pub(super) fn edit(&mut self, part: &Part, limits: &Limits, edits: Vec<TextEdit>) -> Result<()> {
        self.spent = self.spent.saturating_add(part.text.len() as u64);
        check_limit("metadata_bytes", self.spent, limits.metadata_bytes.saturating_mul(BUDGET))?;
        if !edits.is_empty() {
            self.changes.push(part.edited(edits));
        }
        Ok(())
    }

    /// A name with a number that no part has.
    pub(super) fn free(&self, package: &Package<'_, '_>, head: &str, tail: &str) -> String {
        let taken = |name: &String| package.find(name).is_some() || self.added.iter().any(|(other, _)| other == name);
        let most = package.archive.entries.len().saturating_add(self.added.len()).saturating_add(1);
        let mut names = (1..=most).map(|n| format!("{head}{n}{tail}"));
        names.find(|name| !taken(name)).unwrap_or_default()
    }

    /// Adds a part.
    pub(super) fn add(&mut self, name: String, kind: &'static str, text: &str) {
        self.added.push((name.clone(), kind));
        self.changes.push(Change::Add { name, method: DEFLATED, bytes: text.as_bytes().to_vec() });
    }

    /// Keeps the relationships that were added to a list.
    pub(super) fn relate(&mut self, relations: Relations) {
        if !relations.added.is_empty() {
            self.lists.push(relations);
        }
    }

    /// All changes.
    pub(super) fn finish(mut self, package: &mut Package<'_, '_>) -> Result<(Vec<Change>, Vec<Problem>)> {
        for list in std::mem::take(&mut self.lists) {
            let entries = |name: &str| -> String {
                let one = |relation: &super::relations::Relation| {
                    let (id, kind, path) = (&relation.id, &relation.kind, &relation.path);
                    format!("<{name} Id=\"{id}\" Type=\"{kind}\" Target=\"/{path}\"/>")
                };
                list.added.iter().map(one).collect()
            };
            if package.find(&list.name).is_some() {
                let part = package.editable(&list.name)?;
                let edits = extend(&part, package.limits, &|_, child| entries(child))?;
                self.edit(&part, package.limits, edits)?;
            } else {
                let text = format!(
                    "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
                     <Relationships xmlns=\"{RELATIONSHIPS_NS}\">{}</Relationships>",
                    entries("Relationship")
                );
                self.changes.push(Change::Add { name: list.name, method: DEFLATED, bytes: text.into_bytes() });
            }
        }
        if !self.added.is_empty() {
            let part = package.editable(TYPES)?;
            let added = std::mem::take(&mut self.added);
            let edits = extend(&part, package.limits, &|root, child| {
                let fresh = added.iter().filter(|(name, _)| !root.names.contains(&format!("/{name}")));
                fresh.map(|(name, kind)| format!("<{child} PartName=\"/{name}\" ContentType=\"{kind}\"/>")).collect()
            })?;
            self.edit(&part, package.limits, edits)?;
        }
        Ok((self.changes, self.notes))
    }
}
