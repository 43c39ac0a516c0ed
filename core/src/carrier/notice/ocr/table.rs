//! The program's table of words, joined to lines.

use crate::render::Rect;

/// A line of words on the page.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) text: String,
    /// Where it is, in pixels of the page.
    pub(super) rect: Rect,
    /// Mean confidence of its characters, in percent.
    pub(super) sure: f32,
}

/// Longest line that is kept, in bytes: a page of noise is no text.
const LONGEST: usize = 1024;
/// Most lines.
const MOST: usize = 512;

/// The lines of a table in Tesseract's TSV: level, page, block, paragraph, line, word, left, top,
/// width, height, confidence, text.
pub(super) fn lines(table: &str) -> Vec<Line> {
    let mut lines: Vec<([&str; 3], Line, usize)> = Vec::new();
    for row in table.lines() {
        let Some((key, word)) = word(row) else { continue };
        let count = word.text.chars().count();
        let room = lines.len() < MOST;
        match lines.last_mut() {
            Some((last, line, all)) if *last == key && line.text.len() < LONGEST => {
                line.text.push(' ');
                line.text.push_str(&word.text);
                line.rect = join(line.rect, word.rect);
                let total = all.saturating_add(count).max(1);
                line.sure = (line.sure * *all as f32 + word.sure * count as f32) / total as f32;
                *all = total;
            }
            _ if room => lines.push((key, word, count)),
            _ => break,
        }
    }
    lines.into_iter().map(|(_, line, _)| line).collect()
}

/// A word and the block, paragraph and line that it is of.
fn word(row: &str) -> Option<([&str; 3], Line)> {
    let cells: Vec<&str> = row.splitn(12, '\t').collect();
    let ["5", _, block, paragraph, line, _, left, top, width, height, sure, text] = cells[..] else { return None };
    let text = text.trim();
    (!text.is_empty() && text.len() <= LONGEST).then_some(())?;
    let rect =
        Rect { x: left.parse().ok()?, y: top.parse().ok()?, width: width.parse().ok()?, height: height.parse().ok()? };
    let sure = sure.parse().ok().filter(|sure: &f32| sure.is_finite())?;
    Some(([block, paragraph, line], Line { text: text.to_owned(), rect, sure }))
}

fn join(one: Rect, other: Rect) -> Rect {
    let end = |at: u32, size: u32| at.saturating_add(size);
    let (x, y) = (one.x.min(other.x), one.y.min(other.y));
    let right = end(one.x, one.width).max(end(other.x, other.width));
    let bottom = end(one.y, one.height).max(end(other.y, other.height));
    Rect { x, y, width: right.saturating_sub(x), height: bottom.saturating_sub(y) }
}
