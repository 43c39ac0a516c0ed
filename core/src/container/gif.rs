//! GIF87a and GIF89a: a screen, then blocks of which each is a chain of short sub-blocks.

use std::borrow::Cow;
use std::ops::Range;

use crate::container::{
    Container, Edit, FINDINGS, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, TRAILING,
    only_xmp,
};
use crate::error::{Error, Problem, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::raster as rows;
use crate::source::{Source, check_limit};

/// The GIF byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Gif;

/// Introducers (GIF89a, 17 to 27).
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2C;
const TRAILER: u8 = 0x3B;

/// Labels of extensions.
const PLAIN_TEXT: u8 = 0x01;
const GRAPHIC_CONTROL: u8 = 0xF9;
const COMMENT: u8 = 0xFE;
const APPLICATION: u8 = 0xFF;

/// Name of the parts that carry pictures, with what controls each of them.
const FRAMES: &str = "frames";
/// Name of the screen descriptor with the global colour table.
const SCREEN: &str = "screen";
/// Application extensions that say how often an animation plays, by identifier and code.
const LOOPS: [&str; 2] = ["NETSCAPE2.0", "ANIMEXTS1.0"];
/// The application extension of an ICC profile.
const PROFILE: &str = "ICCRGBG1012";
/// The application extension of an XMP packet (XMP part 3, 1.1.2).
const XMP: &[u8; 11] = b"XMP DataXMP";
/// The application extension of a manifest store, without its version (C2PA 2.2, A.3.5).
const C2PA: &str = "C2PA_GIF";

/// What follows an XMP packet: wherever a reader of sub-blocks lands in it, it is led to the zero
/// at the end (XMP part 3, 1.1.2).
fn magic_trailer() -> Vec<u8> {
    let mut out = vec![1];
    out.extend((0..=255u8).rev());
    out.push(0);
    out
}

/// The extension that holds a packet.
fn extension(packet: &[u8]) -> Vec<u8> {
    [&[EXTENSION, APPLICATION, 11], &XMP[..], packet, &magic_trailer()].concat()
}

/// The end of the packet in what stands between the identifier and the end of the chain.
fn packet_end(bytes: &[u8]) -> usize {
    let trailer = magic_trailer();
    if bytes.ends_with(&trailer) {
        return bytes.len().saturating_sub(trailer.len());
    }
    let head = trailer.get(..4).unwrap_or_default();
    if let Some(at) = bytes.windows(head.len()).position(|window| window == head) {
        return at;
    }
    // What is left of a cut trailer counts down to zero; four in a row are no text.
    let text = bytes.iter().rposition(|b| *b != 0).map_or(0, |last| last.saturating_add(1));
    let rest = bytes.get(..text).unwrap_or_default();
    let pairs = rest.windows(2).rev().take_while(|pair| matches!(pair, [a, b] if *a == b.wrapping_add(1)));
    let run = pairs.count();
    if run < 3 { text } else { text.saturating_sub(run.saturating_add(1)) }
}

/// Whether an XMP extension holds the packet as it is, and not in sub-blocks as any other data.
fn is_raw(chain: &[u8]) -> bool {
    // The length of a sub-block can look like the first byte of a packet, but then a packet follows it.
    chain.ends_with(&magic_trailer()) || matches!(chain, [b'<' | 0xEF, second, ..] if *second != b'<')
}

/// Joins the sub-blocks of a chain.
fn joined(chain: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(chain.len());
    let mut rest = chain;
    while let Some((length, tail)) = rest.split_first() {
        let (block, next) = tail.split_at(usize::from(*length).min(tail.len()));
        if block.is_empty() {
            break;
        }
        out.extend_from_slice(block);
        rest = next;
    }
    out
}

/// The bytes of a colour table that a flags byte announces.
fn table(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3u64 << ((flags & 7) + 1) }
}

/// One block.
struct Block {
    name: Cow<'static, str>,
    /// Behind the last byte.
    end: u64,
    /// The sub-blocks, their final zero included.
    chain: Range<u64>,
    slot: Option<Slot>,
    essence: bool,
}

/// Why a block can't be read.
enum Fault {
    /// The file ends in it.
    Cut,
    /// No block begins with this byte.
    Introducer(u8),
}

