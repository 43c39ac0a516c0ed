//! Notices in text.

use super::super::messages;

messages! {}
