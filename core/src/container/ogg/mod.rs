//! Ogg (RFC 3533) with Vorbis, Opus (RFC 7845), Speex, FLAC and Theora.
//!
//! The comments are the second packet of a stream. A new one takes the place of the old one in as
//! many pages as there are, if they hold it; else every later page of the stream gets another
//! number. So no bytes of the file are marked as the content itself: pages change, packets don't.

use std::collections::BTreeSet;

use crate::container::{Container, Edit, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot};
use crate::error::{Error, Result};
use crate::finding::{self, Finding, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::vorbis as rows;
use crate::message::{Message, general};
use crate::metadata::vorbis;
use crate::source::{Source, check_limit};

mod content;
pub(crate) mod page;
mod stream;

use page::{CONTINUED, FIRST, LAST, NO_POSITION, Page, SEGMENTS, SEQUENCE};
use stream::{Codec, Headers, Packet, Stream};

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Ogg;

impl Container for Ogg {
    fn identify(&self, head: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>> {
        if !head.bytes.starts_with(b"OggS\0") {
            return Ok(None);
        }
        let mut at = 0;
        while at < Head::LEN as u64 {
            let Some(page) = Page::read(source, at)?.filter(|page| page.flags & FIRST != 0) else { break };
            match Codec::of(source, &page)? {
                Some(Codec::Opus) => return Ok(Some(Format::Opus)),
                Some(_) => break,
                None => at = page.body.end,
            }
        }
        Ok(Some(Format::Ogg))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(format, len);
        let headers = Headers::read(source, limits)?;
        let mut end = 0;
        for range in headers.pages {
            end = range.end;
            map.segments.push(Segment::plain("page", range));
        }
        if end < len {
            map.segments.push(Segment::plain("pages", end..len));
        }
        if let Some((why, range)) = headers.fault {
            let found = finding::FILE_MALFORMED.finding().arg("part", "OggS").because("reason", why);
            map.findings.push(found.at(Site::new("OggS", &range)));
            map.damaged = true;
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let headers = Headers::read(source, limits)?;
        let mut out: Vec<RawValue> = Vec::new();
        let mut first = BTreeSet::new();
        for (number, stream) in headers.streams.iter().enumerate() {
            let Some(packet) = stream.packets.get(1) else { continue };
            let site = Site::new("vorbis", &packet.range());
            let fault = |why: &'static Message| -> Finding {
                finding::FILE_VALUE.finding().arg("part", "comments").because("reason", why).at(site.clone())
            };
            let Some(list) = stream.codec.comments(&packet.bytes) else {
                map.findings.push(fault(&rows::COMMENT_NAME));
                continue;
            };
            let skip = packet.bytes.len() - list.len();
            let comments = vorbis::read(list, limits)?;
            for entry in &comments.entries {
                let bytes = vorbis::head(list, entry, limits);
                // Tools write the same comments to sound and pictures alike.
                if number > 0 && first.contains(&(entry.name.clone(), bytes)) {
                    continue;
                }
                check_limit("segments", out.len() as u64, limits.segments as u64)?;
                let value = skip + entry.value.start;
                out.push(RawValue {
                    slot: Slot::item("vorbis", entry.name.clone()),
                    segment: "comments".to_owned(),
                    range: packet.range(),
                    plain_at: packet.plain(value..value + bytes.len()),
                    bytes: bytes.to_vec(),
                    after_essence: false,
                });
            }
            if number == 0 {
                first = comments.entries.iter().map(|e| (e.name.clone(), vorbis::head(list, e, limits))).collect();
            }
            if let Some(why) = comments.fault {
                map.findings.push(fault(why));
            }
        }
        Ok(out)
    }

    fn content(&self, _: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        content::write(source, limits, sink)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let [NewValue { slot: Slot::Item { place: "vorbis", key }, bytes }] = values else {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        };
        let headers = Headers::read(source, limits)?;
        let Some((stream, others)) = headers.streams.split_first() else {
            return Err(Error::Refused(rows::NO_COMMENTS.problem()));
        };
        for packet in others.iter().filter_map(|other| other.comments()) {
            if vorbis::read(packet, limits)?.entries.iter().any(|e| e.name.eq_ignore_ascii_case(key)) {
                return Err(Error::Refused(rows::OTHER_STREAM.with("key", key)));
            }
        }
        let malformed = || Error::Malformed(general::MALFORMED.with("part", "VORBIS_COMMENT"));
        let old = stream.packets.get(1).ok_or_else(malformed)?;
        let list = stream.codec.comments(&old.bytes).ok_or_else(malformed)?;
        let list = vorbis::put(list, key, bytes, limits)?;
        let packet = stream.codec.packet(&old.bytes, &list)?;
        check_limit("metadata_bytes", packet.len() as u64, limits.metadata_bytes)?;
        let run = Run::of(stream, &packet).ok_or_else(|| Error::Refused(rows::SHARED_PAGE.problem()))?;
        let mut patch = Patch::new(map.len);
        run.edits(&packet).into_iter().try_for_each(|edit| patch.push(edit))?;
        if run.count != run.pages.len() {
            let from = run.pages.last().map_or(0, |page| page.body.end);
            let by = (run.count as u32).wrapping_sub(run.pages.len() as u32);
            renumber(source, &mut patch, from, stream.serial, by, limits)?;
        }
        // A skeleton's index holds positions of pages.
        let start = source.bytes(0..map.len.min(START), START, "metadata_bytes")?;
        if patch.output_len() != map.len && start.windows(8).any(|w| w == b"fishead\0") {
            return Err(Error::Refused(rows::SKELETON.problem()));
        }
        Ok(patch.into())
    }
}

/// How far the identification headers of all streams reach at most: each is one small page.
const START: u64 = 64 << 10;

/// Pages that begin and end with whole packets, the comments first.
struct Run<'a> {
    pages: &'a [Page],
    /// The packets behind the comments.
    rest: &'a [Packet],
    /// How many pages the packets get.
    count: usize,
}

/// How many segments a packet takes: the last one is shorter than 255 bytes.
const fn segments(packet: &[u8]) -> usize {
    packet.len() / 255 + 1
}

impl<'a> Run<'a> {
    /// The shortest run that holds `packet` in as many pages as it has; if there is none, the
    /// shortest one, with other pages.
    fn of(stream: &'a Stream, packet: &[u8]) -> Option<Self> {
        let headers = stream.headers()?;
        let old = headers.get(1).filter(|old| old.opens && old.first > 0)?;
        let mut shortest = None;
        let mut total = segments(packet);
        for (at, end) in headers.iter().enumerate().skip(1) {
            if at > 1 {
                total = total.saturating_add(segments(&end.bytes));
            }
            if !end.closes {
                continue;
            }
            let pages = stream.pages.get(old.first..=end.last)?;
            let run = Self { pages, rest: headers.get(2..=at).unwrap_or_default(), count: pages.len() };
            if (pages.len()..=pages.len().saturating_mul(SEGMENTS)).contains(&total) {
                return Some(run);
            }
            shortest.get_or_insert(Self { count: total.div_ceil(SEGMENTS), ..run });
        }
        shortest
    }

    /// The new pages in the places of the old ones, any more of them behind the last.
    fn edits(&self, packet: &[u8]) -> Vec<Edit> {
        let packets = || std::iter::once(packet).chain(self.rest.iter().map(|p| &p.bytes[..]));
        let lengths = |p: &[u8]| {
            let last = u8::try_from(p.len() % 255).unwrap_or_default();
            std::iter::repeat_n(255, p.len() / 255).chain([last])
        };
        let lacing: Vec<u8> = packets().flat_map(lengths).collect();
        let body = packets().collect::<Vec<_>>().concat();
        let (mut lacing, mut body) = (&lacing[..], &body[..]);
        let mut edits: Vec<Edit> = Vec::new();
        let mut open = false;
        let Some((first, last)) = self.pages.first().zip(self.pages.last()) else { return edits };
        for at in 0..self.count.max(self.pages.len()) {
            let old = self.pages.get(at);
            let mut insert = Vec::new();
            if at < self.count {
                // Segments are spread evenly, so that the next change finds room too.
                let (here, later) = lacing.split_at(lacing.len().div_ceil(self.count - at).min(lacing.len()));
                let len = here.iter().map(|n| usize::from(*n)).sum::<usize>().min(body.len());
                let (bytes, rest) = body.split_at(len);
                let ends = here.iter().any(|n| *n < 255);
                let mut flags = if open { CONTINUED } else { 0 };
                let mut position = if ends { 0 } else { NO_POSITION };
                if at + 1 == self.count {
                    flags |= last.flags & LAST;
                    position = last.position;
                }
                let offset = u32::try_from(at).unwrap_or(u32::MAX);
                let sequence = match old {
                    Some(old) if self.count == self.pages.len() => old.sequence,
                    _ => first.sequence.wrapping_add(offset),
                };
                let page = Page { flags, position, sequence, lacing: here.to_vec(), ..first.clone() };
                insert = page.build(bytes);
                open = here.last() == Some(&255);
                (lacing, body) = (later, rest);
            }
            match (old, edits.last_mut()) {
                (Some(old), _) => edits.push(Edit { at: old.at, remove: old.body.end - old.at, insert }),
                (None, Some(edit)) => edit.insert.append(&mut insert),
                (None, None) => {}
            }
        }
        edits
    }
}

/// Adds the edits that add `by` to the numbers of the pages of a stream from `at` on.
fn renumber(
    source: &mut Source<'_>,
    patch: &mut Patch,
    mut at: u64,
    serial: u32,
    by: u32,
    limits: &Limits,
) -> Result<()> {
    let mut count = 0u64;
    while at < source.len() {
        count = count.saturating_add(1);
        check_limit("ogg_pages", count, limits.ogg_pages)?;
        let Some(page) = Page::read(source, at)? else {
            return Err(Error::Malformed(general::MALFORMED.with("part", "OggS").at(at)));
        };
        at = page.body.end;
        if page.serial != serial {
            continue;
        }
        if page.flags & FIRST != 0 {
            break;
        }
        let insert = page.renumbered(page.sequence.wrapping_add(by));
        patch.push(Edit { at: page.at.saturating_add(SEQUENCE), remove: 8, insert })?;
        if page.flags & LAST != 0 {
            break;
        }
    }
    Ok(())
}
