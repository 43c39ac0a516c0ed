//! Files of media that show other content than was signed: the hash of the content changes, or
//! there is none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    clippy::string_slice,
    clippy::type_complexity,
    clippy::needless_range_loop,
    clippy::print_stdout
)]

use std::io::Cursor;
use std::path::Path;

use biaoshi::container::{ContentAlg, content_hash};
use biaoshi::source::Source;
use biaoshi::{Error, Format, Limits};

fn base(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases").join(name)).unwrap()
}

fn hash(name: &str, bytes: &[u8]) -> Result<[u8; 32], Error> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits)?;
    let row = Format::sniff(&mut source, Some(name))?.unwrap();
    let map = row.container.map(row.format, &mut source, &limits)?;
    content_hash(row.container, &map, &mut source, &limits, ContentAlg::Sha256)
}

/// The hash is another one.
fn differs(name: &str, signed: &[u8], shown: &[u8]) {
    let signed = hash(name, signed).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert_ne!(hash(name, shown).unwrap_or_else(|e| panic!("{name}: {e}")), signed, "{name}");
}

/// There is no hash.
fn refused(name: &str, signed: &[u8], shown: &[u8]) {
    hash(name, signed).unwrap_or_else(|e| panic!("{name}: {e}"));
    match hash(name, shown) {
        Err(error) => assert_eq!(error.code(), "content.not_bound", "{name}"),
        Ok(_) => panic!("{name}: there is a hash"),
    }
}

fn same(name: &str, one: &[u8], other: &[u8]) {
    assert_eq!(hash(name, one).unwrap(), hash(name, other).unwrap(), "{name}");
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes.windows(what.len()).position(|w| w == what).unwrap()
}

fn inserted(bytes: &[u8], at: usize, new: &[u8]) -> Vec<u8> {
    [&bytes[..at], new, &bytes[at..]].concat()
}

fn add32(bytes: &mut [u8], at: usize, by: usize) {
    let old = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    bytes[at..at + 4].copy_from_slice(&(old + u32::try_from(by).unwrap()).to_be_bytes());
}

fn boxed(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    [&u32::try_from(payload.len() + 8).unwrap().to_be_bytes()[..], kind, payload].concat()
}

/// `mdat` holds the picture, then Exif, then XMP, each a row of `iloc` with a base and one extent.
#[test]
fn metadata_items_within_a_picture() {
    const NAME: &str = "heif/exif-xmp-ok.heic";
    let signed = base(NAME);
    let table = find(&signed, b"iloc") - 4;
    let row = |number: usize| table + 16 + number * 18;
    let be = |at: usize| u32::from_be_bytes(signed[at..at + 4].try_into().unwrap()) as usize;
    let rows: Vec<(usize, usize)> = (0..3).map(|n| (be(row(n) + 4), be(row(n) + 14))).collect();
    let (picture, packet) = (0, 2);
    assert!(signed[rows[packet].0..].starts_with(b"<?xpacket"));
    // XMP takes in the picture from its second byte on, and its own bytes are gone.
    let (start, len) = rows[picture];
    let mut shown = signed.clone();
    shown.truncate(rows[packet].0);
    shown.extend_from_slice(&signed[rows[packet].0 + rows[packet].1..]);
    let evil = vec![0xE7; len - 1];
    shown.splice(start + 1..start + 1, evil.iter().copied());
    for number in 0..3 {
        let at = row(number) + 4;
        if number == packet {
            shown[at..at + 4].copy_from_slice(&u32::try_from(start + 1).unwrap().to_be_bytes());
            shown[at + 10..at + 14].copy_from_slice(&u32::try_from(evil.len()).unwrap().to_be_bytes());
        } else if rows[number].0 > start {
            add32(&mut shown, at, evil.len());
        }
    }
    let mdat = find(&shown, b"mdat") - 4;
    let size = u32::try_from(shown.len() - mdat).unwrap();
    shown[mdat..mdat + 4].copy_from_slice(&size.to_be_bytes());
    refused(NAME, &signed, &shown);
}

#[test]
fn free_space_in_the_place_of_a_fragments_samples() {
    const NAME: &str = "mp4/fragmented-ok.mp4";
    let signed = base(NAME);
    let mdat = find(&signed, b"mdat") - 4;
    let size = u32::from_be_bytes(signed[mdat..mdat + 4].try_into().unwrap()) as usize;
    let shown = inserted(&signed, mdat, &boxed(b"free", &vec![0xE7; size - 8]));
    differs(NAME, &signed, &shown);
    // Samples in a box of metadata have no hash.
    let shown = inserted(&signed, mdat, &boxed(b"meta", &vec![0; size - 8]));
    refused(NAME, &signed, &shown);
    // Free space behind them changes nothing.
    let mfra = find(&signed, b"mfra") - 4;
    same(NAME, &signed, &inserted(&signed, mfra, &boxed(b"free", &[0xE7; 40])));
}

