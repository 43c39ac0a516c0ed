//! JPEG (ITU-T T.81; Exif 2.32 4.7; XMP part 3, 1.1.3; C2PA APP11 JUMBF segments).

use std::collections::BTreeMap;

use crate::codec::Pixels;
use crate::container::{
    Container, Edit, FINDINGS, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, TRAILING,
    only_xmp, payload,
};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::{Message, general, reason};
use crate::source::{Source, check_limit};

const XMP: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";
const XMP_EXTENSION: &[u8] = b"http://ns.adobe.com/xmp/extension/\0";
const EXIF: &[u8] = b"Exif\0";
/// Most bytes of a packet in one APP1: 65,535 less the length field and the namespace.
const MAX_PACKET: usize = 65_533 - XMP.len();

/// A part of extended XMP: where it stands, the whole's length, its own offset, its bytes.
type Part<'a> = (&'a Segment, u32, u32, &'a [u8]);

/// Extended XMP joined from its parts, or why it can't be and what there is of it.
type Joined = std::result::Result<Vec<u8>, (&'static Message, Vec<u8>)>;

/// The JPEG byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Jpeg;

fn name(marker: u8) -> String {
    match marker {
        0xC4 => "DHT".to_owned(),
        0xC8 => "JPG".to_owned(),
        0xCC => "DAC".to_owned(),
        0xC0..=0xCF => format!("SOF{}", marker - 0xC0),
        0xD0..=0xD7 => format!("RST{}", marker - 0xD0),
        0xD8 => "SOI".to_owned(),
        0xD9 => "EOI".to_owned(),
        0xDA => "SOS".to_owned(),
        0xDB => "DQT".to_owned(),
        0xDC => "DNL".to_owned(),
        0xDD => "DRI".to_owned(),
        0xDE => "DHP".to_owned(),
        0xDF => "EXP".to_owned(),
        0xE0..=0xEF => format!("APP{}", marker - 0xE0),
        0xFE => "COM".to_owned(),
        other => format!("marker {other:02X}"),
    }
}

/// Whether a part carries the picture: tables, frame and scan headers, entropy-coded data, and
/// Adobe's APP14, which says how colours are to be read.
fn is_essence(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xCF | 0xDA..=0xDF | 0xEE)
}

/// Finds the marker that ends entropy-coded data: `FF` followed by neither `00`, nor a fill `FF`,
/// nor a restart marker. Returns its position, or the end of the file; `None` if it is not before `stop`.
fn scan_end(source: &mut Source<'_>, mut at: u64, stop: u64) -> Result<Option<u64>> {
    let mut pending = false;
    loop {
        if at >= stop {
            return Ok(None);
        }
        let window = source.window(at)?;
        if window.is_empty() {
            return Ok(Some(source.len()));
        }
        let mut used = 0usize;
        while let Some(rest) = window.get(used..).filter(|rest| !rest.is_empty()) {
            if pending {
                pending = false;
                match rest.first() {
                    Some(0x00 | 0xD0..=0xD7) => {}
                    Some(0xFF) => pending = true,
                    _ => return Ok(Some(at + used as u64 - 1)),
                }
                used += 1;
            } else if let Some(skip) = rest.iter().position(|b| *b == 0xFF) {
                used += skip + 1;
                pending = true;
            } else {
                used = window.len();
            }
        }
        at += used as u64;
    }
}

fn segment(marker: u8, data: &[u8]) -> Result<Vec<u8>> {
    let len =
        u16::try_from(data.len() + 2).map_err(|_| Error::Refused(general::TOO_LARGE.with("part", name(marker))))?;
    let mut out = vec![0xFF, marker];
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(data);
    Ok(out)
}

impl Jpeg {
    fn slot(source: &mut Source<'_>, marker: u8, at: u64, size: u64) -> Result<(Option<Slot>, u64)> {
        let mut head = [0u8; 40];
        let n = source.read_at(at, &mut head)?.min(usize::try_from(size).unwrap_or(40));
        let head = head.get(..n).unwrap_or_default();
        Ok(match marker {
            0xE1 if head.starts_with(XMP) => (Some(Slot::Xmp), XMP.len() as u64),
            0xE1 if head.starts_with(XMP_EXTENSION) => (Some(Slot::XmpExtended), XMP_EXTENSION.len() as u64),
            // Exif and one pad byte, which is 00 by specification and FF in some files.
            0xE1 if head.starts_with(EXIF) && n > EXIF.len() => (Some(Slot::Exif), EXIF.len() as u64 + 1),
            0xFE => (Some(Slot::Comment), 0),
            0xE0..=0xEF => (Some(Slot::App(marker - 0xE0)), 0),
            _ => (None, 0),
        })
    }

