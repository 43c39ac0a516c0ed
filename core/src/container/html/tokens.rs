//! Tags, comments and raw text of a document (HTML 13.2.5), by position.

use std::ops::Range;

use crate::container::text::units::{Form, Units};
use crate::error::Result;
use crate::source::Source;

/// Most characters of an element's or attribute's name that matter.
const NAME: usize = 16;
/// Most attributes of one tag that are looked at.
const ATTRIBUTES: usize = 64;

/// An attribute: its name in lower case, and where its value stands without quotation marks.
struct Attribute {
    name: Vec<u8>,
    value: Range<u64>,
}

/// A start tag.
pub(super) struct Tag {
    /// The element, in lower case.
    pub(super) name: Vec<u8>,
    pub(super) range: Range<u64>,
    attributes: Vec<Attribute>,
    /// How many attributes it has, looked at or not.
    pub(super) count: usize,
    /// Whether it ends in `/>`.
    pub(super) closed: bool,
}

impl Tag {
    /// Where the value of an attribute stands; the first of that name counts.
    pub(super) fn attribute(&self, name: &str) -> Option<Range<u64>> {
        self.attributes.iter().find(|a| a.name == name.as_bytes()).map(|a| a.value.clone())
    }
}

/// A part of a document that is not text.
pub(super) enum Token {
    /// A start tag.
    Start(Tag),
    /// The name of an end tag, in lower case.
    End(Vec<u8>),
    /// A comment.
    Comment {
        range: Range<u64>,
        /// Its text.
        inner: Range<u64>,
        /// Whether a brace stands in it.
        brace: bool,
    },
    /// A document type.
    Doctype(Range<u64>),
    /// An XML declaration.
    Declaration(Range<u64>),
    /// What a script, style or other element without markup holds.
    Raw(Range<u64>),
}

/// Elements whose text is no markup up to their end tag.
const RAW: &[&[u8]] =
    &[b"script", b"style", b"title", b"textarea", b"xmp", b"iframe", b"noembed", b"noframes", b"plaintext"];

/// Reads a document forwards.
pub(super) struct Tokens<'r, 'a> {
    units: Units<'r, 'a>,
    /// Whether the document is XML: an empty element has no end tag.
    xml: bool,
    raw: Option<Vec<u8>>,
    /// Where the last token began.
    start: u64,
}

const fn is_space(unit: u8) -> bool {
    matches!(unit, b' ' | b'\t' | b'\r' | b'\n' | 0x0C)
}

/// Whether a name ends before this unit.
const fn ends_name(unit: Option<u8>) -> bool {
    match unit {
        None | Some(b'/' | b'>') => true,
        Some(unit) => is_space(unit),
    }
}

impl<'r, 'a> Tokens<'r, 'a> {
    pub(super) fn new(source: &'r mut Source<'a>, form: Form, at: u64) -> Self {
        let end = source.len();
        Self { units: Units::new(source, form, at, end), xml: false, raw: None, start: at }
    }

    /// Whether an XML declaration was passed.
    pub(super) const fn is_xml(&self) -> bool {
        self.xml
    }

    /// Where the next token begins, or the text before it.
    pub(super) const fn offset(&self) -> u64 {
        self.units.offset()
    }

    /// Where the token that was handed over last begins.
    pub(super) const fn start(&self) -> u64 {
        self.start
    }

    /// Whether text without markup follows.
    pub(super) const fn in_raw(&self) -> bool {
        self.raw.is_some()
    }

    /// Passes the rest of the end tag behind raw text, if there is one.
    pub(super) fn pass_end(&mut self) -> Result<bool> {
        Ok(self.pass_bracket()?.is_some())
    }

    /// The bytes of a short part that was passed.
    pub(super) fn bytes(&mut self, range: Range<u64>) -> Result<Vec<u8>> {
        self.units.bytes(range)
    }

