//! Every bound on what a file may cost, with unit and default.

/// Bounds on memory and work. All are on by default; reaching one is an [`crate::Error::Limit`]
/// or a finding that names it, never a silently partial answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Largest file, in bytes. Default 64 GiB.
    pub file_bytes: u64,
    /// Chunks, segments or boxes per file. Default 65,536.
    pub segments: usize,
    /// Elements of a Matroska, FLV or SVG file and blocks of a GIF looked at one by one, those
    /// within merged parts included. Default 2,097,152.
    pub elements: usize,
    /// One metadata payload (XMP packet, Exif block) read to memory, in bytes. Default 16 MiB.
    pub metadata_bytes: u64,
    /// One AIGC value, in bytes. Default 64 KiB.
    pub label_bytes: usize,
    /// One field of a label when writing, in bytes. Default 4 KiB.
    pub field_bytes: usize,
    /// Nesting of JSON in a label. Default 8.
    pub json_depth: usize,
    /// A C2PA manifest store, in bytes. Default 32 MiB.
    pub manifest_bytes: u64,
    /// Largest file handed to the C2PA reader or writer, in bytes. Default 1 GiB.
    ///
    /// It bounds what a third-party library hashes; for JPEG the library holds the whole file in
    /// memory, see [`Limits::manifest_jpeg_bytes`].
    pub manifest_file_bytes: u64,
    /// Largest JPEG handed to the C2PA reader or writer, in bytes. Default 64 MiB.
    pub manifest_jpeg_bytes: u64,
    /// Inflated size of one compressed text chunk, in bytes. Default 1 MiB.
    pub inflate_bytes: usize,
    /// Inflated bytes per compressed byte. Default 200.
    pub inflate_ratio: usize,
    /// Nesting of XML elements. Default 64.
    pub xml_depth: usize,
    /// Attributes of one XML tag. Default 256.
    pub xml_attributes: usize,
    /// One XML tag, in bytes. Default 64 KiB of markup; attribute-form label values count.
    pub xml_tag_bytes: usize,
    /// Image file directories in an Exif block. Default 64.
    pub ifds: usize,
    /// Entries of one image file directory. Default 4,096.
    pub ifd_entries: usize,
    /// Pages of an Ogg stream that are walked to number them anew. Default 262,144.
    pub ogg_pages: u64,
    /// Cross-reference sections of a PDF. Default 1,024.
    pub pdf_sections: usize,
    /// One object of a PDF read to memory, the data of a stream not counted, in bytes. Default 1 MiB.
    pub pdf_object_bytes: u64,
    /// Nesting of arrays and dictionaries in a PDF. Default 64.
    pub pdf_depth: usize,
    /// Pixels decoded for drawing a notice. Default 256 million.
    pub pixels: u64,
    /// Bytes of memory for decoded pixels. Default 1 GiB.
    pub pixel_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 64 << 30,
            segments: 65_536,
            elements: 2 << 20,
            metadata_bytes: 16 << 20,
            label_bytes: 64 << 10,
            field_bytes: 4 << 10,
            json_depth: 8,
            manifest_bytes: 32 << 20,
            manifest_file_bytes: 1 << 30,
            manifest_jpeg_bytes: 64 << 20,
            inflate_bytes: 1 << 20,
            inflate_ratio: 200,
            xml_depth: 64,
            xml_attributes: 256,
            xml_tag_bytes: 64 << 10,
            ifds: 64,
            ifd_entries: 4_096,
            ogg_pages: 262_144,
            pdf_sections: 1_024,
            pdf_object_bytes: 1 << 20,
            pdf_depth: 64,
            pixels: 256 << 20,
            pixel_bytes: 1 << 30,
        }
    }
}

impl Limits {
    /// Tighter bounds for services that take uploads from strangers: files up to 4 GiB,
    /// pictures up to 64 million pixels and 256 MiB decoded.
    #[must_use]
    pub fn server() -> Self {
        Self {
            file_bytes: 4 << 30,
            manifest_file_bytes: 256 << 20,
            pixels: 64 << 20,
            pixel_bytes: 256 << 20,
            ..Self::default()
        }
    }
}
