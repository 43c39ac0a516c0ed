//! What a C2PA manifest is worth here, and what it means for the metadata that it covers.

use serde_json::Value;

use crate::carrier::manifest::{self, Gap, Ingredient, ManifestReading, ManifestState, Relationship};
use crate::carrier::{ASSERTION, SIGNED_MARKER, aigc};
use crate::container::{Slot, patch::hash_ranges};
use crate::error::{Error, Problem, Result};
use crate::finding::{self, Finding, Rule, Site};
use crate::hex::hex;
use crate::label::Aigc;
use crate::limits::Limits;
use crate::message::reason;
use crate::report::{Bound, CarrierKind, Claim, Evidence, Integrity, Key, LabelFields, Signer};
use crate::source::{ReadSeek, Source};
use crate::trust::TrustStore;
use crate::verify::{Collected, bare, level_claim, origin};

/// The label record that we put into manifests.
struct Record {
    aigc: Aigc,
    essence: Option<String>,
}

pub(super) fn check(
    source: &mut dyn ReadSeek,
    collected: &Collected,
    trust: Option<&TrustStore>,
    limits: &Limits,
    evidence: &mut Vec<Evidence>,
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let Some(site) = collected.manifest_site() else { return Ok(()) };
    let stores = collected.map.segments.iter().filter(|s| s.slot == Some(Slot::Manifest));
    let size: u64 = stores.fold(0, |sum, s| sum.saturating_add(s.payload.end.saturating_sub(s.payload.start)));
    let mut not_checked = |rule: &'static Rule, reason: Problem, integrity: Integrity, claim: Claim| {
        findings.push(rule.finding().because("reason", reason).at(site.clone()));
        evidence.push(Evidence { integrity, ..bare(CarrierKind::C2paManifest, site.clone(), claim) });
    };
    if size > limits.manifest_bytes {
        let reason = reason::STORE_SIZE.with("value", size).arg("max", limits.manifest_bytes);
        not_checked(&finding::MANIFEST_NOT_CHECKED, reason, Integrity::NotChecked, Claim::Unclear);
        unchecked(evidence);
        return Ok(());
    }
    let none = TrustStore::default();
    let mime = collected.format.row().mime;
    let reading = match manifest::read(source, mime, trust.unwrap_or(&none), limits) {
        Ok(Some(reading)) => reading,
        Ok(None) => {
            // The bytes of a store are there and the library does not see one.
            let reason = reason::STORE_NOT_FOUND.problem();
            not_checked(&finding::MANIFEST_UNREADABLE, reason, Integrity::Broken, Claim::Unclear);
            return Ok(());
        }
        Err(error) if error.is_of_build() || matches!(error, Error::Io { .. }) => return Err(error),
        Err(error @ Error::Limit(_)) => {
            not_checked(&finding::MANIFEST_NOT_CHECKED, error.into(), Integrity::NotChecked, Claim::Unclear);
            unchecked(evidence);
            return Ok(());
        }
        Err(error) => {
            not_checked(&finding::MANIFEST_UNREADABLE, error.into(), Integrity::Broken, Claim::Unclear);
            return Ok(());
        }
    };

    let (gap, essence) = {
        let mut bounded = Source::new(source, limits)?;
        let container = collected.format.row().container;
        let gap = match &reading.binding {
            Some(binding) => {
                let package = match &binding.entries {
                    Some(_) => container.collection(&mut bounded, limits).ok(),
                    None => None,
                };
                let gap = manifest::gap(binding, &collected.map.segments, package.as_ref(), &mut bounded)?;
                // Other kinds of hashes have gaps of their own, which the library tells of.
                let further = reading.leaves_out_more() && binding.exclusions.is_empty();
                Some(if further || reading.exclusion_abuse() { Gap::Content } else { gap })
            }
            None => None,
        };
        (gap, hex(&hash_ranges(&mut bounded, &collected.map.essence())?))
    };
    let unclear = match gap {
        None => Some(&reason::BINDING_UNREAD),
        Some(Gap::Positions) => Some(&reason::USUAL_EXCLUSIONS),
        Some(Gap::Space) => Some(&reason::SPACE_LEFT_OUT),
        Some(Gap::None | Gap::Content) => None,
    };
    if standing(&reading).0 == Integrity::Intact
        && let Some(reason) = unclear
    {
        let reason = reason.problem();
        not_checked(&finding::MANIFEST_NOT_CHECKED, reason, Integrity::NotChecked, Claim::Unclear);
        unchecked(evidence);
        return Ok(());
    }
    let abuse = gap == Some(Gap::Content);
    let record = record(&reading, limits);
    let sound_claim = !reading.signature_broken() && !reading.assertion_tampered();
    let signed = record.as_ref().filter(|_| sound_claim);
    // Our own record names the content a second time, boxes included that the hash leaves out.
    let other = signed.and_then(|s| s.essence.as_deref()).is_some_and(|hash| hash != essence);
    let (integrity, key) = match standing(&reading) {
        (Integrity::Intact, _) if other => (Integrity::Broken, None),
        // A signature that leaves out more than the store does not bind what stands there.
        (Integrity::Intact, _) if abuse => (Integrity::Broken, None),
        standing => standing,
    };
    judge((&reading, abuse), signed, &essence, collected, &site, findings);

    let signer = reading.signer.clone();
    if integrity == Integrity::Intact {
        other_signer(&reading, signer.as_ref(), evidence, findings);
        if key == Some(Key::Embedded) {
            let name =
                signer.as_ref().and_then(|s| s.name.clone().or_else(|| s.organization.clone())).unwrap_or_default();
            findings.push(finding::MANIFEST_UNTRUSTED.finding().arg("signer", name).at(site.clone()));
        }
        // The hash covers the metadata: what stands there was there when the signer signed.
        for covered in evidence.iter_mut() {
            covered.integrity = Integrity::Intact;
            covered.key = key;
            covered.bound = Some(Bound::Content);
        }
    } else if let Some(signed) = signed {
        // Same picture, other label: the label is what was changed.
        let same_picture = signed.essence.as_deref() == Some(essence.as_str());
        for label in evidence.iter_mut().filter(|e| e.label.is_some() && same_picture) {
            if label.label.as_ref() != Some(&LabelFields::from(&signed.aigc)) {
                label.integrity = Integrity::Broken;
            }
        }
    }
    let bound = (integrity == Integrity::Intact).then_some(Bound::Content);
    let said = origin::Said::from(&reading);
    let (claim, source_type) = origin::claim(said, None);
    let mut codes: Vec<String> = reading.codes.iter().filter(|c| !c.ingredient).map(|c| c.code.clone()).collect();
    codes.dedup();
    if let Some(record) = record {
        evidence.push(Evidence {
            integrity,
            key,
            bound,
            label: Some(LabelFields::from(&record.aigc)),
            signer: signer.clone(),
            ..bare(CarrierKind::C2paAssertion, site.clone(), level_claim(record.aigc.level()))
        });
    }
    let (stated, signals) = (origin::stated(said), origin::signals(said));
    evidence.push(Evidence {
        integrity,
        key,
        bound,
        source_type,
        signer,
        codes,
        stated,
        signals,
        ..bare(CarrierKind::C2paManifest, site.clone(), claim)
    });
    history(&reading, claim, (integrity, key), &site, evidence, findings);
    Ok(())
}

