//! Opus in Ogg (RFC 7845): packets with the notice between those of the content. Pages get other
//! numbers, positions and checksums.
//!
//! What a packet decodes to depends on those before it. Decoders forget them where the mode changes
//! (RFC 6716 4.5.2), so a notice in front of the content ends in another mode than the content begins
//! in, and the content is heard as if nothing stood before it.

use std::collections::VecDeque;

use super::ffmpeg::Bench;
use super::signal::{Insert, Made};
use super::wav::Moves;
use super::{Attempt, Done, Kept, SoundShape, chapters, unread};
use crate::codec::tool::Programs;
use crate::container::ogg::page::{CONTINUED, FIRST, LAST, NO_POSITION, Page, SEGMENTS};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::notice::sound as rows;
use crate::notice::Moment;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};

/// Samples in a second, whatever went in.
const RATE: u64 = 48_000;
/// Most packets on a page of ours: one second.
const ON_PAGE: usize = 50;
/// Bit rates of a notice, for each channel.
const BITS: [u64; 2] = [32_000, 96_000];

/// Configurations from these numbers on are hybrid, and CELT alone (RFC 6716 3.1); below, SILK alone.
const HYBRID: u8 = 12;
const CELT: u8 = 16;
/// Silence that makes decoders forget, in samples: 0.1 s.
const RESET: usize = 4800;

/// The identification header (RFC 7845 5.1).
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    channels: u8,
    pre_skip: u16,
    /// In 1/256 dB.
    gain: i16,
    /// Family and table, if there is one.
    mapping: Vec<u8>,
}

impl Head {
    fn read(packet: &[u8]) -> Option<Self> {
        let [channels, s0, s1, _, _, _, _, g0, g1, mapping @ ..] = packet.strip_prefix(b"OpusHead")?.get(1..)? else {
            return None;
        };
        let mapping = if mapping.first() == Some(&0) { vec![0] } else { mapping.to_vec() };
        let (pre_skip, gain) = (u16::from_le_bytes([*s0, *s1]), i16::from_le_bytes([*g0, *g1]));
        Some(Self { channels: *channels, pre_skip, gain, mapping })
    }
}

/// Samples that a packet decodes to, at 48 kHz (RFC 6716 3.1).
fn duration(packet: &[u8]) -> u64 {
    let Some(toc) = packet.first() else { return 0 };
    let frame = match toc >> 3 {
        config @ 0..=11 => [480, 960, 1920, 2880].get(usize::from(config & 3)).copied().unwrap_or(0),
        config @ 12..=15 => 480 << (config & 1),
        config => 120 << (config & 3),
    };
    let count = match toc & 3 {
        0 => 1,
        1 | 2 => 2,
        _ => packet.get(1).map_or(0, |byte| u64::from(byte & 0x3F)),
    };
    frame * count
}

/// A notice as packets.
struct Coded {
    packets: Vec<Vec<u8>>,
    pre_skip: u64,
}

impl Coded {
    fn samples(&self) -> u64 {
        self.packets.iter().fold(0, |sum, packet| sum.saturating_add(duration(packet)))
    }
}

/// The first stream's head and its packets of sound, of a file that FFmpeg wrote.
fn packets(file: &[u8]) -> Result<Option<(Head, Vec<Vec<u8>>)>> {
    let limits = Limits::default();
    let mut cursor = std::io::Cursor::new(file);
    let mut source = Source::new(&mut cursor, &limits)?;
    let (mut at, mut open, mut out) = (0, Vec::new(), VecDeque::new());
    while let Some(page) = Page::read(&mut source, at)? {
        let body = source.bytes(page.body.clone(), 65_025, "metadata_bytes")?;
        let mut rest = &body[..];
        for len in &page.lacing {
            let (part, behind) = rest.split_at_checked(usize::from(*len)).unwrap_or_default();
            open.extend_from_slice(part);
            rest = behind;
            if *len < 255 {
                out.push_back(std::mem::take(&mut open));
            }
        }
        at = page.body.end;
    }
    let head = out.pop_front().and_then(|packet| Head::read(&packet));
    out.pop_front();
    Ok(head.map(|head| (head, out.into())))
}

