//! The npm package: its WebAssembly modules, its scripts, and its tests in Node and browsers.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run::{cargo, output, root, run, target};
use crate::test::{Count, counted};
use crate::{demo, wasm};

/// The modules: name, and what each is built with.
const MODULES: &[(&str, &str)] = &[("small", ""), ("manifests", "c2pa"), ("whole", "c2pa,whole")];
/// How long one file of tests may take, in milliseconds.
const TIME_LIMIT: &str = "--test-timeout=600000";

pub fn npm(arguments: &[String]) -> Result<()> {
    let mut count = Count::default();
    if arguments.iter().any(|argument| argument == "--build") {
        return build();
    }
    all(&mut count)?;
    println!("{} passed, {} failed", count.passed, count.failed);
    Ok(())
}

/// Builds the package and tests it.
pub fn all(count: &mut Count) -> Result<()> {
    build()?;
    demo::build_command()?;
    let package = root().join("bindings-wasm/npm");
    for folder in [&package, &root().join("bindings-wasm/page"), &root().join("bindings-wasm/extension")] {
        if folder.join("test").is_dir() {
            tested(folder, count)?;
        }
    }
    Ok(())
}

fn build() -> Result<()> {
    node()?;
    let package = root().join("bindings-wasm/npm");
    modules(&package.join("src/glue"))?;
    run(Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(&package))?;
    for (folder, script) in [("npm", "build.mjs"), ("page", "build.mjs"), ("extension", "build.mjs")] {
        let folder = root().join("bindings-wasm").join(folder);
        if folder.join(script).is_file() {
            run(Command::new("node").arg(script).current_dir(&folder))?;
        }
    }
    Ok(())
}

/// Builds the modules and the scripts that carry values across.
fn modules(glue: &Path) -> Result<()> {
    let toolchain = wasm::toolchain()?;
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
        command.args(["build", "--locked", "--ignore-rust-version", "--package", "biaoshi-wasm", "--profile", "wasm"]);
        command.args(["--features", features, "--target", wasm::TARGET, "--target-dir"]).arg(&folder);
        toolchain.apply(&mut command)?;
        run(&mut command)?;
        let built = folder.join(wasm::TARGET).join("wasm/biaoshi_wasm.wasm");
        run(Command::new(&bindgen).arg(built).arg(name).arg(glue))?;
    }
    Ok(())
}

/// Runs the tests of a folder under Node's own runner.
fn tested(folder: &Path, count: &mut Count) -> Result<()> {
    let mut files: Vec<String> = Vec::new();
    for entry in std::fs::read_dir(folder.join("test"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.ends_with(".test.mjs") {
            files.push(format!("test/{name}"));
        }
    }
    files.sort();
    let binary = target().canonicalize()?.join("debug").join(format!("biaoshi{}", std::env::consts::EXE_SUFFIX));
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
