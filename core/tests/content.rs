//! The hash of the content: labels and metadata leave it as it is, and nothing else does.
#![cfg(target_pointer_width = "64")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "common/lossless.rs"]
mod lossless;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use biaoshi::container::{ContentAlg, NewValue, Segment, SegmentMap, Slot, content_hash};
use biaoshi::sign::{KeygenOptions, generate};
use biaoshi::source::{ReadSeek, Source};
use biaoshi::{Algorithm, Error, Format, Identity, Label, Limits};
use sha2::Digest as _;

use lossless::{CODE, labeler, splice};

#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

/// The test that measures memory runs alone.
static ALONE: RwLock<()> = RwLock::new(());

fn shared() -> RwLockReadGuard<'static, ()> {
    ALONE.read().unwrap_or_else(PoisonError::into_inner)
}

/// The files of `xtask/bases/` that can be labelled.
fn bases() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases");
    let mut out = Vec::new();
    for folder in std::fs::read_dir(&root).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()) {
        for path in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-ok")) {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                out.push((name, std::fs::read(&path).unwrap()));
            }
        }
    }
    out.sort();
    assert!(out.len() > 100, "{} bases", out.len());
    out
}

/// The map of a file and the hash of its content.
fn read_from(name: &str, inner: &mut dyn ReadSeek, alg: ContentAlg) -> Result<(SegmentMap, [u8; 32]), Error> {
    let limits = Limits::default();
    let mut source = Source::new(inner, &limits)?;
    let Some(row) = Format::sniff(&mut source, Some(name))? else {
        return Ok((SegmentMap::new(Format::Txt, 0), [0; 32]));
    };
    let map = row.container.map(row.format, &mut source, &limits)?;
    let hash = content_hash(row.container, &map, &mut source, &limits, alg)?;
    Ok((map, hash))
}

fn hash(name: &str, bytes: &[u8]) -> [u8; 32] {
    read_from(name, &mut Cursor::new(bytes), ContentAlg::Sha256).unwrap_or_else(|e| panic!("{name}: {e}")).1
}

fn labelled(name: &str, bytes: &[u8], id: &str) -> Vec<u8> {
    let label = Label::new(CODE).with_produce_id(id);
    labeler(name).label_bytes(bytes, &label).unwrap_or_else(|e| panic!("{name}: {e}")).0
}

/// Values of the file that hold `id`, put again with a much longer one.
fn relabelled(name: &str, bytes: &[u8], id: &str) -> Option<Vec<u8>> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let row = Format::sniff(&mut source, Some(name)).unwrap().unwrap();
    let mut map = row.container.map(row.format, &mut source, &limits).unwrap();
    let values = row.container.values(&mut map, &mut source, &limits).unwrap();
    let value = values.into_iter().find(|v| v.bytes.windows(id.len()).any(|w| w == id.as_bytes()))?;
    let text = String::from_utf8(value.bytes).unwrap().replace(id, &"longer".repeat(600));
    let new = NewValue { slot: value.slot, bytes: text.into_bytes() };
    let placed = row.container.put(&map, &mut source, &[new], &limits).ok()?;
    Some(splice(bytes, &placed.patch))
}

#[test]
fn labels_of_any_length_leave_the_hash_as_it_is() {
    let _shared = shared();
    let mut again = BTreeSet::new();
    let mut hashes = BTreeMap::new();
    for (name, bytes) in bases() {
        let base = hash(&name, &bytes);
        let short = labelled(&name, &bytes, "id-1");
        let long = labelled(&name, &bytes, &"x".repeat(3000));
        assert_ne!(short, bytes);
        assert_eq!(hash(&name, &short), base, "{name}: labelled");
        assert_eq!(hash(&name, &long), base, "{name}: with a long label");
        if let Some(other) = relabelled(&name, &short, "id-1") {
            assert!(other.windows(60).any(|w| w == "longer".repeat(10).as_bytes()) || other != short, "{name}");
            assert_eq!(hash(&name, &other), base, "{name}: with another label");
            again.insert(name.split('/').next().unwrap().to_owned());
        }
        hashes.entry(base).or_insert_with(Vec::new).push(name);
    }
    println!("labelled again: {again:?}");
    assert!(again.len() >= 34, "{} formats were labelled again: {again:?}", again.len());
    let same: Vec<_> = hashes.values().filter(|names| names.len() > 1).collect();
    println!("the same content: {same:?}");
}

