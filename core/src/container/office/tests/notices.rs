//! Notices in packages.

use std::collections::BTreeMap;

use super::*;
use crate::container::Shown;
use crate::notice::{Moment, TextNotice};

const WORDS: [&str; 2] = ["人工智能生成合成", "AI-generated <content> & more"];

fn notice(at: &[Moment], each_page: bool) -> TextNotice {
    TextNotice {
        lines: WORDS.map(str::to_owned).to_vec(),
        languages: vec!["zh-CN".to_owned(), "en".to_owned()],
        at: at.to_vec(),
        each_page,
        font: None,
    }
}

fn format_of(bytes: &[u8]) -> Format {
    with(bytes, |source| {
        let mut head = vec![0; Head::LEN];
        let n = source.read_at(0, &mut head).unwrap();
        Office.identify(&Head { bytes: &head[..n], extension: None }, source).unwrap().unwrap()
    })
}

fn put(bytes: &[u8], notice: &TextNotice) -> Result<Vec<u8>> {
    let format = format_of(bytes);
    with(bytes, |source| {
        let limits = Limits::default();
        let map = Office.map(format, source, &limits)?;
        let mut out = Vec::new();
        Office.put_notice(&map, source, notice, &limits)?.patch.apply(source, &mut out)?;
        Ok(out)
    })
}

fn shown(bytes: &[u8]) -> Vec<Shown> {
    let format = format_of(bytes);
    with(bytes, |source| {
        let limits = Limits::default();
        let map = Office.map(format, source, &limits).unwrap();
        assert!(!map.damaged && map.findings.is_empty(), "{:?}", map.findings);
        Office.shown(&map, source, &limits).unwrap()
    })
}

/// Whether both lines are shown there, one behind the other or in one paragraph.
fn says(shown: &[Shown], at: Moment) -> bool {
    let words: Vec<&str> = shown.iter().filter(|s| s.at == at).flat_map(|s| s.text.lines()).collect();
    words.windows(2).any(|pair| pair == WORDS)
}

