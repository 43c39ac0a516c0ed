//! The header packets of the streams at the start of a file.

use std::ops::Range;

use crate::container::ogg::page::{CONTINUED, FIRST, Page};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::vorbis as rows;
use crate::message::{Message, general, reason};
use crate::source::{Source, check_limit};

/// Most streams that are looked at.
const STREAMS: usize = 32;
/// Most header packets of a stream that are looked at.
const PACKETS: usize = 64;

/// A coding whose comments are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    Vorbis,
    Opus,
    Speex,
    Flac,
    Theora,
}

impl Codec {
    const ALL: [Self; 5] = [Self::Vorbis, Self::Opus, Self::Speex, Self::Flac, Self::Theora];

    /// How its first packet begins.
    const fn first(self) -> &'static [u8] {
        match self {
            Self::Vorbis => b"\x01vorbis",
            Self::Opus => b"OpusHead",
            Self::Speex => b"Speex   ",
            Self::Flac => b"\x7FFLAC",
            Self::Theora => b"\x80theora",
        }
    }

    /// How its second packet begins; the list of comments follows.
    const fn second(self) -> &'static [u8] {
        match self {
            Self::Vorbis => b"\x03vorbis",
            Self::Opus => b"OpusTags",
            // Four bytes of a block header take the place of a name, see `comments`.
            Self::Speex | Self::Flac => b"",
            Self::Theora => b"\x81theora",
        }
    }

    /// The coding of the stream that this page opens.
    pub(super) fn of(source: &mut Source<'_>, page: &Page) -> Result<Option<Self>> {
        let mut head = [0u8; 8];
        let len = page.body.end.saturating_sub(page.body.start);
        let n = source.read_at(page.body.start, &mut head)?.min(usize::try_from(len).unwrap_or(8));
        let head = head.get(..n).unwrap_or_default();
        Ok(Self::ALL.into_iter().find(|codec| head.starts_with(codec.first())))
    }

    /// How many header packets there are, told by the first one.
    pub(super) fn packets(self, first: &[u8]) -> usize {
        let more = match self {
            Self::Vorbis | Self::Theora => 2,
            Self::Opus => 1,
            // `extra_headers` behind 68 bytes (Speex manual, table 9).
            Self::Speex => {
                let extra = first.get(68..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b));
                extra.saturating_add(1)
            }
            // Packets behind the first, 0 if that is not known (RFC 9639 10.1).
            Self::Flac => {
                first.get(7..).and_then(|b| b.first_chunk()).map_or(1, |b| u32::from(u16::from_be_bytes(*b)).max(1))
            }
        };
        usize::try_from(more).unwrap_or(PACKETS).saturating_add(1).min(PACKETS)
    }

    /// The list of comments in the second packet, with what stands behind it.
    pub(super) fn comments(self, packet: &[u8]) -> Option<&[u8]> {
        match self {
            // A metadata block of type 4.
            Self::Flac => packet.get(4..).filter(|_| packet.first().is_some_and(|kind| kind & 0x7F == 4)),
            _ => packet.strip_prefix(self.second()),
        }
    }

    /// The second packet `old` with another list.
    pub(super) fn packet(self, old: &[u8], list: &[u8]) -> Result<Vec<u8>> {
        let mut out = match (self, old.first()) {
            (Self::Flac, Some(kind)) => match u32::try_from(list.len()).map(u32::to_be_bytes) {
                Ok([0, a, b, c]) => vec![*kind, a, b, c],
                _ => return Err(Error::Refused(general::TOO_LARGE.with("part", "VORBIS_COMMENT"))),
            },
            _ => self.second().to_vec(),
        };
        out.extend_from_slice(list);
        Ok(out)
    }
}

/// A header packet.
#[derive(Debug, Clone, Default)]
pub(super) struct Packet {
    pub(super) bytes: Vec<u8>,
    /// Where its parts stand: offset in the packet, offset in the file.
    parts: Vec<(usize, u64)>,
    /// The first and the last of the stream's pages that hold it.
    pub(super) first: usize,
    pub(super) last: usize,
    /// Whether its first page begins with it.
    pub(super) opens: bool,
    /// Whether its last page ends with it.
    pub(super) closes: bool,
    complete: bool,
}

impl Packet {
    /// The bytes of the file from its first to its last one.
    pub(super) fn range(&self) -> Range<u64> {
        let start = self.parts.first().map_or(0, |(_, at)| *at);
        let end = self.parts.last().map_or(start, |(from, at)| at.saturating_add((self.bytes.len() - from) as u64));
        start..end
    }

