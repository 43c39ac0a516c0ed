//! Signed labels of documents and texts: what a reader shows does not change behind them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    clippy::string_slice,
    clippy::type_complexity,
    clippy::needless_range_loop,
    clippy::print_stdout
)]

#[path = "common/lossless.rs"]
mod lossless;

use std::path::Path;
use std::sync::LazyLock;

use biaoshi::sign::{KeygenOptions, generate};
use biaoshi::{Algorithm, CarrierKind, Identity, Integrity, Label, Report, Status, TrustStore, Verifier};
use lossless::{CODE, labeler};

static KEY: LazyLock<Identity> = LazyLock::new(|| {
    let made = generate(&KeygenOptions {
        algorithm: Algorithm::Sm2,
        organization: "Biaoshi tests".into(),
        common_name: "SM2".into(),
        country: "CN".into(),
        not_before: std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() - 60,
        days: 30,
    })
    .unwrap();
    Identity::from_key_pem(&made.key_pem).unwrap()
});

fn verify(name: &str, bytes: &[u8]) -> Report {
    let mut trust = TrustStore::new();
    let key = biaoshi::Signer::public_key(&*KEY).unwrap();
    trust.add_key_der(&key).unwrap();
    Verifier::new().file_name(name).trust(&trust).verify_bytes(bytes).unwrap()
}

fn intact(name: &str, bytes: &[u8]) -> bool {
    let report = verify(name, bytes);
    let labels: Vec<_> = report.evidence.iter().filter(|e| e.carrier == CarrierKind::AigcMetadata).collect();
    assert!(!labels.is_empty(), "{name}: the label is still read");
    labels.iter().any(|e| e.integrity == Integrity::Intact)
        && !report.findings.iter().any(|f| f.code() == "file.malformed")
}

/// The file with a signed label.
fn sealed(name: &str, bytes: &[u8]) -> Vec<u8> {
    let label = Label::new(CODE).with_produce_id("test-0001");
    let (out, receipt) =
        labeler(name).signer(&*KEY).label_bytes(bytes, &label).unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(receipt.sealed && intact(name, &out), "{name}");
    out
}

fn text(name: &str, content: &str) -> String {
    String::from_utf8(sealed(name, content.as_bytes())).unwrap()
}

/// Each change of `from` to `to` breaks the signature.
fn broken(name: &str, text: &str, changes: &[(&str, &str)]) {
    for (from, to) in changes {
        assert!(text.contains(from), "{name}: {from} in {text}");
        let changed = text.replacen(from, to, 1);
        assert!(!intact(name, changed.as_bytes()), "{name}: {changed}");
    }
}

#[test]
fn html() {
    let text = text(
        "a.html",
        "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>t</title></head><body><p>real</p></body></html>",
    );
    let from = text.find("<meta name=\"AIGC\"").unwrap();
    let element = &text[from..from + text[from..].find('>').unwrap() + 1];
    let with = |attribute: &str| element.replace("<meta ", &format!("<meta {attribute} "));
    let second = |meta: &str| format!("{element}{meta}");
    broken(
        "a.html",
        &text,
        &[
            (element, &with("style=\"display:block\" onfocus=\"x()\" autofocus tabindex=1")),
            (element, &with("http-equiv=\"Content-Security-Policy\"")),
            (element, &with("charset=\"gbk\"")),
            (element, &with("a-name-longer-than-any-that-matters=\"1\"")),
            (element, &second("<meta name=\"AIGC\" http-equiv=\"refresh\" content=\"0;url=https://evil.example/\">")),
            (element, &second("<meta name=\"aigc\" content=\"x\">")),
            (element, &second(element)),
        ],
    );
    let moved = text.replace(element, "").replace("<p>", &format!("<p>{element}"));
    assert!(!intact("a.html", moved.as_bytes()));
}

