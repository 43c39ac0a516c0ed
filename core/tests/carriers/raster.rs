//! What is particular to `raster`: GIF, JPEG XL and SVG, and animations in PNG and WebP.

use std::time::{Duration, Instant};

use biaoshi::{Error, Label, Status};

use crate::bases;
use crate::lossless::{CODE, hold, labeler, verify};

/// The base files of this family with such an ending.
fn own(ending: &str) -> Vec<(String, Vec<u8>)> {
    let folders = ["gif/", "jxl/", "svg/"];
    bases(ending).into_iter().filter(|(name, _)| folders.iter().any(|f| name.starts_with(f))).collect()
}

fn base(name: &str) -> Vec<u8> {
    let found = bases("").into_iter().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("{name}")).1
}

fn label(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let label = Label::new(CODE).with_produce_id("vector-0001");
    labeler(name).label_bytes(bytes, &label).map(|(out, _)| out)
}

fn code(name: &str, bytes: &[u8]) -> String {
    label(name, bytes).unwrap_err().code().to_owned()
}

#[test]
fn refusals_name_their_reason() {
    for (name, wanted) in [
        ("gif/cut-fail.gif", "file.damaged"),
        ("jxl/jbrd-fail.jxl", "jxl.reconstruction"),
        ("jxl/brob-fail.jxl", "jxl.compressed_xmp"),
        ("svg/defaults-fail.svg", "svg.defaults"),
        ("svg/open-fail.svg", "file.damaged"),
    ] {
        assert_eq!(code(name, &base(name)), wanted, "{name}");
    }
    assert_eq!(own("-fail").len(), 5);
}

#[test]
fn labels_by_others_are_read_and_not_written_beside() {
    let files = own("-read");
    assert_eq!(files.len(), 6);
    for (name, bytes) in files {
        let report = verify(&name, &bytes);
        let found: Vec<_> = report.evidence.iter().filter_map(|e| e.label.as_ref()).collect();
        assert_eq!(found.len(), 1, "{name}");
        assert_eq!((report.status, found[0].content_producer.as_str()), (Status::Confirmed, CODE), "{name}");
        assert!(code(&name, &bytes).starts_with("label.exists"), "{name}");
        let elsewhere = report.findings.iter().any(|f| f.code() == "label.wrong_slot");
        assert_eq!(elsewhere, name.contains("comment") || name.contains("element"), "{name}: {:?}", report.findings);
    }
}

#[test]
fn compressed_metadata_is_said_to_be_unread() {
    let report = verify("jxl/brob-fail.jxl", &base("jxl/brob-fail.jxl"));
    assert!(report.findings.iter().any(|f| f.code() == "file.value_unreadable"));
}

/// The start of every frame chunk, which is where a decoder reads on.
#[test]
fn animations_keep_their_frames_in_their_order() {
    for (name, marks) in [("png/apng-ok.png", [&b"fcTL"[..], b"fdAT"]), ("webp/animated-ok.webp", [b"ANMF", b"ANIM"])] {
        let bytes = base(name);
        let out = hold(name, &bytes);
        let frames = |bytes: &[u8]| {
            let places = (4..bytes.len() - 4).filter(|at| marks.contains(&&bytes[*at..at + 4]));
            // The length before the name in PNG, behind it in WebP; the content follows.
            places.map(|at| bytes[at - 4..(at + 34).min(bytes.len())].to_vec()).collect::<Vec<_>>()
        };
        assert!(frames(&bytes).len() >= 3, "{name}");
        let shorter = |frames: Vec<Vec<u8>>| frames.into_iter().map(|f| f[4..20].to_vec()).collect::<Vec<_>>();
        assert_eq!(shorter(frames(&out)), shorter(frames(&bytes)), "{name}");
    }
}

#[test]
fn the_wrapped_codestream_is_the_bare_one() {
    let bare = base("jxl/bare-ok.jxl");
    let out = label("jxl/bare-ok.jxl", &bare).unwrap();
    assert!(out.starts_with(b"\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl ") && out.ends_with(&bare));
    let header = &out[out.len() - bare.len() - 8..out.len() - bare.len()];
    assert_eq!(header, [&(bare.len() as u32 + 8).to_be_bytes()[..], b"jxlc"].concat());
    assert_eq!(crate::lossless::essence("a.jxl", &out), bare);
}

fn gif(blocks: &[u8]) -> Vec<u8> {
    [&b"GIF89a\x01\0\x01\0\0\0\0"[..], blocks].concat()
}

fn jxl(boxes: &[u8]) -> Vec<u8> {
    [&b"\0\0\0\x0CJXL \r\n\x87\n\0\0\0\x14ftypjxl \0\0\0\0jxl "[..], boxes].concat()
}

