//! SpreadsheetML (ISO/IEC 29500-1 18): a text box on the sheet, and its print header.
//!
//! A row of its own would move cells, and formulas, names and charts with them; a comment is seen
//! only by those who point at its cell; a header is seen in print alone. So the notice is a text box
//! that covers no cell with content and no words that reach over empty cells: beside the first rows
//! or, where those are long, below the last row, if that is near. What is printed may end before it,
//! so the print header has the notice too.

use std::collections::BTreeMap;

use crate::error::{Error, Result};
use crate::message::container::office as rows;
use crate::message::notice::document as own;
use crate::notice::{Moment, TextNotice};

use super::super::package::{Package, Part, refused};
use super::super::xml::{Element, Place, Scope, TextEdit, Visitor, append};
use super::draft::Draft;
use super::drawing::{POINT, TextBox, main_of};
use super::relations::{self, Relations};
use super::{Escape, Prefix, escape_in, escape_new, spill};

const DRAWING_TYPE: &str = "application/vnd.openxmlformats-officedocument.drawing+xml";
/// Height of the characters in points, and greatest width of the box.
const INK: f64 = 10.0;
const ROOM: f64 = 480.0;
/// Height of a row in points, where it is not stated.
const ROW: f64 = 15.0;
/// Columns and rows that a screen shows for certain.
const SCREEN: (u32, u32) = (12, 25);
/// Columns of a sheet (18.3.1.13).
const COLUMNS: u32 = 16_384;
/// Most characters of a header (18.3.1.46).
const HEADER: usize = 255;

/// What may stand behind a header, and behind a drawing, in a worksheet (18.3.1.99).
const AFTER_HEADER: [&str; 8] =
    ["rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing", "drawingHF"];
const AFTER_DRAWING: [&str; 9] = [
    "legacyDrawing",
    "legacyDrawingHF",
    "drawingHF",
    "picture",
    "oleObjects",
    "controls",
    "webPublishItems",
    "tableParts",
    "extLst",
];

fn is_sheet(namespace: &str) -> bool {
    matches!(
        namespace,
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main" | "http://purl.oclc.org/ooxml/spreadsheetml/main"
    )
}

fn drawing_of(namespace: &str) -> &'static str {
    if namespace.starts_with("http://purl.oclc.org/") {
        "http://purl.oclc.org/ooxml/drawingml/spreadsheetDrawing"
    } else {
        "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
    }
}

/// Sheets of a workbook: whether each is seen, and the identifier of its relationship.
#[derive(Default)]
struct Book {
    sheets: Vec<(bool, String)>,
}

impl<'t> Visitor<'t> for Book {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if open.len() == 2 && is_sheet(&element.namespace) && element.local() == "sheet" {
            let seen = !matches!(element.value("state"), Some("hidden" | "veryHidden"));
            self.sheets.extend(relations::id_of(&element).map(|id| (seen, id.to_owned())));
        }
    }
}

/// Names of the worksheets that people see, in order.
pub(super) fn sheets(package: &mut Package<'_, '_>, main: &str) -> Result<Vec<String>> {
    let Ok(part) = package.part(main)? else { return Ok(Vec::new()) };
    let mut book = Book::default();
    let _ = part.scan(package.limits, &mut book);
    let list = Relations::read(package, main)?;
    let seen = book.sheets.iter().filter(|(seen, _)| *seen).filter_map(|(_, id)| list.by_id(id));
    Ok(seen.filter(|relation| relation.is("worksheet")).map(|relation| relation.path.clone()).collect())
}

/// Column and row of a cell's name, counted from 0.
pub(super) fn cell(name: &str) -> Option<(u32, u32)> {
    let letters = name.find(|c: char| c.is_ascii_digit())?;
    let (column, row) = name.split_at_checked(letters)?;
    let digit = |c: u8| c.is_ascii_alphabetic().then(|| u32::from(c.to_ascii_uppercase() - b'A') + 1);
    let column = column.bytes().try_fold(0u32, |n, c| n.checked_mul(26)?.checked_add(digit(c)?))?;
    Some((column.checked_sub(1)?, row.parse::<u32>().ok()?.checked_sub(1)?))
}

/// A header: its text, and where it stands.
struct Header {
    text: String,
    edit: (Place, String, std::ops::Range<usize>),
}

/// The element around headers and footers.
struct Footers {
    place: Place,
    qname: String,
    /// What stands in it, and where.
    children: Vec<(String, usize)>,
    even: bool,
    first: bool,
}

