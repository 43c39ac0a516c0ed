//! Our own scheme.

use super::*;

fn content(alg: HashAlg) -> ContentHash {
    ContentHash { rule: "biaoshi-content-1".into(), alg, value: HashAlg::Sha256.digest(b"content") }
}

fn signed(aigc: &Aigc, which: Key, signer: &Fixed) -> Aigc {
    let mut out = aigc.clone();
    out.set(which, build(aigc, which, &content(HashAlg::Sm3), signer).unwrap());
    out
}

const CODES: [Key; 2] = [Key::ReservedCode1, Key::ReservedCode2];

#[test]
fn what_is_built_is_intact_compact_and_stable() {
    for signer in SIGNERS.iter() {
        for which in CODES {
            for alg in [HashAlg::Sha256, HashAlg::Sm3] {
                let value = build(&label(), which, &content(alg), signer).unwrap();
                assert_eq!(value, build(&label(), which, &content(alg), signer).unwrap());
                assert!(value.len() < 1024 && !value.contains(char::is_whitespace), "{value}");
                let mut aigc = label();
                aigc.set(which, value.as_str());
                aigc.check(&Limits::default()).unwrap();
                let found = look(&aigc, which);
                assert_eq!((&found.outcome, found.dialect), (&Outcome::Intact, Some(SCHEME)));
                assert_eq!(found.key, Some(key_of(signer)));
                assert!(found.oddities.is_empty() && !found.pinned);
                let [binding] = found.bindings.as_slice() else { panic!("{:?}", found.bindings) };
                assert_eq!(binding.kind, BindingKind::ContentHash { rule: "biaoshi-content-1".into(), alg });
                assert!(binding.signed && binding.value == hex(&content(alg).value));
                assert_eq!(found.covers.len(), if which == Key::ReservedCode1 { 3 } else { 6 });
                let key = key_of(signer);
                assert!(check(&aigc, which, &|k| *k == key, &[], &Limits::default()).pinned);
                // As the label reader gives an object that stood there in place of a string.
                let parsed = crate::label::aigc::parse(aigc.to_json(), &Limits::default()).unwrap();
                assert_eq!(look(&parsed.aigc, which).outcome, Outcome::Intact);
            }
        }
    }
}

#[test]
fn only_the_two_fields_take_protection_data_and_signers_must_fit() {
    let error = build(&label(), Key::Label, &content(HashAlg::Sm3), &SIGNERS[0]).unwrap_err();
    assert_eq!(error.code(), "security.not_reserved");
    struct Wrong;
    impl Signer for Wrong {
        fn algorithm(&self) -> Algorithm {
            Algorithm::Es256
        }
        fn certificates(&self) -> &[Vec<u8>] {
            &[]
        }
        fn sign(&self, message: &[u8]) -> crate::Result<Vec<u8>> {
            SIGNERS[2].sign(message)
        }
        fn public_key(&self) -> crate::Result<Vec<u8>> {
            SIGNERS[2].public_key()
        }
    }
    let error = build(&label(), Key::ReservedCode1, &content(HashAlg::Sm3), &Wrong).unwrap_err();
    assert_eq!(error.code(), "security.signer");
}

#[test]
fn parts_of_two_labels_do_not_mix() {
    for signer in SIGNERS.iter() {
        for which in CODES {
            let one = signed(&label(), which, signer);
            let other_label = Aigc { produce_id: "p-2".into(), ..label() };
            // The other label's fields with this protection data.
            let mut moved = other_label.clone();
            moved.set(which, one.get(which));
            assert!(matches!(look(&moved, which).outcome, Outcome::Broken(_)));
            // The other label's bindings with this signature.
            let other_content = ContentHash { value: [9; 32], ..content(HashAlg::Sm3) };
            let two = build(&label(), which, &other_content, signer).unwrap();
            let (mine, theirs) = (hex(&content(HashAlg::Sm3).value), hex(&other_content.value));
            assert!(two.contains(&theirs));
            let mut mixed = label();
            mixed.set(which, one.get(which).replace(&mine, &theirs));
            assert!(matches!(look(&mixed, which).outcome, Outcome::Broken(_)));
            // The same in the other of the two fields.
            let (from, to) = (which, if which == CODES[0] { CODES[1] } else { CODES[0] });
            let mut crossed = label();
            crossed.set(to, one.get(from));
            assert!(matches!(look(&crossed, to).outcome, Outcome::Broken(_)));
        }
    }
}

#[test]
fn a_binding_beside_the_signed_list_is_not_covered() {
    let mut aigc = signed(&label(), Key::ReservedCode1, &SIGNERS[0]);
    aigc.reserved_code1 =
        aigc.reserved_code1.replacen("\"Bindings\"", "\"Extension\":{\"pHash\":\"0000000000000000\"},\"Bindings\"", 1);
    let found = look(&aigc, Key::ReservedCode1);
    assert_eq!(found.outcome, Outcome::Intact);
    let unsigned: Vec<_> = found.bindings.iter().filter(|b| !b.signed).collect();
    assert_eq!(unsigned.len(), 1);
    assert_eq!(unsigned[0].kind, BindingKind::PerceptualHash);
    // Nor does a signature of ours hold as one of the guide's.
    aigc.reserved_code1 = aigc.reserved_code1.replacen(SCHEME, "Md", 1);
    assert!(!matches!(look(&aigc, Key::ReservedCode1).outcome, Outcome::Intact));
}

