#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::io::Cursor;

use proptest::prelude::*;

use super::super::{Sounded, add_notice, decode};
use super::*;
use crate::codec::sound::{level::Ear, signal};
use crate::container::riff::chunk;
use crate::notice::{SoundNotice, Voice};

/// A WAV file of 16 bits.
pub(in super::super) fn file(samples: &[f32], rate: u32, channels: u16) -> Vec<u8> {
    riff(&[fmt(1, channels, rate, 16), chunk(b"data", &Coding::Int(2).encode(samples)).unwrap()])
}

/// A chunk `fmt ` of 16 bytes.
fn fmt(tag: u16, channels: u16, rate: u32, bits: u16) -> Vec<u8> {
    let align = channels * bits.div_ceil(8);
    let mut out = [tag.to_le_bytes(), channels.to_le_bytes()].concat();
    out.extend(rate.to_le_bytes());
    out.extend((rate * u32::from(align)).to_le_bytes());
    out.extend(align.to_le_bytes());
    out.extend(bits.to_le_bytes());
    chunk(b"fmt ", &out).unwrap()
}

fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let chunks = chunks.concat();
    [b"RIFF", &(chunks.len() as u32 + 4).to_le_bytes()[..], b"WAVE", &chunks].concat()
}

pub(in super::super) fn notice(at: &[Moment]) -> SoundNotice {
    SoundNotice { voice: Voice::Rhythm { unit_ms: 100 }, at: at.to_vec(), characters_per_minute: None }
}

/// What is put in where.
pub(in super::super) fn plan(format: Format, file: &[u8], at: &[Moment]) -> Made {
    let limits = Limits::default();
    let mut ear = Ear::default();
    let mut add = |shape, block: &[f32]| ear.add(shape, block);
    super::super::hear(format, &mut Cursor::new(file), None, &limits, &mut add).unwrap();
    signal::make(&notice(at), &ear.finish().unwrap(), None, &limits).unwrap()
}

fn labelled(file: &[u8], at: &[Moment]) -> (Sounded, Vec<u8>) {
    let mut out = Cursor::new(Vec::new());
    let done = add_notice(Format::Wav, &mut Cursor::new(file), &notice(at), None, &Limits::default(), &mut out);
    (done.unwrap(), out.into_inner())
}

fn parts(file: &[u8]) -> (SegmentMap, Range<u64>, Fmt) {
    let mut cursor = Cursor::new(file);
    let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
    let (map, fmt, data) = open(&mut source, &Limits::default()).unwrap();
    assert!(!map.damaged && map.findings.is_empty(), "{:?}", map.findings);
    (map, data, fmt)
}

fn of<'f>(map: &SegmentMap, file: &'f [u8], name: &str) -> &'f [u8] {
    let part = map.first(name).unwrap();
    &file[part.range.start as usize..part.range.end as usize]
}

/// A middle tone, so that the notice is not louder than it.
fn tone(frames: u32, channels: u16, rate: u32, coding: Coding) -> Vec<u8> {
    let turn = std::f32::consts::TAU * 300.0 / rate as f32;
    let samples = (0..frames).flat_map(|n| (0..channels).map(move |c| (n as f32 * turn + f32::from(c)).sin() * 0.1));
    coding.encode(&samples.collect::<Vec<_>>())
}

