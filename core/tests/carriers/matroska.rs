//! What is particular to Matroska, WebM and FLV.

use std::io::{Cursor, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use biaoshi::container::SegmentMap;
use biaoshi::source::Source;
use biaoshi::{Format, Label, Limits, Status};

use super::bases;
use super::lossless::{CODE, labeler, verify};

const SEGMENT: u32 = 0x1853_8067;
const CLUSTER: u32 = 0x1F43_B675;
const TAGS: u32 = 0x1254_C367;

/// Bytes of an element; a size of eight bytes.
fn element(id: &[u8], payload: &[u8]) -> Vec<u8> {
    let size = (1u64 << 56 | payload.len() as u64).to_be_bytes();
    [id, &size, payload].concat()
}

fn head() -> Vec<u8> {
    element(&[0x1A, 0x45, 0xDF, 0xA3], &element(&[0x42, 0x82], b"webm"))
}

fn segment(payload: &[u8]) -> Vec<u8> {
    [head(), element(&SEGMENT.to_be_bytes(), payload)].concat()
}

/// ID, first byte of the payload and its end.
fn header(bytes: &[u8], at: usize) -> (u32, usize, usize) {
    let id_len = 1 + bytes[at].leading_zeros() as usize;
    let id = bytes[at..at + id_len].iter().fold(0, |id, b| id << 8 | u32::from(*b));
    let width = 1 + bytes[at + id_len].leading_zeros() as usize;
    let mask = (1u64 << (7 * width)) - 1;
    let size = bytes[at + id_len..at + id_len + width].iter().fold(0, |n, b| n << 8 | u64::from(*b)) & mask;
    let body = at + id_len + width;
    (id, body, if size == mask { bytes.len() } else { body + size as usize })
}

fn children(bytes: &[u8], from: usize, to: usize) -> Vec<(u32, usize, usize, usize)> {
    let (mut at, mut out) = (from, Vec::new());
    while at < to {
        let (id, body, end) = header(bytes, at);
        out.push((id, at, body, end));
        at = end;
    }
    out
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |c: u32| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 };
    !bytes.iter().fold(!0u32, |c, b| (0..8).fold(c ^ u32::from(*b), |c, _| step(c)))
}

/// Every position in SeekHead and Cues points to what it names, and every checksum holds.
fn index_holds(name: &str, bytes: &[u8]) -> usize {
    let (_, _, at) = header(bytes, 0);
    let (_, data, end) = header(bytes, at);
    let mut pointers = 0;
    for (id, _, body, end) in children(bytes, data, end) {
        if let Some((0xBF, _, sum, rest)) = (id != 0xEC && id != CLUSTER).then(|| children(bytes, body, end)[0]) {
            assert_eq!(u32::from_le_bytes(bytes[sum..rest].try_into().unwrap()), crc(&bytes[rest..end]), "{name}");
        }
        let mut points = |to: u64, id: u64| {
            assert_eq!(u64::from(header(bytes, data + to as usize).0), id, "{name}: {to}");
            pointers += 1;
        };
        for (_, _, body, end) in
            children(bytes, body, end).into_iter().filter(|(kind, ..)| [0x4DBB, 0xBB].contains(kind))
        {
            let inner = children(bytes, body, end);
            let value =
                |id| inner.iter().find(|(kind, ..)| *kind == id).map(|(_, _, body, end)| number(&bytes[*body..*end]));
            match id {
                0x114D_9B74 => points(value(0x53AC).unwrap(), value(0x53AB).unwrap()),
                0x1C53_BB6B => {
                    for (_, _, body, end) in inner.iter().filter(|(kind, ..)| *kind == 0xB7) {
                        let positions = children(bytes, *body, *end);
                        let (_, _, body, end) = positions.iter().find(|(kind, ..)| *kind == 0xF1).unwrap();
                        points(number(&bytes[*body..*end]), u64::from(CLUSTER));
                    }
                }
                _ => {}
            }
        }
    }
    pointers
}

fn label(name: &str, bytes: &[u8], id: &str) -> biaoshi::Result<(Vec<u8>, Vec<&'static str>)> {
    let (out, receipt) = labeler(name).label_bytes(bytes, &Label::new(CODE).with_produce_id(id))?;
    Ok((out, receipt.notes.iter().map(|n| n.message.code).collect()))
}