/// What the headers of the source say.
struct Start {
    head: Head,
    serial: u32,
    /// Where the pages of sound begin.
    sound: u64,
}

fn open(source: &mut Source<'_>, limits: &Limits) -> Result<Option<Start>> {
    let Some(first) = Page::read(source, 0)?.filter(|page| page.flags & FIRST != 0) else {
        return Err(unread("Opus", "OggS"));
    };
    let packet = source.bytes(first.body.clone(), 65_025, "metadata_bytes")?;
    let Some(head) = Head::read(&packet) else { return Ok(None) };
    // The tags end where a segment is shorter than 255 bytes; sound begins on a page of its own.
    let (mut at, mut count) = (first.body.end, 0);
    while let Some(page) = Page::read(source, at)? {
        count += 1;
        check_limit("ogg_pages", count, limits.ogg_pages)?;
        at = page.body.end;
        if page.serial != first.serial || page.flags & FIRST != 0 {
            return Err(Error::Unsupported(rows::STREAMS.problem()));
        }
        match page.lacing.iter().position(|len| *len < 255) {
            Some(last) if last + 1 == page.lacing.len() => {
                return Ok(Some(Start { head, serial: first.serial, sound: at }));
            }
            Some(_) => return Err(unread("Opus", "OpusTags")),
            None => {}
        }
    }
    Err(unread("Opus", "OpusTags"))
}

/// Writes pages of one stream with running numbers.
struct Pages<'w> {
    out: &'w mut dyn ReadWriteSeek,
    serial: u32,
    sequence: u32,
}

impl Pages<'_> {
    fn page(&mut self, flags: u8, position: u64, lacing: &[u8], body: &[u8]) -> Result<()> {
        let (serial, sequence, lacing) = (self.serial, self.sequence, lacing.to_vec());
        let page = Page { at: 0, flags, position, serial, sequence, checksum: 0, lacing, body: 0..body.len() as u64 };
        self.sequence = self.sequence.wrapping_add(1);
        self.out.write_all(&page.build(body)).map_err(|e| Error::io("write", e))
    }

    /// Writes the packets of a notice; `position` is where they begin, and then where they end.
    fn notice(&mut self, coded: &Coded, position: &mut u64, last: bool) -> Result<()> {
        let (mut lacing, mut body, mut count) = (Vec::new(), Vec::new(), 0);
        for packet in &coded.packets {
            let segments = packet.len() / 255 + 1;
            if count == ON_PAGE || lacing.len().saturating_add(segments) > SEGMENTS {
                self.page(0, *position, &lacing, &body)?;
                (lacing, body, count) = (Vec::new(), Vec::new(), 0);
            }
            lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
            lacing.push((packet.len() % 255) as u8);
            body.extend_from_slice(packet);
            count += 1;
            *position = position.saturating_add(duration(packet));
        }
        self.page(if last { LAST } else { 0 }, *position, &lacing, &body)
    }
}

/// Encodes each notice for this stream; none if its packets would not be understood in it.
fn encode(
    made: &Made,
    head: &Head,
    bits: u64,
    first: Option<u8>,
    programs: &Programs,
    limits: &Limits,
) -> Result<Option<Vec<Coded>>> {
    let bench = Bench::new()?;
    let bits = bits.clamp(BITS[0] * u64::from(head.channels), BITS[1] * u64::from(head.channels)).to_string();
    // Decoders will apply the gain of the header to the notice as well.
    let gain = 10f32.powf(-f32::from(head.gain) / 256.0 / 20.0);
    let mut out = Vec::new();
    for insert in &made.inserts {
        let samples: Vec<f32> = insert.samples.iter().map(|sample| sample * gain).collect();
        let args = ["-b:a", &bits, "-application", "lowdelay"];
        let Some((mut packets, pre_skip)) = code(&bench, &samples, made.shape, head, &args, programs, limits)? else {
            return Ok(None);
        };
        if insert.at == Moment::Start && first.is_some_and(|toc| toc >> 3 >= CELT) {
            let silence = vec![0.0; usize::from(made.shape.channels) * RESET];
            let low = (8000 * u64::from(head.channels)).to_string();
            let args = ["-b:a", &low, "-application", "voip", "-cutoff", "4000"];
            let found = code(&bench, &silence, made.shape, head, &args, programs, limits)?;
            let speech = found.map(|(packets, _)| packets).unwrap_or_default();
            packets.extend(speech.into_iter().take(3).filter(|p| p.first().is_some_and(|toc| toc >> 3 < HYBRID)));
        }
        out.push(Coded { packets, pre_skip });
    }
    Ok(Some(out))
}

