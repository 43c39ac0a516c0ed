//! What a manifest states about the origin of the content, and the signals of its actions.
//!
//! Only values that name programs, models, times and numbers are taken over; prompts and names of
//! people are not.

use serde_json::Value;

use crate::carrier::iptc;
use crate::carrier::manifest::{Action, Assertion, Ingredient, ManifestReading};
use crate::label::source_type::{AiMeaning, SourceType};
use crate::report::{Claim, Stated};

/// What one manifest says, the active one's or an ingredient's.
#[derive(Clone, Copy)]
pub(super) struct Said<'m> {
    /// Name of the manifest.
    pub(super) manifest: Option<&'m str>,
    pub(super) actions: &'m [Action],
    pub(super) assertions: &'m [Assertion],
}

impl<'m> From<&'m ManifestReading> for Said<'m> {
    fn from(of: &'m ManifestReading) -> Self {
        Self { manifest: of.active_label.as_deref(), actions: &of.actions, assertions: &of.assertions }
    }
}

impl<'m> From<&'m Ingredient> for Said<'m> {
    fn from(of: &'m Ingredient) -> Self {
        Self { manifest: of.manifest.as_deref(), actions: &of.actions, assertions: &of.assertions }
    }
}

/// What is said about how the content was made: any statement about AI wins over any other. A
/// disclosure of the model that was used is one (C2PA 2.4 section 18.28; that it says so of the whole
/// content is inferred).
pub(super) fn claim(said: Said<'_>, own: Option<&str>) -> (Claim, Option<String>) {
    let types = || said.actions.iter().filter_map(|a| a.digital_source_type.as_deref()).chain(own);
    let first = |wanted| types().find(|t| iptc::claim(SourceType::meaning_of(t)) == wanted).map(str::to_owned);
    let discloses = data(said, "c2pa.ai-disclosure").next().is_some();
    match (first(Claim::Ai), first(Claim::NotAi)) {
        (Some(ai), _) => (Claim::Ai, Some(ai)),
        (None, _) if discloses => (Claim::Ai, None),
        (None, Some(other)) => (Claim::NotAi, Some(other)),
        (None, None) if said.manifest.is_none() => (Claim::Unclear, None),
        (None, None) => (Claim::Silent, types().next().map(str::to_owned)),
    }
}

/// Longest value that is taken over, in characters.
const TEXT_MAX: usize = 1024;

/// The origin, from the action that made the content by AI, or else the first action that names a
/// program; and from `c2pa.ai-disclosure`.
///
/// - `system`, `system_version`: `softwareAgent`, else `modelName` of the disclosure (or its
///   `modelIdentifier`). The claim generator is not taken for it: it made the claim, and often is
///   a library or a labelling tool.
/// - `provider`: never; the certificate names an organisation, which need not be the provider.
/// - `time`: `when` of the action.
/// - `unique_id`: the name of the active manifest (that it serves as the number of the content is
///   inferred).
/// - `oversight`: `contentProfile.humanOversightLevel` of the disclosure.
pub(super) fn stated(said: Said<'_>) -> Option<Stated> {
    said.manifest?;
    let action = maker(said);
    let agent = action.and_then(|(list, action)| agent(list, action));
    let disclosure = data(said, "c2pa.ai-disclosure").next();
    let told = |key: &str| disclosure.and_then(|d| text(d.get(key)));
    let (system, system_version) = match agent {
        Some((name, version)) => (Some(name), version),
        None => (told("modelName").or_else(|| told("modelIdentifier")), None),
    };
    let profile = disclosure.and_then(|d| d.get("contentProfile"));
    Some(Stated {
        provider: None,
        system,
        system_version,
        time: action.and_then(|(_, action)| text(action.get("when"))),
        unique_id: said.manifest.map(str::to_owned),
        oversight: profile.and_then(|p| text(p.get("humanOversightLevel"))),
    })
}

