//! What was done to a signed file, and how the reading tells it apart.

use super::*;

#[test]
fn changed_content_is_a_hash_mismatch() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let (mut out, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        let at = content_at(&out, mime);
        out[at] ^= 1;
        let reading = look(&out, mime, &trust);
        assert_eq!(reading.state, ManifestState::Invalid);
        assert!(reading.hash_mismatch() && !reading.exclusion_abuse(), "{:?}", failures(&reading));
        assert!(!reading.signature_broken() && !reading.assertion_tampered());
    }
}

#[test]
fn bytes_after_the_end_are_a_hash_mismatch() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let (mut out, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        out.extend_from_slice(b"tail");
        let reading = look(&out, mime, &trust);
        assert_eq!(reading.state, ManifestState::Invalid);
        assert!(reading.hash_mismatch());
    }
}

#[test]
fn a_store_moved_to_another_picture_does_not_hold() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let (one, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        let (two, _) = sign_with(&picture(format, 2), &plan(&signer, mime)).unwrap();
        let (from, to) = (store_range(&one, mime), store_range(&two, mime));
        assert_eq!(from.len(), to.len(), "{mime}: same layout, so that only the content differs");
        let moved = [&two[..to.start], &one[from], &two[to.end..]].concat();
        let reading = look(&moved, mime, &trust);
        assert_eq!(reading.state, ManifestState::Invalid);
        assert!(reading.hash_mismatch());
    }
}

/// The attack on the space that the hash leaves out: the signature box has padding that nothing
/// signs, so the store can be made shorter and foreign bytes put where it ended.
#[test]
fn foreign_bytes_in_the_excluded_range_are_told_apart() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let (out, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        let forged = with_foreign_bytes(&out, mime);
        assert_eq!(forged.len(), out.len());
        assert!(forged.windows(8).any(|w| w == b"????????"));
        let reading = look(&forged, mime, &trust);
        assert_eq!(reading.state, ManifestState::Invalid, "{mime}");
        assert!(reading.exclusion_abuse(), "{mime}: {:?}", failures(&reading));
        // In RIFF a store of odd length has a pad byte behind it, which the hash covers and which moves.
        let padded = mime == "image/webp" && store_length(&out) % 2 == 1;
        assert_eq!(reading.hash_mismatch(), padded, "{mime}: {:?}", failures(&reading));
        assert!(!reading.signature_broken() && !reading.assertion_tampered());
    }
}

/// Length of the store's superbox.
fn store_length(out: &[u8]) -> u32 {
    let start = find(out, b"jumb") - 4;
    u32::from_be_bytes(out[start..start + 4].try_into().unwrap())
}

fn with_foreign_bytes(out: &[u8], mime: &str) -> Vec<u8> {
    let range = store_range(out, mime);
    let start = find(out, b"jumb") - 4;
    let size = |at: usize| u32::from_be_bytes(out[at..at + 4].try_into().unwrap()) as usize;
    let mut store = out[start..start + size(start)].to_vec();
    let pad = find(&store, b"cpadY") + 5;
    let length = usize::from(u16::from_be_bytes(store[pad..pad + 2].try_into().unwrap()));
    let cut = (length - 256) & !1;
    assert!(cut > 30, "{length}");
    let end = store.len();
    for at in 0..end - 8 {
        let kind: [u8; 4] = store[at + 4..at + 8].try_into().unwrap();
        let box_size = u32::from_be_bytes(store[at..at + 4].try_into().unwrap()) as usize;
        if (kind == *b"jumb" || kind == *b"cbor") && at + box_size == end {
            store[at..at + 4].copy_from_slice(&((box_size - cut) as u32).to_be_bytes());
        }
    }
    store[pad..pad + 2].copy_from_slice(&((length - cut) as u16).to_be_bytes());
    store.drain(pad + 2..pad + 2 + cut);

    let fill = |n: usize| vec![b'?'; n];
    let inside = match mime {
        "image/png" => [chunk(b"caBX", &store), chunk(b"eVIL", &fill(cut - 12))].concat(),
        "image/webp" => {
            let riff = |kind: &[u8; 4], body: &[u8]| {
                let even = vec![0; body.len() % 2];
                [kind.as_slice(), &(body.len() as u32).to_le_bytes(), body, &even].concat()
            };
            [riff(b"C2PA", &store), riff(b"EVIL", &fill(cut - 8))].concat()
        }
        _ => {
            let header = &out[range.start + 4..start];
            let segment = |marker: u8, body: &[u8]| {
                [&[0xFF, marker][..], &((body.len() + 2) as u16).to_be_bytes(), body].concat()
            };
            [segment(0xEB, &[header, &store].concat()), segment(0xFE, &fill(cut - 4))].concat()
        }
    };
    [&out[..range.start], &inside, &out[range.end..]].concat()
}

