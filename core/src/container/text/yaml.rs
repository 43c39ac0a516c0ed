//! The part of YAML 1.2 that front matter uses, read leniently into JSON: mappings, sequences,
//! scalars of every style, flow collections.
//!
//! Anchors, aliases and tags are not resolved but stay text, so nothing can grow. Every scalar
//! becomes a string, and no value an empty one.

use std::ops::Range;

/// A key of the outermost mapping.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    /// Its value as JSON.
    pub(super) json: String,
    /// Its lines in the text.
    pub(super) range: Range<usize>,
}

/// Most levels of mappings and sequences; what lies deeper is left out.
const DEPTH: usize = 8;
/// Longest key.
const KEY: usize = 256;

#[derive(Debug, Clone, Copy)]
struct Line<'t> {
    indent: usize,
    /// Without indentation and break.
    text: &'t str,
    start: usize,
    end: usize,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        self.text.is_empty() || self.text.starts_with('#')
    }

    fn is_item(&self) -> bool {
        self.text == "-" || self.text.starts_with("- ")
    }
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut out = Vec::new();
    let mut start = 0;
    for raw in text.split_inclusive('\n') {
        let body = raw.trim_end();
        let text = body.trim_start_matches([' ', '\t']);
        let end = start + raw.len();
        out.push(Line { indent: body.len() - text.len(), text, start, end });
        start = end;
    }
    out
}

/// The first line that is neither empty nor a comment: its indentation and its text.
fn first(text: &str) -> Option<(&str, &str)> {
    text.lines().find_map(|raw| {
        let inner = raw.trim_start_matches([' ', '\t']);
        let blank = inner.trim_end().is_empty() || inner.starts_with('#');
        let (indent, _) = raw.split_at_checked(raw.len() - inner.len())?;
        (!blank).then_some((indent, inner.trim_end()))
    })
}

/// Whether a block is a mapping: empty, in lines, or in braces.
pub(super) fn is_mapping(text: &str) -> bool {
    first(text).is_none_or(|(_, line)| line.starts_with('{') || key(line).is_some())
}

/// The indentation of a mapping in lines; nothing if it is written in another way.
pub(super) fn indent(text: &str) -> Option<&str> {
    match first(text) {
        None => Some(""),
        Some((indent, line)) => (key(line).is_some() && !indent.contains('\t')).then_some(indent),
    }
}

/// The entries of the outermost mapping in lines.
pub(super) fn read(text: &str) -> Vec<Entry> {
    let mut reader = Reader { lines: lines(text), at: 0 };
    let mut out = Vec::new();
    let Some(first) = reader.content() else { return out };
    while let Some(line) = reader.content() {
        let entry = (line.indent == first.indent).then(|| reader.entry(line, 1)).flatten();
        match entry {
            Some((key, json)) => {
                let end = reader.at.checked_sub(1).and_then(|at| reader.lines.get(at)).map_or(line.end, |l| l.end);
                out.push(Entry { key, json, range: line.start..end });
            }
            None => reader.at += 1,
        }
    }
    out
}

/// Whether every value of the mapping in these lines stands in double quotation marks, or is a
/// collection or block.
pub(super) fn is_quoted(entry: &str) -> bool {
    let mut values = lines(entry).into_iter().filter(|line| !line.is_blank()).filter_map(|line| key(line.text));
    let marked = |value: &str| value.is_empty() || value.starts_with(['"', '[', '|', '>', '#']);
    match values.next() {
        // In braces: as JSON has it or not.
        Some((_, first)) if first.starts_with('{') => entry
            .split_once(':')
            .is_none_or(|(_, value)| serde_json::from_str::<&serde_json::value::RawValue>(value.trim()).is_ok()),
        // A text of its own.
        Some((_, first)) if !first.is_empty() => true,
        _ => values.all(|(_, value)| marked(value)),
    }
}

/// A text as a string of JSON.
fn string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A key, and what stands behind its colon.
fn key(text: &str) -> Option<(String, &str)> {
    let (key, rest) = match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let (key, rest) = closed(text, quote)?;
            (key, rest.trim_start().strip_prefix(':')?)
        }
        '{' | '[' | '#' | '|' | '>' | '%' | '@' | '`' | '!' | '&' | '*' => return None,
        _ => {
            let colon = |(at, _): &(usize, &str)| {
                text.get(at + 1..).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
            };
            let (at, _) = text.match_indices(':').find(colon)?;
            (text.get(..at)?.trim_end().to_owned(), text.get(at + 1..)?)
        }
    };
    let sound = !key.is_empty() && key.len() <= KEY && !key.contains(" #") && !key.starts_with("- ");
    let apart = rest.is_empty() || rest.starts_with([' ', '\t']);
    (sound && apart).then(|| (key, rest.trim_start()))
}

