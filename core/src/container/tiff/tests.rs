#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]
use super::*;
use crate::metadata::exif::ByteOrder;
use proptest::prelude::*;
use std::io::Cursor;

/// A file with one directory: entries of tag, type, count and value or offset, then `data`.
fn file(header: Header, entries: &[(u16, u16, u64, u64)], data: &[u8]) -> Vec<u8> {
    let mut out = if header.order == ByteOrder::Little { b"II".to_vec() } else { b"MM".to_vec() };
    out.extend(header.bytes(if header.big { 43 } else { 42 }, 2));
    if header.big {
        out.extend(header.bytes(8, 2));
        out.extend([0, 0]);
    }
    out.extend(header.bytes(header.len(), header.offset_len()));
    out.extend(header.bytes(entries.len() as u64, header.count_len()));
    for (tag, kind, count, value) in entries {
        out.extend(header.bytes(u64::from(*tag), 2));
        out.extend(header.bytes(u64::from(*kind), 2));
        out.extend(header.bytes(*count, header.offset_len()));
        let width = match (*kind, *count) {
            (3, 1) => 2,
            (1 | 7, 1) => 1,
            _ => header.offset_len(),
        };
        let mut value = header.bytes(*value, width);
        value.resize(header.offset_len(), 0);
        out.extend(value);
    }
    out.extend(header.bytes(0, header.offset_len()));
    out.extend(data);
    out
}

