//! Files that hold secrets.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::error::{Error, Result};

#[cfg(feature = "keygen")]
pub(crate) use new::exists;
#[cfg(feature = "look")]
pub(crate) use new::write_new;

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

/// Files that are made, for keys of watermarks and signers.
#[cfg(feature = "look")]
mod new {
    use std::fs::{self, OpenOptions};
    use std::io::{ErrorKind, Write as _};
    use std::path::Path;

    use crate::error::{Error, Result};
    use crate::message::sign;

    /// Writes a new file whole or not at all: `secret` ones with mode 0600, others with 0644 (Unix). No file is
    /// overwritten and no link followed.
    ///
    /// # Errors
    /// [`Error::Refused`] if something stands there, [`Error::Io`].
    pub(crate) fn write_new(path: &Path, bytes: &[u8], secret: bool) -> Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, if secret { 0o600 } else { 0o644 });
        #[cfg(not(unix))]
        let _ = secret;
        let mut file = options.open(path).map_err(|e| match e.kind() {
            ErrorKind::AlreadyExists => exists(path),
            _ => Error::io(path.display().to_string(), e),
        })?;
        file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| {
            let _ = fs::remove_file(path);
            Error::io(path.display().to_string(), e)
        })
    }

    /// Something stands where a new file shall be.
    pub(crate) fn exists(path: &Path) -> Error {
        Error::Refused(sign::IDENTITY_EXISTS.with("path", path.display()))
    }
}
