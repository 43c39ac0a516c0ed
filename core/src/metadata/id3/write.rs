//! Edits that put frames into tags.

use std::ops::Range;

use super::{Carried, STORE_TYPES, Tag, UNSYNCHRONISED, text, zeros};
use crate::container::{Edit, NewValue, Slot};
use crate::error::{Error, Problem, Result};
use crate::limits::Limits;
use crate::message::container::id3 as rows;
use crate::message::general;
use crate::source::{Source, check_limit};

/// Padding that a tag gets when it has to grow, so that the next change leaves the sound where it is.
const PADDING: u64 = 1024;
/// Largest size of a tag: four times seven bits.
const MOST: u64 = (1 << 28) - 1;

/// What is to stand in a tag.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// A user text.
    Text { key: &'a str, value: &'a str },
    /// A C2PA manifest store.
    Store(&'a [u8]),
}

/// The values as frames.
///
/// # Errors
/// [`Error::Internal`] for a place that no tag has.
pub(crate) fn wanted<'a>(values: &'a [NewValue], limits: &Limits) -> Result<Vec<Wanted<'a>>> {
    let one = |value: &'a NewValue| match &value.slot {
        Slot::Item { place: "txxx", key } => {
            check_limit("metadata_bytes", value.bytes.len() as u64, limits.metadata_bytes)?;
            let value = std::str::from_utf8(&value.bytes).ok();
            value.map(|value| Wanted::Text { key, value }).ok_or_else(|| Error::Internal(general::BAD_PIECES.problem()))
        }
        Slot::Manifest => {
            check_limit("manifest_bytes", value.bytes.len() as u64, limits.manifest_bytes)?;
            Ok(Wanted::Store(&value.bytes))
        }
        _ => Err(Error::Internal(general::BAD_PIECES.problem())),
    };
    values.iter().map(one).collect()
}

/// How a tag writes its frames.
#[derive(Clone, Copy)]
struct Shape {
    major: u8,
    plain_sizes: bool,
    unsynchronised: bool,
}

fn too_large() -> Error {
    Error::Refused(general::TOO_LARGE.with("part", "ID3"))
}

fn to_syncsafe(n: u32) -> [u8; 4] {
    [n >> 21, n >> 14, n >> 7, n].map(|part| (part & 0x7F) as u8)
}

impl Shape {
    fn frame(self, wanted: Wanted<'_>) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        let name: &[u8] = match wanted {
            Wanted::Text { key, value } => {
                if self.major == 4 {
                    content.push(3);
                    [key.as_bytes(), &[0], value.as_bytes()].iter().for_each(|part| content.extend_from_slice(part));
                } else if key.is_ascii() && value.is_ascii() {
                    // Readers disagree on what bytes above 7F mean in Latin-1: those go the other way.
                    content.push(0);
                    [key.as_bytes(), &[0], value.as_bytes()].iter().for_each(|part| content.extend_from_slice(part));
                } else {
                    content.push(1);
                    content.extend(text::to_utf16(key));
                    content.extend([0, 0]);
                    content.extend(text::to_utf16(value));
                }
                if self.major == 2 { b"TXX" } else { b"TXXX" }
            }
            Wanted::Store(bytes) => {
                let [media, _] = STORE_TYPES;
                content.push(0);
                for part in [media, "c2pa", "c2pa manifest store"] {
                    content.extend_from_slice(part.as_bytes());
                    content.push(0);
                }
                content.extend_from_slice(bytes);
                b"GEOB"
            }
        };
        let size = u32::try_from(content.len()).map_err(|_| too_large())?;
        let mut out = name.to_vec();
        match self.major {
            2 if size >= 1 << 24 => return Err(too_large()),
            2 => out.extend(size.to_be_bytes().iter().skip(1)),
            4 if u64::from(size) > MOST => return Err(too_large()),
            4 if !self.plain_sizes => out.extend(to_syncsafe(size)),
            _ => out.extend(size.to_be_bytes()),
        }
        if self.major > 2 {
            out.extend([0, 0]);
        }
        out.extend(content);
        Ok(if self.unsynchronised { text::unsynchronise(&out) } else { out })
    }
}

