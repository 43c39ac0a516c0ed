//! Which characters the codes of a font stand for (ISO 32000-2 9.10).

use std::collections::BTreeMap;

use crate::error::Result;

use super::doc::{Doc, Object};
use super::lex::{self, Kind, Lexer};

/// Most entries of a map.
const ENTRIES: usize = 65_536;
/// Most entries of the differences of an encoding.
const DIFFERENCES: usize = 1_024;
/// Nesting of values in a map.
const DEPTH: usize = 8;

/// Names of glyphs that are not the character itself (Adobe Glyph List), for ASCII.
const NAMES: [(&str, char); 43] = [
    ("space", ' '),
    ("exclam", '!'),
    ("quotedbl", '"'),
    ("numbersign", '#'),
    ("dollar", '$'),
    ("percent", '%'),
    ("ampersand", '&'),
    ("quotesingle", '\''),
    ("parenleft", '('),
    ("parenright", ')'),
    ("asterisk", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("hyphen", '-'),
    ("period", '.'),
    ("slash", '/'),
    ("zero", '0'),
    ("one", '1'),
    ("two", '2'),
    ("three", '3'),
    ("four", '4'),
    ("five", '5'),
    ("six", '6'),
    ("seven", '7'),
    ("eight", '8'),
    ("nine", '9'),
    ("colon", ':'),
    ("semicolon", ';'),
    ("less", '<'),
    ("equal", '='),
    ("greater", '>'),
    ("question", '?'),
    ("at", '@'),
    ("bracketleft", '['),
    ("backslash", '\\'),
    ("bracketright", ']'),
    ("asciicircum", '^'),
    ("underscore", '_'),
    ("grave", '`'),
    ("braceleft", '{'),
    ("bar", '|'),
    ("braceright", '}'),
    ("asciitilde", '~'),
];

/// How codes become characters.
#[derive(Debug)]
enum Coding {
    /// Codes of one byte, with other characters for some of them.
    Simple(BTreeMap<u8, char>),
    /// Codes of two bytes that are UTF-16 themselves.
    Utf16,
    /// Codes of two bytes, known from the map alone.
    Wide,
}

/// A font as far as its text can be read.
#[derive(Debug)]
pub(super) struct Font {
    coding: Coding,
    map: BTreeMap<u32, String>,
}

fn glyph(name: &[u8]) -> Option<char> {
    let name = std::str::from_utf8(name).ok()?;
    let mut chars = name.chars();
    if let (Some(c), None) = (chars.next(), chars.next()) {
        return Some(c);
    }
    if let Some(hex) = name.strip_prefix("uni").filter(|hex| hex.len() == 4) {
        return char::from_u32(u32::from_str_radix(hex, 16).ok()?);
    }
    NAMES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

/// The characters that an encoding gives to codes, where it differs from ASCII.
fn differences(doc: &mut Doc<'_, '_>, encoding: &Object) -> Result<BTreeMap<u8, char>> {
    let mut out = BTreeMap::new();
    let Some(array) = doc.get(encoding, b"Differences", 0)? else { return Ok(out) };
    let values = lex::array(&array.bytes, &array.value, doc.limits.pdf_depth, DIFFERENCES).unwrap_or_default();
    let mut code = 0u64;
    for value in values {
        let value = array.part(&value);
        if let Some(name) = value.name() {
            if let Ok(code) = u8::try_from(code) {
                out.insert(code, glyph(&name).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            code = code.saturating_add(1);
        } else if let Some(stated) = lex::digits(value.text()) {
            code = stated;
        }
    }
    Ok(out)
}

impl Font {
    pub(super) fn read(doc: &mut Doc<'_, '_>, font: &Object) -> Result<Self> {
        let wide = doc.get(font, b"Subtype", 0)?.and_then(|kind| kind.name()).is_some_and(|kind| kind == b"Type0");
        let encoding = doc.get(font, b"Encoding", 0)?;
        let coding = match (&encoding, wide) {
            (Some(encoding), true) => {
                let name = encoding.name().unwrap_or_default();
                let name = String::from_utf8_lossy(&name).into_owned();
                if name.contains("UCS2") || name.contains("UTF16") { Coding::Utf16 } else { Coding::Wide }
            }
            (None, true) => Coding::Wide,
            (Some(encoding), false) if encoding.value.kind == Kind::Dict => Coding::Simple(differences(doc, encoding)?),
            (_, false) => Coding::Simple(BTreeMap::new()),
        };
        let mut map = BTreeMap::new();
        if let Some(stream) = doc.get(font, b"ToUnicode", 0)?
            && let Some(data) = doc.stream(&stream)?
            && let Ok(bytes) = doc.decoded(&stream, &data)?
        {
            map = to_unicode(&bytes);
        }
        Ok(Self { coding, map })
    }

    /// The characters of a string. What is not known becomes U+FFFD.
    pub(super) fn text(&self, bytes: &[u8]) -> String {
        let mut out = String::new();
        let size = if matches!(self.coding, Coding::Simple(_)) { 1 } else { 2 };
        for code in bytes.chunks(size) {
            let number = code.iter().fold(0u32, |n, byte| n << 8 | u32::from(*byte));
            if let Some(text) = self.map.get(&number) {
                out.push_str(text);
                continue;
            }
            out.push(match (&self.coding, code) {
                (Coding::Simple(known), [byte]) => known.get(byte).copied().unwrap_or(match byte {
                    0x20..=0x7E | 0xA0..=0xFF => char::from(*byte),
                    _ => char::REPLACEMENT_CHARACTER,
                }),
                // Half of a pair is not a character of its own.
                (Coding::Utf16, _) => char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER),
                _ => char::REPLACEMENT_CHARACTER,
            });
        }
        out
    }
}

fn units(bytes: &[u8]) -> Vec<u16> {
    let pair = |pair: &[u8]| u16::from(*pair.first().unwrap_or(&0)) << 8 | u16::from(*pair.get(1).unwrap_or(&0));
    bytes.chunks(2).map(pair).collect()
}

/// Reads a map of the form that `ToUnicode` has.
fn to_unicode(bytes: &[u8]) -> BTreeMap<u32, String> {
    let mut out = BTreeMap::new();
    let mut at = 0usize;
    // What stands before an operator: strings, or arrays of strings.
    let mut values: Vec<Vec<Vec<u8>>> = Vec::new();
    while at < bytes.len() && out.len() < ENTRIES {
        let mut lexer = Lexer::new(bytes, at);
        let value = lexer.value(DEPTH);
        at = lexer.at.max(at.saturating_add(1));
        let Some(value) = value else { continue };
        let text = bytes.get(value.range.clone()).unwrap_or_default();
        match value.kind {
            Kind::Hex => values.extend(lex::string(Kind::Hex, text).map(|string| vec![string])),
            Kind::Array => {
                let list = lex::array(bytes, &value, DEPTH, 256).unwrap_or_default();
                let one = |v: &lex::Value| lex::string(v.kind, bytes.get(v.range.clone()).unwrap_or_default());
                values.push(list.iter().map(|v| one(v).unwrap_or_default()).collect());
            }
            Kind::Word if text.starts_with(b"begin") => values.clear(),
            Kind::Word if text == b"endbfchar" => {
                for pair in values.chunks(2) {
                    if let [code, to] = pair {
                        put(&mut out, number(code), to.first(), 0);
                    }
                }
                values.clear();
            }
            Kind::Word if text == b"endbfrange" => {
                for three in values.chunks(3) {
                    if let [from, to, target] = three {
                        range(&mut out, number(from), number(to), target);
                    }
                }
                values.clear();
            }
            _ => {}
        }
        if values.len() > ENTRIES {
            values.clear();
        }
    }
    out
}

fn number(value: &[Vec<u8>]) -> u32 {
    let bytes = value.first().map(Vec::as_slice).unwrap_or_default();
    bytes.iter().take(4).fold(0u32, |n, byte| n << 8 | u32::from(*byte))
}

fn put(out: &mut BTreeMap<u32, String>, code: u32, target: Option<&Vec<u8>>, add: u32) {
    let mut units = units(target.map(Vec::as_slice).unwrap_or_default());
    if let Some(last) = units.last_mut() {
        *last = last.wrapping_add(u16::try_from(add).unwrap_or(0));
    }
    units.truncate(16);
    if !units.is_empty() && out.len() < ENTRIES {
        out.insert(code, String::from_utf16_lossy(&units));
    }
}

fn range(out: &mut BTreeMap<u32, String>, from: u32, to: u32, target: &[Vec<u8>]) {
    let to = to.min(from.saturating_add(ENTRIES as u32));
    for (code, step) in (from..=to).zip(0u32..) {
        if out.len() >= ENTRIES {
            return;
        }
        match target {
            [start] => put(out, code, Some(start), step),
            list => match usize::try_from(step).ok().and_then(|at| list.get(at)) {
                Some(string) => put(out, code, Some(string), 0),
                None => return,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_are_read_in_all_their_forms() {
        let map = to_unicode(
            b"1 begincodespacerange <00> <FF> endcodespacerange\n2 beginbfchar <01> <4EBA> <02> <00660069> endbfchar\n\
              2 beginbfrange <10> <12> <0041> <20> <21> [<D83DDE00> <5DE5>] endbfrange",
        );
        let read: Vec<(u32, &str)> = map.iter().map(|(code, text)| (*code, text.as_str())).collect();
        assert_eq!(read, [(1, "人"), (2, "fi"), (16, "A"), (17, "B"), (18, "C"), (32, "😀"), (33, "工")]);
    }

    #[test]
    fn codes_without_a_map_are_read_as_far_as_they_are_known() {
        let simple = Font { coding: Coding::Simple(BTreeMap::from([(b'a', 'é')])), map: BTreeMap::new() };
        assert_eq!(simple.text(b"AI a\x01"), "AI é\u{FFFD}");
        let utf16 = Font { coding: Coding::Utf16, map: BTreeMap::new() };
        assert_eq!(utf16.text(&[0x4E, 0xBA, 0x5D, 0xE5]), "人工");
        let wide = Font { coding: Coding::Wide, map: BTreeMap::from([(0x0102, "人".to_owned())]) };
        assert_eq!(wide.text(&[1, 2, 0, 9]), "人\u{FFFD}");
    }
}
