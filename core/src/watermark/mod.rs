//! Marks within content that people don't perceive.

pub mod text;
