//! The files that are measured on, made anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::{ending, quiet};
use crate::run::root;

/// Formats that ExifTool writes as well: folders of `xtask/bases`.
pub const EXIFTOOL: &[&str] = &["png", "jpeg", "webp", "gif", "tiff", "heif", "mp4", "mov", "pdf"];
/// Formats that a copy by FFmpeg labels as well.
pub const FFMPEG: &[&str] = &["mp4", "mov", "m4a", "3gp", "matroska", "webm", "mp3", "flac"];
/// Seconds of the film that is repeated.
const FILM: &str = "20";

fn ffmpeg(args: &[&str], to: &Path) -> Result<()> {
    quiet(Command::new("ffmpeg").args(["-nostdin", "-v", "error", "-y"]).args(args).arg(to))
}

/// Two films of at least `size` MiB with the same samples: the index behind them, and before.
///
/// A short film of noise and a tone at about 8 Mbit/s is repeated, so that the index has as many
/// entries as that of a real film.
pub fn movies(folder: &Path, size: u64) -> Result<(PathBuf, PathBuf)> {
    let film = folder.join("film.mp4");
    let picture = format!("testsrc2=size=1280x720:rate=25:duration={FILM},noise=alls=40:allf=t");
    let tone = format!("sine=frequency=440:duration={FILM}");
    let codecs = ["-c:v", "mpeg4", "-b:v", "8M", "-c:a", "aac", "-b:a", "128k", "-shortest"];
    ffmpeg(&[&["-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &tone], &codecs[..]].concat(), &film)?;
    let wanted = size << 20;
    // It is played once more than it is repeated; one more makes up for what the index shrinks.
    let repeats = (wanted / film.metadata()?.len().max(1) + 1).to_string();
    let film_name = film.display().to_string();
    let (behind, front) = (folder.join("behind.mp4"), folder.join("front.mp4"));
    ffmpeg(&["-stream_loop", &repeats, "-i", &film_name, "-c", "copy"], &behind)?;
    let behind_name = behind.display().to_string();
    ffmpeg(&["-i", &behind_name, "-map", "0", "-c", "copy", "-movflags", "+faststart"], &front)?;
    std::fs::remove_file(film)?;
    for path in [&behind, &front] {
        if path.metadata()?.len() < wanted {
            bail!("{} is smaller than {size} MiB", path.display());
        }
    }
    if index_is_first(&behind)? || !index_is_first(&front)? {
        bail!("FFmpeg put the index elsewhere");
    }
    Ok((behind, front))
}

/// Whether `moov` stands before `mdat`.
fn index_is_first(path: &Path) -> Result<bool> {
    let mut file = std::fs::File::open(path)?;
    let map = biaoshi::inspect_source(&mut file, None, &biaoshi::Limits::default())?;
    let first = |kind: &str| map.segments.iter().filter(|s| s.name.contains(kind)).map(|s| s.offset).min();
    Ok(first("moov") < first("mdat"))
}

/// The bases of these formats that we label, and the picture of the demo.
pub fn seeds(formats: &[&str]) -> Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for format in formats {
        if *format == "jpeg" {
            out.push(root().join("examples/harbour.jpg"));
            continue;
        }
        let folder = root().join("xtask/bases").join(format);
        let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
        let paths = entries.map(|e| Ok(e?.path())).collect::<Result<Vec<_>>>()?;
        out.extend(paths.into_iter().filter(|p| p.file_stem().is_some_and(|s| s.to_string_lossy().ends_with("-ok"))));
    }
    out.sort();
    Ok(out)
}

/// `number` files in a folder, taken from the seeds in turn.
pub fn copies(seeds: &[PathBuf], folder: &Path, number: usize) -> Result<Vec<PathBuf>> {
    if seeds.is_empty() {
        bail!("no small file that every tool labels");
    }
    std::fs::create_dir_all(folder)?;
    let copy = |(index, seed): (usize, &PathBuf)| {
        let path = folder.join(format!("{index:05}.{}", ending(seed)));
        std::fs::copy(seed, &path)?;
        Ok(path)
    };
    seeds.iter().cycle().take(number).enumerate().map(copy).collect()
}

/// `number` of the files, evenly.
pub fn spread(files: &[PathBuf], number: usize) -> Vec<PathBuf> {
    (0..number.min(files.len())).filter_map(|i| files.get(i * files.len() / number)).cloned().collect()
}

/// How many files of each ending there are.
pub fn kinds(files: &[PathBuf]) -> String {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    for path in files {
        *count.entry(ending(path)).or_default() += 1;
    }
    count.iter().map(|(ending, n)| format!("{n} {ending}")).collect::<Vec<_>>().join(", ")
}
