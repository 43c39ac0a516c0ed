//! Flash Video (Adobe Flash Video File Format Specification 10.1, Annex E): tags of audio, video
//! and script data.

mod amf;

#[cfg(test)]
mod tests;

use self::amf::{Property, Value};
use crate::container::{Container, Head, NewValue, Patch, Placed, RawValue, Segment, SegmentMap, Sink, Slot, payload};
use crate::error::{Error, Result};
use crate::finding::{self, Site};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::matroska as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

/// Bytes in front of a tag's data, and of the size that follows it.
const TAG: u64 = 11;
const BACK: u64 = 4;
/// Tag types (E.4.1).
const AUDIO: u8 = 8;
const VIDEO: u8 = 9;
const SCRIPT: u8 = 18;
/// The bits of a tag's first byte that are its type.
const TYPE: u8 = 0x1F;

const HEADER: &str = "FLV";
const MEDIA: &str = "media";
const SCRIPT_TAG: &str = "script";

/// The FLV byte grammar.
#[derive(Debug, Clone, Copy)]
pub struct Flv;

/// Where the value of `onMetaData` begins in a script tag's data, if it is one.
fn metadata(data: &[u8]) -> Option<usize> {
    let named = |at: usize| data.get(at).filter(|kind| **kind == 2).and_then(|_| amf::text(data, at + 1));
    let (name, end) = named(0)?;
    // What a publisher sends to a server, recorded as it came.
    let (name, end) = if name == b"@setDataFrame" { named(end)? } else { (name, end) };
    (name == b"onMetaData").then_some(end)
}

/// The script tags that hold `onMetaData`.
fn script_tags<'m>(map: &'m SegmentMap, source: &mut Source<'_>) -> Result<Vec<&'m Segment>> {
    let mut out = Vec::new();
    for segment in map.segments.iter().filter(|s| s.name == SCRIPT_TAG) {
        let mut head = [0u8; 32];
        let want = usize::try_from(segment.payload.end - segment.payload.start).unwrap_or(head.len()).min(head.len());
        let n = source.read_at(segment.payload.start, head.get_mut(..want).unwrap_or_default())?;
        if metadata(head.get(..n).unwrap_or_default()).is_some() {
            out.push(segment);
        }
    }
    Ok(out)
}

/// Whether a value is a file position of the index of key frames.
fn is_position(property: &Property<'_, '_>) -> bool {
    matches!(property.around, [b"keyframes", b"filepositions"]) && property.key.is_empty()
}

impl Flv {
    fn tags(map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits, from: u64) -> Result<()> {
        let len = map.len;
        let (mut at, mut count) = (from, 0u64);
        while at < len {
            count += 1;
            check_limit("elements", count, limits.elements as u64)?;
            let header = source.array::<11>(at)?;
            let (kind, stop) = match header {
                Some([kind, s0, s1, s2, ..]) => {
                    (kind & TYPE, at.saturating_add(TAG + u64::from(u32::from_be_bytes([0, s0, s1, s2]))))
                }
                None => (SCRIPT, at.saturating_add(TAG)),
            };
            if !matches!(kind, AUDIO | VIDEO | SCRIPT) {
                let site = Site::new(HEADER, &(at..len));
                let what = finding::FILE_MALFORMED.finding().arg("part", HEADER);
                map.findings.push(what.because("reason", &rows::TAG_TYPE).at(site));
                map.segments.push(Segment::plain("unreadable", at..len));
                map.damaged = true;
                return Ok(());
            }
            let name = if kind == SCRIPT { SCRIPT_TAG } else { MEDIA };
            if stop > len {
                let what = finding::FILE_TRUNCATED.finding().arg("part", name).arg("missing", stop - len);
                map.findings.push(what.at(Site::new(name, &(at..len))));
                map.damaged = true;
            }
            // Some writers leave out the very last size.
            let range = at..stop.saturating_add(BACK).min(len);
            at = range.end;
            match map.segments.last_mut() {
                Some(last) if last.essence && kind != SCRIPT => {
                    last.range.end = range.end;
                    last.payload.end = range.end;
                }
                _ => {
                    check_limit("segments", map.segments.len() as u64, limits.segments as u64)?;
                    let essence = kind != SCRIPT;
                    let data = range.start.saturating_add(TAG).min(len)..stop.min(len);
                    let payload = if essence { range.clone() } else { data };
                    map.segments.push(Segment { payload, essence, ..Segment::plain(name, range) });
                }
            }
        }
        Ok(())
    }
}

