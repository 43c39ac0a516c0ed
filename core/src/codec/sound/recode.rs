//! The whole sound decoded, the notice put in, and all encoded anew by FFmpeg with the settings of the
//! source; tags, chapters and pictures are taken over.

use std::ffi::OsString;
use std::fs::File;
use std::path::Path;

use serde_json::Value;

use super::ffmpeg::{Bench, demuxer};
use super::mark::Marking;
use super::signal::Made;
use super::{Done, Kept, no_way, unread, wav};
use crate::codec::tool::{Programs, file};
use crate::codec::watch::Watched;
use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::{sound as rows, tool};
use crate::notice::Moment;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};

mod ogg;
mod tags;

/// Most chapters.
const CHAPTERS: usize = 1024;

/// Encoder, and the bit rate for one channel if the source does not tell its own; 0 for codings
/// without loss.
fn encoder(codec: &str) -> Option<(&str, u64)> {
    match codec {
        "aac" => Some(("aac", 96_000)),
        "alac" => Some(("alac", 0)),
        "vorbis" => Some(("libvorbis", 80_000)),
        "opus" => Some(("libopus", 64_000)),
        "mp3" => Some(("libmp3lame", 96_000)),
        "mp2" => Some(("mp2", 128_000)),
        "ac3" => Some(("ac3", 96_000)),
        "eac3" => Some(("eac3", 64_000)),
        "pcm_alaw" | "pcm_mulaw" | "flac" | "wavpack" | "tta" => Some((codec, 0)),
        _ if codec.starts_with("pcm_") && !codec.starts_with("pcm_f64") => Some((codec, 0)),
        _ => None,
    }
}

/// The muxer of a format, and what it has to be told.
fn muxer(format: Format) -> Result<&'static [&'static str]> {
    match format {
        Format::M4a => Ok(&["-f", "ipod"]),
        Format::Mp4 => Ok(&["-f", "mp4"]),
        Format::Mov => Ok(&["-f", "mov"]),
        Format::ThreeGp => Ok(&["-f", "3gp"]),
        Format::Matroska => Ok(&["-f", "matroska"]),
        Format::Webm => Ok(&["-f", "webm"]),
        Format::Aac => Ok(&["-f", "adts"]),
        Format::Mp3 => Ok(&["-f", "mp3", "-id3v2_version", "3"]),
        Format::Ogg | Format::Opus => Ok(&["-f", "ogg", "-page_duration", "500000"]),
        other => Err(no_way(other)),
    }
}

/// Samples that an encoder puts first and the container does not tell players to leave out.
fn lag(format: Format, encoder: &str) -> u64 {
    match (format, encoder) {
        (Format::Matroska | Format::Aac, "aac") => 1024,
        (Format::Matroska, "libmp3lame") => 1105,
        _ => 0,
    }
}

/// What FFprobe tells of a source.
struct Probe {
    codec: String,
    profile: String,
    /// How its decoder gives samples.
    samples: String,
    bits: u64,
    /// Significant bits of a sample, 0 if not told.
    depth: u64,
    /// Numbers of the streams that are pictures, and the kind and name of each.
    pictures: Vec<(u64, String, String)>,
    /// Streams that have no place in what is written, by kind.
    others: Vec<String>,
    /// Begin and end in seconds, and title.
    chapters: Vec<(f64, f64, String)>,
}