/// A new tag of version 2.4 with these frames, those carried over, and padding.
///
/// # Errors
/// [`Error::Refused`] if it would be too long.
fn fresh(values: &[Wanted<'_>], carried: &[Carried]) -> Result<Vec<u8>> {
    let shape = Shape { major: 4, plain_sizes: false, unsynchronised: false };
    let mut body = Vec::new();
    for wanted in values {
        body.extend(shape.frame(*wanted)?);
    }
    for (name, content) in carried {
        body.extend_from_slice(*name);
        body.extend(to_syncsafe(u32::try_from(content.len()).map_err(|_| too_large())?));
        body.extend([0, 0]);
        body.extend_from_slice(content);
    }
    body.extend([0; PADDING as usize]);
    let size = u32::try_from(body.len()).ok().filter(|n| u64::from(*n) <= MOST).ok_or_else(too_large)?;
    let mut out = b"ID3\x04\0\0".to_vec();
    out.extend(to_syncsafe(size));
    out.extend(body);
    Ok(out)
}

/// What puts values into the tags of a file.
#[derive(Debug)]
pub(crate) struct Edits {
    /// The edits of each tag, ascending.
    pub(crate) tags: Vec<Vec<Edit>>,
    /// A new tag, if there is none for the frames that are new.
    pub(crate) fresh: Option<Vec<u8>>,
}

/// The edits that put the values in: instead of every frame that is the same place, else before
/// the frames of the tag with the index `home`, else into a new tag of version 2.4, which also has
/// the frames `carried`.
///
/// Before and not behind: readers that stumble over a later frame have the new one by then.
///
/// # Errors
/// [`Error::Refused`] if a tag must not be edited; [`Error::Limit`], [`Error::Io`].
pub(crate) fn edits(
    source: &mut Source<'_>,
    tags: &[Tag],
    home: Option<usize>,
    values: &[Wanted<'_>],
    carried: &[Carried],
    limits: &Limits,
) -> Result<Edits> {
    let mut plans = vec![Plan::default(); tags.len()];
    let mut budget = 0;
    let mut placed = vec![false; values.len()];
    for (tag, plan) in tags.iter().zip(&mut plans) {
        let mut texts = Vec::new();
        tag.texts(source, limits, &mut budget, &mut texts)?;
        let stores = tag.stores(source, limits, &mut budget)?;
        for (wanted, placed) in values.iter().zip(&mut placed) {
            let frames: Vec<Range<u64>> = match wanted {
                Wanted::Text { key, .. } => {
                    let slot = Slot::item("txxx", *key);
                    texts.iter().filter(|text| text.slot == slot).map(|text| text.range.clone()).collect()
                }
                Wanted::Store(_) => stores.iter().map(|store| store.frame.clone()).collect(),
            };
            for frame in frames {
                *placed = true;
                plan.replace.push((frame, tag.frame(*wanted)?));
            }
        }
    }
    let new: Vec<Wanted<'_>> = values.iter().zip(placed).filter(|(_, placed)| !placed).map(|(new, _)| *new).collect();
    let mut made = None;
    match home.and_then(|home| tags.get(home).zip(plans.get_mut(home))) {
        _ if new.is_empty() => {}
        Some((tag, plan)) => {
            for wanted in new {
                plan.add.extend(tag.frame(wanted)?);
            }
        }
        None => made = Some(fresh(&new, carried)?),
    }
    let tags = tags.iter().zip(plans).map(|(tag, plan)| tag.edits(source, plan)).collect::<Result<_>>()?;
    Ok(Edits { tags, fresh: made })
}

/// What changes in one tag.
#[derive(Clone, Default)]
struct Plan {
    replace: Vec<(Range<u64>, Vec<u8>)>,
    add: Vec<u8>,
}

impl Tag {
    /// The bytes of a frame for this tag.
    fn frame(&self, wanted: Wanted<'_>) -> Result<Vec<u8>> {
        let refuse = |reason: Problem| Err(Error::Refused(rows::KEPT.problem().because("reason", reason)));
        if self.missing > 0 {
            return Err(Error::Malformed(general::MALFORMED.with("part", "ID3").at(self.range.start)));
        }
        // In version 2.4 a frame before bytes that are none can be taken for one with a plain size.
        let known = (2..=4).contains(&self.header.major);
        let walked = self.clean || (self.header.major < 4 && self.frames_end > self.frames_start);
        if !known || !walked {
            return refuse(self.problem.clone().unwrap_or_else(|| rows::BROKEN_FRAMES.problem()));
        }
        if self.extended.checksum {
            return refuse(rows::CHECKSUM.problem());
        }
        if self.extended.present && self.unsynchronised() {
            return refuse(rows::EXTENDED_UNSYNCHRONISED.problem());
        }
        if matches!(wanted, Wanted::Store(_)) {
            // What the readers of manifests get wrong; a manifest that nobody finds helps nobody.
            let why = match self.header.major {
                2 => Some(&rows::STORE_VERSION),
                _ if self.header.flags & UNSYNCHRONISED != 0 => Some(&rows::STORE_UNSYNCHRONISED),
                3 if self.extended.present => Some(&rows::STORE_EXTENDED),
                _ if self.plain_sizes => Some(&rows::STORE_SIZES),
                _ => None,
            };
            if let Some(why) = why {
                return Err(Error::Refused(rows::STORE_KEPT_OUT.problem().because("reason", why.problem())));
            }
        }
        let shape =
            Shape { major: self.header.major, plain_sizes: self.plain_sizes, unsynchronised: self.unsynchronised() };
        shape.frame(wanted)
    }

    /// Whether `want` zeros can be taken from the padding.
    fn spare(&self, source: &mut Source<'_>, want: u64) -> Result<bool> {
        let end = self.frames_end.saturating_add(want);
        if end > self.body_end {
            return Ok(false);
        }
        // One more must be left, or nothing: else the rest would be read as a frame.
        zeros(source, self.frames_end..end.saturating_add(1).min(self.body_end))
    }

    fn edits(&self, source: &mut Source<'_>, plan: Plan) -> Result<Vec<Edit>> {
        let Plan { mut replace, add } = plan;
        if replace.is_empty() && add.is_empty() {
            return Ok(Vec::new());
        }
        replace.sort_by_key(|(frame, _)| frame.start);
        let old: u64 = replace.iter().map(|(frame, _)| frame.end - frame.start).sum();
        let new = replace.iter().map(|(_, bytes)| bytes.len()).sum::<usize>().saturating_add(add.len()) as u64;
        let footer = self.header.footer();
        // A tag with a footer has no padding (2.4: 3.4).
        let (taken, freed) = if footer || (new > old && !self.spare(source, new - old)?) {
            (0, if self.clean && !footer { PADDING } else { 0 })
        } else {
            (new.saturating_sub(old), old.saturating_sub(new))
        };
        let size = u64::from(self.header.size).saturating_add(new).saturating_add(freed) - old - taken;
        let stated = u32::try_from(size).ok().filter(|_| size <= MOST).ok_or_else(too_large)?;
        let mut out = Vec::new();
        let set = |at: u64, bytes: [u8; 4]| Edit { at, remove: 4, insert: bytes.to_vec() };
        if stated != self.header.size {
            out.push(set(self.range.start.saturating_add(6), to_syncsafe(stated)));
        }
        if let Some((at, size)) = self.extended.padding {
            let padding = u64::from(size).saturating_add(freed).saturating_sub(taken);
            out.push(set(at, u32::try_from(padding).unwrap_or(size).to_be_bytes()));
        }
        out.push(Edit { at: self.frames_start, remove: 0, insert: add });
        out.extend(replace.into_iter().map(|(frame, insert)| Edit {
            at: frame.start,
            remove: frame.end - frame.start,
            insert,
        }));
        let zeros = vec![0; usize::try_from(freed).unwrap_or_default()];
        out.push(Edit { at: self.frames_end, remove: taken, insert: zeros });
        if stated != self.header.size && footer {
            out.push(set(self.body_end.saturating_add(6), to_syncsafe(stated)));
        }
        Ok(out)
    }
}
