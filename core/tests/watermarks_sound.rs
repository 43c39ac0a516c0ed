//! Watermarks of labels in sound files: written with the label, read back, compared with it; what a file
//! is besides its samples stays.
#![cfg(target_pointer_width = "64")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::io::Cursor;
use std::process::Command;

use biaoshi::carrier::watermark::{SOUND, identifier};
use biaoshi::codec::Reencoded;
use biaoshi::codec::tool::Programs;
use biaoshi::sign::{Generated, KeygenOptions, generate};
use biaoshi::verify::Look;
use biaoshi::watermark::picture::Strength;
use biaoshi::watermark::{Key, MarkedLevel, Payload};
use biaoshi::{
    Algorithm, CarrierKind, CheckResult, Claim, Explicit, Identity, Imprint, Label, Labeler, Profile, Receipt, Report,
    Status, Verifier,
};
use proptest::prelude::*;

const PRODUCER: &str = "001191110102MACQD9K64010000";

/// Something like a voice: overtones of a pitch that glides, and hiss. -1 to 1.
fn voice(rate: u32, channels: u16, seconds: f32) -> Vec<f32> {
    let mut state = 7u64;
    let mut noise = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 40) as f32 - 8_388_608.0) / 8_388_608.0
    };
    let (mut phase, mut pitch, mut level, mut goal, mut hiss) = (0.0f32, 140.0f32, 0.0f32, 0.1f32, 0.0f32);
    let mut out = Vec::new();
    for moment in 0..(seconds * rate as f32) as usize {
        if moment.is_multiple_of(rate as usize / 8) {
            goal = 0.04 + 0.2 * noise().abs();
            pitch = 100.0 + 60.0 * noise().abs();
        }
        level += (goal - level) * 40.0 / rate as f32;
        phase += pitch / rate as f32;
        phase -= phase.floor();
        hiss = 0.6 * hiss + 0.4 * noise();
        for channel in 0..channels {
            out.push(level * (phase - 0.5 + 0.4 * hiss) * (1.0 - 0.1 * f32::from(channel)));
        }
    }
    out
}

#[derive(Debug, Clone, Copy)]
enum Stored {
    Bytes(u16),
    Float,
}

fn wav(samples: &[f32], rate: u32, channels: u16, stored: Stored) -> Vec<u8> {
    let (tag, width) = match stored {
        Stored::Bytes(width) => (1u16, width),
        Stored::Float => (3, 4),
    };
    let data: Vec<u8> = samples
        .iter()
        .flat_map(|s| match stored {
            Stored::Bytes(1) => vec![(s * 127.0 + 128.0) as u8],
            Stored::Bytes(n) => {
                let full = f64::from(1u32 << (n * 8 - 1));
                ((f64::from(*s) * full) as i32).to_le_bytes()[..usize::from(n)].to_vec()
            }
            Stored::Float => s.to_le_bytes().to_vec(),
        })
        .collect();
    let align = width * channels;
    let mut out = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
    out.extend(tag.to_le_bytes());
    out.extend(channels.to_le_bytes());
    out.extend(rate.to_le_bytes());
    out.extend((rate * u32::from(align)).to_le_bytes());
    out.extend(align.to_le_bytes());
    out.extend((width * 8).to_le_bytes());
    out.extend(b"data");
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(&data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
    out.extend(b"junk\x04\0\0\0kept");
    let size = (out.len() as u32 - 8).to_le_bytes();
    out[4..8].copy_from_slice(&size);
    out
}

/// Runs FFmpeg on this input.
fn ffmpeg(input: &[u8], ending: &str, args: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("in"), folder.path().join(format!("out.{ending}")));
    std::fs::write(&from, input).unwrap();
    let done = Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(&from).args(args).arg(&to).status().unwrap();
    assert!(done.success());
    std::fs::read(to).unwrap()
}

/// The samples of the first stream, as FFmpeg decodes them.
fn decoded(file: &[u8]) -> Vec<u8> {
    ffmpeg(file, "raw", &["-map", "0:a:0", "-f", "s32le"])
}

fn labeler() -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test")).watermark(Imprint::of_label())
}

fn label() -> Label {
    Label::new(PRODUCER).with_produce_id("content-1")
}

fn listening() -> Verifier<'static> {
    Verifier::new().look(Look::Everything).programs(Programs::installed())
}

fn mark(report: &Report) -> Option<&biaoshi::report::Watermark> {
    report.evidence.iter().find(|e| e.carrier == CarrierKind::Watermark)?.watermark.as_ref()
}

