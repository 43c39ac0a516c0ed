//! When the notice is seen.

use crate::error::Problem;
use crate::message::notice::video as rows;

use super::Span;
use super::probe::Film;
use super::proof::Packets;

/// Spans that are listed.
const SPANS: usize = 1000;

/// For how long the notice is seen, and when.
pub(super) fn seen(
    film: &Film,
    reader: &str,
    span: Span,
    packets: &Packets,
    notes: &mut Vec<Problem>,
) -> (f64, Vec<[f64; 2]>) {
    let mut shown: Vec<f64> = packets
        .get(&film.video.index)
        .into_iter()
        .flatten()
        .filter_map(|p| p.pts)
        .map(|pts| pts as f64 / 1e6)
        .collect();
    shown.sort_unstable_by(f64::total_cmp);
    let first = shown.first().copied().unwrap_or(0.0).max(if reader == "mov" { 0.0 } else { f64::MIN });
    let step = shown.windows(2).filter_map(|w| Some(w.last()? - w.first()?)).next_back().unwrap_or(0.0);
    let length = shown
        .last()
        .map_or(film.seconds, |last| (last - first + step).max(film.seconds.min(last - first + 10.0 * step)));
    // A frame is seen until the next one, so the last one with the notice is seen beyond its end.
    let until = |end: f64| {
        let next = shown.iter().find(|pts| **pts - first >= end - 1e-4);
        next.map_or(length, |pts| pts - first)
    };
    let spans: Vec<[f64; 2]> = match span {
        Span::Throughout => vec![[0.0, length]],
        Span::Start { seconds } => vec![[0.0, until(seconds)]],
        Span::Every { period, seconds } => (0..SPANS)
            .map(|n| n as f64 * period)
            .take_while(|start| *start < length)
            .map(|start| [start, until(start + seconds)])
            .collect(),
    };
    // To the microsecond, as the times are known.
    let round = |seconds: f64| (seconds * 1e6).round() / 1e6;
    let spans: Vec<[f64; 2]> = spans.into_iter().map(|span| span.map(round)).collect();
    let asked = match span {
        Span::Throughout => 0.0,
        Span::Start { seconds } | Span::Every { seconds, .. } => seconds,
    };
    let (least, cut) = lasting(&spans, asked);
    if let Some(seconds) = cut {
        notes.push(rows::NOTE_LAST_SHORT.with("seconds", format!("{seconds:.2}")));
    }
    if least + 1e-3 < asked {
        notes.push(rows::NOTE_SHORT.with("duration", format!("{length:.2}")).arg("seconds", asked));
    }
    (least, spans)
}

/// How long the notice is seen at least, and for how long the last one if the end of the film cuts it
/// and it is not the only one.
fn lasting(spans: &[[f64; 2]], asked: f64) -> (f64, Option<f64>) {
    let length = |[from, to]: &[f64; 2]| ((to - from) * 1e6).round() / 1e6;
    let least = |spans: &[[f64; 2]]| spans.iter().map(length).fold(f64::INFINITY, f64::min);
    match spans.split_last() {
        Some((last, before)) if !before.is_empty() && length(last) + 1e-3 < asked => {
            (least(before), Some(length(last)))
        }
        _ => (least(spans), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_last_notice_that_the_end_cuts_is_not_the_measure() {
        assert_eq!(lasting(&[[0.0, 3.0], [5.0, 8.0], [10.0, 12.0]], 3.0), (3.0, Some(2.0)));
        assert_eq!(lasting(&[[0.0, 3.0], [5.0, 8.0]], 3.0), (3.0, None));
        assert_eq!(lasting(&[[0.0, 2.0]], 3.0), (2.0, None), "the only one");
        assert_eq!(lasting(&[[0.0, 1.0], [5.0, 6.0]], 3.0), (1.0, Some(1.0)));
    }
}
