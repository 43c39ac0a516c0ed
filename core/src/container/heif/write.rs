//! The packet as an item: a new one at the end of the file, or the present one in its place.

use std::ops::Range;

use crate::container::bmff::boxes::SizeForm;
use crate::container::bmff::items::{File, Item, Kind, Meta, Plan, XMP_TYPE, no_room};
use crate::container::{Edit, Patch};
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::container::heif as rows;
use crate::message::general;
use crate::source::Source;

/// The edits that make `packet` the XMP packet of the picture.
pub(super) fn put(file: &File, source: &mut Source<'_>, packet: &[u8], limits: &Limits) -> Result<Patch> {
    if let Some(finding) = file.findings.first() {
        let at = finding.site.as_ref().map_or(0, |site| site.offset);
        return Err(Error::Malformed(general::MALFORMED.with("part", "meta").at(at)));
    }
    let meta = file.meta.as_ref().ok_or_else(|| Error::Refused(rows::NO_ITEMS.problem()))?;
    match meta.packet() {
        Some(item) => replace(file, meta, item, source, packet, limits),
        None => insert(file, meta, source, packet, limits),
    }
}

/// A box of this type.
fn make(kind: &[u8; 4], content: &[u8]) -> Result<Vec<u8>> {
    let part = || Error::Refused(general::TOO_LARGE.with("part", String::from_utf8_lossy(kind)));
    let size = content.len().checked_add(8).and_then(|size| u32::try_from(size).ok()).ok_or_else(part)?;
    Ok([&size.to_be_bytes(), kind.as_slice(), content].concat())
}

/// The entry of an XMP item in `iinf`: version 2, hidden, no protection, no name.
fn info(id: u16) -> Result<Vec<u8>> {
    let [high, low] = id.to_be_bytes();
    make(b"infe", &[&[2, 0, 0, 1, high, low, 0, 0], b"mime".as_slice(), &[0], XMP_TYPE, &[0]].concat())
}

/// The entry in `iref` that says that one item describes another.
fn describes(version: u8, from: u16, to: u32) -> Result<Vec<u8>> {
    let content = match u16::try_from(to) {
        Ok(to) if version == 0 => [from.to_be_bytes(), 1u16.to_be_bytes(), to.to_be_bytes()].concat(),
        _ => [&u32::from(from).to_be_bytes(), 1u16.to_be_bytes().as_slice(), &to.to_be_bytes()].concat(),
    };
    make(b"cdsc", &content)
}

/// A new item, its bytes in a box at the end of the file.
fn insert(file: &File, meta: &Meta, source: &mut Source<'_>, packet: &[u8], limits: &Limits) -> Result<Patch> {
    let (Some(primary), Some(infos), Some(places)) = (meta.primary, &meta.infos, &meta.places) else {
        return Err(Error::Refused(rows::NO_ITEMS.problem().at(meta.at.range.start)));
    };
    let id = meta.free_id().ok_or_else(|| no_room(&infos.at))?;
    let mut plan = Plan::default();
    // A box that reaches to the end of what holds it is followed by something now.
    let last = file.top.last().into_iter().chain(meta.children.last());
    last.filter(|b| b.size == SizeForm::ToEnd).for_each(|b| plan.gain(b, 0));

    let info = info(id)?;
    let count = infos.count.saturating_add(1);
    let counted = match infos.version {
        0 => u16::try_from(count).map(|count| count.to_be_bytes().to_vec()).ok(),
        _ => u32::try_from(count).map(|count| count.to_be_bytes().to_vec()).ok(),
    };
    let counted = counted.ok_or_else(|| no_room(&infos.at))?;
    let at = infos.at.payload.start.saturating_add(4);
    plan.edits.push(Edit { at, remove: counted.len() as u64, insert: counted });
    plan.grow(infos.end, info.len() as u64, &[&infos.at, &meta.at]);
    plan.edits.push(Edit { at: infos.end, remove: 0, insert: info });

    plan.edits.push(places.counted()?);
    plan.grow(places.end, places.entry_len(), &[&places.at, &meta.at]);

    let (at, link) = match &meta.references {
        Some(table) if table.version == 0 && u16::try_from(primary).is_err() => return Err(no_room(&table.at)),
        Some(table) => {
            let link = describes(table.version, id, primary)?;
            plan.grow(table.end, link.len() as u64, &[&table.at, &meta.at]);
            (table.end, link)
        }
        None => {
            let version = u8::from(u16::try_from(primary).is_err());
            let table = make(b"iref", &[&[version, 0, 0, 0], describes(version, id, primary)?.as_slice()].concat())?;
            plan.grow(meta.end, table.len() as u64, &[&meta.at]);
            (meta.end, table)
        }
    };

    plan.correct(file, source, meta.at.range.end, None, limits)?;
    // Random access information has to stay at the end.
    let end = file.top.last().filter(|b| &b.kind == b"mfra").map_or(file.end, |b| b.range.start);
    // What lies behind that point moves farther than what is corrected above.
    if file.all().any(|meta| meta.reaches(end)) {
        return Err(Error::Refused(rows::ITEMS_BEHIND.problem()));
    }
    let media = make(b"mdat", packet)?;
    let start = plan.to(end).saturating_add(8);
    let place = places.made(u32::from(id), &(start..start.saturating_add(packet.len() as u64)))?;
    plan.edits.push(Edit { at: places.end, remove: 0, insert: place });
    plan.edits.push(Edit { at, remove: 0, insert: link });
    plan.edits.push(Edit { at: end, remove: 0, insert: media });
    plan.finish(source.len())
}

