//! SVG: XML whose `metadata` elements hold RDF. Only their bytes are ever edited; the rest of a
//! document, entities, line ends and all, stays as it is written.

use std::ops::Range;
use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::container::{
    Container, Edit, FINDINGS, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, only_xmp,
};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::raster as rows;
use crate::message::general;
use crate::metadata::xmp::{Decoded, Encoding, escape_attribute};
use crate::source::{Source, check_limit};

mod document;
mod dtd;

use document::{Document, Element, Packet};

/// The SVG byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Svg;

/// Encodings in which every byte below 0x80 that looks like markup is markup, by their beginnings.
const LEGACY: [&str; 14] = [
    "us-ascii",
    "ascii",
    "iso-8859-",
    "iso8859-",
    "latin",
    "windows-",
    "cp125",
    "koi8-",
    "macintosh",
    "gb",
    "big5",
    "shift_jis",
    "sjis",
    "euc-",
];

/// Namespace of the element that holds a manifest store.
const STORE_NAMESPACE: &str = "http://c2pa.org/manifest";

/// How the bytes of a document are read.
struct Bytes {
    /// The bytes; what is not ASCII is masked in an encoding that is not decoded.
    bytes: Vec<u8>,
    /// The declared name of that encoding.
    legacy: Option<String>,
    /// A declared encoding of which nothing is known.
    unknown: Option<String>,
}

/// The encoding that an XML declaration names.
fn declared(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(256)).unwrap_or_default().strip_prefix(b"<?xml")?;
    let text: String = head.iter().map(|b| char::from(*b)).collect();
    let (declaration, _) = text.split_once("?>")?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    Some(value.trim_start_matches(quote).split_once(quote)?.0.to_owned())
}

impl Bytes {
    fn new(mut bytes: Vec<u8>) -> Self {
        let (mut legacy, mut unknown) = (None, None);
        if let Some(name) = declared(&bytes) {
            let lower = name.to_ascii_lowercase();
            if LEGACY.iter().any(|known| lower.starts_with(known)) {
                // Any letter does: offsets stay, and no markup appears.
                bytes.iter_mut().filter(|b| !b.is_ascii()).for_each(|b| *b = b'_');
                legacy = Some(name);
            } else if !lower.starts_with("utf") && !lower.starts_with("ucs") && !lower.starts_with("iso-10646") {
                unknown = Some(name);
            }
        }
        Self { bytes, legacy, unknown }
    }

    fn read(source: &mut Source<'_>, limits: &Limits) -> Result<Self> {
        let len = source.len();
        source.bytes(0..len, limits.metadata_bytes, "metadata_bytes").map(Self::new)
    }
}

/// Text in the encoding of a document; ASCII alone if nothing more is known of that.
fn encode(text: &str, encoding: Encoding, legacy: bool) -> Vec<u8> {
    if !legacy {
        return encoding.encode(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            // The mark at the beginning of a packet is optional and no character data.
            '\u{feff}' => {}
            c if c.is_ascii() => out.push(c),
            c => out.push_str(&format!("&#x{:X};", u32::from(c))),
        }
    }
    out.into_bytes()
}

/// What makes a packet well-formed on its own that borrows prefixes from the elements around it:
/// an element with their declarations.
fn shell(packet: &Packet) -> Option<(String, &'static str)> {
    if packet.borrowed.is_empty() {
        return None;
    }
    let mut out = "<metadata".to_owned();
    for (prefix, uri) in &packet.borrowed {
        let colon = if prefix.is_empty() { "" } else { ":" };
        out.push_str(&format!(" xmlns{colon}{prefix}=\"{}\"", escape_attribute(uri)));
    }
    out.push('>');
    Some((out, "</metadata>"))
}

