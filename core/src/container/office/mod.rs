//! Documents in ZIP packages: Office Open XML, EPUB, OpenDocument.
//!
//! A value is put into its part of the package by byte positions in the part's XML; every other entry
//! stays as it is, compressed bytes, times and extra fields included.

use crate::container::{
    Collection, Container, FINDINGS, Head, NewValue, Placed, RawValue, Segment, SegmentMap, Shown, Sink, Slot, TRAILING,
};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::general;
use crate::notice::TextNotice;
use crate::source::{Source, check_limit};

mod content;
mod edit;
mod epub;
mod extra;
mod notice;
mod odf;
mod ooxml;
mod package;
mod store;
mod xml;
mod zip;

#[cfg(test)]
mod tests;

pub(super) use notice::check as check_notice;
use package::{Package, Places};
use zip::{Archive, Fault, GAP};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Office;

/// The first entry of EPUB and OpenDocument, which holds the media type (EPUB 3.3 4.2.3, 26300-3 3.3).
const MIMETYPE: &str = "mimetype";
/// Where C2PA puts the manifest store (C2PA 2.2 A.6).
const STORE: &str = "META-INF/content_credential.c2pa";

const MEDIA_TYPES: &[(&str, Format)] = &[
    ("application/epub+zip", Format::Epub),
    ("application/vnd.oasis.opendocument.text", Format::Odt),
    ("application/vnd.oasis.opendocument.text-template", Format::Odt),
    ("application/vnd.oasis.opendocument.spreadsheet", Format::Ods),
    ("application/vnd.oasis.opendocument.spreadsheet-template", Format::Ods),
    ("application/vnd.oasis.opendocument.presentation", Format::Odp),
    ("application/vnd.oasis.opendocument.presentation-template", Format::Odp),
];

fn media_type(bytes: &[u8]) -> Option<Format> {
    let name = bytes.trim_ascii();
    MEDIA_TYPES.iter().find(|(kind, _)| kind.as_bytes() == name).map(|(_, format)| *format)
}

/// The media type in a stored first entry, if that is what stands at the start.
fn stored_type(head: &[u8]) -> Option<&[u8]> {
    let [name, extra] = [26, 28].map(|at| usize::from(zip::u16_at(head, at)));
    let rest = head.get(30..)?;
    let size = usize::try_from(zip::u32_at(head, 18)).ok().filter(|size| *size > 0)?;
    let stored = zip::u16_at(head, 8) == zip::STORED && rest.get(..name)? == MIMETYPE.as_bytes();
    let start = name.saturating_add(extra);
    rest.get(start..start.saturating_add(size)).filter(|_| stored)
}

const fn folds(format: Format) -> bool {
    matches!(format, Format::Docx | Format::Xlsx | Format::Pptx)
}

/// Which parts a label changes, and why there is no place for one.
fn parts(format: Format, package: &mut Package<'_, '_>) -> Result<Places> {
    match format {
        Format::Epub => epub::parts(package),
        Format::Odt | Format::Ods | Format::Odp => Ok(odf::parts()),
        _ => ooxml::parts(package),
    }
}

/// Adds the segments of an archive whose directory was read.
fn segments(
    map: &mut SegmentMap,
    package: &Package<'_, '_>,
    records: &[zip::Record],
    edited: &[String],
    limits: &Limits,
) -> Result<()> {
    let archive = &package.archive;
    let edited: Vec<usize> = edited.iter().filter_map(|name| package.find(name)).collect();
    let mut at = 0u64;
    let mut push = |at: &mut u64, segment: Segment| -> Result<()> {
        check_limit("segments", map.segments.len() as u64, limits.segments.saturating_mul(2) as u64)?;
        if segment.range.start > *at {
            map.segments.push(Segment::plain(GAP, *at..segment.range.start));
        }
        if segment.range.end > *at {
            *at = segment.range.end;
            map.segments.push(segment);
        }
        Ok(())
    };
    for record in records {
        let Some(entry) = archive.entries.get(record.entry) else { continue };
        let store = entry.name() == STORE;
        // Folders have no content, and whoever adds a part may add one.
        let essence = !store && !entry.folder() && !edited.contains(&record.entry);
        let start = record.range.start.max(at);
        let end = record.range.end.max(start);
        push(
            &mut at,
            Segment {
                name: entry.shown(),
                range: start..end,
                payload: record.data.start.clamp(start, end)..record.data.end.clamp(start, end),
                slot: store.then_some(Slot::Manifest),
                essence,
            },
        )?;
    }
    push(&mut at, Segment::plain("central directory", archive.directory.clone()))?;
    if let Some(record) = &archive.wide {
        push(&mut at, Segment::plain("ZIP64 end record", record.start..archive.end.start))?;
    }
    push(&mut at, Segment::plain("end record", archive.end.clone()))?;
    if at < map.len {
        map.segments.push(Segment::plain(TRAILING, at..map.len));
        map.findings
            .push(finding::FILE_TRAILING.finding().arg("length", map.len - at).at(Site::new(TRAILING, &(at..map.len))));
    }
    Ok(())
}