/// A quoted scalar at the start of `text`, with its escapes resolved, and what follows it.
fn closed(text: &str, quote: char) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\'' if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') => {
                chars.next();
                out.push('\'');
            }
            c if c == quote => return Some((out, text.get(at + 1..)?)),
            '\\' if quote == '"' => {
                let (_, escape) = chars.next()?;
                let mut number = |digits: u32| {
                    let mut value = 0u32;
                    for _ in 0..digits {
                        value = value << 4 | chars.next()?.1.to_digit(16)?;
                    }
                    Some(value)
                };
                let code = match escape {
                    'x' => number(2)?,
                    'u' => {
                        let high = number(4)?;
                        // JSON writes characters beyond 16 bits in two halves.
                        if (0xD800..0xDC00).contains(&high) {
                            (chars.next()?.1 == '\\' && chars.next()?.1 == 'u').then_some(())?;
                            let mut low = 0u32;
                            for _ in 0..4 {
                                low = low << 4 | chars.next()?.1.to_digit(16)?;
                            }
                            0x1_0000 + ((high - 0xD800) << 10) + low.checked_sub(0xDC00).filter(|l| *l < 0x400)?
                        } else {
                            high
                        }
                    }
                    'U' => number(8)?,
                    '0' => 0,
                    'a' => 7,
                    'b' => 8,
                    't' => 9,
                    'n' => 10,
                    'v' => 11,
                    'f' => 12,
                    'r' => 13,
                    'e' => 27,
                    'N' => 0x85,
                    '_' => 0xA0,
                    'L' => 0x2028,
                    'P' => 0x2029,
                    other => u32::from(other),
                };
                out.push(char::from_u32(code)?);
            }
            c => out.push(c),
        }
    }
    None
}

/// A plain scalar without the comment behind it, as JSON.
fn plain(text: &str) -> String {
    let text = text.find(" #").and_then(|at| text.get(..at)).unwrap_or(text).trim_end();
    if matches!(text, "~" | "null" | "Null" | "NULL") { string("") } else { string(text) }
}

/// A flow collection as JSON; nothing if it is not closed, nests too deep or is more than one.
pub(super) fn flow(text: &str) -> Option<String> {
    if serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok() {
        return Some(text.trim().to_owned());
    }
    let mut out = String::new();
    // For every open collection whether it is a mapping, and whether a key is due in it.
    let mut open: Vec<(bool, bool)> = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let c = rest.chars().next()?;
        let after = rest.get(c.len_utf8()..)?;
        match c {
            '{' | '[' => {
                if open.len() >= DEPTH || open.last() == Some(&(true, true)) {
                    return None;
                }
                open.push((c == '{', c == '{'));
                out.push(c);
                rest = after;
            }
            '}' | ']' => {
                if open.pop()?.0 != (c == '}') {
                    return None;
                }
                // A comma may stand behind the last entry.
                if out.ends_with(',') {
                    out.pop();
                }
                out.push(c);
                rest = after;
                if open.is_empty() {
                    return rest.trim().is_empty().then_some(out);
                }
            }
            ',' => {
                out.push(',');
                let (mapping, due) = open.last_mut()?;
                *due = *mapping;
                rest = after;
            }
            _ => {
                let (scalar, behind) = match c {
                    '"' | '\'' => closed(rest, c).map(|(text, behind)| (string(&text), behind))?,
                    _ => {
                        let end = |(at, c): &(usize, char)| {
                            let next = rest.get(at + 1..).and_then(|r| r.chars().next());
                            matches!(c, ',' | '{' | '}' | '[' | ']' | '\n')
                                || (*c == ':' && next.is_none_or(|n| matches!(n, ' ' | '\n' | ',' | '}' | ']')))
                        };
                        let end = rest.char_indices().find(end).map_or(rest.len(), |(at, _)| at);
                        (end > 0).then_some(())?;
                        (plain(rest.get(..end)?), rest.get(end..)?)
                    }
                };
                out.push_str(&scalar);
                let (mapping, due) = open.last_mut()?;
                rest = behind.trim_start();
                if *mapping && *due {
                    rest = rest.strip_prefix(':')?;
                    out.push(':');
                    *due = false;
                }
            }
        }
        rest = rest.trim_start();
    }
}

/// Whether a quoted scalar or flow collection is complete, line by line.
#[derive(Default)]
struct Open {
    depth: usize,
    quote: Option<char>,
    escaped: bool,
}

impl Open {
    /// Reads on; says whether the value ends in this text.
    fn ends_in(&mut self, text: &str) -> bool {
        let mut before = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match (self.quote, c) {
                _ if self.escaped => self.escaped = false,
                (Some('"'), '\\') => self.escaped = true,
                (Some('\''), '\'') if chars.peek() == Some(&'\'') => {
                    chars.next();
                }
                (Some(quote), c) if c == quote => self.quote = None,
                (Some(_), _) => continue,
                // An apostrophe inside of a word opens nothing.
                (None, '"' | '\'') if before.is_none_or(|b| "{[,: ".contains(b)) => {
                    self.quote = Some(c);
                    continue;
                }
                (None, '{' | '[') => self.depth += 1,
                (None, '}' | ']') => self.depth = self.depth.saturating_sub(1),
                (None, _) => {}
            }
            before = Some(c);
            if self.depth == 0 && self.quote.is_none() {
                return true;
            }
        }
        false
    }
}

