//! Imperceptible watermarks.

mod crc;
mod key;
mod payload;
mod polar;
mod random;
pub mod sound;

pub use key::{Key, KeyTooShort};
pub use payload::{MarkedLevel, Payload};