#[test]
fn a_manifest_leaves_the_hash_as_it_is() {
    let _shared = shared();
    let made = generate(&KeygenOptions {
        algorithm: Algorithm::Ed25519,
        organization: "Biaoshi tests".into(),
        common_name: "Biaoshi tests".into(),
        country: "CN".into(),
        not_before: std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() - 60,
        days: 30,
    })
    .unwrap();
    let identity = Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap();
    let mut signed = BTreeSet::new();
    for (name, bytes) in bases() {
        let label = Label::new(CODE).with_produce_id("id-1");
        let Ok((out, _)) = labeler(&name).signer(&identity).label_bytes(&bytes, &label) else { continue };
        let (map, hash_now) = read_from(&name, &mut Cursor::new(&out), ContentAlg::Sha256).unwrap();
        assert_eq!(hash_now, hash(&name, &bytes), "{name}: signed");
        if map.segments.iter().any(|s| s.slot == Some(Slot::Manifest)) {
            signed.insert(name.split('/').next().unwrap().to_owned());
        }
    }
    println!("signed: {signed:?}");
    assert!(signed.len() >= 20, "{signed:?}");
}

/// Gives one byte a read.
struct Slow(Cursor<Vec<u8>>);

impl Read for Slow {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let most = buf.len().min(1);
        self.0.read(&mut buf[..most])
    }
}

impl Seek for Slow {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        self.0.seek(to)
    }
}

#[test]
fn a_reader_that_gives_little_gives_the_same_hash() {
    let _shared = shared();
    for (name, bytes) in bases() {
        for alg in [ContentAlg::Sha256, ContentAlg::Sm3] {
            let at_once = read_from(&name, &mut Cursor::new(&bytes), alg).unwrap().1;
            let slowly = read_from(&name, &mut Slow(Cursor::new(bytes.clone())), alg).unwrap().1;
            assert_eq!(at_once, slowly, "{name} {alg:?}");
        }
        assert_ne!(hash(&name, &bytes), read_from(&name, &mut Cursor::new(&bytes), ContentAlg::Sm3).unwrap().1);
    }
}

/// Whole parts that are metadata or framing, by folder of `xtask/bases/`.
const ASIDE: &[(&str, &[&str])] = &[
    ("3gp", &["free", "mfra"]),
    ("aac", &["ID3"]),
    ("aiff", &["ANNO", "FVER", "ID3 ", "NAME", "pad"]),
    ("avi", &["JUNK", "LIST INFO"]),
    ("avif", &["Exif", "free", "hdlr", "mime"]),
    // The tag of the packet, texts, and the first directory as it was.
    ("dng", &["IFD0", "XMP", "data"]),
    ("flac", &["ID3", "PADDING", "SEEKTABLE", "VORBIS_COMMENT"]),
    ("flv", &["script"]),
    ("gif", &["XMP DataXMP", "comment", "trailing"]),
    ("heif", &["Exif", "free", "hdlr", "mime", "trailing"]),
    ("html", &["meta"]),
    ("json", &["member"]),
    ("jxl", &["Exif", "free", "ftyp", "jxll", "xml "]),
    ("m4a", &["free"]),
    ("markdown", &["front-matter"]),
    ("matroska", &["Cues", "SeekHead", "Tags", "Void"]),
    ("mov", &["free"]),
    ("mp3", &["APE", "ID3", "ID3v1", "Lyrics3"]),
    ("mp4", &["free", "mfra"]),
    ("pdf", &["Metadata", "update"]),
    ("png", &["IEND", "iTXt"]),
    ("svg", &["metadata", "rdf:RDF"]),
    ("tiff", &["IFD0", "XMP", "data"]),
    ("vtt", &["NOTE"]),
    ("wav", &["AIGC", "LIST INFO", "axml", "bext", "ds64", "pad"]),
    ("webm", &["Cues", "SeekHead", "Tags", "Void"]),
    // Flags of the extended header but those of alpha and animation.
    ("webp", &["VP8X", "XMP "]),
];