/// Packets of 20 ms for these samples, and how many samples they lag; none if the head differs.
fn code(
    bench: &Bench,
    samples: &[f32],
    shape: SoundShape,
    head: &Head,
    args: &[&str],
    programs: &Programs,
    limits: &Limits,
) -> Result<Option<(Vec<Vec<u8>>, u64)>> {
    let family = head.mapping.first().copied().unwrap_or(0).to_string();
    let coder = ["-c:a", "libopus", "-frame_duration", "20", "-mapping_family", &family];
    let file = bench.encode(samples, shape, &[&coder, args, &["-f", "ogg"]].concat(), programs, limits)?;
    let Some((found, packets)) = packets(&file)? else { return Ok(None) };
    let fits = found.channels == head.channels && found.mapping == head.mapping && !packets.is_empty();
    Ok(fits.then_some((packets, u64::from(found.pre_skip))))
}

/// What of the source is being copied, packet by packet.
struct Walk {
    /// Position at which the page before ended.
    position: u64,
    /// Samples decoded so far, those at the start that are not heard counted.
    decoded: u64,
    /// First bytes of the packet that goes on.
    open: Vec<u8>,
}

impl Walk {
    /// Where each packet that ends on this page ends: segment, samples of the packet.
    fn ends(&mut self, page: &Page, body: &[u8]) -> Vec<(usize, u64)> {
        if page.flags & CONTINUED == 0 {
            self.open.clear();
        }
        let (mut out, mut rest) = (Vec::new(), body);
        for (number, len) in page.lacing.iter().enumerate() {
            let (part, behind) = rest.split_at_checked(usize::from(*len)).unwrap_or_default();
            rest = behind;
            let want = 2usize.saturating_sub(self.open.len()).min(part.len());
            self.open.extend_from_slice(part.get(..want).unwrap_or_default());
            if *len < 255 {
                out.push((number, duration(&self.open)));
                self.open.clear();
            }
        }
        out
    }
}

