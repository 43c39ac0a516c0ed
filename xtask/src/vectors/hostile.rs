//! Files built to break readers: each has an answer, and a bound on the time until it.

use serde_json::{Value, json};

use super::bytes::*;
use super::run;
use super::suite::{Files, Suite, sha256};

/// Longest time for one vector, in milliseconds, on a slow machine and without optimisation.
const MAX_MS: u64 = 2_000;

pub fn build(out: &mut Files) {
    for kind in KINDS {
        let mut suite = Suite::new(&format!("hostile/{}", kind.name()), "verify");
        let mut add =
            |id: &str, comment: &str, bytes: Vec<u8>, params: Value| {
                let file = format!("{id}/input.{}", kind.extension());
                let expected = run::verify(&bytes, &params);
                suite.file(&file, &bytes);
                suite.add(id, &["Limit"], comment, json!({
                "file": file, "sha256": sha256(&bytes), "params": params, "max_ms": MAX_MS, "expected": expected,
            }));
            };
        match kind {
            Kind::Png => pngs(&mut add),
            Kind::Jpeg => jpegs(&mut add),
            Kind::Webp => webps(&mut add),
        }
        packets(kind, &mut add);
        suite.finish(&format!("hostile/{}/vectors.json", kind.name()), out);
    }
}

type Add<'a> = dyn FnMut(&str, &str, Vec<u8>, Value) + 'a;

fn packed(kind: Kind, packet: &[u8]) -> Vec<u8> {
    match kind {
        Kind::Png => png(&[png_xmp(packet)], &[]),
        Kind::Jpeg => jpeg(&[jfif(), jpeg_xmp(packet)], &[]),
        Kind::Webp => webp(4, &[riff_chunk(b"XMP ", packet)]),
    }
}

/// Values that any container can hold.
fn packets(kind: Kind, add: &mut Add<'_>) {
    let names = format!("xmlns:TC260=\"{TC260}\"");
    let nest = |n: usize| packet(&names, &format!("{}{}", "<a>".repeat(n), "</a>".repeat(n)));
    add("xml-deep", "elements nested 200 deep", packed(kind, &nest(200)), json!({}));
    let attributes: String = (0..300).map(|n| format!(" a{n}=\"\"")).collect();
    add(
        "xml-attributes",
        "a tag with 300 attributes",
        packed(kind, &packet(&names, &format!("<b{attributes}/>"))),
        json!({}),
    );
    add(
        "json-deep",
        "a label nested 400 deep",
        packed(kind, &aigc_packet(&format!("{{\"Label\":{}{}}}", "[".repeat(400), "]".repeat(400)))),
        json!({}),
    );
    let laughs = format!(
        "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]>{}",
        String::from_utf8_lossy(&packet(&names, "<TC260:AIGC>&c;</TC260:AIGC>"))
    );
    add("xml-entities", "entities that grow", packed(kind, laughs.as_bytes()), json!({}));
    let many = "<TC260:AIGC>{}</TC260:AIGC>".repeat(60);
    add("many-labels", "sixty empty labels", packed(kind, &packet(&names, &many)), json!({}));
    add(
        "long-label",
        "a value above label_bytes",
        packed(kind, &aigc_packet(&with_id(&"a".repeat(300)))),
        json!({ "limits": { "label_bytes": 256 } }),
    );
    add(
        "big-packet",
        "a packet above metadata_bytes",
        packed(kind, &aigc_packet(&plain())),
        json!({ "limits": { "metadata_bytes": 256 } }),
    );
    add(
        "big-file",
        "a file above file_bytes",
        packed(kind, &aigc_packet(&plain())),
        json!({ "limits": { "file_bytes": 256 } }),
    );
    if kind != Kind::Webp {
        add(
            "unread",
            "a coded picture above coded_bytes is passed over, and that is said",
            packed(kind, &aigc_packet(&plain())),
            json!({ "limits": { "coded_bytes": 0 } }),
        );
    }
    // A directory whose next one is itself.
    let mut ring = exif(&[ascii(ARTIST, "someone")], &[]);
    let next = 8 + 2 + 12;
    ring.splice(next..next + 4, 8u32.to_le_bytes());
    let block = |tiff: &[u8]| match kind {
        Kind::Png => png(&[png_chunk(b"eXIf", tiff)], &[]),
        Kind::Jpeg => jpeg(&[jfif(), jpeg_exif(tiff)], &[]),
        Kind::Webp => webp(8, &[riff_chunk(b"EXIF", tiff)]),
    };
    add("exif-ring", "an Exif directory that follows itself", block(&ring), json!({}));
    let mut huge = exif(&[ascii(ARTIST, "someone")], &[]);
    huge.splice(14..18, u32::MAX.to_le_bytes());
    add("exif-count", "an entry of 4 GiB", block(&huge), json!({}));
    add(
        "exif-entries",
        "a directory of 65,535 entries in 16 bytes",
        block(b"II*\0\x08\0\0\0\xff\xff\0\0\0\0\0\0"),
        json!({}),
    );
}

