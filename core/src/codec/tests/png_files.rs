//! PNG: every colour type and depth.

use ::png::{BitDepth, ColorType, Decoder, Encoder, Transformations};

use super::*;

const TYPES: [(u8, u8); 15] = [
    (0, 1),
    (0, 2),
    (0, 4),
    (0, 8),
    (0, 16),
    (2, 8),
    (2, 16),
    (3, 1),
    (3, 2),
    (3, 4),
    (3, 8),
    (4, 8),
    (4, 16),
    (6, 8),
    (6, 16),
];

fn crc(data: &[u8]) -> u32 {
    !data.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

fn chunk(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let body = [kind.as_slice(), payload].concat();
    [&(payload.len() as u32).to_be_bytes(), body.as_slice(), &crc(&body).to_be_bytes()].concat()
}

/// A zlib stream of stored blocks.
fn stored(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut parts = data.chunks(65_535).peekable();
    while let Some(part) = parts.next() {
        out.push(u8::from(parts.peek().is_none()));
        let length = part.len() as u16;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(part);
    }
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    out.extend_from_slice(&((b << 16) | a).to_be_bytes());
    out
}

fn ihdr(width: u32, height: u32, colour: u8, depth: u8, interlace: u8) -> Vec<u8> {
    let tail = [depth, colour, 0, 0, interlace];
    [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &tail].concat()
}

fn file_of(chunks: &[Vec<u8>]) -> Vec<u8> {
    [b"\x89PNG\r\n\x1a\n".to_vec(), chunks.concat(), chunk(b"IEND", b"")].concat()
}

fn channels(colour: u8) -> usize {
    [1, 0, 3, 1, 2, 0, 4][usize::from(colour)]
}

/// Unfiltered rows of given packed samples.
fn file((width, height): (u32, u32), (colour, depth): (u8, u8), rows: &[u8], extra: &[Vec<u8>]) -> Vec<u8> {
    let row = (width as usize * channels(colour) * usize::from(depth)).div_ceil(8);
    let data: Vec<u8> = rows.chunks(row).flat_map(|r| [&[0], r].concat()).collect();
    let mut chunks = vec![chunk(b"IHDR", &ihdr(width, height, colour, depth, 0))];
    chunks.extend_from_slice(extra);
    chunks.push(chunk(b"IDAT", &stored(&data)));
    file_of(&chunks)
}

fn random(width: u32, height: u32, colour: u8, depth: u8, seed: u32) -> Vec<u8> {
    let row = (width as usize * channels(colour) * usize::from(depth)).div_ceil(8);
    let rows = bytes(seed, row * height as usize);
    let extra = if colour == 3 {
        vec![
            chunk(b"PLTE", &bytes(seed ^ 77, 3 << depth)),
            chunk(b"tRNS", &bytes(seed ^ 99, 1 + (seed as usize % (1 << depth)))),
        ]
    } else {
        vec![]
    };
    file((width, height), (colour, depth), &rows, &extra)
}

pub(in super::super) fn rgb(width: u32, height: u32) -> Vec<u8> {
    random(width, height, 2, 8, 5)
}

/// A palette picture that uses the first `used` entries only.
pub(in super::super) fn palette(w: u32, h: u32, depth: u8, used: u8, seed: u32) -> Vec<u8> {
    let per_byte = 8 / depth;
    let row = (w as usize * usize::from(depth)).div_ceil(8);
    let pack = |v: &u8| {
        (0..per_byte).fold(0_u8, |byte, i| {
            let index = v.rotate_left(u32::from(i)) % used;
            (byte << (depth % 8)) | index
        })
    };
    let rows: Vec<u8> = bytes(seed, row * h as usize).iter().map(pack).collect();
    let plte = chunk(b"PLTE", &bytes(seed ^ 3, 3 * usize::from(used)));
    file((w, h), (3, depth), &rows, &[plte])
}

/// The file with its picture data replaced, as the container code does it.
fn merge(source: &[u8], pixels: &Pixels) -> Vec<u8> {
    let Pixels::Png { ihdr, plte, trns, idat } = pixels else { panic!("not PNG") };
    let mut chunks = Vec::new();
    let mut at = 8;
    while at < source.len() {
        let length = u32::from_be_bytes(source[at..at + 4].try_into().unwrap()) as usize;
        let kind: [u8; 4] = source[at + 4..at + 8].try_into().unwrap();
        let payload = &source[at + 8..at + 8 + length];
        match &kind {
            b"IHDR" => chunks.push(chunk(&kind, ihdr)),
            b"PLTE" => chunks.push(chunk(&kind, plte.as_deref().unwrap_or(payload))),
            b"tRNS" => chunks.push(chunk(&kind, trns.as_deref().unwrap_or(payload))),
            b"IDAT" => chunks.push(chunk(&kind, idat)),
            b"IEND" => {}
            _ => chunks.push(chunk(&kind, payload)),
        }
        at += 12 + length;
    }
    file_of(&chunks)
}

/// Decodes with the png crate alone to 16-bit RGBA-like samples, independent of our canvas.
fn oracle(file: &[u8]) -> Vec<[u8; 8]> {
    let mut decoder = Decoder::new(Cursor::new(file));
    decoder.set_transformations(Transformations::EXPAND | Transformations::ALPHA);
    let mut reader = decoder.read_info().unwrap();
    let mut data = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut data).unwrap();
    let size = info.color_type.samples() * if info.bit_depth == BitDepth::Sixteen { 2 } else { 1 };
    let pad = |px: &[u8]| {
        let mut out = [0; 8];
        out[..px.len()].copy_from_slice(px);
        out
    };
    data[..info.buffer_size()].chunks(size).map(pad).collect()
}

