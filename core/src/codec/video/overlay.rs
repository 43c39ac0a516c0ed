//! The ways to a film with a notice, from the one that keeps most to the one that always works.

use std::cell::RefCell;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::codec::tool::{Programs, file};
use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::notice::{tool, video as rows};
use crate::source::{ReadSeek, ReadWriteSeek, Source};
use crate::watermark::picture::SamplesMut;

use super::atoms::{Movie, Stop, fragmented};
use super::draw::{self, Picture};
use super::encode::{self, Choice, Join, Reorder, Task};
use super::layer::{Layer, escaped, every};
use super::probe::{self, Film, average, with_alpha};
use super::proof::{self, Packets, Proof};
use super::splice::{self, Fresh, Track};
use super::{Encoder, Kept, Laid, Marking, Overlaid, Span, VideoNotice, Way, Work, args, h264, hevc, spans};

/// Frames decoded for the proof where all of them come from one encoder.
const DECODED: usize = 120;

/// Everything that the ways need.
pub(super) struct Job<'j> {
    work: &'j Work,
    format: Format,
    pub(super) film: &'j Film,
    span: Span,
    /// The notice as drawn, and the file that it is in.
    pub(super) notice: Option<(Picture, PathBuf)>,
    /// What puts a watermark into each frame.
    pub(super) marking: Option<RefCell<&'j mut Marking<'j>>>,
    pub(super) programs: &'j Programs,
    pub(super) limits: &'j Limits,
    /// Bits per second of the video, at most.
    bits: Option<f64>,
    /// The video encoded whole, which was not used.
    whole: RefCell<Option<(PathBuf, Choice)>>,
}

/// What came of a way.
pub(super) struct Done {
    pub(super) path: PathBuf,
    pub(super) way: Way,
    pub(super) proof: Proof,
    pub(super) encoder: Encoder,
    /// Whether the rest of the file is byte for byte the same.
    pub(super) file: bool,
    pub(super) notes: Vec<Problem>,
}

