//! Watermarks, put into the samples of a sound one after the other.

use crate::error::Result;
use crate::watermark::sound::Embedder;

use super::SoundShape;
use super::pcm::Coding;

/// Makes what puts the mark in, when the shape of the sound is known.
pub(crate) type Marking<'m> = dyn FnMut(SoundShape) -> Result<Embedder> + 'm;

/// Marks stored samples: what the mark leaves alone stays as it was, bit by bit.
pub(super) struct Marked {
    coding: Coding,
    embedder: Embedder,
    /// Samples that have not come out again, as they were stored.
    waiting: Vec<u8>,
}

impl Marked {
    pub(super) const fn new(coding: Coding, embedder: Embedder) -> Self {
        Self { coding, embedder, waiting: Vec::new() }
    }

    /// Takes stored samples, and gives those that are ready.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut samples = Vec::new();
        self.coding.decode(bytes, &mut samples);
        self.waiting.extend_from_slice(bytes);
        let ready = self.embedder.push(&samples);
        stored(self.coding, &mut self.waiting, &ready)
    }

    /// Gives the rest.
    pub(super) fn finish(self) -> Vec<u8> {
        let Self { coding, embedder, mut waiting } = self;
        stored(coding, &mut waiting, &embedder.finish())
    }
}

/// The samples that are ready as they are stored, of those that are waiting.
fn stored(coding: Coding, waiting: &mut Vec<u8>, ready: &[f32]) -> Vec<u8> {
    let width = coding.bytes();
    let were: Vec<u8> = waiting.drain(..ready.len().saturating_mul(width).min(waiting.len())).collect();
    let mut before = Vec::new();
    coding.decode(&were, &mut before);
    let mut out = coding.encode(ready);
    let same = before.iter().zip(ready).map(|(was, now)| was.to_bits() == now.to_bits());
    for ((out, was), same) in out.chunks_exact_mut(width).zip(were.chunks_exact(width)).zip(same) {
        if same {
            out.copy_from_slice(was);
        }
    }
    out
}
