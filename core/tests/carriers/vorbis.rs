//! What is particular to `vorbis`.

use std::collections::BTreeMap;
use std::io::Cursor;

use biaoshi::container::Slot;
use biaoshi::{Error, Limits, Status};

use crate::bases;
use crate::lossless::{hold, verify};
use crate::riff::{base, plan, put, quick, read, refused, texts};

fn slot() -> Slot {
    Slot::item("vorbis", "ABCD")
}

/// CRC-32 of Ogg, bit by bit.
fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0u32, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte) << 24,
            |sum, _| {
                if sum >> 31 == 1 { sum << 1 ^ 0x04C1_1DB7 } else { sum << 1 }
            },
        )
    })
}

fn page(flags: u8, position: u64, serial: u32, sequence: u32, lacing: &[u8], body: &[u8]) -> Vec<u8> {
    let mut out = [b"OggS\0", &[flags][..], &position.to_le_bytes(), &serial.to_le_bytes()].concat();
    out.extend(sequence.to_le_bytes());
    out.extend([0; 4]);
    out.push(lacing.len() as u8);
    out.extend(lacing);
    out.extend(body);
    let sum = checksum(&out);
    out[22..26].copy_from_slice(&sum.to_le_bytes());
    out
}

/// What a stream holds: its packets, and the granule position at which each of its pages ends,
/// by the number of packets that are complete there.
#[derive(Debug, Default, PartialEq)]
struct Stream {
    packets: Vec<Vec<u8>>,
    open: bool,
    positions: Vec<(usize, u64)>,
    next: u32,
}

/// Takes a file of whole pages apart; every checksum, number and flag is right.
fn streams(bytes: &[u8]) -> BTreeMap<u32, Stream> {
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let mut out: BTreeMap<u32, Stream> = BTreeMap::new();
    let mut at = 0;
    while at < bytes.len() {
        assert_eq!(&bytes[at..at + 5], b"OggS\0");
        let count = usize::from(bytes[at + 26]);
        let lacing = &bytes[at + 27..at + 27 + count];
        let mut body = at + 27 + count;
        let end = body + lacing.iter().map(|n| usize::from(*n)).sum::<usize>();
        let mut plain = bytes[at..end].to_vec();
        plain[22..26].fill(0);
        assert_eq!(checksum(&plain), word(at + 22), "checksum at {at}");
        let stream = out.entry(word(at + 14)).or_default();
        assert_eq!(stream.next, word(at + 18), "number at {at}");
        stream.next += 1;
        assert_eq!(stream.open, bytes[at + 5] & 1 == 1, "flag at {at}");
        for len in lacing {
            if !stream.open {
                stream.packets.push(Vec::new());
            }
            stream.packets.last_mut().unwrap().extend(&bytes[body..body + usize::from(*len)]);
            body += usize::from(*len);
            stream.open = *len == 255;
        }
        let done = stream.packets.len() - usize::from(stream.open);
        let position = u64::from_le_bytes(bytes[at + 6..at + 14].try_into().unwrap());
        assert_eq!(position == u64::MAX, !lacing.iter().any(|n| *n < 255), "position at {at}");
        stream.positions.push((done, position));
        at = end;
    }
    out
}

/// The file with a value, after checks that nothing but the comments of one stream is another.
fn put_checked(name: &str, before: &[u8], value: &[u8]) -> Vec<u8> {
    let after = put(before, &slot(), value);
    // No more is read of a value than is looked at.
    let most = value.len().min((Limits::default().metadata_bytes / 2) as usize);
    assert_eq!(texts(&after, &slot()), [&value[..most]], "{name}");
    let (was, is) = (streams(before), streams(&after));
    let mut changed = 0;
    for (serial, old) in &was {
        let new = &is[serial];
        assert_eq!(old.packets.len(), new.packets.len(), "{name}");
        for (n, (a, b)) in old.packets.iter().zip(&new.packets).enumerate() {
            assert!(a == b || n == 1, "{name}: packet {n}");
            changed += usize::from(a != b);
        }
        let sound =
            |s: &Stream| s.positions.iter().copied().filter(|(_, p)| *p != 0 && *p != u64::MAX).collect::<Vec<_>>();
        assert_eq!(sound(old), sound(new), "{name}: positions");
    }
    assert_eq!((was.len(), changed), (is.len(), 1), "{name}");
    after
}

fn ogg_bases() -> Vec<(String, Vec<u8>)> {
    bases("-ok").into_iter().filter(|(name, _)| name.starts_with("og") || name.starts_with("opus")).collect()
}

#[test]
fn packets_stay_when_comments_grow_and_shrink() {
    for (name, bytes) in ogg_bases() {
        let mut file = bytes;
        let most = if name.contains("flac") { 200_000 } else { 400_000 };
        for len in [30, 31, 300, 4000, 65_000, most, 255 * 255, 10, most, 254, 0] {
            file = put_checked(&name, &file, &vec![b'a' + (len % 20) as u8; len]);
        }
    }
}

