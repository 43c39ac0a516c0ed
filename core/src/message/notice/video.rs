//! Notices over moving pictures.

use super::super::messages;

messages! {}
