//! Notices in documents: a paragraph at the begin or end of the body, written in ASCII, and the
//! words that people see.

use std::ops::Range;

use encoding_rs::Encoding;

use super::hidden::{self, Open, Sight};
use super::tokens::{Tag, Token, Tokens};
use super::{IN_HEAD, PRESCAN, attribute, check_declarations, first_bytes, resolve, rows};
use crate::container::text::notice::charset::text_of;
use crate::container::text::notice::{Collector, check};
use crate::container::text::{self, units::Form};
use crate::container::{Patch, Placed, SegmentMap, Shown};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::notice::text as notices;
use crate::notice::{Moment, TextNotice};
use crate::source::Source;

/// Readable without the style sheets of the page and against them; no colour carries meaning.
const STYLE: &str = "display:block;visibility:visible;opacity:1;position:static;margin:0;padding:.5em 1em;\
border:1px solid #000;background:#fff;color:#000;font:bold 1rem/1.5 sans-serif;text-align:start";

/// Elements in which a paragraph would be hidden, moved or taken for something else.
const CLOSED: &[&[u8]] = &[
    b"template",
    b"noscript",
    b"svg",
    b"math",
    b"select",
    b"object",
    b"canvas",
    b"video",
    b"audio",
    b"details",
    b"dialog",
    b"button",
    b"table",
    b"ul",
    b"ol",
    b"dl",
    b"pre",
    b"picture",
    b"frameset",
];

/// Places in a document.
#[derive(Default)]
struct Body {
    /// Where its content begins.
    start: Option<u64>,
    /// Before its end tag.
    end: Option<u64>,
    /// Behind paragraphs, the nearest to the middle.
    middle: Option<u64>,
    /// Whether text can be added behind everything.
    open: bool,
    frames: bool,
    /// Whether the page's own rules forbid styles in attributes.
    strict: bool,
    /// The outermost element that hides everything, styles of what it holds included.
    hidden: Option<&'static str>,
}

/// Whether white space, comments and instructions alone stand in a part between two tags; else
/// where the words begin.
fn words_at(bytes: &[u8], form: Form, base: u64) -> Option<u64> {
    let mut mark = false;
    for (index, unit) in form.units(bytes).into_iter().enumerate() {
        match unit {
            b'<' => mark = true,
            b'>' if mark => mark = false,
            b' ' | b'\t' | b'\r' | b'\n' | 0x0C => {}
            _ if mark => {}
            _ => return Some(base + index as u64 * form.width()),
        }
    }
    None
}

/// Whether what stands behind the last tag ends in a tag that is not closed.
fn ends_open(bytes: &[u8], form: Form) -> bool {
    let units = form.units(bytes);
    units.windows(2).any(|pair| matches!(pair, [b'<', b'a'..=b'z' | b'A'..=b'Z' | b'/' | b'!' | b'?']))
        || units.last() == Some(&b'<')
}

/// Whether a rule of content security leaves no styles in attributes.
fn is_strict(tag: &Tag, form: Form, tokens: &mut Tokens<'_, '_>) -> Result<bool> {
    let Some(kind) = super::word(tag, "http-equiv", form, tokens)? else { return Ok(false) };
    let Some(content) = tag.attribute("content").filter(|_| kind.eq_ignore_ascii_case("content-security-policy"))
    else {
        return Ok(false);
    };
    let end = content.end.min(content.start + 8192);
    let rule = String::from_utf8_lossy(&form.decode(tokens.bytes(content.start..end)?)).to_ascii_lowercase();
    let styles = rule.split(';').map(str::trim).find(|r| r.starts_with("style-src-attr"));
    let styles = styles.or_else(|| rule.split(';').map(str::trim).find(|r| r.starts_with("style-src ")));
    let styles = styles.or_else(|| rule.split(';').map(str::trim).find(|r| r.starts_with("default-src")));
    Ok(styles.is_some_and(|rule| !rule.contains("'unsafe-inline'")))
}

/// Most bytes between two tags that are looked at for words before the body.
const GAP: u64 = 8 << 10;

