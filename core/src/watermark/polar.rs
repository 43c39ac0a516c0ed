//! Polar codes (Arıkan 2009) of 512 or 1024 bits that carry 64 bits and their CRC-32, decoded by
//! lists (Tal and Vardy 2015): a payload comes out whole or not at all.
//!
//! Which 96 inputs carry bits is a table, computed once by Gaussian approximation at the noise the
//! codes are made for (Es/N0 of -7 and -9.5 dB), so no arithmetic decides it at run time. Decoding
//! adds, negates and compares single-precision numbers only: the same on every machine.

use super::crc::crc32;

/// Bits of payload and checksum.
const CARRIED: usize = 96;
/// Paths that the decoder follows, unless more are asked for. Each decoding accepts noise with probability
/// paths × 2⁻³² at most.
pub(crate) const LIST: usize = 8;
/// Larger likelihoods say nothing more.
const LARGEST: f32 = 64.0;

/// Inputs of the code of 512 that carry bits: bit `i % 64` of word `i / 64`.
const INPUTS_512: [u64; 8] = [
    0x0000_0000_0000_0000,
    0x8000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0xFC80_8000_8000_0000,
    0x8000_0000_0000_0000,
    0xFEE8_C000_8000_0000,
    0xFFE8_E880_E000_0000,
    0xFFFF_FFFE_FFFC_F880,
];

/// The same of the code of 1024.
const INPUTS_1024: [u64; 16] = [
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0xE880_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0x0000_0000_0000_0000,
    0xFC80_8000_8000_0000,
    0x8000_0000_0000_0000,
    0xFEE0_C000_8000_0000,
    0xFEE8_E800_E000_0000,
    0xFFFF_FFFE_FFFC_E880,
];

/// A code for one medium and scheme version.
#[derive(Debug, Clone)]
pub(crate) struct Code {
    /// Whether each input carries a bit.
    carries: Vec<bool>,
    /// Bytes that the checksum covers after the payload: marks of other schemes fail it.
    domain: &'static [u8],
    /// Paths that the decoder follows.
    list: usize,
}

impl Code {
    /// The code of 512 bits.
    pub(crate) fn of_512(domain: &'static [u8]) -> Self {
        Self { carries: unpack(&INPUTS_512), domain, list: LIST }
    }

    /// The code of 1024 bits.
    #[allow(dead_code, reason = "which length a medium takes is its choice")]
    pub(crate) fn of_1024(domain: &'static [u8]) -> Self {
        Self { carries: unpack(&INPUTS_1024), domain, list: LIST }
    }

    /// The same, decoded along so many paths.
    pub(crate) fn with_list(self, list: usize) -> Self {
        Self { list, ..self }
    }

    /// Bits of a code word.
    pub(crate) fn length(&self) -> usize {
        self.carries.len()
    }

    fn checksum(&self, payload: u64) -> u32 {
        crc32(&[&payload.to_be_bytes(), self.domain])
    }

    /// The code word: each bit 0 or 1.
    pub(crate) fn encode(&self, payload: u64) -> Vec<u8> {
        let checked = (u128::from(payload) << 32) | u128::from(self.checksum(payload));
        let mut left = CARRIED;
        let mut word: Vec<u8> = Vec::with_capacity(self.length());
        for &carries in &self.carries {
            if carries {
                left = left.saturating_sub(1);
                word.push(u8::from((checked >> left) & 1 == 1));
            } else {
                word.push(0);
            }
        }
        let mut block = word.len();
        while block > 1 {
            let half = block / 2;
            for part in word.chunks_exact_mut(block) {
                let (low, high) = part.split_at_mut(half);
                low.iter_mut().zip(high).for_each(|(l, h)| *l ^= *h);
            }
            block = half;
        }
        word
    }

