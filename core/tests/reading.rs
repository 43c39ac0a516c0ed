//! Every build that reads gives the reports of the vectors, or says which part it lacks: with
//! `--no-default-features` and any features.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, clippy::print_stdout, missing_docs)]
// What a build can do is known when it is compiled.
#![allow(clippy::assertions_on_constants)]

use std::path::{Path, PathBuf};

use biaoshi::verify::Look;
use biaoshi::{Lang, Limits, Verifier};
use serde_json::Value;

/// Formats that the feature `documents` reads.
const DOCUMENTS: &[&str] = &["pdf", "docx", "xlsx", "pptx", "epub", "odt", "ods", "odp"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The report, or kind and code of the error.
fn read(bytes: &[u8], params: &Value, look: Look) -> Result<Value, (&'static str, String)> {
    let mut limits = Limits::default();
    for (name, value) in params["limits"].as_object().into_iter().flatten() {
        assert!(limits.set(name, value.as_u64().unwrap()), "{name}");
    }
    let mut verifier = Verifier::new().limits(limits).declared(params["declared"] == true).look(look);
    if let Some(name) = params["file_name"].as_str() {
        verifier = verifier.file_name(name);
    }
    let report = verifier.verify_bytes(bytes).map_err(|error| (error.kind(), error.code().to_owned()))?;
    Ok(serde_json::to_value(report.document(Lang::En)).unwrap())
}

/// Runs a vector; whether the build could.
fn one(name: &str, bytes: &[u8], params: &Value, expected: &Value) -> bool {
    let look = if params["look"] == true { Look::Everything } else { Look::Words };
    let report = &expected["report"];
    match read(bytes, params, look) {
        Err((kind, code)) if code.starts_with("build.") => {
            assert_eq!(kind, "unsupported", "{name}");
            let document = report["format"].as_str().is_none_or(|format| DOCUMENTS.contains(&format));
            match code.as_str() {
                "build.look" => assert!(!cfg!(feature = "look"), "{name}"),
                "build.pdf_manifests" => {
                    assert!(!cfg!(feature = "pdf-manifests"), "{name}");
                    assert_eq!(report["format"], "pdf", "{name}");
                }
                "build.charsets" => {
                    assert!(!cfg!(feature = "charsets"), "{name}");
                    assert_eq!(report["modality"], "text", "{name}");
                }
                "build.documents" => {
                    assert!(!cfg!(feature = "documents"), "{name}");
                    assert!(document || report["modality"] == "text", "{name}: {}", report["format"]);
                }
                other => panic!("{name}: {other}"),
            }
            // What stands in the metadata is read without the words.
            if !document && let Ok(found) = read(bytes, params, Look::Nothing) {
                let labels = |report: &Value| -> Vec<Value> {
                    let all = report["evidence"].as_array().unwrap();
                    all.iter().filter(|one| one["kind"] == "implicit_metadata").cloned().collect()
                };
                assert_eq!(labels(&found), labels(report), "{name}");
            }
            false
        }
        Err((kind, code)) => {
            let wanted = &expected["error"];
            assert_eq!((wanted["kind"].as_str(), wanted["code"].as_str()), (Some(kind), Some(&*code)), "{name}");
            true
        }
        Ok(found) => {
            assert_eq!(found, *report, "{name}");
            true
        }
    }
}

#[test]
fn each_vector_is_answered_as_in_the_full_build_or_the_lacking_part_is_named() {
    let (mut done, mut lacking) = (0, 0);
    let manifest = json(&root().join("MANIFEST.json"));
    let suites: Vec<&str> = manifest["suites"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for suite in suites {
        let path = root().join(suite);
        let index = json(&path);
        let folder = path.parent().unwrap();
        for test in index["tests"].as_array().into_iter().flatten() {
            let name = format!("{suite} {}", test["id"]);
            let store = test["flags"].as_array().is_some_and(|flags| flags.iter().any(|flag| flag == "ManifestStore"));
            let file = match index["kind"].as_str() {
                Some("verify") if !store || cfg!(feature = "c2pa") => &test["file"],
                Some("write") if test["expected"]["report"].is_object() => &test["output"],
                _ => continue,
            };
            let Some(file) = file.as_str() else { continue };
            let bytes = std::fs::read(folder.join(file)).unwrap();
            match one(&name, &bytes, &test["params"], &test["expected"]) {
                true => done += 1,
                false => lacking += 1,
            }
        }
    }
    println!("{done} answered, {lacking} lacking");
    assert!(done >= 300, "{done}");
    let manifests = cfg!(any(not(feature = "c2pa"), feature = "pdf-manifests"));
    let whole = manifests && cfg!(all(feature = "charsets", feature = "documents", feature = "look"));
    assert_eq!(lacking == 0, whole, "{lacking}");
}
