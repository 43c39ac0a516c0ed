//! What is particular to `heif`: items and samples stay where the tables say, whatever moves.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::Range;
use std::time::{Duration, Instant};

use biaoshi::container::{NewValue, Patch, Slot};
use biaoshi::source::Source;
use biaoshi::{Error, Format, Label, Limits, Status, Verifier};

use super::bases;
use crate::lossless::{CODE, hold, labeler, splice, survives, verify};

fn label() -> Label {
    Label::new(CODE).with_produce_id("heif-0001")
}

fn labelled(bytes: &[u8]) -> Vec<u8> {
    labeler("test.heic").label_bytes(bytes, &label()).unwrap().0
}

fn code(bytes: &[u8]) -> &'static str {
    match labeler("test.heic").label_bytes(bytes, &label()).unwrap_err() {
        Error::Refused(p) | Error::Malformed(p) | Error::Limit(p) | Error::Unsupported(p) => p.message.code,
        other => panic!("{other}"),
    }
}

/// Answers within a second, with a label or a typed refusal.
fn answers(bytes: &[u8]) {
    let start = Instant::now();
    let _ = Verifier::new().verify_bytes(bytes);
    match labeler("test.heic").label_bytes(bytes, &label()) {
        Ok(_) | Err(Error::Refused(_) | Error::Malformed(_) | Error::Limit(_) | Error::Unsupported(_)) => {}
        Err(other) => panic!("{other}"),
    }
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
}

fn bx(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&(content.len() as u32 + 8).to_be_bytes()[..], kind, &content].concat()
}

fn number(bytes: &[u8], at: usize, width: usize) -> u64 {
    bytes[at..at + width].iter().fold(0, |n, b| n << 8 | u64::from(*b))
}

/// The boxes in `range`: type, start, start of the content, end.
fn boxes(bytes: &[u8], range: Range<usize>) -> Vec<([u8; 4], usize, usize, usize)> {
    let (mut at, mut out) = (range.start, Vec::new());
    while at + 8 <= range.end {
        let kind: [u8; 4] = bytes[at + 4..at + 8].try_into().unwrap();
        let (len, head) = match number(bytes, at, 4) {
            0 => (range.end - at, 8),
            1 => (number(bytes, at + 8, 8) as usize, 16),
            len => (len as usize, 8),
        };
        if len < head || at + len > range.end {
            break;
        }
        out.push((kind, at, at + head, at + len));
        at += len;
    }
    out
}

fn child(bytes: &[u8], range: Range<usize>, path: &[&[u8; 4]]) -> Option<Range<usize>> {
    let (kind, _, start, end) = boxes(bytes, range).into_iter().find(|b| b.0 == *path[0])?;
    let skip = if kind == *b"meta" { 4 } else { 0 };
    if path.len() == 1 { Some(start..end) } else { child(bytes, start + skip..end, &path[1..]) }
}

/// Type and bytes of items, by number.
type Items = BTreeMap<u64, (Vec<u8>, Vec<u8>)>;

/// Every item of the `meta` box in `holder`: its type and its bytes, read by another reader than
/// the one under test.
fn items(bytes: &[u8], holder: Range<usize>) -> Items {
    let iinf = child(bytes, holder.clone(), &[b"meta", b"iinf"]).unwrap();
    let iloc = child(bytes, holder.clone(), &[b"meta", b"iloc"]).unwrap();
    let idat = child(bytes, holder, &[b"meta", b"idat"]).map_or(0, |r| r.start);
    let mut kinds = BTreeMap::new();
    let count_width = if bytes[iinf.start] == 0 { 2 } else { 4 };
    let infes = boxes(bytes, iinf.start + 4 + count_width..iinf.end);
    assert_eq!(number(bytes, iinf.start + 4, count_width) as usize, infes.len());
    for (_, _, start, end) in infes {
        let width = if bytes[start] == 3 { 4 } else { 2 };
        kinds.insert(number(bytes, start + 4, width), bytes[start + 6 + width..end].to_vec());
    }
    let (version, sizes) = (bytes[iloc.start], number(bytes, iloc.start + 4, 2) as usize);
    let (offset, length, base, index) = (sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, sizes & 15);
    let wide = if version == 2 { 4 } else { 2 };
    let mut at = iloc.start + 6;
    let mut next = |width: usize| {
        at += width;
        number(bytes, at - width, width) as usize
    };
    let mut out = BTreeMap::new();
    for _ in 0..next(wide) {
        let id = next(wide) as u64;
        let construction = if version == 0 { 0 } else { next(2) & 15 };
        next(2);
        let start = next(base) + if construction == 1 { idat } else { 0 };
        let mut data = Vec::new();
        for _ in 0..next(2) {
            next(if version == 0 { 0 } else { index });
            let start = start + next(offset);
            let len = next(length);
            data.extend_from_slice(&bytes[start..start + len]);
        }
        out.insert(id, (kinds[&id].clone(), data));
    }
    assert_eq!(out.len(), kinds.len());
    out
}

