//! A platform's fields beside the producer's, in every format (Measures, Article 6).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;
#[path = "common/lossless.rs"]
mod lossless;

use std::path::Path;

use biaoshi::{Algorithm, CarrierKind, Error, Integrity, Label, LabelFields, Lang, Propagator, Status, Verifier};
use common::{CODE, IDENTITY, bases, codes, identity_for, label, plain, trust};
use lossless::{essence, labeler};
use proptest::prelude::*;

const PLATFORM: &str = "001191440300708461136T2XGW3";

fn root() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn vector(path: &str) -> Vec<u8> {
    std::fs::read(root().join("test-vectors").join(path)).unwrap()
}

fn labels(name: &str, bytes: &[u8]) -> Vec<LabelFields> {
    let report = Verifier::new().file_name(name).verify_bytes(bytes).unwrap();
    let found = report.evidence.into_iter().filter(|e| e.carrier == CarrierKind::AigcMetadata);
    found.filter_map(|e| e.label).collect()
}

#[test]
fn the_producers_fields_stay_and_a_second_time_changes_nothing() {
    for (name, bytes) in bases() {
        let (labelled, _) = labeler(&name).label_bytes(&bytes, &label()).unwrap_or_else(|e| panic!("{name}: {e}"));
        let before = labels(&name, &labelled);
        let platform = Propagator::new(PLATFORM).id("post-7").reserved_code2("check-1").file_name(&name);
        let (spread, receipt) = platform.propagate_bytes(&labelled).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert!(receipt.changed && receipt.propagated && !receipt.signed, "{name}");
        let after = labels(&name, &spread);
        assert_eq!(after.len(), before.len(), "{name}");
        for (new, old) in after.iter().zip(&before) {
            let wanted = LabelFields {
                content_propagator: PLATFORM.into(),
                propagate_id: "post-7".into(),
                reserved_code2: "check-1".into(),
                ..old.clone()
            };
            assert_eq!(*new, wanted, "{name}");
        }
        assert_eq!(essence(&name, &spread), essence(&name, &labelled), "{name}");
        let (again, receipt) = platform.propagate_bytes(&spread).unwrap();
        assert!(!receipt.changed && again == spread, "{name}");
        // Another platform takes the fields over; the producer's are still those of the first writing.
        let (next, _) = Propagator::new("next").id("n").file_name(&name).propagate_bytes(&spread).unwrap();
        let last = &labels(&name, &next)[0];
        assert_eq!((last.content_propagator.as_str(), last.propagate_id.as_str()), ("next", "n"), "{name}");
        assert_eq!((&last.produce_id, &last.reserved_code2), (&before[0].produce_id, &String::new()), "{name}");
    }
}

#[test]
fn a_live_manifest_is_extended_or_the_call_is_refused() {
    let (platform, made) = identity_for(Algorithm::Es256, "A platform");
    let mut extended = 0;
    for (name, bytes) in bases() {
        let Ok((signed, receipt)) = labeler(&name).signer(&IDENTITY.0).label_bytes(&bytes, &label()) else { continue };
        if !receipt.signed {
            continue;
        }
        let call = Propagator::new(PLATFORM).id("post-7").file_name(&name);
        let refused = call.propagate_bytes(&signed).unwrap_err();
        assert!(matches!(refused, Error::Refused(_)) && refused.code() == "propagate.would_break", "{name}: {refused}");
        let choices = refused.hint(Lang::En);
        assert!(choices.contains("--sign") && choices.contains("its own records"), "{choices}");
        let (spread, receipt) =
            call.signer(&platform).propagate_bytes(&signed).unwrap_or_else(|e| panic!("{name}: {e}"));
        if !receipt.signed {
            panic!("{name}: {:?}", receipt.notes);
        }
        let mut trust = trust();
        trust.add_pem(&made.root_pem, "platform").unwrap();
        let report = Verifier::new().trust(&trust).file_name(&name).verify_bytes(&spread).unwrap();
        assert!(report.evidence.iter().all(|e| e.integrity == Integrity::Intact), "{name}: {:?}", codes(&report));
        let found = report.evidence.iter().find(|e| e.carrier == CarrierKind::AigcMetadata).unwrap();
        let fields = found.label.as_ref().unwrap();
        assert_eq!((fields.content_producer.as_str(), fields.content_propagator.as_str()), (CODE, PLATFORM), "{name}");
        let store = Verifier::new().file_name(&name).crjson(&mut std::io::Cursor::new(&spread)).unwrap().unwrap();
        assert!(store.to_string().contains("\"relationship\":\"parentOf\""), "{name}: {store}");
        extended += 1;
    }
    assert!(extended > 40, "{extended}");
}

