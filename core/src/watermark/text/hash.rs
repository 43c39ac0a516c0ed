//! From context and token to g-values: what decides each match of a tournament.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, ZeroizeOnDrop};

use super::key::{Scheme, TextKey};

/// Multiplier of the reference's linear congruential generator.
const MULTIPLIER: u64 = 6_364_136_223_846_793_005;
/// Rounds and shift of [`Scheme::SynthidLcg`].
const ROUNDS: u32 = 12;
const SHIFT: u32 = 5;
/// Domain of what the keyed scheme hashes.
const DOMAIN: &[u8] = b"biaoshi text watermark 1";

/// One step of the reference's hash. Its 64-bit integers wrap, with or without sign alike.
const fn accumulate(hash: u64, data: u64) -> u64 {
    hash.wrapping_add(data).wrapping_mul(MULTIPLIER).wrapping_add(1)
}

/// A token or key as the 64 bits that are hashed.
const fn bits(number: i64) -> u64 {
    number.cast_unsigned()
}

/// Random bits by `torch.randint(0, 2, (size,))` of a CPU generator with this seed: the lowest bits
/// of a Mersenne Twister (MT19937). A generator on a GPU gives other bits.
#[derive(Clone)]
pub(super) struct Table {
    words: Vec<u64>,
    size: u32,
    ones: u32,
}

impl Table {
    pub(super) fn new(size: u32, seed: i64) -> Self {
        let mut twister = Twister::new(seed);
        let mut words = vec![0u64; (size as usize).div_ceil(64)];
        let mut left = size;
        for word in &mut words {
            for n in 0..left.min(64) {
                *word |= u64::from(twister.next() & 1) << n;
            }
            left = left.saturating_sub(64);
        }
        let ones = words.iter().map(|word| word.count_ones()).sum();
        Self { words, size, ones }
    }

    pub(super) const fn size(&self) -> u32 {
        self.size
    }

    /// How many of its bits are 1.
    pub(super) const fn ones(&self) -> u32 {
        self.ones
    }

    /// The bit at a hash modulo the size; the remainder of a negative number is not negative.
    fn get(&self, hash: u64) -> u64 {
        let size = u64::from(self.size);
        let at = if size.is_power_of_two() {
            hash & size.wrapping_sub(1)
        } else {
            hash.cast_signed().checked_rem_euclid(i64::from(self.size)).unwrap_or(0).cast_unsigned()
        };
        let word = self.words.get((at >> 6) as usize).copied().unwrap_or(0);
        (word >> (at & 63)) & 1
    }
}

/// The generator MT19937 (Matsumoto and Nishimura 1998), seeded as by `init_genrand`.
struct Twister {
    state: [u32; 624],
    at: usize,
}

impl Twister {
    fn new(seed: i64) -> Self {
        let mut state = [0u32; 624];
        let mut last = (bits(seed) & 0xFFFF_FFFF) as u32;
        for (n, word) in (0u32..).zip(&mut state) {
            if n > 0 {
                last = (last ^ (last >> 30)).wrapping_mul(1_812_433_253).wrapping_add(n);
            }
            *word = last;
        }
        Self { state, at: 624 }
    }

    fn twist(&mut self) {
        for n in 0..624 {
            let of = |k: usize| self.state.get(k % 624).copied().unwrap_or(0);
            let both = (of(n) & 0x8000_0000) | (of(n + 1) & 0x7FFF_FFFF);
            let odd = if both & 1 == 1 { 0x9908_B0DF } else { 0 };
            let made = of(n + 397) ^ (both >> 1) ^ odd;
            if let Some(word) = self.state.get_mut(n) {
                *word = made;
            }
        }
        self.at = 0;
    }

    fn next(&mut self) -> u32 {
        if self.at >= 624 {
            self.twist();
        }
        let mut y = self.state.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        y ^= y >> 11;
        y ^= (y << 7) & 0x9D2C_5680;
        y ^= (y << 15) & 0xEFC6_0000;
        y ^ (y >> 18)
    }
}

