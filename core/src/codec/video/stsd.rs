//! The one sample description of a video track (ISO/IEC 14496-12, 12.1.3).

use super::atoms::{Atom, flat};

/// Bytes of a visual sample entry before its boxes.
const FIXED: usize = 78;
/// Boxes that say how a decoder has to be set up.
const CONFIGS: [&[u8; 4]; 7] = [b"avcC", b"hvcC", b"vpcC", b"av1C", b"esds", b"d263", b"glbl"];

/// A sample description box with one entry.
#[derive(Debug, Clone)]
pub(super) struct Description {
    pub(super) kind: [u8; 4],
    fixed: Vec<u8>,
    boxes: Vec<Atom>,
    tail: Vec<u8>,
}

impl Description {
    /// Reads the content of `stsd`; none if there is not exactly one entry.
    pub(super) fn read(stsd: &[u8]) -> Option<Self> {
        let (head, rest) = stsd.split_first_chunk::<8>()?;
        (head.get(4..) == Some(&[0, 0, 0, 1])).then_some(())?;
        let (entries, _) = flat(rest);
        let [entry] = entries.as_slice() else { return None };
        let (fixed, boxes) = entry.content().split_at_checked(FIXED)?;
        let (boxes, tail) = flat(boxes);
        Some(Self { kind: entry.kind, fixed: fixed.to_vec(), boxes, tail: tail.to_vec() })
    }

    /// What a decoder is set up with.
    pub(super) fn config(&self) -> Option<(&[u8; 4], &[u8])> {
        let found = self.boxes.iter().find(|child| CONFIGS.contains(&&child.kind))?;
        Some((&found.kind, found.content()))
    }

    /// The content of `stsd` with another set-up in the same place.
    pub(super) fn with_config(&self, config: &[u8]) -> Option<Vec<u8>> {
        let mut out = self.clone();
        let place = out.boxes.iter_mut().find(|child| CONFIGS.contains(&&child.kind))?;
        *place = Atom::bytes(&place.kind, config.to_vec());
        out.write()
    }

    /// The content of `stsd` as it is.
    pub(super) fn same(&self) -> Option<Vec<u8>> {
        self.write()
    }

    fn write(&self) -> Option<Vec<u8>> {
        let mut entry = self.fixed.clone();
        for child in &self.boxes {
            child.write(&mut entry).ok()?;
        }
        entry.extend(&self.tail);
        let mut out = vec![0, 0, 0, 0, 0, 0, 0, 1];
        Atom::bytes(&self.kind, entry).write(&mut out).ok()?;
        Some(out)
    }
}