/// Parts of a package that are about the document, or of which only the label's own lines are left out.
const DOCUMENT: &[&str] = &[
    "META-INF/content_credential.c2pa",
    "[Content_Types].xml",
    "_rels/.rels",
    "custom/props.xml",
    "docProps/app.xml",
    "docProps/core.xml",
    "docProps/custom.xml",
    "meta.xml",
    "EPUB/content.opf",
    "EPUB/package.opf",
];

fn be32(bytes: &[u8], at: usize) -> usize {
    bytes.get(at..at + 4).map_or(0, |b| u32::from_be_bytes(b.try_into().unwrap()) as usize)
}

/// Whether a box of one of these types holds `at`, header included.
fn in_box(bytes: &[u8], at: usize, kinds: &[&[u8; 4]]) -> bool {
    let starts = (4..bytes.len() - 4).filter(|p| kinds.iter().any(|kind| bytes[*p..*p + 4] == kind[..]));
    starts.map(|p| p - 4).any(|start| (start..start + be32(bytes, start)).contains(&at))
}

/// Whether `at` is so many bytes behind one of these names.
fn behind(bytes: &[u8], at: usize, names: &[&[u8]], far: std::ops::Range<usize>) -> bool {
    far.into_iter().any(|far| {
        let start = at.checked_sub(far);
        start.is_some_and(|start| names.iter().any(|name| bytes.get(start..start + name.len()) == Some(name)))
    })
}

/// Whether `at` stands in the length in front of a box.
fn in_length(bytes: &[u8], at: usize, kinds: &[&[u8]]) -> bool {
    (1..=4).any(|far| kinds.iter().any(|kind| bytes.get(at + far..at + far + 4) == Some(kind)))
}

/// The child of a Matroska master that holds `at`, by its ID.
fn child(bytes: &[u8], mut start: usize, at: usize) -> Option<u32> {
    let number = |at: usize, marked: bool| {
        let width = 1 + bytes.get(at)?.leading_zeros() as usize;
        let value = bytes.get(at..at + width)?.iter().fold(0u64, |n, b| n << 8 | u64::from(*b));
        Some((width, if marked { value } else { value & ((1 << (7 * width)) - 1) }))
    };
    loop {
        let (id_len, id) = number(start, true)?;
        let (size_len, size) = number(start + id_len, false)?;
        let end = start + id_len + size_len + usize::try_from(size).ok()?;
        if at < end {
            return u32::try_from(id).ok();
        }
        start = end;
    }
}

/// Whether the byte at `at` may be anything: metadata, or framing that says nothing of the content.
fn is_aside(folder: &str, part: &Segment, bytes: &[u8], at: usize) -> bool {
    if ASIDE.iter().any(|(name, parts)| *name == folder && parts.contains(&part.name.as_str())) {
        return true;
    }
    let far = at - part.range.start as usize;
    match (folder, part.name.as_str()) {
        ("3gp" | "avif" | "heif" | "m4a" | "mov" | "mp4", "moov") => {
            in_box(bytes, at, &[b"udta", b"meta", b"free"])
                || behind(bytes, at, &[b"mvhd"], 8..24)
                || behind(bytes, at, &[b"stco", b"co64"], 4..8)
                || far < 4
        }
        // The last box of one that is as long is cut where that ends.
        ("mp4", "moof") => in_length(bytes, at, &[b"traf", b"trun"]) || behind(bytes, at, &[b"tfhd"], 12..20),
        ("mp4", "sidx") => (20..36).contains(&far),
        ("avif" | "heif", "iinf") => far < 16 || in_box(bytes, at, &[b"infe"]) && in_metadata_item(bytes, at),
        ("avif" | "heif", "iref") => far < 12 || in_box(bytes, at, &[b"cdsc"]),
        ("avif" | "heif", "mdat") => far < 8,
        // The entry of the packet; checked by their number.
        ("avif" | "heif", "iloc") => true,
        ("avi", "LIST hdrl") => in_riff(bytes, at) || in_length_of_list(bytes, at),
        ("flv", "FLV") => far >= 9,
        ("matroska" | "webm", "Info" | "Tracks") => {
            let about = [0x7BA9, 0x4D80, 0x5741, 0x4461, 0xEC, 0xBF];
            child(bytes, part.payload.start as usize, at).is_some_and(|id| about.contains(&id))
        }
        // Number and checksum of a page; comments of a stream that begins later.
        ("ogg" | "opus", "pages") => {
            let page = bytes[..=at].windows(4).rposition(|w| w == b"OggS").unwrap();
            let number = u32::from_le_bytes(bytes[page + 18..page + 22].try_into().unwrap());
            let far = at - page;
            // The five highest of the flags mean nothing.
            far == 5 && at % 8 > 2
                || (18..26).contains(&far)
                || number < 2 && (6..14).contains(&far)
                || number == 1 && far > 27
        }
        ("docx" | "xlsx" | "pptx" | "epub" | "odt" | "ods" | "odp", name) => {
            DOCUMENT.contains(&name) || !part.essence || !part.payload.contains(&(at as u64))
        }
        _ => false,
    }
}

