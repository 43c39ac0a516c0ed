//! H.265 in MP4: parameter sets of two encoders side by side (ISO/IEC 14496-15, 8.3.3.1).
//!
//! The encoder numbers its parameter sets from 0, as most others do. They are numbered anew, and
//! with them each slice: the new number of the picture parameter set takes exactly 8 bits more than
//! the number 0 takes, so everything behind it moves by a whole byte and stays aligned.

use super::rbsp::{Bits, Writer, escape, unescape, units};

const VPS: u8 = 32;
const SPS: u8 = 33;
const PPS: u8 = 34;

/// Bytes before the arrays of a decoder configuration record.
const HEAD: usize = 22;

/// Numbers for the parameter sets of one encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ids {
    video: u32,
    sequence: u32,
    /// 15 to 30: an Exp-Golomb code of 9 bits.
    picture: u32,
}

/// The arrays of a record: first byte and units.
type Arrays = Vec<(u8, Vec<Vec<u8>>)>;

fn read(config: &[u8]) -> Option<(&[u8], Arrays)> {
    let (head, rest) = config.split_at_checked(HEAD)?;
    let (count, mut rest) = rest.split_first()?;
    let mut out = Vec::new();
    for _ in 0..*count {
        let ([kind, n0, n1], mut behind) = rest.split_first_chunk::<3>()?;
        let mut units = Vec::new();
        for _ in 0..u16::from_be_bytes([*n0, *n1]) {
            let (length, next) = behind.split_first_chunk::<2>()?;
            let (unit, next) = next.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            units.push(unit.to_vec());
            behind = next;
        }
        out.push((*kind, units));
        rest = behind;
    }
    Some((head, out))
}

fn write(head: &[u8], arrays: &Arrays) -> Option<Vec<u8>> {
    let mut out = head.to_vec();
    out.push(u8::try_from(arrays.len()).ok()?);
    for (kind, units) in arrays {
        out.push(*kind);
        out.extend(u16::try_from(units.len()).ok()?.to_be_bytes());
        for unit in units {
            out.extend(u16::try_from(unit.len()).ok()?.to_be_bytes());
            out.extend(unit);
        }
    }
    Some(out)
}

const fn kind(unit: u8) -> u8 {
    unit >> 1 & 63
}

/// What stands before the number of a sequence parameter set: profile, tier and level (7.3.3).
fn skip_levels(bits: &mut Bits<'_>) -> Option<()> {
    bits.skip(4)?;
    let layers = bits.take(3)?;
    bits.skip(1 + 96)?;
    let flags: Vec<(bool, bool)> = (0..layers).map(|_| Some((bits.bit()?, bits.bit()?))).collect::<Option<_>>()?;
    if layers > 0 {
        bits.skip(2 * (8usize.saturating_sub(layers as usize)))?;
    }
    for (profile, level) in flags {
        bits.skip(if profile { 88 } else { 0 } + if level { 8 } else { 0 })?;
    }
    Some(())
}

/// Numbers that no parameter set of this record has; none if it can't be joined at all.
pub(super) fn free_ids(config: &[u8]) -> Option<Ids> {
    let (head, arrays) = read(config)?;
    (head.get(21)? & 3 == 3).then_some(())?;
    let (mut video, mut sequence, mut picture) = (Vec::new(), Vec::new(), Vec::new());
    for unit in arrays.iter().flat_map(|(_, units)| units) {
        let rbsp = unescape(unit.get(2..)?);
        let mut bits = Bits::new(&rbsp);
        match kind(*unit.first()?) {
            VPS => video.push(bits.take(4)?),
            SPS => {
                skip_levels(&mut bits)?;
                sequence.push(bits.ue()?);
            }
            PPS => picture.push(bits.ue()?),
            _ => {}
        }
    }
    Some(Ids {
        video: (1..16).find(|id| !video.contains(id))?,
        sequence: (1..16).find(|id| !sequence.contains(id))?,
        picture: (15..31).find(|id| !picture.contains(id))?,
    })
}

