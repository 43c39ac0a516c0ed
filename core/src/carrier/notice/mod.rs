//! Explicit notices, found again: in words, in pictures, in sound.

pub mod ocr;
pub mod picture;
pub mod rhythm;
pub mod words;
