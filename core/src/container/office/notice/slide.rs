//! PresentationML (ISO/IEC 29500-1 19): a text box on a slide, above all that is there: at the bottom
//! right or, where something stands there, in another place that is free. Its characters reach 5 % of the slide's shorter side.

use crate::container::Shown;
use crate::container::room::{Area, place};
use crate::error::{Error, Result};
use crate::message::container::office as rows;
use crate::message::notice::document as own;
use crate::notice::{Moment, TextNotice};

use super::super::package::{Package, Part, refused};
use super::super::xml::{Element, Place, Scope, TextEdit, Visitor, append};
use super::draft::Draft;
use super::drawing::{POINT, Paragraphs, TextBox, main_of};
use super::relations::{self, Relations};
use super::{Prefix, bounded, escape_in, is_off, looked_at, passages, shapes};

/// Height of the characters as a part of the slide's shorter side.
const RATIO: f64 = 0.05;
/// Distance to the edges, as a part of it.
const MARGIN: f64 = 0.03;
/// Most slides that are named as having something covered.
const COVERED: usize = 8;
/// Most slides of which it is known whether they are hidden.
const SEEN: usize = 256;
/// Size of a slide where none is stated, in English Metric Units.
const SIZE: (f64, f64) = (9_144_000.0, 6_858_000.0);

fn is_presentation(namespace: &str) -> bool {
    matches!(
        namespace,
        "http://schemas.openxmlformats.org/presentationml/2006/main" | "http://purl.oclc.org/ooxml/presentationml/main"
    )
}

/// Slides by the identifiers of their relationships, in order, and their size.
#[derive(Default)]
struct Deck {
    ids: Vec<String>,
    size: Option<(f64, f64)>,
}

impl<'t> Visitor<'t> for Deck {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if !is_presentation(&element.namespace) {
            return;
        }
        let side = |name| element.value(name).and_then(|v| v.trim().parse::<f64>().ok()).filter(|v| *v >= 1.0);
        match (open.len(), element.local()) {
            (2, "sldId") if open.last().is_some_and(|list| list.local() == "sldIdLst") => {
                self.ids.extend(relations::id_of(&element).map(str::to_owned));
            }
            (1, "sldSz") => self.size = side("cx").zip(side("cy")),
            _ => {}
        }
    }
}

/// Names of the slides in their order, and the width and height of all.
type Slides = (Vec<String>, (f64, f64));

/// The slides of a presentation, if it can be read.
fn deck(package: &mut Package<'_, '_>, main: &str) -> Result<Option<Slides>> {
    let Ok(part) = package.part(main)? else { return Ok(None) };
    let mut deck = Deck::default();
    if part.scan(package.limits, &mut deck).is_err() {
        return Ok(None);
    }
    let list = Relations::read(package, main)?;
    let paths = deck.ids.iter().filter_map(|id| list.by_id(id)).map(|relation| relation.path.clone()).collect();
    Ok(Some((paths, deck.size.unwrap_or(SIZE))))
}

/// What stands where on a slide.
#[derive(Default)]
struct Slide {
    hidden: bool,
    tree: Option<(Place, String, Prefix, Prefix)>,
    /// Extensions, which stand behind the last shape.
    extensions: Option<usize>,
    highest: u32,
}

impl<'t> Visitor<'t> for Slide {
    fn wants(&self, _: &Element<'t>, _: &[Element<'t>]) -> bool {
        false
    }

    fn visit(&mut self, element: Element<'t>, open: &[Element<'t>], scope: &Scope) {
        if element.local() == "cNvPr" {
            let id = element.value("id").and_then(|id| id.trim().parse().ok()).unwrap_or(0);
            self.highest = self.highest.max(id);
        }
        if !is_presentation(&element.namespace) {
            return;
        }
        match (open.len(), element.local()) {
            (0, "sld") => self.hidden = is_off(element.value("show")),
            (2, "spTree") => {
                let own = Prefix::of(scope, &element.namespace, "p");
                let drawing = Prefix::of(scope, main_of(&element.namespace), "a");
                self.tree = Some((element.place, element.qname.to_owned(), own, drawing));
            }
            (3, "extLst") if open.last().is_some_and(|tree| tree.local() == "spTree") => {
                self.extensions = Some(element.range.start);
            }
            _ => {}
        }
    }
}

fn study(package: &mut Package<'_, '_>, path: &str) -> Result<(Part, Slide)> {
    let part = package.editable(path)?;
    let mut slide = Slide::default();
    part.study(package.limits, &mut slide)?;
    Ok((part, slide))
}

