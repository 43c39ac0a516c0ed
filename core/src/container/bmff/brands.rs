//! Which files are movies, and of which kind (ISO/IEC 14496-12, 4.3).

use std::ops::Range;

use crate::container::bmff::boxes;
use crate::error::Result;
use crate::format::Format;
use crate::source::Source;

/// Boxes looked at before a file without `ftyp` is given up.
const FIRST_BOXES: usize = 32;
/// Brands looked at.
const BRANDS: u64 = 64;

/// Brands of pictures and of other families that share the box grammar.
const FOREIGN: &[&[u8; 4]] = &[
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"mif2", b"mif3", b"msf1",
    b"miaf", b"MiHE", b"avif", b"avis", b"avio", b"avci", b"avcs", b"jpeg", b"jpgs", b"j2ki", b"j2is", b"vvic",
    b"vvis", b"evbi", b"crx ", b"jp2 ", b"jpx ", b"jpm ", b"mjp2", b"jxl ", b"unif", b"geo1",
];

/// Brands of movies that are neither QuickTime nor 3GPP nor sound alone, by their first letters.
const MP4: &[&[u8]] = &[
    b"iso", b"mp4", b"avc", b"hvc", b"hev", b"av01", b"M4V", b"F4V", b"f4v", b"F4P", b"dash", b"dsms", b"cmf", b"ccff",
    b"piff", b"mmp4", b"MSNV", b"XAVC", b"dby1", b"msdh", b"msix",
];

/// What one brand says; `Some(None)`: a file of another family.
fn kind(brand: [u8; 4]) -> Option<Option<Format>> {
    match &brand {
        b"qt  " | b"mqt " => Some(Some(Format::Mov)),
        b"M4A " | b"M4B " | b"M4P " | b"F4A " | b"F4B " => Some(Some(Format::M4a)),
        [b'3', b'g', ..] => Some(Some(Format::ThreeGp)),
        brand if FOREIGN.contains(&brand) => Some(None),
        brand if MP4.iter().any(|start| brand.starts_with(start)) => Some(Some(Format::Mp4)),
        _ => None,
    }
}

/// The kind of movie that this file is.
pub(super) fn identify(source: &mut Source<'_>) -> Result<Option<Format>> {
    let len = source.len();
    let mut at = 0u64;
    // Brands that nobody knows say only that it is not a file from before there were any.
    let mut major = None;
    for number in 0..FIRST_BOXES {
        let (Some(found), _) = boxes::read(source, at, len)? else { return Ok(None) };
        match &found.kind {
            b"ftyp" if major.is_none() => match from_brands(source, found.payload)? {
                Some(known) => return Ok(known),
                None => major = Some(Format::Mp4),
            },
            // A media segment of a stream: a part of a movie.
            b"styp" | b"moof" if number == 0 => return Ok(Some(Format::Mp4)),
            b"sidx" if number == 0 => return Ok(Some(Format::Mp4)),
            b"moov" => return Ok(major.or(Some(Format::Mov))),
            b"mdat" | b"wide" | b"free" | b"skip" | b"pnot" | b"PICT" | b"uuid" | b"sidx" | b"pdin" => {}
            _ if major.is_some() => {}
            _ => return Ok(None),
        }
        at = found.range.end;
    }
    Ok(None)
}

/// The major brand decides; where nobody knows it, the first compatible one that somebody does.
fn from_brands(source: &mut Source<'_>, brands: Range<u64>) -> Result<Option<Option<Format>>> {
    // The version stands between the major brand and the others.
    let places = std::iter::once(0).chain(2..BRANDS).map(|n| brands.start.saturating_add(4 * n));
    for at in places {
        let Some(brand) = source.array::<4>(at)?.filter(|_| at.saturating_add(4) <= brands.end) else { break };
        if let Some(kind) = kind(brand) {
            return Ok(Some(kind));
        }
    }
    Ok(None)
}
