//! Vorbis comments (Vorbis I, 5): a vendor string and a list of `NAME=value`, each behind its
//! length in 32 bits. FLAC, Opus, Speex and Theora keep theirs in the same form.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::vorbis as rows;
use crate::message::{Message, general};
use crate::source::check_limit;

/// Longest name that is looked for; what has none is kept and has the empty name.
const NAME: usize = 1024;

/// One comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its name in upper case: case does not count.
    pub(crate) name: String,
    /// All of it, from its length on.
    pub(crate) range: Range<usize>,
    pub(crate) value: Range<usize>,
}

/// A list of comments.
#[derive(Debug, Clone)]
pub(crate) struct Comments {
    pub(crate) entries: Vec<Entry>,
    /// Where the number of comments stands.
    count_at: usize,
    /// Where the list ends; bytes behind it belong to the coding.
    end: usize,
    /// Why reading stopped before the end.
    pub(crate) fault: Option<&'static Message>,
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk::<4>().map(|b| u32::from_le_bytes(*b))?;
    usize::try_from(number).ok()
}

/// The bytes behind the length at `at`.
fn counted(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let start = at.checked_add(4)?;
    let end = start.checked_add(number(bytes, at)?)?;
    (end <= bytes.len()).then_some(start..end)
}

/// Reads as many comments as there are before the first fault.
pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Comments> {
    let fault = Some(&rows::COMMENT_LENGTH);
    let none = Comments { entries: Vec::new(), count_at: 0, end: 0, fault };
    let Some(vendor) = counted(bytes, 0) else { return Ok(none) };
    let Some(count) = number(bytes, vendor.end) else { return Ok(none) };
    let end = vendor.end.saturating_add(4);
    let mut out = Comments { entries: Vec::new(), count_at: vendor.end, end, fault: None };
    for _ in 0..count {
        let Some(text) = counted(bytes, out.end) else { return Ok(Comments { fault, ..out }) };
        check_limit("segments", out.entries.len() as u64, limits.segments as u64)?;
        let entry = bytes.get(text.clone()).unwrap_or_default();
        let name = entry.iter().take(NAME).position(|b| *b == b'=');
        let name = name.and_then(|len| Some((len, std::str::from_utf8(entry.get(..len)?).ok()?)));
        let value = name.map_or(text.start, |(len, _)| text.start.saturating_add(len).saturating_add(1));
        out.entries.push(Entry {
            name: name.map_or_else(String::new, |(_, name)| name.to_ascii_uppercase()),
            range: out.end..text.end,
            value: value..text.end,
        });
        out.end = text.end;
    }
    Ok(out)
}

/// As much of an entry's value as is looked at.
pub(crate) fn head<'a>(bytes: &'a [u8], entry: &Entry, limits: &Limits) -> &'a [u8] {
    let most =
        usize::try_from(limits.text_share(0)).map_or(usize::MAX, |share| entry.value.start.saturating_add(share));
    bytes.get(entry.value.start..entry.value.end.min(most)).unwrap_or_default()
}

/// A list without comments, by nobody.
pub(crate) const EMPTY: [u8; 8] = [0; 8];

/// The list in `bytes` with one comment of this name, in place of all that have it; everything
/// else stays, also what stands behind the list.
pub(crate) fn put(bytes: &[u8], name: &str, value: &[u8], limits: &Limits) -> Result<Vec<u8>> {
    let list = read(bytes, limits)?;
    if list.fault.is_some() {
        return Err(Error::Malformed(general::MALFORMED.with("part", "VORBIS_COMMENT")));
    }
    let text = [name.as_bytes(), b"=", value].concat();
    let too_large = |_| Error::Refused(general::TOO_LARGE.with("part", "VORBIS_COMMENT"));
    let mut new = u32::try_from(text.len()).map_err(too_large)?.to_le_bytes().to_vec();
    new.extend_from_slice(&text);
    let mut body = Vec::with_capacity(bytes.len().saturating_add(new.len()));
    let mut count = 1u32;
    for entry in &list.entries {
        if entry.name.eq_ignore_ascii_case(name) {
            body.append(&mut new);
        } else {
            body.extend_from_slice(bytes.get(entry.range.clone()).unwrap_or_default());
            count = count.saturating_add(1);
        }
    }
    body.append(&mut new);
    let mut out = bytes.get(..list.count_at).unwrap_or_default().to_vec();
    out.extend_from_slice(&count.to_le_bytes());
    out.append(&mut body);
    out.extend_from_slice(bytes.get(list.end..).unwrap_or_default());
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    fn build(vendor: &str, entries: &[(String, String)], rest: &[u8]) -> Vec<u8> {
        let counted = |text: &[u8]| [&(text.len() as u32).to_le_bytes(), text].concat();
        let mut out = counted(vendor.as_bytes());
        out.extend((entries.len() as u32).to_le_bytes());
        entries.iter().for_each(|(name, value)| out.extend(counted(format!("{name}={value}").as_bytes())));
        out.extend(rest);
        out
    }

    fn pairs(bytes: &[u8]) -> Vec<(String, String)> {
        let list = read(bytes, &Limits::default()).unwrap();
        assert_eq!(list.fault, None);
        let text = |r: &Range<usize>| String::from_utf8(bytes[r.clone()].to_vec()).unwrap();
        list.entries.iter().map(|e| (e.name.clone(), text(&e.value))).collect()
    }

    proptest! {
        #[test]
        fn one_comment_takes_the_place_of_all_of_its_name(
            vendor in ".{0,9}",
            entries in prop::collection::vec(("(?i)(ab|c|[a-z ]{1,5})", ".{0,9}"), 0..6),
            rest in prop::collection::vec(any::<u8>(), 0..4),
            value in ".{0,20}",
        ) {
            let before = build(&vendor, &entries, &rest);
            let after = put(&before, "AB", value.as_bytes(), &Limits::default()).unwrap();
            let mut due: Vec<_> = pairs(&before);
            let first = due.iter().position(|(name, _)| name == "AB").unwrap_or(due.len());
            due.retain(|(name, _)| name != "AB");
            due.insert(first, ("AB".to_owned(), value.clone()));
            prop_assert_eq!(pairs(&after), due);
            prop_assert!(after.ends_with(&rest) && after.starts_with(&before[..4 + vendor.len()]));
            prop_assert_eq!(put(&after, "ab", value.as_bytes(), &Limits::default()).unwrap().len(), after.len());
        }

        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let list = read(&bytes, &Limits::default()).unwrap();
            for entry in &list.entries {
                prop_assert!(entry.range.start < entry.value.start && entry.value.end <= bytes.len());
            }
            let _ = put(&bytes, "KEY", b"value", &Limits::default());
        }
    }

    #[test]
    fn counts_that_lie_cost_nothing() {
        let mut bytes = build("v", &[("A".to_owned(), "b".to_owned())], &[]);
        bytes[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
        let list = read(&bytes, &Limits::default()).unwrap();
        assert_eq!((list.entries.len(), list.fault.is_some()), (1, true));
        assert!(put(&bytes, "A", b"", &Limits::default()).is_err());
        let many = [&[0u8; 4][..], &1_000_000u32.to_le_bytes(), &vec![0; 4_000_000]].concat();
        assert!(matches!(read(&many, &Limits::default()), Err(Error::Limit(_))));
    }

    #[test]
    fn a_list_of_nobody_is_a_list() {
        let made = put(&EMPTY, "KEY", b"value", &Limits::default()).unwrap();
        assert_eq!(pairs(&made), [("KEY".to_owned(), "value".to_owned())]);
    }
}
