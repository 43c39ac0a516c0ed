//! The edits that put a tag into a Segment without moving anything that an index points to.

use super::ebml::{self, Children, Part};
use super::{id, name, tags};
use crate::container::{NewValue, Patch, Placed, Segment, SegmentMap, Slot, TRAILING};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::matroska as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

/// The one Segment of a file.
struct Layout<'m> {
    /// First byte of its size, and how many bytes that has.
    size_at: u64,
    width: usize,
    known: bool,
    /// First byte of its payload: positions count from here.
    data: u64,
    end: u64,
    children: &'m [Segment],
}

/// Bytes `range` of the file become `bytes`.
struct Change {
    range: std::ops::Range<u64>,
    bytes: Vec<u8>,
    /// Where the element that changed stands.
    start: u64,
}

impl Change {
    fn grown(&self) -> u64 {
        (self.bytes.len() as u64).saturating_sub(self.range.end - self.range.start)
    }
}

impl<'m> Layout<'m> {
    fn new(map: &'m SegmentMap, source: &mut Source<'_>) -> Result<Self> {
        let malformed = || Error::Malformed(general::MALFORMED.with("part", name::SEGMENT));
        let mut found = map.segments.iter().enumerate().filter(|(_, s)| s.name == name::SEGMENT);
        let (index, segment) = found.next().ok_or_else(malformed)?;
        if found.next().is_some() {
            return Err(Error::Refused(rows::SEVERAL_SEGMENTS.problem()));
        }
        let start = segment.range.start;
        let header = ebml::read(source, start, map.len)?.ok_or_else(malformed)?;
        let rest = map.segments.get(index + 1..).unwrap_or_default();
        let ends = |s: &Segment| {
            matches!(s.name.as_str(), TRAILING | name::EBML) || header.end().is_some_and(|end| s.range.start >= end)
        };
        let children = rest.get(..rest.iter().position(ends).unwrap_or(rest.len())).unwrap_or_default();
        let end = children.last().map_or(header.body, |s| s.range.end);
        if header.end().is_some_and(|stated| stated != end) {
            return Err(malformed());
        }
        if children.first().is_some_and(|s| s.name == name::CRC_32) {
            return Err(Error::Refused(rows::SEGMENT_CHECKSUM.problem().at(start)));
        }
        Ok(Self {
            size_at: header.size_at,
            width: usize::try_from(header.body - header.size_at).unwrap_or_default(),
            known: header.size.is_some(),
            data: header.body,
            end,
            children,
        })
    }

    /// Where the Void ends that follows child `index`, and whether the Segment ends there.
    fn room(&self, index: usize) -> (u64, bool) {
        let mut end = self.children.get(index).map_or(self.end, |s| s.range.end);
        for void in self.children.get(index + 1..).unwrap_or_default() {
            if void.name != name::VOID {
                break;
            }
            end = void.range.end;
        }
        (end, end == self.end)
    }

    fn first_cluster(&self) -> u64 {
        self.children.iter().find(|s| s.essence).map_or(u64::MAX, |s| s.range.start)
    }
}

/// A master's bytes with `new` in place of `old`, the sizes of the masters `around` it, from the
/// outside, made to fit. They get longer only where they have to. The checksum of the outermost
/// is renewed; others would have to be too, so a master within that has one can't be edited.
fn regrow(bytes: &[u8], around: &[Part], old: std::ops::Range<usize>, new: &[u8]) -> Option<Vec<u8>> {
    let outermost = *around.first()?;
    if around.get(1..)?.iter().any(|part| ebml::checksum(bytes, part).is_some()) {
        return None;
    }
    let mut sizes = Vec::with_capacity(around.len());
    let mut removed = (old.end - old.start) as u64;
    let mut added = new.len() as u64;
    for part in around.iter().rev() {
        let size = (part.end - part.body) as u64 - removed + added;
        let before = part.body - part.size_at;
        let width = before.max(ebml::width_of(size));
        removed += before as u64;
        added += width as u64;
        sizes.push((part, size, width));
    }
    let mut out = Vec::with_capacity(bytes.len() + new.len() + ebml::WIDTH * around.len());
    let mut at = 0usize;
    for (part, size, width) in sizes.into_iter().rev() {
        out.extend_from_slice(bytes.get(at..part.size_at)?);
        ebml::push_size(&mut out, size, width);
        at = part.body;
    }
    out.extend_from_slice(bytes.get(at..old.start)?);
    out.extend_from_slice(new);
    out.extend_from_slice(bytes.get(old.end..)?);
    let whole = Part::at(&out, outermost.start, out.len())?;
    if let Some(sum) = ebml::checksum(&out, &whole) {
        out.get_mut(sum.at..sum.at + 4)?.copy_from_slice(&sum.due);
    }
    Some(out)
}

