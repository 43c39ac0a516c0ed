//! A PDF file as a set of objects, read one by one as they are asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::rc::Rc;

use crate::container::inflate;
use crate::error::{Problem, Result};
use crate::limits::Limits;
use crate::message::container::pdf as rows;
use crate::source::{Source, check_limit, limit_error};

use super::filter;
use super::lex::{self, Dict, Entry, Kind, Lexer, Reference, Value};
use super::xref::{self, Place, Section};

/// A value and the bytes that it stands in.
#[derive(Debug, Clone)]
pub(super) struct Object {
    pub(super) bytes: Rc<Vec<u8>>,
    pub(super) value: Value,
    /// Position of the first of `bytes` in the file, if they stand there as they are.
    pub(super) at: Option<u64>,
    /// The head of the object, if this is one as a whole.
    pub(super) reference: Option<Reference>,
    /// The entries of a dictionary that is asked for often.
    entries: Option<Rc<Vec<Entry>>>,
}

impl Object {
    pub(super) fn dict(&self, depth: usize) -> Option<Dict<'_>> {
        match &self.entries {
            Some(entries) => {
                Some(Dict { bytes: &self.bytes, entries: Rc::clone(entries), range: self.value.range.clone() })
            }
            None => Dict::parse(&self.bytes, &self.value, depth),
        }
    }

    pub(super) fn text(&self) -> &[u8] {
        self.bytes.get(self.value.range.clone()).unwrap_or_default()
    }

    /// A value that stands in this object.
    pub(super) fn part(&self, value: &Value) -> Self {
        Self { bytes: Rc::clone(&self.bytes), value: value.clone(), at: self.at, reference: None, entries: None }
    }

    /// Where the value stands in the file.
    pub(super) fn place(&self) -> Option<Range<u64>> {
        let at = self.at?;
        Some(at.saturating_add(self.value.range.start as u64)..at.saturating_add(self.value.range.end as u64))
    }

    /// The bytes of a name.
    pub(super) fn name(&self) -> Option<Vec<u8>> {
        (self.value.kind == Kind::Name).then(|| lex::name(self.text()))
    }

    /// The bytes that a string stands for.
    pub(super) fn string(&self) -> Option<Vec<u8>> {
        lex::string(self.value.kind, self.text())
    }
}

/// An open file.
#[derive(Debug)]
pub(super) struct Doc<'d, 's> {
    pub(super) source: &'d mut Source<'s>,
    pub(super) limits: &'d Limits,
    /// Added to every position that the file states.
    pub(super) base: u64,
    /// Whether the file's positions can be understood in two ways.
    pub(super) ambiguous: bool,
    /// The newest first.
    pub(super) sections: Vec<Section>,
    /// Behind the number of the last `startxref`.
    pub(super) end: u64,
    /// Why the objects had to be searched for.
    pub(super) broken: Option<Problem>,
    /// Bytes read and inflated so far, against lies that make reading cost.
    spent: u64,
    /// The catalog of the newest revision.
    root: Option<Object>,
    /// Inflated object streams by their position.
    streams: BTreeMap<u64, Rc<Vec<u8>>>,
    /// Numbers and positions of the objects in them.
    tables: BTreeMap<u64, Rc<Vec<(u64, u64)>>>,
}

/// Position of `%PDF-` within the first 1,024 bytes.
pub(super) fn header(head: &[u8]) -> Option<usize> {
    let head = head.get(..head.len().min(1024))?;
    head.windows(5).position(|w| w == b"%PDF-")
}

/// The number of the last `startxref` before `end`, and where its digits end.
pub(super) fn start_before(source: &mut Source<'_>, end: u64) -> Result<Option<(u64, u64)>> {
    const WORD: &[u8] = b"startxref";
    let from = end.saturating_sub(TAIL);
    let tail = source.bytes(from..end, TAIL, "metadata_bytes")?;
    let Some(at) = tail.windows(WORD.len()).rposition(|w| w == WORD) else { return Ok(None) };
    let mut lexer = Lexer::new(&tail, at + WORD.len());
    Ok(lexer.number().map(|stated| (stated, from.saturating_add(lexer.at as u64))))
}

/// How far from the end the last `startxref` and signs of a signature are searched for.
pub(super) const TAIL: u64 = 64 << 10;
/// How often a reference may lead to another one.
const HOPS: usize = 8;
/// Filters on one stream.
const FILTERS: usize = 8;

