//! Variants that only PNG has.

use super::*;

pub(super) fn png_only(s: &mut Suite) {
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
    a(
        "wild-01-declaration-first",
        &["Wild"],
        "an XML declaration before the packet wrapper, propagator empty",
        png(&[png_xmp(declared.as_bytes())], &[]),
    );
    a(
        "wild-02-propagator",
        &["Wild"],
        "another propagator and a slash in the number",
        in_xmp(&object(["1", &own, "bucket-i-0a1b/77", "", &other, "bucket-i-0a1b/77", ""])),
    );
    let attribute = packet(
        &format!(
            "xmlns:TC260=\"{TC260}\" TC260:AIGC=\"{}\"",
            escape(&object(["1", "example", "a", "", "example", "a", ""]))
        ),
        "",
    );
    a(
        "wild-03-attribute",
        &["Wild"],
        "the property as an attribute; the producer is a name",
        png(&[png_xmp(&attribute)], &[]),
    );
    a("wild-04-text", &["Wild", "WrongPlace"], "tEXt AIGC with the bare object", in_text(&label));
    a(
        "wild-05-line-feeds",
        &["Wild", "WrongPlace"],
        "line feeds between members",
        in_text(&label.replace(",\"", ",\n\"")),
    );
    a(
        "wild-05-zero-codes",
        &["Wild", "Value"],
        "dummy codes of 29 zeros",
        in_text(&object(["1", &"0".repeat(29), "a", "", &"0".repeat(29), "a", ""])),
    );
    let private = user_comment("{\"aigc_info\":{\"aigc_label_type\":0,\"source_info\":\"example\"},\"data\":{}}");
    let block = exif(&[ascii(ARTIST, &"0123456789abcdef".repeat(4))], &[private]);
    let two = png(&[text_chunk("AIGC", label.as_bytes()), png_chunk(b"eXIf", &block)], &[png_chunk(b"eXIf", &block)]);
    with(
        s,
        kind,
        "wild-06-two-exif-named-jpg",
        &["Wild", "Name"],
        "tEXt beside two eXIf with a private block, saved under .jpg",
        &two,
        json!({ "file_name": "image.jpg" }),
    );
    let mut a = |id: &str, flags: &[&str], comment: &str, bytes: Vec<u8>| add(s, kind, id, flags, comment, &bytes);
    let vendor =
        "{\"AIGC\":{\"ServiceProvider\":\"示例云\",\"ServiceUser\":\"u\",\"Time\":\"2026-01-01\",\"ContentId\":\"c\"}}";
    let spaced = format!("{{\"AIGC\": {}}}", label.replace("\":\"", "\": \"").replace("\",\"", "\", \""));
    a(
        "wild-08-two-schemas",
        &["Wild", "WrongPlace"],
        "the label in the user comment, a vendor's own object in the description",
        with_exif(kind, &exif(&[ascii(IMAGE_DESCRIPTION, vendor)], &[user_comment(&spaced)])),
    );
    let alone = wrapped(&label);
    let saved = packet(
        "xmlns:exif=\"http://ns.adobe.com/exif/1.0/\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
        &format!(
            "<exif:UserComment><rdf:Alt><rdf:li xml:lang=\"x-default\">{0}</rdf:li></rdf:Alt></exif:UserComment>\
             <dc:description><rdf:Alt><rdf:li xml:lang=\"x-default\">{0}</rdf:li></rdf:Alt></dc:description>",
            escape(&alone)
        ),
    );
    a(
        "wild-09-saved-again",
        &["Wild", "Duplicate"],
        "a photo program copied the user comment to XMP",
        png(&[png_chunk(b"eXIf", &exif(&[], &[user_comment(&alone)])), png_xmp(&saved)], &[]),
    );
    a("wild-16-wrapped", &["Wrapping"], "wrapped where the bare object is due", in_xmp(&wrapped(&label)));
    a("wild-16-wrapped-twice", &["Wrapping"], "two wrappers", in_xmp(&wrapped(&wrapped(&label))));
    a(
        "wild-16-text-wrapped-twice",
        &["Wrapping", "WrongPlace"],
        "two wrappers in tEXt AIGC",
        in_text(&wrapped(&wrapped(&label))),
    );
    a(
        "wild-16-json-in-string",
        &["Wrapping"],
        "a JSON string in JSON",
        in_xmp(&Value::from(label.clone()).to_string()),
    );
    a(
        "wild-26-typos",
        &["Form"],
        "misspelt keys; nothing is mapped in silence",
        in_xmp(&format!(
            "{{\"Label\":\"1\",\"ContentProducer\":\"{own}\",\"ProduceID\":\"a\",\"ReserveCode1\":\"\",\"Propagator\":\"{own}\",\"PropatorID\":\"a\",\"ReservedCode2: \":\"\"}}"
        )),
    );
    a(
        "wild-26-timestamp",
        &["Form"],
        "an extra key",
        in_xmp(&label.replace("\"ReservedCode2\"", "\"Timestamp\":\"1758000000\",\"ReservedCode2\"")),
    );
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
        a(
            &format!("wild-27-namespace-{}", n + 1),
            &["Namespace"],
            "the property AIGC in another namespace",
            png(&[png_xmp(&in_namespace(prefix, namespace))], &[]),
        );
    }
    a(
        "namespace-prefix-alone",
        &["Namespace"],
        "the prefix TC260 bound to another namespace",
        png(&[png_xmp(&in_namespace("TC260", "http://example.com/1.0/"))], &[]),
    );
    a(
        "namespace-other-prefix",
        &["Normative"],
        "the right namespace under another prefix is right",
        png(&[png_xmp(&in_namespace("x1", TC260))], &[]),
    );

    // Levels and who says so.
    a("level-2", &["Level"], "possible", in_xmp(&object(["2", &own, "a", "", &own, "a", ""])));
    a(
        "level-3-platform",
        &["Level"],
        "a platform suspects it; no producer is known",
        in_xmp(&object(["3", "", "", "", &other, "b", ""])),
    );
    a(
        "level-1-without-producer",
        &["Level", "Value"],
        "level 1 asks for a producer",
        in_xmp(&object(["1", "", "", "", &other, "b", ""])),
    );
    a("label-word", &["Value"], "Label is AIGC", in_xmp(&object(["AIGC", &own, "a", "", &own, "a", ""])));
    a("label-missing", &["Form"], "Label is missing", in_xmp(&label.replace("\"Label\":\"1\",", "")));

    // Several labels.
    a(
        "duplicate",
        &["Duplicate"],
        "the same label in XMP and tEXt",
        png(&[png_xmp(&aigc_packet(&label)), text_chunk("AIGC", label.as_bytes())], &[]),
    );
    a(
        "duplicate-order",
        &["Duplicate"],
        "the same label with keys in another order",
        png(
            &[
                png_xmp(&aigc_packet(&label)),
                text_chunk(
                    "AIGC",
                    label.replace("{\"Label\":\"1\",", "{").replace('}', ",\"Label\":\"1\"}").as_bytes(),
                ),
            ],
            &[],
        ),
    );
    a(
        "conflict-id",
        &["Conflict"],
        "two numbers",
        png(&[png_xmp(&aigc_packet(&label)), text_chunk("AIGC", with_id("b").as_bytes())], &[]),
    );
    a(
        "conflict-level",
        &["Conflict"],
        "confirmed and suspected: the stronger decides",
        png(
            &[
                png_xmp(&aigc_packet(&label.replace("\"Label\":\"1\"", "\"Label\":\"3\""))),
                text_chunk("AIGC", label.as_bytes()),
            ],
            &[],
        ),
    );
    a(
        "conflict-two-properties",
        &["Conflict"],
        "the property in two descriptions of one packet",
        png(
            &[png_xmp(&packet(
                &format!("xmlns:TC260=\"{TC260}\""),
                &format!(
                    "<TC260:AIGC>{}</TC260:AIGC><TC260:AIGC>{}</TC260:AIGC>",
                    escape(&label),
                    escape(&with_id("b"))
                ),
            ))],
            &[],
        ),
    );
    a(
        "one-broken-one-good",
        &["Broken", "Duplicate"],
        "a broken label beside a good one",
        png(&[png_xmp(&aigc_packet("{\"Label\":")), text_chunk("AIGC", label.as_bytes())], &[]),
    );
    a(
        "two-packets",
        &["Xmp", "Duplicate"],
        "two XMP packets with the same label",
        png(&[png_xmp(&aigc_packet(&label)), png_xmp(&aigc_packet(&label))], &[]),
    );
    a(
        "two-packets-second-labelled",
        &["Xmp"],
        "two packets, the label in the second",
        png(&[png_xmp(&packet("", "")), png_xmp(&aigc_packet(&label))], &[]),
    );

    // Places.
    a("late-text", &["Late", "WrongPlace"], "tEXt behind IDAT", png(&[], &[text_chunk("AIGC", label.as_bytes())]));
    a("late-xmp", &["Late"], "the packet behind IDAT", png(&[], &[png_xmp(&aigc_packet(&label))]));
    a("ztxt", &["WrongPlace"], "zTXt AIGC", png(&[ztxt_chunk("AIGC", &zlib(label.as_bytes()))], &[]));
    a("itxt", &["WrongPlace"], "iTXt AIGC", png(&[itxt_chunk("AIGC", label.as_bytes())], &[]));
    a(
        "itxt-lower-case",
        &["WrongPlace"],
        "the keyword in lower case",
        png(&[itxt_chunk("aigc", label.as_bytes())], &[]),
    );
    a(
        "itxt-compressed-packet",
        &["Normative"],
        "a compressed XMP packet",
        png(&[itxt_compressed("XML:com.adobe.xmp", &zlib(&aigc_packet(&label)))], &[]),
    );
    a(
        "comment-keyword",
        &["WrongPlace", "Wrapping"],
        "the wrapped object in tEXt Comment",
        png(&[text_chunk("Comment", wrapped(&label).as_bytes())], &[]),
    );
    a(
        "comment-vendor-form",
        &["WrongPlace"],
        "AIGC{…} in the middle of a comment",
        png(&[text_chunk("Comment", format!("made by x; AIGC{label}; end").as_bytes())], &[]),
    );
    a(
        "comment-sibling-object",
        &["WrongPlace", "Form"],
        "another object stands before the key AIGC",
        png(&[text_chunk("Comment", format!("{{\"tool\":{{\"name\":\"x\"}},\"AIGC\":{label}}}").as_bytes())], &[]),
    );
    a(
        "comment-word-first",
        &["WrongPlace", "Form"],
        "AIGC as a value before AIGC as a key",
        png(&[text_chunk("Comment", format!("{{\"tool\":\"AIGC\",\"AIGC\":{label}}}").as_bytes())], &[]),
    );
    a(
        "description",
        &["WrongPlace"],
        "the wrapped object in the Exif description",
        with_exif(kind, &exif(&[ascii(IMAGE_DESCRIPTION, &wrapped(&label))], &[])),
    );
    a(
        "unicode-comment",
        &["WrongPlace"],
        "a user comment in UTF-16",
        with_exif(
            kind,
            &exif(
                &[],
                &[(
                    USER_COMMENT,
                    UNDEFINED,
                    [b"UNICODE\0".to_vec(), wrapped(&label).encode_utf16().flat_map(u16::to_le_bytes).collect()]
                        .concat(),
                )],
            ),
        ),
    );
    a(
        "dc-description",
        &["WrongPlace"],
        "the wrapped object in dc:description",
        png(
            &[png_xmp(&packet(
                "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"",
                &format!("<dc:description>{}</dc:description>", escape(&wrapped(&label))),
            ))],
            &[],
        ),
    );

    // Values.
    a("propagator-empty", &["Wild"], "both propagator fields empty", in_xmp(&empty));
    a("zero-id", &["Value"], "32 zeros", in_xmp(&object(["1", &own, &"0".repeat(32), "", &own, &"0".repeat(32), ""])));
    a("id-missing", &["Value"], "no number", in_xmp(&object(["1", &own, "", "", &own, "a", ""])));
    a("name", &["Value"], "a name for the code", in_xmp(&object(["1", "example", "a", "", "example", "a", ""])));
    a("chinese-name", &["Value"], "a Chinese name", in_xmp(&object(["1", "示例公司", "a", "", "示例公司", "a", ""])));
    a(
        "bad-check-digit",
        &["ProviderCode"],
        "the code's check digit is off",
        in_xmp(&object(["1", &own.replace("T1A", "T2A"), "a", "", &own, "a", ""])),
    );
    a(
        "long-field",
        &["Value"],
        "a field of 4,097 bytes",
        in_xmp(&object(["1", &own, "a", &"x".repeat(4097), &own, "a", ""])),
    );
    a(
        "key-order",
        &["Form"],
        "another order of keys",
        in_xmp(&label.replace("{\"Label\":\"1\",", "{").replace('}', ",\"Label\":\"1\"}")),
    );
    a(
        "keys-missing",
        &["Form"],
        "neither reserved key",
        in_xmp(&label.replace("\"ReservedCode1\":\"\",", "").replace(",\"ReservedCode2\":\"\"", "")),
    );
    a(
        "escapes-shown",
        &["Value"],
        "terminal control characters in a value are escaped in text",
        in_xmp(&object(["1\u{1b}[31m", &own, "a", "", &own, "a", ""])),
    );

    // Broken labels: never none.
    a("not-json", &["Broken"], "a word in the label's place", in_xmp("AI"));
    a("cut-json", &["Broken"], "the object ends early", in_xmp(label.get(..40).unwrap_or_default()));
    a("empty-value", &["Broken"], "an empty property", in_xmp(""));
    a(
        "duplicate-keys",
        &["Broken"],
        "Label twice in one object",
        in_xmp(&label.replace("\"ProduceID\"", "\"Label\":\"3\",\"ProduceID\"")),
    );
    a(
        "other-schema",
        &["Broken"],
        "the right place with a vendor's own object",
        in_xmp("{\"ServiceProvider\":\"example\"}"),
    );
    a("text-empty", &["Broken", "WrongPlace"], "tEXt AIGC without a value", in_text(""));
    a(
        "ztxt-broken",
        &["Broken", "Structure"],
        "zTXt AIGC whose stream is broken",
        png(&[ztxt_chunk("AIGC", b"\x78\x01broken")], &[]),
    );

    // Ordinary text is no label.
    a(
        "word-in-text",
        &["Ordinary"],
        "the word AIGC in a comment",
        png(&[text_chunk("Comment", b"made with AIGC tools")], &[]),
    );
    a("word-in-json", &["Ordinary"], "AIGC as a value", png(&[text_chunk("Comment", b"{\"tool\":\"AIGC\"}")], &[]));
    a(
        "workflow",
        &["Ordinary"],
        "a workflow of a generator",
        png(&[text_chunk("workflow", b"{\"nodes\":[{\"type\":\"x\"}]}")], &[]),
    );

    // IPTC.
    let iptc = |value: &str| png(&[png_xmp(&iptc_packet(value))], &[]);
    a("source-type-term", &["SourceType"], "the term alone", iptc("trainedAlgorithmicMedia"));
    a(
        "source-type-https",
        &["SourceType"],
        "https in the URI",
        iptc(&format!("{DST}compositeSynthetic").replace("http:", "https:")),
    );
    a(
        "source-type-algorithmic",
        &["SourceType"],
        "a merely algorithmic picture is no AI claim",
        iptc(&format!("{DST}algorithmicMedia")),
    );
    a("source-type-unknown", &["SourceType"], "an unknown term", iptc(&format!("{DST}madeUp")));
    a(
        "source-type-agrees",
        &["SourceType"],
        "label and source type agree",
        png(&[png_xmp(&both(&label, &format!("{DST}trainedAlgorithmicMedia")))], &[]),
    );
    a(
        "source-type-conflict",
        &["SourceType", "Conflict"],
        "a camera by the source type, AI by the label: the AI statement stands",
        png(&[png_xmp(&both(&label, &format!("{DST}digitalCapture")))], &[]),
    );

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
    a(
        "truncated-behind-label",
        &["Structure"],
        "cut in the picture data, behind a label",
        whole.get(..whole.len() - 500).unwrap_or_default().to_vec(),
    );
    let mut swapped = b"\x89PNG\r\n\x1a\n".to_vec();
    swapped.extend(text_chunk("AIGC", label.as_bytes()));
    swapped.extend(png(&[], &[]).get(8..).unwrap_or_default());
    a("label-before-header", &["Structure"], "a chunk before IHDR", swapped);

    // Manifests that are not there.
    let marked = object(["1", &own, "a", &format!("biaoshi-c2pa-1:{}", "ab".repeat(32)), &own, "a", ""]);
    a("manifest-missing", &["Manifest"], "the label says that a manifest goes with it", in_xmp(&marked));
    let provenance = |value: &str| {
        png(
            &[png_xmp(&packet(
                "xmlns:dcterms=\"http://purl.org/dc/terms/\"",
                &format!("<dcterms:provenance>{value}</dcterms:provenance>"),
            ))],
            &[],
        )
    };
    a(
        "manifest-remote",
        &["Manifest"],
        "the manifest lies on the network and is not fetched",
        provenance("https://example.com/m.c2pa"),
    );
    a(
        "manifest-gone",
        &["Manifest"],
        "the metadata points into a store that is gone",
        provenance("self#jumbf=/c2pa/urn:c2pa:0"),
    );
    a(
        "manifest-garbage",
        &["ManifestStore"],
        "a store of arbitrary bytes",
        png(&[png_chunk(b"caBX", b"no store")], &[]),
    );
}