/// The same element with a size that is one byte longer.
fn widened(element: &[u8]) -> Option<Vec<u8>> {
    let part = Part::at(element, 0, element.len())?;
    let width = part.body - part.size_at + 1;
    let mut out = element.get(..part.size_at)?.to_vec();
    let size = (part.end - part.body) as u64;
    if !ebml::fits(size, width) {
        return None;
    }
    ebml::push_size(&mut out, size, width);
    out.extend_from_slice(part.payload(element));
    Some(out)
}

/// Puts `element` at `start` in place of what stands there until `end`, with a Void behind it if
/// it is shorter. Where the Segment ends with the room (`last`), it may be longer.
fn settle(element: Vec<u8>, start: u64, end: u64, last: bool) -> Option<Change> {
    let room = end - start;
    let spare = room.checked_sub(element.len() as u64);
    let (bytes, end) = match spare {
        Some(0) => (element, end),
        // No Void has one byte.
        Some(1) => (widened(&element)?, end),
        Some(spare) => {
            let (header, kept) = ebml::void(spare);
            ([element, header].concat(), end - kept)
        }
        None if last => (element, end),
        None => return None,
    };
    Some(Change { range: start..end, bytes, start })
}

/// An element in memory, if its size is the one the map found and its checksum holds.
fn sound(source: &mut Source<'_>, segment: &Segment, limits: &Limits) -> Result<Option<(Vec<u8>, Part)>> {
    let bytes = source.bytes(segment.range.clone(), limits.metadata_bytes, "metadata_bytes")?;
    let part = Part::at(&bytes, 0, bytes.len()).filter(|part| part.end == bytes.len());
    let part = part.filter(|part| ebml::checksum(&bytes, part).is_none_or(|sum| sum.holds));
    Ok(part.map(|part| (bytes, part)))
}

/// A Tag that speaks of the whole Segment, with one SimpleTag in the default language.
fn tag(key: &str, value: &[u8]) -> Vec<u8> {
    let mut simple = ebml::element(id::TAG_NAME, key.as_bytes());
    simple.extend(ebml::element(id::TAG_STRING, value));
    let mut body = ebml::element(id::TARGETS, &[]);
    body.extend(ebml::element(id::SIMPLE_TAG, &simple));
    ebml::element(id::TAG, &body)
}

/// The masters around the text of the first SimpleTag named `key`, from the outside and itself
/// included.
fn find(bytes: &[u8], whole: Part, key: &str) -> Result<Option<Vec<Part>>> {
    let mut found = None;
    tags::walk(bytes, whole, &mut |around, text| {
        if text.name == key.as_bytes() && found.is_none() {
            found = Some([around, &[text.tag, text.string]].concat());
        }
        Ok(())
    })?;
    Ok(found)
}

