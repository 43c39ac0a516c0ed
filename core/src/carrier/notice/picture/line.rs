//! One line of bright writing on a dark ground: how high it is, and what it says.

use std::sync::LazyLock;

use super::{
    grey::{Frame, Grey},
    grid::{Edges, Field},
    words::{self, ROWS, Word},
};
use crate::render::{Rgba, contrast_ratio};

/// Least correlation with a known wording, for the coarse look and for the close one.
const COARSE: f32 = 0.40;
const CLOSE: f32 = 0.76;
/// Least contrast of ink and plate; drawn ones have 12, codecs and small sizes take some of it.
const CONTRAST: f64 = 3.0;
/// Brightest mean of what is around the line, and the part of it that may be brighter.
const GROUND: u64 = 88;
const SPECK: u8 = 120;
const SPECKS: f32 = 0.05;
/// Part of the pixels taken for the level of full ink, and how colourful these may be.
const FULL: f32 = 0.04;
const COLOUR: u64 = 48;

/// How far the fit may be from the right height, for its height: two edges, moved by hundredths of it.
const FIT: f32 = 0.035;

/// A line, measured.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// Where its ink is.
    pub(super) ink: Frame,
    /// What it says, if known.
    pub(super) word: Option<&'static Word>,
    /// Its em in pixels, known from the word.
    pub(super) em: f32,
    /// What counts as the height of the text, in pixels.
    pub(super) height: u32,
    pub(super) contrast: f64,
    /// Mean grey level around it.
    pub(super) ground: u8,
    pub(super) likeness: f32,
}

/// The pixels that are searched.
#[derive(Debug, Clone, Copy)]
pub(super) struct Picture<'p> {
    pub(super) grey: &'p Grey,
    pub(super) rgb: &'p [u8],
}

/// Luminance of each grey level.
static LIGHT: LazyLock<[f32; 256]> = LazyLock::new(|| {
    let mut levels = [0.0; 256];
    for (level, slot) in (0_u8..=255).zip(&mut levels) {
        *slot = Rgba::from_rgb8(level, level, level).luminance() as f32;
    }
    levels
});

fn light(level: u8) -> f32 {
    LIGHT.get(usize::from(level)).copied().unwrap_or(0.0)
}

/// Looks closely at `found`, which is known up to `slack` pixels.
pub(super) fn read(picture: Picture<'_>, found: Frame, slack: i32) -> Option<Line> {
    let grey = picture.grey;
    let region = found.grown(slack, slack).cut(grey.frame());
    let ground = ground(grey, region, (found.height() / 10).max(1))?;
    let full = full(picture, region)?;
    let (dark, bright) = (light(ground), light(full));
    let contrast = contrast_ratio(f64::from(bright), f64::from(dark));
    if contrast < CONTRAST {
        return None;
    }
    let span = (bright - dark).max(1e-3);
    let cover: Vec<f32> = { region.y0..region.y1 }
        .flat_map(|y| grey.within(region, y))
        .map(|level| ((light(*level) - dark) / span).clamp(0.0, 1.0))
        .collect();
    let field = Field::new(usize::try_from(region.width()).ok()?, usize::try_from(region.height()).ok()?, &cover)?;
    let ink = field.ink()?;
    let high = ink.y1 - ink.y0;
    let place = |at: Edges| Frame {
        x0: region.x0.saturating_add(at.x0.round() as i32),
        y0: region.y0.saturating_add(at.y0.round() as i32),
        x1: region.x0.saturating_add(at.x1.round() as i32),
        y1: region.y0.saturating_add(at.y1.round() as i32),
    };
    let best = best(&field, ink);
    Some(match best {
        Some((word, edges, likeness)) => {
            let fitted = edges.y1 - edges.y0;
            // Whole rows are exact where nothing is blurred; else the fit is nearer, but not nearer than
            // its last steps are long.
            let rows = if (high - fitted).abs() <= (high * FIT).max(1.25) { high } else { fitted };
            let em = fitted / word.height_em;
            let counted = (rows * word.counted).round().max(1.0) as u32;
            Line { ink: place(ink), word: Some(word), em, height: counted, contrast, ground, likeness }
        }
        None => {
            Line { ink: place(ink), word: None, em: high / 0.93, height: high as u32, contrast, ground, likeness: 0.0 }
        }
    })
}

