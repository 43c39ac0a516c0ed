//! Movies in the ISO base media file format (ISO/IEC 14496-12): MP4, QuickTime, M4A, 3GP.

pub(crate) mod boxes;
mod brands;
pub(crate) mod content;
pub(crate) mod items;
pub(crate) mod offsets;
mod read;
pub(crate) mod store;
#[cfg(test)]
mod tests;
mod tree;
mod write;

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use tree::XMP;

use crate::container::{Container, Head, NewValue, Placed, RawValue, Segment, SegmentMap, Sink, Slot, TRAILING};
use crate::error::{Error, Result};
use crate::finding::{self, Finding, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::bmff as rows;
use crate::message::general;
use crate::source::Source;

use tree::{Damage, Tree, run};

/// Name of the run of top-level boxes.
const FILE: &str = "file";
/// The place of values under named keys in the movie's own metadata.
const KEYS: &str = "keys";

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Movie;

/// What to say about damage.
fn complaint(damage: &Damage) -> Finding {
    let finding = match damage.missing {
        Some(missing) => finding::FILE_TRUNCATED.finding().arg("part", &damage.part).arg("missing", missing),
        None => finding::FILE_MALFORMED.finding().arg("part", &damage.part).because("reason", damage.problem.clone()),
    };
    finding.at(Site::new(&damage.part, &damage.range))
}

impl Container for Movie {
    fn identify(&self, _: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>> {
        brands::identify(source)
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(format, len);
        let run = run(source, FILE, &(0..len), limits)?;
        let stores = store::places(source, &run.boxes)?;
        for found in &run.boxes {
            let (slot, payload) = match store::slot(&stores, found) {
                Some((slot, payload)) => (Some(slot), payload),
                None => ((found.uuid == Some(tree::XMP)).then_some(Slot::Xmp), found.payload.clone()),
            };
            let (name, range) = (found.name(), found.range.clone());
            map.segments.push(Segment {
                name,
                range,
                payload,
                slot,
                essence: matches!(&found.kind, b"ftyp" | b"mdat"),
            });
        }
        if run.end < len {
            let rest = run.end..len;
            let name = if run.damage.is_some() { "unreadable" } else { TRAILING };
            if run.damage.is_none() {
                let length = len - run.end;
                map.findings
                    .push(finding::FILE_TRAILING.finding().arg("length", length).at(Site::new(TRAILING, &rest)));
            }
            map.segments.push(Segment::plain(name, rest));
        }
        let mut damage: Vec<Damage> = run.damage.into_iter().collect();
        for moov in run.boxes.iter().filter(|b| &b.kind == b"moov").take(2) {
            damage.extend(Tree::read(source, moov, limits)?.damage);
        }
        map.damaged = !damage.is_empty();
        map.findings.extend(damage.iter().map(complaint));
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut found = read::Reader::new(limits);
        found.file(source, map)?;
        map.findings.append(&mut found.findings);
        Ok(found.values)
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        content::file(map, source, limits, sink)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        match values {
            [NewValue { slot: Slot::Item { place: KEYS, key }, bytes }] => {
                write::put(map.len, source, key, bytes, limits).map(Placed::from)
            }
            [NewValue { slot: Slot::Manifest, bytes }] => {
                // What stands behind a second one would be taken for another file.
                if map.segments.iter().filter(|s| s.name == "ftyp").count() != 1 {
                    return Err(Error::Refused(rows::NO_FILE_TYPE.problem()));
                }
                store::put(source, bytes, limits).map(Placed::from)
            }
            _ => Err(Error::Internal(general::BAD_PIECES.problem())),
        }
    }
}
