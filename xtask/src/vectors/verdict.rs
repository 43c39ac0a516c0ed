//! Reading: what a file states, whether that can be relied on, and what the profile says.

use serde_json::{Value, json};

use super::bytes::*;
use super::run;
use super::suite::{Files, Suite, sha256};

const DST: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

fn with(suite: &mut Suite, kind: Kind, id: &str, flags: &[&str], comment: &str, bytes: &[u8], params: Value) {
    let file = format!("{id}.{}", kind.extension());
    let expected = run::verify(bytes, &params);
    assert!(expected.get("report").is_some(), "{id}: {expected}");
    suite.file(&file, bytes);
    suite.add(id, flags, comment, json!({ "file": file, "sha256": sha256(bytes), "params": params, "expected": expected }));
}

fn add(suite: &mut Suite, kind: Kind, id: &str, flags: &[&str], comment: &str, bytes: &[u8]) {
    with(suite, kind, id, flags, comment, bytes, json!({}));
}

/// A picture with this packet in the format's own place.
fn packed(kind: Kind, packet: &[u8]) -> Vec<u8> {
    match kind {
        Kind::Png => png(&[png_xmp(packet)], &[]),
        Kind::Jpeg => jpeg(&[jfif(), jpeg_xmp(packet)], &[]),
        Kind::Webp => webp(4, &[riff_chunk(b"XMP ", packet)]),
    }
}

fn with_exif(kind: Kind, block: &[u8]) -> Vec<u8> {
    match kind {
        Kind::Png => png(&[png_chunk(b"eXIf", block)], &[]),
        Kind::Jpeg => jpeg(&[jfif(), jpeg_exif(block)], &[]),
        Kind::Webp => webp(8, &[riff_chunk(b"EXIF", block)]),
    }
}

fn in_namespace(prefix: &str, namespace: &str) -> Vec<u8> {
    packet(&format!("xmlns:{prefix}=\"{namespace}\""), &format!("<{prefix}:AIGC>{}</{prefix}:AIGC>", escape(&plain())))
}

/// A label and an IPTC source type in one packet.
fn both(json: &str, source_type: &str) -> Vec<u8> {
    packet(
        &format!("xmlns:TC260=\"{TC260}\" xmlns:Iptc4xmpExt=\"{IPTC}\" Iptc4xmpExt:DigitalSourceType=\"{source_type}\""),
        &format!("<TC260:AIGC>{}</TC260:AIGC>", escape(json)),
    )
}

pub fn build(out: &mut Files) {
    for kind in KINDS {
        let mut suite = Suite::new(&format!("verdict/{}", kind.name()), "verify");
        everywhere(&mut suite, kind);
        match kind {
            Kind::Png => png_only(&mut suite),
            Kind::Jpeg => jpeg_only(&mut suite),
            Kind::Webp => webp_only(&mut suite),
        }
        suite.finish(&format!("verdict/{}/vectors.json", kind.name()), out);
    }
}

fn everywhere(s: &mut Suite, kind: Kind) {
    let label = plain();
    let none = match kind {
        Kind::Png => png(&[], &[]),
        Kind::Jpeg => jpeg(&[jfif()], &[]),
        Kind::Webp => riff(&[vp8l()]),
    };
    add(s, kind, "none", &["NoLabel"], "no mark at all", &none);
    with(s, kind, "none-declared", &["Declared"], "no mark, and the user declared it", &none, json!({ "declared": true }));
    add(s, kind, "normative", &["Normative"], "TC260:AIGC in the format's own place", &packed(kind, &aigc_packet(&label)));
    with(s, kind, "wrong-name", &["Name"], "the name says another format", &none, json!({ "file_name": if kind == Kind::Png { "a/photo.JPG" } else { "photo.png" } }));
    with(s, kind, "right-name", &["Name"], "the name says the format", &none, json!({ "file_name": format!("photo.{}", kind.extension()) }));
    add(s, kind, "exif-wrapped", &["Wild", "WrongPlace"], "the wrapped object in the user comment", &with_exif(kind, &exif(&[], &[user_comment(&wrapped(&label))])));
    add(s, kind, "trailing-data", &["Structure"], "bytes behind the end", &[&none[..], b"PK\x03\x04"].concat());
    add(s, kind, "truncated", &["Structure"], "the end is missing", none.get(..none.len() - 3).unwrap_or_default());
    add(s, kind, "not-ai", &["SourceType"], "a camera made it; that is no AI claim", &packed(kind, &iptc_packet(&format!("{DST}digitalCapture"))));
    add(s, kind, "source-type", &["SourceType"], "only an IPTC source type says AI", &packed(kind, &iptc_packet(&format!("{DST}trainedAlgorithmicMedia"))));
}

