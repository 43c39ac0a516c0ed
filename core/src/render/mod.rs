//! Visible notices on pictures: font, layout, drawing, and the contrast really reached.
//!
//! The notice is white text on a dark rounded plate. Height, place and contrast are measured on
//! the result, not assumed: see [`Drawn`].

mod canvas;
mod font;
mod layout;
pub(crate) mod outline;
pub mod rhythm;
mod stencil;

#[cfg(test)]
mod tests;

pub use canvas::{Canvas, Paint, Rgba, contrast_ratio};
pub(crate) use canvas::{quantise, to_u8};
pub use layout::LEGIBLE_PX;
use layout::{Layout, Upright};
pub(crate) use stencil::stencil;

use crate::{
    error::{Error, Result},
    message::codec,
};

/// Smallest contrast of text and plate: 4.5 to 1 (WCAG 2.2, success criterion 1.4.3). GB
/// 45438-2025 5.2 asks for legible text without a number: inferred.
pub const MIN_CONTRAST: f64 = 4.5;

/// Text height as a part of the shortest side (GB 45438-2025 5.2).
pub const MIN_HEIGHT_RATIO: f64 = 0.05;

/// Grey level of the plate, sRGB-encoded.
const PLATE: f32 = 0.07;
/// Opacity of the plate: over white it still leaves full ink a contrast of about 12 to 1, and
/// half covered pixels one of 6 to 1.
const OPACITY: f32 = 0.84;

/// Where the notice stands, as the picture is displayed (GB 45438-2025 5.2: an edge or corner).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Placement {
    /// Top left corner.
    TopLeft,
    /// Middle of the top edge.
    Top,
    /// Top right corner.
    TopRight,
    /// Middle of the left edge.
    Left,
    /// Middle of the right edge.
    Right,
    /// Bottom left corner.
    BottomLeft,
    /// Middle of the bottom edge.
    Bottom,
    /// Bottom right corner, as in the example of GB 45438-2025 annex C.
    #[default]
    BottomRight,
}

/// A notice to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Notice {
    /// One to eight lines of at most 120 characters, top to bottom. Wording is the caller's duty.
    pub lines: Vec<String>,
    /// Where it stands.
    pub placement: Placement,
    /// Least text height as a part of the shortest side, above 0 and at most 0.5.
    pub min_height_ratio: f64,
    /// A TrueType or OpenType font to use instead of the embedded one.
    pub font: Option<Vec<u8>>,
}

impl Notice {
    /// A notice of these lines at the bottom right, 5 % high, in the embedded font.
    pub fn new<S: Into<String>>(lines: impl IntoIterator<Item = S>) -> Self {
        Self {
            lines: lines.into_iter().map(Into::into).collect(),
            placement: Placement::default(),
            min_height_ratio: MIN_HEIGHT_RATIO,
            font: None,
        }
    }
}

/// A rectangle of whole pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rect {
    /// Left edge, in pixels from the left.
    pub x: u32,
    /// Top edge, in pixels from the top.
    pub y: u32,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

/// What was drawn, measured.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Drawn {
    /// The lines, as drawn.
    pub lines: Vec<String>,
    /// Where it stands.
    pub placement: Placement,
    /// Everything touched, in stored pixels.
    pub rect: Rect,
    /// The same rectangle as displayed, after the Exif orientation.
    pub display_rect: Rect,
    /// Measured height in pixels of the ink of the Han characters (of the whole line where it has
    /// none), smallest of all lines. A pixel is ink where a glyph covers half of it.
    pub ink_height_px: u32,
    /// What it had to reach, in pixels: GB 45438-2025 5.2, and at least [`LEGIBLE_PX`].
    pub required_height_px: u32,
    /// Smallest measured contrast of any ink pixel and any plate pixel, 1.0 to 21.0 (WCAG 2.2),
    /// with the samples read as sRGB, before a lossy encoder sees them.
    pub contrast: f64,
    /// Whether the picture shines through the plate.
    pub translucent: bool,
}

/// Smallest allowed ink height in pixels of a picture: `ratio` of its shortest side, rounded up
/// (GB 45438-2025 5.2).
#[must_use]
pub fn min_text_height(width: u32, height: u32, ratio: f64) -> u32 {
    // The subtraction undoes the error of products such as 0.05 × 220 = 11.000000000000002.
    let exact = f64::from(width.min(height)) * ratio - 1e-7;
    exact.ceil().max(1.0) as u32
}