fn proves(file: &[u8], labeler: &Labeler<'_>, what: &str) -> (Vec<u8>, Receipt) {
    let (out, receipt) = labeler.label_bytes(file, &label()).unwrap_or_else(|e| panic!("{what}: {e}"));
    let made = receipt.watermark.as_ref().unwrap();
    assert_eq!((made.scheme.as_str(), made.psnr_db), (SOUND, None), "{what}");
    assert_eq!(receipt.reencoded, Some(Reencoded::Lossy), "{what}");
    let report = listening().verify_bytes(&out).unwrap();
    let found = mark(&report).unwrap_or_else(|| panic!("{what}: no mark"));
    let payload = Payload::new(MarkedLevel::Is, identifier(PRODUCER, "content-1"));
    assert_eq!(found.payload, format!("{:016x}", payload.to_bits()), "{what}");
    assert_eq!((found.of_label, found.key), (Some(true), None), "{what}");
    assert!(found.confidence_permille > 300 && found.false_alarm_exponent >= 6, "{what}: {found:?}");
    (out, receipt)
}

#[test]
fn wave_and_flac_carry_the_mark_of_their_label() {
    let cases = [
        (Stored::Bytes(2), 16_000, 1),
        (Stored::Bytes(3), 44_100, 2),
        (Stored::Bytes(4), 48_000, 1),
        (Stored::Bytes(1), 22_050, 1),
        (Stored::Float, 48_000, 2),
    ];
    for (stored, rate, channels) in cases {
        let what = format!("{stored:?} {rate} {channels}");
        let file = wav(&voice(rate, channels, 8.0), rate, channels, stored);
        let (out, _) = proves(&file, &labeler(), &what);
        assert!(out.windows(12).any(|w| w == b"junk\x04\0\0\0kept"), "{what}");
        let (before, after) = (decoded(&file), decoded(&out));
        assert_eq!(before.len(), after.len(), "{what}");
        assert_ne!(before, after, "{what}");
    }
    let plain = wav(&voice(44_100, 2, 8.0), 44_100, 2, Stored::Bytes(2));
    for args in [&["-c:a", "flac"][..], &["-c:a", "flac", "-sample_fmt", "s32", "-bits_per_raw_sample", "24"]] {
        let flac = ffmpeg(&plain, "flac", args);
        let (out, _) = proves(&flac, &labeler(), "flac");
        // `flac -t` checks MD5, checksums and numbers of frames.
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("out.flac");
        std::fs::write(&path, &out).unwrap();
        let tested = Command::new("flac").args(["-t", "-s"]).arg(&path).status().unwrap();
        assert!(tested.success());
        assert_eq!(decoded(&flac).len(), decoded(&out).len());
    }
}

#[test]
fn notice_and_mark_live_together() {
    let sound = wav(&voice(44_100, 2, 8.0), 44_100, 2, Stored::Bytes(2));
    let spoken = labeler().explicit(Explicit::default()).programs(Programs::installed());
    for (ending, args) in [
        ("wav", &["-c:a", "pcm_s16le"][..]),
        ("flac", &["-c:a", "flac"]),
        ("mp3", &["-b:a", "96k"]),
        ("m4a", &["-b:a", "96k"]),
        ("ogg", &["-c:a", "libvorbis"]),
        ("opus", &["-b:a", "48k"]),
    ] {
        let file = ffmpeg(&sound, ending, args);
        let (out, receipt) = proves(&file, &spoken, ending);
        assert!(receipt.notice.is_some(), "{ending}");
        let report = listening().profile(Profile::CN_GB45438).verify_bytes(&out).unwrap();
        assert!(report.evidence.iter().any(|e| e.carrier == CarrierKind::ExplicitNotice), "{ending}");
        assert_eq!(report.status, Status::Confirmed, "{ending}");
        let checks = || report.verdicts.iter().flat_map(|v| &v.checks);
        let sought = checks().find(|check| check.id.contains("watermark"));
        assert!(sought.is_none_or(|check| check.result == CheckResult::Pass), "{ending}: {sought:?}");
        // With the mark alone, once and coded anew.
        let (_, receipt) = proves(&file, &labeler().programs(Programs::installed()), ending);
        assert!(receipt.notice.is_none(), "{ending}");
    }
}

#[test]
fn a_mark_without_its_label_is_suspected_and_names_nobody() {
    let sound = wav(&voice(48_000, 1, 14.0), 48_000, 1, Stored::Bytes(2));
    let (out, _) = proves(&sound, &labeler(), "wav");
    let stripped = ffmpeg(&out, "mp3", &["-map_metadata", "-1", "-ss", "3", "-b:a", "64k"]);
    let report = listening().verify_bytes(&stripped).unwrap();
    assert_eq!(report.status, Status::Suspected);
    assert!(report.findings.iter().any(|f| f.code() == "watermark.alone"));
    let found = report.evidence.iter().find(|e| e.carrier == CarrierKind::Watermark).unwrap();
    assert_eq!(found.claim, Claim::SuspectedAi);
    assert!(found.label.is_none() && found.signer.is_none());
    // Of another label in the metadata: told.
    let other = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test"));
    let (other, _) = other.label_bytes(&stripped, &Label::new(PRODUCER).with_produce_id("content-2")).unwrap();
    let report = listening().verify_bytes(&other).unwrap();
    assert!(report.findings.iter().any(|f| f.code() == "watermark.other_label"));
}

