//! Frames (RFC 9639 9): read one after the other, and given other numbers.

use std::io::Cursor;
use std::ops::Range;

use claxon::frame::FrameReader;

use super::super::unread;
use crate::error::{Error, Result};
use crate::source::Source;

/// Bytes read at a time.
const STEP: u64 = 256 << 10;
/// Most bytes of a frame: 65,535 samples of 8 channels in 32 bits, and a little.
const MOST: usize = 3 << 20;

const CRC8: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut at = 0usize;
    while at < 256 {
        let mut sum = at as u8;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x80 != 0 { sum << 1 ^ 0x07 } else { sum << 1 };
            bit += 1;
        }
        #[allow(clippy::indexing_slicing)]
        {
            table[at] = sum;
        }
        at += 1;
    }
    table
};

const CRC16: [u16; 256] = {
    let mut table = [0u16; 256];
    let mut at = 0usize;
    while at < 256 {
        let mut sum = (at as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000 != 0 { sum << 1 ^ 0x8005 } else { sum << 1 };
            bit += 1;
        }
        #[allow(clippy::indexing_slicing)]
        {
            table[at] = sum;
        }
        at += 1;
    }
    table
};

/// The checksum of a frame header.
pub(super) fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| CRC8.get(usize::from(sum ^ byte)).copied().unwrap_or_default())
}

/// The checksum of a frame.
pub(super) fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        let [high, _] = sum.to_be_bytes();
        sum << 8 ^ CRC16.get(usize::from(high ^ byte)).copied().unwrap_or_default()
    })
}

/// Appends a coded number of at most 36 bits, written like UTF-8 (RFC 9639 9.1.5).
pub(super) fn coded(number: u64, out: &mut Vec<u8>) {
    if number < 0x80 {
        return out.push(number as u8);
    }
    // Each further byte holds 6 bits, and takes one from the first.
    let more = (1..6u32).find(|more| number >> (6 * more) < 1 << (6 - more)).unwrap_or(6);
    let mark = !(0x7Fu8 >> more);
    out.push(mark | (number >> (6 * more)) as u8);
    out.extend((0..more).rev().map(|place| 0x80 | (number >> (6 * place) & 0x3F) as u8));
}

/// What a frame header says (RFC 9639 9.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Whether blocks have different lengths; then the number is that of the first sample.
    pub(super) variable: bool,
    /// Codes of sample rate and of channels and sample size.
    pub(super) rate: u8,
    pub(super) size: u8,
    /// The coded number.
    pub(super) number: Range<usize>,
    /// The sample rate, if it stands behind the number.
    pub(super) uncommon: Vec<u8>,
    /// Bytes without the checksum.
    pub(super) len: usize,
}

impl Header {
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let [0xFF, second @ (0xF8 | 0xF9), codes, size, first, ..] = *bytes else { return None };
        let count = match first.leading_ones() {
            0 => 1,
            ones @ 2..=7 => ones as usize,
            _ => return None,
        };
        let behind = 4 + count;
        let block = match codes >> 4 {
            6 => 1,
            7 => 2,
            _ => 0,
        };
        let rate = match codes & 15 {
            12 => 1,
            13 | 14 => 2,
            _ => 0,
        };
        let uncommon = bytes.get(behind + block..behind + block + rate)?.to_vec();
        let len = behind + block + rate;
        let sum = *bytes.get(len)?;
        let good = bytes.get(..len).is_some_and(|head| crc8(head) == sum);
        let header = Self { variable: second & 1 == 1, rate: codes & 15, size, number: 4..behind, uncommon, len };
        good.then_some(header)
    }
}

/// A frame of the content.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) header: Header,
    pub(super) bytes: Vec<u8>,
    /// Samples of each channel, one channel after the other.
    pub(super) samples: Vec<i32>,
    /// Samples of one channel.
    pub(super) block: usize,
}

impl Frame {
    /// The frame under another number; its subframes are the same bits.
    pub(super) fn numbered(&self, number: u64) -> Vec<u8> {
        let head = |range: Range<usize>| self.bytes.get(range).unwrap_or_default();
        let mut out = head(0..self.header.number.start).to_vec();
        coded(number, &mut out);
        out.extend_from_slice(head(self.header.number.end..self.header.len));
        out.push(crc8(&out));
        let end = self.bytes.len().saturating_sub(2);
        out.extend_from_slice(self.bytes.get(self.header.len + 1..end).unwrap_or_default());
        out.extend_from_slice(&crc16(&out).to_be_bytes());
        out
    }

