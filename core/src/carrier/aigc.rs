//! The AIGC object in metadata places: found wherever it stands, however crookedly written.

use crate::carrier::TC260_NAMESPACE;
use crate::carrier::marks::{self, FoundMark};
use crate::carrier::slots::{is_written, written};
use crate::container::{RawValue, Slot};
use crate::finding::{self, Finding, Site};
use crate::format::Format;
use crate::label::aigc::{self, Aigc, Broken, BrokenReason, Key, Parsed};
use crate::limits::Limits;
use crate::message::reason;
use crate::metadata::{exif, xmp};
use crate::names::same_name;
use crate::report::{CarrierKind, Claim};

mod crooked;
mod decode;
mod remarks;
mod search;

use crooked::Found;
use search::{begins_object, find, is_program, is_quoted, is_text, keyed, nameless, object, unescaped};

/// A place where a label stands or seems to stand.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundLabel {
    /// Where.
    pub site: Site,
    /// Whether it is the place that the practice guide names.
    pub normative: bool,
    /// Whether it stands in a text that may quote the label of something else.
    pub quoted: bool,
    /// What was read, or why it can't be.
    pub parsed: Result<Parsed, Broken>,
}

/// What a metadata value may hold besides the label, for other carriers.
#[derive(Debug, Clone, Default)]
pub struct XmpFacts {
    /// IPTC source types as written, with their place.
    pub source_types: Vec<(String, Site)>,
    /// Where a manifest is said to lie.
    pub provenance: Option<(String, Site)>,
    /// The AI fields of IPTC 2025.1 but those that hold prompts and names: the field and its value.
    pub ai_fields: Vec<(&'static str, String, Site)>,
}

/// The AI fields of IPTC 2025.1. The second says whether the value may be shown.
const AI_FIELDS: [(&str, bool); 4] = [
    ("AISystemUsed", true),
    ("AISystemVersionUsed", true),
    ("AIPromptInformation", false),
    ("AIPromptWriterName", false),
];

/// Everything the metadata places of a file say.
#[derive(Debug, Clone, Default)]
pub struct Metadata {
    /// Labels, in file order.
    pub labels: Vec<FoundLabel>,
    /// Marks that are no label: one of each row and place.
    pub marks: Vec<FoundMark>,
    /// Other properties of the XMP packets.
    pub xmp: XmpFacts,
    /// Exif orientation, 1 to 8.
    pub orientation: Option<u8>,
    /// What there is to say about all this.
    pub findings: Vec<Finding>,
    /// Set when reading stopped because there is more than any sound file holds: the name of the
    /// bound, what was found, and the bound.
    pub(crate) crowded: Option<(&'static str, u64, u64)>,
    /// Where something else stands in the format's own place for a label.
    pub(crate) taken: Option<Site>,
    /// Bytes of Exif texts looked at so far.
    texts: u64,
    /// Where the format has its place for a label.
    due: String,
    /// The format, once it is known.
    format: Option<Format>,
}

/// Most labels and source types that are read from one file. A sound file has one of each.
const MARKS: u64 = 256;
/// Most things to say about the metadata of one file.
const REMARKS: u64 = 1024;

impl Metadata {
    /// Whether to stop, because labels or remarks are more than any sound file has.
    fn full(&mut self, limits: &Limits) -> bool {
        let others = self.xmp.source_types.len().saturating_add(self.xmp.ai_fields.len());
        let marks = self.labels.len().saturating_add(others).saturating_add(self.marks.len()) as u64;
        let remarks = self.findings.len() as u64;
        let bounds = [
            ("labels", marks, MARKS),
            ("findings", remarks, REMARKS),
            ("metadata_bytes", self.texts, limits.metadata_bytes),
        ];
        let over = bounds.into_iter().find(|(_, value, max)| value > max);
        self.crowded = self.crowded.or(over);
        self.crowded.is_some()
    }
}

/// The same place without a value.
fn bare(value: &RawValue) -> RawValue {
    RawValue {
        slot: value.slot.clone(),
        segment: value.segment.clone(),
        range: value.range.clone(),
        plain_at: None,
        bytes: Vec::new(),
        after_essence: value.after_essence,
    }
}

/// How a candidate was found: decides what counts as a label and what as ordinary text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hint {
    /// The place has the name AIGC: whatever stands there is meant as a label.
    Named,
    /// Ordinary text that may hold one.
    Text,
}

/// Reads every label out of the raw values of a file.
#[must_use]
pub fn detect(format: Format, values: &[RawValue], limits: &Limits) -> Metadata {
    let places: Vec<&str> = written(format, CarrierKind::AigcMetadata)
        .map(|row| if row.slot == "xmp" { "XMP TC260:AIGC" } else { row.slot })
        .collect();
    let mut out = Metadata { due: places.join(", "), format: Some(format), ..Metadata::default() };
    let packets = values.iter().filter(|v| v.slot == Slot::Xmp).count();
    if packets > 1 {
        out.findings.push(finding::XMP_SEVERAL.finding().arg("count", packets));
    }
    let blocks = values.iter().filter(|v| v.slot == Slot::Exif).count();
    if blocks > 1 {
        out.findings.push(finding::EXIF_SEVERAL.finding().arg("count", blocks));
    }
    for value in values {
        if out.full(limits) {
            return out;
        }
        match &value.slot {
            Slot::Xmp | Slot::XmpExtended => from_xmp(format, value, limits, &mut out),
            Slot::Exif => from_exif(value, limits, &mut out),
            slot @ Slot::Item { key, .. } if same_name(key, NAME) => {
                let own = is_written(format, slot);
                if is_text(Some(format)) && !begins_object(&value.bytes) {
                    // A key of this name with a word behind it is ordinary text, and somebody's.
                    if own && !matches!(value.bytes.trim_ascii(), b"" | b"null" | b"~" | b"\"\"") {
                        out.taken.get_or_insert_with(|| site(value, &slot.to_string(), Some(0), value.bytes.len()));
                    }
                    candidate(value, &value.bytes, 0, Hint::Text, &slot.to_string(), limits, &mut out);
                } else if own {
                    let place = site(value, &slot.to_string(), Some(0), value.bytes.len());
                    let (parsed, normative) = in_named(&value.bytes, limits);
                    let how = How { normative, bare_due: true, ..How::named() };
                    if is_text(Some(format)) && is_other(&parsed) {
                        out.taken.get_or_insert_with(|| place.clone());
                    }
                    accept_named(parsed, &String::from_utf8_lossy(&value.bytes), place, how, &mut out);
                } else {
                    candidate(value, &value.bytes, 0, Hint::Named, &slot.to_string(), limits, &mut out);
                }
            }
            slot @ Slot::Item { .. } => {
                candidate(value, &value.bytes, 0, Hint::Text, &slot.to_string(), limits, &mut out);
            }
            Slot::Comment | Slot::App(_) => {
                candidate(value, &value.bytes, 0, Hint::Text, &value.slot.to_string(), limits, &mut out);
            }
            Slot::Manifest => {}
        }
    }
    if !out.full(limits) {
        relations(format, &mut out);
    }
    out
}

fn site(value: &RawValue, slot: &str, at: Option<usize>, len: usize) -> Site {
    match (value.plain_at, at) {
        (Some(start), Some(at)) => Site { slot: slot.to_owned(), offset: start + at as u64, length: len as u64 },
        _ => Site::new(slot, &value.range),
    }
}

/// Reads the value of a place that is named AIGC; says whether it is written as it is due there.
fn in_named(bytes: &[u8], limits: &Limits) -> (Result<Parsed, Broken>, bool) {
    let parsed = aigc::parse(bytes, limits);
    if parsed.is_ok() {
        return (parsed, true);
    }
    match crooked::read(bytes, Hint::Named, limits) {
        Some(Found { parsed: Ok(label), .. }) => (Ok(label), false),
        _ => (parsed, true),
    }
}

/// Whether an object is somebody's own, without any key of a label.
fn is_other(parsed: &Result<Parsed, Broken>) -> bool {
    matches!(parsed, Err(Broken { reason: BrokenReason::NoLabelKeys { found }, .. }) if !found.is_empty())
}

/// Stands for a label whose place can't be read at all.
const fn unreadable() -> Broken {
    Broken { reason: BrokenReason::NotJson, offset: 0 }
}

/// Records places named AIGC whose value could not be read (a broken or endless deflate
/// stream, say): marks that can't be understood.
pub(crate) fn unreadable_places(findings: &[Finding], out: &mut Metadata) {
    for finding in findings.iter().filter(|f| f.rule == &finding::FILE_VALUE) {
        let Some(site) = finding.site.clone() else { continue };
        if !site.slot.split_once(':').is_some_and(|(_, key)| same_name(key, NAME)) {
            continue;
        }
        let args = finding.args.iter().filter(|(name, _)| *name == "reason").cloned().collect();
        out.findings.push(Finding { args, ..finding::LABEL_MALFORMED.finding().at(site.clone()) });
        out.labels.push(FoundLabel { site, normative: false, quoted: false, parsed: Err(unreadable()) });
    }
}

/// Whether an element or attribute AIGC stands anywhere in a well-formed packet. Comments, text
/// and the declaration of a prefix don't count.
fn names_property(packet: &[u8]) -> bool {
    use quick_xml::events::Event;
    let Ok(text) = std::str::from_utf8(packet) else { return false };
    let mut reader = quick_xml::Reader::from_str(text.trim_end_matches('\0'));
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => {
                let attribute = || {
                    tag.attributes().with_checks(false).flatten().any(|a| {
                        a.key.local_name().as_ref() == NAME && a.key.prefix().is_none_or(|p| p.as_ref() != "xmlns")
                    })
                };
                if tag.local_name().as_ref() == NAME || attribute() {
                    return true;
                }
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// Local name of the property.
const NAME: &str = "AIGC";

fn from_xmp(format: Format, value: &RawValue, limits: &Limits, out: &mut Metadata) {
    let (view, error) = xmp::read_lenient(&value.bytes, limits);
    // A property named AIGC that can't be reached is a mark that can't be read, not none.
    let reached = view.properties.iter().any(|p| same_name(&p.local, NAME));
    let named = || match &error {
        Some(_) => find(&value.bytes, b":AIGC").is_some(),
        None => names_property(&value.bytes),
    };
    if !reached && named() {
        let place = Site::new(value.slot.to_string(), &value.range);
        let why = match &error {
            Some(error) => crate::Error::from(error.clone()).into(),
            None => reason::NESTED_PROPERTY.problem(),
        };
        out.findings.push(finding::LABEL_MALFORMED.finding().because("reason", why).at(place.clone()));
        out.labels.push(FoundLabel { site: place, normative: false, quoted: false, parsed: Err(unreadable()) });
    }
    if let Some(error) = error {
        out.findings.push(
            finding::XMP_MALFORMED
                .finding()
                .because("reason", crate::Error::from(error))
                .at(Site::new(value.slot.to_string(), &value.range)),
        );
    }
    let odd = view.anomalies.iter().find_map(|anomaly| match anomaly {
        xmp::Anomaly::XmlDeclaration => Some(&reason::XML_DECLARATION),
        xmp::Anomaly::DeclaredEncoding(_) => Some(&reason::DECLARED_ENCODING),
        xmp::Anomaly::SeveralRdf => Some(&reason::SEVERAL_RDF),
        xmp::Anomaly::SeveralSubjects => Some(&reason::SEVERAL_SUBJECTS),
        _ => None,
    });
    if let Some(odd) = odd {
        let place = Site::new(value.slot.to_string(), &value.range);
        out.findings.push(finding::XMP_FORM.finding().because("reason", odd).at(place));
    }
    let inner = bare(value);
    for property in &view.properties {
        if out.full(limits) {
            return;
        }
        let place = site(value, &value.slot.to_string(), Some(property.range.start), property.range.len());
        if same_name(&property.local, NAME) {
            let due = &*property.namespace == TC260_NAMESPACE && property.local == NAME;
            if !due {
                out.findings
                    .push(finding::LABEL_NAMESPACE.finding().arg("namespace", &property.namespace).at(place.clone()));
            }
            let own_place = is_written(format, &value.slot);
            if !own_place {
                out.findings.push(
                    finding::LABEL_SLOT.finding().arg("slot", &value.slot).arg("due", &out.due).at(place.clone()),
                );
            }
            let (parsed, sound) = in_named(property.value.as_bytes(), limits);
            let bare_due = due && own_place;
            let how = How { normative: bare_due && sound, bare_due, ..How::named() };
            accept_named(parsed, &property.value, place, how, out);
        } else if &*property.namespace == crate::carrier::IPTC_NAMESPACE && property.local == "DigitalSourceType" {
            out.xmp.source_types.push((property.value.clone(), place));
        } else if let Some((name, shown)) = AI_FIELDS
            .iter()
            .find(|(name, _)| &*property.namespace == crate::carrier::IPTC_NAMESPACE && property.local == *name)
        {
            let value = if *shown { property.value.clone() } else { String::new() };
            out.xmp.ai_fields.push((name, value, place));
        } else if &*property.namespace == crate::carrier::DCTERMS_NAMESPACE && property.local == "provenance" {
            out.xmp.provenance = Some((property.value.clone(), place));
        } else {
            let slot = format!("{}:{}", value.slot, property.local);
            candidate(&inner, property.value.as_bytes(), 0, Hint::Text, &slot, limits, out);
        }
    }
    if value.after_essence
        && out.labels.iter().any(|l| l.site.offset >= value.range.start && l.site.offset < value.range.end)
    {
        out.findings.push(finding::LABEL_LATE.finding().at(Site::new(value.slot.to_string(), &value.range)));
    }
}

fn from_exif(value: &RawValue, limits: &Limits, out: &mut Metadata) {
    let (view, error) = exif::read_lenient(&value.bytes, limits);
    if let Some(error) = error {
        out.findings.push(
            finding::EXIF_MALFORMED
                .finding()
                .because("reason", crate::Error::from(error))
                .at(Site::new("exif", &value.range)),
        );
    }
    let odd = view.anomalies.iter().filter(|a| !matches!(a, exif::Anomaly::ExifPrefix)).count();
    if odd > 0 {
        let why = reason::EXIF_ENTRIES.with("count", odd);
        out.findings.push(finding::EXIF_MALFORMED.finding().because("reason", why).at(Site::new("exif", &value.range)));
    }
    if let Some(orientation) = view.orientation(&value.bytes) {
        out.orientation.get_or_insert(orientation);
    }
    let inner = bare(value);
    for entry in &view.entries {
        out.texts = out.texts.saturating_add(entry.range.len() as u64);
        if out.full(limits) {
            return;
        }
        let Some(text) = entry.text(&value.bytes) else { continue };
        let slot = format!("exif:{}", exif::name(entry.tag));
        let stored = entry.bytes(&value.bytes);
        // A text that stands in the block as it is has a place; a transcoded one has its entry's.
        match find(stored, text.text.as_bytes()) {
            Some(skip) => {
                candidate(value, text.text.as_bytes(), entry.range.start + skip, Hint::Text, &slot, limits, out)
            }
            None => {
                candidate(&inner, text.text.as_bytes(), 0, Hint::Text, &slot, limits, out);
            }
        }
    }
}

/// A candidate in a text, where it stands in it, and whether escapes were taken off.
struct Candidate {
    found: Found,
    escaped: bool,
}

/// The object of JSON that seems to be a label.
fn json(bytes: &[u8], hint: Hint, limits: &Limits) -> Option<Candidate> {
    // `AIGC{…}` as some vendors write it, or an object with a key AIGC of any spacing.
    let prefixed = || find(bytes, b"AIGC{").map(|at| (at + 4, true));
    let plain = match hint {
        Hint::Named => Some((0, false)),
        Hint::Text => prefixed().or_else(|| keyed(bytes, limits).or_else(|| nameless(bytes)).map(|at| (at, false))),
    };
    let Some((at, prefixed)) = plain else {
        let (text, at) = unescaped(bytes, limits)?;
        let parsed = aigc::parse(object(text.get(at..).unwrap_or_default()), limits);
        return Some(Candidate { found: Found { parsed, span: None, amid: false }, escaped: true });
    };
    let rest = bytes.get(at..).unwrap_or_default();
    let text = if hint == Hint::Named { rest } else { object(rest) };
    let span = at..at.saturating_add(text.len());
    let found = match aigc::parse(text, limits) {
        Ok(parsed) => Ok(crooked::around(bytes, span.clone(), prefixed, parsed)),
        broken => broken,
    };
    Some(Candidate { found: Found { parsed: found, span: Some(span), amid: false }, escaped: false })
}

/// Most labels that are read in one text.
const IN_TEXT: usize = 4;

/// Looks for labels in a value that is not the normative place.
fn candidate(value: &RawValue, bytes: &[u8], base: usize, hint: Hint, slot: &str, limits: &Limits, out: &mut Metadata) {
    let text = String::from_utf8_lossy(bytes);
    let marked = mark(&text, slot, site(value, slot, Some(base), text.len()), out);
    let mut from = 0usize;
    for _ in 0..IN_TEXT {
        let rest = bytes.get(from..).unwrap_or_default();
        let at = base.saturating_add(from);
        match next_label(value, rest, at, (hint, marked), slot, limits, out) {
            // Another may stand behind it, which states more.
            Some(behind) if hint == Hint::Text => from = from.saturating_add(behind),
            _ => return,
        }
    }
}

/// Looks for the first label of a text, and says where it ends if it can be read.
fn next_label(
    value: &RawValue,
    bytes: &[u8],
    base: usize,
    (hint, marked): (Hint, bool),
    slot: &str,
    limits: &Limits,
    out: &mut Metadata,
) -> Option<usize> {
    let mut best = json(bytes, hint, limits);
    let read = best.as_ref().is_some_and(|c| c.found.parsed.is_ok());
    if !read && !is_program(out.format, slot) {
        let found = crooked::read(bytes, hint, limits).filter(|found| found.parsed.is_ok() || best.is_none());
        best = found.map(|found| Candidate { found, escaped: false }).or(best);
    }
    let Candidate { found: Found { parsed, span, amid }, escaped } = best?;
    let behind = span.as_ref().filter(|_| parsed.is_ok()).map(|span| span.end);
    let place = match span {
        Some(span) => site(value, slot, Some(base.saturating_add(span.start)), span.len()),
        None => site(value, slot, Some(base), bytes.len()),
    };
    if marked && matches!(&parsed, Err(Broken { reason: BrokenReason::NoLabelKeys { .. }, .. })) {
        if hint == Hint::Named {
            out.labels.push(FoundLabel { site: place, normative: false, quoted: false, parsed });
        }
        return None;
    }
    let how = How { hint, amid: amid && hint == Hint::Text, ..How::named() };
    if !accept(parsed, place.clone(), how, out) {
        return behind;
    }
    if escaped {
        out.findings.push(finding::LABEL_JSON_STRING.finding().at(place.clone()));
    }
    let own = matches!(value.slot, Slot::Item { .. }) && out.format.is_some_and(|f| is_written(f, &value.slot));
    if !own {
        out.findings.push(finding::LABEL_SLOT.finding().arg("slot", slot).arg("due", &out.due).at(place.clone()));
    }
    if value.after_essence {
        out.findings.push(finding::LABEL_LATE.finding().at(place));
    }
    behind
}

/// Records the label of a place that is named so: a vendor's own object there is a mark.
fn accept_named(parsed: Result<Parsed, Broken>, text: &str, place: Site, how: How, out: &mut Metadata) {
    let other = matches!(&parsed, Err(Broken { reason: BrokenReason::NoLabelKeys { .. }, .. }));
    if other && mark(text, &place.slot.clone(), place.clone(), out) {
        let normative = how.normative;
        out.labels.push(FoundLabel { site: place, normative, quoted: false, parsed });
    } else {
        accept(parsed, place, how, out);
    }
}

/// Records the mark that a text is, if it is one.
fn mark(text: &str, slot: &str, place: Site, out: &mut Metadata) -> bool {
    if is_program(out.format, slot) {
        return false;
    }
    let Some((row, mut claim, system)) = marks::read(slot, text) else { return false };
    if is_text(out.format) {
        // Such texts may quote what a vendor writes elsewhere, and programs that are spoken of.
        if row.kind == marks::MarkKind::Trace {
            return false;
        }
        claim = Claim::SuspectedAi;
    }
    if !out.marks.iter().any(|m| m.row.id == row.id && m.site.slot == place.slot && m.claim == claim) {
        let rule = match row.kind {
            marks::MarkKind::Vendor => &finding::MARK_VENDOR,
            marks::MarkKind::Trace => &finding::MARK_TRACE,
        };
        out.findings.push(rule.finding().arg("mark", &row.id).arg("slot", slot).at(place.clone()));
        out.marks.push(FoundMark { row, claim, system, site: place });
    }
    true
}

/// How a candidate stands in its place.
#[derive(Clone, Copy)]
struct How {
    normative: bool,
    /// Whether the bare object is due.
    bare_due: bool,
    hint: Hint,
    /// Whether words stand around it.
    amid: bool,
}

impl How {
    const fn named() -> Self {
        Self { normative: false, bare_due: false, hint: Hint::Named, amid: false }
    }
}

/// Records a candidate; says whether it is a label of the standard's schema.
fn accept(parsed: Result<Parsed, Broken>, site: Site, how: How, out: &mut Metadata) -> bool {
    let quoted = is_quoted(out.format, &site.slot) || (how.amid && is_text(out.format));
    match &parsed {
        Err(_) if quoted => return false,
        // Names of things in another language have such keys too.
        Ok(label) if quoted && label.level.is_none() => return false,
        Ok(label) => {
            remarks::leniencies(label, &site, how.bare_due, &mut out.findings);
            if quoted {
                out.findings.push(finding::LABEL_QUOTED.finding().arg("slot", &site.slot).at(site.clone()));
            }
        }
        Err(Broken { reason: BrokenReason::NoLabelKeys { found }, .. }) => {
            if is_text(out.format) {
                return false;
            }
            let keys = found.join(", ");
            out.findings.push(finding::LABEL_SCHEMA.finding().arg("keys", keys).at(site.clone()));
            if how.hint == Hint::Text {
                return false;
            }
        }
        Err(broken) => out.findings.push(
            finding::LABEL_MALFORMED.finding().because("reason", crate::Error::from(broken.clone())).at(site.clone()),
        ),
    }
    out.labels.push(FoundLabel { site, normative: how.normative, quoted, parsed });
    true
}

/// The fields in which labels differ, by their names in Annex E.
#[must_use]
pub fn differing(a: &Aigc, b: &Aigc) -> Vec<&'static str> {
    Key::ALL.into_iter().filter(|key| a.get(*key) != b.get(*key)).map(Key::name).collect()
}

fn relations(format: Format, out: &mut Metadata) {
    // What a text quotes is not said of the text itself.
    let own = || out.labels.iter().filter(|l| !l.quoted);
    let readable: Vec<(&Aigc, &Site)> =
        own().filter_map(|l| l.parsed.as_ref().ok().map(|p| (&p.aigc, &l.site))).collect();
    let Some(((first, _), rest)) = readable.split_first() else { return };
    if rest.is_empty() {
        return;
    }
    let mut fields: Vec<&str> = rest.iter().flat_map(|(other, _)| differing(first, other)).collect();
    fields.sort_unstable();
    fields.dedup();
    let place = rest.first().map(|(_, site)| (*site).clone());
    // A format with several places for the one label keeps them in step; that is no duplicate.
    let due: Vec<&str> = own().filter(|l| l.normative).map(|l| l.site.slot.as_str()).collect();
    let places = written(format, CarrierKind::AigcMetadata).count();
    let distinct = due.iter().collect::<std::collections::BTreeSet<_>>().len();
    if fields.is_empty() && due.len() == own().count() && distinct == due.len() && due.len() <= places {
        return;
    }
    let spread = [Key::ContentPropagator, Key::PropagateId, Key::ReservedCode2].map(Key::name);
    let mut found = if !fields.is_empty() && fields.iter().all(|field| spread.contains(field)) {
        finding::LABEL_COPY.finding().arg("count", readable.len()).arg("fields", fields.join(", "))
    } else if fields.is_empty() {
        finding::LABEL_DUPLICATE.finding().arg("count", readable.len())
    } else {
        finding::LABEL_CONFLICT.finding().arg("count", readable.len()).arg("fields", fields.join(", "))
    };
    found.site = place;
    out.findings.push(found);
}

#[cfg(test)]
mod tests;
