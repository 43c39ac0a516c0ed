//! Every check that can pass and fail does so, in every profile.

use super::*;

/// Everything that any profile asks for, the two layers included.
fn full() -> Vec<Evidence> {
    let watermark = Evidence {
        kind: LabelKind::ImplicitContent,
        ..evidence(CarrierKind::Watermark, Claim::SuspectedAi, Integrity::Absent, None)
    };
    let rhythm = Perceived { form: Form::Rhythm, text: None, height_permille: None, ..notice() };
    vec![aigc(), manifest(), watermark, noticed(notice()), noticed(rhythm)]
}

/// Evidence in which a test fails.
fn failing(test: Test, field: Option<Field>) -> Vec<Evidence> {
    let mut manifest = manifest();
    match test {
        Test::ExplicitNotice => {
            let poor = Perceived { both_elements: false, ..notice() };
            return vec![aigc(), noticed(poor.clone()), noticed(Perceived { form: Form::Rhythm, text: None, ..poor })];
        }
        Test::LabelPresent => return vec![manifest],
        Test::MachineMark => return vec![],
        Test::ManifestPresent => return vec![aigc()],
        Test::Signed => {
            manifest.integrity = Integrity::Broken;
            return vec![aigc(), manifest];
        }
        Test::SignerTrusted => manifest.key = Some(Key::Embedded),
        Test::TimeStamp => manifest.signer.as_mut().unwrap().time = None,
        Test::DigitalSourceType => manifest.source_type = Some("nonsense".into()),
        Test::TwoLayers => manifest.kind = LabelKind::ImplicitContent,
        Test::Stated => {
            let stated = manifest.stated.as_mut().unwrap();
            match field.unwrap() {
                Field::Provider => manifest.signer = None,
                Field::System => stated.system = None,
                Field::SystemVersion => stated.system_version = Some(" ".into()),
                Field::Time => manifest.signer = None,
                Field::UniqueId => stated.unique_id = Some("0000-0000".into()),
            }
        }
        // There are more schemes than a reader knows: that none was read is no failure.
        Test::NotCheckable | Test::NoFindings | Test::Watermark => {}
    }
    vec![manifest]
}

fn result(profile: Profile, id: &str, evidence: &[Evidence], findings: &[Finding], modality: Modality) -> CheckResult {
    let verdict = profile.judge(&facts(evidence, findings, modality));
    verdict.checks.iter().find(|c| c.id == id).unwrap().result
}

#[test]
fn every_check_has_a_case_in_which_it_holds_and_one_in_which_it_fails() {
    for profile in Profile::ALL {
        for row in &profile.data().unwrap().checks {
            let modality = *row.modalities.first().unwrap_or(&Modality::Image);
            let full = full();
            if row.test == Test::NotCheckable {
                assert_eq!(result(*profile, &row.id, &full, &[], modality), CheckResult::NotCheckable, "{}", row.id);
                continue;
            }
            assert_eq!(result(*profile, &row.id, &full, &[], modality), CheckResult::Pass, "{profile} {}", row.id);
            let asked = profile.data().unwrap().explicit.of(modality);
            if row.test == Test::ExplicitNotice && asked.is_some_and(|asked| !asked.both_elements) {
                // Nothing is stated that a notice could fall short of; another language is not counted.
                let other = [aigc(), noticed(Perceived { text: Some("نص".into()), ..notice() })];
                let got = result(*profile, &row.id, &other, &[], modality);
                assert_eq!(got, CheckResult::NotCheckable, "{profile} {}", row.id);
            } else if row.test == Test::Watermark {
                let without = [aigc(), manifest()];
                let verdict = |sought| profile.judge(&Facts { sought, ..facts(&without, &[], modality) });
                for (sought, reason) in [(true, Reason::NoWatermark), (false, Reason::InContent)] {
                    let verdict = verdict(sought);
                    let check = verdict.checks.iter().find(|c| c.id == row.id).unwrap();
                    assert_eq!((check.result, check.reason), (CheckResult::NotCheckable, Some(reason)), "{profile}");
                }
            } else if row.test != Test::NoFindings {
                let poor = failing(row.test, row.field);
                let got = result(*profile, &row.id, &poor, &[], modality);
                assert_eq!(got, CheckResult::Fail, "{profile} {}", row.id);
            }
            for code in &row.findings {
                let finding = finding::find(code).unwrap().finding();
                let about = |key: &str| result(*profile, &row.id, &full, &[finding.clone().arg("key", key)], modality);
                assert_eq!(
                    result(*profile, &row.id, &full, std::slice::from_ref(&finding), modality),
                    CheckResult::Fail
                );
                if let Some(key) = row.keys.first() {
                    assert_eq!(about(key), CheckResult::Fail, "{profile} {} {code}", row.id);
                    assert_eq!(about("another"), CheckResult::Pass, "{profile} {} {code}", row.id);
                }
            }
        }
    }
}

