//! Notices in interfaces that show generated content (GB 45438-2025, the clause on interaction interfaces): words
//! near the content, for as long as it is shown.

use crate::container::html::attribute;
use crate::container::text::notice::check;
use crate::error::Result;
use crate::label::Level;
use crate::notice::TextNotice;

/// A web component `<biaoshi-notice>`: a JavaScript module without dependencies, for the caller to
/// serve. Attributes: `level` (`1`, `2`, `3`), `lang`, `also` (a second language), `position`
/// (`top`, `bottom`, `corner`, `inline`). Its text has a contrast of at least 4.5 to 1 on light and
/// dark pages, keeps to the colours of the system where these are forced, and wraps in 320 pixels.
pub const COMPONENT: &str = include_str!("interface/biaoshi-notice.js");

/// Where the component stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Position {
    /// At the top of the part that scrolls, always seen.
    Top,
    /// At its bottom, always seen.
    Bottom,
    /// In the corner of the window at the end of the text's direction, always seen.
    Corner,
    /// Where the element stands.
    #[default]
    Inline,
}

impl Position {
    /// The value of the attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Bottom => "bottom",
            Self::Corner => "corner",
            Self::Inline => "inline",
        }
    }
}

/// What the notice is called for people who hear the page, by language.
const NAMES: &[(&str, &str)] = &[
    ("zh", "提示"),
    ("en", "Notice"),
    ("pt", "Aviso"),
    ("es", "Aviso"),
    ("fr", "Avis"),
    ("de", "Hinweis"),
    ("ko", "안내"),
    ("ja", "お知らせ"),
    ("vi", "Thông báo"),
];

/// The name in the language of a BCP 47 tag.
fn name(tag: &str) -> Option<&'static str> {
    let first = tag.split('-').next().unwrap_or_default().to_ascii_lowercase();
    NAMES.iter().find(|(language, _)| *language == first).map(|(_, name)| *name)
}

const STYLE: &str = "margin:0;padding:.5em .75em;border:1px solid #6b5300;background:#fff7e0;color:#1f1f1f;\
font:600 1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere;text-align:start";

/// A piece of HTML in ASCII that shows the lines of a notice: an element with the role `note`, a name for people
/// who hear the page, and the language of each line. [`TextNotice::at`] says where in a text and
/// does not matter here, but is checked.
///
/// # Errors
/// [`crate::Error::Invalid`] if the notice breaks a rule of [`TextNotice`]; [`crate::Error::Refused`] for a
/// tag of a language with control characters.
///
/// ```
/// use biaoshi::notice::{Moment, TextNotice, interface};
/// let notice = TextNotice {
///     lines: vec!["AI生成".into(), "AI-generated".into()],
///     languages: vec!["zh-Hans".into(), "en".into()],
///     at: vec![Moment::Start],
///     ..TextNotice::default()
/// };
/// let html = interface::html(&notice)?;
/// assert!(html.starts_with("<div role=\"note\"") && html.contains("<p lang=\"en\""));
/// # Ok::<(), biaoshi::Error>(())
/// ```
pub fn html(notice: &TextNotice) -> Result<String> {
    check(notice)?;
    let mut lines = String::new();
    for (index, line) in notice.lines.iter().enumerate() {
        let lang = match notice.languages.get(index).filter(|tag| !tag.is_empty()) {
            Some(tag) => format!(" lang=\"{}\"", attribute(tag)?),
            None => String::new(),
        };
        lines.push_str(&format!("<p{lang} style=\"margin:0\">{}</p>", attribute(line)?));
    }
    let mut names: Vec<&str> = notice.languages.iter().filter_map(|tag| name(tag)).collect();
    names.dedup();
    let names = if names.is_empty() { "提示 / Notice".to_owned() } else { names.join(" / ") };
    Ok(format!("<div role=\"note\" aria-label=\"{}\" style=\"{STYLE}\">{lines}</div>", attribute(&names)?))
}

