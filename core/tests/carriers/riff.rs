//! What is particular to `riff`.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use biaoshi::container::{NewValue, RawValue, SegmentMap, Slot};
use biaoshi::source::{ReadSeek, Source};
use biaoshi::{Error, Format, Label, Limits, Result, Status};

use crate::bases;
use crate::lossless::{CODE, labeler, splice, verify};

/// The bytes of a base file.
pub(crate) fn base(name: &str) -> Vec<u8> {
    bases("").into_iter().find(|(found, _)| found == name).unwrap_or_else(|| panic!("{name} is not there")).1
}

/// Maps a file and reads its values.
pub(crate) fn read(file: &mut dyn ReadSeek, limits: &Limits) -> Result<(SegmentMap, Vec<RawValue>)> {
    let mut source = Source::new(file, limits)?;
    let row = Format::sniff(&mut source, None)?.expect("a known format");
    let mut map = row.container.map(row.format, &mut source, limits)?;
    let values = row.container.values(&mut map, &mut source, limits)?;
    Ok((map, values))
}

/// The edits that put a value into a place, whatever it says.
pub(crate) fn plan(
    file: &mut dyn ReadSeek,
    slot: &Slot,
    value: &[u8],
    limits: &Limits,
) -> Result<biaoshi::container::Patch> {
    let mut source = Source::new(file, limits)?;
    let row = Format::sniff(&mut source, None)?.expect("a known format");
    let map = row.container.map(row.format, &mut source, limits)?;
    assert!(!map.damaged, "{:?}", map.findings);
    let values = [NewValue { slot: slot.clone(), bytes: value.to_vec() }];
    Ok(row.container.put(&map, &mut source, &values, limits)?.patch)
}

/// The file with a value put into a place.
pub(crate) fn put(bytes: &[u8], slot: &Slot, value: &[u8]) -> Vec<u8> {
    splice(bytes, &plan(&mut Cursor::new(bytes), slot, value, &Limits::default()).unwrap())
}

/// Every value of a place.
pub(crate) fn texts(bytes: &[u8], slot: &Slot) -> Vec<Vec<u8>> {
    let (_, values) = read(&mut Cursor::new(bytes), &Limits::default()).unwrap();
    values.into_iter().filter(|v| v.slot == *slot).map(|v| v.bytes).collect()
}

/// The code of the refusal.
pub(crate) fn refused(bytes: &[u8], name: &str) -> &'static str {
    let label = Label::new(CODE).with_produce_id("refused");
    match labeler(name).label_bytes(bytes, &label) {
        Err(Error::Refused(problem)) => problem.message.code,
        other => panic!("{name}: {:?}", other.map(|(out, _)| out.len())),
    }
}

/// Reads and labels within a second, in vain or not.
pub(crate) fn quick(name: &str, bytes: &[u8]) {
    let start = Instant::now();
    let _ = biaoshi::Verifier::new().verify_bytes(bytes);
    let _ = labeler(name).label_bytes(bytes, &Label::new(CODE));
    assert!(start.elapsed() < Duration::from_secs(10), "{name}: {:?}", start.elapsed());
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = [&name[..], &(data.len() as u32).to_le_bytes(), data].concat();
    out.extend(std::iter::repeat_n(0, data.len() % 2));
    out
}

fn word(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()))
}

fn riff() -> Slot {
    Slot::item("riff", "ABCD")
}

fn info() -> Slot {
    Slot::item("info", "ABCD")
}

#[test]
fn wave_gets_a_chunk_at_its_end() {
    for (name, _) in bases("-ok").into_iter().filter(|(name, _)| name.starts_with("wav/")) {
        let before = base(&name);
        let after = put(&before, &riff(), "值1".as_bytes());
        let due = [&b"ABCD\x04\0\0\0"[..], "值1".as_bytes()].concat();
        assert!(after.ends_with(&due), "{name}");
        if &before[..4] == b"RIFF" {
            assert_eq!(word(&after, 4), after.len() as u64 - 8, "{name}");
            assert_eq!(after.len() % 2, 0, "{name}");
        } else {
            assert_eq!(word(&after, 4), u64::from(u32::MAX), "{name}");
            assert_eq!(after[20..28], (after.len() as u64 - 8).to_le_bytes(), "{name}");
        }
        // Nothing between header and end is touched.
        let same = if &before[..4] == b"RIFF" { 8..before.len() } else { 28..before.len() };
        assert_eq!(after[same.clone()], before[same], "{name}");
        let odd = put(&before, &riff(), b"odd");
        assert!(odd.ends_with(b"ABCD\x03\0\0\0odd\0"), "{name}");
    }
}

