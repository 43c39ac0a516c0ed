//! Objects that were meant as JSON and are none: quotation marks of other languages and of word
//! processors, bare words, comments, commas too many or too few.
//!
//! The reader rewrites them as JSON and names what it had to overlook. It guesses no value: a bare
//! word becomes a string, and what does not close stays unreadable.

use super::push_string;

/// A way in which a label stands in a text that is not how JSON or the carrier has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Crooked {
    /// Strings in single quotation marks or grave accents, as programs print their own objects.
    SingleQuotes,
    /// Quotation marks, colons, commas or brackets of word processors and of full width.
    WideMarks,
    /// Keys or values without quotation marks.
    Unquoted,
    /// A comma too many or too few, or another mark in its place.
    Commas,
    /// A comment.
    Comment,
    /// An equals sign or arrow where a colon is due.
    EqualsSign,
    /// A control character within a string, such as the end of a line.
    ControlCharacter,
    /// An escape that JSON does not know.
    OddEscape,
    /// A space of another kind between tokens.
    OddSpace,
    /// The word AIGC stands before the object, not as a key around it.
    Prefixed,
    /// Other text stands before or behind the object.
    AmidText,
    /// A byte order mark or NUL stands around the text.
    Padded,
    /// The text is UTF-16 where the place holds bytes.
    Utf16,
    /// The text is written with the escapes of a string of JSON.
    Escaped,
    /// Marks are written as character references of HTML.
    HtmlEscaped,
    /// The text is percent-encoded.
    PercentEncoded,
    /// The text is in Base64.
    Base64,
}

/// An object that could be rewritten.
pub(crate) struct Loose {
    /// As JSON.
    pub(crate) json: String,
    /// Its length in the text, in bytes.
    pub(crate) len: usize,
    /// What was overlooked, each once; empty for JSON.
    pub(crate) crooked: Vec<Crooked>,
}

/// Rewrites the object that begins `text`; nothing if none does, if it does not close, or nests
/// deeper than `depth`.
pub(crate) fn read(text: &str, depth: usize) -> Option<Loose> {
    let mut reader = Reader { text, at: 0, json: String::new(), crooked: Vec::new() };
    reader.collection(depth)?;
    reader.crooked.sort_unstable();
    Some(Loose { json: reader.json, len: reader.at, crooked: reader.crooked })
}

/// What a mark of the syntax stands for, and whether it is of another width than in JSON.
const fn mark(c: char) -> Option<(char, bool)> {
    Some(match c {
        '{' | '}' | '[' | ']' | ':' | ',' => (c, false),
        '｛' => ('{', true),
        '｝' => ('}', true),
        '［' | '【' => ('[', true),
        '］' | '】' => (']', true),
        '：' => (':', true),
        '，' | '、' | '､' => (',', true),
        _ => return None,
    })
}

/// The kind of a quotation mark, one for each that closes what another of it opens.
const fn quote(c: char) -> Option<char> {
    Some(match c {
        '"' => '"',
        '\'' | '`' => c,
        '“' | '”' | '„' | '‟' | '＂' | '〝' | '〞' | '〟' | '「' | '」' | '『' | '』' => '“',
        '‘' | '’' | '‚' | '‛' | '＇' => '‘',
        _ => return None,
    })
}

const fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

