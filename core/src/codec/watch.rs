//! Streams that end when the work is cancelled.

use std::io::{Error, Read, Result, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::tool::Programs;

/// A stream that fails once the flag is set: so no loop that reads or writes outlives it by more
/// than one block.
#[derive(Debug)]
pub(crate) struct Watched<'s, S: ?Sized> {
    inner: &'s mut S,
    cancel: Option<Arc<AtomicBool>>,
}

impl<'s, S: ?Sized> Watched<'s, S> {
    /// Watches the flag of `programs`; without programs nothing can be cancelled.
    pub(crate) fn new(programs: Option<&Programs>, inner: &'s mut S) -> Self {
        Self::by(programs.map(|programs| &programs.cancel), inner)
    }

    /// Watches this flag, if there is one.
    pub(crate) fn by(cancel: Option<&Arc<AtomicBool>>, inner: &'s mut S) -> Self {
        Self { inner, cancel: cancel.map(Arc::clone) }
    }

    fn go_on(&self) -> Result<()> {
        match &self.cancel {
            // Not `Interrupted`, after which everybody tries again.
            Some(cancel) if cancel.load(Ordering::Relaxed) => Err(Error::other("stopped on request")),
            _ => Ok(()),
        }
    }
}

impl<S: Read + ?Sized> Read for Watched<'_, S> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.go_on()?;
        self.inner.read(buf)
    }
}

impl<S: Write + ?Sized> Write for Watched<'_, S> {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        self.go_on()?;
        self.inner.write(buf)
    }

    fn flush(&mut self) -> Result<()> {
        self.inner.flush()
    }
}

impl<S: Seek + ?Sized> Seek for Watched<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.go_on()?;
        self.inner.seek(to)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_stream_ends_with_the_flag_and_not_before() {
        let programs = Programs::installed();
        let mut inner = std::io::Cursor::new(vec![7u8; 9]);
        let mut stream = Watched::new(Some(&programs), &mut inner);
        let mut buf = [0; 4];
        assert_eq!(stream.read(&mut buf).unwrap(), 4);
        programs.cancel.store(true, Ordering::Relaxed);
        for error in [stream.read(&mut buf).err(), stream.write(&buf).err(), stream.rewind().err()] {
            assert_eq!(error.map(|e| e.kind()), Some(std::io::ErrorKind::Other));
        }
        let mut free = Watched::new(None, &mut inner);
        assert_eq!(free.read(&mut buf).unwrap(), 4);
    }
}
