//! Notices for people: what was perceived against what the rules ask.

use super::checks::{Facts, of};
use super::data::{Explicit, NoticeRow};
use crate::format::Modality;
use crate::notice::{Form, Perceived, Reader};
use crate::report::{CheckResult, Reason};

/// A notice that begins later than this does not stand at the first frame, however frames are timed.
const LATE_MS: u64 = 500;

/// A notice was perceived that looks and sounds as the rules ask. That none was recognised does not
/// show that there is none, and neither does one in a form or language that they don't ask for.
pub(super) fn judge(facts: &Facts<'_>, notices: &Explicit) -> (CheckResult, Option<Reason>) {
    let modality = facts.modality;
    let Some(asked) = notices.of(modality) else { return (CheckResult::NotApplicable, None) };
    let all = || facts.evidence.iter().filter_map(|e| e.notice.as_ref());
    let seen = || all().filter(|notice| has_form(notice, asked, modality) && is_readable(notice, asked));
    let permille = (asked.min_height_ratio * 1000.0).round() as u32;
    let ms = (asked.min_seconds.unwrap_or(0.0) * 1000.0).round() as u64;
    let lacking = |notice: &Perceived| asked.both_elements && !notice.both_elements;
    // A film's notice is due from its first frame on, where the rules name it.
    let first = modality == Modality::Video && asked.placement.iter().any(|place| place == "first_frame");
    let late = |notice: &Perceived| first && notice.start_ms.is_some_and(|ms| ms > 0);
    let brief = |notice: &Perceived| notice.duration_ms.is_some_and(|seen| seen < ms);
    let low = |notice: &Perceived, height: u32| notice.height_permille.is_some_and(|seen| seen < height);
    // Coding blurs the ink, and character recognition misses letters and measures boxes: near the
    // bound neither is held for or against a notice. Times are those of single frames.
    let part = |percent: u32| permille.saturating_mul(percent) / 100;
    let holds = |notice: &Perceived| {
        let height = if notice.reader == Reader::Ocr { part(110) } else { permille };
        !lacking(notice) && !low(notice, height) && !brief(notice) && !late(notice)
    };
    if seen().any(holds) {
        return of(true);
    }
    // Far from what is asked for: no measure errs so much.
    let mistimed = |notice: &Perceived| {
        notice.duration_ms.is_some_and(|seen| seen < ms.saturating_mul(4) / 5)
            || (first && notice.start_ms.is_some_and(|start| start > LATE_MS))
    };
    let fails = |notice: &Perceived| match notice.reader {
        Reader::Biaoshi => lacking(notice) || low(notice, part(95)) || mistimed(notice),
        Reader::Ocr => !lacking(notice) && (low(notice, part(90)) || mistimed(notice)),
    };
    // Words that lack an element lack it in any language.
    let poor = |notice: &Perceived| notice.reader == Reader::Biaoshi && lacking(notice);
    match facts.looked {
        _ if seen().any(fails) || all().filter(|n| has_form(n, asked, modality)).any(poor) => of(false),
        _ if all().next().is_some() && seen().next().is_none() => {
            (CheckResult::NotCheckable, Some(Reason::OtherNotice))
        }
        Err(why) => (CheckResult::NotCheckable, Some(why)),
        Ok(()) => (CheckResult::NotCheckable, Some(Reason::NotRecognised)),
    }
}

/// Whether the rules ask for notices of this form; without a list, any will do.
fn has_form(notice: &Perceived, asked: &NoticeRow, modality: Modality) -> bool {
    let name = match notice.form {
        Form::Rhythm => "rhythm",
        // What is written about a sound is not heard.
        Form::Text if matches!(modality, Modality::Audio) => return false,
        Form::Text | Form::Picture => "text",
    };
    asked.forms.is_empty() || asked.forms.iter().any(|form| form == name)
}

