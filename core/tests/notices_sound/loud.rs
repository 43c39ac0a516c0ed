//! Spoken notices beside loud content, recordings of a caller, tags that no other program knows.

use std::fs;
use std::io::Cursor;

use biaoshi::codec::sound::{Kept, Sounded, add_notice};
use biaoshi::notice::{Moment, SoundNotice, Voice};
use biaoshi::{Format, Limits};

use super::{Folder, content, loudness, put, rhythm, run};

fn codes(done: &Sounded) -> Vec<&str> {
    done.notes.iter().map(|note| note.message.code).collect()
}

fn speech() -> SoundNotice {
    SoundNotice {
        voice: Voice::Speech { words: "本音频由人工智能生成".to_owned(), language: "zh-Hans".to_owned() },
        at: vec![Moment::Start],
        characters_per_minute: Some([120, 160]),
    }
}

/// A voice beside music as loud as it is made today is as loud, or it is said how far it is not.
#[test]
fn speech_is_as_loud_as_loud_content_or_the_receipt_says_so() {
    let folder = Folder::new();
    let (name, out) = (folder.name("in.wav"), folder.name("out.wav"));
    // About -25, -8 and +2 LUFS.
    for (source, told) in [
        ("anoisesrc=a=0.3:d=6:r=44100:c=pink", false),
        ("anoisesrc=a=0.65:d=6:r=44100:c=pink,volume=10dB", false),
        ("aevalsrc='0.99*sgn(sin(2*PI*1500*t))':d=6:s=44100", true),
    ] {
        run("ffmpeg", &["-y", "-v", "error", "-f", "lavfi", "-i", source, "-ac", "2", &name]);
        let (done, new) = put(Format::Wav, &fs::read(&name).unwrap(), &speech());
        fs::write(&out, &new).unwrap();
        let (own, notice) = (done.content_loudness.unwrap(), done.notice_loudness.unwrap());
        println!("{source}: content {own}, notice {notice}, peak {}", done.notice_peak);
        assert!(done.notice_peak <= -10, "{}", done.notice_peak);
        assert_eq!(own - notice > 30, told, "{source}: {own} {notice}");
        assert_eq!(codes(&done).contains(&"sound.note_quieter"), told, "{source}");
        // The same by FFmpeg's measure of what is in the file.
        let place = done.places[0];
        let heard = loudness(&out, place.start_ms, place.duration_ms);
        assert!((heard * 10.0 - f64::from(notice)).abs() <= 10.0, "{heard} {notice}");
    }
}

#[test]
fn recordings_of_a_caller_are_read_and_what_was_not_checked_is_said() {
    let folder = Folder::new();
    let clip = folder.name("clip.wav");
    run("espeak-ng", &["-v", "cmn", "-s", "165", "-w", &clip, "本音频由人工智能生成"]);
    let file = content(48_000, 2, 3.0, 0.3);
    let notice = |bytes: Vec<u8>, words: Option<&str>| SoundNotice {
        voice: Voice::Clip { wav: bytes, words: words.map(str::to_owned) },
        at: vec![Moment::Start],
        characters_per_minute: Some([120, 160]),
    };
    let (plain, _) = put(Format::Wav, &file, &notice(fs::read(&clip).unwrap(), None));
    assert_eq!((plain.characters_per_minute, codes(&plain)), (None, vec!["sound.note_rate_unchecked"]));
    for (name, codec) in [("c.mp3", "libmp3lame"), ("c.m4a", "aac"), ("c.ogg", "libvorbis"), ("c.flac", "flac")] {
        let path = folder.name(name);
        run("ffmpeg", &["-y", "-v", "error", "-i", &clip, "-c:a", codec, &path]);
        let bytes = fs::read(&path).unwrap();
        let (done, _) = put(Format::Wav, &file, &notice(bytes.clone(), Some("本音频由人工智能生成")));
        assert!(codes(&done).is_empty(), "{name}: {:?}", codes(&done));
        assert!(done.characters_per_minute.is_some_and(|rate| (120..=160).contains(&rate)), "{name}");
        assert!(done.places[0].duration_ms.abs_diff(plain.places[0].duration_ms) < 60, "{name}");
        let mut out = Cursor::new(Vec::new());
        let alone =
            add_notice(Format::Wav, &mut Cursor::new(&file), &notice(bytes, None), None, &Limits::default(), &mut out);
        match alone {
            Ok(_) => assert_eq!(name, "c.flac"),
            Err(error) => assert!(name != "c.flac" && error.to_string().contains("WAV and FLAC"), "{name}: {error}"),
        }
    }
}

/// A box.
fn boxed(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    [&(body.len() as u32 + 8).to_be_bytes()[..], kind, body].concat()
}

