//! What is particular to packages in ZIP: whom the entries belong to, what hostile archives cost, what
//! is refused and why.

use std::io::Cursor;
use std::time::{Duration, Instant};

use biaoshi::finding::Finding;
use biaoshi::{Error, Format, Label, Limits, Status, Verifier};

use crate::bases;
use crate::lossless::{CODE, labeler, verify};

const FOLDERS: [&str; 7] = ["docx", "xlsx", "pptx", "epub", "odt", "ods", "odp"];

fn files(ending: &str) -> Vec<(String, Vec<u8>)> {
    bases(ending).into_iter().filter(|(name, _)| FOLDERS.iter().any(|f| name.starts_with(&format!("{f}/")))).collect()
}

fn base(name: &str) -> Vec<u8> {
    files("").into_iter().find(|(n, _)| n.ends_with(name)).unwrap_or_else(|| panic!("{name}")).1
}

fn label(name: &str, bytes: &[u8]) -> Result<Vec<u8>, Error> {
    labeler(name).label_bytes(bytes, &Label::new(CODE).with_produce_id("vector-0002")).map(|(out, _)| out)
}

fn u16_at(bytes: &[u8], at: usize) -> usize {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()).into()
}

fn u32_at(bytes: &[u8], at: usize) -> usize {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize
}

/// Offset of the end record of a file without comment.
fn end(bytes: &[u8]) -> usize {
    bytes.len() - 22
}

/// Offsets of the central headers.
fn central(bytes: &[u8]) -> Vec<usize> {
    let (count, mut at) = (u16_at(bytes, end(bytes) + 10), u32_at(bytes, end(bytes) + 16));
    let mut out = Vec::new();
    for _ in 0..count {
        out.push(at);
        at += 46 + u16_at(bytes, at + 28) + u16_at(bytes, at + 30) + u16_at(bytes, at + 32);
    }
    out
}

fn set(bytes: &[u8], at: usize, value: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    out[at..at + value.len()].copy_from_slice(value);
    out
}

fn reasons(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .flat_map(|f| &f.args)
        .filter_map(|(_, arg)| match arg {
            biaoshi::error::Arg::Problem(problem) => Some(problem.message.code.to_owned()),
            biaoshi::error::Arg::Text(_) => None,
        })
        .collect()
}

/// Reads and labels soon, also when nothing is optimised and the machine is busy; gives back what is said about the file.
fn quick(name: &str, bytes: &[u8]) -> (Vec<String>, Result<Vec<u8>, Error>) {
    let start = Instant::now();
    let reasons = Verifier::new()
        .file_name(name)
        .verify_bytes(bytes)
        .map_or_else(|error| vec![error.code().to_owned()], |report| reasons(&report.findings));
    let out = label(name, bytes);
    assert!(start.elapsed() < Duration::from_secs(8), "{name}: {:?}", start.elapsed());
    (reasons, out)
}

#[test]
fn refusals_say_why() {
    let want = [
        ("docx-signed-fail.docx", "office.signed"),
        ("odt-signed-fail.odt", "office.signed"),
        ("odt-encrypted-fail.odt", "office.encrypted"),
        ("epub-encrypted-fail.epub", "office.encrypted"),
        ("xlsx-duplicate-fail.xlsx", "file.damaged"),
    ];
    assert_eq!(files("-fail").len(), want.len());
    for (name, code) in want {
        let error = label(name, &base(name)).unwrap_err();
        assert_eq!(error.code(), code, "{name}");
        assert!(!error.hint(biaoshi::Lang::En).is_empty());
    }
}

#[test]
fn labels_of_other_programs_are_read() {
    for (name, bytes) in files("-read") {
        let report = verify(&name, &bytes);
        assert_eq!(report.status, Status::Confirmed, "{name}");
        let labels: Vec<_> = report.evidence.iter().filter_map(|e| e.label.as_ref()).collect();
        assert!(labels.iter().all(|l| l.produce_id == "vector-0001" && l.content_producer == CODE), "{name}");
        let codes: Vec<&str> = report.findings.iter().map(Finding::code).collect();
        let elsewhere = name.contains("description") || name.contains("pptx-empty");
        assert_eq!(codes.contains(&"label.wrong_slot"), elsewhere, "{name}: {codes:?}");
        assert_eq!(codes.contains(&"label.duplicate"), name.contains("twice"), "{name}: {codes:?}");
    }
}

#[test]
fn templates_and_macro_forms_are_known_and_other_packages_are_not() {
    let format = |bytes: &[u8]| {
        let limits = Limits::default();
        let mut cursor = Cursor::new(bytes);
        let mut source = biaoshi::source::Source::new(&mut cursor, &limits).unwrap();
        Format::sniff(&mut source, None).unwrap().map(|row| row.format)
    };
    assert_eq!(format(&base("xlsx-macro-strict-ok.xlsm")), Some(Format::Xlsx));
    assert_eq!(format(&base("odt-template-ok.ott")), Some(Format::Odt));
    // A drawing begins like a text, and is none of ours.
    let text = base("odt-ok.odt");
    let at = text.windows(4).position(|w| w == b"text").unwrap();
    assert_eq!(format(&set(&text, at, b"draw")), None);
    assert_eq!(format(b"PK\x03\x04"), None);
    assert_eq!(format(b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), None);
    // Cut before its directory, a document is still known by its first entry.
    let docx = base("docx-ok.docx");
    assert_eq!(format(&docx[..docx.len() / 2]), Some(Format::Docx));
}

