//! Every text value of a movie: named keys, iTunes items, user data, XMP.

use std::ops::Range;

use crate::container::bmff::KEYS;
use crate::container::bmff::boxes::{self, BoxAt};
use crate::container::bmff::tree::{Node, Tree, is_full, run};
use crate::container::{ASIDE, FINDINGS, RawValue, SegmentMap, Slot};
use crate::error::{Problem, Result};
use crate::finding::{self, Finding, Site};
use crate::limits::Limits;
use crate::message::container::bmff as rows;
use crate::source::{Source, check_limit};

/// Most bytes of a key's name that are kept.
const NAME: u64 = 256;

/// Counted for a value on top of its bytes, so that empty ones don't come for free.
const COST: u64 = 256;

/// Collects values.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) values: Vec<RawValue>,
    pub(super) findings: Vec<Finding>,
    limits: &'a Limits,
    /// Bytes read so far.
    total: u64,
}

/// What a `meta` box is.
pub(super) struct Meta {
    /// Its handler.
    pub(super) handler: Option<[u8; 4]>,
    pub(super) keys: Option<BoxAt>,
    pub(super) list: Option<BoxAt>,
}

impl Meta {
    /// Sorts the boxes of a `meta`.
    pub(super) fn of<'b>(source: &mut Source<'_>, children: impl Iterator<Item = (usize, &'b Node)>) -> Result<Self> {
        let mut out = Self { handler: None, keys: None, list: None };
        for (_, Node { at: one, .. }) in children {
            match &one.kind {
                b"hdlr" if out.handler.is_none() => {
                    out.handler = source.array::<4>(one.payload.start.saturating_add(8))?;
                }
                b"keys" if out.keys.is_none() => out.keys = Some(one.clone()),
                b"ilst" if out.list.is_none() => out.list = Some(one.clone()),
                _ => {}
            }
        }
        Ok(out)
    }
}

/// The names of a `keys` box.
pub(super) struct Keys {
    /// Each with its namespace; names are cut at [`NAME`] bytes.
    pub(super) names: Vec<([u8; 4], Vec<u8>)>,
    /// Where the last of them ends.
    pub(super) end: u64,
    /// Whether they are as many as stated.
    pub(super) sound: bool,
}

impl Keys {
    pub(super) fn read(source: &mut Source<'_>, keys: &BoxAt, limits: &Limits) -> Result<Self> {
        let payload = keys.payload.clone();
        let count = source.array::<4>(payload.start.saturating_add(4))?.map_or(0, u32::from_be_bytes);
        let mut out = Self { names: Vec::new(), end: payload.start.saturating_add(8), sound: false };
        for _ in 0..count {
            check_limit("segments", out.names.len() as u64, limits.segments as u64)?;
            let Some([s0, s1, s2, s3, namespace @ ..]) =
                source.array::<8>(out.end)?.filter(|_| out.end.saturating_add(8) <= payload.end)
            else {
                return Ok(out);
            };
            let size = u64::from(u32::from_be_bytes([s0, s1, s2, s3]));
            let next = out.end.saturating_add(size);
            if size < 8 || next > payload.end {
                return Ok(out);
            }
            let name = out.end.saturating_add(8)..next.min(out.end.saturating_add(8 + NAME));
            out.names.push((namespace, source.bytes(name, NAME, "metadata_bytes")?));
            out.end = next;
        }
        out.sound = out.end <= payload.end;
        Ok(out)
    }

    /// The name that an item of this type has.
    fn name(&self, kind: [u8; 4]) -> Option<&[u8]> {
        let at = usize::try_from(u32::from_be_bytes(kind)).ok()?.checked_sub(1)?;
        self.names.get(at).map(|(_, name)| name.as_slice())
    }
}

/// Bytes as text, each byte for itself where they are no UTF-8.
fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(|_| bytes.iter().map(|b| char::from(*b)).collect(), str::to_owned)
}

