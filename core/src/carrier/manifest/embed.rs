//! Signs for a container that places the store itself: room first, then the hash of the file with
//! that room in it, then the signature.
//!
//! The library takes only signers that live as long as the program. So it is given one that notes
//! what is to be signed and answers with a random mark, which our signature then replaces.

use std::ops::Range;
use std::sync::{Arc, Mutex};

use super::write::{ManifestPlan, Prepared, Shape, Signed, failed, prepare, signature, signed};
use super::{context, guarded};
use crate::error::{Error, Result};
use crate::format::Binding;
use crate::limits::Limits;
use crate::message::{general, sign as message};
use crate::sign::Signer;
use crate::source::ReadSeek;

/// Media type of a bare store: the library adds no framing to it.
const BARE: &str = "application/c2pa";
/// A media type whose files are boxes.
const BOXES: &str = "video/mp4";

/// A manifest for which there has to be room in the file.
pub struct Pending<'a> {
    prepared: Prepared,
    signer: &'a dyn Signer,
    binding: Binding,
    noted: Arc<Mutex<Vec<u8>>>,
    mark: Vec<u8>,
    room: Vec<u8>,
    mime: &'a str,
}

impl std::fmt::Debug for Pending<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pending").field("room", &self.room.len()).finish_non_exhaustive()
    }
}

/// Prepares the manifest of a file whose container places the store itself; see [`super::sign`]
/// for the arguments.
///
/// # Errors
/// As [`super::sign`].
pub fn reserve<'a>(
    source: &mut dyn ReadSeek,
    parent: Option<&mut dyn ReadSeek>,
    plan: &ManifestPlan<'a>,
    binding: Binding,
    limits: &Limits,
) -> Result<Pending<'a>> {
    let notary = Notary::new(plan.signer)?;
    let (mark, noted) = (notary.mark.clone(), Arc::clone(&notary.noted));
    let with_notary = |trust: &_, limits: &_| Ok(context(trust, limits)?.with_signer(notary));
    let mut prepared = prepare(with_notary, source, parent, plan, limits)?;
    let framed = match binding {
        Binding::Bytes => BARE,
        // The library chooses the kind of hash by the media type, and frames the store by it too.
        Binding::Boxes => BOXES,
        // Made in two passes, see `collection`.
        Binding::Entries => return Err(Error::Internal(general::BAD_PIECES.problem())),
    };
    let room = guarded(|| prepared.builder.placeholder(framed))?.map_err(|e| failed(e, plan.mime))?;
    let room = bare(room).ok_or_else(|| Error::Internal(general::READ_BACK.with("reason", "no manifest store")))?;
    Ok(Pending { prepared, signer: plan.signer, binding, noted, mark, room, mime: plan.mime })
}

/// A store without the box around it.
fn bare(mut framed: Vec<u8>) -> Option<Vec<u8>> {
    let kind = framed.windows(4).position(|window| window == b"jumb")?;
    Some(framed.split_off(kind.checked_sub(4)?))
}

impl Pending<'_> {
    /// As many bytes as the store will have.
    #[must_use]
    pub fn room(&self) -> &[u8] {
        &self.room
    }

    /// Binds the manifest to `file`, signs it, and gives the store that is to take the place of
    /// [`Pending::room`]. `at` is that room as the file holds it, and the only bytes that
    /// [`Binding::Bytes`] leaves out.
    ///
    /// # Errors
    /// [`Error::Signing`], [`Error::Limit`], [`Error::Internal`].
    pub fn sign(mut self, mut file: &mut dyn ReadSeek, at: &Range<u64>, limits: &Limits) -> Result<(Vec<u8>, Signed)> {
        file.rewind().map_err(|e| Error::io("seek", e))?;
        let exclusion = c2pa::HashRange::new(at.start, at.end.saturating_sub(at.start));
        let outcome = guarded(|| -> c2pa::Result<Vec<u8>> {
            let builder = &mut self.prepared.builder;
            if self.binding == Binding::Bytes {
                builder.set_data_hash_exclusions(vec![exclusion])?;
            }
            builder.update_hash_from_stream(BARE, &mut file)?;
            builder.sign_embeddable(BARE)
        })?;
        let mut store = outcome.map_err(|e| failed(e, self.mime))?;
        let data = self.noted.lock().map(|data| data.clone()).unwrap_or_default();
        let signature = signature(self.signer, &data)?;
        let marked = |window: &[u8]| window == self.mark;
        let lost = || Error::Internal(general::READ_BACK.with("reason", "the signature has no place"));
        let mut found = store.windows(self.mark.len()).enumerate().filter(|(_, window)| marked(window));
        let start = match (found.next(), found.next()) {
            (Some((start, _)), None) => start,
            _ => return Err(lost()),
        };
        store.get_mut(start..start.saturating_add(signature.len())).ok_or_else(lost)?.copy_from_slice(&signature);
        if store.len() != self.room.len() {
            return Err(lost());
        }
        let signed = signed(&store, self.prepared.parent_kept, limits)?;
        Ok((store, signed))
    }
}

/// Notes what is to be signed.
pub(super) struct Notary {
    shape: Shape,
    mark: Vec<u8>,
    noted: Arc<Mutex<Vec<u8>>>,
}

impl Notary {
    pub(super) fn new(signer: &dyn Signer) -> Result<Self> {
        let shape = Shape::new(signer)?;
        let mut mark = vec![0u8; shape.algorithm.signature_len()];
        getrandom::fill(&mut mark).map_err(|e| Error::Signing(message::RANDOM.with("reason", e)))?;
        Ok(Self { shape, mark, noted: Arc::default() })
    }
}

impl c2pa::Signer for Notary {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        let mut noted = self.noted.lock().map_err(|_| c2pa::Error::CoseSignature)?;
        noted.clear();
        noted.extend_from_slice(data);
        Ok(self.mark.clone())
    }

    fn alg(&self) -> c2pa::SigningAlg {
        self.shape.alg()
    }

    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        Ok(self.shape.certificates.clone())
    }

    fn reserve_size(&self) -> usize {
        self.shape.reserve_size()
    }
}
