#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use biaoshi::profile::Facts;
use biaoshi::{Format, Modality, Profile, finding};

fn fields(producer: &str) -> LabelFields {
    LabelFields {
        label: "1".into(),
        content_producer: producer.into(),
        produce_id: "p-1".into(),
        reserved_code1: String::new(),
        content_propagator: producer.into(),
        propagate_id: "p-1".into(),
        reserved_code2: String::new(),
    }
}

fn metadata(producer: &str) -> Evidence {
    Evidence {
        carrier: CarrierKind::AigcMetadata,
        kind: LabelKind::ImplicitMetadata,
        site: Site { slot: "xmp".into(), offset: 41, length: 1612 },
        claim: Claim::Ai,
        integrity: Integrity::Absent,
        key: None,
        bound: None,
        label: Some(fields(producer)),
        source_type: None,
        signer: None,
        codes: Vec::new(),
        stated: None,
        dialect: None,
        notice: None,
        watermark: None,
        signals: Vec::new(),
    }
}

fn manifest(integrity: Integrity, key: Option<Key>) -> Evidence {
    Evidence {
        carrier: CarrierKind::C2paManifest,
        site: Site { slot: "caBX".into(), offset: 1700, length: 9000 },
        integrity,
        key,
        label: None,
        source_type: Some("trainedAlgorithmicMedia".into()),
        signer: Some(Signer {
            name: Some("Acme labels".into()),
            organization: Some("Acme Ltd".into()),
            ..Signer::default()
        }),
        ..metadata("acme")
    }
}

fn report(status: Status, evidence: Vec<Evidence>, findings: Vec<Finding>) -> Report {
    let facts = Facts {
        evidence: &evidence,
        findings: &findings,
        modality: Modality::Image,
        status,
        anchors: false,
        looked: Ok(()),
        sought: true,
    };
    let verdicts = vec![Profile::CN_GB45438.judge(&facts)];
    let duties = Profile::CN_GB45438.duties(&facts);
    Report { file: None, format: Format::Png, bytes: 48_213, status, evidence, findings, verdicts, duties }
}

pub(crate) fn labelled() -> Report {
    report(Status::Confirmed, vec![metadata("acme")], vec![finding::LABEL_UNSIGNED.finding()])
}

pub(crate) fn unmarked() -> Report {
    report(Status::None, Vec::new(), Vec::new())
}

pub(crate) fn broken() -> Report {
    let mut evidence = manifest(Integrity::Broken, None);
    evidence.codes = vec!["assertion.dataHash.mismatch".into()];
    let finding = finding::MANIFEST_CONTENT.finding().at(Site::new("IDAT", &(100..1100)));
    report(Status::Confirmed, vec![metadata("acme"), evidence], vec![finding])
}

fn shown_in(report: &Report, lang: Lang) -> String {
    let text = page(report, "a.png", false, false, lang).finish();
    anstream::adapter::strip_str(&text).to_string()
}

const WORDS: &str = "true authentic genuine real human fake trustworthy";

#[test]
fn a_labelled_file_is_told_in_words_about_its_label() {
    let text = shown_in(&labelled(), Lang::En);
    assert_eq!(
        text,
        "\
a.png (PNG, 48,213 bytes)
A mark in the file states: AI-generated or synthesised.

Implicit label in the metadata · AIGC field (GB 45438)
  found         xmp, byte 41, 1,612 bytes
  states        AI-generated or synthesised (Label 1)
  producer      acme
  produce id    p-1
  propagator    the producer (first writing)
  integrity     nothing protects it: anyone could have written it

Findings
  · info label.unsigned
    no signature protects this label: anyone could have written it
    hint: a producer can sign what it writes: biaoshi label --sign

Rule sets
  ✓ cn-gb45438: satisfied, as far as a file can show
    15 of 15 checks that a file can show hold
    not checkable from a file: explicit.image, explicit.interface,
    explicit.export, metadata.reserved_code1, metadata.reserved_code2,
    propagation.fields, propagation.notice, integrity.untouched,
    content.watermark, store.material, service.agreement, service.log

What has to be done
  · platform: show a notice (Measures Art. 6 (1))
    zh-Hans: 本内容为AI生成合成
    en: This content is AI-generated or synthesised
"
    );
}

