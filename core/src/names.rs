//! Names that are meant to be the same but are written in another case, in letters of full width, or
//! with spaces, also those that can't be seen.

/// Spaces without width, and marks that show nothing.
const fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// A name in small letters of usual width, without spaces.
pub(crate) fn plain_name(name: &str) -> String {
    let usual = |c: char| match u32::from(c) {
        wide @ 0xFF01..=0xFF5E => char::from_u32(wide.saturating_sub(0xFEE0)).unwrap_or(c),
        _ => c,
    };
    let seen = name.chars().filter(|c| !c.is_whitespace() && !c.is_control() && !is_unseen(*c));
    seen.map(|c| usual(c).to_ascii_lowercase()).collect()
}

/// Longest name that is compared letter by letter, in bytes.
const LONGEST: usize = 64;

/// Whether two names differ only in case, width of letters and spaces.
pub(crate) fn same_name(found: &str, name: &str) -> bool {
    found.eq_ignore_ascii_case(name) || (found.len() <= LONGEST && plain_name(found) == plain_name(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_the_same_however_they_are_written() {
        for name in
            ["AIGC", "aigc", "ＡＩＧＣ", "ａigＣ", " AIGC\t", "AI\u{200b}GC", "\u{feff}AIGC\0", "A I G C\u{3000}"]
        {
            assert!(same_name(name, "AIGC"), "{name}");
        }
        for name in ["", "AIG", "AIGCs", "A-IGC", "AIGC_", "ÀIGC", &format!("AIGC{}", " ".repeat(64))] {
            assert!(!same_name(name, "AIGC"), "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_name_is_the_same_as_itself_and_its_plain_form(name in "\\PC{0,16}") {
            prop_assert!(same_name(&name, &name));
            prop_assert_eq!(plain_name(&plain_name(&name)), plain_name(&name));
        }
    }
}
