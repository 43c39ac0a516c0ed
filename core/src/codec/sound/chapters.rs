//! Times of chapters that tags hold, moved with the sound.

use super::wav::Moves;
#[cfg(not(target_arch = "wasm32"))]
use crate::{
    container::Edit,
    error::Result,
    limits::Limits,
    source::{Source, check_limit},
};

/// Moves the times in a list of Vorbis comments (`CHAPTER001=00:01:02.345`), in place. Names
/// (`CHAPTER001NAME=`) and times of another form stay as they are.
pub(super) fn comments(list: &mut [u8], moves: &Moves, rate: u32) {
    let length = |list: &[u8], at: usize| {
        list.get(at..)
            .and_then(|rest| rest.first_chunk::<4>())
            .and_then(|b| usize::try_from(u32::from_le_bytes(*b)).ok())
    };
    let Some(mut at) = length(list, 0).and_then(|vendor| vendor.checked_add(8)) else { return };
    let count = at.checked_sub(4).and_then(|at| length(list, at)).unwrap_or(0);
    for _ in 0..count {
        let Some(len) = length(list, at) else { return };
        let start = at.saturating_add(4);
        let end = start.saturating_add(len);
        let Some(entry) = list.get_mut(start..end) else { return };
        chapter(entry, moves, rate);
        at = end;
    }
}

fn chapter(entry: &mut [u8], moves: &Moves, rate: u32) {
    let Some((name, time)) = entry.split_at_checked(11) else { return };
    let Some((head, number)) = name.split_at_checked(7) else { return };
    let named = head.eq_ignore_ascii_case(b"CHAPTER") && number.ends_with(b"=");
    if !named || !number.iter().take(3).all(u8::is_ascii_digit) {
        return;
    }
    let Some(new) = std::str::from_utf8(time).ok().and_then(|time| shifted(time, moves, rate)) else { return };
    if let Some(place) = entry.get_mut(11..).filter(|place| place.len() == new.len()) {
        place.copy_from_slice(new.as_bytes());
    }
}

/// A time of the form `00:01:02.345`, with as many digits as it has.
fn shifted(time: &str, moves: &Moves, rate: u32) -> Option<String> {
    let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
    let mut parts = clock.split(':').map(|part| part.parse::<u64>().ok().filter(|_| part.len() == 2));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || fraction.len() > 9 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{fraction:0<9}");
    let nanos = (hours * 3600 + minutes * 60 + seconds) * 1_000_000_000 + digits.parse::<u64>().ok()?;
    let nanos = moved(u128::from(nanos), 1_000_000_000, moves, rate)?;
    let (seconds, rest) = (nanos / 1_000_000_000, format!("{:09}", nanos % 1_000_000_000));
    let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(if fraction.is_empty() { clock } else { format!("{clock}.{}", rest.get(..fraction.len())?) })
}

/// Where a moment lies now, given in parts of a second.
fn moved(time: u128, parts: u128, moves: &Moves, rate: u32) -> Option<u64> {
    let rate = u128::from(rate.max(1));
    let sample = u64::try_from(time * rate / parts).ok()?;
    let grown = u128::from(moves.moved(sample).checked_sub(sample)?);
    u64::try_from(time + grown * parts / rate).ok()
}