fn with<T>(bytes: &[u8], limits: &Limits, run: impl FnOnce(&mut Source<'_>) -> T) -> T {
    let mut cursor = Cursor::new(bytes);
    run(&mut Source::new(&mut cursor, limits).unwrap())
}

fn map(bytes: &[u8]) -> Result<SegmentMap> {
    let limits = Limits::default();
    with(bytes, &limits, |source| Tiff.map(Format::Tiff, source, &limits))
}

fn put(bytes: &[u8], packet: &[u8]) -> Result<Vec<u8>> {
    let limits = Limits::default();
    with(bytes, &limits, |source| {
        let map = Tiff.map(Format::Tiff, source, &limits)?;
        let values = [NewValue { slot: Slot::Xmp, bytes: packet.to_vec() }];
        let mut out = Vec::new();
        Tiff.put(&map, source, &values, &limits)?.patch.apply(source, &mut out)?;
        Ok(out)
    })
}

fn headers() -> impl Strategy<Value = Header> {
    (any::<bool>(), any::<bool>()).prop_map(|(little, big)| Header {
        order: if little { ByteOrder::Little } else { ByteOrder::Big },
        big,
        first: if big { 16 } else { 8 },
    })
}

proptest! {
    #[test]
    fn a_packet_is_read_back_and_nothing_else_changes(
        header in headers(),
        tags in prop::collection::btree_set(1u16.., 0..12),
        data in prop::collection::vec(any::<u8>(), 1..200),
        packet in prop::collection::vec(any::<u8>(), 9..300),
        other in prop::collection::vec(any::<u8>(), 9..300),
    ) {
        const SPECIAL: [u16; 9] = [256, 257, 273, 279, 324, 325, 330, 513, 514];
        let special = |tag: &u16| SPECIAL.contains(tag) || [700, 0x8769, 0xCD41].contains(tag);
        let mut entries: Vec<_> =
            tags.into_iter().filter(|tag| !special(tag)).map(|tag| (tag, 3, 1, u64::from(tag))).collect();
        let table = header.count_len() + (entries.len() + 2) * header.entry_len() + header.offset_len();
        entries.extend([(273, 4, 1, header.len() + table as u64), (279, 4, 1, data.len() as u64)]);
        entries.sort_unstable();
        // A LONG of a BigTIFF is left-justified in its field.
        let bytes = file(header, &entries.iter().map(|e| match e.1 {
            4 if header.big => (e.0, 16, e.2, e.3),
            _ => *e,
        }).collect::<Vec<_>>(), &data);
        let before = map(&bytes).unwrap();
        prop_assert!(!before.damaged, "{:?}", before.findings);
        let out = put(&bytes, &packet).unwrap();
        let again = put(&out, &other).unwrap();
        for (out, packet) in [(&out, &packet), (&again, &other)] {
            let after = map(out).unwrap();
            prop_assert!(!after.damaged && after.essence() == before.essence());
            let found = after.segments.iter().find(|s| s.slot == Some(Slot::Xmp)).unwrap();
            prop_assert_eq!(&out[found.range.start as usize..found.range.end as usize], &packet[..]);
            let head = header.len() as usize;
            prop_assert_eq!(&out[head..bytes.len()], &bytes[head..]);
            let limits = Limits::default();
            let read = with(out, &limits, |source| {
                let header = super::header(source).unwrap().unwrap();
                header.directory(source, header.first, &limits).unwrap().unwrap()
            });
            let tags: Vec<u16> = read.entries.iter().map(|e| e.tag).collect();
            prop_assert!(tags.is_sorted() && tags.len() == entries.len() + 1);
            prop_assert_eq!((read.find(700).unwrap().kind, read.next), (1, Some(0)));
            prop_assert_eq!(read.range.start % if header.big { 8 } else { 2 }, 0);
        }
    }

    #[test]
    fn arbitrary_bytes_are_covered_in_order(
        header in headers(),
        entries in prop::collection::vec(
            (prop::sample::select(vec![256u16, 273, 279, 324, 325, 330, 513, 514, 700, 0x8769, 0xCD41]),
             0u16..20, 0u64..40, 0u64..600), 0..20),
        data in prop::collection::vec(any::<u8>(), 0..400),
        cut in 0usize..900,
    ) {
        let mut bytes = file(header, &entries, &data);
        bytes.truncate(cut.max(16));
        let limits = Limits::default();
        if let Ok(mut map) = map(&bytes) {
            let mut at = 0;
            for segment in &map.segments {
                prop_assert_eq!(segment.range.start, at);
                prop_assert!(segment.range.start < segment.range.end);
                at = segment.range.end;
            }
            prop_assert_eq!(at, bytes.len() as u64);
            let _ = with(&bytes, &limits, |source| Tiff.values(&mut map, source, &limits));
            let _ = put(&bytes, b"<x:xmpmeta/>");
        }
    }
}

#[test]
fn a_classic_file_does_not_grow_beyond_its_offsets() {
    struct Sparse(Vec<u8>, u64, u64);
    impl std::io::Read for Sparse {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let n = buf.len().min(usize::try_from(self.1 - self.2).unwrap());
            for (i, byte) in buf[..n].iter_mut().enumerate() {
                *byte = self.0.get(usize::try_from(self.2).unwrap() + i).copied().unwrap_or(0);
            }
            self.2 += n as u64;
            Ok(n)
        }
    }
    impl std::io::Seek for Sparse {
        fn seek(&mut self, to: std::io::SeekFrom) -> std::io::Result<u64> {
            self.2 = match to {
                std::io::SeekFrom::Start(at) => at,
                _ => self.1,
            };
            Ok(self.2)
        }
    }
    let limits = Limits::default();
    for (big, fits) in [(false, false), (true, true)] {
        let header = Header { order: ByteOrder::Little, big, first: if big { 16 } else { 8 } };
        let mut inner = Sparse(file(header, &[(256, 3, 1, 1)], b""), (1 << 32) - 200, 0);
        let mut source = Source::new(&mut inner, &limits).unwrap();
        let map = Tiff.map(Format::Tiff, &mut source, &limits).unwrap();
        let values = [NewValue { slot: Slot::Xmp, bytes: vec![b' '; 400] }];
        match Tiff.put(&map, &mut source, &values, &limits) {
            Ok(placed) => assert!(fits && placed.patch.output_len() > 1 << 32),
            Err(Error::Refused(problem)) => assert!(!fits && problem.message.code == "tiff.classic_full"),
            Err(other) => panic!("{other}"),
        }
    }
}

#[test]
fn a_packet_of_the_same_length_takes_the_old_ones_place() {
    let header = Header { order: ByteOrder::Big, big: false, first: 8 };
    let bytes = file(header, &[(256, 3, 1, 1), (700, 1, 20, 38)], b"<x:xmpmeta>.........");
    let out = put(&bytes, b"<x:xmpmeta>,,,,,,,,,").unwrap();
    assert_eq!((out.len(), &out[..49]), (bytes.len(), &bytes[..49]));
    assert_eq!(&out[38..], b"<x:xmpmeta>,,,,,,,,,");
    let longer = put(&bytes, b"<x:xmpmeta>,,,,,,,,,,").unwrap();
    assert_eq!(longer[8..bytes.len()], bytes[8..]);
    let map = map(&longer).unwrap();
    assert_eq!(map.segments.iter().filter(|s| s.slot == Some(Slot::Xmp)).count(), 1);
}
