//! Markdown: the label is a mapping in the front matter, which is made if there is none.

use std::fmt::Write as _;

#[cfg(feature = "documents")]
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::front::{self, Front, Kind};
use super::notice::charset::Charset;
use super::units::{Form, Units};
use super::{json, yaml};
use crate::container::{ASIDE, Edit, Head, Patch, RawValue, Segment, SegmentMap, Sink, Slot};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::limits::Limits;
use crate::message::container::text as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

/// A key of the outermost mapping of the front matter.
const PLACE: &str = "front-matter";

/// The front matter, and every HTML comment that begins a line outside of code.
pub(super) fn parts(source: &mut Source<'_>, form: Form, bom: u64, limits: &Limits) -> Result<Vec<Segment>> {
    let mut out = Vec::new();
    let mut at = bom;
    if let Some(front) = front::find(source, (form, bom), true)? {
        out.push(Segment { payload: front.open..front.close, ..Segment::plain(PLACE, bom..front.end) });
        at = front.end;
    }
    let len = source.len();
    let mut units = Units::new(source, form, at, len);
    let mut fence = None;
    loop {
        let start = units.offset();
        let mut indent = 0;
        while indent < 4 && units.take(b' ')? {
            indent += 1;
        }
        match units.peek()?.filter(|_| indent < 4) {
            None if units.peek()?.is_none() => return Ok(out),
            Some(mark @ (b'`' | b'~')) => {
                let mut run = 0u32;
                while units.take(mark)? {
                    run = run.saturating_add(1);
                }
                // A fence is closed by one at least as long, of the same kind (CommonMark 4.5).
                match fence {
                    None if run >= 3 => fence = Some((mark, run)),
                    Some((open, least)) if open == mark && run >= least => fence = None,
                    _ => {}
                }
            }
            Some(b'<') if fence.is_none() => {
                units.next()?;
                if units.take(b'!')? && units.take(b'-')? && units.take(b'-')? {
                    check_limit("segments", out.len() as u64, limits.segments as u64)?;
                    let inner = units.offset();
                    let (end, _) = units.comment()?;
                    out.push(Segment {
                        name: "comment".to_owned(),
                        range: start..units.offset(),
                        payload: inner..end,
                        slot: Some(Slot::Comment),
                        essence: true,
                    });
                }
            }
            _ => {}
        }
        units.line()?;
    }
}

/// The front matter of a mapped file.
fn front(map: &SegmentMap, source: &mut Source<'_>) -> Result<Option<Front>> {
    match map.first(PLACE) {
        Some(segment) => {
            let (form, _) = super::form(source)?;
            front::find(source, (form, segment.range.start), true)
        }
        None => Ok(None),
    }
}

/// The mapping as the text of an object.
fn object(entries: &[yaml::Entry]) -> String {
    let members: Vec<String> =
        entries.iter().map(|e| format!("{}:{}", serde_json::Value::from(e.key.as_str()), e.json)).collect();
    format!("{{{}}}", members.join(","))
}

/// The members of an object that is the whole front matter.
fn members(json: &str, limits: &Limits) -> Result<Option<Vec<yaml::Entry>>> {
    let mut cursor = std::io::Cursor::new(json.as_bytes());
    let mut source = Source::new(&mut cursor, limits)?;
    let len = source.len();
    let outcome = json::scan(&mut Units::new(&mut source, Form::Byte, 0, len), true, &|_| true, limits)?;
    let json::Outcome::Sound(scan) = outcome else { return Ok(None) };
    let entry = |member: json::Member| {
        let range = usize::try_from(member.value.start).ok()?..usize::try_from(member.value.end).ok()?;
        Some(yaml::Entry { json: json.get(range.clone())?.to_owned(), key: member.key, range })
    };
    Ok(Some(scan.members.into_iter().filter_map(entry).collect()))
}

/// A table of TOML in the order in which it is written.
#[cfg(feature = "documents")]
fn ordered<'t>(table: &'t DeTable<'t>) -> Vec<(&'t str, &'t Spanned<DeValue<'t>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries.into_iter().map(|(key, value)| (key.get_ref().as_ref(), value)).collect()
}