    /// Whether an APP11 segment belongs to a C2PA store and not to another use of JPEG boxes
    /// (JPEG XT, JPEG 360): common identifier `JP`, box instance, sequence number, then a
    /// superbox `jumb` whose description starts with the C2PA type (ISO 19566-5; C2PA 2.2 A.3.1).
    /// Later segments of the store repeat the box instance and the box header only.
    fn is_store(source: &mut Source<'_>, at: u64, size: u64, store: &mut Option<[u8; 2]>) -> Result<bool> {
        let Some(head) = source.array::<16>(at)?.filter(|_| size >= 16) else { return Ok(false) };
        let [b'J', b'P', e0, e1, z0, z1, z2, z3, _, _, _, _, b'j', b'u', b'm', b'b'] = head else { return Ok(false) };
        let first = u32::from_be_bytes([z0, z1, z2, z3]) == 1;
        let kind = source.array::<12>(at + 16)?.filter(|_| first && size >= 28);
        if kind.is_some_and(|kind| kind.ends_with(b"c2pa")) {
            *store = Some([e0, e1]);
        }
        Ok(*store == Some([e0, e1]))
    }

    /// Where a new XMP segment goes: behind JFIF and Exif, before everything else; offsets in an
    /// MPF segment count from that segment, so they stay right only when we insert before it.
    fn insertion_point(map: &SegmentMap) -> u64 {
        let mut at = 2;
        for segment in map.segments.iter().skip(1) {
            if segment.name == "APP0" || segment.slot == Some(Slot::Exif) {
                at = segment.range.end;
            } else {
                break;
            }
        }
        at
    }

    /// Joins the parts of extended XMP by their GUID (XMP part 3, 1.1.3.1).
    fn join(parts: &[(&Segment, Vec<u8>)], limits: &Limits) -> Vec<(Segment, Joined)> {
        let mut groups: BTreeMap<Vec<u8>, Vec<Part<'_>>> = BTreeMap::new();
        let mut out = Vec::new();
        for (segment, data) in parts {
            let head = data.split_first_chunk::<32>().and_then(|(guid, rest)| {
                let (total, rest) = rest.split_first_chunk::<4>()?;
                let (offset, rest) = rest.split_first_chunk::<4>()?;
                Some((guid.to_vec(), u32::from_be_bytes(*total), u32::from_be_bytes(*offset), rest))
            });
            match head {
                Some((guid, total, offset, rest)) => {
                    groups.entry(guid).or_default().push((segment, total, offset, rest))
                }
                None => out.push(((*segment).clone(), Err((&reason::EXTENSION_HEADER, data.clone())))),
            }
        }
        for (_, mut group) in groups {
            group.sort_by_key(|(_, _, offset, _)| *offset);
            let Some((first, total, _, _)) = group.first().copied() else { continue };
            let mut joined = Vec::new();
            let mut why = None;
            for (_, each, offset, data) in &group {
                if *each != total || u64::from(*offset) != joined.len() as u64 {
                    why = Some(&reason::EXTENSION_PARTS);
                    break;
                }
                if (joined.len() + data.len()) as u64 > limits.metadata_bytes {
                    why = Some(&reason::EXTENSION_LONG);
                    break;
                }
                joined.extend_from_slice(data);
            }
            if why.is_none() && joined.len() as u64 != u64::from(total) {
                why = Some(&reason::EXTENSION_MISSING);
            }
            out.push((
                first.clone(),
                match why {
                    None => Ok(joined),
                    Some(why) => Err((why, group.iter().flat_map(|(_, _, _, data)| data.iter().copied()).collect())),
                },
            ));
        }
        out
    }
}

/// What a segment of an ICC profile begins with (ICC.1 B.4).
const ICC: &[u8; 12] = b"ICC_PROFILE\0";

/// Fewest bytes of a JFIF header (ITU-T T.871, 10.1); readers overlook shorter ones.
const JFIF: u64 = 14;

/// Entries of a multi-picture index that are looked at; real files have two to four.
const MPF_ENTRIES: u64 = 64;