#[test]
fn a_value_takes_the_place_of_the_one_before() {
    for (name, bytes) in bases("-ok") {
        let slot = match name.split('/').next() {
            Some("wav") => riff(),
            Some("avi") => info(),
            _ => continue,
        };
        let mut file = bytes;
        for len in [20, 21, 600, 5, 599, 3000, 0, 3000, 3001] {
            let value = vec![b'a' + (len % 20) as u8; len];
            file = put(&file, &slot, &value);
            assert_eq!(texts(&file, &slot), [value], "{name} {len}");
        }
        assert_eq!(crate::lossless::essence(&name, &file), crate::lossless::essence(&name, &base(&name)), "{name}");
    }
}

#[test]
fn a_store_stays_last() {
    for (name, slot) in [("wav/pcm-ok.wav", riff()), ("avi/bare-ok.avi", info())] {
        let mut bytes = base(name);
        bytes.extend(chunk(b"C2PA", b"a store that is none"));
        let size = bytes.len() as u32 - 8;
        bytes[4..8].copy_from_slice(&size.to_le_bytes());
        let after = put(&bytes, &slot, b"value");
        assert!(after.ends_with(b"a store that is none"), "{name}");
        assert_eq!(word(&after, 4), after.len() as u64 - 8);
    }
}

#[test]
fn sound_and_pictures_of_a_movie_never_move() {
    let find = |bytes: &[u8], what: &[u8]| -> Vec<usize> {
        bytes.windows(what.len()).enumerate().filter(|(_, w)| *w == what).map(|(at, _)| at).collect()
    };
    for (name, before) in bases("-ok").into_iter().filter(|(name, _)| name.starts_with("avi/")) {
        for len in [1, 100, 199, 200, 201, 500, 5000] {
            let after = put(&before, &info(), &vec![b'x'; len]);
            for what in [&b"movi"[..], b"00dc", b"01wb", b"ix00"] {
                let was = find(&before, what);
                let is = find(&after, what);
                // Names in `idx1` don't count.
                let index = find(&before, b"idx1").first().copied().unwrap_or(before.len());
                let head = |all: &[usize]| all.iter().copied().filter(|at| *at < index).collect::<Vec<_>>();
                assert_eq!(head(&was), head(&is), "{name} {len}");
            }
            assert_eq!(find(&after, b"camera notes"), find(&before, b"camera notes"), "{name}");
            let (map, _) = read(&mut Cursor::new(&after), &Limits::default()).unwrap();
            assert!(map.findings.is_empty(), "{name} {len}: {:?}", map.findings);
        }
    }
    let roomy = base("avi/junk-ok.avi");
    assert_eq!(put(&roomy, &info(), &[b'x'; 300]).len(), roomy.len(), "the filler is used");
    let opendml = base("avi/opendml-ok.avi");
    assert_eq!(put(&opendml, &info(), &[b'x'; 300]).len(), opendml.len(), "the filler is used");
}

#[test]
fn a_filler_that_fits_exactly_goes_away() {
    let bytes = base("avi/junk-ok.avi");
    let at = bytes.windows(12).position(|w| w == b"JUNK\xF8\x03\0\0\0\0\0\0").unwrap();
    // A chunk of 8 bytes and 1016 of text, its NUL counted; two bytes fewer leave no chunk.
    let exact = put(&bytes, &info(), &[b'x'; 1015]);
    assert_eq!((exact.len(), &exact[at + 1024..at + 1028]), (bytes.len(), &b"LIST"[..]));
    assert!(put(&bytes, &info(), &[b'x'; 1013]).len() > bytes.len());
}

#[test]
fn refusals_name_their_reason() {
    for (name, code) in [
        ("wav/stream-fail.wav", "riff.open_end"),
        ("wav/empty-fail.wav", "riff.open_end"),
        ("avi/stream-fail.avi", "riff.open_end"),
        ("avi/opendml-fail.avi", "riff.no_room"),
    ] {
        assert_eq!(refused(&base(name), name), code, "{name}");
    }
}

#[test]
fn labels_of_others_are_read() {
    for (name, slot, wrong) in [
        ("wav/chunk-read.wav", "riff:AIGC", false),
        ("wav/info-read.wav", "info:ICMT", true),
        ("avi/info-read.avi", "info:AIGC", false),
        ("wav/id3-read.wav", "txxx:AIGC", true),
    ] {
        let report = verify(name, &base(name));
        assert_eq!(report.status, Status::Confirmed, "{name}");
        assert_eq!(report.evidence[0].site.slot, slot, "{name}");
        assert_eq!(report.findings.iter().any(|f| f.code() == "label.wrong_slot"), wrong, "{name}");
    }
}

