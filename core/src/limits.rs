//! Every bound on what a file may cost, with unit and default.

macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident: $kind:ty = $default:expr,)*) => {
        /// Bounds on memory and work. All are on by default; reaching one is an [`crate::Error::Limit`]
        /// or a finding that names it, never a silently partial answer.
        #[derive(Debug, Clone, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct Limits {
            $($(#[$doc])* pub $name: $kind,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            /// The names of all bounds, as errors and findings use them.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The value of the bound with this name.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<u64> {
                match name {
                    $(stringify!($name) => u64::try_from(self.$name).ok(),)*
                    _ => None,
                }
            }

            /// Sets the bound with this name; says whether there is one that can hold the value.
            ///
            /// ```
            /// let mut limits = biaoshi::Limits::default();
            /// assert!(limits.set("file_bytes", 1 << 20) && limits.file_bytes == 1 << 20);
            /// assert!(!limits.set("no_such_bound", 1));
            /// ```
            pub fn set(&mut self, name: &str, value: u64) -> bool {
                match name {
                    $(stringify!($name) => match <$kind>::try_from(value) {
                        Ok(value) => self.$name = value,
                        Err(_) => return false,
                    },)*
                    _ => return false,
                }
                true
            }
        }
    };
}

limits! {
    /// Largest file, in bytes. Default 64 GiB.
    file_bytes: u64 = 64 << 30,
    /// Chunks, segments or boxes per file. Default 65,536.
    segments: usize = 65_536,
    /// Elements of a Matroska, FLV or SVG file and blocks of a GIF looked at one by one, those
    /// within merged parts included. Default 2,097,152.
    elements: usize = 2 << 20,
    /// Coded picture of a JPEG, PNG or GIF that is passed through for its checksums and for what stands
    /// behind it, in bytes. More is left unread unless a signature, or no label at all, was found in front
    /// of it. Then the finding `file.unread` says so, and rule sets are not called satisfied. Labelling
    /// and looking at the picture read all. Default 64 GiB.
    coded_bytes: u64 = 64 << 30,
    /// One metadata payload (XMP packet, Exif block) read to memory, in bytes. Default 16 MiB.
    metadata_bytes: u64 = 16 << 20,
    /// One AIGC value, in bytes. Default 64 KiB.
    label_bytes: usize = 64 << 10,
    /// One field of a label when writing, in bytes. Default 4 KiB.
    field_bytes: usize = 4 << 10,
    /// Nesting of JSON in a label. Default 8.
    json_depth: usize = 8,
    /// A C2PA manifest store, in bytes. Default 32 MiB.
    manifest_bytes: u64 = 32 << 20,
    /// Largest file handed to the C2PA reader or writer, in bytes. Default 1 GiB.
    ///
    /// It bounds what a third-party library hashes; for JPEG the library holds the whole file in
    /// memory, see [`Limits::manifest_jpeg_bytes`].
    manifest_file_bytes: u64 = 1 << 30,
    /// Largest JPEG handed to the C2PA reader or writer, in bytes. Default 64 MiB.
    manifest_jpeg_bytes: u64 = 64 << 20,
    /// Inflated size of one compressed text chunk, in bytes. Default 1 MiB.
    inflate_bytes: usize = 1 << 20,
    /// Inflated bytes per compressed byte. Default 200.
    inflate_ratio: usize = 200,
    /// Nesting of XML elements. Default 64.
    xml_depth: usize = 64,
    /// Attributes of one XML tag. Default 256.
    xml_attributes: usize = 256,
    /// One XML tag, in bytes. Default 64 KiB of markup; attribute-form label values count.
    xml_tag_bytes: usize = 64 << 10,
    /// Image file directories in an Exif block. Default 64.
    ifds: usize = 64,
    /// Entries of one image file directory. Default 4,096.
    ifd_entries: usize = 4_096,
    /// Pages of an Ogg stream that are walked to number them anew. Default 262,144.
    ogg_pages: u64 = 262_144,
    /// Cross-reference sections of a PDF. Default 1,024.
    pdf_sections: usize = 1_024,
    /// One object of a PDF read to memory, the data of a stream not counted, in bytes. Default 1 MiB.
    pdf_object_bytes: u64 = 1 << 20,
    /// Nesting of arrays and dictionaries in a PDF. Default 64.
    pdf_depth: usize = 64,
    /// Pixels decoded for drawing a notice. Default 256 million.
    pixels: u64 = 256 << 20,
    /// Bytes of memory for decoded pixels. Default 1 GiB.
    pixel_bytes: u64 = 1 << 30,
    /// Text of a document looked at for notices, in bytes, at its beginning, middle and end each.
    /// Default 64 KiB.
    shown_bytes: usize = 64 << 10,
    /// Decoded sound listened to or held for a notice, in samples of all channels. Default 1 billion.
    samples: u64 = 1 << 30,
    /// Running time of an installed program that is started once, in seconds; where frames pass through, the
    /// time between two of them. Default 3,600.
    tool_seconds: u64 = 3_600,
    /// What an installed program may answer, in bytes. Default 1 GiB.
    tool_bytes: u64 = 1 << 30,
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

    /// These bounds for work that needs every byte.
    pub(crate) fn whole(&self) -> Self {
        Self { coded_bytes: u64::MAX, ..self.clone() }
    }

    /// How much of one text is read when `read` bytes of metadata were: as much as a label can need
    /// or half of what is left, so that one long text leaves room for others.
    pub(crate) fn text_share(&self, read: u64) -> u64 {
        let label = (self.label_bytes as u64).saturating_mul(2);
        label.max(self.metadata_bytes.saturating_sub(read) / 2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_gets_half_of_what_is_left_and_never_less_than_a_label_needs() {
        let limits = Limits { metadata_bytes: 1000, label_bytes: 100, ..Limits::default() };
        for (read, share) in [(0, 500), (200, 400), (600, 200), (900, 200), (2000, 200)] {
            assert_eq!(limits.text_share(read), share, "{read}");
        }
    }

    #[test]
    fn every_bound_can_be_set_by_its_name() {
        for name in Limits::NAMES {
            let mut limits = Limits::default();
            let before = limits.get(name);
            assert!(before.is_some_and(|n| n > 0), "{name}");
            assert!(limits.set(name, 7), "{name}");
            assert_eq!(limits.get(name), Some(7), "{name}");
            let others = Limits::NAMES.iter().filter(|n| *n != name);
            assert!({ others }.all(|n| limits.get(n) == Limits::default().get(n)), "{name}");
        }
    }
}
