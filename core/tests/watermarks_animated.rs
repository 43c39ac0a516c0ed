//! Watermarks of labels in animated pictures: in every frame as it is seen; all but pixels stays as it was.
#![cfg(target_pointer_width = "64")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use std::io::Cursor;

use biaoshi::carrier::watermark::{PICTURE, identifier};
use biaoshi::verify::Look;
use biaoshi::watermark::{Key, MarkedLevel, Payload};
use biaoshi::{CarrierKind, Explicit, Imprint, Label, Labeler, Profile, Report, Verifier};
use image::{AnimationDecoder, RgbaImage};
use png::{BitDepth, BlendOp, ColorType, DisposeOp};
use proptest::prelude::*;

const PRODUCER: &str = "001191110102MACQD9K64010000";

/// Where a frame lies, how it is laid and what becomes of it.
#[derive(Debug, Clone, Copy)]
struct Part {
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    over: bool,
    /// 0 stays, 1 is cleared, 2 gives way to what was there.
    after: u8,
}

impl Part {
    const fn whole((width, height): (u32, u32)) -> Self {
        Self { left: 0, top: 0, width, height, over: false, after: 0 }
    }
}

/// Soft shapes with some grain; partly transparent where frames are laid over others.
fn pixels(part: Part, seed: u32, alpha: bool) -> RgbaImage {
    let mut state = 0x9E37_79B9u32 ^ seed.wrapping_mul(77_777);
    RgbaImage::from_fn(part.width, part.height, |x, y| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let grain = (state % 13) as f32 - 6.0;
        let (fx, fy) = ((x + seed * 9) as f32 / 37.0, (y + seed * 5) as f32 / 29.0);
        let wave = |phase: f32| (128.0 + 50.0 * (fx + phase).sin() + 40.0 * (fy * 1.3 + fx * 0.4).cos() + grain) as u8;
        let a = match (x / 48 + y / 48) % 5 {
            0 if alpha => 0,
            1 if alpha => 140,
            _ => 255,
        };
        image::Rgba([wave(0.0), wave(0.6), wave(1.1), a])
    })
}

/// An APNG as Pillow writes it: all frames in acTL, the first one in IDAT, unless it is `apart`.
fn apng(size: (u32, u32), parts: &[Part], colour: ColorType, depth: BitDepth, apart: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, size.0, size.1);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_animated(u32::try_from(parts.len()).unwrap() - u32::from(apart), 3).unwrap();
    encoder.set_sep_def_img(apart).unwrap();
    encoder.add_text_chunk("Title".to_owned(), "three frames".to_owned()).unwrap();
    let mut writer = encoder.write_header().unwrap();
    for (number, part) in parts.iter().enumerate() {
        if !(apart && number == 0) {
            writer.set_frame_delay(u16::try_from(40 + number).unwrap(), 1000).unwrap();
            if number > 0 {
                writer.reset_frame_position().unwrap();
                writer.set_frame_dimension(part.width, part.height).unwrap();
                writer.set_frame_position(part.left, part.top).unwrap();
            }
            writer.set_blend_op(if part.over { BlendOp::Over } else { BlendOp::Source }).unwrap();
            let after = [DisposeOp::None, DisposeOp::Background, DisposeOp::Previous][usize::from(part.after)];
            writer.set_dispose_op(after).unwrap();
        }
        let picture = pixels(*part, u32::try_from(number).unwrap(), matches!(colour, ColorType::Rgba));
        let samples = picture.pixels().flat_map(|pixel| match colour {
            ColorType::Grayscale => vec![pixel.0[1]],
            ColorType::Rgb => pixel.0[..3].to_vec(),
            _ => pixel.0.to_vec(),
        });
        let data: Vec<u8> = match depth {
            BitDepth::Sixteen => samples.flat_map(|sample| [sample, sample ^ 0x5A]).collect(),
            _ => samples.collect(),
        };
        writer.write_image_data(&data).unwrap();
    }
    writer.finish().unwrap();
    out
}

