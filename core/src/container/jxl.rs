//! JPEG XL: a container of boxes (ISO/IEC 18181-2), or a codestream alone (ISO/IEC 18181-1).

use std::ops::Range;

use crate::container::bmff::boxes::{self, BoxAt};
use crate::container::{
    Container, Edit, FINDINGS, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, only_xmp,
    payload,
};
use crate::error::{Error, Problem, Result};
use crate::finding::{self, Finding, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::raster as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

mod header;

/// The JPEG XL byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Jxl;

/// The box that begins every container (18181-2, 9.1).
const SIGNATURE: [u8; 12] = *b"\0\0\0\x0CJXL \r\n\x87\n";
/// The box behind it: brand, minor version 0, compatible with itself.
const FILE_TYPE: [u8; 20] = *b"\0\0\0\x14ftypjxl \0\0\0\0jxl ";
/// What begins every codestream.
const CODESTREAM: [u8; 2] = [0xFF, 0x0A];
/// Name of the parts that carry the codestream.
const PARTS: &str = "codestream";
/// Start of the type of a C2PA manifest store's description (C2PA 2.2, 11.1.4.2).
const STORE: &[u8] = b"c2pa";

/// A box of this type around `len` bytes that follow.
fn header_for(kind: [u8; 4], len: u64) -> Vec<u8> {
    match u32::try_from(len.saturating_add(8)) {
        Ok(size) => [size.to_be_bytes(), kind].concat(),
        Err(_) => [&[0, 0, 0, 1], &kind[..], &len.saturating_add(16).to_be_bytes()].concat(),
    }
}

fn boxed(kind: [u8; 4], content: &[u8]) -> Vec<u8> {
    [&header_for(kind, content.len() as u64), content].concat()
}

fn malformed(part: &str, reason: impl Into<Problem>, at: &Range<u64>) -> Finding {
    finding::FILE_MALFORMED.finding().arg("part", part).because("reason", reason).at(Site::new(part, at))
}

/// The parts of one box, and whether it carries a piece of the codestream.
fn parts(map: &mut SegmentMap, source: &mut Source<'_>, found: BoxAt) -> Result<bool> {
    let name = found.name();
    let counter = match &found.kind {
        b"jxlc" => 0,
        b"jxlp" => 4,
        _ => {
            let slot = match &found.kind {
                b"xml " => Some(Slot::Xmp),
                b"Exif" => Some(Slot::Exif),
                b"jumb" => is_store(source, &found)?.then_some(Slot::Manifest),
                _ => None,
            };
            map.segments.push(Segment { name, range: found.range, payload: found.payload, slot, essence: false });
            return Ok(false);
        }
    };
    // Only the codestream itself is the content: its bytes are the same alone and in any boxes.
    let start = found.payload.start.saturating_add(counter).min(found.range.end);
    if found.payload.end.saturating_sub(found.payload.start) < counter {
        map.findings.push(malformed(&name, &rows::JXL_PART, &found.range));
        map.damaged = true;
    }
    map.segments.push(Segment::plain(&name, found.range.start..start));
    if start < found.range.end {
        map.segments.push(Segment { essence: true, ..Segment::plain(PARTS, start..found.range.end) });
    }
    Ok(true)
}

/// Whether a JUMBF superbox describes itself as a manifest store.
fn is_store(source: &mut Source<'_>, found: &BoxAt) -> Result<bool> {
    let head = source.array::<12>(found.payload.start)?;
    Ok(head.is_some_and(|head| head.get(4..8) == Some(b"jumd") && head.get(8..) == Some(STORE)))
}

/// The boxes of a container.
fn container(map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
    let (mut at, mut first) = (0u64, None);
    while at < map.len {
        check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
        let (found, complaint) = boxes::read(source, at, map.len)?;
        let rest = at..map.len;
        let Some(found) = found else {
            map.findings.push(malformed("box", complaint.unwrap_or_else(|| rows::JXL_PART.problem()), &rest));
            map.segments.push(Segment::plain("unreadable", rest));
            map.damaged = true;
            break;
        };
        if complaint.is_some() {
            let missing = stated(source, &found)?.saturating_sub(map.len);
            let part = found.name();
            let found = finding::FILE_TRUNCATED.finding().arg("part", &part).arg("missing", missing.max(1));
            map.findings.push(found.at(Site::new(part, &rest)));
            map.damaged = true;
        }
        if at == SIGNATURE.len() as u64 && &found.kind != b"ftyp" {
            map.findings.push(malformed("ftyp", &rows::JXL_FILE_TYPE, &found.range));
            map.damaged = true;
        }
        at = found.range.end;
        let start = found.payload.start;
        let counter = if &found.kind == b"jxlp" { 4 } else { 0 };
        if parts(map, source, found)? {
            first.get_or_insert(start.saturating_add(counter));
        }
    }
    match first {
        Some(at) => describe(map, source, at),
        None => {
            map.findings.push(malformed("jxlc", &rows::JXL_NO_CODESTREAM, &(0..map.len)));
            map.damaged = true;
            Ok(())
        }
    }
}

/// Where a box would end that reaches past the end of the file.
fn stated(source: &mut Source<'_>, found: &BoxAt) -> Result<u64> {
    let at = found.range.start;
    let length = match source.array::<4>(at)?.map(u32::from_be_bytes) {
        Some(1) => source.array::<8>(at.saturating_add(8))?.map_or(0, u64::from_be_bytes),
        short => short.unwrap_or_default().into(),
    };
    Ok(at.saturating_add(length))
}

/// Reads size and animation from the codestream's head, as far as it stands in one piece.
fn describe(map: &mut SegmentMap, source: &mut Source<'_>, at: u64) -> Result<()> {
    let mut head = [0u8; 64];
    let n = source.read_at(at, &mut head)?;
    if let Some(found) = header::read(head.get(..n).unwrap_or_default()) {
        map.size = Some(found.size);
        map.animated = found.animated;
    }
    Ok(())
}

/// The type of the box that a `brob` box holds compressed (18181-2, 9.3).
fn inner(source: &mut Source<'_>, segment: &Segment) -> Result<Option<[u8; 4]>> {
    if segment.name == "brob" { source.array::<4>(segment.payload.start) } else { Ok(None) }
}

impl Container for Jxl {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        let bare = || head.bytes.starts_with(&CODESTREAM) && header::read(head.bytes).is_some();
        Ok((head.bytes.starts_with(&SIGNATURE) || bare()).then_some(Format::Jxl))
    }

    fn map(&self, _: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let mut map = SegmentMap::new(Format::Jxl, source.len());
        if source.array::<2>(0)? == Some(CODESTREAM) {
            map.segments.push(Segment { essence: true, ..Segment::plain(PARTS, 0..map.len) });
            describe(&mut map, source, 0)?;
        } else {
            container(&mut map, source, limits)?;
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut out = Vec::new();
        let (mut total, mut complaints) = (0u64, 0u64);
        for segment in &map.segments {
            let unreadable = |part: &str, why: &'static crate::message::Message| {
                let found = finding::FILE_VALUE.finding().arg("part", part).because("reason", why);
                found.at(Site::new(part, &segment.range))
            };
            let slot = segment.slot.clone().filter(|slot| *slot != Slot::Manifest);
            let lost = match (&slot, inner(source, segment)?) {
                (Some(_), _) => None,
                (None, Some([b'x', b'm', b'l', b' '])) => Some(unreadable("xmp", &rows::JXL_BROTLI)),
                (None, Some([b'E', b'x', b'i', b'f'])) => Some(unreadable("exif", &rows::JXL_BROTLI)),
                (None, _) => continue,
            };
            let mut value = None;
            if let Some(slot) = slot {
                total = total.saturating_add(segment.payload.end.saturating_sub(segment.payload.start));
                check_limit("metadata_bytes", total, limits.metadata_bytes)?;
                let mut bytes = payload(source, segment, limits)?;
                // Exif: how many bytes to skip to the TIFF header, behind this number.
                let skip = match (&slot, bytes.first_chunk::<4>()) {
                    (Slot::Exif, Some(offset)) => (u32::from_be_bytes(*offset) as usize).saturating_add(4),
                    (Slot::Exif, None) => usize::MAX,
                    _ => 0,
                };
                if skip <= bytes.len() {
                    bytes.drain(..skip);
                    value = Some((slot, segment.payload.start.saturating_add(skip as u64), bytes));
                }
            }
            match (value, lost) {
                (Some((slot, start, bytes)), _) => out.push(RawValue {
                    slot,
                    segment: segment.name.clone(),
                    range: segment.range.clone(),
                    plain_at: Some(start),
                    bytes,
                    // Boxes of metadata may stand on either side of the codestream.
                    after_essence: false,
                }),
                (None, lost) => {
                    complaints = complaints.saturating_add(1);
                    check_limit("findings", complaints, FINDINGS)?;
                    map.findings.push(lost.unwrap_or_else(|| unreadable("exif", &rows::JXL_EXIF)));
                }
            }
        }
        Ok(out)
    }

    /// The codestream, and the numbers of its parts where it lies in parts.
    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, _: &Limits, sink: &mut Sink) -> Result<()> {
        let counters = map.segments.iter().filter(|s| s.name == "jxlp");
        let counters = counters.map(|s| s.range.end.saturating_sub(4).max(s.range.start)..s.range.end);
        sink.ranges(source, "parts", &counters.collect::<Vec<_>>())?;
        sink.essence(map, source)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let packet = only_xmp(values)?;
        check_limit("metadata_bytes", packet.len() as u64, limits.metadata_bytes)?;
        let new = boxed(*b"xml ", packet);
        let mut patch = Patch::new(map.len);
        if let [only] = map.segments.as_slice()
            && only.essence
        {
            let wrapper = [&SIGNATURE[..], &FILE_TYPE, &new, &header_for(*b"jxlc", map.len)].concat();
            patch.insert(0, wrapper)?;
            return Ok(Placed { notes: vec![rows::JXL_WRAPPED.problem()], ..patch.into() });
        }
        if let Some(found) = map.first("jbrd") {
            return Err(Error::Refused(rows::JXL_RECONSTRUCTION.problem().at(found.range.start)));
        }
        for segment in &map.segments {
            if inner(source, segment)? == Some(*b"xml ") {
                return Err(Error::Refused(rows::JXL_COMPRESSED.problem().at(segment.range.start)));
            }
        }
        if let Some(old) = map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)) {
            let edit = Edit { at: old.range.start, remove: old.range.end.saturating_sub(old.range.start), insert: new };
            patch.push(edit)?;
        } else {
            // Right before the codestream: behind the level, and never between its parts.
            let place = map.segments.iter().find(|s| matches!(s.name.as_str(), "jxlc" | "jxlp"));
            let at = place.map(|s| s.range.start);
            patch.insert(at.ok_or_else(|| Error::Malformed(general::MALFORMED.with("part", "jxlc")))?, new)?;
        }
        Ok(patch.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// 8 by 8, everything by default; the rest stands for pixels.
    const PICTURE: &[u8] = &[0xFF, 0x0A, 0x41, 0x02, 1, 2, 3];

    fn file(boxes: &[&[u8]]) -> Vec<u8> {
        [&SIGNATURE[..], &FILE_TYPE, &boxes.concat()].concat()
    }

    fn read(bytes: &[u8]) -> (SegmentMap, Vec<RawValue>) {
        let limits = Limits::default();
        let mut cursor = Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let mut map = Jxl.map(Format::Jxl, &mut source, &limits).unwrap();
        let mut at = 0;
        for segment in &map.segments {
            assert_eq!(segment.range.start, at, "{map:?}");
            assert!(segment.range.start <= segment.payload.start && segment.payload.end <= segment.range.end);
            at = segment.range.end;
        }
        assert_eq!(at, bytes.len() as u64, "{map:?}");
        let values = Jxl.values(&mut map, &mut source, &limits).unwrap();
        (map, values)
    }

    fn put(bytes: &[u8], packet: &[u8]) -> Result<Placed> {
        let limits = Limits::default();
        let mut cursor = Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, &limits)?;
        let map = Jxl.map(Format::Jxl, &mut source, &limits)?;
        Jxl.put(&map, &mut source, &[NewValue { slot: Slot::Xmp, bytes: packet.to_vec() }], &limits)
    }

    fn written(bytes: &[u8], packet: &[u8]) -> Vec<u8> {
        let mut cursor = Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
        let mut out = Vec::new();
        put(bytes, packet).unwrap().patch.apply(&mut source, &mut out).unwrap();
        out
    }

    fn essence(bytes: &[u8]) -> Vec<u8> {
        read(bytes).0.essence().into_iter().flat_map(|r| bytes[r.start as usize..r.end as usize].to_vec()).collect()
    }

    #[test]
    fn a_bare_codestream_is_wrapped_and_says_so() {
        let placed = put(PICTURE, b"<x/>").unwrap();
        assert_eq!(placed.notes[0].message.code, "note.jxl_wrapped");
        let out = written(PICTURE, b"<x/>");
        assert_eq!(out, file(&[b"\0\0\0\x0Cxml <x/>", &[0, 0, 0, 15], b"jxlc", PICTURE]));
        assert_eq!(essence(&out), PICTURE);
        let (map, values) = read(&out);
        assert_eq!((map.size, map.damaged, values[0].plain_at), (Some((8, 8)), false, Some(40)));
        assert_eq!(header_for(*b"jxlc", 1 << 32), b"\0\0\0\x01jxlc\0\0\0\x01\0\0\0\x10");
    }

    #[test]
    fn parts_are_the_codestream_without_their_counters() {
        let parts = [boxed(*b"jxlp", &[&[0; 4], &PICTURE[..5]].concat()), boxed(*b"jxlp", &[0x80, 0, 0, 1, 2, 3])];
        let plain = file(&[&boxed(*b"jxll", &[10]), &parts[0], &boxed(*b"xyz ", b"?"), &parts[1]]);
        assert_eq!(essence(&plain), PICTURE);
        let out = written(&plain, b"<x/>");
        let new = boxed(*b"xml ", b"<x/>");
        assert_eq!(out, file(&[&boxed(*b"jxll", &[10]), &new, &parts[0], &boxed(*b"xyz ", b"?"), &parts[1]]));
    }

    #[test]
    fn a_packet_is_replaced_where_it_stands_whatever_its_size_form() {
        let picture = boxed(*b"jxlc", PICTURE);
        let long = [&[0, 0, 0, 1], &b"xml "[..], &20u64.to_be_bytes(), b"<ab>"].concat();
        let to_end = [&[0; 4], &b"xml <abc>"[..]].concat();
        for old in [boxed(*b"xml ", b"<a>"), long, to_end] {
            let out = written(&file(&[&picture, &old]), b"<x/>");
            assert_eq!(out, file(&[&picture, &boxed(*b"xml ", b"<x/>")]));
        }
        let open = [&[0; 4], &b"jxlc"[..], PICTURE].concat();
        assert_eq!(written(&file(&[&open]), b"<x/>"), file(&[&boxed(*b"xml ", b"<x/>"), &open]));
    }

    #[test]
    fn exif_begins_behind_its_offset() {
        let picture = boxed(*b"jxlc", PICTURE);
        let (_, values) = read(&file(&[&boxed(*b"Exif", b"\0\0\0\x02??II"), &picture]));
        assert_eq!((values[0].bytes.as_slice(), values[0].plain_at), (&b"II"[..], Some(32 + 8 + 6)));
        for broken in [&b"\0\0\0\x03??"[..], b"\xFF\xFF\xFF\xFF??", b"\0"] {
            let (map, values) = read(&file(&[&boxed(*b"Exif", broken), &picture]));
            assert!(values.is_empty() && map.findings[0].code() == "file.value_unreadable");
        }
    }

    #[test]
    fn what_can_t_be_kept_whole_is_refused() {
        let picture = boxed(*b"jxlc", PICTURE);
        let code = |kind, content: &[u8]| put(&file(&[&boxed(kind, content), &picture]), b"<x/>").unwrap_err().code();
        assert_eq!(code(*b"jbrd", b"x"), "jxl.reconstruction");
        assert_eq!(code(*b"brob", b"xml ?"), "jxl.compressed_xmp");
        let (map, values) = read(&file(&[&boxed(*b"brob", b"xml ?"), &boxed(*b"brob", b"Exif?"), &picture]));
        assert!(values.is_empty() && map.findings.len() == 2);
        let store = boxed(*b"jumb", &boxed(*b"jumd", b"c2pa"));
        let other = boxed(*b"jumb", &boxed(*b"jumd", b"json"));
        let (map, _) = read(&file(&[&store, &other, &picture]));
        assert_eq!(map.segments.iter().filter(|s| s.slot == Some(Slot::Manifest)).count(), 1);
    }

    #[test]
    fn damage_is_said() {
        let picture = boxed(*b"jxlc", PICTURE);
        let whole = file(&[&picture]);
        let past = |length: &[u8], kind: &[u8]| file(&[&picture, length, kind]);
        for broken in [
            SIGNATURE.to_vec(),
            file(&[]),
            whole[..whole.len() - 1].to_vec(),
            [&SIGNATURE[..], &picture].concat(),
            past(&[0, 0, 0, 7], b"free"),
            past(&[0xFF; 4], b"free"),
            past(&[0, 0, 0, 1], b"free\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"),
            file(&[&boxed(*b"jxlp", &[0; 3])]),
        ] {
            assert!(read(&broken).0.damaged, "{broken:?}");
        }
    }

    proptest! {
        #[test]
        fn any_packet_goes_in_and_everything_else_stays(
            packet in prop::collection::vec(any::<u8>(), 0..300),
            other in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let plain = file(&[&boxed(*b"abcd", b"x"), &boxed(*b"jxlc", PICTURE), &boxed(*b"efgh", b"y")]);
            let out = written(&plain, &packet);
            let (_, values) = read(&out);
            prop_assert_eq!(&values[0].bytes, &packet);
            let range = values[0].range.start as usize..values[0].range.end as usize;
            prop_assert_eq!([&out[..range.start], &out[range.end..]].concat(), plain.clone());
            prop_assert_eq!(written(&out, &other), written(&plain, &other));
        }

        #[test]
        fn any_bytes_are_mapped(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            read(&bytes);
            read(&file(&[&bytes]));
        }
    }
}
