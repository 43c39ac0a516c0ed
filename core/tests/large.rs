//! Six gigabytes of sound and film cost what their metadata costs: at most 32 MiB and twice the
//! metadata.
//!
//! The inputs are sparse, so they take no room on the disk; the outputs do, one at a time.
#![cfg(target_pointer_width = "64")]
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Instant;

use biaoshi::{Explicit, Label, Labeler, Profile, Status, Verifier};

#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

const MIB: u64 = 1 << 20;
const MEDIA: u64 = 6 << 30;
/// Samples of the film; each has an entry in two tables.
const SAMPLES: u64 = 200_000;

fn skip(file: &mut File, bytes: u64) {
    file.seek(SeekFrom::Current(i64::try_from(bytes).unwrap())).unwrap();
}

fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], kind, &body].concat()
}

/// A table: version and flags, entry count, entries.
fn table(kind: &[u8; 4], entries: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let entries: Vec<Vec<u8>> = entries.collect();
    boxed(kind, &[&[0; 4], &u32::try_from(entries.len()).unwrap().to_be_bytes(), &entries.concat()])
}

/// ISO/IEC 14496-12: the film's tables in front of six gigabytes. Returns the metadata's length.
fn mp4(file: &mut File) -> u64 {
    let ftyp = boxed(b"ftyp", &[b"isom\0\0\x02\0isomiso2mp41"]);
    let chunk = MEDIA / SAMPLES;
    let moov = |start: u64| {
        let co64 = table(b"co64", (0..SAMPLES).map(|n| (start + n * chunk).to_be_bytes().to_vec()));
        let sizes: Vec<u8> = (0..SAMPLES).flat_map(|_| 16u32.to_be_bytes()).collect();
        let stsz = boxed(b"stsz", &[&[0; 8], &u32::try_from(SAMPLES).unwrap().to_be_bytes(), &sizes]);
        let stbl = boxed(b"stbl", &[&co64, &stsz]);
        let trak = boxed(b"trak", &[&boxed(b"mdia", &[&boxed(b"minf", &[&stbl])])]);
        boxed(b"moov", &[&boxed(b"mvhd", &[&[0; 100]]), &trak])
    };
    let head = (ftyp.len() + moov(0).len()) as u64;
    file.write_all(&ftyp).unwrap();
    file.write_all(&moov(head + 16)).unwrap();
    file.write_all(&[&1u32.to_be_bytes()[..], b"mdat", &(MEDIA + 16).to_be_bytes()].concat()).unwrap();
    skip(file, MEDIA);
    head
}

/// ITU-R BS.2088: the sizes are in `ds64`.
fn rf64(file: &mut File) -> u64 {
    let fmt =
        [&b"fmt "[..], &16u32.to_le_bytes(), &[1, 0, 2, 0, 0x80, 0xBB, 0, 0, 0, 0xEE, 2, 0, 4, 0, 16, 0]].concat();
    let riff = 4 + 36 + fmt.len() as u64 + 8 + MEDIA;
    let ds64 = [&riff.to_le_bytes()[..], &MEDIA.to_le_bytes(), &(MEDIA / 4).to_le_bytes(), &[0; 4]].concat();
    file.write_all(b"RF64\xFF\xFF\xFF\xFFWAVEds64").unwrap();
    file.write_all(&28u32.to_le_bytes()).unwrap();
    file.write_all(&ds64).unwrap();
    file.write_all(&fmt).unwrap();
    file.write_all(b"data\xFF\xFF\xFF\xFF").unwrap();
    skip(file, MEDIA);
    200
}

/// An element with a size of eight bytes.
fn element(id: &[u8], size: u64) -> Vec<u8> {
    [id, &((1u64 << 56) | size).to_be_bytes()].concat()
}

/// RFC 9559: six hundred clusters of one block each.
fn matroska(file: &mut File) -> u64 {
    const CLUSTERS: u64 = 600;
    let block = MEDIA / CLUSTERS;
    let body = 12 + block;
    let info = [&element(&[0x15, 0x49, 0xA9, 0x66], 7)[..], &[0x2A, 0xD7, 0xB1, 0x83, 0x0F, 0x42, 0x40]].concat();
    let segment = info.len() as u64 + CLUSTERS * (12 + body);
    let doc = [&[0x42u8, 0x82, 0x88][..], b"matroska"].concat();
    file.write_all(&[&element(&[0x1A, 0x45, 0xDF, 0xA3], doc.len() as u64)[..], &doc].concat()).unwrap();
    file.write_all(&element(&[0x18, 0x53, 0x80, 0x67], segment)).unwrap();
    file.write_all(&info).unwrap();
    for _ in 0..CLUSTERS {
        // A timestamp of zero, then one simple block.
        let inside = [&[0xE7, 0x81, 0][..], &element(&[0xA3], block)].concat();
        let cluster = element(&[0x1F, 0x43, 0xB6, 0x75], inside.len() as u64 + block);
        assert_eq!(inside.len() as u64, body - block);
        file.write_all(&cluster).unwrap();
        file.write_all(&inside).unwrap();
        skip(file, block);
    }
    400
}

fn run(name: &str, folder: &Path, write: fn(&mut File) -> u64) {
    let (input, output) = (folder.join(name), folder.join(format!("out-{name}")));
    let metadata = {
        let mut file = File::create(&input).unwrap();
        let metadata = write(&mut file);
        let end = file.stream_position().unwrap();
        file.set_len(end).unwrap();
        metadata
    };
    let most = 32 * MIB + 2 * metadata;
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("test of memory"));
    let label = Label::new("001191110102MACQD9K64010000").with_produce_id("large");
    let measured = |what: &str, file: &Path, step: &dyn Fn()| {
        let bytes = std::fs::metadata(file).unwrap().len();
        let before = HEAP.allocated() as u64;
        // Reaching the limit aborts the process.
        HEAP.set_limit(usize::try_from(before + most).unwrap()).unwrap();
        let started = Instant::now();
        step();
        let took = started.elapsed();
        HEAP.set_limit(usize::MAX).unwrap();
        let peak = HEAP.max_allocated() as u64;
        println!(
            "{name} {what}: {bytes} bytes in {took:.1?}, peak so far {:.2} MiB, metadata {:.2} MiB, bound {:.2} MiB",
            peak as f64 / MIB as f64,
            metadata as f64 / MIB as f64,
            most as f64 / MIB as f64,
        );
        assert!(bytes >= MEDIA, "{name}");
    };
    measured("verify", &input, &|| {
        assert_eq!(Verifier::new().verify_file(&input).unwrap().status, Status::None);
    });
    measured("label", &input, &|| {
        let receipt = labeler.label_file(&input, &output, &label, true).unwrap();
        assert!(receipt.changed);
    });
    measured("verify labelled", &output, &|| {
        assert_eq!(Verifier::new().verify_file(&output).unwrap().status, Status::Confirmed);
    });
    std::fs::remove_file(&output).unwrap();
    std::fs::remove_file(&input).unwrap();
}

#[test]
fn six_gigabytes_cost_what_their_metadata_costs() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    run("film.mp4", folder.path(), mp4);
    run("sound.wav", folder.path(), rf64);
    run("film.mkv", folder.path(), matroska);
}
