//! What products really write (facts of real files, rebuilt with own bytes and codes): variants 14
//! to 25. Those of pictures stand in the suites of PNG and JPEG.

use serde_json::{Value, json};

use super::bytes::*;
use super::run;
use super::suite::{Files, Suite, sha256};
use crate::run::root;

fn add(suite: &mut Suite, id: &str, file: &str, comment: &str, bytes: &[u8]) {
    let params = json!({ "file_name": file });
    let expected = run::verify(bytes, &params);
    assert!(expected.get("report").is_some(), "{id}: {expected}");
    suite.file(file, bytes);
    suite.add(
        id,
        &["Wild"],
        comment,
        json!({ "file": file, "sha256": sha256(bytes), "params": params, "expected": expected }),
    );
}

fn atom(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let size = u32::try_from(body.len() + 8).expect("small");
    [&size.to_be_bytes()[..], kind, body].concat()
}

/// A movie without tracks: `ftyp`, four bytes of `mdat`, and `moov` with `mvhd` and these boxes.
fn movie(brand: &[u8; 4], boxes: &[Vec<u8>], behind: &[Vec<u8>]) -> Vec<u8> {
    let ftyp = atom(b"ftyp", &[brand, &[0, 0, 2, 0][..], brand].concat());
    let mut header = vec![0u8; 100];
    header[12..16].copy_from_slice(&1000u32.to_be_bytes());
    header[20..24].copy_from_slice(&[0, 1, 0, 0]);
    header[24..26].copy_from_slice(&[1, 0]);
    header[96..100].copy_from_slice(&1u32.to_be_bytes());
    let moov = atom(b"moov", &[atom(b"mvhd", &header), boxes.concat()].concat());
    [ftyp, atom(b"mdat", b"data"), moov, behind.concat()].concat()
}

fn handler(kind: &[u8; 4]) -> Vec<u8> {
    atom(b"hdlr", &[&[0; 8][..], kind, &[0; 13]].concat())
}

fn data(text: &str) -> Vec<u8> {
    atom(b"data", &[&[0, 0, 0, 1, 0, 0, 0, 0][..], text.as_bytes()].concat())
}

/// `meta` with keys: a box with version and flags, or as QuickTime writes it, without.
fn keys(full: bool, text: &str) -> Vec<u8> {
    let keys = atom(b"keys", &[&[0, 0, 0, 0, 0, 0, 0, 1][..], &12u32.to_be_bytes(), b"mdtaAIGC"].concat());
    let list = atom(b"ilst", &atom(&[0, 0, 0, 1], &data(text)));
    let version: &[u8] = if full { &[0; 4] } else { &[] };
    atom(b"meta", &[version, &handler(b"mdta"), &keys, &list].concat())
}

/// A list of iTunes whose one item has this name.
fn list(name: &[u8; 4], text: &str) -> Vec<u8> {
    let list = atom(b"ilst", &atom(name, &data(text)));
    atom(b"meta", &[&[0; 4][..], &handler(b"mdir"), &list].concat())
}

const XMP_UUID: [u8; 16] =
    [0xBE, 0x7A, 0xCF, 0xCB, 0x97, 0xA9, 0x42, 0xE8, 0x9C, 0x71, 0x99, 0x94, 0x91, 0xE3, 0xAF, 0xAC];