/// Most ingredients whose statements are told.
const TOLD: usize = 16;

/// Statements about AI in the manifests of what the content was made from: an editor's signature does
/// not make them undone. They are worth at most what the active manifest is worth, since only it ties
/// them to this content.
fn history(
    reading: &ManifestReading,
    active: Claim,
    (integrity, key): (Integrity, Option<Key>),
    site: &Site,
    evidence: &mut Vec<Evidence>,
    findings: &mut Vec<Finding>,
) {
    let stating = reading.history.iter().filter_map(|i| Some((i, of_ingredient(i)?)));
    for (number, (ingredient, (claim, source_type))) in stating.take(TOLD).enumerate() {
        let integrity = match integrity {
            Integrity::Intact if !ingredient.failures.is_empty() => {
                let codes: Vec<&str> = ingredient.failures.iter().map(String::as_str).take(3).collect();
                findings.push(finding::MANIFEST_INGREDIENT.finding().arg("reason", codes.join("; ")).at(site.clone()));
                Integrity::Broken
            }
            other => other,
        };
        let intact = integrity == Integrity::Intact;
        let key = key.filter(|_| intact).map(|key| match key {
            Key::Trusted if !ingredient.trusted => Key::Embedded,
            other => other,
        });
        let said = origin::Said::from(ingredient);
        evidence.push(Evidence {
            integrity,
            key,
            bound: intact.then_some(Bound::Content),
            source_type,
            signer: ingredient.signer.clone(),
            stated: origin::stated(said),
            signals: origin::signals(said),
            ..bare(CarrierKind::C2paIngredient, site.clone(), claim)
        });
        if number == 0 && active != Claim::Ai {
            let how = match ingredient.relationship {
                _ if ingredient.model => &reason::INGREDIENT_MODEL,
                Relationship::ParentOf => &reason::INGREDIENT_PARENT,
                Relationship::ComponentOf => &reason::INGREDIENT_COMPONENT,
                Relationship::InputTo => &reason::INGREDIENT_INPUT,
            };
            findings.push(finding::MANIFEST_HISTORY.finding().because("relation", how).at(site.clone()));
        }
    }
}

