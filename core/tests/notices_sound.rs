//! Notices in sound, looked at with other programs: FFmpeg, FFprobe, flac and eSpeak NG have to be
//! installed.
#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::needless_range_loop,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[path = "notices_sound/cases.rs"]
mod cases;
#[path = "notices_sound/films.rs"]
mod films;
#[path = "notices_sound/loud.rs"]
mod loud;

use std::f32::consts::TAU;
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::Command;

use biaoshi::codec::sound::{Kept, Sounded, add_notice, decode};
use biaoshi::codec::tool::Programs;
use biaoshi::notice::{Moment, SoundNotice, Voice};
use biaoshi::{Format, Limits};
use cases::{Case, PLAIN, RECODED, SPLICED};

const UNIT: u32 = 120;

/// Runs a program that has to be there and to succeed; gives what it printed on both streams.
fn run(program: &str, args: &[&str]) -> (String, String) {
    let out = Command::new(program).args(args).output().unwrap_or_else(|e| panic!("{program} is needed: {e}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(out.status.success(), "{program} {args:?}: {}", text(&out.stderr));
    (text(&out.stdout), text(&out.stderr))
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut dir = dir;
        dir.disable_cleanup(std::env::var_os("KEEP").is_some());
        Self(dir)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn name(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }
}

/// Something like speech: tones that come and go, with noise and pauses.
fn content(rate: u32, channels: u16, seconds: f32, level: f32) -> Vec<u8> {
    let mut noise = 12_345u32;
    let mut samples = Vec::new();
    for n in 0..(rate as f32 * seconds) as u32 {
        let time = n as f32 / rate as f32;
        let syllable = (time * 4.3).fract();
        let loud = if (time * 0.45).fract() > 0.85 { 0.0 } else { (syllable * TAU / 2.0).sin().max(0.0) };
        let pitch = 140.0 + 40.0 * (time * 1.7).sin();
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let hiss = (noise >> 16) as f32 / 32_768.0 - 1.0;
        let voice: f32 = (1..9).map(|k| (TAU * pitch * time * k as f32).sin() / k as f32).sum();
        for channel in 0..channels {
            let side = if channel == 0 { 1.0 } else { 0.8 };
            samples.push(level * side * loud * (voice * 0.5 + hiss * 0.05));
        }
    }
    let data: Vec<u8> = samples.iter().flat_map(|s| ((s * 32_767.0) as i16).to_le_bytes()).collect();
    let align = channels * 2;
    let mut out = b"RIFF".to_vec();
    out.extend((data.len() as u32 + 36).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x01\0");
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * u32::from(align)).to_le_bytes());
    out.extend(align.to_le_bytes());
    out.extend(16u16.to_le_bytes());
    out.extend(b"data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

const PLACES: &[&[Moment]] = &[&[Moment::Start], &[Moment::End], &[Moment::Middle]];

/// All places at once, and one alone, another one for each case.
fn places(number: usize) -> [&'static [Moment]; 2] {
    [&[Moment::Start, Moment::Middle, Moment::End], PLACES[number % PLACES.len()]]
}

/// A file of this kind with tags; 6 s and a bit.
fn make(folder: &Folder, case: &Case) -> Vec<u8> {
    fs::write(folder.path("in.wav"), content(case.rate, case.channels, 6.13, 0.4)).unwrap();
    let (input, output) = (folder.name("in.wav"), folder.name(case.name));
    let mut args = vec!["-y", "-v", "error", "-i", &input, "-metadata", "title=标题", "-metadata", "artist=A & B"];
    args.extend(case.args);
    args.push(&output);
    run("ffmpeg", &args);
    fs::read(output).unwrap()
}

fn rhythm(at: &[Moment]) -> SoundNotice {
    SoundNotice { voice: Voice::Rhythm { unit_ms: UNIT }, at: at.to_vec(), characters_per_minute: None }
}

fn put(format: Format, file: &[u8], notice: &SoundNotice) -> (Sounded, Vec<u8>) {
    let mut out = Cursor::new(Vec::new());
    let programs = Programs::installed();
    let done = add_notice(format, &mut Cursor::new(file), notice, Some(&programs), &Limits::default(), &mut out);
    (done.unwrap(), out.into_inner())
}

/// All samples, one channel: the first.
fn heard(format: Format, file: &[u8]) -> (Vec<f32>, u32) {
    let mut out = Vec::new();
    let programs = Programs::installed();
    let mut cursor = Cursor::new(file);
    let shape = decode(format, &mut cursor, Some(&programs), &Limits::default(), &mut |block| {
        out.extend_from_slice(block);
        Ok(())
    });
    let shape = shape.unwrap();
    (out.into_iter().step_by(usize::from(shape.channels)).collect(), shape.rate)
}

/// Hashes of all packets of sound.
fn packets(path: &str) -> Vec<String> {
    let args = ["-v", "error", "-select_streams", "a:0", "-show_packets", "-show_data_hash", "sha256"];
    let (out, _) =
        run("ffprobe", &[&args[..], &["-show_entries", "packet=data_hash", "-of", "csv=p=0", path]].concat());
    // Lines of side data come between.
    out.split([',', '\n']).filter(|part| part.starts_with("SHA256:")).map(str::to_owned).collect()
}

/// Nothing is said when all is decoded that was not said of the file before.
fn decodes_without_warning(path: &str, before: &str) {
    let said = |path: &str| -> Vec<String> {
        let (_, said) = run("ffmpeg", &["-v", "warning", "-xerror", "-i", path, "-map", "0:a", "-f", "null", "-"]);
        // Addresses and names differ.
        said.lines().map(|line| line.split_once("] ").map_or(line, |(_, text)| text).to_owned()).collect()
    };
    let (new, old) = (said(path), said(before));
    assert!(new.iter().all(|line| old.contains(line)), "{path}: {new:?}, before {old:?}");
}

/// Where the sound around a place rises over and falls below half of its loudness, in milliseconds
/// of the file: a band around the tone is followed.
fn edges(samples: &[f32], rate: u32, start_ms: u64, length_ms: u64) -> Vec<f32> {
    let from = ((start_ms as usize).saturating_sub(100)) * rate as usize / 1000;
    let to = ((start_ms + length_ms + 100) as usize * rate as usize / 1000).min(samples.len());
    let window = rate as usize / 125;
    let turn = TAU * 1046.5 / rate as f32;
    let power: Vec<f32> = (from..to.saturating_sub(window))
        .step_by(rate as usize / 1000)
        .map(|at| {
            let (mut re, mut im) = (0.0, 0.0);
            for n in at..at + window {
                re += samples[n] * (turn * n as f32).cos();
                im += samples[n] * (turn * n as f32).sin();
            }
            (re * re + im * im).sqrt()
        })
        .collect();
    let most = power.iter().copied().fold(0.0, f32::max);
    let (mut out, mut before) = (Vec::new(), false);
    for (at, power) in power.iter().chain([&0.0]).enumerate() {
        let now = *power > most / 2.0;
        if now != before {
            out.push(from as f32 * 1000.0 / rate as f32 + at as f32 + 4.0);
        }
        before = now;
    }
    out
}

/// The rhythm is where the answer says, and its lengths are right.
fn rhythm_is_there(name: &str, done: &Sounded, format: Format, file: &[u8]) {
    let (samples, rate) = heard(format, file);
    for place in &done.places {
        let found = edges(&samples, rate, place.start_ms, place.duration_ms);
        assert_eq!(found.len(), 8, "{name} {place:?} {found:?}");
        let start = found[0];
        assert!((start - place.start_ms as f32).abs() < 20.0, "{name} {place:?}: {start}");
        for (edge, due) in found.iter().zip([0, 1, 2, 5, 8, 9, 10, 11]) {
            assert!((edge - start - (due * UNIT) as f32).abs() < 10.0, "{name} {place:?}: {found:?}");
        }
        assert!((place.duration_ms as i64 - i64::from(11 * UNIT)).abs() < 15, "{name}");
    }
    // No sample goes over full scale, and the content is as loud as the notice.
    assert!(samples.iter().all(|s| s.abs() <= 1.0), "{name}");
    let (content, notice) = (done.content_loudness.unwrap(), done.notice_loudness.unwrap());
    assert!((content - notice).abs() <= 30 && done.notice_peak <= -10, "{name} {content} {notice}");
}

/// FFmpeg's own measure of a part, in LUFS.
fn loudness(path: &str, from_ms: u64, length_ms: u64) -> f64 {
    let (from, length) = (format!("{:.3}", from_ms as f64 / 1000.0), format!("{:.3}", length_ms as f64 / 1000.0));
    let filter = format!("atrim=start={from}:duration={length},ebur128=framelog=verbose");
    let (_, said) =
        run("ffmpeg", &["-hide_banner", "-nostats", "-i", path, "-map", "0:a", "-af", &filter, "-f", "null", "-"]);
    let line = said.lines().rev().find(|line| line.trim_start().starts_with("I:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn tags(path: &str) -> String {
    let (out, _) = run("ffprobe", &["-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "flat", path]);
    let mut lines: Vec<&str> = out
        .lines()
        .filter(|line| line.to_lowercase().contains("tags.title") || line.to_lowercase().contains("tags.artist"))
        .collect();
    lines.sort_unstable();
    lines.join("\n")
}

/// The old list is the new one without at most as many runs as there are places.
fn without_runs(old: &[String], new: &[String], places: usize) -> Vec<usize> {
    let (mut runs, mut at, mut inside) = (Vec::new(), 0, false);
    for packet in new {
        if old.get(at) == Some(packet) {
            at += 1;
            inside = false;
        } else if inside {
            *runs.last_mut().unwrap() += 1;
        } else {
            runs.push(1);
            inside = true;
        }
    }
    assert_eq!(at, old.len(), "packets of the content have changed");
    assert!(runs.len() <= places, "{runs:?}");
    runs
}

#[test]
fn packets_of_the_content_are_the_same() {
    for (number, case) in SPLICED.iter().enumerate() {
        let folder = Folder::new();
        let old = make(&folder, case);
        let before = packets(&folder.name(case.name));
        let wanted = tags(&folder.name(case.name));
        let (sound, rate) = heard(case.format, &old);
        for at in places(number) {
            let (done, new) = put(case.format, &old, &rhythm(at));
            assert_eq!(done.kept, Kept::Spliced, "{} {:?}", case.name, done.notes);
            let path = folder.name(&format!("new-{}", case.name));
            fs::write(&path, &new).unwrap();
            decodes_without_warning(&path, &folder.name(case.name));
            let after = packets(&path);
            let runs = without_runs(&before, &after, at.len());
            rhythm_is_there(case.name, &done, case.format, &new);
            assert_eq!(tags(&path), wanted);
            for place in done.places.iter().take(1) {
                let measured = loudness(&path, place.start_ms, place.duration_ms);
                let content = f64::from(done.content_loudness.unwrap()) / 10.0;
                assert!((measured - content).abs() < 3.0, "{} {measured} {content}", case.name);
            }
            // What is heard of the content stays as good as the same.
            let (now, _) = heard(case.format, &new);
            let grown = now.len() as i64 - sound.len() as i64;
            let (ratio, lag) = match at[..] {
                [Moment::Start] => likeness(&sound, &now, grown, rate),
                [Moment::End] => likeness(&sound, &now, 0, rate),
                _ => (f32::INFINITY, 0),
            };
            println!(
                "{} {at:?}: {} packets, all the same; {runs:?} put in; {:.1} dB, {lag} samples",
                case.name,
                before.len(),
                ratio
            );
            assert!(ratio > 30.0, "{} {at:?} {ratio}", case.name);
        }
    }
}

/// How much stronger the content is than what has changed of it, in dB, from 0.1 s after its start;
/// and how far it lies from where it is looked for.
fn likeness(old: &[f32], new: &[f32], offset: i64, rate: u32) -> (f32, i64) {
    let skip = rate as usize / 10;
    let part = &old[skip..old.len() - skip];
    let difference = |lag: i64, step: usize| -> f32 {
        let from = offset + lag + skip as i64;
        part.iter()
            .enumerate()
            .step_by(step)
            .map(|(n, s)| {
                let other = usize::try_from(from + n as i64).ok().and_then(|at| new.get(at)).copied().unwrap_or(9.0);
                (s - other) * (s - other)
            })
            .sum()
    };
    let best = (-3000..3000).map(|lag| (difference(lag, 997), lag)).min_by(|a, b| a.0.total_cmp(&b.0)).unwrap().1;
    let power: f32 = part.iter().map(|s| s * s).sum();
    (10.0 * (power / difference(best, 1).max(1e-12)).log10(), best)
}

#[test]
fn samples_of_the_content_are_the_same() {
    for (number, case) in PLAIN.iter().enumerate() {
        let folder = Folder::new();
        let old = make(&folder, case);
        let wanted = tags(&folder.name(case.name));
        let (sound, rate) = heard(case.format, &old);
        for at in places(number) {
            let (done, new) = put(case.format, &old, &rhythm(at));
            assert_eq!(done.kept, Kept::Spliced, "{}", case.name);
            let path = folder.name(&format!("new-{}", case.name));
            fs::write(&path, &new).unwrap();
            decodes_without_warning(&path, &folder.name(case.name));
            if case.format == Format::Flac {
                run("flac", &["-t", "-s", "--warnings-as-errors", &path]);
            }
            rhythm_is_there(case.name, &done, case.format, &new);
            assert_eq!(tags(&path), wanted);
            let (now, _) = heard(case.format, &new);
            let grown = now.len() - sound.len();
            match at[..] {
                [Moment::Start] => assert!(now[grown..] == sound[..], "{}", case.name),
                [Moment::End] => assert!(now[..sound.len()] == sound[..], "{}", case.name),
                [Moment::Middle] => {
                    let at = now.iter().zip(&sound).take_while(|(a, b)| a == b).count();
                    let rest = sound.len() - at;
                    assert!(at > sound.len() / 3 && now[now.len() - rest..] == sound[at..], "{}", case.name);
                }
                _ => {}
            }
            // FFmpeg hears what is heard here.
            let raw = folder.name("raw");
            run("ffmpeg", &["-y", "-v", "error", "-i", &path, "-map", "0:a", "-c:a", "pcm_f32le", "-f", "f32le", &raw]);
            let other: Vec<f32> = fs::read(&raw)
                .unwrap()
                .chunks_exact(4)
                .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
                .step_by(usize::from(case.channels))
                .collect();
            assert_eq!(other.len(), now.len(), "{}", case.name);
            assert!(other.iter().zip(&now).all(|(a, b)| (a - b).abs() < 1e-6), "{}", case.name);
            println!("{} {at:?}: {} samples, all the same; {grown} put in, {rate} Hz", case.name, sound.len());
        }
    }
}

/// Every sample of the content is there, in order, with at most as many runs between as there are
/// notices.
fn content_is_there(name: &str, (old, new): (&[f32], &[f32]), notices: usize) {
    let (mut at, mut runs) = (0, 0);
    let mut rest = old;
    while !rest.is_empty() {
        let same = rest.iter().zip(&new[at..]).take_while(|(a, b)| a == b).count();
        rest = &rest[same..];
        at += same;
        if rest.is_empty() {
            break;
        }
        runs += 1;
        assert!(runs <= notices, "{name}: samples have changed");
        let piece = &rest[..rest.len().min(2000)];
        let found = new[at..].windows(piece.len()).position(|part| part == piece);
        at += found.unwrap_or_else(|| panic!("{name}: content is missing"));
    }
}

#[test]
fn what_has_to_be_encoded_anew_says_so_and_keeps_its_tags() {
    for (number, case) in RECODED.iter().enumerate() {
        let folder = Folder::new();
        let old = make(&folder, case);
        let wanted = tags(&folder.name(case.name));
        for at in places(number) {
            let (done, new) = put(case.format, &old, &rhythm(at));
            let Kept::Reencoded { lossless, .. } = done.kept else { panic!("{}", case.name) };
            let plain = case.args.iter().any(|arg| matches!(*arg, "flac" | "alac") || arg.starts_with("pcm_"));
            assert_eq!(lossless, plain, "{}", case.name);
            if lossless {
                content_is_there(case.name, (&heard(case.format, &old).0, &heard(case.format, &new).0), at.len());
            }
            assert!(done.notes.iter().any(|n| n.message.code == "sound.note_reencoded"), "{:?}", done.notes);
            let path = folder.name(&format!("new-{}", case.name));
            fs::write(&path, &new).unwrap();
            decodes_without_warning(&path, &folder.name(case.name));
            rhythm_is_there(case.name, &done, case.format, &new);
            assert_eq!(tags(&path), wanted, "{}", case.name);
            let rate = |path: &str| {
                let entries = "stream=codec_name,sample_rate,channels,profile";
                run("ffprobe", &["-v", "error", "-select_streams", "a:0", "-show_entries", entries, "-of", "csv", path])
                    .0
            };
            assert_eq!(rate(&path), rate(&folder.name(case.name)), "{}", case.name);
        }
    }
}

/// A picture of one colour.
fn picture(folder: &Folder) -> String {
    let path = folder.name("cover.jpg");
    run("ffmpeg", &["-y", "-v", "error", "-f", "lavfi", "-i", "color=red:size=64x64", "-frames:v", "1", &path]);
    path
}

fn chapters(path: &str) -> Vec<(f64, f64)> {
    let (out, _) =
        run("ffprobe", &["-v", "error", "-show_entries", "chapter=start_time,end_time", "-of", "csv=p=0", path]);
    let pair = |line: &str| {
        let mut parts = line.split(',').map(|n| n.parse::<f64>().unwrap());
        (parts.next().unwrap(), parts.next().unwrap())
    };
    out.lines().filter(|line| !line.is_empty()).map(pair).collect()
}

#[test]
fn covers_and_chapters_survive() {
    for (name, format, codec) in [
        ("a.m4a", Format::M4a, "aac"),
        ("a.mp4", Format::Mp4, "aac"),
        ("a.mp3", Format::Mp3, "libmp3lame"),
        ("a.flac", Format::Flac, "flac"),
    ] {
        let folder = Folder::new();
        fs::write(folder.path("in.wav"), content(44_100, 2, 6.0, 0.3)).unwrap();
        fs::write(
            folder.path("meta"),
            ";FFMETADATA1\ntitle=T\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=One\n\
            [CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=6000\ntitle=Two\n",
        )
        .unwrap();
        let (input, meta, cover, output) =
            (folder.name("in.wav"), folder.name("meta"), picture(&folder), folder.name(name));
        run(
            "ffmpeg",
            &[
                "-y",
                "-v",
                "error",
                "-i",
                &input,
                "-i",
                &meta,
                "-i",
                &cover,
                "-map",
                "0",
                "-map",
                "2",
                "-map_metadata",
                "1",
                "-map_chapters",
                "1",
                "-c:v",
                "copy",
                "-disposition:v",
                "attached_pic",
                "-c:a",
                codec,
                &output,
            ],
        );
        let (done, new) = put(format, &fs::read(&output).unwrap(), &rhythm(&[Moment::Start]));
        let path = folder.name(&format!("new-{name}"));
        fs::write(&path, new).unwrap();
        let image = |path: &str, to: &str| {
            run("ffmpeg", &["-y", "-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-f", "image2", to]);
            fs::read(to).unwrap()
        };
        assert_eq!(image(&output, &folder.name("1.jpg")), image(&path, &folder.name("2.jpg")), "{name}");
        let (old, new) = (chapters(&output), chapters(&path));
        println!("{name}: {old:?} {new:?} {:?}", done.places);
        assert_eq!(old.len(), new.len(), "{name}");
        // Those that lie behind the notice now begin later by as much.
        let by = (done.places[0].duration_ms + 650) as f64 / 1000.0;
        for (old, new) in old.iter().zip(&new) {
            // A track of chapters in MP4 begins where the movie does.
            let first = matches!(format, Format::M4a | Format::Mp4) && old.0 == 0.0 && new.0 == 0.0;
            assert!(first || (new.0 - old.0 - by).abs() < 0.15, "{name} {old:?} {new:?}");
            assert!((new.1 - old.1 - by).abs() < 0.15, "{name} {old:?} {new:?}");
        }
    }
}

#[test]
fn speech_is_as_fast_as_the_rules_ask() {
    let file = content(24_000, 1, 4.0, 0.3);
    for (words, language) in [
        ("本音频由人工智能生成", "zh-Hans"),
        ("人工智能生成合成内容", "zh-Hans"),
        ("以下內容由人工智慧生成", "zh-Hant"),
        ("以下内容由AI生成", "zh-Hans"),
        ("人工智能生成", "zh-CN"),
    ] {
        let voice = Voice::Speech { words: words.to_owned(), language: language.to_owned() };
        let notice =
            SoundNotice { voice, at: vec![Moment::Start, Moment::End], characters_per_minute: Some([120, 160]) };
        let (done, new) = put(Format::Wav, &file, &notice);
        let rate = done.characters_per_minute.unwrap();
        println!("{words} {language}: {rate} characters per minute, {} ms", done.places[0].duration_ms);
        assert!((120..=160).contains(&rate), "{words}: {rate}");
        // The same by the length of what is heard.
        let count = words.chars().count() as u64;
        let measured = count * 60_000 / done.places[0].duration_ms;
        assert!(measured.abs_diff(u64::from(rate)) <= 1, "{measured} {rate}");
        let (samples, rate) = heard(Format::Wav, &new);
        let place = &done.places[1];
        let from = (place.start_ms * u64::from(rate) / 1000) as usize;
        let part = &samples[from..from + (place.duration_ms * u64::from(rate) / 1000) as usize];
        assert!(part.iter().any(|s| s.abs() > 0.05) && samples.iter().all(|s| s.abs() <= 1.0));
        assert!((done.content_loudness.unwrap() - done.notice_loudness.unwrap()).abs() <= 30);
    }
    for (words, language) in
        [("This audio was generated by AI", "en"), ("Áudio gerado por inteligência artificial", "pt-PT")]
    {
        let voice = Voice::Speech { words: words.to_owned(), language: language.to_owned() };
        let notice = SoundNotice { voice, at: vec![Moment::End], characters_per_minute: None };
        assert!(put(Format::Wav, &file, &notice).0.characters_per_minute.is_some_and(|rate| rate > 300));
    }
}

#[test]
fn a_clip_of_a_wrong_rate_is_refused_and_one_of_another_shape_taken() {
    let folder = Folder::new();
    let clip = folder.name("clip.wav");
    run("espeak-ng", &["-v", "cmn", "-s", "165", "-w", &clip, "本音频由人工智能生成"]);
    let wav = fs::read(&clip).unwrap();
    let notice = |words: &str| SoundNotice {
        voice: Voice::Clip { wav: wav.clone(), words: Some(words.to_owned()) },
        at: vec![Moment::Start],
        characters_per_minute: Some([120, 160]),
    };
    let file = content(48_000, 2, 3.0, 0.3);
    let (done, _) = put(Format::Wav, &file, &notice("本音频由人工智能生成"));
    assert!(done.characters_per_minute.is_some_and(|rate| (120..=160).contains(&rate)));
    let mut out = Cursor::new(Vec::new());
    let far = notice("本音频由人工智能生成，这句话其实长得多");
    let error = add_notice(Format::Wav, &mut Cursor::new(&file), &far, None, &Limits::default(), &mut out).unwrap_err();
    assert_eq!(error.code(), "sound.speech_rate");
    assert!(out.into_inner().is_empty());
}

#[test]
fn programs_that_are_missing_or_not_allowed_are_named() {
    let folder = Folder::new();
    let file = make(&folder, &SPLICED[0]);
    let try_with = |programs: Option<&Programs>| {
        let mut out = Cursor::new(Vec::new());
        let notice = rhythm(&[Moment::Start]);
        add_notice(Format::Opus, &mut Cursor::new(&file), &notice, programs, &Limits::default(), &mut out).unwrap_err()
    };
    assert_eq!(try_with(None).code(), "tool.not_allowed");
    let mut missing = Programs::installed();
    missing.ffmpeg = Path::new("/nowhere/ffmpeg").to_owned();
    assert_eq!(try_with(Some(&missing)).code(), "tool.missing");
}
