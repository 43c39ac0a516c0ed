//! Every part of a file and every metadata value, without judging.

use crate::container::Slot;
use crate::error::Result;
use crate::finding::Finding;
use crate::format::Format;
use crate::limits::Limits;
use crate::message::Lang;
use crate::metadata::exif;
use crate::source::{ReadSeek, Source, check_limit};

/// One part of a file.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SegmentView {
    /// The format's own name for it.
    pub name: String,
    /// First byte.
    pub offset: u64,
    /// Number of bytes, framing included.
    pub length: u64,
    /// The metadata place that it is.
    pub slot: Option<String>,
    /// Whether it carries the content itself.
    pub essence: bool,
}

/// One metadata value.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ValueView {
    /// The metadata place.
    pub slot: String,
    /// The format's name of the part.
    pub segment: String,
    /// First byte of the part.
    pub offset: u64,
    /// Number of bytes of the part.
    pub length: u64,
    /// Number of bytes of the value.
    pub bytes: u64,
    /// The value, if it is text; as it stands in the file, so escape it before showing it.
    pub text: Option<String>,
}

/// What a file is made of.
#[derive(Debug, Clone, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Inspection {
    /// What the content is.
    pub format: Format,
    /// Length in bytes.
    pub bytes: u64,
    /// Width and height in stored pixels.
    pub size: Option<(u32, u32)>,
    /// Whether it is animated.
    pub animated: bool,
    /// Every part, in file order.
    pub segments: Vec<SegmentView>,
    /// Every metadata value, in file order.
    pub values: Vec<ValueView>,
    /// What is wrong with the structure: code and sentence.
    pub findings: Vec<(String, String)>,
}

#[cfg(feature = "schema")]
impl Inspection {
    /// JSON Schema (draft 2020-12) of its JSON form.
    #[must_use]
    pub fn schema() -> schemars::Schema {
        crate::report::schema::<Self>()
    }
}

/// Lists the parts and metadata values of `source`; the ending of `name` tells Markdown and CSV
/// from plain text.
///
/// # Errors
/// [`crate::Error::Io`], [`crate::Error::Limit`], [`crate::Error::Unsupported`].
pub fn inspect_source(source: &mut dyn ReadSeek, name: Option<&str>, limits: &Limits) -> Result<Inspection> {
    let mut source = Source::new(source, limits)?;
    let collected = crate::verify::collect(&mut source, name, limits)?;
    let container = collected.format.row().container;
    let mut map = collected.map;
    let known = map.findings.len();
    let values = container.values(&mut map, &mut source, limits)?;
    map.findings.truncate(known);
    let mut views = Vec::new();
    let mut texts = 0u64;
    for value in &values {
        let base = ValueView {
            slot: value.slot.to_string(),
            segment: value.segment.clone(),
            offset: value.range.start,
            length: value.range.end.saturating_sub(value.range.start),
            bytes: value.bytes.len() as u64,
            text: None,
        };
        if value.slot == Slot::Exif {
            let (view, _) = exif::read_lenient(&value.bytes, limits);
            views.push(base.clone());
            for entry in &view.entries {
                texts = texts.saturating_add(entry.range.len() as u64);
                check_limit("metadata_bytes", texts, limits.metadata_bytes)?;
                if let Some(text) = entry.text(&value.bytes) {
                    views.push(ValueView {
                        slot: format!("exif:{}", exif::name(entry.tag)),
                        bytes: entry.range.len() as u64,
                        text: Some(text.text),
                        ..base.clone()
                    });
                }
            }
            continue;
        }
        let text = std::str::from_utf8(&value.bytes).ok().map(str::to_owned);
        views.push(ValueView { text, ..base });
    }
    let describe = |f: &Finding| (f.code().to_owned(), f.text(Lang::En));
    Ok(Inspection {
        format: map.format,
        bytes: map.len,
        size: map.size,
        animated: map.animated,
        segments: map
            .segments
            .iter()
            .map(|s| SegmentView {
                name: s.name.clone(),
                offset: s.range.start,
                length: s.range.end - s.range.start,
                slot: s.slot.as_ref().map(ToString::to_string),
                essence: s.essence,
            })
            .collect(),
        values: views,
        findings: map.findings.iter().map(describe).collect(),
    })
}
