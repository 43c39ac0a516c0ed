#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use proptest::prelude::*;

use super::*;

const JSON: &str = r#"{"AIGC":{"Label":"1"}}"#;

/// Builds blocks, so that the tests say what a file holds and not where.
struct Block {
    order: ByteOrder,
    bytes: Vec<u8>,
}

impl Block {
    fn new(order: ByteOrder) -> Self {
        let head: &[u8] = if order == ByteOrder::Little { b"II*\0\0\0\0\0" } else { b"MM\0*\0\0\0\0" };
        Self { order, bytes: head.to_vec() }
    }

    fn u16(&self, v: u16) -> [u8; 2] {
        if self.order == ByteOrder::Little { v.to_le_bytes() } else { v.to_be_bytes() }
    }

    fn u32(&self, v: usize) -> [u8; 4] {
        let v = u32::try_from(v).unwrap();
        if self.order == ByteOrder::Little { v.to_le_bytes() } else { v.to_be_bytes() }
    }

    /// Appends values, then the directory; returns its offset.
    fn ifd(&mut self, entries: &[(u16, u16, usize, Vec<u8>)], next: usize) -> usize {
        let mut table = Vec::new();
        table.extend(self.u16(u16::try_from(entries.len()).unwrap()));
        for (tag, kind, count, value) in entries {
            table.extend(self.u16(*tag));
            table.extend(self.u16(*kind));
            table.extend(self.u32(*count));
            if value.len() <= 4 {
                let mut short = value.clone();
                short.resize(4, 0);
                table.extend(short);
            } else {
                table.extend(self.u32(self.bytes.len()));
                self.bytes.extend(value);
            }
        }
        table.extend(self.u32(next));
        let at = self.bytes.len();
        self.bytes.extend(table);
        at
    }

    fn first(mut self, at: usize) -> Vec<u8> {
        let offset = self.u32(at);
        self.bytes[4..8].copy_from_slice(&offset);
        self.bytes
    }
}

fn text(tag: u16, value: &str) -> (u16, u16, usize, Vec<u8>) {
    let mut bytes = value.as_bytes().to_vec();
    bytes.push(0);
    (tag, 2, bytes.len(), bytes)
}

fn comment(code: &[u8], body: &[u8]) -> (u16, u16, usize, Vec<u8>) {
    let bytes = [code, body].concat();
    (tag::USER_COMMENT, 7, bytes.len(), bytes)
}

fn sample(order: ByteOrder, user: (u16, u16, usize, Vec<u8>)) -> Vec<u8> {
    let mut block = Block::new(order);
    let thumbnail = block.ifd(&[text(tag::SOFTWARE, "thumb")], 0);
    let exif = block.ifd(&[user], 0);
    let (orientation, pointer) = (block.u16(6).to_vec(), block.u32(exif).to_vec());
    let main = block.ifd(
        &[
            text(tag::IMAGE_DESCRIPTION, "描述"),
            (tag::ORIENTATION, 3, 1, orientation),
            (0x0100, 4, 1, vec![1, 0, 0, 0]),
            text(tag::ARTIST, "abc"),
            (0x8769, 4, 1, pointer),
        ],
        thumbnail,
    );
    block.first(main)
}

fn read_user(block: &[u8]) -> Option<ExifText> {
    let view = read(block, &Limits::default()).unwrap();
    let entry = view.find(tag::USER_COMMENT).next().unwrap();
    assert_eq!(entry.ifd, Ifd::Exif);
    entry.text(block)
}

