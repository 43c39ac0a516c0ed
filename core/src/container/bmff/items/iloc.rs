//! The table of item locations (ISO/IEC 14496-12, 8.11.3).

use std::collections::BTreeMap;
use std::ops::Range;

use crate::container::Edit;
use crate::container::bmff::boxes::BoxAt;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::heif as rows;
use crate::source::{Source, check_limit};

/// How many bytes the fields of a table take: 0, 4 or 8.
#[derive(Debug, Clone, Copy)]
struct Widths {
    offset: usize,
    length: usize,
    base: usize,
    index: usize,
}

/// A run of bytes of an item.
#[derive(Debug)]
struct Extent {
    /// Where its offset is stated.
    field: u64,
    offset: u64,
    length: u64,
}

/// Where one item lies.
#[derive(Debug)]
pub(crate) struct Location {
    pub(crate) id: u32,
    /// 0: counted from the start of the file; 1: from the start of `idat`; 2: in another item.
    pub(crate) construction: u8,
    /// Number of the data reference; 0: this file.
    reference: u16,
    /// Where the base offset is stated.
    field: u64,
    base: u64,
    extents: Range<usize>,
}

impl Location {
    /// Whether its positions are those of this file; `own`: which data references mean it.
    pub(crate) fn is_here(&self, own: &[bool]) -> bool {
        usize::from(self.reference).checked_sub(1).is_none_or(|number| own.get(number) == Some(&true))
    }
}

/// An `iloc` box.
#[derive(Debug)]
pub(crate) struct Iloc {
    pub(crate) at: BoxAt,
    /// Where the last entry ends.
    pub(crate) end: u64,
    pub(crate) locations: Vec<Location>,
    version: u8,
    widths: Widths,
    extents: Vec<Extent>,
    by_id: BTreeMap<u32, usize>,
}

/// Big-endian numbers of changing width, one after the other.
struct Fields<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Fields<'_> {
    fn number(&mut self, width: usize) -> Option<u64> {
        let end = self.at.checked_add(width)?;
        let field = self.bytes.get(self.at..end)?;
        self.at = end;
        Some(field.iter().fold(0u64, |n, b| (n << 8) | u64::from(*b)))
    }

    fn narrow<T: TryFrom<u64>>(&mut self, width: usize) -> Option<T> {
        self.number(width).and_then(|n| T::try_from(n).ok())
    }
}

/// A number in `width` bytes, if it fits.
fn field(value: u64, width: usize) -> Option<Vec<u8>> {
    let bytes = value.to_be_bytes();
    let (high, low) = bytes.split_at_checked(bytes.len().checked_sub(width)?)?;
    high.iter().all(|b| *b == 0).then(|| low.to_vec())
}

impl Iloc {
    /// Reads a table; `None` if it is cut off or its form is unknown.
    pub(crate) fn read(source: &mut Source<'_>, found: &BoxAt, limits: &Limits) -> Result<Option<Self>> {
        let bytes = source.bytes(found.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
        Self::parse(&bytes, found, limits)
    }

    fn parse(bytes: &[u8], found: &BoxAt, limits: &Limits) -> Result<Option<Self>> {
        let Some([version @ 0..=2, _, _, _, sizes, more]) = bytes.first_chunk::<6>() else { return Ok(None) };
        let (version, index) = (*version, if *version == 0 { 0 } else { usize::from(more & 15) });
        let widths = Widths {
            offset: usize::from(sizes >> 4),
            length: usize::from(sizes & 15),
            base: usize::from(more >> 4),
            index,
        };
        if [widths.offset, widths.length, widths.base, widths.index].iter().any(|w| !matches!(w, 0 | 4 | 8)) {
            return Ok(None);
        }
        let mut out = Self {
            at: found.clone(),
            end: 0,
            locations: Vec::new(),
            version,
            widths,
            extents: Vec::new(),
            by_id: BTreeMap::new(),
        };
        let mut fields = Fields { bytes, at: 6 };
        let Some(count) = fields.number(out.id_width()) else { return Ok(None) };
        for number in 0..count {
            check_limit("segments", number, limits.segments as u64)?;
            if out.entry(&mut fields, limits)?.is_none() {
                return Ok(None);
            }
        }
        out.end = found.payload.start.saturating_add(fields.at as u64);
        Ok(Some(out))
    }

    fn entry(&mut self, fields: &mut Fields<'_>, limits: &Limits) -> Result<Option<()>> {
        let start = self.at.payload.start;
        let here = |fields: &Fields<'_>| start.saturating_add(fields.at as u64);
        let head = |fields: &mut Fields<'_>| {
            let id = fields.narrow::<u32>(self.id_width())?;
            let construction = if self.version == 0 { 0 } else { fields.number(2)? & 15 };
            let reference = fields.narrow::<u16>(2)?;
            let field = here(fields);
            let base = fields.number(self.widths.base)?;
            Some((id, u8::try_from(construction).ok()?, reference, field, base, fields.number(2)?))
        };
        let Some((id, construction, reference, field, base, count)) = head(fields) else { return Ok(None) };
        let first = self.extents.len();
        for _ in 0..count {
            check_limit("segments", self.extents.len() as u64, limits.segments as u64)?;
            let Some(_) = fields.number(self.widths.index) else { return Ok(None) };
            let field = here(fields);
            let (Some(offset), Some(length)) = (fields.number(self.widths.offset), fields.number(self.widths.length))
            else {
                return Ok(None);
            };
            self.extents.push(Extent { field, offset, length });
        }
        self.by_id.entry(id).or_insert(self.locations.len());
        let extents = first..self.extents.len();
        self.locations.push(Location { id, construction, reference, field, base, extents });
        Ok(Some(()))
    }

