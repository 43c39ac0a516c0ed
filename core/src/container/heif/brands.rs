//! Which files are pictures (ISO/IEC 23008-12, 10; AV1 Image File Format, 9).

use crate::format::Format;

/// AVIF pictures, sequences, and those of key frames alone.
const AVIF: &[&[u8; 4]] = &[b"avif", b"avis", b"avio"];

/// Pictures and sequences with a coding that is not AV1.
const CODED: &[&[u8; 4]] = &[
    b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"avci", b"avcs", b"jpeg", b"jpgs",
    b"j2ki", b"j2is", b"vvic", b"vvis", b"evbi", b"evbs",
];

/// Pictures and sequences of any coding.
const ANY: &[&[u8; 4]] = &[b"mif1", b"mif2", b"mif3", b"msf1", b"miaf"];

/// Other families with this box grammar, by the first letters of their major brand.
const FOREIGN: &[&[u8]] = &[
    b"iso", b"mp4", b"avc1", b"M4", b"qt", b"mqt", b"3g", b"crx", b"dash", b"f4", b"F4", b"jp", b"mjp", b"jxl", b"cmf",
    b"piff", b"mmp4", b"MSNV", b"XAVC", b"hvc1", b"hev1", b"av01", b"ccff", b"dby1", b"msdh", b"msix", b"dsms",
];

/// The kind of picture that a file is which starts like this.
pub(super) fn identify(head: &[u8]) -> Option<Format> {
    let (size, rest) = head.split_first_chunk::<4>()?;
    let rest = rest.strip_prefix(b"ftyp")?;
    let brands = usize::try_from(u32::from_be_bytes(*size)).ok()?.checked_sub(8)?.min(rest.len());
    let (brands, next) = rest.split_at_checked(brands)?;
    let (brands, _) = brands.as_chunks::<4>();
    let (major, others) = brands.split_first()?;
    // The version stands between the major brand and the others.
    let others = others.get(1..).unwrap_or_default();
    let has = |list: &[&[u8; 4]]| others.iter().any(|brand| list.contains(&brand));
    let coded = |list: &[&[u8; 4]]| list.contains(&major);
    // Makers of phones have brands of their own; the picture then follows at once.
    let own = || {
        !FOREIGN.iter().any(|start| major.starts_with(start))
            && next.get(4..8) == Some(b"meta")
            && (has(ANY) || has(CODED))
    };
    if coded(AVIF) {
        Some(Format::Avif)
    } else if coded(CODED) {
        Some(Format::Heif)
    } else if coded(ANY) || own() {
        Some(if has(AVIF) { Format::Avif } else { Format::Heif })
    } else {
        None
    }
}