    /// The payload whose checksum holds and that fits best, of the paths that the decoder ends with.
    ///
    /// `likelihoods`: for each bit of the word log P(0) - log P(1), of any common scale; what is not
    /// a number says nothing. `None` also for any other length.
    pub(crate) fn decode(&self, likelihoods: &[f32]) -> Option<u64> {
        if likelihoods.len() != self.length() {
            return None;
        }
        let channel: Vec<f32> =
            likelihoods.iter().map(|l| if l.is_nan() { 0.0 } else { l.clamp(-LARGEST, LARGEST) }).collect();
        let mut paths = vec![Path::new(channel.len())];
        for (i, &carries) in self.carries.iter().enumerate() {
            for path in &mut paths {
                path.descend(&channel, i);
            }
            if carries {
                paths = fork(paths, self.list);
            } else {
                paths.iter_mut().for_each(|path| path.choose(0));
            }
            for path in &mut paths {
                path.ascend(i);
            }
        }
        paths.sort_by(|a, b| a.penalty.total_cmp(&b.penalty));
        paths.iter().find_map(|path| {
            let payload = u64::try_from(path.bits >> 32).ok()?;
            let checksum = u32::try_from(path.bits & u128::from(u32::MAX)).ok()?;
            (self.checksum(payload) == checksum).then_some(payload)
        })
    }
}

fn unpack(words: &[u64]) -> Vec<bool> {
    words.iter().flat_map(|word| (0..64).map(move |i| (word >> i) & 1 == 1)).collect()
}

/// Both values of the next bit for each path; the best ones stay. Ties: the earlier path, 0 first.
fn fork(paths: Vec<Path>, list: usize) -> Vec<Path> {
    let mut next: Vec<(f32, u8, usize)> = Vec::with_capacity(paths.len().saturating_mul(2));
    for (i, path) in paths.iter().enumerate() {
        next.push((path.penalty_of(0), 0, i));
        next.push((path.penalty_of(1), 1, i));
    }
    next.sort_by(|a, b| a.0.total_cmp(&b.0));
    next.truncate(list);
    let mut paths: Vec<Option<Path>> = paths.into_iter().map(Some).collect();
    let mut out = Vec::with_capacity(next.len());
    for (k, &(_, bit, i)) in next.iter().enumerate() {
        let again = next.iter().skip(k.saturating_add(1)).any(|&(_, _, j)| i == j);
        let path = paths.get_mut(i).and_then(|path| if again { path.clone() } else { path.take() });
        if let Some(mut path) = path {
            path.choose(bit);
            path.bits = (path.bits << 1) | u128::from(bit);
            out.push(path);
        }
    }
    out
}

/// One guess of all bits so far.
///
/// Of both tables, level `m` (of 2ᵐ entries) starts at 2ᵐ - 1.
#[derive(Clone)]
struct Path {
    likelihoods: Vec<f32>,
    sums: Vec<u8>,
    /// Carried bits so far, the latest lowest.
    bits: u128,
    latest: u8,
    penalty: f32,
}

impl Path {
    fn new(length: usize) -> Self {
        let below = length.saturating_sub(1);
        Self { likelihoods: vec![0.0; below], sums: vec![0; below], bits: 0, latest: 0, penalty: 0.0 }
    }

    /// Likelihoods of every level down to bit `i`, given the bits before it.
    fn descend(&mut self, channel: &[f32], i: usize) {
        let levels = channel.len().trailing_zeros();
        let top = if i == 0 { levels } else { i.trailing_zeros().saturating_add(1) };
        for level in (0..top).rev() {
            let size = 1usize << level;
            let (below, above) = self.likelihoods.split_at_mut((2 * size).saturating_sub(1).min(channel.len() - 1));
            let from = if level.saturating_add(1) == levels { channel } else { above };
            let Some(to) = below.get_mut(size.saturating_sub(1)..) else { return };
            let Some((left, right)) = from.split_at_checked(size) else { return };
            if i > 0 && level.saturating_add(1) == top {
                let sums = self.sums.get(size.saturating_sub(1)..).unwrap_or_default();
                for (((to, a), b), sum) in to.iter_mut().zip(left).zip(right).zip(sums) {
                    *to = if *sum == 0 { b + a } else { b - a };
                }
            } else {
                for ((to, a), b) in to.iter_mut().zip(left).zip(right) {
                    let least = a.abs().min(b.abs());
                    *to = if (*a < 0.0) == (*b < 0.0) { least } else { -least };
                }
            }
        }
    }

