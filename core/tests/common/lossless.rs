//! What labelling promises for a file of any format, checked from outside.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Cursor;

use biaoshi::source::Source;
use biaoshi::{Aigc, Explicit, Format, Label, Labeler, Limits, Profile, Report, Status, Verifier};

#[path = "patch.rs"]
mod patch;
pub use patch::{splice, undo};

pub const CODE: &str = "001191110102MACQD9K64010000";

/// Labels that stress every escaping rule, within the characters of Annex E j).
pub fn labels() -> Vec<Label> {
    let ids = [
        "test-0001",
        "single'quote`tick",
        "]]>-->*/<!--<![CDATA[&amp;&<>",
        "---#:{}[],!|>%@*~",
        "(parens)(un(balanced)($1#{x}",
    ];
    let mut out: Vec<Label> = ids.iter().map(|id| Label::new(CODE).with_produce_id(*id)).collect();
    out.push(Label::new(CODE).with_produce_id("a".repeat(4096)));
    let mut json = Label::new(CODE).with_produce_id("json-inside");
    json.reserved_code1 = Some(r#"{"SecurityData":{"Type":"TC260PG","Note":"\u4eba\n<&>'"}}"#.to_owned());
    out.push(json);
    out
}

pub fn labeler(name: &str) -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("test of the metadata layer")).file_name(name)
}

pub fn verify(name: &str, bytes: &[u8]) -> Report {
    Verifier::new().file_name(name).verify_bytes(bytes).unwrap()
}

/// The bytes of every part that carries the content, joined.
pub fn essence(name: &str, bytes: &[u8]) -> Vec<u8> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let row = Format::sniff(&mut source, Some(name)).unwrap().unwrap();
    let map = row.container.map(row.format, &mut source, &limits).unwrap();
    map.essence().iter().flat_map(|r| bytes[r.start as usize..r.end as usize].to_vec()).collect()
}

/// Labels `bytes` in many ways and checks I2 to I6, I10 and I15 of `spec/README.md`; gives back
/// the file with the plain label. The bytes that carry the content are the same in the output.
pub fn hold(name: &str, bytes: &[u8]) -> Vec<u8> {
    let labeler = labeler(name);
    let before = verify(name, bytes);
    assert!(before.evidence.iter().all(|e| e.label.is_none()), "{name}: the input is labelled");
    let mut first = None;
    for label in labels() {
        let id = label.produce_id.clone().unwrap();
        let plan = labeler.plan(&mut Cursor::new(bytes), &label).unwrap_or_else(|e| panic!("{name} {id}: {e}"));
        let (out, receipt) = labeler.label_bytes(bytes, &label).unwrap_or_else(|e| panic!("{name} {id}: {e}"));
        assert!(receipt.changed, "{name}");
        assert_eq!(splice(bytes, &plan), out, "{name} {id}: the plan is what is written");
        assert_eq!(undo(&out, bytes, &plan), bytes, "{name} {id}: every edit can be undone");

        let report = verify(name, &out);
        assert_eq!(report.format, before.format, "{name}");
        assert_eq!(report.status, Status::Confirmed, "{name} {id}");
        let found: Vec<_> = report.evidence.iter().filter_map(|e| e.label.as_ref()).collect();
        assert!(
            !found.is_empty() && found.iter().all(|l| l.produce_id == id && l.content_producer == CODE),
            "{name} {id}"
        );
        let had: Vec<_> = before.findings.iter().map(|f| f.code()).collect();
        let new: Vec<_> = report.findings.iter().map(|f| f.code()).filter(|c| !had.contains(c)).collect();
        let due = |c: &&str| {
            // The form of a box that is there is kept.
            !matches!(*c, "label.unsigned" | "label.charset" | "label.long" | "label.quotes" | "file.bare_meta")
                && !c.starts_with("signature.")
        };
        assert_eq!(new.into_iter().filter(due).collect::<Vec<_>>(), Vec::<&str>::new(), "{name} {id}: new findings");

        assert_eq!(essence(name, &out), essence(name, bytes), "{name} {id}: the content changed");
        let (again, receipt) = labeler.label_bytes(&out, &label).unwrap_or_else(|e| panic!("{name} again {id}: {e}"));
        assert!(!receipt.changed && again == out, "{name} {id}: not idempotent");
        let other = Label::new(CODE).with_produce_id("another");
        assert!(labeler.label_bytes(&out, &other).is_err(), "{name}: a label was written over");
        let json = Aigc::from_label(&label, &id).unwrap().to_json().len();
        let most = bytes.len() + 6 * json + 16 * 1024;
        assert!(out.len() <= most, "{name}: {} bytes became {}", bytes.len(), out.len());
        first.get_or_insert(out);
    }
    first.unwrap()
}

/// Prefixes of a file, and the file with each byte of its first and last 256 changed: read,
/// labelled, never a panic, never an internal error. The fuzz targets go deeper.
pub fn survives(name: &str, bytes: &[u8]) {
    let labeler = labeler(name);
    let label = Label::new(CODE).with_produce_id("hostile");
    let check = |bytes: &[u8], what: &dyn Fn() -> String| {
        for error in [
            Verifier::new().file_name(name).verify_bytes(bytes).err(),
            labeler.label_bytes(bytes, &label).err(),
            biaoshi::inspect_source(&mut Cursor::new(bytes), Some(name), &Limits::default()).err(),
        ]
        .into_iter()
        .flatten()
        {
            let typed = !matches!(error, biaoshi::Error::Internal(_) | biaoshi::Error::Io { .. });
            assert!(typed, "{name}, {}: {error}", what());
        }
    };
    let step = (bytes.len() / 128).max(1);
    for cut in (0..bytes.len()).step_by(step) {
        check(&bytes[..cut], &|| format!("cut at {cut}"));
    }
    let edge = bytes.len().min(256);
    for at in (0..edge).chain(bytes.len().saturating_sub(edge)..bytes.len()) {
        let value = [bytes[at] ^ 1, bytes[at] ^ 0x80, 0, 0xFF][(at / 3) % 4];
        let mut changed = bytes.to_vec();
        changed[at] = value;
        check(&changed, &|| format!("byte {at} set to {value}"));
    }
}