struct Reader<'t> {
    lines: Vec<Line<'t>>,
    at: usize,
}

impl<'t> Reader<'t> {
    /// The next line that is neither empty nor a comment.
    fn content(&mut self) -> Option<Line<'t>> {
        while self.lines.get(self.at)?.is_blank() {
            self.at += 1;
        }
        self.lines.get(self.at).copied()
    }

    /// The entry of a mapping that begins in `line`, its value as JSON.
    fn entry(&mut self, line: Line<'t>, depth: usize) -> Option<(String, String)> {
        let (key, rest) = key(line.text)?;
        self.at += 1;
        Some((key, self.value(rest, line.indent, depth)))
    }

    /// The value whose first line is `rest`; its other lines are indented by more than `indent`.
    fn value(&mut self, rest: &str, indent: usize, depth: usize) -> String {
        match rest.chars().next() {
            None | Some('#') => match self.content() {
                Some(line) if line.indent > indent || (line.indent == indent && line.is_item()) => {
                    self.node(line, indent, depth)
                }
                _ => string(""),
            },
            Some('|' | '>') => self.block(rest, indent),
            Some('{' | '[') => {
                let text = self.joined(rest, indent, "\n");
                flow(&text).unwrap_or_else(|| string(&text))
            }
            Some(quote @ ('"' | '\'')) => {
                let text = self.joined(rest, indent, " ");
                closed(&text, quote).map_or_else(|| plain(&text), |(text, _)| string(&text))
            }
            Some(_) => {
                let mut text = rest.to_owned();
                while let Some(line) = self.lines.get(self.at).filter(|l| !l.is_blank() && l.indent > indent) {
                    if key(line.text).is_some() {
                        break;
                    }
                    text.push(' ');
                    text.push_str(line.text);
                    self.at += 1;
                }
                plain(&text)
            }
        }
    }

    /// The lines of a quoted scalar or flow collection.
    fn joined(&mut self, first: &str, indent: usize, between: &str) -> String {
        let mut out = first.to_owned();
        let mut open = Open::default();
        let mut complete = open.ends_in(first);
        while let Some(line) = self.lines.get(self.at).filter(|_| !complete) {
            // The last bracket often stands below the key.
            let closes = open.quote.is_none() && line.text.starts_with(['}', ']']);
            if !line.text.is_empty() && line.indent <= indent && !closes {
                break;
            }
            out.push_str(between);
            out.push_str(line.text);
            complete = open.ends_in(line.text);
            self.at += 1;
        }
        out
    }

    /// A block scalar (YAML 1.2 8.1): literal or folded, its last break kept or not.
    fn block(&mut self, header: &str, indent: usize) -> String {
        let mut out = String::new();
        let mut margin = None;
        while let Some(line) = self.lines.get(self.at).filter(|l| l.text.is_empty() || l.indent > indent) {
            if !line.text.is_empty() {
                let margin = *margin.get_or_insert(line.indent);
                out.extend(std::iter::repeat_n(' ', line.indent.saturating_sub(margin)));
                out.push_str(line.text);
            }
            let folded = header.starts_with('>') && !line.text.is_empty();
            out.push(if folded { ' ' } else { '\n' });
            self.at += 1;
        }
        let text = out.trim_end();
        if header.contains('-') { string(text) } else { string(&format!("{text}\n")) }
    }

    /// A mapping, sequence or scalar that begins in `line`.
    fn node(&mut self, line: Line<'t>, indent: usize, depth: usize) -> String {
        if depth >= DEPTH {
            self.at += 1;
            while self.content().is_some_and(|line| line.indent > indent) {
                self.at += 1;
            }
            return string("");
        }
        if line.is_item() {
            return self.sequence(line.indent, depth + 1);
        }
        if key(line.text).is_none() {
            self.at += 1;
            return self.value(line.text, indent, depth);
        }
        let mut members = Vec::new();
        while let Some(next) = self.content().filter(|next| next.indent >= line.indent) {
            let entry = (next.indent == line.indent).then(|| self.entry(next, depth + 1)).flatten();
            match entry {
                Some((key, json)) => members.push(format!("{}:{json}", string(&key))),
                None => self.at += 1,
            }
        }
        format!("{{{}}}", members.join(","))
    }

    fn sequence(&mut self, indent: usize, depth: usize) -> String {
        let mut items = Vec::new();
        while let Some(line) = self.content().filter(|l| l.indent > indent || (l.indent == indent && l.is_item())) {
            if line.indent > indent {
                self.at += 1;
                continue;
            }
            let rest = line.text.get(1..).unwrap_or_default().trim_start();
            let inner = Line { indent: indent + line.text.len() - rest.len(), text: rest, ..line };
            let own_line = key(rest).is_some() || inner.is_item();
            if own_line && let Some(place) = self.lines.get_mut(self.at) {
                *place = inner;
                items.push(self.node(inner, indent, depth));
                continue;
            }
            self.at += 1;
            let below = self.content().is_some_and(|next| next.indent > indent);
            items.push(if rest.is_empty() && !below { string("") } else { self.value(rest, indent, depth) });
        }
        format!("[{}]", items.join(","))
    }
}
