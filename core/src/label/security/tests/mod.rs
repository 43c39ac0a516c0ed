#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod ours;
mod vendors;

use std::sync::LazyLock;

use proptest::prelude::*;

use super::form::to_der;
use super::message::members;
use super::*;
use crate::hex::hex;
use crate::label::Aigc;
use crate::label::aigc::json::Pairs;
use crate::limits::Limits;
use crate::sign::{Algorithm, Signer};

/// A signer with a fixed key; the signatures of all three are deterministic.
pub(super) struct Fixed {
    algorithm: Algorithm,
    seed: [u8; 32],
}

impl Fixed {
    pub(super) const fn new(algorithm: Algorithm, seed: [u8; 32]) -> Self {
        Self { algorithm, seed }
    }
}

impl Signer for Fixed {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    fn certificates(&self) -> &[Vec<u8>] {
        &[]
    }

    fn sign(&self, message: &[u8]) -> crate::Result<Vec<u8>> {
        use ed25519_dalek::Signer as _;
        Ok(match self.algorithm {
            Algorithm::Ed25519 => ed25519_dalek::SigningKey::from_bytes(&self.seed).sign(message).to_bytes().to_vec(),
            Algorithm::Es256 => {
                let signature: p256::ecdsa::Signature =
                    p256::ecdsa::SigningKey::from_slice(&self.seed).unwrap().sign(message);
                signature.to_bytes().to_vec()
            }
            Algorithm::Sm2 => {
                let key = sm2::dsa::SigningKey::from_slice("1234567812345678", &self.seed).unwrap();
                let signature: sm2::dsa::Signature = key.sign(message);
                signature.to_bytes().to_vec()
            }
        })
    }

    fn public_key(&self) -> crate::Result<Vec<u8>> {
        let point = match self.algorithm {
            Algorithm::Ed25519 => ed25519_dalek::SigningKey::from_bytes(&self.seed).verifying_key().as_bytes().to_vec(),
            Algorithm::Es256 => p256::SecretKey::from_slice(&self.seed).unwrap().public_key().to_sec1_bytes().to_vec(),
            Algorithm::Sm2 => sm2::SecretKey::from_slice(&self.seed).unwrap().public_key().to_sec1_bytes().to_vec(),
        };
        Ok(PublicKey::from_bytes(self.algorithm, &point).unwrap().spki_der().to_vec())
    }
}

pub(super) static SIGNERS: LazyLock<[Fixed; 3]> = LazyLock::new(|| {
    [Algorithm::Ed25519, Algorithm::Es256, Algorithm::Sm2].map(|algorithm| Fixed::new(algorithm, [7; 32]))
});

pub(super) fn key_of(signer: &Fixed) -> PublicKey {
    PublicKey::from_spki_der(&signer.public_key().unwrap()).unwrap()
}

pub(super) fn label() -> Aigc {
    Aigc {
        label: "1".into(),
        content_producer: "001191110102MACQD9K64010000".into(),
        produce_id: "p-1".into(),
        content_propagator: "001191110102MACQD9K64020000".into(),
        propagate_id: "s-1".into(),
        ..Aigc::default()
    }
}

/// A check that pins nothing.
pub(super) fn look(aigc: &Aigc, which: Key) -> Checked {
    check(aigc, which, &|_| false, &[], &Limits::default())
}

pub(super) fn code1(value: &str) -> Checked {
    look(&Aigc { reserved_code1: value.into(), ..label() }, Key::ReservedCode1)
}

fn kind(value: &str) -> Reserved {
    read(value, &Limits::default())
}

#[test]
fn values_that_only_their_writer_understands_are_opaque() {
    let opaque = [
        "e862483430d978cbf828b8b24296ef9328d843a0",
        "3f2504e0-4f89-41d3-9a0c-0305e82c3301",
        "L-20260101-0001",
        "K-1",
        "bm90IGpzb24gYXQgYWxsIGJ1dCBiYXNlNjQ=",
        "jZ7xYvM0eS7dQ5c0pO2m0Q8y2b0Xb1a1o0iCk9m3l5E=",
        "{\"a\":1}",
        "[1,2]",
        "\"text\"",
        "{not json",
        "1",
        "null",
    ];
    for value in opaque {
        assert_eq!(kind(value), Reserved::Opaque, "{value}");
        assert_eq!(code1(value).outcome, Outcome::Opaque, "{value}");
    }
    for empty in ["", " ", "\u{feff}\n"] {
        assert_eq!(code1(empty).outcome, Outcome::Absent);
    }
    let marker = format!("{}{}", crate::carrier::SIGNED_MARKER, "00".repeat(32));
    assert_eq!(kind(&marker), Reserved::Marker);
    assert_eq!(code1(&marker).outcome, Outcome::Absent);
    // The other fields hold no protection data.
    assert_eq!(look(&label(), Key::Label).outcome, Outcome::Absent);
}