pub(super) fn add(
    source: &mut dyn ReadSeek,
    made: &Made,
    programs: &Programs,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Attempt> {
    let mut source = Source::new(source, limits)?;
    let not = |what: &str| Ok(Attempt::Not(rows::REASON_SPLICE.with("what", what)));
    let Some(start) = open(&mut source, limits)? else { return not("OpusHead") };
    let bits = source.len().saturating_sub(start.sound).saturating_mul(8 * RATE) / made.content.max(1);
    let mut first = 0u64;
    let end = scan(&mut source, &start, limits, &mut first)?;
    let opens = Page::read(&mut source, start.sound)?.filter(|page| page.flags & CONTINUED == 0);
    let toc = opens.map(|page| source.array::<1>(page.body.start)).transpose()?.flatten().map(|[toc]| toc);
    let Some(coded) = encode(made, &start.head, bits, toc, programs, limits)? else {
        return not("channel mapping");
    };
    let first_page = Page::read(&mut source, 0)?.map_or(0, |page| page.body.end);
    source.copy(0..first_page, &mut |part| out.write_all(part).map_err(|e| Error::io("write", e)))?;
    let mut moves = Moves::new();
    for (insert, coded) in made.inserts.iter().zip(&coded) {
        moves.put(if insert.at == Moment::End { u64::MAX } else { insert.frame }, coded.samples());
    }
    tags(&mut source, first_page..start.sound, &moves, limits, out)?;
    let sequence = Page::read(&mut source, start.sound)?.map_or(0, |page| page.sequence);
    let mut pages = Pages { out, serial: start.serial, sequence };
    let mut waiting: VecDeque<(&Insert, &Coded)> = made.inserts.iter().zip(&coded).collect();
    let (mut grown, mut starts) = (0u64, Vec::new());
    let skip = u64::from(start.head.pre_skip);
    let heard = |at: u64, insert: &Insert, coded: &Coded| {
        at.saturating_add(insert.begins).saturating_add(coded.pre_skip).saturating_sub(skip)
    };
    let mut walk = Walk { position: first, decoded: 0, open: Vec::new() };
    let mut at = start.sound;
    while at < end {
        let Some(page) = Page::read(&mut source, at)? else { break };
        at = page.body.end;
        let body = source.bytes(page.body.clone(), 65_025, "metadata_bytes")?;
        let ends = walk.ends(&page, &body);
        let whole = ends.iter().fold(0u64, |sum, (_, samples)| sum.saturating_add(*samples));
        // The end of the last packet may be cut off by the position of the last page, and of no other.
        let last = at >= end;
        let more = last && waiting.iter().any(|(insert, _)| insert.at == Moment::End);
        let natural = walk.position.saturating_add(whole);
        let mut position = if page.position == NO_POSITION || more { natural } else { page.position };
        if ends.is_empty() {
            position = walk.position;
        }
        let (mut segment, mut byte, mut passed, mut flags) = (0usize, 0usize, 0u64, page.flags);
        for (number, samples) in std::iter::once((None, 0)).chain(ends.iter().map(|(n, s)| (Some(*n), *s))) {
            passed = passed.saturating_add(samples);
            walk.decoded = walk.decoded.saturating_add(samples);
            // A packet that goes on from the page before ends first.
            if number.is_none() && page.flags & CONTINUED != 0 {
                continue;
            }
            let due = |insert: &Insert| match insert.at {
                Moment::Start => walk.decoded == 0,
                Moment::Middle => walk.decoded >= insert.frame.saturating_add(skip),
                Moment::End => false,
            };
            let cut = number.map_or(0, |number| number + 1);
            while let Some((insert, coded)) = waiting.front().copied().filter(|(insert, _)| due(insert)) {
                if cut > segment {
                    let lacing = page.lacing.get(segment..cut).unwrap_or_default();
                    let len: usize = lacing.iter().map(|len| usize::from(*len)).sum();
                    let part = body.get(byte..byte.saturating_add(len)).unwrap_or_default();
                    let here = walk.position.saturating_add(passed).saturating_add(grown);
                    pages.page(flags & !LAST, here, lacing, part)?;
                    (segment, byte, flags) = (cut, byte.saturating_add(len), flags & !CONTINUED);
                }
                let mut here = walk.position.saturating_add(passed).saturating_add(grown);
                starts.push(heard(walk.decoded.saturating_add(grown), insert, coded));
                let closes = last && cut == page.lacing.len() && !more;
                pages.notice(coded, &mut here, closes)?;
                grown = grown.saturating_add(coded.samples());
                waiting.pop_front();
            }
        }
        if segment < page.lacing.len() || page.lacing.is_empty() {
            let flags = if more { flags & !LAST } else { flags };
            let here = if ends.is_empty() { NO_POSITION } else { position.saturating_add(grown) };
            let (lacing, part) = (page.lacing.get(segment..), body.get(byte..));
            pages.page(flags, here, lacing.unwrap_or_default(), part.unwrap_or_default())?;
        }
        walk.position = position;
    }
    // Whatever is left stands at the end; a middle too, if the content has but one packet.
    while let Some((insert, coded)) = waiting.pop_front() {
        let mut here = walk.position.saturating_add(grown);
        starts.push(heard(walk.decoded.saturating_add(grown), insert, coded));
        pages.notice(coded, &mut here, waiting.is_empty())?;
        grown = grown.saturating_add(coded.samples());
    }
    let Pages { out, .. } = pages;
    source.copy(end..source.len(), &mut |part| out.write_all(part).map_err(|e| Error::io("write", e)))?;
    out.flush().map_err(|e| Error::io("write", e))?;
    Ok(Attempt::Done(Done { starts, kept: Kept::Spliced, notes: Vec::new() }))
}

/// Copies the pages of the tags, times of chapters moved.
fn tags(
    source: &mut Source<'_>,
    range: std::ops::Range<u64>,
    moves: &Moves,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<()> {
    let (mut pages, mut packet, mut at) = (Vec::new(), Vec::new(), range.start);
    while let Some(page) = Page::read(source, at)?.filter(|page| page.at < range.end) {
        at = page.body.end;
        packet.extend(source.bytes(page.body.clone(), 65_025, "metadata_bytes")?);
        check_limit("metadata_bytes", packet.len() as u64, limits.metadata_bytes)?;
        pages.push(page);
    }
    // The comments stand behind eight letters (RFC 7845 5.2).
    if let Some(list) = packet.get_mut(8..) {
        chapters::comments(list, moves, RATE as u32);
    }
    let mut rest = &packet[..];
    for page in pages {
        let len = page.lacing.iter().map(|len| usize::from(*len)).sum();
        let (body, behind) = rest.split_at_checked(len).unwrap_or_default();
        rest = behind;
        out.write_all(&page.build(body)).map_err(|e| Error::io("write", e))?;
    }
    Ok(())
}

/// Checks every page of sound and says where they end; `first` becomes the position at which the
/// first packet begins.
fn scan(source: &mut Source<'_>, start: &Start, limits: &Limits, first: &mut u64) -> Result<u64> {
    let (mut at, mut count, mut found, mut samples) = (start.sound, 0u64, false, 0u64);
    let mut walk = Walk { position: 0, decoded: 0, open: Vec::new() };
    while let Some(page) = Page::read(source, at)? {
        count += 1;
        check_limit("ogg_pages", count, limits.ogg_pages)?;
        if page.serial != start.serial || page.flags & FIRST != 0 {
            return Err(Error::Unsupported(rows::STREAMS.problem()));
        }
        let body = source.bytes(page.body.clone(), 65_025, "metadata_bytes")?;
        let built = page.build(&body);
        // A new checksum would make damage look sound.
        if built.get(22..26) != Some(&page.checksum.to_le_bytes()[..]) {
            return Err(unread("Opus", format!("checksum (+{at})")));
        }
        let ends = walk.ends(&page, &body);
        samples = ends.iter().fold(samples, |sum, (_, samples)| sum.saturating_add(*samples));
        if !found && !ends.is_empty() && page.position != NO_POSITION {
            found = true;
            // A recording that was joined later begins at a later position (RFC 7845 4.3). The last
            // page alone may state less than its packets hold.
            *first = page.position.saturating_sub(samples);
        }
        at = page.body.end;
        if page.flags & LAST != 0 {
            break;
        }
    }
    if Page::read(source, at)?.is_some() {
        return Err(Error::Unsupported(rows::STREAMS.problem()));
    }
    if samples == 0 { Err(Error::Malformed(rows::EMPTY.problem())) } else { Ok(at) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn packets_last_as_their_first_bytes_say() {
        // SILK 60 ms, hybrid 20 ms, CELT 2.5 and 20 ms; one, two and many frames (RFC 6716 table 2).
        for (packet, ms) in [(vec![3 << 3], 60.0), (vec![13 << 3], 20.0), (vec![16 << 3], 2.5), (vec![31 << 3], 20.0)] {
            assert_eq!(duration(&packet), (ms * 48.0) as u64);
            let [toc] = packet[..] else { unreachable!() };
            assert_eq!(duration(&[toc | 1]), (ms * 96.0) as u64);
            assert_eq!(duration(&[toc | 3, 0x83]), (ms * 144.0) as u64);
        }
        assert_eq!((duration(&[]), duration(&[3])), (0, 0));
    }

    #[test]
    fn heads_are_read() {
        let head = Head::read(b"OpusHead\x01\x02\x38\x01\x80\xBB\0\0\0\x01\0").unwrap_or_else(|| unreachable!());
        assert_eq!(head, Head { channels: 2, pre_skip: 312, gain: 256, mapping: vec![0] });
        assert_eq!(Head::read(b"OpusHead\x01\x02"), None);
        assert_eq!(Head::read(b"OpusTags\x01\x02\x38\x01\x80\xBB\0\0\0\x01\0"), None);
    }
}
