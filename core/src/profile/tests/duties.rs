use super::*;
use crate::message::Lang;

fn ids(evidence: &[Evidence], status: Status) -> Vec<String> {
    let facts = Facts { status, ..facts(evidence, &[], Modality::Image) };
    Profile::CN_GB45438.duties(&facts).iter().map(|d| d.row.id.clone()).collect()
}

#[test]
fn article_6_by_status_and_label() {
    let label = [aigc()];
    let unread = [evidence(CarrierKind::AigcMetadata, Claim::Unclear, Integrity::Absent, None)];
    let table: [(&[Evidence], Status, &[&str]); 8] = [
        (&label, Status::Confirmed, &["display.confirmed", "write.propagation", "log.no_explicit"]),
        (&label, Status::Possible, &["display.possible", "write.propagation", "log.no_explicit"]),
        (&label, Status::Suspected, &["display.suspected", "write.propagation", "log.no_explicit"]),
        (&[], Status::Confirmed, &["display.confirmed", "write.confirmed", "log.no_explicit"]),
        (&[], Status::Possible, &["display.possible", "write.possible", "log.no_explicit"]),
        (&[], Status::Suspected, &["display.suspected", "write.suspected", "log.no_explicit"]),
        (&unread, Status::Inconclusive, &["display.inconclusive", "write.unreadable", "log.no_explicit"]),
        (&[], Status::None, &["remind.declare"]),
    ];
    for (evidence, status, expected) in table {
        assert_eq!(ids(evidence, status), expected, "{status:?}");
    }
}

#[test]
fn the_words_say_what_article_6_asks_for_in_every_language_of_the_profile() {
    for (status, words, level) in [
        (Status::Confirmed, "本内容为AI生成合成", "3"),
        (Status::Possible, "可能为AI生成", "2"),
        (Status::Suspected, "疑似AI生成", "3"),
        (Status::Inconclusive, "疑似AI生成", "3"),
    ] {
        let duties = Profile::CN_GB45438.duties(&Facts { status, ..facts(&[], &[], Modality::Video) });
        let display = duties.iter().find(|d| d.row.kind == DutyKind::Display).unwrap();
        assert_eq!(display.row.sure == Sure::Inferred, status == Status::Inconclusive);
        let languages: Vec<&str> = display.row.texts.iter().map(|t| t.language.as_str()).collect();
        assert_eq!(languages, ["zh-Hans", "zh-Hant", "en", "pt"]);
        assert!(display.row.texts[0].text.contains(words), "{words}");
        assert!(crate::label::wording::has_both_elements(&display.row.texts[0].text));
        let write = duties.iter().find(|d| d.row.kind == DutyKind::Write).unwrap();
        let keys: Vec<_> = write.row.writes.iter().map(|w| (w.key.as_str(), w.value.as_deref())).collect();
        assert_eq!(
            keys,
            [("Label", Some(level)), ("ContentPropagator", None), ("PropagateID", None), ("ReservedCode2", None)]
        );
    }
}

#[test]
fn the_log_is_owed_by_the_generating_service_for_six_months() {
    let evidence = [aigc()];
    let duties = Profile::CN_GB45438.duties(&facts(&evidence, &[], Modality::Image));
    let log = duties.iter().find(|d| d.row.kind == DutyKind::Log).unwrap();
    assert_eq!((log.row.who, log.row.months), (Who::Provider, Some(6)));
    assert_eq!(log.row.record, ["recipient"]);
    for (lang, words) in
        [(Lang::En, "not owed for a file with an explicit label"), (Lang::Zh, "带有显式标识的文件不适用")]
    {
        let document = log.document(lang);
        assert!(document.note.contains(words), "{}", document.note);
    }
    assert_eq!(log.document(Lang::Zh).clause, "《标识办法》第九条");
}

#[test]
fn rows_are_complete() {
    for data in Profile::ALL.iter().filter_map(|p| p.data()) {
        for row in &data.duties {
            assert!(!row.status.is_empty(), "{} {}", data.id, row.id);
            assert_eq!(row.note_en.is_empty(), row.note_zh.is_empty(), "{} {}", data.id, row.id);
            let says = !row.texts.is_empty() || !row.writes.is_empty() || !row.record.is_empty();
            assert!(says || !row.note_en.is_empty(), "{} {} says nothing", data.id, row.id);
            assert_eq!(row.kind == DutyKind::Log, row.months.is_some(), "{} {}", data.id, row.id);
        }
    }
}