fn is_xmp(kind: &[u8]) -> bool {
    kind.windows(19).any(|w| w == b"application/rdf+xml")
}

/// The first bytes of every chunk of every track.
fn chunks(bytes: &[u8]) -> Vec<Vec<u8>> {
    let Some(moov) = child(bytes, 0..bytes.len(), &[b"moov"]) else { return Vec::new() };
    let mut out = Vec::new();
    for (_, _, start, end) in boxes(bytes, moov).into_iter().filter(|b| &b.0 == b"trak") {
        let stco = child(bytes, start..end, &[b"mdia", b"minf", b"stbl", b"stco"]).unwrap();
        for n in 0..number(bytes, stco.start + 4, 4) as usize {
            let at = number(bytes, stco.start + 8 + 4 * n, 4) as usize;
            out.push(bytes[at..at + 24].to_vec());
        }
    }
    out
}

fn base(name: &str) -> Vec<u8> {
    bases("").into_iter().find(|(path, _)| path == name).unwrap_or_else(|| panic!("{name}")).1
}

fn pictures(ending: &str) -> Vec<(String, Vec<u8>)> {
    bases(ending).into_iter().filter(|(name, _)| name.starts_with("heif") || name.starts_with("avif")).collect()
}

#[test]
fn every_item_and_sample_is_found_again() {
    for (name, bytes) in pictures("-ok") {
        let out = labelled(&bytes);
        let (before, mut after) = (items(&bytes, 0..bytes.len()), items(&out, 0..out.len()));
        let packets: Vec<_> = after.values().filter(|(kind, _)| is_xmp(kind)).collect();
        let ours = packets.iter().filter(|(_, data)| String::from_utf8_lossy(data).contains("heif-0001")).count();
        assert_eq!(ours, 1, "{name}");
        for (id, (kind, data)) in &before {
            let (new_kind, new) = after.remove(id).unwrap();
            assert_eq!(&new_kind, kind, "{name} {id}");
            assert!(new == *data || is_xmp(kind), "{name} {id}");
        }
        let added: Vec<_> = after.values().map(|(kind, _)| is_xmp(kind)).collect();
        assert!(added.is_empty() || added == [true], "{name}");
        assert_eq!(chunks(&out), chunks(&bytes), "{name}");
    }
}

#[test]
fn the_new_item_is_hidden_and_describes_the_primary() {
    let out = labelled(&base("heif/wide-ok.heif"));
    let iinf = child(&out, 0..out.len(), &[b"meta", b"iinf"]).unwrap();
    let (_, at, start, end) = *boxes(&out, iinf.start + 8..iinf.end).last().unwrap();
    assert_eq!(end - at, 41);
    assert_eq!(&out[start..end], [&b"\x02\0\0\x01\0\x01\0\0mime\0application/rdf+xml\0"[..]].concat());
    let iref = child(&out, 0..out.len(), &[b"meta", b"iref"]).unwrap();
    assert_eq!(&out[iref.clone()], b"\x01\0\0\0\0\0\0\x12cdsc\0\0\0\x01\0\x01\0\x01\x11\x70");
    let media = boxes(&out, 0..out.len()).into_iter().rfind(|b| &b.0 == b"mdat").unwrap();
    assert_eq!(media.3, out.len());
    assert!(out[media.2..].starts_with(b"<?xpacket"));
}

