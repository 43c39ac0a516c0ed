//! Signed files can't be kept as bytes: keys, certificates and identifiers differ each time. A
//! recipe says how to make one, and what may be done to it afterwards.

use std::sync::LazyLock;

use biaoshi::sign::{KeygenOptions, generate};
use biaoshi::{Algorithm, Explicit, Format, Identity, Label, Labeler, Lang, Profile, TrustStore, Verifier};
use serde_json::{Value, json};

struct Signing {
    identity: Identity,
    root: String,
}

fn identity(algorithm: Algorithm, organization: &str) -> Signing {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let made = generate(&KeygenOptions {
        algorithm,
        organization: organization.into(),
        common_name: format!("{organization} signer"),
        country: "CN".into(),
        not_before: now - 60,
        days: 2,
    })
    .unwrap();
    Signing { identity: Identity::from_pem(&made.chain_pem, &made.key_pem).unwrap(), root: made.root_pem }
}

static MAIN: LazyLock<Signing> = LazyLock::new(|| identity(Algorithm::Ed25519, "Vectors"));
static P256: LazyLock<Signing> = LazyLock::new(|| identity(Algorithm::Es256, "Vectors P-256"));
/// Says the same of itself as the first and is another one.
static LOOKALIKE: LazyLock<Signing> = LazyLock::new(|| identity(Algorithm::Ed25519, "Vectors"));

fn key(name: &str) -> &'static Signing {
    match name {
        "main" => &MAIN,
        "p256" => &P256,
        "lookalike" => &LOOKALIKE,
        other => panic!("unknown key {other}"),
    }
}

fn sign(bytes: &[u8], op: &Value) -> Vec<u8> {
    let label: Label = serde_json::from_value(op["label"].clone()).unwrap();
    let signing = key(op["key"].as_str().unwrap_or("main"));
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("vector"));
    labeler.signer(&signing.identity).label_bytes(bytes, &label).unwrap().0
}

fn slot(bytes: &[u8], name: &str) -> std::ops::Range<usize> {
    let found = biaoshi::inspect(bytes).unwrap();
    let mut parts = found.segments.iter().filter(|s| s.slot.as_deref() == Some(name));
    let first = parts.next().unwrap_or_else(|| panic!("no {name}"));
    let last = parts.next_back().unwrap_or(first);
    first.offset as usize..(last.offset + last.length) as usize
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |c, b| {
        (0..8).fold(c ^ u32::from(*b), |c, _| if c & 1 == 1 { 0xEDB8_8320 ^ (c >> 1) } else { c >> 1 })
    })
}

/// Makes checksums and sizes right again, as an attacker would.
fn repair(bytes: &mut [u8], format: Format, at: usize) {
    match format {
        Format::Png => {
            let found = biaoshi::inspect(bytes).unwrap();
            for s in found.segments.iter().filter(|s| s.name != "signature") {
                let (from, to) = (s.offset as usize, (s.offset + s.length) as usize);
                if (from..to).contains(&at) {
                    let sum = crc(&bytes[from + 4..to - 4]);
                    bytes[to - 4..to].copy_from_slice(&sum.to_be_bytes());
                }
            }
        }
        Format::Webp => {
            let size = (bytes.len() - 8) as u32;
            bytes[4..8].copy_from_slice(&size.to_le_bytes());
        }
        _ => {}
    }
}

/// A part that the format allows and that holds `data`.
fn foreign(format: Format, data: &[u8]) -> Vec<u8> {
    let mut out;
    match format {
        Format::Png => {
            out = (data.len() as u32).to_be_bytes().to_vec();
            out.extend_from_slice(b"prVt");
            out.extend_from_slice(data);
            let sum = crc(&out[4..]);
            out.extend_from_slice(&sum.to_be_bytes());
        }
        Format::Jpeg => {
            out = vec![0xFF, 0xEC];
            out.extend_from_slice(&((data.len() + 2) as u16).to_be_bytes());
            out.extend_from_slice(data);
        }
        _ => {
            out = b"JUNK".to_vec();
            out.extend_from_slice(&(data.len() as u32).to_le_bytes());
            out.extend_from_slice(data);
            out.resize(out.len() + data.len() % 2, 0);
        }
    }
    out
}

