//! The content of a Segment: what its tracks are, and their clusters.

use std::ops::Range;

use super::{ebml, id, name, pointers};
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
    pointers::check(map, source, limits)?;
    let mut count = 0u64;
    // Clusters have what stands between them from the file, not from the content.
    let mut clusters = Vec::new();
    for segment in &map.segments {
        let (tag, about): (_, &[u32]) = match segment.name.as_str() {
            name::SEEK_HEAD | "Cues" | name::TAGS | name::VOID | name::CRC_32 | TRAILING => continue,
            name::CLUSTER => {
                clusters.push(segment.range.clone());
                continue;
            }
            name::EBML => ("ebml", &[]),
            name::INFO => ("info", &ABOUT),
            "Tracks" => ("tracks", &[]),
            "Chapters" => ("chapters", &[]),
            "Attachments" => ("attachments", &[]),
            name::SEGMENT => ("segment", &[]),
            _ => ("element", &[]),
        };
        flush(&mut clusters, source, sink)?;
        match tag {
            "segment" => sink.item(tag, &[])?,
            "element" => sink.ranges(source, tag, std::slice::from_ref(&segment.range))?,
            _ => children(segment, source, limits, &mut count, sink, tag, about)?,
        }
    }
    flush(&mut clusters, source, sink)
}

/// The clusters up to here.
fn flush(clusters: &mut Vec<Range<u64>>, source: &mut Source<'_>, sink: &mut Sink) -> Result<()> {
    let clusters = std::mem::take(clusters);
    if clusters.is_empty() { Ok(()) } else { sink.ranges(source, "clusters", &clusters) }
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
