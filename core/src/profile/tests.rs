#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::finding::{self, Finding, Severity, Site};
use crate::format::Modality;
use crate::label::Level;
use crate::notice::{Form, Perceived, Reader};
use crate::report::{
    Bound, CarrierKind, Claim, DutyKind, Evidence, Integrity, Key, LabelFields, LabelKind, Reason, Signer, Stated,
    Sure, Who,
};

mod cases;
mod duties;

const MODALITIES: [Modality; 5] =
    [Modality::Text, Modality::Image, Modality::Audio, Modality::Video, Modality::VirtualScene];
const STATUSES: [Status; 5] =
    [Status::Confirmed, Status::Possible, Status::Suspected, Status::Inconclusive, Status::None];

fn evidence(carrier: CarrierKind, claim: Claim, integrity: Integrity, key: Option<Key>) -> Evidence {
    Evidence { integrity, key, ..crate::verify::bare(carrier, Site::new("here", &(0..1)), claim) }
}

fn aigc() -> Evidence {
    let label = LabelFields {
        label: "1".into(),
        content_producer: "example".into(),
        produce_id: "n-1".into(),
        reserved_code1: String::new(),
        content_propagator: "example".into(),
        propagate_id: "n-1".into(),
        reserved_code2: String::new(),
    };
    Evidence { label: Some(label), ..evidence(CarrierKind::AigcMetadata, Claim::Ai, Integrity::Absent, None) }
}

/// A manifest with everything that any profile asks for.
fn manifest() -> Evidence {
    Evidence {
        source_type: Some("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia".into()),
        signer: Some(Signer {
            organization: Some("Example".into()),
            time: Some("2026-01-01T00:00:00Z".into()),
            ..Signer::default()
        }),
        stated: Some(Stated {
            system: Some("Model".into()),
            system_version: Some("1".into()),
            unique_id: Some("urn:c2pa:1".into()),
            ..Stated::default()
        }),
        bound: Some(Bound::Content),
        ..evidence(CarrierKind::C2paManifest, Claim::Ai, Integrity::Intact, Some(Key::Trusted))
    }
}

/// A notice as the strictest profile asks for it.
fn notice() -> Perceived {
    Perceived {
        form: Form::Picture,
        reader: Reader::Biaoshi,
        text: Some("AI生成\nAI-generated".into()),
        both_elements: true,
        at: None,
        rect: None,
        edge: Some(true),
        height_permille: Some(50),
        start_ms: Some(0),
        duration_ms: Some(2000),
    }
}

/// Evidence of a notice.
fn noticed(notice: Perceived) -> Evidence {
    Evidence {
        kind: LabelKind::Explicit,
        notice: Some(notice),
        ..evidence(CarrierKind::ExplicitNotice, Claim::SuspectedAi, Integrity::Absent, None)
    }
}

fn facts<'a>(evidence: &'a [Evidence], findings: &'a [Finding], modality: Modality) -> Facts<'a> {
    let statements: Vec<_> = evidence.iter().map(Evidence::statement).collect();
    Facts {
        evidence,
        findings,
        modality,
        status: crate::verify::decide(&statements, false),
        anchors: true,
        looked: Ok(()),
        sought: true,
    }
}

fn outcome(profile: Profile, evidence: &[Evidence], modality: Modality) -> Outcome {
    profile.judge(&facts(evidence, &[], modality)).outcome
}

#[test]
fn every_profile_loads_and_names_real_findings_and_keys() {
    for profile in Profile::ALL {
        let data = profile.data().unwrap_or_else(|| panic!("{profile} does not load"));
        let path = format!("{}/src/profile/{profile}.toml", env!("CARGO_MANIFEST_DIR"));
        let written: ProfileData = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        assert_eq!(*data, written, "`cargo xtask generate` makes the one of the other");
        assert_eq!(data.id, profile.id());
        assert_eq!(Profile::find(&data.id), Some(*profile));
        for row in &data.checks {
            for code in &row.findings {
                assert!(finding::find(code).is_some(), "{profile} {} names {code}", row.id);
            }
            let keys = ["Label", "ContentProducer", "ProduceID", "ContentPropagator", "PropagateID"];
            assert!(row.keys.iter().all(|key| keys.contains(&key.as_str())), "{}", row.id);
            assert_eq!(row.reason.is_some(), row.test == Test::NotCheckable, "{profile} {}", row.id);
            assert_eq!(row.field.is_some(), row.test == Test::Stated, "{profile} {}", row.id);
            assert!(row.test != Test::NoFindings || !row.findings.is_empty(), "{profile} {}", row.id);
            assert!(row.sure != Sure::Stated || !row.clause.contains("inferred") || row.clause.contains("number"));
        }
        let ids: BTreeSet<&str> = data.checks.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids.len(), data.checks.len(), "{profile} has a check twice");
        for level in [Level::Is, Level::Possible, Level::Suspected] {
            for language in ["zh-Hans", "zh-Hant", "en", "pt"] {
                assert!(data.wording(level, language).is_some(), "{profile} {language} {level:?}");
            }
        }
        for (profile, language) in [(Profile::KR, "ko"), (Profile::IN, "hi"), (Profile::VN, "vi")] {
            assert!(profile.data().unwrap().wording(Level::Is, language).is_some());
        }
    }
}

