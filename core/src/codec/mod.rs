//! Pixels of PNG, JPEG and WebP: decode, let something be drawn, encode with the source's own
//! parameters.
//!
//! Only the parts of a file that carry pixels come back; metadata, profiles and every other chunk
//! or segment stay with the container code.

pub(crate) mod animated;
mod jpeg;
mod png;
pub mod sound;
pub mod tool;
pub mod video;
pub(crate) mod watch;
mod webp;

#[cfg(test)]
mod tests;

use std::fmt::Display;
use std::io::Read as _;

use crate::{
    error::{Error, Result},
    format::Format,
    limits::Limits,
    message::{codec, general, reason},
    render::Canvas,
    source::{ReadSeek, check_limit},
};

/// Picture formats that can be redrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PixelFormat {
    /// PNG, not animated.
    Png,
    /// JPEG, baseline or progressive, 8 bits.
    Jpeg,
    /// WebP, not animated.
    Webp,
}

/// What replaces the picture data of a file; everything else of the file stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pixels {
    /// Critical chunks of a PNG.
    Png {
        /// Payload of IHDR: colour type and depth of the source, interlace method 0.
        ihdr: [u8; 13],
        /// Payload of PLTE, if it changes.
        plte: Option<Vec<u8>>,
        /// Payload of tRNS, if it changes.
        trns: Option<Vec<u8>>,
        /// One zlib stream, to be framed as one or more IDAT chunks.
        idat: Vec<u8>,
    },
    /// Segments of a JPEG.
    Jpeg {
        /// Tables, frame, scans and EOI, without SOI, application segments and comments.
        data: Vec<u8>,
    },
    /// Chunks of a WebP.
    Webp {
        /// `VP8L` or `VP8 `.
        fourcc: [u8; 4],
        /// Payload of that chunk, not padded.
        payload: Vec<u8>,
        /// Payload of ALPH, which goes before a `VP8 ` chunk.
        alph: Option<Vec<u8>>,
        /// Width in pixels, 1 to 16,383.
        width: u32,
        /// Height in pixels, 1 to 16,383.
        height: u32,
        /// Whether the VP8X alpha flag must be set.
        has_alpha: bool,
    },
    /// Each picture of an animation in the order of the file, all PNG or all WebP; places, times and the
    /// header's alpha flag stay.
    Frames(Vec<Self>),
}

impl Pixels {
    /// How many bytes they take as they are coded.
    fn coded_bytes(&self) -> u64 {
        match self {
            Self::Png { idat, .. } => idat.len() as u64,
            Self::Jpeg { data } => data.len() as u64,
            Self::Webp { payload, alph, .. } => {
                (payload.len() as u64).saturating_add(alph.as_ref().map_or(0, |alph| alph.len() as u64))
            }
            Self::Frames(frames) => frames.iter().fold(0, |sum, frame| sum.saturating_add(frame.coded_bytes())),
        }
    }
}

/// How much of the picture outside the notice survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Reencoded {
    /// Every other pixel or sample is as it was.
    Lossless,
    /// Encoded anew by a lossy codec with parameters of the source.
    Lossy,
}

/// A picture with its drawing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redrawn {
    /// What replaces the picture data.
    pub pixels: Pixels,
    /// Whether the rest of the picture changed.
    pub reencoded: Reencoded,
    /// Whether an interlaced PNG became a sequential one.
    pub deinterlaced: bool,
    /// Whether a lossy WebP became a lossless, larger one.
    pub became_lossless: bool,
}

/// What draws on the decoded pixels.
pub type Draw<'a> = dyn FnMut(&mut dyn Canvas) -> Result<()> + 'a;

/// Decodes `file` (a whole file of `format`), lets `draw` draw, and encodes.
///
/// # Errors
///
/// [`Error::Malformed`] if the picture data does not decode or is cut short,
/// [`Error::Unsupported`] for animations and codings that cannot be written back,
/// [`Error::Limit`] past `limits.pixels` or `limits.pixel_bytes`, and whatever `draw` returns.
pub fn redraw(format: PixelFormat, file: &[u8], limits: &Limits, draw: &mut Draw<'_>) -> Result<Redrawn> {
    match format {
        PixelFormat::Png => png::redraw(file, limits, draw),
        PixelFormat::Jpeg => jpeg::redraw(file, limits, draw),
        PixelFormat::Webp => webp::redraw(file, limits, draw),
    }
}

