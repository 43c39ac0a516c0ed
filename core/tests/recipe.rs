//! `docs/adding-a-format.md` is followed by every format.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::path::{Path, PathBuf};

use biaoshi::carrier::slots::{SLOTS, written};
use biaoshi::format::FormatRow;
use biaoshi::{CarrierKind, FORMATS, Format};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The format's name in reports.
fn name(row: &FormatRow) -> String {
    serde_json::to_value(row.format).unwrap().as_str().unwrap().to_owned()
}

fn writable(row: &FormatRow) -> bool {
    written(row.format, CarrierKind::AigcMetadata).next().is_some()
}

#[test]
fn every_place_that_is_written_is_read_and_has_a_source() {
    for slot in SLOTS {
        assert!(slot.read, "{:?} {}", slot.format, slot.slot);
        assert!(!slot.clause.is_empty() && !slot.note.is_empty(), "{:?} {}", slot.format, slot.slot);
        let twice = SLOTS.iter().filter(|s| (s.format, s.slot, s.carrier) == (slot.format, slot.slot, slot.carrier));
        assert_eq!(twice.count(), 1, "{:?} {}", slot.format, slot.slot);
    }
}

#[test]
fn a_format_has_a_place_for_the_label_or_says_what_else_helps() {
    for row in FORMATS {
        assert_eq!(writable(row), row.instead.is_none(), "{}", row.name);
    }
}

#[test]
fn every_format_has_vectors() {
    // The first three have a generator of their own.
    for row in FORMATS.iter().filter(|row| !matches!(row.format, Format::Png | Format::Jpeg | Format::Webp)) {
        let folder = root().join("test-vectors/formats").join(name(row));
        let suite = |file: &str| {
            let text =
                std::fs::read_to_string(folder.join(file)).unwrap_or_else(|e| panic!("{} {file}: {e}", row.name));
            serde_json::from_str::<serde_json::Value>(&text).unwrap()["tests"].as_array().unwrap().clone()
        };
        let written = suite("write.json");
        let labelled = written.iter().filter(|t| t["id"].as_str().unwrap().ends_with("-ok")).count();
        assert_eq!(labelled > 0, writable(row), "{}: {labelled} labelled vectors", row.name);
        assert!(!written.is_empty(), "{}", row.name);
        for test in written {
            let read = &test["expected"]["report"]["format"];
            assert!(read.is_null() || *read == name(row), "{}: {read}", row.name);
        }
    }
}

#[test]
fn the_recipe_names_files_that_exist() {
    let recipe = std::fs::read_to_string(root().join("docs/adding-a-format.md")).unwrap();
    let mut found = 0;
    for path in recipe.split('`').skip(1).step_by(2).filter(|p| p.contains('/') && !p.contains(['*', ' ', '\n'])) {
        if path.contains("FORMAT") {
            continue;
        }
        assert!(root().join(path).exists(), "{path}");
        found += 1;
    }
    assert!(found > 8, "{found}");
}
