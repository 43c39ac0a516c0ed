//! JPEG (ITU-T T.81): component samples in, and out again with the source's quantisation tables,
//! sampling factors, coding process and component identifiers.

mod header;

use ::jpeg_encoder::{ChromaSubsamplingMethod, Encoder, ImageBuffer, JpegColorType, QuantizationTableType};
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{Draw, Pixels, Redrawn, Reencoded, check_size, encode_failed, malformed, offset};
use crate::{
    error::Result,
    limits::Limits,
    render::{Canvas, Rgba, to_u8},
};
use header::{Colour, Header, Segment, segments};

const JPEG: &str = "JPEG";

pub(super) fn redraw(file: &[u8], limits: &Limits, draw: &mut Draw<'_>) -> Result<Redrawn> {
    let header = header::read(file, limits)?;
    let components = header.components.len() as u64;
    // Scans that do not interleave all components need every coefficient in memory, twice.
    let factor = if header.progressive || !header.interleaves() { 5 } else { 1 };
    let bits = components.saturating_mul(8).saturating_mul(factor);
    check_size(u32::from(header.width), u32::from(header.height), bits, limits)?;

    let mut canvas = decode(file, header)?;
    draw(&mut canvas)?;
    let data = encode(&canvas)?;
    Ok(Redrawn {
        pixels: Pixels::Jpeg { data },
        reencoded: Reencoded::Lossy,
        deinterlaced: false,
        became_lossless: false,
    })
}

/// Decodes to the samples of each component, without conversion between colour models.
fn decode(file: &[u8], header: Header) -> Result<JpegCanvas> {
    let picture = file.get(..header.end).unwrap_or(file);
    // Strict: a cut or damaged scan must not be filled with grey and written back.
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(header.width))
        .set_max_height(usize::from(header.height));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(picture), options);
    decoder.decode_headers().map_err(|e| malformed(JPEG, e))?;
    let named = decoder.input_colorspace().ok_or_else(|| malformed(JPEG, "components"))?;
    // The decoder settles the model of three components only later, and the same way.
    let native = match (header.components.len(), named) {
        (3, ColorSpace::CMYK) => ColorSpace::RGB,
        (3, ColorSpace::YCCK) => ColorSpace::YCbCr,
        _ => named,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(native));
    let data = decoder.decode().map_err(|e| malformed(JPEG, e))?;
    let expected = usize::from(header.width)
        .checked_mul(usize::from(header.height))
        .and_then(|pixels| pixels.checked_mul(header.components.len()));
    if Some(data.len()) != expected {
        return Err(malformed(JPEG, "size"));
    }
    Ok(JpegCanvas { header, data })
}

fn encode(canvas: &JpegCanvas) -> Result<Vec<u8>> {
    let header = &canvas.header;
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 100);
    let custom = |table: &[u16; 64]| QuantizationTableType::Custom(Box::new(*table));
    encoder.set_quantization_tables(custom(&header.first_table), custom(&header.second_table));
    encoder.set_sampling_factor(header.sampling);
    encoder.set_chroma_subsampling_method(ChromaSubsamplingMethod::Average);
    encoder.set_restart_interval(header.restart);
    encoder.set_progressive(header.progressive);
    // Tables made for the picture. With baseline they would cost the interleaving of components;
    // with restarts the encoder miscounts and panics (0.7.1: it forgets that DC starts anew).
    let optimise = header.restart == 0 && (header.progressive || !header.interleaves());
    encoder.set_optimized_huffman_tables(optimise);
    encoder.encode_image(canvas).map_err(|e| encode_failed(JPEG, e))?;
    assemble(&file, header)
}

/// Keeps what carries pixels, tables first, under the source's component identifiers.
fn assemble(file: &[u8], header: &Header) -> Result<Vec<u8>> {
    let one_table = header.components.len() == 1 || header.first_table == header.second_table;
    let id = |index: u8| header.components.get(usize::from(index)).map_or(index, |c| c.id);
    let mut tables = Vec::new();
    let mut rest = Vec::new();
    for segment in segments(file, usize::MAX) {
        let segment = segment?;
        match segment {
            Segment { marker: 0xD8, .. } => {}
            Segment { marker: 0xE0..=0xEF | 0xFE, .. } => {}
            Segment { marker: 0xDB, payload, .. } => {
                if !(one_table && payload.first() == Some(&1)) {
                    tables.extend_from_slice(segment.bytes);
                }
            }
            Segment { marker: 0xC0 | 0xC2, payload, .. } => {
                let mut payload = payload.to_vec();
                for part in payload.get_mut(6..).unwrap_or_default().chunks_exact_mut(3) {
                    if let [name, _, table] = part {
                        *name = id(*name);
                        if one_table {
                            *table = 0;
                        }
                    }
                }
                frame(&mut rest, segment.marker, &payload)?;
            }
            Segment { marker: 0xDA, payload, scan, .. } => {
                let mut payload = payload.to_vec();
                let count = usize::from(payload.first().copied().unwrap_or(0));
                let parts = payload.get_mut(1..).unwrap_or_default();
                for part in parts.chunks_exact_mut(2).take(count) {
                    if let [name, _] = part {
                        *name = id(*name);
                    }
                }
                frame(&mut rest, segment.marker, &payload)?;
                rest.extend_from_slice(scan);
            }
            _ => rest.extend_from_slice(segment.bytes),
        }
    }
    tables.append(&mut rest);
    Ok(tables)
}

