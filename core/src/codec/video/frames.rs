//! Frames as they are displayed.

use crate::codec::tool::{Programs, file};
use crate::error::Result;
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::tool;
use crate::source::{ReadSeek, check_limit};

use super::draw::Transfer;
use super::probe::{self, Film};
use super::{Frame, Work, args};

/// Times up to here, in seconds, are looked up in one run from the start.
const EARLY: f64 = 20.0;
/// Before a later time, decoding begins so many seconds earlier.
const LEAD: f64 = 5.0;

/// A film in a folder of its own, which every look at it shares.
pub(super) struct Opened {
    work: Work,
    film: Film,
}

impl Opened {
    pub(super) fn new(format: Format, source: &mut dyn ReadSeek, programs: &Programs, limits: &Limits) -> Result<Self> {
        let work = Work::new(format, source, limits)?;
        let film = probe::film(&work, programs, limits, &tool::PURPOSE_FRAMES)?;
        Ok(Self { work, film })
    }

    pub(super) const fn seconds(&self) -> f64 {
        self.film.seconds
    }

    /// As [`super::frames`].
    pub(super) fn at(&self, programs: &Programs, limits: &Limits, times: &[f64]) -> Result<Vec<Frame>> {
        at(&self.work, &self.film, programs, limits, times)
    }
}

fn at(work: &Work, film: &Film, programs: &Programs, limits: &Limits, times: &[f64]) -> Result<Vec<Frame>> {
    let (width, height) = film.displayed();
    let one = u64::from(width).saturating_mul(u64::from(height)).saturating_mul(3);
    check_limit("pixel_bytes", one.saturating_mul(times.len() as u64), limits.pixel_bytes)?;
    let mut moments: Vec<u64> = times.iter().map(|t| (t * 1000.0).round() as u64).collect();
    let asked = moments.clone();
    moments.sort_unstable();
    moments.dedup();
    let early = moments.partition_point(|t| *t as f64 <= EARLY * 1000.0);
    let (early, late) = moments.split_at_checked(early).unwrap_or_default();
    let mut found = Vec::new();
    if !early.is_empty() {
        found.extend(run(work, film, programs, limits, 0, early)?);
    }
    for time in late {
        let from = time.saturating_sub((LEAD * 1000.0) as u64);
        found.extend(run(work, film, programs, limits, from, std::slice::from_ref(time))?);
    }
    Ok(asked.iter().filter_map(|t| found.iter().find(|frame| frame.time_ms == *t).cloned()).collect())
}

/// Frames at some moments, in milliseconds and ascending, in one run that begins at `from`.
fn run(
    work: &Work,
    film: &Film,
    programs: &Programs,
    limits: &Limits,
    from: u64,
    moments: &[u64],
) -> Result<Vec<Frame>> {
    let (width, height) = film.displayed();
    // One frame per millisecond, which costs nothing: the same picture is told again. So the frame
    // with the number of a moment is the one that is seen then.
    let picks: Vec<String> = moments.iter().map(|t| format!("eq(n,{})", t.saturating_sub(from))).collect();
    let map = format!("0:{}", film.video.index);
    let (start, count) = (format!("{from}ms"), moments.len().to_string());
    let filter = format!(
        "fps=fps=1000:round=up:start_time=0,select='{}',scale={width}:{height}:flags=area+accurate_rnd,setsar=1,format=rgb24",
        picks.join("+")
    );
    // Seeking to the very start is not the same as not seeking: some readers look for a keyframe
    // behind it.
    let mut words = if from > 0 { args(["-ss", &start]) } else { Vec::new() };
    words.extend(args(["-f", work.reader, "-i"]));
    words.push(file(&work.source));
    words.extend(args(["-map", &map, "-vf", &filter, "-frames:v", &count, "-fps_mode", "passthrough"]));
    words.extend(args(["-c:v", "rawvideo", "-f", "rawvideo", "pipe:1"]));
    let answer = programs.run(programs.ffmpeg(&tool::PURPOSE_FRAMES, words), limits)?;
    let size = (width as usize).saturating_mul(height as usize).saturating_mul(3);
    let light = lighting(Transfer::of(film));
    let pieces = answer.stdout.chunks_exact(size.max(1));
    Ok(pieces
        .zip(moments)
        .map(|(rgb, time)| {
            let shown = |level: &u8| light.get(usize::from(*level)).copied().unwrap_or(*level);
            Frame { time_ms: *time, width, height, rgb: rgb.iter().map(shown).collect() }
        })
        .collect())
}

/// For each level of a signal the grey that looks the same on a standard display.
fn lighting(transfer: Transfer) -> Vec<u8> {
    let signals: Vec<f64> = (0..=255u8).map(|grey| transfer.signal(f64::from(grey) / 255.0)).collect();
    let grey = |level: u8| {
        let level = f64::from(level) / 255.0 - 0.5 / 255.0;
        u8::try_from(signals.partition_point(|signal| *signal < level).min(255)).unwrap_or(255)
    };
    (0..=255u8).map(|level| if transfer == Transfer::Sdr { level } else { grey(level) }).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;

    #[test]
    fn reference_white_is_white_and_brighter_light_too() {
        for transfer in [Transfer::Pq, Transfer::Hlg] {
            let table = lighting(transfer);
            let white = (transfer.signal(1.0) * 255.0).round() as usize;
            assert!(table[white] >= 250 && table[255] == 255 && table[0] <= 1, "{transfer:?} {:?}", &table[..3]);
            assert!(table.is_sorted());
        }
        assert_eq!(lighting(Transfer::Sdr)[77], 77);
    }
}
