//! The tree of pages (ISO 32000-2 7.7.3), walked from its beginning or from its end.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::source::check_limit;

use super::doc::{Doc, Object};
use super::lex::{self, Kind, Reference};

/// Most kids of one node.
const KIDS: usize = 65_536;
/// US Letter, for pages that state no size.
const LETTER: [f64; 4] = [0.0, 0.0, 612.0, 792.0];

/// What pages take over from the nodes above them.
#[derive(Debug, Clone, Default)]
struct Inherited {
    /// A dictionary, or a reference to one.
    resources: Option<Object>,
    media: Option<[f64; 4]>,
    crop: Option<[f64; 4]>,
    rotate: Option<i64>,
}

/// A page.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) reference: Reference,
    pub(super) object: Object,
    /// Its resources or those that it takes over: a dictionary, or a reference to one.
    pub(super) resources: Option<Object>,
    /// What is displayed of it, in its own units: left, bottom, right, top.
    pub(super) shown: [f64; 4],
    /// By how many quarters it is turned clockwise when it is displayed.
    pub(super) quarters: u8,
    /// Size of its unit in points.
    pub(super) unit: f64,
}

impl Page {
    /// Width and height as displayed, in units of the page.
    pub(super) fn size(&self) -> (f64, f64) {
        let [left, bottom, right, top] = self.shown;
        let (width, height) = (right - left, top - bottom);
        if self.quarters % 2 == 1 { (height, width) } else { (width, height) }
    }

    /// From displayed places, counted from the lower left corner, to those of the page.
    pub(super) const fn matrix(&self) -> [f64; 6] {
        let [left, bottom, right, top] = self.shown;
        match self.quarters {
            1 => [0.0, 1.0, -1.0, 0.0, right, bottom],
            2 => [-1.0, 0.0, 0.0, -1.0, right, top],
            3 => [0.0, -1.0, 1.0, 0.0, left, top],
            _ => [1.0, 0.0, 0.0, 1.0, left, bottom],
        }
    }

    /// How high a place of the page stands when it is displayed: 0.0 is the lower edge, 1.0 the upper.
    pub(super) fn height_of(&self, x: f64, y: f64) -> f64 {
        let [left, bottom, right, top] = self.shown;
        let (at, size) = match self.quarters {
            1 => (right - x, right - left),
            2 => (top - y, top - bottom),
            3 => (x - left, right - left),
            _ => (y - bottom, top - bottom),
        };
        at / size.max(f64::MIN_POSITIVE)
    }
}

/// A number with or without fraction.
pub(super) fn number(bytes: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(bytes).ok()?;
    let plain = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'));
    text.parse::<f64>().ok().filter(|n| plain && n.abs() < 1e9)
}

fn rectangle(doc: &mut Doc<'_, '_>, node: &Object, key: &[u8]) -> Result<Option<[f64; 4]>> {
    let Some(array) = doc.get(node, key, 0)? else { return Ok(None) };
    let Some(values) = lex::array(&array.bytes, &array.value, doc.limits.pdf_depth, 4) else { return Ok(None) };
    let mut out = [0.0; 4];
    for (slot, at) in out.iter_mut().zip(0usize..) {
        let Some(value) = values.get(at) else { return Ok(None) };
        let Some(n) = doc.resolve(&array, value, 0)?.and_then(|n| number(n.text())) else { return Ok(None) };
        *slot = n;
    }
    let [a, b, c, d] = out;
    Ok(Some([a.min(c), b.min(d), a.max(c), b.max(d)]).filter(|[a, b, c, d]| c - a > 0.0 && d - b > 0.0))
}

fn single(doc: &mut Doc<'_, '_>, node: &Object, key: &[u8]) -> Result<Option<f64>> {
    Ok(doc.get(node, key, 0)?.and_then(|n| number(n.text())))
}

/// Nodes that are still to be looked at.
pub(super) struct Walk {
    open: Vec<(Reference, Inherited)>,
    seen: BTreeSet<u32>,
    from_end: bool,
}

