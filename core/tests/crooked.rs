//! Crooked labels and vendors' marks in text places of every family of formats, by way of the
//! verifier.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;

use biaoshi::carrier::slots::written;
use biaoshi::container::{NewValue, Slot};
use biaoshi::source::Source;
use biaoshi::{CarrierKind, Claim, Format, Limits, Report, Status, Verifier};

const BARE: &str = r#"{"Label":"1","ContentProducer":"acme","ProduceID":"i-1","ReservedCode1":"","ContentPropagator":"acme","PropagateID":"i-1","ReservedCode2":""}"#;

/// A base file of every format whose place for the label takes another name too.
fn bases() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases");
    let mut out = Vec::new();
    for folder in std::fs::read_dir(root).unwrap() {
        let mut files: Vec<_> = std::fs::read_dir(folder.unwrap().path()).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        let sound = |path: &Path| path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("-ok"));
        for path in files.into_iter().filter(|path| sound(path)) {
            out.push((path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()));
        }
    }
    out
}

/// The file with this text under another name where the label's place is; the place without name.
fn with(name: &str, bytes: &[u8], key: &str, text: &str) -> Option<(&'static str, Vec<u8>)> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let row = Format::sniff(&mut source, Some(name)).unwrap().unwrap();
    let map = row.container.map(row.format, &mut source, &limits).unwrap();
    let place = written(row.format, CarrierKind::AigcMetadata).find_map(|row| row.slot.strip_suffix(":AIGC"))?;
    let value = NewValue { slot: Slot::item(place, key), bytes: text.as_bytes().to_vec() };
    let placed = row.container.put(&map, &mut source, &[value], &limits).ok()?;
    let mut out = Vec::new();
    placed.patch.apply(&mut source, &mut out).ok()?;
    Some((place, out))
}

fn verify(name: &str, bytes: &[u8]) -> Report {
    Verifier::new().file_name(name).verify_bytes(bytes).unwrap()
}

fn is_text(format: Format) -> bool {
    matches!(format, Format::Html | Format::Json | Format::Markdown | Format::Vtt | Format::JavaScript)
}

#[test]
fn a_vendors_block_and_a_crooked_label_are_found_in_every_family() {
    let block = r#"{"aigc_info":{"aigc_label_type":1}}"#;
    let (mut marked, mut read) = (BTreeSet::new(), BTreeSet::new());
    for (name, bytes) in bases() {
        for key in ["NOTE", "Note"] {
            if let Some((place, file)) = with(&name, &bytes, key, block) {
                let report = verify(&name, &file);
                let mark = report.evidence.iter().find(|e| e.dialect.as_deref() == Some("bytedance-aigc-info"));
                if let Some(mark) = mark {
                    let text = is_text(report.format);
                    assert_eq!(mark.claim, if text { Claim::SuspectedAi } else { Claim::Ai }, "{name}");
                    assert!(report.has("mark.vendor") && (!text || report.status != Status::Confirmed), "{name}");
                    marked.insert(place);
                }
            }
            if let Some((place, file)) = with(&name, &bytes, key, &format!("AIGC={}", BARE.replace('"', "'"))) {
                let report = verify(&name, &file);
                if report.evidence.iter().any(|e| e.label.as_ref().is_some_and(|l| l.produce_id == "i-1")) {
                    assert!(report.has("label.prefixed") && report.has("label.single_quotes"), "{name}");
                    assert!(!report.carries_intact_label(), "{name}");
                    read.insert(place);
                }
            }
        }
    }
    let due = ["custom", "info", "keys", "onMetaData", "riff", "tag", "txxx", "user-defined", "vorbis"];
    for place in due {
        assert!(marked.contains(place) && read.contains(place), "{place}: {marked:?} {read:?}");
    }
}

fn png(chunks: &[(&[u8; 4], Vec<u8>)]) -> Vec<u8> {
    let base = bases().into_iter().find(|(name, _)| name.ends_with(".png")).expect("a PNG").1;
    let mut out = base[..33].to_vec();
    for (kind, data) in chunks {
        let body = [&kind[..], data].concat();
        let mut crc = u32::MAX;
        for byte in &body {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
            }
        }
        out.extend(u32::try_from(data.len()).unwrap().to_be_bytes());
        out.extend(body);
        out.extend((!crc).to_be_bytes());
    }
    out.extend(&base[33..]);
    out
}

#[test]
fn a_label_behind_a_megabyte_of_workflow_is_found_in_bounded_time() {
    let node = "{\"inputs\":{\"text\":\"a cat, AIGC, {x}\"},\"class_type\":\"KSampler\"},";
    let text = format!("[{}{{}}] AIGC: {BARE}", node.repeat(14_000));
    let started = std::time::Instant::now();
    let report = verify("a.png", &png(&[(b"tEXt", [b"prompt\0", text.as_bytes()].concat())]));
    assert_eq!(report.status, Status::Confirmed);
    assert!(report.has("label.amid_text") && report.has("mark.generator_trace"));
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
}

#[test]
fn texts_about_labels_are_not_called_ai() {
    let html = |body: &str| format!("<!doctype html><html><head><title>t</title></head><body>{body}</body></html>");
    let code = BARE.replace('"', "&quot;");
    for (name, text) in [
        ("a.html", html(&format!("<p>Write AIGC={code} or {{'AIGC':…}} into a comment.</p>"))),
        (
            "a.html",
            html(&format!(
                "<pre>{code}</pre><!-- no label here --><script>const a = {{AIGC: {{Label: '1', ContentProducer: 'x', ProduceID: y}}}}</script>"
            )),
        ),
        (
            "a.md",
            format!(
                "# Labels\n\nAIGC={BARE}\n\n```json\n{{\"AIGC\":{BARE}}}\n```\n\n    {{'AIGC': {{'Label': '1'}}}}\n"
            ),
        ),
        ("a.json", "{\"AIGC\":\"a word\",\"doc\":\"{\\\"aigc_info\\\":{\\\"aigc_label_type\\\":1}}\"}".to_owned()),
        (
            "a.js",
            "const label = {AIGC: {Label: '1', ContentProducer: 'x'}}; // AIGC={'Label':'1','ContentProducer':'x'}\n"
                .to_owned(),
        ),
    ] {
        let report = verify(name, text.as_bytes());
        assert!(matches!(report.status, Status::None), "{name}: {:?} {:?}", report.status, report.evidence);
    }
    let quoted = html(&format!("<!-- write AIGC={BARE} -->"));
    let report = verify("a.html", quoted.as_bytes());
    assert_eq!(report.status, Status::Suspected);
    assert!(report.has("label.quoted"));
}
