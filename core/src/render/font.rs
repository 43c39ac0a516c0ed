//! The embedded font, a caller's own font, and lines of text as coverage masks.

use ab_glyph::{Font, FontRef, OutlinedGlyph, Point, point};

use crate::{
    error::{Error, Result},
    message::codec,
};

/// Biaoshi Sans: the words of GB 45438-2025, Chinese punctuation, ASCII and Latin-1.
static EMBEDDED: &[u8] = include_bytes!("../../assets/font/BiaoshiSans.otf");

/// A pixel counts as ink when the glyph covers at least this part of it.
pub(super) const INK: f32 = 0.5;

/// Largest mask, in pixels: far above any notice that fits a picture within the limits.
const MASK_PIXELS: usize = 64 << 20;

/// Opens the caller's font, or the embedded one.
pub(super) fn open(own: Option<&[u8]>) -> Result<FontRef<'_>> {
    FontRef::try_from_slice(own.unwrap_or(EMBEDDED))
        .map_err(|error| Error::Invalid(codec::FONT_UNREADABLE.with("reason", error)))
}

/// Coverage of each pixel, 0.0 to 1.0, row by row.
#[derive(Debug, Clone)]
pub(super) struct Mask {
    pub(super) width: usize,
    pub(super) height: usize,
    cells: Vec<f32>,
}

impl Mask {
    pub(super) fn new(width: usize, height: usize) -> Result<Self> {
        let size = width.checked_mul(height).filter(|size| *size <= MASK_PIXELS);
        let size = size.ok_or_else(|| {
            let what = crate::message::general::LIMIT.with("limit", "mask");
            Error::Limit(what.arg("value", format!("{width}×{height}")).arg("max", MASK_PIXELS))
        })?;
        Ok(Self { width, height, cells: vec![0.0; size] })
    }

    pub(super) fn get(&self, x: usize, y: usize) -> f32 {
        self.index(x, y).and_then(|i| self.cells.get(i)).copied().unwrap_or(0.0)
    }

    /// Adds coverage, up to 1.0.
    pub(super) fn add(&mut self, x: usize, y: usize, coverage: f32) {
        if let Some(cell) = self.index(x, y).and_then(|i| self.cells.get_mut(i)) {
            *cell = (*cell + coverage).clamp(0.0, 1.0);
        }
    }

    fn index(&self, x: usize, y: usize) -> Option<usize> {
        (x < self.width).then(|| y.checked_mul(self.width)?.checked_add(x)).flatten()
    }
}

/// One line as pixels, cut to what the glyphs touch.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) mask: Mask,
    /// Height in pixels of the ink of its Han characters, or of all of it if it has none.
    pub(super) ink_height: u32,
}

/// First and last row that hold ink.
#[derive(Debug, Default, Clone, Copy)]
struct Rows(Option<(i64, i64)>);

impl Rows {
    fn see(&mut self, row: i64) {
        self.0 = Some(self.0.map_or((row, row), |(a, b)| (a.min(row), b.max(row))));
    }

    fn height(self) -> u32 {
        self.0.map_or(0, |(a, b)| u32::try_from(b.saturating_sub(a).saturating_add(1)).unwrap_or(0))
    }
}

/// Whether a character is a Han ideograph (Unicode blocks of CJK unified and compatibility ones).
pub(super) fn is_han(c: char) -> bool {
    matches!(u32::from(c),
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x2_0000..=0x3_FFFF)
}

/// Checks that the font can draw every character of a line, and that there is something to draw.
pub(super) fn check(font: &FontRef<'_>, text: &str, number: usize) -> Result<()> {
    for c in text.chars() {
        let glyph = font.glyph_id(c);
        let blank = matches!(c, ' ' | '\u{a0}' | '\u{3000}');
        if !blank && (glyph.0 == 0 || font.outline(glyph).is_none_or(|o| o.curves.is_empty())) {
            let code_point = format!("U+{:04X}", u32::from(c));
            let problem = codec::GLYPH_MISSING.with("char", c).arg("code_point", code_point);
            return Err(Error::Invalid(problem));
        }
    }
    if text.trim().is_empty() {
        return Err(Error::Invalid(codec::NOTICE_EMPTY.with("line", number)));
    }
    Ok(())
}

/// Draws a line with an em of `em` pixels. Call [`check`] first.
pub(super) fn rasterise(font: &FontRef<'_>, text: &str, em: f32) -> Result<Line> {
    let unreadable = |reason: &str| Error::Invalid(codec::FONT_UNREADABLE.with("reason", reason));
    let units = font.units_per_em().filter(|units| *units > 0.0);
    let units = units.ok_or_else(|| unreadable("units per em"))?;
    let scale = em * font.height_unscaled() / units;
    if !scale.is_finite() || scale <= 0.0 {
        return Err(unreadable("line height"));
    }

    let mut pen = 0.0_f32;
    let mut before: Option<char> = None;
    let mut glyphs: Vec<(OutlinedGlyph, bool)> = Vec::new();
    for c in text.chars() {
        if let Some(last) = before {
            pen += em * font.kern_unscaled(font.glyph_id(last), font.glyph_id(c)) / units;
        }
        let id = font.glyph_id(c);
        let at: Point = point(pen, 0.0);
        if let Some(outlined) = font.outline_glyph(id.with_scale_and_position(scale, at)) {
            let bounds = outlined.px_bounds();
            let most = em * 8.0 + 8.0;
            if !(bounds.width() <= most && bounds.height() <= most) {
                return Err(unreadable("a glyph is larger than eight em"));
            }
            glyphs.push((outlined, is_han(c)));
        }
        pen += em * font.h_advance_unscaled(id) / units;
        before = Some(c);
    }

    let edge = |pick: fn(&OutlinedGlyph) -> f32, better: fn(f32, f32) -> f32| {
        glyphs.iter().map(|(glyph, _)| pick(glyph)).reduce(better).unwrap_or(0.0)
    };
    let left = edge(|g| g.px_bounds().min.x, f32::min);
    let top = edge(|g| g.px_bounds().min.y, f32::min);
    let right = edge(|g| g.px_bounds().max.x, f32::max);
    let bottom = edge(|g| g.px_bounds().max.y, f32::max);
    let mut mask = Mask::new((right - left).max(0.0) as usize, (bottom - top).max(0.0) as usize)?;

    let (mut han, mut all) = (Rows::default(), Rows::default());
    for (glyph, is_han) in &glyphs {
        let bounds = glyph.px_bounds();
        let (x0, y0) = ((bounds.min.x - left) as usize, (bounds.min.y - top) as usize);
        glyph.draw(|x, y, coverage| {
            let (x, y) = (x0.saturating_add(x as usize), y0.saturating_add(y as usize));
            mask.add(x, y, coverage);
            if coverage >= INK {
                let row = i64::try_from(y).unwrap_or(i64::MAX);
                all.see(row);
                if *is_han {
                    han.see(row);
                }
            }
        });
    }
    let ink_height = if han.0.is_some() { han.height() } else { all.height() };
    Ok(Line { mask, ink_height })
}