fn base(path: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../xtask/bases/{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn contents(bytes: &[u8]) -> BTreeMap<String, (Vec<u8>, Vec<u8>)> {
    read(bytes).1.into_iter().map(|(name, content, record)| (name, (content, record))).collect()
}

fn text_of(bytes: &[u8], name: &str) -> String {
    String::from_utf8(contents(bytes)[name].0.clone()).unwrap()
}

const BASES: [&str; 15] = [
    "docx/docx-ok.docx",
    "docx/docx-custom-ok.docx",
    "docx/docx-streamed-ok.docx",
    "docx/docx-zip64-ok.docx",
    "docx/docx-bstr-read.docx",
    "pptx/pptx-ok.pptx",
    "xlsx/xlsx-ok.xlsx",
    "xlsx/xlsx-macro-strict-ok.xlsm",
    "epub/epub-ok.epub",
    "epub/epub-font-ok.epub",
    "epub/epub2-prefixed-ok.epub",
    "epub/epub2-read.epub",
    "odt/odt-ok.odt",
    "odt/odt-read.odt",
    "odt/odt-template-ok.ott",
];

/// Parts that a notice may change.
fn may_change(name: &str) -> bool {
    let ends = ["document.xml", "content.xml", "styles.xml", ".rels", "[Content_Types].xml", ".xhtml", ".html", ".htm"];
    let folders = ["ppt/slides/slide", "xl/worksheets/sheet", "xl/drawings/drawing", "word/header", "word/_rels/"];
    ends.iter().any(|end| name.ends_with(end)) || folders.iter().any(|folder| name.contains(folder))
}

#[test]
fn a_notice_is_found_again_and_every_other_record_stays_as_it_is() {
    for path in BASES {
        let bytes = base(path);
        for (at, each) in [
            (vec![Moment::Start], false),
            (vec![Moment::End], false),
            (vec![Moment::Start, Moment::Middle, Moment::End], true),
        ] {
            let out = put(&bytes, &notice(&at, each)).unwrap_or_else(|e| panic!("{path}: {e}"));
            let (before, after) = (contents(&bytes), contents(&out));
            let mut changed = 0;
            for (name, (content, record)) in &before {
                let (new, new_record) = &after[name];
                if new_record == record {
                    continue;
                }
                changed += 1;
                assert!(may_change(name), "{path}: {name}");
                // What was there is still there, in its order.
                let mut rest = new.iter();
                assert!(content.iter().all(|byte| rest.any(|other| other == byte)), "{path}: {name}");
                assert!(new.len() > content.len(), "{path}: {name}");
            }
            assert!(changed > 0);
            assert!(after.keys().all(|name| before.contains_key(name) || may_change(name)), "{path}");
            let found = shown(&out);
            let single = !found.iter().any(|s| s.at == Moment::End);
            for at in at {
                assert!(single || says(&found, at) || at == Moment::Middle, "{path} {at:?}: {found:?}");
            }
            assert!(found.iter().any(|s| s.text.lines().any(|line| line == WORDS[0])), "{path}: {found:?}");
            assert!(!shown(&bytes).iter().any(|s| s.text.contains(WORDS[0])), "{path}");
            // A label finds its place as before.
            let format = format_of(&out);
            let place = match format {
                Format::Epub => "opf",
                Format::Odt => "user-defined",
                _ => "custom",
            };
            let value = NewValue { slot: Slot::item(place, "AIGC"), bytes: b"{}".to_vec() };
            with(&out, |source| {
                let limits = Limits::default();
                let map = Office.map(format, source, &limits).unwrap();
                Office.put(&map, source, &[value], &limits).unwrap();
            });
        }
    }
}

#[test]
fn signed_and_encrypted_documents_are_refused() {
    for (path, code) in [
        ("docx/docx-signed-fail.docx", "office.signed"),
        ("odt/odt-signed-fail.odt", "office.signed"),
        ("odt/odt-encrypted-fail.odt", "office.encrypted"),
    ] {
        let error = put(&base(path), &notice(&[Moment::Start], false)).unwrap_err();
        assert!(matches!(error, Error::Refused(_)) && error.code() == code, "{path}: {error}");
    }
    for path in ["ods/ods-ok.ods", "odp/odp-ok.odp"] {
        let error = put(&base(path), &notice(&[Moment::Start], false)).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)), "{path}: {error}");
    }
}

#[test]
fn notices_that_no_document_can_hold_are_invalid() {
    let bytes = base("docx/docx-ok.docx");
    let with = |lines: Vec<String>, at: Vec<Moment>| TextNotice { lines, at, ..TextNotice::default() };
    let start = vec![Moment::Start];
    let cases = [
        (with(vec![], start.clone()), "render.notice_empty"),
        (with(vec![" ".to_owned()], start.clone()), "render.notice_empty"),
        (with(vec!["a".to_owned(); 9], start.clone()), "render.notice_lines"),
        (with(vec!["a".repeat(121)], start.clone()), "render.notice_chars"),
        (with(vec!["a\u{7}b".to_owned()], start), "notice.document_control"),
        (with(vec!["a".to_owned()], vec![]), "notice.document_no_place"),
    ];
    for (notice, code) in cases {
        let error = put(&bytes, &notice).unwrap_err();
        assert!(matches!(error, Error::Invalid(_)) && error.code() == code, "{error}");
    }
}

const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
    <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
    <Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/></Types>";
const ROOT: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
    <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"word/document.xml\"/></Relationships>";
const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const R: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn word(document: &str, more: &[Item]) -> Vec<u8> {
    let mut items = vec![item("[Content_Types].xml", TYPES), item("_rels/.rels", ROOT)];
    items.push(item("word/document.xml", document));
    items.extend_from_slice(more);
    build(&items, b"", false)
}

