//! The tags of an MP4 file in one that was coded anew: all of them, those that no other program knows
//! too, stay byte for byte.

use std::ops::Range;

use crate::codec::sound::unread;
use crate::container::bmff::XMP;
use crate::container::bmff::boxes::{self, BoxAt, SizeForm};
use crate::container::{Edit, Patch};
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};

/// The one `moov` of a file, whether anything follows it, and where packets of XMP stand beside it.
type Found = (BoxAt, bool, Vec<Range<u64>>);

fn moov(source: &mut Source<'_>, limits: &Limits) -> Result<Option<Found>> {
    let (mut at, mut count, len) = (0, 0u64, source.len());
    let mut out: Option<(BoxAt, bool)> = None;
    let mut packets = Vec::new();
    while at < len {
        count = count.saturating_add(1);
        check_limit("segments", count, limits.segments as u64)?;
        let (Some(found), None) = boxes::read(source, at, len)? else { return Ok(None) };
        if found.range.end <= at {
            return Ok(None);
        }
        at = found.range.end;
        if found.uuid == Some(XMP) && found.size != SizeForm::ToEnd {
            packets.push(found.range.clone());
        }
        match (&mut out, &found.kind) {
            (Some(_), b"moov") => return Ok(None),
            (None, b"moov") => out = Some((found, false)),
            (Some((_, followed)), _) => *followed = true,
            (None, _) => {}
        }
    }
    Ok(out.map(|(moov, followed)| (moov, followed, packets)))
}

/// The boxes in `bytes`: type and the whole box. None if something is left.
fn list(bytes: &[u8]) -> Option<Vec<([u8; 4], &[u8])>> {
    let (mut out, mut rest) = (Vec::new(), bytes);
    while let Some([s0, s1, s2, s3, kind @ ..]) = rest.first_chunk::<8>() {
        let len = usize::try_from(u32::from_be_bytes([*s0, *s1, *s2, *s3])).ok().filter(|len| *len >= 8)?;
        let (whole, behind) = rest.split_at_checked(len)?;
        out.push((*kind, whole));
        rest = behind;
    }
    // QuickTime ends user data by a zero of 32 bits (User Data Atoms).
    (rest.is_empty() || rest == [0; 4]).then_some(out)
}

fn boxed(kind: &[u8; 4], body: &[u8]) -> Result<Vec<u8>> {
    let len = u32::try_from(body.len().saturating_add(8)).map_err(|_| unread("MP4", "udta"))?;
    Ok([&len.to_be_bytes()[..], kind, body].concat())
}

/// User data: what the encoder's program wrote of chapters, and all else as it was.
fn user_data(old: &[u8], new: &[u8]) -> Result<Option<Vec<u8>>> {
    let (Some(old), Some(new)) = (list(old), list(new)) else { return Ok(None) };
    let mut body = Vec::new();
    for (kind, whole) in old.iter().filter(|(kind, _)| kind != b"chpl") {
        if kind == b"meta" {
            body.extend(metadata(whole)?);
        } else {
            body.extend_from_slice(whole);
        }
    }
    for (_, whole) in new.iter().filter(|(kind, _)| kind == b"chpl") {
        body.extend_from_slice(whole);
    }
    boxed(b"udta", &body).map(Some)
}

/// `meta` without the record of how many samples of the old coding are to be played (`iTunSMPB`): an
/// edit list says that of the new one.
fn metadata(whole: &[u8]) -> Result<Vec<u8>> {
    let content = whole.get(8..).unwrap_or_default();
    let head = if content.get(4..8) == Some(b"hdlr") { 0 } else { 4 };
    let (version, content) = content.split_at_checked(head).unwrap_or((content, &[]));
    let Some(children) = list(content) else { return Ok(whole.to_vec()) };
    let mut body = version.to_vec();
    for (kind, child) in children {
        match list(child.get(8..).unwrap_or_default()).filter(|_| &kind == b"ilst") {
            Some(tags) => {
                let record =
                    |(kind, tag): &([u8; 4], &[u8])| kind == b"----" && tag.windows(8).any(|part| part == b"iTunSMPB");
                let tags: Vec<&[u8]> = tags.into_iter().filter(|tag| !record(tag)).map(|(_, tag)| tag).collect();
                body.extend(boxed(b"ilst", &tags.concat())?);
            }
            None => body.extend_from_slice(child),
        }
    }
    boxed(b"meta", &body)
}