impl Walk {
    pub(super) fn new(doc: &mut Doc<'_, '_>, from_end: bool) -> Result<Self> {
        let depth = doc.limits.pdf_depth;
        let root = doc.catalog()?.and_then(|catalog| catalog.dict(depth)?.reference(b"Pages"));
        let open = root.map(|root| (root, Inherited::default())).into_iter().collect();
        Ok(Self { open, seen: BTreeSet::new(), from_end })
    }

    /// The next page.
    pub(super) fn next(&mut self, doc: &mut Doc<'_, '_>) -> Result<Option<Page>> {
        while let Some((reference, mut inherited)) = self.open.pop() {
            if !self.seen.insert(reference.number) {
                continue;
            }
            check_limit("segments", self.seen.len() as u64, doc.limits.segments as u64)?;
            let Some(node) = doc.object(reference, 0)?.filter(|node| node.value.kind == Kind::Dict) else { continue };
            let own = node.dict(doc.limits.pdf_depth).and_then(|dict| dict.get(b"Resources").cloned());
            if let Some(own) = own {
                inherited.resources = Some(node.part(&own));
            }
            inherited.media = rectangle(doc, &node, b"MediaBox")?.or(inherited.media);
            inherited.crop = rectangle(doc, &node, b"CropBox")?.or(inherited.crop);
            inherited.rotate = single(doc, &node, b"Rotate")?.map(|n| n as i64).or(inherited.rotate);
            let Some(kids) = doc.get(&node, b"Kids", 0)? else {
                return page(doc, reference, node, inherited).map(Some);
            };
            let mut kids = lex::array(&kids.bytes, &kids.value, doc.limits.pdf_depth, KIDS).unwrap_or_default();
            if !self.from_end {
                kids.reverse();
            }
            check_limit("segments", self.open.len() as u64, doc.limits.segments as u64)?;
            self.open.extend(kids.iter().filter_map(lex::reference).map(|kid| (kid, inherited.clone())));
        }
        Ok(None)
    }
}

fn page(doc: &mut Doc<'_, '_>, reference: Reference, object: Object, inherited: Inherited) -> Result<Page> {
    let unit = single(doc, &object, b"UserUnit")?.filter(|unit| *unit > 0.0).unwrap_or(1.0);
    let media = inherited.media.unwrap_or(LETTER);
    let crop = inherited.crop.unwrap_or(media);
    let ([a, b, c, d], [e, f, g, h]) = (media, crop);
    let both = [a.max(e), b.max(f), c.min(g), d.min(h)];
    let [left, bottom, right, top] = both;
    let shown = if right > left && top > bottom { both } else { media };
    let quarters = u8::try_from(inherited.rotate.unwrap_or(0).rem_euclid(360) / 90).unwrap_or(0);
    Ok(Page { reference, object, resources: inherited.resources, shown, quarters, unit })
}

/// A stream of a page's content: where it stands, and where its data does.
pub(super) struct Content {
    pub(super) reference: Reference,
    pub(super) object: Object,
}

/// The streams of a page's content, in order.
pub(super) fn contents(doc: &mut Doc<'_, '_>, page: &Page) -> Result<Vec<Content>> {
    let value = page.object.dict(doc.limits.pdf_depth).and_then(|dict| dict.get(b"Contents").cloned());
    let Some(value) = value else { return Ok(Vec::new()) };
    let mut references = Vec::new();
    let whole = doc.resolve(&page.object, &value, 0)?;
    match whole.as_ref().and_then(|w| lex::array(&w.bytes, &w.value, doc.limits.pdf_depth, KIDS)) {
        Some(list) => references.extend(list.iter().filter_map(lex::reference)),
        None => references.extend(lex::reference(&value)),
    }
    let mut out = Vec::new();
    for reference in references {
        if let Some(object) = doc.object(reference, 0)? {
            out.push(Content { reference, object });
        }
    }
    Ok(out)
}