impl Container for Flv {
    fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
        Ok(head.bytes.starts_with(b"FLV\x01").then_some(Format::Flv))
    }

    fn map(&self, _: Format, source: &mut Source<'_>, limits: &Limits) -> Result<SegmentMap> {
        let len = source.len();
        let mut map = SegmentMap::new(Format::Flv, len);
        let stated = source.array::<9>(0)?.map(|[.., a, b, c, d]| u64::from(u32::from_be_bytes([a, b, c, d])));
        let body = stated.filter(|offset| *offset >= 9).map(|offset| offset + BACK).filter(|body| *body <= len);
        map.segments.push(Segment::plain(HEADER, 0..body.unwrap_or(len)));
        match body {
            Some(body) => Self::tags(&mut map, source, limits, body)?,
            None => {
                let site = Site::new(HEADER, &(0..len));
                let what = finding::FILE_MALFORMED.finding().arg("part", HEADER);
                map.findings.push(what.because("reason", &rows::HEADER).at(site));
                map.damaged = true;
            }
        }
        Ok(map)
    }

    fn values(&self, map: &mut SegmentMap, source: &mut Source<'_>, limits: &Limits) -> Result<Vec<RawValue>> {
        let mut out = Vec::new();
        let mut found = Vec::new();
        let mut total = 0u64;
        for segment in script_tags(map, source)? {
            total = total.saturating_add(segment.payload.end - segment.payload.start);
            check_limit("metadata_bytes", total, limits.metadata_bytes)?;
            let data = payload(source, segment, limits)?;
            let base = segment.payload.start;
            let root = amf::walk(&data, metadata(&data).unwrap_or(data.len()), &mut |property| {
                let Value::Text(start, end) = property.value else { return Ok(()) };
                check_limit("segments", out.len() as u64, limits.segments as u64)?;
                // The practice guide names a property of onMetaData itself.
                let place = if property.around.is_empty() { "onMetaData" } else { "onMetaData.nested" };
                let key = String::from_utf8_lossy(property.key);
                out.push(RawValue {
                    slot: Slot::item(place, key),
                    segment: segment.name.clone(),
                    range: base + property.at as u64..base + property.end as u64,
                    plain_at: Some(base + start as u64),
                    bytes: data.get(start..end).unwrap_or_default().to_vec(),
                    after_essence: false,
                });
                Ok(())
            })?;
            if root.is_none() {
                check_limit("findings", found.len() as u64, super::FINDINGS)?;
                let what = finding::FILE_VALUE.finding().arg("part", "onMetaData");
                found.push(
                    what.because("reason", &rows::SCRIPT_DATA).at(Site::new("onMetaData", &segment.range.clone())),
                );
            }
        }
        map.findings.append(&mut found);
        Ok(out)
    }

    /// The flags of the header, sound and pictures, and the script tags that are not about the film.
    fn content(&self, map: &SegmentMap, source: &mut Source<'_>, _: &Limits, sink: &mut Sink) -> Result<()> {
        let [.., flags] = source.array::<5>(0)?.unwrap_or_default();
        sink.item("flags", &[flags])?;
        sink.essence(map, source)?;
        let about: std::collections::BTreeSet<_> =
            script_tags(map, source)?.into_iter().map(|tag| tag.range.start).collect();
        for tag in map.segments.iter().filter(|s| s.name == SCRIPT_TAG && !about.contains(&s.range.start)) {
            sink.ranges(source, "script", std::slice::from_ref(&tag.range))?;
        }
        Ok(())
    }

    #[cfg(feature = "write")]
    fn put(&self, map: &SegmentMap, source: &mut Source<'_>, values: &[NewValue], limits: &Limits) -> Result<Placed> {
        let [NewValue { slot: Slot::Item { place: "onMetaData", key }, bytes: value }] = values else {
            return Err(Error::Internal(general::BAD_PIECES.problem()));
        };
        check_limit("metadata_bytes", value.len() as u64, limits.metadata_bytes)?;
        let tags = script_tags(map, source)?;
        let first = tags.first().filter(|first| map.segments.get(1).is_some_and(|s| s.range == first.range));
        let tag = *first.ok_or_else(|| Error::Refused(rows::NO_METADATA.problem()))?;
        for other in tags.iter().skip(1) {
            let data = payload(source, other, limits)?;
            amf::walk(&data, metadata(&data).unwrap_or(data.len()), &mut |property| {
                let refused = || Error::Refused(rows::POSITIONS.problem().at(other.range.start));
                if is_position(property) { Err(refused()) } else { Ok(()) }
            })?;
        }
        let edit = Script::read(source, tag, key, limits)?;
        let new = edit.written(map, source, tag, value)?;
        let end = tag.range.end;
        let old = source.bytes(tag.range.start + 1..end, limits.metadata_bytes.saturating_mul(2), "metadata_bytes")?;
        let mut patch = Patch::new(map.len);
        patch.replace(tag.range.start + 1, &old, &new)?;
        Ok(patch.into())
    }
}

/// A number of `onMetaData` that speaks of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Length of the file, or of all its tags.
    Length,
    /// Length of this tag.
    Tag,
    /// Where a tag begins, if it does.
    Hint,
    /// Where a tag begins.
    Position,
}

/// `onMetaData`, ready to be edited.
struct Script {
    /// The tag's data.
    data: Vec<u8>,
    root: amf::Root,
    key: Vec<u8>,
    /// The value that stands there.
    old: Option<std::ops::Range<usize>>,
    numbers: Vec<(Role, usize)>,
}

