//! The header frame that Xing and LAME put first: counts, a table of places, what to leave out at
//! both ends.

/// Entries of the table.
const PLACES: usize = 100;
/// Bytes of LAME's part, its own checksum last.
const LAME: usize = 36;

/// Such a frame.
#[derive(Debug)]
pub(super) struct Info {
    bytes: Vec<u8>,
    /// Where its fields stand, if they are there.
    frames: Option<usize>,
    size: Option<usize>,
    table: Option<usize>,
    lame: Option<usize>,
}

impl Info {
    /// Reads a frame whose data begins at `side`.
    pub(super) fn read(bytes: &[u8], side: u64) -> Option<Self> {
        // Writers count the side information alone, checksum or not.
        let sides = [usize::try_from(side).ok()?, usize::try_from(side).ok()?.checked_sub(2)?];
        let is = |at: &usize| matches!(bytes.get(*at..*at + 4), Some(b"Xing" | b"Info"));
        let start = sides.into_iter().find(is)?;
        let flags = bytes.get(start + 4..)?.first_chunk::<4>().map(|b| u32::from_be_bytes(*b))?;
        let mut at = start + 8;
        let mut field = |bit: u32, len: usize| {
            let place = (flags & bit != 0).then_some(at);
            at += if place.is_some() { len } else { 0 };
            place.filter(|place| place + len <= bytes.len())
        };
        let (frames, size, table, _) = (field(1, 4), field(2, 4), field(4, PLACES), field(8, 4));
        let named = bytes.get(at..at + LAME).is_some_and(|part| part.starts_with(b"LAME") || part.starts_with(b"Lav"));
        Some(Self { bytes: bytes.to_vec(), frames, size, table, lame: named.then_some(at) })
    }

    /// Samples that the encoder put in front, if LAME's part says so.
    pub(super) fn delay(&self) -> Option<u64> {
        let [a, b] = *self.bytes.get(self.lame? + 21..)?.first_chunk::<2>()?;
        Some(u64::from(u16::from_be_bytes([a, b]) >> 4))
    }

    fn number(&self, at: usize) -> Option<u32> {
        self.bytes.get(at..)?.first_chunk::<4>().map(|b| u32::from_be_bytes(*b))
    }

    /// The frame when `frames` of `bytes` in all have come in. `old` and `new` are the checksums of
    /// the sound before and after.
    pub(super) fn renewed(&self, frames: u64, bytes: u64, table: &[u8; PLACES], old: u16, new: u16) -> Vec<u8> {
        let mut out = self.bytes.clone();
        let mut put = |at: usize, value: &[u8]| {
            if let Some(place) = out.get_mut(at..at + value.len()) {
                place.copy_from_slice(value);
            }
        };
        let more = |at: usize, by: u64| {
            let sum = u64::from(self.number(at).unwrap_or(0)).saturating_add(by);
            u32::try_from(sum).unwrap_or(u32::MAX).to_be_bytes()
        };
        if let Some(at) = self.frames {
            put(at, &more(at, frames));
        }
        if let Some(at) = self.size {
            put(at, &more(at, bytes));
        }
        if let Some(at) = self.table {
            put(at, table);
        }
        let Some(lame) = self.lame else { return out };
        put(lame + 28, &more(lame + 28, bytes));
        // One that was wrong is not made right.
        if self.bytes.get(lame + 32..lame + 34) == Some(&old.to_be_bytes()[..]) {
            put(lame + 32, &new.to_be_bytes());
        }
        let sum = crc(0, out.get(..lame + 34).unwrap_or_default());
        if let Some(place) = out.get_mut(lame + 34..lame + 36) {
            place.copy_from_slice(&sum.to_be_bytes());
        }
        out
    }
}

/// Goes on with the CRC-16 that LAME uses (0x8005, reflected, from 0).
pub(super) fn crc(sum: u16, bytes: &[u8]) -> u16 {
    bytes.iter().fold(sum, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte), |sum, _| if sum & 1 == 1 { sum >> 1 ^ 0xA001 } else { sum >> 1 })
    })
}

/// Collects the table: for each hundredth of the frames, its place in 256ths of the bytes.
#[derive(Debug)]
pub(super) struct Table {
    total: u64,
    bytes: u64,
    number: u64,
    places: [u8; PLACES],
    next: usize,
}

impl Table {
    pub(super) const fn new(total: u64, bytes: u64) -> Self {
        Self { total, bytes, number: 0, places: [0; PLACES], next: 0 }
    }

    /// The next frame begins here, in bytes behind the start of the header frame.
    pub(super) fn frame(&mut self, at: u64) {
        let share = (at.saturating_mul(256) / self.bytes.max(1)).min(255) as u8;
        while self.next < PLACES && (self.next as u64).saturating_mul(self.total) / PLACES as u64 <= self.number {
            if let Some(place) = self.places.get_mut(self.next) {
                *place = share;
            }
            self.next += 1;
        }
        self.number += 1;
    }

    pub(super) const fn finish(self) -> [u8; PLACES] {
        self.places
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn the_table_is_a_line_for_equal_frames() {
        let mut table = Table::new(1000, 100_400);
        for n in 0..1000 {
            table.frame(400 + n * 100);
        }
        let places = table.finish();
        assert!(places.windows(2).all(|w| w[0] < w[1]));
        assert_eq!((places[0], places[50], places[99]), (1, 128, 253));
    }

    #[test]
    fn the_checksum_is_crc_16_arc() {
        assert_eq!(crc(0, b"123456789"), 0xBB3D);
        assert_eq!(crc(crc(0, b"1234"), b"56789"), 0xBB3D);
    }
}