    /// Bytes of an item's number, and of the number of entries.
    const fn id_width(&self) -> usize {
        if self.version == 2 { 4 } else { 2 }
    }

    /// The entry of an item.
    pub(crate) fn find(&self, id: u32) -> Option<&Location> {
        self.by_id.get(&id).and_then(|at| self.locations.get(*at))
    }

    /// The bytes of an item in their order, counted from `origin`; a length of zero, which stands
    /// for everything, is an empty range.
    pub(crate) fn ranges(&self, location: &Location, origin: u64) -> impl Iterator<Item = Range<u64>> {
        let base = origin.saturating_add(location.base);
        self.extents.get(location.extents.clone()).unwrap_or_default().iter().map(move |extent| {
            let start = base.saturating_add(extent.offset);
            start..start.saturating_add(extent.length)
        })
    }

    /// The edits of one item whose bytes are counted from `origin`, when the byte at `p` moves to
    /// `to(p)` and the run of bytes `grows.0` gains `grows.1` bytes.
    pub(crate) fn moved(
        &self,
        location: &Location,
        origin: u64,
        to: &dyn Fn(u64) -> u64,
        grows: Option<(&Range<u64>, u64)>,
        out: &mut Vec<Edit>,
    ) -> Result<()> {
        let too_far = || Error::Refused(rows::OFFSET_TOO_FAR.problem().at(location.field));
        let mut edit = |at: u64, value: u64, width: usize| -> Result<()> {
            let insert = field(value, width).ok_or_else(too_far)?;
            out.push(Edit { at, remove: width as u64, insert });
            Ok(())
        };
        let away = to(origin).saturating_sub(origin);
        let extents = self.extents.get(location.extents.clone()).unwrap_or_default();
        for (number, (extent, range)) in extents.iter().zip(self.ranges(location, origin)).enumerate() {
            let by = to(range.start).saturating_sub(range.start).saturating_sub(away);
            if by != 0 && self.widths.offset != 0 {
                edit(extent.field, extent.offset.saturating_add(by), self.widths.offset)?;
            } else if by != 0 && number == 0 {
                // Without offsets of their own, all runs of the item start at its base.
                edit(location.field, location.base.saturating_add(by), self.widths.base)?;
            }
            if let Some((_, more)) = grows.filter(|(which, _)| **which == range) {
                let at = extent.field.saturating_add(self.widths.offset as u64);
                edit(at, extent.length.saturating_add(more), self.widths.length)?;
            }
        }
        Ok(())
    }

    /// The edit of the number of entries, for one more.
    pub(crate) fn counted(&self) -> Result<Edit> {
        let width = self.id_width();
        let count = (self.locations.len() as u64).saturating_add(1);
        let insert = field(count, width).ok_or_else(|| no_room(&self.at))?;
        Ok(Edit { at: self.at.payload.start.saturating_add(6), remove: width as u64, insert })
    }

    /// An entry for an item that is one run of bytes of the file.
    pub(crate) fn made(&self, id: u32, run: &Range<u64>) -> Result<Vec<u8>> {
        let Widths { offset, length, base, index } = self.widths;
        let (in_base, in_offset) = if offset == 0 { (run.start, 0) } else { (0, run.start) };
        let mut out = Vec::new();
        for (value, width) in [
            (u64::from(id), self.id_width()),
            (0, if self.version == 0 { 0 } else { 2 }),
            (0, 2),
            (in_base, base),
            (1, 2),
            (0, index),
            (in_offset, offset),
            (run.end.saturating_sub(run.start), length),
        ] {
            out.extend(field(value, width).ok_or_else(|| no_room(&self.at))?);
        }
        Ok(out)
    }

    /// Length of such an entry.
    pub(crate) const fn entry_len(&self) -> u64 {
        let Widths { offset, length, base, index } = self.widths;
        let construction = if self.version == 0 { 0 } else { 2 };
        (self.id_width() + construction + 2 + base + 2 + index + offset + length) as u64
    }
}

