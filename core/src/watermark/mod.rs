//! Imperceptible watermarks: what outlives the loss of a file's metadata.
//!
//! A mark carries 64 bits, of which those of a label are a [`Payload`]: how surely the content is
//! AI-generated and 56 bits that lead to the label. It is evidence, never proof (Measures Art. 5
//! encourages it beside the label in the metadata): marks of the public [`Key`] can be copied by
//! anyone.
//!
//! | file | what |
//! | --- | --- |
//! | `key`, `random` | keys and the generator that they feed, defined exactly |
//! | `payload` | the 64 bits of a label |
//! | `polar`, `crc` | the code that corrects, and the checksum that decides |
//! | `picture` | pictures |
//! | `sound` | sound, also while it is made |
//! | `text` | text while it is generated, with keys and a detector of its own |

mod crc;
mod key;
mod payload;
pub mod picture;
mod polar;
mod random;
pub mod sound;
#[cfg(feature = "write")]
pub mod text;

pub use key::{Key, KeyTooShort};
pub use payload::{MarkedLevel, Payload};