fn outside(drawn: &Drawn, width: u32, index: usize) -> bool {
    let (x, y) = (index as u32 % width, index as u32 / width);
    let rect = drawn.rect;
    !((rect.x..rect.x + rect.width).contains(&x) && (rect.y..rect.y + rect.height).contains(&y))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn png_keeps_every_other_pixel(
        kind in 0_usize..15, width in 70_u32..150, height in 70_u32..150, seed: u32,
        orientation in 1_u8..=8, place in 0_usize..8,
    ) {
        let (colour, depth) = TYPES[kind];
        let source = random(width, height, colour, depth, seed);
        let (out, drawn) = match mark(PixelFormat::Png, &source, orientation, PLACES[place]) {
            Err(error) if error.code() == "codec.palette_full" => {
                prop_assert!(colour == 3);
                return Ok(());
            }
            other => other.unwrap(),
        };
        prop_assert_eq!(out.reencoded, Reencoded::Lossless);
        prop_assert!(drawn.contrast >= 4.5);
        prop_assert!(drawn.ink_height_px >= width.min(height).div_ceil(20));
        let Pixels::Png { ihdr, .. } = &out.pixels else { panic!("not PNG") };
        prop_assert_eq!(ihdr.as_slice(), &super::png_files::ihdr(width, height, colour, depth, 0)[..]);
        let merged = merge(&source, &out.pixels);
        let (before, after) = (oracle(&source), oracle(&merged));
        prop_assert_eq!(before.len(), after.len());
        let mut changed = 0;
        for (index, (a, b)) in before.iter().zip(&after).enumerate() {
            if outside(&drawn, width, index) {
                prop_assert_eq!(a, b, "pixel {}", index);
            } else {
                changed += usize::from(a != b);
            }
        }
        prop_assert!(changed > 100);
    }

    #[test]
    fn palette_with_room_gets_the_real_colours(
        depth in 2_u8..4, used in 1_u8..3, seed: u32, place in 0_usize..8,
    ) {
        let depth = 1 << (depth - 1);
        let source = palette(90, 80, depth, used, seed);
        let (out, drawn) = mark(PixelFormat::Png, &source, 1, PLACES[place]).unwrap();
        prop_assert!(drawn.contrast >= 5.0 || depth == 2, "{}", drawn.contrast);
        let merged = merge(&source, &out.pixels);
        let (before, after) = (oracle(&source), oracle(&merged));
        for (index, (a, b)) in before.iter().zip(&after).enumerate() {
            prop_assert!(!outside(&drawn, 90, index) || a == b);
        }
        assert_notice_visible(PixelFormat::Png, &merged, &drawn);
    }
}