fn sealed(problem: impl Into<Problem>) -> Error {
    Error::Refused(rows::XMP_ITEM.problem().because("reason", problem))
}

/// Whether any byte of `mine`, which is sorted, belongs to something else as well.
fn overlap(mine: &[Range<u64>], other: &Range<u64>) -> bool {
    let next = mine.partition_point(|range| range.end <= other.start);
    !other.is_empty() && mine.get(next).is_some_and(|range| range.start < other.end)
}

/// The packet in the place of the one that is there.
fn replace(
    file: &File,
    meta: &Meta,
    item: &Item,
    source: &mut Source<'_>,
    packet: &[u8],
    limits: &Limits,
) -> Result<Patch> {
    let ranges = meta.ranges(item).map_err(sealed)?;
    let holders = || file.top.iter().filter(|b| &b.kind == b"mdat").chain(&meta.idat);
    let within = |range: &Range<u64>| holders().find(|b| range.start >= b.payload.start && range.end <= b.payload.end);
    let Some(last) = ranges.last() else { return Err(sealed(&rows::ITEM_EMPTY)) };
    let Some(holder) = within(last).filter(|_| ranges.iter().all(|range| within(range).is_some())) else {
        return Err(sealed(&rows::ITEM_OUTSIDE));
    };
    let mut sorted = ranges.clone();
    sorted.sort_by_key(|range| range.start);
    if sorted.iter().zip(sorted.iter().skip(1)).any(|(one, next)| next.start < one.end) {
        return Err(sealed(&rows::ITEM_SHARED));
    }
    for of in file.all() {
        let Some(places) = &of.places else { continue };
        for location in &places.locations {
            let Some(origin) = of.origin(location) else { continue };
            // The same packet for a track, or the item itself.
            let twin = of.items.get(&location.id).is_some_and(|other| other.kind == Kind::Xmp)
                && places.ranges(location, origin).eq(ranges.iter().cloned());
            if !twin && places.ranges(location, origin).any(|other| overlap(&sorted, &other)) {
                return Err(sealed(&rows::ITEM_SHARED));
            }
        }
    }

    let old = ranges.iter().fold(0u64, |sum, range| sum.saturating_add(range.end - range.start));
    let mut packet = packet.to_vec();
    // Space behind a packet means nothing in XML; a shorter one moves nothing that way.
    packet.resize(packet.len().max(usize::try_from(old).unwrap_or(0)), b' ');
    let by = (packet.len() as u64).saturating_sub(old);
    let mut plan = Plan::default();
    if by != 0 {
        let idat = holder.range.start >= meta.at.range.start && holder.range.end <= meta.at.range.end;
        plan.grow(last.end, by, &[holder]);
        if idat {
            plan.gain(&meta.at, by);
        }
        plan.correct(file, source, last.end, Some((last, by)), limits)?;
    }
    let mut rest = packet.as_slice();
    for (number, range) in ranges.iter().enumerate() {
        let size = range.end - range.start;
        let part = if number + 1 == ranges.len() { rest.len() } else { usize::try_from(size).unwrap_or(0) };
        let (part, left) = rest.split_at_checked(part).unwrap_or((rest, &[]));
        plan.edits.push(Edit { at: range.start, remove: size, insert: part.to_vec() });
        rest = left;
    }
    plan.finish(source.len())
}