/// Edits of the times in frames `CHAP` of the ID3v2 tag at the start (ID3v2 Chapter Frame Addendum
/// 1.0 3.1), in milliseconds. Places in bytes, which players need not have, are said to be unknown.
/// Tags with unsynchronisation and frames that are coded stay as they are.
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn id3(source: &mut Source<'_>, moves: &Moves, rate: u32, limits: &Limits) -> Result<Vec<Edit>> {
    let safe = |bytes: [u8; 4]| bytes.iter().fold(0u64, |size, b| size << 7 | u64::from(b & 0x7F));
    let Some([b'I', b'D', b'3', version @ 3..=4, _, flags, a, b, c, d]) = source.array::<10>(0)? else {
        return Ok(Vec::new());
    };
    if flags & 0x80 != 0 {
        return Ok(Vec::new());
    }
    let end = 10u64.saturating_add(safe([a, b, c, d])).min(source.len());
    let mut at = 10u64;
    if flags & 0x40 != 0 {
        let size = source.array::<4>(at)?.unwrap_or_default();
        at = at.saturating_add(if version == 3 { 4 + u64::from(u32::from_be_bytes(size)) } else { safe(size) });
    }
    let (mut out, mut count) = (Vec::new(), 0);
    while at.saturating_add(10) <= end {
        count += 1;
        check_limit("segments", count, limits.segments as u64)?;
        let Some([n0, n1, n2, n3, s0, s1, s2, s3, _, coded]) = source.array::<10>(at)? else { break };
        let size = [s0, s1, s2, s3];
        let size = if version == 3 { u64::from(u32::from_be_bytes(size)) } else { safe(size) };
        let (start, next) = (at.saturating_add(10), at.saturating_add(10).saturating_add(size));
        if n0 == 0 || next > end {
            break;
        }
        at = next;
        if [n0, n1, n2, n3] != *b"CHAP" || coded != 0 {
            continue;
        }
        // A name, a zero, then two times and two places.
        let body = source.bytes(start..next.min(start.saturating_add(512)), 512, "metadata_bytes")?;
        let Some(name) = body.iter().position(|b| *b == 0) else { continue };
        let Some(times) = body.get(name + 1..).and_then(|rest| rest.first_chunk::<8>()) else { continue };
        let [b0, b1, b2, b3, e0, e1, e2, e3] = *times;
        let times = [u32::from_be_bytes([b0, b1, b2, b3]), u32::from_be_bytes([e0, e1, e2, e3])];
        let mut insert = Vec::new();
        for time in times {
            let new = moved(u128::from(time), 1000, moves, rate).and_then(|ms| u32::try_from(ms).ok());
            insert.extend(new.unwrap_or(time).to_be_bytes());
        }
        insert.extend([0xFF; 8]);
        if body.len() >= name + 17 {
            out.push(Edit { at: start.saturating_add(name as u64 + 1), remove: 16, insert });
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    fn moves() -> Moves {
        let mut moves = Moves::new();
        moves.put(0, 24_000);
        moves.put(480_000, 48_000);
        moves
    }

    #[test]
    fn times_move_and_keep_their_form() {
        let new = |time: &str| shifted(time, &moves(), 48_000);
        assert_eq!(new("00:00:00.000").as_deref(), Some("00:00:00.500"));
        assert_eq!(new("00:00:09.999").as_deref(), Some("00:00:10.499"));
        assert_eq!(new("00:00:10").as_deref(), Some("00:00:11"));
        assert_eq!(new("01:59:59.75").as_deref(), Some("02:00:01.25"));
        for bad in ["", "0:00:01", "00:00", "00:00:00:00", "00:00:01.x", "aa:00:00.0", "00:00:00.0123456789"] {
            assert_eq!(new(bad), None, "{bad}");
        }
    }

    #[test]
    fn chapters_among_comments_are_found() {
        let list = |entries: &[&str]| {
            let mut out = [&3u32.to_le_bytes()[..], b"abc", &(entries.len() as u32).to_le_bytes()].concat();
            for entry in entries {
                out.extend((entry.len() as u32).to_le_bytes());
                out.extend(entry.as_bytes());
            }
            out
        };
        let mut old = list(&[
            "TITLE=CHAPTER001=00:00:00.000",
            "CHAPTER001=00:00:00.000",
            "CHAPTER001NAME=x",
            "chapter002=00:00:20.000",
        ]);
        comments(&mut old, &moves(), 48_000);
        let new = list(&[
            "TITLE=CHAPTER001=00:00:00.000",
            "CHAPTER001=00:00:00.500",
            "CHAPTER001NAME=x",
            "chapter002=00:00:21.500",
        ]);
        assert_eq!(old, new);
        for cut in 0..old.len() {
            let mut part = old[..cut].to_vec();
            comments(&mut part, &moves(), 48_000);
        }
    }
}
