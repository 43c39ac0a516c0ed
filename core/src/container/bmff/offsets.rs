//! Absolute positions of samples and fragments, kept right when bytes move.

use std::ops::Range;

use crate::container::Edit;
use crate::container::bmff::boxes::BoxAt;
use crate::container::bmff::items;
use crate::container::bmff::tree::{Changes, Tree};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::bmff as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

/// Bytes of a table read at a time.
const PIECE: usize = 48 << 10;
/// Entries of a data reference box that are looked at.
const REFERENCES: u64 = 256;

/// The edits that keep every absolute position right when `by` bytes are inserted at `at`, outside
/// of `moov`: chunk offsets (`stco`, which becomes `co64` where 32 bits are too few), `saio`,
/// `tfhd`, `tfra` and `sidx`. Positions of items are left to [`items::edits`]. `top` are the boxes
/// of the file, in order.
pub(crate) fn edits(source: &mut Source<'_>, top: &[BoxAt], at: u64, by: u64, limits: &Limits) -> Result<Vec<Edit>> {
    let Some(moov) = top.iter().find(|b| &b.kind == b"moov") else {
        let mut shift = Shift { at, by, behind: u64::MAX, grown: 0, budget: limits.metadata_bytes };
        return fragments(source, top, &mut shift, limits);
    };
    let tree = Tree::read(source, moov, limits)?.sound()?;
    let mut changes = Changes::new(&tree);
    let mut shift = Shift { at, by, behind: moov.range.end, grown: 0, budget: limits.metadata_bytes };
    samples(source, &tree, &mut changes, &mut shift)?;
    let mut out = fragments(source, top, &mut shift, limits)?;
    out.extend(changes.finish(&tree)?);
    Ok(out)
}

/// The same when `moov` itself gains `by` bytes: the edits inside of it go to `changes`, the
/// others are returned.
pub(super) fn grown(
    source: &mut Source<'_>,
    top: &[BoxAt],
    tree: &Tree,
    changes: &mut Changes,
    by: u64,
    limits: &Limits,
) -> Result<Vec<Edit>> {
    let behind = tree.nodes.first().map_or(0, |root| root.at.range.end);
    let mut shift = Shift { at: behind, by, behind, grown: 0, budget: limits.metadata_bytes };
    samples(source, tree, changes, &mut shift)?;
    let by = shift.by.saturating_add(shift.grown);
    for (owner, node) in tree.nodes.iter().enumerate().filter(|(_, node)| &node.at.kind == b"meta") {
        for edit in items::edits(source, &node.at, behind, by, limits)? {
            changes.push(tree, owner, edit);
        }
    }
    let mut out = fragments(source, top, &mut shift, limits)?;
    for meta in top.iter().filter(|b| &b.kind == b"meta") {
        out.extend(items::edits(source, meta, behind, by, limits)?);
    }
    Ok(out)
}

/// For each of `ranges`, whether chunks or fragments of the movie begin in it.
pub(super) fn touched(
    source: &mut Source<'_>,
    top: &[BoxAt],
    tree: &Tree,
    ranges: &[Range<u64>],
    limits: &Limits,
) -> Result<Vec<bool>> {
    let mut out = vec![false; ranges.len()];
    let mut mark = |position: u64| {
        for (range, hit) in ranges.iter().zip(&mut out) {
            *hit |= range.contains(&position);
        }
    };
    let mut shift = Shift { at: u64::MAX, by: 0, behind: u64::MAX, grown: 0, budget: limits.metadata_bytes };
    for table in tables(source, tree, &mut shift)? {
        table.pieces(source, &mut |piece| {
            piece.chunks_exact(table.width).map(number).for_each(&mut mark);
            Ok(())
        })?;
    }
    for moof in top.iter().filter(|b| &b.kind == b"moof") {
        let tree = Tree::read(source, moof, limits)?.sound()?;
        for node in tree.nodes.iter().filter(|node| &node.at.kind == b"tfhd") {
            let start = node.at.payload.start;
            let absolute = source.array::<4>(start)?.is_some_and(|[_, _, _, flags]| flags & 1 == 1);
            if let (Some(traf), true) = (node.parent, absolute)
                && let Some(base) = source.array::<8>(start.saturating_add(8))?
            {
                let distance = distance(source, &tree, traf)?;
                mark(u64::from_be_bytes(base).saturating_add_signed(i64::from(distance)));
            }
        }
    }
    Ok(out)
}

