//! A value under a named key: `moov/udta/meta` with handler `mdta`, `keys` and `ilst`.

use crate::container::bmff::boxes::{self, BoxAt, SizeForm};
use crate::container::bmff::read::{Keys, Meta};
use crate::container::bmff::tree::{Changes, Tree, make, movie, run};
use crate::container::bmff::{FILE, offsets};
use crate::container::{Edit, Patch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::bmff as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

/// The namespace of keys and the handler of the metadata that has them.
const MDTA: &[u8; 4] = b"mdta";

/// The edits that put `value` under `key`.
pub(super) fn put(len: u64, source: &mut Source<'_>, key: &str, value: &[u8], limits: &Limits) -> Result<Patch> {
    check_limit("metadata_bytes", value.len() as u64, limits.metadata_bytes)?;
    let top = run(source, FILE, &(0..len), limits)?.boxes;
    let moov = movie(&top)?;
    let tree = Tree::read(source, moov, limits)?.sound()?;
    if let Some((_, cmov)) = tree.child(0, b"cmov") {
        return Err(Error::Refused(rows::COMPRESSED.problem().at(cmov.at.range.start)));
    }
    // Right at the end there may be a chunk without samples.
    let beyond = len.saturating_add(1)..u64::MAX;
    if offsets::touched(source, &top, &tree, std::slice::from_ref(&beyond), limits)?.contains(&true) {
        return Err(Error::Malformed(rows::SAMPLES_BEHIND.problem()));
    }
    let mut changes = Changes::new(&tree);
    label(source, &tree, &mut changes, key, value, limits)?;
    let mut edits = settle(source, &top, &tree, &mut changes, limits)?;
    edits.extend(changes.finish(&tree)?);
    // What is inserted before a box stands before what changes in it.
    edits.sort_by_key(|edit| (edit.at, edit.remove));
    let mut patch = Patch::new(len);
    edits.into_iter().try_for_each(|edit| patch.push(edit))?;
    Ok(patch)
}

/// Makes room: by free space next to the movie's end, or by moving what follows.
fn settle(
    source: &mut Source<'_>,
    top: &[BoxAt],
    tree: &Tree,
    changes: &mut Changes,
    limits: &Limits,
) -> Result<Vec<Edit>> {
    let end = tree.nodes.first().map_or(0, |root| root.at.range.end);
    let spare = |b: &BoxAt| matches!(&b.kind, b"free" | b"skip") && b.size == SizeForm::Short;
    if top.iter().all(|b| b.range.start < end || spare(b)) {
        let behind: Vec<_> = top.iter().filter(|b| b.range.start >= end).map(|b| b.range.clone()).collect();
        if !offsets::touched(source, top, tree, &behind, limits)?.contains(&true) {
            return Ok(Vec::new());
        }
    }
    let lost = changes.total().min(0).unsigned_abs();
    if lost > 0 {
        // What a shorter value leaves becomes free space: bytes behind it move on or not at all.
        let room = usize::try_from(lost).unwrap_or(0).saturating_sub(8);
        append(tree, changes, 0, make(b"free", &[&vec![0; room]])?)?;
    }
    let by = changes.total().unsigned_abs();
    let next = top.iter().find(|b| b.range.start == end).filter(|b| spare(b));
    let within = tree.children(0).map(|(_, node)| &node.at).filter(|b| spare(b));
    let free: Vec<&BoxAt> = next.into_iter().chain(within).collect();
    let ranges: Vec<_> = free.iter().map(|b| b.range.clone()).collect();
    // Samples can lie in free space too.
    let taken = offsets::touched(source, top, tree, &ranges, limits)?;
    let mut free = free.into_iter().zip(taken).filter(|(_, taken)| !taken).map(|(b, _)| b);
    let outside = |edit: &Edit| next.is_some_and(|b| b.range.start == edit.at);
    let edit = free.find_map(|b| shrunk(b, by));
    if let Some(edit) = edit.clone().filter(outside) {
        return Ok(vec![edit]);
    }
    if let Some(edit) = edit {
        changes.push(tree, 0, edit);
        return Ok(Vec::new());
    }
    if by == 0 { Ok(Vec::new()) } else { offsets::grown(source, top, tree, changes, by, limits) }
}

/// Takes `by` bytes out of free space, if that leaves a whole box or none.
fn shrunk(free: &BoxAt, by: u64) -> Option<Edit> {
    let len = free.range.end - free.range.start;
    let left = len.checked_sub(by).filter(|left| by > 0 && (*left == 0 || *left >= 8))?;
    let size = u32::try_from(left).ok()?.to_be_bytes();
    let head = if left == 0 { Vec::new() } else { [size, free.kind].concat() };
    Some(Edit { at: free.range.start, remove: by.saturating_add(head.len() as u64), insert: head })
}

/// Where the content of a box of the tree ends, terminators aside.
fn inside(tree: &Tree, number: usize) -> u64 {
    tree.nodes.get(number).map_or(0, |node| node.end)
}

/// An entry of `keys`.
fn entry(key: &str) -> Result<Vec<u8>> {
    make(MDTA, &[key.as_bytes()])
}

/// An item of `ilst` with UTF-8 text in no particular language.
fn item(index: u32, value: &[u8]) -> Result<Vec<u8>> {
    make(&index.to_be_bytes(), &[&make(b"data", &[&1u32.to_be_bytes(), &[0; 4], value])?])
}

/// A whole `meta` box; in QuickTime's form it has no version and flags.
fn meta(full: bool, key: &str, value: &[u8]) -> Result<Vec<u8>> {
    let version: &[u8] = if full { &[0; 4] } else { &[] };
    let handler = make(b"hdlr", &[&[0; 8], MDTA, &[0; 13]])?;
    let keys = make(b"keys", &[&[0; 4], &1u32.to_be_bytes(), &entry(key)?])?;
    make(b"meta", &[version, &handler, &keys, &make(b"ilst", &[&item(1, value)?])?])
}

/// Puts the value into `moov`.
fn label(
    source: &mut Source<'_>,
    tree: &Tree,
    changes: &mut Changes,
    key: &str,
    value: &[u8],
    limits: &Limits,
) -> Result<()> {
    let mut present = Vec::new();
    for (number, node) in tree.nodes.iter().enumerate() {
        if &node.at.kind == b"meta" && tree.is_of_movie(node) {
            let found = Meta::of(source, tree.children(number))?;
            if found.handler == Some(*MDTA) {
                present.push((node.at.range.start, number));
            }
        }
    }
    // Readers that know one list of keys know the first: a second one would rename its values.
    present.sort_unstable();
    if let Some((_, number)) = present.first() {
        return extend(source, tree, changes, *number, key, value, limits);
    }
    let Some((udta, _)) = tree.child(0, b"udta") else {
        return append(tree, changes, 0, make(b"udta", &[&meta(true, key, value)?])?);
    };
    if tree.child(udta, b"meta").is_none() {
        return append(tree, changes, udta, meta(true, key, value)?);
    }
    // iTunes has this place. Behind user data, in the form that QuickTime has there, every reader
    // finds both.
    append(tree, changes, 0, meta(false, key, value)?)
}

/// Adds a box at the end of another.
fn append(tree: &Tree, changes: &mut Changes, owner: usize, insert: Vec<u8>) -> Result<()> {
    let last = tree.children(owner).last().map(|(_, node)| &node.at);
    if let Some(open) = last.filter(|last| last.size == SizeForm::ToEnd) {
        let problem = general::MALFORMED.with("part", open.name());
        return Err(Error::Malformed(problem.at(open.range.start)));
    }
    changes.push(tree, owner, Edit { at: inside(tree, owner), remove: 0, insert });
    Ok(())
}

/// Puts the value into metadata that has keys already.
fn extend(
    source: &mut Source<'_>,
    tree: &Tree,
    changes: &mut Changes,
    meta: usize,
    key: &str,
    value: &[u8],
    limits: &Limits,
) -> Result<()> {
    let (keys, list) = (tree.child(meta, b"keys"), tree.child(meta, b"ilst"));
    let broken = |at: &BoxAt| Error::Malformed(general::MALFORMED.with("part", at.name()).at(at.range.start));
    let index = match keys {
        Some((owner, node)) => {
            let names = Keys::read(source, &node.at, limits)?;
            if !names.sound {
                return Err(broken(&node.at));
            }
            let same = |(namespace, name): &([u8; 4], Vec<u8>)| namespace == MDTA && name == key.as_bytes();
            let number = |at: usize| u32::try_from(at.saturating_add(1)).map_err(|_| broken(&node.at));
            match names.names.iter().position(same) {
                Some(at) => number(at)?,
                None => {
                    let index = number(names.names.len())?;
                    let at = node.at.payload.start.saturating_add(4);
                    changes.push(tree, owner, Edit { at, remove: 4, insert: index.to_be_bytes().to_vec() });
                    changes.push(tree, owner, Edit { at: names.end, remove: 0, insert: entry(key)? });
                    index
                }
            }
        }
        // Without names the items have no meaning; new names would give them one.
        None => match list {
            Some((_, node)) if node.at.payload.start < node.at.payload.end => return Err(broken(&node.at)),
            _ => {
                let insert = make(b"keys", &[&[0; 4], &1u32.to_be_bytes(), &entry(key)?])?;
                let at = list.map_or_else(|| inside(tree, meta), |(_, node)| node.at.range.start);
                changes.push(tree, meta, Edit { at, remove: 0, insert });
                1
            }
        },
    };
    let item = item(index, value)?;
    let Some((owner, node)) = list else {
        return append(tree, changes, meta, make(b"ilst", &[&item])?);
    };
    let items = run(source, "ilst", &node.at.payload, limits)?;
    if items.damage.is_some() {
        return Err(broken(&node.at));
    }
    let edit = match items.boxes.iter().find(|b| b.kind == index.to_be_bytes()) {
        Some(old) => Edit { at: old.range.start, remove: old.range.end - old.range.start, insert: item },
        None => {
            if let Some(open) = items.boxes.last().filter(|b| b.size == boxes::SizeForm::ToEnd) {
                return Err(broken(open));
            }
            Edit { at: items.end, remove: 0, insert: item }
        }
    };
    changes.push(tree, owner, edit);
    Ok(())
}