impl<'d, 's> Doc<'d, 's> {
    /// Opens a file. Where its cross-reference can't be read, objects are searched for and
    /// [`Doc::broken`] says why; without any section nothing was found.
    pub(super) fn open(source: &'d mut Source<'s>, limits: &'d Limits) -> Result<Self> {
        let len = source.len();
        let mut doc = Self {
            source,
            limits,
            base: 0,
            ambiguous: false,
            sections: Vec::new(),
            end: len,
            broken: None,
            spent: 0,
            root: None,
            streams: BTreeMap::new(),
            tables: BTreeMap::new(),
        };
        if let Some(problem) = doc.read_sections()? {
            doc.search(problem)?;
        } else if doc.is_encrypted() {
            // Object streams can't be read: what is missing is not damage.
        } else if doc.catalog()?.is_none() {
            doc.search(rows::NO_CATALOG.problem())?;
        } else if let Some(info) = doc.info_reference()
            && !matches!(doc.place(info.number, 0)?, None | Some(Place::Free))
            && doc.object(info, 0)?.is_none()
        {
            doc.search(rows::OBJECT.with("object", info))?;
        }
        Ok(doc)
    }

    fn search(&mut self, problem: Problem) -> Result<()> {
        self.broken = Some(problem);
        self.base = 0;
        self.root = None;
        self.sections.clear();
        self.streams.clear();
        let found = xref::rebuild(self)?;
        self.sections.extend(found);
        Ok(())
    }

    fn read_sections(&mut self) -> Result<Option<Problem>> {
        let mut head = [0u8; 1024];
        let n = self.source.read_at(0, &mut head)?;
        let shift = header(head.get(..n).unwrap_or_default()).unwrap_or(0) as u64;
        let Some((start, end)) = start_before(self.source, self.source.len())? else {
            return Ok(Some(rows::NO_START.problem()));
        };
        self.end = end;
        if shift > 0 {
            let shifted = xref::starts(self.source, start.saturating_add(shift))?;
            let plain = xref::starts(self.source, start)?;
            self.ambiguous = shifted && plain;
            self.base = if shifted { shift } else { 0 };
        }
        let mut next = Some(start);
        let mut seen = BTreeSet::new();
        while let Some(stated) = next {
            check_limit("pdf_sections", self.sections.len() as u64, self.limits.pdf_sections as u64)?;
            if !seen.insert(stated) {
                return Ok(Some(rows::CYCLE.problem().at(self.position(stated))));
            }
            let Some(section) = xref::section(self, stated)? else {
                return Ok(Some(rows::SECTION.problem().at(self.position(stated))));
            };
            next = section.prev;
            self.sections.push(section);
        }
        Ok(None)
    }

    /// Where a position that the file states lies in it.
    pub(super) const fn position(&self, stated: u64) -> u64 {
        stated.saturating_add(self.base)
    }

    /// What was read so far counts no longer against the bound; gives how much that was, for a
    /// bound of another kind.
    pub(super) const fn forget(&mut self) -> u64 {
        std::mem::replace(&mut self.spent, 0)
    }

    fn spend(&mut self, bytes: u64) -> Result<()> {
        self.spent = self.spent.saturating_add(bytes);
        check_limit("metadata_bytes", self.spent, self.limits.metadata_bytes.saturating_mul(2))
    }

    /// Reads the object at a position of the file, head included or as a bare value.
    fn read(&mut self, at: u64, head: bool) -> Result<Option<Object>> {
        let max = self.limits.pdf_object_bytes.min(self.limits.metadata_bytes);
        let mut want = 1024u64.min(max);
        loop {
            let mut bytes = self.source.bytes(at..at.saturating_add(want), max, "pdf_object_bytes")?;
            self.spend(bytes.len() as u64)?;
            let mut lexer = Lexer::new(&bytes, 0);
            let reference = if head { lexer.head() } else { None };
            if head && reference.is_none() {
                return Ok(None);
            }
            let value = lexer.value(self.limits.pdf_depth);
            // What ends close to the end of what was read, a reference say, may go on behind it.
            let cut = bytes.len() as u64 == want && lexer.at.saturating_add(32) >= bytes.len();
            match value {
                Some(value) if !cut => {
                    bytes.truncate(value.range.end);
                    let bytes = Rc::new(bytes);
                    return Ok(Some(Object { bytes, value, at: Some(at), reference, entries: None }));
                }
                None if !cut => return Ok(None),
                _ => {}
            }
            if want >= max {
                return Err(limit_error("pdf_object_bytes", want.saturating_add(1), max));
            }
            want = want.saturating_mul(8).min(max);
        }
    }