/// The new or changed Tags element.
fn place(layout: &Layout<'_>, source: &mut Source<'_>, key: &str, value: &[u8], limits: &Limits) -> Result<Change> {
    let tag = tag(key, value);
    let mut merged = None;
    for (index, child) in layout.children.iter().enumerate().filter(|(_, s)| s.name == name::TAGS) {
        let Some((bytes, whole)) = sound(source, child, limits)? else { continue };
        let (end, last) = layout.room(index);
        let start = child.range.start;
        if let Some(around) = find(&bytes, whole, key)? {
            let old = around.last().map_or(0..0, |string| string.body..string.end);
            return regrow(&bytes, &around, old, value)
                .and_then(|element| settle(element, start, end, last))
                .ok_or_else(|| Error::Refused(rows::NO_ROOM.problem().at(start)));
        }
        if merged.is_none() {
            merged = regrow(&bytes, &[whole], whole.end..whole.end, &tag)
                .and_then(|element| settle(element, start, end, last));
        }
    }
    if let Some(change) = merged {
        return Ok(change);
    }
    let element = ebml::element(id::TAGS, &tag);
    // The Void in front of the clusters that is nearest to them: the one behind SeekHead is for
    // its entries.
    let front = layout.children.iter().filter(|s| s.name == name::VOID && s.range.start < layout.first_cluster());
    for void in front.rev() {
        if let Some(change) = settle(element.clone(), void.range.start, void.range.end, false) {
            return Ok(change);
        }
    }
    Ok(Change { range: layout.end..layout.end, bytes: element, start: layout.end })
}

/// How a SeekHead learns of the Tags at `position`.
enum Index {
    /// It points there already.
    There,
    Change(Change),
    /// None has room for one more entry.
    Full,
}

fn index(layout: &Layout<'_>, source: &mut Source<'_>, position: u64, limits: &Limits) -> Result<Index> {
    let mut change = None;
    for (index, child) in layout.children.iter().enumerate().filter(|(_, s)| s.name == name::SEEK_HEAD) {
        let Some((bytes, whole)) = sound(source, child, limits)? else { continue };
        let mut seeks = Children::of(&bytes, &whole);
        for seek in seeks.by_ref().filter(|part| part.id == id::SEEK) {
            let (mut to, mut at) = (None, None);
            for part in Children::of(&bytes, &seek) {
                match part.id {
                    id::SEEK_ID => to = ebml::uint(part.payload(&bytes)),
                    id::SEEK_POSITION => at = ebml::uint(part.payload(&bytes)),
                    _ => {}
                }
            }
            if to == Some(u64::from(id::TAGS)) && at == Some(position) {
                return Ok(Index::There);
            }
        }
        if seeks.broken.is_some() || change.is_some() {
            continue;
        }
        let bare: Vec<u8> = position.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
        let mut entry = ebml::element(id::SEEK_ID, &id::TAGS.to_be_bytes());
        entry.extend(ebml::element(id::SEEK_POSITION, &bare));
        let entry = ebml::element(id::SEEK, &entry);
        change = regrow(&bytes, &[whole], whole.end..whole.end, &entry)
            .and_then(|element| settle(element, child.range.start, layout.room(index).0, false));
    }
    Ok(change.map_or(Index::Full, Index::Change))
}

pub(super) fn put(map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
    let [NewValue { slot: Slot::Item { place: "tag", key }, bytes: value }] = values else {
        return Err(Error::Internal(general::BAD_PIECES.problem()));
    };
    check_limit("metadata_bytes", value.len() as u64, limits.metadata_bytes)?;
    let layout = Layout::new(map, source)?;
    let tags = place(&layout, source, key, value, limits)?;
    let grown = tags.grown();
    let mut notes = Vec::new();
    let mut changes = Vec::new();
    if tags.start > layout.first_cluster() {
        match index(&layout, source, tags.start - layout.data, limits)? {
            Index::There => {}
            Index::Change(change) => changes.push(change),
            Index::Full => notes.push(rows::NOTE_NOT_INDEXED.problem()),
        }
    }
    changes.push(tags);
    if layout.known && grown > 0 {
        let size = (layout.end - layout.data).saturating_add(grown);
        if !ebml::fits(size, layout.width) {
            return Err(Error::Refused(rows::SEGMENT_SIZE.with("size", size).at(layout.size_at)));
        }
        let mut bytes = Vec::new();
        ebml::push_size(&mut bytes, size, layout.width);
        changes.push(Change { range: layout.size_at..layout.data, bytes, start: layout.size_at });
    }
    changes.sort_by_key(|change| change.range.start);
    let mut patch = Patch::new(map.len);
    for change in changes {
        let old = source.bytes(change.range.clone(), limits.metadata_bytes.saturating_mul(2), "metadata_bytes")?;
        patch.replace(change.range.start, &old, &change.bytes)?;
    }
    Ok(Placed { notes, ..patch.into() })
}
