//! The content of a TIFF: the tags of its directories but those about the picture, and its strips and
//! tiles.

use super::directory::{Directory, Entry, Header, PIECE, Step, Way, tag, walk};
use crate::container::SegmentMap;
use crate::container::content::{Positions, Sink};
use crate::error::Result;
use crate::limits::Limits;
use crate::source::{Source, check_limit};

/// Tags whose value is a position in the file, of a part of the picture.
const PLACES: [u16; 3] = [tag::STRIP_OFFSETS, tag::TILE_OFFSETS, tag::JPEG_OFFSET];

/// Whether a tag says something about the picture, or points to what does (TIFF 6.0; Exif 2.32;
/// XMP part 3; DNG 1.6).
const fn is_about(tag: u16) -> bool {
    matches!(
        tag,
        // DocumentName, ImageDescription, Make, Model, PageName, FreeOffsets, FreeByteCounts
        269..=272 | 285 | 288 | 289
        // Software, DateTime, Artist, HostComputer
        | 305 | 306 | 315 | 316
        // SubIFDs: what they point to is read; XMP, Rating, Copyright
        | tag::SUB_IFDS | tag::XMP | 0x4746 | 0x4749 | 33432
        // IPTC, Photoshop, Exif, GPS, interoperability
        | 33723 | 34377 | tag::EXIF_IFD | 0x8825 | 0xA005
        // UserComment, XPTitle to XPSubject
        | 0x9286 | 0x9C9B..=0x9C9F
        // DNG: maker's data, serial number, name and digest of the raw file
        | 50735 | 50740 | 50827 | 50781
        // C2PA
        | tag::C2PA
    )
}

pub(super) fn write(map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
    if let Some(header) = super::header(source)? {
        let positions = Positions::of(&map.essence());
        let mut listed = 0u64;
        walk(header, source, limits, &mut |step, source| match step {
            Step::Found(Way::Exif, _) | Step::Cycle(_) | Step::Outside(_) => Ok(()),
            Step::Found(way, found) => {
                let mut tags = Tags { header, positions: &positions, listed: &mut listed, sink: &mut *sink };
                tags.directory(way, found, source, limits)
            }
        })?;
    }
    sink.essence(map, source)
}

/// The tags of one directory.
struct Tags<'t> {
    header: Header,
    positions: &'t Positions,
    /// Bytes of values read so far.
    listed: &'t mut u64,
    sink: &'t mut Sink,
}

impl Tags<'_> {
    fn directory(&mut self, way: Way, found: &Directory, source: &mut Source<'_>, limits: &Limits) -> Result<()> {
        self.sink.item("directory", if way == Way::Sub { b"sub" } else { b"chain" })?;
        for entry in found.entries.iter().filter(|entry| !is_about(entry.tag)) {
            let end = entry.value.end.min(source.len()).max(entry.value.start);
            // Entries may share a value, so that few bytes of a file are hashed often.
            *self.listed = self.listed.saturating_add(end - entry.value.start);
            let most = limits.metadata_bytes.saturating_add(source.len());
            check_limit("metadata_bytes", *self.listed, most)?;
            let mut head = entry.tag.to_be_bytes().to_vec();
            head.extend(entry.kind.to_be_bytes());
            head.extend(entry.count.to_be_bytes());
            if PLACES.contains(&entry.tag) {
                self.sink.item("place", &head)?;
                self.places(entry, source)?;
            } else {
                let value = entry.value.start.min(end)..end;
                self.sink.joined(source, "tag", &head, std::slice::from_ref(&value))?;
            }
        }
        Ok(())
    }

    fn places(&mut self, entry: &Entry, source: &mut Source<'_>) -> Result<()> {
        let mut done = 0u64;
        while done < entry.count {
            let span = done..entry.count.min(done.saturating_add(PIECE));
            done = span.end;
            let found = self.header.numbers(source, entry, span)?;
            if found.is_empty() {
                break;
            }
            let places: Vec<u8> = found.into_iter().flat_map(|at| self.positions.get(at).to_be_bytes()).collect();
            self.sink.item("places", &places)?;
        }
        Ok(())
    }
}
