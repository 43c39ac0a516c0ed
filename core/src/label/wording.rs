//! The two elements that a notice needs in China.
//!
//! GB 45438-2025 clause 5 prescribes no sentence. A notice holds an AI element, `人工智能` or
//! `AI`, and a generation element, `生成` and/or `合成`. These readings are inferred:
//!
//! * `AI` in capitals must stand as a word of its own: no Latin, Greek or Cyrillic letter, digit or
//!   underscore before or after it. So `MAIL生成` and `AIGC生成` do not count, `AI生成` does.
//! * Full-width `ＡＩ` counts as `AI`; lower-case `ai` does not, and neither does `人工智慧`, which
//!   the standard does not name.
//! * Only presence is checked: `非AI生成` ("not AI-generated") holds both elements too. What a
//!   sentence means is for a person to judge.

/// Which of the two elements a text holds (GB 45438-2025 clause 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elements {
    /// `人工智能`, or `AI` as a word of its own.
    pub ai: bool,
    /// `生成` or `合成`.
    pub generation: bool,
}

/// Looks for the two elements in `text`, in any order and place.
#[must_use]
pub fn elements(text: &str) -> Elements {
    Elements {
        ai: text.contains("人工智能") || has_ai_word(text),
        generation: text.contains("生成") || text.contains("合成"),
    }
}

/// Whether `text` holds the AI element and the generation element (GB 45438-2025 clause 5).
///
/// English alone does not: `AI-generated` has no generation element (inferred).
///
/// ```
/// use biaoshi::label::wording::has_both_elements;
/// assert!(has_both_elements("本内容由AI生成"));
/// assert!(!has_both_elements("AI-generated"));
/// ```
#[must_use]
pub fn has_both_elements(text: &str) -> bool {
    let found = elements(text);
    found.ai && found.generation
}

/// Whether `AI` (or full-width `ＡＩ`) stands in `text` as a word of its own.
fn has_ai_word(text: &str) -> bool {
    let mut before: Option<char> = None;
    let mut chars = text.chars().map(narrow).peekable();
    while let Some(c) = chars.next() {
        if c == 'A' && !before.is_some_and(is_word) && chars.peek() == Some(&'I') {
            let mut after = chars.clone();
            after.next();
            if !after.next().is_some_and(is_word) {
                return true;
            }
        }
        before = Some(c);
    }
    false
}

/// Full-width ASCII as ASCII.
fn narrow(c: char) -> char {
    match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code.saturating_sub(0xFEE0)).unwrap_or(c),
        _ => c,
    }
}

/// Characters that continue a word of an alphabetic script; Chinese is written without spaces.
fn is_word(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && u32::from(c) < 0x0530)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wordings_of_the_standard_pass_and_the_near_misses_fail() {
        for good in [
            "AI生成",
            "AI合成",
            "人工智能生成合成",
            "本内容由AI生成",
            "内容由 AI 生成，请仔细甄别",
            "ＡＩ生成",
            "AI-generated 合成",
            "合成（AI）",
            "Made by AI. 生成",
            "AIAI AI生成",
        ] {
            assert!(has_both_elements(good), "{good}");
        }
        for bad in [
            "",
            "AI 播客",
            "虚拟主播",
            "AI-generated",
            "MAIL生成",
            "AIGC生成",
            "OpenAI合成",
            "AI2生成",
            "AI_生成",
            "ＡＩＧＣ生成",
            "ai生成",
            "A I生成",
            "人工智慧生成",
            "AI生 成",
            "智能生成",
            "ÀAI生成",
        ] {
            assert!(!has_both_elements(bad), "{bad}");
        }
    }

    #[test]
    fn each_element_is_told_apart() {
        assert_eq!(elements("AI 播客"), Elements { ai: true, generation: false });
        assert_eq!(elements("虚拟合成"), Elements { ai: false, generation: true });
    }
}