#[test]
fn a_platform_is_the_first_to_mark_what_the_user_declared_or_what_shows_traces() {
    let none = vector("verdict/png/none.png");
    let platform = Propagator::new(PLATFORM).id("p-1");
    assert_eq!(platform.propagate_bytes(&none).unwrap_err().code(), "propagate.nothing");
    let cases = [
        (platform.clone().declared(true), &none, "2", Status::Possible),
        (platform.clone().detected(true), &none, "3", Status::Suspected),
        (platform.clone(), &vector("verdict/marks/parameters.png"), "3", Status::Suspected),
        // Another mark says "generated": the file is confirmed, and the platform states no more than a trace.
        (platform.clone(), &vector("verdict/png/source-type.png"), "3", Status::Confirmed),
        (platform.clone().declared(true), &vector("verdict/marks/parameters.png"), "2", Status::Possible),
    ];
    for (call, file, level, status) in cases {
        let (out, receipt) = call.propagate_bytes(file).unwrap();
        assert_eq!(receipt.label.label, level);
        let before = Verifier::new().declared(level == "2").verify_bytes(file).unwrap();
        if before.status == receipt.report.status {
            let due = before.duties.iter().flat_map(|d| &d.row.writes).find(|w| w.key == "Label");
            assert_eq!(due.and_then(|w| w.value.as_deref()), Some(level), "what the report says is due is written");
        }
        assert_eq!(receipt.report.status, status);
        assert_eq!((receipt.label.content_producer.as_str(), receipt.label.produce_id.as_str()), ("", ""));
        assert_eq!((receipt.label.content_propagator.as_str(), receipt.label.propagate_id.as_str()), (PLATFORM, "p-1"));
        let (again, receipt) = call.propagate_bytes(&out).unwrap();
        assert!(!receipt.changed && again == out);
    }
    // What the producer stated stands, whatever the user says now.
    let labelled = plain().label_bytes(&none, &label()).unwrap().0;
    let (_, receipt) = platform.declared(true).propagate_bytes(&labelled).unwrap();
    assert_eq!(receipt.label.label, "1");
}

/// Signing on keeps what the foreign manifest states, and the new one says whose it was.
#[test]
fn a_file_whose_only_mark_is_a_foreign_manifest_stays_as_strong() {
    let (platform, _) = identity_for(Algorithm::Es256, "A platform");
    for name in ["ai", "parent-ai", "disclosure-alone", "component-ai", "input-ai"] {
        let file = vector(&format!("verdict/manifests/{name}.png"));
        let before = Verifier::new().verify_bytes(&file).unwrap();
        let call = Propagator::new(PLATFORM).id("p-1");
        assert_eq!(call.propagate_bytes(&file).unwrap_err().code(), "propagate.would_break", "{name}");
        let (out, receipt) = call.signer(&platform).propagate_bytes(&file).unwrap();
        assert!(receipt.signed, "{name}: {:?}", receipt.notes);
        let after = Verifier::new().verify_bytes(&out).unwrap();
        assert_eq!(after.status, before.status, "{name}");
        assert_eq!(labels(name, &out)[0].label, "3", "{name}");
        let earlier: Vec<_> = after.evidence.iter().filter(|e| e.carrier == CarrierKind::C2paIngredient).collect();
        let maker =
            earlier.iter().find(|e| e.signer.as_ref().is_some_and(|s| s.name.as_deref() == Some("Maker signer")));
        assert!(maker.is_some_and(|e| e.integrity == Integrity::Intact), "{name}: {earlier:?}");
    }
}

#[test]
fn a_label_in_another_place_gets_a_newer_one_in_the_right_place_and_stays() {
    for file in ["png/wild-04-text.png", "jpeg/wild-10-user-comment.jpg", "wild/wild-17-uuid-xmp.mp4"] {
        let old = vector(&format!("verdict/{file}"));
        let (new, receipt) = Propagator::new(PLATFORM).id("p").file_name(file).propagate_bytes(&old).unwrap();
        let found = labels(file, &new);
        assert_eq!(found.len(), 2, "{file}");
        assert_eq!(found.iter().filter(|l| l.content_propagator == PLATFORM).count(), 1, "{file}");
        assert!(found.iter().all(|l| l.produce_id == found[0].produce_id), "{file}");
        assert!(codes(&receipt.report).contains(&"label.earlier_copy"), "{file}");
        assert!(receipt.notes.iter().any(|n| n.message.code == "note.earlier_label_stays"), "{file}");
        let (again, receipt) = Propagator::new(PLATFORM).id("p").file_name(file).propagate_bytes(&new).unwrap();
        assert!(!receipt.changed && again == new, "{file}");
    }
}

#[test]
fn what_contradicts_itself_or_cannot_be_read_is_refused() {
    for (file, code) in [
        ("verdict/png/conflict-id.png", "label.exists_conflict"),
        ("verdict/png/not-json.png", "label.exists_unreadable"),
    ] {
        let error = Propagator::new(PLATFORM).propagate_bytes(&vector(file)).unwrap_err();
        assert_eq!(error.code(), code, "{file}");
    }
    let error = Propagator::new("").propagate_bytes(&vector("verdict/png/normative.png")).unwrap_err();
    assert!(matches!(error, Error::Invalid(_)), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_producer_and_platform(
        producer in "[!#-\\[\\]-~]{1,40}",
        id in "[!#-\\[\\]-~]{1,60}",
        propagator in "[!#-\\[\\]-~]{1,40}",
        number in "[!#-\\[\\]-~]{1,60}",
    ) {
        let file = vector("verdict/jpeg/none.jpg");
        let Ok((labelled, _)) = plain().label_bytes(&file, &Label::new(&producer).with_produce_id(&id)) else {
            return Ok(());
        };
        let Ok((out, _)) = Propagator::new(&propagator).id(&number).propagate_bytes(&labelled) else {
            return Ok(());
        };
        let found = &labels("x.jpg", &out)[0];
        prop_assert_eq!(&found.content_producer, &producer);
        prop_assert_eq!(&found.produce_id, &id);
        prop_assert_eq!(&found.content_propagator, &propagator);
        prop_assert_eq!(&found.propagate_id, &number);
    }
}
