//! Errors: those of the library as the package's exceptions; those of Python pass as they came.

use biaoshi::{Error, Lang};
use pyo3::prelude::*;
use pyo3::types::PyType;

/// The exception for an error. What Python code raised on the way (a file object, a signer) is raised
/// again as it was.
pub(crate) fn raised(py: Python<'_>, error: Error) -> PyErr {
    if let Some(own) = own(py, &error) {
        return own;
    }
    match exception(py, &error) {
        Ok(raised) | Err(raised) => raised,
    }
}

/// The exception of Python behind an error of reading, writing or signing.
fn own(py: Python<'_>, error: &Error) -> Option<PyErr> {
    let Error::Io { source, .. } = error else { return None };
    let mut inner: Option<&(dyn std::error::Error + 'static)> = source.get_ref().map(|e| e as _);
    while let Some(one) = inner {
        if let Some(raised) = one.downcast_ref::<PyErr>() {
            return Some(raised.clone_ref(py));
        }
        inner = match one.downcast_ref::<std::io::Error>() {
            Some(io) => io.get_ref().map(|e| e as _),
            None => one.source(),
        };
    }
    None
}

fn exception(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let number = match error {
        Error::Io { source, .. } => source.raw_os_error(),
        _ => None,
    };
    let kind = match error {
        Error::Io { source, .. } => match source.kind() {
            std::io::ErrorKind::NotFound => "NotFoundError",
            std::io::ErrorKind::PermissionDenied => "DeniedError",
            _ => "IoError",
        },
        Error::Malformed(_) => "MalformedError",
        Error::Unsupported(_) => "UnsupportedError",
        Error::Limit(_) => "LimitError",
        Error::Invalid(_) => "InvalidError",
        Error::Refused(_) => "RefusedError",
        Error::Signing(_) => "SigningError",
        _ => "InternalError",
    };
    let class = py.import("biaoshi._errors")?.getattr(kind)?.cast_into::<PyType>()?;
    let texts = [Lang::En, Lang::Zh].map(|lang| (error.text(lang), error.hint(lang)));
    let offset = error.problem().and_then(|problem| problem.offset);
    Ok(PyErr::from_value(class.call1((error.code(), texts, offset, number))?))
}
