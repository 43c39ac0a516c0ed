//! What is to be written, given what stands in the file already.

use crate::carrier::slots::{self, SlotRow};
use crate::carrier::{IPTC_NAMESPACE, IPTC_PREFIX, SIGNED_MARKER, TC260_NAMESPACE, TC260_PREFIX, aigc as found};
use crate::container::{NewValue, Patch, Slot};
use crate::error::{Error, Problem, Result};
use crate::label::source_type::AiMeaning;
use crate::label::{Aigc, Label, Level, SourceType};
use crate::message::{general, write as rows};
use crate::metadata::xmp::{self, Addition};
use crate::report::{CarrierKind, Integrity, LabelFields};
use crate::source::{ReadSeek, Source};
use crate::verify::Collected;

use super::Labeler;

/// A manifest that the file carries.
#[derive(Clone, Copy)]
pub(super) struct Store {
    /// Whether its signature and bindings hold.
    pub(super) sound: bool,
    /// Whether this labeler's signer made it.
    pub(super) ours: bool,
}

/// The fields, by their names in Annex E, in which a label asked for differs from one that is
/// there. What the caller leaves open differs from nothing.
fn unlike(asked: &Label, there: &LabelFields) -> Vec<&'static str> {
    [
        ("Label", Some(asked.level.code()), &there.label),
        ("ContentProducer", Some(asked.producer.as_str()), &there.content_producer),
        ("ProduceID", asked.produce_id.as_deref(), &there.produce_id),
        ("ReservedCode1", asked.reserved_code1.as_deref(), &there.reserved_code1),
        ("ContentPropagator", asked.propagator.as_deref(), &there.content_propagator),
        ("PropagateID", asked.propagate_id.as_deref(), &there.propagate_id),
        ("ReservedCode2", asked.reserved_code2.as_deref(), &there.reserved_code2),
    ]
    .into_iter()
    .filter(|(_, want, have)| want.is_some_and(|want| want != have.as_str()))
    .map(|(name, _, _)| name)
    .collect()
}

/// The fields in which a label asked for, or one that is there, differs from a signed record.
pub(super) fn clash(asked: &Label, there: Option<&Aigc>, record: &LabelFields) -> Vec<&'static str> {
    let mut fields = unlike(asked, record);
    if there.is_some_and(|there| LabelFields::from(there) != *record) && fields.is_empty() {
        fields.push("AIGC");
    }
    fields
}

/// The label asked for, with what it leaves open taken from a signed record that agrees with it.
pub(super) fn adopt(asked: &Label, record: Option<&LabelFields>) -> Label {
    let mut label = asked.clone();
    let Some(record) = record else { return label };
    let fill = |field: &mut Option<String>, value: &str| {
        if !value.is_empty() {
            field.get_or_insert_with(|| value.to_owned());
        }
    };
    fill(&mut label.produce_id, &record.produce_id);
    fill(&mut label.propagator, &record.content_propagator);
    fill(&mut label.propagate_id, &record.propagate_id);
    fill(&mut label.reserved_code2, &record.reserved_code2);
    label
}

