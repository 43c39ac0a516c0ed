//! What vendors really write, and what could be taken for it.

use super::*;

const STEPFUN_XY: &str = "5728F08C58D9C72150A705693EF7337859F8FF216E802630041AFAE5C036F0A67CB1FDF8C57F5F8B623284AE09E4E545464B7140B26BBDA51BAE965F854C57AA";
const STEPFUN_SIGNATURE: &str = "3046022100AE6B84B3342128AE301A597596FCD9EECF3EA0FC2DB6C250BAF234E167298E9002210097223ABB647B786A90D0A1B93CB9382EA879563B2C7F025FA006BE16AE926C14";
const STEPFUN_SIGNATURE2: &str = "3046022100CFB0BFFC83C97AA5B09493295A7A054C082BBBB0E007AC139ACAA3BCD23D62DF022100FFDF70599E0E5D7DC6727825C5717DE0A9726D9F3119611E5E303FADA8792A5C";
const SM2_SPKI: &str = "3059301306072A8648CE3D020106082A811CCF5501822D03420004";

fn stepfun() -> Aigc {
    Aigc {
        label: "1".into(),
        content_producer: "001191310104MACE0YX63918020".into(),
        produce_id: "142569260085903360".into(),
        reserved_code1: stepfun_code(STEPFUN_SIGNATURE, &format!("{SM2_SPKI}{STEPFUN_XY}")),
        content_propagator: "001191310104MACE0YX63918020".into(),
        propagate_id: "142569260085903360".into(),
        reserved_code2: stepfun_code(STEPFUN_SIGNATURE2, &format!("{SM2_SPKI}{STEPFUN_XY}")),
        ..Aigc::default()
    }
}

fn stepfun_code(signature: &str, key: &str) -> String {
    format!(
        r#"{{"SecurityData":{{"Type":"TC260PG","Version":1,"PubSD":[{{"Type":"DS","AlgID":"1.2.156.10197.1.501","TBSData":{{"Type":"LabelMataData"}},"Signature":"{signature}"}},{{"Type":"PubKey","AlgID":"1.2.156.10197.1.501","KeyValue":"{key}"}}]}}}}"#
    )
}

fn vendor_key(xy: &str) -> PublicKey {
    PublicKey::from_spki_der(&form::unhex(&format!("{SM2_SPKI}{xy}")).unwrap()).unwrap()
}

#[test]
fn stepfun_is_intact_and_covers_the_production() {
    let found = look(&stepfun(), Key::ReservedCode1);
    assert_eq!((&found.outcome, found.dialect), (&Outcome::Intact, Some("stepfun")));
    assert_eq!(found.key, Some(vendor_key(STEPFUN_XY)));
    assert_eq!(found.covers, [Key::Label, Key::ContentProducer, Key::ProduceId]);
    assert_eq!(found.oddities, [Oddity::OtherSubject { found: "LabelMataData".into() }]);
    assert!(!found.pinned && found.bindings.is_empty());
    let pinned = vendor_key(STEPFUN_XY);
    let found = check(
        &stepfun(),
        Key::ReservedCode1,
        &|key| key.is_same(&pinned),
        std::slice::from_ref(&pinned),
        &Limits::default(),
    );
    assert!(found.pinned);
}

#[test]
fn every_byte_of_what_stepfun_signs_counts() {
    for key in [Key::Label, Key::ContentProducer, Key::ProduceId] {
        let whole = stepfun().get(key).to_owned();
        for at in 0..whole.len() {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            let mut changed = stepfun();
            changed.set(key, String::from_utf8(bytes).unwrap());
            let found = look(&changed, Key::ReservedCode1);
            assert!(matches!(found.outcome, Outcome::Broken(_)), "{key} {at}: {:?}", found.outcome);
            assert_eq!(found.dialect, Some("stepfun"));
            assert!(found.covers.is_empty() && !found.pinned);
        }
    }
    let mut spread = stepfun();
    spread.content_propagator = "other".into();
    assert_eq!(look(&spread, Key::ReservedCode1).outcome, Outcome::Intact);
}