/// A table that can't hold one more entry.
pub(crate) fn no_room(table: &BoxAt) -> Error {
    Error::Refused(rows::NO_ROOM.with("part", table.name()).at(table.range.start))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::container::bmff::boxes::SizeForm;
    use proptest::prelude::*;

    fn at(len: usize) -> BoxAt {
        let len = len as u64;
        BoxAt { kind: *b"iloc", uuid: None, range: 92..100 + len, payload: 100..100 + len, size: SizeForm::Short }
    }

    fn width() -> impl Strategy<Value = usize> {
        prop_oneof![Just(0usize), Just(4), Just(8)]
    }

    /// Applies edits that keep the length.
    fn apply(bytes: &mut [u8], edits: &[Edit]) {
        for edit in edits {
            let start = edit.at as usize - 100;
            assert_eq!(edit.remove as usize, edit.insert.len());
            bytes[start..start + edit.insert.len()].copy_from_slice(&edit.insert);
        }
    }

    proptest! {
        #[test]
        fn entries_are_read_as_they_are_made_and_moved_where_they_should(
            version in 0u8..3,
            (offset, length, base, index) in (width(), Just(4usize), width(), width()),
            runs in prop::collection::vec((1u64..1 << 20, 1u64..1 << 20), 0..8),
            place in 0u64..1 << 20,
            by in 0u64..1 << 20,
        ) {
            prop_assume!(offset != 0 || base != 0);
            let index = if version == 0 { 0 } else { index };
            let count = runs.len() as u32;
            let mut bytes = vec![version, 0, 0, 0, (offset << 4 | length) as u8, (base << 4 | index) as u8];
            bytes.extend(field(u64::from(count), if version == 2 { 4 } else { 2 }).unwrap());
            let limits = Limits::default();
            let empty = bytes.iter().take(6).copied().chain([0; 4]).collect::<Vec<_>>();
            let form = Iloc::parse(&empty, &at(empty.len()), &limits).unwrap().unwrap();
            for (id, (start, len)) in runs.iter().enumerate() {
                let made = form.made(id as u32 + 1, &(*start..start + len)).unwrap();
                prop_assert_eq!(made.len() as u64, form.entry_len());
                bytes.extend(made);
            }
            let table = Iloc::parse(&bytes, &at(bytes.len()), &limits).unwrap().unwrap();
            prop_assert_eq!(table.end, 100 + bytes.len() as u64);
            let to = |position: u64| if position >= place { position + by } else { position };
            let mut edits = Vec::new();
            let grows = runs.first().map(|(start, len)| (*start..start + len, 5));
            for (id, (start, len)) in runs.iter().enumerate() {
                let location = table.find(id as u32 + 1).unwrap();
                prop_assert_eq!(table.ranges(location, 0).collect::<Vec<_>>(), vec![*start..start + len]);
                table.moved(location, 0, &to, grows.as_ref().map(|(run, by)| (run, *by)), &mut edits).unwrap();
            }
            apply(&mut bytes, &edits);
            let table = Iloc::parse(&bytes, &at(bytes.len()), &limits).unwrap().unwrap();
            for (id, run) in runs.iter().enumerate() {
                let location = table.find(id as u32 + 1).unwrap();
                let more = if Some(run) == runs.first() { 5 } else { 0 };
                let expected = to(run.0)..to(run.0) + run.1 + more;
                prop_assert_eq!(table.ranges(location, 0).collect::<Vec<_>>(), vec![expected]);
            }
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0u8..9, Just(0x44)], 0..400)) {
            if let Ok(Some(table)) = Iloc::parse(&bytes, &at(bytes.len()), &Limits::default()) {
                for location in &table.locations {
                    let _ = table.ranges(location, u64::MAX).count();
                    let _ = table.moved(location, 7, &|p| p.saturating_add(9), None, &mut Vec::new());
                }
                let _ = table.counted();
            }
        }
    }

    #[test]
    fn runs_that_take_no_bytes_are_bounded() {
        // 65,535 items of 65,535 runs each whose fields have no width.
        let mut bytes = vec![1, 0, 0, 0, 0, 0, 0xFF, 0xFF];
        for id in 0..0xFFFFu16 {
            bytes.extend(id.to_be_bytes());
            bytes.extend([0, 0, 0, 0, 0xFF, 0xFF]);
        }
        assert!(matches!(Iloc::parse(&bytes, &at(bytes.len()), &Limits::default()), Err(Error::Limit(_))));
    }

    #[test]
    fn a_position_that_does_not_fit_is_refused() {
        let mut bytes = vec![0, 0, 0, 0, 0x44, 0, 0, 1];
        bytes.extend([0, 1, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xF0, 0, 0, 0, 9]);
        let table = Iloc::parse(&bytes, &at(bytes.len()), &Limits::default()).unwrap().unwrap();
        let moved = |by: u64| {
            let to = |p: u64| if p == 0 { 0 } else { p + by };
            table.moved(&table.locations[0], 0, &to, None, &mut Vec::new())
        };
        assert!(moved(15).is_ok());
        assert!(matches!(moved(16), Err(Error::Refused(p)) if p.message.code == "heif.offset_too_far"));
    }
}
