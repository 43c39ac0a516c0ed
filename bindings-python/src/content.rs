//! Content as Python holds it, read as a stream.

use std::io::{Cursor, Error, Read, Result, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyMemoryView, PySlice};

use crate::work::Stop;

/// Most bytes that are asked of a file object at once.
const BLOCK: usize = 1 << 20;

/// Longest content that is looked at in a moment, in bytes.
const SMALL: u64 = 4 << 20;

/// What is read.
pub(crate) enum Content {
    /// A file by its path.
    Path(PathBuf),
    /// Immutable bytes, read where they are.
    Bytes(PyBackedBytes),
    /// A buffer that its owner calls read-only, read block by block where it is.
    Window(Py<PyAny>, u64),
    /// A copy of a buffer that someone may write to.
    Copy(Vec<u8>),
    /// A seekable binary file object.
    File(Py<PyAny>),
}

impl<'py> FromPyObject<'_, 'py> for Content {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        if object.is_exact_instance_of::<PyBytes>() {
            return Ok(Self::Bytes(object.extract()?));
        }
        if let Ok(view) = PyMemoryView::from(&object) {
            return buffer(&view);
        }
        if object.hasattr("read")? {
            return Ok(Self::File(object.to_owned().unbind()));
        }
        if let Ok(path) = object.extract::<PathBuf>() {
            return Ok(Self::Path(path));
        }
        let kind = object.get_type().qualname()?.to_string();
        Err(PyTypeError::new_err(format!("a path, bytes, a buffer or a binary file is needed, not {kind}")))
    }
}

/// Any layout of any items, as bytes.
fn buffer(view: &Bound<'_, PyMemoryView>) -> PyResult<Content> {
    let read_only = view.getattr("readonly")?.extract::<bool>()?;
    let whole = view.getattr("c_contiguous")?.extract::<bool>()?;
    if read_only && whole {
        let owner = view.getattr("obj")?;
        if owner.is_exact_instance_of::<PyBytes>() && owner.len()? == view.getattr("nbytes")?.extract::<usize>()? {
            return Ok(Content::Bytes(owner.extract()?));
        }
        let flat = view.call_method1("cast", ("B",))?;
        let length = flat.len()? as u64;
        return Ok(Content::Window(flat.unbind(), length));
    }
    let copy: Vec<u8> = view.call_method0("tobytes")?.cast_into::<PyBytes>()?.as_bytes().to_vec();
    Ok(Content::Copy(copy))
}

impl Content {
    /// Whether a look at its metadata is the work of a moment. A file object runs Python's code, which
    /// minds signals itself.
    pub(crate) fn is_small(&self) -> bool {
        match self {
            Self::Path(path) => path.metadata().is_ok_and(|found| found.len() <= SMALL),
            Self::Bytes(bytes) => bytes.len() as u64 <= SMALL,
            Self::Copy(bytes) => bytes.len() as u64 <= SMALL,
            Self::Window(_, length) => *length <= SMALL,
            Self::File(_) => true,
        }
    }

    /// What is read, as a stream that ends when the work has to stop.
    pub(crate) fn open(&self, stop: &Stop) -> biaoshi::Result<Reader<'_>> {
        let kind = match self {
            Self::Path(path) => Kind::Disk(biaoshi::open_regular(path)?),
            Self::Bytes(bytes) => Kind::Bytes(Cursor::new(bytes)),
            Self::Copy(bytes) => Kind::Bytes(Cursor::new(bytes)),
            Self::Window(view, length) => Kind::Window { view, length: *length, at: 0 },
            Self::File(object) => Kind::File(object),
        };
        Ok(Reader { kind, stop: Stop::clone(stop) })
    }
}

fn signed(at: u64) -> PyResult<isize> {
    Ok(isize::try_from(at)?)
}

enum Kind<'a> {
    Disk(std::fs::File),
    Bytes(Cursor<&'a [u8]>),
    Window { view: &'a Py<PyAny>, length: u64, at: u64 },
    File(&'a Py<PyAny>),
}

/// A stream over content.
pub(crate) struct Reader<'a> {
    kind: Kind<'a>,
    stop: Stop,
}

impl Reader<'_> {
    fn go_on(&self) -> Result<()> {
        match self.stop.load(Ordering::Relaxed) {
            true => Err(Error::other("stopped on request")),
            false => Ok(()),
        }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        self.go_on()?;
        match &mut self.kind {
            Kind::Disk(file) => file.read(out),
            Kind::Bytes(cursor) => cursor.read(out),
            Kind::Window { view, length, at } => {
                let end = at.saturating_add(out.len() as u64).min(*length);
                let Some(part) = usize::try_from(end.saturating_sub(*at)).ok().and_then(|n| out.get_mut(..n)) else {
                    return Ok(0);
                };
                Python::attach(|py| {
                    let slice = PySlice::new(py, signed(*at)?, signed(end)?, 1);
                    PyBuffer::<u8>::get(&view.bind(py).get_item(slice)?)?.copy_to_slice(py, part)
                })?;
                *at = at.saturating_add(part.len() as u64);
                Ok(part.len())
            }
            Kind::File(object) => Python::attach(|py| {
                let most = out.len().min(BLOCK);
                let answer = object.bind(py).call_method1("read", (most,))?;
                let bytes: PyBackedBytes = answer
                    .extract()
                    .map_err(|_| PyTypeError::new_err("the file gives text or nothing: open it in binary mode"))?;
                let Some(to) = out.get_mut(..bytes.len()) else {
                    return Err(PyValueError::new_err("the file gave more bytes than were asked for").into());
                };
                to.copy_from_slice(&bytes);
                Ok(bytes.len())
            }),
        }
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.go_on()?;
        match &mut self.kind {
            Kind::Disk(file) => file.seek(to),
            Kind::Bytes(cursor) => cursor.seek(to),
            Kind::Window { length, at, .. } => {
                let (base, by) = match to {
                    SeekFrom::Start(to) => (to, 0),
                    SeekFrom::End(by) => (*length, by),
                    SeekFrom::Current(by) => (*at, by),
                };
                let to = base.checked_add_signed(by).ok_or_else(|| Error::from(std::io::ErrorKind::InvalidInput))?;
                *at = to;
                Ok(to)
            }
            Kind::File(object) => Python::attach(|py| {
                let (by, whence) = match to {
                    SeekFrom::Start(to) => (i128::from(to), 0),
                    SeekFrom::Current(by) => (i128::from(by), 1),
                    SeekFrom::End(by) => (i128::from(by), 2),
                };
                let by = i64::try_from(by).map_err(|_| Error::from(std::io::ErrorKind::InvalidInput))?;
                let file = object.bind(py);
                let at = file.call_method1("seek", (by, whence))?;
                // Not every file object says where it is now.
                let at = if at.is_none() { file.call_method0("tell")? } else { at };
                Ok(at.extract::<u64>()?)
            }),
        }
    }
}

/// A binary file object that is written to.
pub(crate) struct Writer<'a> {
    pub(crate) object: &'a Py<PyAny>,
}

impl Write for Writer<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let piece = bytes.get(..BLOCK).unwrap_or(bytes);
        Python::attach(|py| {
            let written = self.object.bind(py).call_method1("write", (PyBytes::new(py, piece),))?;
            // What gives no number has taken all of it.
            Ok(if written.is_none() { piece.len() } else { written.extract::<usize>()?.min(piece.len()) })
        })
    }

    fn flush(&mut self) -> Result<()> {
        Python::attach(|py| {
            let file = self.object.bind(py);
            if file.hasattr("flush")? {
                file.call_method0("flush")?;
            }
            Ok(())
        })
    }
}
