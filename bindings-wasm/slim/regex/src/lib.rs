//! `regex-lite` under the name of `regex`, for the C2PA library.
//!
//! Its expressions are of ASCII alone, and both engines find the same; without the tables of Unicode
//! and the automata browsers download 200 KB less.

pub use regex_lite::*;