#[test]
fn chinese_says_the_same() {
    let text = shown_in(&labelled(), Lang::Zh);
    for part in [
        "a.png（PNG，48,213 字节）",
        "文件中的标识声明：属于生成合成内容。",
        "隐式标识（文件元数据） · AIGC 字段（GB 45438）",
        "位置          xmp，第 41 字节起 1,612 字节",
        "无签名保护：任何人都可能写入",
        "✓ cn-gb45438：符合（就文件本身所能体现的部分而言）",
        "无法从文件判断：explicit.image、explicit.interface、explicit.export、",
        "应当采取的措施",
        "传播平台：显示提示，《标识办法》第六条 (1)",
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
}

#[test]
fn with_a_profile_everything_that_has_to_be_done_is_told() {
    let text = page(&labelled(), "a.png", false, true, Lang::En).finish();
    let text = anstream::adapter::strip_str(&text).to_string();
    for part in [
        "zh-Hant: 本內容為AI生成合成",
        "platform: write into the metadata (Measures Art. 6; GB 45438-2025",
        "fields: ContentPropagator, PropagateID, ReservedCode2",
        "leave as they are: Label, ContentProducer, ProduceID, ReservedCode1",
        "provider of the generating service: keep a record (Measures Art. 9)",
        "it holds: who received the content",
        "for at least 6 months",
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
}

#[test]
fn rules_about_other_content_ask_for_nothing() {
    let evidence = [metadata("acme")];
    let facts = Facts {
        evidence: &evidence,
        findings: &[],
        modality: Modality::Text,
        status: Status::Confirmed,
        anchors: false,
        looked: Ok(()),
        sought: true,
    };
    let mut report = labelled();
    report.verdicts = vec![Profile::US_CA_SB942.judge(&facts)];
    report.duties = Profile::US_CA_SB942.duties(&facts);
    let text = shown_in(&report, Lang::En);
    assert!(text.ends_with("· us-ca-sb942: not about this kind of content: it asks for nothing here\n"), "{text}");
}

#[test]
fn an_unmarked_file_is_not_called_human_made() {
    let text = shown_in(&unmarked(), Lang::En);
    assert!(text.contains("No mark was found. That says nothing about how the content was made."));
    assert!(text.contains("· cn-gb45438: no label to judge"), "{text}");
    let zh = shown_in(&unmarked(), Lang::Zh);
    assert!(zh.contains("未发现标识。这并不能说明内容是如何制作的。"), "{zh}");
}

#[test]
fn a_broken_signature_stands_beside_the_statement_and_in_the_evidence() {
    let text = shown_in(&broken(), Lang::En);
    for part in [
        "✗ A signature or hash binding in the file is broken; see below.",
        "integrity     broken: assertion.dataHash.mismatch",
        "✗ error manifest.content_changed",
        "(at IDAT, byte 100, 1,000 bytes)",
        "✗ fails: integrity.not_broken (",
        "hint: what the manifest states holds for the original",
    ] {
        assert!(text.contains(part), "{part} not in\n{text}");
    }
}

#[test]
fn whose_key_it_was_is_said() {
    let words = |key| integrity(&manifest(Integrity::Intact, Some(key)), Lang::En).0;
    assert_eq!(words(Key::Trusted), "intact, signed by Acme labels of Acme Ltd (under an anchor that you trust)");
    assert!(words(Key::Embedded).contains("anyone can make one; it calls itself Acme labels of Acme Ltd"));
}

#[test]
fn no_sentence_judges_the_content() {
    for lang in [Lang::En, Lang::Zh] {
        for report in [labelled(), unmarked(), broken()] {
            let text = shown_in(&report, lang).to_lowercase();
            for word in WORDS.split(' ').chain(["真实", "真人", "人类", "造假"]) {
                let found = text.split(|c: char| c.is_ascii_punctuation() || c.is_whitespace());
                assert!(!found.into_iter().any(|w| w == word || (w.contains(word) && !word.is_ascii())), "{word}");
            }
        }
    }
}

#[test]
fn a_declaration_is_not_shown_as_a_mark() {
    let mut report = unmarked();
    report.status = Status::Possible;
    assert_eq!(status_text(&report, true).name, "STATUS_DECLARED");
    report.evidence.push(Evidence { claim: Claim::PossiblyAi, ..metadata("acme") });
    assert_eq!(status_text(&report, true).name, "STATUS_POSSIBLE");
    report.status = Status::Suspected;
    assert_eq!(status_text(&report, false).name, "STATUS_TRACES");
}

#[test]
fn strings_from_the_file_cannot_act_on_the_terminal() {
    let nasty = "x\u{1b}[2J\u{202e}y\r\nfound         xmp";
    let mut evidence = metadata(nasty);
    evidence.site.slot = nasty.into();
    evidence.source_type = Some(nasty.into());
    evidence.codes = vec![nasty.into()];
    evidence.integrity = Integrity::Broken;
    let label = evidence.label.as_mut().unwrap();
    label.label = nasty.into();
    label.reserved_code1 = nasty.into();
    let mut signed = manifest(Integrity::Intact, Some(Key::Trusted));
    signed.signer = Some(Signer { name: Some(nasty.into()), time: Some(nasty.into()), ..Signer::default() });
    let finding = finding::FILE_MALFORMED.finding().arg("part", nasty).arg("reason", nasty);
    let report = report(Status::Confirmed, vec![evidence, signed], vec![finding]);
    for lang in [Lang::En, Lang::Zh] {
        let text = page(&report, "a.png", false, false, lang).finish();
        let bare = anstream::adapter::strip_str(&text).to_string();
        // Only this program's own styles may be removed: the file's own text must still be there.
        assert!(!bare.contains(['\u{1b}', '\u{202e}', '\r']), "{bare}");
        assert!(bare.matches("\\u{1b}[2J").count() >= 8, "{bare}");
    }
}
