//! One channel of numbers, and coarse grids of cells over it.

/// Rows of `width` numbers.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) data: Vec<f32>,
}

impl Plane {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![0.0; width.saturating_mul(height)] }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = &[f32]> {
        self.data.chunks_exact(self.width.max(1))
    }

    pub(super) fn rows_mut(&mut self) -> impl Iterator<Item = &mut [f32]> {
        self.data.chunks_exact_mut(self.width.max(1))
    }

    pub(super) fn row(&self, y: usize) -> &[f32] {
        let start = y.saturating_mul(self.width);
        self.data.get(start..start.saturating_add(self.width)).unwrap_or_default()
    }

    /// Means of cells of `cell` × `cell` numbers; those at the right and lower edge may be smaller.
    pub(super) fn means(&self, cell: usize) -> Self {
        self.means_of(cell, |v| v)
    }

    /// Means of `f` of the numbers.
    pub(super) fn means_of(&self, cell: usize, f: impl Fn(f32) -> f32 + Copy) -> Self {
        let cell = cell.max(1);
        let mut out = Self::new(self.width.div_ceil(cell), self.height.div_ceil(cell));
        let rows = self.data.chunks(self.width.max(1).saturating_mul(cell));
        for (to, band) in out.data.chunks_exact_mut(self.width.div_ceil(cell).max(1)).zip(rows) {
            add_sums(to, band, self.width, cell, f);
            let high = count(band.len() / self.width.max(1));
            let whole = 1.0 / (count(cell) * high);
            to.iter_mut().for_each(|v| *v *= whole);
            let rest = self.width % cell;
            if let (Some(last), true) = (to.last_mut(), rest > 0) {
                *last *= count(cell) / count(rest);
            }
        }
        out
    }

    /// A quarter, a half and a quarter of neighbours, across and down; the edges repeat.
    pub(super) fn smooth(&mut self) {
        for row in self.rows_mut() {
            let mut before = row.first().copied().unwrap_or(0.0);
            let next: Vec<f32> = row.iter().skip(1).copied().chain(row.last().copied()).collect();
            for (v, after) in row.iter_mut().zip(next) {
                let here = *v;
                *v = 0.25 * (before + after) + 0.5 * here;
                before = here;
            }
        }
        let mut before: Vec<f32> = self.row(0).to_vec();
        let width = self.width.max(1);
        let mut rest = self.data.as_mut_slice();
        while let Some((row, below)) = rest.split_at_mut_checked(width) {
            let here = row.to_vec();
            let after = if below.is_empty() { &here } else { below.get(..width).unwrap_or_default() };
            for ((v, b), a) in row.iter_mut().zip(&before).zip(after) {
                *v = 0.25 * (b + a) + 0.5 * *v;
            }
            before = here;
            rest = below;
        }
    }

    /// The least of each number and its eight neighbours.
    pub(super) fn least(&self) -> Self {
        let mut across = self.clone();
        for (to, row) in across.rows_mut().zip(self.rows()) {
            let left = row.first().into_iter().chain(row);
            let right = row.iter().skip(1).chain(row.last());
            for ((to, l), r) in to.iter_mut().zip(left).zip(right) {
                *to = to.min(*l).min(*r);
            }
        }
        let mut out = across.clone();
        for (y, to) in out.rows_mut().enumerate() {
            let above = across.row(y.saturating_sub(1));
            let below = across.row(y.saturating_add(1).min(across.height.saturating_sub(1)));
            for ((to, a), b) in to.iter_mut().zip(above).zip(below) {
                *to = to.min(*a).min(*b);
            }
        }
        out
    }

    pub(super) fn map(&self, f: impl Fn(f32) -> f32) -> Self {
        Self { width: self.width, height: self.height, data: self.data.iter().map(|v| f(*v)).collect() }
    }
}

/// Small counts as numbers: exact to 2²⁴.
#[allow(clippy::cast_precision_loss)]
pub(super) fn count(n: usize) -> f32 {
    n as f32
}