#[test]
fn a_store_pushed_from_its_place_does_not_hold() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    let (out, _) = sign_with(&picture(ImageFormat::Png, 1), &plan(&signer, "image/png")).unwrap();
    let pushed = [&out[..33], &chunk(b"tEXt", b"a\0b"), &out[33..]].concat();
    let reading = look(&pushed, "image/png", &trust);
    assert_eq!(reading.state, ManifestState::Invalid);
    assert!(reading.exclusion_abuse() && reading.hash_mismatch(), "{:?}", failures(&reading));
}

/// A signer that leaves part of the picture out of the hash: allowed, but has to be seen.
#[test]
fn a_signed_second_exclusion_is_reported() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    let mime = "image/png";
    let plain = picture(ImageFormat::Png, 1);
    let certificates = signer.certificates().to_vec();
    let context = context(&TrustStore::new(), &Limits::default()).unwrap();
    let context = context.with_signer(OwnSigner(signer, certificates));
    let mut builder = c2pa::Builder::from_context(context).with_definition(bare_definition()).unwrap();
    let placeholder = builder.placeholder(mime).unwrap();
    let length = placeholder.len();
    let mut file = [&plain[..33], &placeholder, &plain[33..]].concat();
    let hole = find(&file, b"IDAT") + 20;
    let ranges = vec![c2pa::HashRange::new(33, length as u64), c2pa::HashRange::new(hole as u64, 16)];
    builder.set_data_hash_exclusions(ranges).unwrap();
    builder.update_hash_from_stream(mime, &mut Cursor::new(&file)).unwrap();
    let store = builder.sign_embeddable(mime).unwrap();
    assert_eq!(store.len(), length);
    file[33..33 + length].copy_from_slice(&store);
    file[hole + 3] ^= 0xFF;
    let reading = look(&file, mime, &trust);
    assert_eq!(reading.state, ManifestState::Trusted, "{:?}", failures(&reading));
    assert!(reading.leaves_out_more() && !reading.exclusion_abuse());
    assert_eq!(reading.binding.as_ref().unwrap().exclusions.len(), 2);
    let codes: Vec<&str> = reading.codes.iter().map(|c| c.code.as_str()).collect();
    assert!(codes.contains(&"assertion.dataHash.additionalExclusionsPresent"), "{codes:?}");

    // Our own report does not call that intact, whatever the state.
    let report = crate::Verifier::new().trust(&trust).verify_bytes(&file).unwrap();
    assert!(report.has("manifest.exclusion_abuse") && report.is_broken());
    assert!(report.evidence.iter().all(|e| e.integrity != crate::Integrity::Intact));
    assert!(!report.carries_intact_label());
}

#[test]
fn an_edited_assertion_does_not_hold() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let (mut out, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        let at = find(&out, br#""Label":"1""#) + 9;
        out[at] = b'3';
        let reading = look(&out, mime, &trust);
        assert_eq!(reading.state, ManifestState::Invalid);
        assert!(reading.assertion_tampered() && !reading.hash_mismatch(), "{:?}", failures(&reading));
    }
}

