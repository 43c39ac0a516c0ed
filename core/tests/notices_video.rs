//! Notices over films, measured on the decoded result: what is seen, when, what stayed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr)]
#![allow(unreachable_pub)]

#[path = "notices_video/kept.rs"]
mod kept;
#[path = "notices_video/look.rs"]
mod look;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use biaoshi::codec::tool::Programs;
use biaoshi::codec::video::{Overlaid, Span, VideoNotice, Way, duration, frames, overlay};
use biaoshi::source::Source;
use biaoshi::{Format, Limits, Placement};
use look::{decoded, description, ffmpeg, ink, packets, psnr, run, side_data};

const TWO: Span = Span::Start { seconds: 2.0 };

struct Clip {
    folder: tempfile::TempDir,
    path: PathBuf,
    format: Format,
}

/// A generated film; `OUT` in the line is its path.
fn clip(name: &str, line: &str) -> Clip {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    ffmpeg(line, &path);
    clip_of(folder, path)
}

fn clip_of(folder: tempfile::TempDir, path: PathBuf) -> Clip {
    let mut file = File::open(&path).unwrap();
    let limits = Limits::default();
    let row = Format::sniff(&mut Source::new(&mut file, &limits).unwrap(), path.to_str()).unwrap().unwrap();
    Clip { folder, path, format: row.format }
}

fn notice(span: Span) -> VideoNotice {
    VideoNotice {
        lines: vec!["AI生成".to_owned()],
        placement: Placement::BottomRight,
        min_height_ratio: 0.05,
        font: None,
        span,
    }
}

fn label(clip: &Clip, span: Span) -> biaoshi::Result<(PathBuf, Overlaid)> {
    let out = clip.folder.path().join(format!("out-{}", clip.path.file_name().unwrap().to_str().unwrap()));
    let mut to = File::options().read(true).write(true).create(true).truncate(true).open(&out).unwrap();
    let mut from = File::open(&clip.path).unwrap();
    let done = overlay(clip.format, &mut from, &notice(span), &Programs::installed(), &Limits::default(), &mut to)?;
    Ok((out, done))
}

fn seen(clip: &Clip, path: &Path, times: &[f64]) -> Vec<biaoshi::codec::video::Frame> {
    let mut file = File::open(path).unwrap();
    frames(clip.format, &mut file, &Programs::installed(), &Limits::default(), times).unwrap()
}

