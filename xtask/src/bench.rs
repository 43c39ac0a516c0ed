//! Metadata-only labelling against ExifTool, FFmpeg and plain copies, as ratios in one run.
//!
//! Every tool does the same job: a copy of the file with the same label in its metadata. The tools
//! take turns, so that what else the machine does meets all of them. Outputs are read back after
//! each measurement; one without the label ends the run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;

use crate::run::{cargo, output, root, run, target};
use crate::setup;

mod inputs;
mod verify;
mod video;

const CODE: &str = "001191110102MACQD9K64010000";
const ID: &str = "bench-0001";
const MIB: f64 = 1048576.0;

/// How much is measured.
struct Plan {
    /// Rounds that count, behind one that warms.
    rounds: usize,
    /// Size of the large file, at least, in MiB.
    size: u64,
    /// Number of small files.
    small: usize,
    /// Of these, how many where each file has a process of its own.
    starts: usize,
    /// Small files to verify; then nothing is labelled.
    verify: Option<usize>,
    /// Seconds of the film that gets notices; then nothing else is measured.
    video: Option<usize>,
    /// Where the numbers go as JSON.
    json: Option<PathBuf>,
}

impl Plan {
    fn parse(args: &[String]) -> Result<Self> {
        let mut plan = Self { rounds: 5, size: 1024, small: 1000, starts: 1000, verify: None, video: None, json: None };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut number =
                || args.next().and_then(|n| n.parse().ok()).with_context(|| format!("{arg} needs a number"));
            match arg.as_str() {
                "--rounds" => plan.rounds = number()?,
                "--size" => plan.size = number()? as u64,
                "--small" => plan.small = number()?,
                "--starts" => plan.starts = number()?,
                "--verify" => plan.verify = Some(number()?),
                "--video" => plan.video = Some(number()?),
                _ => bail!(
                    "unknown: {arg}; known: --json FILE, --rounds N, --size MIB, --small N, --starts N, --verify N, --video SECONDS"
                ),
            }
        }
        if plan.rounds == 0 || plan.size == 0 || plan.small == 0 {
            bail!("nothing to measure");
        }
        plan.starts = plan.starts.min(plan.small);
        Ok(plan)
    }
}

/// What the tools are called with.
struct Tools {
    biaoshi: PathBuf,
    exiftool: Vec<String>,
}

/// One way to do the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tool {
    Biaoshi,
    Cp,
    /// `cp`, and then waiting until the bytes are on the disk, as `biaoshi` does.
    CpSync,
    Ffmpeg,
    /// With the index in front, which costs FFmpeg a second pass.
    FfmpegFront,
    Exiftool,
    /// All files in one process.
    ExiftoolMany,
    CpMany,
}

impl Tool {
    const fn name(self) -> &'static str {
        match self {
            Self::Biaoshi => "biaoshi label",
            Self::Cp => "cp",
            Self::CpSync => "cp, then sync",
            Self::Ffmpeg => "ffmpeg -c copy",
            Self::FfmpegFront => "ffmpeg -c copy -movflags +faststart",
            Self::Exiftool => "exiftool -o",
            Self::ExiftoolMany => "exiftool -o, one process",
            Self::CpMany => "cp, one process",
        }
    }

    /// Whether its output has a label.
    const fn labels(self) -> bool {
        !matches!(self, Self::Cp | Self::CpSync | Self::CpMany)
    }

    const fn many(self) -> bool {
        matches!(self, Self::ExiftoolMany | Self::CpMany)
    }
}

/// The label as the standard writes it.
fn value() -> String {
    format!(
        "{{\"Label\":\"1\",\"ContentProducer\":\"{CODE}\",\"ProduceID\":\"{ID}\",\"ReservedCode1\":\"\",\
         \"ContentPropagator\":\"{CODE}\",\"PropagateID\":\"{ID}\",\"ReservedCode2\":\"\"}}"
    )
}

impl Tools {
    fn exiftool(&self) -> Result<Command> {
        let (program, first) = self.exiftool.split_first().context("no ExifTool")?;
        let mut command = Command::new(program);
        command.args(first).arg("-config").arg(root().join("tests/oracles/exiftool.config"));
        command.args(["-q", "-q", "-charset", "filename=utf8", "-api", "LargeFileSupport=1"]);
        command.arg(format!("-XMP-TC260:AIGC={}", value()));
        Ok(command)
    }