#[test]
fn what_describes_another_image_stays_and_is_read() {
    let bytes = base("heif/other-xmp-open-mdat-ok.heic");
    let out = labelled(&bytes);
    let (before, after) = (items(&bytes, 0..bytes.len()), items(&out, 0..out.len()));
    assert_eq!(before[&3], after[&3]);
    // The same label in the packet of the gain map is not in its place.
    let packet = String::from_utf8(after[&4].1.clone()).unwrap();
    let moved = put(&bytes, &packet);
    let elsewhere = {
        // Let the packet of the picture describe the gain map.
        let mut bytes = moved.clone();
        let iref = child(&bytes, 0..bytes.len(), &[b"meta", b"iref"]).unwrap();
        bytes[iref.end - 1] = 2;
        bytes
    };
    assert_eq!(verify("a.heic", &moved).status, Status::Confirmed);
    let report = verify("a.heic", &elsewhere);
    assert!(report.findings.iter().any(|f| f.code() == "label.wrong_slot"), "{:?}", report.findings);
}

/// Puts a packet without a labeler.
fn put(bytes: &[u8], packet: &str) -> Vec<u8> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let row = Format::sniff(&mut source, None).unwrap().unwrap();
    let map = row.container.map(row.format, &mut source, &limits).unwrap();
    let value = NewValue { slot: Slot::Xmp, bytes: packet.as_bytes().to_vec() };
    let patch: Patch = row.container.put(&map, &mut source, &[value], &limits).unwrap().patch;
    splice(bytes, &patch)
}

#[test]
fn packets_of_every_length_leave_one_packet_and_everything_else() {
    for name in ["heif/exif-xmp-ok.heic", "heif/idat-xmp-ok.heic", "avif/exif-xmp-ok.avif", "avif/sequence-xmp-ok.avif"]
    {
        let bytes = base(name);
        let before = items(&bytes, 0..bytes.len());
        for len in [0usize, 1, 40, 146, 147, 292, 293, 294, 300, 5000, 70_000] {
            let packet = "x".repeat(len);
            let out = put(&bytes, &packet);
            let after = items(&out, 0..out.len());
            assert_eq!(after.len(), before.len());
            for (id, (kind, data)) in &after {
                if is_xmp(kind) {
                    assert_eq!(String::from_utf8_lossy(data).trim_end_matches(' '), packet, "{name} {len}");
                } else {
                    assert_eq!(data, &before[id].1, "{name} {len} {id}");
                }
            }
            assert_eq!(chunks(&out), chunks(&bytes), "{name} {len}");
        }
    }
}

#[test]
fn tracks_share_the_packet_still() {
    let out = labelled(&base("avif/sequence-xmp-ok.avif"));
    let file = items(&out, 0..out.len());
    let trak = child(&out, 0..out.len(), &[b"moov", b"trak"]).unwrap();
    let track = items(&out, trak);
    let packet = |of: &Items| of.values().find(|(kind, _)| is_xmp(kind)).unwrap().1.clone();
    assert!(String::from_utf8_lossy(&packet(&file)).contains("heif-0001"));
    assert_eq!(packet(&file), packet(&track));
}

#[test]
fn sizes_and_sequences_are_known() {
    for (name, size, animated) in [
        ("heif/exif-xmp-ok.heic", (96, 80), false),
        ("heif/grid-behind-mdat-ok.heic", (128, 64), false),
        ("heif/wide-ok.heif", (64, 64), false),
        ("avif/plain-ok.avif", (64, 64), false),
        ("avif/sequence-ok.avif", (64, 64), true),
    ] {
        let bytes = base(name);
        let limits = Limits::default();
        let mut cursor = Cursor::new(&bytes);
        let mut source = Source::new(&mut cursor, &limits).unwrap();
        let row = Format::sniff(&mut source, None).unwrap().unwrap();
        let map = row.container.map(row.format, &mut source, &limits).unwrap();
        assert_eq!((map.size, map.animated), (Some(size), animated), "{name}");
        assert_eq!(map.segments.iter().fold(0, |at, s| if s.range.start == at { s.range.end } else { 0 }), map.len);
    }
}