/// Everything that holds for each film with a notice of two seconds: legible in every frame up to
/// then, gone after, the picture beside it near the source's, the same frames at the same times,
/// streams, tags and chapters as they were, copied packets bit for bit the same, no complaint of a
/// decoder.
fn holds(clip: &Clip, rate: f64) -> (PathBuf, Overlaid) {
    let (out, done) = label(clip, TWO).unwrap();
    let rect = done.drawn.display_rect;
    // The first frames and the last of the two seconds, and some between; a film may begin late by
    // as many frames as are reordered.
    // The middle of each frame is asked for, so that no rounding of times matters.
    let (all, after) = ((0..).map(|n| (f64::from(n) + 0.5) / rate), [2.15, 2.25, 3.95]);
    let all: Vec<f64> = all.take_while(|t| *t < 2.0).collect();
    let picked = |n: &usize| *n < 2 || n.is_multiple_of(9) || n + 2 >= all.len();
    let before: Vec<f64> = (0..all.len()).filter(picked).map(|n| all[n]).collect();
    let with = seen(clip, &out, &before);
    let original = seen(clip, &clip.path, &before);
    assert_eq!(with.len(), before.len());
    let shortest = with[0].width.min(with[0].height);
    let required = (f64::from(shortest) * 0.05).ceil() as u32;
    let (mut least, mut worst, mut noise) = (u32::MAX, f64::INFINITY, f64::INFINITY);
    for (frame, plain) in with.iter().zip(&original) {
        let (height, contrast) = ink(frame, rect);
        (least, worst) = (least.min(height), worst.min(contrast));
        noise = noise.min(psnr(frame, plain, rect, false));
    }
    assert!(least >= required.max(10), "ink {least} px, needed {required}");
    assert!(worst >= 4.5, "contrast {worst}");
    assert!(noise >= 30.0, "beside the notice: {noise} dB");
    let gone = seen(clip, &out, &after);
    let original = seen(clip, &clip.path, &after);
    let clear = gone.iter().zip(&original).map(|(a, b)| psnr(a, b, rect, true)).fold(f64::INFINITY, f64::min);
    assert!(clear >= 28.0, "after the notice: {clear} dB");
    assert!(done.seconds >= 2.0, "{}", done.seconds);

    assert_eq!(description(&out), description(&clip.path));
    let (times, complaints) = decoded(&out);
    assert_eq!((&times, complaints), (&decoded(&clip.path).0, decoded(&clip.path).1), "as silent as the source");
    let (old, new) = (packets(&clip.path), packets(&out));
    assert_eq!(old.len(), new.len());
    let video = old.keys().copied().find(|s| old[s].len() == times.len()).unwrap_or(0);
    for stream in old.keys().filter(|stream| **stream != video) {
        assert_eq!(old[stream].len(), new[stream].len(), "stream {stream}");
        for ((time, hash), (new_time, new_hash)) in old[stream].iter().zip(&new[stream]) {
            assert_eq!(hash, new_hash, "stream {stream} at {time}");
            // FFmpeg counts fragments in milliseconds.
            let apart = time.parse().unwrap_or(0.0) - new_time.parse().unwrap_or(0.0);
            assert!(f64::abs(apart) < 0.0015, "stream {stream}: {time} became {new_time}");
        }
    }
    let same = old[&video].iter().zip(&new[&video]).filter(|(a, b)| a.1 == b.1).count() as u64;
    assert_eq!(done.kept.video_packets, new[&video].len() as u64);
    let copied = done.kept.video_packets_identical;
    // A packet made anew can be the same by chance; it was not copied.
    assert!(copied <= same && (copied > 0) == (done.way == Way::Spliced), "{copied} {same} {:?}", done.way);
    eprintln!(
        "{}: {:?}, {same} of {} video packets identical, ink {least} of {required} px, contrast {worst:.1}, beside {noise:.1} dB, after {clear:.1} dB",
        clip.path.file_name().unwrap().to_str().unwrap(),
        done.way,
        new[&video].len(),
    );
    (out, done)
}

const PICTURE: &str = "-f lavfi -i testsrc2=s=640x360:r=30:d=5";
const SOUND: &str = "-f lavfi -i sine=d=5";

#[test]
fn h264_in_mp4_with_sound_subtitles_chapters_and_cover() {
    let folder = tempfile::tempdir().unwrap();
    let (words, meta, cover) = (folder.path().join("w.srt"), folder.path().join("m.txt"), folder.path().join("c.png"));
    std::fs::write(&words, "1\n00:00:00,500 --> 00:00:01,500\n你好\n\n2\n00:00:03,000 --> 00:00:04,000\nBye\n")
        .unwrap();
    let chapters = ";FFMETADATA1\ntitle=Film\nartist=Someone\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2500\ntitle=One\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=2500\nEND=5000\ntitle=Two\n";
    std::fs::write(&meta, chapters).unwrap();
    ffmpeg("-f lavfi -i smptebars=s=160x90:d=1 -frames:v 1 OUT", &cover);
    let path = folder.path().join("all.mp4");
    let inputs = format!("-i {} -i {} -i {}", words.display(), meta.display(), cover.display());
    ffmpeg(
        &format!(
            "{PICTURE} {SOUND} {inputs} -map 0 -map 1 -map 2 -map 4 -map_metadata 3 -map_chapters 3 -c:v:0 libx264 -preset veryfast \
             -g 60 -pix_fmt yuv420p -colorspace bt709 -color_trc bt709 -color_primaries bt709 -c:a aac -c:s mov_text -c:v:1 png -disposition:v:1 attached_pic \
             -metadata:s:a:0 language=jpn -metadata:s:s:0 language=zho -movflags +faststart OUT"
        ),
        &path,
    );
    let clip = clip_of(folder, path);
    let (out, done) = holds(&clip, 30.0);
    assert_eq!((done.way, done.kept.file), (Way::Spliced, true));
    assert_eq!((done.kept.video_packets, done.kept.video_packets_identical), (150, 90));
    // Nothing but samples, the header and the size of what holds the samples changed.
    let kinds = |path: &Path| {
        let bytes = std::fs::read(path).unwrap();
        let (mut at, mut out) = (0, Vec::new());
        while at + 8 <= bytes.len() {
            out.push(bytes[at + 4..at + 8].to_vec());
            at += u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        }
        out
    };
    assert_eq!(kinds(&out), kinds(&clip.path));
}