    /// What does the job for one file.
    fn one(&self, tool: Tool, from: &Path, to: &Path) -> Result<Command> {
        let command = match tool {
            Tool::Biaoshi => {
                let mut command = Command::new(&self.biaoshi);
                command.arg("label").arg(from).arg("-o").arg(to).args(["--producer", CODE, "--id", ID]);
                command.args(["--explicit", "none", "--reason", "benchmark of the metadata", "--json"]);
                command
            }
            Tool::Ffmpeg | Tool::FfmpegFront => {
                let flags = if tool == Tool::Ffmpeg { "use_metadata_tags" } else { "use_metadata_tags+faststart" };
                let mut command = Command::new("ffmpeg");
                command.args(["-nostdin", "-v", "error", "-y", "-i"]).arg(from);
                command.args(["-map", "0", "-map_metadata", "0", "-c", "copy"]);
                if matches!(ending(from), "mp4" | "mov" | "m4a" | "3gp") {
                    command.args(["-movflags", flags]);
                }
                command.arg("-metadata").arg(format!("AIGC={}", value())).arg(to);
                command
            }
            Tool::Exiftool | Tool::ExiftoolMany => {
                let mut command = self.exiftool()?;
                command.arg("-o").arg(to).arg("--").arg(from);
                command
            }
            Tool::Cp | Tool::CpSync | Tool::CpMany => {
                let mut command = Command::new("cp");
                command.arg(from).arg(to);
                command
            }
        };
        Ok(command)
    }

    /// What does the job for all files of a folder.
    fn many(&self, tool: Tool, from: &[PathBuf], to: &Path) -> Result<Command> {
        let mut command = if tool == Tool::CpMany { Command::new("cp") } else { self.exiftool()? };
        if tool == Tool::ExiftoolMany {
            command.arg("-o").arg(format!("{}/", to.display())).arg("--").args(from);
        } else {
            command.args(from).arg(to);
        }
        Ok(command)
    }

    /// What the job takes; the outputs stay.
    fn time(&self, tool: Tool, from: &[PathBuf], to: &Path) -> Result<Took> {
        fresh(to)?;
        // What was written before must not be written during this measurement.
        run(&mut Command::new("sync"))?;
        let pairs = from.iter().map(|path| Ok((path, to.join(path.file_name().context("no name")?))));
        let pairs = pairs.collect::<Result<Vec<_>>>()?;
        let (start, before) = (Instant::now(), processor());
        if tool.many() {
            quiet(&mut self.many(tool, from, to)?)?;
        } else {
            for (from, to) in &pairs {
                quiet(&mut self.one(tool, from, to)?)?;
                if tool == Tool::CpSync {
                    quiet(Command::new("sync").arg(to))?;
                }
            }
        }
        let took = Took { seconds: start.elapsed().as_secs_f64(), cpu: processor() - before };
        let outputs: Vec<_> = pairs.into_iter().map(|(_, to)| to).collect();
        if tool.labels() {
            self.check(tool, &outputs)?;
        }
        Ok(took)
    }

    /// Every output has the label; else the comparison is void.
    fn check(&self, tool: Tool, outputs: &[PathBuf]) -> Result<()> {
        for some in outputs.chunks(200) {
            let found = Command::new(&self.biaoshi).args(["verify", "--json"]).args(some).output()?;
            let found = String::from_utf8_lossy(&found.stdout).into_owned();
            let labelled = found.lines().filter(|line| is_labelled(line)).count();
            if labelled != some.len() {
                bail!("{}: {labelled} of {} outputs have the label: void", tool.name(), some.len());
            }
        }
        Ok(())
    }

