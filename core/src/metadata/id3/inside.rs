//! Tags inside of other formats' metadata.

use super::{Tag, rows};
use crate::container::{RawValue, Segment, SegmentMap, Slot};
use crate::error::{Problem, Result};
use crate::finding::{self, Finding, Site};
use crate::limits::Limits;
use crate::source::Source;

/// Longest tag that is read inside of another format, in bytes.
pub(crate) const INSIDE: u64 = 4 << 20;

/// Says that a tag is longer than [`INSIDE`].
pub(crate) fn long(segment: &Segment) -> Finding {
    let reason = rows::LONG_TEXT.with("max", INSIDE).at(segment.range.start);
    let found = finding::FILE_VALUE.finding().arg("part", &segment.name).because("reason", reason);
    found.at(Site::new(&segment.name, &segment.range))
}

/// Puts the texts of whole tags in their place, for formats that carry ID3v2 beside their own
/// metadata: values of the place `id3` give way to what stands in them.
pub(crate) fn expand(values: Vec<RawValue>, map: &mut SegmentMap, limits: &Limits) -> Vec<RawValue> {
    let mut out = Vec::new();
    for value in values {
        let Some(base) = value.plain_at.filter(|_| matches!(value.slot, Slot::Item { place: "id3", .. })) else {
            out.push(value);
            continue;
        };
        let (texts, problem) = texts(&value.bytes, limits);
        out.extend(texts.into_iter().map(|text| RawValue {
            range: text.range.start.saturating_add(base)..text.range.end.saturating_add(base),
            plain_at: text.plain_at.map(|at| at.saturating_add(base)),
            segment: value.segment.clone(),
            ..text
        }));
        if let Some(problem) = problem {
            let found = finding::FILE_VALUE.finding().arg("part", &value.segment).because("reason", problem);
            map.findings.push(found.at(Site::new(&value.segment, &value.range)));
        }
    }
    out
}

/// The texts of a tag and the first problem met. Ranges count from the first byte of `tag`.
pub(super) fn texts(tag: &[u8], limits: &Limits) -> (Vec<RawValue>, Option<Problem>) {
    let mut cursor = std::io::Cursor::new(tag);
    let mut out = Vec::new();
    let mut read = || -> Result<Option<Problem>> {
        let mut source = Source::new(&mut cursor, limits)?;
        let (mut count, mut budget) = (0, 0);
        let end = source.len();
        match Tag::read(&mut source, 0, end, limits, &mut count)? {
            Some(tag) => tag.texts(&mut source, limits, &mut budget, &mut out),
            None => Ok(Some(rows::NO_TAG.problem())),
        }
    };
    let problem = read().unwrap_or_else(|error| Some(error.into()));
    (out, problem)
}