fn movies(s: &mut Suite) {
    let (own, other) = (code('1', "0001"), other_code('2', "0001"));
    let named = object(["1", "example", "vid-1", "", "example", "vid-1", ""]);
    let spread = object(["1", &own, "vid-1", "", &other, "spread-1", ""]);
    let user = |inner: Vec<u8>| vec![atom(b"udta", &inner)];
    let mut a = |id: &str, file: &str, comment: &str, bytes: Vec<u8>| add(s, id, file, comment, &bytes);
    a(
        "wild-14-keys-name",
        "wild-14-keys-name.mp4",
        "keys and ilst as the guide has them; the producer is a name",
        movie(b"isom", &user(keys(true, &named)), &[]),
    );
    a(
        "wild-14-keys-propagator",
        "wild-14-keys-propagator.mp4",
        "keys and ilst; producer and propagator are two services",
        movie(b"isom", &user(keys(true, &spread)), &[]),
    );
    a(
        "wild-15-bare-meta",
        "wild-15-bare-meta.mov",
        "meta directly under moov, without version and flags",
        movie(b"qt  ", &[keys(false, &plain())], &[]),
    );
    a(
        "wild-15-keyless",
        "wild-15-keyless.mov",
        "a list of iTunes whose item has no name: found by its content",
        movie(b"qt  ", &user(list(&[0, 0, 0, 1], &wrapped(&plain()))), &[]),
    );
    a(
        "wild-15-keyless-bare",
        "wild-15-keyless-bare.mov",
        "the same with the bare object",
        movie(b"qt  ", &user(list(&[0, 0, 0, 1], &plain())), &[]),
    );
    a(
        "wild-16-keys-wrapped",
        "wild-16-keys-wrapped.mp4",
        "the wrapped object under the key AIGC",
        movie(b"isom", &user(keys(true, &wrapped(&plain()))), &[]),
    );
    let mut packet = XMP_UUID.to_vec();
    packet.extend(aigc_packet(&plain()));
    a("wild-17-uuid-xmp", "wild-17-uuid-xmp.mp4", "XMP in a box uuid", movie(b"isom", &[], &[atom(b"uuid", &packet)]));
}

/// Front matter with one line for each key.
fn front(indent: &str, lines: &[(&str, &str)]) -> String {
    lines.iter().map(|(key, value)| format!("{indent}{key}: {value}\n")).collect()
}

fn texts(s: &mut Suite) {
    let own = code('1', "0001");
    let seven = |producer: &str, id: &str, reserved: &str| {
        front(
            "    ",
            &[
                ("Label", "\"1\""),
                ("ContentProducer", producer),
                ("ProduceID", id),
                ("ReservedCode1", reserved),
                ("ContentPropagator", producer),
                ("PropagateID", id),
                ("ReservedCode2", reserved),
            ],
        )
    };
    let body = "\n# Title\n\nText.\n";
    let mut a = |id: &str, comment: &str, text: String| add(s, id, &format!("{id}.md"), comment, text.as_bytes());
    a(
        "wild-18-plain-scalars",
        "indented by four, plain scalars",
        format!("---\nAIGC:\n{}---\n{body}", seven(&own, "9f2a_206118", "IMC3IDBmwjuTRFeF8+SVyfYi1JOC")),
    );
    let zero = "\"00000000000000000000000000000000\"";
    let agent = front(
        "    ",
        &[
            ("ContentProducer", "Example Agent AI"),
            ("ContentPropagator", "Example Agent AI"),
            ("Label", "AIGC"),
            ("ProduceID", zero),
            ("PropagateID", zero),
            ("ReservedCode1", "3046022100af0fcce089640ab565449b52484216"),
            ("ReservedCode2", "3045022007df8ea651409ef71179202f24efcb48"),
        ],
    );
    a(
        "wild-19-word-for-level",
        "keys in the order of the alphabet, Label: AIGC, ids of zeros",
        format!("---\nAIGC:\n{agent}---\n{body}"),
    );
    a("wild-20-comment", "the same in a comment", format!("<!--\nAIGC:\n{agent}-->\n{body}"));
    let data = "'{\"SecurityData\":{\"Type\":\"TC260PG\",\"Version\":1,\"PubSD\":[]}}'";
    a(
        "wild-21-quoted-json",
        "JSON in single quotes in the reserved codes",
        format!("---\nAIGC:\n{}---\n{body}", seven(&format!("'{own}'"), "'142569260085903360'", data)),
    );
    a(
        "wild-22-path-id",
        "ids with a path, a number sign and Chinese characters",
        format!("---\nAIGC:\n{}---\n{body}", seven(&own, "3612#178/所有对话/示例/notes.md", "\"\"")),
    );
    a(
        "wild-23-merged",
        "behind another key in front matter that was there; the codes are UUIDs",
        format!(
            "---\ntitle: Report\nAIGC:\n{}tags: [a, b]\n---\n{body}",
            seven("6f1d7c2e-8a52-4f5e-9d1b-0c7f5a3f2b10", "0b0b9a52-5a0c-4ffb-8a53-7ad0b0d0a001", "\"\"")
        ),
    );
    let page = format!("{{\"title\":\"Report\",\"frontmatter\":{}}}", wrapped(&plain()));
    let quoted = serde_json::to_string(&page).expect("a string");
    add(
        s,
        "wild-24-bundle",
        "wild-24-bundle.js",
        "front matter as JSON in the script of a built site",
        format!("const data=JSON.parse('{page}');export{{data}};\n").as_bytes(),
    );
    add(
        s,
        "wild-24-bundle-string",
        "wild-24-bundle-string.js",
        "the same in a string with escapes",
        format!("const data=JSON.parse({quoted});export{{data}};\n").as_bytes(),
    );
    add(
        s,
        "wild-24-page-script",
        "wild-24-page-script.html",
        "the same in a script of a page",
        format!("<!doctype html><html><head><title>t</title></head><body><script>window.d=JSON.parse({quoted})</script></body></html>\n")
            .as_bytes(),
    );
}

