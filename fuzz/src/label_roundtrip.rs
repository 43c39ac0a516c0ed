//! Any bytes of a known format, labelled in the metadata.

use biaoshi::source::Source;
use biaoshi::{Explicit, Format, Label, Labeler, Profile, Status};

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
    let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("metadata only")).limits(limits());
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
    let packet = packets(&out).swap_remove(0);
    kept(&packets(data), &packet);
    let limits = limits();
    let mut cursor = std::io::Cursor::new(data);
    let mut source = Source::new(&mut cursor, &limits).expect("within limits");
    let container = Format::sniff(&mut source).expect("memory").expect("known").container;
    let map = container.map(&mut source, &limits).expect("mapped before");
    let patch = container.put_xmp(&map, &mut source, &packet, &limits).expect("put before");
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