/// Finds the places.
fn body(source: &mut Source<'_>, form: Form, bom: u64) -> Result<Body> {
    let len = source.len();
    let mut out = Body { open: true, ..Body::default() };
    let mut tokens = Tokens::new(source, form, bom);
    let (mut closed, mut behind, mut html_end) = (Vec::<Vec<u8>>::new(), bom, None);
    let (mut seen, mut dimmed) = (Open::default(), false);
    // A head may be opened in a template as well.
    loop {
        let token = tokens.next()?;
        let start = if token.is_some() { tokens.start() } else { len };
        if out.start.is_none() && closed.is_empty() && !tokens_raw(&token) {
            let gap = tokens.bytes(behind..start.min(behind.saturating_add(GAP)))?;
            out.start = words_at(&gap, form, behind);
        }
        let Some(token) = token else { break };
        match token {
            Token::Start(tag) => {
                let in_head = IN_HEAD.contains(&tag.name.as_slice());
                if tag.name == b"meta" {
                    out.strict |= is_strict(&tag, form, &mut tokens)?;
                }
                out.frames |= tag.name == b"frameset";
                let sight = hidden::sight(&tag, form, &mut tokens)?;
                for name in ["html", "body"] {
                    if closed.is_empty() && tag.name == name.as_bytes() && sight == Sight::Unseen {
                        out.hidden.get_or_insert(name);
                    }
                    dimmed |= closed.is_empty() && tag.name == name.as_bytes() && sight == Sight::Hidden;
                }
                seen.start(&tag.name, sight, tag.closed && tokens.is_xml());
                if tag.name == b"body" && closed.is_empty() {
                    // The tag counts, where nothing before it began the body.
                    out.start.get_or_insert(tag.range.end);
                } else if out.start.is_none() && closed.is_empty() && !in_head {
                    out.start = Some(tag.range.start);
                }
                if CLOSED.contains(&tag.name.as_slice()) && !(tokens.is_xml() && tag.closed) {
                    closed.push(tag.name);
                }
            }
            Token::End(name) => {
                seen.end(&name);
                // Where scripts run, all that stands in `noscript` is text up to its end.
                let text = name != b"noscript" && closed.iter().any(|open| *open == b"noscript");
                if let Some(at) = closed.iter().rposition(|open| *open == name).filter(|_| !text) {
                    closed.truncate(at);
                }
                match name.as_slice() {
                    b"body" if closed.is_empty() => out.end = Some(start),
                    b"html" if closed.is_empty() => html_end = Some(start),
                    b"p" if closed.is_empty() && out.start.is_some() && seen.is_seen() => {
                        let near = |at: u64| at.abs_diff(len / 2);
                        let here = tokens.offset();
                        out.middle = Some(out.middle.filter(|there| near(*there) <= near(here)).unwrap_or(here));
                    }
                    _ => {}
                }
            }
            // What is behind the name of the end tag belongs to it; without one the text is all.
            Token::Raw(_) => out.open &= tokens.pass_end()?,
            Token::Comment { range, inner, .. } if range.end >= len && inner.end == range.end => out.open = false,
            _ => {}
        }
        behind = tokens.offset();
    }
    let rest = tokens.bytes(len.saturating_sub(GAP).max(behind)..len)?;
    out.open &= closed.is_empty() && !ends_open(&rest, form);
    out.end = out.end.or(html_end);
    // The notice says of itself that it is visible, where it may.
    out.hidden = out.hidden.or((dimmed && out.strict).then_some("body"));
    Ok(out)
}

/// Whether a token is text without mark-up.
const fn tokens_raw(token: &Option<Token>) -> bool {
    matches!(token, Some(Token::Raw(_)))
}

/// The element.
fn element(notice: &TextNotice, xml: bool, styled: bool) -> Result<String> {
    let tag = |index: usize| -> Result<String> {
        let Some(tag) = notice.languages.get(index).filter(|tag| !tag.is_empty()) else { return Ok(String::new()) };
        let value = attribute(tag)?;
        Ok(if xml { format!(" lang=\"{value}\" xml:lang=\"{value}\"") } else { format!(" lang=\"{value}\"") })
    };
    let style = if styled { format!(" style=\"{STYLE}\"") } else { String::new() };
    if let [line] = notice.lines.as_slice() {
        return Ok(format!("<p role=\"note\"{}{style}>{}</p>", tag(0)?, attribute(line)?));
    }
    let mut lines = Vec::new();
    for (index, line) in notice.lines.iter().enumerate() {
        lines.push(format!("<span{}>{}</span>", tag(index)?, attribute(line)?));
    }
    Ok(format!("<p role=\"note\"{style}>{}</p>", lines.join(if xml { "<br/>" } else { "<br>" })))
}

pub(super) fn put(map: &SegmentMap, source: &mut Source<'_>, notice: &TextNotice) -> Result<Placed> {
    check(notice)?;
    let (form, bom) = text::form(source)?;
    let declared = check_declarations(map, source, form)?;
    let xml = map.first("xhtml").is_some() || map.first("xml").is_some();
    let body = body(source, form, bom)?;
    let no_body = || Error::Unsupported(notices::NO_BODY.problem());
    // In XML a body has both of its tags.
    if body.frames || (xml && (body.start.is_none() || body.end.is_none())) {
        return Err(no_body());
    }
    if let Some(name) = body.hidden {
        return Err(Error::Refused(notices::HIDDEN.with("name", name)));
    }
    let element = form.encode(&element(notice, xml, !body.strict)?);
    let behind = || if body.open { Ok(map.len) } else { Err(Error::Refused(notices::OPEN_END.problem())) };
    let mut places = Vec::new();
    for moment in &notice.at {
        let at = match moment {
            Moment::Start => body.start.or(body.end).map_or_else(behind, Ok)?,
            Moment::Middle => body.middle.ok_or_else(|| Error::Refused(notices::NO_MIDDLE.problem()))?,
            Moment::End => {
                body.end.filter(|end| body.start.is_none_or(|start| *end >= start)).map_or_else(behind, Ok)?
            }
        };
        if declared.is_some_and(|end| at < end && end.saturating_add(element.len() as u64) > PRESCAN) {
            return Err(Error::Refused(rows::HTML_DECLARATION.problem()));
        }
        places.push(at);
    }
    places.sort_unstable();
    let mut patch = Patch::new(map.len);
    for at in places {
        patch.insert(at, element.clone())?;
    }
    let notes = if body.strict { vec![notices::UNSTYLED.problem()] } else { Vec::new() };
    Ok(Placed { notes, ..patch.into() })
}