/// What an ingredient states about AI, if anything. What a process only read, and a model that it
/// used, make the content suspected.
fn of_ingredient(ingredient: &Ingredient) -> Option<(Claim, Option<String>)> {
    let (claim, source_type) = origin::claim(ingredient.into(), ingredient.digital_source_type.as_deref());
    match (claim, ingredient.relationship) {
        (Claim::Ai, Relationship::InputTo) => Some((Claim::SuspectedAi, source_type)),
        (Claim::Ai, _) => Some((Claim::Ai, source_type)),
        _ => ingredient.model.then_some((Claim::SuspectedAi, None)),
    }
}

/// Metadata under a manifest that was not checked may be protected or not.
fn unchecked(evidence: &mut [Evidence]) {
    for covered in evidence {
        covered.integrity = Integrity::NotChecked;
    }
}

/// A label that names one signer's certificate, in a file that another signed: whoever holds the
/// file can replace a manifest by his own. With a parent manifest it is how platforms sign on.
fn other_signer(
    reading: &ManifestReading,
    signer: Option<&Signer>,
    evidence: &[Evidence],
    findings: &mut Vec<Finding>,
) {
    let Some(print) = signer.and_then(|s| s.certificate_sha256.as_deref()) else { return };
    if reading.ingredients > 0 {
        return;
    }
    for label in evidence {
        let marker = label.label.as_ref().and_then(|l| l.reserved_code1.strip_prefix(SIGNED_MARKER));
        if marker.is_some_and(|named| !named.eq_ignore_ascii_case(print)) {
            findings.push(finding::MANIFEST_OTHER.finding().at(label.site.clone()));
        }
    }
}

fn record(reading: &ManifestReading, limits: &Limits) -> Option<Record> {
    let data = &reading.assertions.iter().find(|a| a.label == ASSERTION)?.data;
    let text = data.get("aigc")?.to_string();
    let aigc = crate::label::aigc::parse(text.as_bytes(), limits).ok()?.aigc;
    let essence = data.get("essence").and_then(|e| e.get("hash")).and_then(Value::as_str).map(str::to_owned);
    Some(Record { aigc, essence })
}

fn standing(reading: &ManifestReading) -> (Integrity, Option<Key>) {
    match reading.state {
        ManifestState::Trusted => (Integrity::Intact, Some(Key::Trusted)),
        ManifestState::Valid => (Integrity::Intact, Some(Key::Embedded)),
        ManifestState::Remote => (Integrity::NotChecked, None),
        ManifestState::Invalid => {
            let only_expired = reading.expired()
                && reading
                    .failures()
                    .all(|f| f.code.starts_with("signingCredential.") || f.code == "claimSignature.outsideValidity");
            if only_expired { (Integrity::Intact, Some(Key::Expired)) } else { (Integrity::Broken, None) }
        }
    }
}

