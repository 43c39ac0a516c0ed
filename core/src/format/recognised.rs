//! Formats that are recognised so that the answer can name them and say what else helps.

use crate::container::Head;
use crate::error::Result;
use crate::format::Format;
use crate::message::Message;
use crate::message::recognised::{
    CONVERT_DOCUMENT, CONVERT_PICTURE, CONVERT_VIDEO, DEVELOP_PICTURE, EXPORT_DOCUMENT, UNPACK,
};
use crate::source::Source;

/// A format that is recognised so that the answer can name it, although it has no place for a label
/// or none that is known.
#[derive(Debug)]
pub struct Recognised {
    /// Name for people.
    pub name: &'static str,
    /// What its first bytes hold, each at its offset.
    pub signature: &'static [(usize, &'static [u8])],
    /// Names that its ZIP entries have, where it is an archive of that kind.
    pub entries: &'static [&'static [u8]],
    /// What else tells it from other content.
    pub also: fn(&[u8]) -> bool,
    /// What else helps.
    pub instead: &'static Message,
}

const fn recognised(
    name: &'static str,
    signature: &'static [(usize, &'static [u8])],
    instead: &'static Message,
) -> Recognised {
    Recognised { name, signature, entries: &[], also: |_| true, instead }
}

const fn archive(name: &'static str, entries: &'static [&'static [u8]], instead: &'static Message) -> Recognised {
    Recognised { name, signature: &[(0, b"PK\x03\x04")], entries, also: |_| true, instead }
}

/// Netpbm's header: a digit, white space, and a number or a comment.
fn is_pnm(head: &[u8]) -> bool {
    let [_, b'1'..=b'7', space, rest @ ..] = head else { return false };
    let next = rest.trim_ascii_start().first();
    space.is_ascii_whitespace()
        && (next.is_some_and(|b| b.is_ascii_digit() || *b == b'#') || rest.starts_with(b"WIDTH"))
}

/// Every format that is recognised only; the first that fits counts.
pub static RECOGNISED: &[Recognised] = &[
    // The header's length tells a bitmap from text that begins with BM.
    recognised("BMP", &[(0, b"BM"), (6, &[0; 4]), (15, &[0; 3])], &CONVERT_PICTURE),
    recognised("ICO", &[(0, &[0, 0, 1, 0]), (5, &[0])], &CONVERT_PICTURE),
    recognised("CUR", &[(0, &[0, 0, 2, 0]), (5, &[0])], &CONVERT_PICTURE),
    Recognised { also: is_pnm, ..recognised("PNM", &[(0, b"P")], &CONVERT_PICTURE) },
    recognised("Photoshop document", &[(0, b"8BPS"), (4, &[0])], &CONVERT_PICTURE),
    recognised("DjVu", &[(0, b"AT&TFORM")], &CONVERT_PICTURE),
    recognised("JPEG 2000", &[(0, b"\0\0\0\x0CjP  \r\n\x87\n")], &CONVERT_PICTURE),
    recognised("JPEG 2000 codestream", &[(0, &[0xFF, 0x4F, 0xFF, 0x51])], &CONVERT_PICTURE),
    recognised("OpenEXR", &[(0, &[0x76, 0x2F, 0x31, 0x01])], &CONVERT_PICTURE),
    recognised("Canon raw picture", &[(4, b"ftypcrx ")], &DEVELOP_PICTURE),
    recognised("Fujifilm raw picture", &[(0, b"FUJIFILMCCD-RAW")], &DEVELOP_PICTURE),
    recognised("Olympus raw picture", &[(0, b"IIRO")], &DEVELOP_PICTURE),
    recognised("Panasonic raw picture", &[(0, b"IIU\0")], &DEVELOP_PICTURE),
    recognised("MPEG transport stream", &[(0, b"G"), (188, b"G"), (376, b"G")], &CONVERT_VIDEO),
    recognised("MPEG transport stream", &[(4, b"G"), (196, b"G"), (388, b"G")], &CONVERT_VIDEO),
    recognised("MPEG program stream", &[(0, &[0, 0, 1, 0xBA])], &CONVERT_VIDEO),
    recognised("MPEG video", &[(0, &[0, 0, 1, 0xB3])], &CONVERT_VIDEO),
    recognised("H.264 stream", &[(0, &[0, 0, 0, 1, 0x67])], &CONVERT_VIDEO),
    recognised("H.264 stream", &[(0, &[0, 0, 0, 1, 0x27])], &CONVERT_VIDEO),
    recognised("H.264 stream", &[(0, &[0, 0, 0, 1, 0x09])], &CONVERT_VIDEO),
    recognised("H.264 stream", &[(0, &[0, 0, 1, 0x67])], &CONVERT_VIDEO),
    recognised("H.265 stream", &[(0, &[0, 0, 1, 0x40])], &CONVERT_VIDEO),
    recognised("H.265 stream", &[(0, &[0, 0, 0, 1, 0x40])], &CONVERT_VIDEO),
    recognised("H.265 stream", &[(0, &[0, 0, 0, 1, 0x42])], &CONVERT_VIDEO),
    recognised("H.265 stream", &[(0, &[0, 0, 0, 1, 0x46])], &CONVERT_VIDEO),
    recognised("IVF", &[(0, b"DKIF\0\0")], &CONVERT_VIDEO),
    // The header object of ASF, which Windows Media has too.
    recognised(
        "Windows Media",
        &[(0, &[0x30, 0x26, 0xB2, 0x75, 0x8E, 0x66, 0xCF, 0x11, 0xA6, 0xD9, 0, 0xAA, 0, 0x62, 0xCE, 0x6C])],
        &CONVERT_VIDEO,
    ),
    recognised("RealMedia", &[(0, b".RMF\0")], &CONVERT_VIDEO),
    recognised(
        "old or encrypted Office document",
        &[(0, &[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1])],
        &CONVERT_DOCUMENT,
    ),
    recognised("RTF", &[(0, b"{\\rtf")], &CONVERT_DOCUMENT),
    recognised("PostScript", &[(0, b"%!PS")], &CONVERT_DOCUMENT),
    archive("OFD", &[b"OFD.xml"], &EXPORT_DOCUMENT),
    archive("UOF", &[b"uof.xml"], &EXPORT_DOCUMENT),
    archive("XMind", &[b"content.json", b"metadata.json"], &EXPORT_DOCUMENT),
    archive("XMind", &[b"content.xml", b"meta.xml", b"Revisions/"], &EXPORT_DOCUMENT),
    archive("ZIP", &[], &UNPACK),
    recognised("ZIP", &[(0, b"PK\x05\x06")], &UNPACK),
    recognised("RAR", &[(0, b"Rar!\x1A\x07")], &UNPACK),
    recognised("7z", &[(0, b"7z\xBC\xAF\x27\x1C")], &UNPACK),
    recognised("gzip", &[(0, &[0x1F, 0x8B, 0x08])], &UNPACK),
    recognised("xz", &[(0, b"\xFD7zXZ\0")], &UNPACK),
    recognised("bzip2", &[(0, b"BZh"), (4, b"1AY&SY")], &UNPACK),
    recognised("Zstandard", &[(0, &[0x28, 0xB5, 0x2F, 0xFD])], &UNPACK),
    recognised("tar", &[(257, b"ustar")], &UNPACK),
];

/// How much of a ZIP archive's end is searched for names.
const DIRECTORY: u64 = 16 << 10;

impl Format {
    /// Name of a recognised but unsupported format, and what else helps.
    ///
    /// # Errors
    /// [`crate::Error::Io`].
    pub fn recognise(source: &mut Source<'_>) -> Result<Option<(&'static str, &'static Message)>> {
        let mut head = [0u8; Head::LEN];
        let n = source.read_at(0, &mut head)?;
        let head = head.get(..n).unwrap_or_default();
        // Names of ZIP entries stand in front of each and again in the directory at the end.
        let mut tail = Vec::new();
        if head.starts_with(b"PK") {
            tail = source.bytes(source.len().saturating_sub(DIRECTORY)..source.len(), DIRECTORY, "metadata_bytes")?;
        }
        let holds = |name: &[u8]| [head, &tail].iter().any(|part| part.windows(name.len()).any(|w| w == name));
        let fits = |row: &&Recognised| {
            row.signature.iter().all(|(at, bytes)| head.get(*at..).is_some_and(|rest| rest.starts_with(bytes)))
                && row.entries.iter().all(|name| holds(name))
                && (row.also)(head)
        };
        Ok(RECOGNISED.iter().find(fits).map(|row| (row.name, row.instead)))
    }
}