pub(super) fn run(
    format: Format,
    source: &mut dyn ReadSeek,
    (notice, marking): (Option<&VideoNotice>, Option<&mut Marking<'_>>),
    programs: &Programs,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<Laid> {
    let work = Work::new(format, source, limits)?;
    let film = probe::film(&work, programs, limits, &tool::PURPOSE_VIDEO)?;
    let film = with_alpha(film);
    if film.protected.other {
        return Err(Error::Unsupported(rows::ENCRYPTED.problem()));
    }
    if let Some(what) = film.dynamic() {
        return Err(Error::Unsupported(rows::DYNAMIC_HDR.with("what", what)));
    }
    let bits = film.video.bits().or_else(|| average(&work, &film));
    let plan = Task { reorder: Reorder::Two, bits, id: None };
    // Asked before anything is drawn: a coding that can't be encoded is the first thing to know.
    let choice = encode::choose(&film, plan)?;
    let taken = choice.form(&film);
    let drawn = match notice {
        Some(notice) => {
            let picture = draw::picture(&film, notice)?;
            let path = work.path("notice.png");
            picture.save(&path)?;
            Some((picture, path))
        }
        None => None,
    };
    let mut marking =
        marking.map(|marking| move |samples: SamplesMut<'_>, size: (usize, usize)| marking(samples, size));
    let span = notice.map_or(Span::Throughout, |notice| notice.span);
    let job = Job {
        work: &work,
        format,
        film: &film,
        span,
        notice: drawn,
        marking: marking.as_mut().map(|marking| RefCell::new(marking as &mut Marking<'_>)),
        programs,
        limits,
        bits,
        whole: RefCell::default(),
    };
    let marked = job.marking.is_some();
    if marked {
        job.layout(&choice)?;
    }
    let before = proof::packets(&work.source, work.reader, programs, limits)?;
    let mut done = if marked { job.marked(&before)? } else { job.best(&before)? };
    job.tell(1.0);
    copy(&done.path, limits, out)?;
    let (seconds, spans) = spans::seen(&film, work.reader, span, &before, &mut done.notes);
    let others = film.streams.iter().filter(|s| s.index != film.video.index);
    if taken != film.form() {
        done.notes.push(rows::NOTE_DEPTH.with("old", film.form()).arg("new", taken));
    }
    let films = others.clone().filter(|s| s.is_film()).count();
    if films > 0 {
        done.notes.push(rows::NOTE_OTHER_VIDEO.with("count", films));
    }
    let kept = Kept {
        video_packets: done.proof.packets,
        video_packets_identical: done.proof.identical,
        streams: others.map(|s| format!("{} {} {}", s.index, s.codec_type, s.codec_name)).collect(),
        file: done.file,
    };
    let Some((picture, _)) = job.notice else { return Ok(Laid { notice: None, notes: done.notes }) };
    let notice = Overlaid {
        seconds,
        spans,
        way: done.way,
        kept,
        encoder: Encoder { lossless: done.encoder.lossless && !marked, ..done.encoder },
        notes: done.notes,
        drawn: picture.drawn,
    };
    Ok(Laid { notice: Some(notice), notes: Vec::new() })
}

fn copy(path: &Path, limits: &Limits, out: &mut dyn ReadWriteSeek) -> Result<()> {
    let mut file = std::fs::File::open(path).map_err(|e| Error::io("temporary file", e))?;
    let mut source = Source::new(&mut file, limits)?;
    let all = 0..source.len();
    source.copy(all, &mut |part| out.write_all(part).map_err(|e| Error::io("write", e)))?;
    out.flush().map_err(|e| Error::io("write", e))
}

impl Job<'_> {
    pub(super) fn tell(&self, part: f64) {
        if let Some(progress) = &self.programs.progress {
            progress(part.clamp(0.0, 1.0));
        }
    }

    /// Whether its transparency is another picture beside the film's, which is decoded only by FFmpeg as a whole.
    pub(super) fn has_alpha_beside(&self) -> bool {
        self.film.form().starts_with("yuva") && self.film.video.has_side_alpha()
    }

    /// The first way that works.
    fn best(&self, before: &Packets) -> Result<Done> {
        let mut why = None;
        if !self.has_alpha_beside() {
            for gone in [Self::in_place, Self::taken_out] {
                match gone(self, before) {
                    Ok(done) => return Ok(done),
                    Err(Stop::Error(error @ (Error::Malformed(_) | Error::Io { .. } | Error::Limit(_)))) => {
                        why = Some(Problem::from(error));
                    }
                    Err(Stop::Error(error)) => return Err(error),
                    Err(Stop::Other(reason)) => why = Some(reason),
                }
                self.programs.go_on()?;
            }
        }
        self.programs.go_on()?;
        let mut done = match self.used(before) {
            Some(done) => done,
            None => self.remuxed(before)?,
        };
        done.notes.push(rows::NOTE_REMUXED.problem());
        if let Some(why) = why {
            done.notes.push(rows::NOTE_WHOLE.problem().because("reason", why));
        }
        Ok(done)
    }

    /// What was encoded whole for another way: encoding takes longer than all else.
    fn used(&self, before: &Packets) -> Option<Done> {
        let (video, choice) = self.whole.take()?;
        let reader = if matches!(choice.writer, "mp4" | "mov") { "mov" } else { choice.writer };
        let fresh = before.get(&self.film.video.index).map_or(0, Vec::len);
        let (path, proof) = self.put_back(before, &video, reader, fresh).ok()?;
        Some(Done { path, way: Way::Whole, proof, encoder: choice.encoder(), file: false, notes: Vec::new() })
    }

    /// New samples in the file itself: the first ones if that goes, else all of them.
    fn in_place(&self, before: &Packets) -> Result<Done, Stop> {
        let (movie, track) = self.itself()?;
        let join = encode::join(&self.film.video.codec_name);
        let stream = self.film.video.index;
        let why = match self.spliced(&movie, &track, join, stream) {
            Ok(made) => {
                let after = proof::packets(&made.path, "mov", self.programs, self.limits)?;
                match proof::compare(before, &after, stream, made.fresh) {
                    Ok(proof) => return Ok(made.done(Way::Spliced, proof)),
                    Err(reason) => rows::WHY_PROOF.problem().because("reason", reason),
                }
            }
            Err(Stop::Error(error @ (Error::Unsupported(_) | Error::Refused(_)))) => return Err(Stop::Error(error)),
            Err(Stop::Error(error)) => error.into(),
            Err(Stop::Other(reason)) => reason,
        };
        self.programs.go_on()?;
        self.whole_in_place(before, (&movie, &track), why)
    }

    /// The film's file and its track of video, if it is a movie file.
    pub(super) fn itself(&self) -> Result<(Movie, Track), Stop> {
        if self.work.reader != "mov" {
            return Err(super::atoms::layout(self.work.reader));
        }
        let movie = Movie::open(&self.work.source, self.limits)?;
        let track = Track::read(&movie, self.film.video.track(), self.limits)?;
        Ok((movie, track))
    }

    /// All samples anew in the file itself.
    pub(super) fn whole_in_place(
        &self,
        before: &Packets,
        (movie, track): (&Movie, &Track),
        why: Problem,
    ) -> Result<Done, Stop> {
        let stream = self.film.video.index;
        let made = self.replaced(movie, track, track.samples.len(), Join::Never, "whole", stream)?;
        let after = proof::packets(&made.path, "mov", self.programs, self.limits)?;
        let proof = proof::compare(before, &after, stream, made.fresh).map_err(Stop::Other)?;
        let mut done = made.done(Way::Whole, proof);
        done.notes.push(rows::NOTE_WHOLE.problem().because("reason", why));
        Ok(done)
    }

    /// The first samples anew, if the coding and the notice allow it.
    fn spliced(&self, movie: &Movie, track: &Track, join: Join, stream: usize) -> Result<Made, Stop> {
        if join == Join::Never {
            return Err(Stop::Other(rows::WHY_CODEC.with("codec", &self.film.video.codec_name)));
        }
        if self.film.video.interlaced() {
            return Err(Stop::Other(rows::WHY_PARAMETERS.problem()));
        }
        let fresh = track.cut(movie, self.span, join, self.limits)?;
        self.replaced(movie, track, fresh, join, "spliced", stream)
    }

    /// `fresh` first samples anew, the result under this name, decoded beyond the seam.
    pub(super) fn replaced(
        &self,
        movie: &Movie,
        track: &Track,
        fresh: usize,
        join: Join,
        name: &str,
        stream: usize,
    ) -> Result<Made, Stop> {
        let config = track.description.config().map(|(_, config)| config);
        let none = || Stop::Other(rows::WHY_PARAMETERS.problem());
        let id = match (join, config) {
            (Join::H264, Some(config)) => Some(h264::free_id(config).ok_or_else(none)?),
            _ => None,
        };
        let join = match (join, config) {
            (Join::Hevc(_), Some(config)) => Join::Hevc(Some(hevc::free_ids(config).ok_or_else(none)?)),
            _ => join,
        };
        let choice = encode::choose(self.film, Task { reorder: track.reorder(fresh), bits: self.bits, id })?;
        let head = self.work.path(&format!("{name}-head"));
        self.encode(movie, track, fresh, &choice, stream, &head)?;
        if fresh == track.samples.len() {
            self.whole.replace(Some((head.clone(), choice.clone())));
        }
        let made = Movie::open(&head, self.limits)?;
        let mut made = Fresh { track: Track::read(&made, None, self.limits)?, movie: made };
        if made.track.samples.len() != fresh {
            let problem = rows::FRAMES_LOST.with("found", made.track.samples.len()).arg("expected", fresh);
            return Err(Stop::Other(problem));
        }
        if let Join::Hevc(Some(ids)) = join {
            self.renumber(&mut made, ids)?;
        }
        let path = self.work.path(name);
        splice::put(movie, track, &made, join, (self.programs, self.limits), &path)?;
        // Behind the seam, every copied group of frames begins with a keyframe that stands alone.
        let next = track.samples.iter().enumerate().skip(fresh.saturating_add(1)).find(|(_, s)| s.sync);
        let beyond = next.map_or(track.samples.len(), |(index, _)| index);
        let frames = if fresh == track.samples.len() { fresh.min(DECODED) } else { beyond };
        let decoded = proof::decodes(&path, stream, frames, self.programs, self.limits);
        decoded.map_err(|reason| Stop::Other(rows::WHY_PROOF.problem().because("reason", reason)))?;
        Ok(Made { path, fresh, encoder: choice.encoder() })
    }

    /// Encodes the first frames with the notice.
    fn encode(
        &self,
        movie: &Movie,
        track: &Track,
        count: usize,
        choice: &Choice,
        stream: usize,
        out: &Path,
    ) -> Result<()> {
        let when = match self.span {
            Span::Start { seconds } => {
                let end = track.end(seconds);
                format!(":enable='lt(n,{})'", track.shown().partition_point(|pts| *pts < end))
            }
            Span::Throughout => String::new(),
            Span::Every { period, seconds } => {
                let start = track.end(0.0) as f64 / f64::from(track.ticks);
                every(start + shift(track), period, seconds)
            }
        };
        let filter = self.layer().map(|layer| layer.over("[1:v]", &format!("[0:{stream}]"), &when));
        let mut words = args(["-progress", "pipe:1"]);
        let decoded = self.decoded(movie, (stream, count), filter.as_deref());
        if let Some(marking) = &self.marking {
            return self.encode_marked(track, choice, decoded, marking, out);
        }
        words.extend(decoded);
        words.extend(args(["-map_metadata", "-1", "-enc_time_base", &format!("1/{}", track.ticks)]));
        words.extend(choice.words(out));
        let total = count.max(1) as f64;
        self.programs.watched(self.programs.ffmpeg(&tool::PURPOSE_VIDEO, words), self.limits, &mut |line| {
            if let Some(n) = line.strip_prefix("frame=").and_then(|n| n.trim().parse::<f64>().ok()) {
                self.tell(n / total * 0.9);
            }
        })?;
        Ok(())
    }

    /// What FFmpeg is told to give the first `count` frames as they are stored, with the notice where one is.
    fn decoded(&self, movie: &Movie, (stream, count): (usize, usize), filter: Option<&str>) -> Vec<OsString> {
        let mut words = args(["-copyts", "-noautorotate", "-ignore_editlist", "1", "-f", "mov", "-i"]);
        words.push(file(&movie.path));
        match (filter, &self.notice) {
            (Some(filter), Some((_, notice))) => {
                words.extend(args(["-protocol_whitelist", "file,pipe,fd", "-f", "png_pipe", "-i"]));
                words.push(file(notice));
                words.extend(args(["-filter_complex", filter, "-map", "[out]"]));
            }
            _ => words.extend(args(["-map", &format!("0:{stream}")])),
        }
        words.extend(args(["-frames:v", &count.to_string(), "-fps_mode", "passthrough"]));
        words
    }

    fn layer(&self) -> Option<Layer<'_>> {
        self.notice.as_ref().map(|(picture, _)| Layer { film: self.film, at: picture.at })
    }

    /// Numbers what the encoder of H.265 made anew, in a file of its own.
    fn renumber(&self, made: &mut Fresh, ids: hevc::Ids) -> Result<(), Stop> {
        use std::io::{Read, Seek, SeekFrom, Write};
        let io = |e| Error::io("temporary file", e);
        let path = self.work.path("renumbered");
        let mut from = std::fs::File::open(&made.movie.path).map_err(io)?;
        let mut to = std::io::BufWriter::new(std::fs::File::create_new(&path).map_err(io)?);
        let mut at = 0u64;
        for sample in &mut made.track.samples {
            self.programs.go_on()?;
            let mut bytes = Vec::new();
            from.seek(SeekFrom::Start(sample.offset)).map_err(io)?;
            (&mut from).take(u64::from(sample.size)).read_to_end(&mut bytes).map_err(io)?;
            let new = hevc::renumbered(&bytes, ids).ok_or_else(|| Stop::Other(rows::WHY_PARAMETERS.problem()))?;
            to.write_all(&new).map_err(io)?;
            sample.offset = at;
            sample.size = u32::try_from(new.len()).map_err(|_| Stop::Other(rows::WHY_PARAMETERS.problem()))?;
            at = at.saturating_add(u64::from(sample.size));
        }
        to.flush().map_err(io)?;
        made.movie.path = path;
        Ok(())
    }

    /// The video stream out of its container, spliced as a movie, and back.
    fn taken_out(&self, before: &Packets) -> Result<Done, Stop> {
        let codec = self.film.video.codec_name.as_str();
        let join = encode::join(codec);
        let (movie, track) = self.extracted()?;
        let made = self.spliced(&movie, &track, join, 0)?;
        let (path, proof) = self.put_back(before, &made.path, "mov", made.fresh)?;
        let notes = vec![rows::NOTE_REMUXED.problem()];
        Ok(Done { path, way: Way::Spliced, proof, encoder: made.encoder, file: false, notes })
    }

    /// The video stream in a movie file of its own.
    pub(super) fn extracted(&self) -> Result<(Movie, Track), Stop> {
        let codec = self.film.video.codec_name.as_str();
        if !matches!(codec, "h264" | "hevc" | "vp9" | "av1") {
            return Err(Stop::Other(rows::WHY_CODEC.with("codec", codec)));
        }
        let film = self.work.path("film");
        let map = format!("0:{}", self.film.video.index);
        let mut words = args(["-copyts", "-f", self.work.reader, "-i"]);
        words.push(file(&self.work.source));
        words.extend(args(["-map", &map, "-c", "copy", "-map_chapters", "-1", "-f", "mp4"]));
        words.push(file(&film));
        self.programs.run(self.programs.ffmpeg(&tool::PURPOSE_VIDEO, words), self.limits)?;
        let movie = Movie::open(&film, self.limits)?;
        let track = Track::read(&movie, None, self.limits)?;
        Ok((movie, track))
    }

    /// All streams of the source but the video, which comes from another file; proved.
    pub(super) fn put_back(
        &self,
        before: &Packets,
        video: &Path,
        reader: &str,
        fresh: usize,
    ) -> Result<(PathBuf, Proof), Stop> {
        let mut why = rows::WHY_PROOF.problem();
        for (number, times) in self.times(before).iter().enumerate() {
            let out = self.work.path(&format!("remuxed-{number}"));
            self.mux(video, reader, times, &out)?;
            let after = proof::packets(&out, self.work.reader, self.programs, self.limits)?;
            match proof::compare(before, &after, self.film.video.index, fresh) {
                Ok(proof) => return Ok((out, proof)),
                Err(reason) => why = rows::WHY_PROOF.problem().because("reason", reason),
            }
        }
        Err(Stop::Other(why))
    }

    /// How times before the start may be written. Opus in Matroska begins before it, and versions
    /// of FFmpeg differ in what they make of that: the proof tells.
    fn times(&self, before: &Packets) -> Vec<Vec<OsString>> {
        if self.work.reader == "mov" {
            return self.pieces();
        }
        if !matches!(self.work.reader, "matroska" | "flv") {
            return vec![Vec::new()];
        }
        let plain = args(["-avoid_negative_ts", "disabled"]);
        let mut early = plain.clone();
        for (place, stream) in self.film.streams.iter().enumerate() {
            let first = before.get(&stream.index).and_then(|packets| packets.first()?.pts).unwrap_or(0);
            if first < 0 && stream.index != self.film.video.index {
                let by = first.unsigned_abs() as f64 / 1e6;
                let filter = format!("setts=pts=PTS+{by}/TB:dts=DTS+{by}/TB");
                early.extend(args([format!("-bsf:{place}").as_str(), &filter]));
            }
        }
        vec![early, plain, Vec::new()]
    }

    fn mux(&self, video: &Path, reader: &str, times: &[OsString], out: &Path) -> Result<()> {
        let mut words = args(["-copyts", "-f", self.work.reader, "-i"]);
        words.push(file(&self.work.source));
        words.extend(args(["-protocol_whitelist", "file,pipe,fd", "-f", reader, "-i"]));
        words.push(file(video));
        for (place, stream) in self.film.streams.iter().enumerate() {
            let video = stream.index == self.film.video.index;
            let map = if video { "1:0".to_owned() } else { format!("0:{}", stream.index) };
            words.extend(args(["-map", &map]));
            words.extend(args([format!("-map_metadata:s:{place}").as_str(), &format!("0:s:{}", stream.index)]));
            words.extend(args([format!("-disposition:{place}").as_str(), &stream.dispositions()]));
        }
        words.extend(args(["-map_metadata", "0", "-map_chapters", "0", "-c", "copy"]));
        words.extend(self.container());
        words.extend_from_slice(times);
        words.push(file(out));
        let done = self.programs.run(self.programs.ffmpeg(&tool::PURPOSE_VIDEO, words), self.limits);
        done.map(|_| ()).map_err(|error| homeless(error, self.format))
    }

    /// How a movie is put together. Once written in fragments, always in fragments; else ready to be
    /// played while loading. A header that comes first can't tell that times begin before or after
    /// zero; one that waits for the first samples can: the proof tells which does.
    fn pieces(&self) -> Vec<Vec<OsString>> {
        let all: &[&str] = if fragmented(&self.work.source, self.limits) {
            &[
                "+frag_keyframe+empty_moov+default_base_moof",
                "+frag_keyframe+delay_moov+default_base_moof",
                "+frag_keyframe+empty_moov+default_base_moof+negative_cts_offsets+frag_discont",
            ]
        } else {
            &["+faststart"]
        };
        all.iter().map(|flags| args(["-movflags", flags])).collect()
    }

    /// Which container is written.
    fn container(&self) -> Vec<OsString> {
        let name = match self.format {
            Format::Mov => "mov",
            Format::ThreeGp => "3gp",
            Format::Webm => "webm",
            Format::Matroska => "matroska",
            Format::Avi => "avi",
            Format::Flv => "flv",
            _ => "mp4",
        };
        args(["-f", name])
    }

    /// FFmpeg encodes all of the video and writes the file.
    fn remuxed(&self, before: &Packets) -> Result<Done> {
        let reorder = if matches!(self.work.reader, "avi" | "flv") { Reorder::None } else { Reorder::Two };
        let choice = encode::choose(self.film, Task { reorder, bits: self.bits, id: None })?;
        let stream = self.film.video.index;
        let start = before.get(&stream).into_iter().flatten().filter_map(|p| p.pts).min().unwrap_or(0) as f64 / 1e6;
        let when = match self.span {
            Span::Start { seconds } => format!(":enable='lt(t,{:.6})'", start + seconds - 1e-4),
            Span::Throughout => String::new(),
            Span::Every { period, seconds } => every(start, period, seconds),
        };
        let nowhere = || Error::Invalid(rows::PROBE.with("reason", "temporary folder"));
        let path = self.notice.as_ref().and_then(|(_, path)| path.to_str()).ok_or_else(nowhere)?;
        let movie = format!("movie=filename={}:format_name=png_pipe,", escaped(&format!("file:{path}")));
        let filter = self.layer().ok_or_else(nowhere)?.over(&movie, "[in]", &when);
        let out = self.work.path("encoded");
        let decoder = match (self.film.form().starts_with("yuva"), self.film.video.codec_name.as_str()) {
            (true, "vp9") => vec!["-c:v", "libvpx-vp9"],
            (true, "vp8") => vec!["-c:v", "libvpx"],
            _ => vec![],
        };
        let mut words = args(["-progress", "pipe:1", "-copyts", "-noautorotate"]);
        words.extend(args(decoder));
        words.extend(args(["-f", self.work.reader, "-i"]));
        words.push(file(&self.work.source));
        let (map, base) = (format!("0:{stream}"), self.film.video.time_base.as_str());
        words.extend(args(["-map", &map, "-map_chapters", "-1", "-filter:v", &filter, "-c:v", choice.name]));
        words.extend(args(["-fps_mode", "passthrough", "-enc_time_base", base]));
        words.extend(choice.args.iter().map(OsString::from));
        if self.work.reader != "mov" {
            words.extend(args(["-avoid_negative_ts", "disabled"]));
        }
        words.extend(self.container());
        words.push(file(&out));
        let total = self.film.seconds.max(0.04) * 1e6;
        self.programs.watched(self.programs.ffmpeg(&tool::PURPOSE_VIDEO, words), self.limits, &mut |line| {
            if let Some(n) = line.strip_prefix("out_time_us=").and_then(|n| n.trim().parse::<f64>().ok()) {
                self.tell(n / total * 0.9);
            }
        })?;
        let fresh = before.get(&stream).map_or(0, Vec::len);
        let (path, proof) = self.put_back(before, &out, self.work.reader, fresh).map_err(|stop| match stop {
            Stop::Error(error) => error,
            Stop::Other(problem) => Error::Malformed(problem),
        })?;
        Ok(Done { path, way: Way::Whole, proof, encoder: choice.encoder(), file: false, notes: Vec::new() })
    }
}

/// Samples made anew within a movie.
pub(super) struct Made {
    pub(super) path: PathBuf,
    pub(super) fresh: usize,
    pub(super) encoder: Encoder,
}

impl Made {
    fn done(self, way: Way, proof: Proof) -> Done {
        Done { path: self.path, way, proof, encoder: self.encoder, file: true, notes: Vec::new() }
    }
}

/// FFmpeg moves times so that none is before its decoding.
fn shift(track: &Track) -> f64 {
    let least = track.samples.iter().map(|s| s.cts).min().unwrap_or(0).min(0);
    least.unsigned_abs() as f64 / f64::from(track.ticks)
}

/// The error of a muxer that does not know a stream's coding, in words for people.
fn homeless(error: Error, format: Format) -> Error {
    let text = error.to_string();
    let codec = text.split_once("Could not find tag for codec ").and_then(|(_, rest)| rest.split_whitespace().next());
    match codec {
        Some(codec) => Error::Unsupported(rows::STREAM.with("codec", codec).arg("format", format.row().name)),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn a_stream_without_a_place_is_named() {
        let failed = |text: &str| Error::Malformed(rows::PROBE.with("reason", text));
        let said = "[mp4 @ 0x1] Could not find tag for codec eia_608 in stream #1, codec not currently supported";
        let error = homeless(failed(said), Format::Mp4);
        assert!(error.code() == "video.stream" && error.to_string().contains("eia_608"));
        assert_eq!(homeless(failed("No space left on device"), Format::Mp4).code(), "video.probe");
    }
}
