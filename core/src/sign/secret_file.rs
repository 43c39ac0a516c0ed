//! Reading files that hold secrets.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};

/// Largest key or certificate file, in bytes.
const FILE_MAX: usize = 64 << 10;

/// Reads a text of at most 64 KiB; if it is `secret`, only where nobody else may read it (Unix).
pub(crate) fn read(path: &Path, secret: bool) -> Result<Zeroizing<String>> {
    let bytes = read_bytes(path, secret)?;
    let wrong = |_| Error::io(path.display().to_string(), std::io::ErrorKind::InvalidData.into());
    let text = std::str::from_utf8(&bytes).map_err(wrong)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Reads at most 64 KiB; if it is `secret`, only where nobody else may read it (Unix).
pub(crate) fn read_bytes(path: &Path, secret: bool) -> Result<Zeroizing<Vec<u8>>> {
    let io = |source| Error::io(path.display().to_string(), source);
    let file = File::open(path).map_err(io)?;
    if secret {
        check_mode(path, &file)?;
    }
    // Room for the whole file at once: growing would leave copies of the key behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_MAX.saturating_add(1)));
    let most = (FILE_MAX as u64).saturating_add(1);
    file.take(most).read_to_end(&mut bytes).map_err(io)?;
    crate::source::check_limit("key_file_bytes", bytes.len() as u64, FILE_MAX as u64)?;
    Ok(bytes)
}

/// Looks at the open file, so that it cannot be swapped after the check.
#[cfg(unix)]
fn check_mode(path: &Path, file: &File) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;

    use crate::message::sign;

    let io = |source| Error::io(path.display().to_string(), source);
    let target = file.metadata().map_err(io)?;
    let mode = target.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(Error::Signing(sign::KEY_MODE.with("path", path.display()).arg("mode", format!("{mode:04o}"))));
    }
    let named = fs::symlink_metadata(path).map_err(io)?;
    if named.is_symlink() && named.uid() != target.uid() {
        return Err(Error::Signing(sign::KEY_OWNER.with("path", path.display())));
    }
    Ok(())
}

#[cfg(not(unix))]
fn check_mode(path: &Path, _file: &File) -> Result<()> {
    fs::symlink_metadata(path).map(drop).map_err(|e| Error::io(path.display().to_string(), e))
}