/// What stands where in a worksheet.
#[derive(Default)]
struct Sheet {
    namespace: String,
    root: Option<(Place, String, Prefix)>,
    /// Rows that the box covers.
    covered: u32,
    /// The first column that is free in those rows, and the last row with content.
    free: u32,
    last_row: u32,
    row: u32,
    column: u32,
    /// Whether the open cell holds something.
    filled: bool,
    /// The identifier of the drawing's relationship.
    drawing: Option<String>,
    header_element: Option<Footers>,
    children: Vec<(String, usize)>,
    headers: BTreeMap<&'static str, Header>,
    /// Where the first element begins that stands behind a header, and behind a drawing.
    after_header: Option<usize>,
    after_drawing: Option<usize>,
}

/// Headers, and what stands behind each in the element around them (18.3.1.46).
pub(super) const HEADERS: [(&str, &[&str]); 3] = [
    ("oddHeader", &["oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"]),
    ("evenHeader", &["evenFooter", "firstHeader", "firstFooter"]),
    ("firstHeader", &["firstFooter"]),
];

impl Sheet {
    fn use_cell(&mut self, column: u32, row: u32) {
        self.last_row = self.last_row.max(row.saturating_add(1));
        if row < self.covered {
            self.free = self.free.max(column.saturating_add(1));
        }
    }
}

impl<'t> Visitor<'t> for Sheet {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        open.len() == 2 && HEADERS.iter().any(|(name, _)| *name == element.local())
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], scope: &Scope) {
        if !is_sheet(&element.namespace) {
            return;
        }
        let local = element.local();
        if open.len() == 1 {
            let start = element.range.start;
            if AFTER_DRAWING.contains(&local) {
                self.after_drawing.get_or_insert(start);
                self.after_header.get_or_insert(start);
            } else if AFTER_HEADER.contains(&local) {
                self.after_header.get_or_insert(start);
            }
        }
        if open.len() == 2
            && open.last().is_some_and(|outer| outer.local() == "headerFooter")
            && self.children.len() < 8
        {
            self.children.push((local.to_owned(), element.range.start));
        }
        match (open.len(), local) {
            (0, "worksheet") => {
                self.namespace = element.namespace.to_string();
                let r = Prefix::of(scope, relations::office(&element.namespace), "r");
                self.root = Some((element.place, element.qname.to_owned(), r));
            }
            (1, "drawing") => self.drawing = Some(relations::id_of(&element).unwrap_or_default().to_owned()),
            (1, "headerFooter") => {
                let on = |name| element.value(name).is_some_and(|value| !super::is_off(Some(value)));
                self.header_element = Some(Footers {
                    place: element.place,
                    qname: element.qname.to_owned(),
                    children: std::mem::take(&mut self.children),
                    even: on("differentOddEven"),
                    first: on("differentFirst"),
                });
            }
            (2, name) if element.text.is_some() && open.last().is_some_and(|o| o.local() == "headerFooter") => {
                if let Some((name, _)) = HEADERS.iter().find(|(known, _)| *known == name) {
                    let edit = (element.place, element.qname.to_owned(), element.inner.clone());
                    self.headers.insert(name, Header { text: element.text.take().unwrap_or_default(), edit });
                }
            }
            (2, "row") => {
                let stated = element.value("r").and_then(|r| r.trim().parse::<u32>().ok());
                self.row = stated.unwrap_or_else(|| self.row.saturating_add(1));
                self.column = 0;
            }
            (4, "v" | "f" | "is") => self.filled = true,
            (3, "c") => {
                let stated = open.last().and_then(|row| row.value("r")).and_then(|r| r.trim().parse::<u32>().ok());
                let row = stated.map_or(self.row, |row| row.saturating_sub(1));
                let (column, row) = element.value("r").and_then(cell).unwrap_or((self.column, row));
                self.column = column.saturating_add(1);
                if std::mem::take(&mut self.filled) {
                    self.use_cell(column, row);
                }
            }
            (2, "mergeCell") => {
                let span = element.value("ref").and_then(|span| span.split_once(':'));
                if let Some(((_, top), (right, bottom))) = span.and_then(|(a, b)| cell(a).zip(cell(b))) {
                    self.use_cell(right, top);
                    self.last_row = self.last_row.max(bottom.saturating_add(1));
                }
            }
            _ => {}
        }
    }
}

