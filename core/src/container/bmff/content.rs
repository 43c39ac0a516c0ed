//! The content of a movie: its samples, and the boxes that say how they are played.
//!
//! Positions in the file become positions in the essence, so that neither moved bytes nor wider
//! tables change anything.

use std::collections::BTreeMap;
use std::ops::Range;

use super::boxes::{self, BoxAt};
use super::offsets::{self, Table};
use super::tree::{self, Tree};
use crate::container::content::{Positions, Sink};
use crate::container::{SegmentMap, TRAILING};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::bmff as rows;
use crate::source::Source;

/// Whether a box is room or metadata, wherever it stands.
fn is_aside(found: &BoxAt) -> bool {
    match &found.kind {
        b"free" | b"skip" | b"wide" | b"udta" | b"meta" | b"meco" => true,
        b"uuid" => found.uuid == Some(tree::XMP) || found.uuid == Some(tree::C2PA),
        _ => false,
    }
}

const fn is_room(kind: &[u8; 4]) -> bool {
    matches!(kind, b"free" | b"skip" | b"wide")
}

/// Boxes of the file whose positions need care; those of `mfra` serve to find what is there.
const fn is_table(kind: &[u8; 4]) -> bool {
    matches!(kind, b"moov" | b"moof" | b"sidx" | b"mfra")
}

/// The boxes that a map shows.
fn top(map: &SegmentMap, source: &mut Source<'_>) -> Result<Vec<BoxAt>> {
    let mut out = Vec::new();
    for segment in map.segments.iter().filter(|s| s.name != TRAILING && s.name != "unreadable") {
        out.extend(boxes::read(source, segment.range.start, map.len)?.0);
    }
    Ok(out)
}

/// Free space with samples in it.
///
/// # Errors
/// [`Error::Refused`] if samples begin in boxes that are no content and no space either: what stands
/// there moves and changes with the metadata.
fn used(source: &mut Source<'_>, top: &[BoxAt], limits: &Limits) -> Result<Vec<Range<u64>>> {
    let aside = top.iter().filter(|b| is_aside(b) || is_table(&b.kind));
    let aside: Vec<_> = aside.map(|b| (b.range.clone(), is_room(&b.kind))).collect();
    let mut hit = vec![false; aside.len()];
    for moov in top.iter().filter(|b| &b.kind == b"moov") {
        let tree = Tree::read(source, moov, limits)?;
        for table in offsets::of_samples(source, &tree, limits)? {
            table.pieces(source, &mut |piece| {
                for position in piece.chunks_exact(table.width).map(offsets::number) {
                    let at = aside.partition_point(|(range, _)| range.end <= position);
                    let found = aside.get(at).filter(|(range, _)| range.start <= position);
                    if let Some(hit) = hit.get_mut(at).filter(|_| found.is_some()) {
                        *hit = true;
                    }
                }
                Ok(())
            })?;
        }
    }
    let mut out = Vec::new();
    for ((range, room), _) in aside.into_iter().zip(hit).filter(|(_, hit)| *hit) {
        if !room {
            return Err(Error::Refused(rows::SAMPLES_ASIDE.problem().at(range.start)));
        }
        out.push(range);
    }
    Ok(out)
}

pub(super) fn file(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let top = top(map, source)?;
    let mut essence = used(source, &top, limits)?;
    essence.extend(top.iter().filter(|b| !is_aside(b) && !is_table(&b.kind)).map(|b| b.range.clone()));
    essence.extend(map.segments.iter().filter(|s| s.name == "unreadable").map(|s| s.range.clone()));
    essence.sort_by_key(|range| range.start);
    sink.ranges(source, "essence", &essence)?;
    tracks(&top, &Positions::of(&essence), source, limits, sink)
}

/// What the boxes of a file say of its tracks: `moov`, fragments and their index.
pub(crate) fn tracks(
    top: &[BoxAt],
    positions: &Positions,
    source: &mut Source<'_>,
    limits: &Limits,
    sink: &mut Sink,
) -> Result<()> {
    for found in top {
        match &found.kind {
            b"moov" | b"moof" => {
                Boxes { tree: Tree::read(source, found, limits)?, positions, sink }.write(source, limits)?
            }
            b"sidx" => index(found, source, sink)?,
            _ => {}
        }
    }
    Ok(())
}

/// A box: type, extended type, then these parts of its payload.
fn plain(found: &BoxAt, parts: &[Range<u64>], source: &mut Source<'_>, sink: &mut Sink) -> Result<()> {
    let head = [&found.kind[..], found.uuid.as_ref().map_or(&[][..], |uuid| &uuid[..])].concat();
    sink.joined(source, "box", &head, parts)
}