/// Writes `coded` with the user data, named keys and XMP of `source`; false, and nothing written, if that can't be done.
pub(super) fn carried(
    source: &mut dyn ReadSeek,
    coded: &mut Source<'_>,
    limits: &Limits,
    out: &mut dyn ReadWriteSeek,
) -> Result<bool> {
    let mut source = Source::new(source, limits)?;
    let (Some((old, _, packets)), Some((new, false, _))) = (moov(&mut source, limits)?, moov(coded, limits)?) else {
        return Ok(false);
    };
    let old = source.bytes(old.payload, limits.metadata_bytes, "metadata_bytes")?;
    let bytes = coded.bytes(new.payload.clone(), limits.metadata_bytes, "metadata_bytes")?;
    let (Some(old), Some(children)) = (list(&old), list(&bytes)) else { return Ok(false) };
    let Some(body) = movie(&old, &children)? else { return Ok(false) };
    let mut patch = Patch::new(coded.len());
    let remove = new.range.end.saturating_sub(new.range.start);
    patch.push(Edit { at: new.range.start, remove, insert: boxed(b"moov", &body)? })?;
    patch.apply(coded, out)?;
    for packet in packets {
        source.copy(packet, &mut |part| out.write_all(part).map_err(|e| Error::io("write", e)))?;
    }
    Ok(true)
}

/// The content of the new `moov` with the user data and the named keys of the old one.
fn movie(old: &[([u8; 4], &[u8])], new: &[([u8; 4], &[u8])]) -> Result<Option<Vec<u8>>> {
    let content = |all: &[([u8; 4], &[u8])]| {
        let found = all.iter().find(|(kind, _)| kind == b"udta").and_then(|(_, whole)| whole.get(8..));
        found.unwrap_or_default().to_vec()
    };
    let Some(user) = user_data(&content(old), &content(new))? else { return Ok(None) };
    let keys: Vec<&[u8]> = old.iter().filter(|(kind, _)| kind == b"meta").map(|(_, whole)| *whole).collect();
    let replaced = |kind: &[u8; 4]| kind == b"udta" || (kind == b"meta" && !keys.is_empty());
    let mut body: Vec<u8> =
        new.iter().filter(|(kind, _)| !replaced(kind)).flat_map(|(_, whole)| *whole).copied().collect();
    body.extend(user);
    body.extend(keys.concat());
    Ok(Some(body))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn all_tags_stay_but_the_record_of_the_old_coding() {
        let tag = |kind: &[u8; 4], text: &[u8]| boxed(kind, text).unwrap();
        let gain = tag(b"----", b"com.apple.iTunes REPLAYGAIN");
        let ilst = |gapless: &[u8]| boxed(b"ilst", &[&gain, gapless, &tag(b"rtng", b"4")[..]].concat()).unwrap();
        let meta = |ilst: &[u8]| boxed(b"meta", &[&[0; 4][..], &tag(b"hdlr", b"mdir"), ilst].concat()).unwrap();
        let old =
            [meta(&ilst(&tag(b"----", b"com.apple.iTunes iTunSMPB 0"))), tag(b"chpl", b"old"), tag(b"Xtra", b"x")];
        let new = [meta(&tag(b"ilst", b"")), tag(b"chpl", b"new")];
        let due = [meta(&ilst(&[])), tag(b"Xtra", b"x"), tag(b"chpl", b"new")].concat();
        assert_eq!(user_data(&old.concat(), &new.concat()).unwrap(), Some(boxed(b"udta", &due).unwrap()));
    }

    #[test]
    fn named_keys_and_xmp_stay() {
        let tag = |kind: &[u8; 4], text: &[u8]| boxed(kind, text).unwrap();
        let named = tag(b"meta", b"keys of the label");
        let xmp = tag(b"uuid", &[&XMP[..], b"packet"].concat());
        let old = [tag(b"ftyp", b"M4A "), tag(b"moov", &[tag(b"mvhd", b"a"), named.clone()].concat()), xmp.clone()];
        let new = [
            tag(b"ftyp", b"M4A "),
            tag(b"mdat", b"s"),
            tag(b"moov", &[tag(b"mvhd", b"b"), tag(b"udta", b"")].concat()),
        ];
        let (old, new) = (old.concat(), new.concat());
        let mut out = std::io::Cursor::new(Vec::new());
        let (mut source, mut coded) = (std::io::Cursor::new(old), std::io::Cursor::new(new));
        let limits = Limits::default();
        let mut coded = Source::new(&mut coded, &limits).unwrap();
        assert!(carried(&mut source, &mut coded, &limits, &mut out).unwrap());
        let moov = tag(b"moov", &[tag(b"mvhd", b"b"), tag(b"udta", b""), named].concat());
        assert_eq!(out.into_inner(), [tag(b"ftyp", b"M4A "), tag(b"mdat", b"s"), moov, xmp].concat());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = user_data(&bytes, &bytes);
            let _ = metadata(&bytes);
        }
    }
}
