//! Four soundings of a tone, measured against the rhythm.

use std::collections::VecDeque;

use super::Heard;
use super::frames::{Frames, View};
use super::marks::{Mark, near};

/// Marks remembered.
const MARKS: usize = 64;
/// Candidates waiting for what comes behind them.
const WAITING: usize = 64;
/// Units before and behind the notice in which its tone must pause.
const PAUSE: f32 = 4.0;
/// Windows before the first mark that may be asked for; places are counted from there.
const BASE: usize = 320;
/// Lengths of the unit, in milliseconds: 60 to 250, played 3 % slower or faster.
const UNIT_MS: [f64; 2] = [58.0, 258.0];

/// Collects marks, and judges four of a tone when enough came behind them.
#[derive(Debug)]
pub(super) struct Judge {
    rate: f64,
    delay: f64,
    marks: VecDeque<Mark>,
    waiting: VecDeque<(usize, [Mark; 4])>,
}

impl Judge {
    /// For windows of sound of `rate` hertz that comes `delay` samples late.
    pub(super) fn new(rate: f64, delay: f64) -> Self {
        Self { rate, delay, marks: VecDeque::new(), waiting: VecDeque::new() }
    }

    /// Takes the next mark.
    pub(super) fn mark(&mut self, fourth: Mark) {
        let mut alike = self.marks.iter().rev().filter(|mark| mark.alike(&fourth)).copied();
        if let (Some(third), Some(second), Some(first)) = (alike.next(), alike.next(), alike.next()) {
            self.wait([first, second, third, fourth]);
        }
        if self.marks.len() == MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back(fourth);
    }

    /// The next judgement that can be made when the window `now` is known.
    pub(super) fn step(&mut self, now: usize, frames: &Frames) -> Option<Heard> {
        let at = self.waiting.iter().position(|(due, _)| *due <= now)?;
        let (_, marks) = self.waiting.remove(at)?;
        let base = marks[0].first.saturating_sub(BASE);
        let view = frames.view(base);
        let marks = marks.map(|mark| Mark { first: mark.first - base, last: mark.last - base, ..mark });
        Some(Measured::new(&marks, &view, self.rate)?.heard(&view, self.rate, self.delay))
    }

    fn wait(&mut self, marks: [Mark; 4]) {
        let [first, .., fourth] = &marks;
        let windows = fourth.last - first.first;
        // A notice has 9 to 11 units; edges lie outside of what is sure.
        if self.waiting.len() == WAITING || !(80..=680).contains(&windows) {
            return;
        }
        let pause = (PAUSE * windows as f32 / 8.5) as usize + 12;
        self.waiting.push_back((fourth.last + pause, marks));
    }
}

/// What was measured of four soundings. Places and lengths are in windows.
#[derive(Debug)]
struct Measured {
    pitch: f32,
    /// Mean power at the pitch within the marks.
    power: f32,
    edges: [[f32; 2]; 4],
    unit: f32,
    /// How unlike the notice it is: 0 is perfect, and what adds 1 is barely tolerable.
    distance: f32,
}

impl Measured {
    fn new(marks: &[Mark; 4], frames: &View<'_>, rate: f64) -> Option<Self> {
        let pitch = marks.iter().map(|mark| mark.pitch).sum::<f32>() / 4.0;
        let powers = marks.map(|mark| mean(mark.first..mark.last + 1, |at| frames.power(at, pitch)));
        let power = powers.iter().sum::<f32>() / 4.0;
        if power <= 0.0 {
            return None;
        }
        let mut edges = [[0.0; 2]; 4];
        for ((mark, own), edge) in marks.iter().zip(powers).zip(&mut edges) {
            *edge = sharp(mark, own, pitch, frames)?;
        }
        let timing = Timing::new(&edges)?;
        let mut this = Self { pitch, power, edges, unit: timing.unit, distance: timing.distance(frames, rate) };
        this.distance += level(&powers) + tune(marks);
        this.distance += this.shape(frames) + this.purity(frames) + this.pause(frames);
        this.distance.is_finite().then_some(this)
    }

