//! Every vector of `test-vectors/` as a named test: `cargo test --test vectors NAME`.
#![allow(
    clippy::string_slice,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    unreachable_pub
)]

#[cfg(all(feature = "c2pa", feature = "keygen"))]
#[path = "vectors/recipe.rs"]
mod recipe;
#[path = "vectors/run.rs"]
mod run;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../test-vectors")
}

fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// The first place where two values differ.
fn difference(path: &str, wanted: &Value, found: &Value) -> Option<String> {
    match (wanted, found) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names.into_iter().find_map(|name| {
                let get = |map: &serde_json::Map<String, Value>| {
                    map.get(name).cloned().unwrap_or(Value::String("(absent)".into()))
                };
                difference(&format!("{path}.{name}"), &get(a), &get(b))
            })
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len())).find_map(|n| match (a.get(n), b.get(n)) {
            (Some(x), Some(y)) => difference(&format!("{path}[{n}]"), x, y),
            (x, y) => Some(format!("{path}[{n}]: wanted {x:?}, found {y:?}")),
        }),
        _ => (wanted != found).then(|| format!("{path}: wanted {wanted}, found {found}")),
    }
}

fn same(wanted: &Value, found: &Value) -> Result<(), Failed> {
    difference("", wanted, found).map_or(Ok(()), |text| Err(text.into()))
}

fn read(folder: &Path, test: &Value, file: &str, sum: &str) -> Result<Vec<u8>, Failed> {
    let name = test[file].as_str().ok_or("no file")?;
    let bytes = std::fs::read(folder.join(name)).map_err(|e| format!("{name}: {e}"))?;
    if test[sum] != sha256(&bytes) {
        return Err(format!("{name} is not the file of the vector").into());
    }
    Ok(bytes)
}

fn needs_manifests(test: &Value) -> bool {
    test["flags"].as_array().is_some_and(|flags| flags.iter().any(|f| f == "ManifestStore"))
}

fn one(kind: &str, folder: &Path, test: &Value) -> Result<(), Failed> {
    match kind {
        "label" => {
            let value = match (test["value"].as_str(), test["value_hex"].as_str()) {
                (Some(text), _) => text.as_bytes().to_vec(),
                (_, Some(hex)) => {
                    (0..hex.len()).step_by(2).map(|n| u8::from_str_radix(&hex[n..n + 2], 16).unwrap()).collect()
                }
                _ => return Err("no value".into()),
            };
            same(&test["expected"], &run::label(&value))
        }
        "decide" => {
            let params = &test["params"];
            same(&params["states"], &run::decide_states().into())?;
            let results = run::decide(params["first"].as_str().ok_or("no state")?);
            same(&test["expected"], &serde_json::json!({ "results": results }))
        }
        "code" => same(&test["expected"], &run::code(test["value"].as_str().ok_or("no value")?)),
        "verify" => {
            let bytes = read(folder, test, "file", "sha256")?;
            if needs_manifests(test) && !cfg!(feature = "c2pa") {
                return Ok(());
            }
            let started = std::time::Instant::now();
            same(&test["expected"], &run::verify(&bytes, &test["params"]))?;
            let max = test["max_ms"].as_u64().unwrap_or(10_000);
            if started.elapsed().as_millis() > u128::from(max) {
                return Err(format!("took {} ms, allowed are {max}", started.elapsed().as_millis()).into());
            }
            Ok(())
        }
        "write" => {
            let bytes = read(folder, test, "file", "sha256")?;
            let (out, found) = run::write(&bytes, &test["label"], &test["params"]);
            same(&test["expected"], &found)?;
            let Some(out) = out else { return Ok(()) };
            let wanted = read(folder, test, "output", "output_sha256")?;
            if out != wanted {
                let at = out.iter().zip(&wanted).position(|(a, b)| a != b).unwrap_or(out.len().min(wanted.len()));
                return Err(format!("output differs at byte {at}").into());
            }
            // A second time changes nothing.
            let (again, found) = run::write(&out, &test["label"], &test["params"]);
            if again.as_deref() != Some(&out[..]) || found["changed"] != false {
                return Err("labelling again changed the file".into());
            }
            Ok(())
        }
        #[cfg(all(feature = "c2pa", feature = "keygen"))]
        "signed" => {
            let bytes = read(folder, test, "file", "sha256")?;
            let file = |name: &str| std::fs::read(folder.join(name)).unwrap();
            same(&test["expected"], &recipe::run(bytes, &test["recipe"], &file))
        }
        #[cfg(not(all(feature = "c2pa", feature = "keygen")))]
        "signed" => Ok(()),
        other => Err(format!("unknown kind {other}").into()),
    }
}

fn collect_codes(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let (Some(code), true) = (map.get("code").and_then(Value::as_str), map.contains_key("severity")) {
                out.insert(code.to_owned());
            }
            map.values().for_each(|v| collect_codes(v, out));
        }
        Value::Array(items) => items.iter().for_each(|v| collect_codes(v, out)),
        _ => {}
    }
}

fn every_finding_has_a_vector(suites: &[(String, Value)]) -> Result<(), Failed> {
    let mut seen = BTreeSet::new();
    suites.iter().for_each(|(_, suite)| collect_codes(suite, &mut seen));
    let missing: Vec<&str> =
        biaoshi::finding::ALL.iter().map(|rule| rule.code()).filter(|code| !seen.contains(*code)).collect();
    let unknown: Vec<&String> = seen.iter().filter(|code| biaoshi::finding::find(code).is_none()).collect();
    if missing.is_empty() && unknown.is_empty() {
        return Ok(());
    }
    Err(format!("without a vector: {missing:?}; unknown: {unknown:?}").into())
}

fn manifest_is_whole(manifest: &Value) -> Result<(), Failed> {
    for file in manifest["files"].as_array().ok_or("no files")? {
        let path = file["path"].as_str().ok_or("no path")?;
        let bytes = std::fs::read(root().join(path)).map_err(|e| format!("{path}: {e}"))?;
        if file["sha256"] != sha256(&bytes) || file["size"] != bytes.len() {
            return Err(format!("{path} is not the file of the list").into());
        }
    }
    Ok(())
}

fn main() {
    let arguments = Arguments::from_args();
    let manifest = json(&root().join("MANIFEST.json"));
    let suites: Vec<(String, Value)> = manifest["suites"]
        .as_array()
        .expect("suites")
        .iter()
        .map(|path| {
            let path = path.as_str().expect("a path");
            (path.to_owned(), json(&root().join(path)))
        })
        .collect();
    let mut trials = Vec::new();
    for (path, suite) in &suites {
        let folder = root().join(path).parent().expect("a folder").to_owned();
        let kind = suite["kind"].as_str().expect("a kind").to_owned();
        let name = suite["suite"].as_str().expect("a name").to_owned();
        for test in suite["tests"].as_array().expect("tests") {
            let (test, folder, kind) = (test.clone(), folder.clone(), kind.clone());
            let title = format!("{name}/{}", test["id"].as_str().expect("an id"));
            trials.push(Trial::test(title, move || one(&kind, &folder, &test)));
        }
    }
    trials.push(Trial::test("every_finding_has_a_vector", move || every_finding_has_a_vector(&suites)));
    trials.push(Trial::test("the_list_of_files_is_whole", move || manifest_is_whole(&manifest)));
    libtest_mimic::run(&arguments, trials).exit();
}
