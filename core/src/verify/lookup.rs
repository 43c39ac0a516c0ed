//! What leads from content back to its label after the label was lost.
//!
//! A store keeps a [`Record`] of what was published. Of content that comes back without its label the
//! verifier makes a record again: a watermark in it finds the candidates, and the perceptual hash tells
//! whether the picture is the one that was stored, for watermarks can be copied to other content. The
//! command `biaoshi store` is such a store.

use super::{Collected, Look, Verifier, collect};
use crate::codec;
use crate::container::patch::hash_ranges;
use crate::error::{Error, Result};
use crate::format::Modality;
use crate::hex::hex;
use crate::label::security::phash;
use crate::report::{Integrity, LabelFields, Report};
use crate::source::{ReadSeek, Source};

/// Largest distance, of 64 bits, at which the perceptual hashes of two pictures count as those of the
/// same one (inferred).
pub const SAME_MAX: u32 = phash::SAME_MAX;

/// Name of the perceptual hash in [`Record::phash`], as an algorithm of soft bindings. Ours; see
/// `spec/watermark.md`.
pub const PHASH: &str = "org.biaoshi.phash.1";

/// A value that a reader of watermarks found in content.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SoftBinding {
    /// Name of the algorithm.
    pub alg: String,
    /// The value.
    pub value: Vec<u8>,
    /// Which secret key it was read with ([`crate::watermark::Key::id`]); nothing for the public one. Such
    /// values mean something to the holders of that key only.
    pub key: Option<String>,
}

/// What a store has to know of content.
///
/// ```
/// use biaoshi::Verifier;
/// use biaoshi::verify::lookup::SAME_MAX;
/// # let png = biaoshi::doc_picture();
/// let stored = Verifier::new().record(&mut std::io::Cursor::new(&png))?;
/// let found = Verifier::new().record(&mut std::io::Cursor::new(&png))?;
/// let alike = stored.phash.zip(found.phash).is_some_and(|(one, other)| (one ^ other).count_ones() <= SAME_MAX);
/// assert!(alike && stored.bindings.is_empty()); // a picture without a watermark
/// # Ok::<(), biaoshi::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Record {
    /// Name of the active manifest, usually a `urn:c2pa:` name, if there is one.
    pub manifest_id: Option<String>,
    /// The manifest store as it stands in the file.
    pub manifest: Option<Vec<u8>>,
    /// The label that stands in it and is not broken.
    pub label: Option<LabelFields>,
    /// What its watermarks carry.
    pub bindings: Vec<SoftBinding>,
    /// Perceptual hash, of pictures.
    pub phash: Option<u64>,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// What the verifier says.
    pub report: Report,
}

impl Verifier<'_> {
    /// What a store has to know of this content, or what content is looked up by.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub fn record(&self, source: &mut dyn ReadSeek) -> Result<Record> {
        let report = self.clone().look(Look::Everything).verify(source)?;
        let (collected, sha256) = {
            let mut bounded = Source::new(source, &self.limits)?;
            let len = bounded.len();
            let whole = 0..len;
            let sha256 = hex(&hash_ranges(&mut bounded, std::slice::from_ref(&whole))?);
            (collect(&mut bounded, report.file.as_deref(), &self.limits)?, sha256)
        };
        let phash = match report.format.row().modality {
            Modality::Image => match codec::decode(report.format, source, &self.limits) {
                Ok((width, height, pixels)) => phash::phash(width, height, &pixels, 3),
                Err(error @ (Error::Io { .. } | Error::Internal(_))) => return Err(error),
                Err(_) => None,
            },
            _ => None,
        };
        let sound = report.evidence.iter().filter(|e| e.carrier.is_label() && e.integrity != Integrity::Broken);
        let label = sound.filter_map(|e| e.label.clone()).next();
        let marks = report.evidence.iter().filter_map(|e| e.watermark.as_ref());
        let mut bindings: Vec<SoftBinding> = marks
            .filter_map(|mark| {
                let bits = u64::from_str_radix(&mark.payload, 16).ok()?;
                let key = match mark.key {
                    Some(number) => Some(self.keys.get(number)?.id()?),
                    None => None,
                };
                Some(SoftBinding { alg: mark.scheme.clone(), value: bits.to_be_bytes().to_vec(), key })
            })
            .collect();
        bindings.sort();
        bindings.dedup();
        let (manifest_id, manifest) = self.stored(source, &collected)?;
        Ok(Record { manifest_id, manifest, label, bindings, phash, sha256, report })
    }

    /// Name of the active manifest, and the store.
    #[cfg(feature = "c2pa")]
    fn stored(&self, source: &mut dyn ReadSeek, collected: &Collected) -> Result<(Option<String>, Option<Vec<u8>>)> {
        if !collected.has_manifest() {
            return Ok((None, None));
        }
        let none = crate::trust::TrustStore::default();
        let mime = collected.format.row().mime;
        let reading = crate::carrier::manifest::read(source, mime, self.trust.unwrap_or(&none), &self.limits);
        let Ok(Some(reading)) = reading else { return Ok((None, None)) };
        let store = crate::carrier::manifest::store(source, mime, &self.limits)?;
        Ok((reading.active_label, store))
    }

    #[cfg(not(feature = "c2pa"))]
    #[allow(clippy::unused_self, clippy::unnecessary_wraps)] // the shape of the other one
    fn stored(&self, _: &mut dyn ReadSeek, _: &Collected) -> Result<(Option<String>, Option<Vec<u8>>)> {
        Ok((None, None))
    }
}
