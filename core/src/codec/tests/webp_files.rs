//! WebP: lossless stays identical, lossy keeps its quantiser.

use super::*;

fn smooth(width: u32, height: u32, channels: usize) -> Vec<u8> {
    let at = |i: u32| {
        let (x, y) = (i % width, i / width);
        [(x * 255 / width) as u8, (y * 255 / height) as u8, 128, ((x + y) % 256) as u8]
    };
    (0..width * height).flat_map(|i| at(i)[..channels].to_vec()).collect()
}

pub(in super::super) fn lossless(width: u32, height: u32, alpha: bool, seed: u32) -> Vec<u8> {
    use image_webp::{ColorType, WebPEncoder};
    let (kind, count) = if alpha { (ColorType::Rgba8, 4) } else { (ColorType::Rgb8, 3) };
    let mut out = Vec::new();
    let data = bytes(seed, (width * height) as usize * count);
    WebPEncoder::new(&mut out).encode(&data, width, height, kind).unwrap();
    out
}

pub(in super::super) fn lossy(width: u32, height: u32, alpha: bool, quality: u8) -> Vec<u8> {
    use vaam_image_webp::{ColorType, EncoderParams, WebPEncoder};
    let (kind, count) = if alpha { (ColorType::Rgba8, 4) } else { (ColorType::Rgb8, 3) };
    let mut params = EncoderParams::default();
    params.use_lossy = true;
    params.lossy_quality = quality;
    let mut out = Vec::new();
    let mut encoder = WebPEncoder::new(&mut out);
    encoder.set_params(params);
    encoder.encode(&smooth(width, height, count), width, height, kind).unwrap();
    out
}

/// A whole file around the picture chunks, as the container code makes it.
fn merge(pixels: &Pixels) -> Vec<u8> {
    let Pixels::Webp { fourcc, payload, alph, width, height, has_alpha } = pixels else { panic!("not WebP") };
    let chunk = |kind: &[u8; 4], data: &[u8]| {
        let pad = vec![0; data.len() % 2];
        [kind.as_slice(), &(data.len() as u32).to_le_bytes(), data, &pad].concat()
    };
    let mut body = b"WEBP".to_vec();
    let size = |v: u32| (v - 1).to_le_bytes()[..3].to_vec();
    let flags = vec![if *has_alpha { 0x10 } else { 0 }, 0, 0, 0];
    body.extend(chunk(b"VP8X", &[flags, size(*width), size(*height)].concat()));
    if let Some(alph) = alph {
        body.extend(chunk(b"ALPH", alph));
    }
    body.extend(chunk(fourcc, payload));
    [b"RIFF".as_slice(), &(body.len() as u32).to_le_bytes(), &body].concat()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn webp_lossless_keeps_every_other_pixel(
        width in 70_u32..150, height in 70_u32..150, seed: u32, alpha: bool,
        orientation in 1_u8..=8, place in 0_usize..8,
    ) {
        let source = lossless(width, height, alpha, seed);
        let (out, drawn) = mark(PixelFormat::Webp, &source, orientation, PLACES[place]).unwrap();
        prop_assert_eq!(out.reencoded, Reencoded::Lossless);
        prop_assert!(!out.became_lossless && drawn.contrast >= 4.5);
        let merged = merge(&out.pixels);
        let (_, _, before) = look(PixelFormat::Webp, &source);
        let (_, _, after) = look(PixelFormat::Webp, &merged);
        let rect = drawn.rect;
        for (index, (a, b)) in before.iter().zip(&after).enumerate() {
            let (x, y) = (index as u32 % width, index as u32 / width);
            let inside = (rect.x..rect.x + rect.width).contains(&x)
                && (rect.y..rect.y + rect.height).contains(&y);
            prop_assert!(inside || a == b);
        }
        assert_notice_visible(PixelFormat::Webp, &merged, &drawn);
    }
}

#[test]
fn webp_lossy_stays_lossy_and_near() {
    for alpha in [false, true] {
        let source = lossy(200, 150, alpha, 75);
        let (out, drawn) = mark(PixelFormat::Webp, &source, 1, Placement::BottomRight).unwrap();
        assert_eq!(out.reencoded, Reencoded::Lossy);
        let Pixels::Webp { fourcc, alph, has_alpha, width: 200, height: 150, .. } = &out.pixels else {
            panic!("{:?}", out.pixels)
        };
        assert_eq!((fourcc, alph.is_some(), *has_alpha), (b"VP8 ", alpha, alpha));
        let merged = merge(&out.pixels);
        assert_notice_visible(PixelFormat::Webp, &merged, &drawn);
        let (_, _, before) = look(PixelFormat::Webp, &source);
        let (_, _, after) = look(PixelFormat::Webp, &merged);
        let top = 200 * (drawn.rect.y as usize - 8);
        let far: f32 = before[..top].iter().zip(&after[..top]).map(|(a, b)| (a.g - b.g).abs()).sum();
        assert!(far / (top as f32) < 0.02, "{}", far / top as f32);
        if alpha {
            assert!(before[..top].iter().zip(&after[..top]).all(|(a, b)| a.a == b.a));
        }
    }
}

#[test]
fn quality_follows_the_quantiser_of_the_source() {
    for asked in [5_u8, 30, 50, 75, 90, 100] {
        let found = webp::quality(&lossy(96, 96, false, asked));
        // Segments may be finer than the base.
        assert!(found >= asked && found <= asked.saturating_add(25).min(100), "{asked} {found}");
    }
    assert_eq!(webp::quality(b"RIFF\x08\0\0\0WEBPVP8 "), 90);
}

#[test]
fn animations_and_cuts_are_refused() {
    let mut animated = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\x02\0\0\0\x09\0\0\x09\0\0".to_vec();
    animated.extend_from_slice(b"ANIM\x06\0\0\0\0\0\0\0\0\0");
    assert_eq!(code(mark(PixelFormat::Webp, &animated, 1, Placement::Top)), "codec.animated");
    assert_cuts_fail(PixelFormat::Webp, &lossless(40, 40, true, 8), 8);
    assert_cuts_fail(PixelFormat::Webp, &lossy(40, 40, false, 60), 8);
}
