//! Front matter: a block of metadata that begins a text, and where it ends.

use super::units::{Form, Units};
use super::{json, yaml};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;

/// The language of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Between `---` and `---` or `...`.
    Yaml,
    /// Between `+++` and `+++`.
    Toml,
    /// An object, bare or between `;;;` and `;;;`.
    Json,
}

/// Where front matter stands.
#[derive(Debug, Clone)]
pub(super) struct Front {
    pub(super) kind: Kind,
    /// Behind the line that opens it.
    pub(super) open: u64,
    /// Where the line begins that closes it.
    pub(super) close: u64,
    /// Behind that line.
    pub(super) end: u64,
}

/// Most bytes of a block. Nobody writes more by hand, and every line of it is held at once.
const MOST: u64 = 256 << 10;

/// The front matter of a text, if it has any. A bare object counts only in what is `named`
/// Markdown, and only where text follows it.
pub(super) fn find(source: &mut Source<'_>, bom: u64, named: bool) -> Result<Option<Front>> {
    let len = source.len();
    let mut units = Units::new(source, Form::Byte, bom, len);
    if named && units.peek()? == Some(b'{') {
        return bare(&mut units);
    }
    let Some(first) = units.line()? else { return Ok(None) };
    let (kind, closing): (Kind, &[&[u8]]) = match first.text.trim_ascii_end() {
        b"---" => (Kind::Yaml, &[b"---", b"..."]),
        b"+++" => (Kind::Toml, &[b"+++"]),
        b";;;" => (Kind::Json, &[b";;;"]),
        _ => return Ok(None),
    };
    let open = first.end;
    while let Some(line) = units.line()? {
        if closing.iter().any(|text| line.is(text)) {
            let front = Front { kind, open, close: line.start, end: line.end };
            // Longer than any front matter: two lines that divide a text.
            if front.close - open > MOST {
                return Ok(None);
            }
            // Two lines that divide a text look the same.
            let sound = kind != Kind::Yaml || yaml::is_mapping(&block(source, &front)?.text);
            return Ok(sound.then_some(front));
        }
    }
    Ok(None)
}

/// An object and the line that it ends in.
fn bare(units: &mut Units<'_, '_>) -> Result<Option<Front>> {
    let open = units.offset();
    let json::Outcome::Sound(scan) = json::scan(units, true, &|_| false, &Limits::default())? else {
        return Ok(None);
    };
    if scan.end - open > MOST {
        return Ok(None);
    }
    let rest = units.line()?;
    let blank = rest.as_ref().is_none_or(|line| line.is(b""));
    let end = rest.map_or(scan.end, |line| line.end);
    Ok(blank.then_some(Front { kind: Kind::Json, open, close: scan.end, end }))
}

/// The text of a block between its lines; what is not UTF-8 is shown as such.
pub(super) struct Block {
    pub(super) text: String,
    /// Whether offsets in the text are those in the file.
    pub(super) exact: bool,
}

pub(super) fn block(source: &mut Source<'_>, front: &Front) -> Result<Block> {
    let bytes = source.bytes(front.open..front.close, MOST, "front_matter_bytes")?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Block { text, exact: true },
        Err(e) => Block { text: String::from_utf8_lossy(e.as_bytes()).into_owned(), exact: false },
    })
}
