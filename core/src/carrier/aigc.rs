//! The AIGC object in metadata places: found wherever it stands, however crookedly written.

use crate::carrier::TC260_NAMESPACE;
use crate::carrier::marks::{self, FoundMark};
use crate::carrier::slots::{is_written, written};
use crate::container::{RawValue, Slot};
use crate::finding::{self, Finding, Site};
use crate::format::Format;
use crate::label::aigc::{self, Aigc, Broken, BrokenReason, Key, Leniency, Parsed};
use crate::limits::Limits;
use crate::message::reason;
use crate::metadata::{exif, xmp};
use crate::report::CarrierKind;

mod search;

use search::{begins_object, find, is_quoted, is_text, keyed, nameless, object, unescaped};

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
#[derive(Clone, Copy, PartialEq, Eq)]
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
            Slot::Item { key, .. }
                if key.eq_ignore_ascii_case(NAME) && is_text(Some(format)) && !begins_object(&value.bytes) => {}
            slot @ Slot::Item { .. } if is_written(format, slot) => {
                let place = site(value, &slot.to_string(), Some(0), value.bytes.len());
                accept(aigc::parse(&value.bytes, limits), place, true, true, Hint::Named, &mut out);
            }
            Slot::Item { key, .. } => {
                let hint = if key.eq_ignore_ascii_case("AIGC") { Hint::Named } else { Hint::Text };
                candidate(value, &value.bytes, 0, hint, &value.slot.to_string(), limits, &mut out);
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

/// Stands for a label whose place can't be read at all.
const fn unreadable() -> Broken {
    Broken { reason: BrokenReason::NotJson, offset: 0 }
}

/// Records places named AIGC whose value could not be read (a broken or endless deflate
/// stream, say): marks that can't be understood.
pub(crate) fn unreadable_places(findings: &[Finding], out: &mut Metadata) {
    for finding in findings.iter().filter(|f| f.rule == &finding::FILE_VALUE) {
        let Some(site) = finding.site.clone() else { continue };
        if !site.slot.split_once(':').is_some_and(|(_, key)| key.eq_ignore_ascii_case("AIGC")) {
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
    let reached = view.properties.iter().any(|p| p.local.eq_ignore_ascii_case("AIGC"));
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
        if property.local.eq_ignore_ascii_case("AIGC") {
            let named = &*property.namespace == TC260_NAMESPACE && property.local == "AIGC";
            if !named {
                out.findings
                    .push(finding::LABEL_NAMESPACE.finding().arg("namespace", &property.namespace).at(place.clone()));
            }
            let own_place = is_written(format, &value.slot);
            if !own_place {
                out.findings.push(
                    finding::LABEL_SLOT.finding().arg("slot", &value.slot).arg("due", &out.due).at(place.clone()),
                );
            }
            let normative = named && own_place;
            let bytes = property.value.as_bytes();
            accept(aigc::parse(bytes, limits), place, normative, normative, Hint::Named, out);
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

/// The tag's name in Exif 2.32.
pub(crate) const fn exif_name(tag: u16) -> &'static str {
    match tag {
        exif::tag::IMAGE_DESCRIPTION => "ImageDescription",
        exif::tag::MAKE => "Make",
        exif::tag::MODEL => "Model",
        exif::tag::ORIENTATION => "Orientation",
        exif::tag::SOFTWARE => "Software",
        exif::tag::ARTIST => "Artist",
        exif::tag::XMP => "XMP",
        exif::tag::COPYRIGHT => "Copyright",
        exif::tag::XP_TITLE => "XPTitle",
        exif::tag::XP_COMMENT => "XPComment",
        exif::tag::XP_KEYWORDS => "XPKeywords",
        exif::tag::USER_COMMENT => "UserComment",
        _ => "tag",
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
        let slot = format!("exif:{}", exif_name(entry.tag));
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

/// Looks for a label in a value that is not the normative place.
fn candidate(value: &RawValue, bytes: &[u8], base: usize, hint: Hint, slot: &str, limits: &Limits, out: &mut Metadata) {
    let head = bytes.get(..bytes.len().min(limits.label_bytes.saturating_mul(2))).unwrap_or(bytes);
    let at = match hint {
        Hint::Named => Some(0),
        // `AIGC{…}` as some vendors write it, or an object with a key AIGC of any spacing.
        Hint::Text => find(head, b"AIGC{").map(|at| at + 4).or_else(|| keyed(head)).or_else(|| nameless(head)),
    };
    let marked = mark(value, head, base, slot, out);
    let escaped = if at.is_none() { unescaped(head) } else { None };
    let (inner, at) = match (&escaped, at) {
        (Some((text, at)), _) => (text.as_slice(), *at),
        (None, Some(at)) => (bytes, at),
        (None, None) => return,
    };
    let text = inner.get(at..).unwrap_or_default();
    let text = if hint == Hint::Named { text } else { object(text) };
    let place = match escaped {
        Some(_) => site(value, slot, Some(base), bytes.len()),
        None => site(value, slot, Some(base + at), text.len()),
    };
    let parsed = aigc::parse(text, limits);
    if marked && matches!(&parsed, Err(Broken { reason: BrokenReason::NoLabelKeys { .. }, .. })) {
        if hint == Hint::Named {
            out.labels.push(FoundLabel { site: place, normative: false, quoted: false, parsed });
        }
        return;
    }
    if !accept(parsed, place.clone(), false, false, hint, out) {
        return;
    }
    if escaped.is_some() {
        out.findings.push(finding::LABEL_JSON_STRING.finding().at(place.clone()));
    }
    out.findings.push(finding::LABEL_SLOT.finding().arg("slot", slot).arg("due", &out.due).at(place.clone()));
    if value.after_essence {
        out.findings.push(finding::LABEL_LATE.finding().at(place));
    }
}

/// Records the mark that a text is, if it is one.
fn mark(value: &RawValue, text: &[u8], base: usize, slot: &str, out: &mut Metadata) -> bool {
    if is_text(out.format) {
        return false;
    }
    let text = String::from_utf8_lossy(text);
    let Some((row, claim, system)) = marks::read(slot, &text) else { return false };
    let place = site(value, slot, Some(base), text.len());
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

/// Records a candidate; says whether it is a label of the standard's schema.
fn accept(
    parsed: Result<Parsed, Broken>,
    site: Site,
    normative: bool,
    bare_due: bool,
    hint: Hint,
    out: &mut Metadata,
) -> bool {
    let quoted = is_quoted(out.format, &site.slot);
    match &parsed {
        Err(_) if quoted => return false,
        // Names of things in another language have such keys too.
        Ok(label) if quoted && label.level.is_none() => return false,
        Ok(label) => {
            leniencies(label, &site, bare_due, &mut out.findings);
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
            if hint == Hint::Text {
                return false;
            }
        }
        Err(broken) => out.findings.push(
            finding::LABEL_MALFORMED.finding().because("reason", crate::Error::from(broken.clone())).at(site.clone()),
        ),
    }
    out.labels.push(FoundLabel { site, normative, quoted, parsed });
    true
}

fn leniencies(label: &Parsed, site: &Site, bare_due: bool, out: &mut Vec<Finding>) {
    let platform = matches!(label.aigc.label.as_str(), "2" | "3") && !label.aigc.content_propagator.is_empty();
    let empty = |key: Key| match key {
        Key::ContentPropagator | Key::PropagateId => Some(finding::LABEL_PROPAGATOR.finding().arg("key", key)),
        Key::ReservedCode1 | Key::ReservedCode2 => Some(finding::LABEL_KEY.finding().arg("key", key)),
        Key::ContentProducer | Key::ProduceId if platform => None,
        _ => Some(finding::LABEL_FIELD.finding().arg("key", key)),
    };
    for leniency in &label.leniencies {
        let found = match leniency {
            Leniency::WrappedOnce if bare_due => Some(finding::LABEL_WRAPPED.finding()),
            Leniency::WrappedOnce => None,
            Leniency::WrappedTwice => Some(finding::LABEL_WRAPPED_TWICE.finding()),
            Leniency::JsonInString => Some(finding::LABEL_JSON_STRING.finding()),
            Leniency::NotAString { key, found } => {
                Some(finding::LABEL_TYPE.finding().arg("key", key).arg("found", format!("{found:?}").to_lowercase()))
            }
            Leniency::MisspeltKey { found, likely } => {
                Some(finding::LABEL_MISSPELT.finding().arg("key", found).arg("likely", likely))
            }
            Leniency::UnknownKey { key } | Leniency::BesideWrapper { key } => {
                Some(finding::LABEL_UNKNOWN_KEY.finding().arg("key", key))
            }
            Leniency::MissingKey { key } | Leniency::EmptyField { key } => empty(*key),
            Leniency::LabelOutsideEnum { value } => Some(finding::LABEL_VALUE.finding().arg("value", value)),
            Leniency::CharsetViolation { key, .. } => Some(finding::LABEL_CHARSET.finding().arg("key", key)),
            Leniency::NameForCode { key } => Some(finding::LABEL_NAME.finding().arg("key", key)),
            Leniency::BadProviderCode { key, why } => {
                Some(finding::LABEL_CODE.finding().arg("key", key).because("reason", crate::Error::from(why.clone())))
            }
            Leniency::AllZeroId { key } => Some(finding::LABEL_ZERO_ID.finding().arg("key", key)),
            Leniency::WhitespaceInJson | Leniency::Padding => Some(finding::LABEL_SPACE.finding()),
            Leniency::KeyOrder => Some(finding::LABEL_ORDER.finding()),
            Leniency::LongField { key, bytes } => {
                Some(finding::LABEL_LONG.finding().arg("key", key).arg("bytes", bytes))
            }
            Leniency::QuotesInReserved { .. } => None,
            Leniency::WrapperCase { found } => {
                Some(finding::LABEL_MISSPELT.finding().arg("key", found).arg("likely", "AIGC"))
            }
        };
        if let Some(found) = found {
            let found = found.at(site.clone());
            if !out.contains(&found) {
                out.push(found);
            }
        }
    }
}

/// The fields in which labels differ, by their names in Annex E.
#[must_use]
pub fn differing(a: &Aigc, b: &Aigc) -> Vec<&'static str> {
    Key::ALL.into_iter().filter(|key| a.get(*key) != b.get(*key)).map(Key::name).collect()
}

fn relations(format: Format, out: &mut Metadata) {
    let readable: Vec<(&Aigc, &Site)> =
        out.labels.iter().filter_map(|l| l.parsed.as_ref().ok().map(|p| (&p.aigc, &l.site))).collect();
    let Some(((first, _), rest)) = readable.split_first() else { return };
    if rest.is_empty() {
        return;
    }
    let mut fields: Vec<&str> = rest.iter().flat_map(|(other, _)| differing(first, other)).collect();
    fields.sort_unstable();
    fields.dedup();
    let place = rest.first().map(|(_, site)| (*site).clone());
    // A format with several places for the one label keeps them in step; that is no duplicate.
    let own: Vec<&str> = out.labels.iter().filter(|l| l.normative).map(|l| l.site.slot.as_str()).collect();
    let places = written(format, CarrierKind::AigcMetadata).count();
    let distinct = own.iter().collect::<std::collections::BTreeSet<_>>().len();
    if fields.is_empty() && own.len() == out.labels.len() && distinct == own.len() && own.len() <= places {
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
