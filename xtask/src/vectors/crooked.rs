//! Labels that were written crookedly into texts, ordinary texts beside them, and vendors' marks in
//! the text places of each family of formats.

use std::io::Cursor;

use biaoshi::container::{NewValue, Slot};
use biaoshi::source::Source;
use biaoshi::{Format, Limits};
use serde_json::json;

use super::bytes::*;
use super::run;
use super::suite::{Files, Suite, sha256};
use crate::run::root;

/// A test whose report has this finding; `-` for none.
fn add(suite: &mut Suite, id: &str, file: &str, flags: &[&str], comment: &str, (code, bytes): (&str, &[u8])) {
    let params = json!({ "file_name": file });
    let expected = run::verify(bytes, &params);
    let findings = expected["report"]["findings"].as_array().unwrap_or_else(|| panic!("{id}: {expected}"));
    assert!(code == "-" || findings.iter().any(|f| f["code"] == code), "{id}: {code} is not in {expected}");
    assert!(code != "-" || expected["report"]["status"] == "none", "{id}: {expected}");
    suite.file(file, bytes);
    let fields = json!({ "file": file, "sha256": sha256(bytes), "params": params, "expected": expected });
    suite.add(id, flags, comment, fields);
}

/// UTF-16 with the lower byte first.
fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn percent(text: &str) -> String {
    let byte = |b: u8| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") };
    text.bytes().map(byte).collect()
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits = part.iter().enumerate().fold(0u32, |bits, (n, b)| bits | u32::from(*b) << (16 - 8 * n));
        for n in 0..4usize {
            let digit = usize::try_from(bits >> (18 - 6 * n) & 63).expect("six bits");
            out.push(if n <= part.len() { char::from(DIGITS[digit]) } else { '=' });
        }
    }
    out
}

/// The object with marks as word processors and input methods for Chinese write them.
fn wide(json: &str) -> String {
    json.replace("\":\"", "”：“").replace("\",\"", "”，“").replace("{\"", "{“").replace("\"}", "”}")
}

fn bare_words(json: &str) -> String {
    KEYS.iter().fold(json.to_owned(), |text, key| text.replace(&format!("\"{key}\":"), &format!("{key}:")))
}

