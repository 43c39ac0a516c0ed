//! Tokens, values and dictionaries (ISO 32000-2 7.2 and 7.3), read where they stand and kept as
//! ranges of the bytes around them, so that what is not understood can be copied as it is.

use std::ops::Range;
use std::rc::Rc;

/// White space (ISO 32000-2 table 1).
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | 9 | 10 | 12 | 13 | 32)
}

const fn is_regular(byte: u8) -> bool {
    !is_space(byte) && !matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

/// An indirect reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference {
    pub(super) number: u32,
    pub(super) generation: u16,
}

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} R", self.number, self.generation)
    }
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `true`, `false`, `null`, or a word that has no meaning.
    Word,
    Number,
    Name,
    /// A string in parentheses.
    Literal,
    /// A string in hexadecimal digits.
    Hex,
    Reference(Reference),
    Array,
    Dict,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) kind: Kind,
    pub(super) range: Range<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Open(Kind),
    Close(Kind),
    One(Kind),
}

/// Reads tokens from a place on.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at.checked_add(ahead)?).copied()
    }

    fn skip_while(&mut self, inside: impl Fn(u8) -> bool) {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        self.at += rest.iter().take_while(|b| inside(**b)).count();
    }

    /// Skips white space and comments.
    pub(super) fn space(&mut self) {
        loop {
            self.skip_while(is_space);
            if self.peek(0) != Some(b'%') {
                return;
            }
            self.skip_while(|b| !matches!(b, b'\r' | b'\n'));
        }
    }

    /// Takes `word` if it stands here.
    pub(super) fn take(&mut self, word: &[u8]) -> Option<()> {
        self.space();
        let end = self.at.checked_add(word.len())?;
        (self.bytes.get(self.at..end) == Some(word)).then(|| self.at = end)
    }

    fn token(&mut self) -> Option<(Token, Range<usize>)> {
        self.space();
        let start = self.at;
        let token = match self.peek(0)? {
            b'/' => {
                self.at += 1;
                self.skip_while(is_regular);
                Token::One(Kind::Name)
            }
            b'(' => self.literal()?,
            b'<' if self.peek(1) == Some(b'<') => {
                self.at += 2;
                Token::Open(Kind::Dict)
            }
            b'<' => {
                self.skip_while(|b| b != b'>');
                self.peek(0)?;
                self.at += 1;
                Token::One(Kind::Hex)
            }
            b'>' if self.peek(1) == Some(b'>') => {
                self.at += 2;
                Token::Close(Kind::Dict)
            }
            b'[' => {
                self.at += 1;
                Token::Open(Kind::Array)
            }
            b']' => {
                self.at += 1;
                Token::Close(Kind::Array)
            }
            // Braces stand in functions alone, which are streams.
            b'>' | b')' | b'{' | b'}' => return None,
            _ => {
                self.skip_while(is_regular);
                let run = self.bytes.get(start..self.at).unwrap_or_default();
                let number = run.iter().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
                // No value holds these words: what was opened before was never closed.
                if matches!(run, b"obj" | b"endobj" | b"stream" | b"endstream" | b"xref" | b"trailer" | b"startxref") {
                    return None;
                }
                Token::One(if number { Kind::Number } else { Kind::Word })
            }
        };
        Some((token, start..self.at))
    }

    fn literal(&mut self) -> Option<Token> {
        (self.parentheses() == 0).then_some(Token::One(Kind::Literal))
    }

    /// Passes over a string in parentheses; how many of them the bytes leave open.
    fn parentheses(&mut self) -> usize {
        let mut open = 0usize;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.at += 1,
                b'(' => open += 1,
                b')' => open -= 1,
                _ => {}
            }
            self.at += 1;
            if open == 0 {
                break;
            }
        }
        open
    }

    /// The next value; arrays and dictionaries are skipped, at most `depth` of them in each other.
    pub(super) fn value(&mut self, depth: usize) -> Option<Value> {
        let (token, range) = self.token()?;
        let kind = match token {
            Token::Close(_) => return None,
            Token::One(Kind::Number) => {
                let after = self.at;
                let reference = self.reference(&range);
                if reference.is_none() {
                    self.at = after;
                }
                reference.map_or(Kind::Number, Kind::Reference)
            }
            Token::One(kind) => kind,
            Token::Open(kind) => {
                self.close(kind, depth)?;
                kind
            }
        };
        Some(Value { kind, range: range.start..self.at })
    }

    /// The rest of a reference whose number was just read.
    fn reference(&mut self, number: &Range<usize>) -> Option<Reference> {
        let number = digits(self.bytes.get(number.clone())?)?;
        let (token, range) = self.token()?;
        let generation = (token == Token::One(Kind::Number)).then(|| digits(self.bytes.get(range)?)).flatten()?;
        let (_, word) = self.token()?;
        (self.bytes.get(word)? == b"R").then_some(())?;
        Some(Reference { number: u32::try_from(number).ok()?, generation: u16::try_from(generation).ok()? })
    }

    fn close(&mut self, kind: Kind, depth: usize) -> Option<()> {
        let mut open = vec![kind];
        while let Some(last) = open.last() {
            match self.token()?.0 {
                Token::Open(_) if open.len() >= depth => return None,
                Token::Open(kind) => open.push(kind),
                Token::Close(kind) if kind == *last => {
                    open.pop();
                }
                Token::Close(_) => return None,
                Token::One(_) => {}
            }
        }
        Some(())
    }

    /// The number that stands here, without a sign.
    pub(super) fn number(&mut self) -> Option<u64> {
        let (token, range) = self.token()?;
        (token == Token::One(Kind::Number)).then(|| digits(self.bytes.get(range)?)).flatten()
    }

    /// The head of an indirect object: `12 0 obj`.
    pub(super) fn head(&mut self) -> Option<Reference> {
        let number = u32::try_from(self.number()?).ok()?;
        let generation = u16::try_from(self.number()?).ok()?;
        self.take(b"obj")?;
        Some(Reference { number, generation })
    }
}

