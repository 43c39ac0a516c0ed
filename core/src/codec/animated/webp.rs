//! Animated WebP (RFC 9649, 2.7.1.1).

use super::{After, Animation, Frame};
use crate::codec::malformed;
use crate::codec::webp::{chunks, chunks_of};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::check_limit;

const WEBP: &str = "WebP";

/// What RIFF says that the file is, and the bytes behind it.
fn form(file: &[u8]) -> (&[u8], &[u8]) {
    let length = file.get(4..).and_then(<[u8]>::first_chunk).map_or(0, |length| u32::from_le_bytes(*length));
    let length = usize::try_from(length).unwrap_or(usize::MAX).saturating_add(8);
    file.split_at_checked(length).unwrap_or((file, &[]))
}

/// All of the file but coded pictures and lengths.
pub(super) fn bare(file: &[u8]) -> Vec<Vec<u8>> {
    let (file, behind) = form(file);
    let mut out = vec![behind.to_vec()];
    for (kind, payload) in chunks(file) {
        let (head, parts) = match payload.split_at_checked(16) {
            Some((head, parts)) if &kind == b"ANMF" => (head, parts),
            _ => (payload, Default::default()),
        };
        out.push([&kind[..], head].concat());
        let others = chunks_of(parts).filter(|(kind, _)| !matches!(kind, b"ALPH" | b"VP8 " | b"VP8L"));
        out.extend(others.map(|(kind, payload)| [&kind[..], payload].concat()));
    }
    out
}

pub(super) fn open<'f>(file: &'f [u8], limits: &Limits) -> Result<Animation<'f>> {
    let mut out = Animation { width: 0, height: 0, max: 255, frames: Vec::new(), shared: Vec::new(), still };
    for (number, (kind, payload)) in chunks(form(file).0).enumerate() {
        check_limit("segments", number as u64, limits.segments as u64)?;
        match (&kind, payload) {
            (b"VP8X", [_, _, _, _, a, b, c, d, e, f, ..]) => {
                out.width = u32::from_le_bytes([*a, *b, *c, 0]).saturating_add(1);
                out.height = u32::from_le_bytes([*d, *e, *f, 0]).saturating_add(1);
            }
            (b"ANMF", payload) => out.frames.push(frame(payload)?),
            _ => {}
        }
    }
    if out.frames.is_empty() || out.width == 0 {
        return Err(malformed(WEBP, "ANMF"));
    }
    Ok(out)
}

/// A frame as its header describes it.
fn frame(payload: &[u8]) -> Result<Frame<'_>> {
    let Some(([x0, x1, x2, y0, y1, y2, w0, w1, w2, h0, h1, h2, _, _, _, flags], data)) =
        payload.split_first_chunk::<16>()
    else {
        return Err(malformed(WEBP, "ANMF"));
    };
    let number = |a: &u8, b: &u8, c: &u8| u32::from_le_bytes([*a, *b, *c, 0]);
    Ok(Frame {
        left: number(x0, x1, x2).saturating_mul(2),
        top: number(y0, y1, y2).saturating_mul(2),
        width: number(w0, w1, w2).saturating_add(1),
        height: number(h0, h1, h2).saturating_add(1),
        over: flags & 2 == 0,
        after: if flags & 1 == 1 { After::Clear } else { After::Keep },
        apart: false,
        data: vec![data],
    })
}

/// The frame as a WebP of its own.
fn still<'f>(_: &Animation<'f>, frame: &Frame<'f>) -> Result<Vec<u8>> {
    let mut body = b"WEBP".to_vec();
    let data = frame.data.first().copied().unwrap_or_default();
    let parts: Vec<_> = chunks_of(data).filter(|(kind, _)| matches!(kind, b"ALPH" | b"VP8 " | b"VP8L")).collect();
    if parts.iter().any(|(kind, _)| kind == b"ALPH") {
        let side = |n: u32| n.saturating_sub(1).to_le_bytes().into_iter().take(3);
        let header: Vec<u8> = [0x10, 0, 0, 0].into_iter().chain(side(frame.width)).chain(side(frame.height)).collect();
        write(&mut body, *b"VP8X", &header)?;
    }
    for (kind, payload) in parts {
        write(&mut body, kind, payload)?;
    }
    let mut out = Vec::new();
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&length(&body)?);
    out.append(&mut body);
    Ok(out)
}

fn length(data: &[u8]) -> Result<[u8; 4]> {
    Ok(u32::try_from(data.len()).map_err(|_| malformed(WEBP, "length"))?.to_le_bytes())
}

fn write(out: &mut Vec<u8>, kind: [u8; 4], payload: &[u8]) -> Result<()> {
    out.extend_from_slice(&kind);
    out.extend_from_slice(&length(payload)?);
    out.extend_from_slice(payload);
    if payload.len() % 2 == 1 {
        out.push(0);
    }
    Ok(())
}
