//! What is particular to MP3, ADTS and AIFF: sound that stays where it is, tags that keep their
//! version and their other frames, hostile tags.

use std::io::Cursor;
use std::time::{Duration, Instant};

use biaoshi::container::{NewValue, Slot};
use biaoshi::source::Source;
use biaoshi::{Format, Label, Limits, Status, Verifier};

use crate::bases;
use crate::lossless::{CODE, essence, labeler, verify};

const FOLDERS: [&str; 3] = ["mp3/", "aac/", "aiff/"];

fn base(name: &str) -> Vec<u8> {
    let file = bases("").into_iter().find(|(found, _)| found == name);
    file.unwrap_or_else(|| panic!("no {name}")).1
}

fn labelled(name: &str, bytes: &[u8]) -> Vec<u8> {
    let label = Label::new(CODE).with_produce_id("vector-0001");
    labeler(name).label_bytes(bytes, &label).unwrap_or_else(|e| panic!("{name}: {e}")).0
}

fn sniff(bytes: &[u8]) -> Option<Format> {
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
    Format::sniff(&mut source, None).unwrap().map(|row| row.format)
}

/// The bytes of the tag at the start.
fn tag(bytes: &[u8]) -> &[u8] {
    assert_eq!(&bytes[..3], b"ID3");
    let size = bytes[6..10].iter().fold(0usize, |n, b| n << 7 | usize::from(*b));
    &bytes[..10 + size + if bytes[5] & 0x10 == 0 { 0 } else { 10 }]
}

#[test]
fn a_tag_keeps_its_version_flags_and_frames() {
    for name in ["v22-ok", "v23-ok", "v23-unsync-ok", "v24-ok", "v24-footer-ok", "v24-plain-sizes-ok"] {
        let name = format!("mp3/{name}.mp3");
        let before = base(&name);
        let after = labelled(&name, &before);
        assert_eq!(before[3..6], after[3..6], "{name}: version and flags");
        let old = tag(&before);
        let body = old.len() - if old[5] & 0x10 == 0 { 0 } else { 10 };
        let end = old[10..body].iter().rposition(|b| *b != 0).unwrap() + 11;
        let start = 10 + if old[5] & 0x40 == 0 { 0 } else { 8 };
        let frames = &before[start..end];
        assert!(tag(&after).windows(frames.len()).any(|window| window == frames), "{name}: frames");
        assert_eq!(before[old.len()..], after[tag(&after).len()..], "{name}: what follows the tag");
    }
}

#[test]
fn padding_keeps_the_sound_in_its_place() {
    let before = base("mp3/v23-ok.mp3");
    let after = labelled("v23-ok.mp3", &before);
    assert_eq!(after.len(), before.len());
    assert_eq!(after[..10], before[..10]);
}

#[test]
fn tags_behind_the_sound_are_kept() {
    let before = base("mp3/tails-ok.mp3");
    let after = labelled("tails-ok.mp3", &before);
    assert!(after.ends_with(&before));
    let names: Vec<_> = biaoshi::inspect_source(&mut Cursor::new(&after), None, &Limits::default()).unwrap().segments;
    let names: Vec<_> = names.iter().map(|s| s.name.as_str()).collect();
    assert_eq!(names, ["ID3", "audio", "APE", "Lyrics3", "ID3v1"]);
}

/// Readers look for ID3v1 only where no other tag is.
#[test]
fn a_new_tag_does_not_hide_the_title() {
    let mut before = base("mp3/bare-ok.mp3");
    let mut first = [0; 128];
    first[..9].copy_from_slice(b"TAGAbend ");
    first[127] = 17;
    before.extend(first);
    let after = labelled("first.mp3", &before);
    let title = b"TIT2\0\0\0\x06\0\0\0Abend";
    let genre = b"TCON\0\0\0\x03\0\0\x0017";
    assert!(tag(&after).windows(title.len()).any(|window| window == title));
    assert!(tag(&after).windows(genre.len()).any(|window| window == genre));
    assert!(after.ends_with(&before));
    // Where there is a tag, nothing comes from behind the sound.
    let mut known = base("mp3/v23-ok.mp3");
    known.extend(first);
    assert!(!tag(&labelled("known.mp3", &known)).windows(5).any(|window| window == b"Abend"));
}

