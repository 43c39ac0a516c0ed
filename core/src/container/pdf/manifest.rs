//! The C2PA manifest store as an embedded file (C2PA 2.2 A.4).

use std::collections::BTreeSet;
use std::ops::Range;

use crate::error::Result;

use super::doc::{Doc, Object};
use super::lex::{self, Kind, Reference, Value};

/// Most files of the catalog that are looked at.
const FILES: usize = 1024;
/// Name of the embedded file.
pub(super) const FILE_NAME: &[u8] = b"(content_credential.c2pa)";

/// The store of the newest revision.
pub(super) struct Store {
    /// The stream object from its head on.
    pub(super) range: Range<u64>,
    /// Its data.
    pub(super) data: Range<u64>,
}

/// Whether a file specification is that of a manifest store.
fn is_store(doc: &mut Doc<'_, '_>, spec: &Object) -> Result<bool> {
    let relation = doc.get(spec, b"AFRelationship", 0)?;
    Ok(relation.and_then(|r| r.name()).is_some_and(|name| name == b"C2PA_Manifest"))
}

/// The elements of an array, with the array.
fn elements(doc: &mut Doc<'_, '_>, object: &Object, key: &[u8], max: usize) -> Result<Option<(Object, Vec<Value>)>> {
    let Some(array) = doc.get(object, key, 0)? else { return Ok(None) };
    Ok(lex::array(&array.bytes, &array.value, doc.limits.pdf_depth, max).map(|values| (array, values)))
}

/// The store of the file, if it has one.
pub(super) fn find(doc: &mut Doc<'_, '_>) -> Result<Option<Store>> {
    let Some(catalog) = doc.catalog()? else { return Ok(None) };
    if let Some((array, values)) = elements(doc, &catalog, b"AF", FILES)? {
        for value in &values {
            if let Some(store) = store(doc, &array, value)? {
                return Ok(Some(store));
            }
        }
    }
    let Some(names) = doc.get(&catalog, b"Names", 0)? else { return Ok(None) };
    let Some(root) = doc.get(&names, b"EmbeddedFiles", 0)? else { return Ok(None) };
    let (mut nodes, mut seen, mut files) = (vec![root], BTreeSet::new(), 0usize);
    while let Some(node) = nodes.pop() {
        if let Some((array, kids)) = elements(doc, &node, b"Kids", FILES)? {
            for kid in kids {
                if lex::reference(&kid).is_none_or(|r| seen.len() < FILES && seen.insert(r.number))
                    && nodes.len() < FILES
                    && let Some(kid) = doc.resolve(&array, &kid, 0)?
                {
                    nodes.push(kid);
                }
            }
        }
        let Some((array, pairs)) = elements(doc, &node, b"Names", 2 * FILES)? else { continue };
        for value in pairs.iter().skip(1).step_by(2) {
            files += 1;
            if files > FILES {
                return Ok(None);
            }
            if let Some(store) = store(doc, &array, value)? {
                return Ok(Some(store));
            }
        }
    }
    Ok(None)
}

fn store(doc: &mut Doc<'_, '_>, array: &Object, value: &Value) -> Result<Option<Store>> {
    let Some(spec) = doc.resolve(array, value, 0)? else { return Ok(None) };
    if !is_store(doc, &spec)? {
        return Ok(None);
    }
    let Some(files) = doc.get(&spec, b"EF", 0)? else { return Ok(None) };
    let file = match doc.get(&files, b"F", 0)? {
        Some(file) => Some(file),
        None => doc.get(&files, b"UF", 0)?,
    };
    let Some(file) = file else { return Ok(None) };
    let (Some(data), Some(start)) = (doc.stream(&file)?, file.at) else { return Ok(None) };
    Ok(Some(Store { range: start..data.end, data }))
}

/// What `/AF` of the catalog becomes: other files as they are, `spec` instead of a store that is
/// there, with the numbers of what was replaced; nothing if it can't be read.
pub(super) fn associated(
    doc: &mut Doc<'_, '_>,
    catalog: &Object,
    spec: Reference,
) -> Result<Option<(Vec<u8>, BTreeSet<u32>)>> {
    let mut out = b"[".to_vec();
    let mut replaced = BTreeSet::new();
    let present = catalog.dict(doc.limits.pdf_depth).is_some_and(|dict| dict.get(b"AF").is_some());
    if let Some((array, values)) = elements(doc, catalog, b"AF", FILES)? {
        for value in &values {
            let old = match doc.resolve(&array, value, 0)? {
                Some(file) => is_store(doc, &file)?,
                None => false,
            };
            if old {
                replaced.extend(lex::reference(value).map(|r| r.number));
            } else {
                out.extend_from_slice(array.part(value).text());
                out.push(b' ');
            }
        }
    } else if present {
        return Ok(None);
    }
    out.extend_from_slice(format!("{spec}]").as_bytes());
    Ok(Some((out, replaced)))
}

/// The names of a new tree of embedded files that has `spec` too, without those that were
/// replaced; nothing if the present tree has branches or can't be read.
pub(super) fn names(
    doc: &mut Doc<'_, '_>,
    names: Option<&Object>,
    spec: Reference,
    replaced: &BTreeSet<u32>,
) -> Result<Option<Vec<u8>>> {
    let ours = lex::string(Kind::Literal, FILE_NAME).unwrap_or_default();
    let mut list = Vec::new();
    let root = match names {
        Some(names) => doc.get(names, b"EmbeddedFiles", 0)?,
        None => None,
    };
    if let Some(root) = root {
        let Some((array, values)) = elements(doc, &root, b"Names", 2 * FILES)? else { return Ok(None) };
        for pair in values.chunks(2) {
            let [key, value] = pair else { return Ok(None) };
            if lex::reference(value).is_some_and(|r| replaced.contains(&r.number)) {
                continue;
            }
            let (key, value) = (array.part(key), array.part(value));
            let Some(name) = key.string() else { return Ok(None) };
            list.push((name, [key.text(), b" ", value.text()].concat()));
        }
    }
    let text = [FILE_NAME, b" ", spec.to_string().as_bytes()].concat();
    let at = list.iter().position(|(name, _)| *name > ours).unwrap_or(list.len());
    list.insert(at, (ours, text));
    let mut out = b"<< /Names [".to_vec();
    for (_, pair) in list {
        out.push(b'\n');
        out.extend_from_slice(&pair);
    }
    out.extend_from_slice(b"\n] >>");
    Ok(Some(out))
}
