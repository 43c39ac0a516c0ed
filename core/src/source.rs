//! Bounded reading: the only way containers see a file.

use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::general;

/// Anything that can be read and sought and moved between threads: files, cursors.
pub trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send + ?Sized> ReadSeek for T {}

/// Anything that can also be written: what a manifest is embedded into.
pub trait ReadWriteSeek: Read + Write + Seek + Send {}
impl<T: Read + Write + Seek + Send + ?Sized> ReadWriteSeek for T {}

/// Most bytes of the window, and fewest: a reader that jumps from header to header reads little.
const WINDOW: usize = 64 << 10;
const STEP: usize = 4 << 10;

/// A file of known length with positioned, bounded reads through one small window.
pub struct Source<'a> {
    inner: &'a mut dyn ReadSeek,
    len: u64,
    window: Vec<u8>,
    window_at: u64,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("len", &self.len).finish_non_exhaustive()
    }
}

impl<'a> Source<'a> {
    /// Measures `inner` and refuses files longer than [`Limits::file_bytes`].
    ///
    /// # Errors
    /// [`Error::Io`] if seeking fails, [`Error::Limit`] if the file is too long.
    pub fn new(inner: &'a mut dyn ReadSeek, limits: &Limits) -> Result<Self> {
        let len = inner.seek(SeekFrom::End(0)).map_err(|e| Error::io("seek", e))?;
        check_limit("file_bytes", len, limits.file_bytes)?;
        Ok(Self { inner, len, window: Vec::new(), window_at: 0 })
    }

    /// Length in bytes.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file has no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Fills `buf` from `offset`; returns how many bytes there were before the end.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn read_at(&mut self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let mut done = 0usize;
        while done < buf.len() {
            let Some(at) = offset.checked_add(done as u64).filter(|at| *at < self.len) else { break };
            let window = self.window(at)?;
            let want = buf.get_mut(done..).unwrap_or_default();
            let n = want.len().min(window.len());
            if n == 0 {
                break;
            }
            if let (Some(to), Some(from)) = (want.get_mut(..n), window.get(..n)) {
                to.copy_from_slice(from);
            }
            done += n;
        }
        Ok(done)
    }

    /// The bytes available from `at`, at least one unless `at` is the end.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn window(&mut self, at: u64) -> Result<&[u8]> {
        let inside = at
            .checked_sub(self.window_at)
            .and_then(|skip| usize::try_from(skip).ok())
            .filter(|skip| *skip < self.window.len());
        if inside.is_none() {
            self.load(at)?;
        }
        let skip = inside.unwrap_or(0);
        Ok(self.window.get(skip..).unwrap_or_default())
    }

    fn load(&mut self, at: u64) -> Result<()> {
        // Twice as much where reading goes on behind the window.
        let goes_on = self.window_at.saturating_add(self.window.len() as u64) == at;
        let most = if goes_on { self.window.len().saturating_mul(2).clamp(STEP, WINDOW) } else { STEP };
        self.window.clear();
        self.window_at = at;
        if at >= self.len {
            return Ok(());
        }
        let want = usize::try_from(self.len - at).unwrap_or(most).min(most);
        self.window.resize(want, 0);
        self.inner.seek(SeekFrom::Start(at)).map_err(|e| Error::io("seek", e))?;
        let mut done = 0usize;
        while let Some(rest) = self.window.get_mut(done..).filter(|rest| !rest.is_empty()) {
            match self.inner.read(rest) {
                Ok(0) => break,
                Ok(n) => done = done.saturating_add(n),
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(Error::io("read", e)),
            }
        }
        self.window.truncate(done);
        Ok(())
    }

    /// Exactly `N` bytes at `offset`, or `None` if the file ends before.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn array<const N: usize>(&mut self, offset: u64) -> Result<Option<[u8; N]>> {
        let mut buf = [0u8; N];
        Ok((self.read_at(offset, &mut buf)? == N).then_some(buf))
    }

    /// The bytes of `range`, cut at the end of the file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Limit`] named `limit` if the range is longer than `max` bytes.
    pub fn bytes(&mut self, range: Range<u64>, max: u64, limit: &'static str) -> Result<Vec<u8>> {
        let want = range.end.min(self.len).saturating_sub(range.start);
        check_limit(limit, want, max)?;
        let length = usize::try_from(want).map_err(|_| limit_error(limit, want, max))?;
        let mut out = Vec::new();
        // Where memory is short, and above 2 GiB on 32-bit machines, whatever the bound says.
        out.try_reserve_exact(length).map_err(|_| limit_error(limit, want, max))?;
        out.resize(length, 0);
        let got = self.read_at(range.start, &mut out)?;
        out.truncate(got);
        Ok(out)
    }

    /// Copies `range` to `out` without holding more than one window.
    ///
    /// # Errors
    /// [`Error::Io`], also when the file ends inside the range.
    pub fn copy(&mut self, range: Range<u64>, out: &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<()> {
        let mut at = range.start;
        while at < range.end {
            let left = usize::try_from(range.end - at).unwrap_or(usize::MAX);
            let window = self.window(at)?;
            let n = window.len().min(left);
            let Some(part) = window.get(..n).filter(|part| !part.is_empty()) else {
                return Err(Error::io("read", std::io::ErrorKind::UnexpectedEof.into()));
            };
            out(part)?;
            at += n as u64;
        }
        Ok(())
    }

    /// The reader underneath, for a codec that needs the whole file.
    pub fn inner(&mut self) -> &mut dyn ReadSeek {
        self.window.clear();
        self.inner
    }
}

/// An error if `value` is more than `max`.
pub(crate) fn check_limit(limit: &'static str, value: u64, max: u64) -> Result<()> {
    if value > max { Err(limit_error(limit, value, max)) } else { Ok(()) }
}

pub(crate) fn limit_error(limit: &'static str, value: u64, max: u64) -> Error {
    Error::Limit(general::LIMIT.with("limit", limit).arg("value", value).arg("max", max))
}