#[test]
fn the_paragraph_stands_before_the_first_block_whatever_that_is() {
    let p = "<w:p><w:r><w:t>x</w:t></w:r></w:p>";
    let bodies = [
        format!("<w:body><w:tbl><w:tr><w:tc>{p}</w:tc></w:tr></w:tbl><w:sectPr/></w:body>"),
        format!("<w:body>\n <w:sdt><w:sdtContent>{p}</w:sdtContent></w:sdt>{p}</w:body>"),
        "<w:body></w:body>".to_owned(),
        "<w:body/>".to_owned(),
        "<w:body ><w:sectPr><w:pgSz w:w=\"1\" w:h=\"1\"/></w:sectPr></w:body>".to_owned(),
    ];
    for body in bodies {
        let document = format!("<w:document xmlns:w=\"{W}\">{body}</w:document>");
        let out = put(&word(&document, &[]), &notice(&[Moment::Start, Moment::End], false)).unwrap();
        let text = text_of(&out, "word/document.xml");
        let inside = text.split_once("<w:body").unwrap().1.split_once('>').unwrap().1;
        assert!(inside.starts_with("<w:p><w:pPr>"), "{text}");
        // Properties of the section stay the last element.
        let tail = text.rsplit_once("</w:p>").unwrap().1;
        assert!(!tail.contains("<w:p>") && tail.ends_with("</w:document>"), "{text}");
        assert_eq!(tail.contains("<w:sectPr"), body.contains("<w:sectPr"), "{text}");
        assert!(text.contains("<w:lang w:val=\"zh-CN\" w:eastAsia=\"zh-CN\"/>"), "{text}");
        assert!(text.contains("w:hint=\"eastAsia\"") && text.contains("AI-generated &lt;content&gt; &amp; more"));
        assert_eq!(shown(&out).iter().filter(|s| s.text == WORDS.join("\n")).count(), 2, "{text}");
    }
}

#[test]
fn names_are_those_that_the_file_declares() {
    let strict = "http://purl.oclc.org/ooxml/wordprocessingml/main";
    for (document, element) in [
        (format!("<document xmlns=\"{W}\"><body><p/></body></document>"), format!("<w:p xmlns:w=\"{W}\">")),
        (format!("<a:document xmlns:a=\"{strict}\"><a:body><a:p/></a:body></a:document>"), "<a:p>".to_owned()),
    ] {
        let out = put(&word(&document, &[]), &notice(&[Moment::Start], true)).unwrap();
        let text = text_of(&out, "word/document.xml");
        assert!(text.contains(&format!("body>{element}")), "{text}");
        let list = text_of(&out, "word/_rels/document.xml.rels");
        let class = if document.contains(strict) { "purl.oclc.org" } else { "schemas.openxmlformats.org" };
        assert!(list.contains(class) && list.contains("/header\" Target=\"/word/header1.xml\""), "{list}");
        assert!(text_of(&out, "word/header1.xml").contains(if document.contains(strict) { strict } else { W }));
        assert!(text_of(&out, "[Content_Types].xml").contains("<Override PartName=\"/word/header1.xml\""));
        assert!(says(&shown(&out), Moment::Start));
    }
}

