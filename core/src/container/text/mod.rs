//! Text without a signature of its own: JSON, WebVTT, SubRip, Markdown, CSV, JavaScript and plain text.
//!
//! Each grammar is read by position and forwards; nothing is ever written anew. The label's own
//! member, block or front matter is no content; every other byte is.

use crate::container::{Container, Head, NewValue, Placed, RawValue, Segment, SegmentMap, Shown, Sink, Slot};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::text as rows;
use crate::message::general;
use crate::notice::TextNotice;
use crate::source::{Source, check_limit};

pub(super) mod front;
pub(super) mod json;
mod markdown;
pub(crate) mod notice;
pub(super) mod plain;
mod script;
#[cfg(test)]
mod tests;
pub(super) mod units;
mod vtt;
mod yaml;

use notice::charset::Charset;
use units::Form;

/// The byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Text;

/// The one value of `values` and its key, for a format that has this place alone.
pub(super) fn only_item<'v>(values: &'v [NewValue], place: &str) -> Result<(&'v str, &'v str)> {
    if let [NewValue { slot: Slot::Item { place: own, key }, bytes }] = values
        && *own == place
        && let Ok(text) = std::str::from_utf8(bytes)
    {
        return Ok((key, text));
    }
    Err(Error::Internal(general::BAD_PIECES.problem()))
}

/// How characters stand in this file, and the length of its byte order mark.
pub(super) fn form(source: &mut Source<'_>) -> Result<(Form, u64)> {
    let mut head = [0u8; 3];
    let n = source.read_at(0, &mut head)?;
    Ok(Form::of(head.get(..n).unwrap_or_default()))
}

/// Covers the file with `parts`, which are in order and apart, and the content between them.
pub(super) fn fill(map: &mut SegmentMap, bom: u64, parts: Vec<Segment>) {
    if bom > 0 {
        map.segments.push(Segment::plain("bom", 0..bom));
    }
    let content = |from: u64, to: u64| Segment { essence: true, ..Segment::plain("text", from..to) };
    let mut at = bom;
    for part in parts {
        if part.range.start > at {
            map.segments.push(content(at, part.range.start));
        }
        at = part.range.end;
        map.segments.push(part);
    }
    if at < map.len {
        map.segments.push(content(at, map.len));
    }
}

/// The value of every part that is a metadata place, as `decode` makes it of its bytes. A value
/// that is longer than any label with all its escapes is cut.
pub(super) fn values(
    map: &SegmentMap,
    source: &mut Source<'_>,
    limits: &Limits,
    decode: &mut dyn FnMut(&Segment, Vec<u8>) -> Vec<u8>,
) -> Result<Vec<RawValue>> {
    let mut total = 0u64;
    let mut out = Vec::new();
    for segment in &map.segments {
        let Some(slot) = segment.slot.clone() else { continue };
        let most = limits.text_share(total).max((limits.label_bytes as u64).saturating_mul(8));
        let end = segment.payload.end.min(segment.payload.start.saturating_add(most));
        let range = segment.payload.start..end;
        total = total.saturating_add(range.end - range.start);
        check_limit("metadata_bytes", total, limits.metadata_bytes)?;
        let stored = source.bytes(range, limits.metadata_bytes, "metadata_bytes")?;
        let bytes = decode(segment, stored.clone());
        out.push(RawValue {
            slot,
            segment: segment.name.clone(),
            range: segment.range.clone(),
            plain_at: (bytes == stored).then_some(segment.payload.start),
            bytes,
            after_essence: false,
        });
    }
    Ok(out)
}

impl Container for Text {
    fn identify(&self, head: &Head<'_>, source: &mut Source<'_>) -> Result<Option<Format>> {
        if !plain::is_text(head) || Format::recognise(source)?.is_some() {
            return Ok(None);
        }
        let (form, bom) = Form::of(head.bytes);
        let ending = |format: Format| head.extension.is_some_and(|e| format.row().extensions.contains(&e));
        let units = form.units(head.bytes.get(usize::try_from(bom).unwrap_or(0)..).unwrap_or_default());
        if form == Form::Byte && vtt::begins(&units) {
            return Ok(Some(Format::Vtt));
        }
        if ending(Format::Markdown) {
            return Ok(Some(Format::Markdown));
        }
        if json::identify(&units, (form, bom), ending(Format::Json), source)? {
            return Ok(Some(Format::Json));
        }
        // A stream of YAML documents begins as front matter does.
        let yaml = head.extension.is_some_and(|e| matches!(e, "yaml" | "yml"));
        if !yaml && front::find(source, (form, bom), false)?.is_some() {
            return Ok(Some(Format::Markdown));
        }
        if plain::is_subrip(&units) {
            return Ok(Some(Format::Srt));
        }
        Ok(Some(match () {
            () if ending(Format::Csv) => Format::Csv,
            () if ending(Format::JavaScript) && form == Form::Byte => Format::JavaScript,
            () => Format::Txt,
        }))
    }

    fn map(&self, format: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let (form, bom) = form(source)?;
        let mut map = SegmentMap::new(format, source.len());
        let parts = match format {
            Format::Json => json::parts(source, (form, bom), limits)?,
            Format::Vtt => vtt::parts(source, bom, limits)?,
            Format::Markdown => markdown::parts(source, form, bom, limits)?,
            Format::JavaScript => script::parts(source, bom, limits)?,
            _ => Vec::new(),
        };
        fill(&mut map, bom, parts);
        if format == Format::Markdown
            && matches!(Charset::detect(source, form, bom)?, Some(Charset::Utf16(_) | Charset::Gb18030))
        {
            map.closed = Some(&rows::FRONT_ENCODING);
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        match map.format {
            Format::Markdown => markdown::values(map, source, limits),
            Format::JavaScript => values(map, source, limits, &mut |_, bytes| script::object(&bytes)),
            Format::Json => {
                let (form, bom) = form(source)?;
                let charset = match map.segments.iter().any(|s| s.slot.is_some()) {
                    true => Charset::detect(source, form, bom)?,
                    false => None,
                };
                values(map, source, limits, &mut |_, bytes| match charset {
                    Some(charset) if charset != Charset::Utf8 => charset.decode(bytes).into_bytes(),
                    _ => bytes,
                })
            }
            Format::Vtt => values(map, source, limits, &mut |_, bytes| bytes),
            _ => Ok(Vec::new()),
        }
    }

    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits, sink: &mut Sink) -> Result<()> {
        if map.format == Format::Markdown {
            markdown::content(map, source, limits, sink)?;
        }
        sink.essence(map, source)
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let patch = match map.format {
            Format::Json => json::put(map, source, only_item(values, "member")?, limits)?,
            Format::Vtt => vtt::put(map, source, only_item(values, "note")?)?,
            Format::Markdown => markdown::put(map, source, only_item(values, "front-matter")?, limits)?,
            _ => return Err(Error::Internal(general::BAD_PIECES.problem())),
        };
        Ok(patch.into())
    }

    #[cfg(feature = "write")]
    fn put_notice(
        &self,
        map: &SegmentMap,
        source: &mut Source<'_>,
        notice: &TextNotice,
        limits: &Limits,
    ) -> Result<Placed> {
        notice::put(map, source, notice, limits)
    }

    #[cfg(feature = "documents")]
    fn shown(&self, map: &SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<Shown>> {
        notice::shown(map, source, limits)
    }
}
