#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::io::Cursor;

use proptest::prelude::*;

use super::super::add_notice;
use super::super::wav::tests::{notice, plan};
use super::*;

/// A FLAC file with a seek table and a cue sheet.
struct Made {
    file: Vec<u8>,
    samples: Vec<i32>,
    channels: u8,
    bits: u32,
    block: usize,
}

fn block(kind: u8, last: bool, body: &[u8]) -> Vec<u8> {
    let mut out = ((body.len() as u32) | u32::from(kind) << 24 | u32::from(last) << 31).to_be_bytes().to_vec();
    out.extend_from_slice(body);
    out
}

fn sheet(disc: bool, total: u64, marks: &[u64]) -> Vec<u8> {
    let mut out = vec![0u8; SHEET];
    out[128..136].copy_from_slice(&if disc { 88_200u64 } else { 0 }.to_be_bytes());
    out[136] = if disc { 0x80 } else { 0 };
    out[SHEET - 1] = marks.len() as u8 + 1;
    for (number, mark) in marks.iter().enumerate() {
        out.extend(mark.to_be_bytes());
        out.push(number as u8 + 1);
        out.extend([0; 26]);
        out.push(1);
        out.extend(0u64.to_be_bytes());
        out.extend([1, 0, 0, 0]);
    }
    out.extend(total.to_be_bytes());
    out.push(if disc { 170 } else { 255 });
    out.extend([0; 27]);
    out
}

fn build(frames: usize, block_len: usize, channels: u8, bits: u32, variable: bool, disc: bool) -> Made {
    let code = match bits {
        8 => 1,
        12 => 2,
        16 => 4,
        20 => 5,
        _ => 6,
    };
    let like = Header { variable, rate: 9, size: code << 1, number: 4..5, uncommon: Vec::new(), len: 5 };
    let turn = std::f32::consts::TAU * 440.0 / 44_100.0;
    let samples: Vec<i32> = (0..frames * usize::from(channels))
        .map(|n| quantise(((n / usize::from(channels)) as f32 * turn).sin() * 0.2 + (n % 7) as f32 * 0.01, bits))
        .collect();
    let (mut audio, mut points, mut done) = (Vec::new(), Vec::new(), 0usize);
    for (number, part) in samples.chunks(block_len * usize::from(channels)).enumerate() {
        if number % 3 == 0 {
            points.extend((done as u64).to_be_bytes());
            points.extend((audio.len() as u64).to_be_bytes());
            points.extend((block_len as u16).to_be_bytes());
        }
        let number = if variable { done } else { number } as u64;
        audio.extend(encode::frame(&like, number, part, channels, bits));
        done += part.len() / usize::from(channels);
    }
    points.extend([0xFF; 8]);
    points.extend([0; 10]);
    let mut md5 = Md5::new();
    digest(&mut md5, &samples, bits);
    let info = Info {
        blocks: [block_len as u16; 2],
        shape: SoundShape { rate: 44_100, channels: u16::from(channels) },
        bits,
        total: frames as u64,
        md5: md5.finalize().into(),
    };
    let half = frames as u64 / 2;
    let file = [
        b"fLaC".to_vec(),
        block(0, false, &info.bytes([1, 2])),
        block(3, false, &points),
        block(4, false, &[4, 0, 0, 0, b't', b'e', b's', b't', 0, 0, 0, 0]),
        block(5, false, &sheet(disc, frames as u64, &[0, half / 588 * 588])),
        block(1, true, &[0; 9]),
        audio,
        [b"TAG".to_vec(), vec![7; 125]].concat(),
    ];
    Made { file: file.concat(), samples, channels, bits, block: block_len }
}

fn labelled(file: &[u8], at: &[Moment]) -> (super::super::Sounded, Vec<u8>) {
    let mut out = Cursor::new(Vec::new());
    let done = add_notice(Format::Flac, &mut Cursor::new(file), &notice(at), None, &Limits::default(), &mut out);
    (done.unwrap(), out.into_inner())
}

/// Every frame, with where it begins behind the first.
fn frames(file: &[u8]) -> (Info, Vec<(u64, Frame)>) {
    let mut cursor = Cursor::new(file);
    let mut source = Source::new(&mut cursor, &Limits::default()).unwrap();
    let parts = open(&mut source, &Limits::default()).unwrap();
    let mut frames = Frames::new(&mut source, parts.frames.clone());
    let mut out = Vec::new();
    loop {
        let at = frames.position() - parts.frames.start;
        let Some(frame) = frames.next().unwrap() else { return (parts.info, out) };
        out.push((at, frame));
    }
}