/// Whether the entry of `iinf` around `at` is one of metadata.
fn in_metadata_item(bytes: &[u8], at: usize) -> bool {
    let start = bytes[..(at + 8).min(bytes.len())].windows(4).rposition(|w| w == b"infe").unwrap() - 4;
    matches!(&bytes[start + 16..start + 20], b"mime" | b"Exif")
}

/// Whether filler or an information list of the headers holds `at`.
fn in_riff(bytes: &[u8], at: usize) -> bool {
    let starts = (0..bytes.len() - 12).filter(|p| {
        &bytes[*p..*p + 4] == b"JUNK" || (&bytes[*p..*p + 4] == b"LIST" && &bytes[*p + 8..*p + 12] == b"INFO")
    });
    let size = |p: usize| u32::from_le_bytes(bytes[p + 4..p + 8].try_into().unwrap()) as usize;
    starts.into_iter().any(|p| (p..p + 8 + size(p)).contains(&at))
}

/// The last list of one that is as long is cut where that ends.
fn in_length_of_list(bytes: &[u8], at: usize) -> bool {
    behind(bytes, at, &[b"LIST"], 4..8)
}

#[test]
fn a_changed_byte_of_the_content_changes_the_hash() {
    let _shared = shared();
    let mut left: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut wrong: Vec<String> = Vec::new();
    let (mut flips, mut kept) = (0usize, 0usize);
    for (name, bytes) in bases() {
        let bytes = labelled(&name, &bytes, "id-1");
        let (map, due) = read_from(&name, &mut Cursor::new(&bytes), ContentAlg::Sha256).unwrap();
        let folder = name.split('/').next().unwrap().to_owned();
        let mut changed = bytes.clone();
        let mut places = 0;
        for at in 0..bytes.len() {
            changed[at] ^= 1 << (at % 8);
            flips += 1;
            let read = read_from(&name, &mut Cursor::new(&changed), ContentAlg::Sha256);
            changed[at] = bytes[at];
            if !read.is_ok_and(|(map, hash)| hash == due && !map.damaged) {
                continue;
            }
            kept += 1;
            let part = map.segments.iter().find(|s| s.range.contains(&(at as u64))).unwrap();
            places += usize::from(part.name == "iloc");
            *left.entry((folder.clone(), part.name.clone())).or_default() += 1;
            if part.essence && !matches!(folder.as_str(), "docx" | "xlsx" | "pptx" | "epub" | "odt" | "ods" | "odp")
                || !is_aside(&folder, part, &bytes, at)
            {
                wrong.push(format!("{name} {} at {at}", part.name));
            }
        }
        assert!(places <= 24, "{name}: {places} bytes of iloc");
    }
    println!("{flips} flips, {kept} of them leave the hash as it is:");
    for ((format, part), count) in &left {
        println!("{format}\t{part}\t{count}");
    }
    assert!(wrong.is_empty(), "{} bytes of content: {:#?}", wrong.len(), &wrong[..wrong.len().min(60)]);
}