/// A value of TOML as JSON, its scalars as strings. The parser bounds how deep it nests.
#[cfg(feature = "documents")]
fn toml_json(value: &Spanned<DeValue<'_>>, text: &str) -> String {
    match value.get_ref() {
        DeValue::Table(table) => {
            let member = |(key, value)| format!("{}:{}", serde_json::Value::from(key), toml_json(value, text));
            format!("{{{}}}", ordered(table).into_iter().map(member).collect::<Vec<_>>().join(","))
        }
        DeValue::Array(items) => {
            format!("[{}]", items.iter().map(|item| toml_json(item, text)).collect::<Vec<_>>().join(","))
        }
        DeValue::String(string) => serde_json::Value::from(string.as_ref()).to_string(),
        _ => serde_json::Value::from(text.get(value.span()).unwrap_or_default()).to_string(),
    }
}

/// The keys and values of front matter.
fn entries(front: &Front, text: &str, limits: &Limits) -> Result<Option<Vec<yaml::Entry>>> {
    Ok(match front.kind {
        Kind::Yaml if text.trim_start().starts_with('{') => match yaml::flow(text) {
            Some(json) => members(&json, limits)?,
            None => None,
        },
        Kind::Yaml => Some(yaml::read(text)),
        #[cfg(not(feature = "documents"))]
        Kind::Toml => return Err(Error::Unsupported(general::NO_DOCUMENTS.problem())),
        #[cfg(feature = "documents")]
        Kind::Toml => DeTable::parse(text).ok().map(|table| {
            let entry = |(key, value): (&str, &Spanned<DeValue<'_>>)| {
                let json = toml_json(value, text);
                yaml::Entry { key: key.to_owned(), json, range: value.span() }
            };
            ordered(table.get_ref()).into_iter().map(entry).collect()
        }),
        Kind::Json => members(text, limits)?,
    })
}

/// What is odd in how the mapping that is no content is written into YAML.
fn oddities(entries: &[yaml::Entry], text: &str, front: &Front) -> Vec<finding::Finding> {
    let own = entries.iter().position(|entry| entry.key.eq_ignore_ascii_case(ASIDE));
    let Some((at, entry)) = own.and_then(|at| Some((at, entries.get(at)?))) else { return Vec::new() };
    let plain = !yaml::is_quoted(text.get(entry.range.clone()).unwrap_or_default());
    let amid = at > 0 && at.saturating_add(1) < entries.len();
    let site = Site::new(format!("{PLACE}:{}", entry.key), &(front.open..front.close));
    let rules = [(plain, &finding::YAML_SCALARS), (amid, &finding::YAML_MERGED)];
    let due = rules.into_iter().filter(|(is, _)| *is);
    due.map(|(_, rule)| rule.finding().arg("part", &entry.key).at(site.clone())).collect()
}

pub(super) fn values(map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
    let mut out = Vec::new();
    let (form, _) = super::form(source)?;
    if let Some(front) = front(map, source)? {
        let front::Block { text, exact } = front::block(source, form, &front)?;
        let range = |entry: &yaml::Entry| match exact {
            true => front.open + entry.range.start as u64..front.open + entry.range.end as u64,
            false => front.open..front.close,
        };
        let found = entries(&front, &text, limits)?;
        if let (Kind::Yaml, Some(entries)) = (front.kind, &found) {
            map.findings.extend(oddities(entries, &text, &front));
        }
        match found {
            Some(entries) => out.extend(entries.into_iter().map(|entry| RawValue {
                range: range(&entry),
                // A scalar stands for itself.
                bytes: serde_json::from_str::<String>(&entry.json).unwrap_or(entry.json).into_bytes(),
                slot: Slot::item(PLACE, entry.key),
                segment: PLACE.to_owned(),
                plain_at: None,
                after_essence: false,
            })),
            None => map.findings.push(
                finding::FILE_VALUE
                    .finding()
                    .arg("part", PLACE)
                    .because("reason", &rows::FRONT_UNREADABLE)
                    .at(Site::new(PLACE, &(front.open..front.close))),
            ),
        }
    }
    out.extend(super::values(map, source, limits, &mut |_, bytes| {
        let text = form.decode(bytes);
        if text.contains(&b'{') {
            return text;
        }
        // Front matter that somebody hid in a comment.
        match std::str::from_utf8(&text).map(yaml::read) {
            Ok(entries) if !entries.is_empty() => object(&entries).into_bytes(),
            _ => text,
        }
    })?);
    Ok(out)
}

