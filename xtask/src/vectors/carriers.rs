//! Writing: the metadata layer alone, byte by byte.

use serde_json::{Value, json};

use super::bytes::*;
use super::run;
use super::suite::{Files, Suite, sha256};

/// The label that is written, without anything that is made at random.
fn label() -> Value {
    json!({ "producer": code('1', "0001"), "produce_id": "vector-0001" })
}

fn add(suite: &mut Suite, kind: Kind, id: &str, flags: &[&str], comment: &str, input: &[u8], label: &Value) {
    let file = format!("{id}/input.{}", kind.extension());
    let (out, expected) = run::write(input, label, &Value::Null);
    assert_eq!(out.is_some(), !id.ends_with("-fail"), "{id}: {expected}");
    suite.file(&file, input);
    let mut fields = json!({ "file": file, "sha256": sha256(input), "label": label });
    if let Some(out) = out {
        let output = format!("{id}/expected.{}", kind.extension());
        suite.file(&output, &out);
        fields["output"] = output.into();
        fields["output_sha256"] = sha256(&out).into();
    }
    fields["expected"] = expected;
    suite.add(id, flags, comment, fields);
}

pub fn build(out: &mut Files) {
    for kind in KINDS {
        let mut suite = Suite::new(&format!("carriers/{}", kind.name()), "write");
        {
            let s = &mut suite;
            let place = |packet: &[u8]| match kind {
                Kind::Png => png(&[png_xmp(packet)], &[]),
                Kind::Jpeg => jpeg(&[jfif(), jpeg_xmp(packet)], &[]),
                Kind::Webp => webp(4, &[riff_chunk(b"XMP ", packet)]),
            };
            let bare = match kind {
                Kind::Png => png(&[], &[]),
                Kind::Jpeg => jpeg(&[jfif()], &[]),
                Kind::Webp => riff(&[vp8l()]),
            };
            let mut platform = label();
            platform["level"] = "suspected".into();
            let mut full = label();
            full["propagator"] = other_code('2', "0001").into();
            full["propagate_id"] = "vector-0002".into();
            full["reserved_code1"] = "00112233445566778899aabbccddeeff00112233".into();
            full["source_type"] = "compositeWithTrainedAlgorithmicMedia".into();
            let broken = json!({ "producer": code('1', "0001").replace("T1A", "T2A"), "produce_id": "a" });
            let dc = "xmlns:dc=\"http://purl.org/dc/elements/1.1/\"";
            let title =
                packet(dc, "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">A &amp; B</rdf:li></rdf:Alt></dc:title>");

            add(s, kind, "plain-ok", &["Normative"], "no metadata before", &bare, &label());
            add(s, kind, "suspected-ok", &["Level"], "a platform's statement", &bare, &platform);
            add(s, kind, "every-field-ok", &["Normative"], "every field of the label", &bare, &full);
            add(
                s,
                kind,
                "packet-kept-ok",
                &["Kept"],
                "a packet with a title: one description is added",
                &place(&title),
                &label(),
            );
            add(
                s,
                kind,
                "packet-attributes-ok",
                &["Kept"],
                "properties as attributes stay as they are",
                &place(&packet("xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmp:CreatorTool=\"x\"", "")),
                &label(),
            );
            add(
                s,
                kind,
                "source-type-there-ok",
                &["SourceType"],
                "the same source type stands there: it isn't written again",
                &place(&iptc_packet("http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia")),
                &label(),
            );
            add(
                s,
                kind,
                "source-type-other-ok",
                &["SourceType"],
                "another source type stands there: it is kept and reported",
                &place(&iptc_packet("http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture")),
                &label(),
            );
            add(
                s,
                kind,
                "same-label-ok",
                &["Kept"],
                "the very label is there: nothing changes",
                &place(&aigc_packet(&plain())),
                &label(),
            );
            add(
                s,
                kind,
                "other-label-fail",
                &["Refusal"],
                "another label is there",
                &place(&aigc_packet(&with_id("vector-0009"))),
                &label(),
            );
            add(
                s,
                kind,
                "unreadable-label-fail",
                &["Refusal"],
                "a label is there that can't be read",
                &place(&aigc_packet("{\"Label\":")),
                &label(),
            );
            add(
                s,
                kind,
                "malformed-packet-fail",
                &["Refusal"],
                "the packet is no XML: nothing is thrown away",
                &place(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF>"),
                &label(),
            );
            add(
                s,
                kind,
                "bad-code-fail",
                &["ProviderCode"],
                "the producer's code has a wrong check digit",
                &bare,
                &broken,
            );
            add(
                s,
                kind,
                "bad-character-fail",
                &["Value"],
                "a number with a space",
                &bare,
                &json!({ "producer": "example", "produce_id": "a b" }),
            );
            let cut = bare.get(..bare.len() - 5).unwrap_or_default();
            add(s, kind, "truncated-fail", &["Refusal"], "a damaged file is not labelled", cut, &label());
            let trailing = [&bare[..], b"bytes behind the end"].concat();
            add(s, kind, "trailing-ok", &["Kept"], "bytes behind the end stay there", &trailing, &label());
        }
        match kind {
            Kind::Png => png_only(&mut suite),
            Kind::Jpeg => jpeg_only(&mut suite),
            Kind::Webp => webp_only(&mut suite),
        }
        suite.finish(&format!("carriers/{}/vectors.json", kind.name()), out);
    }
}

fn png_only(s: &mut Suite) {
    let kind = Kind::Png;
    let title = packet("xmlns:dc=\"http://purl.org/dc/elements/1.1/\" dc:format=\"image/png\"", "");
    let conflict = png(&[png_xmp(&aigc_packet(&plain())), text_chunk("AIGC", with_id("b").as_bytes())], &[]);
    add(
        s,
        kind,
        "private-chunks-ok",
        &["Kept"],
        "unknown chunks before and behind the data",
        &png(&[png_chunk(b"prVt", b"a")], &[png_chunk(b"quXx", b"b")]),
        &label(),
    );
    add(s, kind, "text-kept-ok", &["Kept"], "other text chunks", &png(&[text_chunk("Title", b"x")], &[]), &label());
    add(
        s,
        kind,
        "packet-behind-data-free",
        &["Free"],
        "a packet behind IDAT is extended where it stands",
        &png(&[], &[png_xmp(&title)]),
        &label(),
    );
    add(
        s,
        kind,
        "compressed-packet-free",
        &["Free"],
        "a compressed packet is written plainly",
        &png(&[itxt_compressed("XML:com.adobe.xmp", &zlib(&title))], &[]),
        &label(),
    );
    add(
        s,
        kind,
        "exif-kept-ok",
        &["Kept"],
        "an Exif chunk",
        &png(&[png_chunk(b"eXIf", &exif(&[ascii(ARTIST, "someone")], &[]))], &[]),
        &label(),
    );
    add(
        s,
        kind,
        "label-in-text-fail",
        &["Refusal"],
        "the very label in tEXt: a second one is refused",
        &png(&[text_chunk("AIGC", plain().as_bytes())], &[]),
        &label(),
    );
    add(s, kind, "conflict-fail", &["Refusal"], "two labels that contradict each other", &conflict, &label());
}

fn jpeg_only(s: &mut Suite) {
    let kind = Kind::Jpeg;
    let plain_exif = jpeg_exif(&exif(&[ascii(ARTIST, "someone")], &[]));
    add(s, kind, "no-jfif-ok", &["Normative"], "neither JFIF nor Exif", &jpeg(&[], &[]), &label());
    add(
        s,
        kind,
        "behind-exif-ok",
        &["Kept"],
        "the packet goes behind JFIF and Exif",
        &jpeg(&[jfif(), plain_exif.clone(), segment(0xE2, b"MPF\0")], &[]),
        &label(),
    );
    add(s, kind, "exif-first-ok", &["Kept"], "Exif before JFIF", &jpeg(&[plain_exif, jfif()], &[]), &label());
    add(
        s,
        kind,
        "comment-kept-ok",
        &["Kept"],
        "a comment segment",
        &jpeg(&[jfif(), segment(0xFE, b"made by hand")], &[]),
        &label(),
    );
    add(
        s,
        kind,
        "fill-bytes-ok",
        &["Kept"],
        "fill bytes before a marker",
        &jpeg(&[jfif(), vec![0xFF, 0xFF], segment(0xFE, b"x")], &[]),
        &label(),
    );
    add(
        s,
        kind,
        "label-in-comment-fail",
        &["Refusal"],
        "the very label in a comment: a second one is refused",
        &jpeg(&[jfif(), segment(0xFE, wrapped(&plain()).as_bytes())], &[]),
        &label(),
    );
}

fn webp_only(s: &mut Suite) {
    let kind = Kind::Webp;
    let plain_exif = riff_chunk(b"EXIF", &exif(&[ascii(ARTIST, "someone")], &[]));
    add(s, kind, "extended-ok", &["Normative"], "an extended header without the XMP flag", &webp(0, &[]), &label());
    add(s, kind, "exif-kept-ok", &["Kept"], "the packet goes behind EXIF", &webp(8, &[plain_exif]), &label());
    add(
        s,
        kind,
        "unknown-chunk-ok",
        &["Kept"],
        "an unknown chunk of odd length",
        &webp(0, &[riff_chunk(b"ABCD", b"odd")]),
        &label(),
    );
    add(
        s,
        kind,
        "flag-missing-ok",
        &["Kept"],
        "a packet is there and the flag isn't set",
        &webp(0, &[riff_chunk(b"XMP ", &packet("", ""))]),
        &label(),
    );
}