/// A fresh packet without its outermost element and its padding. The element is optional (XMP part
/// 1, 7.3.3), and ExifTool no longer takes a document for SVG that has it near its beginning.
fn without_meta(packet: &str, limits: &Limits) -> Result<String> {
    let document = document::read(packet, limits)?;
    let whole = || packet.to_owned();
    let Some(Element { name, start, end: Some(end) }) = document.root else { return Ok(whole()) };
    if !name.ends_with(":xmpmeta") {
        return Ok(whole());
    }
    let part = |range: Range<usize>| packet.get(range).unwrap_or_default().trim_ascii();
    let parts = [0..start.range.start, start.range.end..end.start, end.end..packet.len()];
    Ok(parts.map(part).concat())
}

/// The document that was read when the file was mapped.
fn document(map: &SegmentMap, text: &str, limits: &Limits) -> Result<Arc<Document>> {
    map.kept().map_or_else(|| document::read(text, limits).map(Arc::new), Ok)
}

/// A stretch of the document that is not content.
struct Cut {
    name: String,
    range: Range<usize>,
    payload: Range<usize>,
    slot: Option<Slot>,
}

/// Everything that is not content, in order: the metadata elements in their parts, and the ends of
/// the root's tags, which change when an empty root is opened.
fn cuts(document: &Document) -> Vec<Cut> {
    let cut = |name: &str, range: Range<usize>, payload: Range<usize>, slot: Option<Slot>| Cut {
        name: name.to_owned(),
        range,
        payload,
        slot,
    };
    let plain = |range: Range<usize>| cut("metadata", range.clone(), range, None);
    let mut out = Vec::new();
    let Some(root) = &document.root else { return out };
    let close = root.start.close..root.start.range.end;
    out.push(cut("tag", close.clone(), close, None));
    let packets = document.packets.iter().filter(|p| p.own);
    let packets = packets.map(|p| cut("rdf:RDF", p.range.clone(), p.range.clone(), Some(Slot::Xmp)));
    let stores = document.stores.iter();
    let stores = stores.map(|(range, text)| cut("c2pa:manifest", range.clone(), text.clone(), Some(Slot::Manifest)));
    let mut places: Vec<Cut> = packets.chain(stores).collect();
    places.sort_by_key(|place| place.range.start);
    let mut places = places.into_iter().peekable();
    for element in &document.metadata {
        let Range { start: mut at, end } = element.range();
        while let Some(place) = places.next_if(|place| place.range.start < end) {
            out.push(plain(at..place.range.start));
            at = place.range.end;
            out.push(place);
        }
        out.push(plain(at..end));
    }
    if let Some(end) = &root.end {
        out.push(cut("tag", end.clone(), end.clone(), None));
    }
    out.retain(|cut| !cut.range.is_empty());
    out
}

/// What stands in a `metadata` element beside packets and stores, and what acts within those.
fn inside(document: &Document, element: &Element, text: &str) -> Vec<Range<usize>> {
    let Some(close) = &element.end else { return Vec::new() };
    let whole = element.start.range.end..close.start;
    let packets = document.packets.iter().filter(|packet| packet.own).map(|packet| &packet.range);
    let mut aside: Vec<_> = packets.chain(document.stores.iter().map(|(range, _)| range)).collect();
    aside.retain(|range| whole.contains(&range.start));
    aside.sort_by_key(|range| range.start);
    let mut out: Vec<Range<usize>> = Vec::new();
    let mut at = whole.start;
    for range in aside {
        out.push(at..range.start.max(at));
        at = at.max(range.end);
    }
    out.push(at..whole.end.max(at));
    out.extend(document.active.iter().filter(|range| whole.contains(&range.start)).cloned());
    out.sort_by_key(|range| range.start);
    let trimmed = |range: Range<usize>| {
        let part = text.get(range.clone()).unwrap_or_default();
        let start = range.start + (part.len() - part.trim_ascii_start().len());
        start..start + part.trim_ascii().len()
    };
    out.into_iter().map(trimmed).filter(|range| !range.is_empty()).collect()
}

