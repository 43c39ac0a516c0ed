//! Explicit notices, found again: in words, in pictures, in sound.

pub mod rhythm;
pub mod ocr;
pub mod picture;