#[test]
fn a_changed_signature_is_broken_and_an_unknown_message_is_not() {
    let changed = STEPFUN_SIGNATURE.replacen("AE6B", "AE6C", 1);
    let mut aigc = stepfun();
    aigc.reserved_code1 = stepfun_code(&changed, &format!("{SM2_SPKI}{STEPFUN_XY}"));
    assert!(matches!(look(&aigc, Key::ReservedCode1).outcome, Outcome::Broken(_)));
    aigc.reserved_code1 = stepfun_code("30", &format!("{SM2_SPKI}{STEPFUN_XY}"));
    let Outcome::Broken(why) = look(&aigc, Key::ReservedCode1).outcome else { panic!("broken") };
    assert_eq!(why.message.code, "security.signature_unreadable");
    // What ReservedCode2 signs is not known: nothing is said against it.
    let found = look(&stepfun(), Key::ReservedCode2);
    let Outcome::Unsupported(why) = &found.outcome else { panic!("{:?}", found.outcome) };
    assert_eq!((why.message.code, found.dialect), ("security.message_unknown", Some("stepfun")));
    // A signature of A.1 put there holds, and says what it covers.
    let mut moved = stepfun();
    moved.reserved_code2 = moved.reserved_code1.clone();
    let found = look(&moved, Key::ReservedCode2);
    assert_eq!(found.outcome, Outcome::Intact);
    assert!(!found.covers.contains(&Key::ContentPropagator));
}

#[test]
fn an_object_without_a_key_needs_a_pinned_one() {
    let mut aigc = stepfun();
    let at = aigc.reserved_code1.find(",{\"Type\":\"PubKey\"").unwrap();
    aigc.reserved_code1.replace_range(at.., "]}}");
    let Outcome::Unsupported(why) = look(&aigc, Key::ReservedCode1).outcome else { panic!("unsupported") };
    assert_eq!(why.message.code, "security.key_missing");
    let key = vendor_key(STEPFUN_XY);
    let found = check(&aigc, Key::ReservedCode1, &|k| *k == key, std::slice::from_ref(&key), &Limits::default());
    assert!(found.outcome == Outcome::Intact && found.pinned);
}

#[test]
fn a_bare_signature_needs_a_pinned_key() {
    let aigc = Aigc { reserved_code1: STEPFUN_SIGNATURE.into(), ..stepfun() };
    assert!(matches!(read(STEPFUN_SIGNATURE, &Limits::default()), Reserved::Signature(bytes) if bytes.len() == 64));
    let found = look(&aigc, Key::ReservedCode1);
    assert!(matches!(found.outcome, Outcome::Unsupported(_)));
    assert_eq!(found.dialect, Some("bare-signature"));
    let (right, wrong) = (vendor_key(STEPFUN_XY), key_of(&SIGNERS[2]));
    let with = |aigc: &Aigc, keys: &[PublicKey]| {
        check(aigc, Key::ReservedCode1, &|key| keys.contains(key), keys, &Limits::default())
    };
    let found = with(&aigc, &[wrong.clone(), right.clone()]);
    assert!(found.outcome == Outcome::Intact && found.pinned && found.key == Some(right.clone()));
    assert!(matches!(with(&aigc, &[wrong]).outcome, Outcome::Unsupported(_)));
    let other = Aigc { produce_id: "1".into(), ..aigc };
    assert!(matches!(with(&other, &[right]).outcome, Outcome::Unsupported(_)));
    // The same for P-256, over the text itself.
    let signature = SIGNERS[1].sign(members(&label(), &message::PRODUCTION).as_bytes()).unwrap();
    let es = Aigc { reserved_code1: hex(&to_der(&signature).unwrap()), ..label() };
    assert_eq!(with(&es, &[key_of(&SIGNERS[1])]).outcome, Outcome::Intact);
}

const TENCENT_XY: &str = "1c350e47e938df47ffd1b240e96cf23737f2bfeea61fc27a7d70af69ff4bd096c567b06a1db2c1b7209740f91fff348109eb333d5d7192b66c7f7d0d4a41be85";
const TENCENT_HASH: &str = "177885bf73c7ae80a3a30b675c2814c74af79111c0b9b7a993fbca3c3d99364b";
const TENCENT_SIGNATURE: &str = "304602210091bcc11bb4b2bd6af614f232068c15a3ce94d85946d4d1d69dcb162fa6572995022100ee2e56d586ea39f9ae1df22d3d48a7ae97f9fd2ea323a8cb4d08cd007d67529e";