#[test]
fn every_header_that_pages_show_has_the_notice() {
    let header =
        |name: &str| item(name, &format!("<w:hdr xmlns:w=\"{W}\"><w:p><w:r><w:t>old</w:t></w:r></w:p></w:hdr>"));
    let list = format!(
        "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
         <Relationship Id=\"rId1\" Type=\"{R}/header\" Target=\"header1.xml\"/>\
         <Relationship Id=\"rId2\" Type=\"{R}/header\" Target=\"/word/header7.xml\"/>\
         <Relationship Id=\"rId3\" Type=\"{R}/settings\" Target=\"settings.xml\"/></Relationships>"
    );
    // The first section has no header, the second one has two; one paragraph tracks a change.
    let document = format!(
        "<w:document xmlns:w=\"{W}\" xmlns:r=\"{R}\"><w:body><w:p><w:pPr><w:sectPr><w:titlePg/>\
         <w:sectPrChange><w:sectPr/></w:sectPrChange></w:sectPr></w:pPr></w:p><w:p/>\
         <w:sectPr><w:headerReference w:type=\"default\" r:id=\"rId1\"/><w:headerReference w:type=\"first\" r:id=\"rId2\"/>\
         </w:sectPr></w:body></w:document>"
    );
    let settings =
        item("word/settings.xml", &format!("<w:settings xmlns:w=\"{W}\"><w:evenAndOddHeaders/></w:settings>"));
    let more =
        [item("word/_rels/document.xml.rels", &list), header("word/header1.xml"), header("word/header7.xml"), settings];
    let out = put(&word(&document, &more), &notice(&[Moment::Start], true)).unwrap();
    for name in ["word/header1.xml", "word/header7.xml"] {
        let text = text_of(&out, name);
        assert!(text.find(WORDS[0]).unwrap() < text.find("old").unwrap(), "{text}");
    }
    let text = text_of(&out, "word/document.xml");
    let first = text.split_once("<w:sectPr>").unwrap().1.split_once("<w:titlePg/>").unwrap().0;
    for kind in ["default", "first", "even"] {
        assert!(first.contains(&format!("<w:headerReference w:type=\"{kind}\" r:id=\"rId")), "{first}");
    }
    assert_eq!(shown(&out).iter().filter(|s| s.text == WORDS.join("\n")).count(), 6);
    // What stands nowhere on a page is not shown: hidden text, moved text, an older program's view.
    let document = format!(
        "<w:document xmlns:w=\"{W}\" xmlns:mc=\"m\"><w:body><w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>\
         <w:r><w:rPr><w:vanish w:val=\"0\"/></w:rPr><w:t>seen</w:t><w:tab/><w:t>too</w:t></w:r>\
         <w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>\
         <mc:AlternateContent><mc:Choice><w:r><w:t>!</w:t></w:r></mc:Choice><mc:Fallback><w:r><w:t>?</w:t></w:r>\
         </mc:Fallback></mc:AlternateContent></w:p></w:body></w:document>"
    );
    let found = shown(&word(&document, &[]));
    assert_eq!(found.iter().map(|s| s.text.as_str()).collect::<Vec<_>>(), ["seen\ttoo!"]);
}

#[test]
fn the_middle_splits_no_field() {
    let field = |kind: &str| format!("<w:p><w:r><w:fldChar w:fldCharType=\"{kind}\"/></w:r></w:p>");
    let p = "<w:p><w:r><w:t>some words that make it long enough</w:t></w:r></w:p>";
    let inside = format!("{}{}{}", field("begin"), p.repeat(6), field("end"));
    let document = format!("<w:document xmlns:w=\"{W}\"><w:body>{p}{inside}{p}</w:body></w:document>");
    let out = put(&word(&document, &[]), &notice(&[Moment::Middle], false)).unwrap();
    let text = text_of(&out, "word/document.xml");
    let at = text.find(WORDS[0]).unwrap();
    assert!(at < text.find("begin").unwrap() || at > text.find("\"end\"").unwrap(), "{text}");
    assert!(text.find("some words").unwrap() < at, "{text}");
    let plain = format!("<w:document xmlns:w=\"{W}\"><w:body>{}</w:body></w:document>", p.repeat(9));
    let found = shown(&put(&word(&plain, &[]), &notice(&[Moment::Middle], false)).unwrap());
    assert!(says(&found, Moment::Middle), "{found:?}");
}

