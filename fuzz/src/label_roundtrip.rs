//! Any bytes of a known format, labelled in the metadata.

use biaoshi::{Explicit, Label, Labeler, Profile, Status};

use super::{
    expected, limits,
    packets::{kept, packets},
    same,
};

pub fn run(data: &[u8]) {
    labelled(data);
}

/// Whether a label was written.
pub fn labelled(data: &[u8]) -> bool {
    named("a.png", data)
}

/// The same for a file of this name.
pub fn named(name: &str, data: &[u8]) -> bool {
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("metadata only"));
    let labeler = labeler.file_name(name).limits(limits());
    let label = Label::new("001191110102MACQD9K64010000").with_produce_id("fuzz-1");
    let Ok((out, receipt)) = labeler.label_bytes(data, &label).inspect_err(expected) else { return false };
    assert_eq!(receipt.report.status, Status::Confirmed);
    assert!(receipt.report.evidence.iter().any(|e| e.label.as_ref() == Some(&receipt.label)));
    if !receipt.changed {
        same("an unchanged file", &out.as_slice(), &data);
        return false;
    }

    // Idempotent.
    let (again, receipt) = labeler.label_bytes(&out, &label).expect("a labelled file is labelled again");
    assert!(!receipt.changed);
    same("the second output", &again, &out);

    // Lossless: the output is the input with the container's edits, and each edit gives back what
    // it left out.
    if let Some(packet) = packets(name, &out).into_iter().next() {
        kept(&packets(name, data), &packet);
    }
    let patch = labeler.plan(&mut std::io::Cursor::new(data), &label).expect("planned before");
    let (mut from, mut to, mut back) = (0, 0, Vec::new());
    for edit in patch.edits() {
        let (at, end) = (edit.at as usize, (edit.at + edit.remove) as usize);
        back.extend_from_slice(&out[to..to + at - from]);
        to += at - from;
        assert!(out[to..].starts_with(&edit.insert));
        back.extend_from_slice(&data[at..end]);
        (from, to) = (end, to + edit.insert.len());
    }
    back.extend_from_slice(&out[to..]);
    same("the output without its edits", &back.as_slice(), &data);
    true
}
