//! What the hash of a manifest covers, what it leaves out of the file, and whether content could
//! hide there.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::Value;

use super::TEXT_MAX;
use crate::container::{Collection, Segment, Slot};
use crate::error::Result;
use crate::sign::cap;
use crate::source::Source;

/// Exclusions that are kept, and names of entries.
const ITEMS_MAX: usize = 256;
const NAMES_MAX: usize = 65_536;
/// Paths that editions before C2PA 2.1 left out: positions of content, which can be made to point
/// elsewhere without breaking the hash.
const POSITIONS: [&str; 8] = [
    "/meta/iloc",
    "/mfra/tfra",
    "/moov/trak/mdia/minf/stbl/stco",
    "/moov/trak/mdia/minf/stbl/co64",
    "/moov/trak/mdia/minf/stbl/stsz",
    "/moof/traf/tfhd",
    "/moof/traf/trun",
    "/sidx",
];
/// Longest `ftyp` that is taken for nothing but brands.
const FILE_TYPE_MAX: u64 = 1 << 10;
/// The extended type of boxes of C2PA, and the same in base64.
const C2PA: [u8; 16] = [0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81];
const C2PA_BASE64: &str = "2P7D1hsOSDySl1goh37EgQ==";

/// The hard binding of a manifest to its file (C2PA 2.4 section 9.2).
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct HardBinding {
    /// Whether there is a hash of content at all.
    pub hashed: bool,
    /// What it leaves out.
    pub exclusions: Vec<Exclusion>,
    /// The entries that it names, if it binds a package (`c2pa.hash.collection.data`).
    pub entries: Option<BTreeSet<String>>,
}

/// A part of the file that the hash of a manifest leaves out.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Exclusion {
    /// So many bytes (`c2pa.hash.data`, C2PA 2.4 section 18.5).
    Bytes {
        /// The first of them.
        start: u64,
        /// How many.
        length: u64,
    },
    /// The boxes under a path, or a part of them (`c2pa.hash.bmff`, section 18.7).
    Boxes {
        /// For example `/free`.
        path: String,
        /// Whether they are boxes of C2PA itself.
        c2pa: bool,
        /// Whether a hash tree in the manifest covers what they hold.
        covered: bool,
    },
    /// Something that is not understood, or more than is kept.
    Other,
}

/// What the exclusions of a manifest mean for what stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing is left out but the store and what frames it.
    None,
    /// Free space or an index with something in it is left out.
    Space,
    /// Positions of content are left out, as editions before C2PA 2.1 did.
    Positions,
    /// Other bytes are left out, or everything is.
    Content,
}

/// The hard binding that holds for a file: that of the active manifest, or, since an update
/// manifest has none, the one whose address stands in `urls`.
pub(super) fn hard_binding<'a>(
    document: &Value,
    active: Option<&str>,
    urls: impl Iterator<Item = &'a str>,
) -> Option<HardBinding> {
    let manifests = document.get("manifests").and_then(Value::as_array)?;
    let of = |label: &str| {
        let own = manifests.iter().find(|m| m.get("label").and_then(Value::as_str) == Some(label))?;
        let assertions = own.get("assertions").and_then(Value::as_object)?;
        let hashes: Vec<_> = assertions.iter().filter(|(name, _)| name.starts_with("c2pa.hash.")).collect();
        (!hashes.is_empty())
            .then(|| hashes.into_iter().fold(HardBinding::default(), |out, (_, hash)| joined(out, hash)))
    };
    let named = urls.filter_map(|url| url.split_once("/c2pa/")?.1.split_once("/c2pa.assertions/c2pa.hash."));
    active.and_then(of).or_else(|| named.map(|(label, _)| label).find_map(of))
}

