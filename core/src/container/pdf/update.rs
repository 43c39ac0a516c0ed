//! Incremental updates (ISO 32000-2 7.5.6): a new revision behind the bytes that are there.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::container::{NewValue, Patch, Placed, Slot};
use crate::error::{Error, Problem, Result};
use crate::message::container::pdf as rows;
use crate::message::general;
use crate::metadata::xmp;

use super::doc::{Doc, Object};
use super::lex::{Dict, Kind, Reference, Value, string, written_name};
use super::{guard, manifest, text};

/// Highest object number that readers have to know (ISO 32000-1 annex C).
const HIGHEST: u64 = 8_388_607;
/// Namespace of the PDF/A identification (ISO 19005).
const PDFA: &str = "http://www.aiim.org/pdfa/ns/id/";

/// A dictionary without entries.
pub(super) const EMPTY: &[u8] = b"<<>>";
pub(super) const EMPTY_VALUE: Value = Value { kind: Kind::Dict, range: 0..4 };

pub(super) fn malformed(part: &str) -> Error {
    Error::Malformed(general::MALFORMED.with("part", part))
}

/// A revision in the making.
pub(super) struct Update<'u, 'd, 's> {
    pub(super) doc: &'u mut Doc<'d, 's>,
    bytes: Vec<u8>,
    /// Position of each object in the file, and its generation.
    entries: BTreeMap<u32, (u64, u16)>,
    next: u64,
    catalog: Object,
    root: Reference,
    /// Keys of the catalog and of the trailer that get other values.
    changes: Vec<(&'static [u8], Vec<u8>)>,
    info: Option<Reference>,
    /// Over all that is written, a manifest store excepted.
    hash: Sha256,
}

impl<'u, 'd, 's> Update<'u, 'd, 's> {
    pub(super) fn new(doc: &'u mut Doc<'d, 's>) -> Result<Self> {
        if let Some(problem) = guard::refusal(doc)? {
            return Err(Error::Refused(problem));
        }
        let catalog = doc.catalog()?.ok_or_else(|| malformed("Root"))?;
        let root = catalog.reference.ok_or_else(|| malformed("Root"))?;
        let trailer = doc.trailer(0).ok_or_else(|| malformed("trailer"))?;
        let size = trailer.dict(doc.limits.pdf_depth).and_then(|dict| dict.number(b"Size")).unwrap_or(0);
        let next = doc.first_free(0).max(size);
        let len = doc.source.len();
        let ended = doc.source.array::<1>(len.saturating_sub(1))?.is_some_and(|b| matches!(b, [b'\r' | b'\n']));
        let bytes = if ended { Vec::new() } else { b"\n".to_vec() };
        let hash = Sha256::new();
        Ok(Self { doc, bytes, entries: BTreeMap::new(), next, catalog, root, changes: Vec::new(), info: None, hash })
    }

    pub(super) fn fresh(&mut self) -> Result<Reference> {
        let number = u32::try_from(self.next).ok().filter(|n| u64::from(*n) <= HIGHEST && *n > 0);
        self.next = self.next.saturating_add(1);
        let number = number.ok_or_else(|| Error::Refused(general::TOO_LARGE.with("part", "xref")))?;
        Ok(Reference { number, generation: 0 })
    }

    /// Position of the next byte as the file counts.
    fn here(&self) -> u64 {
        (self.doc.source.len() + self.bytes.len() as u64).saturating_sub(self.doc.base)
    }

    fn write(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
        self.bytes.extend_from_slice(bytes);
    }

    fn begin(&mut self, reference: Reference) {
        self.entries.insert(reference.number, (self.here(), reference.generation));
        self.write(format!("{} {} obj\n", reference.number, reference.generation).as_bytes());
    }

    pub(super) fn object(&mut self, reference: Reference, body: &[u8]) {
        self.begin(reference);
        self.write(body);
        self.write(b"\nendobj\n");
    }

    pub(super) fn stream(&mut self, reference: Reference, keys: &str, data: &[u8], hashed: bool) {
        self.begin(reference);
        self.write(format!("<< {keys} /Length {} >>\nstream\n", data.len()).as_bytes());
        if hashed {
            self.write(data);
        } else {
            self.bytes.extend_from_slice(data);
        }
        self.write(b"\nendstream\nendobj\n");
    }

    /// The information dictionary with these texts.
    fn put_info(&mut self, texts: &[(&str, &str)]) -> Result<()> {
        let old = self.doc.info()?;
        let depth = self.doc.limits.pdf_depth;
        let changes: Vec<(&[u8], Vec<u8>)> =
            texts.iter().map(|(key, value)| (key.as_bytes(), text::encode(value))).collect();
        let body = match &old {
            Some(old) => old.dict(depth).ok_or_else(|| malformed("Info"))?.with(&changes),
            None => Dict::parse(EMPTY, &EMPTY_VALUE, depth).ok_or_else(|| malformed("Info"))?.with(&changes),
        };
        let reference = match old.and_then(|old| old.reference) {
            Some(reference) => reference,
            None => self.fresh()?,
        };
        self.info = Some(reference);
        self.object(reference, &body);
        Ok(())
    }

