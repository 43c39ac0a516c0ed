//! Explicit notices, found again: in words, in pictures, in sound.

pub mod words;