/// Chunks of a PNG in order, without pictures: type and payload.
fn chunks(file: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut at = 8;
    let mut out = Vec::new();
    while at < file.len() {
        let length = u32::from_be_bytes(file[at..at + 4].try_into().unwrap()) as usize;
        let kind = String::from_utf8(file[at + 4..at + 8].to_vec()).unwrap();
        let payload = &file[at + 8..at + 8 + length];
        match kind.as_str() {
            "IDAT" => out.push((kind, Vec::new())),
            "fdAT" => out.push((kind, payload[..4].to_vec())),
            "iTXt" if payload.starts_with(b"XML:com.adobe.xmp") => {}
            _ => out.push((kind, payload.to_vec())),
        }
        at += length + 12;
    }
    out
}

/// Frames as they are seen, and their delays.
fn seen(file: &[u8]) -> Vec<(RgbaImage, (u32, u32))> {
    let frames = match file.starts_with(b"RIFF") {
        true => image::codecs::webp::WebPDecoder::new(Cursor::new(file)).unwrap().into_frames().collect_frames(),
        false => {
            let decoder = image::codecs::png::PngDecoder::new(Cursor::new(file)).unwrap();
            decoder.apng().unwrap().into_frames().collect_frames()
        }
    };
    let frames = frames.unwrap().into_iter();
    frames.map(|frame| (frame.buffer().clone(), frame.delay().numer_denom_ms())).collect()
}

fn labeler() -> Labeler<'static> {
    Labeler::new(Profile::CN_GB45438).watermark(Imprint::of_label()).explicit(Explicit::none("a test"))
}

fn label() -> Label {
    Label::new(PRODUCER).with_produce_id("content-1")
}

fn mark(file: &[u8]) -> Option<String> {
    let report: Report = Verifier::new().look(Look::Everything).verify_bytes(file).unwrap();
    let found = report.evidence.iter().find(|e| e.carrier == CarrierKind::Watermark)?.watermark.clone()?;
    assert_eq!(found.scheme, PICTURE);
    Some(found.payload)
}

fn payload() -> String {
    format!("{:016x}", Payload::new(MarkedLevel::Is, identifier(PRODUCER, "content-1")).to_bits())
}

/// One frame as somebody saves it.
fn extracted(frame: &RgbaImage) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    image::DynamicImage::ImageRgba8(frame.clone()).to_rgb8().write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

/// Marks and checks what stays; gives the result and how different the frames became, in squares of levels.
fn marked(file: &[u8]) -> (Vec<u8>, f64) {
    let (out, receipt) = labeler().label_bytes(file, &label()).unwrap();
    let made = receipt.watermark.unwrap();
    assert!(made.scheme == PICTURE && made.payload == payload() && made.psnr_db.is_some_and(|db| db > 36.0));
    assert_eq!(mark(&out), Some(payload()));
    let (before, after) = (seen(file), seen(&out));
    assert_eq!(before.len(), after.len());
    let mut worst = 0.0f64;
    for ((was, time), (now, after)) in before.iter().zip(&after) {
        assert_eq!(time, after);
        assert_eq!(was.dimensions(), now.dimensions());
        let mut sum = 0.0;
        for (a, b) in was.pixels().zip(now.pixels()) {
            assert_eq!(a.0[3], b.0[3], "opacity stays");
            sum += f64::from(u32::from(a.0[1].abs_diff(b.0[1])).pow(2)) * f64::from(a.0[3]) / 255.0;
        }
        worst = worst.max(sum / f64::from(was.width() * was.height()));
    }
    (out, worst)
}

#[test]
fn every_frame_of_an_apng_carries_the_mark_and_all_else_stays() {
    let size = (360, 300);
    let small = Part { left: 40, top: 60, width: 150, height: 120, over: true, after: 2 };
    let cleared = Part { left: 0, top: 10, width: 360, height: 200, over: false, after: 1 };
    let parts = [Part::whole(size), small, cleared, Part::whole(size)];
    for (colour, apart) in [(ColorType::Rgba, false), (ColorType::Rgb, true)] {
        let file = apng(size, &parts, colour, BitDepth::Eight, apart);
        let (out, worst) = marked(&file);
        assert!(worst > 0.2 && worst < 12.0, "{worst}");
        assert_eq!(chunks(&file), chunks(&out), "{colour:?}");
        // A frame that is saved alone still leads to the label.
        for frame in [0, 1] {
            assert_eq!(mark(&extracted(&seen(&out)[frame].0)), Some(payload()), "{colour:?} frame {frame}");
        }
        assert_eq!(mark(&file), None);
    }
}