#[test]
fn pages_of_books_may_have_a_document_type_and_entities() {
    let page = "<?xml version=\"1.0\"?>\n<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.1//EN\" \"x.dtd\">\n\
        <html xmlns=\"http://www.w3.org/1999/xhtml\"><head><title>t</title></head><body class=\"a\">\n\
        <p>One&nbsp;two<br/>three &eacute;</p><script>no</script></body></html>";
    let container = "<container xmlns=\"urn:oasis:names:tc:opendocument:xmlns:container\"><rootfiles>\
        <rootfile full-path=\"OPS/b.opf\" media-type=\"application/oebps-package+xml\"/></rootfiles></container>";
    let opf = |spine: &str| {
        format!(
            "<package xmlns=\"http://www.idpf.org/2007/opf\" version=\"3.0\"><metadata/><manifest>\
             <item id=\"n\" href=\"nav.xhtml\" media-type=\"application/xhtml+xml\"/>\
             <item id=\"a\" href=\"a%20b.xhtml\" media-type=\"application/xhtml+xml\"/>\
             <item id=\"s\" href=\"s.svg\" media-type=\"image/svg+xml\"/></manifest><spine>{spine}</spine></package>"
        )
    };
    let book = |spine: &str, page: &str| {
        let mimetype = Item { deflate: false, ..item("mimetype", "application/epub+zip") };
        let items = [
            mimetype,
            item("META-INF/container.xml", container),
            item("OPS/b.opf", &opf(spine)),
            item("OPS/nav.xhtml", page),
            item("OPS/a b.xhtml", page),
        ];
        build(&items, b"", false)
    };
    let spine = "<itemref idref=\"n\" linear=\"no\"/><itemref idref=\"a\"/>";
    let out = put(&book(spine, page), &notice(&[Moment::Start], false)).unwrap();
    assert_eq!(text_of(&out, "OPS/nav.xhtml"), page);
    let text = text_of(&out, "OPS/a b.xhtml");
    assert!(text.contains("<body class=\"a\"><p style="), "{text}");
    let found = shown(&out);
    assert_eq!(found[0].text, WORDS.join("\n"));
    assert_eq!(found[1].text, "One two\nthree \u{FFFD}");
    assert_eq!(found.len(), 2, "{found:?}");
    let error = put(&book("<itemref idref=\"s\"/>", page), &notice(&[Moment::Start], false)).unwrap_err();
    assert!(matches!(error, Error::Unsupported(_)), "{error}");
    let own = page.replace("\"x.dtd\"", "\"x.dtd\" [<!ENTITY a \"b\">]");
    let error = put(&book(spine, &own), &notice(&[Moment::Start], false)).unwrap_err();
    assert_eq!(error.code(), "office.part", "{error}");
}

#[test]
fn the_box_on_a_sheet_covers_no_cell() {
    const S: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let types = TYPES
        .replace("/word/document.xml", "/xl/workbook.xml")
        .replace("wordprocessingml.document", "spreadsheetml.sheet");
    let root = ROOT.replace("word/document.xml", "xl/workbook.xml");
    let list = |target: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
             <Relationship Id=\"rId1\" Type=\"{R}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
             <Relationship Id=\"rId2\" Type=\"{R}/worksheet\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns=\"{S}\" xmlns:r=\"{R}\"><sheets><sheet name=\"a\" sheetId=\"1\" state=\"hidden\" r:id=\"rId1\"/>\
         <sheet name=\"b\" sheetId=\"2\" r:id=\"rId2\"/></sheets></workbook>"
    );
    let cells = |name: &str, count: usize| -> String {
        let columns = ('A'..='Z').take(count).map(|c| format!("<c r=\"{c}{name}\"><v>1</v></c>"));
        format!("<row r=\"{name}\">{}</row>", columns.collect::<String>())
    };
    let anchored = |inner: &str| {
        let sheet = format!("<worksheet xmlns=\"{S}\">{inner}<pageMargins/><tableParts/></worksheet>");
        let items = [
            item("[Content_Types].xml", &types),
            item("_rels/.rels", &root),
            item("xl/workbook.xml", &book),
            item("xl/_rels/workbook.xml.rels", &list("worksheets/sheet2.xml")),
            item("xl/worksheets/sheet1.xml", &sheet),
            item("xl/worksheets/sheet2.xml", &sheet),
        ];
        let out = put(&build(&items, b"", false), &notice(&[Moment::Start], true)).unwrap();
        assert_eq!(text_of(&out, "xl/worksheets/sheet1.xml"), sheet, "a hidden sheet stays");
        let text = text_of(&out, "xl/worksheets/sheet2.xml");
        let order = ["<pageMargins/>", "<headerFooter>", "<drawing ", "<tableParts/>"].map(|e| text.find(e).unwrap());
        assert!(order.is_sorted(), "{text}");
        assert!(says(&shown(&out), Moment::Start));
        let drawing = text_of(&out, "xl/drawings/drawing1.xml");
        let number = |name: &str| -> u32 {
            let rest = drawing.split_once(&format!("<xdr:{name}>")).unwrap().1;
            rest.split_once('<').unwrap().0.parse().unwrap()
        };
        (number("col"), number("row"))
    };
    assert_eq!(anchored("<sheetData/>"), (0, 0));
    assert_eq!(anchored(&format!("<sheetData>{}{}</sheetData>", cells("1", 3), cells("2", 5))), (5, 0));
    // Rows below the box don't matter; a first row that is longer than a screen does.
    assert_eq!(anchored(&format!("<sheetData>{}{}</sheetData>", cells("1", 3), cells("40", 20))), (3, 0));
    assert_eq!(anchored(&format!("<sheetData>{}{}</sheetData>", cells("1", 20), cells("7", 1))), (0, 8));
    assert_eq!(anchored(&format!("<sheetData>{}{}</sheetData>", cells("1", 20), cells("90", 1))), (20, 0));
    let merged = "<mergeCells><mergeCell ref=\"A1:G2\"/></mergeCells>";
    assert_eq!(anchored(&format!("<sheetData>{}</sheetData>{merged}", cells("1", 1))), (7, 0));
    // A styled cell without content is free.
    assert_eq!(anchored("<sheetData><row><c r=\"F1\" s=\"1\"/></row></sheetData>"), (0, 0));
}

