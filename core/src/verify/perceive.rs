//! Notices that people perceive become evidence.
//!
//! By themselves they make content suspected (Measures, Article 6 (3)): they are explicit labels
//! found where no implicit one was.

use crate::error::Result;
use crate::finding::{Finding, Site};
use crate::notice::Perceived;
use crate::report::{CarrierKind, Claim, Evidence, LabelKind, Reason};
use crate::source::ReadSeek;

use super::{Collected, Verifier, bare};

/// What is looked at in search of notices for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Look {
    /// Nothing.
    Nothing,
    /// The words of texts and documents.
    #[default]
    Words,
    /// Pictures, sound and frames as well: they are decoded. Words in pictures, films and coded sound
    /// take installed programs, see [`Verifier::programs`].
    Everything,
}

/// Evidence of a notice.
fn evidence(notice: Perceived, site: Site) -> Evidence {
    Evidence {
        kind: LabelKind::Explicit,
        notice: Some(notice),
        ..bare(CarrierKind::ExplicitNotice, site, Claim::SuspectedAi)
    }
}

impl Verifier<'_> {
    /// Looks for notices; says why not, if it does not.
    pub(super) fn perceive(
        &self,
        source: &mut dyn ReadSeek,
        collected: &Collected,
        out: &mut Vec<Evidence>,
        findings: &mut Vec<Finding>,
    ) -> Result<Result<(), Reason>> {
        if self.look == Look::Nothing || collected.map.damaged {
            return Ok(Err(Reason::NotLooked));
        }
        let _ = (source, out, findings);
        Ok(Err(Reason::NotLooked))
    }
}