#[test]
fn both_byte_orders_give_entries_with_their_bytes() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let block = sample(order, comment(b"ASCII\0\0\0", JSON.as_bytes()));
        let view = read(&block, &Limits::default()).unwrap();
        assert_eq!((view.order, view.anomalies.len()), (order, 0));
        assert_eq!(view.orientation(&block), Some(6));
        let found: Vec<_> = view.entries.iter().map(|e| (e.ifd, e.tag)).collect();
        assert_eq!(
            found,
            [
                (Ifd::Chain(0), tag::IMAGE_DESCRIPTION),
                (Ifd::Chain(0), tag::ORIENTATION),
                (Ifd::Chain(0), tag::ARTIST),
                (Ifd::Exif, tag::USER_COMMENT),
                (Ifd::Chain(1), tag::SOFTWARE),
            ]
        );
        assert_eq!(view.entries[0].text(&block).unwrap().text, "描述");
        assert_eq!(view.entries[2].text(&block).unwrap().text, "abc");
        assert_eq!(view.entries[1].text(&block), None);
        let user = view.find(tag::USER_COMMENT).next().unwrap();
        assert!(block[user.range.clone()].ends_with(JSON.as_bytes()));
        let prefixed = [b"Exif\0\0", &block[..]].concat();
        let again = read(&prefixed, &Limits::default()).unwrap();
        assert_eq!(again.anomalies, [Anomaly::ExifPrefix]);
        assert_eq!(again.entries[0].text(&prefixed).unwrap().text, "描述");
    }
}

#[test]
fn user_comments_are_decoded_by_their_code() {
    use ByteOrder::{Big, Little};
    let le: Vec<u8> = JSON.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let be: Vec<u8> = JSON.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let marked = [&[0xFE, 0xFF][..], &be].concat();
    let json = JSON.as_bytes();
    let padded = [json, &[0, 0, 0]].concat();
    use CharacterCode::*;
    for (order, code, body, expected, guessed) in [
        (Little, &b"ASCII\0\0\0"[..], json, Ascii, false),
        (Little, b"ASCII\0\0\0", &padded[..], Ascii, false),
        (Little, b"UNICODE\0", &le, Unicode, false),
        (Big, b"UNICODE\0", &be, Unicode, false),
        (Little, b"UNICODE\0", &be, Unicode, true),
        (Big, b"UNICODE\0", &le, Unicode, true),
        (Big, b"UNICODE\0", &marked, Unicode, false),
        (Big, b"UNICODE\0", json, Unicode, true),
        (Big, &[0; 8], json, Undefined, false),
        (Big, b"", json, Missing, false),
    ] {
        let user = read_user(&sample(order, comment(code, body))).unwrap();
        let due = ExifText { text: JSON.into(), code: Some(expected), guessed };
        assert_eq!(user, due, "{order:?} {code:?}");
    }
    assert_eq!(read_user(&sample(Big, comment(b"JIS\0\0\0\0\0", b"x"))), None);
    let latin = read_user(&sample(Big, comment(b"ASCII\0\0\0", b"caf\xe9"))).unwrap();
    assert_eq!((latin.text.as_str(), latin.guessed), ("café", true));
    let chinese: Vec<u8> = "本内容由人工智能生成".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let user = read_user(&sample(Big, comment(b"UNICODE\0", &chinese))).unwrap();
    assert_eq!((user.text.as_str(), user.guessed), ("本内容由人工智能生成", false));
}

#[test]
fn sloppy_blocks_are_read_as_far_as_they_go() {
    let mut block = Block::new(ByteOrder::Big);
    let out = block.u32(9_999).to_vec();
    let main = block.ifd(
        &[
            (tag::MAKE, 99, 1, vec![0]),
            (tag::MODEL, 2, 4_000_000_000, vec![0, 0, 0, 9]),
            text(tag::SOFTWARE, "first one"),
            text(tag::SOFTWARE, "second"),
            (0x8769, 4, 1, out),
        ],
        8,
    );
    // The chain goes on into the values, which make no directory.
    let bytes = block.first(main);
    let view = read(&bytes, &Limits::default()).unwrap();
    assert_eq!(view.find(tag::SOFTWARE).count(), 2);
    assert!(view.anomalies.contains(&Anomaly::FieldType(main + 2)));
    assert!(view.anomalies.contains(&Anomaly::OutOfBounds(main + 14)));
    assert!(view.anomalies.contains(&Anomaly::RepeatedTag(tag::SOFTWARE)));
    let cut = &bytes[..bytes.len() - 14];
    let view = read(cut, &Limits::default()).unwrap();
    assert!(view.anomalies.contains(&Anomaly::TruncatedIfd(main)));
    assert_eq!(view.find(tag::SOFTWARE).count(), 2);
}