/// A drawing: which columns its objects take in the rows that a box covers.
#[derive(Default)]
struct Drawing {
    root: Option<(Place, String, Prefix, Prefix)>,
    covered: u32,
    free: u32,
    last_row: u32,
    highest: u32,
    from: (u32, u32),
    to: Option<(u32, u32)>,
    size: (f64, f64),
}

impl<'t> Visitor<'t> for Drawing {
    fn wants(&self, element: &Element<'t>, _: &[Element<'t>]) -> bool {
        matches!(element.local(), "col" | "row")
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], scope: &Scope) {
        let number = || element.text.as_deref().and_then(|text| text.trim().parse::<u32>().ok()).unwrap_or(0);
        let parent = open.last().map(Element::local);
        match (open.len(), element.local()) {
            (0, "wsDr") => {
                let own = Prefix::of(scope, &element.namespace, "xdr");
                let class = if element.namespace.starts_with("http://purl") { &element.namespace } else { "" };
                let drawing = Prefix::of(scope, main_of(class), "a");
                self.root = Some((element.place, element.qname.to_owned(), own, drawing));
            }
            (3, "col") if parent == Some("from") => self.from.0 = number(),
            (3, "row") if parent == Some("from") => self.from.1 = number(),
            (3, "col") if parent == Some("to") => self.to.get_or_insert((0, 0)).0 = number(),
            (3, "row") if parent == Some("to") => self.to.get_or_insert((0, 0)).1 = number(),
            (2, "ext") => {
                let side = |name| element.value(name).and_then(|side| side.parse().ok()).unwrap_or(0.0);
                self.size = (side("cx"), side("cy"));
            }
            (1, "twoCellAnchor" | "oneCellAnchor" | "absoluteAnchor") => {
                // A column of the usual width has 64 pixels.
                let count = |side: f64, unit: f64| (side / (unit * POINT)).ceil().clamp(0.0, 1_000.0) as u32;
                let (columns, rows) = (count(self.size.0, 48.0), count(self.size.1, ROW));
                let beyond = (self.from.0.saturating_add(columns), self.from.1.saturating_add(rows));
                let (right, bottom) = self.to.take().unwrap_or(beyond);
                if self.from.1 < self.covered {
                    self.free = self.free.max(right.saturating_add(1));
                }
                self.last_row = self.last_row.max(bottom.saturating_add(1));
                (self.from, self.size) = ((0, 0), (0.0, 0.0));
            }
            (_, "cNvPr") => {
                let id = element.value("id").and_then(|id| id.trim().parse().ok()).unwrap_or(0);
                self.highest = self.highest.max(id);
            }
            _ => {}
        }
    }
}

/// Puts the box on the asked sheets.
pub(super) fn put(package: &mut Package<'_, '_>, draft: &mut Draft, notice: &TextNotice) -> Result<()> {
    let main = relations::editable_main(package)?;
    let paths = sheets(package, &main)?;
    if paths.is_empty() {
        return Err(Error::Unsupported(own::NO_PAGE.problem()));
    }
    let last = paths.len().saturating_sub(1);
    let mut chosen: Vec<usize> = Vec::new();
    for at in &notice.at {
        let at = match at {
            Moment::Start => 0,
            Moment::Middle => paths.len() / 2,
            Moment::End => last,
        };
        if !chosen.contains(&at) {
            chosen.push(at);
        }
    }
    if notice.each_page {
        chosen = (0..paths.len()).collect();
    }
    let strings = Relations::read(package, &main)?.first("sharedStrings").map(|relation| relation.path.clone());
    let (mut parts, mut drawings) = (Vec::new(), Vec::new());
    for path in chosen.into_iter().filter_map(|at| paths.get(at)) {
        let part = package.editable(path)?;
        if !parts.contains(&part.index) {
            parts.push(part.index);
            one(package, draft, (notice, strings.as_deref()), part, &mut drawings)?;
        }
    }
    Ok(())
}

