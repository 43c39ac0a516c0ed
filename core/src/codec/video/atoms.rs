//! The boxes of a movie's header in memory, to be changed and written again.

use std::path::{Path, PathBuf};

use crate::container::bmff::boxes::{self, BoxAt};
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::general;
use crate::message::notice::video as rows;
use crate::source::{Source, check_limit};

/// Why something was not done: an error, or another way has to be tried.
#[derive(Debug)]
pub(super) enum Stop {
    Error(Error),
    Other(Problem),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Another way has to be tried because of this part of the file.
pub(super) fn layout(part: impl ToString) -> Stop {
    Stop::Other(rows::WHY_LAYOUT.with("part", part))
}

/// One box. Those on the way to the sample tables hold boxes, all others bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    pub(super) kind: [u8; 4],
    pub(super) body: Body,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Body {
    Bytes(Vec<u8>),
    Boxes(Vec<Atom>),
}

/// What is looked into, from `moov` on down to `stbl`.
const fn holds(kind: &[u8; 4]) -> bool {
    matches!(kind, b"trak" | b"mdia" | b"minf" | b"stbl" | b"edts")
}

/// Levels below `moov` that are looked into.
const LEVELS: usize = 4;

impl Atom {
    pub(super) fn bytes(kind: &[u8; 4], body: Vec<u8>) -> Self {
        Self { kind: *kind, body: Body::Bytes(body) }
    }

    pub(super) fn content(&self) -> &[u8] {
        match &self.body {
            Body::Bytes(bytes) => bytes,
            Body::Boxes(_) => &[],
        }
    }

    pub(super) fn children(&self) -> &[Self] {
        match &self.body {
            Body::Boxes(boxes) => boxes,
            Body::Bytes(_) => &[],
        }
    }

    pub(super) fn children_mut(&mut self) -> &mut [Self] {
        match &mut self.body {
            Body::Boxes(boxes) => boxes,
            Body::Bytes(_) => &mut [],
        }
    }

    /// The box behind a path of types below this one.
    pub(super) fn find(&self, path: &[&[u8; 4]]) -> Option<&Self> {
        path.iter().try_fold(self, |at, kind| at.children().iter().find(|child| child.kind == **kind))
    }

    pub(super) fn find_mut(&mut self, path: &[&[u8; 4]]) -> Option<&mut Self> {
        path.iter().try_fold(self, |at, kind| at.children_mut().iter_mut().find(|child| child.kind == **kind))
    }

    /// Replaces or adds the child of this type; `None` takes it away.
    pub(super) fn set(&mut self, kind: &[u8; 4], body: Option<Vec<u8>>) {
        let Body::Boxes(boxes) = &mut self.body else { return };
        let at = boxes.iter().position(|child| child.kind == *kind);
        match (at.and_then(|at| boxes.get_mut(at)), body) {
            (Some(child), Some(body)) => child.body = Body::Bytes(body),
            (None, Some(body)) => boxes.push(Self::bytes(kind, body)),
            (_, None) => boxes.retain(|child| child.kind != *kind),
        }
    }

    /// All bytes of the box.
    pub(super) fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        let start = out.len();
        out.extend([0; 4]);
        out.extend(self.kind);
        match &self.body {
            Body::Bytes(bytes) => out.extend_from_slice(bytes),
            Body::Boxes(boxes) => boxes.iter().try_for_each(|child| child.write(out))?,
        }
        let size = u32::try_from(out.len().saturating_sub(start));
        let size = size.map_err(|_| Error::Malformed(general::MALFORMED.with("part", "moov")))?;
        if let Some(place) = out.get_mut(start..start.saturating_add(4)) {
            place.copy_from_slice(&size.to_be_bytes());
        }
        Ok(())
    }
}

/// The boxes that follow one another in `bytes`; what does not parse is a reason for another way.
fn list(bytes: &[u8], levels: usize) -> Result<Vec<Atom>, Stop> {
    let (found, rest) = flat(bytes);
    if !rest.is_empty() {
        return Err(layout("moov"));
    }
    let deeper = |atom: Atom| match levels.checked_sub(1).filter(|_| holds(&atom.kind)) {
        Some(left) => list(atom.content(), left).map(|boxes| Atom { kind: atom.kind, body: Body::Boxes(boxes) }),
        None => Ok(atom),
    };
    found.into_iter().map(deeper).collect()
}

