//! PDF (ISO 32000-2): objects, found by cross-reference sections, in one revision or several.
//!
//! Reading: the information dictionary and the catalog's metadata stream of the newest revision,
//! also where they stand in object streams. Each object is read when it is asked for; nothing else
//! of the file is looked at. Where the cross-reference is broken, objects are searched for in the
//! last [`Limits::metadata_bytes`] of the file, and the file counts as damaged.
//!
//! Writing: one incremental update behind the bytes that are there, which all stay as they are.
//!
//! What carries the content: all bytes up to the end of the newest revision that does more than to
//! add metadata. A revision adds metadata alone if it stands behind the whole of the one before it
//! and every object of it is the information dictionary, the catalog's metadata stream, new, or
//! the catalog with nothing changed but `/Metadata`, `/AF` and `/Names /EmbeddedFiles`. A revision
//! ends behind the number of its `startxref`. So content stays the same when a label is added and
//! then a manifest, whoever adds them, and is another one as soon as a page, a form or an action is.

use crate::container::{Container, Head, NewValue, Placed, RawValue, Segment, SegmentMap, Shown, Slot, TRAILING};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::pdf as rows;
use crate::message::general;
use crate::notice::TextNotice;
use crate::source::{Source, check_limit};

mod cff;
mod doc;
mod filter;
mod guard;
mod lex;
mod manifest;
mod notice;
mod operators;
mod pages;
mod revision;
mod stamp;
#[cfg(test)]
mod tests;
mod text;
mod unicode;
mod update;
mod words;
mod xref;

use doc::{Doc, Object};

/// Most texts of an information dictionary that are read.
const TEXTS: u64 = 1024;

/// The PDF byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Pdf;

/// A stream that is a metadata place.
struct Found {
    name: &'static str,
    slot: Slot,
    range: std::ops::Range<u64>,
    payload: std::ops::Range<u64>,
}

/// The metadata stream of the catalog.
fn metadata(doc: &mut Doc<'_, '_>) -> Result<Option<(Object, std::ops::Range<u64>)>> {
    let Some(catalog) = doc.catalog()? else { return Ok(None) };
    let Some(object) = doc.get(&catalog, b"Metadata", 0)? else { return Ok(None) };
    Ok(doc.stream(&object)?.map(|data| (object, data)))
}

/// A packet by its first bytes, for files whose other data are encrypted.
fn is_packet(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii_start();
    [&b"<?xpacket"[..], b"<?xml", b"<x:xmpmeta", b"<rdf:RDF"].iter().any(|head| bytes.starts_with(head))
}

fn places(doc: &mut Doc<'_, '_>) -> Result<Vec<Found>> {
    let mut out = Vec::new();
    // An encrypted file is not edited, and its streams may be no packets.
    if !doc.is_encrypted()
        && let Some((object, data)) = metadata(doc)?
        && let Some(at) = object.at
    {
        out.push(Found { name: "Metadata", slot: Slot::Xmp, range: at..data.end, payload: data });
    }
    if let Some(store) = manifest::find(doc)? {
        out.push(Found { name: "EmbeddedFile", slot: Slot::Manifest, range: store.range, payload: store.data });
    }
    out.sort_by_key(|found| found.range.start);
    Ok(out)
}

/// Where the marker `%%EOF` behind the last `startxref` ends, with its line end.
fn end_of_file(source: &mut Source<'_>, from: u64) -> Result<u64> {
    let mut tail = [0u8; 64];
    let n = source.read_at(from, &mut tail)?;
    let tail = tail.get(..n).unwrap_or_default();
    let spaces = tail.iter().take_while(|b| lex::is_space(**b)).count();
    let rest = tail.get(spaces..).unwrap_or_default();
    if !rest.starts_with(b"%%EOF") {
        return Ok(from);
    }
    let line_end = match rest.get(5..).unwrap_or_default() {
        [b'\r', b'\n', ..] => 2,
        [b'\r' | b'\n', ..] => 1,
        _ => 0,
    };
    Ok(from.saturating_add((spaces + 5 + line_end) as u64))
}

/// Whether nothing but white space stands from `at` to the end; only so far as one window.
fn is_blank(source: &mut Source<'_>, at: u64) -> Result<bool> {
    let len = source.len();
    let rest = source.window(at)?;
    Ok(rest.iter().all(|b| lex::is_space(*b)) && at.saturating_add(rest.len() as u64) >= len)
}

