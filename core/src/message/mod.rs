//! Text for people, in one place, in English and Chinese.
//!
//! Every error and every line the command prints is a row here or in one of the area tables
//! below; findings have their own registry in [`crate::finding`]. A row names its arguments in
//! braces: `{field}`. A test fails when a language is missing or the two languages disagree on
//! the arguments.

use std::fmt;

pub mod codec;
pub mod container;
pub mod general;
pub mod label;
pub mod notice;
pub mod reason;
pub mod recognised;
pub mod security;
pub mod sign;
pub mod verdict;
pub mod watermark;
pub mod watermark_text;
pub mod write;

/// Language of messages: English or simplified Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub enum Lang {
    /// English.
    #[default]
    #[serde(rename = "en")]
    En,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    Zh,
}

impl Lang {
    /// Reads a BCP 47 tag or a POSIX locale name; anything that is not Chinese is English.
    ///
    /// ```
    /// use biaoshi::Lang;
    /// assert_eq!(Lang::from_tag("zh_CN.UTF-8"), Lang::Zh);
    /// assert_eq!(Lang::from_tag("pt-PT"), Lang::En);
    /// ```
    #[must_use]
    pub fn from_tag(tag: &str) -> Self {
        let head = tag.split(['-', '_', '.']).next().unwrap_or_default();
        if head.eq_ignore_ascii_case("zh") { Self::Zh } else { Self::En }
    }

    /// The BCP 47 tag: `en` or `zh-CN`.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Zh => "zh-CN",
        }
    }
}

/// One row of the message table: a stable code, a sentence and a hint in both languages.
#[derive(Debug)]
pub struct Message {
    /// Stable code, for example `label.conflict`.
    pub code: &'static str,
    /// English sentence; arguments in braces.
    pub en: &'static str,
    /// Chinese sentence; the same arguments.
    pub zh: &'static str,
    /// What to do about it, in English; may be empty.
    pub hint_en: &'static str,
    /// What to do about it, in Chinese; may be empty.
    pub hint_zh: &'static str,
}

impl PartialEq for Message {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Message {}

impl Message {
    /// The sentence in `lang`, arguments not yet filled in.
    #[must_use]
    pub const fn text(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Zh => self.zh,
        }
    }

    /// The hint in `lang`; empty if there is none.
    #[must_use]
    pub const fn hint(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.hint_en,
            Lang::Zh => self.hint_zh,
        }
    }
}

