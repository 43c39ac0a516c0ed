//! OpenDocument (ISO/IEC 26300-1): in texts, a paragraph before the first block, in the middle or at
//! the end; on request at the top of the header of every master page. Spreadsheets and presentations
//! are read only.

use crate::container::{Shown, shown};
use crate::error::Result;
use crate::message::container::office as rows;
use crate::notice::{Moment, TextNotice};

use super::super::odf::{self, OFFICE_NS};
use super::super::package::{Package, Part, refused};
use super::super::xml::{Element, LINE, Place, Scope, TextEdit, Visitor, append};
use super::draft::Draft;
use super::passages;

const CONTENT: &str = "content.xml";
const STYLES: &str = "styles.xml";
const TEXT_NS: &str = "urn:oasis:names:tc:opendocument:xmlns:text:1.0";
const STYLE_NS: &str = "urn:oasis:names:tc:opendocument:xmlns:style:1.0";
const FO_NS: &str = "urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0";
const TABLE_NS: &str = "urn:oasis:names:tc:opendocument:xmlns:table:1.0";

/// What stands in a text before its blocks, and behind them (26300-1 3.4).
const BEFORE: [&str; 12] = [
    "forms",
    "tracked-changes",
    "variable-decls",
    "sequence-decls",
    "user-field-decls",
    "dde-connection-decls",
    "alphabetical-index-auto-mark-file",
    "calculation-settings",
    "content-validations",
    "label-ranges",
    "page-sequence",
    "event-listeners",
];
const BEHIND: [&str; 5] = ["named-expressions", "database-ranges", "data-pilot-tables", "consolidation", "dde-links"];

/// An element that is there: its place, its name, its inside.
type Known = (Place, String, std::ops::Range<usize>);

/// What stands where in `content.xml` or `styles.xml`.
#[derive(Default)]
struct Outline {
    root: Option<String>,
    /// The automatic styles, and where the element begins that stands behind them.
    styles: Option<Known>,
    behind_styles: Option<usize>,
    names: Vec<String>,
    text: Option<Known>,
    /// Where blocks begin, and the first element behind them.
    starts: Vec<usize>,
    behind: Option<usize>,
    /// Master pages, each with its header.
    masters: Vec<(Known, Option<Known>)>,
    header: Option<Known>,
}

impl<'t> Visitor<'t> for Outline {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        let known = |element: &Element<'t>| (element.place, element.qname.to_owned(), element.inner.clone());
        let office = &*element.namespace == OFFICE_NS;
        match (open.len(), element.local()) {
            (0, _) => self.root = Some(element.qname.to_owned()),
            (1, "automatic-styles") if office => self.styles = Some(known(&element)),
            (1, "master-styles" | "body") if office => {
                self.behind_styles.get_or_insert(element.range.start);
            }
            (2, "text") if office => self.text = Some(known(&element)),
            (2, "style") => self.names.extend(element.value_in(STYLE_NS, "name").map(str::to_owned)),
            (2, "master-page") if &*element.namespace == STYLE_NS => {
                let header = self.header.take();
                self.masters.push((known(&element), header));
            }
            (3, "header") if &*element.namespace == STYLE_NS => self.header = Some(known(&element)),
            (3, local) if open.get(2).is_some_and(|outer| outer.is(OFFICE_NS, "text")) => {
                if BEHIND.contains(&local) && &*element.namespace == TABLE_NS {
                    self.behind.get_or_insert(element.range.start);
                } else if !BEFORE.contains(&local) {
                    self.starts.push(element.range.start);
                }
            }
            _ => {}
        }
    }
}

fn study(package: &mut Package<'_, '_>, name: &str) -> Result<(Part, Outline)> {
    let part = package.editable(name)?;
    let mut outline = Outline::default();
    part.study(package.limits, &mut outline)?;
    Ok((part, outline))
}

/// The style of the paragraph, black on white, and the edit that adds it.
fn style(part: &Part, outline: &Outline) -> Result<(String, TextEdit)> {
    let names = (1..=outline.names.len().saturating_add(1)).map(|n| format!("AINotice{n}"));
    let name = { names }.find(|name| !outline.names.contains(name)).unwrap_or_default();
    let style = format!(
        "<style:style xmlns:style=\"{STYLE_NS}\" xmlns:fo=\"{FO_NS}\" style:name=\"{name}\" style:family=\"paragraph\">\
         <style:paragraph-properties fo:margin-left=\"0cm\" fo:margin-right=\"0cm\" fo:text-indent=\"0cm\" \
         fo:margin-bottom=\"0.2cm\"/><style:text-properties fo:color=\"#000000\" fo:background-color=\"#ffffff\" \
         fo:font-size=\"12pt\" style:font-size-asian=\"12pt\"/></style:style>"
    );
    let edit = match (&outline.styles, outline.behind_styles) {
        (Some((place, qname, _)), _) => append(*place, qname, &style),
        (None, Some(at)) => {
            let root = outline.root.as_deref().unwrap_or_default();
            let element =
                root.split_once(':').map_or("automatic-styles".to_owned(), |(p, _)| format!("{p}:automatic-styles"));
            (at..at, format!("<{element}>{style}</{element}>"))
        }
        (None, None) => return Err(refused(&part.name, rows::XML_ELEMENT.with("name", "office:body"))),
    };
    Ok((name, edit))
}

