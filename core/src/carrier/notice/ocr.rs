//! Words in pictures.
