//! Where the notice goes: text size, plate, margins, and Exif orientation.

use ab_glyph::FontRef;

use super::{
    Notice, Placement, Rect,
    font::{self, Line, Mask},
    min_text_height,
};
use crate::{
    error::{Error, Result},
    message::codec,
};

/// Smallest ink height that keeps Han characters legible, in pixels. GB 45438-2025 5.2 asks for a
/// legible typeface without a number of pixels: inferred.
pub const LEGIBLE_PX: u32 = 10;

/// Larger pictures are not worth advising: the largest side of JPEG is 65,535 pixels.
const LARGEST_PX: u32 = 65_535;

const MAX_LINES: usize = 8;
const MAX_CHARS: usize = 120;

/// Space inside and outside the plate, in em.
const PAD_X: f32 = 0.52;
const PAD_Y: f32 = 0.40;
const PAD_LEAST: f32 = 0.16;
const LINE_GAP: f32 = 0.38;
const MARGIN: f32 = 0.55;
const RADIUS: f32 = 0.30;

/// Maps displayed coordinates to stored ones for an Exif orientation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Upright {
    orientation: u8,
    width: u32,
    height: u32,
}

impl Upright {
    /// `orientation` is the Exif value 1 to 8; any other counts as 1, as viewers do.
    pub(super) const fn new(orientation: u8, width: u32, height: u32) -> Self {
        Self { orientation, width, height }
    }

    /// Width and height as displayed.
    pub(super) const fn size(self) -> (u32, u32) {
        match self.orientation {
            5..=8 => (self.height, self.width),
            _ => (self.width, self.height),
        }
    }

    /// The stored pixel behind a displayed one (Exif 2.3 4.6.4, tag 0x0112).
    pub(super) fn stored(self, x: u32, y: u32) -> (u32, u32) {
        let right = |v: u32| self.width.saturating_sub(1).saturating_sub(v);
        let bottom = |v: u32| self.height.saturating_sub(1).saturating_sub(v);
        match self.orientation {
            2 => (right(x), y),
            3 => (right(x), bottom(y)),
            4 => (x, bottom(y)),
            5 => (y, x),
            6 => (y, bottom(x)),
            7 => (right(y), bottom(x)),
            8 => (right(y), x),
            _ => (x, y),
        }
    }

    /// The stored rectangle behind a displayed one, which must not be empty.
    pub(super) fn stored_rect(self, rect: Rect) -> Rect {
        let last = |start: u32, size: u32| start.saturating_add(size).saturating_sub(1);
        let (ax, ay) = self.stored(rect.x, rect.y);
        let (bx, by) = self.stored(last(rect.x, rect.width), last(rect.y, rect.height));
        Rect {
            x: ax.min(bx),
            y: ay.min(by),
            width: ax.abs_diff(bx).saturating_add(1),
            height: ay.abs_diff(by).saturating_add(1),
        }
    }
}

/// A notice ready to be drawn, in displayed coordinates.
#[derive(Debug)]
pub(super) struct Layout {
    /// The plate.
    pub(super) rect: Rect,
    /// Radius of the plate's corners in pixels.
    pub(super) radius: f32,
    /// Coverage of the text, as large as the plate.
    pub(super) text: Mask,
    /// Smallest measured ink height of a line.
    pub(super) ink_height: u32,
    /// What it has to reach.
    pub(super) required: u32,
}

/// Checks the notice's own values.
fn check(font: &FontRef<'_>, notice: &Notice) -> Result<()> {
    let ratio = notice.min_height_ratio;
    if !(ratio > 0.0 && ratio <= 0.5) {
        return Err(Error::Invalid(codec::NOTICE_RATIO.with("ratio", ratio)));
    }
    if notice.lines.is_empty() {
        return Err(Error::Invalid(codec::NOTICE_EMPTY.with("line", 1)));
    }
    if notice.lines.len() > MAX_LINES {
        return Err(Error::Invalid(codec::NOTICE_LINES.with("max", MAX_LINES)));
    }
    for (line, number) in notice.lines.iter().zip(1_usize..) {
        if line.chars().take(MAX_CHARS.saturating_add(1)).count() > MAX_CHARS {
            let problem = codec::NOTICE_CHARS.with("max", MAX_CHARS).arg("line", number);
            return Err(Error::Invalid(problem));
        }
        font::check(font, line, number)?;
    }
    Ok(())
}

/// Draws the lines at the smallest size whose measured ink reaches `required` in each of them.
fn lines(font: &FontRef<'_>, notice: &Notice, required: u32) -> Result<(f32, Vec<Line>)> {
    let target = required as f32;
    let mut em = target * 1.04;
    for _ in 0..64 {
        let lines: Vec<Line> =
            notice.lines.iter().map(|line| font::rasterise(font, line.trim(), em)).collect::<Result<_>>()?;
        let least = lines.iter().map(|line| line.ink_height).min().unwrap_or(0);
        if least >= required {
            return Ok((em, lines));
        }
        let factor = target / (least.max(1) as f32);
        em = (em * factor.clamp(1.0, 4.0)).max(em + 0.25);
    }
    let reason = "its characters have no height";
    Err(Error::Invalid(codec::FONT_UNREADABLE.with("reason", reason)))
}

