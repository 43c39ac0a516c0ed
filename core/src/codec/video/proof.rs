//! Proof of what stayed: every packet of source and result by hash and time, and frames decoded.

use std::collections::BTreeMap;
use std::path::Path;

use crate::codec::tool::{Programs, file};
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::notice::video as rows;

use super::args;

/// Difference of times that rounding to a container's ticks explains, in microseconds.
const ROUNDING: i64 = 1_500;

/// One packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Packet {
    /// Time of showing in microseconds; none where the container has none.
    pub(super) pts: Option<i64>,
    pub(super) hash: String,
}

/// The packets of each stream, in order of the file.
pub(super) type Packets = BTreeMap<usize, Vec<Packet>>;

/// Lists all packets of a file.
pub(super) fn packets(path: &Path, reader: &str, programs: &Programs, limits: &Limits) -> Result<Packets> {
    let mut words = args(["-f", reader, "-show_packets", "-show_data_hash", "sha256"]);
    words.extend(args(["-show_entries", "packet=stream_index,pts_time,data_hash", "-of", "default=nw=1"]));
    words.push(file(path));
    let mut out = Packets::new();
    let (mut stream, mut pts) = (None, None);
    let mut line = |line: &str| match line.trim_end().split_once('=') {
        Some(("stream_index", number)) => (stream, pts) = (number.parse().ok(), None),
        Some(("pts_time", time)) => pts = time.parse::<f64>().ok().map(|seconds| (seconds * 1e6).round() as i64),
        // The hash comes last, behind what ffprobe says of side data.
        Some(("data_hash", hash)) => {
            if let Some(stream) = stream.take() {
                out.entry(stream).or_default().push(Packet { pts, hash: hash.to_owned() });
            }
        }
        _ => {}
    };
    programs.watched(programs.ffprobe(&rows::PURPOSE_PROOF, words), limits, &mut line)?;
    Ok(out)
}

/// What the comparison found.
#[derive(Debug)]
pub(super) struct Proof {
    pub(super) packets: u64,
    /// Those copied. A packet made anew can be the same by chance, such as one that shows a frame
    /// again; it is not counted.
    pub(super) identical: u64,
}

fn lost(reason: impl ToString) -> Problem {
    rows::LOST_STREAM.with("reason", reason)
}

/// Compares: all packets of streams other than `video` are the same; the video has as many, shown
/// at the same times, and from number `fresh` on they are the same.
pub(super) fn compare(before: &Packets, after: &Packets, video: usize, fresh: usize) -> Result<Proof, Problem> {
    for (stream, old) in before.iter().filter(|(stream, _)| **stream != video) {
        let new = after.get(stream).map(Vec::as_slice).unwrap_or_default();
        let same = |(a, b): (&Packet, &Packet)| a.hash == b.hash && near(a.pts, b.pts);
        if old.len() != new.len() || !old.iter().zip(new).all(same) {
            return Err(lost(format!("stream {stream}")));
        }
    }
    let none = Vec::new();
    let (old, new) = (before.get(&video).unwrap_or(&none), after.get(&video).unwrap_or(&none));
    if old.len() != new.len() {
        return Err(rows::FRAMES_LOST.with("found", new.len()).arg("expected", old.len()));
    }
    let times = |packets: &[Packet]| {
        let mut out: Vec<Option<i64>> = packets.iter().map(|p| p.pts).collect();
        out.sort_unstable();
        out
    };
    // Some containers tell no times; there the number of packets has to do.
    let told = |packets: &[Packet]| packets.iter().all(|p| p.pts.is_some());
    if told(old) && told(new) && !times(old).into_iter().zip(times(new)).all(|(a, b)| near(a, b)) {
        return Err(lost("time stamps"));
    }
    let same = |(a, b): &(&Packet, &Packet)| a.hash == b.hash;
    if !old.iter().zip(new).skip(fresh).all(|pair| same(&pair)) {
        return Err(lost("copied packets"));
    }
    let identical = old.len().saturating_sub(fresh) as u64;
    Ok(Proof { packets: new.len() as u64, identical })
}

fn near(one: Option<i64>, other: Option<i64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one.abs_diff(other) <= ROUNDING.unsigned_abs(),
        (one, other) => one == other,
    }
}

/// Decodes the first `frames` frames of a movie's video, those that an edit list hides too; none
/// may be missing, and the decoder must not complain.
pub(super) fn decodes(
    path: &Path,
    stream: usize,
    frames: usize,
    programs: &Programs,
    limits: &Limits,
) -> Result<(), Problem> {
    let (map, count) = (format!("0:{stream}"), frames.to_string());
    let mut words = args(["-progress", "pipe:1", "-ignore_editlist", "1", "-copyts", "-f", "mov", "-i"]);
    words.push(file(path));
    words.extend(args(["-map", &map, "-frames:v", &count, "-fps_mode", "passthrough", "-f", "null", "-"]));
    let mut found = 0usize;
    let answer = programs.watched(programs.ffmpeg(&rows::PURPOSE_PROOF, words), limits, &mut |line| {
        if let Some(n) = line.strip_prefix("frame=").and_then(|n| n.trim().parse().ok()) {
            found = n;
        }
    });
    match answer {
        Err(Error::Refused(problem) | Error::Limit(problem)) => Err(problem),
        Err(error) => Err(lost(error)),
        Ok(answer) if !answer.stderr.trim().is_empty() => Err(lost(answer.stderr.trim())),
        Ok(_) if found != frames => Err(rows::FRAMES_LOST.with("found", found).arg("expected", frames)),
        Ok(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;

    fn packets(video: &[(i64, &str)], sound: &[(i64, &str)]) -> Packets {
        let list = |all: &[(i64, &str)]| {
            all.iter().map(|(pts, hash)| Packet { pts: Some(*pts), hash: (*hash).to_owned() }).collect::<Vec<_>>()
        };
        [(0, list(video)), (1, list(sound))].into()
    }

    #[test]
    fn a_proof_fails_by_each_thing_it_speaks_of() {
        let before = packets(&[(0, "a"), (40_000, "b"), (80_000, "c")], &[(0, "s"), (20_000, "t")]);
        let after = packets(&[(40_000, "x"), (0, "y"), (80_000, "c")], &[(0, "s"), (20_000, "t")]);
        let proof = compare(&before, &after, 0, 2).unwrap();
        assert_eq!((proof.packets, proof.identical), (3, 1));
        assert!(compare(&before, &after, 0, 1).is_err(), "a changed packet where none may be");
        let proof = compare(&before, &before, 0, 3).unwrap();
        assert_eq!((proof.packets, proof.identical), (3, 0), "all were made anew");
        let late = packets(&[(0, "x"), (60_000, "y"), (80_000, "c")], &[(0, "s"), (20_000, "t")]);
        assert!(compare(&before, &late, 0, 2).is_err(), "another time");
        let less = packets(&[(0, "x"), (80_000, "c")], &[(0, "s"), (20_000, "t")]);
        assert!(compare(&before, &less, 0, 1).is_err(), "a packet less");
        let mute = packets(&[(0, "x"), (40_000, "y"), (80_000, "c")], &[(0, "s")]);
        assert!(compare(&before, &mute, 0, 2).is_err(), "sound lost");
        let other = packets(&[(0, "x"), (40_000, "y"), (80_000, "c")], &[(0, "s"), (20_000, "u")]);
        assert!(compare(&before, &other, 0, 2).is_err(), "sound changed");
    }
}