fn png_only(s: &mut Suite) {
    let kind = Kind::Png;
    let (own, other) = (code('1', "0001"), other_code('2', "0001"));
    let label = plain();
    let in_xmp = |json: &str| png(&[png_xmp(&aigc_packet(json))], &[]);
    let in_text = |json: &str| png(&[text_chunk("AIGC", json.as_bytes())], &[]);
    let mut a = |id: &str, flags: &[&str], comment: &str, bytes: Vec<u8>| add(s, kind, id, flags, comment, &bytes);

    // Variants of real products (facts: the wild), with own bytes and codes.
    let empty = object(["1", &own, "vector-0001", "", "", "", ""]);
    let declared = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}",
        String::from_utf8_lossy(&aigc_packet(&empty)).replace("?>\n<x:", "\"??>\n<x:").replace("\"\"??>", "\"??>")
    );
    a("wild-01-declaration-first", &["Wild"], "an XML declaration before the packet wrapper, propagator empty", png(&[png_xmp(declared.as_bytes())], &[]));
    a("wild-02-propagator", &["Wild"], "another propagator and a slash in the number", in_xmp(&object(["1", &own, "bucket-i-0a1b/77", "", &other, "bucket-i-0a1b/77", ""])));
    let attribute = packet(&format!("xmlns:TC260=\"{TC260}\" TC260:AIGC=\"{}\"", escape(&object(["1", "example", "a", "", "example", "a", ""]))), "");
    a("wild-03-attribute", &["Wild"], "the property as an attribute; the producer is a name", png(&[png_xmp(&attribute)], &[]));
    a("wild-04-text", &["Wild", "WrongPlace"], "tEXt AIGC with the bare object", in_text(&label));
    a("wild-05-line-feeds", &["Wild", "WrongPlace"], "line feeds between members", in_text(&label.replace(",\"", ",\n\"")));
    a("wild-05-zero-codes", &["Wild", "Value"], "dummy codes of 29 zeros", in_text(&object(["1", &"0".repeat(29), "a", "", &"0".repeat(29), "a", ""])));
    let private = user_comment("{\"aigc_info\":{\"aigc_label_type\":0,\"source_info\":\"example\"},\"data\":{}}");
    let block = exif(&[ascii(ARTIST, &"0123456789abcdef".repeat(4))], &[private]);
    let two = png(&[text_chunk("AIGC", label.as_bytes()), png_chunk(b"eXIf", &block)], &[png_chunk(b"eXIf", &block)]);
    with(s, kind, "wild-06-two-exif-named-jpg", &["Wild", "Name"], "tEXt beside two eXIf with a private block, saved under .jpg", &two, json!({ "file_name": "image.jpg" }));
    let mut a = |id: &str, flags: &[&str], comment: &str, bytes: Vec<u8>| add(s, kind, id, flags, comment, &bytes);
    let vendor = "{\"AIGC\":{\"ServiceProvider\":\"示例云\",\"ServiceUser\":\"u\",\"Time\":\"2026-01-01\",\"ContentId\":\"c\"}}";
    let spaced = format!("{{\"AIGC\": {}}}", label.replace("\":\"", "\": \"").replace("\",\"", "\", \""));
    a("wild-08-two-schemas", &["Wild", "WrongPlace"], "the label in the user comment, a vendor's own object in the description", with_exif(kind, &exif(&[ascii(IMAGE_DESCRIPTION, vendor)], &[user_comment(&spaced)])));
    let alone = wrapped(&label);
    let saved = packet(
        "xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
        &format!(
            "<exif:UserComment><rdf:Alt><rdf:li xml:lang=\"x-default\">{0}</rdf:li></rdf:Alt></exif:UserComment>\
             <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{0}</rdf:li></rdf:Alt></dc:description>",
            escape(&alone)
        ),
    );
    a("wild-09-saved-again", &["Wild", "Duplicate"], "a photo program copied the user comment to XMP", png(&[png_chunk(b"eXIf", &exif(&[], &[user_comment(&alone)])), png_xmp(&saved)], &[]));
    a("wild-16-wrapped", &["Wrapping"], "wrapped where the bare object is due", in_xmp(&wrapped(&label)));
    a("wild-16-wrapped-twice", &["Wrapping"], "two wrappers", in_xmp(&wrapped(&wrapped(&label))));
    a("wild-16-text-wrapped-twice", &["Wrapping", "WrongPlace"], "two wrappers in tEXt AIGC", in_text(&wrapped(&wrapped(&label))));
    a("wild-16-json-in-string", &["Wrapping"], "a JSON string in JSON", in_xmp(&Value::from(label.clone()).to_string()));
    a("wild-26-typos", &["Form"], "misspelt keys; nothing is mapped in silence", in_xmp(&format!("{{\"Label\":\"1\",\"ContentProducer\":\"{own}\",\"ProduceID\":\"a\",\"ReserveCode1\":\"\",\"Propagator\":\"{own}\",\"PropatorID\":\"a\",\"ReservedCode2: \":\"\"}}")));
    a("wild-26-timestamp", &["Form"], "an extra key", in_xmp(&label.replace("\"ReservedCode2\"", "\"Timestamp\":\"1758000000\",\"ReservedCode2\"")));
    a("wild-26-number", &["Form"], "Label is a number", in_xmp(&label.replace("\"Label\":\"1\"", "\"Label\":1")));
    for (n, (prefix, namespace)) in [
        ("metatoolkit", "http://example.com/metatoolkit/1.0/"),
        ("dc", "http://purl.org/dc/elements/1.1/"),
        ("aigc", "http://example.org/aigc/"),
        ("ns1", "http://example.com/aigc/1.0/"),
    ]
    .into_iter()
    .enumerate()
    {
        a(&format!("wild-27-namespace-{}", n + 1), &["Namespace"], "the property AIGC in another namespace", png(&[png_xmp(&in_namespace(prefix, namespace))], &[]));
    }
    a("namespace-prefix-alone", &["Namespace"], "the prefix TC260 bound to another namespace", png(&[png_xmp(&in_namespace("TC260", "http://example.com/1.0/"))], &[]));
    a("namespace-other-prefix", &["Normative"], "the right namespace under another prefix is right", png(&[png_xmp(&in_namespace("x1", TC260))], &[]));

    // Levels and who says so.
    a("level-2", &["Level"], "possible", in_xmp(&object(["2", &own, "a", "", &own, "a", ""])));
    a("level-3-platform", &["Level"], "a platform suspects it; no producer is known", in_xmp(&object(["3", "", "", "", &other, "b", ""])));
    a("level-1-without-producer", &["Level", "Value"], "level 1 asks for a producer", in_xmp(&object(["1", "", "", "", &other, "b", ""])));
    a("label-word", &["Value"], "Label is AIGC", in_xmp(&object(["AIGC", &own, "a", "", &own, "a", ""])));
    a("label-missing", &["Form"], "Label is missing", in_xmp(&label.replace("\"Label\":\"1\",", "")));

    // Several labels.
    a("duplicate", &["Duplicate"], "the same label in XMP and tEXt", png(&[png_xmp(&aigc_packet(&label)), text_chunk("AIGC", label.as_bytes())], &[]));
    a("duplicate-order", &["Duplicate"], "the same label with keys in another order", png(&[png_xmp(&aigc_packet(&label)), text_chunk("AIGC", label.replace("{\"Label\":\"1\",", "{").replace('}', ",\"Label\":\"1\"}").as_bytes())], &[]));
    a("conflict-id", &["Conflict"], "two numbers", png(&[png_xmp(&aigc_packet(&label)), text_chunk("AIGC", with_id("b").as_bytes())], &[]));
    a("conflict-level", &["Conflict"], "confirmed and suspected: the stronger decides", png(&[png_xmp(&aigc_packet(&label.replace("\"Label\":\"1\"", "\"Label\":\"3\""))), text_chunk("AIGC", label.as_bytes())], &[]));
    a("conflict-two-properties", &["Conflict"], "the property in two descriptions of one packet", png(&[png_xmp(&packet(&format!("xmlns:TC260=\"{TC260}\""), &format!("<TC260:AIGC>{}</TC260:AIGC><TC260:AIGC>{}</TC260:AIGC>", escape(&label), escape(&with_id("b")))))], &[]));
    a("one-broken-one-good", &["Broken", "Duplicate"], "a broken label beside a good one", png(&[png_xmp(&aigc_packet("{\"Label\":")), text_chunk("AIGC", label.as_bytes())], &[]));
    a("two-packets", &["Xmp", "Duplicate"], "two XMP packets with the same label", png(&[png_xmp(&aigc_packet(&label)), png_xmp(&aigc_packet(&label))], &[]));
    a("two-packets-second-labelled", &["Xmp"], "two packets, the label in the second", png(&[png_xmp(&packet("", "")), png_xmp(&aigc_packet(&label))], &[]));

    // Places.
    a("late-text", &["Late", "WrongPlace"], "tEXt behind IDAT", png(&[], &[text_chunk("AIGC", label.as_bytes())]));
    a("late-xmp", &["Late"], "the packet behind IDAT", png(&[], &[png_xmp(&aigc_packet(&label))]));
    a("ztxt", &["WrongPlace"], "zTXt AIGC", png(&[ztxt_chunk("AIGC", &zlib(label.as_bytes()))], &[]));
    a("itxt", &["WrongPlace"], "iTXt AIGC", png(&[itxt_chunk("AIGC", label.as_bytes())], &[]));
    a("itxt-lower-case", &["WrongPlace"], "the keyword in lower case", png(&[itxt_chunk("aigc", label.as_bytes())], &[]));
    a("itxt-compressed-packet", &["Normative"], "a compressed XMP packet", png(&[itxt_compressed("XML:com.adobe.xmp", &zlib(&aigc_packet(&label)))], &[]));
    a("comment-keyword", &["WrongPlace", "Wrapping"], "the wrapped object in tEXt Comment", png(&[text_chunk("Comment", wrapped(&label).as_bytes())], &[]));
    a("comment-vendor-form", &["WrongPlace"], "AIGC{…} in the middle of a comment", png(&[text_chunk("Comment", format!("made by x; AIGC{label}; end").as_bytes())], &[]));
    a("comment-sibling-object", &["WrongPlace", "Form"], "another object stands before the key AIGC", png(&[text_chunk("Comment", format!("{{\"tool\":{{\"name\":\"x\"}},\"AIGC\":{label}}}").as_bytes())], &[]));
    a("comment-word-first", &["WrongPlace", "Form"], "AIGC as a value before AIGC as a key", png(&[text_chunk("Comment", format!("{{\"tool\":\"AIGC\",\"AIGC\":{label}}}").as_bytes())], &[]));
    a("description", &["WrongPlace"], "the wrapped object in the Exif description", with_exif(kind, &exif(&[ascii(IMAGE_DESCRIPTION, &wrapped(&label))], &[])));
    a("unicode-comment", &["WrongPlace"], "a user comment in UTF-16", with_exif(kind, &exif(&[], &[(USER_COMMENT, UNDEFINED, [b"UNICODE\0".to_vec(), wrapped(&label).encode_utf16().flat_map(u16::to_le_bytes).collect()].concat())])));
    a("dc-description", &["WrongPlace"], "the wrapped object in dc:description", png(&[png_xmp(&packet("xmlns:dc=\"http://purl.org/dc/elements/1.1/\"", &format!("<dc:description>{}</dc:description>", escape(&wrapped(&label)))))], &[]));

    // Values.
    a("propagator-empty", &["Wild"], "both propagator fields empty", in_xmp(&empty));
    a("zero-id", &["Value"], "32 zeros", in_xmp(&object(["1", &own, &"0".repeat(32), "", &own, &"0".repeat(32), ""])));
    a("id-missing", &["Value"], "no number", in_xmp(&object(["1", &own, "", "", &own, "a", ""])));
    a("name", &["Value"], "a name for the code", in_xmp(&object(["1", "example", "a", "", "example", "a", ""])));
    a("chinese-name", &["Value"], "a Chinese name", in_xmp(&object(["1", "示例公司", "a", "", "示例公司", "a", ""])));
    a("bad-check-digit", &["ProviderCode"], "the code's check digit is off", in_xmp(&object(["1", &own.replace("T1A", "T2A"), "a", "", &own, "a", ""])));
    a("long-field", &["Value"], "a field of 4,097 bytes", in_xmp(&object(["1", &own, "a", &"x".repeat(4097), &own, "a", ""])));
    a("key-order", &["Form"], "another order of keys", in_xmp(&label.replace("{\"Label\":\"1\",", "{").replace('}', ",\"Label\":\"1\"}")));
    a("keys-missing", &["Form"], "neither reserved key", in_xmp(&label.replace("\"ReservedCode1\":\"\",", "").replace(",\"ReservedCode2\":\"\"", "")));
    a("escapes-shown", &["Value"], "terminal control characters in a value are escaped in text", in_xmp(&object(["1\u{1b}[31m", &own, "a", "", &own, "a", ""])));

    // Broken labels: never none.
    a("not-json", &["Broken"], "a word in the label's place", in_xmp("AI"));
    a("cut-json", &["Broken"], "the object ends early", in_xmp(label.get(..40).unwrap_or_default()));
    a("empty-value", &["Broken"], "an empty property", in_xmp(""));
    a("duplicate-keys", &["Broken"], "Label twice in one object", in_xmp(&label.replace("\"ProduceID\"", "\"Label\":\"3\",\"ProduceID\"")));
    a("other-schema", &["Broken"], "the right place with a vendor's own object", in_xmp("{\"ServiceProvider\":\"example\"}"));
    a("text-empty", &["Broken", "WrongPlace"], "tEXt AIGC without a value", in_text(""));
    a("ztxt-broken", &["Broken", "Structure"], "zTXt AIGC whose stream is broken", png(&[ztxt_chunk("AIGC", b"\x78\x01broken")], &[]));

    // Ordinary text is no label.
    a("word-in-text", &["Ordinary"], "the word AIGC in a comment", png(&[text_chunk("Comment", b"made with AIGC tools")], &[]));
    a("word-in-json", &["Ordinary"], "AIGC as a value", png(&[text_chunk("Comment", b"{\"tool\":\"AIGC\"}")], &[]));
    a("workflow", &["Ordinary"], "a workflow of a generator", png(&[text_chunk("workflow", b"{\"nodes\":[{\"type\":\"x\"}]}")], &[]));

    // IPTC.
    let iptc = |value: &str| png(&[png_xmp(&iptc_packet(value))], &[]);
    a("source-type-term", &["SourceType"], "the term alone", iptc("trainedAlgorithmicMedia"));
    a("source-type-https", &["SourceType"], "https in the URI", iptc(&format!("{DST}compositeSynthetic").replace("http:", "https:")));
    a("source-type-algorithmic", &["SourceType"], "a merely algorithmic picture is no AI claim", iptc(&format!("{DST}algorithmicMedia")));
    a("source-type-unknown", &["SourceType"], "an unknown term", iptc(&format!("{DST}madeUp")));
    a("source-type-agrees", &["SourceType"], "label and source type agree", png(&[png_xmp(&both(&label, &format!("{DST}trainedAlgorithmicMedia")))], &[]));
    a("source-type-conflict", &["SourceType", "Conflict"], "a camera by the source type, AI by the label: the AI statement stands", png(&[png_xmp(&both(&label, &format!("{DST}digitalCapture")))], &[]));

    // The packet itself.
    let cut = String::from_utf8_lossy(&aigc_packet(&label)).replace("</rdf:Description>", "<broken");
    a("xmp-broken-behind", &["Xmp"], "the packet breaks behind the label", png(&[png_xmp(cut.as_bytes())], &[]));
    let cut = String::from_utf8_lossy(&aigc_packet(&label)).replace("<TC260:AIGC>", "<broken <TC260:AIGC>");
    a("xmp-broken-before", &["Xmp"], "the packet breaks before the label", png(&[png_xmp(cut.as_bytes())], &[]));
    let entity = format!("<!DOCTYPE x [<!ENTITY a \"b\">]>{}", String::from_utf8_lossy(&aigc_packet(&label)));
    a("xmp-doctype", &["Xmp"], "a document type is never expanded", png(&[png_xmp(entity.as_bytes())], &[]));
    a("exif-broken", &["Exif"], "an Exif block whose directory lies outside", with_exif(kind, b"II*\0\xff\xff\0\0"));

    // Structure.
    let mut crc = png(&[text_chunk("AIGC", label.as_bytes())], &[]);
    if let Some(b) = crc.get_mut(33 + 8 + 5 + label.len()) {
        *b ^= 0xFF;
    }
    a("checksum", &["Structure"], "the label's chunk has a wrong checksum", crc);
    let mut letters = png(&[], &[]);
    letters.splice(37..41, *b"ID@T");
    a("chunk-type", &["Structure"], "a chunk type that is no letters", letters);
    let whole = png(&[text_chunk("AIGC", label.as_bytes())], &[]);
    a("truncated-behind-label", &["Structure"], "cut in the picture data, behind a label", whole.get(..whole.len() - 500).unwrap_or_default().to_vec());
    let mut swapped = b"\x89PNG\r\n\x1a\n".to_vec();
    swapped.extend(text_chunk("AIGC", label.as_bytes()));
    swapped.extend(png(&[], &[]).get(8..).unwrap_or_default());
    a("label-before-header", &["Structure"], "a chunk before IHDR", swapped);

    // Manifests that are not there.
    let marked = object(["1", &own, "a", &format!("biaoshi-c2pa-1:{}", "ab".repeat(32)), &own, "a", ""]);
    a("manifest-missing", &["Manifest"], "the label says that a manifest goes with it", in_xmp(&marked));
    let provenance = |value: &str| png(&[png_xmp(&packet("xmlns:dcterms=\"http://purl.org/dc/terms/\"", &format!("<dcterms:provenance>{value}</dcterms:provenance>")))], &[]);
    a("manifest-remote", &["Manifest"], "the manifest lies on the network and is not fetched", provenance("https://example.com/m.c2pa"));
    a("manifest-gone", &["Manifest"], "the metadata points into a store that is gone", provenance("self#jumbf=/c2pa/urn:c2pa:0"));
    a("manifest-garbage", &["ManifestStore"], "a store of arbitrary bytes", png(&[png_chunk(b"caBX", b"no store")], &[]));
}