#[test]
fn brands_decide() {
    let of = |major: &[u8; 4], others: &[&[u8; 4]], next: &[u8; 4]| {
        let mut file = bx(b"ftyp", &[major, &[0; 4], &others.iter().flat_map(|b| b.to_vec()).collect::<Vec<u8>>()]);
        file.extend(bx(next, &[&[0; 8]]));
        let mut cursor = Cursor::new(file);
        let row = Format::sniff(&mut Source::new(&mut cursor, &Limits::default()).unwrap(), None).unwrap();
        row.map(|row| row.format)
    };
    assert_eq!(of(b"avif", &[], b"free"), Some(Format::Avif));
    assert_eq!(of(b"mif1", &[b"miaf", b"avif"], b"meta"), Some(Format::Avif));
    assert_eq!(of(b"mif1", &[b"heic"], b"meta"), Some(Format::Heif));
    assert_eq!(of(b"heic", &[b"mif1", b"avif"], b"meta"), Some(Format::Heif));
    assert_eq!(of(b"msf1", &[b"avis"], b"meta"), Some(Format::Avif));
    assert_eq!(of(b"MiHE", &[b"mif1", b"heic"], b"meta"), Some(Format::Heif));
    assert_eq!(of(b"isom", &[b"mif1"], b"meta"), Some(Format::Mp4));
    assert_eq!(of(b"qt  ", &[b"mif1"], b"meta"), Some(Format::Mov));
    assert_eq!(of(b"crx ", &[b"isom"], b"meta"), None);
}

#[test]
fn another_file_behind_it_stays_there() {
    let bytes = base("heif/plain-ok.heic");
    let video = base("mp4/plain-ok.mp4");
    let both = [bytes.as_slice(), &video].concat();
    let out = hold("motion.heic", &both);
    assert!(out.ends_with(&video));
    // What does not look like a box is kept as well.
    let junk = [bytes.as_slice(), &[0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9]].concat();
    assert!(hold("junk.heic", &junk).ends_with(&[1, 2, 3, 4, 5, 6, 7, 8, 9]));
}

#[test]
fn a_picture_cut_short_is_not_edited() {
    let bytes = base("heif/plain-ok.heic");
    assert_eq!(code(&bytes[..bytes.len() - 5]), "file.damaged");
}

type Place = (u16, u16, u16, Vec<(u32, u32)>);

/// A picture with one coded item of sixteen bytes and these further entries.
struct Build {
    infes: Vec<Vec<u8>>,
    /// Number, construction method, data reference, runs.
    places: Vec<Place>,
    references: Vec<Vec<u8>>,
    idat: Vec<u8>,
    mdat: Vec<u8>,
}

const MIME: &[u8] = b"mime\0application/rdf+xml\0";

fn infe(id: u16, protection: u16, rest: &[u8]) -> Vec<u8> {
    bx(b"infe", &[&[2, 0, 0, 0], &id.to_be_bytes(), &protection.to_be_bytes(), rest])
}

impl Build {
    fn new() -> Self {
        Self {
            infes: vec![infe(1, 0, b"hvc1\0")],
            places: vec![(1, 0, 0, vec![(0, 16)])],
            references: Vec::new(),
            idat: Vec::new(),
            mdat: vec![7; 16],
        }
    }

    fn item(mut self, id: u16, rest: &[u8], place: (u16, u16), runs: &[(u32, u32)]) -> Self {
        self.infes.push(infe(id, 0, rest));
        self.places.push((id, place.0, place.1, runs.to_vec()));
        self
    }

