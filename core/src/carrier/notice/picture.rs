//! Notices as this library draws them, found again in pixels: white writing on a dark plate, in the
//! embedded font, at an edge or corner (GB 45438-2025 5.2, 5.4).
//!
//! Bright pieces are joined to lines at every size, lines on dark ground are compared with known
//! wordings, and what is left counts only if the plate itself is seen. A picture may have been
//! coded anew, resized or framed in between. What a mirrored or turned picture shows is not read:
//! hand in pixels as displayed.

mod grey;
mod grid;
mod line;
mod pieces;
mod plate;
mod words;

pub(crate) use words::knows;

#[cfg(test)]
mod tests;

use self::{
    grey::{Frame, Grey},
    line::{Line, Picture},
};
use crate::{
    label::wording::has_both_elements,
    notice::{Form, Perceived, Reader},
    render::{Placement, Rect},
};

/// Lines looked at closely, and pixels of all of them against those of the picture.
const MOST_LINES: usize = 4096;
const MOST_WORK: u64 = 8;
/// What a longer line may be less alike than a part of it, for each height that it is long.
const LENGTH: f32 = 0.02;
/// Smallest height that is looked for, against the shortest side.
const LEAST_HEIGHT: f64 = 0.01;

/// A notice seen in a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// Its words, lines parted by line feeds; nothing where a plate as ours has unknown words.
    pub text: Option<String>,
    /// The ink, in pixels as displayed.
    pub rect: Rect,
    /// The plate under it, in pixels as displayed, if it has one.
    pub plate: Option<Rect>,
    /// Height of the text in pixels: ink of its Han characters, of the whole line if it has none;
    /// that of the lowest line.
    pub height_px: u32,
    /// Contrast of ink and what is around it, 1.0 to 21.0 (WCAG 2.2).
    pub contrast: f64,
    /// The edge or corner that it touches, if any.
    pub placement: Option<Placement>,
    /// How sure the reading is, in thousandths.
    pub score: u32,
    /// What read it.
    pub reader: Reader,
}

impl Seen {
    /// The same as evidence. `width` and `height` are those of the picture, in pixels.
    #[must_use]
    pub fn perceived(&self, width: u32, height: u32) -> Perceived {
        let Rect { x, y, width: wide, height: high } = self.rect;
        let permille = u64::from(self.height_px).saturating_mul(1000).checked_div(u64::from(width.min(height)));
        Perceived {
            form: Form::Picture,
            reader: self.reader,
            text: self.text.clone(),
            both_elements: self.text.as_deref().is_some_and(has_both_elements),
            at: None,
            rect: Some([x, y, wide, high]),
            edge: Some(self.placement.is_some()),
            height_permille: permille.and_then(|part| u32::try_from(part).ok()),
            start_ms: None,
            duration_ms: None,
        }
    }
}

/// Finds notices as [`crate::render::draw_notice`] makes them. `rgb` has 3 bytes for each of
/// `width` × `height` pixels as displayed; nothing is found if it has fewer.
#[must_use]
pub fn find(rgb: &[u8], width: u32, height: u32) -> Vec<Seen> {
    let Some(grey) = Grey::of_rgb(rgb, width, height) else { return Vec::new() };
    let mut lines = lines(Picture { grey: &grey, rgb });
    drop_covered(&mut lines);
    notices(&grey, lines)
}

/// All lines of bright writing on dark ground, from the highest to the lowest.
fn lines(picture: Picture<'_>) -> Vec<Line> {
    let grey = picture.grey;
    let shortest = grey.width.min(grey.height);
    let mut found: Vec<(i32, Frame)> = Vec::new();
    let mut level: Option<Grey> = None;
    let mut scale = 1_i32;
    loop {
        let here = level.as_ref().unwrap_or(grey);
        if here.width < pieces::LEAST || here.height < pieces::LEAST {
            break;
        }
        // Lines that only this level would find are too low to matter in a picture so large.
        let highest = f64::from(scale.saturating_mul(pieces::LEAST + 1));
        if highest >= f64::from(shortest) * LEAST_HEIGHT {
            let lines = pieces::lines(&pieces::pieces(here), here);
            found.extend(lines.into_iter().map(|frame| (scale, frame.scaled(scale))));
        }
        let half = here.half();
        level = Some(half);
        scale = scale.saturating_mul(2);
    }
    let mut work = picture.grey.frame().area().saturating_mul(MOST_WORK);
    let mut lines = Vec::new();
    for (slack, frame) in found.into_iter().rev().take(MOST_LINES) {
        let Some(rest) = work.checked_sub(frame.area()) else { break };
        work = rest;
        lines.extend(line::read(picture, frame, slack));
    }
    lines
}

