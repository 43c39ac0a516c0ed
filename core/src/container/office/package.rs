//! What the grammars on top of ZIP share: finding parts, reading them as text, changing them.

use std::ops::Range;

use crate::container::{RawValue, Slot};
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::container::office as rows;
use crate::source::{Source, check_limit};

use super::edit::Change;
use super::xml::{self, TextEdit, Visitor};
use super::zip::{self, Archive};

/// An archive with the file that holds it.
pub(super) struct Package<'p, 's> {
    pub(super) archive: Archive,
    pub(super) source: &'p mut Source<'s>,
    pub(super) limits: &'p Limits,
    /// Whether names are compared in any case (ISO/IEC 29500-2 6.2.2.3).
    fold: bool,
    /// Most bytes of a part that is read.
    most: usize,
}

/// Names of the parts that a label changes; and the part without which there is no place for one.
pub(super) type Places = (Vec<String>, Option<(String, Problem)>);

/// The values of a part, and why it could not be read to the end.
pub(super) type Reading = (Vec<Value>, Result<(), Problem>);

/// A part read as text.
pub(super) struct Part {
    /// Its entry.
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) text: String,
    /// Bytes of its byte order mark.
    mark: usize,
    /// Why it must not be edited, although it can be read.
    fault: Option<Problem>,
    /// Whether characters outside of ASCII need references.
    pub(super) ascii: bool,
}

impl<'p, 's> Package<'p, 's> {
    pub(super) const fn new(archive: Archive, source: &'p mut Source<'s>, limits: &'p Limits, fold: bool) -> Self {
        Self { archive, source, limits, fold, most: zip::PART }
    }

    /// The same for parts with content, which are larger than those with metadata.
    pub(super) const fn large(mut self) -> Self {
        self.most = usize::MAX;
        self
    }

    pub(super) fn find(&self, name: &str) -> Option<usize> {
        self.archive.find(name, self.fold)
    }

    /// The part of this name as text, or why it can't be had.
    pub(super) fn part(&mut self, name: &str) -> Result<Result<Part, Problem>> {
        let Some((index, entry)) = self.find(name).and_then(|i| Some((i, self.archive.entries.get(i)?))) else {
            return Ok(Err(rows::PART_MISSING.problem()));
        };
        let name = entry.shown();
        let (bytes, mut fault) = match self.archive.part_within(entry, self.source, self.limits, self.most)? {
            Ok(read) => read,
            Err(problem) => return Ok(Err(problem)),
        };
        let wide = |order: fn([u8; 2]) -> u16| {
            let units = bytes.get(2..).unwrap_or_default().chunks_exact(2);
            let units =
                units.map(|unit| order([unit.first().copied().unwrap_or(0), unit.last().copied().unwrap_or(0)]));
            char::decode_utf16(units).collect::<Result<String, _>>().ok()
        };
        let (text, mark) = match bytes.as_slice() {
            [0xFF, 0xFE, ..] => (wide(u16::from_le_bytes), 2),
            [0xFE, 0xFF, ..] => (wide(u16::from_be_bytes), 2),
            [0xEF, 0xBB, 0xBF, rest @ ..] => (String::from_utf8(rest.to_vec()).ok(), 3),
            _ => (String::from_utf8(bytes).ok(), 0),
        };
        let Some(text) = text else { return Ok(Err(rows::XML_ENCODING.problem())) };
        if mark == 2 {
            fault.get_or_insert_with(|| rows::XML_WIDE.problem());
        }
        let ascii = xml::declared_encoding(&text).is_some_and(|name| name != "utf-8");
        Ok(Ok(Part { index, name, text, mark, fault, ascii }))
    }

    /// As [`Package::part`], for an edit.
    pub(super) fn editable(&mut self, name: &str) -> Result<Part> {
        match self.part(name)? {
            Ok(Part { fault: Some(fault), .. }) | Err(fault) => Err(refused(name, fault)),
            Ok(part) => Ok(part),
        }
    }

