//! Labels with protection data: ours, the guide's, and what vendors write in its place.

use biaoshi::label::security::HashAlg;
use biaoshi::source::Source;
use biaoshi::{Explicit, Identity, Label, Labeler, Limits, Profile, Signer as _};
use serde_json::json;

use super::bytes::*;
use super::run;
use super::suite::{Files, Suite, sha256};

/// An SM2 key for these vectors; everybody knows it.
const TEST_KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQg2sx7/znEt1I1KR8H
j/tkGlui9EfiAFp5kkZgchMzM2ahRANCAATWIjONnEmQpm7CmzLY5uwqeiHLViOa
Yo5lzcqKYTzH5EEs007vJ9XQ/nPkJeupm7A8D5XmNmw+bX1J1toFTRzG
-----END PRIVATE KEY-----
";

fn signer() -> Identity {
    Identity::from_key_pem(TEST_KEY).expect("the test key")
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A signature as DER: two numbers.
fn der(raw: &[u8]) -> String {
    let number = |bytes: &[u8]| {
        let rest: Vec<u8> = bytes.iter().skip_while(|b| **b == 0).copied().collect();
        let rest = if rest.first().is_none_or(|b| b & 0x80 != 0) { [&[0][..], &rest].concat() } else { rest };
        [&[2, u8::try_from(rest.len()).expect("short")][..], &rest].concat()
    };
    let body = [number(&raw[..32]), number(&raw[32..])].concat();
    hex(&[&[0x30, u8::try_from(body.len()).expect("short")][..], &body].concat())
}

fn sign(message: &[u8]) -> String {
    der(&signer().sign(message).expect("a signature"))
}

fn labeler(name: &str) -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).explicit(Explicit::none("vector")).file_name(name)
}

/// A label written without a look at what comes out.
fn written(name: &str, file: &[u8], label: &Label) -> Vec<u8> {
    let mut cursor = std::io::Cursor::new(file);
    let patch = labeler(name).plan(&mut cursor, label).expect("a plan");
    let limits = Limits::default();
    let mut out = Vec::new();
    patch.apply(&mut Source::new(&mut cursor, &limits).expect("a source"), &mut out).expect("applied");
    out
}

fn label(id: &str, code1: &str) -> Label {
    let mut label = Label::new(code('1', "0001")).with_produce_id(id);
    if !code1.is_empty() {
        label.reserved_code1 = Some(code1.to_owned());
    }
    label
}

/// The message of the guide's Annex A.1.
fn a1(id: &str) -> String {
    format!("\"Label\":\"1\",\"ContentProducer\":\"{}\",\"ProduceID\":\"{id}\"", code('1', "0001"))
}

/// An object in the guide's form: label signature, key, further members.
fn object_of(subject: &str, signature: &str, more: &str) -> String {
    let key = hex(&signer().public_key().expect("a key"));
    format!(
        "{{\"SecurityData\":{{\"Type\":\"TC260PG\",\"Version\":1,{more}\"PubSD\":[{{\"Type\":\"DS\",\"AlgID\":\"1.2.156.10197.1.501\",\"TBSData\":{{\"Type\":\"{subject}\"}},\"Signature\":\"{signature}\"}},{{\"Type\":\"PubKey\",\"AlgID\":\"1.2.156.10197.1.501\",\"KeyValue\":\"{key}\"}}]}}}}"
    )
}

/// CodeBuddy's form: no outer key, algorithms by name, a perceptual hash.
fn picture_object(id: &str, phash: &str) -> String {
    let (time, version) = ("1785468801", "v1-test");
    let text = format!("{}{id}{phash}{time}{version}", code('1', "0001"));
    let digest = HashAlg::Sm3.digest(text.as_bytes());
    let key = &hex(&signer().public_key().expect("a key"))[54..];
    format!(
        "{{\"Type\":\" TC260PG\",\"Version\":1,\"Bindings\":[{{\"AlgID\":\"phash\",\"Value\":\"{phash}\"}}],\"Timestamp\":\"{time}\",\"KeyVersion\":\"{version}\",\"Hash\":\"{}\",\"PubSD\":[{{\"Type\":\"DS\",\"AlgID\":\"sm2\",\"TBSData\":{{\"Type\":\"Md\"}},\"Signature\":\"{}\"}},{{\"Type\":\"PubKey\",\"AlgID\":\"sm2\",\"KeyValue\":\"{key}\"}}]}}",
        hex(&digest),
        sign(&digest),
    )
}

/// A picture with shapes, for its perceptual hash: `turned` has them elsewhere.
fn shapes(turned: bool, before: &[u8]) -> Vec<u8> {
    let row = |y: usize| {
        let pixel = |x: usize| {
            let (x, y) = if turned { (y, 63 - x) } else { (x, y) };
            if x < 20 && y < 40 { 230u8 } else { u8::try_from((x * y / 17) % 120).expect("below 120") }
        };
        std::iter::once(0u8).chain((0..64).map(pixel)).collect::<Vec<u8>>()
    };
    let data: Vec<u8> = (0..64).flat_map(row).collect();
    let header = [&64u32.to_be_bytes()[..], &64u32.to_be_bytes(), &[8, 0, 0, 0, 0]].concat();
    [
        &b"\x89PNG\r\n\x1a\n"[..],
        &png_chunk(b"IHDR", &header),
        before,
        &png_chunk(b"IDAT", &zlib(&data)),
        &png_chunk(b"IEND", &[]),
    ]
    .concat()
}

