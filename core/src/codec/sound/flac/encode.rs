//! Frames of our own (RFC 9639 9): constant, fixed prediction with Rice codes, or as it is.

use super::frame::{Header, coded, crc8, crc16};

/// Bits, most significant first.
#[derive(Debug, Default)]
struct Bits {
    out: Vec<u8>,
    /// Bits that are no whole byte yet.
    open: u64,
    count: u32,
}

impl Bits {
    /// Appends the lowest `count` bits, at most 32.
    fn put(&mut self, value: u64, count: u32) {
        let mask = (1u64 << count).wrapping_sub(1);
        self.open = self.open << count | value & mask;
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.out.push((self.open >> self.count) as u8);
        }
        self.open &= (1u64 << self.count).wrapping_sub(1);
    }

    fn zeros(&mut self, mut count: u64) {
        while count > 0 {
            let now = count.min(32);
            self.put(0, now as u32);
            count -= now;
        }
    }

    fn aligned(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.put(0, 8 - self.count);
        }
        self.out
    }
}

/// A frame with these samples, all channels in turn. `like` is the header of a frame of the same
/// stream.
pub(super) fn frame(like: &Header, number: u64, samples: &[i32], channels: u8, bits: u32) -> Vec<u8> {
    let block = samples.len() / usize::from(channels.max(1));
    let mut out = vec![0xFF, 0xF8 | u8::from(like.variable), 0x70 | like.rate];
    // Every channel for itself.
    out.push(channels.saturating_sub(1) << 4 | like.size & 0x0F);
    coded(number, &mut out);
    out.extend_from_slice(&(block.saturating_sub(1) as u16).to_be_bytes());
    out.extend_from_slice(&like.uncommon);
    out.push(crc8(&out));
    let mut body = Bits::default();
    for channel in 0..usize::from(channels) {
        let one: Vec<i32> = samples.iter().skip(channel).step_by(usize::from(channels)).copied().collect();
        subframe(&one, bits, &mut body);
    }
    out.extend(body.aligned());
    out.extend_from_slice(&crc16(&out).to_be_bytes());
    out
}

/// One way to code a channel.
struct Way {
    order: usize,
    /// Parameter of the Rice code.
    rice: u32,
    residual: Vec<u32>,
    cost: u64,
}

fn subframe(samples: &[i32], bits: u32, out: &mut Bits) {
    let first = samples.first().copied().unwrap_or_default();
    if samples.iter().all(|sample| *sample == first) {
        out.put(0, 8);
        return out.put(i64::from(first) as u64, bits);
    }
    let plain = samples.len() as u64 * u64::from(bits);
    let best = (0..=4usize).filter_map(|order| way(samples, order, bits)).min_by_key(|way| way.cost);
    let Some(way) = best.filter(|way| way.cost < plain) else {
        out.put(1 << 1, 8);
        return samples.iter().for_each(|sample| out.put(i64::from(*sample) as u64, bits));
    };
    out.put((8 | way.order as u64) << 1, 8);
    samples.iter().take(way.order).for_each(|sample| out.put(i64::from(*sample) as u64, bits));
    // Parameters of 5 bits, one partition.
    out.put(0b01_0000, 6);
    out.put(u64::from(way.rice), 5);
    for value in way.residual {
        out.zeros(u64::from(value >> way.rice));
        out.put(1, 1);
        out.put(u64::from(value), way.rice);
    }
}

/// Fixed prediction of this order (RFC 9639 9.2.5), if its residual fits 32 bits.
fn way(samples: &[i32], order: usize, bits: u32) -> Option<Way> {
    let mut values: Vec<i64> = samples.iter().map(|sample| i64::from(*sample)).collect();
    for _ in 0..order {
        values = values.windows(2).map(|pair| pair.last().unwrap_or(&0) - pair.first().unwrap_or(&0)).collect();
    }
    if samples.len() <= order {
        return None;
    }
    let folded = |value: i64| u32::try_from(value << 1 ^ value >> 63).ok().filter(|v| *v < u32::MAX - 1);
    let residual: Vec<u32> = values.into_iter().map(folded).collect::<Option<_>>()?;
    let cost = |rice: u32| residual.iter().map(|value| u64::from(value >> rice) + 1 + u64::from(rice)).sum::<u64>();
    let (cost, rice) = (0..=30).map(|rice| (cost(rice), rice)).min()?;
    Some(Way { order, rice, residual, cost: cost + order as u64 * u64::from(bits) + 11 })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use claxon::frame::FrameReader;
    use proptest::prelude::*;
    use std::io::Cursor;

    fn header(size: u8, variable: bool) -> Header {
        Header { variable, rate: 9, size, number: 4..5, uncommon: Vec::new(), len: 5 }
    }

    proptest! {
        #[test]
        fn another_decoder_reads_what_is_written(
            noise in prop::collection::vec(any::<i32>(), 1..400),
            (code, bits) in prop::sample::select(vec![(1u8, 8u32), (2, 12), (4, 16), (5, 20), (6, 24)]),
            quiet in 0u32..24,
            smooth in 0usize..4,
            channels in 1u8..=8,
            number in 0u64..1 << 31,
            variable in any::<bool>(),
        ) {
            let limit = |value: i64| (value >> (32 - bits) >> quiet.min(bits)) as i32;
            let mut samples: Vec<i32> = noise.iter().map(|n| limit(i64::from(*n))).collect();
            for _ in 0..smooth {
                for n in 1..samples.len() {
                    samples[n] = (samples[n - 1] + samples[n]) / 2;
                }
            }
            let block = samples.len() / usize::from(channels);
            prop_assume!(block > 0);
            let samples = &samples[..block * usize::from(channels)];
            let bytes = frame(&header(code << 1, variable), number, samples, channels, bits);
            prop_assert!(Header::parse(&bytes).is_some());
            let mut reader = FrameReader::new(Cursor::new(&bytes));
            let found = reader.read_next_or_eof(Vec::new()).unwrap().unwrap();
            prop_assert_eq!(found.duration() as usize, block);
            for (n, sample) in samples.iter().enumerate() {
                let channel = (n % usize::from(channels)) as u32;
                prop_assert_eq!(found.sample(channel, (n / usize::from(channels)) as u32), *sample);
            }
            prop_assert_eq!(reader.into_inner().position() as usize, bytes.len());
        }
    }

    #[test]
    fn silence_costs_nearly_nothing() {
        assert!(frame(&header(8, false), 1, &[0; 8192], 2, 16).len() < 20);
    }
}