/// UTF-16 as UTF-8, from the highest byte unless a mark says otherwise.
fn utf16(bytes: &[u8]) -> Vec<u8> {
    let (little, bytes) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (true, rest),
        [0xFE, 0xFF, rest @ ..] => (false, rest),
        all => (false, all),
    };
    let units = bytes.chunks_exact(2).filter_map(|unit| <[u8; 2]>::try_from(unit).ok());
    let units = units.map(|unit| if little { u16::from_le_bytes(unit) } else { u16::from_be_bytes(unit) });
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect::<String>().into_bytes()
}

impl<'a> Reader<'a> {
    pub(super) const fn new(limits: &'a Limits) -> Self {
        Self { values: Vec::new(), findings: Vec::new(), limits, total: 0 }
    }

    /// Reads every place of the file.
    pub(super) fn file(&mut self, source: &mut Source<'_>, map: &SegmentMap) -> Result<()> {
        for segment in map.segments.iter().filter(|s| s.slot == Some(Slot::Xmp)) {
            self.packet(source, &segment.name, &segment.range, &segment.payload)?;
        }
        for root in map.segments.iter().filter(|s| matches!(s.name.as_str(), "moov" | "meta")) {
            let (Some(root), _) = boxes::read(source, root.range.start, map.len)? else { continue };
            let tree = Tree::read(source, &root, self.limits)?;
            for (at, node) in tree.nodes.iter().enumerate() {
                match (tree.parent_kind(node), &node.at.kind) {
                    (_, b"meta") => self.meta(source, &tree, at, node)?,
                    (Some(b"udta"), b"XMP_") => self.packet(source, "XMP_", &node.at.range, &node.at.payload)?,
                    (Some(b"udta"), b"free" | b"skip" | b"wide") => {}
                    (Some(b"udta"), _) => self.user_data(source, &node.at)?,
                    _ => {}
                }
            }
        }
        self.values.sort_by_key(|value| value.range.start);
        Ok(())
    }

    /// The bytes of `range`, counted; with `head` no more than one text may have.
    fn bytes(&mut self, source: &mut Source<'_>, range: &Range<u64>, head: bool) -> Result<Vec<u8>> {
        let most = self.limits.text_share(self.total);
        let end = if head { range.end.min(range.start.saturating_add(most)) } else { range.end };
        self.total = self.total.saturating_add(end.saturating_sub(range.start)).saturating_add(COST);
        check_limit("metadata_bytes", self.total, self.limits.metadata_bytes)?;
        source.bytes(range.start..end, self.limits.metadata_bytes, "metadata_bytes")
    }

    fn packet(&mut self, source: &mut Source<'_>, name: &str, range: &Range<u64>, at: &Range<u64>) -> Result<()> {
        let bytes = self.bytes(source, at, false)?;
        self.values.push(RawValue {
            slot: Slot::Xmp,
            segment: name.to_owned(),
            range: range.clone(),
            plain_at: Some(at.start),
            bytes,
            after_essence: false,
        });
        Ok(())
    }

    /// A value that stands in the file as it is.
    fn plain(&mut self, source: &mut Source<'_>, slot: Slot, holder: &BoxAt, at: &Range<u64>) -> Result<()> {
        let bytes = self.bytes(source, at, true)?;
        self.push(slot, holder, Some(at.start), bytes);
        Ok(())
    }

    fn push(&mut self, slot: Slot, holder: &BoxAt, plain_at: Option<u64>, bytes: Vec<u8>) {
        let (segment, range) = (holder.name(), holder.range.clone());
        self.values.push(RawValue { slot, segment, range, plain_at, bytes, after_essence: false });
    }

    fn complain(&mut self, part: &str, slot: &str, problem: impl Into<Problem>, range: &Range<u64>) -> Result<()> {
        check_limit("findings", self.findings.len() as u64, FINDINGS)?;
        let found = finding::FILE_VALUE.finding().arg("part", part).because("reason", problem);
        self.findings.push(found.at(Site::new(slot, range)));
        Ok(())
    }

