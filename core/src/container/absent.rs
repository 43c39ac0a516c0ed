//! Documents, in builds that can't read them: they are told apart, and nothing else.

use super::{Container, Head, RawValue, SegmentMap};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::general::NO_DOCUMENTS;
use crate::source::Source;

/// Stands in for PDF.
#[derive(Debug, Clone, Copy)]
pub struct Pdf;

/// Stands in for packages: Office Open XML, OpenDocument, EPUB.
#[derive(Debug, Clone, Copy)]
pub struct Office;

fn lacks<T>() -> Result<T> {
    Err(Error::Unsupported(NO_DOCUMENTS.problem()))
}

/// What may be one is left to a build that knows.
fn identify(is: bool) -> Result<Option<Format>> {
    if is { lacks() } else { Ok(None) }
}

macro_rules! absent {
    ($name:ident, $is:expr) => {
        impl Container for $name {
            fn identify(&self, head: &Head<'_>, _: &mut Source<'_>) -> Result<Option<Format>> {
                identify($is(head.bytes))
            }

            fn map(&self, _: Format, _: &mut Source<'_>, _: &Limits) -> Result<SegmentMap> {
                lacks()
            }

            fn values(&self, _: &mut SegmentMap, _: &mut Source<'_>, _: &Limits) -> Result<Vec<RawValue>> {
                lacks()
            }
        }
    };
}

// A text may speak of PDF: that is left open too.
absent!(Pdf, |head: &[u8]| head.get(..head.len().min(1024)).is_some_and(|head| head.windows(5).any(|w| w == b"%PDF-")));
absent!(Office, |head: &[u8]| head.starts_with(b"PK\x03\x04"));
