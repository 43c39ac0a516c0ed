//! Recordings read, and spoiled, by `ffmpeg`.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Result;

/// Extensions that are looked at.
const KINDS: [&str; 10] = ["wav", "ogg", "oga", "mp3", "opus", "flac", "au", "spx", "m4a", "aac"];

/// The recordings in a folder and the folders in it, in order.
pub(crate) fn recordings(folder: &Path) -> Result<Vec<PathBuf>> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))? {
            let entry = entry?;
            let kind = entry.path().extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if KINDS.contains(&kind.as_str()) {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The samples of a recording in stereo at `rate`, block by block; what cannot be decoded is silent.
pub(crate) fn decode(file: &Path, rate: u32, options: &[&str], mut block: impl FnMut(&[f32])) -> Result<()> {
    let mut child = Command::new("ffmpeg")
        .args(["-v", "quiet", "-nostdin", "-i"])
        .arg(file)
        .args(["-vn", "-ac", "2", "-ar", &rate.to_string()])
        .args(options)
        .args(["-f", "f32le", "-"])
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|e| format!("ffmpeg: {e}"))?;
    let mut pipe = child.stdout.take().ok_or("no pipe")?;
    let mut bytes = vec![0; 1 << 18];
    loop {
        let mut filled = 0;
        while filled < bytes.len() {
            match pipe.read(&mut bytes[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        let samples: Vec<f32> =
            bytes[..filled].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        block(&samples);
        if filled < bytes.len() {
            break;
        }
    }
    child.wait()?;
    Ok(())
}

/// The samples after `ffmpeg` coded them by these options into a file of this extension.
pub(crate) fn coded(samples: &[f32], rate: u32, options: &[&str], kind: &str, back: u32) -> Result<Vec<f32>> {
    let folder = tempfile::tempdir()?;
    let (raw, file) = (folder.path().join("raw"), folder.path().join("coded").with_extension(kind));
    std::fs::write(&raw, samples.iter().flat_map(|s| s.to_le_bytes()).collect::<Vec<u8>>())?;
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-nostdin", "-f", "f32le", "-ac", "2", "-ar", &rate.to_string(), "-i"])
        .arg(&raw)
        .args(options)
        .arg(&file)
        .status()
        .map_err(|e| format!("ffmpeg: {e}"))?;
    if !status.success() {
        return Err(format!("ffmpeg {options:?}: {status}").into());
    }
    let mut out = Vec::new();
    decode(&file, back, &[], |block| out.extend_from_slice(block))?;
    Ok(out)
}
