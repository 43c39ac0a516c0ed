//! The signature in the label itself, for files that can't hold a manifest (`spec/security.md`).

use crate::container::SegmentMap;
use crate::container::content::{ContentAlg, RULE, content_hash};
use crate::error::{Error, Result};
use crate::format::{Embedding, FormatRow};
use crate::label::Aigc;
use crate::label::aigc::Key;
use crate::label::security::{ContentHash, HashAlg, Outcome, PublicKey, build, check};
use crate::message::{reason, write as rows};
use crate::sign::Algorithm;
use crate::source::Source;

use super::Labeler;

impl Labeler<'_> {
    /// Says why no manifest can be signed, if one is asked for.
    pub(super) fn check_embedding(&self, row: &FormatRow) -> Result<()> {
        match self.notary() {
            Some(signer) if signer.algorithm() == Algorithm::Sm2 => {
                Err(Error::Unsupported(reason::NO_SM2_MANIFEST.problem()))
            }
            Some(_) if row.embedding == Embedding::None => {
                Err(Error::Unsupported(reason::NO_MANIFEST_PLACE.with("format", row.name)))
            }
            _ => Ok(()),
        }
    }

    /// Whether the label carries this signer's own signature already. Whether the content is still
    /// the one that was signed is for reading back to say.
    pub(super) fn is_sealed(&self, there: &Aigc) -> bool {
        let Some(own) = self.sealer().and_then(|s| PublicKey::from_spki_der(&s.public_key().ok()?).ok()) else {
            return false;
        };
        [Key::ReservedCode1, Key::ReservedCode2].into_iter().any(|field| {
            let checked = check(there, field, &|key| key.is_same(&own), &[], &self.limits);
            checked.outcome == Outcome::Intact && checked.pinned
        })
    }

    /// Signs the label and a hash of the content that it goes to.
    pub(super) fn seal(&self, aigc: &mut Aigc, field: Key, map: &SegmentMap, source: &mut Source<'_>) -> Result<()> {
        let Some(signer) = self.sealer() else { return Ok(()) };
        if !aigc.get(field).is_empty() {
            return Err(Error::Refused(rows::RESERVED_TAKEN.with("field", field)));
        }
        let (alg, named) = match signer.algorithm() {
            Algorithm::Sm2 => (ContentAlg::Sm3, HashAlg::Sm3),
            _ => (ContentAlg::Sha256, HashAlg::Sha256),
        };
        let value = content_hash(map.format.row().container, map, source, &self.limits, alg)?;
        let content = ContentHash { rule: RULE.to_owned(), alg: named, value };
        let sealed = build(aigc, field, &content, signer)?;
        aigc.set(field, sealed);
        aigc.check(&self.limits)
    }
}
