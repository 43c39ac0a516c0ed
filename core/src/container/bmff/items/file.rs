//! A file whose content is items: its boxes, its `meta` and those inside of tracks.

use crate::container::bmff::boxes::BoxAt;
use crate::container::bmff::items::{Meta, broken};
use crate::container::bmff::tree::{Tree, XMP, run};
use crate::container::bmff::{FILE, complaint};
use crate::error::Result;
use crate::finding::Finding;
use crate::limits::Limits;
use crate::message::container::heif as rows;
use crate::source::Source;

/// The outline of a file.
#[derive(Debug)]
pub(crate) struct File {
    /// The boxes of the file, in order.
    pub(crate) top: Vec<BoxAt>,
    /// Where the last of them ends.
    pub(crate) end: u64,
    /// Whether what follows is no part of the file.
    pub(crate) trailing: bool,
    /// The items of the file.
    pub(crate) meta: Option<Meta>,
    /// Items of its tracks, and further ones (`meco`).
    pub(crate) nested: Vec<Meta>,
    /// What is wrong with the structure.
    pub(crate) findings: Vec<Finding>,
}

impl File {
    /// Reads the outline.
    pub(crate) fn read(source: &mut Source<'_>, limits: &Limits) -> Result<Self> {
        let len = source.len();
        let mut found = run(source, FILE, &(0..len), limits)?;
        let pictures = found.boxes.iter().any(|b| &b.kind == b"meta");
        // Another file behind this one: a moving picture to a still one.
        if let Some(second) = found.boxes.iter().skip(1).position(|b| &b.kind == b"ftyp") {
            found.boxes.truncate(second.saturating_add(1));
            found.end = found.boxes.last().map_or(0, |b| b.range.end);
            found.damage = None;
        }
        if let Some(damage) = found.damage.take_if(|_| pictures) {
            // What does not even look like a box was never one.
            let named = |b: &BoxAt| b.kind.iter().all(|c| matches!(c, b' '..=b'~'));
            let cut = found.boxes.last().filter(|b| b.range.start == damage.range.start).map(named);
            match cut {
                Some(true) => found.damage = Some(damage),
                Some(false) => drop(found.boxes.pop()),
                None => {}
            }
            found.end = found.boxes.last().map_or(0, |b| b.range.end);
        }
        let trailing = found.damage.is_none();
        let mut out = Self {
            end: found.end,
            trailing,
            meta: None,
            nested: Vec::new(),
            findings: found.damage.iter().map(complaint).collect(),
            top: found.boxes,
        };
        out.metas(source, limits)?;
        Ok(out)
    }

    fn metas(&mut self, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
        for kind in [b"meta", b"moov"] {
            if let Some(second) = self.top.iter().filter(|b| &b.kind == kind).nth(1) {
                self.findings.push(broken(second, rows::SEVERAL_BOXES.problem()));
            }
        }
        let of = |kind: &[u8; 4]| self.top.iter().find(|b| &b.kind == kind);
        let mut others = Vec::new();
        if let Some(moov) = of(b"moov") {
            let tree = Tree::read(source, moov, limits)?;
            self.findings.extend(tree.damage.iter().map(complaint));
            others.extend(tree.nodes.into_iter().map(|node| node.at).filter(|b| &b.kind == b"meta"));
        }
        if let Some(meco) = of(b"meco") {
            let inside = run(source, "meco", &meco.payload, limits)?;
            self.findings.extend(inside.damage.iter().map(complaint));
            others.extend(inside.boxes.into_iter().filter(|b| &b.kind == b"meta"));
        }
        if let Some(meta) = of(b"meta") {
            let meta = Meta::read(source, meta, limits)?;
            self.findings.extend(meta.findings.iter().cloned());
            self.meta = Some(meta);
        }
        // All of them together may cost what one may.
        let mut left = limits.clone();
        for other in &others {
            let meta = Meta::read(source, other, &left)?;
            if meta.places.is_some() {
                let entries = meta.children.len().saturating_add(meta.taken.len());
                left.segments = left.segments.saturating_sub(entries);
                left.metadata_bytes = left.metadata_bytes.saturating_sub(other.range.end - other.range.start);
                self.findings.extend(meta.findings.iter().cloned());
                self.nested.push(meta);
            }
        }
        Ok(())
    }

    /// Whether this box is XMP outside of all items.
    pub(crate) fn is_loose_xmp(found: &BoxAt) -> bool {
        found.uuid == Some(XMP)
    }

    /// Every `meta` box, that of the file first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Meta> {
        self.meta.iter().chain(&self.nested)
    }
}
