//! Labels on texts while a model writes them.
//!
//! [`TextStream`] puts notices around text that comes in pieces. [`EventStream`] does the same for
//! server-sent events in the shape of chat completions, and adds the AIGC object to the first and
//! last event. Nothing that can be shown is held back.

mod events;
#[cfg(test)]
mod tests;
mod text;

pub use events::EventStream;
pub use text::TextStream;

use crate::container::text::notice::{check, markdown};
use crate::error::{Error, Result};
use crate::message::notice::text as rows;
use crate::notice::{Moment, TextNotice};

/// How a text is marked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Markup {
    /// It is shown as it stands.
    Plain,
    /// It is shown as Markdown, as programs for chats do. The notice is a paragraph of its own; a
    /// text that ends within a fenced code block shows the notice at its end within it.
    #[default]
    Markdown,
}

/// A notice before the text and one behind it, line breaks included; empty where none is asked.
#[derive(Debug, Clone, Default)]
struct Around {
    before: String,
    behind: String,
}

impl Around {
    /// # Errors
    /// [`Error::Invalid`] if the notice is none, or is asked for in the middle.
    fn new(notice: &TextNotice, markup: Markup) -> Result<Self> {
        check(notice)?;
        if notice.at.contains(&Moment::Middle) {
            return Err(Error::Invalid(rows::STREAM_MIDDLE.problem()));
        }
        let words = match markup {
            Markup::Plain => notice.lines.join("\n"),
            Markup::Markdown => markdown::paragraph(&notice.lines, "\n"),
        };
        let at = |moment: Moment, text: String| if notice.at.contains(&moment) { text } else { String::new() };
        Ok(Self { before: at(Moment::Start, format!("{words}\n\n")), behind: at(Moment::End, format!("\n\n{words}")) })
    }
}