impl Probe {
    fn read(format: Format, input: &Path, programs: &Programs, limits: &Limits) -> Result<Self> {
        let mut args: Vec<OsString> =
            ["-f", demuxer(format)?, "-show_streams", "-show_format", "-show_chapters", "-of", "json"]
                .map(Into::into)
                .into();
        args.push(file(input));
        let answer = programs.run(programs.ffprobe(&tool::PURPOSE_SOUND, args), limits)?;
        let all: Value = serde_json::from_slice(&answer.stdout).map_err(|e| unread("ffprobe", e))?;
        let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |value: &Value, key: &str| text(value, key).parse::<f64>().unwrap_or(0.0);
        let list = |key: &str| all.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        let streams = list("streams");
        let sound = streams.iter().find(|s| text(s, "codec_type") == "audio");
        let sound = sound.ok_or_else(|| Error::Malformed(rows::EMPTY.problem()))?;
        let is =
            |s: &Value, what: &str| s.get("disposition").and_then(|d| d.get(what)).and_then(Value::as_u64) == Some(1);
        let picture = |s: &Value| text(s, "codec_type") == "video" && is(s, "attached_pic");
        let named = |s: &Value, key: &str| s.get("tags").map(|tags| text(tags, key)).unwrap_or_default();
        let pictures = streams.iter().filter(|s| picture(s)).map(|s| {
            let index = s.get("index").and_then(Value::as_u64).unwrap_or(0);
            (index, named(s, "mimetype"), named(s, "filename"))
        });
        // Data are the titles of chapters, which are told as chapters too.
        let kinds = streams.iter().filter(|s| !picture(s)).map(|s| text(s, "codec_type"));
        let mut others: Vec<String> = kinds.filter(|kind| !matches!(kind.as_str(), "data" | "attachment")).collect();
        others.iter().position(|kind| kind == "audio").map(|first| others.remove(first));
        let whole = all.get("format").map_or(0.0, |format| number(format, "bit_rate"));
        let chapters = list("chapters").into_iter().take(CHAPTERS).map(|chapter| {
            let title = chapter.get("tags").map(|tags| text(tags, "title")).unwrap_or_default();
            (number(&chapter, "start_time"), number(&chapter, "end_time"), title)
        });
        Ok(Self {
            codec: text(sound, "codec_name"),
            profile: text(sound, "profile"),
            samples: text(sound, "sample_fmt"),
            bits: [number(sound, "bit_rate"), whole].into_iter().find(|bits| *bits > 0.0).unwrap_or(0.0) as u64,
            depth: number(sound, "bits_per_raw_sample") as u64,
            pictures: pictures.collect(),
            others,
            chapters: chapters.collect(),
        })
    }

    /// Whether samples of this coding pass through floats of 32 bits as they are, and come back.
    fn is_exact(&self) -> bool {
        match self.samples.trim_end_matches('p') {
            "u8" | "s16" | "flt" => true,
            "s32" => (1..=24).contains(&self.depth),
            _ => false,
        }
    }

    /// Arguments that take the pictures over. Matroska has them as files.
    fn covers(
        &self,
        format: Format,
        (bench, input): (&Bench, &Path),
        programs: &Programs,
        limits: &Limits,
    ) -> Result<Vec<OsString>> {
        let mut out: Vec<OsString> = Vec::new();
        match format {
            Format::M4a | Format::Mp4 | Format::Mp3 if !self.pictures.is_empty() => {
                out.extend(["-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"].map(OsString::from));
            }
            Format::Matroska => {
                for (number, (index, kind, name)) in self.pictures.iter().enumerate() {
                    let cover = bench.path(&format!("cover-{number}"));
                    let mut args: Vec<OsString> = ["-y", "-f", "matroska", "-i"].map(Into::into).into();
                    args.push(file(input));
                    args.extend(["-map", &format!("0:{index}"), "-c", "copy", "-f", "rawvideo"].map(OsString::from));
                    args.push(file(&cover));
                    programs.run(programs.ffmpeg(&tool::PURPOSE_SOUND, args), limits)?;
                    out.extend(["-attach".into(), file(&cover)]);
                    let of = format!("-metadata:s:t:{number}");
                    out.extend(
                        [&of, &format!("mimetype={kind}"), &of, &format!("filename={name}")].map(OsString::from),
                    );
                }
            }
            _ => {}
        }
        Ok(out)
    }

    /// The chapters as they lie now, in FFmpeg's own form.
    fn moved(&self, made: &Made) -> String {
        let rate = f64::from(made.shape.rate.max(1));
        let place = |seconds: f64, closes: bool| {
            let before = made.inserts.iter().filter(|insert| {
                let at = insert.frame as f64 / rate;
                insert.at != Moment::End && if closes { at < seconds - 0.0005 } else { at <= seconds + 0.0005 }
            });
            let more: u64 = before.map(|insert| insert.frames(made.shape.channels)).sum();
            ((seconds + more as f64 / rate) * 1000.0).round() as u64
        };
        let mut out = String::from(";FFMETADATA1\n");
        for (start, end, title) in &self.chapters {
            let mut escaped = String::new();
            for c in title.chars() {
                if matches!(c, '=' | ';' | '#' | '\\' | '\n') {
                    escaped.push('\\');
                }
                escaped.push(c);
            }
            out.push_str(&format!(
                "[CHAPTER]\nTIMEBASE=1/1000\nSTART={}\nEND={}\ntitle={escaped}\n",
                place(*start, false),
                place(*end, true)
            ));
        }
        out
    }
}