#[test]
fn labels_by_other_tools_are_read() {
    for (name, bytes) in bases("-read").into_iter().filter(|(name, _)| FOLDERS.iter().any(|f| name.starts_with(f))) {
        let report = verify(&name, &bytes);
        assert_eq!(report.status, Status::Confirmed, "{name}");
        assert!(report.evidence.iter().filter_map(|e| e.label.as_ref()).any(|l| l.content_producer == CODE), "{name}");
    }
}

#[test]
fn what_must_not_be_edited_is_refused() {
    for (name, bytes) in bases("-fail").into_iter().filter(|(name, _)| FOLDERS.iter().any(|f| name.starts_with(f))) {
        let error = labeler(&name).label_bytes(&bytes, &Label::new(CODE)).unwrap_err();
        let code = error.problem().unwrap().message.code;
        assert!(matches!(code, "id3.kept" | "file.damaged"), "{name}: {error}");
    }
}

#[test]
fn content_decides() {
    let mp3 = base("mp3/bare-ok.mp3");
    let aac = base("aac/bare-ok.aac");
    let tag = b"ID3\x03\0\0\0\0\0\x05\0\0\0\0\0";
    let with = |rest: &[u8]| [&tag[..], rest].concat();
    assert_eq!(sniff(&mp3), Some(Format::Mp3));
    assert_eq!(sniff(&with(&mp3)), Some(Format::Mp3));
    assert_eq!(sniff(&with(&with(&[vec![0; 700], b"junk".to_vec(), mp3.clone()].concat()))), Some(Format::Mp3));
    assert_eq!(sniff(&[vec![0; 700], mp3.clone()].concat()), Some(Format::Mp3));
    assert_eq!(sniff(&mp3[..mp3.len() - 20]), Some(Format::Mp3));
    assert_eq!(sniff(&with(&aac)), Some(Format::Aac));
    assert_eq!(sniff(&with(b"")), Some(Format::Mp3));
    for other in [&b"fLaC\0\0\0\x22"[..], b"RIFF\x04\0\0\0WAVE", b"OggS", b"wvpk", b"plain words, no sound"] {
        assert!(!matches!(sniff(&with(other)), Some(Format::Mp3 | Format::Aac)), "{other:?}");
    }
    for length in 2..400 {
        let text: Vec<u8> =
            [0xFF, 0xFE].into_iter().chain((0..length).flat_map(|n| [b'0' + n as u8 % 75, 0])).collect();
        assert!(!matches!(sniff(&text), Some(Format::Mp3 | Format::Aac)), "UTF-16 of {length} letters");
    }
    assert!(!matches!(sniff(b"ID3v1 and ID3v1.1 are old. This is a text about them."), Some(Format::Mp3)));
}

#[test]
fn a_manifest_store_is_a_part_of_its_own() {
    let limits = Limits::default();
    let put = |bytes: &[u8], store: &[u8]| {
        let mut cursor = Cursor::new(bytes);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let container = Format::Mp3.row().container;
        let map = container.map(Format::Mp3, &mut source, &limits).unwrap();
        let values = [NewValue { slot: Slot::Manifest, bytes: store.to_vec() }];
        let placed = container.put(&map, &mut source, &values, &limits).unwrap();
        crate::lossless::splice(bytes, &placed.patch)
    };
    let store = [0xFFu8, 0, 0xE0, 7].repeat(5000);
    for name in ["bare-ok", "v23-ok", "v24-ok", "v24-footer-ok"] {
        let before = base(&format!("mp3/{name}.mp3"));
        let holder = put(&labelled(name, &before), &vec![0; store.len()]);
        let after = put(&holder, &store);
        let mut cursor = Cursor::new(&after);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let map = Format::Mp3.row().container.map(Format::Mp3, &mut source, &limits).unwrap();
        let segment = map.segments.iter().find(|s| s.slot == Some(Slot::Manifest)).unwrap();
        let payload = segment.payload.start as usize..segment.payload.end as usize;
        assert_eq!(after[payload.clone()], store, "{name}");
        let differs: Vec<usize> = (0..after.len()).filter(|at| after[*at] != holder[*at]).collect();
        assert_eq!(after.len(), holder.len(), "{name}");
        assert!(differs.iter().all(|at| payload.contains(at)), "{name}");
        assert_eq!(essence(name, &after), essence(name, &before), "{name}");
        assert!(verify(name, &after).evidence.iter().any(|e| e.label.is_some()), "{name}");
    }
}

