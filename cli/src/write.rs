//! What the verbs that write have in common: input, output, receipt.

use std::fs::File;
use std::io::{self, Cursor, IsTerminal as _, Write};
use std::path::Path;

use biaoshi::{Error, Outcome, ReadSeek, Receipt};

use crate::args::WorkArgs;
use crate::guard::{self, Guard};
use crate::output::{self, Exit, Failure, Out, is_dash};
use crate::receipt::{self, Written};
use crate::text;

/// Where a verb reads and writes, and how it answers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Files<'a> {
    pub(crate) input: &'a Path,
    pub(crate) output: &'a Path,
    pub(crate) force: bool,
    pub(crate) json: bool,
}

/// The two ways in which a verb writes: into a file that appears whole, and into a stream.
pub(crate) struct Ways<'w> {
    pub(crate) file: &'w dyn Fn(&Path) -> biaoshi::Result<Receipt>,
    pub(crate) stream: &'w dyn Fn(&mut dyn ReadSeek, &mut dyn Write) -> biaoshi::Result<Receipt>,
}

impl Files<'_> {
    /// Refuses what can't be read or written before anything is done.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        output::check_input(self.input)?;
        if is_dash(self.output) && io::stdout().is_terminal() {
            return Err(Failure::invalid(text::TERMINAL.problem()));
        }
        Ok(())
    }

    /// Reads, writes, and gives the receipt with the length of the input.
    pub(crate) fn write(&self, ways: &Ways<'_>) -> Result<(Receipt, u64), Failure> {
        let to_stdout = is_dash(self.output);
        if is_dash(self.input) {
            let bytes = output::read_stdin()?;
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let receipt = if to_stdout {
                stream(ways, &mut Cursor::new(bytes))?
            } else {
                // A file again, so that the output is made in the one way that is atomic.
                let mut spool = tempfile::NamedTempFile::new().map_err(|e| Error::io("stdin", e))?;
                spool.write_all(&bytes).map_err(|e| Error::io("stdin", e))?;
                (ways.file)(spool.path())?
            };
            return Ok((receipt, length));
        }
        let length = std::fs::metadata(self.input).map_or(0, |m| m.len());
        let receipt = if to_stdout {
            let io = |e| Error::io(self.input.display().to_string(), e);
            let mut file = File::open(self.input).map_err(io)?;
            stream(ways, &mut file)?
        } else {
            (ways.file)(self.input)?
        };
        Ok((receipt, length))
    }

    /// Does the work in a process that can be ended, and prints the receipt there.
    pub(crate) fn guarded(
        &self,
        cost: &WorkArgs,
        seconds: u32,
        work: &dyn Fn() -> Result<Written, Failure>,
        out: &mut Out,
    ) -> Result<Exit, Failure> {
        match guard::enter(cost, seconds, (!is_dash(self.output)).then_some(self.output)) {
            Ok(Guard::Inside) => self.answer(work(), out),
            Ok(Guard::Done(exit)) => Ok(exit),
            Err(error) => self.answer(Err(Failure::Core(error)), out),
        }
    }

    /// Prints the receipt, or the error as the receipt would have been.
    pub(crate) fn answer(&self, written: Result<Written, Failure>, out: &mut Out) -> Result<Exit, Failure> {
        if self.json {
            // With the file itself on standard output there is no room for anything else.
            let aside = is_dash(self.output);
            let (value, exit) = match &written {
                Ok(written) => (receipt::json(self, written, out.lang())?, judged(written)),
                Err(Failure::Pipe) => return Err(Failure::Pipe),
                Err(Failure::Core(error)) => {
                    let name = self.input.to_string_lossy();
                    (output::error_json(&name, error, out.lang()), Exit::Error)
                }
            };
            if aside {
                out.note(&format!("{}\n", output::json_line(&value)));
            } else {
                out.json(&value)?;
            }
            return Ok(exit);
        }
        let written = written?;
        let exit = judged(&written);
        let page = receipt::page(self, &written, out.lang());
        if is_dash(self.output) {
            out.note(&page.finish());
        } else {
            out.print(&page.finish())?;
        }
        Ok(exit)
    }
}

/// Writes to standard output, which gets nothing before the result is complete.
fn stream(ways: &Ways<'_>, source: &mut dyn ReadSeek) -> Result<Receipt, Failure> {
    let mut stdout = io::stdout().lock();
    (ways.stream)(source, &mut stdout).map_err(|error| match error {
        Error::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe => Failure::Pipe,
        other => Failure::Core(other),
    })
}

/// 1 if what the file carries now does not satisfy the profiles asked for, as where it carried
/// the label already with something else wrong.
fn judged(written: &Written) -> Exit {
    // Where metadata have no place, rules about them can't be met.
    if written.receipt.label.label.is_empty() {
        return Exit::Success;
    }
    let verdicts = &written.receipt.report.verdicts;
    if verdicts.iter().all(|v| matches!(v.outcome, Outcome::Compliant | Outcome::NotApplicable)) {
        Exit::Success
    } else {
        Exit::Unsatisfied
    }
}
