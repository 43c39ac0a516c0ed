//! Items of a `meta` box (ISO/IEC 14496-12, 8.11): pictures and what describes them.

mod file;
mod iloc;
mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::container::Edit;
use crate::container::bmff::boxes::{BoxAt, SizeForm};
use crate::container::bmff::complaint;
use crate::container::bmff::tree::{Damage, is_full, run};
use crate::error::{Error, Problem, Result};
use crate::finding::Finding;
use crate::limits::Limits;
use crate::message::container::{bmff as box_rows, heif as rows};
use crate::message::general;
use crate::source::{Source, check_limit};

pub(crate) use file::File;
pub(crate) use iloc::{Iloc, Location, no_room};
pub(crate) use plan::Plan;

/// Content type of an XMP packet (ISO/IEC 23008-12, A.3).
pub(crate) const XMP_TYPE: &[u8] = b"application/rdf+xml";

/// Which data references of a `dinf` box mean this file (ISO/IEC 14496-12, 8.7.2).
fn own_references(source: &mut Source<'_>, dinf: &BoxAt, limits: &Limits) -> Result<Vec<bool>> {
    let holders = run(source, "dinf", &dinf.payload, limits)?.boxes;
    let Some(dref) = holders.iter().find(|b| &b.kind == b"dref") else { return Ok(Vec::new()) };
    let start = dref.payload.start.saturating_add(8).min(dref.payload.end);
    let mut own = Vec::new();
    for entry in run(source, "dref", &(start..dref.payload.end), limits)?.boxes {
        let flags = number(source, entry.payload.start, 4, &entry.payload)?.unwrap_or(0);
        own.push(flags & 1 == 1);
    }
    Ok(own)
}

/// The edits of every extent of `iloc` that is counted from the start of this file and lies at or
/// behind `at`, for `by` bytes inserted at `at`.
pub(crate) fn edits(source: &mut Source<'_>, meta: &BoxAt, at: u64, by: u64, limits: &Limits) -> Result<Vec<Edit>> {
    let start = if is_full(source, &meta.payload)? { meta.payload.start.saturating_add(4) } else { meta.payload.start };
    let run = run(source, "meta", &(start..meta.payload.end), limits)?;
    let Some(found) = run.boxes.iter().find(|b| &b.kind == b"iloc") else { return Ok(Vec::new()) };
    let Some(table) = Iloc::read(source, found, limits)? else {
        return Err(Error::Malformed(general::MALFORMED.with("part", "iloc").at(found.range.start)));
    };
    let own = match run.boxes.iter().find(|b| &b.kind == b"dinf") {
        Some(dinf) => own_references(source, dinf, limits)?,
        None => Vec::new(),
    };
    let to = |position: u64| if position >= at { position.saturating_add(by) } else { position };
    let mut out = Vec::new();
    for location in table.locations.iter().filter(|l| l.construction == 0 && l.is_here(&own)) {
        table.moved(location, 0, &to, None, &mut out)?;
    }
    Ok(out)
}

/// What an item is to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// An XMP packet.
    Xmp,
    /// An Exif block behind the position of its TIFF header.
    Exif,
}

/// What an item describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Describes {
    /// The primary item.
    Primary,
    /// No item is named.
    Anything,
    /// Another image.
    Other,
}

/// A metadata item.
#[derive(Debug)]
pub(crate) struct Item {
    pub(crate) id: u32,
    pub(crate) kind: Kind,
    pub(crate) describes: Describes,
    /// Why it can't be read as it stands.
    pub(crate) sealed: Option<Problem>,
}

/// A table of entries that are boxes, with its number of entries or version.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) at: BoxAt,
    /// Where the last entry ends.
    pub(crate) end: u64,
    pub(crate) version: u8,
    pub(crate) count: u64,
}

/// A `meta` box and its items.
#[derive(Debug)]
pub(crate) struct Meta {
    pub(crate) at: BoxAt,
    pub(crate) children: Vec<BoxAt>,
    /// Where the last child ends.
    pub(crate) end: u64,
    pub(crate) primary: Option<u32>,
    pub(crate) infos: Option<Table>,
    pub(crate) places: Option<Iloc>,
    pub(crate) references: Option<Table>,
    pub(crate) idat: Option<BoxAt>,
    /// Metadata items by number.
    pub(crate) items: BTreeMap<u32, Item>,
    /// Every number that is taken.
    pub(crate) taken: BTreeSet<u32>,
    pub(crate) findings: Vec<Finding>,
    /// Which data references mean this file.
    own: Vec<bool>,
}

/// Damage of one box.
fn broken(part: &BoxAt, problem: Problem) -> Finding {
    complaint(&Damage { problem, part: part.name(), range: part.range.clone(), missing: None })
}

