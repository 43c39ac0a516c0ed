//! Content as JavaScript holds it: bytes by offset, read when they are needed.

use std::io::{Error, Read, Result, Seek, SeekFrom};

use js_sys::Uint8Array;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;

/// Most bytes that are asked for at once.
const BLOCK: usize = 1 << 20;
/// Largest whole number that JavaScript tells from its neighbours.
const EXACT: f64 = 9_007_199_254_740_991.0;

#[wasm_bindgen]
extern "C" {
    /// `{ size: number, read(offset: number, length: number): Uint8Array }`
    #[wasm_bindgen(typescript_type = "{ readonly size: number; read(offset: number, length: number): Uint8Array }")]
    pub type Content;

    #[wasm_bindgen(method, getter)]
    fn size(this: &Content) -> f64;

    #[wasm_bindgen(method, catch)]
    fn read(this: &Content, offset: f64, length: f64) -> std::result::Result<Uint8Array, JsValue>;
}

/// A stream over such content.
pub(crate) struct Source {
    // Threads don't share it: a module has one.
    content: SendWrapper<Content>,
    thrown: SendWrapper<Option<JsValue>>,
    size: u64,
    at: u64,
}

impl Source {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number in that range")]
    pub(crate) fn new(content: Content) -> std::result::Result<Self, JsValue> {
        let size = content.size();
        if !(0.0..=EXACT).contains(&size) || size.fract() != 0.0 {
            return Err(crate::error::Failure::invalid("content: its size is no whole number"));
        }
        Ok(Self { content: SendWrapper::new(content), thrown: SendWrapper::new(None), size: size as u64, at: 0 })
    }

    /// What the content threw when it was read.
    pub(crate) fn thrown(&mut self) -> Option<JsValue> {
        Option::take(&mut self.thrown)
    }
}

impl Read for Source {
    #[expect(clippy::cast_precision_loss, reason = "below 2^53")]
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let length = out.len().min(left).min(BLOCK);
        if length == 0 {
            return Ok(0);
        }
        let bytes = self.content.read(self.at as f64, length as f64).map_err(|value| {
            *self.thrown = Some(value);
            Error::other("the content could not be read")
        })?;
        let read = bytes.length() as usize;
        let Some(part) = out.get_mut(..read).filter(|_| read <= length) else {
            return Err(Error::other("the content gave more bytes than were asked for"));
        };
        bytes.copy_to(part);
        self.at = self.at.saturating_add(read as u64);
        Ok(read)
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let (base, by) = match to {
            SeekFrom::Start(to) => (to, 0),
            SeekFrom::End(by) => (self.size, by),
            SeekFrom::Current(by) => (self.at, by),
        };
        self.at = base.checked_add_signed(by).ok_or_else(|| Error::from(std::io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
