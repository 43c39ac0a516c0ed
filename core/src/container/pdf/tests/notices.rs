//! Notices on pages, and the words that pages show.

use super::*;
use crate::container::Shown;
use crate::container::pdf::lex::Reference;
use crate::container::pdf::operators::{balance, inverse};
use crate::container::pdf::pages::{Page, Walk};
use crate::notice::{Moment, TextNotice};

const WORDS: [&str; 2] = ["人工智能生成合成", "AI-generated content & more"];

fn notice(at: &[Moment], each_page: bool) -> TextNotice {
    TextNotice { lines: WORDS.map(str::to_owned).to_vec(), at: at.to_vec(), each_page, ..TextNotice::default() }
}

fn stamped(bytes: &[u8], notice: &TextNotice) -> Result<Vec<u8>> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits)?;
    let map = Pdf.map(Format::Pdf, &mut source, &limits)?;
    let mut out = Vec::new();
    Pdf.put_notice(&map, &mut source, notice, &limits)?.patch.apply(&mut source, &mut out)?;
    Ok(out)
}

fn shown(bytes: &[u8]) -> Vec<Shown> {
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let map = Pdf.map(Format::Pdf, &mut source, &limits).unwrap();
    Pdf.shown(&map, &mut source, &limits).unwrap()
}

fn lines(shown: &[Shown]) -> Vec<&str> {
    shown.iter().flat_map(|s| s.text.lines()).collect()
}