fn pngs(add: &mut Add<'_>) {
    add(
        "text-bomb",
        "zTXt that inflates to more than inflate_bytes",
        png(&[ztxt_chunk("AIGC", &bomb(1 << 20))], &[]),
        json!({}),
    );
    add(
        "xmp-bomb",
        "a compressed packet that inflates too far",
        png(&[itxt_compressed("XML:com.adobe.xmp", &bomb(1 << 20))], &[]),
        json!({}),
    );
    add(
        "many-chunks",
        "more chunks than segments allows",
        png(&vec![png_chunk(b"prVt", b""); 300], &[]),
        json!({ "limits": { "segments": 256 } }),
    );
    let mut long = png(&[], &[]);
    long.splice(33..37, 0x7FFF_FFFFu32.to_be_bytes());
    add("chunk-2g", "a chunk of 2 GiB in a small file", long.clone(), json!({}));
    long.splice(33..37, u32::MAX.to_be_bytes());
    add("chunk-4g", "a chunk length above the format's bound", long, json!({}));
    let mut sides = png(&[], &[]);
    sides.splice(16..24, [0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
    add("sides", "sides of 2^31-1 pixels: verifying decodes nothing", sides, json!({}));
    add("signature-alone", "eight bytes", b"\x89PNG\r\n\x1a\n".to_vec(), json!({}));
    add("keyword-without-end", "a text chunk without a NUL", png(&[png_chunk(b"tEXt", &[b'A'; 100])], &[]), json!({}));
    add(
        "itxt-short",
        "an iTXt chunk that ends in its header",
        png(&[png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0")], &[]),
        json!({}),
    );
    add("empty", "no bytes", Vec::new(), json!({}));
    add("unknown", "no known format", b"hello, world".to_vec(), json!({}));
}

fn jpegs(add: &mut Add<'_>) {
    add("start-alone", "four bytes", vec![0xFF, 0xD8, 0xFF, 0xE0], json!({}));
    add("fill-bytes", "nothing but fill bytes", [vec![0xFF, 0xD8], vec![0xFF; 4000]].concat(), json!({}));
    add(
        "many-segments",
        "more segments than segments allows",
        jpeg(&vec![segment(0xFE, b""); 300], &[]),
        json!({ "limits": { "segments": 256 } }),
    );
    add("length-zero", "a segment of length 0", vec![0xFF, 0xD8, 0xFF, 0xE1, 0, 0, 0xFF, 0xD9], json!({}));
    add(
        "restart-storm",
        "restart markers outside of a scan",
        [vec![0xFF, 0xD8], [0xFF, 0xD0].repeat(500), vec![0xFF, 0xD9]].concat(),
        json!({}),
    );
    let guid = "0123456789ABCDEF0123456789ABCDEF";
    let mut part = jpeg_xmp_part(guid, b"abcd", 0, 4);
    let total = 4 + b"http://ns.adobe.com/xmp/extension/\0".len() + 32;
    part.splice(total..total + 8, [0xFF; 8]);
    add("extended-4g", "extended XMP of 4 GiB at offset 4 GiB", jpeg(&[jfif(), part], &[]), json!({}));
    let parts: Vec<_> = (0..40).map(|n| jpeg_xmp_part(&format!("{n:032}"), b"ab", 0, 1)).collect();
    add("extended-many", "forty unfinished extended packets", jpeg(&parts, &[]), json!({}));
}

fn webps(add: &mut Add<'_>) {
    add("header-alone", "twelve bytes", riff(&[]), json!({}));
    let mut size = webp(0, &[]);
    size.splice(4..8, u32::MAX.to_le_bytes());
    add("riff-4g", "a RIFF of 4 GiB in a small file", size, json!({}));
    add(
        "many-chunks",
        "more chunks than segments allows",
        webp(0, &vec![riff_chunk(b"ABCD", b""); 300]),
        json!({ "limits": { "segments": 256 } }),
    );
    let mut chunk = webp(0, &[riff_chunk(b"XMP ", b"abcd")]);
    let at = chunk.len() - 8;
    chunk.splice(at..at + 4, u32::MAX.to_le_bytes());
    add("chunk-4g", "a chunk of 4 GiB", chunk, json!({}));
    add("short-chunk", "seven bytes where a chunk is due", riff(&[vp8x(0), vp8l(), vec![0; 7]]), json!({}));
    add(
        "canvas",
        "a canvas of 2^24 by 2^24",
        riff(&[riff_chunk(b"VP8X", &[0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]), vp8l()]),
        json!({}),
    );
    add("header-short", "a VP8X of four bytes", riff(&[riff_chunk(b"VP8X", &[0; 4]), vp8l()]), json!({}));
}
