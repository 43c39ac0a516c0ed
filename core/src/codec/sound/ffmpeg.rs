//! Sound decoded and encoded by an installed FFmpeg, through temporary files.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Sink, SoundShape, no_way, wav};
use crate::codec::tool::{Programs, file};
use crate::codec::watch::Watched;
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::tool;
use crate::source::{ReadSeek, Source};

/// Most bytes of an encoded notice.
const NOTICE: u64 = 64 << 20;

/// A folder of temporary files, gone in the end.
#[derive(Debug)]
pub(super) struct Bench {
    dir: TempDir,
}

fn io(step: &str) -> impl Fn(std::io::Error) -> Error + '_ {
    move |e| Error::io(step, e)
}

impl Bench {
    pub(super) fn new() -> Result<Self> {
        Ok(Self { dir: TempDir::with_prefix("biaoshi-").map_err(io("temporary folder"))? })
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Copies a source to a file.
    pub(super) fn spill(&self, source: &mut dyn ReadSeek, limits: &Limits) -> Result<PathBuf> {
        let path = self.path("source");
        let mut source = Source::new(source, limits)?;
        let mut file = BufWriter::new(File::create(&path).map_err(io("temporary file"))?);
        let end = source.len();
        source.copy(0..end, &mut |part| file.write_all(part).map_err(io("temporary file")))?;
        file.flush().map_err(io("temporary file"))?;
        Ok(path)
    }

    /// Decodes the first stream of sound to a WAV file of floats.
    pub(super) fn unpack(&self, format: Format, input: &Path, programs: &Programs, limits: &Limits) -> Result<PathBuf> {
        let output = self.path("sound.wav");
        // More than the limit, so that what is cut off is seen.
        let most = limits.samples.saturating_mul(4).saturating_add(1 << 20).min(i64::MAX as u64).to_string();
        let mut args = vec!["-y".into(), "-f".into(), demuxer(format)?.into(), "-i".into(), file(input)];
        let rest = ["-map", "0:a:0", "-map_metadata", "-1", "-bitexact", "-c:a", "pcm_f32le", "-rf64", "auto"];
        args.extend(rest.map(OsString::from));
        args.extend(["-fs", &most, "-f", "wav"].map(OsString::from));
        args.push(file(&output));
        programs.run(programs.ffmpeg(&tool::PURPOSE_FRAMES, args), limits)?;
        Ok(output)
    }

    /// Encodes samples by these arguments, which name codec and format.
    pub(super) fn encode(
        &self,
        samples: &[f32],
        shape: SoundShape,
        arguments: &[&str],
        programs: &Programs,
        limits: &Limits,
    ) -> Result<Vec<u8>> {
        let (input, output) = (self.path("notice.raw"), self.path("notice.out"));
        let mut raw = BufWriter::new(File::create(&input).map_err(io("temporary file"))?);
        for sample in samples {
            raw.write_all(&sample.to_le_bytes()).map_err(io("temporary file"))?;
        }
        raw.flush().map_err(io("temporary file"))?;
        let (rate, channels) = (shape.rate.to_string(), shape.channels.to_string());
        let mut args: Vec<OsString> =
            ["-y", "-f", "f32le", "-ar", &rate, "-ac", &channels, "-i"].map(Into::into).into();
        args.push(file(&input));
        args.extend(["-map_metadata", "-1", "-bitexact"].map(OsString::from));
        args.extend(arguments.iter().map(OsString::from));
        args.push(file(&output));
        programs.run(programs.ffmpeg(&tool::PURPOSE_SOUND, args), limits)?;
        let mut out = Vec::new();
        let coded = File::open(output).map_err(io("temporary file"))?;
        coded.take(NOTICE).read_to_end(&mut out).map_err(io("temporary file"))?;
        Ok(out)
    }
}

/// The demuxer of a format: FFmpeg is not left to guess what a file from anywhere is.
pub(super) fn demuxer(format: Format) -> Result<&'static str> {
    match format {
        Format::Wav => Ok("wav"),
        Format::Flac => Ok("flac"),
        Format::Ogg | Format::Opus => Ok("ogg"),
        Format::Mp3 => Ok("mp3"),
        Format::Aac => Ok("aac"),
        Format::Aiff => Ok("aiff"),
        Format::M4a | Format::Mp4 | Format::Mov | Format::ThreeGp => Ok("mov"),
        Format::Matroska | Format::Webm => Ok("matroska"),
        Format::Avi => Ok("avi"),
        Format::Flv => Ok("flv"),
        other => Err(no_way(other)),
    }
}

/// Decodes by FFmpeg.
pub(super) fn decode(
    format: Format,
    source: &mut dyn ReadSeek,
    programs: &Programs,
    limits: &Limits,
    sink: &mut Sink<'_>,
) -> Result<SoundShape> {
    demuxer(format)?;
    let bench = Bench::new()?;
    let input = bench.spill(source, limits)?;
    let sound = bench.unpack(format, &input, programs, limits)?;
    // Twice the sound need not lie on the disk.
    let _ = std::fs::remove_file(input);
    let mut sound = File::open(sound).map_err(io("temporary file"))?;
    let mut sound = Watched::new(Some(programs), &mut sound);
    // The temporary file may be longer than its source may be.
    wav::decode(&mut sound, &Limits { file_bytes: u64::MAX, ..limits.clone() }, sink)
}