#[test]
fn an_index_that_leads_into_free_space() {
    const NAME: &str = "mp4/fragmented-ok.mp4";
    let signed = base(NAME);
    let moof = find(&signed, b"moof") - 4;
    let inner = signed[moof..moof + 1522].to_vec();
    let mut shown = inserted(&signed, moof, &boxed(b"free", &inner));
    // The first index counts from its end, over the second one.
    let first = find(&shown, b"sidx") + 4 + 20;
    assert_eq!(shown[first..first + 8], 52u64.to_be_bytes());
    shown[first..first + 8].copy_from_slice(&60u64.to_be_bytes());
    refused(NAME, &signed, &shown);
    // Before the fragment, or before free space in front of it, is the same.
    shown[first..first + 8].copy_from_slice(&52u64.to_be_bytes());
    same(NAME, &signed, &shown);
    let far = 60 + u64::try_from(inner.len()).unwrap();
    shown[first..first + 8].copy_from_slice(&far.to_be_bytes());
    same(NAME, &signed, &shown);
    shown[first..first + 8].copy_from_slice(&(far + 260).to_be_bytes());
    differs(NAME, &signed, &shown);
}

fn element(id: u32, payload: &[u8]) -> Vec<u8> {
    let id: Vec<u8> = id.to_be_bytes().into_iter().skip_while(|b| *b == 0).collect();
    let size = (1u64 << 56 | payload.len() as u64).to_be_bytes();
    [&id[..], &size, payload].concat()
}

/// The Segment of `webm/vp8-ok.webm` without its index of positions: its children by name.
fn segment() -> (Vec<u8>, [Vec<u8>; 3], Vec<u8>) {
    let bytes = base("webm/vp8-ok.webm");
    // Behind the index, which names them too.
    let at = |id: &[u8]| 200 + find(&bytes[200..], id);
    let info = bytes[at(b"\x15\x49\xA9\x66")..at(b"\x16\x54\xAE\x6B")].to_vec();
    let tracks = bytes[at(b"\x16\x54\xAE\x6B")..at(b"\x12\x54\xC3\x67")].to_vec();
    let clusters = bytes[at(b"\x1F\x43\xB6\x75")..at(b"\x1C\x53\xBB\x6B")].to_vec();
    (bytes[..find(&bytes, b"\x18\x53\x80\x67")].to_vec(), [info, tracks, clusters], bytes)
}

fn whole(head: &[u8], children: &[&[u8]]) -> Vec<u8> {
    [head, &element(0x1853_8067, &children.concat())].concat()
}

fn seek(id: u32, position: usize) -> Vec<u8> {
    let place = u32::try_from(position).unwrap().to_be_bytes();
    let entry = [element(0x53AB, &id.to_be_bytes()), element(0x53AC, &place)].concat();
    element(0x114D_9B74, &element(0x4DBB, &entry))
}

fn cue(position: usize, relative: usize) -> Vec<u8> {
    let number = |id: u32, n: usize| element(id, &u32::try_from(n).unwrap().to_be_bytes());
    let place = [number(0xF7, 1), number(0xF1, position), number(0xF0, relative)].concat();
    let point = [number(0xB3, 0), element(0xB7, &place)].concat();
    element(0x1C53_BB6B, &element(0xBB, &point))
}

#[test]
fn tracks_behind_the_clusters_or_in_a_void() {
    const NAME: &str = "webm/vp8-ok.webm";
    let (head, [info, tracks, clusters], bytes) = segment();
    let signed = whole(&head, &[&info, &tracks, &clusters]);
    same(NAME, &bytes, &signed);
    differs(NAME, &signed, &whole(&head, &[&clusters, &info, &tracks]));
    let void = element(0xEC, &tracks);
    same(NAME, &signed, &whole(&head, &[&void, &info, &tracks, &clusters]));
    let front = seek(0x1654_AE6B, 0).len();
    let leading = |to: usize| whole(&head, &[&seek(0x1654_AE6B, to), &void, &info, &tracks, &clusters]);
    refused(NAME, &signed, &leading(front + 9));
    refused(NAME, &signed, &leading(1 << 20));
    same(NAME, &signed, &leading(front));
    same(NAME, &signed, &leading(front + void.len() + info.len()));
    // What stands behind the Segment is no part of it.
    let far = front + info.len() + tracks.len() + clusters.len();
    let children: [&[u8]; 4] = [&seek(0x1654_AE6B, far), &info, &tracks, &clusters];
    refused(NAME, &signed, &[whole(&head, &children), tracks.clone()].concat());
}

