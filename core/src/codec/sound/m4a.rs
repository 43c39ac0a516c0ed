//! AAC in an MP4 file of one track of sound, chapters beside it: the notice's frames in a `mdat` of their own at the end of the
//! file, and the tables of samples (ISO/IEC 14496-12 8.6, 8.7) with them at their places.

mod tables;
mod titles;

use super::ffmpeg::Bench;
use super::signal::Made;
use super::{Attempt, Done, Kept, SoundShape};
use crate::codec::tool::Programs;
use crate::container::bmff::boxes::{self, SizeForm};
use crate::container::mp3::frames;
use crate::container::{Edit, Patch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::notice::sound as rows;
use crate::notice::Moment;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};
use tables::{FRAME, Put, Track};

/// Bytes of an ADTS header without checksum.
const ADTS: usize = 7;

/// Encodes a notice: frames without their headers; none if the stream would not understand them.
fn encode(
    samples: &[f32],
    shape: SoundShape,
    track: &Track,
    programs: &Programs,
    limits: &Limits,
) -> Result<Option<Vec<Vec<u8>>>> {
    let bits = track.bits().max(48_000).to_string();
    let args = ["-c:a", "aac", "-b:a", &bits, "-f", "adts"];
    let file = Bench::new()?.encode(samples, shape, &args, programs, limits)?;
    let (mut rest, mut out) = (&file[..], Vec::new());
    while let [_, b1, b2, b3, _, _, b6, ..] = *rest {
        // Profile, rate and channels stand in both headers (ISO/IEC 14496-3 1.A.2.2.1).
        let config = u16::from(b2 >> 6) << 8 | u16::from(b2 >> 2 & 15) << 4 | u16::from((b2 & 1) << 2 | b3 >> 6);
        let found = frames::frame(rest).map(|f| f.len).filter(|len| *len > ADTS && *len <= rest.len());
        let (Some(len), true) = (found, config == track.config && b1 & 1 == 1 && b6 & 3 == 0) else {
            return Ok(None);
        };
        let (frame, behind) = rest.split_at_checked(len).unwrap_or_default();
        out.push(frame.get(ADTS..).unwrap_or_default().to_vec());
        rest = behind;
    }
    Ok((rest.is_empty() && !out.is_empty()).then_some(out))
}

pub(super) fn add(
    source: &mut dyn ReadSeek,
    made: &Made,
    programs: &Programs,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Attempt> {
    let mut source = Source::new(source, limits)?;
    let not = |what: &str| Ok(Attempt::Not(rows::REASON_SPLICE.with("what", what)));
    let (mut at, mut moov, mut count) = (0, None, 0);
    while at < source.len() {
        count += 1;
        check_limit("segments", count, limits.segments as u64)?;
        let end = source.len();
        let (found, None) = boxes::read(&mut source, at, end)? else { return not("box") };
        let Some(found) = found else { return not("box") };
        at = found.range.end;
        match &found.kind {
            b"moov" if moov.is_none() => moov = Some(found),
            b"moov" | b"moof" | b"sidx" | b"mfra" | b"styp" => return not("fragments"),
            _ if found.size == SizeForm::ToEnd => return not("mdat"),
            _ => {}
        }
    }
    let Some(moov) = moov else { return not("moov") };
    let old = source.bytes(moov.range.clone(), limits.metadata_bytes, "metadata_bytes")?;
    let track = match Track::read(&old, limits)? {
        Ok(track) => track,
        Err(what) => return not(what),
    };
    if made.shape != track.shape {
        return not("sample rate");
    }
    let total = track.sizes.len() as u64;
    let (mut starts, mut puts, mut added) = (Vec::new(), Vec::new(), 0u64);
    let mut data = Vec::new();
    for insert in &made.inserts {
        let Some(frames) = encode(&insert.samples, made.shape, &track, programs, limits)? else { return not("notice") };
        let before = match insert.at {
            Moment::Start => 0,
            Moment::Middle => (insert.frame.saturating_add(track.skipped) / FRAME).clamp(1, total.max(1)),
            Moment::End => total,
        };
        // The encoder lags by one frame.
        let begins = before.saturating_add(added).saturating_add(1).saturating_mul(FRAME);
        starts.push(begins.saturating_add(insert.begins).saturating_sub(track.skipped));
        added = added.saturating_add(frames.len() as u64);
        puts.push(Put {
            before: usize::try_from(before).unwrap_or(usize::MAX),
            sizes: frames.iter().map(|frame| u32::try_from(frame.len()).unwrap_or(u32::MAX)).collect(),
            offset: data.len() as u64,
            last: insert.at == Moment::End,
        });
        data.extend(frames.concat());
    }
    let length = u32::try_from(data.len().saturating_add(8));
    let length = length.map_err(|_| Error::Refused(rows::LENGTHS.with("field", "mdat")))?;
    // Once to learn how much longer it gets, and once with the places that follow from it.
    let end = source.len().saturating_add(8);
    let guess = track.write(&old, &puts, end, 0, moov.range.start, u32::MAX.into())?;
    let by = (guess.len() as u64).saturating_sub(old.len() as u64);
    let wide = end.saturating_add(by).saturating_add(data.len() as u64);
    let first = track.write(&old, &puts, end, by, moov.range.start, wide)?;
    let by = (first.len() as u64).saturating_sub(old.len() as u64);
    let new = track.write(&old, &puts, end.saturating_add(by), by, moov.range.start, wide)?;
    if new.len() != first.len() || new.len() < old.len() {
        return not("tables");
    }
    let mut patch = Patch::new(source.len());
    patch.push(Edit { at: moov.range.start, remove: old.len() as u64, insert: new })?;
    patch.insert(source.len(), [&length.to_be_bytes()[..], b"mdat", &data].concat())?;
    check_limit("file_bytes", patch.output_len(), limits.file_bytes)?;
    patch.apply(&mut source, &mut *out)?;
    out.flush().map_err(|e| Error::io("write", e))?;
    Ok(Attempt::Done(Done { starts, kept: Kept::Spliced, notes: Vec::new() }))
}
