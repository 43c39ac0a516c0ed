//! Sound alone in a film's container.

use std::fs;
use std::io::Cursor;

use biaoshi::codec::Reencoded;
use biaoshi::codec::sound::add_notice;
use biaoshi::codec::tool::Programs;
use biaoshi::notice::{Made, Moment};
use biaoshi::report::CheckResult;
use biaoshi::verify::Look;
use biaoshi::{Format, Label, Labeler, Limits, Profile, Verifier};

use super::cases::{RECODED, SPLICED};
use super::{Folder, make, rhythm, run};

/// A film's sound is not taken out of it, and no track is lost in silence.
#[test]
fn nothing_is_lost_for_a_notice() {
    let folder = Folder::new();
    for (name, format, args) in [
        ("film.mp4", Format::Mp4, "-f lavfi -i testsrc2=s=64x64:d=1 -f lavfi -i sine=d=1 -shortest"),
        ("two.mkv", Format::Matroska, "-f lavfi -i sine=d=1 -f lavfi -i sine=d=1 -map 0 -map 1 -c:a flac"),
    ] {
        let path = folder.name(name);
        run("ffmpeg", &[&["-y", "-v", "error"], args.split(' ').collect::<Vec<_>>().as_slice(), &[&path]].concat());
        let mut out = Cursor::new(Vec::new());
        let mut file = Cursor::new(fs::read(&path).unwrap());
        let programs = Programs::installed();
        let notice = rhythm(&[Moment::Start]);
        let error = add_notice(format, &mut file, &notice, Some(&programs), &Limits::default(), &mut out).unwrap_err();
        assert_eq!(error.code(), "sound.tracks", "{name}");
        assert!(out.into_inner().is_empty());
    }
}

/// A film's container with sound alone is labelled and judged as a sound.
#[test]
fn sound_in_a_films_container_is_a_sound() {
    let folder = Folder::new();
    let cases = SPLICED
        .iter()
        .chain(RECODED)
        .filter(|case| matches!(case.name, "a.mp4" | "a.mov" | "b.mkv" | "a.webm" | "a.3gp"));
    for case in cases {
        let file = make(&folder, case);
        let labeler = Labeler::new(Profile::CN_GB45438).programs(Programs::installed());
        let (out, receipt) = labeler.label_bytes(&file, &Label::new("example-provider")).unwrap();
        assert_eq!(receipt.format, case.format, "{}", case.name);
        assert!(matches!(receipt.notice, Some(Made::Sound(_))), "{}", case.name);
        let spliced = SPLICED.iter().any(|spliced| spliced.name == case.name);
        let expected = match (spliced, case.name) {
            (true, _) => None,
            (false, "b.mkv") => Some(Reencoded::Lossless),
            (false, _) => Some(Reencoded::Lossy),
        };
        assert_eq!(receipt.reencoded, expected, "{}", case.name);
        assert_eq!(receipt.notes.iter().any(|n| n.message.code == "sound.note_reencoded"), !spliced, "{}", case.name);
        let verifier = Verifier::new().look(Look::Everything).programs(Programs::installed());
        let report = verifier.verify_bytes(&out).unwrap();
        let checks = &report.verdict("cn-gb45438").unwrap().checks;
        let result = |id: &str| checks.iter().find(|check| check.id == id).map(|check| check.result);
        assert_eq!(result("explicit.audio"), Some(CheckResult::Pass), "{}: {:?}", case.name, report.evidence);
        assert_eq!(result("explicit.video"), Some(CheckResult::NotApplicable), "{}", case.name);
    }
}
