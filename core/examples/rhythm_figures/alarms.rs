//! What is heard in recordings without a notice.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead as _, Read as _, Write as _};
use std::path::Path;

use biaoshi::carrier::notice::rhythm::{Heard, Listener};

use super::{Result, ffmpeg};

/// Nothing above 3.6 kHz is listened to, so a low rate loses nothing.
const RATE: u32 = 16_000;
/// Score from which the rhythm is a notice, as in the library.
pub(crate) const BOUND: u32 = 5_000;
/// A listener reports no more than this of one recording.
const MOST: usize = 4_096;

/// Recordings of one kind, which follow each other on one time line.
#[derive(Debug, Default)]
struct Group {
    /// The best score of each minute, 0 for none.
    minutes: Vec<u32>,
    /// How many of the minutes have been written.
    written: usize,
    seconds: f64,
    files: usize,
    alarms: usize,
}

impl Group {
    fn add(&mut self, name: &str, heard: &[Heard], seconds: f64) -> Result<()> {
        if heard.len() >= MOST {
            return Err(format!("{name}: too much heard to know of all").into());
        }
        for heard in heard {
            let minute = ((self.seconds + heard.start_ms as f64 / 1000.0) / 60.0) as usize;
            self.minutes.resize(self.minutes.len().max(minute + 1), 0);
            self.minutes[minute] = self.minutes[minute].max(heard.score);
            if heard.score >= BOUND {
                self.alarms += 1;
                println!("  {name}: {heard:?}");
            }
        }
        self.seconds += seconds;
        self.files += 1;
        Ok(())
    }

    /// Writes the minutes that are over, or all.
    fn write(&mut self, name: &str, all: bool, out: &mut impl std::io::Write) -> Result<()> {
        let minutes = self.seconds / 60.0;
        let over = if all { minutes.ceil() } else { minutes.floor() } as usize;
        self.minutes.resize(self.minutes.len().max(over), 0);
        let over = if all { self.minutes.len() } else { over };
        for score in &self.minutes[self.written..over] {
            writeln!(out, "{name} {score}")?;
        }
        self.written = over;
        Ok(())
    }
}

const HEADING: &str =
    "group                          | files | minutes  | minutes with a row of four | best score | heard as notice";

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = self.minutes.iter().filter(|score| **score > 0).count();
        let best = self.minutes.iter().max().copied().unwrap_or(0);
        write!(f, "{:>5} | {:>8.1} | {some:>26} | {best:>10} | {}", self.files, self.seconds / 60.0, self.alarms)
    }
}

/// Listens to every folder, and writes the best score of each minute, 0 for none, as lines `group score`.
pub(crate) fn run(scores: &Path, folders: &[&str]) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(scores)?);
    println!("{HEADING}");
    for folder in folders {
        let name = Path::new(folder).file_name().and_then(|n| n.to_str()).unwrap_or(folder);
        let mut group = Group::default();
        for file in ffmpeg::recordings(Path::new(folder))? {
            let mut listener = Listener::new(RATE, 2)?.least_score(1);
            let mut samples = 0usize;
            ffmpeg::decode(&file, RATE, &[], |block| {
                samples += block.len() / 2;
                listener.push(block);
            })?;
            let heard = listener.finish();
            group.add(&file.display().to_string(), &heard, samples as f64 / f64::from(RATE))?;
        }
        group.write(name, true, &mut out)?;
        println!("{name:<30} | {group}");
        out.flush()?;
    }
    Ok(())
}

/// Listens to clips as they are made: from standard input, each a line `GROUP RATE CHANNELS BYTES NAME`
/// and so many bytes of samples in 16 bits, little-endian. Scores are written as by [`run`].
pub(crate) fn stream(scores: &Path) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(scores)?);
    let mut groups = BTreeMap::<String, Group>::new();
    let mut input = std::io::stdin().lock();
    let (mut line, mut block) = (String::new(), Vec::new());
    while input.read_line(&mut line)? > 0 {
        let [name, rate, channels, bytes, clip] = line.trim_end().splitn(5, ' ').collect::<Vec<_>>()[..] else {
            return Err(format!("no clip: {line:?}").into());
        };
        let (rate, channels, bytes): (u32, u16, u64) = (rate.parse()?, channels.parse()?, bytes.parse()?);
        let mut listener = Listener::new(rate, channels)?.least_score(1);
        let mut left = bytes;
        while left > 0 {
            block.resize(usize::try_from(left.min(1 << 16))?, 0u8);
            input.read_exact(&mut block)?;
            left -= block.len() as u64;
            let samples = block.chunks_exact(2).map(|b| f32::from(i16::from_le_bytes([b[0], b[1]])) / 32_768.0);
            listener.push(&samples.collect::<Vec<_>>());
        }
        let group = groups.entry(name.to_owned()).or_default();
        group.add(clip, &listener.finish(), bytes as f64 / f64::from(2 * rate) / f64::from(channels))?;
        group.write(name, false, &mut out)?;
        out.flush()?;
        line.clear();
    }
    println!("{HEADING}");
    for (name, group) in &mut groups {
        group.write(name, true, &mut out)?;
        println!("{name:<30} | {group}");
    }
    Ok(out.flush()?)
}

/// What files of scores say of each group and of all: minutes, the best scores, alarms, and the rate that
/// 95 of 100 such sets of independent minutes would show to be higher, if it was.
pub(crate) fn bound(files: &[&str]) -> Result<()> {
    let mut groups = BTreeMap::<String, Vec<u32>>::new();
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            let (group, score) = line.rsplit_once(' ').ok_or("no score")?;
            for name in [group, "all"] {
                groups.entry(name.to_owned()).or_default().push(score.parse()?);
            }
        }
    }
    println!(
        "group                          | minutes | with a row of four | best scores                    | alarms | at most in 10,000 minutes (95 %)"
    );
    for (name, mut scores) in groups {
        scores.sort_by(|a, b| b.cmp(a));
        let some = scores.iter().filter(|score| **score > 0).count();
        let alarms = scores.iter().filter(|score| **score >= BOUND).count();
        let best = scores.iter().take(5).map(u32::to_string).collect::<Vec<_>>().join(" ");
        let most = 10_000.0 * upper(alarms) / scores.len() as f64;
        println!("{name:<30} | {:>7} | {some:>18} | {best:<30} | {alarms:>6} | {most:.2}", scores.len());
    }
    Ok(())
}

/// The mean of a Poisson distribution that gives this many or fewer in 5 of 100 cases: 3.0 for none.
fn upper(count: usize) -> f64 {
    let beyond = |mean: f64| {
        let terms = (1..=count).scan((-mean).exp(), |term, k| {
            *term *= mean / k as f64;
            Some(*term)
        });
        (-mean).exp() + terms.sum::<f64>()
    };
    let (mut low, mut high) = (0.0, 10.0 + 3.0 * count as f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beyond(middle) > 0.05 { low = middle } else { high = middle }
    }
    high
}
