//! What the command's tests have in common.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::indexing_slicing)]

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

pub const CODE: &str = "001191110102MACQD9K64010000";

pub fn fixture(extension: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/plain.{extension}"))
}

pub fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_biaoshi"));
    command.env("LC_ALL", "C").env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

pub fn run<S: AsRef<OsStr>>(folder: &Path, arguments: &[S]) -> Output {
    command().current_dir(folder).args(arguments).output().unwrap()
}

pub fn status(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

pub fn json(output: &Output) -> serde_json::Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

pub fn label(folder: &Path, extension: &str, out: &str, more: &[&str]) -> Output {
    let input = fixture(extension);
    let arguments = ["label", input.to_str().unwrap(), "-o", out, "--producer", CODE];
    run(folder, &[arguments.as_slice(), more].concat())
}

/// A folder with an identity in `id`.
pub fn with_identity() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(status(&run(folder.path(), &["keygen", "--out", "id"])), 0);
    folder
}

/// The names in a folder, sorted.
pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