/// Spaces that JSON does not know, those without width among them.
fn is_odd_space(c: char) -> bool {
    !is_space(c)
        && (c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\0'))
}

/// One open collection.
struct Open {
    object: bool,
    /// What is due next.
    due: Due,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    /// A first entry or the end.
    First,
    /// An entry behind a comma, or the end.
    Entry,
    /// What stands behind a key.
    Colon,
    Value,
    /// A comma or the end.
    Comma,
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    json: String,
    crooked: Vec<Crooked>,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, c: char) {
        self.at = self.at.saturating_add(c.len_utf8());
    }

    fn note(&mut self, what: Crooked) {
        if !self.crooked.contains(&what) {
            self.crooked.push(what);
        }
    }

    /// The object and all that it holds.
    fn collection(&mut self, depth: usize) -> Option<()> {
        let first = self.peek()?;
        let ('{', wide) = mark(first)? else { return None };
        self.open(first, wide);
        let mut stack = vec![Open { object: true, due: Due::First }];
        while let Some(due) = stack.last().map(|open| (open.object, open.due)) {
            self.space()?;
            let c = self.peek()?;
            let found = mark(c);
            let due = match (found, due) {
                (Some(('}', wide)), (true, Due::First | Due::Entry | Due::Comma))
                | (Some((']', wide)), (false, Due::First | Due::Entry | Due::Comma)) => {
                    self.close(c, wide, due.1);
                    stack.pop();
                    continue;
                }
                (Some((opening @ ('{' | '['), wide)), (_, Due::Value))
                | (Some((opening @ ('{' | '['), wide)), (false, Due::First | Due::Entry)) => {
                    if stack.len() >= depth {
                        return None;
                    }
                    self.open(c, wide);
                    self.set(&mut stack, Due::Comma);
                    stack.push(Open { object: opening == '{', due: Due::First });
                    continue;
                }
                (_, (_, Due::Comma)) => self.comma(c),
                (_, (true, Due::Colon)) => self.colon(c)?,
                (_, (true, Due::First | Due::Entry)) if self.stray(c) => due.1,
                (_, (true, Due::First | Due::Entry)) => {
                    self.scalar(true)?;
                    Due::Colon
                }
                (_, (false, Due::First | Due::Entry)) if self.stray(c) => due.1,
                _ => {
                    self.scalar(false)?;
                    Due::Comma
                }
            };
            self.set(&mut stack, due);
        }
        Some(())
    }

    fn set(&self, stack: &mut [Open], due: Due) {
        if let Some(open) = stack.last_mut() {
            open.due = due;
        }
    }

    fn open(&mut self, c: char, wide: bool) {
        self.json.push(mark(c).map_or(c, |(plain, _)| plain));
        self.wide(c, wide);
    }

    fn wide(&mut self, c: char, wide: bool) {
        if wide {
            self.note(Crooked::WideMarks);
        }
        self.skip(c);
    }

    fn close(&mut self, c: char, wide: bool, due: Due) {
        if due == Due::Entry {
            self.note(Crooked::Commas);
            self.json.truncate(self.json.trim_end_matches(is_space).trim_end_matches(',').len());
        }
        self.open(c, wide);
    }

    /// A comma, or another mark in its place, or none.
    fn comma(&mut self, c: char) -> Due {
        match (mark(c), c) {
            (Some((',', wide)), _) => self.wide(c, wide),
            (_, ';' | '；') => {
                self.note(Crooked::Commas);
                self.skip(c);
            }
            _ => self.note(Crooked::Commas),
        }
        self.json.push(',');
        Due::Entry
    }

    /// Steps over a comma where an entry is due.
    fn stray(&mut self, c: char) -> bool {
        let comma = matches!(mark(c), Some((',', _))) || matches!(c, ';' | '；');
        if comma {
            self.note(Crooked::Commas);
            self.skip(c);
        }
        comma
    }

    /// A colon, or what programs and people write for it.
    fn colon(&mut self, c: char) -> Option<Due> {
        match (mark(c), c) {
            (Some((':', wide)), _) => self.wide(c, wide),
            (_, '=' | '＝') => {
                self.note(Crooked::EqualsSign);
                self.skip(c);
                if self.peek() == Some('>') {
                    self.skip('>');
                }
            }
            _ => return None,
        }
        self.json.push(':');
        Some(Due::Value)
    }

    /// White space and comments between tokens.
    fn space(&mut self) -> Option<()> {
        while let Some(c) = self.peek() {
            let rest = self.rest();
            if is_space(c) {
                self.json.push(c);
                self.skip(c);
            } else if is_odd_space(c) {
                self.note(Crooked::OddSpace);
                self.skip(c);
            } else if rest.starts_with("/*") {
                self.note(Crooked::Comment);
                let end = rest.get(2..)?.find("*/")?;
                self.at = self.at.saturating_add(end).saturating_add(4);
            } else if rest.starts_with("//") || c == '#' {
                self.note(Crooked::Comment);
                self.at = self.at.saturating_add(rest.find('\n').unwrap_or(rest.len()));
            } else {
                return Some(());
            }
        }
        None
    }

    fn scalar(&mut self, key: bool) -> Option<()> {
        let c = self.peek()?;
        if let Some(kind) = quote(c) {
            self.skip(c);
            return self.string(kind);
        }
        // Letters before a string say in other languages what kind it is.
        let rest = self.rest();
        let letter = matches!(c, 'u' | 'U' | 'b' | 'B' | 'r' | 'R' | '@');
        if let Some(next @ ('"' | '\'')) = rest.chars().nth(1).filter(|_| letter) {
            self.note(Crooked::Unquoted);
            self.skip(c);
            self.skip(next);
            return self.string(next);
        }
        self.word(key)
    }

    /// A word up to the mark that ends it.
    fn word(&mut self, key: bool) -> Option<()> {
        let rest = self.rest();
        let ends = |c: char| match mark(c) {
            Some((':', _)) => key,
            Some(_) => true,
            None => {
                matches!(c, '\n' | '\r' | ';' | '；')
                    || (key && matches!(c, '=' | '＝'))
                    || quote(c).is_some_and(|q| q == '"')
            }
        };
        let end = rest.find(ends).unwrap_or(rest.len());
        let comments = [" #", "\t#", " //", "\t//", " /*"];
        let end = comments.iter().filter_map(|mark| rest.get(..end)?.find(mark)).min().unwrap_or(end);
        let word = rest.get(..end)?.trim_matches(|c: char| is_space(c) || is_odd_space(c));
        if word.is_empty() {
            return None;
        }
        self.at = self.at.saturating_add(end);
        let literal = matches!(word, "true" | "false" | "null")
            || (word.starts_with(|c: char| c.is_ascii_digit() || c == '-')
                && serde_json::from_str::<&serde_json::value::RawValue>(word).is_ok());
        if !key && literal {
            self.json.push_str(word);
            return Some(());
        }
        self.note(Crooked::Unquoted);
        match word {
            // What other languages call null.
            "None" | "undefined" | "nil" | "NULL" if !key => self.json.push_str("null"),
            _ => push_string(&mut self.json, word),
        }
        Some(())
    }

    /// A string whose opening mark was read.
    fn string(&mut self, kind: char) -> Option<()> {
        match kind {
            '\'' | '`' => self.note(Crooked::SingleQuotes),
            '"' => {}
            _ => self.note(Crooked::WideMarks),
        }
        let mut out = String::new();
        loop {
            let c = self.peek()?;
            self.skip(c);
            match c {
                '\\' => out.push(self.escape()?),
                // Word processors turn one mark of a pair and leave the other.
                c if quote(c) == Some(kind) || (kind == '“' && c == '"' && self.ends_token()) => break,
                c if c < ' ' => {
                    self.note(Crooked::ControlCharacter);
                    out.push(c);
                }
                c => out.push(c),
            }
        }
        push_string(&mut self.json, &out);
        Some(())
    }

    /// Whether what follows ends a key or value.
    fn ends_token(&self) -> bool {
        let next = self.rest().chars().find(|c| !is_space(*c));
        next.is_none_or(|c| c == '=' || mark(c).is_some_and(|(plain, _)| !matches!(plain, '{' | '[')))
    }

    /// The character that the escape behind a backslash stands for.
    fn escape(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.skip(c);
        Some(match c {
            '"' | '\\' | '/' => c,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.unicode(),
            _ => {
                self.note(Crooked::OddEscape);
                match c {
                    'x' => return char::from_u32(self.hex(2)?),
                    'U' => return char::from_u32(self.hex(8)?),
                    c => c,
                }
            }
        })
    }

    fn unicode(&mut self) -> Option<char> {
        let high = self.hex(4)?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high);
        }
        let rest = self.rest().strip_prefix("\\u")?;
        self.at = self.text.len().saturating_sub(rest.len());
        let low = self.hex(4)?.checked_sub(0xDC00).filter(|low| *low < 0x400)?;
        char::from_u32(0x1_0000_u32.saturating_add((high.saturating_sub(0xD800)) << 10).saturating_add(low))
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let text = self.rest().get(..digits)?;
        self.at = self.at.saturating_add(digits);
        text.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(text, 16).ok()).flatten()
    }
}

#[cfg(test)]
mod tests;