/// Skips a chain of sub-blocks, or what of it begins before `stop`; `None` if the file ends before
/// its zero.
fn chain(source: &mut Source<'_>, from: u64, stop: u64) -> Result<Option<u64>> {
    let mut at = from;
    loop {
        if at >= stop {
            return Ok(Some(at));
        }
        // A sub-block can be as short as one byte: a call for each would cost more than its bytes.
        let window = source.window(at)?;
        if window.is_empty() {
            return Ok(None);
        }
        let mut skip = 0usize;
        while let Some(length) = window.get(skip) {
            skip = skip.saturating_add(usize::from(*length)).saturating_add(1);
            if *length == 0 {
                return Ok(Some(at.saturating_add(skip as u64)));
            }
        }
        at = at.saturating_add(skip as u64);
    }
}

/// The end of a run of zeros.
fn zeros(source: &mut Source<'_>, from: u64) -> Result<u64> {
    let mut at = from;
    loop {
        let window = source.window(at)?;
        let run = window.iter().position(|b| *b != 0).unwrap_or(window.len());
        at = at.saturating_add(run as u64);
        if run < window.len() || window.is_empty() {
            return Ok(at);
        }
    }
}

/// Reads the block at `at`, which begins with these bytes; of a picture what begins before `stop`.
fn block(source: &mut Source<'_>, at: u64, head: &[u8], stop: u64) -> Result<std::result::Result<Block, Fault>> {
    let frame = |from: u64, end: Option<u64>| {
        end.map(|end| Block { name: FRAMES.into(), end, chain: from..end, slot: None, essence: true }).ok_or(Fault::Cut)
    };
    match head {
        [] | [_] => Ok(Err(Fault::Cut)),
        [IMAGE, rest @ ..] => {
            let Some(flags) = rest.get(8) else { return Ok(Err(Fault::Cut)) };
            // The colour table, then the code size.
            let from = at.saturating_add(11).saturating_add(table(*flags));
            Ok(frame(from, chain(source, from, stop)?))
        }
        [EXTENSION, GRAPHIC_CONTROL | PLAIN_TEXT, ..] => {
            Ok(frame(at.saturating_add(2), chain(source, at.saturating_add(2), stop)?))
        }
        [EXTENSION, label, rest @ ..] => other(source, at, *label, rest),
        [first, ..] => Ok(Err(Fault::Introducer(*first))),
    }
}

/// Reads an extension that is no part of a picture; `rest`: what stands behind its label.
fn other(source: &mut Source<'_>, at: u64, label: u8, rest: &[u8]) -> Result<std::result::Result<Block, Fault>> {
    let mut from = at.saturating_add(2);
    let mut name = Cow::from("comment");
    let (mut slot, mut essence) = (None, false);
    match (label, rest.first_chunk::<12>()) {
        (COMMENT, _) => slot = Some(Slot::Comment),
        (APPLICATION, Some([11, id @ ..])) => {
            from = from.saturating_add(12);
            let text: String = id.iter().map(|b| char::from(*b)).collect();
            essence = LOOPS.contains(&text.as_str());
            slot = match text.as_str() {
                _ if id == XMP => Some(Slot::Xmp),
                _ if text.starts_with(C2PA) => Some(Slot::Manifest),
                PROFILE => None,
                _ if essence => None,
                _ => Some(Slot::item("application", text.trim_end_matches(['\0', ' ']))),
            };
            name = text.into();
        }
        _ => name = format!("extension {label:02X}").into(),
    }
    let Some(end) = chain(source, from, u64::MAX)? else { return Ok(Err(Fault::Cut)) };
    Ok(Ok(Block { name, end, chain: from..end, slot, essence }))
}

fn damage(map: &mut SegmentMap, part: &str, reason: Problem, at: Range<u64>) {
    map.findings
        .push(finding::FILE_MALFORMED.finding().arg("part", part).because("reason", reason).at(Site::new(part, &at)));
    map.damaged = true;
}

fn cut(map: &mut SegmentMap, part: &str, at: u64) {
    let found = finding::FILE_TRUNCATED.finding().arg("part", part).arg("missing", 1);
    map.findings.push(found.at(Site::new(part, &(at..map.len))));
    map.damaged = true;
}

