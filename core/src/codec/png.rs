//! PNG (W3C PNG 3rd edition): native samples in, native samples out.

use std::io::Cursor;

use ::png::{Compression, Decoder, Encoder, Filter, Transformations};

use super::{Draw, Pixels, Redrawn, Reencoded, check_size, encode_failed, malformed};
use crate::{
    error::{Error, Result},
    limits::Limits,
    message::{codec, general},
    render::{Canvas, MIN_CONTRAST, Paint, Rgba, contrast_ratio, quantise, to_u8},
};

const PNG: &str = "PNG";
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// What of the file's chunks matters for its pixels.
#[derive(Debug, Default)]
struct Header {
    ihdr: [u8; 13],
    width: u32,
    height: u32,
    depth: u8,
    colour: u8,
    interlaced: bool,
    plte: Vec<u8>,
    trns: Option<Vec<u8>>,
    /// Palette entry that bKGD names, which must keep its colour.
    background: Option<u8>,
    /// hIST must have as many entries as PLTE, so PLTE cannot grow.
    histogram: bool,
}

impl Header {
    const fn channels(&self) -> u8 {
        match self.colour {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        }
    }

    fn bits(&self) -> u64 {
        u64::from(self.depth).saturating_mul(u64::from(self.channels()))
    }
}

pub(super) fn redraw(file: &[u8], limits: &Limits, draw: &mut Draw<'_>) -> Result<Redrawn> {
    let header = header(file, limits)?;
    check_size(header.width, header.height, header.bits(), limits)?;

    let memory = usize::try_from(limits.pixel_bytes).unwrap_or(usize::MAX);
    let mut decoder = Decoder::new_with_limits(Cursor::new(file), ::png::Limits { bytes: memory });
    decoder.set_transformations(Transformations::IDENTITY);
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    let mut reader = decoder.read_info().map_err(|e| malformed(PNG, e))?;
    let size = reader.output_buffer_size().ok_or_else(|| malformed(PNG, "size"))?;
    if u64::try_from(size).unwrap_or(u64::MAX) > limits.pixel_bytes.saturating_add(1 << 20) {
        let problem = general::LIMIT.with("limit", "pixel_bytes").arg("value", size);
        return Err(Error::Limit(problem.arg("max", limits.pixel_bytes)));
    }
    let mut data = vec![0; size];
    reader.next_frame(&mut data).map_err(|e| malformed(PNG, e))?;
    drop(reader);

    let mut canvas = PngCanvas::new(header, data)?;
    draw(&mut canvas)?;
    canvas.finish()
}

/// Walks the chunks up to IEND or the end of the file.
fn header(file: &[u8], limits: &Limits) -> Result<Header> {
    let mut rest = file.strip_prefix(SIGNATURE).ok_or_else(|| malformed(PNG, "signature"))?;
    let mut header = Header::default();
    let mut seen_header = false;
    let mut data = false;
    let mut count = 0_usize;
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        count = count.saturating_add(1);
        if count > limits.segments {
            let problem = general::LIMIT.with("limit", "segments").arg("value", count);
            return Err(Error::Limit(problem.arg("max", limits.segments)));
        }
        let Some((kind, tail)) = tail.split_first_chunk::<4>() else {
            break;
        };
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((payload, tail)) = tail.split_at_checked(length) else {
            break;
        };
        rest = tail.get(4..).unwrap_or_default();
        match kind {
            b"CgBI" => return Err(Error::Unsupported(codec::PNG_CGBI.problem())),
            b"acTL" => return Err(Error::Unsupported(codec::ANIMATED.with("format", PNG))),
            b"IHDR" => {
                seen_header = true;
                let ihdr: [u8; 13] = payload.try_into().map_err(|_| malformed(PNG, "IHDR"))?;
                let [a, b, c, d, e, f, g, h, depth, colour, _, _, interlace] = ihdr;
                header.ihdr = ihdr;
                header.width = u32::from_be_bytes([a, b, c, d]);
                header.height = u32::from_be_bytes([e, f, g, h]);
                header.depth = depth;
                header.colour = colour;
                header.interlaced = interlace != 0;
            }
            b"IDAT" => data = true,
            b"IEND" => break,
            // After the data these have no meaning, and the decoder does not read them either.
            _ if data => {}
            b"PLTE" => header.plte = payload.to_vec(),
            b"tRNS" => header.trns = Some(payload.to_vec()),
            b"bKGD" => header.background = payload.first().copied(),
            b"hIST" => header.histogram = true,
            _ => {}
        }
    }
    let depth_fits =
        matches!((header.colour, header.depth), (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) | (2 | 4 | 6, 8 | 16));
    if !seen_header || !depth_fits || header.width == 0 || header.height == 0 {
        return Err(malformed(PNG, "IHDR"));
    }
    Ok(header)
}

