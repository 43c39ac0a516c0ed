//! Labels in texts that are sent while they are made.

use std::sync::{Mutex, PoisonError};

use biaoshi::stream::Markup;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

pub(crate) fn markup(kind: &str) -> PyResult<Markup> {
    match kind {
        "plain" => Ok(Markup::Plain),
        "markdown" => Ok(Markup::Markdown),
        other => Err(PyValueError::new_err(format!("markup: unknown value {other:?}"))),
    }
}

/// Puts a notice around a text.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct TextStream(Mutex<biaoshi::stream::TextStream>);

impl TextStream {
    pub(crate) const fn new(stream: biaoshi::stream::TextStream) -> Self {
        Self(Mutex::new(stream))
    }
}

#[pymethods]
impl TextStream {
    fn push(&self, piece: &[u8]) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_text(piece)
    }

    fn finish(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).finish_text()
    }
}

/// Labels server-sent events.
#[pyclass(frozen, module = "biaoshi._native")]
pub(crate) struct EventStream(Mutex<biaoshi::stream::EventStream>);

impl EventStream {
    pub(crate) const fn new(stream: biaoshi::stream::EventStream) -> Self {
        Self(Mutex::new(stream))
    }
}

#[pymethods]
impl EventStream {
    fn push<'py>(&self, py: Python<'py>, piece: &[u8]) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.lock().unwrap_or_else(PoisonError::into_inner).push(piece))
    }

    fn finish<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.lock().unwrap_or_else(PoisonError::into_inner).finish())
    }
}