#[test]
fn html_labels_are_read_wherever_they_stand() {
    let value = "{&quot;Label&quot;:&quot;1&quot;,&quot;ContentProducer&quot;:&quot;001191110102MACQD9K64010000&quot;,\
                 &quot;ProduceID&quot;:&quot;x&quot;,&quot;ReservedCode1&quot;:&quot;&quot;,&quot;ContentPropagator&quot;:\
                 &quot;&quot;,&quot;PropagateID&quot;:&quot;&quot;,&quot;ReservedCode2&quot;:&quot;&quot;}";
    for first in ["charset=utf-8", "http-equiv=Content-Type", "http-equiv=refresh"] {
        let file = format!("<html><head><meta {first} name=AIGC content=\"{value}\"></head><body>x</body></html>");
        let report = verify("a.html", file.as_bytes());
        assert_eq!(report.status, Status::Confirmed, "{first}");
    }
}

#[test]
fn svg() {
    let plain = "<svg xmlns=\"http://www.w3.org/2000/svg\"><rect width=\"9\" height=\"9\"/></svg>";
    let evil = "<style>rect{fill:red}</style><script>x()</script>";
    let lent = "<s:style xmlns:s=\"http://www.w3.org/2000/svg\">rect{fill:red}</s:style>";
    let masked = lent.replace("svg\"", "sv&#103;\"");
    let text = text("a.svg", plain);
    broken(
        "a.svg",
        &text,
        &[
            ("</metadata>", &format!("{evil}</metadata>")),
            ("<metadata>", &format!("<metadata>{lent}")),
            ("</metadata>", &format!("</metadata><metadata>{evil}</metadata>")),
            ("</metadata>", "</metadata><metadata/>"),
            ("<rect", &format!("<metadata>{evil}</metadata><rect")),
            ("<metadata>", "<metadata id=\"a\">"),
            ("<metadata>", "<metadata onload=\"x()\">"),
            ("</rdf:RDF>", &format!("{lent}</rdf:RDF>")),
            ("</rdf:RDF>", &format!("{masked}</rdf:RDF>")),
            ("</rdf:RDF>", "<rdf:Description id=\"a\"/></rdf:RDF>"),
            ("</rdf:RDF>", &format!("<rdf:Description rdf:about=\"\">{evil}</rdf:Description></rdf:RDF>")),
            (
                "</metadata>",
                &format!("<c2pa:manifest xmlns:c2pa=\"http://c2pa.org/manifest\">{lent}</c2pa:manifest></metadata>"),
            ),
        ],
    );
    let other = "<rdf:Description xmlns:q=\"http://q/\" rdf:about=\"\" q:a=\"b\"/></rdf:RDF>";
    assert!(intact("a.svg", text.replace("</rdf:RDF>", other).as_bytes()), "other metadata comes and goes");
}

/// A file with metadata of its own keeps its hash when it is labelled, wherever the label goes.
#[test]
fn svg_with_metadata() {
    let rdf = "xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"";
    for metadata in [
        "<metadata/>".to_owned(),
        "<metadata id='m' />".to_owned(),
        "<metadata>\n <x:a xmlns:x='http://x/'/>\n</metadata><metadata id='n'>b</metadata>".to_owned(),
        format!(
            "<metadata> a <rdf:RDF {rdf}><rdf:Description rdf:about='' id='d'><g/></rdf:Description></rdf:RDF></metadata>"
        ),
    ] {
        for place in [format!("{metadata}<rect/>"), format!("<rect/>\n{metadata}\n<g/>")] {
            let file = format!("<svg xmlns=\"http://www.w3.org/2000/svg\">{place}</svg>");
            sealed("a.svg", file.as_bytes());
        }
    }
}

#[test]
fn webvtt() {
    let text = text("a.vtt", "WEBVTT\n\n00:00.000 --> 00:01.000\nreal\n");
    let block = text.split("\n\n").nth(1).unwrap();
    let cue = "00:00.000 --> 00:09.000\nevil";
    broken(
        "a.vtt",
        &text,
        &[
            (block, &format!("{block}\n{cue}")),
            (block, &format!("{block}\n\nNOTE AIGC {{}}\n{cue}")),
            (block, &format!("NOTE aigc {{}}\n{cue}\n\n{block}")),
            (block, &format!("{block}\n\nNOTE AIGC {{}}")),
            (block, &format!("{block}\nmore")),
        ],
    );
}

