//! DrawingML (ISO/IEC 29500-1 20, 21): the text box of a notice, and the words of paragraphs.

use crate::error::Result;
use crate::limits::Limits;
use crate::notice::TextNotice;

use super::super::package::Part;
use super::super::xml::{Element, Scope, Visitor};
use super::{Escape, Prefix, is_off, tagged, width_em, word};

/// Colour of the plate behind white text.
const PLATE: &str = "121212";
/// English Metric Units in a point (20.1.2.1).
pub(super) const POINT: f64 = 12_700.0;
/// Height of a line, and the space around the text, in em.
const LINE: f64 = 1.3;
const INSET: f64 = 0.4;
/// Ink height in em of Han characters, of letters with ascenders, and of those with both ascenders
/// and descenders.
const HAN: f64 = 0.85;
const LETTERS: f64 = 0.7;
const TALL_LETTERS: f64 = 0.88;

/// The ink height of a line in em: of its Han characters, or of all of it if it has none.
fn ink_share(line: &str) -> f64 {
    if line.chars().any(|c| u32::from(c) >= 0x1100) {
        HAN
    } else if line.contains(['g', 'j', 'p', 'q', 'y', 'Q']) {
        TALL_LETTERS
    } else {
        LETTERS
    }
}

/// The namespace of DrawingML in the conformance class of `namespace`.
pub(super) fn main_of(namespace: &str) -> &'static str {
    if namespace.starts_with("http://purl.oclc.org/") {
        "http://purl.oclc.org/ooxml/drawingml/main"
    } else {
        "http://schemas.openxmlformats.org/drawingml/2006/main"
    }
}

/// A text box with white text on a dark plate.
pub(super) struct TextBox {
    /// Size of the text, in hundredths of a point.
    size: u32,
    /// Width and height, in English Metric Units.
    pub(super) width: f64,
    pub(super) height: f64,
    /// Space around the text.
    inset: f64,
}

impl TextBox {
    /// A box whose text has an ink height of `ink` points, at most `room` points wide; long lines
    /// are wrapped.
    pub(super) fn new(notice: &TextNotice, ink: f64, room: f64) -> Self {
        let share = notice.lines.iter().map(|line| ink_share(line)).fold(1.0, f64::min);
        let em = (ink / share).ceil().clamp(1.0, 4_000.0);
        let inset = em * INSET;
        let inner = (room - 2.0 * inset).max(em);
        let longest = notice.lines.iter().map(|line| width_em(line) * em * 1.05).fold(0.0, f64::max);
        // What is wrapped ends earlier than its line does, by a word or a character.
        let rows: f64 = notice
            .lines
            .iter()
            .map(|line| {
                let width = width_em(line) * em * 1.05;
                if width <= inner { 1.0 } else { (width / (inner * 0.85)).ceil() }
            })
            .sum();
        Self {
            size: (em * 100.0) as u32,
            width: (longest.min(inner) + 2.0 * inset) * POINT,
            height: (rows * LINE * em + 2.0 * inset) * POINT,
            inset: inset * POINT,
        }
    }