fn judge(
    (reading, abuse): (&ManifestReading, bool),
    signed: Option<&Record>,
    essence: &str,
    collected: &Collected,
    site: &Site,
    findings: &mut Vec<Finding>,
) {
    let mut push = |finding: Finding| findings.push(finding.at(site.clone()));
    if reading.expired() {
        push(finding::MANIFEST_EXPIRED.finding());
    }
    let (integrity, _) = standing(reading);
    if reading.state == ManifestState::Remote {
        push(finding::MANIFEST_REMOTE.finding());
        return;
    }
    let explain = |pick: &dyn Fn(&str) -> bool| -> String {
        let chosen: Vec<String> = reading
            .failures()
            .filter(|f| pick(&f.code))
            .map(|f| f.explanation.clone().unwrap_or_else(|| f.code.clone()))
            .take(3)
            .collect();
        chosen.join("; ")
    };
    let labels: Vec<&Aigc> =
        collected.metadata.labels.iter().filter_map(|l| l.parsed.as_ref().ok().map(|p| &p.aigc)).collect();
    let mut differs = false;
    let mut lost = false;
    if let Some(signed) = signed {
        let mut fields: Vec<&str> = labels.iter().flat_map(|l| aigc::differing(l, &signed.aigc)).collect();
        fields.sort_unstable();
        fields.dedup();
        differs = !fields.is_empty();
        lost = collected.metadata.labels.is_empty();
        if differs {
            push(finding::MANIFEST_LABEL.finding().arg("fields", fields.join(", ")));
        }
        if lost {
            push(finding::MANIFEST_LABEL_LOST.finding());
        }
    }
    if integrity == Integrity::Intact && signed.and_then(|s| s.essence.as_deref()).is_some_and(|hash| hash != essence) {
        push(finding::MANIFEST_CONTENT.finding());
    }
    if integrity == Integrity::Intact && abuse {
        push(finding::MANIFEST_EXCLUSION.finding().because("reason", &reason::MORE_EXCLUSIONS));
        return;
    }
    if integrity == Integrity::Intact {
        return;
    }
    let before = findings.len();
    let mut push = |finding: Finding| findings.push(finding.at(site.clone()));
    if reading.signature_broken() {
        push(finding::MANIFEST_SIGNATURE.finding().arg("reason", explain(&|c| c.starts_with("claim"))));
    }
    if reading.assertion_tampered() {
        let reason = explain(&|c| c.starts_with("assertion.") && !c.ends_with("Hash.mismatch"));
        push(finding::MANIFEST_ASSERTION.finding().arg("reason", reason));
    }
    if abuse {
        push(finding::MANIFEST_EXCLUSION.finding().arg("reason", explain(&|c| c.contains("Hash"))));
    }
    if reading.hash_mismatch() || (abuse && signed.is_some()) {
        let same = signed.and_then(|s| s.essence.as_deref()).map(|hash| hash == essence);
        match same {
            Some(true) => push(finding::MANIFEST_METADATA.finding()),
            Some(false) if differs || lost => push(finding::MANIFEST_TRANSPLANTED.finding()),
            Some(false) => push(finding::MANIFEST_CONTENT.finding()),
            None => push(finding::MANIFEST_HASH.finding()),
        }
    }
    if reading.ingredient_broken() {
        let codes: Vec<&str> = reading.codes.iter().filter(|c| c.ingredient).map(|c| c.code.as_str()).take(3).collect();
        push(finding::MANIFEST_INGREDIENT.finding().arg("reason", codes.join("; ")));
    }
    if findings.len() == before {
        let reason = explain(&|_| true);
        let rule =
            if reading.active_label.is_none() { &finding::MANIFEST_UNREADABLE } else { &finding::MANIFEST_INVALID };
        findings.push(rule.finding().arg("reason", reason).at(site.clone()));
    }
}
