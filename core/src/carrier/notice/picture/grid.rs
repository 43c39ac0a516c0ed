//! Coverage of small parts, sampled to grids that can be compared.

/// Coverage from which a pixel is ink, as in the renderer.
pub(super) const INK: f32 = 0.5;

/// Edges within a field, in pixels, not whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edges {
    pub(super) x0: f32,
    pub(super) y0: f32,
    pub(super) x1: f32,
    pub(super) y1: f32,
}

impl Edges {
    pub(super) fn aspect(self) -> f32 {
        (self.x1 - self.x0) / (self.y1 - self.y0).max(f32::EPSILON)
    }

    pub(super) const fn moved(self, by: [f32; 4]) -> Self {
        let [x0, y0, x1, y1] = by;
        Self { x0: self.x0 + x0, y0: self.y0 + y0, x1: self.x1 + x1, y1: self.y1 + y1 }
    }
}

/// Coverage of each pixel of a part, as sums, so that a mean over any rectangle is quick.
#[derive(Debug)]
pub(super) struct Field {
    width: usize,
    height: usize,
    /// One more column and row than pixels.
    sums: Vec<f64>,
    ink: Option<Edges>,
}

impl Field {
    /// Nothing if the cells are not `width` × `height`.
    pub(super) fn new(width: usize, height: usize, cells: &[f32]) -> Option<Self> {
        if width == 0 || cells.len() != width.checked_mul(height)? {
            return None;
        }
        let stride = width.checked_add(1)?;
        let mut sums = vec![0.0; stride];
        sums.reserve(stride.checked_mul(height)?);
        let mut ink: Option<Edges> = None;
        for (y, row) in cells.chunks_exact(width).enumerate() {
            let above = sums.len().saturating_sub(stride);
            let mut sum = 0.0;
            sums.push(0.0);
            for (x, cell) in row.iter().enumerate() {
                sum += f64::from(*cell);
                let up = sums.get(above.saturating_add(x).saturating_add(1)).copied().unwrap_or(0.0);
                sums.push(up + sum);
                if *cell >= INK {
                    let (x, y) = (x as f32, y as f32);
                    let here = Edges { x0: x, y0: y, x1: x + 1.0, y1: y + 1.0 };
                    ink = Some(ink.map_or(here, |all| Edges {
                        x0: all.x0.min(here.x0),
                        y0: all.y0.min(here.y0),
                        x1: all.x1.max(here.x1),
                        y1: all.y1.max(here.y1),
                    }));
                }
            }
        }
        Some(Self { width, height, sums, ink })
    }

    /// The smallest frame around all pixels that are ink.
    pub(super) const fn ink(&self) -> Option<Edges> {
        self.ink
    }

    /// Columns `x0` and next one, and what part of the way between them.
    fn split(at: f32, most: usize) -> (usize, usize, f64) {
        let at = at.clamp(0.0, most as f32);
        let low = at.floor();
        let index = (low as usize).min(most);
        (index, index.saturating_add(1).min(most), f64::from(at - low))
    }

    /// Means over the cells of a grid laid into `edges`.
    pub(super) fn sample(&self, edges: Edges, columns: usize, rows: usize) -> Grid {
        let step_x = (edges.x1 - edges.x0) / columns.max(1) as f32;
        let step_y = (edges.y1 - edges.y0) / rows.max(1) as f32;
        let area = f64::from(step_x) * f64::from(step_y);
        let across: Vec<_> = (0..=columns).map(|n| Self::split(edges.x0 + step_x * n as f32, self.width)).collect();
        let stride = self.width.saturating_add(1);
        let line = |n: usize, out: &mut Vec<f64>| {
            let (low, high, part) = Self::split(edges.y0 + step_y * n as f32, self.height);
            let row = |y: usize| {
                let from = y.saturating_mul(stride);
                self.sums.get(from..from.saturating_add(stride)).unwrap_or_default()
            };
            let (one, two) = (row(low), row(high));
            out.clear();
            out.extend(across.iter().map(|(a, b, t)| {
                let at = |x: usize| {
                    let get = |row: &[f64]| row.get(x).copied().unwrap_or(0.0);
                    get(one) + (get(two) - get(one)) * part
                };
                at(*a) + (at(*b) - at(*a)) * t
            }));
        };
        let mut cells = Vec::with_capacity(columns.saturating_mul(rows));
        let (mut upper, mut lower) = (Vec::new(), Vec::new());
        line(0, &mut upper);
        for n in 1..=rows {
            line(n, &mut lower);
            let corners = upper.windows(2).zip(lower.windows(2));
            cells.extend(corners.map(|(up, low)| match (up, low) {
                ([a, b], [c, d]) if area > 0.0 => ((d - c - b + a) / area) as f32,
                _ => 0.0,
            }));
            std::mem::swap(&mut upper, &mut lower);
        }
        Grid { columns, rows, cells }
    }
}

/// Means of coverage, row by row.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    pub(super) columns: usize,
    pub(super) rows: usize,
    cells: Vec<f32>,
}

impl Grid {
    /// With mean 0 and length 1, or nothing if all cells are alike.
    pub(super) fn normal(mut self) -> Option<Self> {
        let count = self.cells.len().max(1) as f32;
        let mean = self.cells.iter().sum::<f32>() / count;
        let length = self.cells.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>().sqrt();
        if length.is_nan() || length <= 1e-6 {
            return None;
        }
        self.cells.iter_mut().for_each(|v| *v = (*v - mean) / length);
        Some(self)
    }

    /// Correlation with a grid of the same shape made by [`Grid::normal`]: -1.0 to 1.0.
    pub(super) fn likeness(&self, normal: &Self) -> f32 {
        let count = self.cells.len().max(1) as f32;
        let mean = self.cells.iter().sum::<f32>() / count;
        let (mut dot, mut square) = (0.0_f32, 0.0_f32);
        for (value, other) in self.cells.iter().zip(&normal.cells) {
            let value = value - mean;
            dot += value * other;
            square += value * value;
        }
        if square > 1e-9 && self.cells.len() == normal.cells.len() { dot / square.sqrt() } else { 0.0 }
    }
}
