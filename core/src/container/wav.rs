//! WAVE, Broadcast Wave (ITU-R BS.1352), and RF64 and BW64, whose lengths stand in `ds64`
//! (ITU-R BS.2088).

use crate::container::riff::{self, Id, Values, Walk, chunk};
use crate::container::{Container, Edit, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Slot, TRAILING};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::riff as rows;
use crate::message::general;
use crate::metadata::id3;
use crate::source::{Source, check_limit};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Wav;

/// Where `ds64` states the length of the file: it is the first chunk.
pub(crate) const RIFF_SIZE: u64 = 20;
/// Most entries that are read of the table of long chunks.
const LONG: u64 = 64;

/// Chunks that hold no text: sound, numbers, fillers.
const NUMBERS: &[&str] = &[
    "fmt ", "data", "ds64", "fact", "cue ", "plst", "smpl", "inst", "PEAK", "levl", "chna", "slnt", "JUNK", "junk",
    "PAD ", "FLLR", "DISP",
];

/// What the head of the file says.
#[derive(Debug)]
pub(crate) struct Form {
    /// Whether lengths stand in `ds64`.
    pub(crate) wide: bool,
    /// The length in the header, before `ds64` is asked.
    stated: u32,
    /// Lengths by name, from `ds64`: first those of the file and of `data`.
    long: Vec<(Id, u64)>,
}

impl Form {
    pub(crate) fn read(source: &mut Source<'_>) -> Result<Self> {
        let Some([a, b, c, d, s0, s1, s2, s3]) = source.array::<8>(0)? else {
            return Ok(Self { wide: false, stated: 0, long: Vec::new() });
        };
        let wide = matches!(&[a, b, c, d], b"RF64" | b"BW64");
        let long = if wide { Self::long(source)? } else { Vec::new() };
        Ok(Self { wide, stated: u32::from_le_bytes([s0, s1, s2, s3]), long })
    }

    fn long(source: &mut Source<'_>) -> Result<Vec<(Id, u64)>> {
        let Some(chunk) = Walk::new(12..source.len()).next(source)?.filter(|c| c.id == *b"ds64") else {
            return Ok(Vec::new());
        };
        let end = chunk.payload.end.min(chunk.payload.start.saturating_add(28 + 12 * LONG));
        let bytes = source.bytes(chunk.payload.start..end, 28 + 12 * LONG, "segments")?;
        let number = |at: usize| bytes.get(at..)?.first_chunk::<8>().map(|b| u64::from_le_bytes(*b));
        let (Some(riff), Some(data)) = (number(0), number(8)) else { return Ok(Vec::new()) };
        let mut out = vec![(*b"RIFF", riff), (*b"data", data)];
        let entries = bytes.get(28..).unwrap_or_default().chunks_exact(12);
        out.extend(entries.filter_map(|e| Some((*e.first_chunk::<4>()?, u64::from_le_bytes(*e.last_chunk::<8>()?)))));
        Ok(out)
    }

    /// The length of the file less 8 bytes; none if it was left open.
    fn size(&self) -> Option<u64> {
        match (self.stated, self.long.first()) {
            (0, _) | (u32::MAX, None) => None,
            (u32::MAX, Some((_, size))) => Some(*size).filter(|size| *size > 0),
            (stated, _) => Some(u64::from(stated)),
        }
    }
}

impl Wav {
    /// Where the RIFF ends, in a file that may be edited.
    pub(crate) fn end(map: &SegmentMap) -> u64 {
        map.trailing().map_or(map.len, |t| t.range.start)
    }

    /// Refuses files whose lengths were left open: what is sound and what follows can't be told.
    pub(crate) fn closed(map: &SegmentMap, source: &mut Source<'_>, form: &Form) -> Result<()> {
        let open = |part: &str, at: u64| Err(Error::Refused(rows::OPEN_END.with("part", part).at(at)));
        if form.size().is_none() {
            return open("RIFF", 4);
        }
        let Some(data) = map.first("data") else { return Ok(()) };
        let stated = source.array::<4>(data.range.start.saturating_add(4))?.map(u32::from_le_bytes);
        let long = form.long.iter().any(|(id, size)| id == b"data" && *size > 0);
        match stated {
            // Players take no length for any length, and would play what is put behind.
            Some(0) => open("data", data.range.start),
            Some(u32::MAX) if !long => open("data", data.range.start),
            _ => Ok(()),
        }
    }

    /// What a chunk holds, if it may hold text.
    fn slot(id: &Id, name: &str) -> Option<Slot> {
        match id {
            b"_PMX" => Some(Slot::Xmp),
            b"C2PA" => Some(Slot::Manifest),
            b"id3 " | b"ID3 " => Some(Slot::item("id3", "")),
            b"bext" => Some(Slot::item("bext", "Description")),
            b"LIST" => None,
            _ if NUMBERS.contains(&name) || !id.iter().all(|b| matches!(b, 0x20..=0x7E)) => None,
            _ => Some(Slot::item("riff", name)),
        }
    }
}