pub(super) fn add(
    format: Format,
    source: &mut dyn ReadSeek,
    made: &Made,
    reason: Problem,
    marking: Option<&mut Marking<'_>>,
    (programs, limits): (&Programs, &Limits),
    out: &mut dyn ReadWriteSeek,
) -> Result<Done> {
    let muxer = muxer(format)?;
    let bench = Bench::new()?;
    let input = bench.spill(source, limits)?;
    let probe = Probe::read(format, &input, programs, limits)?;
    let unsupported = || rows::CODING.with("format", format.row().name).arg("coding", &probe.codec);
    let (encoder, usual) = encoder(&probe.codec).ok_or_else(|| Error::Unsupported(unsupported()))?;
    if !probe.others.is_empty() {
        return Err(Error::Unsupported(rows::TRACKS.with("tracks", probe.others.join(", "))));
    }
    let sound = bench.unpack(format, &input, programs, limits)?;
    let mut with = bench.path("with.wav");
    let io = |e| Error::io("temporary file", e);
    let wide = Limits { file_bytes: u64::MAX, ..limits.clone() };
    let mut plain = File::open(&sound).map_err(io)?;
    let mut both = File::options().read(true).write(true).create(true).truncate(true).open(&with).map_err(io)?;
    let Done { starts, .. } = wav::add(&mut Watched::new(Some(programs), &mut plain), made, &wide, &mut both)?;
    drop(plain);
    let _ = std::fs::remove_file(sound);
    let marked = marking.is_some();
    if let Some(marking) = marking {
        let marked = bench.path("marked.wav");
        let mut out = File::options().read(true).write(true).create_new(true).open(&marked).map_err(io)?;
        wav::mark(&mut Watched::new(Some(programs), &mut both), marking, &wide, &mut out)?;
        let _ = std::fs::remove_file(std::mem::replace(&mut with, marked));
    }
    drop(both);
    let chapters = bench.path("chapters");
    std::fs::write(&chapters, probe.moved(made)).map_err(io)?;
    let output = bench.path("coded");
    let mut args: Vec<OsString> = ["-y", "-f", "wav", "-i"].map(Into::into).into();
    args.push(file(&with));
    args.extend(["-f", demuxer(format)?, "-i"].map(OsString::from));
    args.push(file(&input));
    args.extend(["-f", "ffmetadata", "-i"].map(OsString::from));
    args.push(file(&chapters));
    args.extend(["-map", "0:a:0"].map(OsString::from));
    args.extend(probe.covers(format, (&bench, &input), programs, limits)?);
    args.extend(["-map_metadata", "1", "-map_metadata:s:a:0", "1:s:a:0", "-map_chapters", "2"].map(OsString::from));
    args.extend(["-c:a", encoder].map(OsString::from));
    let bits = if probe.bits > 0 { probe.bits } else { usual.saturating_mul(u64::from(made.shape.channels)) };
    if usual > 0 {
        args.extend(["-b:a", &bits.to_string()].map(OsString::from));
    } else if !probe.samples.is_empty() {
        // Codings without loss: as many bits as there were.
        args.extend(["-sample_fmt", &probe.samples].map(OsString::from));
    }
    args.extend(muxer.iter().map(OsString::from));
    args.push(file(&output));
    programs.run(programs.ffmpeg(&tool::PURPOSE_SOUND, args), limits)?;
    let mut coded = File::open(&output).map_err(io)?;
    let mut coded = Source::new(&mut coded, limits)?;
    check_limit("file_bytes", coded.len(), limits.file_bytes)?;
    out.rewind().map_err(|e| Error::io("seek", e))?;
    let by = format!("ffmpeg, {encoder}");
    let mut notes = vec![rows::NOTE_REENCODED.with("by", &by).because("reason", reason)];
    if matches!(format, Format::Ogg) && probe.codec == "vorbis" {
        ogg::headers(source, &mut coded, made, limits, out)?;
    } else if matches!(format, Format::M4a | Format::Mp4) && tags::carried(source, &mut coded, limits, out)? {
        out.flush().map_err(|e| Error::io("write", e))?;
    } else {
        let end = coded.len();
        coded.copy(0..end, &mut |part| out.write_all(part).map_err(|e| Error::io("write", e)))?;
        if format != Format::Aac {
            notes.push(rows::NOTE_TAGS.with("by", "ffmpeg"));
        }
    }
    if probe.profile.starts_with("HE-AAC") {
        notes.push(rows::NOTE_PROFILE.with("old", &probe.profile).arg("new", "LC"));
    }
    out.flush().map_err(|e| Error::io("write", e))?;
    let lag = lag(format, encoder);
    let starts = starts.into_iter().map(|start| start.saturating_add(lag)).collect();
    let lossless = usual == 0 && probe.is_exact() && !marked;
    Ok(Done { starts, kept: Kept::Reencoded { by, lossless }, notes })
}