#[test]
fn file_names_are_ids_and_dates_are_dates() {
    let date = |text: &str| {
        let parts: Vec<&str> = text.split('-').collect();
        let lens: Vec<usize> = parts.iter().map(|p| p.len()).collect();
        assert!([&[4][..], &[4, 2], &[4, 2, 2]].contains(&lens.as_slice()), "{text}");
        assert!(parts.iter().all(|p| p.chars().all(|c| c.is_ascii_digit())), "{text}");
    };
    for data in Profile::ALL.iter().filter_map(|p| p.data()) {
        date(&data.in_force);
        date(&data.as_of);
        data.dates.iter().for_each(|row| date(&row.date));
        data.duties.iter().filter_map(|d| d.from.as_ref()).for_each(|from| date(from));
    }
}

#[test]
fn marks_of_a_notice_name_its_own_fields() {
    for data in Profile::ALL.iter().filter_map(|p| p.data()) {
        for (name, row) in data.explicit.rows() {
            let fields = serde_json::to_value(row).unwrap();
            for field in row.inferred.iter().chain(&row.unconfirmed) {
                assert!(fields.get(field).is_some(), "{} {name} has no field {field}", data.id);
            }
            assert!(row.min_height_ratio == 0.0 || (0.01..=1.0).contains(&row.min_height_ratio));
            assert!(row.min_contrast == 0.0 || (1.0..=21.0).contains(&row.min_contrast));
            assert_eq!(row.note_en.is_empty(), row.note_zh.is_empty(), "{} {name}", data.id);
        }
    }
    let sizes = |profile: Profile| {
        let rows = profile.data().unwrap().explicit.rows();
        rows.iter().any(|(_, r)| r.min_height_ratio > 0.0 || r.min_contrast > 0.0 || r.min_seconds.is_some())
    };
    assert!(sizes(Profile::CN_GB45438));
    for profile in Profile::ALL.iter().filter(|p| **p != Profile::CN_GB45438) {
        assert!(!sizes(*profile), "{profile}: no size, contrast or duration is known to us");
    }
}

#[test]
fn every_error_fails_a_check_of_china_and_every_error_of_a_manifest_one_of_every_profile() {
    for profile in Profile::ALL {
        let data = profile.data().unwrap();
        for rule in finding::ALL.iter().filter(|r| r.severity == Severity::Error) {
            let manifests = *profile == Profile::C2PA;
            let other = rule.code().starts_with("label.") || (manifests && rule.code().starts_with("signature."));
            let due = *profile == Profile::CN_GB45438 || !other;
            let named = data.checks.iter().any(|row| row.findings.iter().any(|code| code == rule.code()));
            assert!(named || !due, "{profile} lets {} pass", rule.code());
        }
    }
}

#[test]
fn rules_for_pictures_and_sound_ask_nothing_of_text() {
    for profile in [Profile::US_CA_SB942, Profile::IN, Profile::VN] {
        let (evidence, findings) = ([aigc(), manifest()], [finding::MANIFEST_HASH.finding()]);
        let verdict = profile.judge(&facts(&evidence, &findings, Modality::Text));
        assert_eq!(verdict.outcome, Outcome::NotApplicable, "{profile}");
        assert!(verdict.checks.iter().all(|c| c.result == CheckResult::NotApplicable), "{profile}");
        assert!(!verdict.checks.is_empty());
        assert!(profile.duties(&facts(&evidence, &findings, Modality::Text)).is_empty(), "{profile}");
        let verdict = profile.judge(&facts(&evidence, &findings, Modality::Image));
        assert_eq!(verdict.outcome, Outcome::Noncompliant, "{profile}");
    }
}