/// Named arguments of a message. Values may come from files: escape them at the sink.
pub type Args = Vec<(&'static str, String)>;

/// Fills `{name}` places of a template; unknown names stay as they are.
#[must_use]
pub fn fill(template: &str, args: &[(&'static str, String)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let (head, tail) = rest.split_at(open);
        out.push_str(head);
        let Some(close) = tail.find('}') else {
            out.push_str(tail);
            return out;
        };
        let name = tail.get(1..close).unwrap_or_default();
        match args.iter().find(|(key, _)| *key == name) {
            Some((_, value)) => out.push_str(value),
            None => out.push_str(tail.get(..=close).unwrap_or_default()),
        }
        rest = tail.get(close + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// How clauses and sources are named in Chinese; longer names first.
const CLAUSES: &[(&str, &str)] = &[
    ("Measures Art. ", "《标识办法》第"),
    ("GB 45438-2025 Annex E", "GB 45438-2025 附录E"),
    ("TC260-PG-20259A Annex B", "TC260-PG-20259A 附录B"),
    (" (altered or moved labels, inferred)", "（标识被篡改或移置，系推断）"),
    (" (a damaged file can't be verified, inferred)", "（损坏的文件无法核验，系推断）"),
    (" (encouraged, not required)", "（鼓励，非强制）"),
    (" (a mark that can't be relied on is a trace, inferred)", "（不可采信的标识按其他痕迹处理，系推断）"),
    (" (a mark other than the AIGC field, inferred)", "（AIGC 字段以外的标记，系推断）"),
    (" (letter inferred)", "（项号系推断）"),
    (" (number inferred)", "（条号系推断）"),
    (" (whose signature, inferred)", "（签名者身份，系推断）"),
    (" (our record in the manifest, inferred)", "（清单中本项目的记录，系推断）"),
    (" (recommended, inferred)", "（推荐，系推断）"),
    (" (for edition 2.4)", "（适用于 2.4 版）"),
    (" (optional)", "（可选）"),
    (" (free detection)", "（免费检测）"),
    (" (detection tool)", "（检测工具）"),
    (" (manifest disclosure)", "（显式披露）"),
    (" (latent disclosure)", "（隐式披露）"),
    (" (with an invisible mark)", "（仅有隐形标识时）"),
    (" (significant social media intermediaries)", "（重要社交媒体中介）"),
    (" (form prescribed by the government)", "（形式由政府规定）"),
    ("Code of Practice 2026", "2026 年行为准则"),
    (" section 2", " 第 2 部分"),
    (" (downgrade, inferred)", "（降级，系推断）"),
    (" (length inferred)", "（长度系推断）"),
    (" (recommended)", "（推荐性）"),
    (" (ingredients)", "（素材）"),
    ("format specification", "文件格式规范"),
    ("content decides, inferred", "以内容为准（推断）"),
    ("vendors' own form, seen", "厂商自有形式（实际所见）"),
    ("XMP specification part ", "XMP 规范第"),
    ("IPTC Photo Metadata Standard", "IPTC 图片元数据标准"),
    ("inferred", "推断"),
    ("seen", "实际所见"),
    ("ours: marker in ReservedCode1", "本项目自定：ReservedCode1 中的标记"),
    ("ours", "本项目自定"),
    (") to ", ") 至 "),
    ("; ", "；"),
];

/// A number below 100 as Chinese texts of law write it.
fn numeral(number: u8) -> String {
    const DIGITS: [&str; 10] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九"];
    let digit = |n: u8| DIGITS.get(usize::from(n)).copied().unwrap_or_default();
    match (number / 10, number % 10) {
        (0, 0) => "零".to_owned(),
        (0, n) => digit(n).to_owned(),
        (1, n) => format!("十{}", digit(n)),
        (tens, n) => format!("{}十{}", digit(tens), digit(n)),
    }
}

/// A clause or source in `lang`. Numbers and titles of standards stay as they are.
#[must_use]
pub fn clause(text: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return text.to_owned();
    }
    let mut out = CLAUSES.iter().fold(text.to_owned(), |text, (en, zh)| text.replace(en, zh));
    for (head, unit) in [("《标识办法》第", "条"), ("XMP 规范第", "部分")] {
        let Some(at) = out.find(head).map(|at| at + head.len()) else { continue };
        let digits: String = out.get(at..).unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
        if let Ok(number) = digits.parse::<u8>() {
            out.replace_range(at..at + digits.len(), &format!("{}{unit}", numeral(number)));
        }
    }
    out
}

/// Shows a string from a file so that it cannot act on a terminal or reorder text: controls,
/// bidirectional marks, zero-width and variation-selector characters become `\u{…}`.
#[must_use]
pub fn escape(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unsafe_to_show(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether a character is invisible, reorders text or controls a terminal.
#[must_use]
pub fn is_unsafe_to_show(c: char) -> bool {
    matches!(u32::from(c),
        0x00..=0x1F | 0x7F..=0x9F | 0xAD | 0x034F | 0x061C | 0x115F | 0x1160 | 0x17B4 | 0x17B5
        | 0x180B..=0x180F | 0x200B..=0x200F | 0x2028..=0x202E | 0x2060..=0x206F | 0x3164
        | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB | 0x1_3430..=0x1_343F | 0x1_BCA0..=0x1_BCA3
        | 0x1_D173..=0x1_D17A | 0xE_0000..=0xE_0FFF)
}

/// Every message row.
pub fn all() -> impl Iterator<Item = &'static Message> {
    general::ALL
        .iter()
        .chain(label::ALL)
        .chain(codec::ALL)
        .chain(sign::ALL)
        .chain(security::ALL)
        .chain(reason::ALL)
        .chain(recognised::ALL)
        .chain(write::ALL)
        .chain(verdict::ALL)
        .chain(watermark::ALL)
        .chain(watermark_text::ALL)
        .chain(container::all())
        .chain(notice::all())
        .copied()
}

/// Looks a message up by its code.
#[must_use]
pub fn find(code: &str) -> Option<&'static Message> {
    all().find(|message| message.code == code)
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.en)
    }
}

/// Declares an area's rows and its `ALL` list.
macro_rules! messages {
    ($($(#[$doc:meta])* $name:ident = $code:literal { en: $en:literal, zh: $zh:literal $(, hint_en: $he:literal, hint_zh: $hz:literal)? $(,)? })*) => {
        $(
            $(#[$doc])*
            #[doc = concat!("`", $code, "`: ", $en)]
            pub static $name: $crate::message::Message = $crate::message::Message {
                code: $code,
                en: $en,
                zh: $zh,
                hint_en: concat!("" $(, $he)?),
                hint_zh: concat!("" $(, $hz)?),
            };
        )*
        /// Every row of this area.
        pub static ALL: &[&$crate::message::Message] = &[$(&$name),*];
    };
}
pub(crate) use messages;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn names(template: &str) -> BTreeSet<&str> {
        template.split('{').skip(1).filter_map(|part| part.split('}').next()).collect()
    }

    #[test]
    fn every_row_speaks_both_languages_with_the_same_arguments() {
        let mut seen = BTreeSet::new();
        for message in all() {
            assert!(seen.insert(message.code), "{} twice", message.code);
            assert!(!message.en.is_empty() && !message.zh.is_empty(), "{}", message.code);
            assert_eq!(names(message.en), names(message.zh), "{}", message.code);
            assert_eq!(names(message.hint_en), names(message.hint_zh), "{}", message.code);
            assert_eq!(message.hint_en.is_empty(), message.hint_zh.is_empty(), "{}", message.code);
            assert!(message.zh.chars().any(|c| c > '\u{2e80}'), "{} is not Chinese", message.code);
        }
    }

    #[test]
    fn clauses_read_naturally_in_chinese() {
        let zh = |text| clause(text, Lang::Zh);
        assert_eq!(
            zh("Measures Art. 10 (altered or moved labels, inferred)"),
            "《标识办法》第十条（标识被篡改或移置，系推断）"
        );
        assert_eq!(zh("GB 45438-2025 Annex E g), h)"), "GB 45438-2025 附录E g), h)");
        assert_eq!(clause("Measures Art. 10", Lang::En), "Measures Art. 10");
    }

    #[test]
    fn escape_leaves_nothing_that_acts() {
        assert_eq!(escape("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(escape("x\u{202e}y"), "x\\u{202e}y");
        assert_eq!(escape("人工智能"), "人工智能");
    }

    #[test]
    fn fill_replaces_names_and_keeps_unknown_ones() {
        let args = vec![("a", "1".to_owned())];
        assert_eq!(fill("{a} {b} {", &args), "1 {b} {");
    }
}