/// What ends the arrays, dictionaries and strings that these bytes leave open, if a new line stands before
/// it. What closes nothing is passed over, as readers do, so some may find more ends here than they need.
pub(super) fn closing(bytes: &[u8]) -> String {
    let mut lexer = Lexer::new(bytes, 0);
    let (mut open, mut out) = (Vec::new(), String::new());
    loop {
        lexer.space();
        let start = lexer.at;
        let Some(first) = lexer.peek(0) else { break };
        match lexer.token() {
            Some((Token::Open(kind), _)) => open.push(kind),
            Some((Token::Close(kind), _)) => {
                open.pop_if(|last| *last == kind);
            }
            Some((Token::One(_), _)) => {}
            None if first == b'(' => out = ") ".repeat(Lexer::new(bytes, start).parentheses()),
            None if first == b'<' => out.push_str("> "),
            None => {}
        }
        lexer.at = lexer.at.max(start.saturating_add(1));
    }
    for kind in open.iter().rev() {
        out.push_str(if *kind == Kind::Dict { ">> " } else { "] " });
    }
    out
}

/// A number of decimal digits alone.
pub(super) fn digits(bytes: &[u8]) -> Option<u64> {
    let bytes = bytes.strip_prefix(b"+").unwrap_or(bytes);
    if bytes.is_empty() || bytes.len() > 19 {
        return None;
    }
    bytes.iter().try_fold(0u64, |n, b| b.is_ascii_digit().then(|| n * 10 + u64::from(b - b'0')))
}

const fn hex(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

/// The bytes of a name, its slash left out.
pub(super) fn name(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.strip_prefix(b"/").unwrap_or(bytes);
    while let Some((first, tail)) = rest.split_first() {
        match tail {
            [a, b, after @ ..] if *first == b'#' && hex(*a).is_some() && hex(*b).is_some() => {
                out.push(hex(*a).unwrap_or(0) << 4 | hex(*b).unwrap_or(0));
                rest = after;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

/// A name as it is written.
pub(super) fn written_name(name: &[u8]) -> Vec<u8> {
    let mut out = vec![b'/'];
    for byte in name {
        if is_regular(*byte) && *byte != b'#' && (0x21..=0x7E).contains(byte) {
            out.push(*byte);
        } else {
            out.extend_from_slice(format!("#{byte:02X}").as_bytes());
        }
    }
    out
}

/// The bytes that a string stands for.
pub(super) fn string(kind: Kind, bytes: &[u8]) -> Option<Vec<u8>> {
    match kind {
        Kind::Literal => Some(unescaped(bytes.get(1..bytes.len().checked_sub(1)?)?)),
        Kind::Hex => {
            let digits: Vec<u8> = bytes.iter().filter_map(|b| hex(*b)).collect();
            let pair = |pair: &[u8]| pair.first().unwrap_or(&0) << 4 | pair.get(1).unwrap_or(&0);
            Some(digits.chunks(2).map(pair).collect())
        }
        _ => None,
    }
}

/// The inside of a literal string without its escapes (ISO 32000-2 7.3.4.2).
fn unescaped(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match byte {
            b'\r' => {
                rest.next_if_eq(&b'\n');
                out.push(b'\n');
            }
            b'\\' => match rest.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b't') => out.push(b'\t'),
                Some(b'b') => out.push(8),
                Some(b'f') => out.push(12),
                Some(b'\r') => {
                    rest.next_if_eq(&b'\n');
                }
                Some(b'\n') | None => {}
                Some(first @ b'0'..=b'7') => {
                    let mut value = u16::from(first - b'0');
                    for _ in 0..2 {
                        let Some(digit) = rest.next_if(|b| matches!(b, b'0'..=b'7')) else { break };
                        value = value * 8 + u16::from(digit - b'0');
                    }
                    // High-order overflow is ignored.
                    out.push(value.to_le_bytes().first().copied().unwrap_or_default());
                }
                Some(other) => out.push(other),
            },
            _ => out.push(byte),
        }
    }
    out
}

/// An entry of a dictionary.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Vec<u8>,
    pub(super) value: Value,
}

/// A dictionary within the bytes that hold it.
#[derive(Debug)]
pub(super) struct Dict<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) entries: Rc<Vec<Entry>>,
    /// From `<<` to `>>`, both included.
    pub(super) range: Range<usize>,
}

