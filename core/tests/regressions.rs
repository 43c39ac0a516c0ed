//! Every file of `fuzz/regressions/<target>/`, run through the function that the fuzzer runs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]
#![allow(dead_code)]

#[path = "../../fuzz/src/lib.rs"]
mod targets;

use std::alloc::System;
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use cap::Cap;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

/// Memory is counted for the whole process; the other test takes too little to matter.
#[test]
fn nothing_that_was_found_comes_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/regressions");
    for folder in entries(&root).iter().filter(|path| path.is_dir()) {
        let known = targets::targets().any(|(target, _)| target == name(folder));
        assert!(known, "no target has the name of {}", folder.display());
    }
    let mut failed = Vec::new();
    for (target, run) in targets::targets() {
        for path in entries(&root.join(target)) {
            let bytes = fs::read(&path).unwrap();
            let (before, peak) = (MEMORY.allocated(), MEMORY.max_allocated());
            if catch_unwind(|| run(&bytes)).is_err() {
                failed.push(format!("{target}/{}", name(&path)));
            }
            let now = MEMORY.max_allocated();
            if now > peak && now.saturating_sub(before) > targets::notice::MEMORY {
                failed.push(format!("{target}/{} took {} bytes", name(&path), now - before));
            }
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// A target that refuses everything proves nothing.
#[test]
fn sound_pictures_get_through() {
    let picture = biaoshi::doc_picture();
    assert!(targets::label_roundtrip::labelled(&picture));
    assert!(targets::notice::drawn(&picture));
    targets::verify::run(&picture);
    targets::split_independent::run(&picture);
    // Grey, 300 x 240, rough.
    let mut samples = vec![0, 150, 120, 7];
    samples.extend((0u32..60_000).map(|i| 100 + (i.wrapping_mul(2_654_435_761).rotate_left(9) >> 28) as u8));
    assert!(targets::watermark_picture::looked(&samples));
}