/// Sizes and places the notice on a picture of `width` × `height` displayed pixels.
pub(super) fn layout(font: &FontRef<'_>, notice: &Notice, width: u32, height: u32) -> Result<Layout> {
    check(font, notice)?;
    let required = min_text_height(width, height, notice.min_height_ratio).max(LEGIBLE_PX);
    let (em, lines) = lines(font, notice, required)?;
    let px = |part: f32| (part * em).round().max(1.0) as usize;

    let text_width = lines.iter().map(|line| line.mask.width).max().unwrap_or(0);
    let gaps = px(LINE_GAP).saturating_mul(lines.len().saturating_sub(1));
    let text_height = lines.iter().map(|line| line.mask.height).fold(gaps, usize::saturating_add);

    let horizontal = fit(text_width, width, px(PAD_X), px(PAD_LEAST));
    let vertical = fit(text_height, height, px(PAD_Y), px(PAD_LEAST));
    let (Some((pad_x, plate_width)), Some((pad_y, plate_height))) = (horizontal, vertical) else {
        let least = |size: usize| size.saturating_add(px(PAD_LEAST).saturating_mul(2));
        let need = (least(text_width), least(text_height));
        return Err(too_small(notice, (width, height), need, required));
    };

    // One margin on both axes looks deliberate; it gives way where the picture is narrow.
    let spare_x = width.saturating_sub(plate_width);
    let spare_y = height.saturating_sub(plate_height);
    let margin = px(MARGIN) as u32;
    let x = match notice.placement {
        Placement::TopLeft | Placement::Left | Placement::BottomLeft => margin.min(spare_x / 2),
        Placement::Top | Placement::Bottom => spare_x / 2,
        _ => spare_x.saturating_sub(margin.min(spare_x / 2)),
    };
    let y = match notice.placement {
        Placement::TopLeft | Placement::Top | Placement::TopRight => margin.min(spare_y / 2),
        Placement::Left | Placement::Right => spare_y / 2,
        _ => spare_y.saturating_sub(margin.min(spare_y / 2)),
    };

    let mut text = Mask::new(plate_width as usize, plate_height as usize)?;
    let mut top = pad_y;
    for line in &lines {
        let slack = text_width.saturating_sub(line.mask.width);
        let indent = match notice.placement {
            Placement::TopLeft | Placement::Left | Placement::BottomLeft => 0,
            Placement::Top | Placement::Bottom => slack / 2,
            _ => slack,
        };
        let left = pad_x.saturating_add(indent);
        for row in 0..line.mask.height {
            for column in 0..line.mask.width {
                let (x, y) = (left.saturating_add(column), top.saturating_add(row));
                text.add(x, y, line.mask.get(column, row));
            }
        }
        top = top.saturating_add(line.mask.height).saturating_add(px(LINE_GAP));
    }
    Ok(Layout {
        rect: Rect { x, y, width: plate_width, height: plate_height },
        radius: (RADIUS * em).min(plate_width.min(plate_height) as f32 / 2.0),
        text,
        ink_height: lines.iter().map(|line| line.ink_height).min().unwrap_or(0),
        required,
    })
}

/// Padding and outer size on one axis, or nothing if even the least padding does not fit.
fn fit(text: usize, room: u32, pad: usize, least: usize) -> Option<(usize, u32)> {
    let room = room as usize;
    let pad = pad.min(room.checked_sub(text)? / 2);
    let size = text.checked_add(pad.checked_mul(2)?)?;
    (pad >= least).then_some(())?;
    Some((pad, u32::try_from(size).ok()?))
}

/// Which size would do: the text grows with the shortest side, so this is a fixed point.
fn too_small(notice: &Notice, size: (u32, u32), need: (usize, usize), required: u32) -> Error {
    let (width, height) = size;
    let per_pixel = |need: usize| need as f64 / f64::from(required.max(1));
    let (kx, ky) = (per_pixel(need.0), per_pixel(need.1));
    let (mut wide, mut high) = (width, height);
    for _ in 0..32 {
        let text = min_text_height(wide, high, notice.min_height_ratio).max(LEGIBLE_PX);
        // Rounding of glyphs and padding to whole pixels costs a few pixels more.
        let grown = |k: f64| (k * f64::from(text) * 1.03).ceil() as u32;
        let next = (wide.max(grown(kx)), high.max(grown(ky)));
        if next == (wide, high) {
            let problem = codec::PICTURE_TOO_SMALL
                .with("width", width)
                .arg("height", height)
                .arg("needed_width", wide)
                .arg("needed_height", high);
            return Error::Invalid(problem);
        }
        if wide.max(high) > LARGEST_PX {
            break;
        }
        (wide, high) = next;
    }
    let problem = codec::NOTICE_TOO_LARGE.with("width", width).arg("height", height).arg("height_px", required);
    Error::Invalid(problem)
}