/// One text in a PNG comment each.
fn texts(s: &mut Suite) {
    let label = plain();
    let (single, quoted) = (label.replace('"', "'"), wrapped(&label).replace('"', "&quot;"));
    let mut a = |id: &str, code: &str, comment: &str, text: Vec<u8>| {
        add(s, id, &format!("{id}.png"), &["Form"], comment, (code, &png(&[text_chunk("Comment", &text)], &[])));
    };
    let prompt = "a cat on a mat, ".repeat(8_800);
    for (id, code, comment, text) in [
        ("equals", "label.prefixed", "the word, an equals sign, the object", format!("AIGC={label}")),
        ("colon", "label.prefixed", "the word, a colon, the object", format!("AIGC: {label}")),
        ("space", "label.prefixed", "the word, a space, the object", format!("AIGC {label}")),
        ("single-quotes", "label.single_quotes", "an object as Python prints it", format!("{{'AIGC': {single}}}")),
        ("bare-single-quotes", "label.single_quotes", "the same without a key around it", single.clone()),
        ("bare-words", "label.unquoted", "keys without quotation marks", format!("{{AIGC:{}}}", bare_words(&label))),
        ("words-around", "label.amid_text", "words before and behind", format!("a cat {label} on a mat")),
        ("lower-case", "label.misspelt_key", "the key in lower case", format!("{{\"aigc\":{label}}}")),
        (
            "full-width-word",
            "label.misspelt_key",
            "the key in letters of full width",
            format!("{{\"ＡＩＧＣ\":{label}}}"),
        ),
        ("references", "label.html_escaped", "character references of HTML", quoted.clone()),
        ("references-twice", "label.html_escaped", "the same, escaped twice", quoted.replace('&', "&amp;")),
        ("percent", "label.percent_encoded", "percent-encoded", percent(&wrapped(&label))),
        ("base64", "label.base64", "Base64", base64(&wrapped(&label))),
        ("byte-order-mark", "label.padded", "a byte order mark in front", format!("\u{feff}{label}")),
        ("wide-marks", "label.wide_marks", "quotation marks and punctuation of an editor for Chinese", wide(&label)),
        ("trailing-comma", "label.loose_json", "a comma behind the last member", label.replace('}', ",}")),
        ("comment", "label.loose_json", "a comment", label.replace('{', "{/* label */")),
        ("equals-inside", "label.loose_json", "an equals sign behind each key", label.replace("\":", "\"=")),
        ("escaped", "label.json_in_string", "escapes of a string", label.replace('"', "\\\"")),
        (
            "camel-case",
            "label.misspelt_key",
            "keys of another case: nothing is mapped in silence",
            label
                .replace("ContentProducer", "contentProducer")
                .replace("ProduceID", "produceId")
                .replace("\"Label", "\"label"),
        ),
        ("cut", "label.malformed", "the object does not close: never none", format!("AIGC={}", &single[..60])),
        (
            "duplicate-key",
            "label.malformed",
            "a key stands twice",
            format!("AIGC={}", label.replace("\"ProduceID\"", "\"Label\":\"2\",\"ProduceID\"")),
        ),
        ("long-prompt", "label.amid_text", "behind a prompt of 140,800 bytes", format!("{prompt}{}", wrapped(&label))),
    ] {
        a(id, code, comment, text.into_bytes());
    }
    a("utf16", "label.utf16", "UTF-16 in a place of bytes", utf16(&label));
    for (id, comment, text) in [
        ("ordinary-word", "the word with a colon in a sentence", "AIGC: made with a program".to_owned()),
        (
            "ordinary-keys",
            "names of keys in a sentence",
            "AIGC has Label, ContentProducer: who, and ProduceID: which".to_owned(),
        ),
        ("ordinary-object", "another object behind the word", "AIGC={'model':'x','seed':1}".to_owned()),
        ("ordinary-set", "names of keys in braces", "AIGC {Label, ContentProducer, ProduceID}".to_owned()),
    ] {
        let bytes = png(&[text_chunk("Comment", text.as_bytes())], &[]);
        add(s, id, &format!("{id}.png"), &["Ordinary"], comment, ("-", &bytes));
    }
    let jpeg = |text: &str| jpeg(&[jfif(), segment(0xFE, text.as_bytes())], &[]);
    add(s, "jpeg-nul", "jpeg-nul.jpg", &["Form"], "a NUL in front", ("label.padded", &jpeg(&format!("\0{label}"))));
    let packet = aigc_packet(&single);
    add(
        s,
        "own-place",
        "own-place.png",
        &["Form"],
        "single quotation marks in the label's own place",
        ("label.single_quotes", &png(&[png_xmp(&packet)], &[])),
    );
}