fn read_number(frame: &Frame) -> u64 {
    let bytes = &frame.bytes[frame.header.number.clone()];
    let first = if bytes.len() == 1 { u64::from(bytes[0]) } else { u64::from(bytes[0]) & (0x7F >> bytes.len()) };
    bytes[1..].iter().fold(first, |number, byte| number << 6 | u64::from(byte & 0x3F))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn without_the_notice_it_is_the_sound_it_was(
        count in 1usize..60_000,
        block_len in prop::sample::select(vec![192usize, 576, 4096]),
        channels in 1u8..=3,
        bits in prop::sample::select(vec![8u32, 12, 16, 24]),
        variable in any::<bool>(),
        at in prop::sample::subsequence(vec![Moment::Start, Moment::Middle, Moment::End], 1..=3),
    ) {
        let old = build(count, block_len, channels, bits, variable, false);
        let (done, new) = labelled(&old.file, &at);
        prop_assert_eq!(&done.kept, &Kept::Spliced);
        let ((before, olds), (info, news)) = (frames(&old.file), frames(&new));
        // Numbers follow each other, and the sums are right.
        let (mut sample, mut all) = (0u64, Vec::new());
        for (number, (_, frame)) in news.iter().enumerate() {
            prop_assert_eq!(read_number(frame), if variable { sample } else { number as u64 });
            prop_assert!(frame.block == old.block || number + 1 == news.len() || variable);
            sample += frame.block as u64;
            all.extend(frame.interleaved());
        }
        prop_assert_eq!(info.total, sample);
        prop_assert_eq!((info.blocks[1], info.shape, info.bits), (before.blocks[1], before.shape, before.bits));
        // All but the last are at least as long as is stated.
        let least = news[..news.len() - 1].iter().map(|(_, frame)| frame.block).min();
        prop_assert!(least.is_none_or(|least| least >= usize::from(info.blocks[0])));
        let mut md5 = Md5::new();
        digest(&mut md5, &all, bits);
        let due: [u8; 16] = md5.finalize().into();
        prop_assert_eq!(info.md5, due);
        // Cut out at the places that were told, silence and all.
        let made = plan(Format::Flac, &old.file, &at);
        let shape = made.shape;
        let mut left = all.clone();
        for (insert, place) in made.inserts.iter().zip(&done.places).rev() {
            let mut insert = insert.clone();
            insert.pad(shape.channels, old.block as u64);
            let due = numbers(&insert, bits);
            let from = (place.start_ms * 44_100 / 1000).saturating_sub(insert.begins + 50) as usize;
            let start = (from..from + 150).map(|n| n * usize::from(channels)).find(|n| {
                left.get(*n..n + due.len()) == Some(&due[..])
            });
            prop_assert!(start.is_some(), "{:?}", place);
            left.drain(start.unwrap()..start.unwrap() + due.len());
        }
        prop_assert!(left == old.samples, "the sound has changed");
        // Subframes of the content are the same bits.
        let body = |frame: &Frame| frame.bytes[frame.header.len + 1..frame.bytes.len() - 2].to_vec();
        let anew = done.notes.iter().any(|n| n.message == &rows::NOTE_LAST_BLOCK);
        prop_assert!(!anew || (!variable && count % block_len != 0 && at.iter().any(|at| *at != Moment::Start)));
        let kept = olds.len() - usize::from(anew);
        let mut rest = news.iter().map(|(_, frame)| body(frame));
        for (_, frame) in &olds[..kept] {
            let wanted = body(frame);
            prop_assert!(rest.any(|found| found == wanted), "a frame is not the same");
        }
        // What stands behind the frames is kept, and every seek point leads to its frame.
        prop_assert_eq!(&new[new.len() - 128..], &old.file[old.file.len() - 128..]);
        let at = new.windows(4).position(|w| w[0] == 3 && w[1] == 0 && u16::from_be_bytes([w[2], w[3]]) % 18 == 0).unwrap();
        let len = usize::from(u16::from_be_bytes([new[at + 2], new[at + 3]]));
        for point in new[at + 4..at + 4 + len].chunks(18) {
            let (sample, byte) = (number(point, 0).unwrap(), number(point, 8).unwrap());
            if sample == u64::MAX { continue }
            let mut first = 0;
            let found = news.iter().find(|(_, frame)| { first += frame.block as u64; first > sample }).unwrap();
            prop_assert_eq!((found.0, found.1.block), (byte, usize::from(u16::from_be_bytes([point[16], point[17]]))));
            prop_assert_eq!(first - found.1.block as u64, sample);
        }
        prop_assert_eq!(old.channels, channels);
        prop_assert_eq!(old.bits, bits);
    }
}

#[test]
fn a_cue_sheet_follows_and_says_when_it_is_no_disc() {
    for disc in [false, true] {
        let old = build(44_100, 4096, 2, 16, false, disc);
        let (done, new) = labelled(&old.file, &[Moment::Start]);
        let total = frames(&new).0.total;
        let by = total - 44_100;
        let at = new.windows(4).position(|w| w == [5, 0, 2, sheet(disc, 0, &[0, 0]).len() as u8]).unwrap() + 4;
        let find = |place: usize| number(&new, at + place).unwrap();
        assert_eq!(find(SHEET), by);
        assert_eq!(find(SHEET + 48), 44_100 / 2 / 588 * 588 + by);
        assert_eq!(find(SHEET + 96), total);
        assert_eq!((new[at + 136], new[at + SHEET + 96 + 8]), (0, 255));
        assert_eq!(done.notes.iter().any(|n| n.message == &rows::NOTE_NOT_CD), disc && !by.is_multiple_of(588));
    }
}

#[test]
fn an_md5_that_is_wrong_is_not_made_right() {
    let mut old = build(9_000, 4096, 1, 16, false, false);
    old.file[8 + 18] ^= 1;
    let (done, new) = labelled(&old.file, &[Moment::End]);
    assert_eq!(frames(&new).0.md5, [0; 16]);
    assert!(done.notes.iter().any(|n| n.message == &rows::NOTE_MD5));
}

#[test]
fn broken_frames_are_an_error() {
    let old = build(30_000, 4096, 1, 16, false, false);
    let code = |file: &[u8]| {
        let mut out = Cursor::new(Vec::new());
        let notice = notice(&[Moment::Start]);
        let done = add_notice(Format::Flac, &mut Cursor::new(file), &notice, None, &Limits::default(), &mut out);
        done.err().map(|e| e.code())
    };
    let mut bad = old.file.clone();
    let at = bad.len() - 2_000;
    bad[at] ^= 0x10;
    assert_eq!(code(&bad), Some("sound.broken"));
    assert_eq!(code(&old.file[..old.file.len() - 700]), Some("sound.broken"));
    assert_eq!(code(&old.file[..60]), Some("sound.broken"));
}