#[test]
fn parts_put_twice_or_left_out_change_the_hash() {
    let _shared = shared();
    let (mut tried, mut read) = (0usize, 0usize);
    for (name, bytes) in bases() {
        let (map, due) = read_from(&name, &mut Cursor::new(&bytes), ContentAlg::Sha256).unwrap();
        for part in map.segments.iter().filter(|s| s.essence) {
            let range = part.range.start as usize..part.range.end as usize;
            let twice = [&bytes[..range.end], &bytes[range.start..]].concat();
            let out = [&bytes[..range.start], &bytes[range.end..]].concat();
            for changed in [twice, out] {
                tried += 1;
                let Ok((map, hash)) = read_from(&name, &mut Cursor::new(&changed), ContentAlg::Sha256) else {
                    continue;
                };
                // What stands behind the end that a file states is not played, and what no directory
                // points to is not shown.
                let shown = changed.len() < bytes.len() || !matches!(map.format, Format::Tiff | Format::Dng);
                let sound = !map.damaged && map.trailing().is_none() && shown;
                read += usize::from(sound);
                assert!(!sound || hash != due, "{name}: {} at {range:?}", part.name);
            }
        }
    }
    println!("{tried} changes, {read} of them leave a sound file");
    assert!(read > 100, "{read}");
}

#[test]
fn files_that_are_cut_have_a_hash_or_an_error_that_says_why() {
    let _shared = shared();
    for (name, bytes) in bases() {
        for cut in (0..bytes.len()).step_by((bytes.len() / 64).max(1)) {
            let read = read_from(&name, &mut Cursor::new(&bytes[..cut]), ContentAlg::Sha256);
            let typed = !matches!(read, Err(Error::Internal(_) | Error::Io { .. }));
            assert!(typed, "{name} cut at {cut}: {:?}", read.err());
        }
    }
}

/// The film with the first `stco` as `co64`; its samples stand in front of `moov`.
fn widened(bytes: &[u8]) -> Vec<u8> {
    let at = bytes.windows(4).position(|w| w == b"stco").unwrap() - 4;
    let count = be32(bytes, at + 12);
    let entries = (0..count).flat_map(|n| (be32(bytes, at + 16 + 4 * n) as u64).to_be_bytes());
    let mut table = [&((16 + 8 * count) as u32).to_be_bytes()[..], b"co64", &bytes[at + 8..at + 16]].concat();
    table.extend(entries);
    let mut out = bytes.to_vec();
    for kind in [b"moov", b"trak", b"mdia", b"minf", b"stbl"] {
        let starts = (4..bytes.len() - 4).filter(|p| &bytes[*p..*p + 4] == kind).map(|p| p - 4);
        let start = { starts }.rfind(|start| (*start..start + be32(bytes, *start)).contains(&at)).unwrap();
        let size = be32(bytes, start) + 4 * count;
        out[start..start + 4].copy_from_slice(&(size as u32).to_be_bytes());
    }
    out.splice(at..at + 16 + 4 * count, table);
    out
}

#[test]
fn wider_positions_are_the_same_and_others_are_not() {
    let _shared = shared();
    let (name, bytes) = bases().into_iter().find(|(name, _)| name == "mp4/plain-ok.mp4").unwrap();
    let wide = widened(&bytes);
    assert!(bytes.windows(4).position(|w| w == b"mdat") < bytes.windows(4).position(|w| w == b"moov"));
    assert_eq!(wide.len() - bytes.len(), 4 * be32(&wide, wide.windows(4).position(|w| w == b"co64").unwrap() + 8));
    let (map, hash_now) = read_from(&name, &mut Cursor::new(&wide), ContentAlg::Sha256).unwrap();
    assert!(!map.damaged);
    assert_eq!(hash_now, hash(&name, &bytes));
    let at = wide.windows(4).position(|w| w == b"co64").unwrap() + 12 + 7;
    let mut moved = wide;
    moved[at] ^= 1;
    assert_ne!(hash(&name, &moved), hash_now);
}

/// A file that is `head` and then the same page over and over.
struct Endless {
    head: Vec<u8>,
    page: Vec<u8>,
    count: u64,
    at: u64,
}

impl Read for Endless {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let head = self.head.len() as u64;
        let rest = match self.at.checked_sub(head) {
            None => &self.head[self.at as usize..],
            Some(far) if far < self.count * self.page.len() as u64 => &self.page[far as usize % self.page.len()..],
            Some(_) => &[],
        };
        let n = rest.len().min(buf.len());
        buf[..n].copy_from_slice(&rest[..n]);
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for Endless {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let len = self.head.len() as u64 + self.count * self.page.len() as u64;
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(far) => len.checked_add_signed(far).unwrap(),
            SeekFrom::Current(far) => self.at.checked_add_signed(far).unwrap(),
        };
        Ok(self.at)
    }
}

