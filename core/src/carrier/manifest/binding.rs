//! What the hash of a manifest leaves out of the file, and whether content could hide there.

use std::ops::Range;

use serde_json::Value;

use super::TEXT_MAX;
use crate::container::{Segment, Slot};
use crate::error::Result;
use crate::sign::cap;
use crate::source::Source;

/// Exclusions that are kept.
const ITEMS_MAX: usize = 256;
/// Paths of boxes that hold no content (ISO/IEC 14496-12, 8.1.2, and C2PA 2.4 section 18.7.2).
const EMPTY: [&str; 4] = ["/free", "/skip", "/ftyp", "/mfra"];
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
/// The extended type of boxes of C2PA, as the library writes bytes.
const C2PA_UUID: &str = "2P7D1hsOSDySl1goh37EgQ==";

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
    /// Something that is not understood.
    Other,
}

/// What the exclusions of a manifest mean for what stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gap {
    /// Nothing is left out but the store, its framing, and space that means nothing.
    None,
    /// Positions of content are left out, as editions before C2PA 2.1 did.
    Positions,
    /// Other bytes are left out.
    Content,
}

/// The exclusions of the active manifest, from its crJSON document.
pub(super) fn exclusions(document: &Value, active: Option<&str>) -> Vec<Exclusion> {
    let manifests = document.get("manifests").and_then(Value::as_array).into_iter().flatten();
    let mut own = manifests.filter(|m| m.get("label").and_then(Value::as_str) == active);
    let assertions = own.next().and_then(|m| m.get("assertions")).and_then(Value::as_object);
    let hashes = assertions.into_iter().flatten().filter(|(label, _)| label.starts_with("c2pa.hash."));
    let mut out = Vec::new();
    for (_, hash) in hashes {
        let tree = hash.get("merkle").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        let list = hash.get("exclusions").and_then(Value::as_array).into_iter().flatten();
        out.extend(list.take(ITEMS_MAX).map(|item| exclusion(item, tree)));
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
    let known = bytes.is_some_and(|bytes| {
        bytes == [0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81]
    });
    condition.get("offset").and_then(Value::as_u64) == Some(8) && (known || text == Some(C2PA_UUID))
}

/// The widest gap that `exclusions` leave in a file of these parts.
///
/// # Errors
/// [`crate::Error::Io`].
pub(crate) fn gap(exclusions: &[Exclusion], segments: &[Segment], source: &mut Source<'_>) -> Result<Gap> {
    // Without a list there is nothing to show that only the store is left out.
    let mut widest = if exclusions.is_empty() { Gap::Content } else { Gap::None };
    for exclusion in exclusions {
        widest = widest.max(match exclusion {
            Exclusion::Boxes { c2pa, covered, path } => match path.as_str() {
                _ if *c2pa || *covered => Gap::None,
                path if EMPTY.contains(&path) => Gap::None,
                path if POSITIONS.contains(&path) => Gap::Positions,
                _ => Gap::Content,
            },
            Exclusion::Bytes { start, length } => {
                let range = *start..start.saturating_add(*length);
                let stores = || segments.iter().filter(|s| s.slot == Some(Slot::Manifest));
                let inside = stores().any(|s| s.range.start <= range.start && range.end <= s.range.end);
                let mut framing = inside || range.is_empty();
                for store in stores() {
                    framing = framing || is_count(source, &range, &store.payload)?;
                }
                if framing { Gap::None } else { Gap::Content }
            }
            Exclusion::Other => Gap::Content,
        });
    }
    Ok(widest)
}

/// Whether `range` is the count in the TIFF directory entry (tag 0xCD41, type 7) of `store`.
fn is_count(source: &mut Source<'_>, range: &Range<u64>, store: &Range<u64>) -> Result<bool> {
    let width = range.end - range.start;
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
    Ok(at == store.start && count == store.end - store.start)
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

    fn judged(exclusions: &[Exclusion], file: &[u8], store: Range<u64>) -> Gap {
        let segment = Segment { slot: Some(Slot::Manifest), ..Segment::plain("C2PA", store) };
        let limits = Limits::default();
        let mut cursor = std::io::Cursor::new(file);
        gap(exclusions, &[segment], &mut Source::new(&mut cursor, &limits).unwrap()).unwrap()
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
            assert_eq!(judged(&[bytes(60, 40), bytes(24, 4)], &file, 60..100), Gap::None, "{order}");
            assert_eq!(judged(&[bytes(60, 40), bytes(24, 8)], &file, 60..100), Gap::Content, "{order}");
            assert_eq!(judged(&[bytes(60, 40), bytes(28, 4)], &file, 60..100), Gap::Content, "{order}");
            // The count of something else.
            assert_eq!(judged(&[bytes(64, 40), bytes(24, 4)], &file, 64..104), Gap::Content, "{order}");
            assert_eq!(judged(&[bytes(60, 41)], &file, 60..100), Gap::Content);
        }
        assert_eq!(judged(&[], &[0; 120], 60..100), Gap::Content);
    }

    #[test]
    fn paths_of_boxes_are_judged_one_by_one() {
        let uuid = [0xD8, 0xFE, 0xC3, 0xD6, 0x1B, 0x0E, 0x48, 0x3C, 0x92, 0x97, 0x58, 0x28, 0x87, 0x7E, 0xC4, 0x81u8];
        let own = json!({ "xpath": "/uuid", "data": [{ "offset": 8, "value": uuid }] });
        let text = json!({ "xpath": "/uuid", "data": [{ "offset": 8, "value": C2PA_UUID }] });
        let other = json!({ "xpath": "/uuid", "data": [{ "offset": 0, "value": uuid }] });
        let bare = json!({ "xpath": "/uuid" });
        let path = |path: &str| json!({ "xpath": path });
        for (item, tree, wanted) in [
            (&own, false, Gap::None),
            (&text, false, Gap::None),
            (&other, false, Gap::Content),
            (&bare, false, Gap::Content),
            (&path("/free"), false, Gap::None),
            (&path("/moov/free"), false, Gap::Content),
            (&path("/moov/trak/mdia/minf/stbl/stco"), false, Gap::Positions),
            (&path("/mdat"), true, Gap::None),
            (&path("/mdat"), false, Gap::Content),
            (&path("/moov/udta"), false, Gap::Content),
            (&json!({ "start": "x" }), false, Gap::Content),
        ] {
            let found = exclusion(item, tree);
            assert_eq!(judged(&[found], &[0; 8], 0..0), wanted, "{item}");
        }
    }

    #[test]
    fn the_active_manifest_counts() {
        let document = json!({ "manifests": [
            { "label": "old", "assertions": { "c2pa.hash.data": { "exclusions": [{ "start": 1, "length": 2 }] } } },
            { "label": "new", "assertions": {
                "c2pa.hash.bmff.v3": { "exclusions": [{ "xpath": "/skip" }], "merkle": [] },
                "c2pa.actions.v2": { "exclusions": [{ "xpath": "/moov" }] },
            } },
        ] });
        let wanted = Exclusion::Boxes { path: "/skip".into(), c2pa: false, covered: false };
        assert_eq!(exclusions(&document, Some("new")), [wanted]);
        assert_eq!(exclusions(&document, None), []);
    }
}