impl Container for Gif {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        Ok((head.bytes.starts_with(b"GIF87a") || head.bytes.starts_with(b"GIF89a")).then_some(Format::Gif))
    }

    fn map(&self, _: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(Format::Gif, len);
        map.segments.push(Segment::plain("header", 0..6.min(len)));
        let flags = match source.array::<13>(0)? {
            Some([_, _, _, _, _, _, w0, w1, h0, h1, flags, _, _]) => {
                map.size = Some((u16::from_le_bytes([w0, w1]).into(), u16::from_le_bytes([h0, h1]).into()));
                Some(flags)
            }
            None => None,
        };
        let mut at = 13u64.saturating_add(table(flags.unwrap_or_default()));
        if flags.is_none() || at > len {
            map.segments.push(Segment::plain("unreadable", 6.min(len)..len));
            cut(&mut map, SCREEN, 6.min(len));
            return Ok(map);
        }
        map.segments.push(Segment { essence: true, ..Segment::plain(SCREEN, 6..at) });
        let (mut images, mut blocks, mut coded) = (0u64, 0u64, 0u64);
        loop {
            if coded > limits.coded_bytes && at < len {
                extend(&mut map, FRAMES, at..len, true);
                map.findings.push(finding::unread(len.saturating_sub(at), Site::new(FRAMES, &(at..len))));
                map.animated = images > 1;
                return Ok(map);
            }
            check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
            blocks = blocks.saturating_add(1);
            check_limit("elements", blocks, limits.elements as u64)?;
            let mut head = [0u8; 14];
            let known = source.read_at(at, &mut head)?;
            let head = head.get(..known).unwrap_or_default();
            let first = head.first().copied();
            if first == Some(TRAILER) {
                map.segments.push(Segment::plain("trailer", at..at.saturating_add(1)));
                at = at.saturating_add(1);
                break;
            }
            // Writers that miscount leave zeros between blocks, and readers pass over them.
            if first == Some(0) {
                let end = zeros(source, at)?;
                extend(&mut map, "zeros", at..end, false);
                at = end;
                continue;
            }
            let stop = at.saturating_add(limits.coded_bytes.saturating_sub(coded)).saturating_add(1);
            match block(source, at, head, stop)? {
                Ok(block) if block.end <= len => {
                    images = images.saturating_add(u64::from(first == Some(IMAGE)));
                    let range = at..block.end;
                    at = block.end;
                    if block.name == FRAMES {
                        coded = coded.saturating_add(range.end.saturating_sub(range.start));
                        extend(&mut map, FRAMES, range, true);
                    } else {
                        let (payload, essence) = (block.chain, block.essence);
                        let name = block.name.into_owned();
                        map.segments.push(Segment { name, range, payload, slot: block.slot, essence });
                    }
                }
                fault => {
                    map.segments.push(Segment::plain("unreadable", at.min(len)..len));
                    match fault {
                        Err(Fault::Introducer(byte)) => {
                            let reason = rows::GIF_BLOCK.with("byte", format!("{byte:02X}"));
                            damage(&mut map, "GIF", reason, at..at.saturating_add(1));
                        }
                        _ => cut(&mut map, "GIF", at.min(len)),
                    }
                    return Ok(map);
                }
            }
        }
        if images == 0 {
            damage(&mut map, "GIF", rows::GIF_NO_IMAGE.problem(), 0..len);
        }
        map.animated = images > 1;
        if at < len {
            map.segments.push(Segment::plain(TRAILING, at..len));
            let found = finding::FILE_TRAILING.finding().arg("length", len.saturating_sub(at));
            map.findings.push(found.at(Site::new(TRAILING, &(at..len))));
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut out = Vec::new();
        let (mut total, mut complaints) = (0u64, 0u64);
        for segment in &map.segments {
            let Some(slot) = segment.slot.clone().filter(|slot| *slot != Slot::Manifest) else { continue };
            total = total.saturating_add(segment.payload.end.saturating_sub(segment.payload.start));
            check_limit("metadata_bytes", total, limits.metadata_bytes)?;
            let chain = source.bytes(segment.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
            let start = segment.payload.start;
            let raw = slot == Slot::Xmp && is_raw(&chain);
            let (plain_at, bytes) = if raw {
                let mut chain = chain;
                chain.truncate(packet_end(&chain));
                (Some(start), chain)
            } else {
                let bytes = joined(&chain);
                // One sub-block and its zero: the text stands there as it is.
                let plain = chain.len() == bytes.len().saturating_add(2);
                (plain.then(|| start.saturating_add(1)), bytes)
            };
            if slot == Slot::Xmp && bytes.is_empty() {
                complaints = complaints.saturating_add(1);
                check_limit("findings", complaints, FINDINGS)?;
                let found = finding::FILE_VALUE.finding().arg("part", "XMP").because("reason", &rows::GIF_EMPTY);
                map.findings.push(found.at(Site::new("xmp", &segment.range)));
                continue;
            }
            out.push(RawValue {
                slot,
                segment: segment.name.clone(),
                range: segment.range.clone(),
                plain_at,
                bytes,
                after_essence: false,
            });
        }
        Ok(out)
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, _: &Limits, sink: &mut Sink) -> Result<()> {
        let colour = map.segments.iter().filter(|s| s.name == PROFILE);
        sink.ranges(source, "colour", &colour.map(|s| s.range.clone()).collect::<Vec<_>>())?;
        sink.essence(map, source)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let packet = only_xmp(values)?;
        check_limit("metadata_bytes", packet.len() as u64, limits.metadata_bytes)?;
        if packet.contains(&0) || std::str::from_utf8(packet).is_err() {
            return Err(Error::Refused(rows::GIF_PACKET.problem()));
        }
        let new = extension(packet);
        let mut patch = Patch::new(map.len);
        // Application extensions came with GIF89a.
        if source.array::<6>(0)? == Some(*b"GIF87a") {
            patch.push(Edit { at: 4, remove: 1, insert: b"9".to_vec() })?;
        }
        match map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)) {
            Some(old) => {
                let bytes = source.bytes(old.range.clone(), limits.metadata_bytes, "metadata_bytes")?;
                patch.replace(old.range.start, &bytes, &new)?;
            }
            None => patch.insert(place(map), new)?,
        }
        Ok(patch.into())
    }
}