#[test]
fn pages_behind_the_headers_are_copied_while_there_is_room() {
    for (name, bytes) in ogg_bases() {
        let patch = plan(&mut Cursor::new(&bytes), &slot(), &[b'x'; 5000], &Limits::default()).unwrap();
        let last = patch.edits().last().unwrap();
        let end = last.at + last.remove;
        let (map, _) = read(&mut Cursor::new(&bytes), &Limits::default()).unwrap();
        let pages = map.first("pages").unwrap().range.start;
        assert!(end <= pages, "{name}");
    }
}

#[test]
fn numbering_anew_is_bounded() {
    let pages = [
        page(2, 0, 7, 0, &[19], b"OpusHead\x01\x01\0\0\x40\x1F\0\0\0\0\0"),
        page(0, 0, 7, 1, &[16], b"OpusTags\0\0\0\0\0\0\0\0"),
        page(0, 960, 7, 2, &[3], b"\xFC\0\0"),
        page(4, 1920, 7, 3, &[3], b"\xFC\0\0"),
    ];
    let bytes = pages.concat();
    let value = vec![b'x'; 70_000];
    let mut limits = Limits::default();
    limits.ogg_pages = 2;
    plan(&mut Cursor::new(&bytes), &slot(), &value, &limits).unwrap();
    limits.ogg_pages = 1;
    plan(&mut Cursor::new(&bytes), &slot(), b"short", &limits).unwrap();
    assert!(matches!(plan(&mut Cursor::new(&bytes), &slot(), &value, &limits), Err(Error::Limit(_))));
    // Garbage behind the last page is not looked at; between pages, where they go on can't be told.
    put(&[&bytes[..], b"garbage"].concat(), &slot(), &value);
    let [a, b, c, d] = &pages;
    let garbage = [&a[..], b, c, b"garbage", d].concat();
    put(&garbage, &slot(), b"short");
    let error = plan(&mut Cursor::new(&garbage), &slot(), &value, &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Malformed(_)), "{error}");
}

#[test]
fn a_checksum_that_is_wrong_stays_wrong() {
    let mut bytes = base("ogg/speex-ok.spx");
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let at = |file: &[u8]| file.windows(5).rposition(|w| w == b"OggS\0").unwrap();
    let is_wrong = |file: &[u8]| {
        let mut page = file[at(file)..].to_vec();
        let stated = u32::from_le_bytes(page[22..26].try_into().unwrap());
        page[22..26].fill(0);
        checksum(&page) != stated
    };
    assert!(is_wrong(&bytes));
    let after = put(&bytes, &slot(), &vec![b'x'; 70_000]);
    assert!(is_wrong(&after) && after[at(&after) + 18] > bytes[at(&bytes) + 18]);
}

#[test]
fn the_same_comment_in_two_streams_is_one() {
    let bytes = base("ogg/theora-ok.ogv");
    assert_eq!(texts(&bytes, &Slot::item("vorbis", "TITLE")), [b"tone"]);
    let error = plan(&mut Cursor::new(&bytes), &Slot::item("vorbis", "TITLE"), b"other", &Limits::default());
    assert!(matches!(error, Err(Error::Refused(p)) if p.message.code == "ogg.other_stream"));
}

#[test]
fn bytes_behind_the_comments_are_kept() {
    for (name, kept) in [("opus/binary-ok.opus", &b"\x01binary kept"[..]), ("opus/opus-ok.opus", &[0; 64])] {
        let labelled = hold(name, &base(name));
        let streams = streams(&labelled);
        assert!(streams.values().next().unwrap().packets[1].ends_with(kept), "{name}");
    }
}

#[test]
fn frames_of_flac_stay_where_they_are_while_there_is_padding() {
    let start = |bytes: &[u8]| {
        read(&mut Cursor::new(bytes), &Limits::default()).unwrap().0.first("frames").unwrap().range.start
    };
    let bytes = base("flac/padded-ok.flac");
    let mut file = bytes.clone();
    for len in [10, 700, 20, 0] {
        file = put(&file, &slot(), &vec![b'x'; len]);
        assert_eq!((file.len(), start(&file)), (bytes.len(), start(&bytes)));
    }
    let moved = put(&bytes, &slot(), &[b'x'; 3000]);
    assert!(start(&moved) > start(&bytes));
    assert_eq!(moved[start(&moved) as usize..], bytes[start(&bytes) as usize..]);
}