/// Draws `notice` upright as displayed under the Exif `orientation` (1 to 8; others count as 1).
///
/// # Errors
///
/// [`Error::Invalid`] if a character has no glyph, the font cannot be read, the text is empty or
/// too long, or the picture is too small; [`Error::Refused`] if the samples cannot hold two
/// colours of enough contrast.
pub fn draw_notice(canvas: &mut dyn Canvas, orientation: u8, notice: &Notice) -> Result<Drawn> {
    let upright = Upright::new(orientation, canvas.width(), canvas.height());
    let (width, height) = upright.size();
    let font = font::open(notice.font.as_deref())?;
    let plan = layout::layout(&font, notice, width, height)?;

    let (ink, plate) = (Rgba::WHITE, Rgba::grey(PLATE));
    let shades = [0.125, 0.375, 0.75].map(|t| plate.mix_light(ink, t));
    let paint = canvas.reserve(ink, plate, &shades)?;
    for_each(&plan, upright, |at, cover, text| {
        let under = canvas.get(at.0, at.1);
        if let Some(colour) = blend(paint, under, cover, text) {
            canvas.set(at.0, at.1, colour);
        }
    });

    let contrast = measure(canvas, &plan, upright);
    if contrast < MIN_CONTRAST {
        let shown = format!("{contrast:.2}");
        let problem = codec::CONTRAST.with("contrast", shown).arg("needed", MIN_CONTRAST);
        return Err(Error::Refused(problem));
    }
    Ok(Drawn {
        lines: notice.lines.clone(),
        placement: notice.placement,
        rect: upright.stored_rect(plan.rect),
        display_rect: plan.rect,
        ink_height_px: plan.ink_height,
        required_height_px: plan.required,
        contrast,
        translucent: paint.translucent,
    })
}

/// Whether this font, or the one that is built in, has a glyph for every character of a line.
pub(crate) fn can_draw(own: Option<&[u8]>, text: &str) -> bool {
    font::open(own).and_then(|font| font::check(&font, text, 1)).is_ok()
}

/// A picture of 3 bytes a pixel as displayed under the Exif `orientation`, and its width and height;
/// empty if it has fewer bytes than pixels.
pub(crate) fn displayed(rgb: &[u8], width: u32, height: u32, orientation: u8) -> (Vec<u8>, u32, u32) {
    let upright = Upright::new(orientation, width, height);
    let (wide, high) = upright.size();
    let mut out = Vec::with_capacity(rgb.len());
    for y in 0..high {
        for x in 0..wide {
            let (x, y) = upright.stored(x, y);
            let at = (y as usize).saturating_mul(width as usize).saturating_add(x as usize).saturating_mul(3);
            out.extend_from_slice(rgb.get(at..at.saturating_add(3)).unwrap_or_default());
        }
    }
    (out, wide, high)
}

/// Visits every pixel of the plate: its stored place, coverage of the plate, coverage of the text.
fn for_each(plan: &Layout, upright: Upright, mut visit: impl FnMut((u32, u32), f32, f32)) {
    let rect = plan.rect;
    for row in 0..rect.height {
        for column in 0..rect.width {
            let cover = corner(rect, plan.radius, column, row);
            let text = plan.text.get(column as usize, row as usize);
            let (x, y) = (rect.x.saturating_add(column), rect.y.saturating_add(row));
            visit(upright.stored(x, y), cover, text);
        }
    }
}

/// Coverage of a rounded rectangle at one of its pixels: distance to the outline, clamped.
fn corner(rect: Rect, radius: f32, column: u32, row: u32) -> f32 {
    let depth = |at: u32, size: u32| {
        let centre = at as f32 + 0.5;
        radius - centre.min(size as f32 - centre)
    };
    let (dx, dy) = (depth(column, rect.width).max(0.0), depth(row, rect.height).max(0.0));
    if dx <= 0.0 || dy <= 0.0 {
        return 1.0;
    }
    (radius - dx.hypot(dy) + 0.5).clamp(0.0, 1.0)
}

/// The new colour of a pixel, or nothing where the plate does not cover it.
fn blend(paint: Paint, under: Rgba, cover: f32, text: f32) -> Option<Rgba> {
    let hard = |value: f32| if value >= font::INK { 1.0 } else { 0.0 };
    let cover = if paint.smooth && paint.translucent { cover } else { hard(cover) };
    let text = if paint.smooth { text } else { hard(text) };
    if cover <= 0.0 {
        return None;
    }
    // What shines through a transparent pixel is unknown, so the plate itself stands in for it.
    let base = if paint.translucent {
        let opaque = Rgba { a: 1.0, ..under };
        paint.plate.mix(opaque, under.a).mix(paint.plate, OPACITY)
    } else {
        paint.plate
    };
    let inside = if text <= 0.0 {
        base
    } else if text >= 1.0 {
        paint.ink
    } else {
        base.mix_light(paint.ink, text)
    };
    Some(if cover >= 1.0 { inside } else { inside.over(under, cover) })
}

/// Contrast of the dimmest ink pixel and the brightest plate pixel, read back from the canvas.
fn measure(canvas: &dyn Canvas, plan: &Layout, upright: Upright) -> f64 {
    let (mut ink, mut plate) = (f64::INFINITY, f64::NEG_INFINITY);
    for_each(plan, upright, |at, cover, text| {
        if cover < 1.0 {
            return;
        }
        // A pixel that is not opaque counts as it would look on its worst background.
        let seen = canvas.get(at.0, at.1);
        if text >= font::INK {
            let worst = seen.over(Rgba::grey(0.0), seen.a);
            ink = ink.min(worst.luminance());
        } else if text <= 0.0 {
            let worst = seen.over(Rgba::WHITE, seen.a);
            plate = plate.max(worst.luminance());
        }
    });
    if ink.is_finite() && plate.is_finite() && ink > plate { contrast_ratio(ink, plate) } else { 1.0 }
}