/// Adds to the last part if it has the same name and ends here.
fn extend(map: &mut SegmentMap, name: &str, range: Range<u64>, essence: bool) {
    match map.segments.last_mut().filter(|last| last.name == name && last.range.end == range.start) {
        Some(last) => {
            last.range.end = range.end;
            last.payload.end = range.end;
        }
        None => map.segments.push(Segment { essence, ..Segment::plain(name, range) }),
    }
}

/// Where a new extension goes: behind the screen and the loop count, which some readers expect to
/// come first, and before everything that belongs to a picture.
fn place(map: &SegmentMap) -> u64 {
    let head = map.segments.iter().take_while(|s| s.name != FRAMES);
    let before = head.filter(|s| s.name == SCREEN || LOOPS.contains(&s.name.as_str()));
    before.last().map_or(13, |s| s.range.end)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// Screen of 2 by 2 with two colours, these blocks, trailer.
    fn gif(version: &[u8], blocks: &[&[u8]]) -> Vec<u8> {
        let screen = [2, 0, 2, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
        [&[version, &screen[..]].concat(), &blocks.concat(), &[TRAILER][..]].concat()
    }

    const PICTURE: &[u8] = &[0x2C, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 2, 0x4C, 0x01, 0];
    const CONTROL: &[u8] = &[0x21, 0xF9, 4, 0, 0, 0, 0, 0];
    const LOOP: &[u8] = b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\x00\x00\x00";
    const PACKET: &[u8] = b"<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"/>";

    fn read(bytes: &[u8]) -> (SegmentMap, Vec<RawValue>) {
        let limits = Limits::default();
        let mut cursor = Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let mut map = Gif.map(Format::Gif, &mut source, &limits).unwrap();
        let mut at = 0;
        for segment in &map.segments {
            assert_eq!(segment.range.start, at, "{map:?}");
            assert!(segment.range.start <= segment.payload.start && segment.payload.end <= segment.range.end);
            at = segment.range.end;
        }
        assert_eq!(at, bytes.len() as u64, "{map:?}");
        let values = Gif.values(&mut map, &mut source, &limits).unwrap();
        (map, values)
    }

    fn put(bytes: &[u8], packet: &[u8]) -> Result<Vec<u8>> {
        let limits = Limits::default();
        let mut cursor = Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, &limits)?;
        let map = Gif.map(Format::Gif, &mut source, &limits)?;
        let new = NewValue { slot: Slot::Xmp, bytes: packet.to_vec() };
        let mut out = Vec::new();
        Gif.put(&map, &mut source, &[new], &limits)?.patch.apply(&mut source, &mut out)?;
        Ok(out)
    }

    #[test]
    fn the_trailer_leads_from_every_byte_to_its_end() {
        let trailer = magic_trailer();
        assert_eq!(trailer.len(), 258);
        for start in 0..256 {
            let mut at = start;
            while trailer[at] != 0 {
                at += usize::from(trailer[at]) + 1;
            }
            assert_eq!(at, 257, "from {start}");
        }
    }

    #[test]
    fn it_goes_behind_the_loop_count_and_before_the_first_control() {
        let plain = gif(b"GIF87a", &[LOOP, CONTROL, PICTURE, CONTROL, PICTURE]);
        let out = put(&plain, PACKET).unwrap();
        let new = extension(PACKET);
        assert_eq!(out, gif(b"GIF89a", &[LOOP, &new, CONTROL, PICTURE, CONTROL, PICTURE]));
        let (map, values) = read(&out);
        assert!(map.animated && !map.damaged && map.size == Some((2, 2)));
        assert_eq!(values[0].bytes, PACKET);
        assert_eq!(values[0].plain_at, Some(13 + 6 + 19 + 14));
        // A loop count between a control and its picture is no place to stand behind.
        let odd = gif(b"GIF89a", &[CONTROL, LOOP, PICTURE]);
        assert_eq!(put(&odd, PACKET).unwrap(), gif(b"GIF89a", &[&new, CONTROL, LOOP, PICTURE]));
    }

    #[test]
    fn a_packet_is_found_however_its_end_is_written() {
        let whole = magic_trailer();
        for trailer in [&whole[..], &whole[1..], &whole[2..], &whole[9..], &whole[257..]] {
            let mut block = [&[EXTENSION, APPLICATION, 11], &XMP[..], PACKET, trailer].concat();
            // A reader of sub-blocks lands somewhere: zeros bring it to the end.
            block.extend([0; 256]);
            let (map, values) = read(&gif(b"GIF89a", &[&block, PICTURE]));
            assert_eq!(String::from_utf8_lossy(&values[0].bytes), String::from_utf8_lossy(PACKET), "{}", trailer.len());
            assert!(!map.damaged);
        }
        let blocks = [&[EXTENSION, APPLICATION, 11], &XMP[..], &[20], &PACKET[..20], &[17], &PACKET[20..], &[0]];
        let (_, values) = read(&gif(b"GIF89a", &[&blocks.concat(), PICTURE]));
        assert_eq!((values[0].bytes.as_slice(), values[0].plain_at), (PACKET, None));
    }

    #[test]
    fn comments_are_joined_and_others_are_named() {
        let blocks: &[&[u8]] = &[
            b"\x21\xFE\x03abc\x02de\0",
            b"\x21\xFE\x03abc\0",
            b"\x21\xFF\x0BC2PA_GIF\x01\0\0\x01x\0",
            b"\x21\xFF\x0BMAKER   1.0\x01x\0",
            PICTURE,
        ];
        let (map, values) = read(&gif(b"GIF89a", blocks));
        assert_eq!((values[0].bytes.as_slice(), values[0].plain_at), (&b"abcde"[..], None));
        assert_eq!((values[1].bytes.as_slice(), values[1].plain_at), (&b"abc"[..], Some(19 + 10 + 3)));
        assert_eq!(values[2].slot, Slot::item("application", "MAKER   1.0"));
        assert!(map.segments.iter().any(|s| s.slot == Some(Slot::Manifest)));
        assert!(!map.animated);
    }

    #[test]
    fn nul_and_what_is_no_text_are_refused() {
        let plain = gif(b"GIF89a", &[PICTURE]);
        for packet in [&b"<\0>"[..], b"<\xFF>"] {
            assert_eq!(put(&plain, packet).unwrap_err().code(), "gif.packet");
        }
    }

    proptest! {
        #[test]
        fn any_packet_comes_back_and_everything_else_stays(
            packet in "<[^\0]{0,600}>",
            other in "<[^\0]{0,600}>",
            blocks in prop::collection::vec(prop::sample::select(vec![LOOP, CONTROL, PICTURE, &[0, 0][..]]), 0..6),
        ) {
            let plain = gif(b"GIF89a", &[&blocks.concat(), PICTURE]);
            let out = put(&plain, packet.as_bytes()).unwrap();
            let (map, values) = read(&out);
            prop_assert!(!map.damaged);
            prop_assert_eq!(&values[0].bytes, packet.as_bytes());
            let at = usize::try_from(values[0].range.start).unwrap();
            prop_assert_eq!([&out[..at], &out[at + extension(packet.as_bytes()).len()..]].concat(), plain.clone());
            prop_assert_eq!(put(&out, other.as_bytes()).unwrap(), put(&plain, other.as_bytes()).unwrap());
        }

        #[test]
        fn any_bytes_are_mapped(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            read(&bytes);
            read(&[b"GIF89a\x01\0\x01\0\0\0\0!\xFF\x0BXMP DataXMP", &bytes[..]].concat());
        }
    }
}
