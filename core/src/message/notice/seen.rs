//! Looking for notices.

use super::super::messages;

messages! {}
