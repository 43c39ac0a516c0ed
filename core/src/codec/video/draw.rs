//! The notice as a small picture of its own, in coded pixels, ready to be laid over.

use std::path::Path;

use crate::error::{Error, Result};
use crate::render::{Canvas, Drawn, Notice, Rect, Rgba, draw_notice, min_text_height, to_u8};

use super::VideoNotice;
use super::probe::Film;

/// Light of white text in HDR films, in candela per square metre (ITU-R BT.2408: reference white).
const REFERENCE_WHITE: f64 = 203.0;

/// How light becomes a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    /// Standard range.
    Sdr,
    /// SMPTE ST 2084.
    Pq,
    /// ITU-R BT.2100 hybrid log-gamma.
    Hlg,
}

impl Transfer {
    pub(super) fn of(film: &Film) -> Self {
        match film.video.color_transfer.as_deref() {
            Some("smpte2084") => Self::Pq,
            Some("arib-std-b67") => Self::Hlg,
            _ => Self::Sdr,
        }
    }

    /// The signal that looks as this sRGB-encoded grey does, reference white for white.
    pub(super) fn signal(self, grey: f64) -> f64 {
        let light = if grey <= 0.040_45 { grey / 12.92 } else { ((grey + 0.055) / 1.055).powf(2.4) };
        match self {
            Self::Sdr => grey,
            Self::Pq => pq(light * REFERENCE_WHITE / 10_000.0),
            // BT.2408: reference white is 75 % of the signal.
            Self::Hlg => hlg(light * 0.264_96),
        }
    }
}

/// Inverse EOTF of ST 2084; light as a part of 10,000 cd/m².
fn pq(light: f64) -> f64 {
    let (m1, m2) = (2610.0 / 16_384.0, 2523.0 / 32.0);
    let (c1, c2, c3) = (3424.0 / 4096.0, 2413.0 / 128.0, 2392.0 / 128.0);
    let power = light.max(0.0).powf(m1);
    ((c1 + c2 * power) / (1.0 + c3 * power)).powf(m2)
}

/// OETF of BT.2100 HLG.
fn hlg(scene: f64) -> f64 {
    let (a, b, c) = (0.178_832_77, 0.284_668_92, 0.559_910_73);
    if scene <= 1.0 / 12.0 { (3.0 * scene.max(0.0)).sqrt() } else { a * (12.0 * scene - b).ln() + c }
}

/// The drawn notice.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) drawn: Drawn,
    /// Left and top edge in coded pixels, both even: chroma samples lie in pairs.
    pub(super) at: (u32, u32),
    width: u32,
    height: u32,
    /// Red, green, blue, alpha.
    cells: Vec<[u8; 4]>,
}

/// A transparent sheet.
struct Sheet {
    width: u32,
    height: u32,
    cells: Vec<[u8; 4]>,
}

impl Sheet {
    fn new(width: u32, height: u32) -> Self {
        let count = (width as usize).saturating_mul(height as usize);
        Self { width, height, cells: vec![[0; 4]; count] }
    }

    fn index(&self, x: u32, y: u32) -> Option<usize> {
        (x < self.width && y < self.height).then(|| (y as usize * self.width as usize).saturating_add(x as usize))
    }

    fn cell(&self, x: u32, y: u32) -> [u8; 4] {
        self.index(x, y).and_then(|i| self.cells.get(i)).copied().unwrap_or_default()
    }
}

impl Canvas for Sheet {
    fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        self.height
    }

    fn get(&self, x: u32, y: u32) -> Rgba {
        let [r, g, b, a] = self.cell(x, y).map(|v| f32::from(v) / 255.0);
        Rgba { r, g, b, a }
    }

    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        if let Some(cell) = self.index(x, y).and_then(|i| self.cells.get_mut(i)) {
            *cell = [to_u8(colour.r), to_u8(colour.g), to_u8(colour.b), to_u8(colour.a)];
        }
    }
}