#[test]
fn cycles_end() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        let mut block = Block::new(order);
        let at = block.bytes.len();
        let own = block.u32(at).to_vec();
        assert_eq!(block.ifd(&[(0x8769, 4, 1, own)], at), at);
        let bytes = block.first(at);
        let view = read(&bytes, &Limits::default()).unwrap();
        assert_eq!(view.anomalies.len(), 2);
        assert!(matches!(view.anomalies[0], Anomaly::RepeatedIfd(_)));
    }
}

#[test]
fn limits_hold_at_n_and_n_plus_one() {
    let bytes = sample(ByteOrder::Little, comment(b"ASCII\0\0\0", JSON.as_bytes()));
    let name = |limits: &Limits| match read(&bytes, limits) {
        Ok(_) => "",
        Err(ExifError::Limit { name, .. }) => name,
        Err(e) => panic!("{e:?}"),
    };
    assert_eq!(name(&Limits { ifds: 3, ..Limits::default() }), "");
    assert_eq!(name(&Limits { ifds: 2, ..Limits::default() }), "ifds");
    assert_eq!(name(&Limits { ifd_entries: 5, ..Limits::default() }), "");
    assert_eq!(name(&Limits { ifd_entries: 4, ..Limits::default() }), "ifd_entries");
    let size = u64::try_from(bytes.len()).unwrap();
    assert_eq!(name(&Limits { metadata_bytes: size, ..Limits::default() }), "");
    assert_eq!(name(&Limits { metadata_bytes: size - 1, ..Limits::default() }), "metadata_bytes");
    let (view, error) = read_lenient(&bytes, &Limits { ifds: 1, ..Limits::default() });
    assert!(error.is_some() && view.orientation(&bytes) == Some(6));

    // Many entries that share one large value may not cost more than the block may.
    let mut block = Block::new(ByteOrder::Little);
    block.bytes.extend(vec![b'x'; 1000]);
    let shared = (tag::SOFTWARE, 2_u16, 1000_usize, Vec::new());
    let main = block.ifd(&vec![shared; 50], 0);
    let mut bytes = block.first(main);
    for i in 0..50 {
        let at = main + 2 + i * 12 + 8;
        bytes[at..at + 4].copy_from_slice(&8_u32.to_le_bytes());
    }
    let tight = Limits { metadata_bytes: 10_000, ..Limits::default() };
    assert!(matches!(read(&bytes, &tight), Err(ExifError::Limit { name: "metadata_bytes", .. })));
}

#[test]
fn what_is_no_block_is_refused() {
    for (bytes, error) in [
        (&b""[..], ExifError::Header),
        (b"II*", ExifError::Header),
        (b"II\0*\0\0\0\x08", ExifError::Header),
        (b"II*\0", ExifError::Truncated),
        (b"II*\0\xff\xff\xff\xff", ExifError::Truncated),
        (b"MM\0*\0\0\0\x08", ExifError::Truncated),
    ] {
        assert_eq!(read(bytes, &Limits::default()), Err(error.clone()), "{bytes:?}");
        assert!(!Error::from(error).to_string().is_empty());
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(order in any::<bool>(), bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let head: &[u8] = if order { b"II*\0\x08\0\0\0" } else { b"MM\0*\0\0\0\x08" };
        for block in [bytes.clone(), [head, &bytes].concat()] {
            let (view, _) = read_lenient(&block, &Limits::default());
            for entry in &view.entries {
                prop_assert!(block.get(entry.range.clone()).is_some());
                let _ = entry.text(&block);
                let _ = entry.number(&block);
            }
        }
    }

    #[test]
    fn a_damaged_block_never_panics(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut block = sample(ByteOrder::Big, comment(b"UNICODE\0", b"\0a\0b"));
        let at = at.index(block.len());
        block[at] = byte;
        let (view, _) = read_lenient(&block, &Limits::default());
        for entry in &view.entries {
            let _ = entry.text(&block);
        }
        let _ = view.orientation(&block);
    }
}