impl Jpeg {
    /// The patch of these edits and of the offsets in a multi-picture index that they move: those
    /// count from the index's own header to the pictures behind this one (CIPA DC-007 5.2.3.3.3).
    fn patch(map: &SegmentMap, source: &mut Source<'_>, mut edits: Vec<Edit>) -> Result<Patch> {
        let mut moved = Vec::new();
        // One index a file (CIPA DC-007 5.2); others are left as they are.
        for segment in map.segments.iter().filter(|s| s.slot == Some(Slot::App(2))) {
            let header = segment.payload.start.saturating_add(4);
            let Some((base, big)) = Self::mpf_entries(source, segment)? else { continue };
            for n in 0..MPF_ENTRIES {
                let at = base.saturating_add(n.saturating_mul(16)).saturating_add(8);
                if at.saturating_add(8) > segment.payload.end {
                    break;
                }
                let Some(stored) = source.array::<4>(at)? else { break };
                let offset = u64::from(if big { u32::from_be_bytes(stored) } else { u32::from_le_bytes(stored) });
                let target = header.saturating_add(offset);
                if offset == 0 || target > map.len {
                    continue;
                }
                let (mut added, mut taken) = (0u64, 0u64);
                for e in edits.iter().filter(|e| e.at >= header && e.at.saturating_add(e.remove) <= target) {
                    added = added.saturating_add(e.insert.len() as u64);
                    taken = taken.saturating_add(e.remove);
                }
                if added == taken {
                    continue;
                }
                let new = u32::try_from(offset.saturating_add(added).saturating_sub(taken))
                    .map_err(|_| Error::Refused(general::TOO_LARGE.with("part", "MPF")))?;
                let insert = if big { new.to_be_bytes() } else { new.to_le_bytes() };
                moved.push(Edit { at, remove: 4, insert: insert.to_vec() });
            }
            break;
        }
        edits.append(&mut moved);
        edits.sort_by_key(|e| e.at);
        let mut patch = Patch::new(map.len);
        for edit in edits {
            patch.push(edit)?;
        }
        Ok(patch)
    }

    /// Where the entries of a multi-picture index start, and whether its numbers are big-endian.
    fn mpf_entries(source: &mut Source<'_>, segment: &Segment) -> Result<Option<(u64, bool)>> {
        let head = source.array::<12>(segment.payload.start)?;
        let Some([b'M', b'P', b'F', 0, order, _, a, b, i0, i1, i2, i3]) = head else { return Ok(None) };
        let big = match (order, a, b) {
            (b'M', 0, 42) => true,
            (b'I', 42, 0) => false,
            _ => return Ok(None),
        };
        let two = |b: [u8; 2]| if big { u16::from_be_bytes(b) } else { u16::from_le_bytes(b) };
        let four = |b: [u8; 4]| u64::from(if big { u32::from_be_bytes(b) } else { u32::from_le_bytes(b) });
        let header = segment.payload.start.saturating_add(4);
        let ifd = header.saturating_add(four([i0, i1, i2, i3]));
        let Some(count) = source.array::<2>(ifd)?.map(two) else { return Ok(None) };
        for n in 0..u64::from(count).min(MPF_ENTRIES) {
            let at = ifd.saturating_add(2).saturating_add(n.saturating_mul(12));
            let Some([t0, t1, _, _, _, _, _, _, v0, v1, v2, v3]) = source.array::<12>(at)? else { break };
            // MPEntry (CIPA DC-007 5.2.3.3).
            if two([t0, t1]) == 0xB002 {
                return Ok(Some((header.saturating_add(four([v0, v1, v2, v3])), big)));
            }
        }
        Ok(None)
    }
}