    /// The object whose head stands at this position of the file.
    pub(super) fn indirect(&mut self, at: u64) -> Result<Option<Object>> {
        self.read(at, true)
    }

    /// The value that stands at this position of the file.
    pub(super) fn direct(&mut self, at: u64) -> Result<Option<Object>> {
        self.read(at, false)
    }

    /// Where an object stands, as the sections from `view` on say; 0 is the newest.
    pub(super) fn place(&mut self, number: u32, view: usize) -> Result<Option<Place>> {
        for section in self.sections.iter().skip(view) {
            if let Some(place) = section.find(number, self.source)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// An object, as it is in the revision of section `view`; nothing if it is free or not where
    /// it is said to be.
    pub(super) fn object(&mut self, reference: Reference, view: usize) -> Result<Option<Object>> {
        match self.place(reference.number, view)? {
            Some(Place::At(stated)) => {
                let at = self.position(stated);
                let object = self.indirect(at)?;
                Ok(object.filter(|o| o.reference.is_some_and(|r| r.number == reference.number)))
            }
            Some(Place::Within(stream, index)) => self.within(stream, index, reference.number, view),
            Some(Place::Free) | None => Ok(None),
        }
    }

    /// An object of an object stream (ISO 32000-2 7.5.7).
    fn within(&mut self, stream: u32, index: u32, number: u32, view: usize) -> Result<Option<Object>> {
        // An object stream does not stand in another one.
        let Some(Place::At(stated)) = self.place(stream, view)? else { return Ok(None) };
        let at = self.position(stated);
        let Some(object) = self.indirect(at)? else { return Ok(None) };
        let depth = self.limits.pdf_depth;
        let Some(dict) = object.dict(depth) else { return Ok(None) };
        let (Some(first), Some(b"ObjStm")) = (dict.number(b"First"), dict.name(b"Type").as_deref()) else {
            return Ok(None);
        };
        let bytes = match self.streams.get(&at) {
            Some(bytes) => Rc::clone(bytes),
            None => {
                let Some(data) = self.stream(&object)? else { return Ok(None) };
                let Ok(bytes) = self.decoded(&object, &data)? else { return Ok(None) };
                let bytes = Rc::new(bytes);
                self.streams.insert(at, Rc::clone(&bytes));
                bytes
            }
        };
        let table = match self.tables.get(&at) {
            Some(table) => Rc::clone(table),
            None => {
                let mut lexer = Lexer::new(&bytes, 0);
                let pairs = std::iter::from_fn(|| lexer.number().zip(lexer.number()));
                let table = Rc::new(pairs.take(self.limits.segments).collect::<Vec<_>>());
                self.tables.insert(at, Rc::clone(&table));
                table
            }
        };
        let found = usize::try_from(index).ok().and_then(|index| table.get(index).copied());
        let Some((_, offset)) = found.filter(|(n, _)| *n == u64::from(number)) else { return Ok(None) };
        let Ok(start) = usize::try_from(first.saturating_add(offset)) else { return Ok(None) };
        let value = Lexer::new(&bytes, start).value(depth);
        let reference = Some(Reference { number, generation: 0 });
        Ok(value.map(|value| Object { bytes, value, at: None, reference, entries: None }))
    }

    /// A value that may be a reference, followed to what it refers to.
    pub(super) fn resolve(&mut self, object: &Object, value: &Value, view: usize) -> Result<Option<Object>> {
        let mut found = object.part(value);
        for _ in 0..HOPS {
            let Kind::Reference(reference) = found.value.kind else { return Ok(Some(found)) };
            match self.object(reference, view)? {
                Some(next) => found = next,
                None => return Ok(None),
            }
        }
        Ok(None)
    }

    /// The value of a key, references followed.
    pub(super) fn get(&mut self, object: &Object, key: &[u8], view: usize) -> Result<Option<Object>> {
        let value = object.dict(self.limits.pdf_depth).and_then(|dict| dict.get(key).cloned());
        match value {
            Some(value) => self.resolve(object, &value, view),
            None => Ok(None),
        }
    }

    /// Trailer of the newest section that names a catalog.
    pub(super) fn trailer(&self, view: usize) -> Option<Object> {
        let depth = self.limits.pdf_depth;
        let named = |s: &&Section| s.trailer.dict(depth).is_some_and(|dict| dict.reference(b"Root").is_some());
        self.sections.iter().skip(view).find(named).map(|s| s.trailer.clone())
    }

    fn reference(&self, key: &[u8], view: usize) -> Option<Reference> {
        self.trailer(view)?.dict(self.limits.pdf_depth)?.reference(key)
    }

    pub(super) fn root_reference(&self, view: usize) -> Option<Reference> {
        self.reference(b"Root", view)
    }

    pub(super) fn info_reference(&self) -> Option<Reference> {
        self.reference(b"Info", 0)
    }

    /// The catalog as it is in the revision of section `view`.
    pub(super) fn catalog_of(&mut self, view: usize) -> Result<Option<Object>> {
        let Some(root) = self.root_reference(view) else { return Ok(None) };
        let Some(mut object) = self.object(root, view)? else { return Ok(None) };
        object.entries = object.dict(self.limits.pdf_depth).map(|dict| dict.entries);
        Ok(object.entries.is_some().then_some(object))
    }

    /// The catalog of the newest revision.
    pub(super) fn catalog(&mut self) -> Result<Option<Object>> {
        if self.root.is_none() {
            self.root = self.catalog_of(0)?;
        }
        Ok(self.root.clone())
    }

    /// The information dictionary: an object of its own, or within a trailer that breaks the rule.
    pub(super) fn info(&mut self) -> Result<Option<Object>> {
        let Some(trailer) = self.trailer(0) else { return Ok(None) };
        let object = self.get(&trailer, b"Info", 0)?;
        Ok(object.filter(|o| o.value.kind == Kind::Dict))
    }

    /// Where the data of a stream lies. A length that is wrong is put right by what stands there.
    pub(super) fn stream(&mut self, object: &Object) -> Result<Option<Range<u64>>> {
        let Some(end) = object.place().map(|place| place.end) else { return Ok(None) };
        let mut head = [0u8; 64];
        let n = self.source.read_at(end, &mut head)?;
        let head = head.get(..n).unwrap_or_default();
        let mut lexer = Lexer::new(head, 0);
        if lexer.take(b"stream").is_none() {
            return Ok(None);
        }
        let skip = match head.get(lexer.at..).unwrap_or_default() {
            [b'\r', b'\n', ..] => 2,
            [b'\r' | b'\n', ..] => 1,
            _ => 0,
        };
        let start = end.saturating_add((lexer.at + skip) as u64);
        let length = object.dict(self.limits.pdf_depth).and_then(|dict| dict.get(b"Length").cloned());
        let length = match length.map(|value| (lex::reference(&value), value)) {
            Some((None, value)) => lex::digits(object.part(&value).text()),
            Some((Some(reference), _)) => self.length(reference)?,
            None => None,
        };
        if let Some(length) = length {
            let stop = start.saturating_add(length);
            let mut tail = [0u8; 16];
            let n = self.source.read_at(stop, &mut tail)?;
            if Lexer::new(tail.get(..n).unwrap_or_default(), 0).take(b"endstream").is_some() {
                return Ok(Some(start..stop));
            }
        }
        self.stream_end(start)
    }

    /// A length that stands in an object of its own. It is not looked for in object streams, whose
    /// own length it might be.
    fn length(&mut self, reference: Reference) -> Result<Option<u64>> {
        let Some(Place::At(stated)) = self.place(reference.number, 0)? else { return Ok(None) };
        let at = self.position(stated);
        Ok(self.indirect(at)?.and_then(|object| lex::digits(object.text())))
    }

    fn stream_end(&mut self, start: u64) -> Result<Option<Range<u64>>> {
        const WORD: &[u8] = b"endstream";
        let most = self.limits.metadata_bytes.min(self.source.len().saturating_sub(start));
        let mut at = 0u64;
        while at < most {
            let part = self.source.bytes(
                start.saturating_add(at)..start.saturating_add(at.saturating_add(TAIL).min(most)),
                TAIL,
                "metadata_bytes",
            )?;
            self.spend(part.len() as u64)?;
            if let Some(found) = part.windows(WORD.len()).position(|w| w == WORD) {
                let line_end = match part.get(..found).unwrap_or_default() {
                    [.., b'\r', b'\n'] => 2,
                    [.., b'\r' | b'\n'] => 1,
                    _ => 0,
                };
                let end = start.saturating_add(at).saturating_add((found - line_end) as u64);
                return Ok(Some(start..end));
            }
            if part.len() < WORD.len() {
                break;
            }
            at = at.saturating_add((part.len() - WORD.len() + 1) as u64);
        }
        Ok(None)
    }

    /// The names of a stream's filters with their parameters.
    fn filters(&mut self, object: &Object) -> Result<Vec<(Vec<u8>, Option<Object>)>> {
        let depth = self.limits.pdf_depth;
        let mut lists = [Vec::new(), Vec::new()];
        for (list, key) in lists.iter_mut().zip([&b"Filter"[..], b"DecodeParms"]) {
            let Some(value) = self.get(object, key, 0)? else { continue };
            match lex::array(&value.bytes, &value.value, depth, FILTERS) {
                Some(items) => {
                    for item in &items {
                        list.push(self.resolve(&value, item, 0)?);
                    }
                }
                None => list.push(Some(value)),
            }
        }
        let [names, parameters] = lists;
        let mut parameters = parameters.into_iter();
        Ok(names
            .into_iter()
            .map(|name| (name.and_then(|n| n.name()).unwrap_or_default(), parameters.next().flatten()))
            .collect())
    }

    /// The data of a stream without its filters, or why they can't be undone.
    pub(super) fn decoded(&mut self, object: &Object, data: &Range<u64>) -> Result<Result<Vec<u8>, Problem>> {
        let mut bytes = self.source.bytes(data.clone(), self.limits.metadata_bytes, "metadata_bytes")?;
        self.spend(bytes.len() as u64)?;
        let limits = Limits {
            inflate_bytes: usize::try_from(self.limits.metadata_bytes).unwrap_or(usize::MAX),
            // Tables of regular positions and free entries compress to almost nothing.
            inflate_ratio: usize::MAX,
            ..self.limits.clone()
        };
        for (name, parameters) in self.filters(object)? {
            match name.as_slice() {
                b"FlateDecode" | b"Fl" => {
                    bytes = match inflate::zlib(&bytes, &limits) {
                        Ok(bytes) => bytes,
                        Err(problem) => return Ok(Err(problem)),
                    };
                    self.spend(bytes.len() as u64)?;
                    let parameters = parameters.as_ref().and_then(|p| p.dict(self.limits.pdf_depth));
                    bytes = match filter::unpredict(bytes, parameters.as_ref()) {
                        Some(bytes) => bytes,
                        None => return Ok(Err(rows::PREDICTOR.problem())),
                    };
                }
                b"ASCIIHexDecode" | b"AHx" => bytes = filter::hexadecimal(&bytes),
                b"ASCII85Decode" | b"A85" => {
                    bytes = match filter::base85(&bytes) {
                        Some(bytes) => bytes,
                        None => return Ok(Err(rows::FILTER.with("filter", "ASCII85Decode"))),
                    };
                }
                // Data that is left as it is although the rest of the file is encrypted.
                b"Crypt"
                    if parameters
                        .as_ref()
                        .and_then(|p| p.dict(self.limits.pdf_depth)?.name(b"Name"))
                        .is_none_or(|n| n == b"Identity") => {}
                b"Crypt" => return Ok(Err(rows::ENCRYPTED_VALUE.problem())),
                other => return Ok(Err(rows::FILTER.with("filter", String::from_utf8_lossy(other)))),
            }
        }
        Ok(Ok(bytes))
    }

    /// The first number that no section from `view` on knows.
    pub(super) fn first_free(&self, view: usize) -> u64 {
        self.sections.iter().skip(view).map(|s| s.beyond).max().unwrap_or(0)
    }

    pub(super) fn is_encrypted(&self) -> bool {
        let depth = self.limits.pdf_depth;
        self.sections.iter().any(|s| s.trailer.dict(depth).is_some_and(|dict| dict.get(b"Encrypt").is_some()))
    }
}
