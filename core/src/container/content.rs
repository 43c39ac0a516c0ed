//! The hash of what a file holds, apart from what is said about it: rule `biaoshi-content-1`
//! (`spec/content.md`).
//!
//! Each grammar names the parts that make up the content, in order; a [`Sink`] frames and hashes
//! them. Labelling a file, and changing what the label says, leaves the hash as it is.

use std::ops::Range;

use sha2::{Digest as _, Sha256};
use sm3::Sm3;

use crate::container::{Container, SegmentMap};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::container::bmff as box_rows;
use crate::message::general;
use crate::source::Source;

/// Name of the rule; every digest begins with it and a line feed.
pub const RULE: &str = "biaoshi-content-1";

/// The hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContentAlg {
    /// SHA-256 (FIPS 180-4).
    Sha256,
    /// SM3 (GB/T 32905).
    Sm3,
}

/// A running digest.
#[derive(Debug, Clone)]
pub(crate) enum Digest {
    Sha256(Sha256),
    Sm3(Sm3),
}

impl Digest {
    fn new(alg: ContentAlg) -> Self {
        match alg {
            ContentAlg::Sha256 => Self::Sha256(Sha256::new()),
            ContentAlg::Sm3 => Self::Sm3(Sm3::new()),
        }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(digest) => digest.update(bytes),
            Self::Sm3(digest) => digest.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        match self {
            Self::Sha256(digest) => digest.finalize().into(),
            Self::Sm3(digest) => digest.finalize().into(),
        }
    }
}

/// Takes the next bytes of an item.
type Out<'o> = &'o mut dyn FnMut(&[u8]);

/// Takes the parts of the content one after the other.
///
/// Each item is the length of its tag in one byte, the tag in ASCII, the length of its bytes in
/// eight, the highest first, and its bytes.
#[derive(Debug)]
pub struct Sink {
    alg: ContentAlg,
    digest: Digest,
}

impl Sink {
    /// A digest of the rule for a file of this format.
    fn new(alg: ContentAlg, format: &str) -> Self {
        let mut digest = Digest::new(alg);
        for line in [RULE, format] {
            digest.update(line.as_bytes());
            digest.update(b"\n");
        }
        Self { alg, digest }
    }

    fn head(&mut self, tag: &str, len: u64) -> Result<()> {
        let width = u8::try_from(tag.len()).map_err(|_| Error::Internal(general::BAD_PIECES.problem()))?;
        self.digest.update(&[width]);
        self.digest.update(tag.as_bytes());
        self.digest.update(&len.to_be_bytes());
        Ok(())
    }

    /// An item that is in memory.
    ///
    /// # Errors
    /// [`Error::Internal`] if the tag has more than 255 bytes.
    pub fn item(&mut self, tag: &str, bytes: &[u8]) -> Result<()> {
        self.head(tag, bytes.len() as u64)?;
        self.digest.update(bytes);
        Ok(())
    }

    /// An item of `len` bytes that `write` hands over piece by piece.
    ///
    /// # Errors
    /// Those of `write`; [`Error::Internal`] if it hands over more or fewer bytes.
    pub(crate) fn stream(&mut self, tag: &str, len: u64, write: &mut dyn FnMut(Out<'_>) -> Result<()>) -> Result<()> {
        self.head(tag, len)?;
        let mut got = 0u64;
        write(&mut |part| {
            got = got.saturating_add(part.len() as u64);
            self.digest.update(part);
        })?;
        if got == len { Ok(()) } else { Err(Error::Internal(general::BAD_PIECES.problem())) }
    }

    /// An item: `head`, then these parts of the file as far as it goes, joined.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub(crate) fn joined(
        &mut self,
        source: &mut Source<'_>,
        tag: &str,
        head: &[u8],
        ranges: &[Range<u64>],
    ) -> Result<()> {
        let end = source.len();
        let parts = || ranges.iter().map(|range| range.start.min(end)..range.end.min(end));
        let lengths = parts().map(|range| range.end.saturating_sub(range.start));
        let len = lengths.fold(head.len() as u64, u64::saturating_add);
        self.stream(tag, len, &mut |out| {
            out(head);
            parts().try_for_each(|range| {
                source.copy(range, &mut |part| {
                    out(part);
                    Ok(())
                })
            })
        })
    }

    /// An item: these parts of the file as far as it goes, joined.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn ranges(&mut self, source: &mut Source<'_>, tag: &str, ranges: &[Range<u64>]) -> Result<()> {
        self.joined(source, tag, &[], ranges)
    }

    /// The item `essence`: every part that carries the content itself, joined.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn essence(&mut self, map: &SegmentMap, source: &mut Source<'_>) -> Result<()> {
        self.ranges(source, "essence", &map.essence())
    }

    /// A digest of the same function for what has a length that is known at its end only; what
    /// it comes to becomes an item.
    pub(crate) fn inner(&self) -> Digest {
        Digest::new(self.alg)
    }
}

/// Positions of a file as positions in its essence, which stay when metadata moves the file's bytes.
#[derive(Debug)]
pub(crate) struct Positions {
    /// Each part, and how much essence stands before it.
    parts: Vec<(Range<u64>, u64)>,
}

impl Positions {
    /// What a position outside of the essence comes to.
    pub(crate) const OUTSIDE: u64 = u64::MAX;

    /// Of these parts of the file, in order, as the essence.
    pub(crate) fn of(essence: &[Range<u64>]) -> Self {
        let mut before = 0u64;
        let part = |range: &Range<u64>| {
            let part = (range.clone(), before);
            before = before.saturating_add(range.end.saturating_sub(range.start));
            part
        };
        Self { parts: essence.iter().map(part).collect() }
    }

    /// How many bytes of the essence stand before a position in it or at its very end.
    pub(crate) fn get(&self, position: u64) -> u64 {
        let at = self.parts.partition_point(|(range, _)| range.start <= position);
        let found = at.checked_sub(1).and_then(|at| self.parts.get(at)).filter(|(range, _)| position <= range.end);
        found.map_or(Self::OUTSIDE, |(range, before)| before.saturating_add(position - range.start))
    }

    /// The part that a byte of the essence lies in.
    pub(crate) fn part(&self, position: u64) -> Option<&Range<u64>> {
        let at = self.parts.partition_point(|(range, _)| range.start <= position);
        let (range, _) = at.checked_sub(1).and_then(|at| self.parts.get(at))?;
        range.contains(&position).then_some(range)
    }

    /// Whether these bytes are essence and follow one another in it.
    pub(crate) fn holds(&self, range: &Range<u64>) -> bool {
        self.part(range.start).is_some_and(|part| range.end <= part.end)
    }
}

/// A hash of the content would leave out what readers take for it.
pub(crate) fn not_bound(at: u64) -> Error {
    Error::Refused(box_rows::SAMPLES_ASIDE.problem().at(at))
}

/// The hash of the content of a mapped file, by the rule `biaoshi-content-1`.
///
/// # Errors
/// [`Error::Io`], [`Error::Limit`]; [`Error::Malformed`] where the parts cannot be told.
pub fn content_hash(
    container: &dyn Container,
    map: &SegmentMap,
    source: &mut Source<'_>,
    limits: &Limits,
    alg: ContentAlg,
) -> Result<[u8; 32]> {
    let name = serde_json::to_value(map.format).ok();
    let name = name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default();
    let mut sink = Sink::new(alg, name);
    container.content(map, source, limits, &mut sink)?;
    Ok(sink.digest.finish())
}
