//! What is particular to `pdf`.

use std::io::Write as _;
use std::time::{Duration, Instant};

use biaoshi::{Error, Label, Limits, Status};

use super::lossless::{CODE, labeler, verify};

fn base(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../xtask/bases/pdf/{name}.pdf", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn label(bytes: &[u8]) -> biaoshi::Result<(Vec<u8>, biaoshi::Receipt)> {
    labeler("a.pdf").label_bytes(bytes, &Label::new(CODE).with_produce_id("vector-0001"))
}

fn refused(bytes: &[u8]) -> &'static str {
    match label(bytes).expect_err("it was labelled") {
        Error::Refused(problem) | Error::Malformed(problem) | Error::Limit(problem) => problem.message.code,
        other => panic!("{other}"),
    }
}

/// A file of these objects, numbered from 1, with a table; `extra` stands in the trailer.
fn file(objects: &[String], extra: &str) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut table = String::new();
    for (i, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", i + 1).as_bytes());
    }
    let (start, size) = (out.len(), objects.len() + 1);
    let tail = format!(
        "xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n<< /Size {size} /Root 1 0 R {extra} >>\n\
         startxref\n{start}\n%%EOF\n"
    );
    out.extend_from_slice(tail.as_bytes());
    out
}

fn pages() -> Vec<String> {
    ["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"].map(str::to_owned).to_vec()
}

/// A file whose catalog has these entries, with further objects from 3 on.
fn catalog(entries: &str, more: &[String]) -> Vec<u8> {
    let mut objects = pages();
    objects[0] = format!("<< /Type /Catalog /Pages 2 0 R {entries} >>");
    objects.extend_from_slice(more);
    file(&objects, "")
}

fn deflated(bytes: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut out = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let part: Vec<u8> = bytes.collect();
    out.write_all(&part).unwrap();
    out.finish().unwrap()
}

#[test]
fn an_update_is_of_the_kind_that_the_file_has() {
    for (name, stream) in [
        ("table-ok", false),
        ("info-cr-ok", false),
        ("shifted-ok", false),
        ("hybrid-ok", false),
        ("stream-ok", true),
        ("linear-ok", true),
    ] {
        let bytes = base(name);
        let (out, _) = label(&bytes).unwrap();
        assert!(out.starts_with(&bytes), "{name}");
        let update = String::from_utf8_lossy(&out[bytes.len()..]).into_owned();
        assert_eq!(update.contains("/Type /XRef"), stream, "{name}");
        assert_eq!(update.contains("\ntrailer\n"), !stream, "{name}");
        let number = |text: &str, word: &str| {
            text.rsplit(word).next().unwrap().split_whitespace().next().unwrap().parse::<usize>().unwrap()
        };
        let before = String::from_utf8_lossy(&bytes).into_owned();
        assert_eq!(number(&update, "/Prev "), number(&before, "startxref"), "{name}");
        let shift = before.find("%PDF-").unwrap();
        let at = number(&update, "startxref") + shift;
        assert!(out[at..].starts_with(b"xref\n") != stream, "{name}");
        assert!(update.ends_with("%%EOF\n"), "{name}");
    }
}

#[test]
fn labels_of_other_programs_are_read() {
    for (name, id, slot) in [
        ("pikepdf-read", "read-编号", "info:AIGC"),
        ("utf8-read", "read-编号", "info:AIGC"),
        ("exiftool-read", "vector-0001", "xmp"),
    ] {
        let report = verify("a.pdf", &base(name));
        assert_eq!(report.status, Status::Confirmed, "{name}");
        let found: Vec<_> = report.evidence.iter().filter_map(|e| e.label.as_ref()).collect();
        assert!(found.len() == 1 && found[0].produce_id == id, "{name}");
        assert!(report.evidence.iter().all(|e| e.site.slot == slot), "{name}");
    }
}

#[test]
fn labels_in_damaged_files_are_read() {
    let (out, _) = label(&file(&pages(), "")).unwrap();
    let broken = String::from_utf8(out).unwrap().replace("startxref\n", "startxref\n7");
    let report = verify("a.pdf", broken.as_bytes());
    assert_eq!(report.evidence.iter().filter(|e| e.label.is_some()).count(), 2);
    assert!(report.findings.iter().any(|f| f.code() == "file.malformed"));
}

