//! ID3v1: the 128 bytes behind the sound that older writers left.
//!
//! Readers look there only if the file has no ID3v2 tag: FFmpeg and mutagen do, and so the title
//! would be gone from their sight when a label brings the first one. A new tag repeats the fields.

/// A frame of version 2.4: its name and its content.
pub(crate) type Carried = (&'static [u8; 4], Vec<u8>);

/// Bytes of the tag.
pub(crate) const LENGTH: usize = 128;
/// Genres that have a name: those of ID3v1 and of the extensions that readers know.
const GENRES: u8 = 192;

/// The fields that say something, as frames. Bytes above 7F are taken over as they are: ID3v1 names
/// no encoding, and what readers guess for it they guess for Latin-1 in ID3v2 too.
pub(crate) fn carried(tag: &[u8; LENGTH]) -> Vec<Carried> {
    let field = |from: usize, len: usize| text(tag.get(from..).and_then(|rest| rest.get(..len)).unwrap_or_default());
    let byte = |at: usize| tag.get(at).copied().unwrap_or_default();
    // ID3v1.1 has the track in the last byte of the comment, behind a zero.
    let track = if byte(125) == 0 { byte(126) } else { 0 };
    let comment = field(97, if track == 0 { 30 } else { 28 });
    let mut out = Vec::new();
    let mut add = |name, prefix: &[u8], value: &[u8]| {
        if !value.is_empty() {
            out.push((name, [prefix, value].concat()));
        }
    };
    add(b"TIT2", &[0], field(3, 30));
    add(b"TPE1", &[0], field(33, 30));
    add(b"TALB", &[0], field(63, 30));
    add(b"TDRC", &[0], field(93, 4));
    // No language is known, and the comment has no title.
    add(b"COMM", b"\0XXX\0", comment);
    if track > 0 {
        add(b"TRCK", &[0], track.to_string().as_bytes());
    }
    if byte(127) < GENRES {
        add(b"TCON", &[0], byte(127).to_string().as_bytes());
    }
    out
}

/// A field without what fills it up.
fn text(field: &[u8]) -> &[u8] {
    field.split(|b| *b == 0).next().unwrap_or_default().trim_ascii_end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(parts: &[(usize, &[u8])]) -> [u8; LENGTH] {
        let mut out = [0; LENGTH];
        for (at, bytes) in [(0, &b"TAG"[..])].iter().chain(parts) {
            out.iter_mut().skip(*at).zip(*bytes).for_each(|(to, from)| *to = *from);
        }
        out
    }

    #[test]
    fn fields_become_frames() {
        let found = carried(&tag(&[
            (3, b"Title   "),
            (33, &[0xD6, 0xD0, 0, b'x']),
            (93, b"2003"),
            (97, &[b'c'; 28]),
            (126, &[7]),
            (127, &[17]),
        ]));
        let due: Vec<Carried> = vec![
            (b"TIT2", b"\0Title".to_vec()),
            (b"TPE1", vec![0, 0xD6, 0xD0]),
            (b"TDRC", b"\x002003".to_vec()),
            (b"COMM", [&b"\0XXX\0"[..], &[b'c'; 28]].concat()),
            (b"TRCK", b"\x007".to_vec()),
            (b"TCON", b"\x0017".to_vec()),
        ];
        assert_eq!(found, due);
    }

    #[test]
    fn a_full_comment_has_no_track_and_nothing_becomes_no_frame() {
        assert_eq!(
            carried(&tag(&[(97, &[b'c'; 30]), (127, &[255])])),
            [(b"COMM", [&b"\0XXX\0"[..], &[b'c'; 30]].concat())]
        );
        assert_eq!(carried(&tag(&[(127, &[255])])), []);
    }
}