impl Svg {
    /// The packet that is written to, and its part of the file.
    fn present<'d>(document: &'d Document, map: &SegmentMap) -> Option<(&'d Packet, Range<u64>)> {
        let packet = document.packets.iter().find(|p| p.own)?;
        let segment = map.segments.iter().find(|s| s.slot == Some(Slot::Xmp))?;
        Some((packet, segment.range.clone()))
    }

    /// Where a new packet goes, what is left out there, and what stands around it: the end of the
    /// first `metadata` element, or a new one as the first child of the root.
    fn place(document: &Document, text: &str) -> Result<(usize, usize, String, String)> {
        let into = |element: &Element| match &element.end {
            Some(end) => (end.start, 0, String::new(), String::new()),
            None => (element.start.close, 1, ">".to_owned(), format!("</{}", element.name)),
        };
        if let Some(metadata) = document.metadata.first() {
            return Ok(into(metadata));
        }
        let root = document.root.as_ref().ok_or_else(|| Error::Malformed(general::MALFORMED.with("part", "svg")))?;
        let prefix = root.name.split_once(':').map_or(String::new(), |(prefix, _)| format!("{prefix}:"));
        let (open, close) = (format!("<{prefix}metadata>"), format!("</{prefix}metadata>"));
        let Some(end) = &root.end else {
            let (at, removed, before, behind) = into(root);
            return Ok((at, removed, before + &open, close + &behind));
        };
        // Style sheets can count children: a new one must not change what they choose.
        let counts = |selectors: [&str; 3]| selectors.iter().any(|selector| text.contains(selector));
        if !counts([":first-child", ":nth-child", ":only-child"]) {
            return Ok((root.start.range.end, 0, open, close));
        }
        if !counts([":last-child", ":nth-last-child", ":only-child"]) {
            return Ok((end.start, 0, open, close));
        }
        Err(Error::Refused(rows::SVG_SELECTORS.problem()))
    }
}

/// A manifest store as an element (C2PA 2.4, A.3.5).
fn store_element(store: &[u8]) -> String {
    let text = STANDARD.encode(store);
    format!("<c2pa:manifest xmlns:c2pa=\"{STORE_NAMESPACE}\">{text}</c2pa:manifest>")
}

impl Svg {
    /// The edits that make `store` the manifest store of the document.
    fn put_store(map: &SegmentMap, source: &mut Source<'_>, store: &[u8], limits: &Limits) -> Result<Placed> {
        check_limit("manifest_bytes", store.len() as u64, limits.manifest_bytes)?;
        let bytes = Bytes::read(source, limits)?;
        let decoded = Decoded::new(&bytes.bytes);
        // Other readers of manifests take the bytes for UTF-8, and count them without a mark.
        let marked = bytes.bytes.starts_with("\u{feff}".as_bytes());
        if decoded.encoding != Encoding::Utf8 || marked || bytes.legacy.is_some() {
            return Err(Error::Refused(rows::SVG_STORE_ENCODING.problem()));
        }
        let document = document::read(&decoded.text, limits)?;
        let metadata = document.metadata.first().map_or("metadata", |element| element.name.as_str());
        if let Some(element) = document.dtd.gives_attributes(&[metadata, "c2pa:manifest"]) {
            return Err(Error::Refused(rows::SVG_DEFAULTS.with("element", element)));
        }
        let element = store_element(store);
        let (at, removed, insert) = match document.stores.as_slice() {
            [] => {
                let (at, removed, before, behind) = Self::place(&document, &decoded.text)?;
                (at, removed, [before, element, behind].concat())
            }
            [(range, _)] => (range.start, range.len(), element),
            [_, (second, _), ..] => {
                return Err(Error::Refused(rows::SVG_STORES.problem().at(decoded.stored(second.start) as u64)));
            }
        };
        let (from, to) = (decoded.stored(at) as u64, decoded.stored(at.saturating_add(removed)) as u64);
        let mut patch = Patch::new(map.len);
        patch.push(Edit { at: from, remove: to.saturating_sub(from), insert: insert.into_bytes() })?;
        Ok(patch.into())
    }
}

