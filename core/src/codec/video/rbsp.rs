//! Bits of NAL units (ITU-T H.264 7.3.1 and 9.1, H.265 7.3.1 and 9.2).

/// The payload without emulation prevention bytes.
pub(super) fn unescape(nal: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(nal.len());
    let mut zeros = 0;
    for byte in nal {
        if zeros >= 2 && *byte == 3 {
            zeros = 0;
            continue;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    out
}

/// The payload with emulation prevention bytes.
pub(super) fn escape(rbsp: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(rbsp.len() + rbsp.len() / 64 + 1);
    let mut zeros = 0;
    for byte in rbsp {
        if zeros >= 2 && *byte <= 3 {
            out.push(3);
            zeros = 0;
        }
        zeros = if *byte == 0 { zeros + 1 } else { 0 };
        out.push(*byte);
    }
    if zeros > 0 {
        out.push(3);
    }
    out
}

/// Reads bits, the highest first.
#[derive(Debug)]
pub(super) struct Bits<'b> {
    bytes: &'b [u8],
    pub(super) at: usize,
}

impl<'b> Bits<'b> {
    pub(super) const fn new(bytes: &'b [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn bit(&mut self) -> Option<bool> {
        let byte = self.bytes.get(self.at / 8)?;
        let bit = byte >> (7 - self.at % 8) & 1;
        self.at += 1;
        Some(bit == 1)
    }

    /// Up to 32 bits.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        (0..count).try_fold(0u32, |n, _| Some(n << 1 | u32::from(self.bit()?)))
    }

    pub(super) fn skip(&mut self, count: usize) -> Option<()> {
        self.at = self.at.checked_add(count).filter(|at| *at <= self.bytes.len() * 8)?;
        Some(())
    }

    /// An unsigned Exp-Golomb code.
    pub(super) fn ue(&mut self) -> Option<u32> {
        let mut zeros = 0;
        while !self.bit()? {
            zeros += 1;
            if zeros > 31 {
                return None;
            }
        }
        Some((1u32 << zeros) - 1 + self.take(zeros)?)
    }
}

/// Writes bits, the highest first.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    used: usize,
}

impl Writer {
    pub(super) fn bit(&mut self, bit: bool) {
        if self.used.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(bit) << (7 - self.used % 8);
        }
        self.used += 1;
    }

    pub(super) fn put(&mut self, value: u32, count: u32) {
        (0..count).rev().for_each(|n| self.bit(value >> n & 1 == 1));
    }

    pub(super) fn ue(&mut self, value: u32) {
        let code = value.saturating_add(1);
        let bits = 32 - code.leading_zeros();
        self.put(0, bits - 1);
        self.put(code, bits);
    }

    /// What was written; a last byte that is not full ends in zeros.
    pub(super) fn done(self) -> Vec<u8> {
        self.bytes
    }

    /// Copies bits `from` to the last one that is set, and fills the last byte: RBSP trailing bits.
    pub(super) fn rest(mut self, bytes: &[u8], from: usize) -> Option<Vec<u8>> {
        let last = bytes.iter().rposition(|b| *b != 0)?;
        let end = last * 8 + 8 - bytes.get(last)?.trailing_zeros() as usize;
        let mut bits = Bits { bytes, at: from };
        while bits.at < end {
            let bit = bits.bit()?;
            self.bit(bit);
        }
        Some(self.bytes)
    }
}

/// The NAL units of a sample, each behind its length of `width` bytes.
pub(super) fn units(sample: &[u8], width: usize) -> Option<Vec<&[u8]>> {
    let (mut out, mut rest) = (Vec::new(), sample);
    while !rest.is_empty() {
        let (length, behind) = rest.split_at_checked(width)?;
        let length = length.iter().fold(0usize, |n, b| n << 8 | usize::from(*b));
        let (unit, next) = behind.split_at_checked(length)?;
        out.push(unit);
        rest = next;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn escaping_is_undone(bytes in prop::collection::vec(prop::sample::select(vec![0u8, 0, 0, 1, 2, 3, 4, 255]), 0..60)) {
            // The stop bit of every payload.
            let bytes = [&bytes[..], &[0x80]].concat();
            let escaped = escape(&bytes);
            prop_assert!(!escaped.windows(3).any(|w| w[0] == 0 && w[1] == 0 && w[2] <= 2));
            prop_assert!(escaped.last() != Some(&0));
            prop_assert_eq!(unescape(&escaped), bytes);
        }

        #[test]
        fn codes_read_back(values in prop::collection::vec(0u32..1 << 20, 1..20)) {
            let mut writer = Writer::default();
            values.iter().for_each(|value| writer.ue(*value));
            let bytes = writer.rest(&[0x80], 0).unwrap();
            let mut bits = Bits::new(&bytes);
            let read: Vec<u32> = values.iter().map(|_| bits.ue().unwrap()).collect();
            prop_assert_eq!(read, values);
        }
    }
}
