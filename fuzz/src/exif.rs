//! Any bytes as an Exif block.

use biaoshi::metadata::exif::{read, read_lenient};

use super::limits;

pub fn run(data: &[u8]) {
    let limits = limits();
    let (view, error) = read_lenient(data, &limits);
    assert_eq!(read(data, &limits).err(), error);
    assert!(view.anomalies.len() <= 256);
    assert!(view.orientation(data).is_none_or(|o| (1..=8).contains(&o)));
    assert!(view.entries.len() <= limits.ifds * limits.ifd_entries);
    for entry in view.entries.iter().take(4_096) {
        assert!(entry.range.start <= entry.range.end && entry.range.end <= data.len(), "{entry:?}");
        assert_eq!(entry.bytes(data).len(), entry.range.len());
        let _ = entry.number(data);
        if let Some(text) = entry.text(data) {
            // One byte is at most one character of Latin-1, which is two bytes in UTF-8; two are
            // at most three.
            assert!(text.text.len() <= entry.range.len() * 3, "{entry:?}");
        }
    }
}
