//! Readers and writers that behave badly.

use std::io::{Cursor, Error, ErrorKind, Read, Result, Seek, SeekFrom, Write};

/// How many bytes each read gives.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    Fixed(usize),
    Random(u32),
}

/// Gives few bytes per read, and is interrupted now and then.
pub struct Chunked {
    inner: Cursor<Vec<u8>>,
    pace: Pace,
    state: u32,
    calls: u64,
    interrupt: bool,
}

impl Chunked {
    pub fn new(bytes: &[u8], pace: Pace, interrupt: bool) -> Self {
        let state = if let Pace::Random(seed) = pace { seed | 1 } else { 1 };
        Self { inner: Cursor::new(bytes.to_vec()), pace, state, calls: 0, interrupt }
    }
}

impl Read for Chunked {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.calls += 1;
        if self.interrupt && self.calls % 5 == 3 {
            return Err(ErrorKind::Interrupted.into());
        }
        let most = match self.pace {
            Pace::Fixed(n) => n,
            Pace::Random(_) => {
                self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (self.state >> 20) as usize % 97 + 1
            }
        };
        let n = buf.len().min(most);
        self.inner.read(&mut buf[..n])
    }
}

impl Seek for Chunked {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.inner.seek(to)
    }
}

/// Counts operations, and fails at the one that was asked for.
#[derive(Clone, Default)]
pub struct Fuse {
    pub reads: u64,
    pub seeks: u64,
    pub writes: u64,
    pub fail_read: Option<u64>,
    pub fail_seek: Option<u64>,
    pub fail_write: Option<u64>,
}

fn tick(count: &mut u64, at: Option<u64>) -> Result<()> {
    let now = *count;
    *count += 1;
    if at == Some(now) { Err(Error::other("injected")) } else { Ok(()) }
}

pub struct Failing<T> {
    pub inner: T,
    pub fuse: Fuse,
}

impl<T: Read> Read for Failing<T> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        tick(&mut self.fuse.reads, self.fuse.fail_read)?;
        self.inner.read(buf)
    }
}

impl<T: Seek> Seek for Failing<T> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        tick(&mut self.fuse.seeks, self.fuse.fail_seek)?;
        self.inner.seek(to)
    }
}

impl<T: Write> Write for Failing<T> {
    fn write(&mut self, buf: &[u8]) -> Result<usize> {
        tick(&mut self.fuse.writes, self.fuse.fail_write)?;
        self.inner.write(buf)
    }

    fn flush(&mut self) -> Result<()> {
        tick(&mut self.fuse.writes, self.fuse.fail_write)?;
        self.inner.flush()
    }
}