#[test]
fn paragraphs_of_open_document_stand_behind_declarations() {
    const HEAD: &str = "xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" \
        xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\" xmlns:style=\"urn:oasis:names:tc:opendocument:xmlns:style:1.0\"";
    let content = format!(
        "<office:document-content {HEAD}><office:body><office:text><text:sequence-decls/><text:tracked-changes>\
         <text:p>gone</text:p></text:tracked-changes><text:h>One<text:line-break/>two</text:h><text:p>three</text:p>\
         </office:text></office:body></office:document-content>"
    );
    let styles = format!(
        "<office:document-styles {HEAD}><office:automatic-styles/><office:master-styles><style:master-page style:name=\"a\"/>\
         <style:master-page style:name=\"b\"><style:header><text:p>head</text:p></style:header></style:master-page>\
         </office:master-styles></office:document-styles>"
    );
    let items = [
        Item { deflate: false, ..item("mimetype", "application/vnd.oasis.opendocument.text") },
        item("content.xml", &content),
        item("styles.xml", &styles),
        item("meta.xml", "<office:document-meta xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\"/>"),
    ];
    let out = put(&build(&items, b"", false), &notice(&[Moment::Start, Moment::End], true)).unwrap();
    let text = text_of(&out, "content.xml");
    assert!(text.contains("</text:tracked-changes><text:p xmlns:text"), "{text}");
    assert!(
        text.contains("<office:automatic-styles><style:style ") && text.contains("</text:p></office:text>"),
        "{text}"
    );
    let words: Vec<String> = shown(&out).into_iter().map(|s| s.text).collect();
    let both = WORDS.join("\n");
    assert_eq!(words, [&both, &both, "head", &both, "One\ntwo", "three", &both]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn damaged_parts_are_refused_or_edited_and_never_a_panic(
        path in prop::sample::select(&BASES[..]),
        entry in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        length in 0usize..60,
        new in "[<>/\"=a-z:&; ]{0,8}",
    ) {
        let bytes = base(path);
        let (faults, entries) = read(&bytes);
        prop_assert!(faults.is_empty());
        let xml: Vec<usize> = (0..entries.len()).filter(|at| entries[*at].1.starts_with(b"<")).collect();
        let at = xml[entry.index(xml.len())];
        let mut content = entries[at].1.clone();
        let start = from.index(content.len());
        content.splice(start..(start + length).min(content.len()), new.bytes());
        let damaged = change(&bytes, vec![Change::Replace { entry: at, bytes: content }]);
        let format = format_of(&bytes);
        with(&damaged, |source| {
            let limits = Limits::default();
            let map = Office.map(format, source, &limits).unwrap();
            let _ = Office.shown(&map, source, &limits);
            let placed = Office.put_notice(&map, source, &notice(&[Moment::Start, Moment::Middle, Moment::End], true), &limits);
            if let Ok(placed) = placed {
                let mut out = Vec::new();
                placed.patch.apply(source, &mut out).unwrap();
                assert_eq!(read(&out).0.len(), 0);
            }
        });
    }
}