/// The signals of a manifest's own actions, each once, by the names of the C2PA asset
/// rubrics without their prefix.
///
/// Inception, by the source type of `c2pa.created`: `blankCanvas`, `capturedMedia`,
/// `capturedMediaStitched`, `compositionMayContainGenAI`, `fullyGenAIMedia`,
/// `nonGenAIDigitalCreation`, `partlyGenAICreation`, `screenCaptureMayContainGenAI`.
/// Transformation, by that of any other action: `perceptibleGenAI`. Those of an ingredient are
/// told with the ingredient; lists of mechanical actions are not.
pub(super) fn signals(said: Said<'_>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for action in said.actions {
        let Some(term) = action.digital_source_type.as_deref().and_then(|t| SourceType::read(t).source_type) else {
            continue;
        };
        let name = if action.action == "c2pa.created" { inception(term) } else { transformation(term) };
        if let Some(name) = name.filter(|name| !out.iter().any(|known| known == name)) {
            out.push(name.to_owned());
        }
    }
    out
}

const fn inception(term: SourceType) -> Option<&'static str> {
    Some(match term {
        SourceType::Empty => "blankCanvas",
        SourceType::DigitalCapture | SourceType::ComputationalCapture => "capturedMedia",
        SourceType::CompositeCapture => "capturedMediaStitched",
        SourceType::Composite => "compositionMayContainGenAI",
        SourceType::TrainedAlgorithmicMedia => "fullyGenAIMedia",
        SourceType::DigitalCreation => "nonGenAIDigitalCreation",
        SourceType::CompositeWithTrainedAlgorithmicMedia => "partlyGenAICreation",
        SourceType::ScreenCapture => "screenCaptureMayContainGenAI",
        _ => return None,
    })
}

const fn transformation(term: SourceType) -> Option<&'static str> {
    match term.ai_meaning() {
        AiMeaning::Generated | AiMeaning::PartlyGenerated => Some("perceptibleGenAI"),
        _ => None,
    }
}

/// Contents of the assertions of a kind, whatever their version and number.
fn data<'a>(said: Said<'a>, kind: &'a str) -> impl Iterator<Item = &'a Value> {
    said.assertions.iter().filter(move |a| a.label.starts_with(kind)).map(|a| &a.data)
}

/// The action that says how the content was made, with the assertion that it stands in.
fn maker(said: Said<'_>) -> Option<(&Value, &Value)> {
    let all = || {
        data(said, "c2pa.actions").flat_map(|list| {
            list.get("actions").and_then(Value::as_array).into_iter().flatten().map(move |a| (list, a))
        })
    };
    let is_ai = |action: &Value| {
        let term = action.get("digitalSourceType").and_then(Value::as_str);
        let meaning = term.map_or(AiMeaning::Unknown, SourceType::meaning_of);
        matches!(meaning, AiMeaning::Generated | AiMeaning::PartlyGenerated)
    };
    all().find(|(_, action)| is_ai(action)).or_else(|| all().find(|(list, action)| agent(list, action).is_some()))
}

