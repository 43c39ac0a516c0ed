#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use super::*;
use proptest::prelude::*;

const CODES: &[&str] = &[
    "001191110102MACQD9K64010000",
    "001191110102MACQD9K64018705",
    "001191110102MACQD9K64028705",
    "00119144030008867405X210001",
    "00119144030008867405X220001",
    "001191440300708461136T1XGW3",
    "001191440300708461136T1308L",
    "00119144030071526726XG1ZX0G",
    "00119111010856365494821N858",
    "001191310104MACE0YX63918020",
    "001191110102MAD55U9H0F10002",
    "001191330106MA2CFLDG4R10001",
    "001191440300MA5G49LC9K1YO01",
];

const CREDIT: &[&str] = &[
    "91110108335469089C",
    "91440101MA9Y9T4H7A",
    "91110000802100433B",
    "91110105MACJ6K1C8A",
    "91340100MAEB4N8H76",
    "91110108MACC4D63XF",
];

#[test]
fn codes_seen_in_files_pass_and_come_apart_and_together() {
    for code in CODES {
        let parsed = ProviderCode::parse(code).unwrap();
        assert_eq!(parsed.as_str(), *code);
        let again = ProviderCode::compose(parsed.credit_code(), parsed.service(), parsed.extension());
        assert_eq!(again.unwrap(), parsed);
        let parts = parsed.explain();
        assert_eq!(parts.iter().map(|p| p.value.as_str()).collect::<String>(), *code);
        assert_eq!(parts.last().unwrap().last, CODE_LENGTH);
    }
    for credit in CREDIT {
        assert!(is_credit_code(credit), "{credit}");
        let code = ProviderCode::compose(credit, Service::None, "0000").unwrap();
        assert_eq!(code.as_str(), format!("0011{credit}00000"));
    }
    let code = ProviderCode::parse(CODES[4]).unwrap();
    let json = serde_json::to_string(&code).unwrap();
    assert_eq!(serde_json::from_str::<ProviderCode>(&json).unwrap(), code);
    assert!(serde_json::from_str::<ProviderCode>("\"MiniMax\"").is_err());
    assert_eq!(code.service(), Service::Propagation);
    assert_eq!(code.extension(), "0001");
    assert_eq!(code.subject(), "00119144030008867405X2");
}

#[test]
fn each_mistake_has_its_error() {
    use CodeError::*;
    let cases: [(&str, CodeError); 14] = [
        ("", Length { found: 0, due: 27 }),
        ("001191110102MACQD9K6401000", Length { found: 26, due: 27 }),
        ("O01191110102MACQD9K64010000", Format { found: "O0".into() }),
        ("01119111O102MACQD9K64010000", Format { found: "01".into() }),
        ("002191110102MACQD9K64010000", Subject { found: '2' }),
        ("001291110102MACQD9K64010000", Binding { found: '2' }),
        ("001191110102MACQD9K65010000", CheckDigit { found: '0', right: 'X' }),
        ("00119111O102MACQD9K64010000", Character { position: 9, found: 'O', likely: Some('0') }),
        ("00119I110102MACQD9K64010000", Character { position: 6, found: 'I', likely: Some('1') }),
        ("001191110102macqd9k64010000", Character { position: 13, found: 'm', likely: Some('M') }),
        ("０01191110102MACQD9K64010000", Character { position: 1, found: '０', likely: Some('0') }),
        ("0011911l0102MACQD9K64010000", Character { position: 8, found: 'l', likely: Some('1') }),
        ("0011911 0102MACQD9K64010000", Character { position: 8, found: ' ', likely: None }),
        ("001191110102MAСQD9K64010000", Character { position: 15, found: 'С', likely: Some('C') }),
    ];
    for (text, error) in cases {
        match (ProviderCode::parse(text), error) {
            // The right digit is checked below by putting it in.
            (Err(CheckDigit { right, .. }), CheckDigit { .. }) => {
                let mut fixed: Vec<char> = text.chars().collect();
                fixed[21] = right;
                assert!(ProviderCode::parse(&fixed.iter().collect::<String>()).is_ok());
            }
            (got, error) => assert_eq!(got, Err(error), "{text}"),
        }
    }
    let composed = ProviderCode::compose("91110102MACQD9K641", Service::Generation, "0000");
    assert_eq!(composed, Err(CheckDigit { found: '1', right: '0' }));
    let text = Error::from(composed.unwrap_err()).text(Lang::En);
    assert!(text.contains('0'), "{text}");
    assert!(ProviderCode::compose("91110102MACQD9K640", Service::Other('a'), "0000").is_err());
    assert!(ProviderCode::compose("91110102MACQD9K640", Service::Other('A'), "00é0").is_err());
    assert!(ProviderCode::compose("91110102MACQD9K640", Service::Generation, "00001").is_err());
}

#[test]
fn mistyped_codes_are_told_from_names() {
    for code in [
        "001191110102MACQD9K65010000",
        "OO1191110102MACQD9K64010000",
        "0011911101O2MACQD9K6401000",
        "101191110102MACQD9K64010000",
    ] {
        assert!(looks_like_code(code), "{code}");
    }
    for name in ["", "MiniMax", "RunningHub2024SuperModelsXX", "91110102MACQD9K640", "0011"] {
        assert!(!looks_like_code(name), "{name}");
    }
}

#[test]
fn every_error_speaks_both_languages() {
    for error in [
        CodeError::Length { found: 1, due: 27 },
        CodeError::Character { position: 3, found: 'x', likely: Some('X') },
        CodeError::Character { position: 3, found: '!', likely: None },
        CodeError::Format { found: "11".into() },
        CodeError::Subject { found: '2' },
        CodeError::Binding { found: '2' },
        CodeError::CheckDigit { found: '2', right: '3' },
    ] {
        let error = Error::from(error);
        for lang in [Lang::En, Lang::Zh] {
            let text = format!("{}{}", error.text(lang), error.hint(lang));
            assert!(!text.contains('{'), "{text}");
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_panic(text in any::<String>()) {
        let _ = ProviderCode::parse(&text);
        let _ = ProviderCode::compose(&text, Service::Generation, &text);
        let _ = check_digit(&text);
        let _ = looks_like_code(&text);
    }

    #[test]
    fn one_wrong_character_in_the_credit_code_is_always_noticed(
        which in 0..CODES.len(), at in 4..22_usize, new in "[0-9A-HJ-NPQRTUWXY]",
    ) {
        let mut chars: Vec<char> = CODES[which].chars().collect();
        let new = new.chars().next().unwrap();
        prop_assume!(chars[at] != new);
        chars[at] = new;
        let text: String = chars.iter().collect();
        let noticed = matches!(ProviderCode::parse(&text), Err(CodeError::CheckDigit { .. }));
        prop_assert!(noticed, "{}", text);
    }

    #[test]
    fn what_is_composed_parses(body in "[0-9A-HJ-NPQRTUWXY]{17}", s in "[0-9A-Z]", e in "[0-9A-Z]{4}") {
        let credit = format!("{body}{}", check_digit(&body).unwrap());
        let service = Service::from_code(s.chars().next().unwrap());
        let code = ProviderCode::compose(&credit, service, &e).unwrap();
        prop_assert_eq!(ProviderCode::parse(code.as_str()).unwrap(), code.clone());
        prop_assert_eq!(code.service(), service);
        prop_assert_eq!(code.extension(), e);
    }
}