impl Container for Svg {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        let bytes = Bytes::new(head.bytes.to_vec());
        let decoded = Decoded::new(&bytes.bytes);
        let found = decoded.text.trim_ascii_start().starts_with('<') && document::begins(&decoded.text);
        Ok(found.then_some(Format::Svg))
    }

    fn map(&self, _: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let mut map = SegmentMap::new(Format::Svg, source.len());
        let bytes = Bytes::read(source, limits)?;
        let decoded = Decoded::new(&bytes.bytes);
        let mut document = document::read(&decoded.text, limits)?;
        if let Some(encoding) = &bytes.unknown {
            document.fault.get_or_insert_with(|| (0, rows::SVG_ENCODING.with("encoding", encoding)));
        } else if decoded.error.is_some() || decoded.nuls > 0 {
            let row = rows::SVG_ENCODING.with("encoding", decoded.encoding.name());
            document.fault = Some((document.fault.map_or(decoded.text.len(), |(at, _)| at), row));
        }
        let mut at = 0u64;
        let content = |from: u64, to: u64| Segment { essence: true, ..Segment::plain("svg", from..to) };
        for cut in cuts(&document) {
            check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
            let stored = |range: &Range<usize>| decoded.stored(range.start) as u64..decoded.stored(range.end) as u64;
            let (range, payload) = (stored(&cut.range), stored(&cut.payload));
            if at < range.start {
                map.segments.push(content(at, range.start));
            }
            at = range.end;
            map.segments.push(Segment { name: cut.name, range, payload, slot: cut.slot, essence: false });
        }
        if let Some((stop, reason)) = document.fault.take() {
            let stop = (decoded.stored(stop) as u64).clamp(at, map.len);
            if at < stop {
                map.segments.push(content(at, stop));
            }
            let rest = stop..map.len;
            let found = finding::FILE_MALFORMED.finding().arg("part", "svg").because("reason", reason);
            map.findings.push(found.at(Site::new("svg", &rest)));
            map.damaged = true;
            if !rest.is_empty() {
                map.segments.push(Segment::plain("unreadable", rest));
            }
        } else if at < map.len {
            map.segments.push(content(at, map.len));
        }
        map.keep(Arc::new(document));
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let bytes = Bytes::read(source, limits)?;
        let decoded = Decoded::new(&bytes.bytes);
        let document = document(map, &decoded.text, limits)?;
        let stored = |range: &Range<usize>| decoded.stored(range.start) as u64..decoded.stored(range.end) as u64;
        let mut out = Vec::new();
        let (mut total, mut complaints) = (0u64, 0u64);
        for packet in &document.packets {
            check_limit("segments", out.len() as u64, limits.segments as u64)?;
            let range = stored(&packet.range);
            let mut whole = source.bytes(range.clone(), limits.metadata_bytes, "metadata_bytes")?;
            let lost = match &bytes.legacy {
                Some(encoding) if !whole.is_ascii() => Some(rows::SVG_LEGACY.with("encoding", encoding)),
                _ if packet.crowded => Some(rows::SVG_PREFIXES.with("max", limits.xml_attributes)),
                _ => None,
            };
            if let Some(reason) = lost {
                complaints = complaints.saturating_add(1);
                check_limit("findings", complaints, FINDINGS)?;
                let found = finding::FILE_VALUE.finding().arg("part", "xmp").because("reason", reason);
                map.findings.push(found.at(Site::new("xmp", &range)));
                continue;
            }
            let shell = shell(packet);
            if let Some((open, close)) = &shell {
                whole = [decoded.encoding.encode(open), whole, decoded.encoding.encode(close)].concat();
            }
            total = total.saturating_add(whole.len() as u64);
            check_limit("metadata_bytes", total, limits.metadata_bytes)?;
            out.push(RawValue {
                slot: if packet.own { Slot::Xmp } else { Slot::XmpExtended },
                segment: "rdf:RDF".to_owned(),
                plain_at: shell.is_none().then_some(range.start),
                range,
                bytes: whole,
                after_essence: false,
            });
        }
        for note in &document.notes {
            let range = stored(&note.range);
            let (slot, segment) = match note.name.clone() {
                Some(name) => (Slot::item("metadata", name.clone()), name),
                None => (Slot::Comment, "comment".to_owned()),
            };
            let plain = note.plain && decoded.encoding == Encoding::Utf8;
            let len = if plain { note.text.len() as u64 } else { range.end.saturating_sub(range.start) };
            out.push(RawValue {
                slot,
                segment,
                plain_at: plain.then_some(range.start),
                range: range.start..range.start.saturating_add(len),
                bytes: note.text.clone().into_bytes(),
                after_essence: false,
            });
        }
        out.sort_by_key(|value| value.range.start);
        Ok(out)
    }

    /// The essence, and every `metadata` element but the first one as it is made for a packet.
    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        sink.essence(map, source)?;
        let bytes = Bytes::read(source, limits)?;
        let decoded = Decoded::new(&bytes.bytes);
        let document = document(map, &decoded.text, limits)?;
        let stored = |range: &Range<usize>| decoded.stored(range.start) as u64..decoded.stored(range.end) as u64;
        let essence = map.essence();
        let mut parts = essence.iter().peekable();
        let mut before = 0u64;
        for (index, element) in document.metadata.iter().enumerate() {
            let open = element.start.range.start..element.start.close;
            let tag = decoded.text.get(open.clone()).unwrap_or_default().trim_ascii_end();
            let inside = inside(&document, element, &decoded.text);
            let at = stored(&open).start;
            while let Some(part) = parts.next_if(|part| part.end <= at) {
                before = before.saturating_add(part.end - part.start);
            }
            if index > 0 || !inside.is_empty() || tag.strip_prefix('<') != Some(&element.name) {
                let tag = stored(&(open.start..open.start + tag.len()));
                sink.joined(source, "metadata", &before.to_be_bytes(), &[tag])?;
                let ranges: Vec<_> = inside.iter().map(stored).collect();
                sink.ranges(source, "inside", &ranges)?;
            }
        }
        Ok(())
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        if let [NewValue { slot: Slot::Manifest, bytes }] = values {
            return Self::put_store(map, source, bytes, limits);
        }
        let packet = only_xmp(values)?;
        let bytes = Bytes::read(source, limits)?;
        let decoded = Decoded::new(&bytes.bytes);
        let document = document(map, &decoded.text, limits)?;
        let metadata = document.metadata.first().map_or("metadata", |element| element.name.as_str());
        let written = [metadata, "rdf:RDF", "rdf:Description", "x:xmpmeta"];
        if let Some(element) = document.dtd.gives_attributes(&written) {
            return Err(Error::Refused(rows::SVG_DEFAULTS.with("element", element)));
        }
        let new = Decoded::new(packet);
        let encode = |text: &str| encode(text, decoded.encoding, bytes.legacy.is_some());
        let mut patch = Patch::new(map.len);
        if let Some((present, range)) = Self::present(&document, map) {
            let (open, close) = shell(present).unwrap_or_default();
            let inner = new.text.strip_prefix(open.as_str()).and_then(|text| text.strip_suffix(close));
            let inner = inner.ok_or_else(|| Error::Internal(general::BAD_PIECES.problem()))?;
            let old = source.bytes(range.clone(), limits.metadata_bytes, "metadata_bytes")?;
            patch.replace(range.start, &old, &encode(inner))?;
        } else {
            let (at, removed, before, behind) = Self::place(&document, &decoded.text)?;
            let (from, to) = (decoded.stored(at) as u64, decoded.stored(at.saturating_add(removed)) as u64);
            let insert = encode(&[before, without_meta(&new.text, limits)?, behind].concat());
            patch.push(Edit { at: from, remove: to.saturating_sub(from), insert })?;
        }
        Ok(patch.into())
    }
}

#[cfg(test)]
mod tests;