/// The values are the vendor's; the order of the members is ours, it is not known.
fn tencent(hash: &str, phash: &str) -> Aigc {
    let code = format!(
        r#"{{"Type":" TC260PG","Version":1,"Bindings":[{{"Type":"Fingerprint","AlgID":"phash","Value":"{phash}"}},{{"AlgID":"sm3","Value":"{hash}"}}],"PubSD":[{{"Type":"DS","AlgID":"sm2","TBSData":{{"Type":"Binding"}},"Signature":"{TENCENT_SIGNATURE}"}},{{"Type":"PubKey","AlgID":"sm2","KeyValue":"04{TENCENT_XY}"}}],"Extension":{{"Timestamp":1785468801,"KeyVersion":"v1-6lHjcMYA63U318"}}}}"#
    );
    Aigc {
        label: "1".into(),
        content_producer: "00119111010856365494821N858".into(),
        produce_id: "codebuddy-p-img-816feb8c8c9011f1b3bd8ed3ac13e16b-1785468801-0".into(),
        reserved_code1: code.clone(),
        content_propagator: "00119111010856365494821N858".into(),
        propagate_id: "codebuddy-p-img-816feb8c8c9011f1b3bd8ed3ac13e16b-1785468801-0".into(),
        reserved_code2: code,
        ..Aigc::default()
    }
}

const TENCENT_PHASH: &str = "b16ccc93c73930c7";

#[test]
fn codebuddy_hash_and_signature_hold() {
    let input = "00119111010856365494821N858codebuddy-p-img-816feb8c8c9011f1b3bd8ed3ac13e16b-1785468801-0b16ccc93c73930c71785468801v1-6lHjcMYA63U318";
    assert_eq!(hex(&HashAlg::Sm3.digest(input.as_bytes())), TENCENT_HASH);
    for which in [Key::ReservedCode1, Key::ReservedCode2] {
        let found = look(&tencent(TENCENT_HASH, TENCENT_PHASH), which);
        assert_eq!((&found.outcome, found.dialect), (&Outcome::Intact, Some("tencent-codebuddy")));
        assert_eq!(found.key, Some(vendor_key(TENCENT_XY)));
        let signed: Vec<_> = found.bindings.iter().filter(|b| b.signed).collect();
        assert_eq!(signed.len(), 1);
        assert_eq!((&signed[0].kind, signed[0].value.as_str()), (&BindingKind::PerceptualHash, TENCENT_PHASH));
        let wanted = match which {
            Key::ReservedCode1 => [Key::ContentProducer, Key::ProduceId],
            _ => [Key::ContentPropagator, Key::PropagateId],
        };
        assert_eq!(found.covers, wanted);
        for oddity in [Oddity::NoWrapper, Oddity::TypeSpaces, Oddity::KeyNotSpki { form: KeyForm::Point }] {
            assert!(found.oddities.contains(&oddity), "{oddity:?} of {:?}", found.oddities);
        }
    }
}

#[test]
fn codebuddy_values_that_were_changed_are_broken() {
    let broken = |aigc: &Aigc, which| {
        let found = look(aigc, which);
        assert!(matches!(found.outcome, Outcome::Broken(_)), "{which}: {:?}", found.outcome);
        assert!(found.bindings.iter().all(|binding| !binding.signed));
    };
    let whole = || tencent(TENCENT_HASH, TENCENT_PHASH);
    broken(&tencent(TENCENT_HASH, "b16ccc93c73930c6"), Key::ReservedCode1);
    broken(&tencent(&TENCENT_HASH.replacen('1', "2", 1), TENCENT_PHASH), Key::ReservedCode1);
    broken(&Aigc { produce_id: "x".into(), ..whole() }, Key::ReservedCode1);
    broken(&Aigc { content_producer: "x".into(), ..whole() }, Key::ReservedCode1);
    broken(&Aigc { propagate_id: "x".into(), ..whole() }, Key::ReservedCode2);
    assert_eq!(look(&Aigc { propagate_id: "x".into(), ..whole() }, Key::ReservedCode1).outcome, Outcome::Intact);
    let mut time = whole();
    time.reserved_code1 = time.reserved_code1.replacen("1785468801", "1785468802", 1);
    broken(&time, Key::ReservedCode1);
    // What the hash takes in is not there: nothing can be said.
    let mut lacking = whole();
    lacking.reserved_code1 = lacking.reserved_code1.replacen("Timestamp", "Moment", 1);
    let Outcome::Unsupported(why) = look(&lacking, Key::ReservedCode1).outcome else { panic!("unsupported") };
    assert_eq!(why.message.code, "security.field_missing");
    assert!(why.text(crate::Lang::En).contains("Timestamp"));
}

