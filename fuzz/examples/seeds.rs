//! Writes seeds to `corpus/`: pictures made here, the project's own vectors, and every small
//! file of the folders named on the command line, with the packets, blocks and labels in them.

use std::collections::{BTreeSet, hash_map::DefaultHasher};
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::io::Cursor;
use std::path::{Path, PathBuf};

use biaoshi::container::Slot;
use biaoshi::source::Source;
use biaoshi::{Explicit, Format, Label, Labeler, Limits, Profile};
use image::{DynamicImage, ImageFormat, RgbImage, imageops::FilterType};

/// The longest input that the targets are run with, in bytes.
const MOST: u64 = 65_536;

struct Corpus {
    root: PathBuf,
    seen: BTreeSet<(&'static str, u64)>,
}

impl Corpus {
    fn add(&mut self, folder: &'static str, bytes: &[u8]) {
        let mut hasher = DefaultHasher::new();
        bytes.hash(&mut hasher);
        let name = hasher.finish();
        if bytes.len() as u64 <= MOST && self.seen.insert((folder, name)) {
            let folder = self.root.join(folder);
            fs::create_dir_all(&folder).expect("corpus folder");
            fs::write(folder.join(format!("{name:016x}")), bytes).expect("seed");
        }
    }

    /// A file, and what stands in its metadata places.
    fn file(&mut self, name: &str, bytes: &[u8]) {
        let limits = Limits::server();
        let mut cursor = Cursor::new(bytes);
        let Ok(mut source) = Source::new(&mut cursor, &limits) else { return };
        let Ok(Some(row)) = Format::sniff(&mut source, Some(name)) else { return };
        let container = biaoshi_fuzz::container::TARGETS.iter().find(|(_, _, formats)| formats.contains(&row.format));
        self.add(container.map_or("pictures", |(name, _, _)| name), bytes);
        let Ok(mut map) = row.container.map(row.format, &mut source, &limits) else { return };
        for value in row.container.values(&mut map, &mut source, &limits).unwrap_or_default() {
            match value.slot {
                Slot::Xmp | Slot::XmpExtended => self.add("xmp", &value.bytes),
                Slot::Exif => self.add("exif", &value.bytes),
                _ => {
                    self.add("aigc", &value.bytes);
                    self.protection(&value.bytes);
                }
            }
        }
    }

    /// The protection data of a label, behind its number.
    fn protection(&mut self, label: &[u8]) {
        let Ok(parsed) = biaoshi::label::aigc::parse(label, &Limits::server()) else { return };
        for value in [&parsed.aigc.reserved_code1, &parsed.aigc.reserved_code2] {
            if !value.is_empty() {
                self.add("security", format!("{}\n{value}", parsed.aigc.produce_id).as_bytes());
            }
        }
    }

    fn folder(&mut self, start: &Path) {
        let mut open = vec![start.to_path_buf()];
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() {
                    open.push(entry.path());
                } else if kind.is_file() && entry.metadata().is_ok_and(|m| m.len() <= MOST) {
                    self.file(&entry.path().to_string_lossy(), &fs::read(entry.path()).unwrap_or_default());
                }
            }
        }
    }
}

fn main() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut corpus = Corpus { root: here.join("corpus"), seen: BTreeSet::new() };

    let large = RgbImage::from_fn(96, 64, |x, y| image::Rgb([(x * 2) as u8, (y * 3) as u8, (x ^ y) as u8]));
    let large = DynamicImage::ImageRgb8(large);
    let kinds = [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::WebP];
    let mut files = vec![biaoshi::doc_picture()];
    for (size, kind) in [1, 17, 96].into_iter().flat_map(|size| kinds.map(|kind| (size, kind))) {
        let picture = large.resize_exact(size, size.div_ceil(2), FilterType::Nearest);
        let mut variants = vec![picture.clone(), picture.grayscale()];
        if kind != ImageFormat::Jpeg {
            variants.extend([picture.to_rgba8().into(), picture.grayscale().into_luma_alpha8().into()]);
        }
        if kind == ImageFormat::Png {
            variants.push(picture.to_rgb16().into());
        }
        for variant in variants {
            let mut out = Cursor::new(Vec::new());
            if variant.write_to(&mut out, kind).is_ok() {
                files.push(out.into_inner());
            }
        }
    }
    let label = Label::new("001191110102MACQD9K64010000").with_produce_id("seed");
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("seed"));
    for file in &files {
        corpus.file("a.png", file);
        if let Ok((labelled, receipt)) = labeler.label_bytes(file, &label) {
            corpus.file("a.png", &labelled);
            let json = receipt.report.evidence.iter().find_map(|e| e.label.as_ref());
            corpus.add("aigc", &serde_json::to_vec(&json).unwrap_or_default());
        }
    }
    let lines = "1\n001191110102MACQD9K64010000\nid-1\n{\"type\":\"signature\"}\n001191110102MACQD9K64010000\nid-1\n";
    corpus.add("aigc", lines.as_bytes());

    corpus.folder(&here.join("../test-vectors"));
    corpus.folder(&here.join("regressions"));
    for folder in std::env::args().skip(1) {
        corpus.folder(Path::new(&folder));
    }
    eprintln!("{} seeds", corpus.seen.len());
}
