//! What stands in Tags and Info (RFC 9559 5.1.2 and 5.1.8).

use super::ebml::{self, Children, Part};
use super::id;
use crate::error::Result;

/// Deepest nesting of masters in Tags; sound files have three or four.
const DEPTH: usize = 32;

/// A SimpleTag with a text.
#[derive(Debug)]
pub(super) struct Text<'a> {
    /// Its name as written, without what follows a NUL; empty if none stands before the text.
    pub(super) name: &'a [u8],
    /// The SimpleTag.
    pub(super) tag: Part,
    /// Its TagString.
    pub(super) string: Part,
}

/// An open master.
struct Frame {
    part: Part,
    at: usize,
    name: Option<Part>,
    string: Option<Part>,
}

impl Frame {
    const fn new(part: Part) -> Self {
        Self { part, at: part.body, name: None, string: None }
    }

    fn text<'a>(&self, bytes: &'a [u8]) -> Option<Text<'a>> {
        let name = self.name.map(|name| ebml::text(name.payload(bytes))).unwrap_or_default();
        self.string.map(|string| Text { name, tag: self.part, string })
    }
}

/// What is wrong with a Tags element, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// No element stands here, or it reaches past its parent.
    Element(usize),
    /// Nested deeper than [`DEPTH`].
    Deep(usize),
}

/// Tells `see` of every SimpleTag with a TagString in a Tags element, with the masters around it
/// from the outside. Reads on behind what is broken, and gives back the first such place.
pub(super) fn walk<'a>(
    bytes: &'a [u8],
    tags: Part,
    see: &mut dyn FnMut(&[Part], Text<'a>) -> Result<()>,
) -> Result<Option<Broken>> {
    let mut broken = None;
    // The masters around the innermost open one.
    let mut around: Vec<Part> = Vec::new();
    let mut open = vec![Frame::new(tags)];
    while let Some(frame) = open.last_mut() {
        if frame.at >= frame.part.end {
            if let Some(text) = frame.text(bytes) {
                see(&around, text)?;
            }
            open.pop();
            around.pop();
            continue;
        }
        let Some(part) = Part::at(bytes, frame.at, frame.part.end) else {
            broken.get_or_insert(Broken::Element(frame.at));
            frame.at = frame.part.end;
            continue;
        };
        frame.at = part.end;
        match (frame.part.id, part.id) {
            (id::TAGS, id::TAG) | (id::TAG | id::SIMPLE_TAG, id::SIMPLE_TAG) => {
                if around.len() >= DEPTH {
                    broken.get_or_insert(Broken::Deep(part.start));
                    continue;
                }
                around.push(frame.part);
                open.push(Frame::new(part));
            }
            (id::SIMPLE_TAG, id::TAG_NAME) => frame.name = Some(part),
            (id::SIMPLE_TAG, id::TAG_STRING) => {
                // One is allowed; readers differ in which of several they take.
                let before = frame.text(bytes);
                frame.string = Some(part);
                if let Some(before) = before {
                    see(&around, before)?;
                }
            }
            _ => {}
        }
    }
    Ok(broken)
}

/// The texts of Info, by name.
pub(super) fn info(bytes: &[u8], info: &Part) -> Vec<(&'static str, Part)> {
    let named = |part: Part| {
        let name = match part.id {
            id::TITLE => "Title",
            id::MUXING_APP => "MuxingApp",
            id::WRITING_APP => "WritingApp",
            _ => return None,
        };
        Some((name, part))
    };
    // Each stands once; a file with more is made to cost.
    Children::of(bytes, info).filter_map(named).take(16).collect()
}