/// Native samples of a PNG, most significant bit first, rows on byte boundaries.
struct PngCanvas {
    header: Header,
    data: Vec<u8>,
    row: usize,
    max: u16,
    /// Colour key of tRNS for grey and true colour, as native samples.
    key: Option<[u16; 3]>,
    palette: Vec<Rgba>,
    changed_palette: bool,
}

impl PngCanvas {
    fn new(header: Header, data: Vec<u8>) -> Result<Self> {
        let bits = header.bits().saturating_mul(u64::from(header.width));
        let row = usize::try_from(bits.div_ceil(8)).map_err(|_| malformed(PNG, "row"))?;
        let max = u16::MAX >> 16_u32.saturating_sub(u32::from(header.depth));
        let mut palette = Vec::new();
        if header.colour == 3 {
            let alpha = header.trns.as_deref().unwrap_or_default();
            for (index, entry) in header.plte.chunks_exact(3).take(256).enumerate() {
                if let [r, g, b] = *entry {
                    let a = f32::from(alpha.get(index).copied().unwrap_or(255)) / 255.0;
                    palette.push(Rgba { a, ..Rgba::from_rgb8(r, g, b) });
                }
            }
        }
        let key = match (header.colour, header.trns.as_deref()) {
            (0, Some([a, b, ..])) => Some([u16::from_be_bytes([*a, *b]) & max; 3]),
            (2, Some([a, b, c, d, e, f, ..])) => {
                let part = |h: u8, l: u8| u16::from_be_bytes([h, l]) & max;
                Some([part(*a, *b), part(*c, *d), part(*e, *f)])
            }
            _ => None,
        };
        Ok(Self { header, data, row, max, key, palette, changed_palette: false })
    }

    /// Byte and bit of sample `channel` of a pixel, or nothing outside the picture.
    fn place(&self, x: u32, y: u32, channel: u8) -> Option<(usize, u32)> {
        if x >= self.header.width || y >= self.header.height {
            return None;
        }
        let sample = usize::try_from(x).ok()?.checked_mul(usize::from(self.header.channels()))?;
        let sample = sample.checked_add(usize::from(channel))?;
        let bit = sample.checked_mul(usize::from(self.header.depth))?;
        let start = usize::try_from(y).ok()?.checked_mul(self.row)?;
        Some((start.checked_add(bit / 8)?, u32::try_from(bit % 8).ok()?))
    }

    fn sample(&self, x: u32, y: u32, channel: u8) -> u16 {
        let Some((byte, bit)) = self.place(x, y, channel) else {
            return 0;
        };
        let high = self.data.get(byte).copied().unwrap_or(0);
        if self.header.depth == 16 {
            let low = byte.checked_add(1).and_then(|i| self.data.get(i)).copied().unwrap_or(0);
            return u16::from_be_bytes([high, low]);
        }
        let shift = 8_u32.saturating_sub(bit).saturating_sub(u32::from(self.header.depth));
        u16::from(high).checked_shr(shift).unwrap_or(0) & self.max
    }

    fn set_sample(&mut self, x: u32, y: u32, channel: u8, value: u16) {
        let Some((byte, bit)) = self.place(x, y, channel) else {
            return;
        };
        if self.header.depth == 16 {
            let end = byte.saturating_add(2);
            if let Some(cell) = self.data.get_mut(byte..end) {
                cell.copy_from_slice(&value.to_be_bytes());
            }
            return;
        }
        let shift = 8_u32.saturating_sub(bit).saturating_sub(u32::from(self.header.depth));
        if let Some(cell) = self.data.get_mut(byte) {
            let mask = (self.max as u8).checked_shl(shift).unwrap_or(0);
            let bits = (value.min(self.max) as u8).checked_shl(shift).unwrap_or(0);
            *cell = (*cell & !mask) | bits;
        }
    }

    fn level(&self, value: u16) -> f32 {
        f32::from(value) / f32::from(self.max.max(1))
    }

    /// Samples that are not the colour key, which would make an opaque pixel transparent.
    fn off_key(&self, samples: [u16; 3]) -> [u16; 3] {
        if self.key != Some(samples) {
            return samples;
        }
        let [r, g, b] = samples;
        // Towards the middle: black and white stay as dark and bright as the depth allows.
        let moved = if g > self.max / 2 { g.saturating_sub(1) } else { g.saturating_add(1) };
        if self.header.colour == 0 { [moved; 3] } else { [r, moved, b] }
    }