#[test]
fn h265_with_ten_bits_and_hdr10() {
    let light = "master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1):max-cll=1000,400";
    let line = format!(
        "{PICTURE} {SOUND} -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=60:open-gop=0:hdr10=1:{light} -pix_fmt yuv420p10le \
         -color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -tag:v hvc1 -c:a aac OUT"
    );
    let clip = clip("hdr10.mp4", &line);
    let (out, done) = holds(&clip, 30.0);
    assert_eq!((done.way, done.kept.video_packets_identical), (Way::Spliced, 90));
    for name in ["Mastering display metadata", "Content light level metadata"] {
        let (new, old) = (side_data(&out, name), side_data(&clip.path, name));
        assert!(new.is_some() && new == old, "{name}: {new:?} {old:?}");
    }
    // White stands at reference white, not at the top of the signal: 58 % of PQ.
    let rect = done.drawn.rect;
    let crop = format!("crop={}:{}:{}:{},signalstats,metadata=print:file=-", rect.width, rect.height, rect.x, rect.y);
    let args = ["-v", "error", "-i", out.to_str().unwrap(), "-vf", &crop, "-frames:v", "1", "-f", "null", "-"];
    let text = run("ffmpeg", &args).0;
    let top = text.lines().find_map(|l| l.strip_prefix("lavfi.signalstats.YHIGH=")).unwrap().parse::<f64>().unwrap();
    let white = 64.0 + 876.0 * 0.5807;
    assert!((top - white).abs() < 40.0, "{top}, expected about {white}");
}

#[test]
fn vp9_and_opus_in_webm() {
    let line =
        format!("{PICTURE} {SOUND} -c:v libvpx-vp9 -g 60 -b:v 1500k -deadline realtime -cpu-used 8 -c:a libopus OUT");
    let clip = clip("vp9.webm", &line);
    let (_, done) = holds(&clip, 30.0);
    assert_eq!((done.way, done.kept.file), (Way::Spliced, false));
    assert!(done.notes.iter().any(|note| note.message.code == "video.note_remuxed"));
}

#[test]
fn av1_in_mp4() {
    let line = format!("{PICTURE} {SOUND} -c:v libsvtav1 -preset 12 -crf 30 -g 60 -c:a aac OUT");
    holds(&clip("av1.mp4", &line), 30.0);
}

#[test]
fn a_film_held_upright_on_a_telephone() {
    let folder = tempfile::tempdir().unwrap();
    let flat = folder.path().join("flat.mp4");
    ffmpeg("-f lavfi -i testsrc2=s=640x360:r=10:d=4 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p OUT", &flat);
    for angle in ["90", "180", "270"] {
        let path = folder.path().join("turned.mp4");
        ffmpeg(&format!("-i {} -c copy -metadata:s:v:0 rotate={angle} OUT", flat.display()), &path);
        let copy = tempfile::tempdir().unwrap();
        let kept = copy.path().join("turned.mp4");
        std::fs::rename(&path, &kept).unwrap();
        let clip = clip_of(copy, kept);
        let (out, done) = holds(&clip, 10.0);
        let frame = &seen(&clip, &out, &[0.5])[0];
        let upright = if angle == "180" { (640, 360) } else { (360, 640) };
        assert_eq!((frame.width, frame.height), upright);
        let rect = done.drawn.display_rect;
        assert!(rect.x > frame.width / 2 && rect.y > frame.height / 2, "bottom right as displayed: {rect:?}");
        assert_eq!(done.kept.video_packets_identical, 20);
    }
}

