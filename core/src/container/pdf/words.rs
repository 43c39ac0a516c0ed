//! The words on pages, as far as fonts say which characters they draw.
//!
//! Text that is drawn invisibly, as recognition programs lay it over scans, is not seen. Pieces on
//! one baseline are one line; where they stand apart, a space is set between them. Lines of one size
//! that follow each other closely are one paragraph.

use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

use crate::container::Shown;
use crate::error::{Error, Result};
use crate::notice::Moment;

use super::doc::{Doc, Object};
use super::lex::{self, Kind, Value};
use super::operators::{IDENTITY, Matrix, Operators, matrix, moved, operand, times};
use super::pages::{Page, Walk, contents};
use super::unicode::Font;

/// Pages that are looked at from the beginning, from the middle and from the end each.
const PAGES: usize = 8;
/// What may be read and inflated for it, in units of [`crate::Limits::metadata_bytes`].
const READ: u64 = 4;
/// Most pages that are counted for it.
const COUNTED: usize = 4_096;
/// Nesting of forms, how many of them are drawn on a page, and saved states.
const FORMS: usize = 8;
const DRAWN: usize = 256;
const STATES: usize = 256;
/// Bytes of words that are looked for on a page where room is sought, and what lines may be longer than
/// was thought.
const MARKS: usize = 256 << 10;
const WIDER: f64 = 1.2;

/// The pages that are looked at, with their numbers and places.
fn pages(doc: &mut Doc<'_, '_>) -> Result<Vec<(usize, Moment, Page)>> {
    let mut walk = Walk::new(doc, false)?;
    let (mut all, mut whole) = (Vec::new(), false);
    while all.len() < COUNTED && !whole {
        match bounded(walk.next(doc))? {
            Some(Some(page)) => all.push(page),
            Some(None) => whole = true,
            None => break,
        }
    }
    doc.forget();
    let count = all.len();
    let middle = count.saturating_sub(PAGES) / 2..(count / 2).saturating_add(PAGES / 2);
    let near = |at: usize| at < PAGES || whole && (at.saturating_add(PAGES) >= count || middle.contains(&at));
    let mut out = Vec::new();
    for (at, page) in all.into_iter().enumerate().filter(|(at, _)| near(*at)) {
        let moment = match at {
            0 => Moment::Start,
            _ if whole && at.saturating_add(1) == count => Moment::End,
            _ => Moment::Middle,
        };
        out.push((at.saturating_add(1), moment, page));
    }
    if !whole {
        let last = bounded(Walk::new(doc, true)?.next(doc))?.flatten();
        out.extend(last.map(|page| (0, Moment::End, page)));
    }
    Ok(out)
}

/// The words of the first, the middle and the last pages.
pub(super) fn shown(doc: &mut Doc<'_, '_>) -> Result<Vec<Shown>> {
    if doc.is_encrypted() {
        return Ok(Vec::new());
    }
    let mut pages = pages(doc)?;
    let single = pages.len() == 1;
    // The first page and the last one are read before the others.
    pages.sort_by_key(|(_, moment, _)| *moment == Moment::Middle);
    let most = doc.limits.metadata_bytes.saturating_mul(READ);
    let mut read = 0u64;
    let mut fonts = BTreeMap::new();
    let mut room = [doc.limits.shown_bytes; 3];
    let mut out = Vec::new();
    for (number, moment, page) in pages {
        let Some(room) = room.get_mut(moment as usize) else { continue };
        read = read.saturating_add(doc.forget());
        if read > most {
            break;
        }
        let Some(lines) = bounded(lines(doc, &page, &mut fonts, *room))? else { continue };
        let part = if number == 0 { "last page".to_owned() } else { format!("page {number}") };
        for line in lines {
            let text = line.text.trim().to_owned();
            if text.trim_matches(['\n', ' ', char::REPLACEMENT_CHARACTER]).is_empty() || text.len() > *room {
                continue;
            }
            *room = room.saturating_sub(text.len());
            let at = match (single, page.height_of(line.start.0, line.start.1)) {
                (true, height) if height < 1.0 / 3.0 => Moment::End,
                (true, height) if height < 2.0 / 3.0 => Moment::Middle,
                _ => moment,
            };
            out.push(Shown { text, part: part.clone(), range: line.range, at });
        }
    }
    out.sort_by_key(|shown| shown.at);
    Ok(out)
}