#[test]
fn json() {
    let text = text("a.json", "{\"title\": \"real\", \"n\": 1}\n");
    broken(
        "a.json",
        &text,
        &[
            ("\"n\"", "\"aigc\": \"evil\", \"n\""),
            ("\"n\"", "\"Aigc\": {\"title\": \"evil\"}, \"n\""),
            ("\"n\"", "\"AIGC\": \"evil\", \"n\""),
        ],
    );
}

#[test]
fn markdown() {
    for (front, entry) in [
        ("---\ntitle: A walk\n---\n", "title: A walk"),
        ("+++\ntitle = \"A walk\"\n+++\n", "title = \"A walk\""),
        (";;;\n{\"title\": \"A walk\"}\n;;;\n", "\"title\": \"A walk\""),
    ] {
        let text = text("a.md", &format!("{front}# A walk\n"));
        let more: &[&str] = match entry.as_bytes()[0] {
            b'"' => &["\"aigc\": \"evil\", \"title\": \"A walk\"", "\"title\": \"A walk\", \"Aigc\": {\"a\": \"b\"}"],
            _ if entry.contains('=') => {
                &["aigc = \"evil\"\ntitle = \"A walk\"", "Aigc = {a = \"evil\"}\ntitle = \"A walk\""]
            }
            _ => &["aigc: evil\ntitle: A walk", "title: A walk\nAIGC : evil", "title: A walk\nAigc:\n  a: evil"],
        };
        let changes: Vec<_> = more.iter().map(|to| (entry, *to)).collect();
        broken("a.md", &text, &changes);
    }
    let text = text("a.md", "---\ntitle: A walk\n---\n# A walk\n");
    broken(
        "a.md",
        &text,
        &[
            ("# A walk", "<!-- AIGC: {} -->\n# A walk"),
            ("---\n# A walk", "AIGC: evil\n---\n# A walk"),
            // A line that ends for some readers only.
            ("AIGC:\n", "AIGC:\n  # \rtitle: evil\n"),
        ],
    );
}

fn base(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../xtask/bases").join(name)).unwrap()
}

/// One entry: its name, its data as stored and inflated, and its extra field.
struct Part {
    name: String,
    data: Vec<u8>,
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u16_at(bytes, at) | u16_at(bytes, at + 2) << 16
}

/// Every entry of an archive, inflated.
fn unpack(bytes: &[u8]) -> Vec<Part> {
    let end = bytes.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
    let mut at = u32_at(bytes, end + 16);
    let mut out = Vec::new();
    for _ in 0..u16_at(bytes, end + 10) {
        let (size, names) = (u32_at(bytes, at + 20), u16_at(bytes, at + 28));
        let header = u32_at(bytes, at + 42);
        let from = header + 30 + u16_at(bytes, header + 26) + u16_at(bytes, header + 28);
        let packed = &bytes[from..from + size];
        let data = match u16_at(bytes, at + 10) {
            0 => packed.to_vec(),
            _ => {
                let mut out = Vec::new();
                std::io::Read::read_to_end(&mut flate2::read::DeflateDecoder::new(packed), &mut out).unwrap();
                out
            }
        };
        out.push(Part { name: String::from_utf8(bytes[at + 46..at + 46 + names].to_vec()).unwrap(), data });
        at += 46 + names + u16_at(bytes, at + 30) + u16_at(bytes, at + 32);
    }
    out
}

