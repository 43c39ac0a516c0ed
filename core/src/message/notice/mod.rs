//! Notices: one table for each medium.

pub mod document;
pub mod seen;
pub mod sound;
pub mod text;
pub mod tool;
pub mod video;

use super::Message;

/// Every row of every medium.
pub fn all() -> impl Iterator<Item = &'static &'static Message> {
    [document::ALL, seen::ALL, sound::ALL, text::ALL, tool::ALL, video::ALL].into_iter().flatten()
}