/// Of lines that overlap, the one with known words stays, the more alike, the larger.
fn drop_covered(lines: &mut Vec<Line>) {
    let rank = |line: &Line| {
        let aspect = line.ink.width() as f32 / line.ink.height().max(1) as f32;
        let value = (line.likeness + aspect * LENGTH) * 1e4;
        (line.word.is_some(), value as i32, line.ink)
    };
    lines.sort_by_key(|line| std::cmp::Reverse(rank(line)));
    let mut kept: Vec<Line> = Vec::new();
    for line in lines.drain(..) {
        let overlaps = |other: &Line| line.ink.cut(other.ink).width() > 0 && line.ink.cut(other.ink).height() > 0;
        if !kept.iter().any(overlaps) {
            kept.push(line);
        }
    }
    kept.sort_by_key(|line| line.ink);
    *lines = kept;
}

/// Lines one under another become one notice.
fn notices(grey: &Grey, lines: Vec<Line>) -> Vec<Seen> {
    let mut blocks: Vec<Vec<Line>> = Vec::new();
    for line in lines {
        let follows = |block: &&mut Vec<Line>| block.last().is_some_and(|last| under(last, &line));
        match blocks.iter_mut().rev().find(follows) {
            Some(block) => block.push(line),
            None => blocks.push(vec![line]),
        }
    }
    blocks.iter().filter_map(|block| notice(grey, block)).collect()
}

/// Whether `next` is the next line of the same plate.
fn under(last: &Line, next: &Line) -> bool {
    let (high, low) = (last.height.max(next.height) as f32, last.height.min(next.height) as f32);
    let gap = next.ink.y0.saturating_sub(last.ink.y1) as f32;
    let across = last.ink.x1.min(next.ink.x1).saturating_sub(last.ink.x0.max(next.ink.x0));
    across > 0 && gap > high * 0.15 && gap < high * 0.9 && low > high * 0.6
}

fn notice(grey: &Grey, block: &[Line]) -> Option<Seen> {
    let first = block.first()?;
    let known: Vec<&Line> = block.iter().filter(|line| line.word.is_some()).collect();
    let all = block.iter().map(|line| line.ink).reduce(Frame::join)?;
    let outline = plate::seen(grey, all, first.ground, block.len());
    // Without an outline, lines that are not understood may be anything.
    let counted: Vec<&Line> = if outline.is_some() { block.iter().collect() } else { known.clone() };
    let ink = counted.iter().map(|line| line.ink).reduce(Frame::join)?;
    let em = known.iter().map(|line| line.em).reduce(f32::max).unwrap_or(first.em);
    let plate = outline.unwrap_or_else(|| plate::expected(ink, em, grey.frame()));
    let words: Vec<&str> = known.iter().filter_map(|line| line.word.map(|word| word.text)).collect();
    let measured = if known.is_empty() { &counted } else { &known };
    let least = measured.iter().map(|line| line.likeness).reduce(f32::min).unwrap_or(0.0);
    Some(Seen {
        text: (!words.is_empty()).then(|| words.join("\n")),
        rect: ink.rect(),
        plate: Some(plate.rect()),
        height_px: measured.iter().map(|line| line.height).min().unwrap_or(0),
        contrast: measured.iter().map(|line| line.contrast).reduce(f64::min).unwrap_or(1.0),
        placement: placement(plate, em, grey.frame()),
        score: if known.is_empty() { 500 } else { (least * 1000.0).round() as u32 },
        reader: Reader::Biaoshi,
    })
}

/// The edge or corner that a plate touches: it stands half an em away from it, or in its middle.
fn placement(plate: Frame, em: f32, picture: Frame) -> Option<Placement> {
    let near = (em * 1.1).ceil() as i32;
    let side = |before: i32, after: i32| match (before <= near, after <= near) {
        (true, true) => Some(0),
        (true, false) => Some(-1),
        (false, true) => Some(1),
        (false, false) => None,
    };
    let x = side(plate.x0.saturating_sub(picture.x0), picture.x1.saturating_sub(plate.x1));
    let y = side(plate.y0.saturating_sub(picture.y0), picture.y1.saturating_sub(plate.y1));
    Some(match (x, y) {
        (Some(-1), Some(-1)) => Placement::TopLeft,
        (Some(1), Some(-1)) => Placement::TopRight,
        (Some(-1), Some(1)) => Placement::BottomLeft,
        (Some(1), Some(1)) => Placement::BottomRight,
        (_, Some(-1)) => Placement::Top,
        (_, Some(1)) => Placement::Bottom,
        (Some(1), _) => Placement::Right,
        (Some(0), Some(_)) => Placement::Bottom,
        (Some(_), _) => Placement::Left,
        (None, Some(_)) => Placement::Top,
        (None, None) => return None,
    })
}
