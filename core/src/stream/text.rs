//! Text in pieces.

use super::{Around, Markup};
use crate::error::Result;
use crate::notice::TextNotice;

/// Puts notices around a text of UTF-8 that comes in pieces (GB 45438-2025 5.1): one goes out with
/// the first piece, one at the end. Every other byte goes through as it comes.
///
/// ```
/// use biaoshi::notice::{Moment, TextNotice};
/// use biaoshi::stream::{Markup, TextStream};
/// let notice = TextNotice { lines: vec!["AI生成".into()], at: vec![Moment::Start], ..TextNotice::default() };
/// let mut stream = TextStream::new(&notice, Markup::Plain)?;
/// assert_eq!(stream.push(b"Hel"), "AI生成\n\nHel".as_bytes());
/// assert_eq!(stream.push(b"lo"), b"lo");
/// assert_eq!(stream.finish(), b"");
/// # Ok::<(), biaoshi::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TextStream {
    around: Around,
    started: bool,
    finished: bool,
    /// The begin of a character whose rest has not come yet.
    rest: Vec<u8>,
}

impl TextStream {
    /// A stream for one text.
    ///
    /// # Errors
    /// [`crate::Error::Invalid`] if the notice breaks a rule of [`TextNotice`], or is asked for in
    /// the middle, which a stream does not know.
    pub fn new(notice: &TextNotice, markup: Markup) -> Result<Self> {
        let around = Around::new(notice, markup)?;
        Ok(Self { around, started: false, finished: false, rest: Vec::new() })
    }

    /// What goes out for a piece that comes in. A piece may end anywhere, also within a character.
    /// Use this or [`TextStream::push_text`] for a text, not both.
    #[must_use]
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        if piece.is_empty() {
            return Vec::new();
        }
        let mut out = self.begin().into_bytes();
        out.extend_from_slice(piece);
        out
    }

    /// The same as text. The begin of a character at the end of a piece waits for its rest; bytes
    /// that are no UTF-8 become U+FFFD.
    #[must_use]
    pub fn push_text(&mut self, piece: &[u8]) -> String {
        let mut bytes = std::mem::take(&mut self.rest);
        bytes.extend_from_slice(piece);
        let open = open_end(&bytes);
        self.rest = bytes.split_off(bytes.len() - open);
        if bytes.is_empty() {
            return String::new();
        }
        let mut out = self.begin();
        out.push_str(&String::from_utf8_lossy(&bytes));
        out
    }

    /// What goes out when the text has ended: the notice at the end. A text without a byte gets
    /// none. A second call gives nothing.
    #[must_use]
    pub fn finish(&mut self) -> Vec<u8> {
        self.finish_text().into_bytes()
    }

    /// The same as text.
    #[must_use]
    pub fn finish_text(&mut self) -> String {
        let mut out = String::new();
        let rest = std::mem::take(&mut self.rest);
        if !rest.is_empty() {
            out.push_str(&self.begin());
            out.push_str(&String::from_utf8_lossy(&rest));
        }
        if self.started && !self.finished {
            out.push_str(&self.around.behind);
        }
        self.finished = true;
        out
    }

    /// The notice at the start, once.
    fn begin(&mut self) -> String {
        if self.started {
            return String::new();
        }
        self.started = true;
        self.around.before.clone()
    }
}

/// How many bytes at the end begin a character that may still be completed.
fn open_end(bytes: &[u8]) -> usize {
    let from = bytes.len().saturating_sub(3);
    let last = bytes.get(from..).unwrap_or_default();
    let Some(lead) = last.iter().rposition(|b| !matches!(b, 0x80..=0xBF)) else { return 0 };
    let tail = last.get(lead..).unwrap_or_default();
    match std::str::from_utf8(tail) {
        Err(e) if e.error_len().is_none() => tail.len(),
        _ => 0,
    }
}
