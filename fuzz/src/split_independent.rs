//! Any bytes, read in one piece and in many.

use std::io::{Cursor, Read, Result, Seek, SeekFrom};

use biaoshi::Verifier;

use super::{limits, same};

/// Gives 1 to `most` bytes a read, and is interrupted now and then.
struct Slow<'a> {
    inner: Cursor<&'a [u8]>,
    most: u32,
    state: u32,
}

impl Read for Slow<'_> {
    fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let draw = self.state >> 16;
        if draw % 11 == 7 {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let n = buf.len().min((draw % self.most) as usize + 1);
        self.inner.read(&mut buf[..n])
    }
}

impl Seek for Slow<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.inner.seek(to)
    }
}

pub fn run(data: &[u8]) {
    named("a.png", data);
}

/// The same for a file of this name.
pub fn named(name: &str, data: &[u8]) {
    let verifier = Verifier::new().limits(limits()).file_name(name);
    let whole = verifier.verify_bytes(data).map_err(|e| e.to_string());
    let listed = biaoshi::inspect_source(&mut Cursor::new(data), Some(name), &limits()).map_err(|e| e.to_string());
    let listed = listed.map(|i| serde_json::to_value(i).expect("a list is JSON"));
    for most in [1, 7, 4_000] {
        let slow = || Slow { inner: Cursor::new(data), most, state: most };
        same("the report", &verifier.verify(&mut slow()).map_err(|e| e.to_string()), &whole);
        let again = biaoshi::inspect_source(&mut slow(), Some(name), &limits()).map_err(|e| e.to_string());
        same("the list", &again.map(|i| serde_json::to_value(i).expect("a list is JSON")), &listed);
    }
}
