//! Which label stands in which place of which format: one row each, the source of
//! `spec/carriers.md`.

use crate::container::Slot;
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
use Format::{
    Aac, Aiff, Avi, Avif, Dng, Docx, Epub, Flac, Flv, Gif, Heif, Html, JavaScript, Jpeg, Json, Jxl, M4a, Markdown,
    Matroska, Mov, Mp3, Mp4, Odp, Ods, Odt, Ogg, Opus, Pdf, Png, Pptx, Svg, ThreeGp, Tiff, Vtt, Wav, Webm, Webp, Xlsx,
};

/// Whether a label is written to this place of this format: the place that the practice guide
/// names.
#[must_use]
pub fn is_written(format: Format, slot: &Slot) -> bool {
    let slot = slot.to_string();
    written(format, AigcMetadata).any(|row| row.slot == slot)
}

/// The places of this format to which this carrier writes.
pub fn written(format: Format, carrier: CarrierKind) -> impl Iterator<Item = &'static SlotRow> {
    SLOTS.iter().filter(move |row| row.format == format && row.carrier == carrier && row.write)
}

/// Whether the label is written into the metadata of files of this format.
#[must_use]
pub fn has_place(format: Format) -> bool {
    written(format, CarrierKind::AigcMetadata).any(|row| row.place().is_some())
}

