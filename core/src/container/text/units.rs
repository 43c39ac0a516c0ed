//! Reading text as code units, forwards and through one small buffer.

use std::ops::Range;

use crate::error::Result;
use crate::source::Source;

/// Most bytes held at a time.
const BUFFER: u64 = 16 << 10;

/// How ASCII characters stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::container) enum Form {
    /// In one byte, as UTF-8, GB18030, Big5 and the Windows code pages have them.
    Byte,
    /// UTF-16, low byte first.
    Little,
    /// UTF-16, high byte first.
    Big,
}

impl Form {
    /// The form that the byte order mark says, and the length of that mark.
    pub(in crate::container) fn of(head: &[u8]) -> (Self, u64) {
        match head {
            [0xEF, 0xBB, 0xBF, ..] => (Self::Byte, 3),
            [0xFF, 0xFE, ..] => (Self::Little, 2),
            [0xFE, 0xFF, ..] => (Self::Big, 2),
            _ => (Self::Byte, 0),
        }
    }

    /// Bytes of a code unit.
    pub(in crate::container) const fn width(self) -> u64 {
        match self {
            Self::Byte => 1,
            Self::Little | Self::Big => 2,
        }
    }

    /// One code unit as an ASCII character; 0x80 stands for everything above.
    const fn unit(self, first: u8, second: u8) -> u8 {
        match (self, first, second) {
            (Self::Byte, byte, _) => byte,
            (Self::Little, low, 0) | (Self::Big, 0, low) if low < 0x80 => low,
            _ => 0x80,
        }
    }

    /// The units of `bytes` as ASCII characters.
    pub(in crate::container) fn units(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Byte => bytes.to_vec(),
            _ => bytes.as_chunks::<2>().0.iter().map(|[a, b]| self.unit(*a, *b)).collect(),
        }
    }

    /// The text in UTF-8; bytes of another encoding than UTF-16 stay as they are.
    pub(in crate::container) fn decode(self, bytes: Vec<u8>) -> Vec<u8> {
        let pairs = || bytes.as_chunks::<2>().0.iter();
        let units: Vec<u16> = match self {
            Self::Byte => return bytes,
            Self::Little => pairs().map(|pair| u16::from_le_bytes(*pair)).collect(),
            Self::Big => pairs().map(|pair| u16::from_be_bytes(*pair)).collect(),
        };
        String::from_utf16_lossy(&units).into_bytes()
    }

    /// ASCII text in this form.
    pub(in crate::container) fn encode(self, ascii: &str) -> Vec<u8> {
        match self {
            Self::Byte => ascii.as_bytes().to_vec(),
            Self::Little => ascii.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            Self::Big => ascii.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        }
    }
}

/// The code units of a part of a file, read forwards.
pub(in crate::container) struct Units<'r, 'a> {
    source: &'r mut Source<'a>,
    form: Form,
    end: u64,
    buffer: Vec<u8>,
    base: u64,
    skip: usize,
}

impl<'r, 'a> Units<'r, 'a> {
    pub(in crate::container) fn new(source: &'r mut Source<'a>, form: Form, at: u64, end: u64) -> Self {
        let end = end.min(source.len());
        Self { source, form, end, buffer: Vec::new(), base: at, skip: 0 }
    }

    /// Where the next unit stands.
    pub(in crate::container) const fn offset(&self) -> u64 {
        self.base + self.skip as u64
    }

    /// Makes at least one unit available, unless the end is reached.
    fn fill(&mut self) -> Result<bool> {
        let width = if self.form == Form::Byte { 1 } else { 2 };
        if self.buffer.len() - self.skip >= width {
            return Ok(true);
        }
        self.base = self.offset();
        self.skip = 0;
        let left = self.end.saturating_sub(self.base).min(BUFFER);
        self.buffer.resize(usize::try_from(left).unwrap_or(0), 0);
        let got = self.source.read_at(self.base, &mut self.buffer)?;
        self.buffer.truncate(got - got % width);
        Ok(!self.buffer.is_empty())
    }

    /// The next unit, which stays.
    #[inline]
    pub(in crate::container) fn peek(&mut self) -> Result<Option<u8>> {
        match self.buffer.get(self.skip) {
            Some(byte) if self.form == Form::Byte => Ok(Some(*byte)),
            _ => self.peek_on(),
        }
    }