fn joined(mut out: HardBinding, hash: &Value) -> HardBinding {
    let tree = hash.get("merkle").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let some = |key: &str| match hash.get(key) {
        Some(Value::String(text)) => !text.trim_start_matches("b64'").trim_end_matches('\'').is_empty(),
        Some(Value::Array(list)) => !list.is_empty(),
        Some(Value::Object(map)) => !map.is_empty(),
        _ => false,
    };
    out.hashed |= some("hash") || some("boxes") || some("uris") || !tree.is_empty();
    // Only a tree over blocks covers every byte of `mdat`; one over samples leaves out what lies between.
    let blocks = |map: &Value| ["fixedBlockSize", "variableBlockSizes"].iter().any(|key| map.get(*key).is_some());
    let whole = !tree.is_empty() && tree.iter().all(blocks);
    let list = hash.get("exclusions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    out.exclusions.extend(list.iter().take(ITEMS_MAX).map(|item| exclusion(item, whole)));
    if list.len() > ITEMS_MAX {
        out.exclusions.push(Exclusion::Other);
    }
    if let Some(uris) = hash.get("uris").and_then(Value::as_object) {
        out.entries = Some(uris.keys().take(NAMES_MAX).cloned().collect());
    }
    out
}

fn exclusion(item: &Value, tree: bool) -> Exclusion {
    let number = |key| item.get(key).and_then(Value::as_u64);
    if let Some(path) = item.get("xpath").and_then(Value::as_str) {
        let data = item.get("data").and_then(Value::as_array).map(Vec::as_slice);
        return Exclusion::Boxes {
            path: cap(path, TEXT_MAX),
            c2pa: path == "/uuid" && matches!(data, Some([only]) if is_c2pa(only)),
            covered: path == "/mdat" && tree,
        };
    }
    match (number("start"), number("length")) {
        (Some(start), Some(length)) => Exclusion::Bytes { start, length },
        _ => Exclusion::Other,
    }
}

/// Whether a condition on the bytes of a box chooses those of C2PA.
fn is_c2pa(condition: &Value) -> bool {
    let value = condition.get("value");
    let text = value.and_then(Value::as_str).map(|text| text.trim_start_matches("b64'").trim_end_matches('\''));
    let bytes = value.and_then(Value::as_array).map(|list| list.iter().filter_map(Value::as_u64).collect::<Vec<_>>());
    let known = bytes.is_some_and(|bytes| bytes == C2PA.map(u64::from));
    condition.get("offset").and_then(Value::as_u64) == Some(8) && (known || text == Some(C2PA_BASE64))
}

/// The widest gap that a binding leaves in a file of these parts, which is a package of
/// `collection` if it is one.
///
/// # Errors
/// [`crate::Error::Io`].
pub(crate) fn gap(
    binding: &HardBinding,
    segments: &[Segment],
    collection: Option<&Collection>,
    source: &mut Source<'_>,
) -> Result<Gap> {
    if !binding.hashed {
        return Ok(Gap::Content);
    }
    let mut widest = Gap::None;
    if let Some(names) = &binding.entries {
        let named = |package: &Collection| package.entries.iter().all(|(name, _)| names.contains(name));
        if !collection.is_some_and(named) {
            return Ok(Gap::Content);
        }
    }
    let stores = merged(segments);
    for exclusion in &binding.exclusions {
        widest = widest.max(match exclusion {
            Exclusion::Boxes { c2pa: true, .. } => further_stores(segments, source)?,
            Exclusion::Boxes { covered: true, .. } => Gap::None,
            Exclusion::Boxes { path, .. } => match path.as_str() {
                "/ftyp" => file_type(segments),
                "/mfra" if segments.iter().any(|s| s.name == "mfra") => Gap::Space,
                "/mfra" => Gap::None,
                "/free" | "/skip" => space(path.trim_start_matches('/'), segments, source)?,
                path if POSITIONS.contains(&path) => Gap::Positions,
                _ => Gap::Content,
            },
            Exclusion::Bytes { start, length } => {
                let range = *start..start.saturating_add(*length);
                let inside = stores.iter().any(|store| store.start <= range.start && range.end <= store.end);
                let mut framing = inside || range.is_empty();
                for store in segments.iter().filter(|s| s.slot == Some(Slot::Manifest)) {
                    framing = framing || is_count(source, &range, &store.payload)?;
                }
                if framing { Gap::None } else { Gap::Content }
            }
            Exclusion::Other => Gap::Content,
        });
    }
    Ok(widest)
}

/// The stretches of the store; in JPEG it is a run of segments.
fn merged(segments: &[Segment]) -> Vec<Range<u64>> {
    let mut out: Vec<Range<u64>> = Vec::new();
    for part in segments.iter().filter(|s| s.slot == Some(Slot::Manifest)) {
        match out.last_mut().filter(|last| last.end == part.range.start) {
            Some(last) => last.end = part.range.end,
            None => out.push(part.range.clone()),
        }
    }
    out
}

/// One `ftyp` in front of everything, too short for content.
fn file_type(segments: &[Segment]) -> Gap {
    let mut found = segments.iter().enumerate().filter(|(_, s)| s.name == "ftyp");
    match (found.next(), found.next()) {
        (None, _) => Gap::None,
        (Some((0, only)), None) if only.range.end.saturating_sub(only.range.start) <= FILE_TYPE_MAX => Gap::None,
        _ => Gap::Content,
    }
}

/// Free space is nothing only if nothing is in it: samples and items can lie anywhere.
fn space(kind: &str, segments: &[Segment], source: &mut Source<'_>) -> Result<Gap> {
    let mut empty = true;
    for part in segments.iter().filter(|s| s.name == kind) {
        source.copy(part.payload.clone(), &mut |bytes| {
            empty &= bytes.iter().all(|b| *b == 0);
            Ok(())
        })?;
    }
    Ok(if empty { Gap::None } else { Gap::Space })
}

/// Boxes of C2PA that are no store hold what nobody has looked at.
fn further_stores(segments: &[Segment], source: &mut Source<'_>) -> Result<Gap> {
    let stores = segments.iter().filter(|s| s.slot == Some(Slot::Manifest)).count();
    let mut others = 0usize;
    for part in segments.iter().filter(|s| s.name == "uuid" && s.slot != Some(Slot::Manifest)) {
        let Some(at) = part.payload.start.checked_sub(16) else { continue };
        others = others.saturating_add(usize::from(source.array::<16>(at)? == Some(C2PA)));
    }
    Ok(if stores <= 1 && others == 0 { Gap::None } else { Gap::Space })
}

/// Whether `range` is the count in the TIFF directory entry (tag 0xCD41, type 7) of `store`.
fn is_count(source: &mut Source<'_>, range: &Range<u64>, store: &Range<u64>) -> Result<bool> {
    let width = range.end.saturating_sub(range.start);
    if !matches!(width, 4 | 8) || range.start < 4 {
        return Ok(false);
    }
    let mut entry = [0u8; 20];
    let n = source.read_at(range.start - 4, &mut entry)?;
    let width = usize::try_from(width).unwrap_or(8);
    let Some([head, count, at]) = fields(entry.get(..n).unwrap_or_default(), width) else { return Ok(false) };
    let (count, at): (u64, u64) = match head {
        [0x41, 0xCD, 7, 0] => (little(count), little(at)),
        [0xCD, 0x41, 0, 7] => (big(count), big(at)),
        _ => return Ok(false),
    };
    Ok(at == store.start && count == store.end.saturating_sub(store.start))
}

fn fields(entry: &[u8], width: usize) -> Option<[&[u8]; 3]> {
    let (head, rest) = entry.split_at_checked(4)?;
    let (count, rest) = rest.split_at_checked(width)?;
    Some([head, count, rest.get(..width)?])
}

fn little(bytes: &[u8]) -> u64 {
    bytes.iter().rev().fold(0, |n, b| (n << 8) | u64::from(*b))
}

fn big(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, b| (n << 8) | u64::from(*b))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use serde_json::json;

    use super::*;
    use crate::limits::Limits;

    fn parts(list: &[(&str, Option<Slot>, Range<u64>)]) -> Vec<Segment> {
        let part = |(name, slot, range): &(&str, Option<Slot>, Range<u64>)| Segment {
            slot: slot.clone(),
            ..Segment::plain(name, range.clone())
        };
        list.iter().map(part).collect()
    }

    fn judged(exclusions: &[Exclusion], file: &[u8], segments: &[Segment]) -> Gap {
        let binding = HardBinding { hashed: true, exclusions: exclusions.to_vec(), entries: None };
        let limits = Limits::default();
        let mut cursor = std::io::Cursor::new(file);
        gap(&binding, segments, None, &mut Source::new(&mut cursor, &limits).unwrap()).unwrap()
    }

    #[test]
    fn only_the_store_and_what_frames_it_may_be_left_out() {
        for (order, entry) in [
            (true, [0x41, 0xCD, 7, 0, 40, 0, 0, 0, 60, 0, 0, 0]),
            (false, [0xCD, 0x41, 0, 7, 0, 0, 0, 40, 0, 0, 0, 60]),
        ] {
            let mut file = vec![0u8; 120];
            file[20..32].copy_from_slice(&entry);
            let bytes = |start, length| Exclusion::Bytes { start, length };
            let store = |range| parts(&[("C2PA", Some(Slot::Manifest), range)]);
            assert_eq!(judged(&[bytes(60, 40), bytes(24, 4)], &file, &store(60..100)), Gap::None, "{order}");
            assert_eq!(judged(&[bytes(60, 40), bytes(24, 8)], &file, &store(60..100)), Gap::Content, "{order}");
            assert_eq!(judged(&[bytes(60, 40), bytes(28, 4)], &file, &store(60..100)), Gap::Content, "{order}");
            // The count of something else.
            assert_eq!(judged(&[bytes(64, 40), bytes(24, 4)], &file, &store(64..104)), Gap::Content, "{order}");
            assert_eq!(judged(&[bytes(60, 41)], &file, &store(60..100)), Gap::Content);
            // One picture and no store: what a foreign reader takes for embedded all the same.
            assert_eq!(judged(&[bytes(8, 90)], &file, &[]), Gap::Content);
        }
        // The store of a JPEG in two segments.
        let store = parts(&[("APP11", Some(Slot::Manifest), 2..50), ("APP11", Some(Slot::Manifest), 50..70)]);
        assert_eq!(judged(&[Exclusion::Bytes { start: 2, length: 68 }], &[0; 99], &store), Gap::None);
    }

    #[test]
    fn paths_of_boxes_are_judged_by_what_stands_in_the_file() {
        let own = json!({ "xpath": "/uuid", "data": [{ "offset": 8, "value": C2PA }] });
        let text = json!({ "xpath": "/uuid", "data": [{ "offset": 8, "value": C2PA_BASE64 }] });
        let other = json!({ "xpath": "/uuid", "data": [{ "offset": 0, "value": C2PA }] });
        let bare = json!({ "xpath": "/uuid" });
        let path = |path: &str| json!({ "xpath": path });
        let mut file = vec![0u8; 200];
        file[120] = 1;
        let whole = parts(&[("ftyp", None, 0..20), ("free", None, 20..100), ("skip", None, 100..150)]);
        for (item, tree, wanted) in [
            (&own, false, Gap::None),
            (&text, false, Gap::None),
            (&other, false, Gap::Content),
            (&bare, false, Gap::Content),
            (&path("/free"), false, Gap::None),
            (&path("/skip"), false, Gap::Space),
            (&path("/ftyp"), false, Gap::None),
            (&path("/mfra"), false, Gap::None),
            (&path("/moov/free"), false, Gap::Content),
            (&path("/moov/trak/mdia/minf/stbl/stco"), false, Gap::Positions),
            (&path("/mdat"), true, Gap::None),
            (&path("/mdat"), false, Gap::Content),
            (&path("/moov/udta"), false, Gap::Content),
            (&json!({ "start": "x" }), false, Gap::Content),
        ] {
            assert_eq!(judged(&[exclusion(item, tree)], &file, &whole), wanted, "{item}");
        }
        let index = parts(&[("ftyp", None, 0..20), ("mfra", None, 20..40), ("ftyp", None, 40..60)]);
        assert_eq!(judged(&[exclusion(&path("/mfra"), false)], &file, &index), Gap::Space);
        assert_eq!(judged(&[exclusion(&path("/ftyp"), false)], &file, &index), Gap::Content);
        let long = parts(&[("ftyp", None, 0..2_000)]);
        assert_eq!(judged(&[exclusion(&path("/ftyp"), false)], &[0; 2_000], &long), Gap::Content);
        file[44..60].copy_from_slice(&C2PA);
        let two = [("uuid", Some(Slot::Manifest), 0..30), ("uuid", None, 60..90)];
        assert_eq!(judged(&[exclusion(&own, false)], &file, &parts(&two)), Gap::Space);
    }

    #[test]
    fn every_entry_of_a_package_has_to_be_named() {
        let binding = HardBinding {
            hashed: true,
            exclusions: Vec::new(),
            entries: Some(["a".to_owned(), "b".to_owned()].into()),
        };
        let limits = Limits::default();
        let judge = |names: Option<&[&str]>| {
            let entries = names.map(|names| names.iter().map(|name| ((*name).to_owned(), 0..1)).collect());
            let package = entries.map(|entries| Collection { entries, directory: Vec::new() });
            let mut cursor = std::io::Cursor::new([0u8; 4]);
            gap(&binding, &[], package.as_ref(), &mut Source::new(&mut cursor, &limits).unwrap()).unwrap()
        };
        assert_eq!(judge(Some(&["a", "b"])), Gap::None);
        assert_eq!(judge(Some(&["a"])), Gap::None);
        assert_eq!(judge(Some(&["a", "c"])), Gap::Content);
        assert_eq!(judge(None), Gap::Content);
    }

    #[test]
    fn the_binding_that_holds_is_found() {
        let many: Vec<_> = (0..257).map(|_| json!({ "xpath": "/free" })).collect();
        let document = json!({ "manifests": [
            { "label": "old", "assertions": { "c2pa.hash.data": {
                "hash": "b64'AAAA'", "exclusions": [{ "start": 1, "length": 2 }] } } },
            { "label": "new", "assertions": {
                "c2pa.hash.bmff.v3": { "exclusions": [{ "xpath": "/skip" }], "merkle": [], "hash": "b64''" },
                "c2pa.actions.v2": { "exclusions": [{ "xpath": "/moov" }] },
            } },
            { "label": "update", "assertions": { "c2pa.actions.v2": {} } },
            { "label": "long", "assertions": { "c2pa.hash.bmff.v3": { "hash": [1], "exclusions": many } } },
        ] });
        let none = || std::iter::empty();
        let new = hard_binding(&document, Some("new"), none()).unwrap();
        let wanted = Exclusion::Boxes { path: "/skip".into(), c2pa: false, covered: false };
        assert_eq!((new.hashed, new.exclusions), (false, vec![wanted]));
        assert_eq!(hard_binding(&document, Some("update"), none()), None);
        let url = "self#jumbf=/c2pa/old/c2pa.assertions/c2pa.hash.data";
        let old = hard_binding(&document, Some("update"), std::iter::once(url)).unwrap();
        assert_eq!((old.hashed, old.exclusions), (true, vec![Exclusion::Bytes { start: 1, length: 2 }]));
        let long = hard_binding(&document, Some("long"), none()).unwrap();
        assert_eq!(long.exclusions.last(), Some(&Exclusion::Other));
        // Without a hash nothing is bound.
        let limits = Limits::default();
        let mut cursor = std::io::Cursor::new([0u8; 4]);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        assert_eq!(gap(&HardBinding::default(), &[], None, &mut source).unwrap(), Gap::Content);
    }
}