fn one(
    package: &mut Package<'_, '_>,
    draft: &mut Draft,
    (notice, strings): (&TextNotice, Option<&str>),
    part: Part,
    drawings: &mut Vec<usize>,
) -> Result<()> {
    let shape = TextBox::new(notice, INK, ROOM);
    let covered = (shape.height / (ROW * POINT)).ceil() as u32;
    let mut sheet = Sheet { covered, ..Sheet::default() };
    part.study(package.limits, &mut sheet)?;
    sheet.free = sheet.free.max(spill::free(package, &part, covered, strings)?);
    let missing = || refused(&part.name, rows::XML_ELEMENT.with("name", "worksheet"));
    let (place, qname, r) = sheet.root.take().ok_or_else(missing)?;
    let mut list = Relations::read(package, &part.name)?;
    let mut edits = header(&part, &sheet, (place, &qname), notice, draft)?;
    let known = sheet.drawing.as_deref().map(|id| list.by_id(id).map(|relation| relation.path.clone()));
    let dangling = || refused(&part.name, rows::PART_MISSING.problem());
    let known = known.map(|path| path.ok_or_else(dangling)).transpose()?;
    match known {
        Some(path) => {
            let drawing = package.editable(&path)?;
            // Two sheets that share one drawing both show what is added to it.
            if !drawings.contains(&drawing.index) {
                drawings.push(drawing.index);
                let edit = extended(&drawing, package, &sheet, notice, &shape)?;
                draft.edit(&drawing, package.limits, vec![edit])?;
            }
        }
        None => {
            let name = draft.free(package, "xl/drawings/drawing", ".xml");
            let (own, main) = (drawing_of(&sheet.namespace), main_of(&sheet.namespace));
            let bare = |name: &str| Prefix { name: name.to_owned(), declaration: String::new() };
            let at = corner(&sheet, sheet.free, sheet.last_row);
            let anchor = anchor(notice, &shape, (&bare("xdr"), &bare("a")), (at, 2), &escape_new)?;
            let text = format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
                 <xdr:wsDr xmlns:xdr=\"{own}\" xmlns:a=\"{main}\">{anchor}</xdr:wsDr>"
            );
            draft.add(name.clone(), DRAWING_TYPE, &text);
            let id = list.add(format!("{}/drawing", relations::office(&sheet.namespace)), &name);
            let element = qname.split_once(':').map_or("drawing".to_owned(), |(p, _)| format!("{p}:drawing"));
            let Prefix { name: r, declaration } = &r;
            let text = format!("<{element}{declaration} {r}:id=\"{id}\"/>");
            edits.push(match sheet.after_drawing {
                Some(at) => (at..at, text),
                None => append(place, &qname, &text),
            });
            draft.relate(list);
        }
    }
    // Two additions at the end of one element are one.
    let mut joined: Vec<TextEdit> = Vec::new();
    for (range, text) in edits {
        match joined.iter_mut().find(|(other, _)| *other == range && range.is_empty()) {
            Some((_, before)) => before.push_str(&text),
            None => joined.push((range, text)),
        }
    }
    draft.edit(&part, package.limits, joined)
}

/// Column and row of the box.
fn corner(sheet: &Sheet, free: u32, last_row: u32) -> (u32, u32) {
    let below = last_row.saturating_add(1);
    if free >= SCREEN.0 && below < SCREEN.1.max(sheet.covered) || free >= COLUMNS.saturating_sub(SCREEN.0) {
        (0, below)
    } else {
        (free, 0)
    }
}

fn extended(
    part: &Part,
    package: &Package<'_, '_>,
    sheet: &Sheet,
    notice: &TextNotice,
    shape: &TextBox,
) -> Result<TextEdit> {
    let mut drawing = Drawing { covered: sheet.covered, ..Drawing::default() };
    part.study(package.limits, &mut drawing)?;
    let missing = || refused(&part.name, rows::XML_ELEMENT.with("name", "wsDr"));
    let (place, qname, own, main) = drawing.root.ok_or_else(missing)?;
    let at = corner(sheet, sheet.free.max(drawing.free), sheet.last_row.max(drawing.last_row));
    let id = drawing.highest.checked_add(1).filter(|id| *id <= i32::MAX as u32).unwrap_or(i32::MAX as u32);
    Ok(append(place, &qname, &anchor(notice, shape, (&own, &main), (at, id), &escape_in(part))?))
}