fn own(ending: &str) -> Vec<(String, Vec<u8>)> {
    bases(ending).into_iter().filter(|(name, _)| name.starts_with("matroska/") || name.starts_with("webm/")).collect()
}

#[test]
fn indexes_point_to_the_same_elements() {
    for (name, bytes) in own("-ok") {
        for id in ["a", &"a".repeat(3000)] {
            let (out, notes) = label(&name, &bytes, id).unwrap();
            if name == "webm/live-ok.webm" {
                assert_eq!(notes, ["matroska.note_not_indexed"]);
                continue;
            }
            assert_eq!(notes, [""; 0], "{name}");
            let (before, after) = (index_holds(&name, &bytes), index_holds(&name, &out));
            assert!(before >= 3 && after >= before, "{name}");
        }
    }
}

#[test]
fn a_label_goes_where_readers_look() {
    let at = |name: &str, id: &str| {
        let (_, bytes) = own("-ok").into_iter().find(|(n, _)| n == name).unwrap();
        let out = label(name, &bytes, id).unwrap().0;
        let (_, _, seg) = header(&out, 0);
        let (_, data, end) = header(&out, seg);
        let ids: Vec<u32> = children(&out, data, end).into_iter().map(|(id, ..)| id).collect();
        let tags: Vec<_> = ids.iter().enumerate().filter(|(_, id)| **id == TAGS).map(|(n, _)| n).collect();
        (out.len() == bytes.len(), tags, ids.iter().position(|id| *id == CLUSTER).unwrap(), ids.len())
    };
    // Room in front of the clusters: the file is as long as before.
    assert!(
        matches!(at("matroska/void-ok.mkv", "a"), (true, tags, cluster, _) if tags.len() == 1 && tags[0] < cluster)
    );
    // One Tags element at the end, grown.
    assert!(matches!(at("matroska/mkvmerge-ok.mka", "a"), (false, tags, _, all) if tags == [all - 1]));
    assert!(
        matches!(at("matroska/ffmpeg-ok.mkv", "a"), (false, tags, _, all) if tags.len() == 2 && tags[1] == all - 1)
    );
}

#[test]
fn refusals_name_their_reason() {
    for (name, code) in [
        ("matroska/joined-fail.mkv", "matroska.several_segments"),
        ("matroska/segment-crc-fail.mkv", "matroska.segment_checksum"),
        ("matroska/cut-fail.mkv", "file.damaged"),
    ] {
        let (_, bytes) = own("-fail").into_iter().find(|(n, _)| n == name).unwrap();
        assert_eq!(label(name, &bytes, "a").unwrap_err().code(), code, "{name}");
    }
}

#[test]
fn labels_of_other_programs_are_read() {
    for (name, bytes) in own("-read") {
        let report = verify(&name, &bytes);
        assert_eq!(report.status, Status::Confirmed, "{name}");
        let found: Vec<_> = report.evidence.iter().filter_map(|e| e.label.as_ref()).collect();
        assert!(matches!(&found[..], [one] if one.produce_id == "vector-0001"), "{name}");
        let wrong = report.findings.iter().any(|f| f.code() == "label.wrong_slot");
        assert_eq!(wrong, name.contains("lower-case"), "{name}");
    }
}

/// Answers within the time that any input has; generous for a build without optimisation.
fn quickly<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let out = act();
    assert!(start.elapsed() < Duration::from_secs(10), "{what} took {:?}", start.elapsed());
    out
}

fn answer(what: &str, bytes: &[u8]) -> Result<Status, &'static str> {
    let report = quickly(what, || biaoshi::Verifier::new().verify_bytes(bytes));
    let labelled = quickly(what, || label("x.webm", bytes, "a"));
    for error in [report.as_ref().err(), labelled.as_ref().err()].into_iter().flatten() {
        assert!(!matches!(error, biaoshi::Error::Internal(_) | biaoshi::Error::Io { .. }), "{what}: {error}");
    }
    report.map(|r| r.status).map_err(|e| e.code())
}

/// More elements than are walked.
const MANY: usize = (2 << 20) + 9;