    /// Samples in turn.
    pub(super) fn interleaved(&self) -> Vec<i32> {
        let channels: Vec<&[i32]> = self.samples.chunks_exact(self.block.max(1)).collect();
        (0..self.block).flat_map(|n| channels.iter().filter_map(move |channel| channel.get(n).copied())).collect()
    }
}

/// Reads frames in order.
pub(super) struct Frames<'s, 'a> {
    source: &'s mut Source<'a>,
    /// Where what is not in the buffer begins, and where the file ends.
    at: u64,
    end: u64,
    buffer: Vec<u8>,
    /// What of the buffer has been read.
    read: usize,
    samples: Vec<i32>,
}

impl<'s, 'a> Frames<'s, 'a> {
    pub(super) fn new(source: &'s mut Source<'a>, range: Range<u64>) -> Self {
        Self { source, at: range.start, end: range.end, buffer: Vec::new(), read: 0, samples: Vec::new() }
    }

    /// Gives memory back to be used for the next frame.
    pub(super) fn reuse(&mut self, frame: Frame) {
        self.samples = frame.samples;
    }

    /// Where reading goes on in the file.
    pub(super) fn position(&self) -> u64 {
        self.at.saturating_sub(self.buffer.len().saturating_sub(self.read) as u64)
    }

    /// Says whether there was more to read.
    fn more(&mut self) -> Result<bool> {
        if self.at >= self.end {
            return Ok(false);
        }
        self.buffer.drain(..self.read.min(self.buffer.len()));
        self.read = 0;
        let next = self.at.saturating_add(STEP).min(self.end);
        self.buffer.extend(self.source.bytes(self.at..next, STEP, "samples")?);
        self.at = next;
        Ok(true)
    }

    /// The next frame; none where something else follows.
    pub(super) fn next(&mut self) -> Result<Option<Frame>> {
        loop {
            let rest = self.buffer.get(self.read..).unwrap_or_default();
            if rest.len() < 2 && self.more()? {
                continue;
            }
            let rest = self.buffer.get(self.read..).unwrap_or_default();
            if !matches!(rest, [0xFF, 0xF8 | 0xF9, ..]) {
                return Ok(None);
            }
            let mut reader = FrameReader::new(Cursor::new(rest));
            let why = match reader.read_next_or_eof(std::mem::take(&mut self.samples)) {
                Ok(Some(block)) => {
                    let len = usize::try_from(reader.into_inner().position()).unwrap_or(usize::MAX);
                    let bytes = rest.get(..len).unwrap_or_default().to_vec();
                    let Some(header) = Header::parse(&bytes) else { return Err(self.broken("frame header")) };
                    self.read = self.read.saturating_add(len);
                    let count = block.duration() as usize;
                    return Ok(Some(Frame { header, bytes, samples: block.into_buffer(), block: count }));
                }
                Ok(None) => return Ok(None),
                Err(claxon::Error::IoError(e)) if e.kind() == std::io::ErrorKind::UnexpectedEof => "it is cut off",
                Err(claxon::Error::FormatError(why) | claxon::Error::Unsupported(why)) => {
                    return Err(self.broken(why));
                }
                Err(_) => "it can't be read",
            };
            if rest.len() > MOST || !self.more()? {
                return Err(self.broken(why));
            }
        }
    }

    fn broken(&self, why: &str) -> Error {
        unread("FLAC", format!("{why} (+{})", self.position()))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn numbers_are_coded_as_in_utf_8_and_beyond() {
        let code = |number| {
            let mut out = Vec::new();
            coded(number, &mut out);
            out
        };
        for c in ['\0', '\u{7f}', '\u{80}', '\u{7ff}', '\u{800}', '\u{ffff}', '\u{10000}', '\u{10ffff}'] {
            assert_eq!(code(u64::from(u32::from(c))), c.to_string().into_bytes(), "{c:?}");
        }
        assert_eq!(code(0x7FFF_FFFF), [0xFD, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF]);
        assert_eq!(code(0x8000_0000), [0xFE, 0x82, 0x80, 0x80, 0x80, 0x80, 0x80]);
        assert_eq!(code(0xF_FFFF_FFFF), [0xFE, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF]);
    }

    #[test]
    fn checksums_are_those_of_the_standard() {
        // The check values of CRC-8/SMBUS and CRC-16/UMTS.
        assert_eq!((crc8(b"123456789"), crc16(b"123456789")), (0xF4, 0xFEE8));
    }
}
