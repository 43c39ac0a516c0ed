//! Edits, applied and undone in the plainest way there is.

use biaoshi::container::Patch;

/// Applies edits in the plainest way there is.
pub fn splice(bytes: &[u8], patch: &Patch) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for e in patch.edits().iter().rev() {
        out.splice(e.at as usize..(e.at + e.remove) as usize, e.insert.iter().copied());
    }
    out
}

/// Undoes edits: cuts what they inserted and puts back what they left out.
pub fn undo(output: &[u8], input: &[u8], patch: &Patch) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut from, mut to) = (0usize, 0usize);
    for e in patch.edits() {
        let keep = e.at as usize - from;
        out.extend_from_slice(&output[to..to + keep]);
        assert_eq!(&output[to + keep..to + keep + e.insert.len()], &e.insert[..]);
        out.extend_from_slice(&input[e.at as usize..(e.at + e.remove) as usize]);
        from = (e.at + e.remove) as usize;
        to += keep + e.insert.len();
    }
    out.extend_from_slice(&output[to..]);
    out
}
