//! What stands where on a slide (ISO/IEC 29500-1 19.3.1): shapes, pictures, frames and groups, with the places that
//! placeholders take over from the layout and the master.

use crate::container::room::Area;
use crate::error::Result;

use super::super::package::Package;
use super::super::xml::{Element, Scope, Visitor};
use super::drawing::POINT;
use super::relations::Relations;
use super::width_em;

/// Most shapes of one part.
const MOST: usize = 1_024;
/// What covers so much of a slide is its background, unless it is a picture of the slide's own.
const BACKGROUND: f64 = 0.85;
/// Size of the text of a placeholder in points where none is stated, height of a line and space between
/// paragraphs as parts of it, and space around the text.
const SIZE: f64 = 32.0;
const LINE: f64 = 1.3;
const GAP: f64 = 0.3;
const INSET: f64 = 7.2;

/// A shape: left, top, width and height in English Metric Units.
#[derive(Debug, Clone, Default)]
struct Shape {
    /// Type and index of a placeholder.
    holder: Option<(String, String)>,
    area: Option<[f64; 4]>,
    picture: bool,
    /// Paragraphs: the width of each in em, and the size of its text in points.
    words: Vec<(f64, f64)>,
    /// Whether it is a placeholder without words, which is not shown.
    unseen: bool,
    /// Whether the words begin at the top of the shape, as far as the slide says.
    from_top: bool,
}

impl Shape {
    /// The kind of placeholder, as layouts and masters share it.
    fn kind(&self) -> Option<&str> {
        let (kind, _) = self.holder.as_ref()?;
        Some(match kind.as_str() {
            "ctrTitle" => "title",
            "" | "obj" | "subTitle" => "body",
            other => other,
        })
    }

    /// The part of its area that words fill, for a placeholder that grows from its top.
    fn filled(&self, [left, top, width, height]: [f64; 4]) -> [f64; 4] {
        let room = (width / POINT - 2.0 * INSET).max(1.0);
        let row = |(em, size): &(f64, f64)| ((em * size / room).ceil().max(1.0) * LINE + GAP) * size;
        let filled = self.words.iter().map(row).sum::<f64>() + 2.0 * INSET;
        let grows = self.kind() == Some("body") && self.from_top;
        [left, top, width, if grows { height.min(filled * POINT) } else { height }]
    }
}

/// The shapes of a slide, a layout or a master.
#[derive(Default)]
struct Shapes {
    found: Vec<Shape>,
    open: Shape,
    place: (Option<[f64; 2]>, Option<[f64; 2]>),
    em: f64,
    size: Option<f64>,
    anchored: bool,
}

/// Whether an element is the place of the shape that stands in the tree, and not of one in a group.
fn is_own(open: &[Element<'_>]) -> bool {
    let local = |at: usize| open.get(at).map_or("", Element::local);
    match open.len() {
        5 => local(3) == "graphicFrame" && local(4) == "xfrm",
        6 => matches!(local(3), "sp" | "pic" | "cxnSp" | "grpSp") && local(5) == "xfrm",
        _ => false,
    }
}

impl<'t> Visitor<'t> for Shapes {
    fn wants(&self, element: &Element<'t>, open: &[Element<'t>]) -> bool {
        element.local() == "t" && open.len() > 4
    }

    fn visit(&mut self, mut element: Element<'t>, open: &[Element<'t>], _: &Scope) {
        if open.get(2).is_none_or(|tree| tree.local() != "spTree") {
            return;
        }
        let number = |name| element.value(name).and_then(|value| value.trim().parse::<f64>().ok());
        match (open.len(), element.local()) {
            (_, "off") if is_own(open) => self.place.0 = number("x").zip(number("y")).map(<[f64; 2]>::from),
            (_, "ext") if is_own(open) => self.place.1 = number("cx").zip(number("cy")).map(<[f64; 2]>::from),
            (6, "ph") => {
                let value = |name| element.value(name).unwrap_or_default().to_owned();
                self.open.holder = Some((value("type"), value("idx")));
            }
            (_, "bodyPr") => self.anchored = element.value("anchor").is_some_and(|anchor| anchor != "t"),
            (_, "rPr") => self.size = number("sz").map(|size| size / 100.0).or(self.size),
            (_, "t") => self.em += element.text.take().map_or(0.0, |text| width_em(text.trim())),
            (_, "p") => {
                let size = self.size.take().unwrap_or(SIZE).clamp(1.0, 4_000.0);
                self.open.words.push((std::mem::take(&mut self.em), size));
            }
            (3, local @ ("sp" | "pic" | "cxnSp" | "grpSp" | "graphicFrame")) => {
                let mut shape = std::mem::take(&mut self.open);
                let (off, ext) = std::mem::take(&mut self.place);
                shape.area = off.zip(ext).map(|([x, y], [width, height])| [x, y, width, height]);
                shape.picture = local == "pic";
                shape.from_top = !std::mem::take(&mut self.anchored);
                let silent = shape.words.iter().all(|(em, _)| *em <= 0.0);
                shape.unseen = shape.holder.is_some() && local == "sp" && silent;
                if self.found.len() < MOST {
                    self.found.push(shape);
                }
            }
            _ => {}
        }
    }
}

/// The shapes of a part, and the name of the one that it is made after.
fn read(package: &mut Package<'_, '_>, path: &str, above: &str) -> Result<(Vec<Shape>, Option<String>)> {
    let mut shapes = Shapes::default();
    if let Ok(part) = package.part(path)? {
        let _ = part.scan(package.limits, &mut shapes);
    }
    let above = Relations::read(package, path)?.first(above).map(|relation| relation.path.clone());
    Ok((shapes.found, above))
}

/// The areas of a slide of this size that something takes, counted from its lower left corner.
pub(super) fn taken(package: &mut Package<'_, '_>, path: &str, (width, height): (f64, f64)) -> Result<Vec<Area>> {
    let (slide, layout) = read(package, path, "slideLayout")?;
    let (layout, master) = match layout {
        Some(layout) => read(package, &layout, "slideMaster")?,
        None => (Vec::new(), None),
    };
    let master = match master {
        Some(master) => read(package, &master, "theme")?.0,
        None => Vec::new(),
    };
    let above = |shape: &Shape| {
        let (_, index) = shape.holder.as_ref()?;
        let same = |other: &&Shape| other.holder.as_ref().is_some_and(|(_, there)| there == index && !index.is_empty());
        let alike = |other: &&Shape| other.kind() == shape.kind();
        let found = layout.iter().find(same).or_else(|| layout.iter().find(alike));
        let from_layout = found.and_then(|other| other.area);
        from_layout.or_else(|| master.iter().find(alike).and_then(|other| other.area))
    };
    let large = |[_, _, w, h]: &[f64; 4]| w * h >= BACKGROUND * width * height;
    let mut areas = Vec::new();
    for shape in &slide {
        let Some(area) = shape.area.or_else(|| above(shape)) else { continue };
        if !shape.unseen && (shape.picture || !large(&area) || !shape.words.is_empty()) {
            areas.push(shape.filled(area));
        }
    }
    let beside = layout.iter().chain(&master).filter(|shape| shape.holder.is_none()).filter_map(|shape| shape.area);
    areas.extend(beside.filter(|area| !large(area)));
    Ok(areas.into_iter().map(|[x, y, w, h]| [x, height - y - h, x + w, height - y]).collect())
}
