//! Notices in texts: where they may stand in each format, and the words that people see.

use crate::container::text::units::{Form, Units};
use crate::container::{Patch, Placed, SegmentMap, Shown};
use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::text as rows;
use crate::message::write;
use crate::notice::TextNotice;
use crate::source::Source;

pub(in crate::container) mod charset;
mod cues;
pub(crate) mod markdown;
pub(crate) mod message;
mod plain;
pub(crate) mod program;
mod shown;
#[cfg(test)]
mod tests;

pub(in crate::container) use shown::Collector;

use charset::Charset;

/// Most lines of a notice, and most characters of one.
const LINES: usize = 8;
const CHARS: usize = 120;

/// Whether a character may stand in a line of a notice: no control, no separator of lines, nothing
/// that hides or turns the text around it.
fn fits(c: char) -> bool {
    !(c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}' | '\u{E000}'..='\u{F8FF}'))
}

/// Checks what every format asks of a notice.
///
/// # Errors
/// [`Error::Invalid`].
pub(crate) fn check(notice: &TextNotice) -> Result<()> {
    let line = |line: &String| line.chars().count() <= CHARS && line.chars().all(fits) && line.trim() == line.as_str();
    let sound = (1..=LINES).contains(&notice.lines.len())
        && notice.lines.iter().all(|text| !text.is_empty() && line(text))
        && (notice.languages.is_empty() || notice.languages.len() == notice.lines.len());
    if !sound {
        return Err(Error::Invalid(rows::LINES.with("lines", LINES).arg("chars", CHARS)));
    }
    let ordered = notice.at.windows(2).all(|pair| matches!(pair, [a, b] if a < b));
    if notice.at.is_empty() || !ordered {
        return Err(Error::Invalid(rows::PLACES.problem()));
    }
    Ok(())
}

/// The line break that a text uses first.
pub(in crate::container) fn line_break(source: &mut Source<'_>, form: Form, bom: u64) -> Result<&'static str> {
    let len = source.len();
    let mut units = Units::new(source, form, bom, len);
    Ok(match units.skip_to(|b| matches!(b, b'\n' | b'\r'))? {
        Some(b'\r') => {
            units.next()?;
            if units.peek()? == Some(b'\n') { "\r\n" } else { "\r" }
        }
        _ => "\n",
    })
}

/// The line break that a text uses first.
pub(crate) fn break_of(text: &str) -> &'static str {
    match text.find(['\n', '\r']).and_then(|at| text.get(at..)) {
        Some(rest) if rest.starts_with("\r\n") => "\r\n",
        Some(rest) if rest.starts_with('\r') => "\r",
        _ => "\n",
    }
}

/// The breaks that are missing at the end of `text` for an empty line before what follows.
pub(in crate::container) fn gap(text: &str) -> usize {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    match () {
        () if unix.is_empty() || unix.ends_with("\n\n") => 0,
        () if unix.ends_with('\n') => 1,
        () => 2,
    }
}

/// Text in the encoding of the file.
fn encoded(charset: Charset, text: &str) -> Result<Vec<u8>> {
    charset.encode(text).ok_or_else(|| Error::Invalid(rows::CHARACTERS.problem()))
}

/// Why a format has no place for a notice.
fn unsupported(problem: Problem) -> Error {
    Error::Unsupported(problem)
}

pub(super) fn put(map: &SegmentMap, source: &mut Source<'_>, notice: &TextNotice, limits: &Limits) -> Result<Placed> {
    check(notice)?;
    let (form, bom) = super::form(source)?;
    match map.format {
        Format::Json => return message::put(map, source, notice, limits),
        Format::Srt | Format::Vtt => {}
        Format::Csv => return Err(unsupported(rows::TABLE.problem())),
        Format::Txt | Format::Markdown => {}
        _ => return Err(unsupported(write::NO_NOTICE.with("format", map.format.row().name))),
    }
    let charset = Charset::detect(source, form, bom)?.ok_or_else(|| Error::Unsupported(rows::ENCODING.problem()))?;
    let mut placed = match map.format {
        Format::Markdown => markdown::put(map, source, notice, (charset, form, bom), limits)?,
        Format::Srt | Format::Vtt => cues::put(map, source, notice, (charset, bom))?,
        _ => plain::put(map, source, notice, (charset, form, bom))?.into(),
    };
    if charset == Charset::Gb18030 {
        placed.notes.push(rows::TAKEN_FOR.with("encoding", "GB18030"));
    }
    Ok(placed)
}

pub(super) fn shown(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
    let (form, bom) = super::form(source)?;
    let part = map.format.row().name;
    match map.format {
        Format::Json => message::shown(map, source, limits),
        Format::Markdown => markdown::shown(map, source, (form, bom), limits),
        Format::Txt => shown::lines(source, (form, bom), limits, part, |_| true),
        Format::Srt | Format::Vtt => shown::lines(source, (form, bom), limits, part, cues::is_words),
        _ => Ok(Vec::new()),
    }
}

/// Adds insertions in order of place.
fn insert_all(map: &SegmentMap, mut pieces: Vec<(u64, Vec<u8>)>) -> Result<Patch> {
    pieces.sort_by_key(|(at, _)| *at);
    let mut patch = Patch::new(map.len);
    for (at, bytes) in pieces {
        patch.insert(at, bytes)?;
    }
    Ok(patch)
}

/// Why there is no place in the middle.
fn no_middle() -> Error {
    Error::Refused(rows::NO_MIDDLE.problem())
}