#[test]
fn lengths_that_lie_cost_nothing() {
    let wave = |parts: &[&[u8]]| {
        let body = parts.concat();
        [b"RIFF", &(body.len() as u32 + 4).to_le_bytes()[..], b"WAVE", &body].concat()
    };
    let long = |size: u32| [&b"LIST"[..], &size.to_le_bytes(), b"INFOABCD", &size.to_le_bytes(), b"x"].concat();
    for size in [1 << 31, u32::MAX, u32::MAX - 1, (1 << 31) + 1, 0] {
        quick("lying.wav", &wave(&[&long(size), &long(size)]));
        let mut avi = wave(&[&long(size)]);
        avi[8..12].copy_from_slice(b"AVI ");
        quick("lying.avi", &avi);
    }
    for size in [1u64 << 31, 1 << 32, 1 << 63, u64::MAX, u64::MAX - 7, 0] {
        let mut ds64 = base("wav/bw64-ok.wav");
        for at in [20, 28, 52] {
            ds64[at..at + 8].copy_from_slice(&size.to_le_bytes());
            quick("lying.rf64", &ds64);
        }
    }
    // Ten million bytes of empty chunks, of empty texts, of lists in lists.
    let many: Vec<u8> = b"ABCD\0\0\0\0".repeat(1_250_000);
    quick("many.wav", &wave(&[&many]));
    quick("many.wav", &wave(&[&chunk(b"LIST", &[b"INFO", &many[..]].concat())]));
    quick("many.avi", &[b"RIFF", &(many.len() as u32).to_le_bytes()[..], b"AVI ", &many].concat());
    quick("lists.avi", &[&b"RIFF\xFF\xFF\xFF\0AVI "[..], &b"LIST\xFF\xFF\xFF\0INFO".repeat(800_000)].concat());
    let limits = Limits::default();
    assert!(matches!(read(&mut Cursor::new(wave(&[&many])), &limits), Err(Error::Limit(_))));
}

/// A file of a few bytes in front and behind, and zeros between them.
struct Huge {
    head: Vec<u8>,
    len: u64,
    at: u64,
    read: u64,
}

impl Read for Huge {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let n = out.len().min(usize::try_from(self.len.saturating_sub(self.at)).unwrap());
        for (i, b) in out[..n].iter_mut().enumerate() {
            *b = usize::try_from(self.at).ok().and_then(|at| self.head.get(at + i)).copied().unwrap_or(0);
        }
        self.at += n as u64;
        self.read += n as u64;
        Ok(n)
    }
}

impl Seek for Huge {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(by) => self.len.saturating_add_signed(by),
            SeekFrom::Current(by) => self.at.saturating_add_signed(by),
        };
        Ok(self.at)
    }
}

#[test]
fn sound_of_any_length_is_not_read() {
    let limits = Limits::default();
    let format = &base("wav/pcm-ok.wav")[12..36];
    let mut plain = Huge { head: Vec::new(), len: u64::from(u32::MAX) - 1, at: 0, read: 0 };
    plain.head = [b"RIFF", &(u32::MAX - 9).to_le_bytes()[..], b"WAVE", format, b"data"].concat();
    plain.head.extend((u32::MAX - 9 - 36).to_le_bytes());
    let error = plan(&mut plain, &riff(), b"value", &limits).unwrap_err();
    assert!(matches!(error, Error::Refused(p) if p.message.code == "riff.too_long"));
    assert!(plain.read < 1 << 20);

    let len = 6u64 << 30;
    let mut wide = Huge { head: b"RF64\xFF\xFF\xFF\xFFWAVEds64\x1C\0\0\0".to_vec(), len, at: 0, read: 0 };
    for size in [len - 8, len - 80, 0] {
        wide.head.extend(size.to_le_bytes());
    }
    wide.head.extend([0; 4]);
    wide.head.extend_from_slice(format);
    wide.head.extend(b"data\xFF\xFF\xFF\xFF");
    assert_eq!(wide.head.len(), 80);
    let patch = plan(&mut wide, &riff(), b"value", &limits).unwrap();
    assert_eq!(patch.edits().last().unwrap().at, len);
    assert_eq!(patch.edits().iter().find(|e| e.at == 20).unwrap().insert, (len - 8 + 14).to_le_bytes());
    assert!(wide.read < 1 << 20);
}