/// A file of objects with a table, the first one its catalog.
fn file(objects: &[&str]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n".to_vec();
    let mut places = Vec::new();
    for (number, body) in (1..).zip(objects) {
        places.push(out.len());
        out.extend(format!("{number} 0 obj\n{body}\nendobj\n").bytes());
    }
    let start = out.len();
    out.extend(format!("xref\n0 {}\n0000000000 65535 f\r\n", places.len() + 1).bytes());
    places.iter().for_each(|at| out.extend(format!("{at:010} 00000 n\r\n").bytes()));
    let size = places.len() + 1;
    out.extend(format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").bytes());
    out
}

fn stream(keys: &str, data: &str) -> String {
    format!("<< {keys} /Length {} >>\nstream\n{data}\nendstream", data.len())
}

const CATALOG: &str = "<< /Type /Catalog /Pages 2 0 R >>";
const HELVETICA: &str = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>";

/// One page with these keys and this content; resources come from the node above.
fn page(keys: &str, content: &str) -> Vec<u8> {
    file(&[
        CATALOG,
        "<< /Type /Pages /Kids [3 0 R] /Count 1 /Resources << /Font << /AINotice 5 0 R >> /ProcSet [/PDF] >> >>",
        &format!("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] {keys} /Contents 4 0 R >>"),
        &stream("", content),
        HELVETICA,
    ])
}

#[test]
fn a_notice_is_found_again_and_all_bytes_stay() {
    for name in SOUND {
        let bytes = base(name);
        for (at, each) in [([Moment::Start], false), ([Moment::End], false), ([Moment::Start], true)] {
            let out = stamped(&bytes, &notice(&at, each)).unwrap_or_else(|e| panic!("{name}: {e}"));
            assert!(out.starts_with(&bytes), "{name}");
            let map = map(&out);
            assert!(!map.damaged && map.findings.is_empty(), "{name}: {:?}", map.findings);
            let found = shown(&out);
            let words: Vec<&str> = lines(&found);
            // Small pages wrap it.
            let joined = |words: &[&str]| words.concat().replace(' ', "");
            assert!(joined(&words).contains(&joined(&WORDS)), "{name}: {words:?}");
            assert!(found.iter().all(|s| s.range.end <= out.len() as u64 && s.range.start < s.range.end), "{name}");
            // The words of the page stay, in their order.
            let mut rest = words.iter();
            assert!(lines(&shown(&bytes)).iter().all(|old| rest.any(|new| new == old)), "{name}");
            // What follows adds metadata alone, and the notice is content.
            let labelled = put(&out, &[text("AIGC", "{}")]).unwrap();
            assert_eq!(essence(&labelled), essence(&out), "{name}");
            assert!(essence(&out).len() > essence(&bytes).len(), "{name}");
            assert_eq!(lines(&shown(&labelled)), words, "{name}");
        }
    }
}

#[test]
fn files_that_must_not_be_edited_are_refused() {
    for (name, code) in [("encrypted-fail", "pdf.encrypted"), ("signed-fail", "pdf.signed")] {
        assert_eq!(stamped(&base(name), &notice(&[Moment::Start], false)).unwrap_err().code(), code, "{name}");
    }
    let forms =
        file(&["<< /Type /Catalog /Pages 2 0 R /NeedsRendering true >>", "<< /Type /Pages /Kids [] /Count 0 >>"]);
    let error = stamped(&forms, &notice(&[Moment::Start], false)).unwrap_err();
    assert_eq!(error.code(), "notice.document_made_when_opened");
    let empty = file(&[CATALOG, "<< /Type /Pages /Kids [] /Count 0 >>"]);
    assert!(matches!(stamped(&empty, &notice(&[Moment::Start], true)), Err(Error::Unsupported(_))));
}

/// The plate in displayed coordinates, its matrix, and the text size, as the newest streams have them.
fn drawn(out: &[u8]) -> ([f64; 6], [f64; 4], f64) {
    let text = String::from_utf8_lossy(out);
    let numbers = |end: &str| -> Vec<f64> {
        let line = text.rsplit_once(end).unwrap().0.rsplit('\n').next().unwrap();
        line.split_ascii_whitespace().filter_map(|n| n.parse().ok()).collect()
    };
    let (matrix, plate) = (numbers("cm\n0.07 g"), numbers(" re f\nBT"));
    (matrix.try_into().unwrap(), plate.try_into().unwrap(), *numbers(" Tf\n1 0 0 1").last().unwrap())
}

#[test]
fn the_plate_lies_within_what_is_displayed_and_its_text_is_large_enough() {
    for (keys, unit) in
        [("", 1.0), ("/CropBox [100 200 400 700]", 1.0), ("/UserUnit 4", 4.0), ("/CropBox [-50 -50 900 300]", 1.0)]
    {
        for rotate in [0, 90, 180, 270, -90, 450] {
            let bytes = page(&format!("{keys} /Rotate {rotate}"), "");
            for at in [Moment::Start, Moment::End] {
                let out = stamped(&bytes, &notice(&[at], false)).unwrap();
                let ([a, b, c, d, e, f], [x, y, w, h], size) = drawn(&out);
                let crop = match keys {
                    "" | "/UserUnit 4" => [0.0, 0.0, 600.0, 800.0],
                    "/CropBox [100 200 400 700]" => [100.0, 200.0, 400.0, 700.0],
                    _ => [0.0, 0.0, 600.0, 300.0],
                };
                for (px, py) in [(x, y), (x + w, y + h)] {
                    let (ux, uy) = (a * px + c * py + e, b * px + d * py + f);
                    let inside = ux >= crop[0] && ux <= crop[2] && uy >= crop[1] && uy <= crop[3];
                    assert!(inside, "{keys} {rotate} {at:?}: {ux} {uy}");
                }
                let short = f64::min(crop[2] - crop[0], crop[3] - crop[1]);
                assert!(size * unit >= 10.0 && size > short * 0.025, "{keys} {rotate}: {size}");
                // Upright: the first line stands above the second one, and reads to the right.
                let found = shown(&out);
                assert_eq!(lines(&found), WORDS, "{keys} {rotate}");
                assert!(found.iter().all(|s| s.at == at), "{keys} {rotate}: {found:?}");
            }
        }
    }
    let tiny = page("/CropBox [0 0 20 10]", "");
    assert!(matches!(stamped(&tiny, &notice(&[Moment::Start], false)), Err(Error::Invalid(_))));
}

#[test]
fn long_lines_are_wrapped_and_none_of_them_is_lost() {
    let long =
        TextNotice { lines: vec!["人工智能生成合成内容".repeat(12)], ..notice(&[Moment::Start], false) };
    let found = shown(&stamped(&page("", ""), &long).unwrap());
    assert!(lines(&found).len() > 1);
    assert_eq!(lines(&found).concat(), long.lines[0]);
    let words = TextNotice { lines: vec!["AI generated ".repeat(9).trim().to_owned()], ..long };
    let found = shown(&stamped(&page("", ""), &words).unwrap());
    assert_eq!(lines(&found).join(" "), words.lines[0]);
    let missing = TextNotice { lines: vec!["😀".to_owned()], ..words };
    assert_eq!(stamped(&page("", ""), &missing).unwrap_err().code(), "render.glyph_missing");
}

#[test]
fn states_of_graphics_are_balanced_and_fonts_stay() {
    let left = |content: &[u8]| {
        let left = balance(content);
        (left.excess > 0, left.saved, left.image)
    };
    assert_eq!(left(b"q q Q 1 0 0 1 0 0 cm (Q q) Tj [(Q)] TJ /Q gs"), (false, 1, false));
    assert_eq!(left(b"Q Q q BI /W 1 ID Q q Q EI Q"), (true, 0, false));
    assert_eq!(left(b"q BI /W 1 ID Q q Q"), (false, 1, true));
    assert_eq!(left(b"BI /W 1 ID Q q Q\nEI"), (false, 0, false));
    assert_eq!(balance(b"2 0 0 4 6 8 cm q 9 0 0 9 0 0 cm").matrix, [2.0, 0.0, 0.0, 4.0, 6.0, 8.0]);
    assert_eq!(inverse([2.0, 0.0, 0.0, 4.0, 6.0, 8.0]), Some([0.5, 0.0, 0.0, 0.25, -3.0, -2.0]));
    assert_eq!(inverse([0.0; 6]), None);
    let hello = "BT /AINotice 12 Tf 72 700 Td (Hello) Tj ET";
    let cases = [
        ("", true, "Q\nq\n1.000000 "),
        ("q q 2 0 0 2 0 0 cm", true, "Q\nQ\nQ\nq\n1.000000 "),
        ("Q Q 2 0 0 2 0 0 cm q", false, "Q\nq\n0.500000 0.000000 0.000000 0.500000 0.000000 0.000000 cm\nq\n1.000000 "),
        ("Q 0 0 0 0 0 0 cm", true, "Q\nq\n1.000000 "),
    ];
    for (content, before, behind) in cases {
        let bytes = page("", &format!("{hello} {content}"));
        let out = stamped(&bytes, &notice(&[Moment::Start], false)).unwrap();
        let text = String::from_utf8_lossy(&out);
        assert_eq!(text.contains("stream\nq\n"), before, "{content}");
        assert!(text.contains(&format!("stream\n\n{behind}")), "{content}");
        // The name of a font that is there is not taken.
        assert!(text.contains("/AINotice1 "), "{text}");
        if !content.contains("0 0 0 0") {
            assert_eq!(lines(&shown(&out)), [&["Hello"], &WORDS[..]].concat(), "{content}");
        }
    }
    let tagged = file(&[
        "<< /Type /Catalog /Pages 2 0 R /MarkInfo << /Marked true >> >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] >>",
    ]);
    let out = stamped(&tagged, &notice(&[Moment::Start], false)).unwrap();
    assert!(String::from_utf8_lossy(&out).contains("/Artifact << /Type /Pagination"));
}

#[test]
fn pieces_on_a_line_are_one_text() {
    let read = |content: &str| -> Vec<String> {
        let bytes = page("", &format!("BT /AINotice 10 Tf {content} ET"));
        lines(&shown(&bytes)).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(read("72 700 Td [(AI) -50 (-gen) 20 (erated) -400 (content)] TJ"), ["AI-generated content"]);
    assert_eq!(read("72 700 Td (A) Tj 7 0 Td (I) Tj 30 0 Td (x) Tj"), ["AI x"]);
    assert_eq!(
        read("72 700 Td (one) Tj 0 -14 Td (two) Tj 14 TL (three) ' T* (four) Tj"),
        ["one", "two", "three", "four"]
    );
    assert_eq!(read("1 0 0 1 72 700 Tm (up) Tj 0 1 -1 0 20 20 Tm (side) Tj"), ["up", "side"]);
    assert_eq!(read("72 700 Td 3 Tr (unseen) Tj 0 Tr (seen) Tj"), ["seen"]);
    assert_eq!(read("72 700 Td <4149> Tj (\\050x\\051) Tj"), ["AI(x)"]);
}

#[test]
fn contents_in_letters_are_read() {
    let plain = b"BT /AINotice 9 Tf 9 9 Td (AI) Tj ET";
    let hex: String = plain.iter().map(|byte| format!("{byte:02X} ")).collect::<String>() + ">";
    assert_eq!(filter::hexadecimal(hex.as_bytes()), plain);
    assert_eq!(filter::base85(b"<~87cURD]i,\"Ebo80~>").unwrap(), b"Hello World!");
    assert_eq!(filter::base85(b"87cURD]i,\"Ebo7~>").unwrap(), b"Hello World");
    assert_eq!(filter::base85(b"z!!~>").unwrap(), [0, 0, 0, 0, 0]);
    assert!(filter::base85(b"v").is_none() && filter::base85(b"uuuuu").is_none());
}

#[test]
fn forms_are_read_with_their_own_resources() {
    let bytes = file(&[
        CATALOG,
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /MediaBox [0 0 600 800] /Resources << /XObject << /A 5 0 R >> /Font << /F 6 0 R >> >> /Contents [4 0 R] >>",
        &stream("", "q /A Do Q BT /F 9 Tf 9 700 Td (page) Tj ET"),
        // It draws itself, too, which has an end.
        &stream(
            "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /Font << /G 7 0 R >> /XObject << /A 5 0 R >> >>",
            "Q Q BT /G 9 Tf 9 400 Td <0041> Tj ET /A Do",
        ),
        HELVETICA,
        "<< /Type /Font /Subtype /Type0 /Encoding /UniGB-UCS2-H /DescendantFonts [] >>",
    ]);
    let found = shown(&bytes);
    let words = lines(&found);
    assert!(words.len() <= 9 && words.contains(&"page") && words.contains(&"A"), "{words:?}");
}

#[test]
fn pages_are_walked_from_both_ends_and_cycles_end() {
    let bytes = file(&[
        CATALOG,
        "<< /Type /Pages /Kids [3 0 R 2 0 R 4 0 R 9 0 R] /MediaBox [0 0 10 20] /Rotate 90 >>",
        "<< /Type /Pages /Kids [5 0 R 6 0 R] /MediaBox [30 40 0 0] >>",
        "<< /Type /Page >>",
        "<< /Type /Page /Rotate 0 >>",
        "<< /Type /Page >>",
    ]);
    let limits = Limits::default();
    let mut cursor = Cursor::new(bytes);
    let mut source = Source::new(&mut cursor, &limits).unwrap();
    let mut doc = Doc::open(&mut source, &limits).unwrap();
    let mut all = |from_end| {
        let mut walk = Walk::new(&mut doc, from_end).unwrap();
        let next = || walk.next(&mut doc).unwrap();
        std::iter::from_fn(next)
            .map(|page: Page| (page.reference.number, page.size(), page.quarters))
            .collect::<Vec<_>>()
    };
    let forward = all(false);
    assert_eq!(forward, [(5, (30.0, 40.0), 0), (6, (40.0, 30.0), 1), (4, (20.0, 10.0), 1)]);
    let mut backward = all(true);
    backward.reverse();
    assert_eq!(backward, forward);
    let _ = Reference { number: 1, generation: 0 };
}

/// An array, dictionary or string that a content leaves open would take the notice in.
#[test]
fn a_content_that_ends_within_a_value_does_not_swallow_the_notice() {
    let deep = ["[ <<".repeat(500), "[ >> << ] (( \\( <".repeat(300)];
    let few = [
        "[",
        "<<",
        "(",
        "<",
        "[[",
        "[<<",
        "<< /A [",
        "[(b",
        "[ (b\\",
        "[<<[(((",
        "[ >> [",
        "<< [ >> % (",
        "[<2",
        "]>>)",
    ];
    for open in few.map(str::to_owned).into_iter().chain(deep) {
        let bytes = page("", &format!("q Q Q (a) Tj << >> 2 0 0 2 0 0 cm {open}"));
        let out = stamped(&bytes, &notice(&[Moment::Start], true)).unwrap();
        let found = shown(&out);
        assert!(found.iter().any(|shown| shown.text.contains("AI-generated content")), "{open}: {found:?}");
    }
}

proptest! {
    #[test]
    fn no_content_is_too_strange(content in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut bytes = page("", "");
        let head = format!("4 0 obj\n{}", stream("", ""));
        let at = bytes.windows(head.len()).position(|w| w == head.as_bytes()).unwrap();
        let new = [b"4 0 obj\n<< >>\nstream\n", &content[..], b"\nendstream"].concat();
        bytes.splice(at..at + head.len(), new);
        let _ = shown(&bytes);
        balance(&content);
    }

    #[test]
    fn operators_in_any_order_are_read(
        words in prop::collection::vec(prop::sample::select(vec![
            "q", "Q", "BT", "ET", "1 0 0 1 5 5 cm", "/AINotice 12 Tf", "(a) Tj", "[(b) 9 (c)] TJ", "9 9 Td", "T*", "/X Do", "ID", "EI",
            "2 0 0 2 0 0 cm", "1e9 0 Td", "[", "<<", ">>", ")", "(d) '", "[ << [ (", "<", "{", "]", "% [",
        ]), 0..60),
    ) {
        let bytes = page("", &words.join(" "));
        let before = shown(&bytes);
        let out = stamped(&bytes, &notice(&[Moment::Start], true)).unwrap();
        let after = shown(&out);
        prop_assert!(after.len() >= before.len());
    }
}
