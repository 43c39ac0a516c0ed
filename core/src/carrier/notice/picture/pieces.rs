//! Pieces of writing: connected bright pixels, joined to lines.

use super::grey::{Frame, Grey};

/// Grey level from which a pixel is no plate: the plate over white has 56, plus what codecs add.
pub(super) const BRIGHT: u8 = 96;
/// Heights of lines that one level of the picture is searched for, in pixels of the level. The next
/// level has half of them, so each height is searched for at two: what one joins to the ground beside
/// the plate, the other may tell apart.
pub(super) const LEAST: i32 = 5;
pub(super) const MOST: i32 = 20;
/// Longest line, in heights.
const LONGEST: i32 = 60;
/// Shortest line, in heights: "AI生成" has three.
const SHORTEST: f32 = 1.6;
/// Gaps between pieces of a line, in heights: within words, then between words. The plate ends half
/// an em from the text, and what stands beside it may be higher than the text.
const GAPS: [f32; 3] = [0.2, 0.36, 0.56];
/// Gap between a letter's parts one over another, in heights.
const DOT: f32 = 0.2;
/// Cells of the grid in which neighbours are looked up, in pixels.
const CELL: i32 = 16;

#[derive(Debug, Clone, Copy)]
struct Run {
    from: i32,
    to: i32,
    label: u32,
}

/// Sets that grow together, as parents.
#[derive(Debug, Default)]
struct Sets(Vec<u32>);

impl Sets {
    fn reset(&mut self, count: usize) {
        self.0.clear();
        self.0.extend((0..count).map(|n| n as u32));
    }

    fn add(&mut self) -> u32 {
        let label = self.0.len() as u32;
        self.0.push(label);
        label
    }

    fn root(&mut self, mut label: u32) -> u32 {
        loop {
            let parent = self.0.get(label as usize).copied().unwrap_or(label);
            if parent == label {
                return label;
            }
            let above = self.0.get(parent as usize).copied().unwrap_or(parent);
            if let Some(slot) = self.0.get_mut(label as usize) {
                *slot = above;
            }
            label = above;
        }
    }

    fn unite(&mut self, one: u32, other: u32) -> u32 {
        let (one, other) = (self.root(one), self.root(other));
        let (low, high) = (one.min(other), one.max(other));
        if let Some(slot) = self.0.get_mut(high as usize) {
            *slot = low;
        }
        low
    }
}

/// Frames of 8-connected bright pixels that may be parts of a line. Memory goes with the picture's
/// width and with what is found.
pub(super) fn pieces(grey: &Grey) -> Vec<Frame> {
    let mut out = Vec::new();
    let (mut above, mut runs): (Vec<Run>, Vec<Run>) = (Vec::new(), Vec::new());
    let mut open: Vec<Frame> = Vec::new();
    let mut sets = Sets::default();
    for y in 0..grey.height {
        sets.reset(open.len());
        find_runs(grey.row(y), &mut runs);
        connect(&above, &mut runs, &mut open, &mut sets, y);
        close(&mut open, &mut sets, &mut runs, y, &mut out);
        std::mem::swap(&mut above, &mut runs);
    }
    out.extend(open.into_iter().filter(|frame| fits(*frame)));
    // Writing keeps away from the border, what the border cuts does not.
    out.retain(|frame| frame.x0 > 0 && frame.y0 > 0 && frame.x1 < grey.width && frame.y1 < grey.height);
    out
}

/// Bright runs of a row.
fn find_runs(row: &[u8], runs: &mut Vec<Run>) {
    runs.clear();
    let mut from = None;
    for (x, value) in (0_i32..).zip(row) {
        match (*value >= BRIGHT, from) {
            (true, None) => from = Some(x),
            (false, Some(start)) => {
                runs.push(Run { from: start, to: x, label: 0 });
                from = None;
            }
            _ => {}
        }
    }
    if let Some(start) = from {
        runs.push(Run { from: start, to: row.len() as i32, label: 0 });
    }
}

/// Gives each run the label of what it touches in the row above, or a new one.
fn connect(above: &[Run], runs: &mut [Run], open: &mut Vec<Frame>, sets: &mut Sets, y: i32) {
    let mut rest = above;
    for run in runs {
        while let Some((first, others)) = rest.split_first()
            && first.to < run.from
        {
            rest = others;
        }
        let touching = rest.iter().take_while(|old| old.from <= run.to).map(|old| old.label);
        let label = touching.reduce(|one, other| sets.unite(one, other));
        run.label = label.unwrap_or_else(|| {
            open.push(Frame { x0: run.from, y0: y, x1: run.to, y1: y });
            sets.add()
        });
    }
}

/// Adds the row's runs to what they belong to, and takes out what has none.
fn close(open: &mut Vec<Frame>, sets: &mut Sets, runs: &mut [Run], y: i32, out: &mut Vec<Frame>) {
    const NONE: u32 = u32::MAX;
    let mut new = vec![NONE; open.len()];
    let mut kept: Vec<Frame> = Vec::with_capacity(runs.len());
    for run in &mut *runs {
        let root = sets.root(run.label);
        if let Some(slot) = new.get_mut(root as usize) {
            if *slot == NONE {
                *slot = kept.len() as u32;
                kept.extend(open.get(root as usize));
            }
            run.label = *slot;
        }
    }
    for (label, frame) in (0_u32..).zip(open.iter()) {
        let root = sets.root(label);
        match new.get(root as usize).and_then(|slot| kept.get_mut(*slot as usize)) {
            Some(whole) => *whole = whole.join(*frame),
            None => out.extend(Some(*frame).filter(|frame| fits(*frame))),
        }
    }
    for run in runs {
        if let Some(whole) = kept.get_mut(run.label as usize) {
            *whole = whole.join(Frame { x0: run.from, y0: y, x1: run.to, y1: y.saturating_add(1) });
        }
    }
    *open = kept;
}

