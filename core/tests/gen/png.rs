//! PNG and APNG.

pub use crate::common::png_chunk as chunk;
use std::io::Write as _;

use proptest::prelude::*;

use super::{exif, pixels, xmp};

#[derive(Debug, Clone)]
pub enum Extra {
    /// Ancillary type, data, whether the checksum is wrong.
    Unknown(String, Vec<u8>, bool),
    Text(String, Vec<u8>, bool),
    Ztxt(String, String),
    Itxt {
        compressed: bool,
        text: String,
    },
    Exif(u16, String, bool),
    Gama(u32),
    Phys(u32),
    Time,
}

#[derive(Debug, Clone)]
pub enum Xmp {
    None,
    Plain(xmp::Plan),
    Compressed(xmp::Plan),
    Late(xmp::Plan),
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub size: (u32, u32),
    pub seed: u32,
    pub color: u8,
    pub palette: bool,
    pub split: usize,
    pub before: Vec<Extra>,
    pub after: Vec<Extra>,
    pub xmp: Xmp,
    pub frames: u8,
    pub trailing: Vec<u8>,
}

pub fn tail() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => Just(Vec::new()),
        1 => prop::collection::vec(any::<u8>(), 1..64),
        1 => Just(b"PK\x03\x04 a zip".to_vec()),
        1 => Just([b"\xFF\xD8\xFF\xE1".as_slice(), &[0; 40], b"\xFF\xD9"].concat()),
    ]
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let keyword = "[A-Z][a-z]{1,20}";
    let extra = prop_oneof![
        ("[a-z][a-z][A-Z][a-z]", prop::collection::vec(any::<u8>(), 0..40), any::<bool>())
            .prop_map(|(k, d, c)| Extra::Unknown(k, d, c)),
        (keyword, prop::collection::vec(1u8.., 0..40), any::<bool>()).prop_map(|(k, v, c)| Extra::Text(k, v, c)),
        (keyword, "[ -~]{0,60}").prop_map(|(k, v)| Extra::Ztxt(k, v)),
        (any::<bool>(), xmp::text()).prop_map(|(compressed, text)| Extra::Itxt { compressed, text }),
        Just(Extra::Time),
    ];
    let early = prop_oneof![4 => extra.clone(), 1 => (1u32..200_000).prop_map(Extra::Gama), 1 => (1u32..9_999).prop_map(Extra::Phys)];
    let packet = prop_oneof![
        2 => Just(Xmp::None),
        2 => xmp::plan().prop_map(Xmp::Plain),
        1 => xmp::plan().prop_map(Xmp::Compressed),
        1 => xmp::plan().prop_map(Xmp::Late),
    ];
    (
        (1u32..24, 1u32..24, 0u32..5, 0u8..8, prop::bool::weighted(0.2), 1usize..400),
        prop::collection::vec(early, 0..4),
        prop::collection::vec(extra, 0..3),
        packet,
        prop_oneof![3 => Just(0u8), 1 => 1u8..4],
        prop_oneof![2 => Just(None), 1 => (1u16..9, "[ -~]{0,30}", any::<bool>()).prop_map(Some)],
        tail(),
    )
        .prop_map(|((w, h, seed, color, palette, split), mut before, after, xmp, frames, exif, trailing)| {
            if let Some((o, t, b)) = exif {
                before.push(Extra::Exif(o, t, b));
            }
            // gAMA and pHYs at most once, as the standard asks.
            let mut seen = (false, false);
            before.retain(|e| match e {
                Extra::Gama(_) => !std::mem::replace(&mut seen.0, true),
                Extra::Phys(_) => !std::mem::replace(&mut seen.1, true),
                _ => true,
            });
            Plan { size: (w, h), seed, color, palette, split, before, after, xmp, frames, trailing }
        })
}

pub fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn itxt(keyword: &str, compressed: bool, text: &[u8]) -> Vec<u8> {
    let mut data = keyword.as_bytes().to_vec();
    data.extend([0, u8::from(compressed), 0]);
    data.extend(b"zh\0");
    data.extend("标题\0".as_bytes());
    if compressed {
        data.extend(deflate(text));
    } else {
        data.extend(text);
    }
    chunk(b"iTXt", &data)
}

fn broken(mut chunk: Vec<u8>, yes: bool) -> Vec<u8> {
    if yes && let Some(last) = chunk.last_mut() {
        *last ^= 0x55;
    }
    chunk
}

