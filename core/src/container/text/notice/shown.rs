//! The words that people see, bounded: the beginning, what stands around the middle, the end.

use std::collections::VecDeque;
use std::ops::Range;

use super::charset::text_of;
use crate::container::Shown;
use crate::container::text::units::Form;
use crate::error::Result;
use crate::limits::Limits;
use crate::notice::Moment;
use crate::source::Source;

/// So many parts at each side count as beginning and end.
const NEAR: usize = 3;

/// Takes the parts of a text in order and keeps those of its beginning, middle and end.
#[derive(Debug)]
pub(in crate::container) struct Collector {
    most: usize,
    middle: u64,
    count: usize,
    /// Bytes kept of the beginning, the middle and the end.
    used: [usize; 3],
    kept: Vec<(usize, String, Range<u64>)>,
    last: VecDeque<(usize, String, Range<u64>)>,
}

impl Collector {
    /// For a file of `len` bytes.
    pub(in crate::container) fn new(len: u64, limits: &Limits) -> Self {
        let (kept, last) = (Vec::new(), VecDeque::new());
        Self { most: limits.shown_bytes, middle: len / 2, count: 0, used: [0; 3], kept, last }
    }

    /// Most bytes of one part that are worth handing over.
    pub(in crate::container) const fn most(&self) -> usize {
        self.most
    }

    /// The next part, which stands in `range`.
    pub(in crate::container) fn push(&mut self, text: &str, range: Range<u64>) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        let index = self.count;
        self.count = self.count.saturating_add(1);
        let [first, middle, last] = &mut self.used;
        let near = range.start.abs_diff(self.middle) <= (self.most / 2) as u64;
        if *first < self.most || (near && *middle < self.most) {
            let used = if *first < self.most { first } else { middle };
            *used = used.saturating_add(text.len());
            self.kept.push((index, text.to_owned(), range));
            return;
        }
        *last = last.saturating_add(text.len());
        self.last.push_back((index, text.to_owned(), range));
        while *last > self.most && self.last.len() > NEAR {
            let Some((_, gone, _)) = self.last.pop_front() else { break };
            *last = last.saturating_sub(gone.len());
        }
    }

    /// The parts kept, each with its place.
    pub(in crate::container) fn finish(self, part: &str) -> Vec<Shown> {
        let count = self.count;
        let at = |index: usize| match () {
            () if index < NEAR && index < count.div_ceil(2) => Moment::Start,
            () if index.saturating_add(NEAR) >= count => Moment::End,
            () => Moment::Middle,
        };
        let mut all: Vec<_> = self.kept.into_iter().chain(self.last).collect();
        all.sort_by_key(|(index, ..)| *index);
        all.into_iter()
            .map(|(index, text, range)| Shown { text, part: part.to_owned(), range, at: at(index) })
            .collect()
    }
}

/// The lines of a part of a file that begins at `base`, without their breaks.
fn split(bytes: &[u8], form: Form, base: u64) -> Vec<(Range<u64>, &[u8])> {
    let width = if form == Form::Byte { 1 } else { 2 };
    let mut out = Vec::new();
    let mut start = 0;
    let mut push = |start: usize, end: usize| {
        if let Some(line) = bytes.get(start..end).filter(|line| !line.is_empty()) {
            out.push((base + start as u64..base + end as u64, line));
        }
    };
    for (index, unit) in form.units(bytes).into_iter().enumerate() {
        if matches!(unit, b'\n' | b'\r') {
            push(start, index * width);
            start = (index + 1) * width;
        }
    }
    push(start, bytes.len());
    out
}

/// The lines of a text for which `is_words` holds, without mark-up.
pub(super) fn lines(
    source: &mut Source<'_>,
    (form, bom): (Form, u64),
    limits: &Limits,
    part: &str,
    is_words: impl Fn(&str) -> bool,
) -> Result<Vec<Shown>> {
    let len = source.len();
    let most = (limits.shown_bytes as u64).max(64);
    let body = len - bom;
    let whole = body <= most.saturating_mul(3);
    let even = |at: u64| at - (at - bom) % form.width();
    let windows = if whole {
        std::iter::once(bom..len).collect()
    } else {
        let middle = even(bom + body / 2 - most / 2);
        vec![bom..even(bom + most), middle..even(middle + most), even(len - most)..len]
    };
    let mut out = Collector::new(len, limits);
    for window in windows {
        let cut = (window.start > bom, window.end < len);
        let bytes = source.bytes(window.clone(), most.saturating_mul(3), "shown_bytes")?;
        let mut found = split(&bytes, form, window.start);
        // Half a line can say the opposite of the whole.
        if cut.0 && found.len() > 1 {
            found.remove(0);
        }
        if cut.1 && found.len() > 1 {
            found.pop();
        }
        for (range, line) in found {
            let text = text_of(line, form, None)?;
            if is_words(text.trim()) {
                out.push(&text, range);
            }
        }
    }
    Ok(out.finish(part))
}
