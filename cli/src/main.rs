//! The `biaoshi` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(biaoshi_cli::run(biaoshi_cli::Program::current()))
}
