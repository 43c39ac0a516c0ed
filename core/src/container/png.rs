//! PNG and APNG (ISO/IEC 15948; XMP part 3, 1.1.5; C2PA chunk `caBX`).

use crate::codec::Pixels;
use crate::container::{
    Container, FINDINGS, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, TRAILING, inflate,
    only_xmp, payload,
};
use crate::error::Problem;
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::{general, reason};
use crate::metadata::xmp::without_padding;
use crate::source::{Source, check_limit};

const SIGNATURE: &[u8; 8] = b"\x89PNG\r\n\x1a\n";
const XMP_KEYWORD: &str = "XML:com.adobe.xmp";

/// The PNG byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Png;

/// Frames `data` as a chunk: length, type, data, CRC-32 over type and data.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Result<Vec<u8>> {
    let len = u32::try_from(data.len())
        .ok()
        .filter(|len| *len <= i32::MAX as u32)
        .ok_or_else(|| Error::Refused(general::TOO_LARGE.with("part", String::from_utf8_lossy(kind))))?;
    let mut crc = crate::crc::Crc::new();
    crc.update(kind);
    crc.update(data);
    let mut out = Vec::with_capacity(data.len() + 12);
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc.sum().to_be_bytes());
    Ok(out)
}

fn is_essence(kind: [u8; 4]) -> bool {
    matches!(&kind, b"IHDR" | b"PLTE" | b"tRNS" | b"IDAT" | b"acTL" | b"fcTL" | b"fdAT" | b"CgBI")
}

/// Whether a chunk says how the pixels look.
fn is_colour(name: &str) -> bool {
    matches!(name, "gAMA" | "cHRM" | "sRGB" | "iCCP" | "sBIT" | "cICP" | "mDCV" | "cLLI")
}

fn is_text(name: &str) -> bool {
    matches!(name, "tEXt" | "zTXt" | "iTXt")
}

/// Splits at the first NUL.
fn cut(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|b| *b == 0)?;
    Some((bytes.get(..at)?, bytes.get(at + 1..)?))
}

fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

/// What a text chunk holds: keyword, value as bytes, and where the value starts if stored plainly.
struct Text {
    keyword: String,
    value: std::result::Result<Vec<u8>, Problem>,
    plain_at: Option<usize>,
}

fn text(name: &str, data: &[u8], limits: &Limits) -> Option<Text> {
    let (keyword, rest) = cut(data)?;
    let keyword = latin1(keyword);
    match name {
        // Latin-1 by specification; what is found in the wild is UTF-8, so the bytes are kept.
        "tEXt" => Some(Text { plain_at: Some(data.len() - rest.len()), keyword, value: Ok(rest.to_vec()) }),
        "zTXt" => {
            let (method, body) = rest.split_first()?;
            let value = if *method == 0 {
                inflate::zlib(body, limits)
            } else {
                Err(reason::COMPRESSION.with("method", method))
            };
            Some(Text { keyword, value, plain_at: None })
        }
        "iTXt" => {
            let (flags, rest) = rest.split_first_chunk::<2>()?;
            let (_language, rest) = cut(rest)?;
            let (_translated, body) = cut(rest)?;
            match flags {
                [0, _] => Some(Text { plain_at: Some(data.len() - body.len()), keyword, value: Ok(body.to_vec()) }),
                [1, 0] => Some(Text { keyword, value: inflate::zlib(body, limits), plain_at: None }),
                [_, method] => {
                    Some(Text { keyword, value: Err(reason::COMPRESSION.with("method", method)), plain_at: None })
                }
            }
        }
        _ => None,
    }
}

/// Whether the stored checksum of a whole chunk is right.
fn checksum_holds(source: &mut Source<'_>, segment: &Segment) -> Result<bool> {
    let mut crc = crate::crc::Crc::new();
    let body = segment.range.start.saturating_add(4)..segment.payload.end;
    source.copy(body, &mut |part| {
        crc.update(part);
        Ok(())
    })?;
    Ok(source.array::<4>(segment.payload.end)?.map(u32::from_be_bytes) == Some(crc.sum()))
}