#[test]
fn values_with_quotes_and_line_feeds_stay_in_their_place() {
    let one = Aigc { content_producer: "a\"\n\"b\\人".into(), ..label() };
    let text = String::from_utf8(message::ours(&one, Key::ReservedCode1, "[]")).unwrap();
    assert_eq!(
        text,
        "biaoshi-security-1\n\"Label\":\"1\",\"ContentProducer\":\"a\\\"\\n\\\"b\\\\人\",\"ProduceID\":\"p-1\"\n[]"
    );
    let found = look(&signed(&one, Key::ReservedCode1, &SIGNERS[0]), Key::ReservedCode1);
    assert_eq!(found.outcome, Outcome::Intact);
}

/// `spec/security.md` holds one example; it is what this code makes and reads.
#[test]
fn the_example_of_the_specification_holds() {
    let spec = include_str!("../../../../../spec/security.md");
    let blocks: Vec<&str> = spec.split("```").skip(1).step_by(2).collect();
    let block = |name: &str| {
        let found = blocks.iter().find_map(|block| block.strip_prefix(name)?.strip_prefix('\n'));
        found.unwrap_or_else(|| panic!("no block {name}")).trim_end_matches('\n')
    };
    let seed: [u8; 32] = form::unhex(block("seed")).unwrap().try_into().unwrap();
    let signer = Fixed::new(Algorithm::Ed25519, seed);
    let fields = crate::label::aigc::parse(block("label"), &Limits::default()).unwrap().aigc;
    let content = ContentHash {
        rule: "biaoshi-content-1".into(),
        alg: HashAlg::Sha256,
        value: form::unhex(block("hash")).unwrap().try_into().unwrap(),
    };
    let value = build(&fields, Key::ReservedCode1, &content, &signer).unwrap();
    assert_eq!(block("value"), value);
    let pairs = Pairs::read(&value).unwrap();
    let bindings = Pairs::read(pairs.0[0].1.get()).unwrap().0[2].1.get().to_owned();
    let message = String::from_utf8(message::ours(&fields, Key::ReservedCode1, &bindings)).unwrap();
    assert_eq!(block("message"), message);
    assert_eq!(block("a1"), members(&fields, &message::PRODUCTION));
    let whole = Aigc { reserved_code1: value, ..fields };
    assert_eq!(look(&whole, Key::ReservedCode1).outcome, Outcome::Intact);
    for dialect in dialects() {
        assert!(spec.contains(&format!("`{}`", dialect.id)), "{} is missing", dialect.id);
    }
}

/// Every bit of every digit of signature, hash and key, and every byte of the list.
#[test]
fn every_part_of_the_protection_data_counts() {
    for signer in SIGNERS.iter() {
        let whole = signed(&label(), Key::ReservedCode1, signer).reserved_code1;
        let mut changed = Vec::new();
        for name in ["\"Signature\":\"", "\"Value\":\"", "\"KeyValue\":\""] {
            let start = whole.find(name).unwrap() + name.len();
            let end = start + whole[start..].find('"').unwrap();
            for place in start..end {
                let digit = u8::from_str_radix(&whole[place..=place], 16).unwrap();
                changed.extend((0..4).map(|bit| (place, format!("{:x}", digit ^ (1 << bit)))));
            }
        }
        let list = whole.find("\"Bindings\":[").unwrap() + 12;
        let end = whole.find("],\"PubSD\"").unwrap();
        changed.extend((list..end).map(|place| (place, if &whole[place..=place] == "x" { "y" } else { "x" }.into())));
        assert!(changed.len() > 1000);
        for (place, other) in changed {
            let value = format!("{}{other}{}", &whole[..place], &whole[place + 1..]);
            assert!(!matches!(code1(&value).outcome, Outcome::Intact), "{place} {other}: {value}");
        }
    }
}

fn any_label() -> impl Strategy<Value = Aigc> {
    let text = || "[!-~]{1,20}|\\PC{1,8}";
    ("[123]", text(), text(), "[a-z0-9]{0,20}", text(), text()).prop_map(
        |(label, content_producer, produce_id, reserved_code1, content_propagator, propagate_id)| Aigc {
            label,
            content_producer,
            produce_id,
            reserved_code1,
            content_propagator,
            propagate_id,
            ..Aigc::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn what_is_built_is_intact_and_covered_fields_count(
        aigc in any_label(), signer in 0_usize..3, second in any::<bool>(), hash in any::<[u8; 32]>(),
        change in "[a-z]{1,4}",
    ) {
        let which = CODES[usize::from(second)];
        let content = ContentHash { rule: "biaoshi-content-1".into(), alg: HashAlg::Sha256, value: hash };
        let mut whole = aigc.clone();
        whole.set(which, build(&aigc, which, &content, &SIGNERS[signer]).unwrap());
        let found = look(&whole, which);
        prop_assert_eq!(&found.outcome, &Outcome::Intact);
        for key in Key::ALL {
            if key == which {
                continue;
            }
            let mut changed = whole.clone();
            changed.set(key, format!("{}{change}", whole.get(key)));
            let outcome = look(&changed, which).outcome;
            if found.covers.contains(&key) {
                prop_assert!(matches!(outcome, Outcome::Broken(_)), "{key}: {outcome:?}");
            } else {
                prop_assert_eq!(outcome, Outcome::Intact);
            }
        }
    }
}
