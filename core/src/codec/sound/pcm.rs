//! Samples as files store them, to and from numbers of which 1.0 is full scale.

/// How a sample is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    /// Whole numbers in this many bytes, 1 to 4, least byte first; one byte is without sign. Fewer
    /// bits than fit lie at the top.
    Int(usize),
    /// IEEE 754, 32 bits.
    Float,
    /// IEEE 754, 64 bits.
    Double,
    /// ITU-T G.711 A-law.
    ALaw,
    /// ITU-T G.711 µ-law.
    MuLaw,
}

impl Coding {
    /// Bytes of a sample.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::Int(bytes) => bytes,
            Self::Float => 4,
            Self::Double => 8,
            Self::ALaw | Self::MuLaw => 1,
        }
    }

    /// Appends the samples that `bytes` hold; a rest that is no sample is left out. What is not a
    /// finite number becomes 0.
    pub(super) fn decode(self, bytes: &[u8], out: &mut Vec<f32>) {
        let samples = bytes.chunks_exact(self.bytes());
        out.extend(samples.map(|sample| match (self, sample) {
            (Self::Int(_), [byte]) => (f32::from(*byte) - 128.0) / 128.0,
            (Self::Int(_), [a, b]) => f32::from(i16::from_le_bytes([*a, *b])) / 32_768.0,
            (Self::Int(_), [a, b, c]) => (i32::from_le_bytes([0, *a, *b, *c]) as f64 / 2_147_483_648.0) as f32,
            (Self::Int(_), [a, b, c, d]) => (f64::from(i32::from_le_bytes([*a, *b, *c, *d])) / 2_147_483_648.0) as f32,
            (Self::Float, [a, b, c, d]) => finite(f32::from_le_bytes([*a, *b, *c, *d])),
            (Self::Double, [a, b, c, d, e, f, g, h]) => {
                finite(f64::from_le_bytes([*a, *b, *c, *d, *e, *f, *g, *h]) as f32)
            }
            (Self::ALaw, [byte]) => a_law(*byte),
            (Self::MuLaw, [byte]) => mu_law(*byte),
            _ => 0.0,
        }));
    }

    /// The bytes of these samples.
    pub(super) fn encode(self, samples: &[f32]) -> Vec<u8> {
        let law = match self {
            Self::ALaw => steps(a_law),
            Self::MuLaw => steps(mu_law),
            _ => Vec::new(),
        };
        let mut out = Vec::with_capacity(samples.len().saturating_mul(self.bytes()));
        for sample in samples {
            match self {
                Self::Int(1) => out.push((quantise(*sample, 8) + 128) as u8),
                Self::Int(bytes) => {
                    let number = quantise(*sample, bytes as u32 * 8).to_le_bytes();
                    out.extend_from_slice(number.get(..bytes).unwrap_or_default());
                }
                Self::Float => out.extend_from_slice(&sample.to_le_bytes()),
                Self::Double => out.extend_from_slice(&f64::from(*sample).to_le_bytes()),
                Self::ALaw | Self::MuLaw => out.push(nearest(*sample, &law)),
            }
        }
        out
    }
}

fn finite(sample: f32) -> f32 {
    if sample.is_finite() { sample } else { 0.0 }
}

/// The whole number of `bits` bits, with sign, that stands for a sample.
pub(super) fn quantise(sample: f32, bits: u32) -> i32 {
    let full = f64::from(1u32 << bits.clamp(1, 32).saturating_sub(1));
    (f64::from(sample) * full).round().clamp(-full, full - 1.0) as i32
}

/// ITU-T G.711 table 1: segments of 16 steps, the bits of even place inverted.
fn a_law(byte: u8) -> f32 {
    let byte = byte ^ 0x55;
    let (segment, step) = (i32::from(byte >> 4 & 7), i32::from(byte & 15));
    let size = match segment {
        0 => step * 2 + 1,
        _ => (step * 2 + 33) << (segment - 1),
    };
    (if byte & 0x80 == 0 { -size } else { size }) as f32 / 4096.0
}

/// ITU-T G.711 table 2: all bits inverted.
fn mu_law(byte: u8) -> f32 {
    let byte = !byte;
    let (segment, step) = (i32::from(byte >> 4 & 7), i32::from(byte & 15));
    let size = ((step * 2 + 33) << segment) - 33;
    (if byte & 0x80 == 0 { size } else { -size }) as f32 / 8192.0
}

/// All values of a law in order, each with a byte: µ-law has two for zero.
fn steps(law: fn(u8) -> f32) -> Vec<(f32, u8)> {
    let mut out: Vec<(f32, u8)> = (0..=u8::MAX).map(|byte| (law(byte), byte)).collect();
    out.sort_by(|a, b| a.0.total_cmp(&b.0));
    out.dedup_by_key(|(value, _)| *value);
    out
}

/// The byte whose value is nearest.
fn nearest(sample: f32, steps: &[(f32, u8)]) -> u8 {
    let above = steps.partition_point(|(value, _)| *value < sample);
    let around = steps.get(above.saturating_sub(1)..(above + 1).min(steps.len())).unwrap_or_default();
    let best = around.iter().min_by(|a, b| (a.0 - sample).abs().total_cmp(&(b.0 - sample).abs()));
    best.map_or(0, |(_, byte)| *byte)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_written_is_read_again(samples in prop::collection::vec(-1.0f32..1.0, 0..50)) {
            for (coding, error) in [
                (Coding::Int(1), 0.008), (Coding::Int(2), 4e-5), (Coding::Int(3), 1e-7), (Coding::Int(4), 1e-7),
                (Coding::Float, 1e-9), (Coding::Double, 1e-9), (Coding::ALaw, 0.025), (Coding::MuLaw, 0.025),
            ] {
                let bytes = coding.encode(&samples);
                prop_assert_eq!(bytes.len(), samples.len() * coding.bytes());
                let mut again = Vec::new();
                coding.decode(&bytes, &mut again);
                prop_assert_eq!(again.len(), samples.len());
                for (a, b) in samples.iter().zip(&again) {
                    prop_assert!((a - b).abs() <= error, "{:?} {} {}", coding, a, b);
                }
                // Every stored number comes back as it was.
                prop_assert_eq!(coding.encode(&again), bytes);
            }
        }
    }

    #[test]
    fn what_is_over_full_scale_is_cut() {
        assert_eq!((quantise(2.0, 16), quantise(-2.0, 16), quantise(1.0, 24)), (32_767, -32_768, 8_388_607));
        assert_eq!((quantise(9.0, 32), quantise(-9.0, 32)), (i32::MAX, i32::MIN));
    }
}