#[test]
fn codebuddy_values_are_found_wherever_they_stand() {
    let mut flat = tencent(TENCENT_HASH, TENCENT_PHASH);
    let at = flat.reserved_code1.find("\"Bindings\"").unwrap();
    let end = flat.reserved_code1.find("\"PubSD\"").unwrap();
    flat.reserved_code1.replace_range(
        at..end,
        &format!("\"Bindings\":{{\"Hash\":\"{TENCENT_HASH}\",\"pHash\":\"{TENCENT_PHASH}\"}},"),
    );
    flat.reserved_code1 = flat.reserved_code1.replacen("KeyVersion", "key_version", 1);
    let found = look(&flat, Key::ReservedCode1);
    assert_eq!(found.outcome, Outcome::Intact, "{:?}", found.oddities);
    assert!(found.oddities.contains(&Oddity::NotAList { name: "Bindings" }));
    assert!(found.bindings.iter().any(|b| b.signed && b.value == TENCENT_PHASH));
    // A second hash of a picture beside it is named, and is not covered.
    flat.reserved_code1 =
        flat.reserved_code1.replacen("{\"Timestamp\"", "{\"PHash\":\"0000000000000000\",\"Timestamp\"", 1);
    let found = look(&flat, Key::ReservedCode1);
    assert_eq!(found.outcome, Outcome::Intact);
    assert!(found.oddities.contains(&Oddity::Ambiguous { name: "pHash" }));
    assert!(found.bindings.iter().any(|b| !b.signed && b.value == "0000000000000000"));
}

