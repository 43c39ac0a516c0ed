//! The boxes of a file and, inside of `moov` and its like, those that matter for labels and for
//! the positions of samples.

use std::ops::Range;

use crate::container::Edit;
use crate::container::bmff::boxes::{self, BoxAt, SizeForm};
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::container::bmff as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

/// `uuid` of an XMP packet (XMP specification part 3, 1.1.6).
pub(crate) const XMP: [u8; 16] =
    [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC];
/// `uuid` of a manifest store (C2PA 2.2, A.5).
pub(super) const C2PA: [u8; 16] =
    [0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81];

/// What is wrong, in which part, where.
#[derive(Debug)]
pub(super) struct Damage {
    pub(super) problem: Problem,
    pub(super) part: String,
    pub(super) range: Range<u64>,
    /// How many bytes are missing if the file itself ends too early.
    pub(super) missing: Option<u64>,
}

/// A run of boxes.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) boxes: Vec<BoxAt>,
    /// Where the last of them ends.
    pub(super) end: u64,
    pub(super) damage: Option<Damage>,
}

/// The boxes that lie one after the other in `range`, which belongs to `parent`.
pub(super) fn run(source: &mut Source<'_>, parent: &str, range: &Range<u64>, limits: &Limits) -> Result<Run> {
    let mut out = Run { boxes: Vec::new(), end: range.start, damage: None };
    while out.end < range.end {
        check_limit("segments", out.boxes.len() as u64, limits.segments as u64)?;
        let (at, left) = (out.end, range.end - out.end);
        let head = source.array::<4>(at)?.filter(|_| left >= 4);
        // QuickTime ends some lists, that of user data above all, by a length of zero.
        if (parent == "udta" && head == Some([0; 4])) || (left < 8 && zeros(source, at..range.end)?) {
            break;
        }
        let (found, complaint) = boxes::read(source, at, range.end)?;
        if let Some(problem) = complaint {
            let part = found.as_ref().map_or_else(|| parent.to_owned(), BoxAt::name);
            let missing = match (&found, parent) {
                (Some(found), super::FILE) => Some(missing(source, found)?),
                _ => None,
            };
            out.damage = Some(Damage { problem, part, range: at..range.end, missing });
        }
        let Some(found) = found else { break };
        out.end = found.range.end;
        out.boxes.push(found);
    }
    Ok(out)
}

/// How many bytes a box states beyond the end of the file.
fn missing(source: &mut Source<'_>, cut: &BoxAt) -> Result<u64> {
    let stated = match cut.size {
        SizeForm::Long => source.array::<8>(cut.range.start.saturating_add(8))?.map(u64::from_be_bytes),
        _ => source.array::<4>(cut.range.start)?.map(|n| u64::from(u32::from_be_bytes(n))),
    };
    Ok(stated.unwrap_or(0).saturating_sub(cut.range.end - cut.range.start))
}

/// Whether a few bytes are all zero.
fn zeros(source: &mut Source<'_>, range: Range<u64>) -> Result<bool> {
    let mut bytes = [1u8; 8];
    let n = source.read_at(range.start, &mut bytes)?.min(usize::try_from(range.end - range.start).unwrap_or(8));
    Ok(bytes.get(..n).is_some_and(|bytes| bytes.iter().all(|b| *b == 0)))
}

/// One box of a tree.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) at: BoxAt,
    pub(super) parent: Option<usize>,
    /// Where its last child ends; what follows is a terminator.
    pub(super) end: u64,
    /// The numbers of its children.
    pub(super) children: Range<usize>,
}

/// A box and what it holds, level by level. The children of a box follow one another in file order.
#[derive(Debug)]
pub(super) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) damage: Option<Damage>,
}

/// Whether the grammar goes into `kind` when `parent` holds it: no deeper than five levels.
pub(super) const fn holds(parent: Option<&[u8; 4]>, kind: &[u8; 4]) -> bool {
    matches!(
        (parent, kind),
        (None, _)
            | (Some(b"moov"), b"trak" | b"udta" | b"meta")
            | (Some(b"trak"), b"mdia" | b"udta" | b"meta")
            | (Some(b"mdia"), b"minf")
            | (Some(b"minf"), b"stbl" | b"dinf")
            | (Some(b"udta"), b"meta")
            | (Some(b"moof"), b"traf")
    )
}

impl Tree {
    /// Reads the headers of what `root` holds.
    pub(super) fn read(source: &mut Source<'_>, root: &BoxAt, limits: &Limits) -> Result<Self> {
        let end = root.payload.end;
        let mut out = Self { nodes: vec![Node { at: root.clone(), parent: None, end, children: 0..0 }], damage: None };
        let mut next = 0usize;
        while let Some(node) = out.nodes.get(next) {
            let parent = node.parent.and_then(|p| out.nodes.get(p)).map(|p| &p.at.kind);
            if holds(parent, &node.at.kind) {
                let (name, mut range) = (node.at.name(), node.at.payload.clone());
                if &node.at.kind == b"meta" && is_full(source, &range)? {
                    range.start = range.start.saturating_add(4);
                }
                let run = run(source, &name, &range, limits)?;
                out.damage = out.damage.or(run.damage);
                let children = out.nodes.len()..out.nodes.len().saturating_add(run.boxes.len());
                check_limit("segments", children.end as u64, limits.segments as u64)?;
                if let Some(node) = out.nodes.get_mut(next) {
                    (node.end, node.children) = (run.end, children);
                }
                out.nodes.extend(run.boxes.into_iter().map(|at| Node {
                    end: at.payload.end,
                    at,
                    parent: Some(next),
                    children: 0..0,
                }));
            }
            next += 1;
        }
        Ok(out)
    }