/// The element of [`COMPONENT`] for content of this level, in one language or two, by BCP 47 tag.
///
/// # Errors
/// [`crate::Error::Refused`] for a tag with control characters.
///
/// ```
/// use biaoshi::label::Level;
/// use biaoshi::notice::interface::{Position, element};
/// let html = element(Level::Is, "zh-Hans", Some("en"), Position::Top)?;
/// assert_eq!(html, "<biaoshi-notice level=\"1\" lang=\"zh-Hans\" also=\"en\" position=\"top\"></biaoshi-notice>");
/// # Ok::<(), biaoshi::Error>(())
/// ```
pub fn element(level: Level, language: &str, also: Option<&str>, position: Position) -> Result<String> {
    let also = match also {
        Some(tag) => format!(" also=\"{}\"", attribute(tag)?),
        None => String::new(),
    };
    Ok(format!(
        "<biaoshi-notice level=\"{}\" lang=\"{}\"{also} position=\"{}\"></biaoshi-notice>",
        level.code(),
        attribute(language)?,
        position.name()
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;
    use crate::notice::Moment;

    /// Relative luminance (WCAG 2.2) of `#rrggbb`.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let c = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The values of a name in the component's style sheet.
    fn colours(name: &str) -> Vec<&'static str> {
        let found = COMPONENT.match_indices(name).map(|(at, _)| COMPONENT[at + name.len()..].trim_start());
        found
            .filter(|rest| rest.starts_with('#'))
            .map(|rest| rest.split(';').next().unwrap())
            .filter(|c| c.len() == 7)
            .collect()
    }

    #[test]
    fn contrast_is_enough_on_light_and_dark_pages() {
        assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 1e-9);
        let (ink, paper, edge) = (colours("--ink:"), colours("--paper:"), colours("--edge:"));
        assert_eq!((ink.len(), paper.len(), edge.len()), (2, 2, 2));
        for index in 0..2 {
            assert!(contrast(ink[index], paper[index]) >= 4.5, "{}", contrast(ink[index], paper[index]));
            assert!(contrast(edge[index], paper[index]) >= 3.0);
        }
        assert!(STYLE.contains("background:#fff7e0;color:#1f1f1f") && contrast("#1f1f1f", "#fff7e0") >= 4.5);
    }

    #[test]
    fn words_of_the_component_are_those_of_the_profile() {
        let data = crate::Profile::CN_GB45438.data().unwrap();
        for language in ["zh-Hans", "zh-Hant", "en", "pt"] {
            let quoted =
                if language.contains('-') { format!("\"{language}\": {{") } else { format!("\n  {language}: {{") };
            let row = COMPONENT.split(&quoted).nth(1).unwrap().lines().next().unwrap();
            for level in [Level::Is, Level::Possible, Level::Suspected] {
                let due = format!("{}: \"{}\"", level.code(), data.wording(level, language).unwrap());
                assert!(row.contains(&due), "{language} {due}");
            }
        }
    }

    #[test]
    fn pieces_are_escaped() {
        let notice = TextNotice {
            lines: vec!["AI生成 <b>&\"'".to_owned()],
            languages: vec!["zh-Hans\" onload=\"x".to_owned()],
            at: vec![Moment::Start],
            ..TextNotice::default()
        };
        let html = html(&notice).unwrap();
        assert!(html.is_ascii() && !html.contains("<b>") && !html.contains("onload=\"x"));
        assert!(html.contains("aria-label=\"&#x63D0;&#x793A;\"") || html.contains("Notice"));
        assert!(element(Level::Is, "zh\n", None, Position::Inline).is_err());
        assert!(!COMPONENT.contains("innerHTML") && !COMPONENT.contains("http"));
        // It may stand within a page.
        assert!(!COMPONENT.contains("</") && !COMPONENT.contains("<!--"));
    }
}
