//! Work without the interpreter lock, that Ctrl-C ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use biaoshi::Error;
use pyo3::prelude::*;

use crate::errors::raised;

/// How often is looked for Ctrl-C.
const TICK: Duration = Duration::from_millis(50);
/// As on the main thread of a program.
const STACK: usize = 8 << 20;

/// Set when the work has to stop.
pub(crate) type Stop = Arc<AtomicBool>;

/// Ends the calls that it was given to, from another thread.
#[pyclass(frozen, module = "biaoshi._native")]
#[derive(Default)]
pub(crate) struct Cancel(Stop);

#[pymethods]
impl Cancel {
    #[new]
    fn new() -> Self {
        Self::default()
    }

    /// Ends them.
    fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Cancel {
    /// The flag that it sets.
    pub(crate) fn stop(&self) -> Stop {
        Arc::clone(&self.0)
    }
}

/// The flag of what the caller may have given.
pub(crate) fn stop_of(cancel: Option<&Bound<'_, Cancel>>) -> Stop {
    cancel.map(|cancel| cancel.get().stop()).unwrap_or_default()
}

/// Does `work` of a moment without the interpreter lock.
pub(crate) fn run_here<T: Send>(
    py: Python<'_>,
    stop: &Stop,
    work: impl FnOnce(&Stop) -> Result<T, Error> + Send,
) -> PyResult<T> {
    py.detach(|| work(stop)).map_err(|error| raised(py, error))
}

/// Does `work` without the interpreter lock. Signals reach Python on its main thread only, so there the
/// work is done beside it, and what a signal's handler raises ends the work.
pub(crate) fn run<T: Send>(
    py: Python<'_>,
    stop: &Stop,
    work: impl FnOnce(&Stop) -> Result<T, Error> + Send,
) -> PyResult<T> {
    if !on_main_thread(py)? {
        return run_here(py, stop, work);
    }
    let (interrupted, done) = py.detach(|| beside(stop, work));
    match (interrupted, done) {
        (Some(signal), _) => Err(signal),
        (None, Some(done)) => done.map_err(|error| raised(py, error)),
        (None, None) => Err(pyo3::exceptions::PyRuntimeError::new_err("the work was lost")),
    }
}

/// Does the work in a thread of its own, and looks for signals meanwhile.
fn beside<T: Send>(
    stop: &Stop,
    work: impl FnOnce(&Stop) -> Result<T, Error> + Send,
) -> (Option<PyErr>, Option<Result<T, Error>>) {
    let (send, done) = sync_channel(1);
    std::thread::scope(|scope| {
        let own = Arc::clone(stop);
        let started = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
            let _ = send.send(work(&own));
        });
        if let Err(error) = started {
            return (None, Some(Err(Error::io("thread", error))));
        }
        let mut interrupted = None;
        loop {
            match done.recv_timeout(TICK) {
                Ok(result) => return (interrupted, Some(result)),
                Err(RecvTimeoutError::Disconnected) => return (interrupted, None),
                Err(RecvTimeoutError::Timeout) if interrupted.is_none() => {
                    interrupted = Python::attach(|py| py.check_signals()).err();
                    stop.store(interrupted.is_some(), Ordering::Relaxed);
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    })
}

fn on_main_thread(py: Python<'_>) -> PyResult<bool> {
    let threading = py.import(pyo3::intern!(py, "threading"))?;
    let main = threading.call_method0(pyo3::intern!(py, "main_thread"))?;
    let own = threading.call_method0(pyo3::intern!(py, "current_thread"))?;
    Ok(main.is(&own))
}