impl<'a> Dict<'a> {
    /// Most entries of a dictionary.
    const ENTRIES: usize = 65_536;

    pub(super) fn parse(bytes: &'a [u8], value: &Value, depth: usize) -> Option<Self> {
        if value.kind != Kind::Dict {
            return None;
        }
        let mut lexer = Lexer::new(bytes, value.range.start.checked_add(2)?);
        let mut entries = Vec::new();
        while lexer.take(b">>").is_none() {
            let key = lexer.value(depth).filter(|key| key.kind == Kind::Name && entries.len() < Self::ENTRIES)?;
            entries.push(Entry { key: name(bytes.get(key.range)?), value: lexer.value(depth)? });
        }
        Some(Self { bytes, entries: Rc::new(entries), range: value.range.start..lexer.at })
    }

    /// The value of a key. Of two the last counts; `null` is no value.
    pub(super) fn get(&self, key: &[u8]) -> Option<&Value> {
        let entry = self.entries.iter().rev().find(|e| e.key == key)?;
        (self.text(&entry.value) != b"null").then_some(&entry.value)
    }

    /// A value as it is written.
    pub(super) fn text(&self, value: &Value) -> &'a [u8] {
        self.bytes.get(value.range.clone()).unwrap_or_default()
    }

    /// The direct number of a key.
    pub(super) fn number(&self, key: &[u8]) -> Option<u64> {
        digits(self.text(self.get(key)?))
    }

    /// The direct name of a key.
    pub(super) fn name(&self, key: &[u8]) -> Option<Vec<u8>> {
        let value = self.get(key).filter(|v| v.kind == Kind::Name)?;
        Some(name(self.text(value)))
    }

    /// The reference of a key.
    pub(super) fn reference(&self, key: &[u8]) -> Option<Reference> {
        reference(self.get(key)?)
    }

    /// The same dictionary with other values for some keys, everything else as it is written.
    pub(super) fn with(&self, changes: &[(&[u8], Vec<u8>)]) -> Vec<u8> {
        let mut out = Vec::new();
        let mut at = self.range.start;
        for entry in self.entries.iter() {
            if let Some((_, new)) = changes.iter().find(|(key, _)| *key == entry.key) {
                out.extend_from_slice(self.bytes.get(at..entry.value.range.start).unwrap_or_default());
                separate(&mut out, new);
                out.extend_from_slice(new);
                at = entry.value.range.end;
                // What follows may have been told apart only by the old value's delimiter.
                let next = self.bytes.get(at).copied().unwrap_or(b' ');
                if is_regular(next) && out.last().is_some_and(|last| is_regular(*last)) {
                    out.push(b' ');
                }
            }
        }
        let end = self.range.end.saturating_sub(2);
        out.extend_from_slice(self.bytes.get(at..end).unwrap_or_default());
        for (key, new) in changes {
            if !self.entries.iter().any(|e| e.key == *key) {
                out.push(b'\n');
                out.extend_from_slice(&written_name(key));
                out.push(b' ');
                out.extend_from_slice(new);
            }
        }
        out.extend_from_slice(b"\n>>");
        out
    }
}

fn separate(out: &mut Vec<u8>, next: &[u8]) {
    if out.last().is_some_and(|b| is_regular(*b)) && next.first().is_some_and(|b| is_regular(*b)) {
        out.push(b' ');
    }
}

pub(super) const fn reference(value: &Value) -> Option<Reference> {
    match value.kind {
        Kind::Reference(reference) => Some(reference),
        _ => None,
    }
}

/// The values of an array, at most `max` of them.
pub(super) fn array(bytes: &[u8], value: &Value, depth: usize, max: usize) -> Option<Vec<Value>> {
    if value.kind != Kind::Array {
        return None;
    }
    let mut lexer = Lexer::new(bytes, value.range.start.checked_add(1)?);
    let mut out = Vec::new();
    while lexer.take(b"]").is_none() {
        out.push(lexer.value(depth).filter(|_| out.len() < max)?);
    }
    Some(out)
}
