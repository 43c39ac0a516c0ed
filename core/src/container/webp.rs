//! WebP (RFC 9649): a RIFF file of chunks padded to even length.

use crate::codec::Pixels;
use crate::container::riff::{self, Chunk, Fault, Walk, chunk, finish};
use crate::container::{
    Container, Edit, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, only_xmp, payload,
};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::{general, reason};
use crate::source::{Source, check_limit};

/// `VP8X` flag bits (RFC 9649 2.7.1.1).
const FLAG_ANIMATION: u8 = 0x02;
const FLAG_XMP: u8 = 0x04;
const FLAG_ALPHA: u8 = 0x10;

/// The WebP byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Webp;

/// A `VP8X` chunk: flags, three reserved bytes, canvas width and height less one, 24 bits each.
fn vp8x(flags: u8, (width, height): (u32, u32)) -> Result<Vec<u8>> {
    let mut data = vec![flags, 0, 0, 0];
    for side in [width, height] {
        let [a, b, c, high] = side.wrapping_sub(1).to_le_bytes();
        if side == 0 || high != 0 {
            return Err(Error::Malformed(general::MALFORMED.with("part", "VP8X")));
        }
        data.extend_from_slice(&[a, b, c]);
    }
    chunk(b"VP8X", &data)
}

/// Width, height and alpha flag from the head of a `VP8 ` or `VP8L` payload.
fn frame_header(kind: &str, head: &[u8]) -> Option<(u32, u32, bool)> {
    match kind {
        // Frame tag (3 bytes), start code 9D 01 2A, then 14-bit width and height (RFC 6386 9.1).
        "VP8 " => {
            let [_, _, _, 0x9D, 0x01, 0x2A, w0, w1, h0, h1] = head.first_chunk::<10>()? else { return None };
            let side = |lo: u8, hi: u8| u32::from(u16::from_le_bytes([lo, hi]) & 0x3FFF);
            Some((side(*w0, *w1), side(*h0, *h1), false))
        }
        // Signature 2F, then width - 1 and height - 1 in 14 bits each, then the alpha bit.
        "VP8L" => {
            let [0x2F, b0, b1, b2, b3] = head.first_chunk::<5>()? else { return None };
            let bits = u32::from_le_bytes([*b0, *b1, *b2, *b3]);
            Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1, bits >> 28 & 1 == 1))
        }
        _ => None,
    }
}

/// The extended header.
struct Header {
    /// The `VP8X` chunk, if there is one.
    chunk: Option<[u8; 18]>,
    /// Width and height.
    size: (u32, u32),
    /// Whether a simple file's picture has alpha.
    alpha: bool,
}

impl Webp {
    /// Where the RIFF ends according to its size field.
    fn riff_end(map: &SegmentMap) -> u64 {
        map.trailing().map_or(map.len, |t| t.range.start)
    }

    /// Reads what an extended header says, or would have to say.
    fn header(map: &SegmentMap, source: &mut Source<'_>) -> Result<Header> {
        if let Some(segment) = map.first("VP8X") {
            let bytes = source.array::<18>(segment.range.start)?;
            let size = map.size.ok_or_else(|| Error::Malformed(general::MALFORMED.with("part", "VP8X")))?;
            return Ok(Header { chunk: bytes, size, alpha: false });
        }
        for kind in ["VP8 ", "VP8L"] {
            if let Some(segment) = map.first(kind) {
                let mut head = [0u8; 10];
                let n = source.read_at(segment.payload.start, &mut head)?;
                if let Some((w, h, alpha)) = frame_header(kind, head.get(..n).unwrap_or_default()) {
                    return Ok(Header { chunk: None, size: (w, h), alpha });
                }
            }
        }
        Err(Error::Malformed(general::MALFORMED.with("part", "VP8")))
    }
}

