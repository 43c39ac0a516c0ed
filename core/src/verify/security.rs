//! What the protection data of labels is worth (TC260-PG-202511A): whether it fits the label, whose
//! key it was made with, and whether it is tied to this content.

use crate::codec;
use crate::container::content::{ContentAlg, RULE, content_hash};
use crate::error::{Error, Problem, Result};
use crate::finding::{self, Finding, Rule};
use crate::hex::hex;
use crate::label::Aigc;
use crate::label::aigc::Key as Field;
use crate::label::security::{Binding, BindingKind, Checked, HashAlg, Outcome, check as judged, phash};
use crate::limits::Limits;
use crate::message::reason;
use crate::report::{Bound, CarrierKind, Evidence, Integrity, Key, Signer};
use crate::source::{ReadSeek, Source};
use crate::trust::TrustStore;
use crate::verify::Collected;

/// What the two fields of one label come to.
#[derive(Debug, Clone, Default)]
struct Standing {
    integrity: Option<Integrity>,
    key: Option<Key>,
    bound: Option<Bound>,
    dialect: Option<String>,
    signer: Option<Signer>,
    /// The fields that the signature behind `integrity` covers.
    covers: Vec<Field>,
    findings: Vec<Finding>,
}

impl Standing {
    /// Notes that the signature in `field` does not hold. A platform's says nothing against what the
    /// producer signed.
    fn broken(&mut self, field: Field) {
        if field == Field::ReservedCode1 || self.integrity != Some(Integrity::Intact) {
            self.integrity = Some(Integrity::Broken);
        }
    }

    /// Says which fields stand unsigned in a label whose signature holds. On first writing the
    /// propagator's repeat the producer's.
    fn partial(&mut self, aigc: &Aigc) {
        if self.integrity != Some(Integrity::Intact) {
            return;
        }
        let repeated = aigc.content_propagator == aigc.content_producer && aigc.propagate_id == aigc.produce_id;
        let stated = |field: &Field| match field {
            Field::ReservedCode1 | Field::ReservedCode2 => false,
            Field::ContentPropagator | Field::PropagateId => !repeated && !aigc.get(*field).is_empty(),
            _ => !aigc.get(*field).is_empty(),
        };
        let open: Vec<&str> =
            Field::ALL.into_iter().filter(stated).filter(|f| !self.covers.contains(f)).map(Field::name).collect();
        if !open.is_empty() {
            self.findings.push(finding::SIGNATURE_PARTIAL.finding().arg("fields", open.join(", ")));
        }
    }
}

/// Adds what the protection data says to the evidence of each label. Runs behind the manifest: a
/// label that its own signature denies is broken, whoever signed the file around it.
pub(super) fn check(
    source: &mut dyn ReadSeek,
    collected: &Collected,
    trust: Option<&TrustStore>,
    limits: &Limits,
    evidence: &mut [Evidence],
    findings: &mut Vec<Finding>,
) -> Result<()> {
    let mut known: Vec<(&Aigc, Standing)> = Vec::new();
    let labels = collected.metadata.labels.iter();
    let items = evidence.iter_mut().filter(|e| e.carrier == CarrierKind::AigcMetadata);
    for (label, item) in labels.zip(items) {
        let Ok(parsed) = &label.parsed else { continue };
        let standing = match known.iter().find(|(aigc, _)| **aigc == parsed.aigc) {
            Some((_, standing)) => standing.clone(),
            None => {
                let mut case = Case { source, collected, trust, limits };
                let standing = case.standing(&parsed.aigc)?;
                known.push((&parsed.aigc, standing.clone()));
                standing
            }
        };
        findings.extend(standing.findings.iter().map(|found| found.clone().at(label.site.clone())));
        apply(standing, item);
    }
    Ok(())
}

