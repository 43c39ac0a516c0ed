//! The command.

use std::ffi::OsString;
use std::path::PathBuf;

use pyo3::prelude::*;

/// Runs the command with these arguments and returns its exit status. `path` and `first` start it once
/// more, for work that is bounded from outside.
#[pyfunction]
pub(crate) fn main(py: Python<'_>, path: PathBuf, first: Vec<OsString>, arguments: Vec<OsString>) -> u8 {
    py.detach(|| biaoshi_cli::run(biaoshi_cli::Program { path, first, arguments }))
}
