//! The language of a text, as far as default wordings need it: by its writing, and by small words where
//! several languages share one.

use crate::container::Shown;

/// Most characters that are looked at.
const MOST: usize = 20_000;
/// A character of Chinese stands for so many letters.
const HAN: usize = 3;

/// Characters that are written so in one of both scripts alone, in pairs.
const SIMPLIFIED: &str = "这们来个时为说国会对发经动过还进从种现问题实间业长产书东车马语话请读谢让认识议论设计记录报纸张师军农单员应无与万严两丽举义乐习乡买乱亚亲亿仅传伤伦体儿兰关兴养内写冲决况净减划刘则刚创剧办务劳势区医华协压厅历县参双变叶号叹听启响园围图圆圣场坏块坚";
const TRADITIONAL: &str = "這們來個時為說國會對發經動過還進從種現問題實間業長產書東車馬語話請讀謝讓認識議論設計記錄報紙張師軍農單員應無與萬嚴兩麗舉義樂習鄉買亂亞親億僅傳傷倫體兒蘭關興養內寫衝決況淨減劃劉則剛創劇辦務勞勢區醫華協壓廳歷縣參雙變葉號嘆聽啟響園圍圖圓聖場壞塊堅";

/// Small words by language. Those without wordings stand here so that they are not taken for others.
const WORDS: &[(&str, &[&str])] = &[
    (
        "en",
        &[
            "the", "of", "and", "to", "is", "that", "for", "it", "with", "was", "are", "this", "be", "by", "you",
            "from", "have", "not", "at", "there", "they", "which", "we", "an", "on",
        ],
    ),
    (
        "pt",
        &[
            "não", "uma", "com", "os", "dos", "das", "em", "ao", "é", "mais", "foi", "são", "você", "isso", "também",
            "pelo", "pela", "seu", "sua", "no", "na", "do", "da", "um", "que", "para", "de", "por",
        ],
    ),
    (
        "es",
        &[
            "el", "los", "las", "y", "en", "con", "del", "es", "más", "pero", "su", "al", "lo", "fue", "está", "la",
            "una", "un", "que", "para", "de", "por", "no", "se",
        ],
    ),
    (
        "fr",
        &[
            "le", "les", "des", "et", "est", "dans", "pour", "qui", "du", "une", "pas", "sur", "avec", "ce", "au",
            "il", "la", "un", "que", "de", "on",
        ],
    ),
    (
        "de",
        &[
            "der", "die", "und", "das", "ist", "nicht", "ein", "eine", "mit", "zu", "den", "von", "auf", "für", "dem",
            "sich", "des", "es", "an",
        ],
    ),
    (
        "it",
        &[
            "il", "che", "di", "è", "per", "non", "gli", "della", "del", "con", "sono", "una", "nel", "alla", "più",
            "la", "un", "le", "da", "no", "si",
        ],
    ),
    ("nl", &["het", "een", "van", "en", "is", "dat", "niet", "op", "te", "zijn", "met", "voor", "de", "in", "aan"]),
    ("id", &["yang", "dan", "di", "dengan", "untuk", "ini", "itu", "dari", "tidak", "pada", "adalah"]),
    ("pl", &["i", "w", "nie", "na", "się", "jest", "z", "że", "do", "to"]),
    ("tr", &["ve", "bir", "bu", "için", "ile", "da", "de", "çok", "olarak"]),
];
/// Small words of Hindi, which other languages in its writing don't have.
const HINDI: &[&str] = &["है", "हैं", "में", "और", "का", "की", "के", "को", "से", "यह", "नहीं"];
/// Letters of Vietnamese alone.
const VIETNAMESE: &str = "ăđơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ";

/// How many letters each writing has.
#[derive(Default)]
struct Count {
    han: usize,
    kana: usize,
    hangul: usize,
    devanagari: usize,
    latin: usize,
    other: usize,
}

