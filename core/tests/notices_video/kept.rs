//! Films that are hard to keep: fragments with any times, deep transparency, encryption.

use std::fs::File;

use biaoshi::codec::tool::Programs;
use biaoshi::codec::video::{Span, Way, frames};
use biaoshi::report::CheckResult;
use biaoshi::verify::Look;
use biaoshi::{Format, Limits, Verifier};

use super::look::{ffmpeg, ink, psnr, run};
use super::{PICTURE, SOUND, TWO, clip, clip_of, code, holds, label, seen};

/// Frames in another order than they are shown, times that begin at 0 with decoding before it, or
/// long after 0: all stay where they were.
#[test]
fn fragments_keep_their_times() {
    for (name, more) in [("zero.mp4", ""), ("late.mp4", "-output_ts_offset 10"), ("late.mov", "-output_ts_offset 10")] {
        let line = format!(
            "{PICTURE} {SOUND} -c:v libx264 -preset veryfast -bf 3 -g 30 -pix_fmt yuv420p -c:a aac {more} -movflags +frag_keyframe+delay_moov+default_base_moof OUT"
        );
        let clip = clip(name, &line);
        let (out, done) = holds(&clip, 30.0);
        assert_eq!(done.way, Way::Spliced, "{name}: {:?}", done.notes);
        let bytes = std::fs::read(out).unwrap();
        assert!(bytes.windows(4).filter(|w| w == b"moof").count() >= 2, "{name}");
    }
}

/// A film whose parts can't be joined is taken out, found wanting, and encoded whole: each step has
/// files of its own.
#[test]
fn fragments_that_cannot_be_joined_are_encoded_whole() {
    let line = format!(
        "{PICTURE} {SOUND} -c:v libx264 -preset veryfast -bf 3 -g 250 -pix_fmt yuv420p -c:a aac -movflags +frag_keyframe+delay_moov+default_base_moof -frag_duration 500000 OUT"
    );
    let (_, done) = holds(&clip("long.mp4", &line), 30.0);
    assert_eq!(done.way, Way::Whole);
}

/// ProRes 4444 with transparency, and H.264 with ten bits in full colour: what `overlay` can't draw on.
#[test]
fn deep_forms_take_a_notice() {
    let line = "-f lavfi -i testsrc2=s=640x360:r=10:d=4,format=yuva444p,colorchannelmixer=aa=0.5 -pix_fmt yuva444p10le -c:v prores_ks -profile:v 4444 OUT";
    let film = clip("alpha.mov", line);
    let (out, done) = label(&film, TWO).unwrap();
    assert_eq!((done.way, done.kept.file), (Way::Spliced, true), "{:?}", done.notes);
    assert_eq!(done.kept.video_packets - done.kept.video_packets_identical, 20);
    let rect = done.drawn.rect;
    // The least and greatest opacity of a part of a frame.
    let opacity = |frame: u32, crop: String| {
        let filter = format!(
            "select=eq(n\\,{frame}),alphaextract,format=gray,crop={crop}:exact=1,signalstats,metadata=print:file=-"
        );
        let text = run(
            "ffmpeg",
            &["-v", "error", "-i", out.to_str().unwrap(), "-vf", &filter, "-frames:v", "1", "-f", "null", "-"],
        )
        .0;
        let value = |key: &str| text.lines().find_map(|l| l.strip_prefix(key)).unwrap().parse::<f64>().unwrap();
        (value("lavfi.signalstats.YMIN="), value("lavfi.signalstats.YMAX="))
    };
    let inner = format!("{}:{}:{}:{}", rect.width - 4, rect.height - 4, rect.x + 2, rect.y + 2);
    for frame in [0, 10, 19] {
        assert!(opacity(frame, inner.clone()).1 > 250.0, "the plate is opaque");
        let (least, most) = opacity(frame, "200:100:0:0".into());
        assert!(least > 125.0 && most < 131.0, "beside it all is as it was: {least} {most}");
    }
    assert!(opacity(20, inner).1 < 131.0, "gone after two seconds");
    let (height, contrast) = ink(&seen(&film, &out, &[0.05])[0], done.drawn.display_rect);
    assert!(height >= 18 && contrast >= 4.5, "{height} px, {contrast}");
    let noise =
        psnr(&seen(&film, &out, &[0.05])[0], &seen(&film, &film.path, &[0.05])[0], done.drawn.display_rect, false);
    assert!(noise >= 38.0, "{noise} dB");

    let line = format!("{PICTURE} -c:v libx264 -preset veryfast -g 30 -pix_fmt yuv444p10le OUT");
    holds(&clip("deep.mp4", &line), 30.0);
}

#[test]
fn encrypted_films_are_named_so() {
    let key = "-encryption_scheme cenc-aes-ctr -encryption_key 00112233445566778899aabbccddeeff -encryption_kid 00112233445566778899aabbccddeeff";
    let line = format!("{PICTURE} {SOUND} -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac {key} OUT");
    let both = clip("both.mp4", &line);
    assert_eq!(code(label(&both, TWO)), "video.encrypted");
    let mut file = File::open(&both.path).unwrap();
    let looked = frames(Format::Mp4, &mut file, &Programs::installed(), &Limits::default(), &[0.0]);
    assert_eq!(looked.err().map(|e| e.code().to_owned()).as_deref(), Some("video.encrypted"));
    let plain = clip("plain.mp4", &format!("{PICTURE} -c:v libx264 -preset ultrafast -pix_fmt yuv420p OUT"));
    assert_eq!(code(label(&plain, TWO)), "");
}

/// Of notices at intervals, only the last can be cut by the end of the film.
#[test]
fn a_last_notice_may_be_cut_by_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.mp4");
    ffmpeg("-f lavfi -i testsrc2=s=320x180:r=10:d=6 -c:v libx264 -preset ultrafast -pix_fmt yuv420p OUT", &path);
    let film = clip_of(folder, path);
    let (_, done) = label(&film, Span::Every { period: 2.5, seconds: 1.5 }).unwrap();
    assert_eq!(done.spans.len(), 3, "{:?}", done.spans);
    assert!((done.seconds - 1.5).abs() < 0.11, "{}", done.seconds);
    let codes: Vec<&str> = done.notes.iter().map(|note| note.message.code).collect();
    assert!(codes.contains(&"video.note_last_short") && !codes.contains(&"video.note_short"), "{codes:?}");
}

/// A short film has to show its notice from the first frame to the last.
#[test]
fn short_films_pass_only_if_every_frame_shows_the_notice() {
    let line = "-f lavfi -i testsrc2=s=640x360:r=30:d=1.1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p OUT";
    for (seconds, expected) in [(0.9, CheckResult::Fail), (0.2, CheckResult::Fail), (2.0, CheckResult::Pass)] {
        let film = clip("short.mp4", line);
        let (out, _) = label(&film, Span::Start { seconds }).unwrap();
        let verifier = Verifier::new().look(Look::Everything).programs(Programs::installed());
        let report = verifier.verify_bytes(&std::fs::read(out).unwrap()).unwrap();
        let checks = &report.verdict("cn-gb45438").unwrap().checks;
        let result = checks.iter().find(|check| check.id == "explicit.video").map(|check| check.result);
        assert_eq!(result, Some(expected), "{seconds} s: {:?}", report.evidence);
    }
}