impl Labeler<'_> {
    /// The label that the file carries already, if it is the very one asked for.
    pub(super) fn existing(&self, before: &Collected, label: &Label) -> Result<Option<Aigc>> {
        vacant(before)?;
        let labels = &before.metadata.labels;
        if labels.is_empty() {
            return Ok(None);
        }
        let mut first: Option<Aigc> = None;
        for label in labels {
            let here = label.site.offset;
            let Ok(parsed) = &label.parsed else {
                return Err(Error::Refused(rows::EXISTING_UNREADABLE.with("slot", &label.site.slot).at(here)));
            };
            match &first {
                None => first = Some(parsed.aigc.clone()),
                Some(one) => {
                    let fields = found::differing(one, &parsed.aigc);
                    if !fields.is_empty() {
                        let problem = rows::EXISTING_CONFLICT.with("fields", fields.join(", "));
                        return Err(Error::Refused(problem.at(here)));
                    }
                }
            }
        }
        let Some(there) = first else { return Ok(None) };
        let fields = unlike(label, &LabelFields::from(&there));
        if fields.is_empty() {
            let Some(elsewhere) = labels.iter().all(|l| !l.normative).then(|| labels.first()).flatten() else {
                return Ok(Some(there));
            };
            let site = &elsewhere.site;
            return Err(Error::Refused(rows::EXISTING_ELSEWHERE.with("slot", &site.slot).at(site.offset)));
        }
        let at = labels.first().map_or(0, |l| l.site.offset);
        Err(Error::Refused(rows::EXISTING_LABEL.with("fields", fields.join(", ")).at(at)))
    }

    /// What manifest the file carries, and whether it is sound. `clash` gives the fields in which a
    /// signed record differs from what is wanted.
    pub(super) fn manifest_state(
        &self,
        source: &mut dyn ReadSeek,
        before: &Collected,
        clash: &dyn Fn(&LabelFields) -> Vec<&'static str>,
    ) -> Result<(Option<Store>, Option<LabelFields>)> {
        if !before.has_manifest() {
            return Ok((None, None));
        }
        let report = self.verifier().verify(source)?;
        let store = report.evidence.iter().find(|e| e.carrier == CarrierKind::C2paManifest);
        let mut kept = None;
        // What somebody signed stands, also where the metadata around it was removed or edited.
        let signed = report.evidence.iter().filter(|e| e.carrier == CarrierKind::C2paAssertion);
        for record in signed.filter_map(|e| e.label.as_ref()) {
            let fields = clash(record);
            if !fields.is_empty() {
                return Err(Error::Refused(rows::EXISTING_SIGNED.with("fields", fields.join(", "))));
            }
            kept = Some(record.clone());
        }
        match store.map(|e| e.integrity) {
            Some(Integrity::Intact) => {
                let print = store.and_then(|e| e.signer.as_ref()).and_then(|s| s.certificate_sha256.as_deref());
                let ours = print.is_some() && print == self.certificate().as_deref();
                Ok((Some(Store { sound: true, ours }), kept))
            }
            Some(Integrity::Broken) if self.sign_over_broken && self.notary().is_some() => {
                Ok((Some(Store { sound: false, ours: false }), kept))
            }
            Some(Integrity::Broken) => {
                let codes: Vec<&str> =
                    report.findings.iter().map(|f| f.code()).filter(|c| c.starts_with("manifest.")).collect();
                let problem = crate::message::sign::PARENT_BROKEN.with("codes", codes.join(", "));
                Err(Error::Refused(problem))
            }
            _ => Err(Error::Refused(rows::MANIFEST_UNCHECKED.problem())),
        }
    }

    /// SHA-256 of the signer's certificate, in hex.
    fn certificate(&self) -> Option<String> {
        Some(crate::sign::fingerprint(self.notary()?.certificates().first()?))
    }

    pub(super) fn aigc(&self, label: &Label, existing: Option<&Aigc>) -> Result<Aigc> {
        // What the label says and what its source type says must not contradict each other.
        if label.level == Level::Is && label.source_type.ai_meaning() == AiMeaning::NotAi {
            return Err(Error::Invalid(rows::SOURCE_NOT_AI.with("term", label.source_type.term())));
        }
        if let Some(existing) = existing {
            return Ok(existing.clone());
        }
        let id = match &label.produce_id {
            Some(id) => id.clone(),
            None => new_id()?,
        };
        let mut aigc = Aigc::from_label(label, &id)?;
        if aigc.reserved_code1.is_empty()
            && let Some(print) = self.certificate()
        {
            aigc.reserved_code1 = format!("{SIGNED_MARKER}{print}");
        }
        aigc.check(&self.limits)?;
        Ok(aigc)
    }

    /// The edits that put the label into every place that the format has for it; what else `label`
    /// states goes beside it.
    pub(super) fn placed(
        &self,
        label: Option<&Label>,
        aigc: &Aigc,
        now: &Collected,
        source: &mut Source<'_>,
        notes: &mut Vec<Problem>,
    ) -> Result<Patch> {
        let row = now.format.row();
        let mut values = Vec::new();
        for slot in slots::written(now.format, CarrierKind::AigcMetadata).filter_map(SlotRow::place) {
            let bytes = if slot == Slot::Xmp {
                let place = now.map.segments.iter().find(|s| s.slot == Some(Slot::Xmp));
                if let Some(lost) = place.filter(|_| now.packet.is_none()) {
                    return Err(Error::Malformed(general::MALFORMED.with("part", "XMP").at(lost.range.start)));
                }
                let additions = self.additions(label, aigc, now, notes);
                let edit = match (now.packet.as_deref(), additions.as_slice()) {
                    (Some(packet), [one]) if label.is_none() => {
                        xmp::replacement(packet, one, &self.limits)?.map(|e| e.apply(packet))
                    }
                    _ => None,
                };
                match edit {
                    Some(packet) => packet,
                    None => xmp::insert(now.packet.as_deref(), &additions, &self.limits)?,
                }
            } else {
                aigc.to_json().into_bytes()
            };
            values.push(NewValue { slot, bytes });
        }
        if values.is_empty() {
            let instead = row.instead.unwrap_or(&crate::message::recognised::CONVERT_PICTURE);
            return Err(Error::Unsupported(rows::NO_PLACE.with("format", row.name).because("instead", instead)));
        }
        let asked = self.iptc_ai_fields || label.is_some_and(|l| l.source_type != SourceType::default());
        if asked && !values.iter().any(|v| v.slot == Slot::Xmp) {
            notes.push(rows::NOTE_NO_PROPERTIES.with("format", row.name));
        }
        let placed = row.container.put(&now.map, source, &values, &self.limits)?;
        notes.extend(placed.notes);
        Ok(placed.patch)
    }

    fn additions(
        &self,
        label: Option<&Label>,
        aigc: &Aigc,
        now: &Collected,
        notes: &mut Vec<Problem>,
    ) -> Vec<Addition> {
        let add = |namespace: &str, prefix: &str, local: &str, value: &str| Addition {
            namespace: namespace.to_owned(),
            prefix: prefix.to_owned(),
            local: local.to_owned(),
            value: value.to_owned(),
        };
        let mut out = vec![add(TC260_NAMESPACE, TC260_PREFIX, "AIGC", &aigc.to_json())];
        let Some(label) = label else { return out };
        let mut iptc = |local: &str, value: &str, present: bool| {
            if present {
                notes.push(rows::NOTE_KEPT_PROPERTY.with("property", local));
            } else {
                out.push(add(IPTC_NAMESPACE, IPTC_PREFIX, local, value));
            }
        };
        let uri = label.source_type.uri();
        let stated: Vec<&String> = now.metadata.xmp.source_types.iter().map(|(value, _)| value).collect();
        // "Possible" and "suspected" don't say how the content was made.
        if label.level == Level::Is && !stated.iter().any(|value| **value == uri) {
            iptc("DigitalSourceType", &uri, !stated.is_empty());
        }
        if self.iptc_ai_fields {
            let view = now.packet.as_deref().map(|p| xmp::read_lenient(p, &self.limits).0);
            let present = |local: &str| {
                view.as_ref()
                    .is_some_and(|v| v.properties.iter().any(|p| &*p.namespace == IPTC_NAMESPACE && p.local == local))
            };
            let origin = &label.origin;
            for (local, value) in [
                ("AISystemUsed", &origin.system_name),
                ("AISystemVersionUsed", &origin.system_version),
                ("AIPromptInformation", &origin.prompt),
                ("AIPromptWriterName", &origin.prompt_writer),
            ] {
                if let Some(value) = value {
                    iptc(local, value, present(local));
                }
            }
        }
        out
    }
}

/// A random identifier in the form of a version 4 UUID (RFC 9562 5.4), without hyphens outside
/// the usual places.
pub(super) fn new_id() -> Result<String> {
    let mut bytes = [0u8; 16];
    getrandom::fill(&mut bytes).map_err(|e| Error::Signing(crate::message::sign::RANDOM.with("reason", e)))?;
    if let [.., v, _, n, _, _, _, _, _, _, _] = bytes.get_mut(..16).unwrap_or_default() {
        *v = (*v & 0x0F) | 0x40;
        *n = (*n & 0x3F) | 0x80;
    }
    let text = crate::hex::hex(&bytes);
    let cut = |a: usize, b: usize| text.get(a..b).unwrap_or_default();
    Ok(format!("{}-{}-{}-{}-{}", cut(0, 8), cut(8, 12), cut(12, 16), cut(16, 20), cut(20, 32)))
}

/// Refuses to write where something else would be lost.
pub(super) fn vacant(before: &Collected) -> Result<()> {
    match &before.metadata.taken {
        Some(site) => Err(Error::Refused(rows::PLACE_TAKEN.with("slot", &site.slot).at(site.offset))),
        None => Ok(()),
    }
}