    /// The packet in the metadata stream of the catalog.
    fn put_packet(&mut self, packet: &[u8]) -> Result<()> {
        let old = self.doc.get(&self.catalog, b"Metadata", 0)?;
        let stream = match &old {
            Some(old) => self.doc.stream(old)?.and(old.reference),
            None => None,
        };
        let reference = match stream {
            Some(reference) => reference,
            None => {
                let reference = self.fresh()?;
                self.changes.push((b"Metadata", reference.to_string().into_bytes()));
                reference
            }
        };
        self.stream(reference, "/Type /Metadata /Subtype /XML", packet, true);
        Ok(())
    }

    /// A manifest store as an embedded file.
    fn put_store(&mut self, store: &[u8]) -> Result<()> {
        let (file, spec) = (self.fresh()?, self.fresh()?);
        let (associated, replaced) =
            manifest::associated(self.doc, &self.catalog, spec)?.ok_or_else(|| malformed("AF"))?;
        self.stream(file, "/Type /EmbeddedFile /Subtype /application#2Fc2pa", store, false);
        let name = String::from_utf8_lossy(manifest::FILE_NAME);
        let body = format!(
            "<< /Type /Filespec /AFRelationship /C2PA_Manifest /Subtype /application#2Fc2pa\n/F {name} /UF {name} \
             /Desc (C2PA Manifest Store)\n/EF << /F {file} /UF {file} >> >>"
        );
        self.object(spec, body.as_bytes());
        // A tree of names with branches stays as it is: the file is found by /AF.
        let depth = self.doc.limits.pdf_depth;
        let old = self.doc.get(&self.catalog, b"Names", 0)?;
        let names = match &old {
            Some(old) => old.dict(depth),
            None => Dict::parse(EMPTY, &EMPTY_VALUE, depth),
        };
        if let Some(names) = names
            && let Some(tree) = manifest::names(self.doc, old.as_ref(), spec, &replaced)?
        {
            let root = self.fresh()?;
            self.object(root, &tree);
            self.changes.push((b"Names", names.with(&[(b"EmbeddedFiles", root.to_string().into_bytes())])));
        }
        self.changes.push((b"AF", associated));
        Ok(())
    }

    /// Catalog, cross-reference and trailer.
    pub(super) fn finish(mut self) -> Result<Patch> {
        let depth = self.doc.limits.pdf_depth;
        if !self.changes.is_empty() {
            let changes = std::mem::take(&mut self.changes);
            let body = self.catalog.dict(depth).ok_or_else(|| malformed("Root"))?.with(&changes);
            self.object(self.root, &body);
        }
        let newest = self.doc.sections.first().ok_or_else(|| malformed("xref"))?;
        let (prev, is_stream) = (newest.stated, newest.is_stream());
        let own = if is_stream { Some(self.fresh()?) } else { None };
        let here = self.here();
        if let Some(own) = own {
            self.entries.insert(own.number, (here, 0));
        }
        let mut trailer = self.trailer(prev)?;
        match own {
            Some(own) => {
                let (keys, data) = self.stream_section(here);
                trailer.extend_from_slice(&keys);
                self.bytes.extend_from_slice(format!("{} 0 obj\n<<", own.number).as_bytes());
                self.bytes.extend_from_slice(&trailer);
                self.bytes.extend_from_slice(b"\n>>\nstream\n");
                self.bytes.extend_from_slice(&data);
                self.bytes.extend_from_slice(b"\nendstream\nendobj\n");
            }
            None => {
                let table = self.table()?;
                self.bytes.extend_from_slice(&table);
                self.bytes.extend_from_slice(b"trailer\n<<");
                self.bytes.extend_from_slice(&trailer);
                self.bytes.extend_from_slice(b"\n>>\n");
            }
        }
        self.bytes.extend_from_slice(format!("startxref\n{here}\n%%EOF\n").as_bytes());
        let len = self.doc.source.len();
        let mut patch = Patch::new(len);
        patch.insert(len, self.bytes)?;
        Ok(patch)
    }

    /// Numbers that follow each other, with their entries.
    fn runs(&self) -> Vec<(u32, Vec<(u64, u16)>)> {
        let mut out: Vec<(u32, Vec<(u64, u16)>)> = Vec::new();
        for (number, entry) in &self.entries {
            match out.last_mut().filter(|(first, run)| u64::from(*first) + run.len() as u64 == u64::from(*number)) {
                Some((_, run)) => run.push(*entry),
                None => out.push((*number, vec![*entry])),
            }
        }
        out
    }

    /// A table: 20 bytes for each entry.
    fn table(&self) -> Result<Vec<u8>> {
        let mut out = b"xref\n".to_vec();
        for (first, run) in self.runs() {
            out.extend_from_slice(format!("{first} {}\n", run.len()).as_bytes());
            for (at, generation) in run {
                if at > 9_999_999_999 {
                    return Err(Error::Refused(general::TOO_LARGE.with("part", "xref")));
                }
                out.extend_from_slice(format!("{at:010} {generation:05} n\r\n").as_bytes());
            }
        }
        Ok(out)
    }