/// Files that are made to cost.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    const MANY: usize = 1 << 21;
    let svg = |head: &str, part: &str, tail: &str| {
        let body = part.repeat(MANY / part.len());
        format!("{head}{body}{tail}").into_bytes()
    };
    let spaces: String = (0..MANY / 12).map(|n| format!(" xmlns:p{n}='u'")).collect();
    let rdf = "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>";
    let lists: String = (0..MANY / 20).map(|n| format!("<!ATTLIST a{n}>")).collect();
    let entities: String = (0..MANY / 40).map(|n| format!("<!ENTITY e{n} \"{}\">", "&e;".repeat(8))).collect();
    vec![
        ("a.gif", gif(&b"\x21\xFE\x01x\0".repeat(MANY / 5))),
        ("a.gif", gif(&[&b"\x2C\0\0\0\0\x01\0\x01\0\0\x02"[..], &b"\x01x".repeat(MANY / 2)].concat())),
        ("a.gif", gif(&b"\x21\xF9\0\x2C\0\0\0\0\x01\0\x01\0\0\x02\0".repeat(MANY / 15))),
        ("a.gif", gif(&vec![0; MANY])),
        ("a.gif", gif(&b"\x21\xFF\x0BXMP DataXMP<\0".repeat(MANY / 16))),
        ("a.jxl", jxl(&b"\0\0\0\x08xml ".repeat(MANY / 8))),
        ("a.jxl", jxl(&b"\0\0\0\x0Cbrobxml ".repeat(60_000))),
        ("a.jxl", jxl(b"\0\0\0\x01jxlc\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF")),
        ("a.jxl", jxl(b"\x80\0\0\0jxlc\xFF\x0A")),
        ("a.jxl", jxl(b"\0\0\0\x0CExif\xFF\xFF\xFF\xFF")),
        ("a.svg", svg("<svg>", "<a>", "")),
        ("a.svg", svg("<svg>", "<g></g>", "</svg>")),
        ("a.svg", svg("<svg>", "<metadata/>", "</svg>")),
        ("a.svg", svg("<svg><metadata>", rdf, "</metadata></svg>")),
        ("a.svg", svg("<svg><metadata>", "<AIGC>{</AIGC>", "</metadata></svg>")),
        ("a.svg", svg("<svg>", "<!--AIGC{-->", "</svg>")),
        ("a.svg", svg("<svg><metadata>", "<?xpacket begin?>", "</metadata></svg>")),
        (
            "a.svg",
            format!("<svg{spaces}><metadata>{}</metadata></svg>", "<rdf:RDF a:b=''/>".repeat(20_000)).into_bytes(),
        ),
        (
            "a.svg",
            format!("<svg><metadata><rdf:RDF{}/></metadata></svg>", spaces.replace("xmlns:", "p1:")).into_bytes(),
        ),
        ("a.svg", format!("<!DOCTYPE svg [{lists}]><svg/>").into_bytes()),
        ("a.svg", format!("<!DOCTYPE svg [{entities}]><svg xmlns:a='&e1;'/>").into_bytes()),
        ("a.svg", svg("<!DOCTYPE svg [", "<!ENTITY a \"", "")),
        ("a.svg", svg("<svg><metadata>", "<rdf:RDF/>", "</metadata></svg>")),
        ("a.svg", svg("<svg><metadata>", "<c2pa:manifest/>", "</metadata></svg>")),
        ("a.svg", svg("<svg>", "<g xmlns:a='b'/>", "</svg>")),
        ("a.gif", gif(&b"\x21\xF9\0".repeat(MANY / 3))),
        ("a.svg", svg("<svg a='", "&", "'/>")),
    ]
}

#[test]
fn hostile_structures_are_answered_fast() {
    for (index, (name, bytes)) in hostile().into_iter().enumerate() {
        let begun = Instant::now();
        let verified = biaoshi::Verifier::new().file_name(name).verify_bytes(&bytes);
        for error in [verified.err(), label(name, &bytes).err()].into_iter().flatten() {
            assert!(!matches!(error, Error::Internal(_) | Error::Io { .. }), "{index} {name}: {error}");
        }
        // Unoptimised, on a busy machine, and several readings each.
        assert!(begun.elapsed() < Duration::from_secs(20), "{index} {name}: {:?}", begun.elapsed());
    }
}

#[test]
fn namespaces_without_number_cost_nothing() {
    let entity = "x".repeat(1000);
    let many: String = (0..200_000).map(|n| format!("xmlns:a{n}=\"&a;\" ")).collect();
    let file = format!("<!DOCTYPE svg [<!ENTITY a \"{entity}\">]><svg xmlns=\"http://www.w3.org/2000/svg\" {many}/>");
    let started = std::time::Instant::now();
    let report = biaoshi::Verifier::new().file_name("a.svg").verify_bytes(file.as_bytes());
    assert!(report.is_ok_and(|r| r.evidence.is_empty()));
    assert!(started.elapsed().as_secs() < 10);
}

/// Entities that stand for entities, ten times each, ten deep: as many bytes as the file has.
#[test]
fn entities_of_a_document_are_not_multiplied() {
    let bomb: String = (1..10).map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(10))).collect();
    let bytes = format!(
        "<!DOCTYPE svg [<!ENTITY e0 \"AIGC\">{bomb}]><svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:e=\"&e9;\">\
         <metadata><AIGC>&e9;</AIGC></metadata><text>&e9;</text></svg>"
    );
    let found = biaoshi::inspect_source(
        &mut std::io::Cursor::new(bytes.as_bytes()),
        Some("a.svg"),
        &biaoshi::Limits::default(),
    );
    assert!(format!("{:?}", found.unwrap()).len() < 16 << 10);
    let out = label("a.svg", bytes.as_bytes()).unwrap();
    assert!(out.len() < bytes.len() + (16 << 10));
    assert_eq!(verify("a.svg", &out).status, Status::Confirmed);
}
