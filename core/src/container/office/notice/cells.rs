//! The words that a workbook shows: print headers, drawings, cells of the first rows.

use std::collections::{BTreeMap, BTreeSet};

use crate::container::Shown;
use crate::error::Result;

use super::super::package::Package;
use super::super::xml::{Element, Scope, Visitor};
use super::drawing::Paragraphs;
use super::relations::{self, Relations};
use super::sheet::{HEADERS, sheets};
use super::{bounded, looked_at, passages};

/// Rows at the top whose words are read, and cells in them.
const TOP: u32 = 32;
const CELLS: usize = 1_024;

/// Cells of the first rows: their words, or where those stand among the shared ones.
#[derive(Default)]
struct Cells {
    found: Vec<(Option<usize>, String)>,
    inline: String,
    value: Option<String>,
    headers: Vec<String>,
}

impl<'t> Visitor<'t> for Cells {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        let cell = matches!(element.local(), "v" | "t") && self.found.len() < CELLS;
        cell || open.len() == 2 && HEADERS.iter().any(|(name, _)| *name == element.local())
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        let text = element.text.take();
        match (open.len(), element.local()) {
            (4, "v") => self.value = text,
            (_, "t") if open.len() > 4 => self.inline.push_str(&text.unwrap_or_default()),
            (3, "c") => {
                let (value, inline) = (self.value.take(), std::mem::take(&mut self.inline));
                let row = open.last().and_then(|row| row.value("r")).and_then(|r| r.trim().parse::<u32>().ok());
                if row.is_some_and(|row| row > TOP) || self.found.len() >= CELLS {
                    return;
                }
                match element.value("t") {
                    Some("s") => {
                        let index = value.and_then(|value| value.trim().parse().ok());
                        self.found.extend(index.map(|index| (Some(index), String::new())));
                    }
                    Some("inlineStr") => self.found.push((None, inline)),
                    Some("str") => self.found.extend(value.map(|value| (None, value))),
                    _ => {}
                }
            }
            (2, _) => self.headers.extend(text.map(|text| plain_header(&text))),
            _ => {}
        }
    }
}

/// A header without its codes.
fn plain_header(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '&' {
            out.push(c);
            continue;
        }
        match rest.next() {
            Some('&') => out.push('&'),
            Some('"') => {
                let _ = rest.find(|c| *c == '"');
            }
            Some('L' | 'C' | 'R') if !out.is_empty() => out.push('\n'),
            _ => {}
        }
    }
    out.trim().to_owned()
}

/// The shared strings with these numbers.
pub(super) struct Strings<'n> {
    wanted: &'n BTreeSet<usize>,
    number: usize,
    open: String,
    found: BTreeMap<usize, String>,
}

impl<'n> Strings<'n> {
    pub(super) const fn of(wanted: &'n BTreeSet<usize>) -> Self {
        Self { wanted, number: 0, open: String::new(), found: BTreeMap::new() }
    }

    /// The string with this number, empty if there is none.
    pub(super) fn text(&self, index: usize) -> &str {
        self.found.get(&index).map_or("", String::as_str)
    }
}

impl<'t> Visitor<'t> for Strings<'_> {
    fn wants(&self, element: &Element<'t>, _: &[Element<'t>]) -> bool {
        element.local() == "t"
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        match element.local() {
            // Readings beside the text are not the text.
            "t" if open.iter().any(|outer| outer.local() == "rPh") => {}
            "t" => self.open.push_str(&element.text.take().unwrap_or_default()),
            "si" if open.len() == 1 => {
                let text = std::mem::take(&mut self.open);
                if self.wanted.contains(&self.number) {
                    self.found.insert(self.number, text);
                }
                self.number = self.number.saturating_add(1);
            }
            _ => {}
        }
    }
}

/// Words of the first, the middle and the last sheets: print headers, drawings, first rows.
pub(super) fn shown(package: &mut Package<'_, '_>) -> Result<Vec<Shown>> {
    let Some(main) = relations::main_part(package)? else { return Ok(Vec::new()) };
    let paths = sheets(package, &main)?;
    let list = Relations::read(package, &main)?;
    let strings = list.first("sharedStrings").map(|relation| relation.path.clone());
    let mut groups: [Vec<Shown>; 3] = Default::default();
    for (at, moment) in looked_at(paths.len()) {
        let Some(path) = paths.get(at) else { continue };
        let Ok(part) = package.part(path)? else { continue };
        let Some(group) = groups.get_mut(moment as usize) else { continue };
        let mut cells = Cells::default();
        let _ = part.scan(package.limits, &mut cells);
        group.extend(passages(package, &part, std::mem::take(&mut cells.headers), moment)?);
        let relations = Relations::read(package, path)?;
        if let Some(drawing) = relations.first("drawing")
            && let Ok(drawing) = package.part(&drawing.path)?
        {
            let texts = Paragraphs::of(&drawing, package.limits);
            group.extend(passages(package, &drawing, texts, moment)?);
        }
        let wanted: BTreeSet<usize> = cells.found.iter().filter_map(|(index, _)| *index).collect();
        let mut shared = Strings::of(&wanted);
        if let (false, Some(name)) = (wanted.is_empty(), &strings)
            && let Ok(table) = package.part(name)?
        {
            let _ = table.scan(package.limits, &mut shared);
        }
        let words = |(index, text): (Option<usize>, String)| match index {
            Some(index) => shared.text(index).to_owned(),
            None => text,
        };
        let texts = cells.found.into_iter().map(words).collect();
        group.extend(passages(package, &part, texts, moment)?);
    }
    Ok(groups.into_iter().flat_map(|group| bounded(group, package.limits)).collect())
}
