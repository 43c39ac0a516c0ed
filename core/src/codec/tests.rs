#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::arithmetic_side_effects)]

use std::io::Cursor;

use proptest::prelude::*;

use super::*;
use crate::render::{Drawn, Notice, Placement, Rgba, draw_notice};

mod jpeg_files;
mod png_files;
mod webp_files;

pub(super) const PLACES: [Placement; 8] = [
    Placement::TopLeft,
    Placement::Top,
    Placement::TopRight,
    Placement::Left,
    Placement::Right,
    Placement::BottomLeft,
    Placement::Bottom,
    Placement::BottomRight,
];

/// Deterministic bytes.
pub(super) fn bytes(seed: u32, count: usize) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        (state >> 11) as u8
    };
    (0..count).map(|_| next()).collect()
}

pub(super) fn mark(
    format: PixelFormat,
    file: &[u8],
    orientation: u8,
    placement: Placement,
) -> Result<(Redrawn, Drawn)> {
    let notice = Notice { placement, ..Notice::new(["AI生成"]) };
    let mut drawn = None;
    let out = redraw(format, file, &Limits::default(), &mut |canvas| {
        drawn = Some(draw_notice(canvas, orientation, &notice)?);
        Ok(())
    })?;
    Ok((out, drawn.unwrap()))
}

pub(super) fn code(result: Result<impl Sized>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(error) => error.problem().unwrap().message.code,
    }
}

/// Every pixel as our own canvas reads it.
pub(super) fn look(format: PixelFormat, file: &[u8]) -> (u32, u32, Vec<Rgba>) {
    let mut seen = None;
    redraw(format, file, &Limits::default(), &mut |canvas| {
        let (width, height) = (canvas.width(), canvas.height());
        let at = |i: u32| canvas.get(i % width, i / width);
        seen = Some((width, height, (0..width * height).map(at).collect()));
        Ok(())
    })
    .unwrap();
    seen.unwrap()
}

/// Mean brightness of the plate's border and brightest pixel inside, as decoded again.
pub(super) fn assert_notice_visible(format: PixelFormat, file: &[u8], drawn: &Drawn) {
    let (width, _, pixels) = look(format, file);
    let rect = drawn.rect;
    let (mut dark, mut bright) = (0_u32, 0_u32);
    for y in rect.y..rect.y + rect.height {
        for x in rect.x..rect.x + rect.width {
            let light = pixels[(y * width + x) as usize].luminance();
            dark += u32::from(light < 0.12);
            bright += u32::from(light > 0.6);
        }
    }
    let area = rect.width * rect.height;
    assert!(dark * 2 > area, "{dark} of {area} dark");
    assert!(bright * 25 > area, "{bright} of {area} bright");
}

#[test]
fn size_limits_come_before_memory() {
    let limits = Limits { pixels: 99, ..Limits::default() };
    let error = check_size(10, 10, 8, &limits).unwrap_err();
    assert_eq!(error.code(), "limit");
    assert!(check_size(9, 11, 8, &limits).is_ok());
    let limits = Limits { pixel_bytes: 299, ..Limits::default() };
    assert!(check_size(10, 10, 24, &limits).is_err());
    assert!(check_size(u32::MAX, u32::MAX, 64, &Limits::default()).is_err());

    let limits = Limits { pixels: 64 * 64 - 1, ..Limits::default() };
    for (format, file) in [
        (PixelFormat::Png, png_files::rgb(64, 64)),
        (PixelFormat::Jpeg, jpeg_files::plain(64, 64)),
        (PixelFormat::Webp, webp_files::lossless(64, 64, false, 1)),
        (PixelFormat::Webp, webp_files::lossy(64, 64, false, 80)),
    ] {
        let result = redraw(format, &file, &limits, &mut |_| panic!("decoded"));
        assert_eq!(code(result), "limit");
    }
}

#[test]
fn errors_of_the_drawing_come_through() {
    let file = png_files::rgb(16, 16);
    assert_eq!(code(mark(PixelFormat::Png, &file, 1, Placement::Top)), "render.picture_too_small");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// A changed byte, a cut or a foreign file gives an answer or an error, never a panic.
    #[test]
    fn hostile_files_never_panic(
        which in 0_usize..8, at: prop::sample::Index, value: u8, cut: prop::sample::Index,
        do_cut: bool,
    ) {
        let (format, mut file) = match which {
            0 => (PixelFormat::Png, png_files::rgb(70, 60)),
            1 => (PixelFormat::Png, png_files::palette(70, 60, 4, 12, 3)),
            2 => (PixelFormat::Jpeg, jpeg_files::plain(70, 60)),
            3 => (PixelFormat::Jpeg, jpeg_files::progressive(70, 60)),
            4 => (PixelFormat::Jpeg, jpeg_files::ycck(70, 60)),
            5 => (PixelFormat::Webp, webp_files::lossless(70, 60, true, 3)),
            6 => (PixelFormat::Webp, webp_files::lossy(70, 60, true, 70)),
            _ => (PixelFormat::Webp, webp_files::lossy(70, 60, false, 70)),
        };
        // Headers decide most: half of the changes go there.
        let reach = if value & 1 == 0 { file.len() } else { file.len().min(300) };
        let place = at.index(reach);
        file[place] ^= value | 1;
        if do_cut {
            file.truncate(cut.index(file.len()));
        }
        let limits = Limits { pixels: 1 << 20, pixel_bytes: 16 << 20, ..Limits::default() };
        let notice = Notice::new(["AI生成"]);
        let _ = redraw(format, &file, &limits, &mut |canvas| {
            draw_notice(canvas, 1, &notice).map(|_| ())
        });
    }

    #[test]
    fn noise_never_panics(head in 0_usize..4, noise in prop::collection::vec(any::<u8>(), 0..400)) {
        let heads: [&[u8]; 4] =
            [b"", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"\xff\xd8\xff", b"RIFF\0\x01\0\0WEBPVP8 "];
        let file = [heads[head], &noise].concat();
        for format in [PixelFormat::Png, PixelFormat::Jpeg, PixelFormat::Webp] {
            let limits = Limits { pixels: 1 << 20, pixel_bytes: 16 << 20, ..Limits::default() };
            let _ = redraw(format, &file, &limits, &mut |_| Ok(()));
        }
    }
}

/// Every cut of the picture data is noticed.
pub(super) fn assert_cuts_fail(format: PixelFormat, file: &[u8], keep: usize) {
    for cut in (0..file.len() - keep).step_by(7) {
        let result = redraw(format, &file[..cut], &Limits::default(), &mut |_| Ok(()));
        assert!(matches!(result, Err(Error::Malformed(_))), "cut at {cut} of {}", file.len());
    }
}
