//! Notices in sound.

use super::super::messages;

messages! {}
