//! Files that another program signed: `tests/manifests/make.py` made them, and they are kept.

use serde_json::{Value, json};

use super::run;
use super::suite::{Files, Suite, sha256};
use crate::run::root;

const FOLDER: &str = "verdict/manifests";

/// File, flags, what it is.
const CASES: &[(&str, &[&str], &str)] = &[
    ("ai", &["Intact"], "the manifest states AI; nobody vouches for its signer"),
    ("disclosure-alone", &["Intact"], "no source type: the disclosure of a model states AI"),
    ("disclosure-and-camera", &["Intact"], "a camera's source type does not cancel the disclosure"),
    ("parent-ai", &["History"], "an editor signed and says nothing of AI; the version before states it"),
    ("grandparent-ai", &["History"], "the same, two steps back"),
    ("parent-disclosure", &["History"], "the version before discloses a model"),
    ("parent-camera", &["History"], "the version before was a camera's: no statement about this one"),
    ("camera-parent-ai", &["History"], "an editor calls it a capture; the version before states AI"),
    ("component-ai", &["History"], "a part that was put into it states AI"),
    ("input-ai", &["History"], "something that a process read states AI: suspected"),
    ("input-model", &["History"], "a process used a model: suspected"),
    ("parent-broken-ai", &["History"], "the version before did not hold when it was taken over"),
    ("parent-edited-in-store", &["Tampered"], "the manifest of the version before was changed in the store"),
    (
        "foreign-content-changed",
        &["Tampered"],
        "the picture was changed; the manifest holds no label of ours to compare",
    ),
    ("opened-nothing", &["Invalid"], "an action breaks a rule of the claim"),
    ("expired", &["Invalid"], "the certificate's period has passed and no time stamp says that it was signed before"),
    ("label-of-another-signer", &["Transplanted"], "the label names another signer's certificate"),
];

pub fn build(out: &mut Files) {
    let mut suite = Suite::new(FOLDER, "verify");
    let folder = root().join("test-vectors").join(FOLDER);
    for (id, flags, comment) in CASES {
        add(&mut suite, &folder, (id, id), flags, comment, json!({}));
    }
    let small = json!({ "limits": { "manifest_bytes": 1000 } });
    add(&mut suite, &folder, ("above-limit", "ai"), &["Limit"], "a store above the bound is not checked", small);
    suite.finish(&format!("{FOLDER}/vectors.json"), out);
}

fn add(
    suite: &mut Suite,
    folder: &std::path::Path,
    (id, name): (&str, &str),
    flags: &[&str],
    comment: &str,
    params: Value,
) {
    let file = format!("{name}.png");
    let bytes =
        std::fs::read(folder.join(&file)).unwrap_or_else(|e| panic!("{file}: {e}; see tests/manifests/make.py"));
    let expected = run::verify(&bytes, &params);
    assert!(expected.get("report").is_some(), "{id}: {expected}");
    suite.file(&file, &bytes);
    let flags: Vec<&str> = [flags, &["ManifestStore"]].concat();
    let fields = json!({ "file": file, "sha256": sha256(&bytes), "params": params, "expected": expected });
    suite.add(id, &flags, comment, fields);
}