fn extra(e: &Extra) -> Vec<u8> {
    match e {
        Extra::Unknown(kind, data, wrong) => broken(chunk(kind.as_bytes().first_chunk().unwrap(), data), *wrong),
        Extra::Text(k, v, wrong) => broken(chunk(b"tEXt", &[k.as_bytes(), &[0], v].concat()), *wrong),
        Extra::Ztxt(k, v) => chunk(b"zTXt", &[k.as_bytes(), &[0, 0], &deflate(v.as_bytes())].concat()),
        Extra::Itxt { compressed, text } => itxt("Comment", *compressed, text.as_bytes()),
        Extra::Exif(o, t, big) => chunk(b"eXIf", &exif(*o, t, *big)),
        Extra::Gama(v) => chunk(b"gAMA", &v.to_be_bytes()),
        Extra::Phys(v) => chunk(b"pHYs", &[&v.to_be_bytes()[..], &v.to_be_bytes(), &[1]].concat()),
        Extra::Time => chunk(b"tIME", &[7, 0xEA, 9, 1, 12, 0, 0]),
    }
}

/// Chunks of an encoded PNG: type and data.
pub fn chunks(bytes: &[u8]) -> Vec<([u8; 4], Vec<u8>)> {
    let mut out = Vec::new();
    let mut at = 8;
    while at + 12 <= bytes.len() {
        let len = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
        out.push((bytes[at + 4..at + 8].try_into().unwrap(), bytes[at + 8..at + 8 + len].to_vec()));
        at += 12 + len;
    }
    out
}

fn encode(plan: &Plan) -> Vec<u8> {
    let (w, h) = plan.size;
    let mut out = Vec::new();
    if plan.palette {
        let mut encoder = png::Encoder::new(&mut out, w, h);
        encoder.set_color(png::ColorType::Indexed);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_palette((0..=255u8).flat_map(|n| [n, n.wrapping_mul(3), 255 - n]).collect::<Vec<u8>>());
        encoder.set_trns((0..200u8).collect::<Vec<u8>>());
        let mut writer = encoder.write_header().unwrap();
        let data: Vec<u8> = (0..w * h).map(|n| (n * 7 + plan.seed) as u8).collect();
        writer.write_image_data(&data).unwrap();
    } else {
        let mut cursor = std::io::Cursor::new(&mut out);
        pixels(w, h, plan.seed, plan.color).write_to(&mut cursor, image::ImageFormat::Png).unwrap();
    }
    out
}

pub fn build(plan: &Plan) -> Vec<u8> {
    let encoded = chunks(&encode(plan));
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let data: Vec<u8> = encoded.iter().filter(|(k, _)| k == b"IDAT").flat_map(|(_, d)| d.clone()).collect();
    let (w, h) = plan.size;
    let packet = |p: &xmp::Plan, z: bool| {
        let mut data = b"XML:com.adobe.xmp\0".to_vec();
        data.extend([u8::from(z), 0, 0, 0]);
        let text = xmp::build(p);
        data.extend(if z { deflate(&text) } else { text });
        chunk(b"iTXt", &data)
    };
    let fctl = |sequence: u32| {
        let mut d = sequence.to_be_bytes().to_vec();
        d.extend(w.to_be_bytes());
        d.extend(h.to_be_bytes());
        d.extend([0; 8]);
        d.extend([0, 1, 0, 10, 0, 0]);
        chunk(b"fcTL", &d)
    };
    for (kind, body) in encoded.iter().filter(|(k, _)| k == b"IHDR") {
        out.extend(chunk(kind, body));
    }
    let text = |e: &&Extra| !matches!(e, Extra::Gama(_));
    for e in plan.before.iter().filter(|e| !text(e)) {
        out.extend(extra(e));
    }
    for (kind, body) in encoded.iter().filter(|(k, _)| k == b"PLTE" || k == b"tRNS") {
        out.extend(chunk(kind, body));
    }
    for e in plan.before.iter().filter(text) {
        out.extend(extra(e));
    }
    match &plan.xmp {
        Xmp::Plain(p) => out.extend(packet(p, false)),
        Xmp::Compressed(p) => out.extend(packet(p, true)),
        _ => {}
    }
    if plan.frames > 0 {
        let mut d = (u32::from(plan.frames) + 1).to_be_bytes().to_vec();
        d.extend([0; 4]);
        out.extend(chunk(b"acTL", &d));
        out.extend(fctl(0));
    }
    for part in data.chunks(plan.split) {
        out.extend(chunk(b"IDAT", part));
    }
    for frame in 0..u32::from(plan.frames) {
        out.extend(fctl(frame * 2 + 1));
        out.extend(chunk(b"fdAT", &[&(frame * 2 + 2).to_be_bytes()[..], &data].concat()));
    }
    for e in &plan.after {
        out.extend(extra(e));
    }
    if let Xmp::Late(p) = &plan.xmp {
        out.extend(packet(p, false));
    }
    out.extend(chunk(b"IEND", &[]));
    out.extend(&plan.trailing);
    out
}
