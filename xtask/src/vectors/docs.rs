//! What stands beside the suites: what this is, its terms, its schema.

use serde_json::json;

use super::suite::{Files, put, text};

const README: &str = include_str!("README.md");
const LICENSE: &str = include_str!("CC0-1.0.txt");

pub fn build(out: &mut Files, version: &str) {
    put(out, "README.md", README.as_bytes().to_vec());
    put(out, "LICENSE", LICENSE.as_bytes().to_vec());
    put(out, "VERSION", format!("{version}\n").into_bytes());
    let string = json!({ "type": "string" });
    let sum = json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" });
    let test = json!({
        "id": { "type": "string", "pattern": "^[a-z0-9-]+$" },
        "flags": { "type": "array", "items": string, "minItems": 1 },
        "comment": string,
        "value": string,
        "value_hex": { "type": "string", "pattern": "^([0-9a-f]{2})*$" },
        "file": string,
        "sha256": sum,
        "params": {
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "file_name": string,
                "declared": { "type": "boolean" },
                "look": { "type": "boolean" },
                "first": string,
                "states": { "type": "array", "items": string },
                "limits": { "type": "object", "additionalProperties": { "type": "integer" } },
            },
        },
        "max_ms": { "type": "integer" },
        "label": { "type": "object", "required": ["producer"] },
        "output": string,
        "output_sha256": sum,
        "recipe": {
            "type": "object",
            "required": ["ops", "trust"],
            "properties": {
                "ops": { "type": "array", "items": { "type": "object", "required": ["op"] } },
                "trust": { "enum": ["main", "p256", null] },
            },
        },
        "expected": { "type": "object" },
    });
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An index of test vectors",
        "type": "object",
        "required": ["suite", "schema", "kind", "notes", "tests"],
        "additionalProperties": false,
        "properties": {
            "suite": string,
            "schema": { "const": "vectors-1" },
            "kind": { "enum": ["label", "code", "verify", "write", "signed", "decide"] },
            "notes": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["kind", "clause", "effect"],
                    "additionalProperties": false,
                    "properties": {
                        "kind": { "enum": ["NORMATIVE", "NONCONFORMANT", "WILD", "MALFORMED", "HOSTILE", "AMBIGUOUS"] },
                        "clause": string,
                        "effect": string,
                    },
                },
            },
            "tests": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["id", "flags", "comment", "expected"],
                    "additionalProperties": false,
                    "properties": test,
                },
            },
        },
    });
    put(out, "schema/vectors.schema.json", text(&schema));
}
