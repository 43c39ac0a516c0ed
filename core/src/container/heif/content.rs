//! The content of a file of items: their bytes, what they are, where they lie and how they are to be
//! shown. Items that are metadata count for nothing.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::container::SegmentMap;
use crate::container::bmff::boxes::BoxAt;
use crate::container::bmff::content::{starts, tracks};
use crate::container::bmff::items::{File, Meta, entries};
use crate::container::content::{Positions, Sink, not_bound};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;

pub(super) fn file(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let file = File::read(source, limits)?;
    sink.essence(map, source)?;
    let positions = Positions::of(&map.essence());
    for meta in file.all() {
        items(meta, &positions, source, limits, sink)?;
    }
    chunks(&file, &positions, source, limits, sink)?;
    tracks(&file.top, &positions, source, limits, sink)
}

/// Up to where the essence goes on, for each part of it in which samples begin: metadata between
/// them would be read as samples.
fn chunks(file: &File, positions: &Positions, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let mut ends = BTreeSet::new();
    let mut outside = None;
    starts(source, &file.top, limits, &mut |position| match positions.part(position) {
        Some(part) => drop(ends.insert(positions.get(part.end.saturating_sub(1)))),
        None => outside = outside.or(Some(position)),
    })?;
    if let Some(position) = outside {
        return Err(not_bound(position));
    }
    if ends.is_empty() {
        return Ok(());
    }
    sink.item("ends", &ends.into_iter().flat_map(u64::to_be_bytes).collect::<Vec<_>>())
}

/// A box: its type, and its payload.
fn plain(found: &BoxAt, source: &mut Source<'_>, sink: &mut Sink) -> Result<()> {
    sink.joined(source, "box", &found.kind, std::slice::from_ref(&found.payload))
}

fn items(meta: &Meta, positions: &Positions, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    sink.item("items", &[])?;
    for child in &meta.children {
        match &child.kind {
            b"hdlr" | b"iloc" | b"idat" | b"free" | b"skip" | b"uuid" => {}
            b"iinf" | b"iref" => {
                for (id, entry) in entries(source, child, limits)? {
                    if !id.is_some_and(|id| meta.items.contains_key(&id)) {
                        plain(&entry, source, sink)?;
                    }
                }
            }
            _ => plain(child, source, sink)?,
        }
    }
    places(meta, positions, sink)
}

/// Number, way and extents of each item: the position of an extent, and its length.
fn places(meta: &Meta, positions: &Positions, sink: &mut Sink) -> Result<()> {
    let Some(places) = &meta.places else { return Ok(()) };
    for location in places.locations.iter().filter(|l| !meta.items.contains_key(&l.id)) {
        let mut out = location.id.to_be_bytes().to_vec();
        out.push(location.construction);
        let origin = meta.origin(location);
        // Metadata lies between the bytes of others in no sound file, and readers would take it for theirs.
        if let Some(origin) = origin
            && let Some(range) = places.ranges(location, origin).find(|range| {
                // Without a length it reaches to the end of the file.
                range.is_empty() && location.construction == 0 || !positions.holds(range)
            })
        {
            return Err(not_bound(range.start));
        }
        let place = |range: Range<u64>| {
            // Elsewhere positions are not ours to move.
            let at = if origin.is_some() { positions.get(range.start) } else { range.start };
            [at.to_be_bytes(), range.end.saturating_sub(range.start).to_be_bytes()].concat()
        };
        out.extend(places.ranges(location, origin.unwrap_or(0)).flat_map(place));
        sink.item("item", &out)?;
    }
    Ok(())
}