    fn penalty_of(&self, bit: u8) -> f32 {
        let likelihood = self.likelihoods.first().copied().unwrap_or(0.0);
        let against = if bit == 0 { -likelihood } else { likelihood };
        self.penalty + against.max(0.0)
    }

    /// Decides the bit that `descend` went to.
    fn choose(&mut self, bit: u8) {
        self.penalty = self.penalty_of(bit);
        self.latest = bit;
    }

    /// Partial sums with the decided bit.
    fn ascend(&mut self, i: usize) {
        let mut sum = vec![self.latest];
        let mut level = 0u32;
        while (i >> level) & 1 == 1 {
            let size = 1usize << level;
            let left = self.sums.get(size.saturating_sub(1)..).unwrap_or_default();
            let mut joined: Vec<u8> = left.iter().zip(&sum).map(|(l, r)| l ^ r).collect();
            joined.append(&mut sum);
            sum = joined;
            level = level.saturating_add(1);
        }
        let start = (1usize << level).saturating_sub(1);
        if let Some(to) = self.sums.get_mut(start..) {
            to.iter_mut().zip(&sum).for_each(|(to, s)| *to = *s);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

    use super::*;
    use crate::watermark::random::Random;

    fn gauss(r: &mut Random) -> f32 {
        // Twelve uniform draws: variance 1.
        (0..12).map(|_| f64::from(r.word()) / 4294967296.0).sum::<f64>() as f32 - 6.0
    }

    /// Words decoded of `n`, at this energy per bit of the word over the noise density, in dB.
    fn decoded(code: &Code, db: f64, n: u32, r: &mut Random) -> u32 {
        let sigma = (0.5 / 10f64.powf(db / 10.0)).sqrt() as f32;
        let mut right = 0;
        for _ in 0..n {
            let payload = u64::from(r.word()) << 32 | u64::from(r.word());
            let soft: Vec<f32> = code
                .encode(payload)
                .iter()
                .map(|&b| 2.0 * (1.0 - 2.0 * f32::from(b) + sigma * gauss(r)) / (sigma * sigma))
                .collect();
            if let Some(got) = code.decode(&soft) {
                assert_eq!(got, payload);
                right += 1;
            }
        }
        right
    }

    #[test]
    fn without_noise_every_payload_returns() {
        for code in [Code::of_512(b"test"), Code::of_1024(b"test")] {
            assert_eq!(code.carries.iter().filter(|c| **c).count(), CARRIED);
            for payload in [0, 1, u64::MAX, 0x0123_4567_89AB_CDEF, 1 << 63] {
                let soft: Vec<f32> = code.encode(payload).iter().map(|&b| 1.0 - 2.0 * f32::from(b)).collect();
                assert_eq!(code.decode(&soft), Some(payload));
            }
        }
    }

    #[test]
    fn noise_is_corrected_up_to_the_design_and_never_wrongly() {
        let mut r = Random::new([3; 32]);
        assert!(decoded(&Code::of_512(b"test"), -5.5, 60, &mut r) >= 57);
        assert!(decoded(&Code::of_1024(b"test"), -8.8, 60, &mut r) >= 57);
        assert!(decoded(&Code::of_512(b"test"), -12.0, 60, &mut r) <= 3);
    }

    #[test]
    fn other_domains_and_lengths_and_numbers_do_not_decode() {
        let code = Code::of_512(b"test");
        let soft: Vec<f32> = code.encode(77).iter().map(|&b| 1.0 - 2.0 * f32::from(b)).collect();
        assert_eq!(Code::of_512(b"tesu").decode(&soft), None);
        assert_eq!(code.decode(&soft[1..]), None);
        assert_eq!(code.decode(&[]), None);
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, f32::MAX] {
            assert_eq!(code.decode(&[odd; 512]), None);
        }
        let mut odd = soft;
        odd[..40].fill(f32::NAN);
        odd[40..80].fill(0.0);
        assert_eq!(code.decode(&odd), Some(77));
    }
}
