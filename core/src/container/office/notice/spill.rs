//! How far the words of cells reach over empty cells beside them: a text that is longer than its column is
//! wide is shown over the next ones, up to the first that holds something.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Result;

use super::super::package::{Package, Part};
use super::super::xml::{Element, Scope, Visitor};
use super::cells::Strings;
use super::width_em;

/// Width of a column in points where none is stated, and of a character and the space at its sides.
const COLUMN: f64 = 48.0;
const CHARACTER: f64 = 5.25;
const SIDES: f64 = 3.75;
/// Size of the text in points, unless the height of its row says that it is larger. Styles are not read.
const SIZE: f64 = 11.0;
const LINE: f64 = 1.3;
/// Bold and wide letters take more.
const WIDER: f64 = 1.15;
/// Most widths of columns that are kept, and columns that a text is followed over.
const WIDTHS: usize = 4_096;
const REACH: u32 = 64;

/// What a cell shows.
enum Words {
    Own(String),
    Shared(usize),
    /// A number or nothing: it stays in its cell.
    None,
}

/// The last cell with content of each row that is looked at; what stands before it is stopped by it.
#[derive(Default)]
struct Ends {
    covered: u32,
    last: BTreeMap<u32, (u32, Words, f64)>,
    row: u32,
    column: u32,
    value: Option<String>,
    inline: String,
    default: Option<f64>,
    /// First and last column and width.
    widths: Vec<(u32, u32, f64)>,
}

impl Ends {
    fn width(&self, column: u32) -> f64 {
        let own = self.widths.iter().find(|(from, to, _)| (from..=to).contains(&&column)).map(|(.., width)| *width);
        own.or(self.default).unwrap_or(COLUMN)
    }

    /// The first column behind a text.
    fn reach(&self, column: u32, text: &str, height: f64) -> u32 {
        let longest = text.lines().map(width_em).fold(0.0, f64::max);
        let mut left = longest * SIZE.max(height / LINE) * WIDER;
        let mut at = column;
        while left > 0.0 && at < column.saturating_add(REACH) {
            left -= self.width(at).max(1.0);
            at = at.saturating_add(1);
        }
        at
    }
}

impl<'t> Visitor<'t> for Ends {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        let row = open.get(2).and_then(|row| row.value("r")).and_then(|r| r.trim().parse::<u32>().ok());
        matches!(element.local(), "v" | "t") && row.unwrap_or(self.row.saturating_add(1)) <= self.covered
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        let text = element.text.take();
        let number = |name| element.value(name).and_then(|value| value.trim().parse::<f64>().ok());
        let points = |characters: f64| characters.clamp(0.0, 255.0) * CHARACTER + SIDES;
        match (open.len(), element.local()) {
            (1, "sheetFormatPr") => self.default = number("defaultColWidth").map(points),
            (2, "col") if self.widths.len() < WIDTHS => {
                let hidden = element.value("hidden").is_some_and(|value| !super::is_off(Some(value)));
                let width = if hidden { Some(0.0) } else { number("width").map(points) };
                if let Some(((from, to), width)) = number("min").zip(number("max")).zip(width) {
                    self.widths.push(((from as u32).saturating_sub(1), (to as u32).saturating_sub(1), width));
                }
            }
            (4, "v") => self.value = text,
            (_, "t") if open.len() > 4 => self.inline.push_str(&text.unwrap_or_default()),
            (2, "row") => {
                self.row = element.value("r").and_then(|r| r.trim().parse().ok()).unwrap_or(self.row.saturating_add(1));
                self.column = 0;
            }
            (3, "c") => {
                let (value, inline) = (self.value.take(), std::mem::take(&mut self.inline));
                let row = open.last();
                let stated = row.and_then(|row| row.value("r")).and_then(|r| r.trim().parse::<u32>().ok());
                let next = stated.unwrap_or(self.row.saturating_add(1)).saturating_sub(1);
                let (column, at) = element.value("r").and_then(super::sheet::cell).unwrap_or((self.column, next));
                self.column = column.saturating_add(1);
                let words = match (element.value("t"), value) {
                    (Some("s"), Some(value)) => value.trim().parse().map_or(Words::None, Words::Shared),
                    (Some("str"), Some(value)) => Words::Own(value),
                    (Some("inlineStr"), _) => Words::Own(inline),
                    (_, Some(_)) => Words::None,
                    _ => return,
                };
                let height = row.and_then(|row| row.value("ht")).and_then(|ht| ht.trim().parse::<f64>().ok());
                let further = self.last.get(&at).is_none_or(|(there, ..)| *there <= column);
                if at < self.covered && further {
                    self.last.insert(at, (column, words, height.unwrap_or(0.0).clamp(0.0, 409.0)));
                }
            }
            _ => {}
        }
    }
}

/// The first column that no text of the first `covered` rows reaches. `strings` names the part with the
/// shared strings.
pub(super) fn free(package: &mut Package<'_, '_>, part: &Part, covered: u32, strings: Option<&str>) -> Result<u32> {
    let mut ends = Ends { covered, ..Ends::default() };
    part.study(package.limits, &mut ends)?;
    let shared = |words: &Words| if let Words::Shared(index) = words { Some(*index) } else { None };
    let wanted: BTreeSet<usize> = ends.last.values().filter_map(|(_, words, _)| shared(words)).collect();
    let mut found = Strings::of(&wanted);
    if let Some(table) = strings.filter(|_| !wanted.is_empty()).map(|name| package.part(name)).transpose()?
        && let Ok(table) = table
    {
        let _ = table.scan(package.limits, &mut found);
    }
    let reach = ends.last.values().map(|(column, words, height)| match words {
        Words::Own(text) => ends.reach(*column, text, *height),
        Words::Shared(index) => ends.reach(*column, found.text(*index), *height),
        Words::None => column.saturating_add(1),
    });
    Ok(reach.max().unwrap_or(0))
}
