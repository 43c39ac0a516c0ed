//! The content of a movie: its samples, and the boxes that say how they are played.
//!
//! Positions in the file become positions in the essence, so that neither moved bytes nor wider
//! tables change anything.

use std::collections::BTreeMap;
use std::ops::Range;

use super::boxes::{self, BoxAt};
use super::offsets::{self, Table};
use super::tree::{self, Tree};
use crate::container::content::{Positions, Sink, not_bound};
use crate::container::{SegmentMap, TRAILING};
use crate::error::Result;
use crate::limits::Limits;
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

/// Every position at which chunks of a movie or runs of its fragments begin.
pub(crate) fn starts(source: &mut Source<'_>, top: &[BoxAt], limits: &Limits, each: &mut dyn FnMut(u64)) -> Result<()> {
    for found in top {
        match &found.kind {
            b"moov" => {
                let tree = Tree::read(source, found, limits)?;
                for table in offsets::of_samples(source, &tree, limits)? {
                    table.pieces(source, &mut |piece| {
                        piece.chunks_exact(table.width).map(offsets::number).for_each(&mut *each);
                        Ok(())
                    })?;
                }
            }
            b"moof" => {
                let tree = Tree::read(source, found, limits)?;
                runs(source, &tree)?.into_values().for_each(&mut *each);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Where the samples of each `trun` of a fragment begin, by its place in the tree; none for those
/// that go on where others end.
fn runs(source: &mut Source<'_>, tree: &Tree) -> Result<BTreeMap<usize, u64>> {
    let mut out = BTreeMap::new();
    let moof = tree.nodes.first().map_or(0, |root| root.at.range.start);
    let children = |number: usize| tree.nodes.get(number).map_or(0..0, |node| node.children.clone());
    let is = |number: &usize, kind: &[u8; 4]| tree.nodes.get(*number).is_some_and(|node| &node.at.kind == kind);
    for (place, traf) in children(0).filter(|number| is(number, b"traf")).enumerate() {
        let mut headers = children(traf).filter(|number| is(number, b"tfhd"));
        let (header, more) = (headers.next().and_then(|number| tree.nodes.get(number)), headers.next());
        // Readers differ in which of several they follow.
        if more.is_some() {
            return Err(not_bound(moof));
        }
        let start = header.map_or(0, |node| node.at.payload.start);
        let flags = source.array::<4>(start)?.filter(|_| header.is_some()).map_or(0, u32::from_be_bytes);
        let base = match source.array::<8>(start.saturating_add(8))? {
            Some(base) if flags & 1 == 1 => Some(u64::from_be_bytes(base)),
            _ => (flags & 0x2_0000 != 0 || place == 0).then_some(moof),
        };
        for (place, run) in children(traf).filter(|number| is(number, b"trun")).enumerate() {
            let Some(node) = tree.nodes.get(run) else { continue };
            let Some([_, _, _, flags, c0, c1, c2, c3]) = source.array::<8>(node.at.payload.start)? else { continue };
            if [c0, c1, c2, c3] == [0; 4] {
                continue;
            }
            let far = source.array::<4>(node.at.payload.start.saturating_add(8))?.filter(|_| flags & 1 == 1);
            let position = match (base, far.map(i32::from_be_bytes)) {
                (base, Some(far)) if base.is_some() || far != 0 => {
                    Some(base.unwrap_or(moof).saturating_add_signed(i64::from(far)))
                }
                (base, _) => base.filter(|_| place == 0),
            };
            out.extend(position.map(|position| (run, position)));
        }
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
    starts(source, top, limits, &mut |position| {
        let at = aside.partition_point(|(range, _)| range.end <= position);
        let found = aside.get(at).filter(|(range, _)| range.start <= position);
        if let Some(hit) = hit.get_mut(at).filter(|_| found.is_some()) {
            *hit = true;
        }
    })?;
    let mut out = Vec::new();
    for ((range, room), _) in aside.into_iter().zip(hit).filter(|(_, hit)| *hit) {
        if !room {
            return Err(not_bound(range.start));
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
    let mut count = 0u64;
    let places: BTreeMap<u64, u64> = top
        .iter()
        .map(|found| {
            let place = (found.range.start, count);
            count = count.saturating_add(u64::from(!is_aside(found) && &found.kind != b"mfra"));
            place
        })
        .collect();
    for found in top {
        match &found.kind {
            b"moov" | b"moof" => {
                Boxes { tree: Tree::read(source, found, limits)?, positions, sink }.write(source, limits)?
            }
            b"sidx" => index(found, &places, source, sink)?,
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

/// `sidx` without the distance to what it describes, in which metadata may stand; and before which
/// box each of its references begins. Within a box none can begin.
fn index(found: &BoxAt, places: &BTreeMap<u64, u64>, source: &mut Source<'_>, sink: &mut Sink) -> Result<()> {
    let width = if source.array::<1>(found.payload.start)? == Some([0]) { 4 } else { 8 };
    let at = found.payload.start.saturating_add(12).saturating_add(width);
    let entries = at.saturating_add(width);
    plain(found, &without(&found.payload, at..entries), source, sink)?;
    let first = if width == 4 {
        source.array::<4>(at)?.map(|first| u64::from(u32::from_be_bytes(first)))
    } else {
        source.array::<8>(at)?.map(u64::from_be_bytes)
    };
    let count = source.array::<4>(entries)?.map_or(0, |[_, _, c0, c1]| u16::from_be_bytes([c0, c1]));
    let mut position = found.range.end.saturating_add(first.unwrap_or(0));
    let mut out = Vec::new();
    for number in 0..u64::from(count) {
        let entry = entries.saturating_add(4).saturating_add(number.saturating_mul(12));
        let Some(size) = source.array::<4>(entry)?.filter(|_| entry.saturating_add(12) <= found.payload.end) else {
            break;
        };
        let place = places.get(&position).ok_or_else(|| not_bound(found.range.start))?;
        out.extend(place.to_be_bytes());
        // The highest bit says that it is an index again.
        position = position.saturating_add(u64::from(u32::from_be_bytes(size) & 0x7FFF_FFFF));
    }
    sink.item("references", &out)
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
        let fragment = self.tree.nodes.first().is_some_and(|root| &root.at.kind == b"moof");
        let runs = if fragment { runs(source, &self.tree)? } else { BTreeMap::new() };
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
                    if let Some(position) = runs.get(&number) {
                        self.data(*position)?;
                    }
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

    /// Where the samples of a run begin.
    fn data(&mut self, position: u64) -> Result<()> {
        self.positions.part(position).ok_or_else(|| not_bound(position))?;
        self.sink.item("data", &self.positions.get(position).to_be_bytes())
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