#[test]
fn hostile_structures_are_answered_fast() {
    let unknown = [&SEGMENT.to_be_bytes()[..], &[0xFF]].concat();
    let live = |payload: &[u8]| [&head()[..], &unknown, payload].concat();
    let cluster = [&CLUSTER.to_be_bytes()[..], &[0xFF]].concat();
    // Elements without bytes, more than are walked.
    assert_eq!(answer("empty voids", &live(&[0xEC, 0x80].repeat(2 << 20))), Err("limit"));
    assert_eq!(answer("empty clusters", &live(&[0x1F, 0x43, 0xB6, 0x75, 0x80].repeat(MANY))), Err("limit"));
    assert_eq!(answer("empty blocks", &live(&[&cluster[..], &[0xA3, 0x80].repeat(MANY)].concat())), Err("limit"));
    assert_eq!(answer("open groups", &live(&[&cluster[..], &[0xA0, 0xFF].repeat(MANY)].concat())), Err("limit"));
    assert_eq!(answer("open clusters", &live(&cluster.repeat(MANY))), Err("limit"));
    // A tag for each nine bytes.
    let tag = [0x67, 0xC8, 0x86, 0x45, 0xA3, 0x80, 0x44, 0x87, 0x80].repeat(1 << 20);
    let tags = |inner: &[u8]| segment(&element(&TAGS.to_be_bytes(), &element(&[0x73, 0x73], inner)));
    assert_eq!(answer("many tags", &tags(&tag)), Err("limit"));
    answer("empty tag strings", &tags(&element(&[0x67, 0xC8], &[0x44, 0x87, 0x80].repeat(1 << 20)))).unwrap_err();
    answer("empty tag names", &tags(&element(&[0x67, 0xC8], &[0x45, 0xA3, 0x80].repeat(1 << 20)))).unwrap();
    // Masters in masters.
    let mut deep = Vec::new();
    for level in 0..100_000u32 {
        deep.extend([0x67, 0xC8]);
        deep.extend((0x1000_0000 | ((99_999 - level) * 6)).to_be_bytes());
    }
    answer("deep tags", &tags(&deep)).unwrap();
    // Sizes of every kind, on every level.
    for size in [
        &[0xFFu8][..],
        &[0x01, 255, 255, 255, 255, 255, 255, 254],
        &[0x01, 0, 0, 0, 0x80, 0, 0, 0],
        &[0x01, 0, 0, 1, 0, 0, 0, 0],
        &[0x10, 0, 0, 0],
        &[0x7F, 0xFF],
        &[0x00],
    ] {
        let body = [&TAGS.to_be_bytes()[..], size, &[0x73, 0x73], size, &[0x67, 0xC8], size, &[0x44, 0x87], size, b"v"]
            .concat();
        for file in [
            [&head()[..], &SEGMENT.to_be_bytes(), size, &body].concat(),
            segment(&body),
            live(&[&CLUSTER.to_be_bytes()[..], size, &[0xA3], size, &body].concat()),
            [&[0x1A, 0x45, 0xDF, 0xA3][..], size, &segment(&body)].concat(),
            segment(&element(&[0x11, 0x4D, 0x9B, 0x74], &[&[0x4D, 0xBB][..], size].concat())),
        ] {
            let _ = answer("sizes", &file);
        }
    }
    // Junk that is searched for elements: the search ends.
    answer("junk", &segment(&[0x1F].repeat(8 << 20))).unwrap();
    answer("zeros", &live(&vec![0; 8 << 20])).unwrap();
    let almost = [0, 0x1F, 0x43, 0xB6, 0x75, 0x01, 255, 255, 255, 255, 255, 255, 254].repeat(400_000);
    answer("false starts", &segment(&almost)).unwrap();
}

#[test]
fn odd_length_bounds_are_read_and_not_edited() {
    for (id, value) in [(0xF2u8, 0u8), (0xF2, 3), (0xF2, 5), (0xF2, 255), (0xF3, 0), (0xF3, 1), (0xF3, 9), (0xF3, 255)]
    {
        let inner = [element(&[0x42, 0x82], b"webm"), element(&[0x42, id], &[value])].concat();
        let file = [element(&[0x1A, 0x45, 0xDF, 0xA3], &inner), element(&SEGMENT.to_be_bytes(), &[])].concat();
        assert_eq!(label("x.webm", &file, "a").unwrap_err().code(), "file.damaged");
        assert_eq!(verify("x.webm", &file).findings[0].code(), "file.malformed");
    }
}

