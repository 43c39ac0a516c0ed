//! What the mark-up itself hides: the attribute `hidden` and styles in attributes. Style sheets are not
//! read.

use super::tokens::{Tag, Tokens};
use super::{notice::INLINE, resolve};
use crate::container::text::units::Form;
use crate::error::Result;

/// Most bytes of a style that are read.
const STYLE: u64 = 8 << 10;

/// What a tag does to the sight of what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sight {
    /// Nothing.
    Same,
    /// Nobody sees any of it.
    Unseen,
    /// It is not seen, unless something in it says that it is.
    Hidden,
    /// It is seen again.
    Visible,
}

/// What a style says.
fn of_style(style: &str) -> (Sight, Option<bool>) {
    let (mut sight, mut displayed) = (Sight::Same, None);
    for rule in style.to_ascii_lowercase().split(';') {
        let Some((name, value)) = rule.split_once(':') else { continue };
        let value = value.trim().trim_end_matches("!important").trim();
        let nought = || value.trim_end_matches('%').parse::<f64>().is_ok_and(|n| n <= 0.0);
        match name.trim() {
            "display" => displayed = Some(value != "none"),
            "opacity" if nought() => sight = Sight::Unseen,
            "content-visibility" if value == "hidden" => sight = Sight::Unseen,
            "visibility" if sight != Sight::Unseen => {
                sight = if matches!(value, "hidden" | "collapse") { Sight::Hidden } else { Sight::Visible };
            }
            _ => {}
        }
    }
    (sight, displayed)
}

/// What this tag does.
pub(super) fn sight(tag: &Tag, form: Form, tokens: &mut Tokens<'_, '_>) -> Result<Sight> {
    let style = match tag.attribute("style") {
        Some(range) => {
            let bytes = tokens.bytes(range.start..range.end.min(range.start.saturating_add(STYLE)))?;
            String::from_utf8_lossy(&resolve(&form.decode(bytes))).into_owned()
        }
        None => String::new(),
    };
    let (sight, displayed) = of_style(&style);
    // A style of its own counts more than the attribute.
    let hidden = tag.attribute("hidden").is_some() && displayed.is_none();
    Ok(if hidden || displayed == Some(false) { Sight::Unseen } else { sight })
}

/// Elements without an end tag.
const VOID: &[&[u8]] = &[
    b"area", b"base", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"source", b"track", b"wbr",
];
/// Elements whose end tag may be left out where the next of them begins.
const LISTED: &[&[u8]] = &[b"li", b"dt", b"dd", b"tr", b"td", b"th", b"option"];

/// Open elements, as far as they matter to what is seen.
#[derive(Default)]
pub(super) struct Open {
    stack: Vec<(Vec<u8>, Sight)>,
}

/// Most open elements that are told apart.
const DEPTH: usize = 4096;

impl Open {
    /// Whether what stands here is seen.
    pub(super) fn is_seen(&self) -> bool {
        let last = self.stack.iter().rev().map(|(_, sight)| *sight).find(|sight| *sight != Sight::Same);
        last != Some(Sight::Hidden) && !self.stack.iter().any(|(_, sight)| *sight == Sight::Unseen)
    }

    /// A start tag; `closed` where it has no content.
    pub(super) fn start(&mut self, name: &[u8], sight: Sight, closed: bool) {
        self.leave_paragraph(name);
        if closed || VOID.contains(&name) || self.stack.len() >= DEPTH {
            return;
        }
        if LISTED.contains(&name) {
            self.end(name);
        }
        // Only what closes something that matters has to be known.
        if sight != Sight::Same || self.stack.iter().any(|(open, _)| open == name) {
            self.stack.push((name.to_vec(), sight));
        }
    }

    /// An end tag. What stands behind the end of the body still belongs to it.
    pub(super) fn end(&mut self, name: &[u8]) {
        if matches!(name, b"body" | b"html") {
            return;
        }
        match self.stack.iter().rposition(|(open, _)| open == name) {
            Some(at) => self.stack.truncate(at),
            None => self.leave_paragraph(name),
        }
    }

    /// A paragraph ends where another block begins or the one around it ends.
    fn leave_paragraph(&mut self, name: &[u8]) {
        if !INLINE.contains(&name) && !VOID.contains(&name) {
            self.stack.pop_if(|(open, _)| open == b"p");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn styles_that_hide() {
        for (style, due) in [
            ("display:none", (Sight::Same, Some(false))),
            ("color:red; DISPLAY : None !important", (Sight::Same, Some(false))),
            ("display:none;display:block", (Sight::Same, Some(true))),
            ("opacity:0", (Sight::Unseen, None)),
            ("opacity:0.0%", (Sight::Unseen, None)),
            ("opacity:.5", (Sight::Same, None)),
            ("visibility:hidden", (Sight::Hidden, None)),
            ("visibility:visible", (Sight::Visible, None)),
            ("x", (Sight::Same, None)),
        ] {
            assert_eq!(of_style(style), due, "{style}");
        }
    }
}