#[test]
fn portrait_without_rotation() {
    let line = "-f lavfi -i testsrc2=s=1080x1920:r=10:d=4 -c:v libx264 -preset ultrafast -g 10 -pix_fmt yuv420p OUT";
    let (_, done) = holds(&clip("portrait.mp4", line), 10.0);
    assert_eq!(done.drawn.required_height_px, 54);
}

#[test]
fn pixels_that_are_not_square_in_matroska_with_attachments() {
    let folder = tempfile::tempdir().unwrap();
    let (words, meta) = (folder.path().join("w.srt"), folder.path().join("m.txt"));
    std::fs::write(&words, "1\n00:00:00,500 --> 00:00:01,500\nHello\n").unwrap();
    std::fs::write(&meta, ";FFMETADATA1\ntitle=Film\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2500\ntitle=One\n")
        .unwrap();
    let path = folder.path().join("sar.mkv");
    let line = format!(
        "-f lavfi -i testsrc2=s=720x576:r=25:d=5 {SOUND} -i {words} -i {meta} -map 0 -map 1 -map 2 -map_metadata 3 -vf setsar=64/45 \
         -c:v libx264 -preset veryfast -g 50 -pix_fmt yuv420p -c:a aac -c:s srt -metadata:s:s:0 language=chi -attach {meta} -metadata:s:t:0 mimetype=text/plain OUT",
        words = words.display(),
        meta = meta.display()
    );
    ffmpeg(&line, &path);
    let clip = clip_of(folder, path);
    let (out, done) = holds(&clip, 25.0);
    assert_eq!(done.way, Way::Spliced);
    let frame = &seen(&clip, &out, &[0.0])[0];
    assert_eq!((frame.width, frame.height), (1024, 576));
}

#[test]
fn variable_frame_rate_keeps_every_time_stamp() {
    let line = format!(
        "{PICTURE} -vf select='not(mod(n,7))+gt(n,70)*not(mod(n,2))' -fps_mode vfr -c:v libx264 -preset veryfast -g 8 -pix_fmt yuv420p OUT"
    );
    let (_, done) = holds(&clip("vfr.mp4", &line), 30.0);
    assert_eq!((done.way, done.kept.file), (Way::Spliced, true));
}

#[test]
fn fragments_stay_fragments() {
    let line = format!(
        "{PICTURE} {SOUND} -c:v libx264 -preset veryfast -g 30 -pix_fmt yuv420p -c:a aac -movflags +frag_keyframe+empty_moov OUT"
    );
    let clip = clip("fragments.mp4", &line);
    let (out, done) = holds(&clip, 30.0);
    assert_eq!(done.way, Way::Spliced);
    let bytes = std::fs::read(out).unwrap();
    assert!(bytes.windows(4).filter(|w| w == b"moof").count() >= 2);
}

#[test]
fn open_groups_of_pictures_are_not_cut() {
    let line = format!(
        "{PICTURE} -c:v libx264 -preset veryfast -g 30 -x264-params open-gop=1:bframes=3:scenecut=0 -pix_fmt yuv420p OUT"
    );
    let (_, done) = holds(&clip("open.mp4", &line), 30.0);
    assert_eq!(done.way, Way::Whole, "no IDR picture follows");
    let line = format!(
        "{PICTURE} -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=30:open-gop=1:scenecut=0 -pix_fmt yuv420p -tag:v hvc1 OUT"
    );
    let (_, done) = holds(&clip("open-hevc.mp4", &line), 30.0);
    assert_eq!(done.way, Way::Whole, "leading pictures follow each keyframe");
}

#[test]
fn an_edit_list_says_where_the_film_begins() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.mp4");
    ffmpeg(
        &format!(
            "-f lavfi -i testsrc2=s=640x360:r=30:d=8 {SOUND} -c:v libx264 -preset veryfast -g 60 -pix_fmt yuv420p -c:a aac OUT"
        ),
        &whole,
    );
    let path = folder.path().join("trimmed.mp4");
    // Begins in the middle of a group: the edit list hides what comes before.
    ffmpeg(&format!("-ss 1.3 -i {} -c copy OUT", whole.display()), &path);
    let clip = clip_of(folder, path);
    let (_, done) = holds(&clip, 30.0);
    assert_eq!((done.way, done.kept.file), (Way::Spliced, true));
}

