//! Inflating with a bound, whatever the compressed data claims.

use std::io::Read;

use crate::error::Problem;
use crate::limits::Limits;
use crate::message::reason;

/// Inflates a zlib stream (RFC 1950) to at most [`Limits::inflate_bytes`].
pub(crate) fn zlib(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Problem> {
    let cap = limits.inflate_bytes.min(bytes.len().saturating_mul(limits.inflate_ratio).max(4096));
    read(flate2::read::ZlibDecoder::new(bytes), cap)
}

/// Inflates a raw deflate stream (RFC 1951) to at most `cap` bytes.
pub(crate) fn raw(bytes: &[u8], cap: usize) -> Result<Vec<u8>, Problem> {
    read(flate2::read::DeflateDecoder::new(bytes), cap)
}

fn read(reader: impl Read, cap: usize) -> Result<Vec<u8>, Problem> {
    let mut out = Vec::new();
    match reader.take((cap as u64).saturating_add(1)).read_to_end(&mut out) {
        Ok(_) if out.len() > cap => Err(reason::INFLATES.with("max", cap)),
        Ok(_) => Ok(out),
        Err(e) => Err(reason::DEFLATE.with("reason", e)),
    }
}