pub fn build(out: &mut Files) {
    let mut suite = Suite::new("verdict/wild", "verify");
    movies(&mut suite);
    texts(&mut suite);
    let base = root().join("xtask/bases/pptx/pptx-empty-read.pptx");
    let bytes = std::fs::read(&base).unwrap_or_else(|e| panic!("{}: {e}", base.display()));
    add(
        &mut suite,
        "wild-25-empty-text",
        "wild-25-empty-text.pptx",
        "the text stands beside an empty vt:lpwstr",
        &bytes,
    );
    suite.finish("verdict/wild/vectors.json", out);
}

/// Marks that are no label, and IPTC's fields.
pub fn marks(out: &mut Files) {
    let mut suite = Suite::new("verdict/marks", "verify");
    let s = &mut suite;
    let mut a = |id: &str, kind: Kind, flags: &[&str], comment: &str, bytes: Vec<u8>| {
        let file = format!("{id}.{}", kind.extension());
        let expected = run::verify(&bytes, &json!({}));
        assert!(expected.get("report").is_some(), "{id}: {expected}");
        s.file(&file, &bytes);
        let fields = json!({ "file": file, "sha256": sha256(&bytes), "params": {}, "expected": expected });
        s.add(id, flags, comment, fields);
    };
    let text = |key: &str, value: &str| png(&[text_chunk(key, value.as_bytes())], &[]);
    let settings = "a cat\nNegative prompt: dog\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 64x64";
    let graph = "{\"3\":{\"inputs\":{\"seed\":1},\"class_type\":\"KSampler\"}}";
    let workflow = "{\"last_node_id\":1,\"nodes\":[{\"id\":1,\"type\":\"KSampler\"}],\"links\":[]}";
    a("parameters", Kind::Png, &["Trace"], "settings of a generator in PNG text", text("parameters", settings));
    a(
        "parameters-user-comment",
        Kind::Jpeg,
        &["Trace"],
        "settings of a generator in the user comment",
        jpeg(&[jfif(), jpeg_exif(&exif(&[], &[user_comment(settings)]))], &[]),
    );
    a("comfyui-prompt", Kind::Png, &["Trace"], "the graph of a generator", text("prompt", graph));
    a("comfyui-workflow", Kind::Png, &["Trace"], "the workflow of a generator", text("workflow", workflow));
    a("invokeai", Kind::Png, &["Trace"], "a key that one program alone writes", text("invokeai_metadata", "{}"));
    a("fooocus", Kind::Png, &["Trace"], "a key that one program alone writes", text("fooocus_scheme", "fooocus"));
    a(
        "swarmui",
        Kind::Png,
        &["Trace"],
        "settings under a key of their own",
        text("parameters", "{\"sui_image_params\":{}}"),
    );
    a("novelai", Kind::Png, &["Trace"], "the program names itself", text("Software", "NovelAI"));
    a(
        "midjourney",
        Kind::Png,
        &["Trace"],
        "the prompt and a job's number",
        text("Description", "a cat --v 6 Job ID: 1"),
    );
    let software = |name: &str| jpeg(&[jfif(), jpeg_exif(&exif(&[ascii(0x0131, name)], &[]))], &[]);
    a("software", Kind::Jpeg, &["Trace"], "Exif Software names a generator", software("Adobe Firefly 3"));
    a("software-other", Kind::Jpeg, &["Ordinary"], "Exif Software names another program", software("GIMP 2.10"));
    a(
        "described",
        Kind::Jpeg,
        &["Ordinary"],
        "a description that speaks of a generator is no trace",
        jpeg(&[jfif(), jpeg_exif(&exif(&[ascii(IMAGE_DESCRIPTION, "better than Midjourney")], &[]))], &[]),
    );
    let xmp = |names: &str, body: &str| png(&[png_xmp(&packet(names, body))], &[]);
    let iptc_names = format!("xmlns:Iptc4xmpExt=\"{IPTC}\"");
    a(
        "google-credit",
        Kind::Png,
        &["Vendor"],
        "a credit line of a service",
        xmp("xmlns:photoshop=\"http://ns.adobe.com/photoshop/1.0/\" photoshop:Credit=\"Made with Google AI\"", ""),
    );
    a(
        "vendor-in-place",
        Kind::Png,
        &["Vendor"],
        "a vendor's object under the keyword AIGC: a mark, and no label that can be read",
        text("AIGC", "{\"AIGC\":{\"ServiceProvider\":\"x\",\"ServiceUser\":\"y\",\"Time\":\"z\",\"ContentId\":\"1\"}}"),
    );
    a(
        "iptc-ai-fields",
        Kind::Png,
        &["SourceType"],
        "IPTC 2025.1 AI fields; the prompt and its writer are not taken over",
        xmp(
            &iptc_names,
            "<Iptc4xmpExt:AISystemUsed>Example Image</Iptc4xmpExt:AISystemUsed>\
             <Iptc4xmpExt:AISystemVersionUsed>3.1</Iptc4xmpExt:AISystemVersionUsed>\
             <Iptc4xmpExt:AIPromptInformation>secret prompt</Iptc4xmpExt:AIPromptInformation>\
             <Iptc4xmpExt:AIPromptWriterName>A Person</Iptc4xmpExt:AIPromptWriterName>",
        ),
    );
    let dst = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia";
    a(
        "source-type-resource",
        Kind::Png,
        &["SourceType"],
        "the source type as rdf:resource",
        xmp(&iptc_names, &format!("<Iptc4xmpExt:DigitalSourceType rdf:resource=\"{dst}\"/>")),
    );
    a(
        "trace-beside-label",
        Kind::Png,
        &["Trace"],
        "a label of the standard and the generator's settings: the label decides",
        png(&[png_xmp(&aigc_packet(&plain())), text_chunk("parameters", settings.as_bytes())], &[]),
    );
    a(
        "trace-against-camera",
        Kind::Png,
        &["Trace", "SourceType"],
        "a camera by the source type, a generator by its settings",
        png(
            &[
                png_xmp(&iptc_packet("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture")),
                text_chunk("parameters", settings.as_bytes()),
            ],
            &[],
        ),
    );
    a(
        "earlier-copy",
        Kind::Png,
        &["Duplicate"],
        "a platform wrote its fields in the right place; the producer's copy stands in another",
        png(
            &[
                png_xmp(&aigc_packet(&object(["1", "example", "a", "", "platform", "post-1", ""]))),
                text_chunk("AIGC", object(["1", "example", "a", "", "example", "a", ""]).as_bytes()),
            ],
            &[],
        ),
    );
    suite.finish("verdict/marks/vectors.json", out);
}

/// The table of variants for `spec/wild.md`: number, vector, what is odd, status and findings.
pub fn table(files: &Files) -> Vec<[String; 4]> {
    let mut rows = Vec::new();
    for suite in ["png", "jpeg", "wild"] {
        let path = format!("verdict/{suite}/vectors.json");
        let Some(index) = files.get(&path).and_then(|b| serde_json::from_slice::<Value>(b).ok()) else { continue };
        for test in index["tests"].as_array().into_iter().flatten() {
            let id = test["id"].as_str().unwrap_or_default();
            let Some(number) = id.strip_prefix("wild-").and_then(|rest| rest.get(..2)) else { continue };
            let report = &test["expected"]["report"];
            let mut codes: Vec<String> = Vec::new();
            for code in report["findings"].as_array().into_iter().flatten().filter_map(|f| f["code"].as_str()) {
                let code = format!("`{code}`");
                if !codes.contains(&code) {
                    codes.push(code);
                }
            }
            rows.push([
                number.to_owned(),
                format!("`{suite}/{id}`: {}", test["comment"].as_str().unwrap_or_default()),
                report["status"].as_str().unwrap_or_default().to_owned(),
                codes.join(", "),
            ]);
        }
    }
    rows.sort();
    rows
}
