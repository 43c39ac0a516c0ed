//! Signs for a package of entries: the hash names every entry (C2PA 2.4 section 18.8), so the
//! library is given it whole and only makes and signs the store. The first of two passes tells how
//! much room that takes.

use std::collections::BTreeMap;
use std::io::Cursor;

use serde::{Serialize, Serializer};

use super::embed::Notary;
use super::write::{Adapter, ManifestPlan, Prepared, failed, prepare};
use super::{context, guarded};
use crate::container::Collection;
use crate::container::patch::hash_ranges;
use crate::error::{Error, Result};
use crate::limits::Limits;
use crate::message::general;
use crate::source::{ReadSeek, Source};

/// Label of the assertion, and the algorithm of its hashes.
const LABEL: &str = "c2pa.hash.collection.data";
const ALGORITHM: &str = "sha256";
/// A package without entries. With the hash in its hands the library does not look at the file that
/// it signs, and its own way of placing a store is not wanted.
const NONE: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

const fn scratch() -> Cursor<Vec<u8>> {
    Cursor::new(Vec::new())
}

struct Hash([u8; 32]);

impl Serialize for Hash {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

#[derive(Serialize)]
struct Entry {
    hash: Hash,
}

/// The content of the assertion.
#[derive(Serialize)]
struct Hashes {
    uris: BTreeMap<String, Entry>,
    alg: &'static str,
    zip_central_directory_hash: Hash,
}

impl Hashes {
    /// Of the length that the real ones have.
    fn empty(collection: &Collection) -> Self {
        let names = collection.entries.iter().map(|(name, _)| name.clone());
        let uris = names.map(|name| (name, Entry { hash: Hash([0; 32]) })).collect();
        Self { uris, alg: ALGORITHM, zip_central_directory_hash: Hash([0; 32]) }
    }

    fn of(collection: &Collection, file: &mut dyn ReadSeek, limits: &Limits) -> Result<Self> {
        let mut source = Source::new(file, limits)?;
        let mut uris = BTreeMap::new();
        for (name, range) in &collection.entries {
            let hash = Hash(hash_ranges(&mut source, std::slice::from_ref(range))?);
            uris.insert(name.clone(), Entry { hash });
        }
        let zip_central_directory_hash = Hash(hash_ranges(&mut source, &collection.directory)?);
        Ok(Self { uris, alg: ALGORITHM, zip_central_directory_hash })
    }
}

fn prepared(
    staged: &mut dyn ReadSeek,
    parent: Option<&mut dyn ReadSeek>,
    plan: &ManifestPlan<'_>,
    hashes: &Hashes,
    limits: &Limits,
) -> Result<Prepared> {
    let mut prepared = prepare(context, staged, parent, plan, limits)?;
    let added = guarded(|| prepared.builder.add_assertion(LABEL, hashes).map(drop))?;
    added.map_err(|error| failed(error, plan.mime))?;
    Ok(prepared)
}

/// As many bytes as the store of a package with these entries will have. `staged` is the package
/// without a place for it; see [`super::sign`] for the other arguments.
///
/// # Errors
/// As [`super::sign`].
pub(crate) fn room(
    staged: &mut dyn ReadSeek,
    parent: Option<&mut dyn ReadSeek>,
    plan: &ManifestPlan<'_>,
    collection: &Collection,
    limits: &Limits,
) -> Result<Vec<u8>> {
    let mut prepared = prepared(staged, parent, plan, &Hashes::empty(collection), limits)?;
    let notary = Notary::new(plan.signer)?;
    let outcome = guarded(|| prepared.builder.sign(&notary, plan.mime, &mut Cursor::new(NONE), &mut scratch()))?;
    outcome.map_err(|error| failed(error, plan.mime))
}

/// A store that binds to `file`, which has that room in its place, and is as long.
///
/// # Errors
/// As [`super::sign`].
pub(crate) fn store(
    staged: &mut dyn ReadSeek,
    parent: Option<&mut dyn ReadSeek>,
    plan: &ManifestPlan<'_>,
    (file, collection, room): (&mut dyn ReadSeek, &Collection, &[u8]),
    limits: &Limits,
) -> Result<Vec<u8>> {
    let mut prepared = prepared(staged, parent, plan, &Hashes::of(collection, file, limits)?, limits)?;
    let adapter = Adapter::new(plan.signer)?;
    let outcome = guarded(|| prepared.builder.sign(&adapter, plan.mime, &mut Cursor::new(NONE), &mut scratch()))?;
    let mut store = match outcome {
        Ok(store) => store,
        Err(error) => return Err(adapter.failure().unwrap_or_else(|| failed(error, plan.mime))),
    };
    if store.len() > room.len() {
        return Err(Error::Internal(general::READ_BACK.with("reason", "the manifest has outgrown its place")));
    }
    store.resize(room.len(), 0);
    Ok(store)
}
