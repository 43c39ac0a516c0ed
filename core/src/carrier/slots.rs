//! Which label stands in which place of which format: one row each, the source of
//! `spec/carriers.md`.

use crate::format::Format;
use crate::report::CarrierKind;

/// One place of one format.
#[derive(Debug, Clone, serde::Serialize)]
pub struct SlotRow {
    /// The format.
    pub format: Format,
    /// The place, as sites name it.
    pub slot: &'static str,
    /// What it carries.
    pub carrier: CarrierKind,
    /// Whether labels are read there.
    pub read: bool,
    /// Whether labels are written there.
    pub write: bool,
    /// The clause or source.
    pub clause: &'static str,
    /// Byte-level form, and what is known of it.
    pub note: &'static str,
}

const fn row(
    format: Format,
    slot: &'static str,
    carrier: CarrierKind,
    write: bool,
    clause: &'static str,
    note: &'static str,
) -> SlotRow {
    SlotRow { format, slot, carrier, read: true, write, clause, note }
}

use CarrierKind::{AigcMetadata, C2paAssertion, C2paManifest, IptcSourceType};
use Format::{Jpeg, Png, Webp};

/// Every row.
pub static SLOTS: &[SlotRow] = &[
    row(Png, "xmp", AigcMetadata, true, "TC260-PG-20259A", "iTXt XML:com.adobe.xmp, property TC260:AIGC, before IDAT"),
    row(
        Png,
        "text:AIGC",
        AigcMetadata,
        false,
        "TC260-PG-20259A Annex B; seen",
        "tEXt, zTXt or iTXt, bare or wrapped object",
    ),
    row(
        Png,
        "exif",
        AigcMetadata,
        false,
        "TC260-PG-20259A Annex B; seen",
        "eXIf UserComment or ImageDescription, also several eXIf and behind IDAT",
    ),
    row(Png, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Png, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.2", "chunk caBX before IDAT"),
    row(Png, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Jpeg,
        "xmp",
        AigcMetadata,
        true,
        "TC260-PG-20259A",
        "APP1 http://ns.adobe.com/xap/1.0/, property TC260:AIGC, behind JFIF and Exif",
    ),
    row(
        Jpeg,
        "xmp_extended",
        AigcMetadata,
        false,
        "XMP part 3 1.1.3.1",
        "APP1 http://ns.adobe.com/xmp/extension/, joined by GUID",
    ),
    row(
        Jpeg,
        "exif",
        AigcMetadata,
        false,
        "TC260-PG-20259A Annex B; seen",
        "APP1 Exif UserComment or ImageDescription",
    ),
    row(Jpeg, "comment", AigcMetadata, false, "seen", "COM segment with the wrapped object"),
    row(Jpeg, "app0 to app15", AigcMetadata, false, "seen", "any application segment holding AIGC{…} or {\"AIGC\":…}"),
    row(Jpeg, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Jpeg, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.1", "APP11 JUMBF segments"),
    row(Jpeg, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(Webp, "xmp", AigcMetadata, true, "TC260-PG-20259A", "chunk XMP with the VP8X flag 0x04, property TC260:AIGC"),
    row(Webp, "exif", AigcMetadata, false, "TC260-PG-20259A Annex B", "chunk EXIF UserComment or ImageDescription"),
    row(Webp, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Webp, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.6", "RIFF chunk C2PA, last"),
    row(Webp, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
];
