//! Temporary files of one piece of work.

use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::video as rows;
use crate::source::ReadSeek;

/// A folder for one piece of work, removed at its end, with the film in it.
pub(super) struct Work {
    folder: tempfile::TempDir,
    pub(super) source: std::path::PathBuf,
    /// FFmpeg's name of the format's reader: nothing is guessed, so no film can be taken for a list
    /// of other files.
    pub(super) reader: &'static str,
    /// How many files were named.
    named: std::cell::Cell<u32>,
}

impl Work {
    pub(super) fn new(format: Format, source: &mut dyn ReadSeek, limits: &Limits) -> Result<Self> {
        let reader = match format {
            Format::Mp4 | Format::Mov | Format::ThreeGp => "mov",
            Format::Matroska | Format::Webm => "matroska",
            Format::Avi => "avi",
            Format::Flv => "flv",
            _ => return Err(Error::Unsupported(rows::NO_VIDEO.problem())),
        };
        let folder = tempfile::Builder::new().prefix("biaoshi-video-").tempdir();
        let folder = folder.map_err(|e| Error::io("temporary folder", e))?;
        let path = folder.path().join("source");
        let mut source = crate::source::Source::new(source, limits)?;
        let mut file = std::fs::File::create_new(&path).map_err(|e| Error::io("temporary file", e))?;
        let all = 0..source.len();
        source.copy(all, &mut |part| {
            std::io::Write::write_all(&mut file, part).map_err(|e| Error::io("temporary file", e))
        })?;
        Ok(Self { folder, source: path, reader, named: std::cell::Cell::default() })
    }

    /// A new file in the folder. The same name given twice is two files: several ways may be gone
    /// through the same steps, and nothing is ever written over.
    pub(super) fn path(&self, name: &str) -> std::path::PathBuf {
        let number = self.named.get();
        self.named.set(number.saturating_add(1));
        self.folder.path().join(format!("{number}-{name}"))
    }
}

/// Arguments as the program gets them.
pub(super) fn args<'a>(words: impl IntoIterator<Item = &'a str>) -> Vec<std::ffi::OsString> {
    words.into_iter().map(Into::into).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn no_two_files_have_one_name() {
        let work = Work::new(Format::Mp4, &mut std::io::Cursor::new(vec![0; 16]), &Limits::default()).unwrap();
        let (one, two) = (work.path("spliced"), work.path("spliced"));
        assert_ne!(one, two);
        assert!(one.parent() == two.parent() && one.parent() == work.source.parent());
        assert!(!one.exists() && !two.exists() && work.source.exists());
    }
}