#[test]
fn chunks_of_an_aiff_stay_in_step() {
    for name in ["bare-ok.aiff", "id3-ok.aiff", "order-ok.aiff", "aifc-ok.aifc"] {
        let before = base(&format!("aiff/{name}"));
        let after = labelled(name, &before);
        let number = |at: usize| u32::from_be_bytes(after[at..at + 4].try_into().unwrap()) as usize;
        assert_eq!(number(4) + 8, after.len(), "{name}");
        let (mut at, mut tags) = (12, 0);
        while at < after.len() {
            tags += usize::from(after[at..at + 4].eq_ignore_ascii_case(b"ID3 "));
            at += 8 + number(at + 4) + number(at + 4) % 2;
        }
        assert_eq!((at, tags), (after.len(), 1), "{name}");
    }
}

#[test]
fn hostile_tags_are_answered_fast() {
    let mp3 = base("mp3/bare-ok.mp3");
    let header = |major: u8, flags: u8, size: usize| -> Vec<u8> {
        let mut out = vec![b'I', b'D', b'3', major, 0, flags];
        out.extend((0..4).rev().map(|i| (size >> (7 * i) & 0x7F) as u8));
        out
    };
    let tag =
        |major: u8, flags: u8, body: &[u8]| [header(major, flags, body.len()), body.to_vec(), mp3.clone()].concat();
    let ape = |size: u32, items: &[u8]| {
        let mut out = [mp3.clone(), items.to_vec(), b"APETAGEX\xD0\x07\0\0".to_vec()].concat();
        out.extend(size.to_le_bytes());
        out.extend([0xFF; 8]);
        out.splice(out.len() - 4.., [0; 4]);
        out.extend([0; 8]);
        out
    };
    let files = [
        header(3, 0, (1 << 28) - 1),
        [header(4, 0x80, (1 << 28) - 1), mp3.clone()].concat(),
        tag(3, 0, &b"TXXX\0\0\0\0\0\0".repeat(1_000_000)),
        tag(2, 0, &b"TXX\0\0\x01\0".repeat(1_000_000)),
        tag(3, 0x80, &[0xFF, 0].repeat(8 << 20)),
        tag(3, 0x80, &[b"TXXX\0\x40\0\0\0\0".to_vec(), [0xFF, 0].repeat(4 << 20)].concat()),
        tag(4, 0, &b"GEOB\0\0\0\x0E\0\0\0application/".repeat(60_000)),
        tag(4, 0x40, &[0x7F; 4096]),
        tag(3, 0x40, &[0xFF; 4096]),
        tag(4, 0, &[b"TXXX\xFF\xFF\xFF\xFF\0\0".to_vec(), vec![1; 900]].concat()),
        header(3, 0, 0).repeat(100_000),
        [header(4, 0, 0).repeat(60_000), mp3.clone()].concat(),
        [header(3, 0, 0), vec![0xFF; 200_000]].concat(),
        [header(3, 0, 0), [0xFF, 0xFB, 0x00, 0x00].repeat(50_000)].concat(),
        [0xFF, 0xFB, 0x00, 0x00].repeat(50_000),
        ape(32, b""),
        ape(u32::MAX, b""),
        ape(1 << 31, &[0; 64]),
        ape(32 + 900_000, &b"\0\0\0\0\0\0\0\0K\0".repeat(90_000)),
        ape(32 + 40, &[&[0xFF; 4][..], &[0; 4], b"KEY\0", &[9; 28]].concat()),
        [mp3.clone(), b"LYRICSBEGIN".repeat(900), b"999999LYRICS200".to_vec()].concat(),
        [mp3.clone(), b"TAG".repeat(9000)].concat(),
        [b"FORM\xFF\xFF\xFF\xFFAIFF".to_vec(), b"ID3 \0\0\0\0".repeat(70_000)].concat(),
        [b"FORM\0\x20\0\x04AIFF".to_vec(), b"COMT\0\x1F\xFF\xFC".to_vec(), vec![0; 0x1F_FFFC]].concat(),
        [b"FORM\x80\0\0\0AIFFCOMM\x7F\xFF\xFF\xFF".to_vec(), vec![0; 64]].concat(),
    ];
    for (number, bytes) in files.iter().enumerate() {
        let start = Instant::now();
        let verified = Verifier::new().verify_bytes(bytes);
        let labelled = labeler("x").label_bytes(bytes, &Label::new(CODE)).map(|_| ());
        for error in [verified.err(), labelled.err()].into_iter().flatten() {
            let typed = !matches!(error, biaoshi::Error::Internal(_) | biaoshi::Error::Io { .. });
            assert!(typed, "{number}: {error}");
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{number}: {:?}", start.elapsed());
    }
}
