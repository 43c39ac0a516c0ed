//! JPEG.

use proptest::prelude::*;

use super::{exif, pixels, xmp};

#[derive(Debug, Clone)]
pub enum Extra {
    Icc { parts: usize },
    Mpf,
    Comment(Vec<u8>),
    Adobe,
    App(u8, Vec<u8>),
    Xmp(xmp::Plan),
    Extended(usize),
}

#[derive(Debug, Clone)]
pub struct Plan {
    pub size: (u32, u32),
    pub seed: u32,
    pub gray: bool,
    pub progressive: bool,
    pub restart: u16,
    pub jfif: bool,
    pub exif: Option<(u16, String, bool)>,
    pub extras: Vec<Extra>,
    pub fill: usize,
    pub second: bool,
    pub trailing: Vec<u8>,
}

pub fn plan() -> impl Strategy<Value = Plan> {
    let extra = prop_oneof![
        (1usize..4).prop_map(|parts| Extra::Icc { parts }),
        Just(Extra::Mpf),
        prop::collection::vec(any::<u8>(), 0..60).prop_map(Extra::Comment),
        Just(Extra::Adobe),
        (3u8..14, prop::collection::vec(any::<u8>(), 0..60)).prop_map(|(n, d)| Extra::App(n, d)),
        xmp::plan().prop_map(Extra::Xmp),
        (1usize..4).prop_map(Extra::Extended),
    ];
    (
        (1u32..33, 1u32..33, 0u32..5, any::<bool>(), any::<bool>(), 0u16..4),
        any::<bool>(),
        prop::option::of((1u16..9, "[ -~]{0,30}", any::<bool>())),
        prop::collection::vec(extra, 0..5),
        0usize..4,
        prop::bool::weighted(0.3),
        super::png::tail(),
    )
        .prop_map(|((w, h, seed, gray, progressive, restart), jfif, exif, mut extras, fill, second, trailing)| {
            // One packet, one profile, one directory of pictures.
            let mut seen = std::collections::HashSet::new();
            extras.retain(|e| match e {
                Extra::Comment(_) => true,
                // Not the places that mean something to readers.
                Extra::App(n, _) => *n != 11,
                other => seen.insert(std::mem::discriminant(other)),
            });
            Plan { size: (w, h), seed, gray, progressive, restart, jfif, exif, extras, fill, second, trailing }
        })
}

pub fn segment(marker: u8, data: &[u8]) -> Vec<u8> {
    let mut out = vec![0xFF, marker];
    out.extend_from_slice(&((data.len() + 2) as u16).to_be_bytes());
    out.extend_from_slice(data);
    out
}

pub fn encode(size: (u32, u32), seed: u32, gray: bool, progressive: bool, restart: u16) -> Vec<u8> {
    let (w, h) = size;
    let mut out = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut out, 88);
    encoder.set_progressive(progressive);
    if restart > 0 && !progressive {
        encoder.set_restart_interval(restart);
    }
    let picture = pixels(w, h, seed, if gray { 0 } else { 2 });
    let kind = if gray { jpeg_encoder::ColorType::Luma } else { jpeg_encoder::ColorType::Rgb };
    encoder.encode(picture.as_bytes(), w as u16, h as u16, kind).unwrap();
    out
}

/// SOI, then every segment before the scan, then the rest.
pub fn parts(bytes: &[u8]) -> (Vec<(u8, Vec<u8>)>, Vec<u8>) {
    let mut at = 2;
    let mut out = Vec::new();
    while bytes[at + 1] != 0xDA {
        let len = u16::from_be_bytes([bytes[at + 2], bytes[at + 3]]) as usize;
        out.push((bytes[at + 1], bytes[at + 4..at + 2 + len].to_vec()));
        at += 2 + len;
    }
    (out, bytes[at..].to_vec())
}

pub fn xmp_segment(packet: &[u8]) -> Vec<u8> {
    segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0".as_slice(), packet].concat())
}

