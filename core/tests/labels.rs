//! What a caller gets: no-ops, refusals, parents, platform labels, wording.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    missing_docs
)]

mod common;
use biaoshi::{
    CarrierKind, Claim, Error, Explicit, Format, Integrity, Label, Labeler, Level, Origin, Outcome, Placement, Profile,
    Status,
};
use common::*;

#[test]
fn all_layers_in_one_call() {
    for format in FORMATS {
        let labeler = Labeler::new(Profile::CN_GB45438)
            .explicit(Explicit::corner(Placement::TopLeft).language("zh-Hans").language("en"))
            .signer(&IDENTITY.0);
        let (out, receipt) = labeler.label_bytes(&picture(format, 600, 400, 3), &label()).unwrap();
        let drawn = receipt.notice.as_ref().unwrap().drawn().unwrap().clone();
        assert!(drawn.ink_height_px >= 20 && drawn.contrast >= 4.5, "{drawn:?}");
        assert!(receipt.changed && receipt.signed);
        let report = verify(&out);
        assert!(report.carries_intact_label(), "{format:?} {:?}", codes(&report));
        assert_eq!(report.verdict("cn-gb45438").unwrap().outcome, Outcome::Compliant);
        assert_eq!(receipt.sha256.len(), 64);
    }
}

#[test]
fn the_same_label_again_changes_nothing_and_another_is_refused() {
    for format in FORMATS {
        for signer in [false, true] {
            let labeler = if signer { plain().signer(&IDENTITY.0) } else { plain() };
            let (once, first) = labeler.label_bytes(&picture(format, 240, 160, 1), &label()).unwrap();
            assert!(first.changed);
            let (twice, second) = labeler.label_bytes(&once, &label()).unwrap();
            assert!(!second.changed);
            assert_eq!(once, twice, "{format:?}");
            // Without a number the caller asks for this producer only: still the same label.
            let (thrice, _) = labeler.label_bytes(&once, &Label::new(CODE)).unwrap();
            assert_eq!(once, thrice);
            let other = Label::new(CODE).with_produce_id("another");
            let error = labeler.label_bytes(&once, &other).unwrap_err();
            assert_eq!(error.code(), "label.exists", "{error}");
            assert!(error.text(biaoshi::Lang::Zh).contains("ProduceID"));
        }
    }
}

#[test]
fn a_signed_file_is_not_edited_without_signing_and_keeps_its_manifest_as_parent() {
    use biaoshi::TrustStore;
    for format in FORMATS {
        // A manifest without a label: signed by us, then the label is the second signer's.
        let (signer, made) = identity_for(biaoshi::Algorithm::Es256, "Another");
        let first = signed(format, 5, "first");
        let error = plain().label_bytes(&first, &Label::new("someone-else")).unwrap_err();
        assert_eq!(error.code(), "label.exists");
        let unlabelled = unlabelled_but_signed(format);
        let error = plain().label_bytes(&unlabelled, &label()).unwrap_err();
        assert!(matches!(&error, Error::Refused(p) if p.message.code == "manifest.would_break"), "{error}");
        let (out, _) = plain().signer(&signer).label_bytes(&unlabelled, &label()).unwrap();
        let trust = TrustStore::from_pem(&made.root_pem).unwrap();
        let report = biaoshi::Verifier::new().trust(&trust).verify_bytes(&out).unwrap();
        assert!(report.carries_intact_label(), "{format:?} {:?}", codes(&report));
        let reading = biaoshi::carrier::manifest::read(
            &mut std::io::Cursor::new(&out),
            format.row().mime,
            &trust,
            &biaoshi::Limits::default(),
        )
        .unwrap()
        .unwrap();
        assert_eq!(reading.ingredients, 1, "the old manifest is the parent");
    }
}

#[test]
fn a_signed_camera_claim_never_hides_an_ai_label() {
    let camera = unlabelled_but_signed(Format::Png);
    let report = verify(&camera);
    assert_eq!(report.status, Status::None);
    assert!(!report.carries_intact_label());
    // An unsigned AI label beside it breaks the camera's hash, and still counts.
    let (labelled, _) = plain().label_bytes(&picture(Format::Png, 240, 160, 8), &label()).unwrap();
    let packet = labelled[slot(&labelled, "xmp")].to_vec();
    let mut both = camera;
    both.splice(33..33, packet);
    let report = verify(&both);
    assert_eq!(report.status, Status::Confirmed);
    assert!(report.evidence.iter().any(|e| e.claim == Claim::NotAi));
    assert!(report.has("source_type.conflict"));
}