#[test]
fn lies_about_the_structure_are_told_and_nothing_is_written() {
    let good = base("docx-ok.docx");
    let entries = central(&good);
    let (first, second) = (entries[0], entries[1]);
    let local = u32_at(&good, second + 42);
    let huge = [0x7FFF_FFFFu32, 0xFFFF_FFFE, 0xFFFF_FFFF];
    let mut cases = vec![
        ("overlap", set(&good, second + 42, &good[first + 42..first + 46]), "reason.zip_overlap"),
        ("other name", set(&good, local + 30, b"x"), "reason.zip_disagree"),
        ("other method", set(&good, local + 8, &[0]), "reason.zip_disagree"),
        ("other size", set(&good, local + 18, &[1, 2]), "reason.zip_disagree"),
        ("other checksum", set(&good, local + 14, &[1, 2]), "reason.zip_disagree"),
        ("no local header", set(&good, local, b"XX"), "reason.zip_local"),
        ("not listed", set(&good, end(&good) + 8, &[1, 0, 1, 0]), "reason.zip_count"),
        ("split", set(&good, end(&good) + 4, &[1]), "reason.zip_split"),
        ("directory elsewhere", set(&good, end(&good) + 16, &[9]), "reason.zip_end"),
    ];
    for value in huge {
        cases.push(("entry outside", set(&good, second + 42, &value.to_le_bytes()), "reason.zip_local"));
        cases.push(("data outside", set(&good, second + 20, &value.to_le_bytes()), "reason.zip_local"));
        cases.push(("directory outside", set(&good, end(&good) + 16, &value.to_le_bytes()), "reason.zip_end"));
        cases.push(("directory too long", set(&good, end(&good) + 12, &value.to_le_bytes()), "reason.zip_end"));
    }
    // A second end record in the comment: some programs take the first, some the last.
    let mut two = set(&good, end(&good) + 20, &[22]);
    two.extend(&good[end(&good)..]);
    cases.push(("two ends", two, "reason.zip_end_records"));
    // An entry that only readers from the front see.
    let mut hidden = good[..local].to_vec();
    let extra = &good[..local];
    hidden.extend(extra);
    hidden.extend(&good[local..]);
    let shift = extra.len() as u32;
    for at in &entries[1..] {
        let at = at + extra.len();
        let moved = u32_at(&hidden, at + 42) as u32 + shift;
        hidden = set(&hidden, at + 42, &moved.to_le_bytes());
    }
    let start = u32_at(&hidden, end(&hidden) + 16) as u32 + shift;
    let hidden = set(&hidden, end(&hidden) + 16, &start.to_le_bytes());
    cases.push(("hidden entry", hidden, "reason.zip_hidden"));
    // Entries that begin within the data of the first, and every entry at one local header: how a
    // small file unpacks to a large one.
    let inner = u32_at(&good, first + 42) as u32 + 40;
    cases.push(("entry within another", set(&good, second + 42, &inner.to_le_bytes()), "reason.zip_overlap"));
    let all = entries.iter().fold(good.clone(), |bytes, at| set(&bytes, at + 42, &good[first + 42..first + 46]));
    cases.push(("all entries in one place", all, "reason.zip_overlap"));
    for (what, bytes, reason) in cases {
        let (found, out) = quick("a.docx", &bytes);
        assert!(found.iter().any(|r| r == reason), "{what}: {found:?}");
        assert_eq!(out.unwrap_err().code(), "file.damaged", "{what}");
    }
}

/// Twenty thousand entries with the same data.
#[test]
fn many_entries_that_overlap_are_told_and_not_read() {
    let good = base("docx-ok.docx");
    let (at, end) = (central(&good)[0], end(&good));
    let entry = &good[at..central(&good)[1]];
    let count = 20_000u16;
    let mut bytes = good[..at].to_vec();
    (0..count).for_each(|_| bytes.extend_from_slice(entry));
    let (size, counts) = ((entry.len() * usize::from(count)) as u32, count.to_le_bytes());
    bytes.extend_from_slice(&good[end..]);
    let end = self::end(&bytes);
    let bytes = set(&set(&set(&bytes, end + 8, &counts), end + 10, &counts), end + 12, &size.to_le_bytes());
    let (found, out) = quick("a.docx", &bytes);
    assert!(found.iter().any(|r| r == "reason.zip_duplicate"), "{found:?}");
    assert!(found.len() < 70, "{}", found.len());
    assert_eq!(out.unwrap_err().code(), "file.damaged");
}

