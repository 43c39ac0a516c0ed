//! Notices in Markdown: a paragraph of its own between two blocks of the outermost level.
//!
//! Every place is proved before it is used: the text with the notice has the same blocks as the
//! text without it, in the same order, and one paragraph more. That is read twice, as CommonMark
//! and with all extensions.

use std::borrow::Cow;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use super::charset::Charset;
use super::shown::Collector;
use super::shown::lines as plain_lines;
use super::{break_of, encoded, gap, insert_all, line_break, no_middle};
use crate::container::text::front;
use crate::container::text::units::Form;
use crate::container::{Placed, SegmentMap, Shown};
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::container::text as texts;
use crate::message::notice::text as rows;
use crate::notice::{Moment, TextNotice};
use crate::source::{Source, check_limit};

/// So many places in the middle are tried.
const TRIES: usize = 8;

/// Where a notice stands and what is inserted there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Offset in the text, in bytes.
    pub(crate) at: usize,
    /// What is inserted.
    pub(crate) text: String,
    /// How much of it stands before the notice.
    lead: usize,
}

/// The places of a notice in a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Places {
    /// In order, one for each place.
    pub(crate) pieces: Vec<Piece>,
    /// Whether the text ends within code or HTML, so that a notice stands at its start instead of
    /// its end.
    pub(crate) moved: bool,
}

/// The extensions that renderers add to CommonMark. Front matter is not part of what is parsed.
fn extensions() -> Options {
    Options::all()
        .difference(Options::ENABLE_YAML_STYLE_METADATA_BLOCKS)
        .difference(Options::ENABLE_PLUSES_DELIMITED_METADATA_BLOCKS)
        .difference(Options::ENABLE_SMART_PUNCTUATION)
}

/// Line breaks of one character as every reader of Markdown takes them; offsets stay.
fn unix(text: &str) -> Cow<'_, str> {
    let lone = text.as_bytes().windows(2).any(|w| matches!(w, [b'\r', next] if *next != b'\n')) || text.ends_with('\r');
    if !lone {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(if c == '\r' && chars.peek() != Some(&'\n') { '\n' } else { c });
    }
    Cow::Owned(out)
}

