//! Boxes: length, type, content (ISO/IEC 14496-12, 4.2).

use std::ops::Range;

use crate::error::{Problem, Result};
use crate::message::container::bmff as rows;
use crate::source::Source;

/// Where one box lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BoxAt {
    /// Its type.
    pub(crate) kind: [u8; 4],
    /// The extended type of a `uuid` box.
    pub(crate) uuid: Option<[u8; 16]>,
    /// All of its bytes.
    pub(crate) range: Range<u64>,
    /// Its content, behind length, type and extended type.
    pub(crate) payload: Range<u64>,
    /// How its length is written.
    pub(crate) size: SizeForm,
}

/// How a box states its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SizeForm {
    /// 32 bits.
    Short,
    /// 64 bits behind the type.
    Long,
    /// Zero: to the end of what holds it.
    ToEnd,
}

impl BoxAt {
    /// The type as text, byte for byte as Latin-1.
    pub(crate) fn name(&self) -> String {
        self.kind.iter().map(|b| char::from(*b)).collect()
    }
}

/// The box at `at` inside of something that ends at `end`; a reason if no sound box stands there.
/// A box that states more bytes than there are is cut at `end` with [`rows::BOX_PAST_END`] as its
/// complaint.
pub(crate) fn read(source: &mut Source<'_>, at: u64, end: u64) -> Result<(Option<BoxAt>, Option<Problem>)> {
    let left = end.saturating_sub(at);
    let Some([s0, s1, s2, s3, kind @ ..]) = source.array::<8>(at)?.filter(|_| left >= 8) else {
        return Ok((None, Some(rows::BOX_TAIL.problem())));
    };
    let (stated, mut head, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
        0 => (left, 8u64, SizeForm::ToEnd),
        1 => match source.array::<8>(at.saturating_add(8))?.filter(|_| left >= 16) {
            Some(long) => (u64::from_be_bytes(long), 16, SizeForm::Long),
            None => return Ok((None, Some(rows::BOX_TAIL.problem()))),
        },
        short => (u64::from(short), 8, SizeForm::Short),
    };
    let mut uuid = None;
    if &kind == b"uuid" && stated.min(left) >= head.saturating_add(16) {
        uuid = source.array::<16>(at.saturating_add(head))?;
        head = head.saturating_add(16);
    }
    if stated < head {
        return Ok((None, Some(rows::BOX_SHORT.with("length", stated))));
    }
    let complaint = (stated > left).then(|| rows::BOX_PAST_END.with("length", stated));
    let stop = at.saturating_add(stated.min(left));
    let payload = at.saturating_add(head).min(stop)..stop;
    Ok((Some(BoxAt { kind, uuid, range: at..stop, payload, size }), complaint))
}