#[test]
fn frames_of_16_bits_keep_their_depth() {
    let size = (340, 300);
    let small = Part { left: 41, top: 61, width: 151, height: 121, over: false, after: 0 };
    let file = apng(size, &[Part::whole(size), small], ColorType::Grayscale, BitDepth::Sixteen, false);
    let (out, receipt) = labeler().label_bytes(&file, &label()).unwrap();
    assert!(receipt.watermark.is_some());
    assert_eq!(mark(&out), Some(payload()));
    assert_eq!(chunks(&file), chunks(&out));
    let samples = |file: &[u8]| {
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info().unwrap();
        let mut all = Vec::new();
        for _ in 0..2 {
            let mut data = vec![0; reader.output_buffer_size().unwrap()];
            let frame = reader.next_frame(&mut data).unwrap();
            all.extend(data[..frame.buffer_size()].as_chunks::<2>().0.iter().map(|two| u16::from_be_bytes(*two)));
        }
        all
    };
    let (was, now) = (samples(&file), samples(&out));
    assert!(was.len() == now.len() && was.iter().zip(&now).all(|(a, b)| a.abs_diff(*b) < 12 * 257));
    // Nothing was cut to 8 bits.
    assert!(now.iter().any(|sample| sample % 257 != 0) && was != now);
}

/// Chunks of a RIFF.
fn riff(kind: &[u8; 4], payload: &[u8]) -> Vec<u8> {
    let mut out = kind.to_vec();
    out.extend_from_slice(&u32::try_from(payload.len()).unwrap().to_le_bytes());
    out.extend_from_slice(payload);
    out.resize(out.len() + payload.len() % 2, 0);
    out
}

/// The chunks of a still picture.
fn coded(part: Part, seed: u32, quality: Option<u8>) -> Vec<u8> {
    use vaam_image_webp::{ColorType, EncoderParams, WebPEncoder};
    let picture = pixels(part, seed, quality.is_none() && seed > 0);
    let mut out = Vec::new();
    let mut params = EncoderParams::default();
    params.use_lossy = quality.is_some();
    params.lossy_quality = quality.unwrap_or(90);
    let mut encoder = WebPEncoder::new(&mut out);
    encoder.set_params(params);
    let rgb: Vec<u8> = picture.pixels().flat_map(|pixel| pixel.0[..3].to_vec()).collect();
    match quality {
        Some(_) => encoder.encode(&rgb, part.width, part.height, ColorType::Rgb8).unwrap(),
        None => encoder.encode(&picture, part.width, part.height, ColorType::Rgba8).unwrap(),
    }
    let at = out.windows(4).position(|four| four == b"VP8L" || four == b"VP8 ").unwrap();
    out.split_off(at)
}

fn webp(size: (u32, u32), parts: &[Part], quality: Option<u8>) -> Vec<u8> {
    let three = |n: u32| n.to_le_bytes()[..3].to_vec();
    let mut body = b"WEBP".to_vec();
    let flags = [if quality.is_none() { 0x12 } else { 2 }, 0, 0, 0];
    body.extend(riff(b"VP8X", &[&flags[..], &three(size.0 - 1), &three(size.1 - 1)].concat()));
    body.extend(riff(b"ANIM", &[255, 255, 255, 255, 4, 0]));
    for (number, part) in parts.iter().enumerate() {
        let number = u32::try_from(number).unwrap();
        let mut frame = [part.left / 2, part.top / 2, part.width - 1, part.height - 1, 40 + number].map(three).concat();
        frame.push(u8::from(!part.over) << 1 | u8::from(part.after == 1));
        frame.extend(coded(*part, number, quality));
        frame.extend(riff(b"keep", b"a chunk of its own"));
        body.extend(riff(b"ANMF", &frame));
    }
    body.extend(riff(b"odd ", b"stays"));
    riff(b"RIFF", &body)
}

