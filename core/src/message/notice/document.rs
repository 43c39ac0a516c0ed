//! Notices in documents.

use super::super::messages;

messages! {}