#[test]
fn other_containers_and_codings() {
    let line = format!("{PICTURE} {SOUND} -c:v libx264 -preset veryfast -g 30 -pix_fmt yuv420p -c:a aac OUT");
    holds(&clip("film.flv", &line), 30.0);
    let line = format!("{PICTURE} {SOUND} -c:v mpeg4 -q:v 3 -c:a mp3 OUT");
    holds(&clip("film.avi", &line), 30.0);
    let line = format!("{PICTURE} {SOUND} -c:v prores_ks -profile:v 2 -pix_fmt yuv422p10le -c:a pcm_s16le OUT");
    assert_eq!(holds(&clip("film.mov", &line), 30.0).1.way, Way::Spliced);
    let line = "-f lavfi -i testsrc2=s=321x241:r=30:d=5 -c:v libx264 -preset veryfast -g 60 -pix_fmt yuv444p OUT";
    holds(&clip("odd.mp4", line), 30.0);
}

#[test]
fn transparency_stays() {
    let line = "-f lavfi -i testsrc2=s=320x180:r=10:d=3,format=yuva420p,colorchannelmixer=aa=0.5 -c:v libvpx-vp9 -deadline realtime -cpu-used 8 -pix_fmt yuva420p OUT";
    let clip = clip("alpha.webm", line);
    let (out, done) = label(&clip, TWO).unwrap();
    assert_eq!(done.way, Way::Whole);
    let args = [
        "-v",
        "error",
        "-c:v",
        "libvpx-vp9",
        "-i",
        out.to_str().unwrap(),
        "-frames:v",
        "1",
        "-vf",
        "alphaextract,signalstats,metadata=print:file=-",
        "-f",
        "null",
        "-",
    ];
    let text = run("ffmpeg", &args).0;
    let value = |key: &str| text.lines().find_map(|l| l.strip_prefix(key)).unwrap().parse::<f64>().unwrap();
    assert!((value("lavfi.signalstats.YLOW=") - 127.0).abs() < 12.0, "beside the plate as transparent as before");
    assert!(value("lavfi.signalstats.YMAX=") > 245.0, "the plate is opaque");
    let line = "-f lavfi -i testsrc2=s=320x180:r=10:d=3,format=argb,colorchannelmixer=aa=0.5 -c:v qtrle OUT";
    let (out, _) = label(clip_from("alpha.mov", line), TWO).unwrap();
    let args = [
        "-v",
        "error",
        "-i",
        out.to_str().unwrap(),
        "-frames:v",
        "1",
        "-vf",
        "alphaextract,signalstats,metadata=print:file=-",
        "-f",
        "null",
        "-",
    ];
    let text = run("ffmpeg", &args).0;
    assert!(text.contains("YMAX=255"), "{text}");
}

/// A film that outlives its folder's owner in the call.
fn clip_from(name: &str, line: &str) -> &'static Clip {
    Box::leak(Box::new(clip(name, line)))
}

#[test]
fn short_films_have_the_notice_throughout_and_say_so() {
    let line = "-f lavfi -i testsrc2=s=640x360:r=30:d=0.5 -c:v libx264 -pix_fmt yuv420p OUT";
    let clip = clip("short.mp4", line);
    let (out, done) = label(&clip, TWO).unwrap();
    assert!(done.notes.iter().any(|note| note.message.code == "video.note_short"));
    assert!((done.seconds - 0.5).abs() < 0.01, "{}", done.seconds);
    for frame in seen(&clip, &out, &[0.0, 0.25, 0.49]) {
        assert!(ink(&frame, done.drawn.display_rect).0 >= 18);
    }
    assert_eq!(seen(&clip, &out, &[0.6]).len(), 0, "after the end there is no frame");
    let mut file = File::open(&out).unwrap();
    let length = duration(clip.format, &mut file, &Programs::installed(), &Limits::default()).unwrap();
    assert!((length - 0.5).abs() < 0.01, "{length}");
}

