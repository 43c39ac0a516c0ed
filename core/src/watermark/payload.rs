//! The 64 bits of a label's mark.

/// What the mark of a label states.
///
/// ```
/// use biaoshi::watermark::{MarkedLevel, Payload};
///
/// let payload = Payload::new(MarkedLevel::Is, 0x00C0_FFEE_1234_5678);
/// assert_eq!(Payload::from_bits(payload.to_bits()), Some(payload));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Payload {
    level: MarkedLevel,
    identifier: u64,
}

/// How surely the content is AI-generated (Measures Art. 6), as two bits say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MarkedLevel {
    /// Nothing said.
    Unsaid,
    /// It is: level "1".
    Is,
    /// Possibly: level "2".
    Possible,
    /// Suspected: level "3".
    Suspected,
}

impl Payload {
    /// The layout written and read: the four highest bits.
    pub const VERSION: u8 = 1;
    /// Bits of the identifier: the lowest ones.
    pub const IDENTIFIER_BITS: u32 = 56;
    const IDENTIFIER: u64 = (1 << Self::IDENTIFIER_BITS) - 1;

    /// A payload of this version. Of the identifier the lowest 56 bits count.
    pub fn new(level: MarkedLevel, identifier: u64) -> Self {
        Self { level, identifier: identifier & Self::IDENTIFIER }
    }

    /// What the mark says of how the content came to be.
    pub fn level(self) -> MarkedLevel {
        self.level
    }

    /// 56 bits that lead to the label.
    pub fn identifier(self) -> u64 {
        self.identifier
    }

    /// From the highest bit: 4 of version, 2 of level (0 unsaid, 1 is, 2 possible, 3 suspected), 2 zero, 56 of identifier.
    pub fn to_bits(self) -> u64 {
        let level = match self.level {
            MarkedLevel::Unsaid => 0,
            MarkedLevel::Is => 1,
            MarkedLevel::Possible => 2,
            MarkedLevel::Suspected => 3,
        };
        (u64::from(Self::VERSION) << 60) | (level << 58) | self.identifier
    }

    /// `None`: another version, or a bit that shall be zero is not.
    pub fn from_bits(bits: u64) -> Option<Self> {
        if bits >> 60 != u64::from(Self::VERSION) || (bits >> Self::IDENTIFIER_BITS) & 3 != 0 {
            return None;
        }
        let level = match (bits >> 58) & 3 {
            0 => MarkedLevel::Unsaid,
            1 => MarkedLevel::Is,
            2 => MarkedLevel::Possible,
            _ => MarkedLevel::Suspected,
        };
        Some(Self { level, identifier: bits & Self::IDENTIFIER })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn layout() {
        let bits = Payload::new(MarkedLevel::Suspected, u64::MAX).to_bits();
        assert_eq!(bits, 0x1CFF_FFFF_FFFF_FFFF);
        for level in [MarkedLevel::Unsaid, MarkedLevel::Is, MarkedLevel::Possible, MarkedLevel::Suspected] {
            let payload = Payload::new(level, 42);
            assert_eq!(Payload::from_bits(payload.to_bits()), Some(payload));
        }
        assert_eq!(Payload::from_bits(0x2C00_0000_0000_0001), None);
        assert_eq!(Payload::from_bits(0x1D00_0000_0000_0001), None);
        assert_eq!(Payload::from_bits(0), None);
    }
}
