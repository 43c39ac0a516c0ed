//! Extra fields of entries (APPNOTE 4.5): wide numbers and other names.

use super::zip::{WIDE, Wide, u16_at, u64_at};

/// ZIP64 (4.5.3).
const WIDE_ID: u16 = 1;
/// The name in UTF-8, which some programs take for the name (4.6.9), and what stands before it.
const PATH_ID: u16 = 0x7075;
const PATH_HEAD: usize = 5;

/// Takes the values that are saturated, in this order, from the ZIP64 extra field (4.5.3), and says
/// where they stand.
pub(super) fn widen(extra: &[u8], extra_at: u64, values: &mut [u64; 3]) -> Wide {
    let mut places = [0u64; 3];
    let mut at = 0usize;
    while let Some(head) = extra.get(at..).filter(|rest| rest.len() >= 4) {
        let (id, len) = (u16_at(head, 0), usize::from(u16_at(head, 2)));
        let from = at.saturating_add(4);
        let to = from.saturating_add(len);
        let Some(body) = extra.get(from..to) else { break };
        if id == WIDE_ID {
            let mut used = 0usize;
            for (value, place) in values.iter_mut().zip(&mut places) {
                if *value == u64::from(WIDE) && body.len() >= used.saturating_add(8) {
                    *value = u64_at(body, used);
                    *place = extra_at.saturating_add(from.saturating_add(used) as u64);
                    used += 8;
                }
            }
            break;
        }
        at = to;
    }
    let [unpacked, packed, header] = places;
    Wide { unpacked, packed, header }
}

/// The extra field with the name in UTF-8, if it says another name than `name`. A checksum in it
/// tells whether it is out of date; not every program looks at that.
pub(super) fn other_path(extra: &[u8], name: &[u8]) -> Option<Vec<u8>> {
    let mut rest = extra;
    while rest.len() >= 4 {
        let (id, len) = (u16_at(rest, 0), usize::from(u16_at(rest, 2)));
        let body = rest.get(4..).unwrap_or_default();
        let (body, behind) = body.split_at(len.min(body.len()));
        let path = body.get(PATH_HEAD..).filter(|path| id == PATH_ID && *path != name);
        if let Some(path) = path {
            return Some(path.to_vec());
        }
        rest = behind;
    }
    None
}