/// A file that is not there: clusters of zeros whose headers are made when they are read.
struct Sparse {
    start: Vec<u8>,
    piece: Vec<u8>,
    each: u64,
    count: u64,
    at: u64,
    read: u64,
}

impl Read for Sparse {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let start = self.start.len() as u64;
        let left = (start + self.each * self.count).saturating_sub(self.at);
        let n = (buf.len() as u64).min(left) as usize;
        let out = &mut buf[..n];
        out.fill(0);
        let first = self.at.saturating_sub(start) / self.each;
        let pieces = (first..=first + n as u64 / self.each + 1).map(|i| (start + i * self.each, &self.piece));
        for (from, bytes) in std::iter::once((0, &self.start)).chain(pieces) {
            for (byte, at) in bytes.iter().zip(from..) {
                if let Some(to) = at.checked_sub(self.at).and_then(|at| out.get_mut(at as usize)) {
                    *to = *byte;
                }
            }
        }
        self.at += n as u64;
        self.read += n as u64;
        Ok(n)
    }
}

impl Seek for Sparse {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(back) => (self.start.len() as u64 + self.each * self.count).strict_add_signed(back),
            SeekFrom::Current(by) => self.at.strict_add_signed(by),
        };
        Ok(self.at)
    }
}

fn map(file: &mut Sparse, limits: &Limits) -> SegmentMap {
    let mut source = Source::new(file, limits).unwrap();
    let row = Format::sniff(&mut source, None).unwrap().unwrap();
    row.container.map(row.format, &mut source, limits).unwrap()
}

#[test]
fn large_files_cost_little() {
    let each = 120_000u64;
    let count = 53_000;
    let block = |bytes: u64| [&[0xA3][..], &(1u64 << 56 | bytes).to_be_bytes()].concat();
    let known = [&CLUSTER.to_be_bytes()[..], &(1u64 << 56 | (each - 12)).to_be_bytes()].concat();
    let unknown = [&CLUSTER.to_be_bytes()[..], &[0x01], &[0xFF; 7], &block(each - 21)].concat();
    let start = [&head()[..], &SEGMENT.to_be_bytes(), &[0x01], &[0xFF; 7]].concat();
    for piece in [known, unknown] {
        let mut file = Sparse { start: start.clone(), piece, each, count, at: 0, read: 0 };
        let map = quickly("a file of 6 GB", || map(&mut file, &Limits::default()));
        assert!(!map.damaged);
        assert_eq!(map.segments.iter().map(|s| &*s.name).collect::<Vec<_>>(), ["EBML", "Segment", "Cluster"]);
        assert!(file.read < each * count / 10, "{} bytes were read", file.read);
    }
}

#[test]
fn findings_and_parts_are_bounded() {
    let limits = Limits::default();
    let body = [&[0u8][..], &[0x12, 0x54, 0xC3, 0x67, 0x80]].concat().repeat(20_000);
    let file = segment(&body);
    let mut cursor = Cursor::new(&file);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let map = biaoshi::container::CONTAINERS
        .iter()
        .find_map(|c| {
            let head = biaoshi::container::Head { bytes: &file[..64], extension: None };
            let format = c.identify(&head, &mut source).unwrap()?;
            Some(c.map(format, &mut source, &limits).unwrap())
        })
        .unwrap();
    assert!(map.damaged && map.findings.len() <= 1024 && map.segments.len() == 40_002);
}

/// Type and first byte of each tag of an FLV file.
fn flv_tags(bytes: &[u8]) -> Vec<(u8, usize)> {
    let (mut at, mut out) = (13, Vec::new());
    while at < bytes.len() {
        let size = number(&bytes[at + 1..at + 4]) as usize;
        let back = number(&bytes[at + 11 + size..at + 15 + size]);
        assert_eq!(back, size as u64 + 11);
        out.push((bytes[at], at));
        at += size + 15;
    }
    out
}