/// The mean grey level around `region`, if all of it is dark.
fn ground(grey: &Grey, region: Frame, thick: i32) -> Option<u8> {
    let outer = region.grown(thick, thick).cut(grey.frame());
    let (mut sum, mut count, mut specks) = (0_u64, 0_u64, 0_u64);
    let mut add = |levels: &[u8]| {
        for level in levels {
            sum = sum.saturating_add(u64::from(*level));
            specks = specks.saturating_add(u64::from(*level > SPECK));
        }
        count = count.saturating_add(levels.len() as u64);
    };
    for y in outer.y0..outer.y1 {
        if y < region.y0 || y >= region.y1 {
            add(grey.within(outer, y));
        } else {
            add(grey.within(Frame { x1: region.x0, ..outer }, y));
            add(grey.within(Frame { x0: region.x1, ..outer }, y));
        }
    }
    let mean = sum.checked_div(count)?;
    (mean <= GROUND && specks as f32 <= count as f32 * SPECKS).then_some(mean as u8)
}

/// The level of full ink, if it has no colour.
fn full(picture: Picture<'_>, region: Frame) -> Option<u8> {
    let mut counts = [0_u64; 256];
    for level in (region.y0..region.y1).flat_map(|y| picture.grey.within(region, y)) {
        if let Some(slot) = counts.get_mut(usize::from(*level)) {
            *slot = slot.saturating_add(1);
        }
    }
    let mut rest = ((region.area() as f32 * FULL) as u64).max(1);
    let (mut sum, mut taken, mut least) = (0_u64, 0_u64, 0_u8);
    for (level, count) in (0_u8..=255).zip(counts).rev() {
        let here = count.min(rest);
        sum = sum.saturating_add(u64::from(level).saturating_mul(here));
        taken = taken.saturating_add(here);
        rest = rest.saturating_sub(here);
        least = level;
        if rest == 0 {
            break;
        }
    }
    (colour(picture, region, least) <= COLOUR).then_some(())?;
    u8::try_from(sum.checked_div(taken)?).ok()
}

/// Mean difference of the largest and the smallest sample, of pixels at least so bright.
fn colour(picture: Picture<'_>, region: Frame, least: u8) -> u64 {
    let (mut sum, mut count) = (0_u64, 0_u64);
    let width = picture.grey.width.max(0) as usize;
    for y in region.y0..region.y1 {
        let from = (y.max(0) as usize).saturating_mul(width).saturating_add(region.x0.max(0) as usize);
        let levels = picture.grey.within(region, y);
        let row = picture.rgb.get(from.saturating_mul(3)..).unwrap_or_default();
        for (level, [r, g, b]) in levels.iter().zip(row.as_chunks::<3>().0) {
            if *level >= least {
                let range = r.max(g).max(b).abs_diff(*r.min(g).min(b));
                sum = sum.saturating_add(u64::from(range));
                count = count.saturating_add(1);
            }
        }
    }
    sum.checked_div(count).unwrap_or(0)
}

/// The known wording that is most like the line, and the edges that fit it best.
fn best(field: &Field, ink: Edges) -> Option<(&'static Word, Edges, f32)> {
    let high = ink.y1 - ink.y0;
    let slack = 0.08 + 1.3 / high.max(1.0);
    let rows = ROWS.iter().rposition(|rows| *rows as f32 <= high * 1.15).unwrap_or(0);
    let mut best: Option<(&Word, Edges, f32)> = None;
    for word in words::known() {
        if (ink.aspect() / word.aspect - 1.0).abs() > slack || likeness(field, word, 0, ink) < COARSE {
            continue;
        }
        let (edges, value) = fit(field, word, rows, ink);
        if value >= CLOSE && best.is_none_or(|(_, _, old)| value > old) {
            best = Some((word, edges, value));
        }
    }
    best
}

fn likeness(field: &Field, word: &Word, rows: usize, edges: Edges) -> f32 {
    word.grids.get(rows).map_or(0.0, |grid| field.sample(edges, grid.columns, grid.rows).likeness(grid))
}

/// Moves the edges until the likeness grows no more.
fn fit(field: &Field, word: &Word, rows: usize, ink: Edges) -> (Edges, f32) {
    let high = ink.y1 - ink.y0;
    let (mut at, mut value) = (ink, likeness(field, word, rows, ink));
    for part in [0.08, 0.04, 0.02, 0.01] {
        let d = high * part;
        let moves = [
            [d, 0.0, 0.0, 0.0],
            [-d, 0.0, 0.0, 0.0],
            [0.0, d, 0.0, 0.0],
            [0.0, -d, 0.0, 0.0],
            [0.0, 0.0, d, 0.0],
            [0.0, 0.0, -d, 0.0],
            [0.0, 0.0, 0.0, d],
            [0.0, 0.0, 0.0, -d],
            [d, 0.0, d, 0.0],
            [-d, 0.0, -d, 0.0],
            [0.0, d, 0.0, d],
            [0.0, -d, 0.0, -d],
        ];
        for _ in 0..4 {
            let before = value;
            for by in moves {
                let tried = at.moved(by);
                let found = likeness(field, word, rows, tried);
                if found > value {
                    (at, value) = (tried, found);
                }
            }
            if value <= before {
                break;
            }
        }
    }
    (at, value)
}
