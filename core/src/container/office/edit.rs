//! Changes of an archive as edits of its bytes: what is not named stays where and as it is.

use std::io::Write;

use crate::container::{Edit, Patch};
use crate::error::{Error, Result};
use crate::message::container::office as rows;
use crate::message::general;
use crate::source::Source;

use super::zip::{self, Archive, DESCRIPTOR, Descriptor, LOCATOR_LEN, Local, STORED, WIDE};

/// A part that is to be different.
#[derive(Debug)]
pub(super) enum Change {
    /// New content of an entry.
    Replace {
        /// Index of the entry.
        entry: usize,
        /// Its content, not compressed.
        bytes: Vec<u8>,
    },
    /// A part that is not there yet.
    Add {
        /// Its name.
        name: String,
        /// How it is compressed.
        method: u16,
        /// Its content, not compressed.
        bytes: Vec<u8>,
    },
}

/// Content as it stands in an archive.
struct Packed {
    bytes: Vec<u8>,
    crc: u32,
    unpacked: u64,
}

/// 1 January 1980, the first day that the format knows: a new part must not tell when it was made.
const DATE: u16 = 1 << 5 | 1;
/// Version 2.0 of the format, which knows deflate.
const VERSION: u16 = 20;

fn pack(content: &[u8], method: u16) -> Result<Packed> {
    let bytes = if method == STORED {
        content.to_vec()
    } else {
        let mut out = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        out.write_all(content).and_then(|()| out.finish()).map_err(|e| Error::io("deflate", e))?
    };
    Ok(Packed { bytes, crc: zip::crc(content), unpacked: content.len() as u64 })
}

fn narrow(value: u64) -> Result<u32> {
    let too_large = || Error::Refused(general::TOO_LARGE.with("part", "ZIP"));
    u32::try_from(value).ok().filter(|value| *value != WIDE).ok_or_else(too_large)
}

/// A new value for a 32-bit field, or for the 64-bit one that stands in for it.
fn put(edits: &mut Vec<Edit>, field: u64, wide: u64, value: u64) -> Result<()> {
    edits.push(if wide == 0 {
        Edit { at: field, remove: 4, insert: narrow(value)?.to_le_bytes().to_vec() }
    } else {
        Edit { at: wide, remove: 8, insert: value.to_le_bytes().to_vec() }
    });
    Ok(())
}

/// The new record of an entry: sizes and checksum where the old one has them, then the data.
fn record(header: u64, local: &Local, new: Packed, edits: &mut Vec<Edit>) -> Result<()> {
    let packed = new.bytes.len() as u64;
    // A header that leaves them to the descriptor goes on doing so.
    let late = local.descriptor != Descriptor::None;
    if !(late && local.crc == 0) {
        edits.push(Edit { at: header + 14, remove: 4, insert: new.crc.to_le_bytes().to_vec() });
    }
    if !(late && local.packed == 0) {
        put(edits, header + 18, local.wide.packed, packed)?;
    }
    if !(late && local.unpacked == 0) {
        put(edits, header + 22, local.wide.unpacked, new.unpacked)?;
    }
    let data = &local.data;
    edits.push(Edit { at: data.start, remove: data.end - data.start, insert: new.bytes });
    if let Descriptor::Here { signed, wide } = local.descriptor {
        let mut bytes = if signed { DESCRIPTOR.to_vec() } else { Vec::new() };
        bytes.extend_from_slice(&new.crc.to_le_bytes());
        for size in [packed, new.unpacked] {
            match wide {
                true => bytes.extend_from_slice(&size.to_le_bytes()),
                false => bytes.extend_from_slice(&narrow(size)?.to_le_bytes()),
            }
        }
        edits.push(Edit { at: data.end, remove: local.end() - data.end, insert: bytes });
    }
    Ok(())
}

/// What local and central header of a new entry have in common.
fn common(name: &str, method: u16, new: &Packed) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    for field in [VERSION, 0, method, 0, DATE] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    for field in [new.crc, narrow(new.bytes.len() as u64)?, narrow(new.unpacked)?] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    let length = u16::try_from(name.len()).unwrap_or(u16::MAX);
    for field in [length, 0] {
        out.extend_from_slice(&field.to_le_bytes());
    }
    Ok(out)
}

fn growth(edits: &[Edit]) -> (u64, u64) {
    edits.iter().fold((0, 0), |(more, less), e| (more + e.insert.len() as u64, less + e.remove))
}

