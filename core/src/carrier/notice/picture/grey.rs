//! Grey levels of a picture, whole and halved, and where in it something stands.

use crate::render::Rect;

/// Longest side that is looked at, in pixels.
const LONGEST: u32 = 1 << 20;

/// A part of a picture: from (`x0`, `y0`) up to but without (`x1`, `y1`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Frame {
    pub(super) y0: i32,
    pub(super) x0: i32,
    pub(super) y1: i32,
    pub(super) x1: i32,
}

impl Frame {
    pub(super) const fn width(self) -> i32 {
        self.x1.saturating_sub(self.x0)
    }

    pub(super) const fn height(self) -> i32 {
        self.y1.saturating_sub(self.y0)
    }

    pub(super) fn area(self) -> u64 {
        let side = |v: i32| u64::try_from(v).unwrap_or(0);
        side(self.width()).saturating_mul(side(self.height()))
    }

    pub(super) fn join(self, other: Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    pub(super) fn cut(self, other: Self) -> Self {
        Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        }
    }

    pub(super) const fn grown(self, dx: i32, dy: i32) -> Self {
        Self {
            x0: self.x0.saturating_sub(dx),
            y0: self.y0.saturating_sub(dy),
            x1: self.x1.saturating_add(dx),
            y1: self.y1.saturating_add(dy),
        }
    }

    pub(super) const fn scaled(self, by: i32) -> Self {
        Self {
            x0: self.x0.saturating_mul(by),
            y0: self.y0.saturating_mul(by),
            x1: self.x1.saturating_mul(by),
            y1: self.y1.saturating_mul(by),
        }
    }

    pub(super) fn rect(self) -> Rect {
        let whole = |v: i32| u32::try_from(v).unwrap_or(0);
        Rect { x: whole(self.x0), y: whole(self.y0), width: whole(self.width()), height: whole(self.height()) }
    }
}

/// Rows of grey levels, sRGB-encoded.
#[derive(Debug)]
pub(super) struct Grey {
    pub(super) width: i32,
    pub(super) height: i32,
    cells: Vec<u8>,
}

impl Grey {
    /// Luma of 8-bit samples red, green, blue; nothing if there are not enough of them.
    pub(super) fn of_rgb(rgb: &[u8], width: u32, height: u32) -> Option<Self> {
        if width == 0 || height == 0 || width > LONGEST || height > LONGEST {
            return None;
        }
        let pixels = usize::try_from(u64::from(width) * u64::from(height)).ok()?;
        let samples = rgb.get(..pixels.checked_mul(3)?)?;
        let (triples, _) = samples.as_chunks::<3>();
        let luma =
            |&[r, g, b]: &[u8; 3]| ((u32::from(r) * 77 + u32::from(g) * 150 + u32::from(b) * 29 + 128) >> 8) as u8;
        let cells = triples.iter().map(luma).collect();
        Some(Self { width: i32::try_from(width).ok()?, height: i32::try_from(height).ok()?, cells })
    }

    pub(super) const fn frame(&self) -> Frame {
        Frame { x0: 0, y0: 0, x1: self.width, y1: self.height }
    }

    /// Row `y`; empty outside.
    pub(super) fn row(&self, y: i32) -> &[u8] {
        let (Ok(y), Ok(width)) = (usize::try_from(y), usize::try_from(self.width)) else { return &[] };
        let from = y.saturating_mul(width);
        self.cells.get(from..from.saturating_add(width)).unwrap_or_default()
    }

    /// The part of row `y` that lies in `frame`, which must lie in the picture.
    pub(super) fn within(&self, frame: Frame, y: i32) -> &[u8] {
        let (Ok(from), Ok(to)) = (usize::try_from(frame.x0), usize::try_from(frame.x1)) else { return &[] };
        self.row(y).get(from..to).unwrap_or_default()
    }

    pub(super) fn get(&self, x: i32, y: i32) -> Option<u8> {
        self.row(y).get(usize::try_from(x).ok()?).copied()
    }

    /// Half as wide and high: means of two by two, a last odd row or column dropped.
    pub(super) fn half(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let mut cells = Vec::with_capacity((width.max(0) as usize).saturating_mul(height.max(0) as usize));
        for y in 0..height {
            let (one, _) = self.row(y * 2).as_chunks::<2>();
            let (two, _) = self.row(y * 2 + 1).as_chunks::<2>();
            let mean = |(a, b): (&[u8; 2], &[u8; 2])| {
                let sum: u16 = a.iter().chain(b).map(|v| u16::from(*v)).sum();
                ((sum + 2) / 4) as u8
            };
            cells.extend(one.iter().zip(two).map(mean));
        }
        Self { width, height, cells }
    }
}
