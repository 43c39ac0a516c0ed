//! Files that are read and not edited.

use std::collections::BTreeSet;

use crate::error::{Problem, Result};
use crate::message::container::pdf as rows;

use super::doc::{Doc, TAIL};
use super::lex;

/// Most form fields that are searched for a signature.
const FIELDS: usize = 4096;

/// Why this file must not be edited, if it must not.
pub(super) fn refusal(doc: &mut Doc<'_, '_>) -> Result<Option<Problem>> {
    if doc.is_encrypted() {
        return Ok(Some(rows::ENCRYPTED.problem()));
    }
    if doc.ambiguous {
        return Ok(Some(rows::AMBIGUOUS.problem()));
    }
    Ok(is_signed(doc)?.then(|| rows::SIGNED.problem()))
}

fn is_signed(doc: &mut Doc<'_, '_>) -> Result<bool> {
    const WORD: &[u8] = b"/ByteRange";
    let len = doc.source.len();
    let tail = doc.source.bytes(len.saturating_sub(TAIL)..len, TAIL, "metadata_bytes")?;
    if tail.windows(WORD.len()).any(|w| w == WORD) {
        return Ok(true);
    }
    let Some(catalog) = doc.catalog()? else { return Ok(false) };
    let depth = doc.limits.pdf_depth;
    let permissions = doc.get(&catalog, b"Perms", 0)?;
    if permissions.is_some_and(|p| p.dict(depth).is_some_and(|dict| !dict.entries.is_empty())) {
        return Ok(true);
    }
    let Some(form) = doc.get(&catalog, b"AcroForm", 0)? else { return Ok(false) };
    if doc.get(&form, b"SigFlags", 0)?.and_then(|f| lex::digits(f.text())).is_some_and(|flags| flags & 1 == 1) {
        return Ok(true);
    }
    let (mut seen, mut looked) = (BTreeSet::new(), 0usize);
    let mut open = vec![(form, false)];
    while let Some((node, inherited)) = open.pop() {
        let signature = match doc.get(&node, b"FT", 0)?.and_then(|t| t.name()) {
            Some(kind) => kind == b"Sig",
            None => inherited,
        };
        if signature && doc.get(&node, b"V", 0)?.is_some() {
            return Ok(true);
        }
        for key in [&b"Fields"[..], b"Kids"] {
            let Some(array) = doc.get(&node, key, 0)? else { continue };
            // A form with more fields than can be looked at may be signed.
            let Some(kids) = lex::array(&array.bytes, &array.value, depth, FIELDS) else { return Ok(true) };
            for kid in kids {
                looked += 1;
                if looked > FIELDS {
                    return Ok(true);
                }
                let fresh = lex::reference(&kid).is_none_or(|r| seen.insert(r.number));
                if fresh && let Some(kid) = doc.resolve(&array, &kid, 0)? {
                    open.push((kid, signature));
                }
            }
        }
    }
    Ok(false)
}