fn apply(standing: Standing, item: &mut Evidence) {
    // A key that is trusted counts before one that the file brings along.
    let vouched = |key: Option<Key>| matches!(key, Some(Key::Trusted | Key::Pinned));
    let open = matches!(item.integrity, Integrity::Absent | Integrity::NotChecked)
        || (item.integrity == Integrity::Intact && !vouched(item.key) && vouched(standing.key));
    match standing.integrity {
        Some(Integrity::Broken) => {
            item.integrity = Integrity::Broken;
            item.key = None;
            item.bound = None;
        }
        Some(Integrity::Intact) if open => {
            item.integrity = Integrity::Intact;
            item.key = standing.key;
            item.bound = standing.bound;
            item.signer = standing.signer;
        }
        Some(other @ (Integrity::Unsupported | Integrity::NotChecked)) if item.integrity == Integrity::Absent => {
            item.integrity = other;
        }
        _ => {}
    }
    item.dialect = standing.dialect;
}

/// What the bindings of a label come to.
enum Tie {
    To(Bound),
    /// Other content.
    Elsewhere,
    /// There is one that can't be compared here.
    Unknown,
}

struct Case<'c> {
    source: &'c mut dyn ReadSeek,
    collected: &'c Collected,
    trust: Option<&'c TrustStore>,
    limits: &'c Limits,
}

