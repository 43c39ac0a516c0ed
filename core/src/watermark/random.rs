//! The generator that keys feed: SHA-256 in counter mode.
//!
//! Defined exactly, since who detects must draw what who embedded drew: block `i` (from 0) is
//! SHA-256 of the 32-byte seed and `i` as eight big-endian bytes; a block gives eight words of 32
//! bits, big-endian, in order. Everything else is integer arithmetic on those words, so it is the
//! same on every machine.

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// A stream of words that its seed determines.
pub(crate) struct Random {
    seed: Zeroizing<[u8; 32]>,
    counter: u64,
    words: [u32; 8],
    next: usize,
}

impl Random {
    /// The stream of this seed, from its start.
    pub(crate) fn new(seed: [u8; 32]) -> Self {
        Self { seed: Zeroizing::new(seed), counter: 0, words: [0; 8], next: 8 }
    }

    /// The next word.
    pub(crate) fn word(&mut self) -> u32 {
        if let Some(&word) = self.words.get(self.next) {
            self.next = self.next.saturating_add(1);
            return word;
        }
        let mut hash = Sha256::new();
        hash.update(self.seed.as_slice());
        hash.update(self.counter.to_be_bytes());
        let block: [u8; 32] = hash.finalize().into();
        self.counter = self.counter.wrapping_add(1);
        for (word, bytes) in self.words.iter_mut().zip(block.as_chunks::<4>().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        self.next = 1;
        self.words.first().copied().unwrap_or(0)
    }

    /// Uniform in `0..n`: words from the largest multiple of `n` upwards are drawn again. 0 if `n` is 0.
    pub(crate) fn below(&mut self, n: u32) -> u32 {
        if n == 0 {
            return 0;
        }
        let end = (1u64 << 32).wrapping_div(u64::from(n)).wrapping_mul(u64::from(n));
        loop {
            let word = self.word();
            if u64::from(word) < end {
                return word.wrapping_rem(n);
            }
        }
    }

    /// One bit: the highest of a word.
    pub(crate) fn bit(&mut self) -> bool {
        self.word() >> 31 == 1
    }

    /// Fisher and Yates from the end: for `i` from the last place down to 1, swaps `i` and `below(i + 1)`.
    ///
    /// Lists of at most 2³² elements, as all here are.
    pub(crate) fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            let n = u32::try_from(i).unwrap_or(u32::MAX).saturating_add(1);
            let j = usize::try_from(self.below(n)).unwrap_or(0);
            list.swap(i, j);
        }
    }
}

impl Drop for Random {
    fn drop(&mut self) {
        self.words.zeroize();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

    use super::*;

    #[test]
    fn stream_is_fixed() {
        let mut r = Random::new([7; 32]);
        let mut hash = Sha256::new();
        hash.update([7; 32]);
        hash.update([0; 8]);
        let block: [u8; 32] = hash.finalize().into();
        for i in 0..8 {
            let w = u32::from_be_bytes(block[4 * i..4 * i + 4].try_into().unwrap());
            assert_eq!(r.word(), w);
        }
        let mut hash = Sha256::new();
        hash.update([7; 32]);
        hash.update(1u64.to_be_bytes());
        let block: [u8; 32] = hash.finalize().into();
        assert_eq!(r.word(), u32::from_be_bytes(block[..4].try_into().unwrap()));
    }

    #[test]
    fn draws_are_fixed_and_in_range() {
        let mut r = Random::new([1; 32]);
        let mut list: Vec<u32> = (0..10).collect();
        r.shuffle(&mut list);
        assert_eq!(list, GOLDEN);
        assert!((0..2000).all(|_| r.below(3) < 3));
        assert_eq!(r.below(0), 0);
        assert_eq!(r.below(1), 0);
        let ones = (0..4096).filter(|_| r.bit()).count();
        assert!((1900..2200).contains(&ones), "{ones}");
    }

    const GOLDEN: [u32; 10] = [2, 7, 0, 1, 3, 9, 6, 4, 5, 8];
}