/// The pictures of an animation in the chunks of its frames; places, times and what else is in them stay.
#[cfg(feature = "write")]
fn put_frames(map: &SegmentMap, source: &mut Source<'_>, frames: &[Pixels]) -> Result<Patch> {
    let bad = || Error::Internal(general::BAD_PIECES.problem());
    let places: Vec<&Segment> = map.segments.iter().filter(|s| s.name == "ANMF").collect();
    if places.len() != frames.len() {
        return Err(bad());
    }
    let mut edits = Vec::new();
    for (place, frame) in places.into_iter().zip(frames) {
        let Pixels::Webp { fourcc, payload, alph, .. } = frame else { return Err(bad()) };
        let mut new = match alph {
            Some(alph) => chunk(b"ALPH", alph)?,
            None => Vec::new(),
        };
        new.extend(chunk(fourcc, payload)?);
        let old = place.payload.start.saturating_add(16)..place.payload.end;
        // The picture's chunks come first; what follows them stays.
        let mut walk = Walk::new(old.clone());
        let mut end = old.start;
        while let Some(Chunk { name, range, .. }) = walk.next(source)? {
            if matches!(name.as_str(), "ALPH" | "VP8 " | "VP8L") {
                if range.start != end {
                    return Err(Error::Malformed(general::MALFORMED.with("part", "ANMF")));
                }
                end = range.end;
            }
        }
        let size = (place.payload.end - place.payload.start)
            .saturating_sub(end.saturating_sub(old.start))
            .saturating_add(new.len() as u64);
        let size = u32::try_from(size).map_err(|_| Error::Refused(general::TOO_LARGE.with("part", "ANMF")))?;
        edits.push(Edit { at: place.range.start.saturating_add(4), remove: 4, insert: size.to_le_bytes().to_vec() });
        edits.push(Edit { at: old.start, remove: end.saturating_sub(old.start), insert: new });
        let pad = place.range.end.saturating_sub(place.payload.end);
        let insert = if size % 2 == 1 { vec![0] } else { Vec::new() };
        if pad != insert.len() as u64 {
            edits.push(Edit { at: place.payload.end, remove: pad, insert });
        }
    }
    finish(map, Webp::riff_end(map), edits, general::TOO_LARGE.with("part", "RIFF"))
}

