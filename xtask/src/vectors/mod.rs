//! Writes `test-vectors/` from code: no clock, no randomness, the same bytes each time.
//!
//! What is expected comes from the real code and was reviewed entry by entry; `--check` shows
//! whether the code still answers the same.

use std::path::Path;

use anyhow::{Context as _, Result, bail};
use serde_json::json;

use crate::run::root;
use suite::{Files, put, sha256, text};

mod bytes;
mod carriers;
mod crooked;
mod decide;
mod docs;
mod formats;
mod hostile;
mod labels;
mod manifests;
mod notices;
#[path = "../../../core/tests/vectors/recipe.rs"]
mod recipe;
#[path = "../../../core/tests/vectors/run.rs"]
mod run;
mod sealed;
mod signed;
mod suite;
mod verdict;
mod watermarks;
mod wild;

/// Version of the vectors; entries never change their meaning within one.
const VERSION: &str = "0.1.0";

pub fn vectors(check: bool) -> Result<()> {
    let wanted = build();
    let folder = root().join("test-vectors");
    let mut there = Vec::new();
    list(&folder, "", &mut there)?;
    let mut stale: Vec<String> = there.into_iter().filter(|path| !wanted.contains_key(path)).collect();
    if !check {
        for path in &stale {
            std::fs::remove_file(folder.join(path)).with_context(|| path.clone())?;
        }
        for (path, bytes) in &wanted {
            let target = folder.join(path);
            if std::fs::read(&target).ok().as_ref() != Some(bytes) {
                if let Some(parent) = target.parent() {
                    std::fs::create_dir_all(parent)?;
                }
                std::fs::write(&target, bytes)?;
                println!("wrote test-vectors/{path}");
            }
        }
    } else {
        let differs = |path: &String| std::fs::read(folder.join(path)).ok().as_ref() != wanted.get(path);
        stale.extend(wanted.keys().filter(|path| differs(path)).cloned());
        if !stale.is_empty() {
            bail!("not current: {}; run `cargo xtask vectors`", stale.join(", "));
        }
    }
    let bytes: usize = wanted.values().map(Vec::len).sum();
    println!("vectors: {} tests, {} files, {bytes} bytes", count(&wanted), wanted.len());
    Ok(())
}

fn suites(files: &Files) -> Vec<(&String, serde_json::Value)> {
    files
        .iter()
        .filter(|(path, _)| path.ends_with(".json"))
        .filter_map(|(path, bytes)| Some((path, serde_json::from_slice::<serde_json::Value>(bytes).ok()?)))
        .filter(|(_, value)| value["schema"] == "vectors-1")
        .collect()
}

fn count(files: &Files) -> usize {
    suites(files).iter().filter_map(|(_, suite)| suite["tests"].as_array()).map(Vec::len).sum()
}

/// The variants of real products and what each gives, for `spec/wild.md`.
pub fn wild() -> Vec<[String; 4]> {
    wild::table(&build())
}

fn build() -> Files {
    let mut out = Files::new();
    labels::build(&mut out);
    manifests::build(&mut out);
    notices::build(&mut out);
    watermarks::build(&mut out);
    carriers::build(&mut out);
    verdict::build(&mut out);
    wild::build(&mut out);
    decide::build(&mut out);
    sealed::build(&mut out);
    wild::marks(&mut out);
    crooked::build(&mut out);
    hostile::build(&mut out);
    formats::build(&mut out);
    signed::build(&mut out);
    // Written by hand, half of it before the words that it tests.
    put(&mut out, "notices/words.json", include_bytes!("../../../test-vectors/notices/words.json").to_vec());
    docs::build(&mut out, VERSION);
    let suites: Vec<String> = suites(&out).into_iter().map(|(path, _)| path.clone()).collect();
    let files: Vec<_> =
        out.iter().map(|(path, bytes)| json!({ "path": path, "sha256": sha256(bytes), "size": bytes.len() })).collect();
    let manifest = json!({
        "version": VERSION, "made_by": "cargo xtask vectors", "suites": suites, "files": files,
    });
    put(&mut out, "MANIFEST.json", text(&manifest));
    out
}

/// Every file below `folder`, with `/` between names.
fn list(folder: &Path, prefix: &str, out: &mut Vec<String>) -> Result<()> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), out)?;
        } else {
            out.push(name);
        }
    }
    Ok(())
}