/// An archive of these entries, stored, with extra fields in the local and the central header.
fn pack(parts: &[Part], extra: &dyn Fn(&str) -> (Vec<u8>, Vec<u8>)) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for Part { name, data } in parts {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let (local, central) = extra(name);
        let word = |n: usize| (n as u32).to_le_bytes();
        let half = |n: usize| (n as u16).to_le_bytes();
        let fixed = [
            &[20u8, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..],
            &crc.sum().to_le_bytes(),
            &word(data.len()),
            &word(data.len()),
            &half(name.len()),
        ]
        .concat();
        directory.push(
            [
                &b"PK\x01\x02\x14\0"[..],
                &fixed,
                &half(central.len()),
                &[0; 10],
                &word(out.len()),
                name.as_bytes(),
                &central,
            ]
            .concat(),
        );
        out.extend([&b"PK\x03\x04"[..], &fixed, &half(local.len()), name.as_bytes(), &local, data].concat());
    }
    let (start, directory_bytes) = (out.len(), directory.concat());
    let count = (parts.len() as u16).to_le_bytes();
    out.extend_from_slice(&directory_bytes);
    out.extend(
        [
            &b"PK\x05\x06\0\0\0\0"[..],
            &count,
            &count,
            &(directory_bytes.len() as u32).to_le_bytes(),
            &(start as u32).to_le_bytes(),
            &[0, 0],
        ]
        .concat(),
    );
    out
}

/// An extra field that gives an entry a name.
fn path(name: &str, other: &str) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name.as_bytes());
    let body = [&[1][..], &crc.sum().to_le_bytes(), other.as_bytes()].concat();
    [&0x7075u16.to_le_bytes()[..], &(body.len() as u16).to_le_bytes(), &body].concat()
}

#[test]
fn names_in_extra_fields() {
    for (file, about) in [
        ("docx/docx-custom-ok.docx", "docProps/core.xml"),
        ("odt/odt-ok.odt", "meta.xml"),
        ("epub/epub-font-ok.epub", "mimetype"),
    ] {
        let alike = |name: &str| (path(name, name), path(name, name));
        // Stored from the start: how an entry is packed is content too.
        let bytes = pack(&unpack(&base(file)), &|_| (Vec::new(), Vec::new()));
        let parts = unpack(&bytes);
        assert!(parts.iter().any(|part| part.name == about), "{file}");
        sealed(file, &pack(&parts, &alike));
        let parts = unpack(&sealed(file, &bytes));
        assert!(intact(file, &pack(&parts, &alike)), "{file}");
        for (local, central) in [(true, true), (true, false), (false, true)] {
            let renamed = |name: &str| {
                let field = |on: bool| if on && name == about { path(name, "word/document.xml") } else { Vec::new() };
                (field(local), field(central))
            };
            assert!(!intact(file, &pack(&parts, &renamed)), "{file} {local} {central}");
        }
    }
}

#[test]
fn lists_of_parts_in_the_metadata_of_a_book() {
    let name = "epub/epub-font-ok.epub";
    let none = |_: &str| (Vec::new(), Vec::new());
    let bytes = sealed(name, &pack(&unpack(&base(name)), &none));
    assert!(intact(name, &pack(&unpack(&bytes), &none)));
    for (added, due) in [
        ("<spine><itemref idref=\"x\"/></spine>", false),
        ("<manifest><item id=\"x\" href=\"x\" media-type=\"x\"/></manifest>", false),
        ("<dc:description xmlns:dc=\"http://purl.org/dc/elements/1.1/\"><spine/></dc:description>", false),
        ("<dc:description xmlns:dc=\"http://purl.org/dc/elements/1.1/\">other</dc:description>", true),
    ] {
        let mut parts = unpack(&bytes);
        let book = parts.iter_mut().find(|part| part.name.ends_with(".opf")).unwrap();
        let text = String::from_utf8(book.data.clone()).unwrap();
        let end = text.find("metadata>").and_then(|_| text.rfind("metadata>")).unwrap();
        let at = text[..end].rfind("</").unwrap();
        book.data = format!("{}{added}{}", &text[..at], &text[at..]).into_bytes();
        assert_eq!(intact(name, &pack(&parts, &none)), due, "{added}");
    }
}