#[test]
fn throughout_and_at_intervals() {
    let line = format!("{PICTURE} -c:v libx264 -preset veryfast -pix_fmt yuv420p OUT");
    let clip = clip("spans.mp4", &line);
    let times = [0.0, 0.9, 1.2, 1.9, 2.1, 2.9, 3.2, 4.5, 4.95];
    for (span, shown) in [
        (Span::Throughout, [true; 9]),
        (Span::Every { period: 2.0, seconds: 1.0 }, [true, true, false, false, true, true, false, true, true]),
    ] {
        let (out, done) = label(&clip, span).unwrap();
        assert_eq!(done.way, Way::Whole);
        let found: Vec<bool> =
            seen(&clip, &out, &times).iter().map(|frame| ink(frame, done.drawn.display_rect).1 > 8.0).collect();
        let plain: Vec<f64> =
            seen(&clip, &clip.path, &times).iter().map(|f| ink(f, done.drawn.display_rect).1).collect();
        assert_eq!(found, shown, "{span:?}; without a notice: {plain:?}");
        assert_eq!(decoded(&out).0, decoded(&clip.path).0);
    }
}

fn code(result: biaoshi::Result<(PathBuf, Overlaid)>) -> String {
    result.err().map(|e| e.code().to_owned()).unwrap_or_default()
}

#[test]
fn what_is_not_possible_is_said() {
    let tiny = clip("tiny.mp4", "-f lavfi -i testsrc2=s=64x64:r=10:d=1 -c:v libx264 -pix_fmt yuv420p OUT");
    assert_eq!(code(label(&tiny, Span::Start { seconds: 2.0 })), "");
    let many = VideoNotice { lines: vec!["人工智能生成合成内容".into(); 3], ..notice(TWO) };
    let attempt = |clip: &Clip, notice: &VideoNotice, programs: &Programs| {
        let mut out = std::io::Cursor::new(Vec::new());
        let mut from = File::open(&clip.path).unwrap();
        let done = overlay(clip.format, &mut from, notice, programs, &Limits::default(), &mut out);
        assert!(done.is_ok() || out.get_ref().is_empty(), "an error leaves no output");
        done.err().map(|e| e.code().to_owned()).unwrap_or_default()
    };
    assert_eq!(attempt(&tiny, &many, &Programs::installed()), "render.picture_too_small");
    for span in
        [Span::Start { seconds: 0.0 }, Span::Start { seconds: f64::NAN }, Span::Every { period: 1.0, seconds: 2.0 }]
    {
        assert_eq!(attempt(&tiny, &notice(span), &Programs::installed()), "video.span");
    }
    let mut missing = Programs::installed();
    missing.ffmpeg = "/no/such/ffmpeg".into();
    assert_eq!(attempt(&tiny, &notice(TWO), &missing), "tool.missing");
    missing.ffprobe = "/no/such/ffprobe".into();
    assert_eq!(attempt(&tiny, &notice(TWO), &missing), "tool.missing");
    let sound = clip("sound.mp4", &format!("{SOUND} -c:a aac -f mp4 OUT"));
    let mut sound = sound;
    sound.format = Format::Mp4;
    assert_eq!(attempt(&sound, &notice(TWO), &Programs::installed()), "video.no_video");
    let old = clip("old.avi", "-f lavfi -i testsrc2=s=352x288:r=25:d=1 -c:v wmv2 OUT");
    assert_eq!(attempt(&old, &notice(TWO), &Programs::installed()), "video.codec");
}

/// Hashes of the frames above a row, as stored.
fn above(path: &Path, row: u32) -> Vec<String> {
    let crop = format!("crop=iw:{row}:0:0:exact=1");
    let path = path.to_str().unwrap();
    let (out, _) = run("ffmpeg", &["-v", "error", "-i", path, "-map", "0:v", "-vf", &crop, "-f", "framemd5", "-"]);
    let lines = out.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| Some(line.rsplit_once(',')?.1.trim().to_owned())).collect()
}

