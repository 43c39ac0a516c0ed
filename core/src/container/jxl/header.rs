//! The head of a codestream (ISO/IEC 18181-1, annex D): size, and whether it moves.

/// What the head says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    /// Width and height in stored pixels.
    pub(super) size: (u32, u32),
    pub(super) animated: bool,
}

/// Bits, the least significant of each byte first.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: u32) -> Option<u32> {
        let mut out = 0u32;
        for place in 0..count {
            let byte = self.bytes.get(self.at >> 3)?;
            let bit = u32::from(byte >> (self.at & 7) & 1);
            out |= bit.checked_shl(place)?;
            self.at = self.at.checked_add(1)?;
        }
        Some(out)
    }

    fn flag(&mut self) -> Option<bool> {
        self.take(1).map(|bit| bit == 1)
    }

    /// A number whose first two bits choose how many follow and what is added to them.
    fn choice(&mut self, forms: [(u32, u32); 4]) -> Option<u32> {
        let chosen = self.take(2)?;
        let (count, offset) = *forms.get(usize::try_from(chosen).ok()?)?;
        self.take(count)?.checked_add(offset)
    }

    /// Height, aspect ratio and width; both sides are eighths if the first bit says so.
    fn size(&mut self, eighths: fn(&mut Self) -> Option<u32>, forms: [(u32, u32); 4]) -> Option<(u32, u32)> {
        let small = self.flag()?;
        let side = |bits: &mut Self| {
            if small { eighths(bits)?.checked_mul(8) } else { bits.choice(forms) }
        };
        let height = side(self)?;
        let (num, den) = match self.take(3)? {
            1 => (1u64, 1u64),
            2 => (12, 10),
            3 => (4, 3),
            4 => (3, 2),
            5 => (16, 9),
            6 => (5, 4),
            7 => (2, 1),
            _ => return Some((side(self)?, height)),
        };
        let width = u64::from(height).checked_mul(num)?.checked_div(den)?;
        Some((u32::try_from(width).ok()?, height))
    }

    fn picture_size(&mut self) -> Option<(u32, u32)> {
        self.size(|bits| bits.take(5)?.checked_add(1), [(9, 1), (13, 1), (18, 1), (30, 1)])
    }

    fn preview_size(&mut self) -> Option<(u32, u32)> {
        let eighths = |bits: &mut Self| bits.choice([(0, 16), (0, 32), (5, 1), (9, 33)]);
        self.size(eighths, [(6, 1), (8, 65), (10, 321), (12, 1345)])
    }
}

/// Reads the head of a codestream; `None` if it is none or ends too early.
pub(super) fn read(codestream: &[u8]) -> Option<Header> {
    let mut bits = Bits { bytes: codestream.strip_prefix(&super::CODESTREAM)?, at: 0 };
    let size = bits.picture_size()?;
    let plain = bits.flag()?;
    let mut animated = false;
    if !plain && bits.flag()? {
        // Orientation, then a size for display and a preview, each if its flag is set.
        bits.take(3)?;
        if bits.flag()? {
            bits.picture_size()?;
        }
        if bits.flag()? {
            bits.preview_size()?;
        }
        animated = bits.flag()?;
    }
    Some(Header { size, animated })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sizes_by_ratio_and_by_numbers() {
        // 8 by 8: eighths, one, ratio 1 to 1; all default.
        let bits = 1 | 1 << 6 | 1 << 9;
        let [a, b, ..] = u32::to_le_bytes(bits);
        assert_eq!(read(&[0xFF, 0x0A, a, b]), Some(Header { size: (8, 8), animated: false }));
        // Height 100 in nine bits, ratio 0, width 300 in nine bits.
        let bits = 99 << 3 | 299u64 << (12 + 3 + 2);
        let bytes = bits.to_le_bytes();
        assert_eq!(read(&[&[0xFF, 0x0A], &bytes[..]].concat()).map(|h| h.size), Some((300, 100)));
        assert_eq!(read(&[0xFF, 0x0A]), None);
        assert_eq!(read(b"\xFF\xFEtext"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let _ = read(&[&[0xFF, 0x0A], &bytes[..]].concat());
        }
    }
}
