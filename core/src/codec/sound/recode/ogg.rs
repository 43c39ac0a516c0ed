//! The comments of the source in a stream that was coded anew: pictures, chapters and names of any
//! kind stay as they are.

use crate::codec::sound::signal::Made;
use crate::codec::sound::wav::Moves;
use crate::codec::sound::{chapters, unread};
use crate::container::ogg::page::{CONTINUED, FIRST, NO_POSITION, Page, SEGMENTS};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::notice::Moment;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};

/// The first packets of a stream that has its headers on pages of their own.
struct Headers {
    packets: Vec<Vec<u8>>,
    serial: u32,
    /// Where the pages of sound begin.
    end: u64,
}

impl Headers {
    fn read(source: &mut Source<'_>, count: usize, limits: &Limits) -> Result<Self> {
        let (mut at, mut open, mut packets, mut serial) = (0, Vec::new(), Vec::new(), None);
        while let Some(page) = Page::read(source, at)? {
            at = page.body.end;
            if *serial.get_or_insert(page.serial) != page.serial {
                return Err(Error::Unsupported(crate::message::notice::sound::STREAMS.problem()));
            }
            let body = source.bytes(page.body.clone(), 65_025, "metadata_bytes")?;
            let mut rest = &body[..];
            for len in &page.lacing {
                let (part, behind) = rest.split_at_checked(usize::from(*len)).unwrap_or_default();
                open.extend_from_slice(part);
                check_limit("metadata_bytes", open.len() as u64, limits.metadata_bytes)?;
                rest = behind;
                if *len < 255 {
                    packets.push(std::mem::take(&mut open));
                }
            }
            if packets.len() >= count {
                break;
            }
        }
        if packets.len() < count {
            Err(unread("Ogg", "headers"))
        } else {
            Ok(Self { packets, serial: serial.unwrap_or(0), end: at })
        }
    }
}

/// Writes `coded` with the comments of `source`.
pub(super) fn headers(
    source: &mut dyn ReadSeek,
    coded: &mut Source<'_>,
    made: &Made,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<()> {
    let mut source = Source::new(source, limits)?;
    let vorbis = |headers: &Headers| headers.packets.get(1).is_some_and(|packet| packet.starts_with(b"\x03vorbis"));
    let (old, new) = (Headers::read(&mut source, 2, limits)?, Headers::read(coded, 3, limits)?);
    let mut put = |bytes: &[u8]| out.write_all(bytes).map_err(|e| Error::io("write", e));
    let [id, comments, setup] = &new.packets[..] else { return Err(unread("Ogg", "headers")) };
    // Another coding has its comments in another form: then those that were taken over stay.
    let comments = old.packets.get(1).filter(|_| vorbis(&old) && vorbis(&new)).unwrap_or(comments);
    let mut comments = comments.clone();
    let mut moves = Moves::new();
    for insert in &made.inserts {
        let before = if insert.at == Moment::End { u64::MAX } else { insert.frame };
        moves.put(before, insert.frames(made.shape.channels));
    }
    // Behind seven letters (Vorbis I 5.2.1).
    if let Some(list) = comments.get_mut(7..) {
        chapters::comments(list, &moves, made.shape.rate);
    }
    let page = |flags: u8, sequence: u32, position: u64, lacing: &[u8]| {
        let (serial, lacing) = (old.serial, lacing.to_vec());
        Page { at: 0, flags, position, serial, sequence, checksum: 0, lacing, body: 0..0 }
    };
    put(&page(FIRST, 0, 0, &[u8::try_from(id.len()).unwrap_or(u8::MAX)]).build(id))?;
    let mut lacing: Vec<u8> = Vec::new();
    for packet in [&comments, setup] {
        lacing.extend(std::iter::repeat_n(255, packet.len() / 255));
        lacing.push((packet.len() % 255) as u8);
    }
    let body = [&comments[..], &setup[..]].concat();
    let (mut rest, mut sequence, mut goes_on) = (&body[..], 1u32, false);
    for part in lacing.chunks(SEGMENTS) {
        let len: usize = part.iter().map(|len| usize::from(*len)).sum();
        let (now, behind) = rest.split_at_checked(len).unwrap_or_default();
        rest = behind;
        let position = if part.iter().all(|len| *len == 255) { NO_POSITION } else { 0 };
        put(&page(if goes_on { CONTINUED } else { 0 }, sequence, position, part).build(now))?;
        goes_on = part.last() == Some(&255);
        sequence = sequence.wrapping_add(1);
    }
    let mut at = new.end;
    while let Some(page) = Page::read(coded, at)? {
        at = page.body.end;
        let body = coded.bytes(page.body.clone(), 65_025, "metadata_bytes")?;
        put(&Page { serial: old.serial, sequence, ..page }.build(&body))?;
        sequence = sequence.wrapping_add(1);
    }
    Ok(())
}