/// The number of `width` bytes at `at`, inside of `payload`.
fn number(source: &mut Source<'_>, at: u64, width: u64, payload: &Range<u64>) -> Result<Option<u64>> {
    let mut bytes = [0u8; 8];
    let Some(to) = bytes.get_mut(8usize.saturating_sub(usize::try_from(width).unwrap_or(8))..) else { return Ok(None) };
    if at.saturating_add(width) > payload.end || source.read_at(at, to)? < to.len() {
        return Ok(None);
    }
    Ok(Some(u64::from_be_bytes(bytes)))
}

fn number32(source: &mut Source<'_>, at: u64, width: u64, payload: &Range<u64>) -> Result<Option<u32>> {
    Ok(number(source, at, width, payload)?.and_then(|n| u32::try_from(n).ok()))
}

/// Version of a full box.
fn version(source: &mut Source<'_>, found: &BoxAt) -> Result<u8> {
    Ok(number(source, found.payload.start, 1, &found.payload)?.and_then(|v| u8::try_from(v).ok()).unwrap_or(0))
}

/// The entries of `iinf` or `iref`, each with the item that it is about, if it names one.
pub(crate) fn entries(source: &mut Source<'_>, table: &BoxAt, limits: &Limits) -> Result<Vec<(Option<u32>, BoxAt)>> {
    let long = version(source, table)? != 0;
    let infos = &table.kind == b"iinf";
    let skip = match (infos, long) {
        (false, _) => 4u64,
        (true, false) => 6,
        (true, true) => 8,
    };
    let start = table.payload.start.saturating_add(skip).min(table.payload.end);
    let mut out = Vec::new();
    for entry in run(source, &table.name(), &(start..table.payload.end), limits)?.boxes {
        let payload = &entry.payload;
        let id = match infos {
            true => {
                let width = if version(source, &entry)? >= 3 { 4 } else { 2 };
                number32(source, payload.start.saturating_add(4), width, payload)?
            }
            false => number32(source, payload.start, if long { 4 } else { 2 }, payload)?,
        };
        out.push((id, entry));
    }
    Ok(out)
}

impl Meta {
    /// Reads the tables of a `meta` box. Media data is not touched.
    pub(crate) fn read(source: &mut Source<'_>, at: &BoxAt, limits: &Limits) -> Result<Self> {
        let full = if is_full(source, &at.payload)? { 4 } else { 0 };
        let run = run(source, "meta", &(at.payload.start.saturating_add(full)..at.payload.end), limits)?;
        let mut out = Self {
            at: at.clone(),
            children: run.boxes,
            end: run.end,
            primary: None,
            infos: None,
            places: None,
            references: None,
            idat: None,
            items: BTreeMap::new(),
            taken: BTreeSet::new(),
            findings: run.damage.iter().map(complaint).collect(),
            own: Vec::new(),
        };
        let tables = out.children.iter().filter(|b| &b.kind != b"idat");
        let size = tables.fold(0u64, |sum, b| sum.saturating_add(b.range.end - b.range.start));
        check_limit("metadata_bytes", size, limits.metadata_bytes)?;
        for kind in [b"pitm", b"iinf", b"iloc", b"iref", b"idat", b"dinf"] {
            let mut found = out.children.iter().filter(|b| &b.kind == kind);
            if let Some(second) = found.nth(1) {
                out.findings.push(broken(second, rows::SEVERAL_BOXES.problem()));
            }
        }
        out.idat = out.child(b"idat");
        if let Some(pitm) = out.child(b"pitm") {
            let width = if version(source, &pitm)? == 0 { 2 } else { 4 };
            out.primary = number32(source, pitm.payload.start.saturating_add(4), width, &pitm.payload)?;
        }
        if let Some(dinf) = out.child(b"dinf") {
            out.own = own_references(source, &dinf, limits)?;
        }
        if let Some(iloc) = out.child(b"iloc") {
            out.places = Iloc::read(source, &iloc, limits)?;
            match &out.places {
                Some(places) => out.taken.extend(places.locations.iter().map(|l| l.id)),
                None => out.findings.push(broken(&iloc, rows::ITEM_LOCATIONS.problem())),
            }
        }
        if let Some(iinf) = out.child(b"iinf") {
            out.item_infos(source, iinf, limits)?;
        }
        if let Some(iref) = out.child(b"iref") {
            out.item_references(source, iref, limits)?;
        }
        if let Some(grpl) = out.child(b"grpl") {
            for group in self::run(source, "grpl", &grpl.payload, limits)?.boxes {
                let id = number32(source, group.payload.start.saturating_add(4), 4, &group.payload)?;
                out.taken.extend(id);
            }
        }
        Ok(out)
    }

