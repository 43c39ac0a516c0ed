//! H.264 in MP4: parameter sets of two encoders side by side (ISO/IEC 14496-15, 5.3.3.1).

use super::rbsp::{Bits, unescape, units};

/// The decoder configuration record.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Config {
    /// Version, profile, compatibility, level, length size.
    head: [u8; 5],
    sequence: Vec<Vec<u8>>,
    picture: Vec<Vec<u8>>,
    /// Chroma format and depths of the higher profiles.
    rest: Vec<u8>,
}

/// A run of units behind lengths of 16 bits.
fn run(count: u8, from: &[u8]) -> Option<(Vec<Vec<u8>>, &[u8])> {
    let (mut out, mut rest) = (Vec::new(), from);
    for _ in 0..count {
        let (length, behind) = rest.split_first_chunk::<2>()?;
        let (unit, next) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        out.push(unit.to_vec());
        rest = next;
    }
    Some((out, rest))
}

fn write(units: &[Vec<u8>], out: &mut Vec<u8>) -> Option<()> {
    for unit in units {
        out.extend(u16::try_from(unit.len()).ok()?.to_be_bytes());
        out.extend(unit);
    }
    Some(())
}

impl Config {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_first_chunk::<5>()?;
        let (count, rest) = rest.split_first()?;
        let (sequence, rest) = run(count & 31, rest)?;
        let (count, rest) = rest.split_first()?;
        let (picture, rest) = run(*count, rest)?;
        Some(Self { head: *head, sequence, picture, rest: rest.to_vec() })
    }

    fn write(&self) -> Option<Vec<u8>> {
        let mut out = self.head.to_vec();
        out.push(0xE0 | u8::try_from(self.sequence.len()).ok().filter(|n| *n < 32)?);
        write(&self.sequence, &mut out)?;
        out.push(u8::try_from(self.picture.len()).ok()?);
        write(&self.picture, &mut out)?;
        out.extend(&self.rest);
        Some(out)
    }

    /// Numbers of sequence and picture parameter sets.
    fn ids(&self) -> Option<Vec<u32>> {
        let sequence = self.sequence.iter().map(|unit| {
            let rbsp = unescape(unit);
            let mut bits = Bits::new(&rbsp);
            bits.skip(32)?;
            bits.ue()
        });
        let picture = self.picture.iter().map(|unit| Bits::new(&unescape(unit.get(1..)?)).ue());
        sequence.chain(picture).collect()
    }
}

/// A number that no parameter set of this record has; none if the record can't be joined at all.
pub(super) fn free_id(config: &[u8]) -> Option<u32> {
    let config = Config::read(config)?;
    let ids = config.ids()?;
    let [_, _, _, _, length] = config.head;
    (length & 3 == 3).then_some(())?;
    (1..31).find(|id| !ids.contains(id))
}

/// One record with the parameter sets of both; none if they contradict one another.
pub(super) fn join(source: &[u8], fresh: &[u8]) -> Option<Vec<u8>> {
    let (mut out, fresh) = (Config::read(source)?, Config::read(fresh)?);
    let known = out.ids()?;
    let [version, profile, compatible, level, length] = out.head;
    let [fresh_version, fresh_profile, fresh_compatible, fresh_level, fresh_length] = fresh.head;
    let same = (version, length & 3) == (fresh_version, fresh_length & 3) && within(fresh_profile, profile);
    if !same || fresh.ids()?.iter().any(|id| known.contains(id)) {
        return None;
    }
    if !out.rest.is_empty() && !fresh.rest.is_empty() && out.rest.get(..3) != fresh.rest.get(..3) {
        return None;
    }
    let compatible = if profile == fresh_profile { compatible & fresh_compatible } else { compatible };
    out.head = [version, profile, compatible, level.max(fresh_level), length];
    out.sequence.extend(fresh.sequence);
    out.picture.extend(fresh.picture);
    out.write()
}

/// Whether decoders of profile `wide` decode `narrow`: the same, or Main within High.
const fn within(narrow: u8, wide: u8) -> bool {
    narrow == wide || matches!((narrow, wide), (66, 77 | 88) | (77, 100))
}

/// Whether a sample begins a part that stands alone: an IDR picture.
pub(super) fn stands_alone(sample: &[u8]) -> bool {
    let first = units(sample, 4).and_then(|units| {
        let kinds = units.into_iter().filter_map(|unit| unit.first().map(|b| b & 31));
        { kinds }.find(|kind| (1..=5).contains(kind))
    });
    first == Some(5)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;

    /// As x264 writes for a small film, High profile.
    const RECORD: &str = "0164001effe1001967640
01eacd940a02ff9610000030001000003003c0f162d9601000668ebe3cb22c0fdf8f800";

    fn record() -> Vec<u8> {
        let text: String = RECORD.split_whitespace().collect();
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[i * 2..i * 2 + 2], 16).unwrap()).collect()
    }

    #[test]
    fn records_read_back_and_are_not_joined_with_themselves() {
        let bytes = record();
        assert_eq!(Config::read(&bytes).unwrap().write().unwrap(), bytes);
        assert_eq!(Config::read(&bytes).unwrap().ids().unwrap(), [0, 0]);
        assert_eq!(free_id(&bytes), Some(1));
        assert_eq!(join(&bytes, &bytes), None);
    }

    #[test]
    fn only_idr_pictures_stand_alone() {
        let sample = |kind: u8| [&[0, 0, 0, 2, 6, 0][..], &[0, 0, 0, 2, 0x60 | kind, 0]].concat();
        assert!(stands_alone(&sample(5)));
        assert!(!stands_alone(&sample(1)));
        assert!(!stands_alone(&[0, 0, 0, 9, 5]));
    }
}
