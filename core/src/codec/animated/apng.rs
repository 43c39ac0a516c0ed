//! APNG (PNG, third edition, 4.9 and 11.3.6).

use super::{After, Animation, Frame};
use crate::codec::malformed;
use crate::crc::Crc;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::watermark;
use crate::source::check_limit;

const PNG: &str = "PNG";
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A chunk: type, whole chunk, payload.
type Chunk<'f> = ([u8; 4], &'f [u8], &'f [u8]);

/// The chunks up to IEND, as far as they are whole.
fn chunks(file: &[u8]) -> Result<impl Iterator<Item = Chunk<'_>>> {
    let mut rest = file.strip_prefix(SIGNATURE).ok_or_else(|| malformed(PNG, "signature"))?;
    Ok(std::iter::from_fn(move || {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (kind, _) = tail.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (whole, after) = rest.split_at_checked(length.checked_add(12)?)?;
        rest = if kind == b"IEND" { &[] } else { after };
        Some((*kind, whole, whole.get(8..length.checked_add(8)?)?))
    }))
}

/// All of the file but coded pictures.
pub(super) fn bare(file: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut length = SIGNATURE.len();
    let mut out = Vec::new();
    for (kind, whole, payload) in chunks(file).ok()? {
        length = length.checked_add(whole.len())?;
        out.push(match &kind {
            b"IHDR" => payload.get(..12)?.to_vec(),
            b"IDAT" => kind.to_vec(),
            b"fdAT" => [&kind[..], payload.get(..4)?].concat(),
            _ => whole.to_vec(),
        });
    }
    out.push(file.get(length..)?.to_vec());
    Some(out)
}

pub(super) fn open<'f>(file: &'f [u8], limits: &Limits) -> Result<Animation<'f>> {
    let mut out = Animation { width: 0, height: 0, max: 255, frames: Vec::new(), shared: Vec::new(), still };
    let mut current: Option<Frame<'f>> = None;
    let mut begun = false;
    for (number, (kind, whole, payload)) in chunks(file)?.enumerate() {
        check_limit("segments", number as u64, limits.segments as u64)?;
        match &kind {
            b"IHDR" if number == 0 => {
                let [a, b, c, d, e, f, g, h, depth, colour, ..] = payload else { return Err(malformed(PNG, "IHDR")) };
                out.width = u32::from_be_bytes([*a, *b, *c, *d]);
                out.height = u32::from_be_bytes([*e, *f, *g, *h]);
                // Few colours, or a few levels of grey, would break a mark into steps.
                if *colour == 3 || *depth < 8 {
                    return Err(Error::Unsupported(watermark::PALETTE.problem()));
                }
                out.max = if *depth == 16 { u16::MAX } else { 255 };
                out.shared.push(payload);
            }
            b"tRNS" if !begun => out.shared.push(whole),
            // Written anew, what is damaged would look whole.
            b"fcTL" | b"fdAT" if !is_sound(whole) => return Err(malformed(PNG, "CRC")),
            b"fcTL" => {
                out.frames.extend(finished(current.take())?);
                current = Some(control(payload)?);
            }
            b"IDAT" => {
                // Without a control in front, the picture is no frame.
                let frame = current.get_or_insert_with(|| Frame {
                    left: 0,
                    top: 0,
                    width: out.width,
                    height: out.height,
                    over: false,
                    after: After::Keep,
                    apart: true,
                    data: Vec::new(),
                });
                if (begun && frame.data.is_empty()) || (frame.width, frame.height) != (out.width, out.height) {
                    return Err(malformed(PNG, "IDAT"));
                }
                begun = true;
                frame.data.push(payload);
            }
            b"fdAT" => match (&mut current, payload.split_first_chunk::<4>()) {
                (Some(frame), Some((_, data))) if begun && !frame.apart => frame.data.push(data),
                _ => return Err(malformed(PNG, "fdAT")),
            },
            b"CgBI" => return Err(Error::Unsupported(crate::message::codec::PNG_CGBI.problem())),
            _ => {}
        }
    }
    out.frames.extend(finished(current)?);
    // Nothing is there to be restored before the first frame.
    if let Some(first) = out.frames.iter_mut().find(|frame| !frame.apart)
        && first.after == After::Restore
    {
        first.after = After::Clear;
    }
    if out.shared.is_empty() || !out.frames.iter().any(|frame| !frame.apart) {
        return Err(malformed(PNG, "fcTL"));
    }
    Ok(out)
}

/// Whether the checksum of a whole chunk is right.
fn is_sound(chunk: &[u8]) -> bool {
    let Some((data, stated)) = chunk.split_last_chunk::<4>() else { return false };
    let mut crc = Crc::new();
    crc.update(data.get(4..).unwrap_or_default());
    crc.sum().to_be_bytes() == *stated
}

fn finished(frame: Option<Frame<'_>>) -> Result<Option<Frame<'_>>> {
    match frame {
        Some(frame) if frame.data.is_empty() => Err(malformed(PNG, "fcTL")),
        frame => Ok(frame),
    }
}

/// A frame as its control describes it.
fn control<'f>(payload: &[u8]) -> Result<Frame<'f>> {
    let words: Vec<u32> = payload.as_chunks::<4>().0.iter().map(|word| u32::from_be_bytes(*word)).collect();
    let (Some([_, width, height, left, top, ..]), Some([dispose, blend]), 26) =
        (words.first_chunk::<5>(), payload.last_chunk::<2>(), payload.len())
    else {
        return Err(malformed(PNG, "fcTL"));
    };
    let after = match dispose {
        0 => After::Keep,
        1 => After::Clear,
        2 => After::Restore,
        _ => return Err(malformed(PNG, "fcTL")),
    };
    if *blend > 1 {
        return Err(malformed(PNG, "fcTL"));
    }
    let (left, top, width, height) = (*left, *top, *width, *height);
    Ok(Frame { left, top, width, height, over: *blend == 1, after, apart: false, data: Vec::new() })
}

/// The frame as a PNG of its own.
fn still<'f>(animation: &Animation<'f>, frame: &Frame<'f>) -> Result<Vec<u8>> {
    let (header, others) = animation.shared.split_first().ok_or_else(|| malformed(PNG, "IHDR"))?;
    let mut ihdr = [frame.width.to_be_bytes(), frame.height.to_be_bytes()].concat();
    ihdr.extend_from_slice(header.get(8..).unwrap_or_default());
    let mut out = SIGNATURE.to_vec();
    write(&mut out, b"IHDR", &ihdr)?;
    others.iter().for_each(|chunk| out.extend_from_slice(chunk));
    for data in &frame.data {
        write(&mut out, b"IDAT", data)?;
    }
    write(&mut out, b"IEND", &[])?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) -> Result<()> {
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    out.extend_from_slice(&u32::try_from(data.len()).map_err(|_| malformed(PNG, "length"))?.to_be_bytes());
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&crc.sum().to_be_bytes());
    Ok(())
}
