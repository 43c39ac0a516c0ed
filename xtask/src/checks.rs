//! What must hold of the dependency tree and of the sources.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Result, bail};

use crate::run::{cargo, output, root};

/// Crates that speak HTTP or TLS, or bring OpenSSL: none may be in the tree of the library or of
/// the command.
const BANNED: &[&str] = &[
    "reqwest",
    "ureq",
    "hyper",
    "hyper-util",
    "isahc",
    "curl",
    "attohttpc",
    "minreq",
    "rustls",
    "native-tls",
    "openssl",
    "openssl-sys",
    "webpki-roots",
    "wasi-http-client",
    "wstd",
];

/// Builds that share the C2PA library with the tests of the whole workspace; which crates' own tests are in.
const SHARING: &[(&[&str], &str)] = &[
    (&["--package", "biaoshi-cli"], "normal,build"),
    (&["--package", "biaoshi-python"], "normal,build"),
    (&["--package", "xtask"], "normal,build"),
    (&["--package", "biaoshi-cli", "--package", "xtask"], "normal,build"),
    (&["--package", "biaoshi-cli"], "all"),
    (&["--package", "biaoshi", "--all-features"], "all"),
];

/// Most lines of a source file before it has to be split.
const LINES: usize = 600;

pub fn checks() -> Result<()> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock"))?;
    let c2pa: Vec<&str> = lock.split("[[package]]").filter(|p| p.contains("name = \"c2pa\"\n")).collect();
    if c2pa.len() != 1 || !c2pa.iter().all(|p| p.contains("version = \"0.91.9\"")) {
        bail!("Cargo.lock must hold c2pa 0.91.9 and no other version of it");
    }
    let tree = output(cargo().args([
        "tree",
        "--locked",
        "--edges",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--package",
        "biaoshi",
        "--package",
        "biaoshi-cli",
        "--package",
        "biaoshi-python",
        "--all-features",
    ]))?;
    let mut names: Vec<&str> = tree.lines().filter_map(|l| l.split_whitespace().next()).collect();
    names.sort_unstable();
    names.dedup();
    for banned in BANNED {
        if names.contains(banned) {
            bail!("{banned} is in the dependency tree: no network client and no OpenSSL may be");
        }
    }
    shared()?;
    let mut long = Vec::new();
    for folder in [
        "core/src",
        "core/tests",
        "core/benches",
        "cli/src",
        "cli/tests",
        "xtask/src",
        "bindings-python/src",
        "bindings-python/python",
        "bindings-python/tests",
    ] {
        walk(&root().join(folder), &mut |path| {
            if path.extension().is_some_and(|e| e == "rs" || e == "py") {
                let lines = std::fs::read_to_string(path)?.lines().count();
                if lines > LINES {
                    long.push(format!("{} ({lines})", path.display()));
                }
            }
            Ok(())
        })?;
    }
    if !long.is_empty() {
        bail!("source files over {LINES} lines: {}", long.join(", "));
    }
    println!("checks: c2pa 0.91.9, {} packages, no HTTP client, no OpenSSL, no file over {LINES} lines", names.len());
    Ok(())
}

/// Nothing below the C2PA library may have other features in one build than in another: it would be compiled
/// once more, for minutes. What differs is named in the root's `Cargo.toml`.
fn shared() -> Result<()> {
    let tree = |packages: &[&str], edges: &str| -> Result<BTreeSet<String>> {
        let form = ["tree", "--locked", "--prefix", "none", "--format", "{p} [{f}]", "--edges", edges];
        let lines = output(cargo().args(form).args(packages))?;
        Ok(lines.lines().map(|line| line.replace(" (*)", "")).collect())
    };
    let name = |line: &str| line.split(" [").next().unwrap_or_default().to_owned();
    let whole = tree(&["--workspace", "--all-features"], "all")?;
    let below: BTreeSet<String> = tree(&["--package", "c2pa"], "normal,build")?.iter().map(|l| name(l)).collect();
    for (packages, edges) in SHARING {
        let other: Vec<String> =
            tree(packages, edges)?.difference(&whole).filter(|line| below.contains(&name(line))).cloned().collect();
        if !other.is_empty() {
            bail!("{} builds the C2PA library once more, for these features: {}", packages.join(" "), other.join(", "));
        }
    }
    Ok(())
}

/// Calls `visit` for every file below `folder`; a folder that isn't there has none.
pub fn walk(folder: &Path, visit: &mut dyn FnMut(&Path) -> Result<()>) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(&folder)?.collect::<std::io::Result<_>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                visit(&entry.path())?;
            }
        }
    }
    Ok(())
}