fn phash(turned: bool) -> String {
    use biaoshi::label::security::phash;
    let file = shapes(turned, &[]);
    // Stored rows, 65 bytes each with the filter byte, behind 7 bytes of the zlib stream's start.
    let start = 8 + 25 + 8 + 7;
    let pixels: Vec<u8> =
        (0..64).flat_map(|y| file[start + y * 65 + 1..start + (y + 1) * 65].to_vec()).flat_map(|v| [v; 3]).collect();
    phash::to_hex(phash::phash(64, 64, &pixels, 3).expect("a picture"))
}

pub fn build(out: &mut Files) {
    let mut suite = Suite::new("verdict/protection", "verify");
    let mut add = |id: &str, name: &str, comment: &str, bytes: &[u8]| {
        let params = json!({ "file_name": name });
        let expected = run::verify(bytes, &params);
        assert!(expected.get("report").is_some(), "{id}: {expected}");
        suite.file(name, bytes);
        let fields = json!({ "file": name, "sha256": sha256(bytes), "params": params, "expected": expected });
        suite.add(id, &["Protection"], comment, fields);
    };
    let (one, other) = ("# One\n\nText.\n".as_bytes(), "# Other\n\nText.\n".as_bytes());
    let signer = signer();
    let sealed =
        |file: &[u8]| labeler("a.md").signer(&signer).label_bytes(file, &label("vector-0001", "")).expect("sealed");
    let (own, receipt) = sealed(one);
    let code1 = receipt.label.reserved_code1.clone();
    add("ours", "ours.md", "signed over its text and the content", &own);
    let moved = written("a.md", other, &label("vector-0001", &code1));
    add("ours-moved", "ours-moved.md", "the same label on other content", &moved);
    let forged = written("a.md", one, &label("vector-0002", &code1));
    add("ours-other-number", "ours-other-number.md", "another number under the same signature", &forged);
    let picture = png(&[], &[]);
    let (sealed_png, _) =
        labeler("a.png").signer(&signer).label_bytes(&picture, &label("vector-0001", "")).expect("sealed");
    add("ours-png", "ours-png.png", "a picture whose label is signed with SM2", &sealed_png);
    let cut = &sealed_png[..sealed_png.len() - 6];
    add("ours-damaged", "ours-damaged.png", "the end of the file is missing", cut);

    let guide = object_of("Md", &sign(a1("vector-0001").as_bytes()), "");
    let file = |code1: &str| written("a.md", one, &label("vector-0001", code1));
    add("guide", "guide.md", "Annex A.1: the label's text alone is signed", &file(&guide));
    let hashed = HashAlg::Sm3.digest(a1("vector-0001").as_bytes());
    let stepfun = object_of("LabelMataData", &sign(&hashed), "");
    add("hashed-text", "hashed-text.md", "the SM3 of the label's text is signed", &file(&stepfun));
    let wrong = object_of("Md", &sign(a1("vector-0002").as_bytes()), "");
    add("guide-broken", "guide-broken.md", "signed for another number", &file(&wrong));
    let bound = object_of(
        "Md",
        &sign(a1("vector-0001").as_bytes()),
        "\"Bindings\":[{\"Type\":\"Hash\",\"AlgID\":\"1.2.156.10197.1.401\",\"CntSel\":\"other\",\"Value\":\"00\"}],",
    );
    add("guide-binding", "guide-binding.md", "a binding that no signature covers", &file(&bound));
    add("hash-alone", "hash-alone.md", "a hash of 40 digits", &file("e862483430d978cbf828b8b24296ef9328d843a0"));
    let rsa = guide.replace("1.2.156.10197.1.501", "1.2.840.113549.1.1.11").replace("PubSD", "PubSd");
    add("rsa", "rsa.md", "RSA, as one vendor writes it", &file(&rsa));
    let bare = sign(a1("vector-0001").as_bytes());
    add("bare-signature", "bare-signature.md", "a signature without a key", &file(&bare));
    let phash_object = picture_object("vector-0001", &phash(false));
    let own = code('1', "0001");
    let text = json!({ "AIGC": {
        "Label": "1", "ContentProducer": own, "ProduceID": "vector-0001", "ReservedCode1": phash_object,
        "ContentPropagator": own, "PropagateID": "vector-0001", "ReservedCode2": "",
    } });
    let comment = png_chunk(b"eXIf", &exif(&[], &[user_comment(&text.to_string())]));
    let on = |turned: bool| shapes(turned, &comment);
    add("picture", "picture.png", "tied to how the picture looks; Label is not signed", &on(false));
    add("picture-other", "picture-other.png", "the same label on another picture", &on(true));
    suite.finish("verdict/protection/vectors.json", out);
}