#[test]
fn a_full_palette_of_like_colours_is_refused_and_one_of_unlike_ones_is_used() {
    let rows: Vec<u8> = (0..100 * 100).map(|i| (i % 256) as u8).collect();
    let make = |low: u8, high: u8| {
        let plte: Vec<u8> = (0..256_u32)
            .flat_map(|i| {
                let level = u32::from(low) + i * u32::from(high - low) / 255;
                [level as u8, level as u8, (level as u8).wrapping_add((i % 3) as u8)]
            })
            .collect();
        file((100, 100), (3, 8), &rows, &[chunk(b"PLTE", &plte)])
    };
    let refused = mark(PixelFormat::Png, &make(100, 140), 1, Placement::Top);
    assert_eq!(code(refused), "codec.palette_full");
    let (out, drawn) = mark(PixelFormat::Png, &make(5, 250), 1, Placement::Top).unwrap();
    assert!(matches!(&out.pixels, Pixels::Png { plte: None, trns: None, .. }));
    assert!(drawn.contrast > 10.0 && !drawn.translucent);
}

#[test]
fn histogram_and_background_of_a_palette_stay_true() {
    // Entry 1 is the background, entry 2 is unused, and hIST forbids a longer palette.
    let plte = chunk(b"PLTE", &[90, 90, 90, 1, 2, 3, 7, 8, 9, 200, 0, 0]);
    let rows: Vec<u8> = (0..90 * 90).map(|i| if i % 2 == 0 { 0 } else { 3 }).collect();
    let extra = [plte, chunk(b"hIST", &[0; 8]), chunk(b"bKGD", &[1])];
    let source = file((90, 90), (3, 8), &rows, &extra);
    let (out, _) = mark(PixelFormat::Png, &source, 1, Placement::Top).unwrap();
    let Pixels::Png { plte: Some(plte), .. } = out.pixels else { panic!("no palette") };
    assert_eq!(plte.len(), 12);
    assert_eq!(plte[..6], [90, 90, 90, 1, 2, 3]);
    assert_eq!(plte[9..], [200, 0, 0]);
    assert_eq!(plte[6..9], [255, 255, 255]);
}

#[test]
fn colour_keys_never_punch_holes() {
    for (colour, depth, key) in [
        (0_u8, 8_u8, vec![0, 255]),
        (0, 8, vec![0, 18]),
        (0, 16, vec![255, 255]),
        (2, 8, vec![0, 255, 0, 255, 0, 255]),
        (0, 4, vec![0, 1]),
        (0, 2, vec![0, 3]),
    ] {
        let row = (120 * channels(colour) * usize::from(depth)).div_ceil(8);
        let extra = [chunk(b"tRNS", &key)];
        let source = file((120, 100), (colour, depth), &bytes(9, row * 100), &extra);
        match mark(PixelFormat::Png, &source, 1, Placement::Bottom) {
            Ok((out, drawn)) => {
                assert!(drawn.contrast >= 4.5);
                let merged = merge(&source, &out.pixels);
                let (width, _, pixels) = look(PixelFormat::Png, &merged);
                let middle = (drawn.rect.y + drawn.rect.height / 2) * width;
                for x in drawn.rect.x..drawn.rect.x + drawn.rect.width {
                    assert!(pixels[(middle + x) as usize].a >= 1.0, "{colour} {depth} {key:?}");
                }
            }
            Err(error) => {
                assert_eq!(error.code(), "render.contrast", "{colour} {depth} {key:?}");
            }
        }
    }
    // One bit and black transparent: white ink has nothing dark to stand on.
    let source = file((96, 96), (0, 1), &bytes(9, 12 * 96), &[chunk(b"tRNS", &[0, 0])]);
    assert_eq!(code(mark(PixelFormat::Png, &source, 1, Placement::Top)), "render.contrast");
}