    fn child(&self, kind: &[u8; 4]) -> Option<BoxAt> {
        self.children.iter().find(|b| &b.kind == kind).cloned()
    }

    /// The boxes behind the first `skip` bytes of a table.
    fn entries(
        &mut self,
        source: &mut Source<'_>,
        table: BoxAt,
        skip: u64,
        limits: &Limits,
    ) -> Result<(Table, Vec<BoxAt>)> {
        let start = table.payload.start.saturating_add(skip).min(table.payload.end);
        let run = run(source, &table.name(), &(start..table.payload.end), limits)?;
        self.findings.extend(run.damage.iter().map(complaint));
        if let Some(open) = run.boxes.iter().find(|b| b.size == SizeForm::ToEnd) {
            self.findings.push(broken(open, box_rows::BOX_SHORT.with("length", 0)));
        }
        let version = version(source, &table)?;
        Ok((Table { at: table, end: run.end, version, count: run.boxes.len() as u64 }, run.boxes))
    }

    /// `iinf`: what the items are (8.11.6).
    fn item_infos(&mut self, source: &mut Source<'_>, iinf: BoxAt, limits: &Limits) -> Result<()> {
        let width = if version(source, &iinf)? == 0 { 2 } else { 4 };
        let stated = number(source, iinf.payload.start.saturating_add(4), width, &iinf.payload)?;
        let (table, entries) = self.entries(source, iinf, width.saturating_add(4), limits)?;
        if stated != Some(table.count) {
            let problem = rows::ITEM_COUNT.with("stated", stated.unwrap_or(0)).arg("count", table.count);
            self.findings.push(broken(&table.at, problem));
        }
        self.infos = Some(table);
        for entry in entries.iter().filter(|b| &b.kind == b"infe") {
            self.item_info(source, entry, limits)?;
        }
        Ok(())
    }

    fn item_info(&mut self, source: &mut Source<'_>, infe: &BoxAt, limits: &Limits) -> Result<()> {
        let version = version(source, infe)?;
        let payload = infe.payload.clone();
        let width = if version >= 3 { 4 } else { 2 };
        let mut at = payload.start.saturating_add(4);
        let Some(id) = number32(source, at, width, &payload)? else { return Ok(()) };
        at = at.saturating_add(width);
        let protection = number(source, at, 2, &payload)?.unwrap_or(0);
        at = at.saturating_add(2);
        self.taken.insert(id);
        let kind = match version {
            0 | 1 => *b"mime",
            _ => {
                let kind = source.array::<4>(at)?.filter(|_| at.saturating_add(4) <= payload.end);
                at = at.saturating_add(4);
                kind.unwrap_or_default()
            }
        };
        let mut sealed = (protection != 0).then(|| rows::ITEM_PROTECTED.problem());
        let kind = match &kind {
            b"Exif" => Kind::Exif,
            b"mime" => {
                let texts = source.bytes(at.min(payload.end)..payload.end, limits.metadata_bytes, "metadata_bytes")?;
                let mut texts = texts.split(|b| *b == 0).skip(1);
                if !texts.next().is_some_and(|kind| kind.trim_ascii().eq_ignore_ascii_case(XMP_TYPE)) {
                    return Ok(());
                }
                if texts.next().is_some_and(|encoding| !encoding.is_empty()) {
                    sealed = sealed.or_else(|| Some(rows::ITEM_ENCODED.problem()));
                }
                Kind::Xmp
            }
            _ => return Ok(()),
        };
        self.items.entry(id).or_insert(Item { id, kind, describes: Describes::Anything, sealed });
        Ok(())
    }

    /// `iref`: which items the metadata describes (8.11.12; ISO/IEC 23008-12, 6.4.4).
    fn item_references(&mut self, source: &mut Source<'_>, iref: BoxAt, limits: &Limits) -> Result<()> {
        let (table, entries) = self.entries(source, iref, 4, limits)?;
        let width = if table.version == 0 { 2 } else { 4 };
        for entry in entries.iter().filter(|b| &b.kind == b"cdsc") {
            let payload = &entry.payload;
            let from = number32(source, payload.start, width, payload)?;
            let Some(item) = from.and_then(|id| self.items.get_mut(&id)) else { continue };
            if item.describes == Describes::Primary {
                continue;
            }
            item.describes = Describes::Other;
            let mut at = payload.start.saturating_add(width);
            let count = number(source, at, 2, payload)?.unwrap_or(0);
            at = at.saturating_add(2);
            for _ in 0..count {
                match number32(source, at, width, payload)? {
                    Some(id) if Some(id) == self.primary => item.describes = Describes::Primary,
                    Some(_) => at = at.saturating_add(width),
                    None => break,
                }
                if item.describes == Describes::Primary {
                    break;
                }
            }
        }
        self.references = Some(table);
        Ok(())
    }