#[test]
fn every_frame_of_an_animated_webp_carries_the_mark() {
    let size = (360, 300);
    let small = Part { left: 40, top: 60, width: 151, height: 121, over: true, after: 0 };
    let cleared = Part { left: 0, top: 10, width: 360, height: 200, over: false, after: 1 };
    for quality in [None, Some(90)] {
        let file = webp(size, &[Part::whole(size), small, cleared, Part::whole(size)], quality);
        let (out, _) = marked(&file);
        for kept in [
            &b"keep\x12\0\0\0a chunk of its own"[..],
            b"odd \x05\0\0\0stays\0",
            b"ANIM\x06\0\0\0\xff\xff\xff\xff\x04\0",
        ] {
            let count = |file: &[u8]| file.windows(kept.len()).filter(|part| *part == kept).count();
            assert_eq!(count(&file), count(&out));
        }
        assert_eq!(mark(&extracted(&seen(&out)[0].0)), Some(payload()));
    }
}

#[test]
fn secret_marks_in_animations_are_read_with_their_key() {
    let key = || Key::secret(&[7; 32]).unwrap();
    let file = apng((320, 280), &[Part::whole((320, 280)); 2], ColorType::Rgb, BitDepth::Eight, false);
    let (out, _) = labeler().watermark(Imprint::secret(key(), 42)).label_bytes(&file, &label()).unwrap();
    assert_eq!(mark(&out), None);
    let report = Verifier::new().look(Look::Everything).watermark_key(key()).verify_bytes(&out).unwrap();
    let found = report.evidence.iter().find_map(|e| e.watermark.as_ref()).unwrap();
    assert_eq!((found.payload.as_str(), found.key), ("000000000000002a", Some(0)));
}

#[test]
fn what_holds_no_mark_is_refused_with_the_reason() {
    let code = |labeler: Labeler<'_>, file: &[u8]| {
        let mut out = Vec::new();
        let result = labeler.label(&mut Cursor::new(file), &label(), &mut out);
        assert!(out.is_empty());
        result.err().map(|error| error.code().to_owned()).unwrap_or_default()
    };
    let size = (320, 280);
    let good = apng(size, &[Part::whole(size); 2], ColorType::Rgb, BitDepth::Eight, false);
    // A notice that is due would have to be in every frame.
    let due = Labeler::new(Profile::CN_GB45438).watermark(Imprint::of_label());
    assert_eq!(code(due, &good), "codec.animated");
    let small = apng((180, 150), &[Part::whole((180, 150)); 2], ColorType::Rgb, BitDepth::Eight, false);
    assert_eq!(code(labeler(), &small), "watermark.too_small");
    let grey = apng(size, &[Part::whole(size)], ColorType::Grayscale, BitDepth::Eight, false);
    let few = |colour: u8, depth: u8| {
        let mut file = grey.clone();
        file[24..26].copy_from_slice(&[depth, colour]);
        let crc = {
            let mut crc = flate2::Crc::new();
            crc.update(&file[12..29]);
            crc.sum().to_be_bytes()
        };
        file[29..33].copy_from_slice(&crc);
        file
    };
    assert_eq!(code(labeler(), &few(0, 4)), "watermark.palette");
    assert_eq!(code(labeler(), &few(3, 8)), "watermark.palette");
    let gif = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b";
    assert_eq!(code(labeler(), gif), "watermark.palette");
    // More frames than all together may have pixels.
    let mut narrow = biaoshi::Limits::default();
    assert!(narrow.set("pixels", 320 * 280));
    assert_eq!(code(labeler().limits(narrow), &good), "limit");
}

fn parts(size: (u32, u32)) -> impl Strategy<Value = Vec<Part>> {
    let part = (0..size.0, 0..size.1, 1..=size.0, 1..=size.1, any::<bool>(), 0..3u8);
    let part = part.prop_map(move |(left, top, width, height, over, after)| {
        let (width, height) = (width.min(size.0 - left), height.min(size.1 - top));
        Part { left, top, width, height, over, after }
    });
    proptest::collection::vec(part, 0..4).prop_map(move |mut parts| {
        parts.insert(0, Part::whole(size));
        parts
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, ..ProptestConfig::default() })]

    #[test]
    fn frames_of_any_size_and_place_keep_all_but_pixels(
        parts in (340u32..380, 320u32..360).prop_flat_map(|size| (Just(size), parts(size))),
        alpha: bool,
    ) {
        let (size, parts) = parts;
        let colour = if alpha { ColorType::Rgba } else { ColorType::Rgb };
        let file = apng(size, &parts, colour, BitDepth::Eight, false);
        let (out, worst) = marked(&file);
        prop_assert!(worst < 16.0, "{worst}");
        prop_assert_eq!(chunks(&file), chunks(&out));
    }
}
