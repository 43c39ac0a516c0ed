//! Notices that people see in documents.
//!
//! Written by insertions at byte positions of the parts that show them; every other entry of the
//! package stays as it is. Read as the words of paragraphs, without mark-up.
//!
//! Signed packages are refused. Protection against editing and tracked changes bind people who
//! edit, not files: a notice is added beside them and is no tracked change.

use crate::container::{Placed, Shown};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::office as rows;
use crate::message::notice::document as own;
use crate::message::{codec as lines, write};
use crate::notice::{Moment, TextNotice};
use crate::source::Source;

use super::package::{Package, Part};
use super::xml::Scope;
use super::zip::Archive;
use super::{edit, folds};

mod book;
mod cells;
mod draft;
mod drawing;
mod opendocument;
mod relations;
mod shapes;
mod sheet;
mod slide;
mod spill;
mod word;

use draft::Draft;

/// Most lines of a notice, and characters of a line.
const LINES: usize = 8;
const CHARACTERS: usize = 120;
/// Most parts of one kind that are looked at for words at the beginning, the middle and the end.
const PARTS: usize = 16;

/// Checks what every format asks of a notice.
pub(in crate::container) fn check(notice: &TextNotice) -> Result<()> {
    let invalid = |problem| Err(Error::Invalid(problem));
    if notice.lines.is_empty() {
        return invalid(lines::NOTICE_EMPTY.with("line", 1));
    }
    if notice.lines.len() > LINES {
        return invalid(lines::NOTICE_LINES.with("max", LINES));
    }
    if notice.at.is_empty() {
        return invalid(own::NO_MOMENT.problem());
    }
    for (number, line) in (1usize..).zip(&notice.lines) {
        if line.trim().is_empty() {
            return invalid(lines::NOTICE_EMPTY.with("line", number));
        }
        if line.chars().count() > CHARACTERS {
            return invalid(lines::NOTICE_CHARS.with("line", number).arg("max", CHARACTERS));
        }
        if line.chars().any(char::is_control) {
            return invalid(own::CONTROL.with("line", number));
        }
    }
    Ok(())
}

/// The lines with the tag of their language, where it is a tag.
fn tagged(notice: &TextNotice) -> impl Iterator<Item = (&str, Option<&str>)> {
    let is_tag = |tag: &&str| {
        let inside = tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        inside && (2..=35).contains(&tag.len()) && tag.starts_with(|c: char| c.is_ascii_alphabetic())
    };
    let language = move |at: usize| notice.languages.get(at).map(String::as_str).filter(is_tag);
    notice.lines.iter().enumerate().map(move |(at, line)| (line.as_str(), language(at)))
}

/// A prefix for a namespace, and the declaration that it needs.
struct Prefix {
    name: String,
    declaration: String,
}

impl Prefix {
    /// The one that is in force, else `wanted`, declared.
    fn of(scope: &Scope, namespace: &str, wanted: &str) -> Self {
        match scope.prefix(namespace) {
            Some(name) => Self { name, declaration: String::new() },
            None => Self::fresh(namespace, wanted),
        }
    }

    fn fresh(namespace: &str, wanted: &str) -> Self {
        Self { name: wanted.to_owned(), declaration: format!(" xmlns:{wanted}=\"{namespace}\"") }
    }
}

/// Escapes the text of a line for a part.
type Escape<'e> = &'e dyn Fn(&str) -> Result<String>;

fn escape_in(part: &Part) -> impl Fn(&str) -> Result<String> {
    |line| part.escape(line, false)
}

/// As for a part that is written anew.
fn escape_new(line: &str) -> Result<String> {
    let bad = || Error::Refused(rows::OFFICE_VALUE.with("part", "XML"));
    super::xml::escape(line, false, false).ok_or_else(bad)
}

/// Whether a value of "on or off" says off.
fn is_off(value: Option<&str>) -> bool {
    value.is_some_and(|value| matches!(value.trim(), "0" | "false" | "off"))
}

/// The widths of characters, roughly: of Han and other wide ones 1 em, of others 0.6.
fn width_em(line: &str) -> f64 {
    line.chars().map(|c| if u32::from(c) >= 0x1100 { 1.0 } else { 0.6 }).sum()
}

/// The edits that put a notice into a document.
pub(super) fn put(format: Format, source: &mut Source<'_>, notice: &TextNotice, limits: &Limits) -> Result<Placed> {
    check(notice)?;
    let archive = Archive::read(source, limits)?;
    let mut package = Package::new(archive, source, limits, folds(format)).large();
    let mut draft = Draft::default();
    match format {
        Format::Docx => word::put(&mut package, &mut draft, notice)?,
        Format::Pptx => slide::put(&mut package, &mut draft, notice)?,
        Format::Xlsx => sheet::put(&mut package, &mut draft, notice)?,
        Format::Epub => book::put(&mut package, &mut draft, notice)?,
        Format::Odt => opendocument::put(&mut package, &mut draft, notice)?,
        _ => return Err(Error::Unsupported(write::NO_NOTICE.with("format", format.row().name))),
    }
    let (changes, notes) = draft.finish(&mut package)?;
    let archive = package.archive;
    Ok(Placed { notes, ..edit::patch(&archive, source, changes)?.into() })
}

/// The words that people see in a document. Parts that can't be read give nothing.
pub(super) fn shown(format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
    let archive = Archive::read(source, limits)?;
    let mut package = Package::new(archive, source, limits, folds(format)).large();
    match format {
        Format::Docx => word::shown(&mut package),
        Format::Pptx => slide::shown(&mut package),
        Format::Xlsx => cells::shown(&mut package),
        Format::Epub => book::shown(&mut package),
        Format::Odt | Format::Ods | Format::Odp => opendocument::shown(&mut package),
        _ => Ok(Vec::new()),
    }
}

/// Of so many parts, those that are looked at, with the place of each.
fn looked_at(count: usize) -> impl Iterator<Item = (usize, Moment)> {
    let middle = count.saturating_sub(PARTS) / 2..(count / 2).saturating_add(PARTS / 2);
    let near = move |at: &usize| *at < PARTS || at.saturating_add(PARTS) >= count || middle.contains(at);
    let place = move |at: usize| match at {
        0 => Moment::Start,
        _ if at.saturating_add(1) == count => Moment::End,
        _ => Moment::Middle,
    };
    (0..count).filter(near).map(move |at| (at, place(at)))
}

/// Words of one part, before their place is known.
fn passages(package: &mut Package<'_, '_>, part: &Part, texts: Vec<String>, at: Moment) -> Result<Vec<Shown>> {
    let range = match package.archive.entries.get(part.index) {
        Some(entry) => package.archive.local(entry, package.source)?.map(|local| entry.header..local.end()),
        None => None,
    };
    let range = range.unwrap_or(0..0);
    let one = |text| Shown { text, part: part.name.clone(), range: range.clone(), at };
    Ok(texts.into_iter().filter(|text: &String| !text.trim().is_empty()).map(one).collect())
}

/// Those within the bound on text, from the first on.
fn bounded(passages: Vec<Shown>, limits: &Limits) -> Vec<Shown> {
    let mut room = limits.shown_bytes;
    let fits = |passage: &Shown| {
        let before = room;
        room = room.saturating_sub(passage.text.len());
        before >= passage.text.len()
    };
    passages.into_iter().take_while(fits).collect()
}