pub fn extended(guid: &[u8; 32], total: u32, offset: u32, data: &[u8]) -> Vec<u8> {
    segment(
        0xE1,
        &[b"http://ns.adobe.com/xmp/extension/\0".as_slice(), guid, &total.to_be_bytes(), &offset.to_be_bytes(), data]
            .concat(),
    )
}

/// A multi-picture index (CIPA DC-007) of two pictures; the offset of the second counts from its
/// own byte order mark, and is filled in by [`build`].
pub const MPF_HEAD: &[u8] = b"MPF\0MM\0*\0\0\0\x08\0\x03\xB0\0\0\x07\0\0\0\x040100\xB0\x01\0\x04\0\0\0\x01\0\0\0\x02\xB0\x02\0\x07\0\0\0\x20\0\0\0\x32\0\0\0\0";

pub fn mpf(first_len: u32, second_offset: u32, second_len: u32) -> Vec<u8> {
    let mut data = MPF_HEAD.to_vec();
    for (attribute, len, offset) in [(0x0003_0000u32, first_len, 0), (0, second_len, second_offset)] {
        data.extend(attribute.to_be_bytes());
        data.extend(len.to_be_bytes());
        data.extend(offset.to_be_bytes());
        data.extend([0; 4]);
    }
    segment(0xE2, &data)
}

pub fn build(plan: &Plan) -> Vec<u8> {
    let (segments, scan) = parts(&encode(plan.size, plan.seed, plan.gray, plan.progressive, plan.restart));
    let second = if plan.second || plan.extras.iter().any(|e| matches!(e, Extra::Mpf)) {
        encode((8, 8), 3, false, false, 0)
    } else {
        Vec::new()
    };
    let mut out = vec![0xFF, 0xD8];
    let put = |out: &mut Vec<u8>, s: Vec<u8>| {
        out.extend(std::iter::repeat_n(0xFF, plan.fill));
        out.extend(s);
    };
    if plan.jfif {
        put(&mut out, segment(0xE0, b"JFIF\0\x01\x02\0\0\x01\0\x01\0\0"));
    }
    if let Some((o, t, big)) = &plan.exif {
        put(&mut out, segment(0xE1, &[b"Exif\0\0".as_slice(), &exif(*o, t, *big)].concat()));
    }
    let mut mpf_at = None;
    for e in &plan.extras {
        match e {
            Extra::Icc { parts } => {
                let profile: Vec<u8> = (0..128 * *parts as u32).map(|n| n as u8).collect();
                for (n, part) in profile.chunks(128).enumerate() {
                    put(
                        &mut out,
                        segment(0xE2, &[b"ICC_PROFILE\0".as_slice(), &[n as u8 + 1, *parts as u8], part].concat()),
                    );
                }
            }
            Extra::Mpf => {
                put(&mut out, mpf(0, 0, second.len() as u32));
                mpf_at = Some(out.len() - 32);
            }
            Extra::Comment(d) => put(&mut out, segment(0xFE, d)),
            Extra::Adobe if !plan.gray => put(&mut out, segment(0xEE, b"Adobe\0\x64\0\0\0\0\x01")),
            Extra::Adobe => {}
            Extra::App(n, d) => put(&mut out, segment(0xE0 + n, d)),
            Extra::Xmp(p) => put(&mut out, xmp_segment(&xmp::build(p))),
            Extra::Extended(n) => {
                let body = vec![b' '; 100 * n];
                for (i, part) in body.chunks(100).enumerate() {
                    put(
                        &mut out,
                        extended(b"0123456789ABCDEF0123456789ABCDEF", body.len() as u32, i as u32 * 100, part),
                    );
                }
            }
        }
    }
    for (marker, data) in segments.iter().filter(|(m, _)| *m != 0xE0) {
        put(&mut out, segment(*marker, data));
    }
    put(&mut out, scan);
    let end = out.len();
    if let Some(at) = mpf_at {
        // Entries start 32 bytes before the end of the segment; the header 50 bytes before them.
        out[at + 4..at + 8].copy_from_slice(&(end as u32).to_be_bytes());
        out[at + 24..at + 28].copy_from_slice(&((end - (at - 50)) as u32).to_be_bytes());
    }
    out.extend(&second);
    out.extend(&plan.trailing);
    out
}
