//! Which files to look at: as named, in folders, by pattern, from a list.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use biaoshi::Error;

use crate::args::VerifyArgs;
use crate::output::{Failure, is_dash};
use crate::text;

/// Longest list of files, in bytes.
const LIST_MAX: u64 = 256 << 20;

/// One file to look at.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) path: PathBuf,
    /// Whether it was found in a folder: then content of no known format is passed over.
    pub(super) found: bool,
    /// Why it can't be looked at.
    pub(super) error: Option<Error>,
}

impl Input {
    const fn named(path: PathBuf) -> Self {
        Self { path, found: false, error: None }
    }
}

/// Every file that the arguments mean, in their order; the files of a folder in the order of their
/// names.
pub(super) fn expand(options: &VerifyArgs) -> Result<Vec<Input>, Failure> {
    let mut out = Vec::new();
    for path in &options.files {
        name(path, true, &mut out)?;
    }
    if let Some(list) = &options.files_from {
        for path in listed(list, options.null)? {
            name(&path, false, &mut out)?;
        }
    }
    Ok(out)
}

fn name(path: &Path, patterns: bool, out: &mut Vec<Input>) -> Result<(), Failure> {
    if is_dash(path) {
        out.push(Input::named(path.to_owned()));
        return Ok(());
    }
    match path.metadata() {
        Ok(found) if found.is_dir() => walk(path, out),
        Ok(_) => out.push(Input::named(path.to_owned())),
        Err(_) => {
            // Shells that don't know patterns, and patterns in quotes.
            let pattern = path.to_str().filter(|text| patterns && text.contains(['*', '?', '[']));
            let matches = pattern.and_then(|text| glob::glob(text).ok());
            let mut matches: Vec<_> = matches.into_iter().flatten().collect();
            matches.sort_by(|a, b| glob_path(a).cmp(glob_path(b)));
            if matches.is_empty() {
                out.push(Input::named(path.to_owned()));
            }
            for found in matches {
                match found {
                    Ok(path) if path.is_dir() => walk(&path, out),
                    Ok(path) => out.push(Input::named(path)),
                    Err(error) => {
                        let path = error.path().to_owned();
                        out.push(Input { path, found: true, error: Some(Error::io("open", error.into())) });
                    }
                }
            }
        }
    }
    Ok(())
}

fn glob_path(found: &glob::GlobResult) -> &Path {
    match found {
        Ok(path) => path,
        Err(error) => error.path(),
    }
}

/// The files of a folder and of the folders in it; links to folders are not followed.
fn walk(folder: &Path, out: &mut Vec<Input>) {
    for entry in walkdir::WalkDir::new(folder).sort_by_file_name() {
        match entry {
            Ok(entry) if entry.path().is_file() => {
                out.push(Input { path: entry.into_path(), found: true, error: None });
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().unwrap_or(folder).to_owned();
                let why = error.into_io_error().unwrap_or_else(|| std::io::Error::other("loop"));
                out.push(Input { path, found: true, error: Some(Error::io("open", why)) });
            }
        }
    }
}

/// The paths in a list, one per line or each with a NUL behind it.
fn listed(list: &Path, null: bool) -> Result<Vec<PathBuf>, Failure> {
    let open = |e| Error::io("open", e);
    let source: Box<dyn Read> = match is_dash(list) {
        true => Box::new(std::io::stdin()),
        false => Box::new(std::fs::File::open(list).map_err(open)?),
    };
    let mut reader = BufReader::new(source.take(LIST_MAX.saturating_add(1)));
    let mut out = Vec::new();
    let mut line = Vec::new();
    let mut length = 0u64;
    loop {
        line.clear();
        let end = if null { 0 } else { b'\n' };
        let read = reader.read_until(end, &mut line).map_err(|e| Error::io("read", e))?;
        if read == 0 {
            return Ok(out);
        }
        length = length.saturating_add(read as u64);
        if length > LIST_MAX {
            return Err(Failure::from(Error::Limit(text::LIST_LIMIT.with("max", LIST_MAX))));
        }
        let mut bytes = line.strip_suffix(&[end]).unwrap_or(&line);
        if !null {
            bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        }
        if !bytes.is_empty() {
            out.push(path_of(bytes)?);
        }
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere not every byte string is a path")]
fn path_of(bytes: &[u8]) -> Result<PathBuf, Failure> {
    use std::os::unix::ffi::OsStrExt as _;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Result<PathBuf, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::invalid(text::LIST_TEXT.problem()))?;
    Ok(PathBuf::from(text))
}

/// The path as bytes that [`path_of`] reads.
#[cfg(unix)]
pub(super) fn bytes_of(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(not(unix))]
pub(super) fn bytes_of(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

/// The path that stands for these bytes.
pub(super) fn path_from(bytes: &[u8]) -> Result<PathBuf, Failure> {
    path_of(bytes)
}
