//! The manifest store: an entry that is not compressed (C2PA 2.4, A.6).

use std::collections::BTreeSet;

use crate::container::{Collection, Patch};
use crate::error::{Error, Result};
use crate::format::Format;
use crate::limits::Limits;
use crate::message::container::office as rows;
use crate::source::{Source, check_limit};

use super::edit::{self, Change};
use super::package::Package;
use super::zip::{Archive, STORED};
use super::{STORE, folds, ooxml};

/// Where the checksum stands in a central header (APPNOTE.TXT 4.3.12).
const CENTRAL_CRC: u64 = 16;

/// What there is to be hashed in a package that has a place for its store.
pub(super) fn collection(source: &mut Source<'_>, limits: &Limits) -> Result<Collection> {
    let mut archive = Archive::read(source, limits)?;
    let records = archive.records(source)?;
    let mut out = Collection { entries: Vec::new(), directory: Vec::new() };
    let mut from = archive.directory.start;
    let mut seen = BTreeSet::new();
    for record in records {
        let Some(entry) = archive.entries.get(record.entry) else { continue };
        let name = entry.plain_name().map(|name| name.strip_suffix('/').unwrap_or(name));
        // Two names of one place would share one hash, and the content of one would be free.
        let name =
            name.filter(|name| name.split('/').all(|part| !matches!(part, "" | "." | "..")) && seen.insert(*name));
        let Some(name) = name else {
            return Err(Error::Refused(rows::STORE_NAME.with("name", entry.shown())));
        };
        if name == STORE {
            let at = entry.central.start.saturating_add(CENTRAL_CRC);
            out.directory.push(from..at);
            from = at.saturating_add(4);
        } else if !(entry.folder() && entry.unpacked == 0) {
            out.entries.push((name.to_owned(), record.range));
        }
    }
    out.directory.push(from..source.len());
    Ok(out)
}

/// The edits that make `store` the manifest store of the package.
pub(super) fn put(format: Format, source: &mut Source<'_>, store: &[u8], limits: &Limits) -> Result<Patch> {
    check_limit("manifest_bytes", store.len() as u64, limits.manifest_bytes)?;
    let archive = Archive::read(source, limits)?;
    let mut package = Package::new(archive, source, limits, folds(format));
    let mut changes = if folds(format) { ooxml::typed(&mut package)? } else { Vec::new() };
    let bytes = store.to_vec();
    let there = package.archive.find(STORE, false);
    if there.and_then(|entry| package.archive.entries.get(entry)).is_some_and(|entry| entry.method != STORED) {
        return Err(Error::Refused(rows::STORE_PACKED.problem()));
    }
    changes.push(match there {
        Some(entry) => Change::Replace { entry, bytes },
        None => Change::Add { name: STORE.to_owned(), method: STORED, bytes },
    });
    let archive = package.archive;
    edit::patch(&archive, source, changes)
}