/// Whether it may be a part of a line. A single pixel is none: noise has too many of them.
fn fits(frame: Frame) -> bool {
    frame.height() <= MOST && frame.width() <= MOST * LONGEST && frame.area() > 1
}

/// Lines that the pieces of a level may form, in a fixed order.
pub(super) fn lines(pieces: &[Frame], level: &Grey) -> Vec<Frame> {
    let mut found: Vec<Frame> = Vec::new();
    let mut parts = pieces.to_vec();
    for gap in GAPS {
        parts = join(&parts, gap, level);
        found.extend_from_slice(&parts);
    }
    found.retain(|line| may_be_line(*line));
    found.sort_unstable();
    found.dedup();
    found
}

fn may_be_line(frame: Frame) -> bool {
    let height = frame.height();
    let least = height as f32 * SHORTEST;
    (LEAST..=MOST).contains(&height) && frame.width() as f32 >= least && frame.width() <= height * LONGEST
}

/// Joins what stands side by side or closely one over another.
fn join(pieces: &[Frame], gap: f32, level: &Grey) -> Vec<Frame> {
    let grid = Grid::of(pieces, level);
    let mut sets = Sets::default();
    sets.reset(pieces.len());
    for (number, piece) in (0_u32..).zip(pieces) {
        grid.near(piece.grown(CELL / 2, CELL / 4), |other| {
            let neighbour = pieces.get(other as usize);
            if other > number && neighbour.is_some_and(|frame| belong(*piece, *frame, gap)) {
                sets.unite(number, other);
            }
        });
    }
    let mut whole: Vec<Option<Frame>> = vec![None; pieces.len()];
    for (number, piece) in (0_u32..).zip(pieces) {
        if let Some(slot) = whole.get_mut(sets.root(number) as usize) {
            *slot = Some(slot.map_or(*piece, |frame| frame.join(*piece)));
        }
    }
    whole.into_iter().flatten().filter(|frame| fits(*frame)).collect()
}

/// Whether two pieces are parts of one line.
fn belong(one: Frame, other: Frame, gap: f32) -> bool {
    let high = one.height().max(other.height());
    let low = one.height().min(other.height());
    let between_x = one.x0.max(other.x0).saturating_sub(one.x1.min(other.x1));
    let between_y = one.y0.max(other.y0).saturating_sub(one.y1.min(other.y1));
    let beside = between_x as f32 <= (high as f32 * gap).max(1.0) && between_y.saturating_neg() * 2 >= low;
    let over = between_x < 0 && between_y as f32 <= (high as f32 * DOT).max(1.0);
    beside || over
}

/// Which pieces lie in which cell.
struct Grid {
    columns: i32,
    rows: i32,
    starts: Vec<u32>,
    members: Vec<u32>,
}

impl Grid {
    fn of(pieces: &[Frame], level: &Grey) -> Self {
        let (columns, rows) = (level.width / CELL + 1, level.height / CELL + 1);
        let count = usize::try_from(i64::from(columns) * i64::from(rows)).unwrap_or(0);
        let mut grid = Self { columns, rows, starts: vec![0; count.saturating_add(1)], members: Vec::new() };
        let mut total = 0_usize;
        for piece in pieces {
            for cell in grid.cells(*piece) {
                total = total.saturating_add(1);
                if let Some(slot) = grid.starts.get_mut(cell) {
                    *slot = slot.saturating_add(1);
                }
            }
        }
        let mut sum = 0_u32;
        for slot in &mut grid.starts {
            sum = sum.saturating_add(*slot);
            *slot = sum;
        }
        // Filled from the end of each cell: afterwards each start is a start.
        grid.members = vec![0; total];
        for (number, piece) in (0_u32..).zip(pieces) {
            for cell in grid.cells(*piece) {
                if let Some(slot) = grid.starts.get_mut(cell) {
                    *slot = slot.saturating_sub(1);
                    if let Some(member) = grid.members.get_mut(*slot as usize) {
                        *member = number;
                    }
                }
            }
        }
        grid
    }

    fn cells(&self, frame: Frame) -> impl Iterator<Item = usize> + use<> {
        let (columns, rows) = (self.columns, self.rows);
        let across = (frame.x0 / CELL).clamp(0, columns)..(frame.x1 / CELL + 1).clamp(0, columns);
        let down = (frame.y0 / CELL).clamp(0, rows)..(frame.y1 / CELL + 1).clamp(0, rows);
        down.flat_map(move |y| across.clone().map(move |x| (y as usize) * (columns as usize) + x as usize))
    }

    fn near(&self, frame: Frame, mut visit: impl FnMut(u32)) {
        for cell in self.cells(frame) {
            let bounds = self.starts.get(cell).zip(self.starts.get(cell.saturating_add(1)));
            let members = bounds.and_then(|(from, to)| self.members.get(*from as usize..*to as usize));
            members.unwrap_or_default().iter().for_each(|number| visit(*number));
        }
    }
}