impl Case<'_> {
    fn standing(&mut self, aigc: &Aigc) -> Result<Standing> {
        let mut out = Standing::default();
        for field in [Field::ReservedCode1, Field::ReservedCode2] {
            let none = TrustStore::default();
            let trust = self.trust.unwrap_or(&none);
            let checked = judged(aigc, field, &|key| trust.is_pinned(key), trust.pinned_keys(), self.limits);
            self.weigh(field, &checked, &mut out)?;
        }
        out.partial(aigc);
        Ok(out)
    }

    fn weigh(&mut self, field: Field, checked: &Checked, out: &mut Standing) -> Result<()> {
        let say = |rule: &'static Rule| rule.finding().arg("key", field);
        for oddity in &checked.oddities {
            out.findings.push(say(&finding::SIGNATURE_FORM).because("reason", oddity.problem()));
        }
        if let (Some(dialect), None) = (checked.dialect, &out.dialect) {
            out.dialect = Some(dialect.to_owned());
        }
        match &checked.outcome {
            Outcome::Absent => {}
            Outcome::Opaque => out.findings.push(say(&finding::SIGNATURE_OPAQUE)),
            Outcome::Broken(why) => {
                out.findings.push(say(&finding::SIGNATURE_BROKEN).because("reason", why.clone()));
                out.broken(field);
            }
            Outcome::Unsupported(why) => {
                out.findings.push(say(&finding::SIGNATURE_UNSUPPORTED).because("reason", why.clone()));
                out.integrity.get_or_insert(Integrity::Unsupported);
            }
            Outcome::Intact => self.intact(field, checked, out)?,
        }
        Ok(())
    }

    fn intact(&mut self, field: Field, checked: &Checked, out: &mut Standing) -> Result<()> {
        let say = |rule: &'static Rule| rule.finding().arg("key", field);
        // Readers differ in what they take a damaged file for.
        if self.collected.map.damaged {
            out.findings.push(say(&finding::SIGNATURE_NOT_COMPARED).because("reason", &reason::FILE_DAMAGED));
            out.integrity.get_or_insert(Integrity::NotChecked);
            return Ok(());
        }
        let bound = match self.bound(field, &checked.bindings, &mut out.findings)? {
            Tie::To(bound) => bound,
            Tie::Elsewhere => {
                out.broken(field);
                return Ok(());
            }
            // A tie is there, and whether it holds can't be told.
            Tie::Unknown => {
                out.integrity.get_or_insert(Integrity::NotChecked);
                return Ok(());
            }
        };
        if bound == Bound::Nothing {
            out.findings.push(say(&finding::SIGNATURE_NOT_BOUND));
        }
        if !checked.pinned {
            out.findings.push(say(&finding::SIGNATURE_KEY));
        }
        let key = if checked.pinned { Key::Pinned } else { Key::Embedded };
        // Of two that hold, the producer's counts, unless the platform's alone is pinned.
        let better = match out.integrity {
            Some(Integrity::Broken) => false,
            Some(Integrity::Intact) => key == Key::Pinned && out.key != Some(Key::Pinned),
            _ => true,
        };
        if better {
            out.integrity = Some(Integrity::Intact);
            out.key = Some(key);
            // Nobody vouches for a statement that the signature leaves out.
            out.bound = checked.covers.contains(&Field::Label).then_some(bound);
            out.covers.clone_from(&checked.covers);
            out.dialect = checked.dialect.map(str::to_owned);
            out.signer = checked.key.as_ref().map(|key| Signer {
                algorithm: Some(format!("{:?}", key.algorithm()).to_uppercase()),
                public_key_sha256: Some(key.sha256()),
                ..Signer::default()
            });
        }
        Ok(())
    }

    /// What ties the label to this content.
    fn bound(&mut self, field: Field, bindings: &[Binding], findings: &mut Vec<Finding>) -> Result<Tie> {
        let mut best = Bound::Nothing;
        let (mut denied, mut unknown) = (false, false);
        for binding in bindings {
            let say = |rule: &'static Rule| rule.finding().arg("key", field);
            let mut open = |why: Problem| findings.push(say(&finding::SIGNATURE_NOT_COMPARED).because("reason", why));
            match &binding.kind {
                _ if !binding.signed => open(reason::BINDING_UNSIGNED.problem()),
                BindingKind::ContentHash { rule, alg } if rule == RULE => match self.content(*alg) {
                    Ok(here) if here == binding.value.to_ascii_lowercase() => best = Bound::Content,
                    Ok(_) => {
                        findings.push(say(&finding::SIGNATURE_CONTENT));
                        denied = true;
                    }
                    Err(error @ (Error::Io { .. } | Error::Limit(_) | Error::Internal(_))) => return Err(error),
                    Err(error) if error.is_of_build() => return Err(error),
                    Err(error) => {
                        open(error.into());
                        unknown = true;
                    }
                },
                BindingKind::ContentHash { rule, .. } => open(reason::RULE_UNKNOWN.with("rule", rule)),
                BindingKind::PerceptualHash => match (phash::from_hex(&binding.value), self.look()) {
                    (None, _) => open(reason::HASH_UNREADABLE.problem()),
                    (_, Err(error @ (Error::Io { .. } | Error::Internal(_)))) => return Err(error),
                    (_, Err(error)) if error.is_of_build() => return Err(error),
                    (_, Err(error)) => open(error.into()),
                    (Some(signed), Ok(here)) => {
                        let distance = phash::hamming(signed, here);
                        if distance > phash::SAME_MAX {
                            findings.push(say(&finding::SIGNATURE_PICTURE).arg("distance", distance));
                            denied = true;
                        } else if best == Bound::Nothing {
                            best = Bound::Picture;
                        }
                    }
                },
                _ => open(reason::RULE_UNKNOWN.with("rule", &binding.alg_id)),
            }
        }
        Ok(match (denied, unknown) {
            (true, _) => Tie::Elsewhere,
            (false, true) => Tie::Unknown,
            (false, false) => Tie::To(best),
        })
    }

    fn content(&mut self, alg: HashAlg) -> Result<String> {
        let alg = match alg {
            HashAlg::Sm3 => ContentAlg::Sm3,
            HashAlg::Sha256 => ContentAlg::Sha256,
        };
        let mut bounded = Source::new(&mut *self.source, self.limits)?;
        let row = self.collected.format.row();
        Ok(hex(&content_hash(row.container, &self.collected.map, &mut bounded, self.limits, alg)?))
    }

    /// The perceptual hash of the picture.
    #[cfg(not(feature = "look"))]
    fn look(&mut self) -> Result<u64> {
        Err(Error::Unsupported(crate::message::general::NO_LOOK.problem()))
    }

    /// The perceptual hash of the picture.
    #[cfg(feature = "look")]
    fn look(&mut self) -> Result<u64> {
        let (width, height, pixels) = codec::decode(self.collected.format, &mut *self.source, self.limits)?;
        let unread = || Error::Unsupported(reason::NO_PIXELS.problem());
        phash::phash(width, height, &pixels, 3).ok_or_else(unread)
    }
}
