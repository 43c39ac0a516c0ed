//! Notices in films: `biaoshi label` against FFmpeg's `drawtext` doing the same overlay.
//!
//! FFmpeg encodes the film anew as a whole, at the settings that the film was made with. The notice of
//! `biaoshi` stands at the start, where only the first pictures are encoded anew, or throughout. Both
//! draw the same words with the same font, about as large, in the same corner, on a plate as dark, and
//! for as long.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use super::{CODE, Tools, fresh, median, processor, quiet};
use crate::run::root;

const CODER: [&str; 8] = ["-c:v", "libx264", "-preset", "medium", "-crf", "23", "-pix_fmt", "yuv420p"];
const FONT: &str = "core/assets/font/BiaoshiSans.otf";

#[derive(Debug, Clone, Copy)]
enum Way {
    Start,
    Throughout,
    DrawtextStart,
    DrawtextThroughout,
}

const WAYS: [Way; 4] = [Way::Start, Way::Throughout, Way::DrawtextStart, Way::DrawtextThroughout];

impl Way {
    const fn name(self) -> &'static str {
        match self {
            Self::Start => "biaoshi label (notice at the start)",
            Self::Throughout => "biaoshi label --notice-seconds all",
            Self::DrawtextStart => "ffmpeg drawtext with a box, first 3 s",
            Self::DrawtextThroughout => "ffmpeg drawtext with a box, throughout",
        }
    }

    fn command(self, tools: &Tools, from: &Path, to: &Path) -> Command {
        let drawtext = |until: &str| {
            // 720 lines: ink of 36 pixels, the plate 18 pixels wider, as `biaoshi` draws it.
            let text = format!(
                "drawtext=fontfile={FONT}:text='AI生成':fontsize=h*0.055:x=w-tw-40:y=h-th-40:fontcolor=white:\
                 box=1:boxcolor=black@0.84:boxborderw=18{until}"
            );
            let mut command = Command::new("ffmpeg");
            // The font is named from here: a whole path may hold what drawtext takes for its own.
            command.current_dir(root());
            command.args(["-nostdin", "-v", "error", "-y", "-i"]).arg(from).args(["-vf", &text]);
            command.args(CODER).args(["-c:a", "copy"]).arg(to);
            command
        };
        let label = |more: &[&str]| {
            let mut command = Command::new(&tools.biaoshi);
            command.arg("label").arg(from).arg("-o").arg(to).args(["--producer", CODE, "--json"]).args(more);
            command
        };
        match self {
            Self::Start => label(&[]),
            Self::Throughout => label(&["--notice-seconds", "all"]),
            Self::DrawtextStart => drawtext(":enable='lt(t,3)'"),
            Self::DrawtextThroughout => drawtext(""),
        }
    }
}

/// A film with movement, noise and sound.
fn film(folder: &Path, seconds: usize) -> Result<PathBuf> {
    let path = folder.join("film.mp4");
    let picture = format!("testsrc2=size=1280x720:rate=25:duration={seconds},noise=alls=8:allf=t");
    let sound = format!("sine=frequency=440:duration={seconds}");
    let mut command = Command::new("ffmpeg");
    command.args(["-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", &picture, "-f", "lavfi", "-i", &sound]);
    quiet(command.args(CODER).args(["-c:a", "aac"]).arg(&path))?;
    Ok(path)
}

/// Measures `rounds` times behind one round that warms, the tools in turn.
pub fn run(tools: &Tools, seconds: usize, rounds: usize, folder: &Path) -> Result<String> {
    if seconds < 10 {
        bail!("a film of at least 10 seconds");
    }
    let folder = folder.join("films");
    fresh(&folder)?;
    let film = film(&folder, seconds)?;
    let mut took: [Vec<(f64, f64)>; 4] = Default::default();
    for round in 0..=rounds {
        for (way, list) in WAYS.into_iter().zip(&mut took) {
            let to = folder.join("out.mp4");
            if to.exists() {
                std::fs::remove_file(&to)?;
            }
            let (start, before) = (Instant::now(), processor());
            quiet(&mut way.command(tools, &film, &to))?;
            if round > 0 {
                list.push((start.elapsed().as_secs_f64(), processor() - before));
            }
        }
    }
    let minutes = seconds as f64 / 60.0;
    let of = |list: &[(f64, f64)]| {
        let wall: Vec<f64> = list.iter().map(|(wall, _)| *wall).collect();
        let work: Vec<f64> = list.iter().map(|(_, work)| *work).collect();
        (median(&wall) / minutes, median(&work) / minutes)
    };
    let base = of(&took[2]);
    let mut out = format!(
        "film of {seconds} s, 1280x720, H.264, {} bytes; median of {rounds} rounds, tools in turn\n\n\
         | tool | seconds a minute of film | processor | over drawtext: time | processor |\n| --- | --- | --- | --- | --- |\n",
        film.metadata()?.len(),
    );
    for (way, list) in WAYS.into_iter().zip(&took) {
        let (wall, work) = of(list);
        let row = format!("| {} | {wall:.2} | {work:.2} | {:.2} | {:.2} |\n", way.name(), wall / base.0, work / base.1);
        out.push_str(&row);
    }
    Ok(out)
}