/// Elements that stand within a line.
pub(super) const INLINE: &[&[u8]] = &[
    b"a", b"abbr", b"b", b"bdi", b"bdo", b"cite", b"data", b"del", b"dfn", b"em", b"font", b"i", b"ins", b"mark",
    b"ruby", b"rt", b"s", b"small", b"span", b"strong", b"sub", b"sup", b"time", b"u", b"wbr",
];
/// Elements whose words stand in quotation marks when they are read, and those whose words are not read at all.
const QUOTED: &[&[u8]] = &[b"q", b"code", b"kbd", b"samp", b"var"];
const UNSEEN: &[&[u8]] = &[b"template", b"noscript", b"pre", b"select", b"datalist", b"object"];

/// The encoding that the document declares, if that is known.
fn declared(source: &mut Source<'_>) -> Result<Option<&'static Encoding>> {
    let Some((_, bytes)) = first_bytes(source)? else { return Ok(None) };
    let lower = bytes.to_ascii_lowercase();
    let Some(at) = lower.windows(7).position(|w| w == b"charset") else { return Ok(None) };
    let rest = lower.get(at + 7..).unwrap_or_default();
    let label = rest.iter().skip_while(|b| matches!(b, b' ' | b'=' | b'"' | b'\'' | b'\t'));
    let label: Vec<u8> =
        label.take_while(|b| !matches!(b, b' ' | b'"' | b'\'' | b'>' | b'/' | b';')).copied().collect();
    Ok(Encoding::for_label(&label))
}

/// Words as they come, up to the next block.
struct Words {
    text: String,
    range: Option<Range<u64>>,
    found: Collector,
}

impl Words {
    fn add(&mut self, words: &str, range: Range<u64>) {
        if self.text.len() < self.found.most() {
            self.text.push_str(words);
            self.range = Some(self.range.as_ref().map_or(range.start, |r| r.start)..range.end);
        }
    }

    fn flush(&mut self) {
        let text = std::mem::take(&mut self.text);
        if let Some(range) = self.range.take() {
            // White space of the source is one space.
            self.found.push(&text.split_ascii_whitespace().collect::<Vec<_>>().join(" "), range);
        }
    }
}

/// Most bytes of one piece of text that are read at a time.
const PIECE: u64 = 8 << 10;

pub(super) fn shown(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
    let (form, bom) = text::form(source)?;
    let encoding = declared(source)?;
    let mut tokens = Tokens::new(source, form, bom);
    let mut words = Words { text: String::new(), range: None, found: Collector::new(map.len, limits) };
    let (mut behind, mut unseen, mut open) = (bom, Vec::<Vec<u8>>::new(), Open::default());
    loop {
        let token = tokens.next()?;
        let start = if token.is_some() { tokens.start() } else { map.len };
        if unseen.is_empty() && open.is_seen() && !tokens_raw(&token) && start > behind {
            // Of a very long piece the begin and the end.
            let first = behind..start.min(behind + PIECE);
            let last = first.end.max(start.saturating_sub(PIECE) & !1)..start;
            for range in [first, last].into_iter().filter(|r| r.end > r.start) {
                let bytes = tokens.bytes(range.clone())?;
                let text = resolve(text_of(&bytes, form, encoding)?.as_bytes());
                words.add(&String::from_utf8_lossy(&text), range);
            }
        }
        let Some(token) = token else { break };
        let at = tokens.start()..tokens.offset();
        match &token {
            Token::Start(tag) => {
                let sight = hidden::sight(tag, form, &mut tokens)?;
                open.start(&tag.name, sight, tag.closed && tokens.is_xml());
            }
            Token::End(name) => open.end(name),
            _ => {}
        }
        match token {
            Token::Start(tag) if QUOTED.contains(&tag.name.as_slice()) => words.add("\u{201C}", at),
            Token::End(name) if QUOTED.contains(&name.as_slice()) => words.add("\u{201D}", at),
            Token::Start(Tag { name, closed, .. }) => {
                if !INLINE.contains(&name.as_slice()) {
                    words.flush();
                }
                if UNSEEN.contains(&name.as_slice()) && !(closed && tokens.is_xml()) {
                    unseen.push(name);
                }
            }
            Token::End(name) => {
                if !INLINE.contains(&name.as_slice()) {
                    words.flush();
                }
                if let Some(at) = unseen.iter().rposition(|open| *open == name) {
                    unseen.truncate(at);
                }
            }
            Token::Raw(_) => {
                tokens.pass_end()?;
            }
            _ => {}
        }
        behind = tokens.offset();
    }
    words.flush();
    Ok(words.found.finish(map.format.row().name))
}
