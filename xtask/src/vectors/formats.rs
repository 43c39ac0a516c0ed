//! Every format beyond the pictures of `bytes.rs`: the files of `xtask/bases/`, labelled or read.
//!
//! The ending of a base's name says what it is for: `-ok` is labelled, `-fail` is refused, `-read`
//! carries a label.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};

use super::bytes::code;
use super::run;
use super::suite::{Files, Suite, sha256};
use crate::run::root;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Index {
    file: Vec<Base>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Base {
    name: String,
    /// How the file was made.
    made: String,
    flags: Vec<String>,
    comment: String,
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut out: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    out.sort();
    out
}

pub fn build(out: &mut Files) {
    let bases = root().join("xtask/bases");
    for format in names(&bases) {
        let folder = bases.join(&format);
        let index = std::fs::read_to_string(folder.join("index.toml")).unwrap_or_else(|e| panic!("{format}: {e}"));
        let index: Index = toml::from_str(&index).unwrap_or_else(|e| panic!("{format}: {e}"));
        for name in names(&folder).iter().filter(|name| *name != "index.toml") {
            assert!(index.file.iter().any(|base| base.name == *name), "{format}/{name} is not in the index");
        }
        let mut write = Suite::new(&format!("formats/{format}/write"), "write");
        let mut read = Suite::new(&format!("formats/{format}/read"), "verify");
        for base in &index.file {
            let bytes = std::fs::read(folder.join(&base.name)).unwrap_or_else(|e| panic!("{}: {e}", base.name));
            assert!(!base.made.is_empty() && !base.comment.is_empty(), "{format}/{}", base.name);
            let flags: Vec<&str> = base.flags.iter().map(String::as_str).collect();
            let (id, ending) = base.name.split_once('.').unwrap_or((&base.name, ""));
            let params = json!({ "file_name": base.name });
            let mut fields = json!({ "file": base.name, "sha256": sha256(&bytes), "params": params });
            if id.ends_with("-read") {
                read.file(&base.name, &bytes);
                fields["expected"] = run::verify(&bytes, &params);
                assert!(fields["expected"].get("report").is_some(), "{format}/{id}: {}", fields["expected"]);
                read.add(id, &flags, &base.comment, fields);
                continue;
            }
            let label: Value = json!({ "producer": code('1', "0001"), "produce_id": "vector-0001" });
            let (labelled, expected) = run::write(&bytes, &label, &params);
            assert_eq!(labelled.is_some(), id.ends_with("-ok"), "{format}/{id}: {expected}");
            write.file(&base.name, &bytes);
            fields["label"] = label;
            if let Some(labelled) = labelled {
                let output = format!("{id}.expected.{ending}");
                write.file(&output, &labelled);
                fields["output"] = output.into();
                fields["output_sha256"] = sha256(&labelled).into();
            }
            fields["expected"] = expected;
            write.add(id, &flags, &base.comment, fields);
        }
        for suite in [write, read] {
            if !suite.is_empty() {
                let name = suite.name.rsplit('/').next().unwrap_or_default().to_owned();
                suite.finish(&format!("formats/{format}/{name}.json"), out);
            }
        }
    }
}