/// Every table of positions that count from the start of this file; none where they can't be told
/// from others, for then nobody moves them.
pub(super) fn of_samples(source: &mut Source<'_>, tree: &Tree, limits: &Limits) -> Result<Vec<Table>> {
    let mut shift = Shift { at: u64::MAX, by: 0, behind: u64::MAX, grown: 0, budget: limits.metadata_bytes };
    match tables(source, tree, &mut shift) {
        Err(Error::Malformed(_) | Error::Refused(_)) => Ok(Vec::new()),
        found => found,
    }
}

/// How far positions move.
struct Shift {
    /// From here on
    at: u64,
    /// by so many bytes;
    by: u64,
    /// from here on, the end of `moov`,
    behind: u64,
    /// by so many more, because tables became wider.
    grown: u64,
    /// Bytes of tables, as they stand, that may still be read.
    budget: u64,
}

impl Shift {
    /// Where the byte at `position` will stand.
    const fn to(&self, position: u64) -> u64 {
        let by = if position >= self.at { self.by } else { 0 };
        let grown = if position >= self.behind { self.grown } else { 0 };
        position.saturating_add(by).saturating_add(grown)
    }

    fn spend(&mut self, bytes: u64) -> Result<()> {
        check_limit("metadata_bytes", bytes, self.budget)?;
        self.budget = self.budget.saturating_sub(bytes);
        Ok(())
    }

    /// The field as it has to be, if it has to change. `part` names the box in a refusal.
    fn field(&self, part: &str, old: &[u8]) -> Result<Option<Vec<u8>>> {
        let position = number(old);
        let new = self.to(position);
        if new == position {
            return Ok(None);
        }
        if old.len() == 8 {
            return Ok(Some(new.to_be_bytes().to_vec()));
        }
        match u32::try_from(new) {
            Ok(new) => Ok(Some(new.to_be_bytes().to_vec())),
            Err(_) => Err(Error::Refused(rows::OFFSET_TOO_FAR.with("part", part))),
        }
    }
}

/// An unsigned number of up to eight bytes, the highest first.
pub(super) fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0u64, |n, b| (n << 8) | u64::from(*b))
}

fn broken(node: &BoxAt) -> Error {
    Error::Malformed(general::MALFORMED.with("part", node.name()).at(node.range.start))
}

/// A table of positions of equal width.
pub(super) struct Table {
    /// Its box in the tree.
    pub(super) owner: usize,
    /// First entry.
    pub(super) at: u64,
    pub(super) count: u64,
    /// Bytes of one entry as it stands.
    pub(super) width: usize,
    /// Whether its entries become 64 bits wide.
    widen: bool,
    /// The largest position.
    max: u64,
}

impl Table {
    const fn bytes(&self) -> u64 {
        self.count.saturating_mul(self.width as u64)
    }

    /// Hands every piece of the table to `each`, in whole entries.
    pub(super) fn pieces(&self, source: &mut Source<'_>, each: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let (mut at, end) = (self.at, self.at.saturating_add(self.bytes()));
        let mut piece = vec![0u8; usize::try_from(self.bytes()).unwrap_or(PIECE).min(PIECE)];
        while at < end {
            let want = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
            let Some(part) = piece.get_mut(..want) else { break };
            if source.read_at(at, part)? < want {
                return Err(Error::io("read", std::io::ErrorKind::UnexpectedEof.into()));
            }
            each(part)?;
            at = at.saturating_add(want as u64);
        }
        Ok(())
    }
}

/// Whether the samples behind a sample table lie in this file.
fn own_samples(source: &mut Source<'_>, tree: &Tree, stbl: usize) -> Result<bool> {
    let Some(minf) = tree.nodes.get(stbl).and_then(|node| node.parent) else { return Ok(true) };
    let dref = tree.child(minf, b"dinf").and_then(|(dinf, _)| tree.child(dinf, b"dref"));
    let Some((_, dref)) = dref else { return Ok(true) };
    let (mut own, mut foreign) = (false, false);
    let mut at = dref.at.payload.start.saturating_add(8);
    for _ in 0..REFERENCES {
        let Some([s0, s1, s2, s3, _, _, _, _, _, _, _, flags]) =
            source.array::<12>(at)?.filter(|_| at.saturating_add(12) <= dref.at.payload.end)
        else {
            break;
        };
        if flags & 1 == 1 {
            own = true
        } else {
            foreign = true
        }
        at = at.saturating_add(u64::from(u32::from_be_bytes([s0, s1, s2, s3]).max(12)));
    }
    if own && foreign {
        return Err(Error::Refused(rows::MIXED_REFERENCES.problem().at(dref.at.range.start)));
    }
    Ok(!foreign)
}