fn anchor(
    notice: &TextNotice,
    shape: &TextBox,
    (own, main): (&Prefix, &Prefix),
    ((column, row), id): ((u32, u32), u32),
    escape: Escape<'_>,
) -> Result<String> {
    let Prefix { name: x, declaration } = own;
    let (width, height) = (shape.width.round() as i64, shape.height.round() as i64);
    // Programs take the place from the anchor.
    let inner = shape.shape(notice, x, main, (0.0, 0.0), escape)?;
    Ok(format!(
        "<{x}:oneCellAnchor{declaration}><{x}:from><{x}:col>{column}</{x}:col><{x}:colOff>76200</{x}:colOff>\
         <{x}:row>{row}</{x}:row><{x}:rowOff>0</{x}:rowOff></{x}:from><{x}:ext cx=\"{width}\" cy=\"{height}\"/>\
         <{x}:sp macro=\"\" textlink=\"\"><{x}:nvSpPr><{x}:cNvPr id=\"{id}\" name=\"AI notice {id}\"/>\
         <{x}:cNvSpPr txBox=\"1\"/></{x}:nvSpPr>{inner}</{x}:sp><{x}:clientData/></{x}:oneCellAnchor>"
    ))
}

/// A header with the notice above what stands in its centre (18.3.1.46: codes begin with `&`).
fn with_notice(old: &str, notice: &str) -> String {
    let mut rest = old.char_indices().peekable();
    let (mut centre, mut right, mut coded) = (None, None, false);
    while let Some((at, c)) = rest.next() {
        if c != '&' {
            continue;
        }
        match rest.next() {
            Some((end, 'C')) => centre = centre.or(Some(end + 1)),
            Some((_, 'R')) => right = right.or(Some(at)),
            Some((_, 'L')) => {}
            Some((_, '"')) => {
                let _ = rest.find(|(_, c)| *c == '"');
                continue;
            }
            _ => continue,
        }
        // What stands before the first section is in the centre.
        coded |= at == 0;
    }
    let (at, head) = match (centre, right) {
        (Some(at), _) => (at, ""),
        (None, _) if !coded && !old.is_empty() => (0, "&C"),
        (None, Some(at)) => (at, "&C"),
        (None, None) => (old.len(), "&C"),
    };
    let (before, after) = old.split_at_checked(at).unwrap_or((old, ""));
    let gap = if after.is_empty() || (head == "&C" && after.starts_with("&R")) || after.starts_with("&R") {
        ""
    } else {
        "\n"
    };
    format!("{before}{head}{notice}{gap}{after}")
}

/// The edits of the print header: that of all pages, and those of even and of first pages where the
/// sheet has other ones for them.
fn header(
    part: &Part,
    sheet: &Sheet,
    (place, qname): (Place, &str),
    notice: &TextNotice,
    draft: &mut Draft,
) -> Result<Vec<TextEdit>> {
    let words = notice.lines.join("\n").replace('&', "&&");
    let element = sheet.header_element.as_ref();
    let wanted = element.map_or([true, false, false], |element| [true, element.even, element.first]);
    let prefix = qname.split_once(':').map_or(String::new(), |(prefix, _)| format!("{prefix}:"));
    let (mut edits, mut fresh) = (Vec::new(), Vec::new());
    for ((name, behind), _) in HEADERS.into_iter().zip(wanted).filter(|(_, wanted)| *wanted) {
        let old = sheet.headers.get(name);
        let text = with_notice(old.map_or("", |header| header.text.as_str()), &words);
        if text.chars().count() > HEADER {
            draft.notes.push(own::HEADER_FULL.with("part", &part.name));
            continue;
        }
        let text = part.escape(&text, false)?;
        match old {
            Some(Header { edit: (Place::Before(_), _, inner), .. }) => edits.push((inner.clone(), text)),
            Some(Header { edit: (place, qname, _), .. }) => edits.push(append(*place, qname, &text)),
            None => fresh.push((behind, format!("<{prefix}{name}>{text}</{prefix}{name}>"))),
        }
    }
    let all = || fresh.iter().map(|(_, text)| text.as_str()).collect::<String>();
    match element {
        _ if fresh.is_empty() => {}
        None => {
            let text = format!("<{prefix}headerFooter>{}</{prefix}headerFooter>", all());
            edits.push(match sheet.after_header {
                Some(at) => (at..at, text),
                None => append(place, qname, &text),
            });
        }
        Some(Footers { place: Place::Before(end), children, .. }) => {
            for (behind, text) in fresh {
                let next = children.iter().find(|(name, _)| behind.contains(&name.as_str()));
                let at = next.map_or(*end, |(_, start)| *start);
                edits.push((at..at, text));
            }
        }
        Some(Footers { place, qname, .. }) => edits.push(append(*place, qname, &all())),
    }
    Ok(edits)
}