fn step(mut bytes: Vec<u8>, op: &Value, file: &dyn Fn(&str) -> Vec<u8>) -> Vec<u8> {
    let format = biaoshi::inspect(&bytes).unwrap().format;
    match op["op"].as_str().unwrap() {
        "sign" => return sign(&bytes, op),
        "strip_store" => {
            bytes.drain(slot(&bytes, "c2pa"));
            repair(&mut bytes, format, 0);
        }
        "drop_metadata" => {
            bytes.drain(slot(&bytes, "xmp"));
            repair(&mut bytes, format, 0);
        }
        name @ ("edit_metadata" | "edit_store") => {
            let (find, new) = (op["find"].as_str().unwrap(), op["replace"].as_str().unwrap());
            assert_eq!(find.len(), new.len());
            let place = slot(&bytes, if name == "edit_store" { "c2pa" } else { "xmp" });
            let hits: Vec<usize> = bytes[place.clone()]
                .windows(find.len())
                .enumerate()
                .filter(|(_, w)| *w == find.as_bytes())
                .map(|(at, _)| place.start + at)
                .collect();
            assert!(!hits.is_empty(), "{find} is not there");
            for at in &hits {
                bytes[*at..at + new.len()].copy_from_slice(new.as_bytes());
            }
            repair(&mut bytes, format, place.start);
        }
        "flip_pixel" => {
            let found = biaoshi::inspect(&bytes).unwrap();
            let part = found.segments.iter().filter(|s| s.essence).max_by_key(|s| s.length).unwrap();
            let at = (part.offset + part.length / 2) as usize;
            bytes[at] ^= 1;
            repair(&mut bytes, format, at);
        }
        "corrupt_store" => {
            let range = slot(&bytes, "c2pa");
            let at = range.start + range.len() / 2;
            bytes[at] ^= 1;
            repair(&mut bytes, format, at);
        }
        "transplant_from" => {
            let other = sign(&file(op["file"].as_str().unwrap()), op);
            let store = other[slot(&other, "c2pa")].to_vec();
            bytes.splice(slot(&bytes, "c2pa"), store);
            repair(&mut bytes, format, 0);
        }
        "foreign_segment" => {
            let store = slot(&bytes, "c2pa");
            let at = if op["where"] == "before_store" { store.start } else { store.end };
            bytes.splice(at..at, foreign(format, b"another picture could hide here"));
            repair(&mut bytes, format, 0);
        }
        "trailing" => bytes.extend_from_slice(op["text"].as_str().unwrap().as_bytes()),
        "truncate" => bytes.truncate(bytes.len() - op["bytes"].as_u64().unwrap() as usize),
        other => panic!("unknown operation {other}"),
    }
    bytes
}

/// Leaves out what differs from run to run; README.md lists it.
fn normal(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(at) = text.find("biaoshi-c2pa-1:") {
                text.truncate(at + "biaoshi-c2pa-1:".len());
                text.push('*');
            }
        }
        Value::Array(items) => items.iter_mut().for_each(normal),
        Value::Object(map) => {
            let manifest = map.get("code").and_then(Value::as_str).is_some_and(|c| c.starts_with("manifest."));
            if manifest {
                map.remove("message");
            }
            for name in ["bytes", "offset", "length", "serial", "time", "issuer", "certificate_sha256", "unique_id"] {
                map.remove(name);
            }
            if let Some(Value::Array(codes)) = map.get_mut("codes") {
                codes.sort_by_key(ToString::to_string);
                codes.dedup();
            }
            map.values_mut().for_each(normal);
        }
        _ => {}
    }
}

/// Kind `signed`: carries out the recipe and gives the report in normal form.
pub fn run(input: Vec<u8>, recipe: &Value, file: &dyn Fn(&str) -> Vec<u8>) -> Value {
    let bytes = recipe["ops"].as_array().unwrap().iter().fold(input, |bytes, op| step(bytes, op, file));
    let trust = recipe["trust"].as_str().map(|name| TrustStore::from_pem(&key(name).root).unwrap());
    let mut verifier = Verifier::new();
    if let Some(trust) = &trust {
        verifier = verifier.trust(trust);
    }
    let report = verifier.verify_bytes(&bytes).unwrap();
    let mut out = json!({ "report": serde_json::to_value(report.document(Lang::En)).unwrap() });
    normal(&mut out);
    out
}