/// A context, hashed.
pub(super) struct Context {
    /// What contexts are recognised by when they come again.
    pub(super) number: u64,
    seed: [u8; 32],
}

#[derive(Clone)]
enum Kind {
    Table(Table),
    Lcg { start: u64 },
    Keyed { mac: Box<[u8; 32]> },
}

impl Drop for Kind {
    fn drop(&mut self) {
        match self {
            Self::Table(_) => {}
            Self::Lcg { start } => start.zeroize(),
            Self::Keyed { mac } => mac.zeroize(),
        }
    }
}

/// A scheme with its keys.
#[derive(Clone)]
pub(super) struct Hasher {
    keys: Vec<u64>,
    kind: Kind,
}

impl Drop for Hasher {
    fn drop(&mut self) {
        self.keys.zeroize();
    }
}

impl ZeroizeOnDrop for Hasher {}

impl Hasher {
    pub(super) fn new(key: &TextKey) -> Self {
        let kind = match key.scheme {
            Scheme::SynthidTable => Kind::Table(Table::new(key.sampling_table_size, key.sampling_table_seed)),
            Scheme::SynthidLcg => Kind::Lcg { start: start(&key.keys) },
            Scheme::HmacSha256 => {
                let mut hash = Sha256::new();
                hash.update(DOMAIN);
                hash.update((key.keys.len() as u64).to_le_bytes());
                hash.update((key.ngram_len as u64).to_le_bytes());
                for one in key.keys.iter() {
                    hash.update(one.to_le_bytes());
                }
                Kind::Keyed { mac: Box::new(hash.finalize().into()) }
            }
        };
        Self { keys: key.keys.iter().map(|key| bits(*key)).collect(), kind }
    }

    pub(super) fn depth(&self) -> usize {
        self.keys.len()
    }

    /// Whether the layers of [`Scheme::SynthidLcg`] are at hand.
    pub(super) const fn is_sampled(&self) -> bool {
        matches!(self.kind, Kind::Lcg { .. })
    }

    pub(super) const fn table(&self) -> Option<&Table> {
        match &self.kind {
            Kind::Table(table) => Some(table),
            Kind::Lcg { .. } | Kind::Keyed { .. } => None,
        }
    }

    /// g-values for hashes that stand for all there are, where the scheme's layers depend on each
    /// other.
    pub(super) fn sample(&self, mut visit: impl FnMut(u64)) {
        if !matches!(self.kind, Kind::Lcg { .. }) {
            return;
        }
        // Numbers that are spread evenly (Weyl), then mixed (Steele, Lea and Flood 2014).
        let mut state = 0u64;
        for _ in 0..SAMPLE / LANES {
            let hashes = std::array::from_fn(|_| {
                state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mixed = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                mixed ^ (mixed >> 31)
            });
            self.rounds(hashes).into_iter().for_each(&mut visit);
        }
    }

    /// g-values of all layers if the hash of context and token is `hash`, for schemes with a table.
    pub(super) fn of_table(&self, table: &Table, hash: u64) -> u64 {
        let mut out = 0;
        for (layer, key) in self.keys.iter().enumerate() {
            out |= table.get(accumulate(hash, *key)) << layer;
        }
        out
    }

    /// Hashes the tokens in front.
    pub(super) fn context(&self, tokens: impl Iterator<Item = i64>) -> Context {
        let from = match &self.kind {
            Kind::Table(_) => 1,
            Kind::Lcg { start } => *start,
            Kind::Keyed { mac } => {
                let Ok(mut hash) = Hmac::<Sha256>::new_from_slice(mac.as_slice()) else {
                    return Context { number: 0, seed: [0; 32] };
                };
                for token in tokens {
                    hash.update(&token.to_le_bytes());
                }
                let seed: [u8; 32] = hash.finalize().into_bytes().into();
                let number = seed.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
                return Context { number, seed };
            }
        };
        let number = tokens.fold(from, |hash, token| accumulate(hash, bits(token)));
        Context { number, seed: [0; 32] }
    }

