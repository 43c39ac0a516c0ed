//! Processes that do the work and can be ended, with all that they started.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use biaoshi::codec::tool::Programs;

/// How this command was started: it starts itself again for work that must be bounded from outside.
#[derive(Debug, Clone)]
pub struct Program {
    /// The program that is started.
    pub path: PathBuf,
    /// Arguments that make that program this command; none if it is the command itself.
    pub first: Vec<OsString>,
    /// The arguments of the command, without its name.
    pub arguments: Vec<OsString>,
}

impl Program {
    /// This process, if it is the command itself.
    #[must_use]
    pub fn current() -> Self {
        let path = std::env::current_exe().unwrap_or_else(|_| "biaoshi".into());
        Self { path, first: Vec::new(), arguments: std::env::args_os().skip(1).collect() }
    }

    /// Name and arguments, as they are parsed.
    pub(crate) fn command_line(&self) -> Vec<OsString> {
        std::iter::once("biaoshi".into()).chain(self.arguments.iter().cloned()).collect()
    }
}

/// How this process was started.
pub(crate) static OWN: OnceLock<Program> = OnceLock::new();

/// This command once more, with the same arguments.
pub(crate) fn own() -> Command {
    let program = OWN.get_or_init(Program::current);
    let mut command = Command::new(&program.path);
    command.args(&program.first).args(&program.arguments);
    command
}

/// Programs for a process of this kind: who ends its group ends them.
pub(crate) fn programs() -> Programs {
    let mut programs = Programs::installed();
    programs.shared_group = true;
    programs
}

/// How often is looked whether a process has ended.
pub(crate) const PAUSE: Duration = Duration::from_millis(5);

/// How long a process may take to end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Gives a process temporary files of its own, and a group: Ctrl-C on a terminal reaches a whole group
/// and is for us alone, who end the others. What the process starts belongs to its group too.
pub(crate) fn apart(command: &mut Command) -> std::io::Result<tempfile::TempDir> {
    let folder = tempfile::Builder::new().prefix("biaoshi-").tempdir()?;
    for name in ["TMPDIR", "TMP", "TEMP"] {
        command.env(name, folder.path());
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(command, 0);
    Ok(folder)
}

/// Removes the temporary files of a process that ended.
pub(crate) fn swept(folder: tempfile::TempDir) {
    let path = folder.path().to_owned();
    drop(folder);
    // A program that is just ending may have made one more file.
    let deadline = Instant::now() + PATIENCE;
    while path.exists() && Instant::now() < deadline {
        std::thread::sleep(PAUSE);
        let _ = std::fs::remove_dir_all(&path);
    }
}

/// Ends a process that was not waited for, and all that it started, however it ended itself.
pub(crate) fn kill(child: &mut Child) -> std::io::Result<ExitStatus> {
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(child), rustix::process::Signal::KILL);
    let _ = child.kill();
    child.wait()
}

/// Asks a process and all that it started to stop, as Ctrl-C does.
pub(crate) fn interrupt(child: &mut Child) {
    #[cfg(unix)]
    let _ = rustix::process::kill_process_group(rustix::process::Pid::from_child(child), rustix::process::Signal::INT);
    #[cfg(not(unix))]
    let _ = child.kill();
}

/// Whether a process has not ended yet. It is not waited for, so that its number stays its own.
#[cfg(unix)]
pub(crate) fn is_running(child: &mut Child) -> bool {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    matches!(waitid(WaitId::Pid(Pid::from_child(child)), options), Ok(None))
}

#[cfg(not(unix))]
pub(crate) fn is_running(child: &mut Child) -> bool {
    matches!(child.try_wait(), Ok(None))
}

/// Whether a process ended as one does that gets no more memory: by its own `abort`, or by the system.
pub(crate) fn out_of_memory(status: ExitStatus) -> bool {
    const ABORT: i32 = 6;
    const KILL: i32 = 9;
    #[cfg(unix)]
    return matches!(std::os::unix::process::ExitStatusExt::signal(&status), Some(ABORT | KILL));
    #[cfg(not(unix))]
    return !status.success();
}