#[test]
fn a_trace_and_an_explicit_notice_are_no_machine_mark() {
    let trace = evidence(CarrierKind::GeneratorTrace, Claim::Ai, Integrity::Intact, Some(Key::Trusted));
    let mut notice = aigc();
    notice.kind = LabelKind::Explicit;
    for one in [trace, notice] {
        assert_eq!(result(Profile::KR, "mark.present", &[one], &[], Modality::Image), CheckResult::Fail);
    }
}

#[test]
fn a_broken_mark_states_nothing() {
    let mut broken = manifest();
    broken.integrity = Integrity::Broken;
    let only_label = Evidence { label: None, ..aigc() };
    let evidence = [broken, only_label];
    for id in ["latent.provider", "latent.system", "latent.time", "latent.unique_id"] {
        assert_eq!(result(Profile::US_CA_SB942, id, &evidence, &[], Modality::Audio), CheckResult::Fail, "{id}");
    }
}

#[test]
fn a_signature_that_was_not_checked_is_not_judged() {
    for integrity in [Integrity::NotChecked, Integrity::Unsupported] {
        let one = [Evidence { integrity, ..aigc() }];
        let verdict = Profile::EU_AI_ACT_50.judge(&facts(&one, &[], Modality::Text));
        let check = verdict.checks.iter().find(|c| c.id == "mark.signed").unwrap();
        assert_eq!((check.result, check.reason), (CheckResult::NotCheckable, Some(Reason::SignatureUnchecked)));
    }
    let one = [aigc()];
    assert_eq!(result(Profile::EU_AI_ACT_50, "mark.signed", &one, &[], Modality::Text), CheckResult::Fail);
}

#[test]
fn one_layer_is_not_said_to_be_two_nor_that_there_is_only_one() {
    let one = [manifest()];
    let verdict = Profile::EU_AI_ACT_50.judge(&facts(&one, &[], Modality::Image));
    let check = verdict.checks.iter().find(|c| c.id == "mark.two_layers").unwrap();
    assert_eq!((check.result, check.reason), (CheckResult::NotCheckable, Some(Reason::InContent)));
    assert!(verdict.not_judged().any(|c| c.id == "mark.watermark"));
}

#[test]
fn a_notice_is_judged_by_what_was_measured() {
    use CheckResult::{Fail, NotCheckable, Pass};
    let judged = |notices: &[Perceived]| {
        let evidence: Vec<Evidence> = std::iter::once(aigc()).chain(notices.iter().cloned().map(noticed)).collect();
        result(Profile::CN_GB45438, "explicit.video", &evidence, &[], Modality::Video)
    };
    let good = notice();
    let low = Perceived { height_permille: Some(46), ..notice() };
    let blurred = Perceived { height_permille: Some(48), ..notice() };
    let brief = Perceived { duration_ms: Some(1999), ..notice() };
    let late = Perceived { start_ms: Some(400), ..notice() };
    let english = Perceived { both_elements: false, ..notice() };
    let ocr = |permille: u32| Perceived { reader: Reader::Ocr, height_permille: Some(permille), ..notice() };
    assert_eq!(judged(&[]), NotCheckable);
    assert_eq!(judged(std::slice::from_ref(&good)), Pass);
    for (bad, result) in
        [(&low, Fail), (&english, Fail), (&blurred, NotCheckable), (&brief, NotCheckable), (&late, NotCheckable)]
    {
        assert_eq!(judged(std::slice::from_ref(bad)), result, "{bad:?}");
        assert_eq!(judged(&[bad.clone(), good.clone()]), Pass, "{bad:?}");
    }
    // What was not measured is not held against it.
    assert_eq!(judged(&[Perceived { height_permille: None, duration_ms: None, ..notice() }]), Pass);
    // Boxes of character recognition are off by some part, and it misses letters.
    assert_eq!([44, 46, 54, 55].map(|permille| judged(&[ocr(permille)])), [Fail, NotCheckable, NotCheckable, Pass]);
    assert_eq!(judged(&[Perceived { both_elements: false, ..ocr(60) }]), NotCheckable);

    let unlooked = Facts { looked: Err(Reason::NotLooked), ..facts(&[], &[], Modality::Audio) };
    let verdict = Profile::CN_GB45438.judge(&unlooked);
    let check = verdict.checks.iter().find(|c| c.id == "explicit.audio").unwrap();
    assert_eq!((check.result, check.reason), (NotCheckable, Some(Reason::NotLooked)));
}
