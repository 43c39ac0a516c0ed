//! Outlines of the characters of a notice, for documents that draw glyphs themselves.

use ab_glyph::{Font, OutlineCurve};

use super::font::{check, is_han, open};
use crate::error::{Error, Result};
use crate::message::codec;

/// A character, in units of its font; up is positive.
#[derive(Debug, Clone)]
pub(crate) struct Glyph {
    pub(crate) c: char,
    /// How far the next one stands to the right.
    pub(crate) advance: f32,
    /// Left, bottom, right, top of what is drawn.
    pub(crate) bounds: [f32; 4],
    pub(crate) curves: Vec<OutlineCurve>,
}

/// The characters of some lines, each once, in the order of their code points.
#[derive(Debug)]
pub(crate) struct Outlines {
    /// Units in an em.
    pub(crate) units: f32,
    /// Highest and lowest part of a line.
    pub(crate) ascent: f32,
    pub(crate) descent: f32,
    pub(crate) glyphs: Vec<Glyph>,
}

impl Outlines {
    /// Those of `lines` in the caller's font, or in the embedded one.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the font can't be read or has no glyph for a character.
    pub(crate) fn new(own: Option<&[u8]>, lines: &[String]) -> Result<Self> {
        let unreadable = |reason: &str| Error::Invalid(codec::FONT_UNREADABLE.with("reason", reason));
        let font = open(own)?;
        for (number, line) in (1usize..).zip(lines) {
            check(&font, line, number)?;
        }
        let units = font.units_per_em().filter(|units| *units >= 16.0 && *units <= 16_384.0);
        let units = units.ok_or_else(|| unreadable("units per em"))?;
        let mut characters: Vec<char> = lines.iter().flat_map(|line| line.chars()).collect();
        characters.sort_unstable();
        characters.dedup();
        let mut glyphs = Vec::with_capacity(characters.len());
        for c in characters {
            let id = font.glyph_id(c);
            let advance = font.h_advance_unscaled(id);
            let outline = font.outline(id);
            let edges = outline.as_ref().map_or([0.0; 4], |outline| {
                let (a, b) = (outline.bounds.min, outline.bounds.max);
                [a.x.min(b.x), a.y.min(b.y), a.x.max(b.x), a.y.max(b.y)]
            });
            if !edges.iter().chain([&advance]).all(|edge| edge.abs() <= units * 8.0) {
                return Err(unreadable("a glyph is larger than eight em"));
            }
            let curves = outline.map(|outline| outline.curves).unwrap_or_default();
            glyphs.push(Glyph { c, advance, bounds: edges, curves });
        }
        let (ascent, descent) = (font.ascent_unscaled(), font.descent_unscaled());
        Ok(Self { units, ascent, descent, glyphs })
    }

    /// The number of a character's glyph.
    pub(crate) fn index(&self, c: char) -> Option<usize> {
        self.glyphs.binary_search_by_key(&c, |glyph| glyph.c).ok()
    }

    fn of(&self, c: char) -> Option<&Glyph> {
        self.glyphs.get(self.index(c)?)
    }

    /// The width of a line in em.
    pub(crate) fn width(&self, line: &str) -> f64 {
        line.chars().filter_map(|c| self.of(c)).map(|glyph| f64::from(glyph.advance / self.units)).sum()
    }

    /// The height in em of the ink of a line's Han characters, or of all of it if it has none.
    pub(crate) fn ink_height(&self, line: &str) -> f64 {
        let height = |han: bool| {
            let drawn = line.chars().filter(|c| !han || is_han(*c)).filter_map(|c| self.of(c));
            let drawn = drawn.filter(|glyph| !glyph.curves.is_empty());
            let edges = drawn.map(|glyph| {
                let [_, bottom, _, top] = glyph.bounds;
                (bottom, top)
            });
            edges
                .reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
                .map(|(bottom, top)| f64::from((top - bottom) / self.units))
        };
        height(true).or_else(|| height(false)).unwrap_or(0.0)
    }
}
