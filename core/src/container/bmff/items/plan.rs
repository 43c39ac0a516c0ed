//! Edits of a file of items: what is inserted where, which boxes become longer, and every position
//! that moves by it.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::container::bmff::boxes::{BoxAt, SizeForm};
use crate::container::bmff::items::File;
use crate::container::bmff::offsets;
use crate::container::{Edit, Patch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::general;
use crate::source::Source;

/// What is inserted where, and what becomes longer by it.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    pub(crate) edits: Vec<Edit>,
    /// Bytes inserted in front of a position.
    moves: Vec<(u64, u64)>,
    /// Boxes and what they gain, by their start.
    gains: BTreeMap<u64, (BoxAt, u64)>,
}

impl Plan {
    pub(crate) fn gain(&mut self, found: &BoxAt, by: u64) {
        let (_, gained) = self.gains.entry(found.range.start).or_insert_with(|| (found.clone(), 0));
        *gained = gained.saturating_add(by);
    }

    /// Inserts `by` bytes at `at`, which every one of `boxes` gains.
    pub(crate) fn grow(&mut self, at: u64, by: u64, boxes: &[&BoxAt]) {
        self.moves.push((at, by));
        boxes.iter().for_each(|found| self.gain(found, by));
    }

    /// Where the byte at `position` will stand.
    pub(crate) fn to(&self, position: u64) -> u64 {
        let moved = self.moves.iter().filter(|(at, _)| position >= *at);
        moved.fold(position, |to, (_, by)| to.saturating_add(*by))
    }

    /// Corrects the samples of tracks, and how far all items are moved; `at` is the last position
    /// at which bytes are inserted.
    pub(crate) fn correct(
        &mut self,
        file: &File,
        source: &mut Source<'_>,
        at: u64,
        grows: Option<(&Range<u64>, u64)>,
        limits: &Limits,
    ) -> Result<()> {
        let by = self.moves.iter().fold(0u64, |sum, (_, by)| sum.saturating_add(*by));
        let tables = offsets::edits(source, &file.top, at, by, limits)?;
        if let Some(moov) = file.top.iter().find(|b| &b.kind == b"moov") {
            // Tables of positions may have become wider.
            let inside = tables.iter().filter(|edit| moov.range.contains(&edit.at));
            let (added, removed) = inside.fold((0u64, 0u64), |(added, removed), edit| {
                (added.saturating_add(edit.insert.len() as u64), removed.saturating_add(edit.remove))
            });
            match added.saturating_sub(removed) {
                0 => {}
                wider => self.moves.push((moov.range.end, wider)),
            }
        }
        self.edits.extend(tables);
        let mut edits = Vec::new();
        for meta in file.all() {
            let Some(places) = &meta.places else { continue };
            for location in &places.locations {
                if let Some(origin) = meta.origin(location) {
                    places.moved(location, origin, &|position| self.to(position), grows, &mut edits)?;
                }
            }
        }
        self.edits.extend(edits);
        Ok(())
    }

    pub(crate) fn finish(mut self, len: u64) -> Result<Patch> {
        for (found, by) in self.gains.values() {
            let size = (found.range.end - found.range.start).saturating_add(*by);
            let (at, insert) = match found.size {
                SizeForm::Long => (found.range.start.saturating_add(8), size.to_be_bytes().to_vec()),
                SizeForm::Short | SizeForm::ToEnd => {
                    let size = u32::try_from(size)
                        .map_err(|_| Error::Refused(general::TOO_LARGE.with("part", found.name())))?;
                    (found.range.start, size.to_be_bytes().to_vec())
                }
            };
            self.edits.push(Edit { at, remove: insert.len() as u64, insert });
        }
        // What is inserted at a place stands before what is replaced there.
        self.edits.sort_by_key(|edit| (edit.at, edit.remove != 0));
        let mut patch = Patch::new(len);
        self.edits.into_iter().try_for_each(|edit| patch.push(edit))?;
        Ok(patch)
    }
}