    fn nearest(&self, colour: Rgba) -> u16 {
        let distance = |entry: &Rgba| {
            let part = |a: f32, b: f32| (a - b) * (a - b);
            part(entry.r, colour.r) + part(entry.g, colour.g) + part(entry.b, colour.b) + 4.0 * part(entry.a, colour.a)
        };
        let mut best = (0, f32::INFINITY);
        for (index, entry) in self.palette.iter().enumerate() {
            let far = distance(entry);
            if far < best.1 {
                best = (index, far);
            }
        }
        u16::try_from(best.0).unwrap_or(0)
    }

    /// Palette entries that no pixel, and no bKGD, names.
    fn free_entries(&self) -> Vec<usize> {
        let mut used = [false; 256];
        for y in 0..self.header.height {
            for x in 0..self.header.width {
                if let Some(slot) = used.get_mut(usize::from(self.sample(x, y, 0))) {
                    *slot = true;
                }
            }
        }
        if let Some(slot) = self.header.background.and_then(|i| used.get_mut(usize::from(i))) {
            *slot = true;
        }
        let entries = if self.header.histogram { self.palette.len() } else { usize::from(self.max).saturating_add(1) };
        let mut free: Vec<usize> = Vec::new();
        for (index, used) in used.iter().enumerate().take(entries) {
            if !*used {
                free.push(index);
            }
        }
        // New entries first: replacing an unused one is the second choice.
        free.sort_by_key(|index| *index < self.palette.len());
        free
    }

    /// Index of an opaque entry of this colour, made from a free one if need be.
    fn entry(&mut self, colour: Rgba, free: &mut Vec<usize>) -> Option<Rgba> {
        let [r, g, b] = colour.to_rgb8();
        let exact = Rgba::from_rgb8(r, g, b);
        if self.palette.contains(&exact) {
            return Some(exact);
        }
        if free.is_empty() {
            return None;
        }
        let index = free.remove(0);
        while self.palette.len() <= index {
            self.palette.push(Rgba::grey(0.0));
        }
        *self.palette.get_mut(index)? = exact;
        self.changed_palette = true;
        Some(exact)
    }

    fn finish(self) -> Result<Redrawn> {
        let fail = |error: ::png::EncodingError| encode_failed(PNG, error);
        let (plte, trns) = self.palette_chunks();
        let mut file = Vec::new();
        let mut encoder = Encoder::new(&mut file, self.header.width, self.header.height);
        encoder.set_color(match self.header.colour {
            0 => ::png::ColorType::Grayscale,
            2 => ::png::ColorType::Rgb,
            3 => ::png::ColorType::Indexed,
            4 => ::png::ColorType::GrayscaleAlpha,
            _ => ::png::ColorType::Rgba,
        });
        encoder.set_depth(match self.header.depth {
            1 => ::png::BitDepth::One,
            2 => ::png::BitDepth::Two,
            4 => ::png::BitDepth::Four,
            8 => ::png::BitDepth::Eight,
            _ => ::png::BitDepth::Sixteen,
        });
        encoder.set_compression(Compression::Balanced);
        if self.header.colour == 3 {
            encoder.set_palette(self.header.plte.as_slice());
        }
        // Neighbouring indices or packed samples do not predict each other.
        let packed = self.header.colour == 3 || self.header.depth < 8;
        encoder.set_filter(if packed { Filter::NoFilter } else { Filter::Adaptive });
        let mut writer = encoder.write_header().map_err(fail)?;
        writer.write_image_data(&self.data).map_err(fail)?;
        writer.finish().map_err(fail)?;

        let mut ihdr = self.header.ihdr;
        if let Some(interlace) = ihdr.last_mut() {
            *interlace = 0;
        }
        let pixels = Pixels::Png { ihdr, plte, trns, idat: stream(&file)? };
        let deinterlaced = self.header.interlaced;
        let reencoded = Reencoded::Lossless;
        Ok(Redrawn { pixels, reencoded, deinterlaced, became_lossless: false })
    }

    /// PLTE and tRNS where they differ from the source's.
    fn palette_chunks(&self) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        if !self.changed_palette {
            return (None, None);
        }
        let plte: Vec<u8> = self.palette.iter().flat_map(|c| c.to_rgb8()).collect();
        let alpha = self.header.trns.as_ref().map(|old| {
            let entries = self.palette.iter().take(old.len().min(self.palette.len()));
            entries.map(|c| to_u8(c.a)).collect::<Vec<u8>>()
        });
        let plte = Some(plte).filter(|new| *new != self.header.plte);
        (plte, alpha.filter(|new| Some(new) != self.header.trns.as_ref()))
    }
}

