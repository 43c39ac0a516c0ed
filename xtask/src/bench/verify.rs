//! Reading many small files: `biaoshi verify` against ExifTool and the C2PA library from Python.
//!
//! The tools do not do the same: ExifTool lists metadata and judges nothing; the C2PA library
//! validates manifests and knows no other label. They are what one would put together otherwise.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use super::{Tools, fresh, inputs, median, quiet};
use crate::run::root;
use crate::setup;

/// Reads the manifest of every file of a folder, in as many processes as there are processors.
const C2PA: &str = "
import concurrent.futures, os, pathlib, sys
import c2pa
def one(path):
    try:
        with c2pa.Reader(str(path)) as reader:
            return len(reader.json())
    except Exception:
        return 0
if __name__ == '__main__':
    paths = sorted(pathlib.Path(sys.argv[1]).iterdir())
    with concurrent.futures.ProcessPoolExecutor(os.cpu_count()) as pool:
        print(sum(1 for n in pool.map(one, paths, chunksize=64) if n), 'manifests')
";

/// The files of the vectors that a reader can make something of, the smallest of each folder first.
fn seeds() -> Result<Vec<std::path::PathBuf>> {
    let mut out = Vec::new();
    let mut folders = vec![root().join("test-vectors")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_dir() {
                folders.push(path);
            } else if !folder.ends_with("hostile") && !name.ends_with("vectors.json") && name.contains('.') {
                out.push(path);
            }
        }
    }
    out.retain(|path| path.metadata().is_ok_and(|m| m.len() <= 200 << 10));
    out.retain(|path| !path.parent().is_some_and(|p| p.ends_with("test-vectors") || p.ends_with("schema")));
    out.sort();
    Ok(out)
}

fn timed(command: &mut Command) -> Result<f64> {
    let start = Instant::now();
    quiet(command)?;
    Ok(start.elapsed().as_secs_f64())
}

/// Measures `rounds` times behind one round that warms, the tools in turn.
pub fn run(tools: &Tools, files: usize, rounds: usize, folder: &Path) -> Result<String> {
    let many = folder.join("many");
    fresh(&many)?;
    let seeds = seeds()?;
    if seeds.len() < 100 {
        bail!("too few vectors");
    }
    let copies = inputs::copies(&seeds, &many, files)?;
    let bytes: u64 = copies.iter().filter_map(|p| p.metadata().ok()).map(|m| m.len()).sum();
    let python = setup::setup()?.python;
    let script = folder.join("c2pa_reader.py");
    std::fs::write(&script, C2PA)?;
    let mut took: [Vec<f64>; 3] = Default::default();
    for round in 0..=rounds {
        let mut biaoshi = Command::new(&tools.biaoshi);
        // Its exit status says what the files are, not whether they were read.
        biaoshi.arg("verify").arg(&many).arg("--json").stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = biaoshi.status()?;
        let ours = start.elapsed().as_secs_f64();
        if !matches!(status.code(), Some(0..=3)) {
            bail!("biaoshi verify: {status}");
        }
        let (program, first) = tools.exiftool.split_first().context("no ExifTool")?;
        let mut exiftool = Command::new(program);
        exiftool.args(first).args(["-r", "-j", "-q", "-q"]).arg(&many).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        // ExifTool answers 1 where a file is damaged.
        exiftool.status()?;
        let theirs = start.elapsed().as_secs_f64();
        let mut reader = Command::new(&python);
        reader.arg(&script).arg(&many).stdout(Stdio::null()).stderr(Stdio::null());
        let library = timed(&mut reader)?;
        if round > 0 {
            for (list, seconds) in took.iter_mut().zip([ours, theirs, library]) {
                list.push(seconds);
            }
        }
    }
    let [ours, theirs, library] = took.map(|list| median(&list));
    let minute = |seconds: f64| copies.len() as f64 / seconds * 60.0;
    let mut out = format!(
        "{} files, {bytes} bytes ({}); median of {rounds} rounds, tools in turn\n\n\
         | tool | seconds | files a minute | time over `biaoshi verify` |\n| --- | --- | --- | --- |\n",
        copies.len(),
        inputs::kinds(&copies),
    );
    for (name, seconds) in [
        ("biaoshi verify DIR --json", ours),
        ("exiftool -r -j", theirs),
        ("c2pa-python Reader, one process for each processor", library),
    ] {
        out.push_str(&format!("| {name} | {seconds:.2} | {:.0} | {:.2} |\n", minute(seconds), seconds / ours));
    }
    Ok(out)
}