#[inline]
fn add_sums(to: &mut [f32], band: &[f32], width: usize, cell: usize, f: impl Fn(f32) -> f32 + Copy) {
    for row in band.chunks_exact(width.max(1)) {
        if cell == 4 {
            let (fours, rest) = row.as_chunks::<4>();
            for (to, [a, b, c, d]) in to.iter_mut().zip(fours) {
                *to += (f(*a) + f(*b)) + (f(*c) + f(*d));
            }
            if let (Some(last), false) = (to.last_mut(), rest.is_empty()) {
                *last += rest.iter().map(|v| f(*v)).sum::<f32>();
            }
        } else {
            for (to, part) in to.iter_mut().zip(row.chunks(cell)) {
                *to += part.iter().map(|v| f(*v)).sum::<f32>();
            }
        }
    }
}

/// Rows of a grid of cells, interpolated between the cells' centres.
pub(super) struct Interpolated<'a> {
    grid: &'a Plane,
    cell: usize,
    between: Vec<f32>,
    steps: Vec<f32>,
}

impl<'a> Interpolated<'a> {
    pub(super) fn new(grid: &'a Plane, cell: usize) -> Self {
        let cell = cell.max(1);
        let first = count(cell / 2) + 0.5 - 0.5 * count(cell);
        let steps = (0..cell).map(|i| (count(i) + first) / count(cell)).collect();
        Self { grid, cell, between: vec![0.0; grid.width], steps }
    }

    /// The numbers of row `y` of the plane.
    pub(super) fn row(&mut self, y: usize, to: &mut [f32]) {
        let half = self.cell / 2;
        let last = self.grid.height.saturating_sub(1);
        let (above, t) = if y < half {
            (0, 0.0)
        } else {
            let z = y.saturating_sub(half);
            (z / self.cell, self.steps.get(z % self.cell).copied().unwrap_or(0.0))
        };
        let a = self.grid.row(above.min(last));
        let b = self.grid.row(above.saturating_add(1).min(last));
        for ((v, a), b) in self.between.iter_mut().zip(a).zip(b) {
            *v = a + (b - a) * t;
        }
        let Some((&first, _)) = self.between.split_first() else { return };
        let (head, body) = to.split_at_mut(half.min(to.len()));
        head.fill(first);
        let next = self.between.iter().skip(1).chain(self.between.last());
        if let (Ok(steps), 4) = (<[f32; 4]>::try_from(self.steps.as_slice()), self.cell) {
            let (fours, rest) = body.as_chunks_mut::<4>();
            let done = fours.len();
            for ((part, a), b) in fours.iter_mut().zip(&self.between).zip(next) {
                let d = b - a;
                *part = steps.map(|t| a + d * t);
            }
            let a = self.between.get(done).or(self.between.last()).copied().unwrap_or(0.0);
            let b = self.between.get(done.saturating_add(1)).copied().unwrap_or(a);
            rest.iter_mut().zip(steps).for_each(|(v, t)| *v = a + (b - a) * t);
        } else {
            for ((part, a), b) in body.chunks_mut(self.cell).zip(&self.between).zip(next) {
                part.iter_mut().zip(&self.steps).for_each(|(v, t)| *v = a + (b - a) * t);
            }
        }
    }
}

/// `plane` less its smooth part, and that part, in cells of `cell` numbers.
pub(super) fn detail(plane: &Plane, cell: usize) -> (Plane, Plane) {
    let mut low = plane.means(cell);
    low.smooth();
    let mut rows = Interpolated::new(&low, cell);
    let mut out = plane.clone();
    let mut smooth = vec![0.0; plane.width];
    for (y, row) in out.rows_mut().enumerate() {
        rows.row(y, &mut smooth);
        row.iter_mut().zip(&smooth).for_each(|(v, s)| *v -= s);
    }
    (out, low)
}