/// Codings without loss keep every pixel beside the notice, and only they say so.
#[test]
fn loss_is_said_of_codings_that_have_it() {
    for (name, coding, lossless) in [
        ("a.mkv", "-c:v ffv1 -pix_fmt yuv420p", true),
        ("b.mkv", "-c:v ffv1 -pix_fmt yuv444p", true),
        ("a.avi", "-c:v huffyuv -pix_fmt yuv422p", true),
        ("b.avi", "-c:v ffvhuff -pix_fmt yuv420p", true),
        ("c.avi", "-c:v utvideo -pix_fmt gbrp", true),
        ("a.mov", "-c:v png -pix_fmt rgb24", true),
        ("b.mov", "-c:v qtrle -pix_fmt rgb24", true),
        ("d.avi", "-c:v mpeg4 -q:v 4", false),
        ("lossless.mp4", "-c:v libx264 -qp 0 -preset ultrafast -pix_fmt yuv444p", false),
    ] {
        let clip = clip(name, &format!("-f lavfi -i testsrc2=s=352x288:r=10:d=1 {coding} OUT"));
        let (out, done) = label(&clip, Span::Throughout).unwrap();
        assert_eq!(done.encoder.lossless, lossless, "{name}");
        let row = done.drawn.rect.y & !1;
        assert!(row > 100, "{name}: {:?}", done.drawn.rect);
        let (old, new) = (above(&clip.path, row), above(&out, row));
        assert_eq!(old.len(), 10, "{name}");
        assert_eq!(old == new, lossless, "{name}");
    }
}

/// Where the frames can't be put into the file itself, what was encoded for that is used.
#[cfg(unix)]
#[test]
fn a_film_is_encoded_whole_once() {
    use std::os::unix::fs::PermissionsExt as _;
    let clip = clip("a.mov", "-f lavfi -i testsrc2=s=352x288:r=10:d=2 -c:v ffv1 -pix_fmt yuv420p OUT");
    let (log, program) = (clip.folder.path().join("log"), clip.folder.path().join("ffmpeg"));
    std::fs::write(&program, format!("#!/bin/sh\necho \"$@\" >> {}\nexec ffmpeg \"$@\"\n", log.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut programs = Programs::installed();
    programs.ffmpeg = program;
    let mut out = std::io::Cursor::new(Vec::new());
    let mut from = File::open(&clip.path).unwrap();
    let done = overlay(clip.format, &mut from, &notice(TWO), &programs, &Limits::default(), &mut out).unwrap();
    assert_eq!(done.way, Way::Whole);
    let said = std::fs::read_to_string(log).unwrap();
    assert_eq!(said.lines().filter(|line| line.contains("-c:v ffv1")).count(), 1, "{said}");
    let labelled = clip.folder.path().join("out.mov");
    std::fs::write(&labelled, out.into_inner()).unwrap();
    let (height, contrast) = ink(&seen(&clip, &labelled, &[0.05])[0], done.drawn.display_rect);
    assert!(height >= 15 && contrast >= 4.5, "{height} px, {contrast}");
}

/// Stops a film's notice halfway.
fn cancelled_in_the_middle(path: &Path) {
    let mut programs = Programs::installed();
    let cancel = Arc::clone(&programs.cancel);
    programs.progress = Some(Arc::new(move |part| {
        if part > 0.0 {
            cancel.store(true, Ordering::Relaxed);
        }
    }));
    let mut out = std::io::Cursor::new(Vec::new());
    let mut from = File::open(path).unwrap();
    let done = overlay(Format::Mp4, &mut from, &notice(Span::Throughout), &programs, &Limits::default(), &mut out);
    assert_eq!(done.err().map(|e| e.code().to_owned()).unwrap_or_default(), "tool.cancelled");
    assert!(out.get_ref().is_empty());
}

/// Starts itself once more as a process of its own, which has a temporary folder of its own.
#[test]
fn cancelling_leaves_nothing_behind() {
    if let Some(path) = std::env::var_os("BIAOSHI_TEST_CLIP") {
        return cancelled_in_the_middle(Path::new(&path));
    }
    let line = "-f lavfi -i testsrc2=s=1280x720:r=30:d=20 -c:v libx264 -preset ultrafast -pix_fmt yuv420p OUT";
    let clip = clip("long.mp4", line);
    let empty = tempfile::tempdir().unwrap();
    let done = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "cancelling_leaves_nothing_behind"])
        .env("BIAOSHI_TEST_CLIP", &clip.path)
        .env("TMPDIR", empty.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
}