/// Every table of positions in the sample tables of `tree`.
fn tables(source: &mut Source<'_>, tree: &Tree, shift: &mut Shift) -> Result<Vec<Table>> {
    let mut out = Vec::new();
    // Tables of one parent follow one another, so one answer serves them all.
    let mut known: Option<(usize, bool)> = None;
    for (owner, node) in tree.nodes.iter().enumerate() {
        let stbl = match (node.parent, tree.parent_kind(node), &node.at.kind) {
            (Some(stbl), Some(b"stbl"), b"stco" | b"co64" | b"saio") => stbl,
            _ => continue,
        };
        let own = match known.filter(|(at, _)| *at == stbl) {
            Some((_, own)) => own,
            None => own_samples(source, tree, stbl)?,
        };
        known = Some((stbl, own));
        if !own {
            continue;
        }
        let start = node.at.payload.start;
        let [version, _, _, flags] = source.array::<4>(start)?.ok_or_else(|| broken(&node.at))?;
        let (width, skip) = match &node.at.kind {
            b"stco" => (4usize, 4u64),
            b"co64" => (8, 4),
            _ => (if version == 0 { 4 } else { 8 }, if flags & 1 == 1 { 12 } else { 4 }),
        };
        let at = start.saturating_add(skip);
        let count = source.array::<4>(at)?.map_or(u64::MAX, |n| u64::from(u32::from_be_bytes(n)));
        let mut table = Table { owner, at: at.saturating_add(4), count, width, widen: false, max: 0 };
        if table.at.saturating_add(table.bytes()) > node.at.payload.end {
            return Err(broken(&node.at));
        }
        shift.spend(table.bytes())?;
        let mut max = 0u64;
        table.pieces(source, &mut |piece| {
            max = piece.chunks_exact(width).map(number).fold(max, u64::max);
            Ok(())
        })?;
        table.max = max;
        out.push(table);
    }
    Ok(out)
}

/// Corrects the sample tables of `moov`; `shift` learns what it gains by wider tables.
fn samples(source: &mut Source<'_>, tree: &Tree, changes: &mut Changes, shift: &mut Shift) -> Result<()> {
    let mut tables = tables(source, tree, shift)?;
    let kind = |table: &Table| tree.nodes.get(table.owner).map_or([0; 4], |node| node.at.kind);
    // Wider tables move the samples on, which may make other tables wider.
    loop {
        let mut more = 0u64;
        for table in tables.iter_mut().filter(|t| !t.widen && t.width == 4) {
            if &kind(table) == b"stco" && shift.to(table.max) > u64::from(u32::MAX) {
                table.widen = true;
                more = more.saturating_add(table.count.saturating_mul(4));
            }
        }
        if more == 0 {
            break;
        }
        shift.grown = shift.grown.saturating_add(more);
    }
    for table in tables.iter().filter(|t| t.widen || shift.to(t.max) != t.max) {
        let Some(node) = tree.nodes.get(table.owner) else { continue };
        let bytes = table.bytes().saturating_mul(if table.widen { 2 } else { 1 });
        let mut insert = Vec::with_capacity(usize::try_from(bytes).unwrap_or(0));
        let (name, shift) = (node.at.name(), &*shift);
        table.pieces(source, &mut |piece| {
            for entry in piece.chunks_exact(table.width) {
                if table.widen {
                    insert.extend(shift.to(number(entry)).to_be_bytes());
                } else {
                    match shift.field(&name, entry)? {
                        Some(new) => insert.extend(new),
                        None => insert.extend_from_slice(entry),
                    }
                }
            }
            Ok(())
        })?;
        if table.widen {
            let kind = Edit { at: node.at.range.start.saturating_add(4), remove: 4, insert: b"co64".to_vec() };
            changes.push(tree, table.owner, kind);
        }
        changes.push(tree, table.owner, Edit { at: table.at, remove: table.bytes(), insert });
    }
    Ok(())
}

/// Corrects what stands outside of `moov`: fragments, their index and random access tables.
fn fragments(source: &mut Source<'_>, top: &[BoxAt], shift: &mut Shift, limits: &Limits) -> Result<Vec<Edit>> {
    let mut out = Vec::new();
    for one in top {
        match &one.kind {
            b"moof" => base_offsets(source, one, shift, limits, &mut out)?,
            b"mfra" => random_access(source, one, shift, limits, &mut out)?,
            b"sidx" => segment_index(source, one, shift, &mut out)?,
            _ => {}
        }
    }
    Ok(out)
}

/// How far behind the base the samples of a fragment begin.
pub(super) fn distance(source: &mut Source<'_>, tree: &Tree, traf: usize) -> Result<i32> {
    let Some(trun) = tree.child(traf, b"trun").map(|(_, trun)| trun.at.payload.start) else { return Ok(0) };
    Ok(match (source.array::<4>(trun)?, source.array::<4>(trun.saturating_add(8))?) {
        (Some([_, _, _, flags]), Some(distance)) if flags & 1 == 1 => i32::from_be_bytes(distance),
        _ => 0,
    })
}

