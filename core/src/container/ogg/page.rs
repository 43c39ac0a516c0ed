//! Pages and their checksum (RFC 3533 6).

use std::ops::Range;

use crate::error::Result;
use crate::source::Source;

/// It goes on with the packet of the page before.
pub(crate) const CONTINUED: u8 = 1;
/// It is the first of its stream.
pub(crate) const FIRST: u8 = 2;
/// It is the last of its stream.
pub(crate) const LAST: u8 = 4;
/// Granule position of a page on which no packet ends.
pub(crate) const NO_POSITION: u64 = u64::MAX;
/// Most segments of a page.
pub(crate) const SEGMENTS: usize = 255;
/// Where the sequence number stands in a page; the checksum follows.
pub(super) const SEQUENCE: u64 = 18;

/// The header of a page.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub(crate) at: u64,
    pub(crate) flags: u8,
    pub(crate) position: u64,
    pub(crate) serial: u32,
    pub(crate) sequence: u32,
    pub(crate) checksum: u32,
    /// Lengths of the segments.
    pub(crate) lacing: Vec<u8>,
    pub(crate) body: Range<u64>,
}

impl Page {
    /// The page at `at`, if a whole one stands there.
    pub(crate) fn read(source: &mut Source<'_>, at: u64) -> Result<Option<Self>> {
        let Some(header) = source.array::<27>(at)? else { return Ok(None) };
        let [b'O', b'g', b'g', b'S', 0, flags, rest @ .., count] = header else { return Ok(None) };
        let [p0, p1, p2, p3, p4, p5, p6, p7, s0, s1, s2, s3, n0, n1, n2, n3, c0, c1, c2, c3] = rest;
        let start = at.saturating_add(27);
        let body = start.saturating_add(u64::from(count));
        let lacing = source.bytes(start..body, SEGMENTS as u64, "segments")?;
        let end = body.saturating_add(lacing.iter().map(|n| u64::from(*n)).sum());
        Ok((end <= source.len() && lacing.len() == usize::from(count)).then_some(Self {
            at,
            flags,
            position: u64::from_le_bytes([p0, p1, p2, p3, p4, p5, p6, p7]),
            serial: u32::from_le_bytes([s0, s1, s2, s3]),
            sequence: u32::from_le_bytes([n0, n1, n2, n3]),
            checksum: u32::from_le_bytes([c0, c1, c2, c3]),
            lacing,
            body: body..end,
        }))
    }

    /// The bytes of the page with this body, its checksum right.
    pub(crate) fn build(&self, body: &[u8]) -> Vec<u8> {
        let mut out = b"OggS\0".to_vec();
        out.push(self.flags);
        out.extend_from_slice(&self.position.to_le_bytes());
        out.extend_from_slice(&self.serial.to_le_bytes());
        out.extend_from_slice(&self.sequence.to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        out.push(u8::try_from(self.lacing.len()).unwrap_or(u8::MAX));
        out.extend_from_slice(&self.lacing);
        out.extend_from_slice(body);
        let sum = checksum(&out);
        if let Some(place) = out.get_mut(22..26) {
            place.copy_from_slice(&sum.to_le_bytes());
        }
        out
    }

    /// Sequence number and checksum of the page under another number. The checksum is linear, so
    /// what changes of it follows from what changes of the number: a wrong one stays as wrong.
    pub(super) fn renumbered(&self, sequence: u32) -> Vec<u8> {
        let change = checksum(&(self.sequence ^ sequence).to_le_bytes());
        let behind = self.body.end.saturating_sub(self.at).saturating_sub(SEQUENCE + 4);
        let sum = self.checksum ^ shifted(change, behind);
        [sequence.to_le_bytes(), sum.to_le_bytes()].concat()
    }
}

const POLYNOMIAL: u32 = 0x04C1_1DB7;

const TABLE: [u32; 256] = {
    let mut table = [0u32; 256];
    let mut at = 0u32;
    while at < 256 {
        let mut sum = at << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 0x8000_0000 != 0 { sum << 1 ^ POLYNOMIAL } else { sum << 1 };
            bit += 1;
        }
        #[allow(clippy::indexing_slicing)]
        {
            table[at as usize] = sum;
        }
        at += 1;
    }
    table
};

