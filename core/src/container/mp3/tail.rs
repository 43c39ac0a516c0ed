//! Tags behind the sound: ID3v1, APE, Lyrics3 and ID3v2 with a footer.

use std::ops::Range;

use super::Part;
use crate::container::{RawValue, Slot};
use crate::error::Result;
use crate::limits::Limits;
use crate::metadata::id3::{self, Carried, Header, Tag};
use crate::source::{Source, check_limit};

/// Most tags behind the sound; a file has two or three.
const TAGS: usize = 16;
/// Bytes of an APE header or footer.
const APE: u64 = 32;
/// Most bytes of Lyrics3 version 1, whose start is not stated.
const LYRICS: u64 = 5120;

/// The segment that [`carried`] looks for.
const FIRST: &str = "ID3v1";

/// The fields of ID3v1 among these parts, for a tag in front that would hide them.
pub(super) fn carried(source: &mut Source<'_>, tail: &[Part]) -> Result<Vec<Carried>> {
    let first = tail.iter().find_map(|part| match part {
        Part::Other(name, range) if *name == FIRST => Some(range.start),
        _ => None,
    });
    let Some(at) = first else { return Ok(Vec::new()) };
    Ok(source.array::<{ id3::FIRST_LENGTH }>(at)?.map_or_else(Vec::new, |tag| id3::carried(&tag)))
}

/// Tags behind the sound, which starts at `from`; in file order.
pub(super) fn read(source: &mut Source<'_>, from: u64, limits: &Limits, count: &mut u64) -> Result<Vec<Part>> {
    let mut out = Vec::new();
    let mut end = source.len();
    while out.len() < TAGS {
        let Some(part) = last(source, from, end, limits, count)? else { break };
        end = part.range().start;
        out.push(part);
    }
    out.reverse();
    Ok(out)
}

/// Where a part of `len` bytes before `end` begins, if it leaves the sound a byte.
fn back(from: u64, end: u64, len: u64) -> Option<u64> {
    end.checked_sub(len).filter(|start| *start > from)
}

fn last(source: &mut Source<'_>, from: u64, end: u64, limits: &Limits, count: &mut u64) -> Result<Option<Part>> {
    if let Some(start) = back(from, end, 128)
        && source.array::<3>(start)? == Some(*b"TAG")
    {
        return Ok(Some(Part::Other(FIRST, start..end)));
    }
    if let Some(start) = back(from, end, 227)
        && source.array::<4>(start)? == Some(*b"TAG+")
    {
        return Ok(Some(Part::Other("TAG+", start..end)));
    }
    if let Some(footer) = back(from, end, APE)
        && let Some((size, flags)) = ape(source, footer)?
        && flags & 0x2000_0000 == 0
    {
        let header = if flags & 0x8000_0000 == 0 { 0 } else { APE };
        if let Some(start) = back(from, end, u64::from(size).saturating_add(header)).filter(|_| u64::from(size) >= APE)
        {
            return Ok(Some(Part::Ape(start..end, start.saturating_add(header)..footer)));
        }
    }
    if let Some(footer) = back(from, end, 10)
        && let Some(bytes) = source.array::<10>(footer)?
        && let Some(stated) = Header::parse(bytes, *b"3DI")
        && let Some(start) = back(from, end, stated.len())
        && let Some(tag) = Tag::read(source, start, end, limits, count)?.filter(|tag| tag.range.end == end)
    {
        return Ok(Some(Part::Id3(tag)));
    }
    lyrics(source, from, end)
}

fn lyrics(source: &mut Source<'_>, from: u64, end: u64) -> Result<Option<Part>> {
    let Some(mark) = back(from, end, 9) else { return Ok(None) };
    let start = match source.array::<9>(mark)?.as_ref() {
        Some(b"LYRICS200") => {
            let Some(at) = back(from, mark, 6) else { return Ok(None) };
            let digits = source.array::<6>(at)?.unwrap_or_default();
            let size = std::str::from_utf8(&digits).ok().and_then(|text| text.parse::<u64>().ok());
            size.and_then(|size| back(from, at, size))
        }
        Some(b"LYRICSEND") => {
            let area = end.saturating_sub(LYRICS).max(from.saturating_add(1))..mark;
            let bytes = source.bytes(area.clone(), LYRICS, "metadata_bytes")?;
            let found = bytes.windows(11).rposition(|window| window == b"LYRICSBEGIN");
            found.map(|at| area.start.saturating_add(at as u64))
        }
        _ => None,
    };
    let Some(start) = start else { return Ok(None) };
    let begins = source.array::<11>(start)?.as_ref() == Some(b"LYRICSBEGIN");
    Ok(begins.then_some(Part::Other("Lyrics3", start..end)))
}

/// Size without header, and flags, of an APE header or footer.
fn ape(source: &mut Source<'_>, at: u64) -> Result<Option<(u32, u32)>> {
    let Some(bytes) = source.array::<24>(at)?.filter(|bytes| bytes.starts_with(b"APETAGEX")) else { return Ok(None) };
    let number = |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk::<4>()).map(|b| u32::from_le_bytes(*b));
    Ok(number(12).zip(number(20)))
}

/// An APE tag with a header that stands at `at`.
pub(super) fn ape_from_start(source: &mut Source<'_>, at: u64) -> Result<Option<Part>> {
    let Some((size, flags)) = ape(source, at)?.filter(|(_, flags)| flags & 0x2000_0000 != 0) else { return Ok(None) };
    let items = at.saturating_add(APE);
    let end = items.saturating_add(u64::from(size));
    let footer = if flags & 0x4000_0000 == 0 { APE } else { 0 };
    let inside = u64::from(size) >= footer && end < source.len();
    Ok(inside.then(|| Part::Ape(at..end, items..end.saturating_sub(footer))))
}

/// Adds the text items of an APE tag to `out`, as `ape:KEY`.
pub(super) fn ape_items(
    source: &mut Source<'_>,
    items: Range<u64>,
    limits: &Limits,
    budget: &mut u64,
    out: &mut Vec<RawValue>,
) -> Result<()> {
    let mut at = items.start;
    let mut count = 0u64;
    while items.end.saturating_sub(at) > 10 {
        count += 1;
        check_limit("segments", count, limits.segments as u64)?;
        // Size of the value, flags, a name of 2 to 255 bytes, a zero, the value.
        let head = source.bytes(at..at.saturating_add(8 + 256).min(items.end), 264, "metadata_bytes")?;
        let Some(([s0, s1, s2, s3, flags, _, _, _], rest)) = head.split_first_chunk::<8>() else { break };
        let Some(end) = rest.iter().position(|b| *b == 0) else { break };
        let name = rest.get(..end).unwrap_or_default();
        let start = at.saturating_add(9).saturating_add(end as u64);
        let next = start.saturating_add(u64::from(u32::from_le_bytes([*s0, *s1, *s2, *s3])));
        if name.is_empty() || next > items.end {
            break;
        }
        if flags >> 1 & 3 == 0 {
            *budget = budget.saturating_add(next - start);
            check_limit("metadata_bytes", *budget, limits.metadata_bytes)?;
            out.push(RawValue {
                slot: Slot::item("ape", String::from_utf8_lossy(name)),
                segment: "APE".to_owned(),
                range: at..next,
                plain_at: Some(start),
                bytes: source.bytes(start..next, limits.metadata_bytes, "metadata_bytes")?,
                after_essence: false,
            });
        }
        at = next;
    }
    Ok(())
}