/// What can't be read within the bounds gives nothing.
fn bounded<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Limit(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The part of the graphics state that matters to text.
#[derive(Clone)]
struct State {
    ctm: Matrix,
    font: Option<Rc<Font>>,
    size: f64,
    leading: f64,
    invisible: bool,
}

/// A line of text.
struct Line {
    text: String,
    start: (f64, f64),
    end: (f64, f64),
    direction: (f64, f64),
    size: f64,
    range: Range<u64>,
}

/// A content stream that is being read.
struct Frame {
    bytes: Rc<Vec<u8>>,
    at: usize,
    resources: Option<Object>,
    /// Where the parts of `bytes` stand in the file.
    places: Vec<(usize, Range<u64>)>,
    /// For a form, how many states were saved before the one that was saved for it.
    saved: Option<usize>,
}

type Fonts = BTreeMap<u32, Option<Rc<Font>>>;

struct Reader<'f> {
    fonts: &'f mut Fonts,
    state: State,
    states: Vec<State>,
    text: Matrix,
    line: Matrix,
    out: Vec<Line>,
    found: usize,
    drawn: usize,
    /// Where pictures stand.
    pictures: Vec<[f64; 4]>,
}

/// The lines on a page, up to so many bytes.
fn lines(doc: &mut Doc<'_, '_>, page: &Page, fonts: &mut Fonts, most: usize) -> Result<Vec<Line>> {
    Ok(paragraphs(read(doc, page, fonts, most)?.0))
}

/// Areas of a page, in its own units, that hold words or pictures. What can't be read gives nothing.
pub(super) fn marks(doc: &mut Doc<'_, '_>, page: &Page) -> Result<Vec<[f64; 4]>> {
    let read = bounded(read(doc, page, &mut BTreeMap::new(), MARKS))?;
    let Some((lines, mut areas)) = read else { return Ok(Vec::new()) };
    for line in &lines {
        let ((x, y), (u, v), size) = (line.start, line.direction, line.size);
        // Widths are not read: letters can be wider than was thought.
        let length = (line.end.0 - x).hypot(line.end.1 - y) * WIDER;
        areas.push(moved([0.0, -0.25 * size, length, 0.9 * size], [u, v, -v, u, x, y]));
    }
    Ok(areas)
}

/// The lines and pictures on a page, up to so many bytes of words.
fn read(doc: &mut Doc<'_, '_>, page: &Page, fonts: &mut Fonts, most: usize) -> Result<(Vec<Line>, Vec<[f64; 4]>)> {
    let (mut bytes, mut places) = (Vec::new(), Vec::new());
    for content in contents(doc, page)? {
        let Some(data) = doc.stream(&content.object)? else { continue };
        let Some(Ok(part)) = bounded(doc.decoded(&content.object, &data))? else { continue };
        places.push((bytes.len(), content.object.at.unwrap_or(data.start)..data.end));
        bytes.extend_from_slice(&part);
        bytes.push(b'\n');
    }
    let resources = match &page.resources {
        Some(object) => doc.resolve(object, &object.value, 0)?,
        None => None,
    };
    let state = State { ctm: IDENTITY, font: None, size: 0.0, leading: 0.0, invisible: false };
    let (text, out) = (IDENTITY, Vec::new());
    let pictures = Vec::new();
    let mut reader = Reader { fonts, state, states: Vec::new(), text, line: text, out, found: 0, drawn: 0, pictures };
    let mut frames = vec![Frame { bytes: Rc::new(bytes), at: 0, resources, places, saved: None }];
    while let Some(mut frame) = frames.pop() {
        match reader.run(doc, &mut frame, most)? {
            Some(form) if frames.len() < FORMS => {
                frames.push(frame);
                frames.push(form);
            }
            Some(_) => frames.push(frame),
            None => reader.leave(frame.saved),
        }
    }
    Ok((reader.out, reader.pictures))
}

/// Lines below each other that belong together, with an end of line between them.
fn paragraphs(lines: Vec<Line>) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    // Of the last line: where it begins and ends.
    let mut last = ((0.0, 0.0), (0.0, 0.0));
    for line in lines {
        let here = (line.start, line.end);
        match out.last_mut().filter(|paragraph| continues(paragraph, last, &line)) {
            Some(paragraph) => {
                paragraph.text.push('\n');
                paragraph.text.push_str(&line.text);
            }
            None => out.push(line),
        }
        last = here;
    }
    out
}

/// Whether a line stands below the last one of a paragraph, as near as lines of its size do.
fn continues(paragraph: &Line, last: ((f64, f64), (f64, f64)), line: &Line) -> bool {
    let (u, size) = (paragraph.direction, paragraph.size);
    let along = |p: (f64, f64)| p.0 * u.0 + p.1 * u.1;
    let down = (last.0.0 - line.start.0) * -u.1 + (last.0.1 - line.start.1) * u.0;
    let overlaps = along(line.start) < along(last.1) && along(line.end) > along(last.0);
    let turned = u.0 * line.direction.0 + u.1 * line.direction.1 < 0.99;
    let alike = (line.size / size - 1.0).abs() < 0.05 && paragraph.range == line.range;
    alike && !turned && overlaps && down > 0.8 * size && down < 1.7 * size
}