#[test]
fn files_that_an_edit_would_break_are_refused() {
    for (name, code) in [
        ("encrypted-fail", "pdf.encrypted"),
        ("signed-fail", "pdf.signed"),
        ("start-fail", "file.damaged"),
        ("cycle-fail", "file.damaged"),
    ] {
        assert_eq!(refused(&base(name)), code, "{name}");
    }
    let field = |field: &str| {
        catalog("/AcroForm << /Fields [3 0 R] >>", &[field.to_owned(), "<< /FT /Sig /V 2 0 R >>".to_owned()])
    };
    assert_eq!(refused(&field("<< /FT /Sig /V 2 0 R >>")), "pdf.signed");
    assert_eq!(refused(&field("<< /Kids [3 0 R 4 0 R] >>")), "pdf.signed");
    assert!(label(&field("<< /FT /Sig >>")).is_ok());
    assert_eq!(refused(&catalog("/Perms << /DocMDP 2 0 R >>", &[])), "pdf.signed");
    assert_eq!(refused(&catalog("/AcroForm << /SigFlags 1 >>", &[])), "pdf.signed");

    // The number of the last `startxref` finds a section however it is counted.
    let plain = file(&pages(), "");
    let text = String::from_utf8(plain.clone()).unwrap();
    let start: usize = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
    let mut shifted = vec![b' '; 18];
    shifted.extend_from_slice(&plain);
    shifted.splice(start..start + 8, *b" 1 0 obj");
    assert_ne!(shifted[start..].first(), Some(&b'x'));
    assert!(matches!(refused(&shifted), "pdf.ambiguous" | "file.damaged"));
}

#[test]
fn a_file_of_pdf_a_keeps_its_packet() {
    let bytes = base("archive-ok");
    let (out, receipt) = label(&bytes).unwrap();
    assert!(receipt.notes.iter().any(|n| n.message.code == "note.pdf_archive"));
    let update = String::from_utf8_lossy(&out[bytes.len()..]).into_owned();
    assert!(update.contains("/AIGC (") && !update.contains("rdf:RDF"));
    assert_eq!(verify("a.pdf", &out).evidence.iter().filter(|e| e.label.is_some()).count(), 1);
}