#[test]
fn a_broken_manifest_is_refused_unless_told() {
    let mut bytes = unlabelled_but_signed(Format::Jpeg);
    let range = essence(&bytes);
    let at = range.start + range.len() / 2;
    bytes[at] ^= 1;
    let signing = || plain().signer(&IDENTITY.0);
    assert_eq!(signing().label_bytes(&bytes, &label()).unwrap_err().code(), "manifest.parent_broken");
    let (out, _) = signing().sign_over_broken(true).label_bytes(&bytes, &label()).unwrap();
    assert!(verify(&out).carries_intact_label());
}

#[test]
fn platforms_state_possible_and_suspected_without_claiming_the_making() {
    for (level, status, text) in
        [(Level::Possible, Status::Possible, "可能为AI生成"), (Level::Suspected, Status::Suspected, "疑似AI生成")]
    {
        let label = label().with_level(level);
        let labeler = Labeler::new(Profile::CN_GB45438).signer(&IDENTITY.0);
        let (out, receipt) = labeler.label_bytes(&picture(Format::Jpeg, 800, 600, 2), &label).unwrap();
        assert_eq!(receipt.notice.unwrap().lines(), [text]);
        let report = verify(&out);
        assert_eq!(report.status, status, "{:?}", report.evidence);
        assert!(report.evidence.iter().all(|e| e.carrier != CarrierKind::IptcSourceType));
        assert!(report.evidence.iter().all(|e| e.integrity == Integrity::Intact));
    }
}

#[test]
fn wording_without_both_elements_is_refused_for_china() {
    let picture = picture(Format::Png, 400, 300, 1);
    for text in ["AI 播客", "AI-generated", "虚拟主播"] {
        let labeler = Labeler::new(Profile::CN_GB45438).explicit(Explicit::corner(Placement::Top).text(text));
        let error = labeler.label_bytes(&picture, &label()).unwrap_err();
        assert_eq!(error.code(), "wording.elements", "{text}");
    }
    let both = Explicit::corner(Placement::Top).text("AI生成").text("AI-generated");
    Labeler::new(Profile::CN_GB45438).explicit(both).label_bytes(&picture, &label()).unwrap();
}

#[test]
fn strict_fields_when_writing() {
    let picture = picture(Format::Png, 240, 160, 1);
    for (producer, code) in [
        ("", "label.field_empty"),
        ("中文名称", "label.field_charset_name"),
        ("a b", "label.field_charset"),
        ("001191110102MACQD9K65010000", "provider.check_digit"),
    ] {
        let error = plain().label_bytes(&picture, &Label::new(producer)).unwrap_err();
        assert_eq!(error.code(), code, "{producer}");
        assert!(matches!(error, Error::Invalid(_)), "{producer}");
    }
}

#[test]
fn optional_iptc_fields_are_written_only_when_asked() {
    let picture = picture(Format::Png, 240, 160, 1);
    let origin =
        Origin {
            system_name: Some("Model <1> & \"co\"".into()), prompt: Some("一只猫".into()), ..Origin::default()
        };
    let label = label().with_origin(origin);
    let text = |bytes: &[u8]| {
        let found = biaoshi::inspect(bytes).unwrap();
        found.values.iter().find(|v| v.slot == "xmp").and_then(|v| v.text.clone()).unwrap()
    };
    let without = text(&plain().label_bytes(&picture, &label).unwrap().0);
    assert!(!without.contains("AIPromptInformation") && !without.contains("AISystemUsed"));
    let with = text(&plain().iptc_ai_fields(true).label_bytes(&picture, &label).unwrap().0);
    assert!(with.contains("AISystemUsed") && with.contains("一只猫"));
}

#[test]
fn an_animated_picture_gets_no_partial_notice() {
    let mut bytes = picture(Format::Png, 240, 160, 1);
    let actl = png_chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]);
    bytes.splice(33..33, actl);
    let error = Labeler::new(Profile::CN_GB45438).label_bytes(&bytes, &label()).unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    plain().label_bytes(&bytes, &label()).expect("metadata alone is possible");
}

#[test]
fn errors_speak_both_languages_and_name_the_place() {
    let (once, _) = plain().label_bytes(&picture(Format::Png, 240, 160, 1), &label()).unwrap();
    let error = plain().label_bytes(&once, &Label::new("other")).unwrap_err();
    assert!(error.text(biaoshi::Lang::En).contains("at byte"), "{error}");
    assert!(error.text(biaoshi::Lang::Zh).contains("字节"));
    assert!(!error.hint(biaoshi::Lang::Zh).is_empty());
}