const CODINGS: [(u16, u16, Coding); 9] = [
    (1, 8, Coding::Int(1)),
    (1, 16, Coding::Int(2)),
    (1, 24, Coding::Int(3)),
    (1, 32, Coding::Int(4)),
    (1, 12, Coding::Int(2)),
    (3, 32, Coding::Float),
    (3, 64, Coding::Double),
    (6, 8, Coding::ALaw),
    (7, 8, Coding::MuLaw),
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn without_the_notice_it_is_the_file_it_was(
        (tag, bits, coding) in prop::sample::select(CODINGS.to_vec()),
        channels in 1u16..=6,
        rate in prop::sample::select(vec![8_000u32, 11_025, 44_100]),
        noise in prop::collection::vec(any::<u8>(), 1..3_000),
        frames in 1u32..9_000,
        at in prop::sample::subsequence(vec![Moment::Start, Moment::Middle, Moment::End], 1..=3),
        before in prop::collection::vec(any::<u8>(), 0..9),
        behind in prop::collection::vec(any::<u8>(), 0..9),
        rest in 0usize..3,
    ) {
        let mut sound = tone(frames, channels, rate, coding);
        // Numbers of every kind, those that are none too, and a rest that is no whole sample.
        let end = noise.len().min(sound.len());
        sound[..end].copy_from_slice(&noise[..end]);
        let frame = coding.bytes() * usize::from(channels);
        sound.extend(vec![1; rest.min(frame - 1)]);
        let old = riff(&[
            fmt(tag, channels, rate, bits), chunk(b"junk", &before).unwrap(),
            chunk(b"data", &sound).unwrap(), chunk(b"note", &behind).unwrap(),
        ]);
        let made = plan(Format::Wav, &old, &at);
        let (done, new) = labelled(&old, &at);
        prop_assert_eq!(&done.kept, &Kept::Spliced);
        let ((old_map, ..), (map, data, fmt)) = (parts(&old), parts(&new));
        for name in ["fmt ", "junk", "note"] {
            prop_assert_eq!(of(&old_map, &old, name), of(&map, &new, name));
        }
        prop_assert_eq!(fmt.shape, SoundShape { rate, channels });
        let (mut left, mut from, mut put) = (Vec::new(), data.start as usize, 0usize);
        for (insert, place) in made.inserts.iter().zip(&done.places) {
            let start = data.start as usize + (insert.frame as usize + put) * frame;
            let cut = coding.encode(&insert.samples);
            prop_assert_eq!(&new[start..start + cut.len()], &cut[..]);
            prop_assert_eq!(place.start_ms, (insert.frame + put as u64 + insert.begins) * 1000 / u64::from(rate));
            left.extend_from_slice(&new[from..start]);
            from = start + cut.len();
            put += cut.len() / frame;
        }
        left.extend_from_slice(&new[from..data.end as usize]);
        prop_assert!(left == sound, "the sound has changed");
        // Only what was put in is new, besides pad bytes.
        let pads = |len: usize| len % 2;
        prop_assert_eq!(new.len() - old.len() + pads(sound.len()), put * frame + pads(sound.len() + put * frame));
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), fmt in any::<[u8; 16]>()) {
        let file = riff(&[chunk(b"fmt ", &fmt).unwrap(), chunk(b"data", &bytes).unwrap()]);
        let mut count = 0;
        let mut sink = |block: &[f32]| { count += block.len(); Ok(()) };
        let _ = decode(Format::Wav, &mut Cursor::new(&file), None, &Limits::default(), &mut sink);
        let _ = decode(Format::Wav, &mut Cursor::new(&bytes), None, &Limits::default(), &mut sink);
        prop_assert!(count <= bytes.len());
    }
}

/// 2 s of tone with marks, 1 at 100 and 2 at 15,000 for 1,000 samples; the middle is at 8,000.
fn marked() -> Vec<u8> {
    let words = |words: &[u32]| words.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>();
    let cue = |id: u32, at: u32| [words(&[id, at]), b"data".to_vec(), words(&[0, 0, at])].concat();
    let ltxt = |id: u32, len: u32| chunk(b"ltxt", &[words(&[id, len]), b"rgn ".to_vec(), vec![0; 8]].concat()).unwrap();
    let mut bext = vec![0u8; 602];
    bext[338..346].copy_from_slice(&1_000_000u64.to_le_bytes());
    let smpl = [vec![0u8; 28], words(&[1, 0, 7, 0, 200, 15_999, 0, 0])].concat();
    riff(&[
        fmt(1, 1, 8000, 16),
        chunk(b"fact", &words(&[16_000])).unwrap(),
        chunk(b"bext", &bext).unwrap(),
        chunk(b"cue ", &[words(&[2]), cue(1, 100), cue(2, 15_000)].concat()).unwrap(),
        chunk(b"data", &tone(16_000, 1, 8000, Coding::Int(2))).unwrap(),
        chunk(b"LIST", &[b"adtl".to_vec(), ltxt(1, 15_000), ltxt(2, 1_000)].concat()).unwrap(),
        chunk(b"smpl", &smpl).unwrap(),
        chunk(b"LIST", &[b"INFO".to_vec(), chunk(b"INAM", b"Name\0").unwrap()].concat()).unwrap(),
    ])
}

#[test]
fn marks_move_with_their_sound() {
    let old = marked();
    let number = |file: &[u8], name: &str, at: usize| {
        let map = parts(file).0;
        let part = map.first(name).unwrap().payload.start as usize + at;
        u32::from_le_bytes(file[part..part + 4].try_into().unwrap())
    };
    let grown = |new: &[u8]| (parts(new).1.end - parts(new).1.start) as u32 / 2 - 16_000;
    for (at, first, second) in [(Moment::Start, true, true), (Moment::Middle, false, true), (Moment::End, false, false)]
    {
        let new = labelled(&old, &[at]).1;
        let by = grown(&new);
        assert!(by > 8000, "{by}");
        let due = |old: u32, moves: bool| if moves { old + by } else { old };
        assert_eq!(number(&new, "cue ", 8), due(100, first), "{at:?}");
        assert_eq!(number(&new, "cue ", 24), due(100, first), "{at:?}");
        assert_eq!(number(&new, "cue ", 48), due(15_000, second), "{at:?}");
        assert_eq!(number(&new, "fact", 0), 16_000 + by);
        assert_eq!((number(&new, "smpl", 44), number(&new, "smpl", 48)), (due(200, first), due(15_999, second)));
        // A range that the notice lies within grows.
        assert_eq!(number(&new, "LIST adtl", 12), if at == Moment::Middle { 15_000 + by } else { 15_000 });
        assert_eq!(number(&new, "LIST adtl", 40), 1_000);
        assert_eq!(number(&new, "bext", 338), if first { 1_000_000 - by } else { 1_000_000 });
        assert_eq!(of(&parts(&new).0, &new, "LIST INFO"), of(&parts(&old).0, &old, "LIST INFO"));
    }
}

