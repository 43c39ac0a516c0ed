//! WebP (RFC 9649): VP8L comes back lossless; VP8 comes back lossy at the source's quantiser.

use std::io::Cursor;

use image_webp::{ColorType, WebPDecoder, WebPEncoder};

use super::{Draw, Pixels, Redrawn, Reencoded, check_size, encode_failed, malformed, offset};
use crate::{
    error::{Error, Result},
    limits::Limits,
    message::codec,
    render::{Canvas, Rgba, to_u8},
};

const WEBP: &str = "WebP";

/// Quality of the lossy encoder when the source's quantiser cannot be read.
const DEFAULT_QUALITY: u8 = 90;

pub(super) fn redraw(file: &[u8], limits: &Limits, draw: &mut Draw<'_>) -> Result<Redrawn> {
    if is_animated(file) {
        return Err(Error::Unsupported(codec::ANIMATED.with("format", WEBP)));
    }
    let mut decoder = WebPDecoder::new(Cursor::new(file)).map_err(|e| malformed(WEBP, e))?;
    if decoder.is_animated() {
        return Err(Error::Unsupported(codec::ANIMATED.with("format", WEBP)));
    }
    let (width, height) = decoder.dimensions();
    // Decoded pixels, and about as much again inside the codec.
    check_size(width, height, 64, limits)?;
    decoder.set_memory_limit(usize::try_from(limits.pixel_bytes).unwrap_or(usize::MAX));
    let has_alpha = decoder.has_alpha();
    let lossy = decoder.is_lossy();
    let size = decoder.output_buffer_size().ok_or_else(|| malformed(WEBP, "size"))?;
    let mut data = vec![0; size];
    decoder.read_image(&mut data).map_err(|e| malformed(WEBP, e))?;
    drop(decoder);

    let mut canvas = WebpCanvas { width, height, has_alpha, data };
    draw(&mut canvas)?;

    let encoded = if lossy { encode_lossy(&canvas, quality(file)) } else { None };
    let reencoded = if encoded.is_some() { Reencoded::Lossy } else { Reencoded::Lossless };
    let encoded = match encoded {
        Some(encoded) => encoded,
        None => encode_lossless(&canvas)?,
    };
    let pixels = split(&encoded, &canvas)?;
    let became_lossless = lossy && reencoded == Reencoded::Lossless;
    Ok(Redrawn { pixels, reencoded, deinterlaced: false, became_lossless })
}

fn encode_lossless(canvas: &WebpCanvas) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let kind = if canvas.has_alpha { ColorType::Rgba8 } else { ColorType::Rgb8 };
    WebPEncoder::new(&mut out)
        .encode(&canvas.data, canvas.width, canvas.height, kind)
        .map_err(|e| encode_failed(WEBP, e))?;
    Ok(out)
}

/// Nothing if the lossy encoder fails or its output does not read back.
fn encode_lossy(canvas: &WebpCanvas, quality: u8) -> Option<Vec<u8>> {
    use vaam_image_webp::{ColorType, EncoderParams, WebPEncoder};
    let mut out = Vec::new();
    let kind = if canvas.has_alpha { ColorType::Rgba8 } else { ColorType::Rgb8 };
    let mut params = EncoderParams::default();
    params.use_lossy = true;
    params.lossy_quality = quality.min(100);
    let mut encoder = WebPEncoder::new(&mut out);
    encoder.set_params(params);
    encoder.encode(&canvas.data, canvas.width, canvas.height, kind).ok()?;

    let mut back = WebPDecoder::new(Cursor::new(out.as_slice())).ok()?;
    let same = back.dimensions() == (canvas.width, canvas.height) && back.is_lossy();
    let mut pixels = vec![0; back.output_buffer_size()?];
    back.read_image(&mut pixels).ok()?;
    drop(back);
    same.then_some(out)
}

/// Chunks of a RIFF file, as far as they are whole.
pub(super) fn chunks(file: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    chunks_of(file.get(12..).unwrap_or_default())
}

/// Chunks one after the other, as far as they are whole.
pub(super) fn chunks_of(mut rest: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let (kind, tail) = rest.split_first_chunk::<4>()?;
        let (length, tail) = tail.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        let (payload, tail) = tail.split_at_checked(length)?;
        rest = tail.get(length & 1..).unwrap_or_default();
        Some((*kind, payload))
    })
}

fn is_animated(file: &[u8]) -> bool {
    chunks(file).any(|(kind, _)| matches!(&kind, b"ANIM" | b"ANMF"))
}

/// The picture chunks of a WebP that we just encoded.
fn split(file: &[u8], canvas: &WebpCanvas) -> Result<Pixels> {
    let mut alph = None;
    for (fourcc, payload) in chunks(file) {
        match &fourcc {
            b"ALPH" => alph = Some(payload.to_vec()),
            b"VP8 " | b"VP8L" => {
                return Ok(Pixels::Webp {
                    fourcc,
                    payload: payload.to_vec(),
                    alph,
                    width: canvas.width,
                    height: canvas.height,
                    has_alpha: canvas.has_alpha,
                });
            }
            _ => {}
        }
    }
    Err(encode_failed(WEBP, "VP8"))
}