/// Text as a double-quoted scalar of YAML 1.2 (7.3.1), which is also a basic string of TOML.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match (c, u32::from(c)) {
            ('"' | '\\', _) => out.extend(['\\', c]),
            (_, code @ (0..=0x1F | 0x7F..=0x9F | 0x2028 | 0x2029 | 0xFEFF | 0xFDD0..=0xFDEF | 0xFFFE | 0xFFFF)) => {
                let _ = write!(out, "\\u{code:04X}");
            }
            _ => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The object as keys and texts, in its order.
fn fields(value: &str) -> Result<Vec<(String, String)>> {
    let object: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(value).map_err(|_| Error::Internal(general::BAD_PIECES.problem()))?;
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Ok(object.into_iter().map(|(key, value)| (key, text(value))).collect())
}

/// A key as it stands before a colon or equals sign.
fn name(key: &str) -> String {
    let bare = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare && key.starts_with(|c: char| c.is_ascii_alphabetic()) { key.to_owned() } else { quoted(key) }
}

/// A mapping of YAML, indented.
fn mapping(key: &str, value: &str, indent: &str, line: &str) -> Result<String> {
    let mut out = format!("{indent}{}:{line}", name(key));
    for (key, text) in fields(value)? {
        let _ = write!(out, "{indent}  {}: {}{line}", name(&key), quoted(&text));
    }
    Ok(out)
}

/// Whether every reader of YAML takes the lines of an entry for this entry alone: each but the first
/// stands further in, and no line ends in it that only some see.
fn is_apart(text: &str, entry: &yaml::Entry) -> bool {
    let lines = text.get(entry.range.clone()).unwrap_or_default();
    let breaks = |line: &str| line.trim_end_matches(['\r', '\n']).contains(['\r', '\u{85}', '\u{2028}', '\u{2029}']);
    let indent = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let least = lines.lines().next().map_or(0, indent);
    let inside = |line: &str| line.trim().is_empty() || indent(line) > least;
    !lines.split_inclusive('\n').any(breaks) && lines.lines().skip(1).all(inside)
}

/// What front matter says beside the label: YAML as it is written, else key and value of each
/// entry. One that holds the label alone counts like none.
pub(super) fn content(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let Some(front) = front(map, source)? else { return Ok(()) };
    let tag = match front.kind {
        Kind::Yaml => "yaml",
        Kind::Toml => "toml",
        Kind::Json => "json",
    };
    let (form, _) = super::form(source)?;
    let front::Block { text, exact } = front::block(source, form, &front)?;
    let Some(entries) = entries(&front, &text, limits)?.filter(|_| exact) else {
        return sink.ranges(source, tag, std::slice::from_ref(&(front.open..front.close)));
    };
    let own = entries.iter().position(|entry| entry.key == ASIDE);
    if front.kind == Kind::Yaml && yaml::indent(&text).is_some() {
        let entry = own.and_then(|own| entries.get(own)).filter(|entry| is_apart(&text, entry));
        let cut = entry.map_or(0..0, |entry| entry.range.clone());
        let rest = [text.get(..cut.start), text.get(cut.end..)].map(Option::unwrap_or_default).concat();
        return if rest.trim().is_empty() { Ok(()) } else { sink.item(tag, rest.as_bytes()) };
    }
    for (_, entry) in entries.into_iter().enumerate().filter(|(index, _)| Some(*index) != own) {
        sink.item(tag, format!("{}:{}", serde_json::Value::from(entry.key), entry.json).as_bytes())?;
    }
    Ok(())
}

