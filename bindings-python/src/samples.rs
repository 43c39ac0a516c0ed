//! Pictures and sound as arrays, in files that the library reads.

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

fn failed(error: impl std::fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

const fn color(channels: u8) -> Option<png::ColorType> {
    match channels {
        1 => Some(png::ColorType::Grayscale),
        2 => Some(png::ColorType::GrayscaleAlpha),
        3 => Some(png::ColorType::Rgb),
        4 => Some(png::ColorType::Rgba),
        _ => None,
    }
}

/// A PNG of rows of 8-bit samples.
#[pyfunction]
pub(crate) fn picture_to_png<'py>(
    py: Python<'py>,
    samples: PyBuffer<u8>,
    width: u32,
    height: u32,
    channels: u8,
) -> PyResult<Bound<'py, PyBytes>> {
    let kind = color(channels).ok_or_else(|| PyValueError::new_err("1 to 4 channels are needed"))?;
    let samples = samples.to_vec(py)?;
    let made = py.detach(|| -> Result<Vec<u8>, png::EncodingError> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(kind);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::Fastest);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&samples)?;
        writer.finish()?;
        Ok(out)
    });
    Ok(PyBytes::new(py, &made.map_err(failed)?))
}

/// Samples, width, height and channels of an 8-bit PNG.
#[pyfunction]
pub(crate) fn picture_from_png<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<(Bound<'py, PyBytes>, u32, u32, usize)> {
    let read = || -> Result<(Vec<u8>, u32, u32, usize), png::DecodingError> {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info()?;
        let mut out = vec![0; reader.output_buffer_size().unwrap_or(0)];
        let frame = reader.next_frame(&mut out)?;
        out.truncate(frame.buffer_size());
        Ok((out, frame.width, frame.height, frame.color_type.samples()))
    };
    let (samples, width, height, channels) = py.detach(read).map_err(failed)?;
    Ok((PyBytes::new(py, &samples), width, height, channels))
}

/// A WAV of interleaved samples: integers of 16 or 32 bits, or floating point of 32 or 64.
#[pyfunction]
pub(crate) fn sound_to_wav<'py>(
    py: Python<'py>,
    samples: PyBuffer<u8>,
    rate: u32,
    channels: u16,
    bits: u16,
    float: bool,
) -> PyResult<Bound<'py, PyBytes>> {
    let samples = samples.to_vec(py)?;
    let too_long = || PyValueError::new_err("more than a WAV file holds (4 GiB)");
    let length = u32::try_from(samples.len()).map_err(|_| too_long())?;
    let riff = length.checked_add(36).ok_or_else(too_long)?;
    let frame = channels.checked_mul(bits / 8).ok_or_else(|| PyValueError::new_err("too many channels"))?;
    let second = rate.checked_mul(frame.into()).ok_or_else(|| PyValueError::new_err("rate is too high"))?;
    let kind: u16 = if float { 3 } else { 1 };
    let mut out = Vec::with_capacity(samples.len().saturating_add(44));
    out.extend_from_slice(b"RIFF");
    out.extend_from_slice(&riff.to_le_bytes());
    out.extend_from_slice(b"WAVEfmt \x10\0\0\0");
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&channels.to_le_bytes());
    out.extend_from_slice(&rate.to_le_bytes());
    out.extend_from_slice(&second.to_le_bytes());
    out.extend_from_slice(&frame.to_le_bytes());
    out.extend_from_slice(&bits.to_le_bytes());
    out.extend_from_slice(b"data");
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&samples);
    Ok(PyBytes::new(py, &out))
}

/// The samples of such a WAV.
#[pyfunction]
pub(crate) fn sound_from_wav<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
    let mut at = 12usize;
    while let Some(head) = bytes.get(at..at.saturating_add(8)) {
        let (name, length) = head.split_at(4);
        let length = length.iter().rev().fold(0usize, |sum, byte| (sum << 8) | usize::from(*byte));
        let begin = at.saturating_add(8);
        let end = begin.saturating_add(length);
        if name == b"data" {
            let samples = bytes.get(begin..end).ok_or_else(|| PyValueError::new_err("the sound is cut"))?;
            return Ok(PyBytes::new(py, samples));
        }
        at = end.saturating_add(length % 2);
    }
    Err(PyValueError::new_err("there is no sound"))
}
