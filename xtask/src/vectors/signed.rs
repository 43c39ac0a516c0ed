//! Signed files, as recipes.

use serde_json::{Value, json};

use super::bytes::*;
use super::recipe;
use super::suite::{Files, Suite, sha256};

fn label(id: &str) -> Value {
    json!({ "producer": code('1', "0001"), "produce_id": id })
}

pub fn build(out: &mut Files) {
    let mut suite = Suite::new("signed", "signed");
    for kind in KINDS {
        let input = match kind {
            Kind::Png => png(&[], &[]),
            Kind::Jpeg => jpeg(&[jfif()], &[]),
            Kind::Webp => webp(0, &[]),
        };
        // Another picture: the same header, other content.
        let mut other = input.clone();
        let flip = match kind {
            Kind::Png => None,
            Kind::Jpeg => Some(other.len() - 12),
            Kind::Webp => Some(other.len() - 20),
        };
        match flip {
            Some(at) => other[at] ^= 1,
            None => other = png(&[png_chunk(b"gAMA", &45_455u32.to_be_bytes()), png_chunk(b"tRNS", &[0, 1])], &[]),
        }
        let (file, other_file) = (format!("input.{}", kind.extension()), format!("other.{}", kind.extension()));
        suite.file(&file, &input);
        suite.file(&other_file, &other);
        let sign = json!({ "op": "sign", "label": label("vector-0001") });
        let lookup = |name: &str| if name == file { input.clone() } else { other.clone() };
        let mut add = |id: &str, flags: &[&str], comment: &str, trust: Option<&str>, ops: Vec<Value>| {
            let recipe = json!({ "ops": ops, "trust": trust });
            let expected = recipe::run(input.clone(), &recipe, &lookup);
            suite.add(
                &format!("{}-{id}", kind.name()),
                flags,
                comment,
                json!({
                    "file": file, "sha256": sha256(&input), "recipe": recipe, "expected": expected,
                }),
            );
        };
        let main = Some("main");
        add("intact", &["Intact"], "signed, and the signer's root is given", main, vec![sign.clone()]);
        add("untrusted", &["Intact"], "signed, and nobody's root is given", None, vec![sign.clone()]);
        add(
            "lookalike",
            &["Intact"],
            "another signer of the same name is not the trusted one",
            main,
            vec![json!({ "op": "sign", "label": label("vector-0001"), "key": "lookalike" })],
        );
        add(
            "p256",
            &["Intact"],
            "signed with P-256",
            Some("p256"),
            vec![json!({ "op": "sign", "label": label("vector-0001"), "key": "p256" })],
        );
        add(
            "stripped",
            &["Stripped"],
            "the store is gone, the label stays",
            main,
            vec![sign.clone(), json!({ "op": "strip_store" })],
        );
        add(
            "metadata-dropped",
            &["Stripped"],
            "the label is gone, the store stays",
            main,
            vec![sign.clone(), json!({ "op": "drop_metadata" })],
        );
        add(
            "all-dropped",
            &["Stripped"],
            "both are gone: nothing can be said",
            main,
            vec![sign.clone(), json!({ "op": "strip_store" }), json!({ "op": "drop_metadata" })],
        );
        add(
            "metadata-edited",
            &["Tampered"],
            "the label's number was changed",
            main,
            vec![sign.clone(), json!({ "op": "edit_metadata", "find": "vector-0001", "replace": "vector-0002" })],
        );
        add(
            "level-edited",
            &["Tampered"],
            "the level was changed",
            main,
            vec![
                sign.clone(),
                json!({ "op": "edit_metadata", "find": "Label&quot;:&quot;1", "replace": "Label&quot;:&quot;3" }),
            ],
        );
        add(
            "source-type-edited",
            &["Tampered"],
            "the source type was changed, the label not",
            main,
            vec![
                sign.clone(),
                json!({ "op": "edit_metadata", "find": "trainedAlgorithmicMedia", "replace": "trainedAlgorithmicMediX" }),
            ],
        );
        add(
            "pixel-flipped",
            &["Tampered"],
            "the picture was changed",
            main,
            vec![sign.clone(), json!({ "op": "flip_pixel" })],
        );
        add(
            "store-corrupted",
            &["Tampered"],
            "a bit of the store was flipped",
            main,
            vec![sign.clone(), json!({ "op": "corrupt_store" })],
        );
        add(
            "assertion-edited",
            &["Tampered"],
            "the label inside the store was changed",
            main,
            vec![sign.clone(), json!({ "op": "edit_store", "find": "vector-0001", "replace": "vector-0002" })],
        );
        add(
            "transplanted",
            &["Transplanted"],
            "the store of another picture with another label",
            main,
            vec![sign.clone(), json!({ "op": "transplant_from", "file": other_file, "label": label("vector-0007") })],
        );
        add(
            "transplanted-same-label",
            &["Transplanted"],
            "the store of another picture with the same label",
            main,
            vec![sign.clone(), json!({ "op": "transplant_from", "file": other_file, "label": label("vector-0001") })],
        );
        add(
            "label-exchanged",
            &["Transplanted"],
            "the same picture, signed with another label",
            main,
            vec![sign.clone(), json!({ "op": "transplant_from", "file": file, "label": label("vector-0007") })],
        );
        add(
            "foreign-before",
            &["Tampered"],
            "a part put before the store",
            main,
            vec![sign.clone(), json!({ "op": "foreign_segment", "where": "before_store" })],
        );
        add(
            "foreign-behind",
            &["Tampered"],
            "a part put behind the store",
            main,
            vec![sign.clone(), json!({ "op": "foreign_segment", "where": "after_store" })],
        );
        add(
            "trailing",
            &["Tampered"],
            "bytes put behind the end",
            main,
            vec![sign.clone(), json!({ "op": "trailing", "text": "more" })],
        );
        add(
            "truncated",
            &["Tampered"],
            "the last 20 bytes are gone",
            main,
            vec![sign, json!({ "op": "truncate", "bytes": 20 })],
        );
    }
    suite.finish("signed/vectors.json", out);
}