impl Reader<'_> {
    fn leave(&mut self, saved: Option<usize>) {
        if let Some((saved, state)) = saved.and_then(|saved| Some((saved, self.states.get(saved).cloned()?))) {
            self.states.truncate(saved);
            self.state = state;
        }
    }

    /// Reads a stream up to the next form that it draws, or to its end.
    fn run(&mut self, doc: &mut Doc<'_, '_>, frame: &mut Frame, most: usize) -> Result<Option<Frame>> {
        let bytes = Rc::clone(&frame.bytes);
        let mut operators = Operators::new(&bytes, frame.at);
        let mut operands: Vec<Value> = Vec::new();
        while let Some(word) = operators.next(&mut operands) {
            if self.found > most {
                break;
            }
            frame.at = operators.at;
            let n = |at: usize| operand(&bytes, operands.get(at));
            match word {
                b"q" if self.states.len() < STATES => self.states.push(self.state.clone()),
                b"Q" if self.states.len() > frame.saved.map_or(0, |saved| saved.saturating_add(1)) => {
                    if let Some(state) = self.states.pop() {
                        self.state = state;
                    }
                }
                b"cm" => self.state.ctm = times(matrix(&bytes, &operands), self.state.ctm),
                b"BT" => (self.text, self.line) = (IDENTITY, IDENTITY),
                b"Tm" => {
                    self.line = matrix(&bytes, &operands);
                    self.text = self.line;
                }
                b"Td" => self.shift(n(0), n(1)),
                b"TD" => {
                    self.state.leading = -n(1);
                    self.shift(n(0), n(1));
                }
                b"T*" => self.shift(0.0, -self.state.leading),
                b"TL" => self.state.leading = n(0),
                b"Tr" => self.state.invisible = matches!(n(0) as i64, 3 | 7),
                b"Tf" => {
                    let name = operands.first().map(|v| lex::name(bytes.get(v.range.clone()).unwrap_or_default()));
                    self.state.size = n(1);
                    self.state.font = self.font(doc, frame.resources.as_ref(), &name.unwrap_or_default())?;
                }
                b"Tj" => self.show(&bytes, operands.last(), frame, false),
                b"'" | b"\"" => {
                    self.shift(0.0, -self.state.leading);
                    self.show(&bytes, operands.last(), frame, false);
                }
                b"TJ" => self.show_list(&bytes, operands.last(), frame),
                b"Do" => {
                    let name = operands.first().map(|v| lex::name(bytes.get(v.range.clone()).unwrap_or_default()));
                    if let Some(form) = self.form(doc, frame, &name.unwrap_or_default())? {
                        return Ok(Some(form));
                    }
                }
                _ => {}
            }
        }
        frame.at = bytes.len();
        Ok(None)
    }

    /// To a line that begins elsewhere.
    fn shift(&mut self, x: f64, y: f64) {
        self.line = times([1.0, 0.0, 0.0, 1.0, x, y], self.line);
        self.text = self.line;
    }

    fn font(&mut self, doc: &mut Doc<'_, '_>, resources: Option<&Object>, name: &[u8]) -> Result<Option<Rc<Font>>> {
        let Some(fonts) = (match resources {
            Some(resources) => doc.get(resources, b"Font", 0)?,
            None => None,
        }) else {
            return Ok(None);
        };
        let value = fonts.dict(doc.limits.pdf_depth).and_then(|dict| dict.get(name).cloned());
        let Some(value) = value else { return Ok(None) };
        let key = lex::reference(&value).map(|reference| reference.number);
        if let Some(known) = key.and_then(|key| self.fonts.get(&key)) {
            return Ok(known.clone());
        }
        let font = match doc.resolve(&fonts, &value, 0)?.filter(|font| font.value.kind == Kind::Dict) {
            Some(font) => Some(Rc::new(Font::read(doc, &font)?)),
            None => None,
        };
        if let Some(key) = key {
            self.fonts.insert(key, font.clone());
        }
        Ok(font)
    }

    /// The form of this name, to be read next.
    fn form(&mut self, doc: &mut Doc<'_, '_>, frame: &Frame, name: &[u8]) -> Result<Option<Frame>> {
        let objects = match &frame.resources {
            Some(resources) => doc.get(resources, b"XObject", 0)?,
            None => None,
        };
        let Some(objects) = objects else { return Ok(None) };
        let Some(form) = doc.get(&objects, name, 0)? else { return Ok(None) };
        let kind = doc.get(&form, b"Subtype", 0)?.and_then(|kind| kind.name());
        self.drawn = self.drawn.saturating_add(1);
        if kind.as_deref() == Some(b"Image") && self.drawn <= DRAWN {
            // A picture fills the unit square (ISO 32000-2 8.9.5.1).
            self.pictures.push(moved([0.0, 0.0, 1.0, 1.0], self.state.ctm));
        }
        if kind.as_deref() != Some(b"Form") || self.drawn > DRAWN || self.states.len() >= STATES {
            return Ok(None);
        }
        let Some(data) = doc.stream(&form)? else { return Ok(None) };
        let Some(Ok(bytes)) = bounded(doc.decoded(&form, &data))? else { return Ok(None) };
        let mut own_matrix = IDENTITY;
        if let Some(array) = doc.get(&form, b"Matrix", 0)? {
            let values = lex::array(&array.bytes, &array.value, doc.limits.pdf_depth, 6).unwrap_or_default();
            own_matrix = matrix(&array.bytes, &values);
        }
        let own = doc.get(&form, b"Resources", 0)?;
        let saved = self.states.len();
        self.states.push(self.state.clone());
        self.state.ctm = times(own_matrix, self.state.ctm);
        let places = vec![(0, form.at.unwrap_or(data.start)..data.end)];
        let resources = own.or_else(|| frame.resources.clone());
        // Its states lie above the one that was saved for it.
        Ok(Some(Frame { bytes: Rc::new(bytes), at: 0, resources, places, saved: Some(saved) }))
    }

    fn show_list(&mut self, bytes: &[u8], value: Option<&Value>, frame: &Frame) {
        let list = value.and_then(|value| lex::array(bytes, value, 4, 65_536)).unwrap_or_default();
        // Within a list, places are exact.
        let mut exact = false;
        for item in &list {
            if item.kind == Kind::Number {
                let back = operand(bytes, Some(item)) / 1000.0 * self.state.size;
                self.text = times([1.0, 0.0, 0.0, 1.0, -back, 0.0], self.text);
            } else {
                self.show(bytes, Some(item), frame, exact);
                exact = true;
            }
        }
    }

    /// Adds a string to the line that it continues, or begins one.
    fn show(&mut self, bytes: &[u8], value: Option<&Value>, frame: &Frame, exact: bool) {
        let Some(value) = value else { return };
        let raw = bytes.get(value.range.clone()).unwrap_or_default();
        let (Some(string), Some(font)) = (lex::string(value.kind, raw), self.state.font.clone()) else { return };
        let text = font.text(&string);
        // Widths are not read: characters of East Asia are as wide as they are high, others half.
        let em = |c: char| if u32::from(c) >= 0x1100 && c != char::REPLACEMENT_CHARACTER { 1.0 } else { 0.5 };
        let advance: f64 = text.chars().map(em).sum::<f64>() * self.state.size;
        let [a, b, c, d, x, y] = times(self.text, self.state.ctm);
        self.text = times([1.0, 0.0, 0.0, 1.0, advance, 0.0], self.text);
        let (size, length) = (self.state.size.abs() * c.hypot(d), a.hypot(b));
        if self.state.invisible || text.is_empty() || !(size > 0.0 && length > 0.0) {
            return;
        }
        let direction = (a / length, b / length);
        let end = (x + advance * a, y + advance * b);
        self.found = self.found.saturating_add(text.len());
        if let Some(last) = self.out.last_mut() {
            let (dx, dy) = (x - last.end.0, y - last.end.1);
            let along = dx * direction.0 + dy * direction.1;
            let across = dx * direction.1 - dy * direction.0;
            let run = (last.end.0 - last.start.0).hypot(last.end.1 - last.start.1);
            let turned = direction.0 * last.direction.0 + direction.1 * last.direction.1 < 0.99;
            let beside = across.abs() < 0.35 * size.min(last.size) && along > -(0.3 * size + 0.25 * run);
            if !turned && beside {
                let apart = along > if exact { 0.2 * size } else { 0.22 * size + 0.1 * run };
                if apart && !last.text.ends_with(' ') && !text.starts_with(' ') {
                    last.text.push(' ');
                }
                last.text.push_str(&text);
                (last.end, last.size) = (end, size);
                return;
            }
        }
        let place = frame.places.iter().rev().find(|(from, _)| *from <= frame.at.saturating_sub(1));
        let range = place.map_or(0..0, |(_, range)| range.clone());
        self.out.push(Line { text, start: (x, y), end, direction, size, range });
    }
}