impl Script {
    fn read(source: &mut Source<'_>, tag: &Segment, key: &str, limits: &Limits) -> Result<Self> {
        let data = payload(source, tag, limits)?;
        let (mut old, mut numbers) = (None, Vec::new());
        let root = amf::walk(&data, metadata(&data).unwrap_or(data.len()), &mut |property| {
            match property.value {
                Value::Text(..) if property.around.is_empty() && property.key == key.as_bytes() => {
                    old.get_or_insert(property.at..property.end);
                }
                Value::Number(at) => {
                    let role = match property.key {
                        _ if is_position(property) => Role::Position,
                        _ if !property.around.is_empty() => return Ok(()),
                        b"filesize" | b"datasize" => Role::Length,
                        b"metadatasize" => Role::Tag,
                        b"lastkeyframelocation" => Role::Hint,
                        _ => return Ok(()),
                    };
                    check_limit("segments", numbers.len() as u64, limits.segments as u64)?;
                    numbers.push((role, at));
                }
                _ => {}
            }
            Ok(())
        })?;
        let root = root.ok_or_else(|| Error::Refused(rows::BROKEN_METADATA.problem().at(tag.range.start)))?;
        Ok(Self { data, root, key: key.as_bytes().to_vec(), old, numbers })
    }

    /// What stands behind the tag's type from now on, to the tag's end.
    fn written(mut self, map: &SegmentMap, source: &mut Source<'_>, tag: &Segment, value: &[u8]) -> Result<Vec<u8>> {
        let too_large = || Error::Refused(general::TOO_LARGE.with("part", "onMetaData"));
        let string = amf::string(value).ok_or_else(too_large)?;
        let key_len = u16::try_from(self.key.len()).map_err(|_| too_large())?;
        let (at, new) = match self.old.take() {
            Some(old) => (old, string),
            None => {
                self.count_one_more();
                let property = [&key_len.to_be_bytes()[..], &self.key, &string].concat();
                (self.root.end..self.root.end, property)
            }
        };
        let (old_len, removed) = (self.data.len() as u64, at.len() as u64);
        let new_len = old_len - removed + new.len() as u64;
        self.correct(map, source, tag, |n| n - removed + new.len() as u64)?;
        let size = u32::try_from(new_len).ok().filter(|size| size >> 24 == 0).ok_or_else(too_large)?;
        let head = source.array::<11>(tag.range.start)?.unwrap_or_default();
        let mut out = size.to_be_bytes().get(1..).unwrap_or_default().to_vec();
        out.extend_from_slice(head.get(4..).unwrap_or_default());
        self.data.splice(at, new);
        out.append(&mut self.data);
        let back = source.bytes(tag.payload.end..tag.range.end, BACK, "metadata_bytes")?;
        // A size that was wrong says nothing, and stays as it is.
        let right = back.first_chunk().is_some_and(|b| u64::from(u32::from_be_bytes(*b)) == old_len + TAG);
        if right {
            out.extend_from_slice(&size.saturating_add(11).to_be_bytes());
        } else {
            out.extend_from_slice(&back);
        }
        Ok(out)
    }

    fn count_one_more(&mut self) {
        let field = self.root.count_at.and_then(|at| self.data.get_mut(at..)?.first_chunk_mut::<4>());
        if let Some(field) = field {
            *field = u32::from_be_bytes(*field).saturating_add(1).to_be_bytes();
        }
    }

    /// Makes every number right that speaks of the file's length or of places behind this tag.
    fn correct(
        &mut self,
        map: &SegmentMap,
        source: &mut Source<'_>,
        tag: &Segment,
        moved: impl Fn(u64) -> u64,
    ) -> Result<()> {
        let behind = tag.range.end;
        let length = self.data.len() as u64;
        let header = map.segments.first().map_or(0, |s| s.range.end);
        for (role, at) in &self.numbers {
            let Some(field) = self.data.get_mut(*at..).and_then(|rest| rest.first_chunk_mut::<8>()) else { continue };
            let number = f64::from_be_bytes(*field);
            let whole = whole(number);
            let right = match (role, whole) {
                (Role::Length, Some(n)) => [map.len, map.len - header].contains(&n),
                (Role::Tag, Some(n)) => [length, length + TAG, length + TAG + BACK].contains(&n),
                (Role::Hint | Role::Position, Some(n)) if n >= behind => {
                    source.array::<1>(n)?.is_some_and(|[kind]| matches!(kind & TYPE, AUDIO | VIDEO))
                }
                _ => false,
            };
            match whole.filter(|_| right) {
                // Below 2^53, as every length of a file here.
                #[allow(clippy::cast_precision_loss)]
                Some(n) => *field = (moved(n) as f64).to_be_bytes(),
                None if *role == Role::Position => {
                    let here = tag.payload.start + *at as u64;
                    return Err(Error::Refused(rows::POSITIONS.problem().at(here)));
                }
                None => {}
            }
        }
        Ok(())
    }
}

/// A double that is a whole number which it holds exactly.
fn whole(number: f64) -> Option<u64> {
    let exact = (0.0..9_007_199_254_740_992.0).contains(&number) && number.fract() == 0.0;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    exact.then_some(number as u64)
}