/// Where the first box of this type stands within a range, by looking for its name.
fn find(file: &[u8], kind: &[u8; 4], from: usize) -> (usize, usize) {
    let at = from + file[from..].windows(4).position(|w| w == kind).unwrap() - 4;
    (at, u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize)
}

/// The tags of a file whose header stands at its end.
fn ilst(file: &[u8]) -> Vec<u8> {
    let (at, len) = find(file, b"ilst", find(file, b"moov", 0).0);
    file[at + 8..at + len].to_vec()
}

/// Puts more tags into a file whose header stands at its end.
fn with_tags(mut file: Vec<u8>, tags: &[u8]) -> Vec<u8> {
    let moov = find(&file, b"moov", 0);
    assert_eq!(moov.0 + moov.1, file.len(), "the header stands at the end");
    let udta = find(&file, b"udta", moov.0);
    let meta = find(&file, b"meta", udta.0);
    let ilst = find(&file, b"ilst", meta.0);
    for (at, len) in [moov, udta, meta, ilst] {
        file[at..at + 4].copy_from_slice(&((len + tags.len()) as u32).to_be_bytes());
    }
    let end = ilst.0 + ilst.1;
    file.splice(end..end, tags.iter().copied());
    file
}

/// Chapters beside the sound are no reason to encode it anew, and where that has to be, no tag is
/// lost: neither those of iTunes nor those that programs name themselves.
#[test]
fn tags_and_chapters_of_m4a_survive() {
    let data = |value: &[u8]| boxed(b"data", &[&[0, 0, 0, 21, 0, 0, 0, 0][..], value].concat());
    let named = [
        boxed(b"mean", b"\0\0\0\0com.apple.iTunes"),
        boxed(b"name", b"\0\0\0\0REPLAYGAIN_TRACK_GAIN"),
        boxed(b"data", b"\0\0\0\x01\0\0\0\0-7.20 dB"),
    ];
    let tags = [boxed(b"----", &named.concat()), boxed(b"rtng", &data(&[4])), boxed(b"sonm", &data(b"A"))].concat();
    let folder = Folder::new();
    fs::write(folder.path("in.wav"), content(44_100, 2, 6.0, 0.3)).unwrap();
    let chapters = ";FFMETADATA1\ntitle=T\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=One\n\
                    [CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=6000\ntitle=Two\n";
    fs::write(folder.path("meta"), chapters).unwrap();
    for (codec, spliced) in [("aac", true), ("alac", false)] {
        let (input, meta, output) = (folder.name("in.wav"), folder.name("meta"), folder.name("a.m4a"));
        let args = ["-y", "-v", "error", "-i", &input, "-i", &meta, "-map", "0", "-map_metadata", "1"];
        run("ffmpeg", &[&args[..], &["-map_chapters", "1", "-c:a", codec, &output]].concat());
        let old = with_tags(fs::read(&output).unwrap(), &tags);
        for (at, begin, end) in [(Moment::Start, 0, 1), (Moment::Middle, 0, 0), (Moment::End, 0, 0)] {
            let (done, new) = put(Format::M4a, &old, &rhythm(&[at]));
            assert_eq!(done.kept == Kept::Spliced, spliced, "{codec} {at:?}: {:?}", done.notes);
            assert!(!codes(&done).contains(&"sound.note_tags"), "{codec} {at:?}");
            assert_eq!(ilst(&new), ilst(&old), "{codec} {at:?}");
            let path = folder.name("new.m4a");
            fs::write(&path, &new).unwrap();
            let by = |there: bool| if there { (done.places[0].duration_ms + 650) as f64 / 1000.0 } else { 0.0 };
            let entries = [
                "-v",
                "error",
                "-show_entries",
                "chapter=start_time,end_time:chapter_tags=title",
                "-of",
                "csv=p=0",
                &path,
            ];
            let found = run("ffprobe", &entries).0;
            let lines: Vec<Vec<&str>> = found.lines().map(|line| line.split(',').collect()).collect();
            assert_eq!(lines.iter().map(|line| line[2]).collect::<Vec<_>>(), ["One", "Two"], "{codec} {at:?}");
            let time = |line: usize, column: usize| lines[line][column].parse::<f64>().unwrap();
            assert!((time(0, 0) - by(begin == 1)).abs() < 0.1, "{codec} {at:?} {found}");
            assert!((time(1, 0) - 2.0 - by(end == 1)).abs() < 0.1, "{codec} {at:?} {found}");
            if at == Moment::Middle {
                let more = (done.places[0].duration_ms + 1000) as f64 / 1000.0;
                assert!((time(1, 1) - 6.0 - more).abs() < 0.15, "{codec} {found}");
            }
            let (_, said) = run("ffmpeg", &["-v", "warning", "-i", &path, "-map", "0:a", "-f", "null", "-"]);
            assert_eq!(said, "", "{codec} {at:?}");
        }
    }
}
