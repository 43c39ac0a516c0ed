//! Files on disk: inputs that are files, outputs that appear whole or not at all.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::message::general;

/// Opens a regular file for reading; a directory, device or pipe is refused.
///
/// # Errors
/// [`Error::Io`], [`Error::Unsupported`].
pub fn open_regular(path: &Path) -> Result<File> {
    let shown = path.display().to_string();
    // Looked at before opening, because opening a pipe waits for a writer; and again after, because
    // another file may stand there by then.
    let regular = std::fs::metadata(path).map_err(|e| Error::io(&shown, e))?.is_file();
    if regular {
        let file = File::open(path).map_err(|e| Error::io(&shown, e))?;
        if file.metadata().map_err(|e| Error::io(&shown, e))?.is_file() {
            return Ok(file);
        }
    }
    Err(Error::Unsupported(general::INPUT_KIND.with("path", shown)))
}

/// Writes a file that appears whole or not at all. A symbolic link is not followed, and another file replaced
/// only if `replace` says so.
///
/// # Errors
/// [`Error::Refused`] if something stands there that is not replaced; [`Error::Io`].
pub fn write_whole(path: impl AsRef<Path>, bytes: &[u8], replace: bool) -> Result<()> {
    let path = path.as_ref();
    let mut output = Output::create(path, replace)?;
    output.file().write_all(bytes).map_err(|e| Error::io(path.display().to_string(), e))?;
    output.commit()
}

/// Refuses an output that is a symbolic link: none is followed.
///
/// # Errors
/// [`Error::Refused`].
pub fn refuse_link(path: impl AsRef<Path>) -> Result<()> {
    let path = path.as_ref();
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => Err(Error::Refused(general::OUTPUT_LINK.with("path", path.display()))),
        _ => Ok(()),
    }
}

/// How the names begin of files that the process of this number is writing. What is left of one that was
/// ended from outside can be found by it, and removed.
#[must_use]
pub fn half_written(process: u32) -> String {
    format!(".biaoshi-{process}-")
}

/// A file that is being written beside its final place, and appears there by
/// [`Output::commit`] only.
pub(crate) struct Output {
    temp: tempfile::NamedTempFile,
    path: PathBuf,
    replace: bool,
}

impl Output {
    /// Makes a temporary file in the folder of `path`.
    ///
    /// # Errors
    /// [`Error::Refused`] if `path` exists and `replace` is off, or is a symbolic link;
    /// [`Error::Io`].
    pub(crate) fn create(path: &Path, replace: bool) -> Result<Self> {
        let shown = path.display().to_string();
        refuse_link(path)?;
        match path.symlink_metadata() {
            Ok(found) if !found.is_file() => {
                return Err(Error::Refused(general::INPUT_KIND.with("path", shown)));
            }
            Ok(_) if !replace => return Err(Error::Refused(general::OUTPUT_EXISTS.with("path", shown))),
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::io(shown, e)),
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        // Asked first, so that a missing folder is named without a temporary name.
        folder.metadata().map_err(|e| Error::io(folder.display().to_string(), e))?;
        let temp = tempfile::Builder::new()
            .prefix(&half_written(std::process::id()))
            .tempfile_in(folder)
            // The reason without the temporary name, which means nothing to a reader.
            .map_err(|e| Error::io(folder.display().to_string(), e.kind().into()))?;
        Ok(Self { temp, path: path.to_owned(), replace })
    }

    /// The temporary file.
    pub(crate) fn file(&mut self) -> &mut File {
        self.temp.as_file_mut()
    }

    /// Puts the file in its place: permissions of the file it replaces or of a new file, fsync,
    /// rename, fsync of the folder.
    ///
    /// # Errors
    /// [`Error::Io`]; the temporary file is then removed.
    pub(crate) fn commit(self) -> Result<()> {
        let shown = self.path.display().to_string();
        let io = |e| Error::io(&shown, e);
        set_permissions(self.temp.as_file(), &self.path).map_err(io)?;
        self.temp.as_file().sync_all().map_err(io)?;
        let result = if self.replace { self.temp.persist(&self.path) } else { self.temp.persist_noclobber(&self.path) };
        result.map_err(|e| io(e.error))?;
        let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        // A folder can't be opened everywhere; the rename itself has happened.
        if let Ok(folder) = OpenOptions::new().read(true).open(folder) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

#[cfg(unix)]
fn set_permissions(file: &File, target: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = match target.metadata() {
        Ok(found) => found.permissions().mode() & 0o777,
        Err(_) => new_file_mode(),
    };
    file.set_permissions(std::fs::Permissions::from_mode(mode))
}

/// The mode of a file made in the usual way. The mask can't be read without changing it for the
/// whole process, so a file is made and looked at.
#[cfg(unix)]
fn new_file_mode() -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    let probe = || -> std::io::Result<u32> {
        let folder = tempfile::tempdir()?;
        let file = File::create(folder.path().join("mode"))?;
        Ok(file.metadata()?.permissions().mode() & 0o777)
    };
    probe().unwrap_or(0o600)
}

#[cfg(not(unix))]
fn set_permissions(_file: &File, _target: &Path) -> std::io::Result<()> {
    Ok(())
}