    /// Where a part of it stands in the file, if in one page.
    pub(super) fn plain(&self, part: Range<usize>) -> Option<u64> {
        let next = self.parts.partition_point(|(from, _)| *from <= part.start);
        let end = self.parts.get(next).map_or(self.bytes.len(), |(from, _)| *from);
        let (from, at) = self.parts.get(next.checked_sub(1)?)?;
        (part.end <= end).then(|| at.saturating_add((part.start - from) as u64))
    }
}

/// A stream of known coding, up to its last header packet.
#[derive(Debug, Clone)]
pub(super) struct Stream {
    pub(super) serial: u32,
    pub(super) codec: Codec,
    pub(super) pages: Vec<Page>,
    pub(super) packets: Vec<Packet>,
}

impl Stream {
    /// The list of comments.
    pub(super) fn comments(&self) -> Option<&[u8]> {
        self.codec.comments(&self.packets.get(1)?.bytes)
    }

    /// Its header packets, if they are there whole.
    pub(super) fn headers(&self) -> Option<&[Packet]> {
        let first = self.packets.first().filter(|p| p.complete)?;
        let headers = self.packets.get(..self.codec.packets(&first.bytes))?;
        headers.last().is_some_and(|p| p.complete).then_some(headers)
    }

    fn complete(&self) -> bool {
        self.headers().is_some()
    }

    /// Adds the packets of its next page.
    fn add(&mut self, page: Page, body: &[u8]) {
        let number = self.pages.len();
        let (mut at, mut start) = (0usize, true);
        for len in &page.lacing {
            let len = usize::from(*len);
            if self.packets.last().is_none_or(|p| p.complete) {
                let opens = start && page.flags & CONTINUED == 0;
                self.packets.push(Packet { first: number, opens, ..Packet::default() });
                start = true;
            }
            let Some(packet) = self.packets.last_mut() else { return };
            if start {
                packet.parts.push((packet.bytes.len(), page.body.start.saturating_add(at as u64)));
                start = false;
            }
            packet.bytes.extend_from_slice(body.get(at..at.saturating_add(len)).unwrap_or_default());
            packet.last = number;
            packet.complete = len < 255;
            at = at.saturating_add(len);
        }
        if let Some(packet) = self.packets.last_mut().filter(|p| p.complete) {
            packet.closes = true;
        }
        self.pages.push(page);
    }
}

/// What stands at the start of a file.
#[derive(Debug, Default)]
pub(super) struct Headers {
    /// The streams of known coding, in their order.
    pub(super) streams: Vec<Stream>,
    /// Every page up to the last of the headers.
    pub(super) pages: Vec<Range<u64>>,
    pub(super) fault: Option<(&'static Message, Range<u64>)>,
}

impl Headers {
    pub(super) fn read(source: &mut Source<'_>, limits: &Limits) -> Result<Self> {
        let mut out = Self::default();
        let (mut at, mut total) = (0u64, 0u64);
        while at < source.len() {
            check_limit("segments", out.pages.len() as u64, limits.segments as u64)?;
            let Some(page) = Page::read(source, at)? else {
                out.fault = Some((&rows::NO_PAGE, at..source.len()));
                break;
            };
            let opens = page.flags & FIRST != 0;
            // Headers come before everything else (RFC 3533 4).
            if !opens && out.streams.iter().all(Stream::complete) {
                break;
            }
            let range = page.at..page.body.end;
            if opens
                && out.streams.len() < STREAMS
                && let Some(codec) = Codec::of(source, &page)?
            {
                out.streams.push(Stream { serial: page.serial, codec, pages: Vec::new(), packets: Vec::new() });
            }
            // The last of a number: a stream that begins anew has it again.
            if let Some(stream) = out.streams.iter_mut().rev().find(|s| s.serial == page.serial) {
                if stream.complete() {
                    break;
                }
                total = total.saturating_add(page.body.end.saturating_sub(page.body.start));
                check_limit("metadata_bytes", total, limits.metadata_bytes)?;
                let body = source.bytes(page.body.clone(), limits.metadata_bytes, "metadata_bytes")?;
                if page.build(&body).get(22..26) != Some(&page.checksum.to_le_bytes()) && out.fault.is_none() {
                    out.fault = Some((&reason::CHECKSUM, range.clone()));
                }
                stream.add(page, &body);
            }
            at = range.end;
            out.pages.push(range);
        }
        if out.fault.is_none() && out.streams.first().is_some_and(|s| !s.complete()) {
            out.fault = Some((&rows::HEADERS_CUT, 0..source.len()));
        }
        Ok(out)
    }
}
