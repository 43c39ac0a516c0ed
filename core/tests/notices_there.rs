//! Content that has a notice already: it counts if it is the one asked for, and else is said.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::f32::consts::TAU;
use std::io::Cursor;
use std::process::Command;

use biaoshi::codec::sound::add_notice;
use biaoshi::codec::tool::Programs;
use biaoshi::codec::video::{Span, VideoNotice, overlay};
use biaoshi::notice::{Moment, SoundNotice, Voice};
use biaoshi::{Explicit, Format, Label, Labeler, Level, Limits, Placement, Profile, Receipt};

const THERE: &str = "note.notice_there";
const OTHER: &str = "note.notice_other";

fn label(file: &[u8], explicit: Explicit, level: Level) -> (Vec<u8>, Receipt) {
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(explicit).programs(Programs::installed());
    labeler.label_bytes(file, &Label::new("example-provider").with_level(level)).unwrap()
}

/// What the receipt says of a notice that was there, and whether one was put in.
fn said(receipt: &Receipt) -> (Option<&'static str>, bool) {
    let codes = receipt.notes.iter().map(|note| note.message.code);
    (codes.into_iter().find(|code| [THERE, OTHER].contains(code)), receipt.notice.is_some())
}

const NONE: (Option<&str>, bool) = (None, true);
const SAME: (Option<&str>, bool) = (Some(THERE), false);
const MORE: (Option<&str>, bool) = (Some(OTHER), true);

#[test]
fn words_count_by_level_place_and_language() {
    let plain = "The harbour was built in 1874.\n\nIt has three basins and a lock.\n";
    let start = format!("AI生成\n\n{plain}");
    let end = format!("{plain}\n本内容由AI生成\n");
    let possible = format!("可能为AI生成\n\n{plain}");
    let is = Level::Is;
    for (name, text, explicit, level, expected) in [
        ("none", plain, Explicit::default(), is, NONE),
        ("there", &start, Explicit::default(), is, SAME),
        ("any place will do unless one is named", &end, Explicit::default(), is, SAME),
        ("the place named", &end, Explicit::default().at(Moment::End), is, SAME),
        ("another place", &end, Explicit::default().at(Moment::Start), is, MORE),
        ("one place of two", &start, Explicit::default().at(Moment::Start).at(Moment::End), is, MORE),
        ("less than asked", &possible, Explicit::default(), is, MORE),
        ("the level asked", &possible, Explicit::default(), Level::Possible, SAME),
        ("another level", &start, Explicit::default(), Level::Possible, MORE),
        ("the language named", &start, Explicit::default().language("zh-Hans"), is, SAME),
        ("a language more", &start, Explicit::default().language("zh-Hans").language("en"), is, MORE),
        ("own words", &start, Explicit::default().text("本页由人工智能生成"), is, MORE),
        ("own words that are there", &end, Explicit::default().text("本内容由AI生成"), is, SAME),
    ] {
        let (out, receipt) = label(text.as_bytes(), explicit.clone(), level);
        assert_eq!(said(&receipt), expected, "{name}");
        // Once it is there, it is there.
        let (again, receipt) = label(&out, explicit, level);
        assert_eq!((again == out, said(&receipt)), (true, SAME), "{name}");
    }
}

fn picture(format: image::ImageFormat) -> Vec<u8> {
    let plain = image::RgbImage::from_fn(600, 400, |x, y| image::Rgb([(x / 3) as u8, (y / 2) as u8, 90]));
    let mut file = Cursor::new(Vec::new());
    plain.write_to(&mut file, format).unwrap();
    file.into_inner()
}

