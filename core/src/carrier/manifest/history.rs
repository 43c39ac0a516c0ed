//! Manifests of what the content was made from: the ingredients, and their ingredients in turn.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use super::TEXT_MAX;
use super::read::{Action, Assertion, ITEMS_MAX, actions, assertions, signer};
use crate::report::Signer;
use crate::sign::cap;

/// How content relates to an ingredient (C2PA 2.4 section 18.16), the closest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relationship {
    /// The content is a later version of it.
    ParentOf,
    /// It was put into the content.
    ComponentOf,
    /// A process that made or changed the content read it.
    InputTo,
}

/// One thing that the content was made from, with what its manifest states.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[non_exhaustive]
pub struct Ingredient {
    /// The loosest relation on the way from the content to it.
    pub relationship: Relationship,
    /// Steps from the active manifest, from 1.
    pub depth: u32,
    /// Label of its manifest; `None` if it came without one.
    pub manifest: Option<String>,
    /// Source type that the ingredient's own assertion gives.
    pub digital_source_type: Option<String>,
    /// Whether it is an AI model (C2PA 2.4, asset type `c2pa.types.model`).
    pub model: bool,
    /// Who signed its manifest.
    pub signer: Option<Signer>,
    /// Whether the signer's certificate leads to an anchor.
    pub trusted: bool,
    /// Codes of what did not hold when it was taken over, or does not now. An untrusted or expired
    /// certificate is none.
    pub failures: Vec<String>,
    /// Actions of its manifest.
    pub actions: Vec<Action>,
    /// Assertions of its manifest that tell how it was made.
    pub assertions: Vec<Assertion>,
}

/// Everything that the active manifest reaches, each manifest once, by its closest relation; at most
/// 256.
pub(super) fn history(reader: &c2pa::Reader) -> Vec<Ingredient> {
    let mut out = Vec::new();
    let Some(active) = reader.active_label() else { return out };
    let mut seen: HashSet<&str> = HashSet::from([active]);
    // Taken in order, so that a manifest is first met by its closest relation.
    let mut open: BTreeSet<(Relationship, u32, &str)> = BTreeSet::from([(Relationship::ParentOf, 0, active)]);
    while let Some((way, depth, label)) = open.pop_first() {
        let Some(manifest) = reader.get_manifest(label) else { continue };
        if depth > 0 && !seen.insert(label) {
            continue;
        }
        let depth = depth.saturating_add(1);
        for ingredient in manifest.ingredients() {
            if out.len() >= ITEMS_MAX {
                return out;
            }
            let relationship = way.max(relationship(ingredient.relationship()));
            let label = ingredient.active_manifest();
            if let Some(label) = label {
                if seen.contains(label) {
                    continue;
                }
                open.insert((relationship, depth, label));
            }
            out.push(read(reader, ingredient, relationship, depth));
        }
    }
    // The same manifest may have been met by a looser relation before.
    out.sort_by_key(|i| (i.relationship, i.depth));
    let mut told = HashSet::new();
    out.retain(|i| i.manifest.as_ref().is_none_or(|label| told.insert(label.clone())));
    out
}

const fn relationship(of: &c2pa::Relationship) -> Relationship {
    match of {
        c2pa::Relationship::ParentOf => Relationship::ParentOf,
        c2pa::Relationship::ComponentOf => Relationship::ComponentOf,
        c2pa::Relationship::InputTo => Relationship::InputTo,
    }
}

fn read(reader: &c2pa::Reader, ingredient: &c2pa::Ingredient, relationship: Relationship, depth: u32) -> Ingredient {
    let label = ingredient.active_manifest();
    let manifest = label.and_then(|label| reader.get_manifest(label));
    let codes = Codes { reader, ingredient, label };
    let source_type = ingredient.digital_source_type().and_then(|t| serde_json::to_value(t).ok());
    let model = |kind: &c2pa::assertions::AssetType| kind.asset_type.starts_with("c2pa.types.model");
    Ingredient {
        relationship,
        depth,
        manifest: label.map(|label| cap(label, TEXT_MAX)),
        digital_source_type: source_type.as_ref().and_then(Value::as_str).map(|t| cap(t, TEXT_MAX)),
        model: ingredient.data_types().is_some_and(|kinds| kinds.iter().any(model)),
        signer: manifest.and_then(|m| m.signature_info()).map(signer),
        trusted: codes.trusted(),
        failures: codes.failures(label.is_some() && manifest.is_none()),
        actions: manifest.map(actions).unwrap_or_default(),
        assertions: manifest
            .map(|m| {
                assertions(m, &|label| label.starts_with("c2pa.actions") || label.starts_with("c2pa.ai-disclosure"))
            })
            .unwrap_or_default(),
    }
}

/// What validation found about one ingredient, then and now.
struct Codes<'r> {
    reader: &'r c2pa::Reader,
    ingredient: &'r c2pa::Ingredient,
    label: Option<&'r str>,
}

impl Codes<'_> {
    fn failures(&self, gone: bool) -> Vec<String> {
        let breaks = |code: &str| !code.starts_with("signingCredential.") && code != "claimSignature.outsideValidity";
        let recorded = self.ingredient.validation_results().and_then(|r| r.active_manifest());
        // The older list does not tell failures from successes, except by their names.
        let old = self.ingredient.validation_status().into_iter().flatten().filter(|s| !is_success(s.code()));
        let then = recorded.into_iter().flat_map(|codes| codes.failure()).chain(old);
        let now = self.deltas().flat_map(|codes| codes.failure()).filter(|s| self.about(s.url()));
        let codes: BTreeSet<&str> =
            then.chain(now).map(|status| status.code()).filter(|code| breaks(code)).take(ITEMS_MAX).collect();
        let missing = gone.then_some("ingredient.manifest.missing");
        codes.into_iter().chain(missing).map(|code| cap(code, TEXT_MAX)).collect()
    }

    fn trusted(&self) -> bool {
        let own = self.reader.validation_results().and_then(|r| r.active_manifest());
        let recorded = own.into_iter().chain(self.deltas());
        recorded
            .flat_map(|codes| codes.success())
            .any(|s| s.code() == "signingCredential.trusted" && self.about(s.url()))
    }

    fn deltas(&self) -> impl Iterator<Item = &c2pa::validation_results::StatusCodes> {
        let all = self.reader.validation_results().and_then(|r| r.ingredient_deltas());
        all.into_iter().flatten().map(|delta| delta.validation_deltas())
    }

    /// Whether an address lies in the ingredient's manifest.
    fn about(&self, url: Option<&str>) -> bool {
        matches!((self.label, url), (Some(label), Some(url)) if url.split('/').any(|part| part == label))
    }
}

/// Success and informational codes of C2PA 2.4 section 15.2, by their form.
fn is_success(code: &str) -> bool {
    const ENDS: [&str; 5] = [".validated", ".match", ".trusted", ".insideValidity", ".accessible"];
    code.starts_with("timeStamp.") || ENDS.iter().any(|end| code.ends_with(end))
}
