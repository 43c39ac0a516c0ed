//! Positions in `SeekHead` and `Cues`: none may lead to bytes that the hash of the content leaves out
//! and that are no element of the Segment, such as the inside of a Void.

use std::collections::BTreeSet;
use std::ops::Range;

use super::ebml::{self, Children, Part};
use super::{id, name};
use crate::container::content::not_bound;
use crate::container::{Segment, SegmentMap, TRAILING, payload};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::Source;

/// Elements of `Cues` (RFC 9559 5.1.5).
mod cue {
    pub(super) const POINT: u32 = 0xBB;
    pub(super) const TRACK_POSITIONS: u32 = 0xB7;
    pub(super) const CLUSTER: u32 = 0xF1;
    pub(super) const RELATIVE: u32 = 0xF0;
    pub(super) const CODEC_STATE: u32 = 0xEA;
    pub(super) const REFERENCE: u32 = 0xDB;
    pub(super) const REFERENCE_CLUSTER: u32 = 0x97;
    pub(super) const REFERENCE_STATE: u32 = 0xEB;
}

/// Where elements of one Segment stand.
struct Places {
    /// First byte of its payload: positions count from here.
    data: u64,
    starts: BTreeSet<u64>,
    clusters: Vec<Range<u64>>,
}

/// Goes through every index of every Segment.
///
/// # Errors
/// [`crate::Error::Refused`] if one leads elsewhere or can't be read to its end.
pub(super) fn check(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
    for (at, segment) in map.segments.iter().enumerate().filter(|(_, s)| s.name == name::SEGMENT) {
        let rest = map.segments.get(at.saturating_add(1)..).unwrap_or_default();
        let end = rest.iter().position(|s| [name::SEGMENT, name::EBML, TRAILING].contains(&s.name.as_str()));
        let inside = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let places = Places {
            data: segment.payload.start,
            starts: inside.iter().map(|s| s.range.start).collect(),
            clusters: inside.iter().filter(|s| s.name == name::CLUSTER).map(|s| s.range.clone()).collect(),
        };
        for index in inside.iter().filter(|s| s.name == name::SEEK_HEAD || s.name == "Cues") {
            places.index(index, source, limits)?;
        }
    }
    Ok(())
}

impl Places {
    fn index(&self, segment: &Segment, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
        let bytes = payload(source, segment, limits)?;
        let broken = || not_bound(segment.range.start);
        let mut masters = vec![Part { id: 0, start: 0, size_at: 0, body: 0, end: bytes.len() }];
        while let Some(master) = masters.pop() {
            let mut children = Children::of(&bytes, &master);
            let (mut clusters, mut relative) = (Vec::new(), Vec::new());
            for child in children.by_ref() {
                let number = || ebml::uint(child.payload(&bytes)).ok_or_else(broken);
                let good = match child.id {
                    id::SEEK | cue::POINT | cue::TRACK_POSITIONS | cue::REFERENCE => {
                        masters.push(child);
                        true
                    }
                    id::SEEK_POSITION => self.element(number()?, source)?,
                    cue::CLUSTER => {
                        clusters.push(number()?);
                        self.element(number()?, source)?
                    }
                    cue::RELATIVE => {
                        relative.push(number()?);
                        true
                    }
                    cue::REFERENCE_CLUSTER => self.element(number()?, source)?,
                    // Zero: the state that the track begins with.
                    cue::CODEC_STATE | cue::REFERENCE_STATE => match number()? {
                        0 => true,
                        state => self.run(self.data.saturating_add(state)).is_some(),
                    },
                    _ => true,
                };
                if !good {
                    return Err(broken());
                }
            }
            if children.broken.is_some() || !self.blocks(&clusters, &relative, source)? {
                return Err(broken());
            }
        }
        Ok(())
    }

    /// The run of clusters that a byte lies in.
    fn run(&self, at: u64) -> Option<&Range<u64>> {
        self.clusters.iter().find(|run| run.contains(&at))
    }

    /// Whether an element of the Segment begins at this position.
    fn element(&self, position: u64, source: &mut Source<'_>) -> Result<bool> {
        let at = self.data.saturating_add(position);
        Ok(match self.run(at) {
            Some(run) => ebml::read(source, at, run.end)?.is_some_and(|element| element.id == id::CLUSTER),
            None => self.starts.contains(&at),
        })
    }

    /// Whether blocks at these distances from the start of a cluster's payload are in clusters.
    fn blocks(&self, clusters: &[u64], relative: &[u64], source: &mut Source<'_>) -> Result<bool> {
        for at in clusters.iter().map(|position| self.data.saturating_add(*position)) {
            let Some(run) = self.run(at) else { continue };
            let body = ebml::read(source, at, run.end)?.map_or(at, |element| element.body);
            if relative.iter().any(|far| !run.contains(&body.saturating_add(*far))) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
