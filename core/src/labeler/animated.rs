//! The watermark in every frame of an animated picture.

use std::sync::atomic::Ordering;

use crate::codec::animated::{alike, frames, redraw_frames};
use crate::codec::{PixelFormat, Reencoded, read_all};
use crate::error::{Error, Problem, Result};
use crate::format::Format;
use crate::message::{general, watermark, write as rows};
use crate::source::{ReadSeek, Source};
use crate::verify::Collected;

use super::Labeler;
use super::content::Perceivable;
use super::write::stage;

impl Labeler<'_> {
    /// Puts the mark into every frame; everything but pixels is proved to stay.
    pub(super) fn imprint_frames(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        bits: u64,
        notes: &mut Vec<Problem>,
    ) -> Result<Perceivable> {
        let row = before.format.row();
        let no_scheme = || Error::Unsupported(watermark::NO_SCHEME.with("format", row.name));
        let format = match before.format {
            Format::Png => PixelFormat::Png,
            Format::Webp => PixelFormat::Webp,
            _ => return Err(no_scheme()),
        };
        let imprint = self.imprint.as_ref().ok_or_else(no_scheme)?;
        let file = read_all(source, &self.limits)?;
        let mut least = f64::INFINITY;
        let redrawn = redraw_frames(format, &file, &self.limits, &mut |canvas| {
            if self.cancel.as_ref().is_some_and(|flag| flag.load(Ordering::Relaxed)) {
                return Err(Error::io("read", std::io::Error::other("stopped on request")));
            }
            least = least.min(imprint.put(canvas, bits)?.psnr_db.unwrap_or(least));
            Ok(())
        })?;
        if redrawn.deinterlaced {
            notes.push(rows::NOTE_DEINTERLACED.problem());
        }
        if redrawn.became_lossless {
            notes.push(rows::NOTE_BECAME_LOSSLESS.problem());
        }
        let mut cursor = std::io::Cursor::new(&file);
        let mut bounded = Source::new(&mut cursor, &self.limits)?;
        let patch = row.container.put_pixels(&before.map, &mut bounded, &redrawn.pixels)?;
        let mut next = stage();
        patch.apply(&mut bounded, &mut next)?;
        if !alike(format, &file, &read_all(&mut next, &self.limits)?) {
            return Err(Error::Internal(general::READ_BACK.with("reason", "more than pixels changed")));
        }
        let seen = frames(before.format, &mut next, &self.limits)?;
        let imprinted = Some(imprint.seen_again(&seen, bits, least)?);
        // A watermark is in every pixel.
        let reencoded = Some(Reencoded::Lossy);
        Ok(Perceivable { made: None, imprinted, reencoded, stage: next, notes: Vec::new() })
    }
}
