//! The page that is read: strips of the picture in two sizes, since the program reads words of 20 to
//! 40 pixels best; what is brighter than its surroundings, and the smaller ones also as they are.

use crate::render::{Rect, Rgba, contrast_ratio};

/// The picture's shortest side on the page, in pixels, and whether the strip is also shown as it is:
/// words of 3 % are 24 pixels high in the first, words of 6 % are 25 in the second.
const SIZES: [(f32, bool); 2] = [(800.0, false), (420.0, true)];
/// Longest row of a strip on the page, in pixels.
const LONGEST: f32 = 6000.0;
/// Most rows of a strip on the page: two edges in three planes each stay below the 32,767 rows that the
/// program takes.
const HIGHEST: f32 = 5000.0;
/// Shortest side of a picture that words fit into, in pixels.
const LEAST: u32 = 8;
/// Height of a strip: against the picture's height, and against its shortest side.
const HIGH: f32 = 0.13;
const SHORT: f32 = 0.16;
/// Half the width of what counts as a stroke, in pixels of the page.
const STROKE: usize = 7;
/// Least difference of grey levels that is stretched to black and white.
const FAINT: u8 = 20;
/// Part of the pixels that may be brighter than white after stretching, in thousandths.
const ABOVE: usize = 3;
/// Space around strips, in pixels of the page.
const GAP: usize = 20;

/// Rows of grey levels.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    width: usize,
    height: usize,
    cells: Vec<u8>,
}

impl Plane {
    fn row(&self, y: usize) -> &[u8] {
        let from = y.saturating_mul(self.width);
        self.cells.get(from..from.saturating_add(self.width)).unwrap_or_default()
    }

    fn part(&self, x: usize, y: usize, width: usize) -> &[u8] {
        self.row(y).get(x.min(self.width)..x.saturating_add(width).min(self.width)).unwrap_or_default()
    }

    fn turned(&self) -> Self {
        let at = |n: usize| self.cells.get(n).copied().unwrap_or(0);
        let column = |x: usize| (0..self.height).map(move |y| at(y.saturating_mul(self.width).saturating_add(x)));
        Self { width: self.height, height: self.width, cells: (0..self.width).flat_map(column).collect() }
    }

    /// Each pixel as the least or greatest of its row's neighbours, by `pick`.
    fn along(&self, reach: usize, pick: fn(u8, u8) -> u8) -> Self {
        let mut cells = Vec::with_capacity(self.cells.len());
        for row in self.cells.chunks(self.width.max(1)) {
            cells.extend((0..row.len()).map(|x| {
                let near = row.get(x.saturating_sub(reach)..x.saturating_add(reach + 1).min(row.len()));
                near.unwrap_or_default().iter().copied().reduce(pick).unwrap_or(0)
            }));
        }
        Self { cells, ..*self }
    }

    fn square(&self, reach: usize, pick: fn(u8, u8) -> u8) -> Self {
        self.along(reach, pick).turned().along(reach, pick).turned()
    }

    /// What is brighter than its surroundings and no wider than a stroke, stretched: writing is 255.
    fn strokes(&self) -> Self {
        let ground = self.square(STROKE, u8::min).square(STROKE, u8::max);
        let over: Vec<u8> = self.cells.iter().zip(&ground.cells).map(|(a, b)| a.saturating_sub(*b)).collect();
        let mut sorted = over.clone();
        sorted.sort_unstable_by(|a, b| b.cmp(a));
        let top = sorted.get(sorted.len().saturating_mul(ABOVE) / 1000).copied().unwrap_or(255).max(FAINT);
        let stretch = |v: u8| (u16::from(v) * 255 / u16::from(top)).min(255) as u8;
        Self { cells: over.into_iter().map(stretch).collect(), ..*self }
    }
}

/// A strip of the picture on the page.
#[derive(Debug)]
struct Strip {
    /// Where the strip begins in the picture, in pixels.
    top: u32,
    /// Pixels of the page for one of the picture.
    scale: f32,
    grey: Plane,
    strokes: Plane,
    /// Whether it is also shown as it is.
    plain: bool,
}

/// All strips, one under another.
#[derive(Debug)]
pub(super) struct Page {
    strips: Vec<Strip>,
}

/// Ink within a rectangle of the page, as a rectangle of the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Ink {
    pub(super) rect: Rect,
    pub(super) contrast: f64,
}

