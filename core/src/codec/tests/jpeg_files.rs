//! JPEG: tables, factors, process and component identifiers of the source come back.

use ::jpeg_encoder::{ColorType, Encoder, QuantizationTableType, SamplingFactor as S};

use super::*;

fn smooth(width: u16, height: u16, channels: usize) -> Vec<u8> {
    let (w, h) = (u32::from(width), u32::from(height));
    let at = |i: u32| {
        let (x, y) = (i % w, i / w);
        [(60 + x * 120 / w) as u8, (50 + y * 150 / h) as u8, 140, 200]
    };
    (0..w * h).flat_map(|i| at(i)[..channels].to_vec()).collect()
}

fn encode((width, height): (u16, u16), colour: ColorType, set: impl Fn(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let count = match colour {
        ColorType::Luma => 1,
        ColorType::Rgb | ColorType::Ycbcr => 3,
        _ => 4,
    };
    let mut out = Vec::new();
    let mut encoder = Encoder::new(&mut out, 83);
    set(&mut encoder);
    encoder.encode(&smooth(width, height, count), width, height, colour).unwrap();
    out
}

pub(in super::super) fn plain(width: u16, height: u16) -> Vec<u8> {
    encode((width, height), ColorType::Rgb, |_| {})
}

pub(in super::super) fn progressive(width: u16, height: u16) -> Vec<u8> {
    encode((width, height), ColorType::Rgb, |e| e.set_progressive(true))
}

pub(in super::super) fn ycck(width: u16, height: u16) -> Vec<u8> {
    encode((width, height), ColorType::CmykAsYcck, |_| {})
}

/// The source's application segments and comments, then the new picture data.
fn merge(source: &[u8], pixels: &Pixels) -> Vec<u8> {
    let Pixels::Jpeg { data } = pixels else { panic!("not JPEG") };
    let mut out = vec![0xFF, 0xD8];
    for (marker, payload) in walk(source) {
        if matches!(marker, 0xE0..=0xEF | 0xFE) {
            out.extend_from_slice(&[0xFF, marker]);
            out.extend_from_slice(&(payload.len() as u16 + 2).to_be_bytes());
            out.extend_from_slice(&payload);
        }
    }
    [out, data.clone()].concat()
}

/// Marker segments, read independently of the code under test.
fn walk(file: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let mut out = Vec::new();
    let mut at = 2;
    while at + 4 <= file.len() {
        if file[at] != 0xFF || matches!(file[at + 1], 0 | 0xD0..=0xD7 | 0xFF) {
            at += 1;
            continue;
        }
        if file[at + 1] == 0xD9 {
            break;
        }
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        out.push((file[at + 1], file[at + 4..at + 2 + length].to_vec()));
        at += 2 + length;
    }
    out
}

/// SOF marker, and per component: id, factors, values of its table.
fn frame(file: &[u8]) -> (u8, Vec<(u8, u8, Vec<u8>)>) {
    let segments = walk(file);
    let mut tables = [const { Vec::new() }; 4];
    for (_, payload) in segments.iter().filter(|(m, _)| *m == 0xDB) {
        for table in payload.chunks(65) {
            tables[usize::from(table[0])] = table[1..].to_vec();
        }
    }
    let (marker, sof) = segments.iter().find(|(m, _)| matches!(m, 0xC0..=0xC2)).unwrap();
    let parts = sof[6..].chunks(3);
    let parts = parts.map(|p| (p[0], p[1], tables[usize::from(p[2])].clone())).collect();
    (*marker, parts)
}

fn restart(file: &[u8]) -> Option<Vec<u8>> {
    walk(file).into_iter().find(|(m, _)| *m == 0xDD).map(|(_, payload)| payload)
}

/// Mean difference outside the notice, 0 to 1.
fn difference(before: &[u8], after: &[u8], drawn: &Drawn) -> f32 {
    let (width, _, a) = look(PixelFormat::Jpeg, before);
    let (_, _, b) = look(PixelFormat::Jpeg, after);
    let rect = drawn.rect;
    let near = |v: u32, start: u32, size: u32| v + 16 >= start && v < start + size + 16;
    let (mut sum, mut count) = (0.0, 0.0_f32);
    for (index, (a, b)) in a.iter().zip(&b).enumerate() {
        let (x, y) = (index as u32 % width, index as u32 / width);
        if !(near(x, rect.x, rect.width) && near(y, rect.y, rect.height)) {
            sum += (a.r - b.r).abs() + (a.g - b.g).abs() + (a.b - b.b).abs();
            count += 3.0;
        }
    }
    sum / count
}

/// Marks `source`, and compares with it and with the picture it was made of.
fn assert_kept(source: &[u8], what: &str) {
    let (width, height, seen) = look(PixelFormat::Jpeg, source);
    let truth = smooth(width as u16, height as u16, 3);
    for (pixel, rgb) in seen.iter().zip(truth.chunks(3)) {
        let [r, g, b] = pixel.to_rgb8();
        let off = r.abs_diff(rgb[0]).max(g.abs_diff(rgb[1])).max(b.abs_diff(rgb[2]));
        assert!(off < 16, "{what}: read as {r} {g} {b}, is {rgb:?}");
    }
    let (out, drawn) = mark(PixelFormat::Jpeg, source, 1, Placement::BottomRight).expect(what);
    assert_eq!(out.reencoded, Reencoded::Lossy);
    let merged = merge(source, &out.pixels);
    assert_eq!(frame(&merged), frame(source), "{what}");
    assert_eq!(restart(&merged), restart(source), "{what}");
    assert_eq!(walk(&merged).iter().filter(|(m, _)| *m == 0xDD).count(), usize::from(restart(source).is_some()));
    if walk(&merged).iter().filter(|(m, _)| *m == 0xDA).count() == 1 || frame(source).0 == 0xC2 {
        assert_notice_visible(PixelFormat::Jpeg, &merged, &drawn);
        let far = difference(source, &merged, &drawn);
        assert!(far < 0.006, "{what}: {far}");
    }
}

#[test]
fn jpeg_keeps_tables_sampling_process_and_restarts() {
    let factors = [S::F_1_1, S::F_2_1, S::F_1_2, S::F_2_2, S::F_4_1, S::F_4_2, S::F_1_4, S::F_2_4];
    for factor in factors {
        for progressive in [false, true] {
            for interval in [0, 5] {
                let source = encode((217, 131), ColorType::Rgb, |e| {
                    e.set_sampling_factor(factor);
                    e.set_progressive(progressive);
                    e.set_restart_interval(interval);
                    let table = |from: u16| {
                        let values = std::array::from_fn(|i| from + i as u16 / 2);
                        QuantizationTableType::Custom(Box::new(values))
                    };
                    e.set_quantization_tables(table(2), table(3));
                });
                let what = format!("{factor:?} {progressive} {interval}");
                let scans = walk(&source).iter().filter(|(m, _)| *m == 0xDA).count();
                if !progressive && scans > 1 {
                    let result = mark(PixelFormat::Jpeg, &source, 1, Placement::Top);
                    assert_eq!(code(result), "codec.jpeg_process", "{what}");
                    continue;
                }
                assert_eq!(frame(&source).0 == 0xC2, progressive, "{what}");
                assert_kept(&source, &what);
            }
        }
    }
}

/// Files of libjpeg-turbo's cjpeg 2.1 (`-quality 75 -sample HxV`) of the same picture, 120 × 96.
#[test]
fn files_of_libjpeg_in_all_samplings() {
    let files: [(&str, &[u8]); 9] = [
        ("1x1", include_bytes!("cjpeg-1x1.jpg")),
        ("2x1", include_bytes!("cjpeg-2x1.jpg")),
        ("1x2", include_bytes!("cjpeg-1x2.jpg")),
        ("2x2", include_bytes!("cjpeg-2x2.jpg")),
        ("4x1", include_bytes!("cjpeg-4x1.jpg")),
        ("4x2", include_bytes!("cjpeg-4x2.jpg")),
        ("1x4", include_bytes!("cjpeg-1x4.jpg")),
        ("2x4", include_bytes!("cjpeg-2x4.jpg")),
        ("2x2 progressive", include_bytes!("cjpeg-2x2-progressive.jpg")),
    ];
    for (what, source) in files {
        assert_kept(source, what);
    }
}

#[test]
fn jpeg_data_starts_with_tables_and_has_no_metadata() {
    let mut source = plain(120, 90);
    let comment = b"\xff\xe1\x00\x08Exif\0\0\xff\xfe\x00\x04hi";
    source.splice(2..2, comment.iter().copied());
    let (out, _) = mark(PixelFormat::Jpeg, &source, 1, Placement::Top).unwrap();
    let Pixels::Jpeg { data } = &out.pixels else { panic!("not JPEG") };
    assert!(data.starts_with(&[0xFF, 0xDB]) && data.ends_with(&[0xFF, 0xD9]));
    let markers: Vec<u8> = walk(&[&[0xFF, 0xD8], data.as_slice()].concat()).into_iter().map(|s| s.0).collect();
    assert!(!markers.iter().any(|m| matches!(m, 0xE0..=0xEF | 0xFE | 0xD8)), "{markers:x?}");
}

#[test]
fn grey_stays_one_component() {
    for progressive in [false, true] {
        let source = encode((140, 100), ColorType::Luma, |e| e.set_progressive(progressive));
        let (out, drawn) = mark(PixelFormat::Jpeg, &source, 1, Placement::TopLeft).unwrap();
        let merged = merge(&source, &out.pixels);
        assert_eq!(frame(&merged), frame(&source));
        assert_eq!(frame(&merged).1.len(), 1);
        assert_eq!(walk(&merged).iter().filter(|(m, _)| *m == 0xDB).count(), 1);
        assert_notice_visible(PixelFormat::Jpeg, &merged, &drawn);
        assert!(difference(&source, &merged, &drawn) < 0.004);
    }
}

#[test]
fn four_component_pictures_keep_their_inks() {
    for progressive in [false, true] {
        let source = encode((160, 120), ColorType::CmykAsYcck, |e| {
            e.set_progressive(progressive);
            e.set_sampling_factor(S::F_2_2);
        });
        let (out, drawn) = mark(PixelFormat::Jpeg, &source, 1, Placement::Bottom).unwrap();
        let merged = merge(&source, &out.pixels);
        assert_eq!(frame(&merged), frame(&source));
        assert_notice_visible(PixelFormat::Jpeg, &merged, &drawn);
        assert!(difference(&source, &merged, &drawn) < 0.006);
    }
    // Plain inks: one table for all four, with and without Adobe's segment.
    for adobe in [true, false] {
        let one = QuantizationTableType::Custom(Box::new([3; 64]));
        let mut source = encode((160, 120), ColorType::Cmyk, |e| {
            e.set_quantization_tables(one.clone(), one.clone());
            e.set_sampling_factor(S::F_1_1);
        });
        if !adobe {
            let at = source.windows(7).position(|w| w == b"\xff\xee\x00\x0eAdo").unwrap();
            source.drain(at..at + 16);
        }
        let (out, drawn) = mark(PixelFormat::Jpeg, &source, 1, Placement::Bottom).unwrap();
        let merged = merge(&source, &out.pixels);
        assert_eq!(frame(&merged), frame(&source), "{adobe}");
        assert_notice_visible(PixelFormat::Jpeg, &merged, &drawn);
        assert!(difference(&source, &merged, &drawn) < 0.006);
    }
}

/// Raw red, green and blue, marked by Adobe's transform 0 or by the names of the components.
#[test]
fn rgb_components_stay_rgb_under_their_names() {
    let base = encode((160, 120), ColorType::Ycbcr, |e| e.set_sampling_factor(S::F_1_1));
    let jfif = usize::from(u16::from_be_bytes([base[4], base[5]])) + 4;
    let rest = &base[jfif..];
    let adobe = [b"\xff\xd8\xff\xee\x00\x0eAdobe\0\x64\0\0\0\0\0".as_slice(), rest].concat();
    let mut named = [b"\xff\xd8".as_slice(), rest].concat();
    let sof = named.windows(2).position(|w| w == b"\xff\xc0").unwrap();
    let sos = named.windows(2).position(|w| w == b"\xff\xda").unwrap();
    for (index, name) in b"RGB".iter().enumerate() {
        named[sof + 10 + index * 3] = *name;
        named[sos + 5 + index * 2] = *name;
    }
    for source in [adobe, named] {
        let (_, _, pixels) = look(PixelFormat::Jpeg, &source);
        let [r, g, b] = pixels[0].to_rgb8();
        assert!(r.abs_diff(60) < 5 && g.abs_diff(50) < 5 && b.abs_diff(140) < 5, "{r} {g} {b}");
        let (out, drawn) = mark(PixelFormat::Jpeg, &source, 1, Placement::Right).unwrap();
        let merged = merge(&source, &out.pixels);
        assert_eq!(frame(&merged), frame(&source));
        assert_notice_visible(PixelFormat::Jpeg, &merged, &drawn);
        assert!(difference(&source, &merged, &drawn) < 0.006);
    }
}

/// Where `plain` keeps the bytes that the tests change.
fn patched(change: impl Fn(&mut Vec<u8>, usize, usize)) -> Vec<u8> {
    let mut file = encode((120, 90), ColorType::Rgb, |e| e.set_sampling_factor(S::F_2_2));
    let sof = file.windows(2).position(|w| w == b"\xff\xc0").unwrap();
    let dqt = file.windows(2).position(|w| w == b"\xff\xdb").unwrap();
    change(&mut file, sof, dqt);
    file
}

#[test]
fn processes_that_cannot_be_written_back_are_refused() {
    let kind = |file: &[u8]| code(mark(PixelFormat::Jpeg, file, 1, Placement::Top));
    assert_eq!(kind(&patched(|_, _, _| {})), "ok");
    for marker in [0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF] {
        assert_eq!(kind(&patched(|f, sof, _| f[sof + 1] = marker)), "codec.jpeg_process");
    }
    assert_eq!(kind(&patched(|f, sof, _| f[sof + 4] = 12)), "codec.jpeg_process");
    assert_eq!(kind(&patched(|f, sof, _| f[sof + 5..sof + 7].fill(0))), "codec.jpeg_process");
    for factors in [0x31, 0x23, 0x00, 0x12, 0x44] {
        let file = patched(|f, sof, _| f[sof + 14] = factors);
        assert_eq!(kind(&file), "codec.jpeg_sampling", "{factors:x}");
    }
    // A third table for the third component.
    let three = patched(|f, sof, dqt| {
        f[sof + 18] = 2;
        let mut table = f[dqt..dqt + 69].to_vec();
        table[4] = 2;
        f.splice(dqt..dqt, table);
    });
    assert_eq!(kind(&three), "codec.jpeg_tables");
    // 16-bit values that a baseline table cannot hold.
    let wide = patched(|f, _, dqt| {
        let mut table = vec![0xFF, 0xDB, 0, 131, 0x10];
        table.extend((0..64).flat_map(|_| 300_u16.to_be_bytes()));
        f.splice(dqt..dqt + 69, table);
    });
    assert_eq!(kind(&wide), "codec.jpeg_tables");
    assert_eq!(kind(&patched(|f, _, dqt| f[dqt + 9] = 0)), "codec.pixels_malformed");
}

#[test]
fn scaled_factors_of_one_ratio_are_understood() {
    // 2x2 for all three is 4:4:4.
    let source = encode((128, 96), ColorType::Rgb, |e| e.set_sampling_factor(S::F_1_1));
    let sof = source.windows(2).position(|w| w == b"\xff\xc0").unwrap();
    let mut grey = encode((128, 96), ColorType::Luma, |_| {});
    let at = grey.windows(2).position(|w| w == b"\xff\xc0").unwrap();
    grey[at + 11] = 0x22;
    assert_eq!(code(mark(PixelFormat::Jpeg, &grey, 1, Placement::Top)), "ok");
    assert_eq!(source[sof + 11], 0x11);
}

#[test]
fn cut_files_are_errors() {
    let source = plain(90, 90);
    assert_cuts_fail(PixelFormat::Jpeg, &source, 0);
    assert_cuts_fail(PixelFormat::Jpeg, &progressive(90, 90), 0);
    // Bytes after EOI belong to others.
    let trailer = [source.clone(), b"trailer\xff\xd8\xff".to_vec()].concat();
    assert_eq!(code(mark(PixelFormat::Jpeg, &trailer, 1, Placement::Top)), "ok");
}