    /// The next unit, where it is not a byte at hand.
    fn peek_on(&mut self) -> Result<Option<u8>> {
        if !self.fill()? {
            return Ok(None);
        }
        Ok(match (self.form, self.buffer.get(self.skip..)) {
            (Form::Byte, Some([byte, ..])) => Some(*byte),
            (form, Some([a, b, ..])) => Some(form.unit(*a, *b)),
            _ => None,
        })
    }

    /// The next unit, which is passed.
    #[inline]
    pub(in crate::container) fn next(&mut self) -> Result<Option<u8>> {
        let unit = self.peek()?;
        if unit.is_some() {
            self.skip += if self.form == Form::Byte { 1 } else { 2 };
        }
        Ok(unit)
    }

    /// Passes the next unit if it is this one.
    pub(in crate::container) fn take(&mut self, unit: u8) -> Result<bool> {
        let there = self.peek()? == Some(unit);
        if there {
            self.next()?;
        }
        Ok(there)
    }

    /// Passes everything before the first unit that `stop` names, and gives that one.
    pub(in crate::container) fn skip_to(&mut self, stop: impl Fn(u8) -> bool) -> Result<Option<u8>> {
        while self.fill()? {
            let rest = self.buffer.get(self.skip..).unwrap_or_default();
            let found = match self.form {
                Form::Byte => rest.iter().position(|b| stop(*b)),
                form => rest.as_chunks::<2>().0.iter().position(|[a, b]| stop(form.unit(*a, *b))).map(|at| at * 2),
            };
            match found {
                Some(at) => {
                    self.skip += at;
                    return self.peek();
                }
                None => self.skip = self.buffer.len(),
            }
        }
        Ok(None)
    }

    /// Passes white space, and gives what follows.
    pub(in crate::container) fn skip_space(&mut self) -> Result<Option<u8>> {
        self.skip_to(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0x0C))
    }

    /// The bytes of a short part that was passed.
    pub(in crate::container) fn bytes(&mut self, range: Range<u64>) -> Result<Vec<u8>> {
        self.source.bytes(range, BUFFER, "metadata_bytes")
    }

    /// Passes a comment whose `<!--` was passed, and gives where its text ends (HTML 13.2.5.43) and
    /// whether a brace stands in it: `<!-->` and `--!>` end it too.
    pub(in crate::container) fn comment(&mut self) -> Result<(u64, bool)> {
        let start = self.offset();
        let (mut dashes, mut brace) = (2u64, false);
        while let Some(unit) = self.next()? {
            match unit {
                b'-' => dashes = dashes.saturating_add(1),
                b'>' if dashes >= 2 => return Ok((self.before(3).max(start), brace)),
                b'!' if dashes >= 2 && self.take(b'>')? => return Ok((self.before(4).max(start), brace)),
                _ => {
                    brace |= unit == b'{';
                    dashes = 0;
                    self.skip_to(|b| b == b'-' || (b == b'{' && !brace))?;
                }
            }
        }
        Ok((self.offset(), brace))
    }

    /// Where the unit stands that is `count` units back.
    fn before(&self, count: u64) -> u64 {
        self.offset().saturating_sub(count * self.form.width())
    }

    /// The next line, its break included: LF, CR or both.
    pub(in crate::container) fn line(&mut self) -> Result<Option<Line>> {
        let start = self.offset();
        let mut text = Vec::new();
        loop {
            match self.peek()? {
                None if self.offset() == start => return Ok(None),
                None | Some(b'\n' | b'\r') => break,
                Some(unit) if text.len() < Line::SHOWN => {
                    text.push(unit);
                    self.next()?;
                }
                Some(_) => {
                    self.skip_to(|b| matches!(b, b'\n' | b'\r'))?;
                }
            }
        }
        let text_end = self.offset();
        self.take(b'\r')?;
        self.take(b'\n')?;
        Ok(Some(Line { start, text, text_end, end: self.offset() }))
    }
}

/// A line of text.
pub(in crate::container) struct Line {
    pub(in crate::container) start: u64,
    /// Its first characters.
    pub(in crate::container) text: Vec<u8>,
    /// Where its text ends.
    pub(in crate::container) text_end: u64,
    /// Where it ends, its break included.
    pub(in crate::container) end: u64,
}

impl Line {
    /// Most characters shown.
    const SHOWN: usize = 256;

    /// Whether nothing stands in it.
    pub(in crate::container) const fn is_blank(&self) -> bool {
        self.text_end == self.start
    }

    /// Whether these characters and white space stand in it.
    pub(in crate::container) fn is(&self, text: &[u8]) -> bool {
        self.text.trim_ascii_end() == text
    }
}