#[test]
fn a_gigabyte_of_ogg_costs_little_memory() {
    let _alone = ALONE.write().unwrap_or_else(PoisonError::into_inner);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases/opus/opus-ok.opus");
    let bytes = std::fs::read(root).unwrap();
    let pages: Vec<usize> = bytes.windows(4).enumerate().filter(|(_, w)| *w == b"OggS").map(|(at, _)| at).collect();
    let serial = &bytes[14..18];
    for (flags, last) in [(0u8, 10u8), (1, 255)] {
        // Packets of a page each, and one packet of all pages.
        let mut page = [&b"OggS\0"[..], &[flags], &[7; 8], serial, &[0; 8], &[255]].concat();
        page.extend([vec![255; 254], vec![last]].concat());
        page.resize(page.len() + 254 * 255 + usize::from(last), 0x5A);
        let count = (1u64 << 30) / page.len() as u64;
        let mut file = Endless { head: bytes[..pages[2]].to_vec(), page, count, at: 0 };
        let before = HEAP.allocated();
        HEAP.set_limit(before + (8 << 20)).unwrap();
        let read = read_from("endless.opus", &mut file, ContentAlg::Sha256);
        HEAP.set_limit(usize::MAX).unwrap();
        let (map, hash) = read.unwrap();
        assert!(map.len > 1_000_000_000 && !map.damaged && map.format == Format::Opus);
        file.count -= 1;
        assert_ne!(read_from("endless.opus", &mut file, ContentAlg::Sha256).unwrap().1, hash);
    }
}

/// The digest of `rule` and `format` and these items, made by hand.
fn framed(format: &str, items: &[(&str, &[u8])]) -> [u8; 32] {
    let mut bytes = format!("biaoshi-content-1\n{format}\n").into_bytes();
    for (tag, item) in items {
        bytes.push(tag.len() as u8);
        bytes.extend_from_slice(tag.as_bytes());
        bytes.extend_from_slice(&(item.len() as u64).to_be_bytes());
        bytes.extend_from_slice(item);
    }
    sha2::Sha256::digest(&bytes).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn the_example_of_the_specification_holds() {
    let _shared = shared();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/content.md");
    let text = std::fs::read_to_string(root).unwrap();
    let example = text.split("## Example").nth(1).unwrap();
    let file = example.split("```markdown\n").nth(1).unwrap().split("```").next().unwrap();
    let due = framed("markdown", &[("yaml", b"title: A walk\n"), ("essence", b"# A walk\n\nBy the sea.\n")]);
    assert_eq!(hash("example.md", file.as_bytes()), due);
    assert!(example.contains(&hex(&due)), "{}", hex(&due));
    let sm3 = read_from("example.md", &mut Cursor::new(file), ContentAlg::Sm3).unwrap().1;
    assert!(example.contains(&hex(&sm3)), "{}", hex(&sm3));
    // Without the label, and with the front matter's other entry changed.
    assert_eq!(hash("example.md", b"---\ntitle: A walk\n---\n# A walk\n\nBy the sea.\n"), due);
    assert_ne!(hash("example.md", b"---\ntitle: A run\n---\n# A walk\n\nBy the sea.\n"), due);
    let bare = framed("markdown", &[("essence", b"# A walk\n\nBy the sea.\n")]);
    assert_eq!(hash("example.md", b"# A walk\n\nBy the sea.\n"), bare);
    assert_eq!(hash("example.md", &labelled("example.md", b"# A walk\n\nBy the sea.\n", "id-1")), bare);
}

/// Hashes that were given out stay true: who changes one of these lines needs another rule.
#[test]
fn the_rule_does_not_change() {
    let _shared = shared();
    let mut found = String::new();
    let mut seen = BTreeSet::new();
    for (name, bytes) in bases() {
        if seen.insert(name.split('/').next().unwrap().to_owned()) {
            let sm3 = read_from(&name, &mut Cursor::new(&bytes), ContentAlg::Sm3).unwrap().1;
            found.push_str(&format!("{name} {} {}\n", hex(&hash(&name, &bytes)), hex(&sm3)));
        }
    }
    let due = include_str!("content/hashes.txt");
    if std::env::var_os("CONTENT_HASHES").is_some() {
        println!("{found}");
    }
    assert_eq!(found, due);
}