impl Container for Pdf {
    fn identify(&self, head: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>> {
        let Some(at) = doc::header(head.bytes) else { return Ok(None) };
        // A text may speak of PDF, and an archive may begin with one.
        let own = at == 0
            || !head.bytes.starts_with(b"PK")
                && head.bytes.get(at + 5).is_some_and(u8::is_ascii_digit)
                && doc::start_before(source, source.len())?.is_some();
        Ok(own.then_some(Format::Pdf))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(format, len);
        let mut doc = Doc::open(source, limits)?;
        let problem = doc.broken.clone();
        let content = revision::content_end(&mut doc)?;
        let streams = places(&mut doc)?;
        let end = if problem.is_some() { len } else { end_of_file(doc.source, doc.end)? };
        if let Some(problem) = problem {
            let site = Site::new("xref", &(0..len));
            map.findings
                .push(finding::FILE_MALFORMED.finding().arg("part", "xref").because("reason", problem).at(site));
            map.damaged = true;
        }
        let fill = |map: &mut SegmentMap, from: u64, to: u64| {
            let names = [("content", 0..content, true), ("update", content..end, false), (TRAILING, end..len, false)];
            for (name, part, essence) in names {
                let range = part.start.max(from)..part.end.min(to);
                if range.start < range.end {
                    map.segments.push(Segment { essence, ..Segment::plain(name, range) });
                }
            }
        };
        let mut at = 0u64;
        for found in streams {
            let range = found.range;
            // Two places in one stream, or one across the end of a revision.
            if range.start < at || range.start < content && range.end > content || range.end > end {
                let reason = rows::OVERLAP.problem();
                let site = Site::new(found.slot.to_string(), &range);
                map.findings
                    .push(finding::FILE_MALFORMED.finding().arg("part", found.name).because("reason", reason).at(site));
                map.damaged = true;
                continue;
            }
            fill(&mut map, at, range.start);
            at = range.end;
            map.segments.push(Segment {
                name: found.name.to_owned(),
                essence: range.start < content,
                range,
                payload: found.payload,
                slot: Some(found.slot),
            });
        }
        fill(&mut map, at, len);
        if end < len && !is_blank(doc.source, end)? {
            let site = Site::new(TRAILING, &(end..len));
            map.findings.push(finding::FILE_TRAILING.finding().arg("length", len - end).at(site));
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut doc = Doc::open(source, limits)?;
        let encrypted = doc.is_encrypted();
        let mut out = Vec::new();
        let unreadable = |slot: &Slot, part: &str, range: &std::ops::Range<u64>, problem| {
            let site = Site::new(slot.to_string(), range);
            finding::FILE_VALUE.finding().arg("part", part).because("reason", problem).at(site)
        };
        let info = doc.info()?;
        if encrypted && doc.info_reference().is_some() {
            let place = info.as_ref().and_then(Object::place).unwrap_or(0..0);
            let slot = Slot::item("info", "");
            map.findings.push(unreadable(&slot, "Info", &place, rows::ENCRYPTED_VALUE.problem()));
        } else if let Some(info) = info {
            let place = info.place().unwrap_or(0..0);
            if let Some(dict) = info.dict(limits.pdf_depth) {
                check_limit("pdf_texts", dict.entries.len() as u64, TEXTS)?;
                for entry in dict.entries.iter() {
                    let Some(value) = doc.resolve(&info, &entry.value, 0)? else { continue };
                    let Some(bytes) = value.string() else { continue };
                    let text = text::decode(&bytes);
                    let range = value.place().unwrap_or_else(|| place.clone());
                    let inside = value.text().get(1..value.text().len().saturating_sub(1)).unwrap_or_default();
                    let plain = value.at.is_some() && inside == text.as_bytes();
                    out.push(RawValue {
                        slot: Slot::item("info", String::from_utf8_lossy(&entry.key)),
                        segment: "Info".to_owned(),
                        plain_at: plain.then(|| range.start.saturating_add(1)),
                        range,
                        bytes: text.into_bytes(),
                        after_essence: false,
                    });
                }
            }
        }
        if let Some((object, data)) = metadata(&mut doc)? {
            let range = object.at.unwrap_or(data.start)..data.end;
            match doc.decoded(&object, &data)? {
                Ok(bytes) if encrypted && !is_packet(&bytes) => {
                    map.findings.push(unreadable(&Slot::Xmp, "Metadata", &range, rows::ENCRYPTED_VALUE.problem()));
                }
                Ok(bytes) => {
                    let plain = doc.source.len() >= data.end && data.end - data.start == bytes.len() as u64;
                    let unfiltered = object.dict(limits.pdf_depth).is_some_and(|dict| dict.get(b"Filter").is_none());
                    out.push(RawValue {
                        slot: Slot::Xmp,
                        segment: "Metadata".to_owned(),
                        range,
                        plain_at: (plain && unfiltered).then_some(data.start),
                        bytes,
                        after_essence: false,
                    });
                }
                Err(problem) => map.findings.push(unreadable(&Slot::Xmp, "Metadata", &range, problem)),
            }
        }
        Ok(out)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        if map.damaged {
            return Err(Error::Malformed(general::MALFORMED.with("part", "xref")));
        }
        for value in values {
            let max = if value.slot == Slot::Manifest { limits.manifest_bytes } else { limits.metadata_bytes };
            check_limit("metadata_bytes", value.bytes.len() as u64, max)?;
        }
        let mut doc = Doc::open(source, limits)?;
        update::put(&mut doc, values)
    }

    #[cfg(feature = "write")]
    fn put_notice(
        &self,
        map: &SegmentMap,
        source: &mut Source<'_>,
        words: &TextNotice,
        limits: &Limits,
    ) -> Result<Placed> {
        super::office::check_notice(words)?;
        if map.damaged {
            return Err(Error::Malformed(general::MALFORMED.with("part", "xref")));
        }
        notice::put(&mut Doc::open(source, limits)?, words)
    }

    #[cfg(feature = "documents")]
    fn shown(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
        let _ = map;
        words::shown(&mut Doc::open(source, limits)?)
    }
}