/// Texts in which people and programs speak of labels.
fn pages(s: &mut Suite) {
    let label = plain();
    let page = |body: &str| format!("<!doctype html><html><head><title>t</title></head><body>{body}</body></html>\n");
    for (file, code, comment, text) in [
        (
            "page-comment.html",
            "label.quoted",
            "a comment of a page that tells how to write a label",
            page(&format!("<!-- write AIGC={label} -->")),
        ),
        (
            "page-program.html",
            "-",
            "a program of a page that makes labels",
            page("<script>const a = {AIGC: {Label: '1', ContentProducer: name, ProduceID: id}}</script>"),
        ),
        ("page-text.html", "-", "a page that shows one", page(&format!("<pre>AIGC={}</pre>", escape(&label)))),
        (
            "page-named.html",
            "label.single_quotes",
            "single quotation marks in the label's own element",
            page("")
                .replace("</title>", &format!("</title><meta name=\"AIGC\" content=\"{}\">", label.replace('"', "'"))),
        ),
        (
            "page-vendor.html",
            "mark.vendor",
            "a vendor's object in a page: no more than suspected",
            page("<!-- {\"aigc_info\":{\"aigc_label_type\":1}} -->"),
        ),
        (
            "comment.md",
            "label.single_quotes",
            "a comment that is the label",
            format!("<!-- {} -->\n\ntext\n", label.replace('"', "'")),
        ),
        (
            "comment-words.md",
            "label.quoted",
            "a comment that speaks of one",
            format!("<!-- write AIGC={label} here -->\n\ntext\n"),
        ),
        ("code.md", "-", "a block of code", format!("# t\n\n```\nAIGC={label}\n```\n")),
        (
            "program.js",
            "-",
            "a program that makes labels",
            "export const a = {AIGC: {Label: '1', ContentProducer: name}};\n".to_owned(),
        ),
        (
            "full-width.json",
            "label.wrong_slot",
            "a member whose key is in letters of full width",
            format!("{{\"ＡＩＧＣ\":{label}}}\n"),
        ),
        (
            "base64.html",
            "label.base64",
            "Base64 in the label's own element",
            page("").replace("</title>", &format!("</title><meta name=\"AIGC\" content=\"{}\">", base64(&label))),
        ),
        ("word.json", "-", "a member of that name with a word", "{\"AIGC\":\"AIGC: yes\"}\n".to_owned()),
    ] {
        let flags: &[&str] = if code == "-" || code == "label.quoted" { &["Ordinary"] } else { &["Form"] };
        add(s, &file.replace('.', "-"), file, flags, comment, (code, text.as_bytes()));
    }
}

/// The base file with this text in a place of the given name.
fn with(base: &str, slot: Slot, text: &str) -> Vec<u8> {
    let path = root().join("xtask/bases").join(base);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let limits = Limits::default();
    let mut cursor = Cursor::new(&bytes);
    let mut source = Source::new(&mut cursor, &limits).expect("a source");
    let row = Format::sniff(&mut source, Some(base)).expect("read").expect("a format");
    let map = row.container.map(row.format, &mut source, &limits).expect("a map");
    let value = NewValue { slot, bytes: text.as_bytes().to_vec() };
    let placed = row.container.put(&map, &mut source, &[value], &limits).unwrap_or_else(|e| panic!("{base}: {e}"));
    let mut out = Vec::new();
    placed.patch.apply(&mut source, &mut out).unwrap_or_else(|e| panic!("{base}: {e}"));
    out
}

/// A vendor's object in a text place of each family.
fn families(s: &mut Suite) {
    let block = "{\"aigc_info\":{\"aigc_label_type\":1,\"source_info\":\"example\"}}";
    for (base, place, key) in [
        ("flac/bare-ok.flac", "vorbis", "COMMENT"),
        ("mp3/bare-ok.mp3", "txxx", "note"),
        (&first("avi/"), "info", "ICMT"),
        ("mp4/keys-faststart-ok.mp4", "keys", "comment"),
        ("matroska/ffmpeg-ok.mkv", "tag", "COMMENT"),
        ("flv/object-ok.flv", "onMetaData", "comment"),
        ("pdf/table-ok.pdf", "info", "Keywords"),
        ("docx/docx-custom-ok.docx", "custom", "note"),
    ] {
        let ending = base.rsplit_once('.').map_or("", |(_, ending)| ending);
        let id = format!("vendor-{}", base.split('/').next().unwrap_or_default());
        let bytes = with(base, Slot::item(place, key), block);
        add(
            s,
            &id,
            &format!("{id}.{ending}"),
            &["Vendor"],
            "a vendor's object in a text place of this format",
            ("mark.vendor", &bytes),
        );
    }
}

/// The first sound base of a folder.
fn first(folder: &str) -> String {
    let path = root().join("xtask/bases").join(folder);
    let names = std::fs::read_dir(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut names: Vec<String> = names.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    let name = names.into_iter().find(|name| name.contains("-ok.")).unwrap_or_else(|| panic!("{folder}: no base"));
    format!("{folder}{name}")
}

pub fn build(out: &mut Files) {
    let mut suite = Suite::new("verdict/crooked", "verify");
    texts(&mut suite);
    pages(&mut suite);
    families(&mut suite);
    suite.finish("verdict/crooked/vectors.json", out);
}