    pub(super) fn next(&mut self) -> Result<Option<Token>> {
        self.start = self.units.offset();
        if let Some(name) = self.raw.take() {
            return self.raw_text(&name).map(Some);
        }
        while self.units.skip_to(|b| b == b'<')?.is_some() {
            let start = self.units.offset();
            self.start = start;
            self.units.next()?;
            let token = match self.units.peek()? {
                Some(b'!') => self.declaration(start)?,
                Some(b'?') => self.instruction(start)?,
                Some(b'/') => self.end_tag()?,
                Some(unit) if unit.is_ascii_alphabetic() => match self.tag(start)? {
                    Some(tag) => {
                        if RAW.contains(&tag.name.as_slice()) && !(self.xml && tag.closed) {
                            self.raw = Some(tag.name.clone());
                        }
                        Some(Token::Start(tag))
                    }
                    None => return Ok(None),
                },
                _ => None,
            };
            if token.is_some() {
                return Ok(token);
            }
        }
        Ok(None)
    }

    /// The letters from here on, in lower case.
    fn word(&mut self) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        while let Some(unit) = self.units.peek()?.filter(u8::is_ascii_alphabetic) {
            if out.len() > NAME {
                break;
            }
            out.push(unit.to_ascii_lowercase());
            self.units.next()?;
        }
        Ok(out)
    }

    /// Passes the next `>`, and gives where it ends, if there is one.
    fn pass_bracket(&mut self) -> Result<Option<u64>> {
        self.units.skip_to(|b| b == b'>')?;
        Ok(self.units.next()?.map(|_| self.units.offset()))
    }

    /// What begins with `<!`: a comment, a document type, a CDATA section of XML, or a comment by
    /// mistake.
    fn declaration(&mut self, start: u64) -> Result<Option<Token>> {
        self.units.next()?;
        if self.units.take(b'-')? {
            if !self.units.take(b'-')? {
                self.pass_bracket()?;
                return Ok(None);
            }
            let inner = self.units.offset();
            let (end, brace) = self.units.comment()?;
            return Ok(Some(Token::Comment { range: start..self.units.offset(), inner: inner..end, brace }));
        }
        if self.xml && self.units.take(b'[')? {
            self.character_data()?;
            return Ok(None);
        }
        let doctype = self.word()? == b"doctype";
        let end = self.pass_bracket()?.filter(|_| doctype);
        Ok(end.map(|end| Token::Doctype(start..end)))
    }

    /// Passes a CDATA section up to `]]>`.
    fn character_data(&mut self) -> Result<()> {
        let mut brackets = 0u8;
        while let Some(unit) = self.units.next()? {
            match unit {
                b']' => brackets = brackets.saturating_add(1),
                b'>' if brackets >= 2 => return Ok(()),
                _ => {
                    brackets = 0;
                    self.units.skip_to(|b| b == b']')?;
                }
            }
        }
        Ok(())
    }

    /// A processing instruction: in HTML a comment by mistake that ends at the first `>`.
    fn instruction(&mut self, start: u64) -> Result<Option<Token>> {
        self.units.next()?;
        if self.word()? == b"xml" && self.units.peek()?.is_some_and(is_space) {
            self.xml = true;
            return Ok(self.pass_bracket()?.map(|end| Token::Declaration(start..end)));
        }
        let mut mark = false;
        while let Some(unit) = self.units.next()? {
            if unit == b'>' && (mark || !self.xml) {
                break;
            }
            mark = unit == b'?';
        }
        Ok(None)
    }

    fn end_tag(&mut self) -> Result<Option<Token>> {
        self.units.next()?;
        if !self.units.peek()?.is_some_and(|unit| unit.is_ascii_alphabetic()) {
            self.pass_bracket()?;
            return Ok(None);
        }
        let start = self.units.offset();
        Ok(self.tag(start)?.map(|tag| Token::End(tag.name)))
    }

    /// A tag from its name on; nothing if it is not closed.
    fn tag(&mut self, start: u64) -> Result<Option<Tag>> {
        let name = self.name(false)?;
        let kept = matches!(name.as_slice(), b"meta" | b"script" | b"html");
        let mut tag = Tag { name, range: start..start, attributes: Vec::new(), count: 0, closed: false };
        loop {
            tag.closed = false;
            while let Some(unit) = self.units.peek()?.filter(|b| is_space(*b) || *b == b'/') {
                tag.closed = unit == b'/';
                self.units.next()?;
            }
            match self.units.peek()? {
                None => return Ok(None),
                Some(b'>') => break,
                Some(_) => {}
            }
            let Some(attribute) = self.attribute()? else { return Ok(None) };
            tag.count = tag.count.saturating_add(1);
            let seen = matches!(attribute.name.as_slice(), b"hidden" | b"style");
            if (kept || seen) && tag.attributes.len() < ATTRIBUTES {
                tag.attributes.push(attribute);
            }
        }
        self.units.next()?;
        tag.range.end = self.units.offset();
        Ok(Some(tag))
    }

    /// A name, in lower case and cut at a length that no name of interest has.
    fn name(&mut self, attribute: bool) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        // An attribute's name may begin with an equals sign.
        let mut first = true;
        while let Some(unit) = self.units.peek()? {
            if ends_name(Some(unit)) || (attribute && unit == b'=' && !first) {
                break;
            }
            first = false;
            if out.len() <= NAME {
                out.push(unit.to_ascii_lowercase());
            }
            self.units.next()?;
        }
        Ok(out)
    }

    fn attribute(&mut self) -> Result<Option<Attribute>> {
        let name = self.name(true)?;
        let none = self.units.offset();
        self.units.skip_space()?;
        if !self.units.take(b'=')? {
            return Ok(Some(Attribute { name, value: none..none }));
        }
        let quote = self.units.skip_space()?;
        let value = match quote {
            Some(quote @ (b'"' | b'\'')) => {
                self.units.next()?;
                let start = self.units.offset();
                if self.units.skip_to(|b| b == quote)?.is_none() {
                    return Ok(None);
                }
                let end = self.units.offset();
                self.units.next()?;
                start..end
            }
            _ => {
                let start = self.units.offset();
                self.units.skip_to(|b| b == b'>' || is_space(b))?;
                start..self.units.offset()
            }
        };
        Ok(Some(Attribute { name, value }))
    }

    /// Raw text up to the end tag of `name`. A script that opens a comment and in it another
    /// script ends at a later end tag (HTML 13.2.5.15 and on).
    fn raw_text(&mut self, name: &[u8]) -> Result<Token> {
        let inner = self.units.offset();
        let script = name == b"script";
        let (mut escaped, mut doubly) = (false, false);
        while let Some(unit) = self.units.skip_to(|b| matches!(b, b'<' | b'-'))? {
            let at = self.units.offset();
            self.units.next()?;
            if unit == b'-' {
                let mut several = false;
                while self.units.take(b'-')? {
                    several = true;
                }
                if several && self.units.peek()? == Some(b'>') {
                    (escaped, doubly) = (false, false);
                }
                continue;
            }
            if script && !escaped && self.units.take(b'!')? {
                // `<!--` opens it; the dashes may close it again: `<!-->`.
                escaped = self.units.take(b'-')? && self.units.take(b'-')?;
                if escaped && self.units.peek()? == Some(b'>') {
                    escaped = false;
                }
                continue;
            }
            let end = self.units.take(b'/')?;
            if !(end || escaped) || self.word()? != name || !ends_name(self.units.peek()?) {
                continue;
            }
            match (end, doubly) {
                (true, false) => return Ok(Token::Raw(inner..at)),
                (true, true) => doubly = false,
                (false, _) => doubly = true,
            }
        }
        Ok(Token::Raw(inner..self.units.offset()))
    }
}
