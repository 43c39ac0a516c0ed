//! Checks that the library builds for browsers (`wasm32-unknown-unknown`).
//!
//! The target's standard library is taken from the installed Rust if it is there. Else, on Debian, a
//! Rust from its packages is unpacked into the cache, which changes nothing on the system, and its
//! standard library is built once.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use crate::run::{cache, cargo, output, run, target};

pub const TARGET: &str = "wasm32-unknown-unknown";
/// The compiler, and the sources of its standard library.
const PACKAGES: [&str; 3] = ["rustc-web", "libstd-rust-web-dev", "rust-web-src"];
/// What is built so that the standard library is.
const MANIFEST: &str = "[package]\nname = \"mkstd\"\nversion = \"0.0.0\"\nedition = \"2021\"\n\
    [profile.release]\ncodegen-units = 1\npanic = \"abort\"\n";
/// Stops at once instead of saying where: JavaScript sees a trap either way, and the texts are large.
const STOP_AT_ONCE: &str = "-Cpanic=immediate-abort -Zunstable-options";

/// A form of the standard library.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Std {
    /// As it comes.
    #[default]
    Usual,
    /// As small as it gets.
    Small,
}

/// A Rust that knows the target: none of these is set for the installed one.
#[derive(Debug, Default)]
pub struct Toolchain {
    rustc: Option<PathBuf>,
    libraries: Option<String>,
    sysroot: Option<PathBuf>,
    std: Std,
}

pub fn wasm() -> Result<()> {
    let toolchain = toolchain()?;
    for features in ["", "certificates,documents", "write"] {
        let mut command = cargo();
        command.args(["check", "--locked", "--ignore-rust-version", "--package", "biaoshi", "--no-default-features"]);
        command.args(["--features", features, "--target", TARGET, "--target-dir"]).arg(target().join("wasm"));
        toolchain.apply(&mut command)?;
        run(&mut command)?;
    }
    Ok(())
}

impl Toolchain {
    /// The same compiler with the small standard library, which is built once.
    pub fn small(self) -> Result<Self> {
        let about = output(Command::new("rustc").arg("-V"))?;
        let own = || Ok::<_, anyhow::Error>(cache()?.join("wasm").join(about.trim().replace([' ', '(', ')'], "_")));
        let folder = match &self.sysroot {
            Some(usual) => usual.parent().context("a sysroot lies in a folder")?.to_owned(),
            None => own()?,
        };
        let sysroot = folder.join("small");
        let done = folder.join("small-ok");
        if !done.is_file() {
            standard_library(&folder, &sysroot, &self, Std::Small)
                .context("the sources of the standard library are needed: run `rustup component add rust-src`")?;
            fs::write(done, "")?;
        }
        Ok(Self { sysroot: Some(sysroot), std: Std::Small, ..self })
    }

    /// Makes a call of Cargo use it.
    pub fn apply(&self, command: &mut Command) -> Result<()> {
        let mut flags = "-Dwarnings".to_owned();
        self.compiler(command);
        if let Some(sysroot) = &self.sysroot {
            flags.push_str(&format!(" --sysroot={}", sysroot.display()));
            command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", linker()?);
        }
        if self.std == Std::Small {
            flags.push_str(&format!(" {STOP_AT_ONCE}"));
            command.env("RUSTC_BOOTSTRAP", "1");
        }
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
        Ok(())
    }

    fn compiler(&self, command: &mut Command) {
        if let (Some(rustc), Some(libraries)) = (&self.rustc, &self.libraries) {
            command.env("RUSTC", rustc).env("LD_LIBRARY_PATH", libraries);
        }
    }
}

/// The linker of the installed Rust, which knows every target; Debian's compiler brings none along.
fn linker() -> Result<PathBuf> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    let about = output(Command::new("rustc").arg("-vV"))?;
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).context("rustc names no host")?;
    let own = Path::new(sysroot.trim()).join("lib/rustlib").join(host).join("bin").join("rust-lld");
    if !own.is_file() {
        bail!("{} is missing: install Rust with rustup", own.display());
    }
    Ok(own)
}

pub fn toolchain() -> Result<Toolchain> {
    let sysroot = output(Command::new("rustc").args(["--print", "sysroot"]))?;
    if Path::new(sysroot.trim()).join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        return Ok(Toolchain::default());
    }
    let debian = output(Command::new("apt-get").arg("--version")).is_ok();
    if !debian {
        bail!("the target {TARGET} is not installed: run `rustup target add {TARGET}`");
    }
    from_debian().with_context(|| {
        format!(
            "the target {TARGET} is not installed, and Debian's packages gave none: run `rustup target add {TARGET}`"
        )
    })
}

