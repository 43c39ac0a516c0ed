//! What is particular to TIFF, BigTIFF and DNG.

use std::time::{Duration, Instant};

use biaoshi::{Error, Format, Label, Status};

use super::lossless::{CODE, essence, labeler, survives, verify};

/// A little-endian TIFF: entries of tag, type, count and value, the next directory, then `data`.
fn file(entries: &[(u16, u16, u32, u32)], next: u32, data: &[u8]) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(next.to_le_bytes());
    out.extend(data);
    out
}

/// The same with 64 bits.
fn big(count: u64, entries: &[(u16, u16, u64, u64)], data: &[u8]) -> Vec<u8> {
    let mut out = b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec();
    out.extend(count.to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(0u64.to_le_bytes());
    out.extend(data);
    out
}

fn label(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let label = Label::new(CODE).with_produce_id("vector-0001");
    labeler("a.tif").label_bytes(bytes, &label).map(|(out, _)| out)
}

/// The bytes of a strip behind one directory of these entries and two of its own.
fn plain(more: &[(u16, u16, u32, u32)]) -> Vec<u8> {
    let start = 8 + 2 + 12 * (more.len() as u32 + 2) + 4;
    let mut entries = more.to_vec();
    entries.extend([(273, 4, 1, start), (279, 4, 1, 16)]);
    file(&entries, 0, b"sixteen bytes ..")
}

#[test]
fn an_unsorted_directory_keeps_its_order() {
    let bytes = plain(&[(305, 2, 2, 0x41), (256, 3, 1, 4)]);
    let out = label(&bytes).unwrap();
    let at = u32::from_le_bytes(out[4..8].try_into().unwrap()) as usize;
    let tags: Vec<u16> = (0..5).map(|n| u16::from_le_bytes([out[at + 2 + n * 12], out[at + 3 + n * 12]])).collect();
    assert_eq!(tags, [305, 256, 273, 279, 700]);
    assert_eq!(out[8..bytes.len()], bytes[8..]);
    assert_eq!(essence("a.tif", &out), b"sixteen bytes ..");
    assert_eq!(verify("a.tif", &out).status, Status::Confirmed);
}

#[test]
fn raw_files_that_only_look_like_tiff_are_not_taken() {
    let mut canon = plain(&[]);
    canon[8..10].copy_from_slice(b"CR");
    let mut panasonic = plain(&[]);
    panasonic[2] = 0x55;
    for bytes in [canon, panasonic] {
        assert!(label(&bytes).is_err());
    }
    assert_eq!(verify("a.dng", &plain(&[(0xC612, 1, 4, 0x0104)])).format, Format::Dng);
}

#[test]
fn what_is_due_behind_the_end_is_not_given_other_bytes() {
    let cut = |bytes: Vec<u8>| match label(&bytes) {
        Err(Error::Malformed(_)) => {}
        other => panic!("{other:?}"),
    };
    // A profile and a strip that the file no longer holds, and a chain that leads out of it.
    cut(plain(&[(34675, 7, 1000, 100)]));
    cut(file(&[(273, 4, 1, 1 << 31), (279, 4, 1, 100)], 0, b""));
    cut(file(&[(273, 4, 1, 8), (279, 4, 1, u32::MAX)], 0, b""));
    cut(file(&[(256, 3, 1, 1)], 5000, b""));
    cut(file(&[(256, 3, 1, 1)], 8, b""));
    // A packet that is also picture, and two packets.
    cut(file(&[(273, 4, 1, 62), (279, 4, 1, 30), (700, 1, 40, 62), (701, 3, 1, 1)], 0, &[b' '; 60]));
    cut(plain(&[(700, 1, 20, 8), (700, 1, 20, 28)]));
}

#[test]
fn hostile_structures_are_answered_at_once() {
    let lists = |kind: u16, count: u64| [(273, kind, count, 100), (279, kind, count, 200)];
    let mut files: Vec<Vec<u8>> = Vec::new();
    for count in [1 << 31, (1 << 32) - 1, 1 << 32, 1 << 63, u64::MAX] {
        for kind in [1, 3, 4, 16, 18] {
            files.push(big(2, &lists(kind, count), &[1; 4096]));
        }
        files.push(big(count, &lists(16, 10), &[1; 4096]));
        files.push(big(2, &[(700, 7, count, 16), (0xCD41, 7, 5, count)], &[b' '; 4096]));
        files.push(big(2, &[(700, 7, 100, count), (330, 18, count, 16)], &[b' '; 4096]));
        files.push(big(2, &[(0x8769, 18, 1, count), (34665, 16, count, 16)], &[b' '; 4096]));
    }
    // A directory of 65,535 entries, all SubIFDs that point at themselves or at the same packet.
    for (tag, kind) in [(330u16, 4u16), (0x8769, 4), (700, 1), (270, 2), (0xCD41, 7)] {
        files.push(file(&vec![(tag, kind, 100_000, 8); 65_535], 8, b""));
        files.push(file(&vec![(tag, kind, 100, 8); 4_096], 8, b""));
        files.push(file(&vec![(tag, kind, 1, 8); 4_096], 8, b""));
    }
    // A list of strips as long as the file, each in its own place; and one place many times.
    let strips = 1 << 20;
    let offsets: Vec<u8> =
        (0..strips).flat_map(|n: u32| (n.wrapping_mul(2_654_435_761) % (8 << 20)).to_le_bytes()).collect();
    files.push(file(&[(273, 4, strips, 38), (279, 4, strips, 38)], 0, &offsets));
    files.push(file(&[(273, 4, strips, 38), (279, 1, strips, 38)], 0, &offsets));
    // A chain of many directories, each with a SubIFD one byte further.
    let mut chain = b"II*\0\x08\0\0\0".to_vec();
    for n in 0..60_000u32 {
        let next = 8 + (n + 1) * 18;
        chain.extend([1, 0, 74, 1, 4, 0, 1, 0, 0, 0]);
        chain.extend((next - 9).to_le_bytes());
        chain.extend(next.to_le_bytes());
    }
    files.push(chain);
    for (n, bytes) in files.iter().enumerate() {
        let start = Instant::now();
        let _ = label(bytes);
        let _ = biaoshi::Verifier::new().file_name("a.tif").verify_bytes(bytes);
        // Unoptimised, on a machine that does other things as well.
        assert!(start.elapsed() < Duration::from_secs(10), "file {n}: {:?}", start.elapsed());
    }
    for bytes in files.iter().filter(|f| f.len() < 5000).step_by(8) {
        survives("a.tif", bytes);
    }
}

#[test]
fn a_page_more_is_not_a_bound() {
    // Eight pages for each that an Exif block may have.
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    for n in 0..512u32 {
        let next = if n == 511 { 0 } else { 8 + (n + 1) * 18 };
        bytes.extend([1, 0, 0, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
        bytes.extend(next.to_le_bytes());
    }
    let out = label(&bytes).unwrap();
    assert_eq!(verify("a.tif", &out).status, Status::Confirmed);
}

#[test]
fn labels_of_other_tools_are_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases/tiff");
    for (name, slot, id) in [
        ("exiftool-read.tif", "xmp", "vector-0001"),
        ("comment-read.tif", "exif:UserComment", "vector-0002"),
        ("description-read.tif", "exif:ImageDescription", "vector-0003"),
    ] {
        let report = verify(name, &std::fs::read(root.join(name)).unwrap());
        let found: Vec<_> = report.evidence.iter().filter(|e| e.label.is_some()).collect();
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!(found[0].label.as_ref().unwrap().produce_id, id, "{name}");
        assert_eq!(found[0].site.slot, slot, "{name}");
    }
}