/// The payload without `cut`.
fn without(payload: &Range<u64>, cut: Range<u64>) -> [Range<u64>; 2] {
    let (start, end) = (cut.start.min(payload.end), cut.end.min(payload.end));
    [payload.start..start, end..payload.end]
}

/// `sidx` without the distance to what it describes, in which metadata may stand.
fn index(found: &BoxAt, source: &mut Source<'_>, sink: &mut Sink) -> Result<()> {
    let width = if source.array::<1>(found.payload.start)? == Some([0]) { 4 } else { 8 };
    let at = found.payload.start.saturating_add(12).saturating_add(width);
    plain(found, &without(&found.payload, at..at.saturating_add(width)), source, sink)
}

/// The boxes within one.
struct Boxes<'b> {
    tree: Tree,
    positions: &'b Positions,
    sink: &'b mut Sink,
}

impl Boxes<'_> {
    /// Every box in order; what holds others opens and closes.
    fn write(mut self, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
        let tables = offsets::of_samples(source, &self.tree, limits)?;
        let tables: BTreeMap<usize, Table> = tables.into_iter().map(|table| (table.owner, table)).collect();
        let mut stack = vec![(0usize, false)];
        while let Some((number, close)) = stack.pop() {
            let Some(node) = self.tree.nodes.get(number) else { continue };
            if close {
                self.sink.item("end", &node.at.kind)?;
            } else if !is_aside(&node.at) {
                if tree::holds(self.tree.parent_kind(node), &node.at.kind) {
                    self.sink.item("begin", &node.at.kind)?;
                    stack.push((number, true));
                    stack.extend(node.children.clone().rev().map(|child| (child, false)));
                } else {
                    let node = node.at.clone();
                    self.leaf(number, &node, tables.get(&number), source)?;
                }
            }
        }
        Ok(())
    }

    fn leaf(&mut self, number: usize, found: &BoxAt, table: Option<&Table>, source: &mut Source<'_>) -> Result<()> {
        let payload = &found.payload;
        match (&found.kind, table) {
            (b"stco" | b"co64", Some(table)) => self.table("chunks", table, source),
            (_, Some(table)) => {
                // What stands before the positions of `saio`: what kind of data lies there.
                plain(found, std::slice::from_ref(&(payload.start..table.at.saturating_sub(4))), source, self.sink)?;
                self.table("auxiliary", table, source)
            }
            (b"mvhd", _) => self.timed(found, source),
            (b"tfhd", _) => self.fragment(number, found, source),
            _ => plain(found, std::slice::from_ref(payload), source, self.sink),
        }
    }

    /// Each position in eight bytes.
    fn table(&mut self, tag: &str, table: &Table, source: &mut Source<'_>) -> Result<()> {
        let positions = self.positions;
        self.sink.stream(tag, table.count.saturating_mul(8), &mut |out| {
            table.pieces(source, &mut |piece| {
                for entry in piece.chunks_exact(table.width) {
                    out(&positions.get(offsets::number(entry)).to_be_bytes());
                }
                Ok(())
            })
        })
    }

    /// The header of the movie without the times at which the file was made and changed.
    fn timed(&mut self, found: &BoxAt, source: &mut Source<'_>) -> Result<()> {
        let long = source.array::<1>(found.payload.start)? == Some([1]);
        let at = found.payload.start.saturating_add(4);
        plain(found, &without(&found.payload, at..at.saturating_add(if long { 16 } else { 8 })), source, self.sink)
    }

    /// The header of a track fragment; where its samples begin, if it says so, as a position in
    /// the essence.
    fn fragment(&mut self, number: usize, found: &BoxAt, source: &mut Source<'_>) -> Result<()> {
        let start = found.payload.start;
        let absolute = source.array::<4>(start)?.is_some_and(|[_, _, _, flags]| flags & 1 == 1);
        let at = start.saturating_add(8);
        let base = source.array::<8>(at)?.filter(|_| absolute && at.saturating_add(8) <= found.payload.end);
        let Some(base) = base else {
            return plain(found, std::slice::from_ref(&found.payload), source, self.sink);
        };
        plain(found, &without(&found.payload, at..at.saturating_add(8)), source, self.sink)?;
        let far = match self.tree.nodes.get(number).and_then(|node| node.parent) {
            Some(traf) => offsets::distance(source, &self.tree, traf)?,
            None => 0,
        };
        let samples = u64::from_be_bytes(base).saturating_add_signed(i64::from(far));
        self.sink.item("base", &self.positions.get(samples).to_be_bytes())
    }
}
