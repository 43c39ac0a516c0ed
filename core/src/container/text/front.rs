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
pub(super) fn find(source: &mut Source<'_>, (form, bom): (Form, u64), named: bool) -> Result<Option<Front>> {
    let len = source.len();
    let mut units = Units::new(source, form, bom, len);
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
            let sound = kind != Kind::Yaml || yaml::is_mapping(&block(source, form, &front)?.text);
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

/// The text of a block between its lines; what can't be read is shown as such.
pub(super) struct Block {
    pub(super) text: String,
    /// Whether offsets in the text are those in the file.
    pub(super) exact: bool,
}

pub(super) fn block(source: &mut Source<'_>, form: Form, front: &Front) -> Result<Block> {
    let bytes = source.bytes(front.open..front.close, MOST, "front_matter_bytes")?;
    Ok(match String::from_utf8(form.decode(bytes)) {
        Ok(text) => Block { text, exact: form == Form::Byte },
        Err(e) => Block { text: String::from_utf8_lossy(e.as_bytes()).into_owned(), exact: false },
    })
}

/// Keys of MultiMarkdown, Pelican and their like, in lower case and without spaces: one of them
/// alone makes a line metadata.
const KEYS: &[&str] = &[
    "abstract",
    "affiliation",
    "author",
    "authors",
    "baseheaderlevel",
    "bibtex",
    "category",
    "categories",
    "comment",
    "copyright",
    "css",
    "date",
    "description",
    "email",
    "format",
    "htmlheader",
    "keywords",
    "lang",
    "language",
    "latexmode",
    "layout",
    "modified",
    "mydate",
    "permalink",
    "quoteslanguage",
    "revision",
    "slug",
    "status",
    "subject",
    "subtitle",
    "summary",
    "tags",
    "template",
    "title",
    "version",
    "web",
    "xhtmlheader",
];

/// The key of a line `key: value` (MultiMarkdown 6, Metadata): letters, digits, spaces, hyphens and
/// underscores from the start of the line to the colon. An address has no key.
fn key(line: &[u8]) -> Option<String> {
    let colon = line.iter().position(|b| *b == b':')?;
    let (key, value) = line.split_at_checked(colon)?;
    let letters = key.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-' | b'_' | b'\t'));
    let sound = key.first().is_some_and(u8::is_ascii_alphanumeric) && letters && !value.starts_with(b"://");
    sound.then(|| key.iter().filter(|b| !b.is_ascii_whitespace()).map(|b| char::from(b.to_ascii_lowercase())).collect())
}

/// Whether a text begins with metadata of lines `key: value` up to the first empty line. One line
/// with a key that nobody uses for metadata is a sentence with a colon; two are taken for metadata,
/// because front matter before them would turn them into text.
pub(super) fn is_metadata(head: &[u8]) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let mut lines = text.split(|b| *b == b'\n').map(<[u8]>::trim_ascii_end).take_while(|line| !line.is_empty());
    let Some(first) = lines.next().and_then(key) else { return false };
    KEYS.contains(&first.as_str()) || lines.any(|line| key(line).is_some())
}

#[cfg(test)]
mod tests {
    use super::is_metadata;

    #[test]
    fn metadata_is_told_from_sentences() {
        for (text, due) in [
            ("Title: A\nAuthor: B\n\ntext", true),
            ("title:   A\r\n\r\ntext", true),
            ("Base Header Level: 2\n", true),
            ("\u{feff}Date: 2025-09-01", true),
            ("x: 1\n  more of x\ny: 2\n\n", true),
            ("Alice: hello\nBob: hello\n", true),
            ("Note: this is a sentence.\n\nKey: value\n", false),
            ("Note: this is a sentence\nof two lines.\n", false),
            ("http://example.com\nhttps://example.com\n", false),
            ("# Title: A\nAuthor: B\n", false),
            ("\nTitle: A\n", false),
            (" Title: A\n", false),
            ("- a: b\n- c: d\n", false),
            ("\u{6807}\u{9898}\u{ff1a}A\n\u{4f5c}\u{8005}\u{ff1a}B\n", false),
            ("", false),
        ] {
            assert_eq!(is_metadata(text.as_bytes()), due, "{text}");
        }
    }
}