/// The edits that make `changes`.
pub(super) fn patch(archive: &Archive, source: &mut Source<'_>, changes: Vec<Change>) -> Result<Patch> {
    let directory = archive.directory.clone();
    let mut edits: Vec<Edit> = Vec::new();
    let mut central: Vec<Edit> = Vec::new();
    let mut added = Vec::new();
    // Where records grow or shrink, and by how much.
    let mut shifts: Vec<(u64, u64, u64)> = Vec::new();
    for change in changes {
        match change {
            Change::Replace { entry, bytes } => {
                let broken = |name: &str| {
                    let problem = rows::OFFICE_PART.with("part", name);
                    Error::Refused(problem.because("reason", &rows::ZIP_DESCRIPTOR))
                };
                let Some(entry) = archive.entries.get(entry) else { return Err(broken("")) };
                let local = archive.local(entry, source)?.filter(|l| l.descriptor != Descriptor::Missing);
                let local = local.ok_or_else(|| broken(&entry.shown()))?;
                let new = pack(&bytes, entry.method)?;
                let at = entry.central.start;
                central.push(Edit { at: at + 16, remove: 4, insert: new.crc.to_le_bytes().to_vec() });
                put(&mut central, at + 20, entry.wide.packed, new.bytes.len() as u64)?;
                put(&mut central, at + 24, entry.wide.unpacked, new.unpacked)?;
                let before = edits.len();
                record(entry.header, &local, new, &mut edits)?;
                let (more, less) = growth(edits.get(before..).unwrap_or_default());
                shifts.push((entry.header, more, less));
            }
            Change::Add { name, method, bytes } => added.push((name, method, pack(&bytes, method)?)),
        }
    }
    for entry in &archive.entries {
        let before = shifts.iter().filter(|(at, ..)| *at < entry.header);
        let moved = before.fold(entry.header, |at, (_, more, less)| at.saturating_add(*more).saturating_sub(*less));
        if moved != entry.header {
            put(&mut central, entry.central.start + 42, entry.wide.header, moved)?;
        }
    }

    // New parts stand behind the last entry, in the file and in the directory.
    let (more, less) = growth(&edits);
    let mut records = Vec::new();
    let mut headers = Vec::new();
    let count = archive.entries.len() as u64 + added.len() as u64;
    for (name, method, new) in added {
        let at = (directory.start + more + records.len() as u64).saturating_sub(less);
        let fields = common(&name, method, &new)?;
        headers.extend_from_slice(b"PK\x01\x02");
        headers.extend_from_slice(&VERSION.to_le_bytes());
        headers.extend_from_slice(&fields);
        // No comment, first disk, no attributes.
        headers.extend_from_slice(&[0; 10]);
        headers.extend_from_slice(&narrow(at)?.to_le_bytes());
        headers.extend_from_slice(name.as_bytes());
        records.extend_from_slice(b"PK\x03\x04");
        records.extend_from_slice(&fields);
        records.extend_from_slice(name.as_bytes());
        records.extend_from_slice(&new.bytes);
    }
    let start = (directory.start + more + records.len() as u64).saturating_sub(less);
    let size = directory.end - directory.start + headers.len() as u64;
    edits.push(Edit { at: directory.start, remove: 0, insert: records });
    central.push(Edit { at: directory.end, remove: 0, insert: headers });
    edits.append(&mut central);
    end(archive, source, &mut edits, (count, size, start))?;

    edits.sort_by_key(|edit| edit.at);
    let mut patch = Patch::new(source.len());
    for edit in edits {
        patch.push(edit)?;
    }
    Ok(patch)
}

/// The fields of the end record, its ZIP64 form and its locator.
fn end(
    archive: &Archive,
    source: &mut Source<'_>,
    edits: &mut Vec<Edit>,
    (count, size, start): (u64, u64, u64),
) -> Result<()> {
    let at = archive.end.start;
    let old = source.array::<22>(at)?.unwrap_or_default();
    let mut wide = |at: u64, value: u64| edits.push(Edit { at, remove: 8, insert: value.to_le_bytes().to_vec() });
    if let Some(record) = &archive.wide {
        for (field, value) in [(24, count), (32, count), (40, size), (48, start)] {
            wide(record.start + field, value);
        }
        // The ZIP64 end record begins where the directory ends.
        wide(at.saturating_sub(LOCATOR_LEN) + 8, start.saturating_add(size));
    }
    let saturated = archive.wide.is_some();
    for field in [8usize, 10] {
        if !(saturated && zip::u16_at(&old, field) == u16::MAX) {
            let count = u16::try_from(count).ok().filter(|count| *count != u16::MAX);
            let count = count.ok_or_else(|| Error::Refused(general::TOO_LARGE.with("part", "ZIP")))?;
            edits.push(Edit { at: at + field as u64, remove: 2, insert: count.to_le_bytes().to_vec() });
        }
    }
    for (field, value) in [(12usize, size), (16, start)] {
        if !(saturated && zip::u32_at(&old, field) == WIDE) {
            edits.push(Edit { at: at + field as u64, remove: 4, insert: narrow(value)?.to_le_bytes().to_vec() });
        }
    }
    Ok(())
}
