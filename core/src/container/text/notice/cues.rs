//! Notices in subtitles: a cue before the first one, or beside it where there is no time before it.

use super::charset::Charset;
use super::{encoded, insert_all, line_break};
use crate::container::text::units::{Form, Units};
use crate::container::{Placed, SegmentMap};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::message::notice::text as rows;
use crate::notice::{Moment, TextNotice};
use crate::source::Source;

/// A notice is shown for at least so long and at most so long, in milliseconds.
const LEAST: u64 = 2000;
const MOST: u64 = 5000;
/// How long it is shown beside other cues.
const BESIDE: u64 = 3000;

/// Whether a line of subtitles is words: no number, no times, no keyword.
pub(super) fn is_words(line: &str) -> bool {
    let word = line.split_whitespace().next().unwrap_or_default();
    let number = line.bytes().all(|b| b.is_ascii_digit());
    !number && !line.contains("-->") && !matches!(word, "WEBVTT" | "NOTE" | "STYLE" | "REGION")
}

/// A time `hours:minutes:seconds,thousandths` in milliseconds; WebVTT may leave out the hours.
fn time(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let (whole, part) = text.split_once([',', '.'])?;
    let mut out = 0u64;
    for number in whole.split(':') {
        out = out.checked_mul(60)?.checked_add(number.trim().parse().ok()?)?;
    }
    let part: u64 = part.get(..3).filter(|_| part.len() == 3)?.parse().ok()?;
    out.checked_mul(1000)?.checked_add(part)
}

/// The first cue: where its block begins, its number if that is a number, and its begin.
struct First {
    at: u64,
    number: Option<u64>,
    start: u64,
}

/// Finds the first cue.
fn first(source: &mut Source<'_>, form: Form, bom: u64) -> Result<Option<First>> {
    let len = source.len();
    let mut units = Units::new(source, form, bom, len);
    let mut block: Option<(u64, Vec<u8>)> = None;
    while let Some(line) = units.line()? {
        if line.is(b"") {
            block = None;
            continue;
        }
        let (at, head) = block.get_or_insert_with(|| (line.start, line.text.clone()));
        let Some(arrow) = line.text.windows(3).position(|w| w == b"-->") else { continue };
        let Some(start) = line.text.get(..arrow).and_then(time) else { return Ok(None) };
        let number = std::str::from_utf8(head).ok().and_then(|text| text.trim().parse().ok());
        return Ok(Some(First { at: *at, number, start }));
    }
    Ok(None)
}

/// A line as the text of a cue.
fn cue_text(line: &str, format: Format) -> Result<String> {
    if format == Format::Vtt {
        return Ok(line.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
    }
    // SubRip has no way to write these as themselves.
    let marks = line.contains(['<', '>', '{', '}']) || line.bytes().all(|b| b.is_ascii_digit());
    if marks { Err(Error::Invalid(rows::CHARACTERS.problem())) } else { Ok(line.to_owned()) }
}

fn clock(ms: u64, mark: char) -> String {
    format!("{:02}:{:02}:{:02}{mark}{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000)
}

pub(super) fn put(
    map: &SegmentMap,
    source: &mut Source<'_>,
    notice: &TextNotice,
    (charset, bom): (Charset, u64),
) -> Result<Placed> {
    if notice.at != [Moment::Start] {
        return Err(Error::Unsupported(rows::SUBTITLES.problem()));
    }
    let form = if let Charset::Utf16(form) = charset { form } else { Form::Byte };
    let first = first(source, form, bom)?.ok_or_else(|| Error::Unsupported(rows::NO_CUE.problem()))?;
    let br = line_break(source, form, bom)?;
    let words: Vec<String> = notice.lines.iter().map(|line| cue_text(line, map.format)).collect::<Result<_>>()?;
    let words = words.join(br);
    let beside = first.start < LEAST;
    let end = if beside { BESIDE } else { first.start.min(MOST) };
    let cue = if map.format == Format::Vtt {
        // At the top, so that cues at the same time keep their place.
        let place = if beside { " line:0" } else { "" };
        format!("{} --> {}{place}{br}{words}{br}{br}", clock(0, '.'), clock(end, '.'))
    } else {
        // Players go by the times; the numbers of the other cues stay.
        let number = first.number.map_or(0, |n| n.saturating_sub(1));
        format!("{number}{br}{} --> {}{br}{words}{br}{br}", clock(0, ','), clock(end, ','))
    };
    let patch = insert_all(map, vec![(first.at, encoded(charset, &cue)?)])?;
    let notes = if beside { vec![rows::BESIDE_CUE.with("seconds", LEAST / 1000)] } else { Vec::new() };
    Ok(Placed { notes, ..patch.into() })
}