pub(super) fn put(
    map: &SegmentMap,
    source: &mut Source<'_>,
    (key, value): (&str, &str),
    limits: &Limits,
) -> Result<Patch> {
    let (form, bom) = super::form(source)?;
    let head = source.bytes(bom..bom + Head::LEN as u64, Head::LEN as u64, "metadata_bytes")?;
    let line = match head.iter().position(|b| *b == b'\n') {
        Some(at) if at > 0 && head.get(at - 1) == Some(&b'\r') => "\r\n",
        _ => "\n",
    };
    // Text of another encoding would become a mixture of two.
    let utf8 = match std::str::from_utf8(&head) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none() && head.len() == Head::LEN,
    };
    if form != Form::Byte || !utf8 {
        return Err(Error::Refused(rows::FRONT_ENCODING.problem()));
    }
    let mut patch = Patch::new(map.len);
    let Some(front) = front(map, source)? else {
        // Pandoc's title block must stay the first thing in the file.
        if head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head).starts_with(b"% ") {
            return Err(refused(&rows::FRONT_TITLE_BLOCK));
        }
        if front::is_metadata(&head) {
            return Err(refused(&rows::FRONT_METADATA));
        }
        let block = mapping(key, value, "", line)?;
        patch.insert(bom, format!("---{line}{block}---{line}").into_bytes())?;
        return Ok(patch);
    };
    let front::Block { text, exact } = front::block(source, form, &front)?;
    if !exact {
        return Err(Error::Refused(rows::FRONT_ENCODING.problem()));
    }
    let there = entries(&front, &text, limits)?;
    let there = there.ok_or_else(|| refused(&rows::FRONT_UNREADABLE))?;
    let old = there.into_iter().find(|entry| entry.key == key);
    match front.kind {
        Kind::Yaml => {
            let indent = yaml::indent(&text).ok_or_else(|| refused(&rows::FRONT_FLOW))?;
            let block = mapping(key, value, indent, line)?;
            match old {
                Some(entry) => {
                    let at = front.open + entry.range.start as u64;
                    patch.push(Edit { at, remove: entry.range.len() as u64, insert: block.into_bytes() })?;
                }
                None => patch.insert(front.close, block.into_bytes())?,
            }
        }
        #[cfg(not(feature = "documents"))]
        Kind::Toml => return Err(Error::Unsupported(general::NO_DOCUMENTS.problem())),
        #[cfg(feature = "documents")]
        Kind::Toml => {
            if old.is_some() {
                toml_values(&mut patch, (&front, &text), (key, value))?;
                return Ok(patch);
            }
            let mut block = format!("[{}]{line}", name(key));
            for (key, text) in fields(value)? {
                let _ = write!(block, "{} = {}{line}", name(&key), quoted(&text));
            }
            patch.insert(front.close, block.into_bytes())?;
        }
        Kind::Json => {
            let end = front.close;
            let scan = json::scan(&mut Units::new(source, Form::Byte, front.open, end), true, &|_| false, limits)?;
            let json::Outcome::Sound(scan) = scan else { return Err(refused(&rows::FRONT_UNREADABLE)) };
            let there = old.map(|e| front.open + e.range.start as u64..front.open + e.range.end as u64);
            return json::member(map.len, there, &scan, source, (Charset::Utf8, key, value));
        }
    }
    Ok(patch)
}

/// The edits that give the values of a table other texts; every one of them stands there already.
#[cfg(feature = "documents")]
fn toml_values(patch: &mut Patch, (front, text): (&Front, &str), (key, value): (&str, &str)) -> Result<()> {
    let taken = || refused(&rows::FRONT_TAKEN);
    let root = DeTable::parse(text).map_err(|_| taken())?;
    let found = ordered(root.get_ref()).into_iter().find(|(name, _)| *name == key);
    let Some(DeValue::Table(table)) = found.as_ref().map(|(_, value)| value.get_ref()) else { return Err(taken()) };
    let there = ordered(table);
    let mut edits = Vec::new();
    for (name, new) in fields(value)? {
        let (_, old) = there.iter().find(|(key, _)| *key == name).ok_or_else(taken)?;
        if !matches!(old.get_ref(), DeValue::String(text) if text.as_ref() == new) {
            let (at, remove) = (front.open + old.span().start as u64, old.span().len() as u64);
            edits.push(Edit { at, remove, insert: quoted(&new).into_bytes() });
        }
    }
    edits.sort_by_key(|edit| edit.at);
    edits.into_iter().try_for_each(|edit| patch.push(edit))
}

/// Why this front matter is not edited.
fn refused(why: &'static crate::message::Message) -> Error {
    Error::Refused(rows::FRONT_REFUSED.problem().because("reason", why))
}