    /// User data: QuickTime's international text, or whatever the box holds.
    fn user_data(&mut self, source: &mut Source<'_>, found: &BoxAt) -> Result<()> {
        let slot = Slot::item("udta", found.name());
        if found.kind.first() == Some(&0xA9) {
            // Each text: its length, its language, its bytes.
            let mut at = found.payload.start;
            let mut texts = Vec::new();
            while let Some([l0, l1, _, _]) = source.array::<4>(at)?.filter(|_| at < found.payload.end) {
                let start = at.saturating_add(4);
                let end = start.saturating_add(u64::from(u16::from_be_bytes([l0, l1])));
                if end > found.payload.end || texts.len() as u64 >= FINDINGS {
                    break;
                }
                texts.push(start..end);
                at = end;
            }
            if at == found.payload.end {
                return texts.iter().try_for_each(|text| self.plain(source, slot.clone(), found, text));
            }
        }
        self.plain(source, slot, found, &found.payload)
    }

    /// The items of a `meta` box.
    fn meta(&mut self, source: &mut Source<'_>, tree: &Tree, at: usize, node: &Node) -> Result<()> {
        let meta = Meta::of(source, tree.children(at))?;
        let Some(list) = meta.list else { return Ok(()) };
        let keys = match &meta.keys {
            Some(keys) if meta.handler != Some(*b"mdir") => Some(Keys::read(source, keys, self.limits)?),
            _ => None,
        };
        if let (Some(Keys { sound: false, .. }), Some(found)) = (&keys, &meta.keys) {
            self.complain("keys", "keys", &rows::KEY_LIST, &found.range)?;
        }
        let place = if tree.is_of_movie(node) { KEYS } else { "meta" };
        let aside = |keys: &Keys| keys.names.iter().any(|(_, name)| name.eq_ignore_ascii_case(ASIDE.as_bytes()));
        // Beside the list of iTunes, which has the other place, there is no better one.
        let taken = |other: &Node| &other.at.kind == b"meta" && tree.parent_kind(other) == Some(b"udta");
        let free = tree.parent_kind(node) == Some(b"moov") && !tree.nodes.iter().any(taken);
        if free && keys.as_ref().is_some_and(aside) && !is_full(source, &node.at.payload)? {
            let site = Site::new(format!("{place}:{ASIDE}"), &node.at.range);
            self.findings.push(finding::FILE_BARE_META.finding().at(site));
        }
        let items = run(source, "ilst", &list.payload, self.limits)?;
        for item in &items.boxes {
            let slot = match keys.as_ref().and_then(|keys| keys.name(item.kind)) {
                Some(name) => Slot::item(place, text(name)),
                None if &item.kind == b"----" => Slot::item("ilst", freeform(source, item)?),
                None => Slot::item("ilst", item.name()),
            };
            self.item(source, slot, item)?;
        }
        Ok(())
    }

    /// The `data` boxes of an item.
    fn item(&mut self, source: &mut Source<'_>, slot: Slot, item: &BoxAt) -> Result<()> {
        let mut any = false;
        for data in run(source, "item", &item.payload, self.limits)?.boxes.iter().filter(|b| &b.kind == b"data") {
            let Some([_, _, _, kind, _, _, _, _]) = source.array::<8>(data.payload.start)? else { break };
            let at = data.payload.start.saturating_add(8)..data.payload.end;
            if at.start > at.end {
                break;
            }
            any = true;
            match kind {
                // Pictures: JPEG, PNG, BMP.
                13 | 14 | 27 => {}
                2 | 5 => {
                    let bytes = utf16(&self.bytes(source, &at, true)?);
                    self.push(slot.clone(), item, None, bytes);
                }
                _ => self.plain(source, slot.clone(), item, &at)?,
            }
        }
        if any {
            return Ok(());
        }
        let name = slot.to_string();
        self.complain(&name, &name, &rows::NO_VALUE, &item.range)
    }
}

/// The name of an iTunes item of free form.
fn freeform(source: &mut Source<'_>, item: &BoxAt) -> Result<String> {
    let mut at = item.payload.start;
    for _ in 0..4 {
        let (Some(part), _) = boxes::read(source, at, item.payload.end)? else { break };
        if &part.kind == b"name" {
            let start = part.payload.start.saturating_add(4).min(part.payload.end);
            let name = start..part.payload.end.min(start.saturating_add(NAME));
            return Ok(text(&source.bytes(name, NAME, "metadata_bytes")?));
        }
        at = part.range.end;
    }
    Ok(item.name())
}
