//! The main job on a picture of this repository, with the command as a user would call it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run::{cargo, root, run, show, target};

struct Demo {
    binary: PathBuf,
    folder: PathBuf,
}

impl Demo {
    /// Shows and runs one call of the command; `expected` is the exit status that it promises.
    fn step(&self, title: &str, expected: i32, args: &[&str]) -> Result<()> {
        let mut command = Command::new(&self.binary);
        command.args(args).current_dir(&self.folder);
        let line = show(&command);
        let line = line.strip_prefix(&show(&Command::new(&self.binary))).unwrap_or(&line).to_owned();
        println!("\n── {title}\n$ biaoshi{line}");
        let status = command.status().with_context(|| format!("cannot start {}", self.binary.display()))?;
        if status.code() != Some(expected) {
            bail!("expected exit status {expected}, got {status}");
        }
        Ok(())
    }
}

/// Inverts one byte in the middle of the picture data.
fn tamper(from: &Path, to: &Path) -> Result<()> {
    let mut bytes = std::fs::read(from)?;
    let inspection = biaoshi::inspect(&bytes)?;
    let part = inspection
        .segments
        .iter()
        .filter(|s| s.essence)
        .max_by_key(|s| s.length)
        .context("the picture has no picture data")?;
    let at = usize::try_from(part.offset + part.length / 2)?;
    let byte = bytes.get_mut(at).context("offset outside the file")?;
    *byte ^= 0x01;
    std::fs::write(to, bytes)?;
    Ok(())
}

/// Builds `biaoshi`.
pub fn build_command() -> Result<()> {
    run(cargo().args(["build", "--quiet", "--locked", "--ignore-rust-version", "--package", "biaoshi-cli"]))
}

pub fn demo() -> Result<()> {
    println!("Building the command …");
    build_command()?;
    let folder = target().join("biaoshi-demo");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let binary = target().canonicalize()?.join("debug").join(format!("biaoshi{}", std::env::consts::EXE_SUFFIX));
    let demo = Demo { binary, folder: folder.clone() };
    std::fs::copy(root().join("examples/harbour.jpg"), folder.join("original.jpg"))?;

    demo.step(
        "1. A private identity for signing",
        0,
        &["keygen", "--out", "identity", "--organization", "Biaoshi demo", "--name", "Demo signer"],
    )?;
    demo.step(
        "2. Label the picture: visible notice, metadata, signed manifest",
        0,
        &[
            "label",
            "original.jpg",
            "-o",
            "labelled.jpg",
            "--producer",
            "001191110102MACQD9K64010000",
            "--system",
            "Demo model",
            "--notice-language",
            "zh-Hans",
            "--notice-language",
            "en",
            "--sign",
            "identity",
        ],
    )?;
    demo.step("3. Verify the labelled picture", 0, &["verify", "labelled.jpg", "--trust", "identity"])?;
    demo.step("4. Verify the untouched original", 1, &["verify", "original.jpg", "--trust", "identity"])?;
    tamper(&folder.join("labelled.jpg"), &folder.join("tampered.jpg"))?;
    demo.step(
        "5. Verify a copy with one bit of the picture changed",
        3,
        &["verify", "tampered.jpg", "--trust", "identity"],
    )?;

    println!("\nThe files are in {}", folder.display());
    for name in ["original.jpg", "labelled.jpg", "tampered.jpg", "identity"] {
        println!("  {name}");
    }
    Ok(())
}
