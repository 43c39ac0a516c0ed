//! Words in pictures.
use crate::{codec::tool::Programs, error::Result, limits::Limits, carrier::notice::picture::Seen};
/// x
pub fn read(_rgb: &[u8], _width: u32, _height: u32, _programs: &Programs, _limits: &Limits) -> Result<Vec<Seen>> { Ok(vec![]) }
/// x
pub fn states_ai(_t: &str) -> bool { false }
