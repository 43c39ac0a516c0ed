//! The content of a Segment: what its tracks are, and their clusters.

use super::{ebml, id, name};
use crate::container::content::Sink;
use crate::container::{Segment, SegmentMap, TRAILING};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::{Source, check_limit};

/// What stands in any master and says nothing.
const EMPTY: [u32; 2] = [id::VOID, id::CRC_32];
/// What Info says about a film rather than how to play it.
const ABOUT: [u32; 4] = [id::TITLE, id::MUXING_APP, id::WRITING_APP, id::DATE_UTC];

pub(super) fn write(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    let mut count = 0u64;
    for segment in &map.segments {
        let mut master = |tag: &str, about: &[u32]| children(segment, source, limits, &mut count, sink, tag, about);
        match segment.name.as_str() {
            name::EBML => master("ebml", &[])?,
            name::INFO => master("info", &ABOUT)?,
            "Tracks" => master("tracks", &[])?,
            "Chapters" => master("chapters", &[])?,
            "Attachments" => master("attachments", &[])?,
            name::CLUSTER | name::SEGMENT | name::SEEK_HEAD | "Cues" => {}
            name::TAGS | name::VOID | name::CRC_32 | TRAILING => {}
            _ => sink.ranges(source, "element", std::slice::from_ref(&segment.range))?,
        }
    }
    // Clusters have what stands between them from the file, not from the content.
    let clusters: Vec<_> = map.segments.iter().filter(|s| s.name == name::CLUSTER).map(|s| s.range.clone()).collect();
    sink.ranges(source, "clusters", &clusters)
}

/// Every child but those that are `about` the film; from the first that is broken on, the rest.
fn children(
    master: &Segment,
    source: &mut Source<'_>,
    limits: &Limits,
    count: &mut u64,
    sink: &mut Sink,
    tag: &str,
    about: &[u32],
) -> Result<()> {
    sink.item("master", tag.as_bytes())?;
    let (mut at, end) = (master.payload.start, master.payload.end);
    while at < end {
        *count = count.saturating_add(1);
        check_limit("elements", *count, limits.elements as u64)?;
        let element = ebml::read(source, at, end)?;
        let stop = element.as_ref().and_then(ebml::Element::end).filter(|stop| *stop <= end);
        let range = at..stop.unwrap_or(end);
        at = range.end;
        let skipped =
            element.filter(|_| stop.is_some()).is_some_and(|e| EMPTY.contains(&e.id) || about.contains(&e.id));
        if !skipped {
            sink.ranges(source, tag, std::slice::from_ref(&range))?;
        }
    }
    Ok(())
}
