//! The operators of content streams (ISO 32000-2 7.8.2).

use super::lex::{Kind, Lexer, Value, closing, is_space};
use super::pages::number;

/// Most operands of an operator.
const OPERANDS: usize = 64;
/// Nesting of arrays and dictionaries among them.
const DEPTH: usize = 16;

/// Reads a content stream operator by operator.
#[derive(Debug)]
pub(super) struct Operators<'c> {
    bytes: &'c [u8],
    pub(super) at: usize,
    /// Whether the stream ends within an image.
    pub(super) open_image: bool,
}

impl<'c> Operators<'c> {
    pub(super) const fn new(bytes: &'c [u8], at: usize) -> Self {
        Self { bytes, at, open_image: false }
    }

    /// The next operator and what stands before it. What is no token is passed over.
    pub(super) fn next(&mut self, operands: &mut Vec<Value>) -> Option<&'c [u8]> {
        operands.clear();
        while self.at < self.bytes.len() {
            let mut lexer = Lexer::new(self.bytes, self.at);
            let value = lexer.value(DEPTH);
            self.at = lexer.at.max(self.at.saturating_add(1));
            let Some(value) = value else { continue };
            let word = self.bytes.get(value.range.clone()).unwrap_or_default();
            if value.kind != Kind::Word || matches!(word, b"true" | b"false" | b"null") {
                if operands.len() < OPERANDS {
                    operands.push(value);
                }
                continue;
            }
            if word == b"ID" {
                self.skip_image();
                return Some(b"EI");
            }
            return Some(word);
        }
        None
    }

    /// Passes over the data of an image in the stream: to `EI` between spaces.
    fn skip_image(&mut self) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let end = rest.windows(4).position(|w| match w {
            [before, b'E', b'I', after] => is_space(*before) && is_space(*after),
            _ => false,
        });
        let last = rest.len();
        self.open_image = end.is_none() && !matches!(rest, [.., before, b'E', b'I'] if is_space(*before));
        self.at = self.at.saturating_add(end.map_or(last, |end| end.saturating_add(3)));
    }
}

/// Most states that are told apart.
const STATES: usize = 4_096;

/// What a content leaves behind.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Balance {
    /// How many states it takes off that it did not save, which does nothing where none is left.
    pub(super) excess: usize,
    /// How many states it leaves saved.
    pub(super) saved: usize,
    /// Whether it ends within an image.
    pub(super) image: bool,
    /// What ends the arrays, dictionaries and strings that it leaves open.
    pub(super) open: String,
    /// The matrix in force when those states are taken off.
    pub(super) matrix: Matrix,
}

impl Default for Balance {
    fn default() -> Self {
        Self { excess: 0, saved: 0, image: false, open: String::new(), matrix: IDENTITY }
    }
}

/// Follows the states of graphics of a content.
pub(super) fn balance(bytes: &[u8]) -> Balance {
    let mut operators = Operators::new(bytes, 0);
    let mut operands = Vec::new();
    let (mut out, mut states, mut last) = (Balance::default(), Vec::new(), 0);
    while let Some(word) = operators.next(&mut operands) {
        last = operators.at;
        match word {
            b"q" => {
                out.saved = out.saved.saturating_add(1);
                if states.len() < STATES {
                    states.push(out.matrix);
                }
            }
            b"Q" if out.saved == 0 => out.excess = out.excess.saturating_add(1),
            b"Q" => {
                if out.saved <= states.len() {
                    out.matrix = states.pop().unwrap_or(out.matrix);
                }
                out.saved = out.saved.saturating_sub(1);
            }
            b"cm" => out.matrix = times(matrix(bytes, &operands), out.matrix),
            _ => {}
        }
    }
    out.image = operators.open_image;
    out.open = closing(bytes.get(last..).unwrap_or_default());
    out.matrix = states.first().copied().unwrap_or(out.matrix);
    out
}

/// A change of coordinates.
pub(super) type Matrix = [f64; 6];

pub(super) const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// What stands in the coordinates of `m` when `n` is applied first.
pub(super) fn times(n: Matrix, m: Matrix) -> Matrix {
    let ([a, b, c, d, e, f], [g, h, i, j, k, l]) = (n, m);
    [a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + l]
}

/// The matrix that undoes another one, if one does.
pub(super) fn inverse([a, b, c, d, e, f]: Matrix) -> Option<Matrix> {
    let det = a * d - b * c;
    let out = [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
    out.iter().all(|n| n.abs() < 1e6).then_some(out)
}

/// The area in other coordinates that holds all of an area: left, bottom, right, top.
pub(super) fn moved([left, bottom, right, top]: [f64; 4], [a, b, c, d, e, f]: Matrix) -> [f64; 4] {
    let corners = [(left, bottom), (right, bottom), (left, top), (right, top)];
    let start = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    corners.into_iter().fold(start, |[w, x, y, z], (u, v)| {
        let (p, q) = (a * u + c * v + e, b * u + d * v + f);
        [w.min(p), x.min(q), y.max(p), z.max(q)]
    })
}

/// The operand at a place as a number; 0 for what is none.
pub(super) fn operand(bytes: &[u8], value: Option<&Value>) -> f64 {
    value.and_then(|value| number(bytes.get(value.range.clone())?)).unwrap_or(0.0)
}

/// Six operands.
pub(super) fn matrix(bytes: &[u8], operands: &[Value]) -> Matrix {
    let mut out = [0.0; 6];
    for (slot, value) in out.iter_mut().zip(operands) {
        *slot = operand(bytes, Some(value));
    }
    out
}