#[test]
fn secret_marks_are_read_with_their_key_alone() {
    let key = || Key::secret(&[9; 32]).unwrap();
    let sound = wav(&voice(16_000, 1, 9.0), 16_000, 1, Stored::Bytes(2));
    let bits = 0xFFFF_FFFF_1234_5678;
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("a test"));
    let (out, _) = labeler.watermark(Imprint::secret(key(), bits)).label_bytes(&sound, &label()).unwrap();
    assert!(mark(&listening().verify_bytes(&out).unwrap()).is_none());
    let report = listening().watermark_key(key()).verify_bytes(&out).unwrap();
    let found = mark(&report).unwrap();
    assert_eq!((found.payload.as_str(), found.key, found.of_label), ("ffffffff12345678", Some(0), None));
}

#[test]
fn a_signed_sound_states_its_mark() {
    let made: Generated = generate(&KeygenOptions {
        algorithm: Algorithm::Ed25519,
        organization: "Example".into(),
        common_name: "Example".into(),
        country: "CN".into(),
        not_before: biaoshi::doc_now() - 60,
        days: 2,
    })
    .unwrap();
    let identity = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
    let sound = wav(&voice(16_000, 1, 9.0), 16_000, 1, Stored::Bytes(2));
    let (out, receipt) = labeler().signer(&identity).label_bytes(&sound, &label()).unwrap();
    assert!(receipt.signed);
    for stated in ["c2pa.watermarked.bound", "c2pa.soft-binding", SOUND] {
        assert!(out.windows(stated.len()).any(|w| w == stated.as_bytes()), "{stated}");
    }
}

#[test]
fn sound_that_holds_no_mark_is_refused_and_nothing_is_written() {
    let code = |file: &[u8], labeler: Labeler<'_>| {
        let mut out = Vec::new();
        let error = labeler.label(&mut Cursor::new(file), &label(), &mut out).map(drop).expect_err("it is refused");
        assert!(out.is_empty());
        error.code().to_owned()
    };
    let silent = wav(&[0.0; 160_000], 16_000, 1, Stored::Bytes(2));
    assert_eq!(code(&silent, labeler()), "watermark.not_heard");
    let brief = wav(&voice(16_000, 1, 0.2), 16_000, 1, Stored::Bytes(2));
    assert_eq!(code(&brief, labeler()), "watermark.not_heard");
    let slow = wav(&voice(16_000, 1, 2.0), 4_000, 1, Stored::Bytes(2));
    assert_eq!(code(&slow, labeler()), "watermark.sound");
    let strong = labeler().watermark(Imprint::of_label().strength(Strength::Psnr(40.0)));
    assert_eq!(code(&brief, strong), "watermark.sound_strength");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Within silence, and outside of the sound, no byte changes.
    #[test]
    fn silence_stays_bit_by_bit(width in 2u16..=4, channels in 1u16..=3, from in 0usize..30_000, rest in 0usize..8) {
        let mut samples = voice(16_000, channels, 9.0);
        let from = from * usize::from(channels);
        let until = (from + 20_000).min(samples.len());
        samples[from..until].fill(0.0);
        let mut file = wav(&samples, 16_000, channels, Stored::Bytes(width));
        // Bytes behind the last whole moment.
        let at = file.len() - 12;
        let odd = rest % usize::from(width * channels) / 2 * 2;
        file.splice(at..at, std::iter::repeat_n(1u8, odd));
        let data = (samples.len() * usize::from(width) + odd) as u32;
        file[40..44].copy_from_slice(&data.to_le_bytes());
        let size = (file.len() as u32 - 8).to_le_bytes();
        file[4..8].copy_from_slice(&size);
        let (out, _) = labeler().label_bytes(&file, &label()).unwrap();
        let sound = 44..44 + samples.len() * usize::from(width);
        // The spectra of the mark overlap by half of 32 ms, and its filter has a latency.
        let quiet = sound.start + (from + 2_000 * usize::from(channels)) * usize::from(width)
            ..sound.start + until.saturating_sub(2_000 * usize::from(channels)) * usize::from(width);
        prop_assert!(quiet.is_empty() || out[quiet.clone()] == file[quiet]);
        prop_assert!(out[sound.end..at + odd + 12] == file[sound.end..at + odd + 12]);
        prop_assert!(out[sound.clone()] != file[sound]);
    }
}