fn paragraph(part: &Part, notice: &TextNotice, style: &str) -> Result<String> {
    let mut out = format!("<text:p xmlns:text=\"{TEXT_NS}\" text:style-name=\"{style}\">");
    for (number, line) in notice.lines.iter().enumerate() {
        if number > 0 {
            out.push_str("<text:line-break/>");
        }
        out.push_str(&part.escape(line, false)?);
    }
    out.push_str("</text:p>");
    Ok(out)
}

/// The edit that puts content at the beginning of an element.
fn prepend((place, qname, inner): &Known, content: &str) -> TextEdit {
    match place {
        Place::Before(_) => (inner.start..inner.start, content.to_owned()),
        Place::Slash(_) => append(*place, qname, content),
    }
}

/// Puts the paragraph at the asked places, and into the headers.
pub(super) fn put(package: &mut Package<'_, '_>, draft: &mut Draft, notice: &TextNotice) -> Result<()> {
    odf::is_open(package)?;
    let (part, outline) = study(package, CONTENT)?;
    let missing = || refused(CONTENT, rows::XML_ELEMENT.with("name", "office:text"));
    let (place, qname, inner) = outline.text.clone().ok_or_else(missing)?;
    let (name, style_edit) = style(&part, &outline)?;
    let text = paragraph(&part, notice, &name)?;
    let end = outline.behind.unwrap_or(inner.end);
    let start = outline.starts.first().copied().unwrap_or(end);
    let centre = start.saturating_add(end) / 2;
    let middle = outline.starts.iter().copied().skip(1).min_by_key(|at| at.abs_diff(centre)).unwrap_or(end);
    let mut edits = vec![style_edit];
    if matches!(place, Place::Slash(_)) {
        edits.push(append(place, &qname, &text));
    } else {
        edits.extend(notice.at.iter().map(|at| {
            let at = match at {
                Moment::Start => start,
                Moment::Middle => middle,
                Moment::End => end,
            };
            (at..at, text.clone())
        }));
    }
    draft.edit(&part, package.limits, edits)?;
    if notice.each_page && package.find(STYLES).is_some() {
        let (part, outline) = study(package, STYLES)?;
        let (name, style_edit) = style(&part, &outline)?;
        let text = paragraph(&part, notice, &name)?;
        let mut edits = vec![style_edit];
        for (master, header) in &outline.masters {
            edits.push(match header {
                Some(header) => prepend(header, &text),
                None => prepend(master, &format!("<style:header xmlns:style=\"{STYLE_NS}\">{text}</style:header>")),
            });
        }
        draft.edit(&part, package.limits, edits)?;
    }
    Ok(())
}

/// The words of paragraphs and headings.
#[derive(Default)]
struct Words {
    out: Vec<String>,
    /// Only what stands in headers.
    headers: bool,
}

impl<'t> Visitor<'t> for Words {
    fn wants(&self, element: &Element<'t>, _: &[Element<'t>]) -> bool {
        // Notes and comments within a paragraph are none of its words.
        matches!(element.local(), "p" | "h" | "annotation" | "note") && !element.namespace.is_empty()
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        let header = open.iter().any(|outer| outer.local().starts_with("header"));
        let gone = open.iter().any(|outer| outer.local() == "tracked-changes");
        if let Some(text) = element.text.take().filter(|_| header == self.headers && !gone)
            && element.is(TEXT_NS, element.local())
        {
            self.out.push(text.replace(LINE, "\n"));
        }
    }
}

/// Words of the headers and of the content.
pub(super) fn shown(package: &mut Package<'_, '_>) -> Result<Vec<Shown>> {
    let mut out = Vec::new();
    if let Ok(part) = package.part(STYLES)? {
        let mut words = Words { headers: true, ..Words::default() };
        let _ = part.scan(package.limits, &mut words);
        out.extend(super::bounded(passages(package, &part, words.out, Moment::Start)?, package.limits));
    }
    if let Ok(part) = package.part(CONTENT)? {
        let mut words = Words::default();
        let _ = part.scan(package.limits, &mut words);
        out.extend(shown::choose(passages(package, &part, words.out, Moment::Start)?, package.limits));
    }
    Ok(out)
}