/// Whether it has a word in the writing of a language that the rules ask for. The letters AI, KI and
/// IA are a part of notices in all of them.
fn is_readable(notice: &Perceived, asked: &NoticeRow) -> bool {
    let Some(text) = notice.text.as_deref().filter(|_| !asked.languages.is_empty()) else { return true };
    let scripts: Vec<Script> = asked.languages.iter().map(|tag| Script::of_language(tag)).collect();
    let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    words.any(|word| {
        let rest = ["AI", "KI", "IA"].iter().fold(word.to_owned(), |word, name| word.replace(name, ""));
        !rest.is_empty() && rest.chars().all(|c| Script::of_letter(c).is_none_or(|script| scripts.contains(&script)))
    })
}

/// A writing, as far as languages of notices tell apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Han,
    Hangul,
    Devanagari,
    Other,
}

impl Script {
    fn of_language(tag: &str) -> Self {
        match tag.split('-').next().unwrap_or_default() {
            "zh" | "ja" => Self::Han,
            "ko" => Self::Hangul,
            "hi" | "mr" | "ne" => Self::Devanagari,
            "el" => Self::Greek,
            "bg" | "ru" | "uk" => Self::Cyrillic,
            _ => Self::Latin,
        }
    }

    /// `None` for a mark that combines with letters of any writing.
    const fn of_letter(c: char) -> Option<Self> {
        Some(match c {
            '\u{0300}'..='\u{036F}' => return None,
            'A'..='Z' | 'a'..='z' | '\u{00AA}'..='\u{024F}' | '\u{1E00}'..='\u{1EFF}' => Self::Latin,
            '\u{0370}'..='\u{03FF}' | '\u{1F00}'..='\u{1FFF}' => Self::Greek,
            '\u{0400}'..='\u{052F}' => Self::Cyrillic,
            '\u{0900}'..='\u{097F}' => Self::Devanagari,
            '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7AF}' => Self::Hangul,
            '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}' => {
                Self::Han
            }
            _ => Self::Other,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::notice::Moment;

    fn text(words: &str) -> Perceived {
        Perceived {
            form: Form::Text,
            reader: Reader::Biaoshi,
            text: Some(words.to_owned()),
            both_elements: true,
            at: Some(Moment::Start),
            rect: None,
            edge: None,
            height_permille: None,
            start_ms: None,
            duration_ms: None,
        }
    }

    #[test]
    fn a_notice_is_readable_where_its_language_is_asked_for() {
        let asked = |languages: &[&str]| NoticeRow {
            languages: languages.iter().map(|tag| (*tag).to_owned()).collect(),
            ..NoticeRow::default()
        };
        for (words, languages, readable) in [
            ("AI生成", &["zh-Hans"][..], true),
            ("AI生成", &["en"], false),
            ("AI生成", &[], true),
            ("AI-generated", &["zh-Hans"], false),
            ("AI-generated", &["zh-Hans", "en"], true),
            ("Gerado por IA", &["pt"], true),
            ("Nội dung do AI tạo ra", &["vi"], true),
            ("Nội dung do AI tạo ra", &["ko"], false),
            ("AI로 생성됨", &["ko"], true),
            ("एआई द्वारा निर्मित", &["hi"], true),
            ("एआई द्वारा निर्मित", &["en"], false),
            ("AI生成\nAI-generated", &["en"], true),
            ("AI", &["en"], false),
        ] {
            assert_eq!(is_readable(&text(words), &asked(languages)), readable, "{words} {languages:?}");
        }
    }

    #[test]
    fn a_form_counts_where_it_is_asked_for() {
        let asked = |forms: &[&str]| NoticeRow {
            forms: forms.iter().map(|form| (*form).to_owned()).collect(),
            ..NoticeRow::default()
        };
        let rhythm = Perceived { form: Form::Rhythm, text: None, ..text("") };
        assert!(has_form(&rhythm, &asked(&["speech", "rhythm"]), Modality::Audio));
        assert!(!has_form(&rhythm, &asked(&["speech"]), Modality::Audio));
        assert!(has_form(&rhythm, &asked(&[]), Modality::Audio));
        assert!(!has_form(&text("AI生成"), &asked(&["speech", "text"]), Modality::Audio));
        let picture = Perceived { form: Form::Picture, ..text("AI生成") };
        assert!(has_form(&picture, &asked(&["icon", "text"]), Modality::Image));
    }
}