    /// The type of the box that holds this one.
    pub(super) fn parent_kind(&self, node: &Node) -> Option<&[u8; 4]> {
        node.parent.and_then(|p| self.nodes.get(p)).map(|p| &p.at.kind)
    }

    /// The boxes that `parent` holds, with their numbers, in file order.
    pub(super) fn children(&self, parent: usize) -> impl Iterator<Item = (usize, &Node)> {
        let numbers = self.nodes.get(parent).map_or(0..0, |node| node.children.clone());
        numbers.filter_map(|number| self.nodes.get(number).map(|node| (number, node)))
    }

    /// The first box of this type that `parent` holds.
    pub(super) fn child(&self, parent: usize, kind: &[u8; 4]) -> Option<(usize, &Node)> {
        self.children(parent).find(|(_, node)| &node.at.kind == kind)
    }

    /// Whether a `meta` box describes the movie as a whole: in `moov` or its user data.
    pub(super) fn is_of_movie(&self, meta: &Node) -> bool {
        let holder = meta.parent.and_then(|p| self.nodes.get(p));
        holder.is_some_and(|p| match &p.at.kind {
            b"moov" => true,
            b"udta" => p.parent == Some(0),
            _ => false,
        })
    }

    /// The tree, if every box in it is sound.
    pub(super) fn sound(self) -> Result<Self> {
        match self.damage {
            Some(damage) => Err(Error::Malformed(
                general::DAMAGED.problem().because("reason", damage.problem).at(damage.range.start),
            )),
            None => Ok(self),
        }
    }
}

/// Whether a `meta` box has version and flags; in QuickTime it has none.
pub(super) fn is_full(source: &mut Source<'_>, payload: &Range<u64>) -> Result<bool> {
    let head = source.array::<4>(payload.start)?.filter(|_| payload.end.saturating_sub(payload.start) >= 4);
    Ok(head == Some([0; 4]))
}

/// Edits inside of a tree, and how many bytes each of its boxes gains by them.
#[derive(Debug)]
pub(super) struct Changes {
    edits: Vec<Edit>,
    gained: Vec<i64>,
}

impl Changes {
    pub(super) fn new(tree: &Tree) -> Self {
        Self { edits: Vec::new(), gained: vec![0; tree.nodes.len()] }
    }

    /// Adds an edit of the content of box `owner`.
    pub(super) fn push(&mut self, tree: &Tree, owner: usize, edit: Edit) {
        let removed = i64::try_from(edit.remove).unwrap_or(i64::MAX);
        let gain = i64::try_from(edit.insert.len()).unwrap_or(i64::MAX).saturating_sub(removed);
        self.edits.push(edit);
        let mut up = Some(owner);
        while let Some(at) = up.filter(|_| gain != 0) {
            if let Some(gained) = self.gained.get_mut(at) {
                *gained = gained.saturating_add(gain);
            }
            up = tree.nodes.get(at).and_then(|node| node.parent);
        }
    }

    /// What the root gains.
    pub(super) fn total(&self) -> i64 {
        self.gained.first().copied().unwrap_or(0)
    }

    /// All edits, those of the lengths included.
    pub(super) fn finish(mut self, tree: &Tree) -> Result<Vec<Edit>> {
        for (node, gain) in tree.nodes.iter().zip(&self.gained).filter(|(_, gain)| **gain != 0) {
            let BoxAt { range, size, .. } = &node.at;
            let new = (range.end - range.start).checked_add_signed(*gain);
            let bytes = match size {
                SizeForm::ToEnd => continue,
                SizeForm::Short => {
                    new.and_then(|new| u32::try_from(new).ok()).map(|new| (range.start, new.to_be_bytes().to_vec()))
                }
                SizeForm::Long => new.map(|new| (range.start.saturating_add(8), new.to_be_bytes().to_vec())),
            };
            let Some((at, insert)) = bytes else {
                return Err(Error::Refused(general::TOO_LARGE.with("part", node.at.name())));
            };
            self.edits.push(Edit { at, remove: insert.len() as u64, insert });
        }
        Ok(self.edits)
    }
}

/// A box of this type; the content is joined from `parts`.
pub(super) fn make(kind: &[u8; 4], parts: &[&[u8]]) -> Result<Vec<u8>> {
    let len = parts.iter().fold(8usize, |len, part| len.saturating_add(part.len()));
    let len = u32::try_from(len)
        .map_err(|_| Error::Refused(general::TOO_LARGE.with("part", String::from_utf8_lossy(kind))))?;
    let mut out = len.to_be_bytes().to_vec();
    out.extend_from_slice(kind);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    Ok(out)
}

/// The only `moov` of a file.
pub(super) fn movie(top: &[BoxAt]) -> Result<&BoxAt> {
    let mut found = top.iter().filter(|b| &b.kind == b"moov");
    match (found.next(), found.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Error::Refused(rows::NO_MOVIE.problem())),
        (Some(_), Some(other)) => Err(Error::Refused(rows::SEVERAL_MOVIES.problem().at(other.range.start))),
    }
}
