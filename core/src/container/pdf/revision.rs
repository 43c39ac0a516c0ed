//! Which revisions carry the content, and which add metadata alone.

use crate::error::Result;

use super::doc::{Doc, Object, start_before};
use super::lex::{Dict, Reference};
use super::xref::Place;

/// Most objects of a revision that adds metadata alone.
const OBJECTS: u64 = 64;

/// Where the content ends: behind the number of the `startxref` of the newest revision that is
/// more than an addition of metadata.
pub(super) fn content_end(doc: &mut Doc<'_, '_>) -> Result<u64> {
    let mut end = doc.end;
    if doc.broken.is_some() {
        return Ok(doc.source.len());
    }
    for view in 0..doc.sections.len().saturating_sub(1) {
        let Some(start) = addition(doc, view)? else { break };
        let Some(before) = doc.sections.get(view + 1).map(|s| s.stated) else { break };
        match start_before(doc.source, start)? {
            Some((stated, behind)) if stated == before => end = behind,
            _ => break,
        }
    }
    Ok(end)
}

/// Where the revision of section `view` begins, if all that it does is to change the information
/// dictionary, the metadata of the catalog, files attached to the catalog, and to add objects.
fn addition(doc: &mut Doc<'_, '_>, view: usize) -> Result<Option<u64>> {
    let older = view + 1;
    let (Some(root), Some(section)) = (doc.root_reference(view), doc.sections.get(view)) else { return Ok(None) };
    let (stated, numbers) = (section.stated, section.index.numbers(OBJECTS));
    let is_own = section.hidden.is_none()
        && section.trailer.dict(doc.limits.pdf_depth).is_some_and(|d| d.get(b"Root").is_some());
    let (Some(numbers), true, true) = (numbers, is_own, doc.root_reference(older) == Some(root)) else {
        return Ok(None);
    };
    let Some(old) = doc.catalog_of(older)? else { return Ok(None) };
    let depth = doc.limits.pdf_depth;
    let Some(trailer) = doc.trailer(older) else { return Ok(None) };
    let (stated_size, info) = match trailer.dict(depth) {
        Some(dict) => (dict.number(b"Size").unwrap_or(u64::MAX), dict.reference(b"Info")),
        None => return Ok(None),
    };
    let size = doc.first_free(older).max(stated_size);
    let metadata = old.dict(depth).and_then(|dict| dict.reference(b"Metadata"));
    let is = |reference: Option<Reference>, number: u32| reference.is_some_and(|r| r.number == number);
    let mut start = doc.position(stated);
    for number in numbers {
        let place = doc.sections.get(view).map(|s| s.index.find(number, doc.source)).transpose()?.flatten();
        match place {
            Some(Place::At(at)) => start = start.min(doc.position(at)),
            Some(Place::Free) if number == 0 => continue,
            Some(Place::Free | Place::Within(..)) | None => return Ok(None),
        }
        if number == root.number {
            let Some(new) = doc.catalog_of(view)? else { return Ok(None) };
            if !same_catalog(doc, &old, &new, view)? {
                return Ok(None);
            }
        } else if !is(info, number) && !is(metadata, number) && u64::from(number) < size {
            return Ok(None);
        }
    }
    Ok(Some(start))
}

/// Whether two dictionaries hold the same, these keys left out.
fn same(a: &Dict<'_>, b: &Dict<'_>, but: &[&[u8]]) -> bool {
    let list = |dict: &Dict<'_>| -> Vec<(Vec<u8>, Vec<u8>)> {
        let kept = dict.entries.iter().filter(|e| !but.contains(&e.key.as_slice()));
        kept.map(|e| (e.key.clone(), dict.text(&e.value).to_vec())).collect()
    };
    list(a) == list(b)
}

fn same_catalog(doc: &mut Doc<'_, '_>, old: &Object, new: &Object, view: usize) -> Result<bool> {
    let depth = doc.limits.pdf_depth;
    let (Some(a), Some(b)) = (old.dict(depth), new.dict(depth)) else { return Ok(false) };
    if !same(&a, &b, &[b"Metadata", b"AF", b"Names"]) {
        return Ok(false);
    }
    let text = |dict: &Dict<'_>| dict.get(b"Names").map(|value| dict.text(value).to_vec());
    if text(&a) == text(&b) {
        return Ok(true);
    }
    let (before, after) = (doc.get(old, b"Names", view + 1)?, doc.get(new, b"Names", view)?);
    let Some(after) = after.as_ref().and_then(|names| names.dict(depth)) else { return Ok(false) };
    Ok(match before.as_ref().and_then(|names| names.dict(depth)) {
        Some(before) => same(&before, &after, &[b"EmbeddedFiles"]),
        None => after.entries.iter().all(|e| e.key == b"EmbeddedFiles"),
    })
}