    fn heard(&self, frames: &View<'_>, rate: f64, delay: f64) -> Heard {
        let ms = |samples: f64| (samples / rate * 1000.0 + 0.5).max(0.0);
        let [[start, _], .., [_, end]] = self.edges;
        let length = |windows: f32| ms(f64::from(windows) * frames.hop());
        Heard {
            start_ms: ms(frames.middle(start) - delay) as u64,
            duration_ms: length(end - start) as u64,
            unit_ms: length(self.unit) as u32,
            pitch_hz: (self.pitch + 0.5) as u32,
            score: (10_000.0 / (1.0 + self.distance) + 0.5) as u32,
        }
    }

    /// How much of the tone's loudness over time the rhythm does not explain.
    fn shape(&self, frames: &View<'_>) -> f32 {
        let [[start, _], .., [_, end]] = self.edges;
        let (from, to) = ((start - self.unit).max(0.0) as usize, (end + self.unit) as usize);
        let blur = frames.blur();
        let (mut n, mut x, mut y, mut xx, mut yy, mut xy) = (0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32, 0.0f32);
        for at in from..=to {
            let loud = (frames.power(at, self.pitch) / self.power).sqrt().min(1.5);
            let due = self.edges.iter().map(|[on, off]| step(at as f32 - on, blur) - step(at as f32 - off, blur));
            let due = due.sum::<f32>();
            n += 1.0;
            x += due;
            y += loud;
            xx += due * due;
            yy += loud * loud;
            xy += due * loud;
        }
        let (vx, vy, cov) = (n * xx - x * x, n * yy - y * y, n * xy - x * y);
        if vx <= 0.0 || vy <= 0.0 || cov <= 0.0 {
            return 100.0;
        }
        ((1.0 - cov * cov / (vx * vy)) / 0.1).max(0.0)
    }

    /// What sounds with the tone, and in the gaps.
    fn purity(&self, frames: &View<'_>) -> f32 {
        let edge = frames.blur() / 2.0;
        let inside = |[on, off]: [f32; 2]| (on + edge) as usize + 1..(off - edge) as usize + 1;
        let [first, second, third, fourth] = self.edges;
        let gaps = [[first[1], second[0]], [second[1], third[0]], [third[1], fourth[0]]];
        let total = |at: usize| frames.get(at).map_or(0.0, |frame| frame.total);
        let sounding = self.edges.map(|edges| mean(inside(edges), total)).iter().sum::<f32>() / 4.0;
        let silent = gaps.map(|edges| mean(inside(edges), total)).iter().sum::<f32>() / 3.0;
        let share = |at: usize| {
            frames.get(at).map_or(0.0, |frame| if near(frame.pitch, self.pitch) { frame.share } else { 0.0 })
        };
        let shares = self.edges.map(|edges| mean(inside(edges), share)).iter().sum::<f32>() / 4.0;
        square((1.0 - shares) / 0.35) + square(silent / sounding / 0.35)
    }

    /// Whether the tone goes on before or behind, about as loud.
    fn pause(&self, frames: &View<'_>) -> f32 {
        let [[start, _], .., [_, end]] = self.edges;
        let (reach, edge) = (PAUSE * self.unit, frames.blur());
        let alike = |pitch: f32| (pitch - self.pitch).abs() <= (0.012 * self.pitch).max(8.0);
        let loud = self.power / 4.0..self.power * 4.0;
        let sounds = |at: usize| {
            frames.get(at).is_some_and(|frame| {
                frame.share >= 0.4 && alike(frame.pitch) && loud.contains(&frames.power(at, self.pitch))
            })
        };
        let count =
            |from: f32, to: f32| (from.max(0.0) as usize..to.max(0.0) as usize).filter(|at| sounds(*at)).count() as f32;
        let windows = count(start - reach, start - edge) + count(end + edge, end + reach);
        square(windows / (0.4 * self.unit))
    }
}

/// Lengths, in windows.
#[derive(Debug)]
struct Timing {
    unit: f32,
    distance: f32,
}