/// The newest of the packages that `of` depends on whose name begins like this.
fn depends(of: &[&str], begin: &str) -> Result<String> {
    let listed = output(Command::new("apt-cache").arg("depends").args(of))?;
    let mut found: Vec<(Vec<u32>, &str)> = listed
        .lines()
        .filter_map(|line| line.trim().split_once("Depends: ").map(|(_, name)| name.trim()))
        .filter_map(|name| {
            let version = name.strip_prefix(begin)?;
            let numbers: Option<Vec<u32>> = version.split('.').map(|part| part.parse().ok()).collect();
            Some((numbers?, name))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, name)| name.to_owned()).with_context(|| format!("no package {begin}* among those of {of:?}"))
}

fn from_debian() -> Result<Toolchain> {
    if output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0") {
        output(Command::new("apt-get").args(["update", "-qq"]))?;
    }
    let std = depends(&PACKAGES, "libstd-rust-web-")?;
    let llvm = depends(&[&std], "libllvm")?;
    let policy = output(Command::new("apt-cache").args(["policy", "rustc-web"]))?;
    let version = policy.lines().find_map(|line| line.trim().strip_prefix("Candidate: "));
    let version = version.context("rustc-web has no candidate")?.replace([':', '/'], "_");
    let folder = cache()?.join("wasm").join(version);
    let (prefix, sysroot) = (folder.join("prefix"), folder.join("sysroot"));
    let number = llvm.trim_start_matches("libllvm");
    let usr = prefix.join("usr");
    let libraries = format!("{0}/lib/{1}-linux-gnu:{0}/lib/llvm-{number}/lib", usr.display(), std::env::consts::ARCH);
    let toolchain = Toolchain {
        rustc: Some(usr.join("bin/rustc")),
        libraries: Some(libraries),
        sysroot: Some(sysroot.clone()),
        std: Std::Usual,
    };
    let done = folder.join("ok");
    if done.is_file() {
        return Ok(toolchain);
    }
    println!("unpacking {} for {TARGET} into {} …", PACKAGES.join(", "), folder.display());
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let archives = folder.join("archives");
    fs::create_dir_all(&archives)?;
    fs::create_dir_all(&prefix)?;
    output(
        Command::new("apt-get").args(["download", "-qq"]).args(PACKAGES).args([&std, &llvm]).current_dir(&archives),
    )?;
    for archive in fs::read_dir(&archives)? {
        output(Command::new("dpkg").arg("-x").arg(archive?.path()).arg(&prefix))?;
    }
    fs::remove_dir_all(&archives)?;
    standard_library(&folder, &sysroot, &toolchain, Std::Usual)?;
    fs::write(done, "")?;
    Ok(toolchain)
}

/// Builds the standard library once, so that plain Cargo can use it.
fn standard_library(folder: &Path, sysroot: &Path, toolchain: &Toolchain, form: Std) -> Result<()> {
    println!("building the standard library for {TARGET} …");
    let work = folder.join("work");
    fs::create_dir_all(work.join("src"))?;
    fs::write(work.join("src/lib.rs"), "#![no_std]\n")?;
    let (level, flags) = match form {
        Std::Usual => ("3", "-Cembed-bitcode=yes".to_owned()),
        Std::Small => ("\"z\"", format!("-Cembed-bitcode=yes {STOP_AT_ONCE}")),
    };
    fs::write(work.join("Cargo.toml"), format!("{MANIFEST}opt-level = {level}\n[workspace]\n"))?;
    let built = work.join("target");
    let mut command = cargo();
    command.current_dir(&work).args(["build", "--quiet", "--release", "-Zbuild-std=std,panic_abort"]);
    if form == Std::Small {
        command.arg("-Zbuild-std-features=optimize_for_size");
    }
    command.args(["--target", TARGET, "--target-dir"]).arg(&built);
    toolchain.compiler(&mut command);
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
    output(&mut command)?;
    let to = sysroot.join("lib/rustlib").join(TARGET).join("lib");
    fs::create_dir_all(&to)?;
    for file in fs::read_dir(built.join(TARGET).join("release/deps"))? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if (name.ends_with(".rlib") || name.ends_with(".rmeta")) && !name.contains("mkstd") {
            fs::copy(&path, to.join(name))?;
        }
    }
    fs::remove_dir_all(&work)?;
    Ok(())
}