#[test]
fn oddities_that_harm_nothing_are_told_and_kept() {
    let good = base("docx-ok.docx");
    let last = *central(&good).last().unwrap();
    let name = u32_at(&good, last + 42) + 30;
    // A name that leads upwards, in both headers.
    let slip = set(&set(&good, last + 46, b"../"), name, b"../");
    let (found, out) = quick("a.docx", &slip);
    assert!(found.contains(&"reason.zip_name".to_owned()), "{found:?}");
    let out = out.unwrap();
    assert!(out.windows(3).filter(|w| w == b"../").count() >= 2);
    // Trailing bytes stay.
    let (_, out) = quick("a.docx", &[&good[..], b"trailing"].concat());
    assert!(out.unwrap().ends_with(b"trailing"));
}

/// A book whose package document is `opf`, compressed.
fn book(opf: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let container = br#"<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="p.opf"/></rootfiles></container>"#;
    let parts: [(&str, &[u8]); 3] =
        [("mimetype", b"application/epub+zip"), ("META-INF/container.xml", container), ("p.opf", opf)];
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, content) in parts {
        let deflated = name == "p.opf";
        let mut data = content.to_vec();
        if deflated {
            let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
            packer.write_all(content).unwrap();
            data = packer.finish().unwrap();
        }
        let mut crc = flate2::Crc::new();
        crc.update(content);
        let mut common = vec![20, 0, 0, 0, u8::from(deflated) * 8, 0, 0, 0, 0x21, 0];
        for value in [crc.sum(), data.len() as u32, content.len() as u32] {
            common.extend(value.to_le_bytes());
        }
        common.extend([name.len() as u8, 0, 0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend((out.len() as u32).to_le_bytes());
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(common);
        out.extend(name.as_bytes());
        out.extend(data);
    }
    let (start, size) = (out.len() as u32, directory.len() as u32);
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0\x03\0\x03\0");
    out.extend(size.to_le_bytes());
    out.extend(start.to_le_bytes());
    out.extend([0, 0]);
    out
}

#[test]
fn bombs_and_documents_that_cost_are_answered_soon() {
    let head = br#"<package xmlns="http://www.idpf.org/2007/opf" version="2.0"><metadata>"#;
    let foot = b"</metadata></package>";
    let text = |inner: Vec<u8>| [&head[..], &inner, &foot[..]].concat();
    // Text that does not compress below the ratio that is refused.
    let noise: Vec<u8> = (0..100_000u64).map(|n| b'a' + (n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 60) as u8).collect();
    let cases = [
        ("inflates far", text(vec![b' '; 64 << 20]), "reason.inflates"),
        ("deep", text(b"<a>".repeat(10_000)), "limit"),
        (
            "entities",
            [&b"<!DOCTYPE p [<!ENTITY a 'aaaa'>]>"[..], &text(b"&a;".to_vec())].concat(),
            "reason.xml_doctype",
        ),
        ("unknown entity", text(b"<meta property='x'>&a;</meta>".to_vec()), "reason.xml_entity"),
        ("no prefix", text(b"<o:meta property='x'/>".to_vec()), "reason.xml_prefix"),
        ("not closed", text(b"<meta>".to_vec()), "reason.xml_syntax"),
        ("not text", text(vec![0xFF, 0xFE, 0xC0]), "reason.xml_encoding"),
        (
            "many attributes",
            text(format!("<meta{}/>", (0..300).map(|n| format!(" a{n}=''")).collect::<String>()).into()),
            "limit",
        ),
        ("long tag", text([&b"<meta a='"[..], &noise, b"'/>"].concat()), "limit"),
    ];
    for (what, opf, reason) in cases {
        let (found, out) = quick("a.epub", &book(&opf));
        assert!(found.iter().any(|r| r == reason), "{what}: {found:?}");
        assert_eq!(out.unwrap_err().code(), "office.part", "{what}");
    }
    let many: String = (0..10_000).map(|n| format!("<meta name='n{n}' content='{n}'/>")).collect();
    let (found, out) = quick("a.epub", &book(&text(many.into())));
    assert!(found.is_empty(), "{found:?}");
    out.unwrap();
}

#[test]
fn the_parts_that_a_label_edits_are_no_essence() {
    for (name, bytes) in files("-ok") {
        let found = biaoshi::inspect_source(&mut Cursor::new(&bytes), Some(&name), &Limits::default()).unwrap();
        let edited = |n: &str| {
            n.ends_with(".opf")
                || matches!(n, "[Content_Types].xml" | "_rels/.rels" | "meta.xml" | "end record")
                || n == "central directory"
                || n == "ZIP64 end record"
                || n.starts_with("docProps/custom")
                || n.starts_with("custom/")
        };
        for segment in &found.segments {
            assert_eq!(segment.essence, !edited(&segment.name), "{name}: {}", segment.name);
        }
        let names: Vec<&str> = found.segments.iter().map(|s| s.name.as_str()).collect();
        let out = label(&name, &bytes).unwrap();
        let after = biaoshi::inspect_source(&mut Cursor::new(&out), Some(&name), &Limits::default()).unwrap();
        let kept: Vec<&str> = after.segments.iter().map(|s| s.name.as_str()).filter(|n| names.contains(n)).collect();
        assert_eq!(kept, names, "{name}: another order");
    }
}
