//! The XMP places of a file.

use biaoshi::Format;
use biaoshi::carrier::slots::is_written;
use biaoshi::container::Slot;
use biaoshi::source::Source;

use super::limits;

/// Nothing of an old packet goes but the slash of an element that closed itself.
pub fn kept(before: &[Vec<u8>], after: &[u8]) {
    let Some(old) = before.first() else { return };
    let head = old.iter().zip(after).take_while(|(a, b)| a == b).count();
    let tail = old[head..].iter().rev().zip(after[head..].iter().rev()).take_while(|(a, b)| a == b).count();
    let gone = &old[head..old.len() - tail];
    assert!(gone.len() <= 4, "{} bytes of the packet are gone", gone.len());
}

/// The value of each XMP place of a format whose labels stand in XMP, the first of which is written to. A place that can't be read must
/// not be written over.
pub fn packets(name: &str, file: &[u8]) -> Vec<Vec<u8>> {
    let limits = limits();
    let mut cursor = std::io::Cursor::new(file);
    let mut source = Source::new(&mut cursor, &limits).expect("within limits");
    let row = Format::sniff(&mut source, Some(name)).expect("memory").expect("known");
    let container = row.container;
    let mut map = container.map(row.format, &mut source, &limits).expect("mapped before");
    if !is_written(row.format, &Slot::Xmp) {
        return Vec::new();
    }
    let place = map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)).map(|s| s.range.start);
    let values = container.values(&mut map, &mut source, &limits).expect("read before");
    let found: Vec<_> = values.into_iter().filter(|v| v.slot == Slot::Xmp).collect();
    assert_eq!(found.first().map(|v| v.range.start), place, "an unreadable packet was replaced");
    found.into_iter().map(|v| v.bytes).collect()
}