    /// Whether each of the tools can do the job for a file.
    fn all_can(&self, tools: &[Tool], from: &Path, folder: &Path) -> Result<bool> {
        for tool in tools {
            fresh(folder)?;
            let to = folder.join(from.file_name().context("no name")?);
            let done = quiet(&mut self.one(*tool, from, &to)?).is_ok();
            if !done || !to.is_file() || (tool.labels() && self.check(*tool, &[to]).is_err()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a report of `biaoshi verify --json` has our label.
fn is_labelled(line: &str) -> bool {
    let report: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
    let evidence = report.get("evidence").and_then(|found| found.as_array());
    evidence.into_iter().flatten().any(|e| e.pointer("/label/produce_id").is_some_and(|id| id == ID))
}

fn ending(path: &Path) -> &str {
    path.extension().and_then(|e| e.to_str()).unwrap_or_default()
}

/// Makes an empty folder.
fn fresh(folder: &Path) -> Result<()> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    Ok(std::fs::create_dir_all(folder)?)
}

fn quiet(command: &mut Command) -> Result<()> {
    output(command.stdin(Stdio::null())).map(drop)
}

/// How long a job took.
#[derive(Debug, Clone, Copy)]
struct Took {
    seconds: f64,
    /// Seconds of the processor in the programs that were called, which other load hardly changes.
    cpu: f64,
}

/// Seconds of the processor that ended child processes took, to 10 ms; 0 where the system has no
/// `/proc`.
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Behind the name in brackets, which may hold blanks: fields 16 and 17 of proc(5), in ticks.
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(13).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The same files, done by several tools.
struct Job {
    name: String,
    files: Vec<PathBuf>,
    tools: Vec<Tool>,
}

/// What one tool took for one job.
#[derive(Debug, Serialize)]
struct Row {
    job: String,
    tool: &'static str,
    files: usize,
    bytes: u64,
    /// Of each round that counts.
    seconds: Vec<f64>,
    median: f64,
    cpu: Vec<f64>,
    cpu_median: f64,
    /// Median over that of `biaoshi label`: above 1, it takes longer than we.
    ratio: f64,
    /// The same of the processor's seconds.
    cpu_ratio: f64,
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle), sorted.get(middle.saturating_sub(1))) {
        (Some(high), Some(low)) if sorted.len().is_multiple_of(2) => f64::midpoint(*high, *low),
        (Some(one), _) => *one,
        _ => 0.0,
    }
}

fn measure(tools: &Tools, job: &Job, rounds: usize, folder: &Path) -> Result<Vec<Row>> {
    let mut took: BTreeMap<usize, Vec<Took>> = BTreeMap::new();
    for round in 0..=rounds {
        for turn in 0..job.tools.len() {
            // Another one begins each round.
            let index = (turn + round) % job.tools.len();
            let Some(tool) = job.tools.get(index) else { continue };
            let one = tools.time(*tool, &job.files, folder)?;
            eprintln!("{}, round {round}: {} {:.2} s", job.name, tool.name(), one.seconds);
            if round > 0 {
                took.entry(index).or_default().push(one);
            }
        }
    }
    fresh(folder)?;
    let bytes = job.files.iter().map(|path| path.metadata().map_or(0, |m| m.len())).sum();
    let row = |(index, all): (usize, Vec<Took>)| {
        let seconds: Vec<_> = all.iter().map(|one| one.seconds).collect();
        let cpu: Vec<_> = all.iter().map(|one| one.cpu).collect();
        Some(Row {
            job: job.name.clone(),
            tool: job.tools.get(index)?.name(),
            files: job.files.len(),
            bytes,
            median: median(&seconds),
            cpu_median: median(&cpu),
            seconds,
            cpu,
            ratio: 1.0,
            cpu_ratio: 1.0,
        })
    };
    let mut rows: Vec<_> = took.into_iter().filter_map(row).collect();
    let ours = rows.iter().find(|row| row.tool == Tool::Biaoshi.name()).map(|row| (row.median, row.cpu_median));
    let (median, cpu) = ours.context("biaoshi was not measured")?;
    for row in &mut rows {
        row.ratio = row.median / median;
        row.cpu_ratio = row.cpu_median / cpu.max(0.01);
    }
    Ok(rows)
}

pub fn bench(args: &[String]) -> Result<()> {
    let plan = Plan::parse(args)?;
    let exiftool = setup::comparisons()?;
    run(cargo().args([
        "build",
        "--quiet",
        "--locked",
        "--ignore-rust-version",
        "--release",
        "--package",
        "biaoshi-cli",
    ]))?;
    let binary = format!("biaoshi{}", std::env::consts::EXE_SUFFIX);
    let tools = Tools { biaoshi: target().canonicalize()?.join("release").join(binary), exiftool };
    let folder = target().canonicalize()?.join("biaoshi-bench");
    fresh(&folder)?;
    if let Some(files) = plan.verify {
        println!("{}", versions(&tools)?);
        print!("{}", verify::run(&tools, files, plan.rounds, &folder)?);
        return Ok(std::fs::remove_dir_all(&folder)?);
    }
    if let Some(seconds) = plan.video {
        println!("{}", versions(&tools)?);
        print!("{}", video::run(&tools, seconds, plan.rounds, &folder)?);
        return Ok(std::fs::remove_dir_all(&folder)?);
    }
    let mut rows = Vec::new();
    for job in jobs(&tools, &plan, &folder)? {
        rows.extend(measure(&tools, &job, plan.rounds, &folder.join("out"))?);
    }
    if let Some(path) = &plan.json {
        std::fs::write(path, serde_json::to_vec_pretty(&rows)?)?;
    }
    print!("{}", table(&rows, &plan, &versions(&tools)?));
    Ok(std::fs::remove_dir_all(&folder)?)
}

fn jobs(tools: &Tools, plan: &Plan, folder: &Path) -> Result<Vec<Job>> {
    use Tool::{Biaoshi, Cp, CpMany, CpSync, Exiftool, ExiftoolMany, Ffmpeg, FfmpegFront};
    let mut out = Vec::new();
    let (behind, front) = inputs::movies(folder, plan.size)?;
    let movie = |name: &str, path: PathBuf, tools: &[Tool]| Job {
        name: format!("{} MiB MP4, {name}", plan.size),
        files: vec![path],
        tools: tools.to_vec(),
    };
    out.push(movie("moov behind mdat", behind, &[Biaoshi, Cp, CpSync, Ffmpeg, Exiftool]));
    out.push(movie("moov before mdat", front, &[Biaoshi, Cp, CpSync, Ffmpeg, FfmpegFront, Exiftool]));
    for (other, many, formats) in [(Exiftool, Some(ExiftoolMany), inputs::EXIFTOOL), (Ffmpeg, None, inputs::FFMPEG)] {
        let seeds = inputs::seeds(formats)?;
        let mut usable = Vec::new();
        for seed in seeds {
            if tools.all_can(&[Biaoshi, other], &seed, &folder.join("out"))? {
                usable.push(seed);
            }
        }
        let name = format!("small-{}", other.name().split(' ').next().unwrap_or_default());
        let files = inputs::copies(&usable, &folder.join(name), plan.small)?;
        let starts: Vec<_> = inputs::spread(&files, plan.starts);
        out.push(Job {
            name: format!("{} small files ({}), a process for each", starts.len(), inputs::kinds(&starts)),
            files: starts,
            tools: vec![Biaoshi, Cp, other],
        });
        if let Some(many) = many {
            let kinds = inputs::kinds(&files);
            let name = format!("{} small files ({kinds}), one process where the tool can", files.len());
            out.push(Job { name, files, tools: vec![Biaoshi, CpMany, many] });
        }
    }
    Ok(out)
}

fn versions(tools: &Tools) -> Result<String> {
    let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
    let (program, args) = tools.exiftool.split_first().context("no ExifTool")?;
    let exiftool = first(output(Command::new(program).args(args).arg("-ver"))?);
    let ffmpeg = first(output(Command::new("ffmpeg").arg("-version"))?);
    let biaoshi = first(output(Command::new(&tools.biaoshi).arg("--version"))?);
    let ffmpeg = ffmpeg.split(" Copyright").next().unwrap_or_default().to_owned();
    Ok(format!("{biaoshi} (release), exiftool {exiftool}, {ffmpeg}"))
}

fn table(rows: &[Row], plan: &Plan, versions: &str) -> String {
    let mut out = format!(
        "{versions}\nmedians of {} rounds after one that warms; tools take turns; all outputs that are labelled were \
         read back and have the label\n",
        plan.rounds
    );
    let mut job = "";
    for row in rows {
        if row.job != job {
            job = &row.job;
            out.push_str(&format!("\n{job} ({:.1} MiB)\n", row.bytes as f64 / MIB));
            out.push_str(&format!(
                "  {:<36} {:>9} {:>17} {:>7} {:>8} {:>7} {:>8} {:>9}\n",
                "tool", "median s", "from..to s", "MiB/s", "files/s", "ratio", "CPU s", "CPU ratio"
            ));
        }
        let low = row.seconds.iter().copied().fold(f64::INFINITY, f64::min);
        let high = row.seconds.iter().copied().fold(0.0, f64::max);
        out.push_str(&format!(
            "  {:<36} {:>9.3} {:>17} {:>7.0} {:>8.1} {:>7.2} {:>8.2} {:>9.2}\n",
            row.tool,
            row.median,
            format!("{low:.3}..{high:.3}"),
            row.bytes as f64 / MIB / row.median,
            row.files as f64 / row.median,
            row.ratio,
            row.cpu_median,
            row.cpu_ratio
        ));
    }
    out.push_str(
        "\nratio: time of the tool over that of biaoshi label in this run; above 1, the tool takes longer. CPU: the \
         same of the processor's time. Seconds are of this machine and its load; ratios compare.\nbiaoshi also reads its output back, hashes it (SHA-256 in the \
         receipt) and waits until it is on the disk; of the others, only `cp, then sync` waits.\n",
    );
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn only_our_label_counts() {
        let report = |id: &str| format!(r#"{{"evidence":[{{"carrier":"x"}},{{"label":{{"produce_id":"{id}"}}}}]}}"#);
        assert!(is_labelled(&report(ID)));
        assert!(!is_labelled(&report("another")));
        assert!(!is_labelled("{}") && !is_labelled("not JSON"));
    }

    #[test]
    fn plans_are_read() {
        let plan = |args: &[&str]| Plan::parse(&args.iter().map(|a| (*a).to_owned()).collect::<Vec<_>>());
        let found = plan(&["--rounds", "7", "--starts", "5000"]).unwrap();
        assert_eq!((found.rounds, found.starts, found.small), (7, 1000, 1000));
        assert!(
            plan(&["--rounds"]).is_err()
                && plan(&["--json"]).is_err()
                && plan(&["--rounds", "0"]).is_err()
                && plan(&["-x"]).is_err()
        );
    }
}