fn jpeg_only(s: &mut Suite) {
    let kind = Kind::Jpeg;
    let (own, other) = (code('1', "0001"), other_code('2', "0001"));
    let label = plain();
    let mut a = |id: &str, flags: &[&str], comment: &str, bytes: Vec<u8>| add(s, kind, id, flags, comment, &bytes);
    let private = |n: u8| user_comment(&format!("{{\"aigc_info\":{{\"aigc_label_type\":{n},\"source_info\":\"example\"}}}}"));
    a("wild-07-private-0", &["Wild"], "only a private block, type 0 says nothing", with_exif(kind, &exif(&[], &[private(0)])));
    a("wild-07-private-1", &["Wild"], "only a private block, type 1", with_exif(kind, &exif(&[], &[private(1)])));
    a("wild-10-user-comment", &["Wild", "WrongPlace"], "a user comment with the wrapped object", with_exif(kind, &exif(&[], &[user_comment(&wrapped(&object(["1", &own, "a", "", &other, "b", ""])))])));
    a("wild-11-app9", &["Wild", "WrongPlace"], "APP9 that starts with AIGC{", jpeg(&[jfif(), segment(0xE9, format!("AIGC{label}").as_bytes())], &[]));
    let nested = format!("{{\"AIGC\":{{\"Label\":\"1\",\"ContentProducer\":{{\"code\":\"{own}\"}},\"ProduceID\":\"a\",\"ReservedCode1\":\"\",\"ContentPropagator\":{{\"code\":\"{own}\"}},\"PropagateID\":\"a\",\"ReservedCode2\":\"\"}}}}");
    a("wild-12-object-codes", &["Wild", "Form"], "objects where strings are due", with_exif(kind, &exif(&[], &[user_comment(&nested)])));
    a("wild-13-comment", &["Wild", "WrongPlace"], "a comment segment with two keys", jpeg(&[jfif(), segment(0xFE, b"{\"AIGC\":{\"Label\":\"1\",\"ContentProducer\":\"example\"}}")], &[]));
    a("description", &["WrongPlace"], "the wrapped object in the Exif description", with_exif(kind, &exif(&[ascii(IMAGE_DESCRIPTION, &wrapped(&label))], &[])));
    a("app11-text", &["WrongPlace"], "APP11 that is no JUMBF", jpeg(&[jfif(), segment(0xEB, wrapped(&label).as_bytes())], &[]));
    a("comment-behind-scan", &["Late", "WrongPlace"], "a comment behind the picture data", jpeg(&[jfif()], &[segment(0xFE, wrapped(&label).as_bytes())]));
    a("xmp-behind-scan", &["Late"], "the packet behind the picture data", jpeg(&[jfif()], &[jpeg_xmp(&aigc_packet(&label))]));
    a("duplicate", &["Duplicate"], "XMP and user comment agree", jpeg(&[jfif(), jpeg_exif(&exif(&[], &[user_comment(&wrapped(&label))])), jpeg_xmp(&aigc_packet(&label))], &[]));
    a("conflict", &["Conflict"], "XMP and comment contradict each other", jpeg(&[jfif(), jpeg_xmp(&aigc_packet(&label)), segment(0xFE, wrapped(&with_id("b")).as_bytes())], &[]));

    let guid = "0123456789ABCDEF0123456789ABCDEF";
    let whole = aigc_packet(&label);
    let main = jpeg_xmp(&packet("xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\"", &format!("<xmpNote:HasExtendedXMP>{guid}</xmpNote:HasExtendedXMP>")));
    let (one, two) = (jpeg_xmp_part(guid, &whole, 0, 300), jpeg_xmp_part(guid, &whole, 300, whole.len()));
    a("extended-xmp", &["WrongPlace"], "the label in extended XMP", jpeg(&[jfif(), main.clone(), one.clone(), two.clone()], &[]));
    a("extended-xmp-swapped", &["WrongPlace"], "its parts in the other order", jpeg(&[jfif(), main.clone(), two, one.clone()], &[]));
    a("extended-xmp-part-missing", &["Xmp"], "a part of extended XMP is missing", jpeg(&[jfif(), main, one], &[]));
    a("two-packets", &["Xmp", "Duplicate"], "two packets", jpeg(&[jfif(), jpeg_xmp(&whole), jpeg_xmp(&whole)], &[]));
    a("exif-broken", &["Exif"], "an Exif block without a byte order", with_exif(kind, b"XX*\0\x08\0\0\0"));
    a("exif-pad-ff", &["Wild", "WrongPlace"], "FF behind Exif where 00 is due", jpeg(&[jfif(), segment(0xE1, &[b"Exif\0\xFF", &exif(&[], &[user_comment(&wrapped(&label))])[..]].concat())], &[]));
    a("exif-broken-behind", &["Exif", "WrongPlace"], "a label, then an entry that lies outside", with_exif(kind, &{
        let mut block = exif(&[ascii(IMAGE_DESCRIPTION, &wrapped(&label)), ascii(ARTIST, "someone else")], &[]);
        // The second entry's offset.
        block.splice(8 + 2 + 12 + 8..8 + 2 + 12 + 12, [0xF0, 0xFF, 0xFF, 0x7F]);
        block
    }));
    a("no-scan", &["Structure"], "tables and no picture", [&[0xFF, 0xD8][..], &jfif(), &segment(0xFE, wrapped(&label).as_bytes()), &[0xFF, 0xD9]].concat());
    a("garbage-between", &["Structure"], "bytes where a marker is due, behind a label", {
        let mut bytes = jpeg(&[jfif(), segment(0xFE, wrapped(&label).as_bytes())], &[]);
        let at = 2 + jfif().len() + 4 + wrapped(&label).len();
        bytes.splice(at..at, *b"garbage");
        bytes
    });
    let jumbf = segment(0xEB, b"JP\0\x01\0\0\0\x01\0\0\0\x10jumbno store");
    a("manifest-garbage", &["ManifestStore"], "APP11 with a store of arbitrary bytes", jpeg(&[jfif(), jumbf], &[]));
}

