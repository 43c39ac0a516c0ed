//! Labels in the metadata of every format: the promises that hold for all, over the files of
//! `xtask/bases/`, and what is particular to each family.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

#[path = "common/lossless.rs"]
mod lossless;

#[path = "carriers/heif.rs"]
mod heif;
#[path = "carriers/html.rs"]
mod html;
#[path = "carriers/id3.rs"]
mod id3;
#[path = "carriers/matroska.rs"]
mod matroska;
#[path = "carriers/movie.rs"]
mod movie;
#[path = "carriers/office.rs"]
mod office;
#[path = "carriers/pdf.rs"]
mod pdf;
#[path = "carriers/raster.rs"]
mod raster;
#[path = "carriers/riff.rs"]
mod riff;
#[path = "carriers/text.rs"]
mod text;
#[path = "carriers/tiff.rs"]
mod tiff;
#[path = "carriers/vorbis.rs"]
mod vorbis;

use std::path::{Path, PathBuf};

use lossless::{hold, survives};

/// The files of `xtask/bases/` whose name ends like this, with format folder and name.
fn bases(ending: &str) -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases");
    let list = |folder: &Path| -> Vec<PathBuf> {
        let mut out: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path()).collect();
        out.sort();
        out
    };
    let files = list(&root).into_iter().flat_map(|folder| list(&folder));
    files
        .filter(|path| path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with(ending)))
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            (name, std::fs::read(&path).unwrap())
        })
        .collect()
}

#[test]
fn every_base_is_labelled_without_loss() {
    for (name, bytes) in bases("-ok") {
        hold(&name, &bytes);
    }
}

#[test]
fn every_base_survives_cuts_and_flips() {
    for (name, bytes) in bases("") {
        survives(&name, &bytes);
    }
}