    /// The file; runs in `mdat` count from its content, those above 2^31 from the start of the file.
    fn file(&self) -> Vec<u8> {
        let with = |start: u32| {
            let mut iloc = vec![1, 0, 0, 0, 0x44, 0];
            iloc.extend((self.places.len() as u16).to_be_bytes());
            for (id, construction, reference, runs) in &self.places {
                for n in [*id, *construction, *reference, runs.len() as u16] {
                    iloc.extend(n.to_be_bytes());
                }
                for (at, len) in runs {
                    let at = if *construction == 0 && *at < 1 << 31 { at + start } else { *at };
                    iloc.extend(at.to_be_bytes());
                    iloc.extend(len.to_be_bytes());
                }
            }
            let infes = [&[0, 0, 0, 0][..], &(self.infes.len() as u16).to_be_bytes(), &self.infes.concat()].concat();
            let iref = bx(b"iref", &[&[0; 4], &self.references.concat()]);
            let hdlr = bx(b"hdlr", &[&[0; 8], b"pict", &[0; 13]]);
            let pitm = bx(b"pitm", &[&[0, 0, 0, 0, 0, 1]]);
            let parts = [hdlr, pitm, bx(b"iloc", &[&iloc]), bx(b"iinf", &[&infes]), iref, bx(b"idat", &[&self.idat])];
            let meta = bx(b"meta", &[&[0; 4], &parts.concat()]);
            [bx(b"ftyp", &[b"heic", &[0; 4], b"mif1heic"]), meta].concat()
        };
        let head = with(with(0).len() as u32 + 8);
        [head, bx(b"mdat", &[&self.mdat])].concat()
    }
}

