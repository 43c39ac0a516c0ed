//! What is heard in recordings without a notice.

use std::io::Write as _;
use std::path::Path;

use biaoshi::carrier::notice::rhythm::Listener;

use super::{Result, ffmpeg};

/// Nothing above 3.6 kHz is listened to, so a low rate loses nothing.
const RATE: u32 = 16_000;
/// Score from which the rhythm is a notice, as in the library.
pub(crate) const BOUND: u32 = 5_000;

/// Listens to every folder, and writes the best score of each minute, 0 for none, as lines `group score`.
pub(crate) fn run(scores: &Path, folders: &[&str]) -> Result<()> {
    let mut out = std::io::BufWriter::new(std::fs::File::create(scores)?);
    println!(
        "group                          | files | minutes  | minutes with a row of four | best score | heard as notice"
    );
    for folder in folders {
        let name = Path::new(folder).file_name().and_then(|n| n.to_str()).unwrap_or(folder);
        let (mut minutes, mut seconds, mut files, mut alarms) = (Vec::<u32>::new(), 0.0, 0, 0);
        for file in ffmpeg::recordings(Path::new(folder))? {
            let mut listener = Listener::new(RATE, 2)?.least_score(1);
            let mut samples = 0usize;
            ffmpeg::decode(&file, RATE, &[], |block| {
                samples += block.len() / 2;
                listener.push(block);
            })?;
            for heard in listener.finish() {
                // The recordings of a group follow each other on one time line.
                let minute = ((seconds + heard.start_ms as f64 / 1000.0) / 60.0) as usize;
                minutes.resize(minutes.len().max(minute + 1), 0);
                minutes[minute] = minutes[minute].max(heard.score);
                if heard.score >= BOUND {
                    alarms += 1;
                    println!("  {}: {heard:?}", file.display());
                }
            }
            seconds += samples as f64 / f64::from(RATE);
            files += 1;
        }
        minutes.resize(minutes.len().max((seconds / 60.0).ceil() as usize), 0);
        for score in &minutes {
            writeln!(out, "{name} {score}")?;
        }
        let some = minutes.iter().filter(|score| **score > 0).count();
        let best = minutes.iter().max().copied().unwrap_or(0);
        println!("{name:<30} | {files:>5} | {:>8.1} | {some:>26} | {best:>10} | {alarms}", seconds / 60.0);
        out.flush()?;
    }
    Ok(())
}