    /// The keys and data of a cross-reference stream: type, position, generation. `last` is the
    /// highest position.
    fn stream_section(&self, last: u64) -> (Vec<u8>, Vec<u8>) {
        let width = if u32::try_from(last).is_ok() { 4 } else { 8 };
        let (mut index, mut data) = (Vec::new(), Vec::new());
        for (first, run) in self.runs() {
            index.push(format!("{first} {}", run.len()));
            for (at, generation) in run {
                data.push(1);
                data.extend_from_slice(at.to_be_bytes().get(8 - width..).unwrap_or_default());
                data.extend_from_slice(&generation.to_be_bytes());
            }
        }
        let index = index.join(" ");
        let keys = format!("\n/Type /XRef /W [1 {width} 2] /Index [{index}] /Length {}", data.len());
        (keys.into_bytes(), data)
    }

    /// The entries of the trailer: those of the newest one, and ours.
    fn trailer(&mut self, prev: u64) -> Result<Vec<u8>> {
        let trailer = self.doc.trailer(0).ok_or_else(|| malformed("trailer"))?;
        let dict = trailer.dict(self.doc.limits.pdf_depth).ok_or_else(|| malformed("trailer"))?;
        let id = self.doc.get(&trailer, b"ID", 0)?;
        let mut out = Vec::new();
        let mut set = |key: &[u8], value: &[u8]| {
            out.push(b'\n');
            out.extend_from_slice(&written_name(key));
            out.push(b' ');
            out.extend_from_slice(value);
        };
        // What is left out belongs to the old section, or stands below.
        const OLD: [&[u8]; 12] = [
            b"Size",
            b"Prev",
            b"XRefStm",
            b"ID",
            b"Type",
            b"W",
            b"Index",
            b"Length",
            b"Filter",
            b"DecodeParms",
            b"F",
            b"DL",
        ];
        for entry in dict.entries.iter() {
            if !(OLD.contains(&entry.key.as_slice()) || entry.key == b"Info" && self.info.is_some()) {
                set(&entry.key, dict.text(&entry.value));
            }
        }
        if let Some(info) = self.info {
            set(b"Info", info.to_string().as_bytes());
        }
        set(b"Size", self.next.to_string().as_bytes());
        set(b"Prev", prev.to_string().as_bytes());
        if let Some(id) = id.as_ref().and_then(|id| self.identifier(id)) {
            set(b"ID", &id);
        }
        Ok(out)
    }

    /// The identifier: its first part as it is, the second from that and all that is new, so that
    /// the same edit gives the same file.
    fn identifier(&self, old: &Object) -> Option<Vec<u8>> {
        let parts = super::lex::array(&old.bytes, &old.value, self.doc.limits.pdf_depth, 8)?;
        let first = old.part(parts.first()?);
        let mut hash = Sha256::new();
        hash.update(string(first.value.kind, first.text())?);
        hash.update(self.hash.clone().finalize());
        let digest = hash.finalize();
        let second = crate::hex::hex(digest.get(..16)?);
        Some([b"[", first.text(), format!(" <{second}>]").as_bytes()].concat())
    }
}

/// Whether a packet says that the file follows PDF/A, where properties of a schema that the packet
/// does not describe are not allowed (ISO 19005-1 6.7.9).
fn is_archive(packet: &[u8], doc: &Doc<'_, '_>) -> bool {
    let (view, _) = xmp::read_lenient(packet, doc.limits);
    view.properties.iter().any(|p| &*p.namespace == PDFA && p.local == "part")
}

/// One incremental update with all the values.
pub(super) fn put(doc: &mut Doc<'_, '_>, values: &[NewValue]) -> Result<Placed> {
    let mut notes: Vec<Problem> = Vec::new();
    let mut update = Update::new(doc)?;
    if let [NewValue { slot: Slot::Manifest, bytes }] = values {
        update.put_store(bytes)?;
        return update.finish().map(Placed::from);
    }
    let mut texts = Vec::new();
    let mut packet = None;
    for value in values {
        match &value.slot {
            Slot::Item { place: "info", key } => {
                let text = std::str::from_utf8(&value.bytes).map_err(|_| malformed("Info"))?;
                texts.push((key.as_str(), text));
            }
            Slot::Xmp => packet = Some(&value.bytes),
            _ => return Err(Error::Internal(general::BAD_PIECES.problem())),
        }
    }
    if !texts.is_empty() {
        update.put_info(&texts)?;
    }
    match packet {
        Some(packet) if !texts.is_empty() && is_archive(packet, update.doc) => notes.push(rows::NOTE_ARCHIVE.problem()),
        Some(packet) => update.put_packet(packet)?,
        None => {}
    }
    Ok(Placed { notes, ..update.finish()?.into() })
}
