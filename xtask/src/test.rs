//! Everything that has to hold before a change lands.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::run::{cargo, root, run, show, target};
use crate::{checks, corpus, demo, generate, npm, package, setup, vectors};

/// Tests counted over all runners.
#[derive(Default)]
pub struct Count {
    pub passed: u64,
    pub failed: u64,
}

/// The numbers before ` passed` and ` failed` in a runner's closing line.
fn counts(line: &str) -> Option<(u64, u64)> {
    let before = |word: &str| {
        let at = line.find(word)?;
        line.get(..at)?.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse::<u64>().ok()
    };
    let passed = before(" passed")?;
    Some((passed, before(" failed").unwrap_or(0)))
}

/// Runs a test runner, passes its output on, and counts what it reports.
pub fn counted(command: &mut Command, is_summary: impl Fn(&str) -> bool, total: &mut Count) -> Result<()> {
    let shown = show(command);
    println!("$ {shown}");
    let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot start: {shown}"))?;
    let out = child.stdout.take().context("no standard output")?;
    let mut seen = 0u64;
    for line in BufReader::new(out).lines() {
        let line = line?;
        // Names of passing tests are noise in a log of thousands.
        if !line.starts_with("test ") || !line.ends_with("... ok") {
            println!("{line}");
        }
        if let Some((passed, failed)) = Some(&line).filter(|l| is_summary(l)).and_then(|l| counts(l)) {
            total.passed += passed;
            total.failed += failed;
            seen += passed + failed;
        }
    }
    let status = child.wait()?;
    if !status.success() {
        bail!("{shown}: {status}");
    }
    if seen == 0 {
        bail!("{shown}: no test was run");
    }
    Ok(())
}

fn part(name: &str, body: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("\n══ {name}");
    std::io::stdout().flush()?;
    let start = Instant::now();
    body().with_context(|| name.to_owned())?;
    println!("── {name}: {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

const IGNORE: &str = "--ignore-rust-version";

pub fn test() -> Result<()> {
    let mut total = Count::default();
    let mut tools = None;
    part("setup", || {
        tools = Some(setup::setup()?);
        Ok(())
    })?;
    let tools = tools.context("setup gave no tools")?;

    part("format", || run(cargo().args(["fmt", "--all", "--check"])))?;
    part("sources and dependencies", || {
        checks::checks()?;
        // Packages of other systems too, which a build here never asks for.
        run(cargo().args(["fetch", "--locked"]))?;
        run(Command::new(&tools.cargo_deny).current_dir(root()).args([
            "--locked",
            "--offline",
            "check",
            "--hide-inclusion-graph",
            "bans",
            "licenses",
            "sources",
        ]))
    })?;
    part("lints", || {
        run(cargo().args([
            "clippy",
            "--quiet",
            "--locked",
            IGNORE,
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ]))?;
        for features in ["", "certificates,documents", "write"] {
            let mut clippy = cargo();
            clippy.args(["clippy", "--quiet", "--locked", IGNORE, "--package", "biaoshi", "--no-default-features"]);
            run(clippy.args(["--features", features, "--", "-D", "warnings"]))?;
        }
        Ok(())
    })?;
    // What the smallest module for browsers reads; the next larger one runs the vectors itself.
    part("builds that read", || {
        let mut test = cargo();
        test.args(["test", "--locked", IGNORE, "--package", "biaoshi", "--no-default-features", "--test", "reading"]);
        counted(&mut test, |line| line.starts_with("test result:"), &mut total)
    })?;
    part("documentation", || {
        run(cargo()
            .args(["doc", "--quiet", "--locked", IGNORE, "--workspace", "--no-deps", "--all-features"])
            .env("RUSTDOCFLAGS", "-D warnings"))
    })?;
    part("Rust tests", || {
        counted(
            cargo().args(["test", "--locked", IGNORE, "--workspace", "--all-features"]),
            |line| line.starts_with("test result:"),
            &mut total,
        )
    })?;
    part("generated files", || {
        generate::generate(true)?;
        vectors::vectors(true)
    })?;
    part("readers by others", || {
        demo::build_command()?;
        let binary = target().canonicalize()?.join("debug").join(format!("biaoshi{}", std::env::consts::EXE_SUFFIX));
        counted(
            Command::new(&tools.python)
                .args(["-m", "pytest", "-c", "tests/oracles/pytest.ini", "--rootdir", "tests/oracles", "tests/oracles"])
                .current_dir(root())
                .env_remove("PYTHONPATH")
                .env_remove("PYTHONHOME")
                .env("PYTHONNOUSERSITE", "1")
                .env("PYTHONDONTWRITEBYTECODE", "1")
                .env("BIAOSHI", binary)
                .env("EXIFTOOL", serde_json::to_string(&tools.exiftool)?),
            |line| line.contains(" passed") || line.contains(" failed"),
            &mut total,
        )
    })?;
    part("Python package", || package::all(&tools, &[], &mut total))?;
    part("npm package", || npm::all(&mut total))?;
    part("demo", demo::demo)?;
    part("corpus", || corpus::corpus(None))?;

    println!("\n{} passed, {} failed", total.passed, total.failed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::counts;

    #[test]
    fn closing_lines_are_read() {
        assert_eq!(counts("test result: ok. 161 passed; 0 failed; 0 ignored"), Some((161, 0)));
        assert_eq!(counts("3 failed, 97 passed, 1 warning in 2.31s"), Some((97, 3)));
        assert_eq!(counts("= 12 passed in 1.0s ="), Some((12, 0)));
        assert_eq!(counts("nothing"), None);
    }
}