#[test]
fn another_signer_signs_on_and_keeps_the_first_manifest() {
    let (other, made) = identity_for(biaoshi::Algorithm::Es256, "Platform");
    for format in FORMATS {
        let first = signed(format, 5, "first");
        let asked = Label::new(CODE).with_produce_id("first");
        let (out, receipt) = plain().signer(&other).label_bytes(&first, &asked).unwrap();
        assert!(receipt.changed && receipt.signed, "{format:?}");
        let trust = biaoshi::TrustStore::from_pem(&made.root_pem).unwrap();
        let report = biaoshi::Verifier::new().trust(&trust).verify_bytes(&out).unwrap();
        assert!(report.carries_intact_label(), "{format:?} {:?}", codes(&report));
        let label = report.evidence.iter().find_map(|e| e.label.clone()).unwrap();
        assert_eq!(label.produce_id, "first", "the producer's label stays");
    }
}

#[test]
fn the_same_label_in_another_place_is_refused_with_the_reason() {
    let (bytes, _) = plain().label_bytes(&picture(Format::Png, 240, 160, 1), &label()).unwrap();
    let packet = biaoshi::inspect(&bytes).unwrap().values.into_iter().find_map(|v| v.text).unwrap();
    let from = packet.find("{&quot;").unwrap();
    let json = packet[from..packet.find('}').unwrap() + 1].replace("&quot;", "\"");
    let mut moved = bytes.clone();
    moved.splice(slot(&bytes, "xmp"), png_chunk(b"tEXt", format!("AIGC\0{json}").as_bytes()));
    assert_eq!(biaoshi::verify(&moved).unwrap().status, Status::Confirmed);
    assert_eq!(plain().label_bytes(&moved, &label()).unwrap_err().code(), "label.exists_elsewhere");
}

#[test]
fn a_label_inside_another_property_is_a_mark_that_cannot_be_read() {
    let (bytes, _) = plain().label_bytes(&picture(Format::Png, 240, 160, 1), &label()).unwrap();
    let chunk = &bytes[slot(&bytes, "xmp")];
    let text = String::from_utf8_lossy(&chunk[8..chunk.len() - 4]).into_owned();
    let nested = text
        .replace("<TC260:AIGC>", "<TC260:Box rdf:parseType=\"Resource\"><TC260:AIGC>")
        .replace("</TC260:AIGC>", "</TC260:AIGC></TC260:Box>");
    assert_ne!(text, nested);
    let mut moved = bytes.clone();
    moved.splice(slot(&bytes, "xmp"), png_chunk(b"iTXt", nested.as_bytes()));
    let report = biaoshi::verify(&moved).unwrap();
    assert!(report.has("label.malformed"), "{:?}", codes(&report));
    assert_eq!(plain().label_bytes(&moved, &label()).unwrap_err().code(), "label.exists_unreadable");
}

#[test]
fn a_label_and_its_source_type_must_not_contradict_each_other() {
    use biaoshi::SourceType;
    let picture = picture(Format::Png, 240, 160, 1);
    let camera = label().with_source_type(SourceType::DigitalCapture);
    assert_eq!(plain().label_bytes(&picture, &camera).unwrap_err().code(), "label.source_not_ai");
    let (labelled, _) = plain().label_bytes(&picture, &label()).unwrap();
    assert_eq!(plain().label_bytes(&labelled, &camera).unwrap_err().code(), "label.source_not_ai");
    let partly = label().with_source_type(SourceType::CompositeWithTrainedAlgorithmicMedia);
    let (same, receipt) = plain().label_bytes(&labelled, &partly).unwrap();
    assert_eq!(same, labelled);
    assert!(receipt.notes.iter().any(|n| n.message.code == "note.nothing_added"), "said, not dropped silently");
    let (out, _) = plain().label_bytes(&picture, &partly).unwrap();
    assert!(biaoshi::verify(&out).unwrap().carries_intact_label());
}

/// A key of the label's name may be somebody's own.
#[test]
fn what_is_no_label_is_not_replaced_by_one() {
    for (name, text) in [
        ("a.md", "---\ntitle: a\nAIGC: about labels\n---\nWords.\n"),
        ("a.json", "{\"AIGC\": \"about labels\", \"a\": 1}"),
        (
            "a.html",
            "<!DOCTYPE html><html><head><meta name=\"AIGC\" content=\"about labels\"></head><body><p>w</p></body></html>",
        ),
    ] {
        let named = || plain().file_name(name);
        let refused = named().label_bytes(text.as_bytes(), &label()).unwrap_err();
        assert_eq!(refused.code(), "label.place_taken", "{name}: {refused}");
        let platform = biaoshi::Propagator::new("platform").declared(true).file_name(name);
        assert_eq!(platform.propagate_bytes(text.as_bytes()).unwrap_err().code(), "label.place_taken", "{name}");
        // Nothing is lost where nothing stands.
        let empty = text.replace("\"about labels\"", "\"\"").replace("about labels", "");
        assert!(named().label_bytes(empty.as_bytes(), &label()).is_ok(), "{name}");
    }
}