impl Count {
    fn of(text: &str) -> Self {
        let mut out = Self::default();
        for c in text.chars() {
            let slot = match c {
                '\u{3400}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}' => &mut out.han,
                '\u{3041}'..='\u{30FF}' => &mut out.kana,
                '\u{1100}'..='\u{11FF}' | '\u{AC00}'..='\u{D7AF}' => &mut out.hangul,
                '\u{0900}'..='\u{097F}' => &mut out.devanagari,
                'a'..='z' | 'A'..='Z' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => &mut out.latin,
                c if c.is_alphabetic() => &mut out.other,
                _ => continue,
            };
            *slot = slot.saturating_add(1);
        }
        out
    }
}

/// The language of Latin letters: the one with the most small words, two at least and more than any
/// other.
fn latin(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let letters = lower.chars().filter(|c| VIETNAMESE.contains(*c)).count();
    if letters >= 2 && letters.saturating_mul(20) > lower.chars().filter(|c| c.is_alphabetic()).count() {
        return Some("vi");
    }
    let mut best: [(usize, &str); 2] = [(0, ""); 2];
    for (language, small) in WORDS {
        let words = lower.split(|c: char| !c.is_alphabetic());
        let count = words.filter(|word| small.contains(word)).count();
        match &mut best {
            [first, second] if count > first.0 => (*second, *first) = (*first, (count, *language)),
            [_, second] if count > second.0 => *second = (count, *language),
            _ => {}
        }
    }
    let [(most, language), (next, _)] = best;
    (most >= 2 && most > next).then_some(language)
}

/// The BCP 47 tag of the language of a text, if its default wordings could be in it.
pub(super) fn of_text(text: &str) -> Option<&'static str> {
    let count = Count::of(text);
    let han = count.han.saturating_add(count.kana).saturating_mul(HAN);
    let most = [han, count.hangul.saturating_mul(2), count.devanagari, count.latin, count.other].into_iter().max()?;
    match most {
        0 => None,
        // Japanese always has some of its own letters among those that it took over.
        _ if most == han && count.kana.saturating_mul(20) > count.han => None,
        _ if most == han => {
            let of = |own: &str| text.chars().filter(|c| own.contains(*c)).count();
            match of(SIMPLIFIED).cmp(&of(TRADITIONAL)) {
                std::cmp::Ordering::Less => Some("zh-Hant"),
                std::cmp::Ordering::Greater => Some("zh-Hans"),
                std::cmp::Ordering::Equal => None,
            }
        }
        _ if most == count.hangul.saturating_mul(2) => Some("ko"),
        _ if most == count.devanagari => {
            let mut words = text.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation() || c == '।');
            words.any(|word| HINDI.contains(&word)).then_some("hi")
        }
        _ if most == count.latin => latin(text),
        _ => None,
    }
}

/// The language of the words that people see.
pub(super) fn of_shown(shown: &[Shown]) -> Option<&'static str> {
    let mut text = String::new();
    for part in shown {
        if text.len() >= MOST {
            break;
        }
        text.extend(part.text.chars().take(MOST));
        text.push('\n');
    }
    of_text(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart() {
        for (text, due) in [
            ("The ships lie in the harbour, and there is no wind.", Some("en")),
            ("这是一个关于港口的故事，船只停在那里。", Some("zh-Hans")),
            ("這是一個關於港口的故事，船隻停在那裡。", Some("zh-Hant")),
            ("港口里有船 OpenAI ChatGPT 说明", Some("zh-Hans")),
            ("これは港の話です。船が泊まっています。", None),
            ("항구에는 배가 많이 있습니다.", Some("ko")),
            ("Os navios estão no porto e não há vento para eles.", Some("pt")),
            ("Los barcos están en el puerto y no hay viento para ellos.", Some("es")),
            ("Die Schiffe liegen im Hafen, und es ist nicht windig.", Some("de")),
            ("Có nhiều con tàu ở bến cảng và không có gió.", Some("vi")),
            ("बंदरगाह में जहाज़ हैं और हवा नहीं है।", Some("hi")),
            ("Корабли стоят в гавани.", None),
            ("12:30 -- 14:00", None),
            ("Harbour 7", None),
            ("", None),
        ] {
            assert_eq!(of_text(text), due, "{text}");
        }
    }

    #[test]
    fn pairs_of_characters_differ() {
        assert_eq!(SIMPLIFIED.chars().count(), TRADITIONAL.chars().count());
        assert!(!SIMPLIFIED.chars().any(|c| TRADITIONAL.contains(c)));
    }
}