    /// From where the bytes of an item are counted; `None` if they are not in this file, or are
    /// bytes of another item.
    pub(crate) fn origin(&self, location: &Location) -> Option<u64> {
        match location.construction {
            0 if location.is_here(&self.own) => Some(0),
            1 => self.idat.as_ref().map(|idat| idat.payload.start),
            _ => None,
        }
    }

    /// Whether any byte of an item lies at `position` or behind it.
    pub(crate) fn reaches(&self, position: u64) -> bool {
        let places = self.places.iter();
        let mut ranges = places.flat_map(|places| {
            let found = places.locations.iter().filter_map(|of| Some((of, self.origin(of)?)));
            found.flat_map(|(of, origin)| places.ranges(of, origin))
        });
        ranges.any(|range| range.end > position)
    }

    /// The bytes of a metadata item, or why there are none to be read plainly.
    pub(crate) fn ranges(&self, item: &Item) -> std::result::Result<Vec<Range<u64>>, Problem> {
        if let Some(problem) = &item.sealed {
            return Err(problem.clone());
        }
        let places = self.places.as_ref().and_then(|places| Some((places, places.find(item.id)?)));
        let Some((places, location)) = places else { return Err(rows::ITEM_EMPTY.problem()) };
        let Some(origin) = self.origin(location) else { return Err(rows::ITEM_ELSEWHERE.problem()) };
        let ranges: Vec<_> = places.ranges(location, origin).collect();
        if ranges.is_empty() || ranges.iter().any(Range::is_empty) {
            return Err(rows::ITEM_EMPTY.problem());
        }
        Ok(ranges)
    }

    /// The packet of the primary image, or of none in particular.
    pub(crate) fn packet(&self) -> Option<&Item> {
        let packets = self.items.values().filter(|item| item.kind == Kind::Xmp && item.describes != Describes::Other);
        packets.min_by_key(|item| item.describes)
    }

    /// A number for one more item, in 16 bits.
    pub(crate) fn free_id(&self) -> Option<u16> {
        let next = self.taken.last().map_or(1, |last| last.saturating_add(1));
        match u16::try_from(next) {
            Ok(next) => Some(next),
            Err(_) => (1..=u16::MAX).find(|id| !self.taken.contains(&u32::from(*id))),
        }
    }

    /// Width and height of the primary item, as its property states them (ISO/IEC 23008-12, 6.5.3).
    pub(crate) fn size(&self, source: &mut Source<'_>, limits: &Limits) -> Result<Option<(u32, u32)>> {
        let (Some(primary), Some(iprp)) = (self.primary, self.child(b"iprp")) else { return Ok(None) };
        let holders = run(source, "iprp", &iprp.payload, limits)?.boxes;
        let Some(ipco) = holders.iter().find(|b| &b.kind == b"ipco") else { return Ok(None) };
        let properties = run(source, "ipco", &ipco.payload, limits)?.boxes;
        for ipma in holders.iter().filter(|b| &b.kind == b"ipma") {
            let payload = &ipma.payload;
            let head = number(source, payload.start, 4, payload)?.unwrap_or(0);
            let id_width = if head >> 24 == 0 { 2 } else { 4 };
            let width = if head & 1 == 1 { 2 } else { 1 };
            let mut at = payload.start.saturating_add(8);
            while let Some(id) = number32(source, at, id_width, payload)? {
                at = at.saturating_add(id_width);
                let Some(count) = number(source, at, 1, payload)? else { break };
                at = at.saturating_add(1);
                for _ in 0..if id == primary { count } else { 0 } {
                    let Some(link) = number(source, at, width, payload)? else { break };
                    at = at.saturating_add(width);
                    // The highest bit says that a reader must know the property.
                    let place = usize::try_from(link & if width == 1 { 0x7F } else { 0x7FFF }).unwrap_or(0);
                    let found = place.checked_sub(1).and_then(|place| properties.get(place));
                    if let Some(found) = found.filter(|b| &b.kind == b"ispe") {
                        let start = found.payload.start.saturating_add(4);
                        let wide = number32(source, start, 4, &found.payload)?;
                        let high = number32(source, start.saturating_add(4), 4, &found.payload)?;
                        return Ok(wide.zip(high));
                    }
                }
                if id != primary {
                    at = at.saturating_add(count.saturating_mul(width));
                }
            }
        }
        Ok(None)
    }
}