/// Name and version of the program that an action names, in itself or in the list beside it.
fn agent(list: &Value, action: &Value) -> Option<(String, Option<String>)> {
    let index = || usize::try_from(action.get("softwareAgentIndex")?.as_u64()?).ok();
    let agent = match action.get("softwareAgent") {
        Some(agent) => agent,
        None => list.get("softwareAgents")?.get(index()?)?,
    };
    match agent {
        Value::String(_) => Some((text(Some(agent))?, None)),
        _ => Some((text(agent.get("name"))?, text(agent.get("version")))),
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = value?.as_str()?.trim();
    (!text.is_empty()).then(|| text.chars().take(TEXT_MAX).collect())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    /// A reading with this content of `c2pa.actions.v2` and of `c2pa.ai-disclosure`.
    fn reading(actions: &Value, disclosure: Option<Value>) -> ManifestReading {
        let list = actions["actions"].as_array().unwrap().iter().map(|a| {
            json!({
                "action": a["action"], "digital_source_type": a.get("digitalSourceType"),
                "software_agent": null, "when": a.get("when"),
            })
        });
        let mut assertions = vec![json!({ "label": "c2pa.actions.v2", "created": true, "data": actions })];
        assertions.extend(disclosure.map(|d| json!({ "label": "c2pa.ai-disclosure", "created": true, "data": d })));
        serde_json::from_value(json!({
            "state": "valid", "active_label": "urn:c2pa:1", "signer": null, "codes": [],
            "actions": list.collect::<Vec<_>>(), "assertions": assertions, "claim_generator": "tool 1",
            "ingredients": 0, "remote_url": null, "binding": null,
        }))
        .unwrap()
    }

    fn created(term: &str) -> Value {
        json!({ "actions": [{ "action": "c2pa.created", "digitalSourceType": term }] })
    }

    #[test]
    fn signals_follow_the_source_type_of_each_action() {
        for (term, signal) in [
            ("trainedAlgorithmicMedia", Some("fullyGenAIMedia")),
            ("compositeWithTrainedAlgorithmicMedia", Some("partlyGenAICreation")),
            ("composite", Some("compositionMayContainGenAI")),
            ("digitalCapture", Some("capturedMedia")),
            ("computationalCapture", Some("capturedMedia")),
            ("compositeCapture", Some("capturedMediaStitched")),
            ("digitalCreation", Some("nonGenAIDigitalCreation")),
            ("screenCapture", Some("screenCaptureMayContainGenAI")),
            ("http://c2pa.org/digitalsourcetype/empty", Some("blankCanvas")),
            ("compositeSynthetic", None),
            ("nonsense", None),
        ] {
            assert_eq!(signals((&reading(&created(term), None)).into()), Vec::from_iter(signal), "{term}");
        }
        let edit = |term: &str| {
            json!({ "actions": [
                { "action": "c2pa.created", "digitalSourceType": "digitalCapture" },
                { "action": "c2pa.edited", "digitalSourceType": term },
                { "action": "c2pa.edited", "digitalSourceType": term },
            ] })
        };
        let of = |term| signals((&reading(&edit(term), None)).into());
        assert_eq!(of("compositeSynthetic"), ["capturedMedia", "perceptibleGenAI"]);
        assert_eq!(of("humanEdits"), ["capturedMedia"]);
    }

    #[test]
    fn any_statement_about_ai_wins_and_a_disclosure_is_one() {
        let camera = created("digitalCapture");
        let model = || Some(json!({ "modelType": "c2pa.types.model" }));
        let of = |actions: &Value, disclosure, own| claim((&reading(actions, disclosure)).into(), own).0;
        assert_eq!(of(&camera, None, None), Claim::NotAi);
        assert_eq!(of(&camera, model(), None), Claim::Ai);
        assert_eq!(of(&json!({ "actions": [{ "action": "c2pa.created" }] }), model(), None), Claim::Ai);
        assert_eq!(of(&json!({ "actions": [{ "action": "c2pa.created" }] }), None, None), Claim::Silent);
        assert_eq!(of(&camera, None, Some("trainedAlgorithmicMedia")), Claim::Ai);
    }

    #[test]
    fn the_action_that_made_the_content_names_the_system() {
        let actions = json!({
            "softwareAgents": [{ "name": "Editor" }, { "name": "Model", "version": "4" }],
            "actions": [
                { "action": "c2pa.opened", "softwareAgentIndex": 0, "when": "2025-01-01T00:00:00Z" },
                { "action": "c2pa.edited", "digitalSourceType": "trainedAlgorithmicMedia", "softwareAgentIndex": 1,
                  "when": "2026-01-01T00:00:00Z" },
            ],
        });
        let got = stated((&reading(&actions, None)).into()).unwrap();
        assert_eq!((got.system.as_deref(), got.system_version.as_deref()), (Some("Model"), Some("4")));
        assert_eq!(got.time.as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(got.unique_id.as_deref(), Some("urn:c2pa:1"));
        assert_eq!(got.provider, None);
        let text = json!({ "actions": [{ "action": "c2pa.created", "softwareAgent": " Model 4 " }] });
        assert_eq!(stated((&reading(&text, None)).into()).unwrap().system.as_deref(), Some("Model 4"));
    }

    #[test]
    fn the_disclosure_names_the_model_and_the_claim_generator_is_no_system() {
        let actions = created("trainedAlgorithmicMedia");
        assert_eq!(stated((&reading(&actions, None)).into()).unwrap().system, None);
        let disclosure = json!({
            "modelType": "c2pa.types.model", "modelName": "Model",
            "contentProfile": { "humanOversightLevel": "reviewed" },
        });
        let got = stated((&reading(&actions, Some(disclosure))).into()).unwrap();
        assert_eq!((got.system.as_deref(), got.oversight.as_deref()), (Some("Model"), Some("reviewed")));
        let mut gone = reading(&actions, None);
        gone.active_label = None;
        assert_eq!(stated((&gone).into()), None);
    }
}