impl Canvas for PngCanvas {
    fn width(&self) -> u32 {
        self.header.width
    }

    fn height(&self) -> u32 {
        self.header.height
    }

    fn get(&self, x: u32, y: u32) -> Rgba {
        if x >= self.header.width || y >= self.header.height {
            return Rgba::CLEAR;
        }
        let first = self.sample(x, y, 0);
        match self.header.colour {
            3 => self.palette.get(usize::from(first)).copied().unwrap_or(Rgba::grey(0.0)),
            0 if self.key == Some([first; 3]) => Rgba { a: 0.0, ..Rgba::grey(self.level(first)) },
            0 => Rgba::grey(self.level(first)),
            4 => Rgba { a: self.level(self.sample(x, y, 1)), ..Rgba::grey(self.level(first)) },
            _ => {
                let samples = [first, self.sample(x, y, 1), self.sample(x, y, 2)];
                let [r, g, b] = samples.map(|v| self.level(v));
                let a = match self.header.colour {
                    6 => self.level(self.sample(x, y, 3)),
                    _ if self.key == Some(samples) => 0.0,
                    _ => 1.0,
                };
                Rgba { r, g, b, a }
            }
        }
    }

    fn set(&mut self, x: u32, y: u32, colour: Rgba) {
        let max = self.max;
        let grey = || {
            // One channel holds what all three share; mixed colours keep their brightness.
            let level = 0.2126 * colour.r + 0.7152 * colour.g + 0.0722 * colour.b;
            quantise(level, max)
        };
        match self.header.colour {
            3 => {
                let index = self.nearest(colour);
                self.set_sample(x, y, 0, index);
            }
            0 => {
                let [level, _, _] = self.off_key([grey(); 3]);
                self.set_sample(x, y, 0, level);
            }
            4 => {
                self.set_sample(x, y, 0, grey());
                self.set_sample(x, y, 1, quantise(colour.a, max));
            }
            kind => {
                let samples = [colour.r, colour.g, colour.b].map(|v| quantise(v, max));
                let [r, g, b] = self.off_key(samples);
                self.set_sample(x, y, 0, r);
                self.set_sample(x, y, 1, g);
                self.set_sample(x, y, 2, b);
                if kind == 6 {
                    self.set_sample(x, y, 3, quantise(colour.a, max));
                }
            }
        }
    }

    fn reserve(&mut self, ink: Rgba, plate: Rgba, shades: &[Rgba]) -> Result<Paint> {
        // Colour keys leave no half transparent pixels for the plate's corners to meet.
        let translucent = self.key.is_none();
        if self.header.colour != 3 {
            let smooth = self.header.depth >= 4;
            return Ok(Paint { ink, plate, smooth, translucent: smooth && translucent });
        }
        let mut free = self.free_entries();
        let new_ink = self.entry(ink, &mut free);
        let new_plate = self.entry(plate, &mut free);
        let opaque = self.palette.iter().copied().filter(|c| c.a >= 1.0);
        let brightness = |a: &Rgba, b: &Rgba| a.luminance().total_cmp(&b.luminance());
        let ink = new_ink.or_else(|| opaque.clone().max_by(brightness));
        let plate = new_plate.or_else(|| opaque.min_by(brightness));
        let (Some(ink), Some(plate)) = (ink, plate) else {
            return Err(palette_full());
        };
        if contrast_ratio(ink.luminance(), plate.luminance()) < MIN_CONTRAST {
            return Err(palette_full());
        }
        let mut smooth = new_ink.is_some() && new_plate.is_some();
        for shade in shades {
            smooth = smooth && self.entry(*shade, &mut free).is_some();
        }
        Ok(Paint { ink, plate, smooth, translucent: false })
    }
}

fn palette_full() -> Error {
    Error::Refused(codec::PALETTE_FULL.with("needed", MIN_CONTRAST))
}

/// The zlib stream of a PNG that we just encoded.
fn stream(file: &[u8]) -> Result<Vec<u8>> {
    let mut rest = file.strip_prefix(SIGNATURE).unwrap_or_default();
    let mut idat = Vec::new();
    while let Some((length, tail)) = rest.split_first_chunk::<4>() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let Some((kind, tail)) = tail.split_first_chunk::<4>() else {
            break;
        };
        let Some((payload, tail)) = tail.split_at_checked(length) else {
            break;
        };
        if kind == b"IDAT" {
            idat.extend_from_slice(payload);
        }
        rest = tail.get(4..).unwrap_or_default();
    }
    if idat.is_empty() {
        return Err(encode_failed(PNG, "IDAT"));
    }
    Ok(idat)
}