impl Container for Webp {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        Ok((head.bytes.starts_with(b"RIFF") && head.bytes.get(8..12) == Some(b"WEBP")).then_some(Format::Webp))
    }

    fn map(&self, _: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(Format::Webp, len);
        map.segments.push(Segment::plain("RIFF", 0..12.min(len)));
        let stated = source.array::<4>(4)?.map_or(0, u32::from_le_bytes);
        let end = riff::form_end(&mut map, u64::from(stated));
        let mut walk = Walk::new(12..end);
        while let Some(Chunk { name: kind, stated, range, payload, fault, .. }) =
            walk.noted(&mut map, source, limits)?
        {
            if fault == Some(Fault::Unpadded) {
                riff::broken(&mut map, &kind, &reason::PAD_BYTE, &range);
                map.damaged = true;
            }
            let slot = match kind.as_str() {
                "XMP " | "XMP\0" => Some(Slot::Xmp),
                "EXIF" => Some(Slot::Exif),
                "C2PA" => Some(Slot::Manifest),
                _ => None,
            };
            let mut head = [0u8; 10];
            let n = source.read_at(payload.start, &mut head)?.min(usize::try_from(stated).unwrap_or(10));
            let head = head.get(..n).unwrap_or_default();
            if kind == "VP8X" && stated < 10 {
                riff::broken(&mut map, &kind, &reason::SHORT_HEADER, &range);
                map.damaged = true;
            }
            match (kind.as_str(), head) {
                ("VP8X", [flags, _, _, _, w0, w1, w2, h0, h1, h2]) => {
                    map.animated |= flags & FLAG_ANIMATION != 0;
                    map.size =
                        Some((u32::from_le_bytes([*w0, *w1, *w2, 0]) + 1, u32::from_le_bytes([*h0, *h1, *h2, 0]) + 1));
                }
                ("VP8 " | "VP8L", head) if map.size.is_none() => {
                    map.size = frame_header(&kind, head).map(|(w, h, _)| (w, h));
                }
                ("ANIM" | "ANMF", _) => map.animated = true,
                _ => {}
            }
            map.segments.push(Segment {
                range,
                payload,
                slot,
                essence: matches!(kind.as_str(), "VP8 " | "VP8L" | "ALPH" | "ANIM" | "ANMF"),
                name: kind,
            });
        }
        if !map.damaged && !map.segments.iter().any(|s| s.essence) {
            map.findings
                .push(finding::FILE_MALFORMED.finding().arg("part", "RIFF").because("reason", &reason::NO_IMAGE_CHUNK));
            map.damaged = true;
        }
        riff::trailing(&mut map, end);
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut out = Vec::new();
        let mut total = 0u64;
        for segment in &map.segments {
            let Some(slot) = segment.slot.clone().filter(|slot| *slot != Slot::Manifest) else { continue };
            total = total.saturating_add(segment.payload.end - segment.payload.start);
            check_limit("metadata_bytes", total, limits.metadata_bytes)?;
            let mut bytes = payload(source, segment, limits)?;
            let mut start = segment.payload.start;
            if slot == Slot::Exif && bytes.starts_with(b"Exif\0\0") {
                // Not in the specification, but several writers keep the JPEG prefix.
                bytes.drain(..6);
                start += 6;
            }
            // The format puts metadata behind the picture: that is its own place, not a late one.
            out.push(RawValue {
                slot,
                segment: segment.name.clone(),
                range: segment.range.clone(),
                plain_at: Some(start),
                bytes,
                after_essence: false,
            });
        }
        if let Some(packet) = out.iter().find(|v| v.slot == Slot::Xmp) {
            let flags = match map.first("VP8X") {
                Some(header) => source.array::<1>(header.range.start + 8)?.map_or(0, |[flags]| flags),
                None => 0,
            };
            if flags & FLAG_XMP == 0 {
                map.findings.push(finding::XMP_FLAG.finding().at(Site::new("xmp", &packet.range)));
            }
        }
        Ok(out)
    }

    /// The canvas, which a simple file has too, the profile, and the picture.
    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, _: &Limits, sink: &mut Sink) -> Result<()> {
        if let Ok(Header { chunk, size: (width, height), alpha }) = Self::header(map, source) {
            let simple = if alpha { FLAG_ALPHA } else { 0 };
            let flags = chunk.map_or(simple, |c| c.get(8).copied().unwrap_or_default());
            let canvas = [width.to_be_bytes(), height.to_be_bytes()].concat();
            sink.item("canvas", &[&canvas[..], &[flags & (FLAG_ALPHA | FLAG_ANIMATION)]].concat())?;
        }
        let colour = map.segments.iter().filter(|s| s.name == "ICCP");
        sink.ranges(source, "colour", &colour.map(|s| s.range.clone()).collect::<Vec<_>>())?;
        sink.essence(map, source)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let packet = only_xmp(values)?;
        check_limit("metadata_bytes", packet.len() as u64, limits.metadata_bytes)?;
        let Header { chunk: header, size, alpha } = Self::header(map, source)?;
        let new = chunk(b"XMP ", packet)?;
        let mut edits = Vec::new();
        match header {
            Some(bytes) => {
                let at = map.first("VP8X").map_or(12, |s| s.range.start) + 8;
                let flags = bytes.get(8).copied().unwrap_or_default();
                if flags & FLAG_XMP == 0 {
                    edits.push(Edit { at, remove: 1, insert: vec![flags | FLAG_XMP] });
                }
            }
            None => {
                let flags = FLAG_XMP | if alpha { FLAG_ALPHA } else { 0 };
                edits.push(Edit { at: 12, remove: 0, insert: vp8x(flags, size)? });
            }
        }
        match map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)) {
            Some(old) => edits.push(Edit { at: old.range.start, remove: old.range.end - old.range.start, insert: new }),
            None => {
                // Behind EXIF and the picture, before a manifest store, which stays last.
                let at = map
                    .segments
                    .iter()
                    .find(|s| s.slot == Some(Slot::Manifest))
                    .map_or_else(|| Self::riff_end(map), |s| s.range.start);
                edits.push(Edit { at, remove: 0, insert: new });
            }
        }
        finish(map, Self::riff_end(map), edits, general::TOO_LARGE.with("part", "RIFF")).map(Placed::from)
    }

    #[cfg(feature = "write")]
    fn put_pixels(&self, map: &SegmentMap, source: &mut Source<'_>, pixels: &Pixels) -> Result<Patch> {
        if let Pixels::Frames(frames) = pixels {
            return put_frames(map, source, frames);
        }
        let Pixels::Webp { fourcc, payload, alph, width, height, has_alpha } = pixels else {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        };
        let header = Self::header(map, source)?.chunk;
        let mut edits = Vec::new();
        if let Some(bytes) = header {
            let at = map.first("VP8X").map_or(12, |s| s.range.start);
            let flags = bytes.get(8).copied().unwrap_or_default();
            let flags = if *has_alpha { flags | FLAG_ALPHA } else { flags & !FLAG_ALPHA };
            // The ten bytes that the specification knows; a longer header keeps its rest.
            let new = vp8x(flags, (*width, *height))?.split_off(8);
            edits.push(Edit { at: at.saturating_add(8), remove: 10, insert: new });
        } else if alph.is_some() {
            edits.push(Edit { at: 12, remove: 0, insert: vp8x(FLAG_ALPHA, (*width, *height))? });
        }
        let mut pieces = Vec::new();
        if let Some(alph) = alph {
            pieces.extend(chunk(b"ALPH", alph)?);
        }
        pieces.extend(chunk(fourcc, payload)?);
        for segment in map.segments.iter().filter(|s| s.essence) {
            edits.push(Edit {
                at: segment.range.start,
                remove: segment.range.end - segment.range.start,
                insert: std::mem::take(&mut pieces),
            });
        }
        finish(map, Self::riff_end(map), edits, general::TOO_LARGE.with("part", "RIFF"))
    }
}