    /// g-values of each token behind a context: bit n of a number is layer n.
    pub(super) fn g_values(&self, context: &Context, ids: &[i64], out: &mut Vec<u64>) {
        out.clear();
        out.reserve(ids.len());
        match &self.kind {
            Kind::Table(table) => {
                out.extend(ids.iter().map(|id| self.of_table(table, accumulate(context.number, bits(*id)))));
            }
            Kind::Lcg { .. } => {
                for part in ids.chunks(LANES) {
                    let mut lanes = [0u64; LANES];
                    for (lane, id) in lanes.iter_mut().zip(part) {
                        *lane = accumulate(context.number, bits(*id));
                    }
                    out.extend(self.rounds(lanes).iter().take(part.len()));
                }
            }
            Kind::Keyed { .. } => {
                let depth = self.depth();
                let keep = if depth >= 64 { u64::MAX } else { (1u64 << depth).wrapping_sub(1) };
                out.extend(ids.iter().map(|id| {
                    // One block of SHA-256: secret, then an input of fixed length.
                    let mut block = [0u8; 40];
                    let (head, tail) = block.split_at_mut(32);
                    head.copy_from_slice(&context.seed);
                    tail.copy_from_slice(&id.to_le_bytes());
                    let made: [u8; 32] = Sha256::digest(block).into();
                    made.first_chunk().map_or(0, |first| u64::from_le_bytes(*first)) & keep
                }));
            }
        }
    }

    /// The rounds of [`Scheme::SynthidLcg`], several tokens at once.
    fn rounds(&self, hashes: [u64; LANES]) -> [u64; LANES] {
        let mut out = [0u64; LANES];
        for (layer, key) in self.keys.iter().enumerate() {
            let mut lanes = hashes;
            for lane in &mut lanes {
                *lane = accumulate(*lane, *key);
            }
            for _ in 0..ROUNDS {
                for lane in &mut lanes {
                    *lane = (accumulate(*lane, 1).cast_signed() >> SHIFT).cast_unsigned();
                }
            }
            for (value, lane) in out.iter_mut().zip(lanes) {
                *value |= ((lane >> 30) & 1) << layer;
            }
        }
        out
    }
}

/// Tokens whose hashes are computed side by side: the rounds of one alone wait for each other.
const LANES: usize = 8;

/// Hashes that stand for all.
pub(super) const SAMPLE: usize = 1 << 17;

/// Where the hash of [`Scheme::SynthidLcg`] starts: SHA-256 of the keys, as a number modulo 2^63 - 1.
fn start(keys: &[i64]) -> u64 {
    let mut hash = Sha256::new();
    for key in keys {
        hash.update(key.to_le_bytes());
    }
    const MODULUS: u128 = (1 << 63) - 1;
    let digest: [u8; 32] = hash.finalize().into();
    let number = digest.iter().fold(0u128, |rest, byte| ((rest << 8) | u128::from(*byte)) % MODULUS);
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_generator_is_the_published_one() {
        // First output of the authors' program for the seed 5489, and its 10,000th, which C++ states too.
        let mut twister = Twister::new(5489);
        assert_eq!(twister.next(), 3_499_211_612);
        assert_eq!((0..9999).map(|_| twister.next()).last(), Some(4_123_659_995));
    }

    #[test]
    fn a_table_of_each_size_holds_its_bits() {
        for size in [1, 2, 63, 64, 65, 1009] {
            let table = Table::new(size, 3);
            let got: u64 = (0..u64::from(size)).map(|n| table.get(n)).sum();
            assert_eq!(got, u64::from(table.ones()));
            // As in Python, the remainder of a negative number is not negative.
            assert_eq!(table.get(u64::MAX), table.get(u64::from(size) - 1));
        }
    }
}
