//! WebVTT: comments in `NOTE` blocks, the label's own directly behind the header.

use super::units::{Form, Line, Units};
use crate::container::{ASIDE, Edit, Patch, Segment, SegmentMap, Slot};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::general;
use crate::source::{Source, check_limit};

/// Whether a text begins with the signature of WebVTT (WebVTT 4.1).
pub(super) fn begins(units: &[u8]) -> bool {
    let Some(rest) = units.strip_prefix(b"WEBVTT") else { return false };
    matches!(rest.first(), None | Some(b' ' | b'\t' | b'\n' | b'\r'))
}

/// The word behind `NOTE` that an object follows, as the label is written, and where that object
/// begins in the line.
fn named(text: &[u8]) -> Option<(String, usize)> {
    let rest = text.get(5..)?;
    let end = rest.iter().position(|b| *b == b' ').filter(|end| *end > 0)?;
    let key = std::str::from_utf8(rest.get(..end)?).ok()?;
    let behind = rest.get(end..)?;
    let value = behind.trim_ascii_start();
    value.starts_with(b"{").then(|| (key.to_owned(), 5 + end + behind.len() - value.len()))
}

/// A comment block that begins with this line (WebVTT 4.1), if it is one.
fn note(line: &Line) -> Option<Segment> {
    let rest = line.text.strip_prefix(b"NOTE")?;
    if !matches!(rest.first(), None | Some(b' ' | b'\t')) {
        return None;
    }
    let (slot, skip) = match named(&line.text) {
        Some((key, skip)) => (Slot::item(PLACE, key), skip),
        None => (Slot::Comment, line.text.len().min(5)),
    };
    Some(Segment {
        name: "NOTE".to_owned(),
        range: line.start..line.text_end,
        payload: line.start + skip as u64..line.text_end,
        slot: Some(slot),
        essence: true,
    })
}

/// Whether a block is the label's own: its name, an object and nothing else, and no arrow, with
/// which a player begins a cue.
fn is_own(note: &Segment, source: &mut Source<'_>, limits: &Limits) -> Result<bool> {
    let named = matches!(&note.slot, Some(Slot::Item { key, .. }) if key == ASIDE);
    let length = note.payload.end - note.payload.start;
    if !named || length > limits.metadata_bytes {
        return Ok(false);
    }
    let value = source.bytes(note.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
    let arrow = value.windows(3).any(|w| w == b"-->");
    Ok(!arrow && value.starts_with(b"{") && serde_json::from_slice::<serde::de::IgnoredAny>(&value).is_ok())
}

/// A comment whose first word names it.
const PLACE: &str = "note";

/// The header, the break behind it, and every comment. The lines without text behind the header
/// and behind the label's own block are no content: that block brings its own along.
pub(super) fn parts(source: &mut Source<'_>, bom: u64, limits: &Limits) -> Result<Vec<Segment>> {
    let len = source.len();
    let mut units = Units::new(source, Form::Byte, bom, len);
    let (mut header, mut blank) = (bom, false);
    while let Some(line) = units.line()? {
        if line.is_blank() {
            blank = true;
            break;
        }
        header = line.text_end;
    }
    let mut notes: Vec<(Segment, u64)> = Vec::new();
    let mut open: Option<(Segment, u64)> = None;
    let (mut inside, mut first) = (false, None);
    while let Some(line) = units.line()? {
        check_limit("segments", notes.len() as u64, limits.segments as u64)?;
        if line.is_blank() {
            inside = false;
        } else if inside {
            if let Some((note, _)) = &mut open {
                note.payload.end = line.text_end;
                note.range.end = line.text_end;
            }
        } else {
            inside = true;
            first.get_or_insert(line.start);
            notes.extend(open.take());
            open = note(&line).map(|note| (note, line.end));
        }
        if let Some((_, behind)) = open.as_mut() {
            *behind = line.end;
        }
    }
    notes.extend(open);
    let mut out = vec![Segment { essence: true, ..Segment::plain("header", bom..header) }];
    let behind = first.unwrap_or(len);
    if behind > header {
        out.push(Segment::plain(if blank { "blank" } else { "break" }, header..behind));
    }
    let mut own = false;
    for (mut note, behind) in notes {
        if !own && is_own(&note, source, limits)? {
            own = true;
            note.essence = false;
            note.range.end = behind;
        }
        out.push(note);
    }
    Ok(out)
}

pub(super) fn put(map: &SegmentMap, source: &mut Source<'_>, (key, value): (&str, &str)) -> Result<Patch> {
    if value.contains(['\r', '\n']) {
        return Err(Error::Internal(general::BAD_PIECES.problem()));
    }
    // An arrow would begin a cue; in an object it stands in a string.
    let value = value.replace("-->", "--\\u003e");
    let mut patch = Patch::new(map.len);
    let mut there = map.segments.iter().filter(|s| s.slot == Some(Slot::item(PLACE, key)));
    let first = there.clone().next();
    if let Some(note) = there.find(|s| !s.essence).or(first) {
        let (at, remove) = (note.payload.start, note.payload.end - note.payload.start);
        patch.push(Edit { at, remove, insert: value.into_bytes() })?;
        return Ok(patch);
    }
    let header = map.first("header").map_or(0, |header| header.range.end);
    let line = match source.bytes(header..header + 2, 2, "metadata_bytes")?.as_slice() {
        [b'\r', b'\n'] => "\r\n",
        [b'\r', ..] => "\r",
        _ => "\n",
    };
    let (at, before) = match (map.first("blank"), map.first("break")) {
        (Some(blank), _) => (blank.range.end, String::new()),
        (None, Some(_)) => (map.len, line.to_owned()),
        (None, None) => (map.len, line.repeat(2)),
    };
    patch.insert(at, format!("{before}NOTE {key} {value}{line}{line}").into_bytes())?;
    Ok(patch)
}