#[test]
fn an_edited_claim_breaks_the_signature() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    let (mut out, _) = sign_with(&picture(ImageFormat::Png, 1), &plan(&signer, "image/png")).unwrap();
    let at = find(&out, b"Biaoshi");
    out[at] = b'X';
    let reading = look(&out, "image/png", &trust);
    assert_eq!(reading.state, ManifestState::Invalid);
    assert!(reading.signature_broken());
}

#[test]
fn another_signers_certificate_does_not_carry_over() {
    let (signer, _) = identity(Algorithm::Ed25519);
    let (victim, trust) = identity(Algorithm::Ed25519);
    struct Liar<'a>(&'a Identity, &'a Identity);
    impl Signer for Liar<'_> {
        fn algorithm(&self) -> Algorithm {
            Algorithm::Ed25519
        }
        fn certificates(&self) -> &[Vec<u8>] {
            self.1.certificates()
        }
        fn sign(&self, message: &[u8]) -> Result<Vec<u8>> {
            self.0.sign(message)
        }
    }
    let liar = Liar(&signer, &victim);
    let (out, _) = sign_with(&picture(ImageFormat::Png, 1), &plan(&liar, "image/png")).unwrap();
    let reading = look(&out, "image/png", &trust);
    assert_eq!(reading.state, ManifestState::Invalid);
    assert!(reading.signature_broken());
}

#[test]
fn a_look_alike_organization_is_never_trusted() {
    let real = made(Algorithm::Ed25519, "Famous AI Ltd", now() - 60, 30);
    let fake = made(Algorithm::Ed25519, "Famous AI Ltd", now() - 60, 30);
    let signer = Identity::from_pem(&fake.chain_pem, &fake.key_pem).unwrap();
    let trust = TrustStore::from_pem(&real.root_pem).unwrap();
    for (format, mime) in FORMATS {
        let (out, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        let reading = look(&out, mime, &trust);
        assert_eq!(reading.state, ManifestState::Valid);
        assert!(reading.untrusted());
        assert_eq!(reading.signer.unwrap().organization.as_deref(), Some("Famous AI Ltd"));
    }
}

#[test]
fn damaged_files_never_panic_and_never_say_something_else() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let (out, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        let store = store_range(&out, mime);
        let said = look(&out, mime, &trust);
        let mut held = 0;
        for at in (0..out.len()).step_by(23) {
            for damaged in [flip(&out, at), out[..at].to_vec()] {
                match read(&mut Cursor::new(damaged), mime, &trust, &Limits::default()) {
                    Ok(Some(reading)) if reading.state != ManifestState::Invalid => {
                        // JUMBF framing and the padding of the signature box are not signed.
                        assert!(store.contains(&at), "{mime} {at}");
                        assert_eq!(reading.signer, said.signer, "{mime} {at}");
                        assert_eq!(reading.actions, said.actions, "{mime} {at}");
                        assert_eq!(reading.assertions, said.assertions, "{mime} {at}");
                        held += 1;
                    }
                    Err(Error::Internal(problem)) => panic!("{mime} {at}: {problem:?}"),
                    _ => {}
                }
            }
        }
        assert!(held < 40, "{mime}: {held}");
    }
}

fn flip(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at] ^= 0x40;
    out
}

#[test]
fn an_edited_parent_inside_the_store_does_not_hold() {
    let (signer, trust) = identity(Algorithm::Ed25519);
    for (format, mime) in FORMATS {
        let (parent, _) = sign_with(&picture(format, 1), &plan(&signer, mime)).unwrap();
        let mut child = plan(&signer, mime);
        child.vendor_assertions.clear();
        let (mut out, _) = sign_with(&parent, &child).unwrap();
        assert!(!look(&out, mime, &trust).ingredient_broken());
        let at = find(&out, br#""Label":"1""#) + 9;
        out[at] = b'3';
        let reading = look(&out, mime, &trust);
        assert_eq!(reading.state, ManifestState::Invalid);
        assert!(reading.ingredient_broken(), "{mime}: {:?}", reading.codes);
        let error = sign_with(&out, &child).unwrap_err();
        assert!(error.to_string().contains("mismatch"), "{error}");
    }
}