impl Page {
    /// Nothing if there are too few samples, or the picture is too narrow or too low for words.
    pub(super) fn of(rgb: &[u8], width: u32, height: u32) -> Option<Self> {
        let samples = u64::from(width).checked_mul(u64::from(height))?.checked_mul(3)?;
        if width.min(height) < LEAST || (rgb.len() as u64) < samples {
            return None;
        }
        let shortest = width.min(height) as f32;
        let high = (height as f32 * HIGH).max(shortest * SHORT).ceil() as u32;
        let tops: &[u32] = if high.saturating_mul(2) >= height { &[0] } else { &[0, height.saturating_sub(high)] };
        let high = if tops.len() == 1 { height } else { high };
        let strip = |top: u32, (size, plain): (f32, bool)| {
            let scale = (size / shortest).clamp(0.05, 3.0).min(LONGEST / width as f32).min(HIGHEST / high as f32);
            let resized = |pick| resized(rgb, (width, height), (top, high), scale, pick);
            // White over any colour raises the least of its samples most.
            let strokes = resized(least).strokes();
            Strip { top, scale, grey: resized(luma), strokes, plain }
        };
        Some(Self { strips: SIZES.iter().flat_map(|size| tops.iter().map(move |top| strip(*top, *size))).collect() })
    }

    /// Each strip's planes and where they begin on the page.
    fn planes(&self) -> impl Iterator<Item = (usize, &Strip, bool)> {
        let mut top = GAP;
        let both = |strip: &'_ Strip| [true, false].into_iter().take(if strip.plain { 2 } else { 1 });
        self.strips.iter().flat_map(move |strip| both(strip).map(move |strokes| (strip, strokes))).map(
            move |(strip, strokes)| {
                let here = top;
                top = top.saturating_add(strip.grey.height).saturating_add(GAP);
                (here, strip, strokes)
            },
        )
    }

    /// The page as a portable grey map: dark words on white where strokes were taken out.
    pub(super) fn pgm(&self) -> Vec<u8> {
        let width = self.strips.iter().map(|strip| strip.grey.width).max().unwrap_or(0).saturating_add(GAP * 2);
        let high: usize = self.planes().map(|(_, strip, _)| strip.grey.height.saturating_add(GAP)).sum();
        let mut out = format!("P5 {width} {} 255\n", high.saturating_add(GAP)).into_bytes();
        let blank =
            |rows: usize, out: &mut Vec<u8>| out.resize(out.len().saturating_add(rows.saturating_mul(width)), 255);
        blank(GAP, &mut out);
        for (_, strip, strokes) in self.planes() {
            let plane = if strokes { &strip.strokes } else { &strip.grey };
            for y in 0..plane.height {
                let begin = out.len();
                out.resize(begin.saturating_add(GAP), 255);
                let row = plane.row(y);
                if strokes {
                    out.extend(row.iter().map(|v| 255 - v));
                } else {
                    out.extend_from_slice(row);
                }
                out.resize(begin.saturating_add(width), 255);
            }
            blank(GAP, &mut out);
        }
        out
    }

    /// The ink of words that the program found at `rect` of the page, measured. A pixel is ink where
    /// it is at least half as bright as the brightest strokes there.
    pub(super) fn ink(&self, rect: Rect) -> Option<Ink> {
        let (x, y) = ((rect.x as usize).checked_sub(GAP)?, rect.y as usize);
        let middle = y.saturating_add(rect.height as usize / 2);
        let (top, strip, _) =
            self.planes().find(|(top, strip, _)| (*top..top.saturating_add(strip.grey.height)).contains(&middle))?;
        // The program's frames are a little loose or tight.
        let reach = rect.height as usize / 8;
        let from = y.saturating_sub(top).saturating_sub(reach);
        let to =
            y.saturating_sub(top).saturating_add(rect.height as usize).saturating_add(reach).min(strip.grey.height);
        let (x, wide) = (x.saturating_sub(reach / 2), (rect.width as usize).saturating_add(reach));
        let levels = Levels::of(strip, (x, wide), from..to)?;
        let near = |v: usize| (v as f32 / strip.scale).round() as u32;
        let inner = Rect {
            x: near(x.saturating_add(levels.left)),
            y: strip.top.saturating_add(near(levels.first)),
            width: near(levels.right.saturating_sub(levels.left)).max(1),
            height: near(levels.last.saturating_sub(levels.first)).max(1),
        };
        Some(Ink { rect: inner, contrast: levels.contrast })
    }
}

/// Where ink begins and ends in a part of a strip, ends not included.
struct Levels {
    left: usize,
    right: usize,
    first: usize,
    last: usize,
    contrast: f64,
}

