//! AMF0 (Action Message Format, 2007): what a script tag of FLV holds.

use crate::error::Result;

/// Deepest nesting of objects and arrays; sound files have two or three.
const DEPTH: usize = 16;
/// Marker of the end of an object.
const END: &[u8] = &[0, 0, 9];

/// A value that is no object or array; offsets count in the bytes walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// First byte of an IEEE 754 double, big endian.
    Number(usize),
    /// First byte and end of a text.
    Text(usize, usize),
    Other,
}

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Property<'a, 'w> {
    /// Names of the objects around it, from the outside; that of an array for its items.
    pub(super) around: &'w [&'a [u8]],
    /// Its name, empty for items.
    pub(super) key: &'a [u8],
    /// First byte of its type marker.
    pub(super) at: usize,
    /// Where it ends.
    pub(super) end: usize,
    pub(super) value: Value,
}

/// The object that a walk went through.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Root {
    /// First byte of the count that an ECMA array has.
    pub(super) count_at: Option<usize>,
    /// First byte of its end marker.
    pub(super) end: usize,
}

fn short(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|b| usize::from(u16::from_be_bytes(*b)))
}

fn long(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().and_then(|b| usize::try_from(u32::from_be_bytes(*b)).ok())
}

/// A text with a length of two bytes, and where it ends.
pub(super) fn text(bytes: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let start = at.checked_add(2)?;
    let end = start.checked_add(short(bytes, at)?)?;
    Some((bytes.get(start..end)?, end))
}

/// A string value, as it is written.
pub(super) fn string(value: &[u8]) -> Option<Vec<u8>> {
    let mut out = match (u16::try_from(value.len()), u32::try_from(value.len())) {
        (Ok(len), _) => [&[2][..], &len.to_be_bytes()].concat(),
        (_, Ok(len)) => [&[12][..], &len.to_be_bytes()].concat(),
        _ => return None,
    };
    out.extend_from_slice(value);
    Some(out)
}

/// What stands at a type marker.
enum Found {
    Scalar(Value, usize),
    Object { body: usize },
    Array { body: usize, items: usize },
}

fn value(bytes: &[u8], at: usize) -> Option<Found> {
    let body = at.checked_add(1)?;
    let other = |len: usize| Some(Found::Scalar(Value::Other, body.checked_add(len)?));
    let found = match *bytes.get(at)? {
        0 => Some(Found::Scalar(Value::Number(body), body.checked_add(8)?)),
        1 => other(1),
        2 => {
            let (_, end) = text(bytes, body)?;
            Some(Found::Scalar(Value::Text(body.checked_add(2)?, end), end))
        }
        3 => Some(Found::Object { body }),
        5 | 6 | 13 => other(0),
        7 => other(2),
        8 => Some(Found::Object { body: body.checked_add(4)? }),
        10 => Some(Found::Array { body: body.checked_add(4)?, items: long(bytes, body)? }),
        11 => other(10),
        12 | 15 => {
            let start = body.checked_add(4)?;
            let end = start.checked_add(long(bytes, body)?)?;
            Some(Found::Scalar(Value::Text(start, end), end))
        }
        16 => Some(Found::Object { body: text(bytes, body)?.1 }),
        _ => None,
    };
    found.filter(|found| match found {
        Found::Scalar(_, end) => *end <= bytes.len(),
        Found::Object { body } | Found::Array { body, .. } => *body <= bytes.len(),
    })
}

/// Tells `see` of every value in the object or ECMA array at `at`, up to what is broken; gives
/// back where it ends if it does.
pub(super) fn walk<'a>(
    bytes: &'a [u8],
    at: usize,
    see: &mut dyn FnMut(&Property<'a, '_>) -> Result<()>,
) -> Result<Option<Root>> {
    let Some(Found::Object { body }) = value(bytes, at) else { return Ok(None) };
    let count_at = (bytes.get(at) == Some(&8)).then_some(at.saturating_add(1));
    let mut at = body;
    // Items that are left of each open array; `None` for objects.
    let mut open: Vec<Option<usize>> = vec![None];
    let mut around: Vec<&[u8]> = Vec::new();
    while let Some(items) = open.last_mut() {
        let key: &[u8] = match items {
            Some(0) => {
                open.pop();
                around.pop();
                continue;
            }
            Some(left) => {
                *left -= 1;
                &[]
            }
            None if bytes.get(at..).is_some_and(|rest| rest.starts_with(END)) => {
                open.pop();
                around.pop();
                if open.is_empty() {
                    return Ok(Some(Root { count_at, end: at }));
                }
                at = at.saturating_add(END.len());
                continue;
            }
            None => {
                let Some((key, end)) = text(bytes, at) else { return Ok(None) };
                at = end;
                key
            }
        };
        let Some(found) = value(bytes, at) else { return Ok(None) };
        match found {
            Found::Scalar(value, end) => {
                see(&Property { around: &around, key, at, end, value })?;
                at = end;
            }
            _ if open.len() >= DEPTH => return Ok(None),
            Found::Object { body } => {
                open.push(None);
                around.push(key);
                at = body;
            }
            Found::Array { body, items } => {
                open.push(Some(items));
                around.push(key);
                at = body;
            }
        }
    }
    Ok(None)
}
