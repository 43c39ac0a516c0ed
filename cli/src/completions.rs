//! `biaoshi completions`: scripts for shells.

use crate::args::{self, CompletionsArgs};
use crate::output::{Exit, Failure, Out};

pub(crate) fn run(options: &CompletionsArgs, out: &mut Out) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut args::command(out.lang()), "biaoshi", &mut script);
    out.print_bytes(&script)?;
    Ok(Exit::Success)
}
