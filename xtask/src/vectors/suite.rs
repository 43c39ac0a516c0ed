//! A suite: an index with expected results, and the files beside it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

/// Every file of `test-vectors/`, by path.
pub type Files = BTreeMap<String, Vec<u8>>;

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|b| format!("{b:02x}")).collect()
}

/// Flag, kind, clause or source, what it means for a reader.
type Note = (&'static str, &'static str, &'static str, &'static str);

const NOTES: &[Note] = &[
    ("Normative", "NORMATIVE", "TC260-PG-20259A", "the form that the guide asks for"),
    ("NoLabel", "NORMATIVE", "Measures Art. 6", "nothing states anything; says nothing about how it was made"),
    ("Level", "NORMATIVE", "GB 45438-2025 Annex E c)", "the value of Label decides the status"),
    ("Decision", "NORMATIVE", "Measures Art. 6", "what all marks of a file together come to"),
    ("Wild", "WILD", "seen in public files", "rebuilt from the form of a real product, with own bytes and codes"),
    ("WrongPlace", "NONCONFORMANT", "TC260-PG-20259A", "readers that follow the guide don't find it"),
    ("Late", "NONCONFORMANT", "TC260-PG-20259A", "stands behind the picture data"),
    ("Duplicate", "NONCONFORMANT", "GB 45438-2025 6.1 c)", "more than one label; the file is to carry exactly one"),
    (
        "Conflict",
        "NONCONFORMANT",
        "GB 45438-2025 6.1 c)",
        "labels contradict each other; the strongest AI statement decides",
    ),
    ("Wrapping", "NONCONFORMANT", "TC260-PG-20259A Annex B", "the object stands under a key AIGC, or in a string"),
    ("Namespace", "NONCONFORMANT", "TC260-PG-20259A", "the property is in another namespace"),
    ("Form", "NONCONFORMANT", "GB 45438-2025 Annex E", "keys, types or order differ from the form"),
    ("Value", "NONCONFORMANT", "GB 45438-2025 Annex E", "a value breaks its rule"),
    ("ProviderCode", "NONCONFORMANT", "TC260-PG-20252A", "a code breaks its rule"),
    ("Broken", "MALFORMED", "GB 45438-2025 Annex E", "a label is there and can't be read: never none"),
    ("SourceType", "NORMATIVE", "IPTC NewsCodes digitalsourcetype", "an IPTC statement beside or instead of the label"),
    ("Xmp", "MALFORMED", "XMP specification", "the packet itself is odd or broken"),
    ("Exif", "MALFORMED", "Exif 2.32", "the Exif block is odd or broken"),
    ("Structure", "MALFORMED", "format specification", "the container is damaged, or holds more than the picture"),
    ("Name", "AMBIGUOUS", "content decides", "name and content disagree"),
    ("Declared", "NORMATIVE", "Measures Art. 6 (2)", "the user declared it"),
    ("Manifest", "NORMATIVE", "C2PA 2.2", "a statement about a signed manifest"),
    ("ManifestStore", "MALFORMED", "C2PA 2.2", "holds a store: only for readers that were built with manifests"),
    ("Trace", "WILD", "Measures Art. 6 (3)", "what a generating program leaves behind; no label"),
    (
        "Protection",
        "NORMATIVE",
        "TC260-PG-202511A; spec/security.md",
        "protection data in ReservedCode1 or ReservedCode2",
    ),
    ("Vendor", "WILD", "vendors' own forms", "a vendor's own mark; no label of the standard"),
    ("Ordinary", "NORMATIVE", "inferred", "the word AIGC in ordinary text is no label"),
    ("Limit", "HOSTILE", "limits of this project", "built to cost memory or time; a bound meets it"),
    ("Kept", "NORMATIVE", "losslessness", "what stands in the file stays as it is"),
    ("Refusal", "NORMATIVE", "inferred", "writing would lose or contradict something: the answer is an error"),
    ("Free", "AMBIGUOUS", "inferred", "another implementation may choose other bytes; the report must agree"),
    ("Notice", "NORMATIVE", "GB 45438-2025 5.1 to 5.4", "a notice that people perceive, or what looks like one"),
    ("Watermark", "NORMATIVE", "Measures Art. 5; spec/watermark.md", "a mark in the content itself"),
    ("Intact", "NORMATIVE", "C2PA 2.2", "signed and untouched"),
    ("Tampered", "HOSTILE", "C2PA 2.2", "somebody changed the file after signing"),
    ("Stripped", "HOSTILE", "inferred", "a part that belongs to the others is gone"),
    ("Invalid", "NONCONFORMANT", "C2PA 2.4 15", "whole, and breaks a rule that makes it invalid"),
    ("History", "NORMATIVE", "C2PA 2.4 18.16; inferred", "what the content was made from has manifests of its own"),
    ("Transplanted", "HOSTILE", "C2PA 2.2", "a manifest of another picture"),
];

/// One index being built.
pub struct Suite {
    pub name: String,
    pub kind: &'static str,
    tests: Vec<Value>,
    files: Files,
    ids: BTreeSet<String>,
}

impl Suite {
    pub fn new(name: &str, kind: &'static str) -> Self {
        Self { name: name.to_owned(), kind, tests: Vec::new(), files: Files::new(), ids: BTreeSet::new() }
    }

    /// Adds a test; `fields` come behind id, flags and comment.
    pub fn add(&mut self, id: &str, flags: &[&str], comment: &str, fields: Value) {
        assert!(self.ids.insert(id.to_owned()), "{}/{id} twice", self.name);
        let mut test = Map::new();
        test.insert("id".into(), id.into());
        test.insert("flags".into(), json!(flags));
        test.insert("comment".into(), comment.into());
        let Value::Object(fields) = fields else { panic!("fields are an object") };
        test.extend(fields);
        self.tests.push(Value::Object(test));
    }

    /// Whether it has no test.
    pub fn is_empty(&self) -> bool {
        self.tests.is_empty()
    }

    /// Keeps a file beside the index.
    pub fn file(&mut self, name: &str, bytes: &[u8]) {
        let old = self.files.insert(name.to_owned(), bytes.to_vec());
        assert!(old.is_none_or(|old| old == bytes), "{}/{name} twice", self.name);
    }

    /// Writes index and files below `path`, the index's own path.
    pub fn finish(self, path: &str, out: &mut Files) {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let used: BTreeSet<&str> = self
            .tests
            .iter()
            .flat_map(|t| t["flags"].as_array().into_iter().flatten())
            .filter_map(Value::as_str)
            .collect();
        let mut notes = Map::new();
        for flag in used {
            let (_, kind, clause, effect) =
                NOTES.iter().find(|n| n.0 == flag).unwrap_or_else(|| panic!("no note {flag}"));
            notes.insert(flag.to_owned(), json!({ "kind": kind, "clause": clause, "effect": effect }));
        }
        let index = json!({
            "suite": self.name, "schema": "vectors-1", "kind": self.kind, "notes": notes, "tests": self.tests,
        });
        put(out, path, text(&index));
        for (name, bytes) in self.files {
            put(out, &format!("{folder}/{name}"), bytes);
        }
    }
}

/// Pretty JSON with a line feed at the end.
pub fn text(value: &Value) -> Vec<u8> {
    let mut text = serde_json::to_string_pretty(value).expect("JSON");
    text.push('\n');
    text.into_bytes()
}

pub fn put(out: &mut Files, path: &str, bytes: Vec<u8>) {
    assert!(out.insert(path.to_owned(), bytes).is_none(), "{path} twice");
}
