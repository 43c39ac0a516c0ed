//! The manifest store: a `uuid` box of the file (C2PA 2.4, A.5.1).

use std::ops::Range;

use crate::container::bmff::boxes::{BoxAt, SizeForm};
use crate::container::bmff::items::{File, Plan};
use crate::container::bmff::tree::{C2PA, make};
use crate::container::{Edit, Patch, Slot};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::bmff as rows;
use crate::message::general;
use crate::source::Source;

/// Purposes of boxes that hold a store.
const STORES: [&[u8]; 3] = [b"manifest", b"original", b"update"];
/// The purpose of boxes that hold hashes of parts of the file.
const MERKLE: &[u8] = b"merkle";
/// Version and flags, the longest purpose with its NUL, the position of the first box of hashes.
const HEAD: usize = 4 + 9 + 8;

fn is_c2pa(found: &BoxAt) -> bool {
    found.uuid == Some(C2PA)
}

/// The purpose that a box states, and what stands behind it.
fn purpose(source: &mut Source<'_>, found: &BoxAt) -> Result<Option<(Vec<u8>, u64)>> {
    let mut head = [0u8; HEAD];
    let n = source.read_at(found.payload.start, &mut head)?;
    let n = n.min(usize::try_from(found.payload.end - found.payload.start).unwrap_or(n));
    let text = head.get(4..n).unwrap_or_default();
    let name = text.iter().position(|b| *b == 0).and_then(|end| text.get(..end));
    Ok(name.map(|name| (name.to_vec(), found.payload.start.saturating_add(5).saturating_add(name.len() as u64))))
}

/// The boxes of `top` that are places of a store, by their start, with the bytes of the store.
///
/// A box of hashes is none, unless no box holds a store: a store whose box was given another
/// purpose must not vanish.
pub(crate) fn places(source: &mut Source<'_>, top: &[BoxAt]) -> Result<Vec<(u64, Range<u64>)>> {
    let mut stores = Vec::new();
    let mut others = Vec::new();
    for found in top.iter().filter(|found| is_c2pa(found)) {
        let start = found.range.start;
        match purpose(source, found)? {
            Some((name, behind)) if STORES.contains(&name.as_slice()) => {
                let at = behind.saturating_add(8).min(found.payload.end);
                stores.push((start, at..found.payload.end));
            }
            Some((name, _)) if name == MERKLE => others.push((start, found.payload.clone())),
            _ => stores.push((start, found.payload.clone())),
        }
    }
    Ok(if stores.is_empty() { others } else { stores })
}

/// The slot of a box, and its payload.
pub(crate) fn slot(places: &[(u64, Range<u64>)], found: &BoxAt) -> Option<(Slot, Range<u64>)> {
    let (_, range) = places.iter().find(|(start, _)| *start == found.range.start)?;
    Some((Slot::Manifest, range.clone()))
}

/// Where the one `ftyp` box ends that the file begins with.
fn file_type(top: &[BoxAt]) -> Result<u64> {
    let mut found = top.iter().filter(|b| &b.kind == b"ftyp");
    match (top.first(), found.next(), found.next()) {
        (Some(first), Some(only), None) if first == only && only.size != SizeForm::ToEnd => Ok(only.range.end),
        _ => Err(Error::Refused(rows::NO_FILE_TYPE.problem())),
    }
}

/// The edits that make `store` the manifest store of the file: behind `ftyp`, or in the place of
/// the one that is there.
pub(crate) fn put(source: &mut Source<'_>, store: &[u8], limits: &Limits) -> Result<Patch> {
    let file = File::read(source, limits)?;
    if let Some(finding) = file.findings.first() {
        let at = finding.site.as_ref().map_or(0, |site| site.offset);
        return Err(Error::Malformed(general::MALFORMED.with("part", "meta").at(at)));
    }
    let mut new = make(b"uuid", &[&C2PA, &[0; 4], b"manifest\0", &[0; 8], store])?;
    // What the hash of boxes leaves out.
    file_type(&file.top)?;
    if let Some(index) = file.top.iter().find(|b| &b.kind == b"mfra") {
        return Err(Error::Refused(rows::INDEX_UNBOUND.problem().at(index.range.start)));
    }
    let mut present = file.top.iter().filter(|found| is_c2pa(found));
    let (at, removed) = match (present.next(), present.next()) {
        (None, _) => (file_type(&file.top)?, 0),
        (Some(old), None) if purpose(source, old)?.is_some_and(|(name, _)| name == b"manifest") => {
            (old.range.start, old.range.end - old.range.start)
        }
        (Some(old), _) => return Err(Error::Refused(rows::SEVERAL_STORES.problem().at(old.range.start))),
    };
    // Bytes behind it move on or not at all: what a shorter store leaves becomes free space.
    let left = removed.saturating_sub(new.len() as u64);
    if left > 0 {
        new.extend(make(b"free", &[&vec![0; usize::try_from(left.saturating_sub(8)).unwrap_or(0)]])?);
    }
    let by = (new.len() as u64).saturating_sub(removed);
    let end = at.saturating_add(removed);
    let mut plan = Plan::default();
    plan.grow(end, by, &[]);
    plan.correct(&file, source, end, None, limits)?;
    plan.edits.push(Edit { at, remove: removed, insert: new });
    plan.finish(source.len())
}