/// A picture without metadata, with what the labelled one shows.
fn shot(png: &[u8]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image::load_from_memory(png).unwrap().write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

#[test]
fn pictures_are_looked_at() {
    let file = picture(image::ImageFormat::Png);
    let (out, receipt) = label(&file, Explicit::default(), Level::Is);
    assert_eq!(said(&receipt), NONE);
    let there = shot(&out);
    for (explicit, level, expected) in [
        (Explicit::default(), Level::Is, SAME),
        (Explicit::default().language("zh-Hans"), Level::Is, SAME),
        (Explicit::corner(Placement::TopLeft), Level::Is, MORE),
        (Explicit::default().language("en").language("zh-Hans"), Level::Is, MORE),
        (Explicit::default(), Level::Suspected, MORE),
    ] {
        let (_, receipt) = label(&there, explicit.clone(), level);
        assert_eq!(said(&receipt), expected, "{explicit:?}");
    }
}

/// A sound of tones that come and go.
fn sound() -> Vec<u8> {
    let rate = 16_000u32;
    let data: Vec<u8> = (0..rate * 20)
        .flat_map(|n| {
            let time = n as f32 / rate as f32;
            let loud = (time * 2.3).fract().min(0.7);
            (((TAU * time * (170.0 + 30.0 * (time * 0.7).sin())).sin() * loud * 14_000.0) as i16).to_le_bytes()
        })
        .collect();
    let mut out = b"RIFF".to_vec();
    out.extend((data.len() as u32 + 36).to_le_bytes());
    out.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    out.extend(rate.to_le_bytes());
    out.extend((rate * 2).to_le_bytes());
    out.extend(b"\x02\0\x10\0data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out
}

#[test]
fn sound_is_listened_to() {
    let notice =
        SoundNotice { voice: Voice::Rhythm { unit_ms: 120 }, at: vec![Moment::End], characters_per_minute: None };
    let mut there = Cursor::new(Vec::new());
    add_notice(Format::Wav, &mut Cursor::new(sound()), &notice, None, &Limits::default(), &mut there).unwrap();
    let there = there.into_inner();
    for (file, explicit, expected) in [
        (&sound(), Explicit::default(), NONE),
        (&there, Explicit::default(), SAME),
        (&there, Explicit::default().at(Moment::End), SAME),
        (&there, Explicit::default().at(Moment::Start), MORE),
        (&there, Explicit::default().spoken(), MORE),
    ] {
        let (_, receipt) = label(file, explicit.clone(), Level::Is);
        assert_eq!(said(&receipt), expected, "{explicit:?}");
    }
}

#[test]
fn films_are_watched() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mp4");
    let mut film = Command::new("ffmpeg");
    film.args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=480x360:rate=15:duration=5", "-g", "15"]);
    assert!(film.args(["-pix_fmt", "yuv420p"]).arg(&path).status().expect("ffmpeg is installed").success());
    let plain = std::fs::read(path).unwrap();
    let with = |seconds: f64| {
        let notice = VideoNotice {
            lines: vec!["AI生成".to_owned()],
            placement: Placement::BottomRight,
            min_height_ratio: 0.05,
            font: None,
            span: Span::Start { seconds },
        };
        let mut out = Cursor::new(Vec::new());
        let (programs, limits) = (Programs::installed(), Limits::default());
        overlay(Format::Mp4, &mut Cursor::new(&plain), &notice, &programs, &limits, &mut out).unwrap();
        out.into_inner()
    };
    let (long, short) = (with(3.0), with(1.0));
    for (file, explicit, expected) in [
        (&plain, Explicit::default(), NONE),
        (&long, Explicit::default(), SAME),
        (&short, Explicit::default(), MORE),
        (&long, Explicit::default().span(Span::Throughout), MORE),
        (&long, Explicit::corner(Placement::TopLeft), MORE),
    ] {
        let (_, receipt) = label(file, explicit.clone(), Level::Is);
        assert_eq!(said(&receipt), expected, "{explicit:?}");
    }
}

fn vector(path: &str) -> Vec<u8> {
    std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors/formats").join(path)).unwrap()
}

/// A label in the metadata does not make people see one.
#[test]
fn a_labelled_file_that_lacks_its_notice_gets_it() {
    let markdown = b"# Harbour\n\nIt was built in 1874.\n".to_vec();
    let html = b"<!DOCTYPE html><html><head><title>t</title></head><body><p>words</p></body></html>".to_vec();
    for (name, file) in [
        ("a.md", markdown),
        ("a.html", html),
        ("a.png", picture(image::ImageFormat::Png)),
        ("a.jpg", picture(image::ImageFormat::Jpeg)),
        ("a.wav", sound()),
        ("a.docx", vector("docx/docx-ok.docx")),
        ("a.pdf", vector("pdf/linear-ok.pdf")),
    ] {
        let labeler = |explicit| {
            let labeler = Labeler::new(Profile::CN_GB45438).explicit(explicit).programs(Programs::installed());
            labeler.file_name(name)
        };
        let wanted = Label::new("example-provider").with_produce_id("n-1");
        let (bare, _) = labeler(Explicit::none("metadata first")).label_bytes(&file, &wanted).unwrap();
        let (out, receipt) = labeler(Explicit::default()).label_bytes(&bare, &wanted).unwrap();
        assert!(receipt.changed && receipt.notice.is_some(), "{name}: {:?}", receipt.notes);
        assert_eq!(receipt.label.produce_id, "n-1", "{name}");
        let (again, receipt) = labeler(Explicit::default()).label_bytes(&out, &wanted).unwrap();
        assert!(again == out && !receipt.changed, "{name}");
        let codes: Vec<_> = receipt.notes.iter().map(|note| note.message.code).collect();
        assert!(codes.contains(&THERE), "{name}: {codes:?}");
        // Without a notice asked for, nothing is looked for.
        let (same, receipt) = labeler(Explicit::none("metadata only")).label_bytes(&bare, &wanted).unwrap();
        assert!(same == bare && !receipt.changed, "{name}");
    }
}

fn made(name: &str, args: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mut program = Command::new("ffmpeg");
    assert!(program.args(["-v", "error"]).args(args).arg(&path).status().expect("ffmpeg is installed").success());
    std::fs::read(path).unwrap()
}

const TONE: [&str; 4] = ["-f", "lavfi", "-i", "sine=440:duration=3"];
const FILM: [&str; 6] = ["-f", "lavfi", "-i", "testsrc2=size=480x360:rate=15:duration=6", "-pix_fmt", "yuv420p"];

/// What an encoder's program leaves out is written again.
#[test]
fn a_labelled_file_that_is_encoded_anew_keeps_its_label() {
    for (name, args) in [
        ("a.m4a", [&TONE[..], &["-c:a", "alac", "-metadata", "title=T"]].concat()),
        ("a.mov", [&TONE[..], &["-c:a", "pcm_s16le", "-metadata", "title=T"]].concat()),
        ("a.mp4", [&FILM[..], &["-movflags", "+frag_keyframe+empty_moov"]].concat()),
    ] {
        let labeler = |explicit| {
            Labeler::new(Profile::CN_GB45438).explicit(explicit).programs(Programs::installed()).file_name(name)
        };
        let wanted = Label::new("example-provider").with_produce_id("n-1");
        let (bare, _) = labeler(Explicit::none("agreed")).label_bytes(&made(name, &args), &wanted).unwrap();
        let (out, receipt) = labeler(Explicit::default()).label_bytes(&bare, &wanted).unwrap();
        assert!(receipt.notice.is_some(), "{name}: {:?}", receipt.notes);
        let report = biaoshi::verify(&out).unwrap();
        let labels: Vec<_> = report.evidence.iter().filter_map(|e| e.label.as_ref()).collect();
        assert_eq!(labels.len(), 1, "{name}");
        assert_eq!(labels[0].produce_id, "n-1", "{name}");
    }
}

const XMP: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
    <rdf:Description rdf:about='' xmlns:i='http://iptc.org/std/Iptc4xmpExt/2008-02-29/' i:DigitalSourceType=\
    'http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia'/></rdf:RDF></x:xmpmeta>";

/// A notice hides no statement about AI that the file has.
#[test]
fn what_a_file_says_about_ai_outlives_its_encoding() {
    let uuid = b"\xBE\x7A\xCF\xCB\x97\xA9\x42\xE8\x9C\x71\x99\x94\x91\xE3\xAF\xAC";
    let len = u32::try_from(XMP.len() + 24).unwrap().to_be_bytes();
    let packet = [&len[..], b"uuid", uuid, XMP.as_bytes()].concat();
    let stated = |bytes: &[u8]| {
        let report = biaoshi::verify(bytes).unwrap();
        report.evidence.iter().any(|e| e.source_type.as_deref().is_some_and(|t| t.ends_with("trainedAlgorithmicMedia")))
    };
    let label = Label::new("example-provider").with_level(Level::Suspected);
    let labeler = Labeler::new(Profile::CN_GB45438).programs(Programs::installed());
    let sound = [made("a.m4a", &[&TONE[..], &["-c:a", "alac"]].concat()), packet.clone()].concat();
    assert!(stated(&sound));
    let (out, receipt) = labeler.label_bytes(&sound, &label).unwrap();
    assert!(receipt.notice.is_some() && stated(&out));
    // Where it would be lost, nothing is written.
    let film = made("a.mp4", &[&FILM[..], &["-movflags", "+frag_keyframe+empty_moov"]].concat());
    let film = [film, packet].concat();
    assert!(stated(&film));
    match labeler.label_bytes(&film, &label) {
        Ok((out, _)) => assert!(stated(&out)),
        Err(error) => assert_eq!(error.code(), "notice.would_lose"),
    }
}

/// Nobody can tell that a film is marked to its end if it doesn't say where that is.
#[test]
fn a_film_of_unknown_length_is_not_taken_for_marked_throughout() {
    let args = [&FILM[..], &["-c:v", "libvpx", "-deadline", "realtime", "-f", "webm", "-live", "1"]].concat();
    let plain = made("a.webm", &args);
    let notice = VideoNotice {
        lines: vec!["AI生成".to_owned()],
        placement: Placement::BottomRight,
        min_height_ratio: 0.05,
        font: None,
        span: Span::Start { seconds: 2.0 },
    };
    let (programs, limits) = (Programs::installed(), Limits::default());
    let mut there = Cursor::new(Vec::new());
    overlay(Format::Webm, &mut Cursor::new(&plain), &notice, &programs, &limits, &mut there).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("there.webm");
    std::fs::write(&path, there.into_inner()).unwrap();
    let live = made("b.webm", &["-i", path.to_str().unwrap(), "-c", "copy", "-f", "webm", "-live", "1"]);
    let (_, receipt) = label(&live, Explicit::default().span(Span::Throughout), Level::Is);
    assert!(receipt.notice.is_some(), "{:?}", receipt.notes);
}
