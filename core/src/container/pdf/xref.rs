//! Cross-reference sections (ISO 32000-2 7.5.4 and 7.5.8): where each object stands.

use std::collections::BTreeMap;

use crate::error::Result;
use crate::source::{Source, check_limit};

use super::doc::{Doc, Object};
use super::lex::{Lexer, digits, is_space};

/// Where an object stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Free,
    /// At this position, as the file counts positions.
    At(u64),
    /// In an object stream: its number, and the index there.
    Within(u32, u32),
}

/// A run of entries of a table.
#[derive(Debug)]
pub(super) struct Run {
    first: u32,
    count: u32,
    /// Position of the first entry in the file.
    at: u64,
    /// Bytes of an entry: 20, and 19 where a writer left out half of the line end.
    width: u64,
}

/// The entries of a section.
#[derive(Debug)]
pub(super) enum Index {
    Table(Vec<Run>),
    Stream {
        widths: [usize; 3],
        /// First number and count.
        runs: Vec<(u32, u32)>,
        data: Vec<u8>,
    },
    /// Objects found by reading the file through.
    Found(BTreeMap<u32, u64>),
}

fn field(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

impl Index {
    /// Where this section says that an object stands; nothing if it does not know the object.
    pub(super) fn find(&self, number: u32, source: &mut Source<'_>) -> Result<Option<Place>> {
        match self {
            Self::Found(found) => Ok(found.get(&number).map(|at| Place::At(*at))),
            Self::Table(runs) => {
                let Some((run, skip)) = runs.iter().rev().find_map(|run| {
                    let skip = number.checked_sub(run.first).filter(|skip| *skip < run.count)?;
                    Some((run, u64::from(skip)))
                }) else {
                    return Ok(None);
                };
                let at = skip.checked_mul(run.width).and_then(|skip| run.at.checked_add(skip)).unwrap_or(u64::MAX);
                let Some(entry) = source.array::<18>(at)? else { return Ok(None) };
                let kind = entry.last().copied();
                let position = entry.get(..10).and_then(|d| digits(d.trim_ascii()));
                Ok(match (kind, position) {
                    (Some(b'n'), Some(position)) => Some(Place::At(position)),
                    (Some(b'f'), _) => Some(Place::Free),
                    _ => None,
                })
            }
            Self::Stream { widths, runs, data } => {
                let mut before = 0u64;
                for (first, count) in runs {
                    if let Some(skip) = number.checked_sub(*first).filter(|skip| skip < count) {
                        return Ok(Self::record(widths, data, before.saturating_add(u64::from(skip))));
                    }
                    before = before.saturating_add(u64::from(*count));
                }
                Ok(None)
            }
        }
    }

    fn record([a, b, c]: &[usize; 3], data: &[u8], row: u64) -> Option<Place> {
        let width = a + b + c;
        let at = usize::try_from(row).ok()?.checked_mul(width)?;
        let bytes = data.get(at..at.checked_add(width)?)?;
        let (kind, rest) = bytes.split_at_checked(*a)?;
        let (second, third) = rest.split_at_checked(*b)?;
        match if *a == 0 { 1 } else { field(kind) } {
            0 => Some(Place::Free),
            1 => Some(Place::At(field(second))),
            2 => Some(Place::Within(u32::try_from(field(second)).ok()?, u32::try_from(field(third)).ok()?)),
            _ => None,
        }
    }

    fn runs(&self) -> Vec<(u32, u32)> {
        match self {
            Self::Table(runs) => runs.iter().map(|run| (run.first, run.count)).collect(),
            Self::Stream { runs, .. } => runs.clone(),
            Self::Found(found) => found.keys().map(|number| (*number, 1)).collect(),
        }
    }

    /// The first number that no run reaches.
    fn beyond(&self) -> u64 {
        self.runs().iter().map(|(first, count)| u64::from(*first) + u64::from(*count)).max().unwrap_or(0)
    }

    /// The numbers of a section of at most `max` entries.
    pub(super) fn numbers(&self, max: u64) -> Option<Vec<u32>> {
        let runs = self.runs();
        let total = runs.iter().fold(0u64, |sum, (_, count)| sum.saturating_add(u64::from(*count)));
        (total <= max && runs.len() as u64 <= max)
            .then(|| runs.iter().flat_map(|(first, count)| *first..first.saturating_add(*count)).collect())
    }
}

/// A cross-reference section with its trailer.
#[derive(Debug)]
pub(super) struct Section {
    /// Its position as the file counts.
    pub(super) stated: u64,
    pub(super) index: Index,
    /// Of a hybrid file: the stream with the objects that old readers don't see.
    pub(super) hidden: Option<Index>,
    pub(super) trailer: Object,
    pub(super) prev: Option<u64>,
    /// The first number that no entry reaches.
    pub(super) beyond: u64,
}

impl Section {
    pub(super) const fn is_stream(&self) -> bool {
        matches!(self.index, Index::Stream { .. })
    }

    pub(super) fn find(&self, number: u32, source: &mut Source<'_>) -> Result<Option<Place>> {
        let found = self.index.find(number, source)?;
        match (&self.hidden, found) {
            (Some(hidden), None) => hidden.find(number, source),
            _ => Ok(found),
        }
    }
}

/// Reads the runs of a table behind the word `xref`, up to the word `trailer`, whose position is
/// given too.
fn table(doc: &mut Doc<'_, '_>, mut at: u64) -> Result<Option<(Vec<Run>, u64)>> {
    let mut runs = Vec::new();
    for seen in 0u64.. {
        check_limit("segments", seen, doc.limits.segments as u64)?;
        let mut head = [0u8; 96];
        let n = doc.source.read_at(at, &mut head)?;
        let head = head.get(..n).unwrap_or_default();
        let mut lexer = Lexer::new(head, 0);
        if lexer.take(b"trailer").is_some() {
            return Ok(Some((runs, at.saturating_add(lexer.at as u64))));
        }
        let Some((first, count)) = lexer.number().zip(lexer.number()) else { return Ok(None) };
        lexer.space();
        let start = lexer.at;
        // Behind the 18 bytes of the first entry there are one or two bytes of line end.
        let ends = head.get(start.saturating_add(18)..).unwrap_or_default();
        let width = 18 + ends.iter().take_while(|b| is_space(**b)).count().min(3) as u64;
        let (Ok(first), Ok(count)) = (u32::try_from(first), u32::try_from(count)) else { return Ok(None) };
        let here = at.saturating_add(start as u64);
        // Some writers number the head of the free list 1.
        let free = head.get(start..).is_some_and(|entry| entry.starts_with(b"0000000000 65535 f"));
        let first = if first == 1 && free && runs.is_empty() { 0 } else { first };
        at = u64::from(count).checked_mul(width).and_then(|len| here.checked_add(len)).unwrap_or(u64::MAX);
        if at > doc.source.len() {
            return Ok(None);
        }
        if count > 0 {
            runs.push(Run { first, count, at: here, width });
        }
    }
    Ok(None)
}

/// Reads a cross-reference stream.
fn stream(doc: &mut Doc<'_, '_>, object: &Object) -> Result<Option<Index>> {
    let depth = doc.limits.pdf_depth;
    let Some(dict) = object.dict(depth) else { return Ok(None) };
    if dict.name(b"Type").as_deref() != Some(b"XRef") {
        return Ok(None);
    }
    let ints = |key: &[u8], max: usize| -> Option<Vec<u64>> {
        let values = super::lex::array(dict.bytes, dict.get(key)?, depth, max)?;
        values.iter().map(|v| digits(dict.text(v))).collect()
    };
    let widths = ints(b"W", 16).unwrap_or_default();
    let [a, b, c] = widths.as_slice() else { return Ok(None) };
    let width = |w: &u64| usize::try_from(*w).ok().filter(|w| *w <= 8);
    let (Some(a), Some(b), Some(c)) = (width(a), width(b), width(c)) else { return Ok(None) };
    if a + b + c == 0 {
        return Ok(None);
    }
    let size = dict.number(b"Size").unwrap_or(0);
    let index = match dict.get(b"Index") {
        Some(_) => ints(b"Index", doc.limits.segments.saturating_mul(2)),
        None => Some(vec![0, size]),
    };
    let run = |pair: &[u64]| match pair {
        [first, count] => Some((u32::try_from(*first).ok()?, u32::try_from(*count).ok()?)),
        _ => None,
    };
    let Some(runs) = index.and_then(|index| index.chunks(2).map(run).collect::<Option<Vec<_>>>()) else {
        return Ok(None);
    };
    let Some(data) = doc.stream(object)? else { return Ok(None) };
    Ok(doc.decoded(object, &data)?.ok().map(|data| Index::Stream { widths: [a, b, c], runs, data }))
}

/// Whether a section seems to start at this position of the file.
pub(super) fn starts(source: &mut Source<'_>, at: u64) -> Result<bool> {
    let mut head = [0u8; 64];
    let n = source.read_at(at, &mut head)?;
    let head = head.get(..n).unwrap_or_default();
    Ok(Lexer::new(head, 0).take(b"xref").is_some() || Lexer::new(head, 0).head().is_some())
}

/// Reads the section at a position as the file counts; nothing if there is none that can be read.
pub(super) fn section(doc: &mut Doc<'_, '_>, stated: u64) -> Result<Option<Section>> {
    let at = doc.position(stated);
    let mut head = [0u8; 32];
    let n = doc.source.read_at(at, &mut head)?;
    let mut lexer = Lexer::new(head.get(..n).unwrap_or_default(), 0);
    let word = lexer.take(b"xref").map(|()| lexer.at as u64);
    let (index, trailer) = match word {
        Some(skip) => {
            let Some((runs, trailer)) = table(doc, at.saturating_add(skip))? else { return Ok(None) };
            let Some(trailer) = doc.direct(trailer)? else { return Ok(None) };
            (Index::Table(runs), trailer)
        }
        None => {
            let Some(object) = doc.indirect(at)? else { return Ok(None) };
            let Some(index) = stream(doc, &object)? else { return Ok(None) };
            (index, object)
        }
    };
    let depth = doc.limits.pdf_depth;
    let Some(dict) = trailer.dict(depth) else { return Ok(None) };
    let prev = dict.number(b"Prev");
    if prev.is_none() && dict.get(b"Prev").is_some() || dict.number(b"Size").is_none() {
        return Ok(None);
    }
    let hidden = match dict.number(b"XRefStm").filter(|_| word.is_some()) {
        Some(stated) => {
            let at = doc.position(stated);
            let Some(object) = doc.indirect(at)? else { return Ok(None) };
            let Some(index) = stream(doc, &object)? else { return Ok(None) };
            Some(index)
        }
        None => None,
    };
    let beyond = index.beyond().max(hidden.as_ref().map_or(0, Index::beyond));
    Ok(Some(Section { stated, index, hidden, prev, trailer: trailer.clone(), beyond }))
}

/// Objects and trailer of a file whose cross-reference can't be read: every `12 0 obj` counts, the
/// last of each number, and the last trailer that names a catalog.
pub(super) fn rebuild(doc: &mut Doc<'_, '_>) -> Result<Option<Section>> {
    let len = doc.source.len();
    let start = len.saturating_sub(doc.limits.metadata_bytes);
    let bytes = doc.source.bytes(start..len, doc.limits.metadata_bytes, "metadata_bytes")?;
    let mut found = BTreeMap::new();
    let mut trailers = Vec::new();
    let mut at = 0usize;
    while let Some(skip) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| matches!(b, b'o' | b't'))) {
        at += skip;
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(b"trailer") {
            trailers.push(at + 7);
        } else if rest.starts_with(b"obj")
            && found.len() < doc.limits.segments
            && let Some((number, head)) = numbers_before(&bytes, at)
        {
            found.insert(number, start + head as u64);
        }
        at += 1;
    }
    drop(bytes);
    for at in trailers.into_iter().rev().take(16) {
        let Some(trailer) = doc.direct(start + at as u64)? else { continue };
        if trailer.dict(doc.limits.pdf_depth).is_some_and(|dict| dict.reference(b"Root").is_some()) {
            let index = Index::Found(found);
            return Ok(Some(Section { stated: 0, beyond: index.beyond(), index, hidden: None, trailer, prev: None }));
        }
    }
    Ok(None)
}

/// The object number in front of the word `obj`, and where it begins.
fn numbers_before(bytes: &[u8], word: usize) -> Option<(u32, usize)> {
    let mut at = word;
    let mut back = |inside: fn(u8) -> bool| {
        let end = at;
        // No number or gap is longer.
        while at > 0 && end - at < 20 && bytes.get(at - 1).is_some_and(|b| inside(*b)) {
            at -= 1;
        }
        (at < end).then_some(at..end)
    };
    back(is_space)?;
    back(|b| b.is_ascii_digit())?;
    back(is_space)?;
    let number = back(|b| b.is_ascii_digit())?;
    Some((u32::try_from(digits(bytes.get(number.clone())?)?).ok()?, number.start))
}