impl SlotRow {
    /// The place as a container knows it; `None` for the manifest store and places that are only read.
    #[must_use]
    pub fn place(&self) -> Option<Slot> {
        match (self.slot, self.slot.split_once(':')) {
            ("xmp", _) => Some(Slot::Xmp),
            (_, Some((place, key))) => Some(Slot::item(place, key)),
            _ => None,
        }
    }
}

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
    row(
        Gif,
        "xmp",
        AigcMetadata,
        true,
        "TC260-PG-20259A",
        "application extension XMP DataXMP behind the global colour table and the loop count, property TC260:AIGC",
    ),
    row(Gif, "comment", AigcMetadata, false, "seen", "comment extension, its sub-blocks joined"),
    row(Gif, "application", AigcMetadata, false, "inferred", "any other application extension"),
    row(Gif, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Gif, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.5", "application extension C2PA_GIF"),
    row(Gif, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(Tiff, "xmp", AigcMetadata, true, "TC260-PG-20259A", "IFD0 tag 0x02BC of type 7, property TC260:AIGC"),
    row(
        Tiff,
        "exif:UserComment",
        AigcMetadata,
        false,
        "TC260-PG-20259A Annex B",
        "Exif directory tag 0x9286, behind its character code of 8 bytes",
    ),
    row(Tiff, "exif:ImageDescription", AigcMetadata, false, "TC260-PG-20259A Annex B", "tag 0x010E of any directory"),
    row(Tiff, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Tiff, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.4", "tag 0xCD41"),
    row(Tiff, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(Dng, "xmp", AigcMetadata, true, "TC260-PG-20259A", "IFD0 tag 0x02BC of type 7, property TC260:AIGC"),
    row(
        Dng,
        "exif:UserComment",
        AigcMetadata,
        false,
        "TC260-PG-20259A Annex B",
        "Exif directory tag 0x9286, behind its character code of 8 bytes",
    ),
    row(Dng, "exif:ImageDescription", AigcMetadata, false, "TC260-PG-20259A Annex B", "tag 0x010E of any directory"),
    row(Dng, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Dng, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.4", "tag 0xCD41"),
    row(Dng, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Heif,
        "xmp",
        AigcMetadata,
        true,
        "TC260-PG-20259A",
        "item of type mime with content type application/rdf+xml, property TC260:AIGC",
    ),
    row(
        Heif,
        "xmp_extended",
        AigcMetadata,
        false,
        "ours",
        "XMP that does not describe the picture: item of another image or of a track, box uuid BE7ACFCB-…",
    ),
    row(Heif, "exif", AigcMetadata, false, "TC260-PG-20259A Annex B", "Exif item"),
    row(Heif, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Heif, "c2pa", C2paManifest, true, "C2PA 2.2 A.5", "box uuid D8FEC3D6-1B0E-483C-9297-5828877EC481"),
    row(Heif, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Avif,
        "xmp",
        AigcMetadata,
        true,
        "TC260-PG-20259A",
        "item of type mime with content type application/rdf+xml, property TC260:AIGC",
    ),
    row(
        Avif,
        "xmp_extended",
        AigcMetadata,
        false,
        "ours",
        "XMP that does not describe the picture: item of another image or of a track, box uuid BE7ACFCB-…",
    ),
    row(Avif, "exif", AigcMetadata, false, "TC260-PG-20259A Annex B", "Exif item"),
    row(Avif, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Avif, "c2pa", C2paManifest, true, "C2PA 2.2 A.5", "box uuid D8FEC3D6-1B0E-483C-9297-5828877EC481"),
    row(Avif, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(Jxl, "xmp", AigcMetadata, true, "inferred", "box xml before the codestream, property TC260:AIGC"),
    row(Jxl, "exif", AigcMetadata, false, "inferred", "box Exif"),
    row(Jxl, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Jxl, "c2pa", C2paManifest, true, "C2PA 2.2 A.5", "box jumb"),
    row(Jxl, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Svg,
        "xmp",
        AigcMetadata,
        true,
        "inferred",
        "rdf:RDF between xpacket instructions in a metadata element of the root, property TC260:AIGC",
    ),
    row(Svg, "xmp_extended", AigcMetadata, false, "ours", "RDF outside of the root's metadata elements"),
    row(Svg, "metadata:AIGC", AigcMetadata, false, "inferred", "element AIGC in metadata; any text there, title, desc"),
    row(Svg, "comment", AigcMetadata, false, "inferred", "XML comment before, directly in or behind the root"),
    row(Svg, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Svg, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.3", "element c2pa:manifest in metadata"),
    row(Svg, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Mp4,
        "keys:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20257A",
        "moov/udta/meta with handler mdta, keys entry AIGC, ilst item with UTF-8 data; moov/meta if keys are there or iTunes has the other place",
    ),
    row(Mp4, "ilst:AIGC", AigcMetadata, false, "seen", "iTunes free form ---- or item AIGC"),
    row(Mp4, "meta:AIGC", AigcMetadata, false, "inferred", "keys of a track or of the file"),
    row(Mp4, "udta:AIGC", AigcMetadata, false, "seen", "box AIGC in udta of the movie or a track"),
    row(Mp4, "ilst:©cmt", AigcMetadata, false, "seen", "comment that holds the object"),
    row(
        Mp4,
        "xmp",
        AigcMetadata,
        false,
        "XMP specification part 3",
        "box uuid BE7ACFCB-97A9-42E8-9C71-999491E3AFAC, or XMP_ in udta",
    ),
    row(Mp4, "c2pa", C2paManifest, true, "C2PA 2.2 A.5", "box uuid D8FEC3D6-1B0E-483C-9297-5828877EC481"),
    row(Mp4, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Mov,
        "keys:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20257A",
        "moov/udta/meta with handler mdta, keys entry AIGC, ilst item with UTF-8 data; moov/meta if keys are there or iTunes has the other place",
    ),
    row(Mov, "ilst:AIGC", AigcMetadata, false, "seen", "iTunes free form ---- or item AIGC"),
    row(Mov, "meta:AIGC", AigcMetadata, false, "inferred", "keys of a track or of the file"),
    row(Mov, "udta:AIGC", AigcMetadata, false, "seen", "box AIGC in udta of the movie or a track"),
    row(Mov, "ilst:©cmt", AigcMetadata, false, "seen", "comment that holds the object"),
    row(
        Mov,
        "xmp",
        AigcMetadata,
        false,
        "XMP specification part 3",
        "box uuid BE7ACFCB-97A9-42E8-9C71-999491E3AFAC, or XMP_ in udta",
    ),
    row(Mov, "c2pa", C2paManifest, true, "C2PA 2.2 A.5", "box uuid D8FEC3D6-1B0E-483C-9297-5828877EC481"),
    row(Mov, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        M4a,
        "keys:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-202510A Annex E, inferred",
        "moov/udta/meta with handler mdta, keys entry AIGC, ilst item with UTF-8 data; moov/meta if keys are there or iTunes has the other place",
    ),
    row(M4a, "ilst:AIGC", AigcMetadata, false, "seen", "iTunes free form ---- or item AIGC"),
    row(M4a, "meta:AIGC", AigcMetadata, false, "inferred", "keys of a track or of the file"),
    row(M4a, "udta:AIGC", AigcMetadata, false, "seen", "box AIGC in udta of the movie or a track"),
    row(M4a, "ilst:©cmt", AigcMetadata, false, "seen", "comment that holds the object"),
    row(
        M4a,
        "xmp",
        AigcMetadata,
        false,
        "XMP specification part 3",
        "box uuid BE7ACFCB-97A9-42E8-9C71-999491E3AFAC, or XMP_ in udta",
    ),
    row(M4a, "c2pa", C2paManifest, true, "C2PA 2.2 A.5", "box uuid D8FEC3D6-1B0E-483C-9297-5828877EC481"),
    row(M4a, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        ThreeGp,
        "keys:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20257A",
        "moov/udta/meta with handler mdta, keys entry AIGC, ilst item with UTF-8 data; moov/meta if keys are there or iTunes has the other place",
    ),
    row(ThreeGp, "ilst:AIGC", AigcMetadata, false, "seen", "iTunes free form ---- or item AIGC"),
    row(ThreeGp, "meta:AIGC", AigcMetadata, false, "inferred", "keys of a track or of the file"),
    row(ThreeGp, "udta:AIGC", AigcMetadata, false, "seen", "box AIGC in udta of the movie or a track"),
    row(ThreeGp, "ilst:©cmt", AigcMetadata, false, "seen", "comment that holds the object"),
    row(
        ThreeGp,
        "xmp",
        AigcMetadata,
        false,
        "XMP specification part 3",
        "box uuid BE7ACFCB-97A9-42E8-9C71-999491E3AFAC, or XMP_ in udta",
    ),
    row(
        Matroska,
        "tag:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20257A",
        "Tags, Tag with empty Targets, SimpleTag with TagName AIGC and TagString",
    ),
    row(Matroska, "tag:aigc", AigcMetadata, false, "seen", "the name in another case"),
    row(
        Webm,
        "tag:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20257A",
        "Tags, Tag with empty Targets, SimpleTag with TagName AIGC and TagString",
    ),
    row(Webm, "tag:aigc", AigcMetadata, false, "seen", "the name in another case"),
    row(Avi, "info:AIGC", AigcMetadata, true, "TC260-PG-20257A", "LIST INFO, chunk AIGC, ended by a NUL"),
    row(Avi, "xmp", AigcMetadata, false, "XMP specification part 3", "chunk _PMX"),
    row(Avi, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.6", "RIFF chunk C2PA"),
    row(Avi, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Flv,
        "onMetaData:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20257A",
        "property AIGC of onMetaData, AMF0 string; a long string is read too",
    ),
    row(Flv, "onMetaData.nested:AIGC", AigcMetadata, false, "inferred", "property of an object within onMetaData"),
    row(
        Wav,
        "riff:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-202510A",
        "RIFF chunk AIGC, outside of LIST, padded to even, behind data",
    ),
    row(Wav, "info:AIGC", AigcMetadata, false, "seen", "LIST INFO, chunk AIGC"),
    row(Wav, "info:ICMT", AigcMetadata, false, "seen", "LIST INFO, comment that holds the object"),
    row(Wav, "riff:axml", AigcMetadata, false, "seen", "chunk axml, iXML or of another name that holds the object"),
    row(Wav, "txxx:AIGC", AigcMetadata, false, "seen", "chunk id3 with TXXX"),
    row(Wav, "xmp", AigcMetadata, false, "XMP specification part 3", "chunk _PMX"),
    row(Wav, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.6", "RIFF chunk C2PA"),
    row(Wav, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Mp3,
        "txxx:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-202510A",
        "ID3v2 TXXX with description AIGC, first frame of the tag",
    ),
    row(Mp3, "comm:", AigcMetadata, false, "seen", "ID3v2 comment that holds the object"),
    row(Mp3, "ape:AIGC", AigcMetadata, false, "seen", "APEv2 item"),
    row(Mp3, "xmp", AigcMetadata, false, "XMP specification part 3", "ID3v2 PRIV frame of owner XMP"),
    row(Mp3, "c2pa", C2paManifest, true, "C2PA 2.2 A.3.7", "ID3v2 GEOB application/c2pa"),
    row(Mp3, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Aac,
        "txxx:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-202510A",
        "ID3v2 TXXX with description AIGC, first frame of the tag",
    ),
    row(Aac, "comm:", AigcMetadata, false, "seen", "ID3v2 comment that holds the object"),
    row(Aac, "ape:AIGC", AigcMetadata, false, "seen", "APEv2 item"),
    row(Aac, "xmp", AigcMetadata, false, "XMP specification part 3", "ID3v2 PRIV frame of owner XMP"),
    row(Aiff, "txxx:AIGC", AigcMetadata, true, "TC260-PG-202510A, inferred", "chunk ID3 with TXXX, description AIGC"),
    row(Aiff, "comm:", AigcMetadata, false, "seen", "chunk ID3, comment that holds the object"),
    row(Aiff, "aiff:ANNO", AigcMetadata, false, "inferred", "text chunk NAME, AUTH, ANNO, (c) or COMT with the object"),
    row(Aiff, "xmp", AigcMetadata, false, "XMP specification part 3", "chunk ID3, PRIV frame of owner XMP"),
    row(Flac, "vorbis:AIGC", AigcMetadata, true, "TC260-PG-202510A", "Vorbis comment AIGC, the name in any case"),
    row(Ogg, "vorbis:AIGC", AigcMetadata, true, "TC260-PG-202510A", "Vorbis comment AIGC, the name in any case"),
    row(Opus, "vorbis:AIGC", AigcMetadata, true, "TC260-PG-202510A", "Vorbis comment AIGC, the name in any case"),
    row(
        Pdf,
        "info:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20258A 6.3",
        "document information dictionary, text string, by an incremental update",
    ),
    row(
        Pdf,
        "xmp",
        AigcMetadata,
        true,
        "inferred",
        "metadata stream of the catalog, property TC260:AIGC, in step with info:AIGC; left out in PDF/A",
    ),
    row(Pdf, "xmp", IptcSourceType, true, "IPTC Photo Metadata Standard", "Iptc4xmpExt:DigitalSourceType, full URI"),
    row(Pdf, "c2pa", C2paManifest, true, "C2PA 2.2 A.4", "embedded file with AFRelationship C2PA_Manifest, in /AF"),
    row(Pdf, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Docx,
        "custom:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20258A 6.1",
        "custom properties part, usually docProps/custom.xml, property AIGC as vt:lpwstr; any type of text is read",
    ),
    row(Docx, "property:AIGC", AigcMetadata, false, "seen", "the property's own text, beside an empty value"),
    row(
        Docx,
        "core:description",
        AigcMetadata,
        false,
        "inferred",
        "core property that holds the object; title, subject, keywords and category too",
    ),
    row(Docx, "c2pa", C2paManifest, true, "C2PA 2.2 A.6", "META-INF/content_credential.c2pa"),
    row(Docx, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Xlsx,
        "custom:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20258A 6.1",
        "custom properties part, usually docProps/custom.xml, property AIGC as vt:lpwstr; any type of text is read",
    ),
    row(Xlsx, "property:AIGC", AigcMetadata, false, "seen", "the property's own text, beside an empty value"),
    row(
        Xlsx,
        "core:description",
        AigcMetadata,
        false,
        "inferred",
        "core property that holds the object; title, subject, keywords and category too",
    ),
    row(Xlsx, "c2pa", C2paManifest, true, "C2PA 2.2 A.6", "META-INF/content_credential.c2pa"),
    row(Xlsx, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Pptx,
        "custom:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20258A 6.1",
        "custom properties part, usually docProps/custom.xml, property AIGC as vt:lpwstr; any type of text is read",
    ),
    row(Pptx, "property:AIGC", AigcMetadata, false, "seen", "the property's own text, beside an empty value"),
    row(
        Pptx,
        "core:description",
        AigcMetadata,
        false,
        "inferred",
        "core property that holds the object; title, subject, keywords and category too",
    ),
    row(Pptx, "c2pa", C2paManifest, true, "C2PA 2.2 A.6", "META-INF/content_credential.c2pa"),
    row(Pptx, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Epub,
        "opf:AIGC",
        AigcMetadata,
        true,
        "inferred",
        "package document; EPUB 3: meta with property AIGC behind a declared prefix, EPUB 2: meta with name and content",
    ),
    row(Epub, "dc:description", AigcMetadata, false, "inferred", "text that holds the object; title and subject too"),
    row(Epub, "c2pa", C2paManifest, true, "C2PA 2.2 A.6", "META-INF/content_credential.c2pa"),
    row(Epub, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(Odt, "user-defined:AIGC", AigcMetadata, true, "inferred", "meta.xml, meta:user-defined with meta:name AIGC"),
    row(Odt, "meta:description", AigcMetadata, false, "inferred", "text that holds the object; title and keyword too"),
    row(Odt, "c2pa", C2paManifest, true, "C2PA 2.2 A.6", "META-INF/content_credential.c2pa"),
    row(Odt, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(Ods, "user-defined:AIGC", AigcMetadata, true, "inferred", "meta.xml, meta:user-defined with meta:name AIGC"),
    row(Ods, "meta:description", AigcMetadata, false, "inferred", "text that holds the object; title and keyword too"),
    row(Ods, "c2pa", C2paManifest, true, "C2PA 2.2 A.6", "META-INF/content_credential.c2pa"),
    row(Ods, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(Odp, "user-defined:AIGC", AigcMetadata, true, "inferred", "meta.xml, meta:user-defined with meta:name AIGC"),
    row(Odp, "meta:description", AigcMetadata, false, "inferred", "text that holds the object; title and keyword too"),
    row(Odp, "c2pa", C2paManifest, true, "C2PA 2.2 A.6", "META-INF/content_credential.c2pa"),
    row(Odp, "c2pa", C2paAssertion, true, "ours", "assertion org.biaoshi.label"),
    row(
        Html,
        "meta:AIGC",
        AigcMetadata,
        true,
        "seen",
        "meta element with name AIGC behind the declaration of the encoding, its content in ASCII with references",
    ),
    row(Html, "meta:aigc", AigcMetadata, false, "seen", "the name in another case, or as property or itemprop"),
    row(Html, "script:AIGC", AigcMetadata, false, "seen", "JSON or text in a script element, named by its id or type"),
    row(Html, "comment", AigcMetadata, false, "seen", "comment that holds the object"),
    row(
        Markdown,
        "front-matter:AIGC",
        AigcMetadata,
        true,
        "TC260-PG-20258A 6.5",
        "front matter, mapping AIGC with the seven keys, every value double-quoted",
    ),
    row(Markdown, "front-matter:metadata", AigcMetadata, false, "seen", "the mapping inside of another"),
    row(Markdown, "comment", AigcMetadata, false, "seen", "HTML comment that begins a line, JSON or YAML"),
    row(Json, "member:AIGC", AigcMetadata, true, "inferred", "first member of the outermost object, the bare object"),
    row(Json, "member:aigc", AigcMetadata, false, "seen", "the name in lower case"),
    row(
        JavaScript,
        "script:text",
        AigcMetadata,
        false,
        "seen",
        "member AIGC of an object written as JSON, also inside of a string: front matter in the scripts of a built site",
    ),
    row(Json, "nested:AIGC", AigcMetadata, false, "seen", "member of an object further in, or of one value of several"),
    row(
        Vtt,
        "note:AIGC",
        AigcMetadata,
        true,
        "ours",
        "NOTE block behind the header: NOTE AIGC and the object on one line",
    ),
    row(Vtt, "comment", AigcMetadata, false, "seen", "NOTE block that holds the object"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::ASIDE;

    /// Containers set aside what is written there, without knowing of labels.
    #[test]
    fn labels_beside_content_stand_where_containers_look() {
        for format in [Html, Json, Vtt] {
            let keys: Vec<_> = written(format, AigcMetadata).filter_map(|row| row.slot.split_once(':')).collect();
            assert!(matches!(keys.as_slice(), [(_, ASIDE)]), "{format:?}: {keys:?}");
        }
    }
}