/// Draws the notice for this film.
pub(super) fn picture(film: &Film, notice: &VideoNotice) -> Result<Picture> {
    let (width, height) = film.squared();
    let shortest = f64::from(width.min(height));
    let required = min_text_height(width, height, notice.min_height_ratio);
    // One row more than the rule asks for: an encoder may soften the outermost one.
    let ratio = notice.min_height_ratio.max((f64::from(required) + 1.0) / shortest);
    let wanted = Notice {
        lines: notice.lines.clone(),
        placement: notice.placement,
        min_height_ratio: if notice.min_height_ratio > 0.0 { ratio.min(0.5) } else { notice.min_height_ratio },
        font: notice.font.clone(),
    };
    let mut sheet = Sheet::new(width, height);
    let mut drawn = draw_notice(&mut sheet, film.orientation, &wanted)?;
    drawn.required_height_px = required.max(crate::render::LEGIBLE_PX);
    // Nothing shines through where nothing lies under the plate, so it is the same on each frame.
    drawn.translucent = false;
    let (coded, even) = coded(film, drawn.rect);
    let mut cells = Vec::with_capacity((even.width as usize).saturating_mul(even.height as usize));
    for y in even.y..even.y.saturating_add(even.height) {
        for x in even.x..even.x.saturating_add(even.width) {
            cells.push(sample(film, &sheet, x, y));
        }
    }
    let transfer = Transfer::of(film);
    for [r, g, b, _] in cells.iter_mut().filter(|_| transfer != Transfer::Sdr) {
        let level = to_u8(transfer.signal(f64::from(*r) / 255.0) as f32);
        (*r, *g, *b) = (level, level, level);
    }
    drawn.rect = coded;
    Ok(Picture { drawn, at: (even.x, even.y), width: even.width, height: even.height, cells })
}

/// The rectangle in coded pixels, and the same with even left and top edges and sizes.
fn coded(film: &Film, rect: Rect) -> (Rect, Rect) {
    let (width, height) = film.squared();
    let axis = |start: u32, size: u32, coded: u32, squared: u32| {
        let scale = f64::from(coded) / f64::from(squared.max(1));
        let from = (f64::from(start) * scale).floor() as u32;
        let to = ((f64::from(start.saturating_add(size)) * scale).ceil() as u32).min(coded);
        (from, to)
    };
    let (x0, x1) = axis(rect.x, rect.width, film.video.width, width);
    let (y0, y1) = axis(rect.y, rect.height, film.video.height, height);
    let make = |x0: u32, y0: u32, x1: u32, y1: u32| Rect {
        x: x0,
        y: y0,
        width: x1.saturating_sub(x0),
        height: y1.saturating_sub(y0),
    };
    let up = |v: u32| v.saturating_add(v % 2);
    (make(x0, y0, x1, y1), make(x0 & !1, y0 & !1, up(x1), up(y1)))
}

/// The colour of a coded pixel: the mean of what it covers on the sheet.
fn sample(film: &Film, sheet: &Sheet, x: u32, y: u32) -> [u8; 4] {
    let (across, down) = (film.video.width, film.video.height);
    if (across, down) == (sheet.width, sheet.height) {
        return sheet.cell(x, y);
    }
    let span = |at: u32, coded: u32, size: u32| {
        let scale = f64::from(size) / f64::from(coded.max(1));
        (f64::from(at) * scale, f64::from(at.saturating_add(1)) * scale)
    };
    let (x0, x1) = span(x, across, sheet.width);
    let (y0, y1) = span(y, down, sheet.height);
    let (mut sum, mut alpha, mut area) = ([0.0f64; 3], 0.0f64, 0.0f64);
    for row in y0.floor() as u32..y1.ceil() as u32 {
        let tall = (f64::from(row) + 1.0).min(y1) - f64::from(row).max(y0);
        for column in x0.floor() as u32..x1.ceil() as u32 {
            let part = tall * ((f64::from(column) + 1.0).min(x1) - f64::from(column).max(x0));
            let [r, g, b, a] = sheet.cell(column, row);
            let weight = part * f64::from(a);
            for (to, from) in sum.iter_mut().zip([r, g, b]) {
                *to += weight * f64::from(from);
            }
            alpha += weight;
            area += part;
        }
    }
    let mean = |value: f64| if alpha > 0.0 { (value / alpha).round() as u8 } else { 0 };
    let [r, g, b] = sum.map(mean);
    [r, g, b, if area > 0.0 { (alpha / area).round() as u8 } else { 0 }]
}

impl Picture {
    /// Writes it as a PNG.
    pub(super) fn save(&self, path: &Path) -> Result<()> {
        let file = std::fs::File::create_new(path).map_err(|e| Error::io("temporary file", e))?;
        let mut encoder = png::Encoder::new(std::io::BufWriter::new(file), self.width, self.height);
        encoder.set_color(png::ColorType::Rgba);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(|e| super::super::encode_failed("PNG", e))?;
        writer.write_image_data(self.cells.as_flattened()).map_err(|e| super::super::encode_failed("PNG", e))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn reference_white_stands_where_bt_2408_puts_it() {
        assert!((Transfer::Pq.signal(1.0) - 0.5807).abs() < 0.001, "{}", Transfer::Pq.signal(1.0));
        assert!((Transfer::Hlg.signal(1.0) - 0.75).abs() < 0.001, "{}", Transfer::Hlg.signal(1.0));
        assert_eq!(Transfer::Sdr.signal(0.5), 0.5);
    }
}