fn fault(map: &SegmentMap, fault: Fault) -> finding::Finding {
    match fault {
        Fault::Cut(missing) => finding::FILE_TRUNCATED
            .finding()
            .arg("part", "ZIP")
            .arg("missing", missing)
            .at(Site::new("end record", &(0..map.len))),
        Fault::At { part, reason, range } => finding::FILE_MALFORMED
            .finding()
            .arg("part", &part)
            .because("reason", reason)
            .at(Site::new(&part, &(range.start.min(map.len)..range.end.min(map.len)))),
    }
}

impl Container for Office {
    fn identify(&self, head: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>> {
        if !head.bytes.starts_with(b"PK\x03\x04") {
            return Ok(None);
        }
        if let Some(kind) = stored_type(head.bytes) {
            return Ok(media_type(kind));
        }
        let limits = Limits::default();
        // What is wrong with an archive is said when it is mapped.
        let Ok(archive) = Archive::read(source, &limits) else { return Ok(None) };
        if archive.entries.is_empty() {
            let first = zip::first(source)?.filter(|(name, _)| name == ooxml::TYPES.as_bytes());
            let types = first.and_then(|(_, bytes)| String::from_utf8(bytes).ok());
            return Ok(types.and_then(|text| ooxml::format(text.trim_start_matches('\u{FEFF}'), &limits)));
        }
        let mut package = Package::new(archive, source, &limits, true);
        if let Ok(types) = package.part(ooxml::TYPES)? {
            return Ok(ooxml::format(&types.text, &limits));
        }
        Ok(package.part(MIMETYPE)?.ok().and_then(|part| media_type(part.text.as_bytes())))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let mut map = SegmentMap::new(format, source.len());
        let mut archive = Archive::read(source, limits)?;
        if archive.directory.is_empty() {
            map.segments.push(Segment::plain("unreadable", 0..map.len));
        } else {
            let records = archive.records(source)?;
            let mut package = Package::new(archive, source, limits, folds(format));
            let (edited, lack) = parts(format, &mut package)?;
            segments(&mut map, &package, &records, &edited, limits)?;
            archive = package.archive;
            if let Some((part, reason)) = lack {
                archive.damaged = true;
                archive.faults.push(Fault::At { part, reason, range: 0..0 });
            }
        }
        map.damaged = archive.damaged;
        for found in archive.faults {
            let found = fault(&map, found);
            map.findings.push(found);
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let archive = Archive::read(source, limits)?;
        let mut package = Package::new(archive, source, limits, folds(map.format));
        let found = match map.format {
            Format::Epub => epub::values(&mut package)?,
            Format::Odt | Format::Ods | Format::Odp => odf::values(&mut package)?,
            _ => ooxml::values(&mut package)?,
        };
        for (part, reason, range) in found.faults {
            check_limit("findings", map.findings.len() as u64, FINDINGS)?;
            let value = finding::FILE_VALUE.finding().arg("part", &part).because("reason", reason);
            map.findings.push(value.at(Site::new(&part, &range)));
        }
        Ok(found.values)
    }

    fn collection(&self, source: &mut Source<'_>, limits: &Limits) -> Result<Collection> {
        store::collection(source, limits)
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        content::write(map.format, source, limits, sink)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        if let [NewValue { slot: Slot::Manifest, bytes }] = values {
            return store::put(map.format, source, bytes, limits).map(Placed::from);
        }
        let wrong = || Error::Internal(general::BAD_PIECES.problem());
        let [NewValue { slot: Slot::Item { place, key }, bytes }] = values else { return Err(wrong()) };
        let value = std::str::from_utf8(bytes).map_err(|_| wrong())?;
        if !xml::is_name(key) {
            return Err(wrong());
        }
        check_limit("metadata_bytes", bytes.len() as u64, limits.metadata_bytes)?;
        let archive = Archive::read(source, limits)?;
        let mut package = Package::new(archive, source, limits, folds(map.format));
        let changes = match (map.format, *place) {
            (Format::Epub, "opf") => epub::put(&mut package, key, value)?,
            (Format::Odt | Format::Ods | Format::Odp, "user-defined") => odf::put(&mut package, key, value)?,
            (Format::Docx | Format::Xlsx | Format::Pptx, "custom") => ooxml::put(&mut package, key, value)?,
            _ => return Err(wrong()),
        };
        let archive = package.archive;
        edit::patch(&archive, source, changes).map(Placed::from)
    }

    #[cfg(feature = "write")]
    fn put_notice(
        &self,
        map: &SegmentMap,
        source: &mut Source<'_>,
        words: &TextNotice,
        limits: &Limits,
    ) -> Result<Placed> {
        if map.damaged {
            return Err(Error::Malformed(general::MALFORMED.with("part", "ZIP")));
        }
        notice::put(map.format, source, words, limits)
    }

    #[cfg(feature = "documents")]
    fn shown(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
        notice::shown(map.format, source, limits)
    }
}