#[test]
fn transparent_pictures_get_an_opaque_notice() {
    let source = file((150, 100), (6, 8), &vec![0; 150 * 100 * 4], &[]);
    let (out, drawn) = mark(PixelFormat::Png, &source, 1, Placement::BottomRight).unwrap();
    let merged = merge(&source, &out.pixels);
    let (_, _, pixels) = look(PixelFormat::Png, &merged);
    let opaque = pixels.iter().filter(|p| p.a >= 1.0).count() as u32;
    assert!(opaque * 100 > drawn.rect.width * drawn.rect.height * 97);
    assert_notice_visible(PixelFormat::Png, &merged, &drawn);
}

#[test]
fn interlaced_becomes_sequential_with_the_same_pixels() {
    let (width, height) = (75_u32, 66_u32);
    let plain = rgb(width, height);
    let (_, _, pixels) = look(PixelFormat::Png, &plain);
    let passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let mut data = Vec::new();
    for (x0, y0, dx, dy) in passes {
        for y in (y0..height).step_by(dy) {
            data.push(0);
            for x in (x0..width).step_by(dx) {
                data.extend_from_slice(&pixels[(y * width + x) as usize].to_rgb8());
            }
        }
    }
    let source = file_of(&[chunk(b"IHDR", &ihdr(width, height, 2, 8, 1)), chunk(b"IDAT", &stored(&data))]);
    let (out, drawn) = mark(PixelFormat::Png, &source, 1, Placement::TopLeft).unwrap();
    assert!(out.deinterlaced);
    let after = oracle(&merge(&source, &out.pixels));
    for (index, (a, b)) in oracle(&plain).iter().zip(&after).enumerate() {
        assert!(!outside(&drawn, width, index) || a == b);
    }
}

#[test]
fn refused_variants_and_broken_files_are_named() {
    let good = rgb(80, 80);
    let with = |extra: Vec<u8>, at: usize| [&good[..at], &extra, &good[at..]].concat();
    let animated = with(chunk(b"acTL", &[0, 0, 0, 1, 0, 0, 0, 0]), 33);
    assert_eq!(code(mark(PixelFormat::Png, &animated, 1, Placement::Top)), "codec.animated");
    let apple = with(chunk(b"CgBI", &[0; 4]), 8);
    assert_eq!(code(mark(PixelFormat::Png, &apple, 1, Placement::Top)), "codec.png_cgbi");
    // IEND, the last CRC and the checksum of the stream are not needed for the pixels.
    assert_cuts_fail(PixelFormat::Png, &good, 24);
    let limits = Limits { segments: 1, ..Limits::default() };
    let result = redraw(PixelFormat::Png, &good, &limits, &mut |_| Ok(()));
    assert_eq!(code(result), "limit");
    for ihdr in [ihdr(0, 5, 2, 8, 0), ihdr(5, 5, 2, 4, 0), ihdr(5, 5, 1, 8, 0), vec![0; 12]] {
        let bad = file_of(&[chunk(b"IHDR", &ihdr), chunk(b"IDAT", &stored(&[0; 99]))]);
        let result = redraw(PixelFormat::Png, &bad, &Limits::default(), &mut |_| Ok(()));
        assert!(matches!(result, Err(Error::Malformed(_))));
    }
}

#[test]
fn the_encoder_of_the_png_crate_is_read_too() {
    let mut source = Vec::new();
    let mut encoder = Encoder::new(&mut source, 120, 90);
    encoder.set_color(ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&bytes(4, 120 * 90 * 3)).unwrap();
    writer.finish().unwrap();
    let (out, drawn) = mark(PixelFormat::Png, &source, 6, Placement::BottomRight).unwrap();
    assert!(drawn.rect.height > drawn.rect.width);
    assert_notice_visible(PixelFormat::Png, &merge(&source, &out.pixels), &drawn);
}