#[test]
fn a_check_of_another_kind_of_content_does_not_apply() {
    for profile in Profile::ALL {
        let data = profile.data().unwrap();
        for modality in MODALITIES {
            let evidence = [aigc(), manifest()];
            let verdict = profile.judge(&facts(&evidence, &[], modality));
            for (row, check) in data.checks.iter().zip(&verdict.checks) {
                let applies =
                    data.covers(modality) && (row.modalities.is_empty() || row.modalities.contains(&modality));
                if !applies {
                    assert_eq!(check.result, CheckResult::NotApplicable, "{profile} {} {modality:?}", row.id);
                } else if row.test == Test::NotCheckable {
                    assert_eq!(check.result, CheckResult::NotCheckable, "{profile} {} {modality:?}", row.id);
                }
            }
        }
    }
}

#[test]
fn outcomes_of_files_without_the_label_of_the_kind() {
    let iptc = evidence(CarrierKind::IptcSourceType, Claim::Ai, Integrity::Absent, None);
    let trace = evidence(CarrierKind::GeneratorTrace, Claim::SuspectedAi, Integrity::Absent, None);
    let camera = evidence(CarrierKind::IptcSourceType, Claim::NotAi, Integrity::Absent, None);
    let broken = evidence(CarrierKind::C2paManifest, Claim::Ai, Integrity::Broken, None);
    let unread = evidence(CarrierKind::AigcMetadata, Claim::Unclear, Integrity::Absent, None);
    let unchecked = evidence(CarrierKind::C2paManifest, Claim::Unclear, Integrity::NotChecked, None);
    use Outcome::{Inconclusive as I, Noncompliant as N, NotFound as F};
    // What is in the file; China, Korea (any mark), C2PA.
    let table: [(&str, Vec<Evidence>, [Outcome; 3]); 8] = [
        ("nothing", vec![], [F, F, F]),
        ("another mark", vec![iptc.clone()], [N, Outcome::Compliant, F]),
        ("a trace", vec![trace], [F, F, F]),
        ("another origin", vec![camera], [F, F, F]),
        ("a broken manifest", vec![broken.clone()], [I, I, N]),
        ("an unread label", vec![unread.clone()], [I, I, F]),
        ("an unread label and another mark", vec![unread, iptc], [I, Outcome::Compliant, F]),
        ("a manifest that was not checked", vec![unchecked], [I, I, I]),
    ];
    for (what, evidence, expected) in table {
        let got = [Profile::CN_GB45438, Profile::KR, Profile::C2PA].map(|p| outcome(p, &evidence, Modality::Image));
        assert_eq!(got, expected, "{what}");
    }
}

#[test]
fn what_the_user_declares_is_due_in_china_alone() {
    for (profile, expected) in [
        (Profile::CN_GB45438, Outcome::Noncompliant),
        (Profile::EU_AI_ACT_50, Outcome::NotFound),
        (Profile::C2PA, Outcome::NotFound),
    ] {
        let declared = Facts { status: Status::Possible, ..facts(&[], &[], Modality::Image) };
        assert_eq!(profile.judge(&declared).outcome, expected, "{profile}");
    }
}

#[test]
fn a_failed_recommendation_does_not_count() {
    let mut sound = manifest();
    sound.signer.as_mut().unwrap().time = None;
    let both = [sound];
    let verdict = Profile::C2PA.judge(&facts(&both, &[], Modality::Image));
    let check = verdict.checks.iter().find(|c| c.id == "signer.time_stamp").unwrap();
    assert_eq!((check.result, check.recommended), (CheckResult::Fail, true));
    assert_eq!(verdict.outcome, Outcome::Compliant);
    assert_eq!(outcome(Profile::EU_AI_ACT_50, &both, Modality::Image), Outcome::Noncompliant, "required there");
}

#[test]
fn who_is_trusted_is_judged_only_when_the_caller_said_whom() {
    let mut own = manifest();
    own.key = Some(Key::Embedded);
    let evidence = [own];
    let check = |anchors: bool| {
        let verdict = Profile::C2PA.judge(&Facts { anchors, ..facts(&evidence, &[], Modality::Image) });
        let check = verdict.checks.iter().find(|c| c.id == "signer.trusted").unwrap();
        (check.result, check.reason, verdict.outcome)
    };
    assert_eq!(check(false), (CheckResult::NotCheckable, Some(Reason::NoAnchors), Outcome::Compliant));
    assert_eq!(check(true), (CheckResult::Fail, None, Outcome::Noncompliant));
}