#[test]
fn cues_that_lead_into_a_void() {
    const NAME: &str = "webm/vp8-ok.webm";
    let (head, [info, tracks, clusters], _) = segment();
    let signed = whole(&head, &[&info, &tracks, &clusters]);
    let void = element(0xEC, &clusters);
    let leading = |to: usize, far: usize| whole(&head, &[&info, &tracks, &clusters, &void, &cue(to, far)]);
    let front = info.len() + tracks.len();
    same(NAME, &signed, &leading(front, 0));
    refused(NAME, &signed, &leading(front, clusters.len() + 9));
    refused(NAME, &signed, &leading(front + clusters.len() + 9, 0));
    refused(NAME, &signed, &leading(front + 1, 0));
}

/// Filler of the length and with the layout of `movi`, put in front of it.
fn filled(bytes: &[u8]) -> Vec<u8> {
    let movie = find(bytes, b"movi") - 8;
    let size = u32::from_le_bytes(bytes[movie + 4..movie + 8].try_into().unwrap()) as usize;
    let mut junk = [&b"JUNK"[..], &u32::try_from(size).unwrap().to_le_bytes()].concat();
    junk.extend_from_slice(&bytes[movie + 8..movie + 8 + size + size % 2]);
    let mut out = inserted(bytes, movie, &junk);
    let form = u32::from_le_bytes(out[4..8].try_into().unwrap()) + u32::try_from(junk.len()).unwrap();
    out[4..8].copy_from_slice(&form.to_le_bytes());
    out
}

#[test]
fn filler_where_an_absolute_index_leads() {
    for name in ["avi/absolute-ok.avi", "avi/opendml-ok.avi"] {
        let signed = base(name);
        refused(name, &signed, &filled(&signed));
    }
    // An index that counts from the list itself goes with it.
    let signed = base("avi/bare-ok.avi");
    same("avi/bare-ok.avi", &signed, &filled(&signed));
    // Moved by less than the list is long, it leads to other places in it.
    let signed = base("avi/absolute-ok.avi");
    let movie = find(&signed, b"movi") - 8;
    let mut shown = inserted(&signed, movie, b"JUNK\x04\0\0\0abcd");
    let form = u32::from_le_bytes(shown[4..8].try_into().unwrap()) + 12;
    shown[4..8].copy_from_slice(&form.to_le_bytes());
    assert!(hash("a.avi", &shown).ok() != hash("a.avi", &signed).ok());
}

#[test]
fn an_ape_tag_in_front_of_the_sound() {
    const NAME: &str = "mp3/bare-ok.mp3";
    let signed = base(NAME);
    let tag = |items: &[u8]| {
        let mut out = b"APETAGEX\xD0\x07\0\0".to_vec();
        out.extend_from_slice(&u32::try_from(items.len()).unwrap().to_le_bytes());
        out.extend_from_slice(&[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        out[23] = 0x20 | 0x40;
        [&out[..32], items].concat()
    };
    let shown = [&tag(&signed)[..], &signed].concat();
    differs(NAME, &signed, &shown);
    differs(NAME, &shown, &[&tag(&signed[..signed.len() - 1])[..], &signed].concat());
    refused(NAME, &signed, &[&tag(&signed)[..], b"ID3\x03\0\0\0\0\0\x0A\0\0\0\0\0\0\0\0\0\0", &signed].concat());
}

#[test]
fn another_type_of_aiff() {
    const NAME: &str = "aiff/aifc-ok.aifc";
    let signed = base(NAME);
    let mut shown = signed.clone();
    shown[8..12].copy_from_slice(b"AIFF");
    differs(NAME, &signed, &shown);
    let mut shown = signed.clone();
    shown.drain(12..24);
    let form = u32::from_be_bytes(shown[4..8].try_into().unwrap()) - 12;
    shown[4..8].copy_from_slice(&form.to_be_bytes());
    differs(NAME, &signed, &shown);
}

#[test]
fn jfif_says_how_colours_are_read() {
    let part = |marker: u8, data: &[u8]| {
        [&[0xFF, marker][..], &u16::try_from(data.len() + 2).unwrap().to_be_bytes(), data].concat()
    };
    let picture = [
        part(0xC0, b"\x08\0\x01\0\x01\x03R\x11\0G\x11\0B\x11\0"),
        part(0xDA, b"\x03R\0G\0B\0\0\x3F\0"),
        b"\x12\x34\xFF\xD9".to_vec(),
    ]
    .concat();
    let file = |parts: &[u8]| [&b"\xFF\xD8"[..], parts, &picture].concat();
    let (plain, jfif) = (file(&[]), file(&part(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")));
    differs("a.jpg", &plain, &jfif);
    differs("a.jpg", &jfif, &file(&part(0xE0, b"JFIF\0\x01\x01")));
    same("a.jpg", &plain, &file(&part(0xE0, b"other")));
}
