//! Reading: what a file states, whether that can be relied on, and what the profile says.

use serde_json::{Value, json};

use super::bytes::*;
use super::run;
use super::suite::{Files, Suite, sha256};

mod png;

const DST: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/";

fn with(suite: &mut Suite, kind: Kind, id: &str, flags: &[&str], comment: &str, bytes: &[u8], params: Value) {
    let file = format!("{id}.{}", kind.extension());
    let expected = run::verify(bytes, &params);
    assert!(expected.get("report").is_some(), "{id}: {expected}");
    suite.file(&file, bytes);
    suite.add(
        id,
        flags,
        comment,
        json!({ "file": file, "sha256": sha256(bytes), "params": params, "expected": expected }),
    );
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
        &format!(
            "xmlns:TC260=\"{TC260}\" xmlns:Iptc4xmpExt=\"{IPTC}\" Iptc4xmpExt:DigitalSourceType=\"{source_type}\""
        ),
        &format!("<TC260:AIGC>{}</TC260:AIGC>", escape(json)),
    )
}

pub fn build(out: &mut Files) {
    for kind in KINDS {
        let mut suite = Suite::new(&format!("verdict/{}", kind.name()), "verify");
        everywhere(&mut suite, kind);
        match kind {
            Kind::Png => png::png_only(&mut suite),
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
    with(
        s,
        kind,
        "none-declared",
        &["Declared"],
        "no mark, and the user declared it",
        &none,
        json!({ "declared": true }),
    );
    add(
        s,
        kind,
        "normative",
        &["Normative"],
        "TC260:AIGC in the format's own place",
        &packed(kind, &aigc_packet(&label)),
    );
    with(
        s,
        kind,
        "wrong-name",
        &["Name"],
        "the name says another format",
        &none,
        json!({ "file_name": if kind == Kind::Png { "a/photo.JPG" } else { "photo.png" } }),
    );
    with(
        s,
        kind,
        "right-name",
        &["Name"],
        "the name says the format",
        &none,
        json!({ "file_name": format!("photo.{}", kind.extension()) }),
    );
    add(
        s,
        kind,
        "exif-wrapped",
        &["Wild", "WrongPlace"],
        "the wrapped object in the user comment",
        &with_exif(kind, &exif(&[], &[user_comment(&wrapped(&label))])),
    );
    add(s, kind, "trailing-data", &["Structure"], "bytes behind the end", &[&none[..], b"PK\x03\x04"].concat());
    add(s, kind, "truncated", &["Structure"], "the end is missing", none.get(..none.len() - 3).unwrap_or_default());
    add(
        s,
        kind,
        "not-ai",
        &["SourceType"],
        "a camera made it; that is no AI claim",
        &packed(kind, &iptc_packet(&format!("{DST}digitalCapture"))),
    );
    add(
        s,
        kind,
        "source-type",
        &["SourceType"],
        "only an IPTC source type says AI",
        &packed(kind, &iptc_packet(&format!("{DST}trainedAlgorithmicMedia"))),
    );
}

fn jpeg_only(s: &mut Suite) {
    let kind = Kind::Jpeg;
    let (own, other) = (code('1', "0001"), other_code('2', "0001"));
    let label = plain();
    let mut a = |id: &str, flags: &[&str], comment: &str, bytes: Vec<u8>| add(s, kind, id, flags, comment, &bytes);
    let private =
        |n: u8| user_comment(&format!("{{\"aigc_info\":{{\"aigc_label_type\":{n},\"source_info\":\"example\"}}}}"));
    a(
        "wild-07-private-0",
        &["Wild"],
        "only a private block, type 0 says nothing",
        with_exif(kind, &exif(&[], &[private(0)])),
    );
    a("wild-07-private-1", &["Wild"], "only a private block, type 1", with_exif(kind, &exif(&[], &[private(1)])));
    a(
        "wild-10-user-comment",
        &["Wild", "WrongPlace"],
        "a user comment with the wrapped object",
        with_exif(kind, &exif(&[], &[user_comment(&wrapped(&object(["1", &own, "a", "", &other, "b", ""])))])),
    );
    a(
        "wild-11-app9",
        &["Wild", "WrongPlace"],
        "APP9 that starts with AIGC{",
        jpeg(&[jfif(), segment(0xE9, format!("AIGC{label}").as_bytes())], &[]),
    );
    let nested = format!(
        "{{\"AIGC\":{{\"Label\":\"1\",\"ContentProducer\":{{\"code\":\"{own}\"}},\"ProduceID\":\"a\",\"ReservedCode1\":\"\",\"ContentPropagator\":{{\"code\":\"{own}\"}},\"PropagateID\":\"a\",\"ReservedCode2\":\"\"}}}}"
    );
    a(
        "wild-12-object-codes",
        &["Wild", "Form"],
        "objects where strings are due",
        with_exif(kind, &exif(&[], &[user_comment(&nested)])),
    );
    a(
        "wild-13-comment",
        &["Wild", "WrongPlace"],
        "a comment segment with two keys",
        jpeg(&[jfif(), segment(0xFE, b"{\"AIGC\":{\"Label\":\"1\",\"ContentProducer\":\"example\"}}")], &[]),
    );
    a(
        "description",
        &["WrongPlace"],
        "the wrapped object in the Exif description",
        with_exif(kind, &exif(&[ascii(IMAGE_DESCRIPTION, &wrapped(&label))], &[])),
    );
    a(
        "app11-text",
        &["WrongPlace"],
        "APP11 that is no JUMBF",
        jpeg(&[jfif(), segment(0xEB, wrapped(&label).as_bytes())], &[]),
    );
    a(
        "comment-behind-scan",
        &["Late", "WrongPlace"],
        "a comment behind the picture data",
        jpeg(&[jfif()], &[segment(0xFE, wrapped(&label).as_bytes())]),
    );
    a(
        "xmp-behind-scan",
        &["Late"],
        "the packet behind the picture data",
        jpeg(&[jfif()], &[jpeg_xmp(&aigc_packet(&label))]),
    );
    a(
        "duplicate",
        &["Duplicate"],
        "XMP and user comment agree",
        jpeg(&[jfif(), jpeg_exif(&exif(&[], &[user_comment(&wrapped(&label))])), jpeg_xmp(&aigc_packet(&label))], &[]),
    );
    a(
        "conflict",
        &["Conflict"],
        "XMP and comment contradict each other",
        jpeg(&[jfif(), jpeg_xmp(&aigc_packet(&label)), segment(0xFE, wrapped(&with_id("b")).as_bytes())], &[]),
    );

    let guid = "0123456789ABCDEF0123456789ABCDEF";
    let whole = aigc_packet(&label);
    let main = jpeg_xmp(&packet(
        "xmlns:xmpNote=\"http://ns.adobe.com/xmp/note/\"",
        &format!("<xmpNote:HasExtendedXMP>{guid}</xmpNote:HasExtendedXMP>"),
    ));
    let (one, two) = (jpeg_xmp_part(guid, &whole, 0, 300), jpeg_xmp_part(guid, &whole, 300, whole.len()));
    a(
        "extended-xmp",
        &["WrongPlace"],
        "the label in extended XMP",
        jpeg(&[jfif(), main.clone(), one.clone(), two.clone()], &[]),
    );
    a(
        "extended-xmp-swapped",
        &["WrongPlace"],
        "its parts in the other order",
        jpeg(&[jfif(), main.clone(), two, one.clone()], &[]),
    );
    a("extended-xmp-part-missing", &["Xmp"], "a part of extended XMP is missing", jpeg(&[jfif(), main, one], &[]));
    a("two-packets", &["Xmp", "Duplicate"], "two packets", jpeg(&[jfif(), jpeg_xmp(&whole), jpeg_xmp(&whole)], &[]));
    a("exif-broken", &["Exif"], "an Exif block without a byte order", with_exif(kind, b"XX*\0\x08\0\0\0"));
    a(
        "exif-pad-ff",
        &["Wild", "WrongPlace"],
        "FF behind Exif where 00 is due",
        jpeg(
            &[jfif(), segment(0xE1, &[b"Exif\0\xFF", &exif(&[], &[user_comment(&wrapped(&label))])[..]].concat())],
            &[],
        ),
    );
    a(
        "exif-broken-behind",
        &["Exif", "WrongPlace"],
        "a label, then an entry that lies outside",
        with_exif(kind, &{
            let mut block = exif(&[ascii(IMAGE_DESCRIPTION, &wrapped(&label)), ascii(ARTIST, "someone else")], &[]);
            // The second entry's offset.
            block.splice(8 + 2 + 12 + 8..8 + 2 + 12 + 12, [0xF0, 0xFF, 0xFF, 0x7F]);
            block
        }),
    );
    a(
        "no-scan",
        &["Structure"],
        "tables and no picture",
        [&[0xFF, 0xD8][..], &jfif(), &segment(0xFE, wrapped(&label).as_bytes()), &[0xFF, 0xD9]].concat(),
    );
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
    a(
        "exif-prefix",
        &["Wild", "WrongPlace"],
        "EXIF with JPEG's prefix",
        webp(8, &[riff_chunk(b"EXIF", &[b"Exif\0\0", &tiff[..]].concat())]),
    );
    a("duplicate", &["Duplicate"], "EXIF and XMP agree", webp(12, &[riff_chunk(b"EXIF", &tiff), xmp(&label)]));
    a(
        "conflict",
        &["Conflict"],
        "EXIF and XMP contradict each other",
        webp(12, &[riff_chunk(b"EXIF", &tiff), xmp(&with_id("b"))]),
    );
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
    a(
        "label-behind-end",
        &["Structure"],
        "a chunk behind the end of the RIFF is not read",
        [webp(0, &[]), xmp(&label)].concat(),
    );
    a(
        "manifest-garbage",
        &["ManifestStore"],
        "a store of arbitrary bytes",
        webp(0, &[riff_chunk(b"C2PA", b"no store")]),
    );
}