/// The boxes that follow one another in `bytes`, not looked into, and what is left.
pub(super) fn flat(bytes: &[u8]) -> (Vec<Atom>, &[u8]) {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some((head, behind)) = rest.split_first_chunk::<8>() {
        let [s0, s1, s2, s3, kind @ ..] = *head;
        let (head, size) = match u32::from_be_bytes([s0, s1, s2, s3]) {
            1 => (16, behind.first_chunk::<8>().map_or(0, |long| u64::from_be_bytes(*long))),
            short => (8, u64::from(short)),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let Some(body) = rest.get(head..size) else { break };
        out.push(Atom::bytes(&kind, body.to_vec()));
        rest = rest.get(size..).unwrap_or_default();
    }
    (out, rest)
}

/// A movie file whose samples can be replaced in place.
#[derive(Debug)]
pub(super) struct Movie {
    pub(super) path: PathBuf,
    pub(super) len: u64,
    /// The boxes of the file, in order.
    pub(super) top: Vec<BoxAt>,
    pub(super) moov: Atom,
}

impl Movie {
    /// Reads the header of a file that is not fragmented and whose positions all stand in `moov`.
    pub(super) fn open(path: &Path, limits: &Limits) -> Result<Self, Stop> {
        let mut file = std::fs::File::open(path).map_err(|e| Error::io("temporary file", e))?;
        let mut source = Source::new(&mut file, limits)?;
        let len = source.len();
        let (mut top, mut at) = (Vec::new(), 0);
        while at < len {
            check_limit("segments", top.len() as u64, limits.segments as u64)?;
            let (found, complaint) = boxes::read(&mut source, at, len)?;
            let Some(found) = found.filter(|_| complaint.is_none()) else { return Err(layout("file")) };
            at = found.range.end;
            top.push(found);
        }
        // Positions that would have to move too, or that count from elsewhere.
        const BOUND: [&[u8; 4]; 6] = [b"moof", b"sidx", b"mfra", b"meta", b"ssix", b"emsg"];
        if let Some(bound) = top.iter().find(|b| BOUND.contains(&&b.kind)) {
            return Err(layout(bound.name()));
        }
        let mut headers = top.iter().filter(|b| &b.kind == b"moov");
        let (Some(header), None) = (headers.next(), headers.next()) else { return Err(layout("moov")) };
        let bytes = source.bytes(header.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
        let moov = Atom { kind: *b"moov", body: Body::Boxes(list(&bytes, LEVELS)?) };
        for kind in [b"cmov", b"mvex"] {
            if moov.find(&[kind]).is_some() {
                return Err(layout(String::from_utf8_lossy(kind)));
            }
        }
        Ok(Self { path: path.to_owned(), len, top, moov })
    }

    /// The number of the `trak` box among the children of `moov` that has this track number, or of
    /// the only one if `None`.
    pub(super) fn track(&self, number: Option<u32>) -> Option<usize> {
        let traks = self.moov.children().iter().enumerate().filter(|(_, child)| &child.kind == b"trak");
        let id = |trak: &Atom| {
            let tkhd = trak.find(&[b"tkhd"])?.content();
            let at = if tkhd.first() == Some(&1) { 20 } else { 12 };
            tkhd.get(at..)?.first_chunk::<4>().map(|n| u32::from_be_bytes(*n))
        };
        let mut fitting = traks.filter(|(_, trak)| number.is_none() || id(trak) == number).map(|(at, _)| at);
        fitting.next().filter(|_| fitting.next().is_none())
    }
}

/// Whether a movie file is in fragments, as far as its first boxes tell.
pub(super) fn fragmented(path: &Path, limits: &Limits) -> bool {
    let Ok(mut file) = std::fs::File::open(path) else { return false };
    let Ok(mut source) = Source::new(&mut file, limits) else { return false };
    let (mut at, len) = (0, source.len());
    for _ in 0..64 {
        match boxes::read(&mut source, at, len) {
            Ok((Some(found), _)) if &found.kind == b"moof" => return true,
            Ok((Some(found), _)) if found.range.end > at => at = found.range.end,
            _ => break,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_was_read_is_written_again(bodies in prop::collection::vec((any::<[u8; 4]>(), prop::collection::vec(any::<u8>(), 0..40)), 0..8)) {
            let mut bytes = Vec::new();
            for (kind, body) in bodies.iter().filter(|(kind, _)| !holds(kind)) {
                Atom::bytes(kind, body.clone()).write(&mut bytes).unwrap();
            }
            let read = list(&bytes, LEVELS).ok().unwrap();
            let mut again = Vec::new();
            read.iter().for_each(|atom| atom.write(&mut again).unwrap());
            prop_assert_eq!(again, bytes);
        }

        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = list(&bytes, LEVELS);
        }
    }
}
