//! Drawing, signing, reading back.

use std::io::{Read, SeekFrom};

use crate::codec::{PixelFormat, Reencoded, redraw};
use crate::container::patch::hash_ranges;
use crate::error::{Error, Problem, Result};
use crate::finding::Severity;
use crate::format::Format;
use crate::label::{Aigc, Label};
use crate::limits::Limits;
use crate::message::{general, write as rows};
use crate::render::{Drawn, Notice, draw_notice};
use crate::report::{Bound, CarrierKind, Evidence, Integrity, LabelFields, Report, Status};
use crate::source::{ReadSeek, ReadWriteSeek, Source, check_limit};
use crate::verify::{Collected, Verifier};

use super::Labeler;

impl Labeler<'_> {
    pub(super) fn draw(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        label: &Label,
        notes: &mut Vec<Problem>,
    ) -> Result<DrawnStage> {
        let lines = self.explicit.lines(label, &self.profiles)?;
        let ratio = self
            .profiles
            .iter()
            .filter_map(|p| p.data())
            .map(|d| d.explicit.image.min_height_ratio)
            .fold(crate::render::MIN_HEIGHT_RATIO, f64::max);
        let notice = Notice {
            placement: self.explicit.placement,
            min_height_ratio: ratio,
            font: self.explicit.font.clone(),
            ..Notice::new(lines)
        };
        check_limit("pixel_bytes", before.map.len, self.limits.pixel_bytes)?;
        let mut file = Vec::new();
        source.rewind().map_err(|e| Error::io("seek", e))?;
        source
            .take(self.limits.pixel_bytes.saturating_add(1))
            .read_to_end(&mut file)
            .map_err(|e| Error::io("read", e))?;
        let format = match before.format {
            Format::Png => PixelFormat::Png,
            Format::Jpeg => PixelFormat::Jpeg,
            Format::Webp => PixelFormat::Webp,
            other => return Err(Error::Unsupported(rows::NO_NOTICE.with("format", other.row().name))),
        };
        let orientation = before.metadata.orientation.unwrap_or(1);
        let mut drawn = None;
        let redrawn = redraw(format, &file, &self.limits, &mut |canvas| {
            drawn = Some(draw_notice(canvas, orientation, &notice)?);
            Ok(())
        })?;
        let Some(drawn) = drawn else {
            return Err(Error::Internal(general::READ_BACK.with("reason", "no notice was drawn")));
        };
        if redrawn.deinterlaced {
            notes.push(rows::NOTE_DEINTERLACED.problem());
        }
        if redrawn.became_lossless {
            notes.push(rows::NOTE_BECAME_LOSSLESS.problem());
        }
        let mut cursor = std::io::Cursor::new(file);
        let mut bounded = Source::new(&mut cursor, &self.limits)?;
        let patch = before.format.row().container.put_pixels(&before.map, &mut bounded, &redrawn.pixels)?;
        let mut next = stage();
        patch.apply(&mut bounded, &mut next)?;
        Ok(DrawnStage { drawn, reencoded: redrawn.reencoded, stage: next })
    }

    /// A verifier that takes the file for what the labeler takes it for.
    pub(super) fn verifier(&self) -> Verifier<'static> {
        Verifier::new().limits(self.limits.clone()).taken_for(self.file_name.as_deref())
    }

    /// Reads the output as a stranger would, and compares it with what was promised: whether there is
    /// a manifest, and whether the label itself is signed, if that is known.
    pub(super) fn read_back(
        &self,
        out: &mut dyn ReadWriteSeek,
        label: &Aigc,
        (signed, sealed): (bool, Option<bool>),
        fresh: bool,
    ) -> Result<Report> {
        out.flush().map_err(|e| Error::io("write", e))?;
        let mut reader = &mut *out;
        let mut verifier = self.verifier();
        for profile in &self.profiles {
            verifier = verifier.profile(*profile);
        }
        let report = verifier.verify(&mut reader)?;
        let fail = |reason: String| Err(Error::Internal(general::READ_BACK.with("reason", reason)));
        let fields = LabelFields::from(label);
        if !report.evidence.iter().any(|e| e.label.as_ref() == Some(&fields)) {
            return fail("the label is not there".to_owned());
        }
        // Protection data that the caller gave, for another label or other content.
        let wrong =
            report.findings.iter().find(|f| f.code().starts_with("signature.") && f.severity() == Severity::Error);
        if let Some(wrong) = wrong.filter(|_| fresh && sealed != Some(true)) {
            return Err(Error::Refused(rows::RESERVED_WRONG.problem().because("reason", wrong.clone())));
        }
        if matches!(report.status, Status::None | Status::Inconclusive) {
            return fail("the status is not the label's".to_owned());
        }
        let broken = report.evidence.iter().find(|e| e.integrity == Integrity::Broken);
        if let Some(broken) = broken.filter(|_| fresh) {
            return fail(format!("{:?} is broken: {}", broken.carrier, broken.codes.join(", ")));
        }
        let store = report.evidence.iter().any(|e| e.carrier == CarrierKind::C2paManifest);
        if signed != store {
            return fail("the manifest is not there".to_owned());
        }
        let tied = |e: &Evidence| e.label.as_ref() == Some(&fields) && e.bound == Some(Bound::Content);
        if sealed == Some(true) && !report.evidence.iter().any(tied) {
            return fail("the label's signature does not hold".to_owned());
        }
        Ok(report)
    }
}

/// A notice drawn, and the file that it was drawn on.
pub(super) struct DrawnStage {
    pub(super) drawn: Drawn,
    pub(super) reencoded: Reencoded,
    pub(super) stage: Stage,
}

/// Where a file lies between two steps: in memory while small, on disk beyond that.
#[cfg(not(target_arch = "wasm32"))]
pub(super) type Stage = tempfile::SpooledTempFile;
#[cfg(not(target_arch = "wasm32"))]
pub(super) fn stage() -> Stage {
    tempfile::SpooledTempFile::new(16 << 20)
}
#[cfg(target_arch = "wasm32")]
pub(super) type Stage = std::io::Cursor<Vec<u8>>;
#[cfg(target_arch = "wasm32")]
pub(super) fn stage() -> Stage {
    std::io::Cursor::new(Vec::new())
}

pub(super) fn digest(out: &mut dyn ReadWriteSeek, limits: &Limits) -> Result<(u64, [u8; 32])> {
    out.seek(SeekFrom::Start(0)).map_err(|e| Error::io("seek", e))?;
    let mut reader = &mut *out;
    let mut bounded = Source::new(&mut reader, limits)?;
    let len = bounded.len();
    Ok((len, hash_ranges(&mut bounded, std::slice::from_ref(&(0..len)))?))
}
