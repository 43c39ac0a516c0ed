//! WebP.

use proptest::prelude::*;

use super::{exif, pixels, xmp};

#[derive(Debug, Clone)]
pub struct Plan {
    pub size: (u32, u32),
    pub seed: u32,
    pub alpha: bool,
    pub lossy: bool,
    pub extended: bool,
    /// Flips the flags of the header against what is there.
    pub wrong_flags: u8,
    pub icc: Option<usize>,
    pub exif: Option<(u16, String, bool)>,
    pub exif_prefix: bool,
    pub xmp: Option<xmp::Plan>,
    pub unknown: Vec<(String, Vec<u8>)>,
    pub trailing: Vec<u8>,
}

pub fn plan() -> impl Strategy<Value = Plan> {
    (
        (1u32..40, 1u32..40, 0u32..5, any::<bool>(), any::<bool>(), prop::bool::weighted(0.7)),
        prop_oneof![3 => Just(0u8), 1 => Just(0x04u8), 1 => Just(0x08u8), 1 => Just(0x0Cu8)],
        (prop::option::of(1usize..50), prop::option::of((1u16..9, "[ -~]{0,31}", any::<bool>())), any::<bool>()),
        prop::option::of(xmp::plan()),
        prop::collection::vec(("[a-z]{4}", prop::collection::vec(any::<u8>(), 0..33)), 0..3),
        super::png::tail(),
    )
        .prop_map(
            |((w, h, seed, alpha, lossy, extended), wrong_flags, (icc, exif, exif_prefix), xmp, unknown, trailing)| {
                Plan {
                    size: (w, h),
                    seed,
                    alpha,
                    lossy,
                    extended,
                    wrong_flags,
                    icc,
                    exif,
                    exif_prefix,
                    xmp,
                    unknown,
                    trailing,
                }
            },
        )
}

pub fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend_from_slice(&(data.len() as u32).to_le_bytes());
    out.extend_from_slice(data);
    if data.len() % 2 == 1 {
        out.push(0);
    }
    out
}

pub fn riff(body: &[u8]) -> Vec<u8> {
    let mut out = b"RIFF".to_vec();
    out.extend(((body.len() + 4) as u32).to_le_bytes());
    out.extend(b"WEBP");
    out.extend(body);
    out
}

pub fn vp8x(flags: u8, (w, h): (u32, u32)) -> Vec<u8> {
    let mut data = vec![flags, 0, 0, 0];
    data.extend(&(w - 1).to_le_bytes()[..3]);
    data.extend(&(h - 1).to_le_bytes()[..3]);
    chunk(b"VP8X", &data)
}

/// The picture chunk of a simple file: its type and data.
pub fn picture(size: (u32, u32), seed: u32, alpha: bool, lossy: bool) -> ([u8; 4], Vec<u8>) {
    let (w, h) = size;
    let image = pixels(w, h, seed, if alpha { 3 } else { 2 });
    let mut out = std::io::Cursor::new(Vec::new());
    if lossy && !alpha {
        let mut encoder = vaam_image_webp::WebPEncoder::new(&mut out);
        let mut params = vaam_image_webp::EncoderParams::default();
        params.use_lossy = true;
        params.lossy_quality = 80;
        encoder.set_params(params);
        encoder.encode(image.as_bytes(), w, h, vaam_image_webp::ColorType::Rgb8).unwrap();
    } else {
        image.write_to(&mut out, image::ImageFormat::WebP).unwrap();
    }
    let bytes = out.into_inner();
    let mut at = 12;
    loop {
        let len = u32::from_le_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize;
        let kind: [u8; 4] = bytes[at..at + 4].try_into().unwrap();
        if kind == *b"VP8 " || kind == *b"VP8L" {
            return (kind, bytes[at + 8..at + 8 + len].to_vec());
        }
        at += 8 + len + len % 2;
    }
}

pub fn build(plan: &Plan) -> Vec<u8> {
    let (kind, data) = picture(plan.size, plan.seed, plan.alpha, plan.lossy);
    let mut body = Vec::new();
    let metadata = plan.icc.is_some() || plan.exif.is_some() || plan.xmp.is_some();
    let extended = plan.extended || metadata;
    if extended {
        let mut flags = 0;
        flags |= if plan.icc.is_some() { 0x20 } else { 0 };
        flags |= if plan.alpha { 0x10 } else { 0 };
        flags |= if plan.exif.is_some() { 0x08 } else { 0 };
        flags |= if plan.xmp.is_some() { 0x04 } else { 0 };
        body.extend(vp8x(flags ^ plan.wrong_flags, plan.size));
    }
    if let Some(n) = plan.icc {
        body.extend(chunk(b"ICCP", &vec![7; n]));
    }
    body.extend(chunk(&kind, &data));
    if extended {
        for (kind, data) in &plan.unknown {
            body.extend(chunk(kind.as_bytes().first_chunk().unwrap(), data));
        }
    }
    if let Some((o, t, big)) = &plan.exif {
        let prefix: &[u8] = if plan.exif_prefix { b"Exif\0\0" } else { b"" };
        body.extend(chunk(b"EXIF", &[prefix, &exif(*o, t, *big)].concat()));
    }
    if let Some(p) = &plan.xmp {
        body.extend(chunk(b"XMP ", &xmp::build(p)));
    }
    let mut out = riff(&body);
    out.extend(&plan.trailing);
    out
}