/// Quality for the lossy encoder that gives the source's base quantiser index, 1 to 100.
pub(super) fn quality(file: &[u8]) -> u8 {
    let frame = chunks(file).find(|(kind, _)| kind == b"VP8 ");
    let index = frame.and_then(|(_, payload)| quantiser(payload));
    // The encoder's index is 127 − quality × 127 / 100; rounding up never coarsens.
    let from_index = |index: u32| 127_u32.saturating_sub(index).saturating_mul(100).div_ceil(127);
    index.and_then(|i| u8::try_from(from_index(i)).ok()).unwrap_or(DEFAULT_QUALITY).clamp(1, 100)
}

/// Quantiser index of a VP8 key frame, 0 to 127: the base, or the finest of its segments
/// (RFC 6386 section 9.3, 9.6 and 19.2).
fn quantiser(payload: &[u8]) -> Option<u32> {
    let mut bits = Bool::new(payload.get(10..)?)?;
    bits.literal(2)?; // colour space, clamping
    let mut segments: [Option<i64>; 4] = [None; 4];
    let mut absolute = false;
    if bits.literal(1)? == 1 {
        let map = bits.literal(1)? == 1;
        if bits.literal(1)? == 1 {
            absolute = bits.literal(1)? == 1;
            for segment in &mut segments {
                *segment = bits.signed(7)?;
            }
            for _ in 0..4 {
                bits.signed(6)?; // loop filter strength
            }
        }
        if map {
            for _ in 0..3 {
                if bits.literal(1)? == 1 {
                    bits.literal(8)?;
                }
            }
        }
    }
    bits.literal(1 + 6 + 3)?; // filter type, level, sharpness
    if bits.literal(1)? == 1 && bits.literal(1)? == 1 {
        for _ in 0..8 {
            bits.signed(6)?;
        }
    }
    bits.literal(2)?; // partitions
    let base = i64::from(bits.literal(7)?);
    let of_segment = |value: i64| {
        if absolute { value } else { base.saturating_add(value) }
    };
    let finest = segments.iter().flatten().map(|value| of_segment(*value)).min();
    u32::try_from(finest.unwrap_or(base).clamp(0, 127)).ok()
}

/// Boolean entropy decoder for bits of even odds (RFC 6386 section 7.3).
struct Bool<'a> {
    rest: std::slice::Iter<'a, u8>,
    value: u32,
    range: u32,
    count: u32,
}

impl<'a> Bool<'a> {
    fn new(bytes: &'a [u8]) -> Option<Self> {
        let mut rest = bytes.iter();
        let (high, low) = (rest.next()?, rest.next()?);
        let value = u32::from(u16::from_be_bytes([*high, *low]));
        Some(Self { rest, value, range: 255, count: 0 })
    }

    fn bit(&mut self) -> Option<u32> {
        let split = 1_u32.saturating_add(self.range.saturating_sub(1).saturating_mul(128) >> 8);
        let big = split << 8;
        let bit = if self.value >= big {
            self.range = self.range.saturating_sub(split);
            self.value = self.value.saturating_sub(big);
            1
        } else {
            self.range = split;
            0
        };
        while self.range < 128 {
            self.value <<= 1;
            self.range <<= 1;
            self.count = self.count.saturating_add(1);
            if self.count == 8 {
                self.count = 0;
                self.value |= u32::from(*self.rest.next()?);
            }
        }
        Some(bit)
    }

    fn literal(&mut self, bits: u32) -> Option<u32> {
        let mut value = 0_u32;
        for _ in 0..bits {
            value = (value << 1) | self.bit()?;
        }
        Some(value)
    }

    /// An optional magnitude and sign; the inner value is nothing where the flag is not set.
    fn signed(&mut self, bits: u32) -> Option<Option<i64>> {
        if self.bit()? == 0 {
            return Some(None);
        }
        let size = i64::from(self.literal(bits)?);
        Some(Some(if self.bit()? == 1 { size.saturating_neg() } else { size }))
    }
}

/// 8-bit samples, three or four a pixel.
struct WebpCanvas {
    width: u32,
    height: u32,
    has_alpha: bool,
    data: Vec<u8>,
}

impl WebpCanvas {
    fn pixel(&self, x: u32, y: u32) -> Option<std::ops::Range<usize>> {
        let count = if self.has_alpha { 4 } else { 3 };
        let start = offset(x, y, self.width, self.height, count)?;
        Some(start..start.checked_add(count)?)
    }
}

impl Canvas for WebpCanvas {
    fn width(&self) -> u32 {
        self.width
    }

    fn height(&self) -> u32 {
        self.height
    }

    fn get(&self, x: u32, y: u32) -> Rgba {
        match self.pixel(x, y).and_then(|range| self.data.get(range)) {
            Some([r, g, b]) => Rgba::from_rgb8(*r, *g, *b),
            Some([r, g, b, a]) => Rgba { a: f32::from(*a) / 255.0, ..Rgba::from_rgb8(*r, *g, *b) },
            _ => Rgba::CLEAR,
        }
    }

    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        let [red, green, blue] = colour.to_rgb8();
        match self.pixel(x, y).and_then(|range| self.data.get_mut(range)) {
            Some([r, g, b]) => [*r, *g, *b] = [red, green, blue],
            Some([r, g, b, a]) => {
                [*r, *g, *b, *a] = [red, green, blue, to_u8(colour.a)];
            }
            _ => {}
        }
    }
}
