//! Files rich in structure, written by our own byte writers around real encoded pictures, so that
//! the code under test does not build what it is tested with.
#![allow(dead_code, unreachable_pub)]

pub mod io;
pub mod jpeg;
pub mod png;
pub mod probe;
pub mod webp;
pub mod xmp;

use biaoshi::Format;
use proptest::prelude::*;

/// A file and how it came to be.
#[derive(Clone)]
pub struct Made {
    pub format: Format,
    pub bytes: Vec<u8>,
    pub what: String,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} of {} bytes: {}", self.format, self.bytes.len(), self.what)
    }
}

fn made(format: Format, plan: &impl std::fmt::Debug, bytes: Vec<u8>) -> Made {
    Made { format, bytes, what: format!("{plan:?}") }
}

pub fn png_file() -> impl Strategy<Value = Made> {
    png::plan().prop_map(|plan| made(Format::Png, &plan, png::build(&plan)))
}

pub fn jpeg_file() -> impl Strategy<Value = Made> {
    jpeg::plan().prop_map(|plan| made(Format::Jpeg, &plan, jpeg::build(&plan)))
}

pub fn webp_file() -> impl Strategy<Value = Made> {
    webp::plan().prop_map(|plan| made(Format::Webp, &plan, webp::build(&plan)))
}

pub fn any_file() -> impl Strategy<Value = Made> {
    prop_oneof![png_file(), jpeg_file(), webp_file()]
}

/// A picture with structure in every channel.
pub fn pixels(width: u32, height: u32, seed: u32, color: u8) -> image::DynamicImage {
    let at = |x: u32, y: u32, c: u32| {
        let v = x.wrapping_mul(37 + seed).wrapping_add(y.wrapping_mul(91)).wrapping_add(c.wrapping_mul(53 + seed));
        (v ^ (v >> 5)) as u8
    };
    let wide = |x: u32, y: u32, c: u32| u16::from_be_bytes([at(x, y, c), at(y, x, c + 7)]);
    use image::{DynamicImage as D, ImageBuffer as B};
    match color % 8 {
        0 => D::ImageLuma8(B::from_fn(width, height, |x, y| image::Luma([at(x, y, 0)]))),
        1 => D::ImageLumaA8(B::from_fn(width, height, |x, y| image::LumaA([at(x, y, 0), at(x, y, 1)]))),
        2 => D::ImageRgb8(B::from_fn(width, height, |x, y| image::Rgb([at(x, y, 0), at(x, y, 1), at(x, y, 2)]))),
        3 => D::ImageRgba8(B::from_fn(width, height, |x, y| {
            image::Rgba([at(x, y, 0), at(x, y, 1), at(x, y, 2), at(x, y, 3)])
        })),
        4 => D::ImageLuma16(B::from_fn(width, height, |x, y| image::Luma([wide(x, y, 0)]))),
        5 => D::ImageLumaA16(B::from_fn(width, height, |x, y| image::LumaA([wide(x, y, 0), wide(x, y, 1)]))),
        6 => D::ImageRgb16(B::from_fn(width, height, |x, y| image::Rgb([wide(x, y, 0), wide(x, y, 1), wide(x, y, 2)]))),
        _ => D::ImageRgba16(B::from_fn(width, height, |x, y| {
            image::Rgba([wide(x, y, 0), wide(x, y, 1), wide(x, y, 2), wide(x, y, 3)])
        })),
    }
}

/// An Exif block: orientation, a text, and a value that another directory holds.
pub fn exif(orientation: u16, text: &str, big: bool) -> Vec<u8> {
    let two = |v: u16| if big { v.to_be_bytes() } else { v.to_le_bytes() };
    let four = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
    let mut text = text.as_bytes().to_vec();
    text.push(0);
    while text.len() < 5 {
        text.push(0);
    }
    let mut out = if big { b"MM\0*".to_vec() } else { b"II*\0".to_vec() };
    out.extend(four(8));
    out.extend(two(2));
    out.extend(two(0x010E));
    out.extend(two(2));
    out.extend(four(text.len() as u32));
    out.extend(four(38));
    out.extend(two(0x0112));
    out.extend(two(3));
    out.extend(four(1));
    out.extend(two(orientation));
    out.extend(two(0));
    out.extend(four(0));
    out.extend(&text);
    out
}
