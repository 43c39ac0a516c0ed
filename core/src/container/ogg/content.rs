//! The content of an Ogg file: the packets of its streams, however they are cut into pages.

use std::collections::BTreeMap;

use super::page::{CONTINUED, FIRST, LAST, NO_POSITION, Page};
use super::stream::Codec;
use crate::container::content::{Digest, Sink};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::{Source, check_limit};

/// Bytes of a first packet that tell how many header packets there are.
const HEAD: usize = 72;

/// The packet goes on behind the last page of its stream.
const NO_END: u8 = 1;
/// The page before does not hold its beginning.
const NO_START: u8 = 2;
/// The stream is said to end on its page.
const ENDS: u8 = 4;
/// No packet, or one that is left out, but a page on which the stream is said to end.
const MARK: u8 = 8;

/// A packet that has begun.
#[derive(Debug)]
struct Open {
    len: u64,
    flags: u8,
    /// Whether it is content.
    kept: bool,
}

/// A logical stream.
#[derive(Debug)]
struct Stream {
    serial: u32,
    codec: Option<Codec>,
    digest: Digest,
    /// Start of the first packet.
    head: Vec<u8>,
    /// Packets that have begun, and how many of them are headers.
    begun: u64,
    headers: u64,
    open: Option<Open>,
}

impl Stream {
    /// Comments are metadata, and in FLAC every block behind the first.
    fn keeps(&self, number: u64) -> bool {
        match self.codec {
            Some(Codec::Flac) => number == 0 || number >= self.headers,
            Some(_) => number != 1,
            None => true,
        }
    }

    fn page(&mut self, source: &mut Source<'_>, page: &Page) -> Result<()> {
        let continued = page.flags & CONTINUED != 0;
        if !continued {
            self.close(NO_END, NO_POSITION);
        }
        let last = page.lacing.iter().rposition(|len| *len < 255);
        let ends = if page.flags & LAST != 0 { ENDS } else { 0 };
        let (mut at, mut start) = (page.body.start, page.body.start);
        // The end of a packet that goes on here may have no byte: what follows it begins here.
        let mut orphan = continued && self.open.is_none();
        for (number, len) in page.lacing.iter().enumerate() {
            at = at.saturating_add(u64::from(*len));
            let whole = *len < 255;
            if !whole && number + 1 < page.lacing.len() {
                continue;
            }
            if self.open.is_none() {
                let flags = if std::mem::take(&mut orphan) { NO_START } else { 0 };
                let kept = self.keeps(self.begun);
                self.begun = self.begun.saturating_add(1);
                self.open = Some(Open { len: 0, flags, kept });
            }
            self.piece(source, start..at)?;
            start = at;
            if whole && last == Some(number) {
                self.close(ends, page.position);
            } else if whole {
                self.close(0, NO_POSITION);
            }
        }
        if last.is_none() && ends != 0 {
            self.trailer(0, page.position, ends | MARK);
        }
        Ok(())
    }

    fn piece(&mut self, source: &mut Source<'_>, range: std::ops::Range<u64>) -> Result<()> {
        let Some(open) = self.open.as_mut() else { return Ok(()) };
        open.len = open.len.saturating_add(range.end.saturating_sub(range.start));
        let (first, kept) = (self.begun == 1, open.kept);
        if !kept {
            return Ok(());
        }
        source.copy(range, &mut |part| {
            if first && self.head.len() < HEAD {
                let want = HEAD.saturating_sub(self.head.len()).min(part.len());
                self.head.extend_from_slice(part.get(..want).unwrap_or_default());
            }
            self.digest.update(part);
            Ok(())
        })
    }

    /// Ends the packet that is open. Where headers lie in pages is for the writer to choose, so
    /// their positions say nothing.
    fn close(&mut self, flags: u8, position: u64) {
        let Some(open) = self.open.take() else { return };
        if self.begun == 1 {
            self.headers = self.codec.map_or(0, |codec| codec.packets(&self.head) as u64);
        }
        let position = if self.begun <= self.headers { NO_POSITION } else { position };
        if open.kept {
            self.trailer(open.len, position, open.flags | flags);
        } else if flags & ENDS != 0 {
            self.trailer(0, NO_POSITION, ENDS | MARK);
        }
    }

    fn trailer(&mut self, len: u64, position: u64, flags: u8) {
        self.digest.update(&len.to_be_bytes());
        self.digest.update(&position.to_be_bytes());
        self.digest.update(&[flags]);
    }

    /// Serial number, and the hash of the packets.
    fn finish(mut self) -> Vec<u8> {
        self.close(NO_END, NO_POSITION);
        let mut out = self.serial.to_be_bytes().to_vec();
        out.extend(self.digest.finish());
        out
    }
}

pub(super) fn write(source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let mut streams: Vec<Stream> = Vec::new();
    let mut known = BTreeMap::new();
    let mut at = 0u64;
    while let Some(page) = Page::read(source, at)? {
        at = page.body.end;
        let opens = page.flags & FIRST != 0;
        let number = match known.get(&page.serial) {
            Some(number) if !opens => *number,
            // A number that is used again begins another stream.
            _ => {
                check_limit("segments", streams.len() as u64, limits.segments as u64)?;
                let codec = if opens { Codec::of(source, &page)? } else { None };
                let (serial, digest) = (page.serial, sink.inner());
                let (head, open) = (Vec::new(), None);
                streams.push(Stream { serial, codec, digest, head, begun: 0, headers: 0, open });
                known.insert(page.serial, streams.len().saturating_sub(1));
                streams.len().saturating_sub(1)
            }
        };
        if let Some(stream) = streams.get_mut(number) {
            stream.page(source, &page)?;
        }
    }
    for stream in streams {
        sink.item("stream", &stream.finish())?;
    }
    if at < source.len() {
        sink.ranges(source, "rest", std::slice::from_ref(&(at..source.len())))?;
    }
    Ok(())
}