#[test]
fn hostile_structures_cost_little() {
    let bomb = deflated(std::iter::repeat_n(b' ', 60 << 20));
    let stream = |dict: &str, data: &[u8]| {
        [format!("<< {dict} /Length {} >>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
    };
    let raw = |dict: &str, data: &[u8], tail: &str| {
        let mut out = b"%PDF-1.7\n1 0 obj\n".to_vec();
        out.extend_from_slice(&stream(dict, data));
        out.extend_from_slice(format!("\nendobj\nstartxref\n9\n%%EOF{tail}").as_bytes());
        out
    };
    let many = |n: usize, part: &str| part.repeat(n);
    let kids = (3..4000).map(|n| format!("<< /Kids [{} 0 R {} 0 R 3 0 R] >>", n + 1, n + 2)).collect::<Vec<_>>();
    let chain = {
        let mut out = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n".to_vec();
        let mut prev = String::new();
        let mut start = 0;
        for _ in 0..3000 {
            start = out.len();
            out.extend_from_slice(
                format!("xref\n1 1\n0000000009 00000 n \ntrailer << /Size 2 /Root 1 0 R {prev} >>\n").as_bytes(),
            );
            prev = format!("/Prev {start}");
        }
        out.extend_from_slice(format!("startxref\n{start}\n%%EOF").as_bytes());
        out
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("bomb as cross-reference", raw("/Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode", &bomb, "")),
        ("two bombs", raw("/Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R /Filter [/FlateDecode /FlateDecode]", &bomb, "")),
        ("huge widths", raw("/Type /XRef /Size 9 /W [1 99999999999 1] /Root 1 0 R", b"abcdef", "")),
        (
            "huge columns",
            raw(
                "/Type /XRef /Size 9 /W [1 2 1] /Root 1 0 R /Filter /FlateDecode \
                 /DecodeParms << /Predictor 12 /Columns 9223372036854775807 /Colors 9 >>",
                &deflated(b"\x02abcd".iter().copied()),
                "",
            ),
        ),
        (
            "many entries",
            raw("/Type /XRef /Size 4294967295 /W [0 8 8] /Index [0 4294967295] /Root 1 0 R", b"abcdef", ""),
        ),
        (
            "long table",
            b"%PDF-1.7\nxref\n0 2147483648\n0000000000 65535 f \ntrailer << /Root 1 0 R >>\nstartxref\n9\n%%EOF"
                .to_vec(),
        ),
        (
            "many runs",
            [b"%PDF-1.7\nxref\n".to_vec(), many(200_000, "0 0\n").into_bytes(), b"startxref\n9\n%%EOF".to_vec()]
                .concat(),
        ),
        ("nesting", catalog(&format!("/A {}", "[".repeat(500_000)), &[])),
        ("nested dictionaries", catalog(&format!("/A {}", "<</A".repeat(200_000)), &[])),
        ("sound nesting", catalog(&format!("/A {}{}", "[".repeat(60), "]".repeat(60)), &[])),
        ("kids", catalog("/Names << /EmbeddedFiles 3 0 R >>", &kids)),
        ("fields", catalog("/AcroForm 3 0 R", &kids)),
        ("chain", chain),
        ("trailers", [b"%PDF-1.7\n".to_vec(), many(200_000, "trailer<<").into_bytes()].concat()),
        (
            "objects",
            [
                b"%PDF-1.7\n".to_vec(),
                (0..100_000).flat_map(|n| format!("{n} 0 obj ").into_bytes()).collect(),
                b"trailer << /Root 1 0 R >>".to_vec(),
            ]
            .concat(),
        ),
        ("spaces", [b"%PDF-1.7\n".to_vec(), vec![b' '; 4 << 20], b"obj trailer << /Root 1 0 R >>".to_vec()].concat()),
        (
            "endstream",
            catalog(
                "/Metadata 3 0 R",
                &[format!("<< /Length 9223372036854775807 >>\nstream\n{}", "endstrea".repeat(500_000))],
            ),
        ),
        ("own length", catalog("/Metadata 3 0 R", &["<< /Length 3 0 R >>\nstream\nx\nendstream".to_owned()])),
        ("own value", catalog("/Metadata 3 0 R /AF 3 0 R", &["3 0 R".to_owned()])),
        ("many texts", file(&[pages()[0].clone(), format!("<< {} >>", many(12_000, "/A(b)"))], "/Info 2 0 R")),
        ("many files", catalog(&format!("/AF [{}]", many(8_000, "2 0 R ")), &[])),
        ("literal", catalog(&format!("/A {}", "(".repeat(1 << 20)), &[])),
    ];
    for (name, bytes) in cases {
        let begun = Instant::now();
        let _ = biaoshi::Verifier::new().verify_bytes(&bytes).map(drop);
        let _ = biaoshi::inspect_source(&mut std::io::Cursor::new(&bytes), None, &Limits::default()).map(drop);
        if let Err(error) = label(&bytes) {
            assert!(!matches!(error, Error::Internal(_) | Error::Io { .. }), "{name}: {error}");
        }
        // Several passes, unoptimised, beside other tests.
        assert!(begun.elapsed() < Duration::from_secs(20), "{name}: {:?}", begun.elapsed());
    }
    assert!(label(&catalog(&format!("/A {}{}", "[".repeat(60), "]".repeat(60)), &[])).is_ok());
}

/// A file whose form has so many fields, all in one object stream; `last` is the last of them.
fn form_in_stream(fields: usize, last: &str) -> Vec<u8> {
    let list: String = (0..fields).map(|n| format!("{} 0 R ", 10 + n)).collect();
    let (mut index, mut content) = (String::new(), String::new());
    for n in 0..fields {
        index.push_str(&format!("{} {} ", 10 + n, content.len()));
        content.push_str(if n + 1 == fields { last } else { "<< /FT /Tx >>\n" });
    }
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    let mut add = |out: &mut Vec<u8>, object: String| {
        places.push(out.len());
        out.extend_from_slice(format!("{} 0 obj\n{object}\nendobj\n", places.len()).as_bytes());
    };
    add(&mut out, format!("<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [{list}] >> >>"));
    add(&mut out, "<< /Type /Pages /Kids [] /Count 0 >>".to_owned());
    let (first, length) = (index.len(), index.len() + content.len());
    let head = format!("<< /Type /ObjStm /N {fields} /First {first} /Length {length} >>");
    add(&mut out, format!("{head}\nstream\n{index}{content}\nendstream"));
    let start = out.len();
    let mut table = vec![0, 0, 0, 0, 0, 0, 0];
    let mut entry = |kind: u8, a: usize, b: usize| {
        table.push(kind);
        table.extend((a as u32).to_be_bytes());
        table.extend((b as u16).to_be_bytes());
    };
    places.iter().for_each(|at| entry(1, *at, 0));
    entry(1, start, 0);
    (0..fields).for_each(|n| entry(2, 3, n));
    let (size, length) = (10 + fields, table.len());
    let dict = format!("/Type /XRef /Size {size} /W [1 4 2] /Index [0 5 10 {fields}] /Root 1 0 R /Length {length}");
    out.extend_from_slice(format!("4 0 obj\n<< {dict} >>\nstream\n").as_bytes());
    out.extend(table);
    out.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{start}\n%%EOF\n").as_bytes());
    out
}

/// Every field is looked up by way of the stream's table: a table read anew for each would cost
/// 32 million numbers.
#[test]
fn thousands_of_objects_in_a_stream_are_looked_up() {
    let begun = Instant::now();
    let (out, _) = label(&form_in_stream(4000, "<< /FT /Tx >>")).unwrap();
    assert_eq!(verify("a.pdf", &out).status, Status::Confirmed);
    // The last one is found too.
    assert_eq!(refused(&form_in_stream(4000, "<< /FT /Sig /V 2 0 R >>")), "pdf.signed");
    // Unoptimised, beside other tests.
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
}

/// What can't be looked at may be a signature.
#[test]
fn a_form_with_more_fields_than_are_looked_at_counts_as_signed() {
    let fields = |n: usize| format!("/AcroForm << /Fields [{}] >>", "<< /FT /Tx >> ".repeat(n));
    assert!(label(&catalog(&fields(4096), &[])).is_ok());
    assert_eq!(refused(&catalog(&fields(4097), &[])), "pdf.signed");
    let kids =
        |n: usize| catalog("/AcroForm << /Fields [3 0 R] >>", &[format!("<< /Kids [{}] >>", "<< >> ".repeat(n))]);
    assert!(label(&kids(4095)).is_ok());
    assert_eq!(refused(&kids(4096)), "pdf.signed");
}