/// Writes a marker segment.
fn frame(out: &mut Vec<u8>, marker: u8, payload: &[u8]) -> Result<()> {
    let length = payload.len().checked_add(2).and_then(|n| u16::try_from(n).ok());
    let length = length.ok_or_else(|| encode_failed(JPEG, "segment length"))?;
    out.extend_from_slice(&[0xFF, marker]);
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(payload);
    Ok(())
}

/// Samples of every component at full resolution, interleaved by pixel.
struct JpegCanvas {
    header: Header,
    data: Vec<u8>,
}

impl JpegCanvas {
    fn pixel(&self, x: u32, y: u32) -> Option<std::ops::Range<usize>> {
        let count = self.header.components.len();
        let (width, height) = (u32::from(self.header.width), u32::from(self.header.height));
        let start = offset(x, y, width, height, count)?;
        Some(start..start.checked_add(count)?)
    }
}

impl Canvas for JpegCanvas {
    fn width(&self) -> u32 {
        u32::from(self.header.width)
    }

    fn height(&self) -> u32 {
        u32::from(self.header.height)
    }

    fn get(&self, x: u32, y: u32) -> Rgba {
        let samples = self.pixel(x, y).and_then(|range| self.data.get(range));
        let part = |v: u8| f32::from(v) / 255.0;
        let dim = |c: Rgba, by: f32| Rgba { r: c.r * by, g: c.g * by, b: c.b * by, a: 1.0 };
        match (self.header.colour, samples) {
            (_, Some([level])) => Rgba::grey(part(*level)),
            (Colour::Direct, Some([r, g, b])) => Rgba::from_rgb8(*r, *g, *b),
            (_, Some([y, cb, cr])) => from_ycc(*y, *cb, *cr),
            // Adobe writes the four inks inverted; YCCK is the transform of those (T.872 6.5.3).
            (Colour::Ycck, Some([y, cb, cr, k])) => {
                let c = from_ycc(*y, *cb, *cr);
                let ink = Rgba { r: 1.0 - c.r, g: 1.0 - c.g, b: 1.0 - c.b, a: 1.0 };
                dim(ink, part(*k))
            }
            (Colour::Inverted, Some([c, m, y, k])) => dim(Rgba::from_rgb8(*c, *m, *y), part(*k)),
            (_, Some([c, m, y, k])) => {
                let [c, m, y, k] = [c, m, y, k].map(|v| 255_u8.saturating_sub(*v));
                dim(Rgba::from_rgb8(c, m, y), part(k))
            }
            _ => Rgba::CLEAR,
        }
    }

    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        let range = self.pixel(x, y);
        let kind = self.header.colour;
        let Some(samples) = range.and_then(|range| self.data.get_mut(range)) else {
            return;
        };
        let [r, g, b] = colour.to_rgb8();
        let bright = r.max(g).max(b);
        let scale = |v: u8| to_u8(f32::from(v) / f32::from(bright.max(1)));
        match samples {
            [level] => *level = to_u8(0.299 * colour.r + 0.587 * colour.g + 0.114 * colour.b),
            [first, second, third] => {
                let new = if kind == Colour::Direct { [r, g, b] } else { to_ycc(r, g, b) };
                [*first, *second, *third] = new;
            }
            [first, second, third, black] => {
                let ink = if bright == 0 { [255; 3] } else { [scale(r), scale(g), scale(b)] };
                let [c, m, y] = ink;
                let inverted = ink.map(|v| 255_u8.saturating_sub(v));
                ([*first, *second, *third], *black) = match kind {
                    Colour::Ycck => {
                        let [r, g, b] = inverted;
                        (to_ycc(r, g, b), bright)
                    }
                    Colour::Inverted => ([c, m, y], bright),
                    _ => (inverted, 255_u8.saturating_sub(bright)),
                };
            }
            _ => {}
        }
    }
}

impl ImageBuffer for &JpegCanvas {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        // Only the number of components counts: the samples are stored as they are.
        match self.header.components.len() {
            1 => JpegColorType::Luma,
            3 => JpegColorType::Ycbcr,
            _ => JpegColorType::Ycck,
        }
    }

    fn width(&self) -> u16 {
        self.header.width
    }

    fn height(&self) -> u16 {
        self.header.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let count = self.header.components.len();
        let row = usize::from(self.header.width).saturating_mul(count);
        let start = usize::from(y).saturating_mul(row);
        let samples = self.data.get(start..start.saturating_add(row)).unwrap_or_default();
        for pixel in samples.chunks_exact(count.max(1)) {
            for (buffer, sample) in buffers.iter_mut().zip(pixel) {
                buffer.push(*sample);
            }
        }
    }
}

/// JFIF 1.02 section 7.
fn from_ycc(y: u8, cb: u8, cr: u8) -> Rgba {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    let part = |v: f32| (v / 255.0).clamp(0.0, 1.0);
    Rgba { r: part(y + 1.402 * cr), g: part(y - 0.344_136 * cb - 0.714_136 * cr), b: part(y + 1.772 * cb), a: 1.0 }
}

/// JFIF 1.02 section 7.
fn to_ycc(r: u8, g: u8, b: u8) -> [u8; 3] {
    let (r, g, b) = (f32::from(r), f32::from(g), f32::from(b));
    let y = 0.299 * r + 0.587 * g + 0.114 * b;
    let cb = 128.0 - 0.168_736 * r - 0.331_264 * g + 0.5 * b;
    let cr = 128.0 + 0.5 * r - 0.418_688 * g - 0.081_312 * b;
    [y, cb, cr].map(|v| v.round().clamp(0.0, 255.0) as u8)
}
