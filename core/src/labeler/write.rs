//! Reading back, and what lies between two steps.

use std::io::SeekFrom;

use crate::container::patch::hash_ranges;
use crate::error::{Error, Result};
use crate::finding::Severity;
use crate::label::Aigc;
use crate::limits::Limits;
use crate::message::{general, write as rows};
use crate::report::{Bound, CarrierKind, Evidence, Integrity, LabelFields, Report, Status};
use crate::source::{ReadWriteSeek, Source};
use crate::verify::Verifier;

use super::Labeler;

impl Labeler<'_> {
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