fn webp_only(s: &mut Suite) {
    let kind = Kind::Webp;
    let label = plain();
    let mut a = |id: &str, flags: &[&str], comment: &str, bytes: Vec<u8>| add(s, kind, id, flags, comment, &bytes);
    let xmp = |json: &str| riff_chunk(b"XMP ", &aigc_packet(json));
    let tiff = exif(&[], &[user_comment(&wrapped(&label))]);
    a("flag-missing", &["Structure"], "a packet whose flag isn't set", webp(0, &[xmp(&label)]));
    a("exif-prefix", &["Wild", "WrongPlace"], "EXIF with JPEG's prefix", webp(8, &[riff_chunk(b"EXIF", &[b"Exif\0\0", &tiff[..]].concat())]));
    a("duplicate", &["Duplicate"], "EXIF and XMP agree", webp(12, &[riff_chunk(b"EXIF", &tiff), xmp(&label)]));
    a("conflict", &["Conflict"], "EXIF and XMP contradict each other", webp(12, &[riff_chunk(b"EXIF", &tiff), xmp(&with_id("b"))]));
    a("two-packets", &["Xmp", "Duplicate"], "two packets", webp(4, &[xmp(&label), xmp(&label)]));
    a("fourcc-nul", &["Wild"], "XMP with a NUL for the space", webp(4, &[riff_chunk(b"XMP\0", &aigc_packet(&label))]));
    let mut odd = webp(0, &[riff_chunk(b"ABCD", b"odd")]);
    odd.pop();
    let size = (odd.len() as u32 - 8).to_le_bytes();
    odd.splice(4..8, size);
    a("pad-missing", &["Structure"], "the last chunk lacks its pad byte", odd);
    let mut past = webp(4, &[xmp(&label)]);
    past.splice(12 + 18 + 4..12 + 18 + 8, 0x7FFF_FFF0u32.to_le_bytes());
    a("chunk-past-end", &["Structure"], "a chunk that reaches past the end", past);
    a("no-picture", &["Structure"], "metadata and no picture", riff(&[vp8x(4), xmp(&label)]));
    a("label-behind-end", &["Structure"], "a chunk behind the end of the RIFF is not read", [webp(0, &[]), xmp(&label)].concat());
    a("manifest-garbage", &["ManifestStore"], "a store of arbitrary bytes", webp(0, &[riff_chunk(b"C2PA", b"no store")]));
}