#[test]
fn what_says_it_is_security_data_and_is_not_is_malformed() {
    let deep = format!("{{\"SecurityData\":{}1{}}}", "[".repeat(40), "]".repeat(40));
    let many = format!("{{\"SecurityData\":{{\"Type\":\"TC260PG\",\"PubSD\":[{}1]}}}}", "{},".repeat(20));
    for value in [
        "{\"SecurityData\":1}",
        "{\"SecurityData\":{\"Type\":\"TC260PG\"",
        "{\"SecurityData\":{},\"SecurityData\":{}}",
        "{\"SecurityData\":{},\"securitydata\":{}}",
        "{\"Type\":\"TC260PG\",\"PubSD\":[],\"PubSd\":[]}",
        "{\"Type\":\"TC260PG\",\"PubSD\":[1]}",
        "{\"Type\":\"TC260PG\",\"PubSD\":7}",
        "{\"Type\":\"TC260PG\",\"Bindings\":[7]}",
        "\"{SecurityData",
        &deep,
        &many,
    ] {
        assert!(matches!(kind(value), Reserved::Malformed(_)), "{value}: {:?}", kind(value));
        let found = code1(value).outcome;
        let Outcome::Unsupported(why) = found else { panic!("{value}: {found:?}") };
        assert!(why.text(crate::Lang::Zh).chars().any(|c| c > '\u{2e80}'));
    }
    let long = format!("{{\"SecurityData\":\"{}\"}}", "x".repeat(70_000));
    assert!(matches!(kind(&long), Reserved::Malformed(_)));
    assert_eq!(kind(&"x".repeat(70_000)), Reserved::Opaque);
}

#[test]
fn every_form_around_the_object_is_read_and_named() {
    use base64::Engine as _;
    use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
    let json = build(
        &label(),
        Key::ReservedCode1,
        &ContentHash { rule: "??>>".into(), alg: HashAlg::Sm3, value: [1; 32] },
        &SIGNERS[2],
    )
    .unwrap();
    assert!(code1(&json).oddities.is_empty());
    let spaced = format!("\u{feff}{} ", json.replace("\":", "\" :\n"));
    let string = serde_json::Value::from(json.as_str()).to_string();
    let base64s = [
        STANDARD.encode(&spaced),
        STANDARD_NO_PAD.encode(&spaced),
        URL_SAFE.encode(&spaced),
        URL_SAFE_NO_PAD.encode(&spaced),
    ];
    assert!(base64s[0].starts_with("77u/") && base64s[2].starts_with("77u_"));
    for value in base64s {
        let found = code1(&value);
        assert_eq!(found.outcome, Outcome::Intact);
        assert_eq!(found.oddities, [Oddity::Base64, Oddity::Whitespace]);
    }
    assert_eq!(code1(&spaced).oddities, [Oddity::Padding, Oddity::Whitespace]);
    assert_eq!(code1(&string).oddities, [Oddity::JsonInString]);
    assert_eq!(code1(&STANDARD.encode(&string)).oddities, [Oddity::Base64, Oddity::JsonInString]);
    assert_eq!(code1(&string).outcome, Outcome::Intact);
}

#[test]
fn every_oddity_says_itself_in_both_languages() {
    let text = String::from("x");
    let all = [
        Oddity::Padding,
        Oddity::OtherType { found: text.clone() },
        Oddity::Spelling { found: text.clone(), meant: "PubSD" },
        Oddity::KeyNotSpki { form: KeyForm::ZeroX },
        Oddity::OneNotVerified { number: 2 },
        Oddity::Ambiguous { name: "pHash" },
    ];
    for oddity in all {
        for lang in [crate::Lang::En, crate::Lang::Zh] {
            let text = oddity.problem().text(lang);
            assert!(!text.is_empty() && !text.contains('{'), "{text}");
        }
    }
}

/// JSON that looks like protection data, with members of every kind.
fn any_security_json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("1".to_owned()),
        Just("true".to_owned()),
        "\"[0-9a-fA-F]{0,140}\"",
        prop::sample::select(vec![
            "\"TC260PG\"",
            "\" TC260PG\"",
            "\"DS\"",
            "\"PubKey\"",
            "\"Md\"",
            "\"biaoshi-security-1\"",
            "\"sm2\"",
            "\"phash\"",
            "\"1.2.156.10197.1.501\"",
            "\"1.3.101.112\"",
        ])
        .prop_map(str::to_owned),
    ];
    let name = prop::sample::select(vec![
        "SecurityData",
        "Type",
        "Version",
        "PubSD",
        "PubSd",
        "Bindings",
        "AlgID",
        "KeyID",
        "TBSData",
        "Signature",
        "KeyValue",
        "pHash",
        "Timestamp",
        "KeyVersion",
        "Value",
        "CntSel",
    ]);
    leaf.prop_recursive(6, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<String> = members.iter().map(|(n, v)| format!("\"{n}\":{v}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_read_and_never_intact(value in "\\PC{0,200}") {
        prop_assert!(!matches!(code1(&value).outcome, Outcome::Intact | Outcome::Broken(_)));
    }

    #[test]
    fn any_json_is_read_and_never_intact(json in any_security_json(), wrap in any::<bool>()) {
        let value = if wrap { format!("{{\"SecurityData\":{json}}}") } else { json };
        for which in [Key::ReservedCode1, Key::ReservedCode2] {
            let aigc = Aigc { reserved_code1: value.clone(), reserved_code2: value.clone(), ..label() };
            prop_assert_ne!(look(&aigc, which).outcome, Outcome::Intact);
        }
    }
}