    /// Properties and text of the shape, its elements named by the prefix `p` of the format.
    pub(super) fn shape(
        &self,
        notice: &TextNotice,
        p: &str,
        a: &Prefix,
        (x, y): (f64, f64),
        escape: Escape<'_>,
    ) -> Result<String> {
        let Prefix { name: a, declaration } = a;
        let whole = |value: f64| value.max(0.0).round() as i64;
        let (x, y, width, height, inset) =
            (whole(x), whole(y), whole(self.width), whole(self.height), whole(self.inset));
        let mut out = format!(
            "<{p}:spPr{declaration}><{a}:xfrm><{a}:off x=\"{x}\" y=\"{y}\"/><{a}:ext cx=\"{width}\" cy=\"{height}\"/>\
             </{a}:xfrm><{a}:prstGeom prst=\"rect\"><{a}:avLst/></{a}:prstGeom>\
             <{a}:solidFill><{a}:srgbClr val=\"{PLATE}\"/></{a}:solidFill><{a}:ln><{a}:noFill/></{a}:ln></{p}:spPr>\
             <{p}:txBody{declaration}><{a}:bodyPr wrap=\"square\" lIns=\"{inset}\" tIns=\"{inset}\" rIns=\"{inset}\" \
             bIns=\"{inset}\" rtlCol=\"0\" anchor=\"ctr\"><{a}:noAutofit/></{a}:bodyPr><{a}:lstStyle/>"
        );
        let size = self.size;
        for (line, language) in tagged(notice) {
            let language = match language {
                Some(tag) if word::is_east_asian(tag) => format!(" lang=\"{tag}\" altLang=\"en-US\""),
                Some(tag) => format!(" lang=\"{tag}\""),
                None => String::new(),
            };
            let text = escape(line)?;
            out.push_str(&format!(
                "<{a}:p><{a}:pPr marL=\"0\" indent=\"0\" algn=\"ctr\"><{a}:buNone/></{a}:pPr>\
                 <{a}:r><{a}:rPr{language} sz=\"{size}\" b=\"0\" i=\"0\">\
                 <{a}:solidFill><{a}:srgbClr val=\"FFFFFF\"/></{a}:solidFill><{a}:latin typeface=\"Arial\"/>\
                 <{a}:ea typeface=\"Microsoft YaHei\"/></{a}:rPr><{a}:t>{text}</{a}:t></{a}:r></{a}:p>"
            ));
        }
        out.push_str(&format!("</{p}:txBody>"));
        Ok(out)
    }
}

/// The words of paragraphs in WordprocessingML and DrawingML, whose paragraphs, runs and texts have
/// the same names.
#[derive(Default)]
pub(super) struct Paragraphs {
    /// Paragraphs that are open: where they begin, and what was found in them.
    open: Vec<(usize, String)>,
    /// Where the run begins whose text is hidden.
    hidden: Option<usize>,
    out: Vec<String>,
}

fn is_text(namespace: &str) -> bool {
    ["wordprocessingml/2006/main", "wordprocessingml/main", "drawingml/2006/main", "drawingml/main"]
        .iter()
        .any(|end| namespace.ends_with(end))
}

fn innermost<'e, 't>(open: &'e [Element<'t>], local: &str) -> Option<&'e Element<'t>> {
    open.iter().rev().find(|element| is_text(&element.namespace) && element.local() == local)
}

impl Paragraphs {
    /// Those of a part, in order, as far as it can be read.
    pub(super) fn of(part: &Part, limits: &Limits) -> Vec<String> {
        let mut found = Self::default();
        let _ = part.scan(limits, &mut found);
        found.out
    }

    /// Adds to the paragraph that stands around.
    fn push(&mut self, text: &str, open: &[Element<'_>]) {
        // What old programs see instead, and what was moved away.
        let other = |element: &Element<'_>| matches!(element.local(), "Fallback" | "moveFrom");
        let hidden = innermost(open, "r").is_some_and(|run| self.hidden == Some(run.range.start));
        let Some(paragraph) = innermost(open, "p").map(|p| p.range.start) else { return };
        if hidden || open.iter().any(other) {
            return;
        }
        match self.open.last_mut().filter(|(at, _)| *at == paragraph) {
            Some((_, found)) => found.push_str(text),
            None => self.open.push((paragraph, text.to_owned())),
        }
    }
}

impl<'t> Visitor<'t> for Paragraphs {
    fn wants(&self, element: &Element<'t>, _: &[Element<'t>]) -> bool {
        element.local() == "t" && is_text(&element.namespace)
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if !is_text(&element.namespace) {
            return;
        }
        let parent = open.last().map(Element::local);
        match element.local() {
            "t" => {
                if let Some(text) = element.text.take() {
                    self.push(&text, open);
                }
            }
            "br" | "cr" => self.push("\n", open),
            "tab" if parent == Some("r") => self.push("\t", open),
            "vanish" | "webHidden" if parent == Some("rPr") && !is_off(element.value_in(&element.namespace, "val")) => {
                let run = open.iter().rev().nth(1).filter(|run| run.local() == "r");
                self.hidden = run.map(|run| run.range.start).or(self.hidden);
            }
            "p" => {
                if let Some((_, text)) = self.open.pop_if(|(at, _)| *at == element.range.start) {
                    self.out.push(text);
                }
            }
            _ => {}
        }
    }
}