/// What a decoder needs: one IHDR of 13 bytes, picture data in one run, and right checksums of
/// the critical chunks (ISO/IEC 15948 5.3, 5.6, 11.2).
fn check_critical(map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
    let named = |name: &str| map.segments.iter().filter(|s| s.name == name).count();
    let header = map.first("IHDR").map(|s| s.payload.end - s.payload.start);
    let first = map.segments.iter().position(|s| s.name == "IDAT").unwrap_or(0);
    let last = map.segments.iter().rposition(|s| s.name == "IDAT").unwrap_or(0);
    let wrong = if header.is_some_and(|len| len != 13) || named("IHDR") > 1 {
        Some(("IHDR", &reason::HEADER_CHUNK))
    } else if named("IDAT") == 0 {
        Some(("IDAT", &reason::NO_IMAGE_CHUNK))
    } else if last.saturating_sub(first) >= named("IDAT") {
        Some(("IDAT", &reason::SPLIT_RUN))
    } else {
        None
    };
    let mut found = Vec::new();
    if let Some((part, why)) = wrong {
        let place = map.first(part).map_or_else(|| Site::new(part, &(0..map.len)), |s| Site::new(part, &s.range));
        found.push(finding::FILE_MALFORMED.finding().arg("part", part).because("reason", why).at(place));
    }
    let coded = |s: &&Segment| matches!(s.name.as_str(), "IDAT" | "fdAT");
    let all: u64 = map.segments.iter().filter(coded).map(|s| s.range.end.saturating_sub(s.range.start)).sum();
    let unread = all > limits.coded_bytes;
    if let Some(data) = map.segments.iter().find(coded).filter(|_| unread) {
        found.push(finding::unread(all, Site::new(data.name.as_str(), &data.range)));
    }
    let checked = map.segments.iter().filter(|s| s.essence || s.slot == Some(Slot::Manifest));
    for segment in checked.filter(|s| !(unread && coded(s))) {
        if found.len() as u64 >= FINDINGS || checksum_holds(source, segment)? {
            continue;
        }
        let place = Site::new(segment.name.as_str(), &segment.range);
        found.push(if segment.essence {
            let damage = finding::FILE_MALFORMED.finding().arg("part", &segment.name);
            damage.because("reason", &reason::CHECKSUM).at(place)
        } else {
            finding::FILE_CHECKSUM.finding().arg("part", &segment.name).at(place)
        });
    }
    map.damaged |= found.iter().any(|f| f.rule == &finding::FILE_MALFORMED);
    map.findings.append(&mut found);
    Ok(())
}

/// The data of an animation's pictures in the chunks that they lie in: as many as before, each with its number,
/// so that no other chunk changes but for the header of what was interlaced.
#[cfg(feature = "write")]
fn put_frames(map: &SegmentMap, source: &mut Source<'_>, frames: &[Pixels]) -> Result<Patch> {
    let bad = || Error::Internal(general::BAD_PIECES.problem());
    let mut groups: Vec<Vec<&Segment>> = Vec::new();
    let mut begun = false;
    for segment in &map.segments {
        match segment.name.as_str() {
            "fcTL" => begun = false,
            "IDAT" | "fdAT" => {
                match groups.last_mut().filter(|_| begun) {
                    Some(group) => group.push(segment),
                    None => groups.push(vec![segment]),
                }
                begun = true;
            }
            _ => {}
        }
    }
    if groups.len() != frames.len() {
        return Err(bad());
    }
    let mut patch = Patch::new(map.len);
    if let (Some(Pixels::Png { ihdr, .. }), Some(header)) = (frames.first(), map.first("IHDR")) {
        let mut old = source.bytes(header.payload.clone(), 13, "metadata_bytes")?;
        let was = old.clone();
        if let (Some(place), Some(interlace)) = (old.last_mut(), ihdr.last()) {
            *place = *interlace;
        }
        if old != was {
            patch.replace(header.range.start, &chunk(b"IHDR", &was)?, &chunk(b"IHDR", &old)?)?;
        }
    }
    for (group, frame) in groups.iter().zip(frames) {
        let Pixels::Png { idat, .. } = frame else { return Err(bad()) };
        let mut parts = idat.chunks(idat.len().div_ceil(group.len()).max(1));
        for segment in group {
            let data = parts.next().unwrap_or_default();
            let number = match segment.name.as_str() {
                "fdAT" => source.array::<4>(segment.payload.start)?.map(|number| number.to_vec()).ok_or_else(bad)?,
                _ => Vec::new(),
            };
            let kind = if segment.name == "fdAT" { b"fdAT" } else { b"IDAT" };
            let insert = chunk(kind, &[&number[..], data].concat())?;
            let remove = segment.range.end - segment.range.start;
            patch.push(crate::container::Edit { at: segment.range.start, remove, insert })?;
        }
    }
    Ok(patch)
}