impl Timing {
    fn new(edges: &[[f32; 2]; 4]) -> Option<Self> {
        let [a, b, c, d] = edges.map(|[on, off]| off - on);
        let [_, end_a] = edges[0];
        let ([on_b, end_b], [on_c, end_c], [on_d, _]) = (edges[1], edges[2], edges[3]);
        let (gap_a, letters, gap_i) = (on_b - end_a, on_c - end_b, on_d - end_c);
        // Soft edges and echo lengthen gaps or sounds, all alike: here they cancel out.
        let unit = (a + 2.0 * gap_a + b + c + 2.0 * gap_i + d) / 10.0;
        let soft = (gap_a + gap_i - a - c - d + unit) / 5.0;
        let all = [a, b, c, d, gap_a, letters, gap_i];
        if unit <= 0.0 || all.iter().any(|length| *length <= 0.0) {
            return None;
        }
        let short = |length: f32| square((length - unit) / unit / 0.3);
        let ones = [a + soft, c + soft, d + soft, gap_a - soft, gap_i - soft].map(short).iter().sum::<f32>();
        let long = square(((b + soft) / unit - 3.0) / 0.5);
        let between = (letters - soft) / unit;
        let between = square((1.0 - between).max(between - 3.0).max(0.0) / 0.4);
        Some(Self { unit, distance: ones + long + between + square(soft / unit / 0.35) })
    }

    fn distance(&self, frames: &View<'_>, rate: f64) -> f32 {
        let [least, most] = UNIT_MS.map(|ms| (ms / 1000.0 * rate / frames.hop()) as f32);
        let outside = (least / self.unit).max(self.unit / most).max(1.0) - 1.0;
        self.distance + square(outside / 0.05)
    }
}

/// Where the tone has half its loudness, before and behind what is sure of the mark.
fn sharp(mark: &Mark, power: f32, pitch: f32, frames: &View<'_>) -> Option<[f32; 2]> {
    const REACH: usize = 40;
    let loud = |at: usize| (frames.power(at, pitch) / power).sqrt();
    let cross = |inner: f32, outer: f32| ((inner - 0.5) / (inner - outer)).clamp(0.0, 1.0);
    let first = (mark.first..=mark.last).find(|at| loud(*at) >= 0.5)?;
    let last = (mark.first..=mark.last).rev().find(|at| loud(*at) >= 0.5)?;
    let before = (first.saturating_sub(REACH)..first).rev().find(|at| loud(*at) < 0.5)?;
    let behind = (last + 1..last + REACH).find(|at| loud(*at) < 0.5)?;
    let on = before as f32 + 1.0 - cross(loud(before + 1), loud(before));
    let off = behind as f32 - 1.0 + cross(loud(behind - 1), loud(behind));
    Some([on, off])
}

/// How far the loudness differs among the four.
fn level(powers: &[f32; 4]) -> f32 {
    let most = powers.iter().copied().fold(0.0, f32::max);
    let least = powers.iter().copied().fold(f32::INFINITY, f32::min);
    square(((most / least).sqrt() - 1.0) / 0.35)
}

/// How far the pitch differs among the four.
fn tune(marks: &[Mark; 4]) -> f32 {
    let most = marks.iter().map(|mark| mark.pitch).fold(0.0, f32::max);
    let least = marks.iter().map(|mark| mark.pitch).fold(f32::INFINITY, f32::min);
    square((most - least - 3.0).max(0.0) / (0.01 * most))
}

/// How far a Hann window that reaches `blur` to both sides is filled, `at` from the edge.
fn step(at: f32, blur: f32) -> f32 {
    let x = ((at / blur + 1.0) / 2.0).clamp(0.0, 1.0);
    x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
}

fn square(x: f32) -> f32 {
    x * x
}

fn mean(at: std::ops::Range<usize>, value: impl Fn(usize) -> f32) -> f32 {
    let count = at.len();
    if count == 0 { 0.0 } else { at.map(value).sum::<f32>() / count as f32 }
}