/// A line with a backslash before what Markdown or an extension of it would take for mark-up.
fn escape(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    for (at, c) in line.char_indices() {
        let starts = at == 0 && c.is_ascii_punctuation();
        let number = at == digits && digits > 0 && matches!(c, '.' | ')');
        let marks = matches!(
            c,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '&' | '|' | '~' | '$' | '^' | '{' | '}' | '=' | '#'
        );
        if starts || number || marks {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// The lines as one paragraph.
pub(crate) fn paragraph(lines: &[String], br: &str) -> String {
    lines.iter().map(|line| escape(line)).collect::<Vec<_>>().join(&format!("  {br}"))
}

/// Words of inline events.
fn words(event: &Event<'_>, out: &mut String) {
    match event {
        Event::Text(text) => out.push_str(text),
        Event::SoftBreak | Event::HardBreak => out.push('\n'),
        Event::Code(text) => {
            out.push('`');
            out.push_str(text);
            out.push('`');
        }
        _ => {}
    }
}

/// Whether the text `new` has a paragraph with exactly these `lines` at each of the offsets, and
/// else what `old` has.
fn proves(old: &str, new: &str, lines: &str, places: &[usize], options: Options) -> bool {
    let mut before = Parser::new_ext(old, options);
    let mut after = Parser::new_ext(new, options).into_offset_iter().peekable();
    let mut places = places.iter().copied().peekable();
    let mut depth = 0usize;
    loop {
        let due = after.peek().map(|(_, range)| range.start);
        if depth == 0
            && let Some(place) = places.peek().copied()
            && due.is_some_and(|start| start >= place)
        {
            places.next();
            let Some((Event::Start(Tag::Paragraph), range)) = after.next() else { return false };
            let mut found = String::new();
            loop {
                match after.next() {
                    Some((Event::End(TagEnd::Paragraph), _)) => break,
                    Some((event @ (Event::Text(_) | Event::HardBreak), _)) => words(&event, &mut found),
                    _ => return false,
                }
            }
            if range.start != place || found != lines {
                return false;
            }
            continue;
        }
        let next = after.next().map(|(event, _)| event);
        if before.next() != next {
            return false;
        }
        match next {
            Some(Event::Start(_)) => depth = depth.saturating_add(1),
            Some(Event::End(_)) => depth = depth.saturating_sub(1),
            Some(_) => {}
            None => return places.peek().is_none(),
        }
    }
}

/// The text with the pieces in it, and where the notices begin.
fn with_pieces(text: &str, pieces: &[Piece]) -> (String, Vec<usize>) {
    let mut out = String::with_capacity(text.len() + pieces.iter().map(|p| p.text.len()).sum::<usize>());
    let mut places = Vec::new();
    let mut from = 0;
    for piece in pieces {
        out.push_str(text.get(from..piece.at).unwrap_or_default());
        places.push(out.len() + piece.lead);
        out.push_str(&piece.text);
        from = piece.at;
    }
    out.push_str(text.get(from..).unwrap_or_default());
    (out, places)
}

/// Whether the text with these pieces is the text and the notices and nothing else.
fn holds(text: &str, pieces: &[Piece], lines: &[String]) -> bool {
    let (new, places) = with_pieces(text, pieces);
    let new = unix(&new);
    let lines = lines.join("\n");
    // Two kinds of footnotes exclude each other.
    let newer = extensions().difference(Options::ENABLE_OLD_FOOTNOTES).union(Options::ENABLE_FOOTNOTES);
    [Options::empty(), extensions(), newer].into_iter().all(|options| proves(text, &new, &lines, &places, options))
}

/// Opened and not yet closed elements of HTML in a block, roughly: what stands between blocks of
/// HTML can be hidden by them.
fn opened(html: &str) -> i64 {
    const VOID: &[&str] =
        &["br", "hr", "img", "input", "meta", "link", "source", "wbr", "col", "area", "base", "embed"];
    let mut open = 0i64;
    for part in html.split('<').skip(1) {
        let name =
            |text: &str| text.chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        let tag = part.split('>').next().unwrap_or_default();
        match part.strip_prefix('/') {
            Some(rest) if !name(rest).is_empty() => open -= 1,
            None if !name(part).is_empty() && !tag.ends_with('/') && !VOID.contains(&name(part).as_str()) => open += 1,
            _ => {}
        }
    }
    open
}

/// Where blocks of the outermost level begin, the nearest to the middle first.
fn between(text: &str) -> Vec<usize> {
    let aim = text.len() / 2;
    let mut found: Vec<usize> = Vec::new();
    let (mut depth, mut open) = (0usize, 0i64);
    for (event, range) in Parser::new_ext(text, extensions()).into_offset_iter() {
        let begins = depth == 0 && !matches!(event, Event::End(_));
        if begins && open <= 0 {
            let line = text.get(..range.start).and_then(|t| t.rfind(['\n', '\r'])).map_or(0, |at| at + 1);
            let indent = text.get(line..range.start).is_some_and(|t| t.trim_matches(' ').is_empty());
            let inside = text.get(..line).is_some_and(|before| !before.trim().is_empty());
            if indent && inside && found.last() != Some(&line) {
                found.push(line);
            }
        }
        match event {
            Event::Start(_) => depth = depth.saturating_add(1),
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Html(html) => open = open.saturating_add(opened(&html)),
            _ => {}
        }
        if found.len() > 4 * TRIES {
            found.sort_by_key(|at| at.abs_diff(aim));
            found.truncate(2 * TRIES);
            found.sort_unstable();
        }
    }
    found.sort_by_key(|at| at.abs_diff(aim));
    found.truncate(TRIES);
    found
}

/// Places for a notice in a text of Markdown without front matter. Lines are checked already.
///
/// # Errors
/// [`Error::Refused`] if there is no place that leaves every block as it is.
pub(crate) fn place(text: &str, lines: &[String], at: &[Moment]) -> Result<Places> {
    let br = break_of(text);
    let text = unix(text);
    let paragraph = paragraph(lines, br);
    let start = || {
        // Lines `key: value` at the very start are metadata to some readers.
        let lead = if front::is_metadata(paragraph.as_bytes()) { br } else { "" };
        Piece { at: 0, text: format!("{lead}{paragraph}{br}{br}"), lead: lead.len() }
    };
    let before = |at: usize| {
        let lead =
            br.repeat(gap(text.get(at.saturating_sub(4)..at).unwrap_or_else(|| text.get(..at).unwrap_or_default())));
        Piece { at, text: format!("{lead}{paragraph}{br}{br}"), lead: lead.len() }
    };
    let end = || {
        let lead = br.repeat(gap(&text));
        let last = if text.ends_with(['\n', '\r']) { br } else { "" };
        Piece { at: text.len(), text: format!("{lead}{paragraph}{last}"), lead: lead.len() }
    };
    let mut out = Places::default();
    for moment in at {
        let candidates = match moment {
            Moment::Start => vec![start()],
            Moment::Middle => between(&text).into_iter().map(before).collect(),
            Moment::End => vec![end()],
        };
        let found = candidates.into_iter().find(|piece| holds(&text, std::slice::from_ref(piece), lines));
        match (moment, found) {
            (_, Some(piece)) => out.pieces.push(piece),
            (Moment::Middle, None) => return Err(no_middle()),
            (Moment::End, None) => out.moved = true,
            (Moment::Start, None) => return Err(Error::Refused(rows::NO_START.problem())),
        }
    }
    if out.moved && !at.contains(&Moment::Start) {
        out.pieces.insert(0, start());
    }
    if holds(&text, &out.pieces, lines) { Ok(out) } else { Err(Error::Refused(rows::NO_START.problem())) }
}

/// What there is to know about the places.
pub(crate) fn notes(places: &Places) -> Vec<Problem> {
    if places.moved { vec![rows::MOVED.problem()] } else { Vec::new() }
}

/// Where a notice stands whose end was moved to its start.
pub(super) fn moved_to(asked: &[Moment], moved: bool) -> Option<Vec<Moment>> {
    let rest = asked.iter().copied().filter(|moment| !matches!(moment, Moment::Start | Moment::End));
    moved.then(|| std::iter::once(Moment::Start).chain(rest).collect())
}

/// The text behind front matter, and where it begins.
fn body(
    map: &SegmentMap,
    source: &mut Source<'_>,
    (charset, bom): (Charset, u64),
    limits: &Limits,
) -> Result<(String, u64)> {
    let at = map.first("front-matter").map_or(bom, |segment| segment.range.end);
    check_limit("metadata_bytes", map.len, limits.metadata_bytes)?;
    let bytes = source.bytes(at..map.len, limits.metadata_bytes, "metadata_bytes")?;
    Ok((charset.decode(bytes), at))
}

pub(super) fn put(
    map: &SegmentMap,
    source: &mut Source<'_>,
    notice: &TextNotice,
    (charset, form, bom): (Charset, Form, u64),
    limits: &Limits,
) -> Result<Placed> {
    let (text, from) = body(map, source, (charset, bom), limits)?;
    let mut places = place(&text, &notice.lines, &notice.at)?;
    let title = text.starts_with("% ");
    let first = from == bom && places.pieces.first().is_some_and(|piece| piece.at == 0);
    if first && (title || front::is_metadata(text.as_bytes())) {
        let why = if title { &texts::FRONT_TITLE_BLOCK } else { &texts::FRONT_METADATA };
        return Err(Error::Refused(texts::FRONT_REFUSED.problem().because("reason", why)));
    }
    // The line that closes front matter may be the last, without a break.
    if from > bom && !ends_line(source, form, from)? {
        let br = line_break(source, form, bom)?;
        places.pieces.iter_mut().take(1).for_each(|piece| piece.text.insert_str(0, br));
    }
    let mut pieces = Vec::new();
    for piece in &places.pieces {
        let at = charset.offset(source, (&text, from..map.len), piece.at)?;
        pieces.push((at, encoded(charset, &piece.text)?));
    }
    Ok(Placed { patch: insert_all(map, pieces)?, notes: notes(&places), at: moved_to(&notice.at, places.moved) })
}

/// Whether the character before `at` ends a line.
fn ends_line(source: &mut Source<'_>, form: Form, at: u64) -> Result<bool> {
    let before = source.bytes(at.saturating_sub(form.width())..at, 2, "metadata_bytes")?;
    Ok(matches!(form.units(&before).as_slice(), [b'\n' | b'\r']))
}

/// Hands over the blocks of a text with the words in them; code is not for reading.
pub(crate) fn blocks(text: &str, out: &mut dyn FnMut(&str, std::ops::Range<usize>)) {
    let text = unix(text);
    let mut words_of = String::new();
    let mut place: Option<std::ops::Range<usize>> = None;
    let mut code = false;
    for (event, range) in Parser::new_ext(&text, extensions()).into_offset_iter() {
        match &event {
            Event::Start(tag) => code |= matches!(tag, Tag::CodeBlock(_)),
            Event::End(tag) => code &= !matches!(tag, TagEnd::CodeBlock),
            _ if code => continue,
            _ => {
                words(&event, &mut words_of);
                let from = place.as_ref().map_or(range.start, |p| p.start.min(range.start));
                let to = place.as_ref().map_or(range.end, |p| p.end.max(range.end));
                place = Some(from..to);
                continue;
            }
        }
        let inline = matches!(
            event,
            Event::Start(
                Tag::Emphasis | Tag::Strong | Tag::Strikethrough | Tag::Link { .. } | Tag::Superscript | Tag::Subscript
            ) | Event::End(
                TagEnd::Emphasis
                    | TagEnd::Strong
                    | TagEnd::Strikethrough
                    | TagEnd::Link
                    | TagEnd::Superscript
                    | TagEnd::Subscript
            )
        );
        if !inline && let Some(range) = place.take() {
            out(&std::mem::take(&mut words_of), range);
        }
    }
    if let Some(range) = place {
        out(&words_of, range);
    }
}

pub(super) fn shown(
    map: &SegmentMap,
    source: &mut Source<'_>,
    (form, bom): (Form, u64),
    limits: &Limits,
) -> Result<Vec<Shown>> {
    let part = map.format.row().name;
    if map.len > limits.metadata_bytes {
        return plain_lines(source, (form, bom), limits, part, |_| true);
    }
    let charset = match Charset::detect(source, form, bom)? {
        Some(charset) => charset,
        None => return plain_lines(source, (form, bom), limits, part, |_| true),
    };
    let (text, from) = body(map, source, (charset, bom), limits)?;
    let mut found = Collector::new(map.len, limits);
    blocks(&text, &mut |words, range| {
        let file = match charset {
            Charset::Utf8 => from + range.start as u64..from + range.end as u64,
            _ => from..map.len,
        };
        found.push(words, file);
    });
    Ok(found.finish(part))
}