/// The slides that get the box.
fn chosen(package: &mut Package<'_, '_>, notice: &TextNotice, paths: &[String]) -> Result<Vec<usize>> {
    if notice.each_page {
        return Ok((0..paths.len()).collect());
    }
    // Hidden slides are not shown, unless there are no others.
    let mut seen = |order: &mut dyn Iterator<Item = usize>| -> Result<Option<usize>> {
        for at in order {
            let Some(path) = paths.get(at) else { continue };
            if !study(package, path)?.1.hidden {
                return Ok(Some(at));
            }
        }
        Ok(None)
    };
    let last = paths.len().saturating_sub(1);
    let mut out = Vec::new();
    for at in &notice.at {
        let found = match at {
            Moment::Start => seen(&mut (0..paths.len()))?.unwrap_or(0),
            Moment::Middle => seen(&mut (paths.len() / 2..paths.len()))?.unwrap_or(last / 2),
            Moment::End => seen(&mut (0..paths.len()).rev())?.unwrap_or(last),
        };
        if !out.contains(&found) {
            out.push(found);
        }
    }
    Ok(out)
}

/// Puts the box on the asked slides.
pub(super) fn put(package: &mut Package<'_, '_>, draft: &mut Draft, notice: &TextNotice) -> Result<()> {
    let main = relations::editable_main(package)?;
    let (paths, size) =
        deck(package, &main)?.ok_or_else(|| refused(&main, rows::XML_ELEMENT.with("name", "presentation")))?;
    if paths.is_empty() {
        return Err(Error::Unsupported(own::NO_PAGE.problem()));
    }
    let mut done = Vec::new();
    for at in chosen(package, notice, &paths)? {
        let Some(path) = paths.get(at) else { continue };
        let (part, slide) = study(package, path)?;
        if !done.contains(&part.index) {
            done.push(part.index);
            let taken = shapes::taken(package, path, size)?;
            let (edit, covers) = text_box(&part, slide, notice, (size, &taken))?;
            if covers && draft.notes.len() < COVERED {
                draft.notes.push(own::COVERS.with("part", &part.name));
            }
            draft.edit(&part, package.limits, vec![edit])?;
        }
    }
    Ok(())
}

fn text_box(
    part: &Part,
    slide: Slide,
    notice: &TextNotice,
    ((width, height), taken): ((f64, f64), &[Area]),
) -> Result<(TextEdit, bool)> {
    let missing = || refused(&part.name, rows::XML_ELEMENT.with("name", "spTree"));
    let (behind, qname, p, a) = slide.tree.ok_or_else(missing)?;
    let short = width.min(height);
    let margin = short * MARGIN;
    let shape = TextBox::new(notice, short * RATIO / POINT, (width - 2.0 * margin) / POINT);
    if width - margin < shape.width || height - margin < shape.height {
        return Err(Error::Invalid(own::TOO_LARGE.with("part", &part.name)));
    }
    let ((left, low), covers) = place(taken, (width, height), (shape.width, shape.height), margin, true);
    let corner = (left, height - low - shape.height);
    let id = slide.highest.checked_add(1).filter(|id| *id <= i32::MAX as u32).unwrap_or(i32::MAX as u32);
    let inner = shape.shape(notice, &p.name, &a, corner, &escape_in(part))?;
    let Prefix { name, declaration } = &p;
    let text = format!(
        "<{name}:sp{declaration}><{name}:nvSpPr><{name}:cNvPr id=\"{id}\" name=\"AI notice {id}\"/>\
         <{name}:cNvSpPr txBox=\"1\"/><{name}:nvPr/></{name}:nvSpPr>{inner}</{name}:sp>"
    );
    let edit = match slide.extensions {
        Some(at) => (at..at, text),
        None => append(behind, &qname, &text),
    };
    Ok((edit, covers))
}

/// Words of the first, the middle and the last slides.
pub(super) fn shown(package: &mut Package<'_, '_>) -> Result<Vec<Shown>> {
    let Some(main) = relations::main_part(package)? else { return Ok(Vec::new()) };
    let Some((mut paths, _)) = deck(package, &main)? else { return Ok(Vec::new()) };
    if paths.len() <= SEEN {
        let mut hidden = Vec::new();
        for path in &paths {
            let mut slide = Slide::default();
            let read = package.part(path)?.map(|part| part.scan(package.limits, &mut slide));
            hidden.push(matches!(read, Ok(Ok(()))) && slide.hidden);
        }
        if !hidden.iter().all(|hidden| *hidden) {
            let mut seen = hidden.into_iter().map(|hidden| !hidden);
            paths.retain(|_| seen.next().unwrap_or(true));
        }
    }
    let mut groups: [Vec<Shown>; 3] = Default::default();
    for (at, moment) in looked_at(paths.len()) {
        let Some(Ok(part)) = paths.get(at).map(|path| package.part(path)).transpose()? else { continue };
        let texts = Paragraphs::of(&part, package.limits);
        let found = passages(package, &part, texts, moment)?;
        if let Some(group) = groups.get_mut(moment as usize) {
            group.extend(found);
        }
    }
    Ok(groups.into_iter().flat_map(|group| bounded(group, package.limits)).collect())
}