#[test]
fn blocks_of_flac_end_with_the_last_one() {
    for (name, bytes) in bases("-ok").into_iter().filter(|(name, _)| name.starts_with("flac/")) {
        for len in [10, 5000] {
            let file = put(&bytes, &slot(), &vec![b'x'; len]);
            let mut at = file.windows(4).position(|w| w == b"fLaC").unwrap() + 4;
            let mut kinds = Vec::new();
            loop {
                kinds.push(file[at] & 0x7F);
                let last = file[at] & 0x80 != 0;
                at += 4 + u32::from_be_bytes([0, file[at + 1], file[at + 2], file[at + 3]]) as usize;
                if last {
                    break;
                }
            }
            assert_eq!(file[at..at + 2], [0xFF, 0xF8], "{name}");
            assert_eq!(kinds.iter().filter(|k| **k == 4).count(), 1, "{name}");
            assert_eq!(kinds[0], 0, "{name}");
        }
    }
    let bytes = base("flac/bare-ok.flac");
    let error = plan(&mut Cursor::new(&bytes), &slot(), &vec![b'x'; 16_777_200], &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
}

#[test]
fn refusals_name_their_reason() {
    assert_eq!(refused(&base("flac/several-fail.flac"), "several.flac"), "flac.several_comment_blocks");
    assert_eq!(refused(&base("ogg/unknown-fail.ogg"), "unknown.ogg"), "ogg.no_comments");
    // Sound begins in the page in which the comments end.
    let opus = base("opus/opus-ok.opus");
    let tags = streams(&opus).into_values().next().unwrap().packets.swap_remove(1);
    let first = 27 + 1 + usize::from(opus[27]);
    let mut shared = opus[..first].to_vec();
    let lacing = [255u8, (tags.len() % 255) as u8, 3];
    let lacing = if tags.len() < 255 { &lacing[1..] } else { &lacing[..] };
    shared.extend(page(
        4,
        960,
        u32::from_le_bytes(opus[14..18].try_into().unwrap()),
        1,
        lacing,
        &[&tags[..], b"\xFC\0\0"].concat(),
    ));
    assert_eq!(refused(&shared, "shared.opus"), "ogg.shared_page");
}

#[test]
fn labels_of_others_are_read() {
    for name in ["flac/lower-read.flac", "ogg/lower-read.spx", "opus/ffmpeg-read.opus"] {
        let report = verify(name, &base(name));
        assert_eq!(report.status, Status::Confirmed, "{name}");
        assert_eq!(report.evidence[0].site.slot, "vorbis:AIGC", "{name}");
        let codes: Vec<_> = report.findings.iter().map(|f| f.code()).collect();
        assert_eq!(codes, ["label.unsigned"], "{name}");
        let site = &report.evidence[0].site;
        let value = &base(name)[site.offset as usize..(site.offset + site.length) as usize];
        assert!(value.starts_with(b"{\"Label\"") && value.ends_with(b"}"), "{name}");
    }
}

#[test]
fn a_store_in_a_tag_is_seen() {
    let mut bytes = base("flac/id3-ok.flac");
    let at = bytes.windows(4).position(|w| w == b"tone").unwrap();
    assert!(read(&mut Cursor::new(&bytes), &Limits::default()).unwrap().0.segments.iter().all(|s| s.slot.is_none()));
    bytes[at..at + 20].copy_from_slice(b"application/c2pa\0\0\0\0");
    let (map, _) = read(&mut Cursor::new(&bytes), &Limits::default()).unwrap();
    assert_eq!(map.segments[0].slot, Some(Slot::Manifest));
}

#[test]
fn headers_that_lie_cost_nothing() {
    let flac = base("flac/padded-ok.flac");
    for at in [5, 43, 46, 50, 60] {
        for value in [0u32, 1 << 31, u32::MAX, 1 << 24] {
            let mut lying = flac.clone();
            lying[at..at + 4].copy_from_slice(&value.to_le_bytes());
            quick("lying.flac", &lying);
        }
    }
    quick("blocks.flac", &[&flac[..42], &[1, 0, 0, 0].repeat(2_000_000)].concat());
    quick("tags.flac", &[b"ID3\x04\0\x10\0\0\0\0".repeat(1_000_000), flac].concat());
    let first = page(2, 0, 1, 0, &[30], b"\x01vorbis\0\0\0\0\x01\x40\x1F\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xB8\x01");
    // Small pages without end, many streams, a comment header of 20 MB, counts of 2^32.
    let small = page(0, 0, 1, 1, &[0], b"");
    quick("small.ogg", &[&first[..], &small.repeat(400_000)].concat());
    let others: Vec<u8> = (0..60_000).flat_map(|n| page(2, 0, n, 0, &[8], b"OpusHead")).collect();
    quick("streams.ogg", &others);
    let part = page(0, 0, 1, 1, &[255; 255], &[0; 65_025]);
    quick("long.ogg", &[&first[..], &part.repeat(300)].concat());
    for count in [u32::MAX, 1 << 31, 1_000_000] {
        let list = [b"\x03vorbis\0\0\0\0", &count.to_le_bytes()[..], &[0; 200]].concat();
        quick("count.ogg", &[&first[..], &page(0, 0, 1, 1, &[list.len() as u8], &list)].concat());
    }
}