/// A video's object: the key is `00` and X, the bindings have a signature of their own.
fn minimax(aigc: &Aigc, bindings: &str, zero_x: bool) -> String {
    let signer = &SIGNERS[2];
    let sign = |message: &[u8]| hex(&to_der(&signer.sign(message).unwrap()).unwrap());
    let point = key_of(signer).spki_der()[26..].to_vec();
    let key = if zero_x { hex(&[&[0], &point[1..33]].concat()) } else { hex(&point[1..33]) };
    let label = sign(members(aigc, &message::PRODUCTION).as_bytes());
    let own = sign(br#"{"BType":0,"AlgID":"1.2.156.10197.1.401","Value":"00"}"#);
    format!(
        r#"{{"SecurityData":{{"Type":"TC260PG","Version":1,"Bindings":[{bindings}],"PubSD":[{{"Type":"DS","AlgID":"1.2.156.10197.1.501","TBSData":{{"Type":"LabelMataData"}},"Signature":"{label}"}},{{"Type":"DS","AlgID":"1.2.156.10197.1.501","TBSData":{{"Type":"Binding"}},"Signature":"{own}"}},{{"Type":"PubKey","AlgID":"1.2.156.10197.1.501","KeyValue":"{key}"}}]}}}}"#
    )
}

#[test]
fn minimax_keys_and_bindings_are_read() {
    let entry = r#"{"BType":0,"AlgID":"1.2.156.10197.1.401","Value":"00"}"#;
    let found = code1(&minimax(&label(), entry, true));
    assert_eq!((&found.outcome, found.dialect), (&Outcome::Intact, Some("minimax")));
    assert!(found.bindings[0].signed && found.bindings[0].kind == BindingKind::Unknown);
    let key = found.key.unwrap();
    assert!(key.is_known_by_x() && key.is_same(&key_of(&SIGNERS[2])));
    assert_eq!(key.spki_der(), key_of(&SIGNERS[2]).spki_der());
    let found = code1(&minimax(&label(), &entry.replacen("00", "01", 1), true));
    assert_eq!(found.outcome, Outcome::Intact);
    assert!(!found.bindings[0].signed && found.oddities.contains(&Oddity::BindingNotVerified));
    let other = Aigc { produce_id: "p-2".into(), ..label() };
    assert!(matches!(code1(&minimax(&other, entry, true)).outcome, Outcome::Broken(_)));
    // The same with another form of key is no dialect that is known: not broken.
    assert_eq!(code1(&minimax(&label(), entry, false)).outcome, Outcome::Intact);
    let Outcome::Unsupported(why) = code1(&minimax(&other, entry, false)).outcome else { panic!("unsupported") };
    assert_eq!(why.message.code, "security.dialect_unknown");
}

#[test]
fn the_guide_is_read_in_every_form_of_key_and_signature() {
    let signer = &SIGNERS[2];
    let text = members(&label(), &message::PRODUCTION);
    assert_eq!(text, r#""Label":"1","ContentProducer":"001191110102MACQD9K64010000","ProduceID":"p-1""#);
    let point = key_of(signer).spki_der()[26..].to_vec();
    let sign = [0x02 | (point[64] & 1)];
    let keys = [
        key_of(signer).spki_der().to_vec(),
        point.clone(),
        [&sign, &point[1..33]].concat(),
        [&[0], &point[1..33]].concat(),
        point[1..].to_vec(),
        point[1..33].to_vec(),
    ];
    let raws = [signer.sign(text.as_bytes()).unwrap(), signer.sign(&HashAlg::Sm3.digest(text.as_bytes())).unwrap()];
    for key in &keys {
        for raw in &raws {
            for signature in [hex(raw), hex(&to_der(raw).unwrap()).to_uppercase()] {
                let value = |id: &str| {
                    stepfun_code(&signature, &hex(key))
                        .replace("LabelMataData", "Md")
                        .replace("\"PubKey\",", &format!("\"PubKey\",\"KeyID\":{id},"))
                        .replace("\"DS\",", "\"DS\",\"KeyID\":\"1\",")
                };
                let found = code1(&value("1"));
                assert_eq!((found.outcome, found.dialect), (Outcome::Intact, Some("tc260-pg-202511a")));
                // The key has another number than the signature asks for.
                assert!(matches!(code1(&value("2")).outcome, Outcome::Unsupported(_)));
            }
        }
    }
}

#[test]
fn rsa_and_unknown_algorithms_are_not_checked() {
    let honor = r#"{"SecurityData":{"Type":"TC260PG","Version":1,"Bindings":{"Type":"Hash","Value":null},"PubSd":[{"Type":"DS","AlgID":"1.2.840.113549.1.1.11","TBSData":{"Type":"Md"},"Signature":"00ff"},{"Type":"PubKey","AlgID":"1.2.840.113549.1.1.11","KeyValue":"3082"}]}}"#;
    let found = code1(honor);
    let Outcome::Unsupported(why) = &found.outcome else { panic!("{:?}", found.outcome) };
    assert_eq!((why.message.code, found.dialect), ("security.algorithm_unknown", Some("honor-yoyo")));
    assert!(found.oddities.contains(&Oddity::Spelling { found: "PubSd".into(), meant: "PubSD" }));
    assert_eq!(found.bindings[0].kind, BindingKind::Unknown);
    for (from, to) in
        [("1.2.156.10197.1.501", "1.2.3.4"), ("LabelMataData", "Else"), ("\"Version\":1", "\"Version\":2")]
    {
        let mut aigc = stepfun();
        aigc.produce_id.push('0');
        aigc.reserved_code1 = aigc.reserved_code1.replace(from, to);
        let found = look(&aigc, Key::ReservedCode1);
        assert!(matches!(found.outcome, Outcome::Unsupported(_)), "{to}: {:?}", found.outcome);
        assert_eq!(found.dialect, None, "{to}");
    }
    let empty = code1(r#"{"SecurityData":{"Type":"TC260PG","Version":1}}"#);
    let Outcome::Unsupported(why) = empty.outcome else { panic!("unsupported") };
    assert_eq!(why.message.code, "security.no_signature");
}

#[test]
fn one_of_two_signatures_is_enough_and_the_pinned_one_wins() {
    let text = members(&label(), &message::PRODUCTION);
    let entry = |signer: &Fixed, id: u8| {
        let (signature, key) = (signer.sign(text.as_bytes()).unwrap(), key_of(signer));
        format!(
            r#"{{"Type":"DS","AlgID":"1.2.156.10197.1.501","KeyID":{id},"TBSData":{{"Type":"Md"}},"Signature":"{}"}},{{"Type":"PubKey","AlgID":"1.2.156.10197.1.501","KeyID":{id},"KeyValue":"{}"}}"#,
            hex(&to_der(&signature).unwrap()),
            hex(key.spki_der())
        )
    };
    let (one, two) = (Fixed::new(Algorithm::Sm2, [1; 32]), Fixed::new(Algorithm::Sm2, [2; 32]));
    let code = format!(
        r#"{{"SecurityData":{{"Type":"TC260PG","Version":1,"PubSD":[{},{}]}}}}"#,
        entry(&one, 1),
        entry(&two, 2)
    );
    let pinned = key_of(&two);
    let aigc = Aigc { reserved_code1: code, ..label() };
    let found = check(&aigc, Key::ReservedCode1, &|key| *key == pinned, &[], &Limits::default());
    assert!(found.pinned && found.key == Some(pinned.clone()) && found.oddities.is_empty());
    let broken =
        Aigc { reserved_code1: aigc.reserved_code1.replacen("\"Signature\":\"304", "\"Signature\":\"314", 1), ..aigc };
    let found = look(&broken, Key::ReservedCode1);
    assert_eq!(found.outcome, Outcome::Intact);
    assert!(found.oddities.contains(&Oddity::OneNotVerified { number: 1 }));
}