#[test]
fn the_index_of_key_frames_points_to_key_frames() {
    let (name, bytes) = bases("-ok").into_iter().find(|(name, _)| name == "flv/keyframes-ok.flv").unwrap();
    let positions = |bytes: &[u8]| -> Vec<u64> {
        let key = b"filepositions";
        let at = bytes.windows(key.len()).position(|w| w == key).unwrap() + key.len() + 1;
        let count = number(&bytes[at..at + 4]) as usize;
        bytes[at + 4..].chunks(9).take(count).map(|n| f64::from_be_bytes(n[1..].try_into().unwrap()) as u64).collect()
    };
    let out = label(&name, &bytes, "a").unwrap().0;
    for file in [&bytes, &out] {
        let tags = flv_tags(file);
        for at in positions(file) {
            assert!(tags.contains(&(9, at as usize)), "{at}");
            assert_eq!(file[at as usize + 11] >> 4, 1, "a key frame");
        }
        let key = b"filesize\0";
        let at = file.windows(key.len()).position(|w| w == key).unwrap() + key.len();
        assert_eq!(f64::from_be_bytes(file[at..at + 8].try_into().unwrap()) as usize, file.len());
    }
    assert_eq!(positions(&out).len(), positions(&bytes).len());
}

#[test]
fn flv_labels_of_other_programs_are_read_and_refusals_named() {
    for (name, bytes) in bases("-read").into_iter().filter(|(name, _)| name.starts_with("flv/")) {
        let report = verify(&name, &bytes);
        assert_eq!(report.status, Status::Confirmed, "{name}");
        let wrong = report.findings.iter().any(|f| f.code() == "label.wrong_slot");
        assert_eq!(wrong, name.contains("nested"), "{name}");
    }
    for (name, code) in [("no-metadata", "flv.no_metadata"), ("positions", "flv.positions")] {
        let (_, bytes) = bases("-fail").into_iter().find(|(n, _)| *n == format!("flv/{name}-fail.flv")).unwrap();
        assert_eq!(label("x.flv", &bytes, "a").unwrap_err().code(), code);
    }
}

#[test]
fn hostile_flv_is_answered_fast() {
    let tag = |kind: u8, data: &[u8]| {
        let size = (data.len() as u32).to_be_bytes();
        [&[kind][..], &size[1..], &[0; 7], data, &(data.len() as u32 + 11).to_be_bytes()].concat()
    };
    let file = |rest: &[u8]| [b"FLV\x01\x05\0\0\0\x09\0\0\0\0", rest].concat();
    let script = |inner: &[u8]| tag(18, &[b"\x02\0\x0aonMetaData\x08\0\0\0\0", inner, b"\0\0\x09"].concat());
    assert_eq!(answer("empty tags", &file(&tag(8, b"").repeat(2_200_000))), Err("limit"));
    assert_eq!(answer("script tags", &file(&tag(18, b"").repeat(70_000))), Err("limit"));
    assert_eq!(answer("properties", &file(&script(&b"\0\0\x02\0\0".repeat(1 << 20)))), Err("limit"));
    answer("numbers", &file(&script(&[&b"\0\0\0"[..], &[1; 8]].concat().repeat(1 << 20)))).unwrap();
    answer("objects", &file(&script(&b"\0\x01o\x03".repeat(1 << 20)))).unwrap();
    answer("arrays", &file(&script(&b"\x0a\xff\xff\xff\xff".repeat(1 << 20)))).unwrap();
    answer(
        "empty arrays",
        &file(&script(&[&b"\0\0"[..], &b"\x0a\0\xff\xff\xff"[..], &b"\x0a\0\0\0\0".repeat(1 << 20)].concat())),
    )
    .unwrap();
    let positions =
        [b"\0\x09keyframes\x03\0\x0dfilepositions\x0a\0\x10\0\0".as_slice(), &[0; 9].repeat(1 << 20)].concat();
    answer("positions", &file(&script(&positions))).unwrap();
    for offset in [0u32, 8, 10, 1 << 31, u32::MAX] {
        let mut bytes = file(&script(b""));
        bytes[5..9].copy_from_slice(&offset.to_be_bytes());
        let _ = answer("header", &bytes);
    }
}
