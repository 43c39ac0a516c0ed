//! The XMP places of a file.

use biaoshi::Format;
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

/// The value of each XMP place, the first of which is written to. A place that can't be read must
/// not be written over.
pub fn packets(file: &[u8]) -> Vec<Vec<u8>> {
    let limits = limits();
    let mut cursor = std::io::Cursor::new(file);
    let mut source = Source::new(&mut cursor, &limits).expect("within limits");
    let container = Format::sniff(&mut source).expect("memory").expect("known").container;
    let mut map = container.map(&mut source, &limits).expect("mapped before");
    let place = map.segments.iter().find(|s| s.slot == Some(Slot::Xmp)).map(|s| s.range.start);
    let values = container.values(&mut map, &mut source, &limits).expect("read before");
    let found: Vec<_> = values.into_iter().filter(|v| v.slot == Slot::Xmp).collect();
    assert_eq!(found.first().map(|v| v.range.start), place, "an unreadable packet was replaced");
    found.into_iter().map(|v| v.bytes).collect()
}
