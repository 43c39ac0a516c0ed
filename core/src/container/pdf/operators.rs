//! The operators of content streams (ISO 32000-2 7.8.2).

use super::lex::{Kind, Lexer, Value, is_space};

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

/// How many states a content stream takes off that it did not save, and leaves saved; and whether it
/// ends within an image.
pub(super) fn imbalance(bytes: &[u8]) -> (usize, usize, bool) {
    let mut operators = Operators::new(bytes, 0);
    let mut operands = Vec::new();
    let (mut taken, mut saved) = (0usize, 0usize);
    while let Some(word) = operators.next(&mut operands) {
        match word {
            b"q" => saved = saved.saturating_add(1),
            b"Q" if saved == 0 => taken = taken.saturating_add(1),
            b"Q" => saved = saved.saturating_sub(1),
            _ => {}
        }
    }
    (taken, saved, operators.open_image)
}