/// The pixels of a still picture as stored, 3 bytes of 8 bits each (red, green, blue; what is
/// transparent as its colour): width, height, rows from the top.
///
/// # Errors
/// [`Error::Unsupported`] for other formats and animations, else as [`redraw`].
pub(crate) fn decode(format: Format, source: &mut dyn ReadSeek, limits: &Limits) -> Result<(usize, usize, Vec<u8>)> {
    let kind = match format {
        Format::Png => PixelFormat::Png,
        Format::Jpeg => PixelFormat::Jpeg,
        Format::Webp => PixelFormat::Webp,
        other => return Err(Error::Unsupported(reason::NO_DECODER.with("format", other.row().name))),
    };
    let file = read_all(source, limits)?;
    let mut out = None;
    // Nothing is to be encoded: the work ends where drawing would begin.
    let ended = redraw(kind, &file, limits, &mut |canvas| {
        let (width, height) = (canvas.width(), canvas.height());
        let rows = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let pixels: Vec<u8> = rows.flat_map(|(x, y)| canvas.get(x, y).to_rgb8()).collect();
        out = Some((usize::try_from(width).unwrap_or(0), usize::try_from(height).unwrap_or(0), pixels));
        Err(Error::Internal(general::BAD_PIECES.problem()))
    });
    match (out, ended) {
        (Some(found), _) => Ok(found),
        (None, Err(error)) => Err(error),
        (None, Ok(_)) => Err(Error::Internal(general::BAD_PIECES.problem())),
    }
}

/// The whole file, within `limits.pixel_bytes`.
pub(crate) fn read_all(source: &mut dyn ReadSeek, limits: &Limits) -> Result<Vec<u8>> {
    source.rewind().map_err(|e| Error::io("seek", e))?;
    let mut file = Vec::new();
    source.take(limits.pixel_bytes.saturating_add(1)).read_to_end(&mut file).map_err(|e| Error::io("read", e))?;
    check_limit("pixel_bytes", file.len() as u64, limits.pixel_bytes)?;
    Ok(file)
}

/// Checks the size of a picture before memory is taken: `bits` is the memory per pixel.
fn check_size(width: u32, height: u32, bits: u64, limits: &Limits) -> Result<()> {
    let over = |limit: &str, value: u64, max: u64| {
        Error::Limit(general::LIMIT.with("limit", limit).arg("value", value).arg("max", max))
    };
    let pixels = u64::from(width).saturating_mul(u64::from(height));
    if pixels > limits.pixels {
        return Err(over("pixels", pixels, limits.pixels));
    }
    let bytes = pixels.saturating_mul(bits).div_ceil(8);
    if bytes > limits.pixel_bytes {
        return Err(over("pixel_bytes", bytes, limits.pixel_bytes));
    }
    Ok(())
}

/// The file's picture data does not decode.
fn malformed(format: &str, reason: impl Display) -> Error {
    Error::Malformed(codec::PIXELS_MALFORMED.with("format", format).arg("reason", reason))
}

/// An encoder failed on pixels that we gave it.
fn encode_failed(format: &str, reason: impl Display) -> Error {
    Error::Internal(codec::PIXELS_ENCODE.with("format", format).arg("reason", reason))
}

/// Index of the first byte of pixel (`x`, `y`) in rows of `width` pixels of `bytes` bytes.
fn offset(x: u32, y: u32, width: u32, height: u32, bytes: usize) -> Option<usize> {
    if x >= width || y >= height {
        return None;
    }
    let pixel = u64::from(y).checked_mul(u64::from(width))?.checked_add(u64::from(x))?;
    usize::try_from(pixel).ok()?.checked_mul(bytes)
}