impl Container for Jpeg {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        Ok((head.bytes.starts_with(&[0xFF, 0xD8, 0xFF])).then_some(Format::Jpeg))
    }

    fn map(&self, _: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(Format::Jpeg, len);
        let plain =
            |name: &str, from: u64, to: u64, essence: bool| Segment { essence, ..Segment::plain(name, from..to) };
        map.segments.push(plain("SOI", 0, 2.min(len), false));
        let mut at = 2u64;
        let mut scanned = false;
        let mut budget = limits.coded_bytes;
        let mut store = None;
        loop {
            check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
            let start = at;
            let lead = source.array::<1>(at)?;
            if lead.is_some_and(|[b]| b != 0xFF) {
                let found = finding::FILE_MALFORMED
                    .finding()
                    .arg("part", "marker")
                    .because("reason", &reason::NO_MARKER)
                    .at(Site::new("marker", &(at..len)));
                map.findings.push(found);
                map.segments.push(plain("unreadable", at, len, false));
                map.damaged = true;
                return Ok(map);
            }
            // Fill bytes before a marker belong to it.
            let marker = loop {
                match source.array::<1>(at)? {
                    Some([0xFF]) => at += 1,
                    Some([marker]) => break Some(marker),
                    None => break None,
                }
            };
            let Some(marker) = marker else {
                let part = if scanned { "EOI" } else { "SOS" };
                map.findings.push(
                    finding::FILE_TRUNCATED
                        .finding()
                        .arg("part", part)
                        .arg("missing", 2 - len.saturating_sub(start).min(1))
                        .at(Site::new(part, &(start..len))),
                );
                if start < len {
                    map.segments.push(plain("unreadable", start, len, false));
                }
                map.damaged = true;
                return Ok(map);
            };
            at += 1;
            match marker {
                0xD9 => {
                    map.segments.push(plain("EOI", start, at, false));
                    break;
                }
                0x01 | 0xD0..=0xD8 => {
                    map.segments.push(plain(&name(marker), start, at, false));
                    continue;
                }
                0x00 => {
                    let found =
                        finding::FILE_MALFORMED.finding().arg("part", "marker").because("reason", &reason::STUFFED);
                    map.findings.push(found.at(Site::new("marker", &(start..len))));
                    map.segments.push(plain("unreadable", start, len, false));
                    map.damaged = true;
                    return Ok(map);
                }
                _ => {}
            }
            let size = source.array::<2>(at)?.map(|b| u64::from(u16::from_be_bytes(b)));
            let Some(size) = size.filter(|size| *size >= 2 && at + size <= len) else {
                let label = name(marker);
                let missing = size.map_or(2, |size| (at + size.max(2)).saturating_sub(len));
                let found = if missing == 0 {
                    finding::FILE_MALFORMED.finding().arg("part", &label).because("reason", &reason::SEGMENT_LENGTH)
                } else {
                    finding::FILE_TRUNCATED.finding().arg("part", &label).arg("missing", missing)
                };
                map.findings.push(found.at(Site::new(&label, &(start..len))));
                map.segments.push(plain(&label, start, len, false));
                map.damaged = true;
                return Ok(map);
            };
            let body = at + 2;
            let end = at + size;
            let (mut slot, skip) = Self::slot(source, marker, body, size - 2)?;
            if marker == 0xEB && Self::is_store(source, body, size - 2, &mut store)? {
                slot = Some(Slot::Manifest);
            }
            if matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF)
                && map.size.is_none()
                && let Some([_, h0, h1, w0, w1]) = source.array::<5>(body)?.filter(|_| size >= 7)
            {
                let side = |bytes| u32::from(u16::from_be_bytes(bytes));
                map.size = Some((side([w0, w1]), side([h0, h1])));
            }
            map.segments.push(Segment {
                name: name(marker),
                range: start..end,
                payload: body + skip..end,
                slot,
                essence: is_essence(marker),
            });
            at = end;
            if marker == 0xDA {
                scanned = true;
                let Some(end) = scan_end(source, at, at.saturating_add(budget))? else {
                    map.segments.push(plain("scan", at, len, true));
                    map.findings.push(finding::unread(len - at, Site::new("scan", &(at..len))));
                    return Ok(map);
                };
                map.segments.push(plain("scan", at, end, true));
                budget = budget.saturating_sub(end - at);
                at = end;
            }
        }
        if !scanned {
            map.findings.push(
                finding::FILE_MALFORMED
                    .finding()
                    .arg("part", "SOS")
                    .because("reason", &reason::NO_SCAN)
                    .at(Site::new("EOI", &(at - 2..at))),
            );
            map.damaged = true;
        }
        if at < len {
            map.segments.push(plain(TRAILING, at, len, false));
            map.findings
                .push(finding::FILE_TRAILING.finding().arg("length", len - at).at(Site::new(TRAILING, &(at..len))));
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut out = Vec::new();
        let mut extended = Vec::new();
        let scan_at = map.first("SOS").map_or(u64::MAX, |s| s.range.start);
        let mut total = 0u64;
        for segment in &map.segments {
            let Some(slot) = segment.slot.clone().filter(|slot| *slot != Slot::Manifest) else { continue };
            total = total.saturating_add(segment.payload.end.saturating_sub(segment.payload.start));
            check_limit("metadata_bytes", total, limits.metadata_bytes)?;
            let bytes = payload(source, segment, limits)?;
            if slot == Slot::XmpExtended {
                extended.push((segment, bytes));
                continue;
            }
            out.push(RawValue {
                slot,
                segment: segment.name.clone(),
                range: segment.range.clone(),
                plain_at: Some(segment.payload.start),
                bytes,
                after_essence: segment.range.start > scan_at,
            });
        }
        let mut found = Vec::new();
        for (segment, joined) in Self::join(&extended, limits) {
            match joined {
                Ok(bytes) => out.push(RawValue {
                    slot: Slot::XmpExtended,
                    segment: segment.name,
                    range: segment.range,
                    plain_at: None,
                    bytes,
                    after_essence: false,
                }),
                Err((reason, bytes)) => {
                    // What can't be joined may still hold a label: it is read as far as it goes.
                    if bytes.windows(4).any(|w| w == b"AIGC") {
                        out.push(RawValue {
                            slot: Slot::XmpExtended,
                            segment: segment.name,
                            range: segment.range.clone(),
                            plain_at: None,
                            bytes,
                            after_essence: false,
                        });
                    }
                    if found.len() as u64 >= FINDINGS {
                        continue;
                    }
                    found.push(
                        finding::FILE_VALUE
                            .finding()
                            .arg("part", "extended XMP")
                            .because("reason", reason)
                            .at(Site::new("xmp_extended", &segment.range)),
                    );
                }
            }
        }
        map.findings.append(&mut found);
        Ok(out)
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, _: &Limits, sink: &mut Sink) -> Result<()> {
        let mut colour = Vec::new();
        for segment in map.segments.iter().filter(|s| s.slot == Some(Slot::App(2))) {
            if source.array::<12>(segment.payload.start)?.as_ref() == Some(ICC) {
                colour.push(segment.range.clone());
            }
        }
        sink.ranges(source, "colour", &colour)?;
        // Without it, readers guess the colours of some files from elsewhere.
        for segment in map.segments.iter().take_while(|s| s.name != "SOS").filter(|s| s.slot == Some(Slot::App(0))) {
            if source.array::<5>(segment.payload.start)?.as_ref() == Some(b"JFIF\0") {
                let long = segment.payload.end.saturating_sub(segment.payload.start) >= JFIF;
                sink.item("jfif", &[u8::from(long)])?;
                break;
            }
        }
        sink.essence(map, source)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let packet = only_xmp(values)?;
        check_limit("metadata_bytes", packet.len() as u64, limits.metadata_bytes)?;
        if packet.len() > MAX_PACKET {
            return Err(Error::Refused(general::XMP_TOO_LARGE.with("size", packet.len()).arg("max", MAX_PACKET)));
        }
        let mut patch = Patch::new(map.len);
        let new = segment(0xE1, &[XMP, packet].concat())?;
        match map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)) {
            None => patch.insert(Self::insertion_point(map), new)?,
            Some(old) => {
                // Fill bytes before the marker stay.
                let from = old.payload.start - XMP.len() as u64 - 4;
                let bytes = source.bytes(from..old.range.end, limits.metadata_bytes, "metadata_bytes")?;
                patch.replace(from, &bytes, &new)?;
            }
        }
        Self::patch(map, source, patch.edits().to_vec()).map(Placed::from)
    }

    #[cfg(feature = "write")]
    fn put_pixels(&self, map: &SegmentMap, source: &mut Source<'_>, pixels: &Pixels) -> Result<Patch> {
        let Pixels::Jpeg { data } = pixels else {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        };
        let picture = |s: &&Segment| s.essence && s.name != "APP14" || s.name == "EOI";
        let mut edits = Vec::new();
        let mut written = false;
        // Tables that stand before a metadata segment go; the new ones come where the frame was.
        let frame = map
            .segments
            .iter()
            .find(|s| s.name.starts_with("SOF"))
            .map(|s| s.range.start)
            .ok_or_else(|| Error::Malformed(general::MALFORMED.with("part", "SOF")))?;
        let last =
            map.segments.iter().rfind(|s| s.slot.is_some() && s.range.start > frame).map_or(frame, |s| s.range.end);
        for segment in map.segments.iter().filter(picture) {
            let insert = if !written && segment.range.start >= last {
                written = true;
                data.clone()
            } else {
                Vec::new()
            };
            edits.push(Edit { at: segment.range.start, remove: segment.range.end - segment.range.start, insert });
        }
        if !written {
            return Err(Error::Malformed(general::MALFORMED.with("part", "EOI")));
        }
        Self::patch(map, source, edits)
    }
}