impl Container for Wav {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        let riff = matches!(head.bytes.get(..4), Some(b"RIFF" | b"RF64" | b"BW64"));
        Ok((riff && head.bytes.get(8..12) == Some(b"WAVE")).then_some(Format::Wav))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(format, len);
        map.segments.push(Segment::plain("RIFF", 0..12.min(len)));
        let form = Form::read(source)?;
        if form.wide && form.long.is_empty() {
            riff::broken(&mut map, "ds64", &rows::NO_DS64, &(0..12.min(len)));
            map.damaged = true;
        }
        let mut end = match form.size() {
            Some(size) => riff::form_end(&mut map, size),
            None => len,
        };
        let mut walk = Walk::new(12..end).with(&form.long, form.size().is_none());
        while let Some(mut chunk) = walk.noted(&mut map, source, limits)? {
            let essence = matches!(chunk.name.as_str(), "fmt " | "data" | "LIST wavl");
            let streamed = chunk.id == *b"data" && chunk.stated == 0 && chunk.range.end < len;
            if streamed && (form.size().is_none() || end <= chunk.range.end) {
                // A recorder that never came back to write the lengths: sound to the end.
                (chunk.range.end, chunk.payload.end, end) = (len, len, len);
                walk = Walk::new(len..len);
            }
            let pad = if essence { chunk.payload.end..chunk.range.end } else { 0..0 };
            map.segments.push(Segment {
                slot: Self::slot(&chunk.id, &chunk.name),
                // A pad byte is no sound: one that is missing is added.
                range: chunk.range.start..if pad.is_empty() { chunk.range.end } else { pad.start },
                payload: chunk.payload,
                essence,
                name: chunk.name,
            });
            if !pad.is_empty() {
                map.segments.push(Segment::plain("pad", pad));
            }
        }
        if !map.damaged && (map.first("fmt ").is_none() || !map.segments.iter().any(|s| s.essence && s.name != "fmt "))
        {
            riff::broken(&mut map, "RIFF", &rows::NO_SOUND, &(0..len));
            map.damaged = true;
        }
        riff::trailing(&mut map, end);
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut values = Values::new(limits);
        for segment in map.segments.clone() {
            let part = (segment.name.as_str(), &segment.range);
            match &segment.slot {
                Some(slot @ Slot::Xmp) => values.whole(source, slot.clone(), &segment)?,
                Some(slot @ Slot::Item { place: "id3", .. }) => {
                    // Covers make tags long; a long one is not worth the rest of the file.
                    if segment.payload.end - segment.payload.start <= id3::INSIDE {
                        values.whole(source, slot.clone(), &segment)?;
                    } else {
                        map.findings.push(id3::long(&segment));
                    }
                }
                Some(slot @ Slot::Item { place: "bext", .. }) => {
                    // Description, 256 bytes, is the first field (ITU-R BS.1352 2).
                    let end = segment.payload.end.min(segment.payload.start.saturating_add(256));
                    values.text(source, slot.clone(), part, segment.payload.start..end)?;
                }
                Some(slot @ Slot::Item { .. }) => values.text(source, slot.clone(), part, segment.payload.clone())?,
                None if segment.name == "LIST INFO" => values.info(source, segment.payload.clone(), map)?,
                _ => {}
            }
        }
        Ok(id3::expand(values.found, map, limits))
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let [NewValue { slot: slot @ Slot::Item { place: "riff", key }, bytes }] = values else {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        };
        check_limit("metadata_bytes", bytes.len() as u64, limits.metadata_bytes)?;
        let new = chunk(&riff::id(key)?, bytes)?;
        let form = Form::read(source)?;
        Self::closed(map, source, &form)?;
        let end = Self::end(map);
        let edit = match map.segments.iter().find(|s| s.slot.as_ref() == Some(slot)) {
            Some(old) => Edit { at: old.range.start, remove: old.range.end - old.range.start, insert: new },
            None => {
                let last = map.segments.iter().rev().find(|s| s.name != TRAILING);
                // A manifest store stays last.
                let store = last.filter(|s| s.slot == Some(Slot::Manifest));
                let at = store.map_or(end, |s| s.range.start);
                // The pad byte of the last chunk, if it was left out.
                Edit { at, remove: 0, insert: if at % 2 == 1 { [&[0], &new[..]].concat() } else { new } }
            }
        };
        let edits = vec![edit];
        if !form.wide {
            return riff::finish(map, end, edits, riff::too_long()).map(Placed::from);
        }
        let mut patch = Patch::new(map.len);
        patch.push(Edit { at: 4, remove: 4, insert: u32::MAX.to_le_bytes().to_vec() })?;
        let size = riff::grown(end, &edits).to_le_bytes().to_vec();
        patch.push(Edit { at: RIFF_SIZE, remove: 8, insert: size })?;
        edits.into_iter().try_for_each(|edit| patch.push(edit))?;
        Ok(patch.into())
    }
}