#[test]
fn long_forms_state_their_lengths_in_ds64() {
    let sound = tone(16_000, 1, 8000, Coding::Int(2));
    for count in [0u64, 16_000] {
        let ds64 = [0u64.to_le_bytes(), 32_000u64.to_le_bytes(), count.to_le_bytes(), [0; 8]].concat();
        let body = [chunk(b"ds64", &ds64[..28]).unwrap(), fmt(1, 1, 8000, 16), chunk(b"data", &sound).unwrap()];
        let mut old = riff(&body);
        old[..8].copy_from_slice(b"RF64\xFF\xFF\xFF\xFF");
        let size = (old.len() as u64 - 8).to_le_bytes();
        old[20..28].copy_from_slice(&size);
        let at = old.len() - 32_004;
        old[at..at + 4].fill(0xFF);
        let new = labelled(&old, &[Moment::Start, Moment::End]).1;
        let number = |at: usize| u64::from_le_bytes(new[at..at + 8].try_into().unwrap());
        assert_eq!(number(20), new.len() as u64 - 8);
        let (_, data, _) = parts(&new);
        assert_eq!(number(28), data.end - data.start);
        assert_eq!(number(36), if count == 0 { 0 } else { (data.end - data.start) / 2 });
        assert!(data.end - data.start > 32_000 && &new[..8] == b"RF64\xFF\xFF\xFF\xFF");
    }
}

#[test]
fn the_notice_is_as_loud_as_the_content_and_never_over_full_scale() {
    for (level, due) in [(0.6f32, -7.5), (0.1, -23.0), (0.03, -33.5), (0.0001, -84.0)] {
        let samples: Vec<f32> = (0..96_000).map(|n| (n as f32 * 0.13).sin() * level).collect();
        let (done, new) = labelled(&file(&samples, 48_000, 1), &[Moment::Start]);
        let content = f64::from(done.content_loudness.unwrap_or(-900)) / 10.0;
        assert!((content - due).abs() < 1.5 || level < 0.001, "{content} {due}");
        let notice = f64::from(done.notice_loudness.unwrap()) / 10.0;
        assert!((notice - content.max(-30.0)).abs() < 3.0, "{notice} {content}");
        assert!(done.notice_peak <= -10, "{}", done.notice_peak);
        assert_eq!(done.notes.len(), usize::from(content < -30.0));
        // The same by measuring the file.
        let mut all = Vec::new();
        decode(Format::Wav, &mut Cursor::new(&new), None, &Limits::default(), &mut |b| {
            all.extend_from_slice(b);
            Ok(())
        })
        .unwrap();
        let shape = SoundShape { rate: 48_000, channels: 1 };
        let mut meter = crate::codec::sound::level::Meter::new(shape, true).unwrap();
        meter.add(&all[..96_000 * 3 / 4]).unwrap();
        assert!(meter.peak() <= 1.0);
        let (from, to) = (7_200, 7_200 + 48_000 * 1108 / 1000);
        let mut meter = crate::codec::sound::level::Meter::new(shape, true).unwrap();
        meter.add(&all[from..to]).unwrap();
        assert!((meter.loudness().unwrap() - notice).abs() < 0.5, "{:?} {notice}", meter.loudness());
    }
}

#[test]
fn codings_without_a_way_and_open_lengths_are_refused() {
    let error = |file: &[u8]| {
        let mut out = Cursor::new(Vec::new());
        let notice = notice(&[Moment::Start]);
        add_notice(Format::Wav, &mut Cursor::new(file), &notice, None, &Limits::default(), &mut out)
            .err()
            .map(|e| e.code())
    };
    let sound = tone(8000, 1, 8000, Coding::Int(2));
    let adpcm = riff(&[fmt(2, 1, 8000, 4), chunk(b"data", &sound).unwrap()]);
    assert_eq!(error(&adpcm), Some("sound.coding"));
    let mut open = file(&[0.1; 8000], 8000, 1);
    let at = open.len() - 16_004;
    open[at..at + 4].fill(0xFF);
    open[4..8].fill(0xFF);
    assert_eq!(error(&open), Some("riff.open_end"));
    assert_eq!(error(&riff(&[fmt(1, 1, 8000, 16), chunk(b"data", &[]).unwrap()])), Some("sound.empty"));
    let mut out = Cursor::new(Vec::new());
    for at in [&[][..], &[Moment::End, Moment::End]] {
        let file = file(&[0.1; 8000], 8000, 1);
        let done = add_notice(Format::Wav, &mut Cursor::new(&file), &notice(at), None, &Limits::default(), &mut out);
        assert_eq!(done.err().map(|e| e.code()), Some("sound.places"));
    }
    let small = Limits { samples: 100, ..Limits::default() };
    let file = file(&[0.1; 8000], 8000, 1);
    let done = decode(Format::Wav, &mut Cursor::new(&file), None, &small, &mut |_| Ok(()));
    assert_eq!(done.err().map(|e| e.code()), Some("limit"));
}