const CARRIERS: [CarrierKind; 8] = [
    CarrierKind::AigcMetadata,
    CarrierKind::IptcSourceType,
    CarrierKind::C2paManifest,
    CarrierKind::C2paAssertion,
    CarrierKind::C2paIngredient,
    CarrierKind::IptcAiFields,
    CarrierKind::VendorMark,
    CarrierKind::GeneratorTrace,
];
const CLAIMS: [Claim; 6] =
    [Claim::Ai, Claim::PossiblyAi, Claim::SuspectedAi, Claim::NotAi, Claim::Unclear, Claim::Silent];
const INTEGRITIES: [Integrity; 5] =
    [Integrity::NotChecked, Integrity::Intact, Integrity::Broken, Integrity::Unsupported, Integrity::Absent];
const KINDS: [LabelKind; 3] = [LabelKind::Explicit, LabelKind::ImplicitMetadata, LabelKind::ImplicitContent];

prop_compose! {
    fn any_evidence()(
        carrier in prop::sample::select(&CARRIERS[..]),
        claim in prop::sample::select(&CLAIMS[..]),
        integrity in prop::sample::select(&INTEGRITIES[..]),
        kind in prop::sample::select(&KINDS[..]),
        key in prop::option::of(prop::sample::select(&[Key::Trusted, Key::Pinned, Key::Embedded, Key::Expired][..])),
        label: bool,
        stated: bool,
        signed: bool,
        text in "\\PC{0,8}",
        notice in prop::option::of(any_notice()),
    ) -> Evidence {
        let mut out = evidence(carrier, claim, integrity, key);
        out.kind = kind;
        out.label = label.then(|| LabelFields { produce_id: text.clone(), ..aigc().label.unwrap() });
        out.stated = stated.then(|| Stated { system: Some(text.clone()), ..Stated::default() });
        out.signer = signed.then(|| Signer { time: Some(text.clone()), ..Signer::default() });
        out.source_type = Some(text);
        out.notice = notice;
        out
    }
}

prop_compose! {
    fn any_notice()(
        ocr: bool,
        both_elements: bool,
        height_permille in prop::option::of(0u32..1000),
        duration_ms in prop::option::of(0u64..10_000),
    ) -> Perceived {
        let reader = if ocr { Reader::Ocr } else { Reader::Biaoshi };
        Perceived { reader, both_elements, height_permille, duration_ms, ..notice() }
    }
}

proptest! {
    #[test]
    fn judging_never_panics_and_is_true_to_its_own_rules(
        evidence in prop::collection::vec(any_evidence(), 0..6),
        rules in prop::collection::vec(prop::sample::select(finding::ALL), 0..6),
        modality in prop::sample::select(&MODALITIES[..]),
        status in prop::sample::select(&STATUSES[..]),
        anchors: bool,
        sought: bool,
        looked in prop::sample::select(&[Ok(()), Err(Reason::NotLooked), Err(Reason::NoProgram)][..]),
    ) {
        let findings: Vec<Finding> = rules.iter().map(|rule| rule.finding()).collect();
        let facts = Facts { evidence: &evidence, findings: &findings, modality, status, anchors, looked, sought };
        for profile in Profile::ALL {
            let data = profile.data().unwrap();
            let verdict = profile.judge(&facts);
            prop_assert_eq!(verdict.checks.len(), data.checks.len());
            let unjudged: Vec<&str> = verdict.not_judged().map(|c| c.id.as_str()).collect();
            let not_checkable = verdict.checks.iter().filter(|c| c.result == CheckResult::NotCheckable);
            prop_assert_eq!(unjudged, not_checkable.map(|c| c.id.as_str()).collect::<Vec<_>>());
            for check in &verdict.checks {
                prop_assert_eq!(check.reason.is_some(), check.result == CheckResult::NotCheckable, "{}", check.id);
                prop_assert!(check.findings.is_empty() || check.result == CheckResult::Fail, "{}", check.id);
            }
            let failed = verdict.checks.iter().any(|c| c.result == CheckResult::Fail && !c.recommended);
            prop_assert!(verdict.outcome != Outcome::Compliant || !failed);
            prop_assert!(verdict.outcome != Outcome::Noncompliant || failed, "{}", profile);
            prop_assert_eq!(verdict.outcome == Outcome::NotApplicable, !data.covers(modality));
            for duty in profile.duties(&facts) {
                prop_assert!(duty.row.status.contains(&status));
            }
        }
    }
}