    /// Refuses documents with a part whose name says that signatures stand there.
    pub(super) fn unsigned(&self, signature: &dyn Fn(&str) -> bool) -> Result<()> {
        match self.archive.entries.iter().find(|e| signature(&e.name().to_ascii_lowercase())) {
            Some(entry) => Err(Error::Refused(rows::OFFICE_SIGNED.with("part", entry.shown()))),
            None => Ok(()),
        }
    }
}

/// That a part can't be edited.
pub(super) fn refused(part: &str, why: impl Into<Problem>) -> Error {
    Error::Refused(rows::OFFICE_PART.with("part", part).because("reason", why))
}

impl Part {
    pub(super) fn scan<'t>(&'t self, limits: &Limits, visitor: &mut dyn Visitor<'t>) -> Result<(), Problem> {
        xml::scan(&self.text, limits, visitor)
    }

    /// As [`Part::scan`], for an edit.
    pub(super) fn study<'t>(&'t self, limits: &Limits, visitor: &mut dyn Visitor<'t>) -> Result<()> {
        self.scan(limits, visitor).map_err(|why| refused(&self.name, why))
    }

    pub(super) fn escape(&self, value: &str, quoted: bool) -> Result<String> {
        let bad = || Error::Refused(rows::OFFICE_VALUE.with("part", &self.name));
        xml::escape(value, quoted, self.ascii).ok_or_else(bad)
    }

    /// The part after edits of its text.
    pub(super) fn edited(&self, mut edits: Vec<TextEdit>) -> Change {
        edits.sort_by_key(|(range, _)| range.start);
        let mut bytes = if self.mark == 3 { vec![0xEF, 0xBB, 0xBF] } else { Vec::new() };
        let mut at = 0usize;
        for (range, text) in edits {
            bytes.extend_from_slice(self.text.get(at..range.start).unwrap_or_default().as_bytes());
            bytes.extend_from_slice(text.as_bytes());
            at = range.end;
        }
        bytes.extend_from_slice(self.text.get(at..).unwrap_or_default().as_bytes());
        Change::Replace { entry: self.index, bytes }
    }
}

/// Values of a document, and which parts could not be read.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) values: Vec<RawValue>,
    pub(super) faults: Vec<(String, Problem, Range<u64>)>,
}

impl Found {
    pub(super) fn fault(&mut self, package: &Package<'_, '_>, name: &str, why: Problem) {
        let entry = package.find(name).and_then(|i| package.archive.entries.get(i));
        let range = entry.map_or(0..0, |e| e.header..e.header.saturating_add(e.packed));
        self.faults.push((name.to_owned(), why, range));
    }

    /// Reads a part and takes what the visitor finds in it.
    pub(super) fn take(
        &mut self,
        package: &mut Package<'_, '_>,
        name: &str,
        read: &dyn Fn(&Part, &Limits) -> Reading,
    ) -> Result<()> {
        let part = match package.part(name)? {
            Ok(part) => part,
            Err(why) => {
                self.fault(package, name, why);
                return Ok(());
            }
        };
        if let Some(why) = &part.fault {
            self.fault(package, name, why.clone());
        }
        let (values, end) = read(&part, package.limits);
        if let Err(why) = end {
            self.fault(package, name, why);
        }
        let Some(entry) = package.archive.entries.get(part.index) else { return Ok(()) };
        let Some(local) = package.archive.local(entry, package.source)? else { return Ok(()) };
        for value in values {
            check_limit("segments", self.values.len() as u64, package.limits.segments as u64)?;
            let plain = entry.method == zip::STORED
                && part.mark != 2
                && part.text.get(value.at.clone()).is_some_and(|raw| raw == value.text);
            let at = local.data.start.saturating_add((part.mark + value.at.start) as u64);
            self.values.push(RawValue {
                slot: Slot::item(value.place, value.key),
                segment: part.name.clone(),
                range: entry.header..local.end(),
                plain_at: plain.then_some(at),
                bytes: value.text.into_bytes(),
                after_essence: false,
            });
        }
        Ok(())
    }
}

/// A value in a part.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) place: &'static str,
    pub(super) key: String,
    pub(super) text: String,
    /// Where it stands in the text of its part.
    pub(super) at: Range<usize>,
}