/// CRC-32 with the polynomial 0x04C11DB7, from 0, neither reflected nor inverted.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        let [high, ..] = sum.to_be_bytes();
        sum << 8 ^ TABLE.get(usize::from(high ^ byte)).copied().unwrap_or_default()
    })
}

/// The product of two polynomials modulo that of the checksum.
fn times(a: u32, b: u32) -> u32 {
    (0..32).rev().fold(0, |product: u32, bit| {
        let product = if product & 0x8000_0000 != 0 { product << 1 ^ POLYNOMIAL } else { product << 1 };
        if b >> bit & 1 == 1 { product ^ a } else { product }
    })
}

/// The checksum `sum` with `count` zero bytes behind: times x to the power of 8 `count`.
fn shifted(mut sum: u32, mut count: u64) -> u32 {
    let mut power = 0x100;
    while count > 0 {
        if count & 1 == 1 {
            sum = times(sum, power);
        }
        power = times(power, power);
        count >>= 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::limits::Limits;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn read(bytes: &[u8]) -> Option<Page> {
        let mut cursor = Cursor::new(bytes.to_vec());
        Page::read(&mut Source::new(&mut cursor, &Limits::default()).unwrap(), 0).unwrap()
    }

    /// A page with `body` as one packet.
    pub(in crate::container::ogg) fn page(
        flags: u8,
        position: u64,
        serial: u32,
        sequence: u32,
        body: &[u8],
    ) -> Vec<u8> {
        let mut lacing = vec![255; body.len() / 255];
        lacing.push((body.len() % 255) as u8);
        Page { at: 0, flags, position, serial, sequence, checksum: 0, lacing, body: 0..0 }.build(body)
    }

    proptest! {
        #[test]
        fn a_page_renumbered_is_the_page_built_with_that_number(
            (flags, position, serial) in any::<(u8, u64, u32)>(),
            (before, after) in any::<(u32, u32)>(),
            body in prop::collection::vec(any::<u8>(), 0..20_000),
            wrong in any::<u32>(),
        ) {
            let mut bytes = page(flags, position, serial, before, &body);
            let due = page(flags, position, serial, after, &body);
            prop_assert_eq!(read(&bytes).unwrap().renumbered(after), &due[18..26]);
            // A checksum that was wrong is wrong by as much afterwards.
            let sum = |bytes: &[u8]| u32::from_le_bytes(bytes[bytes.len() - 4..].try_into().unwrap());
            let broken = sum(&bytes[..26]) ^ wrong;
            bytes[22..26].copy_from_slice(&broken.to_le_bytes());
            prop_assert_eq!(sum(&read(&bytes).unwrap().renumbered(after)), sum(&due[..26]) ^ wrong);
        }

        #[test]
        fn any_bytes_are_a_page_or_none(mut bytes in prop::collection::vec(any::<u8>(), 0..400), sign in any::<bool>()) {
            if sign && bytes.len() > 5 {
                bytes[..5].copy_from_slice(b"OggS\0");
            }
            if let Some(page) = read(&bytes) {
                prop_assert!(page.body.end <= bytes.len() as u64);
                let body = &bytes[page.body.start as usize..page.body.end as usize];
                let mut built = page.build(body);
                built[22..26].copy_from_slice(&page.checksum.to_le_bytes());
                prop_assert_eq!(&built, &bytes[..page.body.end as usize]);
            }
        }
    }

    #[test]
    fn the_checksum_is_that_of_the_specification() {
        // CRC-32 of this polynomial, unreflected and from 0, over the usual check string.
        assert_eq!(checksum(b"123456789"), 0x89A1_897F);
    }
}