/// `tfhd` with an absolute base (flag 1): it moves if the samples that count from it do.
fn base_offsets(
    source: &mut Source<'_>,
    moof: &BoxAt,
    shift: &mut Shift,
    limits: &Limits,
    out: &mut Vec<Edit>,
) -> Result<()> {
    let tree = Tree::read(source, moof, limits)?.sound()?;
    for node in tree.nodes.iter().filter(|node| &node.at.kind == b"tfhd") {
        let (Some(traf), Some(b"traf")) = (node.parent, tree.parent_kind(node)) else { continue };
        let start = node.at.payload.start;
        let at = start.saturating_add(8);
        if source.array::<4>(start)?.is_none_or(|[_, _, _, flags]| flags & 1 == 0) {
            continue;
        }
        let Some(base) = source.array::<8>(at)?.filter(|_| at.saturating_add(8) <= node.at.payload.end) else {
            return Err(broken(&node.at));
        };
        let base = u64::from_be_bytes(base);
        let distance = distance(source, &tree, traf)?;
        let samples = base.saturating_add_signed(i64::from(distance));
        let new = base.saturating_add(shift.to(samples).saturating_sub(samples));
        if new != base {
            shift.spend(64)?;
            out.push(Edit { at, remove: 8, insert: new.to_be_bytes().to_vec() });
        }
    }
    Ok(())
}

/// `tfra`: the positions of `moof` boxes.
fn random_access(
    source: &mut Source<'_>,
    mfra: &BoxAt,
    shift: &mut Shift,
    limits: &Limits,
    out: &mut Vec<Edit>,
) -> Result<()> {
    let tree = Tree::read(source, mfra, limits)?.sound()?;
    for node in tree.nodes.iter().filter(|node| &node.at.kind == b"tfra") {
        let payload = node.at.payload.clone();
        let Some([version, _, _, _, _, _, _, _, _, _, _, lengths, c0, c1, c2, c3]) =
            source.array::<16>(payload.start)?.filter(|_| payload.end - payload.start >= 16)
        else {
            return Err(broken(&node.at));
        };
        let width = if version == 0 { 4usize } else { 8 };
        let numbers = usize::from((lengths >> 4 & 3) + (lengths >> 2 & 3) + (lengths & 3)) + 3;
        let entry = 2 * width + numbers;
        let at = payload.start.saturating_add(16);
        let len = u64::from(u32::from_be_bytes([c0, c1, c2, c3])).saturating_mul(entry as u64);
        if at.saturating_add(len) > payload.end {
            return Err(broken(&node.at));
        }
        shift.spend(len)?;
        let mut table = source.bytes(at..at.saturating_add(len), limits.metadata_bytes, "metadata_bytes")?;
        for entry in table.chunks_exact_mut(entry) {
            if let Some(position) = entry.get_mut(width..2 * width)
                && let Some(new) = shift.field("tfra", position)?
            {
                position.copy_from_slice(&new);
            }
        }
        out.push(Edit { at, remove: len, insert: table });
    }
    Ok(())
}

/// `sidx`: the distance from its own end to what it describes, if the bytes go in between.
fn segment_index(source: &mut Source<'_>, sidx: &BoxAt, shift: &mut Shift, out: &mut Vec<Edit>) -> Result<()> {
    let start = sidx.payload.start;
    let width = if source.array::<1>(start)? == Some([0]) { 4usize } else { 8 };
    let at = start.saturating_add(12).saturating_add(width as u64);
    if at.saturating_add(width as u64).saturating_add(4) > sidx.payload.end {
        return Err(broken(sidx));
    }
    let mut old = [0u8; 8];
    let Some(old) = old.get_mut(..width) else { return Ok(()) };
    source.read_at(at, old)?;
    let (anchor, first) = (sidx.range.end, number(old));
    let moved = shift.to(sidx.range.start) - sidx.range.start;
    let new = shift.to(anchor.saturating_add(first)).saturating_sub(anchor.saturating_add(moved));
    if new == first {
        return Ok(());
    }
    let bytes = new.to_be_bytes();
    let Some(insert) = bytes.get(8 - width..).filter(|_| width == 8 || u32::try_from(new).is_ok()) else {
        return Err(Error::Refused(rows::OFFSET_TOO_FAR.with("part", "sidx")));
    };
    out.push(Edit { at, remove: width as u64, insert: insert.to_vec() });
    Ok(())
}