/// One unit of the encoder, numbered anew.
fn renumber(unit: &[u8], ids: Ids) -> Option<Vec<u8>> {
    let (head, payload) = unit.split_at_checked(2)?;
    let kind = kind(*head.first()?);
    if kind >= 32 && !matches!(kind, VPS | SPS | PPS) {
        return Some(unit.to_vec());
    }
    let rbsp = unescape(payload);
    let (mut bits, mut out) = (Bits::new(&rbsp), Writer::default());
    let new = match kind {
        VPS => {
            bits.skip(4)?;
            out.put(ids.video, 4);
            out.rest(&rbsp, bits.at)?
        }
        SPS => {
            skip_levels(&mut bits)?;
            let before = bits.at;
            bits.ue()?;
            out.put(ids.video, 4);
            let mut copy = Bits::new(&rbsp);
            copy.skip(4)?;
            while copy.at < before {
                out.bit(copy.bit()?);
            }
            out.ue(ids.sequence);
            out.rest(&rbsp, bits.at)?
        }
        PPS => {
            bits.ue().filter(|id| *id == 0)?;
            bits.ue()?;
            out.ue(ids.picture);
            out.ue(ids.sequence);
            out.rest(&rbsp, bits.at)?
        }
        slice => {
            // Whether it is the first of its picture, and for IRAP pictures one flag more.
            out.bit(bits.bit()?);
            if (16..24).contains(&slice) {
                out.bit(bits.bit()?);
            }
            bits.ue().filter(|id| *id == 0)?;
            out.ue(ids.picture);
            while bits.at < 8 {
                out.bit(bits.bit()?);
            }
            let mut new = out.done();
            new.extend_from_slice(rbsp.get(1..)?);
            new
        }
    };
    Some([head, &escape(&new)].concat())
}

/// A sample of the encoder, its parameter sets and slices numbered anew.
pub(super) fn renumbered(sample: &[u8], ids: Ids) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(sample.len() + 64);
    for unit in units(sample, 4)? {
        let unit = renumber(unit, ids)?;
        out.extend(u32::try_from(unit.len()).ok()?.to_be_bytes());
        out.extend(unit);
    }
    Some(out)
}

/// One record with the parameter sets of both, those of the encoder numbered anew.
pub(super) fn join(source: &[u8], fresh: &[u8], ids: Ids) -> Option<Vec<u8>> {
    let ((head, mut arrays), (fresh_head, fresh_arrays)) = (read(source)?, read(fresh)?);
    // Profile, chroma format and depths; 8.3.3.1.2 asks for one answer for all of them.
    let same = |range: std::ops::Range<usize>| head.get(range.clone()) == fresh_head.get(range);
    if head.get(1)? & 31 != fresh_head.get(1)? & 31 || !same(16..19) {
        return None;
    }
    for (kind, units) in fresh_arrays.iter().filter(|(first, _)| matches!(first & 63, VPS | SPS | PPS)) {
        let array = arrays.iter_mut().find(|(have, _)| have & 63 == kind & 63)?;
        for unit in units {
            array.1.push(renumber(unit, ids)?);
        }
    }
    let mut head = head.to_vec();
    let level = (*head.get(12)?).max(*fresh_head.get(12)?);
    *head.get_mut(12)? = level;
    write(&head, &arrays)
}

/// Whether a sample begins a part that stands alone: an IDR picture.
pub(super) fn stands_alone(sample: &[u8]) -> bool {
    let first = units(sample, 4).and_then(|units| {
        let kinds = units.into_iter().filter_map(|unit| unit.first().map(|b| kind(*b)));
        { kinds }.find(|kind| *kind < 32)
    });
    matches!(first, Some(19 | 20))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;
    use proptest::prelude::*;

    const IDS: Ids = Ids { video: 1, sequence: 1, picture: 15 };

    proptest! {
        #[test]
        fn slices_move_by_a_byte(first in any::<bool>(), irap in any::<bool>(), rest in prop::collection::vec(any::<u8>(), 4..90)) {
            let kind = if irap { 19u8 } else { 1 };
            let mut payload = rest.clone();
            let flags = if irap { 2 } else { 1 };
            // The number 0 is one bit that is set.
            payload[0] = u8::from(first) << 7 | payload[0] & (0x7F >> (flags - 1)) | 0x80 >> flags;
            if irap { payload[0] &= !0x40; }
            *payload.last_mut().unwrap() |= 1;
            let unit = [&[kind << 1, 1][..], &escape(&payload)].concat();
            let new = unescape(&renumber(&unit, IDS).unwrap()[2..]);
            prop_assert_eq!(new.len(), payload.len() + 1);
            prop_assert_eq!(&new[2..], &payload[1..]);
            let mut bits = Bits::new(&new);
            prop_assert_eq!(bits.bit(), Some(first));
            if irap { bits.bit(); }
            prop_assert_eq!(bits.ue(), Some(15));
        }
    }

    #[test]
    fn other_numbers_than_zero_are_left_to_another_way() {
        // Number 1 in a slice: 1 bit, then 010.
        assert_eq!(renumber(&[2, 1, 0b1010_0000, 0x80], IDS), None);
        assert_eq!(renumber(&[2], IDS), None);
    }
}