fn packet(len: usize) -> Vec<u8> {
    let rdf = "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"/>";
    let text = format!("<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">{rdf}</x:xmpmeta>");
    let mut out = text.as_bytes().to_vec();
    out.resize(len, b' ');
    out
}

#[test]
fn packets_that_cannot_be_edited_are_refused() {
    let with = |rest: &[u8], place: (u16, u16), runs: &[(u32, u32)]| {
        let mut build = Build::new().item(2, rest, place, runs);
        build.mdat.extend(packet(200));
        build
    };
    hold("made.heic", &Build::new().file());
    hold("made.heic", &with(MIME, (0, 0), &[(16, 200)]).file());
    hold("made.heic", &with(MIME, (0, 0), &[(16, 50), (66, 150)]).file());
    let zipped = [MIME, b"gzip\0"].concat();
    for (what, build) in [
        ("compressed", with(&zipped, (0, 0), &[(16, 200)])),
        ("in another file", with(MIME, (0, 1), &[(16, 200)])),
        ("in another item", with(MIME, (2, 0), &[(0, 200)])),
        ("empty", with(MIME, (0, 0), &[])),
        ("the whole file", with(MIME, (0, 0), &[(16, 0)])),
        ("past the end", with(MIME, (0, 0), &[(16, 201)])),
        ("far past the end", with(MIME, (0, 0), &[(0xF000_0000, 0xF000_0000)])),
        ("in idat that is too short", with(MIME, (1, 0), &[(0, 10)])),
    ] {
        assert_eq!(code(&build.file()), "heif.xmp_item", "{what}");
        let report = verify("a.heic", &build.file());
        assert!(report.findings.iter().any(|f| f.code() == "file.value_unreadable") || what.contains("idat"), "{what}");
    }
    // A picture that shares bytes with the packet.
    let shared = with(MIME, (0, 0), &[(16, 200)]).item(3, b"hvc1\0", (0, 0), &[(0, 17)]);
    assert_eq!(code(&shared.file()), "heif.xmp_item");
    let mut protected = with(MIME, (0, 0), &[(16, 200)]);
    protected.infes[1] = infe(2, 1, MIME);
    assert_eq!(code(&protected.file()), "heif.xmp_item");
    // An item of this file whose position can't be corrected.
    let far = Build::new().item(2, b"hvc1\0", (0, 0), &[(0xFFFF_FFF0, 5)]);
    assert_eq!(code(&far.file()), "heif.offset_too_far");
}

#[test]
fn items_elsewhere_do_not_matter() {
    let build = Build::new().item(2, b"hvc1\0", (2, 0), &[(0, 4)]).item(3, b"hvc1\0", (0, 9), &[(0xFFFF_FFF0, 5)]);
    let out = hold("elsewhere.heic", &build.file());
    assert_eq!(items_places(&out)[2].1, 0xFFFF_FFF0);
}

/// Number and first offset of every item of a built file.
fn items_places(bytes: &[u8]) -> Vec<(u64, u64)> {
    let iloc = child(bytes, 0..bytes.len(), &[b"meta", b"iloc"]).unwrap();
    (iloc.start + 8..iloc.end).step_by(16).map(|at| (number(bytes, at, 2), number(bytes, at + 8, 4))).collect()
}

#[test]
fn the_packet_of_the_picture_comes_first() {
    let mut build = Build::new();
    for (id, target) in [(2u16, 9u16), (3, 1)] {
        build = build.item(id, MIME, (0, 0), &[(16 + 200 * u32::from(id - 2), 200)]);
        let link = [id.to_be_bytes(), 1u16.to_be_bytes(), target.to_be_bytes()].concat();
        build.references.push(bx(b"cdsc", &[&link]));
        build.mdat.extend(packet(200));
    }
    let out = labelled(&build.file());
    let after = items(&out, 0..out.len());
    assert_eq!(after[&2].1, packet(200));
    assert!(String::from_utf8_lossy(&after[&3].1).contains("heif-0001"));
}

#[test]
fn hostile_tables_are_answered_fast() {
    let plain = Build::new().file();
    let iloc = child(&plain, 0..plain.len(), &[b"meta", b"iloc"]).unwrap().start;
    let iinf = child(&plain, 0..plain.len(), &[b"meta", b"iinf"]).unwrap().start;
    // Counts of 2^32 - 1, unknown versions and widths.
    for (at, bytes) in [
        (iloc, vec![2, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
        (iloc, vec![1, 0, 0, 0, 0, 0, 0xFF, 0xFF]),
        (iloc, vec![9]),
        (iloc + 4, vec![0x53]),
        (iloc + 4, vec![0xFF, 0xFF]),
        (iinf, vec![1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]),
    ] {
        let mut file = plain.clone();
        file[at..at + bytes.len()].copy_from_slice(&bytes);
        answers(&file);
        assert!(["file.damaged", "limit"].contains(&code(&file)), "{bytes:?} {}", code(&file));
    }
    // Thousands of packets that are the same bytes, and others that are nearly so.
    for step in [0u32, 1] {
        let mut build = Build::new();
        build.mdat.extend(packet(1 << 16));
        for id in 2..20_000u16 {
            build = build.item(id, MIME, (0, 0), &[(16 + step * u32::from(id), 40_000)]);
        }
        answers(&build.file());
    }
    // References in circles, to nothing, and cut off; names without an end.
    let mut build = Build::new().item(2, MIME, (0, 0), &[(0, 16)]).item(3, &[b'm'; 300], (0, 0), &[(0, 16)]);
    for kind in [b"cdsc", b"dimg"] {
        for (from, to) in [(1u16, 2u16), (2, 1), (2, 2), (3, 3), (77, 78)] {
            let link = [from.to_be_bytes(), 1u16.to_be_bytes(), to.to_be_bytes()].concat();
            build.references.push(bx(kind, &[&link]));
        }
        build.references.push(bx(kind, &[&[0, 2, 0xFF, 0xFF, 0, 9]]));
    }
    build.infes.push(bx(b"infe", &[&[2, 0, 0]]));
    build.infes.push(infe(5, 0, b"mime\0application/rdf+xml"));
    answers(&build.file());
    survives("hostile.heic", &build.file());
    // Boxes in boxes.
    let mut nested = Vec::new();
    for _ in 0..2000 {
        nested = bx(b"meta", &[&[0; 4], &nested]);
    }
    let head = bx(b"ftyp", &[b"heic", &[0; 4], b"mif1"]);
    answers(&[head.clone(), nested.clone()].concat());
    answers(&[head.clone(), bx(b"moov", &[&bx(b"trak", &[&nested])])].concat());
    // A table beyond what is read to memory.
    let long = bx(b"meta", &[&[0; 4], &bx(b"iinf", &[&vec![0; 17 << 20]])]);
    assert_eq!(code(&[head, long].concat()), "limit");
}