impl Png {
    /// Where a new metadata chunk goes: directly behind IHDR, so that readers that stop at IDAT
    /// see it; in an animation behind acTL.
    fn insertion_point(map: &SegmentMap) -> Result<u64> {
        let head = map.segments.iter().take_while(|s| s.name != "IDAT");
        let place = head.filter(|s| matches!(s.name.as_str(), "IHDR" | "acTL")).last();
        place.map(|s| s.range.end).ok_or_else(|| Error::Malformed(general::MALFORMED.with("part", "IHDR")))
    }
}

impl Container for Png {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        Ok((head.bytes.starts_with(SIGNATURE)).then_some(Format::Png))
    }

    fn map(&self, _: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(Format::Png, len);
        map.segments.push(Segment {
            name: "signature".to_owned(),
            range: 0..8.min(len),
            payload: 0..8.min(len),
            slot: None,
            essence: false,
        });
        let mut at = 8u64;
        let mut ended = false;
        while at < len {
            check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
            let Some(head) = source.array::<8>(at)? else { break };
            let [l0, l1, l2, l3, k0, k1, k2, k3] = head;
            let size = u64::from(u32::from_be_bytes([l0, l1, l2, l3]));
            let kind = [k0, k1, k2, k3];
            let name = latin1(&kind);
            if size > i32::MAX as u64 || !kind.iter().all(u8::is_ascii_alphabetic) {
                let why = if size > i32::MAX as u64 { &reason::CHUNK_LENGTH } else { &reason::CHUNK_TYPE };
                map.findings.push(
                    finding::FILE_MALFORMED
                        .finding()
                        .arg("part", &name)
                        .because("reason", why)
                        .at(Site::new("chunk", &(at..at + 8))),
                );
                map.damaged = true;
                map.segments.push(Segment::plain("unreadable", at..len));
                return Ok(map);
            }
            let (body, end) = (at + 8, at + 12 + size);
            let shown = end.min(len);
            let mut segment = Segment {
                range: at..shown,
                payload: body..(body + size).min(len),
                slot: None,
                essence: is_essence(kind),
                name: name.clone(),
            };
            match &kind {
                b"IHDR" => {
                    if let Some([w0, w1, w2, w3, h0, h1, h2, h3]) = source.array::<8>(body)? {
                        map.size = Some((u32::from_be_bytes([w0, w1, w2, w3]), u32::from_be_bytes([h0, h1, h2, h3])));
                    }
                }
                b"acTL" => map.animated = true,
                b"caBX" => segment.slot = Some(Slot::Manifest),
                b"eXIf" => segment.slot = Some(Slot::Exif),
                b"tEXt" | b"zTXt" | b"iTXt" => {
                    let mut keyword = [0u8; 80];
                    let n = source.read_at(body, &mut keyword)?.min(usize::try_from(size).unwrap_or(80));
                    let keyword = keyword.get(..n).and_then(cut).map(|(k, _)| latin1(k)).unwrap_or_default();
                    segment.slot = Some(if keyword == XMP_KEYWORD { Slot::Xmp } else { Slot::item("text", keyword) });
                }
                _ => {}
            }
            map.segments.push(segment);
            if end > len {
                map.findings.push(
                    finding::FILE_TRUNCATED
                        .finding()
                        .arg("part", &name)
                        .arg("missing", end - len)
                        .at(Site::new(&name, &(at..len))),
                );
                map.damaged = true;
                return Ok(map);
            }
            at = end;
            if &kind == b"IEND" {
                ended = true;
                break;
            }
        }
        if !ended {
            map.findings.push(
                finding::FILE_TRUNCATED
                    .finding()
                    .arg("part", "IEND")
                    .arg("missing", 12 - (len.saturating_sub(at)).min(11))
                    .at(Site::new("IEND", &(at.min(len)..len))),
            );
            map.damaged = true;
            if at < len {
                map.segments.push(Segment::plain("unreadable", at..len));
            }
        } else if at < len {
            map.segments.push(Segment::plain(TRAILING, at..len));
            map.findings
                .push(finding::FILE_TRAILING.finding().arg("length", len - at).at(Site::new(TRAILING, &(at..len))));
        }
        if !map.damaged {
            check_critical(&mut map, source, limits)?;
        }
        let header = map.segments.iter().map(|s| s.name.as_str()).find(|name| !matches!(*name, "signature" | "CgBI"));
        if header != Some("IHDR") && !map.damaged {
            map.findings
                .push(finding::FILE_MALFORMED.finding().arg("part", "IHDR").because("reason", &reason::FIRST_CHUNK));
            map.damaged = true;
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut out = Vec::new();
        let mut found = Vec::new();
        let mut total = 0u64;
        let essence_at = map.first("IDAT").map_or(u64::MAX, |idat| idat.range.start);
        for segment in &map.segments {
            let Some(slot) = segment.slot.clone().filter(|slot| *slot != Slot::Manifest) else { continue };
            check_limit("findings", found.len() as u64, FINDINGS)?;
            total = total.saturating_add(segment.payload.end - segment.payload.start);
            check_limit("metadata_bytes", total, limits.metadata_bytes)?;
            let data = payload(source, segment, limits)?;
            let mut crc = crate::crc::Crc::new();
            crc.update(segment.name.as_bytes());
            crc.update(&data);
            let stored = source.array::<4>(segment.payload.end)?.map(u32::from_be_bytes);
            if segment.range.end == segment.payload.end.saturating_add(4) && stored != Some(crc.sum()) {
                found.push(
                    finding::FILE_CHECKSUM
                        .finding()
                        .arg("part", &segment.name)
                        .at(Site::new(slot.to_string(), &segment.range)),
                );
            }
            let after_essence = segment.range.start > essence_at;
            let base = RawValue {
                slot,
                segment: segment.name.clone(),
                range: segment.range.clone(),
                plain_at: Some(segment.payload.start),
                bytes: Vec::new(),
                after_essence,
            };
            if !is_text(&segment.name) {
                out.push(RawValue { bytes: data, ..base });
                continue;
            }
            match text(&segment.name, &data, limits) {
                Some(Text { value: Ok(bytes), plain_at, .. }) => {
                    total = total.saturating_add(bytes.len() as u64);
                    check_limit("metadata_bytes", total, limits.metadata_bytes)?;
                    let plain_at = plain_at.map(|skip| segment.payload.start + skip as u64);
                    out.push(RawValue { bytes, plain_at, ..base });
                }
                Some(Text { keyword, value: Err(reason), .. }) => found.push(
                    finding::FILE_VALUE
                        .finding()
                        .arg("part", format!("{} {keyword}", segment.name))
                        .because("reason", reason)
                        .at(Site::new(base.slot.to_string(), &segment.range)),
                ),
                None => found.push(
                    finding::FILE_VALUE
                        .finding()
                        .arg("part", &segment.name)
                        .because("reason", &reason::NO_KEYWORD)
                        .at(Site::new(base.slot.to_string(), &segment.range)),
                ),
            }
        }
        map.findings.append(&mut found);
        Ok(out)
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, _: &Limits, sink: &mut Sink) -> Result<()> {
        let colour = map.segments.iter().filter(|s| is_colour(&s.name));
        sink.ranges(source, "colour", &colour.map(|s| s.range.clone()).collect::<Vec<_>>())?;
        sink.essence(map, source)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let packet = only_xmp(values)?;
        check_limit("metadata_bytes", packet.len() as u64, limits.metadata_bytes)?;
        let mut patch = Patch::new(map.len);
        let existing = map.segments.iter().find(|s| s.slot == Some(Slot::Xmp));
        let fresh = |packet: &[u8]| {
            let mut data = XMP_KEYWORD.as_bytes().to_vec();
            data.extend_from_slice(&[0, 0, 0, 0, 0]);
            data.extend_from_slice(packet);
            chunk(b"iTXt", &data)
        };
        match existing {
            // FFmpeg takes a file for a still picture that does not reach IDAT within 2 KiB.
            None if map.animated => patch.insert(Self::insertion_point(map)?, fresh(&without_padding(packet))?)?,
            None => patch.insert(Self::insertion_point(map)?, fresh(packet)?)?,
            Some(segment) => {
                let old = source.bytes(segment.range.clone(), limits.metadata_bytes, "metadata_bytes")?;
                let data = payload(source, segment, limits)?;
                let plain = (segment.name == "iTXt").then(|| text("iTXt", &data, limits)).flatten();
                let new = match plain.and_then(|t| t.plain_at).and_then(|at| data.get(..at)) {
                    // Keyword, language and translated keyword stay as they are.
                    Some(head) => chunk(b"iTXt", &[head, packet].concat())?,
                    None => fresh(packet)?,
                };
                patch.replace(segment.range.start, &old, &new)?;
            }
        }
        Ok(patch.into())
    }

    #[cfg(feature = "write")]
    fn put_pixels(&self, map: &SegmentMap, source: &mut Source<'_>, pixels: &Pixels) -> Result<Patch> {
        if let Pixels::Frames(frames) = pixels {
            return put_frames(map, source, frames);
        }
        let Pixels::Png { ihdr, plte, trns, idat } = pixels else {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        };
        let mut patch = Patch::new(map.len);
        let first = map.first("IDAT").map(|s| s.range.start);
        let mut seen = (false, false, false);
        for segment in &map.segments {
            let at = segment.range.start;
            let size = usize::try_from(segment.range.end - at).unwrap_or(usize::MAX);
            let new = match segment.name.as_str() {
                "IHDR" => chunk(b"IHDR", ihdr)?,
                "PLTE" => {
                    seen.0 = true;
                    match plte {
                        Some(plte) => chunk(b"PLTE", plte)?,
                        None => continue,
                    }
                }
                "tRNS" => {
                    seen.1 = true;
                    match trns {
                        Some(trns) => chunk(b"tRNS", trns)?,
                        None => continue,
                    }
                }
                "IDAT" if !seen.2 => {
                    seen.2 = true;
                    let mut new = Vec::new();
                    if let (Some(plte), false) = (plte, seen.0) {
                        new.extend(chunk(b"PLTE", plte)?);
                    }
                    if let (Some(trns), false) = (trns, seen.1) {
                        new.extend(chunk(b"tRNS", trns)?);
                    }
                    for part in idat.chunks(1 << 20) {
                        new.extend(chunk(b"IDAT", part)?);
                    }
                    new
                }
                "IDAT" => Vec::new(),
                _ => continue,
            };
            if segment.name == "IDAT" {
                patch.push(crate::container::Edit { at, remove: size as u64, insert: new })?;
            } else {
                let old = source.bytes(segment.range.clone(), 1 << 20, "metadata_bytes")?;
                patch.replace(at, &old, &new)?;
            }
        }
        if first.is_none() {
            return Err(Error::Malformed(general::MALFORMED.with("part", "IDAT")));
        }
        Ok(patch)
    }
}
