//! Lines of text in the embedded font as coverage, for those that look for notices.

use super::font;

/// A line as it would be drawn.
#[derive(Debug)]
pub(crate) struct Stencil {
    /// Width in pixels.
    pub(crate) width: usize,
    /// Height in pixels.
    pub(crate) height: usize,
    /// Coverage of each pixel, 0.0 to 1.0, row by row.
    pub(crate) cells: Vec<f32>,
    /// Height in pixels that counts as the height of the text: that of its Han characters, if any.
    pub(crate) ink_height: u32,
}

/// `text` with an em of `em` pixels, or nothing if the embedded font has not all of its glyphs.
pub(crate) fn stencil(text: &str, em: f32) -> Option<Stencil> {
    let font = font::open(None).ok()?;
    font::check(&font, text, 1).ok()?;
    let line = font::rasterise(&font, text, em).ok()?;
    let (width, height) = (line.mask.width, line.mask.height);
    let cells = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| line.mask.get(x, y)).collect();
    Some(Stencil { width, height, cells, ink_height: line.ink_height })
}
