//! The `biaoshi` command as a library, for packages that bring it along: writes, extends and verifies
//! labels on AI-generated content.
//!
//! Results go to standard output, everything else to standard error; a reader that closes the
//! pipe early is success. Exit status: 0 done or satisfied, 1 not
//! satisfied, 2 error, 3 a signature or hash binding is broken, 130 stopped from outside.

mod args;
mod completions;
mod explain;
mod guard;
mod heap;
mod inspect;
mod keygen;
mod label;
mod list;
mod output;
mod process;
mod progress;
mod propagate;
mod provider;
mod receipt;
mod report;
mod schema;
mod store;
mod text;
mod verify;
mod write;

use args::Verb;
use output::{Exit, Failure, Out};
pub use process::Program;

/// Runs the command as `program` says, and returns its exit status; what goes wrong is written to standard
/// error.
pub fn run(program: Program) -> u8 {
    let arguments = program.command_line();
    // Only the first call in a process names it.
    let _ = process::OWN.set(program);
    if guard::is_inside() {
        guard::follow();
    }
    let named = [verify::WORKER, guard::GUARDED].into_iter().find_map(|name| std::env::var(name).ok());
    if let Some(mib) = named.and_then(|mib| mib.parse().ok()) {
        heap::bound(mib);
    }
    let lang = args::language(&arguments, |name| std::env::var(name).ok());
    let (cli, color) = match args::parse(arguments, lang) {
        Ok(parsed) => parsed,
        Err(early) => return early.print().code(),
    };
    let mut out = Out::new(lang, color);
    let exit = match perform(cli.verb, &mut out) {
        Ok(exit) => exit,
        Err(failure) => out.fail(&failure),
    };
    exit.code()
}

fn perform(verb: Verb, out: &mut Out) -> Result<Exit, Failure> {
    match verb {
        Verb::Label(options) => label::run(&options, out),
        Verb::Propagate(options) => propagate::run(&options, out),
        Verb::Verify(options) => verify::run(&options, out),
        Verb::Inspect(options) => inspect::run(&options, out),
        Verb::Explain(options) => explain::run(&options, out),
        Verb::List(options) => list::run(&options, out),
        Verb::Keygen(options) => keygen::run(&options, out),
        Verb::Provider(options) => provider::run(&options, out),
        Verb::Store(options) => store::run(&options.verb, out),
        Verb::Schema(options) => schema::run(&options, out),
        Verb::Completions(options) => completions::run(&options, out),
    }
}
