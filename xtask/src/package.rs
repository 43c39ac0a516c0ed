//! The Python package: its stubs, wheel and source distribution, installed as users install them, and
//! its tests against what was installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::demo;
use crate::run::{output, root, run, target};
use crate::setup::{self, Tools, clean, fresh, script};
use crate::test::{Count, counted};

/// What is compiled for other uses too is not compiled once more.
const BUILD: &[&str] = &["--ignore-rust-version", "--profile", "dev"];
/// Says that the package works, and where it lies.
const SMOKE: &str = "
import biaoshi, sys
text = biaoshi.label(b'# Spring', label=biaoshi.Label('example-provider'), name='a.md')
report = biaoshi.verify(text, name='a.md')
assert report.status is biaoshi.Status.CONFIRMED and report.verdict('cn-gb45438').outcome == 'compliant'
assert biaoshi.__file__.startswith(sys.prefix), biaoshi.__file__
print('biaoshi', biaoshi.__version__)
";

pub fn package(arguments: &[String]) -> Result<()> {
    let tools = setup::setup()?;
    let mut count = Count::default();
    all(&tools, arguments, &mut count)?;
    println!("{} passed, {} failed", count.passed, count.failed);
    Ok(())
}

/// Writes the types of the native part, or proves that they are current.
pub fn stubs(check: bool) -> Result<()> {
    write_stubs(&setup::setup()?.packager, check)
}

/// Builds, installs and tests the package.
pub fn all(tools: &Tools, arguments: &[String], count: &mut Count) -> Result<()> {
    let python = tools.packager.as_path();
    write_stubs(python, true)?;
    let folder = target().join("package");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let wheel = built(python, "build", &["--strip"], &folder.join("wheel"))?;
    let sdist = built(python, "sdist", &[], &folder.join("sdist"))?;
    run(clean(python).args(["-m", "twine", "check", "--strict"]).args([&wheel, &sdist]))?;

    let plain = fresh(&folder.join("plain"))?;
    pip(&plain, &["--no-deps"], &wheel, &[])?;
    smoke(&plain)?;
    // The source distribution is built where it was unpacked: nothing of this folder may be missing.
    let from_source = [("MATURIN_PEP517_ARGS", format!("{} --strip", BUILD.join(" ")))];
    pip(python, &["--no-deps", "--force-reinstall", "--no-build-isolation"], &sdist, &from_source)?;
    smoke(python)?;
    pip(python, &["--no-deps", "--force-reinstall"], &wheel, &[])?;

    demo::build_command()?;
    let own = root().join("bindings-python");
    let checked = own.join("python").join("biaoshi");
    let cache = folder.join("mypy");
    let mut mypy = clean(python);
    mypy.args(["-m", "mypy", "--cache-dir"]).arg(cache).arg("--config-file").arg(own.join("pyproject.toml"));
    run(mypy.arg(checked))?;
    let tests = own.join("tests");
    let apart = format!("--ignore={}", tests.join("web").display());
    tested(python, &folder, &[arguments, &[apart, tests.display().to_string()]].concat(), count)?;
    pip(&tools.web, &["--no-deps", "--force-reinstall"], &wheel, &[])?;
    tested(&tools.web, &folder, &[arguments, &[tests.join("web").display().to_string()]].concat(), count)
}

/// Runs tests against the package that is installed, from a folder where there is none.
fn tested(python: &Path, folder: &Path, arguments: &[String], count: &mut Count) -> Result<()> {
    let own = root().join("bindings-python");
    let mut command = clean(python);
    command.args(["-m", "pytest", "--quiet", "-c"]).arg(own.join("pyproject.toml")).arg("--rootdir").arg(&own);
    command.args(arguments).current_dir(folder);
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("BIAOSHI", command_path()?);
    counted(&mut command, |line| line.contains(" passed") || line.contains(" failed"), count)
}

/// The command as the workspace builds it.
fn command_path() -> Result<PathBuf> {
    let debug = target().canonicalize()?.join("debug");
    Ok(debug.join(format!("biaoshi{}", std::env::consts::EXE_SUFFIX)))
}

fn maturin(python: &Path, verb: &str) -> Result<Command> {
    let mut command = clean(script(python, "maturin")?);
    command.arg(verb).arg("--manifest-path").arg(root().join("bindings-python/Cargo.toml"));
    command.current_dir(root());
    Ok(command)
}

/// The one file that maturin makes.
fn built(python: &Path, verb: &str, more: &[&str], folder: &Path) -> Result<PathBuf> {
    let mut command = maturin(python, verb)?;
    if verb == "build" {
        command.args(BUILD).args(["--locked", "--interpreter"]).arg(python);
    }
    run(command.args(more).arg("--out").arg(folder))?;
    let mut files = std::fs::read_dir(folder)?.collect::<std::io::Result<Vec<_>>>()?;
    match (files.pop(), files.is_empty()) {
        (Some(one), true) => Ok(one.path()),
        _ => bail!("maturin {verb} did not make one file in {}", folder.display()),
    }
}

fn pip(python: &Path, options: &[&str], file: &Path, env: &[(&str, String)]) -> Result<()> {
    let mut command = clean(python);
    command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
    command.args(options).arg(file).env("CARGO_TARGET_DIR", std::path::absolute(target())?);
    // Where the build's own program is looked for.
    let own = python.parent().map(Path::to_owned);
    let path = std::env::var_os("PATH").unwrap_or_default();
    command.env("PATH", std::env::join_paths(own.into_iter().chain(std::env::split_paths(&path)))?);
    command.envs(env.iter().map(|(name, value)| (name, value)));
    run(&mut command)
}

fn smoke(python: &Path) -> Result<()> {
    let elsewhere = python.parent().context("the interpreter has no folder")?;
    print!("{}", output(clean(python).args(["-c", SMOKE]).current_dir(elsewhere))?);
    print!("{}", output(clean(script(python, "biaoshi")?).arg("--version").current_dir(elsewhere))?);
    Ok(())
}

fn write_stubs(python: &Path, check: bool) -> Result<()> {
    let out = target().join("package-stubs");
    let mut command = maturin(python, "generate-stubs")?;
    command.args(BUILD).args(["--features", "stubs", "--interpreter"]).arg(python);
    run(command.arg("--out").arg(&out))?;
    let made = std::fs::read_to_string(out.join("biaoshi/_native.pyi"))?;
    let path = root().join("bindings-python/python/biaoshi/_native.pyi");
    if !check {
        return Ok(std::fs::write(&path, made)?);
    }
    if std::fs::read_to_string(&path).ok().as_deref() != Some(made.as_str()) {
        bail!("{} is not current; run `cargo xtask stubs`", path.display());
    }
    Ok(())
}
