//! Frame headers of MPEG audio and ADTS: enough of them to tell such a stream from anything else.

use crate::error::Result;
use crate::format::Format;
use crate::source::Source;

/// How far behind a tag the first frame is looked for; some writers leave zeros or junk there.
const SEARCH: usize = 64 << 10;
/// Room for the frames that are checked behind the place found: none is longer than 8,191 bytes.
const CHECK: usize = 32 << 10;
/// Frames in a row that make a stream.
const ROW: usize = 3;

/// Bit rates in kbit/s by index: version 1 layers I to III, version 2 layer I, version 2 layers
/// II and III (ISO/IEC 11172-3 2.4.2.3, 13818-3 2.4.2.3).
const BIT_RATES: [[u32; 15]; 5] = [
    [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
    [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
    [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
    [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
];

/// Files that carry a tag at their start and are not of this family.
const OTHERS: [&[u8]; 12] = [
    b"fLaC",
    b"OggS",
    b"RIFF",
    b"FORM",
    b"wvpk",
    b"MAC ",
    b"MPCK",
    b"MP+",
    b"TTA",
    b"DSD ",
    b"ADIF",
    b"\x1A\x45\xDF\xA3",
];

/// Marks of what stands behind the last frame.
const TAILS: [&[u8]; 5] = [b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"ID3", b"3DI"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) format: Format,
    /// What is the same in all frames of a stream.
    signature: [u8; 2],
    /// Bytes with the header; zero for a free bit rate.
    pub(crate) len: usize,
}

/// Reads a frame header.
pub(crate) fn frame(bytes: &[u8]) -> Option<Frame> {
    let [0xFF, b1, b2, b3, ..] = *bytes else { return None };
    if b1 & 0xF6 == 0xF0 {
        // ADTS fixed and variable header (ISO/IEC 13818-7 6.2).
        let [_, _, _, _, b4, b5, _, ..] = *bytes else { return None };
        let len = usize::from(b3 & 3) << 11 | usize::from(b4) << 3 | usize::from(b5) >> 5;
        let sound = (b2 >> 2) & 0xF < 13 && len > 7;
        return sound.then_some(Frame { format: Format::Aac, signature: [b1, b2 & 0xFC], len });
    }
    let (version, layer) = ((b1 >> 3) & 3, (b1 >> 1) & 3);
    let rate = usize::from(b2 >> 4);
    let sampling = match (b2 >> 2) & 3 {
        0 => 44_100,
        1 => 48_000,
        2 => 32_000,
        _ => return None,
    };
    if b1 & 0xE0 != 0xE0 || version == 1 || layer == 0 {
        return None;
    }
    // Version 3 is MPEG-1, 2 is MPEG-2, 0 is MPEG-2.5; layer 3 is I, 2 is II, 1 is III.
    let (sampling, first) = (sampling >> [2, 0, 1, 0].get(usize::from(version))?, version == 3);
    let table = match (first, layer) {
        (true, 3) => 0,
        (true, 2) => 1,
        (true, _) => 2,
        (false, 3) => 3,
        (false, _) => 4,
    };
    let bits = BIT_RATES.get(table)?.get(rate)?.saturating_mul(1000);
    let pad = u32::from(b2 >> 1 & 1);
    let len = match (bits, layer) {
        (0, _) => 0,
        (_, 3) => (12 * bits / sampling + pad) * 4,
        (_, 1) if !first => 72 * bits / sampling + pad,
        _ => 144 * bits / sampling + pad,
    };
    let len = usize::try_from(len).ok()?;
    Some(Frame { format: Format::Mp3, signature: [b1 & 0xFE, b2 & 0x0C], len })
}

/// Distance to the next frame of a free bit rate, which no header states.
fn free(bytes: &[u8], at: usize, signature: [u8; 2]) -> Option<usize> {
    (24..CHECK / 4).find(|skip| {
        let next = at.checked_add(*skip).and_then(|at| bytes.get(at..)).and_then(frame);
        next.is_some_and(|next| next.len == 0 && next.signature == signature)
    })
}

/// The format of the frames in a row at `at`. `whole` says that the file ends with `bytes`; then
/// `least` of them do.
fn row(bytes: &[u8], at: usize, whole: bool, least: usize) -> Option<Format> {
    let first = frame(bytes.get(at..)?)?;
    let mut at = at;
    for found in 0..ROW {
        let rest = bytes.get(at..).unwrap_or_default();
        let next = frame(rest).filter(|f| f.format == first.format && f.signature == first.signature);
        let Some(next) = next else {
            let ends = (whole && rest.len() < 8) || TAILS.iter().any(|mark| rest.starts_with(mark));
            return (ends && found >= least).then_some(first.format);
        };
        let len = if next.len == 0 { free(bytes, at, first.signature) } else { Some(next.len) };
        at = match len {
            Some(len) => at.checked_add(len)?,
            // The last frame of a free bit rate has no next one.
            None => return (whole && found >= least).then_some(first.format),
        };
    }
    Some(first.format)
}

fn read(source: &mut Source<'_>, from: u64) -> Result<(Vec<u8>, bool)> {
    let most = (SEARCH + CHECK) as u64;
    let end = from.saturating_add(most);
    Ok((source.bytes(from..end, most, "metadata_bytes")?, end >= source.len()))
}

/// The format of what stands behind the tags at the start of a file; MP3 if that is nothing and
/// `alone` is set.
pub(super) fn behind_tag(source: &mut Source<'_>, from: u64, alone: bool) -> Result<Option<Format>> {
    let (bytes, whole) = read(source, from)?;
    let Some(start) = bytes.iter().position(|b| *b != 0) else {
        return Ok((whole && alone).then_some(Format::Mp3));
    };
    let rest = bytes.get(start..).unwrap_or_default();
    if OTHERS.iter().any(|mark| rest.starts_with(mark)) || rest.get(4..8) == Some(b"ftyp") {
        return Ok(None);
    }
    if let Some(format) = row(&bytes, start, whole, 1) {
        return Ok(Some(format));
    }
    let search = (start..SEARCH.min(bytes.len())).filter(|at| bytes.get(*at) == Some(&0xFF));
    // A free bit rate costs a search of its own at every place.
    let mut tries = 0;
    for at in search {
        let Some(found) = bytes.get(at..).and_then(frame) else { continue };
        tries += usize::from(found.len == 0);
        if found.len == 0 && tries > 16 {
            continue;
        }
        if let Some(format) = row(&bytes, at, whole, ROW) {
            return Ok(Some(format));
        }
    }
    Ok(None)
}

/// The format of frames that start a file, zeros before them aside.
pub(super) fn at_start(source: &mut Source<'_>) -> Result<Option<Format>> {
    let (bytes, whole) = read(source, 0)?;
    let Some(start) = bytes.iter().position(|b| *b != 0).filter(|start| *start < SEARCH) else { return Ok(None) };
    // One frame alone has to end with the file; FF FE may start a text in UTF-16.
    let text = bytes.get(start..).is_some_and(|rest| rest.starts_with(&[0xFF, 0xFE]));
    let only = whole && !text && bytes.get(start..).and_then(frame).is_some_and(|f| start + f.len == bytes.len());
    Ok(row(&bytes, start, whole, if only { 1 } else { 2 }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn lengths_follow_the_tables() {
        let len = |bytes: [u8; 8]| frame(&bytes).map(|f| (f.format, f.len));
        assert_eq!(len([0xFF, 0xFB, 0x90, 0x64, 0, 0, 0, 0]), Some((Format::Mp3, 417)));
        assert_eq!(len([0xFF, 0xFB, 0x92, 0x64, 0, 0, 0, 0]), Some((Format::Mp3, 418)));
        assert_eq!(len([0xFF, 0xF3, 0x84, 0xC4, 0, 0, 0, 0]), Some((Format::Mp3, 192)));
        assert_eq!(len([0xFF, 0xE3, 0x18, 0xC4, 0, 0, 0, 0]), Some((Format::Mp3, 72)));
        assert_eq!(len([0xFF, 0xFD, 0xC4, 0x04, 0, 0, 0, 0]), Some((Format::Mp3, 768)));
        assert_eq!(len([0xFF, 0xFF, 0x10, 0x00, 0, 0, 0, 0]), Some((Format::Mp3, 32)));
        assert_eq!(len([0xFF, 0xF1, 0x50, 0x80, 0x02, 0x1F, 0xFC, 0]), Some((Format::Aac, 16)));
        assert_eq!(len([0xFF, 0xD8, 0xFF, 0xE0, 0, 0, 0, 0]), None);
        assert_eq!(len([0xFF, 0xFB, 0xF0, 0x64, 0, 0, 0, 0]), None);
    }
}
