#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, clippy::print_stdout)]
use proptest::prelude::*;
use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Set {
    rows: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    text: String,
    language: String,
    notice: bool,
    half: String,
}

fn set() -> &'static [Row] {
    static SET: std::sync::LazyLock<Set> = std::sync::LazyLock::new(|| {
        serde_json::from_str(include_str!("../../../../../test-vectors/notices/words.json")).unwrap()
    });
    &SET.rows
}

fn is_stated(text: &str) -> bool {
    judge(text).is_some_and(|found| found.stance == Stance::Stated)
}

fn shown(text: &str, at: Moment) -> Shown {
    Shown { text: text.to_owned(), part: "text".to_owned(), range: 0..text.len() as u64, at }
}

#[test]
fn precision_and_recall_of_the_set() {
    let rows = set();
    assert!(rows.len() >= 300);
    for half in ["tuned", "held"] {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.half == half).collect();
        let (mut right, mut wrong, mut missed) = (0u32, 0u32, 0u32);
        for row in &rows {
            match (is_stated(&row.text), row.notice) {
                (true, true) => right += 1,
                (false, false) => {}
                (found, _) => {
                    if found {
                        wrong += 1
                    } else {
                        missed += 1
                    }
                    println!("{half} {} {}: {}", if found { "wrong" } else { "missed" }, row.language, row.text);
                }
            }
        }
        let precision = f64::from(right) / f64::from(right + wrong);
        let recall = f64::from(right) / f64::from(right + missed);
        println!("{half}: {} rows, precision {precision:.4}, recall {recall:.4}", rows.len());
        assert!(precision >= 0.98 && recall >= 0.95, "{half}: {precision} {recall}");
    }
}

#[test]
fn stances_are_told_apart() {
    for (text, stance) in [
        ("本文由AI生成", Stance::Stated),
        ("本文并非AI生成", Stance::Negated),
        ("not AI-generated", Stance::Negated),
        ("AI生成的图片有哪些特征？", Stance::Asked),
        ("Is this AI-generated?", Stance::Asked),
        ("他说这是“AI生成”的", Stance::Quoted),
        ("《人工智能生成合成内容标识办法》", Stance::Quoted),
        ("AI生成技术正在改变影视行业", Stance::Mentioned),
    ] {
        assert_eq!(judge(text).map(|found| found.stance), Some(stance), "{text}");
    }
    for text in ["", "AI", "生成", "今天天气很好", "AI will change the world", "MAIL生成"] {
        assert_eq!(judge(text), None, "{text}");
    }
}

#[test]
fn elements_of_the_standard_are_told_from_those_of_other_languages() {
    for (text, language, both) in [
        ("AI生成", "zh", true),
        ("ＡＩ 生 成", "zh", true),
        ("A.I. 生成", "zh", true),
        ("A\u{200B}I生成", "zh", true),
        ("人工智能合成", "zh", true),
        ("人工智慧生成", "zh", false),
        ("本文由ai生成", "zh", false),
        ("AI-generated", "en", false),
        ("Gerado por IA", "pt", false),
        ("AI로 생성됨", "ko", false),
        ("Tạo bằng AI", "vi", false),
        ("एआई द्वारा निर्मित", "hi", false),
    ] {
        let found = judge(text).unwrap();
        assert_eq!((found.language, found.both_elements, found.stance), (language, both, Stance::Stated), "{text}");
    }
}

#[test]
fn ranges_are_those_of_the_text_as_written() {
    let text = "春天来了。（ＡＩ 生成）";
    let found = judge(text).unwrap();
    assert_eq!(found.text, "ＡＩ 生成");
    assert_eq!(&text[found.range], "ＡＩ 生成");
}

#[test]
fn places_of_the_standard_count() {
    let long = "春天来了，万物复苏，大地披上了绿装，河水开始解冻，小鸟在枝头歌唱，孩子们在田野里奔跑。".repeat(3);
    let first = shown(&format!("本文由AI生成。{long}"), Moment::Start);
    let last = shown(&format!("{long}本文由AI生成。"), Moment::End);
    let within = shown(&format!("{long}本文由AI生成。{long}"), Moment::Middle);
    let late = shown(&format!("{long}本文由AI生成。{long}"), Moment::Start);
    let alone = shown("本文由AI生成", Moment::Middle);
    for (part, due) in [(&first, true), (&last, true), (&within, false), (&late, false), (&alone, true)] {
        let found = find(std::slice::from_ref(part));
        assert_eq!(!found.is_empty(), due, "{part:?}");
        for found in found {
            assert_eq!((found.perceived.text.as_deref(), found.perceived.at), (Some("本文由AI生成"), Some(part.at)));
            assert!(found.perceived.both_elements && found.range == part.range);
        }
    }
    // A corner mark alone is not judged in plain text.
    assert!(find(&[shown("AI", Moment::Start)]).is_empty());
}

/// Every wording of every profile is one that is found.
#[test]
fn wordings_of_the_profiles_are_found() {
    for profile in crate::Profile::ALL {
        let Some(data) = profile.data() else { continue };
        for wording in &data.wordings {
            assert!(is_stated(&wording.text), "{} {}", wording.language, wording.text);
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_judged(text in any::<String>()) {
        for found in scan::statements(&text) {
            prop_assert!(text.get(found.statement.range.clone()).is_some());
            prop_assert!(found.sentence < found.sentences);
        }
    }

    #[test]
    fn ways_of_writing_do_not_matter(
        index in 0usize..1000,
        wide in any::<bool>(),
        hidden in prop::sample::select(vec!["", "\u{200B}", "\u{200D}", "\u{FEFF}", "\u{AD}"]),
        hyphen in prop::sample::select(vec!["-", "\u{2010}", "\u{2011}", "\u{2012}", "\u{2013}", "\u{2212}", " "]),
    ) {
        let rows = set();
        let text = &rows[index % rows.len()].text;
        let written: String = text
            .chars()
            .map(|c| match c {
                '-' => hyphen.to_owned(),
                'A'..='Z' if wide => format!("{}{hidden}", char::from_u32(u32::from(c) + 0xFEE0).unwrap()),
                c => format!("{c}{hidden}"),
            })
            .collect();
        prop_assert_eq!(is_stated(text), is_stated(&written), "{} {}", text, written);
    }
}
