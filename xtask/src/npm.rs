//! The npm package, verify page and browser extension: modules, scripts, and tests in Node and browsers.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run::{cargo, output, root, run, target};
use crate::test::{Count, counted};
use crate::{demo, wasm};

/// The folders, in the order in which they are built.
const PARTS: [&str; 3] = ["npm", "page", "extension"];
/// What is measured where nothing else runs: the folder, and its script.
const BENCHES: [(&str, &str); 3] =
    [("npm", "bench/verify.mjs"), ("page", "bench/hundred.mjs"), ("extension", "bench/perf.mjs")];
/// The modules: name, and what each is built with.
const MODULES: &[(&str, &str)] = &[("small", ""), ("manifests", "c2pa"), ("whole", "c2pa,whole")];
/// How long one file of tests may take, in milliseconds.
const TIME_LIMIT: &str = "--test-timeout=900000";

/// How the modules are built: as they are published, or quickly, for tests.
#[derive(Clone, Copy)]
enum How {
    Published,
    Quick,
}

impl How {
    const fn profile(self) -> &'static str {
        match self {
            Self::Published => "wasm",
            Self::Quick => "wasm-quick",
        }
    }
}

pub fn npm(arguments: &[String]) -> Result<()> {
    let asked = |name: &str| arguments.iter().any(|argument| argument == name);
    let how = if asked("--quick") { How::Quick } else { How::Published };
    build(how)?;
    if asked("--build") {
        return Ok(());
    }
    if asked("--bench") {
        demo::build_command()?;
        let binary = command()?;
        return BENCHES.iter().try_for_each(|(part, script)| {
            run(Command::new("node").arg(script).current_dir(folder(part)).env("BIAOSHI", &binary))
        });
    }
    let mut count = Count::default();
    tests(How::Published, &mut count)?;
    println!("{} passed, {} failed", count.passed, count.failed);
    Ok(())
}

/// Builds all parts quickly and tests them, but for what runs in Firefox, which takes as long as all else.
pub fn all(count: &mut Count) -> Result<()> {
    build(How::Quick)?;
    tests(How::Quick, count)
}

fn folder(part: &str) -> PathBuf {
    root().join("bindings-wasm").join(part)
}

/// Their tests need the command, which makes keys.
fn tests(how: How, count: &mut Count) -> Result<()> {
    demo::build_command()?;
    let left_out = matches!(how, How::Quick).then_some("firefox.test.mjs");
    PARTS.iter().try_for_each(|part| tested(&folder(part), left_out, count))
}

fn build(how: How) -> Result<()> {
    node()?;
    let package = folder("npm");
    modules(&package.join("src/glue"), how)?;
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&package))?;
    for part in PARTS {
        let published = matches!(how, How::Published) && part == "npm";
        run(Command::new("node").arg("build.mjs").args(published.then_some("--published")).current_dir(folder(part)))?;
    }
    Ok(())
}

/// Builds the modules and the scripts that carry values across.
fn modules(glue: &Path, how: How) -> Result<()> {
    let toolchain = match how {
        How::Published => wasm::toolchain()?.small()?,
        How::Quick => wasm::toolchain()?,
    };
    let folder = std::path::absolute(target())?.join("wasm");
    run(cargo().args(["build", "--quiet", "--locked", "--ignore-rust-version", "--package", "biaoshi-bindgen"]))?;
    let bindgen = target().join("debug").join(format!("biaoshi-bindgen{}", std::env::consts::EXE_SUFFIX));
    if glue.exists() {
        std::fs::remove_dir_all(glue)?;
    }
    std::fs::create_dir_all(glue)?;
    for (name, features) in MODULES {
        println!("building {name}.wasm …");
        let mut command = cargo();
        command.args(["build", "--locked", "--ignore-rust-version", "--package", "biaoshi-wasm", "--profile"]);
        command.arg(how.profile());
        command.args(["--features", features, "--target", wasm::TARGET, "--target-dir"]).arg(&folder);
        toolchain.apply(&mut command)?;
        run(&mut command)?;
        let built = folder.join(wasm::TARGET).join(how.profile()).join("biaoshi_wasm.wasm");
        run(Command::new(&bindgen).arg(built).arg(name).arg(glue))?;
    }
    Ok(())
}

/// The command that was built.
fn command() -> Result<PathBuf> {
    Ok(target().canonicalize()?.join("debug").join(format!("biaoshi{}", std::env::consts::EXE_SUFFIX)))
}

/// Runs the tests of a folder under Node's own runner.
fn tested(folder: &Path, left_out: Option<&str>, count: &mut Count) -> Result<()> {
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder.join("test"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") && left_out != Some(&name) {
            files.push(format!("test/{name}"));
        }
    }
    files.sort();
    let binary = command()?;
    for file in files {
        let mut command = Command::new("node");
        command.args(["--test", "--test-concurrency=1", TIME_LIMIT, "--test-reporter=./../npm/test/reporter.mjs"]);
        command.arg(&file).current_dir(folder).env("BIAOSHI", &binary);
        counted(&mut command, |line| line.contains(" passed, "), count).with_context(|| file.clone())?;
    }
    Ok(())
}

/// Refuses a Node that the package does not run on.
fn node() -> Result<()> {
    let wanted = "Node.js 20.19 or later is needed";
    let version = output(Command::new("node").arg("--version")).context(wanted)?;
    let mut numbers = version.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    if (numbers.next(), numbers.next()) < (Some(20), Some(19)) {
        bail!("{wanted}, not {}", version.trim());
    }
    Ok(())
}
