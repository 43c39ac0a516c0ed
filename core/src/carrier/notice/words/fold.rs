//! Text in the form in which words are compared.

/// A character that counts, and the bytes that it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unit {
    /// With its case, without its accents.
    pub(super) c: char,
    /// In lower case.
    pub(super) lower: char,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Accented letters of the languages in `words.toml`, by the letter they are compared as.
const ACCENTS: &[(char, &str)] = &[
    ('a', "àáâãäåāăąạảấầẩẫậắằẳẵặ"),
    ('c', "çćč"),
    ('d', "đď"),
    ('e', "èéêëēęěẹẻẽếềểễệ"),
    ('i', "ìíîïīịỉĩ"),
    ('n', "ñńň"),
    ('o', "òóôõöōøọỏốồổỗộớờởỡợơ"),
    ('u', "ùúûüūůụủũứừửữựư"),
    ('y', "ýÿỳỵỷỹ"),
];

/// Characters that nobody sees, and accents by themselves.
const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{300}'..='\u{36F}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
    )
}

/// Chinese and Japanese characters: written without spaces.
pub(super) const fn is_han(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{2FDF}' | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}'
        | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}')
}

/// Letters and digits of scripts with spaces between words.
pub(super) fn is_word(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && u32::from(c) < 0x0530)
}

/// One character as it is compared.
fn plain(c: char) -> char {
    let c = match u32::from(c) {
        code @ 0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).unwrap_or(c),
        _ => c,
    };
    match c {
        '\u{2010}'..='\u{2013}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' => '-',
        '\u{2018}' | '\u{2019}' | '\u{2BC}' | '`' | '\u{B4}' => '\'',
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        _ if c.is_whitespace() => ' ',
        _ if u32::from(c) >= 0xC0 => bare(c),
        _ => c,
    }
}

/// A letter without its accent.
fn bare(c: char) -> char {
    let lower = c.to_lowercase().next().unwrap_or(c);
    match ACCENTS.iter().find(|(_, all)| u32::from(c) < 0x2000 && all.contains(lower)) {
        Some((base, _)) if lower == c => *base,
        Some((base, _)) => base.to_ascii_uppercase(),
        None => c,
    }
}

/// The characters that count. A hyphen within a word is a space; one between spaces stays. Spaces beside Chinese characters
/// and between the letters of `A I` and `A.I.` go.
pub(super) fn fold(text: &str) -> Vec<Unit> {
    let all: Vec<Unit> = text
        .char_indices()
        .filter(|(_, c)| !is_invisible(*c))
        .map(|(start, c)| {
            let plain = plain(c);
            let lower = plain.to_lowercase().next().unwrap_or(plain);
            Unit { c: plain, lower, start, end: start + c.len_utf8() }
        })
        .collect();
    let at = |index: usize| all.get(index).map(|unit| unit.c);
    let mut out: Vec<Unit> = Vec::with_capacity(all.len());
    for (index, unit) in all.iter().enumerate() {
        let before = index.checked_sub(1).and_then(at);
        let after = at(index + 1);
        let mut unit = *unit;
        // `A.I.` and `A I` are one word, where they are a word at all.
        let in_ai = matches!(unit.c, '.' | ' ')
            && before == Some('A')
            && after == Some('I')
            && !index.checked_sub(2).and_then(at).is_some_and(is_word)
            && !at(index + 2).is_some_and(is_word);
        let behind_ai = unit.c == '.'
            && before == Some('I')
            && index.checked_sub(2).and_then(at) == Some('.')
            && index.checked_sub(3).and_then(at) == Some('A');
        if in_ai || (behind_ai && after.is_some_and(|c| c == ' ' || c == '-')) {
            continue;
        }
        if unit.c == '-' && before.is_some_and(|c| c != ' ') && after.is_some_and(|c| c != ' ') {
            unit.c = ' ';
            unit.lower = ' ';
        }
        let last = out.last().map(|unit| unit.c);
        let needless = |c: Option<char>| c.is_none_or(|c| c == ' ' || is_han(c));
        if unit.c == ' ' && (needless(last) || after.is_none_or(is_han)) {
            continue;
        }
        out.push(unit);
    }
    out
}