impl Levels {
    fn of(strip: &Strip, (x, wide): (usize, usize), rows: std::ops::Range<usize>) -> Option<Self> {
        let mut all: Vec<u8> = rows.clone().flat_map(|y| strip.strokes.part(x, y, wide)).copied().collect();
        all.sort_unstable();
        let peak = *all.get(all.len().saturating_mul(96) / 100)?;
        let half = (peak / 2).max(1);
        let (mut first, mut last, mut left, mut right) = (usize::MAX, 0, usize::MAX, 0);
        let (mut ink, mut ground) = ((0_u64, 0_u64), (0_u64, 0_u64));
        for y in rows {
            let strokes = strip.strokes.part(x, y, wide);
            for (n, (stroke, grey)) in strokes.iter().zip(strip.grey.part(x, y, wide)).enumerate() {
                let sum = if *stroke >= half { &mut ink } else { &mut ground };
                *sum = (sum.0.saturating_add(u64::from(*grey)), sum.1.saturating_add(1));
                if *stroke >= half {
                    (left, right) = (left.min(n), right.max(n.saturating_add(1)));
                }
            }
            // One or two bright pixels are noise, not a row of writing.
            if strokes.iter().filter(|v| **v >= half).count() >= 3 {
                (first, last) = (first.min(y), last.max(y.saturating_add(1)));
            }
        }
        (first < last && left < right).then_some(())?;
        let light = |(sum, count): (u64, u64)| {
            let level = sum.checked_div(count).unwrap_or(0).min(255) as u8;
            Rgba::from_rgb8(level, level, level).luminance()
        };
        Some(Self { left, right, first, last, contrast: contrast_ratio(light(ink), light(ground)) })
    }
}

fn luma([r, g, b]: &[u8; 3]) -> f32 {
    f32::from(*r) * 0.299 + f32::from(*g) * 0.587 + f32::from(*b) * 0.114
}

fn least([r, g, b]: &[u8; 3]) -> f32 {
    f32::from(*r.min(g).min(b))
}

/// One level for each pixel of a strip, resized: means when it shrinks, else between neighbours.
fn resized(
    rgb: &[u8],
    (width, height): (u32, u32),
    (top, high): (u32, u32),
    scale: f32,
    pick: fn(&[u8; 3]) -> f32,
) -> Plane {
    let size = |side: u32| ((side as f32 * scale).round() as usize).max(1);
    let (wide_out, high_out) = (size(width), size(high));
    let row = |y: u32| {
        let stride = (width as usize).saturating_mul(3);
        let from = (y.min(height.saturating_sub(1)) as usize).saturating_mul(stride);
        rgb.get(from..from.saturating_add(stride)).unwrap_or_default().as_chunks::<3>().0
    };
    let across = weights(wide_out, width, scale);
    let down = weights(high_out, high, scale);
    let mut cells = Vec::with_capacity(wide_out.saturating_mul(high_out));
    for (first, parts) in &down {
        let mut line = vec![0.0_f32; width as usize];
        for (y, part) in (*first..).zip(parts) {
            for (sum, sample) in line.iter_mut().zip(row(top.saturating_add(y))) {
                *sum += part * pick(sample);
            }
        }
        cells.extend(across.iter().map(|(first, parts)| {
            let from = line.get(*first as usize..).unwrap_or_default();
            from.iter().zip(parts).map(|(v, part)| v * part).sum::<f32>().round().clamp(0.0, 255.0) as u8
        }));
    }
    Plane { width: wide_out, height: high_out, cells }
}

/// For each of `count` pixels, the first of `size` pixels that it is made of, and their parts.
fn weights(count: usize, size: u32, scale: f32) -> Vec<(u32, Vec<f32>)> {
    let reach = (1.0 / scale).max(1.0);
    let weight = |n: usize| {
        let centre = (n as f32 + 0.5) / scale - 0.5;
        let first = (centre - reach).ceil().max(0.0) as u32;
        let last = ((centre + reach).floor().max(0.0) as u32).min(size.saturating_sub(1)).max(first);
        let mut parts: Vec<f32> =
            (first..=last).map(|at| (1.0 - (at as f32 - centre).abs() / reach).max(0.0)).collect();
        let sum: f32 = parts.iter().sum();
        if sum > 0.0 {
            parts.iter_mut().for_each(|part| *part /= sum);
        } else if let Some(part) = parts.first_mut() {
            *part = 1.0;
        }
        (first.min(size.saturating_sub(1)), parts)
    };
    (0..count).map(weight).collect()
}
