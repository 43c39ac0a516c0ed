//! What the C2PA library uses of Brotli (RFC 7932), in place of the crate of that name.
//!
//! The compressor brings 400 KB of tables, a third of what browsers would download, for stores that we
//! never compress and old ones that are written again. For WebAssembly it is left out: what is to be
//! compressed is stored, which every reader of Brotli reads. Everywhere else this is the crate itself, in its
//! version 8, whose decompressor other libraries use too.

#[cfg(any(target_arch = "wasm32", test))]
mod stored;

#[cfg(target_arch = "wasm32")]
pub use brotli_decompressor::BrotliDecompress;
#[cfg(target_arch = "wasm32")]
pub use stored::{BrotliCompress, enc};
#[cfg(not(target_arch = "wasm32"))]
pub use whole::{BrotliCompress, BrotliDecompress, enc};
