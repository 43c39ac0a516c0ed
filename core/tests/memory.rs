//! Memory is independent of media size: labelling two gigabytes costs what labelling 20 KB costs.
//!
//! The files are sparse, so they take no room on the disk as inputs; the outputs do.
#![cfg(target_pointer_width = "64")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod common;
mod r#gen;

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Instant;

use biaoshi::Format;
use common::{FORMATS, label, picture, plain};

#[global_allocator]
static HEAP: cap::Cap<std::alloc::System> = cap::Cap::new(std::alloc::System, usize::MAX);

const MIB: u64 = 1 << 20;

/// CRC-32 of `head` followed by `zeros` zero bytes.
fn crc(head: &[u8], zeros: u64) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(head);
    let block = vec![0u8; MIB as usize];
    for _ in 0..zeros / MIB {
        crc.update(&block);
    }
    crc.update(&block[..(zeros % MIB) as usize]);
    crc.sum()
}

/// A file of this format with `filler` bytes of zeros in parts that nothing reads.
fn write(path: &Path, format: Format, filler: u64) {
    let base = picture(format, 96, 64, 1);
    let mut file = File::create(path).unwrap();
    match format {
        Format::Png => {
            file.write_all(&base[..33]).unwrap();
            // Two chunks: one alone cannot hold more than 2^31 - 1 bytes.
            let sum = crc(b"biGg", filler / 2);
            for _ in 0..2 {
                file.write_all(&((filler / 2) as u32).to_be_bytes()).unwrap();
                file.write_all(b"biGg").unwrap();
                file.seek(SeekFrom::Current((filler / 2) as i64)).unwrap();
                file.write_all(&sum.to_be_bytes()).unwrap();
            }
            file.write_all(&base[33..]).unwrap();
        }
        Format::Jpeg => {
            // Zeros are entropy-coded data to the grammar: a scan of this length.
            file.write_all(&base[..base.len() - 2]).unwrap();
            file.seek(SeekFrom::Current(filler as i64)).unwrap();
            file.write_all(&[0xFF, 0xD9]).unwrap();
        }
        _ => {
            let size = (base.len() as u64 + 8 + filler - 8) as u32;
            file.write_all(b"RIFF").unwrap();
            file.write_all(&size.to_le_bytes()).unwrap();
            file.write_all(&base[8..]).unwrap();
            file.write_all(b"bigg").unwrap();
            file.write_all(&(filler as u32).to_le_bytes()).unwrap();
            file.seek(SeekFrom::Current(filler as i64)).unwrap();
            let end = file.stream_position().unwrap();
            file.set_len(end).unwrap();
        }
    }
}

#[test]
fn two_gigabytes_cost_what_twenty_kilobytes_cost() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let (input, output) = (folder.path().join("in"), folder.path().join("out"));
    let run = |filler: u64, format: Format| {
        write(&input, format, filler);
        let started = Instant::now();
        let receipt = plain().label_file(&input, &output, &label(), true).unwrap();
        assert!(receipt.changed && receipt.bytes > filler);
        (std::fs::metadata(&input).unwrap().len(), started.elapsed())
    };
    // The peak only ever rises, so the small files go first.
    let start = HEAP.max_allocated();
    for format in FORMATS {
        run(20 << 10, format);
    }
    let small = HEAP.max_allocated();
    assert!(small > start, "the allocator counts");
    for format in FORMATS {
        let (bytes, took) = run(2048 * MIB + 64, format);
        let large = HEAP.max_allocated();
        println!(
            "{format:?}: {bytes} bytes in {took:.1?} ({:.0} MB/s), peak {:.2} MiB against {:.2} MiB, ratio {:.3}",
            bytes as f64 / 1e6 / took.as_secs_f64(),
            large as f64 / MIB as f64,
            small as f64 / MIB as f64,
            large as f64 / small as f64,
        );
        assert!(bytes >= 2 << 30);
        assert!(((large - small) as u64) < MIB, "{format:?}: {} bytes more", large - small);
    }
}
